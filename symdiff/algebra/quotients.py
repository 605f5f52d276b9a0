"""Quotients of polynomials written as products of powers."""

from __future__ import annotations

from collections.abc import Iterable
from math import prod
from typing import Any

import sympy as sp
from sympy.polys.domains import QQ
from sympy.polys.rings import ring as polynomial_ring

MOST_FACTORED = 120  # terms of a numerator, beyond which only its powers of single symbols are taken out


def factored(value: Any, field: Any, divisors: list[Any]) -> sp.Expr:
    """The quotient as powers; the ``divisors`` of earlier denominators are tried first, and new ones are added."""
    if field is QQ:
        return QQ.to_sympy(value)
    below, rest = [], value.denom
    for d in divisors:
        power = 0
        while not rest.is_ground and not (division := rest.div(d))[1]:
            rest, power = division[0], power + 1
        below.append(d.as_expr() ** -power)
    unit, factors = rest.factor_list()
    divisors += [f for f, _ in factors]
    below += [f.as_expr() ** -n for f, n in factors]
    number, factors = value.numer.factor_list()
    return sp.Mul(sp.Rational(int(number), int(unit)), *(f.as_expr() ** n for f, n in factors), *below)


def coefficients(value: sp.Expr, variables: Iterable[sp.Symbol]) -> dict[tuple[int, ...], sp.Expr]:
    """The factors of each product of ``variables`` in a polynomial of them, as products of powers.

    The factors are quotients of polynomials of the other symbols. Each irreducible factor of a denominator stands for itself
    until the end, so that nothing is cancelled on the way.

    Raises
    ------
    ValueError
        where ``value`` is no such polynomial.
    """
    names = tuple(variables)
    parameters = sorted(value.free_symbols - set(names), key=str)
    if not parameters:
        only = polynomial_ring(names, QQ)[0].from_expr(value) if names else None
        return {(): value} if only is None else {m: QQ.to_sympy(c) for m, c in only.terms()}
    plain = polynomial_ring(parameters, QQ)[0]
    divisors: dict[Any, sp.Symbol] = {}
    hidden: dict[sp.Expr, sp.Expr] = {}
    for power in (p for p in value.atoms(sp.Pow) if p.exp.is_Integer and p.exp.is_negative):
        unit, factors = plain.from_expr(power.base).factor_list()
        inverse = [divisors.setdefault(f, sp.Dummy("d")) ** -(n * power.exp) for f, n in factors]
        hidden[power] = sp.Mul(QQ.to_sympy(unit) ** power.exp, *inverse)
    whole = polynomial_ring([*names, *divisors.values(), *parameters], QQ)[0].from_expr(value.xreplace(hidden))
    groups: dict[tuple[int, ...], dict[tuple[int, ...], Any]] = {}
    for exponents, c in whole.terms():
        place, depth = exponents[: len(names)], exponents[len(names) : len(names) + len(divisors)]
        groups.setdefault(place, {}).setdefault(depth, {})[exponents[len(names) + len(divisors) :]] = c
    found = ((place, _over_one(parts, list(divisors), plain)) for place, parts in groups.items())
    return {place: c for place, c in found if c != 0}


def _over_one(parts: dict[tuple[int, ...], Any], divisors: list[Any], plain: Any) -> sp.Expr:
    """The sum of polynomials over products of powers of the divisors, as one quotient."""
    deepest = [max(depth[i] for depth in parts) for i in range(len(divisors))]
    top = plain.zero
    for depth, terms in parts.items():
        missing = (d ** (most - n) for d, most, n in zip(divisors, deepest, depth, strict=True))
        top += plain.from_dict(terms) * prod(missing, start=plain.one)
    if not top:
        return sp.Integer(0)
    below = []
    for d, most in zip(divisors, deepest, strict=True):
        power = most
        while power and not (division := top.div(d))[1]:
            top, power = division[0], power - 1
        below.append(d.as_expr() ** -power)
    if len(top) > MOST_FACTORED:
        lowest = tuple(map(min, zip(*top.monoms(), strict=True)))
        rest = top.exquo(plain.from_dict({lowest: QQ.one}))
        return sp.Mul(*(s**n for s, n in zip(plain.symbols, lowest, strict=True)), rest.as_expr(), *below)
    number, factors = top.factor_list()
    return sp.Mul(QQ.to_sympy(number), *(f.as_expr() ** n for f, n in factors), *below)
