"""Whether walkers of a diffusion obey the conditions at an interface by themselves."""

from __future__ import annotations

import sympy as sp

from symdiff.continuum.limit import BoundaryCondition
from symdiff.report.export.equations import Exported


def holds_by_itself(found: Exported, condition: BoundaryCondition) -> bool:
    """Whether continuity of D u and of the flux v u - (D u)' across the place implies the condition.

    That is what an Ito diffusion with the drift v and the diffusivity D on the two sides has there; a jump in D u
    (a barrier, a skew walk) and storage or loss at the place need a rule of their own. v and D are the components
    across the place; a tensor with others beside them is not judged, and False.
    """
    ends = condition.lhs.atoms(sp.Limit) | condition.rhs.atoms(sp.Limit)
    across = {end.args[1] for end in ends}
    if len(across) != 1 or not across <= {*found.coordinates}:
        return False
    x = across.pop()
    axis = found.coordinates.index(x)
    tensor = found.limit.diffusion_tensor
    if any(tensor[axis][n] != 0 for n in range(len(tensor)) if n != axis):
        return False
    # conditions keep the model's own name of the density
    density = sp.Function(found.limit.equations[0].density)(*found.coordinates, found.time)
    level, flux = sp.Dummy("level"), sp.Dummy("flux")
    replaced: dict[sp.Basic, sp.Expr] = {}
    for end in ends:
        body, _, place, side = end.args
        drift = _at(found.written_out(found.limit.drift[axis]), x, place, str(side))
        diffusion = _at(found.written_out(tensor[axis][axis]), x, place, str(side))
        if drift is None or diffusion is None or diffusion[0] == 0:
            return False
        v, (spread, slope) = drift[0], diffusion
        here = level / spread
        inside = {sp.Derivative(density, x): (v * here - flux) / spread - here * slope / spread, density: here}
        replaced[end] = body.xreplace(inside).xreplace({x: place})
    return bool(sp.cancel((condition.lhs - condition.rhs).xreplace(replaced)) == 0)


def _at(value: sp.Expr, x: sp.Symbol, place: sp.Expr, side: str) -> tuple[sp.Expr, sp.Expr] | None:
    """The value and the slope of a function of x beside a place; None where its pieces leave the side open."""
    step = sp.Dummy("step", positive=True) * (1 if side == "+" else -1)
    for pieces in value.atoms(sp.Piecewise):
        chosen = next((piece for piece, where in pieces.args if _true(where, x, place + step) is not False), None)
        if chosen is None or any(_true(where, x, place + step) is None for _, where in pieces.args):
            return None
        value = value.xreplace({pieces: chosen})
    return value.xreplace({x: place}), value.diff(x).xreplace({x: place})


def _true(where: sp.Basic, x: sp.Symbol, place: sp.Expr) -> bool | None:
    if where in (sp.true, sp.false):
        return bool(where)
    if not isinstance(where, (sp.StrictLessThan, sp.LessThan, sp.StrictGreaterThan, sp.GreaterThan)):
        return None
    larger: bool | None = sp.expand((where.gts - where.lts).xreplace({x: place})).is_positive
    return larger
