"""Walks on a terrain: the law of the endpoint, sequences, first visits; by dynamic programming over places."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterator
from itertools import islice
from typing import Any

from symdiff.errors import InternalFaultError, ResourceError, UsageError
from symdiff.evidence.counting.decimal_text import about
from symdiff.evidence.counting.dynamic_programming import size_of_law
from symdiff.evidence.counting.finite_places import finite_count, places_seen
from symdiff.evidence.counting.law import EndpointLaw, WalkSequence, weight_of_walled
from symdiff.evidence.counting.places import full_site, state_position, step_number
from symdiff.evidence.counting.rows import row_sequence
from symdiff.evidence.counting.size import DEFAULT_MAX_BYTES, largest_count_bits, require_bytes, require_law
from symdiff.evidence.counting.steps import Weight
from symdiff.evidence.counting.terrain import MIRROR, STAY, Place, Wall, WalledSteps

RECURRENCE = "certified recurrence of order {}, by images in the walls"
CERTIFIED = "its proof, by one expansion"
NOTHING_LOST = "(sum of weights)^n: refused and mirrored steps are steps, and no walk is lost"
FIRST_TERMS = "the first numbers, place by place"
METHOD = "dynamic programming, place by place, between walls"
PULLED = "the same sum pulled from the last step to the first"
_CHEAP_PLACES = 20_000
_MANY_STEPS = 1_000  # from here on the characteristic polynomial of few places pays
_MOST_COUNTED = 20_000
Layer = dict[Place, Weight]


def walled_law(
    walk: WalledSteps, n: int, start: object = None, *, check: bool = True, max_bytes: int = DEFAULT_MAX_BYTES
) -> EndpointLaw:
    """Where the walks of n steps on a terrain end; a walk that is absorbed on the way is not among them.

    A refused step ("stay") is a step, so that with reflecting walls the total is that of the free walk. Raises
    :class:`UsageError` for bad input and for a start outside, :class:`ResourceError` before the work begins where the law
    may not fit, :class:`InternalFaultError` if a check fails.
    """
    n = step_number(n)
    place = start_place(walk, start)
    places = places_seen(walk, place) if n >= _MANY_STEPS else None
    finite = None if places is None else finite_count(walk, n, place, [*places])
    if places is not None and finite is not None:
        require_law(walk.steps, n, len(places), max_bytes)
        values, method, done = finite
        layer = {p: value for p, value in zip(places, values, strict=True) if value}
    else:
        _require_law(walk, n, place, max_bytes)
        layer = deque(layers(walk, n, {place: 1}), maxlen=1).pop()
        method, done = METHOD, _pulled_check(walk, n, place, sum(layer.values())) if check else ()
    return EndpointLaw(
        n=n,
        start=full_site(*place, walk.states),
        states=() if walk.states == ("",) else walk.states,
        numerators={full_site(site, state, walk.states): count for (site, state), count in layer.items()},  # type: ignore[misc]
        denominator=walk.denominator**n,
        weighted=walk.weighted,
        method=method,
        checked_by=done,
    )


def _require_law(walk: WalledSteps, n: int, place: Place, max_bytes: int) -> None:
    """Refuse a law that would not fit; where the steps alone could go too far, the places behind the walls are counted."""
    try:
        require_law(walk.steps, n, size_of_law(walk.steps, n), max_bytes)
    except ResourceError:
        places = places_seen(walk, place, _MOST_COUNTED)
        if places is None:
            raise
        require_law(walk.steps, n, len(places), max_bytes)


def _require_sequence(walk: WalledSteps, n: int, place: Place, max_bytes: int) -> None:
    """Refuse a sequence whose numbers or whose last law would not fit."""
    require_bytes(f"the sequence of 0..{about(n)} steps", (n + 1) * largest_count_bits(walk.steps, n) // 16, max_bytes)
    _require_law(walk, n, place, max_bytes)


def walled_sequence(
    walk: WalledSteps,
    n: int,
    start: object = None,
    end: object = None,
    *,
    check: bool = True,
    max_bytes: int = DEFAULT_MAX_BYTES,
) -> WalkSequence:
    """The numbers of walks of 0..n steps on a terrain, to ``end`` or (None) with any end.

    Long sequences between walls that mirror the steps by a certified recurrence. Straight walls and plain steps run on whole rows modulo many primes where the compiled kernel is installed; everything
    else place by place. Raises as :func:`walled_law` does.
    """
    n = step_number(n)
    place = start_place(walk, start)
    target = None if end is None else end_place(walk, end)
    if target is None and _keeps_all(walk):
        require_bytes(
            f"the sequence of 0..{about(n)} steps", (n + 1) * largest_count_bits(walk.steps, n) // 16, max_bytes
        )
        total = sum(int(t.weight * walk.denominator) for t in walk.machine.transitions)
        return _sequence(walk, place, None, [total**m for m in range(n + 1)], NOTHING_LOST, ())
    long = _by_recurrence(walk, n, place, target, max_bytes)
    found = long or row_sequence(walk, n, place, target, check=check, max_bytes=max_bytes)
    if found is not None:
        numerators, method, done = found
    else:
        _require_sequence(walk, n, place, max_bytes)
        numerators = [_share(layer, target) for layer in layers(walk, n, {place: 1})]
        method, done = METHOD, ()
        if check:
            done = _pulled_check(walk, n, place, numerators[-1], target)
    return _sequence(walk, place, target, numerators, method, done)


def _keeps_all(walk: WalledSteps) -> bool:
    """Whether every step of a walker without states is made, refused or mirrored, wherever it is, so that no walk is lost.

    Mirrors only one across each axis, in which every site has an image: then every mirrored step ends.
    """
    terrain = walk.terrain
    special = terrain.rest or any(terrain.open_where) or any(f is not None for f in terrain.factors)
    if len(walk.states) != 1 or special or any(w.rule not in (STAY, MIRROR) or w.absorbed for w in terrain.walls):
        return False
    mirrors = [w for w in terrain.walls if w.rule == MIRROR]
    if not mirrors:
        return True
    return (
        not terrain.periods
        and all(_across_one_axis(w) for w in mirrors)
        and len(mirrors)
        == len(terrain.walls)
        == len({next(i for i, c in enumerate(w.sides[0][0].image) if c) for w in mirrors})
    )


def _across_one_axis(wall: Wall) -> bool:
    """Whether a wall is c x_i + c_0 >= 0 and the image of every whole x_i is whole."""
    if len(wall.sides) != 1 or len(wall.sides[0]) != 1 or not wall.sides[0][0].condition.polynomial.linear:
        return False
    side = wall.sides[0][0]
    axes = [i for i, c in enumerate(side.image) if c]
    normal, _ = side.condition.polynomial.affine(len(side.image))
    if len(axes) != 1 or [i for i, c in enumerate(normal) if c] != axes:
        return False
    origin = [0] * len(normal)
    image = -2 * side.condition.polynomial.parts(origin)[0] * side.image[axes[0]]
    return image.denominator == 1


def _by_recurrence(
    walk: WalledSteps, n: int, place: Place, target: Place | None, max_bytes: int
) -> tuple[list[Any], str, tuple[str, ...]] | None:
    from symdiff.evidence.counting.recurrence import long_walled_recurrence  # which imports this module

    recurrence = long_walled_recurrence(walk, n, place, target)
    if recurrence is None:
        return None
    require_bytes(f"the sequence of 0..{about(n)} steps", (n + 1) * largest_count_bits(walk.steps, n) // 16, max_bytes)
    values = list(islice(recurrence.terms(), n + 1))
    return values, RECURRENCE.format(recurrence.order), (CERTIFIED, FIRST_TERMS)


def walled_first_visit(
    walk: WalledSteps,
    n: int,
    start: object,
    end: object = None,
    *,
    check: bool = True,
    max_bytes: int = DEFAULT_MAX_BYTES,
) -> WalkSequence:
    """The numbers of walks on a terrain that reach ``end`` for the first time after 0..n steps; None: return to the start.

    Walks stop when they arrive. Checked, where cheap, by the renewal equation f * r = g. Raises as :func:`walled_law`.
    """
    n = step_number(n)
    place = start_place(walk, start)
    target = place if end is None else end_place(walk, end)
    if end is not None and target == place:
        raise UsageError(
            "a first passage begins elsewhere, here start and end are the same site", instead="a first return"
        )
    _require_sequence(walk, n, place, max_bytes)
    found = [layer.get(target, 0) for layer in layers(walk, n, {place: 1}, (target,))]
    found[0] = 0
    done: tuple[str, ...] = ()
    if check:
        visits = [layer.get(target, 0) for layer in layers(walk, n, {place: 1})]
        returns = [layer.get(target, 0) for layer in layers(walk, n, {target: 1})]
        visits[0] = 0
        for m in range(n + 1):
            if sum(f * returns[m - k] for k, f in enumerate(found[: m + 1]) if f) != visits[m]:
                raise InternalFaultError("the first visits between walls do not fulfil the renewal equation")
        done = ("renewal equation, every term",)
    return _sequence(walk, place, target, found, METHOD + ", stopping at the first visit", done)


def layers(walk: WalledSteps, n: int, first: Layer, forbidden: Collection[Place] = ()) -> Iterator[Layer]:
    """The numerators after 0..n steps; walks that have stepped onto a forbidden place go no further."""
    layer = first
    yield layer
    arcs = walk.arcs
    for m in range(n):
        following: Layer = {}
        for place, count in layer.items():
            if m and place in forbidden:
                continue
            for there, weight in arcs(place):
                following[there] = following.get(there, 0) + weight * count
        layer = following
        yield layer


def start_place(walk: WalledSteps, start: object) -> Place:
    """The start as a place; raises :class:`UsageError` where it is outside the domain."""
    if not isinstance(walk, WalledSteps):
        raise UsageError(
            f"walls are expected here, and {type(walk).__name__} has none", instead="WalledSteps(steps, walls)"
        )
    place = state_position(start, walk.states, walk.dimension, "the start")
    if not walk.terrain.inside(*place):
        raise UsageError(
            f"the start {full_site(*place, walk.states)} lies outside the domain, where no walker may be",
            instead="a start inside, with --from",
        )
    return place


def end_place(walk: WalledSteps, end: object) -> Place:
    """The end as a place, taken into the period where there is one."""
    site, state = state_position(end, walk.states, walk.dimension, "the end")
    return walk.terrain.wrapped(site), state


def _share(layer: Layer, target: Place | None) -> Weight:
    return sum(layer.values()) if target is None else layer.get(target, 0)


def _sequence(
    walk: WalledSteps, place: Place, target: Place | None, found: list[Weight], method: str, done: tuple[str, ...]
) -> WalkSequence:
    return WalkSequence(
        start=full_site(*place, walk.states),
        end=None if target is None else full_site(*target, walk.states),
        values=tuple(weight_of_walled(v, walk.denominator, m, walk.weighted) for m, v in enumerate(found)),
        method=method,
        checked_by=done,
    )


def _pulled_check(
    walk: WalledSteps, n: int, start: Place, expected: Weight, target: Place | None = None
) -> tuple[str, ...]:
    """The last term again, b_(k+1)(x) = sum of weight * b_k(end of the step): from the end of the walk to its start."""
    reach: list[set[Place]] = [{start}]
    for _ in range(n):
        if sum(map(len, reach)) > _CHEAP_PLACES:
            return ()
        reach.append({there for place in reach[-1] for there, _ in walk.arcs(place)})
    values: Layer = {place: 1 for place in reach[n] if target in (None, place)}
    for k in range(n - 1, -1, -1):
        values = {p: sum(w * values.get(there, 0) for there, w in walk.arcs(p)) for p in reach[k]}
    if values.get(start, 0) != expected:
        raise InternalFaultError(f"the number of walks of {n} steps between walls disagrees with {PULLED}")
    return (PULLED + ", at the last n",)
