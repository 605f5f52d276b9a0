"""Which kind of statement a relation is: a master equation, a PDE, or a relation between quantities."""

from __future__ import annotations

import sympy as sp
from sympy.core.function import AppliedUndef

from symdiff.model.jump_model import JumpModel
from symdiff.verification.claim import Relation


def density_calls(relation: Relation, model: JumpModel) -> list[AppliedUndef]:
    """The densities of a relation: by the model's names, else any undeclared field of as many arguments."""
    names = {model.density, *model.states}
    declared = {d.name for d in model.functions}
    calls = relation.left.atoms(AppliedUndef) | relation.right.atoms(AppliedUndef)
    own = [c for c in calls if c.func.__name__ in names]
    if own:
        return own
    arity = model.dimension + 1
    return [
        c
        for c in calls
        if len(c.args) == arity and c.func.__name__ not in declared and c.func.__name__ != "FracLaplacian"
    ]


def is_master(relation: Relation, model: JumpModel) -> bool:
    """Whether densities are read at displaced places or times, or on indexed sites."""
    plain = {*model.coordinate_symbols, model.time}
    return relation.kind == "=" and any(not set(c.args) <= plain for c in density_calls(relation, model))


def is_pde(relation: Relation, model: JumpModel) -> bool:
    """Whether derivatives of a density occur."""
    derivatives = relation.left.atoms(sp.Derivative) | relation.right.atoms(sp.Derivative)
    calls = set(density_calls(relation, model))
    return relation.kind == "=" and any(d.atoms(AppliedUndef) & calls for d in derivatives)
