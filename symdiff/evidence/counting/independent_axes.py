"""Walks to one site whose steps each move along one of several independent groups of axes: hypercubic lattices, for example.

Which of n steps belong to which group is a choice, so that the numbers of walks N(n) = sum_k C(n, k) N_1(k) N_2(n - k), and their
exponential generating functions are products. Source: P. Flajolet, R. Sedgewick, Analytic Combinatorics, II.2 (labelled products).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from symdiff.errors import InternalFaultError
from symdiff.evidence.counting.decimal_text import about
from symdiff.evidence.counting.dynamic_programming import layers
from symdiff.evidence.counting.long_integers import fast_integer
from symdiff.evidence.counting.sequence_sweep import sequence_numerators
from symdiff.evidence.counting.size import require_bytes
from symdiff.evidence.counting.steps import StepSet, Vector, one_state

METHOD = "choice of the steps along each of {} independent groups of axes (exponential generating functions)"
_LEAST_DIMENSION = 4  # below, recurrences in the plane and in space are as fast
_MOST_STEPS, _MOST_STEPS_OF_PYTHON = 4000, 800
_FEW = 4
CHECKED = f"the same form at 0..{_FEW} steps: dynamic programming"
Group = tuple[tuple[int, ...], StepSet]


def groups_of_axes(steps: StepSet) -> tuple[Group, ...] | None:
    """(axes, steps along them), at least two of them; a step that rests belongs to any. None where the axes hang together."""
    parent = list(range(steps.dimension))

    def root(i: int) -> int:
        while parent[i] != i:
            i = parent[i]
        return i

    moved = [[i for i, x in enumerate(s) if x] for s in steps.steps]
    for axes in moved:
        for i in axes[1:]:
            parent[root(i)] = root(axes[0])
    members: dict[int, list[tuple[Vector, int]]] = {}
    for s, along, w in zip(steps.steps, moved, steps.numerators, strict=True):
        members.setdefault(root(along[0]) if along else -1, []).append((s, w))
    resting = members.pop(-1, [])
    if len(members) < 2:
        return None
    first = next(iter(members))
    members[first] += resting
    found = []
    for head, own in members.items():
        here = tuple(i for i in range(steps.dimension) if root(i) == head)
        found.append((here, StepSet(tuple(tuple(s[i] for i in here) for s, _ in own), tuple(w for _, w in own))))
    return tuple(found)


def numbers_along_axes(
    steps: StepSet, n: int, displacement: Vector, check: bool, max_bytes: int
) -> tuple[list[int], str, list[str]] | None:
    """The numerators of the numbers of walks of 0..n steps to one site, the method, and what was compared; None where it does not apply.

    Raises :class:`ResourceError` before the work begins where it may need more than ``max_bytes``.
    """
    if steps.dimension < _LEAST_DIMENSION or n > (_MOST_STEPS_OF_PYTHON if fast_integer() is int else _MOST_STEPS):
        return None
    groups = groups_of_axes(steps)
    moving = {i for axes, _ in groups or () for i in axes}
    if groups is None or any(x for i, x in enumerate(displacement) if i not in moving):
        return None
    bits = n * (n + sum(steps.numerators)).bit_length()
    require_bytes(f"the numbers of walks of 0..{about(n)} steps", 4 * n * bits // 8, max_bytes)
    found = _product(groups, n, displacement, max_bytes)
    method = METHOD.format(len(groups))
    if not check:
        return found, method, []
    few, origin = min(n, _FEW), (0,) * steps.dimension
    twin = [layer.get((displacement, 0), 0) for layer in layers(one_state(steps), few, {(origin, 0): 1})]
    if found[: few + 1] != twin:
        raise InternalFaultError(f"the numbers of walks (by {method}) disagree with dynamic programming at {few} steps")
    return found, method, [CHECKED]


def _product(groups: Sequence[Group], n: int, displacement: Vector, max_bytes: int) -> list[int]:
    known: dict[tuple[StepSet, Vector], list[int]] = {}
    found: list[int] | None = None
    for axes, steps in groups:
        inner = tuple(displacement[i] for i in axes)
        if (steps, inner) not in known:
            known[steps, inner] = sequence_numerators(steps, n, inner, 0, 0, False, max_bytes)[0]
        own = known[steps, inner]
        found = own if found is None else _together(found, own, n)
    return found or []


def _together(a: Sequence[int], b: Sequence[int], n: int) -> list[int]:
    """sum_k C(m, k) a_k b_(m-k) for m = 0..n."""
    if fast_integer() is int:
        return [sum(math.comb(m, k) * a[k] * b[m - k] for k in range(m + 1) if a[k] and b[m - k]) for m in range(n + 1)]
    from flint import fmpz, fmpz_poly

    falling = [fmpz(1)]  # n!/m! for m = n, n - 1, ..., 0
    for m in range(n, 0, -1):
        falling.append(falling[-1] * m)
    scale, whole = falling[::-1], falling[-1]
    product = fmpz_poly([s * v for s, v in zip(scale, a, strict=True)]).mul_low(
        fmpz_poly([s * v for s, v in zip(scale, b, strict=True)]), n + 1
    )
    return [int(product[m] // (whole * scale[m])) for m in range(n + 1)]
