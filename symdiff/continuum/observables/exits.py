"""Splitting probabilities, mean exit times (also conditional), and their backward equations on the lattice and off it.

On the lattice T solves sum w(x) [T(x + r) - T(x)] = -1 (minus the time step in discrete time) at every site; from an
equation, D T'' + v T' = -1. h, the probability to leave through the target, solves the same without the source, and
E[T; target] has the source -h in place of -1.
"""

from __future__ import annotations

from dataclasses import replace

import sympy as sp

from symdiff.algebra.telescoping import written_out
from symdiff.continuum.limit import ContinuumLimit
from symdiff.continuum.observables import exit_quadrature, exit_sums
from symdiff.continuum.observables.backward import (
    Backward,
    Local,
    multiplies,
    of_limit,
    of_model,
    state_law,
    without_losses,
)
from symdiff.continuum.observables.embedded import duration, embedded_walk
from symdiff.continuum.observables.exit_flights import exit_of_flights, flies
from symdiff.continuum.observables.exit_modes import (
    OVER_TARGET,
    Exit,
    OtherRouteError,
    check_target,
    solve_by_modes,
)
from symdiff.continuum.observables.result import Found
from symdiff.continuum.observables.round_domain import exit_from_quadric
from symdiff.continuum.observables.walls import absorbs, check_other_walls, counted_sides, curved, exit_interval
from symdiff.errors import DerivationError, NotYetError, SymdiffError
from symdiff.model.jump_model import JumpModel, ObservableStatement

NO_TARGET = DerivationError("a splitting probability needs the exit that counts", instead='write target = "x >= L"')


def lattice(model: JumpModel, statement: ObservableStatement) -> Found:
    """The quantity of the microscopic model, exactly."""
    if model.clock == "waiting":
        walk, law = embedded_walk(model)
        found = _solved(walk, of_model(walk), None, statement)
        if statement.kind == "splitting_probability":
            return found
        value, notes = duration(model, law, found.value)
        return Found(value, (*found.assumptions, *notes))
    return _solved(model, of_model(model), None, statement)


def of_equation(model: JumpModel, limit: ContinuumLimit, statement: ObservableStatement) -> Found:
    """The quantity from a limit's equation (or its system of states), with the walls' conditions of that limit."""
    if flies(limit):
        if statement.kind == "splitting_probability" and statement.target is None:
            raise NO_TARGET
        return exit_of_flights(model, limit, statement)
    limit = in_numbers(model, limit)
    generator = of_limit(model, limit)
    if generator is None:
        raise NotYetError("the regime has no equation or system of first order in time")
    return _solved(model, generator, limit, statement)


def in_numbers(model: JumpModel, limit: ContinuumLimit) -> ContinuumLimit:
    """The limit of a population with its equation in the numbers n = V x: a term c(x) d_x^a is V^a c(n/V) d_n^a."""
    population, equation = model.population, limit.equation
    if population is None or equation is None or not limit.coordinates or limit.coordinates == model.coordinate_symbols:
        return limit
    size = population.system_size
    places = {x: n / size for x, n in zip(limit.coordinates, model.coordinate_symbols, strict=True)}
    right = tuple(replace(t, coefficient=size ** sum(t.space) * t.coefficient.xreplace(places)) for t in equation.right)
    plain = replace(equation, coordinates=model.coordinate_symbols, right=right)
    return replace(limit, equations=(plain,))


