"""Evidence that may be looked at after every chunk of walkers, and stopped at any time, without a false alarm more.

Counts of independent walkers are judged by likelihood ratios, which are exact for any number of walkers: under the claimed law
the average of ratios against it is a martingale, which exceeds 1/alpha ever with probability alpha at most. Ratios to
planted wrong laws look in the directions of every rule; a mixture over all laws (Dirichlet, centred on the claimed one) looks in
every other. A wrong law is excluded when the ratio in favour of the claimed one exceeds 1/alpha.
Sources: J. Ville, Etude critique de la notion de collectif (1939); A. Ramdas et al., Stat. Sci. 38 (2023) 576; for lists of
claims R. Wang and A. Ramdas, J. R. Stat. Soc. B 84 (2022) 822.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
from scipy import special, stats

FloatArray = npt.NDArray[np.float64]
CONCENTRATIONS = tuple(10.0**n for n in range(2, 14, 2))
PARTS = 3  # directions, everything else, and a constant that keeps the evidence from sinking without end


class SequentialTest:
    """Counts per cell against one claimed law and several wrong ones; fed chunk by chunk."""

    def __init__(self, law: FloatArray, wrong: Mapping[str, FloatArray], alpha: float) -> None:
        """``law`` and each of ``wrong`` are probabilities of the same cells, which sum to one."""
        self.law, self.alpha = law / law.sum(), alpha
        self.live = self.law > 0
        self.counts = np.zeros(len(law), dtype=np.int64)
        self.evidence = 0.0  # logarithm of the evidence against the claimed law: e is an e-value whenever one stops
        self.highest = 0.0  # the largest so far
        self.impossible = False
        self._ratios = {}
        with np.errstate(divide="ignore"):
            for name, other in wrong.items():
                change = other[self.live] / other.sum() / self.law[self.live] - 1
                self._ratios[name] = np.log1p(change)
        self.excluded: dict[str, bool] = dict.fromkeys(wrong, False)

    def add(self, counts: npt.NDArray[np.int64]) -> None:
        """One more chunk."""
        self.counts = self.counts + counts
        self.impossible = self.impossible or bool(np.any(self.counts[~self.live] > 0))
        if self.impossible:
            self.evidence = self.highest = math.inf
            return
        ratios = [self.ratio(name) for name in self._ratios]
        spread = [dirichlet_evidence(self.law[self.live], self.counts[self.live], c) for c in CONCENTRATIONS]
        parts = [0.0, _mean(ratios), _mean(spread)]
        self.evidence = float(special.logsumexp(parts)) - math.log(PARTS)
        self.highest = max(self.highest, self.evidence)
        for name, ratio in zip(self._ratios, ratios, strict=True):
            self.excluded[name] = self.excluded[name] or -ratio >= self.threshold

    def ratio(self, name: str) -> float:
        """Logarithm of the likelihood of a wrong law over that of the claimed one."""
        n, logs = self.counts[self.live], self._ratios[name]
        seen = n > 0
        return float(n[seen] @ logs[seen])

    @property
    def threshold(self) -> float:
        """log(1/alpha)."""
        return -math.log(self.alpha)

    @property
    def rejected(self) -> bool:
        """Whether the walkers contradict the claimed law."""
        return self.highest >= self.threshold

    @property
    def decided(self) -> bool:
        """Whether further walkers are not needed: a contradiction, or every wrong law excluded."""
        return self.rejected or (bool(self.excluded) and all(self.excluded.values()))

    @property
    def p(self) -> float:
        """A p-value that holds whenever one stops."""
        return math.exp(-max(self.highest, 0.0))


def _mean(logs: Sequence[float]) -> float:
    """Logarithm of the mean of exponentials; of nothing: that of one."""
    return float(special.logsumexp(logs)) - math.log(len(logs)) if logs else 0.0


def dirichlet_evidence(law: FloatArray, counts: npt.NDArray[np.int64], concentration: float) -> float:
    """Logarithm of the likelihood of counts, averaged over laws with a Dirichlet density around ``law``, over that under ``law``.

    With m = concentration law and z = m + counts it is sum log Gamma(z)/Gamma(m) - counts log(law) - log Gamma(Z)/Gamma(M);
    Stirling's formula takes out what cancels, so that it holds for 1e13 walkers as for ten.
    """
    total = float(counts.sum())
    m, big = concentration * law, concentration + total
    z, expected = m + counts, big * law
    d = (counts - total * law) / expected
    small = np.abs(d) < 1e-3
    series = d * d * (0.5 - d * (1 / 6 - d * (1 / 12 - d * (1 / 20 - d / 30))))
    with np.errstate(invalid="ignore", divide="ignore"):
        whole = special.xlog1py(1 + d, d) - d
    body = float(expected @ np.where(small, series, whole))
    logs = 0.5 * (math.log(big / concentration) - float(np.log(z / m).sum()))
    ends = np.array([big, concentration])
    rest = float((_stirling(z) - _stirling(m)).sum()) - float(_stirling(ends)[0] - _stirling(ends)[1])
    return body + logs + rest


def _stirling(z: FloatArray) -> FloatArray:
    """log Gamma(z) - (z - 1/2) log z + z - log(2 pi)/2."""
    large = z > 100
    safe = np.where(large, z, 1e3)
    series = 1 / (12 * safe) - 1 / (360 * safe**3)
    near = np.where(large, 1.0, z)
    exact = special.gammaln(near) - (near - 0.5) * np.log(near) + near - 0.5 * math.log(2 * math.pi)
    return np.where(large, series, exact)


def walkers_to_exclude(information: float, error: float, alpha: float, power: float) -> int:
    """Walkers after which a law that is off by a relative ``error`` is excluded with this ``power``.

    The log-ratio has mean s^2/2 and standard deviation s, where s^2 = walkers error^2 information.
    """
    z, goal = float(stats.norm.isf(1 - power)), -math.log(alpha)
    s = z + math.sqrt(z * z + 2 * goal)
    return math.ceil(s * s / error**2 / information)


def smallest_seen(information: float, error: float, walkers: int, directions: int, alpha: float, power: float) -> float:
    """The relative error of a rule that is rejected with this ``power`` by ratios to laws that are off by ``error``."""
    z, goal = float(stats.norm.isf(1 - power)), math.log(PARTS * max(directions, 1) / alpha)
    s = error * math.sqrt(walkers * information)
    return error * (0.5 + (goal + z * s) / s**2) if s > 0 else math.inf


def calibrated(p: float) -> float:
    """Logarithm of an e-value made of a p-value: (1 - p + p log p)/(p log(p)^2), the mean of a p^(a - 1) over 0 < a < 1."""
    if p <= 0:
        return math.inf
    x = -math.log(min(p, 1.0))
    if x < 1e-2:  # the formula is 0/0 at p = 1
        return math.log(0.5 + x / 6 + x * x / 24)
    return math.log(math.expm1(x) - x) - 2 * math.log(x) if x < 700 else x - 2 * math.log(x)


def e_benjamini_hochberg(logs: Sequence[float], level: float) -> tuple[int, ...]:
    """Which of many claims are rejected by their evidence (logarithms), with a false share of ``level`` at most, however they depend.

    The k claims with the largest evidence, for the largest k with k-th evidence >= (number of claims)/(level k).
    """
    order = sorted(range(len(logs)), key=lambda n: -logs[n])
    most = 0
    for k, n in enumerate(order, start=1):
        if logs[n] >= math.log(len(logs) / (level * k)):
            most = k
    return tuple(sorted(order[:most]))
