"""Small whole laws as one dense power of a polynomial in one variable, by python-flint (Kronecker's substitution).

Displacements n s_0 + sum_i y_i b_i are numbered with the digits y_i in mixed radix, n (largest - smallest y_i of a step) + 1 values
to digit i, so that the digits of n steps add without a carry. Where the law is small, this is faster than recurrences in Python.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

from symdiff.evidence.counting.held_counts import HeldCounts
from symdiff.evidence.counting.lattice import coordinates, hermite_basis, plus
from symdiff.evidence.counting.long_integers import fast_integer
from symdiff.evidence.counting.modular import PRIME, point_for
from symdiff.evidence.counting.size import largest_count_bits
from symdiff.evidence.counting.steps import Site, StepSet, Vector

METHOD = "power of a polynomial in one variable, whose exponents number the sites (python-flint)"
MOST_BITS = 4_000_000  # of all numbers, zeros included; above, recurrences are faster


@dataclass(frozen=True)
class Numbering:
    """Steps as digits in mixed radix: ``digits[i]`` of step i, from 0; ``least``: the site of no digits after one step."""

    basis: tuple[Vector, ...]
    least: Vector
    digits: tuple[Vector, ...]

    def radices(self, n: int) -> tuple[int, ...]:
        """How many values every digit may have after n steps."""
        return tuple(n * max(column) + 1 for column in zip(*self.digits, strict=True))

    def slots(self, n: int) -> list[int]:
        """The number of each step, for sums of n steps."""
        radices = self.radices(n)
        strides = [math.prod(radices[i + 1 :]) for i in range(len(radices))]
        return [sum(y * stride for y, stride in zip(step, strides, strict=True)) for step in self.digits]


@lru_cache(maxsize=64)
def _numberings(steps: StepSet) -> tuple[Numbering, ...]:
    """In the coordinates as they stand, and in those of the lattice that differences of steps generate."""
    first, size = steps.steps[0], steps.dimension
    plain = tuple(tuple(int(i == j) for j in range(size)) for i in range(size))
    inner = hermite_basis(plus(s, first, -1) for s in steps.steps)
    found = []
    for basis in (plain, inner) if inner else (plain,):
        columns = [coordinates(basis, plus(s, first, -1)) for s in steps.steps]
        rows = [c for c in columns if c is not None]
        low = tuple(map(min, zip(*rows, strict=True)))
        least = first
        for y, vector in zip(low, basis, strict=True):
            least = plus(least, vector, y)
        found.append(Numbering(basis, least, tuple(plus(row, low, -1) for row in rows)))
    return tuple(found)


class PowerCounts(HeldCounts):
    """Site -> count, zero counts left out: the coefficients of one polynomial, from the highest digit to the lowest."""

    def __init__(self, power: Any, numbering: Numbering, n: int, start: Vector) -> None:
        self.power, self.numbering, self.n, self.start = power, numbering, n, start
        self.origin = plus(start, numbering.least, n)

    def count_at(self, displacement: Vector) -> int:
        digits, slot = coordinates(self.numbering.basis, plus(displacement, self.numbering.least, -self.n)), 0
        if digits is None:
            return 0
        for y, radix in zip(digits, self.numbering.radices(self.n), strict=True):
            if not 0 <= y < radix:
                return 0
            slot = slot * radix + y
        return int(self.power[slot])

    def pairs(self) -> Iterator[tuple[Site, int]]:
        """(site, count), row by row."""
        *outer, width = self.numbering.radices(self.n)
        *vectors, last = self.numbering.basis
        counts = self.power.coeffs()
        for row, digits in enumerate(itertools.product(*map(range, outer))):
            base = self.origin
            for y, vector in zip(digits, vectors, strict=True):
                base = plus(base, vector, y) if y else base
            places = zip(*(range(b, b + v * width, v) if v else itertools.repeat(b, width) for b, v in zip(base, last, strict=True)), strict=True)  # fmt: skip
            for site, count in zip(
                places, counts[row * width : (row + 1) * width], strict=False
            ):  # zeros at the end are not held
                if count:
                    yield site, int(count)

    @cached_property
    def total(self) -> int:
        """The sum of all counts."""
        return int(self.power(1))

    def agrees(self, steps: StepSet) -> bool:
        """sum of count z^slot = (sum_s w_s z^slot_s)^n modulo 2^64 - 2^32 + 1, at a point z without structure."""
        from flint import nmod_poly

        (z,) = point_for(self.n, 1)
        slots = self.numbering.slots(self.n)
        one = sum(w * pow(z, slot, PRIME) for w, slot in zip(steps.numerators, slots, strict=True))
        return int(nmod_poly(self.power, PRIME)(z)) == pow(one, self.n, PRIME)


def power_counts(steps: StepSet, n: int, start: Vector, max_bytes: int) -> PowerCounts | None:
    """The law of n steps; None where it is large, or python-flint is missing."""
    if fast_integer() is int:
        return None
    numbering = min(_numberings(steps), key=lambda found: math.prod(found.radices(n)))
    bits = math.prod(numbering.radices(n)) * largest_count_bits(steps, n)
    return None if bits > min(MOST_BITS, 8 * max_bytes) else power_of(steps, n, start, numbering)


def power_of(steps: StepSet, n: int, start: Vector, numbering: Numbering) -> PowerCounts:
    """The law with a given numbering; needs python-flint."""
    from flint import fmpz_poly

    slots = numbering.slots(n)
    terms = [0] * (max(slots) + 1)
    for slot, weight in zip(slots, steps.numerators, strict=True):
        terms[slot] = weight
    return PowerCounts(fmpz_poly(terms) ** n, numbering, n, start)
