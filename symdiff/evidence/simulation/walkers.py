"""Independent walkers that follow the rules: where am I, in which state, which jump, how long until then.

Only the list of jumps is used, as a person would read it; no transition matrix and no law is formed. Discrete time: one uniform
number per walker and step picks the jump, or to stay. Continuous time: exponential waiting times (Gillespie's direct method).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import sympy as sp

from symdiff.errors import NotYetError, UsageError
from symdiff.evidence.arrays import FloatArray, Functions, evaluate_arrays
from symdiff.evidence.simulation.step_laws import check_sampled, sample_steps
from symdiff.evidence.simulation.streams import chunk_generator
from symdiff.model.jump_model import Jump, JumpModel

CHUNK = 16_384  # walkers per chunk: the unit of reproducibility
DEAD = -1
States = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Endpoints:
    """Where the walkers are at the end (one row each), and in which states; the state of the dead is DEAD."""

    positions: FloatArray
    states: States


class Walkers:
    """A model made ready for walking at one set of values; ``functions`` gives its functions of place."""

    def __init__(
        self, model: JumpModel, values: Mapping[sp.Symbol, float], functions: Functions, start: tuple[float, ...],
        shares: tuple[float, ...], fingerprint: str, seed: int,
    ) -> None:  # fmt: skip
        if model.clock == "waiting":
            raise NotYetError("walks with waiting times are not simulated yet")
        if model.clock == "none":
            raise NotYetError("weights without rates or probabilities are counted, not simulated")
        if not model.rests:
            raise NotYetError("motion inside a state is not cross-checked yet")
        if model.signed:
            raise NotYetError("weights outside [0, 1] are no probabilities: there are no walkers to follow")
        self.model, self.values, self.functions = model, dict(values), functions
        self.start, self.shares = start, shares
        self.fingerprint, self.seed = fingerprint, seed
        places = {*model.coordinate_symbols, model.time}
        self.fixed: dict[sp.Expr, float] = {}
        for jump in model.jumps:
            if jump.law is not None:
                check_sampled(jump.law.distribution)
            laws = [e for _, e in jump.law.arguments] if jump.law is not None else []
            for e in (jump.intensity, *jump.displacement, *(jump.destination or ()), *jump.direction, *laws):
                if not e.free_symbols & places:
                    self.fixed[e] = float(evaluate_arrays(e, self.values, {}))

    def walk(self, chunks: Iterable[int], amount: float) -> Endpoints:
        """The walkers of some chunks after ``amount`` steps, or at the time ``amount``."""
        parts = [self.chunk(n, amount) for n in chunks]
        return Endpoints(np.concatenate([p.positions for p in parts]), np.concatenate([p.states for p in parts]))

    def chunk(self, number: int, amount: float) -> Endpoints:
        """One chunk of walkers."""
        generator = chunk_generator(self.fingerprint, self.seed, number)
        positions = np.tile(np.array(self.start, dtype=float), (CHUNK, 1))
        states = np.searchsorted(np.cumsum(self.shares)[:-1], generator.random(CHUNK), side="right").astype(np.int64)
        if self.model.clock == "discrete":
            for _ in range(int(amount)):
                self._step(generator, positions, states)
        else:
            self._wait(generator, positions, states, amount)
        return Endpoints(positions, states)

    # --- one event --------------------------------------------------------------------------------------------------

    def _step(self, generator: np.random.Generator, positions: FloatArray, states: States) -> None:
        draw = generator.random(len(states))
        before = positions.copy()
        old = states.copy()
        passed = np.zeros(len(states))  # the sum of the probabilities of the jumps that were not chosen
        for jump in self.model.jumps:
            open_ = self._open(jump, old)
            upper = passed + np.where(open_, self._at(jump.intensity, before), 0.0)
            chosen = np.flatnonzero(open_ & (draw >= passed) & (draw < upper))
            self._move(generator, jump, chosen, before, positions, states)
            passed = upper
        if self.model.lossy:
            states[(old != DEAD) & (draw >= passed)] = DEAD
        if np.any(passed > 1 + 1e-9):
            raise UsageError("the probabilities out of a site sum to more than one on the way")

    def _wait(self, generator: np.random.Generator, positions: FloatArray, states: States, time: float) -> None:
        left = np.full(len(states), time)
        awake = np.arange(len(states))
        while len(awake):
            here, old = positions[awake], states[awake]
            rates = np.stack([np.where(self._open(j, old), self._at(j.intensity, here), 0.0) for j in self.model.jumps])
            total = rates.sum(axis=0)
            with np.errstate(divide="ignore"):
                wait = -np.log1p(-generator.random(len(awake))) / total
            draw = generator.random(len(awake)) * total
            left[awake] -= wait
            going = left[awake] > 0
            passed = np.zeros(len(awake))
            moved, new = here.copy(), old.copy()
            for jump, rate in zip(self.model.jumps, rates, strict=True):
                chosen = np.flatnonzero(going & (draw >= passed) & (draw < passed + rate))
                self._move(generator, jump, chosen, here, moved, new)
                passed = passed + rate
            positions[awake], states[awake] = moved, new
            awake = awake[going]

    def _open(self, jump: Jump, states: States) -> npt.NDArray[np.bool_]:
        if jump.source is None:
            return np.asarray(states != DEAD)
        return np.asarray(states == self.model.state_names.index(jump.source))

    def _move(
        self, generator: np.random.Generator, jump: Jump, chosen: npt.NDArray[np.int64], before: FloatArray,
        positions: FloatArray, states: States,
    ) -> None:  # fmt: skip
        if not len(chosen):
            return
        here = before[chosen]
        for axis, r in enumerate(jump.destination or ()):
            positions[chosen, axis] = self._at(r, here)
        for axis, r in enumerate(jump.displacement):
            positions[chosen, axis] += self._at(r, here)
        if jump.law is not None:
            arguments = {name: self._number(e) for name, e in jump.law.arguments}
            length = sample_steps(jump.law.distribution, arguments, generator, len(chosen))
            for axis, e in enumerate(jump.direction):
                positions[chosen, axis] += length * self._number(e)
        if jump.target is not None:
            states[chosen] = self.model.state_names.index(jump.target)

    # --- values -----------------------------------------------------------------------------------------------------

    def _number(self, expression: sp.Expr) -> float:
        if expression not in self.fixed:
            raise NotYetError("step laws that depend on place are not simulated yet")
        return self.fixed[expression]

    def _at(self, expression: sp.Expr, positions: FloatArray) -> FloatArray | float:
        if expression in self.fixed:
            return self.fixed[expression]
        local = dict(zip(self.model.coordinate_symbols, positions.T, strict=True))
        return evaluate_arrays(expression, {**self.values, **local}, self.functions)
