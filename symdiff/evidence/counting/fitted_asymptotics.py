"""Asymptotic coefficients of any count with a proved recurrence: exact but for the leading factor, which is read off the numbers."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from symdiff.errors import NotYetError
from symdiff.evidence.counting.asymptotics import formal_coefficients, indicial_value
from symdiff.evidence.counting.recurrence_terms import ProvedRecurrence

_FAR = 1600
_TERMS = 16
_DIGITS = 60
_LEAST_DIGITS = 8


@dataclass(frozen=True)
class FittedExpansion:
    """a(n) ~ factor growth^n n^(-power) (1 + c_1/n + c_2/n^2 + ...), for the n where a(n) is not zero.

    ``growth``, ``power`` and ``coefficients`` are exact, those of a solution of the recurrence; ``factor`` is decimal, with the digits
    on which the numbers at two n agree. That this solution is the one that counts is seen from the numbers, not proved.
    """

    growth: Fraction
    power: Fraction
    factor: str
    coefficients: tuple[Fraction, ...]


def fitted_expansion(found: ProvedRecurrence, terms: int) -> FittedExpansion:
    """The expansion; raises :class:`NotYetError` where the growth is no rational number, or several terms of one size mix."""
    values = list(itertools.islice(found.terms(), _FAR + 1))
    support = [n for n in range(_FAR - 120, _FAR + 1) if values[n]]
    period = math.gcd(*(n - support[0] for n in support)) if len(support) > 1 else 0
    if not period or len(support) < 120 // period or any(values[n] < 0 for n in support):
        raise _refusal("the numbers vanish without a period")
    last = support[-1]
    middle = last - period * (last // (2 * period))
    growth, power = _leading(found, values, last, period)
    series = formal_coefficients(found.coefficients, growth, power, max(terms, _TERMS))
    from mpmath import mp, mpf

    with mp.workdps(_DIGITS):
        factors = [_factor(values[n], n, growth, power, series) for n in (last, last - period, middle)]
        apart = max(abs(f / factors[0] - 1) for f in factors[1:])
        digits = min(20, int(-mp.log10(apart)) - 1 if apart > mpf(10) ** (-_DIGITS + 5) else 20)
        if digits < _LEAST_DIGITS:
            raise _refusal("several terms of one growth mix")
        return FittedExpansion(growth, power, mp.nstr(factors[0], digits), series[:terms])


def _refusal(why: str) -> NotYetError:
    return NotYetError(f"asymptotic coefficients are not handled here yet: {why}", where="--recurrence")


def _leading(found: ProvedRecurrence, values: Sequence[int], last: int, period: int) -> tuple[Fraction, Fraction]:
    """The rational growth and power, among those that the recurrence allows, that the numbers show."""
    from mpmath import mp, mpf

    with mp.workdps(_DIGITS):
        slopes = []
        for n in (last, last - period * (last // (2 * period))):
            slopes.append((n, mp.log(mpf(values[n]) / mpf(values[n - period])) / period))
        (n, here), (m, before) = slopes
        shown = (n * here - m * before) / (n - m)  # log growth, up to 1/n^2
        growth = _nearest(_rational_roots(_leading_numbers(found)), mp.e**shown, mpf("1e-3"))
        if growth is None:
            raise _refusal("the growth is no rational number")
        decay = (n - period / mpf(2)) * (mp.log(mpf(growth.numerator) / growth.denominator) - here)
    degree = max(map(len, found.coefficients)) + len(found.coefficients)
    for shift in range(degree + 2):
        points = [indicial_value(found.coefficients, growth, Fraction(a), shift) for a in range(shift + 1)]
        if any(points):
            power = _nearest(_rational_roots(_interpolated(points)), decay, mpf("0.05"))
            if power is not None:
                return growth, power
            break
    raise _refusal("the power of n is no rational number")


def _leading_numbers(found: ProvedRecurrence) -> list[Fraction]:
    degree = found.degree
    return [Fraction(c[degree]) if len(c) > degree else Fraction(0) for c in found.coefficients]


def _nearest(candidates: Sequence[Fraction], value: Any, within: Any) -> Fraction | None:
    """The candidate within a distance, relative to one or the value."""
    from mpmath import mpf

    close = [c for c in candidates if abs(mpf(c.numerator) / c.denominator - value) < within * max(1, abs(value))]
    return close[0] if len(close) == 1 else None


def _rational_roots(coefficients: Sequence[Fraction]) -> list[Fraction]:
    """The distinct rational roots of a polynomial, lowest power first."""
    from sympy import Dummy, Poly, Rational

    poly = Poly([Rational(c.numerator, c.denominator) for c in reversed(coefficients)], Dummy("x"))
    return [Fraction(int(r.p), int(r.q)) for r in poly.ground_roots()]


def _interpolated(values: Sequence[Fraction]) -> list[Fraction]:
    """The polynomial with these values at 0, 1, 2, ..., lowest power first (Newton's differences)."""
    found, basis, row = [Fraction(0)] * len(values), [Fraction(1)], list(values)
    for k in range(len(values)):
        for i, b in enumerate(basis):
            found[i] += row[0] * b
        row = [b - a for a, b in itertools.pairwise(row)]
        basis = [
            (low - k * own) / (k + 1) for low, own in zip([Fraction(0), *basis], [*basis, Fraction(0)], strict=True)
        ]
    return found


def _factor(value: int, n: int, growth: Fraction, power: Fraction, series: Sequence[Fraction]) -> Any:
    from mpmath import mpf

    def real(x: Fraction) -> Any:
        return mpf(x.numerator) / mpf(x.denominator)

    terms = [mpf(1), *(real(c) / mpf(n) ** (k + 1) for k, c in enumerate(series))]
    return mpf(value) / real(growth) ** n * mpf(n) ** real(power) / sum(terms)
