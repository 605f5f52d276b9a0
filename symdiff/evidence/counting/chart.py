"""Coordinates in which the Miller recurrence runs: levels along which it climbs, and packed places within a level.

All endpoints of n steps lie in n s0 + (the lattice of the differences of steps), for any step s0; coordinates of
that lattice waste nothing on parity. A linear form u with a unique minimum at s0 gives the level; further forms,
which complete it to a basis, give the place within the level.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from operator import mul

from symdiff.evidence.counting.lattice import (
    combine,
    coordinates,
    dot,
    extends_to_basis,
    hermite_basis,
    plus,
    small_forms,
    unimodular_inverse,
)
from symdiff.evidence.counting.steps import StepSet, Vector


@dataclass(frozen=True)
class Chart:
    """The pivot step s0, and level and places of every step relative to it.

    An endpoint of n steps is start + n s0 + level * along + sum_i place_i * sideways_i.
    """

    pivot: int
    pivot_step: Vector
    basis: tuple[Vector, ...]
    forms: tuple[Vector, ...]
    levels: tuple[int, ...]
    places: tuple[Vector, ...]
    along: Vector
    sideways: tuple[Vector, ...]

    def locate(self, displacement: Vector, n: int) -> tuple[int, Vector] | None:
        """Level and place of a displacement after n steps; None off the lattice."""
        relative = coordinates(self.basis, plus(displacement, self.pivot_step, -n))
        if relative is None:
            return None
        level, *place = (dot(form, relative) for form in self.forms)
        return level, tuple(place)

    def box(self, n: int) -> int:
        """The number of packed places at most, over all levels of n steps."""
        return math.prod(n * _width(column) + 1 for column in (self.levels, *zip(*self.places, strict=True)))


@lru_cache(maxsize=128)
def choose_chart(steps: StepSet, target: tuple[int, Vector] | None = None) -> Chart | None:
    """The chart with the fewest levels; with ``target = (n, displacement)`` the fewest levels up to that endpoint.

    None where no form among the small ones has a unique minimum, or they cannot be completed to a basis: the
    recurrence then runs site by site, which needs no chart.
    """
    basis, _ = relative_steps(steps)
    forms = _forms_by_width(steps)
    if not basis or not forms:
        return None
    aim = None
    if target is not None:
        n, displacement = target
        aim = coordinates(basis, plus(displacement, steps.steps[0], -n))
    climbing = []
    for width, form, values in forms:
        lowest = min(values)
        if values.count(lowest) == 1:
            height = width if aim is None or target is None else dot(form, aim) - target[0] * lowest
            climbing.append((height, width, len(set(values)), form, values.index(lowest)))
    candidates = [form for _, form, _ in forms]
    for *_, form, pivot in sorted(climbing):
        chosen = _complete(form, candidates)
        if chosen is not None:
            return _chart(steps, pivot, chosen)
    return None


@lru_cache(maxsize=128)
def relative_steps(steps: StepSet) -> tuple[tuple[Vector, ...], tuple[Vector, ...]]:
    """A basis of the lattice of differences of steps, and the coordinates in it of every step minus the first."""
    differences = [plus(s, steps.steps[0], -1) for s in steps.steps]
    basis = hermite_basis(differences)
    found = (coordinates(basis, d) for d in differences)
    return basis, tuple(c for c in found if c is not None)


def most_sites(steps: StepSet, n: int) -> int:
    """A rigorous upper bound of the number of endpoints of n steps.

    The smaller of the number of multisets of n steps, and the points of a box: n times the width of the step set
    along each of a basis of forms, plus one.
    """
    multisets = (
        math.comb(n + len(steps.steps) - 1, n)
        if n < len(steps.steps)
        else math.comb(n + len(steps.steps) - 1, len(steps.steps) - 1)
    )
    basis, _ = relative_steps(steps)
    forms = narrow_forms(steps)
    width_of = {form: width for width, form, _ in _forms_by_width(steps)}
    widths = [width_of[form] for form in forms] or [_width(axis) for axis in zip(*steps.steps, strict=True)]
    return min(multisets, math.prod(n * w + 1 for w in widths)) if basis else 1


@lru_cache(maxsize=128)
def _forms_by_width(steps: StepSet) -> tuple[tuple[int, Vector, Vector], ...]:
    """The small forms with the width of the step set along each and the values at all steps, narrow ones first."""
    basis, relative = relative_steps(steps)
    found = []
    for form in small_forms(len(basis)):
        if form > (0,) * len(basis):
            values = tuple([sum(map(mul, form, c)) for c in relative])
            width = max(values) - min(values)
            found.append((width, form, values))
            found.append((width, tuple([-f for f in form]), tuple([-v for v in values])))
    return tuple(sorted(found))


@lru_cache(maxsize=128)
def narrow_forms(steps: StepSet) -> tuple[Vector, ...]:
    """A basis of forms along which the step set is narrow; empty where none was found."""
    forms = _forms_by_width(steps)
    return (_complete(forms[0][1], [form for _, form, _ in forms]) or ()) if forms else ()


def _complete(first: Vector, candidates: Sequence[Vector]) -> tuple[Vector, ...] | None:
    """A basis of forms that begins with one form and goes on with the earliest candidates that fit."""
    chosen = [first]
    for form in candidates:
        if len(chosen) == len(first):
            break
        if extends_to_basis([*chosen, form]):
            chosen.append(form)
    return tuple(chosen) if len(chosen) == len(first) else None


def _chart(steps: StepSet, pivot: int, forms: tuple[Vector, ...]) -> Chart:
    basis, relative = relative_steps(steps)
    measured = [tuple(dot(form, c) - dot(form, relative[pivot]) for form in forms) for c in relative]
    vectors = [combine(column, basis, steps.dimension) for column in unimodular_inverse(forms)]
    return Chart(
        pivot=pivot,
        pivot_step=steps.steps[pivot],
        basis=basis,
        forms=forms,
        levels=tuple(m[0] for m in measured),
        places=tuple(m[1:] for m in measured),
        along=vectors[0],
        sideways=tuple(vectors[1:]),
    )


def _width(values: Sequence[int]) -> int:
    return max(values) - min(values)
