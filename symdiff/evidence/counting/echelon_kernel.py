"""The compiled part of elimination modulo a prime p < 2^31, with Montgomery's products (needs numba)."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np

_MASK = np.uint64(0xFFFFFFFF)
_HALF = np.uint64(32)


@numba.njit(nogil=True, cache=True, inline="always")
def _less(a: Any, factor: Any, b: Any, p: Any, q: Any, small: Any) -> Any:
    """a - factor b 2^-32 mod p; q = -1/p mod 2^32."""
    x = np.uint64(factor) * np.uint64(b)
    t = (x + (((x & _MASK) * q) & _MASK) * p) >> _HALF
    d = np.uint32(a - np.uint32(min(t, t - p)))
    return min(d, np.uint32(d + small))


@numba.njit(nogil=True, cache=True)
def reduced_echelon(matrix: Any, p: Any, q: Any) -> Any:
    """Bring a uint32 matrix to reduced row echelon form, in place; the pivot columns.

    First downwards; then only the columns without a pivot are solved for, from the last row to the first.
    """
    rows, columns = matrix.shape
    small = np.uint32(p)
    pivots = np.empty(min(rows, columns), np.int64)
    rank = 0
    for column in range(columns):
        found = rank
        while found < rows and matrix[found, column] == 0:
            found += 1
        if found == rows:
            continue
        if found != rank:
            for j in range(column, columns):
                matrix[rank, j], matrix[found, j] = matrix[found, j], matrix[rank, j]
        top = matrix[rank, column:]
        scale = _inverse(np.uint64(top[0]), p)
        for j in range(top.size):
            top[j] = np.uint64(top[j]) * scale % p
        for i in range(rank + 1, rows):
            row = matrix[i, column:]
            if row[0]:
                factor = (np.uint64(row[0]) << _HALF) % p
                for j in range(top.size):
                    row[j] = _less(row[j], factor, top[j], p, q, small)
        pivots[rank] = column
        rank += 1
        if rank == rows:
            break
    pivots = pivots[:rank]
    is_free = np.ones(columns, np.bool_)
    is_free[pivots] = False
    free = np.flatnonzero(is_free)
    right = matrix[:rank][:, free].copy()
    for i in range(rank - 1, -1, -1):
        row = right[i]
        for r in range(i + 1, rank):
            if matrix[i, pivots[r]]:
                factor = (np.uint64(matrix[i, pivots[r]]) << _HALF) % p
                below = right[r]
                for j in range(row.size):
                    row[j] = _less(row[j], factor, below[j], p, q, small)
    matrix[:] = 0
    for i in range(rank):
        matrix[i, pivots[i]] = 1
        for j in range(free.size):
            matrix[i, free[j]] = right[i, j]
    return pivots


@numba.njit(nogil=True, cache=True)
def _inverse(value: Any, p: Any) -> Any:
    result, exponent = np.uint64(1), p - np.uint64(2)
    while exponent:
        if exponent & np.uint64(1):
            result = result * value % p
        value = value * value % p
        exponent >>= np.uint64(1)
    return result
