"""Followed walkers on a graphics processor (needs numba with CUDA): the functions of the compiled walkers, one walker per thread.

Whole numbers only, so that the bits are those of the other ways. No verdict needs this: numbers of walkers are drawn faster on
one core than walkers can be followed anywhere; it is there for laws that only walkers one by one can give, and for measuring.
"""

# mypy: disable-error-code="untyped-decorator"

from __future__ import annotations

from typing import Any

import numpy as np
from numba import cuda

from symdiff.evidence.simulation.followed_kernel import GAMMA, HALF, LOW, begun, landed, mix
from symdiff.evidence.simulation.sites import Counts

THREADS, BLOCKS = 256, 4096


@cuda.jit
def _follow(key: Any, count: int, steps: int, tails: Any, starts: Any, choices: int, upper: Any, targets: Any, sites: int, out: Any) -> None:  # fmt: skip
    walker = cuda.grid(1)
    while walker < count:
        own = mix(key + np.uint64(walker + 1) * GAMMA)
        left, here = begun(own, steps, tails, starts, sites)
        counter = np.uint64(2) * GAMMA
        for step in range(0, left, 2):
            counter += GAMMA
            draw = mix(own + counter)
            here = landed(np.uint32(draw >> HALF), here, choices, upper, targets)
            if step + 1 < left:
                here = landed(np.uint32(draw & LOW), here, choices, upper, targets)
        cuda.atomic.add(out, here, np.uint64(1))
        walker += cuda.gridsize(1)


def follow(key: Any, count: int, steps: int, tails: Any, starts: Any, choices: int, upper: Any, targets: Any, sites: int, size: int) -> Counts:  # fmt: skip
    """Where ``count`` walkers of one chunk end: numbers per node, of which there are ``size``."""
    tables = [cuda.to_device(_never_empty(x)) for x in (tails, starts, upper, targets)]
    parts = [t[: len(x)] for t, x in zip(tables, (tails, starts, upper, targets), strict=True)]
    out = cuda.to_device(np.zeros(size, dtype=np.uint64))
    blocks = min(BLOCKS, -(-count // THREADS))
    _follow[blocks, THREADS](key, count, steps, parts[0], parts[1], choices, parts[2], parts[3], sites, out)
    return np.asarray(out.copy_to_host(), dtype=np.int64)


def _never_empty(x: Any) -> Any:
    return x if len(x) else np.zeros(1, dtype=x.dtype)
