"""Certified recurrences for the number of walks of n steps to a site: guessed from exact terms, then proved."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache

from symdiff.errors import InternalFaultError, NotYetError, UsageError
from symdiff.evidence.counting.certificate_check import certificate_holds
from symdiff.evidence.counting.dynamic_programming import updates
from symdiff.evidence.counting.finite_recurrence import FiniteRecurrence, finite_recurrence, integer_matrix
from symdiff.evidence.counting.guessing import Coefficients, guess
from symdiff.evidence.counting.half_line import HalfLineRecurrence, half_line_recurrence
from symdiff.evidence.counting.lattice import coordinates, hermite_basis, plus
from symdiff.evidence.counting.modular_matrix import solve_rational
from symdiff.evidence.counting.places import position, state_position
from symdiff.evidence.counting.reach import in_hull
from symdiff.evidence.counting.recurrence_terms import ProvedRecurrence, initial_terms
from symdiff.evidence.counting.recurrence_text import guessed_text
from symdiff.evidence.counting.reflections import Targets
from symdiff.evidence.counting.reflections import targets as images_of
from symdiff.evidence.counting.sequence_sweep import sequence_numerators
from symdiff.evidence.counting.size import largest_count_bits
from symdiff.evidence.counting.state_recurrence import (
    OnlyGuessedError,
    StateRecurrence,
    not_proved,
    proved,
    state_recurrence,
    steps_of_arcs,
)
from symdiff.evidence.counting.steps import StateSteps, StepSet, Vector, one_state
from symdiff.evidence.counting.symmetry import Map, apply, monomial_symmetries, symmetries
from symdiff.evidence.counting.telescoping import Ansatz, Term
from symdiff.evidence.counting.terrain import Place, Walk, WalledSteps
from symdiff.evidence.counting.unrolled import unrolled
from symdiff.evidence.counting.walled import end_place, layers, start_place

_TERMS = (40, 62, 80, 160)
_MOST_UNKNOWNS = {40: 24, 62: 38, 80: 60, 160: 130}
_LARGEST_SYSTEM = 60_000_000  # entries of the system for a certificate: half a gigabyte
_MOST_SWEEPS = {1: 400, 2: 60, 3: 6}  # images that are not symmetric to each other, by dimension
_MOST_BYTES = 4 * 10**10  # that a sweep for more numbers may write: some ten seconds
_MOST_UPDATES = 3_000_000
_LONG_WALKS = {1: 3000}  # steps from which on a recurrence pays between walls, by dimension, and elsewhere
_LONG_ELSEWHERE = 250
_LONG_EXCHANGES = 2000  # where a wall exchanges steps, whose recurrences are longer and not always proved
_NEAR = 8
_LEAST_TERMS, _FIRST_UPDATES = 4, 100_000
_FIRST_TERMS = 12  # compared place by place where there are walls


@dataclass(frozen=True)
class Recurrence(ProvedRecurrence):
    """sum_j c_j(n) a(n+j) = 0 for all n >= 0, where a(n) counts the walks of n steps to ``site``; proved.

    ``coefficients[j]``: c_j by powers of n, integers; a(n) are numerators over ``steps.denominator``^n. ``initial``: a(0), a(1), ...
    as far as the recurrence does not give them. ``maps``, ``scale``, ``certificate``: the proof; see ``certificate_check``.
    ``targets``: (t, f) with a(n) = sum f N_n(t), N_n the free walks: of one target where there are no walls, else its images.
    ``basis``: where it is not empty, ``steps`` and ``targets`` are in multiples of these vectors.
    """

    steps: StepSet
    site: Vector | None
    targets: Targets
    coefficients: Coefficients
    initial: tuple[int, ...]
    maps: tuple[Map, ...]
    scale: int
    certificate: tuple[Term, ...]
    basis: tuple[Vector, ...] = ()

    @property
    def denominator(self) -> int:
        return self.steps.denominator

    @property
    def weighted(self) -> bool:
        return self.steps.weighted

    def holds(self) -> bool:
        """Whether the independent checker accepts the proof, by one expansion."""
        weights = dict(zip(self.steps.steps, self.steps.numerators, strict=True))
        return certificate_holds(
            weights, dict(self.targets), self.maps, self.coefficients, self.scale, self.certificate
        )

    def proof_size(self) -> tuple[int, int]:
        """The number of terms of the certificate, and of decimal digits in it (about)."""
        digits = sum(len(str(abs(x))) for _, _, q in self.certificate for x in q)
        return len(self.certificate), digits


AnyRecurrence = Recurrence | StateRecurrence | FiniteRecurrence | HalfLineRecurrence


def recurrence(steps: Walk, site: object = None, start: object = None, *, any_end: bool = False) -> AnyRecurrence:
    """A proved recurrence for the walks from a start to a site, None: the origin; to any end with ``any_end``.

    Free walks, with internal states too; between walls that leave few places across (strips, slabs, boxes, rings) or mirror the
    steps (see ``reflections``). Raises :class:`UsageError` where all counts but finitely many are zero, :class:`NotYetError` where no
    recurrence of the sizes tried fits, or none of them has a proof of the form tried.
    """
    if isinstance(steps, StateSteps):
        if len(steps.states) == 1 and not any_end:
            origin, there = (_without_state(place, steps) for place in (start, site))
            return recurrence(_plain(steps), there, origin)
        return state_recurrence(steps, site, start, any_end=any_end)
    if isinstance(steps, WalledSteps):
        return _between_walls(steps, site, start, any_end)
    asked = plus(position(site, steps.dimension), position(start, steps.dimension, "the start"), -1)
    if any_end:
        raise UsageError("the number of walks to any end is the n-th power of the sum of the weights",
                         where="--recurrence", instead="--any-end without --recurrence")  # fmt: skip
    try:
        return recurrence_of(steps, ((asked, Fraction(1)),), asked)
    except OnlyGuessedError:
        return replace(proved(one_state(steps), 0, (0,), asked), site=asked)


def _without_state(place: object, steps: StateSteps) -> Vector | None:
    """The coordinates of a place of a walker with a single state."""
    if place is None:
        return None
    entries = tuple(place) if isinstance(place, Sequence) and not isinstance(place, str) else (place,)
    if not any(isinstance(e, str) for e in entries):
        return position(place, steps.dimension)
    return state_position(place, steps.states, steps.dimension)[0]


def _plain(steps: StateSteps) -> StepSet:
    """The steps of a walker with a single state."""
    return StepSet.from_steps([t.step for t in steps.transitions], [t.weight for t in steps.transitions])


def recurrence_of(steps: StepSet, targets: Targets, site: Vector | None) -> Recurrence:
    """A proved recurrence for a(n) = sum f N_n(t) over ``targets`` (t, f), N_n the number of free walks of n steps."""
    if not in_hull(steps.steps, 1, (0,) * steps.dimension):
        raise UsageError("no closed walks exist, so only finitely many numbers of steps lead to a site",
                         instead="--sequence, or --any-length for their sum")  # fmt: skip
    returning = _returning(steps) if not any(any(t) for t, _ in targets) else steps
    basis = hermite_basis(returning.steps)
    reached = [(there, f) for t, f in targets if (there := coordinates(basis, t)) is not None]
    if not reached:
        raise UsageError(
            f"no walk leads to {site}: it is off the lattice of the steps", instead="a site that can be reached"
        )
    if not basis:
        raise UsageError("only rests lead back to the start: their number is the weight of resting to the power n",
                         instead="-n without --recurrence")  # fmt: skip
    if len(basis) > 3:
        raise NotYetError(f"recurrences are proved on lattices of up to three dimensions, not yet of {len(basis)}",
                          where="--recurrence", instead="--sequence lists the numbers themselves")  # fmt: skip
    if all(sum(row) == 1 == max(row) and not min(row) < 0 for row in basis) and len(basis) == steps.dimension:
        return replace(_recurrence(returning, targets), site=site)
    places = [coordinates(basis, s) for s in returning.steps]
    inner = StepSet(tuple(p for p in places if p is not None), returning.weights)
    return replace(_recurrence(inner, tuple(reached)), site=site, basis=basis)


def _between_walls(walk: WalledSteps, site: object, start: object, any_end: bool) -> AnyRecurrence:
    """By the places across where they are few, else by images of the end; the first numbers are compared place by place."""
    first = start_place(walk, start)
    lasts = None if any_end else _end_places(walk, site, first[1])
    found = _across(walk, first, lasts) or _by_images_or_roots(walk, first, lasts)
    _compare_first(walk, first, lasts, found)
    return found


def long_walled_recurrence(walk: WalledSteps, n: int, first: Place, last: Place | None) -> Recurrence | None:
    """A certified recurrence by images for a long sequence between walls; None where it would not pay, or there is none."""
    near = sum(map(abs, first[0])) + sum(map(abs, () if last is None else last[0]))
    if n < _LONG_WALKS.get(walk.dimension, _LONG_ELSEWHERE) or near > _NEAR:
        return None
    if not walk.terrain.walls or (last is not None and not walk.terrain.inside(*last)):
        return None
    try:
        exchange = n >= _LONG_EXCHANGES and all(abs(x) < 2 for t in walk.machine.transitions for x in t.step)
        steps, images = images_of(walk, first, last, exchange)
        found = recurrence_of(steps, images, None if last is None else last[0])
    except (NotYetError, UsageError):
        return None
    if found.denominator != walk.denominator:
        return None
    _compare_first(walk, first, None if last is None else (last,), found)
    return found


def _compare_first(walk: WalledSteps, first: Place, lasts: tuple[Place, ...] | None, found: AnyRecurrence) -> None:
    """The first numbers place by place; raises :class:`InternalFaultError` where one differs."""
    for n, layer in enumerate(layers(walk, _FIRST_TERMS, {first: 1})):
        if n > _LEAST_TERMS and updates(walk.steps, n) > _FIRST_UPDATES:
            return
        total = sum(layer.values()) if lasts is None else sum(layer.get(e, 0) for e in lasts)
        if Fraction(found.nth(n), found.denominator**n) != Fraction(total) / walk.denominator**n:
            raise InternalFaultError("the recurrence disagrees with the walks between the walls")


def _end_places(walk: WalledSteps, site: object, state: int) -> tuple[Place, ...]:
    """The end in its state, or in every state where it names none; None: the origin in the state of the start."""
    entries = tuple(site) if isinstance(site, Sequence) and not isinstance(site, str) else (site,)
    if site is None:
        ends = [((0,) * walk.dimension, state)]
    elif any(isinstance(e, str) for e in entries) or len(walk.states) == 1:
        ends = [end_place(walk, site)]
    else:
        ends = [end_place(walk, (*entries, name)) for name in walk.states]
    inside = tuple(e for e in ends if walk.terrain.inside(*e))
    if not inside:
        raise UsageError(f"the end {ends[0][0]} lies outside the domain: no walk leads there", instead="an end inside")
    return inside


def _across(
    walk: WalledSteps, first: Place, lasts: tuple[Place, ...] | None
) -> StateRecurrence | FiniteRecurrence | None:
    """With the places across the walls as states; None where they are too many."""
    seen = unrolled(walk, first)
    if seen is None:
        return None
    site = None if lasts is None else lasts[0][0]
    if lasts is None or not seen.directions:
        rows: list[dict[int, Fraction | int]] = [{} for _ in seen.states]
        for row, arcs in zip(rows, seen.arcs, strict=True):
            for target, _, w in arcs:
                row[target] = row.get(target, 0) + w
        matrix, scale = integer_matrix(rows)
        ends = range(len(rows)) if lasts is None else [i for e in lasts if (i := seen.locate(e)[0]) is not None]
        return finite_recurrence(matrix, ends, scale * walk.denominator, walk.weighted, site)
    if not any(seen.arcs):
        raise UsageError("no step from the start stays inside: there is no walk but that of no steps",
                         instead="--sequence, or another start")  # fmt: skip
    steps = steps_of_arcs(seen.arcs)
    located = [seen.locate(e) for e in lasts]
    numbers = tuple(i for i, _ in located if i is not None)
    return replace(proved(steps, 0, numbers, located[0][1]), site=site, scale=walk.denominator, fractions=walk.weighted)


def _by_images_or_roots(
    walk: WalledSteps, first: Place, lasts: tuple[Place, ...] | None
) -> Recurrence | HalfLineRecurrence:
    """As free walks to the images of the end; where the walls are no mirrors, on a half-line by finitely many numbers."""
    try:
        steps, images = images_of(walk, first, None if lasts is None else lasts[0])
    except NotYetError as refusal:
        found = half_line_recurrence(walk, first, lasts)
        if found is None:
            raise _with_guess(refusal, walk, first, lasts) from None
        return found
    return recurrence_of(steps, images, None if lasts is None else lasts[0][0])


def _with_guess(refusal: NotYetError, walk: WalledSteps, first: Place, lasts: tuple[Place, ...] | None) -> NotYetError:
    """The refusal, with the recurrence that fits many numbers, where there is one, marked as what it is."""
    for terms, unknowns in _MOST_UNKNOWNS.items():
        if updates(walk.steps, terms) > _MOST_UPDATES:
            break
        values = [
            sum(layer.values()) if lasts is None else sum(layer.get(e, 0) for e in lasts)
            for layer in layers(walk, terms, {first: 1})
        ]
        if any(not isinstance(v, int) for v in values) or not any(values):
            break
        found = guess([int(v) for v in values], unknowns)
        if found is not None:
            message = f"{refusal.message}. Guessed from the first {terms} numbers, not proved: {guessed_text(found)}"
            return NotYetError(message, where=refusal.where, instead=refusal.instead)
    return refusal


def _returning(steps: StepSet) -> StepSet:
    """The steps that occur in closed walks: those whose reverse is a combination of steps with weights >= 0."""
    zero = (0,) * steps.dimension
    cone = (*steps.steps, zero)
    kept = [i for i, s in enumerate(steps.steps) if in_hull(cone, 10**6, tuple(-x for x in s))]
    if len(kept) == len(steps.steps):
        return steps
    return StepSet(tuple(steps.steps[i] for i in kept), tuple(steps.weights[i] for i in kept))


@lru_cache(maxsize=64)
def _recurrence(steps: StepSet, targets: Targets) -> Recurrence:
    found, reached = None, True
    for terms in _TERMS:
        if terms > _TERMS[0] and _sweep_bytes(steps, terms) > _MOST_BYTES:
            break
        values = _values(steps, targets, terms)
        reached = any(values)
        if not reached:
            continue  # the site may lie further away
        found = guess(values, _MOST_UNKNOWNS[terms])
        if found is not None:
            proved = _prove(steps, targets, found, values)
            if proved is not None:
                return proved
            break  # more terms give the same recurrence
    if not reached:
        raise UsageError(f"no walk of up to {terms} steps leads there", instead="a site that fewer steps reach")
    raise not_proved(found)


def _sweep_bytes(steps: StepSet, terms: int) -> int:
    """About the bytes that one sweep for so many numbers writes."""
    box: int = math.prod(terms * (max(axis) - min(axis)) + 1 for axis in zip(*steps.steps, strict=True))
    return box // 12 * terms * (largest_count_bits(steps, terms) // 8 + 1) * len(steps.steps)


def _values(steps: StepSet, targets: Targets, terms: int) -> list[int]:
    """a(0), ..., a(terms), numerators; images that a symmetry of the steps maps into each other are counted once."""
    maps = symmetries(steps)
    firsts = [min(apply(g, t) for g in maps) for t, _ in targets]
    if len(set(firsts)) > _MOST_SWEEPS.get(steps.dimension, 1):
        raise NotYetError(f"the search would count the walks to {len(set(firsts))} different images in the walls",
                          where="--recurrence", instead="a start nearer to the walls, or --sequence")  # fmt: skip
    known: dict[Vector, list[int]] = {}
    total = [Fraction(0)] * (terms + 1)
    for first, (_, f) in zip(firsts, targets, strict=True):
        if first not in known:
            known[first] = sequence_numerators(steps, terms, first, 0, 0, False, 4 * 10**9)[0]
        total = [a + f * v for a, v in zip(total, known[first], strict=True)]
    if any(v.denominator != 1 for v in total):
        raise InternalFaultError("images in walls whose numbers of walks are no integers")
    return [int(v) for v in total]


def _prove(steps: StepSet, targets: Targets, coefficients: Coefficients, values: Sequence[int]) -> Recurrence | None:
    """The recurrence with its certificate; None where the ansatz holds none."""
    maps = monomial_symmetries(steps)
    for slack in (0, 1):
        ansatz = Ansatz(steps, targets, maps, coefficients, slack)
        system = ansatz.system()
        if math.prod(system.shape) > _LARGEST_SYSTEM:
            return None
        solution = solve_rational(system, ansatz.fits)
        if solution is None:
            continue
        scale, certificate = ansatz.certificate(solution)
        initial = initial_terms(coefficients, values)
        found = Recurrence(steps, None, targets, coefficients, initial, maps, scale, certificate)
        if not found.holds():
            raise InternalFaultError("the proof of a recurrence does not stand its check")
        return found
    return None
