"""Walls of crowds: next to an absorbing one the crowd is dilute, next to the others a uniform one stays as it is.

An absorbing wall, or one that takes a fixed share of those who come, leaves few agents on the sites next to it: products of
densities are smaller than the densities themselves, and the layer is that of a lone walker, whose rates read no other agent.
Next to a wall that reflects, or takes few, the density u of the bulk is felt. Outside there are no agents: a density read there is
zero. Where the same density on all sites stays so, sum over jumps of gain and loss = 0 on each site, a reflecting wall stands half a
spacing outside the first site, and weak absorption takes its share q of what tries to leave, q h sum w(u) u.
"""

from __future__ import annotations

from dataclasses import replace

import sympy as sp

from symdiff.continuum.leading import leading
from symdiff.continuum.observables.walls import Wall
from symdiff.continuum.regimes import PreparedRegime
from symdiff.continuum.wall_rules import Rule, first_site
from symdiff.errors import NotYetError
from symdiff.model.definitions import expand_definitions
from symdiff.model.jump_model import JumpModel, make_model
from symdiff.model.occupancy import density_calls

DILUTE = "next to this wall the crowd is dilute: its place is that of a lone walker's"
EMPTY = "a density that is read beyond the wall is zero: no agents are there"
UNEVEN = "agents next to the wall see none beyond it, so that a uniform crowd does not stay uniform there: this layer is not solved"
ALONE = "lone agents do not move by these rules, so that no layer of a dilute crowd is there"


def lone(model: JumpModel) -> JumpModel:
    """The walk of one agent that meets no others; raises :class:`NotYetError` where it does not move, or rules are not of this kind."""
    if (
        model.crowd.site_rate is not None
        or model.crowd.rod_length is not None
        or model.crowd.reactions
        or model.functions
    ):
        raise NotYetError("the layer next to a wall is not solved for this kind of crowd")
    jumps = []
    for jump in model.jumps:
        calls = density_calls(jump.intensity, model)
        rate = expand_definitions(jump.intensity, model.functions).xreplace(dict.fromkeys(calls, sp.Integer(0)))
        jumps.append(replace(jump, intensity=sp.cancel(rate)))
    if any(not j.intensity.is_finite or j.intensity == 0 for j in jumps):
        raise NotYetError(ALONE)
    fields = {name: getattr(model, name) for name in JumpModel.__dataclass_fields__}
    return make_model(fields | {"jumps": tuple(jumps), "crowd": replace(model.crowd, occupancy=None)})


def uniform_rule(model: JumpModel, prepared: PreparedRegime, wall: Wall, axis: int, inward: int) -> Rule:
    """A reflecting wall, or weak absorption, where a uniform crowd stays uniform next to it; else :class:`NotYetError`."""
    boundary = wall.boundary
    if len(model.state_names) > 1 or model.dimension > 1 or boundary.rejected == "mirror" or model.motions:
        raise NotYetError(UNEVEN)
    if (
        model.crowd.site_rate is not None
        or model.crowd.rod_length is not None
        or any(j.law is not None for j in model.jumps)
    ):
        raise NotYetError("the layer next to a wall is not solved for this kind of crowd")
    spacing, rates = _rates(model, axis, inward)
    here = sp.Function(model.density)(*model.coordinate_symbols)
    reach = max(abs(r) for r, _ in rates)
    outflow = sp.Integer(0)
    for n in range(1, 2 * reach + 1):
        balance = sp.Integer(0)
        for r, rate in rates:
            if n - r >= 1:
                balance += _seen(model, rate, n - r, spacing, axis, inward, here)
            if n + r >= 1:
                balance -= _seen(model, rate, n, spacing, axis, inward, here)
            else:
                outflow += _seen(model, rate, n, spacing, axis, inward, here)
        balance = sp.expand(balance)
        if balance != 0:
            fastest = min(leading(model, prepared, rate)[0] for _, rate in rates)
            power, value = leading(model, prepared, balance)
            if value != 0 and (prepared.is_long_wave or power <= fastest):
                raise NotYetError(UNEVEN)
    first, notes = first_site(model, wall, spacing, axis, inward)
    place = sp.expand(first - spacing / 2)
    if boundary.kind == "reflecting":
        return Rule("reflecting", wall=place, notes=notes)
    assert boundary.probability is not None or boundary.rate is not None
    if boundary.rate is not None:
        sites = max(-r for r, _ in rates)
        return Rule("partial", flux=boundary.rate * spacing * sites, notes=notes)
    return Rule("partial", flux=sp.factor(boundary.probability * outflow * spacing), notes=(*notes, EMPTY))


def _rates(model: JumpModel, axis: int, inward: int) -> tuple[sp.Expr, list[tuple[int, sp.Expr]]]:
    """The spacing, and the jumps as numbers of sites inwards with their rates per unit of time."""
    lengths = [j.displacement[axis] * inward for j in model.jumps]
    ratios = [sp.cancel(x / lengths[0]) for x in lengths]
    if not all(q.is_Integer for q in ratios):
        raise NotYetError(UNEVEN)
    spacing = lengths[0] if lengths[0].is_positive else -lengths[0]
    per_time = 1 if model.time_step is None else 1 / model.time_step
    return spacing, [
        (int(sp.cancel(x / spacing)), j.intensity * per_time) for x, j in zip(lengths, model.jumps, strict=True)
    ]


def _seen(model: JumpModel, rate: sp.Expr, n: int, spacing: sp.Expr, axis: int, inward: int, here: sp.Expr) -> sp.Expr:
    """The rate from site n in a uniform crowd that ends at site 1."""
    seen = {}
    for call in density_calls(rate, model):
        away = sp.cancel((call.args[axis] - model.coordinate_symbols[axis]) * inward / spacing)
        if not away.is_number:
            raise NotYetError(UNEVEN)
        seen[call] = here if n + away >= 1 else sp.Integer(0)
    return expand_definitions(rate, model.functions).xreplace(seen)
