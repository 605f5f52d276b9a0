"""Graded differential operators and matrices of them, with all derivatives to the left.

An operator sum_a d^a [A_a(x) .] is stored as the polynomial sum_a A_a d^a in the ring, graded in eps. With this
ordering the product of A and B is

    A B = sum_g (-1)^|g| / g!  (D^g A) (d/dd)^g B,

where D differentiates the coefficients of A along the coordinates and d/dd acts on the derivative symbols of B;
D raises the grade by ``raise_by`` for every derivative. A power of |d| has no such finite rule: a function of place times it is
no operator of this form, and what such a product gives is left open from its grade on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from math import ceil

from sympy.polys.domains import QQ
from sympy.polys.rings import PolyElement

from symdiff.algebra.differential_ring import DifferentialRing
from symdiff.algebra.graded import INFINITE, GradedSeries, Power
from symdiff.algebra.multiindex import MultiIndex, index_factorial, up_to_degree

Matrix = list[list[GradedSeries]]


@dataclass(frozen=True)
class OperatorAlgebra:
    """Products of graded operators, known below ``order``."""

    ring: DifferentialRing
    order: Power
    homogeneous: bool
    derivatives: dict[tuple[MultiIndex, PolyElement], PolyElement] = field(
        default_factory=dict, compare=False, repr=False
    )

    def product(self, a: GradedSeries, b: GradedSeries) -> GradedSeries:
        """The composition a after b."""
        if self.homogeneous or not b.terms or not a.terms:
            return a.times(b, self.order)
        total = a.times(b, self.order)
        a, b = self._within(a, b), self._within(b, a)  # differentiating costs more than multiplying
        highest = max((self._degree(c) for c in b.terms.values()), default=0)
        varying = [g for g, c in a.terms.items() if self.ring.varies(c)]
        if not varying:
            return total
        nonlocal_from = min((g for g, c in b.terms.items() if self.ring.is_nonlocal(c)), default=INFINITE)
        if nonlocal_from != INFINITE:
            total = total.truncated(min(varying) + nonlocal_from)
        for gamma in up_to_degree(self.ring.dimension, highest):
            degree = sum(gamma)
            if degree == 0:
                continue
            left = a.mapped(partial(self._differentiate, gamma))
            if not left.terms:
                continue
            right = b.mapped(partial(self._lower, gamma))
            sign = QQ((-1) ** degree, index_factorial(gamma))
            total = total + left.times(right, min(self.order, total.order)).scaled(self.ring.ring(sign))
        return total

    def _within(self, a: GradedSeries, b: GradedSeries) -> GradedSeries:
        """The terms of a that any term of b meets below the order."""
        lowest = min(b.terms, default=self.order)
        return GradedSeries({g: c for g, c in a.terms.items() if g + lowest < self.order}, a.order)

    def _degree(self, element: PolyElement) -> int:
        d = self.ring.dimension
        return max((sum(m[:d]) for m in element.itermonoms()), default=0)

    def _differentiate(self, gamma: MultiIndex, element: PolyElement) -> PolyElement:
        """D^gamma of an element; every derivative is kept, since the next one starts from it."""
        if not any(gamma):
            return element
        found = self.derivatives.get((gamma, element))
        if found is None:
            i = next(i for i, times in enumerate(gamma) if times)
            lower = tuple(g - (n == i) for n, g in enumerate(gamma))
            found = self.derivatives[gamma, element] = self.ring.total_derivative(
                self._differentiate(lower, element), i
            )
        return found

    def _lower(self, gamma: MultiIndex, element: PolyElement) -> PolyElement:
        for i, times in enumerate(gamma):
            for _ in range(times):
                element = element.diff(self.ring.ring.gens[i])
        return element

    # --- matrices -------------------------------------------------------------------------------------------------

    def zero(self) -> GradedSeries:
        """The zero operator."""
        return GradedSeries({})

    def identity(self, size: int) -> Matrix:
        """The identity matrix of operators."""
        return [[GradedSeries({0: self.ring.one}) if i == j else self.zero() for j in range(size)] for i in range(size)]

    def matmul(self, a: Matrix, b: Matrix) -> Matrix:
        """The product of two matrices of operators."""
        result = []
        for row in a:
            line = []
            for j in range(len(b[0])):
                entry = self.zero()
                for k, left in enumerate(row):
                    if left.terms and b[k][j].terms:
                        entry = entry + self.product(left, b[k][j])
                line.append(self.tidied(entry))
            result.append(line)
        return result

    def add(self, a: Matrix, b: Matrix) -> Matrix:
        """The sum of two matrices of operators."""
        return [[x + y for x, y in zip(p, q, strict=True)] for p, q in zip(a, b, strict=True)]

    def scale(self, a: Matrix, factor: PolyElement) -> Matrix:
        """Every entry times a constant of grade zero."""
        return [[x.scaled(factor) for x in row] for row in a]

    def tidied(self, a: GradedSeries) -> GradedSeries:
        """Coefficients in normal form."""
        return a.mapped(self.ring.tidy)

    # --- one step to a rate ---------------------------------------------------------------------------------------

    def logarithm(self, increment: Matrix) -> Matrix:
        """log(1 + K) = K - K^2/2 + K^3/3 - ..., for K of positive valuation.

        Commuting scalars take the recursion of cumulants, n L_n = n K_n - sum_(0<k<n) k L_k K_(n-k), which needs
        O(n^2) products; it is wrong as soon as the graded parts do not commute, and is not used then.
        """
        if len(increment) == 1 and self.homogeneous:
            return [[self._commuting_logarithm(increment[0][0])]]
        total, power, n = increment, increment, 1
        while True:
            power = self.matmul(
                increment, power
            )  # K commutes with its powers; derivatives of K itself are the cheap ones
            n += 1
            if all(not entry.terms for row in power for entry in row):
                break
            total = self.add(total, self.scale(power, self.ring.ring(QQ((-1) ** (n + 1), n))))
        return [[self.tidied(x.truncated(self.order)) for x in row] for row in total]

    def _commuting_logarithm(self, k: GradedSeries) -> GradedSeries:
        if any(g.denominator != 1 for g in k.terms):
            return self._series_logarithm(k)
        found: dict[Power, PolyElement] = {}
        known = min(self.order, k.order)
        last = ceil(known) - 1 if known != INFINITE else 0  # the order may be a fraction, that of a heavy tail
        for n in range(1, last + 1):
            value = k.terms.get(n, self.ring.zero)
            for j, part in found.items():
                other = k.terms.get(n - j)
                if other is not None:
                    value = value - part * other * QQ(int(j), n)
            value = self.ring.tidy(value)
            if value:
                found[n] = value
        return GradedSeries(found, known)

    def _series_logarithm(self, k: GradedSeries) -> GradedSeries:
        total, power, n = k.truncated(self.order), k.truncated(self.order), 1
        while power.terms:
            power, n = power.times(k, self.order), n + 1
            total = total + power.scaled(self.ring.ring(QQ((-1) ** (n + 1), n)))
        return self.tidied(total)


def lowest_power(matrix: Sequence[Sequence[GradedSeries]]) -> Power:
    """The lowest grade that occurs in a matrix."""
    return min((x.valuation for row in matrix for x in row if x.terms), default=INFINITE)


def part(matrix: Matrix, grade: Power, ring: DifferentialRing) -> list[list[PolyElement]]:
    """The coefficients of one grade."""
    return [[x.terms.get(grade, ring.zero) for x in row] for row in matrix]
