"""The mean field of a crowd as graded series in jets of the densities: fluxes and sources, and one time step to a rate.

An agent that comes to x + d from an event at x with activity A(x) adds e^(-d.D) A at x, D the total derivative. With
e^(-z) - 1 = -z phi(z), phi(z) = sum_n (-z)^n / (n + 1)!, this is A - D.[d phi(d.D) A]: a source and a flux. Both are kept
apart, so that d_t u = - D.J + S is in conservative form from the start.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import comb, factorial
from typing import Any

import sympy as sp
from sympy.polys.domains import QQ
from sympy.polys.rings import PolyElement

from symdiff.algebra.differential_ring import DifferentialRing
from symdiff.algebra.expansion import Expansion
from symdiff.algebra.graded import INFINITE, GradedSeries, Power, power
from symdiff.algebra.multiindex import MultiIndex, index_factorial, of_degree, unit
from symdiff.continuum.crowd_rules import Activity
from symdiff.continuum.regimes import PreparedRegime
from symdiff.errors import DerivationError, NotYetError, ResourceError

MAX_DERIVATIVES = 20
ZERO = GradedSeries({})
Monomial = tuple[int, ...]


@dataclass(frozen=True)
class Balance:
    """d_t u (or u(t + tau) - u) = - sum_b D_b flux[b] + source, for one density."""

    flux: tuple[GradedSeries, ...]
    source: GradedSeries


class Gathered:
    """A sum of series times numbers, added up in place."""

    def __init__(self) -> None:
        self.terms: dict[Power, dict[Monomial, Any]] = {}
        self.order: Power = INFINITE

    def add(self, series: GradedSeries, factor: Any, below: Power) -> None:
        """Add the series times a number, as far as it counts."""
        self.order = min(self.order, series.order)
        for grade, element in series.terms.items():
            if grade < below:
                sums = self.terms.setdefault(grade, {})
                for monomial, c in element.items():
                    sums[monomial] = sums[monomial] + c * factor if monomial in sums else c * factor

    def series(self, ring: DifferentialRing) -> GradedSeries:
        """The sum."""
        terms = {g: ring.ring.from_dict({m: c for m, c in sums.items() if c}) for g, sums in self.terms.items()}
        return GradedSeries({g: c for g, c in terms.items() if c}, self.order)


class CrowdAlgebra:
    """Series over one ring, known below ``order``; every derivative raises the grade by ``weight``."""

    def __init__(self, ring: DifferentialRing, prepared: PreparedRegime, names: tuple[str, ...], order: Power) -> None:
        self.ring, self.prepared, self.names, self.order = ring, prepared, names, order
        self.weight = power(prepared.grading.derivative)
        self.dimension = ring.dimension
        self.alike: dict[tuple[str, MultiIndex, Power, Monomial], Gathered] = {}
        self.shapes: dict[Any, list[tuple[MultiIndex, Power, Monomial, Power]]] = {}

    # --- from activities to balances ------------------------------------------------------------------------------

    def balances(self, activities: list[Activity], composed: dict[str, GradedSeries] | None = None) -> list[Balance]:
        """Fluxes and sources of all densities; ``composed`` densities stand for series (those after the jumps)."""
        expansion = Expansion(self.ring, self.prepared.grading, composed)
        moments: dict[tuple[str, MultiIndex], GradedSeries] = {}
        self.alike = {}
        for activity in activities:
            self._add(activity, expansion, moments)
        for (state, alpha, grade, monomial), gathered in self.alike.items():
            length = GradedSeries({grade: self.ring.ring.from_dict({monomial: QQ(1)})})
            room = self.order - sum(alpha) * self.weight
            self._collect((state, alpha), gathered.series(self.ring).times(length, room), moments)
        return [
            Balance(
                tuple(self._flux(name, b, moments) for b in range(self.dimension)),
                moments.get((name, (0,) * self.dimension), ZERO).mapped(self.ring.tidy),
            )
            for name in self.names
        ]

    def _add(
        self, activity: Activity, expansion: Expansion, moments: dict[tuple[str, MultiIndex], GradedSeries]
    ) -> None:
        """Moments sum_agents sign d^alpha A of an event, by state and multi-index alpha."""
        rate = expansion.series(self.prepared.replace(activity.rate), self.order)
        for state, displacement, sign in activity.gains:
            signed = rate if sign > 0 else -rate
            self._collect((state, (0,) * self.dimension), signed, moments)
            random = activity.law is not None and sign > 0
            if random or any(r != 0 for r in displacement):
                self._displaced(activity, state, displacement, signed, expansion, random, moments)

    def _collect(
        self, key: tuple[str, MultiIndex], value: GradedSeries, moments: dict[tuple[str, MultiIndex], GradedSeries]
    ) -> None:
        moments[key] = moments[key] + value if key in moments else value

    def _displaced(
        self, activity: Activity, state: str, displacement: tuple[sp.Expr, ...], rate: GradedSeries, expansion: Expansion,
        random: bool, moments: dict[tuple[str, MultiIndex], GradedSeries],
    ) -> None:  # fmt: skip
        lengths = [expansion.series(self.prepared.replace(r), self.order - rate.valuation) for r in displacement]
        if random:
            self._random(activity, state, lengths, rate, expansion, moments)
            return
        lowest = min((s.valuation for s in lengths if s.terms), default=1) + self.weight
        if lowest <= 0:
            raise DerivationError(
                f"the displacement {', '.join(map(str, displacement))} is of order one in this regime, and the densities vary "
                "over lengths of order one: no expansion in gradients exists",
                where=f"{activity.label}, regime '{self.prepared.regime.name}'",
                instead="make the displacement small in the scaling, as in h = 1",
            )
        if all(len(s.terms) == 1 and s.order == INFINITE and len(*s.terms.values()) == 1 for s in lengths if s.terms):
            self._by_monomials(state, lengths, rate)
            return
        products: dict[MultiIndex, GradedSeries] = {(0,) * self.dimension: rate}
        degree = 0
        while products and degree < MAX_DERIVATIVES:
            degree += 1
            room = self.order - degree * self.weight
            longer: dict[MultiIndex, GradedSeries] = {}
            for alpha in of_degree(self.dimension, degree):
                b = next(i for i, n in enumerate(alpha) if n)
                lower = tuple(n - (i == b) for i, n in enumerate(alpha))
                if lower in products and lengths[b].terms:
                    value = products[lower].times(lengths[b], room)
                    if value.terms:
                        longer[alpha] = value
            products = longer
            for alpha, value in products.items():
                self._collect((state, alpha), value, moments)

    def _by_monomials(self, state: str, lengths: list[GradedSeries], rate: GradedSeries) -> None:
        """Moments of a displacement whose entries are monomials: of many neighbours the rates are added up first.

        d^alpha is a number times a monomial that neighbours at the same distance share.
        """
        entries = [next(((g, *next(iter(c.items()))) for g, c in s.terms.items()), None) for s in lengths]
        shape = tuple(None if e is None else e[:2] for e in entries)
        if (shape, rate.valuation) not in self.shapes:
            self.shapes[shape, rate.valuation] = self._products_of(shape, rate.valuation)
        for alpha, grade, monomial, room in self.shapes[shape, rate.valuation]:
            number = QQ(1)
            for entry, n in zip(entries, alpha, strict=True):
                if n and entry is not None:
                    number = number * entry[2] ** n
            gathered = self.alike.setdefault((state, alpha, grade, monomial), Gathered())
            gathered.add(rate, number, room - grade)

    def _products_of(
        self, shape: tuple[tuple[Power, Monomial] | None, ...], lowest: Power
    ) -> list[tuple[MultiIndex, Power, Monomial, Power]]:
        """Every d^alpha that counts beside a rate of the power ``lowest``: its grade, its monomial, and below which power it is wanted."""
        powers: dict[MultiIndex, tuple[Power, Monomial]] = {(0,) * self.dimension: (0, self.ring.ring.zero_monom)}
        found = []
        for degree in range(1, MAX_DERIVATIVES + 1):
            longer: dict[MultiIndex, tuple[Power, Monomial]] = {}
            room = self.order - degree * self.weight
            for alpha in of_degree(self.dimension, degree):
                b = next(i for i, n in enumerate(alpha) if n)
                lower, entry = powers.get(tuple(n - (i == b) for i, n in enumerate(alpha))), shape[b]
                if lower is None or entry is None or lower[0] + entry[0] + lowest >= room:
                    continue
                longer[alpha] = lower[0] + entry[0], self.ring.ring.monomial_mul(lower[1], entry[1])
                found.append((alpha, *longer[alpha], room))
            powers = longer
            if not powers:
                break
        return found

    def _random(
        self, activity: Activity, state: str, lengths: list[GradedSeries], rate: GradedSeries, expansion: Expansion,
        moments: dict[tuple[str, MultiIndex], GradedSeries],
    ) -> None:  # fmt: skip
        """E[(d + s e)^alpha] = sum_beta binom(alpha, beta) d^(alpha - beta) e^beta E[s^|beta|]."""
        law = activity.law
        assert law is not None
        if law.tail is not None or law.highest_moment is not None:
            raise NotYetError(f"the law '{law.distribution}' in a crowd is not handled yet", where=activity.label,
                              instead="use a law of which all moments are known")  # fmt: skip
        along = [expansion.series(self.prepared.replace(e), self.order) for e in activity.direction]
        raw = [GradedSeries({0: self.ring.one})]
        empty = 0  # degrees in a row without a term: one is the third moment of a symmetric law, two are too small
        for degree in range(1, MAX_DERIVATIVES):
            raw.append(expansion.series(self.prepared.replace(law.raw_moment(degree)), self.order))
            room = self.order - degree * self.weight
            empty += 1
            for alpha in of_degree(self.dimension, degree):
                value = rate.times(self._moment(alpha, lengths, along, raw), room)
                if value.terms:
                    empty = 0
                    self._collect((state, alpha), value, moments)
            if empty == 2 and degree > 2:
                break
        if empty < 2:
            raise DerivationError(f"the steps of the law '{law.distribution}' are of order one in this regime",
                                  where=activity.label, instead="make its scale small in [scaling]")  # fmt: skip

    def _moment(
        self, alpha: MultiIndex, lengths: list[GradedSeries], along: list[GradedSeries], raw: list[GradedSeries]
    ) -> GradedSeries:
        total = {0: GradedSeries({0: self.ring.one})}  # by the power of s
        for n, length, share in zip(alpha, lengths, along, strict=True):
            for _ in range(n):
                longer: dict[int, GradedSeries] = {}
                for k, value in total.items():
                    longer[k] = longer.get(k, ZERO) + value * length
                    longer[k + 1] = longer.get(k + 1, ZERO) + value * share
                total = longer
        result = ZERO
        for k, value in total.items():
            result = result + value * raw[k]
        return result

    def _flux(self, name: str, b: int, moments: dict[tuple[str, MultiIndex], GradedSeries]) -> GradedSeries:
        """J_b = sum_a (-1)^|a| |a|! / (a! (|a| + 1)!) D^a M_(a + e_b)."""
        total = ZERO
        for (state, gamma), moment in moments.items():
            if state != name or not gamma[b]:
                continue
            alpha = tuple(n - (i == b) for i, n in enumerate(gamma))
            size = sum(alpha)
            factor = QQ((-1) ** size * factorial(size), index_factorial(alpha) * factorial(size + 1))
            derived = self.derivative(moment.mapped(self.ring.tidy), alpha)
            total = total + derived.truncated(self.order).scaled(self.ring.ring(factor))
        return total.mapped(self.ring.tidy)

    # --- calculus of series ---------------------------------------------------------------------------------------

    def derivative(self, series: GradedSeries, alpha: MultiIndex) -> GradedSeries:
        """D^alpha, total derivatives."""
        for i, times in enumerate(alpha):
            for _ in range(times):
                series = self.slope(series, i)
        return series

    def slope(self, series: GradedSeries, i: int) -> GradedSeries:
        """The total derivative along one coordinate."""
        return series.mapped(lambda c: self.ring.total_derivative(c, i)).shifted(self.weight)

    def change(self, balance: Balance) -> GradedSeries:
        """- D.J + S."""
        total = balance.source
        for b, flux in enumerate(balance.flux):
            total = total - self.slope(flux, b)
        return total.mapped(self.ring.tidy).truncated(self.order)

    # --- one step to a rate ---------------------------------------------------------------------------------------

    def rates(self, steps: list[Balance]) -> list[Balance]:
        """tau d_t u = F with exp(L_F) u = u + K, L_F the derivative along the evolution F.

        F = K - sum_(m>=2) L_F^(m-1) F / m!, solved by iteration, for fluxes and sources alike; the same as
        sum_j (-1)^(j+1) Delta^j u / j over the iterated one-step map, for linear and nonlinear maps.
        """
        found = steps
        for _ in range(2 * int(self.order) + 4):
            velocity = {name: self.change(b) for name, b in zip(self.names, found, strict=True)}
            evolution = Evolution(self, velocity)
            improved = [
                Balance(tuple(evolution.corrected(k, f) for k, f in zip(step.flux, now.flux, strict=True)),
                        evolution.corrected(step.source, now.source))
                for step, now in zip(steps, found, strict=True)
            ]  # fmt: skip
            if improved == found:
                return found
            found = improved
        raise DerivationError(
            "the rate of change per step does not settle", instead="state a scaling in which it is small"
        )


class Evolution:
    """The derivative of a series along d_t u_i = velocity_i."""

    def __init__(self, algebra: CrowdAlgebra, velocity: dict[str, GradedSeries]) -> None:
        self.algebra, self.velocity = algebra, velocity
        self._dots: dict[int, GradedSeries] = {}
        self._jets: dict[tuple[str, MultiIndex], GradedSeries] = {}

    def corrected(self, step: GradedSeries, now: GradedSeries) -> GradedSeries:
        """K - sum_(m>=2) L^(m-1) F / m!."""
        total, term = step, now
        for m in range(2, 60):
            term = self.along(term)
            if not term.terms:
                break
            total = total - term.scaled(self.algebra.ring.ring(QQ(1, factorial(m))))
        return total.mapped(self.algebra.ring.tidy).truncated(self.algebra.order)

    def along(self, series: GradedSeries) -> GradedSeries:
        """L_F of a series."""
        total = ZERO
        for grade, element in series.terms.items():
            total = total + self._element(element).shifted(grade).truncated(self.algebra.order)
        return total.mapped(self.algebra.ring.tidy).truncated(self.algebra.order)

    def _element(self, element: PolyElement) -> GradedSeries:
        ring, total = self.algebra.ring, ZERO
        for index in sorted(ring.used(element)):
            dot = self._dot(index)
            if dot.terms:
                total = total + dot.scaled(element.diff(ring.ring.gens[index])).truncated(self.algebra.order)
        return total

    def _dot(self, index: int) -> GradedSeries:
        found = self._dots.get(index)
        if found is None:
            found = self._dots[index] = self._atom(index)
        return found

    def _atom(self, index: int) -> GradedSeries:
        ring = self.algebra.ring
        atom = ring.atoms[index]
        if not atom.varies:
            return ZERO
        if atom.jet is not None:
            name, alpha, _ = atom.jet
            return self._jet(name, alpha) if name in self.velocity else ZERO
        if atom.base is None:
            return ZERO
        inner = self._element(atom.base)
        return inner.scaled(ring.outer_derivative(atom)) if inner.terms else ZERO

    def _jet(self, name: str, alpha: MultiIndex) -> GradedSeries:
        """A jet has a grade of its own; along the evolution it is replaced, so that only the gain counts."""
        return self._moving(name, alpha).shifted(-self._grade(name, alpha))

    def _moving(self, name: str, alpha: MultiIndex) -> GradedSeries:
        """D^alpha of the velocity of a density."""
        found = self._jets.get((name, alpha))
        if found is None:
            if not any(alpha):
                found = self.velocity[name]
            else:
                i = next(i for i, n in enumerate(alpha) if n)
                lower = tuple(n - e for n, e in zip(alpha, unit(len(alpha), i), strict=True))
                found = self.algebra.slope(self._moving(name, lower), i).truncated(self.algebra.order)
            self._jets[name, alpha] = found
        return found

    def _grade(self, name: str, alpha: MultiIndex) -> Power:
        return sum(alpha) * self.algebra.weight + power(self.algebra.prepared.grading.fields.get(name, Fraction(0)))


def binomial_index(alpha: MultiIndex, beta: MultiIndex) -> int:
    """The product of the binomials of the entries."""
    result = 1
    for a, b in zip(alpha, beta, strict=True):
        result *= comb(a, b)
    return result


def check_growth(steps: list[Balance], algebra: CrowdAlgebra) -> None:
    """In discrete time a change of order one per step has no slow equation."""
    for name, balance in zip(algebra.names, steps, strict=True):
        change = algebra.change(balance)
        lowest = min((g for g, c in change.terms.items() if not algebra.ring.is_zero(c)), default=1)
        own = power(algebra.prepared.grading.fields.get(name, Fraction(0)))
        if lowest - own <= 0:
            value = algebra.ring.to_expression(change.terms[lowest])
            raise DerivationError(
                f"one time step changes {name} by {value}: growth of order one per step has no slow equation",
                where=f"regime '{algebra.prepared.regime.name}'",
                instead="make the change per step small in [scaling]")  # fmt: skip


def too_many(model_dimension: int, order: int) -> None:
    """Refuse orders that would need too many jets."""
    if comb(model_dimension + order, order) > 400:
        raise ResourceError(f"order {order} in {model_dimension} dimensions needs too many derivatives",
                            instead="ask for a lower --order")  # fmt: skip
