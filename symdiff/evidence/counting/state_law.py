"""Walks with internal states (sublattices, directions of motion): the law of the endpoint."""

from __future__ import annotations

from collections import deque

from symdiff.errors import UsageError
from symdiff.evidence.counting.checks import checked_law
from symdiff.evidence.counting.dynamic_programming import dynamic_programming_law
from symdiff.evidence.counting.lattice import plus
from symdiff.evidence.counting.law import EndpointLaw, states_of
from symdiff.evidence.counting.layers import box_bytes, box_of, packed_layers
from symdiff.evidence.counting.packing import unpack_level
from symdiff.evidence.counting.places import full_site, state_position, step_number
from symdiff.evidence.counting.size import DEFAULT_MAX_BYTES, most_state_sites, require_law
from symdiff.evidence.counting.steps import Site, StateSteps, Vector

WHOLE_LAYERS = "dynamic programming, whole layers"
_PACKED_BYTES = 3 * 10**8
_EMPTINESS = 20


def state_endpoint_law(
    steps: StateSteps, n: int, start: object = None, *, check: bool = True, max_bytes: int = DEFAULT_MAX_BYTES
) -> EndpointLaw:
    """Where the walks of n steps with internal states end: the number of walks from ``start`` to every site and state.

    N_(m+1)(x, j) = sum over transitions (i -> j, s) of w N_m(x - s, i). ``start`` is ``(x, y, "state")``; sites are in
    lattice units, followed by the state; zero counts are absent. Raises :class:`UsageError` for bad input,
    :class:`ResourceError` before the work begins where the law may need more than ``max_bytes``,
    :class:`InternalFaultError` if a check fails.
    """
    if not isinstance(steps, StateSteps):
        raise UsageError(f"internal states are expected here, not {type(steps).__name__}",
                         instead="endpoint_law for plain steps, walled_law between walls")  # fmt: skip
    n = step_number(n)
    origin, state = state_position(start, steps.states, steps.dimension, "the start")
    require_law(steps, n, most_state_sites(steps, n), max_bytes)
    if packs_well(steps, n):
        law = EndpointLaw(
            n=n,
            start=full_site(origin, state, steps.states),
            states=states_of(steps),
            numerators=_packed_counts(steps, n, origin, state),
            denominator=steps.denominator**n,
            weighted=steps.weighted,
            method=WHOLE_LAYERS,
        )
    else:
        law = dynamic_programming_law(steps, n, full_site(origin, state, steps.states), max_bytes=max_bytes)
    return checked_law(law, steps) if check else law


def packs_well(steps: StateSteps, n: int) -> bool:
    """Whether the packed box is small enough, and not much emptier than what n steps can reach."""
    return box_bytes(steps, n) <= _PACKED_BYTES and box_of(steps, n).packing.slots <= _EMPTINESS * most_state_sites(
        steps, n
    )


def _packed_counts(steps: StateSteps, n: int, origin: Vector, state: int) -> dict[Site, int]:
    """The numerators of all sites and states after n steps."""
    box = box_of(steps, n)
    last = deque(packed_layers(steps, box, state), maxlen=1).pop()
    base = plus(origin, box.lows, n)
    counts: dict[Site, int] = {}
    for number, value in enumerate(last):
        if value:
            for sites, values in unpack_level(box.packing, base, int(value), 0):
                for site, count in zip(sites, values, strict=True):
                    if count:
                        counts[full_site(site, number, steps.states)] = count
    return counts
