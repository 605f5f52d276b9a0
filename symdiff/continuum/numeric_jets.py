"""Truncated Taylor polynomials with mpmath coefficients: the second route's own calculus."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from math import perm
from typing import Any

import mpmath
from mpmath.libmp import from_man_exp

from symdiff.notation.evaluation import Arithmetic, mp_arithmetic

Index = tuple[int, ...]
Number = Any
Total = Callable[[int, bool], dict[Index, Number]]
FIELD = 16  # bits of one exponent of a packed index


@dataclass(frozen=True)
class Part:
    """Coefficients of one degree: ``packed`` holds them as whole numbers times 2^``exponent``, None for complex ones."""

    values: dict[Index, Number]
    packed: list[tuple[int, int]] | None
    exponent: int = 0

    @staticmethod
    def of(values: dict[Index, Number]) -> Part:
        """The part with these coefficients."""
        triples = []
        for index, c in values.items():
            raw = getattr(c, "_mpf_", None) or getattr(mpmath.mpmathify(c), "_mpf_", None)
            if raw is None or (not raw[1] and raw[2]):  # complex, infinite or no number
                return Part(values, None)
            if raw[1]:
                triples.append((_packed(index), -raw[1] if raw[0] else raw[1], raw[2]))
        lowest = min((e for _, _, e in triples), default=0)
        return Part(values, [(index, int(m) << (e - lowest)) for index, m, e in triples], lowest)


@lru_cache(maxsize=4096)
def _packed(index: Index) -> int:
    return sum(i << (FIELD * n) for n, i in enumerate(index))


@lru_cache(maxsize=4096)
def _unpacked(packed: int, dimension: int) -> Index:
    return tuple(packed >> (FIELD * n) & ((1 << FIELD) - 1) for n in range(dimension))


def sum_of_products(dimension: int, products: Sequence[tuple[int, Part, Part]]) -> dict[Index, Number]:
    """sum of factor * a * b over parts whose degrees add up to the same; every coefficient is rounded once."""
    if any(a.packed is None or b.packed is None for _, a, b in products):
        return _plain_sum(products)
    lowest = min((a.exponent + b.exponent for _, a, b in products), default=0)
    totals: dict[int, int] = {}
    get = totals.get
    for factor, a, b in products:
        shift = a.exponent + b.exponent - lowest
        for i, c in a.packed or ():
            c = c * factor << shift
            for j, d in b.packed or ():
                totals[i + j] = get(i + j, 0) + c * d
    rounded, precision = mpmath.mp.make_mpf, mpmath.mp.prec
    return {
        _unpacked(i, dimension): rounded(from_man_exp(total, lowest, precision, "n")) for i, total in totals.items()
    }


def _plain_sum(products: Sequence[tuple[int, Part, Part]]) -> dict[Index, Number]:
    found: dict[Index, Number] = {}
    for factor, a, b in products:
        for i, c in a.values.items():
            for j, d in b.values.items():
                index = tuple(m + n for m, n in zip(i, j, strict=True))
                found[index] = found[index] + c * d * factor if index in found else c * d * factor
    return found


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

    def __lt__(self, other: Any) -> bool:
        """At the point itself: cases in a coordinate are refused before, those in a parameter are numbers."""
        return bool(self.value < self._lift(other).value)

    def __le__(self, other: Any) -> bool:
        return bool(self.value <= self._lift(other).value)

    def __gt__(self, other: Any) -> bool:
        return bool(self.value > self._lift(other).value)

    def __ge__(self, other: Any) -> bool:
        return bool(self.value >= self._lift(other).value)

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
        for one, another in ((self, other), (other, self)):
            if one.is_constant:
                return another.times(one.value).truncated(self.degree)
        a, b = self._homogeneous, other._homogeneous
        found: dict[Index, Number] = {}
        for n in range(min(self.degree, len(a) + len(b) - 2) + 1):
            first = max(0, n - len(b) + 1)
            found |= sum_of_products(
                self.dimension, [(1, a[k], b[n - k]) for k in range(first, min(n, len(a) - 1) + 1)]
            )
        return NumericJet(found, self.dimension, self.degree)

    @cached_property
    def is_constant(self) -> bool:
        """Whether it has no coefficient beside that at the point."""
        return not any(map(any, self.coefficients))

    @cached_property
    def _homogeneous(self) -> list[Part]:
        """The parts of degree 0, 1, ..., without the empty ones at the end."""
        parts: list[dict[Index, Number]] = [{}]
        for index, c in self.coefficients.items():
            while len(parts) <= sum(index):
                parts.append({})
            parts[sum(index)][index] = c
        return [Part.of(p) for p in parts]

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> NumericJet:
        return self * _scalar_power(self._lift(other), -1)

    def __rtruediv__(self, other: Any) -> NumericJet:
        return self._lift(other) / self

    def __pow__(self, n: int) -> NumericJet:
        if self.is_constant:
            return self.constant(self.value**n)
        while len(self._powers) <= n:
            self._powers.append(self._powers[-1] * self)
        return self._powers[n]

    @cached_property
    def _powers(self) -> list[NumericJet]:
        """What has been worked out of 1, f, f^2, ...: long coefficients ask for the same ones in many terms."""
        return [self.constant(mpmath.mpf(1)), self]

    def compose(self, taylor: Callable[[Number, int], list[Number]]) -> NumericJet:
        """f(self), where ``taylor(a, n)`` lists the Taylor coefficients of f at a up to order n; by Horner's rule."""
        origin = (0,) * self.dimension
        small = NumericJet({i: c for i, c in self.coefficients.items() if i != origin}, self.dimension, self.degree)
        table = taylor(self.value, self.degree if small.coefficients else 0)
        result = self.constant(table[-1])
        for factor in reversed(table[:-1]):
            result = result * small + factor
        return result

    def degree_by_degree(
        self, first: Sequence[Number], step: Callable[[int, Total], Sequence[dict[Index, Number]]]
    ) -> list[NumericJet]:
        """Functions g_0, g_1, ... of this jet f from the relations that Euler's operator E = xi.d gives.

        ``first`` are their values at the point. ``step(n, total)`` returns their parts of degree n, from
        ``total(i, weighed)``: the sum over k = 1..n of f_k g_(n-k) of function i, each times k where ``weighed``
        (which is E f times g_i). Source: the recurrences of automatic differentiation, one product for each function.
        """
        f, origin = self._homogeneous, (0,) * self.dimension
        found = [[Part.of({origin: value})] for value in first]
        for n in range(1, self.degree + 1 if len(f) > 1 else 1):

            def total(i: int, weighed: bool, n: int = n) -> dict[Index, Number]:
                known = [(k if weighed else 1, f[k], found[i][n - k]) for k in range(1, min(n, len(f) - 1) + 1)]
                return sum_of_products(self.dimension, known)

            for parts, part in zip(found, step(n, total), strict=True):
                parts.append(Part.of(part))
        return [NumericJet({i: c for part in parts for i, c in part.values.items()}, self.dimension, self.degree)
                for parts in found]  # fmt: skip

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
        if not exponent.is_constant:
            return _exp(exponent * _log(base))
        exponent = exponent.value
    return _scalar_power(base, exponent)


