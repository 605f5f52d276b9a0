"""A law held as it was computed: whole levels in long integers; single counts are taken out when they are asked for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any

from symdiff.evidence.counting.chart import Chart
from symdiff.evidence.counting.held_counts import HeldCounts
from symdiff.evidence.counting.lattice import plus
from symdiff.evidence.counting.long_integers import fast_integer
from symdiff.evidence.counting.miller import packed_levels
from symdiff.evidence.counting.packing import Packing, pack, unpack_level
from symdiff.evidence.counting.steps import Site, StepSet, Vector


class PackedCounts(HeldCounts):
    """Site -> count, zero counts left out. ``levels``: for each level its integer and the number of its first slot.

    Where the steps are their own mirror image (``mirrored``), the levels above the middle are not held.
    """

    def __init__(
        self,
        levels: tuple[tuple[Any, int], ...],
        chart: Chart,
        packing: Packing,
        n: int,
        start: Vector,
        mirrored: bool = False,
    ) -> None:
        self.levels, self.chart, self.packing, self.n, self.start = levels, chart, packing, n, start
        self.mirrored = mirrored

    @cached_property
    def top(self) -> int:
        """The highest level."""
        return self.n * max(self.chart.levels)

    def count_at(self, displacement: Vector) -> int:
        found = self.chart.locate(displacement, self.n)
        if found is None:
            return 0
        level, place = found
        if self.mirrored and level >= len(self.levels):
            highest = self.chart.places[self.chart.levels.index(max(self.chart.levels))]
            level, place = self.top - level, tuple(self.n * h - p for h, p in zip(highest, place, strict=True))
        if not 0 <= level < len(self.levels) or not self.packing.holds(place):
            return 0
        value, first = self.levels[level]
        slot = self.packing.slot(place) - first
        bits = self.packing.slot_bits
        return int((value >> slot * bits) & ((1 << bits) - 1)) if slot >= 0 else 0

    def pairs(self) -> Iterator[tuple[Site, int]]:
        """(site, count), level by level; with a mirrored level its image."""
        base = plus(self.start, self.chart.pivot_step, self.n)
        images = plus(plus(base, self.start), self._highest_step, self.n)
        for level, (value, offset) in enumerate(self.levels):
            if value:
                place, twice = plus(base, self.chart.along, level), self.mirrored and 2 * level != self.top
                for sites, counts in unpack_level(self.packing, place, int(value), offset):
                    for site, count in zip(sites, counts, strict=True):
                        if count:
                            yield site, count
                            if twice:
                                yield plus(images, site, -1), count

    @property
    def _highest_step(self) -> Vector:
        """The step of the highest level, which is the image of the pivot where the law is mirrored."""
        levels, places = self.chart.levels, self.chart.places
        at = levels.index(max(levels))
        step = plus(self.chart.pivot_step, self.chart.along, levels[at])
        for vector, place in zip(self.chart.sideways, places[at], strict=True):
            step = plus(step, vector, place)
        return step

    @cached_property
    def total(self) -> int:
        """The sum of all counts: that of all levels, slot by slot, folded in halves; no sum outgrows a slot."""
        bits = self.packing.slot_bits
        least = min((first for value, first in self.levels if value), default=0)
        once = self.levels[-1:] if self.mirrored and 2 * (len(self.levels) - 1) == self.top else ()
        value = sum(v << (first - least) * bits for v, first in self.levels if v)
        if self.mirrored:
            value = 2 * value - sum(v << (first - least) * bits for v, first in once if v)
        slots = -(-value.bit_length() // bits)
        while slots > 1:
            half = slots // 2
            low = value & ((1 << half * bits) - 1)
            value = (value >> half * bits) + low
            slots -= half
        return int(value)

    def level_values(self, prime: int) -> list[int]:
        """For every level that is held the sum of count t^slot modulo a prime, t = 2^b, b bits to a slot: one remainder."""
        t = pow(2, self.packing.slot_bits, prime)
        return [int(value % prime) * pow(t, first, prime) % prime for value, first in self.levels]


def is_mirrored(chart: Chart, weights: Sequence[int]) -> bool:
    """Whether the steps are their own image in a point, so that level l from below is the image of level l from above."""
    highest = chart.levels.index(max(chart.levels))
    top, far = chart.levels[highest], chart.places[highest]
    here = {(level, place): w for level, place, w in zip(chart.levels, chart.places, weights, strict=True)}
    return all(here.get((top - level, plus(far, place, -1))) == w for (level, place), w in here.items())


def packing_of(chart: Chart, steps: StepSet, n: int) -> Packing:
    """Places of a level in slots that hold the number of all walks."""
    return pack(list(zip(*chart.places, strict=True)), chart.sideways, n, sum(steps.numerators) ** n)


def packed_law(steps: StepSet, n: int, origin: Vector, chart: Chart) -> PackedCounts:
    """All counts, level by level, as long integers of python-flint where it is installed; half of them where they are mirrored."""
    packing = packing_of(chart, steps, n)
    weights = [fast_integer()(w) for w in steps.numerators]
    mirrored = is_mirrored(chart, steps.numerators)
    last = n * max(chart.levels) // 2 if mirrored else None
    return PackedCounts(tuple(packed_levels(chart, packing, n, weights, last)), chart, packing, n, origin, mirrored)
