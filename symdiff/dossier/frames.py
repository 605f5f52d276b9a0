"""The coordinates in which a claim about a population speaks: the scaled ones, x = n/V, or the numbers n themselves."""

from __future__ import annotations

import re

from sympy.core.function import AppliedUndef

from symdiff.continuum.populations import scaled_model
from symdiff.continuum.regimes import LONG_WAVE
from symdiff.errors import SymdiffError
from symdiff.model.jump_model import ClaimStatement, JumpModel
from symdiff.verification.claim import Claim, read_claim

IN_NUMBERS = "its coefficients are those of the number itself, not of the scaled coordinate"
IN_SCALED = "its coefficients are those of the scaled coordinate, not of the number itself"


def read_in_frame(statement: ClaimStatement, model: JumpModel) -> Claim:
    """The claim, read in the scaled coordinates unless it names the numbers; raises the reader's errors."""
    scaled = _scaled(statement, model)
    if scaled is None:
        return read_claim(statement, model)
    claim = read_claim(statement, scaled)
    return read_claim(statement, model) if _names(claim) & _numbers(model) else claim


def frame_of(claim: Claim, model: JumpModel) -> JumpModel:
    """The model in the coordinates of the claim: the scaled one, or the model itself."""
    scaled = _scaled(claim.statement, model)
    if scaled is None:
        return model
    return model if _names(claim) & _numbers(model) else scaled


def _names(claim: Claim) -> set[str]:
    """The names of the symbols of a claim, and of places as functions of time: n(t)."""
    sides = [side for r in claim.relations for side in (r.left, r.right)]
    calls = {c.func.__name__ for side in sides for c in side.atoms(AppliedUndef)}
    named = calls | {s.name for side in sides for s in side.free_symbols}
    return named | {n.removeprefix("sigma_") for n in named} | {n.removesuffix("_0") for n in named}


def _numbers(model: JumpModel) -> set[str]:
    return set(model.coordinates) - set(model.population.scaled if model.population else ())


def _scaled(statement: ClaimStatement, model: JumpModel) -> JumpModel | None:
    """The scaled model, where the claim may speak of it: not of counts, of the lattice or of an observable."""
    text = f"{statement.latex} {statement.expression}"
    if model.population is None or statement.count or statement.of or statement.level == "lattice":
        return None
    if statement.regime == LONG_WAVE.name or any(_stands_in(o.name, text) for o in model.observables):
        return None
    try:
        return scaled_model(model)
    except SymdiffError:
        return None


def _stands_in(name: str, text: str) -> bool:
    """Whether a name is one in the text, and no part of another: p is none in ``\\propto`` or ``p_{st}``."""
    return re.search(rf"(?<![A-Za-z\\]){re.escape(name)}(?![A-Za-z_])", text) is not None
