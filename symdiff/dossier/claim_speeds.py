"""Claims that leave something unsaid: the number of dimensions, and which speed v is.

A claim that writes v for the speed of the walkers, about a model whose drift is zero, says nothing of the drift:
``D = v^2/(2 lam)`` of a run and tumble whose speed the model calls c: v, by the customary letters the drift, would make the claim D = 0.
"""

from __future__ import annotations

import re
from dataclasses import replace

import sympy as sp
from sympy.core.function import AppliedUndef

from symdiff.dossier.claim_sites import changed
from symdiff.model.jump_model import JumpModel
from symdiff.model.occupancy import is_crowd
from symdiff.verification.claim import Claim
from symdiff.verification.roles import role_of
from symdiff.verification.verdict import REFUTED, UNDECIDED, Verdict

_DIFFUSIVITY = re.compile(r"(?:kappa|K|chi|D(?:cal|bar|hat|tilde|frak|scr|bb)?)(?:[_^].+)?")


def other_roles(claim: Claim, model: JumpModel) -> list[tuple[str, str, bool]]:
    """What a letter may mean that no regime of this model gives its customary meaning: (name, role, whether nothing else is likely).

    kappa, D^* is the diffusivity where there are no walls, v and c of a crowd the speed of a wave of its density, or of an agent.
    """
    heads = {s.name for r in claim.relations for s in (r.left, r.right) if s.is_Symbol}
    heads |= {s.func.__name__ for r in claim.relations for s in (r.left, r.right) if isinstance(s, AppliedUndef)}
    taken = {p.name for p in model.parameters} | {*model.coordinates, *model.states, *dict(claim.statement.symbols)}
    taken |= {model.density, *(o.name for o in model.observables), *(f.name for f in model.functions)}
    found: list[tuple[str, str, bool]] = []
    for name in sorted(heads - taken):
        walls = bool(model.boundaries) or any(j.region is not None for j in model.jumps)
        label = name.partition("_")[2]
        along = any(c in label for c in model.coordinates) and len(label) <= 2
        if _DIFFUSIVITY.fullmatch(name) and not walls and not along and label != "r" and role_of(name, {}) != "D":
            found.append((name, "D", name != "K"))
        elif walls and name in ("ell", "lambda", "b", "L", "ell_e", "xi"):
            found.append((name, "extrapolation_length", False))
        elif is_crowd(model) and name in ("v", "c", "v_k", "c_k", "v_g", "U", "V", "v_c"):
            found.append((name, "wave_speed", name not in ("v", "V", "U")))
            found += [(name, "agent_speed", False)] if name in ("v", "V", "U") else []
    return found


def speed_meant(claim: Claim, model: JumpModel, found: Verdict) -> str:
    """The symbol that stands squared as a speed does, of a claim refuted with a drift of zero in its place; empty where there is none."""
    if found.verdict != REFUTED:
        return ""
    return next((s for s in _squared(claim, model) if _is_zero(s, found)), "")


def with_speed(claim: Claim, model: JumpModel, speed: str) -> Claim | None:
    """The claim with ``speed`` as that of the walkers; None where the model has not one letter for it."""
    step = model.time_step
    rates = [v for m in model.motions for v in m.velocity]
    if not rates and step is not None:
        rates = [sp.cancel(d / step) for j in model.jumps for d in j.displacement]
    parameters = {p.symbol for p in model.parameters}
    found = {s for rate in rates for s in rate.free_symbols & parameters}
    if len(found) != 1:
        return None
    (own,) = found
    return changed(claim, {sp.Symbol(speed): own}, f"{speed} is read as the speed {own} of the walkers")


def open_where_a_speed_is_meant(found: Verdict, speed: str) -> Verdict:
    """The verdict that was found with a drift of zero in place of a speed, as undecided."""
    why = (
        f"{speed} is by custom the drift, which is 0 in this model, but stands squared as a speed does: "
        f'say which symbol of the model it is, symbols = {{{speed} = "..."}}'
    )
    regimes = tuple(replace(r, verdict=UNDECIDED, witness=(), left="", right="", mend="", correct=None, ratio=None, why=why)
                    if r.verdict == REFUTED else r for r in found.regimes)  # fmt: skip
    return replace(found, verdict=UNDECIDED, why=why, regimes=regimes)


def _squared(claim: Claim, model: JumpModel) -> list[str]:
    """Names that by custom are the drift and stand squared: of walkers with a velocity, or what would else be nothing."""
    declared = {p.name for p in model.parameters} | set(model.coordinates)
    found = []
    for relation in claim.relations:
        for side in (s for s in (relation.left, relation.right) if not s.has(sp.Derivative, sp.Subs)):
            for symbol in sorted(side.free_symbols, key=str):
                name = symbol.name
                drift = role_of(name, {}) == "v" and name not in declared and name not in dict(claim.statement.symbols)
                if not drift or side.xreplace({symbol: -symbol}) != side:
                    continue
                if model.motions or side.xreplace({symbol: sp.S.Zero}) == 0:
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
