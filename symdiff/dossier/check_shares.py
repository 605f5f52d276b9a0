"""Claims about the states' shares of the walkers in local equilibrium."""

from __future__ import annotations

from dataclasses import replace

import sympy as sp
from sympy.core.function import AppliedUndef

from symdiff.dossier.claim_senses import unknown_names
from symdiff.dossier.claimed_forms import all_equal
from symdiff.dossier.comparing import Arena
from symdiff.dossier.derivation import Derivation
from symdiff.dossier.mending import mended
from symdiff.dossier.state_names import state_of_share
from symdiff.model.jump_model import JumpModel
from symdiff.verification.claim import Claim
from symdiff.verification.verdict import REFUTED, SILENT, RegimeVerdict

SHARES = "the shares of the states in local equilibrium"


def judge_shares(claim: Claim, model: JumpModel, derivation: Derivation) -> list[RegimeVerdict] | None:
    """``A = g_B/(g_A + g_B) P``, ``P_A/P_B = g_B/g_A``: the states' shares in local equilibrium; None for other claims."""
    if len(model.states) < 2 or not claim.relations or any(r.kind != "=" for r in claim.relations):
        return None
    known = {p.name for p in model.parameters} | {o.name for o in model.observables}
    named = {f"{model.density}_{s}": s for s in model.states} | {s: s for s in model.states}
    sides = [side for r in claim.relations for side in (r.left, r.right)]
    others = unknown_names(claim, model) | {c.func.__name__ for side in sides for c in side.atoms(AppliedUndef)}
    for name in others - {*named, *dict(claim.statement.symbols)}:
        if (state := state_of_share(name, model)) is not None:
            named[name] = state
    named = {n: s for n, s in named.items() if n not in known}
    plain = (*model.coordinate_symbols, model.time)
    places: dict[sp.Basic, str] = {}
    for side in sides:
        if side.has(sp.Derivative, sp.Integral, sp.Sum):
            return None
        for part in side.atoms(AppliedUndef) | {s for s in side.free_symbols if s.name in (*named, model.density)}:
            name = part.name if isinstance(part, sp.Symbol) else part.func.__name__
            if name not in (*named, model.density) or (isinstance(part, AppliedUndef) and part.args != plain):
                return None
            places[part] = named.get(name, "")
    own = {p.symbol for p in model.parameters} | {*plain, *places}
    if not any(places.values()) or any(e.free_symbols - own for r in claim.relations for e in (r.left, r.right)):
        return None  # J = u R - w L is about J
    found = []
    for limit in derivation.limits:
        shares, arena = dict(limit.local_equilibrium), Arena(model, limit)
        if not set(places.values()) - {""} <= set(shares) or len(limit.equations) != 1:
            found.append(RegimeVerdict(limit.regime.name, SILENT, (), "the states have no local equilibrium here"))
            continue
        change = {part: shares[state] if state else sp.S.One for part, state in places.items()}
        derived = tuple((state, shares[state]) for state in sorted(set(places.values()) - {""}))
        pairs = [(r.left.xreplace(change), r.right.xreplace(change)) for r in claim.relations]
        verdict = all_equal(pairs, derived, arena, SHARES, "the shares in local equilibrium differ")
        if verdict.verdict == REFUTED and len(pairs) == 1:
            verdict = mended(verdict, pairs[0][1], pairs[0][0], arena)
        found.append(replace(verdict, name=limit.regime.name, reservation=""))
    return found if any(v.verdict != SILENT for v in found) else None
