"""Rates that depend on time: the walker carries a clock, one more coordinate that it moves along at unit speed.

With the clock s the walk is one whose rates do not depend on time, and has the generator L - d_s, which the derivation
finds like any other: a step of time tau moves by (r, tau) from (x, s). So d_t u = L(t) u at s = t, with every effect of the
change of the rates within a step or within the relaxation of internal states, such as v(t - tau/2) for the drift of a
discrete walk, term by term. Each derivative in time counts like one along a coordinate.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction

import sympy as sp
from sympy.core.function import AppliedUndef

from symdiff.algebra.multiindex import of_degree
from symdiff.continuum.coefficients import coefficient_name
from symdiff.continuum.limit import Coefficients, ContinuumLimit, Discarded, Step, backward_field
from symdiff.continuum.master import master_equation
from symdiff.continuum.staged import at_once
from symdiff.equations.evolution_equation import EvolutionEquation, Term
from symdiff.errors import InternalFaultError, NotYetError, SymdiffError
from symdiff.model.jump_model import Jump, JumpModel, ScalingRegime, make_model
from symdiff.model.motion import Motion
from symdiff.model.occupancy import is_crowd
from symdiff.model.parameter import Parameter, parse_parameter

CLOCK = "own_time"
HIGHEST = 6  # the order up to which coefficients are named
Derive = Callable[[JumpModel, ScalingRegime, int | None], ContinuumLimit]


def derive_in_time(model: JumpModel, regime: ScalingRegime, order: int | None, derive: Derive) -> ContinuumLimit:
    """The continuum limit of a model whose rates depend on time; raises like :func:`derive_regime`."""
    _refuse_more(model)
    if is_crowd(model) or model.crowd.reactions:
        return _of_crowd(model, regime, order, derive)
    clock = clock_name(model)
    extended = with_clock(model, clock)
    try:
        with at_once():  # what is raised later would name the clock
            limit = derive(extended, clock_regime(regime, model, clock), order)
    except SymdiffError as error:  # a message that shows the clock means the time
        message, instead = (text.replace(clock, model.time.name) for text in (error.message, error.instead))
        raise type(error)(message, where=error.where, instead=instead) from error
    notes = tuple(text.replace(clock, model.time.name) for text in limit.assumptions)
    return _without_clock(model, clock, replace(limit, regime=regime, assumptions=notes))


def _refuse_more(model: JumpModel) -> None:
    parts = {"waiting times": model.clock == "waiting", "continuous internal states": bool(model.internals),
             "walls": bool(model.boundaries), "populations": model.population is not None, "resetting": model.resets,
             "sites of their own": any(j.region is not None for j in model.jumps),
             "steps whose rate depends on the step": any(j.law is not None and j.intensity.has(*j.law.variables) for j in model.jumps)}  # fmt: skip
    for name, present in parts.items():
        if present:
            raise NotYetError(f"rates that depend on time beside {name} are not handled yet", where="jumps")


def _of_crowd(model: JumpModel, regime: ScalingRegime, order: int | None, derive: Derive) -> ContinuumLimit:
    """In continuous time the mean-field rules hold at every moment by themselves: time is one more parameter of the rates."""
    if model.clock != "continuous":
        raise NotYetError("crowds in discrete time whose rules depend on time are not handled yet", where="jumps")
    if any("t" in d.arguments for d in model.functions):
        raise NotYetError("functions of time in the rules of a crowd are not handled yet", where="functions",
                          instead="write the dependence on t out, or take a parameter for its value")  # fmt: skip
    if any(key.has(model.time) and value for key, value in regime.powers):
        raise NotYetError(
            "a scaling of time beside rules that depend on time is not handled yet", where=f"regime '{regime.name}'"
        )
    season = parse_parameter("time.", "real")  # a name that no file can declare
    held = season.symbol
    still = _changed(model, lambda e: e.xreplace({model.time: held}), season)
    limit = derive(still, regime, order)
    return replace(_mapped(limit, lambda e: e.xreplace({held: model.time})), master_equation=master_equation(model))


def _changed(model: JumpModel, swap: Callable[[sp.Expr], sp.Expr], more: Parameter) -> JumpModel:
    fields = {name: getattr(model, name) for name in JumpModel.__dataclass_fields__}
    reactions = tuple(replace(r, intensity=swap(r.intensity)) for r in model.crowd.reactions)
    jumps = tuple(
        replace(j, intensity=swap(j.intensity), displacement=tuple(map(swap, j.displacement))) for j in model.jumps
    )
    motions = tuple(m.changed(swap) for m in model.motions)
    return make_model(
        fields
        | {
            "parameters": (*model.parameters, more),
            "jumps": jumps,
            "motions": motions,
            "crowd": replace(model.crowd, reactions=reactions),
        }
    )


def clock_name(model: JumpModel) -> str:
    """A name that means nothing else in the model."""
    taken = (
        {p.name for p in model.parameters}
        | {f.name for f in model.functions}
        | set(model.coordinates)
        | set(model.state_names)
    )
    name = CLOCK
    while name in taken | {model.density}:
        name += "_"
    return name


def with_clock(model: JumpModel, clock: str) -> JumpModel:
    """The walk of place and clock."""
    s = sp.Symbol(clock, real=True)

    def swap(value: sp.Expr) -> sp.Expr:
        return value.xreplace({model.time: s})

    passing = model.time_step if model.time_step is not None else sp.Integer(0)
    jumps = [
        replace(
            j, displacement=(*map(swap, j.displacement), passing), intensity=swap(j.intensity), direction=_widened(j)
        )
        for j in model.jumps
    ]
    if model.time_step is not None and not model.lossy:
        jumps += _staying(model, jumps)
    motions = model.motions
    if model.time_step is None:
        motions = tuple(_moving(model, state, swap) for state in range(len(model.state_names)))
    functions = tuple(
        replace(
            d,
            arguments=tuple(clock if a == model.time.name else a for a in d.arguments),
            body=None if d.body is None else swap(d.body),
        )
        for d in model.functions
    )
    fields = {name: getattr(model, name) for name in JumpModel.__dataclass_fields__}
    return make_model(fields | {"coordinates": (*model.coordinates, clock), "jumps": tuple(jumps), "motions": motions,
                                "functions": functions, "lattice": None, "observables": (), "claims": ()})  # fmt: skip


def _widened(jump: Jump) -> tuple[sp.Expr, ...]:
    if jump.law is None:
        return ()
    return tuple(e for row in jump.directions for e in (*row, sp.Integer(0)))


def _staying(model: JumpModel, jumps: list[Jump]) -> Iterator[Jump]:
    """Who makes no jump in a step grows older by the step all the same."""
    assert model.time_step is not None
    rest = (*(sp.Integer(0) for _ in model.coordinates), model.time_step)
    for state in model.state_names:
        leaving = sp.Add(*(j.intensity for j in jumps if j.source in (None, state)))
        chance = sp.expand(1 - leaving)
        if chance != 0:
            yield Jump(rest, chance, state if model.states else None, None, label="staying")


def _moving(model: JumpModel, state: int, swap: Callable[[sp.Expr], sp.Expr]) -> Motion:
    name = model.states[state] if model.states else None
    zero = sp.Integer(0)
    found = model.motion_of(state)
    if found is None:
        return Motion(name, (*(zero for _ in model.coordinates), sp.Integer(1)))
    found = found.changed(swap)
    tensor = tuple((*row, zero) for row in found.diffusivity)
    if tensor:
        tensor = (*tensor, tuple(zero for _ in range(model.dimension + 1)))
    return replace(found, velocity=(*found.velocity, sp.Integer(1)), diffusivity=tensor)


def clock_regime(regime: ScalingRegime, model: JumpModel, clock: str) -> ScalingRegime:
    """The same regime; the clock is scaled like the coordinates, which must be the scale of time."""
    if regime.origin == "long-wave":
        return regime
    powers = dict(regime.powers)
    lengths = {powers.get(c, Fraction(0)) for c in model.coordinate_symbols}
    if lengths != {powers.get(model.time, Fraction(0))}:
        raise NotYetError("rates that depend on time are handled where the coordinates and t have the same power",
                          where=f"regime '{regime.name}'", instead="leave both of order one, and scale the steps")  # fmt: skip
    if lengths == {Fraction(0)}:
        return regime
    return replace(regime, powers=(*regime.powers, (sp.Symbol(clock, real=True), lengths.pop())))


# --- back ---------------------------------------------------------------------------------------------------------------


def _without_clock(model: JumpModel, clock: str, limit: ContinuumLimit) -> ContinuumLimit:
    s = sp.Symbol(clock, real=True)
    d = model.dimension

    def back(value: sp.Expr) -> sp.Expr:
        shown = value.xreplace({s: model.time})
        calls = {c: c.func(*c.args[:d], c.args[-1]) for c in shown.atoms(AppliedUndef) if len(c.args) == d + 2}
        return shown.xreplace(calls)

    equations = tuple(_back_equation(e, model, back) for e in limit.equations)
    names = {coefficient_name((*model.coordinate_symbols, s), (*alpha, 0)): coefficient_name(model.coordinate_symbols, alpha)
             for order in range(HIGHEST + 1) for alpha in of_degree(d, order)}  # fmt: skip
    notes = []
    if model.clock == "discrete":
        notes.append(
            f"t in a rate is the start of a step; the density is read at the same times, {model.time_step} apart"
        )
    if model.clock == "discrete" or limit.local_equilibrium:
        notes.append("rates change slowly: each derivative in time counts like one along a coordinate")
    master = master_equation(model)
    steps = [Step("Master equation", e.lhs, e.rhs, "balance of arrivals and departures at x, with the rates of the time t")
             for e in master.equations]  # fmt: skip
    steps += [Step("Continuum limit", e.lhs, e.rhs, "time as one more coordinate, along which every walker moves at unit speed: the "
                   "generator of both is that of place minus d_t") for e in equations]  # fmt: skip
    return replace(
        limit,
        assumptions=(*limit.assumptions, *notes),
        master_equation=master,
        equations=equations,
        system=tuple(_back_equation(e, model, back) for e in limit.system),
        local_equilibrium=tuple((n, back(v)) for n, v in limit.local_equilibrium),
        coefficients=_renamed(limit.coefficients, names, back),
        flux_form=_renamed(limit.flux_form, names, back),
        coupled=tuple(replace(c, role=names.get(c.role, c.role), value=back(c.value)) for c in limit.coupled
                      if c.role in names or c.role in ("flux", "source")),
        growth_rate=None,
        backward=None if limit.backward is None else _backward(model, equations[0]),
        discarded=tuple(_back_discarded(p, model, back) for p in limit.discarded),
        steps=tuple(steps),
    )  # fmt: skip


def _renamed(found: Coefficients, names: dict[str, str], back: Callable[[sp.Expr], sp.Expr]) -> Coefficients:
    return tuple((names[n], back(v)) for n, v in found if n in names)


def _back_terms(terms: tuple[Term, ...], model: JumpModel, back: Callable[[sp.Expr], sp.Expr]) -> tuple[Term, ...]:
    found = []
    for term in terms:
        *space, along = term.space
        if along:
            if (along, sum(space), term.coefficient) != (1, 0, -1):
                raise InternalFaultError(
                    "a term along the clock of a walk that depends on time is not that of its unit speed"
                )
            continue
        value = back(term.coefficient)
        varies = value.has(*model.coordinate_symbols)
        found.append(replace(term, coefficient=value, space=tuple(space), inside=term.inside and varies))
    return tuple(found)


def _back_equation(
    equation: EvolutionEquation, model: JumpModel, back: Callable[[sp.Expr], sp.Expr]
) -> EvolutionEquation:
    if any(t.fractional is not None or t.caputo is not None for t in (*equation.left, *equation.right)):
        raise NotYetError("heavy tails beside rates that depend on time are not handled yet", where="jumps")
    left = tuple(replace(t, space=t.space[:-1]) for t in equation.left)
    return replace(
        equation, coordinates=model.coordinate_symbols, left=left, right=_back_terms(equation.right, model, back)
    )


def _back_discarded(part: Discarded, model: JumpModel, back: Callable[[sp.Expr], sp.Expr]) -> Discarded:
    return replace(part, terms=_back_terms(part.terms, model, back))


def _backward(model: JumpModel, equation: EvolutionEquation) -> tuple[sp.Expr, sp.Expr]:
    """- d_t f = sum (-1)^|a| A_a d^a f for f(x, t), the average at a later time of walkers that are at x at the time t."""
    x, t = model.coordinate_symbols, model.time
    f = backward_field(model)
    total = []
    for term in equation.right:
        orders = [(c, n) for c, n in zip(x, term.space, strict=True) if n]
        total.append((-1) ** sum(term.space) * term.coefficient * (sp.Derivative(f, *orders) if orders else f))
    return -sp.Derivative(f, t), sp.Add(*total)


def _mapped(limit: ContinuumLimit, back: Callable[[sp.Expr], sp.Expr]) -> ContinuumLimit:
    """The limit with every shown expression changed."""

    def terms(found: tuple[Term, ...]) -> tuple[Term, ...]:
        return tuple(replace(t, coefficient=back(t.coefficient)) for t in found)

    def pairs(found: Coefficients) -> Coefficients:
        return tuple((n, back(v)) for n, v in found)

    return replace(
        limit,
        equations=tuple(replace(e, left=terms(e.left), right=terms(e.right)) for e in limit.equations),
        system=tuple(replace(e, left=terms(e.left), right=terms(e.right)) for e in limit.system),
        local_equilibrium=pairs(limit.local_equilibrium),
        coefficients=pairs(limit.coefficients),
        flux_form=pairs(limit.flux_form),
        growth_rate=None,
        backward=None,
        discarded=tuple(replace(p, terms=terms(p.terms)) for p in limit.discarded),
        steps=tuple(replace(s, lhs=back(s.lhs), rhs=back(s.rhs)) for s in limit.steps),
        coupled=tuple(replace(c, value=back(c.value)) for c in limit.coupled),
    )
