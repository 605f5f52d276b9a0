"""The modified equation of a difference scheme, or the slow equation of a master equation given as such.

On modes e^(st + q.x) the scheme is F(s, q) = sum c s^m q^n e^(q.a + s b) = 0. With F = sum_m F_m(q) s^m the branch that
varies slowly is the fixed point of s = -(F_0 + F_2 s^2 + F_3 s^3 + ...)/F_1, a series in q; multi-level schemes have
other branches, which do not. Where F_2 s^2 is as large as F_1 s, two branches are slow: the wave equation, or the explicit
scheme of Du Fort and Frankel at a fixed ratio of the steps. Then F = (s^2 + b s + c) times something that does not vanish, and
with s^m = alpha_m s + beta_m modulo that factor b = (F_1 + sum_(m > 2) alpha_m F_m)/F_2, c = (F_0 + sum_(m > 2) beta_m F_m)/F_2.
"""

from __future__ import annotations

from fractions import Fraction
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
    _require_small_steps(model.scheme, prepared, expansion)
    pair = _second_order(model.scheme, prepared, expansion, order)
    if pair is not None:  # of u and u_t
        of_first, of_zeroth = pair
        companion = [[GradedSeries({}), GradedSeries({0: ring.one})], [-of_zeroth, -of_first]]
        return Derived(
            model, prepared, ring, Generator(companion, order, None), (), companion, companion, kept, True, ((0,), (0,))
        )
    rate = _solved(model.scheme, prepared, expansion, order)
    matrix = [[rate]]
    return Derived(model, prepared, ring, Generator(matrix, order, None), (), matrix, matrix, kept, True, ((0,),))


def _require_small_steps(scheme: Scheme, prepared: PreparedRegime, expansion: Expansion) -> None:
    """Shifts in time are expanded: in a stated scaling they have to be short against its time."""
    if prepared.is_long_wave:
        return
    for shift in sorted({t.time_shift for t in scheme.terms if t.time_shift != 0}, key=str):
        length = expansion.series(prepared.replace(shift), 8)
        if length.terms and length.valuation + power(prepared.time_power) <= 0:
            raise DerivationError(f"the density changes by order one within the time step {shift}: no expansion in time exists",
                                  where=f"regime '{prepared.regime.name}'", instead="make the time step small in [scaling], as in tau = 1")  # fmt: skip


def _second_order(
    scheme: Scheme, prepared: PreparedRegime, expansion: Expansion, order: Power
) -> tuple[GradedSeries, GradedSeries] | None:
    """(b, c) of s^2 + b s + c = 0, the equation of two slow branches; None where one branch is slow."""
    ring = expansion.ring
    zeroth, first, second = (_nonzero(_part(scheme, m, prepared, expansion, order + 4), ring) for m in range(3))
    if not second.terms:
        return None
    lead = second.valuation
    pace: Power = 1 if prepared.is_long_wave else power(prepared.time_power)
    # where nothing is scaled but lengths, damping of order one leaves one slow branch
    heavier = lead + (0 if prepared.is_long_wave else pace)
    damped = first.terms and (first.valuation < heavier or (prepared.is_long_wave and first.valuation == heavier))
    if damped or (zeroth.terms and zeroth.valuation - lead < 2 * Fraction(pace)):
        return None
    wide: Power = order + 2 * max(lead, -lead) + 2 * max(pace, -pace) + 4
    parts = [_nonzero(_part(scheme, m, prepared, expansion, wide), ring) for m in range(MOST_TIMES)]
    used = [m for m in range(3, MOST_TIMES) if parts[m].terms and (m - 1) * pace + parts[m].valuation < order + lead]
    inverse = _inverse(parts[2], lead, ring, wide)
    of_first, of_zeroth = GradedSeries({}), GradedSeries({})
    for _ in range(MOST_TIMES):
        alpha, beta = -of_first, -of_zeroth
        total_first, total_zeroth = parts[1], parts[0]
        for m in range(3, max(used, default=2) + 1):
            alpha, beta = (beta - of_first * alpha).truncated(wide), (-(of_zeroth * alpha)).truncated(wide)
            if m in used:
                total_first, total_zeroth = total_first + parts[m] * alpha, total_zeroth + parts[m] * beta
        found = (
            _nonzero((total_first * inverse).truncated(order), ring),
            _nonzero((total_zeroth * inverse).truncated(order + max(0, pace)), ring),
        )
        if (found[0].terms, found[1].terms) == (of_first.terms, of_zeroth.terms):
            return found
        of_first, of_zeroth = found
    return None


def _solved(scheme: Scheme, prepared: PreparedRegime, expansion: Expansion, order: Power) -> GradedSeries:
    ring, where = expansion.ring, f"regime '{prepared.regime.name}'"
    first = _nonzero(_part(scheme, 1, prepared, expansion, order + 4), ring)
    if not first.terms:
        raise DerivationError("the density at another time enters neither to first nor to second order: no slow equation exists",
                              where=where, instead="check the coefficients of the time levels")  # fmt: skip
    lead: Power = first.valuation
    wide: Power = order + 2 * max(lead, -lead) + 4
    first = _nonzero(_part(scheme, 1, prepared, expansion, wide), ring)
    zeroth = _nonzero(_part(scheme, 0, prepared, expansion, wide), ring)
    slow: Power = zeroth.valuation - lead  # the power of eps of the growth rate
    _require_consistent(scheme, zeroth, slow, prepared, expansion)
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
    scheme: Scheme, zeroth: GradedSeries, slow: Power, prepared: PreparedRegime, expansion: Expansion
) -> None:
    """A uniform density may not change at order one within a time step: the expansion is about modes that hardly change."""
    ring = expansion.ring
    uniform = [
        ring.ring.from_dict({m: c for m, c in x.items() if not any(m[: ring.dimension])}) for x in zeroth.terms.values()
    ]
    shown = next((ring.to_expression(x) for x in uniform if not ring.is_zero(x)), None)
    if shown is None:
        return
    steps = [expansion.series(prepared.replace(t.time_shift), 8) for t in scheme.terms if t.time_shift != 0]
    shortest: Power = min((s.valuation for s in steps if s.terms), default=0)
    if prepared.is_long_wave or (zeroth.terms and steps and slow + shortest <= 0):
        raise DerivationError(f"a uniform density does not stay: the coefficients of the scheme sum to {shown}",
                              where=f"regime '{prepared.regime.name}'", instead="check the coefficients, or make the growth small in [scaling]")  # fmt: skip


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
