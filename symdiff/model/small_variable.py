"""Expressions in one small variable as sums of powers, whole or not: 1 - c*s**alpha + O(s), s*log(s) and the like.

A logarithm of the variable is carried along in the coefficients, by powers of LOG = log(1/s): it is larger than every constant,
and smaller than every power.

The exponents may hold parameters; two of them are compared at one number inside the ranges of the parameters, and a
comparison that would come out differently elsewhere in the range is refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

import sympy as sp

from symdiff.errors import DerivationError, NotYetError
from symdiff.model.parameter import REAL_LINE, Interval
from symdiff.model.ranges import enclosure

MAX_TERMS = 400
LOG = sp.Dummy("log(1/s)", positive=True)
HYPERBOLIC = (sp.sinh, sp.cosh, sp.tanh, sp.coth, sp.sech, sp.csch)


@dataclass(frozen=True)
class PowerSum:
    """sum of coefficient * s**exponent, known below s**order (a number; ``open_order`` is its expression)."""

    terms: Mapping[sp.Expr, sp.Expr]
    order: Fraction
    open_order: sp.Expr | None = None  # where an O(...) or a cut-off ends it


class SmallVariable:
    """Expansion in ``variable`` about zero; ``box`` holds the ranges of the parameters."""

    def __init__(self, variable: sp.Symbol, box: Mapping[sp.Symbol, Interval], order: int) -> None:
        self.variable, self.box, self.limit = variable, box, Fraction(order)

    def representative(self, exponent: sp.Expr) -> Fraction:
        """A number that stands for an exponent in comparisons."""
        if exponent.is_Rational:
            return Fraction(int(exponent.p), int(exponent.q))
        values = {}
        for n, symbol in enumerate(sorted(exponent.free_symbols, key=str)):
            span = self.box.get(symbol, REAL_LINE)
            low = Fraction(0) if span.low is None else span.low
            high = low + 1 if span.high is None else span.high
            values[symbol] = low + (high - low) * Fraction(617 + 31 * n, 1000)
        value = exponent.xreplace({s: sp.Rational(v.numerator, v.denominator) for s, v in values.items()})
        if not value.is_Rational:
            raise NotYetError(f"the exponent {exponent} is not handled yet")
        return Fraction(int(value.p), int(value.q))

    def expand(self, expression: sp.Expr, remainder: sp.Expr | None = None) -> PowerSum:
        """expression + O(remainder) as a sum of powers; raises where it has none."""
        found = self._convert(expression)
        if remainder is None:
            return found
        rest = self._convert(remainder).terms
        exponent = min(rest, key=self.representative)
        known = self.add(found, PowerSum({}, self.representative(exponent), exponent))
        edge = found.terms.get(exponent, sp.Integer(0))
        if not edge.has(LOG) or rest[exponent].has(LOG):
            return known
        larger = edge - edge.xreplace({LOG: sp.Integer(0)})  # s log(1/s) stands out beside O(s)
        return PowerSum({**known.terms, exponent: sp.expand(larger)}, known.order, known.open_order)

    def _convert(self, e: sp.Expr) -> PowerSum:
        if not e.has(self.variable):
            return self._sum({sp.Integer(0): e})
        if e == self.variable:
            return self._sum({sp.Integer(1): sp.Integer(1)})
        if e.is_Add:
            total = self._sum({})
            for part in e.args:
                total = self.add(total, self._convert(part))
            return total
        if e.is_Mul:
            total = self._sum({sp.Integer(0): sp.Integer(1)})
            for part in e.args:
                total = self.multiply(total, self._convert(part))
            return total
        if isinstance(e, sp.exp):
            return self._exponential(self._convert(e.args[0]))
        if isinstance(e, HYPERBOLIC):
            return self._convert(e.rewrite(sp.exp))
        if e.is_Pow and not e.exp.has(self.variable):
            return self.power(self._convert(e.base), e.exp)
        if isinstance(e, sp.log):
            return self._logarithm(e, self._convert(e.args[0]))
        raise NotYetError(f"the expansion of {e} for small {self.variable} is not handled yet")

    def _sum(self, terms: Mapping[sp.Expr, sp.Expr]) -> PowerSum:
        return PowerSum(terms, self.limit)

    def add(self, a: PowerSum, b: PowerSum) -> PowerSum:
        """a + b."""
        terms = dict(a.terms)
        for exponent, c in b.terms.items():
            terms[exponent] = sp.expand(terms.get(exponent, sp.Integer(0)) + c)
        return self._cut(terms, min(a, b, key=lambda x: x.order))

    def multiply(self, a: PowerSum, b: PowerSum) -> PowerSum:
        """a * b."""
        terms: dict[sp.Expr, sp.Expr] = {}
        for x, c in a.terms.items():
            for y, d in b.terms.items():
                exponent = sp.expand(x + y)
                terms[exponent] = sp.expand(terms.get(exponent, sp.Integer(0)) + c * d)
        return self._cut(terms, min(self._times(a, b), self._times(b, a), key=lambda x: x.order))

    def _times(self, a: PowerSum, b: PowerSum) -> PowerSum:
        """What is unknown of a times the leading power of b."""
        low = min(b.terms, key=self.representative, default=sp.Integer(0))
        shown = None if a.open_order is None else sp.expand(a.open_order + low)
        return PowerSum({}, a.order + self.representative(low), shown)

    def _cut(self, terms: Mapping[sp.Expr, sp.Expr], ends: PowerSum) -> PowerSum:
        order, shown = (ends.order, ends.open_order) if ends.order < self.limit + 8 else (self.limit + 8, None)
        kept = {x: c for x, c in terms.items() if c != 0 and self.representative(x) < order}
        if len(kept) > MAX_TERMS:
            raise NotYetError(f"more than {MAX_TERMS} powers of {self.variable} are not handled yet")
        return PowerSum(kept, order, shown)

    def power(self, a: PowerSum, exponent: sp.Expr) -> PowerSum:
        """a**exponent, by the binomial series about the leading power."""
        if exponent.is_Integer and exponent >= 0:
            total = self._sum({sp.Integer(0): sp.Integer(1)})
            for _ in range(int(exponent)):
                total = self.multiply(total, a)
            return total
        lead, c = self._leading(a)
        small = self.multiply(a, self._sum({-lead: 1 / c}))
        small = self.add(small, self._sum({sp.Integer(0): sp.Integer(-1)}))
        total, term, n = self._sum({sp.Integer(0): sp.Integer(1)}), self._sum({sp.Integer(0): sp.Integer(1)}), 0
        while True:
            n += 1
            term = self._limited(self.multiply(term, small), Fraction(0))
            factor = sp.expand((exponent - n + 1) / sp.Integer(n))
            term = PowerSum({x: sp.expand(v * factor) for x, v in term.terms.items()}, term.order, term.open_order)
            total = self.add(total, term)
            if not term.terms:
                break
        return self.multiply(total, self._sum({sp.expand(lead * exponent): c**exponent}))

    def _limited(self, a: PowerSum, by: Fraction) -> PowerSum:
        """Powers beyond the limit are not needed."""
        order = self.limit + by
        if a.order <= order:
            return a
        return PowerSum({x: c for x, c in a.terms.items() if self.representative(x) < order}, order, None)

    def _leading(self, a: PowerSum) -> tuple[sp.Expr, sp.Expr]:
        if not a.terms:
            raise DerivationError(f"nothing of the expression is known near {self.variable} = 0")
        ordered = sorted(a.terms, key=self.representative)
        lead = ordered[0]
        for other in ordered[1:]:
            if enclosure(other - lead, self.box).low is None and not (other - lead).is_Rational:
                continue
            span = enclosure(other - lead, self.box)
            if span.low is not None and span.low < 0:
                raise NotYetError(f"whether {self.variable}**({lead}) or {self.variable}**({other}) is larger depends on the "
                                  "parameters", instead="narrow their ranges")  # fmt: skip
        return lead, a.terms[lead]

    def _exponential(self, a: PowerSum) -> PowerSum:
        constant = a.terms.get(sp.Integer(0), sp.Integer(0))
        small = PowerSum({x: c for x, c in a.terms.items() if x != 0}, a.order, a.open_order)
        if any(self.representative(x) < 0 for x in small.terms):
            raise DerivationError(f"an exponential diverges as {self.variable} -> 0")
        total, term, n = self._sum({sp.Integer(0): sp.Integer(1)}), self._sum({sp.Integer(0): sp.Integer(1)}), 0
        while True:
            n += 1
            term = self._limited(self.multiply(term, small), Fraction(0))
            term = PowerSum({x: c / n for x, c in term.terms.items()}, term.order, term.open_order)
            total = self.add(total, term)
            if not term.terms:
                break
        return self.multiply(total, self._sum({sp.Integer(0): sp.exp(constant)}))

    def _logarithm(self, e: sp.Expr, a: PowerSum) -> PowerSum:
        lead, c = self._leading(a)
        if c.has(LOG):
            raise NotYetError(f"logarithms of logarithms, as in {e}, are not handled yet")
        small = self.multiply(a, self._sum({-lead: 1 / c}))
        small = self.add(small, self._sum({sp.Integer(0): sp.Integer(-1)}))
        first = sp.expand_log(sp.log(c)) - lead * LOG
        total, term, n = self._sum({sp.Integer(0): first}), self._sum({sp.Integer(0): sp.Integer(1)}), 0
        while True:
            n += 1
            term = self._limited(self.multiply(term, small), Fraction(0))
            part = PowerSum(
                {x: v * sp.Rational((-1) ** (n + 1), n) for x, v in term.terms.items()}, term.order, term.open_order
            )
            total = self.add(total, part)
            if not term.terms:
                return total
