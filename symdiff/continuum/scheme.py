"""The modified equation of a difference scheme, or the slow equation of a master equation given as such.

On modes e^(st + q.x) the scheme is F(s, q) = sum c s^m q^n e^(q.a + s b) = 0. With F = sum_m F_m(q) s^m the branch that
varies slowly is the fixed point of s = -(F_0 + F_2 s^2 + F_3 s^3 + ...)/F_1, a series in q; multi-level schemes have
other branches, which do not.
"""

from __future__ import annotations

from math import factorial

from sympy.polys.domains import QQ
from sympy.polys.rings import PolyElement

from symdiff.algebra.differential_ring import DifferentialRing
from symdiff.algebra.expansion import Expansion
from symdiff.algebra.graded import GradedSeries, Power, compose_powers, power
from symdiff.algebra.null_space import normal
from symdiff.continuum.derivation import EXTRA, Derived
from symdiff.continuum.generator import Generator, register_small
from symdiff.continuum.regimes import PreparedRegime
from symdiff.errors import DerivationError
from symdiff.model.jump_model import JumpModel
from symdiff.model.scheme import Scheme, SchemeTerm

MOST_TIMES = 40


def derive_scheme(model: JumpModel, prepared: PreparedRegime, ring: DifferentialRing, further: int | None) -> Derived:
    """The growth operator L(d) of the slow branch; ``further`` is the user's ``--order``."""
    assert model.scheme is not None
    kept: Power = (
        (2 if further is None else further) if prepared.is_long_wave else power(prepared.time_power) + (further or 0)
    )
    order = kept + EXTRA + 1
    register_small(prepared, ring)
    expansion = Expansion(ring, prepared.grading)
    rate = _solved(model.scheme, prepared, expansion, order)
    matrix = [[rate]]
    return Derived(model, prepared, ring, Generator(matrix, order, None), (), matrix, matrix, kept, True, ((0,),))


def _solved(scheme: Scheme, prepared: PreparedRegime, expansion: Expansion, order: Power) -> GradedSeries:
    ring, where = expansion.ring, f"regime '{prepared.regime.name}'"
    first = _nonzero(_part(scheme, 1, prepared, expansion, order + 4), ring)
    if not first.terms:
        raise DerivationError("the density at another time does not enter to first order: no slow equation of first order in "
                              "time exists", where=where)  # fmt: skip
    lead: Power = first.valuation
    wide: Power = order + 2 * max(lead, -lead) + 4
    first = _nonzero(_part(scheme, 1, prepared, expansion, wide), ring)
    zeroth = _nonzero(_part(scheme, 0, prepared, expansion, wide), ring)
    slow: Power = zeroth.valuation - lead  # the power of eps of the growth rate
    _require_consistent(zeroth, slow, prepared, ring, where)
    inverse = _inverse(first, lead, ring, wide)
    later: dict[int, GradedSeries] = {}
    for m in range(2, MOST_TIMES):
        found = _nonzero(_part(scheme, m, prepared, expansion, wide), ring)
        if found.terms and m * slow + found.valuation < order + lead:
            later[m] = found
    rate = GradedSeries({})
    for _ in range(MOST_TIMES):
        total, power_of_rate, m = zeroth, rate, 1
        while m < max(later, default=1):
            power_of_rate, m = (power_of_rate * rate).truncated(wide), m + 1
            if m in later:
                total = total + later[m] * power_of_rate
        following = _nonzero((-(total * inverse)).truncated(order), ring)
        if following.terms == rate.terms:
            return following
        rate = following
    raise DerivationError("the slow branch of the scheme does not settle", where=where,
                          instead="make the time step small against the rates in [scaling]")  # fmt: skip


def _require_consistent(
    zeroth: GradedSeries, slow: Power, prepared: PreparedRegime, ring: DifferentialRing, where: str
) -> None:
    """A uniform density may not change at order one: the expansion is about modes that hardly change."""
    uniform = [
        ring.ring.from_dict({m: c for m, c in x.items() if not any(m[: ring.dimension])}) for x in zeroth.terms.values()
    ]
    shown = next((ring.to_expression(x) for x in uniform if not ring.is_zero(x)), None)
    if (prepared.is_long_wave and shown is not None) or (
        zeroth.terms and slow <= 0 and not prepared.is_long_wave and shown is not None
    ):
        raise DerivationError(f"a uniform density does not stay: the coefficients of the scheme sum to {shown}", where=where,
                              instead="check the coefficients, or make the growth small in [scaling]")  # fmt: skip


def _part(scheme: Scheme, m: int, prepared: PreparedRegime, expansion: Expansion, order: Power) -> GradedSeries:
    """F_m(d), the coefficient of s^m."""
    total = GradedSeries({})
    for term in scheme.terms:
        n = m - term.time_order
        if n < 0 or (n > 0 and term.time_shift == 0):
            continue
        total = total + _one(term, n, prepared, expansion, order)
    return total.truncated(order)


def _one(term: SchemeTerm, n: int, prepared: PreparedRegime, expansion: Expansion, order: Power) -> GradedSeries:
    """c d^orders e^(a.d) b^n/n!."""
    ring = expansion.ring
    weight = power(prepared.grading.derivative)
    coefficient = expansion.series(prepared.replace(term.coefficient * term.time_shift**n), order).scaled(
        ring.ring(QQ(1, factorial(n)))
    )
    exponent = GradedSeries({})
    for i, entry in enumerate(term.shift):
        length = expansion.series(prepared.replace(entry), order)
        exponent = exponent + length.scaled(ring.derivative_symbol(i)).shifted(weight)
    if exponent.terms and exponent.valuation <= 0:
        raise DerivationError(f"the shift {', '.join(map(str, term.shift))} is of order one in this regime",
                              where=f"regime '{prepared.regime.name}'", instead="make it small in the scaling, as in dx = 1")  # fmt: skip
    needed = order - coefficient.valuation if coefficient.terms else order
    shifted = compose_powers(exponent, lambda j: ring.ring(QQ(1, factorial(j))), needed)
    derivatives = ring.one
    for i, count in enumerate(term.space_orders):
        derivatives *= ring.derivative_symbol(i) ** count
    return (coefficient * shifted).scaled(derivatives).shifted(weight * sum(term.space_orders))


def _nonzero(series: GradedSeries, ring: DifferentialRing) -> GradedSeries:
    """Without the coefficients that vanish identically, the others in lowest terms."""
    terms: dict[Power, PolyElement] = {g: normal(c, ring) for g, c in series.terms.items()}
    return GradedSeries({g: c for g, c in terms.items() if c}, series.order)


def _inverse(series: GradedSeries, lead: Power, ring: DifferentialRing, order: Power) -> GradedSeries:
    """1/(f (1 + small)) = f^-1 sum (-small)^n."""
    head = ring.inverse(series.terms[lead])
    small = series.shifted(-lead).scaled(head)
    small = small - GradedSeries({0: small.terms[0]})
    body = compose_powers(small, lambda n: ring.ring(QQ((-1) ** n)), order - lead)
    return body.scaled(head).mapped(ring.tidy).shifted(-lead)
