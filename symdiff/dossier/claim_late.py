r"""Averages of which no time is said, ``Var(n) = nu d/(d - b)^2``, as those of the stationary state."""

from __future__ import annotations

import sympy as sp

from symdiff.dossier.claim_sites import calls_of, changed
from symdiff.model.jump_model import JumpModel
from symdiff.verification.claim import Claim

AVERAGES = ("Mean", "Var", "Cov")
NO_LIMIT = "without t it is a statement for t -> oo, and what the sides tend to is not known in closed form"


def in_the_end(claim: Claim, model: JumpModel) -> Claim | None:
    """The claim with its averages in the stationary state; None where it speaks of time, or of no average."""
    calls = {c for r in claim.relations for c in calls_of(r) if c.func.__name__ in AVERAGES}
    if not calls or any(r.left.has(model.time) or r.right.has(model.time) for r in claim.relations):
        return None
    labelled: dict[sp.Basic, sp.Basic] = {c: sp.Function(f"{c.func.__name__}_st")(*c.args) for c in calls}
    return changed(claim, labelled, "averages without a time are those of the stationary state")
