"""Whether a function of s > 0 can be E[e^(-st)] of a time: Bernstein's theorem at numbers.

psi is such an average exactly if (-1)^n psi^(n)(s) >= 0 for every n and psi(0) = 1 (Feller, An Introduction to Probability
Theory, vol. 2, XIII.4). The n-th difference over steps h is the average of (-1)^n e^(-st) (1 - e^(-ht))^n: its sign refutes a
law without any derivative.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Mapping
from fractions import Fraction

import mpmath
import sympy as sp

from symdiff.errors import SymdiffError
from symdiff.model.parameter import REAL_LINE, Interval

ORDERS = 24  # of differences
PLACES = tuple(Fraction(4**n, 64) for n in range(9))  # 1/64 to 1024
DRAWS = 40
DIGITS = 40


def broken_at(psi: Callable[[mpmath.mpf], mpmath.mpf]) -> Fraction | None:
    """A place s near which ``psi`` is no E[e^(-st)]: it leaves [0, 1], or a difference has the wrong sign; else None."""
    small = mpmath.mpf(10) ** (-DIGITS // 2)
    for s in PLACES:
        row = [psi(mpmath.mpf(s.numerator) / s.denominator * (1 + mpmath.mpf(j) / 4)) for j in range(ORDERS + 1)]
        if any(abs(mpmath.im(v)) > small or not -small <= mpmath.re(v) <= 1 + small for v in row):
            return s
        row = [mpmath.re(v) for v in row]
        while len(row) > 1:
            row = [a - b for a, b in itertools.pairwise(row)]
            if min(row) < -small:
                return s
    return None


def broken_everywhere(
    value: Callable[[Mapping[sp.Symbol, mpmath.mpf], mpmath.mpf], mpmath.mpf], box: Mapping[sp.Symbol, Interval]
) -> tuple[dict[sp.Symbol, Fraction], Fraction] | None:
    """The first of :data:`DRAWS` drawn sets of parameters and a place where it is no law there; None if any may be one.

    ``value`` is psi by parameters and s. Numbers are drawn inside their intervals, from small to large, so that what is a law
    for some values only is kept.
    """
    generator = random.Random(5)
    witness = None
    with mpmath.workdps(DIGITS):
        for draw in range(DRAWS if box else 1):
            drawn = {x: _drawn(x, box[x], draw, generator) for x in sorted(box, key=str)}
            numbers = {x: mpmath.mpf(v.numerator) / v.denominator for x, v in drawn.items()}
            try:
                found = broken_at(lambda s, at=numbers: value(at, s))  # type: ignore[misc]
            except (SymdiffError, ZeroDivisionError, OverflowError):  # no numeric rule there: left open
                return None
            if found is None:
                return None
            witness = witness or (drawn, found)
    return witness


def _drawn(symbol: sp.Symbol, interval: Interval, draw: int, generator: random.Random) -> Fraction:
    value = (interval or REAL_LINE).sample(generator, integer=symbol.is_integer is True)
    if symbol.is_integer or not draw % 2 or (interval.low is not None and interval.high is not None):
        return value
    stretch = Fraction(10) ** generator.choice((-2, -1, 1))  # unbounded ones: other sizes too
    if interval.low is not None:
        return interval.low + (value - interval.low) * stretch
    return value * stretch if interval.high is None else interval.high + (value - interval.high) * stretch
