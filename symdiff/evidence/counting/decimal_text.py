"""Exact numbers as decimal text, of any length, without touching the interpreter's limit on digits."""

from __future__ import annotations

import decimal
from fractions import Fraction

# Below this many bits Python's own conversion is fast, and short of its limit of 4300 digits.
_DIRECT_BITS = 8_000


def decimal_text(value: int) -> str:
    """The decimal digits of an integer of any length.

    Longer integers are halved in binary, value = high 2^k + low, and put together again in decimal
    arithmetic, whose multiplication is subquadratic. ``sys.set_int_max_str_digits`` is not used: it would
    change the user's process. Source: D. E. Knuth, The Art of Computer Programming 2, section 4.4.
    """
    if value < 0:
        return "-" + decimal_text(-value)
    if value.bit_length() <= _DIRECT_BITS:
        return str(value)
    try:
        from flint import fmpz
    except ImportError:
        pass
    else:
        return str(fmpz(value))
    exact = decimal.Context(
        prec=decimal.MAX_PREC, Emax=decimal.MAX_EMAX, Emin=decimal.MIN_EMIN, traps=[decimal.Inexact]
    )
    powers: dict[int, decimal.Decimal] = {}
    return format(_as_decimal(value, value.bit_length(), exact, powers), "f")


def exact_text(value: int | Fraction) -> str:
    """An integer or a fraction in lowest terms as text: ``"64"``, ``"3/64"``."""
    if isinstance(value, int) or value.denominator == 1:
        return decimal_text(int(value))
    return f"{decimal_text(value.numerator)}/{decimal_text(value.denominator)}"


def abridged(value: int | Fraction) -> str:
    """A number on one line: all of it where it is short, else its first and last digits and their number, found without the rest."""
    if value.numerator.bit_length() + value.denominator.bit_length() <= _DIRECT_BITS:
        text = exact_text(value)
        return text if len(text) <= 60 else f"{text[:24]}...{text[-8:]} ({len(text)} digits)"
    sign = "-" if value < 0 else ""
    parts = [_ends(abs(value.numerator))] + ([] if value.denominator == 1 else [_ends(value.denominator)])
    head = sign + "/".join(first for first, _, _ in parts)
    tail = "/".join(last for _, last, _ in parts)
    return f"{head[:24]}...{tail[-8:]} ({sum(n for _, _, n in parts) + len(parts) - 1 + len(sign)} digits)"


def _ends(value: int) -> tuple[str, str, int]:
    """The first and the last digits of a positive integer (all of them where it is short), and how many it has."""
    if value.bit_length() <= _DIRECT_BITS:
        text = str(value)
        return text, text, len(text)
    head, number = _leading(value)
    return head, f"{value % 10**8:08d}", number


def _leading(value: int) -> tuple[str, int]:
    """The first 24 digits of a positive integer, and how many it has."""
    shift = value.bit_length() - 300
    if shift > 0:
        near = decimal.Context(prec=80, Emax=decimal.MAX_EMAX, Emin=decimal.MIN_EMIN)
        product = near.multiply(decimal.Decimal(value >> shift), near.power(2, shift))
        digits = "".join(map(str, product.as_tuple().digits))
        if len(set(digits[24:60])) > 1:  # not 999... or 000..., which rounding could carry over
            return digits[:24], product.adjusted() + 1
    text = decimal_text(value)
    return text[:24], len(text)


def about(value: int) -> str:
    """A size for a message: three digits, whatever its length."""
    if value.bit_length() < 900:
        return f"{value:,}" if value < 10**6 else f"{float(value):.3g}"
    return f"10^{(value.bit_length() - 1) * 30103 // 100000}"


def _as_decimal(value: int, bits: int, exact: decimal.Context, powers: dict[int, decimal.Decimal]) -> decimal.Decimal:
    if bits <= _DIRECT_BITS:
        return decimal.Decimal(value)
    half = bits >> 1
    if half not in powers:
        powers[half] = exact.power(2, half) if half <= _DIRECT_BITS else _power_of_two(half, exact, powers)
    high = _as_decimal(value >> half, bits - half, exact, powers)
    low = _as_decimal(value & ((1 << half) - 1), half, exact, powers)
    return exact.add(low, exact.multiply(high, powers[half]))


def _power_of_two(bits: int, exact: decimal.Context, powers: dict[int, decimal.Decimal]) -> decimal.Decimal:
    """2^bits; the halves serve the lower levels too."""
    if bits <= _DIRECT_BITS:
        return exact.power(2, bits)
    half = bits >> 1
    if half not in powers:
        powers[half] = _power_of_two(half, exact, powers)
    square = exact.multiply(powers[half], powers[half])
    return exact.add(square, square) if bits & 1 else square
