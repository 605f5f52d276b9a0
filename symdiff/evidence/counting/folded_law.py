"""The whole law from one site of each orbit of the symmetries of the steps, in 32-bit limbs; compiled, for large laws.

The Miller recurrence climbs along a form u that no symmetry but the identity keeps. A site stands for its orbit where u
is smallest among its images, so that what the recurrence asks for below a representative is represented below it too.
"""

from __future__ import annotations

import importlib.util
import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

from symdiff.errors import InternalFaultError
from symdiff.evidence.counting.chart import relative_steps
from symdiff.evidence.counting.decimal_text import about
from symdiff.evidence.counting.held_counts import HeldCounts
from symdiff.evidence.counting.lattice import dot, plus
from symdiff.evidence.counting.modular import primes_below
from symdiff.evidence.counting.reach import in_hull
from symdiff.evidence.counting.size import DEFAULT_MAX_BYTES, largest_count_bits, law_bytes, require_bytes
from symdiff.evidence.counting.steps import Site, StepSet, Vector
from symdiff.evidence.counting.symmetry import Matrix, apply, facets, symmetries

FOLDED = "Miller recurrence, one site of each of the orbits of {} symmetries, 32-bit limbs"
_WORTHWHILE = 4 * 10**8
_LARGEST_SUM = 2**30
_CHUNK = 50_000
_MOST_VERTICES = 30
_MOST_CELLS = 2**30  # sums of so many limbs fit into 64 bits, and the numbers of sites into 32


@dataclass(frozen=True)
class Domain:
    """The form u, its pivot step, the group, and the walls of the region u.x <= u.gx: where form.x < 0, map lowers u."""

    form: Vector
    pivot: int
    maps: tuple[Matrix, ...]
    walls: tuple[tuple[Vector, Matrix], ...]
    ties: bool  # different sites of one orbit may lie on the boundary
    facets: tuple[tuple[Vector, int], ...]  # normal.s >= least for every step: n steps reach normal.x >= n least


