"""The folded Miller recurrence in 32-bit limbs, compiled (needs numba); for large laws."""

from __future__ import annotations

import math
from functools import cached_property
from typing import Any

from symdiff.errors import InternalFaultError
from symdiff.evidence.counting.chart import relative_steps
from symdiff.evidence.counting.decimal_text import about
from symdiff.evidence.counting.folded_domain import Domain, bounding_box, lowered
from symdiff.evidence.counting.folded_law import FoldedCounts, check_points, powers_from
from symdiff.evidence.counting.lattice import dot, plus
from symdiff.evidence.counting.size import largest_count_bits, require_bytes
from symdiff.evidence.counting.steps import StepSet, Vector

_CHUNK = 50_000
_MOST_CELLS = 2**30  # sums of so many limbs fit into 64 bits, and the numbers of sites into 32


class LimbCounts(FoldedCounts):
    """``pool[offsets[i]:offsets[i + 1]]`` are the limbs of the i-th representative."""

    held_in = "32-bit limbs"

    def __init__(
        self, domain: Domain, start: Vector, sites: Any, index: Any, box: Any, offsets: Any, pool: Any
    ) -> None:
        super().__init__(domain, start, sites, index, box)
        self.offsets, self.pool, self.bits = offsets, pool, 32 * len(pool)

    def number(self, i: int) -> int:
        return int.from_bytes(self.pool[self.offsets[i] : self.offsets[i + 1]].tobytes(), "little")

    @cached_property
    def sums(self) -> tuple[int, tuple[int, ...]]:
        """The total, and the generating function at the points of ``check_points``."""
        import numpy as np

        from symdiff.evidence.counting.limb_kernel import summed

        reach = int(np.abs(self.sites).sum(axis=1).max()) * max(
            abs(x) for g in self.domain.maps for row in g for x in row
        )
        lows = np.full(len(self.start), -reach, np.int64)
        maps = np.array(self.domain.maps, np.int64)
        longest = int(np.diff(self.offsets).max())
        values = []
        for prime, point in check_points(len(self.start)):
            radix = 2**32 % prime
            tables = np.array([powers_from(z, -reach, reach, prime) for z in point], np.uint64) * radix % prime
            inverses = [0, *(pow(k, -1, prime) * radix % prime for k in range(1, len(maps) + 1))]
            low, high, total = (np.zeros(longest, np.uint64) for _ in range(3))
            summed(self.sites, self.offsets, self.pool, maps, lows, tables.astype(np.uint32), np.array(inverses, np.uint32),
                   np.uint32(prime), np.uint32(pow(prime, -1, 2**32)), low, high, total)  # fmt: skip
            values.append((_carried(low) + (_carried(high) << 32)) % prime)
        return _carried(total), tuple(values)


def _carried(limbs: Any) -> int:
    """The number with these sums of 32-bit limbs, lowest first."""
    return sum(int(x) << 32 * m for m, x in enumerate(limbs.tolist()))


def limb_counts(steps: StepSet, n: int, start: Vector, domain: Domain, max_bytes: int) -> LimbCounts | None:
    """All counts of n steps; None where there are too many cells.

    Raises :class:`ResourceError` before the work begins where tables and counts may need more than ``max_bytes``.
    """
    import numpy as np

    from symdiff.evidence.counting import limb_kernel as kernel

    lows, sizes = bounding_box(domain, n, steps)
    cells = math.prod(int(s) for s in sizes)
    limbs = largest_count_bits(steps, n) // 32 + 2
    require_bytes(f"the endpoint law of {about(n)} steps", 4 * cells, max_bytes)
    if cells > _MOST_CELLS:
        return None
    basis, _ = relative_steps(steps)
    forms, maps = _arrays(domain.walls)
    group = [(lowered(domain.form, g), g) for g in domain.maps]
    all_forms, all_maps = _arrays(group)
    anchor = np.array([n * x for x in steps.steps[domain.pivot]], np.int64)
    floor = n * dot(domain.form, steps.steps[domain.pivot])
    sides = [(w, 0) for w, _ in domain.walls] + [(normal, n * least) for normal, least in domain.facets]
    normals = np.array([normal for normal, _ in sides], np.int64).reshape(len(sides), len(start))
    fixed = (lows, sizes, np.array(basis, np.int64), anchor, np.array(domain.form, np.int64), floor,
             normals, np.array([least for _, least in sides], np.int64), forms, maps, all_forms, all_maps, domain.ties)  # fmt: skip
    number = kernel.representatives(*fixed, np.empty((0, len(start)), np.int64), np.empty(0, np.int64))
    require_bytes(f"the endpoint law of {about(n)} steps", 4 * cells + number * (4 * limbs + 48), max_bytes)
    if number * len(domain.maps) > _MOST_CELLS:
        return None
    sites, levels = np.empty((number, len(start)), np.int64), np.empty(number, np.int64)
    kernel.representatives(*fixed, sites, levels)
    order = np.argsort(levels, kind="stable")
    sites, levels = sites[order], levels[order]
    index = np.full(cells, -1, np.int32)
    index[np.ravel_multi_index(tuple((sites - lows).T), tuple(int(s) for s in sizes))] = np.arange(
        number, dtype=np.int32
    )
    others = [i for i in range(len(steps.steps)) if i != domain.pivot]
    moves = [plus(steps.steps[i], steps.steps[domain.pivot], -1) for i in others]
    heights = np.array([dot(domain.form, move) for move in moves], np.int64)
    first = (steps.numerators[domain.pivot] ** n).to_bytes(4 * limbs, "little")
    pool = np.empty(number * limbs + 8, np.uint32)  # pages that are never written cost nothing
    pool[:limbs] = np.frombuffer(first, np.uint32)
    offsets = np.zeros(number + 1, np.int64)
    offsets[1] = len(first.rstrip(b"\0")) // 4 + bool(len(first.rstrip(b"\0")) % 4)
    tables = (sites, levels, index, lows, sizes, np.array(moves, np.int64), heights,
              np.array([steps.numerators[i] for i in others], np.int64), steps.numerators[domain.pivot], n,
              forms, maps, all_forms, all_maps, domain.ties, offsets, pool)  # fmt: skip
    for begin in range(1, number, _CHUNK):  # between two chunks an interrupt is heard
        if kernel.climb(*tables, begin, min(begin + _CHUNK, number)) >= 0:
            raise InternalFaultError(
                "a division of the Miller recurrence leaves a remainder, so its counts cannot be right"
            )
    return LimbCounts(domain, start, sites, index, (lows, sizes), offsets, pool[: int(offsets[-1])])


def _arrays(pairs: Any) -> tuple[Any, Any]:
    import numpy as np

    pairs = list(pairs)
    size = len(pairs[0][0]) if pairs else 1
    forms = np.array([w for w, _ in pairs], np.int64).reshape(len(pairs), size)
    return forms, np.array([g for _, g in pairs], np.int64).reshape(len(pairs), size, size)
