"""Laplace transforms inverted by quadrature on a contour around the negative real axis."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

NODES = (20, 26)
"""Numbers of nodes: the difference of the two results measures the error."""

Spectrum = npt.NDArray[np.complex128]


MANY = (40, 48)  # where singularities lie further from the negative real axis

DAMPING = 23.0  # e^(-23) = 1e-10: what later times add to an inversion along a line
AVERAGED = 31  # partial sums whose binomial mean is taken
TURNS = (64, 128, 256, 512, 1024, 2048, 4096)
LINE_ERROR = 2e-10  # of aliasing and rounding
CLOSE = 1e-9


def inverse_laplace(
    transform: Callable[[complex], Any], time: float, nodes: tuple[int, int] = NODES
) -> tuple[Spectrum, float]:
    """f(t) for all components of ``transform``(s) at once, and an estimate of the error relative to the largest.

    Talbot's contour with the constants of J. A. C. Weideman, SIAM J. Numer. Anal. 44 (2006) 2342. The singularities must
    lie on or near the negative real axis, or at zero: poles further out are passed over, by both numbers of nodes alike.
    """
    coarse, fine = (_talbot(transform, time, n) for n in nodes)
    if not np.all(np.isfinite(fine) & np.isfinite(coarse)):  # a transform that grows on the contour
        return np.full_like(fine, np.nan), float("inf")
    size = float(np.max(np.abs(fine)))
    return fine, float(np.max(np.abs(fine - coarse))) / size if size > 0 else 0.0


def inverse_on_line(
    transform: Callable[[complex], Any],
    time: float,
    beyond: Callable[[complex], bool],
    turns: Sequence[int] = TURNS,
) -> tuple[Spectrum, float]:
    """f(t) for all components, |f| <= 1, and a bound on the error, from a line to the right of all singularities.

    The series f(t) = e^(A/2)/(2t) sum_j (-1)^j F((A + 2 pi i j)/(2t)) of J. Abate and W. Whitt, Queueing Systems 10 (1992) 5, with
    the mean of its partial sums; sums half as long measure the error. ``beyond``(s) says that no singularity lies as far from the
    real axis as s; where it never does, the error is infinite.
    """
    terms: list[Any] = []
    with np.errstate(over="ignore", invalid="ignore"):  # what is no transform of a law does not settle
        return _on_line(transform, time, beyond, turns, terms)


def _on_line(
    transform: Callable[[complex], Any],
    time: float,
    beyond: Callable[[complex], bool],
    turns: Sequence[int],
    terms: list[Any],
) -> tuple[Spectrum, float]:
    for most in turns:
        for j in range(len(terms), most + AVERAGED):
            s = complex(DAMPING, 2 * np.pi * j) / (2 * time)
            pair = np.asarray(transform(s))
            terms.append((-1) ** j * (pair if j == 0 else pair + np.asarray(transform(s.conjugate()))))
        if not all(beyond(complex(DAMPING, 2 * np.pi * j) / (2 * time)) for j in np.linspace(most // 2, most, 9)):
            continue
        sums = np.exp(DAMPING / 2) / (2 * time) * np.cumsum(np.array(terms), axis=0)
        found, before = (_binomial_mean(sums[n : n + AVERAGED]) for n in (most, most // 2))
        error = float(np.max(np.abs(found - before))) + LINE_ERROR
        if error <= CLOSE or most == turns[-1]:
            return found, error
    return np.full_like(terms[0], np.nan), float("inf")


def _binomial_mean(rows: Any) -> Spectrum:
    for _ in range(len(rows) - 1):
        rows = (rows[1:] + rows[:-1]) / 2
    return np.asarray(rows[0])


def relaxation(rates: Any, index: float, time: float) -> tuple[Spectrum, float]:
    """E_a(rate t^a), the modes of D_t^a u = rate u, 0 < a < 1, and a bound on the error.

    The pole of s^(a-1)/(s^a - rate), where it has one with residue 1/a, is taken out of the transform: what is left is singular on
    the negative real axis only. Source: R. Gorenflo, J. Loutchko, Y. Luchko, Fract. Calc. Appl. Anal. 5 (2002) 491.
    """
    rates = np.asarray(rates, dtype=complex)
    has = (np.abs(np.angle(rates)) < np.pi * index) & (np.abs(rates) > 0)
    safe = np.where(has, rates, 1.0)
    pole = np.exp(np.log(safe) / index)

    def rest(s: complex) -> Any:
        return s ** (index - 1) / (s**index - rates) - np.where(has, 1 / (index * (s - pole)), 0.0)

    found, error = inverse_laplace(rest, time)
    with np.errstate(over="ignore", invalid="ignore"):
        whole = found + np.where(has, np.exp(pole * time) / index, 0.0)
    size = float(np.max(np.abs(whole)))
    return whole, error * float(np.max(np.abs(found))) / size if size > 0 else error


def _talbot(transform: Callable[[complex], Any], time: float, nodes: int) -> Spectrum:
    total: Any = 0.0
    for n in range(nodes):
        angle = -np.pi + (n + 0.5) * 2 * np.pi / nodes
        cot = 1 / np.tan(0.6407 * angle)
        s = nodes / time * (0.5017 * angle * cot - 0.6122 + 0.2645j * angle)
        slope = nodes / time * (0.5017 * cot - 0.5017 * 0.6407 * angle / np.sin(0.6407 * angle) ** 2 + 0.2645j)
        total = total + np.exp(s * time) * np.asarray(transform(complex(s))) * slope
    return np.asarray(total / (1j * nodes))
