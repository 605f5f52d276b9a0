"""Nonlinear evolution equations from a profile, on a ring by Fourier series: fluxes as written, their divergence exact for waves.

Steps in time are explicit, of eighth order, with an error of ``PRECISION`` each; the caller halves the spacing to learn the
error in space. Source: E. Hairer, S. Norsett and G. Wanner, Solving Ordinary Differential Equations I (DOP853).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import sympy as sp
from scipy import fft, integrate, sparse
from sympy.core.function import AppliedUndef

from symdiff.equations.evolution_equation import EvolutionEquation
from symdiff.evidence.arrays import FloatArray, array_arithmetic
from symdiff.evidence.solution.right_side import RightSide
from symdiff.notation.evaluation import evaluate

CALLS = 40_000  # evaluations of the right-hand side after which a grid counts as too fine for explicit steps
PRECISION = 1e-11
FINE = 2**16  # samples of a profile
LARGEST = 1e3  # times the largest density at the start: the solution explodes


class ProfileSolver:
    """d_t u_i = F_i(u) on the ring of ``points`` places from ``first`` on; densities have the shape (densities, points).

    Raises :class:`NotYetError` for other left-hand sides than d_t u and for fractional terms.
    """

    def __init__(
        self, equations: Sequence[EvolutionEquation], values: Mapping[sp.Symbol, float], first: float, length: float, points: int
    ) -> None:  # fmt: skip
        for e in equations:
            RightSide(e)  # refuses what is no plain time derivative
        self.equations, self.names = tuple(equations), [e.density for e in equations]
        self.first, self.length, self.points = first, length, points
        self.places = first + length * np.arange(points) / points
        self.local = {**values, equations[0].coordinates[0]: self.places}
        self.waves = 2 * np.pi * np.fft.rfftfreq(points, length / points)
        self.terms = [[self._prepared(e, t) for t in e.right] for e in equations]

    def _prepared(self, equation: EvolutionEquation, term: Any) -> tuple[sp.Expr, int]:
        """A flux, and how many derivatives stand in front of it."""
        x = equation.coordinates[0]
        if any(term.space[1:]):
            return sp.Integer(0), 0  # nothing varies along the other coordinates
        body = sp.Integer(1) if not term.density else sp.Function(term.density)(*equation.coordinates, equation.time)
        if term.density and not term.inside:
            return sp.expand(term.coefficient) * sp.Derivative(body, (x, term.space[0])).doit(), 0
        sign = 1 if term.density else term.sign
        return (sign * term.coefficient * body).doit(), term.space[0]

    def rate_of_change(self, densities: FloatArray) -> FloatArray:
        """F(u)."""
        spectra = fft.rfft(densities, axis=1)

        def call(e: AppliedUndef, orders: tuple[int, ...]) -> Any:
            if any(orders[1:]):
                return 0.0 * densities[0]
            at = self.names.index(e.func.__name__)
            return self._derivative(spectra[at], orders[0]) if orders[0] else densities[at]

        found = []
        for terms in self.terms:
            outer = np.zeros(len(self.waves), dtype=complex)
            total = np.zeros(self.points)
            for flux, order in terms:
                value = np.broadcast_to(evaluate(flux, self.local, array_arithmetic(), call), total.shape)
                if order:
                    outer = outer + (1j * self.waves) ** order * fft.rfft(value)
                else:
                    total = total + value
            found.append(total + fft.irfft(outer, n=self.points))
        return np.array(found)

    def _derivative(self, spectrum: Any, order: int) -> FloatArray:
        return np.asarray(fft.irfft((1j * self.waves) ** order * spectrum, n=self.points))

    def projected(self, profile: Callable[[FloatArray], FloatArray]) -> FloatArray:
        """The part of a profile that this grid resolves: its longest waves."""
        many = profile(self._fine_places())
        spectra = fft.rfft(many, axis=1)[:, : self.points // 2 + 1] * (self.points / many.shape[1])
        spectra[:, -1] = spectra[:, -1].real if self.points < many.shape[1] else spectra[:, -1]
        return np.asarray(fft.irfft(spectra, n=self.points, axis=1))

    def _fine_places(self) -> FloatArray:
        return self.first + self.length * np.arange(FINE) / FINE

    def solutions(self, start: FloatArray, times: Sequence[float]) -> FloatArray:
        """The solution at increasing times, of shape (times, densities, points).

        Raises ArithmeticError where it grows without bound, or takes more than CALLS evaluations.
        """
        calls, most = 0, LARGEST * max(float(np.max(np.abs(start))), 1e-300)

        def slope(_: float, u: FloatArray) -> FloatArray:
            nonlocal calls
            calls += 1
            if calls > CALLS or not np.all(np.isfinite(u)) or np.max(np.abs(u)) > most:
                raise ArithmeticError("the solution grows without bound, or this grid is too stiff")
            return self.rate_of_change(u.reshape(start.shape)).ravel()

        return integrated(slope, start, times, PRECISION)

    def at(self, densities: FloatArray, places: FloatArray) -> FloatArray:
        """The trigonometric polynomial through one density, at any places."""
        spectrum = fft.rfft(densities) / self.points
        weights = np.full(len(spectrum), 2.0)
        weights[0] = 1.0
        weights[-1] = 1.0 if self.points % 2 == 0 else 2.0
        found = [
            np.real(np.exp(1j * np.outer(part - self.first, self.waves)) @ (weights * spectrum))
            for part in np.array_split(np.asarray(places), max(1, len(places) // 256))
        ]
        return np.concatenate(found)


class VolumeSolver(ProfileSolver):
    """The same for equations whose diffusivity vanishes at some densities: balances of small volumes, fluxes at their faces.

    Their solutions have kinks, which waves do not resolve; densities stay positive, and the error falls with the first or second
    power of the width. One density, second order; the volumes have nothing to do with the lattice.
    """

    def rate_of_change(self, densities: FloatArray) -> FloatArray:
        """F(u)."""
        width, (u,) = self.length / self.points, densities
        middle, slope = (u + np.roll(u, -1)) / 2, (np.roll(u, -1) - u) / width
        centred, bent = (
            (np.roll(u, -1) - np.roll(u, 1)) / (2 * width),
            (np.roll(u, -1) - 2 * u + np.roll(u, 1)) / width**2,
        )

        def call_at(*found: FloatArray) -> Any:
            return lambda e, orders: found[orders[0]]

        total = np.zeros(self.points)
        for flux, order in self.terms[0]:
            calls = call_at(middle, slope) if order == 1 else call_at(u, centred, bent)
            value = np.broadcast_to(evaluate(flux, self.local, array_arithmetic(), calls), total.shape)
            if order == 1:
                value = (value - np.roll(value, 1)) / width
            elif order == 2:
                value = (np.roll(value, -1) - 2 * value + np.roll(value, 1)) / width**2
            total = total + value
        return total[None, :]

    def projected(self, profile: Callable[[FloatArray], FloatArray]) -> FloatArray:
        """The mean over every volume."""
        each = FINE // self.points
        offsets = (np.arange(each) + 0.5) / each - 0.5
        places = (self.places[:, None] + offsets * self.length / self.points).ravel()
        many = profile(places)
        return np.asarray(many.reshape(len(many), self.points, each).mean(axis=2))

    def solutions(self, start: FloatArray, times: Sequence[float]) -> FloatArray:
        """The solution at increasing times, by implicit steps; ArithmeticError where they fail."""
        shape = (self.points, self.points)
        near = sparse.diags([1.0, 1.0, 1.0, 1.0, 1.0], [-1, 0, 1, self.points - 1, 1 - self.points], shape=shape)
        scale = max(float(np.max(np.abs(start))), 1e-300)
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            found = integrate.solve_ivp(
                lambda _, u: self.rate_of_change(u[None, :])[0], (0.0, times[-1]), start[0], method="BDF", t_eval=list(times),
                jac_sparsity=near, rtol=1e-7, atol=1e-9 * scale,
            )  # fmt: skip
        if not found.success or not np.all(np.isfinite(found.y)):
            raise ArithmeticError(found.message)
        return np.asarray(found.y.T)[:, None, :]

    def at(self, densities: FloatArray, places: FloatArray) -> FloatArray:
        """Straight lines between the middles of the volumes."""
        return np.asarray(np.interp(places, self.places, densities, period=self.length))


def integrated(slope: Any, start: FloatArray, times: Sequence[float], precision: float) -> FloatArray:
    """u' = slope(t, u) by explicit steps, at increasing times after 0; ArithmeticError where the steps become too small."""
    scale = max(float(np.max(np.abs(start))), 1e-300)
    found, current = [], start
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        for before, after in pairwise((0.0, *times)):
            part = integrate.solve_ivp(
                slope, (before, after), current.ravel(), method="DOP853", t_eval=[after], rtol=precision, atol=precision * scale
            )  # fmt: skip
            if not part.success:
                raise ArithmeticError(part.message)
            current = np.asarray(part.y[:, -1]).reshape(start.shape)
            found.append(current)
    return np.array(found)
