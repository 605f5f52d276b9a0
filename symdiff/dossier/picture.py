"""The exact law of a walker against the solution of its equation, at three times, as points to draw.

The law comes from the rules alone (steps on the lattice, or powers of the characteristic function), the solution from
the equation alone (Fourier series); they meet here only to be drawn side by side. In more than one dimension the laws
of the first coordinate are drawn.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import sympy as sp

from symdiff.continuum.isotropic import refuse_in_space
from symdiff.continuum.limit import ContinuumLimit
from symdiff.dossier.derivation import Derivation
from symdiff.dossier.picture_fourier import CharacteristicLaw
from symdiff.dossier.settings import Settings, apply_to_model
from symdiff.dossier.verify_functions import SHAPES, all_functions, draw_waves, free_functions
from symdiff.dossier.verify_layout import DoesNotApply, check_smooth
from symdiff.dossier.verify_numbers import BaseValues, base_values, eps_path, generator_for
from symdiff.dossier.verify_rules import stand_in
from symdiff.equations.evolution_equation import EvolutionEquation
from symdiff.errors import NotYetError, SymdiffError, UsageError
from symdiff.evidence.arrays import FloatArray, Functions, array_arithmetic
from symdiff.evidence.propagation.characteristic import stationary_shares, transition_weights
from symdiff.evidence.propagation.lattice_law import LatticeWalk
from symdiff.evidence.propagation.rules import is_homogeneous
from symdiff.evidence.solution.line import EquationSpectrum, gaussian
from symdiff.evidence.solution.spectral import SpectralOperator
from symdiff.model.jump_model import JumpModel
from symdiff.notation.evaluation import evaluate

EVENTS = {1: (64, 32, 16, 8), 2: (24, 12), 3: (12, 8)}
"""Steps (or expected events) at the last of the three times; fewer are tried where a rule on the way is no probability."""
SMALL_EPS = sp.Rational(1, 4)
"""The eps at which a regime is drawn where the file gives no values: its equation holds for small eps."""
POINTS = 241
SHORT = 7
"""Signs of a fraction that stands as it is in a caption."""
MOST_MARKS = 90
NEGATIVE = 0.02  # of the top: how far below zero a solution may lie
TAIL = 2e-4
"""Probability outside the drawn window."""

Values = Mapping[sp.Symbol, float]


def shown_value(value: sp.Expr | float) -> str:
    """A value in a caption: whole numbers, decimals and short fractions exactly (1/3), others to six digits."""
    rational = isinstance(value, sp.Rational)
    shown = f"{float(value):.6g}"
    return str(value) if rational and len(str(value)) <= SHORT and sp.Rational(shown) != value else shown


@dataclass(frozen=True)
class Curve:
    """One time: the law at its sites, and the solution on the picture's grid (densities per length)."""

    label: str
    sites: tuple[float, ...]
    law: tuple[float, ...]
    solution: tuple[float, ...]


@dataclass(frozen=True)
class Picture:
    """What is drawn, for which values of the parameters."""

    regime: str
    x_label: str
    grid: tuple[float, ...]
    curves: tuple[Curve, ...]
    values: tuple[tuple[str, str], ...]
    note: str


NOT_CHECKED = "not cross-checked yet"  # of what the propagation of laws does not understand


def picture_of(model: JumpModel, derivation: Derivation, settings: Settings) -> tuple[Picture | None, str]:
    """The picture of the first regime with a single equation, or None and the reason why there is none."""
    limit = next((x for x in derivation.limits if x.equation is not None), None)
    if limit is None or limit.equation is None:
        several = any(len(x.equations) > 1 for x in derivation.limits)
        return (
            None,
            "one law of one density is drawn, and the equations are of several"
            if several
            else "no single equation closes",
        )
    try:
        return _picture(apply_to_model(model, settings), limit, limit.equation, settings), ""
    except SymdiffError as error:
        return None, error.message.replace(NOT_CHECKED, "not drawn yet")
    except DoesNotApply as error:
        return None, str(error).replace(NOT_CHECKED, "not drawn yet")
    except (ArithmeticError, ValueError, KeyError, np.linalg.LinAlgError) as error:
        return None, f"the rules cannot be evaluated at these values: {error}"


