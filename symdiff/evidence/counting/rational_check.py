"""The independent checker of a recurrence for walks with internal states: one expansion, exactly. It imports nothing of the search.

Claim: sum_j c_j(n) a(n+j) = 0 for all n >= 0, with a(n) = sum of [x^t] (M^n)_(s,f) over the end states f, M(x) the matrix of one
step. Proof: the generating function F(z) of a(n) is the constant term in x of x^-t N_s / D, where (1 - z M) N = D e, e the
vector of the end states; that fraction is u / d in lower terms. The claim says g = L F - E = 0, with
L = sum_j z^(r-j) c_j(theta - j), theta = z d/dz, and E = sum over j and m < j of c_j(m-j) a(m) z^(r-j+m). For an operator
Q = sum of number z^p theta^k, theta_i = x_i d/dx_i, polynomials C_i in z, x, 1/x and such polynomials w_i without x_i

    Q (L (u/d) - E) = sum_i theta_i (C_i / d^K + w_i log d).

d is a number at z = 0, so that both sides are power series in z over the Laurent polynomials in x (log d up to a number); the right
side has no constant term in x, hence Q g = 0. The lowest power of z in Q has a polynomial in theta that vanishes at no m >= M,
and the first coefficients of g, those of z^m with m < M, are zero: so g is.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

_MOST_FIRST = 1000
Exponents = tuple[int, ...]
Polynomial = Mapping[Exponents, int]
"""Exponents (of z, of x_1, ...) -> coefficient."""


def rational_certificate_holds(
    arcs: Sequence[Sequence[tuple[int, Exponents, int]]],
    start: int,
    ends: Sequence[int],
    displacement: Exponents,
    coefficients: Sequence[Sequence[int]],
    column: Sequence[Polynomial],
    determinant: Polynomial,
    fraction: tuple[Polynomial, Polynomial],
    operator: Sequence[tuple[int, int, int]],
    pole: int,
    certificate: Sequence[Polynomial],
    logarithms: Sequence[Polynomial],
) -> bool:
    """Whether the proof is one. ``arcs[i]``: (target, step, weight) of state i; ``coefficients[j]``: c_j by powers of n;
    ``column``: N, ``determinant``: D, ``fraction``: (u, d), ``operator``: (p, k, number), ``pole``: K, ``certificate``: C_i, w_i."""
    one, below = (0,) * (len(displacement) + 1), fraction[1]
    degree = max(map(len, coefficients)) - 1
    if not len(certificate) == len(logarithms) == len(displacement):
        return False
    if not walks_are(arcs, start, ends, displacement, column, determinant, fraction):
        return False
    left = _left_side(coefficients, fraction, _terms(arcs, start, ends, displacement, len(coefficients) - 1))
    total: dict[Exponents, int] = {}
    for k in range(max((k for _, k, _ in operator), default=0) + 1):
        if degree + k > pole:
            return False
        factor = {(p, *one[1:]): number for p, m, number in operator if m == k}
        total = sum_of(total, product_of(product_of(left, factor), _power(below, pole - degree - k)))
        left = sum_of(product_of(theta_of(left, 0), below), product_of(left, theta_of(below, 0)), -(degree + 1 + k))
    for i, (part, logarithm) in enumerate(zip(certificate, logarithms, strict=True), 1):
        total = sum_of(total, product_of(theta_of(part, i), below), -1)
        total = sum_of(total, product_of(part, theta_of(below, i)), pole)
        total = sum_of(total, product_of(product_of(logarithm, theta_of(below, i)), _power(below, pole)), -1)
        if any(x[i] for x in logarithm) or any(x[0] < 0 for x in (*logarithm, *part)):
            return False
    first = _regular_from(operator)
    if total or first is None or not any(map(any, coefficients)):
        return False
    terms = _terms(arcs, start, ends, displacement, first + len(coefficients))
    return not any(
        sum(number * n**k * terms[n + j] for j, c in enumerate(coefficients) for k, number in enumerate(c))
        for n in range(first)
    )


def walks_are(
    arcs: Sequence[Sequence[tuple[int, Exponents, int]]],
    start: int,
    ends: Sequence[int],
    displacement: Exponents,
    column: Sequence[Polynomial],
    determinant: Polynomial,
    fraction: tuple[Polynomial, Polynomial],
) -> bool:
    """Whether the constant term in x of u / d is the generating function of the walks, a power series in z."""
    one, above, below = (0,) * (len(displacement) + 1), *fraction
    for i, out in enumerate(arcs):
        rest = dict(column[i])
        for j, step, w in out:
            rest = sum_of(rest, column[j], -w, (1, *step))
        if sum_of(rest, determinant, -(i in ends)):
            return False
    shift = (0, *(-x for x in displacement))
    if any({x for x in p if not x[0]} != {one} or min(x[0] for x in p) < 0 for p in (determinant, below)):
        return False
    return not sum_of(product_of(above, determinant), product_of(below, sum_of({}, column[start], 1, shift)), -1)


def _left_side(
    coefficients: Sequence[Sequence[int]], fraction: tuple[Polynomial, Polynomial], terms: Sequence[int]
) -> dict[Exponents, int]:
    """The numerator of L (u/d) - E over d^(degree + 1)."""
    numerator, below = fraction
    order, degree = len(coefficients) - 1, max(map(len, coefficients)) - 1
    zero = (0,) * (len(next(iter(below))) - 1)
    left: dict[Exponents, int] = {}
    for k in range(degree + 1):  # theta^k (u/d) = numerator / d^(k+1)
        share = {
            (order - j, *zero): sum(c[m] * math.comb(m, k) * (-j) ** (m - k) for m in range(k, len(c)))
            for j, c in enumerate(coefficients)
        }
        left = sum_of(left, product_of(product_of(numerator, _power(below, degree - k)), share))
        numerator = sum_of(product_of(theta_of(numerator, 0), below), product_of(numerator, theta_of(below, 0)), -k - 1)
    rest: dict[Exponents, int] = {}
    for j, c in enumerate(coefficients):
        for m in range(j):
            value = sum(number * (m - j) ** k for k, number in enumerate(c)) * terms[m]
            rest = sum_of(rest, {(order - j + m, *zero): value})
    return sum_of(left, product_of(_power(below, degree + 1), rest), -1)


def _regular_from(operator: Sequence[tuple[int, int, int]]) -> int | None:
    """M, from which on the polynomial of the lowest power of z has no zero: all coefficients about M are of one sign."""
    operator = [entry for entry in operator if entry[2]]
    if not operator or min(p for p, _, _ in operator) < 0 or min(k for _, k, _ in operator) < 0:
        return None
    lowest = min(p for p, _, _ in operator)
    leading = [(k, number) for p, k, number in operator if p == lowest]
    degree = max(k for k, _ in leading)
    for start in range(_MOST_FIRST):
        about = [
            sum(number * math.comb(k, i) * start ** (k - i) for k, number in leading if k >= i)
            for i in range(degree + 1)
        ]
        if about[0] and (min(about) >= 0 or max(about) <= 0):
            return start
    return None


def _terms(
    arcs: Sequence[Sequence[tuple[int, Exponents, int]]], start: int, ends: Sequence[int], site: Exponents, number: int
) -> list[int]:
    """a(0), a(1), ...: so many, walk by walk."""
    layer, found = {((0,) * len(site), start): 1}, []
    for _ in range(number):
        found.append(sum(v for (x, i), v in layer.items() if x == site and i in ends))
        following: dict[tuple[Exponents, int], int] = {}
        for (x, i), v in layer.items():
            for j, step, w in arcs[i]:
                there = (tuple(map(sum, zip(x, step, strict=True))), j)
                following[there] = following.get(there, 0) + v * w
        layer = following
    return found


def sum_of(a: Polynomial, b: Polynomial, times: int = 1, shift: Exponents = ()) -> dict[Exponents, int]:
    """a + times x^shift b."""
    found = dict(a)
    for x, value in b.items():
        there = tuple(map(sum, zip(x, shift, strict=True))) if shift else x
        found[there] = found.get(there, 0) + times * value
    return {x: value for x, value in found.items() if value}


def product_of(a: Polynomial, b: Polynomial) -> dict[Exponents, int]:
    found: dict[Exponents, int] = {}
    for x, v in a.items():
        for y, w in b.items():
            there = tuple(map(sum, zip(x, y, strict=True)))
            found[there] = found.get(there, 0) + v * w
    return {x: value for x, value in found.items() if value}


def _power(a: Polynomial, n: int) -> dict[Exponents, int]:
    found = {(0,) * len(next(iter(a))): 1}
    for _ in range(n):
        found = product_of(found, a)
    return found


def theta_of(a: Polynomial, i: int) -> dict[Exponents, int]:
    """x_i d/dx_i."""
    return {x: x[i] * value for x, value in a.items() if x[i]}
