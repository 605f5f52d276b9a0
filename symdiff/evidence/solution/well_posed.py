"""Whether a nonlinear evolution equation can be solved from a profile: by the derivatives of highest order, state by state.

For d_t u = A(u) d_x^n u + ... with n even, short waves decay where the eigenvalues of (-1)^(n/2 + 1) A have no negative real part;
with n odd they neither grow nor decay where the eigenvalues of A are real. Without diffusion fronts steepen into shocks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import sympy as sp
from sympy.core.function import AppliedUndef

from symdiff.equations.evolution_equation import EvolutionEquation
from symdiff.evidence.arrays import FloatArray, array_arithmetic
from symdiff.evidence.solution.right_side import RightSide
from symdiff.notation.evaluation import evaluate

SMALL = 1e-9  # of the largest coefficient
DEGENERATE = 1e-7  # and below which it counts as one that vanishes


@dataclass(frozen=True)
class GrowingWaves:
    """Short waves grow where the densities have these values; ``coefficient`` is the worst eigenvalue."""

    densities: tuple[float, ...]
    coefficient: float


class HighestOrder:
    """The matrix A in front of the derivatives of the highest order n, by the densities and their slopes."""

    def __init__(self, equations: Sequence[EvolutionEquation], values: Mapping[sp.Symbol, float]) -> None:
        self.names, self.values = [e.density for e in equations], dict(values)
        self.coordinates, self.time = equations[0].coordinates, equations[0].time
        sides = [sp.Add(*RightSide(e).expressions()) for e in equations]
        found = {d for side in sides for d in side.atoms(sp.Derivative) if isinstance(d.expr, AppliedUndef)}
        self.order = max((self._order(d) for d in found), default=0)
        table = {d: sp.Dummy() for d in found if self._order(d) == self.order}
        plain = [side.xreplace(table) for side in sides]
        wanted = {self.names.index(d.expr.func.__name__): s for d, s in table.items()}
        self.matrix = [
            [sp.diff(side, wanted[j]) if j in wanted else sp.Integer(0) for j in range(len(sides))] for side in plain
        ]
        self.sources = [s for side in sides for s in (sp.expand(side.xreplace(dict.fromkeys(found, sp.Integer(0)))),)]

    def _order(self, derivative: sp.Derivative) -> int:
        """The order in the first coordinate; densities do not vary along the others."""
        counts = {v: int(n) for v, n in derivative.variable_count}
        return counts.get(self.coordinates[0], 0) if set(counts) <= {self.coordinates[0]} else 0

    def _numbers(self, expression: sp.Expr, densities: FloatArray, slopes: Sequence[FloatArray]) -> FloatArray:
        def call(e: AppliedUndef, orders: tuple[int, ...]) -> FloatArray:
            at = self.names.index(e.func.__name__)
            return np.asarray(slopes[orders[0] - 1][at] if any(orders) else densities[at])

        found = evaluate(expression, self.values, array_arithmetic(), call)
        return np.asarray(np.broadcast_to(np.asarray(found, dtype=float), densities[0].shape))

    def growing_waves(self, densities: FloatArray, spacing: float) -> GrowingWaves | None:
        """Where among these states, shape (densities, places), short waves grow; None where nowhere."""
        if self.order == 0:
            return None
        matrices = self._matrices(densities, spacing)
        if not np.all(np.isfinite(matrices)):
            return GrowingWaves(tuple(map(float, densities[:, 0])), float("nan"))
        eigenvalues = np.linalg.eigvals(matrices)
        size = max(float(np.max(np.abs(matrices))), 1e-300)
        if self.order % 2 == 0:
            sign = -1 if self.order % 4 == 0 else 1
            worst = np.min(sign * eigenvalues.real, axis=1)
        else:
            worst = -np.max(np.abs(eigenvalues.imag), axis=1)
        at = int(np.argmin(worst))
        if worst[at] >= -SMALL * size:
            return None
        return GrowingWaves(tuple(map(float, densities[:, at])), float(worst[at]))

    def _matrices(self, densities: FloatArray, spacing: float) -> FloatArray:
        slopes = [densities]
        for _ in range(self.order):
            slopes.append(np.gradient(slopes[-1], spacing, axis=1))
        rows = [[self._numbers(e, densities, slopes[1:]) for e in row] for row in self.matrix]
        return np.asarray(np.moveaxis(np.array(rows), -1, 0))

    def is_degenerate(self, densities: FloatArray, spacing: float) -> bool:
        """Whether the diffusivity of one density vanishes at some of these states, not at all of them."""
        if self.order != 2 or len(self.names) != 1:
            return False
        sizes = np.abs(self._matrices(densities, spacing))
        return bool(0 <= float(np.min(sizes)) <= DEGENERATE * float(np.max(sizes)))

    def shock_time(self, densities: FloatArray, spacing: float) -> float | None:
        """When characteristics of d_t u = - c(u) d_x u first meet: 1/max(-d_x c); None where they never do, or c is of another kind."""
        if self.order != 1 or len(self.names) != 1 or self.sources[0] != 0:
            return None
        speed = -self._numbers(self.matrix[0][0], densities, [np.gradient(densities, spacing, axis=1)])
        steepest = float(np.max(-np.gradient(speed, spacing)))
        return 1 / steepest if steepest > SMALL * float(np.max(np.abs(speed)) + 1e-300) / spacing else None
