r"""What claims leave to the reader, said in full before they are judged: starts, laws by name, sites by index, powers of |x|.

``x_0`` beside no [initial] is the start; ``n \sim Poisson(m)`` is a law; ``P_j(t)`` and ``P_0(t)`` are probabilities of sites;
``<|x|^q>`` has a power of its own; ``\Delta x`` is the way from the start or the distance from the mean.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import sympy as sp
from sympy.core.function import AppliedUndef

from symdiff.continuum.observables.idle_walls import without_idle_walls
from symdiff.continuum.observables.moments import counts_individuals
from symdiff.dossier.check_sides import names_of
from symdiff.dossier.claim_letters import with_own_density
from symdiff.dossier.claim_sites import STEPS, by_index, by_transform, calls_of, changed, transforms_in_time
from symdiff.dossier.claimed_forms import reproduction_number
from symdiff.dossier.frames import frame_of
from symdiff.dossier.named_in import named_in_rules
from symdiff.errors import SymdiffError, UsageError
from symdiff.model.jump_model import JumpModel, make_model
from symdiff.model.parameter import Parameter, parse_parameter
from symdiff.notation.expression import Scope
from symdiff.verification.claim import Claim, Relation
from symdiff.verification.roles import role_of

POISSON, BINOMIAL, NORMAL = ("Poisson", "Pois", "Poi", "Po"), ("Binomial", "Bin", "Binom", "B"), ("Ncal", "N", "Normal")


def in_full(claim: Claim, model: JumpModel) -> tuple[Claim, JumpModel]:
    """The claim, and the model with the start and the powers that the claim names beside it.

    Raises :class:`UsageError` for a law by a name that has other arguments.
    """
    if claim.statement.count:
        return claim, model
    claim = changed(
        with_own_density(_averages_in_time(claim, model), model),
        {sp.Function("Mean")(sp.Symbol(o.name)): sp.Symbol(o.name) for o in model.observables},
    )
    claim = _shares_by_numbers(_with_reproduction_number(claim, model), model)
    claim = _laws_by_name(_in_a_moving_frame(_fractional_powers(claim, model), model), model)
    claim = _law_without_time(by_transform(by_index(transforms_in_time(claim, model), model), model), model)
    claim, model = _from_a_start(_death_rate(claim, model), model)
    return _with_powers(claim, model)


def _with_reproduction_number(claim: Claim, model: JumpModel) -> Claim:
    """``i^* = 1 - 1/R_0``, ``R_0 = beta/gamma``: gain over loss of one among few."""
    sign = sp.Symbol("R_0")
    if "R_0" not in unknown_names(claim, model) or (value := reproduction_number(model)) is None:
        return claim
    return changed(claim, {sign: value}, f"R_0 is read as gain over loss of an individual while there are few: {value}")


def _shares_by_numbers(claim: Claim, model: JumpModel) -> Claim:
    """``<x> = n_0/V``: a share beside numbers is n/V."""
    population = model.population
    if population is None or frame_of(claim, model) is not model:
        return claim
    size, names = population.system_size, {p.name for p in model.parameters}
    shares = {x: n / size for x, n in zip(population.scaled, model.coordinate_symbols, strict=True) if x not in names}
    free = {s for r in claim.relations for side in (r.left, r.right) for s in side.free_symbols if s.name in shares}
    change: dict[sp.Basic, sp.Expr] = {s: shares[s.name] for s in free}
    observed = {o.name for o in model.observables}
    plain = tuple(sp.Symbol(x) for x in population.scaled)
    for call in {c for r in claim.relations for c in calls_of(r) if c.func.__name__ in observed}:
        if [str(a) for a in call.args] == [s.name for s in plain]:
            change[call] = call.func(*model.coordinate_symbols)  # p(x) of an observable of n: its value there
    return changed(claim, change) if free else claim


def _averages_in_time(claim: Claim, model: JumpModel) -> Claim:
    """``d Var(n)/dt``, which the reader takes for a function of n and t, as the variance of n(t)."""
    t = model.time
    calls = {c for r in claim.relations for c in calls_of(r) if c.func.__name__ in ("Mean", "Var", "Cov")}
    timed = {c for c in calls if len(c.args) == (3 if c.func.__name__ == "Cov" else 2) and c.args[-1] == t}
    change = {
        c: c.func(*(sp.Function(a.name)(t) if isinstance(a, sp.Symbol) else a for a in c.args[:-1])) for c in timed
    }
    return changed(claim, change) if change else claim


def unknown_names(claim: Claim, model: JumpModel) -> set[str]:
    """Names of symbols that neither the file nor the claim declares and that have no customary meaning."""
    stated = dict(claim.statement.symbols)
    known = {p.name for p in model.parameters} | {*model.coordinates, str(model.time), *stated}
    known |= {o.name for o in model.observables}
    free = {s.name for r in claim.relations for side in (r.left, r.right) for s in side.free_symbols}
    return {n for n in free - known if role_of(n, stated) is None}


def extended(model: JumpModel, *more: Parameter, **fields: object) -> JumpModel:
    """The model with further parameters, which the claim brings along."""
    own = {name: getattr(model, name) for name in JumpModel.__dataclass_fields__}
    own["parameters"] = (*model.parameters, *more)
    own["scope"] = Scope({**model.scope.symbols, **{p.name: p.symbol for p in more}}, model.scope.functions)
    return make_model(own | fields)


# --- starts ------------------------------------------------------------------------------------------------------------


def _from_a_start(claim: Claim, model: JumpModel) -> tuple[Claim, JumpModel]:
    """``<n> = n_0 e^{-mu t}``: x_0, x(0) is the start of a walker for which the file states none.

    A declared x_0 that no rate and no other key of the model names is that start too.
    """
    if model.preparation.stated or names_of(claim) & {o.name for o in model.observables}:
        return claim, model
    walled, model = model, without_idle_walls(model)
    if model.boundaries:
        return claim, walled
    if model.space_dimension is not None or any(j.destination is not None for j in model.jumps):
        return claim, walled
    unknown, densities = unknown_names(claim, model), {model.density, *model.states}
    taken = {p.name for p in model.parameters} | set(dict(claim.statement.symbols))  # v_0 of a coordinate v is no drift
    position = list(model.preparation.position)
    more: list[Parameter] = []
    declared: list[str] = []
    change: dict[sp.Basic, sp.Basic] = {}
    for axis, c in enumerate(model.coordinates):
        places = [head for head in (c, c.upper()) if head not in densities]
        free = {s.name for r in claim.relations for side in (r.left, r.right) for s in side.free_symbols}
        signs: list[sp.Basic] = [sp.Symbol(f"{head}_0") for head in places if f"{head}_0" in unknown | (free - taken)]
        signs += [
            call for r in claim.relations for call in calls_of(r) if call.args == (0,) and call.func.__name__ in places
        ]
        own = [p for p in model.parameters if p.name == f"{c}_0" and not named_in_rules(p.symbol, model)]
        if (
            not signs
            and own
            and any(own[0].symbol in s.free_symbols for r in claim.relations for s in (r.left, r.right))
        ):
            position[axis] = own[0].symbol
            declared.append(own[0].name)
            continue
        if not signs:
            position[axis] = _scaled_start(axis, model, unknown, more) or position[axis]
            continue
        assume = "nonnegative integer" if counts_individuals(model) else "real"
        name = f"{c}_0" if f"{c}_0" not in {p.name for p in model.parameters} else f"{c}_start"
        start = parse_parameter(name, assume)
        more.append(start)
        position[axis] = start.symbol
        change |= dict.fromkeys(signs, start.symbol)
    change |= {sp.Symbol(p.name): p.symbol for p in more if sp.Symbol(p.name) not in change}
    if not more and not declared:
        return claim, walled
    started = replace(model.preparation, position=tuple(position), stated=True)
    notes = tuple(f"{name} is taken to be the start" for name in (*(p.name for p in more), *declared))
    return changed(claim, change, *notes), extended(model, *more, preparation=started, observables=())


def _scaled_start(axis: int, model: JumpModel, unknown: set[str], more: list[Parameter]) -> sp.Expr | None:
    """``<x> = x_0`` of a share x = n/V: a start at V x_0; None where the claim names none."""
    population = model.population
    if population is None or (name := f"{population.scaled[axis]}_0") not in unknown:
        return None
    start = parse_parameter(name, "nonnegative")
    more.append(start)
    return population.system_size * start.symbol


# --- fractional powers --------------------------------------------------------------------------------------------------


def _fractional_powers(claim: Claim, model: JumpModel) -> Claim:
    r"""``\Delta^{\alpha/2} P``, as probabilists write it, is -(-\Delta)^{\alpha/2} P."""
    symbol = sp.Symbol("Delta")
    if "Delta" in {p.name for p in model.parameters}:
        return claim
    change: dict[sp.Basic, sp.Basic] = {}
    for side in (s for r in claim.relations for s in (r.left, r.right) if s.has(symbol)):
        terms = []
        for term in sp.Add.make_args(sp.expand(side)):
            powers = [f for f in sp.Mul.make_args(term) if f.has(symbol)]
            calls = [f for f in sp.Mul.make_args(term) if isinstance(f, AppliedUndef)]
            plain = len(powers) == len(calls) == 1 and powers[0].is_Pow and powers[0].base == symbol
            if not powers:
                terms.append(term)
                continue
            if not plain or powers[0].exp.is_integer or powers[0].exp.has(symbol):
                return claim
            rest = sp.Mul(*(f for f in sp.Mul.make_args(term) if f not in (powers[0], calls[0])))
            terms.append(-rest * sp.Function("FracLaplacian")(calls[0], powers[0].exp))
        change[side] = sp.Add(*terms)
    if not change:
        return claim
    note = "a fractional power of Delta is read as -(-Delta)^s"
    relations = tuple(
        replace(r, left=change.get(r.left, r.left), right=change.get(r.right, r.right)) for r in claim.relations
    )
    return replace(claim, relations=relations, warnings=(*claim.warnings, note))


# --- moving frames ------------------------------------------------------------------------------------------------------


def _in_a_moving_frame(claim: Claim, model: JumpModel) -> Claim:
    r"""``P_t = D P_{\xi\xi}, \xi = x - v t``: the same equation at rest, where P_t at fixed xi is P_t + v P_x."""
    if model.dimension != 1:
        return claim
    (x,), t, unknown = model.coordinate_symbols, model.time, unknown_names(claim, model)
    for r in claim.relations:
        speed = sp.expand((x - r.right) / t)
        moves = r.kind == "=" and isinstance(r.left, sp.Symbol) and r.left.name in unknown and not speed.has(x, t)
        if not moves or speed == 0:
            continue
        z, rest = r.left, tuple(o for o in claim.relations if o is not r)
        field = sp.Function(model.density)
        plain, change = field(x, t), {}
        for n, label in enumerate((z.name, 2 * z.name), start=1):
            change[sp.Symbol(f"{model.density}_{label}")] = sp.Derivative(plain, (x, n))
        for side in (s for o in rest for s in (o.left, o.right)):
            change |= {d: _at_rest(d, plain, z, speed) for d in side.atoms(sp.Derivative) if d.expr.func == field}
        change |= {c: plain for o in rest for c in calls_of(o) if c.func == field and z in c.args}
        if not any(side.has(sp.Derivative) for o in rest for side in (o.left, o.right)):
            return claim
        note = f"the equation is read in the frame {z} = {r.right}"
        return changed(replace(claim, relations=rest), change, note)
    return claim


def _at_rest(d: sp.Derivative, plain: AppliedUndef, z: sp.Symbol, speed: sp.Expr) -> sp.Expr:
    """A derivative at fixed z = x - speed t by those at fixed x."""
    x, t = plain.args
    value: sp.Expr = plain
    for v, n in d.variable_count:
        for _ in range(int(n)):
            if v == t:
                value = sp.Derivative(value, t) + speed * sp.Derivative(value, x)
            else:
                value = sp.Derivative(value, x)
    return value.doit()


# --- laws by name -------------------------------------------------------------------------------------------------------


def _laws_by_name(claim: Claim, model: JumpModel) -> Claim:
    r"""``n \sim \mathrm{Poisson}(m)``: the law of the coordinate, at time t where m depends on it, else the stationary one."""
    relations, notes = [], []
    for r in claim.relations:
        law = _named_law(r, model)
        if law is None:
            relations.append(r)
            continue
        new, note = law
        relations.append(new)
        notes.append(note)
    if not notes:
        return claim
    kept = tuple(w for w in claim.warnings if "proportional to" not in w and "is read as a function of" not in w)
    return replace(claim, relations=tuple(relations), warnings=(*kept, *notes))


def _named_law(r: Relation, model: JumpModel) -> tuple[Relation, str] | None:
    if r.kind not in ("propto", "approx", "to") or not isinstance(r.right, AppliedUndef) or model.dimension != 1:
        return None
    (c,), name, arguments = model.coordinates, r.right.func.__name__, r.right.args
    head = r.left.func.__name__ if isinstance(r.left, AppliedUndef) else getattr(r.left, "name", "")
    base, _, index = head.partition("_")
    if base not in (c, c.upper()) or index not in ("", "t", "n", "N"):
        return None
    x = model.coordinate_symbols[0]
    if name in POISSON and len(arguments) == 1:
        value, words = arguments[0] ** x * sp.exp(-arguments[0]) / sp.factorial(x), "the Poisson law of that mean"
    elif name in BINOMIAL and len(arguments) == 2:
        n, p = arguments
        value = sp.binomial(n, x) * p**x * (1 - p) ** (n - x)
        words = "the binomial law of these trials and this chance"
    elif name in NORMAL and len(arguments) == 2:
        mean, variance = arguments
        value = sp.exp(-((x - mean) ** 2) / (2 * variance)) / sp.sqrt(2 * sp.pi * variance)
        words = "the normal law of this mean and this variance"
    else:
        return None
    timed = r.right.has(model.time, *(sp.Symbol(n) for n in STEPS)) or bool(index) or isinstance(r.left, AppliedUndef)
    law = sp.Function(model.density)(x, model.time) if timed else sp.Function(f"{model.density}_st")(x)
    when = "at time t" if timed else "in the stationary state"
    return Relation("=", law, value), f"{r.right} is read as {words}, {when}"


def _law_without_time(claim: Claim, model: JumpModel) -> Claim:
    """``P_n = m^n e^{-m}/n!`` in a claim that nothing makes depend on time: the stationary law."""
    places, timed = set(model.coordinate_symbols), {model.time, *(sp.Symbol(n) for n in STEPS)}
    sides = [s for r in claim.relations for s in (r.left, r.right)]
    own = {
        c for r in claim.relations for c in calls_of(r)
        if c.func.__name__ == model.density and len(c.args) == model.dimension and c.free_symbols & places
    }  # fmt: skip
    law = sp.Function(f"{model.density}_st")
    change: dict[sp.Basic, sp.Basic] = {c: law(*c.args) for c in own}
    nobody = f"{model.density}_0"
    if counts_individuals(model) and model.dimension == 1 and nobody in unknown_names(claim, model):
        change[sp.Symbol(nobody)] = law(sp.S.Zero)
    if (
        not change
        or claim.at
        or claim.late
        or claim.far
        or any(
            s.free_symbols & (timed - places) or s.has(sp.Derivative, sp.Integral, sp.Sum, sp.Limit, sp.Subs)
            for s in sides
        )
    ):
        return claim
    shown = sorted(change, key=str)[0]
    return changed(claim, change, f"{shown} without a time is read as the stationary law")


# --- rates of death -----------------------------------------------------------------------------------------------------


def _death_rate(claim: Claim, model: JumpModel) -> Claim:
    """``k = -ln(1 - d)/tau`` of walkers that die: k is their rate of death, no wave number."""
    k = sp.Symbol("k")
    sides = [s for r in claim.relations for s in (r.left, r.right)]
    alone = k in sides and sum(s.has(k) for s in sides) == 1
    dies = model.lossy or any(not r.produces for r in model.crowd.reactions)
    if not alone or not dies or "k" in {p.name for p in model.parameters} | {n for n, _ in claim.statement.symbols}:
        return claim
    return changed(claim, {k: -sp.Symbol("a_0")}, "k is read as the rate at which walkers die")


# --- powers of |x| ------------------------------------------------------------------------------------------------------


def _with_powers(claim: Claim, model: JumpModel) -> tuple[Claim, JumpModel]:
    """``<|x|^q> ~ t^(q/2)``: q is a positive number, below the index of the law where this has heavy tails."""
    unknown = unknown_names(claim, model)
    powers = {
        call.args[0].exp
        for r in claim.relations
        for call in calls_of(r)
        if call.func.__name__ == "Mean" and isinstance(call.args[0], sp.Pow) and isinstance(call.args[0].base, sp.Abs)
    }
    names = {q.name for q in powers if q.is_Symbol and q.name in unknown}
    if len(names) != 1:
        return claim, model
    name = names.pop()
    bounds = [r for r in claim.relations if r.kind in ("<", "<=", ">", ">=") and sp.Symbol(name) in (r.left, r.right)]
    index = next((j.law.tail.index for j in model.jumps if j.law is not None and j.law.tail is not None), None)
    assume = "positive" if index is None else f"0 < {name} < {index}"
    try:
        power = parse_parameter(name, assume, others=tuple(p.name for p in model.parameters))
    except SymdiffError:
        return claim, model
    claim = replace(claim, relations=tuple(r for r in claim.relations if r not in bounds) or claim.relations)
    note = f"{name} is taken to be a number with {assume}" if index is not None else f"{name} is taken to be positive"
    return changed(claim, {sp.Symbol(name): power.symbol}, note), extended(model, power)


# --- senses -------------------------------------------------------------------------------------------------------------


def senses_of_spread(claim: Claim, model: JumpModel) -> Iterator[tuple[Claim, str]]:
    r"""``<(\Delta x)^2>`` as the square of the way from the start, and of the distance from the mean; nothing where it does not occur."""
    marks = {
        sp.Symbol(f"{d} {c}"): x for c, x in zip(model.coordinates, model.coordinate_symbols, strict=True) for d in ("Delta", "delta")
    }  # fmt: skip
    lengths = {
        sp.Symbol(f"{d} {r}") for d in ("Delta", "delta") for r in ("r", "R", "rbold", "rvec", "Rbold", "Rvec", "xbold")
    }
    taken = {p.name for p in model.parameters} | set(model.coordinates)
    lengths -= {m for m in lengths if m.name.split()[1] in taken}
    calls = {
        c
        for r in claim.relations
        for c in calls_of(r)
        if c.func.__name__.partition("_")[0] == "Mean" and c.has(*marks, *lengths)
    }
    if not calls:
        return
    mean = sp.Function("Mean")
    for offset, words in ((False, "the way from the start"), (True, "the distance from the mean")):
        if offset and any(
            c.args[0] in marks for c in calls
        ):  # the mean of that distance is nothing, which nobody writes
            continue
        put: dict[sp.Basic, sp.Expr] = {m: x - mean(x) if offset else x for m, x in marks.items()}
        put |= dict.fromkeys(
            lengths, sp.sqrt(sp.Add(*((x - mean(x) if offset else x) ** 2 for x in model.coordinate_symbols)))
        )
        change = {c: c.func(_plain_size(c.args[0].xreplace(put))) for c in calls}
        yield changed(claim, change), rf"\Delta is {words}"
    if (steps := _of_one_step(calls, marks, model)) and not any(
        side.has(model.time, *(sp.Symbol(n) for n in STEPS)) for r in claim.relations for side in (r.left, r.right)
    ):
        if model.time_step is not None:  # <Delta x>/Delta t
            steps |= {m: model.time_step for m in (sp.Symbol("Delta t"), sp.Symbol("delta t")) if m.name not in taken}
        yield changed(claim, dict(steps)), r"\Delta is one step"


def _of_one_step(
    calls: set[AppliedUndef], marks: dict[sp.Symbol, sp.Symbol], model: JumpModel
) -> dict[sp.Basic, sp.Expr]:
    """The averages over one jump, whichever comes first; empty where they depend on place or state, or the jumps have a law."""
    weights = [j.intensity for j in model.jumps]
    plain = all(j.law is None and j.region is None and j.destination is None for j in model.jumps)
    if not plain or not weights or len(model.states) > 1 or any(w.has(*model.coordinate_symbols) for w in weights):
        return {}
    total, places = sp.Add(*weights), list(marks)
    found: dict[sp.Basic, sp.Expr] = {}
    for call in calls:
        inside = call.args[0]
        if call.func.__name__ != "Mean" or inside.free_symbols - set(places):
            return {}
        values = [
            inside.xreplace({m: j.displacement[model.coordinate_symbols.index(marks[m])] for m in places})
            for j in model.jumps
        ]
        found[call] = sp.cancel(sp.Add(*(w * v for w, v in zip(weights, values, strict=True))) / total)
    return found


def _plain_size(inside: sp.Expr) -> sp.Expr:
    """|Delta r|^2 without the bars, which even powers of a length do not need."""
    return inside.replace(lambda e: isinstance(e, sp.Pow) and isinstance(e.base, sp.Abs) and e.exp.is_even,
                          lambda e: e.base.args[0] ** e.exp)  # fmt: skip


def by_conditions(claim: Claim) -> list[Claim]:
    """``A for t << 1/a, B for t >> 1/a``: what stands before each condition on time, as a claim of its own with it."""
    timed = [r for r in claim.relations if r.kind in ("to", "gg", "ll") and str(r.left) == "t"]
    if len({(r.kind, str(r.right)) for r in timed}) < 2:
        return [claim]
    parts: list[list[Relation]] = [[]]
    for n, r in enumerate(claim.relations):
        parts[-1].append(r)
        if r in timed and n + 1 < len(claim.relations):
            parts.append([])
    whole = [p for p in parts if any(r not in timed for r in p)]
    if len(whole) < len(parts):
        raise UsageError("a condition on time stands beside no equation", where=f"claim '{claim.statement.id}'",
                         instead="write each condition behind the equation that it belongs to")  # fmt: skip
    return [replace(claim, relations=tuple(p)) for p in parts]
