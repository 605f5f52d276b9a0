"""The exact one-step map of a place-dependent model on smooth densities over a periodic box.

A density is kept by its values on a grid that resolves it completely (band-limited, odd numbers of points). A jump by r
multiplies its Fourier coefficients by e^(-ik.r), whatever r is: no lattice has to fit the box, and the only errors are those of
rounding. On a lattice this is the law of walkers whose first site is spread like the initial density.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import mpmath
import numpy as np
import sympy as sp
from scipy import fft, linalg

from symdiff.errors import NotYetError
from symdiff.evidence.arrays import FloatArray, Functions, array_arithmetic, evaluate_arrays
from symdiff.evidence.propagation.uniform import evolve_uniform, is_uniform
from symdiff.model.jump_model import Jump, JumpModel
from symdiff.model.law_transform import transform
from symdiff.model.waiting import WaitingLaw
from symdiff.model.waiting_transform import waiting_transform
from symdiff.notation.evaluation import evaluate, mp_arithmetic

DENSE = 400  # unknowns up to which one step is kept as a matrix


@dataclass(frozen=True)
class Box:
    """A periodic box: lower corner, lengths and numbers of grid points (odd) per axis."""

    low: tuple[float, ...]
    length: tuple[float, ...]
    points: tuple[int, ...]

    def axes(self) -> list[FloatArray]:
        """Grid coordinates per axis."""
        return [a + size * np.arange(n) / n for a, size, n in zip(self.low, self.length, self.points, strict=True)]

    def places(self) -> list[FloatArray]:
        """The coordinates of all grid points, one array per axis."""
        return [np.asarray(x) for x in np.meshgrid(*self.axes(), indexing="ij")]

    def wave_numbers(self) -> list[FloatArray]:
        """The wave vectors of the discrete Fourier transform, one array per axis."""
        one = [2 * np.pi * np.fft.fftfreq(n, size / n) for n, size in zip(self.points, self.length, strict=True)]
        return [np.asarray(k) for k in np.meshgrid(*one, indexing="ij")]


class LatticeStep:
    """One step (discrete time) or the rate operator (continuous time) on densities, states first, then places.

    ``functions`` gives every function of place that the model names. Motion inside a state, - d_i(v_i P) + d_ij(D_ij P) with D
    read as the model says, is a part of the rate operator. Raises :class:`NotYetError` for step laws that depend on place, and
    in several dimensions for jumps whose length does. With waits of one law a step is one jump: modes have rates, densities
    at a time are not known.
    """

    def __init__(self, model: JumpModel, values: Mapping[sp.Symbol, float], box: Box, functions: Functions) -> None:
        if model.internals or model.clock == "none":
            raise NotYetError("continuous internal states are cross-checked where nothing depends on place only")
        self.wait = _common_wait(model)
        self.model, self.values, self.box, self.functions = model, dict(values), box, functions
        self.size = len(model.state_names)
        self.places = box.places()
        self.waves = box.wave_numbers()
        self.local = dict(zip(model.coordinate_symbols, self.places, strict=True))
        self.time_step = (
            None if model.time_step is None else float(evaluate(model.time_step, self.values, array_arithmetic()))
        )
        if self.wait is not None:  # one jump takes the part of one step
            self.time_step = 1.0
        for jump in model.jumps:
            self._check(jump)
        self.weights = [(i, j, jump, self._intensity(jump)) for i, j, jump in model.transitions()]

    @functools.cached_property
    def jumps(self) -> list[tuple[int, int, FloatArray, Any]]:
        """Target, source, weight and phase of every jump; phases only where something moves, as they are the most work."""
        return [(i, j, weight, self._phase(jump)) for i, j, jump, weight in self.weights]

    @functools.cached_property
    def motions(self) -> list[tuple[int, FloatArray, Any]]:
        """State, coefficient and Fourier factor of every part of the motion inside states, derivatives outermost."""
        found: list[tuple[int, FloatArray, Any]] = []
        for state in range(self.size):
            motion = self.model.motion_of(state)
            if motion is None:
                continue
            slopes = [sp.Integer(0)] * len(self.places)
            x = self.model.coordinate_symbols
            for i, row in enumerate(motion.diffusivity):
                for j, d in enumerate(row):
                    if d != 0:
                        found.append((state, self.on_grid(d), -self.waves[i] * self.waves[j]))
                        slopes[i] += motion.evaluation * sp.diff(d, x[j])
            for i, v in enumerate(motion.velocity):
                if v + slopes[i] != 0:
                    found.append((state, self.on_grid(v + slopes[i]), -1j * self.waves[i]))
        return found

    # --- the rules on the grid --------------------------------------------------------------------------------------

    def on_grid(self, expression: sp.Expr) -> FloatArray:
        """An expression of parameters and place at every grid point."""
        found = evaluate_arrays(expression, {**self.values, **self.local}, self.functions)
        return np.broadcast_to(found, self.places[0].shape)

    def _intensity(self, jump: Jump) -> FloatArray:
        return self.on_grid(jump.intensity)

    def _check(self, jump: Jump) -> None:
        if jump.law is not None and (jump.law.lengths > 1 or jump.law.inner is not None):
            raise NotYetError("steps of several random lengths are cross-checked where nothing depends on place only")
        arguments = [] if jump.law is None else [e for _, e in jump.law.arguments]
        if any(e.free_symbols & set(self.local) for e in arguments):
            raise NotYetError("a step law whose arguments depend on place is not cross-checked yet", where=jump.label)
        varies = (r for r in jump.displacement if r.free_symbols & set(self.local))
        if len(jump.displacement) > 1 and any(np.ptp(self.on_grid(r)) != 0 for r in varies):
            raise NotYetError(
                "jumps whose length depends on place are cross-checked in one dimension only", where=jump.label
            )

    def _phase(self, jump: Jump) -> Any:
        """E[e^(-ik.r)] per wave vector; where r depends on place, a matrix that moves values to where they land (1D)."""
        shifts = [self.on_grid(r) for r in jump.displacement]
        law = self._law_factor(jump)
        if all(np.ptp(s) == 0 for s in shifts):
            return law * np.exp(-1j * sum(k * s.flat[0] for k, s in zip(self.waves, shifts, strict=True)))
        k, x = self.waves[0], self.places[0]
        landed = np.exp(-1j * np.outer(k, x + shifts[0])) * np.asarray(law).reshape(-1, 1)
        return ("matrix", np.real(np.exp(1j * np.outer(x, k)) @ landed) / len(x))

    def fine_phase(self, jump: Jump) -> Any:
        """e^(-ik.r) of a jump whose length is the same everywhere, in extended precision where the machine has it."""
        shifts = [np.longdouble(self.on_grid(r).flat[0]) for r in jump.displacement]
        angle = sum(k.astype(np.longdouble) * s for k, s in zip(self.waves, shifts, strict=True))
        return np.cos(angle) - 1j * np.sin(angle)

    def _law_factor(self, jump: Jump) -> Any:
        if jump.law is None:
            return np.ones_like(self.waves[0])
        numbers = {s: mpmath.mpf(v) for s, v in self.values.items()}
        direction = [float(evaluate(e, self.values, array_arithmetic())) for e in jump.direction]
        along = sum(k * e for k, e in zip(self.waves, direction, strict=True))
        table = {
            q: complex(transform(jump.law, mpmath.mpc(0, q), lambda e: evaluate(e, numbers, mp_arithmetic())))
            for q in set(np.asarray(along).ravel().tolist())
        }
        return np.vectorize(table.__getitem__)(along)

    # --- the operator -----------------------------------------------------------------------------------------------

    def apply(self, density: FloatArray) -> FloatArray:
        """One step, or the rate of change; ``density`` has the shape (states, grid, ...)."""
        extra = density.ndim - 1 - len(self.places)
        axes = tuple(range(len(self.places)))
        stays = self.time_step is not None and not self.model.lossy
        result = density.copy() if stays else np.zeros_like(density)
        arriving: dict[int, Any] = {}  # in Fourier space
        for i, j, weight, phase in self.jumps:
            flow = weight.reshape(weight.shape + (1,) * extra) * density[j]
            if not self.model.lossy:
                result[j] -= flow
            if isinstance(phase, tuple):
                result[i] += np.tensordot(phase[1], flow, axes=1)
            else:
                moved = phase.reshape(phase.shape + (1,) * extra) * fft.fftn(flow, axes=axes)
                arriving[i] = arriving[i] + moved if i in arriving else moved
        for i, coefficient, factor in self.motions:
            flow = coefficient.reshape(coefficient.shape + (1,) * extra) * density[i]
            moved = factor.reshape(factor.shape + (1,) * extra) * fft.fftn(flow, axes=axes)
            arriving[i] = arriving[i] + moved if i in arriving else moved
        for i, spectrum in arriving.items():
            result[i] += fft.ifftn(spectrum, axes=axes).real
        return result

    def matrix(self) -> FloatArray:
        """One step, or the rate operator, as a matrix."""
        shape = (self.size, *self.places[0].shape)
        total = int(np.prod(shape))
        return np.asarray(self.apply(np.eye(total).reshape((*shape, total))).reshape(total, total))

    def generator(self) -> FloatArray:
        """The rate operator as a matrix; in discrete time (T - 1)/tau."""
        if self.time_step is None:
            return self.matrix()
        step = self.matrix()
        return np.asarray((step - np.eye(len(step))) / self.time_step)

    def rates(self, eigenvalues: Any, order: float | None = None) -> Any:
        """Growth rates s that belong to eigenvalues g of :meth:`generator`; in discrete time log(1 + tau g)/tau.

        With waits psi(s) (1 + g) = 1. With an ``order`` s**order, in which waits of Mittag-Leffler are linear.
        """
        if self.wait is not None:
            return _wait_rates(self.wait, eigenvalues, order, {s: mpmath.mpf(v) for s, v in self.values.items()})
        if self.time_step is None:
            return eigenvalues
        with np.errstate(all="ignore"):
            return np.log1p(self.time_step * eigenvalues.astype(complex)) / self.time_step

    def evolve(self, density: FloatArray, amount: float | int) -> FloatArray:
        """The density after ``amount`` steps (discrete time) or after the time ``amount`` (continuous time)."""
        shape, total = density.shape, density.size
        if self.wait is not None:
            raise NotYetError("densities of walkers that wait are not propagated where rates depend on place")
        if is_uniform(self):
            return evolve_uniform(self, density, amount)
        if total <= DENSE:
            one = self.matrix()
            step = np.linalg.matrix_power(one, int(amount)) if self.time_step is not None else linalg.expm(amount * one)
            return np.asarray(step @ density.ravel()).reshape(shape)
        if self.motions:
            raise NotYetError(
                "motion inside states that depends on place is cross-checked in one dimension, for few states"
            )
        if self.time_step is not None:
            for _ in range(int(amount)):
                density = self.apply(density)
            return density
        return self._uniformised(density, float(amount))

    def _uniformised(self, density: FloatArray, time: float) -> FloatArray:
        """e^(tW) = sum_n Poisson(n; Lambda t) (1 + W/Lambda)^n, in pieces of Lambda t <= 30; every part is a mean."""
        rate = max(float(np.max(sum(w for _, j, _, w in self.weights if j == s))) for s in range(self.size))
        pieces = max(1, int(np.ceil(rate * time / 30)))
        mean = rate * time / pieces
        for _ in range(pieces):
            weight, term, n = np.exp(-mean), density, 0
            total = weight * term
            while n < mean or weight > 1e-19:
                n += 1
                term = term + self.apply(term) / rate
                weight *= mean / n
                total = total + weight * term
            density = total
        return density


def _common_wait(model: JumpModel) -> WaitingLaw | None:
    """The law of all waits; raises :class:`NotYetError` where waits belong to states or jumps, or walkers move meanwhile."""
    if model.clock != "waiting":
        return None
    if model.waiting is None or model.state_waits or any(j.waiting is not None for j in model.jumps) or model.motions:
        raise NotYetError(
            "waits of states or jumps, and flights, are cross-checked where nothing depends on place only"
        )
    return model.waiting


def _wait_rates(law: WaitingLaw, eigenvalues: Any, order: float | None, numbers: Mapping[sp.Symbol, Any]) -> Any:
    def number(e: sp.Expr) -> Any:
        return evaluate(e, numbers, mp_arithmetic())

    if order is not None:
        if law.distribution != "mittag_leffler":
            raise NotYetError(
                "waits without a mean, of another law than that of Mittag-Leffler, beside rates that depend on place"
            )
        scale = dict(law.arguments)["scale"]
        return eigenvalues / float(number(scale)) ** order
    if law.index is not None:
        raise NotYetError("heavy-tailed waits beside rates that depend on place are not cross-checked yet")
    small = mpmath.mpf(10) ** -12
    mean = (1 - waiting_transform(law, small, number)) / small
    found = []
    for g in eigenvalues:
        target = mpmath.mpmathify(complex(g))
        start = target / mean

        def relation(s: Any, g: Any = target) -> Any:
            return waiting_transform(law, s, number) * (1 + g) - 1

        try:
            with mpmath.workdps(25):
                found.append(
                    complex(mpmath.findroot(relation, (start, start * 1.01 + small), tol=1e-36)) if g != 0 else 0j
                )
        except (ValueError, ZeroDivisionError):  # a mode that decays faster than any wait ends
            found.append(complex(np.inf))
    return np.asarray(found)


def exit_totals(step: LatticeStep) -> list[FloatArray]:
    """The total probability or rate out of every state, on the grid."""
    totals = [np.zeros(step.places[0].shape) for _ in range(step.size)]
    for _, j, _, weight in step.weights:
        totals[j] = totals[j] + weight
    return totals


def valid(step: LatticeStep, tolerance: float = 1e-12) -> Sequence[bool] | Any:
    """Per grid point, whether all intensities are those of a process."""
    fine = np.ones(step.places[0].shape, dtype=bool)
    for _, coefficient, factor in step.motions:
        fine &= np.isfinite(coefficient) & (
            (coefficient >= -tolerance) | bool(np.any(np.imag(factor))) | bool(np.max(factor.real) > 0)
        )
    for _, _, _, weight in step.weights:
        fine &= np.isfinite(weight) & (weight >= -tolerance)
    if step.time_step is not None:
        for total in exit_totals(step):
            fine &= total <= 1 + tolerance
    return fine
