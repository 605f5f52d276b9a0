"""Jumps by a random step in the expansion: series in the step's lengths, then each power replaced by its moment.

The lengths s_a of a law are symbols of the ring, of the order of the law's length scale. What arrives is
sum of e^(-(d + sum s_a e_a).D) [w(x, s) .], a polynomial in the s_a up to the order asked for; s^n becomes the n-th
moment. Non-analytic terms of the law stand beside it: even |k|^a + i odd sgn(k) |k|^a at ik -> -D is
even |D|^a - odd D |D|^(a-1), where |D| is the root of minus the Laplacian.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import sympy as sp
from sympy.polys.rings import PolyElement

from symdiff.algebra.differential_ring import DifferentialRing
from symdiff.algebra.expansion import Expansion, Grading
from symdiff.algebra.graded import GradedSeries, Power, power
from symdiff.continuum.generator import shift_series
from symdiff.continuum.regimes import PreparedRegime
from symdiff.equations.evolution_equation import LOGARITHM
from symdiff.errors import NotYetError, ResourceError
from symdiff.model.jump_model import Jump
from symdiff.model.step_law import Singular, StepLaw

MAX_MOMENT = 40
ROOT_LAPLACIAN = "root of minus the Laplacian"


def averaged_contribution(
    jump: Jump, law: StepLaw, prepared: PreparedRegime, expansion: Expansion, order: Power
) -> tuple[GradedSeries, GradedSeries]:
    """(arriving, leaving) of a jump with a law, known below ``order`` or as far as the law is known."""
    unit = _length_power(law, prepared, expansion)
    symbols = {s: Fraction(unit) for s in law.variables}
    grading = Grading({**prepared.grading.symbols, **symbols}, prepared.grading.coordinate, prepared.grading.derivative)
    local = Expansion(expansion.ring, grading)
    rate = local.series(prepared.replace(jump.intensity), order)
    _require_polynomial(jump, law, rate, local.ring)
    steps = tuple(
        sp.Add(d, *(s * row[i] for s, row in zip(law.variables, jump.directions, strict=True)))
        for i, d in enumerate(jump.displacement)
    )
    needed = order - rate.valuation if rate.terms else order
    shift = shift_series(jump, steps, prepared, local, needed)
    average = _Average(law, prepared, local, unit, order)
    arriving, leaving = average(rate * shift), average(rate)
    singular, open_from = _singular_part(jump, law, prepared, local, order, rate)
    return (arriving + singular).truncated(open_from), leaving


class _Average:
    """Replaces powers of a law's lengths by its moments."""

    def __init__(self, law: StepLaw, prepared: PreparedRegime, expansion: Expansion, unit: Power, order: Power) -> None:
        self.law, self.prepared, self.expansion, self.unit, self.order = law, prepared, expansion, unit, order
        self.indices = [_index(expansion.ring, s) for s in law.variables]
        known = law.known_below
        self.last = MAX_MOMENT if known is None else _below(law.stand_in(known))
        if known is None and law.highest_moment is not None and not law.singular:
            self.last = law.highest_moment
        self.moments: dict[tuple[int, ...], GradedSeries] = {}

    def __call__(self, series: GradedSeries) -> GradedSeries:
        ring = self.expansion.ring
        total, known = GradedSeries({}), series.order
        for grade, element in series.terms.items():
            groups: dict[tuple[int, ...], dict[tuple[int, ...], Any]] = {}
            for monomial, c in element.terms():
                orders = tuple(monomial[i] for i in self.indices)
                rest = list(monomial)
                for i in self.indices:
                    rest[i] = 0
                groups.setdefault(orders, {})[tuple(rest)] = c
            for orders, terms in groups.items():
                n = sum(orders)
                if n > self.last:
                    known = min(known, grade)
                    continue
                part = GradedSeries({grade - n * self.unit: ring.ring.from_dict(terms)})
                total = total + part * self._moment(orders)
        return total.truncated(known)

    def _moment(self, orders: tuple[int, ...]) -> GradedSeries:
        found = self.moments.get(orders)
        if found is None:
            if sum(orders) > MAX_MOMENT:
                raise ResourceError(f"the law '{self.law.distribution}' would need more than {MAX_MOMENT} moments")
            value = self.law.analytic_moment(*orders)
            found = self.expansion.series(self.prepared.replace(value), self.order + sum(orders) * max(0, self.unit))
            self.moments[orders] = found
        return found


def _below(bound: Fraction) -> int:
    """The largest integer below a bound."""
    return int(bound) - 1 if bound.denominator == 1 else int(bound)


def _index(ring: DifferentialRing, symbol: sp.Symbol) -> int:
    generator: PolyElement = ring.parameter(symbol)
    return int(generator.LM.index(1))


def _require_polynomial(jump: Jump, law: StepLaw, rate: GradedSeries, ring: DifferentialRing) -> None:
    """A rate may depend on the step through functions of place near by, or weigh it by a polynomial if all moments exist."""
    steps = {_index(ring, s) for s in law.variables}
    weighs = jump.intensity.free_symbols & set(law.variables) and not any(map(ring.varies, rate.terms.values()))
    if weighs and (law.imaginary_only or law.highest_moment is not None):
        raise NotYetError(f"the rate {jump.intensity} weighs a random step of which some moments do not exist or are not known",
                          where=jump.label, instead="put that weight into the law")  # fmt: skip
    for element in rate.terms.values():
        for i in ring.used(element):
            if i not in steps and ring.atoms[i].expression.free_symbols & set(law.variables):
                raise NotYetError(
                    f"the rate {jump.intensity} weighs the random step in a way that does not vanish for small steps; this is "
                    "not handled yet", where=jump.label,
                    instead="put that weight into the law, and leave functions of place such as D(x + r/2) in the rate")  # fmt: skip


