"""Transforms of step laws as numbers: E[exp(-q s)] for real or complex q, from closed forms, not from moments.

The cross-checks need the law itself, independent of the moment formulas that the derivation uses.
Source of the closed forms: Abramowitz and Stegun, ch. 26 (transforms of the standard laws).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import mpmath
import sympy as sp

from symdiff.errors import NotYetError
from symdiff.model.step_law import StepLaw

Number = Any

# A law that is known only through its moments or its tail is represented by one that has them, and something beyond.
BEYOND = {"cumulant": mpmath.mpf("0.37")}


def transform(law: StepLaw, q: Number, number: Callable[[sp.Expr], Number]) -> Number:
    """E[exp(-q s)]; ``number`` turns the law's arguments into numbers. For heavy tails q is imaginary: q = i k."""
    a = {name: number(value) for name, value in law.arguments}
    rule = _RULES.get(law.distribution)
    if rule is None:
        raise NotYetError(f"no transform of the law '{law.distribution}'")
    return rule(q, a)


def _normal(q: Number, a: Mapping[str, Number]) -> Number:
    return mpmath.exp(-q * a["mean"] + q * q * a["variance"] / 2)


def _uniform(q: Number, a: Mapping[str, Number]) -> Number:
    if q == 0:
        return mpmath.mpf(1)
    return (mpmath.exp(-q * a["low"]) - mpmath.exp(-q * a["high"])) / (q * (a["high"] - a["low"]))


def _given(q: Number, a: Mapping[str, Number]) -> Number:
    """The law with these cumulants, and one further cumulant that nobody asked for."""
    mean = a.get("mean", mpmath.mpf(0))
    variance = a["variance"] if "variance" in a else a["second_moment"] - mean**2
    exponent = -q * mean + q * q * variance / 2
    known, scale = 2, mpmath.sqrt(variance)
    for order, name in ((3, "third_cumulant"), (4, "fourth_cumulant")):
        if name in a:
            exponent += (-q) ** order * a[name] / mpmath.factorial(order)
            known = order
    return mpmath.exp(exponent + (-q * scale) ** (known + 1) * BEYOND["cumulant"])


def _student(q: Number, a: Mapping[str, Number]) -> Number:
    k = abs(mpmath.im(q))
    if k == 0:
        return mpmath.mpf(1)
    nu = a["dof"]
    x = mpmath.sqrt(nu) * k
    return mpmath.besselk(nu / 2, x) * x ** (nu / 2) / (mpmath.gamma(nu / 2) * 2 ** (nu / 2 - 1))


def _stable(index: Number, scale: Number, q: Number) -> Number:
    return mpmath.exp(-((scale * abs(mpmath.im(q))) ** index))


def _tail(q: Number, a: Mapping[str, Number]) -> Number:
    """A symmetric Pareto law with this tail: density A r^(-1-index) for r > cut, cut fixed by the normalisation."""
    if "variance" in a or "mean" in a:
        raise NotYetError("a tail law with given moments has no representative law yet")
    index, amplitude = a["index"], a["amplitude"]
    cut = (2 * amplitude / index) ** (1 / index)
    k = abs(mpmath.im(q))
    if k == 0:
        return mpmath.mpf(1)
    # 2 A int_cut^oo cos(kr) r^(-1-index) dr = 2 A Re[ (-ik)^index Gamma(-index, -ik cut) ]
    z = mpmath.mpc(0, -k)
    return 2 * amplitude * mpmath.re(z**index * mpmath.gammainc(-index, z * cut))


_RULES: dict[str, Callable[[Number, Mapping[str, Number]], Number]] = {
    "fixed": lambda q, a: mpmath.exp(-q * a["value"]),
    "normal": _normal,
    "laplace": lambda q, a: 1 / (1 - (q * a["scale"]) ** 2),
    "uniform": _uniform,
    "exponential": lambda q, a: 1 / (1 + q * a["mean"]),
    "gamma": lambda q, a: (1 + q * a["scale"]) ** (-a["shape"]),
    "student": _student,
    "moments": _given,
    "levy": lambda q, a: _stable(a["index"], a["scale"], q),
    "cauchy": lambda q, a: _stable(mpmath.mpf(1), a["scale"], q),
    "tail": _tail,
}
