r"""Signs of textbooks for what this project writes in another way: ``p(x, t|x_0, 0)``, ``Q_z``, ``\langle n\rangle_t``, ``P_n^s``, ``W(k, u)``.

Each rule leaves a claim alone where its sign is declared by the file or by the claim.
"""

from __future__ import annotations

from dataclasses import replace

import sympy as sp
from sympy.core.function import AppliedUndef

from symdiff.continuum.observables.moments import counts_individuals
from symdiff.dossier.claim_senses import extended, unknown_names
from symdiff.dossier.claim_sites import INDICES, STEPS, calls_of, changed
from symdiff.dossier.claimed_transforms import WAITS
from symdiff.dossier.resolving_averages import STATIONARY
from symdiff.dossier.values_at import FIRST_PASSAGE, named_start
from symdiff.model.jump_model import JumpModel
from symdiff.model.occupancy import is_crowd
from symdiff.model.parameter import Parameter, parse_parameter
from symdiff.model.ranges import certain_range, parameter_intervals
from symdiff.verification.claim import Claim, Relation


def in_own_signs(claim: Claim, model: JumpModel) -> tuple[Claim, JumpModel]:
    """The claim in this project's signs, and the model with the start that ``p(x, t|x_0)`` names."""
    if claim.statement.count:
        return claim, model
    for rule in (_mean_rates, _mean_sites, _place, _stationary_sites, _at_a_time, _observables_by_site, _deviations, _radius, _norms, _laplace_u,
                 _passage_at_the_wall, _amplification, _uniform_flux, _uniform_density, _amount, _cases, _on_the_lattice):  # fmt: skip
        claim = rule(claim, model)
    return _given_the_start(claim, model)


def _calls(claim: Claim) -> set[AppliedUndef]:
    return {c for r in claim.relations for c in calls_of(r)}


def _taken(claim: Claim, model: JumpModel) -> set[str]:
    """Names that the file or the claim declares."""
    own = {p.name for p in model.parameters} | {d.name for d in model.functions} | {o.name for o in model.observables}
    return own | {*model.coordinates, *model.states, *dict(claim.statement.symbols)}


def _mean_rates(claim: Claim, model: JumpModel) -> Claim:
    r"""``\langle\dot x\rangle`` as the rate of change of <x>."""
    change: dict[sp.Basic, sp.Basic] = {}
    for call in _calls(claim):
        inside = call.args[0] if call.func.__name__ == "Mean" and len(call.args) == 1 else None
        if isinstance(inside, sp.Derivative) and set(inside.variables) == {model.time}:
            change[call] = sp.Derivative(call.func(inside.expr), *inside.variable_count)
    return changed(claim, change) if change else claim


def _mean_sites(claim: Claim, model: JumpModel) -> Claim:
    r"""``\langle n\rangle`` of walkers with rates, whose sites the file does not number: n = x/h, as steps are not counted there."""
    taken = _taken(claim, model)
    if model.dimension != 1 or model.clock != "continuous" or counts_individuals(model) or len(model.states) > 1:
        return claim
    calls = {c for c in _calls(claim) if c.func.__name__.partition("_")[0] in ("Mean", "Var", "Cov")}
    (x,) = model.coordinate_symbols
    free = [i for i in INDICES if i not in taken and i != "r"]  # <r^2> is the squared distance from the start
    letters = {sp.Symbol(i) for i in free} | {sp.Function(i)(model.time) for i in free}
    used = {n for n in letters for c in calls if c.has(n)}
    lengths = {sp.Abs(r) for j in model.jumps for r in j.displacement} - {sp.S.Zero}
    if not used or len({str(n).partition("(")[0] for n in used}) != 1 or len(lengths) != 1:
        return claim
    (h,) = lengths
    name = str(next(iter(used))).partition("(")[0]
    change = {c: c.xreplace(dict.fromkeys(used, x / h)) for c in calls}
    return changed(claim, change, f"{name} in averages is read as the site, {x} = {name} {h}")


