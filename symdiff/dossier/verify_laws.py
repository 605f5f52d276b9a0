"""The simulation's comparison for continuous step laws: means of cos(k.X), sin(k.X) against the exact characteristic function."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from symdiff.dossier.verify_rules import Wrong
from symdiff.dossier.verify_simulation import Setting
from symdiff.errors import SymdiffError
from symdiff.evidence.arrays import FloatArray
from symdiff.evidence.propagation.characteristic import CharacteristicFunction
from symdiff.evidence.simulation.walkers import DEAD, Endpoints
from symdiff.model.jump_model import JumpModel
from symdiff.verification.statistics import Comparison, compare_means, walkers_needed

TARGETS = (0.9, 0.7, 0.5, 0.25)  # sizes of the characteristic function at the wave vectors that are used
NO_INFORMATION = 1e-9


@dataclass(frozen=True)
class Exact:
    """Means and covariances of all functions under one law."""

    mean: FloatArray
    covariance: FloatArray


class LawTest:
    """Bounded functions of the end point, whose exact means and covariances follow from the characteristic function."""

    def __init__(self, setting: Setting, wrong: Sequence[Wrong], alpha: float, delta: float) -> None:
        self.setting, self.alpha, self.delta = setting, alpha, delta
        self.waves = self._waves()
        self.names = [f"{kind}({np.array2string(k, precision=3)}.x)" for k in self.waves for kind in ("cos", "sin")]
        self.exact = self._exact(setting.model)
        self.inverse = np.linalg.pinv(self.exact.covariance, rcond=1e-10)
        self.wrong: list[Wrong] = []
        self.wrong_exact: dict[str, Exact] = {}
        self.information: list[float] = []
        self.directions: list[tuple[str, FloatArray]] = []
        for w in wrong:
            self._add(w)

    def _function(self, model: JumpModel) -> CharacteristicFunction:
        return CharacteristicFunction(model, self.setting.values, self.setting.shares, self.setting.amount)

    def _waves(self) -> list[FloatArray]:
        phi, d = self._function(self.setting.model), self.setting.model.dimension
        directions = list(np.eye(d)) + ([np.ones(d) / np.sqrt(d)] if d > 1 else [])
        found = [np.zeros(d)] if self.setting.model.lossy else []  # the share of those who are alive
        alive = abs(phi([0.0] * d))
        for direction in directions:
            for target in TARGETS:
                k = 1e-6
                while abs(phi((k * direction).tolist())) > target * alive and k < 1e9:
                    k *= 1.3
                if k < 1e9:
                    found.append(k * direction)
        return found

    def _exact(self, model: JumpModel) -> Exact:
        phi = self._function(model)
        values = [phi(k.tolist()) for k in self.waves]
        mean = np.array([part for v in values for part in (v.real, v.imag)])
        n = len(self.waves)
        second = np.zeros((2 * n, 2 * n))
        for a in range(n):
            for b in range(n):
                plus, minus = (
                    phi((self.waves[a] + self.waves[b]).tolist()),
                    phi((self.waves[a] - self.waves[b]).tolist()),
                )
                second[2 * a, 2 * b] = (plus.real + minus.real) / 2
                second[2 * a + 1, 2 * b + 1] = (minus.real - plus.real) / 2
                second[2 * a, 2 * b + 1] = (plus.imag - minus.imag) / 2
                second[2 * b + 1, 2 * a] = second[2 * a, 2 * b + 1]
        return Exact(mean, second - np.outer(mean, mean))

    def _add(self, wrong: Wrong) -> None:
        try:
            bent, slope = self._exact(wrong.model), self._exact(wrong.slope)
        except (SymdiffError, ValueError, ArithmeticError):
            return  # the wrong rule is none
        change = (slope.mean - self.exact.mean) / wrong.step
        direction = self.inverse @ change
        information = float(change @ direction)
        if not np.isfinite(information) or information < NO_INFORMATION:
            return
        self.wrong.append(wrong)
        self.information.append(information)
        self.wrong_exact[f"{wrong.name} {wrong.factor}"] = bent
        if wrong.factor > 1:
            self.directions.append((wrong.name, direction))

    def _level(self) -> float:
        return self.alpha / (len(self.names) + len(self.directions) + 1)

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

    def observed(self, ends: Endpoints) -> tuple[npt.NDArray[np.float64], int]:
        """The mean wave functions of the walkers, and how many there are."""
        moved, alive = ends.positions - np.array(self.setting.start), ends.states != DEAD
        seen = []
        for k in self.waves:
            angle = moved @ k
            seen += [float(np.mean(np.cos(angle) * alive)), float(np.mean(np.sin(angle) * alive))]
        return np.array(seen), len(moved)

    def compare(self, observed: tuple[npt.NDArray[np.float64], int], wrong: Wrong | None) -> Comparison:
        """The walkers against the claimed law, or against that of a wrong rule."""
        exact = self.exact if wrong is None else self.wrong_exact[f"{wrong.name} {wrong.factor}"]
        seen, count = observed
        return compare_means(exact.mean, exact.covariance, seen, count, self.directions, self.names, self.alpha)


def law_test(setting: Setting, wrong: Sequence[Wrong], alpha: float, delta: float) -> LawTest:
    """The comparison for homogeneous models with continuous step laws."""
    return LawTest(setting, wrong, alpha, delta)
