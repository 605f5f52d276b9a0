"""Harmonic polynomials in any dimension: multiplication by a coordinate, rotation in the plane, all with exact numbers.

A harmonic polynomial of degree l is fixed by the part with powers 0 and 1 of its last variable z:
h = sum_k (-1)^k c!/(c + 2k)! z^(c + 2k) D^k(x^a y^b), D the Laplacian in the other variables, c in {0, 1}. The basis is
labelled by these leading monomials. For harmonic h of degree l in d dimensions

    u_i h = [u_i h - |u|^2 d_i h/(2l + d - 2)] + |u|^2 d_i h/(2l + d - 2),

the bracket being harmonic of degree l + 1 and d_i h of degree l - 1.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from math import factorial

from symdiff.algebra.multiindex import MultiIndex, of_degree

Polynomial = dict[MultiIndex, Fraction]
Label = tuple[int, MultiIndex]  # power of |u|^2, leading monomial
Row = dict[int, Fraction]


@dataclass(frozen=True)
class HarmonicBasis:
    """The functions |u|^(2j) h of total degree up to ``highest``; on the unit sphere (``solid`` False) j = 0 only."""

    dimension: int
    highest: int
    solid: bool
    radial: bool = False  # functions of the distance only

    @cached_property
    def labels(self) -> tuple[Label, ...]:
        """The basis, the constant first, by total degree."""
        found = []
        for degree in range(self.highest + 1):
            for j in range(degree // 2 + 1 if self.solid else 1):
                for leading in of_degree(self.dimension, degree - 2 * j):
                    if leading[-1] <= 1 and not (self.radial and any(leading)):
                        found.append((j, leading))
        return tuple(found)

    @cached_property
    def index(self) -> dict[Label, int]:
        """The number of every basis function."""
        return {label: n for n, label in enumerate(self.labels)}

    def degree(self, n: int) -> int:
        """The total degree of a basis function."""
        j, leading = self.labels[n]
        return 2 * j + sum(leading)

    def polynomial(self, n: int) -> Polynomial:
        """The harmonic factor of a basis function, by its monomials."""
        return _harmonic(self.labels[n][1])

    def multiplication(self, i: int) -> list[Row]:
        """Row n: u_i B_n in the basis; what exceeds the highest degree is left out."""
        return [self._times(n, i) for n in range(len(self.labels))]

    def _times(self, n: int, i: int) -> Row:
        j, leading = self.labels[n]
        h, degree = _harmonic(leading), sum(leading)
        slope = _derivative(h, i)
        row: Row = {}
        raised: Polynomial = {_moved(m, i, 1): c for m, c in h.items()}
        if slope:
            share = Fraction(1, 2 * degree + self.dimension - 2)
            for m, c in slope.items():
                for k in range(self.dimension):
                    at = _moved(m, k, 2)
                    raised[at] = raised.get(at, Fraction(0)) - c * share
            self._read(slope, j + 1 if self.solid else 0, share, row)
        self._read(raised, j, Fraction(1), row)
        return row

    def _read(self, harmonic: Polynomial, j: int, factor: Fraction, row: Row) -> None:
        for m, c in harmonic.items():
            if m[-1] <= 1 and c:
                n = self.index.get((j, m))
                if n is not None:
                    row[n] = row.get(n, Fraction(0)) + c * factor

    def rotation(self) -> list[Row]:
        """Row n: x d_y B_n - y d_x B_n in the plane, the derivative by the angle."""
        rows = []
        for j, leading in self.labels:
            h = _harmonic(leading)
            turned: Polynomial = {}
            for source, target, sign in ((1, 0, 1), (0, 1, -1)):
                for m, c in _derivative(h, source).items():
                    at = _moved(m, target, 1)
                    turned[at] = turned.get(at, Fraction(0)) + sign * c
            row: Row = {}
            self._read(turned, j, Fraction(1), row)
            rows.append({n: c for n, c in row.items() if c})
        return rows

    def average(self, n: int) -> Fraction:
        """The average over the unit ball (sphere)."""
        j, leading = self.labels[n]
        if any(leading):
            return Fraction(0)
        return Fraction(self.dimension, self.dimension + 2 * j) if self.solid else Fraction(1)

    def neumann_inverse(self, n: int) -> Row:
        """g with Laplacian g = B_n - <B_n> in the unit ball, no flux through its surface, <g> = 0."""
        j, leading = self.labels[n]
        d, degree = self.dimension, sum(leading)
        first = Fraction(1, 2 * (j + 1) * (2 * (j + 1) + 2 * degree + d - 2))
        if degree:
            flux = Fraction(2 * j + 2 + degree, degree)
            found = {(j + 1, leading): first, (0, leading): -first * flux}
        else:
            mean = Fraction(d, d + 2 * j)
            found = {(j + 1, leading): first}
            found[1, leading] = found.get((1, leading), Fraction(0)) - mean / (2 * d)
            level = sum((c * Fraction(d, d + 2 * k) for (k, _), c in found.items()), Fraction(0))
            found[0, leading] = -level
        return {self.index[label]: c for label, c in found.items() if c and label in self.index}


def _harmonic(leading: MultiIndex) -> Polynomial:
    """The harmonic polynomial with this leading monomial."""
    c, flat = leading[-1], len(leading) - 1
    part: Polynomial = {leading[:-1]: Fraction(1)}
    result: Polynomial = {}
    k = 0
    while part:
        weight = Fraction((-1) ** k * factorial(c), factorial(c + 2 * k))
        for m, value in part.items():
            result[(*m, c + 2 * k)] = value * weight
        lowered: Polynomial = {}
        for i in range(flat):
            for m, value in _derivative(_derivative(part, i), i).items():
                lowered[m] = lowered.get(m, Fraction(0)) + value
        part, k = {m: v for m, v in lowered.items() if v}, k + 1
    return result


def _derivative(polynomial: Polynomial, i: int) -> Polynomial:
    return {_moved(m, i, -1): c * m[i] for m, c in polynomial.items() if m[i]}


def _moved(m: MultiIndex, i: int, by: int) -> MultiIndex:
    return (*m[:i], m[i] + by, *m[i + 1 :])
