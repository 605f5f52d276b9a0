"""The rules of walkers off the lattice as numbers, along the first coordinate, with the exact law that follows from them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import mpmath
import numpy as np
import numpy.typing as npt
import sympy as sp
from scipy import linalg

from symdiff.dossier.picture import start_of
from symdiff.dossier.scene_laws import Tables
from symdiff.errors import NotYetError, UsageError
from symdiff.evidence.arrays import FloatArray, array_arithmetic
from symdiff.evidence.propagation.characteristic import stationary_shares, transition_weights
from symdiff.evidence.propagation.renewal import RenewalWalk
from symdiff.evidence.propagation.rules import numeric_rules, symbol_matrix
from symdiff.model.jump_model import Jump, JumpModel
from symdiff.model.waiting_transform import waiting_transform
from symdiff.notation.evaluation import evaluate

EVENTS = {"discrete": 40.0, "continuous": 40.0, "waiting": 40.0}
RUNS = 12.0  # changes of state where walkers move between them
STAYS = (0.0, 0.0, 0.0, 0.0)  # the code of a step of no length
SETTLED = 1e-4  # error of an inverted transform that nobody sees in a picture

Numbers = dict[sp.Symbol, float]
Spectra = npt.NDArray[np.complex128]


@dataclass(frozen=True)
class FlightJump:
    """One way out of a state: its probability (of all jumps), what follows, and the laws of step and wait by their codes.

    ``to`` is -1 where the walker dies. With a continuous internal state ``shift`` is added to ``base`` and ``stretch`` multiplies
    the length, both by its value; ``renews``: the jump renews it.
    """

    share: float
    to: int
    base: float
    along: float
    step: tuple[float, ...]
    wait: tuple[float, ...]
    shift: tuple[float, ...] = ()
    stretch: tuple[float, ...] = ()
    renews: bool = False


class FlightRules:
    """The rules of a homogeneous model as numbers, along the first coordinate."""

    inner_note = ""  # what is assumed of a continuous internal state

    def __init__(self, model: JumpModel, values: Numbers) -> None:
        self.model, self.values, self.size = model, values, len(model.state_names)
        self.tables = Tables(values)
        self.start = start_of(model, values)[0]
        self.step = None if model.time_step is None else self._number(model.time_step)
        self.velocities, self.diffusivities = [0.0] * self.size, [0.0] * self.size
        for s in range(self.size):
            motion = model.motion_of(s)
            if motion is not None:
                self.velocities[s] = self._velocity(motion.velocity[0])
                self.diffusivities[s] = self._number(motion.diffusivity[0][0]) if motion.diffusivity else 0.0
        self.ways = [
            [(i, j, self._number(j.intensity)) for i, source, j in model.transitions() if source == s]
            for s in range(self.size)
        ]
        self.totals = [sum(w for *_, w in own) for own in self.ways]
        if any(w < 0 for own in self.ways for *_, w in own) or (
            model.clock != "continuous" and max(self.totals) > 1 + 1e-9
        ):
            raise UsageError("at these values the rules are no probabilities", instead="move a slider")
        self.shares = self._shares()
        self.jumps = tuple(self._jumps(s) for s in range(self.size))

    def _number(self, e: sp.Expr) -> float:
        return float(evaluate(e, self.values, array_arithmetic()))

    def document(self) -> dict[str, Any] | None:
        """What the page needs of a continuous internal state."""
        return None

    def _shares(self) -> tuple[float, ...]:
        stated = self.model.preparation.states
        if stated is not None:
            given = {name: self._number(e) for name, e in stated}
            return tuple(given.get(name, 0.0) for name in self.model.state_names)
        place = (self.start,) * self.model.dimension
        return stationary_shares(self.model, transition_weights(self.model, self.values, {}, place))

    def _jumps(self, s: int) -> tuple[FlightJump, ...]:
        whole = self.totals[s] if self.model.clock == "continuous" else 1.0
        found = []
        for target, jump, weight in self.ways[s]:
            if weight > 0:
                found.append(FlightJump(weight / whole, target, wait=self._wait(s, jump), **self._jump(jump)))
        if self.model.clock != "continuous" and whole - self.totals[s] > 1e-9:
            to = -1 if self.model.lossy else s
            renews = bool(self.model.internals)
            found.append(FlightJump(whole - self.totals[s], to, 0.0, 0.0, STAYS, self._wait(s, None), renews=renews))
        return tuple(found)

    def _velocity(self, e: sp.Expr) -> float:
        """The mean velocity in a state at the start."""
        return self._number(e)

    def _jump(self, jump: Jump) -> dict[str, Any]:
        """How far a jump leads."""
        law, along = (STAYS, 0.0) if jump.law is None else self.tables.step(jump.law, jump.directions)
        return {"base": self._number(jump.displacement[0]), "along": along, "step": law}

    def _wait(self, s: int, jump: Jump | None) -> tuple[float, ...]:
        if self.step is not None:
            return (0.0, self.step, 0.0, 0.0)
        if self.model.clock == "continuous":
            return (2.0, 1 / self.totals[s], 0.0, 0.0)
        if jump is None:
            raise NotYetError("walkers that wait and then stay are not animated yet")
        return self.tables.wait(self.model.wait_before(s, jump))

    @property
    def velocity(self) -> float:
        """The mean velocity at the start: it belongs to the preparation, and an equation of second order in time needs it."""
        return sum(share * v for share, v in zip(self.shares, self.velocities, strict=True))

    @property
    def spread(self) -> float:
        """The mean diffusivity at the start."""
        return sum(share * d for share, d in zip(self.shares, self.diffusivities, strict=True))

    def horizon(self) -> float:
        """The time of the last frame: so many events of the quickest state."""
        events = EVENTS[self.model.clock] if self.model.rests else RUNS
        if self.step is not None:
            return EVENTS["discrete"] * self.step
        if self.model.clock == "continuous":
            return events / max(self.totals) if max(self.totals) > 0 else 1.0
        laws = [self.model.wait_before(s, j) for s, own in enumerate(self.ways) for _, j, _ in own]
        low, high = -12.0, 12.0  # powers of ten; E[e^(-t/T)] = e^(-1/events) at the time T sought

        def early(power: float) -> bool:
            s = mpmath.mpf(10) ** -power
            return min(float(mpmath.re(waiting_transform(law, s, self._exact))) for law in laws) < float(
                np.exp(-1 / events)
            )

        for _ in range(40):
            middle = (low + high) / 2
            low, high = (middle, high) if early(middle) else (low, middle)
        return float(10**high)

    def _exact(self, e: sp.Expr) -> Any:
        return mpmath.mpf(self._number(e))

    def law(self, waves: FloatArray, times: FloatArray) -> list[Spectra] | None:
        """E[e^(-ikx)] at all times, from a point at the start; None where it is not found."""
        if self.model.clock == "waiting":
            return self._renewal(waves, times)
        rules = numeric_rules(self.model, {s: mpmath.mpf(v) for s, v in self.values.items()})
        rest = (mpmath.mpf(0),) * (self.model.dimension - 1)
        matrices = np.array([symbol_matrix(rules, (mpmath.mpf(float(k)), *rest)) for k in waves], dtype=complex)
        moves = matrices if self.step is not None else np.array([linalg.expm(m * float(times[0])) for m in matrices])
        state = np.tile(np.array(self.shares, dtype=complex), (len(waves), 1))
        found = []
        for _ in times:
            state = np.einsum("kij,kj->ki", moves, state)
            found.append(state.sum(axis=1))
        return found

    def _renewal(self, waves: FloatArray, times: FloatArray) -> list[Spectra] | None:
        if self.size > 1 or not self.model.rests or any(j.waiting is not None for j in self.model.jumps):
            return None
        walk = RenewalWalk(self.model, {s: mpmath.mpf(v) for s, v in self.values.items()})
        vectors = [(float(k), *(0.0,) * (self.model.dimension - 1)) for k in waves]
        found = []
        for t in times:
            spectrum, error = walk.at(vectors, float(t))
            if not error <= SETTLED:
                return None
            found.append(spectrum)
        return found
