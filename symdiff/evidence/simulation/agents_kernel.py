"""The compiled part of agents on rings (needs numba): bit for bit what ``agents.plain`` does, some rings side by side."""

# mypy: disable-error-code="untyped-decorator"

from __future__ import annotations

from typing import Any

import numba
import numpy as np

from symdiff.evidence.simulation.followed_kernel import GAMMA, LANES, above, mix


@numba.njit(nogil=True, cache=True, error_model="numpy")
def follow(key: Any, count: int, tails: Any, start: Any, sites: int, bits: int, low: int, width: int, choices: int, upper: Any, after: Any, out: Any) -> None:  # fmt: skip
    """Add up in ``out`` at which word ``count`` rings of one chunk end."""
    own, word, left = np.empty(LANES, np.uint64), np.empty(LANES, np.uint64), np.empty(LANES, np.int64)
    half, low_half = np.uint64(32), np.uint64(0xFFFFFFFF)
    size, window = np.uint64(sites * bits), np.uint64(1) << np.uint64(width * bits)
    whole = (np.uint64(1) << size) - np.uint64(1)
    places, first_site, per_site = np.uint64(sites), np.uint64(low), np.uint64(bits)
    for first in range(0, count, LANES):
        lanes, most = min(LANES, count - first), 0
        for i in range(lanes):
            own[i] = mix(key + np.uint64(first + i + 1) * GAMMA)
            left[i] = above(mix(own[i] + GAMMA), tails)
            most = max(most, left[i])
            word[i] = start
        counter = GAMMA
        for step in range(most):
            counter += GAMMA
            for i in range(lanes):
                if step < left[i]:
                    draw, ring = mix(own[i] + counter), word[i]
                    turn = per_site * ((((draw >> half) * places) >> half) + first_site)
                    if turn >= size:
                        turn -= size
                    code = ((ring >> turn) | (ring << (size - turn))) & (window - np.uint64(1))
                    value, taken = np.uint32(draw & low_half), np.uint64(0)
                    for n in range(choices):
                        taken += np.uint64(value >= upper[code * np.uint64(choices) + np.uint64(n)])
                    new = np.uint64(after[code * np.uint64(choices + 1) + taken])
                    if new == window:
                        word[i], left[i] = whole + np.uint64(1), 0
                    else:
                        change = code ^ new
                        word[i] = ring ^ (((change << turn) | (change >> (size - turn))) & whole)
        for i in range(lanes):
            out[word[i]] += 1
