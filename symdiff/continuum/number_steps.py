"""Jumps by a random number in the expansion: about their mean, since the new number may lie far from zero but near the old.

What arrives is e^(-(d + m e).D) sum_k (-e.D)^k mu_k / k! [w .], m the mean and mu_k the central moments of the law, all
functions of the site that is left.
"""

from __future__ import annotations

from fractions import Fraction
from math import factorial

from sympy.polys.domains import QQ

from symdiff.algebra.expansion import Expansion
from symdiff.algebra.graded import INFINITE, GradedSeries, Power, power
from symdiff.continuum.generator import shift_series
from symdiff.continuum.regimes import PreparedRegime
from symdiff.errors import DerivationError, ResourceError
from symdiff.model.jump_model import Jump
from symdiff.model.number_laws import NAMES, central_polynomial, mean_of, variance_of
from symdiff.model.step_law import StepLaw

MAX_MOMENT = 40


def number_contribution(
    jump: Jump, law: StepLaw, prepared: PreparedRegime, expansion: Expansion, order: Power
) -> tuple[GradedSeries, GradedSeries]:
    """(arriving, leaving) of a jump whose law is one of numbers; raises where its spread is of order one."""
    rate = expansion.series(prepared.replace(jump.intensity), order)
    needed = order - rate.valuation if rate.terms else order
    direction, mean = jump.directions[0], mean_of(law)
    centre = tuple(d + e * mean for d, e in zip(jump.displacement, direction, strict=True))
    moved = shift_series(jump, centre, prepared, expansion, needed)
    return rate * (moved * _spread(jump, law, prepared, expansion, needed)), rate


def _spread(jump: Jump, law: StepLaw, prepared: PreparedRegime, expansion: Expansion, order: Power) -> GradedSeries:
    """sum_k (-e.D)^k mu_k / k!, known below ``order``."""
    ring = expansion.ring
    along = GradedSeries({})
    for i, entry in enumerate(jump.directions[0]):
        along = along + expansion.series(prepared.replace(entry), INFINITE).scaled(-ring.derivative_symbol(i))
    along = along.shifted(power(prepared.grading.derivative))
    spread = expansion.series(prepared.replace(variance_of(law)), 8).valuation
    step = along.valuation + min(power(Fraction(spread) / 2), 0)  # numbers come in units, however narrow their law is
    if step <= 0:
        raise DerivationError(f"the steps of the law '{law.distribution}' are of order one in this regime",
                              where=jump.label, instead="make its spread small in [scaling]")  # fmt: skip
    moments = _Moments(law, prepared, expansion, order)
    total, direction, m = GradedSeries({0: ring.one}), GradedSeries({0: ring.one}), 0
    while (m + 1) * step < order:
        m += 1
        if m > MAX_MOMENT:
            raise ResourceError(f"the law '{law.distribution}' would need more than {MAX_MOMENT} moments")
        direction = direction * along
        total = total + (direction * moments.central(m)).scaled(ring.ring(QQ(1, factorial(m))))
    return total.truncated(order)


class _Moments:
    """Central moments as series: polynomials in the series of the law's arguments, each of which is expanded once."""

    def __init__(self, law: StepLaw, prepared: PreparedRegime, expansion: Expansion, order: Power) -> None:
        self.law, self.ring, self.order = law, expansion.ring, order
        self.arguments = {n: expansion.series(prepared.replace(v), order) for n, v in law.arguments}
        self._powers: dict[tuple[str, int], GradedSeries] = {}

    def central(self, m: int) -> GradedSeries:
        """E[(s - E[s])**m]."""
        total = GradedSeries({})
        for coefficient, powers in central_polynomial(self.law.distribution, m):
            term = GradedSeries({0: self.ring.ring(QQ(int(coefficient.p), int(coefficient.q)))})
            for name, n in zip(NAMES[self.law.distribution], powers, strict=True):
                term = term * self._power(name, n)
            total = total + term
        return total

    def _power(self, name: str, n: int) -> GradedSeries:
        if n == 0:
            return GradedSeries({0: self.ring.one})
        found = self._powers.get((name, n))
        if found is None:
            base = self.arguments[name]
            product = (self._power(name, n - 1) * base).mapped(self.ring.tidy)
            found = self._powers[name, n] = product.truncated(self.order - (n - 1) * min(0, base.valuation))
        return found
