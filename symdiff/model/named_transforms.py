"""Transforms E[e^(-q s)] of the named laws, in symbols (Abramowitz and Stegun, ch. 26)."""

from __future__ import annotations

from collections.abc import Mapping

import sympy as sp

Table = Mapping[str, sp.Expr]  # the arguments of a law by their names


def named_exponent(name: str, a: Table, q: sp.Expr) -> sp.Expr | None:
    """log E[e^(-q s)] of the named laws for which it is the shorter form; None for the others."""
    rules = {
        "fixed": lambda: -a["value"] * q,
        "normal": lambda: -a["mean"] * q + a["variance"] * q**2 / 2,
        "binomial": lambda: a["trials"] * sp.log(1 + a["success"] * (sp.exp(-q) - 1)),
        "poisson": lambda: a["mean"] * (sp.exp(-q) - 1),
    }
    return rules[name]() if name in rules else None


def named_transform(name: str, a: Table, q: sp.Expr) -> sp.Expr | None:
    """E[e^(-q s)] of the named laws that have it in closed form; None for the others."""
    rules = {
        "laplace": lambda: 1 / (1 - a["scale"] ** 2 * q**2),
        "uniform": lambda: (sp.exp(-a["low"] * q) - sp.exp(-a["high"] * q)) / ((a["high"] - a["low"]) * q),
        "exponential": lambda: 1 / (1 + a["mean"] * q),
        "gamma": lambda: (1 + a["scale"] * q) ** (-a["shape"]),
        "geometric": lambda: 1 / (1 + a["mean"] * (1 - sp.exp(-q))),
    }
    exponent = named_exponent(name, a, q)
    return sp.exp(exponent) if exponent is not None else rules[name]() if name in rules else None
