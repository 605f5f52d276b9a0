"""Transforms and moments of densities as numbers, by quadrature of the density itself: nothing of their closed forms is used.

1 + int (e^(-q r) - 1) f dr is worked out, on the real axis up to a few wavelengths, and beyond along rays in the complex
plane on which e^(ikr) decays where f has a heavy tail and q = -ik.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import mpmath
import sympy as sp

from symdiff.errors import NotYetError
from symdiff.model.density_closed import closed_transform
from symdiff.model.density_law import factors_of, is_even, parts_of, total_of
from symdiff.model.density_pieces import LENGTH
from symdiff.model.density_series import Interval, Moments, transform_series
from symdiff.model.density_terms import ball
from symdiff.model.step_law import StepLaw
from symdiff.notation.evaluation import mp_arithmetic

Number = Any
ToNumber = Callable[[sp.Expr], Number]
LONG = mpmath.mpf(1) / 20  # steps per wave up to which the series of moments is used
MOST_KEPT = 16
INSIDE, FAR = (
    (2, 15, 35, 50, 65, 85, 98),
    (2, 20, 50, 100, 200, 300, 500, 1000, 2000),
)  # where a sign is looked at, in hundredths
_MOMENTS: dict[
    tuple[sp.Expr, tuple[Number, ...], int], Moments | None
] = {}  # by density, its parameters and the digits
TURN = 1 / mpmath.mpf(2)  # the angle of the ray, below pi/4 so that Gaussian factors still decay along it


def density_transform(law: StepLaw, q: Sequence[Number], number: ToNumber, dimension: int = 1) -> Number:
    """E[exp(-q.r)]; with ``dimension`` > 1 that of isotropic steps whose length has this law, q the root of q.q."""
    if law.lengths > 1:
        return mpmath.fprod(density_transform(f, [x], number) for f, x in zip(factors_of(law), q, strict=True))
    (along,) = q
    if along == 0:
        return mpmath.mpf(1)
    if (within := _ball(law, number)) is not None:
        mass, radius, exponent = within
        if dimension > 1:
            raise NotYetError("isotropic steps whose length has a density (a**2 - r**2)**s are not worked out yet")
        return 1 + mass * _less_one(exponent + mpmath.mpf(1) / 2, along * radius)
    heavy = law.imaginary_only
    power = _pure_power(law, number)
    if power is not None:
        return 1 + power[0] * _power_integral(power[1], dimension) * abs(along) ** power[1]
    if heavy and mpmath.re(along) == 0 and (known := closed_transform(law, along, number, dimension)) is not None:
        return known
    quick = _by_moments(law, along, number, dimension)
    if quick is not None:
        return quick
    even = is_even(parts_of(law))
    sides = [_Side(law, side, number) for side in ((1,) if even else (1, -1))]
    size = max(s.scale for s in sides)
    last = max(s.last for s in sides)
    edge = last + max(size, 1 / abs(along)) if heavy else mpmath.inf
    order = mpmath.mpf(dimension) / 2 - 1

    def near(u: Number) -> Number:
        right = sides[0](u)
        left = right if even else sides[1](u)
        if dimension > 1:
            return (right + left) * _less_one(order, along * u)
        return (right + left) * 2 * mpmath.sinh(along * u / 2) ** 2 - (right - left) * mpmath.sinh(along * u)

    total = 1 + mpmath.quad(near, _splits([p for s in sides for p in s.points], last, size, edge))
    for side in sides if heavy else ():
        if side.reaches:
            rest = side.beyond(edge, along, None if dimension == 1 else order)
            total += 2 * mpmath.re(rest) if even else rest
    return total


def _by_moments(law: StepLaw, q: Number, number: ToNumber, dimension: int) -> Number | None:
    """The transform as the series of the density's moments, where all of them exist and the wave is long beside a step."""
    if law.imaginary_only:
        return None
    density = dict(law.arguments)["density"]
    known = tuple(number(s) for s in sorted(density.free_symbols - set(law.variables), key=str))
    key = (density, known, mpmath.mp.dps)
    if key not in _MOMENTS:
        while len(_MOMENTS) >= MOST_KEPT:
            _MOMENTS.pop(next(iter(_MOMENTS)))
        _MOMENTS[key] = _moments(law, number)
    moments = _MOMENTS[key]
    if moments is None or abs(q) * max(i.scale for i in moments.intervals) > LONG:
        return None
    return transform_series(moments, q, dimension)


