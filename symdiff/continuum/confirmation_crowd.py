"""The second route for crowds: the exact mean-field map on smooth test densities, in numbers, against the derived equations.

At two small values of eps the right-hand side of the mean-field master equation is evaluated at a point, with densities
that are sums of waves; so are the derived equation as it is shown and the terms listed as discarded. In discrete time the
derived equation is solved for one step as a power series in time. The difference must vanish like the first power of eps
that was not derived. Nothing of the expansion is used: only the model's and the result's expressions, and numbers.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cache, cached_property, lru_cache
from typing import Any

import mpmath
import sympy as sp
from sympy.core.function import AppliedUndef

from symdiff.continuum.confirmation import Confirmation, digits_of_numbers, near_or_far, powers_seen
from symdiff.continuum.confirmation_probe import SEED, Probe, Result
from symdiff.continuum.confirmation_smooth import SmoothComparison
from symdiff.continuum.crowd_master import crowd_master_equation, law_names
from symdiff.continuum.fugacity_series import fugacity_series
from symdiff.continuum.numeric_jets import NumericJet, jet_arithmetic
from symdiff.continuum.zero_range import fugacity, site_rate_of
from symdiff.errors import InternalFaultError
from symdiff.model.definitions import composed_definitions
from symdiff.model.jump_model import JumpModel, ScalingRegime, make_model
from symdiff.model.step_law import StepLaw
from symdiff.notation.evaluation import evaluate, mp_arithmetic

Number = Any
SLOW = "slow place "  # in front of a coordinate; no function can be declared by such a name


@dataclass(frozen=True)
class CrowdResult:
    """What is to be confirmed, per density: the right-hand side as shown, and the terms of every power.

    ``terms`` lists (power, expression) of what is kept and what is discarded; in the long-wave regime the power counts the
    derivatives. ``known_below`` is the first power of eps that was not derived, on the scale of d_t.
    """

    shown: Sequence[sp.Expr]
    terms: Sequence[Sequence[tuple[Fraction, sp.Expr]]]
    known_below: sp.Expr
    kept: Fraction


def confirm_crowd(model: JumpModel, regime: ScalingRegime, result: CrowdResult) -> Confirmation:
    """Test a result; raises :class:`InternalFaultError` where the two routes disagree."""
    return near_or_far(lambda exponents: _confirm_at(model, regime, result, exponents), digits_of_numbers(model))


def _confirm_at(
    model: JumpModel, regime: ScalingRegime, result: CrowdResult, exponents: tuple[int, int]
) -> Confirmation:
    largest = max(
        (int(abs(power)) for _, power in regime.powers), default=0
    )  # rates of 1/h^2 times differences that are small
    digits = 60 + exponents[1] * (int(abs(result.known_below)) + 12 + 4 * max(0, largest - 2))
    with mpmath.workdps(digits):
        probes = [CrowdProbe(model, regime, result, exponent) for exponent in exponents]
        _check_display(probes[0], result)
        compared = powers_seen(regime, exponents, [p.residuals() for p in probes], lost=25)
        observed = [seen - (power - float(result.known_below)) for power, seen in compared]
    return Confirmation(
        "mean-field map on smooth densities", str(result.known_below), min(observed, default=None), digits
    )


def _check_display(probe: CrowdProbe, result: CrowdResult) -> None:
    """The equation as it is shown is the sum of the kept terms."""
    for name, shown, terms in zip(probe.names, result.shown, result.terms, strict=True):
        kept = sp.Add(*(e for power, e in terms if power <= result.kept))
        first, second = probe.plain(shown), probe.plain(kept)
        if abs(first - second) > mpmath.mpf(10) ** (-mpmath.mp.dps // 2) * (1 + abs(first)):
            raise InternalFaultError(f"the equation of {name} as it is shown is not the sum of its terms",
                                     instead="please report the model file as a fault of symdiff")  # fmt: skip


def _outermost_derivatives(e: sp.Basic) -> Iterator[sp.Derivative]:
    """Derivatives that stand in no other derivative."""
    if isinstance(e, sp.Derivative):
        yield e
    else:
        for a in e.args:
            yield from _outermost_derivatives(a)


class CrowdProbe(SmoothComparison):
    """All numbers at one eps; the last variable of the jets is time, in discrete time."""

    def __init__(self, model: JumpModel, regime: ScalingRegime, result: CrowdResult, exponent: int) -> None:
        empty = Result([], None, None, result.known_below, sp.Integer(0), False)
        super().__init__(Probe(model, regime, empty, exponent, False))
        self.names, self.crowd = model.state_names, result
        self.fugacity = fugacity(model).name if model.crowd.site_rate is not None else ""
        generator = random.Random(SEED + 2)
        powers = {str(k): p for k, p in regime.powers}
        self.heights_of = {n: self.probe.shrink(_own_power(n, model, powers)) for n in self.names}
        share = self._room() / len(self.names)
        for name in self.names:
            _, parts = self._random_wave(generator, model.dimension)
            small = [(height * share / 2, q, phase) for height, q, phase in parts]
            self.waves[name] = (share * mpmath.mpf(generator.randint(350, 550)) / 1000, small)
        order = max(_highest_derivative(e) for e in (*result.shown, *(e for t in result.terms for _, e in t)))
        self.weight = max(
            1, order
        )  # of one power of time, in degrees of the jets: a rate takes so many derivatives at most
        self.degree = order if self.probe.tau is None else self._steps() * self.weight
        self._reshape(model.dimension, self.degree)
        self.current: Mapping[str, NumericJet] | None = None
        self._waved: dict[AppliedUndef, Number] = {}
        self._places: dict[tuple[sp.Symbol, sp.Expr], Number] = {}
        self._axes = model.coordinate_symbols

    def _steps(self) -> int:
        """How often the evolution operator can count in one time step."""
        lowest = min((float(p) for terms in self.crowd.terms for p, _ in terms), default=1.0) + self.advance
        return max(1, int((self.probe.known_below + self.advance) / max(lowest, 0.5)))

    def _reshape(self, dimension: int, degree: int) -> None:
        self.shape = NumericJet({}, dimension, degree)
        self.jets = jet_arithmetic(dimension, degree)
        zero = (0,) * dimension
        slopes = [
            {tuple(int(i == n) for i in range(dimension)): mpmath.mpf(1)} if degree else {} for n in range(dimension)
        ]
        self.local = {
            c: NumericJet({zero: x} | slopes[n], dimension, degree)
            for n, (c, x) in enumerate(zip(self.model.coordinate_symbols, self.point, strict=True))
        }
        self.explicit = (
            self.local if self.probe.long_wave else {c: x.times(1 / self.probe.unit) for c, x in self.local.items()}
        )
        self.constants = {s: self.shape.constant(v) for s, v in self.probe.values.items()}
        self._values.clear()
        self._calls.clear()
        self._plain_calls.clear()
        self._derivatives: dict[tuple[sp.Derivative, Number], NumericJet] = {}

    # --- densities ------------------------------------------------------------------------------------------------

    def _called(self, e: AppliedUndef, orders: tuple[int, ...], per_derivative: Number) -> NumericJet:
        name, d = e.func.__name__, self.model.dimension
        if name == self.fugacity:
            return self.value(e.args[0]).compose(self._fugacity_series)
        if name.startswith(
            SLOW
        ):  # a coordinate that is written out: the displacement counts like that of any slow function
            c = next(c for c in self.model.coordinate_symbols if c.name == name.removeprefix(SLOW))
            shift: NumericJet = (self.value(e.args[0]) - self.explicit[c]) * self.probe.unit
            return self.local[c] + shift
        if name not in self.heights_of:
            return super()._called(e, orders, per_derivative)
        if any(orders):
            raise InternalFaultError("a derivative of a density reached the wrong rule")
        place = e.args[:d]
        if self.current is not None and tuple(place) == tuple(self.model.coordinate_symbols):
            return self.current[name]
        arguments = [self.value(a) for a in place]
        places = [self.local[c] + (a - self.explicit[c]) * self.probe.unit
                  for c, a in zip(self.model.coordinate_symbols, arguments, strict=True)]  # fmt: skip
        return self._wave_value(name, places, (0,) * d).times(self.heights_of[name])

    @cached_property
    def _site_rate(self) -> Callable[[int], Number]:
        """The rate of a site by its number of agents, in numbers."""
        n = sp.Dummy("n")
        rate, arithmetic = site_rate_of(self.model, n), mp_arithmetic()
        return cache(lambda m: evaluate(rate, {**self.probe.values, n: mpmath.mpf(m)}, arithmetic))

    def _room(self) -> Number:
        """One agent a site; less where the rate of a site falls with its number, as agents gather on single sites beyond some density."""
        if not self.fugacity:
            return mpmath.mpf(1)
        first, far = self._site_rate(1), self._site_rate(1000)
        return min(mpmath.mpf(1), far / first) if far > 0 and first > 0 else mpmath.mpf(1)

    def _fugacity_series(self, density: Number, order: int) -> list[Number]:
        """Taylor coefficients of z(C): the weights of all numbers are summed, and C(z) is inverted."""
        return fugacity_series(self._site_rate, density, order)

    def number_of(self, expression: sp.Expr, unit: Number) -> NumericJet:
        """An expression with derivatives, each of which costs ``unit``."""
        known = {e: self._derivative(e, unit) for e in _outermost_derivatives(expression)}
        found = evaluate(expression, {**self.constants, **self.explicit, **known}, self.jets, self.call)
        return found if isinstance(found, NumericJet) else self.shape.constant(found)

    def _derivative(self, e: sp.Derivative, unit: Number) -> NumericJet:
        """The value of a derivative, kept while the densities stay."""
        found = self._derivatives.get((e, unit))
        if found is None:
            alpha = [0] * self.shape.dimension  # in discrete time the last variable is time
            for variable, count in e.variable_count:
                alpha[self.model.coordinate_symbols.index(variable)] += int(count)
            found = self.number_of(e.expr, unit).derivative(tuple(alpha)).times(unit ** sum(alpha))
            self._derivatives[e, unit] = found
        return found

    def plain(self, expression: sp.Expr) -> Number:
        """The value where a derivative costs nothing."""
        return self.number_of(expression, mpmath.mpf(1)).value

    # --- both sides -----------------------------------------------------------------------------------------------

    def exact(self) -> list[Number]:
        """The right-hand side of the mean-field master equation at the point; jets are numbers from here on, where it has no slopes."""
        found = []
        model = _with_slow_places(self.model) if self.probe.long_wave else self.model
        equations = crowd_master_equation(model).equations
        plain = not any(e.rhs.has(sp.Derivative) for e in equations)
        if plain:
            self._reshape(self.model.dimension, 0)
        in_numbers = (
            plain and not law_names(self.model) and not self.fugacity and not composed_definitions(self.model.functions)
        )
        for equation in equations:
            total = mpmath.mpf(0)
            for term in sp.Add.make_args(equation.rhs):
                total += self._in_numbers(term) if in_numbers else self._with_laws(term)
            found.append(total)
        return found

    @cached_property
    def _numbers(self) -> dict[sp.Basic, Number]:
        """The parameters and the point."""
        at = {c: x.value for c, x in self.explicit.items()}
        return {**{s: c.value for s, c in self.constants.items()}, **at}

    def _in_numbers(self, e: sp.Expr) -> Number:
        """What has no slopes and no laws, in numbers alone."""
        return evaluate(e, self._numbers, mp_arithmetic(), self._called_in_numbers)

    def _called_in_numbers(self, e: AppliedUndef, orders: tuple[int, ...]) -> Number:
        """A density by its waves, other functions by their jets."""
        name = e.func.__name__
        if name not in self.heights_of or any(orders):
            return self.call(e, orders).value
        known = self._waved.get(e)
        if known is None:
            known = self._waved[e] = self._wave_at(name, e.args[: self.model.dimension])
        return known

    def _wave_at(self, name: str, place: Sequence[sp.Expr]) -> Number:
        """The value of a density at a displaced place."""
        offset, parts = self.waves[name]
        at = []
        for c, a in zip(self._axes, place, strict=True):
            if (c, a) not in self._places:
                moved = (self._in_numbers(a) - self._numbers[c]) * self.probe.unit
                self._places[c, a] = self.local[c].value + moved
            at.append(self._places[c, a])
        total = offset
        for height, frequencies, phase in parts:
            total += height * mpmath.sin(mpmath.fdot(zip(at, frequencies, strict=True)) + phase)
        return total * self.heights_of[name]

    def _with_laws(self, term: sp.Expr) -> Number:
        """A term of the master equation; an integral over a step law becomes a sum over nodes with its moments."""
        if term.has(sp.Derivative):  # the motion inside a state
            return self.number_of(term, self.probe.unit).value
        numbers: dict[sp.Basic, sp.Basic] = {}
        for integral in term.atoms(sp.Integral) if law_names(self.model) else ():
            numbers[integral] = self._constant(self._over_law(integral))
        return self.value(term.xreplace(numbers)).value

    def _constant(self, number: Number) -> sp.Dummy:
        symbol = sp.Dummy("s", real=True)
        self.constants[symbol] = self.shape.constant(number)
        self.probe.values[symbol] = number
        return symbol

    def _over_law(self, integral: sp.Integral) -> Number:
        (r,) = integral.variables
        name, law = next((n, law) for law, n in law_names(self.model).items() if integral.has(sp.Function(n)))
        body = integral.function.xreplace({sp.Function(name)(r): sp.Integer(1)})
        nodes = _nodes(law, self.probe.number, int(self.probe.known_below) + self.advance + 2)
        return mpmath.fsum(w * self.value(body.xreplace({r: self._constant(node)})).value for node, w in nodes)

    def derived(self, n: int) -> NumericJet:
        """The derived right-hand side of one density, discarded terms included."""
        total = self.shape.constant(mpmath.mpf(0))
        for power, expression in self.crowd.terms[n]:
            if self.probe.long_wave:
                value = self.number_of(expression, mpmath.mpf(1)).times(self.probe.shrink(power))
            else:
                value = self.number_of(expression, self.probe.unit)
            total = total + value
        return total

    def residuals(self) -> list[tuple[str, float, Number]]:
        """(density, the power that is required, exact minus derived)."""
        names = list(enumerate(self.names))
        own = [float(mpmath.log(self.heights_of[n]) / mpmath.log(self.probe.eps)) for n in self.names]
        required = [self.probe.known_below + w for w in own]
        if self.probe.tau is None:
            derived = [self.derived(i).value for i, _ in names]
            return [(n, required[i], now - derived[i]) for (i, n), now in zip(names, self.exact(), strict=True)]
        later, exact = self._solved(), self.exact()
        return [(n, required[i], (exact[i] - later[i]) / self.probe.tau) for i, n in names]

    def _solved(self) -> list[Number]:
        """The derived equation solved for one time step, as a power series in time about the point (Picard's iteration)."""
        d, steps = self.model.dimension, self._steps()
        self._reshape(d + 1, self.degree)
        start = {n: self.value(sp.Function(n)(*self.model.coordinate_symbols)) for n in self.names}
        current: Mapping[str, NumericJet] = start
        for _ in range(steps):
            self.current = current
            self._values.clear()
            self._calls.clear()
            self._derivatives.clear()
            rates = [self.derived(i) for i in range(len(self.names))]
            current = {n: start[n] + _in_time(rates[i], self.weight) for i, n in enumerate(self.names)}
        self.current = None
        self._derivatives.clear()
        assert self.probe.tau is not None
        return [_at_time(current[n], self.probe.tau, self.weight) for n in self.names]


@lru_cache(maxsize=2)  # the same for both values of eps
def _with_slow_places(model: JumpModel) -> JumpModel:
    """The same rules with a function of place for every coordinate that stands in a rate by itself."""
    change = {c: sp.Function(f"{SLOW}{c.name}")(c) for c in model.coordinate_symbols}

    def slow(e: sp.Basic) -> sp.Basic:
        if isinstance(e, (AppliedUndef, sp.Derivative)) or not e.has(*change):
            return e
        return change[e] if e in change else e.func(*map(slow, e.args))

    jumps = tuple(replace(j, intensity=slow(j.intensity)) for j in model.jumps)
    reactions = tuple(replace(r, intensity=slow(r.intensity)) for r in model.crowd.reactions)
    if jumps == model.jumps and reactions == model.crowd.reactions:
        return model
    return make_model({**vars(model), "jumps": jumps, "crowd": replace(model.crowd, reactions=reactions)})


def _own_power(name: str, model: JumpModel, powers: Mapping[str, Fraction]) -> Fraction:
    """The power of eps of a density, or of the named sum to which it belongs."""
    sums = [total for total, members in model.densities if name in members]
    return next((powers[n] for n in (name, *sums) if n in powers), Fraction(0))


def _highest_derivative(expression: sp.Expr) -> int:
    if isinstance(expression, sp.Derivative):
        return sum(int(n) for _, n in expression.variable_count) + _highest_derivative(expression.expr)
    return max((_highest_derivative(a) for a in expression.args), default=0)


def _in_time(rate: NumericJet, weight: int) -> NumericJet:
    """The integral over time from zero; one power of time counts ``weight`` degrees."""
    shifted = {
        (*i[:-1], i[-1] + weight): c / (i[-1] // weight + 1)
        for i, c in rate.coefficients.items()
        if sum(i) + weight <= rate.degree
    }
    return NumericJet(shifted, rate.dimension, rate.degree)


def _at_time(series: NumericJet, time: Number, weight: int) -> Number:
    return mpmath.fsum(c * time ** (i[-1] // weight) for i, c in series.coefficients.items() if not any(i[:-1]))


def _nodes(law: StepLaw, number: Any, degree: int) -> list[tuple[Number, Number]]:
    """Nodes and weights of the Gauss rule with the moments of a law up to ``degree`` (Golub and Welsch)."""
    size = degree // 2 + 1
    moments = [number(law.raw_moment(n)) for n in range(2 * size)]
    alpha, beta = _recurrence(moments, size)
    jacobi = mpmath.matrix(size, size)
    for i in range(size):
        jacobi[i, i] = alpha[i]
        if i + 1 < size:
            jacobi[i, i + 1] = jacobi[i + 1, i] = mpmath.sqrt(beta[i + 1])
    values, vectors = mpmath.eigsy(jacobi)
    return [(values[i], vectors[0, i] ** 2) for i in range(size)]


def _recurrence(moments: list[Number], size: int) -> tuple[list[Number], list[Number]]:
    """The coefficients of the orthogonal polynomials of a law, from its moments (Chebyshev's algorithm)."""
    before = [mpmath.mpf(0)] * (2 * size)
    now = list(moments)
    alpha, beta = [now[1] / now[0]], [mpmath.mpf(0)]
    for k in range(1, size):
        later = [mpmath.mpf(0)] * (2 * size)
        for j in range(k, 2 * size - k):
            later[j] = now[j + 1] - alpha[k - 1] * now[j] - beta[k - 1] * before[j]
        alpha.append(later[k + 1] / later[k] - now[k] / now[k - 1])
        beta.append(later[k] / now[k - 1])
        before, now = now, later
    return alpha, beta
