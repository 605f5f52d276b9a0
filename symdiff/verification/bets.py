"""Means of bounded functions, judged after every chunk of walkers and stopped at any time, without a false alarm more.

Under the claimed law g(X) has the mean m, so that the product over walkers of 1 + bet (g(X) - m) is a martingale that starts at 1, for
any fixed bet that keeps it positive: it exceeds 1/alpha ever with probability alpha at most. No normal limit enters. Bets on every
wrong law look in its direction, bets on every function in all others; a wrong law is excluded by the bet against its own mean.
Source: I. Waudby-Smith and A. Ramdas, J. R. Stat. Soc. B 86 (2024) 1.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import special, stats

FloatArray = npt.NDArray[np.float64]
SIZES = (0.003, 0.03, 0.3)  # of the bets on single functions
LARGEST = 0.5  # the share of one's stake that a bet may lose at most
PARTS = 3  # directions, single functions, and a constant that keeps the evidence from sinking without end
UNIT = 2.0**-40  # logarithms are kept in whole numbers of this unit: merging is exact and free of order


@dataclass(frozen=True)
class Means:
    """Means and covariances of all functions under one law."""

    mean: FloatArray
    covariance: FloatArray


@dataclass(frozen=True)
class _Bet:
    """1 + size (direction . f - centre) per walker."""

    direction: FloatArray
    centre: float
    size: float


class BoundedBets:
    """Bets on functions with values in [-1, 1]; ``claimed`` and each of ``wrong`` are means and covariances under one law."""

    def __init__(self, claimed: Means, wrong: Mapping[str, Means], alpha: float) -> None:
        self.alpha, self.names = alpha, tuple(wrong)
        inverse = np.linalg.pinv(claimed.covariance, rcond=1e-10)
        self.excluding = [_bet(inverse @ (w.mean - claimed.mean), w.mean, claimed) for w in wrong.values()]
        self.rejecting = [_bet(inverse @ (w.mean - claimed.mean), claimed.mean, w) for w in wrong.values()]
        single = np.eye(len(claimed.mean))
        self.others = [_Bet(e, float(e @ claimed.mean), sign * s) for e in single for s in SIZES for sign in (1, -1)]
        self.logs = [0] * len(self._all)
        self.evidence = self.highest = 0.0
        self.excluded = dict.fromkeys(self.names, False)
        self.claimed = claimed

    @property
    def _all(self) -> list[_Bet]:
        return [*self.excluding, *self.rejecting, *self.others]

    @property
    def count(self) -> int:
        """The number of bets."""
        return len(self._all)

    def outcomes(self, functions: FloatArray) -> list[int]:
        """Logarithms of what every bet became, over walkers (columns), in units of UNIT."""
        found = []
        for bet in self._all:
            factor = np.log1p(bet.size * (bet.direction @ functions - bet.centre))
            found.append(int(np.rint(factor / UNIT).astype(np.int64).sum()))
        return found

    def add(self, outcomes: Sequence[int]) -> None:
        """One more chunk."""
        self.logs = [a + b for a, b in zip(self.logs, outcomes, strict=True)]
        logs = [UNIT * n for n in self.logs]
        count = len(self.names)
        excluding, rejecting, others = logs[:count], logs[count : 2 * count], logs[2 * count :]
        self.evidence = float(special.logsumexp([0.0, _mean(rejecting), _mean(others)])) - math.log(PARTS)
        self.highest = max(self.highest, self.evidence)
        for name, log in zip(self.names, excluding, strict=True):
            self.excluded[name] = self.excluded[name] or log >= -math.log(self.alpha)

    @property
    def rejected(self) -> bool:
        """Whether the walkers contradict the claimed law."""
        return self.highest >= -math.log(self.alpha)

    @property
    def decided(self) -> bool:
        """Whether further walkers are not needed: a contradiction, or every wrong law excluded."""
        return self.rejected or (bool(self.excluded) and all(self.excluded.values()))

    @property
    def p(self) -> float:
        """A p-value that holds whenever one stops."""
        return math.exp(-max(self.highest, 0.0))

    def walkers_needed(self, power: float) -> int:
        """After how many walkers of the claimed law every wrong one is excluded with this ``power``."""
        z, goal, most = float(stats.norm.isf(1 - power)), -math.log(self.alpha), 1
        for bet in self.excluding:
            gap = float(bet.direction @ self.claimed.mean) - bet.centre
            variance = float(bet.direction @ self.claimed.covariance @ bet.direction)
            spread = abs(bet.size) * math.sqrt(max(variance, 0.0))  # rounding leaves -1e-17 where nothing varies
            growth = bet.size * gap - spread**2 / 2
            if growth <= 0:
                return 2**62
            root = (z * spread + math.sqrt((z * spread) ** 2 + 4 * growth * goal)) / (2 * growth)
            most = max(most, math.ceil(root * root))
        return most


def _bet(direction: FloatArray, against: FloatArray, under: Means) -> _Bet:
    """The bet against the mean ``against`` that grows fastest ``under`` another law, to leading order in their difference."""
    centre, gap = float(direction @ against), float(direction @ (under.mean - against))
    spread = float(direction @ under.covariance @ direction) + gap * gap
    size = gap / spread if spread > 0 else 0.0
    most = LARGEST / (float(np.abs(direction).sum()) + abs(centre))
    return _Bet(direction, centre, min(max(size, -most), most))


def _mean(logs: Sequence[float]) -> float:
    """Logarithm of the mean of exponentials; of nothing: that of one."""
    return float(special.logsumexp(logs)) - math.log(len(logs)) if logs else 0.0
