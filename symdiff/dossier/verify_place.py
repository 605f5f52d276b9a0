"""The exact tier where rates depend on place: densities on a periodic box, on the lattice and by the equation.

Both start from the same smooth density. The microscopic one takes its exact steps; the equation is solved by Fourier series.
The low Fourier coefficients of both are compared at several levels of eps, and extrapolated. Models that write coordinates
out live in a window inside which all probabilities are valid, and in which the density has no weight at the ends.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from math import lcm
from typing import Any

import mpmath
import numpy as np
import sympy as sp

from symdiff.dossier.verify_claim import Claim, with_term_scaled
from symdiff.dossier.verify_layout import DoesNotApply, Layout, Level, relaxation
from symdiff.dossier.verify_numbers import EpsPath
from symdiff.equations.evolution_equation import EvolutionEquation, Term
from symdiff.evidence.arrays import FloatArray, array_arithmetic
from symdiff.evidence.propagation.periodic import LatticeStep
from symdiff.evidence.propagation.wave_walk import WaveWalk, needs_transforms
from symdiff.evidence.solution.spectral import Propagator, SpectralOperator
from symdiff.model.jump_model import JumpModel
from symdiff.notation.evaluation import evaluate, mp_arithmetic
from symdiff.verification.convergence import Convergence, exponent_grid, extrapolation

Number = Any
Vector = list[Number]

POINTS = {1: ((65, 97, 145, 217), (97, 145, 217)), 2: ((25, 33, 49), (57, 73)), 3: ((9, 13, 17), ())}
"""Grid points per axis to try, per dimension: on a ring, in a window."""
NEGLIGIBLE = 1e-13  # of the spectrum's edge and of the density at the ends of a window
APART = 1.2  # least power of eps that extrapolation leaves, beside derivatives of broken order
CLOSE = "the powers of eps follow each other too closely here to be told apart by solutions"
ROUNDING = 1e-13  # of phases that coefficients, times and numbers of steps in double precision leave
MORE = 16  # grid points added to measure the noise


class PlaceTest:
    """One model in one regime: the lattice's densities are worked out once and serve for every equation that is tested."""

    counts: tuple[int | None, ...] = (None,)  # how many levels, coarsest first, are extrapolated: all

    def __init__(self, model: JumpModel, claim: Claim, path: EpsPath, layout: Layout) -> None:
        self.model, self.claim, self.path, self.layout = model, claim, path, layout
        self.reference = (claim.equation,) if claim.equation is not None else claim.system
        self.eliminated = len(self.reference) == 1 and len(model.state_names) > 1
        if not self.eliminated and len(self.reference) != len(model.state_names):
            raise DoesNotApply(
                "some of the states are eliminated and several densities are left: how the walk begins in them is not worked out here"
            )
        self.kept = mpmath.mpf(claim.kept.numerator) / claim.kept.denominator
        self.broken_order = 1.0
        self.irregular = self._irregular()
        self._relaxed: dict[float, float] = {}
        self.inversion = 0.0  # relative error of inverted transforms
        self._walked: dict[tuple[float, int], tuple[FloatArray, FloatArray]] = {}
        self._solved: dict[tuple[float, int], FloatArray] = {}  # by the reference
        self._propagators: dict[int, list[Propagator]] = {}
        self._scaled: dict[tuple[int, int, sp.Expr], list[Vector]] = {}
        self.points = self._resolve()
        self.start, self.lattice = zip(*(self._walk(level, self.points) for level in self.layout.levels), strict=True)
        self.grid = tuple(self._exponents())
        if self.irregular and self.grid[len(self.layout.levels) - 2] < APART:
            raise DoesNotApply(CLOSE)
        self.noise = self._noise()

    # --- densities --------------------------------------------------------------------------------------------------

    def _initial(self, level: Level, points: int) -> FloatArray:
        """One density per state: a bump with different sides; on a ring two waves, in a window a Gaussian."""
        box = self.layout.grid(level, points)
        density, second = np.ones(box.places()[0].shape), 0.2 if self.model.dimension == 1 else 0.0
        for n, (x, c) in enumerate(zip(box.places(), self.layout.centre, strict=True)):
            y = (x / level.stretch - c) / self.layout.length
            if self.layout.ring:
                density = density * (1 + 0.5 * np.cos(y + 0.3 + n) + second * np.cos(2 * y - 1.1))
            else:
                density = density * np.exp(-(y**2) / 2)
        size = len(self.model.state_names)
        return np.asarray(np.stack([density * (1 + 0.2 * s) for s in range(size)]) / density.sum())

    def _walk(self, level: Level, points: int) -> tuple[FloatArray, FloatArray]:
        """The densities with which the equation starts, and those at the end, on the lattice."""
        if (level.eps, points) not in self._walked:
            self._walked[level.eps, points] = self._new_walk(level, points)
        return self._walked[level.eps, points]

    def _new_walk(self, level: Level, points: int) -> tuple[FloatArray, FloatArray]:
        if needs_transforms(self.model):
            walk = WaveWalk(self.model, level.values)
            amount = float(level.steps or level.time)
            memory = self.broken_order != 1.0
            found = walk.between(self._initial(level, points), self.layout.grid(level, points), amount, memory=memory)
            self.inversion = max(self.inversion, walk.error)
            return found
        step = LatticeStep(self.model, level.values, self.layout.grid(level, points), level.functions)
        density = self._initial(level, points)
        amount = level.steps if step.time_step is not None else level.time
        if not self.eliminated:
            return density, step.evolve(density, amount)
        if level.eps not in self._relaxed:
            self._relaxed[level.eps] = relaxation(step)
        relaxed = step.evolve(density, self._relaxed[level.eps])
        return relaxed.sum(axis=0, keepdims=True), step.evolve(relaxed, amount).sum(axis=0, keepdims=True)

    def operator(self, equations: Sequence[EvolutionEquation], level: Level, points: int) -> SpectralOperator:
        """The equation's operator on the grid of one level."""
        box = self.layout.grid(level, points)
        return SpectralOperator(equations, level.values, box.low, box.length, box.points, level.functions)

    def solve(self, equations: Sequence[EvolutionEquation]) -> list[FloatArray]:
        """The equation's densities at the end, per level."""
        if equations is self.reference:
            return [self._end(level, self.points) for level in self.layout.levels]
        known: list[Propagator] = []
        return [
            self.operator(equations, level, self.points).evolve(start, level.time, known)
            for level, start in zip(self.layout.levels, self.start, strict=True)
        ]

    def corrections(self, terms: Sequence[Term]) -> list[FloatArray]:
        """The change of the solution by further terms, to first order, per level."""
        (equation,) = self.reference
        more = replace(equation, right=tuple(terms))
        return [
            self.operator([equation], level, self.points).corrected(
                start, level.time, self.operator([more], level, self.points)
            )
            for level, start in zip(self.layout.levels, self.start, strict=True)
        ]

    # --- resolution and noise ---------------------------------------------------------------------------------------

    def _resolve(self) -> int:
        """The smallest grid on which the densities of the coarsest and the finest level are complete."""
        choices = POINTS[self.model.dimension][0 if self.layout.ring else 1]
        ends = (self.layout.levels[0], self.layout.levels[-1])
        for points in choices:
            if all(self._complete(level, points) for level in ends):
                return points
        raise DoesNotApply(
            "the density gets too rough, or reaches the ends of the window: no accurate solution on a grid"
        )

    def _complete(self, level: Level, points: int) -> bool:
        _, lattice = self._walk(level, points)
        solved = self._end(level, points)
        return all(np.all(np.isfinite(d)) and self._edge(d) < NEGLIGIBLE for d in (lattice, solved))

    def _end(self, level: Level, points: int) -> FloatArray:
        """The densities of the reference at the end."""
        if (level.eps, points) not in self._solved:
            start, _ = self._walk(level, points)
            known = self._propagators.setdefault(points, [])
            operator = self.operator(self.reference, level, points)
            self._solved[level.eps, points] = operator.evolve(start, level.time, known)
        return self._solved[level.eps, points]

    def _edge(self, density: FloatArray) -> float:
        """How much of a density lies at the edge of the spectrum, and in a window at its ends."""
        axes = tuple(range(1, density.ndim))
        spectrum = np.abs(np.fft.fftn(density, axes=axes))
        high = np.zeros(density.shape[1:], dtype=bool)
        for axis, n in enumerate(density.shape[1:]):
            index = np.abs(np.fft.fftfreq(n) * n) > 0.42 * n
            high |= index.reshape([-1 if a == axis else 1 for a in range(density.ndim - 1)])
        worst = float(np.max(spectrum[:, high]) / np.max(spectrum))
        if not self.layout.ring:
            for axis in axes:
                worst = max(worst, float(np.max(np.abs(np.take(density, 0, axis=axis))) / np.max(np.abs(density))))
        return worst

    def _noise(self) -> list[Number]:
        """Rounding errors, measured: the finest and the coarsest level once more on a larger grid.

        What is solved wave by wave is the same on any grid, which shows no rounding then: ``ROUNDING`` is the least.
        """
        worst = max(ROUNDING, self.inversion)
        for i in (0, -1):
            level = self.layout.levels[i]
            here = self.difference(self.lattice[i], self._end(level, self.points))
            lattice = self._walk(level, self.points + MORE)[1]
            more = self.difference(lattice, self._end(level, self.points + MORE))
            worst = max(worst, float(np.sqrt(np.mean(np.abs(here - more) ** 2))))
        return [worst * self._weight(level) for level in self.layout.levels]

    # --- differences ------------------------------------------------------------------------------------------------

    def difference(self, lattice: FloatArray, solved: FloatArray) -> FloatArray:
        """The difference of low Fourier coefficients, relative to the total."""
        axes = tuple(range(1, lattice.ndim))
        total = np.sum(np.abs(np.sum(lattice, axis=axes)))
        gap = lattice - solved
        most = {1: 4, 2: 2, 3: 1}[self.model.dimension] * (1 if self.layout.ring else 2)
        spectrum = np.fft.fftn(gap, axes=axes)
        for axis in axes:
            n = lattice.shape[axis]
            spectrum = np.take(spectrum, [k % n for k in range(-most, most + 1)], axis=axis)
        return np.asarray(np.asarray(spectrum).ravel() / total)

    def _weight(self, level: Level) -> Number:
        """What a difference is multiplied by, so that a wrong kept coefficient gives a limit of order one."""
        first = self.layout.levels[0]
        ratio = mpmath.mpf(first.time / level.time) ** self.broken_order
        return ratio * mpmath.mpf(first.eps / level.eps) ** self.kept

    def errors(self, solved: Sequence[FloatArray]) -> list[Vector]:
        """The differences per level, scaled by eps like the kept terms."""
        found = []
        for level, lattice, own in zip(self.layout.levels, self.lattice, solved, strict=True):
            weight = self._weight(level)
            found.append([mpmath.mpc(complex(x)) * weight for x in self.difference(lattice, own)])
        return found

    def scaled_errors(self, n: int, index: int, factor: sp.Expr) -> list[Vector]:
        """The differences where one coefficient of the n-th equation is multiplied by a factor."""
        if (n, index, factor) not in self._scaled:
            changed = [with_term_scaled(e, index, factor) if i == n else e for i, e in enumerate(self.reference)]
            self._scaled[n, index, factor] = self.errors(self.solve(changed))
        return self._scaled[n, index, factor]

    # --- powers -----------------------------------------------------------------------------------------------------

    def _irregular(self) -> list[Number]:
        """The powers that derivatives of broken order leave: of steps with a tail index a < 2, and of waits with an index b < 1.

        |k|^a stands beside k, k^2, ...: a and its distance from the next integer; s^b beside s: what s^(1-b) is, where s^b is kept.
        """
        values = self.layout.levels[-1].values
        terms = [t for e in self.reference for t in (*e.left, *e.right)]
        orders = {float(evaluate(t.caputo, values, array_arithmetic())) for t in terms if t.caputo is not None}
        tails = [sum(t.space) + 2 * t.fractional for t in terms if t.fractional is not None]
        tails += [j.law.tail.index for j in self.model.jumps if j.law is not None and j.law.tail is not None]
        found: list[Number] = []
        indices = sorted({float(evaluate(a, values, array_arithmetic())) for a in tails})
        for index in indices:
            found += [mpmath.mpf(index), mpmath.ceil(index) - index]
        if indices and self.claim.regime.origin == "long-wave":
            self.kept = mpmath.mpf(indices[0])
        for order in orders:
            self.broken_order = order
            found.append(self.kept * (1 / mpmath.mpf(order) - 1))
        return [q for q in found if q > 1e-9]

    def _exponents(self) -> list[Number]:
        if self.irregular:
            return exponent_grid(Fraction(1), mpmath.mpf(0), self.irregular, 24)
        denominators = [p.denominator for _, p in self.claim.regime.powers] + [self.claim.kept.denominator]
        denominators += [p.denominator for p, _ in self.claim.discarded]
        return exponent_grid(Fraction(1, lcm(*denominators)), self.kept, [], 24)

    def first_power(self) -> Number:
        """The power of the first discarded term, against the kept power."""
        if self.irregular:
            return self.grid[0]
        for p, terms in self.claim.discarded:
            if any(t.coefficient != 0 for t in terms):
                return mpmath.mpf(p.numerator) / p.denominator - self.kept
        if self.claim.equation is None:  # what a system leaves out is not listed
            return self.grid[0]
        return self.remainder() or self.grid[0]

    def remainder(self) -> Number | None:
        """The power of the first term that was not worked out, against the kept power."""
        if self.claim.remainder is None or self.irregular:
            return None
        values = {s: mpmath.mpf(v) for s, v in self.layout.levels[-1].values.items()}
        return evaluate(self.claim.remainder, values, mp_arithmetic()) - self.kept

    def residual_power(self, first: Number, remainder: Number) -> Number:
        """The power of what is left once the discarded terms are accounted for, to first order."""
        return min(2 * first, remainder)

    def study(self, errors: Sequence[Vector], start: Number, below: Number) -> Convergence:
        """The limit of the differences over eps**below; of the ladders of all powers and of every second one the sharper."""
        ladder = [p - below for p in self.grid if p > start - mpmath.mpf("1e-9")]
        found = []
        for count in self.counts:
            eps = [mpmath.mpf(level.eps) for level in self.layout.levels[:count]]
            divided = [[x / e**below for x in v] for v, e in zip(errors[:count], eps, strict=True)]
            noise = [n / e**below for n, e in zip(self.noise[:count], eps, strict=True)]
            ladders = (ladder,) if self.irregular else (ladder, ladder[::2])
            found += [extrapolation(eps, exponents)(divided, noise) for exponents in ladders]
        return min(found, key=lambda c: c.threshold)
