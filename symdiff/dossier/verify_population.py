"""The exact tier for populations in the limit of a large system: the master equation on smooth densities of n/V.

At five sizes the exact rates of change of a density of x = n/V stand beside the right-hand side of the derived equation together
with its discarded terms, in many digits: what is left must fall as the first power that was not worked out. Drift and diffusion
are kept each at its own leading order, so that the equation alone is not right to one power of the size.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import mpmath
import sympy as sp

from symdiff.continuum.limit import ContinuumLimit
from symdiff.dossier.verify_claim import term_name
from symdiff.dossier.verify_crowd import draw_smooth
from symdiff.dossier.verify_exact import negative_control
from symdiff.dossier.verify_numbers import EpsPath, generator_for
from symdiff.equations.evolution_equation import EvolutionEquation, Term
from symdiff.errors import NotYetError
from symdiff.evidence.propagation.jets import JetDynamics
from symdiff.evidence.propagation.rate_of_change import Place, RateOfChange
from symdiff.evidence.solution.right_side import RightSide
from symdiff.model.jump_model import JumpModel
from symdiff.notation.evaluation import evaluate, mp_arithmetic
from symdiff.verification.convergence import Convergence, extrapolation, size
from symdiff.verification.tier import TierResult, frozen

Number = Any
Vector = list[Number]

LEVELS = (2, 4, 6, 8, 10)  # 1/V = 10**-2 ... 10**-10, times its value at eps = 1
PLACES = 6
BY_POLYNOMIALS = (4, 5, 6, 7, 8)  # levels, so large that one step's logarithm converges fast
FEW, DEGREE = 2, 12  # where Taylor polynomials are followed: a derivative costs half a power of the size
QUANTITY = "power of 1/V of (rate of change under the master equation - equation with its discarded terms)"


class PopulationTest:
    """One population in one regime: the exact numbers serve for every equation that is tested."""

    def __init__(self, model: JumpModel, limit: ContinuumLimit, path: EpsPath) -> None:
        population, equation = model.population, limit.equation
        if population is None or equation is None:
            raise NotYetError("there is no equation in scaled coordinates to test")
        if any(f.body is None for f in model.functions):
            raise NotYetError("populations with open functions are not cross-checked yet")
        self.model, self.limit, self.path, self.equation = model, limit, path, equation
        self.stepwise = model.clock == "discrete" or any(j.law is not None for j in model.jumps)
        levels = BY_POLYNOMIALS if self.stepwise else LEVELS
        self.digits = 40 + LEVELS[-1] * (int(abs(limit.kept_power)) + 10)
        with mpmath.workdps(self.digits):
            self.kept = _mp(limit.kept_power)
            self.eps = [mpmath.mpf(10) ** -n for n in levels]
            self.values = [path.values(e) for e in self.eps]
            generator = generator_for(model, "densities")
            self.density = draw_smooth(generator, model.dimension)
            self.places = [
                tuple(mpmath.mpf(generator.randint(100, 900)) / 1000 for _ in model.coordinates) for _ in range(PLACES)
            ]
            sizes = [evaluate(population.system_size, v, mp_arithmetic()) for v in self.values]
            if self.stepwise:
                self.places = self.places[:FEW]
            self.exact = [self._exact(v, s) for v, s in zip(self.values, sizes, strict=True)]
            self.scale = size(self.exact[0]) or mpmath.mpf(1)
            self.start = evaluate(limit.remainder_power, self.values[-1], mp_arithmetic()) - self.kept
            self.own, self.extra = self.table(equation.right), self.table([t for d in limit.discarded for t in d.terms])

    def _exact(self, values: Any, system: Number) -> Vector:
        if self.stepwise:
            return self._by_polynomials(values, system)
        rates = RateOfChange(self.model, values, {})

        def density(place: Place, orders: tuple[int, ...]) -> Number:
            return self.density(tuple(n / system for n in place), orders)

        return [rates.at(tuple(x * system for x in place), density) for place in self.places]

    def _by_polynomials(self, values: Any, system: Number) -> Vector:
        """On Taylor polynomials: time steps, and laws of the new number."""
        if self.model.dimension != 1:
            raise NotYetError(
                "populations of several kinds that change in time steps are not cross-checked in this tier yet"
            )
        found = []
        for (x,) in self.places:
            slopes = [self.density((x,), (n,)) / mpmath.factorial(n) / system**n for n in range(DEGREE + 1)]
            dynamics = JetDynamics(self.model, values, {}, x * system, DEGREE, mpmath.mpf(10) ** -60)
            found.append(dynamics.rate_of_change(slopes))
        return found

    def table(self, terms: Sequence[Any]) -> list[list[Vector]]:
        """Every term at every size and place."""
        side = RightSide(replace(self.equation, right=tuple(terms)))
        fields = {self.equation.density: self.density}
        return [[side.at(p, v, fields) for p in self.places] for v in self.values]

    def errors(self, change: tuple[int, Number] | None = None, *, alone: bool = False) -> list[Vector]:
        """Exact minus equation, with its discarded terms or ``alone``; ``change`` multiplies one term by a factor."""
        found = []
        for i, exact in enumerate(self.exact):
            vector = []
            for own, extra, value in zip(self.own[i], self.extra[i], exact, strict=True):
                total = mpmath.fsum(own) + (0 if alone else mpmath.fsum(extra))
                if change is not None:
                    total += own[change[0]] * (change[1] - 1)
                vector.append((value - total) / self.eps[i] ** self.kept / self.scale)
            found.append(vector)
        return found

    def study(self, errors: list[Vector], below: Number = 0) -> Convergence:
        """The limit of the differences over eps**below."""
        ladder = [self.start + n - below for n in range(len(LEVELS))]
        noise = [mpmath.mpf(10) ** (-self.digits + 15) / e ** (self.kept + below + 2) for e in self.eps]
        divided = [[x / e**below for x in v] for v, e in zip(errors, self.eps, strict=True)]
        return extrapolation(self.eps, ladder)(divided, noise)


def population_tier(
    model: JumpModel, limit: ContinuumLimit, path: EpsPath, users: EvolutionEquation | None = None
) -> TierResult:
    """The verdict on the equation of a population in scaled coordinates, or on the user's own.

    A user's equation is compared, coefficient by coefficient, with the derived one, once this has passed.
    """
    test = PopulationTest(model, limit, path)
    with mpmath.workdps(test.digits):
        own = _verdict(test)
        return own if users is None or not own.passed else _users_verdict(test, users, own)


def _verdict(test: PopulationTest) -> TierResult:
    errors = test.errors()
    main, slower = test.study(errors), test.study(errors, test.start - 1)
    checks = {
        "a kept coefficient is wrong: the difference does not vanish for large systems": main.vanishes,
        "the discarded terms do not account for the difference": slower.vanishes,
    }

    def study(index: int, factor: Number) -> Convergence:
        return test.study(test.errors((index, factor)))

    named: list[tuple[str, Callable[[Number], Convergence]]] = [
        (term_name(test.equation, t), partial(study, n))
        for n, t in enumerate(test.equation.right)
        if t.coefficient != 0
    ]
    control, detectable = negative_control(main, named)
    passed: bool | None = all(checks.values())
    why = "; ".join(reason for reason, fine in checks.items() if not fine)
    if passed and not control.rejected:
        passed, why = None, "the negative control was not rejected: this run could not have seen an error"
    details = frozen(
        floor=float(main.floor), floor_threshold=float(main.threshold), differences=[float(s) for s in main.sizes],
        differences_of_the_equation_alone=[float(size(v)) for v in test.errors(alone=True)],
        levels=[mpmath.nstr(e, 3) for e in test.eps], digits=test.digits, values=test.path.base.texts(), drawn=list(test.path.base.drawn),
    )  # fmt: skip
    return TierResult(
        "exact", True, why or "the master equation and the equation agree to the order that the regime keeps", test.limit.regime.name,
        QUANTITY, float(test.start), None if main.order is None else float(main.order), float(main.threshold), passed, detectable, control,
        details,
    )  # fmt: skip


Coefficients = dict[tuple[int, ...], sp.Expr]
OTHER = "a coefficient is wrong: the equation is neither the one that was tested nor a more accurate one"


def _users_verdict(test: PopulationTest, users: EvolutionEquation, own: TierResult) -> TierResult:
    """The user's drift must be right to the order of the noise; it may have the terms that the derivation discarded, or not."""
    if users.left != (Term(sp.Integer(1), users.density, (0,) * len(users.coordinates), 1),):
        raise NotYetError("equations of populations with another left-hand side than P_t are not cross-checked yet")
    kept = [*test.equation.right]
    more = [*kept, *(t for d in test.limit.discarded for t in d.terms)]
    claimed = _inside(users.right, users.coordinates)
    found = [_compared(test, claimed, _inside(terms, users.coordinates)) for terms in (kept, more)]
    main = next((c for c in found if c.vanishes), found[-1])
    reference = _inside(kept if found[0].vanishes else more, users.coordinates)
    changed = {n: {**claimed, n: c * (1 + sp.Rational(1, 10**6))} for n, c in claimed.items() if c != 0}

    def study(orders: tuple[int, ...], factor: Number) -> Convergence:
        wrong = changed[orders] if factor != 2 else {**claimed, orders: 2 * claimed[orders]}
        return _compared(test, wrong, reference)

    control, detectable = negative_control(
        main, [(term_name(users, Term(sp.Integer(1), users.density, n)), partial(study, n)) for n in changed]
    )
    return replace(own, why=own.why if main.vanishes else OTHER, passed=main.vanishes, uncertainty=float(main.threshold),
                   negative_control=control, smallest_detectable_error=detectable)  # fmt: skip


