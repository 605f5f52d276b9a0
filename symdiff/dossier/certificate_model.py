"""The model of a certificate: its events, each with the agents that it takes and brings, its motions and its clock."""

from __future__ import annotations

import json
import re
from typing import Any

import sympy as sp
from sympy.core.function import AppliedUndef

from symdiff.dossier.certificate_laws import WHERE, clock_text, slopes, step_text, text_of
from symdiff.errors import NotYetError
from symdiff.model.jump_model import Jump, JumpModel
from symdiff.model.motion import Motion
from symdiff.model.occupancy import is_crowd


def require_covered(model: JumpModel) -> None:
    """Refuse a class of models whose limits the checker cannot rebuild."""
    crowd = model.crowd
    reasons = {
        "places with rules of their own": any(j.region is not None for j in model.jumps),
        "internal states between walls, where the density is no finite sum of modes": any(v.domain == "ball" for v in model.internals),
        "jumps to fixed places": bool(model.resets),
        "a symbolic number of dimensions": model.space_dimension is not None,
        "site rates and rods": crowd.site_rate is not None or crowd.rod_length is not None,
        "reactions in discrete time, which come after the jumps": bool(crowd.reactions) and model.clock == "discrete",
        "rules of crowds that depend on time": model.depends_on_time and (is_crowd(model) or bool(crowd.reactions)),
        "functions of time that are left open or named": any("t" in f.arguments for f in model.functions),
        "waits beside motion between the jumps": model.clock == "waiting" and bool(model.motions),
    }  # fmt: skip
    found = [name for name, applies in reasons.items() if applies]
    if found:
        raise NotYetError(f"there is no certificate yet for {', '.join(found)}", where=WHERE)


def model_document(model: JumpModel, terms: int) -> dict[str, Any]:
    """What the checker reads of a model away from its walls, laws without a formula to ``terms`` moments; raises :class:`NotYetError` for a law without a transform in closed form."""
    names = model.state_names
    document: dict[str, Any] = {
        "coordinates": list(model.coordinates),
        "states": list(names),
        "parameters": {p.name: "positive" if p.symbol.is_positive else "" for p in model.parameters},
        "functions": {f.name: [list(f.arguments), "" if f.body is None else text_of(f.body)] for f in model.functions},
        "clock": clock_text(model, terms),
        "motion": [[names[j], names[j], text_of(_generator(m, model))] for j in range(len(names)) if (m := model.motion_of(j)) is not None],
        "events": [*_jumps(model, terms), *_deaths(model), *_reactions(model)],
    }  # fmt: skip
    return document | ({"timed": True} if model.depends_on_time else {})


def with_used_functions(document: dict[str, Any]) -> dict[str, Any]:
    """A model's part of a certificate without the functions that nothing in it names."""
    said = json.dumps([document[k] for k in ("clock", "motion", "events")])
    functions = document["functions"]
    used = [
        n
        for n in functions
        if re.search(rf"\b{re.escape(n)}\(", said + "".join(f[1] for m, f in functions.items() if m != n))
    ]
    return document | {"functions": {n: functions[n] for n in used}}  # what is written out already is not said twice


def _jumps(model: JumpModel, terms: int) -> list[dict[str, Any]]:
    """Every jump but resting: who leaves and comes back at once changes nothing, and nothing would hold its rate."""
    names, here = model.state_names, ["0"] * model.dimension
    moves = (
        (i, j, jump) for i, j, jump in model.transitions() if i != j or jump.law is not None or any(jump.displacement)
    )
    return [{"from": [[names[j], here]], "to": [[names[i], *_step(jump, model, terms)]], "rate": text_of(jump.intensity)}
            for i, j, jump in moves]  # fmt: skip


def _step(jump: Jump, model: JumpModel, terms: int) -> list[Any]:
    if jump.law is None:
        return [[text_of(d) for d in jump.displacement]]
    if jump.intensity.free_symbols & set(jump.law.variables):
        raise NotYetError("there is no certificate yet for rates that weigh the random step", where=WHERE)
    return step_text(jump, jump.law, model, terms)


def _deaths(model: JumpModel) -> list[dict[str, Any]]:
    """Who does not jump dies, where the model says so."""
    if not model.lossy:
        return []
    found = []
    for k, name in enumerate(model.state_names):
        stays = 1 - sp.Add(*(jump.intensity for _, j, jump in model.transitions() if j == k))
        found.append({"from": [[name, ["0"] * model.dimension]], "to": [], "rate": text_of(sp.factor(stays))})
    return found


def _reactions(model: JumpModel) -> list[dict[str, Any]]:
    return [{"from": [[p.state, [text_of(d) for d in p.displacement]] for p in r.consumes],
             "to": [[p.state, [text_of(d) for d in p.displacement]] for p in r.produces], "rate": text_of(r.intensity)}
            for r in model.crowd.reactions]  # fmt: skip


def _generator(motion: Motion, model: JumpModel) -> sp.Expr:
    """- d_i (v_i + a d_j D_ij) + d_ij D_ij, derivatives to the left."""
    total, along = sp.Integer(0), slopes(model)
    for i, velocity in enumerate(motion.velocity):
        total -= along[i] * velocity
        for j, entry in enumerate(motion.diffusivity[i] if motion.diffusivity else ()):
            place = model.coordinate_symbols[j]
            changes = bool(motion.evaluation != 0 and (entry.has(place) or entry.atoms(AppliedUndef)))
            drift = motion.evaluation * sp.Derivative(entry, place) if changes else sp.Integer(0)
            total += along[i] * along[j] * entry - along[i] * drift
    return total
