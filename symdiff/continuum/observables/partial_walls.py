"""Time-dependent exits beside walls that absorb some of those who come: D u_n - v u = kappa u, n into the domain.

On a half-line, with y the way to the wall and c the drift away from it, the Laplace transform of the survival is 1/s less
kappa e^(-q y)/(s (kappa + D q)), q = (c + sqrt(c^2 + 4 D s))/(2 D), whose partial fractions invert to complementary error functions.
Between two walls u = e^(v x/2D) phi makes the problem one of Sturm and Liouville, D phi_n = alpha phi with alpha = kappa + v_n/2.
Source: Carslaw and Jaeger, Conduction of Heat in Solids, ch. 2 and 3.
"""

from __future__ import annotations

import mpmath
import sympy as sp

from symdiff.continuum.limit import ContinuumLimit
from symdiff.continuum.observables.exit_modes import ONE, kappa_at
from symdiff.continuum.observables.result import Found
from symdiff.continuum.observables.walls import Interval, Wall
from symdiff.errors import NotYetError

DIGITS = 30


def half_line(kappa: sp.Expr, y: sp.Expr, away: sp.Expr, spread: sp.Expr, t: sp.Symbol, kind: str) -> Found:
    """The survival probability or the first-passage density at one partly absorbing wall."""
    width, both = sp.sqrt(4 * spread * t), 2 * kappa + away
    slow = sp.exp(kappa * y / spread + kappa * (kappa + away) * t / spread) * sp.erfc((y + both * t) / width)
    if kind == "first_passage_density":
        direct = sp.exp(-((y + away * t) ** 2) / width**2) / sp.sqrt(sp.pi * spread * t)
        return Found(kappa * (direct - both / (2 * spread) * slow))
    if away == 0:
        return Found(sp.erf(y / width) + slow)
    total = kappa + away
    back = sp.exp(-away * y / spread) * sp.erfc((y - away * t) / width)
    value = ONE - sp.erfc((y + away * t) / width) / 2 - kappa / (2 * total) * back + both / (2 * total) * slow
    return Found(value, () if total.is_nonzero else (f"{sp.factor(total)} is not zero",))


def slowest_rate(limit: ContinuumLimit, interval: Interval, v: sp.Expr, spread: sp.Expr) -> Found:
    """The slowest rate between two walls in 16 digits: v^2/(4 D) + D w^2 with tan(w L) = D w (alpha + beta)/(D^2 w^2 - alpha beta)."""
    low, high = interval.low, interval.high
    assert low is not None
    assert high is not None
    length = sp.expand(high.place - low.place)
    pulls = (_pull(low, limit, v / 2), _pull(high, limit, -v / 2))
    if any(e is not None and e.free_symbols for e in (v, spread, length, *pulls)):
        raise NotYetError(
            "the slowest rate between these walls is the root of a transcendental equation",
            instead="put numbers in with --set",
        )
    with mpmath.workdps(DIGITS):
        drift, width, over = (mpmath.mpf(sp.N(e, DIGITS)) for e in (v, spread, length))
        ends = [None if e is None else mpmath.mpf(sp.N(e, DIGITS)) for e in pulls]
        value = drift**2 / (4 * width) + width * _least(width, over, *ends)
        return Found(sp.Float(mpmath.nstr(value, 25), 16), ("the slowest rate is given to 16 digits",))


def _pull(wall: Wall, limit: ContinuumLimit, drift: sp.Expr) -> sp.Expr | None:
    """alpha in D phi_n = alpha phi; None where phi vanishes."""
    if wall.boundary.kind == "absorbing":
        return None
    return drift + (kappa_at(wall, limit) if wall.boundary.kind == "partial" else 0)


def _least(spread: mpmath.mpf, length: mpmath.mpf, low: mpmath.mpf | None, high: mpmath.mpf | None) -> mpmath.mpf:
    """The least m with phi'' = -m phi: between the least one with phi = 0 at the far end, which lies beyond it, and minus infinity."""

    def shot(m: mpmath.mpf) -> tuple[mpmath.mpf, mpmath.mpf]:
        """phi and phi' at the far end, divided by an exponential that cannot vanish."""
        root = mpmath.sqrt(abs(m))
        grown = mpmath.exp(-root * length) if m < 0 else mpmath.mpf(1)
        c = (mpmath.cosh if m < 0 else mpmath.cos)(root * length) * grown
        s = length * grown if m == 0 else (mpmath.sinh if m < 0 else mpmath.sin)(root * length) * grown / root
        start, slope = (mpmath.mpf(0), mpmath.mpf(1)) if low is None else (spread, low)
        return start * c + slope * s, -m * start * s + slope * c

    top = (mpmath.pi / length) ** 2
    closed = top if low is None else _root(lambda m: shot(m)[0], top)
    return closed if high is None else _root(lambda m: spread * shot(m)[1] + high * shot(m)[0], closed)


def _root(f, top: mpmath.mpf) -> mpmath.mpf:  # type: ignore[no-untyped-def]
    """The one root below ``top``, where f is not positive; f is positive far below."""
    step = mpmath.mpf(1) + abs(top)
    below = top - step
    while f(below) <= 0:
        step *= 2
        below = top - step
    above = top
    for _ in range(4 * DIGITS):
        middle = (below + above) / 2
        below, above = (middle, above) if f(middle) > 0 else (below, middle)
    return (below + above) / 2
