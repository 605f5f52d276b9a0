"""Parameters: symbols with what is assumed of them, as an interval and as SymPy assumptions."""

from __future__ import annotations

import random
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor

import sympy as sp

from symdiff.errors import ModelError
from symdiff.notation.expression import Scope, parse_chain
from symdiff.notation.names import did_you_mean
from symdiff.notation.symbol_latex import symbol_text

WORDS = ("positive", "negative", "nonnegative", "nonpositive", "nonzero", "real", "integer", "probability")


@dataclass(frozen=True)
class Interval:
    """A real interval; ``None`` stands for an infinite end, which is never included."""

    low: Fraction | None = None
    high: Fraction | None = None
    low_open: bool = True
    high_open: bool = True

    def contains(self, value: Fraction) -> bool:
        """Whether ``value`` lies in the interval, ends included where they are closed."""
        above = self.low is None or value > self.low or (value == self.low and not self.low_open)
        below = self.high is None or value < self.high or (value == self.high and not self.high_open)
        return above and below

    def intersect(self, other: Interval) -> Interval:
        """The common part of two intervals (it may be empty)."""
        low, low_open = _tighter((self.low, self.low_open), (other.low, other.low_open), 1)
        high, high_open = _tighter((self.high, self.high_open), (other.high, other.high_open), -1)
        return Interval(low, high, low_open, high_open)

    @property
    def closed(self) -> Interval:
        """With its finite ends: what values may come near to."""
        return Interval(self.low, self.high, self.low is None, self.high is None)

    @property
    def empty(self) -> bool:
        """Whether no number lies in the interval."""
        if self.low is None or self.high is None:
            return False
        return self.low > self.high or (self.low == self.high and (self.low_open or self.high_open))

    def straddles(self, value: Fraction, *, ends: bool) -> bool:
        """Whether numbers on both sides of ``value`` lie in the interval, or with ``ends`` that value and one side."""
        below = self.low is None or self.low < value
        above = self.high is None or self.high > value
        return (below and above) or (ends and (below or above) and self.contains(value))

    def text(self, name: str) -> str:
        """The interval as a comparison: ``1 < al <= 2``, ``al = 1``."""
        if self.low is not None and self.low == self.high:
            return f"{name} = {self.low}"
        if self.low is None or self.high is None:
            above = f"{name} {'>' if self.low_open else '>='} {self.low}" if self.low is not None else name
            return above if self.high is None else f"{name} {'<' if self.high_open else '<='} {self.high}"
        return f"{self.low} {'<' if self.low_open else '<='} {name} {'<' if self.high_open else '<='} {self.high}"

    def sample(self, generator: random.Random, *, integer: bool = False, simple: bool = False) -> Fraction:
        """A rational number inside, away from the ends; half-infinite intervals are sampled within 3 of their end.

        With ``simple`` the number has a small denominator, for examples that people read.
        """
        if integer:
            first = 0 if self.low is None else int(self.low) + (1 if self.low_open or self.low != int(self.low) else 0)
            last = (
                first + 8
                if self.high is None
                else int(self.high) - (1 if self.high_open and self.high == int(self.high) else 0)
            )
            if self.low is None:
                first = last - 8 if self.high is not None else -4
            return Fraction(generator.randint(first, max(first, last)))
        share = Fraction(generator.randint(1, 9), 10) if simple else Fraction(generator.randint(120, 880), 1000)
        if self.low is not None and self.high is not None:
            return self.low + share * (self.high - self.low)
        if self.low is not None:
            return self.low + (generator.randint(1, 5) if simple else 3 * share)
        if self.high is not None:
            return self.high - 3 * share
        return 6 * share - 3


def _tighter(
    a: tuple[Fraction | None, bool], b: tuple[Fraction | None, bool], sign: int
) -> tuple[Fraction | None, bool]:
    if a[0] is None or b[0] is None:
        return b if a[0] is None else a
    if a[0] == b[0]:
        return a[0], a[1] or b[1]
    return a if sign * (a[0] - b[0]) > 0 else b


REAL_LINE = Interval()
_INTERVALS = {
    "positive": Interval(low=Fraction(0)),
    "negative": Interval(high=Fraction(0)),
    "nonnegative": Interval(low=Fraction(0), low_open=False),
    "nonpositive": Interval(high=Fraction(0), high_open=False),
    "probability": Interval(Fraction(0), Fraction(1), False, False),
    "real": REAL_LINE, "integer": REAL_LINE, "nonzero": REAL_LINE,
}  # fmt: skip


