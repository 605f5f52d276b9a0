"""Walkers that are followed one by one from site to site, with whole numbers only: the same bits with and without compilation.

Every (state, site) has a row of thresholds in units of 2^-32; a random number of 32 bits picks the jump. Draws are those of a
counter, keyed by chunk and walker, so that nothing depends on which walkers go side by side. With numba (extra ``fast``) the
loop is compiled, without it NumPy does the same.
"""

from __future__ import annotations

import functools

import numpy as np
import numpy.typing as npt

from symdiff.errors import UsageError
from symdiff.evidence.simulation.compiled import has_numba
from symdiff.evidence.simulation.sites import Counts, Crowded, Sites, offer_tails
from symdiff.evidence.simulation.streams import GAMMA, Words, chunk_key, mixed, walker_keys

MOST_WALKERS = 2**32  # a chunk
UNIT = 2**32
SURE = 1 - 1e-12  # a sum of probabilities that is one
Table = npt.NDArray[np.uint32]


class Followed(Sites):
    """Walkers on sites, one by one."""

    most_walkers = MOST_WALKERS
    most_sites = 100_000

    def chunk(self, number: int, walkers: int, *, way: str = "") -> Crowded:
        """The walkers of one chunk at the end; ``way`` is "numpy", "compiled" or "gpu" (default: compiled where numba is there)."""
        if not 0 < walkers <= MOST_WALKERS:
            raise UsageError(f"{walkers} walkers cannot be followed at once", instead=f"at most {MOST_WALKERS}")
        key, sites = chunk_key(self.fingerprint, self.seed, number), len(self.places)
        discrete = self.model.clock == "discrete"
        steps = int(self.amount) if discrete else 0
        tails = np.empty(0, dtype=np.uint64) if discrete else self._tails
        upper, targets = self._table
        task = key, walkers, steps, tails, self._starts
        flat = upper.shape[1], upper.ravel(), targets.ravel(), sites
        way = way or ("compiled" if has_numba() else "numpy")
        if way == "gpu":
            from symdiff.evidence.simulation import followed_gpu

            out = followed_gpu.follow(*task, *flat, len(upper))
        elif way == "compiled":
            from symdiff.evidence.simulation import followed_kernel

            out = np.zeros(len(upper), dtype=np.int64)
            followed_kernel.follow(*task, *flat, out)
        else:
            out = plain(*task, upper, targets, sites)
        return Crowded(self.places, out[:-1].reshape(len(self.shares), sites), int(out[-1]))

    @functools.cached_property
    def _tails(self) -> Words:
        """P(N >= n) of the number of offers for n = 1, 2, ..., rising, in units of 2^-64."""
        found = [min(int(t * 2.0**64), 2**64 - 1) for t in offer_tails(self.rate * self.amount, MOST_WALKERS)[1:]]
        return np.array(found[::-1], dtype=np.uint64)

    @functools.cached_property
    def _starts(self) -> Words:
        """Where the random number passes from one initial state to the next; nothing for one state."""
        sums = np.cumsum(self.shares)[:-1]
        return np.array([min(int(s * 2.0**64), 2**64 - 1) for s in sums], dtype=np.uint64)

    @functools.cached_property
    def _table(self) -> tuple[Table, Table]:
        """Thresholds (nodes, choices) and targets (nodes, choices + 1); the last node is death, and the last target staying."""
        states, sites, inner = len(self.shares), len(self.places), self._inner
        moves: list[list[tuple[npt.NDArray[np.float64], npt.NDArray[np.int64]]]] = [[] for _ in range(states)]
        for target, source, jump in self._moves():
            moves[source].append((self._weights[jump] / self.rate, target * sites + self._to[jump]))
        choices = max(1, *(len(m) for m in moves))
        dead = states * sites
        upper = np.full((dead + 1, choices), UNIT - 1, dtype=np.uint32)
        targets = np.repeat(np.arange(dead + 1, dtype=np.uint32)[:, None], choices + 1, axis=1)
        for state, own in enumerate(moves):
            weights, to = np.zeros((inner, choices)), np.zeros((inner, choices), dtype=np.int64)
            for n, (weight, place) in enumerate(own):
                weights[:, n], to[:, n] = weight, place
            weights[weights * UNIT < 1] = 0.0  # rarer than the random numbers can tell
            order = np.argsort(weights == 0, axis=1, kind="stable")  # what never happens comes last
            weights, to = np.take_along_axis(weights, order, 1), np.take_along_axis(to, order, 1)
            sums = np.cumsum(weights, axis=1)
            if np.any(sums > 1 + 1e-9):
                raise UsageError("the probabilities out of a site sum to more than one on the way")
            rows = slice(state * sites, state * sites + inner)
            upper[rows] = np.where(sums >= SURE, UNIT - 1, np.floor(sums * UNIT) - 1).clip(0).astype(np.uint32)
            targets[rows, :choices] = to
            if self.model.lossy:
                targets[rows, choices] = dead
            still = np.flatnonzero(weights.sum(axis=1) == 0)  # no way out
            upper[state * sites + still] = UNIT - 1
            targets[state * sites + still, 0] = targets[state * sites + still, choices]
        while upper.shape[1] > 1 and np.all(upper[:, -1] == UNIT - 1):  # the last jump is what remains
            upper, targets = upper[:, :-1], targets[:, :-1]
        return np.ascontiguousarray(upper), np.ascontiguousarray(targets)


def plain(
    key: np.uint64, count: int, steps: int, tails: Words, starts: Words, upper: Table, targets: Table, sites: int
) -> Counts:
    """Where ``count`` walkers of one chunk end, by NumPy."""
    own = walker_keys(key, 0, count)
    left, node = np.full(count, steps), np.zeros(count, dtype=np.int64)
    with np.errstate(over="ignore"):
        if len(tails):
            left = len(tails) - np.searchsorted(tails, mixed(own + GAMMA), side="right")
        if len(starts):
            node = sites * np.searchsorted(starts, mixed(own + np.uint64(2) * GAMMA), side="right")
        for step in range(int(left.max(initial=0))):
            if step % 2 == 0:
                draw = mixed(own + np.uint64(3 + step // 2) * GAMMA)
            value = (draw >> np.uint64(32) if step % 2 == 0 else draw & np.uint64(UNIT - 1)).astype(np.uint32)
            taken = (value[:, None] > upper[node]).sum(axis=1)
            node = np.where(step < left, targets[node, taken], node)
    return np.bincount(node, minlength=len(upper)).astype(np.int64)
