"""Solutions of equations with constant coefficients along a line, by Fourier series: no grid in space, no steps in time.

They start from the same Gaussian as the law that they are compared with (of width zero: from a point) and are periodic over
a box that is wide enough. Caputo derivatives in time go through the Laplace transform, u^ = s^(a-1)/(s^a - L(k)).
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import sympy as sp

from symdiff.equations.evolution_equation import EvolutionEquation
from symdiff.errors import NotYetError
from symdiff.evidence.arrays import FloatArray, array_arithmetic
from symdiff.evidence.laplace import relaxation
from symdiff.notation.evaluation import evaluate

MODES = 900
Spectrum = npt.NDArray[np.complex128]


def gaussian(x: FloatArray, width: float) -> FloatArray:
    """The normal density."""
    return np.asarray(np.exp(-((x / width) ** 2) / 2) / (width * np.sqrt(2 * np.pi)))


def fourier_sum(x: FloatArray, waves: FloatArray, spectrum: Spectrum, box: float) -> FloatArray:
    """The real function with these Fourier coefficients at the waves 2 pi n/box, n >= 0."""
    weights = np.where(waves == 0, 1.0, 2.0)
    return np.asarray(np.real(np.exp(1j * np.outer(x, waves)) @ (weights * spectrum)) / box)


class EquationSpectrum:
    """The solution of an equation with constant coefficients, as a function of the first coordinate.

    An equation of second order in time starts with d_t u = - velocity d_x u + spread d_xx u.
    """

    def __init__(
        self, equation: EvolutionEquation, values: Mapping[sp.Symbol, float], velocity: float, spread: float = 0.0
    ) -> None:
        self.velocity, self.spread, self.error = velocity, spread, 0.0  # of transforms that were inverted
        numbers = array_arithmetic()
        if any(t.memory is not None for t in (*equation.left, *equation.right)):
            raise NotYetError("equations with a memory in front of a flux are not solved yet")
        orders = {t.caputo for t in (*equation.left, *equation.right) if t.caputo is not None}
        if len(orders) > 1:
            raise NotYetError("equations with several derivatives of broken order in time are not solved yet")
        self.caputo = float(evaluate(orders.pop(), values, numbers)) if orders else None
        self.terms = []
        for sign, terms in ((1, equation.left), (-1, equation.right)):
            for t in terms:
                power = None if t.fractional is None else float(evaluate(t.fractional, values, numbers))
                if not any(t.space[1:]):
                    self.terms.append(
                        (
                            sign * float(evaluate(t.coefficient, values, numbers)),
                            t.space[0],
                            1 if t.caputo is not None else t.time,
                            power,
                        )
                    )
        self.order = max(time for _, _, time, _ in self.terms)
        if self.order not in (1, 2) or (self.caputo is not None and self.order != 1):
            raise NotYetError("solutions of equations of this order in time are not drawn")

    def _symbol(self, waves: FloatArray) -> tuple[Spectrum, ...]:
        """The factors of s^0, s^1 and s^2 on the modes e^(st + ikx)."""
        found = [np.zeros(len(waves), dtype=complex) for _ in range(3)]
        for value, space, order, power in self.terms:
            factor = value * (1j * waves) ** space
            found[order] = found[order] + (factor if power is None else factor * np.abs(waves) ** (2 * power))
        return tuple(found)

    @property
    def drift(self) -> float:
        """The velocity of the mean, of an equation of first order in time."""
        return sum(
            value for value, space, order, power in self.terms if space == 1 and not order and power is None
        ) / sum(value for value, space, order, power in self.terms if space == 0 and order == 1 and power is None)

    def growth(self, waves: FloatArray) -> list[FloatArray]:
        """Re s(k) of every branch, the slowest first; raises NotYetError for broken orders in time."""
        if self.caputo is not None:
            raise NotYetError("an equation of broken order in time has no modes e^(st)")
        c, b, a = self._symbol(waves)
        if self.order == 1:
            return [np.real(-c / b)]
        middle, root = -b / (2 * a), np.sqrt((b / (2 * a)) ** 2 - c / a)
        return [np.real(middle + root), np.real(middle - root)]

    def at(self, waves: FloatArray, time: float) -> Spectrum:
        """u^(k, t) of the solution that starts from a point."""
        c, b, a = self._symbol(waves)
        if self.caputo is not None:
            found, error = relaxation(-c / b, self.caputo, time)
            self.error = max(self.error, error)
            return found
        if self.order == 1:
            return np.asarray(np.exp(-c / b * time))
        middle = -b / (2 * a)
        root = np.sqrt(middle**2 - c / a)
        root = np.where(np.abs(root) * time < 1e-9, 1e-9 / time, root)
        slope = -1j * waves * self.velocity - self.spread * waves**2 - middle
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
        return fourier_sum(x, waves, spectrum, box)
