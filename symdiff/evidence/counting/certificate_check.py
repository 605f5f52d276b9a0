"""The independent checker of a certified recurrence: one expansion, exactly. It imports nothing of the search.

Claim: sum_j c_j(n) a(n+j) = 0 for all n >= 0, with a(n) = sum_t f_t [x^t] P^n. Proof: maps x^s -> k^s x^(g s) that leave P as it
is; and vectors q_m with, for S the sum over all maps of the image of sum_t f_t x^(-t), and theta_i = x_i d/dx_i,

    scale * sum_j c_j(n) P^(j+1) S = sum_m x^m sum_s p_s x^s (q_m . m + n q_m . s).

The right side times P^(n-1) is the divergence sum_i theta_i (Q_i P^n), Q = sum_m q_m x^m, which has no constant term; the
constant term of the left side times P^(n-1) is a multiple of the claim.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from operator import add, mul

Exponents = tuple[int, ...]


def certificate_holds(
    weights: Mapping[Exponents, int],
    targets: Mapping[Exponents, Fraction | int],
    maps: Sequence[tuple[Sequence[Sequence[int]], Sequence[Fraction]]],
    coefficients: Sequence[Sequence[int]],
    scale: int,
    certificate: Iterable[tuple[Exponents, int, Sequence[int]]],
) -> bool:
    """Whether the proof is one. ``coefficients[j]``: c_j by powers of n; ``certificate``: entries (m, power of n, q_m)."""
    certificate = list(certificate)
    vectors = [*weights, *targets, *(m for m, _, _ in certificate), *(q for _, _, q in certificate)]
    if len(set(map(len, vectors))) > 1:
        return False
    power: dict[Exponents, Fraction | int] = {}
    for g, scales in maps:
        images = {_image(g, s): w * _monomial(scales, s) for s, w in weights.items()}
        if images != dict(weights) or not _invertible(g):
            return False
        for t, f in targets.items():
            key = tuple(-x for x in _image(g, t))
            power[key] = power.get(key, 0) + f * _monomial(scales, [-x for x in t])
    power = {x: int(v) if v.denominator == 1 else v for x, v in power.items()}
    difference: dict[tuple[Exponents, int], Fraction | int] = {}
    for c in coefficients:
        product: dict[Exponents, Fraction | int] = {}
        for x, value in power.items():
            for s, w in weights.items():
                key = tuple(map(add, x, s))
                product[key] = product.get(key, 0) + value * w
        power = product
        for x, value in power.items():
            for k, number in enumerate(c):
                difference[x, k] = difference.get((x, k), 0) + scale * number * value
    for m, k, q in certificate:
        for s, w in weights.items():
            x = tuple(map(add, m, s))
            for shift, vector in ((0, m), (1, s)):
                value = w * sum(map(mul, q, vector))
                difference[x, k + shift] = difference.get((x, k + shift), 0) - value
    return bool(maps) and scale > 0 and any(map(any, coefficients)) and not any(difference.values())


def _image(matrix: Sequence[Sequence[int]], vector: Exponents) -> Exponents:
    return tuple(sum(a * b for a, b in zip(row, vector, strict=True)) for row in matrix)


def _invertible(matrix: Sequence[Sequence[int]]) -> bool:
    """Whether a matrix that permutes the steps is of finite order, as it is where it maps nothing else to zero."""
    units = [tuple(int(i == j) for j in range(len(matrix))) for i in range(len(matrix))]
    images = units
    for _ in range(1000):
        images = [_image(matrix, v) for v in images]
        if images == units:
            return True
    return False


def _monomial(scales: Sequence[Fraction], exponents: Sequence[int]) -> Fraction | int:
    value: Fraction | int = 1
    for k, e in zip(scales, exponents, strict=True):
        if k != 1:
            value *= k**e
    return value
