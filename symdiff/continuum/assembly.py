"""From the evolution operator to the result that is shown: equation, coefficients, discarded terms, closure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import sympy as sp

from symdiff.algebra.differential_ring import DifferentialRing
from symdiff.algebra.graded import GradedSeries, Power
from symdiff.algebra.multiindex import MultiIndex, plus, unit
from symdiff.continuum.coefficients import coefficient_name, coefficient_value, expected_indices
from symdiff.continuum.confirmation_probe import OperatorTerm
from symdiff.continuum.derivation import Derived, collect
from symdiff.continuum.limit import Coefficients, Discarded, backward_field
from symdiff.equations.evolution_equation import LOGARITHM, EvolutionEquation, Term, fractional_parts


@dataclass(frozen=True)
class GradedTerm:
    """One term of an operator: the power of eps, the derivatives, and the coefficient as a ring element."""

    power: Power
    space: MultiIndex
    time: int
    fractional: sp.Expr | None
    coefficient: Any


def graded_terms(ring: DifferentialRing, series: GradedSeries) -> list[GradedTerm]:
    """Every term of a graded operator, lowest power and order first."""
    found = []
    operators = {a.index: a for a in ring.atoms if a.kind == "operator"}
    for power in sorted(series.terms):
        for alpha, element in collect(ring, series.terms[power]):
            groups: dict[_Kind, dict[tuple[int, ...], Any]] = {}
            for monomial, c in element.terms():
                time, exponent, logs, rest = 0, sp.Integer(0), 0, list(monomial)
                for index, atom in operators.items():
                    if monomial[index]:
                        if atom.expression == sp.Symbol("d_t"):
                            time = monomial[index]
                        elif atom.expression == LOGARITHM:
                            logs = monomial[index]
                        else:
                            exponent += atom.expression * monomial[index]
                        rest[index] = 0
                space, exponent, sign = _standard(alpha, sp.expand(exponent), logs)
                key = (space, time, None if exponent == 0 and not logs else exponent + logs * LOGARITHM)
                terms = groups.setdefault(key, {})
                terms[tuple(rest)] = terms.get(tuple(rest), 0) + sign * c
            for (space, time, fractional), terms in groups.items():
                coefficient = ring.ring.from_dict({m: c for m, c in terms.items() if c})
                if not ring.is_zero(coefficient):
                    found.append(GradedTerm(power, space, time, fractional, coefficient))
    return _collected(ring, found)


_Kind = tuple[MultiIndex, int, sp.Expr | None]


def _standard(space: MultiIndex, exponent: sp.Expr, logs: int) -> tuple[MultiIndex, sp.Expr, int]:
    """One form for d^n |D|^a in one dimension: |D|^2 = -d^2 turns even powers into derivatives, pairs of derivatives beside
    any other power into |D|^2."""
    if len(space) > 1 or (exponent == 0 and not logs):
        return space, exponent, 1
    n, sign = space[0], 1
    if exponent.is_Integer and exponent % 2 == 0 and not logs and exponent + n >= 0:
        half = int(exponent) // 2
        return (n + 2 * half,), sp.Integer(0), (-1) ** half
    half = n // 2
    return (n - 2 * half,), exponent + 2 * half, sign * (-1) ** half


def _collected(ring: DifferentialRing, terms: list[GradedTerm]) -> list[GradedTerm]:
    """Terms of the same kind and power added up."""
    if all(t.fractional is None for t in terms):
        return terms
    groups: dict[tuple[Any, ...], GradedTerm] = {}
    for t in terms:
        key = (t.power, t.space, t.time, t.fractional)
        known = groups.get(key)
        groups[key] = t if known is None else replace(known, coefficient=known.coefficient + t.coefficient)
    return [t for t in groups.values() if not ring.is_zero(t.coefficient)]


def to_term(derived: Derived, term: GradedTerm, density: str) -> Term:
    """A term with its coefficient as a SymPy expression."""
    ring = derived.ring  # a first derivative reads best with the minus of its drift in front
    odd = sum(term.space) == 1 and term.fractional is None
    value = -ring.to_expression(-term.coefficient) if odd else ring.to_expression(term.coefficient)
    inside = derived.ring.varies(term.coefficient) and (sum(term.space) > 0 or term.fractional is not None)
    fractional = None if term.fractional is None else term.fractional / 2
    return Term(value, density, term.space, term.time, fractional, inside, Fraction(term.power))


def merged(terms: Iterable[Term]) -> tuple[Term, ...]:
    """Terms of the same derivative added up, in order of the derivative."""
    groups: dict[tuple[Any, ...], list[Term]] = {}
    for term in terms:
        groups.setdefault((term.density, term.space, term.time, term.fractional), []).append(term)
    result = []
    for found in groups.values():
        first = found[0]
        value = first.coefficient if len(found) == 1 else sp.Add(*(t.coefficient for t in found))
        result.append(Term(value, first.density, first.space, first.time, first.fractional, first.inside, first.power))
    return tuple(sorted(result, key=_term_order))


def _term_order(term: Term) -> tuple[Any, ...]:
    return (
        -term.time,
        sum(term.space) + (1.5 if term.fractional is not None else 0),
        [-n for n in term.space],
        term.density,
    )


# --- one slow density ---------------------------------------------------------------------------------------------


def merged_elements(derived: Derived, terms: Iterable[GradedTerm]) -> dict[tuple[MultiIndex, sp.Expr | None], Any]:
    """Ring coefficients added up over powers, by derivative."""
    found: dict[tuple[MultiIndex, sp.Expr | None], Any] = {}
    for term in terms:
        key = (term.space, term.fractional)
        found[key] = found[key] + term.coefficient if key in found else term.coefficient
    return {k: v for k, v in found.items() if not derived.ring.is_zero(v)}


def scalar_equation(derived: Derived, elements: dict[tuple[MultiIndex, sp.Expr | None], Any]) -> EvolutionEquation:
    """d_t u = sum of the kept terms."""
    model, density = derived.model, derived.model.density
    zero = (0,) * model.dimension
    right = [
        to_term(derived, GradedTerm(0, space, 0, fractional, c), density) for (space, fractional), c in elements.items()
    ]
    left = (Term(sp.Integer(1), density, zero, 1),)
    return EvolutionEquation(density, model.coordinate_symbols, model.time, left, tuple(sorted(right, key=_term_order)))


def named_coefficients(
    derived: Derived, elements: dict[tuple[MultiIndex, sp.Expr | None], Any], highest: int
) -> Coefficients:
    """Coefficients by their role; those up to second order (in one dimension all) are listed even where they vanish."""
    ring, coordinates = derived.ring, derived.model.coordinate_symbols
    fractional = [(f, c) for (_, f), c in elements.items() if f is not None]
    found: dict[str, sp.Expr] = {}
    if ((0,) * len(coordinates), None) in elements:
        found["a_0"] = ring.to_expression(elements[((0,) * len(coordinates), None)])
    listed = 1 if fractional else highest if len(coordinates) == 1 else min(highest, 2)
    orders = expected_indices(len(coordinates), listed)
    orders += [s for s, f in elements if f is None and sum(s) > listed]
    for alpha in orders:
        element = elements.get((alpha, None), ring.zero)
        if element or not fractional:
            shown = ring.to_expression(-element if sum(alpha) == 1 else element)
            found[coefficient_name(coordinates, alpha)] = shown if sum(alpha) == 1 else coefficient_value(alpha, shown)
    return tuple((found | _fractional_names(derived, elements)).items())


def _fractional_names(derived: Derived, elements: dict[tuple[MultiIndex, sp.Expr | None], Any]) -> dict[str, sp.Expr]:
    """K, the indices and the skewness of a fractional equation: K |k|^a (1 - i skewness sgn(k) tan(pi a/2)) at i k = d.

    Only where the leading non-analytic power lies below two; beyond, it is a correction, seen in the growth rate.
    """
    ring, zero = derived.ring, (0,) * derived.model.dimension
    even = [(f, c) for (s, f), c in elements.items() if f is not None and s == zero and not f.has(LOGARITHM)]
    skew = {
        f + 1: c
        for (s, f), c in elements.items()
        if f is not None and sum(s) == 1 and len(s) == 1 and not f.has(LOGARITHM)
    }
    leading = [i for i in (*(f for f, _ in even), *skew) if not (i.is_Rational and i >= 2)]
    if len(set(leading)) != 1:
        return {}
    index = leading[0]
    strength = -dict(even).get(index, ring.zero)
    found = {"K": ring.to_expression(strength), "stability_index": index, "waiting_index": sp.Integer(1)}
    if index in skew and strength:
        ratio = ring.to_expression(-skew[index] * ring.inverse(strength))
        ratio = ratio.replace(sp.tan, lambda a: sp.sin(a) / sp.cos(a))
        found["skewness"] = ratio * sp.cos(sp.pi * index / 2) / sp.sin(sp.pi * index / 2)
    return found


def flux_coefficients(derived: Derived, elements: dict[tuple[MultiIndex, sp.Expr | None], Any]) -> Coefficients:
    """v and D of d_t P = - d_i (v_i P - D_ij d_j P): v_i = -A_i - sum_j d_j D_ij."""
    if any(f is not None or sum(s) > 2 for s, f in elements):
        return ()
    ring, coordinates = derived.ring, derived.model.coordinate_symbols
    d = len(coordinates)
    found: dict[str, sp.Expr] = {}
    for i in range(d):
        v = -elements.get((unit(d, i), None), ring.zero)
        for j in range(d):
            alpha = plus(unit(d, i), unit(d, j))
            slope = ring.total_derivative(elements.get((alpha, None), ring.zero), j)
            v = v - (slope if i == j else slope.mul_ground(ring.ring.domain(1, 2)))  # A_xy = 2 D_xy
        found[coefficient_name(coordinates, unit(d, i))] = ring.to_expression(v)
    for alpha in expected_indices(d, 2):
        if sum(alpha) == 2:
            element = elements.get((alpha, None), ring.zero)
            found[coefficient_name(coordinates, alpha)] = coefficient_value(alpha, ring.to_expression(element))
    return tuple(found.items())


def growth_rate(derived: Derived, elements: dict[tuple[MultiIndex, sp.Expr | None], Any]) -> sp.Expr | None:
    """s(k) of e^(st + ikx): every derivative becomes i k."""
    if not derived.homogeneous:
        return None
    waves = wave_symbols(derived)
    total = []
    for (space, fractional), element in elements.items():
        factor = sp.Mul(*((sp.I * k) ** n for k, n in zip(waves, space, strict=True)))
        if fractional is not None:
            exponent, logs = fractional_parts(fractional)
            length = sp.Abs(waves[0]) if len(waves) == 1 else sp.sqrt(sp.Add(*(k**2 for k in waves)))
            factor *= length**exponent * sp.log(length) ** logs
        total.append(derived.ring.to_expression(element) * factor)
    return sp.Add(*total)


def wave_symbols(derived: Derived) -> tuple[sp.Symbol, ...]:
    """The wave vector: k in one dimension, k_x, k_y, ... otherwise; renamed where the model uses the name."""
    coordinates = derived.model.coordinates
    taken = {p.name for p in derived.model.parameters}
    names = ["k"] if len(coordinates) == 1 and "k" not in taken else [f"k_{c}" for c in coordinates]
    return tuple(sp.Symbol(n, real=True) for n in names)


def backward_equation(derived: Derived, coefficients: Iterable[Term]) -> tuple[sp.Expr, sp.Expr] | None:
    """d_t f = sum (-1)^|a| A_a d^a f, the equation of averages f(x, t) = E[f(X_t) | X_0 = x]."""
    model = derived.model
    x, t = model.coordinate_symbols, model.time
    f = backward_field(model)
    total = []
    for term in coefficients:
        if term.fractional is not None:
            return None
        orders = [(c, n) for c, n in zip(x, term.space, strict=True) if n]
        total.append((-1) ** sum(term.space) * term.coefficient * (sp.Derivative(f, *orders) if orders else f))
    return sp.Derivative(f, t), sp.Add(*total)


def discarded_terms(derived: Derived, terms: Iterable[GradedTerm], kept: Power, density: str) -> tuple[Discarded, ...]:
    """The computed terms beyond the kept power, power by power."""
    groups: dict[Power, list[Term]] = {}
    for term in terms:
        if term.power > kept:
            groups.setdefault(term.power, []).append(to_term(derived, term, density))
    x = derived.model.coordinate_symbols
    return tuple(Discarded(Fraction(p), merged(groups[p]), coordinates=x) for p in sorted(groups))


def remainder_power(derived: Derived) -> sp.Expr:
    """The first power of eps that was not computed; symbolic where a tail index decides it."""
    order = Fraction(min(x.order for row in derived.operator for x in row))
    for law in (j.law for j in derived.model.jumps):
        known = None if law is None else law.known_below
        if law is None or known is None or known.is_Rational or not derived.prepared.is_long_wave:
            continue
        if law.stand_in(known) == order:
            return known
    return sp.Rational(order.numerator, order.denominator)


# --- several slow states ------------------------------------------------------------------------------------------


def system_equations(derived: Derived, names: tuple[str, ...]) -> tuple[EvolutionEquation, ...]:
    """d_t P_i = sum_j L_ij P_j at the kept powers."""
    model = derived.model
    zero = (0,) * model.dimension
    found = []
    for i, name in enumerate(names):
        terms: list[Term] = []
        for j, other in enumerate(names):
            kept = [t for t in graded_terms(derived.ring, derived.operator[i][j]) if t.power <= derived.kept]
            terms += [to_term(derived, t, other) for t in kept]
        left = (Term(sp.Integer(1), name, zero, 1),)
        found.append(EvolutionEquation(name, model.coordinate_symbols, model.time, left, merged(terms)))
    return tuple(found)


def closed_terms(derived: Derived) -> list[GradedTerm]:
    """det(d_t - L) by powers, for a homogeneous system: F with F u = 0 for every state and their sum (Cayley-Hamilton)."""
    ring = derived.ring
    time = ring.operator_symbol("time", sp.Symbol("d_t"))
    grade = Fraction(derived.prepared.time_power)
    shown: Power = int(grade) if grade.denominator == 1 else grade
    size = len(derived.operator)
    matrix = [[-x for x in row] for row in derived.operator]
    for i in range(size):
        matrix[i][i] = matrix[i][i] + GradedSeries({shown: time})
    return graded_terms(ring, _determinant(matrix))


def _determinant(matrix: list[list[GradedSeries]]) -> GradedSeries:
    if len(matrix) == 1:
        return matrix[0][0]
    total = GradedSeries({})
    for j, entry in enumerate(matrix[0]):
        if entry.terms:
            minor = [[x for k, x in enumerate(row) if k != j] for row in matrix[1:]]
            part = entry * _determinant(minor)
            total = total + (part if j % 2 == 0 else -part)
    return total


def operator_terms(derived: Derived, series: GradedSeries) -> list[OperatorTerm]:
    """A graded operator as plain terms, for the second route."""
    return [
        OperatorTerm(derived.ring.to_expression(t.coefficient), t.space, t.time, t.fractional, Fraction(t.power))
        for t in graded_terms(derived.ring, series)
    ]
