"""The second route: the result put to the test of the exact lattice operator, with numbers of many digits.

At two small values of eps, with all parameters drawn at random, the exact one-step operator acts on a test function,
and so does the derived equation. Their difference must vanish like the first power of eps that was *not* derived. A
wrong factor in any coefficient, kept or listed as discarded, lowers that power and is seen. Nothing of the expansion
(rings, series, elimination, logarithm) is used here: only the model's expressions, the result's expressions, numbers.

Homogeneous models: plane waves e^(q.x), the determinant of (e^(s tau) - T(q)), and the root s of it next to the derived
growth rate. Otherwise: the backward operator on smooth functions, T+ f = sum w(x) f(x + r), against exp(tau L+) f; with
internal states Q+ T+ f = exp(tau L+) Q+ f for the local equilibrium Q.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import mpmath
import sympy as sp
from sympy.core.function import AppliedUndef

from symdiff.continuum.numeric_jets import NumericJet, jet_arithmetic
from symdiff.errors import InternalFaultError
from symdiff.model.definitions import composed_definitions, expand_definitions
from symdiff.model.jump_model import JumpModel, ScalingRegime
from symdiff.model.law_transform import transform
from symdiff.model.scaling_path import draw_values, values_at
from symdiff.notation.evaluation import evaluate, mp_arithmetic

Number = Any
Index = tuple[int, ...]

NEAR = (7, 9)  # eps = 10**-7 and 10**-9
FAR = (20, 28)  # for heavy tails, whose powers of eps may lie close together
HEAVY = ("tail", "levy", "cauchy", "student")
TOLERANCE = 0.05  # of the observed power
SEED = 20260


@dataclass(frozen=True)
class OperatorTerm:
    """coefficient * d_t^time d^space (-Laplacian)^(fractional/2), derivatives to the left."""

    coefficient: sp.Expr
    space: Index
    time: int = 0
    fractional: sp.Expr | None = None


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


@dataclass(frozen=True)
class Confirmation:
    """How a result was confirmed: the power of eps that was predicted and observed, and the digits carried."""

    method: str
    predicted_power: str
    observed_power: float | None
    digits: int


def confirm(model: JumpModel, regime: ScalingRegime, result: Result) -> Confirmation:
    """Test a result; raises :class:`InternalFaultError` where the two routes disagree."""
    heavy = any(j.law is not None and j.law.distribution in HEAVY for j in model.jumps)
    exponents = FAR if heavy else NEAR
    digits = 40 + exponents[1] * (_size(result.known_below) + _size(result.closed_known_below) + (0 if heavy else 6))
    with mpmath.workdps(digits):
        residuals = [_Probe(model, regime, result, exponent, heavy).residuals() for exponent in exponents]
        observed = []
        for (name, power, first), (_, _, second) in zip(*residuals, strict=True):
            seen = _observed_power(first, second, exponents)
            if (
                seen is not None
                and seen < power - TOLERANCE
                and not (heavy and _within_bound(second, power, exponents))
            ):
                raise InternalFaultError(
                    f"the two routes disagree in regime '{regime.name}' ({name}): the difference falls like "
                    f"eps**{seen:.3f} instead of eps**{power:.3f}; no result is given",
                    instead="please report the model file as a fault of symdiff",
                )
            if seen is not None:
                observed.append(seen)
    method = "plane waves, root of the determinant" if result.homogeneous else "backward operator on smooth functions"
    return Confirmation(method, str(result.known_below), min(observed, default=None), digits)


def _size(power: sp.Expr) -> int:
    """An integer above the absolute value of a power; symbolic powers, those of heavy tails, are at most 2."""
    return int(abs(power)) + 1 if power.is_Rational else 2


def _within_bound(residual: Number, power: float, exponents: tuple[int, int]) -> bool:
    """Two close powers of opposite sign can hide the slope of a heavy tail's residual, but not its size."""
    return bool(abs(residual) < mpmath.mpf(10) ** (6 - exponents[1] * power))


def _observed_power(first: Number, second: Number, exponents: tuple[int, int]) -> float | None:
    """The power of eps with which a residual falls; None where it is zero to all digits."""
    floor = mpmath.mpf(10) ** (-mpmath.mp.dps + 15)
    if abs(second) <= floor or abs(first) <= floor:
        return None
    return float(mpmath.log10(abs(first) / abs(second)) / (exponents[1] - exponents[0]))


