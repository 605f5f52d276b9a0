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
from symdiff.evidence.counting.dynamic_programming import updates
from symdiff.evidence.counting.endpoint import endpoint_law
from symdiff.evidence.counting.finite_places import finite_count
from symdiff.evidence.counting.first_visits import first_passage, first_return
from symdiff.evidence.counting.law import EndpointLaw, SiteCount, WalkSequence, weight_of_walled
from symdiff.evidence.counting.non_reversing import non_reversing_law
from symdiff.evidence.counting.places import full_site, step_number
from symdiff.evidence.counting.recurrence import long_walled_recurrence
from symdiff.evidence.counting.rows import sweeps_by_rows
from symdiff.evidence.counting.self_avoiding import self_avoiding_law, self_avoiding_sequence
from symdiff.evidence.counting.sequences import any_end_sequence, sequence
from symdiff.evidence.counting.single_site import best_site_count
from symdiff.evidence.counting.size import require_number
from symdiff.evidence.counting.state_law import state_endpoint_law
from symdiff.evidence.counting.state_site import state_site_count
from symdiff.evidence.counting.steps import Site, StateSteps, StepSet, Weight
from symdiff.evidence.counting.terrain import Place, Terrain, Walk, WalledSteps
from symdiff.evidence.counting.walled import (
    CERTIFIED,
    FIRST_TERMS,
    RECURRENCE,
    end_place,
    start_place,
    walled_first_visit,
    walled_law,
    walled_sequence,
)

_AVOIDING = "depth-first enumeration between walls"
_FEW_UPDATES = 200_000
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


def site_anywhere(walk: Walk, n: int, start: object, end: Site) -> SiteCount:
    """The number of walks of n steps to one end, without the law of all ends; an end without its state is in any state.

    Between walls: the matrix of one step where the walk sees few places, one sweep for the end and one for the total where
    the law would be long, else the law. Raises as the functions that it calls do.
    """
    n = step_number(n)
    if isinstance(walk, StepSet):
        return best_site_count(walk, n, end, start)
    if isinstance(walk, StateSteps):
        return state_site_count(walk, n, start, end)
    place = start_place(walk, start)
    named = any(isinstance(c, str) for c in end) or walk.states == ("",)
    ends = [end] if named else [(*end, state) for state in walk.states]
    targets: list[Place | None] = [end_place(walk, e) for e in ends]
    finite = finite_count(walk, n, place, [*targets, None])
    if finite is not None:
        numerators, method, done = finite
        values = [weight_of_walled(v, walk.denominator, n, walk.weighted) for v in numerators]
        count, total = sum(values[:-1], 0), values[-1]
    elif (proved := _by_recurrences(walk, n, place, targets)) is not None:
        *counts, total = proved[0]
        count, method, done = sum(counts, 0), *proved[1:]
    elif updates(walk.steps, n) <= _FEW_UPDATES or not sweeps_by_rows(walk):
        law = walled_law(walk, n, start)
        count = sum((law.walks(e) for e in ends), 0)
        total, method, done = law.total, law.method, law.checked_by
    else:
        found = [walled_sequence(walk, n, start, e) for e in (*ends, None)]
        count, total = sum((f.values[-1] for f in found[:-1]), 0), found[-1].values[-1]
        method, done = found[0].method, found[0].checked_by
    why = None if count else why_not_there(walk, end)
    return SiteCount(n, full_site(*place, walk.states), end, count, total, method, done, why)


def _by_recurrences(
    walk: WalledSteps, n: int, place: Place, targets: Sequence[Place | None]
) -> tuple[list[Weight], str, tuple[str, ...]] | None:
    """The counts to these ends and to any, each by a certified recurrence; None where one of them has none."""
    found = []
    for target in (*targets, None):
        recurrence = long_walled_recurrence(walk, n, place, target)
        if recurrence is None:
            return None
        found.append(recurrence)
    require_number(walk.steps, n)
    values = [weight_of_walled(r.nth(n), walk.denominator, n, walk.weighted) for r in found]
    return values, RECURRENCE.format(found[0].order), (CERTIFIED, FIRST_TERMS)


def why_not_there(walk: Walk, end: Site) -> str:
    """Why no walk ends at a site, as far as it is known without counting."""
    if isinstance(walk, WalledSteps):
        site, state = end[: walk.dimension], next((c for c in end if isinstance(c, str)), None)
        numbers = range(len(walk.states)) if state is None else [walk.states.index(state)]
        if not any(walk.terrain.inside(tuple(int(c) for c in site), i) for i in numbers):
            return "the site lies outside the domain"
    return "no walk of so many steps ends there"


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
