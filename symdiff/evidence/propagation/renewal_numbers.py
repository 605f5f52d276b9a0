"""How often a walker has jumped by a time, and laws in time that are checked by a second inversion.

Waits of bounded length have transforms with e^(-sT), which grow on every contour around the negative real axis; their numbers of
jumps are counted instead. A contour may also pass over poles, and two of them alike: a line to the right of all tells.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import mpmath
import numpy as np
import numpy.typing as npt
import sympy as sp

from symdiff.evidence.laplace import MANY, inverse_laplace, inverse_on_line
from symdiff.model.waiting import WaitingLaw

Number = Any
MOST = 400  # jumps whose chances are summed
NEGLIGIBLE = 1e-18
AT_A_JUMP = 1e-9  # of the wait


def law_of_numbers(
    law: WaitingLaw, time: float, number: Callable[[sp.Expr], Number]
) -> tuple[int, npt.NDArray[np.float64]] | None:
    """The first number of jumps by ``time`` with a chance, and the chances from there on; None where they are not counted.

    P(N >= n) = P(S_n <= t) of n waits: of waits of fixed length 0 or 1, of uniform ones the law of Irwin and Hall, 1/n! sum_k
    (-1)^k binomial(n, k) (x - k)_+^n at x = (t - n low)/(high - low). Source: W. Feller, An Introduction to Probability Theory
    and Its Applications 2 (1971), I.9. A jump at the time itself has happened.
    """
    a = {name: number(value) for name, value in law.arguments}
    if law.distribution == "fixed":
        return int(mpmath.floor(time / a["value"] + AT_A_JUMP)), np.ones(1)
    if law.distribution != "uniform":
        return None
    low, high = a["low"], a["high"]
    first, last = int(mpmath.floor(time / high)), int(2 * time / (low + high)) + 1
    if last > MOST:
        return None
    chances = []
    with mpmath.workdps(40 + 2 * last):
        before, n = mpmath.mpf(1), first
        while before > NEGLIGIBLE:
            n += 1
            after = _irwin_hall(n, (mpmath.mpf(time) - n * low) / (high - low))
            chances.append(float(before - after))
            before = after
    return first, np.array(chances)


def _irwin_hall(n: int, x: Number) -> Number:
    """P(U_1 + ... + U_n <= x)."""
    if x <= 0 or x >= n:
        return mpmath.mpf(int(x >= n))
    return mpmath.fsum((-1) ** k * mpmath.binomial(n, k) * (x - k) ** n for k in range(int(x) + 1)) / mpmath.factorial(
        n
    )


def inverse_of_several(
    density: Callable[[complex], Any], time: float, nodes: tuple[int, int]
) -> tuple[npt.NDArray[np.complex128], float]:
    """By the contour, of two, that has the smaller estimate."""
    with np.errstate(over="ignore", invalid="ignore"):  # a transform that grows on the contour has no estimate
        contours = [inverse_laplace(density, time, n) for n in (nodes, MANY)]
    return min(contours, key=lambda pair: pair[1])


def inverse_checked(
    density: Callable[[complex], Any], time: float, beyond: Callable[[complex], bool], nodes: tuple[int, int]
) -> tuple[npt.NDArray[np.complex128], float]:
    """By contours, checked by a line, which has it where the two differ or where it is better.

    Where the line does not settle, neither is known: the error is infinite.
    """
    found, error = inverse_of_several(density, time, nodes)
    line, worst = inverse_on_line(density, time, beyond)
    if np.max(np.abs(found - line)) <= 3 * (worst + error) and error <= worst < np.inf:
        return found, error
    return line, worst
