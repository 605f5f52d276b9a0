"""Claims that leave something unsaid: the number of dimensions, and which speed v is.

A claim that writes v for the speed of the walkers, about a model whose drift is zero, says nothing of the drift:
``D = v^2/(2 lam)`` of a run and tumble whose speed the model calls c: v, by the customary letters the drift, would make the claim D = 0.
"""

from __future__ import annotations

from dataclasses import replace

import sympy as sp

from symdiff.model.jump_model import JumpModel
from symdiff.verification.claim import Claim
from symdiff.verification.roles import role_of
from symdiff.verification.verdict import REFUTED, UNDECIDED, Verdict


def open_where_a_speed_is_meant(claim: Claim, model: JumpModel, found: Verdict) -> Verdict:
    """The verdict; undecided where it was refuted with a drift of zero in place of a symbol that stands squared."""
    speed = next((s for s in _squared(claim, model) if _is_zero(s, found)), None)
    if speed is None or found.verdict != REFUTED:
        return found
    why = (
        f"{speed} is by custom the drift, which is 0 in this model, but stands squared as a speed does: "
        f'say which symbol of the model it is, symbols = {{{speed} = "..."}}'
    )
    regimes = tuple(replace(r, verdict=UNDECIDED, witness=(), left="", right="", mend="", correct=None, ratio=None, why=why)
                    if r.verdict == REFUTED else r for r in found.regimes)  # fmt: skip
    return replace(found, verdict=UNDECIDED, why=why, regimes=regimes)


def _squared(claim: Claim, model: JumpModel) -> list[str]:
    """Names that by custom are the drift, and without whose square one side of a relation would be nothing."""
    declared = {p.name for p in model.parameters}
    found = []
    for relation in claim.relations:
        for side in (relation.left, relation.right):
            for symbol in sorted(side.free_symbols, key=str):
                name = symbol.name
                drift = role_of(name, {}) == "v" and name not in declared and name not in dict(claim.statement.symbols)
                if drift and side.xreplace({symbol: -symbol}) == side and side.xreplace({symbol: sp.S.Zero}) == 0:
                    found.append(name)
    return found


def _is_zero(name: str, found: Verdict) -> bool:
    values = [value for r in found.regimes if r.verdict == REFUTED for key, value in r.derived if key == "v"]
    return dict(found.roles).get(name, "v") == "v" and all(v == 0 for v in values)


def any_dimension(claim: Claim, model: JumpModel) -> str | None:
    """The parameter that is the number of dimensions, where the claim does not name it: ``<r^2> = 6 D t`` holds in space."""
    d = model.space_dimension
    if d is None or not d.is_Symbol:
        return None
    named = [any(d.name in {s.name for s in side.free_symbols} for side in (r.left, r.right)) for r in claim.relations]
    return None if all(named) else str(d.name)


def in_dimensions(claim: Claim, name: str, number: int) -> Claim:
    """The claim with the number of dimensions put in."""
    symbols = {s for r in claim.relations for side in (r.left, r.right) for s in side.free_symbols if s.name == name}
    change = dict.fromkeys(symbols, sp.Integer(number))
    relations = tuple(replace(r, left=r.left.xreplace(change), right=r.right.xreplace(change)) for r in claim.relations)
    return replace(claim, relations=relations)
