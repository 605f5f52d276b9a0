"""The independent checker of a recurrence for walks on a half-line, for any steps. It imports nothing of the search.

Claim: sum_j c_j(n) a(n+j) = 0 for all n >= 0, with a(n) the number of walks of n steps of weights p_s on the places 0, 1, 2, ...
from s to k or to any place; steps below 0 are lost, and the first q places have rows of their own. Proof: F(t) = sum a(n) t^n is a
rational function of t and of the c small roots of u^c (1 - t P(u)), c and d the longest steps down and up (kernel method). The
claim says g = L F - E = 0, L of order D in t d/dt with powers of t up to r, E of lower degree. The conjugates of g belong to the
other choices S of c of the m = c + d roots, N = binomial(m, c) at most. Unless g = 0, the product of the conjugates, cleared of the
determinant of the first rows, is a function of t whose zeros are as many as its poles; so the order of g at t = 0 is at most

    (N - 1) B + N (r + m D + D + 1):

at infinity the roots are finite and not zero, poles come from L alone; elsewhere roots are finite and not zero, a derivative adds
one at the at most m values of t where roots meet, a walk to any end has one at 1/P(1); at 0, roots are of order 1/c or -1/d. There
F_S = sum_j h_(s-j)(roots in S) h_(k-j)(1/other roots) / H_S(0) has no pole above 2 + s + k, which gives B. So finitely many n decide.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

MOST_TERMS = 3000


def half_line_recurrence_holds(
    steps: Mapping[int, int],
    first_rows: Sequence[Mapping[int, int]],
    start: int,
    end: int | None,
    coefficients: Sequence[Sequence[int]],
) -> bool:
    """Whether the claim is true. ``steps``: step -> weight; ``first_rows[i]``: from place i, place -> weight; ``end`` None: any."""
    down, up = -min(steps), max(steps)
    if (
        min(down, up, start + 1, len(coefficients) - 1) < 1
        or not all(steps.values())
        or not any(map(any, coefficients))
    ):
        return False
    if any(place < 0 for row in first_rows for place in row) or min(steps.values()) < 0:
        return False
    last = deciding_number(steps, first_rows, start, end, coefficients)
    if last > MOST_TERMS:
        return False
    terms, order = _numbers(steps, first_rows, start, end, last), len(coefficients) - 1
    return not any(
        sum(number * n**k * terms[n + j] for j, c in enumerate(coefficients) for k, number in enumerate(c) if number)
        for n in range(last - order + 1)
    )


def deciding_number(
    steps: Mapping[int, int],
    first_rows: Sequence[Mapping[int, int]],
    start: int,
    end: int | None,
    coefficients: Sequence[Sequence[int]],
) -> int:
    """The bound above: if the recurrence holds as far as it connects a(0), ..., a(this), it holds for all n."""
    down, up = -min(steps), max(steps)
    order, degree, roots = len(coefficients) - 1, max(map(len, coefficients)) - 1, down + up
    choices, rows = math.comb(roots, down), len(first_rows)
    if rows:
        widest = max(start, rows - 1 + up, *(place for row in first_rows for place in row))
        pole = (degree + 1) * (rows + 1) * (2 + widest + max(rows, end or 0))
    else:
        pole = 1 + start if end is None else 2 + start + end
    return (choices - 1) * pole + choices * (order + roots * degree + (degree + 1 if end is None else 0))


def _numbers(
    steps: Mapping[int, int], first_rows: Sequence[Mapping[int, int]], start: int, end: int | None, last: int
) -> list[int]:
    """a(0), ..., a(last), place by place; places from which the end is out of reach are left out."""
    layer, found = {start: 1}, []
    drop = max([-min(steps), *(i - place for i, row in enumerate(first_rows) for place in row)])
    for n in range(last + 1):
        found.append(sum(layer.values()) if end is None else layer.get(end, 0))
        following: dict[int, int] = {}
        for place, value in layer.items():
            row = first_rows[place] if place < len(first_rows) else {place + s: w for s, w in steps.items()}
            for there, weight in row.items():
                if there >= 0 and (end is None or there <= end + drop * (last - n)):
                    following[there] = following.get(there, 0) + value * weight
        layer = following
    return found
