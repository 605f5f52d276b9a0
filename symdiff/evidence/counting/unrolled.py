"""Walks between walls as walks with internal states: the places across the walls are the states, along them the walk is free.

A strip of the plane is a walk on the line with as many states as the strip has rows; a box, a ring, and anything seen in its
bounded directions only has no free direction left.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from symdiff.evidence.counting.lattice import dot, hermite_basis, unimodular_inverse
from symdiff.evidence.counting.steps import Vector, Weight
from symdiff.evidence.counting.terrain import Place, Polynomial, Terrain, WalledSteps

MOST_PLACES = 150


@dataclass(frozen=True)
class Unrolled:
    """``states``: places with their free coordinates zero, the start's first; ``arcs[i]``: (state, free step, weight), the weights
    times the walk's denominator; ``origin``: the free coordinates of the start; ``forms``: they are the forms of a site."""

    states: tuple[Place, ...]
    arcs: tuple[tuple[tuple[int, Vector, Weight], ...], ...]
    origin: Vector
    forms: tuple[Vector, ...]
    directions: tuple[Vector, ...]

    def locate(self, place: Place) -> tuple[int | None, Vector]:
        """(number of the state, None where no walk gets there; free coordinates from the start on)."""
        across, along = _split(place[0], self.forms, self.directions)
        number = self.states.index((across, place[1])) if (across, place[1]) in self.states else None
        return number, tuple(a - o for a, o in zip(along, self.origin, strict=True))


def unrolled(walk: WalledSteps, start: Place) -> Unrolled | None:
    """The same walk with states across; None where more than ``MOST_PLACES`` of them are met."""
    forms, directions = _free_directions(walk.terrain, walk.dimension)
    first, origin = _split(start[0], forms, directions)
    numbers: dict[Place, int] = {(first, start[1]): 0}
    waiting, arcs = deque([(first, start[1])]), []
    while waiting:
        here = waiting.popleft()
        out = []
        for (there, state), weight in walk.arcs(here):
            across, along = _split(there, forms, directions)
            target = (across, state)
            if target not in numbers:
                if len(numbers) == MOST_PLACES:
                    return None
                numbers[target] = len(numbers)
                waiting.append(target)
            out.append((numbers[target], along, weight))
        arcs.append(tuple(out))
    return Unrolled(tuple(numbers), tuple(arcs), origin, forms, directions)


def _split(site: Vector, forms: tuple[Vector, ...], directions: tuple[Vector, ...]) -> tuple[Vector, Vector]:
    """A site as one with free coordinates zero, and its free coordinates."""
    along = tuple(dot(form, site) for form in forms)
    across = list(site)
    for a, direction in zip(along, directions, strict=True):
        across = [x - a * d for x, d in zip(across, direction, strict=True)]
    return tuple(across), along


def _free_directions(terrain: Terrain, dimension: int) -> tuple[tuple[Vector, ...], tuple[Vector, ...]]:
    """(forms, directions): moving along a direction changes nothing; the forms are the coordinates along them."""
    normals = list(normals_of(terrain, dimension))
    units = [tuple(int(i == j) for j in range(dimension)) for i in range(dimension)]
    rows = hermite_basis((*(n[i] for n in normals), *units[i]) for i in range(dimension))
    cut = len(normals)
    free = [k for k, row in enumerate(rows) if not any(row[:cut])]
    # The right halves are a basis of all sites; coordinates in it are the forms of its inverse.
    basis = [row[cut:] for row in rows]
    inverse = unimodular_inverse(
        basis
    )  # columns of the inverse of the matrix of rows: site = y . basis, y = site . inverse
    return tuple(inverse[k] for k in free), tuple(basis[k] for k in free)


def normals_of(terrain: Terrain, dimension: int) -> Iterator[Vector]:
    """Forms on which alone everything depends."""
    for axis, _, _ in terrain.periods:
        yield tuple(int(i == axis) for i in range(dimension))
    for polynomial in polynomials_of(terrain):
        if polynomial.linear:
            yield polynomial.affine(dimension)[0]
        else:
            for axis in range(dimension):
                if any(exponents[axis] for exponents, _, _ in polynomial.terms):
                    yield tuple(int(i == axis) for i in range(dimension))


def polynomials_of(terrain: Terrain) -> Iterator[Polynomial]:
    for wall in terrain.walls:
        for sides in wall.sides:
            for side in sides:
                yield side.condition.polynomial
    for conditions in terrain.open_where:
        for condition in conditions:
            yield condition.polynomial
    for ratio in terrain.factors:
        if ratio is not None:
            yield from ratio
