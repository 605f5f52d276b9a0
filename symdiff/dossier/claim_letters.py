"""The density of a claim by another letter than the file's: ``P(0, t)``, ``P_m(t)``, ``\\rho(z) = \\rho_0 e^{-z/l}`` where the file writes C."""

from __future__ import annotations

import sympy as sp
from sympy.core.function import AppliedUndef

from symdiff.dossier.claim_sites import INDICES, STEPS, changed
from symdiff.dossier.resolving import LETTERS, PLACES, is_stationary_law
from symdiff.dossier.resolving_averages import STATIONARY
from symdiff.model.jump_model import JumpModel
from symdiff.verification.claim import Claim

AT_REST = ("c", "C", "rho", "n", "N", "P", "p", "u", "W", "f")  # the density at a place alone: c(z)
MAYBE_PASSAGE = ("f", "G")  # a density of times of first passage, a generating function


def with_own_density(claim: Claim, model: JumpModel) -> Claim:
    """The claim with ``P(x, t)``, ``P(0, t)``, ``P_m(t)``, ``rho_st(x)``, ``c(x)`` by the file's letter, where no side has a derivative of it."""
    sides = [side for r in claim.relations for side in (r.left, r.right)]
    calls = {c for side in sides for c in side.atoms(AppliedUndef)}
    names = {c.func.__name__ for c in calls}
    taken = {p.name for p in model.parameters} | {
        *model.states,
        *model.coordinates,
        *model.density_names,
        model.density,
    }
    taken |= (
        set(dict(claim.statement.symbols)) | {o.name for o in model.observables} | {d.name for d in model.functions}
    )
    own = {c: law for c in calls if (law := _own_call(c, model, taken)) is not None}
    if (
        len({c.func.__name__.partition("_")[0] for c in own}) != 1
        or model.density in names
        or len(model.density_names) > 1
        or any(side.has(sp.Derivative, sp.Subs, sp.Integral) for side in sides)
    ):
        return claim
    shown = next(iter(own)).func.__name__
    return changed(claim, dict(own), f"{shown} is read as the density {model.density}")


def _own_call(call: AppliedUndef, model: JumpModel, taken: set[str]) -> AppliedUndef | None:
    """The call by the file's letter; None where it is none of a density."""
    name = call.func.__name__
    head, _, label = name.partition("_")
    if head in taken or name in taken:
        return None
    if label in STATIONARY and label and is_stationary_law(name, model, {}):
        return sp.Function(f"{model.density}_{label}")(*call.args)
    if head not in LETTERS or (label and not label.isdigit() and label not in STEPS):
        return None
    if head in MAYBE_PASSAGE and (model.boundaries or label or call.args[:-1] != model.coordinate_symbols):
        return None
    plain = sp.Function(f"{model.density}_{label}" if label else model.density)
    if label:
        of_site = model.dimension == 1 and len(call.args) == 1
        timed = call.args[-1] == model.time if label.isdigit() else str(call.args[-1]) in INDICES
        return plain(*call.args) if of_site and timed else None
    if name in AT_REST and tuple(call.args) == model.coordinate_symbols and any(model.boundaries):
        return plain(*call.args)
    return plain(*call.args) if _is_law(call, model) else None


def _is_law(call: AppliedUndef, model: JumpModel) -> bool:
    """Whether the arguments are those of a density: a place, a site or the origin, and the time, perhaps given a start."""
    here = (*model.coordinate_symbols, model.time)
    if call.args[: len(here)] == here:
        return True
    *place, time = call.args
    if model.time_step is not None and len(call.args) == 2 and model.dimension == 1:
        one, two = map(str, call.args)
        if (one in STEPS and two in INDICES and one != two) or (two in STEPS and one in INDICES and one != two):
            return True
    if time != model.time:
        return False
    if len(place) == model.dimension and all(a == 0 for a in place):
        return True
    if len(place) != 1:
        return False
    if model.dimension == 1:
        return str(place[0]) in INDICES
    return place[0] == 0 or str(place[0]) in PLACES
