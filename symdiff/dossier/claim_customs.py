r"""Quantities of textbooks by the letters that they usually have: ``\tau_c``, ``\hat{\mathbf u}``, ``\langle\cos\theta\rangle``, rate equations in numbers.

Each rule leaves a claim alone where its sign is declared by the file or by the claim.
"""

from __future__ import annotations

from dataclasses import replace

import sympy as sp
from sympy.core.function import AppliedUndef

from symdiff.continuum.observables.moments import counts_individuals
from symdiff.dossier.check_rest import MARKS
from symdiff.dossier.claim_sites import STEPS, calls_of, changed
from symdiff.dossier.claim_velocities import velocity_correlation
from symdiff.model.jump_model import JumpModel
from symdiff.verification.claim import Claim

FORGETTING = ("tau_c", "tau_p", "tau_r", "tau_R", "tau_rel", "tau_corr", "tau_v", "tau_pers", "t_p", "t_c", "T_c")
PERSISTENCE = ("ell_p", "l_p", "L_p", "xi_p", "ell_pers", "l_pers")
LENGTHS = ("ell", "l", "a", "b", "s", "xi", "eta", "lambda", "L", "theta", "T")  # of steps, runs, waits
ANGLES = ("theta", "phi", "vartheta", "psi", "alpha", "Theta")


def by_custom(claim: Claim, model: JumpModel) -> Claim:
    """The claim with such signs worked out."""
    if claim.statement.count:
        return claim
    for rule in (
        _after_the_start,
        _places_in_time,
        _rates_between_places,
        _rates_in_numbers,
        _numbers_by_letter,
        _defined_averages,
        _laws_in_steps,
        _forgetting,
        _turns,
        _hatted,
    ):
        claim = rule(claim, model)
    return claim


def taken_names(claim: Claim, model: JumpModel) -> set[str]:
    """Names that the file or the claim declares."""
    own = {p.name for p in model.parameters} | {d.name for d in model.functions} | {o.name for o in model.observables}
    return own | {*model.coordinates, *model.states, *dict(claim.statement.symbols)}


def _free(claim: Claim) -> set[sp.Symbol]:
    return {s for r in claim.relations for side in (r.left, r.right) for s in side.free_symbols}


def _after_the_start(claim: Claim, model: JumpModel) -> Claim:
    """``e^{-r|t|}``: times count from the start."""
    late = sp.Abs(model.time)
    return (
        changed(claim, {late: model.time})
        if any(r.left.has(late) or r.right.has(late) for r in claim.relations)
        else claim
    )


def _places_in_time(claim: Claim, model: JumpModel) -> Claim:
    r"""``\dot x`` beside D(x), which the reader takes for a field x(x, t)."""
    t, x = model.time, model.coordinate_symbols
    change = {
        c: sp.Function(c.func.__name__)(t)
        for r in claim.relations for c in calls_of(r)
        if c.func.__name__ in model.coordinates and c.args == (*x, t)
    }  # fmt: skip
    return changed(claim, dict(change)) if change else claim


def _rates_between_places(claim: Claim, model: JumpModel) -> Claim:
    r"""``W(x \to x+h)/W(x+h \to x)``, read as W(to, from): the rates of the jumps between these places, as the file states them."""
    plain = model.dimension == 1 and len(model.states) <= 1 and not model.scheme and model.clock != "waiting"
    fixed = [j for j in model.jumps if j.law is None and j.destination is None and j.region is None]
    taken = taken_names(claim, model) | {d.name for d in model.functions}
    calls = (
        {c for r in claim.relations for c in calls_of(r) if c.func.__name__ in RATES and len(c.args) == 2}
        if plain
        else set()
    )
    if not calls or len(fixed) < len(model.jumps) or any(c.func.__name__ in taken for c in calls):
        return claim
    (x,) = model.coordinate_symbols
    change: dict[sp.Basic, sp.Basic] = {}
    for call in calls:
        to, start = call.args
        rates = [j.intensity for j in fixed if sp.expand(to - start - j.displacement[0].xreplace({x: start})) == 0]
        if not rates or not start.has(x):
            return claim
        change[call] = sp.Add(*rates).xreplace({x: start})
    read = changed(claim, change, "W(a -> b) is read as the rate of the jump from a to b")
    return replace(read, statement=replace(read.statement, level="lattice"))  # where h is small any two rates are alike


RATES = ("W", "w", "T", "Gamma", "k")


