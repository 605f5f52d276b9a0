"""Dynamic programming with whole layers: all counts of one state after m steps in one long integer.

A step adds the integer of a layer, shifted and weighted, to the layer of its target; see ``packing`` for why
this is exact. Works for any steps, with or without internal states, on the box of all displacements.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from symdiff.evidence.counting.long_integers import fast_integer
from symdiff.evidence.counting.packing import Packing, pack
from symdiff.evidence.counting.size import largest_count_bits, largest_total
from symdiff.evidence.counting.steps import StateSteps, Vector

_FAST_BELOW = 2 * 10**7  # bits of a layer; new memory for every sum costs more than Python's slower sums above


@dataclass(frozen=True)
class Box:
    """The box of all displacements of up to n steps, packed; ``lows``: the smallest entry of any step on each axis."""

    n: int
    lows: Vector
    packing: Packing

    def slot(self, displacement: Vector, m: int) -> int | None:
        """The slot of a displacement after m steps; None outside the box of m steps."""
        place = tuple(x - m * low for x, low in zip(displacement, self.lows, strict=True))
        return self.packing.slot(place) if self.packing.holds(place) else None


def box_of(steps: StateSteps, n: int) -> Box:
    """The packed box for up to n steps."""
    axes = list(zip(*(t.step for t in steps.transitions), strict=True))
    lows = tuple(min(axis) for axis in axes)
    units = [tuple(int(i == j) for j in range(len(axes))) for i in range(len(axes))]
    columns = [[x - low for x in axis] + [0] for axis, low in zip(axes, lows, strict=True)]
    return Box(n, lows, pack(columns, units, n, largest_total(steps) ** n))


def box_bytes(steps: StateSteps, n: int) -> int:
    """About the memory of two sets of layers, without building them."""
    places = 2 * len(steps.states)
    for axis in zip(*(t.step for t in steps.transitions), strict=True):
        places *= n * (max(axis) - min(axis)) + 1
    return places * (largest_count_bits(steps, n) // 8 + 1)


def packed_layers(steps: StateSteps, box: Box, start: int) -> Iterator[list[Any]]:
    """The layers of all states after 0, 1, ..., n steps from one state; slots after m steps: ``box.slot(., m)``."""
    bits = box.packing.slot_bits
    arcs = [
        (source, target, bits * box.packing.slot(tuple(x - low for x, low in zip(step, box.lows, strict=True))), weight)
        for source, out in enumerate(steps.arcs)
        for target, step, weight in out
    ]
    largest = box.packing.slots * bits
    integer = fast_integer() if largest < _FAST_BELOW else int
    layer = [integer(i == start) for i in range(len(steps.states))]
    yield layer
    for _ in range(box.n):
        following = [integer(0)] * len(layer)
        for source, target, shift, weight in arcs:
            if layer[source]:
                moved = layer[source] << shift
                following[target] += moved if weight == 1 else moved * weight
        layer = following
        yield layer


def packed_numerators(steps: StateSteps, n: int, displacement: Vector, start: int = 0, end: int = 0) -> list[int]:
    """The numerators of the counts of 0, 1, ..., n steps from one state to a displacement and a state."""
    box = box_of(steps, n)
    bits = box.packing.slot_bits
    found = []
    for m, layer in enumerate(packed_layers(steps, box, start)):
        slot = box.slot(displacement, m)
        found.append(0 if slot is None else int((layer[end] >> slot * bits) & ((1 << bits) - 1)))
    return found
