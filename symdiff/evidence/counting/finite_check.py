"""The independent checker of a recurrence for walks that see few places only. It imports nothing of the search.

Claim: sum_j c_j a(n+j) = 0 for all n >= 0, with a(n) the sum over the ends e of (A^n)_(0,e), A the matrix of one step between P
places. Proof: b(n) = sum_j c_j a(n+j) is a linear form of A^n too, and obeys the recurrence of order P of the characteristic
polynomial of A, whose leading number is one (Cayley and Hamilton). Hence b vanishes if its first P numbers do.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence


def finite_recurrence_holds(
    matrix: Sequence[Mapping[int, int]], ends: Collection[int], coefficients: Sequence[Sequence[int]]
) -> bool:
    """Whether the claim is true. ``matrix[i]``: target -> weight; walks start in place 0; ``coefficients[j]``: (c_j,)."""
    places, order = len(matrix), len(coefficients) - 1
    if any(len(c) != 1 for c in coefficients) or not any(map(any, coefficients)):
        return False
    layer, terms = {0: 1}, []
    for _ in range(places + order):
        terms.append(sum(value for place, value in layer.items() if place in ends))
        following: dict[int, int] = {}
        for place, value in layer.items():
            for there, weight in matrix[place].items():
                following[there] = following.get(there, 0) + value * weight
        layer = following
    return not any(sum(c[0] * terms[n + j] for j, c in enumerate(coefficients)) for n in range(places))
