"""What the rules of a crowd mean in the mean field: activities, each the rate of an event times the densities it consumes."""

from __future__ import annotations

from dataclasses import dataclass

import sympy as sp
from sympy.core.function import AppliedUndef

from symdiff.errors import NotYetError
from symdiff.model.crowd import Participant, Reaction
from symdiff.model.jump_model import Jump, JumpModel
from symdiff.model.occupancy import agents_product
from symdiff.model.step_law import StepLaw

Place = tuple[sp.Expr, ...]


@dataclass(frozen=True)
class Activity:
    """Events at x happen at ``rate`` per site (or with that mean number per step), a function of the densities around x.

    ``gains`` lists (state, displacement, +1 or -1) for every agent that comes or goes; the law of a random step belongs to
    the agents that come.
    """

    rate: sp.Expr
    gains: tuple[tuple[str, Place, int], ...]
    label: str
    law: StepLaw | None = None
    direction: Place = ()


def jump_activities(model: JumpModel) -> list[Activity]:
    """One activity per jump and state that it leaves."""
    x = model.coordinate_symbols
    here = tuple(sp.Integer(0) for _ in x)
    found = []
    for jump in model.jumps:
        _check_displacement(jump, model)
        for source in model.state_names if jump.source is None else (jump.source,):
            rate = jump.intensity * _per_site(jump, source, model)
            gains = ((jump.target or source, jump.displacement, 1), (source, here, -1))
            found.append(Activity(rate, gains, jump.label, jump.law, jump.directions[0]))
    return found


def reaction_activities(model: JumpModel) -> list[Activity]:
    """One activity per reaction: the rate times the densities of the agents that it consumes, each at its place."""
    found = []
    for reaction in model.crowd.reactions:
        for agent in (*reaction.consumes, *reaction.produces):
            if any(r.has(*model.coordinate_symbols) for r in agent.displacement):
                raise NotYetError("agents of a reaction at a distance that depends on place", where=reaction.label)
        rate = reaction.intensity * agents_product(reaction.consumes, model.coordinate_symbols)
        found.append(Activity(rate, _gains(reaction), reaction.label))
    return found


def _gains(reaction: Reaction) -> tuple[tuple[str, Place, int], ...]:
    def listed(agents: tuple[Participant, ...], sign: int) -> list[tuple[str, Place, int]]:
        return [(p.state, p.displacement, sign) for p in agents]

    return (*listed(reaction.produces, 1), *listed(reaction.consumes, -1))


def _check_displacement(jump: Jump, model: JumpModel) -> None:
    if jump.law is not None and (jump.law.lengths > 1 or jump.law.inner is not None or jump.law.singular):
        raise NotYetError(
            "steps of several random lengths, or with a heavy tail, are not handled in a crowd yet", where=jump.label
        )
    if any(r.has(*model.coordinate_symbols) or r.atoms(AppliedUndef) for r in (*jump.displacement, *jump.direction)):
        raise NotYetError("jumps whose length depends on place are not handled in a crowd yet", where=jump.label,
                          instead="where agents only switch, write the switch as a jump of no length: from, to, displacement 0")  # fmt: skip
    if jump.law is not None and (jump.law.lengths != 1 or jump.intensity.free_symbols & set(jump.law.variables)):
        raise NotYetError("steps with several random lengths, or weighed by their length, in a crowd", where=jump.label)


def _per_site(jump: Jump, source: str, model: JumpModel) -> sp.Expr:
    """How many agents of a site may make the jump: their density, or what a site rate or rods make of it."""
    from symdiff.continuum import local_equilibrium  # loaded when used: start-up time

    density = sp.Function(source)(*model.coordinate_symbols)
    if model.crowd.site_rate is not None:
        return local_equilibrium.site_activity(model)
    if model.crowd.rod_length is not None:
        return local_equilibrium.rod_activity(jump, model)
    return density
