"""What a walker may do in one step: step sets, with or without internal states, exact and validated."""

from __future__ import annotations

import math
import operator
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from numbers import Rational

from symdiff.errors import ModelError, UsageError

Vector = tuple[int, ...]
Weight = int | Fraction
Site = tuple[int | str, ...]
"""Coordinates, followed by the name of the state where the steps have internal states: (1, 2) or (1, 2, "A")."""


@dataclass(frozen=True)
class StepSet:
    """The steps that are open to a walker on a lattice, each with its weight.

    The weight of a walk is the product of the weights of its steps; with weights of one, walks are counted.
    A zero vector is a step that rests. Steps are distinct and weights positive and exact (integers or
    fractions); :meth:`from_steps` merges equal steps. Raises :class:`ModelError` on anything else.
    """

    steps: tuple[Vector, ...]
    weights: tuple[Weight, ...]

    def __post_init__(self) -> None:
        if not self.steps:
            raise ModelError(
                "the step list is empty, so no walk can be counted", instead="give at least one step, such as (1, 0)"
            )
        dimension = len(self.steps[0])
        for step in self.steps:
            _check_vector(step, dimension)
        if len(set(self.steps)) != len(self.steps):
            raise ModelError(
                "a step occurs twice in the step list", instead="StepSet.from_steps, which merges equal steps"
            )
        if len(self.weights) != len(self.steps):
            raise ModelError(
                f"{len(self.steps)} steps have {len(self.weights)} weights", instead="one weight for each step"
            )
        for weight in self.weights:
            _check_weight(weight)

    @classmethod
    def from_steps(cls, steps: Iterable[int | Sequence[int]], weights: Iterable[Weight] | None = None) -> StepSet:
        """The step set of a list, in sorted order: equal steps merge (their weights add), weights of zero drop out.

        In one dimension a step may be a plain integer. Raises :class:`ModelError`.
        """
        if not isinstance(steps, Iterable):
            raise ModelError(f"the steps are a list, not {type(steps).__name__}", instead="such as [(1, 0), (-1, 0)]")
        vectors = [_as_vector(step) for step in steps]
        given = [1] * len(vectors) if weights is None else [exact_weight(w) for w in weights]
        if len(given) != len(vectors):
            raise ModelError(f"{len(vectors)} steps have {len(given)} weights", instead="one weight for each step")
        merged: dict[Vector, Weight] = {}
        for vector, weight in zip(vectors, given, strict=True):
            if weight != 0:
                _check_weight(weight)
                merged[vector] = plain(merged.get(vector, 0) + weight)
        if vectors and not merged:
            raise ModelError(
                "every step has weight zero, so no walk can be counted",
                instead="give at least one step a positive weight",
            )
        ordered = sorted(merged)
        return cls(tuple(ordered), tuple(merged[v] for v in ordered))

    def __hash__(self) -> int:
        return self._hash

    @cached_property
    def _hash(self) -> int:
        """Kept, because results are looked up by their steps."""
        return hash((self.steps, self.weights))

    @cached_property
    def dimension(self) -> int:
        return len(self.steps[0])

    @cached_property
    def weighted(self) -> bool:
        """Whether some weight is a fraction; integer weights count walks by multiplicity."""
        return any(isinstance(w, Fraction) for w in self.weights)

    @cached_property
    def denominator(self) -> int:
        """The least common denominator of the weights."""
        return math.lcm(*[w.denominator for w in self.weights])

    @cached_property
    def numerators(self) -> tuple[int, ...]:
        """The weights times their common denominator."""
        scale = self.denominator
        return tuple([w.numerator * (scale // w.denominator) for w in self.weights])


@dataclass(frozen=True)
class Transition:
    """One step of a walker with internal states: from a state, by a displacement, to a state."""

    source: str
    target: str
    step: Vector
    weight: Weight = 1


@dataclass(frozen=True)
class StateSteps:
    """The steps of a walker with named internal states; sublattices of a cell are states as well.

    Every transition leads from one named state to one named state and moves by an integer vector.
    Transitions are distinct (unless ``distinct`` is false: equal ones may be open at different sites of a terrain), weights
    positive and exact; :meth:`from_transitions` merges equal ones. A state without a way out ends the walk. Raises
    :class:`ModelError` on anything else.
    """

    states: tuple[str, ...]
    transitions: tuple[Transition, ...]
    distinct: bool = True

    def __post_init__(self) -> None:
        if not self.transitions:
            raise ModelError(
                "the list of transitions is empty, so no walk can be counted", instead="give at least one transition"
            )
        if len(set(self.states)) != len(self.states) or not all(isinstance(s, str) for s in self.states):
            raise ModelError(f"the states {self.states!r} are not distinct names", instead='names such as ("A", "B")')
        dimension = len(self.transitions[0].step)
        for t in self.transitions:
            _check_vector(t.step, dimension)
            _check_weight(t.weight)
            for name in (t.source, t.target):
                if name not in self.states:
                    raise ModelError(
                        f"a transition names the state {name!r}, the states are {self.states!r}",
                        instead="one of the states",
                    )
        if self.distinct and len({(t.source, t.target, t.step) for t in self.transitions}) != len(self.transitions):
            raise ModelError(
                "a transition occurs twice", instead="StateSteps.from_transitions, which merges equal transitions"
            )

    @classmethod
    def from_transitions(
        cls, transitions: Iterable[tuple[str, str, int | Sequence[int], Weight]], states: Sequence[str] | None = None
    ) -> StateSteps:
        """From tuples (from state, to state, step, weight); states are named in order of appearance unless given.

        Equal transitions merge, those of weight zero drop out. Raises :class:`ModelError`.
        """
        merged: dict[tuple[str, str, Vector], Weight] = {}
        seen: dict[str, None] = {}
        for source, target, step, given in transitions:
            weight = exact_weight(given)
            seen.update({source: None, target: None})
            if weight != 0:
                _check_weight(weight)
                key = (source, target, _as_vector(step))
                merged[key] = plain(merged.get(key, 0) + weight)
        return cls(
            tuple(seen) if states is None else tuple(states),
            tuple(Transition(*key, weight) for key, weight in merged.items()),
        )

    @property
    def dimension(self) -> int:
        return len(self.transitions[0].step)

    @property
    def weighted(self) -> bool:
        """Whether some weight is a fraction; integer weights count walks by multiplicity."""
        return any(isinstance(t.weight, Fraction) for t in self.transitions)

    @cached_property
    def denominator(self) -> int:
        """The least common denominator of the weights."""
        return math.lcm(*(Fraction(t.weight).denominator for t in self.transitions))

    @cached_property
    def arcs(self) -> tuple[tuple[tuple[int, Vector, int], ...], ...]:
        """For each state, by its number: (number of the target state, step, integer numerator of the weight)."""
        number = {name: i for i, name in enumerate(self.states)}
        out: list[list[tuple[int, Vector, int]]] = [[] for _ in self.states]
        for t in self.transitions:
            out[number[t.source]].append((number[t.target], t.step, int(t.weight * self.denominator)))
        return tuple(tuple(arcs) for arcs in out)


WalkSteps = StepSet | StateSteps


def one_state(steps: WalkSteps) -> StateSteps:
    """The same steps with internal states: a plain step set gets one state with an empty name."""
    if isinstance(steps, StateSteps):
        return steps
    plain_steps(steps, "between walls: walled_law, walled_sequence, walled_first_visit, sample_walks, count")
    return StateSteps(("",), tuple(Transition("", "", s, w) for s, w in zip(steps.steps, steps.weights, strict=True)))


def plain_steps(steps: object, instead: str) -> None:
    """Raise :class:`UsageError` for anything but plain steps: those with internal states or walls have functions of their own."""
    if not isinstance(steps, StepSet):
        raise UsageError(f"plain steps are expected here, not {type(steps).__name__}", instead=instead)


def exact_weight(weight: object) -> Weight:
    """A weight as int or Fraction; raises :class:`ModelError` for anything inexact."""
    if isinstance(weight, bool) or not isinstance(weight, Rational):
        raise ModelError(
            f"the weight {weight!r} is not an exact number",
            instead="an integer, or a fraction such as Fraction(3, 10); symbols with counting.symbolic_steps",
        )
    return plain(Fraction(int(weight.numerator), int(weight.denominator)))


def plain(weight: Weight) -> Weight:
    """A fraction of denominator one as the integer it is."""
    return int(weight) if isinstance(weight, int) or weight.denominator == 1 else weight


def as_integer(value: object) -> int | None:
    """The integer that a value is (of any integer type, not a truth value), else None."""
    if isinstance(value, bool):
        return None
    try:
        return operator.index(value)  # type: ignore[arg-type]
    except TypeError:
        return None


def _as_vector(step: object) -> Vector:
    entries = step if isinstance(step, Sequence) and not isinstance(step, str) else (step,)
    found = [as_integer(entry) for entry in entries]
    if not found or any(entry is None for entry in found):
        raise ModelError(
            f"the step {step!r} is not a vector of integers", instead="integers in lattice units, such as (1, 0)"
        )
    return tuple(entry for entry in found if entry is not None)


def _check_vector(step: object, dimension: int) -> None:
    if not isinstance(step, tuple) or not step or any(type(entry) is not int for entry in step):
        raise ModelError(
            f"the step {step!r} is not a tuple of integers", instead="integers in lattice units, such as (1, 0)"
        )
    if len(step) != dimension:
        raise ModelError(
            f"the step {step!r} has {len(step)} coordinates, the first step has {dimension}",
            instead="steps of one dimension",
        )


def _check_weight(weight: object) -> None:
    if type(weight) is not int and not isinstance(weight, Fraction):
        raise ModelError(
            f"the weight {weight!r} is not an exact number", instead="an integer, or a fraction such as Fraction(3, 10)"
        )
    if weight <= 0:
        raise ModelError(
            f"the weight {weight} is not positive, and walks are counted with positive weights only",
            instead="leave out steps that are never taken; signed schemes have no walks to count",
        )
