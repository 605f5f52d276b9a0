"""Constants that a claimed equation leaves open: which values of them, if any, make it the derived one.

``u_t = D d_x(w u_x)`` speaks of a constant D, while the derived diffusivity is D0 w(x): the claim holds with D = D0.
"""

from __future__ import annotations

from collections.abc import Collection

import sympy as sp
from sympy.core.function import AppliedUndef

from symdiff.model.jump_model import JumpModel

LARGEST = 600  # operations in an equation that is searched
MOST = 4  # constants


def matching_constants(gap: sp.Expr, names: Collection[sp.Symbol], model: JumpModel) -> dict[sp.Symbol, sp.Expr] | None:
    """Values of ``names`` in the model's parameters for which ``gap`` vanishes for all densities and places; None where there are none.

    ``gap`` has its derivatives written out. Only equations linear in the constants are solved.
    """
    unknown = [s for s in sorted(names, key=str) if gap.has(s)]
    if not unknown or len(unknown) > MOST or sp.count_ops(gap) > LARGEST:
        return None
    expanded = sp.expand(gap)
    live = {a: sp.Dummy() for a in expanded.atoms(sp.Derivative)}
    marked = expanded.xreplace(live)
    calls = {c: sp.Dummy() for c in marked.atoms(AppliedUndef)}
    marked = marked.xreplace(calls)
    generators = [*live.values(), *calls.values(), *(x for x in model.coordinate_symbols if marked.has(x))]
    try:
        equations = list(sp.Poly(marked, *generators).coeffs()) if generators else [marked]
        solutions = sp.linsolve(equations, unknown)
    except (sp.PolynomialError, ValueError, NotImplementedError):
        return None
    if len(solutions) != 1:
        return None
    (values,) = solutions
    if any(v.free_symbols & {*unknown, *model.coordinate_symbols, *generators} for v in values):
        return None
    return dict(zip(unknown, (sp.factor(v) for v in values), strict=True))


def spoken(found: dict[sp.Symbol, sp.Expr]) -> str:
    """The constants in words."""
    return "holds with " + ", ".join(f"{s} = {v}" for s, v in found.items())
