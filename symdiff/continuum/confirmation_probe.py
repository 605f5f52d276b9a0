"""All numbers of the second route at one eps: the exact one-step operator and the derived one, on a test function.

Homogeneous models: plane waves e^(q.x), the determinant of (e^(s tau) - T(q)), and the root s of it next to the derived
growth rate. Otherwise: the backward operator on smooth functions, T+ f = sum w(x) f(x + r), against exp(tau L+) f; with
internal states Q+ T+ f = exp(tau L+) Q+ f for the local equilibrium Q.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import mpmath
import sympy as sp
from sympy.core.function import AppliedUndef

from symdiff.continuum.numeric_matrices import eigenvalue_near
from symdiff.equations.evolution_equation import fractional_parts
from symdiff.errors import InternalFaultError, NotYetError
from symdiff.model.jump_model import JumpModel, ScalingRegime
from symdiff.model.motion import Motion
from symdiff.model.scaling_path import draw_values, values_at
from symdiff.model.step_law import StepLaw
from symdiff.notation.evaluation import evaluate, mp_arithmetic

Number = Any
Index = tuple[int, ...]
Residual = tuple[str, float, Number]  # what is compared, the power of eps it must have, its value

SEED = 20260


@dataclass(frozen=True)
class OperatorTerm:
    """coefficient * d_t^time d^space (-Laplacian)^(fractional/2), derivatives to the left, at eps**power.

    In the long-wave regime the power counts all derivatives: those that act, and those of functions of place.
    """

    coefficient: sp.Expr
    space: Index
    time: int = 0
    fractional: sp.Expr | None = None
    power: Fraction = Fraction(0)


@dataclass(frozen=True)
class Result:
    """What is to be confirmed.

    ``operator`` is the matrix of L in d_t u = L u (kept and discarded terms); ``local_equilibrium`` is Q, one row per
    state; ``closed`` the terms F of a scalar equation F = 0 of higher order in time. ``known_below`` is the first power
    of eps that is not derived, on the scale of d_t (of F).
    """

    operator: Sequence[Sequence[Sequence[OperatorTerm]]]
    local_equilibrium: Sequence[Sequence[Sequence[OperatorTerm]]] | None
    closed: Sequence[OperatorTerm] | None
    known_below: sp.Expr
    closed_known_below: sp.Expr
    homogeneous: bool
    modes: Sequence[sp.Expr] = ()  # the functions of continuous internal states: one row of Q per state and function


def takes_plane_waves(model: JumpModel, result: Result) -> bool:
    """Whether e^(q.x) is tried: not where rates call a function of place, although it drops out of the result (V = c x)."""
    calls = any(j.intensity.atoms(AppliedUndef) for j in model.jumps if j.intensity is not None)
    calls = calls or any(j.law is not None and j.intensity.free_symbols & set(j.law.variables) for j in model.jumps)
    return result.homogeneous and not (calls and len(result.operator) == 1 and result.closed is None)


class Probe:
    """All numbers at one eps."""

    def __init__(self, model: JumpModel, regime: ScalingRegime, result: Result, exponent: int, heavy: bool) -> None:
        self.heavy = heavy
        self.plane_waves = takes_plane_waves(model, result)
        self.model, self.regime, self.result, self.exponent = model, regime, result, exponent
        self.eps = mpmath.mpf(10) ** (-exponent)
        generator = random.Random(SEED)
        arithmetic = mp_arithmetic()
        drawn = draw_values(model, generator)
        base = {s: mpmath.mpf(v.numerator) / v.denominator for s, v in drawn.items()}
        self.values = values_at(regime, base, arithmetic, self.shrink)
        self.arithmetic = arithmetic
        self.tau = None if model.time_step is None else self.number(model.time_step)
        powers = {str(k): p for k, p in regime.powers}
        self.long_wave = regime.origin == "long-wave"
        length = (
            Fraction(-1) if self.long_wave else next((powers[c] for c in model.coordinates if c in powers), Fraction(0))
        )
        self.unit = self.shrink(-length)  # one derivative of a function that varies over lengths of order one
        self.generator = generator
        self.known_below = float(self.number(result.known_below))
        self.closed_known_below = float(self.number(result.closed_known_below))

    def nearer(self) -> Probe:
        """The same at a smaller eps."""
        return Probe(self.model, self.regime, self.result, self.exponent + 1, self.heavy)

    def shrink(self, power: Fraction) -> Number:
        """eps**power."""
        return self.eps ** (mpmath.mpf(power.numerator) / power.denominator)

    def number(self, expression: sp.Expr) -> Number:
        """The value of an expression of parameters."""
        return evaluate(expression, self.values, self.arithmetic)

    def residuals(self) -> list[tuple[str, float, Number]]:
        """(what, the power that it must have, the residual) for every comparison."""
        if self.plane_waves:
            return self._plane_waves()
        if self.model.internals:
            from symdiff.continuum.confirmation_inner import InnerComparison  # loaded when used: start-up time

            return InnerComparison(self).residuals()
        from symdiff.continuum.confirmation_smooth import SmoothComparison  # loaded when used: start-up time

        return SmoothComparison(self).residuals()

    # --- plane waves ----------------------------------------------------------------------------------------------

    def _plane_waves(self) -> list[tuple[str, float, Number]]:
        d = self.model.dimension
        drawn = [
            mpmath.mpf(self.generator.randint(300, 900)) / 1000 * (-1) ** self.generator.randint(0, 1) for _ in range(d)
        ]
        wave = [(mpmath.mpc(0, q) if self.heavy else q) * self.unit for q in drawn]
        if self.model.internals:
            return self._internal_waves(wave)
        if self.model.scheme is not None:
            from symdiff.continuum.scheme_confirmation import scheme_root  # loaded when used: start-up time

            if self.result.closed is not None:
                return self._scheme_branches(wave)
            guess = self._sum(self.result.operator[0][0], wave, mpmath.mpf(0))
            root = scheme_root(self.model.scheme, wave, guess, self.number)
            return [("growth rate of the scheme", self.known_below, root - guess)]
        step = self._symbol_matrix(wave)
        size = len(self.result.operator)
        found: list[tuple[str, float, Number]] = []
        if size == 1:
            guess = self._sum(self.result.operator[0][0], wave, mpmath.mpf(0))
            found.append(("growth rate", self.known_below, self._true_rate(step, guess) - guess))
        else:
            found += self._matrix_residuals(step, wave)
        if self.result.closed is not None:
            found += self._closed_residuals(step, wave)
        return found

    def _scheme_branches(self, wave: list[Number]) -> list[tuple[str, float, Number]]:
        """F(s, q) = s^2 + b s + c at the exact roots of the scheme next to its own."""
        from symdiff.continuum.scheme_confirmation import scheme_root  # loaded when used: start-up time

        assert self.result.closed is not None
        assert self.model.scheme is not None
        closed = self.result.closed
        at = [self._sum(closed, wave, mpmath.mpf(s)) for s in (0, 1, -1)]
        half, square = (at[1] - at[2]) / 4, at[0]
        spread = mpmath.sqrt(half * half - square)
        return [
            (f"closed equation, branch {n + 1}", self.closed_known_below,
             self._sum(closed, wave, scheme_root(self.model.scheme, wave, guess, self.number)))
            for n, guess in enumerate((-half + spread, -half - spread))
        ]  # fmt: skip

    def _matrix_residuals(self, step: Any, wave: list[Number]) -> list[tuple[str, float, Number]]:
        size = len(self.result.operator)
        derived = self._numbers(self.result.operator, wave)
        if self.result.local_equilibrium is not None:  # K Q = Q K'
            local = self._numbers(self.result.local_equilibrium, wave)
            advance = (
                derived
                if self.tau is None
                else (mpmath.expm(derived * self.tau, method="taylor") - mpmath.eye(size)) / self.tau
            )
            change = step if self.tau is None else (step - mpmath.eye(step.rows)) / self.tau
            gap = change * local - local * advance
            return [("densities", self.known_below, gap[i, j]) for i in range(step.rows) for j in range(size)]
        exact = step if self.tau is None else _matrix_log(step) / self.tau
        return [("system", self.known_below, exact[i, j] - derived[i, j]) for i in range(size) for j in range(size)]

    def _numbers(self, operator: Sequence[Sequence[Sequence[OperatorTerm]]], wave: list[Number]) -> Any:
        rows = [[self._sum(terms, wave, mpmath.mpf(0)) for terms in row] for row in operator]
        return mpmath.matrix(rows)

    def _closed_residuals(self, step: Any, wave: list[Number]) -> list[tuple[str, float, Number]]:
        """F(s, q) at the exact growth rates."""
        assert self.result.closed is not None
        count = len(self.result.operator)
        if self.tau is not None and count < step.rows:  # the fast states do not stay near by in one step
            modes = mpmath.eig(step, left=False, right=False)
            rates = sorted((mpmath.log(z) / self.tau for z in modes if z != 0), key=abs)[:count]
        else:
            exact = step if self.tau is None else _matrix_log(step) / self.tau
            rates = mpmath.eig(exact, left=False, right=False) if step.rows > 1 else [exact[0, 0]]
            rates = sorted(rates, key=lambda z: -mpmath.re(z))[:count]  # fast states are eliminated
        return [
            (f"closed equation, branch {n + 1}", self.closed_known_below, self._sum(self.result.closed, wave, s))
            for n, s in enumerate(sorted(rates, key=lambda z: (mpmath.re(z), mpmath.im(z))))
        ]

    def _symbol_matrix(self, wave: list[Number]) -> Any:
        """T(q) in discrete time, the rate matrix in continuous time, on e^(q.x)."""
        model = self.model
        size = len(model.state_names)
        matrix = mpmath.matrix(size, size)
        for i, j, jump in model.transitions():
            weight = self.number(jump.intensity)
            phase = mpmath.exp(-mpmath.fsum(q * self.number(r) for q, r in zip(wave, jump.displacement, strict=True)))
            if jump.law is not None:
                along = [
                    mpmath.fsum(q * self.number(e) for q, e in zip(wave, row, strict=True)) for row in jump.directions
                ]
                phase *= self.law_transform(jump.law, along)
            matrix[i, j] += weight * phase
            if not model.lossy:
                matrix[j, j] -= weight
        for j in range(size):
            motion = model.motion_of(j)
            if motion is not None:
                matrix[j, j] += self._motion_symbol(motion, wave)
        if model.clock == "discrete" and not model.lossy:
            for i in range(size):
                matrix[i, i] += 1
        if model.crowd.reactions:
            reactions = self._reaction_symbol(wave)
            return matrix + reactions if self.tau is None else (mpmath.eye(size) + reactions) * matrix
        return matrix

    def _reaction_symbol(self, wave: list[Number]) -> Any:
        """What reactions of single agents add and take, on e^(q.x)."""
        size = len(self.model.state_names)
        matrix = mpmath.matrix(size, size)
        for j, rate, products, _ in self.model.single_reactions():
            value = self.number(rate)
            matrix[j, j] -= value
            for i, away in products:
                matrix[i, j] += value * mpmath.exp(
                    -mpmath.fsum(q * self.number(r) for q, r in zip(wave, away, strict=True))
                )
        return matrix

    def _internal_waves(self, wave: list[Number]) -> list[tuple[str, float, Number]]:
        """The growth rate with continuous internal states, from matrices of moments or the problem between walls."""
        from symdiff.continuum.internal_chain import internal_symbol  # loaded when used: start-up time
        from symdiff.continuum.numeric_internal import WallProblem

        if any(v.domain == "ball" for v in self.model.internals):
            guess = self._sum(self.result.operator[0][0], wave, mpmath.mpf(0))
            true = self._newton(WallProblem(self.model, self.number, wave), guess)
            return [("growth rate", self.known_below, true - guess)]
        step = internal_symbol(self.model, self.number, wave, int(self.known_below) + 1, self.law_moment)
        if len(self.result.operator) > 1:
            raise NotYetError(
                "several densities beside continuous internal states are not handled yet", where="internal"
            )
        guess = self._sum(self.result.operator[0][0], wave, mpmath.mpf(0))
        return [("growth rate", self.known_below, self._true_rate(step, guess) - guess)]

    def _motion_symbol(self, motion: Motion, wave: list[Number]) -> Number:
        """- v.q + q.D q, for motion that does not depend on place."""
        total = -mpmath.fsum(self.number(v) * q for v, q in zip(motion.velocity, wave, strict=True))
        for q, row in zip(wave, motion.diffusivity, strict=False):
            total += mpmath.fsum(self.number(d) * q * p for d, p in zip(row, wave, strict=True))
        return total

    def law_transform(self, law: StepLaw, q: Sequence[Number]) -> Number:
        """E[exp(-q.s)] of a step law at the probe's values, one entry of q per length of the law."""
        from symdiff.model.law_transform import transform  # loaded when used: start-up time

        places = set(self.model.coordinate_symbols)
        unknown = next(
            (
                n
                for n, v in law.arguments
                if isinstance(v, sp.Expr) and (_holds_unknown_function(v) or v.free_symbols & places)
            ),
            "",
        )
        if unknown:
            raise NotYetError(f"a law of steps whose {unknown} depends on place has no second route yet",
                              instead='put the function into displacement = "m(x)", beside a law of mean zero')  # fmt: skip
        return transform(law, q, self.number)

    def law_moment(self, law: StepLaw, powers: Index) -> Number:
        """E[s^powers] of a step law at the probe's values, from the law itself."""
        from symdiff.model.law_transform import moment  # loaded when used: start-up time

        return moment(law, powers, self.number)

    def _true_rate(self, step: Any, guess: Number) -> Number:
        """The root s of det(e^(s tau) - T) = 0 (or of det(s - W)) next to ``guess``, by Newton's method."""
        size = step.rows
        if size == 1:
            return step[0, 0] if self.tau is None else mpmath.log(step[0, 0]) / self.tau

        shift = guess + self._span(guess)
        near = eigenvalue_near(step, shift if self.tau is None else mpmath.exp(shift * self.tau))
        if near is not None:
            return near if self.tau is None else mpmath.log(near) / self.tau

        def characteristic(s: Number) -> Number:
            diagonal = s if self.tau is None else mpmath.exp(s * self.tau)
            return mpmath.det(diagonal * mpmath.eye(size) - step)

        return self._newton(characteristic, guess)

    def _span(self, guess: Number) -> Number:
        return mpmath.mpf(10) ** (-mpmath.mp.dps // 3) * max(abs(guess), self.eps**self.known_below)

    def _newton(self, characteristic: Callable[[Number], Number], guess: Number) -> Number:
        s = guess
        span = self._span(s)
        for _ in range(12):
            value = characteristic(s)
            slope = (characteristic(s + span) - value) / span
            if slope == 0:
                break
            change = value / slope
            s -= change
            if abs(change) <= abs(s) * mpmath.mpf(10) ** (-mpmath.mp.dps // 2):
                break  # the next one would be its square
        return s

    def _sum(self, terms: Sequence[OperatorTerm], wave: list[Number], rate: Number) -> Number:
        total = mpmath.mpf(0)
        for term in terms:
            value = self.number(term.coefficient)
            for q, n in zip(wave, term.space, strict=True):
                value *= q**n
            if term.fractional is not None:
                value *= self.modulus_power(wave, term.fractional)
            total += value * rate**term.time
        return total

    def modulus_power(self, wave: list[Number], fractional: sp.Expr) -> Number:
        """|k|^a log(|k|)^n for imaginary waves q = ik; an exponent a + n LOGARITHM stands for both."""
        exponent, logs = fractional_parts(fractional)
        length = mpmath.sqrt(mpmath.fsum(abs(q) ** 2 for q in wave))
        return length ** self.number(exponent) * mpmath.log(length) ** logs


def _matrix_log(step: Any) -> Any:
    """log of a matrix close to one, by its series."""
    size = step.rows
    small = step - mpmath.eye(size)
    total, power, n = mpmath.matrix(size, size), mpmath.eye(size), 0
    while n < 2000:
        n += 1
        power = power * small
        total += power * (mpmath.mpf((-1) ** (n + 1)) / n)
        if mpmath.mnorm(power, 1) < mpmath.mpf(10) ** (-mpmath.mp.dps):
            return total
    raise InternalFaultError("the second route cannot take the logarithm of one step: it is not close to the identity")


def _holds_unknown_function(value: sp.Expr) -> bool:
    """Whether a function without a value stands in an argument of a law; O(...) only ends what is known of it."""
    return any(call.func.__name__ != "O" for call in value.atoms(AppliedUndef))
