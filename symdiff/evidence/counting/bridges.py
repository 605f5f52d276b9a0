"""Exact sampling of long walks without walls: any end step by step, one end by the exact law of the place in the middle.

A walk of m steps to d passes its middle, after h steps, at x with probability N_h(x) N_(m-h)(d - x) / N_m(d); both halves are again
walks to one end. So a few laws of half, a quarter, ... of the steps serve all walks.
"""

from __future__ import annotations

import bisect
import itertools
import random
from collections.abc import Iterator, Mapping

from symdiff.errors import InternalFaultError, ResourceError, UsageError
from symdiff.evidence.counting.chart import most_sites
from symdiff.evidence.counting.decimal_text import about
from symdiff.evidence.counting.endpoint import endpoint_law
from symdiff.evidence.counting.lattice import plus
from symdiff.evidence.counting.single_site import best_site_count
from symdiff.evidence.counting.size import largest_count_bits, law_bytes
from symdiff.evidence.counting.steps import Site, StepSet, Vector

FREE_METHOD = "step by step, each by its weight"
BRIDGE_METHOD = "place in the middle by its exact law, then in the middle of both halves"
MET = "their number, met in the middle: {}"
_MOST_BYTES = 2 * 10**9
_MANY_CELLS = 200_000
_Law = Mapping[Site, int]


def pays(steps: StepSet, n: int) -> bool:
    """Whether tables of the ways to go on, for every place and number of steps, would be large."""
    return n * most_sites(steps, n) > 3 * _MANY_CELLS


def free_walks(steps: StepSet, n: int, number: int, source: random.Random) -> Iterator[tuple[Vector, ...]]:
    """Displacements after 0, 1, ..., n steps of so many walks to any end."""
    sums = list(itertools.accumulate(steps.numerators))
    for _ in range(number):
        path = [(0,) * steps.dimension]
        for _ in range(n):
            path.append(plus(path[-1], steps.steps[bisect.bisect_right(sums, source.randrange(sums[-1]))]))
        yield tuple(path)


class Bridges:
    """The walks of n steps to one displacement. Raises :class:`ResourceError` where the law of half of the steps would not fit."""

    def __init__(self, steps: StepSet, n: int, displacement: Vector) -> None:
        need = law_bytes(most_sites(steps, n - n // 2), largest_count_bits(steps, n - n // 2), steps.dimension)
        if need > _MOST_BYTES:
            raise ResourceError(
                f"the law of {about(n - n // 2)} steps, half of the walk, needs up to {about(need)} bytes, above the limit of "
                f"{about(_MOST_BYTES)}", instead="fewer steps",
            )  # fmt: skip
        self.steps, self.n, self.displacement = steps, n, displacement
        self.weights = dict(zip(steps.steps, steps.numerators, strict=True))
        self.laws: dict[int, _Law] = {1: self.weights}  # type: ignore[dict-item]
        one = best_site_count(steps, n, displacement)
        self.total = int(one.count * steps.denominator**n)
        if not self.total:
            raise UsageError(f"no walk of {n} steps leads by {displacement}, so none can be drawn ({one.why})",
                             instead="another end or number of steps")  # fmt: skip
        if sum(ways for _, ways in self._middles(n, displacement)) != self.total:
            raise InternalFaultError(f"the walks of {n} steps, met in the middle, do not sum to their number")
        self.checked_by = (MET.format(one.method),)

    def walk(self, source: random.Random) -> tuple[Vector, ...]:
        """The displacements after 0, 1, ..., n steps."""
        path = [(0,) * self.steps.dimension]
        for step in self._drawn(self.n, self.displacement, self.total, source):
            path.append(plus(path[-1], step))
        return tuple(path)

    def _law(self, m: int) -> _Law:
        if m not in self.laws:
            self.laws[m] = dict(endpoint_law(self.steps, m).numerators)
        return self.laws[m]

    def _middles(self, m: int, displacement: Vector) -> Iterator[tuple[Vector, int]]:
        """The places after half of the steps, with the weight of all walks through them."""
        first, second = self._law(m // 2), self._law(m - m // 2)
        for x, ways in first.items():
            further = second.get(plus(displacement, x, -1))  # type: ignore[arg-type]
            if further:
                yield x, ways * further  # type: ignore[misc]

    def _drawn(self, m: int, displacement: Vector, total: int, source: random.Random) -> Iterator[Vector]:
        """The steps of one walk of m steps, of which there are ``total``."""
        if m == 1:
            yield displacement
            return
        left = source.randrange(total)
        for x, ways in self._middles(m, displacement):
            left -= ways
            if left < 0:
                rest = plus(displacement, x, -1)
                yield from self._drawn(m // 2, x, self._law(m // 2)[x], source)
                yield from self._drawn(m - m // 2, rest, self._law(m - m // 2)[rest], source)
                return
        raise InternalFaultError("the walks through all places in the middle do not sum to their number")
