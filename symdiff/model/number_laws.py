"""Laws of numbers 0, 1, 2, ...: binomial, Poisson, geometric; their central moments and transforms.

Such a step may be long while it varies little (a new copy number drawn about the old one), so that it is expanded about its
mean. All three are exponential families, fixed by the variance V as a function of the mean m (C. N. Morris, Ann. Statist. 10
(1982) 65): mu_(n+1) = V(m) (d mu_n/dm + n mu_(n-1)).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import mpmath
import sympy as sp

from symdiff.model.step_law import StepLaw

Arguments = dict[str, sp.Expr]
NAMES = {"binomial": ("trials", "success"), "poisson": ("mean",), "geometric": ("mean",)}
_VARIANCE: dict[str, Callable[[Arguments, sp.Expr], sp.Expr]] = {
    "binomial": lambda a, m: m * (1 - m / a["trials"]),
    "poisson": lambda a, m: m,
    "geometric": lambda a, m: m * (1 + m),
}
_M = sp.Symbol("mean", positive=True)
_N = sp.Symbol("trials", positive=True)


def is_number_law(law: StepLaw | None) -> bool:
    """Whether a law is one of these."""
    return law is not None and law.distribution in NAMES and law.inner is None


def mean_of(law: StepLaw) -> sp.Expr:
    """The mean."""
    a = dict(law.arguments)
    return a["trials"] * a["success"] if law.distribution == "binomial" else a["mean"]


def variance_of(law: StepLaw) -> sp.Expr:
    """The variance."""
    return _VARIANCE[law.distribution](dict(law.arguments), mean_of(law))


@lru_cache(maxsize=256)
def _family_moment(distribution: str, order: int) -> sp.Expr:
    if order < 2:
        return sp.Integer(1 - order)
    spread = _VARIANCE[distribution]({"trials": _N}, _M)
    below = _family_moment(distribution, order - 1)
    return sp.expand(spread * (sp.diff(below, _M) + (order - 1) * _family_moment(distribution, order - 2)))


@lru_cache(maxsize=64)
def central_polynomial(distribution: str, order: int) -> tuple[tuple[sp.Rational, tuple[int, ...]], ...]:
    """E[(s - E[s])**order] as a polynomial in the arguments of the law: coefficients and powers, in the order of ``NAMES``.

    >>> central_polynomial("poisson", 3)
    ((1, (1,)),)
    """
    names = NAMES[distribution]
    symbols = {name: sp.Symbol(name, positive=True) for name in names}
    mean = symbols["trials"] * symbols["success"] if distribution == "binomial" else symbols["mean"]
    moment = sp.expand(_family_moment(distribution, order).xreplace({_M: mean}))
    if moment == 0:
        return ()
    return tuple((c, tuple(powers)) for powers, c in sp.Poly(moment, *symbols.values()).terms())


def number_transform(law: StepLaw, q: Any, value: Callable[[sp.Expr], Any], power: Callable[[Any, Any], Any]) -> Any:
    """E[exp(-q s)], whose arguments may be anything that adds and multiplies (numbers, jets)."""
    a = {name: value(expression) for name, expression in law.arguments}
    gap = mpmath.expm1(-q)
    if law.distribution == "binomial":
        return power(a["success"] * gap + 1, a["trials"])
    if law.distribution == "geometric":
        return power(1 - a["mean"] * gap, -1)
    return power(mpmath.e, a["mean"] * gap)
