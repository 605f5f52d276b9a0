"""Walks with waits seen jump by jump: where they end does not depend on the waits, and times follow by Wald's identity.

All jumps share one law of waits that is independent of the jumps, so that T = t_1 + ... + t_N with N the number of jumps:
E[T] = E[N] E[t] (Wald; Feller, vol. 2, ch. XII.2), also among the walkers that end at one side. With an equilibrium first wait
the first of them has the mean E[t^2]/(2 E[t]).
"""

from __future__ import annotations

import sympy as sp

from symdiff.continuum.observables.result import OffLatticeError
from symdiff.model.crowd import INDEPENDENT
from symdiff.model.jump_model import JumpModel, make_model
from symdiff.model.waiting import WaitingLaw


def embedded_walk(model: JumpModel) -> tuple[JumpModel, WaitingLaw]:
    """The walk in discrete time, one jump per step of length one, and the law of the waits; raises where waits are several."""
    if model.crowd != INDEPENDENT or model.motions:
        raise OffLatticeError("walkers that react or move while they wait are not seen by their jumps alone")
    laws = {model.wait_before(j, jump) for _, j, jump in model.transitions()}
    if model.state_waits or any(j.waiting for j in model.jumps) or len(laws) != 1:
        raise OffLatticeError("waits that belong to jumps or states are not handled here yet")
    fields = {name: getattr(model, name) for name in JumpModel.__dataclass_fields__}
    change = {"clock": "discrete", "time_step": sp.Integer(1), "waiting": None, "first_wait": "ordinary"}
    return make_model(fields | change), laws.pop()


def duration(model: JumpModel, law: WaitingLaw, jumps: sp.Expr) -> tuple[sp.Expr, tuple[str, ...]]:
    """The mean time of a mean number of jumps, and what is assumed; ``oo`` where waits have no mean."""
    if law.mean_is_infinite:
        return sp.oo, ("the mean wait is infinite, so that every mean time is",)
    mean = law.moment(1)
    if model.first_wait != "equilibrium":
        return jumps * mean, ("the clock starts with an ordinary wait at time zero",)
    if law.transform is None and law.index is not None and law.side_of(2) in (-1, 0):
        return sp.oo, ("the first wait is that of equilibrium, whose mean is infinite",)
    return (jumps - 1) * mean + law.moment(2) / (2 * mean), ("the first wait is that of equilibrium",)
