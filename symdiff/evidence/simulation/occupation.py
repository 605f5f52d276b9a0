"""Numbers of walkers instead of walkers: how many of those on a site take which jump is one draw, however many they are.

Exact for the law at one time of independent walkers on sites, in any internal states and with any place-dependence: the
walkers of a site share themselves among the jumps by a multinomial law, drawn as a chain of binomial ones. In continuous time
every walker is offered jumps at one common rate, which is no less than any rate on its way, and declines with the
difference (thinning); the number of offers is a Poisson number. Only the list of jumps is used. The cost does not depend on the
number of walkers; NumPy's binomial numbers are good to a part in a thousand of a standard deviation up to MOST_WALKERS.
Source of thinning: P. A. W. Lewis and G. S. Shedler, Naval Res. Logist. Q. 26 (1979) 403.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import sympy as sp

from symdiff.errors import NotYetError, ResourceError, UsageError
from symdiff.evidence.arrays import FloatArray, Functions, evaluate_arrays
from symdiff.evidence.simulation.streams import chunk_generator
from symdiff.model.jump_model import Jump, JumpModel

MOST_WALKERS = 10**13
MOST_SITES = 20_000
RARE = 1e-6  # probability that any walker of a chunk is offered more jumps than the sites reach
GRAIN = 1e-7  # sites closer together than this part of the shortest jump are one site
SURE = 1 - 1e-12  # a jump that is all that remains is taken by all who remain

Counts = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Crowded:
    """How many walkers are on which site (columns) in which state (rows) at the end; ``dead`` are those who died."""

    positions: FloatArray
    counts: Counts
    dead: int


class Occupation:
    """A model made ready for numbers of walkers, at one set of values and for one duration.

    Raises :class:`NotYetError` for steps with a continuous law and other clocks, :class:`ResourceError` beyond MOST_SITES.
    """

    def __init__(
        self, model: JumpModel, values: Mapping[sp.Symbol, float], functions: Functions, start: tuple[float, ...],
        shares: tuple[float, ...], amount: float, fingerprint: str, seed: int,
    ) -> None:  # fmt: skip
        if model.clock not in ("discrete", "continuous") or any(j.law is not None for j in model.jumps):
            raise NotYetError("only walkers on sites with probabilities or rates are counted by sites")
        self.model, self.values, self.functions = model, dict(values), functions
        self.shares, self.amount = shares, amount
        self.fingerprint, self.seed = fingerprint, seed
        self.places = np.array([start], dtype=float)
        lengths = [abs(x) for j in model.jumps for r in j.displacement for x in self._at(r, self.places) if x != 0]
        self._grain = min(lengths, default=1.0) * GRAIN
        self._number = {self._key(self.places[0]): 0}
        self._targets: list[list[int]] = [[] for _ in model.jumps]
        self.rate = 1.0
        if model.clock == "discrete":
            self._reach(int(amount))
        else:
            self._bound()
        self._weights = [self._at(j.intensity, self.places[: self._inner]) for j in model.jumps]
        self._to = [np.array(t, dtype=np.int64) for t in self._targets]

    # --- sites ------------------------------------------------------------------------------------------------------

    @property
    def _inner(self) -> int:
        return len(self._targets[0])

    def _key(self, place: FloatArray) -> tuple[int, ...]:
        return tuple(round(float(x) / self._grain) for x in place)

    def _reach(self, layers: int) -> None:
        """Make known where every jump leads from all sites within ``layers - 1`` jumps, one layer further than before."""
        while self._depth < layers:
            first, last = self._inner, len(self.places)
            if first == last:
                return
            here = self.places[first:last]
            new: list[FloatArray] = []
            for jump, targets in zip(self.model.jumps, self._targets, strict=True):
                open_ = self._at(jump.intensity, here) > 0
                landed = self._landed(jump, here)
                for place, is_open in zip(landed, open_, strict=True):
                    key = self._key(place) if is_open else None
                    if key is not None and key not in self._number:
                        self._number[key] = len(self._number)
                        new.append(place)
                    targets.append(-1 if key is None else self._number[key])
            if len(self._number) > MOST_SITES:
                raise ResourceError(f"more than {MOST_SITES} sites can be reached", instead="ask for fewer steps")
            self.places = np.concatenate([self.places, np.array(new).reshape(-1, self.places.shape[1])])
            self._depth += 1

    def _landed(self, jump: Jump, here: FloatArray) -> FloatArray:
        if jump.destination is not None:
            return np.stack([self._at(r, here) for r in jump.destination], axis=1)
        return here + np.stack([self._at(r, here) for r in jump.displacement], axis=1)

    _depth = 0

    def _bound(self) -> None:
        """A rate that is exceeded nowhere within reach, and sites for as many offers as it makes."""
        self.rate, layers = 0.0, 8
        for _ in range(30):
            self._reach(layers)
            here = self.places[: self._inner]
            totals = np.zeros((len(self.model.state_names), len(here)))
            for _, source, jump in self.model.transitions():
                totals[source] += self._at(jump.intensity, here)
            self.rate = max(float(totals.max(initial=0.0)), self.rate)
            needed = _most_offers(self.rate * self.amount)
            if needed < layers or self._inner == len(self.places):
                return
            layers = needed + 1
        raise ResourceError("the rates grow so fast with distance that the walkers cannot be followed")

    # --- walkers ----------------------------------------------------------------------------------------------------

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

    def _moves(self) -> list[tuple[int, int, int]]:
        number = {id(jump): n for n, jump in enumerate(self.model.jumps)}
        return [(target, source, number[id(jump)]) for target, source, jump in self._listed()]

    def _listed(self) -> list[tuple[int, int, Jump]]:
        """(target, source, jump), read from the list of jumps: without ``from`` from every state, without ``to`` into the same."""
        names = self.model.state_names
        found = []
        for jump in self.model.jumps:
            sources = range(len(names)) if jump.source is None else [names.index(jump.source)]
            found += [(s if jump.target is None else names.index(jump.target), s, jump) for s in sources]
        return found

    def _at(self, expression: sp.Expr, places: FloatArray) -> FloatArray:
        local = dict(zip(self.model.coordinate_symbols, places.T, strict=True))
        found = evaluate_arrays(expression, {**self.values, **local}, self.functions)
        return np.broadcast_to(found, (len(places),))


def _split(generator: np.random.Generator, walkers: int, shares: tuple[float, ...]) -> list[int]:
    """The walkers shared among the states."""
    found, left, passed = [], walkers, 0.0
    for share in shares:
        rest = 1 - passed
        taken = left if share >= rest * SURE else int(generator.binomial(left, min(max(share / rest, 0.0), 1.0)))
        found.append(taken)
        left, passed = left - taken, passed + share
    return found


def _most_offers(mean: float) -> int:
    """So many that no walker of MOST_WALKERS gets more, with probability 1 - RARE."""
    return len(_tails(mean)) - 1


def _tails(mean: float) -> list[float]:
    """P(N >= n) of a Poisson number for n = 0, 1, ..., down to RARE/MOST_WALKERS; summed from the far end."""
    weights = [math.exp(-mean)] if mean < 700 else []
    if not weights:
        raise ResourceError("so many events per walker are not simulated", instead="ask for a shorter time")
    while len(weights) <= mean or weights[-1] > 1e-3 * RARE / MOST_WALKERS:
        weights.append(weights[-1] * mean / len(weights))
    sums = np.cumsum(weights[::-1])[::-1]
    return [float(s) for s in sums if s > RARE / MOST_WALKERS] + [0.0]


def _hazards(mean: float) -> list[float]:
    """P(N > n | N >= n), the chance of one more offer."""
    tails = _tails(mean)
    return [min(b / a, 1.0) for a, b in itertools.pairwise(tails)]
