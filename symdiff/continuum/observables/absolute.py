r"""E[|x|^q] at late times from an equation without drift: normal, stable, and both with waits that have no mean.

The law at time t is that of (K t^a)^(1/index) times a fixed random number; with waits (a < 1) the operational time S has
E[S^m] = Gamma(1 + m) t^(a m)/Gamma(1 + a m). (Metzler and Klafter, Phys. Rep. 339 (2000), state both scalings; the constants
are worked out here and checked against numerical integrals in the tests.)
"""

from __future__ import annotations

import sympy as sp

from symdiff.continuum.limit import ContinuumLimit
from symdiff.errors import NotYetError
from symdiff.model.jump_model import JumpModel


def absolute_moment(model: JumpModel, limit: ContinuumLimit, q: sp.Expr) -> sp.Expr:
    """E[|x - x_0|^q] of the law that starts from a point; oo where q is surely not below the index of a stable law.

    Raises :class:`NotYetError` for drift, more dimensions, and equations of other kinds.
    """
    equation = limit.equation
    plain = equation is not None and equation.is_homogeneous and len(equation.left) == len(equation.right) == 1
    if equation is None or not plain or model.dimension != 1 or model.boundaries or model.depends_on_time:
        raise NotYetError("powers of |x| are averaged for one symmetric term in one dimension")
    (left,), (right,) = equation.left, equation.right
    waits = sp.S.One if left.caputo is None else left.caputo
    if left.coefficient != 1 or left.time != (1 if left.caputo is None else 0) or left.fractional is not None:
        raise NotYetError("powers of |x| are averaged for equations of first or fractional order in time")
    if right.fractional is not None:
        index, strength = 2 * right.fractional, -right.coefficient
    elif right.space == (2,):
        index, strength = sp.Integer(2), right.coefficient
    else:
        raise NotYetError("powers of |x| are averaged for symmetric steps")
    if index != 2 and (q - index).is_nonnegative:
        return sp.oo
    m = q / index
    heavy = sp.gamma(1 - m) / sp.gamma(1 - q / 2) if index != 2 else sp.S.One
    constant = 2**q * sp.gamma((1 + q) / 2) / sp.sqrt(sp.pi) * heavy
    if waits != 1:
        constant *= sp.gamma(1 + m) / sp.gamma(1 + waits * m)
    return constant * (strength * model.time**waits) ** m