def _moments(law: StepLaw, number: ToNumber) -> Moments | None:
    even = is_even(parts_of(law))
    found = [
        Interval(side.side, low, high, _spread(value, low) if high == mpmath.inf else high, value)
        for side in (_Side(law, s, number) for s in ((1,) if even else (1, -1)))
        for value, (low, high) in zip(side.values, side.ends, strict=True)
    ]
    try:
        moments = Moments(tuple(found), even, mpmath.mp.dps)
    except ArithmeticError:
        return None
    total = _total(law)
    if total is not None and abs(moments.mass - (mass := number(total))) > abs(mass) * mpmath.mpf(10) ** (
        -mpmath.mp.dps / 4
    ):
        return None  # the nodes miss a part of the density, such as a narrow peak far away
    return moments


@lru_cache(maxsize=64)
def _total(law: StepLaw) -> sp.Expr | None:
    return total_of(law)


def _spread(value: Callable[[Number], Number], low: Number) -> Number:
    """Where beyond ``low`` the second moment per decade is largest."""
    with mpmath.workdps(10):
        sizes = [mpmath.mpf(10) ** (mpmath.mpf(n) / 2) for n in range(-48, 25)]
        return max(sizes, key=lambda s: abs(value(low + s)) * s**3)


def _pure_power(law: StepLaw, number: ToNumber) -> tuple[Number, Number] | None:
    """(C, a) of the density C abs(r)**(-1 - a) on the whole line."""
    parts = parts_of(law)
    if not is_even(parts) or len(parts.pieces) != 2 or (parts.pieces[0].low, parts.pieces[0].high) != (0, sp.oo):
        return None
    c, rest = parts.pieces[0].body.as_independent(LENGTH, as_Add=False)
    powers = [factor.as_base_exp() for factor in sp.Mul.make_args(rest)]  # u*u**(-a - 2) stays two factors
    if any(base != LENGTH or exponent.has(LENGTH) for base, exponent in powers):
        return None
    return number(c), -1 - number(sp.Add(*(exponent for _, exponent in powers)))


def _ball(law: StepLaw, number: ToNumber) -> tuple[Number, Number, Number] | None:
    """(integral, a, e) of the even density c (C - D r**2)**e up to a = sqrt(C/D).

    Its transform is that of a component of a point in a ball, 0F1(; e + 3/2; q^2 a^2/4), and 0F1 has no part in its moments here.
    Quadrature would lose half of the digits where the density ends.
    Source: NIST Digital Library of Mathematical Functions, 10.32.2.
    """
    parts = parts_of(law)
    if not is_even(parts) or len(parts.pieces) != 2 or len(parts.terms[0]) != 1:
        return None
    (piece, term) = parts.pieces[0], parts.terms[0][0]
    exponent = ball(term, piece.high) if piece.low == 0 else None
    if exponent is None or term.binomial is None or term.binomial[2] != 2 or term.power != 0:
        return None
    e, radius, c, root = (number(x) for x in (exponent, piece.high, term.coefficient, term.binomial[0]))
    return c * root**e * radius * mpmath.beta(mpmath.mpf(1) / 2, e + 1), radius, e


def _power_integral(index: Number, dimension: int) -> Number:
    """2 int_0^oo (m(x) - 1) x**(-1 - index) dx, m the mean of cos(x u) over a unit vector's component u.

    = 2^(-index) Gamma(d/2) Gamma(-index/2)/Gamma((d + index)/2), from the Mellin transform of Bessel functions.
    Source: NIST Digital Library of Mathematical Functions, 10.22.43.
    """
    d = mpmath.mpf(dimension)
    return mpmath.mpf(2) ** -index * mpmath.gamma(d / 2) * mpmath.gamma(-index / 2) / mpmath.gamma((d + index) / 2)


def _less_one(order: Number, z: Number) -> Number:
    """The mean of e^(z u) over a unit vector's component u, less one: 0F1(; order + 1; z^2/4) - 1."""
    square = z * z / 4
    if abs(square) < 1:
        total, term, n = mpmath.mpf(0), square / (order + 1), 1
        while abs(term) > abs(total) * mpmath.eps / 8:
            total += term
            n += 1
            term *= square / (n * (order + n))
        return total
    return mpmath.hyp0f1(order + 1, square) - 1


def places_to_look(law: StepLaw, number: ToNumber) -> list[Number]:
    """Places over the whole reach of a density: inside every piece, and beyond the last one in units of its scale."""
    if law.lengths > 1:
        return []
    found = []
    for sign in (1, -1):
        side = _Side(law, sign, number)
        for low, high in side.ends:
            width, steps = (side.scale, FAR) if high == mpmath.inf else (high - low, INSIDE)
            found += [sign * (low + width * mpmath.mpf(x) / 100) for x in steps]
    return found


def density_moment(law: StepLaw, powers: Sequence[int], number: ToNumber) -> Number:
    """E[r_1**p_1 ...], from the density."""
    if law.lengths > 1:
        return mpmath.fprod(density_moment(f, [p], number) for f, p in zip(factors_of(law), powers, strict=True))
    (n,) = powers
    if n == 0:
        return mpmath.mpf(1)
    if (within := _ball(law, number)) is not None:  # the even derivatives of 0F1
        mass, radius, e = within
        m = n // 2
        share = mpmath.factorial(n) / mpmath.factorial(m) / mpmath.rf(e + mpmath.mpf(3) / 2, m) * (radius / 2) ** n
        return mpmath.mpf(0) if n % 2 else mass * share
    return integral(law, number, n)


