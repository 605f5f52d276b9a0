"""The exact master operator of a model as a graded matrix of differential operators (Kramers-Moyal expansion).

Entry (i, j) is sum over the jumps from j to i of e^(-r.d) [w .], minus the exits on the diagonal, where
e^(-r.d) F = sum_n (-d)^n [r^n F] / n! with all derivatives to the left.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import factorial
from typing import TYPE_CHECKING

import sympy as sp
from sympy.polys.domains import QQ
from sympy.polys.rings import PolyElement

from symdiff.algebra.differential_ring import DifferentialRing
from symdiff.algebra.expansion import Expansion, Grading
from symdiff.algebra.graded import INFINITE, GradedSeries, Power, compose_powers, power
from symdiff.algebra.operators import Matrix, OperatorAlgebra
from symdiff.continuum.regimes import PreparedRegime
from symdiff.errors import DerivationError, SymdiffError
from symdiff.model.jump_model import Jump, JumpModel
from symdiff.model.motion import Motion
from symdiff.model.number_laws import is_number_law
from symdiff.model.step_law import StepLaw

if TYPE_CHECKING:
    from symdiff.continuum.modes import Modes


@dataclass(frozen=True)
class Generator:
    """The increment matrix (T - 1 in discrete time, the rate operator in continuous time), known below ``order``."""

    matrix: Matrix
    order: Power
    inverse_step: GradedSeries | None  # 1/time_step
    modes: Modes | None = None  # of continuous internal states: every state is a group of moments


def build_generator(model: JumpModel, prepared: PreparedRegime, ring: DifferentialRing, order: Power) -> Generator:
    """Assemble the increment matrix below eps**order; raises where a jump is not small in the regime."""
    expansion = Expansion(ring, prepared.grading)
    register_small(prepared, ring)
    if model.internals:
        from symdiff.continuum.internal_centre import centred  # loaded when used: start-up time

        model = centred(model)
    size = len(model.state_names)
    matrix = [[GradedSeries({}) for _ in range(size)] for _ in range(size)]
    known = order
    redrawing: list[tuple[int, int, GradedSeries, tuple[str, ...]]] = []
    for i, j, jump in model.transitions():
        try:
            arriving, leaving = jump_contribution(jump, prepared, expansion, order)
        except SymdiffError as error:
            if error.where:
                raise
            raise error.located(f"{jump.label}, regime '{prepared.regime.name}'") from None
        known = min(known, arriving.order, leaving.order)
        if jump.redraw:
            redrawing.append((i, j, arriving, jump.redraw))
        else:
            matrix[i][j] = matrix[i][j] + arriving
        if not model.lossy:
            matrix[j][j] = matrix[j][j] - leaving
    if model.lossy:  # who does not jump dies
        for j in range(size):
            matrix[j][j] = matrix[j][j] - GradedSeries({0: ring.one})
    for j in range(size):
        motion = model.motion_of(j)
        if motion is not None:
            matrix[j][j] = matrix[j][j] + motion_series(motion, prepared, expansion, order)
            known = min(known, matrix[j][j].order)
    if model.crowd.reactions:
        matrix = _with_reactions(matrix, model, prepared, expansion, order)
        known = min(known, *(x.order for row in matrix for x in row))
    matrix = [[x.mapped(ring.tidy).truncated(known) for x in row] for row in matrix]
    step = None
    if model.time_step is not None:
        step = expansion.series(prepared.replace(1 / model.time_step), order)
    if not model.internals:
        return Generator(matrix, known, step)
    from symdiff.continuum.internal import with_modes  # loaded when used: start-up time

    matrix, modes = with_modes(model, prepared, ring, known, matrix, redrawing)
    return Generator(matrix, known, step, modes)


def _with_reactions(
    matrix: Matrix, model: JumpModel, prepared: PreparedRegime, expansion: Expansion, order: Power
) -> Matrix:
    """Reactions of single agents: K + R, or in discrete time, where they follow the jumps, (1 + R)(1 + K) - 1."""
    ring, size = expansion.ring, len(model.state_names)
    reactions = [[GradedSeries({}) for _ in range(size)] for _ in range(size)]
    for j, intensity, products, label in model.single_reactions():
        rate = expansion.series(prepared.replace(intensity), order)
        reactions[j][j] = reactions[j][j] - rate
        for i, away in products:
            shift = shift_series(Jump(away, intensity, label=label), away, prepared, expansion, order - rate.valuation)
            reactions[i][j] = reactions[i][j] + rate * shift
    total = [[a + b for a, b in zip(p, q, strict=True)] for p, q in zip(matrix, reactions, strict=True)]
    if model.clock == "continuous":
        return total
    varies = any(ring.varies(c) for m in (matrix, reactions) for row in m for x in row for c in x.terms.values())
    algebra = OperatorAlgebra(ring, order, not varies)
    return algebra.add(total, algebra.matmul(reactions, matrix))


def motion_series(motion: Motion, prepared: PreparedRegime, expansion: Expansion, order: Power) -> GradedSeries:
    """- d_i (v_i + a d_j D_ij) + d_ij D_ij, derivatives to the left, with a from the evaluation of the noise."""
    ring, weight = expansion.ring, power(prepared.grading.derivative)
    evaluation = expansion.series(prepared.replace(motion.evaluation), INFINITE)
    total = GradedSeries({})
    for i, velocity in enumerate(motion.velocity):
        drift = expansion.series(prepared.replace(velocity), order - weight)
        for j, entry in enumerate(motion.diffusivity[i] if motion.diffusivity else ()):
            spread = expansion.series(prepared.replace(entry), order - weight)
            slope = spread.mapped(lambda c, j=j: ring.total_derivative(c, j)).shifted(weight)  # type: ignore[misc]
            drift = drift + slope * evaluation
            both = ring.derivative_symbol(i) * ring.derivative_symbol(j)
            total = total + spread.scaled(both).shifted(2 * weight)
        total = total + drift.scaled(-ring.derivative_symbol(i)).shifted(weight)
    return total.truncated(order)


def register_small(prepared: PreparedRegime, ring: DifferentialRing) -> None:
    """Tell the ring what the small parameters of a regime stand for, so that results show 2p - 1."""
    for small in prepared.small:
        ring.small_parameter(small.symbol, ungraded(ring, small.expression), small.expression)


def ungraded(ring: DifferentialRing, expression: sp.Expr) -> PolyElement:
    """A ring element for an exact expression, without any grading."""
    terms = Expansion(ring, Grading({}, Fraction(0), Fraction(0))).series(expression, 1).terms
    return terms.get(0, ring.zero)


def jump_contribution(
    jump: Jump, prepared: PreparedRegime, expansion: Expansion, order: Power
) -> tuple[GradedSeries, GradedSeries]:
    """What arrives by a jump, e^(-r.d) [w .], and what leaves, w, both averaged over the law of the step."""
    if jump.law is None:
        rate = expansion.series(prepared.replace(jump.intensity), order)
        if prepared.is_long_wave and rate.valuation < 0:  # parameters are fixed: what vanishes is a gradient
            raise DerivationError(
                f"the rate {jump.intensity} is singular where nothing varies: it grows like eps**({rate.valuation}) as gradients become small",
                where=f"{jump.label}, regime '{prepared.regime.name}'",
                instead="write a rate that stays finite where the functions in it are constant, as w(x + r)/(w(x + r) + w(x - r)) does")  # fmt: skip
        needed = order - rate.valuation if rate.terms else order
        return rate * shift_series(jump, jump.displacement, prepared, expansion, needed), rate
    if is_number_law(jump.law):
        from symdiff.continuum.number_steps import number_contribution  # loaded when used: start-up time

        return number_contribution(jump, jump.law, prepared, expansion, order)
    from symdiff.continuum.law_average import averaged_contribution  # loaded when used: start-up time

    return averaged_contribution(jump, jump.law, prepared, expansion, order)


def shift_series(
    jump: Jump, displacement: tuple[sp.Expr, ...], prepared: PreparedRegime, expansion: Expansion, order: Power
) -> GradedSeries:
    """e^(-r.d) as a symbol with the derivatives to the left."""
    ring = expansion.ring
    weight = power(prepared.grading.derivative)
    exponent = GradedSeries({})
    for i, entry in enumerate(displacement):
        length = expansion.series(prepared.replace(entry), order)
        exponent = exponent + length.scaled(-ring.derivative_symbol(i)).shifted(weight)
    if exponent.valuation <= 0 and exponent.terms:
        what = f"the displacement {', '.join(map(str, jump.displacement))} is"
        if jump.law is not None:
            what = f"the steps of the law '{jump.law.distribution}' are"
        raise DerivationError(
            f"{what} of order one in this regime, and the density varies "
            "over lengths of order one: no expansion in gradients exists",
            where=f"{jump.label}, regime '{prepared.regime.name}'",
            instead="make the displacement small in the scaling, as in ell = 1",
        )
    return compose_powers(exponent, lambda n: ring.ring(QQ(1, factorial(n))), order)


def tail_grade(law: StepLaw) -> Fraction:
    """The power of the leading term of a heavy tail; for a symbolic index a number inside its range that stands for it.

    The two sides of a family are jumps of their own, between which logarithms cancel: the power beside them is kept too.
    """
    leading = next(term for term in law.singular if law.order_of(term) < 2)
    return law.stand_in(leading.exponent) if law.distribution == "family" else law.order_of(leading)
