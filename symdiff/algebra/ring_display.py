"""How an element of a differential ring is written: one fraction of factors, with the signs that read best."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sympy as sp
from sympy.polys.rings import PolyElement

from symdiff.algebra.factoring import primitive_part
from symdiff.algebra.ring_fractions import fraction

if TYPE_CHECKING:
    from symdiff.algebra.differential_ring import DifferentialRing

READABLE = 60  # terms: fractions of longer polynomials are shown as they were found


def displayed(ring: DifferentialRing, element: PolyElement) -> sp.Expr:
    """The SymPy expression, factored, in the model's own symbols."""
    numerator, denominator = fraction(ring, ring.translated(element))
    if not numerator:
        return sp.Integer(0)
    bases = []
    for i, power in denominator.items():
        numerator, base = _coprime(numerator, ring.atoms[i].base, power)
        bases.append((base, -power))
    content, found = ring.factors(numerator)
    sign, oriented = 1 if content > 0 else -1, []
    for factor, power in [*found, *bases]:
        turned, firm = _orientation(ring, factor)
        sign *= turned ** (power % 2)
        oriented.append((factor if turned > 0 else -factor, power, firm))
    if sign < 0:  # -(x - a)(x + a) reads better as (a - x)(a + x)
        for n, (factor, power, firm) in enumerate(oriented):
            if power % 2 and not firm and any(c < 0 for c in factor.itercoeffs()):
                oriented[n], sign = (-factor, power, True), 1
                break
    parts = [sp.Rational(int(abs(content).numerator), int(content.denominator)) * sign]
    parts += [sp.Pow(_plain(ring, factor), power) for factor, power, _ in oriented]
    return sp.Mul(*parts)


def _coprime(numerator: PolyElement, base: PolyElement, power: int) -> tuple[PolyElement, PolyElement]:
    """Numerator and base of a fraction without their common factor, where the base may be a product and is small."""
    if (
        power > 1
        or not 2 < len(base) <= READABLE
        or not 1 < len(numerator) <= READABLE
        or max(map(sum, base.itermonoms())) < 2
    ):
        return numerator, base
    common = primitive_part(numerator.gcd(base))
    return (numerator, base) if len(common) < 2 else (numerator.exquo(common), base.exquo(common))


def _orientation(ring: DifferentialRing, factor: PolyElement) -> tuple[int, bool]:
    """The sign with which a factor reads best (1 - p, not p - 1, where p is not negative), and whether it is firm."""
    coefficients = [int(c) for c in factor.itercoeffs()]
    negative = sum(c < 0 for c in coefficients)
    if 2 * negative > len(coefficients):
        return -1, False
    used = ring.used(factor)
    if len(factor) == 2 and len(used) == 1 and all(sum(m) <= 1 for m in factor.itermonoms()):
        constant = int(factor.const())
        slope = next(c for c in coefficients if c != constant or len(set(coefficients)) == 1)
        if ring.atoms[used.pop()].expression.is_nonnegative and constant * slope < 0 and abs(constant) >= abs(slope):
            return (1 if constant > 0 else -1), True
    return 1, False


def _plain(ring: DifferentialRing, element: PolyElement) -> sp.Expr:
    terms = []
    for monomial, coefficient in element.terms():
        factors = [ring.atoms[i].expression ** e for i, e in enumerate(monomial) if e]
        terms.append(sp.Mul(sp.Rational(int(coefficient.numerator), int(coefficient.denominator)), *factors))
    return sp.Add(*terms)


def exponential_expression(argument: sp.Expr) -> sp.Expr:
    """exp(a log b) is written b**a."""
    factors = sp.Mul.make_args(argument)
    logarithms = [f for f in factors if isinstance(f, sp.log)]
    if len(logarithms) == 1:
        return sp.Pow(logarithms[0].args[0], argument / logarithms[0])
    return sp.exp(argument)
