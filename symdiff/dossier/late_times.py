"""What an average tends to at late times, where it relaxes exponentially."""

from __future__ import annotations

from collections.abc import Callable

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
    joined = sp.powsimp(expression, deep=True)
    calls = [c for c in joined.atoms(sp.exp) if c.has(time)]
    if not calls:
        return None
    small = sp.Dummy()
    unit = calls[0].args[0]
    change: dict[sp.Basic, sp.Expr] = {}
    for call in calls:
        times = sp.cancel(call.args[0] / unit)
        if not times.is_Integer:
            return None
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


def _sign(rate: sp.Expr, positive: Positive) -> int | None:
    """1 or -1, factor by factor; the sign of ln(u) is that of u - 1."""
    found = 1
    for factor in sp.Mul.make_args(rate):
        inner = factor.args[0] - 1 if isinstance(factor, sp.log) else factor
        if positive(inner) is not True and positive(-inner) is not True:
            return None
        found = found if positive(inner) else -found
    return found
