"""All counts of one level in one long integer: slots of equal width, one for each place (Kronecker substitution).

With B = 2^(8 slot_bytes) above every count, the integer of a level is the polynomial of its counts at B, so that
adding, shifting and dividing whole levels is the arithmetic of long integers, at the speed of C, and exact
whatever happens in between: only the final counts must fit into their slots.
"""

from __future__ import annotations

import itertools
import math
import operator
import struct
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from symdiff.evidence.counting.lattice import plus
from symdiff.evidence.counting.steps import Vector


@dataclass(frozen=True)
class Packing:
    """How places become slot numbers: slot = sum_i place_i stride_i, the last place outermost (slots may be negative).

    ``sideways`` are the displacements of one unit of each place; places lie in low <= place < low + radix.
    """

    slot_bytes: int
    sideways: tuple[Vector, ...]
    lows: Vector
    radices: Vector
    strides: Vector

    @property
    def slot_bits(self) -> int:
        return 8 * self.slot_bytes

    @property
    def slots(self) -> int:
        """The number of places of the box."""
        return math.prod(self.radices)

    def slot(self, place: Vector) -> int:
        """The slot number of a place."""
        return sum(p * s for p, s in zip(place, self.strides, strict=True))

    def holds(self, place: Vector) -> bool:
        """Whether a place lies in the box; outside, its slot would be another place's."""
        return all(low <= p < low + radix for p, low, radix in zip(place, self.lows, self.radices, strict=True))


def pack(columns: Sequence[Sequence[int]], sideways: Sequence[Vector], n: int, largest: int) -> Packing:
    """The packing for the places of n steps, given each place of all steps, and counts up to ``largest``."""
    radices = tuple(n * (max(column) - min(column)) + 1 for column in columns)
    return Packing(
        slot_bytes=(largest.bit_length() + 7) // 8,
        sideways=tuple(sideways),
        lows=tuple(n * min(column) for column in columns),
        radices=radices,
        strides=tuple(itertools.accumulate(radices[:-1], operator.mul, initial=1)) if radices else (),
    )


def unpack_level(
    packing: Packing, base: Vector, value: int, offset: int
) -> Iterator[tuple[Iterable[Vector], list[int]]]:
    """The sites and counts of one level, run by run.

    ``base`` is the site of place zero, ``offset`` the number of the first slot of ``value``. Zeros inside a run are
    among the counts; those at its ends are not.
    """
    width = packing.slot_bytes
    slots = -(-value.bit_length() // packing.slot_bits)
    data = value.to_bytes(slots * width, "little")
    sideways = packing.sideways
    if not sideways:
        yield [base], [value]
        return
    radix, low = (packing.radices[0], packing.lows[0]) if len(sideways) > 1 else (slots, offset)
    start = 0
    while start < slots:
        first = (offset + start - low) % radix + low
        stop = min(start + radix - (first - low), slots)
        lead, chunk = _trimmed(data[start * width : stop * width], width)
        if chunk:
            site = _origin_of_run(packing, base, offset + start - first)
            length = len(chunk) // width
            axes = [_progression(x + (first + lead) * v, v, length) for x, v in zip(site, sideways[0], strict=True)]
            from_bytes = int.from_bytes
            yield zip(*axes, strict=True), [from_bytes(c, "little") for (c,) in struct.iter_unpack(f"{width}s", chunk)]
        start = stop


def _origin_of_run(packing: Packing, base: Vector, outer_slot: int) -> Vector:
    """The site with innermost place zero and the outer places of a run."""
    site = base
    rest = outer_slot // packing.radices[0] if len(packing.radices) > 1 else 0
    last = len(packing.radices) - 1
    for i in range(1, last + 1):
        place = rest
        if i < last:
            place = (rest - packing.lows[i]) % packing.radices[i] + packing.lows[i]
            rest = (rest - place) // packing.radices[i]
        site = plus(site, packing.sideways[i], place)
    return site


def _trimmed(chunk: bytes, width: int) -> tuple[int, bytes]:
    """A run of slots without the empty ones at its ends, and how many were empty at its beginning."""
    lead = (len(chunk) - len(chunk.lstrip(b"\0"))) // width
    tail = (len(chunk) - len(chunk.rstrip(b"\0"))) // width
    return lead, chunk[lead * width : len(chunk) - tail * width] if lead * width < len(chunk) else b""


def _progression(start: int, step: int, length: int) -> Iterable[int]:
    return range(start, start + step * length, step) if step else itertools.repeat(start, length)
