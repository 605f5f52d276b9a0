"""Walks with sites of their own: interfaces, semi-permeable bonds, skew sites, sticky sites and traps, along one coordinate.

The equation of every homogeneous medium is that of its own jumps; where media or special sites meet, the conditions follow
from the chain of sites there (:mod:`junction_chain`), at the order that the regime keeps.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import sympy as sp

from symdiff.continuum.junction_chain import Chain, Contact, End, chain_around, contact, ends, moved, weighted_excess
from symdiff.continuum.junction_lines import Line, line_of
from symdiff.continuum.leading import leading
from symdiff.continuum.limit import BoundaryCondition, ContinuumLimit, Step
from symdiff.continuum.master import master_equation
from symdiff.continuum.regimes import PreparedRegime, prepare
from symdiff.continuum.resetting import refuse_beside_resets
from symdiff.continuum.walls import Flux
from symdiff.equations.evolution_equation import EvolutionEquation
from symdiff.errors import DerivationError, NotYetError
from symdiff.model.jump_model import Jump, JumpModel, ScalingRegime, make_model
from symdiff.model.occupancy import is_crowd
from symdiff.model.regions import axis_of, holds, in_order, sign_between, thresholds

if TYPE_CHECKING:
    from collections.abc import Callable

AWAY = "the equation holds away from the sites with rules of their own"


def derive_junction(
    model: JumpModel, regime: ScalingRegime, order: int | None, derive: Callable[..., ContinuumLimit]
) -> ContinuumLimit:
    """The equation of every medium with the conditions where they meet; raises like :func:`derive_regime`."""
    if model.population is not None or is_crowd(model):
        raise NotYetError(
            "jumps with 'where' of populations and of agents that see each other are not handled yet", where="jumps"
        )
    if model.resets:
        refuse_beside_resets(model)
    stated = model
    model, deaths = without_graveyard(model)
    x = axis_of([j.region for j in (*model.jumps, *deaths) if j.region is not None], model.coordinates)
    axis = model.coordinate_symbols.index(x)
    places = in_order(thresholds([j.region for j in (*model.jumps, *deaths) if j.region is not None], x))
    groups = _groups(model, axis, places)
    starts = [0, *(places.index(g[-1]) + 1 for g in groups)]
    low, high = None, None
    if model.boundaries:
        from symdiff.continuum.junction_walls import at_wall, near_walls, outer_walls  # loaded when used: start-up time

        low, high = near_walls(model, axis, groups)
        first = groups.index(list(low.group)) + 1 if low is not None else 0
        last = groups.index(list(high.group)) if high is not None else len(groups)
        starts, groups = starts[first : last + 1], groups[first:last]
    media = [_medium(model, x, places, n) for n in starts]
    limits: list[ContinuumLimit] = []
    for n, medium in enumerate(media):
        same = next((m for m in range(n) if media[m].jumps == medium.jumps), None)
        limits.append(derive(medium, regime, order) if same is None else limits[same])
    prepared = prepare(regime, model)
    found: list[BoundaryCondition] = []
    notes = [
        AWAY,
        *(["the places with special sites are far from each other against the jumps"] if len(groups) > 1 else []),
    ]
    for group, before, after in zip(groups, limits, limits[1:], strict=False):
        try:
            conditions, more = _at_group(model, prepared, axis, group, deaths, before, after)
            found += conditions
            notes += more
        except (NotYetError, DerivationError) as error:
            notes.append(f"the conditions at {x} = {group[0]} are not derived: {error.message}")
    if model.boundaries:
        conditions, more = outer_walls(model, x, media, limits, (low is not None, high is not None))
        found += conditions
        notes += more
        for near, limit in ((low, limits[0]), (high, limits[-1])):
            if near is not None:
                try:
                    condition, more = at_wall(model, prepared, axis, near, deaths, limit)
                    found.append(condition)
                    notes += more
                except (NotYetError, DerivationError) as error:
                    notes.append(f"the condition at {x} = {near.wall.place} is not derived: {error.message}")
    whole = limits[0] if all(m is limits[0] for m in limits) else _joined(model, x, limits, [g[0] for g in groups])
    if deaths:
        notes.append(
            f"{model.density} is the density of the walkers that move; those that turn into another state are lost to it"
        )
    master = master_equation(stated)
    return replace(whole, growth_rate=None, master_equation=master, boundary_conditions=tuple(found), assumptions=(*whole.assumptions, *dict.fromkeys(notes)),
                   steps=_steps(master.equations, limits, found, x, [g[0] for g in groups]))  # fmt: skip


def without_graveyard(model: JumpModel) -> tuple[JumpModel, tuple[Jump, ...]]:
    """The one state that moves without the states that are never left, and the jumps from special sites into these."""
    moving = {s for s in model.states if any(j.source in (None, s) and any(j.displacement) for j in model.jumps)}
    left = {
        s
        for s in model.states
        if any(j.source in (None, s) and (j.target not in (None, s) or any(j.displacement)) for j in model.jumps)
    }
    if len(moving) != 1 or left != moving or model.motions or model.clock == "waiting":
        return model, ()
    (walking,) = moving
    deaths = tuple(j for j in model.jumps if j.source == walking and j.target not in (None, walking))
    if any(j.region is None or j.law is not None or any(j.displacement) for j in deaths):
        return model, ()
    kept = tuple(replace(j, source=None, target=None) for j in model.jumps if j not in deaths)
    fields = {name: getattr(model, name) for name in JumpModel.__dataclass_fields__}
    start = replace(model.preparation, states=None)
    return make_model(
        fields | {"states": (), "density": walking, "densities": (), "jumps": kept, "preparation": start}
    ), deaths


def _groups(model: JumpModel, axis: int, places: list[sp.Expr]) -> list[list[sp.Expr]]:
    """Places that are a few sites apart belong together."""
    lengths = [j.displacement[axis] for j in model.jumps if j.displacement[axis] != 0]
    groups = [[places[0]]]
    for place in places[1:]:
        near = bool(lengths) and sp.expand((place - groups[-1][-1]) / lengths[0]).is_Rational
        groups = [*groups[:-1], [*groups[-1], place]] if near else [*groups, [place]]
    return groups


def _medium(model: JumpModel, x: sp.Symbol, places: list[sp.Expr], number: int) -> JumpModel:
    """The homogeneous walk between two groups of places."""
    jumps = tuple(replace(j, region=None) for j in model.jumps if holds(j.region, x, sign_between(x, places, number)))
    if not any(j.law is not None or any(j.displacement) for j in jumps):
        where = f"{x} < {places[0]}" if number == 0 else f"{x} > {places[number - 1]}"
        raise NotYetError(f"where {where} no jump is open: walkers that come there stay for ever", where="jumps",
                          instead="keep them inside with [[boundaries]], or let single sites trap them")  # fmt: skip
    return make_model(
        {name: getattr(model, name) for name in JumpModel.__dataclass_fields__} | {"jumps": jumps, "boundaries": ()}
    )


# --- the conditions at one junction -----------------------------------------------------------------------------------


class _Side:
    """Density and flux on one side of a junction, as one-sided limits."""

    def __init__(self, limit: ContinuumLimit, axis: int, centre: sp.Expr, sign: str) -> None:
        self.flux = Flux(limit, axis)
        self.x, self.centre, self.sign = self.flux.x[axis], centre, sign

    def __call__(self, value: sp.Expr) -> sp.Expr:
        """Every density and derivative in its limit, coefficients at the place itself."""
        shown = {c: sp.Limit(c, self.x, self.centre, dir=self.sign) for c in value.atoms(sp.Derivative)}
        shown |= {self.flux.density: sp.Limit(self.flux.density, self.x, self.centre, dir=self.sign)}
        held: dict[sp.Expr, sp.Expr] = {c: sp.Dummy() for c in shown}
        body = sp.expand(value).xreplace(held).xreplace({self.x: self.centre})
        return body.xreplace({held[c]: limit for c, limit in shown.items()})

    @property
    def density(self) -> sp.Expr:
        return self(self.flux.density)

    @property
    def into(self) -> sp.Expr:
        """D u_x - v u, minus the current."""
        return self(self.flux.into())


def _at_group(
    model: JumpModel,
    prepared: PreparedRegime,
    axis: int,
    group: list[sp.Expr],
    deaths: tuple[Jump, ...],
    before: ContinuumLimit,
    after: ContinuumLimit,
) -> tuple[list[BoundaryCondition], list[str]]:
    if model.states or model.motions or model.internals:
        raise NotYetError("special sites of walkers with states or motions are not handled yet")
    chain = chain_around(model, prepared, axis, group, deaths)
    sides = (_Side(before, axis, chain.centre, "-"), _Side(after, axis, chain.centre, "+"))
    from symdiff.continuum.junction_confirmation import confirm_contact, confirm_ends  # loaded when used: start-up time

    if chain.breaks():
        walls = ends(chain)
        confirmed = confirm_ends(model, prepared, chain, walls)
        found, notes = _closed(model, prepared, chain, walls, sides)
    else:
        map_ = contact(chain)
        confirmed = confirm_contact(model, prepared, chain, map_)
        shift = sp.Integer(0)
        if prepared.is_long_wave and chain.is_plain:
            map_, shift = moved(chain, map_)
        found, notes = _open(model, prepared, chain, map_, sides, before is after)
        if shift != 0:
            place = sp.expand(chain.centre + shift)
            found = [replace(b, coefficients=(*b.coefficients, ("wall", place))) for b in found[:1]] + found[1:]
            notes.append(f"in the long-wave regime the media meet at {sides[0].x} = {place}: there nothing is stored")
    if not confirmed:
        notes.append(
            "the conditions at the special sites have rates that depend on place: no second route confirms them"
        )
    return [_evaluated(b, sides[0].x, chain.centre) for b in found], [*chain.notes, *notes]


def _evaluated(condition: BoundaryCondition, x: sp.Symbol, centre: sp.Expr) -> BoundaryCondition:
    """Coefficients that depend on place are those at the place of the condition."""
    return replace(
        condition, coefficients=tuple((name, value.xreplace({x: centre})) for name, value in condition.coefficients)
    )


class Weights:
    """Powers of eps against the density, whose weight is zero."""

    def __init__(self, model: JumpModel, prepared: PreparedRegime, flux: Flux, place: sp.Expr) -> None:
        self.model, self.prepared, spread = model, prepared, flux.diffusivity
        self.at = {flux.x[flux.axis]: place}
        self.flux = (
            Fraction(0)
            if prepared.is_long_wave
            else leading(model, prepared, spread)[0] + Fraction(prepared.grading.derivative)
        )

    def __call__(self, value: sp.Expr) -> tuple[Fraction, sp.Expr]:
        """(power, leading coefficient at the place itself); in long-wave all parameters are of order one."""
        power, shown = (Fraction(0), value) if self.prepared.is_long_wave else leading(self.model, self.prepared, value)
        return power, shown.xreplace(self.at)


def _open(
    model: JumpModel,
    prepared: PreparedRegime,
    chain: Chain,
    map_: Contact,
    sides: tuple[_Side, _Side],
    homogeneous: bool,
) -> tuple[list[BoundaryCondition], list[str]]:
    left, right = sides
    at, weights = f"{left.x} = {chain.centre}", Weights(model, prepared, left.flux, left.centre)
    power, ratio = weights(signed(map_.ratio))
    if power != 0:
        raise NotYetError(f"the densities on the two sides differ by a factor of order eps**({power})")
    loss_power, loss = weights(signed(map_.loss))
    if loss != 0 and loss_power < weights.flux:
        return _trapped(at, sides), []
    if weights(map_.kept)[1] - 1 != 0 and not (prepared.is_long_wave and loss != 0):
        raise NotYetError("the current changes by a factor at the special sites, to leading order")
    notes: list[str] = []
    if prepared.is_long_wave and (map_.resistance != 0 or (map_.storage != 0 and loss == 0)):
        notes.append(
            f"at {at} permeability and storage enter one gradient later than the densities: these are in contact to leading order"
        )
    resistance_power, resistance = weights(map_.resistance)
    if resistance != 0 and resistance_power + weights.flux < 0:
        walls = [BoundaryCondition(at, "reflecting", s.into, sp.Integer(0)) for s in sides]
        return walls, [f"in this regime nothing passes {at}"]
    named: dict[str, sp.Expr] = {} if ratio == 1 and resistance != 0 else {"ratio": ratio}
    jump = right.density - ratio * left.density
    if resistance != 0 and resistance_power + weights.flux == 0:
        named["permeability"] = signed(1 / resistance)
        first = BoundaryCondition(at, "interface", left.into, named["permeability"] * jump, tuple(named.items()))
    else:
        first = BoundaryCondition(at, "interface", right.density, ratio * left.density, (("ratio", ratio),))
    held = held_mass(prepared, weights, map_)
    line = _line(model, prepared, chain, weights, sides, held)
    if held == sp.oo:
        return _trapped(at, sides), [f"in this regime the sites at {at} hold whoever comes there"]
    change = right.into - (left.into if not prepared.is_long_wave else map_.kept * left.into)
    lost = loss if loss_power == weights.flux else sp.Integer(0)
    second = BoundaryCondition(at, "interface", change, lost * left.density, (("kappa", lost),))
    if lost == 0:
        second = BoundaryCondition(at, "interface", right.into, left.into)
    if held != 0 or line.named:
        rate = held * sp.Derivative(left.density, model.time) + line.balance
        stored = (("storage", held),) if held != 0 else ()
        second = BoundaryCondition(
            at, "sticky", rate + lost * left.density, change, (*stored, *line.named, *second.coefficients)
        )
    if homogeneous and ratio == 1 and first.lhs == right.density and lost == 0 and held == 0 and not line.named:
        return [], [f"in this regime the special sites at {at} leave no trace"]
    return [second, first] if held != 0 or line.named else [first, second], notes


def _line(
    model: JumpModel,
    prepared: PreparedRegime,
    chain: Chain,
    weights: Weights,
    sides: tuple[_Side, _Side],
    held: sp.Expr,
) -> Line:
    """What the special sites carry along themselves, where that counts."""
    if model.dimension == 1 or held == sp.oo:
        return Line(sp.Integer(0), ())
    if prepared.is_long_wave and chain.is_plain:
        if held != 0:
            check_still(model, chain.axis)
        return Line(sp.Integer(0), ())
    return line_of(
        model, prepared, chain.axis, list(chain.places), (chain.spacing, chain.centre),
        [chain.first + i + chain.phase for i in range(len(chain.up))], lambda row: weighted_excess(chain, row), weights,
        weights.flux, sides[0].density)  # fmt: skip


def signed(value: sp.Expr) -> sp.Expr:
    """Factored, with no minus that a change of sign above and below takes away."""
    above, below = sp.fraction(sp.factor(sp.cancel(value)))
    if above.could_extract_minus_sign() and sp.expand(below).is_Add:
        above, below = sp.factor(-above), sp.factor(sp.expand(-below), deep=False)
        below = sp.expand(below) if below.is_Mul and -1 in below.args else below
    return above / below


def held_mass(prepared: PreparedRegime, weights: Weights, map_: Contact) -> sp.Expr:
    """The mass at the special sites per density, where d/dt of it counts beside the flux; oo where it holds all of that."""
    power, value = weights(signed(map_.storage))
    if value == 0 or prepared.is_long_wave:
        return value if map_.loss == 0 else sp.Integer(0)
    weight = power + Fraction(prepared.time_power) - weights.flux
    if weight < 0:
        return sp.oo
    return value if weight == 0 else sp.Integer(0)


def check_still(model: JumpModel, axis: int) -> None:
    """Raises :class:`NotYetError` where walkers that special sites hold move along these, which the conditions do not contain."""
    for n, name in enumerate(model.coordinates):
        if n != axis and any(j.law is not None or j.displacement[n] != 0 for j in model.jumps):
            raise NotYetError(f"special sites hold walkers that also move along {name}: their flux there is not handled yet",
                              instead="leave out the other coordinates")  # fmt: skip


def _trapped(at: str, sides: tuple[_Side, _Side]) -> list[BoundaryCondition]:
    return [BoundaryCondition(at, "absorbing", s.density, sp.Integer(0)) for s in sides]


def _closed(
    model: JumpModel, prepared: PreparedRegime, chain: Chain, walls: tuple[End, End], sides: tuple[_Side, _Side]
) -> tuple[list[BoundaryCondition], list[str]]:
    """Each side ends at a wall of its own: alpha u = beta J, J towards the wall."""
    at = f"{sides[0].x} = {chain.centre}"
    found, notes = [], []
    for wall, side, inward in zip(walls, sides, (-1, 1), strict=True):
        weights = Weights(model, prepared, side.flux, side.centre)
        (a, alpha), (b, beta) = weights(wall.alpha), weights(wall.beta)
        order = a - b - weights.flux
        if alpha == 0 or (beta != 0 and order > 0):
            found.append(BoundaryCondition(at, "reflecting", side.into, sp.Integer(0)))
        elif beta == 0 or order < 0:
            found.append(BoundaryCondition(at, "absorbing", side.density, sp.Integer(0)))
        else:
            kappa = signed(alpha / beta)
            named = (("kappa", kappa), ("extrapolation_length", sp.cancel(side.flux.extrapolation(kappa, inward))))
            found.append(BoundaryCondition(at, "robin", inward * side.into, kappa * side.density, named))
    if any(b.kind != "reflecting" for b in found):
        notes.append(
            f"walkers that come to {at} do not return; they are not counted in {sides[0].flux.density.func.__name__} beside it"
        )
    return found, notes


# --- several media ----------------------------------------------------------------------------------------------------


def _joined(model: JumpModel, x: sp.Symbol, limits: list[ContinuumLimit], cuts: list[sp.Expr]) -> ContinuumLimit:
    """One equation whose coefficients change from medium to medium."""

    def split(values: list[sp.Expr]) -> sp.Expr:
        if all(v == values[0] for v in values):
            return values[0]
        return sp.Piecewise(*((v, x < c) for v, c in zip(values, cuts, strict=False)), (values[-1], True))

    equations = [m.equation for m in limits]
    if any(e is None or e.left != equations[0].left for e in equations if equations[0] is not None):
        raise NotYetError(
            "media whose equations are of different kinds, or have none of their own, are not handled yet",
            where="jumps",
        )
    terms: dict[Any, list[Any]] = {}
    for n, equation in enumerate(equations):
        assert equation is not None
        for term in equation.right:
            terms.setdefault((term.space, term.time, term.fractional, term.density), [None] * len(limits))[n] = term
    merged = []
    for row in terms.values():
        sample = next(t for t in row if t is not None)
        value = split([t.coefficient if t is not None else sp.Integer(0) for t in row])
        merged.append(replace(sample, coefficient=value, inside=sample.inside or value.has(x)))

    def named(kind: str) -> tuple[tuple[str, sp.Expr], ...]:
        tables = [dict(getattr(m, kind)) for m in limits]
        names = list(dict.fromkeys(n for table in tables for n in table))
        return tuple((n, split([table.get(n, sp.Integer(0)) for table in tables])) for n in names)

    first = equations[0]
    assert first is not None
    equation = EvolutionEquation(first.density, first.coordinates, first.time, first.left, tuple(merged))
    where = ", ".join(f"{x} = {c}" for c in cuts)
    notes = dict.fromkeys(a for m in limits for a in m.assumptions)
    return replace(limits[0], equations=(equation,), coefficients=named("coefficients"), flux_form=named("flux_form"), growth_rate=None,
                   backward=None, discarded=(), assumptions=(*notes, f"the medium changes at {where}; the terms that are left out are "
                   "those of each medium by itself"))  # fmt: skip


def _steps(
    equations: tuple[Any, ...],
    limits: list[ContinuumLimit],
    found: list[BoundaryCondition],
    x: sp.Symbol,
    cuts: list[sp.Expr],
) -> tuple[Step, ...]:
    """The master equation with its special sites, the media one by one, and the conditions."""
    why = "balance of arrivals and departures at x, with the sites that have rules of their own"
    steps = [Step("Master equation", e.lhs, e.rhs, why) for e in equations]
    done: list[ContinuumLimit] = []
    for n, limit in enumerate(limits):
        if limit in done:
            continue
        done.append(limit)
        title = ""
        if any(m is not limit for m in limits):
            title = f", {x} < {cuts[0]}" if n == 0 else f", {x} > {cuts[n - 1]}"
        steps += [
            replace(s, title=f"{s.title}{title}") for s in limit.steps if not s.title.startswith("Master equation")
        ]
    for b in found:
        why = f"at {b.at} ({b.kind}): the density is carried through the sites there, stationary at leading order"
        steps.append(Step("Condition", b.lhs, b.rhs, why))
    return tuple(steps)
