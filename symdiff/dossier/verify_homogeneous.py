"""The exact tier for constant coefficients: growth rates of plane waves on the lattice against those of the equation.

At five levels of eps and at many wave vectors the exact growth rates of the microscopic dynamics (eigenvalues of the symbol
matrix, many digits) stand beside the equation's own. Where both have n branches, the coefficients of their characteristic
polynomials are compared, which stay smooth where branches meet.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import lcm
from typing import Any

import mpmath
import sympy as sp

from symdiff.dossier.verify_claim import Claim
from symdiff.dossier.verify_numbers import EpsPath, generator_for, power
from symdiff.equations.evolution_equation import EvolutionEquation, Term
from symdiff.errors import NotYetError
from symdiff.evidence.propagation.dynamics import dynamics_of, is_heavy_walk
from symdiff.evidence.propagation.growth import eigenvalues, monic_coefficients
from symdiff.evidence.propagation.heavy_dynamics import HeavyDynamics
from symdiff.evidence.solution.dispersion import (
    NumericTerms,
    broken_order,
    monic,
    polynomial,
    signed_terms,
    system_matrix,
)
from symdiff.model.jump_model import JumpModel
from symdiff.notation.evaluation import evaluate, mp_arithmetic
from symdiff.verification.convergence import Convergence, Extrapolation, exponent_grid, extrapolation, size

Number = Any
Vector = list[Number]
Table = list[list[list[tuple[Number, int]]]]  # per level and wave vector: (factor of s^m, m) of every term

LEVELS = (3, 5, 7, 9, 11)  # eps = 10**-3 ... 10**-11: so deep that the power of the error is beyond doubt
DEEP = (4, 8, 12, 16, 20, 24, 28)  # beside heavy tails and waits, whose powers of eps lie close together
WAVES = 17
WITH_INTERNALS = 6  # derivatives that the finite basis of functions of an internal state resolves
FEWER = 7  # where every growth rate takes the elimination of a continuous internal state
SYSTEM_WAVES = 4  # for the entries of a system's matrix, which are polynomials in k
GUARD = 20  # digits beyond what the deepest extrapolation resolves


@dataclass(frozen=True)
class Predicted:
    """The powers of eps that the derivation predicts for the differences, all measured against the kept power."""

    first: Number  # of the error
    below_first: Number  # the next lower power that would be possible; 0 is a wrong kept coefficient
    remainder: Number | None  # of the residual, after the discarded terms are included
    below_remainder: Number
    grid: tuple[Number, ...]

    def ladder(self, start: Number, below: Number) -> list[Number]:
        """The exponents from ``start`` on, measured against ``below``."""
        return [p - below for p in self.grid if p > start - mpmath.mpf("1e-9")]


class HomogeneousTest:
    """One model in one regime: lattice numbers are worked out once and serve for every equation that is tested."""

    def __init__(self, model: JumpModel, claim: Claim, path: EpsPath, levels: Sequence[int] = LEVELS) -> None:
        self.model, self.claim, self.path = model, claim, path
        self.branches = claim.branches
        self.heavy = is_heavy_walk(model)
        levels = DEEP if self.heavy else levels
        if model.internals and claim.equation is not None and _derivatives(claim.equation) > WITH_INTERNALS:
            raise NotYetError(
                f"beside a continuous internal state, derivatives beyond the {WITH_INTERNALS}th are not cross-checked yet"
            )
        self.digits = _digits(model, claim, path, levels)
        self._roots: dict[tuple[int, tuple[Number, ...], int], list[Number]] = {}
        with mpmath.workdps(self.digits):
            self.eps = [mpmath.mpf(10) ** (-n) for n in levels]
            own = self.eps if path.moves_parameters else self.eps[:1]
            repeats = len(levels) // len(own)
            self.values = [path.values(e) for e in own] * repeats
            self.order = None if claim.equation is None else broken_order(claim.equation)
            self.lattice = [dynamics_of(model, v) for v in self.values[: len(own)]] * repeats
            self.waves = self._wave_vectors()
            self.kept = self._kept_power()
            self.exact = [[self._lattice(i, k) for k in self.waves[i]] for i in range(len(self.eps))]
            self.scale = self._scale()
            self.predicted = self._predict()
            self.noise = [self._noise(i) for i in range(len(self.eps))]
        self._extrapolations: dict[tuple[float, float], Extrapolation] = {}

    # --- numbers ----------------------------------------------------------------------------------------------------

    def _wave_vectors(self) -> list[list[tuple[Number, ...]]]:
        """Vectors of lengths 0.3 to 2.4, in units of the inverse step length at eps = 1, in random directions."""
        generator = generator_for(self.model, "wave vectors")
        length = dynamics_of(self.model, self.path.base.numbers()).length
        found = []
        count = FEWER if self.model.internals or self.heavy else WAVES
        for n in range(count):
            raw = [mpmath.mpf(generator.randint(-1000, 1000) or 1) for _ in self.model.coordinates]
            norm = mpmath.sqrt(mpmath.fsum(x * x for x in raw))
            size_ = (mpmath.mpf(3) / 10) * 8 ** (mpmath.mpf(n) / (count - 1)) / length
            found.append(tuple(x / norm * size_ for x in raw) if len(raw) > 1 else (size_,))
        found = [self.lattice[-1].oriented(wave, self.path.unit(self.eps[-1])) for wave in found]
        return [[tuple(k * self.path.unit(e) for k in wave) for wave in found] for e in self.eps]

    def _lattice(self, i: int, wave: tuple[Number, ...]) -> Vector:
        return monic_coefficients(self._slow(i, wave, self.branches))

    def _slow(self, i: int, wave: tuple[Number, ...], count: int) -> list[Number]:
        """The slowest growth rates s; with a derivative of broken order a in time s**a, in which the equation is linear."""
        if self.heavy:
            return self._heavy_rate(i, wave, count)
        if (i, wave, count) not in self._roots:
            self._roots[i, wave, count] = self.lattice[i].growth(wave, count)
        roots = self._roots[i, wave, count]
        if self.order is None:
            return roots
        order = evaluate(self.order, self.values[i], mp_arithmetic())
        return [s**order for s in roots]

    def _heavy_rate(self, i: int, wave: tuple[Number, ...], count: int) -> list[Number]:
        """s**order itself, which the equation's own powers of s and k fix."""
        if count != 1:
            raise NotYetError("several slow branches beside heavy tails are not cross-checked yet")
        if (i, wave, count) not in self._roots:
            order = mpmath.mpf(1) if self.order is None else evaluate(self.order, self.values[i], mp_arithmetic())
            dynamics = self.lattice[i]
            assert isinstance(dynamics, HeavyDynamics)
            self._roots[i, wave, count] = [dynamics.rate(wave, order, self.kept)]
        return self._roots[i, wave, count]

    def _kept_power(self) -> Number:
        """The power of eps of d/dt that the regime keeps; with a heavy tail in long-wave the index itself."""
        if self.claim.regime.origin == "long-wave":
            equation = self.claim.equation
            broken = [t for t in (equation.right if equation is not None else ()) if t.fractional is not None]
            if self.model.clock == "waiting" and broken:
                return max(
                    evaluate(sum(t.space) + 2 * (t.fractional or 0), self.values[-1], mp_arithmetic()) for t in broken
                )
            tails = [j.law.tail for j in self.model.jumps if j.law is not None and j.law.tail is not None]
            if tails:
                return min(evaluate(t.index, self.values[-1], mp_arithmetic()) for t in tails)
        return _mp(self.claim.kept)

    def _total_kept(self) -> Number:
        """The kept power of F, whose highest time derivative is the n-th."""
        return self.kept + _mp(self.path.time_power) * (self.branches - 1)

    def _weight(self, i: int, j: int) -> Number:
        """What the j-th coefficient of the characteristic polynomial is multiplied by, so that kept terms are of order one."""
        return power(self.eps[i], self.path.time_power * (self.branches - j)) / self.eps[i] ** self._total_kept()

    def _scale(self) -> Number:
        """The size of the smallest kept term, in the units of the differences."""
        equation = self.claim.equation
        if equation is None:
            return mpmath.mpf(1)
        last = len(self.eps) - 1
        rate = size([self._slow(last, k, 1)[0] for k in self.waves[last]])
        rows = signed_terms(equation, self.values[last], self.waves[last])
        sizes = [size([row[n][0] for row in rows]) * rate ** rows[0][n][1] for n in range(len(rows[0]))]
        sizes = [x / self.eps[last] ** self._total_kept() for x in sizes if x != 0]
        return min(sizes, default=mpmath.mpf(1))

    def _noise(self, i: int) -> Number:
        """Rounding errors of the lattice's numbers, in the units of the differences."""
        speed = self.lattice[i].speed(self.waves[i][-1], self.exact[i][-1][0])
        largest = max((size(x) for x in self.exact[i]), default=mpmath.mpf(0))
        heaviest = max(self._weight(i, j) * (1 + largest) for j in range(1, self.branches + 1))
        return mpmath.mpf(10) ** (-self.digits + GUARD // 2) * abs(speed) * heaviest / self.scale

    # --- predictions ------------------------------------------------------------------------------------------------

    def _predict(self) -> Predicted:
        denominators = [p.denominator for _, p in self.claim.regime.powers]
        if self.kept == _mp(self.claim.kept):  # else it is the index of a heavy tail, which is no part of the grid
            denominators.append(self.claim.kept.denominator)
        denominators += [p.denominator for p, _ in self.claim.discarded]
        quantum = Fraction(1, lcm(*denominators))
        offset = self.kept + self._slope([d.time_step for d in self.lattice])
        grid = exponent_grid(quantum, offset, self._irregular(), 28 if self.heavy else 40)
        remainder, total = None, self._total_kept()
        if self.claim.remainder is not None:
            kept = self.kept if self.claim.equation is None else total
            remainder = evaluate(self.claim.remainder, self.values[-1], mp_arithmetic()) - kept
            remainder = next((p for p in grid if p > remainder - mpmath.mpf("1e-9")), grid[-1])
        first = next((_mp(p) - total for p, terms in self.claim.discarded if self._present(terms)), remainder)
        if first is None:
            first = grid[0]
        seen = bool(self.claim.discarded) and (not self.heavy or (self._at_root() and grid[-3] > (remainder or 0)))
        return Predicted(first, _below(grid, first), remainder if seen else None,
                         mpmath.mpf(0) if remainder is None else _below(grid, remainder), tuple(grid))  # fmt: skip

    def _at_root(self) -> bool:
        """Whether the rates of a heavy walk hold beyond the leading terms."""
        return all(isinstance(d, HeavyDynamics) and d.at_root for d in self.lattice)

    def _slope(self, numbers: Sequence[Number | None]) -> Number:
        if numbers[-1] is None or numbers[-2] is None or not self.path.moves_parameters:
            return mpmath.mpf(0)
        slope = mpmath.log(abs(numbers[-1] / numbers[-2])) / mpmath.log(self.eps[-1] / self.eps[-2])
        return _tidy(slope)

    def _irregular(self) -> list[Number]:
        """The powers of eps of the non-analytic terms: strength abs(k)^index of steps, s and s^index of waits."""
        found = self._of_waits()
        for law in {j.law for j in self.model.jumps if j.law is not None}:
            dof = law.argument("dof")
            expression, index = (sp.Integer(1), dof) if dof is not None else (None, None)
            if law.tail is not None:
                expression, index = law.tail.strength, law.tail.index
            elif law.argument("index") is not None:
                expression, index = sp.Integer(1), law.argument("index")
            if expression is None or index is None:
                continue
            numbers = [
                evaluate(expression, v, mp_arithmetic()) * self.path.unit(e) ** evaluate(index, v, mp_arithmetic())
                for v, e in zip(self.values[-2:], self.eps[-2:], strict=True)
            ]
            found.append(mpmath.log(numbers[1] / numbers[0]) / mpmath.log(self.eps[-1] / self.eps[-2]))
        return [q for q in found if q > 0]

    def _of_waits(self) -> list[Number]:
        if self.model.clock != "waiting":
            return []
        if self.order is not None or self.heavy:  # s**order is of the kept power
            order = mpmath.mpf(1) if self.order is None else evaluate(self.order, self.values[-1], mp_arithmetic())
            time = self.kept / order
        else:
            rates = [self.lattice[-n].growth(self.waves[-n][0], 1)[0] for n in (1, 2)]
            slope = mpmath.log(abs(rates[0] / rates[1])) / mpmath.log(self.eps[-1] / self.eps[-2])
            time = mpmath.nint(12 * slope) / 12
        laws = {self.model.wait_before(j, jump) for _, j, jump in self.model.transitions()}
        indices = {law.index for law in laws if law.index is not None}
        powers = [mpmath.mpf(1), *(evaluate(a, self.values[-1], mp_arithmetic()) for a in indices)]
        lowest = min(powers)
        flown = []
        if self.heavy and any(not m.is_rest for m in self.model.motions):  # (s + ik.v)^a, in powers of s/(k.v)
            flown = [*powers[1:], time - 1]
        return [*flown, time * lowest, *(time * (p - lowest) for p in powers if p > lowest)]

    def _present(self, terms: Sequence[Term]) -> bool:
        """Whether a group of terms is different from zero at these numbers."""
        numeric = NumericTerms(terms, self.values[-1])
        return any(abs(value) > 0 for value, _ in numeric.values(self.waves[-1][0]))

    # --- differences ------------------------------------------------------------------------------------------------

    def table(self, equation: EvolutionEquation) -> Table:
        """Every term of an equation at every level and wave vector."""
        return [signed_terms(equation, values, waves) for values, waves in zip(self.values, self.waves, strict=True)]

    def errors(self, table: Table, change: tuple[int, Number] | None = None) -> list[Vector]:
        """Lattice minus equation, one vector per level, in units of the smallest kept term.

        ``change`` multiplies one term by a factor. Raises ArithmeticError where the equation has too few branches.
        """
        found = []
        for i, rows in enumerate(table):
            weights = [self._weight(i, j) / self.scale for j in range(1, self.branches + 1)]
            vector: Vector = []
            for row, exact in zip(rows, self.exact[i], strict=True):
                terms = row
                if change is not None:
                    value, time = row[change[0]]
                    terms = [*row, (value * (change[1] - 1), time)]
                own = monic(polynomial(terms), self.branches)
                vector += [(a - b) * w for a, b, w in zip(exact, own, weights, strict=True)]
            found.append(vector)
        return found

    def system_errors(self, equations: Sequence[EvolutionEquation]) -> list[Vector]:
        """Entries of log T(k)/tau (or W(k)) minus those of the system's matrix, divided by the kept power of eps.

        Where states were eliminated from the system the two have other sizes, and where a state is left at once T(k) has no
        slow logarithm: then the coefficients of the polynomials with the slow growth rates as roots, as in ``errors``.
        """
        waves = [w[:: WAVES // SYSTEM_WAVES] for w in self.waves]
        own = [[system_matrix(equations, v, k) for k in ks] for v, ks in zip(self.values, waves, strict=True)]
        try:
            exact = [[self.lattice[i].generator(k) for k in ks] for i, ks in enumerate(waves)]
        except ArithmeticError:
            exact = []
        if not exact or len(exact[0][0]) != len(equations):
            return [self._root_errors(i, waves[i], own[i], len(equations)) for i in range(len(waves))]
        return [[(a - b) / self.eps[i] ** self.kept for x, y in zip(exact[i], own[i], strict=True)
                 for r, q in zip(x, y, strict=True) for a, b in zip(r, q, strict=True)]
                for i in range(len(waves))]  # fmt: skip

    def _root_errors(self, i: int, waves: Sequence[tuple[Number, ...]], own: Sequence[Any], count: int) -> Vector:
        weights = [1 / (self.eps[i] ** self.kept * power(self.eps[i], self.path.time_power * j)) for j in range(count)]
        vector: Vector = []
        for wave, matrix in zip(waves, own, strict=True):
            exact = monic_coefficients(self._slow(i, wave, count))
            found = monic_coefficients(eigenvalues(matrix))
            vector += [(a - b) * w for a, b, w in zip(exact, found, weights, strict=True)]
        return vector

    def study(self, errors: list[Vector], start: Number, below: Number) -> Convergence:
        """The limit of the differences over eps**below, whose first power is ``start``."""
        key = (float(start), float(below))
        if key not in self._extrapolations:
            self._extrapolations[key] = extrapolation(self.eps, self.predicted.ladder(start, below))
        if below == 0:
            return self._extrapolations[key](errors, self.noise)
        divided = [[x / e**below for x in v] for v, e in zip(errors, self.eps, strict=True)]
        return self._extrapolations[key](divided, [n / e**below for n, e in zip(self.noise, self.eps, strict=True)])


def _derivatives(equation: EvolutionEquation) -> int:
    return max(sum(t.space) for t in (*equation.left, *equation.right))


def _mp(value: Fraction) -> Number:
    return mpmath.mpf(value.numerator) / value.denominator


def _tidy(value: Number) -> Number:
    """A power read off numbers, as the simple fraction that it is (denominators up to 12)."""
    near = Fraction(str(mpmath.nstr(value, 12))).limit_denominator(12)
    return _mp(near) if abs(_mp(near) - value) < mpmath.mpf("1e-6") else value


def _below(grid: Sequence[Number], value: Number) -> Number:
    return max((p for p in grid if p < value - mpmath.mpf("1e-9")), default=mpmath.mpf(0))


def _digits(model: JumpModel, claim: Claim, path: EpsPath, levels: Sequence[int]) -> int:
    """Enough digits for the deepest extrapolated value: kept power, step in time and four powers of the error."""
    with mpmath.workdps(30):
        steps = [dynamics_of(model, path.values(mpmath.mpf(10) ** (-n))).time_step for n in levels[-2:]]
        time = 0.0
        if steps[0] is not None and steps[1] is not None:
            time = abs(float(mpmath.log10(abs(steps[1] / steps[0])))) / (levels[-1] - levels[-2])
    per_level = abs(float(claim.kept)) + abs(float(path.time_power)) * max(0, claim.branches - 1) + time + 4 + 2
    return GUARD + int(levels[-1] * per_level) * (1 if claim.branches == 1 else 2)
