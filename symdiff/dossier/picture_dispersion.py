"""The dispersion relation of a walker and of its equation, as points to draw: Re s(k) of the modes e^(st + ikx).

The walker's comes from the rules alone (eigenvalues of the matrix that acts on plane waves), the equation's from its terms
alone. In more than one dimension k lies along the first coordinate.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import mpmath
import numpy as np
import sympy as sp

from symdiff.continuum.limit import ContinuumLimit
from symdiff.dossier.derivation import Derivation
from symdiff.dossier.picture import picture_numbers, refuse, shown_value
from symdiff.dossier.settings import Settings, apply_to_model
from symdiff.dossier.verify_layout import DoesNotApply
from symdiff.dossier.verify_numbers import base_values
from symdiff.errors import NotYetError, SymdiffError
from symdiff.evidence.arrays import FloatArray
from symdiff.evidence.propagation.characteristic import transition_weights
from symdiff.evidence.propagation.rules import is_homogeneous, numeric_rules, symbol_matrix
from symdiff.evidence.solution.line import EquationSpectrum
from symdiff.model.jump_model import JumpModel

WAVES = 61  # marks of the walker
FINER = 5  # points of the curve for each mark: branches meet in a corner
FARTHEST = {"discrete": 1.5, "continuous": 2.8}
"""The last wave number, in units of the inverse width after one event: there the two curves have parted."""
VANISHING = 0.05
"""An eigenvalue of one step below this is not drawn: its logarithm runs off the page."""

Branch = tuple[tuple[float, ...], tuple[float, ...]]


@dataclass(frozen=True)
class Dispersion:
    """What is drawn: wave numbers and rates of the branches, of the walker and of the equation of one regime."""

    regime: str
    coordinate: str
    exact: tuple[Branch, ...]
    equation: tuple[Branch, ...]
    values: tuple[tuple[str, str], ...]


def dispersion_of(model: JumpModel, derivation: Derivation, settings: Settings) -> Dispersion | None:
    """The dispersion relation of the first regime with a single equation; None where there are no plane waves to compare."""
    limit = next((x for x in derivation.limits if x.equation is not None), None)
    if limit is None:
        return None
    try:
        return _dispersion(apply_to_model(model, settings), limit, settings)
    except (SymdiffError, DoesNotApply, ArithmeticError, ValueError, KeyError, np.linalg.LinAlgError):
        return None


def _dispersion(model: JumpModel, limit: ContinuumLimit, settings: Settings) -> Dispersion:
    refuse(model, limit)
    if not is_homogeneous(model) or limit.equation is None or not limit.equation.is_homogeneous:
        raise NotYetError("no plane waves")
    values = picture_numbers(model, limit, base_values(model, settings, simple=True))
    spectrum = EquationSpectrum(limit.equation, values, 0.0)
    waves = np.linspace(0, _last_wave(model, spectrum, values), WAVES)
    finely = np.linspace(0, waves[-1], FINER * (WAVES - 1) + 1)
    equation = [_branch(finely, rates) for rates in spectrum.growth(finely)]
    exact = _exact(model, values, waves)
    if spectrum.order == 1:
        exact = exact[:1]
    shown = tuple((s.name, shown_value(v)) for s, v in sorted(values.items(), key=lambda item: item[0].name))
    return Dispersion(limit.regime.name, model.coordinates[0], tuple(exact), tuple(equation), shown)


def _last_wave(model: JumpModel, spectrum: EquationSpectrum, values: Mapping[sp.Symbol, float]) -> float:
    if model.time_step is not None:
        event = float(model.time_step.xreplace({s: sp.Float(v) for s, v in values.items()}))
    else:
        start = tuple(0.0 for _ in model.coordinates)
        event = 1 / float(transition_weights(model, values, {}, start).sum(axis=0).max())
    return FARTHEST[model.clock] / spectrum.width(event)


def _exact(model: JumpModel, values: Mapping[sp.Symbol, float], waves: FloatArray) -> list[Branch]:
    """The rates of all eigenvalues, the slowest first."""
    rules = numeric_rules(model, {s: mpmath.mpf(v) for s, v in values.items()})
    found = []
    for wave in waves:
        vector = (mpmath.mpf(float(wave)), *(mpmath.mpf(0),) * (model.dimension - 1))
        own = np.linalg.eigvals(np.array(symbol_matrix(rules, vector), dtype=complex))
        if rules.time_step is not None:
            size = np.abs(own)
            own = np.where(size > VANISHING, np.log(np.maximum(size, VANISHING)), -np.inf) / float(rules.time_step)
        found.append(np.sort(np.real(own))[::-1])
    return [_branch(waves, np.array(rates)) for rates in zip(*found, strict=True)]


def _branch(waves: FloatArray, rates: FloatArray) -> Branch:
    live = np.isfinite(rates)
    return tuple(float(f"{k:.6g}") for k in waves[live]), tuple(float(f"{s:.6g}") for s in rates[live])
