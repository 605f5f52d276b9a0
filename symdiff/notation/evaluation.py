"""Numbers out of SymPy expressions, by walking the tree; works for any kind of number (mpf, Fraction, arrays, jets).

The walk knows nothing of the derivation engine, so that what it computes can serve as evidence about the engine.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import lru_cache
from typing import Any

import mpmath
import sympy as sp
from sympy.core.function import AppliedUndef

from symdiff.errors import NotYetError

Number = Any
LARGEST_POWER = 1000  # beyond, exact fractions have too many digits


@dataclass(frozen=True)
class Arithmetic:
    """How to make a number of a rational, and the elementary functions of one kind of number."""

    rational: Callable[[int, int], Number]
    functions: Mapping[str, Callable[..., Number]]
    power: Callable[[Number, Number], Number] = field(default=lambda a, b: a**b)


@lru_cache(maxsize=1)
def mp_arithmetic() -> Arithmetic:
    """Real and complex mpmath numbers at the working precision."""
    names = ["exp", "log", "sin", "cos", "tan", "cot", "sec", "csc", "asin", "acos", "atan", "atan2", "sinh", "cosh", "tanh", "coth", "sech", "csch", "asinh", "acosh", "atanh", "erf", "erfc", "gamma", "zeta", "floor", "sign", "binomial", "factorial", "besseli", "besselk"]  # fmt: skip
    functions = {name: getattr(mpmath.mp, name) for name in names}
    functions |= {"Abs": mpmath.mp.fabs, "Min": min, "Max": max}
    functions["Heaviside"] = lambda x, _=None: mpmath.mpf(x > 0) if x != 0 else mpmath.mpf(1) / 2
    return Arithmetic(lambda p, q: mpmath.mpf(p) / q, functions)


def evaluate(
    expression: sp.Expr,
    values: Mapping[sp.Basic, Number],
    arithmetic: Arithmetic,
    call: Callable[[AppliedUndef, tuple[int, ...]], Number] | None = None,
) -> Number:
    """The number that ``expression`` is at ``values``; ``call`` gives unknown functions and their derivatives.

    Raises :class:`NotYetError` for functions without a numeric rule and KeyError for symbols without a value.
    """

    def walk(e: sp.Basic) -> Number:
        if e in values:
            return values[e]
        if e.is_Rational:
            return arithmetic.rational(int(e.p), int(e.q))
        if e.is_Symbol:
            raise KeyError(e)
        if e.is_Add:
            total = walk(e.args[0])
            for part in e.args[1:]:
                total = total + walk(part)
            return total
        if e.is_Mul:
            total = walk(e.args[0])
            for part in e.args[1:]:
                total = total * walk(part)
            return total
        if e.is_Pow:
            return _power(e, walk, arithmetic)
        if e.is_NumberSymbol or e is sp.I:
            return _constant(e, arithmetic)
        if isinstance(e, AppliedUndef) and call is not None:
            return call(e, (0,) * len(e.args))
        if isinstance(e, sp.Derivative) and isinstance(e.expr, AppliedUndef) and call is not None:
            return call(e.expr, slopes_of(e))
        if isinstance(e, sp.Piecewise):
            return _piecewise(e, walk)
        name = type(e).__name__
        if name in arithmetic.functions:
            return arithmetic.functions[name](*(walk(a) for a in e.args))
        raise NotYetError(f"no numeric rule for {e}")

    return walk(expression)


def slopes_of(e: sp.Derivative) -> tuple[int, ...]:
    """By which of its arguments, and how often, a function is differentiated: V(x + a/2) by x is V' there.

    Raises :class:`NotYetError` where an argument does not move along with the variable, or two do.
    """
    arguments = e.expr.args
    orders = [0] * len(arguments)
    for variable, count in e.variable_count:
        moving = [n for n, a in enumerate(arguments) if a == variable or a.has(variable)]
        if len(moving) != 1 or (arguments[moving[0]] != variable and sp.diff(arguments[moving[0]], variable) != 1):
            raise NotYetError(f"no numeric rule for {e}")
        orders[moving[0]] += int(count)
    return tuple(orders)


class NoFractionError(Exception):
    """An expression holds more than sums, products and whole powers of fractions."""


def fraction_of(e: sp.Basic, values: Mapping[sp.Symbol, Fraction]) -> Fraction:
    """The exact value of a rational expression; raises :class:`NoFractionError` for any other, and ZeroDivisionError."""
    if e.is_Symbol and e in values:
        return values[e]
    if e.is_Rational:
        return Fraction(int(e.p), int(e.q))
    if e.is_Add:
        return sum((fraction_of(part, values) for part in e.args), Fraction(0))
    if e.is_Mul:
        total = Fraction(1)
        for part in e.args:
            total *= fraction_of(part, values)
        return total
    if e.is_Pow and e.exp.is_Integer and abs(e.exp) <= LARGEST_POWER:
        return fraction_of(e.base, values) ** int(e.exp)
    raise NoFractionError


def _power(e: sp.Pow, walk: Callable[[sp.Basic], Number], arithmetic: Arithmetic) -> Number:
    base = walk(e.base)
    if e.exp.is_Integer:
        n = int(e.exp)
        return base**n if n >= 0 else arithmetic.rational(1, 1) / base ** (-n)
    return arithmetic.power(base, walk(e.exp))


@lru_cache(maxsize=64)
def _digits_of(e: sp.Basic, digits: int) -> Number:
    """A real constant such as pi; kept, as it is asked for again and again."""
    return mpmath.mp.make_mpf(sp.N(e, digits)._mpf_)


def _constant(e: sp.Basic, arithmetic: Arithmetic) -> Number:
    if e is sp.I:
        return mpmath.mpc(0, 1)
    exact = _digits_of(e, mpmath.mp.dps + 5)
    one = arithmetic.rational(1, 1)
    return one * (float(exact) if isinstance(one, float) else exact)


def _piecewise(e: sp.Piecewise, walk: Callable[[sp.Basic], Number]) -> Number:
    for branch in e.args:
        condition = branch.cond
        if condition is sp.true or holds(condition, walk):
            return walk(branch.expr)
    raise NotYetError(f"no branch of {e} applies")


def holds(condition: sp.Basic, walk: Callable[[sp.Basic], Number]) -> bool:
    """Whether a comparison, or a conjunction of comparisons, is true of numbers."""
    if condition is sp.true or condition is sp.false:
        return bool(condition)
    if isinstance(condition, sp.And):
        return all(holds(part, walk) for part in condition.args)
    if isinstance(condition, sp.Or):
        return any(holds(part, walk) for part in condition.args)
    left, right = walk(condition.args[0]), walk(condition.args[1])
    rules: dict[type, Callable[[Number, Number], bool]] = {
        sp.StrictLessThan: lambda a, b: a < b, sp.LessThan: lambda a, b: a <= b,
        sp.StrictGreaterThan: lambda a, b: a > b, sp.GreaterThan: lambda a, b: a >= b,
        sp.Equality: lambda a, b: a == b, sp.Unequality: lambda a, b: a != b,
    }  # fmt: skip
    return bool(rules[type(condition)](left, right))
