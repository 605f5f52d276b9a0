"""The density of a walker along a line, from its characteristic function, as the equation's solution is summed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import mpmath
import numpy as np
import numpy.typing as npt
import sympy as sp
from scipy import linalg

from symdiff.evidence.arrays import FloatArray
from symdiff.evidence.propagation.rules import numeric_rules, symbol_matrix
from symdiff.evidence.solution.line import MODES, fourier_sum
from symdiff.model.jump_model import JumpModel

Spectrum = npt.NDArray[np.complex128]

NEGLIGIBLE = 1e-10  # of a Fourier coefficient


class CharacteristicLaw:
    """The law of a homogeneous walker's first coordinate, from the powers of its characteristic function."""

    def __init__(self, model: JumpModel, values: Mapping[sp.Symbol, float], shares: Sequence[float]) -> None:
        self.rules = numeric_rules(model, {s: mpmath.mpf(v) for s, v in values.items()})
        self.dimension, self.shares = model.dimension, np.array(shares, dtype=complex)
        self.known: dict[float, Spectrum] = {}

    def at(self, wave: float, amount: float) -> complex:
        """E[e^(-ikx)] after a number of steps, or at a time."""
        if wave not in self.known:
            vector = (mpmath.mpf(wave), *(mpmath.mpf(0),) * (self.dimension - 1))
            self.known[wave] = np.array(symbol_matrix(self.rules, vector), dtype=complex)
        matrix = self.known[wave]
        moved = (
            linalg.expm(matrix * amount)
            if self.rules.time_step is None
            else np.linalg.matrix_power(matrix, int(amount))
        )
        return complex((moved @ self.shares).sum())

    def density(self, x: FloatArray, amount: float, blur: float, window: float) -> FloatArray:
        """The density at x of the law spread over a Gaussian of width ``blur``."""
        box = 3 * window
        waves = np.arange(MODES, dtype=float) * (2 * np.pi / box)
        factor = np.exp(-((waves * blur) ** 2) / 2)
        live = factor > NEGLIGIBLE
        spectrum = np.zeros(MODES, dtype=complex)
        spectrum[live] = [self.at(float(k), amount) for k in waves[live]]
        return fourier_sum(x, waves, spectrum * factor, box)
