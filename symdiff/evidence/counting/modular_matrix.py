"""Linear systems modulo primes below 2^31, row by row in whole arrays, and rational numbers out of their remainders."""

from __future__ import annotations

import importlib.util
import itertools
import math
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from symdiff.evidence.counting.modular import descending_primes, from_remainders
from symdiff.evidence.counting.sparse_elimination import p_adic_solutions

_MOST_PRIMES = 400
_UNLUCKY = 2  # primes that are tried for a sparse system
_COMPILED = 200_000  # entries from which on the compiled elimination pays
_SPARSE_FROM, _SPARSE_BELOW = (
    200_000,
    30,
)  # entries of a sparse system at the least, and how many for each that is not zero
_DOUBT = 64  # bits by which a number must be shorter than the modulus, to be taken for it
_SHORT = 128  # bits of a denominator that is looked for first
_MOST_DIGITS = 400  # of a solution in powers of a prime
_KERNEL = "symdiff.evidence.counting.echelon_kernel"
_LOADING = 400_000  # from which on it pays to load it, unless python-flint is there, which is as fast
_FLINT = 30_000  # entries from which on python-flint pays, where nothing compiled is loaded


def echelon(matrix: Any, prime: int) -> list[int]:
    """Bring an int64 matrix with entries in [0, p) to reduced row echelon form, in place; the pivot columns."""
    import numpy as np

    loaded = _KERNEL in sys.modules
    least = _COMPILED if loaded else max(_COMPILED, _LOADING)
    if (
        matrix.size > least
        and (loaded or importlib.util.find_spec("flint") is None)
        and importlib.util.find_spec("numba") is not None
    ):
        from symdiff.evidence.counting.echelon_kernel import reduced_echelon

        small = matrix.astype(np.uint32)
        found = reduced_echelon(small, np.uint64(prime), np.uint64(-pow(prime, -1, 2**32) % 2**32))
        matrix[:] = small
        return [int(c) for c in found]
    if matrix.size > _FLINT and (reduced := _by_flint(matrix, prime)) is not None:
        matrix[:] = reduced
        filled = reduced.any(axis=1)
        return [int(c) for c in (reduced[filled] != 0).argmax(axis=1)]
    rows, columns = matrix.shape
    pivots: list[int] = []
    for column in range(columns):
        top = len(pivots)
        if top == rows:
            break
        below = np.flatnonzero(matrix[top:, column])
        if not below.size:
            continue
        first = top + int(below[0])
        if first != top:
            matrix[[top, first]] = matrix[[first, top]]
        matrix[top] = matrix[top] * pow(int(matrix[top, column]), -1, prime) % prime
        others = np.flatnonzero(matrix[:, column])
        others = others[others != top]
        if others.size:
            factors = matrix[others, column]
            width = slice(column, columns)
            matrix[others, width] = (matrix[others, width] - factors[:, None] * matrix[top, width] % prime) % prime
        pivots.append(column)
    return pivots


def _by_flint(matrix: Any, prime: int) -> Any:
    """The reduced row echelon form by python-flint; None where it is not installed."""
    import numpy as np

    try:
        from flint import nmod_mat
    except ImportError:
        return None
    reduced, _ = nmod_mat(*matrix.shape, matrix.ravel().tolist(), prime).rref()
    return np.array([int(x) for x in reduced.entries()], np.int64).reshape(matrix.shape)


def full_rank(matrix: Any, prime: int) -> bool:
    """Whether the columns of a matrix with entries in [0, p) are independent; the matrix may be spoilt."""
    try:
        from flint import nmod_mat
    except ImportError:
        return bool(len(echelon(matrix, prime)) == matrix.shape[1])
    rank: int = nmod_mat(*matrix.shape, matrix.ravel().tolist(), prime).rank()
    return rank == int(matrix.shape[1])


@dataclass(frozen=True)
class System:
    """[A | b] in integers: of each entry that is not zero its row, its column and its value, three arrays."""

    rows: Any
    columns: Any
    values: Any
    shape: tuple[int, int]

    def modulo(self, prime: int) -> Any:
        """The entries modulo a prime, int64."""
        import numpy as np

        found = np.zeros(self.shape, np.int64)
        found[self.rows, self.columns] = self.values % prime
        return found


