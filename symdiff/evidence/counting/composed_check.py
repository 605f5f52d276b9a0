"""The independent checker of a recurrence for walks that depend on place through one plain walk (hcp): it imports nothing of the search.

Claim: sum_j c_j(n) a(n+j) = 0 for all n >= 0, a(n) the walks of n steps with states (see ``rational_check``), whose generating function F(z)
is the constant term in x of u / d. Proof: (1) u and d contain x only through one Laurent polynomial p(x), the sum over the steps of a plain
walk, and through v + 1/v of one further coordinate v (or no such one): u = U(z, p), d = A(z, p) - B(z, p) (v + 1/v). The constant
term in v is f(z, p), f = U / (A^2 - 4 B^2)^(1/2) = +-w q^(-1/2) if U^2 q = w^2 (A^2 - 4 B^2); without v it is f = w / q.
(2) b(m), the constant term of p^m, obeys sum_j k_j(m) b(m+j) = 0, which is proved by itself (``certificate_check``) for m >= 0 and
for m >= -s with b = 0 below zero; so the constant term of sum_j p^j k_j(theta_p) g(z, p) is zero for every power
series g in z whose coefficients are polynomials in p, and from p^-s on. (3) With L = sum_j z^(r-j) c_j(theta_z - j) of order r, Q the product
of theta_z - m over some m < r and a polynomial C,

    number * Q L (w q^-e) = sum_j p^j k_j(theta_p) (C q^(-e-K)),    e = 1/2 or 1.

Hence Q L F = 0: no power of z from r on is left in L F, which is the claim.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction

from symdiff.evidence.counting.certificate_check import certificate_holds
from symdiff.evidence.counting.rational_check import Exponents, Polynomial, product_of, sum_of, theta_of, walks_are

Inner = tuple[
    Sequence[tuple[Sequence[Sequence[int]], Sequence[Fraction]]],
    Sequence[Sequence[int]],
    int,
    Iterable[tuple[Exponents, int, Sequence[int]]],
]
"""Maps, k_j, scale and certificate of the plain walk's recurrence: see ``certificate_check``."""


def composed_certificate_holds(
    arcs: Sequence[Sequence[tuple[int, Exponents, int]]],
    start: int,
    ends: Sequence[int],
    displacement: Exponents,
    coefficients: Sequence[Sequence[int]],
    column: Sequence[Polynomial],
    determinant: Polynomial,
    fraction: tuple[Polynomial, Polynomial],
    weights: Mapping[Exponents, int],
    axis: int | None,
    upper: Polynomial,
    lower: tuple[Polynomial, Polynomial],
    root: tuple[Polynomial, Polynomial],
    inner: Inner,
    below: int,
    removed: Sequence[int],
    pole: int,
    number: int,
    certificate: Polynomial,
) -> bool:
    """Whether the proof is one. Beyond those of ``rational_check``: ``weights``: of p, by the steps in the coordinates other than ``axis``,
    that of v; ``upper``: U, ``lower``: (A, B), ``root``: (w, q) by powers of z and p; ``below``: s; ``removed``: the m of Q; ``pole``: K."""
    above, under = fraction
    if not walks_are(arcs, start, ends, displacement, column, determinant, fraction):
        return False
    zero = (0,) * len(displacement)
    symbol = {_placed(step, axis): w for step, w in weights.items()}
    if any(len(x) != len(zero) for x in symbol) or any(min(x) < 0 for p in (upper, *lower, *root) for x in p):
        return False
    if sum_of(above, _composed(upper, symbol, zero), -1):
        return False
    right = _composed(lower[0], symbol, zero)
    if axis is not None:
        for sign in (1, -1):
            right = sum_of(
                right,
                _composed(lower[1], symbol, zero),
                -1,
                tuple(sign * (i == axis + 1) for i in range(len(zero) + 1)),
            )
    if sum_of(under, right, -1) or not _roots_are(upper, lower, root, axis):
        return False
    maps, k, scale, proof = inner
    reduced = (0,) * (len(zero) - (axis is not None))
    if not certificate_holds(weights, {reduced: 1}, maps, k, scale, proof):
        return False
    if not any(map(any, k)) or not _continued(weights, reduced, k, below):
        return False
    order = len(coefficients) - 1
    if not number or not any(map(any, coefficients)) or any(not 0 <= m < order for m in removed):
        return False
    if any(x[0] < 0 or x[1] < -below for x in certificate):
        return False
    halves = 2 if axis is None else 1
    left, poles, twos = _left(coefficients, removed, root, halves)
    image, further = _image(k, certificate, root[1], halves + 2 * pole)
    most = max(poles, further + pole)
    left = product_of(left, _power(root[1], most - poles))
    image = product_of(image, _power(root[1], most - further - pole))
    return not sum_of({x: number * 2**further * v for x, v in left.items()}, image, -(2**twos))


