"""Walks of all numbers of steps together, where they are finite in number."""

from __future__ import annotations

import itertools
from collections import deque
from dataclasses import dataclass
from fractions import Fraction

from symdiff.errors import InternalFaultError, NotYetError, ResourceError, UsageError
from symdiff.evidence.counting.decimal_text import about
from symdiff.evidence.counting.lattice import dot, plus
from symdiff.evidence.counting.law import short
from symdiff.evidence.counting.places import full_site
from symdiff.evidence.counting.steps import Site, Vector, Weight
from symdiff.evidence.counting.terrain import MIRROR, Place, Terrain, Walk, WalledSteps
from symdiff.evidence.counting.walled import end_place, start_place

MAX_PLACES = 1_000_000
_FIRST_LOOK = 5_000  # a circle, where there is one, is nearly always among so many places
METHOD = "sum over all places between start and end, in the order of the walk"
RESOLVENT = "exact solution of the linear equations of {} places between start and end: closed walks lose weight"
_MOST_EQUATIONS = 300
_Arcs = dict[Place, list[tuple[Place, Weight]]]


@dataclass(frozen=True, repr=False)
class AnyLength:
    """The number (or summed weight) of walks of any number of steps from ``start`` to ``end``; the longest has ``longest``, None: no bound."""

    start: Site
    end: Site
    count: Weight
    longest: int | None
    method: str = METHOD
    checked_by: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"AnyLength(start={self.start}, end={self.end}, count={short(self.count)}, longest={self.longest})"


def any_length(walk: Walk, start: object, end: object) -> AnyLength:
    """The number of walks of any number of steps (none included) from start to end; with weights, the sum of theirs.

    Finite where no closed walk passes through a place that the start reaches and that reaches the end, or where these places are
    finite in number and closed walks lose weight; else :class:`UsageError` names such a place. Raises :class:`ResourceError` where
    there are too many places to tell.
    """
    walled = walk if isinstance(walk, WalledSteps) else WalledSteps(walk, Terrain())
    first, last = start_place(walled, start), end_place(walled, end)
    arcs, order = _between(walled, first, last)
    if len(order) < len(arcs):
        return _with_closed_walks(walled, first, last, arcs, next(p for p in arcs if p not in set(order)))
    values: dict[Place, Weight] = {first: 1}
    longest = {first: 0}
    for place in order:
        for there, weight in arcs[place]:
            values[there] = values.get(there, 0) + values.get(place, 0) * weight
            longest[there] = max(longest.get(there, 0), longest.get(place, 0) + 1)
    backward: dict[Place, Weight] = {last: 1}
    for place in reversed(order):
        if place != last:
            backward[place] = sum(w * backward.get(there, 0) for there, w in arcs[place])
    count = values.get(last, 0)
    if backward.get(first, 0) != count:
        raise InternalFaultError("the numbers of walks of any length, summed forwards and backwards, differ")
    return AnyLength(
        start=full_site(*first, walled.states),
        end=full_site(*last, walled.states),
        count=count,
        longest=longest.get(last, 0),
        checked_by=("the same sum from the end to the start",),
    )


def _between(walk: WalledSteps, first: Place, last: Place) -> tuple[_Arcs, list[Place]]:
    """The places on the way with the exact arcs among them, and an order in which every arc leads forward (of all, or those before a circle)."""
    form = _rising_form(sorted({t.step for t in walk.machine.transitions}), walk)
    for limit in (_FIRST_LOOK, MAX_PLACES):
        arcs, complete = _explored(walk, first, last, form, limit)
        order = _sorted(arcs)
        if len(order) < len(arcs) and not walk.weighted:
            _refuse(walk, first, last, next(p for p in arcs if p not in set(order)))
        if len(order) < len(arcs) and not complete:
            raise NotYetError(
                f"closed walks lead over more than {about(_FIRST_LOOK)} places on the way; whether the sum of the weights over all "
                "numbers of steps is finite, and its value, is not known there", where="--any-length",
                instead="a domain of fewer places, or --sequence",
            )  # fmt: skip
        if complete:
            return arcs, order
    raise ResourceError(
        f"more than {about(MAX_PLACES)} places may lie between start and end, too many to tell whether the walks of any "
        "length are finite in number", instead="a nearer end, or one number of steps",
    )  # fmt: skip


def _explored(walk: WalledSteps, first: Place, last: Place, form: Vector | None, limit: int) -> tuple[_Arcs, bool]:
    """Places that the start reaches and that reach the end, among at most ``limit``; whether that was all."""
    scale = walk.denominator
    seen: dict[Place, list[tuple[Place, Weight]]] = {}
    back: dict[Place, list[Place]] = {}
    waiting = deque([first])
    while waiting and len(seen) < limit:
        place = waiting.popleft()
        if place in seen:
            continue
        seen[place] = [
            (there, w if scale == 1 else Fraction(w) / scale)
            for there, w in walk.arcs(place)
            if form is None or dot(form, plus(last[0], there[0], -1)) >= 0
        ]
        for there, _ in seen[place]:
            back.setdefault(there, []).append(place)
            waiting.append(there)
    useful: set[Place] = set()
    behind = deque([last] if last in seen else [])
    while behind:
        place = behind.popleft()
        if place not in useful:
            useful.add(place)
            behind.extend(back.get(place, ()))
    arcs = {p: [(there, w) for there, w in out if there in useful] for p, out in seen.items() if p in useful}
    return arcs, all(place in seen for place in waiting)


