"""Self-avoiding walks and polygons of the square lattice by transfer matrix: their number grows like 2.64^n, the work less.

Walks are sorted by the rectangle that they span. A boundary sweeps the rectangle site by site; of the walk behind it, only
how it crosses the boundary is kept, with the number of walks for each number of edges. States that cannot be completed
within n edges are dropped. Source: I. G. Enting, J. Phys. A 13 (1980) 3713; I. Jensen, J. Phys. A 37 (2004) 5503.
"""

from __future__ import annotations

import os
import threading
from concurrent.futures import ThreadPoolExecutor

from symdiff.evidence.counting.lattice import hermite_basis
from symdiff.evidence.counting.steps import StateSteps

TRANSFER = "transfer matrix over spanned rectangles"
LONGEST = 39  # 4 3^38 fits into 63 bits
_FIRST_ROOM = 1 << 12


def is_square(machine: StateSteps) -> bool:
    """Whether the steps are +-v, +-w of weight one in one state: the square lattice, whatever the vectors."""
    steps = {t.step for t in machine.transitions}
    return (
        len(machine.states) == 1
        and len(machine.transitions) == len(steps) == 4
        and all(t.weight == 1 for t in machine.transitions)
        and all(tuple(-x for x in s) in steps for s in steps)
        and len(hermite_basis(steps)) == 2
    )


def square_numbers(n: int, *, polygons: bool = False) -> list[int]:
    """c_0 .. c_n of the square lattice; with ``polygons`` the numbers of polygons of 0..n edges, up to translation."""
    totals = [0] * (n + 1)
    stop = threading.Event()
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        try:
            for found in pool.map(lambda height: _spanned(height, n, polygons, stop), range(n // 2 + 1, 0, -1)):
                for m, value in enumerate(found):
                    totals[m] += value
        except BaseException:  # an interrupt too: no thread works on after this call
            stop.set()
            raise
    if not polygons:
        totals = [2 * value for value in totals]  # a walk has two directions
        totals[0] = 1
    return totals


def _spanned(height: int, n: int, polygons: bool, stop: threading.Event) -> list[int]:
    """The walks of 0..n edges that span ``height`` rows and as many columns, and twice those that span more columns."""
    import numpy as np

    from symdiff.evidence.counting.avoiding_kernel import pass_site

    old, new = _Boundary(_FIRST_ROOM, n), _Boundary(_FIRST_ROOM, n)
    old.keys[0], old.rows[0], old.rows[0, 0], old.number = 0, 0, 1, 1
    total = np.zeros(n + 1, np.int64)
    for column in range(1, n + 2):
        done = np.zeros(n + 1, np.int64)
        for slot in range(height):
            while not stop.is_set():
                fresh = done.copy()
                new.number = pass_site(slot, height, column, polygons, old.keys, old.rows, old.number,
                                       new.table, new.keys, new.rows, fresh)  # fmt: skip
                if new.number >= 0:
                    done = fresh
                    break
                new = _Boundary(2 * len(new.keys), n)
            old, new = new, old
        total += done * (2 if column > height else int(column == height))
        if stop.is_set() or not old.number:
            break
        # The right edges of this column come from the left in the next one, and nothing comes from above.
        kept = np.flatnonzero(old.keys[: old.number] >> 2)
        old.keys[: len(kept)] = (old.keys[kept] >> 2 << 4) | (old.keys[kept] & 3)
        old.rows[: len(kept)] = old.rows[kept]
        old.number = len(kept)
    return [int(x) for x in total]


class _Boundary:
    """States, their numbers of walks by edges, and the table that finds a state."""

    def __init__(self, room: int, n: int) -> None:
        import numpy as np

        self.number = 0
        self.table, self.keys = np.empty(4 * room, np.int32), np.empty(room, np.int64)
        self.rows = np.empty((room, n + 1), np.int64)
