r"""Claims about the number of jumps that a walker has made, ``\langle N(t)\rangle \sim t/2\theta``: the place of a walker that counts its jumps."""

from __future__ import annotations

from dataclasses import replace

import sympy as sp
from sympy.core.function import AppliedUndef

from symdiff.dossier.claim_customs import taken_names
from symdiff.dossier.claim_senses import extended
from symdiff.dossier.claim_sites import calls_of, changed
from symdiff.model.jump_model import JumpModel, Preparation
from symdiff.verification.claim import Claim

NUMBERS = ("N", "n")  # of jumps, in the literature on waits
AVERAGED = ("Mean", "Var")


def of_jumps_made(claim: Claim, model: JumpModel) -> tuple[Claim, JumpModel] | None:
    """The claim about a walker that moves by one with every jump, which is the number of jumps; None where none is meant.

    The number is known where walkers have one state and jump at rates or after waits that are the same everywhere.
    """
    numbers = {n for n in NUMBERS if n not in taken_names(claim, model)}
    spoken = [a for r in claim.relations for a in calls_of(r) if a.func.__name__ in AVERAGED]
    inner = {c for a in spoken for c in a.args[0].atoms(AppliedUndef) if c.args == (model.time,)}
    if len(inner) != 1 or not spoken or not all(a.args[0].has(*inner) for a in spoken):
        return None
    (call,) = inner
    rest = {s for r in claim.relations for side in (r.left, r.right) for s in side.free_symbols}
    if call.func.__name__ not in numbers or rest & set(model.coordinate_symbols) or not _counts(model):
        return None
    own = sp.Symbol(call.func.__name__, real=True)
    total = sp.Add(*(j.intensity for j in model.jumps))
    first = replace(
        model.jumps[0], displacement=(sp.S.One,), intensity=total, law=None, direction=(), label="[[jumps]] 1"
    )
    counting = extended(
        model, coordinates=(own.name,), jumps=(first,), preparation=Preparation((sp.S.Zero,), None, False), regimes=(),
        observables=(), claims=(), lattice=None, values=(), origin=(sp.S.Zero,), space_dimension=None,
    )  # fmt: skip
    note = f"{call} is read as the number of jumps until {model.time}"
    return changed(claim, {call: counting.coordinate_symbols[0]}, note), counting


def _counts(model: JumpModel) -> bool:
    """Whether jumps come at the same rates, or after the same waits, wherever the walker is and however it came there."""
    places = {*model.coordinate_symbols, model.time}
    plain = not (
        model.boundaries or model.internals or model.motions or model.state_waits or model.crowd.reactions
        or model.population or model.functions or model.scheme or model.lossy or model.clock == "discrete"
    )  # fmt: skip
    return plain and len(model.states) <= 1 and bool(model.jumps) and not any(
        j.waiting or j.redraw or j.region or j.destination is not None or j.intensity.free_symbols & places
        or j.intensity.atoms(AppliedUndef) or (j.law is None and not any(j.displacement))
        for j in model.jumps
    )  # fmt: skip
