"""The compiled parts of self-avoiding walks (need numba): depth-first search, and one column of the transfer matrix."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np


@numba.njit(nogil=True, cache=True)
def search(start: int, depth: int, n: int, mark: int, moves: Any, degrees: Any, visited: Any, tally: Any) -> None:
    """Add all continuations of one walk, whose places are ``visited``, to ``tally[number of steps, place]``.

    ``moves[state, k]`` is what the k-th step adds to the number of a place; place // mark must not be met twice.
    """
    states = degrees.size
    path = np.empty(n + 2, np.int64)
    tried = np.zeros(n + 2, np.int64)
    path[depth] = start
    level = depth
    while level >= depth:
        here = path[level]
        state = here % states
        if level == n - 1:
            for k in range(degrees[state]):
                there = here + moves[state, k]
                if not visited[there // mark]:
                    tally[n, there] += 1
            level -= 1
            if level >= depth:
                visited[path[level + 1] // mark] = 0
            continue
        k = tried[level]
        if k == degrees[state]:
            level -= 1
            if level >= depth:
                visited[here // mark] = 0
            continue
        tried[level] = k + 1
        there = here + moves[state, k]
        if visited[there // mark]:
            continue
        level += 1
        tally[level, there] += 1
        visited[there // mark] = 1
        path[level] = there
        tried[level] = 0


@numba.njit(nogil=True, cache=True)
def _needed(key: int, slot: int, height: int, column: int, touched: int, gaps: Any) -> int:
    """A lower bound of the edges that a state still lacks. Rows of strands: slot s <= ``slot`` is row s, later ones row s - 1.

    Joins of strands go along rows between them, the ways to walls that are not reached yet beyond them.
    """
    ends, strands, first, last, before = 0, 0, -1, -1, -1
    gaps[:] = 0  # how many gaps there are of every size
    ahead = column
    for s in range(height + 1):
        what = (key >> 2 * s) & 3
        if what == 0:
            continue
        row = s if s <= slot else s - 1
        if s < slot:
            ahead = column + 1
        if first < 0:
            first = row
        else:
            gaps[row - before] += 1
        before, last = row, row
        strands += 1
        ends += what == 3
    if strands == 0:
        return 0
    joins = (strands - ends) // 2 + ends - 1
    cost, size = 0, 0
    while joins > 0 and size <= height:
        take = min(joins, gaps[size])
        cost += take * size
        joins -= take
        size += 1
    up = 0 if touched & 1 else first
    down = 0 if touched & 2 else height - 1 - last
    across = max(0, height - ahead)
    cost += up + down + across
    if ends == 2:
        cost += up + down + across
    elif ends == 1:
        cost += min(up, down)
    return cost


@numba.njit(nogil=True, cache=True)
def _partner(key: int, slot: int) -> int:
    """The slot of the other end of an arc: states 1 and 2 are brackets."""
    step = 1 if (key >> 2 * slot) & 3 == 1 else -1
    depth, s = 0, slot
    while True:
        what = (key >> 2 * s) & 3
        if what == 1:
            depth += 1
        elif what == 2:
            depth -= 1
        if depth == 0:
            return s
        s += step


@numba.njit(nogil=True, cache=True)
def _set(key: int, slot: int, what: int) -> int:
    return (key & ~(3 << 2 * slot)) | (what << 2 * slot)


@numba.njit(nogil=True, cache=True)
def _add(
    key: int, touched: int, row: Any, more: int, slot: int, height: int, column: int, table: Any, keys: Any, rows: Any,
    gaps: Any, number: int,
) -> int:  # fmt: skip
    """Add a polynomial, times z^more, to a state of the next boundary; the number of states, -1 where the table is full."""
    longest = row.size - 1
    lowest = 0
    while lowest <= longest and row[lowest] == 0:
        lowest += 1
    room = longest - more - _needed(key, slot, height, column, touched, gaps)
    if lowest > room:
        return number
    code = (key << 2) | touched
    mask = table.size - 1
    place = (code * -7046029254386353131 >> 20) & mask
    while True:
        i = table[place]
        if i < 0:
            if number >= rows.shape[0]:
                return -1
            table[place] = number
            keys[number] = code
            rows[number, :] = 0
            i = number
            number += 1
            break
        if keys[i] == code:
            break
        place = (place + 1) & mask
    for m in range(lowest, room + 1):
        rows[i, m + more] += row[m]
    return number


@numba.njit(nogil=True, cache=True)
def pass_site(
    slot: int, height: int, column: int, polygons: bool, old_keys: Any, old_rows: Any, old_number: int, table: Any, keys: Any,
    rows: Any, done: Any,
) -> int:  # fmt: skip
    """Pass the boundary over the site in row ``slot``: above it comes edge ``slot``, from the left edge ``slot`` + 1.

    Edges: 0 empty, 1 and 2 the first and second end of an arc, 3 leads to an end of the walk. Complete walks (or polygons)
    that touch both walls go to ``done`` by their number of edges. Returns the number of states, -1 where there is no room.
    """
    table[:] = -1
    gaps = np.empty(height + 2, np.int64)
    number = 0
    longest = done.size - 1
    wall = (1 if slot == 0 else 0) | (2 if slot == height - 1 else 0)
    low = slot == height - 1
    for i in range(old_number):
        key, touched = old_keys[i] >> 2, old_keys[i] & 3
        row = old_rows[i]
        above, left = (key >> 2 * slot) & 3, (key >> 2 * (slot + 1)) & 3
        bare = _set(_set(key, slot, 0), slot + 1, 0)
        met = touched | wall
        ends = 0
        for s in range(height + 1):
            ends += (key >> 2 * s) & 3 == 3
        if above == 0 and left == 0:
            if key != 0 or column == 1:
                number = _add(bare, touched, row, 0, slot + 1, height, column, table, keys, rows, gaps, number)
            if number >= 0 and not low:
                number = _add(
                    _set(_set(bare, slot, 1), slot + 1, 2),
                    met,
                    row,
                    2,
                    slot + 1,
                    height,
                    column,
                    table,
                    keys,
                    rows,
                    gaps,
                    number,
                )
            if ends < 2 and not polygons:
                if number >= 0:
                    number = _add(
                        _set(bare, slot, 3), met, row, 1, slot + 1, height, column, table, keys, rows, gaps, number
                    )
                if number >= 0 and not low:
                    number = _add(
                        _set(bare, slot + 1, 3), met, row, 1, slot + 1, height, column, table, keys, rows, gaps, number
                    )
        elif above == 0 or left == 0:
            what = above + left
            number = _add(
                _set(bare, slot, what), met, row, 1, slot + 1, height, column, table, keys, rows, gaps, number
            )
            if number >= 0 and not low:
                number = _add(
                    _set(bare, slot + 1, what), met, row, 1, slot + 1, height, column, table, keys, rows, gaps, number
                )
            if not polygons and number >= 0:
                if what == 3:
                    if bare == 0 and met == 3:
                        for m in range(longest + 1):
                            done[m] += row[m]
                elif ends < 2:
                    other = _partner(key, slot if above else slot + 1)
                    number = _add(
                        _set(bare, other, 3), met, row, 0, slot + 1, height, column, table, keys, rows, gaps, number
                    )
        elif (above == 3 and left == 3) or (above == 1 and left == 2):
            if bare == 0 and met == 3 and (left == 3 or polygons):
                for m in range(longest + 1):
                    done[m] += row[m]
        else:
            fresh = bare
            if above == 3:
                fresh = _set(bare, _partner(key, slot + 1), 3)
            elif left == 3:
                fresh = _set(bare, _partner(key, slot), 3)
            elif above == 1 and left == 1:
                fresh = _set(bare, _partner(key, slot + 1), 1)
            elif above == 2 and left == 2:
                fresh = _set(bare, _partner(key, slot), 2)
            number = _add(fresh, met, row, 0, slot + 1, height, column, table, keys, rows, gaps, number)
        if number < 0:
            return -1
    return number
