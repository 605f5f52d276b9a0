"""Exact sampling of walks from their counts: uniform (or by weight), bridges, excursions, walks in a cone."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from symdiff.errors import InternalFaultError, ResourceError, UsageError
from symdiff.evidence.counting.decimal_text import about
from symdiff.evidence.counting.law import short, weight_of_walled
from symdiff.evidence.counting.places import full_site, step_number
from symdiff.evidence.counting.steps import Site, Weight
from symdiff.evidence.counting.terrain import Place, Terrain, Walk, WalledSteps
from symdiff.evidence.counting.walled import Layer, end_place, layers, start_place

MAX_CELLS = 4_000_000
METHOD = "step by step, each with the exact number of ways to go on"
_CHEAP_CELLS = 20_000


@dataclass(frozen=True, repr=False)
class SampledWalks:
    """Independent walks of n steps, each drawn with probability weight / ``total`` exactly; equal ``seed``, equal walks.

    A walk is its n + 1 sites. ``end`` is None where any end is allowed.
    """

    n: int
    start: Site
    end: Site | None
    walks: tuple[tuple[Site, ...], ...]
    total: Weight
    seed: int
    method: str = METHOD
    checked_by: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return (
            f"SampledWalks(n={self.n}, start={self.start}, end={self.end}, walks={len(self.walks)}, "
            f"total={short(self.total)}, seed={self.seed}, checked_by={self.checked_by!r})"
        )


def sample_walks(
    walk: Walk, n: int, start: object = None, end: object = None, *, number: int = 1, seed: int = 0
) -> SampledWalks:
    """Draw walks of n steps from ``start`` to ``end`` (None: to any site) among all of them, exactly uniformly.

    With weights each walk comes in proportion to the product of the weights of its steps. Between absorbing walls the
    walks stay inside to the end: with ``orthant(1)`` and ``end`` at the start these are excursions, without walls bridges.
    The next place is drawn with probability (ways to go on from it) / (ways to go on from here), integers throughout.
    Raises :class:`UsageError` where there is no such walk, :class:`ResourceError` before the work begins where more than
    ``MAX_CELLS`` places and numbers of steps would have to be kept.
    """
    n, number = step_number(n), step_number(number, "the number of walks")
    walled = walk if isinstance(walk, WalledSteps) else WalledSteps(walk, Terrain())
    first = start_place(walled, start)
    last = None if end is None else end_place(walled, end)
    ways = _ways(walled, n, first, last)
    total = ways[n].get(first, 0)
    if not total:
        shown = "to any site" if last is None else f"to {full_site(*last, walled.states)}"
        raise UsageError(
            f"no walk of {n} steps leads {shown}, so none can be drawn", instead="another end or number of steps"
        )
    done: tuple[str, ...] = ()
    if sum(map(len, ways)) <= _CHEAP_CELLS:
        *_, forward = layers(walled, n, {first: 1})
        if (sum(forward.values()) if last is None else forward.get(last, 0)) != total:
            raise InternalFaultError("the ways to go on do not sum to the number of walks")
        done = ("their number, by dynamic programming from the start",)
    source = random.Random(seed)
    drawn = tuple(
        tuple(full_site(*place, walled.states) for place in _one(walled, ways, first, source)) for _ in range(number)
    )
    return SampledWalks(
        n=n,
        start=full_site(*first, walled.states),
        end=None if last is None else full_site(*last, walled.states),
        walks=drawn,
        total=weight_of_walled(total, walled.denominator, n, walled.weighted),
        seed=seed,
        checked_by=done,
    )


def _ways(walk: WalledSteps, n: int, first: Place, last: Place | None) -> list[Layer]:
    """ways[k]: for the places that n - k steps reach, the weight of all walks of k further steps to the end."""
    reach: list[set[Place]] = [{first}]
    cells = 1
    for _ in range(n):
        reach.append({there for place in reach[-1] for there, _ in walk.arcs(place)})
        cells += len(reach[-1])
        if cells > MAX_CELLS:
            raise ResourceError(
                f"walks of {about(n)} steps pass through more than {about(MAX_CELLS)} places, too many to keep the ways to "
                "go on from each", instead="fewer steps, or walls that keep the walker closer",
            )  # fmt: skip
    ways: list[Layer] = [{place: 1 for place in reach[n] if last in (None, place)}]
    for k in range(1, n + 1):
        before = ways[-1]
        layer = {p: sum(w * before.get(there, 0) for there, w in walk.arcs(p)) for p in reach[n - k]}
        ways.append({place: value for place, value in layer.items() if value})
    return ways


def _one(walk: WalledSteps, ways: Sequence[Layer], first: Place, source: random.Random) -> list[Place]:
    path = [first]
    for following in reversed(ways[:-1]):
        options = [(there, w * following[there]) for there, w in walk.arcs(path[-1]) if there in following]
        path.append(_drawn(options, source))
    return path


def _drawn(options: Sequence[tuple[Place, Weight]], source: random.Random) -> Place:
    """One of the places, exactly in proportion to its weight."""
    scale = math.lcm(*(Fraction(w).denominator for _, w in options))
    left = source.randrange(int(sum(w for _, w in options) * scale))
    for place, weight in options:
        left -= int(weight * scale)
        if left < 0:
            return place
    raise InternalFaultError("the ways to go on do not sum to their number")
