"""The simulation's comparison on sites: counts of walkers per state and site against their exact probabilities."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from symdiff.dossier.verify_cells import CellTest, Judgement, judgement_of
from symdiff.dossier.verify_rules import Wrong
from symdiff.dossier.verify_setting import Setting
from symdiff.errors import NotYetError, UsageError
from symdiff.evidence.arrays import FloatArray
from symdiff.evidence.propagation.lattice_law import LatticeLaw, LatticeWalk
from symdiff.evidence.simulation.followed import Followed
from symdiff.evidence.simulation.occupation import MOST_WALKERS, Occupation
from symdiff.evidence.simulation.walkers import CHUNK, DEAD, Endpoints, Walkers
from symdiff.model.jump_model import JumpModel
from symdiff.verification.statistics import compare_counts, orthonormal_scores, walkers_needed

OUTSIDE = 1e-15  # probability of all places beyond the outermost sites, in continuous time
APART = 1000  # distance of sites, in grains of their law, below which they are not told apart for sure
SPEED = 5e6  # events per second of walkers that are followed one by one
FAST_SPEED = 2e7  # the same with whole numbers only, by NumPy; the compiled walkers are faster, and the same
FAST_CHUNK = 65_536
UNKNOWN = -2
CALL, DRAW = (
    6e-5,
    1.5e-7,
)  # seconds per jump and event, and for each site in it: fixed, so that a seed fixes the outcome


class SiteTest(CellTest):
    """Exact laws, of the claimed rules and of wrong ones, over the same cells (state, site); numbers of walkers in any quantity."""

    delta = 1e-4  # relative error of a rule that a passed run excludes

    def __init__(
        self,
        setting: Setting,
        wrong: Sequence[Wrong],
        alpha: float,
        stream: tuple[str, int] = ("", 0),
        delta: float | None = None,
    ) -> None:
        self.setting = setting
        self.delta = delta or self.delta
        self._ready(stream)  # first: where walkers need too many sites, no law is worked out
        self.walk = LatticeWalk(setting.model, setting.values, setting.functions, setting.start)
        self.law = self._law(setting.model)
        _check_apart(self.law)
        cells = self._flat(self.law)
        scores = orthonormal_scores(np.tile(self.law.positions, (len(setting.shares), 1)), cells[:-1])
        super().__init__(cells, [(name, np.append(g, 0.0)) for name, g in scores], alpha)
        self.directions += self._state_scores()
        for w in wrong:
            self._add(w)
        self._columns = np.zeros(0, dtype=np.int64)
        self.plan()

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
        self.consider(wrong.name, wrong.factor, self._flat(bent), self._flat(slope), wrong.step)

    # --- walkers ----------------------------------------------------------------------------------------------------

    def _ready(self, stream: tuple[str, int]) -> None:
        """Make the walkers ready; raises ResourceError where numbers of them would need too many sites."""
        s = self.setting
        self._crowd: Occupation | Followed = Occupation(
            s.model, s.values, s.functions, s.start, s.shares, s.amount, *stream
        )

    def _chunk_size(self, wanted: int) -> int:
        return min(wanted, MOST_WALKERS)

    def _chunk_cost(self) -> float:
        s = self.setting
        return s.events * len(s.model.jumps) * len(s.shares) * (CALL + DRAW * len(self.law.positions))

    def sample(self, chunk: int) -> list[int]:
        """Walkers per cell; the dead and those at places that are no sites of the law are in the last cell."""
        found = self._crowd.chunk(chunk, self.each)
        sites = len(self.law.positions)
        taken = np.flatnonzero(found.counts.any(axis=0))
        column = self._column(found.positions, taken)
        cells = np.zeros(len(self.cells), dtype=np.int64)
        for state, counts in enumerate(found.counts):
            flat = np.where(column < 0, len(cells) - 1, state * sites + column)
            np.add.at(cells, flat, counts[taken])
        cells[-1] += found.dead
        return [int(n) for n in cells]

    def _column(self, positions: FloatArray, taken: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """The law's columns of some of the walkers' sites, which are the same in all chunks; -1 for what is no site of the law."""
        if len(self._columns) != len(positions):
            self._columns = np.full(len(positions), UNKNOWN, dtype=np.int64)
        new = taken[self._columns[taken] == UNKNOWN]
        self._columns[new] = self.law.index(positions[new])
        return self._columns[taken]


def _check_apart(law: LatticeLaw) -> None:
    """Raises :class:`NotYetError` where sites are so close together that rounding decides on which of them a walker is."""
    for shift in (0, APART // 2):
        if len(np.unique((law.keys + shift) // APART, axis=0)) < len(law.keys):
            raise NotYetError(
                "jumps whose length depends on place lead to places that are too close together to be told apart"
            )


class FollowedSiteTest(SiteTest):
    """The same with walkers followed from site to site, where numbers of walkers would need too many sites."""

    delta = 0.01

    def _ready(self, stream: tuple[str, int]) -> None:
        s = self.setting
        self._crowd = Followed(s.model, s.values, s.functions, s.start, s.shares, s.amount, *stream)

    def _chunk_size(self, wanted: int) -> int:
        return FAST_CHUNK

    def _chunk_cost(self) -> float:
        return FAST_CHUNK * max(self.setting.events, 1.0) / FAST_SPEED


class WalkedSiteTest(SiteTest):
    """The same with walkers that know no sites, where there are too many of them; and for measured positions."""

    delta = 0.02

    def _ready(self, stream: tuple[str, int]) -> None:
        s = self.setting
        self._walkers = Walkers(s.model, s.values, s.functions, s.start, s.shares, *stream)

    def _chunk_size(self, wanted: int) -> int:
        return CHUNK

    def _chunk_cost(self) -> float:
        return CHUNK * max(self.setting.events, 1.0) / SPEED

    def sample(self, chunk: int) -> list[int]:
        """Walkers per cell."""
        return [int(n) for n in self._by_cell(self._walkers.chunk(chunk, self.setting.amount))]

    def _by_cell(self, ends: Endpoints) -> npt.NDArray[np.int64]:
        column = self.law.index(ends.positions)
        elsewhere = (column < 0) | (ends.states == DEAD)
        flat = np.where(elsewhere, len(self.cells) - 1, ends.states * len(self.law.positions) + column)
        return np.bincount(flat, minlength=len(self.cells)).astype(np.int64)

    def judge_all(self, ends: Endpoints, power: float) -> tuple[Judgement, float | None]:
        """End points whose number is fixed beforehand, in every direction; and the relative error that they reveal."""
        counts = self._by_cell(ends)
        claimed = compare_counts(self.cells, counts, self.directions, self.alpha)
        missed = tuple(
            name
            for name, law in self.wrong_cells.items()
            if not compare_counts(law, counts, self.directions, self.alpha).rejected
        )
        found = judgement_of(claimed, self.alpha, self.wrong_cells, missed)
        if not self.information:
            return found, None
        needed = walkers_needed(min(self.information), self.delta, claimed.level, power)
        return found, float(np.sqrt(needed / counts.sum()) * self.delta)
