"""How much faster the Miller recurrence is than dictionary dynamic programming: run as a script, ratios are printed.

    python tests/benchmarks/counting.py            # a few seconds; the dictionary at n = 100, and extrapolated to 300
    python tests/benchmarks/counting.py --full     # the dictionary at n = 300 as well: minutes

The dictionary is written by hand for two dimensions, as one would without a library. Nothing is asserted about time;
both answers are compared.
"""

from __future__ import annotations

import argparse
import itertools
import time
from collections.abc import Callable
from typing import Any

from symdiff.evidence.counting import StepSet, count_to, endpoint_law, sequence, site_count

PLANE = {
    "square": [(1, 0), (-1, 0), (0, 1), (0, -1)],
    "triangular": [(1, 0), (-1, 0), (0, 1), (0, -1), (1, -1), (-1, 1)],
    "king": [s for s in itertools.product((-1, 0, 1), repeat=2) if any(s)],
}
CUBIC = StepSet.from_steps([tuple(a * (i == j) for j in range(3)) for i in range(3) for a in (1, -1)])
FIVE = StepSet.from_steps([-2, -1, 0, 1, 2])


def dictionary_law(steps: list[tuple[int, int]], n: int) -> dict[tuple[int, int], int]:
    """The usual way."""
    layer = {(0, 0): 1}
    for _ in range(n):
        following: dict[tuple[int, int], int] = {}
        for (x, y), count in layer.items():
            for dx, dy in steps:
                site = (x + dx, y + dy)
                following[site] = following.get(site, 0) + count
        layer = following
    return layer


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    """CPU seconds and the answer."""
    begin = time.process_time()
    answer = work()
    return time.process_time() - begin, answer


def compare(name: str, n: int) -> tuple[float, float]:
    """Seconds of the dictionary and of the checked law at the same n; raises if they disagree."""
    steps = PLANE[name]
    slow, expected = timed(lambda: dictionary_law(steps, n))
    fast, law = timed(lambda: endpoint_law(StepSet.from_steps(steps), n))
    if dict(law.counts) != expected:
        raise SystemExit(f"{name}, n = {n}: the two laws disagree")
    return slow, fast


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--full", action="store_true", help="run the dictionary at n = 300 too")
    full = parser.parse_args().full
    print("whole law in the plane, CPU seconds, checks included")
    for name in PLANE:
        slow, fast = compare(name, 100)
        print(f"  {name:<12} n = 100  dictionary {slow:8.2f}  here {fast:6.3f}  ratio {slow / fast:6.0f}")
        if full:
            slow, fast = compare(name, 300)
            print(f"  {name:<12} n = 300  dictionary {slow:8.2f}  here {fast:6.3f}  ratio {slow / fast:6.0f}")
        else:
            fast, _ = timed(lambda name=name: endpoint_law(StepSet.from_steps(PLANE[name]), 300))
            print(
                f"  {name:<12} n = 300  dictionary {27 * slow:8.2f}  here {fast:6.3f}  ratio {27 * slow / fast:6.0f}"
                "  (dictionary extrapolated from n = 100 by n^3, not run)"
            )
        unchecked, _ = timed(lambda name=name: endpoint_law(StepSet.from_steps(PLANE[name]), 300, check=False))
        print(f"  {name:<12} n = 300  here without checks {unchecked:6.3f}")
    print("others, CPU seconds, checks included")
    tasks: list[tuple[str, Callable[[], Any]]] = [
        ("triangular, whole law, n = 600", lambda: endpoint_law(StepSet.from_steps(PLANE["triangular"]), 600)),
        ("king, origin, n = 1000", lambda: site_count(StepSet.from_steps(PLANE["king"]), 1000, (0, 0))),
        ("cubic, whole law, n = 100", lambda: endpoint_law(CUBIC, 100)),
        ("cubic, origin, n = 200", lambda: count_to(CUBIC, 200, (0, 0, 0))),
        ("{-2..2}, whole law, n = 10000", lambda: endpoint_law(FIVE, 10_000)),
        ("{-2..2}, origin, n = 10000", lambda: count_to(FIVE, 10_000, 0)),
        ("{-2..2}, near the end, n = 10000", lambda: count_to(FIVE, 10_000, 19_000)),
        ("{-2..2}, returns of 0..1000 steps", lambda: sequence(FIVE, 1000, 0, 0)),
    ]
    for name, task in tasks:
        print(f"  {name:<36} {timed(task)[0]:7.3f}")


if __name__ == "__main__":
    main()
