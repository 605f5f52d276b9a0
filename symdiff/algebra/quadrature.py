"""Integrals along one coordinate: closed where a small table gives them, else left as integrals.

Polynomials, exponentials times polynomials, Gaussians, f'/f, derivatives of unknown functions. Nothing is searched for, so that
no integral takes long.
"""

from __future__ import annotations

import sympy as sp
from sympy.core.function import AppliedUndef

from symdiff.errors import DerivationError, NotYetError

MAX_POLYNOMIAL = 12


def antiderivative(f: sp.Expr, x: sp.Symbol) -> sp.Expr | None:
    """A primitive of f, or None where the table has none."""
    if f.is_rational_function(x) and not f.is_polynomial(x) and not f.atoms(AppliedUndef):
        f = sp.apart(sp.factor(f), x)
    constant, terms = _split(f, x)
    total = sp.Integer(0)
    for term in terms:
        value = _term(term, x)
        if value is None:
            return _logarithmic(f, x)
        total += value
    return constant * total


def _split(f: sp.Expr, x: sp.Symbol) -> tuple[sp.Expr, list[sp.Expr]]:
    """A constant factor, and the terms of what remains, with exponentials kept whole."""
    constant, body = sp.powsimp(f, combine="exp").as_independent(x, as_Add=False)
    return constant, list(sp.Add.make_args(sp.expand(body, power_exp=False, power_base=False)))


def integral(f: sp.Expr, x: sp.Symbol, low: sp.Expr, high: sp.Expr) -> sp.Expr:
    """The integral from low to high; an unevaluated one where no primitive is known."""
    if f == 0:
        return sp.Integer(0)
    primitive = antiderivative(f, x)
    if primitive is None or primitive.has(sp.nan, sp.zoo):
        return unevaluated(f, x, low, high)
    value = primitive.xreplace({x: high}) - primitive.xreplace({x: low})
    if value.has(sp.nan, sp.zoo, sp.oo) and not (low.is_infinite or high.is_infinite):
        raise NotYetError(f"an integral from {low} to {high} has no finite closed form at its ends")
    return value


def unevaluated(f: sp.Expr, x: sp.Symbol, low: sp.Expr, high: sp.Expr, number: int = 1) -> sp.Expr:
    """The integral over a variable of its own, so that x may stand for a place beside it; nested ones differ by ``number``."""
    inner = sp.Symbol(f"_{x.name.lstrip('_')}_{number}", real=True)  # a name that nobody can declare
    return sp.Integral(f.xreplace({x: inner}), (inner, low, high))


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
        value = _trigonometric(body, x)
    if value is None:
        value = _power(body, x)
    if value is None:
        value = _derivative_over_function(body, x)
    return None if value is None else constant * value


def _trigonometric(body: sp.Expr, x: sp.Symbol) -> sp.Expr | None:
    """cos and sin of a linear function."""
    if not isinstance(body, (sp.cos, sp.sin)) or not body.args[0].is_polynomial(x) or sp.degree(body.args[0], x) != 1:
        return None
    slope = sp.diff(body.args[0], x)
    return sp.sin(body.args[0]) / slope if isinstance(body, sp.cos) else -sp.cos(body.args[0]) / slope


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
    rest = sp.Mul(*(f for f in sp.Mul.make_args(sp.powsimp(body)) if f is not exponentials[0]))
    argument = exponentials[0].args[0]
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
    """c g'/g, read off numerator and denominator."""
    top, bottom = sp.fraction(sp.together(f))
    if not bottom.has(x) or bottom.atoms(AppliedUndef) or top.atoms(AppliedUndef):
        return None
    slope = sp.diff(bottom, x)
    ratio = sp.cancel(top / slope) if slope != 0 else None
    if ratio is None or ratio.has(x):
        return None
    return ratio * sp.log(bottom)


def definite(f: sp.Expr, x: sp.Symbol, low: sp.Expr, high: sp.Expr) -> tuple[sp.Expr, tuple[str, ...]]:
    """The integral over a range that may be infinite, and what must hold for it to be finite."""
    if low is not -sp.oo and high is not sp.oo:
        beta = _beta(f, x, low, high)
        return beta if beta is not None else (integral(f, x, low, high), ())
    if sp.expand(f).is_polynomial(x):  # a weight that does not fall off
        _positive(sp.Integer(0))
    even = low is -sp.oo and high is sp.oo and sp.expand(f - f.xreplace({x: -x})) == 0
    closed = _gamma(f, x, low) if even or low is not -sp.oo else None
    if closed is not None:
        return (2 if even else 1) * closed[0], closed[1]
    total, notes = sp.Integer(0), []
    constant, terms = _split(f, x)
    for term in terms:
        value, note = _improper(term, x, low, high)
        if value is None:
            return unevaluated(f, x, low, high), _at_the_ends(f, x, low, high)
        total += value
        notes += [note] if note else []
    return constant * total, tuple(dict.fromkeys(notes))


