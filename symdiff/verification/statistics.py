"""Tests of counts against an exact law: p-values that hold far out in the tails, and what the counts can resolve."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import special, stats

FloatArray = npt.NDArray[np.float64]

FEWEST = 60  # expected walkers per pooled cell: Pearson's statistic is then close to its limit, also far out
MOST_CELLS = 48
MANY = 10**9


@dataclass(frozen=True)
class Score:
    """One direction of a test: its name, the deviation in standard errors, and the two-sided p-value."""

    name: str
    z: float
    p: float


@dataclass(frozen=True)
class Comparison:
    """All scores of one comparison with one claimed law; ``level`` is the bound on each p-value."""

    scores: tuple[Score, ...]
    level: float

    @property
    def rejected(self) -> bool:
        """Whether any direction contradicts the claim."""
        return any(s.p < self.level for s in self.scores)

    @property
    def worst(self) -> Score:
        """The most extreme score."""
        return min(self.scores, key=lambda s: s.p)


def normal_p(z: float) -> float:
    """Two-sided p-value of a standard normal deviation."""
    return float(2 * stats.norm.sf(abs(z)))


def deviation_of(p: float) -> float:
    """The normal deviation whose two-sided p-value is ``p``; infinite for zero."""
    return float(stats.norm.isf(p / 2)) if p > 0 else float("inf")


def saddlepoint_p(values: FloatArray, law: FloatArray, count: int, mean: float) -> float:
    """Two-sided p-value of the mean of ``count`` independent draws of g, where g takes ``values`` with probabilities ``law``.

    Twice the smaller tail by the formula of Lugannani and Rice (Adv. Appl. Prob. 12 (1980) 475), whose relative error stays
    small far out; the limit of a mean at the end of the range is exact. Beyond MANY draws the formula cancels, and the normal law
    is as good.
    """
    live = law > 0
    g, p = values[live], law[live] / law[live].sum()
    centre = float(p @ g)
    spread = float(np.sqrt(p @ (g - centre) ** 2))
    if spread <= 1e-12 * (1 + abs(centre)):  # g is constant under the law
        return 1.0 if abs(mean - centre) <= 1e-9 * (1 + abs(centre)) else 0.0
    g, x = (g - centre) / spread, (mean - centre) / spread
    low, high = float(g.min()), float(g.max())
    if x > high * (1 + 1e-12) or x < low * (1 + 1e-12):
        return 0.0
    if x > high - 1e-9 * (high - low) or x < low + 1e-9 * (high - low):
        edge = float(p[np.isclose(g, high if x > 0 else low)].sum())
        return min(1.0, 2 * edge**count)
    if count > MANY:
        return normal_p(float(x * np.sqrt(count)))
    if abs(x) * np.sqrt(count) < 1e-3:  # at the centre the formula is 0/0
        return 1.0
    theta = _saddle(g, p, x)
    top = float(np.max(theta * g))
    tilted = p * np.exp(theta * g - top)
    k = np.log(tilted.sum()) + top
    second = float(tilted @ (g - x) ** 2 / tilted.sum())
    w = np.sign(theta) * np.sqrt(max(2 * count * (theta * x - k), 0.0))
    u = theta * np.sqrt(count * second)
    if abs(w) < 0.05:  # 1/u - 1/w cancels; the normal law is exact to this order
        return normal_p(float(w))
    upper = stats.norm.sf(w) + stats.norm.pdf(w) * (1 / u - 1 / w)
    tail = upper if x > 0 else 1 - upper
    if x < 0:  # the same formula seen from the other side keeps its relative accuracy
        tail = stats.norm.cdf(w) - stats.norm.pdf(w) * (1 / u - 1 / w)
    return float(min(1.0, max(0.0, 2 * tail)))


def _saddle(g: FloatArray, p: FloatArray, x: float) -> float:
    """theta with K'(theta) = x, by safeguarded Newton steps."""
    low, high, theta = -np.inf, np.inf, x
    for _ in range(200):
        shifted = p * np.exp(theta * g - np.max(theta * g))
        total = shifted.sum()
        mean = float(shifted @ g / total)
        second = float(shifted @ (g - mean) ** 2 / total)
        if mean < x:
            low = theta
        else:
            high = theta
        step = (x - mean) / max(second, 1e-300)
        if abs(mean - x) < 1e-13 * (1 + abs(x)):
            break
        following = theta + step
        if not low < following < high:
            following = (low + high) / 2 if np.isfinite(low + high) else theta + np.sign(step) * (1 + abs(theta))
        theta = float(following)
    return theta


def pooled_cells(law: FloatArray, count: int) -> npt.NDArray[np.int64]:
    """A pooled cell for every cell: neighbours in the given order together, until FEWEST are expected."""
    need = max(FEWEST / count, float(law.sum()) / MOST_CELLS)
    cells = np.zeros(len(law), dtype=np.int64)
    current, number = 0.0, 0
    for i, p in enumerate(law):
        cells[i] = number
        current += p
        if current >= need:
            number, current = number + 1, 0.0
    if current < need and number > 0:  # the last one is too small: joined to the one before
        cells[cells == number] = number - 1
    return cells


