"""One system of nonlinear equations on a ring and its variants with other coefficients, solved together by Fourier series.

Fluxes are evaluated as written and their divergence is exact for waves; all variants take the same explicit steps in time, so that
the difference of two of them is known far better than each. No grid of the lattice enters.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import sympy as sp
from scipy import fft
from sympy.core.function import AppliedUndef

from symdiff.equations.evolution_equation import EvolutionEquation
from symdiff.errors import NotYetError
from symdiff.evidence.arrays import FloatArray, Functions, array_arithmetic
from symdiff.evidence.solution.profiles import integrated
from symdiff.evidence.solution.right_side import RightSide
from symdiff.notation.evaluation import evaluate

CALLS = 20_000  # evaluations after which the equation counts as too stiff, or as ill-posed
LARGEST = 1e3


class EquationFamily:
    """d_t u_i = sum_j f_j T_ij(u) on a ring of the given length, for every row f of ``factors``, shape (variants, terms).

    Terms are counted through all equations. Densities depend on the sum of the coordinates with the weights ``along``. Raises
    :class:`NotYetError` for left-hand sides other than d_t u, and for fractional terms.
    """

    def __init__(
        self, equations: Sequence[EvolutionEquation], values: Mapping[sp.Symbol, float], length: float, points: int,
        factors: FloatArray, functions: Functions | None = None, along: tuple[float, ...] = (1.0,),
    ) -> None:  # fmt: skip
        self.along = along
        self.functions, self.names = dict(functions or {}), [e.density for e in equations]
        self.x, self.points = equations[0].coordinates[0], points
        self.local = {**values, self.x: length * np.arange(points) / points}
        self.waves = 2 * np.pi * np.fft.rfftfreq(points, length / points)
        self.factors = _columns(factors)
        for e in equations:
            RightSide(e)  # refuses what is no plain time derivative
        self.terms = [[self._prepared(e, t) for t in e.right] for e in equations]

    def _prepared(self, equation: EvolutionEquation, term: Any) -> tuple[sp.Expr, tuple[int, ...]]:
        """A flux, and the derivatives that stand in front of it."""
        if not term.density:
            return sp.sympify(term.sign * term.coefficient).doit(), term.space
        body = sp.Function(term.density)(*equation.coordinates, equation.time)
        if term.inside:
            return (term.coefficient * body).doit(), term.space
        orders = [(x, n) for x, n in zip(equation.coordinates, term.space, strict=True) if n]
        return term.coefficient * (sp.Derivative(body, *orders) if orders else body), (0,) * len(term.space)

    def _derivative(self, orders: tuple[int, ...]) -> Any:
        """The factor of derivatives on Fourier coefficients."""
        weight = np.prod([c**n for c, n in zip(self.along, orders, strict=False)])
        return weight * (1j * self.waves) ** sum(orders)

    def rate_of_change(self, densities: FloatArray) -> FloatArray:
        """The right-hand sides, of shape (densities, variants, points)."""
        spectra = fft.rfft(densities, axis=-1)

        def call(e: AppliedUndef, orders: tuple[int, ...]) -> Any:
            name = e.func.__name__
            if name in self.functions:
                places = tuple(np.asarray(evaluate(a, self.local, array_arithmetic(), call)) for a in e.args)
                return self.functions[name](places, orders)
            if name not in self.names:
                raise NotYetError(f"the function {name} is not known here")
            at = self.names.index(name)
            if not any(orders):
                return densities[at]
            return fft.irfft(self._derivative(orders[: len(self.along)]) * spectra[at], n=self.points, axis=-1)

        found, number = [], 0
        for terms in self.terms:
            total, outer = np.zeros_like(densities[0]), np.zeros_like(spectra[0])
            for flux, orders in terms:
                value = self.factors[number] * np.asarray(evaluate(flux, self.local, array_arithmetic(), call))
                value, number = np.broadcast_to(value, total.shape), number + 1
                if any(orders):
                    outer = outer + self._derivative(orders) * fft.rfft(value, axis=-1)
                else:
                    total = total + value
            found.append(total + fft.irfft(outer, n=self.points, axis=-1))
        return np.array(found)

    def evolve(self, start: FloatArray, time: float, precision: float) -> FloatArray:
        """All variants at a time from one start of shape (densities, points); raises ArithmeticError where they explode."""
        variants = len(self.factors[0]) if self.factors else 1
        everywhere = np.repeat(start[:, None, :], variants, axis=1)
        calls, most = 0, LARGEST * max(1e-300, float(np.max(np.abs(start))))

        def slope(_: float, u: FloatArray) -> FloatArray:
            nonlocal calls
            calls += 1
            if calls > CALLS or not np.all(np.isfinite(u)) or np.max(np.abs(u)) > most:
                raise ArithmeticError("the equation is ill-posed, or too stiff, from this profile")
            return self.rate_of_change(u.reshape(everywhere.shape)).ravel()

        return np.asarray(integrated(slope, everywhere, [time], precision)[0])


def _columns(factors: FloatArray) -> list[FloatArray]:
    """One column of shape (variants, 1) per term."""
    return [np.asarray(factors)[:, n, None] for n in range(np.asarray(factors).shape[1])]