def _picture(model: JumpModel, limit: ContinuumLimit, equation: EvolutionEquation, settings: Settings) -> Picture:
    refuse(model, limit)
    if model.clock == "waiting":
        raise NotYetError("laws of walks that wait are not drawn yet: the marks would count jumps, the curves time")
    if not equation.is_linear:
        raise NotYetError("walkers that meet each other have no law of one walker to draw")
    base = base_values(model, settings, simple=True)
    values = picture_numbers(model, limit, base)
    subject, note = stand_in(model)
    if is_homogeneous(subject):
        scene = _homogeneous(subject, limit, equation, values)
    elif model.dimension > 1:
        raise NotYetError("laws with place-dependent rates are drawn in one dimension only")
    else:
        check_smooth(subject)
        scene = _place_dependent(subject, equation, values)
    grid, curves, more = scene
    shown = tuple((s.name, shown_value(v)) for s, v in sorted(values.items(), key=lambda item: item[0].name))
    notes = [n[0].upper() + n[1:] + "." for n in (note, more) if n]
    if model.dimension > 1:
        notes.append(f"Drawn is the law of {model.coordinates[0]} alone.")
    return Picture(limit.regime.name, model.coordinates[0], _tuple(grid), curves, shown, " ".join(notes))


def refuse(model: JumpModel, limit: ContinuumLimit, *, dying: bool = False) -> None:
    """Raises :class:`NotYetError` for laws that are not drawn; ``dying``: those of walkers that die are."""
    if (model.lossy and not dying) or model.scheme is not None:
        raise NotYetError("walkers that die on the way, and equations without walkers, are not drawn yet")
    if model.clock == "none":
        raise NotYetError("weights that are only counted have no law in time")
    if model.signed:
        raise NotYetError("weights outside [0, 1] are no probabilities: there is no law to draw")
    refuse_in_space(model, "pictures")
    if model.resets:
        raise NotYetError("laws of walkers that are put back to one place are not drawn yet")
    if limit.boundary_conditions:
        raise NotYetError("laws next to a wall are not drawn yet")
    if any(j.region is not None for j in model.jumps):
        raise NotYetError("laws of walks with special sites are not drawn yet")
    if limit.frame is not None:
        raise NotYetError("laws in a moving frame are not drawn yet")
    if model.depends_on_time:
        raise NotYetError("laws of rates that change in time are not drawn yet")


def picture_numbers(
    model: JumpModel, limit: ContinuumLimit, base: BaseValues, factor: float = 1.0
) -> dict[sp.Symbol, float]:
    """The values of the parameters at which a regime is drawn; ``factor`` makes the small eps of drawn values smaller."""
    eps = SMALL_EPS * factor if base.drawn and limit.regime.origin != "long-wave" else sp.Integer(1)
    path = eps_path(model, limit.regime, base)
    return {s: float(v) for s, v in path.values(float(eps)).items()}


# --- constant coefficients ------------------------------------------------------------------------------------------


