"""Walks between straight walls, absorbing ones or such that refuse steps, whole rows at a time modulo many primes, put together by remainders.

A row holds the places along the last axis that the parity of the walk allows; refused steps leave a walk of any parity. Needs numba; without it the caller goes on
place by place.
"""

from __future__ import annotations

import importlib.util
import math
import os
import threading
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from symdiff.errors import InternalFaultError
from symdiff.evidence.counting.lattice import coordinates, hermite_basis, plus
from symdiff.evidence.counting.modular import from_remainders, primes_below
from symdiff.evidence.counting.size import require_bytes
from symdiff.evidence.counting.steps import StepSet, Vector
from symdiff.evidence.counting.survival import METHOD as SURVIVAL
from symdiff.evidence.counting.survival import Survival
from symdiff.evidence.counting.terrain import ABSORBING, STAY, Place, WalledSteps

METHOD = "row sweep between walls, modulo {} primes"
_WORTHWHILE = 300_000
_CHUNK = 32  # even, so that the two buffers are back in place after each call
_PREFIX = 30_000
_FAR = 2**30


@dataclass(frozen=True)
class _Plan:
    """Tables of the sweep, by step number modulo the period; see ``row_kernel``."""

    base: Any
    count: Any
    source: Any
    shift: Any
    begin: tuple[int, int]
    wanted: Any
    cells: int
    least: Any
    origins: Any
    window: Any
    refused: Any


