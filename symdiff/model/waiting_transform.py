"""Transforms of waiting-time laws as numbers, E[exp(-s t)], from closed forms; not from the moments or tails.

Source of the closed forms: Abramowitz and Stegun, ch. 6, 13 and 26.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import mpmath
import sympy as sp

from symdiff.errors import NotYetError
from symdiff.model.law_transform import transform
from symdiff.model.step_law import StepLaw
from symdiff.model.waiting import BY_MOMENTS, S, WaitingLaw

Number = Any


def waiting_transform(law: WaitingLaw, s: Number, number: Callable[[sp.Expr], Number]) -> Number:
    """psi(s); ``number`` turns the law's arguments into numbers. A law known in part is represented by one that fits."""
    if law.transform is not None:
        at = sp.Dummy("s")
        body = law.transform.xreplace({S: at})
        value = number_at(body, at, s, number)
        if law.remainder is not None:
            value += mpmath.mpf("0.41") * number_at(law.remainder.xreplace({S: at}), at, s, number)
        return value
    if law.distribution in BY_MOMENTS:
        return transform(StepLaw(law.distribution, law.arguments, law.index_range), s, number)
    a = {name: number(value) for name, value in law.arguments}
    return _RULES[law.distribution](s, a)


def number_at(body: sp.Expr, at: sp.Symbol, value: Number, number: Callable[[sp.Expr], Number]) -> Number:
    """The value of an expression in one more symbol; the parameters come from ``number``."""
    from symdiff.notation.evaluation import evaluate, mp_arithmetic

    values = {x: number(x) for x in body.free_symbols if x != at}
    return evaluate(body, {**values, at: value}, mp_arithmetic())


def _pareto(s: Number, a: Mapping[str, Number]) -> Number:
    index, scale = a["index"], a["scale"]
    whole = _upper(s, index, scale)
    if "cutoff" not in a:
        return whole
    rest = (scale / a["cutoff"]) ** index
    return (whole - rest * _upper(s, index, a["cutoff"])) / (1 - rest)


def _upper(s: Number, index: Number, scale: Number) -> Number:
    """int_a^oo index a^index t^(-1-index) e^(-st) dt = index (as)^index Gamma(-index, as)."""
    return index * _incomplete(index, s * scale)


def _incomplete(index: Number, z: Number) -> Number:
    """z^a Gamma(-a, z): a leading term - sum_k (-z)^k/(k! (k - a)) where z is small, which converges fast there.

    The leading term is z^a Gamma(-a); at a whole a, where k = a is left out, (-z)^a/a! (psi(a + 1) - log z).
    """
    if abs(z) > mpmath.mpf(1) / 8:
        return z**index * mpmath.gammainc(-index, z)
    with mpmath.extradps(10):
        if mpmath.isint(index):
            harmonic = mpmath.fsum(mpmath.mpf(1) / n for n in range(1, int(index) + 1))
            total = (-z) ** int(index) / mpmath.factorial(int(index)) * (harmonic - mpmath.euler - mpmath.log(z))
        else:
            total = z**index * mpmath.gamma(-index)
        term, k = mpmath.mpf(1), 0
        while k <= index or abs(term) > mpmath.eps * abs(total):
            if k != index:
                total -= term / (k - index)
            k += 1
            term *= -z / k
    return total


def _lomax(s: Number, a: Mapping[str, Number]) -> Number:
    z = s * a["scale"]
    return a["index"] * mpmath.exp(z) * _incomplete(a["index"], z)


def _tail(s: Number, a: Mapping[str, Number]) -> Number:
    """A law with this tail (and mean): a mixture of a Pareto law and of one wait of fixed length."""
    index, amplitude = a["index"], a["amplitude"]
    if "mean" not in a:
        return _upper(s, index, (amplitude / index) ** (1 / index))
    if "variance" in a:
        raise NotYetError("a tail law with mean and variance has no representative law yet")
    mean = a["mean"]
    share = mpmath.mpf(1) / 2
    scale = (amplitude / (share * index)) ** (1 / index)
    while share * index * scale / (index - 1) >= mean:  # the fixed part must make up a positive rest of the mean
        share /= 2
        scale = (amplitude / (share * index)) ** (1 / index)
        if share < mpmath.mpf(10) ** -12:
            raise NotYetError("no representative law with this tail and mean was found")
    rest = (mean - share * index * scale / (index - 1)) / (1 - share)
    return share * _upper(s, index, scale) + (1 - share) * mpmath.exp(-s * rest)


_RULES: dict[str, Callable[[Number, Mapping[str, Number]], Number]] = {
    "pareto": _pareto, "lomax": _lomax, "tail": _tail,
    "mittag_leffler": lambda s, a: 1 / (1 + (s * a["scale"]) ** a["index"]),
    "levy": lambda s, a: mpmath.exp(-((s * a["scale"]) ** a["index"]) / mpmath.cos(mpmath.pi * a["index"] / 2)),
}  # fmt: skip
