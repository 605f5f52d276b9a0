"""First returns and first passages, by renewal: every visit is a first visit followed by a return."""

from __future__ import annotations

import math
from collections.abc import Sequence

from symdiff.errors import InternalFaultError, UsageError
from symdiff.evidence.counting.dynamic_programming import layers, updates
from symdiff.evidence.counting.lattice import plus
from symdiff.evidence.counting.law import WalkSequence, weight_of
from symdiff.evidence.counting.modular import PRIME
from symdiff.evidence.counting.places import full_site, state_position, step_number
from symdiff.evidence.counting.power_series import low_product, quotient
from symdiff.evidence.counting.sequences import best_numerators
from symdiff.evidence.counting.size import CHEAP_UPDATES, DEFAULT_MAX_BYTES
from symdiff.evidence.counting.steps import Vector, WalkSteps, one_state


def first_return(
    steps: WalkSteps, n: int, start: object = None, *, check: bool = True, max_bytes: int = DEFAULT_MAX_BYTES
) -> WalkSequence:
    """The numbers of walks that are back at their start for the first time after 0, 1, ..., n steps.

    sum_(k=1..m) f_k r_(m-k) = r_m for m >= 1, r_m all walks of m steps that end at their start; f_0 = 0. A listed step
    that rests is a return after one step. With internal states the return is to the same site and state.
    Raises :class:`UsageError`, :class:`ResourceError`, :class:`InternalFaultError` as :func:`sequence` does.
    Source: W. Feller, An Introduction to Probability Theory and Its Applications I, XIII.3.
    """
    n = step_number(n)
    machine = one_state(steps)
    origin, state = state_position(start, machine.states, machine.dimension, "the start")
    still = (0,) * steps.dimension
    returns, method, done = best_numerators(steps, n, still, state, state, check, max_bytes)
    visits = [0, *returns[1:]]
    found = _first_visits(visits, returns)
    if check:
        done = _prefixed("returns", done) + _checks(steps, still, (state, state), found, visits, returns)
    return _result(steps, (origin, state), (origin, state), found, method, done)


def first_passage(
    steps: WalkSteps, n: int, start: object, end: object, *, check: bool = True, max_bytes: int = DEFAULT_MAX_BYTES
) -> WalkSequence:
    """The numbers of walks from ``start`` that are at ``end`` for the first time after 0, 1, ..., n steps.

    sum_(k=1..m) f_k r_(m-k) = g_m, g_m all walks of m steps from start to end, r_m those from end to end.
    With internal states ``end`` is a site and a state. Raises :class:`UsageError` where start and end coincide
    (:func:`first_return` counts those), and otherwise as :func:`first_return` does. Source: as there.
    """
    n = step_number(n)
    machine = one_state(steps)
    origin, first = state_position(start, machine.states, machine.dimension, "the start")
    there, last = state_position(end, machine.states, machine.dimension, "the end")
    if (origin, first) == (there, last):
        raise UsageError(
            "a first passage begins elsewhere, here start and end are the same site",
            instead="first_return, or --first-return",
        )
    displacement, still = plus(there, origin, -1), (0,) * steps.dimension
    visits, method, done = best_numerators(steps, n, displacement, first, last, check, max_bytes)
    returns, _, more = best_numerators(steps, n, still, last, last, check, max_bytes)
    found = _first_visits(visits, returns)
    if check:
        done = _prefixed("visits", done) + _prefixed("returns", more)
        done += _checks(steps, displacement, (first, last), found, visits, returns)
    return _result(steps, (origin, first), (there, last), found, method, done)


def _first_visits(visits: Sequence[int], returns: Sequence[int]) -> list[int]:
    """f from f * r = g; r_0 = 1. Numerators over powers of one denominator convolve as they are.

    Returns come at multiples of the period only, and visits in one class modulo it: the series are thinned out first.
    """
    period = math.gcd(*(m for m, value in enumerate(returns) if value)) or 1
    found = [0] * len(visits)
    for first in {m % period for m, value in enumerate(visits) if value}:
        thinned = visits[first::period]
        found[first::period] = quotient(thinned, returns[: len(thinned) * period : period])
    return found


def _checks(
    steps: WalkSteps,
    displacement: Vector,
    states: tuple[int, int],
    found: Sequence[int],
    visits: Sequence[int],
    returns: Sequence[int],
) -> list[str]:
    """The renewal equation by one product of packed series; where cheap, walks that stop at their first visit."""
    if min(found) < 0:
        raise InternalFaultError("a number of first visits is negative")
    product = low_product([f % PRIME for f in found], [r % PRIME for r in returns], len(visits))
    if any((a - b) % PRIME for a, b in zip(product, visits, strict=True)):
        raise InternalFaultError("the first visits do not fulfil the renewal equation")
    done = ["renewal equation modulo 2^64 - 2^32 + 1, every term, by one product of packed series"]
    n = len(found) - 1
    if updates(steps, n) <= CHEAP_UPDATES:
        target = (displacement, states[1])
        begin = {((0,) * steps.dimension, states[0]): 1}
        direct = [layer.get(target, 0) for layer in layers(one_state(steps), n, begin, {target})]
        if [0, *direct[1:]] != list(found):
            raise InternalFaultError("the first visits disagree with dynamic programming that stops at the first visit")
        done.append("dynamic programming that stops at the first visit, every term")
    return done


def _prefixed(what: str, done: Sequence[str]) -> list[str]:
    return [f"{what}: {text}" for text in done]


def _result(
    steps: WalkSteps,
    start: tuple[Vector, int],
    end: tuple[Vector, int],
    found: Sequence[int],
    method: str,
    done: Sequence[str],
) -> WalkSequence:
    names = one_state(steps).states
    return WalkSequence(
        start=full_site(*start, names),
        end=full_site(*end, names),
        values=tuple(weight_of(value, steps, m) for m, value in enumerate(found)),
        method=f"renewal equation on {method}",
        checked_by=tuple(done),
    )
