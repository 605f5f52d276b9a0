"""Endless sums of x^m R(m), R rational: closed by geometric sums and by logarithms.

sum_(m >= 1) x^m/m = -log(1 - x) and sum_(m >= 0) m^k x^m = (x d_x)^k 1/(1 - x), for abs(x) < 1.
Source: R. L. Graham, D. E. Knuth, O. Patashnik, Concrete Mathematics (1994), ch. 7.2.
"""

from __future__ import annotations

import sympy as sp

MOST = 60  # terms before the lower limit that are taken off one by one
HIGHEST = 6  # power of m


def closed_series(value: sp.Expr) -> tuple[sp.Expr, tuple[sp.Expr, ...]]:
    """Sums from a number on of x^m R(m), poles of R simple and at integers, in closed form; and the x that are not known to be below one.

    Such sums, and others, stay as they are.

    >>> m = sp.Symbol("m", integer=True)
    >>> closed_series(sp.Sum(sp.Rational(1, 2)**m/m, (m, 1, sp.oo)))
    (log(2), ())
    """
    open_: list[sp.Expr] = []

    def closed(e: sp.Expr) -> sp.Expr:
        if not e.args or not e.has(sp.Sum):
            return e
        e = e.func(*(closed(a) for a in e.args))
        if not isinstance(e, sp.Sum) or len(e.limits) > 1:
            return e
        m, low, high = e.limits[0]
        if high != sp.oo or not low.is_Integer:
            return e
        found = _parts(e.function, m)
        if found is None:
            return e
        x, rational = found
        total = _total(x, rational, m, int(low))
        if total is None:
            return e
        if not (1 - x).together().is_positive or not x.is_positive:
            open_.append(x)
            return e
        return total

    return closed(value), tuple(dict.fromkeys(open_))


def _parts(summand: sp.Expr, m: sp.Symbol) -> tuple[sp.Expr, sp.Expr] | None:
    """x and R of x^m R(m); None for other summands."""
    x, rational = sp.S.One, sp.S.One
    for factor in sp.Mul.make_args(sp.factor_terms(sp.powsimp(sp.expand_power_base(summand)))):
        base, exponent = factor.as_base_exp()
        if base.has(m) or not exponent.has(m):
            rational *= factor
            continue
        slope = sp.diff(exponent, m)
        if slope.has(m):
            return None
        x *= base**slope
        rational *= base ** sp.expand(exponent - slope * m)
    x = sp.cancel(x)
    return (x, rational) if rational.is_rational_function(m) and x != 1 else None


def _total(x: sp.Expr, rational: sp.Expr, m: sp.Symbol, low: int) -> sp.Expr | None:
    total = sp.S.Zero
    for term in sp.Add.make_args(sp.expand(sp.apart(sp.together(rational), m))):
        c, rest = term.as_independent(m, as_Add=False)
        top, bottom = sp.fraction(sp.together(rest))
        if not bottom.has(m):
            part = _geometric(x, sp.Poly(top / bottom, m), low)
        else:
            part = _logarithm(x, top, sp.Poly(bottom, m), low)
        if part is None:
            return None
        total += c * part
    return total


def _geometric(x: sp.Expr, weight: sp.Poly, low: int) -> sp.Expr | None:
    if weight.degree() > HIGHEST or abs(low) > MOST:
        return None
    mark = sp.Dummy()
    total = sp.S.Zero
    for (k,), c in weight.terms():
        value = mark**low / (1 - mark)
        for _ in range(k):
            value = mark * sp.diff(value, mark)
        total += c * value
    return sp.factor(total).xreplace({mark: x})


def _logarithm(x: sp.Expr, top: sp.Expr, bottom: sp.Poly, low: int) -> sp.Expr | None:
    """sum of x^m/(m + b) from low on."""
    if top.has(*bottom.gens) or bottom.degree() != 1:
        return None
    slope, constant = bottom.all_coeffs()
    b = sp.cancel(constant / slope)
    if not b.is_Integer or low + b < 1 or low + b > MOST:
        return None
    taken_off = sp.Add(*(x**j / j for j in range(1, int(low + b))))
    return top / slope * x**-b * (-sp.log(sp.cancel(1 - x)) - taken_off)
