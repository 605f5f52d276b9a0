"""Observables of isotropic walks in any number of dimensions: those that their projection on one axis tells."""

from __future__ import annotations

from collections.abc import Callable

import sympy as sp

from symdiff.continuum.isotropic import limit_on_axis, on_axis
from symdiff.continuum.limit import ContinuumLimit
from symdiff.continuum.observables.result import Found
from symdiff.errors import NotYetError
from symdiff.model.jump_model import JumpModel, ObservableStatement

Lattice = Callable[[JumpModel, ObservableStatement], Found]
FromEquation = Callable[[JumpModel, ContinuumLimit, ObservableStatement], Found]
AVERAGES = ("moment", "variance", "stationary_moment")  # which know of the space themselves


def levels(
    statement: ObservableStatement, averages: tuple[Lattice, FromEquation], equation: FromEquation
) -> tuple[Lattice, FromEquation]:
    """The two ways to work an observable out in a space of d dimensions; ``equation`` is that on one axis."""
    if statement.kind in AVERAGES:
        return averages
    if (
        statement.kind == "decay_rate"
    ):  # without walls the slowest rate is that of the states, of death or of the direction
        return lambda model, asked: averages[0](on_axis(model), asked), _relaxing(equation)
    return _none, {"propagator": _gaussian, "scaling_exponent": _projected(equation), "dispersion_relation": _projected(equation)}.get(
        statement.kind, _nothing)  # fmt: skip


def _projected(equation: FromEquation) -> FromEquation:
    def of(model: JumpModel, limit: ContinuumLimit, statement: ObservableStatement) -> Found:
        found = equation(on_axis(model), limit_on_axis(limit), statement)
        return Found(found.value, (*found.assumptions, "k is the length of the wave vector"), found.branches)

    return of


def _relaxing(equation: FromEquation) -> FromEquation:
    def of(model: JumpModel, limit: ContinuumLimit, statement: ObservableStatement) -> Found:
        return equation(on_axis(model), limit_on_axis(limit), statement)

    return of


def _none(model: JumpModel, statement: ObservableStatement) -> Found:
    raise NotYetError(f"'{statement.kind}' on a lattice of {model.space_dimension} dimensions is not handled yet",
                      instead="state the coordinates, or a number of dimensions by them")  # fmt: skip


def _nothing(model: JumpModel, limit: ContinuumLimit, statement: ObservableStatement) -> Found:
    raise NotYetError(f"'{statement.kind}' in {model.space_dimension} dimensions is not handled yet",
                      instead="handled: moments of x**2, variance, propagator, dispersion_relation, scaling_exponent")  # fmt: skip


def _gaussian(model: JumpModel, limit: ContinuumLimit, statement: ObservableStatement) -> Found:
    """(4 pi D t)^(-d/2) e^(a_0 t - x^2/(4 D t)) at the distance x from the start."""
    named, d = dict(limit.coefficients), model.space_dimension
    assert d is not None
    if limit.equation is None or "D" not in named or named["D"] == 0 or not set(named) <= {"D", "a_0"}:
        raise NotYetError("the density that starts from a point has no closed form here")
    (x,), t, spread = model.coordinate_symbols, model.time, named["D"]
    value = (4 * sp.pi * spread * t) ** (-d / 2) * sp.exp(named.get("a_0", 0) * t - x**2 / (4 * spread * t))
    return Found(value, ("x is the distance from the start",))
