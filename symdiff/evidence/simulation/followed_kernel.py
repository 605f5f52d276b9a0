"""The compiled part of followed walkers (needs numba): bit for bit what ``followed.plain`` does, some walkers side by side."""

# mypy: disable-error-code="untyped-decorator"

from __future__ import annotations

from typing import Any

import numba
import numpy as np

LANES = 64
GAMMA = np.uint64(0x9E3779B97F4A7C15)


@numba.njit(inline="always")
def mix(z: Any) -> Any:
    """64 random bits of a counter; as ``streams.mixed``."""
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


@numba.njit(nogil=True, cache=True, error_model="numpy")
def follow(key: Any, count: int, steps: int, tails: Any, starts: Any, choices: int, upper: Any, targets: Any, sites: int, out: Any) -> None:  # fmt: skip
    """Add up in ``out`` where ``count`` walkers of one chunk end."""
    own, node, left = np.empty(LANES, np.uint64), np.empty(LANES, np.uint32), np.empty(LANES, np.int64)
    low = np.uint64(0xFFFFFFFF)
    for first in range(0, count, LANES):
        lanes = min(LANES, count - first)
        most = steps
        for i in range(LANES):
            own[i] = mix(key + np.uint64(first + i + 1) * GAMMA)
            left[i] = steps
            if len(tails):
                left[i] = len(tails) - np.searchsorted(tails, mix(own[i] + GAMMA), side="right")
                most = max(most, left[i])
            node[i] = 0
            if len(starts):
                node[i] = sites * np.searchsorted(starts, mix(own[i] + np.uint64(2) * GAMMA), side="right")
        counter = np.uint64(2) * GAMMA
        for step in range(0, most, 2):
            counter += GAMMA
            if choices == 1 and len(tails) == 0 and step + 1 < most:
                for i in range(LANES):
                    draw, here = mix(own[i] + counter), node[i]
                    here = targets[np.uint64(2 * here + (np.uint32(draw >> np.uint64(32)) > upper[np.uint64(here)]))]
                    here = targets[np.uint64(2 * here + (np.uint32(draw & low) > upper[np.uint64(here)]))]
                    node[i] = here
            else:
                for i in range(LANES):
                    draw, here = mix(own[i] + counter), np.int64(node[i])
                    for half in range(2):
                        value = np.uint32(draw >> np.uint64(32)) if half == 0 else np.uint32(draw & low)
                        taken = 0
                        for n in range(choices):
                            taken += value > upper[here * choices + n]
                        if step + half < left[i]:
                            here = np.int64(targets[here * (choices + 1) + taken])
                    node[i] = np.uint32(here)
        for i in range(lanes):
            out[node[i]] += 1
