"""The tables of a sweep by rows: which places each row holds, from which rows the steps come, which places can still reach the end.

A row holds the places along the last axis that the parity of the walk allows; refused and mirrored steps leave a walk of any parity.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from symdiff.evidence.counting.decimal_text import about
from symdiff.evidence.counting.lattice import coordinates, hermite_basis, plus
from symdiff.evidence.counting.row_walls import Half, compare_sample, half_spaces, landings
from symdiff.evidence.counting.size import require_bytes
from symdiff.evidence.counting.steps import StepSet, Vector
from symdiff.evidence.counting.terrain import ABSORBING, MIRROR, STAY, Place, WalledSteps

FAR = 2**30
_MOST_MOVES = 4_000_000
_LARGEST = 2**59


@dataclass(frozen=True)
class Plan:
    """Tables by step number modulo the period, and from which places steps are refused or mirrored; see ``row_kernel``."""

    n: int
    weights: Any
    base: Any
    count: Any
    source: Any
    shift: Any
    begin: tuple[int, int]
    wanted: Any
    cells: int
    origins: Any
    pitch: int
    arcs: Any
    arc_of: Any
    arc_weight: Any
    skew: int
    slopes: Any
    supports: Any
    needs: Any

    @property
    def rows(self) -> int:
        return len(self.base)


def row_plan(
    walk: WalledSteps, n: int, start: Place, end: Place | None, max_bytes: int, *, backward: bool = False
) -> Plan | None:
    """The tables for walks from start to one end or (None) to any; ``backward``: the same walks from their end to their start.

    None where the moves at the walls are not whole (see ``row_walls``) or too many. Raises :class:`ResourceError`.
    """
    import numpy as np

    steps = walk.steps
    assert isinstance(steps, StepSet)
    sign = -1 if backward else 1
    moved = _displacements(walk, steps)
    ranges = row_ranges(walk, n, start, end)
    basis = _lattice(walk, steps)
    full = len(basis) == walk.dimension
    period = _period(steps, basis) if full else 1
    pitch = basis[-1][-1] if full else 1
    rows, moves = math.prod(high - low + 1 for low, high in ranges[:-1]), len(steps.steps)
    require_bytes(f"a table of the rows of {about(n)} steps", rows * (64 * period * moves + 128 * ((ranges[-1][1] - ranges[-1][0]) // pitch + 2)),
                  max_bytes)  # fmt: skip
    outer = [np.arange(low, high + 1) for low, high in ranges[:-1]]
    grid = np.stack([a.ravel() for a in np.meshgrid(*outer, indexing="ij")], axis=1) if outer else np.zeros((1, 0), int)
    halves = half_spaces(walk)
    if _too_large(halves, ranges):
        return None
    anchor, goal = (end, start) if backward else (start, end)
    assert anchor is not None
    low, high = _inner_ranges(halves, grid, ranges[-1])
    first = np.full((period, rows), -1, np.int64)  # the first allowed place of each row
    count = np.zeros((period, rows), np.int64)
    for t in range(period):
        at = plus(anchor[0], steps.steps[0], sign * t)
        residue, fits = _residues(basis, grid, at, pitch) if full else (low * 0, low == low)
        first[t] = low + (residue - low) % pitch
        count[t] = np.where(fits, np.maximum((high - first[t]) // pitch + 1, 0), 0)
    scale = walk.denominator // steps.denominator
    order = sorted(range(moves), key=lambda s: steps.numerators[s])  # weight one first: they are summed together
    directed = [tuple(sign * x for x in steps.steps[s]) for s in order]
    source, shift = _sources(directed, grid, ranges, first, count, pitch)
    walled = _walled_moves(walk, steps, grid, ranges, first[0], count[0], pitch)
    if walled is None:
        return None
    arcs, arc_of, arc_weight = _by_row(walled, rows, backward=backward)
    wanted = np.full((period, 2), -2, np.int64)
    if goal is not None:
        wanted = np.array([_locate(goal[0], ranges, first[t], count[t], pitch) for t in range(period)], np.int64)
    slopes, supports, needs = _half_planes([tuple(sign * x for x in d) for d in moved], grid, goal)
    width = count.max(axis=0)
    return Plan(
        n=n,
        weights=np.array([steps.numerators[s] * scale for s in order], np.uint64),
        base=np.concatenate([[0], np.cumsum(width)[:-1]]),
        count=count,
        source=source,
        shift=shift,
        begin=_locate(anchor[0], ranges, first[0], count[0], pitch),
        wanted=wanted,
        cells=int(width.sum()),
        origins=first,
        pitch=pitch,
        arcs=arcs,
        arc_of=arc_of,
        arc_weight=arc_weight,
        skew=_skew(source, arcs, arc_of),
        slopes=slopes,
        supports=supports,
        needs=needs,
    )


def row_ranges(walk: WalledSteps, n: int, start: Place, end: Place | None) -> list[tuple[int, int]]:
    """For every axis the smallest and the largest coordinate of n steps (to the end), walls across that axis included."""
    assert isinstance(walk.steps, StepSet)
    moved = _displacements(walk, walk.steps)
    found = []
    for axis, x in enumerate(start[0]):
        up, down = max(0, *(d[axis] for d in moved)), max(0, *(-d[axis] for d in moved))
        low, high = x - n * down, x + n * up
        if end is not None and up + down:  # as far as the other steps lead back
            away = end[0][axis] - x
            low = x - min(n * down, max(0, down * (n * up - away) // (up + down)))
            high = x + min(n * up, max(0, up * (n * down + away) // (up + down)))
        for half in half_spaces(walk):
            if half.normal[axis] and not any(c for i, c in enumerate(half.normal) if i != axis):
                if half.normal[axis] > 0:
                    low = max(low, -(half.constant // half.normal[axis]))
                else:
                    high = min(high, half.constant // -half.normal[axis])
        found.append((low, max(low, high)))
    return found


def _displacements(walk: WalledSteps, steps: StepSet) -> list[Vector]:
    """Vectors whose convex hull has every displacement of one step: the steps, none where one is refused, all of a mirrored step's length."""
    found = [*steps.steps]
    rules = {wall.rule for wall in walk.terrain.walls}
    if STAY in rules:
        found.append((0,) * walk.dimension)
    if MIRROR in rules:  # a mirror image is nearer to any place inside than where the step would have ended
        reach = math.isqrt(max(sum(x * x for x in step) for step in steps.steps))
        found += list(itertools.product((-reach, reach), repeat=walk.dimension))
    return found


