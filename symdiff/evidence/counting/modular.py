"""Arithmetic modulo one prime, for checks: monomials, reproducible points, roots of unity.

p = 2^64 - 2^32 + 1; its unit group has an element of order 2^32, so discrete Fourier sums of any length 2^k exist.
"""

from __future__ import annotations

from collections.abc import Sequence

PRIME = 2**64 - 2**32 + 1
_GENERATOR = 7


def monomial(site: Sequence[int | str], point: Sequence[int]) -> int:
    """x^site mod p."""
    value = 1
    for coordinate, x in zip(site, point, strict=True):
        value = value * pow(x, int(coordinate), PRIME) % PRIME
    return value


def point_for(n: int, dimension: int) -> tuple[int, ...]:
    """A reproducible point without structure, for n steps: a mixing function of n for each axis (splitmix64)."""
    found = []
    for axis in range(dimension):
        z = (n * 0x9E3779B97F4A7C15 + (axis + 1) * 0xD1B54A32D192ED03) % 2**64
        z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9 % 2**64
        z = (z ^ z >> 27) * 0x94D049BB133111EB % 2**64
        found.append(2 + (z ^ z >> 31) % (PRIME - 3))
    return tuple(found)


def root_powers(period: int) -> list[int]:
    """All powers of a root of unity whose order is a power of two."""
    root = pow(_GENERATOR, (PRIME - 1) // period, PRIME)
    powers = [1] * period
    for i in range(1, period):
        powers[i] = powers[i - 1] * root % PRIME
    return powers
