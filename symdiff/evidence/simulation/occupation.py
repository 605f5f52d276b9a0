"""Numbers of walkers instead of walkers: how many of those on a site take which jump is one draw, however many they are.

Exact for the law at one time of independent walkers on sites, in any internal states and with any place-dependence: the
walkers of a site share themselves among the jumps by a multinomial law, drawn as a chain of binomial ones. The cost does not
depend on the number of walkers; NumPy's binomial numbers are good to a part in a thousand of a standard deviation up to MOST_WALKERS.
"""

from __future__ import annotations

import itertools

import numpy as np

from symdiff.errors import ResourceError, UsageError
from symdiff.evidence.simulation.sites import Counts, Crowded, Sites, offer_tails
from symdiff.evidence.simulation.streams import chunk_generator

MOST_WALKERS = 10**13
SURE = 1 - 1e-12  # a jump that is all that remains is taken by all who remain


class Occupation(Sites):
    """Numbers of walkers on sites."""

    most_walkers = MOST_WALKERS
    most_sites = 20_000

    def chunk(self, number: int, walkers: int) -> Crowded:
        """The walkers of one chunk at the end."""
        if not 0 < walkers <= MOST_WALKERS:
            raise UsageError(f"{walkers} walkers cannot be drawn at once", instead=f"at most {MOST_WALKERS}")
        generator = chunk_generator(self.fingerprint, self.seed, number)
        counts = np.zeros((len(self.shares), len(self.places)), dtype=np.int64)
        counts[:, 0] = _split(generator, walkers, self.shares)
        if self.model.clock == "discrete":
            dead = 0
            for _ in range(int(self.amount)):
                counts, lost = self._event(generator, counts)
                dead += lost
            return Crowded(self.places, counts, dead)
        return Crowded(self.places, self._offers(generator, counts), 0)

    def _offers(self, generator: np.random.Generator, going: Counts) -> Counts:
        """Walkers stop when the Poisson number of their offers is used up."""
        done = np.zeros_like(going)
        for hazard in _hazards(self.rate * self.amount):
            on = generator.binomial(going, hazard)
            done += going - on
            if not on.any():
                break
            going, _ = self._event(generator, on)
        else:
            raise ResourceError("a walker was offered more jumps than the sites reach")
        return done

    def _event(self, generator: np.random.Generator, before: Counts) -> tuple[Counts, int]:
        """Every walker takes one of the jumps, or stays (or dies); returns the new numbers and that of the dead."""
        after, size = np.zeros_like(before), self._inner
        left = before[:, :size].copy()
        passed = np.zeros((len(before), size))
        for target, source, jump in self._moves():
            share = self._weights[jump] / self.rate
            rest = 1 - passed[source]
            with np.errstate(divide="ignore", invalid="ignore"):
                chance = np.where(share >= rest * SURE, 1.0, share / rest)
            chance = np.where(share > 0, np.clip(chance, 0.0, 1.0), 0.0)
            took = generator.binomial(left[source], chance)
            left[source] -= took
            passed[source] += share
            live = np.flatnonzero(took)
            np.add.at(after[target], self._to[jump][live], took[live])
        if np.any(passed > 1 + 1e-9):
            raise UsageError("the probabilities out of a site sum to more than one on the way")
        if self.model.lossy:
            return after, int(left.sum())
        after[:, :size] += left
        after[:, size:] += before[:, size:]
        return after, 0


def _split(generator: np.random.Generator, walkers: int, shares: tuple[float, ...]) -> list[int]:
    """The walkers shared among the states."""
    found, left, passed = [], walkers, 0.0
    for share in shares:
        rest = 1 - passed
        taken = left if share >= rest * SURE else int(generator.binomial(left, min(max(share / rest, 0.0), 1.0)))
        found.append(taken)
        left, passed = left - taken, passed + share
    return found


def _hazards(mean: float) -> list[float]:
    """P(N > n | N >= n), the chance of one more offer."""
    tails = offer_tails(mean, MOST_WALKERS)
    return [min(b / a, 1.0) for a, b in itertools.pairwise(tails)]