def _lattice(walk: WalledSteps, steps: StepSet) -> tuple[Vector, ...]:
    """The lattice of the places after equal numbers of steps: a refused step is one of no displacement, a mirrored one may be any."""
    rules = {wall.rule for wall in walk.terrain.walls}
    if MIRROR in rules:
        return tuple(tuple(int(i == j) for j in range(walk.dimension)) for i in range(walk.dimension))
    still = [steps.steps[0]] if STAY in rules else []
    return hermite_basis([*still, *(plus(s, steps.steps[0], -1) for s in steps.steps)])


def _too_large(halves: Sequence[Half], ranges: Sequence[tuple[int, int]]) -> bool:
    """Whether a value of a wall could leave 64 bits."""
    reach = max(max(abs(low), abs(high)) for low, high in ranges) + FAR
    return any(max(map(abs, (*h.normal, h.constant, h.offset))) * reach * 4 > _LARGEST for h in halves)


def _sources(
    directed: Sequence[Vector], grid: Any, ranges: Sequence[tuple[int, int]], first: Any, count: Any, pitch: int
) -> tuple[Any, Any]:
    """For every step number, row and step the row that it comes from (-1: none), and what it adds to the place."""
    import numpy as np

    period, rows = first.shape
    source = np.full((period, rows, len(directed)), -1, np.int64)
    shift = np.zeros((period, rows, len(directed)), np.int64)
    for s, step in enumerate(directed):
        index, fits = _row_numbers(grid - np.array(step[:-1], int), ranges)
        for t in range(period):
            before = (t - 1) % period
            open_rows = fits & (count[t] > 0) & (count[before][index] > 0)
            source[t, :, s] = np.where(open_rows, index, -1)
            shift[t, :, s] = (first[before][index] + step[-1] - first[t]) // pitch
    return source, shift