def integral(law: StepLaw, number: ToNumber, power: int = 0) -> Number:
    """int r**power f dr."""
    total = mpmath.mpf(0)
    for sign in (1, -1):
        side = _Side(law, sign, number)
        points = _splits(side.points, side.last, side.scale, mpmath.inf)
        value = mpmath.quad(lambda u, s=side: s(u) * u**power, points)
        total += sign**power * value
    return total


def _compiled(e: sp.Expr, number: ToNumber) -> Callable[[Number], Number]:
    """A smooth piece as a function of u; what does not depend on u is worked out once."""
    if not e.has(LENGTH):
        fixed = number(e)
        return lambda u: fixed
    if e == LENGTH:
        return lambda u: u
    parts = [_compiled(a, number) for a in e.args]
    if e.is_Add:
        return lambda u: mpmath.fsum(p(u) for p in parts)
    if e.is_Mul:
        return lambda u: mpmath.fprod(p(u) for p in parts)
    if e.is_Pow:
        base, exponent = parts
        if e.exp.is_Integer:
            n = int(e.exp)
            return lambda u: base(u) ** n
        return lambda u: base(u) ** exponent(u)
    rule = mp_arithmetic().functions.get(type(e).__name__)
    if rule is None:
        raise NotYetError(f"no numeric rule for {e}")
    return lambda u: rule(*(p(u) for p in parts))


def _splits(breaks: Sequence[Number], last: Number, size: Number, edge: Number) -> list[Number]:
    """Where the quadrature is cut: at the break points, and by factors of ten beyond them."""
    points = {*breaks, last + size / 10}
    step = size
    while step <= 30 * size or last + step < edge < mpmath.inf:
        points.add(last + step)
        step *= 6
    return [mpmath.mpf(0), *sorted(p for p in points if 0 < p < edge), edge]


class _Side:
    """The density on one side as a function of u > 0."""

    def __init__(self, law: StepLaw, side: int, number: ToNumber) -> None:
        self.pieces = [p for p in parts_of(law).pieces if p.side == side]
        self.ends = [(number(p.low), mpmath.inf if p.high is sp.oo else number(p.high)) for p in self.pieces]
        self.values = [_compiled(p.body, number) for p in self.pieces]
        self.side = side
        self.points = [x for pair in self.ends for x in pair if mpmath.isfinite(x)]
        self.last = max(self.points, default=mpmath.mpf(0))
        self.reaches = any(high == mpmath.inf for _, high in self.ends)
        self.scale = self._scale()

    def __call__(self, u: Number) -> Number:
        for value, (low, high) in zip(self.values, self.ends, strict=True):
            if low < u < high:
                return value(u)
        return mpmath.mpf(0)

    def _scale(self) -> Number:
        """Where the density per decade is largest beyond the last break point."""
        if not self.reaches:
            return mpmath.mpf(1)
        with mpmath.workdps(10):
            sizes = [mpmath.mpf(10) ** (mpmath.mpf(n) / 2) for n in range(-16, 13)]
            return max(sizes, key=lambda s: abs(self(self.last + s) * s * s / (1 + s)))

    def beyond(self, edge: Number, q: Number, order: Number | None) -> Number:
        """int_edge^oo (e^(-q r) - 1) f dr, q imaginary: the first part along a ray on which it decays.

        With ``order`` the mean over all directions, Gamma(order + 1) (2/kr)^order J_order(kr), in place of e^(-q r).
        """
        value = next(v for v, (_, high) in zip(self.values, self.ends, strict=True) if high == mpmath.inf)
        wave = -q * self.side if order is None else mpmath.mpc(0, abs(q))  # e^(wave u), wave = i k
        turn = mpmath.expj(TURN * (1 if mpmath.im(wave) > 0 else -1))

        def ray(w: Number) -> Number:
            u = edge + w * turn
            if order is None:
                return value(u) * mpmath.exp(wave * u) * turn
            z = abs(q) * u
            return value(u) * mpmath.gamma(order + 1) * (2 / z) ** order * mpmath.hankel1(order, z) * turn

        pace = 1 / abs(q)
        points = [x * pace for x in (mpmath.mpf(0), 1, 4, 16, 64, max(128, 6 * mpmath.mp.dps))]
        plain = mpmath.quad(value, [edge, 4 * edge, 16 * edge, 64 * edge, mpmath.inf])
        moved = mpmath.quad(ray, points)
        return (moved if order is None else mpmath.re(moved)) - plain
