"""Self-avoiding walks by enumeration: exact, exponential in the number of steps, refused beyond a stated size."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

from symdiff.errors import InternalFaultError, ResourceError
from symdiff.evidence.counting.avoiding_compiled import compiled_tallies, numba_available
from symdiff.evidence.counting.avoiding_square import LONGEST, TRANSFER, is_square, square_numbers
from symdiff.evidence.counting.decimal_text import about
from symdiff.evidence.counting.lattice import plus, to_number, to_vector
from symdiff.evidence.counting.law import EndpointLaw, WalkSequence, states_of, weight_of
from symdiff.evidence.counting.places import full_site, state_position, step_number
from symdiff.evidence.counting.size import DEFAULT_MAX_BYTES, require_bytes
from symdiff.evidence.counting.steps import Site, StateSteps, StepSet, Vector, WalkSteps, one_state
from symdiff.evidence.counting.symmetry import Matrix, apply, symmetries

MAX_WALKS = 20_000_000
COMPILED_WALKS = 4_000_000_000
_SHORTEST_COMPILED = 9
_MOST_CELLS = 50_000_000
_SHORTEST_TRANSFER = 16
_TRANSFER_TWIN = 10
_CHEAP_PAIRS = 100_000
_LONGEST_TWIN = 200
_SAMPLE = 2_000
_SHORT_WALKS = 200_000
_METHOD = "depth-first enumeration"

Place = tuple[Vector, int]
"""Coordinates and the number of the state."""


def self_avoiding_law(
    steps: WalkSteps,
    n: int,
    start: object = None,
    *,
    states_are_sites: bool = True,
    check: bool = True,
    max_walks: int | None = None,
) -> EndpointLaw:
    """Where the self-avoiding walks of n steps end: no site is visited twice.

    With internal states a site is the coordinates with the state (a sublattice); with ``states_are_sites=False``
    (states that are no places, such as directions) the coordinates alone. By depth-first enumeration. Raises
    :class:`UsageError` for bad input, :class:`ResourceError` before the work begins where there may be more than
    ``max_walks`` walks (None: as many as take about a minute), :class:`InternalFaultError` if a check fails.
    """
    n = step_number(n)
    machine = one_state(steps)
    origin, state = state_position(start, machine.states, machine.dimension, "the start")
    avoiding = _Avoiding(machine, n, states_are_sites)
    avoiding.require(state, max_walks)
    tallies, method = avoiding.best_tallies(state)
    law = EndpointLaw(
        n=n,
        start=full_site(origin, state, machine.states),
        states=states_of(steps),
        numerators={_site(machine, origin, place): count for place, count in avoiding.places(tallies[n])},
        denominator=steps.denominator**n,
        weighted=steps.weighted,
        method=method,
    )
    return replace(law, checked_by=avoiding.checks(state, tallies)) if check else law


def self_avoiding_sequence(
    steps: WalkSteps,
    n: int,
    start: object = None,
    end: object = None,
    *,
    states_are_sites: bool = True,
    check: bool = True,
    max_walks: int | None = None,
) -> WalkSequence:
    """The numbers of self-avoiding walks of 0, 1, ..., n steps from ``start``, with any end or to ``end``.

    A walk that is asked to end at its start may close with its last step (at two steps: straight back), all sites
    before the last being distinct; such walks have a start and a direction. Sites, errors: :func:`self_avoiding_law`. Long
    walks of the square lattice with any end, and closed ones, by transfer matrix.
    """
    n = step_number(n)
    machine = one_state(steps)
    origin, state = state_position(start, machine.states, machine.dimension, "the start")
    if max_walks is None and _SHORTEST_TRANSFER <= n <= LONGEST and is_square(machine) and numba_available():
        closed = end is not None and state_position(end, machine.states, machine.dimension, "the end") == (
            origin,
            state,
        )
        if end is None or closed:
            return _by_transfer(machine, n, full_site(origin, state, machine.states), closed)
    avoiding = _Avoiding(machine, n, states_are_sites)
    avoiding.require(state, max_walks)
    tallies, method = avoiding.best_tallies(state)
    if end is None:
        site, numerators = None, [sum(tally.values()) for tally in tallies]
    else:
        there, last = state_position(end, machine.states, machine.dimension, "the end")
        site = full_site(there, last, machine.states)
        numerators = avoiding.ending_at(tallies, state, (plus(there, origin, -1), last))
    return WalkSequence(
        start=full_site(origin, state, machine.states),
        end=site,
        values=tuple(weight_of(value, steps, m) for m, value in enumerate(numerators)),
        method=method,
        checked_by=avoiding.checks(state, tallies) if check else (),
    )


def _by_transfer(machine: StateSteps, n: int, start: Site, closed: bool) -> WalkSequence:
    """Long walks of the square lattice; the short ones among them are counted again by enumeration."""
    found = square_numbers(n, polygons=closed)
    if (
        closed
    ):  # from a start on the polygon, in one of two directions; there is one walk of no step, and there and back
        found = [2 * m * value for m, value in enumerate(found)]
        found[0], found[2] = 1, 4
    end = start if closed else None
    twin = self_avoiding_sequence(machine, _TRANSFER_TWIN, start, end, max_walks=MAX_WALKS)
    if list(twin.values) != found[: _TRANSFER_TWIN + 1]:
        raise InternalFaultError("the transfer matrix disagrees with the enumeration of self-avoiding walks")
    done = f"{twin.method}, 0..{_TRANSFER_TWIN} steps ({'; '.join(twin.checked_by)})"
    return WalkSequence(start, end, tuple(found), TRANSFER, (done,))


@dataclass(frozen=True)
class _Avoiding:
    """The enumeration for up to n steps; places are numbered, so that a step adds one integer."""

    machine: StateSteps
    n: int
    states_are_sites: bool

    def tallies(self, state: int) -> list[dict[int, int]]:
        """The numerators of the self-avoiding walks of 0..n steps, by the number of the place where they end."""
        n, states = self.n, len(self.machine.states)
        arcs = self.moves()
        # What must not be met twice: the number of the place, or of its coordinates alone.
        mark = 1 if self.states_are_sites else states
        tallies: list[dict[int, int]] = [{} for _ in range(n + 1)]
        tallies[0][state] = 1
        path, weights, visited = [state], [1], {state // mark}
        open_arcs = [iter(arcs[state] if n else ())]
        while open_arcs:
            depth = len(path)
            here, so_far, tally = path[-1], weights[-1], tallies[depth] if depth <= n else {}
            for move, weight in open_arcs[-1]:
                there = here + move
                if there // mark in visited:
                    continue
                tally[there] = tally.get(there, 0) + so_far * weight
                if depth < n:
                    path.append(there)
                    weights.append(so_far * weight)
                    visited.add(there // mark)
                    open_arcs.append(iter(arcs[there % states]))
                    break
            else:
                open_arcs.pop()
                visited.discard(path.pop() // mark)
                weights.pop()
        return tallies

    def best_tallies(self, state: int) -> tuple[list[dict[int, int]], str]:
        """The same, compiled where that pays."""
        if not self.compiled:
            return self.tallies(state), _METHOD
        orbits = self.orbits()
        if not orbits:
            return compiled_tallies(self, state), _METHOD + ", compiled"
        _, radices = self._radices()
        found: list[dict[int, int]] = [{state: 1}, *({} for _ in range(self.n))]
        for first, maps in orbits:
            part = compiled_tallies(self, state, [to_number(first, radices)])
            for tally, share in zip(found[1:], part[1:], strict=True):
                for (x, _), count in self.places(share):
                    for matrix in maps:
                        place = to_number(apply(matrix, x), radices)
                        tally[place] = tally.get(place, 0) + count
        return found, f"{_METHOD} of {len(orbits)} of {len(self.machine.transitions)} first steps, compiled"

    def orbits(self) -> list[tuple[Vector, list[Matrix]]]:
        """One step of each orbit under the symmetries, with a map to each of its images; none with internal states."""
        if len(self.machine.states) > 1:
            return []
        steps = StepSet.from_steps([t.step for t in self.machine.transitions])
        left, found = set(steps.steps), []
        while left:
            first = min(left)
            images = {apply(g, first): g for g in symmetries(steps)}
            left -= set(images)
            found.append((first, list(images.values())))
        return found

    @property
    def compiled(self) -> bool:
        """Whether the compiled search applies."""
        plain = all(w == 1 for arcs in self.machine.arcs for _, _, w in arcs)
        return (
            plain and self.n >= _SHORTEST_COMPILED and self.cells() * (self.n + 1) <= _MOST_CELLS and numba_available()
        )

    def cells(self) -> int:
        """The number of numbers that places can have."""
        return math.prod(self._radices()[1]) * len(self.machine.states)

    def first(self, state: int) -> int:
        """The number of the start, counted from the lowest place that n steps can reach."""
        lows, radices = self._radices()
        return to_number([-low for low in lows], radices) * len(self.machine.states) + state

    def places(self, tally: dict[int, int]) -> Iterator[tuple[Place, int]]:
        """Displacement and state of every numbered place, with its count."""
        lows, radices = self._radices()
        for number, count in tally.items():
            coordinates, state = divmod(number, len(self.machine.states))
            yield (to_vector(coordinates, lows, radices), state), count

    def ending_at(self, tallies: list[dict[int, int]], state: int, end: Place) -> list[int]:
        """The numerators of the walks of 0..n steps that end at a place; at the start their last step closes them."""
        displacement, last = end
        closing = not any(displacement) and (last == state or not self.states_are_sites)
        found = [int(closing and last == state)] if closing else [0]
        for before, tally in itertools.pairwise(tallies):
            if closing:
                found.append(sum(count * self._weight_between(place, end) for place, count in self.places(before)))
            else:
                found.append(sum(count for place, count in self.places(tally) if place == end))
        return found

    def require(self, state: int, max_walks: int | None) -> None:
        """Raise :class:`ResourceError` where there may be too many walks; the bound is c_(a+b) <= c_a c_b."""
        require_bytes(f"the self-avoiding walks of {about(self.n)} steps", 500 * self.n, DEFAULT_MAX_BYTES)
        branches = max(len(arcs) for arcs in self.machine.arcs)
        length, counts = 1, [1]
        while True:
            short = _Avoiding(self._unweighted(), min(length, self.n), self.states_are_sites)
            by_state = [[sum(t.values()) for t in short.tallies(i)] for i in range(len(self.machine.states))]
            counts = [max(column) for column in zip(*by_state, strict=True)]
            if short.n == self.n or counts[-1] > _SAMPLE:
                break
            length = 2 * length if counts[-1] * branches**length <= _SHORT_WALKS else length + 1
        if max_walks is None:
            largest = max((len(maps) for _, maps in self.orbits()), default=1)
            max_walks = largest * COMPILED_WALKS if self.compiled else MAX_WALKS
        bound = _most_walks(counts, self.n)
        if bound > max_walks:
            raise ResourceError(
                f"there may be up to {about(bound)} self-avoiding walks of {self.n} steps, "
                f"above the limit of {about(max_walks)}",
                instead=self._what_fits(next(m for m in range(self.n, -1, -1) if _most_walks(counts, m) <= max_walks)),
            )

    def _what_fits(self, longest: int) -> str:
        """What to ask instead where at most so many steps are enumerated."""
        said = f"at most {longest} steps"
        if not numba_available():
            return said + ", or the extra 'fast', with which walks are counted by compiled code"
        if is_square(self.machine) and longest < LONGEST:
            return said + (
                f"; on the square lattice their total (--any-end, --sequence without --to) and the walks back to their start go by a transfer "
                f"matrix, up to {LONGEST} steps"
            )
        return said

    def checks(self, state: int, tallies: list[dict[int, int]]) -> tuple[str, ...]:
        """The longest walks for which it is cheap, again: halves that meet in the middle and nowhere else."""
        sums = [sum(tally.values()) for tally in tallies]
        longest = max(
            m
            for m in range(min(self.n, _LONGEST_TWIN) + 1)
            if sums[m // 2] * sums[m - m // 2] * len(self.machine.states) <= _CHEAP_PAIRS or m == 0
        )
        expected = _joined_halves(self.machine, state, longest, self.states_are_sites)
        if dict(self.places(tallies[longest])) != expected:
            raise InternalFaultError(
                f"the self-avoiding walks of {longest} steps disagree with those joined from two halves"
            )
        return (f"two halves joined in the middle, every end, at {longest} steps",)

    def _unweighted(self) -> StateSteps:
        return replace(self.machine, transitions=tuple(replace(t, weight=1) for t in self.machine.transitions))

    def _radices(self) -> tuple[list[int], list[int]]:
        axes = list(zip(*(t.step for t in self.machine.transitions), strict=True))
        lows = [self.n * min(0, *axis) for axis in axes]
        return lows, [self.n * max(0, *axis) - low + 1 for axis, low in zip(axes, lows, strict=True)]

    def moves(self) -> list[list[tuple[int, int]]]:
        """For each state: what a step adds to the number of the place, and its weight."""
        _, radices = self._radices()
        states = len(self.machine.states)
        return [
            [(to_number(step, radices) * states + target - source, weight) for target, step, weight in arcs]
            for source, arcs in enumerate(self.machine.arcs)
        ]

    def _weight_between(self, place: Place, end: Place) -> int:
        """The numerator of the weight of the step from one place to another, 0 where there is none."""
        step = plus(end[0], place[0], -1)
        return sum(weight for target, s, weight in self.machine.arcs[place[1]] if target == end[1] and s == step)


def _most_walks(counts: list[int], n: int) -> int:
    """c_n is at most c_L^(n // L) c_(n % L)."""
    whole, rest = divmod(n, max(len(counts) - 1, 1))
    bound: int = counts[-1] ** whole * counts[rest]
    return bound


def _joined_halves(machine: StateSteps, state: int, n: int, states_are_sites: bool) -> dict[Place, int]:
    """The slow, readable twin: all pairs of walks backwards and forwards from the middle that share no other site."""
    backward = StateSteps(
        machine.states,
        tuple(
            replace(t, source=t.target, target=t.source, step=tuple(-x for x in t.step)) for t in machine.transitions
        ),
    )
    found: dict[Place, int] = {}
    for middle in range(len(machine.states)):
        centre: Place = ((0,) * machine.dimension, middle)
        ends = list(_walks(machine, [centre], 1, n - n // 2, states_are_sites))
        for first_half, a in _walks(backward, [centre], 1, n // 2, states_are_sites):
            if first_half[-1][1] != state:
                continue
            behind = {_mark(place, states_are_sites) for place in first_half[1:]}
            for second_half, b in ends:
                if behind.isdisjoint(_mark(place, states_are_sites) for place in second_half):
                    (there, last), (origin, _) = second_half[-1], first_half[-1]
                    end = (plus(there, origin, -1), last)
                    found[end] = found.get(end, 0) + a * b
    return found


def _walks(
    machine: StateSteps, path: list[Place], weight: int, more: int, states_are_sites: bool
) -> Iterator[tuple[list[Place], int]]:
    if not more:
        yield path, weight
        return
    site, state = path[-1]
    for target, step, factor in machine.arcs[state]:
        place = (plus(site, step), target)
        if all(_mark(place, states_are_sites) != _mark(earlier, states_are_sites) for earlier in path):
            yield from _walks(machine, [*path, place], weight * factor, more - 1, states_are_sites)


def _mark(place: Place, states_are_sites: bool) -> object:
    return place if states_are_sites else place[0]


def _site(machine: StateSteps, origin: Vector, place: Place) -> Site:
    return full_site(plus(origin, place[0]), place[1], machine.states)
