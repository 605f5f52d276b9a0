"""First-passage densities, survival, and decay rates between walls, for walks whose rates do not depend on place.

Between two walls everything is a sum over the modes sin(k pi m/N); on a half-line the ballot theorem gives Bessel functions
(continuous time) or binomials (discrete time), and drift with diffusion the inverse Gaussian law.
Sources: Feller, An Introduction to Probability Theory I, ch. XIV; Redner, A Guide to First-Passage Processes, ch. 2-3.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import sympy as sp

from symdiff.continuum.limit import ContinuumLimit
from symdiff.continuum.observables import passage_fractional
from symdiff.continuum.observables.backward import Backward, multiplies, of_limit, of_model, without_losses
from symdiff.continuum.observables.exit_flights import flies
from symdiff.continuum.observables.exit_modes import ONE, ZERO, OtherRouteError, check_target, grid, kappa_at
from symdiff.continuum.observables.exit_quadrature import drift_and_diffusion
from symdiff.continuum.observables.lattice_walk import lattice_walk
from symdiff.continuum.observables.partial_walls import half_line
from symdiff.continuum.observables.result import Found
from symdiff.continuum.observables.shells import survival_in_round
from symdiff.continuum.observables.trap import survival_beside_wall, trap_beside
from symdiff.continuum.observables.walls import (
    Interval,
    absorbs,
    check_other_walls,
    counted_sides,
    curved,
    exit_interval,
    intervals,
)
from symdiff.continuum.waiting_decay import death_rate, of_those_alive, without_death
from symdiff.errors import DerivationError, NotYetError
from symdiff.model.jump_model import JumpModel, ObservableStatement, make_model


@dataclass(frozen=True)
class Neighbours:
    """Constant rates to the next sites, and the sites: the start is ``place`` sites above the lower outside one."""

    up: sp.Expr
    down: sp.Expr
    place: sp.Expr
    count: sp.Expr | None  # the upper outside site, counted from the lower one; None on a half-line
    step: sp.Expr | None
    notes: tuple[str, ...]
    wall_sites: tuple[sp.Expr, sp.Expr] = (ZERO, ZERO)  # where the walls themselves stand, counted alike
    death: sp.Expr = ZERO  # rate (per step in discrete time) at which walkers die, the same at every site


def neighbours(model: JumpModel, generator: Backward, interval: Interval) -> Neighbours:
    """The walk across the walls; raises :class:`NotYetError` where it is more than that."""
    if not generator.homogeneous or len(generator.states) > 1:
        raise NotYetError("time-dependent exits are handled for constant rates without internal states so far")
    generator, death = without_losses(generator)
    walk = lattice_walk(generator)
    up, down = ZERO, ZERO
    for hop in walk.hops:
        move = hop.move[interval.axis]
        if abs(move) > 1:
            raise NotYetError("time-dependent exits are handled for jumps to neighbours so far")
        up, down = up + (hop.rate if move == 1 else 0), down + (hop.rate if move == -1 else 0)
    sites = grid(model, walk.spacings[interval.axis], interval)
    x = model.coordinate_symbols[interval.axis]
    place = sp.expand((_start(model, interval, x) - sites.start) / sites.spacing)
    walls = tuple(
        sp.expand((w.place - sites.start) / sites.spacing) if w is not None else ZERO
        for w in (interval.low, interval.high)
    )
    if interval.low is None:  # count from the only wall
        up, down, place = down, up, -place
    return Neighbours(sp.expand(up), sp.expand(down), place, sites.count, generator.step, sites.notes, walls, death)


def _refuse_births(model: JumpModel) -> None:
    if multiplies(model):
        raise DerivationError("walkers multiply: whether and when one of them leaves is no property of a single walker",
                              instead='ask for "decay_rate", which says whether their number grows between the walls')  # fmt: skip


def _start(model: JumpModel, interval: Interval, x: sp.Symbol) -> sp.Expr:
    return model.preparation.position[interval.axis] if model.preparation.stated else x


def lattice(model: JumpModel, statement: ObservableStatement) -> Found:
    """The first-passage law (per step in discrete time) or the survival probability on the lattice."""
    _refuse_births(model)
    generator = of_model(model)
    if curved(model):
        return survival_in_round(model, generator, statement, model.time)
    box = _in_box(model, statement, generator, lambda part: lattice(part, statement))
    if box is not None:
        return box
    if (alone := _by_death(model, generator, statement)) is not None:
        return alone
    interval = exit_interval(model, statement.target)
    check_other_walls(model, generator, interval)
    if generator.moves and interval.low is not None and model.boundaries:
        check_target(model, generator, interval, statement.target)
    found = _in_trap(model, generator, interval, statement)
    if found is not None:
        return found
    walk, t = neighbours(model, generator, interval), model.time
    low, high = counted_sides(model, interval, statement.target)
    if any(w is not None and w.boundary.kind != "absorbing" for w in (interval.low, interval.high)):
        walk, low, high = _unfolded(walk, interval), True, True
    notes = (
        walk.notes
        if walk.step is None
        else (*walk.notes, f"t is a multiple of {walk.step}; the value is that of one step")
    )
    if walk.count is None:
        return Found(_half_line(walk, statement.kind, t), notes)
    return Found(_interval(walk, statement.kind, t, low, high), notes)


def _by_death(model: JumpModel, generator: Backward | None, statement: ObservableStatement) -> Found | None:
    """Where walkers die at one rate and no boundary absorbs, death is the only way out; None elsewhere."""
    if (
        generator is None
        or len(generator.states) > 1
        or statement.target is not None
        or not generator.losses
        or absorbs(model)
    ):
        return None
    _, death = without_losses(generator)
    if generator.step is None:
        alive = sp.exp(-death * model.time)
        value = alive if statement.kind == "survival_probability" else death * alive
    else:
        steps = model.time / generator.step
        value = (1 - death) ** steps if statement.kind == "survival_probability" else death * (1 - death) ** (steps - 1)
    return Found(value, ("no boundary absorbs: walkers end by death alone",))


def _in_box(
    model: JumpModel, statement: ObservableStatement, generator: Backward | None, along: Callable[[JumpModel], Found]
) -> Found | None:
    """The survival between walls across several coordinates along which the motion is independent: the product; None elsewhere.

    Walkers that die would be counted once for every coordinate: they do not come here, nor does discrete time, in which all coordinates jump at once.
    """
    exits = (
        [i for i in intervals(model) if any(w is not None and w.absorbs for w in (i.low, i.high))]
        if model.boundaries
        else []
    )
    if len(exits) < 2 or statement.kind != "survival_probability" or statement.target is not None or generator is None:
        return None
    moved = [[r != 0 for r in m.step] for m in generator.moves] + [[bool(n) for n in c.order] for c in generator.local]
    laws = any(m.law is not None for m in generator.moves)
    if (
        generator.step is not None
        or generator.losses
        or laws
        or not generator.homogeneous
        or any(sum(row) > 1 for row in moved)
    ):
        raise NotYetError("the survival between walls across several coordinates is handled where the motion along each is independent of the "
                          "others: jumps and diffusion along the axes in continuous time", instead="ask for walls across one coordinate")  # fmt: skip
    fields = {name: getattr(model, name) for name in JumpModel.__dataclass_fields__}
    notes: list[str] = []
    x, value = model.coordinate_symbols, ONE
    for n, interval in enumerate(exits):
        own = tuple(b for b in model.boundaries if any(side.gap.has(x[interval.axis]) for side in b.domain))
        part = along(make_model(fields | {"boundaries": own}))
        letters = {
            s: sp.Symbol(f"{s.name}{n}", **s.assumptions0)
            for s in part.value.atoms(sp.Symbol)
            if s.name.startswith("_")
        }
        value, notes = value * part.value.xreplace(letters), [*notes, *part.assumptions]
    return Found(value, tuple(dict.fromkeys(notes)))


def _unfolded(walk: Neighbours, interval: Interval) -> Neighbours:
    """A walk between a reflecting and an absorbing wall as one between two absorbing ones, its mirror image beside it.

    Refused jumps mirror half-way between the last site and the next; jumps to the mirror image in the wall itself.
    """
    pair = (interval.low, interval.high)
    kinds = {w.boundary.kind if w is not None else "" for w in pair}
    if kinds != {"absorbing", "reflecting"} or sp.expand(walk.up - walk.down) != 0:
        raise NotYetError("time-dependent exits are handled between walls that absorb, or one that reflects walkers without a drift",
                          instead="ask for the mean exit time")  # fmt: skip
    assert walk.count is not None
    below = pair[0] is not None and pair[0].boundary.kind == "reflecting"
    wall = pair[0] if below else pair[1]
    assert wall is not None
    inside = walk.count if not below else ZERO  # the outside site of the reflecting wall
    mirror = inside + (sp.Rational(1, 2) if below else -sp.Rational(1, 2))
    if wall.boundary.rejected == "mirror":
        mirror = walk.wall_sites[0 if below else 1]
    image = sp.expand(2 * mirror - (walk.count if below else ZERO))  # of the absorbing outside site
    if below:
        return replace(walk, place=sp.expand(walk.place - image), count=sp.expand(walk.count - image))
    return replace(walk, count=image)


def _in_trap(
    model: JumpModel, generator: Backward | None, interval: Interval, statement: ObservableStatement
) -> Found | None:
    """The law of the exit across one wall in a linear trap; None for other processes."""
    if generator is None or generator.homogeneous or generator.moves:
        return None
    x = model.coordinate_symbols[interval.axis]
    trap = trap_beside(generator, interval, x)
    return None if trap is None else survival_beside_wall(trap, _start(model, interval, x), model.time, statement.kind)


def _half_line(walk: Neighbours, kind: str, t: sp.Symbol) -> sp.Expr:
    n, away, towards = walk.place, walk.up, walk.down
    if walk.step is None:

        def density(s: sp.Expr) -> sp.Expr:
            skew = ONE if away == towards else (towards / away) ** (n / 2)
            return n / s * sp.exp(-(away + towards) * s) * skew * sp.besseli(n, 2 * s * sp.sqrt(away * towards))

        alive = sp.exp(-walk.death * t)
        if kind == "first_passage_density":
            return alive * density(t)
        s = sp.Symbol("_s", positive=True)
        return alive * (1 - sp.Integral(density(s), (s, 0, t)))
    if walk.death != 0 and kind != "first_passage_density":
        raise NotYetError("the survival beside one wall of walkers that die in discrete time is not handled yet",
                          instead="ask for the first-passage density")  # fmt: skip
    if sp.expand(away + towards + walk.death - 1) != 0:
        raise NotYetError("first-passage laws of walkers that may rest are not handled yet")

    def chance(steps: sp.Expr) -> sp.Expr:
        return (
            n / steps * sp.binomial(steps, (steps + n) / 2) * towards ** ((steps + n) / 2) * away ** ((steps - n) / 2)
        )

    if kind == "first_passage_density":
        return chance(t / walk.step)
    j = sp.Symbol("_j", integer=True)
    return 1 - sp.Sum(chance(n + 2 * j), (j, 0, sp.floor((t / walk.step - n) / 2)))


def _interval(walk: Neighbours, kind: str, t: sp.Symbol, low: bool, high: bool) -> sp.Expr:
    m, size, up, down = walk.place, walk.count, walk.up, walk.down
    assert size is not None
    k = sp.Symbol("_k", integer=True)
    angle = sp.pi * k / size
    both = sp.sqrt(up * down)
    rate = 2 * up * (1 - sp.cos(angle)) if up == down else up + down - 2 * both * sp.cos(angle)
    skew = sp.sqrt(sp.cancel(up / down))
    share = down * skew ** (1 - m) if low else ZERO
    if high:
        share -= up * skew ** (size - 1 - m) * (-1) ** k  # sin(pi k - a) = -(-1)^k sin a
    flux = sp.factor_terms(share) * sp.sin(angle)
    term = 2 / size * sp.sin(angle * m) * flux
    whole = rate + walk.death
    if walk.step is None:
        term *= sp.exp(-whole * t) if kind == "first_passage_density" else sp.exp(-whole * t) / rate
    else:
        n = t / walk.step
        term *= (1 - whole) ** (n - 1) if kind == "first_passage_density" else (1 - whole) ** n / rate
    return sp.Sum(term, (k, 1, size - 1))


def of_equation(model: JumpModel, limit: ContinuumLimit, statement: ObservableStatement) -> Found:
    """The first-passage density or the survival probability of drift and diffusion."""
    _refuse_births(model)
    if limit.equation is not None and (alive := of_those_alive(limit.equation)) is not None:  # u = e^(-kt) p
        of_the_living = of_equation(without_death(model), replace(limit, equations=(alive,)), statement)
        return replace(of_the_living, value=sp.exp(-death_rate(model) * model.time) * of_the_living.value)
    if curved(model):
        generator = of_limit(model, limit)
        if generator is None:
            raise NotYetError("the regime has no equation or system of first order in time")
        return survival_in_round(model, generator, statement, model.time)
    if flies(limit):
        raise NotYetError(
            "exits of Levy flights as functions of time are not handled yet",
            instead="ask for the mean exit time between two walls",
        )
    box = _in_box(model, statement, of_limit(model, limit), lambda part: of_equation(part, limit, statement))
    if box is not None:
        return box
    if (alone := _by_death(model, of_limit(model, limit), statement)) is not None:
        return alone
    interval = exit_interval(model, statement.target)
    x, t = model.coordinate_symbols[interval.axis], model.time
    start = _start(model, interval, x)
    index = passage_fractional.waiting_index(limit)
    if index is not None:

        def between(spread: sp.Expr, decay: Callable[[sp.Expr], sp.Expr], sides: tuple[bool, bool]) -> sp.Expr:
            """Chances of the modes times their decay; a density in time is the derivative of the decay itself."""
            return _slab(interval, start, ZERO, spread, decay, "survival_probability", sides)

        return passage_fractional.of_equation(model, limit, statement, interval, start, index, between)
    found = _in_trap(model, of_limit(model, limit), interval, statement)
    if found is not None:
        return found
    generator = of_limit(model, limit)
    assert generator is not None  # else the motion is not known
    check_other_walls(model, generator, interval)
    v, spread = constant_motion(model, limit, interval, dying=True)
    alive = sp.exp(-_death(model, limit) * t)
    if interval.low is None or interval.high is None:
        wall = interval.low or interval.high
        assert wall is not None
        y, away = (start - wall.place, v) if interval.low is not None else (wall.place - start, -v)
        if wall.boundary.kind == "partial":
            found = half_line(kappa_at(wall, limit), y, away, spread, t, statement.kind)
            return replace(found, value=alive * found.value)
        if wall.boundary.kind != "absorbing":
            raise NotYetError("time-dependent exits are handled at absorbing walls so far")
        return Found(alive * _half_space(y, away, spread, t, statement.kind))
    low, high = counted_sides(model, interval, statement.target)
    return Found(alive * _slab(interval, start, v, spread, lambda rate: sp.exp(-rate * t), statement.kind, (low, high)))


def _death(model: JumpModel, limit: ContinuumLimit) -> sp.Expr:
    """The rate at which walkers of a limit's equation die, the same everywhere."""
    generator = of_limit(model, limit)
    return ZERO if generator is None else without_losses(generator)[1]


