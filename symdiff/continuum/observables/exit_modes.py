"""Exits of walks whose rates do not depend on place: modes of the difference or differential equation between the walls."""

from __future__ import annotations

from dataclasses import dataclass, replace

import sympy as sp

from symdiff.algebra.constant_coefficients import Condition, ConstantSystem, Entry, Mode, Site
from symdiff.continuum.limit import ContinuumLimit
from symdiff.continuum.observables.backward import Backward
from symdiff.continuum.observables.lattice_walk import Hop, LatticeWalk, lattice_walk
from symdiff.continuum.observables.result import OffLatticeError
from symdiff.continuum.observables.walls import Interval, Wall
from symdiff.errors import DerivationError, NotYetError, UsageError
from symdiff.model.boundary import Region
from symdiff.model.jump_model import JumpModel

ZERO, ONE = sp.Integer(0), sp.Integer(1)
OVER_TARGET = "the mean is over the walkers that leave through the target"
Solved = tuple[list[sp.Expr], tuple[str, ...]]


@dataclass(frozen=True)
class Exit:
    """What is asked: the kind of observable, whether exits through the low and the high wall count, whether all do, and whether a target
    was named."""

    kind: str
    low: bool
    high: bool
    every: bool
    named: bool = False


class OtherRouteError(NotYetError):
    """This way of solving does not fit the model; another one may."""


@dataclass(frozen=True)
class Grid:
    """Sites between two outside ones, at ``start`` and ``start + spacing * count``; one of them is missing on a half-line.

    ``up`` tells in which direction n counts.
    """

    start: sp.Expr
    spacing: sp.Expr
    count: sp.Expr | None
    notes: tuple[str, ...]


def solve_by_modes(
    model: JumpModel, generator: Backward, limit: ContinuumLimit | None, interval: Interval, wanted: Exit
) -> Solved:
    """The values per state as functions of the coordinate; raises :class:`NotYetError` where the rates vary."""
    if not generator.homogeneous:
        raise OtherRouteError("the rates depend on place")
    if any(m.law is not None for m in generator.moves):
        raise OffLatticeError("the steps have a continuous law: their exits have no closed form")
    if generator.moves and any(any(m.step) for m in generator.moves):
        return _on_lattice(model, generator, interval, wanted)
    return _off_lattice(model, generator, limit, interval, wanted)


# --- on the lattice -----------------------------------------------------------------------------------------------


def grid(model: JumpModel, spacing: sp.Expr, interval: Interval) -> Grid:
    """The first outside site on each side, from the walls and the origin of the sites."""
    origin = model.origin[interval.axis] if model.origin else ZERO
    notes: list[str] = []

    def outside(wall: Wall, low: bool) -> sp.Expr:
        steps = sp.expand((wall.place - origin) / spacing)
        number = sp.Add(*(a for a in sp.Add.make_args(steps) if a.is_Rational))
        symbolic = sp.expand(steps - number)
        if symbolic != 0:
            notes.append(f"{sp.factor(symbolic * spacing)} is a multiple of {spacing}")
        if number.is_Integer:
            shift = number if wall.strict else (number - 1 if low else number + 1)
        else:
            shift = sp.floor(number) if low else sp.ceiling(number)
        return sp.expand(origin + spacing * (symbolic + shift))

    if interval.low is not None:
        start = outside(interval.low, True)
        count = None if interval.high is None else sp.expand((outside(interval.high, False) - start) / spacing)
    else:
        assert interval.high is not None
        start, count = outside(interval.high, False), None
    axis = model.coordinates[interval.axis]
    _check_start(model, interval.axis, start, spacing)
    notes.append(f"{axis} is a site: it differs from {start} by a multiple of {spacing}")
    return Grid(start, spacing, count, tuple(dict.fromkeys(notes)))


def _check_start(model: JumpModel, axis: int, start: sp.Expr, spacing: sp.Expr) -> None:
    """Raises where the stated start is certainly no site."""
    if not model.preparation.stated:
        return
    place = model.preparation.position[axis]
    ways = sp.expand((place - start) / spacing)
    if ways.is_Rational and not ways.is_Integer:
        raise DerivationError(f"no walker can start at {model.coordinates[axis]} = {place}: the sites differ from {start} by multiples of {spacing}",
                              where="initial", instead="state a site, or the origin of the sites: [model] origin")  # fmt: skip


