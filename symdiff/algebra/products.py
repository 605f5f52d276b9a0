"""Sums of products of polynomials over the rationals, with packed monomials and whole-number coefficients.

sum_n a_n b_n is taken over one common denominator, and the exponents of the generators that occur are packed into one
integer, so that a pair of terms costs one addition and one multiplication of integers. Where the elements are dense in
one generator, all its powers stand as digits in one long integer (Kronecker's substitution). Source: packed exponents
are those of M. Monagan and R. Pearce, sparse polynomial arithmetic.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from heapq import heapify, heappop, heappush
from math import lcm
from typing import Any

from sympy.polys.domains import QQ
from sympy.polys.rings import PolyElement

FEW = 24  # pairs of terms: below, packing costs more than it saves
MANY = 2000  # pairs of terms: from here on, whether an element is dense in a generator is looked at

Packed = list[tuple[int, int]]


def sum_of_products(pairs: Sequence[tuple[PolyElement, PolyElement]]) -> PolyElement:
    """The sum of a*b over pairs of elements of one ring over the rationals; at least one pair."""
    if len(pairs) == 1 and (len(pairs[0][0]) == 1 or len(pairs[0][1]) == 1):
        return _shifted(*pairs[0])
    if sum(len(a) * len(b) for a, b in pairs) < FEW:
        return _term_by_term(pairs)
    fields = _Fields(pairs)
    return fields.unpacked(pairs[0][0], fields.summed(pairs))


def _term_by_term(pairs: Sequence[tuple[PolyElement, PolyElement]]) -> PolyElement:
    """The sum, term by term."""
    like = pairs[0][0]
    joined, zero = like.ring.monomial_mul, like.ring.domain.zero
    found: dict[tuple[int, ...], Any] = {}
    for a, b in pairs:
        for m, c in a.items():
            for n, d in b.items():
                key = joined(m, n)
                found[key] = found.get(key, zero) + c * d
    return like.new({m: c for m, c in found.items() if c})


def _shifted(a: PolyElement, b: PolyElement) -> PolyElement:
    """A product with one term, which adds nothing up."""
    if len(a) != 1:
        a, b = b, a
    return b.mul_term(next(iter(a.items())))


def exact_quotient(element: PolyElement, divisor: PolyElement) -> PolyElement | None:
    """element/divisor where it is a polynomial, else None; the divisor is primitive, with whole coefficients.

    Found from the highest term down, and given up at the first that the divisor's does not divide: by the lemma of Gauss a
    quotient of whole polynomials by a primitive one is whole, and its degrees are the differences of theirs.
    """
    if any(a < b for end in (max, min) for a, b in zip(end(element), end(divisor), strict=True)):
        return None  # its highest or its lowest term, in the order of the generators, is no multiple of the divisor's
    fields = _Fields([(element, divisor.ring.one)])
    degrees = _highest([divisor])
    spare = [a - b for a, b in zip(_highest([element]), degrees, strict=True)]
    if min(spare) < 0:
        return None
    fields.denominator, terms = fields.packed(element)
    (lead, first), *others = sorted(fields.packed(divisor)[1], reverse=True)
    limits = [(bit, mask, lead >> bit & mask, spare[g]) for g, bit, mask in fields.places]
    rest, quotient = dict(terms), {}
    waiting = [-key for key in rest]
    heapify(waiting)
    while waiting:
        key = -heappop(waiting)
        c = rest.pop(key, 0)
        if not c:
            continue
        share, remainder = divmod(c, first)
        if remainder or any(not 0 <= (key >> bit & mask) - low <= most for bit, mask, low, most in limits):
            return None
        quotient[key - lead] = share
        for m, d in others:
            target = key - lead + m
            if target not in rest:
                heappush(waiting, -target)
            rest[target] = rest.get(target, 0) - share * d
    return fields.unpacked(element, quotient)


class _Fields:
    """Where the exponent of every generator that occurs stands in a packed monomial."""

    def __init__(self, pairs: Sequence[tuple[PolyElement, PolyElement]]) -> None:
        first, second = (_highest(pair[side] for pair in pairs) for side in (0, 1))
        self.places: list[tuple[int, int, int]] = []  # generator, first bit, mask
        bit = 0
        for generator, (m, n) in enumerate(zip(first, second, strict=True)):
            if m + n:
                width = (m + n).bit_length()
                self.places.append((generator, bit, (1 << width) - 1))
                bit += width
        self.denominator = 1

    def packed(self, element: PolyElement) -> tuple[int, Packed]:
        """(common denominator, terms) of an element."""
        denominator = lcm(*(int(c.denominator) for c in element.values()))
        places = [(g, bit) for g, bit, _ in self.places]
        terms: Packed = []
        for monomial, c in element.items():
            key = 0
            for g, bit in places:
                if monomial[g]:
                    key |= monomial[g] << bit
            terms.append((key, int(c.numerator) * (denominator // int(c.denominator))))
        return denominator, terms

    def summed(self, pairs: Sequence[tuple[PolyElement, PolyElement]]) -> dict[int, int]:
        """Packed sum of the products, over ``denominator``."""
        packed = [(self.packed(a), self.packed(b)) for a, b in pairs]
        self.denominator = lcm(*(x[0] * y[0] for x, y in packed))
        scaled = [_scaled(left, right, self.denominator // (p * q)) for (p, left), (q, right) in packed]
        along = self._along(scaled)
        if along is None:
            return _added(scaled)
        _, bit, mask = along
        sizes = [sum(abs(c) for _, c in x) * max((abs(d) for _, d in y), default=0) for x, y in scaled]
        width = sum(sizes).bit_length() + 1
        found = _added([(_gathered(x, bit, mask, width), _gathered(y, bit, mask, width)) for x, y in scaled])
        return _scattered(found, bit, width)

    def _along(self, scaled: list[tuple[Packed, Packed]]) -> tuple[int, int, int] | None:
        """The generator in which the elements are dense: with its powers in one integer, pairs become a fourth or fewer."""
        pairs = sum(len(x) * len(y) for x, y in scaled)
        if pairs < MANY:
            return None
        best, fewest = None, pairs // 4
        for place in self.places:
            others = ~(place[2] << place[1])
            left = sum(len({k & others for k, _ in x}) * len({k & others for k, _ in y}) for x, y in scaled)
            if left <= fewest:
                best, fewest = place, left
        return best

    def unpacked(self, like: PolyElement, packed: dict[int, int]) -> PolyElement:
        """The element of the ring of ``like``."""
        found: dict[tuple[int, ...], Any] = {}
        empty, denominator, rational = [0] * like.ring.ngens, self.denominator, QQ.dtype
        for key, c in packed.items():
            if c:
                monomial = empty.copy()
                for generator, bit, mask in self.places:
                    monomial[generator] = key >> bit & mask
                found[tuple(monomial)] = rational(c, denominator)
        return like.new(found)


def _scaled(left: Packed, right: Packed, factor: int) -> tuple[Packed, Packed]:
    """The two elements, the shorter one first and multiplied by the factor."""
    if len(left) > len(right):
        left, right = right, left
    return [(m, c * factor) for m, c in left], right


def _added(scaled: list[tuple[Packed, Packed]]) -> dict[int, int]:
    """The sum of the products, term by term."""
    result: dict[int, int] = {}
    get = result.get
    for left, right in scaled:
        for m, c in left:
            for n, d in right:
                key = m + n
                result[key] = get(key, 0) + c * d
    return result


def _gathered(terms: Packed, bit: int, mask: int, width: int) -> Packed:
    """The terms that differ in one generator only as one: its powers are digits of ``width`` bits of the coefficient."""
    found: dict[int, int] = {}
    for key, c in terms:
        power = key >> bit & mask
        rest = key - (power << bit)
        found[rest] = found.get(rest, 0) + (c << width * power)
    return list(found.items())


def _scattered(packed: dict[int, int], bit: int, width: int) -> dict[int, int]:
    """The inverse of :func:`_gathered`: digits lie between -2^(width - 1) and 2^(width - 1), so they are unique."""
    result: dict[int, int] = {}
    digit, half = (1 << width) - 1, 1 << width - 1
    for rest, number in packed.items():
        key = rest
        while number:
            c = number & digit
            number >>= width
            if c >= half:
                c -= digit + 1
                number += 1
            if c:
                result[key] = c
            key += 1 << bit
    return result


def _highest(elements: Iterable[PolyElement]) -> list[int]:
    """The highest exponent of every generator."""
    highest: list[int] = []
    for element in elements:
        columns = [max(column) for column in zip(*element, strict=True)]
        highest = (
            [max(a, b) for a, b in zip(highest, columns, strict=True)] if highest and columns else columns or highest
        )
    return highest
