"""The sites around one place along a coordinate, and where every jump from each of them leads: walls, special sites, media.

Sites are numbered from the place; a site with number m stands ``m + phase`` spacings from it. Places that are no rational
number of spacings away are far: every site here lies on the same side of them. Of walls, only the one at the place is there. Only
the rules are read, no equation.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from math import floor, gcd

import sympy as sp

from symdiff.errors import NotYetError
from symdiff.model.boundary import Boundary, Inequality, Region
from symdiff.model.jump_model import Jump, JumpModel
from symdiff.model.regions import comparisons

FAR = 10**6  # the number of a site that is far from the place
WIDEST = 60  # sites on either side among which rules of their own are looked for

Sign = Callable[[sp.Expr], int]


@dataclass(frozen=True)
class Move:
    """A way to leave a site: to the site that many numbers further (None: for good), with a weight, by a jump (-1: none)."""

    shift: int | None
    weight: sp.Expr
    jump: int


@dataclass(frozen=True)
class ChainGeometry:
    """What happens at every listed site; beyond the list the rules are those of the ``left`` and the ``right`` medium.

    ``left`` or ``right`` is None where no sites are there. ``first`` is the number of the first listed site.
    """

    axis: int
    spacing: sp.Expr
    phase: Fraction
    first: int
    sites: tuple[tuple[Move, ...], ...]
    left: tuple[Move, ...] | None
    right: tuple[Move, ...] | None

    def moves(self, number: int) -> tuple[Move, ...] | None:
        """The ways out of a site; None where there is no site."""
        if number < self.first:
            return self.left
        if number >= self.first + len(self.sites):
            return self.right
        return self.sites[number - self.first]


class _Rules:
    """The rules at any site near one place of one coordinate."""

    def __init__(self, model: JumpModel, axis: int, place: sp.Expr, sign: Sign, deaths: tuple[Jump, ...] = ()) -> None:
        self.model, self.axis, self.place, self.sign, self.deaths = model, axis, place, sign, deaths
        self.x = model.coordinate_symbols[axis]
        lengths = [j.displacement[axis] for j in model.jumps if j.displacement[axis] != 0]
        if not lengths:
            raise NotYetError("nothing moves across this place")
        shares = [_ratio(r, lengths[0]) for r in lengths]
        if None in shares:
            raise NotYetError("jumps whose lengths have no common spacing are not compared beside a wall yet")
        known = [Fraction(int(s.p), int(s.q)) for s in shares if s is not None]
        unit = Fraction(gcd(*(abs(s.numerator) for s in known)), _lcm(s.denominator for s in known))
        unit *= 1 if sign(lengths[0]) > 0 else -1
        self.spacing = sp.Rational(unit.numerator, unit.denominator) * lengths[0]
        self.steps = [
            0 if r == 0 else int(_ratio(r, self.spacing) or 0) for r in (j.displacement[axis] for j in model.jumps)
        ]
        origin = model.origin[axis] if model.origin else sp.Integer(0)
        offset = _ratio(origin - place, self.spacing)
        whole = Fraction(0) if offset is None else Fraction(int(offset.p), int(offset.q))
        self.phase = whole - floor(whole)
        sides = [(self._side(i), b) for b in model.boundaries for i in b.domain if i.gap.free_symbols & {self.x}]
        self.walls = [(s, b) for s, b in sides if sp.expand(s[0].xreplace({self.x: place})) == 0]

    def _side(self, inequality: Inequality) -> tuple[sp.Expr, Inequality]:
        others = set(self.model.coordinate_symbols) - {self.x}
        if inequality.gap.free_symbols & others:
            raise NotYetError("curved and oblique walls are not compared with the sites yet")
        return inequality.gap, inequality

    def gap_sign(self, gap: sp.Expr, number: int) -> int:
        """The sign of a linear gap at a site."""
        slope = sp.expand(gap).coeff(self.x, 1)
        if sp.expand(gap - slope * self.x).free_symbols & {self.x}:
            raise NotYetError("curved walls are not compared with the sites yet")
        root = sp.expand(-sp.expand(gap).coeff(self.x, 0) / slope)
        away = _ratio(root - self.place, self.spacing)
        if away is None:  # the place is far
            side = -self.sign(root - self.place)
        else:
            here = Fraction(number) + self.phase - Fraction(int(away.p), int(away.q))
            side = (here > 0) - (here < 0)
        return side * self.sign(slope)

    def inside(self, number: int) -> bool:
        """Whether walkers may be at a site."""
        return all(not self._beyond(side, number) for side, _ in self.walls)

    def _beyond(self, side: tuple[sp.Expr, Inequality], number: int) -> bool:
        found = self.gap_sign(side[0], number)
        return found < 0 or (found == 0 and side[1].strict)

    def open(self, region: Region | None, number: int) -> bool:
        """Whether a condition on the sites holds at one of them."""
        if region is None:
            return True
        for gap, word in comparisons(region):
            value = self.gap_sign(gap, number)
            if not {"<": value < 0, "<=": value <= 0, ">": value > 0, ">=": value >= 0, "=": value == 0, "==": value == 0,
                    "!=": value != 0}[word]:  # fmt: skip
                return False
        return True

    def at(self, number: int) -> tuple[Move, ...] | None:
        """All ways out of a site; None outside of the walls."""
        if not self.inside(number):
            return None
        found: list[Move] = []
        dying: list[Boundary] = []
        for index, (jump, step) in enumerate(zip(self.model.jumps, self.steps, strict=True)):
            if not self.open(jump.region, number) or (step == 0 and not any(jump.displacement)):
                continue
            hit = next(((side, b) for side, b in self.walls if self._beyond(side, number + step)), None)
            if hit is None:
                found.append(Move(step, jump.intensity, index))
            else:
                found += self._refused(number, step, index, *hit, dying)
        found += [Move(None, j.intensity, -1) for j in self.deaths if self.open(j.region, number)]
        return tuple(found)

    def _refused(
        self, number: int, step: int, index: int, side: tuple[sp.Expr, Inequality], wall: Boundary, dying: list[Boundary]
    ) -> list[Move]:  # fmt: skip
        """What becomes of a jump that would end outside."""
        weight = self.model.jumps[index].intensity
        if wall.kind == "absorbing":
            return [Move(None, weight, index)]
        if wall.kind == "periodic" or wall.crossing != "end":
            raise NotYetError("periodic walls are not compared with the sites")
        found = []
        lost = sp.Integer(0) if wall.probability is None else wall.probability
        if lost != 0:
            found.append(Move(None, weight * lost, index))
        if wall.rate is not None and wall not in dying:  # once per site, whichever jump leads outside
            dying.append(wall)
            found.append(Move(None, wall.rate, -1))
        if wall.rejected == "mirror":
            root = sp.expand(-sp.expand(side[0]).coeff(self.x, 0) / sp.expand(side[0]).coeff(self.x, 1))
            away = _ratio(root - self.place, self.spacing)
            if away is None:
                raise NotYetError("mirror images in a wall that is far away are not compared yet")
            image = 2 * Fraction(int(away.p), int(away.q)) - (number + step + self.phase) - self.phase
            if image.denominator != 1 or not self.inside(int(image)):
                raise NotYetError("the mirror image of a jump in this wall is no site")
            found.append(Move(int(image) - number, weight * (1 - lost), index))
        return found


def geometry(model: JumpModel, axis: int, place: sp.Expr, sign: Sign, deaths: tuple[Jump, ...] = ()) -> ChainGeometry:
    """The sites around ``place``; ``sign`` gives the sign of an expression of the parameters.

    ``deaths`` are ways to leave the walk for good from special sites. Raises :class:`NotYetError` for states, steps with a law, rates that depend on place, and walls that are no planes.
    """
    if len(model.state_names) > 1 or not model.rests or model.clock not in ("discrete", "continuous") or model.lossy:
        raise NotYetError("walls and special sites of walkers with states, waits or motions are not compared yet")
    if any(j.law is not None for j in model.jumps):
        raise NotYetError("walls beside steps with a continuous law are not compared yet")
    rules = _Rules(model, axis, place, sign, deaths)
    left, right = rules.at(-FAR), rules.at(FAR)
    own = [m for m in range(-WIDEST, WIDEST + 1) if rules.at(m) != (left if m < 0 else right)]
    first, last = (min(own), max(own)) if own else (0, -1)
    if first <= -WIDEST + max(map(abs, rules.steps)) or last >= WIDEST - max(map(abs, rules.steps)):
        raise NotYetError(f"special sites more than {WIDEST} sites apart are not compared yet")
    listed = tuple(rules.at(m) for m in range(first, last + 1))
    if left is None:
        while listed and listed[0] is None:
            first, listed = first + 1, listed[1:]
    if right is None:
        while listed and listed[-1] is None:
            listed = listed[:-1]
    if left is None and right is None:
        raise NotYetError("no sites lie beside this place")
    if any(s is None for s in listed):
        raise NotYetError("walls with sites on both sides are not compared yet")
    return ChainGeometry(
        axis, rules.spacing, rules.phase, first, tuple(s for s in listed if s is not None), left, right
    )


def open_beside(
    model: JumpModel, axis: int, place: sp.Expr, sign: Sign
) -> tuple[tuple[Jump, ...] | None, tuple[Jump, ...] | None]:
    """The jumps of the media far to the left and to the right of a place; None where the walls leave no sites."""
    rules = _Rules(model, axis, place, sign)
    left, right = (
        tuple(j for j in model.jumps if rules.open(j.region, n)) if rules.inside(n) else None for n in (-FAR, FAR)
    )
    return left, right


def _ratio(value: sp.Expr, unit: sp.Expr) -> sp.Rational | None:
    found = sp.cancel(sp.expand(value) / unit)
    return found if found.is_Rational else None


def _lcm(numbers: object) -> int:
    total = 1
    for n in numbers:  # type: ignore[attr-defined]
        total = total * n // gcd(total, n)
    return total