def _placed(step: Exponents, axis: int | None) -> Exponents:
    """With the coordinate of v, zero."""
    return step if axis is None else (*step[:axis], 0, *step[axis:])


def _composed(polynomial: Polynomial, symbol: Polynomial, zero: Exponents) -> dict[Exponents, int]:
    """polynomial(z, p(x))."""
    found: dict[Exponents, int] = {}
    power: dict[Exponents, int] = {zero: 1}
    for m in range(max((m for _, m in polynomial), default=0) + 1):
        for (k, i), value in polynomial.items():
            if i == m:
                found = sum_of(found, {(k, *x): value * w for x, w in power.items()})
        power = product_of(power, symbol)
    return found


def _roots_are(
    upper: Polynomial, lower: tuple[Polynomial, Polynomial], root: tuple[Polynomial, Polynomial], axis: int | None
) -> bool:
    """Whether f = +-w q^-e, with A and q numbers at z = 0, above zero, and B zero there."""
    (a, b), (w, q) = lower, root
    for polynomial in (a, q):
        at_zero = {x: value for x, value in polynomial.items() if not x[0]}
        if set(at_zero) != {(0, 0)} or at_zero[0, 0] <= 0:
            return False
    if any(not x[0] for x in b):
        return False
    if axis is None:
        return not b and not sum_of(product_of(upper, q), product_of(w, a), -1)
    square = sum_of(product_of(a, a), product_of(b, b), -4)
    return not sum_of(product_of(product_of(upper, upper), q), product_of(product_of(w, w), square), -1)


def _continued(weights: Mapping[Exponents, int], zero: Exponents, k: Sequence[Sequence[int]], below: int) -> bool:
    """Whether the recurrence of b holds for m = -1, ..., -s too, with b = 0 below zero."""
    values, power = [], {zero: 1}
    for _ in k:
        values.append(power.get(zero, 0))
        power = product_of(power, weights)
    for m in range(-below, 0):
        numbers = [sum(c * m**i for i, c in enumerate(polynomial)) for polynomial in k]
        if sum(c * values[m + j] for j, c in enumerate(numbers) if m + j >= 0):
            return False
    return below >= 0


def _left(
    coefficients: Sequence[Sequence[int]], removed: Sequence[int], root: tuple[Polynomial, Polynomial], halves: int
) -> tuple[dict[Exponents, int], int, int]:
    """2^twos Q L (w q^(-halves/2)) as a polynomial times q^(-halves/2 - poles); poles and twos."""
    w, q = root
    order, degree = len(coefficients) - 1, max(map(len, coefficients)) - 1
    found: dict[Exponents, int] = {}
    for j, c in enumerate(coefficients):  # z^(r-j) c_j(theta - j), by Horner in 2 theta - 2 j
        part: dict[Exponents, int] = {}
        for i in range(degree + 1):
            value = c[degree - i] * 2**i if degree - i < len(c) else 0
            part = sum_of(_slope(part, q, halves + 2 * i, 0), product_of(part, q), -2 * j)
            part = sum_of(part, product_of(w, _power(q, i + 1)), value)
        found = sum_of(found, part, 1, (order - j, 0))
    for i, m in enumerate(removed, degree + 1):
        found = sum_of(_slope(found, q, halves + 2 * i, 0), product_of(found, q), -2 * m)
    return found, degree + 1 + len(removed), degree + len(removed)


def _image(
    k: Sequence[Sequence[int]], certificate: Polynomial, q: Polynomial, halves: int
) -> tuple[dict[Exponents, int], int]:
    """2^poles sum_j p^j k_j(theta_p) (C q^(-halves/2)) as a polynomial times q^(-halves/2 - poles); poles."""
    degree = max(map(len, k)) - 1
    found: dict[Exponents, int] = {}
    slope = dict(certificate)
    for i in range(degree + 1):
        share: Polynomial = {(0, j): c[i] * 2 ** (degree - i) for j, c in enumerate(k) if i < len(c)}
        found = sum_of(found, product_of(product_of(slope, share), _power(q, degree - i)))
        slope = _slope(slope, q, halves + 2 * i, 1)
    return found, degree


def _slope(a: Polynomial, q: Polynomial, halves: int, i: int) -> dict[Exponents, int]:
    """2 theta_i (a q^(-halves/2)) q^(halves/2 + 1)."""
    left = {x: 2 * v for x, v in product_of(theta_of(a, i), q).items()}
    return sum_of(left, product_of(a, theta_of(q, i)), -halves)


def _power(a: Polynomial, n: int) -> dict[Exponents, int]:
    found: dict[Exponents, int] = {(0, 0): 1}
    for _ in range(n):
        found = product_of(found, a)
    return found
