"""The numbers of a cross-check: values for every parameter, and how a regime moves them as eps -> 0."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import mpmath
import sympy as sp

from symdiff.dossier.settings import Settings
from symdiff.errors import UsageError
from symdiff.model.jump_model import JumpModel, ScalingRegime
from symdiff.model.loading import fingerprint
from symdiff.model.scaling_path import draw_values, values_at
from symdiff.notation.evaluation import evaluate, mp_arithmetic

Number = Any


@dataclass(frozen=True)
class BaseValues:
    """Exact values of all parameters at eps = 1, and the names of those that nobody set."""

    values: tuple[tuple[sp.Symbol, sp.Expr], ...]
    drawn: tuple[str, ...]

    def numbers(self) -> dict[sp.Symbol, Number]:
        """The values at the working precision."""
        arithmetic = mp_arithmetic()
        return {symbol: evaluate(value, {}, arithmetic) for symbol, value in self.values}

    def texts(self) -> dict[str, str]:
        """The values as exact text, by name."""
        return {symbol.name: str(value) for symbol, value in self.values}


def generator_for(model: JumpModel, purpose: str) -> random.Random:
    """A random generator that depends on the model and the purpose only, so that every run repeats the last one."""
    return random.Random(f"{fingerprint(model)} {purpose}")


def base_values(model: JumpModel, settings: Settings, attempt: int = 0, *, simple: bool = False) -> BaseValues:
    """Values for all parameters: what the user set wins, then [values] of the file; the rest is drawn from the assumptions.

    With ``simple`` the drawn numbers have small denominators, for examples that people read.

    Raises :class:`UsageError` where no values satisfy the constraints of the model together.
    """
    chosen = {**dict(model.values), **dict(settings.values)}
    symbols = {p.name: p.symbol for p in model.parameters}
    numbers = {symbols[n]: v for n, v in chosen.items() if n in symbols and not v.free_symbols}
    fixed = {s: _fraction(v) for s, v in numbers.items()}
    drawn = draw_values(model, generator_for(model, f"values {attempt}"), fixed, simple=simple)
    found = {s: sp.Rational(v.numerator, v.denominator) for s, v in drawn.items()} | numbers
    waiting = {symbols[n]: v for n, v in chosen.items() if n in symbols and v.free_symbols}
    for symbol in waiting:
        found.pop(symbol, None)
    while waiting:  # values in terms of other parameters
        ready = [s for s, v in waiting.items() if v.free_symbols <= set(found)]
        if not ready:
            circle = ", ".join(sorted(s.name for s in waiting))
            raise UsageError(
                f"{circle} are set in terms of each other", where="--set", instead="set one of them to a number"
            )
        for symbol in ready:
            found[symbol] = waiting.pop(symbol).xreplace(found)
    left_open = tuple(s.name for s in found if s.name not in chosen)
    return BaseValues(tuple(sorted(found.items(), key=lambda item: item[0].name)), left_open)


def base_within(base: BaseValues, case: JumpModel) -> BaseValues:
    """The values with those drawn anew that lie outside the ranges of a case."""
    ranges = {p.symbol: p.interval for p in case.parameters}
    generator = generator_for(case, "values of the case")
    found = [
        (s, v if s not in ranges or ranges[s].contains(_fraction(v)) else sp.Rational(str(ranges[s].sample(generator))))
        for s, v in base.values
    ]
    return BaseValues(tuple(found), base.drawn)


def _fraction(value: sp.Expr) -> Fraction:
    """A number as a fraction; an irrational one to 40 digits, for checking constraints only."""
    if value.is_Rational:
        return Fraction(int(value.p), int(value.q))
    return Fraction(str(sp.N(value, 40)))


@dataclass(frozen=True)
class EpsPath:
    """A regime as a path of numbers.

    ``length_power``: displacements are multiplied by eps**length_power in the coordinate in which the density varies over
    lengths of order one; ``time_power``: the power of d/dt.
    """

    regime: ScalingRegime
    base: BaseValues
    length_power: Fraction
    time_power: Fraction

    def values(self, eps: Number) -> dict[sp.Symbol, Number]:
        """The parameters at one eps."""
        return values_at(self.regime, self.base.numbers(), mp_arithmetic(), lambda w: power(eps, w))

    def unit(self, eps: Number) -> Number:
        """The macroscopic length of one unit of displacement."""
        return power(eps, self.length_power)

    @property
    def moves_parameters(self) -> bool:
        """Whether any parameter changes along the path."""
        return any(key not in self._places for key, _ in self.regime.powers)

    @property
    def _places(self) -> set[sp.Basic]:
        return {key for key, _ in self.regime.powers if key.is_Symbol and key not in {s for s, _ in self.base.values}}


def eps_path(model: JumpModel, regime: ScalingRegime, base: BaseValues) -> EpsPath:
    """The path of a regime: coordinates and time that it scales change the wave vector and the growth rate."""
    powers = dict(regime.powers)
    if regime.origin == "long-wave":
        return EpsPath(regime, base, Fraction(1), Fraction(0))
    length = next((powers[c] for c in model.coordinate_symbols if c in powers), Fraction(0))
    return EpsPath(regime, base, -length, -powers.get(model.time, Fraction(0)))


def power(eps: Number, exponent: Fraction) -> Number:
    """eps**exponent; whole powers exactly."""
    if exponent.denominator == 1:
        return mpmath.mpf(eps) ** int(exponent)
    return mpmath.mpf(eps) ** (mpmath.mpf(exponent.numerator) / exponent.denominator)


def shown_values(values: Mapping[sp.Symbol, Number]) -> dict[str, str]:
    """Numbers by name, 12 digits."""
    return {s.name: mpmath.nstr(v, 12) for s, v in values.items()}
