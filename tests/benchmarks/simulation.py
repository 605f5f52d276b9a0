"""Walker-steps per core-second of a biased walk: pure Python, NumPy, Numba's own generator, and numbers of walkers by site.

Run with ``python tests/benchmarks/simulation.py``; ratios within one run. A walker-step draws one random number and moves one
walker. *Walkers* follows them one by one in NumPy, as the tier does where sites are too many or steps have a continuous law;
*occupation* draws how many of those on a site take which jump, so that its speed grows with their number. The last column
is the share of the bandwidth of NumPy's Philox generator, in random doubles per second.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import Any

import numpy as np

import symdiff as sd
from symdiff.evidence.simulation.occupation import Occupation
from symdiff.evidence.simulation.streams import chunk_generator
from symdiff.evidence.simulation.walkers import CHUNK, Walkers

STEPS = 12
VALUES = (1.0, 0.6, 1.0)


def rate(action: Callable[[], object], work: float) -> float:
    """Units of work per second of this process; the best of five."""
    best = float("inf")
    for _ in range(5):
        start = time.process_time()
        action()
        best = min(best, time.process_time() - start)
    return work / best


def pure_python() -> list[int]:
    """The loop that a textbook would write."""
    ends = []
    for _ in range(2000):
        x = 0
        for _ in range(STEPS):
            x += 1 if random.random() < 0.6 else -1
        ends.append(x)
    return ends


def numba_loop() -> Callable[[], Any] | None:
    """The same loop, compiled, with Numba's own generator; None without the ``fast`` extra."""
    try:
        import numba
    except ImportError:
        return None

    @numba.njit
    def loop() -> Any:
        ends = np.empty(200_000, np.int64)
        for n in range(ends.size):
            x = 0
            for _ in range(STEPS):
                x += 1 if np.random.random() < 0.6 else -1
            ends[n] = x
        return ends

    loop()
    return loop


def main() -> None:
    """Print the table."""
    model = sd.load("biased_walk")
    values = {p.symbol: v for p, v in zip(model.parameters, VALUES, strict=True)}
    walkers = Walkers(model, values, {}, (0.0,), (1.0,), "key", 0)
    crowd = Occupation(model, values, {}, (0.0,), (1.0,), STEPS, "key", 0)
    generator = chunk_generator("key", 0, 0)
    bandwidth = rate(lambda: generator.random(10**6), 1e6)
    rows = [
        ("pure Python", rate(pure_python, 2000 * STEPS)),
        ("NumPy, walkers", rate(lambda: walkers.chunk(0, STEPS), CHUNK * STEPS)),
    ]
    compiled = numba_loop()
    if compiled is not None:
        rows.append(("Numba, its own generator", rate(compiled, 200_000 * STEPS)))
    for power in (9, 12, 13):
        rows.append(
            (f"occupation, 1e{power} walkers", rate(lambda n=10**power: crowd.chunk(0, n), 10.0**power * STEPS))
        )  # type: ignore[misc]
    print("| way | walker-steps per core-second | ratio | share of the generator's bandwidth |\n|---|---|---|---|")
    for name, found in rows:
        print(f"| {name} | {found:.2g} | {found / rows[0][1]:.3g} | {found / bandwidth:.2g} |")


if __name__ == "__main__":
    main()
