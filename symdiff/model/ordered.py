"""The smallest and largest of quantities whose order the assumptions decide: min(1, exp(F h)) is 1 where F and h are positive."""

from __future__ import annotations

from collections.abc import Callable

import sympy as sp


def with_decided_order(value: sp.Expr) -> sp.Expr:
    """Every Min and Max without the arguments that another one is never above (never below); what is open stays as it is."""
    if not value.has(sp.Min, sp.Max):
        return value
    return value.replace(sp.Min, lambda *args: sp.Min(*_undominated(args, _never_above))).replace(
        sp.Max, lambda *args: sp.Max(*_undominated(args, lambda a, b: _never_above(b, a)))
    )


def _undominated(args: tuple[sp.Expr, ...], beats: Callable[[sp.Expr, sp.Expr], bool]) -> list[sp.Expr]:
    kept: list[sp.Expr] = []
    for n, arg in enumerate(args):
        rivals = (*kept, *args[n + 1 :])
        if not any(beats(other, arg) for other in rivals):
            kept.append(arg)
    return kept


def _never_above(a: sp.Expr, b: sp.Expr) -> bool:
    """Whether a <= b for sure: by the sign of the difference, of exponentials by that of their exponents."""
    if (b - a).is_nonnegative:
        return True
    low, high = _exponent(a), _exponent(b)
    return low is not None and high is not None and bool((high - low).is_nonnegative)


def _exponent(value: sp.Expr) -> sp.Expr | None:
    if value == 1:
        return sp.Integer(0)
    return value.args[0] if isinstance(value, sp.exp) else None
