"""Comparisons by counts of independent walkers, or copies, in cells: against one exact law and several wrong ones."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from symdiff.evidence.arrays import FloatArray
from symdiff.verification.sequential import SequentialTest, calibrated, smallest_seen, walkers_to_exclude
from symdiff.verification.statistics import Comparison, Score, compare_counts

NO_INFORMATION = 1e-9  # below this a rule leaves the law as it is, and cannot be tested by it
POWER = 0.999
PLANNED = 32  # chunks after which every wrong rule is excluded with this power


@dataclass(frozen=True)
class Judgement:
    """What a comparison found: wrong claims and those not excluded, whether the right one is rejected, and how far it is off.

    ``evidence`` is the logarithm of an e-value against the right one.
    """

    claims: tuple[str, ...]
    missed: tuple[str, ...]
    rejected: bool
    worst: str
    p: float
    level: float
    scores: tuple[Score, ...]
    evidence: float


def judgement_of(compared: Comparison, alpha: float, claims: Iterable[str], missed: Iterable[str]) -> Judgement:
    """The judgement by a number of walkers that was fixed beforehand."""
    worst = compared.worst
    evidence = calibrated(min(1.0, worst.p * alpha / compared.level))
    return Judgement(
        tuple(claims), tuple(missed), compared.rejected, worst.name, worst.p, compared.level, compared.scores, evidence
    )


class CellTest:
    """Exact laws, of the claimed rules and of wrong ones, over the same ``cells``; ``directions`` are those of the scores."""

    delta: float  # relative error of a rule that a passed run excludes

    def __init__(self, cells: FloatArray, directions: Sequence[tuple[str, FloatArray]], alpha: float) -> None:
        self.cells, self.directions, self.alpha = cells, list(directions), alpha
        self.wrong_cells: dict[str, FloatArray] = {}
        self.information: list[float] = []
        self.chunks = 0

    def consider(self, name: str, factor: float, bent: FloatArray, slope: FloatArray, step: float) -> None:
        """Keep a wrong rule, whose law is ``bent``, if it changes the law; ``slope`` is the law for a rule that is off by ``step``."""
        live = self.cells > 0
        change = np.zeros_like(self.cells)
        change[live] = (slope[live] / self.cells[live] - 1) / step
        information = float(self.cells @ change**2)
        if not np.isfinite(information) or information < NO_INFORMATION:
            return
        self.information.append(information)
        self.wrong_cells[f"{name} times (1 {'+' if factor > 1 else '-'} {self.delta:g})"] = bent
        if factor > 1:
            self.directions.append((name, change))

    def plan(self) -> None:
        """Fix the size and the cost of a chunk, and how many there are at most, when all wrong rules are known."""
        needed = max((walkers_to_exclude(i, self.delta, self.alpha, POWER) for i in self.information), default=PLANNED)
        self.each = self._chunk_size(math.ceil(needed / PLANNED))
        self.enough = 8 * math.ceil(needed / self.each)
        self.cost = self._chunk_cost()
        self.effort = math.ceil(needed / self.each) * self.cost if self.information else math.inf
        self.sequence = SequentialTest(self.cells, self.wrong_cells, self.alpha)

    def _chunk_size(self, wanted: int) -> int:
        raise NotImplementedError

    def _chunk_cost(self) -> float:
        raise NotImplementedError

    def add(self, counts: Sequence[int]) -> None:
        """One more chunk."""
        self.sequence.add(np.array(counts, dtype=np.int64))
        self.chunks += 1

    @property
    def walkers(self) -> int:
        """How many walkers there were."""
        return self.chunks * self.each

    @property
    def decided(self) -> bool:
        """Whether more walkers are not needed."""
        return self.sequence.decided

    def judgement(self) -> Judgement:
        """What the walkers say so far."""
        seen = self.sequence
        compared = compare_counts(self.cells, seen.counts, self.directions, self.alpha)
        missed = tuple(name for name, excluded in seen.excluded.items() if not excluded)
        return Judgement(
            tuple(seen.excluded), missed, seen.rejected, compared.worst.name, seen.p, self.alpha, compared.scores, seen.evidence
        )  # fmt: skip

    def resolution(self, power: float) -> float | None:
        """The relative error of any rule that these walkers reveal."""
        if not self.information:
            return None
        return smallest_seen(min(self.information), self.delta, self.walkers, len(self.information), self.alpha, power)