@dataclass(frozen=True)
class Parameter:
    """A declared symbol.

    ``assume`` is the text of the model file, ``interval`` the numbers that it allows, ``integer`` and ``nonzero``
    narrow them; ``constraints`` are the comparisons with other parameters, as text; ``latex`` and ``value`` are
    optional.
    """

    name: str
    assume: str
    interval: Interval
    integer: bool = False
    nonzero: bool = False
    probability: bool = False
    constraints: tuple[str, ...] = ()
    latex: str = ""

    def __post_init__(self) -> None:
        """Reports set the LaTeX as it stands, so whatever is no symbol is refused here."""
        if self.latex:
            symbol_text(self.latex)

    @property
    def symbol(self) -> sp.Symbol:
        """The SymPy symbol with the assumptions that follow from the interval."""
        return _symbol(self.name, self.interval, self.integer, self.nonzero)

    def allows(self, value: sp.Expr) -> bool | None:
        """Whether a number satisfies what is assumed of this parameter alone; ``None`` if it is no number."""
        if not value.is_number or not value.is_real:
            return None if not value.is_number else False
        if self.integer and not value.is_integer:
            return False
        if self.nonzero and value.is_zero:
            return False
        low, high = self.interval.low, self.interval.high
        below = low is not None and (value < sp.Rational(low) or (self.interval.low_open and value == sp.Rational(low)))
        above = high is not None and (
            value > sp.Rational(high) or (self.interval.high_open and value == sp.Rational(high))
        )
        return not (bool(below) or bool(above))


def _symbol(name: str, interval: Interval, integer: bool, nonzero: bool) -> sp.Symbol:
    assumptions: dict[str, bool] = {"real": True}
    low, high = interval.low, interval.high
    if low is not None and (low > 0 or (low == 0 and interval.low_open)):
        assumptions = {"positive": True}
    elif high is not None and (high < 0 or (high == 0 and interval.high_open)):
        assumptions = {"negative": True}
    elif low == 0:
        assumptions = {"nonnegative": True}
    elif high == 0:
        assumptions = {"nonpositive": True}
    elif nonzero:
        assumptions = {"real": True, "nonzero": True}
    if integer:
        assumptions["integer"] = True
    return sp.Symbol(name, **assumptions)


def _whole(interval: Interval) -> Interval:
    """From the first to the last whole number of an interval."""
    low, high = interval.low, interval.high
    if low is not None:
        low = Fraction(floor(low) + 1 if interval.low_open else ceil(low))
    if high is not None:
        high = Fraction(ceil(high) - 1 if interval.high_open else floor(high))
    return Interval(low, high, low is None, high is None)


def parse_parameter(name: str, assume: str, *, latex: str = "", others: tuple[str, ...] = ()) -> Parameter:
    """Read an assumption such as ``positive integer``, ``probability`` or ``0 < alpha < 2``.

    Raises :class:`ModelError` for an unknown word, an empty range, or a comparison that does not name the parameter.

    >>> parse_parameter("alpha", "0 < alpha < 2").interval.high
    Fraction(2, 1)
    """
    if any(sign in assume for sign in "<>="):
        return _from_comparison(name, assume, latex, others)
    words = assume.replace(",", " ").split()
    if not words:
        raise ModelError(f"nothing is assumed of {name}", instead='write "real" at least')
    interval = REAL_LINE
    for word in words:
        if word not in WORDS:
            hint = did_you_mean(word, WORDS)
            raise ModelError(
                f"unknown assumption '{word}'",
                instead=f"{hint}{'' if hint.endswith('?') else '.'} A comparison such as '0 < {name} < 2' also works",
            )
        interval = interval.intersect(_INTERVALS[word])
    if interval.empty:
        raise ModelError(f"no number is {assume}", instead="drop one of the words")
    if "integer" in words:
        interval = _whole(interval)
    return Parameter(name, assume, interval, "integer" in words, "nonzero" in words, "probability" in words, (), latex)


def _from_comparison(name: str, assume: str, latex: str, others: tuple[str, ...]) -> Parameter:
    names = (name, *others)
    scope = Scope({n: sp.Symbol(n, real=True) for n in names})
    members, signs = parse_chain(assume, scope)
    symbol = scope.symbols[name]
    if not any(s in ("<", "<=", ">", ">=") for s in signs) or any(s in ("=", "==", "!=") for s in signs):
        raise ModelError(f"'{assume}' is no range", instead=f"write for example '0 < {name} < 2'")
    if not any(m.has(symbol) for m in members):
        raise ModelError(f"'{assume}' does not speak of {name}", instead=f"write for example '0 < {name} < 2'")
    interval, constraints = REAL_LINE, []
    for left, sign, right in zip(members, signs, members[1:], strict=False):
        strict = sign in ("<", ">")
        small, large = (left, right) if sign in ("<", "<=") else (right, left)
        if small == symbol and large.is_Rational:
            interval = interval.intersect(Interval(high=_fraction(large), high_open=strict))
        elif large == symbol and small.is_Rational:
            interval = interval.intersect(Interval(low=_fraction(small), low_open=strict))
        elif large not in (sp.oo,) and small not in (-sp.oo,):
            constraints.append(f"{small} {'<' if strict else '<='} {large}")
    if interval.empty:
        raise ModelError(f"no number satisfies '{assume}'", instead="check the two ends")
    return Parameter(name, assume, interval, False, False, False, tuple(constraints), latex)


def _fraction(value: sp.Rational) -> Fraction:
    return Fraction(int(value.p), int(value.q))
