"""The integrals of a symmetric law of steps next to a wall, as numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import mpmath

Number = Any


def milne_length(characteristic: Callable[[Number], Number], variance: Number, period: Number | None = None) -> Number:
    """lam = -(1/pi) int_0^oo dk/k^2 log[2 (1 - phi(k))/(variance k^2)] of a symmetric law (Spitzer 1957).

    ``period``: with which phi oscillates far out (None: it does not). Lengths are measured in standard deviations.
    """
    size = mpmath.sqrt(variance)

    def one_minus(k: Number) -> Number:
        with mpmath.extradps(mpmath.mp.dps):
            return 1 - characteristic(k / size)

    def integrand(k: Number) -> Number:
        k = max(k, mpmath.mpf(10) ** (-mpmath.mp.dps // 6))  # the integrand is even and smooth: constant up to k^2
        return mpmath.log(2 * one_minus(k) / (k * k)) / (k * k)

    near = mpmath.quad(integrand, [0, 1, 4, 16])
    return -(near + _far(one_minus, mpmath.mpf(16), None if period is None else period * size)) / mpmath.pi * size


def _far(one_minus: Callable[[Number], Number], start: Number, period: Number | None) -> Number:
    """Beyond ``start``: log(2/k^2)/k^2 in closed form, and log(1 - phi) over the oscillations."""
    smooth = (mpmath.log(2) - 2 * mpmath.log(start) - 2) / start

    def rest(k: Number) -> Number:
        return mpmath.log(one_minus(k)) / (k * k)

    if period is None:
        return smooth + mpmath.quad(rest, [start, 8 * start, mpmath.inf])

    def block(n: Number) -> Number:
        return mpmath.quad(rest, [start + n * period, start + (n + 1) * period])

    return smooth + mpmath.nsum(block, [0, mpmath.inf])


def mean_outward(characteristic: Callable[[Number], Number], variance: Number) -> Number:
    """E[max(-r, 0)] = (1/pi) int_0^oo (1 - phi(k))/k^2 dk of a symmetric law."""
    size = mpmath.sqrt(variance)

    def integrand(k: Number) -> Number:
        k = max(k, mpmath.mpf(10) ** (-mpmath.mp.dps // 4))
        with mpmath.extradps(mpmath.mp.dps):
            return (1 - characteristic(k / size)) / (k * k)

    return mpmath.quad(integrand, [0, 1, 4, 16, 64, mpmath.inf]) / mpmath.pi * size
