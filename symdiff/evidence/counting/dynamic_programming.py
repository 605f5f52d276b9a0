"""The slow, readable twin: one step at a time, one dictionary of sites, with or without internal states."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterator
from operator import add

from symdiff.evidence.counting.chart import most_sites
from symdiff.evidence.counting.law import EndpointLaw, states_of
from symdiff.evidence.counting.places import full_site, state_position, step_number
from symdiff.evidence.counting.size import DEFAULT_MAX_BYTES, most_state_sites, require_feasible, require_law
from symdiff.evidence.counting.steps import StateSteps, StepSet, Vector, WalkSteps, one_state

Layer = dict[tuple[Vector, int], int]
"""(coordinates, number of the state) -> numerator of the count."""


def dynamic_programming_law(
    steps: WalkSteps, n: int, start: object = None, *, max_bytes: int = DEFAULT_MAX_BYTES
) -> EndpointLaw:
    """The exact law of the endpoint of n steps, got by n sweeps over a dictionary of sites.

    N_(m+1)(x) = sum_s c_s N_m(x - s), N_0 = 1 at ``start``. For any number of dimensions and states; time grows
    with n times the number of sites. Raises :class:`UsageError` for bad input, :class:`ResourceError` where the law
    would not fit into ``max_bytes``.
    """
    n = step_number(n)
    machine = one_state(steps)
    sites = size_of_law(steps, n)
    require_law(steps, n, sites, max_bytes)
    require_feasible(steps, n, sites=sites)
    origin, state = state_position(start, machine.states, machine.dimension, "the start")
    layer = deque(layers(machine, n, {(origin, state): 1}), maxlen=1).pop()
    return EndpointLaw(
        n=n,
        start=full_site(origin, state, machine.states),
        states=states_of(steps),
        numerators={full_site(x, i, machine.states): count for (x, i), count in layer.items()},
        denominator=steps.denominator**n,
        weighted=steps.weighted,
        method="dynamic programming",
    )


def layers(steps: StateSteps, n: int, first: Layer, forbidden: Collection[tuple[Vector, int]] = ()) -> Iterator[Layer]:
    """The counts after 0, 1, ..., n steps; walks that have stepped onto a forbidden place go no further.

    What arrives there is in the layer of its arrival and is not continued; the first layer is continued anyway.
    """
    layer = first
    yield layer
    for m in range(n):
        following: Layer = {}
        for (site, state), count in layer.items():
            if m and (site, state) in forbidden:
                continue
            for target, step, weight in steps.arcs[state]:
                there = (tuple(map(add, site, step)), target)
                following[there] = following.get(there, 0) + weight * count
        layer = following
        yield layer


def size_of_law(steps: WalkSteps, n: int) -> int:
    """A rigorous upper bound of the number of sites of the law of n steps."""
    return most_sites(steps, n) if isinstance(steps, StepSet) else most_state_sites(steps, n)


def updates(steps: WalkSteps, n: int) -> int:
    """About the number of additions that dynamic programming needs at most."""
    moves = len(steps.steps) if isinstance(steps, StepSet) else max(len(arcs) for arcs in steps.arcs)
    return n * moves * size_of_law(steps, n)
