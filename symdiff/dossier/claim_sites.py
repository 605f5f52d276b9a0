r"""Sites by index and Fourier integrals in claims: ``P_j(t)``, ``P_N(m)``, ``P_0(t)``, ``P^_N(k)``, ``int dk/2pi e^{ikx} h(k, t)``."""

from __future__ import annotations

from dataclasses import replace

import sympy as sp
from sympy.core.function import AppliedUndef

from symdiff.continuum.observables.backward import of_model
from symdiff.continuum.observables.lattice_walk import lattice_walk
from symdiff.continuum.observables.moments import counts_individuals
from symdiff.dossier.resolving import is_stationary_law
from symdiff.errors import SymdiffError
from symdiff.model.jump_model import JumpModel
from symdiff.verification.claim import Claim, Relation

INDICES = ("j", "n", "m", "i", "l", "r")  # letters of sites
STEPS = ("N", "n")


def calls_of(relation: Relation) -> set[AppliedUndef]:
    calls: set[AppliedUndef] = relation.left.atoms(AppliedUndef) | relation.right.atoms(AppliedUndef)
    return calls


def changed(claim: Claim, change: dict[sp.Basic, sp.Basic], *notes: str) -> Claim:
    relations = tuple(replace(r, left=r.left.xreplace(change), right=r.right.xreplace(change)) for r in claim.relations)
    return replace(claim, relations=relations, warnings=(*claim.warnings, *notes))


def by_index(claim: Claim, model: JumpModel) -> Claim:
    """``P_j(t) = ...``, ``P_N(m) = ...``, ``P_0(t) = ...``: the probability of a site, with the site as the place x = x_0 + j h."""
    claim = _over_all_sites(_stationary_sites(claim, model), model)
    if (
        model.states
        or model.boundaries
        or any(r.left.has(sp.Derivative) or r.right.has(sp.Derivative) for r in claim.relations)
    ):
        return claim
    calls = {c for r in claim.relations for c in calls_of(r) if c.func.__name__.partition("_")[0] == model.density}
    if len(calls) != 1 or model.dimension != 1:
        return claim
    (call,) = calls
    site = _site(_in_steps(call, model), claim, model)
    try:
        walk = lattice_walk(of_model(model)) if site is not None or _steps_of(call.args[0]) else None
    except SymdiffError:
        return claim
    if walk is None:
        return claim
    if site is None:  # P(j h, t): the place of a site
        call_at = call.func(sp.cancel(call.args[0] / walk.spacings[0]), *call.args[1:])
        site = _site(_in_steps(call_at, model), claim, model)
    if site is None:
        return claim
    place, index = site
    x, start, h = model.coordinate_symbols[0], model.preparation.position[0], walk.spacings[0]
    if start != 0 and not counts_individuals(model):
        return claim  # whether sites are counted from the start is not said
    at = place * h if index is None else x
    if index is not None and any(
        index in s.variables for r in claim.relations for e in (r.left, r.right) for s in e.atoms(sp.Sum)
    ):
        return claim  # a sum over all sites
    change: dict[sp.Basic, sp.Basic] = {call: sp.Function(model.density)(at, model.time)}
    if index is not None and index != x:
        change[index] = x / h
    note = f"{call} is read as the probability of the site {place * h}"
    claim = replace(claim, relations=tuple(_without_signs(r) for r in claim.relations))
    inner = changed(claim, change, note)
    return replace(inner, statement=replace(claim.statement, level=claim.statement.level or "lattice"))


def _over_all_sites(claim: Claim, model: JumpModel) -> Claim:
    """``sum_n P_n(t) = 1``, ``sum_n n P_n(t)``: averages of powers of the place, in units of the spacing."""
    if model.dimension != 1 or len(model.state_names) > 1 or model.boundaries:
        return claim
    change: dict[sp.Basic, sp.Basic] = {}
    lengths = {sp.Abs(r) for j in model.jumps for r in j.displacement} - {sp.S.Zero}
    (x,) = model.coordinate_symbols
    for total in {s for r in claim.relations for e in (r.left, r.right) for s in e.atoms(sp.Sum)}:
        if len(total.limits) != 1 or total.limits[0][2] != sp.oo or total.limits[0][1] not in (sp.S.Zero, -sp.oo):
            continue
        n = total.limits[0][0]
        law = [f for f in sp.Mul.make_args(total.function) if f == sp.Function(model.density)(n, model.time)]
        rest = total.function / law[0] if law else sp.S.NaN
        if (
            not law
            or rest.has(AppliedUndef)
            or not rest.is_polynomial(n)
            or (total.limits[0][1] == 0 and not counts_individuals(model))
        ):
            continue
        if not counts_individuals(model) and len(lengths) != 1:
            continue
        unit = sp.S.One if counts_individuals(model) else next(iter(lengths))
        change[total] = sp.Integral(
            rest.xreplace({n: x / unit}) * sp.Function(model.density)(x, model.time), (x, -sp.oo, sp.oo)
        )
    return changed(claim, change, "the sum over all sites is an average") if change else claim


