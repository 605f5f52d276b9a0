"""Factors of a polynomial for display and for inverses: content, monomial, known factors, then what is cheap to find.

A polynomial whose exponents lie on one line, such as 4T^2 - k^2 x^2 or a^2 + 2ab + b^2, is a polynomial in a single
monomial and is factored completely, up to degree ``MAX_DEGREE``. A true multivariate factorisation costs more than it pleases and is not tried.
"""

from __future__ import annotations

from math import gcd, lcm
from typing import Any

from sympy.polys.domains import QQ, ZZ
from sympy.polys.orderings import lex
from sympy.polys.rings import PolyElement, PolyRing

from symdiff.algebra.products import exact_quotient

Monomial = tuple[int, ...]

MAX_DEGREE = 64  # beyond it a factorisation takes seconds, and nobody reads its factors
_LINE = PolyRing(["z"], ZZ, lex)


def factors(
    ring: PolyRing, element: PolyElement, known: list[PolyElement]
) -> tuple[Any, list[tuple[PolyElement, int]]]:
    """``element`` = content * product of factors**power over the rationals.

    Exact always, complete where the exponents lie on one line; otherwise the factors among ``known`` are split off and
    the rest is left whole. Factors are primitive with integer coefficients.
    """
    if not element:
        return QQ(0), []
    content, primitive = _primitive(element)
    found: list[tuple[PolyElement, int]] = []
    lowest = [min(column) for column in zip(*primitive.itermonoms(), strict=True)]
    if any(lowest):
        found += [(ring.gens[i], e) for i, e in enumerate(lowest) if e]
        primitive = ring.from_dict(
            {tuple(a - b for a, b in zip(m, lowest, strict=True)): c for m, c in primitive.terms()}
        )
    for factor in known:
        power = 0
        while len(factor) > 1 and len(primitive) > 1:
            quotient = exact_quotient(primitive, factor)
            if quotient is None:
                break
            primitive, power = quotient, power + 1
        found += [(factor, power)] if power else []
    if len(primitive) == 1:
        return content * primitive.LC, found
    extra, rest = _split(ring, primitive)
    return content * extra, found + rest


def primitive_part(element: PolyElement) -> PolyElement:
    """The element times a number, with coprime integer coefficients."""
    return _primitive(element)[1]


def _primitive(element: PolyElement) -> tuple[Any, PolyElement]:
    denominators = lcm(*(int(c.denominator) for c in element.itercoeffs()))
    numerators = gcd(*(int(c.numerator) * (denominators // int(c.denominator)) for c in element.itercoeffs()))
    content = QQ(numerators, denominators)
    return content, element.mul_ground(QQ(1) / content)


def _split(ring: PolyRing, element: PolyElement) -> tuple[Any, list[tuple[PolyElement, int]]]:
    """Factors of a primitive polynomial without monomial factors."""
    line = _direction(element)
    if line is None:
        return QQ(1), [(element, 1)]
    direction, positions = line
    if max(positions.values()) == 1 or max(positions.values()) > MAX_DEGREE:
        return QQ(1), [(element, 1)]
    image = _LINE.from_dict({(positions[m],): ZZ(int(c.numerator)) for m, c in element.terms()})
    content, pieces = image.factor_list()
    if len(pieces) == 1 and pieces[0][1] == 1:
        return QQ(1), [(element, 1)]
    down = tuple(max(0, -d) for d in direction)  # z = X^direction; the negative part is cleared factor by factor
    found = []
    for piece, power in pieces:
        degree = piece.degree()
        terms = {
            tuple(d * n + low * degree for d, low in zip(direction, down, strict=True)): QQ(int(c))
            for (n,), c in piece.terms()
        }
        found.append((ring.from_dict(terms), power))
    return QQ(int(content)), found


def _direction(element: PolyElement) -> tuple[Monomial, dict[Monomial, int]] | None:
    """The line on which all exponents lie: the primitive direction, and the position of each term."""
    monomials = sorted(element.itermonoms())
    start = monomials[0]
    gaps = {m: tuple(a - b for a, b in zip(m, start, strict=True)) for m in monomials}
    first = gaps[monomials[1]]
    common = gcd(*first)
    direction = tuple(g // common for g in first)
    pivot = next(i for i, d in enumerate(direction) if d)
    positions = {}
    for m, gap in gaps.items():
        n, rest = divmod(gap[pivot], direction[pivot])
        if rest or any(g != n * d for g, d in zip(gap, direction, strict=True)):
            return None
        positions[m] = n
    lowest = min(positions.values())
    return direction, {m: n - lowest for m, n in positions.items()}
