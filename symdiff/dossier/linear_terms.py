"""An expression that is linear in densities, as coefficients of their derivatives; products under a derivative written out."""

from __future__ import annotations

from collections.abc import Collection

import sympy as sp
from sympy.core.function import AppliedUndef

from symdiff.errors import NotYetError
from symdiff.model.jump_model import JumpModel

Key = tuple[str, int, tuple[int, ...], sp.Expr | None]  # density, time and space derivatives, s of (-Laplacian)^s


def linear_terms(expression: sp.Expr, densities: Collection[AppliedUndef], model: JumpModel) -> dict[Key, sp.Expr]:
    """The coefficients by derivative; ``densities`` are the calls such as P(x, t).

    Raises :class:`NotYetError` for what is not linear and homogeneous in the densities.
    """
    own = set(densities)
    opened = sp.expand(_fractional_products(opened_products(expression, own), own))
    marks: dict[sp.Basic, tuple[sp.Dummy, Key]] = {}
    zero = (0,) * model.dimension
    for d in opened.atoms(sp.Derivative):
        if d.expr in own:
            marks[d] = (sp.Dummy(), _orders(d, model))
    for call in opened.atoms(AppliedUndef):
        if call.func.__name__ == "FracLaplacian" and call.args[0] in own:
            marks[call] = (sp.Dummy(), (call.args[0].func.__name__, 0, zero, call.args[1]))
    compound = {a: d for a, (d, _) in marks.items()}
    for call in own:
        marks[call] = (sp.Dummy(), (call.func.__name__, 0, zero, None))
    marked = sp.expand(opened.xreplace(compound).xreplace({c: marks[c][0] for c in own}))
    dummies = {d for d, _ in marks.values()}
    found: dict[Key, sp.Expr] = {}
    rest = marked
    for dummy, key in marks.values():
        coefficient = sp.diff(marked, dummy)
        if coefficient.free_symbols & dummies:
            raise NotYetError("the equation is not linear in the density; only linear ones are tested yet")
        rest = sp.expand(rest - coefficient * dummy)
        if coefficient != 0:
            found[key] = found.get(key, sp.Integer(0)) + coefficient
    if rest != 0:
        raise NotYetError(f"the term '{rest}' is without the density; only homogeneous equations are tested")
    return found


def opened_products(expression: sp.Expr, densities: set[AppliedUndef]) -> sp.Expr:
    """d_x(v P) written out, and d_x(D d_x(P/D)) from the inside: every derivative of an expression that holds a density."""
    if not expression.has(sp.Derivative) or not expression.atoms(AppliedUndef) & densities:
        return expression
    if isinstance(expression, sp.Derivative):
        if expression.expr in densities:
            return expression
        return sp.diff(opened_products(expression.expr, densities), *expression.variable_count)
    return expression.func(*(opened_products(a, densities) for a in expression.args))


def _fractional_products(expression: sp.Expr, own: set[AppliedUndef]) -> sp.Expr:
    """(-Laplacian)^s of a constant times a density, with the constant in front."""
    change = {}
    for call in expression.atoms(AppliedUndef):
        if call.func.__name__ == "FracLaplacian" and call.args[0] not in own:
            inside = [c for c in call.args[0].atoms(AppliedUndef) if c in own]
            if len(inside) == 1:
                factor = sp.cancel(call.args[0] / inside[0])
                if not factor.free_symbols & set(inside[0].args) and not factor.has(*own):
                    change[call] = factor * call.func(inside[0], call.args[1])
    return expression.xreplace(change) if change else expression


def _orders(derivative: sp.Derivative, model: JumpModel) -> Key:
    time, space = 0, [0] * model.dimension
    for variable, count in derivative.variable_count:
        if not count.is_Integer:
            raise NotYetError(f"a derivative of the order {count} is not tested yet")
        if variable == model.time:
            time += int(count)
        else:
            space[model.coordinate_symbols.index(variable)] += int(count)
    return derivative.expr.func.__name__, time, tuple(space), None
