"""Linear symmetries of a step set, and the lattice points of its Newton polytope."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Sequence
from fractions import Fraction
from functools import lru_cache
from operator import mul

from symdiff.evidence.counting.lattice import dot, hermite_basis
from symdiff.evidence.counting.reach import in_hull
from symdiff.evidence.counting.steps import StepSet, Vector

Matrix = tuple[Vector, ...]
Map = tuple[Matrix, tuple[Fraction, ...]]
"""(g, k): the monomial x^s becomes k^s x^(g s), k^s = prod k_i^s_i."""
_MOST_MAPS = 20_000


@lru_cache(maxsize=64)
def symmetries(steps: StepSet) -> tuple[Matrix, ...]:
    """All integer matrices that permute the steps and keep their weights; the identity is among them.

    A map is fixed by the images of independent steps, which are tried. Where there would be too many to try, or the steps
    span no basis, only the identity is given.
    """
    dimension = steps.dimension
    identity = tuple(tuple(int(i == j) for j in range(dimension)) for i in range(dimension))
    basis = _independent(steps.steps)
    if len(basis) < dimension or len(steps.steps) ** dimension > _MOST_MAPS:
        return (identity,)
    inverse, scale = _whole_inverse(basis)
    weights = dict(zip(steps.steps, steps.weights, strict=True))
    found = []
    for images in itertools.permutations(steps.steps, dimension):
        if any(weights[a] != weights[b] for a, b in zip(basis, images, strict=True)):
            continue
        rows = [
            [sum(images[k][i] * inverse[k][j] for k in range(dimension)) for j in range(dimension)]
            for i in range(dimension)
        ]
        if not any(x % scale for row in rows for x in row):
            matrix = tuple(tuple(x // scale for x in row) for row in rows)
            if {apply(matrix, s): w for s, w in weights.items()} == weights:
                found.append(matrix)
    return tuple(found)


def monomial_symmetries(steps: StepSet) -> tuple[Map, ...]:
    """The maps that leave sum w_s x^s as it is: of a biased square walk x -> 1/x with the ratio of the weights, for example.

    The linear maps of the bare steps are tried; the identity is among the maps found.
    """
    ones = (Fraction(1),) * steps.dimension
    linear = symmetries(steps)
    if len(set(steps.weights)) == 1:
        return tuple((g, ones) for g in linear)
    generators = _generators(steps.steps)
    if generators is None:
        return tuple((g, ones) for g in linear)
    weights = dict(zip(steps.steps, steps.weights, strict=True))
    found: list[Map] = []
    for g in symmetries(StepSet(steps.steps, (1,) * len(steps.steps))):
        ratios = [Fraction(weights[apply(g, s)]) / weights[s] for s in steps.steps]
        scales = tuple(
            math.prod((r**k for r, k in zip(ratios, row, strict=True)), start=Fraction(1)) for row in generators
        )
        if all(power(scales, s) == r for s, r in zip(steps.steps, ratios, strict=True)):
            found.append((g, scales))
    return tuple(found)


def _generators(steps: Sequence[Vector]) -> list[Vector] | None:
    """For every unit vector a combination of steps that gives it; None where there is none."""
    dimension = len(steps[0])
    rows = hermite_basis((*s, *(int(i == j) for j in range(len(steps)))) for i, s in enumerate(steps))
    heads = [row[:dimension] for row in rows if any(row[:dimension])]
    if heads != [tuple(int(i == j) for j in range(dimension)) for i in range(dimension)]:
        return None
    return [row[dimension:] for row in rows[:dimension]]


def power(scales: Sequence[Fraction], exponents: Sequence[int]) -> Fraction:
    """prod k_i^e_i."""
    return math.prod((k**e for k, e in zip(scales, exponents, strict=True)), start=Fraction(1))


def apply(matrix: Matrix, vector: Vector) -> Vector:
    """The image of a vector."""
    return tuple([sum(map(mul, row, vector)) for row in matrix])


def dual(matrix: Matrix) -> tuple[tuple[Fraction, ...], ...]:
    """The inverse transpose, which acts on linear forms."""
    return tuple(zip(*inverse_of(tuple(zip(*matrix, strict=True))), strict=True))


def polytope_points(points: Iterable[Vector], maps: Sequence[Matrix] = ()) -> list[Vector]:
    """The integer points of the convex hull of points that span the space; exact. ``maps``: a group that permutes the points.

    Facets are the planes through as many of the extreme points as there are dimensions with all others on one side; it is
    enough to look at those through one extreme point of each orbit.
    """
    given = sorted(set(points))
    dimension = len(given[0])
    ranges = [range(min(axis), max(axis) + 1) for axis in zip(*given, strict=True)]
    if dimension == 1:
        return [(x,) for x in ranges[0]]
    sides = facets(given, maps)
    return [p for p in itertools.product(*ranges) if all(dot(normal, p) >= least for normal, least in sides)]


def facets(points: Sequence[Vector], maps: Sequence[Matrix] = ()) -> set[tuple[Vector, int]]:
    """(normal, least) for every facet of the convex hull of points that span a space of two dimensions or more."""
    given, dimension = sorted(set(points)), len(points[0])
    group = maps or (tuple(tuple(int(i == j) for j in range(dimension)) for i in range(dimension)),)
    firsts = [p for p in given if p == min(apply(g, p) for g in group)]
    extreme = [p for p in firsts if not in_hull([q for q in given if q != p], 1, p)]
    return _facets(extreme, sorted({apply(g, p) for p in extreme for g in group}), group)


def _facets(firsts: Sequence[Vector], vertices: Sequence[Vector], group: Sequence[Matrix]) -> set[tuple[Vector, int]]:
    dimension = len(vertices[0])
    sides: set[tuple[Vector, int]] = set()
    for first in firsts:
        others = [v for v in vertices if v != first]
        for chosen in itertools.combinations(others, dimension - 1):
            normal = _orthogonal([tuple(a - b for a, b in zip(v, first, strict=True)) for v in chosen], dimension)
            common = math.gcd(*normal)
            if not common:
                continue
            normal = tuple(x // common for x in normal)
            here = dot(normal, first)
            for sign in (1, -1):
                side = tuple(sign * x for x in normal)
                if (side, sign * here) not in sides and all(dot(side, v) >= sign * here for v in vertices):
                    sides |= {(apply(tuple(zip(*g, strict=True)), side), sign * here) for g in group}
    return sides


def _orthogonal(edges: Sequence[Vector], dimension: int) -> Vector:
    """A vector orthogonal to dimension - 1 vectors: their minors (zero where they are dependent)."""
    return tuple(
        (-1) ** i * _determinant([[x for j, x in enumerate(e) if j != i] for e in edges]) for i in range(dimension)
    )


def _determinant(rows: Sequence[Sequence[int]]) -> int:
    if not rows:
        return 1
    return sum(
        (-1) ** j * x * _determinant([[*r[:j], *r[j + 1 :]] for r in rows[1:]]) for j, x in enumerate(rows[0]) if x
    )


def _independent(vectors: Sequence[Vector]) -> tuple[Vector, ...]:
    chosen: list[Vector] = []
    for vector in vectors:
        if _rank([*chosen, vector]) > len(chosen):
            chosen.append(vector)
    return tuple(chosen)


def _rank(vectors: Sequence[Vector]) -> int:
    rows = [[Fraction(x) for x in v] for v in vectors]
    rank = 0
    for column in range(len(vectors[0])):
        found = next((i for i in range(rank, len(rows)) if rows[i][column]), None)
        if found is None:
            continue
        rows[rank], rows[found] = rows[found], rows[rank]
        for i in range(rank + 1, len(rows)):
            factor = rows[i][column] / rows[rank][column]
            rows[i] = [a - factor * b for a, b in zip(rows[i], rows[rank], strict=True)]
        rank += 1
    return rank


def _whole_inverse(columns: Sequence[Sequence[int]]) -> tuple[list[list[int]], int]:
    """(m, k): m/k is the inverse, all integers."""
    inverse = inverse_of(columns)
    scale = math.lcm(*(x.denominator for row in inverse for x in row))
    return [[int(x * scale) for x in row] for row in inverse], scale


def inverse_of(columns: Sequence[Sequence[int]]) -> list[list[Fraction]]:
    """The inverse of the matrix whose columns are given, as rows."""
    size = len(columns)
    work = [
        [Fraction(columns[j][i]) for j in range(size)] + [Fraction(int(i == j)) for j in range(size)]
        for i in range(size)
    ]
    for column in range(size):
        found = next(i for i in range(column, size) if work[i][column])
        work[column], work[found] = work[found], work[column]
        work[column] = [x / work[column][column] for x in work[column]]
        for i in range(size):
            if i != column and work[i][column]:
                work[i] = [a - work[i][column] * b for a, b in zip(work[i], work[column], strict=True)]
    return [row[size:] for row in work]
