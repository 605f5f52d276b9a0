"""Kramers-Moyal coefficients from increments, with confidence intervals, corrected for the time between two positions.

Homogeneous motion: the cumulants of the increment grow like time, so that v = kappa_1/dt, D = kappa_2/(2 dt), a_n =
(-1)^n kappa_n/(n! dt) hold at any dt. Coefficients that depend on place: ``finite_time``.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import factorial
from typing import Any

import numpy as np
from scipy import special

from symdiff.evidence.arrays import FloatArray


@dataclass(frozen=True)
class Estimate:
    """A coefficient, its standard error, and (where it depends on place) the place.

    ``freedom`` is the number of independent pieces of data behind the standard error, which is known no better than these allow.
    """

    name: str
    value: float
    error: float
    place: float | None = None
    freedom: float = float("inf")

    def reach(self, p: float) -> float:
        """The deviation whose two-sided p-value is ``p``, by Student's law."""
        return self.error * float(special.stdtrit(self.freedom, 1 - p / 2)) if self.error > 0 else 0.0


def by_cumulants(steps: FloatArray, owners: Any, interval: float, names: tuple[str, ...]) -> list[Estimate]:
    """v, D and, along one coordinate, a_3 and a_4; errors by the jackknife over blocks of increments (or of trajectories)."""
    blocks = _blocks(owners)
    found = []
    one = len(names) == 1
    for i, x in enumerate(names):
        found.append(("v" if one else f"v_{x}", lambda s, i=i: s[:, i].mean() / interval))
    for i, x in enumerate(names):
        for j in range(i, len(names)):

            def tensor(s: FloatArray, i: int = i, j: int = j) -> Any:
                return (
                    np.mean((s[:, i] - s[:, i].mean()) * (s[:, j] - s[:, j].mean()))
                    * len(s)
                    / (len(s) - 1)
                    / (2 * interval)
                )

            found.append(("D" if one else f"D_{x}{names[j]}", tensor))
    if one:
        found += [
            (f"a_{n}", lambda s, n=n: (-1) ** n * _cumulant(s[:, 0], n) / (factorial(n) * interval)) for n in (3, 4)
        ]
    return [Estimate(name, *_jackknife(rule, steps, blocks), freedom=len(blocks) - 1) for name, rule in found]


def _cumulant(x: FloatArray, n: int) -> float:
    c = x - x.mean()
    second = np.mean(c**2)
    return float(np.mean(c**3) if n == 3 else np.mean(c**4) - 3 * second**2)


def _blocks(owners: Any) -> list[Any]:
    """Increments to leave out together: trajectories where there are many, else stretches of consecutive ones."""
    names = np.unique(owners)
    if len(names) >= 20:
        groups = np.array_split(names, min(100, len(names)))
        return [np.flatnonzero(np.isin(owners, g)) for g in groups]
    return list(np.array_split(np.arange(len(owners)), min(50, len(owners) // 2)))


def _jackknife(rule: Any, steps: FloatArray, blocks: list[Any]) -> tuple[float, float]:
    """Value and standard error (M. H. Quenouille, Biometrika 43 (1956) 353)."""
    whole = float(rule(steps))
    keep = np.ones(len(steps), dtype=bool)
    parts = []
    for block in blocks:
        keep[block] = False
        parts.append(float(rule(steps[keep])))
        keep[block] = True
    n = len(parts)
    mean = float(np.mean(parts))
    return n * whole - (n - 1) * mean, float(np.sqrt((n - 1) / n * np.sum((np.array(parts) - mean) ** 2)))
