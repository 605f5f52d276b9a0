"""Every kind of observable: how it is worked out on the lattice and from the equation of a regime."""

from __future__ import annotations

from collections.abc import Callable

from symdiff.continuum.cases import narrowed
from symdiff.continuum.limit import ContinuumLimit
from symdiff.continuum.observables import (
    decay,
    dispersion,
    effective,
    exits,
    few_sites,
    fronts,
    in_time,
    moments,
    passage,
    propagators,
    recurrence,
    stability,
    stationary,
    widths,
)
from symdiff.continuum.observables.result import (
    Found,
    ObservableResult,
    OffLatticeError,
    determinate,
    possible,
    readable,
    result,
    where,
)
from symdiff.continuum.observables.walls import check_start, opened
from symdiff.errors import DerivationError, NotYetError, SymdiffError
from symdiff.model.jump_model import JumpModel, ObservableStatement

Lattice = Callable[[JumpModel, ObservableStatement], Found]
FromEquation = Callable[[JumpModel, ContinuumLimit, ObservableStatement], Found]


def _none(reason: str) -> Lattice:
    def refused(model: JumpModel, statement: ObservableStatement) -> Found:
        raise OffLatticeError(reason)

    return refused


KINDS: dict[str, tuple[Lattice, FromEquation]] = {
    "moment": (moments.lattice, moments.of_equation),
    "variance": (moments.lattice, moments.of_equation),
    "stationary_moment": (moments.lattice, moments.of_equation),
    "scaling_exponent": (
        _none("the exponent is one of the equation"),
        widths.exponent_of,
    ),
    "dispersion_relation": (lambda m, s: dispersion.lattice(m), lambda m, limit, s: dispersion.of_equation(m, limit)),
    "splitting_probability": (exits.lattice, exits.of_equation),
    "mean_exit_time": (exits.lattice, exits.of_equation),
    "first_passage_density": (passage.lattice, passage.of_equation),
    "survival_probability": (passage.lattice, passage.of_equation),
    "decay_rate": (decay.lattice, decay.of_equation),
    "stationary_density": (stationary.lattice, stationary.of_equation),
    "effective_drift": (effective.lattice, effective.of_equation),
    "effective_diffusion": (effective.lattice, effective.of_equation),
    "front_speed": (fronts.lattice, fronts.of_equation),
    "stability_threshold": (stability.lattice, stability.of_equation),
    "return_probability": (recurrence.lattice, recurrence.of_equation),
    "propagator": (propagators.lattice, propagators.of_equation),
}


OF_THE_START = ("splitting_probability", "mean_exit_time", "first_passage_density", "survival_probability")


def observable_results(
    model: JumpModel,
    limits: tuple[ContinuumLimit, ...],
    wanted: tuple[ObservableStatement, ...],
    *,
    required: frozenset[str] = frozenset(),
) -> tuple[ObservableResult, ...]:
    """Every observable asked for, once; one that no level has is empty and says why, or raises where its name is ``required``."""
    found: dict[str, ObservableResult] = {}
    for statement in wanted:
        if statement.name in found:
            continue
        try:
            found[statement.name] = observable(model, limits, statement)
        except (NotYetError, DerivationError) as error:
            if statement.name in required:
                raise
            found[statement.name] = ObservableResult(
                statement.name,
                statement.kind,
                None,
                (),
                error.message,
                impossible=isinstance(error, DerivationError),
                instead=error.instead,
            )
    return tuple(found.values())


def observable(
    model: JumpModel, limits: tuple[ContinuumLimit, ...], statement: ObservableStatement
) -> ObservableResult:
    """One observable on both levels; raises where no level has it, with the reason and what would exist instead."""
    lattice = _attempted(model, None, statement)
    return result(statement, lattice, [(limit.title, _attempted(model, limit, statement)) for limit in limits])


def _attempted(model: JumpModel, limit: ContinuumLimit | None, statement: ObservableStatement) -> Found | SymdiffError:
    if statement.kind not in KINDS:
        raise NotYetError(f"the observable '{statement.kind}' is not handled yet", where=where(statement),
                          instead=f"handled today: {', '.join(KINDS)}")  # fmt: skip
    try:
        return on_level(model, limit, statement)
    except SymdiffError as error:
        return error


def on_level(model: JumpModel, limit: ContinuumLimit | None, statement: ObservableStatement) -> Found:
    """One observable of the equation of a limit, or (None) of the lattice, with what it assumes; raises where it has none."""
    model, statement = opened(model, statement)
    on_lattice, from_equation = (
        KINDS[statement.kind] if not model.depends_on_time else (in_time.lattice, in_time.of_equation)
    )
    if model.space_dimension is not None:
        from symdiff.continuum.observables import in_space  # loaded when used: start-up time

        on_lattice, from_equation = in_space.levels(statement, KINDS[statement.kind], from_equation)
    if model.preparation.stated and statement.kind in OF_THE_START:
        check_start(model)
    if model.resets:
        from symdiff.continuum.observables import resets  # loaded when used: start-up time

        on_lattice, from_equation = resets.lattice, resets.of_equation
    if limit is not None:
        return possible(
            readable(determinate(from_equation(narrowed(model, limit.ranges), limit, statement)), model), model
        )
    if model.scheme is not None:
        raise NotYetError("a master equation that is stated instead of jumps has no walkers on its lattice")
    if statement.kind in few_sites.SOLVED and model.boundaries:
        return possible(readable(determinate(few_sites.with_few_sites(on_lattice, model, statement)), model), model)
    return possible(readable(determinate(on_lattice(model, statement)), model), model)
