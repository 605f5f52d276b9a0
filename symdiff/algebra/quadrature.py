"""Integrals along one coordinate: closed where a small table gives them, else left as integrals.

Polynomials, exponentials times polynomials, Gaussians, f'/f, derivatives of unknown functions. Nothing is searched for, so that
no integral takes long.
"""

from __future__ import annotations

import sympy as sp
from sympy.core.function import AppliedUndef

MAX_POLYNOMIAL = 12


def antiderivative(f: sp.Expr, x: sp.Symbol) -> sp.Expr | None:
    """A primitive of f, or None where the table has none."""
    total = sp.Integer(0)
    for term in sp.Add.make_args(sp.expand(f)):
        value = _term(term, x)
        if value is None:
            return _logarithmic(f, x)
        total += value
    return total


def integral(f: sp.Expr, x: sp.Symbol, low: sp.Expr, high: sp.Expr) -> sp.Expr:
    """The integral from low to high; an unevaluated one where no primitive is known."""
    if f == 0:
        return sp.Integer(0)
    primitive = antiderivative(f, x)
    if primitive is None or primitive.has(sp.nan, sp.zoo):
        return sp.Integral(f, (x, low, high))
    return primitive.xreplace({x: high}) - primitive.xreplace({x: low})


def _term(term: sp.Expr, x: sp.Symbol) -> sp.Expr | None:
    constant, body = term.as_independent(x, as_Add=False)
    if body == 1:
        return constant * x
    if body.is_polynomial(x):
        return constant * sp.Add(*(c * x ** (n + 1) / (n + 1) for (n,), c in sp.Poly(body, x).terms()))
    if isinstance(body, sp.Derivative) and isinstance(body.expr, AppliedUndef) and body.variables == (x,):
        return constant * body.expr
    value = _exponential(body, x)
    if value is None:
        value = _power(body, x)
    if value is None:
        value = _derivative_over_function(body, x)
    return None if value is None else constant * value


def _power(body: sp.Expr, x: sp.Symbol) -> sp.Expr | None:
    """(a x + b)^n."""
    base, exponent = body.as_base_exp()
    if exponent.has(x) or not base.is_polynomial(x) or sp.degree(base, x) != 1:
        return None
    slope = sp.Poly(base, x).all_coeffs()[0]
    if exponent == -1:
        return sp.log(base) / slope if base.is_positive else sp.log(sp.Abs(base)) / slope
    if (exponent + 1).is_zero is not False:
        return None
    return base ** (exponent + 1) / ((exponent + 1) * slope)


def _derivative_over_function(body: sp.Expr, x: sp.Symbol) -> sp.Expr | None:
    """f'/f for an unknown function f."""
    for factor in sp.Mul.make_args(body):
        if isinstance(factor, sp.Derivative) and isinstance(factor.expr, AppliedUndef) and factor.variables == (x,):
            rest = body / factor
            if rest == 1 / factor.expr:
                return sp.log(factor.expr)
    return None


def _exponential(body: sp.Expr, x: sp.Symbol) -> sp.Expr | None:
    """x^n e^(a x + b), or e^(a x^2 + b x + c)."""
    exponentials = [f for f in sp.Mul.make_args(sp.powsimp(body)) if isinstance(f, sp.exp) and f.has(x)]
    if len(exponentials) != 1:
        return None
    rest, argument = sp.powsimp(body) / exponentials[0], exponentials[0].args[0]
    if not argument.is_polynomial(x) or not rest.is_polynomial(x):
        return None
    exponent = sp.Poly(argument, x)
    if exponent.degree() == 1:
        slope = exponent.all_coeffs()[0]
        total, derivative, sign = sp.Integer(0), rest, 1
        for n in range(MAX_POLYNOMIAL + 1):
            total += sign * derivative / slope ** (n + 1)
            derivative, sign = sp.diff(derivative, x), -sign
            if derivative == 0:
                return sp.expand(total) * exponentials[0]
        return None
    if exponent.degree() == 2 and not rest.has(x):
        a, b, c = exponent.all_coeffs()
        middle = sp.exp(c - b**2 / (4 * a))
        if a.is_negative:
            root = sp.sqrt(-a)
            return rest * sp.sqrt(sp.pi) / (2 * root) * middle * sp.erf(root * (x + b / (2 * a)))
        if a.is_positive:
            root = sp.sqrt(a)
            return rest * sp.sqrt(sp.pi) / (2 * root) * middle * sp.erfi(root * (x + b / (2 * a)))
    return None


def _logarithmic(f: sp.Expr, x: sp.Symbol) -> sp.Expr | None:
    """c g'/g for a polynomial g, read off numerator and denominator."""
    top, bottom = sp.fraction(sp.together(f))
    if not (top.is_polynomial(x) and bottom.is_polynomial(x) and bottom.has(x)):
        return None
    slope = sp.diff(bottom, x)
    ratio = sp.cancel(top / slope) if slope != 0 else None
    if ratio is None or ratio.has(x):
        return None
    return ratio * sp.log(bottom)
