"""Decimals in a claim: 0.5826 stands for every number that is rounded so, where what was derived is irrational."""

from __future__ import annotations

import sympy as sp

from symdiff.algebra.enclosure import interval

TO_THE_DECIMALS = "both sides agree to the decimals that are written"
FEWEST = 3  # decimals; fewer are taken as exact


def agrees_when_rounded(left: sp.Expr, right: sp.Expr) -> bool:
    """Whether one side is a terminating decimal times what makes the other side, to half a unit of its last place.

    The other side's factor must be irrational and have a rigorous enclosure; exact numbers are compared exactly elsewhere.

    >>> agrees_when_rounded(sp.sqrt(2), sp.Rational("1.4142")), agrees_when_rounded(sp.sqrt(2), sp.Rational("1.4143"))
    (True, False)
    """
    return any(_rounds_to(a, b) for a, b in ((left, right), (right, left)))


def _rounds_to(exact: sp.Expr, written: sp.Expr) -> bool:
    decimal, rest = sp.powsimp(written).as_coeff_Mul(rational=True)
    places = decimals_of(decimal)
    if rest == 0 or places is None or places < FEWEST:
        return False
    factor = sp.cancel(exact / rest) if exact.is_Rational else sp.powsimp(exact / rest)
    if factor.free_symbols or factor.is_rational or not factor.is_number:
        return False
    try:
        gap = interval(factor) - interval(decimal)
    except (NotImplementedError, ValueError, ZeroDivisionError, TypeError):
        return False
    half = interval(sp.Rational(1, 2 * 10**places))
    return bool(abs(gap) <= half) if not hasattr(gap, "imag") or gap.imag == 0 else False


def decimals_of(number: sp.Rational) -> int | None:
    """The decimals of a terminating decimal; None for other fractions."""
    rest, twos, fives = int(number.q), 0, 0
    while rest % 2 == 0:
        rest, twos = rest // 2, twos + 1
    while rest % 5 == 0:
        rest, fives = rest // 5, fives + 1
    return max(twos, fives) if rest == 1 else None
