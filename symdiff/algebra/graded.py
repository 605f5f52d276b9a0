"""Truncated series in the small parameter eps, with coefficients in a differential ring."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from sympy.polys.domains import QQ
from sympy.polys.rings import PolyElement

from symdiff.algebra.products import sum_of_products

Power = int | Fraction

INFINITE = 10**9  # the order of an exact series


def power(value: Fraction) -> Power:
    """Whole powers as plain integers, which add faster."""
    return int(value) if value.denominator == 1 else value


@dataclass(frozen=True, slots=True)
class GradedSeries:
    """sum over grades g of eps**g * terms[g], plus O(eps**order).

    ``order`` is the first power that is not known; ``INFINITE`` for an exact (finite) series. Zero coefficients are
    never stored.
    """

    terms: Mapping[Power, PolyElement]
    order: Power = INFINITE

    @property
    def valuation(self) -> Power:
        """The lowest power with a coefficient; the order for a series without any."""
        return min(self.terms, default=self.order)

    def truncated(self, order: Power) -> GradedSeries:
        """The same series known only below ``order``."""
        if order >= self.order:
            return self
        return GradedSeries({g: c for g, c in self.terms.items() if g < order}, order)

    def shifted(self, by: Power) -> GradedSeries:
        """The series times eps**by."""
        order = self.order if self.order == INFINITE else self.order + by
        return GradedSeries({g + by: c for g, c in self.terms.items()}, order)

    def mapped(self, change: Callable[[PolyElement], PolyElement]) -> GradedSeries:
        """Every coefficient changed; coefficients that vanish are dropped."""
        changed = {g: change(c) for g, c in self.terms.items()}
        return GradedSeries({g: c for g, c in changed.items() if c}, self.order)

    def scaled(self, factor: PolyElement) -> GradedSeries:
        """Every coefficient times a ring element of grade zero."""
        return self.mapped(lambda c: c * factor)

    def __add__(self, other: GradedSeries) -> GradedSeries:
        order = min(self.order, other.order)
        terms = {g: c for g, c in self.terms.items() if g < order}
        for g, c in other.terms.items():
            if g < order:
                total = terms[g] + c if g in terms else c
                if total:
                    terms[g] = total
                else:
                    del terms[g]
        return GradedSeries(terms, order)

    def __neg__(self) -> GradedSeries:
        return GradedSeries({g: -c for g, c in self.terms.items()}, self.order)

    def __sub__(self, other: GradedSeries) -> GradedSeries:
        return self + (-other)

    def __mul__(self, other: GradedSeries) -> GradedSeries:
        return self.times(other, INFINITE)

    def times(self, other: GradedSeries, below: Power) -> GradedSeries:
        """The product known below ``below`` at most; what lies beyond is not multiplied out."""
        return sum_of_series([(self, other)], below)

    def truncated_power(self, exponent: int, one: PolyElement, order: Power) -> GradedSeries:
        """self**exponent known below ``order`` at most."""
        result = GradedSeries({0: one})
        for _ in range(exponent):
            result = result.times(self, order)
        return result


def sum_of_series(products: Sequence[tuple[GradedSeries, GradedSeries]], below: Power) -> GradedSeries:
    """The sum of a*b over pairs, known below ``below`` at most; all products of one grade are added up together."""
    order = min((_product_order(a, b) for a, b in products), default=INFINITE)
    order = min(order, below)
    pairs: dict[Power, list[tuple[PolyElement, PolyElement]]] = {}
    for a, b in products:
        for g, c in a.terms.items():
            for h, d in b.terms.items():
                if g + h < order:
                    pairs.setdefault(g + h, []).append((c, d))
    terms = {g: sum_of_products(p) for g, p in pairs.items()}
    return GradedSeries({g: c for g, c in terms.items() if c}, order)


def _product_order(a: GradedSeries, b: GradedSeries) -> Power:
    if a.order == INFINITE and b.order == INFINITE:
        return INFINITE
    return min(INFINITE, a.order + b.valuation, b.order + a.valuation)


def compose_powers(small: GradedSeries, coefficients: Callable[[int], PolyElement], order: Power) -> GradedSeries:
    """sum_n coefficients(n) * small**n, known below ``order``; ``small`` has positive valuation.

    The coefficients carry their own 1/n!; the sum stops where small**n no longer counts.
    """
    result = GradedSeries({0: coefficients(0)} if coefficients(0) else {})
    if not small.terms and small.order == INFINITE:
        return result
    term, n = small.truncated(order), 1
    while term.terms:
        factor = coefficients(n)
        if factor:
            result = result + term.scaled(factor)
        term, n = term.times(small, order), n + 1
    return result.truncated(min(order, term.order) if term.order != INFINITE else order)


def rational(value: int | Fraction) -> object:
    """A ground-domain number."""
    exact = Fraction(value)
    return QQ(exact.numerator, exact.denominator)