def _scalar_power(base: NumericJet, a: Number) -> NumericJet:
    """g = f^a from f E g = a g E f: n f_0 g_n = sum_k ((a + 1) k - n) f_k g_(n-k)."""
    value = base.value

    def step(n: int, total: Total) -> list[dict[Index, Number]]:
        weighed, plain = total(0, True), total(0, False)
        return [{i: ((a + 1) * weighed[i] - n * plain[i]) / (n * value) for i in weighed}]

    return base.degree_by_degree([value**a], step)[0]


def _exp(f: NumericJet) -> NumericJet:
    """g = exp f from E g = g E f."""
    return f.degree_by_degree(
        [mpmath.exp(f.value)], lambda n, total: [{i: c / n for i, c in total(0, True).items()}]
    )[0]  # fmt: skip


def _log(f: NumericJet) -> NumericJet:
    """log f from E log f = (1/f) E f."""
    value = mpmath.log(f.value)

    def step(n: int, total: Total) -> list[dict[Index, Number]]:
        weighed, plain = total(0, True), total(0, False)
        inverse = {i: -c / f.value for i, c in plain.items()}
        return [inverse, {i: c / n for i, c in weighed.items()}]

    return f.degree_by_degree([1 / f.value, value], step)[1]


def _sine_and_cosine(f: NumericJet) -> list[NumericJet]:
    """E sin f = cos f E f and E cos f = - sin f E f."""
    cosine, sine = mpmath.cos_sin(f.value)

    def step(n: int, total: Total) -> list[dict[Index, Number]]:
        return [{i: c / n for i, c in total(1, True).items()}, {i: -c / n for i, c in total(0, True).items()}]

    return f.degree_by_degree([sine, cosine], step)


OWN: dict[str, Callable[[NumericJet], NumericJet]] = {
    "exp": _exp,
    "log": _log,
    "sin": lambda f: _sine_and_cosine(f)[0],
    "cos": lambda f: _sine_and_cosine(f)[1],
}


def jet_arithmetic(dimension: int, degree: int) -> Arithmetic:
    """Arithmetic of jets of one shape; functions without an own rule take mpmath's numeric Taylor coefficients."""
    shape = NumericJet({}, dimension, degree)
    scalars = mp_arithmetic()

    def rule(name: str) -> Callable[..., NumericJet]:
        own = OWN.get(name)
        function = scalars.functions[name]

        def apply(*arguments: Any) -> NumericJet:
            if all(a.is_constant for a in arguments):
                return shape.constant(function(*(a.value for a in arguments)))
            argument: NumericJet = arguments[0]
            if own is not None:
                return own(argument)
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
                  "Heaviside": lambda a, *_: shape.constant(mpmath.mpf(a.value > 0))}  # fmt: skip
    return Arithmetic(lambda p, q: shape.constant(mpmath.mpf(p) / q), functions, _power)
