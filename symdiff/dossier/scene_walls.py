"""What the animation of walkers needs where sites are not all alike: walls, special sites, jumps to a fixed place.

A jump that would end outside is made as the wall says: it is the last one, is not made, or ends at the mirror image. The curve is
the solution of the equation with the conditions that were derived at these places.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import sympy as sp

from symdiff.continuum.limit import ContinuumLimit
from symdiff.dossier.picture import picture_numbers, start_of
from symdiff.dossier.scene_moves import FRAMES, Move, Scene, events_inside, short, sites_of, spacing_of
from symdiff.dossier.settings import Settings
from symdiff.dossier.verify_numbers import BaseValues, base_values
from symdiff.dossier.verify_scope import check_scope
from symdiff.dossier.verify_walls import Condition, conditions_of
from symdiff.errors import NotYetError, SymdiffError, UsageError
from symdiff.evidence.arrays import FloatArray, array_arithmetic, evaluate_arrays
from symdiff.evidence.solution.pieces import EndJet, PieceSolver
from symdiff.model.boundary import Boundary, Region
from symdiff.model.jump_model import Jump, JumpModel
from symdiff.notation.evaluation import evaluate

HALF = 150  # sites to each side of the start, where no wall is nearer
FROM_WALL = 12  # sites between a wall and the start, where the file states none
WIDE = 28  # sites between two walls, where the file leaves their distance open
FINE = 4  # nodes of the equation's grid per site
SUBSTEPS = 10
NARROW = 0.8  # sites: the width of the Gaussian from which the curve starts

Numbers = dict[sp.Symbol, float]
Mask = npt.NDArray[np.bool_]


def has_special_sites(model: JumpModel) -> bool:
    """Whether the walker's sites are not all alike: walls, sites with rules of their own, jumps to a fixed place."""
    return bool(model.boundaries or model.resets) or any(j.region is not None for j in model.jumps)


def walls_scene(model: JumpModel, limit: ContinuumLimit, settings: Settings) -> tuple[Scene, Numbers]:
    """The scene of a regime, and the values at which it is drawn; raises :class:`NotYetError` with the reason."""
    check_scope(model, "walls")
    if model.dimension > 1 or model.states:
        raise NotYetError("beside walls and special sites, walkers in one dimension and without states are animated")
    if limit.equation is None:
        raise NotYetError("no single equation closes, so that there is no curve to draw")
    base = base_values(model, settings, simple=True)
    values = _wide_enough(model, picture_numbers(model, limit, base), base)
    line = _Line(model, values)
    moves = line.moves()
    busy = float(sum(m.weights for m in moves)[line.start])  # type: ignore[index]
    if busy <= 0:
        raise UsageError("where the walkers start nothing moves at these values", instead="move a slider")
    step = None if model.time_step is None else line.number(model.time_step)
    events = events_inside(moves, line.start, HALF)
    times = np.linspace(0, events * step if step is not None else events / busy, FRAMES + 1)[1:]
    notes = list(line.notes)
    try:
        grid, solution = _solution(model, limit, line, times)
    except SymdiffError as error:
        grid, solution = line.places, []
        notes.append(f"no curve: {error.message}")
    scene = Scene(limit.regime.name, line.spacing, float(line.places[0]), len(line.places), line.start, (model.density,), (1.0,), step,
                  tuple(moves), short(grid), short(times), tuple(short(s) for s in solution), "; ".join(notes))  # fmt: skip
    return scene, values


def _wide_enough(model: JumpModel, values: Numbers, base: BaseValues) -> Numbers:
    """The values, with a distance of walls that holds some sites where the file leaves it open."""
    spacing = spacing_of(model, values)
    moving = {s for j in model.jumps for e in (*j.displacement, j.intensity) for s in e.free_symbols}
    members = {m for b in model.boundaries for m in b.members if isinstance(m, sp.Symbol)}
    for wall in members - moving:
        if wall in values and wall.name in base.drawn:
            values = {**values, wall: WIDE * spacing}
    return values