def _homogeneous(
    model: JumpModel, limit: ContinuumLimit, equation: EvolutionEquation, values: Values
) -> tuple[FloatArray, tuple[Curve, ...], str]:
    velocity = float(evaluate(limit.drift[0], values, array_arithmetic())) if limit.drift else 0.0
    spectrum = EquationSpectrum(equation, values, velocity)
    start = start_of(model, values)
    if any(j.law is not None for j in model.jumps):
        return _by_characteristic_function(model, spectrum, values)
    walk = LatticeWalk(model, values, {}, start)
    shares = stationary_shares(model, transition_weights(model, values, {}, start))
    amounts = _amounts(model, values, {}, start, EVENTS[model.dimension][0])
    laws = [first_axis(walk, model, shares, a) for a in amounts]
    gap = spacing(laws)
    low, high = _window(laws)
    grid = np.linspace(low, high, POINTS)
    width = 0.0
    if gap is None or spectrum.order > 1:
        width = 1.5 * _longest(model, values)
    curves = []
    for amount, (sites, law) in zip(amounts, laws, strict=True):
        solution = spectrum.solution(grid - start[0], _time(model, values, amount), width, high - low)
        if width:
            marks = np.linspace(low, high, MOST_MARKS // 2)
            sites, law = marks, gaussian(marks[:, None] - sites[None, :], width) @ law
        elif gap:
            law = law / gap
        curves.append(_curve(model, amount, sites, law, solution, low, high))
    return grid, tuple(curves), _blurred(width)


def _blurred(width: float) -> str:
    return f"the walker starts from a Gaussian of width {width:.3g}, in both" if width else ""


def _by_characteristic_function(
    model: JumpModel, spectrum: EquationSpectrum, values: Values
) -> tuple[FloatArray, tuple[Curve, ...], str]:
    events = 8 if model.clock == "discrete" else 12
    start = start_of(model, values)
    amounts = _amounts(model, values, {}, start, events)
    times = [_time(model, values, a) for a in amounts]
    law = CharacteristicLaw(model, values, stationary_shares(model, transition_weights(model, values, {}, start)))
    first, last = spectrum.width(times[0]), spectrum.width(times[-1])
    middle = start[0] + spectrum.velocity * times[-1]
    low, high = min(start[0], middle) - 5 * last, max(start[0], middle) + 5 * last
    grid = np.linspace(low, high, POINTS)
    blur = 0.35 * first
    marks = np.linspace(low, high, 61)
    curves = []
    for amount, time in zip(amounts, times, strict=True):
        solution = spectrum.solution(grid - start[0], time, blur, 3 * (high - low))
        exact = law.density(marks - start[0], amount, blur, 3 * (high - low))
        curves.append(_curve(model, amount, marks, exact, solution, low, high))
    return grid, tuple(curves), _blurred(blur)


# --- rates that depend on place -------------------------------------------------------------------------------------


def _place_dependent(
    model: JumpModel, equation: EvolutionEquation, values: Values
) -> tuple[FloatArray, tuple[Curve, ...], str]:
    start = start_of(model, values)
    problem: SymdiffError | None = None
    for shape in range(len(SHAPES) if free_functions(model) else 1):
        for events in EVENTS[1]:
            try:
                return _place_scene(model, equation, values, start, shape, events)
            except UsageError as error:
                problem = error
    assert problem is not None
    raise problem


def _place_scene(
    model: JumpModel, equation: EvolutionEquation, values: Values, start: tuple[float, ...], shape: int, events: int
) -> tuple[FloatArray, tuple[Curve, ...], str]:
    period = 12 * float(np.sqrt(events)) * _longest(model, values)
    generator = generator_for(model, "functions")
    drawn = {
        f.name: draw_waves(f, generator, dict.fromkeys(f.arguments, period), SHAPES[shape])
        for f in free_functions(model)
    }
    functions = all_functions(model, drawn, values)
    walk = LatticeWalk(model, values, functions, start)
    shares = stationary_shares(model, transition_weights(model, values, functions, start))
    amounts = _amounts(model, values, functions, start, events)
    laws = [first_axis(walk, model, shares, a) for a in amounts]
    gap = spacing(laws)
    if gap is None:
        raise NotYetError("the sites that are reached form no regular lattice")
    low, high = _window(laws)
    box = period * float(np.ceil(2 * max(high - start[0], start[0] - low) / period))
    size = 2 * (POINTS // 2) + 1
    operator = SpectralOperator([equation], values, [start[0] - box / 2 * (size - 1) / size], [box], [size], functions)
    if any(sum(t.space) == 2 and np.min(operator.on_grid(t.coefficient)) < 0 for t in equation.right):
        raise UsageError("the diffusivity is negative somewhere in the window that would be drawn")
    density = np.zeros((1, size))
    density[0, size // 2] = size / box
    known: list[object] = []
    places, curves, done = operator.places[0], [], 0.0
    inside = (places >= low) & (places <= high)
    step = _time(model, values, amounts[0])
    for amount, (sites, law) in zip(amounts, laws, strict=True):
        while done < _time(model, values, amount) * (1 - 1e-9):
            density, done = operator.evolve(density, step, known), done + step  # type: ignore[arg-type]
        _check_resolved(density[0], box)
        curves.append(_curve(model, amount, sites, law / gap, density[0][inside], low, high))
    note = "functions that the model leaves open are drawn at random" if drawn else ""
    return places[inside], tuple(curves), note


def _check_resolved(density: FloatArray, box: float) -> None:
    """A solution that keeps the walker and is nowhere clearly negative; else waves of the grid would be drawn."""
    mass = float(density.mean()) * box
    if not abs(mass - 1) < 0.01 or not float(density.min()) > -NEGATIVE * float(density.max()):
        raise UsageError("the solution of the equation is not resolved on the window that would be drawn")


# --- laws on sites --------------------------------------------------------------------------------------------------

Law = tuple[FloatArray, FloatArray]


def first_axis(walk: LatticeWalk, model: JumpModel, shares: tuple[float, ...], amount: float) -> Law:
    """Sites and probabilities of the first coordinate."""
    found = walk.law(model, shares, amount)
    total = found.probabilities.sum(axis=0)
    keys, at, back = np.unique(found.keys[:, 0], return_index=True, return_inverse=True)
    summed: FloatArray = np.asarray(np.bincount(back.ravel(), weights=total, minlength=len(keys)), dtype=float)
    live = summed > 0
    return found.positions[at, 0][live], summed[live]


def spacing(laws: list[Law]) -> float | None:
    """The one distance between neighbouring occupied sites, or None where there is no such distance."""
    gaps = []
    for sites, _ in laws:
        distances = np.diff(sites)
        if len(distances):
            gap = float(np.min(distances))
            if np.max(np.abs(distances / gap - np.rint(distances / gap))) > 1e-6 or np.max(distances) > 3.5 * gap:
                return None
            gaps.append(gap)
    return gaps[-1] if gaps and max(gaps) - min(gaps) < 1e-9 * max(gaps) else None


def _window(laws: list[Law]) -> tuple[float, float]:
    sites, law = laws[-1]
    inside = sites[(np.cumsum(law) > TAIL) & (np.cumsum(law[::-1])[::-1] > TAIL)]
    first = laws[0][0][laws[0][1] > TAIL]
    low, high = min(inside[0], first[0]), max(inside[-1], first[-1])
    margin = 0.08 * (high - low) or 1.0
    return float(low - margin), float(high + margin)


def _curve(
    model: JumpModel, amount: float, sites: FloatArray, law: FloatArray, solution: FloatArray, low: float, high: float
) -> Curve:
    inside = (sites >= low) & (sites <= high)
    every = max(1, int(np.ceil(inside.sum() / MOST_MARKS)))
    label = f"{int(amount)} steps" if model.clock == "discrete" else f"t = {amount:.4g}"
    return Curve(label, _tuple(sites[inside][::every]), _tuple(law[inside][::every]), _tuple(solution))


def _tuple(values: FloatArray) -> tuple[float, ...]:
    return tuple(float(f"{v:.6g}") for v in values)


# --- numbers of the model -------------------------------------------------------------------------------------------


def start_of(model: JumpModel, values: Values) -> tuple[float, ...]:
    """Where the walker starts."""
    return tuple(float(evaluate(p, values, array_arithmetic())) for p in model.preparation.position)


def _amounts(
    model: JumpModel, values: Values, functions: Functions, start: tuple[float, ...], events: int
) -> tuple[float, ...]:
    """A quarter, a half and all of the steps; in continuous time, of the time in which so many events are expected."""
    if model.clock == "discrete":
        return tuple(float(max(1, events // n)) for n in (4, 2, 1))
    rate = float(transition_weights(model, values, functions, start).sum(axis=0).max())
    if rate <= 0:
        raise UsageError("nothing moves at the start")
    last = float(f"{events / rate:.2g}")
    return (last / 4, last / 2, last)


def _time(model: JumpModel, values: Values, amount: float) -> float:
    return amount if model.time_step is None else amount * float(evaluate(model.time_step, values, array_arithmetic()))


def _longest(model: JumpModel, values: Values) -> float:
    here = {**values, **dict.fromkeys(model.coordinate_symbols, 0.0)}
    sizes = [abs(float(evaluate(j.displacement[0], here, array_arithmetic()))) for j in model.jumps]
    return max(sizes, default=0.0) or 1.0