# --- averages and laws by labels ---------------------------------------------------------------------------------------


def _at_a_time(claim: Claim, model: JumpModel) -> Claim:
    r"""``\langle n\rangle_t``, ``\langle x\rangle_N``: the average at time t, after N steps."""
    labels = {"t", *(STEPS if model.time_step is not None else ())} - _taken(claim, model)
    change: dict[sp.Basic, sp.Basic] = {
        c: sp.Function(head)(*c.args)
        for c in _calls(claim)
        for head, _, label in (c.func.__name__.partition("_"),)
        if head in ("Mean", "Var", "Cov") and label in labels
    }
    kept = tuple(w for w in claim.warnings if not (change and "with the label" in w))
    return replace(changed(claim, change), warnings=kept) if change else claim


def _stationary_sites(claim: Claim, model: JumpModel) -> Claim:
    """``P_n^s``, ``P_n^st``, ``P_n^(s)``: the stationary law of the number n; a power s of a derivative it cannot be."""
    if model.dimension != 1:
        return claim
    (x,), taken = model.coordinate_symbols, _taken(claim, model)
    law = sp.Function(f"{model.density}_st")(x)
    head = f"{model.density}_{x.name}^"
    change: dict[sp.Basic, sp.Basic] = {
        s: law
        for r in claim.relations
        for side in (r.left, r.right)
        for s in side.free_symbols
        if s.name.startswith(head) and s.name.removeprefix(head).strip("()") in STATIONARY and s.name not in taken
    }
    heads = {model.density, model.density.lower()} - taken
    plain = {sp.Derivative(sp.Function(model.density)(x, model.time), x), *(sp.Function(h)(x) for h in heads)}
    for name in {"s"} - taken:
        powers = {p for r in claim.relations for side in (r.left, r.right) for p in side.atoms(sp.Pow)}
        change |= {p: law for p in powers if p.base in plain and p.exp == sp.Symbol(name)}
    return changed(claim, change, f"{law} is the law at late times") if change else claim


def _observables_by_site(claim: Claim, model: JumpModel) -> Claim:
    """``Q_z``, ``T_n``: the observable Q of a walker that starts at z."""
    if model.dimension != 1:
        return claim
    (c,) = model.coordinates
    names = {f"{o.name}_{c}": o.name for o in model.observables}
    decays = [o.name for o in model.observables if o.kind == "decay_rate"]
    if len(decays) == 1:  # the lowest mode, counted from one or from nought
        names |= dict.fromkeys(("lambda_1", "lambda_0", "lambda_min"), decays[0])
    used = set(names) & unknown_names(claim, model)
    return changed(claim, {sp.Symbol(n): sp.Symbol(names[n]) for n in used}) if used else claim


def _deviations(claim: Claim, model: JumpModel) -> Claim:
    r"""``\langle\delta n^2\rangle``: the square of n - <n>, where the file declares no delta."""
    small = sp.Symbol("delta")
    change: dict[sp.Basic, sp.Basic] = {}
    if small.name in _taken(claim, model):
        return claim
    for call in _calls(claim):
        if call.func.__name__.partition("_")[0] != "Mean" or len(call.args) != 1 or not call.has(small):
            continue
        powers = call.args[0].as_powers_dict()
        places = {c for c in model.coordinate_symbols if c in powers}
        number = powers.get(small, 0)
        if (
            set(powers) - {small, *places}
            or not places
            or number not in (1, sum(powers[c] for c in places), len(places))
        ):
            continue
        deviation = {c: sp.Symbol(f"delta {c.name}") for c in places}
        change[call] = call.func(sp.Mul(*(deviation[c] ** powers[c] for c in places)))
    return changed(claim, change) if change else claim


# --- places ------------------------------------------------------------------------------------------------------------


