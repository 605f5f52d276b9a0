"""Defined functions of place put in where they are called."""

from __future__ import annotations

from collections.abc import Iterable

import sympy as sp
from sympy.core.function import AppliedUndef

from symdiff.errors import ModelError
from symdiff.model.jump_model import FunctionDeclaration
from symdiff.model.sizes import MOST_TERMS, written_size


def expand_definitions(value: sp.Expr, functions: Iterable[FunctionDeclaration]) -> sp.Expr:
    """``value`` with every call of a function that has a body replaced by the body at its arguments."""
    if not value.args:
        return value
    bodies = {d.name: (d.arguments, d.body) for d in functions if d.body is not None}
    for _ in range(len(bodies)):  # bodies may call each other; definitions are free of circles
        calls = [c for c in value.atoms(AppliedUndef) if c.func.__name__ in bodies]
        if not calls:
            break
        change = {}
        for call in calls:
            names, body = bodies[call.func.__name__]
            change[call] = body.xreplace({sp.Symbol(n, real=True): a for n, a in zip(names, call.args, strict=True)})
        value = _put_in(value, change)
        if written_size(value) > MOST_TERMS:
            raise ModelError(
                f"with all definitions put in, an expression has more than {MOST_TERMS} terms",
                where="definitions",
                instead="define less in terms of other definitions",
            )
    return value


def composed_definitions(functions: Iterable[FunctionDeclaration]) -> tuple[FunctionDeclaration, ...]:
    """Definitions that speak of other functions; they are always put in, so that those functions' derivatives count."""
    return tuple(d for d in functions if d.body is not None and d.body.atoms(AppliedUndef))


def _put_in(value: sp.Expr, change: dict[sp.Expr, sp.Expr]) -> sp.Expr:
    """Replacement that carries derivatives of the calls out."""
    derivatives = {
        d: sp.diff(change[d.expr], *d.variable_count) for d in value.atoms(sp.Derivative) if d.expr in change
    }
    return value.xreplace(derivatives).xreplace(change)
