r"""Claims about fields of the distance alone: f_rr + (d - 1) f_r/r is the Laplacian there.

With ``\partial_r`` of an isotropic field, f_r = sum_i (x_i/r) f_i and f_rr = Laplacian f - (d - 1) f_r/r: what is left of f_r
after that is a drift along the radius, which equations of isotropic walks do not have.
"""

from __future__ import annotations

from dataclasses import replace

import sympy as sp
from sympy.core.function import AppliedUndef

from symdiff.model.jump_model import JumpModel
from symdiff.verification.claim import Claim, Relation

RADIUS = "r"
NOTE = "derivatives along r are those of a field that depends on the distance r alone; a density is one per volume"


def from_radial(claim: Claim, model: JumpModel) -> Claim:
    """The claim with derivatives along an undeclared ``r`` in the model's coordinates; itself where there are none."""
    declared = {p.name for p in model.parameters} | {*model.coordinates, *dict(claim.statement.symbols)}
    if RADIUS in declared or (model.dimension < 2 and model.space_dimension is None):
        return claim
    relations = tuple(_in_coordinates(r, model) for r in claim.relations)
    if relations == claim.relations:
        return claim
    return replace(claim, relations=relations, warnings=(*claim.warnings, NOTE))


def _in_coordinates(relation: Relation, model: JumpModel) -> Relation:
    if not any(map(_along_radius, (relation.left, relation.right))):
        return relation
    sides = [_opened(side, model) for side in (relation.left, relation.right)]
    derivatives = sorted(set().union(*map(_along_radius, sides)), key=str)
    if not derivatives or any(not _is_handled(d, model) for d in derivatives):
        return relation
    (r,) = {v for d in derivatives for v in d.variables if v.name == RADIUS}
    fields = {c: _field(c, r, model) for side in sides for c in side.atoms(AppliedUndef) if c.has(r)}
    number = sp.Integer(model.dimension) if model.space_dimension is None else model.space_dimension
    written: dict[sp.Basic, sp.Expr] = {}
    meaning: dict[sp.Basic, sp.Expr] = {}
    for d in derivatives:
        times = [(v, n) for v, n in d.variable_count if v != r]
        field = sp.Derivative(fields[d.expr], *times) if times else fields[d.expr]
        first, second = sp.Dummy("first"), sp.Dummy("second")
        slope = sp.Derivative(d.expr, *times, r)
        first = written.setdefault(slope, first)
        meaning[first] = _slope(field, model)
        if d != slope:
            written[d] = second - (number - 1) * first / r
            meaning[second] = _laplacian(field, model)
    known = {**fields, r: _radius(model)}
    sides = [sp.expand(side.xreplace(written)).xreplace(known).xreplace(meaning) for side in sides]
    return replace(relation, left=sides[0], right=sides[1])


def _opened(side: sp.Expr, model: JumpModel) -> sp.Expr:
    """Derivatives of products worked out, with every field a function of the distance."""
    r = sp.Symbol(RADIUS)
    fields = [c for c in side.atoms(AppliedUndef) if c.func.__name__ in _fields(model) and not c.has(r)]
    return side.xreplace({c: c.func(r, *c.args) for c in fields}).doit()


def _fields(model: JumpModel) -> set[str]:
    return {model.density, *model.states, *(o.name for o in model.observables)}


def _along_radius(side: sp.Expr) -> set[sp.Derivative]:
    return {d for d in side.atoms(sp.Derivative) if any(v.name == RADIUS for v in d.variables)}


def _is_handled(d: sp.Derivative, model: JumpModel) -> bool:
    """First and second derivatives along r, also in time, of the density or an observable."""
    order = sum(n for v, n in d.variable_count if v.name == RADIUS)
    others = {v for v in d.variables if v.name != RADIUS}
    return (
        order <= 2
        and others <= {model.time}
        and isinstance(d.expr, AppliedUndef)
        and d.expr.func.__name__ in _fields(model)
    )


def _field(call: AppliedUndef, r: sp.Symbol, model: JumpModel) -> sp.Expr:
    """P(r, t), which the reader may have given coordinates too, as P(x, y, z, t)."""
    rest = [a for a in call.args if a != r and a not in model.coordinate_symbols]
    return call.func(*model.coordinate_symbols, *rest)


def _radius(model: JumpModel) -> sp.Expr:
    if model.space_dimension is not None:
        return model.coordinate_symbols[0]  # the one axis that such models are derived along
    return sp.sqrt(sp.Add(*(c**2 for c in model.coordinate_symbols)))


def _slope(field: sp.Expr, model: JumpModel) -> sp.Expr:
    if model.space_dimension is not None:
        return sp.Derivative(field, model.coordinate_symbols[0])
    return sp.Add(*(c / _radius(model) * sp.Derivative(field, c) for c in model.coordinate_symbols))


def _laplacian(field: sp.Expr, model: JumpModel) -> sp.Expr:
    return sp.Add(*(sp.Derivative(field, (c, 2)) for c in model.coordinate_symbols))
