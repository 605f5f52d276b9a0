"""How large an answer will be, said before the work begins, and refused where it would not fit."""

from __future__ import annotations

import math
import os

from symdiff.errors import ResourceError
from symdiff.evidence.counting.decimal_text import about
from symdiff.evidence.counting.steps import StateSteps, StepSet, WalkSteps


def _half_of_memory() -> int:
    """Half of the machine's memory, 4 GB where that is not known."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2
    except (AttributeError, ValueError, OSError):
        return 4 * 10**9


DEFAULT_MAX_BYTES = _half_of_memory()
"""The default limit of memory for one answer."""

MOST_WORK = 1.5 * 10**11
"""In more than three dimensions: the most bytes that one count may write (some minutes)."""

MOST_SITES = 1_000_000
"""In more than three dimensions: the most sites of one law (about a minute and a half)."""

CHEAP_UPDATES = 40_000
"""A check of at most this many elementary updates (some hundredths of a second) is always made."""


MOST_BITS = 10**8
"""No single number may be longer: 30 million digits; one product takes about a second, and no time limit ends it earlier."""


def largest_count_bits(steps: WalkSteps, n: int) -> int:
    """An upper bound of the bits of any numerator after n steps, without computing it."""
    return n * largest_total(steps).bit_length() + 1


def largest_total(steps: WalkSteps) -> int:
    """The largest sum of (numerators of) weights out of any state."""
    if isinstance(steps, StepSet):
        return sum(steps.numerators)
    return max(sum(weight for _, _, weight in arcs) for arcs in steps.arcs)


def law_bytes(cells: int, bits: int, dimension: int) -> int:
    """About the memory of a law of so many sites: table entry, tuple and coordinates, count."""
    return cells * (200 + 40 * dimension + bits // 7)


def require_law(steps: WalkSteps, n: int, cells: int, max_bytes: int) -> None:
    """Raise :class:`ResourceError`, with the size, where a law of so many sites would not fit into ``max_bytes``."""
    bits = largest_count_bits(steps, n)
    need = law_bytes(cells, bits, steps.dimension)
    if need > max_bytes:
        raise ResourceError(
            f"the endpoint law of {about(n)} steps has up to {about(cells)} sites "
            f"with counts of up to {about(bits)} bits, that is up to {about(need)} bytes, "
            f"above the limit of {about(max_bytes)}",
            instead="one site (--to), fewer steps, or in Python a larger max_bytes",
        )


def require_number(steps: WalkSteps, n: int) -> None:
    """Raise :class:`ResourceError`, with the size, where the number of all walks is too long to be worked with."""
    bits = n * math.log2(largest_total(steps))
    if bits > MOST_BITS:
        raise ResourceError(
            f"the number of walks of {about(n)} steps has about {about(int(bits * math.log10(2)) + 1)} digits, above the limit "
            f"of {about(int(MOST_BITS * math.log10(2)))}",
            instead="fewer steps; a recurrence and its asymptotic expansion hold for any number (--recurrence)",
        )


def require_bytes(what: str, need: int, max_bytes: int) -> None:
    """Raise :class:`ResourceError`, with the size, where a computation would not fit into ``max_bytes``."""
    if need > max_bytes:
        raise ResourceError(
            f"{what} needs up to {about(need)} bytes, above the limit of {about(max_bytes)}",
            instead="fewer steps, or in Python a larger max_bytes",
        )


def require_feasible(steps: WalkSteps, n: int, work: int = 0, sites: int = 0) -> None:
    """Raise :class:`ResourceError` for a count of n steps in more than three dimensions that would take many minutes."""
    if steps.dimension > 3 and (work > MOST_WORK or sites > MOST_SITES):
        size = f"up to {about(sites)} sites" if sites else f"levels of {about(work)} bytes in all"
        raise ResourceError(
            f"{about(n)} steps in {steps.dimension} dimensions have {size}; numbers of walks grow too fast with the dimension for more",
            instead="one site (--to), or fewer steps" if sites else "fewer steps",
        )


def most_state_sites(steps: StateSteps, n: int) -> int:
    """A rigorous upper bound of the number of (site, state) that n steps reach: the box of the steps, or all walks."""
    box = len(steps.states)
    for axis in zip(*(t.step for t in steps.transitions), strict=True):
        box *= n * (max(axis) - min(axis)) + 1
    return min(box, most_walks(steps, n, box))


def most_walks(steps: StateSteps, n: int, enough: int) -> int:
    """A bound of the number of walks of n steps, weights aside; at most ``enough`` where it is large."""
    branches = max(len(arcs) for arcs in steps.arcs)
    return branches**n if n * branches.bit_length() < enough.bit_length() + 64 else enough
