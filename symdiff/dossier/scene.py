"""What an animation needs: the rules as a table of numbers on a line of sites, and the equation's solution at many times.

Walkers and the exact law are moved by the rules, the curve by the equation; the two meet on the screen only.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import sympy as sp

from symdiff.continuum.limit import ContinuumLimit
from symdiff.dossier.derivation import Derivation
from symdiff.dossier.picture import picture_numbers, start_of
from symdiff.dossier.scene_crowd import CrowdScene, crowd_scene
from symdiff.dossier.scene_flight import FlightScene, flies, flight_scene
from symdiff.dossier.scene_moves import FRAMES, Move, Scene, events_inside, short, spacing_of
from symdiff.dossier.scene_numbers import counts, numbers_scene
from symdiff.dossier.scene_walls import has_special_sites, walls_scene
from symdiff.dossier.settings import Settings, apply_to_model
from symdiff.dossier.verify_functions import SHAPES, all_functions, draw_waves, free_functions
from symdiff.dossier.verify_numbers import base_values
from symdiff.dossier.verify_scope import check_scope
from symdiff.equations.evolution_equation import EvolutionEquation
from symdiff.errors import NotYetError, UsageError
from symdiff.evidence.arrays import FloatArray, Functions, array_arithmetic, evaluate_arrays
from symdiff.evidence.propagation.rules import is_homogeneous
from symdiff.evidence.solution.line import EquationSpectrum
from symdiff.evidence.solution.spectral import SpectralOperator
from symdiff.model.jump_model import JumpModel
from symdiff.model.occupancy import is_crowd
from symdiff.notation.evaluation import evaluate

HALF = 150  # sites to each side
POINTS = 301
WAVES = 500

Moves = list[Move]


def scene_document(model: JumpModel, derivation: Derivation, settings: Settings, regime: str = "") -> dict[str, Any]:
    """The scene of a regime (default: the first with an equation) as plain JSON, with sliders and the values of all parameters.

    Raises :class:`NotYetError` for models that are not animated, with the reason.
    """
    crowd = bool(model.crowd.reactions) or is_crowd(model)
    drawn = [x for x in derivation.limits if (x.equations if crowd else x.equation) and x.frame is None]
    limit = next((x for x in drawn if regime in ("", x.regime.name)), None)
    if limit is None:
        raise NotYetError("no equation closes, so that there is no curve to draw")
    model = apply_to_model(model, settings)
    scene: Scene | CrowdScene | FlightScene
    try:
        scene, values = _maker(model, crowd=crowd)(model, limit, settings)
    except (ArithmeticError, ValueError, KeyError, np.linalg.LinAlgError):
        raise UsageError(
            "at these values rules or solution are no numbers that could be drawn", instead="move a slider"
        ) from None
    return {
        **scene.document(), "regimes": [x.regime.name for x in drawn], "values": {s.name: f"{v!r}" for s, v in values.items()},
        "parameters": [{"name": n, "value": v, "low": a, "high": b} for n, v, a, b in _sliders(model, values)],
    }  # fmt: skip


def _maker(model: JumpModel, *, crowd: bool) -> Any:
    """The function that makes the scene of such a model."""
    if crowd:
        return crowd_scene
    if counts(model):
        return numbers_scene
    if flies(model):
        return flight_scene
    return walls_scene if has_special_sites(model) else scene_of


def scene_of(model: JumpModel, limit: ContinuumLimit, settings: Settings) -> tuple[Scene, dict[sp.Symbol, float]]:
    """The scene of walkers in a regime with one equation, and the values at which it is drawn; in more dimensions, what is seen
    along the first.

    Raises :class:`NotYetError` for models whose walkers are on no line of sites, with the reason.
    """
    if limit.equation is None:
        raise NotYetError("no single equation closes, so that there is no curve to draw")
    if model.dimension > 1 and not is_homogeneous(model):
        raise NotYetError("in more than one dimension walkers are animated for rules that do not depend on place")
    check_scope(model, "animation")
    base = base_values(model, settings, simple=True)
    values = picture_numbers(model, limit, base)
    spacing, start = spacing_of(model, values), start_of(model, values)[0]
    functions, moves, note = _animated(model, values, spacing, start)
    size = len(model.state_names)
    step = None if model.time_step is None else float(evaluate(model.time_step, values, array_arithmetic()))
    leaving = np.zeros((size, 2 * HALF + 1))
    for source, _, _, weights, _ in moves:
        leaving[source] += weights
    if not leaving[:, HALF].any():
        raise UsageError("where the walkers start nothing moves at these values", instead="move a slider")
    events = events_inside(moves, HALF, HALF)
    horizon = events * step if step is not None else events / float(leaving[:, HALF].max())
    times = np.linspace(0, horizon, FRAMES + 1)[1:]
    grid = start + spacing * np.linspace(-HALF, HALF, POINTS)
    solution = _solution(model, limit, limit.equation, values, functions, grid, start, spacing, times)
    scene = Scene(limit.regime.name, spacing, start - spacing * HALF, 2 * HALF + 1, HALF, model.states or (model.density,), _shares(moves, size),
                  step, tuple(moves), short(grid), short(times), tuple(short(s) for s in solution), note)  # fmt: skip
    return scene, values


def _animated(
    model: JumpModel, values: dict[sp.Symbol, float], spacing: float, start: float
) -> tuple[Functions, Moves, str]:
    """The functions of the model, every transition with its weight on every site, and what a reader must know."""
    places: FloatArray = start + spacing * np.arange(-HALF, HALF + 1, dtype=np.float64)
    notes = []
    if model.dimension > 1:
        notes.append(
            f"shown along {model.coordinates[0]}: walkers, law and solution are summed over the other coordinates"
        )
    for functions, told in _choices(model, values, float(places[-1] - places[0])):
        moves = _moves(model, values, places, functions, spacing)
        bad = _no_probabilities(model, moves)
        if not bad.any() or not told:
            break
    if bad[HALF]:
        raise UsageError(
            "at these values the rules are no probabilities where the walker starts", instead="move a slider"
        )
    if bad.any():
        notes.append("far out the rules are no probabilities: walkers there stay")
    moves = [m._replace(weights=np.where(bad, 0.0, m.weights)) for m in moves]
    return functions, moves, "; ".join([*notes, *told])


def _choices(model: JumpModel, values: dict[sp.Symbol, float], box: float) -> Iterator[tuple[Functions, list[str]]]:
    """The written functions, with slow waves of several sizes for what the model leaves open, and the waves as text."""
    free = free_functions(model)
    if not free:
        yield all_functions(model, {}, values), []
        return
    if any(f.arguments != model.coordinates for f in free):
        raise NotYetError(
            "functions of anything but place that are left open have no numbers", instead="write them out"
        )
    for shape in SHAPES:
        generator = random.Random(1)
        drawn = {f.name: draw_waves(f, generator, dict.fromkeys(f.arguments, box), shape) for f in free}
        told = [
            f"for {f.name}({', '.join(f.arguments)}), which is left open: {drawn[f.name].text(f.arguments)}"
            for f in free
        ]
        yield all_functions(model, drawn, values), told


def _moves(
    model: JumpModel, values: dict[sp.Symbol, float], places: FloatArray, functions: Functions, spacing: float
) -> Moves:
    here = {**values, model.coordinate_symbols[0]: places}

    found = []
    for target, source, jump in model.transitions():
        sites = round(float(evaluate(jump.displacement[0], values, array_arithmetic())) / spacing)
        weights = evaluate_arrays(jump.intensity, here, functions)
        found.append(Move(source, target, sites, np.array(np.broadcast_to(weights, places.shape))))
    return found


def _no_probabilities(model: JumpModel, moves: Moves) -> npt.NDArray[np.bool_]:
    """The sites at which the rules are no probabilities (or no rates)."""
    totals = np.zeros((len(model.state_names), 2 * HALF + 1))
    bad = np.zeros(2 * HALF + 1, dtype=bool)
    for source, _, _, w, _ in moves:
        totals[source] += w
        bad |= ~np.isfinite(w) | (w < -1e-12)
    if model.clock == "discrete":
        bad |= (totals > 1 + 1e-9).any(axis=0)
    return bad


def _shares(moves: Moves, size: int) -> tuple[float, ...]:
    """The stationary shares of the states at the start."""
    matrix = np.zeros((size, size))
    for source, target, _, weights, _ in moves:
        matrix[target, source] += weights[HALF]
        matrix[source, source] -= weights[HALF]
    system = np.vstack([matrix, np.ones(size)])
    found, *_ = np.linalg.lstsq(system, np.append(np.zeros(size), 1.0), rcond=None)
    return short(np.clip(found, 0, 1) / np.clip(found, 0, 1).sum())


def _solution(
    model: JumpModel, limit: Any, equation: EvolutionEquation, values: dict[sp.Symbol, float], functions: Functions,
    grid: FloatArray, start: float, spacing: float, times: FloatArray,
) -> list[FloatArray]:  # fmt: skip
    if is_homogeneous(model):
        velocity = float(evaluate(limit.drift[0], values, array_arithmetic())) if limit.drift else 0.0
        spectrum = EquationSpectrum(equation, values, velocity)
        return _by_waves(spectrum, grid - start, times, 1.5 * spacing if spectrum.order > 1 else 0.6 * spacing)
    size = POINTS
    operator = SpectralOperator([equation], values, [float(grid[0])], [float(grid[-1] - grid[0])], [size], functions)
    density = np.exp(-(((operator.places[0] - start) / (0.8 * spacing)) ** 2) / 2)[None, :]
    density /= density.sum() * (grid[-1] - grid[0]) / size
    known: list[Any] = []
    found = []
    for _ in times:
        density = operator.evolve(density, float(times[0]), known)
        found.append(np.interp(grid, operator.places[0], density[0]))
    return found


def _by_waves(spectrum: EquationSpectrum, x: FloatArray, times: FloatArray, width: float) -> list[FloatArray]:
    """Fourier sums at all times, from a Gaussian of ``width``; the waves are the same for every frame."""
    box = 2 * float(x[-1] - x[0])
    waves = np.arange(WAVES, dtype=float) * (2 * np.pi / box)
    blur = np.where(waves == 0, 1.0, 2.0) * np.exp(-((waves * width) ** 2) / 2) / box
    phases = np.exp(1j * np.outer(x, waves))
    found = [np.real(phases @ (blur * spectrum.at(waves, float(t)))) for t in times]
    if not all(np.all(np.isfinite(f)) for f in found):
        raise NotYetError("the solution of the equation is no density that could be drawn")
    return found


def _sliders(model: JumpModel, values: dict[sp.Symbol, float]) -> tuple[tuple[str, float, float, float], ...]:
    """A range for every parameter: inside its assumption, from a quarter to four times the value where that is open."""
    found = []
    for p in model.parameters:
        if p.symbol not in values or p.integer:
            continue
        value = values[p.symbol]
        low = (
            float(p.interval.low)
            if p.interval.low is not None and (p.interval.high is not None or value <= 0)
            else value / 4
            if value > 0
            else 4 * value - 1
        )
        high = float(p.interval.high) if p.interval.high is not None else 4 * value if value > 0 else 1.0
        found.append((p.name, float(f"{value:.6g}"), low, high))
    return tuple(found)
