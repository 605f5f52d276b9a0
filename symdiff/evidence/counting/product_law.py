"""Whole laws that are products of binomial coefficients: steps that are all sums of independent signs (line, square, bcc).

The steps lowest + e_1 w_1 + ... + e_k w_k, e_i = 0 or 1, of weight c lead in n steps to n lowest + sum_i m_i w_i in
c^n prod_i C(n, m_i) ways: one row of binomial coefficients holds the law.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from functools import cached_property, lru_cache

from symdiff.evidence.counting.decimal_text import about
from symdiff.evidence.counting.held_counts import HeldCounts
from symdiff.evidence.counting.lattice import coordinates, hermite_basis, plus
from symdiff.evidence.counting.long_integers import fast_integer
from symdiff.evidence.counting.modular import PRIME, monomial
from symdiff.evidence.counting.size import DEFAULT_MAX_BYTES, law_bytes, require_bytes
from symdiff.evidence.counting.steps import Site, StepSet, Vector
from symdiff.evidence.counting.symmetry import inverse_of

METHOD = "products of binomial coefficients: the steps are sums of independent signs"
MANY_STEPS, MANY_STEPS_OF_LINE = 40, 160  # below, one power is as fast


@lru_cache(maxsize=64)
def independent_signs(steps: StepSet) -> tuple[Vector, tuple[Vector, ...]] | None:
    """(lowest step, (w_1, ..., w_k)) where the steps are all sums lowest + e_1 w_1 + ... + e_k w_k, e_i 0 or 1, equally weighted.

    The square lattice seen along its diagonals, bcc, and the line are of this kind.
    """
    size = len(steps.steps)
    k = size.bit_length() - 1
    if size != 2**k or not 1 <= k <= min(4, steps.dimension) or len(set(steps.weights)) > 1:
        return None
    lowest = steps.steps[0]  # the smallest in lexicographic order: every w_i is positive in it
    away = [plus(s, lowest, -1) for s in steps.steps[1:]]
    for chosen in itertools.combinations(away, k):
        sums = {
            tuple(map(sum, zip(*part, strict=True)))
            for r in range(1, k + 1)
            for part in itertools.combinations(chosen, r)
        }
        if sums == set(away) and len(hermite_basis(chosen)) == k:
            return lowest, chosen
    return None


def numbers_of_signs(signs: tuple[Vector, tuple[Vector, ...]], n: int, displacement: Vector) -> tuple[int, ...] | None:
    """(m_1, ..., m_k) with displacement = n lowest + sum_i m_i w_i, 0 <= m_i <= n; None where there are none."""
    lowest, vectors = signs
    basis = hermite_basis(vectors)
    inner = coordinates(basis, plus(displacement, lowest, -n))
    columns = [coordinates(basis, v) for v in vectors]
    if inner is None:
        return None
    found = []
    for row in inverse_of([c for c in columns if c is not None]):
        m = sum(a * b for a, b in zip(row, inner, strict=True))
        if m.denominator != 1 or not 0 <= m <= n:
            return None
        found.append(int(m))
    return tuple(found)


class ProductCounts(HeldCounts):
    """Site -> count: ``row[m]`` = C(n, m) for each of the signs, ``factor`` = c^n."""

    def __init__(self, signs: tuple[Vector, tuple[Vector, ...]], n: int, start: Vector, factor: int) -> None:
        self.signs, self.n, self.start, self.factor = signs, n, start, factor
        row = [fast_integer()(1)]
        for m in range(n // 2):
            row.append(row[-1] * (n - m) // (m + 1))
        self.row: tuple[int, ...] = tuple(int(row[min(m, n - m)]) for m in range(n + 1))

    def count_at(self, displacement: Vector) -> int:
        found = numbers_of_signs(self.signs, self.n, displacement)
        if found is None:
            return 0
        count = self.factor
        for m in found:
            count *= self.row[m]
        return int(count)

    def __len__(self) -> int:
        return int((self.n + 1) ** len(self.signs[1]))

    def pairs(self) -> Iterator[tuple[Site, int]]:
        """(site, count); never all at once."""
        lowest, vectors = self.signs
        yield from self._from(plus(self.start, lowest, self.n), self.factor, vectors)

    def _from(self, place: Vector, count: int, vectors: Sequence[Vector]) -> Iterator[tuple[Site, int]]:
        if not vectors:
            yield place, count
            return
        for m, ways in enumerate(self.row):
            yield from self._from(plus(place, vectors[0], m), count * ways, vectors[1:])

    def require_table(self) -> None:
        bits = len(self.signs[1]) * self.n + self.factor.bit_length()
        need = law_bytes(len(self), bits, len(self.start))
        require_bytes(f"a table of all {about(len(self))} sites of the law", need, DEFAULT_MAX_BYTES)

    @cached_property
    def total(self) -> int:
        """The sum of all counts."""
        return int(self.factor * sum(self.row) ** len(self.signs[1]))

    def moment(self, powers: Vector) -> int:
        """The sum over all displacements r of r_1^a_1 r_2^a_2 ... times their count, sign by sign (Leibniz)."""
        lowest, vectors = self.signs
        below = list(itertools.product(*(range(a + 1) for a in powers)))
        sums = {b: self.factor * math.prod((self.n * x) ** k for x, k in zip(lowest, b, strict=True)) for b in below}
        plain = [sum(m**k * ways for m, ways in enumerate(self.row)) for k in range(sum(powers) + 1)]
        for w in vectors:
            own = {b: plain[sum(b)] * math.prod(x**k for x, k in zip(w, b, strict=True)) for b in below}
            sums = {
                b: sum(
                    math.prod(math.comb(i, j) for i, j in zip(b, c, strict=True)) * own[c] * sums[plus(b, c, -1)]
                    for c in itertools.product(*(range(a + 1) for a in b))
                )
                for b in below
            }
        return int(sums[powers])

    def evaluated(self, point: Sequence[int]) -> int:
        """The sum of count z^site modulo 2^64 - 2^32 + 1."""
        lowest, vectors = self.signs
        value = self.factor * monomial(plus(self.start, lowest, self.n), point) % PRIME
        for w in vectors:
            z, power, one = monomial(w, point), 1, 0
            for ways in self.row:
                one += ways % PRIME * power
                power = power * z % PRIME
            value = value * one % PRIME
        return int(value)


def product_counts(
    steps: StepSet, n: int, start: Vector, max_bytes: int, *, least: int | None = None
) -> ProductCounts | None:
    """The law of n steps; None where the steps are no sums of independent signs, or n < ``least``, where another way is faster."""
    if n < (least or (MANY_STEPS if len(steps.steps) > 2 else MANY_STEPS_OF_LINE)):
        return None
    signs = independent_signs(steps)
    if signs is None:
        return None
    require_bytes(f"the endpoint law of {about(n)} steps", n * (n // 8 + 40), max_bytes)
    return ProductCounts(signs, n, start, steps.numerators[0] ** n)
