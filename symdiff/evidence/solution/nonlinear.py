"""Nonlinear evolution equations on a ring by Fourier series: every term evaluated as written, derivatives exact for waves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import sympy as sp
from scipy import fft, integrate
from sympy.core.function import AppliedUndef

from symdiff.equations.evolution_equation import EvolutionEquation
from symdiff.errors import NotYetError
from symdiff.evidence.arrays import FloatArray, array_arithmetic
from symdiff.evidence.solution.right_side import RightSide
from symdiff.notation.evaluation import evaluate

STEPS = 20_000  # evaluations of the right-hand side after which an equation counts as too stiff, or as ill-posed


class RingSolver:
    """d_t u_i = F_i(u) on a ring of the given length, for one coordinate; raises :class:`NotYetError` as RightSide does."""

    def __init__(
        self, equations: Sequence[EvolutionEquation], values: Mapping[sp.Symbol, float], length: float, points: int
    ) -> None:
        if len(equations[0].coordinates) != 1:
            raise NotYetError("nonlinear equations are solved in one dimension only")
        self.names = [e.density for e in equations]
        self.terms = [RightSide(e).terms for e in equations]
        self.local = {**values, equations[0].coordinates[0]: length * np.arange(points) / points}
        self.waves = 2 * np.pi * np.fft.fftfreq(points, length / points)
        self.calls = 0

    def rate_of_change(self, densities: FloatArray) -> FloatArray:
        """F(u), of shape (densities, points)."""
        spectra = fft.fft(densities, axis=1)

        def call(e: AppliedUndef, orders: tuple[int, ...]) -> Any:
            at = self.names.index(e.func.__name__)
            return fft.ifft((1j * self.waves) ** orders[0] * spectra[at]).real if orders[0] else densities[at]

        return np.array([
            sum(np.broadcast_to(evaluate(t, self.local, array_arithmetic(), call), densities[0].shape) for t in terms) + 0.0 * densities[0]
            for terms in self.terms
        ])  # fmt: skip

    def evolve(self, start: FloatArray, time: float) -> FloatArray:
        """The solution at a time; raises ArithmeticError where short waves grow without bound."""
        self.calls = 0

        def slope(_: float, u: FloatArray) -> FloatArray:
            self.calls += 1
            if self.calls > STEPS or not np.all(np.isfinite(u)) or np.max(np.abs(u)) > 1e3:
                raise ArithmeticError("the equation is ill-posed, or too stiff to be solved, for this profile")
            return self.rate_of_change(u.reshape(start.shape)).ravel()

        found = integrate.solve_ivp(slope, (0, time), start.ravel(), method="Radau", rtol=1e-9, atol=1e-11)
        if not found.success:
            raise ArithmeticError(found.message)
        return np.asarray(found.y[:, -1]).reshape(start.shape)
