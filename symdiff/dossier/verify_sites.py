"""The simulation's comparison on sites: counts of walkers per state and site against their exact probabilities."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from symdiff.dossier.verify_rules import Wrong
from symdiff.dossier.verify_simulation import Setting
from symdiff.errors import UsageError
from symdiff.evidence.arrays import FloatArray
from symdiff.evidence.propagation.lattice_law import LatticeLaw, LatticeWalk
from symdiff.evidence.simulation.walkers import DEAD, Endpoints
from symdiff.model.jump_model import JumpModel
from symdiff.verification.statistics import Comparison, compare_counts, orthonormal_scores, walkers_needed

NO_INFORMATION = 1e-9  # below this a rule leaves the law as it is, and cannot be tested by it
OUTSIDE = 1e-15  # probability of all places beyond the outermost sites, in continuous time


class SiteTest:
    """Exact laws, of the claimed rules and of wrong ones, over the same cells (state, site)."""

    def __init__(self, setting: Setting, wrong: Sequence[Wrong], alpha: float, delta: float) -> None:
        self.setting, self.alpha, self.delta = setting, alpha, delta
        self.walk = LatticeWalk(setting.model, setting.values, setting.functions, setting.start)
        self.law = self._law(setting.model)
        self.cells = self._flat(self.law)
        scores = orthonormal_scores(np.tile(self.law.positions, (len(setting.shares), 1)), self.cells[:-1])
        self.directions = [(name, np.append(g, 0.0)) for name, g in scores] + self._state_scores()
        self.wrong: list[Wrong] = []
        self.wrong_cells: dict[str, FloatArray] = {}
        self.information: list[float] = []
        for w in wrong:
            self._add(w)

    def _law(self, model: JumpModel) -> LatticeLaw:
        return self.walk.law(model, self.setting.shares, self.setting.amount)

    def _flat(self, law: LatticeLaw) -> FloatArray:
        """Probabilities per (state, site), and in the last cell of everything else: the dead, and places beyond."""
        cells = np.maximum(law.probabilities.ravel(), 0.0)
        if self.setting.model.lossy:
            return np.append(cells, max(1 - cells.sum(), 0.0))
        beyond = max(law.missing, OUTSIDE) if self.setting.model.clock == "continuous" else 0.0
        return np.append(cells / cells.sum(), beyond)

    def _state_scores(self) -> list[tuple[str, FloatArray]]:
        sites = len(self.law.positions)
        names = self.setting.model.state_names
        last = np.zeros(len(self.cells))
        last[-1] = 1.0
        dead = [("share of the dead", last)] if self.setting.model.lossy else []
        shares = [
            np.append(np.repeat(np.arange(len(names)) == n, sites).astype(float), 0.0) for n in range(len(names) - 1)
        ]
        return dead + [(f"share of state {name}", share) for name, share in zip(names, shares, strict=False)]

    def _add(self, wrong: Wrong) -> None:
        """Keep a wrong rule that changes the law, with the direction in which it does."""
        try:
            bent, slope = self._law(wrong.model), self._law(wrong.slope)
        except UsageError:
            return  # the wrong rule is no probability
        if bent.keys.shape != self.law.keys.shape or slope.keys.shape != self.law.keys.shape:
            return
        live = self.cells > 0
        change = np.zeros_like(self.cells)
        change[live] = (self._flat(slope)[live] / self.cells[live] - 1) / wrong.step
        information = float(self.cells @ change**2)
        if not np.isfinite(information) or information < NO_INFORMATION:
            return
        self.wrong.append(wrong)
        self.information.append(information)
        self.wrong_cells[self._key(wrong)] = self._flat(bent)
        if wrong.factor > 1:
            self.directions.append((wrong.name, change))

    @staticmethod
    def _key(wrong: Wrong) -> str:
        return f"{wrong.name} {wrong.factor}"

    def _level(self) -> float:
        return self.alpha / (len(self.directions) + 1)

    def walkers(self, power: float) -> int:
        """How many walkers tell every wrong rule from the claimed one."""
        return max((walkers_needed(i, self.delta, self._level(), power) for i in self.information), default=0)

    def resolution(self, count: int, power: float) -> float | None:
        """The relative error of any rule that ``count`` walkers reveal."""
        if not self.information:
            return None
        return float(
            np.sqrt(walkers_needed(min(self.information), self.delta, self._level(), power) / count) * self.delta
        )

    def observed(self, ends: Endpoints) -> npt.NDArray[np.int64]:
        """Walkers per cell; the dead and those at places that are no sites are in the last cell."""
        sites = len(self.law.positions)
        column = self.law.index(ends.positions)
        elsewhere = (column < 0) | (ends.states == DEAD)
        flat = np.where(elsewhere, len(self.cells) - 1, ends.states * sites + column)
        return np.bincount(flat, minlength=len(self.cells)).astype(np.int64)

    def compare(self, observed: npt.NDArray[np.int64], wrong: Wrong | None) -> Comparison:
        """The walkers per cell against the claimed law, or against that of a wrong rule."""
        law = self.cells if wrong is None else self.wrong_cells[self._key(wrong)]
        return compare_counts(law, observed, self.directions, self.alpha)


def site_test(setting: Setting, wrong: Sequence[Wrong], alpha: float, delta: float) -> SiteTest:
    """The comparison for models whose walkers live on sites."""
    return SiteTest(setting, wrong, alpha, delta)
