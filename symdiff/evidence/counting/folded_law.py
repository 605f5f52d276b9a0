"""Laws that are held by one site of each orbit of the symmetries of the steps.

The Miller recurrence climbs along a form u that no symmetry but the identity keeps. A site stands for its orbit where u
is smallest among its images, so that what the recurrence asks for below a representative is represented below it too.
"""

from __future__ import annotations

import itertools
import math
from abc import abstractmethod
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from symdiff.evidence.counting.decimal_text import about
from symdiff.evidence.counting.folded_domain import Domain
from symdiff.evidence.counting.held_counts import HeldCounts
from symdiff.evidence.counting.lattice import dot, plus
from symdiff.evidence.counting.modular import is_prime
from symdiff.evidence.counting.size import DEFAULT_MAX_BYTES, law_bytes, require_bytes
from symdiff.evidence.counting.steps import Site, StepSet, Vector
from symdiff.evidence.counting.symmetry import apply

FOLDED = "Miller recurrence, one site of each of the orbits of {} symmetries, {}"


class FoldedCounts(HeldCounts):
    """Site -> count, zero counts left out; ``index`` numbers the sites of a box (lows, sizes), -1 where none stands for its orbit."""

    held_in: str
    compared = "generating function of all counts, at two points modulo primes near 2^31"
    bits: int
    """The bits of all counts together."""

    def __init__(self, domain: Domain, start: Vector, sites: Any, index: Any, box: Any) -> None:
        self.domain, self.start, self.sites, self.index, self.box = domain, start, sites, index, box

    @abstractmethod
    def number(self, i: int) -> int:
        """The count of the i-th representative."""

    @property
    @abstractmethod
    def sums(self) -> tuple[int, tuple[int, ...]]:
        """The total, and the generating function at the points of ``check_points``."""

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
        return self.number(i) if i >= 0 else 0

    def orbits(self) -> Iterator[tuple[set[Vector], int]]:
        """The displacements of every orbit, and their count."""
        for i, x in enumerate(map(tuple, self.sites.tolist())):
            if count := self.number(i):
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
        need = law_bytes(number, self.bits // max(len(self.sites), 1), len(self.start))
        require_bytes(f"a table of all {about(number)} sites of the law", need, DEFAULT_MAX_BYTES)

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


_ROOTS = 2**12
_EXPONENTS = (1003, 2741, 389)


def check_exponents(dimension: int) -> tuple[int, Vector]:
    """The order of the root of unity whose powers are the coordinates of the points of ``check_points``, and the exponents."""
    return _ROOTS, _EXPONENTS[:dimension]


def check_points(dimension: int) -> list[tuple[int, Vector]]:
    """Two primes below 2^31, each with a point: powers of a root of unity of order 4096."""
    return [(p, tuple(pow(root, e, p) for e in _EXPONENTS[:dimension])) for p, root in check_roots()]


def check_roots() -> tuple[tuple[int, int], ...]:
    """Two primes below 2^31, each with a root of unity of order 4096."""
    return roots_of_unity(_ROOTS)


@lru_cache(maxsize=4)
def roots_of_unity(order: int) -> tuple[tuple[int, int], ...]:
    """The two largest primes below 2^31 that have a root of unity of an order, a prime or a power of two, each with the root."""
    step = 2 * order
    primes = itertools.islice((p for p in range(2**31 // step * step + 1 - step, 2, -step) if is_prime(p)), 2)
    least = 2 if order % 2 == 0 else order
    found = []
    for p in primes:
        candidates = (pow(a, (p - 1) // order, p) for a in itertools.count(2))
        found.append((p, next(z for z in candidates if pow(z, order // least, p) != 1)))
    return tuple(found)


def powers_from(z: int, first: int, last: int, prime: int) -> list[int]:
    """z^first, ..., z^last modulo a prime."""
    found = [pow(z, first, prime)]
    for _ in range(last - first):
        found.append(found[-1] * z % prime)
    return found
