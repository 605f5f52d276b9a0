"""Claims that are conditions at a wall: linear in the density and its slope there, without a derivative in time."""

from __future__ import annotations

import sympy as sp

from symdiff.algebra.equality import Answer
from symdiff.dossier.claimed_terms import Key, Terms, linear_terms_of
from symdiff.dossier.comparing import Arena
from symdiff.dossier.quantities import MissingQuantityError
from symdiff.dossier.resolving import Resolver
from symdiff.verification.claim import Relation
from symdiff.verification.verdict import PROVED, REFUTED, SILENT, UNDECIDED, RegimeVerdict

NONE = "the claim has no derivative in time, and this regime no condition at a wall that it could be"


def judge_at_wall(claimed: Terms, arena: Arena, resolver: Resolver) -> RegimeVerdict:
    """Compare ``a u + b u_x = 0`` with the conditions at the walls; it must be one of them, up to a factor."""
    limit = arena.limit
    assert limit is not None
    plain = Key(0, (0,) * arena.model.dimension)
    allowed = {
        plain,
        *(
            plain._replace(space=tuple(int(i == n) for i in range(arena.model.dimension)))
            for n in range(arena.model.dimension)
        ),
    }
    found = []
    for condition in limit.boundary_conditions:
        if condition.kind not in ("absorbing", "reflecting", "robin"):
            continue
        relation = Relation("=", condition.lhs, condition.rhs)
        try:
            found.append(
                (condition.at, linear_terms_of(condition.lhs - condition.rhs, relation, arena.model, resolver))
            )
        except MissingQuantityError:
            continue
    if not found or not set(claimed) <= allowed:
        return RegimeVerdict("", SILENT, (), NONE)
    answers = {at: _proportional(claimed, derived, arena) for at, derived in found}
    held = [at for at, answer in answers.items() if answer is Answer.PROVED]
    if held:
        return RegimeVerdict("", PROVED, (), f"it is the condition at {', '.join(held)}")
    if Answer.UNDECIDED in answers.values():
        return RegimeVerdict("", UNDECIDED, (), "the condition at the wall could not be compared")
    shown = "; ".join(f"at {c.at}: {c.lhs} = {c.rhs}" for c in limit.boundary_conditions)
    return RegimeVerdict("", REFUTED, (), f"the condition at the wall differs: {shown}")


def _proportional(claimed: Terms, derived: Terms, arena: Arena) -> Answer:
    """Whether two conditions are multiples of each other."""
    keys = sorted({*claimed, *derived}, key=str)
    zero = sp.Integer(0)
    answers = [
        arena.equal(claimed.get(a, zero) * derived.get(b, zero), claimed.get(b, zero) * derived.get(a, zero)).answer
        for n, a in enumerate(keys)
        for b in keys[n + 1 :]
    ]
    if len(keys) == 1:
        return Answer.PROVED
    for answer in (Answer.REFUTED, Answer.UNDECIDED):
        if answer in answers:
            return answer
    return Answer.PROVED
