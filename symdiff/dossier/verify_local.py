"""The exact tier where rates depend on place and walkers have one state: rates of change at single places, in many digits.

The exact rate of change of a smooth density under the rules (in discrete time log T/tau, from a few steps) stands beside the
right-hand side of the equation, at several places and at levels of eps so deep that every power shows. Neither a grid nor a ring
is needed, so that kinks of rates away from these places, coordinates written out, and any number of dimensions are no obstacle.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import sympy as sp
from sympy.core.function import AppliedUndef

from symdiff.continuum.derive import derive_regime
from symdiff.continuum.limit import ContinuumLimit
from symdiff.continuum.regimes import LONG_WAVE
from symdiff.dossier.verify_claim import time_order
from symdiff.dossier.verify_crowd import CrowdTest, crowd_verdict
from symdiff.dossier.verify_layout import writes_coordinates
from symdiff.dossier.verify_numbers import EpsPath
from symdiff.dossier.verify_open import opened
from symdiff.dossier.verify_same import same_when_closed
from symdiff.dossier.verify_scope import check_scope
from symdiff.equations.evolution_equation import EvolutionEquation
from symdiff.errors import NotYetError, SymdiffError
from symdiff.model.definitions import composed_definitions, expand_definitions
from symdiff.model.jump_model import Jump, JumpModel, make_model
from symdiff.verification.tier import TierResult

Number = Any
QUANTITY = "power of eps of (rate of change on the lattice - right-hand side of the equation)"
AGREE = "the lattice and the equation agree to the order that the regime keeps"


def is_local(model: JumpModel) -> bool:
    """Whether the rules at a few places say how one density changes: one state, steps of fixed length, no waits."""
    return (
        may_be_local(model)
        and not model.internals
        and len(model.state_names) == 1
        and all(j.law is None for j in model.jumps)
    )


def may_be_local(model: JumpModel) -> bool:
    """Whether single places may do, also with states that are eliminated and with steps of random length."""
    plain = model.clock in ("continuous", "discrete") and model.scheme is None
    return plain and not model.resets


def _laws_vary(model: JumpModel) -> bool:
    """Whether the law of a step depends on place."""
    shown: list[sp.Expr] = []
    for jump in model.jumps:
        if jump.law is not None:
            shown += [e for _, e in jump.law.arguments] + [e for row in jump.directions for e in row]
    places = set(model.coordinate_symbols)
    return any(e.free_symbols & places or e.atoms(AppliedUndef) for e in shown)


def local_tier(
    model: JumpModel, limit: ContinuumLimit, path: EpsPath, users: EvolutionEquation | None = None
) -> TierResult:
    """The verdict on the equation of one regime, or on the user's own.

    Raises :class:`NotYetError` where a comparison of densities that are solved on a grid is needed.
    """
    check_scope(model, "local")
    equation = limit.equation if users is None else users
    if equation is None or time_order(equation) != 1:
        raise NotYetError("equations of higher order in time are compared by their solutions")
    subject = model
    if limit.regime.origin == "long-wave":
        if writes_coordinates(model):
            subject = opened(model)
            own = _opened_limit(subject, limit)
            if own.equation is None or not same_when_closed(model, equation, own.equation, path.base.numbers()):
                why = "a coefficient is wrong: the equation is not the one with open functions of place"
                hint = "; if other terms are meant to be small, state a regime" if users is not None else ""
                return TierResult("exact", True, why + hint, limit.regime.name, QUANTITY, passed=False)
            limit, equation, users = own, own.equation, None
    elif path.length_power != 0:
        raise NotYetError("a scaling of the coordinates themselves is cross-checked for constant coefficients only")
    composed = _composed(subject)
    if len(model.state_names) > 1 or model.internals or _laws_vary(model):
        from symdiff.dossier.verify_jets import JetTest

        test: CrowdTest = JetTest(composed, limit, path, equation.density)
    else:
        test = CrowdTest(composed, limit, path)
    return crowd_verdict(test, [equation], users is not None, quantity=QUANTITY, agree=AGREE)


def _opened_limit(subject: JumpModel, limit: ContinuumLimit) -> ContinuumLimit:
    try:
        return derive_regime(subject, LONG_WAVE)
    except SymdiffError as error:
        raise NotYetError(
            f"the long-wave equation with open functions of place could not be derived: {error.message}"
        ) from None


def _composed(model: JumpModel) -> JumpModel:
    """The model with definitions put in that speak of functions which are left open."""
    composed = composed_definitions(model.functions)
    if not composed:
        return model

    def swap(e: sp.Expr) -> sp.Expr:
        return expand_definitions(e, composed)

    def jump(j: Jump) -> Jump:
        law = None if j.law is None else j.law.substitute(swap)
        return replace(j, intensity=swap(j.intensity), displacement=tuple(map(swap, j.displacement)), law=law)

    fields: dict[str, Any] = {name: getattr(model, name) for name in JumpModel.__dataclass_fields__}
    changed = {
        "jumps": tuple(map(jump, model.jumps)), "motions": tuple(m.changed(swap) for m in model.motions),
        "internals": tuple(v.changed(swap) for v in model.internals),
        "functions": tuple(f for f in model.functions if f not in composed), "conditions": (),
    }  # fmt: skip
    return make_model({**fields, **changed})