def constant_motion(
    model: JumpModel, limit: ContinuumLimit, interval: Interval, *, dying: bool = False
) -> tuple[sp.Expr, sp.Expr]:
    """Constant drift and diffusion along the coordinate of the walls; ``dying``: beside a constant rate of death, which is left out."""
    generator = of_limit(model, limit)
    if generator is None or not generator.homogeneous:
        raise NotYetError("time-dependent exits are handled for constant drift and diffusion so far")
    try:
        local = tuple(c for c in generator.local if any(c.order)) if dying else generator.local
        v, spread = drift_and_diffusion(replace(generator, local=local), interval.axis)
    except OtherRouteError as error:
        raise NotYetError("time-dependent exits are handled for one density so far") from error
    return sp.factor(v), sp.factor(spread)


def _half_space(y: sp.Expr, away: sp.Expr, spread: sp.Expr, t: sp.Symbol, kind: str) -> sp.Expr:
    width = sp.sqrt(4 * spread * t)
    if kind == "first_passage_density":
        return y / sp.sqrt(4 * sp.pi * spread * t**3) * sp.exp(-((y + away * t) ** 2) / (4 * spread * t))
    if away == 0:
        return sp.erf(y / width)
    return (sp.erfc(-(y + away * t) / width) - sp.exp(-away * y / spread) * sp.erfc((y - away * t) / width)) / 2


