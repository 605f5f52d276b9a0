"""What the animation of walkers off the lattice needs: waits, steps and motion as numbers, their exact law, and the solution.

Walkers follow the rules event by event, the law is that of the characteristic function (of Montroll and Weiss where the waits
have a memory), the curve the equation's. All three start from the same Gaussian, narrow against the picture: laws with
single points and sharp fronts then have a density that can be drawn.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import mpmath
import numpy as np
import numpy.typing as npt
import sympy as sp
from scipy import linalg

from symdiff.continuum.limit import ContinuumLimit
from symdiff.dossier.picture import picture_numbers, start_of
from symdiff.dossier.scene_laws import Tables, waits_without_moments
from symdiff.dossier.settings import Settings
from symdiff.dossier.verify_numbers import base_values
from symdiff.dossier.verify_rules import stand_in
from symdiff.dossier.verify_scope import check_scope
from symdiff.errors import NotYetError, UsageError
from symdiff.evidence.arrays import FloatArray, array_arithmetic
from symdiff.evidence.laplace import inverse_laplace
from symdiff.evidence.propagation.characteristic import stationary_shares, transition_weights
from symdiff.evidence.propagation.renewal import RenewalWalk
from symdiff.evidence.propagation.rules import is_homogeneous, numeric_rules, symbol_matrix
from symdiff.evidence.solution.line import EquationSpectrum, fourier_sum
from symdiff.model.jump_model import Jump, JumpModel
from symdiff.model.waiting_transform import waiting_transform
from symdiff.notation.evaluation import evaluate

FRAMES, WAIT_FRAMES = 40, 12
TICKS = 240  # frames on the screen
EVENTS = {"discrete": 40.0, "continuous": 40.0, "waiting": 40.0}
RUNS = 12.0  # changes of state where walkers move between them
BINS = 120
BLUR = 0.012  # of the window
WAVES = 300
INSIDE = 0.004  # probability outside the window, to each side
SETTLED = 1e-4  # error of an inverted transform that nobody sees in a picture

Numbers = dict[sp.Symbol, float]
Spectra = npt.NDArray[np.complex128]


@dataclass(frozen=True)
class FlightJump:
    """One way out of a state: its probability (of all jumps), what follows, and the laws of step and wait by their codes.

    ``to`` is -1 where the walker dies. ``wait`` is None in discrete time.
    """

    share: float
    to: int
    base: float
    along: float
    step: tuple[float, ...]
    wait: tuple[float, ...]


@dataclass(frozen=True)
class FlightScene:
    """The rules by state; at ``times`` the means of law and solution over each bar (``grid``: its middle). No law: an empty tuple."""

    regime: str
    states: tuple[str, ...]
    shares: tuple[float, ...]
    step: float | None
    start: float
    width: float
    velocities: tuple[float, ...]
    diffusivities: tuple[float, ...]
    jumps: tuple[tuple[FlightJump, ...], ...]
    tables: Tables
    grid: tuple[float, ...]
    times: tuple[float, ...]
    first: tuple[float, ...]
    law: tuple[tuple[float, ...], ...]
    solution: tuple[tuple[float, ...], ...]
    note: str

    def document(self) -> dict[str, Any]:
        """The scene as plain JSON."""
        jumps = [
            [
                {"share": j.share, "to": j.to, "base": j.base, "along": j.along, "step": j.step, "wait": j.wait}
                for j in row
            ]
            for row in self.jumps
        ]
        return {
            "kind": "flights", "regime": self.regime, "states": self.states, "shares": self.shares, "step": self.step,
            "start": self.start, "width": self.width, "velocities": self.velocities, "diffusivities": self.diffusivities, "jumps": jumps,
            "tables": self.tables.rows(), "grid": self.grid, "times": self.times, "tick": self.step or self.times[-1] / TICKS,
            "first": self.first, "law": self.law, "solution": self.solution, "note": self.note,
        }  # fmt: skip


def flies(model: JumpModel) -> bool:
    """Whether walkers leave the lattice: steps of random length, waits with a memory, motion inside a state."""
    return model.clock == "waiting" or not model.rests or any(j.law is not None for j in model.jumps)


def flight_scene(model: JumpModel, limit: ContinuumLimit, settings: Settings) -> tuple[FlightScene, Numbers]:
    """The scene of a regime with one equation, seen along the first coordinate, and the values at which it is drawn.

    Raises :class:`NotYetError` for models that are not animated, with the reason.
    """
    if limit.equation is None:
        raise NotYetError("no single equation closes, so that there is no curve to draw")
    check_scope(model, "flights")
    if not is_homogeneous(model):
        raise NotYetError(
            "walkers with steps of any length, waits or motion are animated for rules that do not depend on place"
        )
    notes = []
    if model.dimension > 1:
        notes.append(
            f"shown along {model.coordinates[0]}: walkers, law and solution are summed over the other coordinates"
        )
    model, note = stand_in(model)
    model, more = waits_without_moments(model)
    notes += [n for n in (note, more) if n]
    values = picture_numbers(model, limit, base_values(model, settings, simple=True))
    rules = _Rules(model, values)
    spectrum = EquationSpectrum(limit.equation, values, rules.velocity, rules.spread)
    last = rules.horizon()
    low, high = _window(spectrum, rules.start, last)
    width = BLUR * (high - low)
    edges = np.linspace(low, high, BINS + 1)
    grid = (edges[1:] + edges[:-1]) / 2
    box = 6 * (high - low)
    waves = np.arange(WAVES, dtype=float) * (2 * np.pi / box)
    count = WAIT_FRAMES if model.clock == "waiting" else FRAMES
    moments = round(last / rules.step) if rules.step else count
    times = np.asarray((rules.step or last / count) * np.arange(1, moments + 1), dtype=float)
    blur = np.exp(-((waves * width) ** 2) / 2) * np.sinc(waves * (edges[1] - edges[0]) / (2 * np.pi))

    def drawn(spectra: Sequence[Spectra]) -> tuple[tuple[float, ...], ...]:
        return tuple(_short(fourier_sum(grid - rules.start, waves, s * blur, box)) for s in spectra)

    law = rules.law(waves, times)
    if law is None:
        notes.append("the exact law of these walkers is not known by a formula that is summed quickly: it is not drawn")
    first = drawn([np.ones(WAVES, dtype=complex)])[0]
    solution = [spectrum.at(waves, float(t)) for t in times]
    if not np.all(np.isfinite(solution)):
        raise NotYetError("the solution of the equation is no density that could be drawn")
    notes += [f"all start from a Gaussian of width {width:.2g}", *rules.tables.notes]
    scene = FlightScene(limit.regime.name, model.states or (model.density,), _short(rules.shares), rules.step, rules.start, width,
                        _short(rules.velocities), _short(rules.diffusivities), rules.jumps, rules.tables, _short(grid), _short(times),
                        first, drawn(law or []), drawn(solution), "; ".join(notes))  # fmt: skip
    return scene, values


def _short(values: Any) -> tuple[float, ...]:
    return tuple(float(f"{v:.6g}") for v in values)


def _window(spectrum: EquationSpectrum, start: float, last: float) -> tuple[float, float]:
    """Where most of the solution is at the end, and at the start."""
    size = spectrum.width(last) + abs(spectrum.velocity) * last
    box = 60 * size
    waves = np.arange(1200, dtype=float) * (2 * np.pi / box)
    places = np.linspace(-box / 3, box / 3, 4001)
    blur = np.exp(-((waves * size / 50) ** 2) / 2)
    density = np.maximum(fourier_sum(places, waves, spectrum.at(waves, last) * blur, box), 0.0)
    share = np.cumsum(density) / density.sum()
    if not np.all(np.isfinite(share)):
        raise NotYetError("the solution of the equation is no density that could be drawn")
    low, high = places[np.searchsorted(share, INSIDE)], places[np.searchsorted(share, 1 - INSIDE)]
    low, high = min(low, -0.2 * (high - low)), max(high, 0.2 * (high - low))
    margin = 0.15 * (high - low)
    return start + low - margin, start + high + margin


class _Rules:
    """The rules of a homogeneous model as numbers, along the first coordinate."""

    def __init__(self, model: JumpModel, values: Numbers) -> None:
        self.model, self.values, self.size = model, values, len(model.state_names)
        self.tables = Tables(values)
        self.start = start_of(model, values)[0]
        self.step = None if model.time_step is None else self._number(model.time_step)
        self.velocities, self.diffusivities = [0.0] * self.size, [0.0] * self.size
        for s in range(self.size):
            motion = model.motion_of(s)
            if motion is not None:
                self.velocities[s] = self._number(motion.velocity[0])
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
                step, along = self._step(jump)
                found.append(
                    FlightJump(
                        weight / whole, target, self._number(jump.displacement[0]), along, step, self._wait(s, jump)
                    )
                )
        if self.model.clock != "continuous" and whole - self.totals[s] > 1e-9:
            stays = (0.0, 0.0, 0.0, 0.0)
            found.append(
                FlightJump(whole - self.totals[s], -1 if self.model.lossy else s, 0.0, 0.0, stays, self._wait(s, None))
            )
        return tuple(found)

    def _step(self, jump: Jump) -> tuple[tuple[float, ...], float]:
        if jump.law is None:
            return (0.0, 0.0, 0.0, 0.0), 0.0
        return self.tables.step(jump.law, jump.directions)

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
        steps = np.array([self._steps(walk, float(k)) for k in waves])
        law = self.model.waiting
        assert law is not None

        def density(s: complex) -> Any:
            psi = complex(waiting_transform(law, mpmath.mpc(s), self._exact))
            return (1 - psi) / s / (1 - psi * steps)

        found = []
        for t in times:
            spectrum, error = inverse_laplace(density, float(t))
            if not error <= SETTLED:
                return None
            found.append(spectrum)
        return found

    def _steps(self, walk: RenewalWalk, k: float) -> complex:
        """E[e^(-ikr)] of one step."""
        wave = [mpmath.mpf(k), *(mpmath.mpf(0),) * (self.model.dimension - 1)]
        return complex(sum(weight * walk.step(jump, wave) for _, _, jump, weight in walk.jumps))
