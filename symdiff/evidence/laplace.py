"""Laplace transforms inverted by quadrature on a contour around the negative real axis."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

NODES = (20, 26)
"""Numbers of nodes: the difference of the two results measures the error."""

Spectrum = npt.NDArray[np.complex128]


MANY = (40, 48)  # where singularities lie further from the negative real axis


def inverse_laplace(
    transform: Callable[[complex], Any], time: float, nodes: tuple[int, int] = NODES
) -> tuple[Spectrum, float]:
    """f(t) for all components of ``transform``(s) at once, and a bound on the error relative to the largest.

    Talbot's contour with the constants of J. A. C. Weideman, SIAM J. Numer. Anal. 44 (2006) 2342. The singularities must
    lie on or near the negative real axis, or at zero.
    """
    coarse, fine = (_talbot(transform, time, n) for n in nodes)
    size = float(np.max(np.abs(fine)))
    return fine, float(np.max(np.abs(fine - coarse))) / size if size > 0 else 0.0


def _talbot(transform: Callable[[complex], Any], time: float, nodes: int) -> Spectrum:
    total: Any = 0.0
    for n in range(nodes):
        angle = -np.pi + (n + 0.5) * 2 * np.pi / nodes
        cot = 1 / np.tan(0.6407 * angle)
        s = nodes / time * (0.5017 * angle * cot - 0.6122 + 0.2645j * angle)
        slope = nodes / time * (0.5017 * cot - 0.5017 * 0.6407 * angle / np.sin(0.6407 * angle) ** 2 + 0.2645j)
        total = total + np.exp(s * time) * np.asarray(transform(complex(s))) * slope
    return np.asarray(total / (1j * nodes))
