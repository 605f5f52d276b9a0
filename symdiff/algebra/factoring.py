"""Factors of a polynomial for display and for inverses: content, monomial, known factors, then a true factorisation."""

from __future__ import annotations

from typing import Any

from sympy.polys.domains import QQ, ZZ
from sympy.polys.orderings import lex
from sympy.polys.rings import PolyElement, PolyRing

LARGEST_MULTIVARIATE = 12  # terms; beyond, a multivariate factorisation costs more than it pleases

_LINE = PolyRing(["z"], ZZ, lex)


def factors(
    ring: PolyRing, element: PolyElement, known: list[PolyElement]
) -> tuple[Any, list[tuple[PolyElement, int]]]:
    """``element`` = content * product of factors**power over the rationals.

    Exact and complete in one generator; with several, factors among ``known`` are split off, and the rest is factored
    where it has few terms and left whole otherwise. Factors are primitive with integer coefficients.
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
            quotient, remainder = primitive.div([factor])
            if remainder:
                break
            primitive, power = quotient[0], power + 1
        found += [(factor, power)] if power else []
    if len(primitive) == 1:
        return content * primitive.LC, found
    extra, rest = _split(ring, primitive)
    return content * extra, found + rest


def _primitive(element: PolyElement) -> tuple[Any, PolyElement]:
    from math import gcd, lcm

    denominators = lcm(*(int(c.denominator) for c in element.itercoeffs()))
    numerators = gcd(*(int(c.numerator) * (denominators // int(c.denominator)) for c in element.itercoeffs()))
    content = QQ(numerators, denominators)
    return content, element.mul_ground(QQ(1) / content)


def _split(ring: PolyRing, element: PolyElement) -> tuple[Any, list[tuple[PolyElement, int]]]:
    variables = sorted({i for m in element.itermonoms() for i, e in enumerate(m) if e})
    if len(variables) == 1:
        return _univariate(ring, element, variables[0])
    if len(element) > LARGEST_MULTIVARIATE or max(sum(m) for m in element.itermonoms()) > 8:
        return QQ(1), [(element, 1)]
    small = PolyRing([f"z{i}" for i in range(len(variables))], ZZ, lex)
    image = small.from_dict({tuple(m[i] for i in variables): ZZ(int(c.numerator)) for m, c in element.terms()})
    content, pieces = image.factor_list()
    return QQ(int(content)), [(_back(ring, p, variables), e) for p, e in pieces]


def _univariate(ring: PolyRing, element: PolyElement, variable: int) -> tuple[Any, list[tuple[PolyElement, int]]]:
    image = _LINE.from_dict({(m[variable],): ZZ(int(c.numerator)) for m, c in element.terms()})
    if image.degree() == 1:
        return QQ(1), [(element, 1)]
    content, pieces = image.factor_list()
    return QQ(int(content)), [(_back(ring, p, [variable]), e) for p, e in pieces]


def _back(ring: PolyRing, piece: PolyElement, variables: list[int]) -> PolyElement:
    terms = {}
    for monomial, coefficient in piece.terms():
        full = [0] * ring.ngens
        for i, e in zip(variables, monomial, strict=True):
            full[i] = e
        terms[tuple(full)] = QQ(int(coefficient))
    return ring.from_dict(terms)
