"""Small whole laws as one power of one long integer: the polynomial of the steps at a power of two (Kronecker's substitution).

Displacements n s_0 + sum_i y_i b_i are numbered with the digits y_i in mixed radix, n (largest - smallest y_i of a step) + 1 values
to digit i, so that the digits of n steps add without a carry; the count of number k stands at the bits from b k on, b bits to a
count. Where the law is small, this is faster than recurrences.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from operator import sub
from typing import Any

from symdiff.evidence.counting.chart import narrow_forms
from symdiff.evidence.counting.held_counts import HeldCounts
from symdiff.evidence.counting.lattice import combine, coordinates, dot, hermite_basis, plus, unimodular_inverse
from symdiff.evidence.counting.long_integers import fast_integer
from symdiff.evidence.counting.modular import SAFE_PRIME, point_for
from symdiff.evidence.counting.packing import Packing, pack, unpack_level
from symdiff.evidence.counting.steps import Site, StepSet, Vector

METHOD = "power of one long integer, whose digits are the counts of all sites"
LINE_METHOD = "power of a polynomial in one variable (python-flint)"
MOST_BITS = 250_000  # of all numbers, zeros included; above, recurrences are faster
MOST_BITS_OF_SPACE = 200_000  # in three dimensions and more, where more of the numbers are zeros
MOST_BITS_OF_PYTHON = 100_000  # whose own products are slower
LONG_LINE, MOST_BITS_OF_LINE = 30_000, 10**8  # in one dimension python-flint's polynomials are faster still
_SPARSE = 16  # numbers for each step from which on most would be zeros
_WORTH = 10_000  # bits from which on better coordinates save some microseconds
_NARROW = 2  # digits of a step, where no coordinates do with fewer numbers, or hardly
_AT_ONCE = 40_000  # bits up to which the coordinates as they stand will do: the search for better ones takes longer than the power


@dataclass(frozen=True)
class Numbering:
    """Steps as digits in mixed radix: ``digits[i]`` of step i, from 0; ``least``: the site of no digits after one step.

    Digit i of a vector is ``forms[i]`` of its coordinates in ``basis`` (in Hermite's form), ``vectors[i]`` what it stands for.
    """

    basis: tuple[Vector, ...]
    forms: tuple[Vector, ...]
    vectors: tuple[Vector, ...]
    least: Vector
    digits: tuple[Vector, ...]

    def __hash__(self) -> int:
        return self._hash

    @cached_property
    def _hash(self) -> int:
        """Kept, because what follows from a numbering is looked up by it."""
        return hash((self.basis, self.forms, self.vectors, self.least, self.digits))

    @cached_property
    def widths(self) -> Vector:
        """The largest value of every digit after one step."""
        return tuple(map(max, zip(*self.digits, strict=True)))

    def radices(self, n: int) -> tuple[int, ...]:
        """How many values every digit may have after n steps."""
        return tuple([n * width + 1 for width in self.widths])

    def number(self, digits: Vector, radices: Vector) -> int:
        """The number of some digits, the first outermost."""
        found = 0
        for y, radix in zip(digits, radices, strict=True):
            found = found * radix + y
        return found

    def size(self, n: int) -> int:
        """How many numbers n steps may have."""
        return math.prod(self.radices(n))


@lru_cache(maxsize=64)
def _numberings(steps: StepSet) -> tuple[Numbering, ...]:
    """In the coordinates as they stand, in those of the lattice that differences of steps generate, and along its narrow forms."""
    inner = hermite_basis(plus(s, steps.steps[0], -1) for s in steps.steps)
    found = [_plain_numbering(steps)]
    if inner == found[0].basis and max(found[0].widths) <= _NARROW:
        return tuple(found)
    if inner:
        found.append(_numbering(steps, inner, _units(len(inner))))
    forms = narrow_forms(steps) if len(inner) > 1 else None
    if forms:
        found.append(_numbering(steps, inner, forms))
    return tuple(found)


def _plain_numbering(steps: StepSet) -> Numbering:
    """In the coordinates as they stand."""
    units, low = _units(steps.dimension), tuple(map(min, zip(*steps.steps, strict=True)))
    return Numbering(units, units, units, low, tuple([tuple(map(sub, s, low)) for s in steps.steps]))


def _numbering(steps: StepSet, basis: tuple[Vector, ...], forms: tuple[Vector, ...]) -> Numbering:
    first = steps.steps[0]
    columns = [coordinates(basis, plus(s, first, -1)) for s in steps.steps]
    rows = [tuple(dot(form, c) for form in forms) for c in columns if c is not None]
    vectors = tuple(combine(column, basis, steps.dimension) for column in unimodular_inverse(forms))
    low = tuple(map(min, zip(*rows, strict=True)))
    least = first
    for y, vector in zip(low, vectors, strict=True):
        least = plus(least, vector, y)
    return Numbering(basis, forms, vectors, least, tuple(plus(row, low, -1) for row in rows))


@lru_cache(maxsize=16)
def _units(size: int) -> tuple[Vector, ...]:
    return tuple(tuple(int(i == j) for j in range(size)) for i in range(size))


class PowerCounts(HeldCounts):
    """Site -> count, zero counts left out: the digits of ``power``, ``bits`` bits each; ``one``: those of one step."""

    def __init__(self, power: Any, bits: int, numbering: Numbering, n: int, start: Vector, one: Any) -> None:
        self.power, self.bits, self.numbering, self.n, self.start, self.one = power, bits, numbering, n, start, one

    def count_at(self, displacement: Vector) -> int:
        inner = coordinates(self.numbering.basis, plus(displacement, self.numbering.least, -self.n))
        if inner is None:
            return 0
        radices = self.numbering.radices(self.n)
        digits = tuple(dot(form, inner) for form in self.numbering.forms)
        if not all(0 <= y < radix for y, radix in zip(digits, radices, strict=True)):
            return 0
        return self._count(self.numbering.number(digits, radices))

    def _count(self, number: int) -> int:
        return int((self.power >> number * self.bits) & ((1 << self.bits) - 1))

    def pairs(self) -> Iterator[tuple[Site, int]]:
        """(site, count), row by row."""
        origin = plus(self.start, self.numbering.least, self.n)
        for sites, counts in unpack_level(self.packing, origin, int(self.power), 0):
            for site, count in zip(sites, counts, strict=True):
                if count:
                    yield site, count

    @property
    def packing(self) -> Packing:
        """How the digits of the power are read, the last digit of a number innermost."""
        columns = tuple(zip(*self.numbering.digits, strict=True))[::-1]
        return pack(columns, self.numbering.vectors[::-1], self.n, (1 << self.bits) - 1)

    @cached_property
    def total(self) -> int:
        """The sum of all counts: the remainder modulo 2^bits - 1, which is above it."""
        return int(self.power % ((1 << self.bits) - 1))

    def agrees(self) -> bool:
        """sum of count z^number = (sum_s w_s z^number_s)^n modulo a prime, at z = 2^bits."""
        return bool(self.power % SAFE_PRIME == pow(int(self.one % SAFE_PRIME), self.n, SAFE_PRIME))


class LineCounts(PowerCounts):
    """Site -> count along one line: the coefficients of a polynomial of python-flint."""

    def _count(self, number: int) -> int:
        return int(self.power[number])

    def pairs(self) -> Iterator[tuple[Site, int]]:
        """(site, count), in turn."""
        origin, (vector,) = plus(self.start, self.numbering.least, self.n), self.numbering.vectors
        for number, count in enumerate(self.power.coeffs()):
            if count:
                yield plus(origin, vector, number), int(count)

    @cached_property
    def total(self) -> int:
        """The sum of all counts."""
        return int(self.power(1))

    def agrees(self) -> bool:
        """sum of count z^number = (sum_s w_s z^number_s)^n modulo a prime, at a point z without structure."""
        from flint import nmod_poly

        z = point_for(self.n, 1)[0] % SAFE_PRIME
        one = int(nmod_poly(self.one, SAFE_PRIME)(z))
        return bool(int(nmod_poly(self.power, SAFE_PRIME)(z)) == pow(one, self.n, SAFE_PRIME))


def power_counts(steps: StepSet, n: int, start: Vector, max_bytes: int) -> PowerCounts | None:
    """The law of n steps; None where it is large."""
    plan = _plan(steps, n, max_bytes)
    if plan is not None and plan.at_once:
        if plan.asked:  # a law that is asked for again
            plan = _plan(steps, n, max_bytes, best=True)
        else:
            plan.asked.append(n)
    return None if plan is None else plan.kind(plan.one**n, plan.bits, plan.numbering, n, start, plan.one)


@dataclass(frozen=True)
class _Plan:
    """How the law of some steps and their number is one power: of ``one``, a long integer or a polynomial.

    ``at_once``: in the coordinates as they stand, without a look at others; ``asked``: not empty once it was used.
    """

    kind: type[PowerCounts]
    one: Any
    bits: int
    numbering: Numbering
    at_once: bool = False
    asked: list[int] = field(default_factory=list)


@lru_cache(maxsize=256)
def _plan(steps: StepSet, n: int, max_bytes: int, best: bool = False) -> _Plan | None:
    """The plan for a law; None where it is large. Kept: small laws take less time than their plans, ``best`` ones above all."""
    if n * n * sum(steps.numerators).bit_length() > 2 * MOST_BITS_OF_LINE:  # not even the numbers along a line
        return None
    numbering, bits = _plain_numbering(steps), _bits(steps, n)
    at_once = numbering.size(n) * bits <= _AT_ONCE and not best
    if not at_once:
        numbering = min(_numberings(steps), key=lambda found: found.size(n))
    size = numbering.size(n) * bits
    if size > 8 * max_bytes:
        return None
    slow = fast_integer() is int
    dense = len(numbering.vectors) == 1 and numbering.widths[0] < _SPARSE * len(steps.steps)
    if dense and not slow and LONG_LINE < size <= MOST_BITS_OF_LINE:
        return _Plan(LineCounts, _line(steps, numbering), 0, numbering)
    most = MOST_BITS_OF_PYTHON if slow else MOST_BITS if len(numbering.vectors) < 3 else MOST_BITS_OF_SPACE
    if size > most:
        return None
    one = fast_integer()(_one_step(steps, numbering, n, bits))
    return _Plan(PowerCounts, one, bits, numbering, at_once and size > _WORTH)


def power_of(steps: StepSet, n: int, numbering: Numbering, kind: type[PowerCounts]) -> PowerCounts:
    """The law from the origin with a given numbering; along a line it needs python-flint."""
    bits = _bits(steps, n)
    one = _line(steps, numbering) if kind is LineCounts else fast_integer()(_one_step(steps, numbering, n, bits))
    return kind(one**n, bits, numbering, n, (0,) * steps.dimension, one)


def _line(steps: StepSet, numbering: Numbering) -> Any:
    """sum_s w_s x^number_s."""
    from flint import fmpz_poly

    terms = [0] * (numbering.widths[0] + 1)
    for (y,), weight in zip(numbering.digits, steps.numerators, strict=True):
        terms[y] = weight
    return fmpz_poly(terms)


def _bits(steps: StepSet, n: int) -> int:
    """Whole bytes above the sum of all counts plus one."""
    largest: int = sum(steps.numerators) ** n + 1
    return -(-largest.bit_length() // 8) * 8


def _one_step(steps: StepSet, numbering: Numbering, n: int, bits: int) -> int:
    """sum_s w_s 2^(bits number_s)."""
    radices = numbering.radices(n)
    return sum(
        [w << bits * numbering.number(y, radices) for w, y in zip(steps.numerators, numbering.digits, strict=True)]
    )
