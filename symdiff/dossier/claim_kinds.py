"""Which kind of statement a relation is: a master equation, a PDE, or a relation between quantities."""

from __future__ import annotations

import re

import sympy as sp
from sympy.core.function import AppliedUndef

from symdiff.model.jump_model import JumpModel
from symdiff.verification.claim import Relation

MEMORY = ("FracDeriv", "CaputoDerivative", "RiemannLiouvilleDerivative")


def density_calls(relation: Relation, model: JumpModel) -> list[AppliedUndef]:
    """The densities of a relation: by the model's names, else any undeclared field of as many arguments."""
    names = {model.density, *model.states}
    declared = {d.name for d in model.functions} | {o.name for o in model.observables}
    calls = relation.left.atoms(AppliedUndef) | relation.right.atoms(AppliedUndef)
    own = [c for c in calls if c.func.__name__ in names]
    if own:
        return own
    arity = model.dimension + 1
    return [c for c in calls if len(c.args) == arity and c.func.__name__ not in declared and c.func.__name__ != "FracLaplacian"
            and all(_near(a, model) for a in c.args) and not _of_two_places(c, model)]  # fmt: skip


def _of_two_places(call: AppliedUndef, model: JumpModel) -> bool:
    """``W(x + h|x)``: the rate of a jump from one place to another, no density at a place and a time."""
    return all(a.has(*model.coordinate_symbols) for a in call.args)


def lone_states(relation: Relation, model: JumpModel, densities: set[str]) -> list[str]:
    """The internal states whose own densities occur beside others, where the equations are of ``densities`` alone.

    A single state obeys the same closed equation as the sum, since both follow the slow mode.
    """
    named = {c.func.__name__ for c in density_calls(relation, model)}
    return sorted(named & (set(model.states) - densities)) if len(named) > 1 else []


def _near(argument: sp.Expr, model: JumpModel) -> bool:
    """Whether an argument is a coordinate, time or the index of a site, plus a displacement."""
    waves = {"k", "q", "s", *(f"k_{c}" for c in model.coordinates)}
    parameters = {p.symbol for p in model.parameters} | {sp.Symbol(p.name) for p in model.parameters}
    places = {*model.coordinate_symbols, model.time}
    free = argument.free_symbols - parameters
    own = [s for s in free if s in places or s.name not in waves]
    return len(own) == 1 and sp.diff(argument, own[0]) == 1


def is_master(relation: Relation, model: JumpModel) -> bool:
    """Whether densities are compared at displaced places or times, or on indexed sites.

    A density at one fixed place, or at one place only, is a quantity and no balance.
    """
    plain = {*model.coordinate_symbols, model.time}
    summed = {v for side in (relation.left, relation.right) for i in side.atoms(sp.Integral) for v in i.variables}
    calls = {c for c in density_calls(relation, model) if not set(c.args) & summed}
    moved = [c for c in calls if not set(c.args) <= plain]
    derivatives = {
        d for d in relation.left.atoms(sp.Derivative) | relation.right.atoms(sp.Derivative) if d.expr in calls
    }
    if any({*d.variables} & {*d.expr.args[:-1]} - plain for d in derivatives):
        return False  # a derivative along another letter: an equation in coordinates of its own
    derived = bool(derivatives)
    whole = all(len(c.args) == model.dimension + 1 and all(_near(a, model) for a in c.args) for c in moved)
    return relation.kind == "=" and bool(moved) and whole and (len(calls) > 1 or derived)


def is_pde(relation: Relation, model: JumpModel) -> bool:
    """Whether derivatives of a density occur, those of fractional order in time among them."""
    derivatives = relation.left.atoms(sp.Derivative) | relation.right.atoms(sp.Derivative)
    fractional = relation.left.atoms(AppliedUndef) | relation.right.atoms(AppliedUndef)
    derivatives |= {c for c in fractional if c.func.__name__ in MEMORY}
    calls = set(density_calls(relation, model))
    return relation.kind == "=" and any(d.atoms(AppliedUndef) & calls for d in derivatives)


def beside_a_number(relation: Relation, guessed: set[str], model: JumpModel) -> str:
    """A guessed symbol of a claim that stands beside a number, as in 1 + c, so that it has no dimension; empty where none does."""
    declared = {p.name for p in model.parameters}
    for side in (relation.left, relation.right):
        for total in side.atoms(sp.Add):
            if any(t.is_number for t in total.args):
                found = sorted(str(t.as_coeff_Mul()[1]) for t in total.args if t.as_coeff_Mul()[1].is_Symbol)
                for name in found:
                    if name in guessed - declared:
                        return name
    return ""


def names_a_width(name: str, model: JumpModel) -> bool:
    """sigma_x, x_rms, MSD, RMS: how far the walker is, by a name of its own."""
    places = "|".join(map(re.escape, (*model.coordinates, "r", "R")))
    return bool(re.fullmatch(rf"sigma_(?:{places})|(?:{places})(?:_?rms|_RMS)|R?MSD|r?msd|RMS|rms", name))
