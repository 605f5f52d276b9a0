"""The fugacity of a zero range process in numbers, from the sums over all occupation numbers: the second route's own."""

from __future__ import annotations

from collections.abc import Callable
from math import comb
from typing import Any

import mpmath

from symdiff.errors import DerivationError

Number = Any
MAX_AGENTS = 5_000


class CondensationError(DerivationError):
    """No stationary law of independent sites has so high a density."""


def fugacity_series(rate: Callable[[int], Number], density: Number, order: int) -> list[Number]:
    """Taylor coefficients of z(C) at a density, up to ``order``, for the rate of a site as a function of its number n >= 1.

    Raises :class:`DerivationError` where no fugacity has this density (condensation) or a rate is not positive.
    """
    z = _solve(rate, density)
    if not order:
        return [z]
    weights = _weights(rate, z, order)
    around = [mpmath.fsum(w * comb(n, m) / z**m for n, w in enumerate(weights) if n >= m) for m in range(order + 2)]
    slope = [(m + 1) * around[m + 1] for m in range(order + 1)]
    ratio = _quotient(slope, around, order)
    shifted = [z * ratio[m] + (ratio[m - 1] if m else 0) for m in range(order + 1)]  # (z + s) Z'/Z
    return [z, *_reverted(shifted[1:])]


def _weights(rate: Callable[[int], Number], z: Number, order: int = 0) -> list[Number]:
    """z^n/(g(1)...g(n)) until they no longer matter."""
    found, n, largest = [mpmath.mpf(1)], 0, mpmath.mpf(1)
    small = mpmath.mpf(10) ** (-mpmath.mp.dps - 5)
    while n <= order + 2 or found[-1] * n**order > small * largest:
        n += 1
        each = rate(n)
        if each <= 0:
            what = f"the rate of a site with {n} agents is {mpmath.nstr(each, 5)}"
            raise DerivationError(f"no local equilibrium at this density: {what}", where="[model] site_rate",
                                  instead="use a rate that is positive for every number of agents")  # fmt: skip
        if n > MAX_AGENTS:
            raise CondensationError("no local equilibrium at this density: agents gather on single sites", where="[model] site_rate",
                                    instead="use a rate that does not fall with the number of agents, or a lower density")  # fmt: skip
        found.append(found[-1] * z / each)
        largest = max(largest, found[-1])
    return found


def _solve(rate: Callable[[int], Number], density: Number) -> Number:
    """rho(z) = density by Newton's method from below; rho grows with z, and z rho' is the variance.

    With the lowest rate g at every site rho would be z/(g - z), which is more than it is. A step beyond the z at which agents
    gather on single sites, as 1 for 1 + b/n, is halved.
    """
    lowest = min(rate(n) for n in (1, 2, 10, 1000, 10**6))
    z = density * (lowest if lowest > 0 else rate(1)) / (1 + density)
    below, error = mpmath.mpf(0), None
    for _ in range(200):
        try:
            weights = _weights(rate, z)
        except CondensationError as beyond:
            z, error = (below + z) / 2, beyond
            continue
        total = mpmath.fsum(weights)
        mean = mpmath.fsum(n * w for n, w in enumerate(weights)) / total
        variance = mpmath.fsum(n * n * w for n, w in enumerate(weights)) / total - mean**2
        change = (density - mean) / variance
        if abs(change) < mpmath.mpf(10) ** (8 - mpmath.mp.dps):
            return z
        below = z
        z *= 1 + max(min(change, mpmath.mpf("0.3")), mpmath.mpf("-0.3"))
    if error is not None:
        raise error
    raise DerivationError(f"no fugacity has the density {mpmath.nstr(density, 5)}", where="[model] site_rate")


def _quotient(top: list[Number], bottom: list[Number], order: int) -> list[Number]:
    found: list[Number] = []
    for m in range(order + 1):
        found.append((top[m] - mpmath.fsum(found[i] * bottom[m - i] for i in range(m))) / bottom[0])
    return found


def _reverted(series: list[Number]) -> list[Number]:
    """s(y) of y = a1 s + a2 s^2 + ..., by Lagrange's formula: s_n = [t^(n-1)] (t/y(t))^n / n."""
    order = len(series)
    inverse = _quotient([mpmath.mpf(1)] + [mpmath.mpf(0)] * order, [*series, mpmath.mpf(0)], order)
    power, found = [mpmath.mpf(1)] + [mpmath.mpf(0)] * order, []
    for n in range(1, order + 1):
        power = [mpmath.fsum(power[i] * inverse[m - i] for i in range(m + 1)) for m in range(order + 1)]
        found.append(power[n - 1] / n)
    return found
