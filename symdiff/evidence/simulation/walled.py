"""Numbers of walkers on the sites between walls, each jump that would end outside made as the file says.

Only the list of jumps and the walls are read, site by site; no matrix is formed. A jump that meets a wall has two ends: that of those
who survive, and the dead, who are counted on one place that is none (NaN).
"""

from __future__ import annotations

import numpy as np

from symdiff.errors import NotYetError, UsageError
from symdiff.evidence.arrays import FloatArray
from symdiff.evidence.simulation.occupation import Occupation
from symdiff.evidence.simulation.sites import Counts
from symdiff.model.boundary import Boundary, Inequality
from symdiff.model.jump_model import Jump

TOUCH = 1e-7  # of the change of a gap over the jump: what lies within counts as on the wall


class WalledOccupation(Occupation):
    """Numbers of walkers on sites between walls; raises :class:`NotYetError` for periodic and bridged walls."""

    def _bound(self) -> None:
        self._check()
        self._dying = sum((self._chance(b, rate=True) for b in self.model.boundaries), 0.0)
        super()._bound()

    def _reach(self, layers: int) -> None:
        self._check()
        super()._reach(layers)

    def _check(self) -> None:
        if any(b.kind == "periodic" or b.crossing != "end" for b in self.model.boundaries):
            raise NotYetError("periodic walls, and walls that are hit between two sites, are not simulated yet")

    def _landed(self, jump: Jump, here: FloatArray) -> FloatArray:
        """Where those who survive a jump are."""
        wall, side, landed = self._met(jump, here)
        boundaries = self.model.boundaries
        for n, boundary in enumerate(boundaries):
            hit = wall == n
            if not hit.any():
                continue
            if boundary.kind != "absorbing" and boundary.rejected == "mirror":
                landed[hit] = self._mirrored(boundary, side[hit], here[hit], landed[hit])
            else:
                landed[hit] = here[hit]
        return landed

    def _met(self, jump: Jump, here: FloatArray) -> tuple[np.ndarray, np.ndarray, FloatArray]:
        """The first wall, and which of its sides, that a jump from each place meets (-1: none), and where it would end."""
        landed = super()._landed(jump, here)
        wall, side = np.full(len(here), -1), np.full(len(here), -1)
        for n, boundary in enumerate(self.model.boundaries):
            for m, inequality in enumerate(boundary.domain):
                out = (wall < 0) & self._outside(inequality, here, landed)
                wall[out], side[out] = n, m
        return wall, side, landed

    def _outside(self, inequality: Inequality, here: FloatArray, landed: FloatArray) -> np.ndarray:
        after = self._at(inequality.gap, landed)
        touch = TOUCH * np.abs(after - self._at(inequality.gap, here))
        return np.asarray(after <= touch if inequality.strict else after < -touch)

    def _mirrored(self, boundary: Boundary, side: np.ndarray, here: FloatArray, landed: FloatArray) -> FloatArray:
        """The mirror images in a plane wall of one dimension: as far inside as the jump would end outside."""
        if here.shape[1] > 1:
            raise NotYetError("mirror images in walls are simulated in one dimension only")
        found = landed.copy()
        for m, inequality in enumerate(boundary.domain):
            own = side == m
            before, after = (self._at(inequality.gap, x[own]) for x in (here, landed))
            slope = (after - before) / (landed[own, 0] - here[own, 0])
            found[own, 0] = landed[own, 0] - 2 * after / slope
        for inequality in (i for b in self.model.boundaries for i in b.domain):
            if np.any(self._outside(inequality, here, found)):
                raise NotYetError("a mirror image in one wall lies behind another")
        return found

    def _event(self, generator: np.random.Generator, before: Counts) -> tuple[Counts, int]:
        after, lost = super()._event(generator, before)
        if self.model.lossy:
            after[:, -1] += before[:, -1]  # those whom a wall absorbed stay counted there
        return after, lost

    # --- the ends of every jump -----------------------------------------------------------------------------------------

    def _finish(self) -> None:
        """Jumps once more as deaths, and absorption at a rate, once per site and wall."""
        here, dead = self.places[: self._inner], len(self.places)
        self.places = np.concatenate([self.places, np.full((1, self.places.shape[1]), np.nan)])
        walls, fatal = [self._met(j, here)[0] for j in self.model.jumps], []
        for n, wall in enumerate(walls):
            share = np.zeros(len(here))
            for m, boundary in enumerate(self.model.boundaries):
                share[wall == m] = self._chance(boundary, rate=False)
            fatal.append(self._weights[n] * share)
            self._weights[n] = self._weights[n] * (1 - share)
        for m, boundary in enumerate(self.model.boundaries):
            leads = np.any([(w == m) & (self._at(j.intensity, here) > 0)
                            for w, j in zip(walls, self.model.jumps, strict=True)], axis=0)  # fmt: skip
            fatal.append(leads * self._chance(boundary, rate=True))
        self._weights += fatal
        self._to += [np.full(len(here), dead, dtype=np.int64)] * len(fatal)

    def _chance(self, boundary: Boundary, *, rate: bool) -> float:
        """With which probability a jump that meets the wall is the last; or the rate of absorption beside it."""
        if boundary.kind == "absorbing":
            return 0.0 if rate else 1.0
        e = boundary.rate if rate else boundary.probability
        found = 0.0 if e is None else float(self._at(e, self.places[:1])[0])
        if found < 0 or (found > 1 and not rate):
            raise UsageError(f"the wall absorbs with {found:.6g}", instead="choose other values with --set")
        return found

    def _moves(self) -> list[tuple[int, int, int]]:
        found = super()._moves()
        jumps, states = len(self.model.jumps), range(len(self.shares))
        found += [(source, source, jumps + n) for _, source, n in found]
        return found + [(s, s, 2 * jumps + m) for m in range(len(self.model.boundaries)) for s in states]
