"""The independent checker of a certified recurrence: one expansion, with integers only. It imports nothing of the search.

Claim: sum_j c_j(n) N_(n+j)(a) = 0 for all n >= 0, with N_n(a) = [x^a] P^n. Proof: integer matrices g that permute the weighted
steps, so that N_n(g a) = N_n(a); and vectors q_m with, for S = sum_g x^(-g a) and theta_i = x_i d/dx_i,

    scale * sum_j c_j(n) P^(j+1) S = sum_m x^m sum_s p_s x^s (q_m . m + n q_m . s).

The right side times P^(n-1) is the divergence sum_i theta_i (Q_i P^n), Q = sum_m q_m x^m, which has no constant term; the
constant term of the left side times P^(n-1) is a multiple of the claim.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

Exponents = tuple[int, ...]


def certificate_holds(
    weights: Mapping[Exponents, int],
    site: Exponents,
    maps: Sequence[Sequence[Sequence[int]]],
    coefficients: Sequence[Sequence[int]],
    scale: int,
    certificate: Iterable[tuple[Exponents, int, Sequence[int]]],
) -> bool:
    """Whether the proof is one. ``coefficients[j]``: c_j by powers of n; ``certificate``: entries (m, power of n, q_m)."""
    power: dict[Exponents, int] = {}
    for g in maps:
        images = {_image(g, s): w for s, w in weights.items()}
        if len(images) != len(weights) or images != dict(weights):
            return False
        key = tuple(-x for x in _image(g, site))
        power[key] = power.get(key, 0) + 1
    difference: dict[tuple[Exponents, int], int] = {}
    for c in coefficients:
        product: dict[Exponents, int] = {}
        for x, value in power.items():
            for s, w in weights.items():
                key = tuple(map(sum, zip(x, s, strict=True)))
                product[key] = product.get(key, 0) + value * w
        power = product
        for x, value in power.items():
            for k, number in enumerate(c):
                difference[x, k] = difference.get((x, k), 0) + scale * number * value
    for m, k, q in certificate:
        for s, w in weights.items():
            x = tuple(map(sum, zip(m, s, strict=True)))
            for shift, vector in ((0, m), (1, s)):
                value = w * sum(a * b for a, b in zip(q, vector, strict=True))
                difference[x, k + shift] = difference.get((x, k + shift), 0) - value
    return bool(maps) and scale > 0 and any(map(any, coefficients)) and not any(difference.values())


def _image(matrix: Sequence[Sequence[int]], vector: Exponents) -> Exponents:
    return tuple(sum(a * b for a, b in zip(row, vector, strict=True)) for row in matrix)
