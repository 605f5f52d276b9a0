"""Sums of terms whose ratio is rational: the binomial, exponential and Gauss sums, else a hypergeometric function."""

from __future__ import annotations

import sympy as sp

from symdiff.errors import DerivationError

DIVERGES = DerivationError("the sum of the stationary weight over all sites diverges: this law does not exist",
                           instead="ask for averages as functions of time, or add a wall or a confining rate")  # fmt: skip


def series_sum(
    ratio: sp.Expr, weight: sp.Expr, n: sp.Symbol, low: sp.Expr, last: sp.Expr
) -> tuple[sp.Expr, tuple[str, ...]]:
    """(sum of weight(n) for n = low .. last, what must hold for it); ratio is weight(n)/weight(n - 1), weight(0) = 1."""
    if not ratio.has(n) and low == 0:
        if last is sp.oo:
            return 1 / (1 - ratio), _below_one(ratio)
        if ratio == 1:
            return last + 1, ()
        return (1 - ratio ** (last + 1)) / (1 - ratio), (() if (1 - ratio).is_nonzero else (f"{ratio} is not 1",))
    parts = _parameters(ratio, n) if low == 0 else None
    if parts is not None and (last is sp.oo or any(sp.expand(a + last) == 0 for a in parts[0])):
        return _hyper(*parts, last)
    m = sp.Symbol("_m", integer=True)
    condition = () if last is not sp.oo else ("the sum over all sites is finite",)
    return sp.Sum(weight.xreplace({n: m}), (m, low, last)), condition


def _below_one(ratio: sp.Expr) -> tuple[str, ...]:
    """What must hold for a geometric or binomial series of positive terms; raises where it certainly does not."""
    if (1 - ratio).is_nonpositive:
        raise DIVERGES
    return () if (1 - ratio).is_positive else (f"{ratio} < 1",)


def _parameters(ratio: sp.Expr, n: sp.Symbol) -> tuple[list[sp.Expr], list[sp.Expr], sp.Expr] | None:
    """weight(n + 1)/weight(n) = z prod(n + a)/(prod(n + b) (n + 1))."""
    value = sp.factor(sp.cancel(ratio.xreplace({n: n + 1})))
    top, bottom = sp.fraction(value)
    if not (top.is_polynomial(n) and bottom.is_polynomial(n)):
        return None
    z = sp.Integer(1)
    upper: list[sp.Expr] = []
    lower: list[sp.Expr] = []
    for polynomial, roots, sign in ((top, upper, 1), (bottom, lower, -1)):
        constant, factors = sp.factor_list(polynomial, n)
        z *= constant**sign
        for factor, power in factors:
            if sp.degree(factor, n) != 1:
                return None
            slope, rest = sp.Poly(factor, n).all_coeffs()
            z *= slope ** (sign * power)
            roots += [sp.factor(rest / slope)] * power
    if not any(b == 1 for b in lower):
        upper.append(sp.Integer(1))
    else:
        lower.remove(sp.Integer(1))
    return upper, lower, sp.factor(z)


def _hyper(upper: list[sp.Expr], lower: list[sp.Expr], z: sp.Expr, last: sp.Expr) -> tuple[sp.Expr, tuple[str, ...]]:
    if not upper and not lower:
        return sp.exp(z), ()
    if len(upper) == 1 and not lower:
        if last is not sp.oo:
            return (1 - z) ** last, ()
        return (1 - z) ** (-upper[0]), _below_one(z)
    if len(upper) == 2 and len(lower) == 1 and z == 1:
        c = lower[0]
        if last is not sp.oo:
            other = upper[0] if sp.expand(upper[1] + last) == 0 else upper[1]
            return sp.rf(c - other, last) / sp.rf(c, last), ()
        a, b = upper
        if sp.expand(c - a - b).is_nonpositive:
            raise DIVERGES
        return sp.gamma(c) * sp.gamma(c - a - b) / (sp.gamma(c - a) * sp.gamma(c - b)), (f"{c - a - b} > 0",)
    growing = len(upper) - len(lower) - 1
    if last is sp.oo and (growing > 0 or (growing == 0 and (sp.Abs(z) - 1).is_positive)):
        raise DIVERGES
    return sp.hyper(upper, lower, z), (() if last is not sp.oo else ("the series over all sites converges",))


def geometric_average(polynomial: sp.Expr, ratio: sp.Expr, n: sp.Symbol, last: sp.Expr) -> sp.Expr:
    """sum of polynomial(n) ratio^n over n = 0 .. last, by (r d/dr)^k on the geometric sum."""
    r = sp.Dummy("r")
    base = 1 / (1 - r) if last is sp.oo else (1 - r ** (last + 1)) / (1 - r)
    derivatives = [base]
    for _ in range(int(sp.degree(polynomial, n)) if polynomial.has(n) else 0):
        derivatives.append(r * sp.diff(derivatives[-1], r))
    return sp.Add(*(c * derivatives[k].xreplace({r: ratio}) for (k,), c in sp.Poly(polynomial, n).terms()))
