"""Names of coefficients by the role that they play in the equation."""

from __future__ import annotations

import sympy as sp

from symdiff.algebra.multiindex import MultiIndex, of_degree, unit


def derivative_name(coordinates: tuple[sp.Symbol, ...], alpha: MultiIndex) -> str:
    """``xxy`` for two derivatives along x and one along y; names of several letters are set apart by underscores.

    >>> derivative_name(sp.symbols("x y"), (2, 1)), derivative_name(sp.symbols("n1 n2"), (1, 1))
    ('xxy', 'n1_n2')
    """
    names = [c.name for c, times in zip(coordinates, alpha, strict=True) for _ in range(times)]
    return ("_" if any(len(c.name) > 1 for c in coordinates) else "").join(names)


def coefficient_name(coordinates: tuple[sp.Symbol, ...], alpha: MultiIndex) -> str:
    """The contract's name of the coefficient of one derivative: v, D, a_3; v_x, D_xy, a_xxyy; a_0.

    >>> x = sp.symbols("x")
    >>> [coefficient_name((x,), (n,)) for n in range(5)]
    ['a_0', 'v', 'D', 'a_3', 'a_4']
    """
    order = sum(alpha)
    if order == 0:
        return "a_0"
    head = {1: "v", 2: "D"}.get(order, "a")
    if len(coordinates) == 1:
        return head if order <= 2 else f"a_{order}"
    return f"{head}_{derivative_name(coordinates, alpha)}"


def coefficient_value(alpha: MultiIndex, operator_coefficient: sp.Expr) -> sp.Expr:
    """From the coefficient of d^alpha in the equation to the named one: v = -A_1, D_xy = A_xy/2."""
    if sum(alpha) == 1:
        return -operator_coefficient
    if sum(alpha) == 2 and max(alpha) == 1:
        return operator_coefficient / 2
    return operator_coefficient


def expected_indices(dimension: int, highest: int) -> list[MultiIndex]:
    """Multi-indices of order 1 to ``highest``: the coefficients that are listed even where they vanish."""
    return [alpha for order in range(1, highest + 1) for alpha in of_degree(dimension, order)]


def first_derivatives(dimension: int) -> list[MultiIndex]:
    """The unit multi-indices."""
    return [unit(dimension, i) for i in range(dimension)]
