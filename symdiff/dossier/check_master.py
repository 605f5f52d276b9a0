"""Claims that are master equations, compared at every displaced density."""

from __future__ import annotations

import sympy as sp
from sympy.core.function import AppliedUndef

from symdiff.algebra.equality import Answer
from symdiff.dossier.claim_kinds import density_calls
from symdiff.dossier.comparing import Arena
from symdiff.dossier.derivation import Derivation
from symdiff.dossier.quantities import MissingQuantityError
from symdiff.model.jump_model import JumpModel
from symdiff.verification.claim import Claim, Relation
from symdiff.verification.verdict import PROVED, REFUTED, UNDECIDED, RegimeVerdict


def judge_master(claim: Claim, model: JumpModel, derivation: Derivation) -> RegimeVerdict:
    """Compare a claimed master equation with the model's own, at every displaced density."""
    master = derivation.master_equation
    if len(master.equations) != 1:
        own = master.closed
        if own is None:
            return RegimeVerdict("model", UNDECIDED, (), "master equations of single states are not compared yet")
    else:
        own = (master.equations[0].lhs, master.equations[0].rhs)
    early = derivation.settings.early(model)  # these values stand in the model's equation, so also in the claim
    change = {p.symbol: early[p.name] for p in model.parameters if p.name in early}
    if len(change) < len(early):
        return RegimeVerdict("model", UNDECIDED, (), "master equations with functions put in are not compared yet")
    model = model.substitute(early) if early else model
    arena = Arena(model, None)
    for relation in claim.relations:
        relation = Relation(relation.kind, relation.left.xreplace(change), relation.right.xreplace(change))
        verdict = _one_master(relation, own, arena)
        if verdict.verdict != PROVED:
            return verdict
    return RegimeVerdict("model", PROVED, (), "it is the model's own balance of gains and losses")


def _one_master(relation: Relation, own: tuple[sp.Expr, sp.Expr], arena: Arena) -> RegimeVerdict:
    model = arena.model
    try:
        spacing = _spacing(relation, model)
        claimed = _shift_terms(relation.left - relation.right, model, spacing, set(density_calls(relation, model)))
        derived = _shift_terms(own[0] - own[1], model, {}, set(density_calls(Relation("=", *own), model)))
    except MissingQuantityError as missing:
        return RegimeVerdict("model", UNDECIDED, (), missing.what)
    if all(arena.equal(c, sp.Integer(0)).answer is Answer.PROVED for c in claimed.values()):
        return RegimeVerdict("model", PROVED, (), "an identity")
    advanced = next(iter(_shift_terms(own[0], model, {}, set(density_calls(Relation("=", own[0], own[0]), model)))))
    if advanced not in claimed:
        return RegimeVerdict(
            "model",
            REFUTED,
            (),
            f"the density at {advanced} does not occur: it advances the density differently in time",
        )
    for key in {**claimed, **derived}:
        left, right = claimed.get(key, sp.Integer(0)) / claimed[advanced], derived.get(key, sp.Integer(0))
        answer = arena.equal(left, right)
        if answer.answer is Answer.REFUTED:
            return RegimeVerdict("model", REFUTED, (), f"the weight of the density at {key} differs: the model has {-right}, the claim "
                                 f"{-left} (on the right-hand side)", answer.witness, answer.left, answer.right)  # fmt: skip
        if answer.answer is Answer.UNDECIDED:
            return RegimeVerdict("model", UNDECIDED, (), f"the weight of the density at {key} could not be compared")
    return RegimeVerdict("model", PROVED)


def _spacing(relation: Relation, model: JumpModel) -> dict[sp.Basic, sp.Expr]:
    """Indexed sites P_j mean the places j times the lattice spacing: an index moves by one where x moves by it."""
    plain = {*model.coordinate_symbols, model.time}
    indices = set()
    for call in density_calls(relation, model):
        for argument in call.args[: model.dimension]:
            indices |= {
                s for s in argument.free_symbols if s not in plain and s not in {p.symbol for p in model.parameters}
            }
    if not indices:
        return {}
    lengths = {sp.Abs(r) for j in model.jumps for r in j.displacement if r != 0}
    if len(lengths) != 1 or len(indices) > model.dimension:
        raise MissingQuantityError("indexed sites need one lattice spacing", False)
    spacing = lengths.pop()
    return {s: c / spacing for s, c in zip(sorted(indices, key=str), model.coordinate_symbols, strict=False)} | {
        sp.Symbol("*"): spacing
    }


def _shift_terms(
    expression: sp.Expr, model: JumpModel, spacing: dict[sp.Basic, sp.Expr], densities: set[AppliedUndef]
) -> dict[str, sp.Expr]:
    """The coefficient of the density at every displaced place and time."""
    expression = sp.expand(expression)
    scale = spacing.get(sp.Symbol("*"), sp.Integer(1))
    atoms: dict[sp.Basic, tuple[sp.Dummy, str]] = {}
    for d in sorted(expression.atoms(sp.Derivative), key=str):
        if d.expr in densities:
            atoms[d] = (
                sp.Dummy(),
                f"d_{''.join(v.name * int(n) for v, n in d.variable_count)} at {_place(d.expr, model, spacing, scale)}",
            )
    marked = expression.xreplace({a: d for a, (d, _) in atoms.items()})
    for call in sorted(densities, key=str):
        atoms[call] = (sp.Dummy(), _place(call, model, spacing, scale))
    marked = sp.expand(marked.xreplace({c: atoms[c][0] for c in densities}))
    found: dict[str, sp.Expr] = {}
    for dummy, name in atoms.values():
        coefficient = sp.diff(marked, dummy)
        if coefficient != 0:
            found[name] = found.get(name, sp.Integer(0)) + coefficient
    undeclared = sorted(
        {str(s) for c in found.values() for s in c.free_symbols}
        - {p.name for p in model.parameters}
        - set(model.coordinates)
    )
    if undeclared:
        raise MissingQuantityError(f"nothing is known of '{undeclared[0]}'", False)
    return found


def _place(call: AppliedUndef, model: JumpModel, spacing: dict[sp.Basic, sp.Expr], scale: sp.Expr) -> str:
    places = [sp.expand(a.xreplace(spacing) * scale) if spacing else sp.expand(a) for a in call.args[: model.dimension]]
    times = [sp.expand(a) for a in call.args[model.dimension :]]
    return f"({', '.join(str(p) for p in [*places, *times])})"
