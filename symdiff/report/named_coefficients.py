"""Equations whose coefficients fill lines: these are called by their names, and stand once, below."""

from __future__ import annotations

from dataclasses import replace

import sympy as sp
from sympy.core.function import AppliedUndef

from symdiff.continuum.limit import ContinuumLimit
from symdiff.notation.display.build import Typography, build, build_equation
from symdiff.notation.display.nodes import Node
from symdiff.report.roles import role_name
from symdiff.report.width import printed_length

LONG = 76  # printed length of a coefficient that is not written out: a line of a page


def long_coefficients(limit: ContinuumLimit, style: Typography) -> dict[str, sp.Expr]:
    """The coefficients that fill lines, by name; none whose name the model uses itself."""
    sides = [side for e in limit.equations for side in (e.lhs, e.rhs)]
    taken = {s.name for side in sides for s in side.free_symbols} | {*style.names, *style.densities}
    return {
        name: value
        for name, value in limit.coefficients
        if name not in taken and printed_length(build(value, style)) > LONG
    }


def called_by_name(
    limit: ContinuumLimit, lhs: sp.Expr, rhs: sp.Expr, style: Typography
) -> tuple[Node, tuple[str, ...]]:
    """The equation lhs = rhs with long coefficients by name, and the names that were used."""
    used: dict[str, sp.Symbol] = {}
    long = long_coefficients(limit, style) if len(limit.equations) == 1 else {}
    if long:
        calls = {c for side in (lhs, rhs) for c in side.atoms(AppliedUndef) if c.func.__name__ in style.densities}
        lhs, rhs = (_named(side, calls, long, used) for side in (lhs, rhs))
        style = replace(style, latex={**style.latex, **{name: role_name(name, style).latex for name in used}})
    return build_equation(lhs, rhs, style), tuple(name for name in long if name in used)


def _named(e: sp.Expr, calls: set[sp.Expr], long: dict[str, sp.Expr], used: dict[str, sp.Symbol]) -> sp.Expr:
    """Terms coefficient times (derivatives of) densities; the coefficient is a number times one of ``long``, or is kept."""
    if e.is_Add:
        return sp.Add(*(_named(term, calls, long, used) for term in e.args))
    if isinstance(e, sp.Derivative):
        return sp.Derivative(_named(e.expr, calls, long, used), *e.variable_count, evaluate=False)
    if not e.is_Mul or not calls:
        return e
    coefficient, rest = e.as_independent(*calls, as_Add=False)
    rest = _named(rest, calls, long, used) if isinstance(rest, sp.Derivative) else rest
    for name, value in long.items():
        for number in (1, -1, 2, -2):
            if coefficient == number * value:
                used[name] = sp.Symbol(name)
                return number * used[name] * rest
    return coefficient * rest
