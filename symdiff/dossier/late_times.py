"""What an average tends to at late times, where it relaxes exponentially."""

from __future__ import annotations

import sympy as sp


def at_late_times(expression: sp.Expr, time: sp.Symbol) -> sp.Expr | None:
    """The limit for t -> oo of a rational function of one decaying or growing exponential e^(a t); None for all others.

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
    if rate.has(time) or not (rate.is_positive or rate.is_negative):
        return None
    rational = joined.xreplace(change)
    if rational.has(time) or not rational.is_rational_function(small):
        return None
    if rate.is_positive:
        rational = rational.xreplace({small: 1 / small})
    numerator, denominator = sp.cancel(rational).as_numer_denom()
    at_zero = denominator.subs(small, 0)
    return None if sp.expand(at_zero) == 0 else sp.cancel(numerator.subs(small, 0) / at_zero)
