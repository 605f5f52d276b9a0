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

_HALVED_FROM = 10**6  # bytes of the layers of all steps from which on two halves pay
_MOST_HALF = 5 * 10**7  # bytes of a layer of half the steps
_MOST_SLOTS = 2**20  # of half the steps: sums of so many products of two numbers of 16 bits are exact in floating point
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
    if halves_pay(steps, n):
        return halved_numerators(steps, n, displacement)
    box = box_of(steps, n)
    bits = box.packing.slot_bits
    found = []
    for m, layer in enumerate(packed_layers(steps, box, start)):
        slot = box.slot(displacement, m)
        found.append(0 if slot is None else int((layer[end] >> slot * bits) & ((1 << bits) - 1)))
    return found


def halves_pay(steps: StateSteps, n: int) -> bool:
    """Whether ``halved_numerators`` is the faster way: its products grow with the square of the length of a count."""
    whole = box_bytes(steps, n)
    if len(steps.states) > 1 or whole < _HALVED_FROM:
        return False
    half = box_of(steps, n - n // 2).packing
    if half.slots > _MOST_SLOTS or half.slots * half.slot_bytes > _MOST_HALF:
        return False
    return half.slots * half.slot_bytes**2 < len(steps.transitions) * whole


def halved_numerators(steps: StateSteps, n: int, displacement: Vector) -> list[int]:
    """The same for one state: every walk is cut in two halves, a(m + k) = sum_x N_m(x) N_k(displacement - x), k = m or m - 1.

    So only the layers of n/2 steps are formed, a few per cent of those of n. The counts are cut into digits of 16 bits; the
    sums of products of digits stay below 2^53, where floating point is exact.
    """
    box = box_of(steps, n - n // 2)
    found: list[int] = []
    before: Any = None
    for m, layer in enumerate(packed_layers(steps, box, 0)):
        digits = _digits(int(layer[0]), box)
        if m:
            found.append(_joined(digits, before, displacement, (m, m - 1), box))
        if 2 * m <= n:
            found.append(_joined(digits, digits, displacement, (m, m), box))
        before = digits
    return found


def _digits(value: int, box: Box) -> Any:
    """The counts of a layer in digits of 16 bits: an array with an axis for each place, the outermost first, then the digits."""
    import numpy as np

    packing = box.packing
    whole = np.frombuffer(value.to_bytes(packing.slots * packing.slot_bytes, "little"), np.uint8)
    padded = np.zeros((packing.slots, packing.slot_bytes + packing.slot_bytes % 2), np.uint8)
    padded[:, : packing.slot_bytes] = whole.reshape(packing.slots, packing.slot_bytes)
    return padded.view("<u2").reshape(*packing.radices[::-1], -1)


def _joined(left: Any, right: Any, displacement: Vector, lengths: tuple[int, int], box: Box) -> int:
    """sum_x left(x) right(displacement - x), of layers after so many steps."""
    here, there = [], []
    for x, low, radix in zip(displacement[::-1], box.lows[::-1], box.packing.radices[::-1], strict=True):
        end = x - sum(lengths) * low  # the two places along this axis sum to it
        first, last = max(0, end - radix + 1), min(radix - 1, end)
        if first > last:
            return 0
        here.append(slice(first, last + 1))
        there.append(slice(end - last, end - first + 1))
    width = left.shape[-1]
    a = left[tuple(here)].reshape(-1, width).astype(float)
    b = right[tuple(there)].reshape(-1, width)[::-1].astype(float)
    sums = a.T @ b
    return sum(int(sums[i, j]) << 16 * (i + j) for i in range(width) for j in range(width))