def check_target(model: JumpModel, generator: Backward, interval: Interval, target: Region | None) -> None:
    """Raises where the nearest site beyond the wall that a half-space names is not in it: then not every exit of that side counts."""
    if (
        target is None
        or len(target.signs) != 1
        or target.signs[0][0] not in "<>"
        or any(m.law is not None for m in generator.moves)
    ):
        return
    walk = lattice_walk(generator, dying=True)
    sites = grid(model, walk.spacings[interval.axis], interval)
    x = model.coordinate_symbols[interval.axis]
    left, right = target.members
    gap = right - left if target.signs[0][0] == "<" else left - right
    upward = sp.expand(gap).coeff(x, 1).is_positive
    if upward is None or (interval.high if upward else interval.low) is None:
        return
    outside = sites.start if not upward or sites.count is None else sites.start + sites.spacing * sites.count
    inside = sp.expand(gap.xreplace({x: outside}))
    if not (inside.is_negative or (inside == 0 and len(target.signs[0]) == 1)):
        return
    if all(abs(h.move[interval.axis]) <= 1 for h in walk.hops):
        raise UsageError(f"no exit lies in the target '{target.as_text()}': walkers leave at {x} = {outside}", where="target",
                         instead="name the side of an absorbing boundary")  # fmt: skip
    raise NotYetError(f"of the jumps out of the walls some end at {x} = {outside}, which is not in the target")


def _on_lattice(model: JumpModel, generator: Backward, interval: Interval, wanted: Exit) -> Solved:
    walk = lattice_walk(generator, dying=True)
    spacing = walk.spacings[interval.axis]
    hops = [Hop(h.target, h.source, (h.move[interval.axis],), h.rate) for h in walk.hops]
    sites = grid(model, spacing, interval)
    n = (model.coordinate_symbols[interval.axis] - sites.start) / spacing
    if sites.count is None:
        return _half_line(replace(walk, hops=tuple(hops)), n, generator.step, interval, wanted, sites.notes)
    if sites.count.is_Integer and sites.count < 2:
        raise DerivationError("no site lies between the walls", where="boundaries", instead="move the walls apart")
    system = ConstantSystem(_shift_matrix(hops, walk.losses, walk.size), differences=True)
    conditions = _wall_conditions(hops, interval, wanted, sites)
    source = -(generator.step if generator.step is not None else ONE)
    return _answer(system, conditions, source, sites.count, n, wanted, sites.notes)


def _shift_matrix(hops: list[Hop], losses: tuple[tuple[int, sp.Expr], ...], size: int) -> list[list[Entry]]:
    """Row j: the backward equation of state j."""
    matrix: list[list[Entry]] = [[{} for _ in range(size)] for _ in range(size)]
    entries = [(h.source, h.target, h.move[0], h.rate) for h in hops]
    entries += [(h.source, h.source, 0, -h.rate) for h in hops]
    entries += [(state, state, 0, -rate) for state, rate in losses]
    for row, column, power, value in entries:
        entry = matrix[row][column]
        entry[power] = sp.expand(entry.get(power, ZERO) + value)
    return [[{p: c for p, c in e.items() if c != 0} for e in row] for row in matrix]


def _wall_conditions(
    hops: list[Hop], interval: Interval, wanted: Exit, sites: Grid
) -> list[tuple[Condition, Condition]]:
    """What the outside sites stand for, at both walls: for the chance to leave through the target, and for times."""
    found = []
    for wall, far in ((interval.low, False), (interval.high, True)):
        assert wall is not None
        counts = wanted.high if far else wanted.low
        outward = [h for h in hops if (h.move[0] > 0) == far and h.move[0] != 0]
        margin = 2 * ((wall.place - sites.start) / sites.spacing - (sites.count or ZERO if far else ZERO))
        reach = max(abs(h.move[0]) for h in outward) if outward else 0
        seen: dict[tuple[int, int], list[Hop]] = {}
        for hop in outward:
            for depth in range(abs(hop.move[0])):
                seen.setdefault((hop.target, depth), []).append(hop)
        for (state, depth), origin in sorted(seen.items(), key=lambda item: item[0]):
            found.append(
                _outside(wall, far, (state, depth), origin, ONE if counts else ZERO, (reach, sp.expand(margin)))
            )
        if wall.boundary.rate is not None and (reach > 1 or len({h.source for h in outward}) < len(outward)):
            raise NotYetError("absorption at a rate is handled beside one jump to the neighbour outside so far",
                              instead="state the probability with which a jump outside absorbs")  # fmt: skip
    return found


