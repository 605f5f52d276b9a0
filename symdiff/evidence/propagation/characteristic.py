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
from symdiff.evidence.propagation.rules import numeric_rules, symbol_matrix
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
        self.start = np.array(states, dtype=complex)
        self.amount = amount
        self._known: dict[tuple[float, ...], ComplexArray] = {}

    def by_state(self, wave: Sequence[float]) -> ComplexArray:
        """One value per state."""
        key = tuple(float(k) for k in wave)
        if key not in self._known:
            matrix = np.array(symbol_matrix(self.rules, tuple(mpmath.mpf(k) for k in key)), dtype=complex)
            if self.rules.time_step is None:
                moved = linalg.expm(matrix * self.amount)
            else:
                moved = np.linalg.matrix_power(matrix, int(self.amount))
            self._known[key] = np.conj(moved @ self.start)
        return self._known[key]

    def __call__(self, wave: Sequence[float]) -> complex:
        """The sum over the states."""
        return complex(self.by_state(wave).sum())


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