def _stationary_sites(claim: Claim, model: JumpModel) -> Claim:
    """``P_s(n h) ~ c^n``: the stationary law at the place x = n h, with n = x/h."""
    stated = dict(claim.statement.symbols)
    calls = {c for r in claim.relations for c in calls_of(r) if is_stationary_law(c.func.__name__, model, stated)}
    if not calls:  # P_n = (1 - c) c^n
        calls = {
            c for r in claim.relations for c in calls_of(r) if c.func.__name__ == model.density and len(c.args) == 1
        }
    lengths = {sp.Abs(r) for j in model.jumps for r in j.displacement if r != 0}
    if len(calls) != 1 or model.dimension != 1 or len((call := calls.pop()).args) != 1 or len(lengths) != 1:
        return claim
    (place,) = call.args
    bare = place.is_Symbol and place.name in INDICES and place.name not in (*model.coordinates, *stated)
    if not bare and not _steps_of(place):
        return claim
    index = next(s for s in place.free_symbols if s.name in INDICES)
    spacing = next(iter(lengths)) if bare else place / index
    if index.name in {p.name for p in model.parameters} or lengths != {spacing}:
        return claim
    x = model.coordinate_symbols[0]
    law = call.func if call.func.__name__ != model.density else sp.Function(f"{model.density}_st")
    found = changed(claim, {call: law(x), index: x / spacing}, f"{call} is read as the law at {index * spacing}")
    return replace(found, statement=replace(claim.statement, level=claim.statement.level or "lattice"))


def _without_signs(r: Relation) -> Relation:
    """I_|j| = I_j for whole j."""
    calls = {c for side in (r.left, r.right) for c in side.atoms(sp.besseli) if isinstance(c.order, sp.Abs)}
    change = {c: sp.besseli(c.order.args[0], c.argument) for c in calls}
    return replace(r, left=r.left.xreplace(change), right=r.right.xreplace(change))


def by_transform(claim: Claim, model: JumpModel) -> Claim:
    r"""``P = \int dk/2\pi e^{ikx} h(k, t)``: P^(k, t) = h(k, t), over all k or one Brillouin zone."""
    if model.dimension != 1 or "k" in {p.name for p in model.parameters}:
        return claim
    relations = tuple(_as_transform(r, model) or r for r in claim.relations)
    if relations == claim.relations:
        return claim
    note = "the Fourier integral is compared by what it transforms"
    return replace(claim, relations=relations, warnings=(*claim.warnings, note))


def _as_transform(r: Relation, model: JumpModel) -> Relation | None:
    (x,), t = model.coordinate_symbols, model.time
    if r.left != sp.Function(model.density)(x, t) or r.kind != "=" or len(r.right.atoms(sp.Integral)) != 1:
        return None
    integral = next(iter(r.right.atoms(sp.Integral)))
    outer = r.right / integral
    if outer.has(x, sp.Integral) or len(integral.limits) != 1 or len(integral.limits[0]) != 3:
        return None
    k, low, high = integral.limits[0]
    body = _phase_apart(integral.function, x, k)
    if body is None or body[1].has(x):
        return None
    scale, rest, cosine = body
    half = low == 0 and cosine
    if not half and low != -high:
        return None
    if high == sp.oo:
        spacing = sp.S.One
    else:
        try:
            spacing = lattice_walk(of_model(model)).spacings[0]
        except SymdiffError:
            return None
        if sp.expand(high * scale * spacing - sp.pi) != 0:
            return None
    wave = sp.Symbol("k")
    transform = (sp.pi if half else 2 * sp.pi) * outer * rest / (spacing * scale)
    head = sp.Function(f"{model.density}hat")(wave, t)
    return Relation("=", head, sp.expand(transform.xreplace({k: wave / scale})))


