"""Linear systems with few entries in a row, modulo one prime below 2^31: the shortest row next; and their p-adic solutions.

The elimination is kept, so that further digits of the solution in powers of the prime cost little more than a product.
Source: J. D. Dixon, Numerische Mathematik 40 (1982) 137.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

_USED = 1 << 40
_LARGEST_PRODUCT = 2**62


class Elimination:
    """The steps of the elimination of ``entries``, A modulo a prime (int64, spoilt here).

    In the shortest row the first column is the pivot: so it stays with the columns that the reduced echelon form would take,
    whose numbers are short.
    """

    def __init__(self, entries: Any, prime: int) -> None:
        import numpy as np

        self.prime, self.shape = prime, entries.shape
        self.steps: list[tuple[int, int, int, Any, Any, Any, Any]] = []
        """(row, pivot column, 1/pivot, other columns and their entries, other rows and their entries in the pivot column)."""
        filled = entries != 0
        lengths = filled.sum(axis=1)
        lengths[lengths == 0] = _USED
        while lengths[row := int(lengths.argmin())] < _USED:
            columns = np.flatnonzero(filled[row])
            pivot, columns = int(columns[0]), columns[1:]
            scale = pow(int(entries[row, pivot]), -1, prime)
            top = entries[row, columns] * scale % prime
            lengths[row] = _USED
            others = np.flatnonzero(filled[:, pivot])
            others = others[lengths[others] < _USED]
            factors = entries[others, pivot]
            self.steps.append((row, pivot, scale, columns, top, others, factors))
            if others.size:
                block = (others[:, None], columns)
                old = entries[block]
                new = (old - factors[:, None] * top) % prime
                entries[block] = new
                now = new != 0
                lengths[others] += now.sum(axis=1) - filled[block].sum(axis=1) - 1
                filled[block] = now
                filled[others, pivot] = False
                lengths[others[lengths[others] == 0]] = _USED
        self.pivots = sorted(step[1] for step in self.steps)
        self.rest = np.ones(self.shape[0], bool)
        self.rest[[step[0] for step in self.steps]] = False

    def remainders(self, columns: Any) -> Any:
        """What is left of further columns (int64, spoilt here) in the rows without a pivot: zero where the others span them."""
        p = self.prime
        for row, _, scale, _, _, others, factors in self.steps:
            value = columns[row] * scale % p
            if others.size and value.any():
                columns[others] = (columns[others] - factors[:, None] * value) % p
        return columns[self.rest]

    def solution(self, right: Any) -> Any:
        """All unknown numbers modulo the prime, the free ones zero; None where the equations contradict each other."""
        import numpy as np

        p, right = self.prime, right.copy()
        for row, _, scale, _, _, others, factors in self.steps:
            right[row] = value = int(right[row]) * scale % p
            if value and others.size:
                right[others] = (right[others] - factors * value) % p
        if right[self.rest].any():
            return None
        values = np.zeros(self.shape[1], np.int64)
        for row, pivot, _, columns, top, _, _ in reversed(self.steps):
            values[pivot] = (int(right[row]) - int((top * values[columns] % p).sum())) % p
        return values


def p_adic_solutions(rows: Any, columns: Any, values: Any, shape: tuple[int, int], prime: int) -> Iterator[Any]:
    """The digits of the solution of A q = b in powers of a prime, lowest first; ends where equations contradict each other.

    ``rows``, ``columns``, ``values``: the entries of [A | b] that are not zero; ``shape``: of [A | b]. All unknown numbers without a
    pivot are zero.
    """
    import numpy as np

    width = shape[1] - 1
    inner = columns < width
    order = np.argsort(rows[inner], kind="stable")
    row, column, entry = (x[inner][order] for x in (rows, columns, values))
    matrix = np.zeros((shape[0], width), np.int64)
    matrix[row, column] = entry % prime
    elimination = Elimination(matrix, prime)
    right = np.zeros(shape[0], object)
    right[rows[~inner]] = values[~inner]
    filled, begin = np.unique(row, return_index=True)
    widest = int(np.diff([*begin, len(row)]).max(initial=0))
    exact = entry.dtype == object or int(np.abs(entry).max(initial=0)) * prime * widest >= _LARGEST_PRODUCT
    while (digit := elimination.solution((right % prime).astype(np.int64))) is not None:
        yield digit
        products = entry.astype(object) * digit[column] if exact else entry * digit[column]
        right[filled] -= np.add.reduceat(products, begin).astype(object)
        right //= prime
