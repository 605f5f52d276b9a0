"""Exact sampling of walks from their counts: uniform (or by weight), bridges, excursions, walks in a cone."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from symdiff.errors import InternalFaultError, ResourceError, UsageError
from symdiff.evidence.counting.bridges import BRIDGE_METHOD, FREE_METHOD, Bridges, free_walks, pays
from symdiff.evidence.counting.decimal_text import about
from symdiff.evidence.counting.lattice import dot, plus, small_forms
from symdiff.evidence.counting.law import short, weight_of, weight_of_walled
from symdiff.evidence.counting.places import full_site, step_number
from symdiff.evidence.counting.steps import Site, StepSet, Vector, Weight
from symdiff.evidence.counting.terrain import MIRROR, Place, Terrain, Walk, WalledSteps
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
    The next place is drawn with probability (ways to go on from it) / (ways to go on from here), integers throughout; of long walks
    without walls and states the place in the middle first.
    Raises :class:`UsageError` where there is no such walk, :class:`ResourceError` before the work begins where more than
    ``MAX_CELLS`` places and numbers of steps would have to be kept.
    """
    n, number = step_number(n), step_number(number, "the number of walks")
    walled = walk if isinstance(walk, WalledSteps) else WalledSteps(walk, Terrain())
    first = start_place(walled, start)
    last = None if end is None else end_place(walled, end)
    if isinstance(walk, StepSet) and pays(walk, n):
        return _without_walls(walk, n, first[0], None if last is None else last[0], number, seed)
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


def _without_walls(steps: StepSet, n: int, origin: Vector, end: Vector | None, number: int, seed: int) -> SampledWalks:
    """Long walks without walls."""
    source = random.Random(seed)
    done: tuple[str, ...] = ()
    if end is None:
        total, paths = sum(steps.numerators) ** n, free_walks(steps, n, number, source)
    else:
        bridges = Bridges(steps, n, plus(end, origin, -1))
        total, done = bridges.total, bridges.checked_by
        paths = (bridges.walk(source) for _ in range(number))
    return SampledWalks(
        n=n,
        start=origin,
        end=end,
        walks=tuple(tuple(plus(origin, x) for x in path) for path in paths),
        total=weight_of(total, steps, n),
        seed=seed,
        method=FREE_METHOD if end is None else BRIDGE_METHOD,
        checked_by=done,
    )


def _ways(walk: WalledSteps, n: int, first: Place, last: Place | None) -> list[Layer]:
    """ways[k]: for the places that n - k steps reach, the weight of all walks of k further steps to the end."""
    reach: list[set[Place]] = [{first}]
    cells = 1
    bounds = None if last is None else _bounds(walk, last[0])
    for k in range(1, n + 1):
        ahead = {there for place in reach[-1] for there, _ in walk.arcs(place)}
        reach.append({p for p in ahead if bounds is None or bounds.holds(p[0], n - k)})
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


@dataclass(frozen=True)
class _Bounds:
    """How far the end may lie ahead along some forms: of one step between ``low`` and ``high``."""

    end: Vector
    forms: tuple[tuple[Vector, int, int], ...]

    def holds(self, site: Vector, left: int) -> bool:
        """Whether the end may be reached in so many steps, as far as these forms tell."""
        ahead = plus(self.end, site, -1)
        return all(left * low <= dot(form, ahead) <= left * high for form, low, high in self.forms)


def _bounds(walk: WalledSteps, end: Vector) -> _Bounds | None:
    """None where steps end elsewhere than they lead or stay: beside mirrors and on rings."""
    if walk.terrain.periods or any(wall.rule == MIRROR for wall in walk.terrain.walls):
        return None
    steps = [t.step for t in walk.machine.transitions]
    values = [(form, [0, *(dot(form, s) for s in steps)]) for form in small_forms(walk.dimension)]
    return _Bounds(end, tuple((form, min(v), max(v)) for form, v in values if sum(map(abs, form)) <= 2))


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