def _rates_in_numbers(claim: Claim, model: JumpModel) -> Claim:
    """``dI/dt = b I (N - I)/N`` of a population with shares i = I/N: the rate equation of the share times N."""
    population, t = model.population, model.time
    if population is None:
        return claim
    numbers = dict(zip(model.coordinates, population.scaled, strict=True))
    names = {n: s for n, s in numbers.items() if n != s and n not in {p.name for p in model.parameters}}
    taken = taken_names(claim, model)
    at_rest = {
        s: sp.Symbol(f"{share}{mark}")
        for s in _free(claim) if s.name not in taken
        for n, share in names.items() for mark in MARKS if mark != "bar" and s.name == f"{n}{mark}"
    }  # fmt: skip
    if at_rest and all(r.left in at_rest for r in claim.relations):
        size = population.system_size
        shares = tuple(replace(r, left=at_rest[r.left], right=sp.cancel(r.right / size)) for r in claim.relations)
        note = "the number at rest is the share there times the size of the system"
        return replace(claim, relations=shares, warnings=(*claim.warnings, note))
    rates = {
        d for r in claim.relations for side in (r.left, r.right) for d in side.atoms(sp.Derivative)
        if isinstance(d.expr, AppliedUndef) and d.expr.func.__name__ in names and d.expr.args == (t,)
    }  # fmt: skip
    if not rates or any(c.func.__name__ in ("Mean", "Var", "Cov") for r in claim.relations for c in calls_of(r)):
        return claim
    size = population.system_size
    change: dict[sp.Basic, sp.Basic] = {
        d: size * sp.Derivative(sp.Function(names[d.expr.func.__name__])(t), *d.variable_count) for d in rates
    }
    held = {d: sp.Dummy() for d in rates}
    parts: dict[sp.Basic, sp.Basic] = {sp.Function(n)(t): size * sp.Function(s)(t) for n, s in names.items()}
    parts |= {c: size * sp.Function(names[c.name])(t) for c in model.coordinate_symbols if c.name in names}
    moved = changed(changed(claim, dict(held)), parts, "the rate equation is that of the mean number")
    return changed(moved, {mark: change[d] for d, mark in held.items()})


def _numbers_by_letter(claim: Claim, model: JumpModel) -> Claim:
    """``dot p_n``, ``<n>``, ``P_n`` of a population whose number the file calls m."""
    if model.dimension != 1 or not counts_individuals(model) or model.population is not None:
        return claim
    (own,), taken = model.coordinate_symbols, taken_names(claim, model)
    free = _free(claim)
    if own in free or any(own in c.args for r in claim.relations for c in calls_of(r)):
        return claim
    spoken = {
        a for r in claim.relations for c in calls_of(r)
        if c.func.__name__.partition("_")[0] in ("Mean", "Var", "P", "p", model.density) and not c.func.__name__.startswith("Pi")
        for a in c.args[:1] for a in a.free_symbols
    }  # fmt: skip
    letters = {s for s in spoken if s.name in ("n", "m", "N", "j", "k", "x") and s.name not in taken}
    if len(letters) != 1:
        return claim
    (letter,) = letters
    names = {sp.Symbol(f"sigma_{letter.name}"): sp.Symbol(f"sigma_{own.name}")}
    return changed(claim, {letter: own, **names}, f"{letter} is read as the number {own}")


def _laws_in_steps(claim: Claim, model: JumpModel) -> Claim:
    """``phi_N(k)``, ``G_N(z)`` of a walk in steps: the averages of e^(ikx) and of z^(x/h)."""
    taken = taken_names(claim, model)
    if (
        model.dimension != 1
        or model.time_step is None
        or len(model.states) > 1
        or {"k", "N"} & taken
        or model.boundaries
    ):
        return claim
    (x,), k = model.coordinate_symbols, sp.Symbol("k")
    lengths = {sp.Abs(r) for j in model.jumps for r in j.displacement} - {sp.S.Zero}
    mean = sp.Function("Mean")(sp.exp(sp.I * k * x))
    for call in sorted((c for r in claim.relations for c in calls_of(r) if len(c.args) == 2), key=str):
        counts = [a for a in call.args if str(a) in STEPS and str(a) not in taken]
        others = [a for a in call.args if a not in counts]
        head = call.func.__name__
        if len(counts) != 1 or len(others) != 1 or head in taken or head == model.density:
            continue
        if head in ("phi", "Phi", "chi", "varphi") and others[0] == k:
            return changed(claim, {call: mean}, f"{call} is read as the average of e^(ikx)")
        if head in ("G", "F", "g", "Phi", "phi", "Pi") and str(others[0]) in ("z", "s") and len(lengths) == 1:
            (h,) = lengths
            note = f"{call} is read as the average of {others[0]}^({x}/{h}), on the unit circle"
            return changed(claim, {call: mean, others[0]: sp.exp(sp.I * k * h)}, note)
    return claim


