"""Whether two sides agree in a regime: exactly in the long-wave regime, else to the order that the regime keeps."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from typing import TypeVar

import sympy as sp
from sympy.core.function import AppliedUndef

from symdiff.algebra.differential_ring import DifferentialRing
from symdiff.algebra.equality import Answer, Comparison, compare
from symdiff.algebra.expansion import Expansion, Grading
from symdiff.algebra.graded import GradedSeries
from symdiff.continuum.derivation import with_ring
from symdiff.continuum.generator import register_small, ungraded
from symdiff.continuum.limit import ContinuumLimit
from symdiff.continuum.observables.moments import averages_are_leading
from symdiff.continuum.observables.result import ObservableResult
from symdiff.continuum.regimes import LONG_WAVE, PreparedRegime, prepare
from symdiff.dossier.lattice_law import on_sites, reached_site
from symdiff.dossier.named_in import APART, named_in_rules
from symdiff.errors import SymdiffError
from symdiff.model.jump_model import JumpModel
from symdiff.model.scaling_path import draw_values

T = TypeVar("T")
LAPLACE = sp.Symbol("s", positive=True)  # the Laplace variable
ATTEMPTS = 40  # draws before values that allow no law are taken
LONGEST_PRODUCT = 300  # operations of a side that is multiplied out
DEPTH = 6  # powers of eps to which both sides are expanded beyond their leading one


@dataclass(frozen=True)
class Arena:
    """A model, one of its limits (None: the lattice, where everything is exact), and the observables that were worked out."""

    model: JumpModel
    limit: ContinuumLimit | None
    observables: tuple[ObservableResult, ...] = ()
    empty: bool = False  # whether growth rates are those about the state without anybody
    at_sites: bool = False  # whether place and time are those of a walker on its lattice
    borrowed: ContinuumLimit | None = (
        None  # whose constant coefficients a claim about exact averages may name, on the lattice
    )
    positive: tuple[sp.Expr, ...] = ()  # what must be positive wherever the claim speaks of something, such as a law

    @property
    def exact(self) -> bool:
        """Whether both sides must agree to all orders."""
        return self.limit is None or self.limit.regime.origin == "long-wave"

    @property
    def large_system(self) -> bool:
        """Whether the limit is that of a population in shares x = n/V."""
        return self.limit is not None and self.limit.in_shares

    def draw(self) -> Callable[[random.Random], Mapping[sp.Symbol, Fraction]]:
        """Values that satisfy the model's assumptions; none of them zero, which would hide terms, where that is possible."""

        places = {*self.model.coordinate_symbols, self.model.time}
        others = sorted({s for e in self.positive for s in e.free_symbols} - places, key=str)

        def drawn(
            generator: random.Random, found: Mapping[sp.Symbol, Fraction] | None = None
        ) -> dict[sp.Symbol, Fraction]:
            values = dict(draw_values(self.model, generator) if found is None else found)
            return values | {s: Fraction(generator.randint(1, 99), 10) for s in others if s not in values}

        def once(generator: random.Random) -> Mapping[sp.Symbol, Fraction]:
            simple = draw_values(self.model, generator, simple=True)
            found = drawn(generator, simple if all(simple.values()) else None)
            if self.at_sites:
                return found | reached_site(self.model, found, generator)
            found = found | self._whole_steps(found, generator)
            return on_sites(self.model, found, _places(self.model), generator) if self.limit is None else found

        def draw(generator: random.Random) -> Mapping[sp.Symbol, Fraction]:
            found = once(generator)
            for _ in range(ATTEMPTS if self.positive else 0):
                if all(_is_positive(e, found) for e in self.positive):
                    break
                found = drawn(generator)
            return found

        return draw

    def _whole_steps(self, values: Mapping[sp.Symbol, Fraction], generator: random.Random) -> dict[sp.Symbol, Fraction]:
        """A time of so many steps, where the lattice itself is compared: powers such as (2 p - 1)^n are real there."""
        if self.limit is not None or self.model.time_step is None:
            return {}
        exact = {s: sp.Rational(v.numerator, v.denominator) for s, v in values.items()}
        time = generator.randint(2, 7) * self.model.time_step.xreplace(exact)
        return {self.model.time: Fraction(int(time.p), int(time.q))} if time.is_Rational else {}

    def equal(self, left: sp.Expr, right: sp.Expr, least_power: Fraction | None = None) -> Comparison:
        """Compare two sides; ``least_power`` is the power from which on a difference does not count, where it is known."""
        if (listed := _listed_sites(left, right, self.model)) and self.limit is None:
            return self._site_by_site(left, right, listed)
        left, right = (self.up_to_logarithms(side) for side in (left, right))
        plain = compare(left, right, self.model.coordinate_symbols, self.draw())
        if self.exact or plain.answer is Answer.PROVED or left.has(sp.oo) or right.has(sp.oo):
            return plain
        try:
            found = self._to_leading_order(left, right, least_power, plain)
        except SymdiffError:
            found = Comparison(Answer.UNDECIDED)
        if (
            found.answer is Answer.UNDECIDED
            and plain.answer is Answer.REFUTED
            and (self._are_of_shares(left, right) or self._are_powers(left, right))
        ):
            return plain  # each side is its own leading part
        if found.answer is Answer.UNDECIDED and plain.answer is Answer.REFUTED and least_power is None:
            return plain if self._apart_in_numbers(left, right) else found
        late = self._at_late_times(left, right, plain) if found.answer is Answer.PROVED else None
        return found if late is None else late

    @cached_property
    def _logarithmic(self) -> bool:
        """Whether the limit's coefficients hold the logarithm of time, up to whose relative order the limit is known."""
        if self.limit is None or self.model.depends_on_time:
            return False
        t = self.model.time
        return averages_are_leading(self.model, self.limit) or any(
            c.has(t) for _, e in self.limit.coefficients for c in e.atoms(sp.log)
        )

    def up_to_logarithms(self, side: sp.Expr) -> sp.Expr:
        """The leading part in log(t) where the limit leaves out terms of relative order 1/log(t): log(t/t0) is log(t) there."""
        t = self.model.time
        if not self._logarithmic or not side.has(sp.log(t), sp.log) or side.atoms(AppliedUndef, sp.Derivative):
            return side
        return self._without_lower_logarithms(side)

    def _without_lower_logarithms(self, side: sp.Expr) -> sp.Expr:
        """Of sums, products and powers of polynomials in log(t); the side itself where it is no such thing."""
        t, large = self.model.time, sp.Dummy("L", positive=True)
        if side.is_Mul:
            return sp.Mul(*(self._without_lower_logarithms(factor) for factor in side.args))
        if side.is_Pow and not side.exp.has(t):
            leading = self._without_lower_logarithms(side.base)
            rest, logs = leading.as_independent(sp.log(t), as_Add=False)
            base, power = logs.as_base_exp()
            return rest**side.exp * base ** (power * side.exp)  # at late times log(t) > 0
        parts = [
            sp.expand(e.xreplace({sp.log(t): large})) for e in sp.fraction(sp.together(sp.expand_log(side, force=True)))
        ]
        if not all(e.is_polynomial(large) for e in parts):
            return side
        above, below = (sp.Poly(e, large) for e in parts)
        power = above.degree() - below.degree()
        return sp.cancel(above.LC() / below.LC()) * sp.log(t) ** power

    def _site_by_site(self, left: sp.Expr, right: sp.Expr, sites: list[dict[sp.Symbol, sp.Expr]]) -> Comparison:
        """Both sides at every site of a list: a value given site by site is compared with a formula nowhere else."""
        answers = set()
        for site in sites:
            found = compare(left.xreplace(site), right.xreplace(site), self.model.coordinate_symbols, self.draw())
            if found.answer is Answer.REFUTED:
                return replace(found, witness=(*((str(c), str(v)) for c, v in site.items()), *found.witness))
            answers.add(found.answer)
        return Comparison(Answer.PROVED if answers == {Answer.PROVED} else Answer.UNDECIDED)

    def _at_late_times(self, left: sp.Expr, right: sp.Expr, plain: Comparison) -> Comparison | None:
        """That two sides differ at times of the order of a system's size, where e^{-t/N} and e^{-2 t/N} are no longer 1; None where they do not."""
        t = self.model.time
        if not self.large_system or not (left.has(t) or right.has(t)) or plain.answer is not Answer.REFUTED:
            return None
        assert self.limit is not None
        ((size, _),) = self.limit.regime.powers
        slow = {t: size * t}
        try:
            found = self._to_leading_order(left.xreplace(slow), right.xreplace(slow), None, plain)
        except SymdiffError:
            return None
        return found if found.answer is Answer.REFUTED else None

    def power(self, side: sp.Expr) -> Fraction | None:
        """The power of eps of an expression's leading part in this regime; None for zero and where it has no expansion."""

        def run(ring: DifferentialRing, expanded: Callable[[sp.Expr], GradedSeries]) -> Fraction | None:
            powers = [g for g, c in expanded(side).terms.items() if not ring.is_zero(c)]
            return Fraction(min(powers)) if powers else None

        try:
            return self._expanding(run)
        except SymdiffError:
            return None

    def leading(self, side: sp.Expr) -> sp.Expr | None:
        """The leading part of an expression in this regime; the expression itself where it counts to all orders, None on failure."""
        if self.exact:
            return side

        def run(ring: DifferentialRing, expanded: Callable[[sp.Expr], GradedSeries]) -> sp.Expr:
            series = expanded(side)
            return ring.to_expression(series.terms.get(series.valuation, ring.zero)) if series.terms else sp.S.Zero

        try:
            return self._expanding(run)
        except SymdiffError:
            return None

    def _to_leading_order(
        self, left: sp.Expr, right: sp.Expr, least_power: Fraction | None, plain: Comparison
    ) -> Comparison:
        def run(ring: DifferentialRing, expanded: Callable[[sp.Expr], GradedSeries]) -> Comparison:
            a, b = expanded(left), expanded(right)
            difference = a - b
            a, b = _beyond_number(a, b, ring)
            floor = min(a.valuation, b.valuation)
            lowest = min((g for g, c in difference.terms.items() if not ring.is_zero(c)), default=None)
            allowed = floor if least_power is None else max(floor, least_power)
            if lowest is None or lowest > allowed:
                return Comparison(Answer.PROVED)
            first, second = (ring.to_expression(s.terms.get(lowest, ring.zero)) for s in (a, b))
            found = compare(first, second, self.model.coordinate_symbols, self.draw())
            if found.answer is Answer.REFUTED and plain.answer is Answer.REFUTED:
                return plain  # the same verdict, with numbers of both whole sides
            return replace(found, answer=Answer.UNDECIDED) if found.answer is Answer.PROVED else found

        return self._expanding(run)

    def _are_of_shares(self, left: sp.Expr, right: sp.Expr) -> bool:
        """Whether both sides are functions of n/V alone, V the size of a large system."""
        if not self.large_system or self.model.population is None:
            return False
        size = self.model.population.system_size
        shares = {n: size * sp.Dummy() for n in self.model.coordinate_symbols}
        return not any(side.xreplace(shares).has(size, self.model.time) for side in (left, right))

    def _apart_in_numbers(self, left: sp.Expr, right: sp.Expr) -> bool:
        """Whether the ratio of two sides stays away from 1 as eps shrinks, for values drawn twice: where no expansion in eps is known."""
        grading, prepared = self._grading()
        eps = sp.Symbol("_eps", positive=True)
        scaled = {s: eps ** sp.Rational(p) * s for s, p in grading.symbols.items()}
        scaled |= {x: eps ** sp.Rational(grading.coordinate) * x for x in self.model.coordinate_symbols}
        if any(
            e.atoms(AppliedUndef, sp.Integral, sp.Sum, sp.Piecewise) or sp.count_ops(e) > LONGEST_PRODUCT
            for e in (left, right)
        ):
            return False
        sides = [prepared.replace(side).xreplace(scaled) for side in (left, right)]
        free = sorted((sides[0].free_symbols | sides[1].free_symbols) - {eps}, key=str)
        for seed in (1, 2):
            generator = random.Random(seed)
            values = {
                s: sp.Float(sp.Rational(generator.randint(11, 79), 40), 40) for s in free
            }  # rationals to high powers are slow
            gaps = []
            for size in (3, 5):
                a, b = (sp.N(e.xreplace(values | {eps: sp.Float(10, 40) ** -size}), 40) for e in sides)
                if not all(e.is_number and not e.has(sp.nan, sp.zoo, sp.oo) for e in (a, b)):
                    return False
                gaps.append(sp.Abs(sp.N(a / b - 1 if b != 0 else a, 40)))
            if min(gaps) < sp.Float("0.01") or gaps[1] < gaps[0] / 2:
                return False
        return True

    def _are_powers(self, left: sp.Expr, right: sp.Expr) -> bool:
        """Whether each side is one power of eps times itself, as a function of r0 x^2/D is where r0 is small as 1/x^2."""
        grading, prepared = self._grading()
        eps = sp.Symbol("_eps", positive=True)
        scaled = {s: eps ** sp.Rational(p) * s for s, p in grading.symbols.items()}
        scaled |= {x: eps ** sp.Rational(grading.coordinate) * x for x in self.model.coordinate_symbols}
        for side in (left, right):
            if side.atoms(AppliedUndef, sp.Integral, sp.Sum, sp.Piecewise) or sp.count_ops(side) > LONGEST_PRODUCT:
                return False
            whole = sp.factor_terms(prepared.replace(side).xreplace(scaled))
            if whole.as_independent(eps, as_Add=False)[1].as_base_exp()[0] not in (eps, 1):
                return False
        return True

    def _grading(self) -> tuple[Grading, PreparedRegime]:
        """The powers of eps in this regime, of time and wave vectors too."""
        assert self.limit is not None
        prepared = prepare(self.limit.regime, self.model)
        symbols = dict(prepared.grading.symbols)
        symbols[self.model.time] = -prepared.time_power
        if LAPLACE not in {p.symbol for p in self.model.parameters}:
            symbols[LAPLACE] = prepared.time_power
        for place in _places(self.model):  # the size of a box of long coordinates is as long as they are
            symbols.setdefault(place, prepared.grading.coordinate)
        for name in ("k", *(f"k_{c}" for c in self.model.coordinates)):
            symbols.setdefault(sp.Symbol(name, real=True), prepared.grading.derivative)
        return Grading(symbols, prepared.grading.coordinate, prepared.grading.derivative), prepared

    def _expanding(self, body: Callable[[DifferentialRing, Callable[[sp.Expr], GradedSeries]], T]) -> T:
        """Run ``body`` with a ring and the expansion of a side in powers of eps."""
        grading, prepared = self._grading()

        def run(ring: DifferentialRing) -> T:
            register_small(prepared, ring)
            expansion = Expansion(ring, grading)
            return body(ring, lambda side: _leading_settled(expansion, prepared.replace(side), ring))

        return with_ring(self.model, prepared, run)


