"""Walls of a walk with special sites: each belongs to the medium that it bounds, or to the special sites that are next to it.

Next to a wall with special sites the density is stationary at leading order. With P the density per site and J the current into
the domain, both carried from the wall inwards, the bulk has u = a + b y beyond the listed sites, y from the wall, and

    alpha u = beta (current towards the wall),    mass of the listed sites = storage u + int (a + b y) dy.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from math import ceil, floor

import sympy as sp

from symdiff.continuum.junction_chain import DRIFT, Chain, Contact, End, rates_at, sites_at
from symdiff.continuum.junction_lines import Line, line_of
from symdiff.continuum.junctions import Weights, held_mass, signed
from symdiff.continuum.leading import leading
from symdiff.continuum.limit import BoundaryCondition, Coefficients, ContinuumLimit
from symdiff.continuum.observables.walls import Interval, Wall, intervals
from symdiff.continuum.regimes import PreparedRegime
from symdiff.continuum.wall_rules import landing, moved_place
from symdiff.continuum.walls import Flux, check_enclosure, with_conditions
from symdiff.errors import NotYetError
from symdiff.model.boundary import Boundary
from symdiff.model.jump_model import Jump, JumpModel, make_model

OUTER = "the special sites lie between the walls, far from them against the jumps"


@dataclass(frozen=True)
class EndChain:
    """The sites from a wall inwards: ``away`` and ``toward`` the wall, and of ``loss``, at leading order.

    ``first`` is the distance of the first site from the wall, in spacings.
    """

    spacing: sp.Expr
    first: sp.Expr
    away: tuple[sp.Expr, ...]
    toward: tuple[sp.Expr, ...]
    loss: tuple[sp.Expr, ...]
    offsets: tuple[Fraction, ...]  # of the sites, from the centre of the special ones
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class NearWall:
    """A wall with special sites next to it; ``inward`` is 1 where walkers are above it."""

    wall: Wall
    inward: int
    group: tuple[sp.Expr, ...]


# --- which walls ------------------------------------------------------------------------------------------------------


def near_walls(model: JumpModel, axis: int, groups: list[list[sp.Expr]]) -> tuple[NearWall | None, NearWall | None]:
    """The lower and the upper wall across one coordinate, each where a group of special places is next to it."""
    try:
        found = next((i for i in intervals(model) if i.axis == axis), None)
    except NotYetError:
        return None, None
    if found is None or found.periodic:
        return None, None
    low, high = _near(model, axis, found, groups, 1), _near(model, axis, found, groups, -1)
    if low is not None and high is not None and low.group == high.group:
        raise NotYetError("special sites that are next to both walls are not handled yet", where="boundaries")
    return low, high


def _near(model: JumpModel, axis: int, found: Interval, groups: list[list[sp.Expr]], inward: int) -> NearWall | None:
    wall = found.low if inward > 0 else found.high
    if wall is None:
        return None
    lengths = [abs(j.displacement[axis]) for j in model.jumps if j.displacement[axis] != 0]
    for group in groups:
        if lengths and sp.expand((wall.place - group[0]) / lengths[0]).is_Rational:
            return NearWall(wall, inward, tuple(group))
    return None


def outer_walls(
    model: JumpModel, x: sp.Symbol, media: list[JumpModel], limits: list[ContinuumLimit], near: tuple[bool, bool]
) -> tuple[list[BoundaryCondition], list[str]]:
    """The conditions at the walls that no special site is ``near``; raises where a wall bounds several media, or none that is known."""
    check_enclosure(model)
    first: list[Boundary] = []
    last: list[Boundary] = []
    for boundary in model.boundaries:
        for side in boundary.domain:
            slope = sp.diff(side.gap, x)
            if (
                boundary.kind == "periodic"
                or (slope == 0 and any(m is not limits[0] for m in limits))
                or not slope.is_number
            ):
                raise NotYetError("this boundary beside jumps with 'where' is not handled yet", where="boundaries",
                                  instead=f"walls across {x}, beyond the special sites")  # fmt: skip
            one = replace(boundary, members=(sp.Integer(0), side.gap), signs=("<" if side.strict else "<=",))
            if not (slope != 0 and near[0 if slope > 0 else 1]):
                (last if slope < 0 else first).append(one)
    found: list[BoundaryCondition] = []
    notes = [OUTER] if first or last else []
    for medium, limit, walls in ((media[0], limits[0], first), (media[-1], limits[-1], last)):
        if walls:
            fields = {name: getattr(medium, name) for name in JumpModel.__dataclass_fields__}
            bounded = with_conditions(make_model(fields | {"boundaries": tuple(walls)}), replace(limit, assumptions=()))
            found += bounded.boundary_conditions
            notes += bounded.assumptions
    return found, notes


# --- the sites next to the wall ---------------------------------------------------------------------------------------


def end_chain(
    model: JumpModel, prepared: PreparedRegime, axis: int, near: NearWall, deaths: tuple[Jump, ...]
) -> EndChain:
    """The sites next to a wall, with what the wall does to the first one; raises :class:`NotYetError`."""
    wall, inward, places = near.wall, near.inward, list(near.group)
    spacing, centre, reach, phase, notes = sites_at(model, axis, places)
    at = sp.expand((wall.place - centre) / spacing)
    place = Fraction(int(at.p), int(at.q))
    start = ceil(place - phase) if inward > 0 else floor(place - phase)
    if wall.strict and start + phase == place:
        start += inward
    last = max(reach, start) + 3 if inward > 0 else min(0, start) - 3
    offsets = [n + phase for n in range(start, last + inward, inward)]
    up, down, loss = rates_at(model, prepared, axis, places, (spacing, centre), offsets, deaths)
    away, toward = (up, down) if inward > 0 else (down, up)
    if away[-1] != toward[-1]:
        raise NotYetError(DRIFT)
    if away[-1] == 0 or loss[-1] != 0:
        raise NotYetError(
            "special sites next to a wall and a medium without jumps, or where walkers die, are not handled yet"
        )
    distance = abs(offsets[0] - place)
    first = sp.Rational(distance.numerator, distance.denominator)
    outside, boundary = toward[0], wall.boundary
    absorbed, kept = sp.Integer(0), sp.Integer(1)
    if boundary.kind == "absorbing":
        absorbed, kept = outside, sp.Integer(0)
    elif boundary.probability is not None:
        absorbed = leading(model, prepared, boundary.probability * outside)[1]
        kept = leading(model, prepared, 1 - boundary.probability)[1]
    elif boundary.rate is not None and outside != 0:
        absorbed = leading(model, prepared, boundary.rate)[1]
    if boundary.rejected == "mirror" and boundary.kind != "absorbing" and outside != 0 and landing(first) == 1:
        away = [away[0] + kept * outside, *away[1:]]
    loss = [loss[0] + absorbed, *loss[1:]]
    return EndChain(spacing, first, tuple(away), tuple(toward), tuple(loss), tuple(offsets), notes)


def wall_end(chain: EndChain, weights: Sequence[sp.Expr] | None = None) -> tuple[End, sp.Expr]:
    """(alpha u = beta J, storage) of the module's text, J towards the wall; the storage with a weight for every site, if given."""
    weigh = [sp.Integer(1)] * len(chain.away) if weights is None else list(weights)
    away, toward, loss = list(chain.away), list(chain.toward), list(chain.loss)
    start = 0
    for n in range(len(away) - 1):
        if away[n] == 0 and toward[n + 1] != 0:  # who comes there stays: as good as lost
            start, loss[n + 1] = n + 1, loss[n + 1] + toward[n + 1]
        elif away[n] == 0 or toward[n + 1] == 0:
            raise NotYetError("a bond next to a wall that is closed, or open in one direction only, is not handled yet",
                              instead="open it both ways, or let walkers stay at the site behind it")  # fmt: skip
    h, g = chain.spacing, away[-1]
    density, current, mass = sp.Integer(1), sp.Integer(0), sp.Integer(0)
    for n in range(start, len(away)):
        mass += weigh[n] * density
        current = sp.cancel(current - loss[n] * density)
        if n + 1 < len(away):
            density = sp.cancel((away[n] * density - current) / toward[n + 1])
    y = chain.first + len(away) - 1
    at_wall, end = sp.cancel(density + y * current / g), y + sp.Rational(1, 2)
    if at_wall == 0:  # nothing is there that could be stored
        return End(sp.Integer(1), at_wall), at_wall
    storage = h * (mass - weigh[-1] * (at_wall * end - current * end**2 / (2 * g))) / at_wall
    return End(sp.factor(-current), sp.factor(at_wall / h)), sp.factor(sp.cancel(storage))