class _Line:
    """The sites on which walkers may be, and what becomes of every jump from each."""

    def __init__(self, model: JumpModel, values: Numbers) -> None:
        self.model, self.values, self.notes = model, values, []
        self.spacing = spacing_of(model, values)
        origin = self.number(model.origin[0]) if model.origin else 0.0
        stated = start_of(model, values)[0] if model.preparation.stated else None
        near = 0.0 if stated is None else stated
        places = origin + self.spacing * (np.arange(-2 * HALF, 2 * HALF + 1) + np.rint((near - origin) / self.spacing))
        inside = self._inside(places)
        if not inside.any():
            raise UsageError("no site lies between the walls at these values", instead="move a slider")
        first, last = np.flatnonzero(inside)[[0, -1]]
        if not inside[first : last + 1].all():
            raise NotYetError("walkers in several separate pieces are not animated")
        start = self._start(places, int(first), int(last), stated)
        low, high = max(int(first), start - HALF), min(int(last), start + HALF)
        self.places: FloatArray = np.asarray(places[low : high + 1], dtype=float)
        self.start = start - low
        self.walled = (bool(low == first and first > 0), bool(high == last and last < len(places) - 1))
        if stated is None:
            self.notes.append(f"all start at {self.model.coordinates[0]} = {self.places[self.start]:.3g}")

    def number(self, e: sp.Expr) -> float:
        return float(evaluate(e, self.values, array_arithmetic()))

    def _start(self, places: FloatArray, first: int, last: int, stated: float | None) -> int:
        if stated is not None:
            found = int(np.argmin(np.abs(places - stated)))
            if not first <= found <= last:
                raise UsageError("at these values the walkers start outside the walls", instead="move a slider")
            return found
        middle = len(places) // 2
        if first > 0 and last < len(places) - 1:
            return (first + last) // 2
        if first > 0:
            return first + FROM_WALL if first > middle - FROM_WALL else middle
        if last < len(places) - 1:
            return last - FROM_WALL if last < middle + FROM_WALL else middle
        special = any(j.region is not None for j in self.model.jumps)
        return middle - FROM_WALL // 2 if special else middle

    def _at(self, e: sp.Expr, places: FloatArray) -> FloatArray:
        here = {**self.values, self.model.coordinate_symbols[0]: places}
        return np.array(np.broadcast_to(evaluate_arrays(e, here, {}), places.shape), dtype=float)

    def _beyond(self, boundary: Boundary, places: FloatArray) -> list[tuple[sp.Expr, Mask]]:
        """The gaps of a wall, each with the places beyond it; rounding decides for no site."""
        tiny = 1e-9 * self.spacing
        return [(i.gap, self._at(i.gap, places) < (tiny if i.strict else -tiny)) for i in boundary.domain]

    def _inside(self, places: FloatArray) -> Mask:
        found = np.ones(places.shape, dtype=bool)
        for boundary in self.model.boundaries:
            if boundary.kind == "periodic":
                raise NotYetError("walkers on a ring are not animated yet")
            for _, beyond in self._beyond(boundary, places):
                found &= ~beyond
        return found

    def _open(self, region: Region | None) -> Mask:
        found = np.ones(self.places.shape, dtype=bool)
        if region is None:
            return found
        sides = [self._at(m, self.places) for m in region.members]
        tiny = 1e-9 * self.spacing
        for a, sign, b in zip(sides, region.signs, sides[1:], strict=False):
            gap = b - a
            found &= {
                "<": gap > tiny,
                "<=": gap > -tiny,
                ">": gap < -tiny,
                ">=": gap < tiny,
                "=": np.abs(gap) < tiny,
                "!=": np.abs(gap) > tiny,
            }[sign]
        return found

    def moves(self) -> list[Move]:
        """Every transition with its weight on every site; raises :class:`UsageError` where the rules are no probabilities."""
        found: list[Move] = []
        turned = {id(b): np.zeros(self.places.shape, dtype=bool) for b in self.model.boundaries}
        for jump in self.model.jumps:
            weights = np.where(self._open(jump.region), self._at(jump.intensity, self.places), 0.0)
            if jump.destination is not None:
                at = int(np.argmin(np.abs(self.places - self.number(jump.destination[0]))))
                found.append(Move(0, 0, 0, weights, at))
            else:
                found += self._made(jump, weights, turned)
        for boundary in self.model.boundaries:
            if boundary.rate is not None:
                found.append(Move(0, -1, 0, np.where(turned[id(boundary)], self._at(boundary.rate, self.places), 0.0)))
        found = [m for m in found if m.weights.any()]
        total = sum((m.weights for m in found), np.zeros(self.places.shape))
        if any(np.min(m.weights) < -1e-12 for m in found) or (
            self.model.clock == "discrete" and total.max() > 1 + 1e-9
        ):
            raise UsageError("at these values the rules are no probabilities", instead="move a slider")
        return found

    def _made(self, jump: Jump, weights: FloatArray, turned: dict[int, Mask]) -> list[Move]:
        """A jump from everywhere: as it is where it ends inside, and as each wall says beyond it."""
        sites = sites_of(self.number(jump.displacement[0]), self.spacing)
        targets = self.places + sites * self.spacing
        inside = self._inside(targets)
        found = [Move(0, 0, sites, np.where(inside, weights, 0.0))]
        left = np.where(inside, 0.0, weights)
        for boundary in self.model.boundaries:
            for gap, beyond in self._beyond(boundary, targets):
                here = np.where(beyond, left, 0.0)
                left = np.where(beyond, 0.0, left)
                turned[id(boundary)] |= here > 0
                if boundary.kind == "absorbing":
                    found.append(Move(0, -1, 0, here))
                    continue
                if boundary.probability is not None:
                    share = self._at(boundary.probability, self.places)
                    found.append(Move(0, -1, 0, here * share))
                    here = here * (1 - share)
                if boundary.rejected == "mirror":
                    found += self._mirrored(gap, targets, here)
        return found

    def _mirrored(self, gap: sp.Expr, targets: FloatArray, weights: FloatArray) -> list[Move]:
        x = self.model.coordinate_symbols[0]
        wall = self.number(sp.solve(gap, x)[0])
        away = np.rint((2 * wall - targets - self.places) / self.spacing).astype(int)
        if np.any(np.abs(self.places + away * self.spacing - (2 * wall - targets))[weights > 0] > 1e-6 * self.spacing):
            raise NotYetError("mirror images that are no sites are not animated")
        return [Move(0, 0, int(n), np.where(away == n, weights, 0.0)) for n in np.unique(away[weights > 0])]


