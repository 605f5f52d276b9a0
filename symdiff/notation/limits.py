"""Bounds on what one expression may be, and guarded constructors that refuse to evaluate anything beyond them.

SymPy evaluates numbers eagerly: ``9**9**9`` or ``factorial(10**10)`` would run for ever. Both readers (Python
notation and LaTeX) build powers, factorials and binomials through this module only.
"""

from __future__ import annotations

import sympy as sp

from symdiff.errors import ExpressionError

MAX_LENGTH = 10_000  # characters of one expression
MAX_DEPTH = 60  # nested brackets, function calls, powers
MAX_NODES = 5_000  # parts of one expression
MAX_EXPONENT = 1_000  # absolute value of a numeric exponent
MAX_NUMBER_BITS = 20_000  # size of any exact number, about 6,000 digits
MAX_FACTORIAL = 1_000  # argument of factorial, gamma and binomial when it is a number


def check_length(text: str) -> None:
    """Refuse text longer than ``MAX_LENGTH`` characters."""
    if len(text) > MAX_LENGTH:
        raise ExpressionError(
            f"the expression has {len(text)} characters; at most {MAX_LENGTH} are read",
            instead="split it with [definitions]",
        )


def bits(number: sp.Rational) -> int:
    """Size of an exact number in bits: numerator plus denominator."""
    return int(number.p).bit_length() + int(number.q).bit_length()


def power(base: sp.Expr, exponent: sp.Expr) -> sp.Expr:
    """``base**exponent``, refused where its numbers would be too large to be meant."""
    if exponent.is_Rational and base.is_Rational:
        if base.is_zero and exponent.is_negative:
            raise ExpressionError("division by zero", instead="a power of zero needs a positive exponent")
        if abs(exponent) * bits(base) > MAX_NUMBER_BITS and base not in (0, 1, -1):
            raise ExpressionError(
                "a power whose value has more than 6,000 digits", instead="write the number with a symbol"
            )
    elif exponent.is_Rational and abs(exponent) > MAX_EXPONENT:
        raise ExpressionError(
            f"an exponent of {bits(exponent)} bits; at most {MAX_EXPONENT} in absolute value is read",
            instead="write the exponent with a symbol",
        )
    elif exponent.is_number and not exponent.is_Rational and base.is_Rational and abs(base) > 10**MAX_EXPONENT:
        raise ExpressionError("a power of a number with more than 1,000 digits", instead="use a smaller number")
    return sp.Pow(base, exponent)


def small_argument(value: sp.Expr, name: str) -> sp.Expr:
    """``value`` itself, refused where ``name(value)`` of a number would be too large to evaluate."""
    if value.is_number and not (value.is_Rational and abs(value) <= MAX_FACTORIAL):
        if value.is_Rational:
            raise ExpressionError(
                f"{name} of a number beyond {MAX_FACTORIAL}", instead="write the argument with a symbol"
            )
        inner = max((bits(n) for n in value.atoms(sp.Rational)), default=0)
        if inner > 64:
            raise ExpressionError(f"{name} of a number this large", instead="write the argument with a symbol")
    return value


def check_number(value: sp.Expr) -> sp.Expr:
    """``value`` itself, refused where it is an exact number of more than ``MAX_NUMBER_BITS`` bits."""
    if value.is_Rational and value not in (sp.oo, -sp.oo) and bits(value) > MAX_NUMBER_BITS:
        raise ExpressionError("a number of more than 6,000 digits", instead="write it with a symbol")
    return value
