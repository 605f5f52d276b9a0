"""Exact asymptotic coefficients of a count that obeys a certified recurrence, and its leading factor."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from symdiff.errors import NotYetError
from symdiff.evidence.counting.lattice import hermite_basis, plus
from symdiff.evidence.counting.recurrence import Recurrence
from symdiff.evidence.counting.recurrence_terms import ProvedRecurrence
from symdiff.evidence.counting.steps import StepSet


@dataclass(frozen=True)
class Expansion:
    """a(n) ~ factor growth^n n^(-dimension/2) (1 + c_1/n + c_2/n^2 + ...), for the n where a(n) is not zero.

    ``factor`` = period / ((2 pi)^(dimension/2) sqrt(determinant)) with the determinant of the covariance of one step and
    the number of cosets that the walk runs through (twice as many where it alternates): the local limit theorem.
    """

    growth: Fraction
    dimension: int
    cosets: int
    determinant: Fraction
    coefficients: tuple[Fraction, ...]

    def estimate(self, n: int, digits: int = 50) -> tuple[str, int]:
        """The expansion at n: (decimal mantissa with so many digits, decimal exponent)."""
        from mpmath import mp, mpf

        with mp.workdps(digits + 20):
            value = mpf(self.cosets) / ((2 * mp.pi) ** (mpf(self.dimension) / 2) * mp.sqrt(_real(self.determinant)))
            value *= mpf(n) ** (-mpf(self.dimension) / 2) * (_real(self.growth) ** n)
            value *= 1 + sum((_real(c) / mpf(n) ** (k + 1) for k, c in enumerate(self.coefficients)), mpf(0))
            exponent = int(mp.floor(mp.log10(value)))
            return mp.nstr(value / mpf(10) ** exponent, digits), exponent


def _real(value: Fraction) -> Any:
    from mpmath import mpf

    return mpf(value.numerator) / mpf(value.denominator)


def expansion(found: ProvedRecurrence, terms: int) -> Expansion:
    """The first asymptotic coefficients after the leading one, exactly, from the recurrence.

    Raises :class:`NotYetError` where the walk drifts (its growth is then no rational number in general), between walls, or where
    the recurrence leaves the coefficients open.
    """
    if not isinstance(found, Recurrence) or len(found.targets) != 1:
        raise NotYetError(
            "asymptotic coefficients of walks between walls or with states are not handled yet", where="--recurrence"
        )
    steps = found.steps
    total = sum(steps.numerators)
    mean, determinant, dimension = _moments(steps)
    if any(mean):
        raise NotYetError("asymptotic coefficients of walks with a drift are not handled yet", where="--recurrence")
    growth = Fraction(total)
    coefficients = formal_coefficients(found.coefficients, growth, Fraction(dimension, 2), terms)
    return Expansion(growth, dimension, _cosets(steps), determinant, coefficients)


def _moments(steps: StepSet) -> tuple[list[Fraction], Fraction, int]:
    """Mean, determinant of the covariance in coordinates of the lattice of the steps, rank of that lattice."""
    from symdiff.evidence.counting.lattice import coordinates

    basis = hermite_basis(steps.steps)
    total = sum(steps.numerators)
    rows = [
        (c, w) for s, w in zip(steps.steps, steps.numerators, strict=True) if (c := coordinates(basis, s)) is not None
    ]
    size = len(basis)
    mean = [Fraction(sum(w * c[i] for c, w in rows), total) for i in range(size)]
    covariance = [
        [Fraction(sum(w * c[i] * c[j] for c, w in rows), total) - mean[i] * mean[j] for j in range(size)]
        for i in range(size)
    ]
    return mean, _determinant(covariance), size


def _determinant(rows: Sequence[Sequence[Fraction]]) -> Fraction:
    work, value = [list(r) for r in rows], Fraction(1)
    for k in range(len(work)):
        found = next((i for i in range(k, len(work)) if work[i][k]), None)
        if found is None:
            return Fraction(0)
        if found != k:
            work[k], work[found], value = work[found], work[k], -value
        value *= work[k][k]
        for i in range(k + 1, len(work)):
            factor = work[i][k] / work[k][k]
            work[i] = [a - factor * b for a, b in zip(work[i], work[k], strict=True)]
    return value


def _cosets(steps: StepSet) -> int:
    """The index of the lattice of differences of steps in the lattice of steps: the walk is on one coset at a time."""
    basis = hermite_basis(steps.steps)
    differences = hermite_basis(plus(s, steps.steps[0], -1) for s in steps.steps)
    if len(differences) < len(basis):
        raise NotYetError(
            "asymptotic coefficients of steps in one hyperplane are not handled yet", where="--recurrence"
        )
    size = 1
    for small, large in zip(differences, basis, strict=True):
        size = size * next(x for x in small if x)
        size = Fraction(size, next(x for x in large if x))  # type: ignore[assignment]
    return int(size)


def formal_coefficients(
    coefficients: Sequence[Sequence[int]], growth: Fraction, decay: Fraction, terms: int
) -> tuple[Fraction, ...]:
    """c_1, c_2, ... of the formal solution growth^n n^(-decay) (1 + sum c_k n^-k)."""
    degree = max(len(c) for c in coefficients) - 1

    def entry(m: int, k: int) -> Fraction:
        return _entry(coefficients, growth, decay, m, k)

    # the first shift at which the decay matters; one decay alone may be a zero there by chance
    shift = next(
        (
            s
            for s in range(degree + len(coefficients) + 2)
            if any(_entry(coefficients, growth, Fraction(a), s, 0) for a in range(s + 1))
        ),
        None,
    )
    if shift is None or any(entry(s, 0) for s in range(shift + 1)):
        raise NotYetError("the recurrence leaves the asymptotic coefficients open", where="--recurrence")
    found = [Fraction(1)]
    for k in range(1, terms + 1):
        pivot = entry(k + shift, k)
        if not pivot:
            raise NotYetError("the recurrence leaves the asymptotic coefficients open", where="--recurrence")
        found.append(-sum(entry(k + shift, i) * c for i, c in enumerate(found)) / pivot)
    return tuple(found[1:])


def indicial_value(coefficients: Sequence[Sequence[int]], growth: Fraction, decay: Fraction, shift: int) -> Fraction:
    """What growth^n n^(-decay) leaves at n^(degree - decay - shift): zero up to the first shift at which it depends on the decay."""
    return _entry(coefficients, growth, decay, shift, 0)


def _entry(coefficients: Sequence[Sequence[int]], growth: Fraction, decay: Fraction, m: int, k: int) -> Fraction:
    """What n^(-decay - k) contributes to n^(degree - decay - m)."""
    degree = max(len(c) for c in coefficients) - 1
    total = Fraction(0)
    for j, c in enumerate(coefficients):
        for i in range(min(m - k, degree) + 1):
            power = degree - i
            number = c[power] if power < len(c) else 0
            if number:
                total += number * growth**j * _binomial(-decay - k, m - k - i) * Fraction(j) ** (m - k - i)
    return total


def _binomial(top: Fraction, k: int) -> Fraction:
    value = Fraction(1)
    for i in range(k):
        value = value * (top - i) / (i + 1)
    return value
