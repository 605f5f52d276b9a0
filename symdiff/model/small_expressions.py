"""Expressions of parameters that a regime makes small (2p - 1, 1 - p, a - b), solved for the parameters they replace."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass, replace

import sympy as sp


@dataclass(frozen=True)
class SmallExpression:
    """An expression that a regime makes small: ``parameter`` = ``solution`` in terms of ``symbol`` and what is not replaced."""

    symbol: sp.Symbol
    expression: sp.Expr
    parameter: sp.Symbol
    solution: sp.Expr


def add_small(
    found: tuple[SmallExpression, ...], key: sp.Expr, taken: Set[sp.Symbol], avoid: Set[sp.Symbol] = frozenset()
) -> tuple[SmallExpression, ...] | None:
    """``found`` with one more expression made small; None where it is affine in no parameter that is still free.

    Every solution is free of all replaced parameters (Gauss elimination). ``taken`` symbols may not be replaced, those
    to ``avoid`` only if nothing else is left.
    """
    reduced = put_in(found, key)
    small = sp.Symbol(f"small{len(found)}", real=True)
    inner = {s.symbol for s in found}
    for parameter in sorted(reduced.free_symbols - taken - inner, key=lambda s: (s in avoid, str(s))):
        slope = sp.expand(sp.diff(reduced, parameter))
        if slope != 0 and not slope.has(parameter):
            solution = sp.expand(small - reduced.xreplace({parameter: sp.Integer(0)})) / slope
            if slope.is_number:
                solution = sp.expand(solution)
            earlier = tuple(replace(s, solution=s.solution.xreplace({parameter: solution})) for s in found)
            return (*earlier, SmallExpression(small, key, parameter, solution))
    return None


def put_in(found: tuple[SmallExpression, ...], expression: sp.Expr) -> sp.Expr:
    """The expression with every replaced parameter put in."""
    return sp.expand(expression.xreplace({s.parameter: s.solution for s in found})) if found else expression
