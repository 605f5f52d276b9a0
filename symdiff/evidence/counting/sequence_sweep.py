"""One sweep for the numbers of walks of 0, 1, ..., n steps to one site: whole layers, or a recurrence for each number."""

from __future__ import annotations

from symdiff.errors import InternalFaultError
from symdiff.evidence.counting.checks import checked_sequence
from symdiff.evidence.counting.decimal_text import about
from symdiff.evidence.counting.dynamic_programming import layers, size_of_law
from symdiff.evidence.counting.endpoint import PACKED, level_counts, numerator_of, useful_chart
from symdiff.evidence.counting.layers import box_bytes, packed_numerators
from symdiff.evidence.counting.narrow_powers import METHOD as NARROW
from symdiff.evidence.counting.narrow_powers import narrow_forms_of, narrow_numerators
from symdiff.evidence.counting.places import full_site
from symdiff.evidence.counting.size import largest_count_bits, require_bytes, require_feasible, require_law
from symdiff.evidence.counting.state_law import WHOLE_LAYERS, packs_well, state_endpoint_law
from symdiff.evidence.counting.steps import StepSet, Vector, WalkSteps, one_state

DICTIONARY = "dynamic programming"
# Above this size the layers of dynamic programming cost more than one recurrence for each number of steps.
_LAYER_BYTES = 5 * 10**7
_NARROW_FROM = 12


def sequence_numerators(
    steps: WalkSteps, n: int, displacement: Vector, start: int, end: int, check: bool, max_bytes: int
) -> tuple[list[int], str, list[str]]:
    """The numerators of the counts of 0..n steps from one state to another, the method, and what was compared."""
    require_bytes(f"the sequence of 0..{about(n)} steps", (n + 1) * largest_count_bits(steps, n) // 16, max_bytes)
    machine = one_state(steps)
    forms = narrow_forms_of(steps) if isinstance(steps, StepSet) and n >= _NARROW_FROM else None
    if isinstance(steps, StepSet) and forms is not None:
        found = narrow_numerators(steps, n, displacement, forms, max_bytes)
        return found, NARROW, _checks(steps, displacement, found, (start, end), max_bytes) if check else []
    if isinstance(steps, StepSet):
        chart = useful_chart(steps, n, displacement)
        if chart is not None and box_bytes(machine, n) > _LAYER_BYTES:
            # the levels of m steps grow like a power of m: about a sixth of n times the last
            per_level = chart.box(n) // 2 * (largest_count_bits(steps, n) // 8 + 1) * len(steps.steps)
            require_feasible(steps, n, n * per_level // 6)
            found = [
                level_counts(steps, m, displacement, chart, max_bytes)[1].get(displacement, 0) for m in range(n + 1)
            ]
            return found, PACKED, _checks(steps, displacement, found, (start, end), max_bytes) if check else []
        packed = chart is not None and packs_well(machine, n)
    else:
        packed = packs_well(steps, n)
    if packed:
        found = packed_numerators(machine, n, displacement, start, end)
    else:
        require_law(steps, n, size_of_law(steps, n), max_bytes)
        origin = (0,) * steps.dimension
        found = [layer.get((displacement, end), 0) for layer in layers(machine, n, {(origin, start): 1})]
    done = _checks(steps, displacement, found, (start, end), max_bytes) if check else []
    return found, WHOLE_LAYERS if packed else DICTIONARY, done


def _checks(
    steps: WalkSteps, displacement: Vector, numerators: list[int], states: tuple[int, int], max_bytes: int
) -> list[str]:
    """Every term, where that is cheap; and the last that is not zero, by another method with its own checks."""
    done = checked_sequence(steps, displacement, numerators, *states)
    last = max((m for m, value in enumerate(numerators) if value), default=None)
    if last is None:
        return done
    if isinstance(steps, StepSet):
        numerator, method, checks = numerator_of(steps, last, displacement, True, max_bytes)
    else:
        origin = (0,) * steps.dimension
        law = state_endpoint_law(steps, last, (*origin, steps.states[states[0]]), max_bytes=max_bytes)
        site = full_site(displacement, states[1], steps.states)
        numerator, method, checks = law.numerators.get(site, 0), "whole law", law.checked_by
    if numerator != numerators[last]:
        raise InternalFaultError(f"the count of {last} steps disagrees with the {method}")
    return [*done, f"at n = {last}: {method} ({', '.join(checks)})"]
