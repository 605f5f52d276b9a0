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
from symdiff.evidence.arrays import FloatArray, Functions, array_arithmetic
from symdiff.evidence.solution.right_side import RightSide
from symdiff.notation.evaluation import evaluate

STEPS = 20_000  # evaluations of the right-hand side after which an equation counts as too stiff, or as ill-posed


class RingSolver:
    """d_t u_i = F_i(u) on a ring of the given length; ``functions`` gives functions of place, of the ring's period.

    With ``stripes`` all densities depend on the first of several coordinates only. Raises :class:`NotYetError` as RightSide does.
    """

    def __init__(
        self, equations: Sequence[EvolutionEquation], values: Mapping[sp.Symbol, float], length: float, points: int,
        functions: Functions | None = None, *, stripes: bool = False,
    ) -> None:  # fmt: skip
        if len(equations[0].coordinates) != 1 and not stripes:
            raise NotYetError("nonlinear equations are solved in one dimension only")
        self.functions = dict(functions or {})
        self.names = [e.density for e in equations]
        self.terms = [RightSide(e).expressions() for e in equations]
        self.local = {**values, equations[0].coordinates[0]: length * np.arange(points) / points}
        self.waves = 2 * np.pi * np.fft.fftfreq(points, length / points)
        self.calls = 0

    def rate_of_change(self, densities: FloatArray) -> FloatArray:
        """F(u), of shape (densities, points)."""
        spectra = fft.fft(densities, axis=1)

        def call(e: AppliedUndef, orders: tuple[int, ...]) -> Any:
            if e.func.__name__ in self.functions:
                places = tuple(np.asarray(evaluate(a, self.local, array_arithmetic())) for a in e.args)
                return self.functions[e.func.__name__](places, orders)
            if any(orders[1:]):
                return np.zeros_like(densities[0])
            at = self.names.index(e.func.__name__)
            return fft.ifft((1j * self.waves) ** orders[0] * spectra[at]).real if orders[0] else densities[at]

        return np.array([
            sum(np.broadcast_to(evaluate(t, self.local, array_arithmetic(), call), densities[0].shape) for t in terms) + 0.0 * densities[0]
            for terms in self.terms
        ])  # fmt: skip

    def evolve(self, start: FloatArray, time: float) -> FloatArray:
        """The solution at a time; raises ArithmeticError where short waves grow without bound."""
        return np.asarray(self.solutions(start, np.array([time]), 1e-9)[0])

    def solutions(self, start: FloatArray, times: FloatArray, precision: float) -> FloatArray:
        """The solution at several times, shape (times, densities, points), with the relative ``precision`` of each step."""
        self.calls = 0

        def slope(_: float, u: FloatArray) -> FloatArray:
            self.calls += 1
            if self.calls > STEPS or not np.all(np.isfinite(u)) or np.max(np.abs(u)) > 1e3:
                raise ArithmeticError("the equation is ill-posed, or too stiff to be solved, for this profile")
            return self.rate_of_change(u.reshape(start.shape)).ravel()

        found = integrate.solve_ivp(
            slope, (0, times[-1]), start.ravel(), method="Radau", t_eval=times, rtol=precision, atol=precision / 100
        )
        if not found.success:
            raise ArithmeticError(found.message)
        return np.asarray(found.y.T).reshape(len(times), *start.shape)
