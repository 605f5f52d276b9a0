"""Linear systems and eigenvalues of matrices of many digits, with one factorisation for many right-hand sides."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import mpmath

Number = Any
MOST_STEPS = 40
LOST = 12  # digits that a factorisation may lose; residuals are read to 15


def solver(matrix: Any) -> Callable[[Any], Any]:
    """The map b -> x with ``matrix`` x = b; raises ZeroDivisionError for a matrix that is singular to all digits.

    Gaussian elimination of the entries that are there, pivots largest against their row.
    """
    size = matrix.rows
    rows = [{k: matrix[n, k] for k in range(size) if matrix[n, k]} for n in range(size)]
    scale = [max(map(abs, row.values()), default=1) for row in rows]
    left, pivots, removed = list(range(size)), [], []
    for column in range(size):
        having = [n for n in left if rows[n].get(column)]
        if not having:
            raise ZeroDivisionError
        pivot = max(having, key=lambda n: abs(rows[n][column]) / scale[n])
        left.remove(pivot)
        pivots.append(pivot)
        others = [(k, c) for k, c in rows[pivot].items() if k > column]
        for n in having:
            if n != pivot:
                row, factor = rows[n], rows[n][column] / rows[pivot][column]
                removed.append((n, pivot, factor))
                for k, c in others:
                    row[k] = row.get(k, 0) - factor * c

    def solve(right: Any) -> Any:
        values = [right[n] for n in range(size)]
        for n, pivot, factor in removed:
            values[n] -= factor * values[pivot]
        found = [mpmath.mpf(0)] * size
        for column in reversed(range(size)):
            row = rows[pivots[column]]
            known = sum((c * found[k] for k, c in row.items() if k > column), mpmath.mpf(0))
            found[column] = (values[pivots[column]] - known) / row[column]
        return mpmath.matrix(found)

    return solve


def eigenvalue_near(matrix: Any, shift: Number) -> Number | None:
    """The eigenvalue of ``matrix`` nearest to ``shift``, by inverse iteration; None where it does not settle.

    Every step gains the digits to which the shift is right.
    """
    size = matrix.rows
    vector = mpmath.matrix([mpmath.mpf(1 + n) / (2 + n) for n in range(size)])
    settled, value = mpmath.mpf(10) ** (LOST - mpmath.mp.dps) * max(1, abs(shift)), shift
    try:
        solve = solver(matrix - shift * mpmath.eye(size))
    except ZeroDivisionError:
        return None
    for _ in range(MOST_STEPS):
        vector = solve(vector)
        largest = max(vector, key=abs)
        if largest == 0:
            return None
        found = shift + 1 / largest
        if abs(found - value) <= settled:
            return found
        vector, value = vector / largest, found
    return None


class Sparse:
    """A square matrix by its rows, of few entries each."""

    def __init__(self, rows: list[dict[int, Number]]) -> None:
        self.rows = rows

    @classmethod
    def zero(cls, size: int) -> Sparse:
        """No entry."""
        return cls([{} for _ in range(size)])

    @classmethod
    def eye(cls, size: int) -> Sparse:
        """The identity."""
        return cls([{n: mpmath.mpf(1)} for n in range(size)])

    def add(self, row: int, column: int, value: Number) -> None:
        """Add to one entry, while the matrix is being built."""
        self.rows[row][column] = self.rows[row].get(column, 0) + value

    def __add__(self, other: Sparse) -> Sparse:
        total = Sparse([dict(row) for row in self.rows])
        for n, row in enumerate(other.rows):
            for k, c in row.items():
                total.add(n, k, c)
        return total

    def __sub__(self, other: Sparse) -> Sparse:
        return self + other.scaled(mpmath.mpf(-1))

    def scaled(self, factor: Number) -> Sparse:
        """Times a number."""
        if factor == 0:
            return Sparse.zero(len(self.rows))
        return Sparse([{k: c * factor for k, c in row.items()} for row in self.rows])

    def __matmul__(self, other: Sparse) -> Sparse:
        result = Sparse.zero(len(self.rows))
        for n, row in enumerate(self.rows):
            for k, c in row.items():
                for m, d in other.rows[k].items():
                    result.add(n, m, c * d)
        return result

    def norm(self) -> Number:
        """The largest sum of the moduli of a row."""
        return max((mpmath.fsum(map(abs, row.values())) for row in self.rows), default=mpmath.mpf(0))

    def dense(self) -> Any:
        """The same as a matrix of mpmath."""
        size = len(self.rows)
        whole = mpmath.matrix(size, size)
        for n, row in enumerate(self.rows):
            for k, c in row.items():
                whole[n, k] = c
        return whole
