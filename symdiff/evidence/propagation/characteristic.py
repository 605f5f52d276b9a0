"""Exact characteristic functions of a walker's position, for homogeneous models with any step laws."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import mpmath
import numpy as np
import numpy.typing as npt
import sympy as sp
from scipy import linalg

from symdiff.evidence.arrays import FloatArray, Functions, evaluate_arrays
from symdiff.evidence.propagation.rules import NumericRules, jump_factor, numeric_rules
from symdiff.model.jump_model import JumpModel

ComplexArray = npt.NDArray[np.complex128]


class CharacteristicFunction:
    """E[e^(ik.X); state] after a number of steps or at a time, started at the origin with given shares of the states.

    P^(k) = E[e^(-ik.X)] obeys P^ -> T(k) P^ per step, d_t P^ = W(k) P^ in continuous time.
    """

    def __init__(
        self, model: JumpModel, values: Mapping[sp.Symbol, float], states: Sequence[float], amount: float
    ) -> None:
        self.rules = numeric_rules(model, {s: mpmath.mpf(v) for s, v in values.items()})
        self._matrix = SymbolMatrix(self.rules, model.dimension)
        self.start = np.array(states, dtype=complex)
        self.amount = amount
        self._known: dict[tuple[float, ...], ComplexArray] = {}

    def by_state(self, wave: Sequence[float]) -> ComplexArray:
        """One value per state."""
        key = tuple(float(k) for k in wave)
        if key not in self._known:
            matrix = self._matrix(key)
            if self.rules.time_step is None:
                moved = linalg.expm(matrix * self.amount)
            else:
                moved = np.linalg.matrix_power(matrix, int(self.amount))
            self._known[key] = np.conj(moved @ self.start)
        return self._known[key]

    def __call__(self, wave: Sequence[float]) -> complex:
        """The sum over the states."""
        return complex(self.by_state(wave).sum())


class SymbolMatrix:
    """:func:`symbol_matrix` in double precision, for the thousands of wave vectors that covariances take."""

    def __init__(self, rules: NumericRules, dimension: int) -> None:
        self.rules, size = rules, rules.size
        self._lawful = [j for j in rules.jumps if j.law is not None]
        fixed = [j for j in rules.jumps if j.law is None]
        self._lengths = np.array([[float(r) for r in j.displacement] for j in fixed]).reshape(-1, dimension)
        self._weights = np.array([float(j.weight) for j in fixed])
        self._ends = np.array([j.target for j in fixed], dtype=int), np.array([j.source for j in fixed], dtype=int)
        leaving = np.zeros(size)
        if not rules.lossy:
            for jump in rules.jumps:
                leaving[jump.source] -= float(jump.weight)
        self._still = leaving + (1.0 if rules.time_step is not None and not rules.lossy else 0.0)
        self._velocity, self._spread = np.zeros((size, dimension)), np.zeros((size, dimension, dimension))
        for n, (velocity, rows) in enumerate(rules.motions):
            if velocity:
                self._velocity[n] = [float(v) for v in velocity]
            if rows:
                self._spread[n] = [[float(d) for d in row] for row in rows]

    def __call__(self, wave: Sequence[float]) -> ComplexArray:
        """T(k), or W(k)."""
        k = np.array(wave, dtype=float)
        matrix = np.diag(self._still - 1j * (self._velocity @ k) - (self._spread @ k) @ k)
        np.add.at(matrix, self._ends, self._weights * np.exp(-1j * (self._lengths @ k)))
        for jump in self._lawful:
            point = tuple(mpmath.mpf(x) for x in wave)
            factor = jump_factor(point, jump.displacement, jump.law, jump.directions, self.rules.law_argument)
            matrix[jump.target, jump.source] += complex(jump.weight * factor)
        return matrix


def transition_weights(
    model: JumpModel, values: Mapping[sp.Symbol, float], functions: Functions, place: Sequence[float]
) -> FloatArray:
    """Total weights of the transitions [target, source] at one place."""
    size = len(model.state_names)
    matrix = np.zeros((size, size))
    here = {**values, **dict(zip(model.coordinate_symbols, place, strict=True))}
    for i, j, jump in model.transitions():
        matrix[i, j] += float(evaluate_arrays(jump.intensity, here, functions))
    return matrix


def stationary_shares(model: JumpModel, weights: Any) -> tuple[float, ...]:
    """The stationary law of the internal states from the total weights of the transitions [target, source].

    Where several classes of states keep to themselves, all states start equally likely.
    """
    size = len(model.state_names)
    if size == 1:
        return (1.0,)
    matrix = np.array(weights, dtype=float)
    matrix -= np.diag(matrix.sum(axis=0))
    values, vectors = linalg.eig(matrix)
    still = np.abs(values) < 1e-10 * max(1e-300, float(np.max(np.abs(values))))
    if int(still.sum()) != 1:
        return (1.0 / size,) * size
    shares: FloatArray = np.abs(np.real(vectors[:, int(np.argmax(still))]))
    return tuple(float(s) for s in shares / shares.sum())
