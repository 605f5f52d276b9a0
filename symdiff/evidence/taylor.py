"""Truncated Taylor series in the displacement from a place: derivatives of coefficients as numbers, without symbolic ones.

A series holds the coefficient of every power up to ``orders`` per axis. Functions of a series come from their derivatives at its
value, f(a + d) = sum_n f^(n)(a) d^n/n!, since d^n vanishes beyond the total order.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import mpmath
import sympy as sp
from sympy.core.function import AppliedUndef

from symdiff.errors import NotYetError
from symdiff.notation.evaluation import Arithmetic, evaluate, mp_arithmetic

Number = Any
Index = tuple[int, ...]


@dataclass(frozen=True)
class Series:
    """sum of parts[i] xi^i over powers i up to ``orders``; powers that are missing are zero."""

    parts: dict[Index, Number]
    orders: Index

    @property
    def value(self) -> Number:
        """The value at the place itself."""
        return self.parts.get((0,) * len(self.orders), mpmath.mpf(0))

    def derivative(self, orders: Index) -> Number:
        """A partial derivative at the place."""
        return self.parts.get(orders, mpmath.mpf(0)) * math.prod(map(math.factorial, orders))

    def _lift(self, other: Any) -> Series:
        return other if isinstance(other, Series) else Series({(0,) * len(self.orders): other}, self.orders)

    def __add__(self, other: Any) -> Series:
        parts = dict(self.parts)
        for i, c in self._lift(other).parts.items():
            parts[i] = parts[i] + c if i in parts else c
        return Series(parts, self.orders)

    __radd__ = __add__

    def __neg__(self) -> Series:
        return Series({i: -c for i, c in self.parts.items()}, self.orders)

    def __sub__(self, other: Any) -> Series:
        return self.__add__(-other)

    def __rsub__(self, other: Any) -> Series:
        return (-self).__add__(other)

    def __mul__(self, other: Any) -> Series:
        if not isinstance(other, Series):
            return Series({i: c * other for i, c in self.parts.items()}, self.orders)
        parts: dict[Index, Number] = {}
        for i, a in self.parts.items():
            for j, b in other.parts.items():
                index = tuple(m + n for m, n in zip(i, j, strict=True))
                if all(n <= most for n, most in zip(index, self.orders, strict=True)):
                    parts[index] = parts[index] + a * b if index in parts else a * b
        return Series(parts, self.orders)

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> Series:
        return self.__mul__(other.power(-1) if isinstance(other, Series) else 1 / other)

    def __rtruediv__(self, other: Any) -> Series:
        return self.power(-1).__mul__(other)

    def __pow__(self, exponent: Any) -> Series:
        if isinstance(exponent, Series):
            return self.through(_log).__mul__(exponent).through(_exp)
        return self.power(exponent)

    def power(self, exponent: Number) -> Series:
        """This series to a fixed power; whole ones also where the value is zero."""
        if exponent == int(mpmath.re(exponent)) and exponent >= 0:
            found = self._lift(mpmath.mpf(1))
            for _ in range(int(exponent)):
                found = found * self
            return found
        return self.through(lambda a, n: mpmath.ff(exponent, n) * a ** (exponent - n))

    def __rpow__(self, base: Any) -> Series:
        return self.__mul__(mpmath.log(base)).through(_exp)

    def __abs__(self) -> Series:
        return self.__mul__(mpmath.sign(self.value))

    def __gt__(self, other: Any) -> bool:
        return bool(self.value > (other.value if isinstance(other, Series) else other))

    def __lt__(self, other: Any) -> bool:
        return bool(self.value < (other.value if isinstance(other, Series) else other))

    def __ge__(self, other: Any) -> bool:
        return not self < other

    def __le__(self, other: Any) -> bool:
        return not self > other

    def through(self, derivative: Callable[[Number, int], Number]) -> Series:
        """f of this series, where ``derivative(a, n)`` is the n-th derivative of f at a."""
        zero = (0,) * len(self.orders)
        here = self.value
        rest = Series({i: c for i, c in self.parts.items() if i != zero}, self.orders)
        most = sum(self.orders) if rest.parts else 0
        found = self._lift(derivative(here, most) / math.factorial(most))
        for n in range(most - 1, -1, -1):
            found = found * rest + derivative(here, n) / math.factorial(n)
        return found


def variable(value: Number, axis: int, orders: Index) -> Series:
    """A coordinate: its value plus the displacement along its axis."""
    parts = {(0,) * len(orders): value}
    if orders[axis]:
        parts[tuple(int(i == axis) for i in range(len(orders)))] = mpmath.mpf(1)
    return Series(parts, orders)


def composed(arguments: list[Any], field: Callable[[tuple[Number, ...], Index], Number], orders: Index) -> Any:
    """A function of several series, from its partial derivatives ``field(place, orders)``."""
    series = [a for a in arguments if isinstance(a, Series)]
    if not series:
        return field(tuple(arguments), orders)
    box = series[0].orders
    lifted = [a if isinstance(a, Series) else series[0]._lift(a) for a in arguments]
    here = tuple(a.value for a in lifted)
    rests = [a - a.value for a in lifted]
    rests = [Series({i: c for i, c in r.parts.items() if any(i)}, box) for r in rests]
    found = Series({}, box)
    ranges = [range(sum(box) + 1 if r.parts else 1) for r in rests]
    for powers in itertools.product(*ranges):
        if sum(powers) > sum(box):
            continue
        term = series[0]._lift(field(here, tuple(n + m for n, m in zip(powers, orders, strict=True))))
        for rest, n in zip(rests, powers, strict=True):
            term = term * rest**n * (mpmath.mpf(1) / math.factorial(n))
        found = found + term
    return found


def taylor(
    expression: sp.Expr, local: Mapping[sp.Symbol, Any], functions: Mapping[str, Any],
    known: dict[tuple[AppliedUndef, Index], Any],
) -> Any:  # fmt: skip
    """An expression where ``local`` gives its symbols as numbers or series, and ``functions`` the derivatives of its fields.

    ``known`` keeps the values of fields from call to call at the same place. A number where nothing varies.
    Raises :class:`NotYetError` where a function in it has no rule for series.
    """
    arithmetic = series_arithmetic()

    def call(e: AppliedUndef, own: Index) -> Any:
        if (e, own) not in known:
            inside = [evaluate(a, local, arithmetic, call) for a in e.args]
            known[e, own] = composed(inside, functions[e.func.__name__], own)
        return known[e, own]

    try:
        return evaluate(expression, local, arithmetic, call)
    except TypeError:
        raise NotYetError(f"{expression} has no Taylor series here") from None


def _exp(a: Number, n: int) -> Number:
    del n
    return mpmath.exp(a)


def _log(a: Number, n: int) -> Number:
    return mpmath.log(a) if n == 0 else (-1) ** (n - 1) * math.factorial(n - 1) / a**n


def _turned(function: Callable[[Number], Number]) -> Callable[[Number, int], Number]:
    return lambda a, n: function(a + n * mpmath.pi / 2)


def _sinh(a: Number, n: int) -> Number:
    return mpmath.cosh(a) if n % 2 else mpmath.sinh(a)


def _cosh(a: Number, n: int) -> Number:
    return mpmath.sinh(a) if n % 2 else mpmath.cosh(a)


def _stepwise(function: Callable[..., Number]) -> Callable[[Number, int], Number]:
    """What is constant between its jumps."""
    return lambda a, n: function(a) if n == 0 else mpmath.mpf(0)


RULES: dict[str, Callable[[Number, int], Number]] = {
    "exp": _exp, "log": _log, "sin": _turned(mpmath.sin), "cos": _turned(mpmath.cos), "sinh": _sinh, "cosh": _cosh,
    "sign": _stepwise(mpmath.sign), "floor": _stepwise(mpmath.floor),
    "Heaviside": _stepwise(mp_arithmetic().functions["Heaviside"]),
}  # fmt: skip


def series_arithmetic() -> Arithmetic:
    """Numbers and series together; a function without a rule here raises :class:`TypeError` on a series."""
    plain = mp_arithmetic()
    functions = dict(plain.functions)

    def lifted(name: str, rule: Callable[[Number, int], Number]) -> Callable[..., Any]:
        return lambda a, *more: a.through(rule) if isinstance(a, Series) else plain.functions[name](a, *more)

    functions |= {name: lifted(name, rule) for name, rule in RULES.items()}
    functions["tanh"] = lambda a: functions["sinh"](a) / functions["cosh"](a)
    functions["tan"] = lambda a: functions["sin"](a) / functions["cos"](a)
    functions["Abs"] = abs
    return Arithmetic(plain.rational, functions)