def solve_rational(system: System, holds: Callable[[list[Fraction]], bool]) -> list[Fraction] | None:
    """A rational solution of A q = b, free unknowns zero.

    Primes (of a large system with few entries powers of one prime) are added until the numbers that the remainders stand for pass
    ``holds``, an exact test; None where the system has no solution.
    """
    if math.prod(system.shape) > max(_SPARSE_FROM, _SPARSE_BELOW * len(system.rows)):
        return _by_one_prime(system, holds)
    width = system.shape[1] - 1
    primes: list[int] = []
    columns: list[list[int]] = []
    pivots: list[int] | None = None
    for prime in itertools.islice(descending_primes(31), _MOST_PRIMES):
        matrix = system.modulo(prime)
        found = echelon(matrix, prime)
        if found and found[-1] == width:
            if pivots is None:
                return None
            continue  # an unlucky prime
        if pivots is not None and found != pivots:
            continue
        pivots = found
        primes.append(prime)
        columns.append(matrix[: len(found), width].tolist())
        if not _tried_after(len(primes)):
            continue
        numbers = (from_remainders(found, primes) for found in zip(*columns, strict=True))
        solution = _lifted(numbers, math.prod(primes), pivots, width)
        if solution is not None and holds(solution):
            return solution
    return None


def _by_one_prime(system: System, holds: Callable[[list[Fraction]], bool]) -> list[Fraction] | None:
    """As ``solve_rational``: the digits of the solution in powers of one prime; of another one where the first is unlucky."""
    width = system.shape[1] - 1
    for prime in itertools.islice(descending_primes(31), _UNLUCKY):
        numbers, modulus = [0] * width, 1
        digits = p_adic_solutions(system.rows, system.columns, system.values, system.shape, prime)
        for many, digit in enumerate(itertools.islice(digits, _MOST_DIGITS), 1):
            numbers = [x + modulus * d for x, d in zip(numbers, digit.tolist(), strict=True)]
            modulus *= prime
            if _tried_after(many):
                solution = _lifted(numbers, modulus, range(width), width)
                if solution is not None and holds(solution):
                    return solution
        if modulus == 1:
            return None
    return None


def _tried_after(many: int) -> bool:
    """Whether so many remainders are put together: 1, 2, 4, 8, 12, 16, ..."""
    return not many & (many - 1) or not many % 4


def _lifted(remainders: Iterable[int], modulus: int, places: Iterable[int], width: int) -> list[Fraction] | None:
    """The fractions that remainders stand for, at their places, zero elsewhere; None where one stands for none."""
    found = rationals(remainders, modulus)
    if found is None:
        return None
    solution = [Fraction(0)] * width
    for place, value in zip(places, found, strict=True):
        solution[place] = value
    return solution


def rationals(remainders: Iterable[int], modulus: int) -> list[Fraction] | None:
    """The fractions that remainders stand for; None where one stands for none.

    They mostly share their denominator, which is multiplied in as far as it is known: numerators may then be nearly as long as the
    modulus, of which half would do otherwise. What is found is plausible only, to be tested.
    """
    scale, found = 1, []
    whole = modulus >> min(_DOUBT, modulus.bit_length() // 2)
    for remainder in remainders:
        value = remainder * scale % modulus
        value = value - modulus if 2 * value > modulus else value
        if abs(value) > whole:
            fraction = rational(value, modulus, 1 << min(modulus.bit_length() // 4, _SHORT)) or rational(value, modulus)
            if fraction is None:
                return None
            value, scale = fraction.numerator, scale * fraction.denominator
        found.append(Fraction(value, scale))
    return found


def rational(remainder: int, modulus: int, most: int | None = None) -> Fraction | None:
    """The fraction a/b with a = remainder * b modulo the modulus, b <= ``most`` (the root of half of the modulus unless given),
    |a| <= modulus / (2 most); None where there is none.

    Source: J. von zur Gathen, J. Gerhard, Modern Computer Algebra, section 5.10.
    """
    most = math.isqrt(modulus // 2) if most is None else most
    bound = modulus // (2 * most)
    a, b, x, y = modulus, remainder % modulus, 0, 1
    while b > bound:
        quotient = a // b
        a, b, x, y = b, a - quotient * b, y, x - quotient * y
    if not y or abs(y) > most or math.gcd(b, abs(y)) != 1:
        return None
    return Fraction(b, y)