def _listed_sites(left: sp.Expr, right: sp.Expr, model: JumpModel) -> list[dict[sp.Symbol, sp.Expr]]:
    """The sites of a value that is listed site by site."""
    x = set(model.coordinate_symbols)
    for listed in left.atoms(sp.Piecewise) | right.atoms(sp.Piecewise):
        sites = [
            {e.lhs: e.rhs for e in sp.And.make_args(one) if isinstance(e, sp.Eq) and e.lhs in x}
            for _, condition in listed.args
            for one in sp.Or.make_args(condition)
        ]
        if all(set(site) == x for site in sites):
            return sites
    return []


def _places(model: JumpModel) -> set[sp.Symbol]:
    """Parameters that stand for places alone: of walls, targets, starts and periods, and in no rate, step or motion."""
    regions = [o.target.members for o in model.observables if o.target is not None]
    regions += [b.members for b in model.boundaries] + [model.preparation.position]
    regions += [(o.period,) for o in model.observables if o.period is not None]
    found = {s for members in regions for e in members for s in e.free_symbols}
    apart = (*APART, "boundaries", "conditions")
    return {p.symbol for p in model.parameters if p.symbol in found and not named_in_rules(p.symbol, model, apart)}


def _beyond_number(a: GradedSeries, b: GradedSeries, ring: DifferentialRing) -> tuple[GradedSeries, GradedSeries]:
    """Two sides without the number that both begin with: 1 - k^2 l^2/2 and p = 1/2 + ... say what comes after it.

    Where one side is the number itself, both are left as they are.
    """
    first, second = (s.terms.get(s.valuation, ring.zero) if s.terms else ring.zero for s in (a, b))
    if (
        a.valuation != b.valuation
        or not first
        or not ring.is_zero(first - second)
        or not ring.to_expression(first).is_number
    ):
        return a, b
    rest = [
        replace(s, terms={g: c for g, c in s.terms.items() if g != s.valuation and not ring.is_zero(c)}) for s in (a, b)
    ]
    return (rest[0], rest[1]) if all(s.terms for s in rest) else (a, b)