def _defined_averages(claim: Claim, model: JumpModel) -> Claim:
    r"""``D = g\langle\ell^2\rangle/4, \langle\ell^2\rangle = 2b^2``: an average of a letter of the claim's own is what the claim says."""
    own = {p.symbol for p in model.parameters} | {*model.coordinate_symbols, model.time}
    taken = taken_names(claim, model)
    for r in claim.relations:
        call = r.left
        if (
            r.kind != "="
            or not isinstance(call, AppliedUndef)
            or call.func.__name__ != "Mean"
            or r.right.free_symbols - own
        ):
            continue
        inside = call.args[0]
        letters = inside.free_symbols
        strange = bool(letters) and all(s.name in LENGTHS and s.name not in taken for s in letters)
        rest = tuple(o for o in claim.relations if o is not r)
        if strange and not r.right.has(model.time) and any(o.left.has(call) or o.right.has(call) for o in rest):
            kept = replace(claim, relations=rest)
            note = f"the average of {inside} is what the claim says it is: {r.right}"
            return _defined_averages(changed(kept, {call: r.right}, note), model)
    return claim


def _forgetting(claim: Claim, model: JumpModel) -> Claim:
    """``tau_c``, ``ell_p``: the time, and the length, over which the velocity is forgotten, where its correlation is one exponential."""
    free = {s.name: s for s in _free(claim)}
    names = [n for n in (*FORGETTING, *PERSISTENCE, "tau") if n in free and n not in taken_names(claim, model)]
    if len(claim.relations) != 1 or len(names) != 1 or (found := velocity_correlation(model)) is None:
        return claim
    (name,), (relation,), t = names, claim.relations, model.time
    if free[name] not in (relation.left, relation.right):
        return claim
    decays = [
        term.as_independent(t, as_Add=False)
        for term in sp.Add.make_args(sp.expand(found, power_exp=False))
        if term.has(t)
    ]
    rates = {-sp.diff(sp.expand(d.exp), t) if isinstance(d, sp.exp) else sp.S.Zero for _, d in decays}
    if len(rates) != 1 or (rate := rates.pop()) == 0 or rate.has(t):
        return claim
    value = 1 / sp.factor(rate)
    if name in PERSISTENCE:
        value *= sp.sqrt(sp.factor(sp.Add(*(weight for weight, _ in decays))))
    other = relation.right if relation.left == free[name] else relation.left
    if name == "tau" and sp.cancel(other - value) != 0:
        return claim  # of many times this may be another one
    what = "length" if name in PERSISTENCE else "time"
    return changed(claim, {free[name]: value}, f"{name} is read as the {what} over which the velocity is forgotten")


def _turns(claim: Claim, model: JumpModel) -> Claim:
    r"""``\langle\cos\theta\rangle``: the mean cosine of a turn."""
    turning = [i for i in model.internals if i.mean_cosine is not None]
    if len(turning) != 1:
        return claim
    taken = taken_names(claim, model)
    angles = [sp.Symbol(a) for a in ANGLES if a not in taken]
    values = {sp.Function("Mean")(sp.cos(a)): turning[0].mean_cosine for a in angles}
    if turning[0].mean_sine is not None:
        values |= {sp.Function("Mean")(sp.sin(a)): turning[0].mean_sine for a in angles}
    used = {c: v for r in claim.relations for c in calls_of(r) if (v := values.get(c)) is not None}
    return changed(claim, used, "the angle in the average is that of a turn") if used else claim


def _hatted(claim: Claim, model: JumpModel) -> Claim:
    r"""``\langle\hat{\mathbf n}(t)\cdot\hat{\mathbf n}(0)\rangle`` of the one direction of the model, whatever its letter."""
    directions = [i.name for i in model.internals if i.domain == "direction"]
    if len(directions) != 1 or model.dimension < 2:
        return claim
    (own,) = directions
    change: dict[sp.Basic, sp.Basic] = {}
    for call in (c for r in claim.relations for c in calls_of(r) if c.func.__name__ == "Mean" and len(c.args) == 1):
        inner = call.args[0].atoms(AppliedUndef)
        put = {c: sp.Function(own)(*c.args) for c in inner if len(c.args) == 1 and _is_direction(c.func.__name__, own)}
        if len(put) == 2 and len({c.func for c in put}) == 1:
            change[call] = call.func(call.args[0].xreplace(put))
    return changed(claim, change) if change else claim


def _is_direction(name: str, own: str) -> bool:
    """``uboldhat``, ``nhat``, ``ebold``: a unit vector."""
    plain = name.removesuffix("hat").removesuffix("bold").removesuffix("vec").removesuffix("hat")
    return plain in (own, "n", "e", "p", "u", "s") and (name.endswith(("hat", "bold", "vec")) or "hat" in name)
