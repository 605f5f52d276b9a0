"""Continuous internal states as a finite chain: their law is carried by moments with the eigenfunctions of their own motion.

For test functions B_a(u) (harmonics of a direction, powers of a number) the moments p_a = int B_a(u) P du obey
d_t p_a = sum_b K_ab p_b with L B_a = sum_b K_ab B_b, L the backward generator; a factor f(u) in a rate or a velocity acts by
f B_a = sum_b f_ab B_b. To a given order in the gradients finitely many moments matter, so that the chain is exact.
In an interval or a ball with reflecting walls the density itself is expanded in polynomials, on which the inverse of the
Laplacian (no flux through the walls, zero mean) acts exactly.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from typing import Any

import sympy as sp
from sympy.polys.domains import QQ
from sympy.polys.rings import PolyElement

from symdiff.algebra.differential_ring import DifferentialRing
from symdiff.algebra.expansion import Expansion
from symdiff.algebra.graded import INFINITE, GradedSeries, Power, power
from symdiff.algebra.harmonics import HarmonicBasis, Row
from symdiff.algebra.null_space import SpectralSplit
from symdiff.algebra.operators import Matrix
from symdiff.continuum.regimes import PreparedRegime
from symdiff.errors import DerivationError, NotYetError, ResourceError
from symdiff.model.jump_model import JumpModel
from symdiff.model.motion import InternalVariable

LARGEST = 160  # modes times states
Rows = list[Row]


@dataclass(frozen=True)
class Factor:
    """The basis of one variable (of one component, on a line): ``weights`` say how many gradients reach a function."""

    variable: InternalVariable
    symbols: tuple[sp.Symbol, ...]
    weights: tuple[int, ...]
    times: tuple[Rows, ...]  # multiplication by each symbol
    harmonics: HarmonicBasis | None = None


class Modes:
    """The modes of a model's continuous internal states over one ring; ``reach`` bounds the degree that can matter."""

    def __init__(
        self, model: JumpModel, prepared: PreparedRegime, ring: DifferentialRing, order: Power, reach: int
    ) -> None:
        self.model, self.prepared, self.ring, self.order = model, prepared, ring, order
        self.expansion = Expansion(ring, prepared.grading)
        self.factors = [f for v in model.internals for f in _factors(v, reach)]
        self.labels = [label for label in product(*(range(len(f.weights)) for f in self.factors))
                       if sum(f.weights[n] for f, n in zip(self.factors, label, strict=True)) <= reach]  # fmt: skip
        self.labels.sort(key=self.weight)
        self.index = {label: n for n, label in enumerate(self.labels)}
        self.size = len(self.labels)
        if self.size * len(model.state_names) > LARGEST:
            raise ResourceError(f"the internal states need {self.size} moments in each of {len(model.state_names)} states",
                                instead="ask for a lower --order")  # fmt: skip
        self.atoms = [(ring.used(ring.parameter(s)).pop(), s) for f in self.factors for s in f.symbols]
        self.unknown: list[sp.Symbol] = []
        self._monomials: dict[tuple[int, ...], Rows] = {}
        self.scales = [self._scale(f) for f in self.factors]

    @property
    def is_ball(self) -> bool:
        """Whether the one variable lives between reflecting walls."""
        return self.factors[0].variable.domain == "ball"

    def weight(self, label: tuple[int, ...]) -> int:
        """How many gradients reach a mode."""
        return sum(f.weights[n] for f, n in zip(self.factors, label, strict=True))

    def name(self, state: str, label: tuple[int, ...]) -> str:
        """A name for one moment, such as P_u_x or P_w2: the state and the leading monomial of its function."""
        parts = [state]
        for factor, n in zip(self.factors, label, strict=True):
            powers = (n,) if factor.harmonics is None else factor.harmonics.labels[n][1]
            parts += [f"{s.name}{e if e > 1 else ''}" for s, e in zip(factor.symbols, powers, strict=True) if e]
        return "_".join(parts)

    def functions(self) -> tuple[sp.Expr, ...]:
        """The functions B_a of the internal states whose averages the modes are."""
        found = []
        for label in self.labels:
            product: sp.Expr = sp.Integer(1)
            for factor, n in zip(self.factors, label, strict=True):
                if factor.harmonics is None:
                    product *= factor.symbols[0] ** n
                    continue
                product *= sp.Add(*(
                    sp.Rational(c.numerator, c.denominator) * sp.Mul(*(s**e for s, e in zip(factor.symbols, m, strict=True)))
                    for m, c in factor.harmonics.polynomial(n).items()
                ))  # fmt: skip
            found.append(product)
        return tuple(found)

    # --- multiplication -------------------------------------------------------------------------------------------

    def _spread(self, position: int, rows: Rows) -> Rows:
        """Rows of one factor as rows over all modes."""
        found = []
        for label in self.labels:
            row: Row = {}
            for n, c in rows[label[position]].items():
                at = self.index.get((*label[:position], n, *label[position + 1 :]))
                if at is not None:
                    row[at] = c
            found.append(row)
        return found

    def _monomial(self, exponents: tuple[int, ...]) -> Rows:
        known = self._monomials.get(exponents)
        if known is None:
            first = next((i for i, e in enumerate(exponents) if e), None)
            if first is None:
                known = [{n: Fraction(1)} for n in range(self.size)]
            else:
                position, component = [(p, c) for p, f in enumerate(self.factors) for c in range(len(f.symbols))][first]
                once = self._spread(position, self.factors[position].times[component])
                rest = self._monomial(tuple(e - (i == first) for i, e in enumerate(exponents)))
                known = _composed(rest, once)
            self._monomials[exponents] = known
        return known

    def lift(self, series: GradedSeries) -> Matrix:
        """The operator that multiplies with a series in the internal variables, over the modes."""
        result: list[list[dict[Power, PolyElement]]] = [[{} for _ in range(self.size)] for _ in range(self.size)]
        for grade, element in series.terms.items():
            for exponents, coefficient in self.split(element):
                for a, row in enumerate(self._monomial(exponents)):
                    for b, c in row.items():
                        value = coefficient * QQ(c.numerator, c.denominator)
                        i, j = (b, a) if self.is_ball else (a, b)
                        at = result[i][j]
                        at[grade] = at[grade] + value if grade in at else value
        return [
            [GradedSeries({g: x for g, x in entry.items() if x}, series.order) for entry in line] for line in result
        ]

    def split(self, element: PolyElement) -> list[tuple[tuple[int, ...], PolyElement]]:
        """An element by its monomials in the internal variables."""
        groups: dict[tuple[int, ...], dict[tuple[int, ...], Any]] = {}
        atoms = [a for a, _ in self.atoms]
        for monomial, c in element.terms():
            key = tuple(monomial[a] for a in atoms)
            rest = list(monomial)
            for a in atoms:
                rest[a] = 0
            groups.setdefault(key, {})[tuple(rest)] = c
        self._refuse_functions(element)
        return [(key, self.ring.ring.from_dict(terms)) for key, terms in groups.items()]

    def _refuse_functions(self, element: PolyElement) -> None:
        inside = {s for _, s in self.atoms}
        for index in self.ring.used(element):
            atom = self.ring.atoms[index]
            if atom.kind != "parameter" and atom.expression.free_symbols & inside:
                raise NotYetError(f"{atom.expression} is no polynomial in the internal states; this is not handled yet",
                                  where="internal", instead="write velocities and rates as polynomials in them")  # fmt: skip

    # --- their own motion and renewal -----------------------------------------------------------------------------

    def own(self) -> Matrix:
        """The backward generator of the variables' own motion and of their renewal at a rate."""
        total = self._zeros()
        for position, factor in enumerate(self.factors):
            variable = factor.variable
            spread = self._series(variable.diffusivity)
            if factor.harmonics is not None:
                total = _plus(total, self._direction(position, factor, spread))
            elif variable.domain == "line":
                component = variable.symbols.index(factor.symbols[0])
                first = self._spread(position, [{k - 1: Fraction(k)} if k else {} for k in range(len(factor.weights))])
                second = self._spread(
                    position, [{k - 2: Fraction(k * (k - 1))} if k > 1 else {} for k in range(len(factor.weights))]
                )
                if variable.drift:
                    total = _plus(total, self._after(first, self.lift(self._series(variable.drift[component]))))
                total = _plus(total, self._after(second, self.lift(spread)))
        for variable in self.model.internals:
            if variable.rate is not None:
                total = _plus(
                    total, self.renewed([variable.name], self.lift(self._series(variable.rate)), leaving=True)
                )
        return total

    def _direction(self, position: int, factor: Factor, spread: GradedSeries) -> Matrix:
        variable, basis = factor.variable, factor.harmonics
        assert basis is not None
        if variable.diffusivity.free_symbols & set(factor.symbols):
            raise NotYetError(f"a diffusivity of '{variable.name}' that depends on the direction itself is not handled yet",
                              where="internal", instead="write it as a renewal at a rate that depends on the direction")  # fmt: skip
        d = basis.dimension
        degrees = [basis.degree(n) for n in range(len(basis.labels))]
        total = self._after(
            self._spread(position, [{n: Fraction(-k * (k + d - 2))} for n, k in enumerate(degrees)]), self.lift(spread)
        )
        if variable.drift and variable.drift[0] != 0:
            total = _plus(
                total, self._after(self._spread(position, basis.rotation()), self.lift(self._series(variable.drift[0])))
            )
        return total

    def renewed(self, names: Iterable[str], then: Matrix, *, leaving: bool = False) -> Matrix:
        """``then`` (the factor with which something happens), after which the named variables are drawn afresh."""
        result = then
        wanted = set(names)
        for position, factor in enumerate(self.factors):
            if factor.variable.name in wanted or wanted & set(factor.variable.components):
                result = self._turned(position, factor, result)
        return _plus(result, _negative(then)) if leaving else result

    def _turned(self, position: int, factor: Factor, then: Matrix) -> Matrix:
        variable = factor.variable
        if factor.harmonics is None:
            rows: list[list[tuple[int, GradedSeries]]] = [
                [(0, self._law_moment(variable, k))] for k in range(len(factor.weights))
            ]
        else:
            rows = self._turn_rows(variable, factor.harmonics)
        total = self._zeros()
        for a, label in enumerate(self.labels):
            for n, share in rows[label[position]]:
                b = self.index.get((*label[:position], n, *label[position + 1 :]))
                if b is not None and share.terms:
                    total[a] = [x + share * y for x, y in zip(total[a], then[b], strict=True)]
        return total

    def _turn_rows(self, variable: InternalVariable, basis: HarmonicBasis) -> list[list[tuple[int, GradedSeries]]]:
        """E[B(u turned)]: every harmonic is multiplied by the mean of its cosine, and rotated by that of its sine."""
        rotation = basis.rotation() if basis.dimension == 2 else None
        rows: list[list[tuple[int, GradedSeries]]] = []
        for n in range(len(basis.labels)):
            degree = basis.degree(n)
            if degree == 0:
                rows.append([(n, self._number(1))])
                continue
            if variable.uniform:
                rows.append([])
                continue
            cosine, sine = self._harmonic_means(variable, degree, basis.dimension)
            row = [(n, cosine)]
            if rotation is not None:
                row += [
                    (m, sine.scaled(self.ring.ring(QQ(c.numerator, c.denominator * degree))))
                    for m, c in rotation[n].items()
                ]
            rows.append(row)
        return rows

    def _harmonic_means(
        self, variable: InternalVariable, degree: int, dimension: int
    ) -> tuple[GradedSeries, GradedSeries]:
        if degree == 1:
            zero = sp.Integer(0)
            return self._series(variable.mean_cosine or zero), self._series(variable.mean_sine or zero)
        cosine = self._open(variable.open_harmonic(degree, "cosine"))
        sine = self._open(variable.open_harmonic(degree, "sine")) if dimension == 2 else GradedSeries({})
        return cosine, sine

    def _open(self, symbol: sp.Symbol) -> GradedSeries:
        """A constant that the model does not state; results are cut where it would enter."""
        if symbol not in self.unknown:
            self.unknown.append(symbol)
        return GradedSeries({0: self.ring.opaque(symbol)})

    def _law_moment(self, variable: InternalVariable, k: int) -> GradedSeries:
        law = variable.law
        if law is None:
            raise DerivationError(f"'{variable.name}' is renewed, but by which law?", where="internal",
                                  instead='name its distribution')  # fmt: skip
        highest = law.highest_moment
        if highest is not None and k > highest:
            return self._open(variable.open_moment(k))
        return self._series(law.raw_moment(k))

    # --- between walls --------------------------------------------------------------------------------------------

    def between_walls(self) -> tuple[SpectralSplit, Power]:
        """The split of D Laplacian in the ball: averages on the left, the uniform law on the right; and its grade."""
        (factor,) = self.factors
        variable, basis, ring = factor.variable, factor.harmonics, self.ring
        assert basis is not None
        assert variable.radius is not None
        pace = self.expansion.series(self.prepared.replace(variable.diffusivity / variable.radius**2), self.order)
        if len(pace.terms) != 1:
            raise NotYetError(
                "the diffusivity of an internal state has parts of different size in this regime", where="internal"
            )
        ((grade, element),) = pace.terms.items()
        inverse = ring.inverse(element)
        size = self.size
        right = [[ring.one] if n == 0 else [ring.zero] for n in range(size)]
        means = [basis.average(n) for n in range(size)]
        left = [[ring.ring(QQ(c.numerator, c.denominator)) for c in means]]
        group = [[ring.zero] * size for _ in range(size)]
        for n in range(size):
            for m, c in basis.neumann_inverse(n).items():
                group[m][n] = inverse * QQ(c.numerator, c.denominator)
        return SpectralSplit(right, left, left, group, ring.zero, ((0,),), ((0,),)), grade

    # --- helpers --------------------------------------------------------------------------------------------------

    def _series(self, expression: sp.Expr) -> GradedSeries:
        return self.expansion.series(self.prepared.replace(expression), self.order)

    def _number(self, value: int) -> GradedSeries:
        return GradedSeries({0: self.ring.ring(value)})

    def _zeros(self) -> Matrix:
        return [[GradedSeries({}) for _ in range(self.size)] for _ in range(self.size)]

    def _after(self, rows: Rows, matrix: Matrix) -> Matrix:
        """rows . matrix: what the basis function becomes, then the factor in front of it."""
        result = self._zeros()
        for a, row in enumerate(rows):
            for b, c in row.items():
                factor = self.ring.ring(QQ(c.numerator, c.denominator))
                result[a] = [x + y.scaled(factor) for x, y in zip(result[a], matrix[b], strict=True)]
        return result

    def identity(self) -> Matrix:
        """Nothing happens."""
        return [[self._number(1) if i == j else GradedSeries({}) for j in range(self.size)] for i in range(self.size)]

    def _scale(self, factor: Factor) -> Power:
        """The power of eps of a number on a line, so that its moments are all of order one."""
        variable = factor.variable
        if variable.domain != "line":
            return 0
        sizes: list[Fraction] = []
        if variable.law is not None:
            for k in (1, 2):
                moment = (
                    self._law_moment(variable, k)
                    if variable.law.highest_moment is None or variable.law.highest_moment >= k
                    else None
                )
                if moment is not None and moment.terms:
                    sizes.append(Fraction(moment.valuation) / k)
        if variable.drift:
            drift = self._series(variable.drift[variable.symbols.index(factor.symbols[0])])
            by_power: dict[int, Power] = {}
            for grade, element in drift.terms.items():
                for exponents, _ in self.split(element):
                    by_power[sum(exponents)] = min(by_power.get(sum(exponents), INFINITE), grade)
            spread = self._series(variable.diffusivity)
            if 1 in by_power and spread.terms:
                sizes.append(Fraction(spread.valuation - by_power[1]) / 2)
            if 1 in by_power and 0 in by_power:
                sizes.append(Fraction(by_power[0] - by_power[1]))
        return power(min(sizes, default=Fraction(0)))

    def graded(self, matrix: Matrix) -> Matrix:
        """The moments measured in their own size: entry (a, b) times eps**(size of b - size of a)."""
        if not any(self.scales):
            return matrix
        sizes = [
            sum((Fraction(s) * n for s, n in zip(self.scales, label, strict=True)), Fraction(0))
            for label in self.labels
        ]
        return [[x.shifted(power(sizes[b] - sizes[a])) for b, x in enumerate(row)] for a, row in enumerate(matrix)]

    def cut(self, matrix: Matrix) -> Matrix:
        """Known only below the lowest grade that holds a constant which the model leaves open."""
        if not self.unknown:
            return matrix
        open_atoms = {i for s in self.unknown for i in self.ring.used(self.ring.opaque(s))}
        grades = [g for row in matrix for x in row for g, c in x.terms.items() if self.ring.used(c) & open_atoms]
        known = min(grades, default=INFINITE)
        return [[x.truncated(known) for x in row] for row in matrix]


