"""Linear systems with few entries in a row, modulo several primes below 2^31 at once: the shortest row next."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

_USED = 1 << 40


def sparse_solution(entries: Any, primes: Sequence[int]) -> tuple[list[int], Any] | None:
    """(pivot columns, their unknown numbers modulo each prime) of A q = b with the free ones zero; None without a solution.

    ``entries``: [A | b] modulo each prime, int64 of shape (rows, unknowns + 1, primes), spoilt here. In the shortest row the first
    column is the pivot: so it stays with the columns that the reduced echelon form would take, whose numbers are short. Raises
    :class:`ZeroDivisionError` where a pivot vanishes modulo one prime and not modulo all.
    """
    import numpy as np

    modulus = np.array(primes, np.int64)
    width = entries.shape[1] - 1
    filled = entries.any(axis=2)
    lengths = filled[:, :width].sum(axis=1)
    lengths[lengths == 0] = _USED
    order: list[tuple[int, int, Any]] = []
    while lengths[row := int(lengths.argmin())] < _USED:
        columns = np.flatnonzero(filled[row])
        pivot = int(columns[0])
        scales = [_inverse(v, p) for v, p in zip(entries[row, pivot].tolist(), primes, strict=True)]
        columns = columns[1:]
        top = entries[row, columns] * scales % modulus
        entries[row, columns] = top
        order.append((row, pivot, columns))
        lengths[row] = _USED
        others = np.flatnonzero(filled[:, pivot])
        others = others[lengths[others] < _USED]
        if others.size:
            block = (others[:, None], columns)
            shares = entries[others, pivot][:, None] * top % modulus
            new = (entries[block] - shares) % modulus
            entries[block] = new
            now = new.any(axis=2)
            inner = now.shape[1] - int(columns.size > 0 and columns[-1] == width)
            change = now[:, :inner].sum(axis=1) - filled[block][:, :inner].sum(axis=1) - 1
            filled[block] = now
            filled[others, pivot] = False
            lengths[others] += change
            lengths[others[lengths[others] == 0]] = _USED
    rest = np.ones(len(lengths), bool)
    rest[[row for row, _, _ in order]] = False
    return None if filled[rest, width].any() else _back(entries, modulus, order)


def _back(entries: Any, modulus: Any, order: list[tuple[int, int, Any]]) -> tuple[list[int], Any]:
    """The unknown numbers from the last pivot to the first; the right side counts as an unknown of value -1."""
    import numpy as np

    values = np.zeros(entries.shape[1:], np.int64)
    values[-1] = modulus - 1
    for row, pivot, columns in reversed(order):
        values[pivot] = -(entries[row, columns] * values[columns] % modulus).sum(axis=0) % modulus
    pivots = sorted(pivot for _, pivot, _ in order)
    return pivots, values[pivots].T


def _inverse(value: int, prime: int) -> int:
    if not value:
        raise ZeroDivisionError("a pivot vanishes modulo one of the primes")
    return pow(value, -1, prime)
