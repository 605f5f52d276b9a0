"""Weights: the units of an expression, and the linear equations between them; the arithmetic below :mod:`dimensions`."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping
from fractions import Fraction

import sympy as sp
from sympy.core.function import AppliedUndef
from sympy.core.relational import Relational

from symdiff.errors import NotYetError

Weight = dict[str, Fraction]  # column -> exponent
SPACE, TIME = "length", "time"
STAND_IN = 7919  # the denominator of numbers that stand for symbols in exponents


def sum_weights(first: Mapping[str, Fraction], *others: Mapping[str, Fraction] | Fraction) -> Weight:
    """first + others; a number after a weight multiplies that weight."""
    total = dict(first)
    parts: list[tuple[Mapping[str, Fraction], Fraction]] = []
    for x in others:
        if isinstance(x, Fraction):
            parts[-1] = (parts[-1][0], x)
        else:
            parts.append((x, Fraction(1)))
    for part, factor in parts:
        for name, exponent in part.items():
            value = total.get(name, Fraction(0)) + exponent * factor
            total[name] = value
            if not value:
                del total[name]
    return total


def generic_exponent(exponent: sp.Expr) -> Fraction:
    """A number that stands for an exponent with symbols: the same for the same symbol, in no relation to others."""
    values = {s: sp.Rational(zlib.crc32(s.name.encode()) % 9973 + 101, STAND_IN) for s in exponent.free_symbols}
    value = exponent.xreplace(values)
    if not value.is_Rational:
        raise NotYetError(f"an exponent {exponent}")
    return Fraction(int(value.p), int(value.q))


class Walker:
    """Weights of expressions, and the equations between weights that they imply."""

    def __init__(self, arguments: Mapping[str, tuple[str, ...]]) -> None:
        self.arguments = arguments
        self.columns: dict[str, Weight] = {}
        self.equations: list[tuple[Weight, Weight]] = []
        self.seen: dict[str, None] = {}

    def equal(self, left: Weight, right: Weight) -> None:
        """Two weights are equal."""
        for name in (*left, *right):
            self.seen[name] = None
        if left != right:
            self.equations.append((left, right))

    def require(self, e: sp.Expr, weight: Weight) -> None:
        """An expression has this weight; zero has any."""
        if e != 0:
            self.equal(self.walk(e), weight)

    def walk(self, e: sp.Basic) -> Weight:
        """The weight of an expression."""
        if e.is_number or e in (sp.true, sp.false):
            return {}
        if e.is_Symbol:
            return dict(self.columns.get(e.name, {e.name: Fraction(1)}))
        if e.is_Add or isinstance(e, (sp.Max, sp.Min)):
            return self.alike([a for a in e.args if a != 0])
        if e.is_Mul:
            return sum_weights({}, *(self.walk(a) for a in e.args))
        if e.is_Pow:
            return self._power(e)
        if isinstance(e, sp.Piecewise):
            for _, condition in e.args:
                self.walk(condition)
            return self.alike([value for value, _ in e.args if value != 0])
        if isinstance(e, Relational):
            self.alike([a for a in e.args if a not in (0, sp.oo, -sp.oo)])
            return {}
        if isinstance(e, (sp.And, sp.Or)):
            for a in e.args:
                self.walk(a)
            return {}
        if isinstance(e, sp.Derivative):
            if isinstance(e.expr, sp.log):  # f'/f, whatever f weighs
                self.walk(e.expr.args[0])
                return sum_weights({}, *(sum_weights({}, self.walk(v), Fraction(-int(n))) for v, n in e.variable_count))
            lowered = [sum_weights({}, self.walk(v), Fraction(-int(n))) for v, n in e.variable_count]
            return sum_weights(self.walk(e.expr), *lowered)
        if isinstance(e, sp.Integral):
            return sum_weights(self.walk(e.function), *(self.walk(limit[0]) for limit in e.limits))
        return self._function(e)

    def alike(self, parts: Iterable[sp.Basic]) -> Weight:
        """The one weight of terms that are added or compared; a zero has any."""
        weights = [self.walk(p) for p in parts if p != 0]
        for w in weights[1:]:
            self.equal(weights[0], w)
        return weights[0] if weights else {}

    def _power(self, e: sp.Pow) -> Weight:
        self.equal(self.walk(e.exp), {})
        base = self.walk(e.base)
        return sum_weights({}, base, generic_exponent(e.exp)) if base else {}

    def _function(self, e: sp.Basic) -> Weight:
        name = e.func.__name__
        if name in ("FracLaplacian", "Laplacian"):
            order = sp.Integer(1) if name == "Laplacian" else e.args[1]
            return sum_weights(self.walk(e.args[0]), {SPACE: Fraction(1)}, -2 * generic_exponent(order))
        if name in ("CaputoDerivative", "RiemannLiouvilleDerivative", "WeylDerivative"):
            return sum_weights(self.walk(e.args[0]), self.walk(e.args[1]), -generic_exponent(e.args[2]))
        if isinstance(e, AppliedUndef):
            if name not in self.arguments or len(self.arguments[name]) < len(e.args):
                raise NotYetError(f"the dimension of {name} is not known")
            for argument, place in zip(e.args, self.arguments[name], strict=False):
                if argument.is_zero or argument.is_infinite:  # P(x, 0): the start has every unit
                    continue
                if len(e.args) < len(self.arguments[name]) and str(argument) in self.arguments[name]:
                    continue  # A(t) of a uniform state: the time stands where the place does in A(x, t)
                if str(argument) != place and str(argument).partition("_")[0] in ("k", "s"):
                    raise NotYetError(f"the dimension of the transform {e} is not known")
                self.equal(self.walk(argument), dict(self.columns.get(place, {place: Fraction(1)})))
            return {name: Fraction(1)}
        if isinstance(e, sp.Abs):
            return self.walk(e.args[0])
        if isinstance(e, sp.DiracDelta):
            return sum_weights({}, self.walk(e.args[0]), Fraction(-1))
        if isinstance(e, (sp.sign, sp.Heaviside)):
            self.walk(e.args[0])
            return {}
        if isinstance(e, sp.Function):
            for a in e.args:
                self.equal(self.walk(a), {})
            return {}
        raise NotYetError(f"the dimension of {e} is not known")


def solved(rows: list[Weight], columns: list[str]) -> dict[str, Weight]:
    """Every column through the free ones (the units), by elimination; earlier columns are eliminated first."""
    pivots: dict[str, Weight] = {}
    for row in rows:
        current = dict(row)
        for name in columns:
            if name in current and name in pivots:
                factor = current.pop(name)
                current = sum_weights(current, pivots[name], factor)
        lead = next((c for c in columns if c in current), None)
        if lead is None:
            continue
        factor = current.pop(lead)
        solution = sum_weights({}, current, -1 / factor)
        for name, known in pivots.items():
            if lead in known:
                share = known[lead]
                pivots[name] = sum_weights({k: v for k, v in known.items() if k != lead}, solution, share)
        pivots[lead] = solution
    named = {c: c if c in (SPACE, TIME) else f"[{c}]" for c in columns}
    return {c: {named[u]: e for u, e in pivots[c].items()} if c in pivots else {named[c]: Fraction(1)} for c in columns}
