"""What the animation of walkers off the lattice needs: waits, steps and motion as numbers, their exact law, and the solution.

Walkers follow the rules event by event, the law is that of the characteristic function (of Montroll and Weiss where the waits
have a memory), the curve the equation's. All three start from the same Gaussian, narrow against the picture: laws with
single points and sharp fronts then have a density that can be drawn.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from symdiff.continuum.limit import ContinuumLimit
from symdiff.dossier.picture import picture_numbers
from symdiff.dossier.scene_laws import Tables, waits_without_moments
from symdiff.dossier.scene_rules import FlightJump, FlightRules, Numbers, Spectra
from symdiff.dossier.settings import Settings
from symdiff.dossier.verify_numbers import base_values
from symdiff.dossier.verify_rules import stand_in
from symdiff.dossier.verify_scope import check_scope
from symdiff.errors import NotYetError
from symdiff.evidence.propagation.rules import is_homogeneous
from symdiff.evidence.solution.line import EquationSpectrum, fourier_sum
from symdiff.model.jump_model import JumpModel

FRAMES, WAIT_FRAMES = 40, 12
TICKS = 240  # frames on the screen
BINS = 120
BLUR = 0.012  # of the window
WAVES = 300
INSIDE = 0.004  # probability outside the window, to each side


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
    inner: dict[str, Any] | None = None

    def document(self) -> dict[str, Any]:
        """The scene as plain JSON."""
        jumps = [[asdict(j) for j in row] for row in self.jumps]
        return {
            "kind": "inner" if self.inner else "flights", "regime": self.regime, "states": self.states, "shares": self.shares, "step": self.step,
            "start": self.start, "width": self.width, "velocities": self.velocities, "diffusivities": self.diffusivities, "jumps": jumps,
            "tables": self.tables.rows(), "grid": self.grid, "times": self.times, "tick": self.step or self.times[-1] / TICKS,
            "first": self.first, "law": self.law, "solution": self.solution, "note": self.note, "inner": self.inner,
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
    rules = _rules(model, values)
    notes += [rules.inner_note] if rules.inner_note else []
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
                        first, drawn(law or []), drawn(solution), "; ".join(notes), rules.document())  # fmt: skip
    return scene, values


def _rules(model: JumpModel, values: Numbers) -> FlightRules:
    if not model.internals:
        return FlightRules(model, values)
    from symdiff.dossier.scene_inner import InnerRules  # loaded when used: start-up time

    return InnerRules(model, values)


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
