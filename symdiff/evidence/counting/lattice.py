"""Integer lattices: Hermite normal form, coordinates in it, small linear forms, unimodular inverses."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Sequence
from fractions import Fraction
from functools import lru_cache

from symdiff.evidence.counting.steps import Vector


def hermite_basis(vectors: Iterable[Vector]) -> tuple[Vector, ...]:
    """The Hermite normal form basis of the lattice of all integer combinations of some vectors.

    Rows in echelon form, pivots positive, entries above a pivot reduced to 0 <= entry < pivot; the form is unique, so
    equal lattices have equal bases. Source: H. Cohen, A Course in Computational Algebraic Number Theory, 2.4.
    """
    rows = [list(v) for v in vectors if any(v)]
    basis: list[list[int]] = []
    for column in range(len(rows[0]) if rows else 0):
        active = [row for row in rows if row[column]]
        rows = [row for row in rows if not row[column]]
        while len(active) > 1:
            active.sort(key=lambda row: abs(row[column]))
            pivot, *others = active
            active = [pivot]
            for row in others:
                rest = _subtract(row, row[column] // pivot[column], pivot)
                if rest[column]:
                    active.append(rest)
                elif any(rest):
                    rows.append(rest)
        if active:
            pivot = active[0] if active[0][column] > 0 else [-entry for entry in active[0]]
            basis = [_subtract(row, row[column] // pivot[column], pivot) for row in basis]
            basis.append(pivot)
    return tuple(tuple(row) for row in basis)


def coordinates(basis: Sequence[Vector], vector: Vector) -> Vector | None:
    """The integer coordinates of a vector in a Hermite normal form basis; None where it is not in the lattice."""
    rest, found = list(vector), []
    for row in basis:
        column = next(i for i, entry in enumerate(row) if entry)
        quotient, remainder = divmod(rest[column], row[column])
        if remainder:
            return None
        rest = _subtract(rest, quotient, row)
        found.append(quotient)
    return None if any(rest) else tuple(found)


def combine(coefficients: Sequence[int], vectors: Sequence[Vector], dimension: int) -> Vector:
    """The integer combination of vectors."""
    return tuple(sum(c * v[i] for c, v in zip(coefficients, vectors, strict=True)) for i in range(dimension))


def plus(a: Sequence[int], b: Sequence[int], times: int = 1) -> Vector:
    """a + times b."""
    return tuple(x + times * y for x, y in zip(a, b, strict=True))


def dot(form: Vector, vector: Vector) -> int:
    """The value of a linear form."""
    return sum(f * v for f, v in zip(form, vector, strict=True))


@lru_cache(maxsize=8)
def small_forms(rank: int) -> tuple[Vector, ...]:
    """Primitive integer forms with small entries, of both signs; none above rank 6, where there would be too many."""
    reach = {1: 1, 2: 3, 3: 2, 4: 1, 5: 1, 6: 1}.get(rank)
    if reach is None:
        return ()
    return tuple(f for f in itertools.product(range(-reach, reach + 1), repeat=rank) if math.gcd(*f) == 1)


def extends_to_basis(forms: Sequence[Vector]) -> bool:
    """Whether integer forms are part of a basis of all integer forms (the gcd of their maximal minors is one)."""
    columns = hermite_basis(zip(*forms, strict=True))
    return len(columns) == len(forms) and all(row[i] == 1 for i, row in enumerate(columns))


def unimodular_inverse(rows: Sequence[Vector]) -> tuple[Vector, ...]:
    """The columns of the inverse of a square integer matrix of determinant +-1, each as a vector."""
    size = len(rows)
    work = [
        [Fraction(entry) for entry in row] + [Fraction(int(i == j)) for j in range(size)] for i, row in enumerate(rows)
    ]
    for column in range(size):
        found = next(i for i in range(column, size) if work[i][column])
        work[column], work[found] = work[found], work[column]
        work[column] = [entry / work[column][column] for entry in work[column]]
        for i in range(size):
            if i != column and work[i][column]:
                factor = work[i][column]
                work[i] = [a - factor * b for a, b in zip(work[i], work[column], strict=True)]
    return tuple(tuple(int(work[i][size + j]) for i in range(size)) for j in range(size))


def to_number(vector: Sequence[int], radices: Sequence[int]) -> int:
    """The mixed-radix number of a vector, the first coordinate outermost: numbers order vectors lexicographically."""
    number = 0
    for x, radix in zip(vector, radices, strict=True):
        number = number * radix + x
    return number


def to_vector(number: int, lows: Sequence[int], radices: Sequence[int]) -> Vector:
    """The vector of a mixed-radix number whose digits begin at ``lows``."""
    digits = []
    for low, radix in zip(reversed(lows), reversed(radices), strict=True):
        digit = (number - low) % radix + low
        number = (number - digit) // radix
        digits.append(digit)
    return tuple(reversed(digits))


def _subtract(row: list[int], factor: int, other: Sequence[int]) -> list[int]:
    return [a - factor * b for a, b in zip(row, other, strict=True)]
