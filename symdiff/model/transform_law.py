"""Step laws given by their transform: E[e^(ikr)] in k, E[e^(-sr)] in s, or of a step vector in k_x, k_y, ...

The transform is expanded along a ray, k = t kappa with t > 0: every power t^n has a coefficient c_n(kappa). Where it is a
homogeneous polynomial of degree n, it is i^n sum m_a kappa^a/a!; otherwise the power is non-analytic.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from math import factorial, prod
from typing import TYPE_CHECKING

import sympy as sp

from symdiff.errors import DerivationError, NotYetError
from symdiff.model.named_laws import highest_certain_moment
from symdiff.model.singular import Singular
from symdiff.model.wave_series import PowerTerms, WaveSeries

if TYPE_CHECKING:
    from symdiff.model.step_law import StepLaw

NAMES = ("characteristic_function", "laplace_transform")
BY_FORMULA = (*NAMES, "density")  # laws whose moments and tails come out of a formula
LAPLACE = sp.Symbol("s.0", positive=True)
RAY = sp.Symbol("t.0", positive=True)
ORDERS = (6, 12, 24, 44)  # expanded so far, as far as moments are asked for


def wave_symbols(count: int) -> tuple[sp.Symbol, ...]:
    """The wave numbers in a stored transform."""
    return tuple(sp.Symbol(f"k.{n}", real=True) for n in range(count))


@dataclass(frozen=True)
class Expanded:
    """m_a of the analytic part by multi-index, the non-analytic terms, and where the knowledge ends."""

    moments: dict[tuple[int, ...], sp.Expr]
    singular: tuple[Singular, ...]
    order: Fraction
    open_order: sp.Expr | None


@lru_cache(maxsize=64)
def expanded(law: StepLaw, order: int) -> Expanded:
    """The transform of a law below k**order."""
    if law.distribution == "density":
        from symdiff.model.density_law import density_expanded  # loaded when used: start-up time

        return density_expanded(law, order)
    found = _series(law, order)
    moments: dict[tuple[int, ...], sp.Expr] = {}
    singular: list[Singular] = []
    waves = wave_symbols(law.lengths)
    for (exponent, logs), c in found.terms.items():
        if not logs and exponent.is_Integer and _analytic(int(exponent), c, waves, moments):
            continue
        singular.append(_non_analytic(exponent, logs, c, waves, law))
    return Expanded(moments, tuple(sorted(singular, key=law.order_of)), found.order, found.open_order)


def _series(law: StepLaw, order: int) -> PowerTerms:
    body = dict(law.arguments)["transform"]
    waves = wave_symbols(law.lengths)
    if law.distribution == "laplace_transform":
        along = body.xreplace({LAPLACE: -sp.I * RAY}).replace(_is_root_of_i, _turned)
    elif law.lengths == 1:
        along = body.subs(waves[0], RAY)
    else:
        along = body.subs({k: RAY * k for k in waves}, simultaneous=True)
    return WaveSeries(RAY, law.stand_in, Fraction(order)).expand(along)


def _is_root_of_i(e: sp.Expr) -> bool:
    return bool(e.is_Pow and e.base == -sp.I and not e.exp.is_Integer)


def _turned(e: sp.Expr) -> sp.Expr:
    """(-i)^a = cos(pi a/2) - i sin(pi a/2)."""
    return sp.cos(sp.pi * e.exp / 2) - sp.I * sp.sin(sp.pi * e.exp / 2)


def _analytic(n: int, c: sp.Expr, waves: tuple[sp.Symbol, ...], moments: dict[tuple[int, ...], sp.Expr]) -> bool:
    """Whether c_n belongs to the analytic part; its moments are then noted."""
    if n < 0:
        return False
    if len(waves) == 1:
        value = sp.expand(c * factorial(n) / sp.I**n)
        if sp.im(value) != 0 and not _is_real(value):
            return False
        moments[(n,)] = value
        return True
    if not c.is_polynomial(*waves):
        return False
    polynomial = sp.Poly(c, *waves)
    for orders, value in polynomial.terms():
        if sum(orders) != n:
            raise DerivationError("the transform is not smooth along rays", instead="write it in k_x, k_y, ...")
        moments[tuple(orders)] = sp.expand(value * prod(map(factorial, orders)) / sp.I**n)
    return all(_is_real(m) for m in moments.values())


def _is_real(value: sp.Expr) -> bool:
    return not sp.expand(value).has(sp.I)


def _non_analytic(exponent: sp.Expr, logs: int, c: sp.Expr, waves: tuple[sp.Symbol, ...], law: StepLaw) -> Singular:
    if len(waves) > 1:
        square = sp.Add(*(k**2 for k in waves))
        c = sp.powdenest(sp.expand(c) / square ** (exponent / 2), force=True)
        if c.has(*waves) or logs:
            raise NotYetError("a transform whose non-analytic part depends on direction is not handled yet")
    real, imaginary = _parts(c)
    return Singular(exponent, real, imaginary, logs)


def _parts(c: sp.Expr) -> tuple[sp.Expr, sp.Expr]:
    real: list[sp.Expr] = []
    imaginary: list[sp.Expr] = []
    for term in sp.Add.make_args(sp.expand(c)):
        (imaginary if term.has(sp.I) else real).append(term / sp.I if term.has(sp.I) else term)
    return sp.Add(*real), sp.Add(*imaginary)


def transform_moment(law: StepLaw, orders: tuple[int, ...]) -> sp.Expr:
    """m_a of the analytic part."""
    if law.lengths > 1 and law.distribution == "density":
        from symdiff.model.density_law import product_moment  # loaded when used: start-up time

        return product_moment(law, orders)
    order = next((n for n in ORDERS if n > sum(orders) + 1), ORDERS[-1])
    found = expanded(law, order)
    if sum(orders) >= found.order:
        raise DerivationError(
            f"the transform is known below power {found.order} only", instead="ask for a lower --order"
        )
    return found.moments.get(orders, sp.Integer(0))


def transform_singular(law: StepLaw) -> tuple[Singular, ...]:
    """The non-analytic terms; with a symbolic exponent only the leading one, since the order of the others is open."""
    found = expanded(law, ORDERS[0])
    if any(not s.exponent.is_Rational for s in found.singular):
        return found.singular[:1]
    return found.singular


def transform_known_below(law: StepLaw) -> sp.Expr | None:
    """None where the transform is analytic and known; else where the knowledge, or the order of terms, ends."""
    found = expanded(law, ORDERS[0])
    symbolic = [s.exponent for s in found.singular if not s.exponent.is_Rational]
    ends: list[sp.Expr] = [] if found.open_order is None else [found.open_order]
    if symbolic:
        ends += [found.singular[1].exponent] if len(found.singular) > 1 else []
        certain = highest_certain_moment(law.range_of(symbolic[0]))
        ends += [sp.Min(2, 2 * symbolic[0]) if law.stand_in(symbolic[0]) < 2 else sp.Min(symbolic[0], certain + 1)]
    elif found.singular:
        ends.append(sp.Rational(found.order.numerator, found.order.denominator))
    return sp.Min(*ends) if ends else None


def transform_highest(law: StepLaw) -> int | None:
    """The last moment that exists and is known."""
    found = expanded(law, ORDERS[0])
    ends = [law.order_of(s) for s in found.singular]
    ends += [] if found.open_order is None else [law.stand_in(found.open_order)]
    return None if not ends else _below(min(ends))


def _below(bound: Fraction) -> int:
    return int(bound) - 1 if bound.denominator == 1 else int(bound)
