"""Recurrences with constant coefficients for walks that see few places: boxes, rings, strips seen across, states with any end.

The shortest recurrence is found from the first numbers modulo primes (Berlekamp and Massey) and proved by as many numbers as there
are places; see ``finite_check``. Source: J. von zur Gathen, J. Gerhard, Modern Computer Algebra, section 12.3.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from symdiff.errors import InternalFaultError, UsageError
from symdiff.evidence.counting.finite_check import finite_recurrence_holds
from symdiff.evidence.counting.long_integers import fast_integer
from symdiff.evidence.counting.modular import descending_primes, from_remainders
from symdiff.evidence.counting.recurrence_terms import ProvedRecurrence
from symdiff.evidence.counting.steps import Vector

_MOST_PRIMES = 400
Rows = tuple[dict[int, int], ...]


@dataclass(frozen=True, eq=False)
class FiniteRecurrence(ProvedRecurrence):
    """sum_j c_j a(n+j) = 0 for all n >= 0 with constant c_j, ``coefficients[j]`` = (c_j,); proved by its first numbers.

    ``matrix[i]``: place -> weight, times ``denominator``; walks start in place 0 and end in one of ``ends``.
    """

    matrix: Rows
    ends: tuple[int, ...]
    scale: int
    fractions: bool
    site: Vector | None
    coefficients: tuple[tuple[int, ...], ...]
    initial: tuple[int, ...]

    @property
    def denominator(self) -> int:
        return self.scale

    @property
    def weighted(self) -> bool:
        return self.fractions

    def holds(self) -> bool:
        return finite_recurrence_holds(self.matrix, set(self.ends), self.coefficients)

    def proof_size(self) -> tuple[int, int]:
        """The number of weights in the matrix of one step, and of decimal digits in them."""
        weights = [w for row in self.matrix for w in row.values()]
        return len(weights), sum(len(str(w)) for w in weights)

    def nth(self, n: int) -> int:
        """a(n), a numerator, by x^n modulo the polynomial of the recurrence."""
        if n < len(self.initial):
            return self.initial[n]
        shares = _power_of_x(n, [int(c) for (c,) in self.coefficients])
        integer = fast_integer()
        return int(sum((integer(s) * v for s, v in zip(shares, self.initial, strict=True)), integer(0)))


def finite_recurrence(
    matrix: Rows, ends: Sequence[int], scale: int, fractions: bool, site: Vector | None
) -> FiniteRecurrence:
    """The shortest recurrence for walks from place 0 to the ends; ``matrix`` has ``scale`` times the weights.

    Raises :class:`UsageError` where no walk leads there.
    """
    values = _numbers(matrix, set(ends), 2 * len(matrix) + 2)
    if not any(values):
        raise UsageError("no walk leads there", where="--recurrence", instead="an end that can be reached")
    primes: list[int] = []
    found: list[list[int]] = []
    for prime in itertools.islice(descending_primes(60), _MOST_PRIMES):
        polynomial = _shortest([v % prime for v in values], prime)
        if found and len(polynomial) < len(found[0]):
            continue
        if found and len(polynomial) > len(found[0]):
            primes, found = [], []
        primes.append(prime)
        found.append(polynomial)
        if len(primes) & (len(primes) - 1) and len(primes) % 8:
            continue
        numbers = [_centred(from_remainders(column, primes), primes) for column in zip(*found, strict=True)]
        coefficients = tuple((c,) for c in numbers)
        if finite_recurrence_holds(matrix, set(ends), coefficients):
            initial = tuple(values[: len(coefficients) - 1])
            return FiniteRecurrence(matrix, tuple(ends), scale, fractions, site, coefficients, initial)
    raise InternalFaultError("no recurrence was found for walks that see few places only")


def _numbers(matrix: Rows, ends: set[int], number: int) -> list[int]:
    row, found = {0: 1}, []
    for _ in range(number):
        found.append(sum(v for place, v in row.items() if place in ends))
        following: dict[int, int] = {}
        for place, value in row.items():
            for there, weight in matrix[place].items():
                following[there] = following.get(there, 0) + value * weight
        row = following
    return found


def _centred(value: int, primes: Sequence[int]) -> int:
    modulus = math.prod(primes)
    return value - modulus if value > modulus // 2 else value


def _shortest(values: Sequence[int], prime: int) -> list[int]:
    """The shortest linear recurrence modulo a prime (Berlekamp and Massey): numbers c_0, ..., c_r = 1 with sum c_j a(n+j) = 0.

    Source: J. L. Massey, IEEE Trans. Inform. Theory 15 (1969), 122.
    """
    current, before = [1], [1]
    length, gap, last = 0, 1, 1
    for n, value in enumerate(values):
        difference = value
        for i in range(1, min(len(current), length + 1)):
            difference += current[i] * values[n - i]
        difference %= prime
        if not difference:
            gap += 1
            continue
        factor = difference * pow(last, -1, prime) % prime
        grown = current + [0] * (gap + len(before) - len(current))
        for i, b in enumerate(before):
            grown[i + gap] = (grown[i + gap] - factor * b) % prime
        if 2 * length <= n:
            length, before, last, gap = n + 1 - length, current, difference, 1
        else:
            gap += 1
        current = grown
    current += [0] * (length + 1 - len(current))
    return current[: length + 1][::-1]


def _power_of_x(n: int, polynomial: Sequence[int]) -> list[int]:
    """x^n modulo a monic polynomial: its coefficients."""
    order = len(polynomial) - 1
    try:
        from flint import fmpz_poly
    except ImportError:
        return _power_without_flint(n, polynomial)
    modulus, power, x = fmpz_poly(list(polynomial)), fmpz_poly([1]), fmpz_poly([0, 1])
    for digit in f"{n:b}":
        power = power * power % modulus
        if digit == "1":
            power = power * x % modulus
    shares = [int(c) for c in power.coeffs()]
    return shares + [0] * (order - len(shares))


def _power_without_flint(n: int, polynomial: Sequence[int]) -> list[int]:
    order = len(polynomial) - 1
    power = [1] + [0] * (order - 1)
    for digit in f"{n:b}":
        product = [0] * (2 * order)
        for i, a in enumerate(power):
            for j, b in enumerate(power):
                product[i + j] += a * b
        if digit == "1":
            product.insert(0, 0)
        for top in range(len(product) - 1, order - 1, -1):
            lead = product[top]
            if lead:
                for j in range(order + 1):
                    product[top - order + j] -= lead * polynomial[j]
        power = product[:order]
    return power


def integer_matrix(rows: Sequence[dict[int, Fraction | int]]) -> tuple[Rows, int]:
    """The weights of one step times their least common denominator, and that."""
    scale = math.lcm(*(Fraction(w).denominator for row in rows for w in row.values()), 1)
    return tuple({there: int(w * scale) for there, w in row.items()} for row in rows), scale