def _solution(
    model: JumpModel, limit: ContinuumLimit, line: _Line, times: FloatArray
) -> tuple[FloatArray, list[FloatArray]]:
    """The equation with its conditions, on a grid finer than the sites."""
    assert limit.equation is not None
    conditions = conditions_of(model, limit)
    found: dict[float, list[list[EndJet]]] = {}
    for c in conditions:
        found.setdefault(line.number(c.place), []).append(_jets(c, line))
    low, high = line.places[0] - line.spacing / 2, line.places[-1] + line.spacing / 2
    inner = sorted(p for p in found if low - 1.5 * line.spacing <= p <= high + 1.5 * line.spacing)
    places = list(inner)
    for side, walled, end in ((0, line.walled[0], low), (-1, line.walled[1], high)):
        at_wall = bool(inner) and abs(inner[side] - end) < 2 * line.spacing
        if walled and not at_wall:
            raise NotYetError("no condition is derived at a wall")
        if not at_wall:
            places.insert(0 if side == 0 else len(places), float(end))
    solver = PieceSolver(limit.equation, line.values, places, [found.get(p, []) for p in places], line.spacing / FINE)
    start = solver.narrow(float(line.places[line.start]), NARROW * line.spacing)
    return solver.nodes, solver.solutions(start, [float(t) for t in times], SUBSTEPS)


def _jets(condition: Condition, line: _Line) -> list[EndJet]:
    return [EndJet(line.number(j.coefficient), j.side, j.space[0], j.time) for j in condition.jets]
