"""One door for all walkers: each question answered for free walks, walks with states and walks between walls."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from symdiff.errors import NotYetError
from symdiff.evidence.counting.avoiding_walled import (
    Tally,
    avoids,
    checked_tallies,
    goes_on,
    law_of_tally,
    walled_non_reversing,
    walled_self_avoiding,
)
from symdiff.evidence.counting.endpoint import endpoint_law
from symdiff.evidence.counting.first_visits import first_passage, first_return
from symdiff.evidence.counting.law import EndpointLaw, WalkSequence, weight_of_walled
from symdiff.evidence.counting.non_reversing import non_reversing_law
from symdiff.evidence.counting.places import full_site
from symdiff.evidence.counting.self_avoiding import self_avoiding_law, self_avoiding_sequence
from symdiff.evidence.counting.sequences import any_end_sequence, sequence
from symdiff.evidence.counting.state_law import state_endpoint_law
from symdiff.evidence.counting.steps import StateSteps, Weight
from symdiff.evidence.counting.terrain import Terrain, Walk, WalledSteps
from symdiff.evidence.counting.walled import end_place, start_place, walled_first_visit, walled_law, walled_sequence

_AVOIDING = "depth-first enumeration between walls"
_NON_REVERSING = "dynamic programming with the place before as memory"


def law_anywhere(walk: Walk, kind: str, n: int, start: object, *, states_are_sites: bool = False) -> EndpointLaw:
    """The law of the endpoint of ``law``, ``self-avoiding`` or ``non-reversing`` walks of n steps."""
    if isinstance(walk, WalledSteps):
        if kind == "law":
            return walled_law(walk, n, start)
        if kind == "self-avoiding":
            tallies = walled_self_avoiding(walk, n, start, states_are_sites=states_are_sites)
            done = checked_tallies(walk, start, tallies, lambda path: avoids(path, states_are_sites, closing=False))
            return law_of_tally(walk, n, start, tallies[n], _AVOIDING, done)
        _memory_is_places(walk, states_are_sites)
        tallies = list(walled_non_reversing(walk, n, start))
        return law_of_tally(walk, n, start, tallies[n], _NON_REVERSING, checked_tallies(walk, start, tallies, goes_on))
    if kind == "self-avoiding":
        return self_avoiding_law(walk, n, start, states_are_sites=states_are_sites)
    if kind == "non-reversing":
        return non_reversing_law(walk, n, start, states_are_sites=states_are_sites)
    if isinstance(walk, StateSteps):
        return state_endpoint_law(walk, n, start)
    return endpoint_law(walk, n, start)


def sequence_anywhere(
    walk: Walk, kind: str, n: int, start: object, end: object = None, *, states_are_sites: bool = False
) -> WalkSequence:
    """The numbers of walks of 0..n steps, to one end or (None) to any; a self-avoiding walk may close at its start."""
    if kind == "first-return":
        return walled_first_visit(walk, n, start) if isinstance(walk, WalledSteps) else first_return(walk, n, start)
    if kind == "first-passage":
        if isinstance(walk, WalledSteps):
            return walled_first_visit(walk, n, start, end)
        return first_passage(walk, n, start, end)
    if kind == "non-reversing":
        walled_walk = walk if isinstance(walk, WalledSteps) else WalledSteps(walk, Terrain())
        _memory_is_places(walled_walk, states_are_sites)
        tallies = list(walled_non_reversing(walled_walk, n, start))
        done = checked_tallies(walled_walk, start, tallies, goes_on)
        return _of_tallies(walled_walk, start, end, tallies, _NON_REVERSING, done)
    if isinstance(walk, WalledSteps):
        if kind == "self-avoiding":
            closing = end is not None and end_place(walk, end) == start_place(walk, start)
            tallies = walled_self_avoiding(walk, n, start, states_are_sites=states_are_sites, closing=closing)
            done = checked_tallies(walk, start, tallies, lambda path: avoids(path, states_are_sites, closing))
            return _of_tallies(walk, start, end, tallies, _AVOIDING, done)
        return walled_sequence(walk, n, start, end)
    if kind == "self-avoiding":
        return self_avoiding_sequence(walk, n, start, end, states_are_sites=states_are_sites)
    return any_end_sequence(walk, n, start) if end is None else sequence(walk, n, start, end)


def any_state_sequence(found: Sequence[WalkSequence], end: tuple[int, ...]) -> WalkSequence:
    """The sum over the states of an end that was asked for by its coordinates alone."""
    values: tuple[Weight, ...] = tuple(sum(column) for column in zip(*(s.values for s in found), strict=True))
    return replace(found[0], end=end, values=values)


def _of_tallies(
    walk: WalledSteps, start: object, end: object, tallies: Sequence[Tally], method: str, done: tuple[str, ...]
) -> WalkSequence:
    target = None if end is None else end_place(walk, end)
    values = [sum(t.values()) if target is None else t.get(target, 0) for t in tallies]
    return WalkSequence(
        start=full_site(*start_place(walk, start), walk.states),
        end=None if target is None else full_site(*target, walk.states),
        values=tuple(weight_of_walled(v, walk.denominator, m, walk.weighted) for m, v in enumerate(values)),
        method=method,
        checked_by=done,
    )


def _memory_is_places(walk: WalledSteps, states_are_sites: bool) -> None:
    if walk.states != ("",) and not states_are_sites:
        raise NotYetError(
            "non-reversing walks with internal states that are no places are counted for one number of steps without "
            "walls only", where="--non-reversing", instead="a model without states, or without --sequence",
        )  # fmt: skip