class _Probe:
    """All numbers at one eps."""

    def __init__(self, model: JumpModel, regime: ScalingRegime, result: Result, exponent: int, heavy: bool) -> None:
        self.heavy = heavy
        self.model, self.regime, self.result = model, regime, result
        self.eps = mpmath.mpf(10) ** (-exponent)
        generator = random.Random(SEED)
        arithmetic = mp_arithmetic()
        drawn = draw_values(model, generator)
        base = {s: mpmath.mpf(v.numerator) / v.denominator for s, v in drawn.items()}
        self.values = values_at(regime, base, arithmetic, self.shrink)
        self.arithmetic = arithmetic
        self.tau = None if model.time_step is None else self.number(model.time_step)
        powers = {str(k): p for k, p in regime.powers}
        long_wave = regime.origin == "long-wave"
        length = Fraction(-1) if long_wave else next((powers[c] for c in model.coordinates if c in powers), Fraction(0))
        self.unit = self.shrink(-length)  # one derivative of a function that varies over lengths of order one
        self.generator = generator
        self.known_below = float(self.number(result.known_below))
        self.closed_known_below = float(self.number(result.closed_known_below))

    def shrink(self, power: Fraction) -> Number:
        """eps**power."""
        return self.eps ** (mpmath.mpf(power.numerator) / power.denominator)

    def number(self, expression: sp.Expr) -> Number:
        """The value of an expression of parameters."""
        return evaluate(expression, self.values, self.arithmetic)

    def residuals(self) -> list[tuple[str, float, Number]]:
        """(what, the power that it must have, the residual) for every comparison."""
        if self.result.homogeneous:
            return self._plane_waves()
        return _Smooth(self).residuals()

    # --- plane waves ----------------------------------------------------------------------------------------------

    def _plane_waves(self) -> list[tuple[str, float, Number]]:
        d = self.model.dimension
        drawn = [
            mpmath.mpf(self.generator.randint(300, 900)) / 1000 * (-1) ** self.generator.randint(0, 1) for _ in range(d)
        ]
        wave = [(mpmath.mpc(0, q) if self.heavy else q) * self.unit for q in drawn]
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

    def _matrix_residuals(self, step: Any, wave: list[Number]) -> list[tuple[str, float, Number]]:
        size = len(self.result.operator)
        derived = mpmath.matrix(size, size)
        for i in range(size):
            for j in range(size):
                derived[i, j] = self._sum(self.result.operator[i][j], wave, mpmath.mpf(0))
        exact = step if self.tau is None else _matrix_log(step) / self.tau
        return [("system", self.known_below, exact[i, j] - derived[i, j]) for i in range(size) for j in range(size)]

    def _closed_residuals(self, step: Any, wave: list[Number]) -> list[tuple[str, float, Number]]:
        """F(s, q) at the exact growth rates."""
        assert self.result.closed is not None
        size = step.rows
        exact = step if self.tau is None else _matrix_log(step) / self.tau
        rates = mpmath.eig(exact, left=False, right=False) if size > 1 else [exact[0, 0]]
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
                along = mpmath.fsum(q * self.number(e) for q, e in zip(wave, jump.direction, strict=True))
                phase *= transform(jump.law, along, self.number)
            matrix[i, j] += weight * phase
            matrix[j, j] -= weight
        if model.clock == "discrete":
            for i in range(size):
                matrix[i, i] += 1
        return matrix

    def _true_rate(self, step: Any, guess: Number) -> Number:
        """The root s of det(e^(s tau) - T) = 0 (or of det(s - W)) next to ``guess``, by Newton's method."""
        size = step.rows
        if size == 1:
            return step[0, 0] if self.tau is None else mpmath.log(step[0, 0]) / self.tau

        def characteristic(s: Number) -> Number:
            diagonal = s if self.tau is None else mpmath.exp(s * self.tau)
            return mpmath.det(diagonal * mpmath.eye(size) - step)

        s = guess
        span = mpmath.mpf(10) ** (-mpmath.mp.dps // 3) * max(abs(s), self.eps**self.known_below)
        for _ in range(12):
            value = characteristic(s)
            slope = (characteristic(s + span) - characteristic(s - span)) / (2 * span)
            if slope == 0:
                break
            change = value / slope
            s -= change
            if abs(change) <= abs(s) * mpmath.mpf(10) ** (-mpmath.mp.dps + 12):
                break
        return s

    def _sum(self, terms: Sequence[OperatorTerm], wave: list[Number], rate: Number) -> Number:
        total = mpmath.mpf(0)
        for term in terms:
            value = self.number(term.coefficient)
            for q, n in zip(wave, term.space, strict=True):
                value *= q**n
            if term.fractional is not None:
                value *= abs(wave[0]) ** self.number(term.fractional)
            total += value * rate**term.time
        return total


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


class _Smooth:
    """The comparison on smooth functions, for models that depend on place."""

    def __init__(self, probe: _Probe) -> None:
        self.probe, self.model = probe, probe.model
        result, d = probe.result, probe.model.dimension
        generator = random.Random(SEED + 1)
        self.degree = max(2, int(probe.known_below) + (2 if probe.tau is None else 4))
        self.degree = max(
            self.degree, max((sum(t.space) for row in result.operator for x in row for t in x), default=0)
        )
        self.shape = NumericJet({}, d, self.degree)
        self.point = [mpmath.mpf(generator.randint(150, 450)) / 1000 for _ in range(d)]
        self.jets = jet_arithmetic(d, self.degree)
        self.local = {
            c: NumericJet({(0,) * d: x, tuple(int(i == n) for i in range(d)): mpmath.mpf(1)}, d, self.degree)
            for n, (c, x) in enumerate(zip(probe.model.coordinate_symbols, self.point, strict=True))
        }
        self.constants = {s: self.shape.constant(v) for s, v in probe.values.items()}
        self.waves = {f.name: self._random_wave(generator, len(f.arguments)) for f in probe.model.functions}
        self._values: dict[sp.Expr, NumericJet] = {}
        self._calls: dict[tuple[AppliedUndef, Index], NumericJet] = {}
        size = len(probe.model.state_names)
        self.tests = [[mpmath.mpf(generator.randint(300, 900)) / 1000 for _ in range(d)] for _ in range(size)]
        self.heights = [mpmath.mpf(generator.randint(500, 900)) / 1000 for _ in range(size)]

    def _random_wave(
        self, generator: random.Random, arguments: int
    ) -> tuple[Number, list[tuple[Number, list[Number], Number]]]:
        parts = [(mpmath.mpf(generator.randint(100, 300)) / 1000,
                  [mpmath.mpf(generator.randint(300, 900)) / 1000 for _ in range(arguments)],
                  mpmath.mpf(generator.randint(0, 3000)) / 1000) for _ in range(2)]  # fmt: skip
        return mpmath.mpf("2.3"), parts

    # --- values ---------------------------------------------------------------------------------------------------

    def value(self, expression: sp.Expr) -> NumericJet:
        """A rate or a coefficient as a jet in the macroscopic coordinate."""
        known = self._values.get(expression)
        if known is None:
            known = self._values[expression] = self._value(expression)
        return known

    def _value(self, expression: sp.Expr) -> NumericJet:
        expression = expand_definitions(expression, composed_definitions(self.model.functions))
        found = evaluate(expression, {**self.constants, **self.local}, self.jets, self.call)
        return found if isinstance(found, NumericJet) else self.shape.constant(found)

    def call(self, e: AppliedUndef, orders: Index) -> NumericJet:
        """A function of place at a displaced argument: what varies slowly is read at eps times the displacement."""
        known = self._calls.get((e, orders))
        if known is None:
            known = self._calls[e, orders] = self._call(e, orders)
        return known

    def _call(self, e: AppliedUndef, orders: Index) -> NumericJet:
        declared = next(f for f in self.model.functions if f.name == e.func.__name__)
        places = []
        for name, argument in zip(declared.arguments, e.args, strict=True):
            symbol = sp.Symbol(name, real=True)
            shift = self.value(argument) - self.local[symbol]
            places.append(self.local[symbol] + shift * self.probe.unit)
        if declared.body is not None:
            inner = {sp.Symbol(n, real=True): p for n, p in zip(declared.arguments, places, strict=True)}
            body = declared.body
            for name, count in zip(declared.arguments, orders, strict=True):
                body = sp.diff(body, sp.Symbol(name, real=True), count) if count else body
            found = evaluate(body, {**self.constants, **inner}, self.jets, self.call)
            result = found if isinstance(found, NumericJet) else self.shape.constant(found)
            return result.times(self.probe.unit ** sum(orders))
        return self._wave_value(declared.name, places, orders).times(self.probe.unit ** sum(orders))

    def _wave_value(self, name: str, places: list[NumericJet], orders: Index) -> NumericJet:
        offset, parts = self.waves[name]
        total = self.shape.constant(offset if not any(orders) else mpmath.mpf(0))
        for height, frequencies, phase in parts:
            angle = self.shape.constant(phase + sum(orders) * mpmath.pi / 2)
            for place, frequency in zip(places, frequencies, strict=True):
                angle = angle + place * frequency
            factor = height
            for frequency, count in zip(frequencies, orders, strict=True):
                factor *= frequency**count
            total = total + self.jets.functions["sin"](angle) * factor
        return total

    def test_function(self, state: int, displacement: Sequence[NumericJet]) -> NumericJet:
        """h exp(q.(X + unit * displacement)) for one state."""
        exponent = self.shape.constant(mpmath.mpf(0))
        for symbol, q, r in zip(self.model.coordinate_symbols, self.tests[state], displacement, strict=True):
            exponent = exponent + (self.local[symbol] + r * self.probe.unit) * q
        grown: NumericJet = self.jets.functions["exp"](exponent)
        return grown.times(self.heights[state])

    # --- operators ------------------------------------------------------------------------------------------------

    def backward_step(self) -> list[NumericJet]:
        """T+ f (discrete time) or W+ f (continuous time), per state that is left."""
        size, d = len(self.model.state_names), self.model.dimension
        still = [self.shape.constant(mpmath.mpf(0))] * d
        at_rest = [self.test_function(j, still) for j in range(size)]
        result = [f if self.probe.tau is not None else f * mpmath.mpf(0) for f in at_rest]
        for i, j, jump in self.model.transitions():
            weight = self.value(jump.intensity)
            if jump.law is None:
                landed = self.test_function(i, [self.value(r) for r in jump.displacement])
            else:
                landed = self._law_landing(i, jump)
            result[j] = result[j] + weight * (landed - at_rest[j])
        return result

    def _law_landing(self, state: int, jump: Any) -> NumericJet:
        """E f(X + unit (r + s e)) for an exponential test function: its value times E[exp(q unit s)]."""
        landed = self.test_function(state, [self.value(r) for r in jump.displacement])
        along = mpmath.fsum(
            q * self.probe.number(e) for q, e in zip(self.tests[state], jump.direction, strict=True)
        ) * self.probe.unit  # fmt: skip
        return landed.times(transform(jump.law, -along, self.probe.number))

    def adjoint(self, terms: Sequence[OperatorTerm], f: NumericJet) -> NumericJet:
        """sum (-1)^|a| A_a d^a f."""
        total = self.shape.constant(mpmath.mpf(0))
        for term in terms:
            order = sum(term.space)
            total = total + self.value(term.coefficient) * f.derivative(term.space) * ((-self.probe.unit) ** order)
        return total

    def residuals(self) -> list[tuple[str, float, Number]]:
        """Q+ T+ f - exp(tau L+) Q+ f at the point, per slow density."""
        result, probe = self.probe.result, self.probe
        size, slow = len(self.model.state_names), len(result.operator)
        still = [self.shape.constant(mpmath.mpf(0))] * self.model.dimension
        start = [self.test_function(j, still) for j in range(size)]
        stepped = self.backward_step()

        def project(functions: list[NumericJet]) -> list[NumericJet]:
            if result.local_equilibrium is None:
                return functions
            q = result.local_equilibrium
            return [_total(self, [self.adjoint(q[i][a], functions[i]) for i in range(size)]) for a in range(slow)]

        exact, current = project(stepped), project(start)
        if probe.tau is None:
            derived = self._apply(current)
        else:
            derived, term = list(current), current
            for j in range(1, 3 + int(self.degree)):
                term = [x * (probe.tau / j) for x in self._apply(term)]
                derived = [a + b for a, b in zip(derived, term, strict=True)]
        scale = mpmath.mpf(1) if probe.tau is None else probe.tau
        return [("evolution", probe.known_below, (e - d).value / scale) for e, d in zip(exact, derived, strict=True)]

    def _apply(self, functions: list[NumericJet]) -> list[NumericJet]:
        """L+ on a vector of slow functions: (L+ f)_a = sum_b (L_ba)+ f_b."""
        operator = self.probe.result.operator
        return [
            _total(self, [self.adjoint(operator[b][a], functions[b]) for b in range(len(operator))])
            for a in range(len(operator))
        ]


def _total(smooth: _Smooth, parts: list[NumericJet]) -> NumericJet:
    total = smooth.shape.constant(mpmath.mpf(0))
    for part in parts:
        total = total + part
    return total


def describe(confirmation: Confirmation) -> Mapping[str, str]:
    """The confirmation as plain strings."""
    seen = "exact" if confirmation.observed_power is None else f"{confirmation.observed_power:.3f}"
    return {"method": confirmation.method, "predicted_power": confirmation.predicted_power, "observed_power": seen}
