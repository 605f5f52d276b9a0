"""Where walkers may be and what becomes of steps that lead outside: walls, periods, steps open at some sites only.

Everything is exact: a wall is the sign of a polynomial in the coordinates of the site, with coefficients a + b sqrt(c).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from numbers import Rational

from symdiff.errors import ModelError, UsageError
from symdiff.evidence.counting.lattice import plus
from symdiff.evidence.counting.steps import StateSteps, StepSet, Transition, Vector, WalkSteps, Weight, one_state, plain

ABSORBING, STAY, MIRROR = "absorbing", "stay", "mirror"
SIGNS = (">=", ">", "=", "!=")
_MOST_REFLECTIONS = 1000


@dataclass(frozen=True)
class Polynomial:
    """sum (a + b sqrt(radicand)) x^exponents over ``terms`` (exponents, a, b): exact values of whole sites."""

    terms: tuple[tuple[Vector, Fraction, Fraction], ...]
    radicand: int = 0

    def parts(self, site: Sequence[int]) -> tuple[Fraction, Fraction]:
        """a and b of the value a + b sqrt(radicand) at a site."""
        rational, surd = Fraction(0), Fraction(0)
        for exponents, a, b in self.terms:
            monomial = math.prod(x**e for x, e in zip(site, exponents, strict=True))
            rational += a * monomial
            surd += b * monomial
        return rational, surd

    def sign(self, site: Sequence[int]) -> int:
        """The sign of the value: -1, 0 or 1, without rounding."""
        if self._whole is not None:
            value: int = sum(c * math.prod(site[i] ** e for i, e in factors) for factors, c in self._whole)
            return (value > 0) - (value < 0)
        a, b = self.parts(site)
        if not b:
            return (a > 0) - (a < 0)
        if a * b >= 0:
            return (b > 0) - (b < 0)
        larger = a * a - b * b * self.radicand  # the parts pull in opposite directions
        return ((larger > 0) - (larger < 0)) * (1 if a > 0 else -1)

    @cached_property
    def _whole(self) -> tuple[tuple[tuple[tuple[int, int], ...], int], ...] | None:
        """The value times a positive number, in integers: ((axis, power), ...), coefficient; None where there are roots."""
        if any(b for _, _, b in self.terms):
            return None
        scale = math.lcm(*(a.denominator for _, a, _ in self.terms), 1)
        return tuple(
            (tuple((i, e) for i, e in enumerate(exponents) if e), int(a * scale)) for exponents, a, _ in self.terms
        )

    @property
    def linear(self) -> bool:
        """Whether the value is affine in the site, with rational coefficients."""
        return all(sum(exponents) <= 1 and not b for exponents, _, b in self.terms)

    def affine(self, dimension: int) -> tuple[tuple[int, ...], int]:
        """Integers (c, c_0) with the sign of c.x + c_0; for linear polynomials only."""
        scale = math.lcm(*(a.denominator for _, a, _ in self.terms), 1)
        found, constant = [0] * dimension, 0
        for exponents, a, _ in self.terms:
            if any(exponents):
                found[exponents.index(1)] += int(a * scale)
            else:
                constant += int(a * scale)
        return tuple(found), constant


@dataclass(frozen=True)
class Condition:
    """``polynomial sign 0``, sign one of >=, >, =, !=."""

    polynomial: Polynomial
    sign: str

    def holds(self, site: Sequence[int]) -> bool:
        """Whether a site fulfils the condition."""
        value = self.polynomial.sign(site)
        return {">=": value >= 0, ">": value > 0, "=": value == 0, "!=": value != 0}[self.sign]


@dataclass(frozen=True)
class Side:
    """One side of a wall: inside where the condition holds; ``image``: x - 2 g(x) image is the mirror image of x."""

    condition: Condition
    image: tuple[Fraction, ...] = ()


@dataclass(frozen=True)
class Wall:
    """One boundary. ``sides[i]``: its conditions for a walker in state i (one entry serves all states).

    ``rule``: what becomes of a step that ends outside: "absorbing" (the walk ends with it), "stay" (not made),
    "mirror" (it ends at the mirror image). With ``absorbed`` it ends the walk with that share of its weight.
    """

    sides: tuple[tuple[Side, ...], ...]
    rule: str
    absorbed: Fraction = Fraction(0)

    def broken(self, site: Vector, state: int) -> Side | None:
        """The first side outside of which a site lies, None inside."""
        for side in self.sides[state if len(self.sides) > 1 else 0]:
            if not side.condition.holds(site):
                return side
        return None


@dataclass(frozen=True)
class Terrain:
    """Walls, periods (axis, first site, number of sites), and for each transition where it is open (empty: everywhere).

    ``rest``: what the weights out of a site lack to one is the weight of resting there. ``factors``: for each transition
    None or a ratio of polynomials of the site left, which multiplies its weight.
    """

    walls: tuple[Wall, ...] = ()
    periods: tuple[tuple[int, int, int], ...] = ()
    open_where: tuple[tuple[Condition, ...], ...] = ()
    rest: bool = False
    factors: tuple[tuple[Polynomial, Polynomial] | None, ...] = ()

    @property
    def plain(self) -> bool:
        """Whether there is nothing here that a free walk lacks, resting aside."""
        return not (self.walls or self.periods or any(self.open_where) or any(f is not None for f in self.factors))

    def inside(self, site: Vector, state: int) -> bool:
        """Whether a walker may be at a site."""
        fits = all(first <= site[axis] < first + number for axis, first, number in self.periods)
        return fits and all(wall.broken(site, state) is None for wall in self.walls)

    def wrapped(self, site: Vector) -> Vector:
        """The site in the period."""
        if not self.periods:
            return site
        entries = list(site)
        for axis, first, number in self.periods:
            entries[axis] = (entries[axis] - first) % number + first
        return tuple(entries)


Place = tuple[Vector, int]


class WalledSteps:
    """Steps on a terrain (or behind a wall, or a list of walls): from every place, where a step may end, how weighted; absorbed steps are left out.

    A place is (coordinates, number of the state). Raises :class:`ModelError` where weights out of a site are not those of
    a process.
    """

    def __init__(self, steps: WalkSteps, terrain: Terrain | Wall | Sequence[Wall]) -> None:
        self.steps, self.terrain = steps, terrain if isinstance(terrain, Terrain) else Terrain(_walls_of(terrain))
        self.machine: StateSteps = one_state(steps)
        for axes in _dimensions(self.terrain):
            if axes != self.machine.dimension:
                raise UsageError(f"the walls are those of {axes} dimensions, the steps have {self.machine.dimension}",
                                 instead=f"walls with {self.machine.dimension} coordinates")  # fmt: skip
        self._arcs: dict[Place, tuple[tuple[Place, Weight], ...]] = {}
        self._out: list[list[int]] = [[] for _ in self.machine.states]
        self._number = {name: i for i, name in enumerate(self.machine.states)}
        for i, t in enumerate(self.machine.transitions):
            self._out[self._number[t.source]].append(i)

    @property
    def dimension(self) -> int:
        return self.machine.dimension

    @property
    def states(self) -> tuple[str, ...]:
        return self.machine.states

    @property
    def weighted(self) -> bool:
        """Whether some weight may be a fraction."""
        terrain = self.terrain
        return self.steps.weighted or terrain.rest or any(terrain.factors) or any(w.absorbed for w in terrain.walls)

    @cached_property
    def denominator(self) -> int:
        """What makes the weights of most steps integers; where factors depend on place, fractions may remain."""
        return self.steps.denominator * math.prod(w.absorbed.denominator for w in self.terrain.walls)

    def arcs(self, place: Place) -> tuple[tuple[Place, Weight], ...]:
        """Every place that one step reaches, with ``denominator`` times the weight of reaching it."""
        found = self._arcs.get(place)
        if found is None:
            scale = self.denominator
            found = tuple((there, plain(weight * scale)) for there, weight in self._moves(place).items())
            self._arcs[place] = found
        return found

    def forget(self) -> None:
        """Drop what is remembered of the places met so far."""
        self._arcs.clear()

    def _moves(self, place: Place) -> dict[Place, Weight]:
        site, state = place
        moves: dict[Place, Weight] = {}
        left: Weight = 1
        for i in self._out[state]:
            weight = self._weight(i, site)
            if not weight:
                continue
            left -= weight
            t = self.machine.transitions[i]
            for there, share in self.landing(place, t):
                moves[there] = moves.get(there, 0) + weight * share
        if self.terrain.rest and left:
            if left < 0:
                raise ModelError(f"the probabilities out of the site {site} sum to {1 - left}, which is above one",
                                 instead="change the values, so that they sum to at most one at every site")  # fmt: skip
            moves[place] = moves.get(place, 0) + left
        return moves

    def _weight(self, i: int, site: Vector) -> Weight:
        terrain = self.terrain
        if terrain.open_where and not all(c.holds(site) for c in terrain.open_where[i]):
            return 0
        weight = self.machine.transitions[i].weight
        ratio = terrain.factors[i] if terrain.factors else None
        if ratio is None:
            return weight
        above, below = ratio[0].parts(site)[0], ratio[1].parts(site)[0]
        if not below or above / below < 0:
            raise ModelError(f"a weight at the site {site} is {'negative' if below else 'infinite'}",
                             instead="a domain in [[boundaries]] that keeps walkers where it is valid")  # fmt: skip
        return weight * above / below

    def landing(self, place: Place, t: Transition) -> list[tuple[Place, Weight]]:
        """Where a step ends: nowhere (absorbed), or at one place with the share that survives."""
        terrain = self.terrain
        site = place[0]
        there, target = terrain.wrapped(plus(site, t.step)), self._number[t.target]
        share: Weight = 1
        for _ in range(_MOST_REFLECTIONS):
            broken = [(w, side) for w in terrain.walls if (side := w.broken(there, target)) is not None]
            if not broken:
                return [((there, target), share)] if share else []
            if any(w.rule == ABSORBING for w, _ in broken):
                return []
            wall, side = broken[0]
            share = share * (1 - wall.absorbed)
            if wall.rule == STAY:
                return [(place, share)] if share else []
            there = terrain.wrapped(_mirrored(there, side))
        raise UsageError(f"the step {t.step} from the site {site} is reflected without end between walls",
                         instead="walls that leave room for a step")  # fmt: skip


Walk = StepSet | StateSteps | WalledSteps
"""Anything that walks."""


def _dimensions(terrain: Terrain) -> set[int]:
    """The numbers of coordinates that the conditions of the walls have."""
    sides = (side for wall in terrain.walls for state in wall.sides for side in state)
    return {len(term[0]) for side in sides for term in side.condition.polynomial.terms}


def _mirrored(site: Vector, side: Side) -> Vector:
    value = side.condition.polynomial.parts(site)[0]
    image = [x - 2 * value * d for x, d in zip(site, side.image, strict=True)]
    if any(x.denominator != 1 for x in image):
        shown = ", ".join(map(str, image))
        raise UsageError(f"the mirror image of the site {site} in the wall is ({shown}), which is no site of the lattice",
                         instead='a wall through sites or midway between them, or rejected = "stay"')  # fmt: skip
    return tuple(int(x) for x in image)


def _walls_of(given: object) -> tuple[Wall, ...]:
    walls = tuple(given) if isinstance(given, Sequence) and not isinstance(given, str) else (given,)
    for wall in walls:
        if not isinstance(wall, Wall):
            raise UsageError(
                f"{type(wall).__name__} is no wall",
                instead="half_space((0, 1)), box, orthant, or a list of half-spaces",
            )
    return walls


def half_space(normal: Sequence[int], least: int = 0, rule: str = ABSORBING) -> Wall:
    """The wall that keeps walkers where normal . x >= least; raises :class:`UsageError` for what is no such wall."""
    if rule not in (ABSORBING, STAY, MIRROR):
        raise UsageError(f"a wall cannot be '{rule}'", instead=f"one of '{ABSORBING}', '{STAY}', '{MIRROR}'")
    numbers = [*normal, least]
    if any(isinstance(c, bool) or not isinstance(c, Rational) for c in numbers) or not any(normal):
        raise UsageError(f"{tuple(normal)} . x >= {least} is no half-space with exact coefficients",
                         instead="integers or fractions, not all zero, such as half_space((1, -1))")  # fmt: skip
    dimension = len(normal)
    terms = [
        (tuple(int(i == j) for j in range(dimension)), Fraction(c), Fraction(0)) for i, c in enumerate(normal) if c
    ]
    terms.append(((0,) * dimension, Fraction(-least), Fraction(0)))
    length = sum(c * c for c in normal)
    image = tuple(Fraction(c, length) for c in normal)
    return Wall(((Side(Condition(Polynomial(tuple(terms)), ">="), image),),), rule)


def orthant(dimension: int, rule: str = ABSORBING) -> Terrain:
    """x_i >= 0 for every coordinate: the half-line, the quadrant, the octant."""
    return Terrain(tuple(half_space([int(i == j) for j in range(dimension)], 0, rule) for i in range(dimension)))


def box(lows: Sequence[int], highs: Sequence[int], rule: str = ABSORBING) -> Terrain:
    """low_i <= x_i <= high_i for every coordinate: strips, slabs, boxes; raises :class:`UsageError` for an empty one."""
    dimension = len(lows)
    if len(highs) != dimension or any(low > high for low, high in zip(lows, highs, strict=True)):
        raise UsageError(f"no site lies between {tuple(lows)} and {tuple(highs)}",
                         instead="for every coordinate a lowest and a highest value, such as box((0, 0), (3, 4))")  # fmt: skip
    walls = []
    for i, (low, high) in enumerate(zip(lows, highs, strict=True)):
        unit = [int(i == j) for j in range(dimension)]
        walls += [half_space(unit, low, rule), half_space([-u for u in unit], -high, rule)]
    return Terrain(tuple(walls))
