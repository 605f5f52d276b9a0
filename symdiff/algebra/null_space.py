"""Null vectors and the group inverse of a matrix over a differential ring, by exact elimination without fractions lost.

A switching matrix M (columns sum to zero for a conserving process) is split as: right null vectors r (the local
equilibria), left null vectors l (the conserved sums), normalised to l r = 1, and the group inverse S with M S = S M =
1 - r l and l S = 0 = S r. S exists where zero is a semisimple eigenvalue.
"""

from __future__ import annotations

from dataclasses import dataclass

from sympy.polys.rings import PolyElement

from symdiff.algebra.differential_ring import DifferentialRing
from symdiff.errors import DerivationError

Dense = list[list[PolyElement]]


@dataclass(frozen=True)
class SpectralSplit:
    """``right`` (s x m), ``left`` (m x s) and the group inverse (s x s) of a matrix with an m-fold zero eigenvalue."""

    right: Dense
    left: Dense
    group_inverse: Dense


def split_zero(matrix: Dense, ring: DifferentialRing) -> SpectralSplit:
    """The spectral split of ``matrix`` at zero; raises :class:`DerivationError` where zero is not semisimple."""
    size = len(matrix)
    right = null_vectors(matrix, ring)
    left = null_vectors([list(column) for column in zip(*matrix, strict=True)], ring)
    if not right:
        raise DerivationError("every state is left faster than the process evolves: nothing is conserved",
                              instead="scale the killing rates, or name a regime in which they are small")  # fmt: skip
    left = _conserved_sums(left, size, ring)
    pairing = [[_dot(l_row, r_row, ring) for r_row in right] for l_row in left]
    inverse = invert(pairing, ring)
    if inverse is None:
        raise DerivationError("the switching has a transient chain that never settles (zero is not a simple eigenvalue)",
                              instead="check for states that lead into each other without return")  # fmt: skip
    columns = [[_total([inverse[b][a] * right[b][i] for b in range(len(right))], ring) for a in range(len(left))]
               for i in range(size)]  # fmt: skip
    # M - r l is invertible, and its inverse acts as S on the complement and as -1 on the null space
    shifted = [[ring.tidy(matrix[i][j] - _total([columns[i][a] * left[a][j] for a in range(len(left))], ring))
                for j in range(size)] for i in range(size)]  # fmt: skip
    resolved = invert(shifted, ring)
    if resolved is None:
        raise DerivationError("the switching has a transient chain that never settles (zero is not a simple eigenvalue)",
                              instead="check for states that lead into each other without return")  # fmt: skip
    group = [[normal(resolved[i][j] + _total([columns[i][a] * left[a][j] for a in range(len(left))], ring), ring)
              for j in range(size)] for i in range(size)]  # fmt: skip
    return SpectralSplit([[normal(x, ring) for x in row] for row in columns], left, group)


def _conserved_sums(left: Dense, size: int, ring: DifferentialRing) -> Dense:
    """For a process that conserves walkers the sum of all states is the natural left vector."""
    if len(left) == 1:
        first = next(x for x in left[0] if x)
        ratio = [normal(x * ring.inverse(first), ring) if x else ring.zero for x in left[0]]
        return [ratio]
    return left


def null_vectors(matrix: Dense, ring: DifferentialRing) -> Dense:
    """A basis of the right null space, by Gauss elimination with normal forms."""
    rows = [list(row) for row in matrix]
    size = len(rows[0])
    pivots: list[int] = []
    r = 0
    for column in range(size):
        pivot = next((i for i in range(r, len(rows)) if not ring.is_zero(rows[i][column])), None)
        if pivot is None:
            continue
        rows[r], rows[pivot] = rows[pivot], rows[r]
        inverse = ring.inverse(rows[r][column])
        rows[r] = [normal(x * inverse, ring) for x in rows[r]]
        for i in range(len(rows)):
            if i != r and rows[i][column]:
                factor = rows[i][column]
                rows[i] = [normal(x - factor * y, ring) for x, y in zip(rows[i], rows[r], strict=True)]
        pivots.append(column)
        r += 1
        if r == len(rows):
            break
    basis = []
    for free in (c for c in range(size) if c not in pivots):
        vector = [ring.zero] * size
        vector[free] = ring.one
        for i, column in enumerate(pivots):
            vector[column] = normal(-rows[i][free], ring)
        basis.append(vector)
    return basis


def invert(matrix: Dense, ring: DifferentialRing) -> Dense | None:
    """The inverse, or None for a singular matrix."""
    size = len(matrix)
    rows = [[*row, *(ring.one if i == j else ring.zero for j in range(size))] for i, row in enumerate(matrix)]
    for column in range(size):
        pivot = next((i for i in range(column, size) if not ring.is_zero(rows[i][column])), None)
        if pivot is None:
            return None
        rows[column], rows[pivot] = rows[pivot], rows[column]
        inverse = ring.inverse(rows[column][column])
        rows[column] = [normal(x * inverse, ring) if x else x for x in rows[column]]
        for i in range(size):
            if i != column and rows[i][column]:
                factor = rows[i][column]
                rows[i] = [normal(x - factor * y, ring) if y else x for x, y in zip(rows[i], rows[column], strict=True)]
    return [row[size:] for row in rows]


def normal(element: PolyElement, ring: DifferentialRing) -> PolyElement:
    """An equal element in lowest terms."""
    numerator, denominator = ring.fraction(element)
    result = numerator
    for atom, power in denominator.items():
        result = result * ring.ring.gens[atom] ** power
    return result


def _dot(a: list[PolyElement], b: list[PolyElement], ring: DifferentialRing) -> PolyElement:
    return normal(_total([x * y for x, y in zip(a, b, strict=True)], ring), ring)


def _total(parts: list[PolyElement], ring: DifferentialRing) -> PolyElement:
    result = ring.zero
    for x in parts:
        result = result + x
    return result
