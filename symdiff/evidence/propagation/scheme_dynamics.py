"""Growth rates of waves under a master equation, or difference scheme, that is stated instead of jumps."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import lcm
from typing import Any

import mpmath

from symdiff.errors import NotYetError
from symdiff.evidence.propagation.rules import Values
from symdiff.model.jump_model import JumpModel
from symdiff.model.scheme import SchemeTerm
from symdiff.notation.evaluation import evaluate, mp_arithmetic

Number = Any
Wave = tuple[Number, ...]
MOST_LEVELS = 12


class SchemeDynamics:
    """On waves u = e^(st + ik.x) the scheme is sum c s^m (ik)^n e^(ik.a + s b) = 0: a polynomial in z = e^(s dt), or in s.

    So it is where all shifts b in time are whole multiples of one step ``dt`` and there are no derivatives in time, or where there
    are no shifts. Of derivatives beside shifts the one root next to zero is found by Newton's method, which starts at zero.
    """

    def __init__(self, model: JumpModel, values: Values) -> None:
        assert model.scheme is not None
        self.values, self.terms = values, model.scheme.terms
        self.shifts = [self._number(t.time_shift) for t in self.terms]
        self.mixed = any(self.shifts) and any(t.time_order for t in self.terms)
        self.time_step, self.powers = (None, [0]) if self.mixed else _levels(self.terms, self.shifts)
        sizes = [abs(self._number(a)) for t in self.terms for a in t.shift]
        self.length = max(sizes, default=mpmath.mpf(0)) or mpmath.mpf(1)

    def _number(self, expression: Any) -> Number:
        return evaluate(expression, self.values, mp_arithmetic())

    def oriented(self, wave: Wave, unit: Number) -> Wave:
        """Real waves."""
        del unit
        return wave

    def growth(self, wave: Wave, count: int) -> list[Number]:
        """The slowest roots; raises :class:`NotYetError` where there are too few."""
        if self.mixed:
            return self._next_to_zero(wave, count)
        roots = _roots(self._coefficients(wave))
        if self.time_step is not None:
            smallest = mpmath.mpf(10) ** (-mpmath.mp.dps // 2)  # a mode that dies in one step has no rate
            roots = [mpmath.log(z) / self.time_step for z in roots if abs(z) > smallest]
        if len(roots) < count:
            raise NotYetError(f"this scheme has {len(roots)} branches, the equation {count}")
        return sorted(roots, key=abs)[:count]

    def speed(self, wave: Wave, found: Number) -> Number:
        """What a rounding error of one changes in the rate: it enters every coefficient, and the slope divides."""
        if self.mixed:
            return self._scale(wave) / abs(self._value(self._factors(wave), found)[1])
        coefficients = self._coefficients(wave)
        z = found if self.time_step is None else mpmath.exp(found * self.time_step)
        slope = abs(mpmath.polyval(coefficients, z, derivative=True)[1])
        return mpmath.fsum(map(abs, coefficients)) / slope / (self.time_step or 1)

    def generator(self, wave: Wave) -> list[list[Number]]:
        """None: a scheme is one equation for one density."""
        raise NotYetError("several densities of a stated master equation are not cross-checked yet")

    def _coefficients(self, wave: Wave) -> list[Number]:
        """Of the polynomial, the highest power first."""
        found = [mpmath.mpc(0)] * (max(self.powers) + 1)
        for factor, n in zip(self._factors(wave), self.powers, strict=True):
            found[-1 - n] += factor
        return found

    def _factors(self, wave: Wave) -> list[Number]:
        """c (ik)^n e^(ik.a) of every term."""
        found = []
        for term in self.terms:
            factor = mpmath.exp(
                mpmath.j * mpmath.fsum(k * self._number(a) for k, a in zip(wave, term.shift, strict=True))
            )
            for k, order in zip(wave, term.space_orders, strict=True):
                factor *= (mpmath.j * k) ** order
            found.append(self._number(term.coefficient) * factor)
        return found

    def _scale(self, wave: Wave) -> Number:
        return mpmath.fsum(map(abs, self._factors(wave)))

    def _value(self, factors: list[Number], s: Number) -> tuple[Number, Number]:
        """The sum and its slope in s."""
        value = slope = mpmath.mpc(0)
        for c, b, m in zip(factors, self.shifts, (t.time_order for t in self.terms), strict=True):
            wave = c * mpmath.exp(s * b)
            value += wave * s**m
            slope += wave * (b * s**m + (m * s ** (m - 1) if m else 0))
        return value, slope

    def _next_to_zero(self, wave: Wave, count: int) -> list[Number]:
        if count != 1:
            raise NotYetError("several slow branches of derivatives beside shifts in time are not cross-checked yet")
        factors, s = self._factors(wave), mpmath.mpc(0)
        rounding = self._scale(wave) * mpmath.mpf(10) ** (5 - mpmath.mp.dps)
        for _ in range(60):
            value, slope = self._value(factors, s)
            if slope == 0:
                break
            s -= value / slope
            if abs(value) <= rounding:
                return [s]
        raise NotYetError("the slow growth rate of this wave was not found")


def _levels(terms: Sequence[SchemeTerm], shifts: Sequence[Number]) -> tuple[Number | None, list[int]]:
    """(dt, the power of e^(s dt) of every term), or (None, the power of s) without shifts in time."""
    largest = max(abs(b) for b in shifts)
    if largest == 0:
        return None, [t.time_order for t in terms]
    shares = [Fraction(str(mpmath.nstr(b / largest, 25))).limit_denominator(MOST_LEVELS) for b in shifts]
    if any(abs(mpmath.mpf(q.numerator) / q.denominator - b / largest) > mpmath.mpf(10) ** -20
           for q, b in zip(shares, shifts, strict=True)):  # fmt: skip
        raise NotYetError("time levels without a common step are not cross-checked yet in a stated master equation")
    count = lcm(*(q.denominator for q in shares))
    levels = [int(q * count) for q in shares]
    return largest / count, [n - min(levels) for n in levels]


def _roots(coefficients: list[Number]) -> list[Number]:
    """All roots at the working precision; two by the quadratic formula without cancellation."""
    while coefficients and coefficients[0] == 0:
        coefficients = coefficients[1:]
    if len(coefficients) == 2:
        return [-coefficients[1] / coefficients[0]]
    if len(coefficients) == 3:
        a, half, c = coefficients[0], -coefficients[1] / 2, coefficients[2]
        root = mpmath.sqrt(half * half - a * c)
        large = half + root if abs(half + root) >= abs(half - root) else half - root
        return [large / a, c / large if large != 0 else mpmath.mpc(0)]
    return list(mpmath.polyroots(coefficients, maxsteps=400, extraprec=4 * mpmath.mp.prec)) if coefficients else []
