"""The simulation's comparison for crowds: copies of a small ring of agents against the exact law of all its configurations."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import numpy.typing as npt
import sympy as sp

from symdiff.dossier.verify_cells import CellTest
from symdiff.dossier.verify_numbers import BaseValues
from symdiff.dossier.verify_setting import Setting, shrinks, values_at
from symdiff.errors import NotYetError, ResourceError
from symdiff.evidence.arrays import FloatArray
from symdiff.evidence.propagation.crowd_chain import CrowdChain
from symdiff.evidence.simulation.agents import AgentRings
from symdiff.model.crowd import Participant
from symdiff.model.jump_model import JumpModel

MOST_CONFIGURATIONS = 5000
CAP = 3  # agents on a site, where the model sets no limit and sites do not exclude
SPEED = 1.5e7  # offers of an event per second, by NumPy: fixed, so that a seed fixes the outcome
RINGS = 65_536  # a chunk
DELTAS = (0.01, 0.02, 0.05)  # relative errors of a rule to exclude: the first that the budget decides
SLOPE = 1e-3
THUE_MORSE = (0, 1, 1, 0, 1, 0, 0, 1)  # no symmetry that could hide a direction

Numbers = npt.NDArray[np.int64]


class RingTest(CellTest):
    """One ring of agents from one configuration; every walker of the result is a copy of it.

    Raises :class:`NotYetError` and :class:`ResourceError` where no ring holds the rules.
    """

    def __init__(
        self, model: JumpModel, values: Mapping[sp.Symbol, float], alpha: float, stream: tuple[str, int], delta: float
    ) -> None:
        self.delta = delta
        self.chain, self.rings, time = _fitting(model, values, stream)
        self.setting = Setting(model, values, {}, {}, (), (), time, 1.0)
        super().__init__(self._law({}), [], alpha)
        events = self.chain.ring.events
        labels = list(dict.fromkeys(e.label for e, _ in events))
        groups = {f"rate of {label}": {label} for label in labels} | (
            {"all rates": set(labels)} if len(labels) > 1 else {}
        )
        for name, group in groups.items():
            for sign in (1, -1):
                bent, slope = (self._law(dict.fromkeys(group, 1 + sign * x)) for x in (self.delta, SLOPE))
                self.consider(name, 1 + sign * self.delta, bent, slope, sign * SLOPE)
        shape = self.rings.states, self.rings.sites
        self._words = [self.rings.word(c.reshape(shape)) for c in self.chain.configurations]
        self.plan()

    @property
    def note(self) -> str:
        """What a walker stands for."""
        numbers = self.chain.configurations[0].reshape(self.rings.states, -1)
        shown = "; ".join(
            f"{name}: {' '.join(map(str, row))}" for name, row in zip(self.chain.ring.names, numbers, strict=True)
        )
        return f"every walker is a ring of {self.rings.sites} sites with agents at the start ({shown})"

    def _law(self, factors: Mapping[str, float]) -> FloatArray:
        """Probabilities of all configurations, of a site that is too full, and of anything else (none)."""
        law = self.chain.law(self.setting.amount, [factors.get(e.label, 1.0) for e, _ in self.chain.ring.events])
        return np.append(np.maximum(law, 0.0), 0.0)

    def _chunk_size(self, wanted: int) -> int:
        return RINGS

    def _chunk_cost(self) -> float:
        return RINGS * max(float(self.rings.offers), 1.0) / SPEED

    def sample(self, chunk: int) -> list[int]:
        """Rings per configuration."""
        found = self.rings.chunk(chunk, self.each)
        known = found[self._words]
        return [int(n) for n in known] + [int(found[-1]), int(found.sum() - known.sum() - found[-1])]


def ring_test(model: JumpModel, base: BaseValues, alpha: float, stream: tuple[str, int], seconds: float) -> RingTest:
    """The sharpest comparison that takes no more than some seconds, at the first eps at which the rules are a process."""
    problem: NotYetError | None = None
    for eps in shrinks(model):
        try:
            values = values_at(model, base, eps)
            for delta in DELTAS:
                test = RingTest(model, values, alpha, stream, delta)
                if test.effort <= seconds:
                    break
            return test
        except NotYetError as error:
            problem = problem or error
    assert problem is not None
    raise problem


def _fitting(
    model: JumpModel, values: Mapping[sp.Symbol, float], stream: tuple[str, int]
) -> tuple[CrowdChain, AgentRings, float]:
    """The largest ring whose law and copies fit, with about one event per site in the time that it is watched."""
    problem: NotYetError | ResourceError = NotYetError("no ring holds these rules")
    limit = model.crowd.occupancy
    cap = int(limit) if limit is not None and limit.is_Integer else CAP
    for start in _starts(model, cap):
        try:
            chain = CrowdChain(model, values, start, cap, MOST_CONFIGURATIONS)
            leaves = chain.rate_out_of_start
            if leaves <= 0:
                problem = NotYetError("nothing happens to the agents of a small ring")
                continue
            most = int(chain.configurations.reshape(-1, *start.shape).sum(axis=1).max())
            time = start.shape[1] / leaves
            return chain, AgentRings(model, values, start, cap if chain.overflows else most, time, *stream), time
        except ResourceError as error:
            problem = error
    raise problem


def _starts(model: JumpModel, cap: int) -> Iterator[Numbers]:
    """Configurations to start from, the richest first: agents side by side, or together on a site where that makes them react."""
    names = model.state_names
    needed = {n: max([1, *(_together(r.consumes, n) for r in model.crowd.reactions)]) for n in names}
    meet = any(sum(_together(r.consumes, n) for n in names) > 1 for r in model.crowd.reactions)
    for sites in (5, 4, 3) if meet else (8, 6, 5, 4, 3):
        start = np.zeros((len(names), sites), dtype=np.int64)
        if meet:
            start[:, 0] = [needed[n] for n in names]
            start[0, 2] = 1
            if start[:, 0].sum() > cap:
                return
        else:
            for k, place in enumerate(np.flatnonzero(THUE_MORSE[:sites])):
                start[k % len(names), place] = 1
        yield start


def _together(agents: tuple[Participant, ...], state: str) -> int:
    """How many agents of a state a reaction consumes at its own place."""
    return sum(1 for p in agents if p.state == state and not any(p.displacement))