def _row_numbers(sites: Any, ranges: Sequence[tuple[int, int]]) -> tuple[Any, Any]:
    """The number of the row of each site, and whether it is one."""
    import numpy as np

    index, fits = np.zeros(len(sites), np.int64), np.ones(len(sites), bool)
    for axis, (low, high) in enumerate(ranges[:-1]):
        at, size = sites[:, axis] - low, high - low + 1
        fits &= (at >= 0) & (at < size)
        index = index * size + np.clip(at, 0, size - 1)
    return index, fits


def _walled_moves(
    walk: WalledSteps, steps: StepSet, grid: Any, ranges: Sequence[tuple[int, int]], first: Any, count: Any, pitch: int
) -> Any:
    """Rows (row, place, new row, new place, weight) of the steps that a wall refuses or mirrors; None where there is no such table."""
    import numpy as np

    found = [np.zeros((0, 5), np.int64)]
    if all(wall.rule == ABSORBING for wall in walk.terrain.walls):
        return found[0]
    halves, span = half_spaces(walk), (-FAR, FAR)
    for step, numerator in zip(steps.steps, steps.numerators, strict=True):
        low, high = _inner_ranges(halves, grid + np.array(step[:-1], int), span)
        upper = np.where(low > high, count, np.clip(-((step[-1] + first - low) // pitch), 0, count))
        lower = np.where(low > high, count, np.clip((high - step[-1] - first) // pitch + 1, upper, count))
        if int((upper + count - lower).sum()) > _MOST_MOVES:
            return None
        row = np.concatenate([np.repeat(np.arange(len(grid)), upper), np.repeat(np.arange(len(grid)), count - lower)])
        place = np.concatenate([_runs(upper * 0, upper), _runs(lower, count)])
        sites = np.concatenate([grid[row], (first[row] + pitch * place)[:, None]], axis=1)
        ends = landings(walk, sites, step)
        if ends is None:
            return None
        compare_sample(walk, steps, sites)
        there, weight = ends
        new_row, fits = _row_numbers(there[:, :-1], ranges)
        new_place, off = np.divmod(there[:, -1] - first[new_row], pitch)
        fits &= (weight > 0) & (off == 0) & (new_place >= 0) & (new_place < count[new_row])
        moves = np.stack([row, place, new_row, new_place, weight * numerator], axis=1)
        found.append(moves[fits])
    return np.concatenate(found)


def _runs(begin: Any, end: Any) -> Any:
    """begin[0], ..., end[0] - 1, begin[1], ..., end[1] - 1, ..."""
    import numpy as np

    size = end - begin
    return np.arange(int(size.sum())) - np.repeat(np.cumsum(size) - size - begin, size)


def _by_row(moves: Any, rows: int, *, backward: bool) -> tuple[Any, Any, Any]:
    """Moves (place, row, place) into each row, with the first of each row, and their weights; equal ones put together."""
    import numpy as np

    into, source = (slice(0, 2), slice(2, 4)) if backward else (slice(2, 4), slice(0, 2))
    keys = np.concatenate([moves[:, into], moves[:, source]], axis=1)
    unique, which = np.unique(keys, axis=0, return_inverse=True)
    weight = np.zeros(len(unique), np.uint64)
    np.add.at(weight, which.ravel(), moves[:, 4].astype(np.uint64))
    return np.ascontiguousarray(unique[:, 1:]), np.searchsorted(unique[:, 0], np.arange(rows + 1)), weight


def _skew(source: Any, arcs: Any, arc_of: Any) -> int:
    """The most rows over which one move leads, at least one."""
    import numpy as np

    rows = np.arange(source.shape[1])
    steps = np.where(source >= 0, np.abs(source - rows[None, :, None]), 0).max(initial=1)
    return max(int(steps), int(np.abs(arcs[:, 1] - np.repeat(rows, np.diff(arc_of))).max(initial=1)))


def _half_planes(moved: Sequence[Vector], grid: Any, end: Place | None) -> tuple[Any, Any, Any]:
    """u . (end - place) <= (steps that are left) * support holds wherever the end is in reach: the last entry of each u, the supports, u . end less the part of the row.

    The normals u are those of the edges of the convex hull of the displacements in the plane, and of the axes.
    """
    import numpy as np

    if end is None:
        return np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros((0, len(grid)), np.int64)
    dimension = len(end[0])
    normals = {tuple(sign * int(i == j) for j in range(dimension)) for i in range(dimension) for sign in (1, -1)}
    points = {*moved, (0,) * dimension}
    if dimension == 2:
        for p, q in itertools.permutations(points, 2):
            u = (p[1] - q[1], q[0] - p[0])
            if all(u[0] * (x[0] - p[0]) + u[1] * (x[1] - p[1]) <= 0 for x in points):
                normals.add((u[0] // math.gcd(*u), u[1] // math.gcd(*u)))
    chosen = sorted(normals)
    supports = [max(sum(a * b for a, b in zip(u, x, strict=True)) for x in points) for u in chosen]
    aims = [sum(a * b for a, b in zip(u, end[0], strict=True)) for u in chosen]
    needs = [aim - grid @ np.array(u[:-1], np.int64) for u, aim in zip(chosen, aims, strict=True)]
    return (
        np.array([u[-1] for u in chosen], np.int64),
        np.array(supports, np.int64),
        np.array(needs, np.int64).reshape(len(chosen), len(grid)),
    )


def _period(steps: StepSet, basis: Sequence[Vector]) -> int:
    """The smallest number of steps after which the walk is back on the same coset of the lattice of differences."""
    t = 1
    while coordinates(basis, tuple(t * x for x in steps.steps[0])) is None:
        t += 1
    return t


def _inner_ranges(walls: Sequence[Half], grid: Any, span: tuple[int, int]) -> tuple[Any, Any]:
    """For every row the first and the last coordinate along the last axis inside all walls."""
    import numpy as np

    low, high = np.full(len(grid), span[0]), np.full(len(grid), span[1])
    for half in walls:
        rest = grid @ np.array(half.normal[:-1], int) + half.constant
        if half.normal[-1] > 0:
            low = np.maximum(low, -(rest // half.normal[-1]))
        elif half.normal[-1] < 0:
            high = np.minimum(high, rest // -half.normal[-1])
        else:
            high = np.where(rest >= 0, high, low - 1)
    return low, high


def _residues(basis: Sequence[Vector], grid: Any, anchor: Vector, pitch: int) -> tuple[Any, Any]:
    """The last coordinate modulo the pitch that each row has on anchor + lattice, and whether the row meets it at all."""
    import numpy as np

    rest = grid - np.array(anchor[:-1], int)
    residue, fits = np.full(len(grid), anchor[-1]), np.ones(len(grid), bool)
    for axis, row in enumerate(basis[:-1]):
        quotient, remainder = np.divmod(rest[:, axis], row[axis])
        fits &= remainder == 0
        rest = rest - quotient[:, None] * np.array(row[:-1], int)
        residue = residue + quotient * row[-1]
    return residue % pitch, fits


def _locate(site: Vector, ranges: list[tuple[int, int]], first: Any, count: Any, pitch: int) -> tuple[int, int]:
    """Row and place of a site; (-1, -1) where no row holds it at this step number."""
    row = 0
    for x, (low, high) in zip(site[:-1], ranges[:-1], strict=True):
        if not low <= x <= high:
            return -1, -1
        row = row * (high - low + 1) + x - low
    place, off = divmod(site[-1] - int(first[row]), pitch)
    return (row, place) if not off and 0 <= place < int(count[row]) else (-1, -1)
