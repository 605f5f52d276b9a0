"""A recurrence with polynomial coefficients that fits many exact terms; a guess, to be proved elsewhere."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from symdiff.evidence.counting.modular import descending_primes, from_remainders, primes_below
from symdiff.evidence.counting.modular_matrix import echelon, full_rank, rationals

MOST_ORDER = 12
MOST_DEGREE = 40
EXTRA_ROWS = 12
Coefficients = tuple[tuple[int, ...], ...]


def guess(values: Sequence[int], most_unknowns: int) -> Coefficients | None:
    """The fitting recurrence sum_j c_j(n) a(n+j) = 0 with the fewest unknown numbers; c_j by powers of n, coprime integers.

    All terms are used, ``EXTRA_ROWS`` more than unknowns at least. None where nothing of up to ``most_unknowns`` fits. Where only every
    p-th number is not zero, the recurrence is one of these numbers alone.
    """
    support = [n for n, v in enumerate(values) if v]
    period = math.gcd(*(n - support[0] for n in support))
    if period < 2:
        return _guess(values, most_unknowns)
    first = support[0] % period
    found = _guess(values[first::period], most_unknowns)
    return None if found is None else _spread(found, period, first)


def _spread(coefficients: Coefficients, period: int, first: int) -> Coefficients:
    """A recurrence for a(first + period m) as one for a(n): c_j((n - first) / period) times a power of the period."""
    degree = max(map(len, coefficients)) - 1
    found: list[list[int]] = []
    for c in coefficients:
        moved = [0]
        for k in range(degree, -1, -1):  # Horner in n - first, homogenised by the period
            moved = [b - first * a for a, b in zip([*moved, 0], [0, *moved], strict=True)]
            moved[0] += (c[k] if k < len(c) else 0) * period ** (degree - k)
        found += [moved] + [[0]] * (period - 1)
    found = found[: len(found) - period + 1]
    common = math.gcd(*(v for c in found for v in c)) or 1
    return _trimmed(tuple(tuple(v // common for v in c) for c in found))


def _guess(values: Sequence[int], most_unknowns: int) -> Coefficients | None:
    prime = primes_below(31, 1)[0]
    shapes = []
    for order in range(1, MOST_ORDER + 1):
        degree = _least_degree(values, order, most_unknowns, prime)
        if degree is not None:
            shapes.append(((order + 1) * (degree + 1), order, degree))
    for _, order, degree in sorted(shapes):
        found = _exact(values, order, degree)
        if found is not None:
            return found
    return None


def _least_degree(values: Sequence[int], order: int, most_unknowns: int, prime: int) -> int | None:
    """The least degree of a fitting recurrence of an order, modulo a prime; what fits with one degree fits with any above."""
    most = min(MOST_DEGREE, min(most_unknowns, len(values) - order - EXTRA_ROWS) // (order + 1) - 1)
    if most < 0 or full_rank(_matrix(values, order, most, prime), prime):
        return None
    low, high = 0, most
    while low < high:
        middle = (low + high) // 2
        if full_rank(_matrix(values, order, middle, prime), prime):
            low = middle + 1
        else:
            high = middle
    return low


def fits(values: Sequence[int], coefficients: Coefficients) -> bool:
    """Whether the recurrence holds for all given terms."""
    order = len(coefficients) - 1
    return all(
        sum(evaluate(c, n) * values[n + j] for j, c in enumerate(coefficients)) == 0 for n in range(len(values) - order)
    )


def evaluate(polynomial: Sequence[int], n: int) -> int:
    """The value of a polynomial given by its coefficients, lowest power first."""
    value = 0
    for c in reversed(polynomial):
        value = value * n + c
    return value


def _matrix(values: Sequence[int], order: int, degree: int, prime: int) -> Any:
    """The equations modulo a prime; the highest order comes first, so that the free unknowns of the echelon form belong to the lowest."""
    import numpy as np

    rows = len(values) - order
    terms = np.array([v % prime for v in values], np.int64)
    powers = np.ones((rows, degree + 1), np.int64)
    for k in range(1, degree + 1):
        powers[:, k] = powers[:, k - 1] * np.arange(rows) % prime
    blocks = [powers * terms[j : j + rows, None] % prime for j in range(order, -1, -1)]
    return np.concatenate(blocks, axis=1)[::-1].copy()


def _null_vector(values: Sequence[int], order: int, degree: int, prime: int) -> tuple[list[int], int] | None:
    """A vector of the null space modulo a prime whose last unknown number is one, with its place; None where there is none."""
    matrix = _matrix(values, order, degree, prime)
    unknowns = matrix.shape[1]
    pivots = echelon(matrix, prime)
    if len(pivots) == unknowns:
        return None
    free = next(c for c in range(unknowns) if c not in set(pivots))
    vector = [0] * unknowns
    vector[free] = 1
    for row, pivot in enumerate(pivots):
        vector[pivot] = int(-matrix[row, free] % prime)
    return vector, free


def _exact(values: Sequence[int], order: int, degree: int) -> Coefficients | None:
    """The null vector over the rationals, from as many primes as it takes to fit all terms."""
    primes: list[int] = []
    vectors: list[list[int]] = []
    shape: int | None = None
    for prime in itertools.islice(descending_primes(31), 200):
        found = _null_vector(values, order, degree, prime)
        if found is None:
            return None
        vector, free = found
        if shape is not None and free != shape:
            continue
        shape = free
        primes.append(prime)
        vectors.append(vector)
        if len(primes) & (len(primes) - 1) and len(primes) % 4:
            continue
        modulus = math.prod(primes)
        numbers = rationals((from_remainders([v[i] for v in vectors], primes) for i in range(len(vector))), modulus)
        if numbers is not None:
            coefficients = _integers(numbers, order, degree)
            if fits(values, coefficients):
                return coefficients
    return None


def _integers(numbers: Sequence[Fraction], order: int, degree: int) -> Coefficients:
    scale = math.lcm(*(f.denominator for f in numbers))
    whole = [int(f * scale) for f in numbers]
    common = math.gcd(*whole) or 1
    width = degree + 1
    blocks = [tuple(w // common for w in whole[i * width : (i + 1) * width]) for i in range(order + 1)]
    return _trimmed(tuple(reversed(blocks)))


def _trimmed(coefficients: Coefficients) -> Coefficients:
    """Without leading zero polynomials at either end of the order, and with a positive leading number."""
    found = list(coefficients)
    while not any(found[-1]):
        found.pop()
    leading = next(c for c in reversed(found[-1]) if c)
    sign = 1 if leading > 0 else -1
    return tuple(tuple(sign * c for c in _stripped(p)) for p in found)


def _stripped(polynomial: Sequence[int]) -> Sequence[int]:
    last = max((i for i, c in enumerate(polynomial) if c), default=0)
    return polynomial[: last + 1]