class FoldedCounts(HeldCounts):
    """Site -> count, zero counts left out; ``pool[offsets[i]:offsets[i + 1]]`` are the limbs of the i-th representative."""

    def __init__(
        self, domain: Domain, start: Vector, sites: Any, index: Any, box: Any, offsets: Any, pool: Any
    ) -> None:
        self.domain, self.start = domain, start
        self.sites, self.index, self.box, self.offsets, self.pool = sites, index, box, offsets, pool

    def count_at(self, displacement: Vector) -> int:
        lows, sizes = self.box
        best = min((apply(g, displacement) for g in self.domain.maps), key=lambda x: (dot(self.domain.form, x), x))
        places = [x - low for x, low in zip(best, lows, strict=True)]
        if any(not 0 <= p < size for p, size in zip(places, sizes, strict=True)):
            return 0
        number = 0
        for place, size in zip(places, sizes, strict=True):
            number = number * int(size) + int(place)
        i = int(self.index[number])
        return self._limbs(i) if i >= 0 else 0

    def _limbs(self, i: int) -> int:
        return int.from_bytes(self.pool[self.offsets[i] : self.offsets[i + 1]].tobytes(), "little")

    def orbits(self) -> Iterator[tuple[set[Vector], int]]:
        """The displacements of every orbit, and their count."""
        for i, x in enumerate(map(tuple, self.sites.tolist())):
            if count := self._limbs(i):
                yield {apply(g, x) for g in self.domain.maps}, count

    def pairs(self) -> Iterator[tuple[Site, int]]:
        """(site, count), orbit by orbit; never all at once."""
        for images, count in self.orbits():
            for x in images:
                yield plus(self.start, x), count

    def moment(self, powers: Vector) -> int:
        """The sum over all displacements r of r_1^a_1 r_2^a_2 ... times their count."""
        return sum(
            sum(math.prod(x**a for x, a in zip(r, powers, strict=True)) for r in images) * count
            for images, count in self.orbits()
        )

    def require_table(self) -> None:
        number = len(self.sites) * len(self.domain.maps)
        need = law_bytes(number, 32 * len(self.pool) // max(len(self.sites), 1), len(self.start))
        require_bytes(f"a table of all {about(number)} sites of the law", need, DEFAULT_MAX_BYTES)

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

    @property
    def total(self) -> int:
        """The sum of all counts."""
        return self.sums[0]

    def agrees(self, steps: StepSet, n: int) -> bool:
        """Whether the generating function is (sum_s w_s z^s)^n at every one of the points."""
        for (prime, point), value in zip(check_points(len(self.start)), self.sums[1], strict=True):
            one = sum(w * math.prod(pow(z, x, prime) for z, x in zip(point, s, strict=True))
                      for s, w in zip(steps.steps, steps.numerators, strict=True))  # fmt: skip
            if pow(one, n, prime) != value:
                return False
        return True


def check_points(dimension: int) -> list[tuple[int, Vector]]:
    """Two primes below 2^31, each with a point without structure."""
    return [
        (p, tuple(pow(7 + k, 65537 * (a + 1) + 3, p) for a in range(dimension)))
        for k, p in enumerate(primes_below(31, 2))
    ]


def powers_from(z: int, first: int, last: int, prime: int) -> list[int]:
    """z^first, ..., z^last modulo a prime."""
    found = [pow(z, first, prime)]
    for _ in range(last - first):
        found.append(found[-1] * z % prime)
    return found


def _carried(limbs: Any) -> int:
    """The number with these sums of 32-bit limbs, lowest first."""
    return sum(int(x) << 32 * m for m, x in enumerate(limbs.tolist()))


def folded_counts(steps: StepSet, n: int, start: Vector, max_bytes: int, *, force: bool = False) -> FoldedCounts | None:
    """All counts of n steps; None where this way does not apply, does not pay, or numba is not there.

    Raises :class:`ResourceError` before the work begins where tables and counts may need more than ``max_bytes``.
    """
    domain = _applies(steps, n, force)
    if domain is None:
        return None
    import numpy as np

    from symdiff.evidence.counting import limb_kernel as kernel

    lows, sizes = _bounding_box(domain, n, steps)
    cells = math.prod(int(s) for s in sizes)
    limbs = largest_count_bits(steps, n) // 32 + 2
    require_bytes(f"the endpoint law of {about(n)} steps", 4 * cells, max_bytes)
    if cells > _MOST_CELLS:
        return None
    basis, _ = relative_steps(steps)
    forms, maps = _arrays(domain.walls)
    group = [(_lowered(domain.form, g), g) for g in domain.maps]
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
    return FoldedCounts(domain, start, sites, index, (lows, sizes), offsets, pool[: int(offsets[-1])])


def _applies(steps: StepSet, n: int, force: bool) -> Domain | None:
    """The domain, where factors and divisors fit into the kernel's integers and the law is large enough."""
    if steps.dimension not in (2, 3) or len(relative_steps(steps)[0]) < steps.dimension or n < 1:
        return None
    box = math.prod(n * (max(axis) - min(axis)) + 1 for axis in zip(*steps.steps, strict=True))
    work = box * largest_count_bits(steps, n) // 8 * len(steps.steps)
    if not force and (work < _WORTHWHILE or importlib.util.find_spec("numba") is None):
        return None
    domain = _domain(steps)
    if domain is None:
        return None
    values = [dot(domain.form, s) for s in steps.steps]
    height = max(values) - min(values)
    factors = 2 * (n + 1) * height * sum(steps.numerators)
    return domain if factors < _LARGEST_SUM else None


@lru_cache(maxsize=16)
def _domain(steps: StepSet) -> Domain | None:
    reach = range(-4, 5) if steps.dimension == 2 else range(-3, 4)
    for group in dict.fromkeys((symmetries(steps), symmetries(steps)[:0])):
        maps = group or (tuple(tuple(int(i == j) for j in range(steps.dimension)) for i in range(steps.dimension)),)
        found = []
        for form in itertools.product(reach, repeat=steps.dimension):
            values = [dot(form, s) for s in steps.steps]
            if values.count(min(values)) == 1 and len({_pulled(form, g) for g in maps}) == len(maps):
                found.append((max(values) - min(values), form, values.index(min(values))))
        if found:
            _, form, pivot = min(found)
            walls = _walls(form, maps)
            ties = any(not _is_reflection(w, g) for w, g in walls)
            sides = facets(steps.steps, maps) if len(steps.steps) <= _MOST_VERTICES else ()
            return Domain(form, pivot, maps, walls, ties, tuple(sorted(sides)))
    return None


def _pulled(form: Vector, matrix: Matrix) -> Vector:
    """The form x -> form.(matrix x)."""
    return tuple(sum(f * row[j] for f, row in zip(form, matrix, strict=True)) for j in range(len(form)))


def _lowered(form: Vector, matrix: Matrix) -> Vector:
    return plus(_pulled(form, matrix), form, -1)


def _walls(form: Vector, maps: tuple[Matrix, ...]) -> tuple[tuple[Vector, Matrix], ...]:
    """The conditions u.gx - u.x >= 0 that are no sums of others."""
    kept = [(w, g) for g in maps if any(w := _lowered(form, g))]
    kept.sort(key=lambda pair: -sum(x * x for x in pair[0]))
    for pair in tuple(kept):
        others = [w for w, _ in kept if w != pair[0]]
        if others and in_hull((*others, (0,) * len(form)), 10**6, pair[0]):
            kept.remove(pair)
    return tuple(kept)


def _is_reflection(wall: Vector, matrix: Matrix) -> bool:
    """Whether the map fixes every point where the form of the wall is zero."""
    size = len(wall)
    axis = next(i for i, x in enumerate(wall) if x)
    moved = [[matrix[i][j] - int(i == j) for j in range(size)] for i in range(size)]
    return all(row[j] * wall[axis] == row[axis] * wall[j] for row in moved for j in range(size))


def _bounding_box(domain: Domain, n: int, steps: StepSet) -> tuple[Any, Any]:
    """First coordinates and numbers of sites of a box around the representatives: axes are cut where the walls say a sign."""
    import numpy as np

    cone = (*(w for w, _ in domain.walls), (0,) * steps.dimension)
    lows, highs = [], []
    for axis, entries in enumerate(zip(*steps.steps, strict=True)):
        unit = tuple(int(i == axis) for i in range(steps.dimension))
        positive, negative = (in_hull(cone, 10**6, tuple(sign * x for x in unit)) for sign in (1, -1))
        lows.append(max(n * min(entries), 0) if positive else n * min(entries))
        highs.append(min(n * max(entries), 0) if negative else n * max(entries))
    sizes = [high - low + 1 for low, high in zip(lows, highs, strict=True)]
    return np.array(lows, np.int64), np.array(sizes, np.int64)


def _arrays(pairs: Any) -> tuple[Any, Any]:
    import numpy as np

    pairs = list(pairs)
    size = len(pairs[0][0]) if pairs else 1
    forms = np.array([w for w, _ in pairs], np.int64).reshape(len(pairs), size)
    return forms, np.array([g for _, g in pairs], np.int64).reshape(len(pairs), size, size)