def _solved(
    model: JumpModel, generator: Backward, limit: ContinuumLimit | None, statement: ObservableStatement
) -> Found:
    if statement.kind == "splitting_probability" and statement.target is None:
        raise NO_TARGET
    if multiplies(model) or generator.grows:
        raise DerivationError("walkers multiply: how many leave is no chance, and they have no one time of exit",
                              instead='ask for "decay_rate", which says whether their number grows between the walls')  # fmt: skip
    if generator.internal:
        raise NotYetError("exits of walkers with a continuous internal state are not handled yet")
    if curved(model):
        return exit_from_quadric(model, generator, statement)
    if (
        statement.target is None and len(generator.states) == 1 and generator.losses and not absorbs(model)
    ):  # death is the only way out
        _, death = without_losses(generator)
        unit = generator.step if generator.step is not None else sp.Integer(1)
        return Found(unit / death, ("no boundary absorbs: the mean is over the time until walkers die",))
    interval = exit_interval(model, statement.target)
    low, high = counted_sides(model, interval, statement.target)
    every = all(
        counts or wall is None or not wall.absorbs for counts, wall in ((low, interval.low), (high, interval.high))
    )
    if (
        statement.target is not None
        and absorbs(model)
        and (None in (interval.low, interval.high) or _killed(generator))
    ):
        every = False  # some escape for ever, or die: the target asks for those that leave through it
    wanted = Exit(statement.kind, low, high, every, statement.target is not None)
    check_other_walls(model, generator, interval)
    if limit is None and generator.moves and absorbs(model):
        check_target(model, generator, interval, statement.target)
    errors: list[SymdiffError] = []
    for route in (solve_by_modes, exit_sums.solve, exit_quadrature.solve):
        try:
            values, notes = route(model, generator, limit, interval, wanted)
            break
        except NotYetError as error:
            errors.append(error)
    else:
        raise next((e for e in errors if not isinstance(e, OtherRouteError)), errors[0])
    shares = state_law(model, generator)
    if (
        len(values) > 1 and OVER_TARGET in notes
    ):  # of those that start in each state, the share that comes to the target
        chances, _ = route(model, generator, limit, interval, replace(wanted, kind="splitting_probability"))
        shares = [share * chance for share, chance in zip(shares, chances, strict=True)]
        shares = [share / sp.Add(*shares) for share in shares]
    total = sp.Add(*(share * value for share, value in zip(shares, values, strict=True)))
    if total.is_rational_function():
        total = sp.factor(total)
    if len(values) > 1 and model.preparation.states is None:
        notes = (*notes, "the states start in their stationary law")
    if statement.kind == "mean_exit_time" and every and _killed(generator):
        notes = (*notes, "walkers die on the way: the mean is over the time until they leave or die")
    if model.preparation.stated:
        axis = model.coordinate_symbols[interval.axis]
        total = written_out(total.xreplace({axis: model.preparation.position[interval.axis]}))
    return Found(total, notes)


def passage_in_laplace(
    model: JumpModel, limit: ContinuumLimit | None, statement: ObservableStatement, s: sp.Symbol
) -> sp.Expr:
    """E[e^(-sT)] over those that leave through the target: the chance to get there where walkers die at the rate s, whatever they do.

    In continuous time, at constant rates; raises :class:`NotYetError` elsewhere. Source: Redner, A Guide to First-Passage Processes, ch. 1.
    """
    generator = of_model(model) if limit is None else of_limit(model, limit)
    if (
        generator is None
        or generator.step is not None
        or generator.internal
        or model.clock == "waiting"
        or curved(model)
    ):
        raise NotYetError("transforms of first passage are handled in continuous time between plane walls")
    still = (0,) * model.dimension
    dying = tuple(Local(n, n, still, -s) for n in range(len(generator.states)))
    generator = replace(generator, local=(*generator.local, *dying))
    interval = exit_interval(model, statement.target)
    check_other_walls(model, generator, interval)
    low, high = counted_sides(model, interval, statement.target)
    values, _ = solve_by_modes(model, generator, limit, interval, Exit("splitting_probability", low, high, False, True))
    shares = state_law(model, generator) if len(values) > 1 else [sp.Integer(1)]
    total = sp.Add(*(share * value for share, value in zip(shares, values, strict=True)))
    if model.preparation.stated:
        total = total.xreplace({model.coordinate_symbols[interval.axis]: model.preparation.position[interval.axis]})
    return total


def _killed(generator: Backward) -> bool:
    """Whether a state loses walkers that turn up in no other one."""
    lost = [
        sp.Add(*(c.coefficient for c in generator.local if c.source == state and not any(c.order)))
        for state in range(len(generator.states))
    ]
    return any(sp.expand(value) != 0 for value in lost)
