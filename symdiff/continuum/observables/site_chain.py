"""Finitely many sites between walls, and the rates between them: every jump is followed to where it ends."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import pairwise, product

import sympy as sp
from sympy.core.function import AppliedUndef

from symdiff.continuum.observables.backward import refuse_more
from symdiff.errors import NotYetError
from symdiff.model.boundary import Boundary, Region
from symdiff.model.crowd import INDEPENDENT
from symdiff.model.definitions import expand_definitions
from symdiff.model.jump_model import JumpModel
from symdiff.model.occupancy import is_crowd

Place = tuple[sp.Expr, ...]
Key = tuple[int, Place]
MOST_SITES, MOST_WITH_SYMBOLS = 240, 10
ZERO, ONE = sp.Integer(0), sp.Integer(1)


@dataclass
class Chain:
    """Rates (per step in discrete time) between the states of finitely many sites, and out of them."""

    keys: dict[Key, int]
    unit: sp.Expr  # of time, per step
    discrete: bool
    rates: dict[tuple[int, int], sp.Expr] = field(default_factory=dict)  # (from, to)
    counted: dict[int, sp.Expr] = field(default_factory=dict)  # left through the target
    other: dict[int, sp.Expr] = field(default_factory=dict)  # left elsewhere
    dying: dict[int, sp.Expr] = field(default_factory=dict)

    def generator(self) -> list[list[sp.Expr]]:
        """Row u: the backward equation of u."""
        size = len(self.keys)
        matrix = [[ZERO] * size for _ in range(size)]
        for (u, v), rate in self.rates.items():
            matrix[u][v] += rate
            matrix[u][u] -= rate
        for lost in (self.counted, self.other, self.dying):
            for u, rate in lost.items():
                matrix[u][u] -= rate
        return matrix


def chain_of(model: JumpModel, target: Region | None) -> Chain:
    """Every jump of every site inside the walls; raises :class:`NotYetError` where these are many or walkers more than a walk."""
    refuse_more(model, reactions=_single_agents(model), special=True)
    if (
        not model.boundaries or model.motions or model.internals or model.scheme is not None or model.space_dimension is not None
        or any(j.law is not None for j in model.jumps) or any(b.crossing != "end" for b in model.boundaries)
        or (model.lossy and any(b.kind in ("reflecting", "partial") for b in model.boundaries))
    ):  # fmt: skip
        raise NotYetError("site by site walks on a lattice between walls are solved")
    lattice = _Lattice(model, target)
    places = lattice.places()
    states = range(len(model.state_names))
    chain = Chain({(j, p): n for n, (p, j) in enumerate(product(places, states))},
                  ONE if model.time_step is None else model.time_step, model.time_step is not None)  # fmt: skip
    for (state, place), index in chain.keys.items():
        _jumps_from(lattice, chain, state, place, index)
        if model.lossy:
            leaving = sp.Add(*(lattice.at(j.intensity, place) for _, s, j in model.transitions() if s == state))
            _add(chain.dying, index, sp.expand(1 - leaving))
    after = Chain(
        chain.keys, chain.unit, chain.discrete
    )  # reactions come beside the jumps, in discrete time after them
    for (state, place), index in chain.keys.items():
        _reactions_at(model, lattice, after, state, place, index)
    _join(chain, after)
    symbols = {s for rate in _all_rates(chain) for s in rate.free_symbols}
    if symbols and len(chain.keys) > MOST_WITH_SYMBOLS:
        raise NotYetError("with symbols only a few sites are solved one by one", instead="put numbers in with --set")
    return chain


def _single_agents(model: JumpModel) -> bool:
    """Whether every reaction takes one agent where it stands, at a rate or chance that knows no other."""
    crowd = model.crowd
    return crowd == replace(INDEPENDENT, reactions=crowd.reactions) and not is_crowd(model) and not any(
        len(r.consumes) != 1 or any(r.consumes[0].displacement) for r in crowd.reactions)  # fmt: skip


def _join(chain: Chain, after: Chain) -> None:
    """Adds reactions; in discrete time every walker that is still there takes part, where the step has led it."""
    if not chain.discrete:
        for (u, v), rate in after.rates.items():
            chain.rates[u, v] = chain.rates.get((u, v), ZERO) + rate
        for u, rate in after.dying.items():
            _add(chain.dying, u, rate)
        return
    leaving = {
        u: sp.Add(*(r for (a, _), r in after.rates.items() if a == u), after.dying.get(u, ZERO))
        for u in chain.keys.values()
    }
    if all(rate == 0 for rate in leaving.values()):
        return
    moved = dict(chain.rates)
    for u in chain.keys.values():
        gone = sp.Add(
            *(r for (a, _), r in chain.rates.items() if a == u),
            *(lost.get(u, ZERO) for lost in (chain.counted, chain.other, chain.dying)),
        )
        moved[u, u] = 1 - gone
    chain.rates.clear()
    for (u, v), chance in moved.items():
        ends = [(w, q) for (a, w), q in after.rates.items() if a == v] + [(v, 1 - leaving[v])]
        for w, q in ends:
            if w != u:
                chain.rates[u, w] = sp.expand(chain.rates.get((u, w), ZERO) + chance * q)
        if v in after.dying:
            _add(chain.dying, u, sp.expand(chance * after.dying[v]))


def _all_rates(chain: Chain) -> Iterator[sp.Expr]:
    for found in (chain.rates, chain.counted, chain.other, chain.dying):
        yield from found.values()


class _Lattice:
    """The sites inside the walls, and what the walls and the target say of a place."""

    def __init__(self, model: JumpModel, target: Region | None) -> None:
        self.model, self.x = model, model.coordinate_symbols
        self.absorbing = any(b.kind in ("absorbing", "partial") for b in model.boundaries)
        self.target = target

    def at(self, value: sp.Expr, place: Place) -> sp.Expr:
        """A rate or length at a site; raises for functions that stay open."""
        found = expand_definitions(value, self.model.functions).xreplace(dict(zip(self.x, place, strict=True)))
        if found.atoms(AppliedUndef) or found.has(*self.x):
            raise NotYetError("a function without a formula stands in the rates")
        return sp.expand(found)

    def outside(self, place: Place) -> list[Boundary]:
        """The boundaries beyond whose walls a place lies."""
        return [b for b in self.model.boundaries
                if not all(_holds(self.at(s.gap, place), ">" if s.strict else ">=") for s in b.domain)]  # fmt: skip

    def meant(self, place: Place) -> bool:
        """Whether an exit at this place counts."""
        return self.target is None or in_region(self, self.target, place)

    def stops(self, place: Place) -> bool:
        """Whether the target itself takes walkers up, where no boundary does."""
        return self.target is not None and not self.absorbing and self.meant(place)

    def places(self) -> list[Place]:
        """All sites that hang together with one near the origin by jumps, there or back."""
        start = self._seed()
        found, queue = {start}, deque([start])
        while queue:
            here = queue.popleft()
            for jump in self.model.jumps:
                if jump.destination is not None:
                    continue
                step = [self.at(r, here) for r in jump.displacement]
                if any(r.has(*self.x) for r in jump.displacement):
                    raise NotYetError("steps whose length depends on place lie on no lattice")
                for sign in (1, -1):
                    there = self.wrapped(tuple(sp.expand(p + sign * r) for p, r in zip(here, step, strict=True)))
                    if there not in found and not self.outside(there) and not self.stops(there):
                        found.add(there)
                        queue.append(there)
            if len(found) * len(self.model.state_names) > MOST_SITES:
                raise NotYetError("the sites are too many to be solved one by one")
        return sorted(found, key=lambda p: tuple(sp.default_sort_key(c) for c in p))

    def _seed(self) -> Place:
        origin = tuple(self.model.origin) if self.model.origin else (ZERO,) * len(self.x)
        steps = list(
            dict.fromkeys(
                tuple(j.displacement) for j in self.model.jumps if j.destination is None and any(j.displacement)
            )
        )
        far = 60 if len(self.x) == 1 else 4
        for step, more in product(steps, steps if len(self.x) > 1 else [None]):
            for n, m in product(range(far), range(far) if more is not None else (0,)):
                place = tuple(sp.expand(o + n * r + (m * more[i] if more is not None else 0))
                              for i, (o, r) in enumerate(zip(origin, step, strict=True)))  # fmt: skip
                if not self.outside(self.wrapped(place)) and not self.stops(place):
                    return self.wrapped(place)
        raise NotYetError("no site was found between the walls")

    def wrapped(self, place: Place) -> Place:
        """The same place of a ring."""
        for boundary in self.model.boundaries:
            if boundary.kind != "periodic":
                continue
            low, high = boundary.domain
            axis = next(i for i, c in enumerate(self.x) if low.gap.has(c))
            length = sp.expand(low.gap + high.gap)
            if length.has(*self.x):
                raise NotYetError("a ring that is no interval")
            for gap, sign in ((low, 1), (high, -1)):
                while not _holds(self.at(gap.gap, place), ">" if gap.strict else ">="):
                    place = tuple(sp.expand(c + sign * length) if i == axis else c for i, c in enumerate(place))
        return place

    def mirrored(self, wall: Boundary, place: Place) -> Place:
        """The mirror image of a place beyond one plane wall of ``wall``."""
        for side in wall.domain:
            gap = self.at(side.gap, place)
            if _holds(gap, ">" if side.strict else ">="):
                continue
            normal = [sp.diff(side.gap, c) for c in self.x]
            if any(n.has(*self.x) for n in normal):
                raise NotYetError("the mirror image in a curved wall")
            square = sp.Add(*(n**2 for n in normal))
            place = tuple(sp.expand(p - 2 * gap * n / square) for p, n in zip(place, normal, strict=True))
        return place


def in_region(lattice: _Lattice, region: Region, place: Place) -> bool:
    """Whether a place satisfies a chain of comparisons."""
    members = [lattice.at(m, place) for m in region.members]
    return all(_holds(sp.expand(b - a) if sign[0] == "<" else sp.expand(a - b), ">" + sign[1:] if sign[0] in "<>" else sign)
               for (a, b), sign in zip(pairwise(members), region.signs, strict=True))  # fmt: skip


def _holds(gap: sp.Expr, sign: str) -> bool:
    """gap > 0, >= 0, == 0 or != 0; raises where that is not known."""
    if sign in ("=", "==", "!="):
        zero = gap.is_zero
        if zero is None:
            raise NotYetError(f"whether {gap} vanishes is not known")
        return bool(zero) != (sign == "!=")
    told = gap.is_positive if sign == ">" else gap.is_nonnegative
    if told is None:
        raise NotYetError(f"the sign of {gap} is not known")
    return bool(told)


def _jumps_from(lattice: _Lattice, chain: Chain, state: int, place: Place, index: int) -> None:
    """All jumps of one site in one state."""
    leaving: dict[Boundary, set[bool]] = {}
    for target, source, jump in lattice.model.transitions():
        if source != state or (jump.region is not None and not in_region(lattice, jump.region, place)):
            continue
        rate = lattice.at(jump.intensity, place)
        if jump.destination is not None:
            _arrive(lattice, chain, (target, tuple(map(sp.expand, jump.destination))), index, rate)
            continue
        end = tuple(sp.expand(p + lattice.at(r, place)) for p, r in zip(place, jump.displacement, strict=True))
        end = lattice.wrapped(end)
        walls = lattice.outside(end)
        if not walls:
            _arrive(lattice, chain, (target, end), index, rate)
            continue
        if len(walls) > 1 and any(w.kind != "absorbing" for w in walls):
            raise NotYetError("a jump across two walls at once, of which one holds walkers back")
        wall = walls[0]
        share = ONE if wall.kind == "absorbing" else wall.probability or ZERO
        if share != 0:
            _add(chain.counted if lattice.meant(end) else chain.other, index, rate * share)
        if wall.rate is not None:
            leaving.setdefault(wall, set()).add(lattice.meant(end))
        if wall.rejected == "mirror" and wall.kind != "absorbing":
            _arrive(lattice, chain, (target, lattice.mirrored(wall, end)), index, rate * (1 - share))
    for wall, ways in leaving.items():
        assert wall.rate is not None
        if len(ways) > 1:
            raise NotYetError("which exit counts beside absorption at a rate is not known")
        _add(chain.counted if ways.pop() else chain.other, index, lattice.at(wall.rate, place))


def _arrive(lattice: _Lattice, chain: Chain, end: Key, index: int, rate: sp.Expr) -> None:
    if lattice.stops(end[1]):
        _add(chain.counted, index, rate)
    elif end not in chain.keys:
        raise NotYetError("a jump ends at a place that is no site between the walls")
    elif chain.keys[end] != index:
        chain.rates[index, chain.keys[end]] = chain.rates.get((index, chain.keys[end]), ZERO) + rate


def _add(found: dict[int, sp.Expr], index: int, rate: sp.Expr) -> None:
    found[index] = found.get(index, ZERO) + rate


def _reactions_at(model: JumpModel, lattice: _Lattice, chain: Chain, state: int, place: Place, index: int) -> None:
    """Death and switches of single walkers."""
    names = model.state_names
    for reaction in model.crowd.reactions:
        if names.index(reaction.consumes[0].state) != state:
            continue
        if len(reaction.produces) > 1 or any(any(a.displacement) for a in reaction.produces):
            raise NotYetError("walkers that multiply, or move by reactions, are not solved site by site")
        rate = lattice.at(reaction.intensity, place)
        if reaction.produces:
            _arrive(lattice, chain, (names.index(reaction.produces[0].state), place), index, rate)
        else:
            _add(chain.dying, index, rate)