def _inside(terms: Sequence[Term], coordinates: tuple[sp.Symbol, ...]) -> Coefficients:
    """c_n of sum of d^n (c_n P), from terms of either form."""
    found: Coefficients = {}
    for t in terms:
        for lower in itertools.product(*(range(n + 1) for n in t.space)):
            rest = tuple(n - m for n, m in zip(t.space, lower, strict=True))
            if t.inside and any(rest):
                continue
            factor = (-1) ** sum(rest) * math.prod(math.comb(n, m) for n, m in zip(t.space, lower, strict=True))
            orders = [(x, n) for x, n in zip(coordinates, rest, strict=True) if n]
            slope = sp.diff(t.coefficient, *orders) if orders else t.coefficient
            found[lower] = found.get(lower, sp.Integer(0)) + factor * slope
    return found


def _compared(test: PopulationTest, claimed: Coefficients, reference: Coefficients) -> Convergence:
    """The differences of all coefficients, in units of the noise: of P and its slope too."""
    errors = []
    for i, values in enumerate(test.values):
        vector = []
        for n in {*claimed, *(n for n in reference if sum(n) < 3)}:  # higher derivatives may be left out
            for place in test.places:
                local = {**values, **dict(zip(test.equation.coordinates, place, strict=True))}
                a, b = (evaluate(c.get(n, sp.Integer(0)), local, mp_arithmetic()) for c in (claimed, reference))
                vector.append((a - b) / test.eps[i] ** max(1, sum(n) - 1))
        errors.append(vector)
    noise = [mpmath.mpf(10) ** (15 - test.digits) / e**2 for e in test.eps]
    return extrapolation(test.eps, [mpmath.mpf(n) for n in range(1, len(LEVELS) + 1)])(errors, noise)


def _mp(value: Any) -> Number:
    return mpmath.mpf(value.numerator) / value.denominator
