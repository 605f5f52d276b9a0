"""Polynomials through values at Chebyshev points: their derivatives, and their values in between.

Source: L. N. Trefethen, Spectral Methods in MATLAB (2000), ch. 6; J.-P. Berrut and L. N. Trefethen, SIAM Rev. 46 (2004) 501.
"""

from __future__ import annotations

import numpy as np

from symdiff.evidence.arrays import FloatArray


def chebyshev_points(low: float, high: float, size: int) -> FloatArray:
    """``size + 1`` points from ``high`` down to ``low``."""
    return (low + high) / 2 + (high - low) / 2 * np.cos(np.pi * np.arange(size + 1) / size)


def differentiation(nodes: FloatArray) -> FloatArray:
    """The matrix that differentiates the polynomial through values at Chebyshev points."""
    n = len(nodes) - 1
    weights = np.where((np.arange(n + 1) == 0) | (np.arange(n + 1) == n), 2.0, 1.0) * (-1.0) ** np.arange(n + 1)
    gaps = nodes[:, None] - nodes[None, :] + np.eye(n + 1)
    matrix = np.outer(weights, 1 / weights) / gaps
    return np.asarray(matrix - np.diag(matrix.sum(axis=1)))


def interpolation(nodes: FloatArray, places: FloatArray) -> FloatArray:
    """The matrix that takes values at Chebyshev points to values of their polynomial at ``places`` (the barycentric formula)."""
    weights = (-1.0) ** np.arange(len(nodes))
    weights[[0, -1]] /= 2
    gaps = places[:, None] - nodes[None, :]
    row, column = np.nonzero(gaps == 0)  # places that are points themselves: their row is replaced
    gaps[row] = 1.0
    parts = weights / gaps
    parts[row] = 0.0
    parts[row, column] = 1.0
    found: FloatArray = parts / parts.sum(axis=1, keepdims=True)
    return found
