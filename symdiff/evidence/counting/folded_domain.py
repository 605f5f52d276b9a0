"""The part of the lattice that stands for all of it under the symmetries of the steps: one site of each orbit."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from symdiff.evidence.counting.lattice import dot, plus
from symdiff.evidence.counting.reach import in_hull
from symdiff.evidence.counting.steps import StepSet, Vector
from symdiff.evidence.counting.symmetry import Matrix, facets, symmetries

_MOST_VERTICES = 30


@dataclass(frozen=True)
class Domain:
    """The form u, its pivot step, the group, and the walls of the region u.x <= u.gx: where form.x < 0, map lowers u."""

    form: Vector
    pivot: int
    maps: tuple[Matrix, ...]
    walls: tuple[tuple[Vector, Matrix], ...]
    ties: bool  # different sites of one orbit may lie on the boundary
    facets: tuple[tuple[Vector, int], ...]  # normal.s >= least for every step: n steps reach normal.x >= n least


@lru_cache(maxsize=16)
def domain_of(steps: StepSet) -> Domain | None:
    """The region where a form of the least height is smallest in its orbit; None where no small form tells all images apart."""
    reach = range(-4, 5) if steps.dimension == 2 else range(-3, 4)
    heights = []
    for form in itertools.product(reach, repeat=steps.dimension):
        values = [dot(form, s) for s in steps.steps]
        if values.count(min(values)) == 1:
            heights.append((max(values) - min(values), form, values.index(min(values))))
    heights.sort()
    for group in dict.fromkeys((symmetries(steps), symmetries(steps)[:0])):
        maps = group or (tuple(tuple(int(i == j) for j in range(steps.dimension)) for i in range(steps.dimension)),)
        for _, form, pivot in heights:
            if _tells_apart(form, maps):
                walls = _walls(form, maps)
                ties = any(not _is_reflection(w, g) for w, g in walls)
                sides = facets(steps.steps, maps) if len(steps.steps) <= _MOST_VERTICES else ()
                return Domain(form, pivot, maps, walls, ties, tuple(sorted(sides)))
    return None


def _tells_apart(form: Vector, maps: tuple[Matrix, ...]) -> bool:
    """Whether no map but the identity keeps the form."""
    seen: set[Vector] = set()
    for g in maps:
        if (image := _pulled(form, g)) in seen:
            return False
        seen.add(image)
    return True


def _pulled(form: Vector, matrix: Matrix) -> Vector:
    """The form x -> form.(matrix x)."""
    return tuple(sum(f * row[j] for f, row in zip(form, matrix, strict=True)) for j in range(len(form)))


def lowered(form: Vector, matrix: Matrix) -> Vector:
    """The form x -> form.(matrix x) - form.x."""
    return plus(_pulled(form, matrix), form, -1)


def _walls(form: Vector, maps: tuple[Matrix, ...]) -> tuple[tuple[Vector, Matrix], ...]:
    """The conditions u.gx - u.x >= 0 that are no sums of others; short ones are looked at first, the others are sums of them."""
    zero = (0,) * len(form)
    given = sorted(((w, g) for g in maps if any(w := lowered(form, g))), key=lambda pair: sum(x * x for x in pair[0]))
    kept: list[tuple[Vector, Matrix]] = []
    for pair in given:
        if not kept or not in_hull((*(w for w, _ in kept), zero), 10**6, pair[0]):
            kept.append(pair)
    for pair in tuple(reversed(kept)):
        others = [w for w, _ in kept if w != pair[0]]
        if others and in_hull((*others, zero), 10**6, pair[0]):
            kept.remove(pair)
    return tuple(kept)


def _is_reflection(wall: Vector, matrix: Matrix) -> bool:
    """Whether the map fixes every point where the form of the wall is zero."""
    size = len(wall)
    axis = next(i for i, x in enumerate(wall) if x)
    moved = [[matrix[i][j] - int(i == j) for j in range(size)] for i in range(size)]
    return all(row[j] * wall[axis] == row[axis] * wall[j] for row in moved for j in range(size))


def bounding_box(domain: Domain, n: int, steps: StepSet) -> tuple[Any, Any]:
    """First coordinates and numbers of sites of a box around the representatives: axes are cut where the walls say a sign."""
    import numpy as np

    cone = (*(w for w, _ in domain.walls), (0,) * steps.dimension)
    lows, highs = [], []
    for axis, entries in enumerate(zip(*steps.steps, strict=True)):
        unit = tuple(int(i == axis) for i in range(steps.dimension))
        positive, negative = (in_hull(cone, 10**6, tuple(sign * x for x in unit)) for sign in (1, -1))
        lows.append(max(n * min(entries), 0) if positive else n * min(entries))
        highs.append(min(n * max(entries), 0) if negative else n * max(entries))
    sizes = [high - low + 1 for low, high in zip(lows, highs, strict=True)]
    return np.array(lows, np.int64), np.array(sizes, np.int64)
