"""What a sequence of differences at shrinking eps says about its limit: observed order, extrapolated floor, threshold.

The differences e(eps) of two quantities that should agree as eps -> 0 have an expansion e = e_0 + sum_j a_j eps^(p_j)
whose exponents p_j are known (the derivation predicts the first, the grid of possible powers gives the others). The
question is whether e_0 = 0. Linear combinations of the levels that remove the first powers (Richardson) estimate e_0
far below the differences themselves; how far is measured from the levels, never assumed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import mpmath

Number = Any
Vector = Sequence[Number]

MULTIPLES = 12  # of one irregular power

SAFETY = 4
"""Heuristic constant: how much larger than the estimate of its own error the extrapolated limit may be.

The estimate is exact where one power is left; two powers of opposite sign that nearly cancel at one level can make it
too small, though not at two levels at once.
"""


@dataclass(frozen=True)
class Convergence:
    """The limit of a sequence of differences.

    ``order``: the slope of log(size) against log(eps) between the two finest levels (None: zero to all digits).
    ``limit`` and ``before`` are the extrapolated values R_+ and R_- of :class:`Extrapolation`; ``noise`` is that of R_+,
    ``noise_before`` that of R_-; ``ratio`` bounds how much of their difference the error of R_+ can be.
    """

    sizes: tuple[Number, ...]
    order: Number | None
    limit: tuple[Number, ...]
    before: tuple[Number, ...]
    noise: Number
    noise_before: Number
    ratio: Number

    @property
    def floor(self) -> Number:
        """The size of the extrapolated limit."""
        return size(self.limit)

    @property
    def threshold(self) -> Number:
        """The largest floor that a limit of zero can leave."""
        change = size([a - b for a, b in zip(self.limit, self.before, strict=True)])
        return SAFETY * (change * self.ratio / (1 - self.ratio) + self.noise) + self.noise_before

    @property
    def vanishes(self) -> bool:
        """Whether the limit is zero, as far as these levels can tell: below the threshold, and not growing."""
        floor = self.floor
        return bool(
            floor <= self.threshold and (floor <= size(self.before) or floor <= SAFETY * self.noise + self.noise_before)
        )


def falls_away(found: Convergence, power: Number) -> bool:
    """Whether differences vanish, by their extrapolated limit or because they already fall as fast as eps**power.

    A limit that is not zero leaves the slope at zero; so one of the two signs is enough for a residual, whose higher powers
    can be too many for the extrapolation.
    """
    return found.vanishes or (found.order is not None and bool(found.order >= power))


def does_not_settle(found: Convergence, power: Number) -> bool:
    """Whether the differences still fall at the finest levels, at least half as fast as eps**power.

    Beside a very small power a small limit hides behind the threshold, but not in the slope, which it brings to zero.
    """
    return found.order is None or bool(found.order >= power / 2)


def smallest_seen(claimed: Convergence, wrong: Convergence, error: Number) -> Number:
    """The smallest relative error that the test would see, where ``wrong`` has the relative ``error``; inf where none is.

    The differences are linear in small errors; the smallest factor at which the limit no longer vanishes is bracketed to 5 %.
    """
    slopes = [
        [(b - a) / error for a, b in zip(x, y, strict=True)]
        for x, y in ((claimed.limit, wrong.limit), (claimed.before, wrong.before))
    ]
    with mpmath.workdps(15):
        size_ = size(slopes[0])
        if size_ == 0:
            return mpmath.inf

        def seen(factor: Number) -> bool:
            limit, before = ([a + factor * s for a, s in zip(x, y, strict=True)]
                             for x, y in zip((claimed.limit, claimed.before), slopes, strict=True))  # fmt: skip
            return not replace(claimed, limit=tuple(limit), before=tuple(before)).vanishes

        high = claimed.threshold / size_
        for _ in range(60):
            if seen(high):
                break
            high *= 4
        else:
            return mpmath.inf
        low = high / 4
        while seen(low) and low > high * mpmath.mpf(10) ** -30:
            low /= 4
        for _ in range(6):
            middle = mpmath.sqrt(low * high)
            low, high = (low, middle) if seen(middle) else (middle, high)
        return high


@dataclass(frozen=True)
class Extrapolation:
    """The combinations of levels that remove the first powers, for one path of eps and one list of exponents.

    With n levels, n - 2 powers are removed, once from all levels but the finest (``before``) and once from all but the
    coarsest (``after``).
    """

    eps: tuple[Number, ...]
    before: tuple[Number, ...]
    after: tuple[Number, ...]
    ratio: Number  # of the two finest levels, to the first power

    def __call__(self, errors: Sequence[Vector], noise: Sequence[Number]) -> Convergence:
        """Extrapolate ``errors`` (one vector per level, coarse to fine) to eps = 0; ``noise``: rounding errors per level.

        Let R_- and R_+ be the extrapolated values. Where the next power is q >= p_1, the limit is zero only if abs(R_+) <=
        abs(R_+ - R_-) rho/(1 - rho), rho = (ratio of the two finest levels)^(p_1), and then abs(R_+) < abs(R_-); the
        threshold is SAFETY times this bound, plus the noise of the combination.
        """
        coarse, fine = _combined(self.before, errors[:-1]), _combined(self.after, errors[1:])
        rounding = mpmath.fsum(abs(w) * e for w, e in zip(self.after, noise[1:], strict=True))
        rounding_before = mpmath.fsum(abs(w) * e for w, e in zip(self.before, noise[:-1], strict=True))
        sizes = tuple(size(e) for e in errors)
        return Convergence(
            sizes, _slope(self.eps, sizes, noise), tuple(fine), tuple(coarse), rounding, rounding_before, self.ratio
        )


def extrapolation(eps: Sequence[Number], exponents: Sequence[Number]) -> Extrapolation:
    """Ready-made weights; ``exponents`` are the powers that may occur, smallest first.

    Raises ValueError for fewer than three levels, or for too few exponents.
    """
    n = len(eps)
    if n < 3 or len(exponents) < n - 2:
        raise ValueError("extrapolation needs three levels, and two exponents fewer than levels")
    powers = list(exponents[: n - 2])
    ratio = (mpmath.mpf(eps[-1]) / eps[-2]) ** powers[0]
    return Extrapolation(tuple(eps), tuple(weights(eps[:-1], powers)), tuple(weights(eps[1:], powers)), ratio)


def weights(eps: Sequence[Number], powers: Sequence[Number]) -> list[Number]:
    """Weights c_i with sum c_i = 1 and sum c_i eps_i^(p_j) = 0 for every power; as many levels as powers plus one."""
    n = len(eps)
    relative = [mpmath.mpf(e) / eps[-1] for e in eps]  # the equations are homogeneous in eps
    rows = [[mpmath.mpf(1)] * n + [mpmath.mpf(1)]]
    rows += [[e**p for e in relative] + [mpmath.mpf(0)] for p in powers]
    for column in range(n):  # Gauss-Jordan elimination with row exchange
        pivot = max(range(column, n), key=lambda r: abs(rows[r][column]))
        rows[column], rows[pivot] = rows[pivot], rows[column]
        head = rows[column]
        for r in range(n):
            if r != column:
                factor = rows[r][column] / head[column]
                rows[r] = [a - factor * b for a, b in zip(rows[r], head, strict=True)]
    return [rows[i][n] / rows[i][i] for i in range(n)]


def size(vector: Vector) -> Number:
    """The root mean square."""
    return mpmath.sqrt(sum(x.real * x.real + x.imag * x.imag for x in vector) / max(1, len(vector)))


def _combined(factors: Sequence[Number], vectors: Sequence[Vector]) -> list[Number]:
    return [sum(c * v[i] for c, v in zip(factors, vectors, strict=True)) for i in range(len(vectors[0]))]


def _slope(eps: Sequence[Number], sizes: Sequence[Number], noise: Sequence[Number]) -> Number | None:
    if sizes[-1] <= SAFETY * noise[-1] or sizes[-2] <= SAFETY * noise[-2]:
        return None
    return mpmath.log(sizes[-1] / sizes[-2]) / mpmath.log(mpmath.mpf(eps[-1]) / eps[-2])


def exponent_grid(quantum: Fraction, offset: Number, irregular: Sequence[Number], count: int) -> list[Number]:
    """The smallest ``count`` positive values of m quantum + sum_i j_i q_i - offset with integers m, j_i >= 0.

    ``irregular`` are the powers q_i of non-analytic terms (heavy tails); ``offset`` is the power that all is measured
    against. Exponents closer together than 1e-9 count as one.
    """
    step = mpmath.mpf(quantum.numerator) / quantum.denominator
    reach = step
    while True:  # the first ``count`` powers lie within count steps, and much closer where many are irregular
        found = _powers(step, offset, irregular, offset + reach)
        if len(found) >= count:
            return found[:count]
        reach *= 2


def _powers(step: Number, offset: Number, irregular: Sequence[Number], reach: Number) -> list[Number]:
    """The powers up to ``reach``, less the offset."""
    starts = [mpmath.mpf(0)]
    for q in _apart(irregular):
        starts = _apart([s + j * q for s in starts for j in range(MULTIPLES + 1) if s + j * q <= reach])
    found: list[Number] = []
    for start in starts:
        first = max(0, int(mpmath.floor((offset - start) / step)))
        last = int(mpmath.floor((reach - start) / step))
        found += [start + m * step - offset for m in range(first, last + 1)]
    return [p for p in _apart(found) if p > mpmath.mpf("1e-9")]


def _apart(values: Sequence[Number]) -> list[Number]:
    """The values in order, those closer together than 1e-9 once."""
    result: list[Number] = []
    for value in sorted(values):
        if not result or value - result[-1] > mpmath.mpf("1e-9"):
            result.append(value)
    return result
