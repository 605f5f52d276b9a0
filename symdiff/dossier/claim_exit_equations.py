"""Claimed equations for quantities of first passage: D T'' + v T' = -1, D u'' + v u' = 0, S_t = D S_xx, against the backward equation."""

from __future__ import annotations

import sympy as sp
from sympy.core.function import AppliedUndef

from symdiff.continuum.limit import backward_field
from symdiff.dossier.claim_backward import OF_THE_START, judge_of_the_start
from symdiff.dossier.comparing import Arena
from symdiff.model.jump_model import JumpModel
from symdiff.verification.claim import Claim, Relation
from symdiff.verification.verdict import SILENT, RegimeVerdict

TIME, CHANCE = "mean_exit_time", "splitting_probability"
IN_TIME = ("survival_probability", "first_passage_density")


def judge_exit_equation(claim: Claim, relation: Relation, arena: Arena, roles: dict[str, str]) -> RegimeVerdict | None:
    """Compare with L T = -1, L u = 0 or d_t S = L S, L the backward operator of a regime; None for other relations."""
    call = _of_first_passage(relation, arena.model)
    if call is None:
        return None
    if arena.limit is None:
        return RegimeVerdict("", SILENT, (), "a differential equation is one of a regime")
    if arena.limit.backward is None:
        return None
    field = sp.Function(OF_THE_START)(*arena.model.coordinate_symbols, arena.model.time)
    gap = _opened(relation.left - relation.right, call).xreplace({call: field})
    kind = _kinds(arena.model)[call.func.__name__]
    if kind in IN_TIME:
        whole = Relation("=", gap, sp.S.Zero) if gap.has(sp.Derivative(field, arena.model.time)) else None
    else:
        whole = _beside_time(gap, field, arena, kind)
    return None if whole is None else judge_of_the_start(claim, whole, arena, roles)


def _kinds(model: JumpModel) -> dict[str, str]:
    return {
        o.name: o.kind
        for o in model.observables
        if o.kind in (TIME, CHANCE, *IN_TIME) and not (o.kind == TIME and o.target)
    }


def _of_first_passage(relation: Relation, model: JumpModel) -> AppliedUndef | None:
    """The one quantity of first passage whose derivatives by the start a relation is about."""
    kinds, x, t = _kinds(model), model.coordinate_symbols, model.time
    derivatives = relation.left.atoms(sp.Derivative) | relation.right.atoms(sp.Derivative)
    calls = {c for d in derivatives for c in d.atoms(AppliedUndef) if c.func.__name__ in kinds}
    if relation.kind != "=" or len(calls) != 1 or relation.left.has(sp.Subs) or relation.right.has(sp.Subs):
        return None
    (call,) = calls
    by = {v for d in derivatives for v in d.variables}
    return call if by & set(x) and by <= {*x, t} and call.args[: len(x)] == tuple(x) else None


def _opened(expression: sp.Expr, call: AppliedUndef) -> sp.Expr:
    """Derivatives of products carried out, (e^{-V} T')' among them; those of the quantity itself stay."""
    change = {d: d.doit() for d in expression.atoms(sp.Derivative) if d.expr != call and d.has(call)}
    return sp.expand(expression.xreplace(change))


def _beside_time(gap: sp.Expr, field: AppliedUndef, arena: Arena, kind: str) -> Relation | None:
    """L T + 1 = 0 or L u = 0, up to a factor, as d_t f = L f."""
    marks: dict[sp.Basic, sp.Dummy] = {d: sp.Dummy() for d in gap.atoms(sp.Derivative) if d.expr == field}
    marks[field] = sp.Dummy()
    marked = gap.xreplace(marks)
    source = marked.xreplace(dict.fromkeys(marks.values(), sp.S.Zero))
    slopes = {d: sp.diff(marked, m) for d, m in marks.items()}
    if any(v.has(*marks.values()) for v in slopes.values()):
        return None
    if kind == TIME:
        factor = 1 / source if source != 0 else None
    else:
        highest = max((d for d in slopes if d != field), key=lambda d: (len(d.variables), str(d)))
        factor = _derived_slope(highest, field, arena) / slopes[highest] if source == 0 != slopes[highest] else None
    if factor is None:
        return None
    right = sp.Add(*(v * factor * d for d, v in slopes.items()))
    return Relation("=", sp.Derivative(field, arena.model.time), right)


def _derived_slope(derivative: sp.Basic, field: AppliedUndef, arena: Arena) -> sp.Expr:
    """The coefficient of one derivative in the backward operator."""
    assert arena.limit is not None
    assert arena.limit.backward is not None
    right = arena.limit.backward[1].subs({backward_field(arena.model).func(*field.args): field})
    return sp.expand(right.doit()).coeff(derivative)
