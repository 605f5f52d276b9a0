"""The compiled parts of the row sweep: steps of all rows of 64-bit words (needs numba).

A word is one limb of a long count, or a count modulo a prime 2^50 - c, kept loosely: v = (v mod 2^50) + c (v >> 50) is done when the
next step could overflow.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np

BITS = 50
_MASK = np.uint64((1 << BITS) - 1)
_SHIFT = np.uint64(BITS)
_ZERO = np.uint64(0)
_HALF = np.uint64(32)
_LOWER = np.uint64(0xFFFFFFFF)


@numba.njit(nogil=True, cache=True)
def extents(
    lows: Any, highs: Any, count: Any, source: Any, shift: Any, base: Any, weights: Any, arcs: Any, arc_of: Any, origins: Any,
    pitch: int, slopes: Any, supports: Any, needs: Any, n: int, first: int, low: Any, high: Any, number: Any, begin: Any,
    end: Any, origin: Any, weight: Any,
) -> None:  # fmt: skip
    """For steps first+1, ..., first+len(low): the occupied places of every row, and from where each of its pieces is summed.

    ``lows``, ``highs``: the occupied places before. ``source[t, row, s]`` is the row that step s comes from at step numbers = t
    modulo the period (-1: none), ``shift`` what it adds to the place. ``arcs``: (place, row, place) of further single moves
    into a row, of the row r those from ``arc_of[r]`` on. Places from which the end is out of reach are left out: where
    - slope . coordinate > (n - m) support - need for one of the half-planes.
    """
    period, rows, moves = source.shape
    for k in range(low.shape[0]):
        t, left = (first + 1 + k) % period, n - first - 1 - k
        for r in range(rows):
            nearest, farthest = np.int64(0), count[t, r] - 1
            for f in range(slopes.size):
                slack, u = left * supports[f] - needs[f, r], slopes[f]
                if u > 0:
                    nearest = max(nearest, -((origins[t, r] + slack // u) // pitch))
                elif u < 0:
                    farthest = min(farthest, (slack // -u - origins[t, r]) // pitch)
                elif slack < 0:
                    farthest = np.int64(-1)
            least, most, found = np.int64(1 << 60), np.int64(-1), 0
            for s in range(moves):
                q = source[t, r, s]
                if q >= 0:
                    a, b = max(lows[q] + shift[t, r, s], nearest), min(highs[q] + shift[t, r, s], farthest)
                    if b >= a:
                        begin[k, r, found], end[k, r, found] = a, b + 1
                        origin[k, r, found], weight[k, r, found] = base[q] - shift[t, r, s], weights[s]
                        found += 1
                        least, most = min(least, a), max(most, b)
            for i in range(arc_of[r], arc_of[r + 1]):
                to, q, p = arcs[i, 0], arcs[i, 1], arcs[i, 2]
                if lows[q] <= p <= highs[q] and nearest <= to <= farthest:
                    least, most = min(least, to), max(most, to)
            low[k, r], high[k, r], number[k, r] = least, most, found
        lows, highs = low[k], high[k]


@numba.njit(nogil=True, cache=True)
def climb(
    cells: Any, other: Any, begin_plane: int, stride: int, planes: int, lows: Any, highs: Any, low: Any, high: Any,
    number: Any, begin: Any, end: Any, origin: Any, weight: Any, base: Any, arcs: Any, arc_of: Any, arc_weight: Any,
    first: int, skew: int, folds: Any, correction: Any, wanted: Any, out: Any,
) -> None:  # fmt: skip
    """The steps of one table of ``extents`` in every stride-th plane of words, each through one buffer.

    ``wanted[t]`` (row, place) for step numbers = t modulo the period: that word goes to out[plane, m, 0]; (-2, -2): the sums of the
    lower and of the upper halves of all words go to out[plane, m]. A step leads over at most ``skew`` rows. After an even number of steps the words are back in ``cells``.
    """
    rows, steps = base.size, low.shape[0]
    for plane in range(begin_plane, planes, stride):
        words = cells[plane]
        for wave in range(rows + (steps - 1) * skew):
            for k in range(min(steps, wave // skew + 1)):  # so that a few rows of all these steps stay near
                r = wave - k * skew
                if r >= rows or high[k, r] < low[k, r]:
                    continue
                here, there = (other, words) if k % 2 else (words, other)
                m, a, b = first + 1 + k, low[k, r], high[k, r]
                row = there[base[r] : base[r] + b + 1]
                _gather(here, row, a, begin[k, r], end[k, r], origin[k, r], weight[k, r], number[k, r])
                for i in range(arc_of[r], arc_of[r + 1]):
                    to, q, p = arcs[i, 0], arcs[i, 1], arcs[i, 2]
                    under, above = (low[k - 1, q], high[k - 1, q]) if k else (lows[q], highs[q])
                    if a <= to <= b and under <= p <= above:
                        row[to] += here[base[q] + p] * arc_weight[i]
                if folds[m]:
                    for j in range(a, b + 1):
                        row[j] = (row[j] & _MASK) + correction * (row[j] >> _SHIFT)
                at, place = wanted[m % wanted.shape[0]]
                if at == r and a <= place <= b:
                    out[plane, m, 0] = row[place]
                elif at == -2:
                    for j in range(a, b + 1):
                        out[plane, m, 0] += row[j] & _LOWER
                        out[plane, m, 1] += row[j] >> _HALF


@numba.njit(nogil=True, cache=True)
def carry(
    cells: Any, begin_row: int, stride: int, before: int, after: int, bits: Any, low: Any, high: Any, base: Any
) -> None:
    """Every word shorter than 2^bits again, in every stride-th row; planes from ``before`` on are new."""
    mask = (np.uint64(1) << bits) - np.uint64(1)
    for r in range(begin_row, base.size, stride):
        if high[r] < low[r]:
            continue
        over = np.zeros(high[r] - low[r] + 1, np.uint64)
        for plane in range(after):
            row = cells[plane, base[r] + low[r] : base[r] + high[r] + 1]
            if plane < before:
                for j in range(row.size):
                    v = row[j] + over[j]
                    row[j], over[j] = v & mask, v >> bits
            else:
                for j in range(row.size):
                    row[j], over[j] = over[j] & mask, over[j] >> bits


@numba.njit(nogil=True, cache=True)
def _gather(cells: Any, row: Any, low: int, begin: Any, end: Any, origin: Any, weight: Any, number: int) -> None:
    """The new values of one row: sums of shifted pieces of old rows, several at a time where they all overlap."""
    s, clear = 0, True
    while s < number:
        together, inner, outer = _overlap(begin, end, weight, s, number)
        if clear and together == 1:
            row[low:] = _ZERO
        elif clear:
            row[low:inner] = _ZERO
            row[outer:] = _ZERO
        to = row[inner:outer]
        a = cells[origin[s] + inner : origin[s] + outer]
        if together == 1:
            w = weight[s]
            for j in range(to.size):
                to[j] += a[j] * w
        else:
            b = cells[origin[s + 1] + inner : origin[s + 1] + outer]
            c = cells[origin[s + 2] + inner : origin[s + 2] + outer]
            if together == 3:
                _three(to, a, b, c, clear)
            else:
                d = cells[origin[s + 3] + inner : origin[s + 3] + outer]
                if together == 4:
                    _four(to, a, b, c, d, clear)
                else:
                    e = cells[origin[s + 4] + inner : origin[s + 4] + outer]
                    f = cells[origin[s + 5] + inner : origin[s + 5] + outer]
                    g = cells[origin[s + 6] + inner : origin[s + 6] + outer]
                    h = cells[origin[s + 7] + inner : origin[s + 7] + outer]
                    for j in range(to.size):
                        to[j] = a[j] + b[j] + c[j] + d[j] + e[j] + f[j] + g[j] + h[j]
            for i in range(s, s + together):
                for j in range(begin[i], inner):
                    row[j] += cells[origin[i] + j]
                for j in range(outer, end[i]):
                    row[j] += cells[origin[i] + j]
        s, clear = s + together, False
    if clear:
        row[low:] = _ZERO


@numba.njit(nogil=True, cache=True)
def _overlap(begin: Any, end: Any, weight: Any, s: int, number: int) -> Any:
    """How many of the pieces from s on are summed at once (8, only as the first ones; 4, 3 or 1), and where they overlap."""
    ones = 0
    while s + ones < number and ones < 8 and weight[s + ones] == 1:
        ones += 1
    for together in (8, 4, 3):
        if ones < together or (together == 8 and s) or (together == 4 and ones in (5, 6)):
            continue
        inner, outer = begin[s], end[s]
        for i in range(s + 1, s + together):
            inner, outer = max(inner, begin[i]), min(outer, end[i])
        if outer > inner:
            return together, inner, outer
    return 1, begin[s], end[s]


@numba.njit(nogil=True, cache=True)
def _three(to: Any, a: Any, b: Any, c: Any, fresh: bool) -> None:
    if fresh:
        for j in range(to.size):
            to[j] = a[j] + b[j] + c[j]
    else:
        for j in range(to.size):
            to[j] += a[j] + b[j] + c[j]


@numba.njit(nogil=True, cache=True)
def _four(to: Any, a: Any, b: Any, c: Any, d: Any, fresh: bool) -> None:
    if fresh:
        for j in range(to.size):
            to[j] = a[j] + b[j] + c[j] + d[j]
    else:
        for j in range(to.size):
            to[j] += a[j] + b[j] + c[j] + d[j]


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
