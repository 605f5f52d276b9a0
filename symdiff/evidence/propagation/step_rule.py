"""A step law as a few steps of fixed length with the same moments: the Gauss rule of the law, from its transform.

A rule of n steps has the first 2n moments m_0, ..., m_(2n-1) of the law, so that on densities which vary over lengths of order
1/eps it differs from the law by eps**(2n) only. The moments are read off the closed transform E[e^(-qs)], by a discrete Fourier sum on a
small circle, not from the formulas for moments that the derivation uses.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import mpmath
import sympy as sp

from symdiff.errors import NotYetError
from symdiff.model.law_transform import transform
from symdiff.model.step_law import StepLaw

Number = Any
Rule = tuple[tuple[Number, Number], ...]  # (length, weight)
STEPS = 6
CIRCLE = 32  # points of the sum; its error is the CIRCLE-th power of the radius


def step_rule(law: StepLaw, number: Callable[[sp.Expr], Number], most: int = STEPS) -> Rule:
    """(length, weight) of at most ``most`` steps; a law of fewer values is given exactly.

    Raises :class:`NotYetError` for laws of several lengths, and for those without all moments.
    """
    if law.lengths > 1 or law.inner is not None or law.distribution in ("family", "moments"):
        raise NotYetError(
            "steps of several random lengths, or known by some moments only, are not put on a few steps yet"
        )
    if law.highest_moment is not None or law.singular or law.imaginary_only:
        raise NotYetError("steps of heavy tails are not cross-checked at single places")
    digits = mpmath.mp.dps
    with mpmath.workdps(3 * digits):
        moments = _moments(lambda q: transform(law, q, number), 2 * most, digits)
        nodes, weights = _gauss(moments, most, digits)
    return tuple((+x, +w) for x, w in zip(nodes, weights, strict=True))


def _moments(phi: Callable[[Number], Number], count: int, digits: int) -> list[Number]:
    """(-1)^n phi^(n)(0)."""
    radius = mpmath.mpf(10) ** (-(digits // 16) - 1)
    values = [phi(radius * mpmath.expjpi(mpmath.mpf(2 * j) / CIRCLE)) for j in range(CIRCLE)]
    found = []
    for n in range(count):
        total = mpmath.fsum(v * mpmath.expjpi(-mpmath.mpf(2 * j * n) / CIRCLE) for j, v in enumerate(values)) / CIRCLE
        found.append((-1) ** n * mpmath.factorial(n) * mpmath.re(total) / radius**n)
    return found


def _gauss(moments: list[Number], most: int, digits: int) -> tuple[list[Number], list[Number]]:
    """Nodes and weights by the recurrence of the orthogonal polynomials (Chebyshev's algorithm), in units of the width."""
    middle = moments[1]
    central = [
        mpmath.fsum(mpmath.binomial(n, m) * moments[m] * (-middle) ** (n - m) for m in range(n + 1))
        for n in range(len(moments))
    ]
    width = mpmath.sqrt(abs(central[2]))
    small = mpmath.mpf(10) ** (-digits // 2)
    if width <= small * (abs(middle) + small):
        return [middle], [mpmath.mpf(1)]
    diagonal, beside = _recurrence([c / width**n for n, c in enumerate(central)], most, small)
    matrix = mpmath.diag(diagonal)
    for i, b in enumerate(beside):
        matrix[i, i + 1] = matrix[i + 1, i] = mpmath.sqrt(b)
    values, vectors = mpmath.eigsy(matrix)
    return [middle + width * x for x in values], [vectors[0, i] ** 2 for i in range(len(diagonal))]


def _recurrence(moments: list[Number], most: int, small: Number) -> tuple[list[Number], list[Number]]:
    """a_k and b_k of p_(k+1) = (x - a_k) p_k - b_k p_(k-1); it ends where the law has no more values."""
    before, row = [mpmath.mpf(0)] * len(moments), list(moments)
    diagonal: list[Number] = [row[1] / row[0]]
    beside: list[Number] = []
    for k in range(1, most):
        last_b = beside[-1] if beside else mpmath.mpf(0)
        new = [mpmath.mpf(0)] * len(moments)
        for m in range(k, len(moments) - k):
            new[m] = row[m + 1] - diagonal[-1] * row[m] - last_b * before[m]
        b = new[k] / row[k - 1]
        if b <= small:
            break
        beside.append(b)
        diagonal.append(new[k + 1] / new[k] - row[k] / row[k - 1])
        before, row = row, new
    return diagonal, beside
