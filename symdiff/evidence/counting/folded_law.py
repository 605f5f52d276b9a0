"""Laws that are held by one site of each orbit of the symmetries of the steps.

The Miller recurrence climbs along a form u that no symmetry but the identity keeps. A site stands for its orbit where u
is smallest among its images, so that what the recurrence asks for below a representative is represented below it too.
"""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Iterator
from typing import Any

from symdiff.evidence.counting.decimal_text import about
from symdiff.evidence.counting.folded_domain import Domain
from symdiff.evidence.counting.held_counts import HeldCounts
from symdiff.evidence.counting.lattice import dot, plus
from symdiff.evidence.counting.modular import primes_below
from symdiff.evidence.counting.size import DEFAULT_MAX_BYTES, law_bytes, require_bytes
from symdiff.evidence.counting.steps import Site, StepSet, Vector
from symdiff.evidence.counting.symmetry import apply

FOLDED = "Miller recurrence, one site of each of the orbits of {} symmetries, {}"


class FoldedCounts(HeldCounts):
    """Site -> count, zero counts left out; ``index`` numbers the sites of a box (lows, sizes), -1 where none stands for its orbit."""

    held_in: str
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
