"""Transforms of step laws near k = 0+ as sums of powers, whole or not, and logarithms: 1 - (c k)^alpha + O(k^2).

A term is stored under (exponent, logarithms): coefficient * k**exponent * log(k)**logarithms. Exponents may hold
parameters; they are compared at one number inside the ranges of the parameters (``size``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction

import sympy as sp

from symdiff.errors import DerivationError, NotYetError

Key = tuple[sp.Expr, int]
Size = Callable[[sp.Expr], Fraction]
SMOOTH = (sp.sin, sp.cos, sp.tan, sp.sinh, sp.cosh, sp.tanh, sp.sech, sp.sec, sp.csch, sp.coth, sp.atan, sp.asin, sp.asinh,
          sp.atanh, sp.erf, sp.erfc)  # fmt: skip
MAX_TERMS = 300


@dataclass(frozen=True)
class PowerTerms:
    """The terms below k**``order``; ``open_order`` is the exponent of an O(...) that ends the knowledge, if one does.

    Then the terms of that exponent with more than ``open_logs`` logarithms are known as well: they are larger than O(...).
    """

    terms: Mapping[Key, sp.Expr]
    order: Fraction
    open_order: sp.Expr | None = None
    open_logs: int = 0

    @property
    def end(self) -> PowerTerms:
        """Where the knowledge ends, without what is known."""
        return replace(self, terms={})


def _earlier(a: PowerTerms, b: PowerTerms) -> PowerTerms:
    """The one of which less is known."""
    return min(a, b, key=lambda x: (x.order, -x.open_logs))


class WaveSeries:
    """Expansion in the positive symbol ``k`` about zero, below k**``order``."""

    def __init__(self, k: sp.Symbol, size: Size, order: Fraction) -> None:
        self.k, self.size, self.order = k, size, order

    def expand(self, e: sp.Expr) -> PowerTerms:
        """The series of an expression; raises :class:`DerivationError` where it has none, :class:`NotYetError` where unknown."""
        if not e.has(self.k):
            return self._of({(sp.Integer(0), 0): e})
        if e == self.k:
            return self._of({(sp.Integer(1), 0): sp.Integer(1)})
        if e.is_Add:
            total = self._of({})
            for part in e.args:
                total = self.add(total, self.expand(part))
            return total
        if e.is_Mul:
            total = self._of({(sp.Integer(0), 0): sp.Integer(1)})
            for part in sorted(e.args, key=lambda a: a.is_Pow and a.exp.is_negative is True):
                total = self.multiply(total, self.expand(part))
            return total
        if isinstance(e, sp.exp):
            return self._smooth(sp.exp, e.args[0])
        if e.is_Pow and not e.exp.has(self.k):
            return self.power(e.base, e.exp)
        if isinstance(e, sp.log):
            return self._logarithm(e.args[0])
        if isinstance(e, SMOOTH):
            return self._smooth(e.func, e.args[0])
        if type(e).__name__ == "O":
            return self._remainder(e.args[0])
        raise NotYetError(f"the expansion of {e} for small {self.k} is not handled yet")

    def _of(self, terms: Mapping[Key, sp.Expr]) -> PowerTerms:
        return PowerTerms(terms, self.order + 6)

    def _remainder(self, inner: sp.Expr) -> PowerTerms:
        found = self.expand(inner)
        exponent = min((x for x, _ in found.terms), key=self.size)
        return PowerTerms({}, self.size(exponent), exponent, max(m for x, m in found.terms if x == exponent))

    def add(self, a: PowerTerms, b: PowerTerms) -> PowerTerms:
        """a + b."""
        terms = dict(a.terms)
        for key, c in b.terms.items():
            terms[key] = sp.expand(terms.get(key, sp.Integer(0)) + c)
        return self._cut(terms, _earlier(a, b))

    def multiply(self, a: PowerTerms, b: PowerTerms) -> PowerTerms:
        """a b."""
        terms: dict[Key, sp.Expr] = {}
        for (x, m), c in a.terms.items():
            for (y, n), d in b.terms.items():
                key = (sp.expand(x + y), m + n)
                terms[key] = sp.expand(terms.get(key, sp.Integer(0)) + c * d)
        return self._cut(terms, _earlier(self._spoiled(a, b), self._spoiled(b, a)))

    def _spoiled(self, a: PowerTerms, b: PowerTerms) -> PowerTerms:
        """What is unknown of a times the leading power of b."""
        low = min((x for x, _ in b.terms), key=self.size, default=sp.Integer(0))
        shown = None if a.open_order is None else sp.expand(a.open_order + low)
        logs = max((m for x, m in b.terms if x == low), default=0)
        return PowerTerms({}, a.order + self.size(low), shown, a.open_logs + logs)

    def _cut(self, terms: Mapping[Key, sp.Expr], ends: PowerTerms) -> PowerTerms:
        kept = {key: c for key, c in terms.items() if c != 0 and self._is_known(key, ends)}
        if len(kept) > MAX_TERMS:
            raise NotYetError(f"more than {MAX_TERMS} powers of {self.k}")
        return replace(ends, terms=kept)

    def _is_known(self, key: Key, ends: PowerTerms) -> bool:
        exponent, logs = key
        if ends.open_order is not None and sp.expand(exponent - ends.open_order) == 0:
            return logs > ends.open_logs
        return self.size(exponent) < ends.order

    def power(self, base: sp.Expr, exponent: sp.Expr) -> PowerTerms:
        """base**exponent, by the binomial series about the leading power."""
        a = self.expand(base)
        one = self._of({(sp.Integer(0), 0): sp.Integer(1)})
        if exponent.is_Integer and 0 <= exponent <= 40:
            total = one
            for _ in range(int(exponent)):
                total = self.multiply(total, a)
            return total
        lead, c, small = self._split(a, base)
        total, term, n = one, one, 0
        while term.terms:
            n += 1
            factor = sp.expand((exponent - n + 1) / sp.Integer(n))
            term = self._limited(self._scaled(self.multiply(term, small), factor))
            total = self.add(total, term)
        head = self._of({(sp.expand(lead * exponent), 0): _principal_power(c, exponent)})
        return self.multiply(total, head)

    def _split(self, a: PowerTerms, base: sp.Expr) -> tuple[sp.Expr, sp.Expr, PowerTerms]:
        """a = c k^lead (1 + small)."""
        if not a.terms:
            raise DerivationError(f"nothing of {base} is known near {self.k} = 0")
        lead, logs = min(a.terms, key=lambda key: (self.size(key[0]), -key[1]))
        if logs:
            raise NotYetError(f"powers of {base}, which begins with a logarithm, are not handled yet")
        c = a.terms[lead, logs]
        shifted = self.multiply(a, self._of({(-lead, 0): 1 / c}))
        terms = {key: v for key, v in shifted.terms.items() if key != (sp.Integer(0), 0)}
        return lead, c, replace(shifted, terms=terms)

    def _limited(self, a: PowerTerms) -> PowerTerms:
        """Powers at or beyond the order are not needed."""
        limit = self.order + 4
        kept = {key: c for key, c in a.terms.items() if self.size(key[0]) < limit}
        return replace(a, terms=kept) if a.order <= limit else PowerTerms(kept, limit)

    def _scaled(self, a: PowerTerms, factor: sp.Expr) -> PowerTerms:
        return replace(a, terms={key: sp.expand(c * factor) for key, c in a.terms.items()})

    def _smooth(self, function: Callable[[sp.Expr], sp.Expr], argument: sp.Expr) -> PowerTerms:
        """f(c + small) = sum f^(n)(c) small^n/n!."""
        a = self.expand(argument)
        if any(self.size(x) < 0 or (x == 0 and logs) for x, logs in a.terms):
            raise DerivationError(f"{function(argument)} has no limit at {self.k} = 0")
        constant = a.terms.get((sp.Integer(0), 0), sp.Integer(0))
        small = replace(a, terms={key: c for key, c in a.terms.items() if key != (sp.Integer(0), 0)})
        z = sp.Dummy("z")
        derivative = function(z)
        total = self._of({(sp.Integer(0), 0): function(constant)})
        term, n = self._of({(sp.Integer(0), 0): sp.Integer(1)}), 0
        while term.terms:
            n += 1
            derivative = sp.diff(derivative, z)
            term = self._limited(self._scaled(self.multiply(term, small), sp.Rational(1, n)))
            total = self.add(total, self._scaled(term, derivative.xreplace({z: constant})))
        return self.add(total, small.end)

    def _logarithm(self, argument: sp.Expr) -> PowerTerms:
        """log(c k^lead (1 + small)) = log c + lead log k + small - small^2/2 + ..."""
        lead, c, small = self._split(self.expand(argument), argument)
        total = self._of({(sp.Integer(0), 0): sp.log(c), **({(sp.Integer(0), 1): lead} if lead != 0 else {})})
        term, n = self._of({(sp.Integer(0), 0): sp.Integer(1)}), 0
        while term.terms:
            n += 1
            term = self._limited(self.multiply(term, small))
            total = self.add(total, self._scaled(term, sp.Rational((-1) ** (n + 1), n)))
        return self.add(total, small.end)


def _principal_power(c: sp.Expr, exponent: sp.Expr) -> sp.Expr:
    """c**exponent; of +-i b through the angle of i, so that real and imaginary parts can be told apart."""
    turn = sp.expand(c / sp.I)
    if turn.is_positive or turn.is_negative:
        angle = sp.pi / 2 * exponent * (1 if turn.is_positive else -1)
        size = turn if turn.is_positive else -turn
        return sp.expand(size**exponent * (sp.cos(angle) + sp.I * sp.sin(angle)))
    return c**exponent
