"""Linear equations of second order between two ends, with conditions there, by Legendre polynomials in weak form.

d_t u = - d_x F + c u, F = v u - d_x(D u): tested with polynomials, so that fluxes at the ends are natural conditions and walkers may
start at points. Source: C. Canuto, M. Y. Hussaini, A. Quarteroni and T. A. Zang, Spectral Methods (2006), ch. 1-3.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import sympy as sp
from numpy.polynomial import legendre
from scipy import linalg

from symdiff.equations.evolution_equation import EvolutionEquation
from symdiff.errors import NotYetError, UsageError
from symdiff.evidence.arrays import FloatArray, Functions, evaluate_arrays


@dataclass(frozen=True)
class End:
    """``value`` u + ``slope`` d_x u = 0 at ``place``."""

    place: float
    value: float
    slope: float


class WalledSolver:
    """d_t u = L u between two ends, for polynomials of degree ``size``; ``functions`` gives those of place.

    Raises :class:`NotYetError` for derivatives beyond the second and other left-hand sides, :class:`UsageError` where the diffusivity
    is not positive.
    """

    def __init__(
        self, equation: EvolutionEquation, values: Mapping[sp.Symbol, float], ends: tuple[End, End], size: int, functions: Functions
    ) -> None:  # fmt: skip
        self.values, self.functions, self.x = dict(values), functions, equation.coordinates[0]
        low, high = ends[0].place, ends[1].place
        unit, weights = _lobatto(size)
        half = (high - low) / 2
        self.nodes, self.weights = (low + high) / 2 + half * unit, weights * half
        self.barycentric = _barycentric(unit)
        slope = _differentiation(unit, self.barycentric) / half
        drift, spread, growth = self._coefficients(equation)
        if np.min(spread) <= 0:
            raise UsageError(
                f"the equation is ill-posed: its diffusivity is {np.min(spread):.6g} between the walls", where="solve"
            )
        flux = np.diag(drift) - slope * spread[None, :]
        matrix = slope.T @ (self.weights[:, None] * flux) + np.diag(self.weights * growth)
        self.mass = self.weights.copy()
        kept = np.ones(size + 1, dtype=bool)
        bent = slope @ spread
        for at, sign, end in ((0, 1.0, ends[0]), (size, -1.0, ends[1])):
            if end.slope == 0:
                kept[at] = False
                continue
            # F = (v - D') u - D d_x u with d_x u = - value/slope u
            matrix[at, at] += sign * (drift[at] - bent[at] + spread[at] * end.value / end.slope)
        self.kept = kept
        self.matrix = (matrix / self.mass[:, None])[np.ix_(kept, kept)]

    def _coefficients(self, equation: EvolutionEquation) -> tuple[FloatArray, FloatArray, FloatArray]:
        """v, D and c at the nodes."""
        (lead, *others) = equation.left
        if others or lead.time != 1 or any(lead.space) or lead.caputo is not None or lead.coefficient != 1:
            raise NotYetError(
                "equations with another left-hand side than d_t u are not solved beside walls yet", where="solve"
            )
        found = [np.zeros(len(self.nodes)) for _ in range(3)]
        for t in equation.right:
            order = sum(t.space)
            if (
                not t.density
                or t.time
                or t.fractional is not None
                or t.caputo is not None
                or t.memory is not None
                or order > 2
            ):
                raise NotYetError("beside walls, linear equations with derivatives up to the second are solved", where="solve",
                                  instead="leave --order out, or ask for another --regime")  # fmt: skip
            if order and not t.inside and t.coefficient.has(self.x):
                raise NotYetError(
                    "equations with coefficients in front of derivatives are not solved beside walls yet", where="solve"
                )
            number = evaluate_arrays(t.coefficient, {**self.values, self.x: self.nodes}, self.functions)
            found[order] = found[order] + (-1.0 if order == 1 else 1.0) * np.broadcast_to(number, self.nodes.shape)
        if not np.all(np.isfinite(found)):
            raise UsageError("a coefficient of the equation is infinite between the walls", where="solve")
        growth, drift, spread = found
        return drift, spread, growth

    def from_points(self, places: FloatArray, amounts: FloatArray) -> FloatArray:
        """The start from amounts of walkers at points: the polynomial with the same projections on all others."""
        return np.asarray(self._cardinals(places).T @ amounts / self.mass)

    def panels(self, count: int) -> tuple[FloatArray, FloatArray]:
        """Places and weights that integrate over the interval, in so many pieces."""
        points, weights = legendre.leggauss(4)
        edges = np.linspace(self.nodes[0], self.nodes[-1], count + 1)
        half = (edges[1] - edges[0]) / 2
        middles = (edges[:-1] + edges[1:]) / 2
        return (middles[:, None] + half * points[None, :]).ravel(), np.tile(half * weights, count)

    def evolve(self, density: FloatArray, time: float) -> FloatArray:
        """The density at the nodes after a time."""
        found = np.zeros_like(density)
        found[self.kept] = linalg.expm(time * self.matrix) @ density[self.kept]
        return found

    def at(self, density: FloatArray, places: FloatArray) -> FloatArray:
        """The polynomial through the density, at other places."""
        return np.asarray(self._cardinals(places) @ density)

    def _cardinals(self, places: Sequence[float] | FloatArray) -> FloatArray:
        """The Lagrange polynomials of the nodes at places, of shape (places, nodes)."""
        gaps = np.asarray(places)[:, None] - self.nodes[None, :]
        hit = np.abs(gaps) < 1e-13 * (self.nodes[-1] - self.nodes[0])
        parts = self.barycentric / np.where(hit, 1.0, gaps)
        found = parts / parts.sum(axis=1)[:, None]
        rows = np.any(hit, axis=1)
        found[rows] = hit[rows].astype(float)
        return np.asarray(found)


def _lobatto(size: int) -> tuple[FloatArray, FloatArray]:
    """Nodes and weights of Gauss-Lobatto quadrature with size + 1 points on [-1, 1]."""
    top = np.zeros(size + 1)
    top[size] = 1.0
    inner = np.sort(legendre.legroots(legendre.legder(top)).real) if size < 40 else _lobatto_roots(size)
    nodes = np.concatenate(([-1.0], inner, [1.0]))
    return nodes, 2 / (size * (size + 1) * legendre.legval(nodes, top) ** 2)


def _lobatto_roots(size: int) -> FloatArray:
    """The roots of P'_size: Gauss nodes of the Jacobi weight (1 - x^2), eigenvalues of a tridiagonal matrix."""
    n = np.arange(1, size - 1)
    off = np.sqrt(n * (n + 2) / ((2 * n + 1) * (2 * n + 3)))
    return np.asarray(linalg.eigvalsh_tridiagonal(np.zeros(size - 1), off))


def _barycentric(nodes: FloatArray) -> FloatArray:
    gaps = 2 * (nodes[:, None] - nodes[None, :])  # the capacity of [-1, 1] is 1/2: products neither over- nor underflow
    np.fill_diagonal(gaps, 1.0)
    signs, sizes = np.prod(np.sign(gaps), axis=1), np.sum(np.log(np.abs(gaps)), axis=1)
    return np.asarray(signs * np.exp(np.min(sizes) - sizes))


def _differentiation(nodes: FloatArray, barycentric: FloatArray) -> FloatArray:
    gaps = nodes[:, None] - nodes[None, :] + np.eye(len(nodes))
    matrix = barycentric[None, :] / barycentric[:, None] / gaps
    np.fill_diagonal(matrix, 0.0)
    np.fill_diagonal(matrix, -matrix.sum(axis=1))
    return np.asarray(matrix)
