r"""Laplace transforms of first passage in claims: ``\tilde F(s)``, ``\hat S(x, s)``, by walkers that die at the rate s.

E[e^{-sT}] is the chance to leave before one dies at the rate s, and the transform of S is the mean time until one leaves or dies.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

import sympy as sp

from symdiff.dossier.claim_observables import exit_marked, exits_of
from symdiff.dossier.claim_senses import extended
from symdiff.dossier.claim_sites import calls_of, changed
from symdiff.dossier.derivation import derive_model
from symdiff.dossier.settings import Settings
from symdiff.model.crowd import Participant, Reaction
from symdiff.model.jump_model import JumpModel, ObservableStatement
from symdiff.model.parameter import parse_parameter
from symdiff.verification.claim import Claim
from symdiff.verification.verdict import Verdict

_TRANSFORM = re.compile(r"(?P<head>[FfSQ])(?:tilde|hat|bar)?(?:_(?P<label>\w+|[+-]))?$")
NOTE = "{} is read as the Laplace transform of {}: that of walkers who die at the rate s"


def judged_as_transforms(
    claim: Claim, model: JumpModel, settings: Settings, judge: Callable[..., Verdict]
) -> Verdict | None:
    """The verdict on a claim about a transform of first passage; None for other claims and for models that it is not known for."""
    exits = exits_of(model)
    taken = {
        *(p.name for p in model.parameters),
        *(d.name for d in model.functions),
        *(o.name for o in model.observables),
    }
    if not exits or "s" in taken or model.clock != "continuous" or len(model.state_names) > 1 or model.depends_on_time:
        return None
    s = parse_parameter("s", "positive")
    change: dict[sp.Basic, sp.Basic] = {sp.Symbol("s"): s.symbol}
    statements: dict[str, ObservableStatement] = {}
    notes = []
    for call in {c for r in claim.relations for c in calls_of(r) if c.args[-1:] == (sp.Symbol("s"),)}:
        name = call.func.__name__
        found = _TRANSFORM.fullmatch(name)
        if found is None or name in (*taken, model.density, *model.states):
            return None
        label = found["label"]
        through = exit_marked(label, exits) if label else None
        if label and (through is None or found["head"] not in "Ff"):
            return None
        kind, target = ("splitting_probability", through) if label else ("mean_exit_time", None)
        known = f"F_{label}_of_s" if label else "S_of_s"
        statements[known] = ObservableStatement(known, kind, None, target)
        lasting = sp.Symbol(known)
        change[call] = 1 - s.symbol * lasting if found["head"] in "Ff" and not label else lasting
        notes.append(
            NOTE.format(call, "the time of leaving" if found["head"] in "Ff" else "the chance not to have left")
        )
    if not statements:
        return None
    dies = Reaction((Participant(model.density, tuple(sp.S.Zero for _ in model.coordinates)),), (), s.symbol)
    crowd = replace(model.crowd, reactions=(*model.crowd.reactions, dies))
    wider = extended(model, s, crowd=crowd, observables=(*model.observables, *statements.values()))
    return judge(changed(claim, change, *notes), wider, derive_model(wider, settings), settings)