def _length_power(law: StepLaw, prepared: PreparedRegime, expansion: Expansion) -> Power:
    """The power of eps of the law's largest length scale: moment n is of order eps**(n * this) or smaller."""
    if prepared.is_long_wave:
        return 0
    lowest = [
        power(Fraction(expansion.series(prepared.replace(value), 8).valuation) / root)
        for value, root in law.length_scales
    ]
    if not law.length_scales and law.distribution not in ("student", "fixed"):
        for orders in first_moments(law):
            value = expansion.series(prepared.replace(law.analytic_moment(*orders)), 8)
            lowest += [power(Fraction(value.valuation) / sum(orders))] if value.terms else []
    return min(lowest, default=0)


def first_moments(law: StepLaw) -> list[tuple[int, ...]]:
    """The orders of the moments that tell a law's length: second and fourth of every length, as far as they exist."""
    highest = law.highest_moment
    return [tuple(m * int(i == n) for i in range(law.lengths)) for n in range(law.lengths) for m in (1, 2, 4)
            if highest is None or m <= highest]  # fmt: skip


def _singular_part(
    jump: Jump, law: StepLaw, prepared: PreparedRegime, expansion: Expansion, order: Power, rate: GradedSeries
) -> tuple[GradedSeries, Power]:
    """The non-analytic terms below ``order``, and the power from which on the law leaves the transform open."""
    weight = prepared.grading.derivative
    known = None if law.known_below is None else law.stand_in(law.known_below)
    open_from: Power = order
    if known is not None:
        unit = _length_power(law, prepared, expansion)
        scale = (rate.valuation if rate.terms else 0) + power(Fraction(unit) * known)
        open_from = min(order, power(known * weight) + scale)
    total = GradedSeries({})
    for term in _along_direction(jump, law):
        if known is not None and law.order_of(term) >= known:
            continue
        grade = power(law.order_of(term) * weight)
        part = _singular_term(jump, term, prepared, expansion, order).shifted(grade) * rate
        if part.truncated(open_from).terms:
            if jump.intensity.free_symbols & set(law.variables):
                raise NotYetError("heavy tails at a rate that depends on where they end are not handled yet", where=jump.label,
                                  instead="handled: rates that depend on the site left")  # fmt: skip
            total = total + part
    if total.terms and any(d != 0 for d in jump.displacement):
        total = total * shift_series(jump, jump.displacement, prepared, expansion, order)
    return total.truncated(open_from), open_from


def _along_direction(jump: Jump, law: StepLaw) -> list[Singular]:
    """The terms of a length along its direction d: (d D)^a log(d D) is d^a D^a (log(D) + log(d))."""
    if law.lengths > 1 or not law.singular:
        return list(law.singular)
    (direction,) = jump.directions
    if len(direction) > 1:
        raise NotYetError("heavy tails along one direction of several dimensions are not handled yet", where=jump.label,
                          instead='in one dimension they are; in more dimensions write distribution = "isotropic"')  # fmt: skip
    length, sign = _magnitude(direction[0], jump)
    found = []
    for term in law.singular:
        scale = length**term.exponent
        for logs in range(term.logs + 1) if length != 1 else (term.logs,):
            share = scale * sp.binomial(term.logs, logs) * sp.log(length) ** (term.logs - logs)
            found.append(Singular(term.exponent, term.even * share, term.odd * sign * share, logs))
    return found


def _singular_term(
    jump: Jump, term: Singular, prepared: PreparedRegime, expansion: Expansion, order: Power
) -> GradedSeries:
    """One term without its power of eps: even |D|^a - odd D |D|^(a-1), with log|D| where a logarithm stands."""
    ring = expansion.ring
    logarithm = ring.operator_symbol(LOGARITHM, LOGARITHM) ** term.logs if term.logs else ring.one
    total = expansion.series(prepared.replace(term.even), order).scaled(_modulus(ring, term.exponent) * logarithm)
    if term.odd != 0:
        if ring.dimension > 1:
            raise NotYetError("skew heavy tails in several dimensions are not handled yet", where=jump.label)
        turned = -_modulus(ring, sp.expand(term.exponent - 1)) * ring.derivative_symbol(0) * logarithm
        total = total + expansion.series(prepared.replace(term.odd), order).scaled(turned)
    return total


def _modulus(ring: DifferentialRing, exponent: sp.Expr) -> PolyElement:
    """|D|**exponent."""
    return ring.one if exponent == 0 else ring.operator_symbol((ROOT_LAPLACIAN, exponent), exponent)


def _magnitude(direction: sp.Expr, jump: Jump) -> tuple[sp.Expr, int]:
    """A direction in one dimension as (length, sign)."""
    if direction.is_positive:
        return direction, 1
    if direction.is_negative:
        return -direction, -1
    raise NotYetError(f"the sign of the direction {direction} of a heavy tail is not known", where=jump.label,
                      instead="declare its parameters as positive")  # fmt: skip
