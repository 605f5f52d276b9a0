"""The exact master operator of a model as a graded matrix of differential operators (Kramers-Moyal expansion).

Entry (i, j) is sum over the jumps from j to i of e^(-r.d) [w .], minus the exits on the diagonal, where
e^(-r.d) F = sum_n (-d)^n [r^n F] / n! with all derivatives to the left.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import factorial

import sympy as sp
from sympy.polys.domains import QQ
from sympy.polys.rings import PolyElement

from symdiff.algebra.differential_ring import DifferentialRing
from symdiff.algebra.expansion import Expansion, Grading
from symdiff.algebra.graded import INFINITE, GradedSeries, Power, compose_powers, power
from symdiff.algebra.operators import Matrix
from symdiff.continuum.regimes import PreparedRegime
from symdiff.errors import DerivationError, NotYetError, ResourceError
from symdiff.model.jump_model import Jump, JumpModel
from symdiff.model.motion import Motion
from symdiff.model.step_law import StepLaw

MAX_DERIVATIVES = 40


@dataclass(frozen=True)
class Generator:
    """The increment matrix (T - 1 in discrete time, the rate operator in continuous time), known below ``order``."""

    matrix: Matrix
    order: Power
    inverse_step: GradedSeries | None  # 1/time_step


def build_generator(model: JumpModel, prepared: PreparedRegime, ring: DifferentialRing, order: Power) -> Generator:
    """Assemble the increment matrix below eps**order; raises where a jump is not small in the regime."""
    expansion = Expansion(ring, prepared.grading)
    register_small(prepared, ring)
    size = len(model.state_names)
    matrix = [[GradedSeries({}) for _ in range(size)] for _ in range(size)]
    known = order
    for i, j, jump in model.transitions():
        rate = expansion.series(prepared.replace(jump.intensity), order)
        shift = _shift(jump, prepared, expansion, order - rate.valuation if rate.terms else order)
        arriving = rate * shift
        known = min(known, arriving.order)
        matrix[i][j] = matrix[i][j] + arriving
        if not model.lossy:
            matrix[j][j] = matrix[j][j] - rate
    if model.lossy:  # who does not jump dies
        for j in range(size):
            matrix[j][j] = matrix[j][j] - GradedSeries({0: ring.one})
    for j in range(size):
        motion = model.motion_of(j)
        if motion is not None:
            matrix[j][j] = matrix[j][j] + _motion(motion, prepared, expansion, order)
            known = min(known, matrix[j][j].order)
    matrix = [[x.mapped(ring.tidy).truncated(known) for x in row] for row in matrix]
    step = None
    if model.time_step is not None:
        step = expansion.series(prepared.replace(1 / model.time_step), order)
    return Generator(matrix, known, step)


def _motion(motion: Motion, prepared: PreparedRegime, expansion: Expansion, order: Power) -> GradedSeries:
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


def _shift(jump: Jump, prepared: PreparedRegime, expansion: Expansion, order: Power) -> GradedSeries:
    """e^(-r.d) as a symbol with the derivatives to the left, averaged over the law of the step."""
    ring = expansion.ring
    weight = power(prepared.grading.derivative)
    exponent = GradedSeries({})
    for i, entry in enumerate(jump.displacement):
        length = expansion.series(prepared.replace(entry), order)
        exponent = exponent + length.scaled(-ring.derivative_symbol(i)).shifted(weight)
    if exponent.valuation <= 0 and exponent.terms:
        raise DerivationError(
            f"the displacement {', '.join(map(str, jump.displacement))} is of order one in this regime, and the density varies "
            "over lengths of order one: no expansion in gradients exists",
            where=f"{jump.label}, regime '{prepared.regime.name}'",
            instead="make the displacement small in the scaling, as in ell = 1",
        )
    result = compose_powers(exponent, lambda n: ring.ring(QQ(1, factorial(n))), order)
    if jump.law is not None:
        result = result * _law_average(jump, jump.law, prepared, expansion, order)
    return result


def _law_average(
    jump: Jump, law: StepLaw, prepared: PreparedRegime, expansion: Expansion, order: Power
) -> GradedSeries:
    """E[e^(-s e.d)] = sum_m (-1)^m (e.d)^m E[s^m] / m!, and the non-analytic term of a heavy tail."""
    ring = expansion.ring
    along = GradedSeries({})
    for i, entry in enumerate(jump.direction):
        along = along + expansion.series(prepared.replace(entry), INFINITE).scaled(-ring.derivative_symbol(i))
    along = along.shifted(power(prepared.grading.derivative))
    step = along.valuation + _length_power(law, prepared, expansion)
    if step <= 0:
        raise DerivationError(f"the steps of the law '{law.distribution}' are of order one in this regime",
                              where=jump.label, instead="make its scale small in [scaling]")  # fmt: skip
    total, m, highest = GradedSeries({0: ring.one}), 0, law.highest_moment
    direction = GradedSeries({0: ring.one})
    while (m + 1) * step < order and (highest is None or m < highest):
        m += 1
        if m > MAX_DERIVATIVES:
            raise ResourceError(f"the law '{law.distribution}' would need more than {MAX_DERIVATIVES} moments")
        direction = direction * along
        moment = expansion.series(prepared.replace(law.raw_moment(m)), order)
        total = total + (direction * moment).scaled(ring.ring(QQ(1, factorial(m))))
    if law.tail is not None:
        return total + _tail(jump, law, prepared, expansion, order)
    known = order if highest is None else min(order, (highest + 1) * step)
    return total.truncated(known)


def _length_power(law: StepLaw, prepared: PreparedRegime, expansion: Expansion) -> Power:
    """The power of eps of the law's largest length scale."""
    lowest = [
        power(Fraction(expansion.series(prepared.replace(value), 8).valuation) / root)
        for value, root in law.length_scales
    ]
    return min(lowest, default=0)


def _tail(jump: Jump, law: StepLaw, prepared: PreparedRegime, expansion: Expansion, order: Power) -> GradedSeries:
    """- strength * abs(k)^index, known up to where the law itself leaves things open."""
    tail = law.tail
    assert tail is not None
    if len(jump.direction) > 1 or jump.direction[0] not in (1, -1):
        raise NotYetError("heavy tails are handled in one dimension so far, along +x or -x", where=jump.label)
    ring = expansion.ring
    grade = power(tail_grade(law) * prepared.grading.derivative)
    strength = expansion.series(prepared.replace(tail.strength), order)
    if any(ring.varies(c) for c in strength.terms.values()):
        raise NotYetError("heavy tails that depend on place are not handled yet", where=jump.label)
    symbol = ring.operator_symbol(("tail", tail.index), tail.index)
    term = strength.scaled(-symbol).shifted(grade)
    open_from = power(min(Fraction(2), 2 * tail_grade(law)) * prepared.grading.derivative) + strength.valuation
    return term.truncated(min(order, open_from))


def tail_grade(law: StepLaw) -> Fraction:
    """The power of abs(k)^index; for a symbolic index a number inside its range that stands for it in comparisons."""
    tail = law.tail
    assert tail is not None
    if tail.index.is_Rational:
        return Fraction(int(tail.index.p), int(tail.index.q))
    low = law.index_range.low or Fraction(0)
    high = min(law.index_range.high or Fraction(2), Fraction(2))
    return low + (high - low) * Fraction(617, 1000)
