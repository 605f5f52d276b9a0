"""The second route for schemes: the exact dispersion relation F(s, q) = 0 in numbers, solved next to the derived rate."""

from __future__ import annotations

from typing import Any

import mpmath

from symdiff.model.scheme import Scheme

Number = Any


def scheme_root(scheme: Scheme, wave: list[Number], guess: Number, number: Any) -> Number:
    """The root s of F(s, q) = sum c s^m q^n e^(q.a + s b) next to ``guess``, by Newton's method."""
    terms = [
        (number(t.coefficient) * mpmath.exp(mpmath.fsum(q * number(a) for q, a in zip(wave, t.shift, strict=True)))
         * mpmath.fprod(q**n for q, n in zip(wave, t.space_orders, strict=True)), number(t.time_shift), t.time_order)
        for t in scheme.terms
    ]  # fmt: skip
    s = guess
    for _ in range(60):
        value = mpmath.fsum(c * s**m * mpmath.exp(s * b) for c, b, m in terms)
        slope = mpmath.fsum(c * mpmath.exp(s * b) * (b * s**m + (m * s ** (m - 1) if m else 0)) for c, b, m in terms)
        if slope == 0:
            break
        change = value / slope
        s -= change
        if abs(change) <= abs(s) * mpmath.mpf(10) ** (-mpmath.mp.dps + 10):
            break
    return s