def _listed(model: JumpModel, axis: int, near: NearWall, deaths: tuple[Jump, ...]) -> Chain:
    """Where the sites beside the wall and the special ones are; their rates are left to the second route."""
    spacing, centre, reach, phase, notes = sites_at(model, axis, list(near.group))
    at = int(sp.floor(sp.expand((near.wall.place - centre) / spacing)))
    blank = (sp.Integer(0),) * (abs(at) + reach + 6)
    return Chain(axis, spacing, centre, near.group, min(0, at) - 2, blank, blank, blank, phase, notes, deaths)


# --- the condition ----------------------------------------------------------------------------------------------------


def at_wall(
    model: JumpModel,
    prepared: PreparedRegime,
    axis: int,
    near: NearWall,
    deaths: tuple[Jump, ...],
    limit: ContinuumLimit,
) -> tuple[BoundaryCondition, list[str]]:
    """The condition at a wall with special sites next to it: absorbing, reflecting, Robin's or sticky."""
    if model.states or model.motions or model.internals:
        raise NotYetError("special sites of walkers with states or motions are not handled yet")
    from symdiff.continuum.junction_confirmation import confirm_wall  # loaded when used: start-up time

    chain = end_chain(model, prepared, axis, near, deaths)
    end, storage = wall_end(chain)
    notes = list(chain.notes)
    if not confirm_wall(model, prepared, _listed(model, axis, near, deaths), near, end, storage):
        notes.append(
            "the conditions at the special sites have rates that depend on place: no second route confirms them"
        )
    flux = Flux(limit, axis)
    place, inward = near.wall.place, near.inward
    at = f"{flux.x[axis]} = {place}"
    weights = Weights(model, prepared, flux, place)
    spread = flux.diffusivity.xreplace(weights.at)
    (a, alpha), (b, beta) = weights(end.alpha), weights(end.beta)
    order = a - b - weights.flux
    lost = sp.Integer(0)
    if alpha != 0 and (beta == 0 or order < 0 or (prepared.is_long_wave and near.wall.absorbs_all)):
        length = signed(spread * beta / alpha)
        named: Coefficients = (("extrapolation_length", length), ("wall", moved_place(place, -inward * length)))
        if beta != 0 and not prepared.is_long_wave and weights(storage)[0] + Fraction(prepared.time_power) <= a - b:
            named = ()  # what the sites hold changes as fast as it is absorbed: nothing is stationary there
        return BoundaryCondition(at, "absorbing", flux.density, sp.Integer(0), named), notes
    if alpha != 0 and order == 0:
        lost = signed(alpha / beta)
    elif alpha != 0:
        notes.append(f"in this regime the absorption at {at} vanishes")
    one, none = sp.Integer(1), sp.Integer(0)
    held = held_mass(prepared, weights, Contact(one, none, one, lost, storage))
    line = Line(none, ())
    if model.dimension > 1 and held != sp.oo:
        spacing, centre, *_ = sites_at(model, axis, list(near.group))
        line = line_of(model, prepared, axis, list(near.group), (spacing, centre), chain.offsets,
                       lambda row: wall_end(chain, row)[1], weights, weights.flux, flux.density)  # fmt: skip
    if held == sp.oo:
        notes.append(f"in this regime the sites at {at} hold whoever comes there")
        return BoundaryCondition(at, "absorbing", flux.density, none), notes
    into = inward * flux.into()
    drift = sp.S.Zero if flux.nonlinear else inward * flux.drift.xreplace(weights.at)
    kappa: Coefficients = (
        () if lost == 0 else (("kappa", lost), ("extrapolation_length", sp.cancel(spread / (lost + drift))))
    )
    if held != 0 or line.named:
        if prepared.is_long_wave:
            notes.append(f"at {at} storage, and what is carried along, enter one gradient later than the flux")
        rate = held * sp.Derivative(flux.density, model.time) + line.balance
        stored = (("storage", held),) if held != 0 else ()
        return BoundaryCondition(at, "sticky", rate + lost * flux.density, into, (*stored, *line.named, *kappa)), notes
    if lost != 0:
        return BoundaryCondition(at, "robin", into, lost * flux.density, kappa), notes
    shift = sp.expand(place - inward * weights(storage)[1])
    return BoundaryCondition(at, "reflecting", into, none, (("wall", shift),)), notes