def _radius(claim: Claim, model: JumpModel) -> Claim:
    r"""``N(\rho, t)``, ``\langle\rho^2\rangle`` in several dimensions: rho is the distance from the origin."""
    radius = sp.Symbol("rho")
    length = sp.sqrt(sp.Add(*(c**2 for c in model.coordinate_symbols)))
    if model.dimension < 2 or "rho" in _taken(claim, model) or model.density == "rho":
        return claim
    here, change = (*model.coordinate_symbols, model.time), dict[sp.Basic, sp.Basic]()
    for c in _calls(claim):
        if c.func.__name__ == model.density and c.args == (radius, model.time):
            change[c] = c.func(*here)
        elif c.func.__name__.partition("_")[0] == "Mean" and c.args[0].as_base_exp()[0] == radius:
            change[c] = c.func(c.args[0].xreplace({radius: length}))
    if not change:
        return claim
    return changed(claim, {**change, radius: length}, "rho is read as the distance from the origin")


def _place(claim: Claim, model: JumpModel) -> Claim:
    """Derivatives along ``x`` of a model whose one coordinate numbers its sites by another letter."""
    x = sp.Symbol("x")
    if model.dimension != 1 or model.population is not None or "x" in _taken(claim, model):
        return claim
    (place,) = model.coordinate_symbols
    slopes = {d for r in claim.relations for side in (r.left, r.right) for d in side.atoms(sp.Derivative)}
    if place.name not in INDICES or not any(x in d.variables for d in slopes):
        return claim
    both = {c: c.func(x, model.time) for c in _calls(claim) if c.args == (place, x, model.time)}
    return changed(changed(claim, both), {x: place}, f"x is read as the place {place}")


def _norms(claim: Claim, model: JumpModel) -> Claim:
    r"""``\|x(t)\|`` in several dimensions is the length of the place; in one the absolute value."""
    change: dict[sp.Basic, sp.Basic] = {}
    for call in _calls(claim):
        if call.func.__name__ != "Norm":
            continue
        (inside,) = call.args
        name = str(inside.func) if isinstance(inside, AppliedUndef) else str(inside)
        place = name.partition("_")[0].removesuffix("bold").removesuffix("vec").lower() in ("x", "r")
        change[call] = sp.Symbol("r") if place and model.dimension > 1 else sp.Abs(inside)
    return changed(claim, change) if change else claim


def _passage_at_the_wall(claim: Claim, model: JumpModel) -> Claim:
    """``F(0, t)`` of a walker whose start the file names: the first passage through the wall at x = 0."""
    if model.dimension != 1 or not (start := named_start(model)):
        return claim
    names = {o.name for o in model.observables if o.kind in FIRST_PASSAGE}
    (x,), change, notes = model.coordinate_symbols, dict[sp.Basic, sp.Basic](), []
    walls = [i.gap for b in model.boundaries for i in b.domain]
    for call in _calls(claim):
        if call.func.__name__ not in names or len(call.args) != 2 or call.args[1] != model.time:
            continue
        others = [side for r in claim.relations for side in (r.left, r.right)]
        if any(sp.expand(g.subs(x, call.args[0])) == 0 for g in walls) and any(s.has(*start) for s in others):
            change[call] = call.func(model.time)
            notes.append(f"{call} is read as what arrives at {x} = {call.args[0]}")
    return changed(claim, change, *notes) if change else claim


def _given_the_start(claim: Claim, model: JumpModel) -> tuple[Claim, JumpModel]:
    """``p(x, t|x_0, t_0)``: the density at time t of a walker that is at x_0 at time t_0."""
    size, t = model.dimension, model.time
    here = (*model.coordinate_symbols, t)
    calls = {c for c in _calls(claim) if c.func.__name__ == model.density and len(c.args) > size + 1}
    if len(calls) != 1 or (call := calls.pop()).args[: size + 1] != here or len(call.args) > 2 * size + 2:
        return claim, model
    places, rest = call.args[size + 1 : 2 * size + 1], call.args[2 * size + 1 :]
    first = rest[0] if rest else sp.S.Zero
    own = {p.symbol for p in model.parameters}
    if len(places) != size or not (first == 0 or (first.is_Symbol and first not in own)):
        return claim, model
    if first != 0:
        if any(j.intensity.has(t) for j in model.jumps) or (since := _since(claim, call, first, t)) is None:
            return claim, model
        claim = since
    change: dict[sp.Basic, sp.Basic] = {call: call.func(*here)}
    if model.preparation.stated or model.boundaries:
        same = all(a == b for a, b in zip(places, model.preparation.position, strict=True))
        return (changed(claim, change), model) if same else (claim, model)
    return _started(claim, model, places, change)


