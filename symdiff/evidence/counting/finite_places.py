"""One end after very many steps where the walk only ever sees few places: strips, boxes, rings, intervals.

The numbers of walks of n steps between two of P places fulfil the recurrence that the characteristic polynomial c of the matrix
of one step gives (Cayley and Hamilton), so that with x^n = sum_i r_i x^i modulo c the n-th number is sum_(i<P) r_i a(i).
Source: C. M. Fiduccia, SIAM J. Comput. 14 (1985), 106.
"""

from __future__ import annotations

import math
from collections import deque
from fractions import Fraction
from typing import Any

from symdiff.errors import InternalFaultError, ModelError, UsageError
from symdiff.evidence.counting.modular import PRIME
from symdiff.evidence.counting.size import MOST_BITS
from symdiff.evidence.counting.steps import Weight
from symdiff.evidence.counting.terrain import Place, WalledSteps

METHOD = "x^n modulo the characteristic polynomial of the {} places"
CHECK = "power of the matrix of one step modulo 2^64 - 2^32 + 1"
MOST_PLACES = 150
_Matrix = list[list[int]]


def finite_count(
    walk: WalledSteps, n: int, start: Place, ends: list[Place | None]
) -> tuple[list[Weight], str, tuple[str, ...]] | None:
    """Numerators of the numbers of walks of n steps to every end (None: any); None where this way does not apply or pay.

    Needs python-flint. Raises :class:`InternalFaultError` where the check fails.
    """
    try:
        from flint import fmpz_mat, fmpz_poly
    except ImportError:
        return None
    places = places_seen(walk, start)
    if places is None or n <= 4 * len(places):
        return None
    matrix, scale = _matrix(walk, places)
    size = len(places)
    largest = max(1, max(sum(row) for row in matrix))
    if n * largest.bit_length() > MOST_BITS:
        return None
    modulus = fmpz_mat(matrix).charpoly()
    power, x = fmpz_poly([1]), fmpz_poly([0, 1])
    for digit in f"{n:b}":
        power = power * power % modulus
        if digit == "1":
            power = power * x % modulus
    shares = power.coeffs()
    wanted = [[end in (None, place) for place in places] for end in ends]
    found = [0] * len(ends)
    row: list[Any] = [int(i == 0) for i in range(size)]
    for share in shares:
        for e, marks in enumerate(wanted):
            found[e] += int(share) * sum(v for v, mark in zip(row, marks, strict=True) if mark)
        row = _advanced(row, matrix)
    again = _modular(matrix, n, wanted)
    if any((a - b) % PRIME for a, b in zip(found, again, strict=True)):
        raise InternalFaultError(f"the numbers of walks of {n} steps disagree with the {CHECK}")
    divisor = scale**n
    values: list[Weight] = [v if scale == 1 else Fraction(v, divisor) for v in found]
    return values, METHOD.format(size), (CHECK,)


def places_seen(walk: WalledSteps, start: Place, most: int = MOST_PLACES) -> list[Place] | None:
    """All places that a walk from the start may see, the start first; None where they are too many, or where a step has no image in a wall."""
    seen, waiting = {start: None}, deque([start])
    while waiting:
        try:
            arcs = walk.arcs(waiting.popleft())
        except (ModelError, UsageError):  # it may lie further away than the walks that are counted get
            return None
        for there, _ in arcs:
            if there not in seen:
                if len(seen) == most:
                    return None
                seen[there] = None
                waiting.append(there)
    return list(seen)


def _matrix(walk: WalledSteps, places: list[Place]) -> tuple[_Matrix, int]:
    """The weights of one step times a common denominator, and that."""
    number = {place: i for i, place in enumerate(places)}
    rows: list[dict[int, Weight]] = []
    for place in places:
        row: dict[int, Weight] = {}
        for there, weight in walk.arcs(place):
            row[number[there]] = row.get(number[there], 0) + weight
        rows.append(row)
    scale = math.lcm(*(Fraction(w).denominator for row in rows for w in row.values()), 1)
    return [[int(row.get(j, 0) * scale) for j in range(len(places))] for row in rows], scale


def _advanced(row: list[Any], matrix: _Matrix) -> list[Any]:
    following = [0] * len(row)
    for value, weights in zip(row, matrix, strict=True):
        if value:
            for j, w in enumerate(weights):
                if w:
                    following[j] += value * w
    return following


def _modular(matrix: _Matrix, n: int, wanted: list[list[bool]]) -> list[int]:
    """The same numbers from the power of the matrix modulo a prime."""
    from flint import nmod_mat

    size = len(matrix)
    power = nmod_mat(size, size, [w % PRIME for row in matrix for w in row], PRIME) ** n
    return [sum(int(power[0, j]) for j in range(size) if marks[j]) for marks in wanted]
