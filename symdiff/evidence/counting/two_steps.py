"""Two steps as one, for walks that alternate between two kinds of sites (honeycomb, diamond)."""

from __future__ import annotations

from symdiff.errors import NotYetError
from symdiff.evidence.counting.lattice import plus
from symdiff.evidence.counting.steps import StateSteps, StepSet, Vector, Weight


def two_steps(steps: StateSteps, state: str) -> StepSet:
    """The steps of a walk seen after every second step, where all walks from a state are back in it then.

    Raises :class:`NotYetError` where they are not.
    """
    found: dict[Vector, Weight] = {}
    for first in (t for t in steps.transitions if t.source == state):
        for second in (t for t in steps.transitions if t.source == first.target):
            if second.target != state or first.target == state:
                raise NotYetError("recurrences for these internal states are not handled yet", where="--recurrence",
                                  instead="--sequence lists the numbers themselves")  # fmt: skip
            step = plus(first.step, second.step)
            found[step] = found.get(step, 0) + first.weight * second.weight
    if not found:
        raise NotYetError(f"no walk of two steps begins in the state {state}, so there is no recurrence",
                          where="--recurrence", instead="--sequence lists the numbers themselves")  # fmt: skip
    return StepSet.from_steps(list(found), list(found.values()))
