"""Linear systems and eigenvalues of matrices of many digits, with one factorisation for many right-hand sides."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import mpmath

Number = Any
MOST_STEPS = 40
LOST = 12  # digits that a factorisation may lose; residuals are read to 15


def solver(matrix: Any) -> Callable[[Any], Any]:
    """The map b -> x with ``matrix`` x = b; raises ZeroDivisionError for a matrix that is singular to all digits."""
    factors, order = mpmath.mp.LU_decomp(matrix.copy(), overwrite=True)
    return lambda right: mpmath.mp.U_solve(factors, mpmath.mp.L_solve(factors, right, order))


def eigenvalue_near(matrix: Any, shift: Number) -> Number | None:
    """The eigenvalue of ``matrix`` nearest to ``shift``, by inverse iteration; None where it does not settle.

    Every step gains the digits to which the shift is right.
    """
    size = matrix.rows
    vector = mpmath.matrix([mpmath.mpf(1 + n) / (2 + n) for n in range(size)])
    settled, value = mpmath.mpf(10) ** (LOST - mpmath.mp.dps) * max(1, abs(shift)), shift
    try:
        solve = solver(matrix - shift * mpmath.eye(size))
    except ZeroDivisionError:
        return None
    for _ in range(MOST_STEPS):
        vector = solve(vector)
        largest = max(vector, key=abs)
        if largest == 0:
            return None
        found = shift + 1 / largest
        if abs(found - value) <= settled:
            return found
        vector, value = vector / largest, found
    return None
