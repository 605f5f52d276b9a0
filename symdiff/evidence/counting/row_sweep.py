"""Steps of all rows, in limbs of long counts or modulo primes side by side (needs numba)."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from symdiff.evidence.counting.row_plan import Plan

_CHUNK = 32  # even, so that the two buffers are back in place after each call
_LEAST_BITS = 16


def in_limbs(plan: Plan, total: int) -> tuple[list[int], int]:
    """The wanted values of 0..n steps whose weights sum to ``total``, and the bits of a limb.

    Every count is held in limbs; each plane of limbs makes some steps on its own before what is above goes to the next one.
    """
    import numpy as np

    from symdiff.evidence.counting.row_kernel import carry

    bits, chunk = _word(total)
    planes = _planes(total, plan.n, bits)
    cells = np.zeros((planes[-1], plan.cells), np.uint64)
    out = np.zeros((planes[-1], plan.n + 1, 2), np.uint64)
    never, sweep = np.zeros(plan.n + 1, np.bool_), _Sweep(plan, cells)
    workers = _workers()
    others = [np.zeros(plan.cells, np.uint64) for _ in range(workers)]
    with ThreadPoolExecutor(workers) as pool:
        for first in range(0, plan.n, chunk):
            last = min(first + chunk, plan.n)
            before, after = planes[first], planes[last]
            sweep.look(first, last)
            jobs = [
                pool.submit(sweep.climb, others[i], i, workers, before, never, np.uint64(0), out)
                for i in range(workers)
            ]
            for job in jobs:
                job.result()
            sweep.arrive()
            if last < plan.n:
                jobs = [
                    pool.submit(carry, cells, i, workers, before, after, np.uint64(bits), sweep.lows, sweep.highs, plan.base)
                    for i in range(workers)
                ]  # fmt: skip
                for job in jobs:
                    job.result()
    return [_together(out[: planes[m], m], bits) for m in range(plan.n + 1)], bits


def limb_bytes(plan: Plan, total: int) -> int:
    """The memory of :func:`in_limbs`."""
    bits, _ = _word(total)
    return 8 * plan.cells * (_planes(total, plan.n, bits)[-1] + _workers())


def modulo(plan: Plan, total: int, primes: list[int]) -> list[list[int]]:
    """The remainders of the wanted values modulo every prime below 2^50."""
    import numpy as np

    from symdiff.evidence.counting.row_kernel import BITS

    when = folds(total, plan.n)

    def one(prime: int, stop: threading.Event) -> list[int]:
        out = np.zeros((1, plan.n + 1, 2), np.uint64)
        other = np.zeros(plan.cells, np.uint64)
        sweep = _Sweep(plan, np.zeros((1, plan.cells), np.uint64))
        for first in range(0, plan.n, _CHUNK):
            if stop.is_set():
                break
            sweep.look(first, min(first + _CHUNK, plan.n))
            sweep.climb(other, 0, 1, 1, when, np.uint64(2**BITS - prime), out)
            sweep.arrive()
        return [(int(a) + (int(b) << 32)) % prime for a, b in out[0]]

    return side_by_side(one, primes)


def folds(total: int, n: int) -> Any:
    """For every step number whether the values must be folded then, so that no sum overflows 64 bits."""
    import numpy as np

    from symdiff.evidence.counting.row_kernel import BITS

    bound, found = 1, np.zeros(n + 1, np.bool_)
    for m in range(1, n + 1):
        bound *= total
        if bound * total >= 2**63:
            found[m], bound = True, 2 ** (BITS + 1)
    return found


def side_by_side(one: Callable[[int, threading.Event], list[int]], primes: list[int]) -> list[list[int]]:
    """One prime a thread."""
    stop = threading.Event()
    with ThreadPoolExecutor(min(len(primes), _workers())) as pool:
        try:
            return list(pool.map(lambda prime: one(prime, stop), primes))
        except BaseException:  # an interrupt too: no thread works on after this call
            stop.set()
            raise


def _workers() -> int:
    return os.cpu_count() or 1


def _word(total: int) -> tuple[int, int]:
    """The bits of a limb, and how many steps (an even number) it makes before its upper part is carried over: where both cost least."""
    choices = [(63 - (total**k).bit_length(), k) for k in range(2, _CHUNK + 1, 2)]
    return min((c for c in choices if c[0] >= _LEAST_BITS), key=lambda c: (1 + 1.5 / c[1]) / c[0])


def _planes(total: int, n: int, bits: int) -> list[int]:
    """The limbs of the counts of 0..n steps."""
    return [(total**m).bit_length() // bits + 1 for m in range(n + 1)]


def _together(limbs: Any, bits: int) -> int:
    """The number of the lower and the upper halves of its limbs, which overlap."""
    return sum((int(a) + (int(b) << 32)) << bits * i for i, (a, b) in enumerate(limbs))


class _Sweep:
    """The occupied places of every row, and the tables of the steps ahead."""

    def __init__(self, plan: Plan, cells: Any) -> None:
        import numpy as np

        self.plan, self.cells = plan, cells
        self.lows, self.highs = np.ones(plan.rows, np.int64), np.zeros(plan.rows, np.int64)
        row, place = plan.begin
        if row >= 0:
            self.lows[row] = self.highs[row] = place
            cells[0, int(plan.base[row]) + place] = 1
        self.first = 0
        self.tables: tuple[Any, ...] = ()

    def look(self, first: int, last: int) -> None:
        """Which places the steps first+1..last reach, and from where."""
        import numpy as np

        from symdiff.evidence.counting.row_kernel import extents

        plan, shape = self.plan, (last - first, self.plan.rows)
        moves = plan.source.shape[2]
        sizes = [np.empty(shape, np.int64) for _ in range(3)]
        pieces = [np.empty((*shape, moves), np.int64) for _ in range(3)]
        self.first, self.tables = first, (*sizes, *pieces, np.empty((*shape, moves), np.uint64))
        extents(self.lows, self.highs, plan.count, plan.source, plan.shift, plan.base, plan.weights, plan.arcs, plan.arc_of,
                plan.origins, plan.pitch, plan.slopes, plan.supports, plan.needs, plan.n, first, *self.tables)  # fmt: skip

    def climb(self, other: Any, begin: int, stride: int, planes: int, when: Any, correction: Any, out: Any) -> None:
        """Every stride-th plane of the words through these steps."""
        from symdiff.evidence.counting.row_kernel import climb

        plan = self.plan
        climb(self.cells, other, begin, stride, planes, self.lows, self.highs, *self.tables, plan.base, plan.arcs, plan.arc_of,
              plan.arc_weight, self.first, plan.skew, when, correction, plan.wanted, out)  # fmt: skip

    def arrive(self) -> None:
        """All planes have made these steps."""
        self.lows, self.highs = self.tables[0][-1], self.tables[1][-1]
