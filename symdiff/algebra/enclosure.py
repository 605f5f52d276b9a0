"""Rigorous enclosures of numbers: intervals in which the value of an expression lies for sure."""

from __future__ import annotations

import math

import mpmath
import sympy as sp

INTERVAL_DIGITS = 60
MOST_TERMS = 500  # of a series in an enclosure


def interval(e: sp.Expr) -> mpmath.iv.mpf:
    """A rigorous enclosure of a number; raises NotImplementedError where there is no rule for it."""
    iv = mpmath.iv
    iv.dps = INTERVAL_DIGITS
    if e.is_Rational:
        return iv.mpf(int(e.p)) / int(e.q)
    if e.is_Float:  # a number known to its digits, as a root that was found numerically
        return iv.mpf(mpmath.mpf(e)) * (1 + iv.mpf([-1, 1]) * iv.mpf(10) ** (1 - mpmath.libmp.prec_to_dps(e._prec)))
    if e is sp.pi:
        return iv.pi
    if e is sp.E:
        return iv.e
    if e is sp.I:
        return iv.mpc(0, 1)
    if e.is_Add:
        return sum((interval(a) for a in e.args), iv.mpf(0))
    if e.is_Mul:
        result = iv.mpf(1)
        for a in e.args:
            result = result * interval(a)
        return result
    if e.is_Pow:
        if e.exp.is_Integer:
            return interval(e.base) ** int(e.exp)
        if e.exp == sp.Rational(1, 2) and e.base.is_nonnegative:
            return iv.sqrt(interval(e.base))
        if e.base.is_positive:
            return iv.exp(interval(e.exp) * iv.log(interval(e.base)))
    if isinstance(e, sp.gamma) and e.args[0].is_negative:  # by reflection
        return iv.pi / (iv.sin(iv.pi * interval(e.args[0])) * iv.gamma(1 - interval(e.args[0])))
    if isinstance(e, sp.factorial):
        return interval(sp.gamma(e.args[0] + 1, evaluate=False))
    if isinstance(e, sp.zeta):
        return _zeta(interval(e.args[0]))
    if isinstance(e, sp.besseli) and e.args[0].is_Integer:
        return _bessel(abs(int(e.args[0])), interval(e.args[1]))
    if isinstance(e, sp.besselk) and e.args[0].is_Integer:
        return _bessel_k(abs(int(e.args[0])), interval(e.args[1]))
    if isinstance(e, (sp.erf, sp.erfc)):
        inner = _erf(interval(e.args[0]))
        return inner if isinstance(e, sp.erf) else 1 - inner
    if isinstance(e, sp.tan):
        return iv.sin(interval(e.args[0])) / iv.cos(interval(e.args[0]))
    rules = {sp.exp: iv.exp, sp.log: iv.log, sp.sin: iv.sin, sp.cos: iv.cos, sp.gamma: iv.gamma, sp.Abs: abs}
    for kind, rule in rules.items():
        if isinstance(e, kind):
            return rule(interval(e.args[0]))
    hyperbolic = {sp.sinh: -1, sp.cosh: 1}
    for kind, sign in hyperbolic.items():
        if isinstance(e, kind):
            inner = interval(e.args[0])
            return (iv.exp(inner) + sign * iv.exp(-inner)) / 2
    if isinstance(e, sp.tanh):
        inner = iv.exp(2 * interval(e.args[0]))
        return (inner - 1) / (inner + 1)
    raise NotImplementedError(f"no interval rule for {type(e).__name__}")


def _bessel(order: int, x: mpmath.iv.mpf) -> mpmath.iv.mpf:
    """I_n(x) for x >= 0 by its series of positive terms: beyond the last term kept each is at most half of the one before."""
    if not x >= 0:
        raise NotImplementedError("a Bessel function of a negative number")
    iv, square = mpmath.iv, x * x / 4
    term = (x / 2) ** order / iv.mpf(math.factorial(order))
    total, k = iv.mpf(0), 0
    while k < MOST_TERMS:
        total, k = total + term, k + 1
        ratio = square / (k * (k + order))
        term = term * ratio
        if ratio < 0.5 and term < total * iv.mpf(10) ** (-INTERVAL_DIGITS):
            return total + iv.mpf([0, 2]) * term
    raise NotImplementedError("a Bessel function of so large a number")


def _bessel_k(order: int, x: mpmath.iv.mpf) -> mpmath.iv.mpf:
    """K_n(x) for x > 0 from K_0 = -(ln(x/2) + gamma) I_0 + sum H_k (x/2)^(2k)/k!^2, the Wronskian and the recurrence in n.

    Beyond the last term kept each is at most half of the one before. NIST Handbook 10.31.2, 10.28.2, 10.29.1.
    """
    if not x > 0:
        raise NotImplementedError("a Bessel function of the second kind where it has no value")
    iv, square = mpmath.iv, x * x / 4
    total, power, harmonic, k = iv.mpf(0), iv.mpf(1), iv.mpf(0), 0
    while k < MOST_TERMS:
        k += 1
        power, harmonic = power * square / k**2, harmonic + iv.mpf(1) / k
        total = total + power * harmonic
        if square / (k + 1) ** 2 < 0.25 and power * harmonic < iv.mpf(10) ** (-2 * INTERVAL_DIGITS):
            break
    else:
        raise NotImplementedError("a Bessel function of so large a number")
    below = total + iv.mpf([0, 2]) * power * harmonic - (iv.log(x / 2) + iv.euler) * _bessel(0, x)
    if order == 0:
        return below
    value = (1 / x - _bessel(1, x) * below) / _bessel(0, x)
    for n in range(1, order):
        below, value = value, below + 2 * n / x * value
    return value


def _erf(x: mpmath.iv.mpf) -> mpmath.iv.mpf:
    """erf(x) by its series of terms of one sign: beyond the last term kept each is at most half of the one before.

    Abramowitz and Stegun, 7.1.6.
    """
    if x < 0:
        return -_erf(-x)
    if not x >= 0:
        raise NotImplementedError("the error function around zero")
    iv, square = mpmath.iv, 2 * x * x
    term, total, n = x, iv.mpf(0), 0
    while n < MOST_TERMS:
        total, n = total + term, n + 1
        ratio = square / (2 * n + 1)
        term = term * ratio
        if ratio < 0.5 and term < total * iv.mpf(10) ** (-INTERVAL_DIGITS):
            return 2 / iv.sqrt(iv.pi) * iv.exp(-x * x) * (total + iv.mpf([0, 2]) * term)
    raise NotImplementedError("the error function of so large a number")


def _zeta(s: mpmath.iv.mpf) -> mpmath.iv.mpf:
    """The zeta function of s > 0, by Euler and Maclaurin: for real s the error is smaller than the first term left out.

    Abramowitz and Stegun, 23.2 and 3.6.28.
    """
    iv, many = mpmath.iv, 20
    if not s > 0 or 0 in s - 1:
        raise NotImplementedError("zeta at or below 0, or at its pole")
    log = iv.log(iv.mpf(many))
    head = sum((iv.exp(-s * iv.log(iv.mpf(n))) for n in range(1, many)), iv.mpf(0))
    smooth = iv.exp((1 - s) * log) / (s - 1) + iv.exp(-s * log) / 2 + s * iv.exp(-(s + 1) * log) / 12
    rest = s * (s + 1) * (s + 2) * iv.exp(-(s + 3) * log) / 720
    return head + smooth + rest * iv.mpf([-1, 1])