def _is_positive(value: sp.Expr, at: Mapping[sp.Symbol, Fraction]) -> bool:
    """Whether a value is positive at numbers, and at a place; what has no value there (an unknown function) is let pass."""
    there = value.xreplace({s: sp.Rational(n.numerator, n.denominator) for s, n in at.items()})
    there = there.xreplace(dict.fromkeys(there.free_symbols, sp.S.One))
    if there.atoms(AppliedUndef) or there.has(sp.Integral, sp.Sum):
        return True
    try:
        number = there.evalf(15)
    except (ZeroDivisionError, ValueError, NotImplementedError):  # mpmath at a pole of a hypergeometric series
        return True
    return bool(number.is_positive) if number.is_number else True


def _leading_settled(expansion: Expansion, side: sp.Expr, ring: DifferentialRing) -> GradedSeries:
    """A side expanded far enough beyond its leading power."""
    series = expansion.series(side, 1)
    if not series.terms:
        series = expansion.series(side, 1 + DEPTH)
    lowest = series.valuation if series.terms else 1
    return expansion.series(side, lowest + DEPTH).mapped(ring.tidy)


def in_model_form(expression: sp.Expr, model: JumpModel) -> sp.Expr | None:
    """The same expression as the derivation would show it, factored in the model's parameters; None where it has no such form."""
    try:
        return with_ring(
            model, prepare(LONG_WAVE, model), lambda ring: ring.to_expression(ring.tidy(ungraded(ring, expression)))
        )
    except (SymdiffError, ZeroDivisionError, ValueError):
        return None
