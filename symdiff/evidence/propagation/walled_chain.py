"""The chain of sites between walls in one dimension, every jump at the walls as the file sends it, and its exact law.

Only the rules are read. Where there is no wall on one side, the chain ends so far away that what arrives there, which is
absorbed and counted as ``missing``, is negligible.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import sympy as sp
from scipy import sparse

from symdiff.errors import NotYetError, ResourceError, UsageError
from symdiff.evidence.arrays import FloatArray, Functions, array_arithmetic, evaluate_arrays
from symdiff.evidence.propagation.crowd_ring import uniformised
from symdiff.model.boundary import Boundary
from symdiff.model.jump_model import Jump, JumpModel
from symdiff.notation.evaluation import evaluate

EQUAL = 1e-7  # spacings within which a wall stands on a site
MOST_SITES = 20_000
MOST_EVENTS = 2_000_000  # steps, or expected events, of one site


class WalledChain:
    """Sites origin + n h between the walls; ``far`` is how many sites are kept around the start where a side is open.

    Raises :class:`NotYetError` for states, waits, laws of steps, special sites, periodic and curved walls, jumps whose length depends
    on place, and :class:`UsageError` where no site lies between the walls.
    """

    def __init__(
        self, model: JumpModel, values: Mapping[sp.Symbol, float], functions: Functions, start: float, far: int
    ) -> None:
        self.model, self.values, self.functions = model, dict(values), functions
        _refuse(model)
        self.x = model.coordinate_symbols[0]
        lengths = [self._number(j.displacement[0]) for j in model.jumps]
        self.spacing = _common([abs(r) for r in lengths if r])
        self.shifts = [round(r / self.spacing) for r in lengths]
        self.origin = self._number(model.origin[0]) if model.origin else 0.0
        self.sides = [(self._line(i.gap), i.strict, b) for b in model.boundaries for i in b.domain]
        self.middle = self._near(self._between(start))
        inside = self._inside(np.arange(self.middle - far, self.middle + far + 1))
        if len(inside) == 0:
            raise UsageError(
                "no site lies between the walls near the start", where="[initial]", instead="start between the walls"
            )
        if len(inside) > MOST_SITES:
            raise ResourceError(
                f"more than {MOST_SITES} sites lie between the walls", where="solve", instead="set a larger spacing"
            )
        self.numbers = inside
        self.places = self.origin + self.spacing * inside

    def _number(self, expression: sp.Expr) -> float:
        return float(evaluate(expression, self.values, array_arithmetic()))

    def _near(self, place: float) -> int:
        return round((place - self.origin) / self.spacing)

    def _between(self, start: float) -> float:
        """The start, or the place nearest to it between the walls."""
        low = max((-offset / slope for (slope, offset), _, _ in self.sides if slope > 0), default=-np.inf)
        high = min((-offset / slope for (slope, offset), _, _ in self.sides if slope < 0), default=np.inf)
        return float(min(max(start, low), high))

    def _line(self, gap: sp.Expr) -> tuple[float, float]:
        """slope and offset of a wall: slope x + offset > 0 inside."""
        slope = sp.diff(gap, self.x)
        if slope.has(self.x):
            raise NotYetError("curved walls are not solved yet", where="[[boundaries]]")
        return self._number(slope), self._number(gap.xreplace({self.x: sp.Integer(0)}))

    def _beyond(self, side: tuple[tuple[float, float], bool, Boundary], places: FloatArray) -> FloatArray:
        (slope, offset), strict, _ = side
        value = (slope * places + offset) / (abs(slope) * self.spacing)
        return np.asarray(value < (EQUAL if strict else -EQUAL))

    def _inside(self, numbers: np.ndarray) -> np.ndarray:
        places = self.origin + self.spacing * numbers
        keep = np.ones(len(numbers), dtype=bool)
        for side in self.sides:
            keep &= ~self._beyond(side, places).astype(bool)
        return np.asarray(numbers[keep])

    # --- the rules ------------------------------------------------------------------------------------------------

    def matrix(self) -> tuple[sparse.csr_matrix, FloatArray]:
        """Weights from site to site, and the total weight out of each."""
        size, first = len(self.numbers), int(self.numbers[0])
        rows: list[np.ndarray] = []
        columns: list[np.ndarray] = []
        weights: list[FloatArray] = []
        total = np.zeros(size)
        dying: dict[Boundary, FloatArray] = {}
        here = np.arange(size)

        def move(targets: np.ndarray, where: np.ndarray, weight: FloatArray) -> None:
            kept = (targets >= 0) & (targets < size) & (weight != 0)
            rows.append(targets[kept])
            columns.append(where[kept])
            weights.append(weight[kept])

        for jump, shift in zip(self.model.jumps, self.shifts, strict=True):
            weight = self._weight(jump)
            landed = self.places + shift * self.spacing
            free = np.ones(size, dtype=bool)
            for side in self.sides:
                hit = free & self._beyond(side, landed).astype(bool)
                free &= ~hit
                at = here[hit]
                lost = self._lost(side[2], weight, hit, dying)
                total[at] += lost
                if side[2].kind != "absorbing" and side[2].rejected == "mirror":
                    images = self._images(side[0], landed[hit]) - first
                    total[at] += weight[hit] - lost
                    move(images, at, weight[hit] - lost)
            total[free] += weight[free]
            move(here[free] + shift, here[free], weight[free])
        for rate in dying.values():
            total += rate
        entries = (np.concatenate(weights), (np.concatenate(rows), np.concatenate(columns)))
        return sparse.coo_matrix(entries, shape=(size, size)).tocsr(), total

    def _weight(self, jump: Jump) -> FloatArray:
        found = evaluate_arrays(jump.intensity, {**self.values, self.x: self.places}, self.functions)
        weight = np.broadcast_to(found, self.places.shape)
        if not np.all(np.isfinite(weight)) or np.min(weight) < -1e-12:
            raise UsageError(
                f"{jump.label} has a weight of {np.min(weight):.6g} at a site", instead="choose other values with --set"
            )
        return np.asarray(weight)

    def _lost(
        self, wall: Boundary, weight: FloatArray, hit: np.ndarray, dying: dict[Boundary, FloatArray]
    ) -> FloatArray:
        """What a wall absorbs of the jumps that would end behind it."""
        if wall.kind == "absorbing":
            return np.asarray(weight[hit])
        if wall.rate is not None and np.any(hit):  # once per site, whichever jump leads outside
            dying.setdefault(wall, np.zeros(len(self.places)))[hit] = self._number(wall.rate)
        share = 0.0 if wall.probability is None else self._number(wall.probability)
        if not -1e-12 <= share <= 1 + 1e-12:
            raise UsageError(
                f"the wall absorbs with probability {share:.6g}",
                where="[[boundaries]]",
                instead="choose other values with --set",
            )
        return np.asarray(share * weight[hit])

    def _images(self, line: tuple[float, float], landed: FloatArray) -> np.ndarray:
        images = (2 * -line[1] / line[0] - landed - self.origin) / self.spacing
        if np.any(np.abs(images - np.rint(images)) > EQUAL):
            raise NotYetError("the mirror image of a jump in this wall is no site", where="[[boundaries]]")
        places = self.origin + self.spacing * np.rint(images)
        if any(np.any(self._beyond(side, places)) for side in self.sides):
            raise NotYetError("the mirror image of a jump in one wall lies behind another", where="[[boundaries]]")
        return np.rint(images).astype(int)

    # --- the law --------------------------------------------------------------------------------------------------

    def laws(self, start: FloatArray, amounts: Sequence[float]) -> list[FloatArray]:
        """The law at every site after increasing numbers of steps (discrete time) or at increasing times."""
        matrix, total = self.matrix()
        discrete = self.model.clock == "discrete"
        if discrete and np.max(total) > 1 + 1e-12:
            raise UsageError(
                f"the probabilities out of a site sum to {float(np.max(total)):.6g}", instead="choose other values"
            )
        if amounts[-1] * (1.0 if discrete else float(np.max(total, initial=0.0))) > MOST_EVENTS:
            raise ResourceError(
                "too many jumps are made in this time", where="--times", instead="earlier times, or a larger spacing"
            )
        found, law, done = [], start, 0.0
        for amount in amounts:
            if discrete:
                for _ in range(int(amount) - int(done)):
                    law = matrix @ law + (1 - total) * law
            elif float(np.max(total, initial=0.0)) > 0:
                law = uniformised(matrix, total, law, amount - done)
            done = amount
            found.append(np.asarray(law))
        return found


def _refuse(model: JumpModel) -> None:
    if model.dimension > 1:
        raise NotYetError("solutions beside walls are worked out in one dimension only", where="solve")
    if len(model.state_names) > 1 or not model.rests or model.clock not in ("discrete", "continuous") or model.lossy:
        raise NotYetError("walls of walkers with states, waits or motion are not solved yet", where="solve")
    if any(j.law is not None for j in model.jumps):
        raise NotYetError("walls beside steps with a continuous law are not solved yet", where="solve")
    if any(j.region is not None for j in model.jumps):
        raise NotYetError("sticky walls, traps, bonds and other sites with rules of their own are not solved yet", where="solve",
                          instead="symdiff verify FILE --tier exact compares their conditions with the sites")  # fmt: skip
    if any(b.kind == "periodic" or b.crossing != "end" for b in model.boundaries):
        raise NotYetError("periodic walls, and walls that are hit between two sites, are not solved yet", where="solve")
    if any(j.displacement[0].free_symbols & set(model.coordinate_symbols) for j in model.jumps):
        raise NotYetError("walls beside jumps whose length depends on place are not solved yet", where="solve")


def _common(lengths: list[float]) -> float:
    """The spacing of which all lengths are multiples."""
    if not lengths:
        raise NotYetError("nothing moves: there is no lattice", where="solve")
    unit = lengths[0]
    for r in lengths[1:]:
        a, b = max(unit, r), min(unit, r)
        for _ in range(60):
            if b < 1e-6 * unit:
                break
            a, b = b, a % b
            b = 0.0 if a - b < 1e-6 * a else b
        unit = a
    if any(abs(r / unit - round(r / unit)) > 1e-6 for r in lengths) or max(lengths) / unit > 200:
        raise NotYetError("jumps whose lengths have no common spacing are not solved beside walls yet", where="solve")
    return unit
