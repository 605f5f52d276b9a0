"""Numbers of walks of 0, 1, ..., n steps: to one site, or with any end; with or without internal states."""

from __future__ import annotations

from fractions import Fraction
from itertools import islice

from symdiff.errors import NotYetError, UsageError
from symdiff.evidence.counting.checks import total_numerator
from symdiff.evidence.counting.decimal_text import about
from symdiff.evidence.counting.independent_axes import numbers_along_axes
from symdiff.evidence.counting.lattice import plus
from symdiff.evidence.counting.law import WalkSequence, weight_of
from symdiff.evidence.counting.places import full_site, state_position, step_number
from symdiff.evidence.counting.recurrence import Recurrence, recurrence_of
from symdiff.evidence.counting.sequence_sweep import sequence_numerators
from symdiff.evidence.counting.size import DEFAULT_MAX_BYTES, largest_count_bits, require_bytes, require_number
from symdiff.evidence.counting.state_recurrence import StateRecurrence, proved
from symdiff.evidence.counting.steps import StateSteps, StepSet, Vector, WalkSteps, Weight, one_state
from symdiff.evidence.counting.two_steps import two_steps

PAIRS = "two steps as one: {}"
RECURRENCE = "certified recurrence of order {}"
CERTIFIED = "its proof, by one expansion"
# Above these numbers of steps a recurrence pays: in one dimension, and in more.
_MANY_STEPS = {1: 3000}
_MANY_ELSEWHERE = 250
NEAR = 8  # ends further from the start have longer recurrences, which pay after more steps
_FURTHER, _FURTHER_FROM = 24, {3: 400}  # by dimension, elsewhere
_FURTHER_ELSEWHERE = 3000


def sequence(
    steps: WalkSteps, n: int, start: object, end: object, *, check: bool = True, max_bytes: int = DEFAULT_MAX_BYTES
) -> WalkSequence:
    """The numbers of walks of 0, 1, ..., n steps from ``start`` to ``end`` (None: the origin).

    By one sweep of dynamic programming; long sequences of plain steps by a certified recurrence, where one is found. With internal states, ``start`` and ``end`` name theirs. Raises :class:`UsageError` for bad input,
    :class:`ResourceError` where it may need more than ``max_bytes``, :class:`InternalFaultError` if a check fails.
    """
    n = step_number(n)
    machine = one_state(steps)
    origin, first = state_position(start, machine.states, machine.dimension, "the start")
    there, last = state_position(end, machine.states, machine.dimension, "the end")
    numerators, method, done = best_numerators(steps, n, plus(there, origin, -1), first, last, check, max_bytes)
    return WalkSequence(
        start=full_site(origin, first, machine.states),
        end=full_site(there, last, machine.states),
        values=tuple(weight_of(value, steps, m) for m, value in enumerate(numerators)),
        method=method,
        checked_by=tuple(done),
    )


def any_end_sequence(
    steps: WalkSteps, n: int, start: object = None, *, max_bytes: int = DEFAULT_MAX_BYTES
) -> WalkSequence:
    """The numbers of walks of 0, 1, ..., n steps with any end: places are forgotten, only weights and states are kept.

    Without internal states these are the powers of the sum of weights. Raises :class:`UsageError` for bad input,
    :class:`ResourceError` where it may need more than ``max_bytes``.
    """
    n = step_number(n)
    machine = one_state(steps)
    origin, state = state_position(start, machine.states, machine.dimension, "the start")
    require_bytes(f"the sequence of 0..{about(n)} steps", n * largest_count_bits(steps, n) // 16, max_bytes)
    remaining, totals = [1] * len(machine.states), [1]
    for _ in range(n):
        remaining = [sum(weight * remaining[target] for target, _, weight in arcs) for arcs in machine.arcs]
        totals.append(remaining[state])
    values = tuple(weight_of(value, steps, m) for m, value in enumerate(totals))
    return WalkSequence(full_site(origin, state, machine.states), None, values, "recurrence of the sums of weights")


def any_end_total(steps: WalkSteps, n: int, start: object = None) -> Weight:
    """The number of walks of n steps with any end; without internal states (sum of weights)^n."""
    n = step_number(n)
    require_number(steps, n)
    if isinstance(steps, StepSet):
        return weight_of(total_numerator(steps, n), steps, n)
    _, state = state_position(start, steps.states, steps.dimension, "the start")
    return weight_of(total_numerator(steps, n, state), steps, n)


def best_numerators(
    steps: WalkSteps, n: int, displacement: Vector, start: int, end: int, check: bool, max_bytes: int
) -> tuple[list[int], str, list[str]]:
    """The numerators of the counts of 0..n steps, from a certified recurrence where that pays, else by one sweep."""
    require_bytes(f"the sequence of 0..{about(n)} steps", (n + 1) * largest_count_bits(steps, n) // 16, max_bytes)
    along = numbers_along_axes(steps, n, displacement, check, max_bytes) if isinstance(steps, StepSet) else None
    if along is not None:
        return along
    found: Recurrence | StateRecurrence | None = None
    if isinstance(steps, StepSet):
        found = long_recurrence(steps, n, displacement)
    if isinstance(steps, StateSteps) and start == end and n >= 2 * _MANY_ELSEWHERE:
        by_pairs = _alternating(steps, n, displacement, start, check, max_bytes)
        if by_pairs is not None:
            return by_pairs
    if found is None and isinstance(steps, StateSteps):
        found = _long_state_recurrence(steps, n, displacement, start, end)
    if found is None:
        return sequence_numerators(steps, n, displacement, start, end, check, max_bytes)
    return list(islice(found.terms(), n + 1)), RECURRENCE.format(found.order), [CERTIFIED]


def _alternating(
    steps: StateSteps, n: int, displacement: Vector, state: int, check: bool, max_bytes: int
) -> tuple[list[int], str, list[str]] | None:
    """Walks back to the state of their start that alternate (honeycomb, diamond), by the plain walk of every second step."""
    try:
        pairs = two_steps(steps, steps.states[state])
    except NotYetError:
        return None
    values, method, done = best_numerators(pairs, n // 2, displacement, 0, 0, check, max_bytes)
    ratio, scale, found = steps.denominator**2 // pairs.denominator, 1, [0] * (n + 1)
    for m, value in enumerate(values):
        found[2 * m] = value * scale
        scale *= ratio
    return found, PAIRS.format(method), done


def _long_state_recurrence(
    steps: StateSteps, n: int, displacement: Vector, start: int, end: int
) -> StateRecurrence | None:
    """The same for walks with internal states."""
    if n < _MANY_STEPS.get(steps.dimension, _MANY_ELSEWHERE) or sum(map(abs, displacement)) > NEAR:
        return None
    try:
        return proved(steps, start, (end,), displacement)
    except (NotYetError, UsageError):
        return None


def long_recurrence(steps: StepSet, n: int, displacement: Vector) -> Recurrence | None:
    """A certified recurrence, where so many steps make it pay and one is found."""
    near = _FURTHER if n >= _FURTHER_FROM.get(steps.dimension, _FURTHER_ELSEWHERE) else NEAR
    if n < _MANY_STEPS.get(steps.dimension, _MANY_ELSEWHERE) or sum(map(abs, displacement)) > near:
        return None
    try:
        return recurrence_of(steps, ((displacement, Fraction(1)),), displacement)
    except (NotYetError, UsageError):
        return None
