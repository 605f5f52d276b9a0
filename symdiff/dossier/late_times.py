"""What an average tends to at late times, where it relaxes exponentially."""

from __future__ import annotations

from collections.abc import Callable
from math import lcm

import sympy as sp

Positive = Callable[[sp.Expr], bool | None]


def at_late_times(expression: sp.Expr, time: sp.Symbol, positive: Positive = lambda e: e.is_positive) -> sp.Expr | None:
    """The limit for t -> oo of a rational function of one decaying or growing exponential e^(a t); None for all others.

    ``positive`` says whether an expression is positive for all allowed parameters, or None.

    >>> t, a = sp.symbols("t a", positive=True)
    >>> at_late_times(3 - 2*sp.exp(-a*t), t)
    3
    """
    if not expression.has(time):
        return expression
    roots = [f for f in sp.Mul.make_args(expression) if f.has(time) and f.is_Pow and f.exp.is_Rational and f.exp.q > 1]
    if roots:
        return _with_roots(expression, roots, time, positive)
    joined = sp.powsimp(expression, deep=True)
    calls = sorted((c for c in joined.atoms(sp.exp) if c.has(time)), key=str)
    powers = [p for p in joined.atoms(sp.Pow) if p.exp.has(time) and not p.base.has(time) and p.base != sp.E]
    if powers:
        return _of_several_rates(joined, [*calls, *sorted(powers, key=str)], time, positive)
    if not calls:
        return None
    small = sp.Dummy()
    unit = _common_unit([c.args[0] for c in calls])
    change: dict[sp.Basic, sp.Expr] = {}
    for call in calls:
        times = sp.cancel(call.args[0] / unit)
        if not times.is_Integer:
            return _of_several_rates(joined, calls, time, positive)
        change[call] = small**times
    rate = sp.diff(unit, time)
    sign = None if rate.has(time) else _sign(rate, positive)
    if sign is None:
        return None
    rational = joined.xreplace(change)
    if rational.has(time) or not rational.is_rational_function(small):
        return None
    if sign > 0:
        rational = rational.xreplace({small: 1 / small})
    numerator, denominator = sp.cancel(rational).as_numer_denom()
    at_zero = denominator.subs(small, 0)
    return None if sp.expand(at_zero) == 0 else sp.cancel(numerator.subs(small, 0) / at_zero)


def _of_several_rates(expression: sp.Expr, calls: list[sp.Expr], time: sp.Symbol, positive: Positive) -> sp.Expr | None:
    """The limit of a rational function of exponentials with several rates: each that decays, or the inverse of one that grows, is 0."""
    change: dict[sp.Basic, sp.Expr] = {}
    small = []
    for call in calls:
        base, exponent = call.as_base_exp()
        slope = sp.diff(exponent, time)
        rate = slope if base == sp.E else slope * sp.log(base)
        steady = base == sp.E or positive(base) is True
        sign = _sign(rate, positive) if steady and not slope.has(time) else None
        rest = sp.expand(exponent - slope * time)
        if sign is None or rest.has(time):
            return None
        mark = sp.Dummy()
        small.append(mark)
        change[call] = base**rest * (mark if sign < 0 else 1 / mark)
    rational = expression.xreplace(change)
    if rational.has(time) or not rational.is_rational_function(*small):
        return None
    numerator, denominator = sp.cancel(sp.together(rational)).as_numer_denom()
    zero = dict.fromkeys(small, sp.S.Zero)
    below = sp.expand(denominator.xreplace(zero))
    return None if below == 0 else sp.cancel(numerator.xreplace(zero) / below)


def _common_unit(exponents: list[sp.Expr]) -> sp.Expr:
    """An exponent of which all are whole multiples, where their quotients are rational numbers; else the first."""
    ratios = [sp.cancel(e / exponents[0]) for e in exponents]
    shared = lcm(*(int(r.q) for r in ratios)) if all(r.is_Rational for r in ratios) else 1
    return exponents[0] / shared


def _with_roots(expression: sp.Expr, roots: list[sp.Expr], time: sp.Symbol, positive: Positive) -> sp.Expr | None:
    """A product with roots among its factors: the product of the limits, where all of them exist."""
    rest = sp.Mul(*(f for f in sp.Mul.make_args(expression) if f not in roots))
    limits = [at_late_times(r.base, time, positive) for r in roots]
    other = at_late_times(rest, time, positive)
    if other is None or any(value is None or value == 0 for value in limits):
        return None
    return sp.Mul(other, *(value**r.exp for value, r in zip(limits, roots, strict=True)))


def _sign(rate: sp.Expr, positive: Positive) -> int | None:
    """1 or -1, factor by factor; the sign of ln(u) is that of u - 1."""
    found = 1
    for factor in sp.Mul.make_args(rate):
        inner = factor.args[0] - 1 if isinstance(factor, sp.log) else factor
        if positive(inner) is not True and positive(-inner) is not True:
            return None
        found = found if positive(inner) else -found
    return found
