"""A law held as it was computed: whole levels in long integers; single counts are taken out when they are asked for."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import Any

from symdiff.evidence.counting.chart import Chart
from symdiff.evidence.counting.held_counts import HeldCounts
from symdiff.evidence.counting.lattice import plus
from symdiff.evidence.counting.packing import Packing, unpack_level
from symdiff.evidence.counting.steps import Site, Vector


class PackedCounts(HeldCounts):
    """Site -> count, zero counts left out. ``levels``: for each level its integer and the number of its first slot."""

    def __init__(
        self, levels: tuple[tuple[Any, int], ...], chart: Chart, packing: Packing, n: int, start: Vector
    ) -> None:
        self.levels, self.chart, self.packing, self.n, self.start = levels, chart, packing, n, start

    def count_at(self, displacement: Vector) -> int:
        found = self.chart.locate(displacement, self.n)
        if found is None or not 0 <= found[0] < len(self.levels) or not self.packing.holds(found[1]):
            return 0
        value, first = self.levels[found[0]]
        slot = self.packing.slot(found[1]) - first
        bits = self.packing.slot_bits
        return int((value >> slot * bits) & ((1 << bits) - 1)) if slot >= 0 else 0

    def pairs(self) -> Iterator[tuple[Site, int]]:
        """(site, count), level by level."""
        base = plus(self.start, self.chart.pivot_step, self.n)
        for level, (value, offset) in enumerate(self.levels):
            if value:
                place = plus(base, self.chart.along, level)
                for sites, counts in unpack_level(self.packing, place, int(value), offset):
                    for site, count in zip(sites, counts, strict=True):
                        if count:
                            yield site, count

    @cached_property
    def level_sums(self) -> tuple[int, ...]:
        """The sum of all counts of every level, by folding each integer in halves; no sum outgrows a slot."""
        return tuple(self._folded(value) for value, _ in self.levels)

    def _folded(self, value: Any) -> int:
        bits = self.packing.slot_bits
        slots = -(-value.bit_length() // bits)
        while slots > 1:
            half = slots // 2
            low = value & ((1 << half * bits) - 1)
            value = (value >> half * bits) + low
            slots -= half
        return int(value)

    def evaluated(self, t: int, z: int) -> int:
        """sum of count t^slot z^level modulo 2^b - t, b bits to a slot, t odd: 2^b = t there, so one remainder does for a level."""
        modulus = (1 << self.packing.slot_bits) - t
        found = 0
        for value, first in reversed(self.levels):
            found = (found * z + int(value % modulus) * pow(t, first, modulus)) % modulus
        return found

    @property
    def total(self) -> int:
        """The sum of all counts."""
        return sum(self.level_sums)