def _outside(
    wall: Wall, far: bool, place: tuple[int, int], hops: list[Hop], gain: sp.Expr, geometry: tuple[int, sp.Expr]
) -> tuple[Condition, Condition]:
    """The value at an outside site, which is what a jump there leads to, by the kind of the wall."""
    (state, depth), (reach, margin), sign = place, geometry, 1 if far else -1
    here = (ONE, state, Site(far, sign * depth))
    boundary = wall.boundary
    if boundary.kind == "absorbing":
        return ((here,), gain), ((here,), ZERO)
    if boundary.rejected == "mirror":
        image = margin - sign * depth  # the mirror image, counted from the outside site on this side
        if not image.is_Integer or -sign * image < 1:
            raise DerivationError("the mirror image of an outside site is no site inside", where="boundaries",
                                  instead='let the wall stand on a site or half-way between two, or write rejected = "stay"')  # fmt: skip
        rest = (state, Site(far, int(image)))
    else:
        if reach > 1 or len({(h.source, h.rate) for h in hops}) > 1:
            raise NotYetError("walls that hold walkers back are handled for one jump to a neighbour so far")
        rest = (hops[0].source, Site(far, -sign))
    if boundary.kind == "reflecting":
        return ((here, (-ONE, *rest)), ZERO), ((here, (-ONE, *rest)), ZERO)
    if boundary.probability is not None:
        q = boundary.probability
    else:
        assert boundary.rate is not None
        return _absorbed_at_a_rate(here, rest, boundary.rate / hops[0].rate, gain, (hops[0].source, Site(far, -sign)))
    return ((here, (q - 1, *rest)), q * gain), ((here, (q - 1, *rest)), ZERO)


def _absorbed_at_a_rate(
    here: tuple[sp.Expr, int, Site], rest: tuple[int, Site], q: sp.Expr, gain: sp.Expr, left: tuple[int, Site]
) -> tuple[Condition, Condition]:
    """f(outside) = f(where the jump ends) + q (gain - f(site left)): absorption stands beside the jump, which is made in any case."""
    terms = (here, (q - 1, *rest)) if rest == left else (here, (-ONE, *rest), (q, *left))
    return (terms, q * gain), (terms, ZERO)


def _answer(
    system: ConstantSystem, conditions: list[tuple[Condition, Condition]], source: sp.Expr, length: sp.Expr, n: sp.Expr,
    wanted: Exit, notes: tuple[str, ...],
) -> Solved:  # fmt: skip
    states = range(system.size)
    neutral = ONE if system.differences else ZERO
    if wanted.kind == "mean_exit_time" and wanted.every:
        driven = system.driven(Mode(neutral, (tuple(source for _ in states),)))
        solution = system.solve([c for _, c in conditions], [driven], length)
        return [system.value(solution, i, n) for i in states], (*notes, *_generic(system))
    chance = system.solve([c for c, _ in conditions], [], length)
    if wanted.kind == "splitting_probability":
        return [system.value(chance, i, n) for i in states], (*notes, *_generic(system))
    driven_by = [
        system.driven(Mode(m.root, tuple(tuple(source * v for v in vector) for vector in m.vectors), m.weight))
        for m in chance
    ]
    joint = system.solve([c for _, c in conditions], driven_by, length)
    values = [system.value(joint, i, n) / system.value(chance, i, n) for i in states]
    return values, (*notes, OVER_TARGET, *_generic(system))


def _generic(system: ConstantSystem) -> tuple[str, ...]:
    """Which roots are taken to differ from the neutral one."""
    neutral = ONE if system.differences else ZERO
    found = []
    for root, _ in system.roots:
        gap = sp.factor(sp.numer(sp.together(root - neutral)))
        if gap.free_symbols and not gap.is_nonzero:
            plain = gap.as_coeff_Mul()[1]
            found.append(f"{-plain if plain.could_extract_minus_sign() else plain} is not zero")
    return tuple(dict.fromkeys(found))


