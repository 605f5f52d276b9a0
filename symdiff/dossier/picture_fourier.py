"""Densities along a line by Fourier series: of an equation from its terms, of a walker from its characteristic function.

Both start from the same Gaussian (of width zero: from a point) and are periodic over a box that is wide enough.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import mpmath
import numpy as np
import numpy.typing as npt
import sympy as sp
from scipy import linalg

from symdiff.equations.evolution_equation import EvolutionEquation
from symdiff.errors import NotYetError
from symdiff.evidence.arrays import FloatArray, array_arithmetic
from symdiff.evidence.propagation.rules import numeric_rules, symbol_matrix
from symdiff.model.jump_model import JumpModel
from symdiff.notation.evaluation import evaluate

MODES = 900
Spectrum = npt.NDArray[np.complex128]

NEGLIGIBLE = 1e-10  # of a Fourier coefficient


def gaussian(x: FloatArray, width: float) -> FloatArray:
    """The normal density."""
    return np.asarray(np.exp(-((x / width) ** 2) / 2) / (width * np.sqrt(2 * np.pi)))


def _sum(x: FloatArray, waves: FloatArray, spectrum: Spectrum, box: float) -> FloatArray:
    """The real function with these Fourier coefficients at the waves 2 pi n/box, n >= 0."""
    weights = np.where(waves == 0, 1.0, 2.0)
    return np.asarray(np.real(np.exp(1j * np.outer(x, waves)) @ (weights * spectrum)) / box)


class EquationSpectrum:
    """The solution of an equation with constant coefficients, as a function of the first coordinate.

    An equation of second order in time starts with d_t u = - velocity d_x u.
    """

    def __init__(self, equation: EvolutionEquation, values: Mapping[sp.Symbol, float], velocity: float) -> None:
        self.velocity = velocity
        numbers = array_arithmetic()
        self.terms = []
        for sign, terms in ((1, equation.left), (-1, equation.right)):
            for t in terms:
                power = None if t.fractional is None else float(evaluate(t.fractional, values, numbers))
                if not any(t.space[1:]):
                    self.terms.append(
                        (sign * float(evaluate(t.coefficient, values, numbers)), t.space[0], t.time, power)
                    )
        self.order = max(time for _, _, time, _ in self.terms)
        if self.order not in (1, 2):
            raise NotYetError("solutions of equations of this order in time are not drawn")

    def at(self, waves: FloatArray, time: float) -> Spectrum:
        """u^(k, t) of the solution that starts from a point."""
        found = [np.zeros(len(waves), dtype=complex) for _ in range(3)]
        for value, space, order, power in self.terms:
            factor = value * (1j * waves) ** space
            found[order] = found[order] + (factor if power is None else factor * np.abs(waves) ** (2 * power))
        c, b, a = found
        if self.order == 1:
            return np.asarray(np.exp(-c / b * time))
        middle = -b / (2 * a)
        root = np.sqrt(middle**2 - c / a)
        root = np.where(np.abs(root) * time < 1e-9, 1e-9 / time, root)
        slope = -1j * waves * self.velocity - middle
        grown, fallen = np.exp((middle + root) * time), np.exp((middle - root) * time)
        return np.asarray((grown + fallen) / 2 + slope * (grown - fallen) / (2 * root))

    def width(self, time: float) -> float:
        """The inverse of the wave number at which the spectrum has fallen to e^(-1/2)."""
        low, high = 1e-12, 1e12
        for _ in range(200):
            middle = float(np.sqrt(low * high))
            if abs(self.at(np.array([middle]), time)[0]) > np.exp(-0.5):
                low = middle
            else:
                high = middle
        return 1 / low

    def solution(self, x: FloatArray, time: float, blur: float, window: float) -> FloatArray:
        """The density at x after starting from a Gaussian of width ``blur`` at 0; ``window`` is the width of the drawing."""
        box = 3 * window
        waves = np.arange(MODES, dtype=float) * (2 * np.pi / box)
        spectrum = self.at(waves, time) * np.exp(-((waves * blur) ** 2) / 2)
        if not np.all(np.isfinite(spectrum)) or abs(spectrum[-1]) > 1e-3 * np.max(np.abs(spectrum)):
            raise NotYetError("the solution of the equation is no smooth density that could be drawn")
        return _sum(x, waves, spectrum, box)


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
        return _sum(x, waves, spectrum * factor, box)