def _at_the_ends(f: sp.Expr, x: sp.Symbol, low: sp.Expr, high: sp.Expr) -> tuple[str, ...]:
    """What must hold for the integral of sums of x^n e^(a x^m + ...) to be finite: a x^m < 0 at each end that is infinite."""
    notes: list[str] = []
    for term in sp.Add.make_args(sp.expand(f)):
        exponentials = [e for e in sp.Mul.make_args(sp.powsimp(term)) if isinstance(e, sp.exp)]
        rest = sp.Mul(*(e for e in sp.Mul.make_args(sp.powsimp(term)) if not isinstance(e, sp.exp)))
        argument = sp.expand(sp.Add(*(e.args[0] for e in exponentials)))
        if not argument.is_polynomial(x) or not rest.is_polynomial(x) or not argument.has(x):
            return ("the integral over the whole range is finite",)
        (degree,), leading = sp.Poly(argument, x).terms()[0]
        ends = [-((-1) ** degree) * leading] if low is -sp.oo else []
        notes += _positive(*ends, *([-leading] if high is sp.oo else []))
    return tuple(dict.fromkeys(notes))


def _improper(term: sp.Expr, x: sp.Symbol, low: sp.Expr, high: sp.Expr) -> tuple[sp.Expr | None, str]:
    """x^n e^(a x^2 + b x + c) over the line, x^n e^(b x + c) over a half-line."""
    constant, body = sp.powsimp(term).as_independent(x, as_Add=False)
    exponentials = [f for f in sp.Mul.make_args(body) if isinstance(f, sp.exp)]
    rest = sp.Mul(*(f for f in sp.Mul.make_args(body) if not isinstance(f, sp.exp)))
    argument = sp.expand(sp.Add(*(e.args[0] for e in exponentials)))
    if not argument.is_polynomial(x) or not rest.is_polynomial(x) or not argument.has(x):
        return None, ""
    polynomial = sp.Poly(argument, x)
    if polynomial.degree() == 2 and low is -sp.oo and high is sp.oo:
        a, b, c = polynomial.all_coeffs()
        note = "; ".join(_positive(-a))
        variance, mean = -1 / (2 * a), -b / (2 * a)
        moments = [sp.Integer(1), mean]
        degree = int(sp.degree(rest, x)) if rest.has(x) else 0
        for n in range(2, degree + 1):
            moments.append(mean * moments[-1] + (n - 1) * variance * moments[-2])
        weight = sp.exp(sp.cancel(c - b**2 / (4 * a))) * sp.sqrt(sp.pi / (-a))
        return constant * weight * sp.Add(*(k * moments[n] for (n,), k in sp.Poly(rest, x).terms())), note
    if polynomial.degree() == 1 and (low is -sp.oo) != (high is sp.oo):
        slope = polynomial.all_coeffs()[0]
        primitive = antiderivative(rest * sp.exp(argument), x)
        if primitive is None:
            return None, ""
        if high is sp.oo:
            return -constant * primitive.xreplace({x: low}), "; ".join(_positive(-slope))
        return constant * primitive.xreplace({x: high}), "; ".join(_positive(slope))
    return None, ""


def _gamma(f: sp.Expr, x: sp.Symbol, low: sp.Expr) -> tuple[sp.Expr, tuple[str, ...]] | None:
    """c (x - low)^s e^(-b (x - low)^q + ...) from low (or from 0, for half of the line) on, where no plainer rule serves."""
    y = sp.Dummy("y", positive=True)
    start = sp.Integer(0) if low is -sp.oo else low
    constant, body = sp.powsimp(f.xreplace({x: start + y}), combine="exp").as_independent(y, as_Add=False)
    power, argument = sp.Integer(0), sp.Integer(0)
    for factor in sp.Mul.make_args(body):
        base, exponent = factor.as_base_exp()
        if isinstance(factor, sp.exp):
            argument += factor.args[0]
        elif base == y and not exponent.has(y):
            power += exponent
        else:
            return None
    if not argument.has(y):  # a power alone diverges at one end or the other
        _positive(sp.Integer(0))
    fixed, moving = sp.expand(argument).as_independent(y, as_Add=True)
    slope, shape = moving.as_independent(y, as_Add=False)
    base, q = shape.as_base_exp()
    if base != y or not q.is_number or (q == 1 and power.is_integer) or (low is -sp.oo and q == 2):
        return None
    order = sp.factor((power + 1) / q)
    notes = _positive(order, -slope)
    return constant * sp.exp(fixed) * sp.gamma(order) / (abs(q) * (-slope) ** order), notes


