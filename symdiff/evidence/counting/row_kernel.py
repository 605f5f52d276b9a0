"""The compiled part of the row sweep: steps of all rows modulo one prime 2^50 - c (needs numba).

Values are kept modulo p only loosely: v = (v mod 2^50) + c (v >> 50) is done when the next step could overflow 64 bits.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np

BITS = 50
_MASK = np.uint64((1 << BITS) - 1)
_SHIFT = np.uint64(BITS)
_ZERO = np.uint64(0)
_LONGEST_SUM = 4096


@numba.njit(nogil=True, cache=True)
def sweep(
    cells: Any, other: Any, lows: Any, highs: Any, base: Any, count: Any, source: Any, shift: Any, weights: Any, folds: Any,
    correction: Any, first: int, last: int, want: int, wanted: Any, out: Any, least: Any, origins: Any, window: Any,
    refused: Any,
) -> None:  # fmt: skip
    """Steps first+1..last. ``cells``: the values row by row; ``lows``, ``highs``: the occupied places of every row.

    ``source[t, row, s]`` is the row that step s comes from at step numbers = t modulo the period (-1: none), ``shift`` what
    it adds to the place, ``count[t, row]`` the places of a row. ``want`` 0: the value at row wanted[t, 0], place
    wanted[t, 1] goes to out[m]; 1: the sum of all. Places from which the end cannot be reached in what is left of window[0]
    steps are left out: those of rows that need ``least`` steps, and those farther along the row (whose first place is at
    coordinate ``origins``) than window = (steps, end, largest step, minus the smallest step, pitch) allows. ``refused[row, s]``: two
    intervals of places from which step s is refused (no steps at all where none is); the period is one then.
    """
    period, rows, moves = source.shape
    fresh_low = np.empty(rows, np.int64)
    fresh_high = np.empty(rows, np.int64)
    begin = np.empty(3 * moves, np.int64)
    end = np.empty(3 * moves, np.int64)
    origin = np.empty(3 * moves, np.int64)
    weight = np.empty(3 * moves, np.uint64)
    for m in range(first + 1, last + 1):
        t = m % period
        left = window[0] - m
        for r in range(rows):
            low, high, number = np.int64(1 << 60), np.int64(-1), 0
            nearest = max(0, (window[1] - left * window[2] - origins[t, r]) // window[4])
            farthest = min(count[t, r] - 1, (window[1] + left * window[3] - origins[t, r]) // window[4])
            for s in range(moves):
                q = source[t, r, s]
                if q >= 0 and highs[q] >= lows[q] and least[r] <= left:
                    k = shift[t, r, s]
                    a, b = max(lows[q] + k, nearest), min(highs[q] + k, farthest)
                    if b >= a:
                        begin[number], end[number], origin[number] = a, b + 1, base[q] - k
                        weight[number] = weights[s]
                        number += 1
                        low, high = min(low, a), max(high, b)
            if refused.shape[1] and highs[r] >= lows[r] and least[r] <= left:
                for s in range(moves):
                    for i in range(0, 4, 2):
                        a = max(refused[r, s, i], lows[r], nearest)
                        b = min(refused[r, s, i + 1] - 1, highs[r], farthest)
                        if b >= a:
                            begin[number], end[number], origin[number] = a, b + 1, base[r]
                            weight[number] = weights[s]
                            number += 1
                            low, high = min(low, a), max(high, b)
            fresh_low[r], fresh_high[r] = low, high
            if number:
                _gather(cells, other[base[r] : base[r] + high + 1], int(low), begin, end, origin, weight, number)
                if folds[m]:
                    row = other[base[r] + low : base[r] + high + 1]
                    for j in range(row.size):
                        row[j] = (row[j] & _MASK) + correction * (row[j] >> _SHIFT)
        cells, other = other, cells
        lows[:], highs[:] = fresh_low, fresh_high
        if want == 0:
            r, place = wanted[t, 0], wanted[t, 1]
            if r >= 0 and lows[r] <= place <= highs[r]:
                out[m] = cells[base[r] + place]
        else:
            out[m] = _sum(cells, lows, highs, base, correction)


@numba.njit(nogil=True, cache=True)
def _gather(cells: Any, row: Any, low: int, begin: Any, end: Any, origin: Any, weight: Any, number: int) -> None:
    """The new values of one row: sums of shifted pieces of old rows, four at a time where they all overlap."""
    row[low:] = _ZERO
    s = 0
    while s < number:
        if s + 4 <= number and weight[s] == 1 and weight[s + 1] == 1 and weight[s + 2] == 1 and weight[s + 3] == 1:
            inner, outer = begin[s], end[s]
            for i in range(s + 1, s + 4):
                inner, outer = max(inner, begin[i]), min(outer, end[i])
            if outer > inner:
                to = row[inner:outer]
                x = cells[origin[s] + inner : origin[s] + outer]
                y = cells[origin[s + 1] + inner : origin[s + 1] + outer]
                z = cells[origin[s + 2] + inner : origin[s + 2] + outer]
                u = cells[origin[s + 3] + inner : origin[s + 3] + outer]
                for j in range(to.size):
                    to[j] += x[j] + y[j] + z[j] + u[j]
                for i in range(s, s + 4):
                    for j in range(begin[i], inner):
                        row[j] += cells[origin[i] + j]
                    for j in range(outer, end[i]):
                        row[j] += cells[origin[i] + j]
                s += 4
                continue
        to = row[begin[s] : end[s]]
        x = cells[origin[s] + begin[s] : origin[s] + end[s]]
        w = weight[s]
        for j in range(to.size):
            to[j] += x[j] * w
        s += 1


@numba.njit(nogil=True, cache=True)
def _sum(cells: Any, lows: Any, highs: Any, base: Any, correction: Any) -> Any:
    """The sum of all places modulo p, loosely."""
    total = _ZERO
    for r in range(lows.size):
        if highs[r] < lows[r]:
            continue
        row = cells[base[r] + lows[r] : base[r] + highs[r] + 1]
        for first in range(0, row.size, _LONGEST_SUM):
            part = row[first : min(first + _LONGEST_SUM, row.size)]
            under, above = _ZERO, _ZERO
            for j in range(part.size):
                under += part[j] & _MASK
                above += part[j] >> _SHIFT
            v = total + (under & _MASK) + correction * ((under >> _SHIFT) + above)
            total = (v & _MASK) + correction * (v >> _SHIFT)
    return total


@numba.njit(nogil=True, cache=True)
def survive(
    cells: Any, other: Any, steps: Any, weights: Any, downs: Any, tops: Any, folds: Any, correction: Any, first: int,
    last: int, steps_in_all: int, start: Any, ups: Any, out: Any,
) -> None:  # fmt: skip
    """h_m(x, y), m = first+1..last: the walks of m steps from (x, y) that stay in x, y >= 0; out[m] is that of the start.

    A walker at x >= m downs[0] does not feel the wall x >= 0 in m steps, so that h_m is constant in x from there on: only the
    places up to there are kept, and of these only those that the start reaches in the other steps. ``cells``: rows of
    tops[1] places; weights in row-major order of ``steps``.
    """
    moves, width = steps.shape[0], tops[1]
    begin = np.empty(moves, np.int64)
    end = np.empty(moves, np.int64)
    origin = np.empty(moves, np.int64)
    weight = np.empty(moves, np.uint64)
    for m in range(first + 1, last + 1):
        old_x = min((m - 1) * downs[0], start[0] + (steps_in_all - m + 1) * ups[0])
        old_y = min((m - 1) * downs[1], start[1] + (steps_in_all - m + 1) * ups[1])
        new_x = min(m * downs[0], start[0] + (steps_in_all - m) * ups[0])
        new_y = min(m * downs[1], start[1] + (steps_in_all - m) * ups[1])
        for x in range(old_x + 1):
            row = cells[x * width : (x + 1) * width]
            row[old_y + 1 : min(width, old_y + downs[1] + ups[1] + 1)] = row[old_y]
        for x in range(new_x + 1):
            number = 0
            for s in range(moves):
                q, shift = x + steps[s, 0], steps[s, 1]
                if q >= 0 and new_y + shift >= 0:
                    begin[number], end[number] = max(0, -shift), new_y + 1
                    origin[number], weight[number] = min(q, old_x) * width + shift, weights[s]
                    number += 1
            row = other[x * width : x * width + new_y + 1]
            _gather(cells, row, 0, begin, end, origin, weight, number)
            if folds[m]:
                for j in range(row.size):
                    row[j] = (row[j] & _MASK) + correction * (row[j] >> _SHIFT)
        cells, other = other, cells
        out[m] = cells[min(start[0], new_x) * width + min(start[1], new_y)]