def _since(claim: Claim, call: AppliedUndef, first: sp.Symbol, t: sp.Symbol) -> Claim | None:
    """The claim with t for t - t_0, where the two times occur in this way only."""
    mark = sp.Dummy()

    def later(side: sp.Expr) -> sp.Expr:
        moved = side.xreplace({call: mark}).subs(t, t + first)
        return sp.powsimp(moved.xreplace({a: sp.expand(a) for a in moved.atoms(sp.Add)})).xreplace({mark: call})

    sides = [(later(r.left), later(r.right)) for r in claim.relations]
    if any(side.xreplace({call: mark}).has(first) for pair in sides for side in pair):
        return None
    relations = tuple(replace(r, left=a, right=b) for r, (a, b) in zip(claim.relations, sides, strict=True))
    return replace(claim, relations=relations)


def _started(
    claim: Claim, model: JumpModel, places: tuple[sp.Expr, ...], change: dict[sp.Basic, sp.Basic]
) -> tuple[Claim, JumpModel]:
    """The model with the start that the claim names."""
    own = {p.symbol for p in model.parameters}
    assume = "nonnegative integer" if counts_individuals(model) else "real"
    more: list[Parameter] = []
    position: list[sp.Expr] = []
    for n, place in enumerate(places):
        if place.is_number or place in own:
            position.append(place)
            continue
        if not place.is_Symbol:
            return claim, model
        plain = place.name.isidentifier() and place.name not in _taken(claim, model)
        start = parse_parameter(place.name if plain else f"start_{n}", assume)
        more.append(start)
        position.append(start.symbol)
        change[place] = start.symbol
    preparation = replace(model.preparation, position=tuple(position), stated=True)
    notes = tuple(f"{p.name} is taken to be the start" for p in more)
    return changed(claim, change, *notes), extended(model, *more, preparation=preparation)


# --- transforms and lattices -------------------------------------------------------------------------------------------


def _laplace_u(claim: Claim, model: JumpModel) -> Claim:
    r"""``W(k, u)``, ``\psi(u)``, as Metzler and Klafter write: u is the Laplace variable where walkers wait."""
    u = sp.Symbol("u")
    if model.clock != "waiting" or {"u", "s"} & (_taken(claim, model) | {model.density}):
        return claim
    law = [
        c
        for c in _calls(claim)
        if c.func.__name__.startswith(model.density) and c.args[-1:] == (u,) and len(c.args) > 1
    ]
    wait = [c for c in _calls(claim) if c.func.__name__.startswith(WAITS) and c.args == (u,)]
    if not law and not wait:
        return claim
    change: dict[sp.Basic, sp.Basic] = {c: sp.Function(f"{c.func.__name__}tilde")(sp.Symbol("s")) for c in wait
                                        if c.func.__name__ in WAITS}  # fmt: skip
    return changed(changed(claim, change), {u: sp.Symbol("s")}, "u is read as the Laplace variable")


def _amplification(claim: Claim, model: JumpModel) -> Claim:
    """``G``, ``g(k)``: the factor by which a step multiplies a wave e^(ikx), as in the analysis of von Neumann."""
    step = _step(model)
    if step is None or not claim.relations:
        return claim
    taken, k = _taken(claim, model), sp.Symbol("k")
    if "k" in taken or not any(side.has(k) for r in claim.relations for side in (r.left, r.right)):
        return claim
    value = sp.exp(sp.Symbol("s") * step)
    change: dict[sp.Basic, sp.Basic] = {}
    for name in {"G", "g"} - taken:
        change |= {sp.Symbol(name): value, sp.Function(name)(k): value}
    used = [s for r in claim.relations for side in (r.left, r.right) for s in change if side.has(s)]
    return changed(claim, change, f"{used[0]} is the factor of a wave in one step") if used else claim


