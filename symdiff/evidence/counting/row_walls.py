"""Where steps from places next to straight walls end, many places at once: refused, mirrored, or surviving with a share of their weight.

The rules are those of ``terrain.WalledSteps.landing``, with which a sample is compared.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from symdiff.errors import InternalFaultError
from symdiff.evidence.counting.steps import StepSet, Vector
from symdiff.evidence.counting.terrain import ABSORBING, STAY, WalledSteps

_MOST_REFLECTIONS = 8
_SAMPLE = 64


@dataclass(frozen=True)
class Half:
    """One side of a wall: inside where normal . x + constant >= 0; its polynomial is scale^-1 (normal . x + offset)."""

    normal: Vector
    constant: int
    offset: int
    scale: Fraction
    image: tuple[Fraction, ...]
    rule: str
    absorbed: Fraction


def half_spaces(walk: WalledSteps) -> list[Half]:
    """Every side of the walls, in their order; the walls are straight."""
    found = []
    for wall in walk.terrain.walls:
        for side in wall.sides[0]:
            polynomial = side.condition.polynomial
            normal, offset = polynomial.affine(walk.dimension)
            axis = next((i for i, c in enumerate(normal) if c), None)
            if axis is None:
                scale = Fraction(1)
            else:
                site = [int(i == axis) for i in range(walk.dimension)]
                there = polynomial.parts(site)[0] - polynomial.parts([0] * walk.dimension)[0]
                scale = normal[axis] / there
            constant = offset - int(side.condition.sign == ">")
            found.append(Half(normal, constant, offset, scale, side.image, wall.rule, wall.absorbed))
    return found


def landings(walk: WalledSteps, places: Any, step: Vector) -> tuple[Any, Any] | None:
    """For an array of places (rows of coordinates) where this step ends, and ``denominator`` times the share that survives (0: absorbed).

    None where a mirror image is no site, a share is no whole number, or a step is reflected too often: the caller goes place by place.
    """
    import numpy as np

    halves = half_spaces(walk)
    scale = walk.denominator // walk.steps.denominator
    at, weight = places + np.array(step, np.int64), np.full(len(places), scale, np.int64)
    todo: Any = np.ones(len(places), bool)
    for _ in range(_MOST_REFLECTIONS):
        outside = np.array([at @ np.array(h.normal, np.int64) + h.constant < 0 for h in halves]) & todo
        for h, out in zip(halves, outside, strict=True):
            if h.rule == ABSORBING:
                weight[out] = 0
                todo &= ~out
        outside &= todo
        todo = outside.any(axis=0)
        if not todo.any():
            return at, weight
        first = outside.argmax(axis=0)
        for i, h in enumerate(halves):
            here = todo & (first == i)
            if not here.any():
                continue
            kept = weight[here] * (h.absorbed.denominator - h.absorbed.numerator)
            if (kept % h.absorbed.denominator).any():
                return None
            weight[here] = kept // h.absorbed.denominator
            if h.rule == STAY:
                at[here] = places[here]
                todo &= ~here
                continue
            value = at[here] @ np.array(h.normal, np.int64) + h.offset
            for axis, d in enumerate(h.image):
                shift = 2 * d / h.scale
                if ((value * shift.numerator) % shift.denominator).any():
                    return None
                at[here, axis] -= value * shift.numerator // shift.denominator
    return None


def compare_sample(walk: WalledSteps, steps: StepSet, places: Any) -> None:
    """Raise :class:`InternalFaultError` where the steps from some of these places do not end where the terrain says."""
    chosen = places[:: max(1, len(places) // _SAMPLE)]
    ends = [landings(walk, chosen, step) for step in steps.steps]
    if any(found is None for found in ends):  # there will be no table
        return
    for i, row in enumerate(chosen):
        ours: dict[Vector, int] = {}
        for numerator, found in zip(steps.numerators, ends, strict=True):
            if found is not None and found[1][i]:
                there = tuple(int(x) for x in found[0][i])
                ours[there] = ours.get(there, 0) + numerator * int(found[1][i])
        place = tuple(int(x) for x in row)
        if ours != {there: weight for (there, _), weight in walk.arcs((place, 0))}:
            raise InternalFaultError(f"the steps from {place} next to the walls are not those of the terrain")
