"""Mean exit times from balls and ellipsoids of a walk without drift: a quadratic function solves D_ij d_ij T = -1."""

from __future__ import annotations

import sympy as sp

from symdiff.continuum.observables.backward import Backward
from symdiff.continuum.observables.result import Found
from symdiff.errors import NotYetError
from symdiff.model.jump_model import JumpModel, ObservableStatement


def exit_from_quadric(model: JumpModel, generator: Backward, statement: ObservableStatement) -> Found:
    """T = gap/(-D_ij d_ij gap), where gap > 0 is the one quadratic domain, absorbing on its surface."""
    if statement.kind != "mean_exit_time" or statement.target is not None:
        raise NotYetError("for a curved domain only the mean exit time is handled", where="boundaries")
    if len(model.boundaries) != 1 or len(model.boundaries[0].domain) != 1 or model.boundaries[0].kind != "absorbing":
        raise NotYetError(
            "a curved domain with several walls, or one that does not absorb, is not handled yet", where="boundaries"
        )
    if generator.moves:
        raise NotYetError("the exit from a curved domain has no closed form on the lattice")
    x = model.coordinate_symbols
    gap = sp.expand(model.boundaries[0].domain[0].gap)
    if not gap.is_polynomial(*x) or sp.Poly(gap, *x).total_degree() != 2:
        raise NotYetError("domains bounded by surfaces beyond the second degree are not handled", where="boundaries")
    total = sp.Integer(0)
    for term in generator.local:
        if term.coefficient.has(*x) or sum(term.order) not in (1, 2):
            raise NotYetError("curved domains are handled for constant diffusion only")
        derivative = gap
        for c, n in zip(x, term.order, strict=True):
            derivative = sp.diff(derivative, c, n) if n else derivative
        total += term.coefficient * derivative
    total = sp.expand(total)
    if total.has(*x) or total == 0:
        raise NotYetError("curved domains are handled without drift only")
    value = gap / (-total)
    if model.preparation.stated:
        value = value.xreplace(dict(zip(x, model.preparation.position, strict=True)))
    return Found(sp.factor(value) if model.preparation.stated else value)
