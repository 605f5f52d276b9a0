"""The second route for models that depend on place: the backward operator on smooth functions, in numeric jets."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import Any

import mpmath
import sympy as sp
from sympy.core.function import AppliedUndef

from symdiff.continuum.confirmation_probe import SEED, OperatorTerm, Probe
from symdiff.continuum.numeric_jets import NumericJet, jet_arithmetic
from symdiff.equations.evolution_equation import fractional_parts
from symdiff.errors import NotYetError
from symdiff.model.definitions import composed_definitions, expand_definitions
from symdiff.model.jump_model import Jump
from symdiff.model.motion import Motion
from symdiff.model.number_laws import is_number_law, number_transform
from symdiff.model.step_law import StepLaw
from symdiff.notation.evaluation import evaluate

Number = Any
Index = tuple[int, ...]


class SmoothComparison:
    """The comparison on smooth functions, for models that depend on place.

    With ``lengths``, the random lengths of a step law, all jets are polynomials in these as well. ``degree`` is that of the
    jets; without it, what the operator takes.
    """

    def __init__(self, probe: Probe, lengths: tuple[sp.Symbol, ...] = (), degree: int | None = None) -> None:
        self.probe, self.model, self.lengths = probe, probe.model, lengths
        result, d = probe.result, probe.model.dimension
        dimension = d + len(lengths)
        generator = random.Random(SEED + 1)
        self.advance = 0 if probe.tau is None else round(float(mpmath.log(probe.tau) / mpmath.log(probe.eps)))
        terms = [t for row in result.operator for x in row for t in x]
        per_power = max((sum(t.space) / max(0.5, float(t.power) + self.advance) for t in terms), default=1.0)
        # every derivative costs a power of eps, or what the operator itself says
        self.degree = max(2, int(max(1.0, per_power) * (probe.known_below + self.advance)) + 1)
        self.degree = max(self.degree, max((sum(t.space) for t in terms), default=0))
        if degree is not None:
            self.degree = degree
        self.shape = NumericJet({}, dimension, self.degree)
        self.point = [mpmath.mpf(generator.randint(150, 450)) / 1000 for _ in range(d)]
        self.jets = jet_arithmetic(dimension, self.degree)
        self.local = {
            c: NumericJet(
                {(0,) * dimension: x} | ({_unit(dimension, n): mpmath.mpf(1)} if self.degree else {}),
                dimension,
                self.degree,
            )
            for n, (c, x) in enumerate(zip(probe.model.coordinate_symbols, self.point, strict=True))
        }
        # a coordinate written out is a slow function of the site left in the long-wave regime, else it is as long as space
        self.explicit = self.local if probe.long_wave else {c: x.times(1 / probe.unit) for c, x in self.local.items()}
        self.constants = {s: self.shape.constant(v) for s, v in probe.values.items()}
        for n, s in enumerate(lengths):
            self.constants[s] = NumericJet({_unit(dimension, d + n): mpmath.mpf(1)}, dimension, self.degree)
        self.waves = {f.name: self._random_wave(generator, len(f.arguments)) for f in probe.model.functions}
        self._values: dict[sp.Expr, NumericJet] = {}
        self._coefficients: dict[OperatorTerm, NumericJet] = {}
        self._plain_calls: dict[tuple[AppliedUndef, Index], NumericJet] = {}
        self._calls: dict[tuple[AppliedUndef, Index], NumericJet] = {}
        size = len(probe.model.state_names)
        self.tests = [[mpmath.mpf(generator.randint(300, 900)) / 1000 for _ in range(d)] for _ in range(size)]
        self.heights = [mpmath.mpf(generator.randint(500, 900)) / 1000 for _ in range(size)]
        if probe.heavy:  # steps of heavy tails have averages of waves only, and act on one wave at a time
            self.tests = [[mpmath.mpc(0, q) for q in self.tests[0]]] * size

    def _random_wave(
        self, generator: random.Random, arguments: int
    ) -> tuple[Number, list[tuple[Number, list[Number], Number]]]:
        parts = [(mpmath.mpf(generator.randint(100, 300)) / 1000,
                  [mpmath.mpf(generator.randint(300, 900)) / 1000 for _ in range(arguments)],
                  mpmath.mpf(generator.randint(0, 3000)) / 1000) for _ in range(2)]  # fmt: skip
        return mpmath.mpf("2.3"), parts

    # --- values ---------------------------------------------------------------------------------------------------

    def value(self, expression: sp.Expr) -> NumericJet:
        """A rate or a displacement as a jet in the macroscopic coordinate."""
        known = self._values.get(expression)
        if known is None:
            known = self._values[expression] = self._evaluated(expression, self.call)
        return known

    def coefficient(self, term: OperatorTerm) -> NumericJet:
        """A coefficient of the result with its powers of eps.

        In the long-wave regime the term's power says how many derivatives of functions of place it holds.
        """
        if not self.probe.long_wave:
            return self.value(term.coefficient)
        known = self._coefficients.get(term)
        if known is None:
            inner = float(term.power) - sum(term.space) - self._acting(term)
            plain = self._evaluated(term.coefficient, self._unscaled)
            known = self._coefficients[term] = plain.times(self.probe.unit**inner)
        return known

    def _acting(self, term: OperatorTerm) -> float:
        """How often |d| acts, by the number that stands for a symbolic index in the powers of the long-wave regime."""
        if term.fractional is None:
            return 0.0
        law = next(j.law for j in self.model.jumps if j.law is not None and j.law.singular)
        return float(law.stand_in(fractional_parts(term.fractional)[0]))

    def _evaluated(self, expression: sp.Expr, call: Callable[[AppliedUndef, Index], NumericJet]) -> NumericJet:
        expression = expand_definitions(expression, composed_definitions(self.model.functions))
        found = evaluate(expression, {**self.constants, **self.explicit}, self.jets, call)
        return found if isinstance(found, NumericJet) else self.shape.constant(found)

    def call(self, e: AppliedUndef, orders: Index) -> NumericJet:
        """A function of place at a displaced argument: what varies slowly is read at eps times the displacement."""
        known = self._calls.get((e, orders))
        if known is None:
            known = self._calls[e, orders] = self._called(e, orders, self.probe.unit)
        return known

    def _unscaled(self, e: AppliedUndef, orders: Index) -> NumericJet:
        known = self._plain_calls.get((e, orders))
        if known is None:
            known = self._plain_calls[e, orders] = self._called(e, orders, mpmath.mpf(1))
        return known

    def _called(self, e: AppliedUndef, orders: Index, per_derivative: Number) -> NumericJet:
        declared = next(f for f in self.model.functions if f.name == e.func.__name__)
        arguments = [self.value(a) for a in e.args]
        symbols = [sp.Symbol(name, real=True) for name in declared.arguments]
        places = [
            self.local[c] + (a - self.explicit[c]) * self.probe.unit for c, a in zip(symbols, arguments, strict=True)
        ]
        if declared.body is None:
            return self._wave_value(declared.name, places, orders).times(per_derivative ** sum(orders))
        inner = dict(zip(symbols, places if self.probe.long_wave else arguments, strict=True))
        body = declared.body
        for symbol, count in zip(symbols, orders, strict=True):
            body = sp.diff(body, symbol, count) if count else body
        found = evaluate(body, {**self.constants, **inner}, self.jets, self.call)
        result = found if isinstance(found, NumericJet) else self.shape.constant(found)
        return result.times(per_derivative ** sum(orders)) if self.probe.long_wave else result

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
        lossy = self.model.lossy
        result = [f if self.probe.tau is not None and not lossy else f * mpmath.mpf(0) for f in at_rest]
        for i, j, jump in self.model.transitions():
            if jump.law is not None and (
                jump.intensity.free_symbols & set(jump.law.variables) or self._stretched(jump)
            ):
                result[j] = result[j] + self._weighed_landing(i, j, jump, jump.law)
                continue
            weight = self.value(jump.intensity)
            if jump.law is None:
                landed = self.test_function(i, [self.value(r) for r in jump.displacement])
            else:
                landed = self._law_landing(i, jump)
            result[j] = result[j] + weight * (landed if lossy else landed - at_rest[j])
        for j in range(size):
            motion = self.model.motion_of(j)
            if motion is not None:
                result[j] = result[j] + self._moved(motion, at_rest[j])
        if self.model.crowd.reactions:
            if self.probe.tau is not None:
                raise NotYetError("reactions of walkers whose rates depend on place are handled in continuous time so far",
                                  where=self.model.crowd.reactions[0].label)  # fmt: skip
            for j, gained in self._reacted(at_rest):
                result[j] = result[j] + gained
        return result

    def _reacted(self, at_rest: list[NumericJet]) -> list[tuple[int, NumericJet]]:
        """What every reaction of single agents adds to W+ f in the state that it consumes."""
        found = []
        for j, rate, products, _ in self.model.single_reactions():
            gained = -at_rest[j]
            for i, away in products:
                gained = gained + self.test_function(i, [self.value(r) for r in away])
            found.append((j, self.value(rate) * gained))
        return found

    def _moved(self, motion: Motion, f: NumericJet) -> NumericJet:
        """v_i d_i f + D_ij d_ij f + a (d_j D_ij) d_i f, with the derivatives of D taken from its values."""
        d, unit = self.model.dimension, self.probe.unit
        total = f.constant(mpmath.mpf(0))
        for i, velocity in enumerate(motion.velocity):
            along = tuple(int(n == i) for n in range(d))
            drift = self.value(velocity)
            for j, entry in enumerate(motion.diffusivity[i] if motion.diffusivity else ()):
                spread, second = self.value(entry), tuple(int(n == j) for n in range(d))
                slope = spread.derivative(second).times(unit) * self.value(motion.evaluation)
                drift = drift + slope
                both = tuple(a + b for a, b in zip(along, second, strict=True))
                total = total + spread * f.derivative(both).times(unit**2)
            total = total + drift * f.derivative(along).times(unit)
        return total

    def _stretched(self, jump: Jump) -> bool:
        """Whether the step is a random length times a direction that depends on place."""
        places = set(self.model.coordinate_symbols)
        return any(e.free_symbols & places or e.atoms(AppliedUndef) for e in jump.direction)

    def _law_landing(self, state: int, jump: Any) -> NumericJet:
        """E f(X + unit (r + s e)) for an exponential test function: its value times E[exp(q unit s)]."""
        if is_number_law(jump.law):
            return self._number_landing(state, jump)
        landed = self.test_function(state, [self.value(r) for r in jump.displacement])
        along = [
            -self.probe.unit
            * mpmath.fsum(q * self.probe.number(e) for q, e in zip(self.tests[state], row, strict=True))
            for row in jump.directions
        ]
        return landed.times(self.probe.law_transform(jump.law, along))

    def _weighed_landing(self, state: int, source: int, jump: Jump, law: StepLaw) -> NumericJet:
        """E[w(X, s) (f(X + unit (r + s e)) - f(X))]: a polynomial in s, of which every power is averaged by itself."""
        wider = SmoothComparison(self.probe, law.variables)
        steps = [
            sp.Add(d, *(s * row[n] for s, row in zip(law.variables, jump.directions, strict=True)))
            for n, d in enumerate(jump.displacement)
        ]
        landed = wider.test_function(state, [wider.value(r) for r in steps])
        at_rest = wider.test_function(source, [wider.shape.constant(mpmath.mpf(0))] * self.model.dimension)
        gained = wider.value(jump.intensity) * (landed if self.model.lossy else landed - at_rest)
        d = self.model.dimension
        total: dict[Index, Number] = {}
        moments: dict[Index, Number] = {}
        for index, c in gained.coefficients.items():
            powers = index[d:]
            if powers not in moments:
                moments[powers] = self.probe.law_moment(law, powers)
            total[index[:d]] = total.get(index[:d], mpmath.mpf(0)) + c * moments[powers]
        return NumericJet(total, d, self.degree)

    def _number_landing(self, state: int, jump: Any) -> NumericJet:
        """The same for a law of numbers, whose arguments may depend on place."""
        landed = self.test_function(state, [self.value(r) for r in jump.displacement])
        along = mpmath.fsum(
            q * self.probe.number(e) for q, e in zip(self.tests[state], jump.directions[0], strict=True)
        ) * self.probe.unit  # fmt: skip
        factor = number_transform(jump.law, -along, self.value, self._to_power)
        grown: NumericJet = landed * factor
        return grown

    def _to_power(self, base: Any, exponent: Any) -> NumericJet:
        base = base if isinstance(base, NumericJet) else self.shape.constant(base)
        exponent = exponent if isinstance(exponent, NumericJet) else self.shape.constant(mpmath.mpf(exponent))
        result: NumericJet = self.jets.power(base, exponent)
        return result

    def adjoint(self, terms: Sequence[OperatorTerm], f: NumericJet) -> NumericJet:
        """sum (-1)^|a| A_a d^a f; a power of |d| multiplies a wave by that of its wave number."""
        total = f.constant(mpmath.mpf(0))
        for term in terms:
            order = sum(term.space)
            if term.fractional is not None:
                self._require_wave(f)
                wave = [q * self.probe.unit for q in self.tests[0]]
                factor = self.probe.modulus_power(wave, term.fractional) * mpmath.fprod(
                    (-q) ** n for q, n in zip(wave, term.space, strict=True)
                )
                total = total + f * self.coefficient(term) * factor
            elif order <= f.degree:
                total = total + f.derivative(term.space) * self.coefficient(term) * ((-self.probe.unit) ** order)
        return total

    def _require_wave(self, f: NumericJet) -> None:
        """A power of |d| is known on waves only."""
        still = [self.shape.constant(mpmath.mpf(0))] * self.model.dimension
        wave = self.test_function(0, still)
        gap = f * wave.value - wave * f.value
        largest = max((abs(c) for c in gap.coefficients.values()), default=mpmath.mpf(0))
        if largest > abs(wave.value) * max((abs(c) for c in f.coefficients.values()), default=1) * mpmath.mpf(10) ** (
            -mpmath.mp.dps // 2
        ):
            raise NotYetError("the second route knows a heavy tail beside coefficients of place at leading order only",
                              instead="ask for a lower --order")  # fmt: skip

    def residuals(self) -> list[tuple[str, float, Number]]:
        """Q+ T+ f - exp(tau L+) Q+ f at the point, per slow density."""
        result, probe = self.probe.result, self.probe
        if self._values_suffice():
            return SmoothComparison(probe, (), 0)._at_the_point()
        if probe.heavy and result.local_equilibrium is not None:
            return self._heavy_residuals()
        start, stepped = self._start(), self.backward_step()
        exact, current = self._projected(stepped), self._projected(start)
        if probe.tau is None:
            derived = self._apply(result.operator, current)
        else:
            derived = self._exponential(current)
        scale = mpmath.mpf(1) if probe.tau is None else probe.tau
        return [("evolution", probe.known_below, (e - d).value / scale) for e, d in zip(exact, derived, strict=True)]

    def _start(self) -> list[NumericJet]:
        still = [self.shape.constant(mpmath.mpf(0))] * self.model.dimension
        return [self.test_function(j, still) for j in range(len(self.model.state_names))]

    def _projected(self, functions: list[NumericJet], below: float = float("inf")) -> list[NumericJet]:
        """Q+ on a function of place and state, by the terms of Q below a power of eps."""
        q = self.probe.result.local_equilibrium
        if q is None:
            return functions
        return [
            _total([self.adjoint([t for t in q[i][a] if t.power < below], f) for i, f in enumerate(functions)])
            for a in range(len(self.probe.result.operator))
        ]

    def _heavy_residuals(self) -> list[tuple[str, float, Number]]:
        """With states: L on a wave that all states share, since a tail acts on waves only; and K Q = 0 at leading order."""
        probe, result = self.probe, self.probe.result
        if probe.tau is not None or len(result.operator) > 1:
            raise NotYetError("heavy tails beside fast states, at rates of place, are handled for one density in continuous time so far",
                              where="jumps")  # fmt: skip
        lowest = min(float(t.power) for t in result.operator[0][0])
        own, self.heights = self.heights, [self.heights[0]] * len(self.heights)
        (exact,), (derived,) = (
            self._projected(self.backward_step(), probe.known_below - lowest),
            self._apply(result.operator, [self._start()[0]]),
        )
        self.heights = own
        (still,) = self._projected(self.backward_step(), lowest)
        known, less = probe.known_below, probe.eps ** (probe.known_below - lowest)  # all measured by one power
        return [("evolution", known, (exact - derived).value), ("local equilibrium", known, still.value * less)]

    def _values_suffice(self) -> bool:
        """Whether no product is differentiated: one application of L+ to exponentials, and of W+ by plain jumps."""
        plain = all(j.law is None for j in self.model.jumps) and not self.model.motions
        return self.probe.tau is None and self.probe.result.local_equilibrium is None and plain

    def _at_the_point(self) -> list[tuple[str, float, Number]]:
        """The residuals by values alone: d^a of h exp(q.X) is q^a times it, so that no jet is needed."""
        probe, operator = self.probe, self.probe.result.operator
        still = [self.shape.constant(mpmath.mpf(0))] * self.model.dimension
        start = [self.test_function(j, still).value for j in range(len(operator))]
        found = []
        for a, stepped in enumerate(self.backward_step()):
            derived = mpmath.mpf(0)
            for b, row in enumerate(operator):
                for term in row[a]:
                    slope = mpmath.fprod((-probe.unit * q) ** n for q, n in zip(self.tests[b], term.space, strict=True))
                    derived += self.coefficient(term).value * slope * start[b]
            found.append(("evolution", probe.known_below, stepped.value - derived))
        return found

    def _exponential(self, functions: list[NumericJet]) -> list[NumericJet]:
        """exp(tau L+) f at the point, up to the power of eps that is compared.

        Every application of tau L+ costs at least its lowest power of eps, so later ones need fewer terms of L and
        fewer derivatives of what they act on.
        """
        probe = self.probe
        assert probe.tau is not None
        operator, faded = self._without_fading(probe.result.operator)
        terms = [t for row in operator for entry in row for t in entry]
        cheapest = min((float(t.power) for t in terms), default=0.0) + self.advance
        derivative = float(mpmath.log(probe.unit) / mpmath.log(probe.eps)) if probe.unit != 1 else 0.0
        known = probe.known_below + self.advance  # what is of this power was not derived
        negligible = probe.tau * probe.eps ** (probe.known_below + 2)
        derived, term = list(functions), functions
        for j in range(1, 3 + int(self.degree)):
            left = known - (j - 1) * cheapest
            affordable = [[[t for t in e if t.power + self.advance < left] for e in row] for row in operator]
            term = [x * (probe.tau / j) for x in self._apply(affordable, term)]
            if derivative > 0:
                term = [x.truncated(max(0, int((left - cheapest) / derivative))) for x in term]
            derived = [a + b for a, b in zip(derived, term, strict=True)]
            if max((abs(c) for x in term for c in x.coefficients.values()), default=0) < negligible:
                break
        return [x.times(faded) for x in derived]

    def _without_fading(
        self, operator: Sequence[Sequence[Sequence[OperatorTerm]]]
    ) -> tuple[Sequence[Sequence[Sequence[OperatorTerm]]], Number]:
        """The operator without a rate of order one per step at which all walkers die alike, and what it leaves of them."""
        fast = [
            [[t for t in e if t.power + self.advance <= 0 and not any(t.space) and self.coefficient(t).is_constant] for e in row]
            for row in operator
        ]  # fmt: skip
        rates = [mpmath.fsum(self.coefficient(t).value for t in row[i]) for i, row in enumerate(fast)]
        mixed = any(e for i, row in enumerate(fast) for j, e in enumerate(row) if i != j)
        if mixed or any(r != rates[0] for r in rates) or rates[0] == 0:
            return operator, mpmath.mpf(1)
        slow = [
            [[t for t in e if t not in out] for e, out in zip(row, gone, strict=True)]
            for row, gone in zip(operator, fast, strict=True)
        ]
        return slow, mpmath.exp(rates[0] * self.probe.tau)

    def _apply(
        self, operator: Sequence[Sequence[Sequence[OperatorTerm]]], functions: list[NumericJet]
    ) -> list[NumericJet]:
        """L+ on a vector of slow functions: (L+ f)_a = sum_b (L_ba)+ f_b."""
        return [
            _total([self.adjoint(operator[b][a], functions[b]) for b in range(len(operator))])
            for a in range(len(operator))
        ]


def _unit(dimension: int, n: int) -> Index:
    return tuple(int(i == n) for i in range(dimension))


def _total(parts: list[NumericJet]) -> NumericJet:
    total = parts[0]
    for part in parts[1:]:
        total = total + part
    return total
