"""Which functions each target has a word for: what is not listed is refused, never printed in hope."""

from __future__ import annotations

from collections.abc import Iterable

import sympy as sp
from sympy.core.function import AppliedUndef
from sympy.logic.boolalg import Boolean

from symdiff.errors import UsageError

_ARITHMETIC = (sp.Add, sp.Mul, sp.Pow, sp.Symbol, sp.Rational, sp.Float, sp.Derivative, sp.Tuple, AppliedUndef, Boolean)
_CONSTANTS = (sp.pi, sp.E)
ELEMENTARY = (sp.exp, sp.log, sp.Abs, sp.sin, sp.cos, sp.tan, sp.asin, sp.acos, sp.atan, sp.sinh, sp.cosh, sp.tanh, sp.asinh,
              sp.acosh, sp.atanh, sp.sign, sp.Heaviside, sp.Min, sp.Max, sp.Piecewise)  # fmt: skip
SPECIAL = (sp.erf, sp.erfc, sp.gamma, sp.loggamma, sp.besseli, sp.besselj, sp.besselk, sp.zeta, sp.factorial,
           sp.floor, sp.cot, sp.sec, sp.csc, sp.coth, sp.sech, sp.csch)  # fmt: skip


def check_words(sides: Iterable[sp.Basic], known: Iterable[type[sp.Basic]], target: str) -> None:
    """Raise :class:`UsageError` for the first part of an expression that is neither arithmetic nor in ``known``."""
    allowed = (*_ARITHMETIC, sp.core.function.FunctionClass, *known)
    for side in sides:
        for part in sp.preorder_traversal(side):
            if isinstance(part, sp.NumberSymbol) and part in _CONSTANTS:
                continue
            if isinstance(part, allowed) and not isinstance(part, sp.core.numbers.Infinity):
                continue
            word = part if isinstance(part, sp.Atom) else part.func.__name__
            raise UsageError(f"{target} has no word for {word}", where="--to",
                             instead=f"export to another target, or write {word} out in the model file")  # fmt: skip


def without_steps(side: sp.Expr) -> sp.Expr:
    """sign, Min, Max, Abs of pieces and pieces by Heaviside functions and Abs, which more targets know.

    sign is 0 at its jump.
    """
    step = sp.Heaviside

    def extremum(parts: tuple[sp.Expr, ...], larger: int) -> sp.Expr:
        first, *rest = parts
        for other in rest:
            first = (first + other + larger * sp.Abs(first - other)) / 2
        return first

    side = side.replace(sp.sign, lambda z: 2 * step(z, sp.S.Half) - 1)
    side = side.replace(sp.Max, lambda *parts: extremum(parts, 1)).replace(sp.Min, lambda *parts: extremum(parts, -1))
    return side.replace(lambda e: isinstance(e, sp.Piecewise), _by_steps)


def _by_steps(pieces: sp.Piecewise) -> sp.Expr:
    """Pieces whose conditions are single strict or weak inequalities, each by a step function with the value at the edge."""
    total, left = sp.Integer(0), sp.Integer(1)
    for value, where in pieces.args:
        if where == sp.true:
            return total + left * value
        if not isinstance(where, (sp.StrictLessThan, sp.LessThan, sp.StrictGreaterThan, sp.GreaterThan)):
            return pieces
        at_the_edge = sp.Integer(int(isinstance(where, (sp.LessThan, sp.GreaterThan))))
        inside = sp.Heaviside(where.gts - where.lts, at_the_edge)
        total, left = total + left * inside * value, left * (1 - inside)
    return pieces