def row_sequence(
    walk: WalledSteps, n: int, start: Place, end: Place | None, *, check: bool, max_bytes: int
) -> tuple[list[Any], str, tuple[str, ...]] | None:
    """The numerators of the counts of 0..n steps to one end or (None) to any; None where this way does not apply or pay.

    Raises :class:`ResourceError` where tables and rows may need more than ``max_bytes``.
    """
    steps = walk.steps
    if not (isinstance(steps, StepSet) and sweeps_by_rows(walk)):
        return None
    if _rows_bound(walk, n, start) * n * len(steps.steps) <= _WORTHWHILE:
        return None
    total = sum(steps.numerators)
    floors = _floors(walk) if end is None and not _refusing(walk) else None
    survival = None if floors is None else Survival(steps, n, start[0], floors, max_bytes)
    plan = None if survival is not None else _plan(walk, steps, n, start, end, max_bytes)
    primes = primes_below(50, (total**n).bit_length() // 49 + 2)  # many: only what fits gets here
    if survival is not None:
        name = SURVIVAL
        remainders = _side_by_side(lambda p, stop: survival.sweep(p, _folds(total, n), stop), primes)
    else:
        assert plan is not None
        name = METHOD
        remainders = _all_sweeps(plan, steps, n, primes, 0 if end is not None else 1)
    *used, spare = primes
    values = [from_remainders([r[m] for r in remainders[:-1]], used) for m in range(n + 1)]
    values[0] = int(end is None or end == start)
    done: tuple[str, ...] = ()
    if check:
        if any((v - r) % spare for v, r in zip(values[1:], remainders[-1][1:], strict=True)):
            raise InternalFaultError("the counts between walls do not fit their remainder modulo a further prime")
        done = ("a further prime, every term", *_prefix(walk, start, end, values))
    return values, name.format(len(used)), done


def sweeps_by_rows(walk: WalledSteps) -> bool:
    """Whether this way applies: plain steps between straight walls that absorb or refuse, and the compiled kernel is installed."""
    steps = walk.steps
    fits = isinstance(steps, StepSet) and sum(steps.numerators) < 2**12 and _straight(walk)
    return fits and importlib.util.find_spec("numba") is not None


def _straight(walk: WalledSteps) -> bool:
    terrain = walk.terrain
    special = terrain.periods or any(terrain.open_where) or terrain.rest or any(terrain.factors)
    return (
        bool(terrain.walls)
        and not special
        and all(
            (wall.rule == ABSORBING or (wall.rule == STAY and not wall.absorbed))
            and side.condition.sign in (">=", ">")
            and side.condition.polynomial.linear
            for wall in terrain.walls
            for side in wall.sides[0]
        )
    )


def _ranges(walk: WalledSteps, n: int, start: Place) -> list[tuple[int, int]]:
    """For every axis the smallest and the largest coordinate of n steps, walls across that axis included."""
    found = []
    for axis, x in enumerate(start[0]):
        entries = [t.step[axis] for t in walk.machine.transitions]
        low, high = x + n * min(0, *entries), x + n * max(0, *entries)
        for normal, constant in _half_spaces(walk):
            if normal[axis] and not any(c for i, c in enumerate(normal) if i != axis):
                if normal[axis] > 0:
                    low = max(low, -(constant // normal[axis]))
                else:
                    high = min(high, constant // -normal[axis])
        found.append((low, max(low, high)))
    return found


def _refusing(walk: WalledSteps) -> bool:
    return any(wall.rule == STAY for wall in walk.terrain.walls)


def _half_spaces(walk: WalledSteps, rules: Collection[str] = (ABSORBING, STAY)) -> list[tuple[Vector, int]]:
    """Every wall as normal . x + constant >= 0, integers."""
    found = []
    for wall in walk.terrain.walls:
        for side in wall.sides[0] if wall.rule in rules else ():
            if side.condition.polynomial.linear:
                normal, constant = side.condition.polynomial.affine(walk.dimension)
                found.append((normal, constant - int(side.condition.sign == ">")))
    return found


def _rows_bound(walk: WalledSteps, n: int, start: Place) -> int:
    return math.prod(high - low + 1 for low, high in _ranges(walk, n, start))


def _plan(walk: WalledSteps, steps: StepSet, n: int, start: Place, end: Place | None, max_bytes: int) -> _Plan:
    import numpy as np

    ranges = _ranges(walk, n, start)
    still = [steps.steps[0]] if _refusing(walk) else []  # a refused step is one of no displacement
    basis = hermite_basis([*still, *(plus(s, steps.steps[0], -1) for s in steps.steps)])
    full = len(basis) == walk.dimension
    period = _period(steps, basis) if full else 1
    pitch = basis[-1][-1] if full else 1
    outer = [np.arange(low, high + 1) for low, high in ranges[:-1]]
    grid = np.stack([a.ravel() for a in np.meshgrid(*outer, indexing="ij")], axis=1) if outer else np.zeros((1, 0), int)
    rows, moves = len(grid), len(steps.steps)
    require_bytes(f"the rows of {n} steps", rows * (32 * period * moves + 128 * ((ranges[-1][1] - ranges[-1][0]) // pitch + 2)),
                  max_bytes)  # fmt: skip
    low, high = _inner_ranges(_half_spaces(walk), grid, ranges[-1])
    first = np.full((period, rows), -1, np.int64)  # the first allowed place of each row
    count = np.zeros((period, rows), np.int64)
    for t in range(period):
        residue, fits = (
            _residues(basis, grid, plus(start[0], steps.steps[0], t), pitch) if full else (low * 0, low == low)
        )
        first[t] = low + (residue - low) % pitch
        count[t] = np.where(fits, np.maximum((high - first[t]) // pitch + 1, 0), 0)
    source = np.full((period, rows, moves), -1, np.int64)
    shift = np.zeros((period, rows, moves), np.int64)
    sizes = [len(a) for a in outer]
    for s, step in enumerate(steps.steps):
        origin = grid - np.array(step[:-1], int)
        index, fits = np.zeros(rows, int), np.ones(rows, bool)
        for axis, size in enumerate(sizes):
            at = origin[:, axis] - ranges[axis][0]
            fits &= (at >= 0) & (at < size)
            index = index * size + np.clip(at, 0, size - 1)
        for t in range(period):
            before = (t - 1) % period
            open_rows = fits & (count[t] > 0) & (count[before][index] > 0)
            source[t, :, s] = np.where(open_rows, index, -1)
            shift[t, :, s] = (first[before][index] + step[-1] - first[t]) // pitch
    base = np.concatenate([[0], np.cumsum(count.max(axis=0))[:-1]])
    wanted = np.full((period, 2), -1, np.int64)
    if end is not None:
        wanted = np.array([_locate(end[0], ranges, first[t], count[t], pitch) for t in range(period)], np.int64)
    cells = int(count.max(axis=0).sum())
    begin = _locate(start[0], ranges, first[0], count[0], pitch)
    least, window = _nearness(steps, n, grid, end, pitch)
    refused = _refused(walk, steps, grid, first[0], count[0], pitch)
    return _Plan(base, count, source, shift, begin, wanted, cells, least, first, window, refused)


def _refused(walk: WalledSteps, steps: StepSet, grid: Any, first: Any, count: Any, pitch: int) -> Any:
    """For every row and step two intervals [a, b), [c, d) of places from which the step is refused; no steps where no wall refuses.

    It ends inside all absorbing walls, and outside of another one.
    """
    import numpy as np

    if not _refusing(walk):
        return np.zeros((len(grid), 0, 4), np.int64)
    found = np.zeros((len(grid), len(steps.steps), 4), np.int64)
    span = (-_FAR, _FAR)
    for s, step in enumerate(steps.steps):
        there = grid + np.array(step[:-1], int)
        low, high = _inner_ranges(_half_spaces(walk), there, span)
        least, most = _inner_ranges(_half_spaces(walk, (ABSORBING,)), there, span)
        closed = low > high
        ends = (
            least,
            np.where(closed, most, np.minimum(most, low - 1)),
            np.where(closed, most + 1, np.maximum(least, high + 1)),
            most,
        )
        for i, (edge, upper) in enumerate(zip(ends, (0, 1, 0, 1), strict=True)):
            away = edge - step[-1] - first
            place = away // pitch + 1 if upper else -(-away // pitch)
            found[:, s, i] = np.clip(place, 0, count)
    return found


def _nearness(steps: StepSet, n: int, grid: Any, end: Place | None, pitch: int) -> tuple[Any, Any]:
    """For every row the fewest steps to the row of the end, and the window along the rows; see ``row_kernel``."""
    import numpy as np

    least = np.zeros(len(grid), np.int64)
    if end is None:
        return least, np.array([n + 1, 0, _FAR, _FAR, pitch], np.int64)
    axes = list(zip(*steps.steps, strict=True))
    for axis, entries in enumerate(axes[:-1]):
        away = end[0][axis] - grid[:, axis]
        up, down = max(0, *entries), max(0, *(-x for x in entries))
        forward = -(-away // up) if up else np.where(away > 0, _FAR, 0)
        backward = -(away // down) if down else np.where(away < 0, _FAR, 0)
        least = np.maximum(least, np.maximum(forward, backward))
    return least, np.array([n, end[0][-1], max(0, *axes[-1]), max(0, *(-x for x in axes[-1])), pitch], np.int64)


def _period(steps: StepSet, basis: Sequence[Vector]) -> int:
    """The smallest number of steps after which the walk is back on the same coset of the lattice of differences."""
    t = 1
    while coordinates(basis, tuple(t * x for x in steps.steps[0])) is None:
        t += 1
    return t


def _inner_ranges(walls: Sequence[tuple[Vector, int]], grid: Any, span: tuple[int, int]) -> tuple[Any, Any]:
    """For every row the first and the last coordinate along the last axis inside all given walls."""
    import numpy as np

    low, high = np.full(len(grid), span[0]), np.full(len(grid), span[1])
    for normal, constant in walls:
        rest = grid @ np.array(normal[:-1], int) + constant
        if normal[-1] > 0:
            low = np.maximum(low, -(rest // normal[-1]))
        elif normal[-1] < 0:
            high = np.minimum(high, rest // -normal[-1])
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


def _all_sweeps(plan: _Plan, steps: StepSet, n: int, primes: list[int], want: int) -> list[list[int]]:
    """The remainders of the wanted values modulo every prime; batches of primes run side by side."""
    import numpy as np

    from symdiff.evidence.counting.row_kernel import BITS, sweep

    folds = _folds(sum(steps.numerators), n)
    weights = np.array(steps.numerators, np.uint64)

    def one(prime: int, stop: threading.Event) -> list[int]:
        cells, other = np.zeros(plan.cells, np.uint64), np.zeros(plan.cells, np.uint64)
        lows, highs = np.ones(len(plan.base), np.int64), np.zeros(len(plan.base), np.int64)
        row, place = plan.begin
        lows[row] = highs[row] = place
        cells[int(plan.base[row]) + place] = 1
        out = np.zeros(n + 1, np.uint64)
        for begin in range(0, n, _CHUNK):
            if stop.is_set():
                break
            sweep(cells, other, lows, highs, plan.base, plan.count, plan.source, plan.shift, weights, folds,
                  np.uint64(2**BITS - prime), begin, min(begin + _CHUNK, n), want, plan.wanted, out,
                  plan.least, plan.origins, plan.window, plan.refused)  # fmt: skip
        return [int(v) % prime for v in out]

    return _side_by_side(one, primes)


def _folds(total: int, n: int) -> Any:
    """For every step number whether the values must be folded then, so that no sum overflows 64 bits."""
    import numpy as np

    from symdiff.evidence.counting.row_kernel import BITS

    bound, folds = 1, np.zeros(n + 1, np.bool_)
    for m in range(1, n + 1):
        bound *= total
        if bound * total >= 2**63:
            folds[m], bound = True, 2 ** (BITS + 1)
    return folds


def _side_by_side(one: Callable[[int, threading.Event], list[int]], primes: list[int]) -> list[list[int]]:
    """One prime a thread."""
    stop = threading.Event()
    with ThreadPoolExecutor(min(len(primes), os.cpu_count() or 1)) as pool:
        try:
            return list(pool.map(lambda prime: one(prime, stop), primes))
        except BaseException:  # an interrupt too: no thread works on after this call
            stop.set()
            raise


def _floors(walk: WalledSteps) -> list[int | None] | None:
    """For every axis the smallest coordinate inside; None where walls are not of the form x >= c, or stand across three axes."""
    found: list[int | None] = [None] * walk.dimension
    for normal, constant in _half_spaces(walk):
        axes = [i for i, c in enumerate(normal) if c]
        if len(axes) != 1 or normal[axes[0]] < 0:
            return None
        floor = -(constant // normal[axes[0]])
        known = found[axes[0]]
        found[axes[0]] = floor if known is None else max(known, floor)
    return found if 1 <= sum(f is not None for f in found) <= 2 else None


def _prefix(walk: WalledSteps, start: Place, end: Place | None, values: list[int]) -> tuple[str, ...]:
    """The first terms again, place by place."""
    from symdiff.evidence.counting.walled import layers

    spent, m = 0, 0
    for m, layer in enumerate(layers(walk, len(values) - 1, {start: 1})):
        if (sum(layer.values()) if end is None else layer.get(end, 0)) != values[m]:
            raise InternalFaultError(
                f"the number of walks of {m} steps between walls disagrees with dynamic programming"
            )
        spent += len(layer) * len(walk.machine.transitions)
        if spent > _PREFIX:
            break
    return (f"dynamic programming, 0..{m} steps",)