def _half_line(
    walk: LatticeWalk, n: sp.Expr, step: sp.Expr | None, interval: Interval, wanted: Exit, notes: tuple[str, ...]
) -> Solved:
    """One wall: the chance to reach it at all, and the mean time where it is finite."""
    wall = interval.low or interval.high
    assert wall is not None
    if walk.size > 1 or any(abs(h.move[0]) > 1 for h in walk.hops) or wall.boundary.kind != "absorbing":
        raise NotYetError("one wall is handled for jumps to neighbours and an absorbing wall so far")
    back = interval.low is not None
    towards = sp.expand(sp.Add(*(h.rate for h in walk.hops if (h.move[0] < 0) == back and h.move[0] != 0)))
    away = sp.expand(sp.Add(*(h.rate for h in walk.hops if (h.move[0] > 0) == back and h.move[0] != 0)))
    n = n if back else -n
    unit = step if step is not None else ONE
    death = sp.expand(sp.Add(*(rate for _, rate in walk.losses)))
    if death != 0:  # a chance rho^n with away rho^2 - (away + towards + death) rho + towards = 0
        root = sp.sqrt(sp.factor((away + towards + death) ** 2 - 4 * away * towards))
        rho = (away + towards + death - root) / (2 * away) if away != 0 else towards / (towards + death)
        return [dying_exit(wanted, rho**n, unit * n / root, unit / death)], (*notes, *_of_the_dying(wanted))
    if wanted.kind == "splitting_probability":
        return [ruin_chance(towards, away, n)], notes
    if not wanted.every:
        return [_over_those_that_come(towards - away, unit * n)], (*notes, OVER_TARGET)
    return [ruin_time(towards - away, unit * n)], notes


def dying_exit(wanted: Exit, chance: sp.Expr, conditional: sp.Expr, life: sp.Expr) -> sp.Expr:
    """Of walkers that die after a mean ``life``: the chance to leave before, the mean time of those that do, or that until leaving or death."""
    if wanted.kind == "splitting_probability":
        return chance
    return life * (1 - chance) if wanted.every else conditional


def _of_the_dying(wanted: Exit) -> tuple[str, ...]:
    return (OVER_TARGET,) if wanted.kind == "mean_exit_time" and not wanted.every else ()


def _over_those_that_come(drift: sp.Expr, way: sp.Expr) -> sp.Expr:
    """way/abs(drift): walkers that reach the wall against the drift behave as if it led there."""
    drift = sp.factor(sp.expand(drift))
    if drift == 0:
        return sp.oo
    return sp.factor(way / sp.Abs(drift)) if drift.is_positive or drift.is_negative else way / sp.Abs(drift)


def ruin_chance(towards: sp.Expr, away: sp.Expr, n: sp.Expr) -> sp.Expr:
    """min(1, towards/away)^n."""
    if towards == away or away == 0:
        return ONE
    return sp.Min(1, towards / away) ** n


def ruin_time(drift: sp.Expr, way: sp.Expr) -> sp.Expr:
    """way/drift where the drift leads to the wall; else infinite."""
    drift = sp.factor(sp.expand(drift))
    if drift.is_positive:
        return way / drift
    if drift.is_nonpositive:
        return sp.oo
    return sp.Piecewise((way / drift, sign_carrier(drift) > 0), (sp.oo, True))


def sign_carrier(value: sp.Expr) -> sp.Expr:
    """What is left of a product without the factors that are known to be positive."""
    factors = sp.Mul.make_args(sp.factor(value))
    return sp.Mul(*(sp.Integer(-1) if f.is_negative else f for f in factors if not f.is_positive))


# --- off the lattice ----------------------------------------------------------------------------------------------


def _off_lattice(
    model: JumpModel, generator: Backward, limit: ContinuumLimit | None, interval: Interval, wanted: Exit
) -> Solved:
    axis, size = interval.axis, len(generator.states)
    matrix: list[list[Entry]] = [[{} for _ in range(size)] for _ in range(size)]

    def add(row: int, column: int, power: int, value: sp.Expr) -> None:
        entry = matrix[row][column]
        entry[power] = sp.expand(entry.get(power, ZERO) + value)

    for move in generator.moves:
        add(move.source, move.target, 0, move.rate)
        add(move.source, move.source, 0, -move.rate)
    for term in generator.local:
        if sum(term.order) == term.order[axis] or not any(term.order):
            if term.order[axis] > 2:
                raise NotYetError("derivatives above the second at a wall are not handled")
            add(term.source, term.target, term.order[axis], term.coefficient)
    matrix = [[{p: c for p, c in e.items() if c != 0} for e in row] for row in matrix]
    x = model.coordinate_symbols[axis]
    if interval.low is None or interval.high is None:
        return _half_space(matrix, x, interval, wanted)
    system = ConstantSystem(matrix, differences=False)
    conditions = [
        pair for wall, far in ((interval.low, False), (interval.high, True))
        for pair in _conditions_at(matrix, wall, far, wanted, limit)
    ]  # fmt: skip
    length = sp.expand(interval.high.place - interval.low.place)
    return _answer(system, conditions, -ONE, length, x - interval.low.place, wanted, ())


