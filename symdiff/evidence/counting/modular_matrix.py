"""Linear systems modulo primes below 2^31, row by row in whole arrays, and rational numbers out of their remainders."""

from __future__ import annotations

import importlib.util
import itertools
import math
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from symdiff.evidence.counting.modular import descending_primes, from_remainders
from symdiff.evidence.counting.sparse_elimination import sparse_solution

_MOST_PRIMES = 400
_COMPILED = 200_000  # entries from which on the compiled elimination pays
_SPARSE_FROM, _SPARSE_BELOW = (
    200_000,
    30,
)  # entries of a sparse system at the least, and how many for each that is not zero
_AT_ONCE = 4  # primes for a sparse system
_KERNEL = "symdiff.evidence.counting.echelon_kernel"
_LOADING = 400_000  # from which on it pays to load it


def echelon(matrix: Any, prime: int) -> list[int]:
    """Bring an int64 matrix with entries in [0, p) to reduced row echelon form, in place; the pivot columns."""
    import numpy as np

    least = _COMPILED if _KERNEL in sys.modules else max(_COMPILED, _LOADING)
    if matrix.size > least and importlib.util.find_spec("numba") is not None:
        from symdiff.evidence.counting.echelon_kernel import reduced_echelon

        small = matrix.astype(np.uint32)
        found = reduced_echelon(small, np.uint64(prime), np.uint64(-pow(prime, -1, 2**32) % 2**32))
        matrix[:] = small
        return [int(c) for c in found]
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


@dataclass(frozen=True)
class System:
    """[A | b] in integers: of each entry that is not zero its row, its column and its value, three arrays."""

    rows: Any
    columns: Any
    values: Any
    shape: tuple[int, int]

    def modulo(self, primes: Sequence[int]) -> Any:
        """The entries modulo each prime, int64 of shape (rows, columns, primes)."""
        import numpy as np

        found = np.zeros((*self.shape, len(primes)), np.int64)
        for i, p in enumerate(primes):
            found[self.rows, self.columns, i] = self.values % p
        return found


def solve_rational(system: System, holds: Callable[[list[Fraction]], bool]) -> list[Fraction] | None:
    """A rational solution of A q = b, free unknowns zero.

    Primes are added until the numbers that the remainders stand for pass ``holds``, an exact test; None where the system
    has no solution.
    """
    primes: list[int] = []
    columns: list[list[int]] = []
    pivots: list[int] | None = None
    for used, found, remainders in _solutions(system):
        if found is None:
            if pivots is None:
                return None
            continue  # an unlucky prime
        if pivots is not None and found != pivots:
            continue
        pivots = found
        primes += used
        columns += remainders
        if len(primes) & (len(primes) - 1) and len(primes) % 8:
            continue
        solution = _lifted(columns, primes, pivots, system.shape[1] - 1)
        if solution is not None and holds(solution):
            return solution
    return None


Solution = tuple[list[int], list[int] | None, list[list[int]]]
"""(primes, pivot columns, their unknown numbers modulo each prime): no pivots where there is no solution."""


def _solutions(system: System) -> Iterator[Solution]:
    """The solutions modulo one prime after another; of a large system with few entries, modulo some primes at a time."""
    size, width = math.prod(system.shape), system.shape[1] - 1
    sparse = size > max(_SPARSE_FROM, _SPARSE_BELOW * len(system.rows))
    numbers = itertools.islice(descending_primes(31), _MOST_PRIMES)
    while primes := list(itertools.islice(numbers, _AT_ONCE if sparse else 1)):
        if not sparse:
            matrix = system.modulo(primes)[:, :, 0]
            found = echelon(matrix, primes[0])
            inconsistent = bool(found) and found[-1] == width
            yield primes, None if inconsistent else found, [matrix[: len(found), width].tolist()]
            continue
        try:
            solved = sparse_solution(system.modulo(primes), primes)
        except ZeroDivisionError:
            continue
        yield primes, *((None, []) if solved is None else (solved[0], solved[1].tolist()))


def _lifted(
    columns: Sequence[Sequence[int]], primes: Sequence[int], pivots: Sequence[int], width: int
) -> list[Fraction] | None:
    solution = [Fraction(0)] * width
    modulus = math.prod(primes)
    for i, pivot in enumerate(pivots):
        value = rational(from_remainders([c[i] for c in columns], primes), modulus)
        if value is None:
            return None
        solution[pivot] = value
    return solution


def rational(remainder: int, modulus: int) -> Fraction | None:
    """The fraction a/b with a = remainder * b modulo the modulus, |a|, b <= sqrt(modulus / 2); None where there is none.

    Source: J. von zur Gathen, J. Gerhard, Modern Computer Algebra, section 5.10.
    """
    bound = math.isqrt(modulus // 2)
    a, b, x, y = modulus, remainder % modulus, 0, 1
    while b > bound:
        quotient = a // b
        a, b, x, y = b, a - quotient * b, y, x - quotient * y
    if not y or abs(y) > bound or math.gcd(b, abs(y)) != 1:
        return None
    return Fraction(b, y)
