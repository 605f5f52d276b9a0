"""Linear equations of second order along a line with walls and interfaces, by differences on a grid finer than the lattice.

Between the places where conditions hold the equation stands at every node, at these places the conditions stand instead;
time is stepped by the two-stage rule of R. Alexander, SIAM J. Numer. Anal. 14 (1977) 1006, which damps what a grid cannot
hold and serves algebraic rows. :class:`CellSolver` keeps the number of walkers between ends that nothing crosses.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import sympy as sp
from scipy import sparse
from scipy.sparse.linalg import splu

from symdiff.equations.evolution_equation import EvolutionEquation, Term
from symdiff.errors import NotYetError, UsageError
from symdiff.evidence.arrays import FloatArray, array_arithmetic, evaluate_arrays
from symdiff.notation.evaluation import evaluate

GAMMA = 1 - 1 / np.sqrt(2)
SLOPES = {0: (1.0,), 1: (-1.5, 2.0, -0.5), 2: (2.0, -5.0, 4.0, -1.0)}  # at an end, in units of 1/h^order
Values = Mapping[sp.Symbol, float]


@dataclass(frozen=True)
class EndJet:
    """coefficient times derivatives of the density (``order`` in space, ``time`` in time) on one side of a place (-1 left, 1 right)."""

    coefficient: float
    side: int
    order: int
    time: int = 0


def _parts(equation: EvolutionEquation) -> tuple[list[tuple[Term, float]], sp.Expr]:
    """The terms with their signs, and the coefficient of the time derivative; raises :class:`NotYetError`."""
    lead = [t for t in equation.left if t.time == 1 and not any(t.space) and t.caputo is None]
    others = [t for t in equation.left if t not in lead]
    parts = [(t, 1.0) for t in equation.right] + [(t, -1.0) for t in others]
    broken = any(t.time or t.fractional is not None or t.memory is not None or t.caputo is not None for t, _ in parts)
    if len(lead) != 1 or broken or any(sum(t.space) > 2 for t, _ in parts):
        raise NotYetError("beside walls, equations of first order in time and second in space are solved only")
    return parts, lead[0].coefficient


class _Stepped:
    """M du/dt = A u + b by steps of one length."""

    mass: Any
    matrix: Any
    source: FloatArray

    def solutions(self, density: FloatArray, times: Sequence[float], steps: int) -> list[FloatArray]:
        """The density at equally spaced times, with so many steps from one to the next."""
        h = float(times[0]) / steps
        solve = splu((self.mass - GAMMA * h * self.matrix).tocsc()).solve
        found = []
        for _ in times:
            for _ in range(steps):
                half = solve(self.mass @ density + GAMMA * h * self.source)
                rest = (1 - GAMMA) / GAMMA * (self.mass @ (half - density)) + GAMMA * h * self.source
                density = solve(self.mass @ density + rest)
            if not np.all(np.isfinite(density)):
                raise NotYetError("the equation has no solution that stays finite at these values")
            found.append(density)
        return found


class PieceSolver(_Stepped):
    """The equation on the pieces between ``places``, with the conditions at each: none at a far end, where the density vanishes.

    Raises :class:`NotYetError` for other equations and for places with the wrong number of conditions, and
    :class:`UsageError` where the diffusivity is negative.
    """

    def __init__(
        self, equation: EvolutionEquation, values: Values, places: Sequence[float], conditions: Sequence[Sequence[Sequence[EndJet]]],
        cell: float,
    ) -> None:  # fmt: skip
        self.values, self.place = dict(values), equation.coordinates[0]
        counts = [max(12, round((b - a) / cell)) + 1 for a, b in pairwise(places)]
        self.first = np.concatenate([[0], np.cumsum(counts)])
        self.gaps = [(b - a) / (n - 1) for a, b, n in zip(places, places[1:], counts, strict=False)]
        self.nodes = np.concatenate([np.linspace(a, b, n) for a, b, n in zip(places, places[1:], counts, strict=False)])
        total = len(self.nodes)
        matrix, mass = sparse.lil_matrix((total, total)), sparse.lil_matrix((total, total))
        self.source = np.zeros(total)
        self._interior(equation, matrix, mass)
        for n, rows in enumerate(conditions):
            self._end(n, len(places) - 1, rows, matrix, mass)
        self.matrix, self.mass = matrix.tocsc(), mass.tocsc()

    def _interior(self, equation: EvolutionEquation, matrix: Any, mass: Any) -> None:
        parts, lead = _parts(equation)
        spread = np.zeros(len(self.nodes))
        head = self._at(lead)
        for p, h in enumerate(self.gaps):
            inner = np.arange(self.first[p] + 1, self.first[p + 1] - 1)
            mass[inner, inner] = head[inner]
            for t, sign in parts:
                if not t.density:
                    self._add_source(t.coefficient, sign * t.sign, inner, h)
                    continue
                order, factor = sum(t.space), sign * self._at(t.coefficient)
                spread += factor if order == 2 else 0.0
                weights = {0: {0: 1.0}, 1: {-1: -0.5 / h, 1: 0.5 / h}, 2: {-1: h**-2, 0: -2 * h**-2, 1: h**-2}}[order]
                for away, w in weights.items():
                    matrix[inner, inner + away] += w * (factor[inner + away] if t.inside else factor[inner])
        if np.min(spread) < 0:
            raise UsageError(
                "the equation is ill-posed at these values: its diffusivity is negative", instead="move a slider"
            )

    def _add_source(self, e: sp.Expr, sign: float, inner: Any, h: float) -> None:
        """A gain at one place, written with Dirac's delta."""
        deltas = [a for a in e.atoms(sp.DiracDelta) if a.args[0].has(self.place)]
        if len(deltas) != 1 or e.coeff(deltas[0]) * deltas[0] - e != 0:
            raise NotYetError("sources other than a gain at one place are not solved beside walls yet")
        where = self._number(sp.solve(deltas[0].args[0], self.place)[0])
        if self.nodes[inner[0]] <= where <= self.nodes[inner[-1]]:
            self.source[inner[np.argmin(np.abs(self.nodes[inner] - where))]] += (
                sign * self._number(e.coeff(deltas[0])) / h
            )

    def _end(self, n: int, last: int, rows: Sequence[Sequence[EndJet]], matrix: Any, mass: Any) -> None:
        """The conditions at place n, in the rows of the nodes there."""
        own = ([int(self.first[n]) - 1] if n > 0 else []) + ([int(self.first[n])] if n < last else [])
        if not rows and len(own) == 1:
            matrix[own[0], own[0]] = 1.0
            return
        if len(rows) != len(own):
            raise NotYetError("the conditions that are derived at this place do not determine the solution")
        for row, jets in zip(own, rows, strict=True):
            for jet in jets:
                piece = n if jet.side > 0 else n - 1
                node = int(self.first[n]) if jet.side > 0 else int(self.first[n]) - 1
                if not 0 <= piece < last or jet.order > 2 or jet.time > 1:
                    raise NotYetError("conditions of this kind are not solved yet")
                for k, w in enumerate(SLOPES[jet.order]):
                    amount = jet.coefficient * w * (jet.side / self.gaps[piece]) ** jet.order
                    if jet.time:
                        mass[row, node + jet.side * k] -= amount
                    else:
                        matrix[row, node + jet.side * k] += amount

    def _at(self, e: sp.Expr) -> FloatArray:
        """A coefficient at the nodes; at both ends of a piece, its value inside."""
        found = np.empty(len(self.nodes))
        for a, b in zip(self.first, self.first[1:], strict=False):
            x = self.nodes[a:b]
            middle = (x[0] + x[-1]) / 2
            local = {**self.values, self.place: middle + (x - middle) * (1 - 1e-9)}
            found[a:b] = evaluate_arrays(self._branch(e, middle), local, {})
        if not np.all(np.isfinite(found)):
            raise UsageError("a coefficient of the equation is infinite where it is drawn", instead="move a slider")
        return found

    def _branch(self, e: sp.Expr, middle: float) -> sp.Expr:
        """The branches of a coefficient that hold on one piece."""
        here = {**{s: sp.Float(v) for s, v in self.values.items()}, self.place: sp.Float(middle)}
        chosen = {
            p: next((value for value, holds in p.args if holds.xreplace(here) == True), p)  # noqa: E712
            for p in e.atoms(sp.Piecewise)
        }
        return e.xreplace(chosen)

    def _number(self, e: sp.Expr) -> float:
        return float(evaluate(e, self.values, array_arithmetic()))

    def narrow(self, start: float, width: float) -> FloatArray:
        """A Gaussian at the start."""
        return np.asarray(np.exp(-(((self.nodes - start) / width) ** 2) / 2) / (width * np.sqrt(2 * np.pi)))


