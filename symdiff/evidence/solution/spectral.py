"""Evolution equations solved on a periodic box by Fourier series, to rounding errors for smooth coefficients and data.

Derivatives are exact for trigonometric polynomials; the exponential of the operator is taken of a dense matrix, or in a
Krylov space. No finite differences: on the lattice spacing they would be the master equation itself.
Source: L. N. Trefethen, Spectral Methods in MATLAB (2000), ch. 3.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import sympy as sp
from scipy import fft, linalg

from symdiff.equations.evolution_equation import EvolutionEquation, Term
from symdiff.errors import NotYetError
from symdiff.evidence.arrays import FloatArray, Functions, array_arithmetic, evaluate_arrays
from symdiff.evidence.laplace import relaxation
from symdiff.evidence.small_matrices import EXTENDED, exponentials
from symdiff.notation.evaluation import evaluate

DENSE = 400  # unknowns up to which the operator is kept as a matrix
SUBSPACE = 160  # directions of a Krylov space
ABSENT = 1e-15  # of the largest Fourier coefficient: rounding errors
INVERTED = 1e-8  # error of an inverted transform
EQUAL = 4e-15  # relative rounding errors of coefficients that are equal


class SpectralOperator:
    """L of d_t u = L u for one equation or a system (densities first, then places), on a grid with odd numbers of points.

    ``functions`` gives functions of place and their derivatives. Raises :class:`NotYetError` for equations of higher order
    in time.
    """

    def __init__(
        self, equations: Sequence[EvolutionEquation], values: Mapping[sp.Symbol, float], low: Sequence[float],
        length: Sequence[float], points: Sequence[int], functions: Functions,
    ) -> None:  # fmt: skip
        axes = [a + size * np.arange(n) / n for a, size, n in zip(low, length, points, strict=True)]
        self.places = [np.asarray(x) for x in np.meshgrid(*axes, indexing="ij")]
        waves = [2 * np.pi * np.fft.fftfreq(n, size / n) for n, size in zip(points, length, strict=True)]
        self.waves = [np.asarray(k) for k in np.meshgrid(*waves, indexing="ij")]
        self.values, self.functions = dict(values), functions
        self.local = dict(zip(equations[0].coordinates, self.places, strict=True))
        names = [e.density for e in equations]
        self.size, self.caputo = len(names), 1.0
        self.terms = [part for i, e in enumerate(equations) for part in self._row(i, e, names)]

    def _row(self, i: int, equation: EvolutionEquation, names: list[str]) -> list[tuple[int, int, Any, Any, bool]]:
        lead = [
            t
            for t in equation.left
            if (t.time == 1 or t.caputo is not None) and not any(t.space) and t.fractional is None
        ]
        others = [t for t in equation.left if t not in lead]
        rest = (*others, *equation.right)
        if len(lead) != 1 or any(t.time or t.caputo is not None or t.memory is not None for t in rest):
            raise NotYetError("equations with several derivatives in time are not solved yet")
        if lead[0].caputo is not None:
            self.caputo = float(evaluate(lead[0].caputo, self.values, array_arithmetic()))
        head = self.on_grid(lead[0].coefficient)
        if np.ptp(head) != 0 or head.flat[0] == 0:
            raise NotYetError(
                "the coefficient of the time derivative depends on place", instead="divide the equation by it"
            )
        parts = [(t, 1.0) for t in equation.right] + [(t, -1.0) for t in others]
        scale = float(head.flat[0])
        return [
            (i, names.index(t.density), sign / scale * self.on_grid(t.coefficient), self._symbol(t), t.inside)
            for t, sign in parts
        ]

    def _symbol(self, term: Term) -> Any:
        factor: Any = np.ones_like(self.waves[0], dtype=complex)
        for k, n in zip(self.waves, term.space, strict=True):
            factor = factor * (1j * k) ** n
        if term.fractional is not None:
            power = float(evaluate(term.fractional, self.values, array_arithmetic()))
            factor = factor * sum(k * k for k in self.waves) ** power
        return factor

    def on_grid(self, expression: sp.Expr) -> FloatArray:
        """A coefficient at every grid point."""
        found = evaluate_arrays(expression, {**self.values, **self.local}, self.functions)
        return np.broadcast_to(found, self.places[0].shape)

    def apply(self, density: FloatArray) -> FloatArray:
        """L u; ``density`` has the shape (densities, grid, ...)."""
        extra = density.ndim - 1 - len(self.places)
        axes = tuple(range(len(self.places)))
        result = np.zeros_like(density)
        spectra = [fft.fftn(u, axes=axes) for u in density]
        outer: dict[int, Any] = {}  # derivatives that act on products, in Fourier space
        for i, j, coefficient, symbol, inside in self.terms:
            a = coefficient.reshape(coefficient.shape + (1,) * extra)
            factor = symbol.reshape(symbol.shape + (1,) * extra)
            if inside:
                moved = factor * fft.fftn(a * density[j], axes=axes)
                outer[i] = outer[i] + moved if i in outer else moved
            else:
                result[i] += a * fft.ifftn(factor * spectra[j], axes=axes).real
        for i, spectrum in outer.items():
            result[i] += fft.ifftn(spectrum, axes=axes).real
        return result

    def matrix(self) -> FloatArray:
        """The operator as a dense matrix."""
        shape = (self.size, *self.places[0].shape)
        total = int(np.prod(shape))
        return np.asarray(self.apply(np.eye(total).reshape((*shape, total))).reshape(total, total))

    @property
    def is_uniform(self) -> bool:
        """Whether no coefficient depends on place (and numbers have the digits for exponentials of small matrices)."""
        return EXTENDED and all(np.ptp(coefficient) == 0 for _, _, coefficient, _, _ in self.terms)

    def wave_matrices(self) -> Any:
        """L(k) where no coefficient depends on place, shape (waves, densities, densities)."""
        found = np.zeros((self.waves[0].size, self.size, self.size), dtype=complex)
        for i, j, coefficient, symbol, _ in self.terms:
            found[:, i, j] += coefficient.flat[0] * symbol.reshape(-1)
        return found

    def evolve(self, density: FloatArray, time: float, known: list[Propagator] | None = None) -> FloatArray:
        """e^(tL) u; matrix exponentials are looked up in ``known``, and added to it."""
        if self.caputo != 1:
            return self._remembering(density, time)
        if self.is_uniform:  # also without a library whose rounding depends on its number of threads
            return _by_waves(time * self.wave_matrices(), density)
        if density.size > DENSE:
            return exponential(lambda u: self.apply(u), density, time)
        found = next((p for p in known or () if p.serves(self, time)), None)
        if found is None:
            with np.errstate(over="ignore", invalid="ignore"):  # an ill-posed equation: the solution is no number
                found = Propagator(self._scaled_terms(time), np.asarray(linalg.expm(time * self.matrix())))
            if known is not None:
                known.append(found)
        with np.errstate(over="ignore", invalid="ignore"):
            return np.asarray(found.matrix @ density.ravel()).reshape(density.shape)

    def _remembering(self, density: FloatArray, time: float) -> FloatArray:
        """D_t^a u = L u with the Caputo derivative, wave by wave: u^(k, s) = s^(a-1) u(k)/(s^a - L(k)), inverted."""
        if not self.is_uniform or self.size > 1:
            raise NotYetError(
                "equations of broken order in time are solved for one density and constant coefficients only"
            )
        rates = self.wave_matrices()[:, 0, 0]
        axes = tuple(range(1, density.ndim))
        spectrum = fft.fftn(density, axes=axes).reshape(-1)
        live = np.abs(spectrum) > ABSENT * np.max(np.abs(spectrum))
        factors, error = relaxation(rates[live], self.caputo, time)
        if not error <= INVERTED:
            raise NotYetError("the equation of broken order in time is not solved to enough digits here")
        after = np.zeros_like(spectrum)
        after[live] = factors * spectrum[live]
        return np.asarray(fft.ifftn(after.reshape(density.shape), axes=axes).real)

    def _scaled_terms(self, time: float) -> list[FloatArray]:
        """Time times coefficient times the size of the derivatives: operators with equal ones are equal on their grids."""
        return [time * a * float(np.max(np.abs(s))) for _, _, a, s, _ in self.terms]

    def corrected(self, density: FloatArray, time: float, correction: SpectralOperator) -> FloatArray:
        """u_1(t), the change of the solution to first order in a correction L_1: exp(t [[L, 0], [L_1, L]]) (u, 0)."""
        both_uniform = self.is_uniform and correction.is_uniform
        if density.size <= DENSE and not both_uniform:
            frechet = linalg.expm_frechet(time * self.matrix(), time * correction.matrix(), compute_expm=False)
            return np.asarray(frechet @ density.ravel()).reshape(density.shape)

        if both_uniform:
            own, more = time * self.wave_matrices(), time * correction.wave_matrices()
            both = np.concatenate([density, np.zeros_like(density)])
            return _by_waves(np.block([[own, np.zeros_like(own)], [more, own]]), both)[self.size :]

        def pair(u: FloatArray) -> FloatArray:
            return np.stack([self.apply(u[0]), self.apply(u[1]) + correction.apply(u[0])])

        return np.asarray(exponential(pair, np.stack([density, np.zeros_like(density)]), time)[1])


@dataclass(frozen=True)
class Propagator:
    """e^(tL) as a matrix, with the terms of tL that it was made of."""

    terms: list[FloatArray]
    matrix: FloatArray

    def serves(self, operator: SpectralOperator, time: float) -> bool:
        """Whether another operator and time have the same tL up to rounding."""
        other = operator._scaled_terms(time)
        return len(other) == len(self.terms) and all(
            a.shape == b.shape and bool(np.all(np.abs(a - b) <= EQUAL * np.max(np.abs(a))))
            for a, b in zip(self.terms, other, strict=True)
        )


def _by_waves(exponents: Any, density: FloatArray) -> FloatArray:
    """e^(tL(k)) u(k) wave by wave; ``exponents`` tL(k), shape (waves, densities, densities)."""
    axes = tuple(range(1, density.ndim))
    spectrum = fft.fftn(density, axes=axes).reshape(len(density), -1).T
    with np.errstate(over="ignore", invalid="ignore"):  # an ill-posed equation: the solution is no number
        after = np.asarray((exponentials(exponents) @ spectrum[:, :, None])[:, :, 0], dtype=complex)
        found: FloatArray = fft.ifftn(after.T.reshape(density.shape), axes=axes).real
    return found


def exponential(apply: Callable[[FloatArray], FloatArray], start: FloatArray, time: float) -> FloatArray:
    """e^(tL) u in the Krylov space of u, L u, L^2 u, ...: enlarged until the last direction no longer matters.

    Source: Y. Saad, SIAM J. Numer. Anal. 29 (1992) 209. Raises ArithmeticError where SUBSPACE directions do not suffice
    even for a sixteenth of the time.
    """
    done, piece, current = 0.0, time, start
    while done < time * (1 - 1e-15):
        found = _krylov(apply, current, min(piece, time - done))
        if found is None:
            piece /= 2
            if piece < time / 20:
                raise ArithmeticError("the operator is too stiff")
            continue
        current, done = found, done + min(piece, time - done)
    return current


def _krylov(apply: Callable[[FloatArray], FloatArray], start: FloatArray, time: float) -> FloatArray | None:
    norm = float(np.linalg.norm(start))
    if norm == 0:
        return start
    basis = np.zeros((SUBSPACE + 1, start.size))
    basis[0] = start.ravel() / norm
    small = np.zeros((SUBSPACE + 1, SUBSPACE + 1))
    for m in range(SUBSPACE):
        image = apply(basis[m].reshape(start.shape)).ravel() * time
        for _ in range(2):  # twice is enough for orthogonality to rounding
            parts = basis[: m + 1] @ image
            small[: m + 1, m] += parts
            image = image - parts @ basis[: m + 1]
        rest = float(np.linalg.norm(image))
        small[m + 1, m] = rest
        last = rest < 1e-14 * float(np.max(np.abs(small)))
        if last or (m % 8 == 7 and m > 14):
            weights = linalg.expm(small[: m + 2, : m + 2])[:, 0]
            if last or max(abs(weights[m + 1]), abs(weights[m])) < 1e-16 * float(np.max(np.abs(weights))):
                return np.asarray(norm * (weights[: m + 1] @ basis[: m + 1])).reshape(start.shape)
        basis[m + 1] = image / rest
    return None
