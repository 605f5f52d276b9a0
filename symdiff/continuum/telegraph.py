"""The scalar equation of a homogeneous system whose states are all slow, such as the telegrapher's equation.

P_tt + damping_rate P_t + cross_rate P_xt + bias_rate P_x = c2 P_xx, with relaxation_time = 1/damping_rate; at long times
it relaxes to drift and diffusion with v = bias_rate/damping_rate and D = (c2 + cross_rate v - v^2)/damping_rate.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from math import comb
from typing import Any

import sympy as sp

from symdiff.algebra.graded import GradedSeries
from symdiff.algebra.multiindex import MultiIndex, plus, unit
from symdiff.continuum import assembly
from symdiff.continuum.assembly import GradedTerm
from symdiff.continuum.coefficients import derivative_name
from symdiff.continuum.derivation import Derived
from symdiff.continuum.limit import Coefficients, Discarded
from symdiff.equations.evolution_equation import EvolutionEquation, Term


@dataclass(frozen=True)
class ClosedEquation:
    """The scalar equation, its named coefficients, both branches' upper growth rate, and what was left out."""

    equation: EvolutionEquation
    coefficients: Coefficients
    growth_rate: sp.Expr | None
    discarded: tuple[Discarded, ...]
    all_terms: list[GradedTerm]
    known_below: Fraction


def closed_equation(derived: Derived) -> ClosedEquation:
    """det(d_t - L) u = 0, kept to the order of the regime.

    Where all walkers die at one rate f of order one, that of those alive at d_t - f: powers of eps are counted among them.
    """
    model, size = derived.model, len(derived.operator)
    floor = Fraction(derived.prepared.time_power)
    if derived.survivors is None:
        terms = assembly.closed_terms(derived)
    else:
        operator, fading = derived.survivors
        derived = replace(derived, operator=operator)
        terms = _faded(assembly.closed_terms(derived), fading)
    kept_power = floor * (size - 1) + Fraction(derived.kept)
    kept = [t for t in terms if t.power <= kept_power]
    shown = [assembly.to_term(derived, t, model.density) for t in assembly_merge(derived, kept)]
    right_side = [t for t in shown if t.time == 0 and sum(t.space) != 1]
    left_side = [t for t in shown if t not in right_side]
    right = tuple(Term(-t.coefficient, t.density, t.space, t.time, t.fractional, t.inside) for t in right_side)
    left = tuple(sorted(left_side, key=lambda t: (-t.time, sum(t.space))))
    equation = EvolutionEquation(model.density, model.coordinate_symbols, model.time, left, right)
    coefficients, rate = _named(derived, kept) if size == 2 else ((), None)
    discarded = assembly.discarded_terms(derived, [_negated(t) for t in terms], Fraction(kept_power), model.density)
    known = min(Fraction(x.order) for row in derived.operator for x in row) + floor * (size - 1)
    return ClosedEquation(equation, coefficients, rate, discarded, terms, known)


def _faded(terms: list[GradedTerm], fading: GradedSeries) -> list[GradedTerm]:
    """(d_t - f)^n multiplied out; every part keeps the power of eps of its term."""
    (f,) = fading.terms.values()
    return [
        GradedTerm(t.power, t.space, t.time - m, t.fractional, t.coefficient * comb(t.time, m) * (-f) ** m)
        for t in terms
        for m in range(t.time + 1)
    ]


def assembly_merge(derived: Derived, terms: list[GradedTerm]) -> list[GradedTerm]:
    """Terms of the same derivative added up."""
    found: dict[tuple[MultiIndex, int], Any] = {}
    for t in terms:
        key = (t.space, t.time)
        found[key] = found[key] + t.coefficient if key in found else t.coefficient
    return [GradedTerm(0, s, n, None, c) for (s, n), c in found.items() if not derived.ring.is_zero(c)]


def _negated(term: GradedTerm) -> GradedTerm:
    """Discarded terms are listed as they would stand on the right-hand side."""
    return GradedTerm(term.power, term.space, term.time, term.fractional, -term.coefficient)


def _named(derived: Derived, kept: list[GradedTerm]) -> tuple[Coefficients, sp.Expr | None]:
    ring, coordinates = derived.ring, derived.model.coordinate_symbols
    d = len(coordinates)
    elements = {(t.space, t.time): t.coefficient for t in assembly_merge(derived, kept)}
    zero = (0,) * d

    def suffix(alpha: MultiIndex) -> str:
        return "" if d == 1 else "_" + derivative_name(coordinates, alpha)

    damping = elements.get((zero, 1), ring.zero)
    found: dict[str, sp.Expr] = {"damping_rate": ring.to_expression(damping)}
    for i in range(d):
        found["cross_rate" + suffix(unit(d, i))] = ring.to_expression(elements.get((unit(d, i), 1), ring.zero))
        found["bias_rate" + suffix(unit(d, i))] = ring.to_expression(elements.get((unit(d, i), 0), ring.zero))
    for i in range(d):
        for j in range(i, d):
            alpha = plus(unit(d, i), unit(d, j))
            value = ring.to_expression(-elements.get((alpha, 0), ring.zero))
            found["c2" + suffix(alpha)] = value if i == j else value / 2
    if (zero, 0) in elements:
        found["a_0"] = ring.to_expression(-elements[(zero, 0)])
    if not ring.is_zero(damping):
        found["relaxation_time"] = ring.to_expression(ring.inverse(damping))
        if d == 1 and (zero, 0) not in elements:
            found |= _relaxed(derived, elements, damping)
    return tuple(found.items()), _upper_branch(derived, elements) if d == 1 else None


def _relaxed(derived: Derived, elements: dict[tuple[MultiIndex, int], Any], damping: Any) -> dict[str, sp.Expr]:
    ring = derived.ring
    inverse = ring.inverse(damping)
    v = elements.get(((1,), 0), ring.zero) * inverse
    cross = elements.get(((1,), 1), ring.zero)
    c2 = -elements.get(((2,), 0), ring.zero)
    return {"v": ring.to_expression(v), "D": ring.to_expression((c2 + cross * v - v * v) * inverse)}


def _upper_branch(derived: Derived, elements: dict[tuple[MultiIndex, int], Any]) -> sp.Expr | None:
    """The growth rate that vanishes with k: s = -b/2 + sqrt(b^2/4 - c), from s^2 + b s + c = 0."""
    ring, (k,) = derived.ring, assembly.wave_symbols(derived)
    if any(time > 2 for _, time in elements):
        return None
    parts = {time: sp.Integer(0) for time in (0, 1, 2)}
    for (space, time), element in elements.items():
        parts[time] += ring.to_expression(element) * (sp.I * k) ** space[0]
    b, c = parts[1], parts[0]
    return -b / 2 + sp.sqrt(sp.expand(b**2) / 4 - c)
