"""The sites that walkers can reach by the rules, and which jump leads from where to where with which weight.

Only the list of jumps is used, as a person would read it; no transition matrix and no law is formed. In continuous time every
walker is offered jumps at one common rate, which is no less than any rate on its way, and declines with the difference (thinning);
the number of offers is a Poisson number. Source of thinning: P. A. W. Lewis and G. S. Shedler, Naval Res. Logist. Q. 26 (1979) 403.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import sympy as sp

from symdiff.errors import NotYetError, ResourceError
from symdiff.evidence.arrays import FloatArray, Functions, evaluate_arrays
from symdiff.model.jump_model import Jump, JumpModel

RARE = 1e-6  # probability that any walker of a chunk is offered more jumps than the sites reach
GRAIN = 1e-7  # sites closer together than this part of the shortest jump are one site
FARTHEST = 2.0**62  # grains

Counts = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Crowded:
    """How many walkers are on which site (columns) in which state (rows) at the end; ``dead`` are those who died."""

    positions: FloatArray
    counts: Counts
    dead: int


class Sites:
    """A model made ready for walkers on sites, at one set of values and for one duration.

    Raises :class:`NotYetError` for steps with a continuous law and other clocks, :class:`ResourceError` beyond ``most_sites``.
    """

    most_walkers: int
    most_sites: int

    def __init__(
        self, model: JumpModel, values: Mapping[sp.Symbol, float], functions: Functions, start: tuple[float, ...],
        shares: tuple[float, ...], amount: float, fingerprint: str, seed: int,
    ) -> None:  # fmt: skip
        if model.clock not in ("discrete", "continuous") or any(j.law is not None for j in model.jumps):
            raise NotYetError("only walkers on sites with probabilities or rates are followed from site to site")
        self.model, self.values, self.functions = model, dict(values), functions
        self.shares, self.amount = shares, amount
        self.fingerprint, self.seed = fingerprint, seed
        self.places = np.array([start], dtype=float)
        lengths = [abs(x) for j in model.jumps for r in j.displacement for x in self._at(r, self.places) if x != 0]
        self._grain = min(lengths, default=1.0) * GRAIN
        self._number = {self._keys(self.places)[0]: 0}
        self._targets: list[list[int]] = [[] for _ in model.jumps]
        self.rate = 1.0
        if model.clock == "discrete":
            self._reach(int(amount))
        else:
            self._bound()
        self._weights = [self._at(j.intensity, self.places[: self._inner]) for j in model.jumps]
        self._to = [np.array(t, dtype=np.int64) for t in self._targets]
        self._finish()

    def _finish(self) -> None:
        """What is still to be made ready."""

    # --- sites ------------------------------------------------------------------------------------------------------

    @property
    def _inner(self) -> int:
        return len(self._targets[0])

    def _keys(self, places: FloatArray) -> list[tuple[int, ...]]:
        grains = np.rint(places / self._grain)
        if not np.all(np.abs(grains) < FARTHEST):
            raise ResourceError("jumps whose length depends on place lead too far to tell places apart")
        return [tuple(row) for row in grains.astype(np.int64).tolist()]

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
                for place, key, is_open in zip(landed, self._keys(landed), open_.tolist(), strict=True):
                    if is_open and key not in self._number:
                        self._number[key] = len(self._number)
                        new.append(place)
                    targets.append(self._number[key] if is_open else -1)
            if len(self._number) > self.most_sites:
                raise ResourceError(f"more than {self.most_sites} sites can be reached", instead="ask for fewer steps")
            self.places = np.concatenate([self.places, np.array(new).reshape(-1, self.places.shape[1])])
            self._depth += 1

    def _landed(self, jump: Jump, here: FloatArray) -> FloatArray:
        if jump.destination is not None:
            return np.stack([self._at(r, here) for r in jump.destination], axis=1)
        return here + np.stack([self._at(r, here) for r in jump.displacement], axis=1)

    _depth = 0
    _dying = 0.0  # the rate of what happens beside the jumps

    def _bound(self) -> None:
        """A rate that is exceeded nowhere within reach, and sites for as many offers as it makes."""
        self.rate, layers = 0.0, 8
        for _ in range(30):
            self._reach(layers)
            here = self.places[: self._inner]
            totals = np.zeros((len(self.model.state_names), len(here)))
            for _, source, jump in self.model.transitions():
                totals[source] += self._at(jump.intensity, here)
            self.rate = max(float(totals.max(initial=0.0)) + self._dying, self.rate)
            needed = len(offer_tails(self.rate * self.amount, self.most_walkers)) - 1
            if needed < layers or self._inner == len(self.places):
                return
            layers = needed + 1
        raise ResourceError("the rates grow so fast with distance that the walkers cannot be followed")

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


def offer_tails(mean: float, walkers: int) -> list[float]:
    """P(N >= n) of a Poisson number for n = 0, 1, ..., down to RARE/walkers; summed from the far end."""
    weights = [math.exp(-mean)] if mean < 700 else []
    if not weights:
        raise ResourceError("so many events per walker are not simulated", instead="ask for a shorter time")
    while len(weights) <= mean or weights[-1] > 1e-3 * RARE / walkers:
        weights.append(weights[-1] * mean / len(weights))
    sums = np.cumsum(weights[::-1])[::-1]
    return [float(s) for s in sums if s > RARE / walkers] + [0.0]
