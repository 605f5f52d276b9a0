"""Walks that never go straight back: each step but the first differs from the reverse of the one before."""

from __future__ import annotations

from collections.abc import Mapping

from symdiff.errors import InternalFaultError, UsageError
from symdiff.evidence.counting.checks import evaluated
from symdiff.evidence.counting.law import EndpointLaw, states_of
from symdiff.evidence.counting.modular import PRIME, monomial, point_for
from symdiff.evidence.counting.places import full_site, state_position, step_number
from symdiff.evidence.counting.size import CHEAP_UPDATES, DEFAULT_MAX_BYTES, most_walks
from symdiff.evidence.counting.state_law import state_endpoint_law
from symdiff.evidence.counting.steps import Site, StateSteps, StepSet, Transition, Vector, WalkSteps, one_state

_BEGIN = "begin"


def non_reversing_law(
    steps: WalkSteps,
    n: int,
    start: object = None,
    *,
    states_are_sites: bool = True,
    check: bool = True,
    max_bytes: int = DEFAULT_MAX_BYTES,
) -> EndpointLaw:
    """Where the non-reversing walks of n steps end: no step is the reverse of the one just before it.

    The first and the last step may be opposite. With internal states a step is reversed where it leads back to the
    site and state it came from; with ``states_are_sites=False`` (states that are no places, such as directions) where
    it is the opposite displacement. By dynamic programming on walks that remember their last step. Raises
    :class:`UsageError` for bad input and for steps that rest (their reverse would be themselves),
    :class:`ResourceError`, :class:`InternalFaultError`.
    """
    n = step_number(n)
    machine = one_state(steps)
    origin, state = state_position(start, machine.states, machine.dimension, "the start")
    if any(not any(t.step) and (t.source == t.target or not states_are_sites) for t in machine.transitions):
        raise UsageError(
            "a step that rests has no reverse, so non-reversing walks are not defined", instead="steps that move"
        )
    memory = _with_memory(machine, state, states_are_sites)
    numerators: dict[Site, int] = {full_site(origin, state, machine.states): 1} if n == 0 else {}
    denominator = 1
    done: tuple[str, ...] = ()
    if n and memory is not None:
        law = state_endpoint_law(memory, n, (*origin, _BEGIN), check=check, max_bytes=max_bytes)
        denominator, done = law.denominator, law.checked_by
        for (*site, last), count in law.numerators.items():
            there = (*site, *((machine.transitions[int(last)].target,) if states_of(steps) else ()))
            numerators[there] = numerators.get(there, 0) + count
    result = EndpointLaw(
        n=n,
        start=full_site(origin, state, machine.states),
        states=states_of(steps),
        numerators=numerators,
        denominator=denominator,
        weighted=steps.weighted,
        method="dynamic programming with the last step as a state",
        checked_by=done,
    )
    return _checked(result, steps, states_are_sites) if check else result


def _is_reverse(later: Transition, earlier: Transition, states_are_sites: bool) -> bool:
    opposite = later.step == tuple(-x for x in earlier.step)
    return opposite and (later.target == earlier.source or not states_are_sites)


def _with_memory(machine: StateSteps, start: int, states_are_sites: bool) -> StateSteps | None:
    """The same walks with the number of the last transition as the state; None where no step leads away."""
    numbered = list(enumerate(machine.transitions))
    found = [(_BEGIN, str(i), t.step, t.weight) for i, t in numbered if t.source == machine.states[start]]
    if not found:
        return None
    for i, before in numbered:
        for j, after in numbered:
            if after.source == before.target and not _is_reverse(after, before, states_are_sites):
                found.append((str(i), str(j), after.step, after.weight))
    return StateSteps.from_transitions(found)


def _checked(law: EndpointLaw, steps: WalkSteps, states_are_sites: bool) -> EndpointLaw:
    """Compared with plain enumeration where cheap, and with a polynomial recurrence where steps are symmetric."""
    machine = one_state(steps)
    done = [f"with the last step as a state: {text}" for text in law.checked_by]
    if most_walks(machine, law.n, CHEAP_UPDATES) < CHEAP_UPDATES // 4:
        counts = _enumerated(law, machine, states_are_sites)
        expected = {site: value * law.denominator for site, value in counts.items()}
        actual = {site: value * machine.denominator**law.n for site, value in law.numerators.items()}
        if expected != actual:
            raise InternalFaultError(f"the non-reversing walks of {law.n} steps disagree with their enumeration")
        done.append("enumeration of all walks")
    if isinstance(steps, StepSet) and _is_symmetric(steps):
        point = point_for(law.n, law.dimension)
        place = monomial(law.start, point)
        if evaluated(law.numerators, (), point).get("", 0) != place * _polynomial(steps, law.n, point) % PRIME:
            raise InternalFaultError(
                f"the non-reversing walks of {law.n} steps disagree with their recurrence in the steps"
            )
        done.append("N_(m+1) = A N_m - (q-1) N_(m-1), A the sum of the q steps, at one point modulo 2^64 - 2^32 + 1")
    return EndpointLaw(
        law.n, law.start, law.states, law.numerators, law.denominator, law.weighted, law.method, tuple(done)
    )


def _enumerated(law: EndpointLaw, machine: StateSteps, states_are_sites: bool) -> Mapping[Site, int]:
    """Every walk, one after the other: numerators over the denominator of all steps."""
    counts: dict[Site, int] = {}
    first = str(law.start[-1]) if law.states else machine.states[0]
    origin: Vector = tuple(int(x) for x in law.start[: law.dimension])
    walks: list[tuple[int, Vector, str, Transition | None, int]] = [(0, origin, first, None, 1)]
    while walks:
        m, site, state, before, weight = walks.pop()
        if m == law.n:
            there = full_site(site, machine.states.index(state), machine.states)
            counts[there] = counts.get(there, 0) + weight
            continue
        for t in machine.transitions:
            if t.source == state and not (before is not None and _is_reverse(t, before, states_are_sites)):
                moved = tuple(x + y for x, y in zip(site, t.step, strict=True))
                walks.append((m + 1, moved, t.target, t, weight * int(t.weight * machine.denominator)))
    return counts


def _is_symmetric(steps: StepSet) -> bool:
    return all(w == 1 for w in steps.weights) and {tuple(-x for x in s) for s in steps.steps} == set(steps.steps)


def _polynomial(steps: StepSet, n: int, point: tuple[int, ...]) -> int:
    """N_n as a polynomial in A at a point: N_0 = 1, N_1 = A, N_2 = A^2 - q, then N_(m+1) = A N_m - (q-1) N_(m-1)."""
    q = len(steps.steps)
    a = sum(monomial(s, point) for s in steps.steps) % PRIME
    values = [1, a, (a * a - q) % PRIME]
    while len(values) <= n:
        values.append((a * values[-1] - (q - 1) * values[-2]) % PRIME)
    return values[n]
