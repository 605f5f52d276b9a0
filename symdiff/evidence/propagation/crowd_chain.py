"""The exact law of a few agents on a small ring, over all numbers per state and site that they can reach.

The master equation of the rules as they stand: a reaction happens at its rate per set of the agents that it consumes, n(n - 1)
ordered pairs for two of a kind. Agents may multiply; configurations with more than ``cap`` agents on a site are all one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import sympy as sp
from scipy import sparse

from symdiff.errors import NotYetError, ResourceError
from symdiff.evidence.arrays import FloatArray
from symdiff.evidence.propagation.crowd_ring import CrowdRing, uniformised
from symdiff.model.jump_model import JumpModel

MOST = 20_000  # configurations
Numbers = npt.NDArray[np.int64]


class CrowdChain:
    """All that can happen from one configuration; ``start`` has the shape (states, sites).

    Raises what :class:`CrowdRing` does, and :class:`ResourceError` beyond ``most`` configurations.
    """

    def __init__(
        self, model: JumpModel, values: Mapping[sp.Symbol, float], start: Numbers, cap: int, most: int = MOST
    ) -> None:
        self.ring = CrowdRing(model, values, start.shape[1])
        self.cap, self.most = cap, most
        self.configurations = start.reshape(1, -1)  # one row each: the numbers by state and site
        self._number = {start.tobytes(): 0}
        self._moves: list[list[tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], FloatArray]]] = [
            [] for _ in self.ring.events
        ]
        done = 0
        while done < len(self.configurations):
            first, done = done, len(self.configurations)
            self._explore(np.arange(first, done), start.shape)

    def _explore(self, these: npt.NDArray[np.int64], shape: tuple[int, ...]) -> None:
        """Where every event leads from some configurations; the number -1 stands for all that are too full."""
        numbers = np.moveaxis(self.configurations[these].reshape(-1, *shape), 0, -1)  # (states, sites, configurations)
        new: list[Numbers] = []
        for n in range(len(self.ring.events)):
            rates = self._rates(n, numbers)
            for site in range(shape[1]):
                live = np.flatnonzero(rates[site] > 0)
                after = self._after(n, site, numbers[..., live])
                full = np.any(after.sum(axis=0) > self.cap, axis=0)
                targets = np.full(len(live), -1, dtype=np.int64)
                rows = np.ascontiguousarray(np.moveaxis(after, -1, 0)).reshape(len(live), shape[0] * shape[1])
                for k in np.flatnonzero(~full).tolist():
                    key = rows[k].tobytes()
                    if key not in self._number:
                        self._number[key] = len(self._number)
                        new.append(rows[k])
                    targets[k] = self._number[key]
                self._moves[n].append((these[live], targets, rates[site][live]))
        if len(self._number) > self.most:
            raise ResourceError(f"more than {self.most} configurations can be reached")
        if new:
            self.configurations = np.concatenate([self.configurations, np.array(new)])

    def _rates(self, number: int, numbers: Numbers) -> FloatArray:
        """How often an event happens at every site of some configurations."""
        event, rate = self.ring.events[number]
        total = self.ring.intensity(rate, numbers.astype(float))
        used: dict[tuple[int, int], int] = {}
        for p in event.gone:
            key = self.ring.names.index(p.state), self.ring.shift(self.ring.number(p.displacement[0]))
            total = total * np.maximum(np.roll(numbers[key[0]], -key[1], axis=0) - used.get(key, 0), 0)
            used[key] = used.get(key, 0) + 1
        if np.min(total, initial=0.0) < -1e-12:
            raise NotYetError("a rate is negative for some numbers of agents: the rules are no process")
        return total

    def _after(self, number: int, site: int, numbers: Numbers) -> Numbers:
        event, after = self.ring.events[number][0], numbers.copy()
        for agents, sign in ((event.gone, -1), (event.come, 1)):
            for p in agents:
                at = (site + self.ring.shift(self.ring.number(p.displacement[0]))) % numbers.shape[1]
                after[self.ring.names.index(p.state), at] += sign
        return after

    @property
    def rate_out_of_start(self) -> float:
        """The total rate of all events at the start."""
        return float(self._matrix([1.0] * len(self._moves))[1][0])

    @property
    def overflows(self) -> bool:
        """Whether a site can become too full."""
        return any(bool(np.any(b < 0)) for moves in self._moves for _, b, _ in moves)

    def _matrix(self, factors: Sequence[float]) -> tuple[sparse.csr_matrix, FloatArray]:
        """Rates from configuration to configuration, the last one being all that are too full; and the rates out of each."""
        size = len(self.configurations) + 1
        parts = [(a, b % size, f * w) for moves, f in zip(self._moves, factors, strict=True) for a, b, w in moves]
        source, target, weight = (np.concatenate(x) for x in zip(*parts, strict=True))
        matrix = sparse.coo_matrix((weight, (target, source)), shape=(size, size)).tocsr()
        return matrix, np.asarray(matrix.sum(axis=0)).ravel()

    def law(self, time: float, factors: Sequence[float]) -> FloatArray:
        """Probabilities of all configurations at a time, the last one of all that are too full; ``factors`` multiply the events' rates."""
        start = np.zeros(len(self.configurations) + 1)
        start[0] = 1.0
        return uniformised(*self._matrix(factors), start, time)
