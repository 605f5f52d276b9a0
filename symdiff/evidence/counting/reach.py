"""Why no walk of n steps ends at a site: an exact reason."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from symdiff.evidence.counting.lattice import coordinates, dot, hermite_basis, plus
from symdiff.evidence.counting.steps import StepSet, Vector

OFF_LATTICE = "off the lattice of the steps"
TOO_FAR = "too far"
PARITY = "parity"
NO_COMBINATION = "no combination of the steps"


def obstruction(steps: StepSet, n: int, displacement: Vector) -> str | None:
    """The first of these that holds, else None (then some walk may still be missing: a gap near the boundary).

    ``off the lattice of the steps``: no integer combination of steps gives the displacement; ``too far``: it
    lies outside n times the convex hull of the steps; ``parity``: it takes another number of steps, modulo the
    period of the walk (two for nearest neighbours of the square lattice, three for some others).
    """
    if not any(displacement) and n == 0:
        return None
    if coordinates(hermite_basis(steps.steps), displacement) is None:
        return OFF_LATTICE
    if not in_hull(steps.steps, n, displacement):
        return TOO_FAR
    first = steps.steps[0]
    differences = hermite_basis(plus(s, first, -1) for s in steps.steps)
    if coordinates(differences, plus(displacement, first, -n)) is None:
        return PARITY
    return None


def in_hull(points: Sequence[Vector], scale: int, target: Vector) -> bool:
    """Whether target = sum l_i p_i with l_i >= 0, sum l_i = scale: phase one of the revised simplex method, exactly.

    The column of largest gain enters, after a step of length zero the first column that gains (Bland's rule), so that
    it cannot cycle. Source: V. Chvatal, Linear Programming, chapters 3, 7, 8.
    """
    sides = [*target, scale]
    signs = [-1 if side < 0 else 1 for side in sides]
    columns = [tuple(sign * x for sign, x in zip(signs, (*point, 1), strict=True)) for point in points]
    # Rows of the inverse of the basis, each followed by the value of its variable, all over one denominator, the determinant of
    # the basis, by which every step divides without remainder; numbers below zero are artificial.
    rows = [[int(i == j) for j in range(len(sides))] + [abs(side)] for i, side in enumerate(sides)]
    basis, denominator = [-1 - i for i in range(len(sides))], 1
    stuck = False
    while any(row[-1] for row, variable in zip(rows, basis, strict=True) if variable < 0):
        artificial = [r[:-1] for r, b in zip(rows, basis, strict=True) if b < 0]
        prices = tuple([sum(column) for column in zip(*artificial, strict=True)])
        gains = [dot(prices, column) for column in columns]
        entering = next((j for j, gain in enumerate(gains) if gain > 0), None) if stuck else gains.index(max(gains))
        if entering is None or gains[entering] <= 0:
            return False
        direction = [sum([a * x for a, x in zip(row, columns[entering], strict=False)]) for row in rows]
        length, _, leaving = min(
            (Fraction(r[-1], d), b, i) for i, (r, b, d) in enumerate(zip(rows, basis, direction, strict=True)) if d > 0
        )
        stuck = length == 0
        basis[leaving] = entering
        pivot, chosen = direction[leaving], rows[leaving]
        for i, factor in enumerate(direction):
            if i != leaving:
                rows[i] = [(pivot * a - factor * b) // denominator for a, b in zip(rows[i], chosen, strict=True)]
        denominator = pivot
    return True
