"""The exact tier for slow modes on a ring: the space that a few of them span, on the lattice, put into the equation.

The slowest modes of the microscopic dynamics (all states, places on a ring) span a space on which the dynamics is a small matrix
B: W V = V B. Their total densities U = sum over states, scaled so that their lowest Fourier coefficients are those of 1, cos, sin,
..., are smooth in eps and must satisfy U B = L U up to the powers that the derivation predicts, L being the right-hand side of the
equation. Nothing is propagated and no equation is solved; internal states have relaxed in a slow mode; what is tested is
linear in the coefficients of the equation.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import mpmath
import numpy as np
import scipy.linalg
import sympy as sp

from symdiff.dossier.verify_claim import Claim
from symdiff.dossier.verify_layout import DoesNotApply, Layout, Level, Planner
from symdiff.dossier.verify_numbers import EpsPath
from symdiff.dossier.verify_place import NEGLIGIBLE, PlaceTest
from symdiff.equations.evolution_equation import EvolutionEquation, Term
from symdiff.evidence.arrays import FloatArray, array_arithmetic
from symdiff.evidence.propagation.periodic import LatticeStep
from symdiff.evidence.solution.spectral import SpectralOperator
from symdiff.model.jump_model import JumpModel
from symdiff.notation.evaluation import evaluate

Number = Any
Vector = list[Number]

STEPS = (2, 3, 4, 5, 6, 8, 10, 12, 15)  # eps = FIRST 2/m; nine, so that a power more than predicted costs few digits
POINTS = (33, 49, 65, 97, 145)
MOST = 450  # unknowns of a matrix whose eigenvalues are sought
RESOLUTION = 0.06  # longest step at the coarsest level in units of the modes' length
WIDE = 2.0  # least ratio between the fastest slow mode and the next one, which is left out
COMPARED = 4  # Fourier coefficients that are compared, on either side of zero
SOUGHT = 17  # directions of the iteration that finds the slow modes
MOST_TURNS = 60
SETTLED = 1e-11
MORE = 16  # grid points added to measure the noise
QUANTITY = "power of eps of (rate of change of slow modes on the lattice - right-hand side of the equation)"


def modes_apply(model: JumpModel, claim: Claim, planner: Planner) -> bool:
    """Whether slow modes can be compared: one equation, one dimension, a ring, few unknowns."""
    return planner.ring and claim.equation is not None and model.dimension == 1 and len(model.state_names) <= 4


class ModesTest(PlaceTest):
    """The modes of one model in one regime; they serve for every equation that is tested."""

    counts = (None, 7)  # the finest levels have the largest rounding errors

    def __init__(self, model: JumpModel, claim: Claim, path: EpsPath, layout: Layout) -> None:
        assert claim.equation is not None
        self.model, self.claim, self.path, self.layout = model, claim, path, layout
        self.reference: tuple[EvolutionEquation, ...] = (claim.equation,)
        self.kept = mpmath.mpf(claim.kept.numerator) / claim.kept.denominator
        self.broken_order, self.irregular = 1.0, list[Number]()
        self.broken = next((t.caputo for t in claim.equation.left if t.caputo is not None), None)
        self.grid = tuple(self._exponents())
        self._known: dict[tuple[float, int], tuple[Any, Any]] = {}
        self._scaled: dict[tuple[int, int, sp.Expr], list[Vector]] = {}
        self.count, self.points = self._settle()
        self.modes = [self._modes(level, self.points, self.count) for level in layout.levels]
        self.noise = self._noise()

    # --- modes ------------------------------------------------------------------------------------------------------

    def _settle(self) -> tuple[int, int]:
        """How many modes are slow at every level, and the smallest grid on which they are complete."""
        ends = (self.layout.levels[0], self.layout.levels[-1])
        reason = "the slow modes are too rough for a grid"
        for points in POINTS:
            if points * len(self.model.state_names) > MOST:
                break
            spectra = [self._spectrum(level, points) for level in ends]
            count = next((q for q in (5, 7, 3) if all(_is_apart(rates, q) for rates, _ in spectra)), None)
            if count is None:
                reason = "no few modes are slower than all others"
                continue
            found = [self._modes(level, points, count) for level in ends]
            if all(_edge(u) < NEGLIGIBLE for u, _ in found):
                return count, points
        raise DoesNotApply(reason)

    def _spectrum(self, level: Level, points: int) -> tuple[Any, Any]:
        """Rates, slowest first, and the total densities of their modes as columns."""
        if (level.eps, points) not in self._known:
            self._known[level.eps, points] = self._diagonalised(level, points)
        return self._known[level.eps, points]

    def _diagonalised(self, level: Level, points: int) -> tuple[Any, Any]:
        step = LatticeStep(self.model, level.values, self.layout.grid(level, points), level.functions)
        rates, vectors = _slowest(step.generator(), SOUGHT)
        order = np.argsort(np.abs(rates), kind="stable")
        total = vectors.reshape(step.size, points, -1).sum(axis=0)
        power = None if self.broken is None else float(evaluate(self.broken, level.values, array_arithmetic()))
        return step.rates(rates[order], power), total[:, order]

    def _modes(self, level: Level, points: int, count: int) -> tuple[FloatArray, FloatArray]:
        """U and B: total densities with the lowest Fourier coefficients of 1, cos, sin, ..., and the dynamics on them."""
        rates, vectors = self._spectrum(level, points)
        slow, rates = vectors[:, :count], rates[:count]
        low = _low_waves(points, count) @ slow
        inverse = np.linalg.inv(low)
        return np.real(slow @ inverse), np.real(low @ (rates[:, None] * inverse))

    # --- the interface of a test of densities ------------------------------------------------------------------------

    def solve(self, equations: Sequence[EvolutionEquation]) -> list[FloatArray]:
        """L U per level."""
        return [
            self.operator(equations, level, self.points).apply(modes[0][None])[0]
            for level, modes in zip(self.layout.levels, self.modes, strict=True)
        ]

    def operator(self, equations: Sequence[EvolutionEquation], level: Level, points: int) -> SpectralOperator:
        """The right-hand side, beside a time derivative of any order below one too."""
        box = self.layout.grid(level, points)
        plain = [replace(e, left=tuple(replace(t, caputo=None, time=1) if t.caputo is not None else t for t in e.left))
                 for e in equations]  # fmt: skip
        return SpectralOperator(plain, level.values, box.low, box.length, box.points, level.functions)

    def corrections(self, terms: Sequence[Term]) -> list[FloatArray]:
        """What further terms add to L U."""
        (equation,) = self.reference
        return self.solve([replace(equation, right=tuple(terms))])

    def errors(self, solved: Sequence[FloatArray]) -> list[Vector]:
        """Low Fourier coefficients of U B - L U per level, scaled by eps like the kept terms."""
        found = []
        for level, (u, b), own in zip(self.layout.levels, self.modes, solved, strict=True):
            weight = self._weight(level)
            found.append([mpmath.mpf(float(x)) * weight for x in _low(u @ b - own).ravel()])
        return found

    def _weight(self, level: Level) -> Number:
        return mpmath.mpf(self.layout.levels[0].eps / level.eps) ** self.kept

    def _noise(self) -> list[Number]:
        """Rounding errors, measured: the finest and the coarsest level once more on a larger grid."""
        worst, solved = 0.0, self.solve(self.reference)
        for i in (0, -1):
            level = self.layout.levels[i]
            u, b = self._modes(level, self.points + MORE, self.count)
            own = self.operator(self.reference, level, self.points + MORE).apply(u[None])[0]
            here = self.modes[i][0] @ self.modes[i][1] - solved[i]
            gap = _low(here) - _low(u @ b - own)
            worst = max(worst, float(np.sqrt(np.mean(gap**2))))
        least = 1e-16 * float(np.max(np.abs(self.modes[-1][1])))
        return [max(worst, least) * self._weight(level) for level in self.layout.levels]

    def residual_power(self, first: Number, remainder: Number) -> Number:
        """Discarded terms are put in whole, not to first order only."""
        del first
        return remainder


def _slowest(generator: FloatArray, count: int) -> tuple[Any, Any]:
    """The eigenvalues next to zero and their vectors, by orthogonal iteration of the inverse, a little to the right of zero."""
    size = len(generator)
    count = min(count, size)
    directions = np.linalg.qr(np.random.default_rng(1).standard_normal((size, count)))[0]
    shift = float(np.max(np.abs(generator))) / size**2
    for _ in range(2):  # the second time with a shift as small as the rates that are sought
        factors = scipy.linalg.lu_factor(generator - shift * np.eye(size), check_finite=False)
        last = np.inf
        for _ in range(MOST_TURNS):
            image = scipy.linalg.lu_solve(factors, directions, check_finite=False)
            small = directions.T @ image
            gap = float(np.linalg.norm((image - directions @ small)[:, : count // 2]) / np.linalg.norm(small))
            directions = np.linalg.qr(image)[0]
            if gap >= last / 2 and gap < SETTLED:
                break
            last = gap
        image = scipy.linalg.lu_solve(factors, directions, check_finite=False)
        inverse, mixing = np.linalg.eig(directions.T @ image)
        rates = shift + 1 / inverse
        shift = float(np.sort(np.abs(rates))[min(2, count - 1)])
    return rates, image @ (mixing / inverse)


def _is_apart(rates: Any, count: int) -> bool:
    """Whether the first ``count`` modes are slower than the next by far, and come in whole pairs."""
    with np.errstate(all="ignore"):
        return bool(
            abs(rates[count]) > WIDE * abs(rates[count - 1])
            and abs(rates[:count].imag.sum()) < 1e-9 * abs(rates[count - 1])
        )


def _low_waves(points: int, count: int) -> FloatArray:
    """Rows that take the mean, and the coefficients of cos and sin of 1, 2, ... periods."""
    angle = 2 * np.pi * np.arange(points) / points
    rows = [np.ones(points) / points]
    for n in range(1, count // 2 + 1):
        rows += [2 * np.cos(n * angle) / points, 2 * np.sin(n * angle) / points]
    return np.asarray(rows)


def _low(columns: FloatArray) -> FloatArray:
    return _low_waves(len(columns), 2 * COMPARED + 1) @ columns


def _edge(columns: FloatArray) -> float:
    """How much of the modes lies at the edge of the spectrum."""
    spectrum = np.abs(np.fft.fft(columns, axis=0))
    n = len(columns)
    high = np.abs(np.fft.fftfreq(n) * n) > 0.42 * n
    return float(np.max(spectrum[high]) / np.max(spectrum))
