"""The exact law of a walker between walls on the sites that it can reach, in any dimension and with internal states.

A jump that would end outside is refused by the first wall that it meets: absorbing walls keep all of such walkers, partial ones a
share, and the others stay. Mirror images are left to the chain of one dimension.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import sympy as sp

from symdiff.errors import NotYetError, UsageError
from symdiff.evidence.arrays import FloatArray, Functions, array_arithmetic
from symdiff.evidence.propagation.lattice_law import LatticeWalk
from symdiff.model.jump_model import JumpModel
from symdiff.notation.evaluation import evaluate

ON = 1e-9  # of the size of the terms of a gap: a site this near stands on the wall


class WalledLattice(LatticeWalk):
    """Sites between walls; raises :class:`NotYetError` for periodic, bridged and mirroring walls."""

    def __init__(
        self, model: JumpModel, values: Mapping[sp.Symbol, float], functions: Functions, start: tuple[float, ...]
    ) -> None:
        super().__init__(model, values, functions, start)
        for b in model.boundaries:
            if b.kind == "periodic" or b.crossing != "end" or (b.kind != "absorbing" and b.rejected == "mirror"):
                raise NotYetError(
                    "walls that are periodic, hit between two sites, or mirrors of jumps are not propagated here"
                )
        self._walls: list[npt.NDArray[np.int64]] = [np.zeros(0, dtype=np.int64) for _ in model.jumps]

    def beyond(self, places: FloatArray) -> npt.NDArray[np.int64]:
        """The number of the first wall that each place lies behind; -1 for places inside."""
        found = np.full(len(places), -1, dtype=np.int64)
        for n, boundary in enumerate(self.model.boundaries):
            for inequality in boundary.domain:
                gap = self._at(inequality.gap, places)
                size = sum(
                    (np.abs(self._at(term, places)) for term in sp.Add.make_args(sp.expand(inequality.gap))), self.grain
                )
                out = gap <= ON * size if inequality.strict else gap < -ON * size
                found[(found < 0) & out] = n
        return found

    def reach(self, depth: int) -> None:
        """Find all sites within ``depth`` jumps."""
        for _ in range(depth - self.depth):
            first, last = len(self.targets[0]), len(self.places)
            if first == last:
                return
            frontier = self.places[first:last]
            ends, live = [], []
            for n, jump in enumerate(self.model.jumps):
                landed = frontier + self._vector(jump, frontier)
                wall = self.beyond(landed)
                self._walls[n] = np.append(self._walls[n], wall)
                ends.append(np.where((wall < 0)[:, None], landed, frontier))
                live.append(self._at(jump.intensity, frontier) > 0)
            numbers = self._add(np.concatenate(ends), np.concatenate(live)).reshape(len(ends), -1)
            self.targets = [np.append(t, n) for t, n in zip(self.targets, numbers, strict=True)]
            self.depth += 1

    def _surviving(self, model: JumpModel, number: int) -> FloatArray:
        met, found = self._walls[number], np.ones(len(self._walls[number]))
        for n, boundary in enumerate(model.boundaries):
            share = 1.0 if boundary.kind == "absorbing" else self._value(boundary.probability)
            if not 0 <= share <= 1:
                raise UsageError(
                    f"the wall absorbs with probability {share:.6g}", instead="choose other values with --set"
                )
            found[met == n] = 1 - share
        return found

    def _dying(self, model: JumpModel) -> FloatArray:
        """The rates of absorption beside the walls, once per site and wall, whichever open jump leads outside."""
        inner = len(self.targets[0])
        found = np.zeros(inner)
        for n, boundary in enumerate(model.boundaries):
            open_ = [self._at(j.intensity, self.places[:inner]) > 0 for j in model.jumps]
            near = np.any([(w == n) & o for w, o in zip(self._walls, open_, strict=True)], axis=0)
            found += near * self._value(boundary.rate)
        return found

    def _value(self, expression: sp.Expr | None) -> float:
        return 0.0 if expression is None else float(evaluate(expression, self.values, array_arithmetic()))
