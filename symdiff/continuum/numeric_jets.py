"""Truncated Taylor polynomials with mpmath coefficients: the second route's own calculus."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import factorial, perm
from typing import Any

import mpmath

from symdiff.notation.evaluation import Arithmetic, mp_arithmetic

Index = tuple[int, ...]
Number = Any


@dataclass(frozen=True)
class NumericJet:
    """sum of c_a xi^a over total degrees up to ``degree``, in the displacement xi from a point."""

    coefficients: dict[Index, Number]
    dimension: int
    degree: int

    def times(self, factor: Number) -> NumericJet:
        """Every coefficient times a number."""
        return NumericJet({i: c * factor for i, c in self.coefficients.items()}, self.dimension, self.degree)

    def constant(self, value: Number) -> NumericJet:
        """A constant of the same shape."""
        return NumericJet({(0,) * self.dimension: value}, self.dimension, self.degree)

    def truncated(self, degree: int) -> NumericJet:
        """The same polynomial up to a lower total degree."""
        if degree >= self.degree:
            return self
        return NumericJet({i: c for i, c in self.coefficients.items() if sum(i) <= degree}, self.dimension, degree)

    @property
    def value(self) -> Number:
        """The value at the point itself."""
        return self.coefficients.get((0,) * self.dimension, mpmath.mpf(0))

    def _lift(self, other: Any) -> NumericJet:
        return other if isinstance(other, NumericJet) else self.constant(other)

    def __add__(self, other: Any) -> NumericJet:
        lifted = self._lift(other)
        result = dict(self.coefficients)
        for index, c in lifted.coefficients.items():
            result[index] = result[index] + c if index in result else c
        return NumericJet(result, self.dimension, max(self.degree, lifted.degree))

    __radd__ = __add__

    def __neg__(self) -> NumericJet:
        return NumericJet({i: -c for i, c in self.coefficients.items()}, self.dimension, self.degree)

    def __sub__(self, other: Any) -> NumericJet:
        return self + (-self._lift(other))

    def __rsub__(self, other: Any) -> NumericJet:
        return self._lift(other) - self

    def __mul__(self, other: Any) -> NumericJet:  # by a jet or by a number
        if not isinstance(other, NumericJet):
            return self.times(other)
        if self.dimension == 1:
            return self._line_product(other)
        result: dict[Index, Number] = {}
        for i, c in self.coefficients.items():
            room = self.degree - sum(i)
            for j, d in other.coefficients.items():
                if sum(j) <= room:
                    index = tuple(a + b for a, b in zip(i, j, strict=True))
                    result[index] = result[index] + c * d if index in result else c * d
        return NumericJet(result, self.dimension, self.degree)

    def _line_product(self, other: NumericJet) -> NumericJet:
        """The product in one dimension, over plain lists."""
        a = [(i[0], c) for i, c in self.coefficients.items()]
        b = sorted((j[0], d) for j, d in other.coefficients.items())
        result: list[Number] = [None] * (self.degree + 1)
        for i, c in a:
            for j, d in b:
                n = i + j
                if n > self.degree:
                    break
                result[n] = c * d if result[n] is None else result[n] + c * d
        return NumericJet({(n,): c for n, c in enumerate(result) if c is not None}, 1, self.degree)

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> NumericJet:
        return self * self._lift(other).compose(lambda a, n: _geometric(1 / a, n))

    def __rtruediv__(self, other: Any) -> NumericJet:
        return self._lift(other) / self

    def __pow__(self, n: int) -> NumericJet:
        result = self.constant(mpmath.mpf(1))
        for _ in range(n):
            result = result * self
        return result

    def compose(self, taylor: Callable[[Number, int], list[Number]]) -> NumericJet:
        """f(self), where ``taylor(a, n)`` lists the Taylor coefficients of f at a up to order n."""
        origin = (0,) * self.dimension
        small = NumericJet({i: c for i, c in self.coefficients.items() if i != origin}, self.dimension, self.degree)
        table = taylor(self.value, self.degree if small.coefficients else 0)
        result, term = self.constant(table[0]), self.constant(mpmath.mpf(1))
        for factor in table[1:]:
            term = term * small
            if not term.coefficients:
                break
            result = result + term * factor
        return result

    def derivative(self, alpha: Index) -> NumericJet:
        """The partial derivative of multi-index ``alpha``, known to as many degrees less."""
        result = {}
        for index, c in self.coefficients.items():
            if all(i >= a for i, a in zip(index, alpha, strict=True)):
                factor = 1
                for i, a in zip(index, alpha, strict=True):
                    factor *= perm(i, a)
                result[tuple(i - a for i, a in zip(index, alpha, strict=True))] = c * factor
        return NumericJet(result, self.dimension, max(0, self.degree - sum(alpha)))


def _power(base: NumericJet, exponent: Number) -> NumericJet:
    if isinstance(exponent, NumericJet):
        if any(any(i) for i in exponent.coefficients):
            return (exponent * base.compose(_log)).compose(_exp)
        exponent = exponent.value

    def binomial(a: Number, n: int) -> list[Number]:
        found = [a**exponent]
        for m in range(1, n + 1):
            found.append(found[-1] * (exponent - m + 1) / (m * a))
        return found

    return base.compose(binomial)


def _geometric(ratio: Number, n: int) -> list[Number]:
    """Taylor coefficients of 1/x at 1/ratio."""
    return [(-1) ** m * ratio ** (m + 1) for m in range(n + 1)]


def _exp(a: Number, n: int) -> list[Number]:
    at = mpmath.exp(a)
    return [at / factorial(m) for m in range(n + 1)]


def _log(a: Number, n: int) -> list[Number]:
    return [mpmath.log(a), *((-1) ** (m + 1) / (m * a**m) for m in range(1, n + 1))]


def _sin(a: Number, n: int) -> list[Number]:
    cosine, sine = mpmath.cos_sin(a)
    cycle = (sine, cosine, -sine, -cosine)
    return [cycle[m % 4] / factorial(m) for m in range(n + 1)]


def _cos(a: Number, n: int) -> list[Number]:
    cosine, sine = mpmath.cos_sin(a)
    cycle = (cosine, -sine, -cosine, sine)
    return [cycle[m % 4] / factorial(m) for m in range(n + 1)]


def jet_arithmetic(dimension: int, degree: int) -> Arithmetic:
    """Arithmetic of jets of one shape; functions without an own rule take mpmath's numeric Taylor coefficients."""
    shape = NumericJet({}, dimension, degree)
    scalars = mp_arithmetic()

    def rule(name: str) -> Callable[..., NumericJet]:
        own = {"exp": _exp, "log": _log, "sin": _sin, "cos": _cos}.get(name)
        function = scalars.functions[name]

        def apply(*arguments: Any) -> NumericJet:
            if all(not any(any(i) for i in a.coefficients) for a in arguments):
                return shape.constant(function(*(a.value for a in arguments)))
            argument: NumericJet = arguments[0]
            if own is not None:
                return argument.compose(own)
            return argument.compose(lambda a, n: list(mpmath.taylor(function, a, n)))

        return apply

    def lowest(*arguments: Any) -> NumericJet:
        lifted: list[NumericJet] = [shape + a for a in arguments]
        return min(lifted, key=lambda a: mpmath.re(a.value))

    def highest(*arguments: Any) -> NumericJet:
        lifted: list[NumericJet] = [shape + a for a in arguments]
        return max(lifted, key=lambda a: mpmath.re(a.value))

    functions = {name: rule(name) for name in scalars.functions}
    functions |= {"Min": lowest, "Max": highest, "Abs": lambda a: a if a.value > 0 else -a,
                  "sign": lambda a: shape.constant(mpmath.sign(a.value)),
                  "Heaviside": lambda a: shape.constant(mpmath.mpf(a.value > 0))}  # fmt: skip
    return Arithmetic(lambda p, q: shape.constant(mpmath.mpf(p) / q), functions, _power)
