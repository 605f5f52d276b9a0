"""The mean rate of a site in local equilibrium, from the sums over all numbers of agents: no closed form enters.

With the rate g(n) of a site with n agents the weights are z^n/(g(1)...g(n)); the mean number is rho(z) = sum n w_n / sum w_n, and the
mean of g is z. Source: F. Spitzer, Adv. Math. 5 (1970) 246; M. R. Evans and T. Hanney, J. Phys. A 38 (2005) R195.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import mpmath

from symdiff.errors import NotYetError

Number = Any
MOST_AGENTS = 20_000
TURNS = 400
CROWDED = "no local equilibrium of this density was found: agents gather on single sites"


class SiteLaw:
    """The law of the number of agents on a site in local equilibrium, by its density; ``rate`` is g(n) for n = 1, 2, ...

    Raises :class:`NotYetError` where no local equilibrium has a density that is asked for.
    """

    def __init__(self, rate: Callable[[int], Number]) -> None:
        self.rate = rate
        self._weights: dict[int, list[Number]] = {}  # 1/(g(1)...g(n)), by working precision
        self._found: dict[tuple[int, Number], Number] = {}

    def mean_rate(self, density: Number) -> Number:
        """z with rho(z) = ``density``: Newton's method for log(rho) in log(z), whose slope is variance/mean, in ever more digits."""
        if density <= 0:
            return mpmath.mpf(0)
        key = (mpmath.mp.prec, density)
        if key not in self._found:
            z, digits = density * self.rate(1) / (1 + density), mpmath.mp.dps
            for precise in [d for d in (20, 40, 80, 160, 320) if d < digits] + [digits]:
                with mpmath.workdps(precise):
                    z = self._settled(z, density)
            self._found[key] = z
        return self._found[key]

    def derivative(self, density: Number, order: int) -> Number:
        """d^m z/dC^m: with w = log(z), C'(w) = sum of k_(j+2) s^j/j! in the cumulants k, and d/dC = (d/dw)/C'(w)."""
        z = self.mean_rate(density)
        if not order:
            return z
        cumulants = self._cumulants(z, order + 1)
        slope = [cumulants[j + 1] / mpmath.factorial(j) for j in range(order)]
        series = [z / mpmath.factorial(j) for j in range(order + 1)]  # z e^s
        for left in range(order, 0, -1):
            series = _quotient([(j + 1) * series[j + 1] for j in range(left)], slope[:left])
        return series[0]

    def _settled(self, z: Number, density: Number) -> Number:
        small = mpmath.mpf(10) ** (8 - mpmath.mp.dps)
        for _ in range(TURNS):
            mean, variance = self._cumulants(z, 2)
            step = mpmath.log(density / mean) * mean / variance
            z *= mpmath.exp(max(min(step, mpmath.mpf(1) / 8), -mpmath.mpf(1) / 2))
            if abs(step) < small:
                return z
        raise NotYetError(CROWDED)

    def _cumulants(self, z: Number, count: int) -> list[Number]:
        """The first ``count`` cumulants of the number of agents."""
        known = self._weights.setdefault(mpmath.mp.prec, [mpmath.mpf(1)])
        sums, n, power = [mpmath.mpf(1)] + [mpmath.mpf(0)] * count, 0, mpmath.mpf(1)
        while True:
            n += 1
            if n > MOST_AGENTS:
                raise NotYetError(CROWDED)
            if n == len(known):
                each = self.rate(n)
                if each <= 0:
                    raise NotYetError(
                        f"a site with {n} agents has the rate {mpmath.nstr(each, 5)}: there is no local equilibrium"
                    )
                known.append(known[-1] / each)
            power *= z
            weight = power * known[n]
            for m in range(count + 1):
                sums[m] += weight
                weight *= n
            if n > 8 and weight < mpmath.eps * sums[-1]:
                break
        moments = [x / sums[0] for x in sums]
        found: list[Number] = []
        for m in range(1, count + 1):
            found.append(
                moments[m]
                - mpmath.fsum(mpmath.binomial(m - 1, j - 1) * found[j - 1] * moments[m - j] for j in range(1, m))
            )
        return found


def _quotient(top: list[Number], bottom: list[Number]) -> list[Number]:
    """The first coefficients of a quotient of power series."""
    found: list[Number] = []
    for n in range(len(top)):
        found.append((top[n] - mpmath.fsum(found[j] * bottom[n - j] for j in range(n))) / bottom[0])
    return found
