"""Moments of a density that falls off fast, as numbers, all from one set of quadrature nodes; and its transform as their series.

The cross-check asks for E[exp(-q r)] at many waves that are long beside a step. Where every moment exists and the series
sum (-q)^n m_n/n! converges, one set of nodes serves all of them; the closed forms of the derivation are not used.

On (low, oo) u = low + s exp(t - exp(-t)), on (low, high) u = low + (high - low)/(1 + exp(-pi sinh t)): the trapezoidal rule in
t then converges exponentially. Source: H. Takahasi and M. Mori, Publ. RIMS 9 (1974) 721, doi:10.2977/prims/1195192451.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import mpmath

Number = Any
MOST = 160  # moments
MOST_NODES = 8000  # on each side
FINEST = 9  # halvings of the step


@dataclass(frozen=True)
class Interval:
    """A density on ``low`` < u < ``high``, ``side`` +1 or -1; ``scale`` is the length on which it falls off."""

    side: int
    low: Number
    high: Number
    scale: Number
    value: Callable[[Number], Number]


@dataclass
class Moments:
    """int r**n f dr for n = 1, 2, ..., each to ``digits`` digits; ``even``: the intervals are one half of an even density."""

    intervals: tuple[Interval, ...]
    even: bool
    digits: int
    _nodes: list[tuple[int, Number, Number, Number]] = field(default_factory=list)
    _powers: list[Number] = field(default_factory=list)
    _known: list[Number] = field(default_factory=lambda: [mpmath.mpf(1)])

    def __post_init__(self) -> None:
        self.working = 2 * self.digits if any(mpmath.isfinite(i.high) for i in self.intervals) else self.digits + 20
        for level in range(3 + self.digits // 60, FINEST):
            self._nodes = [
                n
                for interval in self.intervals
                for n in _nodes(interval, level, self.digits, self.working, 2 if self.even else 1)
            ]
            if all(_settled(self._nodes, n, self.digits) for n in ((2, 24, 48) if self.even else (1, 2, 3, 24, 48))):
                return
        raise ArithmeticError("the quadrature of the density does not converge")

    @property
    def mass(self) -> Number:
        """int f dr, as far as the nodes see it: for a density that is singular at zero no number of its own."""
        return (2 if self.even else 1) * mpmath.fsum(w for _, _, w, _ in self._nodes)

    def __getitem__(self, n: int) -> Number:
        """E[r**n], n > 0."""
        with mpmath.workdps(self.working):
            while len(self._known) <= n:
                self._known.append(self._next())
            return self._known[n]

    def _next(self) -> Number:
        places = [side * u for side, u, _, _ in self._nodes]
        before = self._powers or [w for _, _, w, _ in self._nodes]
        self._powers = [p * r for p, r in zip(before, places, strict=True)]
        if self.even:
            return 2 * mpmath.fsum(self._powers) if len(self._known) % 2 == 0 else mpmath.mpf(0)
        return mpmath.fsum(self._powers)


def transform_series(moments: Moments, q: Number, dimension: int = 1) -> Number | None:
    """E[exp(-q r)], averaged over all directions where ``dimension`` > 1; None where the series does not get small at once.

    The mean of (q.r)^(2n) over directions is (q r)^(2n) (1/2)_n/(d/2)_n.
    """
    total, small, quiet = mpmath.mpf(1), mpmath.mpf(10) ** (-moments.digits - 5), 0
    factor = mpmath.mpf(1)
    for n in range(1, MOST):
        factor *= -q / n
        if dimension > 1:
            if n % 2:
                continue
            term = (
                factor
                * moments[n]
                * mpmath.rf(mpmath.mpf(1) / 2, n // 2)
                / mpmath.rf(mpmath.mpf(dimension) / 2, n // 2)
            )
        else:
            term = factor * moments[n]
        total += term
        quiet = quiet + 1 if abs(term) < small else 0
        if quiet == 3:
            return total
    return None


def _nodes(
    interval: Interval, level: int, digits: int, working: int, lowest: int
) -> Iterator[tuple[int, Number, Number, Number]]:
    """(side, u, weight times density, the same for the rule of twice the step) of every node that counts."""
    with mpmath.workdps(working):
        step = mpmath.mpf(2) ** (-level)
        infinite = interval.high == mpmath.inf
        negligible = mpmath.mpf(10) ** (-digits - 15)
        for direction in (1, -1):
            n = 0 if direction == 1 else -1
            quiet, largest = 0, mpmath.mpf(0)
            while quiet < 4:
                t = n * step
                if abs(n) > MOST_NODES:
                    raise ArithmeticError("the density does not fall off")
                u, slope = _infinite(interval, t) if infinite else _finite(interval, t)
                n += direction
                inside = interval.low < u < interval.high
                size = interval.value(u) * slope * step if inside else mpmath.mpf(0)
                # a density that is singular at zero counts by its lowest moment, and high powers of u count as much as low ones
                near = abs(size) * min(u / interval.scale, 1) ** lowest
                far = near * max(u / interval.scale, 1) ** (48 if direction == 1 and infinite else 0)
                largest = max(largest, near)
                quiet = quiet + 1 if far <= negligible * max(largest, negligible) else 0
                if size != 0:
                    yield interval.side, u, size, 2 * size if (n - direction) % 2 == 0 else mpmath.mpf(0)


def _infinite(interval: Interval, t: Number) -> tuple[Number, Number]:
    shrink = mpmath.exp(-t)
    u = interval.scale * mpmath.exp(t - shrink)
    return interval.low + u, u * (1 + shrink)


def _finite(interval: Interval, t: Number) -> tuple[Number, Number]:
    bend = mpmath.exp(-mpmath.pi * mpmath.sinh(t))
    width = interval.high - interval.low
    return interval.low + width / (1 + bend), width * mpmath.pi * mpmath.cosh(t) * bend / (1 + bend) ** 2


def _settled(nodes: list[tuple[int, Number, Number, Number]], power: int, digits: int) -> bool:
    """Whether the rules of one step and of twice the step agree to more than half of the digits: the error is squared by halving."""
    fine = mpmath.fsum(w * u**power for _, u, w, _ in nodes)
    coarse = mpmath.fsum(c * u**power for _, u, _, c in nodes)
    return bool(abs(fine - coarse) <= abs(fine) * mpmath.mpf(10) ** (-0.55 * digits))
