"""What a long walk looks like: exact moments of its endpoint, and the local limit law with its parity factor."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction

from symdiff.errors import UsageError
from symdiff.evidence.counting.chart import relative_steps
from symdiff.evidence.counting.lattice import coordinates, plus
from symdiff.evidence.counting.law import exponents
from symdiff.evidence.counting.places import position, step_number
from symdiff.evidence.counting.steps import StepSet, Vector, plain_steps

Matrix = tuple[tuple[Fraction, ...], ...]
_Series = dict[Vector, Fraction]


def displacement_moments(steps: StepSet, n: int, order: int) -> dict[Vector, Fraction]:
    """E[r_1^a_1 r_2^a_2 ...] of the displacement r after n steps for all |a| = order, exactly, without the law.

    The coefficients of (E e^(t.s))^n up to that order, times a!; weights are normalised; lattice units; n of any size.
    """
    plain_steps(steps, "a StepSet: this is known for walks without internal states and walls")
    n, order = step_number(n), step_number(order, "the order of the moments")
    if order > 40:
        raise UsageError(f"moments of order {order} are asked for", instead="an order of 40 at most")
    total = sum(steps.weights)
    powers = [a for k in range(order + 1) for a in exponents(steps.dimension, k)]
    one = {
        a: sum((Fraction(w) * math.prod(x**p for x, p in zip(s, a, strict=True)) for s, w in zip(steps.steps, steps.weights, strict=True)),
               Fraction(0)) / (total * math.prod(map(math.factorial, a)))
        for a in powers
    }  # fmt: skip
    result: _Series = {(0,) * steps.dimension: Fraction(1)}
    while n:
        if n & 1:
            result = _product(result, one, order)
        n >>= 1
        one = _product(one, one, order) if n else one
    return {
        a: result.get(a, Fraction(0)) * math.prod(map(math.factorial, a)) for a in exponents(steps.dimension, order)
    }


def _product(a: _Series, b: _Series, order: int) -> _Series:
    found: _Series = {}
    for x, p in a.items():
        for y, q in b.items():
            if sum(x) + sum(y) <= order and p and q:
                key = plus(x, y)
                found[key] = found.get(key, Fraction(0)) + p * q
    return found


@dataclass(frozen=True)
class LocalLimit:
    """P_n(x) ~ parity_factor (2 pi n)^(-d/2) det(covariance)^(-1/2) exp(-(x - n mean).covariance^-1.(x - n mean) / 2n).

    Valid on the sites that n steps can reach modulo the lattice of the differences of steps, within O(sqrt(n)) of n mean,
    to relative order 1/sqrt(n) (1/n where the third cumulants vanish); elsewhere on the lattice P_n is zero.
    ``parity_factor``: one site in so many can be reached (2 on the square lattice). Where the steps span fewer than d
    dimensions (``rank``), the law is that within the plane they span, and ``parity_factor`` is None.
    Source: F. Spitzer, Principles of Random Walk, P7.9.
    """

    steps: StepSet
    rank: int
    mean: tuple[Fraction, ...]
    covariance: Matrix
    parity_factor: int | None
    inner_mean: tuple[Fraction, ...]
    inner_covariance: Matrix

    def probability(self, n: int, site: object, start: object = None) -> float:
        """The limit law at a site after n >= 1 steps; 0.0 where the parity of the walk excludes the site."""
        n = step_number(n)
        if not n:
            raise UsageError("the limit law is about long walks, and n is 0", instead="n from 1 on")
        there = plus(position(site, self.steps.dimension), position(start, self.steps.dimension, "the start"), -1)
        basis, _ = relative_steps(self.steps)
        inner = coordinates(basis, plus(there, self.steps.steps[0], -n))
        if inner is None:
            return 0.0
        if not self.rank:
            return 1.0
        away = [x - n * m for x, m in zip(inner, self.inner_mean, strict=True)]
        solved, determinant = _solve(self.inner_covariance, away)
        square = sum((a * b for a, b in zip(away, solved, strict=True)), Fraction(0)) / n
        logarithm = -float(square) / 2 - self.rank / 2 * math.log(2 * math.pi * n)
        return math.exp(logarithm - 0.5 * (math.log(determinant.numerator) - math.log(determinant.denominator)))


def local_limit(steps: StepSet) -> LocalLimit:
    """The local limit law of a walk with these steps, weights normalised, exact up to the law's own error.

    Works in coordinates of the lattice of the differences of steps, where every site of the class is reached.
    """
    plain_steps(steps, "a StepSet: this is known for walks without internal states and walls")
    basis, inner = relative_steps(steps)
    full = len(basis) == steps.dimension
    mean, covariance = _cumulants(steps.steps, steps)
    inner_mean, inner_covariance = _cumulants(inner, steps)
    return LocalLimit(
        steps=steps,
        rank=len(basis),
        mean=mean,
        covariance=covariance,
        parity_factor=math.prod(row[i] for i, row in enumerate(basis)) if full else None,
        inner_mean=inner_mean,
        inner_covariance=inner_covariance,
    )


def _cumulants(vectors: tuple[Vector, ...], steps: StepSet) -> tuple[tuple[Fraction, ...], Matrix]:
    """Mean and covariances of one step."""
    total = sum(steps.weights)
    shares = [Fraction(w) / total for w in steps.weights]
    axes = range(len(vectors[0]))
    mean = tuple(sum((p * v[i] for p, v in zip(shares, vectors, strict=True)), Fraction(0)) for i in axes)
    return mean, tuple(
        tuple(sum((p * v[i] * v[j] for p, v in zip(shares, vectors, strict=True)), -mean[i] * mean[j]) for j in axes)
        for i in axes
    )


def _solve(matrix: Matrix, right: list[Fraction]) -> tuple[list[Fraction], Fraction]:
    """matrix^-1 right and the determinant, of a positive definite matrix."""
    rows = [[*row, value] for row, value in zip(matrix, right, strict=True)]
    determinant = Fraction(1)
    for i, row in enumerate(rows):
        determinant *= row[i]
        rows[i] = [x / row[i] for x in row]
        for k, other in enumerate(rows):
            if k != i and other[i]:
                rows[k] = [a - other[i] * b for a, b in zip(other, rows[i], strict=True)]
    return [row[-1] for row in rows], determinant
