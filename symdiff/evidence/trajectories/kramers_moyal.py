"""Kramers-Moyal coefficients from increments, with confidence intervals, corrected for the time between two positions.

Homogeneous motion: the cumulants of the increment grow like time, so that v = kappa_1/dt, D = kappa_2/(2 dt), a_n =
(-1)^n kappa_n/(n! dt) hold at any dt. Where coefficients depend on place, <dx>/dt = v + dt/2 (v v' + D v'') and
<dx^2>/(2 dt) = D + dt/2 (v^2 + 2 D v' + v D' + D D'') to first order in dt are solved for v and D.
Source: R. Friedrich, J. Peinke, M. Sahimi and M. R. R. Tabar, Phys. Rep. 506 (2011) 87.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import factorial
from typing import Any

import numpy as np

from symdiff.evidence.arrays import FloatArray

LEAST_PER_BIN = 200
MOST_BINS = 10
DEGREE = 3  # of the polynomials whose derivatives correct for the interval


@dataclass(frozen=True)
class Estimate:
    """A coefficient, its standard error, and (where it depends on place) the place."""

    name: str
    value: float
    error: float
    place: float | None = None


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
    return [Estimate(name, *_jackknife(rule, steps, blocks)) for name, rule in found]


def by_place(starts: FloatArray, steps: FloatArray, interval: float) -> list[Estimate]:
    """v(x) and D(x) in bins of equal numbers of increments, in one dimension."""
    x, d = starts[:, 0], steps[:, 0]
    count = max(2, min(MOST_BINS, len(x) // LEAST_PER_BIN))
    edges = np.quantile(x, np.linspace(0, 1, count + 1))
    bins = np.clip(np.searchsorted(edges, x, side="right") - 1, 0, count - 1)
    live = [n for n in range(count) if np.sum(bins == n) >= 30]
    centre = np.array([x[bins == n].mean() for n in live])
    first = np.array([d[bins == n].mean() / interval for n in live])
    second = np.array([np.mean(d[bins == n] ** 2) / (2 * interval) for n in live])
    number = np.array([np.sum(bins == n) for n in live])
    first_error = np.array([d[bins == n].std() for n in live]) / interval / np.sqrt(number)
    second_error = np.array([(d[bins == n] ** 2).std() for n in live]) / (2 * interval) / np.sqrt(number)
    v, diffusivity = first, second
    for _ in range(3):  # the correction is of first order: its own change is of second order
        p, q = (np.polyfit(centre, c, min(DEGREE, len(live) - 1), w=1 / np.maximum(e, 1e-300))
                for c, e in ((v, first_error), (diffusivity, second_error)))  # fmt: skip
        v1, v2, d1, d2 = (np.polyval(np.polyder(c, m), centre) for c, m in ((p, 1), (p, 2), (q, 1), (q, 2)))
        v = first - interval / 2 * (v * v1 + diffusivity * v2)
        diffusivity = second - interval / 2 * (v**2 + 2 * diffusivity * v1 + v * d1 + diffusivity * d2)
    return [Estimate("v", *map(float, row)) for row in zip(v, first_error, centre, strict=True)] + [
        Estimate("D", *map(float, row)) for row in zip(diffusivity, second_error, centre, strict=True)
    ]


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