def _slab(
    interval: Interval, start: sp.Expr, v: sp.Expr, spread: sp.Expr, decay: Callable[[sp.Expr], sp.Expr], kind: str,
    counted: tuple[bool, bool],
) -> sp.Expr:  # fmt: skip
    """The sum over the modes of rate m, whose amplitudes fall like ``decay(m)``."""
    assert interval.low is not None
    assert interval.high is not None
    length = sp.expand(interval.high.place - interval.low.place)
    kinds = (interval.low.boundary.kind, interval.high.boundary.kind)
    k = sp.Symbol("_k", integer=True, positive=True)
    if kinds == ("absorbing", "absorbing"):
        wave, y = sp.pi * k / length, start - interval.low.place
        flux = ZERO
        if counted[0]:
            flux += sp.exp(-v * y / (2 * spread))
        if counted[1]:
            flux -= (-1) ** k * sp.exp(v * (length - y) / (2 * spread))
    elif set(kinds) == {"absorbing", "reflecting"} and v == 0:
        wave = sp.pi * (2 * k - 1) / (2 * length)
        y = start - interval.low.place if kinds[0] == "absorbing" else interval.high.place - start
        flux = ONE
    else:
        raise NotYetError("time-dependent exits between these walls have no closed form here")
    rate = spread * wave**2 + v**2 / (4 * spread)
    term = 2 * spread / length * wave * sp.sin(wave * y) * flux * decay(rate)
    return sp.Sum(term if kind == "first_passage_density" else term / rate, (k, 1, sp.oo))
