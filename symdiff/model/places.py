"""Expressions of place read at another place."""

from __future__ import annotations

from collections.abc import Mapping

import sympy as sp

from symdiff.errors import NotYetError


def read_at(expression: sp.Expr, places: Mapping[sp.Symbol, sp.Expr]) -> sp.Expr:
    """The expression with coordinates shifted by what does not depend on them: V'(x) at x - a is ``Derivative(V(x - a), x)``.

    SymPy's own replacement would differentiate by x - a. Raises :class:`NotYetError` for derivatives read at a place that is no
    shifted one.
    """
    if not expression.has(sp.Derivative):
        return expression.xreplace(dict(places))
    if any(sp.expand(p - x).has(*places) for x, p in places.items()):
        raise NotYetError("a derivative in a rate, read at a place that itself depends on place, is not handled yet")
    if isinstance(expression, sp.Derivative):
        return sp.Derivative(read_at(expression.expr, places), *expression.variable_count)
    return expression.func(*(read_at(part, places) for part in expression.args))
