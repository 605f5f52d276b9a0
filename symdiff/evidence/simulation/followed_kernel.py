"""The compiled part of followed walkers (needs numba): bit for bit what ``followed.plain`` does, some walkers side by side."""

# mypy: disable-error-code="untyped-decorator"

from __future__ import annotations

from typing import Any

import numba
import numpy as np

LANES = 64
GAMMA = np.uint64(0x9E3779B97F4A7C15)
HALF, LOW = np.uint64(32), np.uint64(0xFFFFFFFF)


@numba.njit(inline="always")
def mix(z: Any) -> Any:
    """64 random bits of a counter; as ``streams.mixed``."""
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


@numba.njit
def above(value: Any, rising: Any) -> Any:
    """How many of some rising numbers are larger than a value."""
    low, high = 0, len(rising)
    while low < high:
        middle = (low + high) // 2
        if rising[middle] > value:
            high = middle
        else:
            low = middle + 1
    return len(rising) - low


@numba.njit
def begun(own: Any, steps: int, tails: Any, starts: Any, sites: int) -> tuple[Any, Any]:
    """How many events a walker has before it, and where it starts."""
    left = above(mix(own + GAMMA), tails) if len(tails) else steps
    state = len(starts) - above(mix(own + np.uint64(2) * GAMMA), starts) if len(starts) else 0
    return left, np.int64(sites * state)


@numba.njit(inline="always")
def landed(value: Any, here: Any, choices: int, upper: Any, targets: Any) -> Any:
    """Where 32 random bits lead from a node."""
    taken = 0
    for n in range(choices):
        taken += value > upper[here * choices + n]
    return np.int64(targets[here * (choices + 1) + taken])


@numba.njit(nogil=True, cache=True, error_model="numpy")
def follow(key: Any, count: int, steps: int, tails: Any, starts: Any, choices: int, upper: Any, targets: Any, sites: int, out: Any) -> None:  # fmt: skip
    """Add up in ``out`` where ``count`` walkers of one chunk end."""
    own, node, left = np.empty(LANES, np.uint64), np.empty(LANES, np.uint32), np.empty(LANES, np.int64)
    for first in range(0, count, LANES):
        lanes = min(LANES, count - first)
        most = steps
        for i in range(LANES):
            own[i] = mix(key + np.uint64(first + i + 1) * GAMMA)
            left[i], start = begun(own[i], steps, tails, starts, sites)
            node[i] = np.uint32(start)
            most = max(most, left[i])
        counter = np.uint64(2) * GAMMA
        for step in range(0, most, 2):
            counter += GAMMA
            if choices == 1 and len(tails) == 0 and step + 1 < most:
                for i in range(LANES):
                    draw, here = mix(own[i] + counter), node[i]
                    here = targets[np.uint64(2 * here + (np.uint32(draw >> HALF) > upper[np.uint64(here)]))]
                    here = targets[np.uint64(2 * here + (np.uint32(draw & LOW) > upper[np.uint64(here)]))]
                    node[i] = here
            else:
                for i in range(LANES):
                    draw, here = mix(own[i] + counter), np.int64(node[i])
                    if step < left[i]:
                        here = landed(np.uint32(draw >> HALF), here, choices, upper, targets)
                    if step + 1 < left[i]:
                        here = landed(np.uint32(draw & LOW), here, choices, upper, targets)
                    node[i] = np.uint32(here)
        for i in range(lanes):
            out[node[i]] += 1
