"""The density of a claim by another letter than the file's: ``P(0, t)`` where the file writes C."""

from __future__ import annotations

import sympy as sp
from sympy.core.function import AppliedUndef

from symdiff.dossier.claim_sites import changed
from symdiff.dossier.resolving import PLACES
from symdiff.model.jump_model import JumpModel
from symdiff.verification.claim import Claim

LETTERS = ("P", "p", "rho", "C", "c", "u", "G", "W")


def with_own_density(claim: Claim, model: JumpModel) -> Claim:
    """The claim with ``P(x, t)``, ``P(0, t)``, ``P(rbold, t)`` by the file's letter, where no side has a derivative of it."""
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
    own = {c for c in calls if c.func.__name__ in LETTERS and c.func.__name__ not in taken and _is_law(c, model)}
    if (
        len({c.func for c in own}) != 1
        or model.density in names
        or len(model.density_names) > 1
        or any(side.has(sp.Derivative, sp.Subs, sp.Integral) for side in sides)
    ):
        return claim
    law = sp.Function(model.density)
    shown = next(iter(own)).func.__name__
    return changed(claim, {c: law(*c.args) for c in own}, f"{shown} is read as the density {model.density}")


def _is_law(call: AppliedUndef, model: JumpModel) -> bool:
    """Whether the arguments are those of a density: a place, or the origin, and the time."""
    *place, time = call.args
    if time != model.time:
        return False
    if len(place) == model.dimension and (tuple(place) == model.coordinate_symbols or all(a == 0 for a in place)):
        return True
    return len(place) == 1 and model.dimension > 1 and (place[0] == 0 or str(place[0]) in PLACES)
