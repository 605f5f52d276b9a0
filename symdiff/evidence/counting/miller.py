"""The multi-dimensional Miller recurrence: all coefficients of P^n, in time linear in the output.

For F = P^n with P = sum_s c_s x^s, every linear form u gives P (u.theta F) = n (u.theta P) F, theta_i = x_i d/dx_i,
that is  sum_s c_s (u.p - (n+1) u.s) F_(p-s) = 0  for all p. With s0 where u is smallest, and steps and sites taken
relative to s0 and n s0,

    c_0 (u.q) F_q = sum_(s != 0) c_s ((n+1) u.s - u.q) F_(q-s),      u.s > 0,

so every count follows from those below it, by exact divisions of integers. Source: the recurrence of Euler
(J. C. P. Miller) for powers of series, D. E. Knuth, The Art of Computer Programming 2, section 4.7, applied along u.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from heapq import heappop, heappush

from symdiff.errors import InternalFaultError
from symdiff.evidence.counting.chart import Chart
from symdiff.evidence.counting.lattice import plus, to_number, to_vector
from symdiff.evidence.counting.packing import Packing
from symdiff.evidence.counting.steps import StepSet, Vector

EXACT_DIVISIONS = "every division of the recurrence leaves no remainder"


def packed_levels(
    chart: Chart, packing: Packing, n: int, weights: Sequence[int], last: int | None = None
) -> Iterator[tuple[int, int]]:
    """Level by level, all counts of a level as one integer, with the number of its first slot; (0, 0) if empty.

    ``weights`` are integers; ``last`` is the last level wanted. Raises :class:`InternalFaultError` where a division
    leaves a remainder, which a correct recurrence never does.
    """
    bits, pivot = packing.slot_bits, weights[chart.pivot]
    members: dict[int, list[tuple[int, int]]] = {}
    for i, level in enumerate(chart.levels):
        if i != chart.pivot:
            members.setdefault(level, []).append((packing.slot(chart.places[i]), weights[i]))
    groups = [(level, min(found)[0], found) for level, found in members.items()]
    top = n * max(members, default=0)
    window: deque[tuple[int, int]] = deque([(pivot**n, 0)], maxlen=max(members, default=1))
    yield window[-1]
    for level in range(1, (top if last is None else min(last, top)) + 1):
        below = [
            (window[-climb], climb, low, found)
            for climb, low, found in groups
            if climb <= len(window) and window[-climb][0]
        ]
        base = min((offset + low for (_, offset), _, low, _ in below), default=0)
        total = 0
        for (value, offset), climb, _, found in below:
            total += recurrence_factor(n, climb, level) * _shifted_sum(value, found, offset - base, bits)
        window.append(_strip(exact_quotient(exact_quotient(total, level), pivot), base, bits))
        yield window[-1]


def single_counts(steps: StepSet, n: int) -> dict[Vector, int]:
    """The numerators of all endpoint counts, site by site: for steps that no chart packs well, of any dimension.

    The form u is the Kronecker exponent itself, which orders sites lexicographically; only sites that
    some walk reaches, and their neighbours, are visited.
    """
    pivot = min(range(len(steps.steps)), key=steps.steps.__getitem__)
    relative = [plus(s, steps.steps[pivot], -1) for s in steps.steps]
    lows = [max(n, 1) * min(axis) for axis in zip(*relative, strict=True)]
    radices = [max(n, 1) * (max(axis) - min(axis)) + 1 for axis in zip(*relative, strict=True)]
    moves = [
        (to_number(v, radices), w)
        for i, (v, w) in enumerate(zip(relative, steps.numerators, strict=True))
        if i != pivot
    ]
    counts = _powers(moves, steps.numerators[pivot], n)
    base = tuple(n * s for s in steps.steps[pivot])
    return {plus(base, to_vector(e, lows, radices)): value for e, value in counts.items()}


def recurrence_factor(n: int, climb: int, level: int) -> int:
    """(n+1) u.s - u.q."""
    return (n + 1) * climb - level


def exact_quotient(value: int, divisor: int) -> int:
    """value / divisor; raises :class:`InternalFaultError` where it is not an integer."""
    if divisor == 1:
        return value
    quotient, remainder = divmod(value, divisor)
    if remainder:
        raise InternalFaultError(
            "a division of the Miller recurrence leaves a remainder, so its counts cannot be right"
        )
    return quotient


def _shifted_sum(value: int, members: Sequence[tuple[int, int]], offset: int, bits: int) -> int:
    """sum weight * value * B^(offset + slot)."""
    total = 0
    for slot, weight in members:
        shifted = value << (offset + slot) * bits
        total += shifted if weight == 1 else shifted * weight
    return total


def _strip(value: int, base: int, bits: int) -> tuple[int, int]:
    """A level without the empty slots at its beginning."""
    if not value:
        return 0, 0
    empty = ((value & -value).bit_length() - 1) // bits
    return value >> empty * bits, base + empty


def _powers(moves: Sequence[tuple[int, int]], pivot: int, n: int) -> dict[int, int]:
    """The nonzero coefficients of (pivot + sum weight x^exponent)^n, exponents positive and as sparse as they are."""
    counts = {0: pivot**n}
    heap = sorted({e for e, _ in moves})
    seen = set(heap)
    while heap:
        here = heappop(heap)
        total = 0
        for e, weight in moves:
            before = counts.get(here - e)
            if before:
                total += weight * recurrence_factor(n, e, here) * before
        value = exact_quotient(exact_quotient(total, here), pivot)
        if value:
            counts[here] = value
            for e, _ in moves:
                if here + e not in seen:
                    seen.add(here + e)
                    heappush(heap, here + e)
    return counts