class CellSolver(_Stepped):
    """d_t u = d_x(a u) + d_xx(b u) + c u between ends that nothing crosses, in cells that exchange what leaves one for the next.

    In the first and last ``margin`` cells, beyond the range for which the equation is meant, b < 0 is read as zero.
    """

    def __init__(
        self, equation: EvolutionEquation, values: Values, low: float, high: float, cells: int, margin: int = 0
    ) -> None:
        parts, lead = _parts(equation)
        h = (high - low) / cells
        self.places: FloatArray = np.asarray(low + h * (np.arange(cells) + 0.5), dtype=float)
        faces: FloatArray = np.asarray(low + h * np.arange(1, cells), dtype=float)
        x, self.cell = equation.coordinates[0], h

        def at(e: sp.Expr, where: FloatArray) -> FloatArray:
            found = np.broadcast_to(evaluate_arrays(e, {**values, x: where}, {}), where.shape)
            if not np.all(np.isfinite(found)):
                raise UsageError("a coefficient of the equation is infinite where it is drawn", instead="move a slider")
            return found

        matrix = sparse.lil_matrix((cells, cells))
        left, right = np.arange(cells - 1), np.arange(1, cells)
        for t, sign in parts:
            order = sum(t.space)
            if not t.density or (order and not t.inside and t.coefficient.has(x)):
                raise NotYetError("the equation is not written as the balance of a flux")
            if order == 0:
                own = np.arange(cells)
                matrix[own, own] += sign * at(t.coefficient, self.places)
                continue
            if order == 1:
                flow = sign * at(t.coefficient, faces) / (2 * h)
                gains = ((right, flow), (left, flow))
            else:
                spread = np.array(sign * at(t.coefficient, self.places))
                for end in (slice(0, margin), slice(cells - margin, cells)):
                    spread[end] = np.maximum(spread[end], 0.0)
                if np.min(spread) < -1e-9 * np.max(np.abs(spread)):
                    raise UsageError(
                        "the equation is ill-posed at these values: its diffusivity is negative",
                        instead="move a slider",
                    )
                gains = ((right, spread[right] / h**2), (left, -spread[left] / h**2))
            for source, amount in gains:
                matrix[left, source] += amount
                matrix[right, source] -= amount
        self.mass = sparse.identity(cells, format="csc") * float(at(lead, self.places[:1])[0])
        self.matrix, self.source = matrix.tocsc(), np.zeros(cells)

    def narrow(self, start: float, width: float) -> FloatArray:
        """All walkers in a Gaussian at the start."""
        found = np.exp(-(((self.places - start) / width) ** 2) / 2)
        return np.asarray(found / (found.sum() * self.cell))
