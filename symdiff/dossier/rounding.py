"""Decimals in a claim: 0.5826 stands for every number that is rounded so, where what was derived is irrational."""

from __future__ import annotations

import sympy as sp

from symdiff.algebra.enclosure import interval

TO_THE_DECIMALS = "both sides agree to the decimals that are written"
FEWEST = 3  # decimals; fewer are taken as exact
NOTHING = 1e-6  # of the last decimal: an imaginary part below counts as none
LONG = 10**6  # denominators of quotients of such decimals


def agrees_when_rounded(left: sp.Expr, right: sp.Expr) -> bool:
    """Whether one side is a terminating decimal times what makes the other side, to half a unit of its last place.

    The other side's factor must be irrational (or known in decimals alone) and have a rigorous enclosure; exact numbers are
    compared exactly elsewhere.

    >>> agrees_when_rounded(sp.sqrt(2), sp.Rational("1.4142")), agrees_when_rounded(sp.sqrt(2), sp.Rational("1.4143"))
    (True, False)
    """
    for exact, written in ((left, right), (right, left)):
        parts = _parts(exact, written)
        if parts is not None and parts[2] >= FEWEST and parts[0].is_rational is not True and _within(*parts, cut=False):
            return True
    return _of_long_decimals(left, right) or _of_long_decimals(right, left)


def _of_long_decimals(exact: sp.Expr, written: sp.Expr) -> bool:
    """1 - 1/1.5163860591: a fraction of long decimals, as near as a number of so many digits can be."""
    if (
        not written.is_Rational
        or not exact.is_number
        or exact.is_rational
        or written.q < LONG
        or decimals_of(written) is not None
    ):
        return False
    try:
        gap = interval(exact) - interval(written)
    except (NotImplementedError, ValueError, ZeroDivisionError, TypeError):
        return False
    return bool(abs(gap) <= interval(sp.Rational(1, written.q))) if not hasattr(gap, "imag") or gap.imag == 0 else False


def differs_in_the_decimals(left: sp.Expr, right: sp.Expr) -> bool | None:
    """Whether the decimals written on one side are neither those of the rounded nor of the cut number on the other; None: none are written.

    >>> differs_in_the_decimals(sp.pi, sp.Rational("3.14")), differs_in_the_decimals(sp.pi, sp.Rational("3.15"))
    (False, True)
    """
    for exact, written in ((left, right), (right, left)):
        parts = _parts(exact, written)
        if parts is not None and parts[2] > 0:
            if not _is_enclosed(parts[0]):
                return None  # no digits are sure of a number that arithmetic with intervals does not know
            return not (_within(*parts, cut=False) or (parts[2] >= FEWEST and _within(*parts, cut=True)))
    return None


def _parts(exact: sp.Expr, written: sp.Expr) -> tuple[sp.Expr, sp.Rational, int] | None:
    """The number in front of the same factors on both sides, the decimal that is written for it, and how many decimals it has."""
    decimal, rest = sp.powsimp(written).as_coeff_Mul(rational=True)
    places = decimals_of(decimal)
    if rest == 0 or places is None:
        return None
    factor = sp.cancel(exact / rest) if exact.is_Rational else sp.powsimp(exact / rest)
    if factor.has(sp.I):  # conjugate roots, whose sum is real
        factor = sp.expand(factor)
    return None if factor.free_symbols or not factor.is_number else (factor, decimal, places)


def _is_enclosed(factor: sp.Expr) -> bool:
    """Whether a number has bounds that are sure."""
    try:
        interval(factor.xreplace({f: sp.Rational(f) for f in factor.atoms(sp.Float)}))
    except (NotImplementedError, ValueError, ZeroDivisionError, TypeError):
        return False
    return True


def _within(factor: sp.Expr, decimal: sp.Rational, places: int, *, cut: bool) -> bool:
    """Whether the decimal is the factor rounded to these places (``cut``: with its further digits left out), for sure."""
    factor = factor.xreplace(
        {f: sp.Rational(f) for f in factor.atoms(sp.Float)}
    )  # all of its digits are taken for right
    try:
        gap = interval(factor) - interval(decimal)
    except (NotImplementedError, ValueError, ZeroDivisionError, TypeError):
        return False
    unit = interval(sp.Rational(1, 10**places))
    if hasattr(gap, "imag") and gap.imag != 0:
        if not abs(gap.imag) < unit * NOTHING:
            return False
        gap = gap.real  # of conjugate roots: the imaginary parts cancel to all digits that are worked out
    if not cut:
        return bool(abs(gap) <= unit / 2)
    return bool(gap * (1 if decimal > 0 else -1) < unit and gap * (1 if decimal > 0 else -1) >= 0)


def decimals_of(number: sp.Rational) -> int | None:
    """The decimals of a terminating decimal; None for other fractions."""
    rest, twos, fives = int(number.q), 0, 0
    while rest % 2 == 0:
        rest, twos = rest // 2, twos + 1
    while rest % 5 == 0:
        rest, fives = rest // 5, fives + 1
    return max(twos, fives) if rest == 1 else None
