"""Weights that are symbols: each becomes a high power of two, and each count is unpacked into its polynomial.

Kronecker's substitution w_j = 2^(slot (n + 1)^j): the weight of the walks of n steps is a polynomial of degree n in the symbols
whose coefficients are not negative and below 2^slot, so that its digits in base 2^slot are its coefficients. Every algorithm
for whole weights then works with symbols, its checks included.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from numbers import Number
from typing import Any

from symdiff.errors import InternalFaultError, ModelError, ResourceError, UsageError
from symdiff.evidence.counting.closed_forms import multinomial
from symdiff.evidence.counting.compositions import compositions
from symdiff.evidence.counting.decimal_text import about, exact_text
from symdiff.evidence.counting.lattice import plus
from symdiff.evidence.counting.places import position, step_number
from symdiff.evidence.counting.single_site import best_site_count
from symdiff.evidence.counting.steps import StepSet, Vector, Weight, exact_weight, plain

MAX_TERMS = 200_000
MAX_BITS = 2**26
_MOST_BITS = 2**31
METHOD = "one multinomial coefficient for each number of times that each step is taken"
_SHORT = 20


@dataclass(frozen=True)
class WeightPolynomial:
    """sum of coefficient * prod_j symbols[j]^exponents[j]: the summed weight of walks, nothing multiplied out.

    ``terms``: (exponents, coefficient), in descending order of the exponents.
    """

    symbols: tuple[Any, ...]
    terms: tuple[tuple[Vector, Weight], ...]
    method: str = ""
    checked_by: tuple[str, ...] = ()

    def at(self, values: Sequence[Any]) -> Any:
        """The value where the symbols have these values, of any exact kind; in the order of ``symbols``."""
        if len(values) != len(self.symbols):
            raise UsageError(
                f"{len(self.symbols)} symbols have {len(values)} values", instead="a value for each symbol"
            )
        return sum(c * math.prod(v**e for v, e in zip(values, powers, strict=True)) for powers, c in self.terms)

    def to_dict(self) -> dict[Vector, Weight]:
        """Coefficients by exponents."""
        return dict(self.terms)

    def __str__(self) -> str:
        return " + ".join(self._term(powers, c) for powers, c in self.terms) or "0"

    def __repr__(self) -> str:
        names = ", ".join(map(str, self.symbols))
        shown = str(self) if len(self.terms) <= _SHORT else f"{len(self.terms)} terms"
        return f"WeightPolynomial({shown}; in {names})"

    def _term(self, powers: Vector, c: Weight) -> str:
        factors = [_base(s) if e == 1 else f"{_base(s)}**{e}" for s, e in zip(self.symbols, powers, strict=True) if e]
        return "*".join(([exact_text(c)] if c != 1 or not factors else []) + factors)


def _base(symbol: Any) -> str:
    text = str(symbol)
    return text if text.isidentifier() else f"({text})"


@dataclass(frozen=True)
class SymbolPacking:
    """How the weights of walks of up to n steps are packed into whole numbers.

    ``complete``: every step carries a symbol, so that the last exponent follows from the number of steps. Coefficients of walks
    of m steps are multiples of 1/``denominator``^m.
    """

    symbols: tuple[Any, ...]
    n: int
    slot: int
    complete: bool
    denominator: int

    @property
    def bits(self) -> int:
        """The length of one packed number."""
        return int(self.slot * (self.n + 1) ** (len(self.symbols) - self.complete))

    def weight(self, factor: Weight, symbol: int | None) -> Weight:
        """The packed weight of a step: a number times one of the symbols (None: the number alone)."""
        if symbol is None or (self.complete and symbol == len(self.symbols) - 1):
            return factor
        return factor * (1 << self.slot * int((self.n + 1) ** symbol))

    def polynomial(self, value: Weight, m: int) -> WeightPolynomial:
        """The polynomial that a packed weight of walks of m steps stands for."""
        scale = self.denominator**m
        whole = Fraction(value) * scale
        if whole.denominator != 1 or whole < 0:
            raise InternalFaultError("a packed weight is no whole number")
        width, inner = self.slot // 8, len(self.symbols) - self.complete
        data = int(whole).to_bytes((int(whole).bit_length() + 7) // 8, "little")
        found: dict[Vector, Weight] = {}
        for place in range(-(-len(data) // width)):
            digit = int.from_bytes(data[place * width : (place + 1) * width], "little")
            if digit:
                powers, rest = [], place
                for _ in range(inner):
                    rest, power = divmod(rest, self.n + 1)
                    powers.append(power)
                if rest or sum(powers) > m:
                    raise InternalFaultError("a packed weight has a term of too high a degree")
                found[(*powers, *([m - sum(powers)] if self.complete else []))] = plain(Fraction(digit, scale))
        return WeightPolynomial(self.symbols, _ordered(found))


def symbol_packing(
    symbols: Sequence[Any], n: int, factors: Sequence[Weight], *, complete: bool, share: int = 1
) -> SymbolPacking:
    """The packing for walks of n steps that are weighted with ``factors``, and at walls with multiples of 1/``share``.

    Raises :class:`ResourceError`, with the size, where one packed number would have more than ``MAX_BITS``.
    """
    denominator = math.lcm(*(Fraction(f).denominator for f in factors)) * share
    most = int(sum(factors) * denominator)
    packing = SymbolPacking(
        tuple(symbols), n, 8 * (n * most.bit_length() // 8 + 1), complete and bool(symbols), denominator
    )
    if packing.bits > MAX_BITS:
        raise ResourceError(
            f"the weights of {about(n)} steps in {len(symbols)} symbols are polynomials of up to {about(packing.bits)} bits each",
            instead="fewer steps, or values for some of the weights",
        )
    return packing


def split_weight(weight: Any) -> tuple[Weight, Any]:
    """(number, symbol) of a weight; the symbol is None for a number. Raises :class:`ModelError` for inexact numbers."""
    if weight is None or weight == "" or isinstance(weight, Number):
        return exact_weight(weight), None
    return 1, weight


@dataclass(frozen=True)
class PackedSteps:
    """A step set with symbols in its weights, packed for up to n steps: every counting function takes ``steps``.

    Each count that it returns stands for a polynomial: ``polynomial(count, m)`` for walks of m steps.
    """

    steps: StepSet
    packing: SymbolPacking

    def polynomial(self, value: Weight, m: int) -> WeightPolynomial:
        """The polynomial of a count of walks of m steps (of an endpoint law, a sequence, a first passage)."""
        return self.packing.polynomial(value, step_number(m))


def symbolic_steps(steps: Iterable[int | Sequence[int]], weights: Iterable[Any], n: int) -> PackedSteps:
    """Steps whose weights are symbols (names, SymPy expressions, anything that is no number) or exact numbers.

    Valid for walks of up to n steps, and between walls that absorb, refuse or reflect whole steps. Raises
    :class:`ModelError`, :class:`UsageError` for bad input, :class:`ResourceError` where the polynomials would be too long.
    """
    n = step_number(n)
    vectors, given = list(steps), [split_weight(w) for w in weights]
    if len(given) != len(vectors):
        raise ModelError(f"{len(vectors)} steps have {len(given)} weights", instead="one weight for each step")
    symbols = list(dict.fromkeys(s for _, s in given if s is not None))
    packing = symbol_packing(symbols, n, [f for f, _ in given], complete=all(s is not None for _, s in given))
    packed = [packing.weight(f, None if s is None else symbols.index(s)) for f, s in given]
    return PackedSteps(StepSet.from_steps(vectors, packed), packing)


def weight_polynomial(
    steps: Iterable[int | Sequence[int]], weights: Iterable[Any], n: int, site: object, start: object = None
) -> WeightPolynomial:
    """The summed weight of the walks of n steps from ``start`` to ``site``, as a polynomial in the symbols among the weights.

    sum over the numbers k_s of each step of n! / prod_s k_s! prod_s w_s^(k_s); only the terms of this site are made. The sum of
    the coefficients is compared with the number of walks. Weights: symbols (names, SymPy expressions) or exact numbers. Raises
    :class:`ModelError`, :class:`UsageError` for bad input, :class:`ResourceError` beyond ``MAX_TERMS`` numbers k.
    """
    vectors, given = list(steps), [split_weight(w) for w in weights]
    if len(given) != len(vectors):
        raise ModelError(f"{len(vectors)} steps have {len(given)} weights", instead="one weight for each step")
    return site_polynomial([(v, f, s) for v, (f, s) in zip(vectors, given, strict=True)], n, site, start)


def site_polynomial(
    moves: Sequence[tuple[int | Sequence[int], Weight, Any]], n: int, site: object, start: object = None
) -> WeightPolynomial:
    """As :func:`weight_polynomial`, for moves (step, number, symbol or None), each weighted with number times symbol."""
    numbers = StepSet.from_steps([v for v, _, _ in moves], [f for _, f, _ in moves])
    n = step_number(n)
    there, origin = position(site, numbers.dimension), position(start, numbers.dimension, "the start")
    kept = [(StepSet.from_steps([v]).steps[0], f, s) for v, f, s in moves if f]
    symbols = list(dict.fromkeys(s for _, _, s in kept if s is not None))
    marks = [None if s is None else symbols.index(s) for _, _, s in kept]
    found: dict[Vector, Weight] = {}
    for k, coefficient in _multinomials(tuple(v for v, _, _ in kept), n, plus(there, origin, -1)):
        powers = [0] * len(symbols)
        value: Weight = coefficient
        for power, mark, (_, factor, _) in zip(k, marks, kept, strict=True):
            if mark is not None:
                powers[mark] += power
            if factor != 1:
                value *= factor**power
        found[tuple(powers)] = found.get(tuple(powers), 0) + value
    total = best_site_count(numbers, n, there, origin)
    if sum(found.values()) != total.count:
        raise InternalFaultError("the coefficients of a weight polynomial do not sum to the number of walks")
    return WeightPolynomial(tuple(symbols), _ordered(found), METHOD, (f"sum of the coefficients: {total.method}",))


def _multinomials(steps: tuple[Vector, ...], n: int, displacement: Vector) -> Iterator[tuple[Vector, int]]:
    """(k, n! / prod_s k_s!) for all numbers k of each step; along a run by the ratios of successive terms."""
    ways, nodes = compositions(steps, n, displacement), 0
    bits = n * len(steps).bit_length() + 1
    for k, direction, number in ways.runs() if ways is not None else ():
        nodes += max(1, number)
        if nodes > MAX_TERMS or nodes * bits > _MOST_BITS:
            raise ResourceError(
                f"the weight of the walks of {about(n)} steps to one site is a polynomial of more than "
                f"{about(nodes - 1)} terms, of up to {about(bits)} bits each",
                instead="fewer steps, or values for the weights",
            )
        value = multinomial(k) if number else 0
        for _ in range(number):
            yield k, int(value)
            above = math.prod(x - i for x, u in zip(k, direction, strict=True) for i in range(-u))
            below = math.prod(x + i for x, u in zip(k, direction, strict=True) for i in range(1, u + 1))
            value = value * above // below
            k = plus(k, direction)


def _ordered(found: dict[Vector, Weight]) -> tuple[tuple[Vector, Weight], ...]:
    return tuple(sorted(found.items(), reverse=True))
