"""Mean numbers of independent walkers on a row or a ring of sites, whose rates and probabilities depend on the site left.

Exact: walkers do not see each other, so that the mean numbers obey the master equation itself. A row loses what jumps over its ends.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import sympy as sp
from scipy import sparse
from scipy.sparse.linalg import expm_multiply

from symdiff.errors import NotYetError, UsageError
from symdiff.evidence.arrays import FloatArray, Functions, evaluate_arrays
from symdiff.model.jump_model import JumpModel

CLOSE = 1e-9  # of a spacing: where a displacement is a whole number of spacings


def spacing_of(model: JumpModel, values: Mapping[sp.Symbol, float]) -> float:
    """The largest distance of which all displacements are multiples (Euclid's algorithm).

    Raises :class:`NotYetError` for laws of steps, motion inside states, and displacements that depend on place.
    """
    if any(j.law is not None for j in model.jumps) or not model.rests or model.internals or model.resets:
        raise NotYetError(
            "profiles are solved for walkers that jump by fixed distances from site to site", where="solve"
        )
    if any(j.displacement[0].free_symbols & set(model.coordinate_symbols) for j in model.jumps):
        raise NotYetError("profiles on grids of varying spacing are not solved yet", where="solve",
                          instead="leave --initial out: a walker from the origin is solved")  # fmt: skip
    sizes = [abs(float(evaluate_arrays(j.displacement[0], values, {}))) for j in model.jumps]
    found = 0.0
    for size in sizes:
        a, b = max(found, size), min(found, size)
        while b > CLOSE * a:
            a, b = b, a % b
            b = 0.0 if a - b < CLOSE * a else b
        found = a
    if not found:
        raise UsageError("nothing moves", where="solve")
    return found


class SiteChain:
    """The matrix of the master equation on ``sites`` sites from ``first`` (in spacings from ``origin``) on.

    Raises :class:`UsageError` where a weight is no rate or probability.
    """

    def __init__(
        self, model: JumpModel, values: Mapping[sp.Symbol, float], functions: Functions, origin: float, spacing: float, first: int,
        sites: int, *, ring: bool,
    ) -> None:  # fmt: skip
        self.discrete = model.clock == "discrete"
        self.places: FloatArray = origin + spacing * np.arange(first, first + sites, dtype=float)
        size, x = len(model.state_names), model.coordinate_symbols[0]
        numbers = np.arange(sites)
        rows: list[Any] = []
        columns: list[Any] = []
        weights: list[Any] = []
        total = np.zeros((size, sites))
        for i, j, jump in model.transitions():
            weight = np.broadcast_to(evaluate_arrays(jump.intensity, {**values, x: self.places}, functions), (sites,))
            if not np.all(np.isfinite(weight)) or np.min(weight) < -1e-12:
                raise UsageError(f"{jump.label} has a weight of {np.min(weight):.6g} within the window", where="solve",
                                 instead="choose other values with --set, or another --window")  # fmt: skip
            total[j] += weight
            landed = numbers + round(float(evaluate_arrays(jump.displacement[0], values, {})) / spacing)
            landed = landed % sites if ring else landed
            live = (landed >= 0) & (landed < sites)
            rows.append(i * sites + landed[live])
            columns.append(j * sites + numbers[live])
            weights.append(weight[live])
        if self.discrete and np.max(total) > 1 + 1e-12:
            raise UsageError(f"the probabilities out of a site sum to {np.max(total):.6g}", where="solve",
                             instead="choose other values with --set")  # fmt: skip
        keeps = np.zeros(size * sites) if model.lossy else (1.0 if self.discrete else 0.0) - total.ravel()
        entries = (np.concatenate(weights), (np.concatenate(rows), np.concatenate(columns)))
        self.matrix = sparse.coo_matrix(entries, shape=(size * sites,) * 2).tocsr() + sparse.diags(keeps)

    def run(self, start: FloatArray, amounts: Sequence[float]) -> FloatArray:
        """Mean numbers (states, sites) after so many steps, or at these times, in increasing order."""
        found, current, done = [], start.ravel(), 0.0
        for amount in amounts:
            if self.discrete:
                for _ in range(round(amount - done)):
                    current = self.matrix @ current
            else:
                current = expm_multiply((amount - done) * self.matrix, current)
            done = amount
            found.append(current.reshape(start.shape))
        return np.array(found)