def _phase_apart(body: sp.Expr, x: sp.Symbol, k: sp.Symbol) -> tuple[sp.Expr, sp.Expr, bool] | None:
    """e^(+-i k c x) h, or cos(k c x) h: c, h, and whether it was a cosine."""
    exponent, rest = sp.Integer(0), []
    for f in sp.Mul.make_args(sp.powsimp(body)):
        if isinstance(f, sp.cos) and f.has(x):
            scale = sp.diff(f.args[0], x) / k
            others = sp.Mul(*(g for g in sp.Mul.make_args(body) if g != f))
            return None if scale.has(k, x) or sp.expand(f.args[0] - k * scale * x) != 0 else (scale, others, True)
        if isinstance(f, sp.exp):
            exponent += f.exp
        else:
            rest.append(f)
    slope = sp.diff(sp.expand(exponent), x)
    scale = slope / (sp.I * k)
    if scale.has(k, x) or scale == 0 or scale.has(sp.I):
        return None
    remaining = sp.Mul(*rest) * sp.exp(sp.expand(exponent - slope * x))
    return (
        (scale, remaining, False)
        if not scale.could_extract_minus_sign()
        else (-scale, remaining.xreplace({k: -k}), False)
    )


def _steps_of(place: sp.Expr) -> bool:
    """Whether a place is a letter of sites times a length: j h."""
    return place.is_Mul and len([s for s in place.free_symbols if s.name in INDICES]) == 1


def _in_steps(call: AppliedUndef, model: JumpModel) -> AppliedUndef:
    """``P(x, N tau)`` as P(x, N); so is P_N(m), which the reader takes for P(N, m)."""
    if model.time_step is None or len(call.args) != 2:
        return call
    first, second = call.args
    counted = str(first) == "N" and "N" not in {p.name for p in model.parameters}
    if counted and second != model.time and (second.is_Integer or str(second) in (*INDICES, *model.coordinates)):
        return call.func(second, first)
    steps = sp.cancel(call.args[1] / model.time_step)
    return call.func(call.args[0], steps) if steps.is_Symbol and steps.name in STEPS else call


def _site(call: AppliedUndef, claim: Claim, model: JumpModel) -> tuple[sp.Expr, sp.Symbol | None] | None:
    """The site that a call names, in units of the spacing, and its letter: P(j, t), P_N(m), P_0(t), P(m, N)."""
    if model.dimension != 1:
        return None
    name, args, declared = call.func.__name__, call.args, {p.name for p in model.parameters}
    label = name.partition("_")[2]
    steps = [n for n in STEPS if n not in declared] if model.time_step is not None else []
    if label.isdigit() and len(args) == 1 and (args[0] == model.time or str(args[0]) in steps):
        return sp.Integer(label), None
    if label:
        return _letter(args[0], {label}, declared, model) if label in steps and len(args) == 1 else None
    if len(args) != 2 or not (args[1] == model.time or str(args[1]) in steps):
        return None
    if args[0].is_Integer:
        return (args[0], None) if str(args[1]) in steps else None  # P(0, t) is the law at the place x = 0
    found = _letter(args[0], {str(args[1])}, declared, model)
    named_place = found is not None and args[0] == model.coordinate_symbols[0]
    return None if named_place and args[1] == model.time else found


def _letter(
    value: sp.Expr, taken: set[str], declared: set[str], model: JumpModel
) -> tuple[sp.Expr, sp.Symbol | None] | None:
    if value.is_Integer:
        return value, None
    if value == model.coordinate_symbols[0]:
        return value, value
    free = value.is_Symbol and value.name in INDICES and value.name not in declared | taken
    return (value, value) if free else None


def transforms_in_time(claim: Claim, model: JumpModel) -> Claim:
    r"""``\hat P_N(k)``, ``P^(k, N)`` as P^(k, t) at t = N tau, which is what N means; ``k`` in bold as the wave vector's length."""
    change: dict[sp.Basic, sp.Basic] = {}
    heads = {f"{model.density}{accent}" for accent in ("", "hat", "tilde")}
    declared = {p.name for p in model.parameters}
    vector = {sp.Abs(sp.Symbol(n)): sp.Symbol("k") for n in ("kbold", "kvec")} | {
        sp.Symbol(n): sp.Symbol("k") for n in ("kbold", "kvec")
    }
    for call in {c for r in claim.relations for c in calls_of(r)}:
        name, _, label = call.func.__name__.partition("_")
        waves = [a for a in call.args if str(a) in ("k", "kbold", "kvec", *(f"k_{c}" for c in model.coordinates))]
        rest = [str(a) for a in call.args if a not in waves] + ([label] if label else [])
        timed = model.time_step is not None and rest[:1] and rest[0] in STEPS and len(rest) == 1
        if name in heads and waves and timed and rest[0] not in declared and "k" not in declared:
            change[call] = sp.Function(name)(*waves, model.time)
    claim = changed(claim, change) if change else claim
    bold = model.dimension > 1 and any(r.left.has(*vector) or r.right.has(*vector) for r in claim.relations)
    return changed(claim, vector) if bold and "k" not in declared else claim
