"""Arithmetic modulo one prime, for checks: monomials, reproducible points, roots of unity.

p = 2^64 - 2^32 + 1; its unit group has an element of order 2^32, so discrete Fourier sums of any length 2^k exist.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from functools import lru_cache

from symdiff.evidence.counting.long_integers import fast_integer

PRIME = 2**64 - 2**32 + 1
SAFE_PRIME = 2**62 - 10565
"""2 q + 1 with a prime q: the powers of 2, at which packed counts are compared, repeat after no fewer than q of them."""
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


def truncated_power(coefficients: Sequence[int], n: int, keep: int) -> list[int]:
    """The first ``keep`` coefficients of the n-th power of a polynomial, modulo SAFE_PRIME."""
    if fast_integer() is not int:
        from flint import nmod_poly

        return [int(c) for c in (nmod_poly([int(c) for c in coefficients], SAFE_PRIME) ** n).coeffs()[:keep]]
    found, base = [1], list(coefficients)
    while n:
        found = _product(found, base, keep) if n % 2 else found
        n //= 2
        base = _product(base, base, keep) if n else base
    return found


def _product(a: Sequence[int], b: Sequence[int], keep: int) -> list[int]:
    """The first coefficients of a product of polynomials modulo SAFE_PRIME, by one product of long integers."""
    width = (2 * SAFE_PRIME.bit_length() + min(len(a), len(b)).bit_length() + 7) // 8
    x, y = (int.from_bytes(b"".join(c.to_bytes(width, "little") for c in p), "little") for p in (a, b))
    size = len(a) + len(b) - 1
    data = (x * y).to_bytes(size * width, "little")
    return [int.from_bytes(data[i * width : (i + 1) * width], "little") % SAFE_PRIME for i in range(min(size, keep))]


def root_powers(period: int) -> list[int]:
    """All powers of a root of unity whose order is a power of two."""
    root = pow(_GENERATOR, (PRIME - 1) // period, PRIME)
    powers = [1] * period
    for i in range(1, period):
        powers[i] = powers[i - 1] * root % PRIME
    return powers


def primes_below(bits: int, number: int) -> list[int]:
    """The largest primes below 2^bits, bits <= 60: so many of them, largest first."""
    return list(itertools.islice(descending_primes(bits), number))


def descending_primes(bits: int) -> Iterator[int]:
    """The primes below 2^bits, bits <= 60, from the largest down; each is looked for once."""
    known = _found_primes(bits)
    for i in itertools.count():
        if i == len(known):
            below = known[-1] if known else 2**bits + 1
            known.append(next(n for n in range(below - 2, 2, -2) if is_prime(n)))
        yield known[i]


@lru_cache(maxsize=8)
def _found_primes(bits: int) -> list[int]:
    """The primes that were found so far; grows."""
    return []


def is_prime(n: int) -> bool:
    """Whether an odd n < 2^64 is prime: the strong test to the first twelve prime bases, which leaves no doubt there.

    Source: J. Sorenson, J. Webster, Mathematics of Computation 86 (2017), 985.
    """
    bases = (2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37)
    if any(n % b == 0 for b in bases):
        return n in bases
    odd, twos = n - 1, 0
    while odd % 2 == 0:
        odd, twos = odd // 2, twos + 1
    for base in bases:
        x = pow(base, odd, n)
        if x in (1, n - 1):
            continue
        for _ in range(twos - 1):
            x = x * x % n
            if x == n - 1:
                break
        else:
            return False
    return True


@lru_cache(maxsize=8)
def _remainder_units(primes: tuple[int, ...]) -> tuple[int, tuple[int, ...]]:
    """The product M, and for each prime the number that is 1 modulo it and 0 modulo the others, below M."""
    product = math.prod(primes)
    return product, tuple(product // p * pow(product // p % p, -1, p) for p in primes)


def from_remainders(remainders: Sequence[int], primes: Sequence[int]) -> int:
    """The number below the product of the primes with these remainders (Chinese remainder theorem)."""
    product, units = _remainder_units(tuple(primes))
    return sum(r * u for r, u in zip(remainders, units, strict=True)) % product