def _uniform_flux(claim: Claim, model: JumpModel) -> Claim:
    r"""``J = k \rho(1 - \rho)``: the current of a uniform density of a crowd, which is J(rho)."""
    if not is_crowd(model) or len(claim.relations) != 1 or claim.relations[0].left.has(sp.Derivative):
        return claim
    (r,) = claim.relations
    density = sp.Function(model.density)(*model.coordinate_symbols, model.time)
    if (
        r.left not in (sp.Symbol("J"), sp.Symbol("j"))
        or str(r.left) in _taken(claim, model)
        or r.right.has(sp.Derivative)
    ):
        return claim
    if r.kind != "=" or not r.right.has(density):
        return claim
    return changed(
        claim, {r.left: sp.Function(str(r.left))(density)}, f"{r.left} is read as the current of a uniform density"
    )


def _uniform_density(claim: Claim, model: JumpModel) -> Claim:
    r"""``c = 2\\sqrt{D(\\beta S_0 - \\gamma)}``: S_0 beside a front or a threshold is the uniform density of S, which observables call S0."""
    kinds = {"front_speed", "stability_threshold", "dispersion_relation", "decay_rate"}
    named = {o.name for o in model.observables if o.kind in kinds} | {"growth_rate", "omega", "lambda", "sigma", "s"}
    spoken = {s.name for r in claim.relations for e in (r.left, r.right) for s in e.free_symbols}
    spoken |= {c.func.__name__ for c in _calls(claim)}
    if not is_crowd(model) or not spoken & named:
        return claim
    change: dict[sp.Basic, sp.Basic] = {
        sp.Symbol(f"{n}{mark}"): sp.Symbol(f"{n}0", positive=True)
        for n in (*model.states, model.density)
        for mark in ("_0", "^0", "_infty", "^*", "bar")
        if f"{n}{mark}" in spoken - _taken(claim, model) and f"{n}0" not in _taken(claim, model)
    }
    return (
        changed(claim, change, *(f"{s} is taken to be the uniform density {t}" for s, t in change.items()))
        if change
        else claim
    )


def _amount(claim: Claim, model: JumpModel) -> Claim:
    """``N(x, t) = N_0/sqrt(4 pi D t) ...``: so many walkers at the start, where the law is that of one."""
    names = {f"{model.density}_0", "M", "M_0", "N_0", "n_0", "C_0", "c_0"} & unknown_names(claim, model)
    if any(sp.Symbol("N") in r.right.free_symbols for r in claim.relations) and "N" not in _taken(claim, model):
        names |= {"N"}  # of steps nothing is said where the law has the time t
    if len(names) != 1 or len(claim.relations) != 1 or model.preparation.stated:
        return claim
    (r,), amount = claim.relations, sp.Symbol(names.pop())
    law = isinstance(r.left, AppliedUndef) and r.left.func.__name__ == model.density and model.time in r.left.args
    if not law or r.kind != "=" or (rest := sp.cancel(r.right / amount)).has(amount) or rest.has(sp.Derivative):
        return claim
    return changed(claim, {amount: sp.S.One}, f"{amount} is taken to be the number of walkers at the start")


