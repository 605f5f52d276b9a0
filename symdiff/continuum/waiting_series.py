"""Semi-Markov walks for small wave vector and Laplace variable: det(1 - M(k, s)) = 0, solved for s as a series.

M_ij(k, s) = sum over the jumps from j to i of p e^(-r.d) psi(s + V_j), where psi is the law of the wait that precedes the
jump and -V_j moves the walker while it waits. Fast internal states are eliminated from M - 1 (s is one more small
symbol beside the derivatives); what remains is one series R(k, s), and R = 0 gives d/dt as a series of gradients.

Where all waits share one law and nothing moves meanwhile, M = psi(s) (1 + A) with A the increment of one jump, and
d/dt = f(A) with psi(f(a)) (1 + a) = 1: a power series of one operator, also where A depends on place.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import factorial

import sympy as sp
from sympy.polys.domains import QQ
from sympy.polys.rings import PolyElement

from symdiff.algebra.differential_ring import DifferentialRing
from symdiff.algebra.expansion import Expansion
from symdiff.algebra.graded import INFINITE, GradedSeries, Power, power
from symdiff.algebra.operators import Matrix, OperatorAlgebra
from symdiff.algebra.products import sum_of_products
from symdiff.continuum.regimes import PreparedRegime
from symdiff.errors import DerivationError, NotYetError
from symdiff.model.waiting import WaitingLaw

D_T = sp.Symbol("d_t")


@dataclass(frozen=True)
class LaplaceVariable:
    """The symbol that stands for d/dt in one ring, and its power of eps."""

    ring: DifferentialRing
    grade: Power

    @property
    def symbol(self) -> PolyElement:
        """The ring's generator."""
        return self.ring.operator_symbol("time", D_T)

    @property
    def series(self) -> GradedSeries:
        """The variable as a graded series."""
        return GradedSeries({self.grade: self.symbol})

    def split(self, element: GradedSeries) -> dict[int, GradedSeries]:
        """The coefficients of the powers of the variable, each with the variable's grade taken out."""
        index = self.symbol.LM.index(1)
        found: dict[int, dict[Power, PolyElement]] = {}
        for grade, value in element.terms.items():
            for monomial, c in value.terms():
                m = monomial[index]
                rest = self.ring.ring.from_dict({(*monomial[:index], 0, *monomial[index + 1 :]): c})
                here = found.setdefault(m, {})
                shifted = grade - m * self.grade
                here[shifted] = here[shifted] + rest if shifted in here else rest
        return {
            m: GradedSeries({g: v for g, v in terms.items() if v}, element.order - m * self.grade)
            for m, terms in found.items()
        }


def psi_series(
    law: WaitingLaw, argument: GradedSeries, prepared: PreparedRegime, expansion: Expansion, order: Power
) -> GradedSeries:
    """E[e^(-argument t)] = sum_n (-1)^n E[t^n] argument^n / n!, known as far as the law is."""
    ring, total, n = expansion.ring, GradedSeries({0: expansion.ring.one}), 0
    highest = law.highest_moment
    if argument.valuation + time_power(law, prepared, expansion.ring) <= 0:
        raise DerivationError(
            "the regime looks at times that are no longer than a wait: no walker has made many jumps by then, and its waits "
            "cannot be averaged over", where=f"regime '{prepared.regime.name}'",
            instead="give t a negative power, or the waits a positive one; without [scaling] the regimes are found")  # fmt: skip
    raised = GradedSeries({0: ring.one})
    while True:
        n += 1
        if highest is not None and n > highest:
            assert law.open_power is not None
            bound = power(law.stand_in(law.open_power))
            last = argument.valuation * bound
            scale = time_power(law, prepared, expansion.ring) * bound
            return total.truncated(min(order, last + scale))
        raised = (raised * argument).truncated(order + 40)
        moment = expansion.series(prepared.replace(law.moment(n)), order + 8)
        term = (raised * moment).truncated(order)
        if not term.terms:
            return total.truncated(order)
        total = total + term.scaled(ring.ring(QQ((-1) ** n, factorial(n))))


def time_power(law: WaitingLaw, prepared: PreparedRegime, ring: DifferentialRing) -> Power:
    """The power of eps of one wait."""
    if prepared.is_long_wave:
        return 0
    expansion = Expansion(ring, prepared.grading)
    return expansion.series(prepared.replace(law.moment(1)), 8).valuation


def solve_for_time(relation: GradedSeries, variable: LaplaceVariable, algebra: OperatorAlgebra) -> GradedSeries:
    """The root s of R(k, s) = 0 that vanishes with k, as a series in the derivatives.

    Newton's iteration with a fixed slope, s <- s - R(s)/R_1, where R_1 is the leading coefficient of s.
    """
    parts = variable.split(relation)
    if 1 not in parts or not parts[1].terms:
        raise NotYetError("the waiting times have no mean: no ordinary equation of first order in time exists here")
    lead = parts[1].valuation
    ring = variable.ring
    if ring.used(parts[1].terms[lead]) & set(range(ring.dimension)):
        raise DerivationError("time and space do not separate at leading order")
    slope = ring.inverse(-parts[1].terms[lead])
    root = _Root(parts, ring.one)
    settled: Power = -INFINITE
    while True:  # grade by grade: what lies at or below a settled grade vanishes identically
        known = min(relation.order, root.known())
        grade = min((g for g in root.grades(known) if settled < g), default=known)
        if grade >= known:
            return GradedSeries(root.terms).truncated(relation.order - lead)
        settled = grade
        value = root.relation_at(grade)
        change = normal_form(ring, value * slope) if value else None
        if change:
            root.learn(grade - lead, change)


