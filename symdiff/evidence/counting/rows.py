"""Walks between straight walls that absorb, refuse or mirror steps, whole rows at a time: in limbs of long counts, or modulo many primes.

Needs numba; without it the caller goes on place by place.
"""

from __future__ import annotations

import importlib.util
import math
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from symdiff.errors import InternalFaultError
from symdiff.evidence.counting.modular import from_remainders, primes_below
from symdiff.evidence.counting.row_plan import row_plan, row_ranges
from symdiff.evidence.counting.row_sweep import in_limbs, limb_bytes, modulo
from symdiff.evidence.counting.row_walls import half_spaces
from symdiff.evidence.counting.steps import StepSet
from symdiff.evidence.counting.survival import METHOD as SURVIVAL
from symdiff.evidence.counting.survival import Survival
from symdiff.evidence.counting.terrain import ABSORBING, MIRROR, Place, WalledSteps

LIMBS = "row sweep between walls, in limbs of {} bits"
METHOD = "row sweep between walls, modulo {} primes"
BACKWARD = "the walks from their end to their start modulo a prime, every term"
FURTHER = "a further prime, every term"
_WORTHWHILE = 300_000
_PREFIX = 30_000
_MOST_LIMB_BYTES = 2**30


def row_sequence(
    walk: WalledSteps, n: int, start: Place, end: Place | None, *, check: bool, max_bytes: int
) -> tuple[list[Any], str, tuple[str, ...]] | None:
    """The numerators of the counts of 0..n steps to one end or (None) to any; None where this way does not apply or pay.

    Raises :class:`ResourceError` where tables and rows may need more than ``max_bytes``.
    """
    steps = walk.steps
    if not (isinstance(steps, StepSet) and sweeps_by_rows(walk)):
        return None
    places = math.prod(high - low + 1 for low, high in row_ranges(walk, n, start, end))
    if places * n * len(steps.steps) <= _WORTHWHILE:
        return None
    total = _total(walk, steps)
    survival = _survival(walk, steps, n, start, end, max_bytes)
    plan = None if survival is not None else row_plan(walk, n, start, end, max_bytes)
    if survival is None and plan is None:
        return None
    back = row_plan(walk, n, start, end, max_bytes, backward=True) if plan and check and end is not None else None
    in_words = plan is not None and limb_bytes(plan, total) <= min(_MOST_LIMB_BYTES, max_bytes)
    # one to check with; many where the counts are put together from remainders: only what fits gets here
    *used, spare = primes_below(50, 1 if in_words else (total**n).bit_length() // 49 + 2)
    if survival is not None:
        *found, other = survival.remainders([*used, spare], total)
        values, name = _joined(found, used), SURVIVAL.format(len(used))
    else:
        assert plan is not None
        if in_words:
            values, bits = in_limbs(plan, total)
            name = LIMBS.format(bits)
        else:
            values, name = _joined(modulo(plan, total, used), used), METHOD.format(len(used))
        other = modulo(back or plan, total, [spare])[0] if check else []
    values[0] = int(end is None or end == start)
    if not check:
        return values, name, ()
    if any((v - r) % spare for v, r in zip(values[1:], other[1:], strict=True)):
        raise InternalFaultError("the counts between walls do not fit their remainder modulo a further prime")
    return values, name, (BACKWARD if back else FURTHER, *_prefix(walk, start, end, values))


def sweeps_by_rows(walk: WalledSteps) -> bool:
    """Whether this way applies: plain steps between straight walls that absorb, refuse or mirror, and the compiled kernel is installed."""
    steps = walk.steps
    fits = isinstance(steps, StepSet) and _straight(walk) and _total(walk, steps) < 2**12
    return fits and importlib.util.find_spec("numba") is not None


def _total(walk: WalledSteps, steps: StepSet) -> int:
    """The sum of the weights of the steps, as integers."""
    return sum(steps.numerators) * (walk.denominator // steps.denominator)


def _straight(walk: WalledSteps) -> bool:
    terrain = walk.terrain
    special = terrain.periods or any(terrain.open_where) or terrain.rest or any(terrain.factors)
    if special or not terrain.walls:
        return False
    conditions = [side.condition for wall in terrain.walls for side in wall.sides[0]]
    if any(c.sign not in (">=", ">") or not c.polynomial.linear for c in conditions):
        return False
    return all(_upright(half.normal, half.image) for half in half_spaces(walk) if half.rule == MIRROR)


def _upright(normal: Sequence[int], image: Sequence[Fraction]) -> bool:
    """Whether images in a wall lie along its normal: lengths are then those of the coordinates."""
    both = list(zip(normal, image, strict=True))
    return all(a * y == b * x for a, x in both for b, y in both)


def _survival(
    walk: WalledSteps, steps: StepSet, n: int, start: Place, end: Place | None, max_bytes: int
) -> Survival | None:
    """The tables for walks that stay behind one or two absorbing walls of the form x >= c, wherever they end; None for others."""
    if end is not None or any(wall.rule != ABSORBING for wall in walk.terrain.walls):
        return None
    floors: list[int | None] = [None] * walk.dimension
    for half in half_spaces(walk):
        axes = [i for i, c in enumerate(half.normal) if c]
        if len(axes) != 1 or half.normal[axes[0]] < 0:
            return None
        floor = -(half.constant // half.normal[axes[0]])
        known = floors[axes[0]]
        floors[axes[0]] = floor if known is None else max(known, floor)
    return Survival(steps, n, start[0], floors, max_bytes) if 1 <= sum(f is not None for f in floors) <= 2 else None


def _joined(remainders: list[list[int]], primes: list[int]) -> list[int]:
    return [from_remainders(list(column), primes) for column in zip(*remainders, strict=True)]


def _prefix(walk: WalledSteps, start: Place, end: Place | None, values: list[int]) -> tuple[str, ...]:
    """The first terms again, place by place."""
    from symdiff.evidence.counting.walled import layers

    spent, m = 0, 0
    for m, layer in enumerate(layers(walk, len(values) - 1, {start: 1})):
        if (sum(layer.values()) if end is None else layer.get(end, 0)) != values[m]:
            raise InternalFaultError(
                f"the number of walks of {m} steps between walls disagrees with dynamic programming"
            )
        spent += len(layer) * len(walk.machine.transitions)
        if spent > _PREFIX:
            break
    return (f"dynamic programming, 0..{m} steps",)
