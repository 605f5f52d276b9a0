"""Expressions of place read at another place."""

from __future__ import annotations

from collections.abc import Mapping

import sympy as sp


def read_at(expression: sp.Expr, places: Mapping[sp.Symbol, sp.Expr]) -> sp.Expr:
    """The expression with other places for its coordinates; a derivative is taken before it is read.

    So V'(x) at x - a is ``Subs(Derivative(V(x), x), x, x - a)``: SymPy's own replacement would differentiate by x - a.
    """
    if not expression.has(sp.Derivative):
        return expression.xreplace(dict(places))
    if isinstance(expression, sp.Subs):
        slope, variables, point = expression.args
        return sp.Subs(slope, variables, tuple(read_at(p, places) for p in point))
    if isinstance(expression, sp.Derivative):
        along = tuple(x for x, p in places.items() if p != x and x in expression.free_symbols)
        return sp.Subs(expression, along, tuple(places[x] for x in along)) if along else expression
    return expression.func(*(read_at(part, places) for part in expression.args))