def chi_square(law: FloatArray, counts: npt.NDArray[np.int64], cells: npt.NDArray[np.int64]) -> Score:
    """Pearson's omnibus test over pooled cells."""
    total = int(counts.sum())
    expected = np.bincount(cells, weights=law) / law.sum() * total
    seen = np.bincount(cells, weights=counts.astype(float))
    if len(expected) < 2:
        return Score("all cells together (chi-square)", 0.0, 1.0)
    if np.any((expected == 0) & (seen > 0)):
        return Score("all cells together (chi-square)", float("inf"), 0.0)
    live = expected > 0
    statistic = float(((seen - expected)[live] ** 2 / expected[live]).sum())
    p = float(special.chdtrc(int(live.sum()) - 1, statistic))
    return Score("all cells together (chi-square)", deviation_of(p), p)


def orthonormal_scores(positions: FloatArray, law: FloatArray) -> list[tuple[str, FloatArray]]:
    """The first four moments of every coordinate and the mixed second ones, orthonormal under the law.

    Directions of no variance (a coordinate that does not move, a moment that follows from lower ones) are left out.
    """
    root = np.sqrt(law)
    basis = [root / np.linalg.norm(root)]
    found = []
    d = positions.shape[1]
    centre = law @ positions / law.sum()
    scale = np.sqrt(law @ (positions - centre) ** 2 / law.sum())
    x = (positions - centre) / np.where(scale > 0, scale, 1.0)
    wanted = [(f"mean of coordinate {i + 1}", x[:, i]) for i in range(d)]
    wanted += [
        (f"second moment of coordinates {i + 1}, {j + 1}", x[:, i] * x[:, j]) for i in range(d) for j in range(i, d)
    ]
    wanted += [
        (f"{word} moment of coordinate {i + 1}", x[:, i] ** n)
        for n, word in ((3, "third"), (4, "fourth"))
        for i in range(d)
    ]
    for name, values in wanted:
        direction = root * values
        before = np.linalg.norm(direction)
        for _ in range(2):
            for b in basis:
                direction = direction - (b @ direction) * b
        size = np.linalg.norm(direction)
        if size <= 1e-9 * max(float(before), 1e-300):
            continue
        basis.append(direction / size)
        found.append((name, np.divide(basis[-1], root, out=np.zeros_like(root), where=root > 0) * np.sqrt(law.sum())))
    return found


def compare_counts(
    law: FloatArray, counts: npt.NDArray[np.int64], directions: Sequence[tuple[str, FloatArray]], alpha: float
) -> Comparison:
    """Counts per cell against the law of the cells, in given directions and by chi-square; ``alpha`` is split evenly.

    A count in a cell of probability zero is a contradiction.
    """
    total = int(counts.sum())
    level = alpha / (len(directions) + 1)
    if np.any((law <= 0) & (counts > 0)):
        return Comparison((Score("a place that cannot be reached", float("inf"), 0.0),), level)
    scores = []
    share = counts / total
    for name, g in directions:
        mean, exact = float(share @ g), float(law @ g / law.sum())
        spread = float(np.sqrt(max(law @ (g - exact) ** 2 / law.sum(), 0.0)))
        z = (mean - exact) / spread * np.sqrt(total) if spread > 0 else 0.0
        scores.append(Score(name, float(z), saddlepoint_p(g, law, total, mean)))
    scores.append(chi_square(law, counts, pooled_cells(law, total)))
    return Comparison(tuple(scores), level)


def compare_means(
    mean: FloatArray, covariance: FloatArray, seen: FloatArray, count: int, directions: Sequence[tuple[str, FloatArray]],
    names: Sequence[str], alpha: float,
) -> Comparison:  # fmt: skip
    """Sample means of bounded functions against their exact means and covariances; normal limits (``count`` is large).

    ``directions`` are vectors a of linear combinations a.f; the omnibus test is the quadratic form of all functions.
    """
    level = alpha / (len(names) + len(directions) + 1)
    gap = seen - mean
    scores = []
    for name, a in [*((n, e) for n, e in zip(names, np.eye(len(names)), strict=True)), *directions]:
        spread = float(np.sqrt(max(float(a @ covariance @ a), 0.0)))
        z = (
            float(a @ gap) / spread * np.sqrt(count)
            if spread > 1e-12
            else (0.0 if abs(a @ gap) < 1e-9 else float("inf"))
        )
        scores.append(Score(name, float(z), normal_p(float(z))))
    values, vectors = np.linalg.eigh(covariance)
    live = values > 1e-9 * values.max()
    parts = (vectors[:, live].T @ gap) ** 2 / values[live]
    p = float(special.chdtrc(int(live.sum()), count * float(parts.sum())))
    scores.append(Score("all functions together (chi-square)", deviation_of(p), p))
    return Comparison(tuple(scores), level)


def walkers_needed(information: float, error: float, level: float, power: float) -> int:
    """Walkers that tell a relative ``error`` from none with this ``power``, where one walker has this Fisher information."""
    reach = float(stats.norm.isf(level / 2) + stats.norm.isf(1 - power))
    return int(np.ceil((reach / error) ** 2 / information))