def _positive(*values: sp.Expr) -> tuple[str, ...]:
    """What is not known to be positive, as conditions; raises where one certainly is not: the integral diverges."""
    if any(v.is_nonpositive for v in values):
        raise DerivationError("the integral of the stationary weight diverges: this law, or this average, does not exist",
                              instead="ask for exit times, or for averages as functions of time")  # fmt: skip
    return tuple(f"{sp.factor(v)} > 0" for v in values if not v.is_positive)


def _beta(f: sp.Expr, x: sp.Symbol, low: sp.Expr, high: sp.Expr) -> tuple[sp.Expr, tuple[str, ...]] | None:
    """c (x - low)^a (high - x)^b over the whole range, and what must hold for it to be finite."""
    constant, body = f.as_independent(x, as_Add=False)
    exponents = {0: sp.Integer(0), 1: sp.Integer(0)}
    for factor in sp.Mul.make_args(body):
        base, power = factor.as_base_exp()
        if base == 1:
            continue
        if power.has(x):
            return None
        for side, wanted in ((0, x - low), (1, high - x)):
            ratio = sp.cancel(base / wanted)
            if not ratio.has(x):
                exponents[side] += power
                constant *= ratio**power
                break
        else:
            return None
    a, b = exponents[0] + 1, exponents[1] + 1
    if a == 1 and b == 1:
        return constant * (high - low), ()
    value = constant * (high - low) ** (a + b - 1) * sp.gamma(a) * sp.gamma(b) / sp.gamma(a + b)
    return value, _positive(a, b)


def boltzmann(exponent: sp.Expr, x: sp.Symbol) -> sp.Expr:
    """e^exponent without constant factors, logarithms written as powers, polynomials by powers of x."""
    powers, rest = [], []
    for term in sp.Add.make_args(sp.expand(exponent)):
        logs = [f for f in sp.Mul.make_args(term) if isinstance(f, sp.log)]
        if len(logs) == 1 and not (term / logs[0]).has(x):
            powers.append(logs[0].args[0] ** (term / logs[0]))
        elif term.has(x):
            rest.append(term)
    total = sp.Add(*rest)
    if total.is_polynomial(x):
        total = sp.Add(*(sp.factor(c) * x**n for (n,), c in sp.Poly(total, x).terms())) if total != 0 else total
    return sp.Mul(*powers) * sp.exp(total)


def over_period(f: sp.Expr, x: sp.Symbol, period: sp.Expr) -> sp.Expr:
    """The integral over one period: Bessel functions for e^(a cos + b sin), square roots for 1/(a + b cos)."""
    constant, body = f.as_independent(x, as_Add=False)
    if isinstance(body, sp.exp):
        waves = _wave(body.args[0], x, period)
        if waves is not None:
            mean, amplitude = waves
            return constant * period * sp.exp(mean) * sp.besseli(0, amplitude)
    base, power = body.as_base_exp()
    if power == -1:
        waves = _wave(base, x, period)
        if waves is not None:
            mean, amplitude = waves
            return constant * period / sp.sqrt(mean**2 - amplitude**2)
    waves = _wave(body, x, period)
    if waves is not None:
        return constant * period * waves[0]
    return constant * unevaluated(body, x, sp.Integer(0), period)


def _wave(value: sp.Expr, x: sp.Symbol, period: sp.Expr) -> tuple[sp.Expr, sp.Expr] | None:
    """(mean, amplitude) of a + b cos(q x) + c sin(q x) with whole turns in the period."""
    parts = {"mean": sp.Integer(0), "cos": sp.Integer(0), "sin": sp.Integer(0)}
    number = None
    for term in sp.Add.make_args(sp.expand(value)):
        factor, wave = term.as_independent(x, as_Add=False)
        if wave == 1:
            parts["mean"] += factor
            continue
        if not isinstance(wave, (sp.cos, sp.sin)):
            return None
        turns = sp.cancel(wave.args[0] / x * period / (2 * sp.pi))
        if not turns.is_Integer or number not in (None, turns):
            return None
        number = turns
        parts["cos" if isinstance(wave, sp.cos) else "sin"] += factor
    b, c = parts["cos"], parts["sin"]
    amplitude = b if c == 0 else c if b == 0 else sp.sqrt(b**2 + c**2)
    return parts["mean"], amplitude
