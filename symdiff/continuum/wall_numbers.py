"""Roots, null vectors and linear systems of a wall's layer in numbers of many digits."""

from __future__ import annotations

from typing import Any

import mpmath
import sympy as sp

from symdiff.errors import NotYetError

DIGITS = 40
OPEN = (
    "the layer next to the wall has no closed form for symbols: where exactly the wall stands is given where the rates "
    "are numbers times one symbol (put the others in with --set)"
)
Row = list[Any]


def roots_of(rest: sp.Poly) -> list[Any]:
    """The roots of a polynomial with rational coefficients, all of them simple."""
    if rest.degree() == 0:
        return []
    if sp.gcd(rest, rest.diff()).degree() > 0:
        raise NotYetError(OPEN)
    coefficients = [rational(c) for c in rest.all_coeffs()]
    return list(mpmath.polyroots(coefficients, maxsteps=400, extraprec=400))


def rational(value: sp.Expr) -> Any:
    """A rational number to the working digits."""
    return mpmath.mpf(int(value.p)) / int(value.q)


def matrix_at(matrix: sp.Matrix, root: Any) -> Any:
    """A matrix of rational functions of one symbol at a number."""
    z = sp.Symbol("z")
    found = mpmath.zeros(matrix.rows, matrix.cols)
    for i in range(matrix.rows):
        for j in range(matrix.cols):
            top, bottom = sp.fraction(sp.together(matrix[i, j]))
            found[i, j] = _at(top, z, root) / _at(bottom, z, root)
    return found


def _at(value: sp.Expr, z: sp.Symbol, root: Any) -> Any:
    return mpmath.polyval([rational(c) for c in sp.Poly(value, z).all_coeffs()], root)


def null_in_numbers(matrix: Any) -> list[Any]:
    """The vector that a singular matrix sends to zero, by elimination with full pivots."""
    size, rows = matrix.rows, matrix.copy()
    order = list(range(size))
    for k in range(size - 1):
        _, i, j = max((abs(rows[i, j]), i, j) for i in range(k, size) for j in range(k, size))
        for c in range(size):
            rows[k, c], rows[i, c] = rows[i, c], rows[k, c]
        for c in range(size):
            rows[c, k], rows[c, j] = rows[c, j], rows[c, k]
        order[k], order[j] = order[j], order[k]
        for i in range(k + 1, size):
            factor = rows[i, k] / rows[k, k]
            for c in range(k, size):
                rows[i, c] -= factor * rows[k, c]
    vector = [mpmath.mpf(0)] * size
    vector[size - 1] = mpmath.mpf(1)
    for k in range(size - 2, -1, -1):
        vector[k] = -mpmath.fsum(rows[k, c] * vector[c] for c in range(k + 1, size)) / rows[k, k]
    found = [mpmath.mpf(0)] * size
    for k, place in enumerate(order):
        found[place] = vector[k]
    return found


def solve_in_numbers(rows: list[Row]) -> list[Any]:
    """The one solution of rows (coefficients, constant) = 0, more rows than unknowns; raises where they contradict each other."""
    unknowns = len(rows[0]) - 1
    work = [list(row) for row in rows if any(c != 0 for c in row)]
    small = mpmath.mpf(10) ** (-DIGITS // 2)
    for k in range(unknowns):
        best = max(range(k, len(work)), key=lambda i: abs(work[i][k]), default=None)
        if best is None or abs(work[best][k]) < small:
            raise NotYetError(OPEN)
        work[k], work[best] = work[best], work[k]
        for i in range(len(work)):
            if i != k and work[i][k] != 0:
                factor = work[i][k] / work[k][k]
                work[i] = [a - factor * b for a, b in zip(work[i], work[k], strict=True)]
    if any(abs(row[-1]) > small for row in work[unknowns:]):
        raise NotYetError(OPEN)
    return [-work[k][-1] / work[k][k] for k in range(unknowns)]


def shown_number(value: Any) -> sp.Expr:
    """A real number of 16 digits; whole and simple fractions as they are."""
    real = mpmath.re(value)
    if abs(mpmath.im(value)) > mpmath.mpf(10) ** (-DIGITS // 2):
        raise NotYetError(OPEN)
    return sp.Float(mpmath.nstr(real, 16), 16)
