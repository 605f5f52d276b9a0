"""Bounds on what one expression may be, and guarded constructors that refuse to evaluate anything beyond them.

SymPy evaluates numbers eagerly: ``9**9**9`` or ``factorial(10**10)`` would run for ever. Both readers (Python
notation and LaTeX) build powers, factorials and binomials through this module only.
"""

from __future__ import annotations

import math

import sympy as sp

from symdiff.errors import ExpressionError

MAX_LENGTH = 10_000  # characters of one expression
MAX_DEPTH = 60  # nested brackets, function calls, powers
MAX_NODES = 5_000  # parts of one expression
MAX_EXPONENT = 1_000  # absolute value of a numeric exponent
MAX_NUMBER_BITS = 20_000  # size of any exact number, about 6,000 digits
MAX_TERMS = 2_000  # terms of an expression when it is multiplied out
MAX_POWER_TERMS = 100  # the same of one power of a sum
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
    result = sp.Pow(base, exponent)
    if result.is_Pow and result.exp.is_Rational and abs(result.exp) > MAX_EXPONENT and not base.is_Rational:
        raise ExpressionError(
            f"powers of powers whose exponents make more than {MAX_EXPONENT} together",
            instead="write the exponent with a symbol",
        )
    return check_terms(result, MAX_POWER_TERMS)


def check_terms(value: sp.Expr, most: int = MAX_TERMS) -> sp.Expr:
    """``value`` itself, refused where it would have more than ``most`` terms when multiplied out."""
    if _terms(value) > most:
        raise ExpressionError(
            f"an expression of more than {most} terms when it is multiplied out",
            instead="name its parts in [parameters] or [functions], or use smaller powers",
        )
    return value


def _terms(value: sp.Basic) -> int:
    """At most how many terms ``value`` has when it is multiplied out: choices with repetition for a power of a sum."""
    if value.is_Add:
        return sum(_terms(part) for part in value.args)
    if value.is_Mul:
        return math.prod(_terms(part) for part in value.args)
    if value.is_Pow and value.exp.is_Integer:
        many = _terms(value.base)
        return math.comb(many + abs(int(value.exp)) - 1, many - 1) if many > 1 else 1
    return 1


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
