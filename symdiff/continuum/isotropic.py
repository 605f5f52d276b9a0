"""Continuum limits of isotropic walks in any number of dimensions, from their projection on one axis."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import sympy as sp

from symdiff.continuum.limit import ContinuumLimit, Step
from symdiff.equations.evolution_equation import EvolutionEquation, Laplacian, Term
from symdiff.errors import DerivationError, NotYetError
from symdiff.model.jump_model import JumpModel, ScalingRegime, make_model

Derive = Callable[[JumpModel, ScalingRegime, int | None], ContinuumLimit]
NOTE = "the walk is isotropic: its projection on one axis is derived, whose second derivative stands for the Laplacian"
TURNS = "a direction that turns enters by a variable on the axis that has the mean square and the correlation in time of its component"
TIME = "t"
ORDER = 2  # to which the projection is known


def on_axis(model: JumpModel) -> JumpModel:
    """The projection as a walk of its own."""
    return make_model(
        {name: getattr(model, name) for name in JumpModel.__dataclass_fields__} | {"space_dimension": None}
    )


def derive_isotropic(model: JumpModel, regime: ScalingRegime, order: int | None, derive: Derive) -> ContinuumLimit:
    """The limit to second order in gradients; raises where further orders are asked for or the projection drifts."""
    if (order or 0) > (ORDER if regime.origin == "long-wave" else 0):
        raise NotYetError(f"in {model.space_dimension} dimensions the second order is handled: from the fourth on lattices are anisotropic, "
                          "and laws of directions count with more than their second moments", where="--order",
                          instead="state the coordinates, as in coordinates = ['x', 'y', 'z']")  # fmt: skip
    limit = derive(on_axis(model), regime, order)
    if any(
        sum(t.space) % 2 or sum(t.space) > ORDER or t.time > 1
        for e in (*limit.equations, *limit.system)
        for t in (*e.left, *e.right)
    ):
        raise DerivationError("the limit of this regime is no equation in the Laplacian alone", where=f"regime '{regime.name}'",
                              instead="state the coordinates, or look at times long against the persistence")  # fmt: skip
    named = tuple((n, v) for n, v in limit.coefficients if n != "v")
    known = sp.Integer(4) if regime.origin == "long-wave" else limit.remainder_power
    first = min((d.power for d in limit.discarded), default=None)
    if first is not None:
        known = sp.Min(known, sp.Rational(first.numerator, first.denominator))
    return replace(
        limit,
        assumptions=(*limit.assumptions, NOTE, *([TURNS] if model.internals else [])),
        equations=tuple(map(_in_space, limit.equations)),
        system=tuple(map(_in_space, limit.system)),
        coefficients=named,
        flux_form=tuple((n, v) for n, v in limit.flux_form if n != "v"),
        backward=_backward(limit),
        steps=_steps(limit),
        discarded=(),
        remainder_power=known,
    )


def _steps(limit: ContinuumLimit) -> tuple[Step, ...]:
    projected = tuple(replace(s, title=f"{s.title} of the projection on one axis") for s in limit.steps)
    whole = [_in_space(e) for e in limit.equations]
    return (*projected, *(Step("Equation in space", e.lhs, e.rhs, NOTE) for e in whole))


def in_space(expression: sp.Basic) -> sp.Basic:
    """The expression with the Laplacian in place of the second derivative along the axis."""
    return expression.replace(_is_second, lambda e: Laplacian(e.expr) if len(e.variables) == 2 else sp.Derivative(
        Laplacian(e.expr), *(v for v in e.variables if v.name == TIME)))  # fmt: skip


def _is_second(e: sp.Basic) -> bool:
    return isinstance(e, sp.Derivative) and sum(v.name != TIME for v in e.variables) == 2


def _in_space(equation: EvolutionEquation) -> EvolutionEquation:
    return replace(equation, right=tuple(map(_laplacian, equation.right)))


def _laplacian(term: Term) -> Term:
    return (
        replace(term, space=(0,), fractional=sp.Integer(1), coefficient=-term.coefficient)
        if term.space == (2,)
        else term
    )


def axis_term(term: Term) -> Term:
    """D Laplacian P as D P_xx."""
    if term.fractional == 1 and len(term.space) == 1:
        return replace(term, space=(term.space[0] + 2,), fractional=None, coefficient=-term.coefficient)
    return term


def limit_on_axis(limit: ContinuumLimit) -> ContinuumLimit:
    """The limit as that of the projection."""
    return replace(
        limit, equations=tuple(map(_axis_equation, limit.equations)), system=tuple(map(_axis_equation, limit.system))
    )


def _axis_equation(equation: EvolutionEquation) -> EvolutionEquation:
    return replace(equation, right=tuple(map(axis_term, equation.right)))


def _backward(limit: ContinuumLimit) -> tuple[sp.Expr, sp.Expr] | None:
    if limit.backward is None:
        return None
    lhs, rhs = limit.backward
    return lhs, in_space(rhs)


def refuse_in_space(model: JumpModel, what: str) -> None:
    """Raise for what has no meaning, or is not handled, where the number of dimensions is a symbol."""
    if model.space_dimension is not None:
        raise NotYetError(f"{what} of a walk in {model.space_dimension} dimensions are not handled: its coordinates have no names",
                         where="[model] dimension", instead="state the coordinates, as in coordinates = ['x', 'y']")  # fmt: skip