def _factors(variable: InternalVariable, reach: int) -> list[Factor]:
    if variable.domain == "line":
        shift: Rows = [{k + 1: Fraction(1)} if k < reach else {} for k in range(reach + 1)]
        return [Factor(variable, (s,), tuple(range(reach + 1)), (shift,)) for s in variable.symbols]
    solid = variable.domain == "ball"
    basis = HarmonicBasis(
        len(variable.components), reach if solid else reach // 2, solid, solid and len(variable.components) > 1
    )
    weights = tuple(basis.degree(n) * (1 if solid else 2) for n in range(len(basis.labels)))
    if basis.radial:  # the first component stands for the squared distance
        square: Rows = [{j + 1: Fraction(1)} if j + 1 < len(basis.labels) else {} for j in range(len(basis.labels))]
        return [Factor(variable, variable.symbols[:1], weights, (square,), basis)]
    times = tuple(basis.multiplication(i) for i in range(len(variable.components)))
    return [Factor(variable, variable.symbols, weights, times, basis)]


def _composed(a: Rows, b: Rows) -> Rows:
    """Row n of a, each function multiplied out by b."""
    found = []
    for row in a:
        total: Row = {}
        for k, c in row.items():
            for m, d in b[k].items():
                total[m] = total.get(m, Fraction(0)) + c * d
        found.append({m: c for m, c in total.items() if c})
    return found


def _plus(a: Matrix, b: Matrix) -> Matrix:
    return [[x + y for x, y in zip(p, q, strict=True)] for p, q in zip(a, b, strict=True)]


def _negative(a: Matrix) -> Matrix:
    return [[-x for x in row] for row in a]


Lift = Callable[[GradedSeries], Matrix]
