"""Sums of products of polynomials over the rationals, with packed monomials and whole-number coefficients.

sum_n a_n b_n is taken over one common denominator, and the exponents of the generators that occur are packed into one
integer, so that a pair of terms costs one addition and one multiplication of integers. Source: packed exponents are
those of M. Monagan and R. Pearce, sparse polynomial arithmetic.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import lcm
from typing import Any

from sympy.polys.domains import QQ
from sympy.polys.rings import PolyElement

FEW = 24  # pairs of terms: below, packing costs more than it saves

Packed = list[tuple[int, int]]


def sum_of_products(pairs: Sequence[tuple[PolyElement, PolyElement]]) -> PolyElement:
    """The sum of a*b over pairs of elements of one ring over the rationals; at least one pair."""
    if sum(len(a) * len(b) for a, b in pairs) < FEW:
        total = pairs[0][0] * pairs[0][1]
        for a, b in pairs[1:]:
            total = total + a * b
        return total
    fields = _Fields(pairs)
    return fields.unpacked(pairs[0][0], fields.summed(pairs))


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
        return denominator, [
            (sum(monomial[g] << bit for g, bit in places if monomial[g]), int(c.numerator) * (denominator // int(c.denominator)))
            for monomial, c in element.items()
        ]  # fmt: skip

    def summed(self, pairs: Sequence[tuple[PolyElement, PolyElement]]) -> dict[int, int]:
        """Packed sum of the products, over ``denominator``."""
        packed = [(self.packed(a), self.packed(b)) for a, b in pairs]
        self.denominator = lcm(*(x[0] * y[0] for x, y in packed))
        result: dict[int, int] = {}
        get = result.get
        for (p, left), (q, right) in packed:
            factor = self.denominator // (p * q)
            if len(left) > len(right):
                left, right = right, left
            for m, c in left:
                c *= factor
                for n, d in right:
                    key = m + n
                    result[key] = get(key, 0) + c * d
        return result

    def unpacked(self, like: PolyElement, packed: dict[int, int]) -> PolyElement:
        """The element of the ring of ``like``."""
        found: dict[tuple[int, ...], Any] = {}
        empty, denominator = [0] * like.ring.ngens, self.denominator
        for key, c in packed.items():
            if c:
                monomial = empty.copy()
                for generator, bit, mask in self.places:
                    monomial[generator] = key >> bit & mask
                found[tuple(monomial)] = QQ(c, denominator)
        return like.new(found)


def _highest(elements: Iterable[PolyElement]) -> list[int]:
    """The highest exponent of every generator."""
    highest: list[int] = []
    for element in elements:
        columns = [max(column) for column in zip(*element, strict=True)]
        highest = (
            [max(a, b) for a, b in zip(highest, columns, strict=True)] if highest and columns else columns or highest
        )
    return highest