class _Root:
    """A series root whose terms become known one after the other, lowest grade first; every product is taken once.

    The part of grade g of root^m is sum_h root_h (root^(m-1))_(g-h). It holds no term that is still open when it is first asked
    for, where every C_m root^(m-1) with m > 1 is smaller than C_1; elsewhere products are taken again.
    """

    def __init__(self, parts: dict[int, GradedSeries], one: PolyElement) -> None:
        self.parts, self.one = parts, one
        self.terms: dict[Power, PolyElement] = {}
        self._powers: dict[tuple[int, Power], PolyElement | None] = {}

    def learn(self, grade: Power, term: PolyElement) -> None:
        """One more term of the root."""
        self.terms[grade] = term
        lowest, lead = min(self.terms), self.parts[1].valuation
        if any(p.valuation + (m - 1) * lowest <= lead for m, p in self.parts.items() if m > 1):
            self._powers.clear()

    def known(self) -> Power:
        """The first grade of sum_m C_m root^m that the parts leave open."""
        lowest = min(self.terms, default=None)
        if lowest is None:
            return self.parts[0].order if 0 in self.parts else INFINITE
        return min(min(INFINITE, p.order + m * lowest) for m, p in self.parts.items())

    def grades(self, below: Power) -> set[Power]:
        """The grades below a bound that may occur in sum_m C_m root^m."""
        found: set[Power] = set()
        raised: set[Power] = {0}
        highest = below - min(p.valuation for p in self.parts.values())
        rising = min(self.terms, default=0) >= 0
        for m in range(max(self.parts) + 1):
            if m:
                raised = {g + h for g in raised for h in self.terms if not rising or g + h < highest}
            if m in self.parts:
                found |= {g + h for g in raised for h in self.parts[m].terms if g + h < below}
        return found

    def relation_at(self, grade: Power) -> PolyElement | None:
        """The coefficient of one grade of sum_m C_m root^m; None where nothing occurs."""
        pairs = [
            (c, raised)
            for m, part in self.parts.items()
            for g, c in part.terms.items()
            if (raised := self._power(m, grade - g)) is not None
        ]
        return sum_of_products(pairs) if pairs else None

    def _power(self, m: int, grade: Power) -> PolyElement | None:
        if m == 0:
            return self.one if grade == 0 else None
        if m == 1:
            return self.terms.get(grade)
        key = (m, grade)
        if key not in self._powers:
            pairs = [(c, rest) for g, c in self.terms.items() if (rest := self._power(m - 1, grade - g)) is not None]
            self._powers[key] = sum_of_products(pairs) if pairs else None
        return self._powers[key]


def normal_form(ring: DifferentialRing, element: PolyElement) -> PolyElement:
    """The element over its common denominator, in lowest terms."""
    numerator, denominator = ring.fraction(element)
    for index, exponent in denominator.items():
        numerator = numerator * ring.ring.gens[index] ** exponent
    return numerator


def function_of_increment(
    law: WaitingLaw, increment: Matrix, prepared: PreparedRegime, algebra: OperatorAlgebra
) -> Matrix:
    """d/dt = f(A) with psi(f(a)) (1 + a) = 1, for the operator A of one jump after its states are eliminated."""
    ring = algebra.ring
    expansion = Expansion(ring, prepared.grading)
    lowest = min((x.valuation for row in increment for x in row if x.terms), default=1)
    known = min(min(x.order for row in increment for x in row), algebra.order)
    if lowest <= 0:
        raise DerivationError("one jump changes the density at order one: no expansion in gradients exists",
                              where=f"regime '{prepared.regime.name}'", instead="make the change per jump small")  # fmt: skip
    time = time_power(law, prepared, expansion.ring)
    variable = LaplaceVariable(ring, lowest - time)
    a = GradedSeries({lowest: ring.operator_symbol("jump", sp.Symbol("a_jump"))})
    psi = psi_series(law, variable.series, prepared, expansion, known)
    relation = psi + a * psi - GradedSeries({0: ring.one})
    root = solve_for_time(relation.truncated(known), variable, algebra)
    return _applied(root, a, lowest, increment, algebra)


def _applied(root: GradedSeries, a: GradedSeries, lowest: Power, increment: Matrix, algebra: OperatorAlgebra) -> Matrix:
    """sum_n f_n A^n for the series root = sum_n f_n a^n."""
    index = next(iter(a.terms.values())).LM.index(1)
    ring = algebra.ring
    coefficients: dict[int, GradedSeries] = {}
    for grade, value in root.terms.items():
        for monomial, c in value.terms():
            n = monomial[index]
            rest = ring.ring.from_dict({(*monomial[:index], 0, *monomial[index + 1 :]): c})
            piece = GradedSeries({grade - n * lowest: rest})
            coefficients[n] = coefficients[n] + piece if n in coefficients else piece
    size = len(increment)
    total = [[GradedSeries({}) for _ in range(size)] for _ in range(size)]
    raised = increment
    for n in range(1, max(coefficients, default=0) + 1):
        if n > 1:
            raised = algebra.matmul(increment, raised)
        if n in coefficients:
            total = [
                [x + y * coefficients[n] for x, y in zip(p, q, strict=True)] for p, q in zip(total, raised, strict=True)
            ]
    return [[algebra.tidied(x.truncated(root.order)) for x in row] for row in total]