def _cases(claim: Claim, model: JumpModel) -> Claim:
    """Cases by conditions on parameters: the one that holds for all values that the file allows."""
    box = parameter_intervals(model.parameters)
    own = {p.symbol for p in model.parameters}

    def holds(condition: sp.Basic) -> bool | None:
        if isinstance(condition, sp.And):
            parts = [holds(a) for a in condition.args]
            return False if False in parts else None if None in parts else True
        if condition in (sp.true, sp.false):
            return bool(condition)
        if not isinstance(condition, (sp.StrictLessThan, sp.StrictGreaterThan, sp.LessThan, sp.GreaterThan)):
            return None
        if not condition.free_symbols <= own:
            return None
        span = certain_range(condition.gts - condition.lts, box)
        strict = isinstance(condition, (sp.StrictLessThan, sp.StrictGreaterThan))
        if span.low is not None and (span.low > 0 or (span.low == 0 and (span.low_open or not strict))):
            return True
        return (
            False
            if span.high is not None and (span.high < 0 or (span.high == 0 and (span.high_open or strict)))
            else None
        )

    change: dict[sp.Basic, sp.Basic] = {}
    for piece in {p for r in claim.relations for side in (r.left, r.right) for p in side.atoms(sp.Piecewise)}:
        for value, condition in piece.args:
            known = holds(condition)
            if known is not False:
                change |= {piece: value} if known else {}
                break
    return changed(claim, change, "of the cases that one is compared which the file allows") if change else claim


def _step(model: JumpModel) -> sp.Expr | None:
    """The length of a step in time, of a scheme that which its master equation holds; None in continuous time."""
    if model.scheme is None:
        return model.time_step
    later = {s for t in model.scheme.terms if (s := t.time_shift) != 0 and not s.could_extract_minus_sign()}
    return later.pop() if len(later) == 1 else None


def _on_the_lattice(claim: Claim, model: JumpModel) -> Claim:
    """``M(z) = p M(z + 1) + q M(z - 1) + 1``: a balance of an observable between sites holds on the lattice, if anywhere."""
    if model.dimension != 1 or claim.statement.level or claim.statement.regime:
        return claim
    (x,), names = model.coordinate_symbols, {o.name for o in model.observables}
    places = {c.args[0] for c in _calls(claim) if c.func.__name__ in names and c.args}
    moved = [p for p in places if p != x and p.has(x) and not (p - x).has(x)]
    return replace(claim, statement=replace(claim.statement, level="lattice")) if moved else claim


UNIT_TENSORS = ("Ibold", "I", "Ihat", "Ibb", "Isf")


def by_entries(claim: Claim, model: JumpModel) -> Claim:
    r"""``\mathbf D = D_0 \mathbf I`` as its entries D_xx = D_0, D_xy = 0, ...; the same claim elsewhere."""
    declared = {p.name for p in model.parameters} | {n for n, _ in claim.statement.symbols}
    relations: list[Relation] = []
    for r in claim.relations:
        units = [s for s in r.right.free_symbols if s.name in UNIT_TENSORS and s.name not in declared]
        heads = r.left.is_Symbol and r.left.name in ("D", "Dbold", "Dhat", "Dsf") and r.left.name not in declared
        value = sp.diff(r.right, units[0]) if len(units) == 1 else sp.S.Zero
        if (
            model.dimension < 2
            or not heads
            or r.kind != "="
            or value == 0
            or sp.expand(r.right - value * units[0]) != 0
        ):
            relations.append(r)
            continue
        x = model.coordinates
        for i, a in enumerate(x):
            for b in x[i:]:
                index = f"D_{a}{b}" if all(len(c) == 1 for c in x) else f"D_{a}_{b}"
                relations.append(Relation("=", sp.Symbol(index), value if a == b else sp.S.Zero))
    return claim if len(relations) == len(claim.relations) else replace(claim, relations=tuple(relations))


def with_the_size_apart(claim: Claim, model: JumpModel) -> Claim | None:
    """``B(x) = k + mu x`` of a share x = n/V as B/V, which is the second jump moment; None where no B of shares occurs."""
    population = model.population
    if population is None:
        return None
    shares = {sp.Symbol(x) for x in population.scaled}
    calls = {
        c
        for r in claim.relations
        for c in calls_of(r)
        if c.func.__name__ == "B" and set(map(str, c.args)) <= {s.name for s in shares}
    }
    if not calls or any(d.name == "B" for d in model.functions):
        return None
    return changed(claim, {c: c * population.system_size for c in calls})
