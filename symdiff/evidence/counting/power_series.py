"""Quotients of power series with whole coefficients, term by term or by Newton's iteration."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

_TERM_BY_TERM = 150


def quotient(above: Sequence[int], below: Sequence[int]) -> list[int]:
    """above / below to as many terms as both have; below begins with one.

    Newton's iteration g <- g + g (1 - below g) doubles the terms of the reciprocal; products through one long integer each,
    or python-flint's polynomials where installed. Source: D. E. Knuth, The Art of Computer Programming 2, section 4.7.
    """
    n = len(above)
    if n <= _TERM_BY_TERM:
        found: list[int] = []
        for m, value in enumerate(above):
            found.append(value - sum(f * below[m - k] for k, f in enumerate(found) if f))
        return found
    try:
        from flint import fmpz_poly
    except ImportError:
        reciprocal = [1]
        while len(reciprocal) < n:
            length = min(2 * len(reciprocal), n)
            error = [-x for x in low_product(list(below[:length]), reciprocal, length)]
            error[0] += 1
            change = low_product(reciprocal, error, length)
            reciprocal = [a + b for a, b in zip([*reciprocal, *[0] * (length - len(reciprocal))], change, strict=True)]
        return low_product(list(above), reciprocal, n)
    return _flint_quotient(fmpz_poly, above, below, n)


def _flint_quotient(fmpz_poly: Any, above: Sequence[int], below: Sequence[int], n: int) -> list[int]:
    """Newton's iteration to half of the terms; from there q = q_0 + (above - below q_0) / below, half of which is known.

    Source: A. Karp, P. Markstein, ACM Trans. Math. Software 23 (1997) 561.
    """
    divisor, reciprocal, length, half = fmpz_poly(list(below)), fmpz_poly([1]), 1, (n + 1) // 2
    while length < half:
        length = min(2 * length, half)
        error = 1 - divisor.truncate(length).mul_low(reciprocal, length)
        reciprocal = reciprocal + reciprocal.mul_low(error, length)
    dividend = fmpz_poly(list(above))
    first = dividend.truncate(half).mul_low(reciprocal, half)
    error = (dividend - divisor.mul_low(first, n)).right_shift(half)
    last = reciprocal.mul_low(error, n - half)
    found = [int(x) for x in (first + last.left_shift(half)).coeffs()]
    return found + [0] * (n - len(found))


def low_product(a: Sequence[int], b: Sequence[int], n: int) -> list[int]:
    """The first n terms of a product, by one product of long integers (Kronecker substitution, signs by offset)."""
    width = (_bits(a) + _bits(b) + min(len(a), len(b)).bit_length() + 2) // 8 + 1
    value = _packed(a, width) * _packed(b, width)
    count = len(a) + len(b)
    base = 1 << 8 * width
    half = base >> 1
    value += half * ((base**count - 1) // (base - 1))  # every coefficient plus half the base is positive
    data = value.to_bytes((count + 1) * width, "little")
    found = [int.from_bytes(data[i * width : (i + 1) * width], "little") - half for i in range(min(n, count))]
    return found + [0] * (n - len(found))


def _bits(series: Sequence[int]) -> int:
    return max((abs(x).bit_length() for x in series), default=0)


def _packed(series: Sequence[int], width: int) -> int:
    positive = b"".join(max(x, 0).to_bytes(width, "little") for x in series)
    negative = b"".join(max(-x, 0).to_bytes(width, "little") for x in series)
    return int.from_bytes(positive, "little") - int.from_bytes(negative, "little")