def _rising_form(steps: list[Vector], walk: WalledSteps) -> Vector | None:
    """A small linear form that grows with every step and with no reflection less, so that few places lie before the end.

    A step that is refused leaves it as it is; the mirror image of a site lies further along ``image`` than the site outside.
    """
    terrain = walk.terrain
    images = [side.image for wall in terrain.walls if wall.rule == MIRROR for sides in wall.sides for side in sides]
    found = [
        f
        for f in itertools.product(range(-4, 5), repeat=walk.dimension)
        if all(dot(f, s) > 0 for s in steps)
        and all(sum(a * b for a, b in zip(f, image, strict=True)) >= 0 for image in images)
        and not any(f[axis] for axis, _, _ in terrain.periods)
    ]
    return min(found, key=lambda f: sum(map(abs, f)), default=None)


def _with_closed_walks(walk: WalledSteps, first: Place, last: Place, arcs: _Arcs, inside: Place) -> AnyLength:
    """g(x) = [x is the end] + sum over arcs of w g(there), exactly.

    All places reach the end, so that the sums are finite if and only if h = 1 + M h has a positive solution (a nonnegative matrix
    has a spectral radius below 1 if and only if 1 - M has such an h; A. Berman, R. Plemmons, Nonnegative Matrices, ch. 6).
    """
    if len(arcs) > _MOST_EQUATIONS:
        raise ResourceError(
            f"{about(len(arcs))} places with closed walks lie between start and end, above the limit of {_MOST_EQUATIONS}",
            instead="a smaller domain, or one number of steps",
        )
    number = {place: i for i, place in enumerate(arcs)}
    rows = [[Fraction(int(i == j)) for j in range(len(arcs))] for i in range(len(arcs))]
    for place, out in arcs.items():
        for there, w in out:
            rows[number[place]][number[there]] -= Fraction(w)
    solved = _solved(rows, [[Fraction(int(place == last)), Fraction(1)] for place in arcs])
    if solved is None or any(h <= 0 for _, h in solved):
        _refuse(walk, first, last, inside)
    values = {place: g for place, (g, _) in zip(arcs, solved or (), strict=True)}
    if any(g != (place == last) + sum(w * values[there] for there, w in arcs[place]) for place, g in values.items()):
        raise InternalFaultError("the sums over walks of any length do not satisfy their equations")
    return AnyLength(
        start=full_site(*first, walk.states),
        end=full_site(*last, walk.states),
        count=values[first] if first in values else Fraction(0),
        longest=None,
        method=RESOLVENT.format(len(arcs)),
        checked_by=("every equation, exactly; the sums over all walks from every place are positive",),
    )


def _solved(rows: list[list[Fraction]], sides: list[list[Fraction]]) -> list[list[Fraction]] | None:
    """The solution of a system of linear equations with several right sides, exactly; None where it is singular."""
    try:
        from flint import fmpq, fmpq_mat
    except ImportError:
        return _eliminated(rows, sides)
    left, right = ([[fmpq(x.numerator, x.denominator) for x in row] for row in m] for m in (rows, sides))
    try:
        found = fmpq_mat(left).solve(fmpq_mat(right))
    except ZeroDivisionError:
        return None
    return [[Fraction(int(x.p), int(x.q)) for x in row] for row in found.tolist()]


def _eliminated(rows: list[list[Fraction]], sides: list[list[Fraction]]) -> list[list[Fraction]] | None:
    """The same by elimination of one unknown after the other."""
    work = [[*row, *side] for row, side in zip(rows, sides, strict=True)]
    for c in range(len(rows)):
        pivot = next((i for i in range(c, len(work)) if work[i][c]), None)
        if pivot is None:
            return None
        work[c], work[pivot] = work[pivot], work[c]
        work[c] = [x / work[c][c] if x else x for x in work[c]]
        for i, row in enumerate(work):
            if i != c and row[c]:
                factor = row[c]
                work[i] = [a - factor * b if b else a for a, b in zip(row, work[c], strict=True)]
    return [row[len(rows) :] for row in work]


def _sorted(arcs: _Arcs) -> list[Place]:
    """The places in an order in which every arc leads forward; those in and after a circle are left out."""
    incoming: dict[Place, int] = dict.fromkeys(arcs, 0)
    for out in arcs.values():
        for there, _ in out:
            incoming[there] += 1
    ready = deque(p for p, number in incoming.items() if not number)
    order = []
    while ready:
        place = ready.popleft()
        order.append(place)
        for there, _ in arcs[place]:
            incoming[there] -= 1
            if not incoming[there]:
                ready.append(there)
    return order


def _refuse(walk: WalledSteps, first: Place, last: Place, inside: Place) -> None:
    start, end, where = (full_site(*p, walk.states) for p in (first, last, inside))
    raise UsageError(
        f"the walks of any length from {start} to {end} are infinite in number: closed walks lead back to places on the "
        f"way, such as {where}", where="--any-length", instead="ask for one number of steps, or --sequence",
    )  # fmt: skip
