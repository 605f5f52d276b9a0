"""One site of walks along two independent groups of axes, each of independent signs (cubic: a line and a square): one sum.

Of n steps k go along the first group: N(n) = sum_k C(n, k) c_1^k prod_i C(k, m_i) c_2^(n-k) prod_i C(n - k, M_i), where the numbers m_i, M_i of
positive signs are affine in k. The ratios of terms are rational in k, and the sum is taken by binary splitting.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from symdiff.evidence.counting.closed_forms import Ratios, binomial
from symdiff.evidence.counting.independent_axes import groups_of_axes
from symdiff.evidence.counting.long_integers import fast_integer
from symdiff.evidence.counting.product_law import independent_signs
from symdiff.evidence.counting.size import DEFAULT_MAX_BYTES
from symdiff.evidence.counting.steps import StepSet, Vector
from symdiff.evidence.counting.symmetry import inverse_of

METHOD = "sum of {} products of binomial coefficients over the steps along one of two independent groups of axes, by binary splitting"


@dataclass(frozen=True)
class _Signs:
    """m_i = slopes[i] k + offsets[i] positive signs in k steps of weight ``weight``."""

    weight: int
    slopes: tuple[Fraction, ...]
    offsets: tuple[Fraction, ...]

    def numbers(self, k: int) -> list[int] | None:
        """The m_i; None where they are no whole numbers from 0 to k."""
        found = [a * k + b for a, b in zip(self.slopes, self.offsets, strict=True)]
        return [int(m) for m in found] if all(m.denominator == 1 and 0 <= m <= k for m in found) else None

    def least(self) -> int:
        """The least k with 0 <= m_i <= k, whole numbers or not; slopes lie between 0 and 1."""
        pairs = list(zip(self.slopes, self.offsets, strict=True))
        return max(0, *(math.ceil(-b / a) for a, b in pairs), *(math.ceil(b / (1 - a)) for a, b in pairs))

    def ways(self, k: int) -> Any:
        """weight^k prod C(k, m_i)."""
        value = fast_integer()(self.weight) ** k
        for m in self.numbers(k) or ():
            value *= binomial(k, m)
        return value


def grouped_signs(
    steps: StepSet, n: int, displacement: Vector, max_bytes: int = DEFAULT_MAX_BYTES
) -> tuple[int, str] | None:
    """The numerator and its method; None where the steps are not of this form."""
    groups = None if any(not any(s) for s in steps.steps) else groups_of_axes(steps)  # a rest belongs to no group
    for axes, _ in groups or ():
        others = tuple(a for a in range(steps.dimension) if a not in axes)
        first, second = _signs(steps, axes, displacement), _signs(steps, others, displacement)
        if first is not None and second is not None:
            return _summed(first, second, n, max_bytes)
    return None


def _signs(steps: StepSet, axes: Sequence[int], displacement: Vector) -> _Signs | None:
    """The steps along these axes, where they are independent signs in all of their dimensions."""
    own = {tuple(s[a] for a in axes): w for s, w in zip(steps.steps, steps.numerators, strict=True) if any(s[a] for a in axes)}  # fmt: skip
    signs = independent_signs(StepSet(tuple(sorted(own)), tuple(own[s] for s in sorted(own)))) if own else None
    if signs is None or len(signs[1]) < len(axes):
        return None
    lowest, vectors = signs
    rows = inverse_of(vectors)
    slopes = tuple(-sum((a * x for a, x in zip(row, lowest, strict=True)), Fraction(0)) for row in rows)
    offsets = tuple(sum((a * displacement[i] for a, i in zip(row, axes, strict=True)), Fraction(0)) for row in rows)
    return _Signs(next(iter(own.values())), slopes, offsets) if all(0 < a < 1 for a in slopes) else None


def _summed(first: _Signs, second: _Signs, n: int, max_bytes: int) -> tuple[int, str]:
    stride = math.lcm(*(a.denominator for a in (*first.slopes, *second.slopes)))
    low, high = first.least(), n - second.least()
    start = next((k for k in range(low, min(low + stride, high + 1)) if first.numbers(k) is not None and second.numbers(n - k) is not None), None)  # fmt: skip
    if start is None:
        return 0, METHOD.format(0)
    terms = (high - start) // stride + 1
    rises = [int(a * stride) for a in first.slopes]
    falls = [int(a * stride) for a in second.slopes]

    def parts(j: int) -> tuple[int, int, list[int], list[int]]:
        k = start + j * stride
        return k, n - k, first.numbers(k) or [], second.numbers(n - k) or []

    def above(j: int) -> int:
        k, rest, ms, tops = parts(j)
        product: int = first.weight**stride * _falling(rest, stride) * _rising(k, stride) ** len(ms)
        for m, fall in zip(tops, falls, strict=True):
            product *= _falling(m, fall) * _falling(rest - m, stride - fall)
        return product

    def below(j: int) -> int:
        k, rest, ms, tops = parts(j)
        product: int = second.weight**stride * _rising(k, stride) * _falling(rest, stride) ** len(tops)
        for m, rise in zip(ms, rises, strict=True):
            product *= _rising(m, rise) * _rising(k - m, stride - rise)
        return product

    value = binomial(n, start) * first.ways(start) * second.ways(n - start)
    return int(Ratios(value, terms, above, below).total(max_bytes)), METHOD.format(terms)


def _rising(x: int, many: int) -> int:
    """(x + 1) ... (x + many)."""
    return math.prod(range(x + 1, x + many + 1))


def _falling(x: int, many: int) -> int:
    """x (x - 1) ... (x - many + 1)."""
    return math.prod(range(x - many + 1, x + 1))
