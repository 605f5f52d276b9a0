"""Evolution equations on an interval by Chebyshev collocation: any smooth coefficients, densities that vanish at the ends.

Source: L. N. Trefethen, Spectral Methods in MATLAB (2000), ch. 6 and 13.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import sympy as sp
from scipy import linalg

from symdiff.equations.evolution_equation import EvolutionEquation
from symdiff.errors import NotYetError, UsageError
from symdiff.evidence.arrays import FloatArray, Functions, evaluate_arrays
from symdiff.evidence.chebyshev_points import differentiation


class IntervalSolver:
    """d_t u = L u between ``low`` and ``high`` with u = 0 at both ends, for one equation of first order in time.

    Raises :class:`NotYetError` for other equations and :class:`UsageError` where the diffusivity is negative somewhere.
    """

    def __init__(
        self, equation: EvolutionEquation, values: Mapping[sp.Symbol, float], low: float, high: float, size: int, functions: Functions,
    ) -> None:  # fmt: skip
        self.values, self.functions, self.place = dict(values), functions, equation.coordinates[0]
        unit = np.cos(np.pi * np.arange(size + 1) / size)
        self.nodes = (low + high) / 2 + (high - low) / 2 * unit
        lead = [t for t in equation.left if t.time == 1 and not any(t.space) and t.caputo is None]
        others = [t for t in equation.left if t not in lead]
        terms = [(t, 1.0) for t in equation.right] + [(t, -1.0) for t in others]
        if len(lead) != 1 or any(
            t.time or t.fractional is not None or t.memory is not None or t.caputo is not None for t, _ in terms
        ):
            raise NotYetError(
                "place-dependent equations with other than one time derivative, or of broken order, are not solved yet"
            )
        slope = differentiation(self.nodes)
        powers = {0: np.eye(size + 1), 1: slope, 2: slope @ slope}
        if any(sum(t.space) > 2 for t, _ in terms):
            raise NotYetError("place-dependent equations with derivatives beyond the second are not solved yet")
        head = self._at(lead[0].coefficient)
        if np.ptp(head) != 0 or head[0] == 0:
            raise NotYetError(
                "the coefficient of the time derivative depends on place", instead="divide the equation by it"
            )
        matrix = np.zeros((size + 1, size + 1))
        diffusivity = np.zeros(size + 1)
        for t, sign in terms:
            factor, order = sign / head[0] * self._at(t.coefficient), sum(t.space)
            matrix += powers[order] * factor[None, :] if t.inside else factor[:, None] * powers[order]
            diffusivity += factor if order == 2 else 0.0
        if np.min(diffusivity) < -1e-12 * np.max(np.abs(diffusivity)):
            raise UsageError(
                "the equation is ill-posed: its diffusivity is negative within the window that the walker reaches"
            )
        self.matrix = matrix[1:-1, 1:-1]

    def _at(self, expression: sp.Expr) -> FloatArray:
        local = {**self.values, self.place: self.nodes}
        found = evaluate_arrays(expression, local, self.functions)
        if not np.all(np.isfinite(found)):
            raise UsageError(f"{expression} is infinite within the window that the walker reaches")
        return np.broadcast_to(found, self.nodes.shape)

    def evolve(self, density: FloatArray, time: float) -> FloatArray:
        """The density at the nodes after a time."""
        found = np.zeros_like(density)
        found[1:-1] = linalg.expm(time * self.matrix) @ density[1:-1]
        return found

    def interpolated(self, density: FloatArray, places: FloatArray) -> FloatArray:
        """The polynomial through the density, at other places (barycentric formula)."""
        n = len(self.nodes) - 1
        weights = np.where((np.arange(n + 1) == 0) | (np.arange(n + 1) == n), 0.5, 1.0) * (-1.0) ** np.arange(n + 1)
        gaps = places[:, None] - self.nodes[None, :]
        hit = np.abs(gaps) < 1e-14 * (1 + np.max(np.abs(self.nodes)))
        parts = weights / np.where(hit, 1.0, gaps)
        found = (parts @ density) / parts.sum(axis=1)
        rows, columns = np.nonzero(hit)
        found[rows] = density[columns]
        return np.asarray(found)
