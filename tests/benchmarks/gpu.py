"""Followed walkers on a graphics processor: the same bits as on the processor, and walker-steps per second against the limits.

Run with ``python -m tests.benchmarks.gpu`` on a machine with numba and CUDA. *Generator*: the same random numbers, drawn and added
up, two walker-steps each. *Table*: bytes that the steps read from their tables, over the bandwidth of a copy in device memory
(caches serve most of them, so that more than all of it is possible).
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np
from numba import cuda

import symdiff as sd
from symdiff.evidence.simulation.followed import Followed
from symdiff.evidence.simulation.followed_gpu import BLOCKS, THREADS
from symdiff.evidence.simulation.followed_kernel import GAMMA, mix
from tests.walks import FOLLOWED as RULES

WALKERS, CHECKED, ON_PROCESSOR = 2**30, 200_003, 2**20


@cuda.jit
def generate(count: int, draws: int, out: Any) -> None:
    """The random numbers of some walkers, added up."""
    walker = cuda.grid(1)
    total = np.uint64(0)
    while walker < count:
        own = mix(np.uint64(walker + 1) * GAMMA)
        counter = np.uint64(2) * GAMMA
        for _ in range(draws):
            counter += GAMMA
            total += mix(own + counter)
        walker += cuda.gridsize(1)
    out[cuda.grid(1)] = total


def seconds(action: Callable[[], object]) -> float:
    """The shortest of three runs, after one that compiles."""
    action()
    found = []
    for _ in range(3):
        start = time.perf_counter()
        action()
        cuda.synchronize()
        found.append(time.perf_counter() - start)
    return min(found)


def walkers(name: str, amount: float) -> Followed:
    """A walk made ready."""
    model = sd.JumpModel(title=name, **RULES[name])
    shares = (1.0,) if len(model.state_names) == 1 else (0.25, 0.75)
    return Followed(model, {}, {}, (0.0,) * model.dimension, shares, amount, "key", 5)


def copy_bandwidth() -> float:
    """Bytes per second that a copy within device memory reads and writes."""
    source, target = (cuda.device_array(2**28, dtype=np.uint64) for _ in range(2))
    return 2 * source.nbytes / seconds(lambda: target.copy_to_device(source))


def main() -> None:
    """Print the figures."""
    device = cuda.get_current_device()
    print(f"{device.name.decode() if isinstance(device.name, bytes) else device.name}")
    sums = cuda.device_array(BLOCKS * THREADS, dtype=np.uint64)
    draws = 256
    generator = WALKERS // 8 * draws / seconds(lambda: generate[BLOCKS, THREADS](WALKERS // 8, draws, sums))
    bandwidth = copy_bandwidth()
    print(f"generator: {generator:.3g} numbers of 64 bits per second; copy: {bandwidth / 1e9:.0f} GB/s\n")
    print(
        "| walk | events | same bits | walker-steps/s | one core, compiled | ratio | share of generator | table, share of memory |"
    )
    print("|---|---|---|---|---|---|---|---|")
    for name, amount in (
        ("biased", 12.0),
        ("biased", 200.0),
        ("persistent", 200.0),
        ("place", 4.0),
        ("dying", 30.0),
    ):
        walk = walkers(name, amount)
        one, other = (walk.chunk(3, CHECKED, way=way) for way in ("gpu", "compiled"))
        same = np.array_equal(one.counts, other.counts) and one.dead == other.dead
        steps = amount if walk.model.clock == "discrete" else walk.rate * amount
        choices = walk._table[0].shape[1]
        fast = WALKERS * steps / seconds(lambda w=walk: w.chunk(0, WALKERS, way="gpu"))  # type: ignore[misc]
        slow = ON_PROCESSOR * steps / seconds(lambda w=walk: w.chunk(0, ON_PROCESSOR, way="compiled"))  # type: ignore[misc]
        table = fast * 4 * (choices + 1) / bandwidth
        print(
            f"| {name} | {steps:.3g} | {same} | {fast:.3g} | {slow:.3g} | {fast / slow:.0f} | {fast / 2 / generator:.2g} | {table:.2g} |"
        )


if __name__ == "__main__":
    main()
