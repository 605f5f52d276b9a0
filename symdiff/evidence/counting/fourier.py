"""Counts modulo a prime, by discrete Fourier sums over roots of unity: a second method without any recurrence.

    [z^q] P(z)^n = N^-1 sum_k P(w^k)^n w^(-k q)  mod p,   w of order N, if N exceeds the degree of P^n.

Source: the Fourier inversion of the characteristic function (F. Spitzer, Principles of Random Walk, section 6), over
a finite field instead of the circle.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

from symdiff.evidence.counting.modular import PRIME, root_powers
from symdiff.evidence.counting.steps import Vector, WalkSteps, one_state

_MOST_POINTS = 2**19
_MOST_UPDATES = 400_000


def level_coefficient(levels: Sequence[int], values: Sequence[int], n: int, level: int) -> int | None:
    """The coefficient of z^level in (sum_s value_s z^level_s)^n mod p; None above 2^19 points. Levels are >= 0."""
    period = 1 << (n * max(levels)).bit_length()
    if period > _MOST_POINTS or not 0 <= level < period:
        return None
    roots = root_powers(period)
    terms = list(zip(levels, values, strict=True))
    mask, total = period - 1, 0
    for k in range(period):
        value = sum([v * roots[k * q & mask] for q, v in terms])
        total += pow(value % PRIME, n, PRIME) * roots[-k * level & mask]
    return total * pow(period, -1, PRIME) % PRIME


def site_sequence(
    steps: WalkSteps, n: int, displacement: Vector, start: int = 0, end: int = 0
) -> tuple[int, ...] | None:
    """The numerators of the counts of 0..n steps mod p, from one state to another; None where it would not be cheap."""
    machine = one_state(steps)
    ranges = [(min(axis), max(axis)) for axis in zip(*(t.step for t in machine.transitions), strict=True)]
    periods = tuple(1 << (n * (high - low)).bit_length() for low, high in ranges)
    if math.prod(periods) * (n + 1) * (len(machine.transitions) + 2) > _MOST_UPDATES:
        return None
    lows = [low for low, _ in ranges]
    roots = [root_powers(period) for period in periods]
    targets = [_in_box(displacement, m, ranges) for m in range(n + 1)]
    shifted = [
        [(to, tuple(x - low for x, low in zip(s, lows, strict=True)), w) for to, s, w in out] for out in machine.arcs
    ]
    sums = [0] * (n + 1)
    for k in itertools.product(*map(range, periods)):
        arcs = [[(to, w * _character(roots, k, s) % PRIME) for to, s, w in out] for out in shifted]
        vector = [int(i == start) for i in range(len(arcs))]
        for m, target in enumerate(targets):
            if target is not None:
                sums[m] += vector[end] * _character(roots, k, target, -1)
            vector = advance(vector, arcs)
    scale = pow(math.prod(periods), -1, PRIME)
    return tuple(total * scale % PRIME for total in sums)


def advance(vector: Sequence[int], arcs: Sequence[Sequence[tuple[int, int]]]) -> list[int]:
    """One step of the states, mod p: ``arcs`` are (target state, value) for each source state."""
    following = [0] * len(vector)
    for value, out in zip(vector, arcs, strict=True):
        if value:
            for target, weight in out:
                following[target] = (following[target] + value * weight) % PRIME
    return following


def _in_box(displacement: Vector, m: int, ranges: Sequence[tuple[int, int]]) -> Vector | None:
    """The displacement from the lower corner of the box of all endpoints of m steps; None outside the box."""
    relative = tuple(x - m * low for x, (low, _) in zip(displacement, ranges, strict=True))
    return (
        relative if all(0 <= x <= m * (high - low) for x, (low, high) in zip(relative, ranges, strict=True)) else None
    )


def _character(roots: Sequence[Sequence[int]], k: Vector, vector: Vector, sign: int = 1) -> int:
    """w^(sign k.vector), a product over the axes."""
    value = 1
    for powers, index, x in zip(roots, k, vector, strict=True):
        value = value * powers[sign * index * x % len(powers)] % PRIME
    return value