def _conditions_at(
    matrix: list[list[Entry]], wall: Wall, far: bool, wanted: Exit, limit: ContinuumLimit | None
) -> list[tuple[Condition, Condition]]:
    """Diffusing states meet the wall's condition; a state that only drifts meets it where it drifts out."""
    gain = ONE if (wanted.high if far else wanted.low) else ZERO
    found: list[tuple[Condition, Condition]] = []
    for state in range(len(matrix)):
        spread, speed = matrix[state][state].get(2, ZERO), matrix[state][state].get(1, ZERO)
        here = (ONE, state, Site(far))
        if spread == 0:
            outward = speed if far else -speed
            if outward.is_positive is None and outward.is_negative is None and outward != 0:
                raise NotYetError(f"the sign of the velocity {speed} is not known")
            if not outward.is_positive:
                continue
            if wall.boundary.kind != "absorbing":
                raise NotYetError("what becomes of a drifting walker at a wall that holds it back is not stated",
                                  instead="let the wall absorb, or give the states a diffusivity")  # fmt: skip
        if wall.boundary.kind == "absorbing":
            found.append((((here,), gain), ((here,), ZERO)))
            continue
        slope = (ONE, state, Site(far, slope=True))
        if wall.boundary.kind == "reflecting":
            found.append((((slope,), ZERO), ((slope,), ZERO)))
            continue
        kappa = kappa_at(wall, limit)
        pull = kappa / spread if far else -kappa / spread  # D f' into the domain = kappa (f - gain)
        found.append((((slope, (pull, *here[1:])), pull * gain), ((slope, (pull, *here[1:])), ZERO)))
    return found


def kappa_at(wall: Wall, limit: ContinuumLimit | None) -> sp.Expr:
    """The reactivity of a partial wall, from the limit's boundary condition."""
    for condition in limit.boundary_conditions if limit is not None else ():
        named = dict(condition.coefficients)
        if "kappa" in named and condition.at.split("=")[-1].strip() == str(wall.place):
            return named["kappa"]
    raise NotYetError("the condition at the partial wall is not derived in this regime yet")


def _half_space(matrix: list[list[Entry]], x: sp.Symbol, interval: Interval, wanted: Exit) -> Solved:
    wall = interval.low or interval.high
    assert wall is not None
    if len(matrix) > 1 or wall.boundary.kind != "absorbing":
        raise NotYetError("one wall is handled for drift and diffusion and an absorbing wall so far")
    v, spread = matrix[0][0].get(1, ZERO), matrix[0][0].get(2, ZERO)
    towards, way = (-v, x - wall.place) if interval.low is not None else (v, wall.place - x)
    towards = sp.factor(towards)
    death = -matrix[0][0].get(0, ZERO)
    if death != 0:  # a chance e^(-rho y) with D rho^2 + v_towards rho - death = 0
        if spread == 0:
            raise NotYetError("drift and death without diffusion at one wall are not handled yet")
        root = sp.sqrt(sp.factor(towards**2 + 4 * spread * death))
        chance = sp.exp(-sp.factor((root - towards) / (2 * spread)) * way)
        return [dying_exit(wanted, chance, way / root, 1 / death)], _of_the_dying(wanted)
    if wanted.kind == "mean_exit_time":
        if wanted.every or towards.is_positive:
            return [ruin_time(towards, way)], ()
        if spread == 0:
            raise DerivationError("no walker comes to the wall: the drift leads away, and nothing diffuses")
        return [_over_those_that_come(towards, way)], (OVER_TARGET,)
    if towards.is_nonnegative:
        return [ONE], ()
    if spread == 0:
        raise NotYetError("drift without diffusion")
    return [sp.exp(sp.Min(0, sp.cancel(towards / spread)) * way)], ()
