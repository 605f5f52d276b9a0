"""Walks with memory on a terrain: self-avoiding by enumeration, non-reversing by places in pairs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from symdiff.errors import InternalFaultError, ResourceError, UsageError
from symdiff.evidence.counting.decimal_text import about
from symdiff.evidence.counting.law import EndpointLaw
from symdiff.evidence.counting.places import full_site, step_number
from symdiff.evidence.counting.steps import Weight
from symdiff.evidence.counting.terrain import Place, WalledSteps
from symdiff.evidence.counting.walled import start_place

MAX_VISITS = 20_000_000
_CHEAP_PATHS = 4_000
Tally = dict[Place, Weight]


def walled_self_avoiding(
    walk: WalledSteps, n: int, start: object, *, states_are_sites: bool, closing: bool = False
) -> list[Tally]:
    """For 0..n steps, where the self-avoiding walks on a terrain end; with ``closing`` only those that close at the start.

    A refused step stays where it is, and so is not self-avoiding. Raises :class:`ResourceError` once more than
    ``MAX_VISITS`` walks are met.
    """
    n = step_number(n)
    first = start_place(walk, start)

    def mark(place: Place) -> object:
        return place if states_are_sites else place[0]

    tallies: list[Tally] = [{} for _ in range(n + 1)]
    tallies[0][first] = 1
    visited = {mark(first)}
    path: list[tuple[Place, Weight]] = [(first, 1)]
    open_arcs: list[Iterator[tuple[Place, Weight]]] = [iter(walk.arcs(first) if n else ())]
    met = 0
    while open_arcs:
        depth, so_far = len(path), path[-1][1]
        for there, weight in open_arcs[-1]:
            if closing and there == first:
                tallies[depth][there] = tallies[depth].get(there, 0) + so_far * weight
            if mark(there) in visited:
                continue
            met += 1
            if met > MAX_VISITS:
                raise ResourceError(
                    f"there are more than {about(MAX_VISITS)} self-avoiding walks", instead="fewer steps"
                )
            if not closing:
                tallies[depth][there] = tallies[depth].get(there, 0) + so_far * weight
            if depth < n:
                path.append((there, so_far * weight))
                visited.add(mark(there))
                open_arcs.append(iter(walk.arcs(there)))
                break
        else:
            open_arcs.pop()
            visited.discard(mark(path.pop()[0]))
    return tallies


def walled_non_reversing(walk: WalledSteps, n: int, start: object) -> Iterator[Tally]:
    """For 0..n steps, where the walks on a terrain end that never return at once to the place they came from.

    Raises :class:`UsageError` once a step rests, as listed or refused by a wall: its reverse would be itself.
    """
    first = start_place(walk, start)
    layer: dict[tuple[Place, Place | None], Weight] = {(first, None): 1}
    for m in range(n + 1):
        tally: Tally = {}
        for (place, _), count in layer.items():
            tally[place] = tally.get(place, 0) + count
        yield tally
        if m == n:
            return
        following: dict[tuple[Place, Place | None], Weight] = {}
        for (place, before), count in layer.items():
            for there, weight in walk.arcs(place):
                if there == place:
                    raise UsageError(
                        "a step that rests, listed or refused by a wall, has no reverse, so non-reversing walks are not defined",
                        instead="steps that move, and walls that absorb",
                    )
                if there != before:
                    key = (there, place)
                    following[key] = following.get(key, 0) + weight * count
        layer = following


def law_of_tally(
    walk: WalledSteps, n: int, start: object, tally: Tally, method: str, done: tuple[str, ...] = ()
) -> EndpointLaw:
    """A tally after n steps as an endpoint law."""
    return EndpointLaw(
        n=n,
        start=full_site(*start_place(walk, start), walk.states),
        states=() if walk.states == ("",) else walk.states,
        numerators={full_site(*place, walk.states): count for place, count in tally.items() if count},  # type: ignore[misc]
        denominator=walk.denominator**n,
        weighted=walk.weighted,
        method=method,
        checked_by=done,
    )


def checked_tallies(
    walk: WalledSteps, start: object, tallies: Sequence[Tally], allowed: Callable[[list[Place]], bool]
) -> tuple[str, ...]:
    """Every end of every short walk again: all walks by the definition, those that are not ``allowed`` struck out at the end.

    Raises :class:`InternalFaultError` on a mismatch.
    """
    paths: list[tuple[list[Place], Weight]] = [([start_place(walk, start)], 1)]
    for m, tally in enumerate(tallies):
        if m:
            if len(paths) * len(walk.machine.transitions) > _CHEAP_PATHS:
                return (f"all walks by the definition, every end, 0..{m - 1} steps",)
            paths = [([*path, there], c * w) for path, c in paths for there, w in walk.arcs(path[-1])]
        found: Tally = {}
        for path, count in paths:
            if allowed(path):
                found[path[-1]] = found.get(path[-1], 0) + count
        if found != {place: count for place, count in tally.items() if count}:
            raise InternalFaultError(f"the walks with memory of {m} steps disagree with all walks by the definition")
    return (f"all walks by the definition, every end, 0..{len(tallies) - 1} steps",)


def avoids(path: list[Place], states_are_sites: bool, closing: bool) -> bool:
    """Whether no place occurs twice; ``closing``: but the last is the first."""
    marks = [place if states_are_sites else place[0] for place in path]
    if closing and len(path) > 1:
        return path[0] == path[-1] and len(set(marks[:-1])) == len(marks) - 1
    return len(set(marks)) == len(marks)


def goes_on(path: list[Place]) -> bool:
    """Whether no step leads straight back."""
    return all(a != b for a, b in zip(path, path[2:], strict=False))
