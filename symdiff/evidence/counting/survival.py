"""Walks that stay behind one or two walls across the axes, wherever they end: the numbers of all 0..n steps, pulled backwards.

Axes without a wall are summed out first. See ``row_kernel.survive``; modulo many primes, put together by remainders.
"""

from __future__ import annotations

from typing import Any

from symdiff.evidence.counting.decimal_text import about
from symdiff.evidence.counting.row_sweep import folds, side_by_side
from symdiff.evidence.counting.size import require_bytes
from symdiff.evidence.counting.steps import StepSet, Vector

METHOD = "survival from every place, without those that are out of reach of the walls, modulo {} primes"
_CHUNK = 32  # even, so that the two buffers are back in place after each call


class Survival:
    """Tables for one walk; ``remainders`` gives the numbers of 0..n steps."""

    def __init__(self, steps: StepSet, n: int, start: Vector, floors: list[int | None], max_bytes: int) -> None:
        """``floors``: for each axis the smallest coordinate inside, None where there is no wall; at most two are not None."""
        import numpy as np

        walled = [axis for axis, floor in enumerate(floors) if floor is not None]
        merged: dict[tuple[int, int], int] = {}
        for step, w in zip(steps.steps, steps.numerators, strict=True):
            key = (*(step[a] for a in walled), *(0,) * (2 - len(walled)))
            merged[key[0], key[1]] = merged.get((key[0], key[1]), 0) + w
        self.n = n
        self.steps = np.array(sorted(merged), np.int64)
        self.weights = np.array([merged[s] for s in sorted(merged)], np.uint64)
        self.start = np.array([*(start[a] - (floors[a] or 0) for a in walled), *(0,) * (2 - len(walled))], np.int64)
        self.ups, self.downs = np.maximum(self.steps.max(axis=0), 0), np.maximum(-self.steps.min(axis=0), 0)
        most = [
            max(min(m * int(d), int(x) + (n - m) * int(u)) for m in (0, n, *self._crossing(int(d), int(x), int(u))))
            for d, x, u in zip(self.downs, self.start, self.ups, strict=True)
        ]
        self.tops = np.array([m + int(d + u) + 2 for m, d, u in zip(most, self.downs, self.ups, strict=True)], np.int64)
        self.cells = int(self.tops[0] * self.tops[1])
        require_bytes(f"a table of the rows of {about(n)} steps", 128 * self.cells, max_bytes)

    def _crossing(self, down: int, x: int, up: int) -> tuple[int, ...]:
        """The numbers of steps about which both bounds are equal."""
        m = (x + self.n * up) // (down + up) if down + up else 0
        return tuple(k for k in (m, m + 1) if 0 <= k <= self.n)

    def remainders(self, primes: list[int], total: int) -> list[list[int]]:
        """The numbers of 0..n steps, whose weights sum to ``total``, modulo every prime."""
        when = folds(total, self.n)
        return side_by_side(lambda prime, stop: self._sweep(prime, when, stop), primes)

    def _sweep(self, prime: int, when: Any, stop: Any) -> list[int]:
        import numpy as np

        from symdiff.evidence.counting.row_kernel import BITS, survive

        cells, other = np.zeros(self.cells, np.uint64), np.zeros(self.cells, np.uint64)
        cells[0] = 1
        out = np.ones(self.n + 1, np.uint64)
        for begin in range(0, self.n, _CHUNK):
            if stop.is_set():
                break
            survive(cells, other, self.steps, self.weights, self.downs, self.tops, when, np.uint64(2**BITS - prime),
                    begin, min(begin + _CHUNK, self.n), self.n, self.start, self.ups, out)  # fmt: skip
        return [int(v) % prime for v in out]
