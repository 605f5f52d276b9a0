"""Proved recurrences for walks with internal states: sublattices, memory, the rows of a strip, the planes of a slab."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache
from typing import TYPE_CHECKING

from symdiff.errors import InternalFaultError, NotYetError, UsageError
from symdiff.evidence.counting.dynamic_programming import updates
from symdiff.evidence.counting.finite_recurrence import FiniteRecurrence, finite_recurrence, integer_matrix
from symdiff.evidence.counting.guessing import Coefficients, guess
from symdiff.evidence.counting.laurent import Laurent, lowest_terms, moved, resolvent
from symdiff.evidence.counting.places import position, state_position
from symdiff.evidence.counting.rational_check import rational_certificate_holds
from symdiff.evidence.counting.rational_telescoping import MOST_ENTRIES, RationalAnsatz, RationalProof, entries_expected
from symdiff.evidence.counting.recurrence_terms import ProvedRecurrence, initial_terms
from symdiff.evidence.counting.recurrence_text import guessed_text
from symdiff.evidence.counting.sequence_sweep import sequence_numerators
from symdiff.evidence.counting.steps import StateSteps, Transition, Vector, Weight

if TYPE_CHECKING:
    from symdiff.evidence.counting.composed_recurrence import ComposedProof

_TERMS = ((40, 24), (80, 60), (160, 130), (320, 260))
_FIRST = 8  # numbers of a composed form that are compared with those swept for
_MOST_STATES = 12
_MOST_DIMENSION = 3
_MOST_BYTES = 5 * 10**8
_MOST_UPDATES = 600_000_000
_ORDERS = (0, 1, 2)


@dataclass(frozen=True, eq=False)
class StateRecurrence(ProvedRecurrence):
    """sum_j c_j(n) a(n+j) = 0 for all n >= 0, a(n) the walks of n steps from state ``start`` by ``displacement`` to one of ``ends``.

    ``column``, ``determinant``, ``fraction``, ``proof``: see ``rational_check`` and ``composed_check``; a(n) are numerators over ``denominator``^n.
    """

    steps: StateSteps
    start: int
    ends: tuple[int, ...]
    displacement: Vector
    site: Vector | None
    coefficients: Coefficients
    initial: tuple[int, ...]
    column: tuple[Laurent, ...]
    determinant: Laurent
    fraction: tuple[Laurent, Laurent]
    proof: RationalProof | ComposedProof
    scale: int = 1  # the weights of ``steps`` are those of the walk times this
    fractions: bool = False

    @property
    def denominator(self) -> int:
        return self.steps.denominator * self.scale

    @property
    def weighted(self) -> bool:
        return self.fractions or self.steps.weighted

    def holds(self) -> bool:
        """Whether the independent checker accepts the proof, by one expansion."""
        proof = self.proof
        if not isinstance(proof, RationalProof):
            return proof.holds(self.steps.arcs, self.start, self.ends, self.displacement, self.coefficients, self.column,
                               self.determinant, self.fraction)  # fmt: skip
        return rational_certificate_holds(
            self.steps.arcs, self.start, self.ends, self.displacement, self.coefficients, self.column, self.determinant,
            self.fraction, proof.operator, proof.pole, proof.parts, proof.logarithms,
        )  # fmt: skip

    def proof_size(self) -> tuple[int, int]:
        """The number of terms of the certificate, and of decimal digits in it (about)."""
        numbers = self.proof.numbers()
        return len(numbers), sum(len(str(abs(v))) for v in numbers)


def state_recurrence(
    steps: StateSteps, site: object, start: object, *, any_end: bool = False
) -> StateRecurrence | FiniteRecurrence:
    """A proved recurrence for walks with states from a start to a site (None: the origin, in the state of the start), in one state or
    (none named) in any; or to any end.

    Raises :class:`UsageError` where no walk leads there, :class:`NotYetError` where no recurrence of the sizes tried fits or has a
    proof of the form tried.
    """
    origin, first = state_position(start, steps.states, steps.dimension, "the start")
    if any_end:
        return _to_any_end(steps, first)
    entries = tuple(site) if isinstance(site, Sequence) and not isinstance(site, str) else (site,)
    if site is None:
        there, ends = (0,) * steps.dimension, [first]
    elif any(isinstance(e, str) for e in entries):
        there, last = state_position(site, steps.states, steps.dimension, "the end")
        ends = [last]
    else:
        there, ends = position(site, steps.dimension, "the end"), list(range(len(steps.states)))
    return replace(
        proved(steps, first, tuple(ends), tuple(a - b for a, b in zip(there, origin, strict=True))), site=there
    )


def _to_any_end(steps: StateSteps, first: int) -> FiniteRecurrence:
    """Places are forgotten: the states and the sums of their weights."""
    rows: list[dict[int, Fraction | int]] = [{} for _ in steps.states]
    for row, arcs in zip(rows, steps.arcs, strict=True):
        for target, _, w in arcs:
            row[target] = row.get(target, 0) + w
    order = [first, *(i for i in range(len(rows)) if i != first)]
    number = {state: i for i, state in enumerate(order)}
    matrix, _ = integer_matrix([{number[j]: w for j, w in rows[i].items()} for i in order])
    return finite_recurrence(matrix, range(len(rows)), steps.denominator, steps.weighted, None)


def steps_of_arcs(arcs: Sequence[Sequence[tuple[int, Vector, Weight]]]) -> StateSteps:
    """Numbered states as steps; equal arcs merge."""
    names = [str(i) for i in range(len(arcs))]
    found: dict[tuple[int, int, Vector], Weight] = {}
    for i, out in enumerate(arcs):
        for j, step, w in out:
            found[i, j, step] = found.get((i, j, step), 0) + w
    return StateSteps(tuple(names), tuple(Transition(names[i], names[j], s, w) for (i, j, s), w in found.items() if w))


@lru_cache(maxsize=32)
def proved(steps: StateSteps, start: int, ends: tuple[int, ...], displacement: Vector) -> StateRecurrence:
    """The recurrence for walks from one state by a displacement to any of the end states."""
    if len(steps.states) > _MOST_STATES:
        raise NotYetError(f"recurrences are proved for up to {_MOST_STATES} states, here are {len(steps.states)}",
                          where="--recurrence", instead="--any-end, whose recurrence has constant coefficients, or --sequence")  # fmt: skip
    if steps.dimension > _MOST_DIMENSION:
        raise NotYetError(f"recurrences are proved on lattices of up to three dimensions, not yet of {steps.dimension}",
                          where="--recurrence", instead="--sequence lists the numbers themselves")  # fmt: skip
    column, determinant = resolvent(steps, ends)
    above = moved(column[start], (0, *(-x for x in displacement)))
    if not above:
        raise UsageError(
            "no walk leads there: no state of the end can be reached", instead="a state that can be reached"
        )
    fraction = lowest_terms(above, determinant)
    guessed: Coefficients | None = None
    for terms, unknowns in _TERMS:
        values = None
        if steps.dimension > 2:  # where they are dear
            values = _values_through_a_plain_walk(fraction, _values(steps, start, ends, displacement, _FIRST), terms)
        if values is None:
            if updates(steps, terms) > _MOST_UPDATES:
                break
            values = _values(steps, start, ends, displacement, terms)
        if not any(values):
            raise UsageError(f"no walk of up to {terms} steps leads there", instead="a site that can be reached")
        coefficients = guess(values, unknowns)
        if coefficients is None:
            continue
        guessed = coefficients
        proof = _proof(fraction, coefficients, values)
        if proof is None:
            break  # more terms give the same recurrence
        initial = initial_terms(coefficients, values)
        found = StateRecurrence(
            steps, start, ends, displacement, None, coefficients, initial, tuple(column), determinant, fraction, proof
        )
        if not found.holds():
            raise InternalFaultError("the proof of a recurrence does not stand its check")
        return found
    raise not_proved(guessed)


class OnlyGuessedError(NotYetError):
    """A recurrence fits many numbers, and no proof of the form tried was found."""


def not_proved(guessed: Coefficients | None) -> NotYetError:
    """The refusal, with the recurrence that fits all numbers counted, where there is one, marked as what it is."""
    if guessed is None:
        return NotYetError("no recurrence of the sizes tried fits the first numbers", where="--recurrence",
                           instead="--sequence lists the numbers themselves")  # fmt: skip
    return OnlyGuessedError(f"no recurrence of the sizes tried has a proof of the forms tried; guessed, not proved: {guessed_text(guessed)}",
                       where="--recurrence", instead="--sequence lists the numbers themselves")  # fmt: skip


def _search(
    fraction: tuple[Laurent, Laurent], coefficients: Coefficients, values: Sequence[int]
) -> RationalProof | None:
    for order in _ORDERS:
        if entries_expected(fraction[1], coefficients, order) > MOST_ENTRIES // 4:
            return None
        ansatz = RationalAnsatz(*fraction, coefficients, values, order)
        if not ansatz.feasible:
            return None
        proof = ansatz.solution()
        if proof is not None:
            return proof
    return None


def _proof(
    fraction: tuple[Laurent, Laurent], coefficients: Coefficients, values: Sequence[int]
) -> RationalProof | ComposedProof | None:
    """As rational functions, or through one plain walk: that first in space, where the system of the other is large."""
    if len(next(iter(fraction[1]))) > 3:
        return _through_a_plain_walk(fraction, coefficients, values) or _search(fraction, coefficients, values)
    return _search(fraction, coefficients, values) or _through_a_plain_walk(fraction, coefficients, values)


def _values_through_a_plain_walk(
    fraction: tuple[Laurent, Laurent], first: Sequence[int], terms: int
) -> list[int] | None:
    from symdiff.evidence.counting.composed_recurrence import composed_values

    return composed_values(fraction, first, terms)


def _through_a_plain_walk(
    fraction: tuple[Laurent, Laurent], coefficients: Coefficients, values: Sequence[int]
) -> ComposedProof | None:
    from symdiff.evidence.counting.composed_recurrence import (
        composed_proof,
    )  # which needs the recurrences of plain walks

    return composed_proof(fraction, coefficients, values)


def _values(steps: StateSteps, start: int, ends: Sequence[int], displacement: Vector, terms: int) -> list[int]:
    """a(0), ..., a(terms), numerators."""
    total = [0] * (terms + 1)
    for e in ends:
        found = sequence_numerators(steps, terms, displacement, start, e, False, _MOST_BYTES)[0]
        total = [a + b for a, b in zip(total, found, strict=True)]
    return total
