"""Where one limit hands over to another, and which limits do not commute."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sympy as sp

from symdiff.continuum.limit import ContinuumLimit
from symdiff.model.jump_model import JumpModel

TIME = sp.Symbol("t", real=True)


@dataclass(frozen=True)
class Crossover:
    """The limits that meet, at what length, time or smallness, whether they may be taken in either order, and why."""

    between: tuple[str, str]
    at: tuple[tuple[str, sp.Expr], ...]
    commute: bool
    why: str


def crossovers(model: JumpModel, limits: Sequence[ContinuumLimit]) -> tuple[Crossover, ...]:
    """The crossovers within the limits of one model, in the long-wave limit first."""
    found: list[Crossover] = []
    units = {s for j in model.jumps for r in j.displacement for s in r.free_symbols}
    units |= set() if model.time_step is None else model.time_step.free_symbols
    long_wave = next((x for x in limits if x.regime.origin == "long-wave" and x.coefficients), None)
    for limit in limits:
        found += _within(limit)
    for limit in limits:
        if long_wave is not None and limit is not long_wave:
            found += _against(long_wave, limit, units)
    return tuple(found)


def _within(limit: ContinuumLimit) -> list[Crossover]:
    """Drift against spreading at L = D/|v|; waves against diffusion at the relaxation time."""
    named, name = dict(limit.coefficients), limit.regime.name
    if not limit.equations or not limit.equations[0].is_homogeneous:
        return []
    damping = named.get("damping_rate")
    if damping is not None and damping != 0:
        at = (("time", sp.factor(1 / damping)),)
        e = limit.equations[0]
        if any(t.time + sum(t.space) > 2 for t in (*e.left, *e.right)):
            return [Crossover((f"{name}: states", f"{name}: diffusion"), at, True,
                              "for shorter times every state moves by itself, for longer ones they are seen together, with v and D")]  # fmt: skip
        return [Crossover((f"{name}: waves", f"{name}: diffusion"), at, True,
                          "for shorter times the fronts of the waves are seen, for longer ones the diffusion with v and D")]  # fmt: skip
    v, d = named.get("v"), named.get("D")
    if v is None or d is None or v == 0 or d == 0 or len(limit.coordinates) != 1:
        return []
    ends = (("length", sp.factor(d / sp.Abs(sp.factor(v)))), ("time", sp.factor(d / v**2)))
    return [Crossover((f"{name}: spreading", f"{name}: drift"), ends, True,
                      "over shorter lengths spreading is faster than the drift, over longer ones slower: beyond, go with the drift "
                      "(the moving frame), where spreading alone is left")]  # fmt: skip


def _against(long_wave: ContinuumLimit, other: ContinuumLimit, units: set[sp.Symbol]) -> list[Crossover]:
    """A regime in which an expression is small, against the long-wave limit at a fixed value of it."""
    places = {*long_wave.coordinates, TIME}
    found = []
    for key, power in other.regime.powers:
        if power <= 0 or key in places or key in units or not key.free_symbols:
            continue
        point = _root(key)
        if point is None:
            continue
        diverging = [n for n, value in long_wave.coefficients if _diverges(value, *point)]
        vanishing = [n for n, value in long_wave.coefficients if n != "v" and value != 0 and _vanishes(value, *point)]
        if not diverging and not vanishing:
            continue
        what = " and ".join(
            [f"{n} diverges" for n in dict.fromkeys(diverging)] + [f"{n} vanishes" for n in dict.fromkeys(vanishing)]
        )
        found.append(Crossover(
            (long_wave.regime.name, other.regime.name), (("small", key),), False,
            f"long times at a fixed {key} and {key} -> 0 do not commute: in '{long_wave.regime.name}' {what} as {key} -> 0; with {key} "
            f"small first, or as small as in '{other.regime.name}', the equation of '{other.regime.name}' holds"))  # fmt: skip
    return found or _of_slow_switching(long_wave, other, places | units)


def _of_slow_switching(long_wave: ContinuumLimit, other: ContinuumLimit, fixed: set[sp.Symbol]) -> list[Crossover]:
    """A regime whose states are still seen, of a higher order in time than the long-wave limit, where no coefficient tells."""
    orders = [max((t.time for e in x.equations for t in e.left), default=0) for x in (long_wave, other)]
    small = [key for key, power in other.regime.powers if power > 0 and key not in fixed and key.free_symbols]
    if not small or orders[0] != 1 or orders[1] < 2:
        return []
    what, name = ", ".join(str(key) for key in small), other.regime.name
    return [Crossover(
        (long_wave.regime.name, name), (("small", small[0]),), False,
        f"long times at fixed {what} and {what} -> 0 do not commute: in '{long_wave.regime.name}' the states have mixed; with {what} "
        f"small first they have not, and in '{name}' both are seen")]  # fmt: skip


def _root(key: sp.Expr) -> tuple[sp.Symbol, sp.Expr] | None:
    """A parameter and the value at which the key vanishes."""
    for symbol in sorted(key.free_symbols, key=str):
        if key.is_polynomial(symbol) and sp.degree(key, symbol) == 1:
            slope = key.coeff(symbol, 1) if key.is_Add else sp.diff(key, symbol)
            return symbol, sp.cancel(symbol - key / slope)
    return None


def _parts(value: sp.Expr, symbol: sp.Symbol, at: sp.Expr) -> tuple[sp.Expr, sp.Expr] | None:
    if not value.is_rational_function(symbol):
        return None
    numerator, denominator = sp.fraction(sp.cancel(value))
    return sp.expand(numerator.subs(symbol, at)), sp.expand(denominator.subs(symbol, at))


def _diverges(value: sp.Expr, symbol: sp.Symbol, at: sp.Expr) -> bool:
    parts = _parts(value, symbol, at)
    return parts is not None and parts[1] == 0 and parts[0] != 0


def _vanishes(value: sp.Expr, symbol: sp.Symbol, at: sp.Expr) -> bool:
    parts = _parts(value, symbol, at)
    return parts is not None and parts[0] == 0 and parts[1] != 0
