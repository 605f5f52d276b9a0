"""Beside one absorbing wall in a linear trap: the drift -k (x - c) with constant diffusion D (Ornstein and Uhlenbeck).

Modes that fall off far out are parabolic cylinder functions D_nu((x - c) sqrt(k/D)) of rate k nu, and the wall sets nu. At the
centre of the trap nu = 1, and the images of the free law give S = erf((x - c) e^(-kt)/sqrt(2 s)), s = D (1 - e^(-2kt))/k.
Source: Risken, The Fokker-Planck Equation, ch. 5; DLMF 12.
"""

from __future__ import annotations

from dataclasses import dataclass

import mpmath
import sympy as sp

from symdiff.continuum.observables.backward import Backward
from symdiff.continuum.observables.exit_quadrature import drift_and_diffusion
from symdiff.continuum.observables.result import Found
from symdiff.continuum.observables.walls import Interval
from symdiff.errors import NotYetError

DIGITS = 16
FARTHEST = 30  # widths of the trap between its centre and the wall


@dataclass(frozen=True)
class Trap:
    """The rate k, D, and the distance of the wall from the centre, counted towards where the walkers are."""

    rate: sp.Expr
    spread: sp.Expr
    centre: sp.Expr
    wall: sp.Expr
    side: int


def trap_beside(generator: Backward, interval: Interval, x: sp.Symbol) -> Trap | None:
    """The trap, where the drift is linear in place and points to its centre, D is constant and one wall absorbs."""
    only = interval.low if interval.high is None else interval.high if interval.low is None else None
    if only is None or only.boundary.kind != "absorbing" or generator.moves or len(generator.states) > 1:
        return None
    v, spread = drift_and_diffusion(generator, interval.axis)
    v = sp.expand(v)
    slope = sp.diff(v, x)
    if slope.has(x) or spread.has(x) or not slope.is_negative:
        return None
    side = 1 if interval.low is not None else -1
    centre = sp.cancel(-v.xreplace({x: sp.Integer(0)}) / slope)
    return Trap(-slope, spread, centre, sp.expand(side * (only.place - centre)), side)


def decay_beside_wall(trap: Trap) -> Found:
    """k nu with the least nu > 0 at which D_nu vanishes at the wall: k where that is the centre, numbers elsewhere."""
    if trap.wall == 0:
        return Found(trap.rate, ("the wall stands at the centre of the trap",))
    place = trap.wall * sp.sqrt(trap.rate / trap.spread)
    if place.free_symbols:
        raise NotYetError(f"the slowest rate is ({trap.rate}) nu, with nu the first zero of the parabolic cylinder function D_nu({place}), which "
                          "has no closed form in symbols", instead="give numbers (--set), or a wall at the centre of the trap")  # fmt: skip
    return Found(
        trap.rate * sp.Float(_first_order(place), DIGITS),
        (f"the zero of a parabolic cylinder function is given to {DIGITS} digits",),
    )


def _first_order(place: sp.Expr) -> str:
    with mpmath.workdps(2 * DIGITS):
        z = mpmath.mpf(sp.N(place, 2 * DIGITS))
        if abs(z) > FARTHEST:
            raise NotYetError("the wall stands too far from the centre of the trap for the slowest rate to be found",
                              instead="ask for the mean exit time")  # fmt: skip
        low, high = mpmath.mpf(0), mpmath.mpf(1) / 8
        while mpmath.pcfd(high, z) > 0:  # D_0 > 0; between two zeros in nu lies more than 1 where z > 0
            low, high = high, high + mpmath.mpf(1) / 8
        for _ in range(4 * DIGITS):
            middle = (low + high) / 2
            low, high = (middle, high) if mpmath.pcfd(middle, z) > 0 else (low, middle)
        return str(mpmath.nstr((low + high) / 2, DIGITS))


def survival_beside_wall(trap: Trap, start: sp.Expr, t: sp.Symbol, kind: str) -> Found:
    """The law of the first arrival at a wall at the centre of the trap."""
    if trap.wall != 0:
        raise NotYetError("time-dependent exits beside a wall in a trap are handled where it stands at the centre of the trap",
                          instead="ask for the mean exit time or the decay rate")  # fmt: skip
    away, fading = trap.side * (start - trap.centre), sp.exp(-trap.rate * t)
    y = away * fading * sp.sqrt(trap.rate / (2 * trap.spread * (1 - fading**2)))
    if kind == "survival_probability":
        return Found(sp.erf(y))
    return Found(2 * trap.rate * y * sp.exp(-(y**2)) / (sp.sqrt(sp.pi) * (1 - fading**2)))
