"""Whether a law is counted by one site of each orbit, and whether by rows, by compiled code or by NumPy's arrays."""

from __future__ import annotations

import importlib.util
import math
import sys

from symdiff.evidence.counting.chart import relative_steps
from symdiff.evidence.counting.folded_arrays import array_counts
from symdiff.evidence.counting.folded_domain import Domain, domain_of
from symdiff.evidence.counting.folded_law import FoldedCounts
from symdiff.evidence.counting.folded_rows import row_counts
from symdiff.evidence.counting.lattice import dot, plus
from symdiff.evidence.counting.size import largest_count_bits
from symdiff.evidence.counting.steps import StepSet, Vector

ARRAYS, LIMBS, ROWS = "arrays", "limbs", "rows"
_KERNEL = "symdiff.evidence.counting.limb_kernel"
_LARGEST_SUM = 2**30
# Bytes to be written from which on a way pays, by all sites and all steps; whole levels are cheaper below.
_LOADED = 10**7  # compiled code that is loaded
_LOADING = 3 * 10**9  # compiled code that has to be loaded, where arrays have too few symmetries to pay
_ROWS = 2 * 10**8  # in the plane
_ARRAYS = 2 * 10**8
_MIRRORED = 8  # of arrays, times as many, where the steps are their own image in a point: whole levels then cost half
_MOST_IN_ARRAYS = 10**9  # for each symmetry; above this it pays to load the compiled code
_MOST_IN_ROWS = 10**11  # above this it is no matter to load the compiled code, which takes less memory
_SYMMETRIES = 4


def folded_counts(
    steps: StepSet, n: int, start: Vector, max_bytes: int, *, way: str | None = None
) -> FoldedCounts | None:
    """All counts of n steps; None where this way does not apply, or does not pay. ``way``: one of the three, whatever it costs.

    Raises :class:`ResourceError` before the work begins where tables and counts may need more than ``max_bytes``.
    """
    if steps.dimension not in (2, 3) or len(relative_steps(steps)[0]) < steps.dimension or n < 1:
        return None
    box = math.prod(n * (max(axis) - min(axis)) + 1 for axis in zip(*steps.steps, strict=True))
    work = box * largest_count_bits(steps, n) // 8 * len(steps.steps)
    if way is None and work < _least(steps):
        return None
    domain = domain_of(steps)
    way = None if domain is None else way or _cheapest(steps, n, domain, work)
    if domain is None or way is None:
        return None
    if way == ROWS:
        return row_counts(steps, n, start, domain, max_bytes)
    if way == ARRAYS:
        return array_counts(steps, n, start, domain, max_bytes)
    from symdiff.evidence.counting.folded_limbs import limb_counts

    return limb_counts(steps, n, start, domain, max_bytes)


def _least(steps: StepSet) -> int:
    """Below so much work whole levels of all sites are faster."""
    if steps.dimension == 2 and _KERNEL not in sys.modules:
        return _ROWS
    return (_LOADED if _KERNEL in sys.modules else _ARRAYS) * (_MIRRORED if _own_image(steps) else 1)


def _own_image(steps: StepSet) -> bool:
    """Whether some point is the centre of the steps and their weights."""
    weights = dict(zip(steps.steps, steps.weights, strict=True))
    both = plus(min(steps.steps), max(steps.steps))
    return all(weights.get(plus(both, s, -1)) == w for s, w in weights.items())


def _cheapest(steps: StepSet, n: int, domain: Domain, work: int) -> str | None:
    """Rows in the plane; else compiled code where its integers hold factors and divisors, unless arrays are done before it is loaded.

    Compiled code that is loaded is as fast as rows, and takes less memory.
    """
    values = [dot(domain.form, s) for s in steps.steps]
    compiled = 2 * (n + 1) * (max(values) - min(values)) * sum(steps.numerators) < _LARGEST_SUM
    compiled = compiled and importlib.util.find_spec("numba") is not None
    if compiled and _KERNEL in sys.modules:
        return LIMBS
    if steps.dimension == 2 and domain.facets and not domain.ties and not (compiled and work > _MOST_IN_ROWS):
        return ROWS
    arrays = len(domain.maps) >= _SYMMETRIES and not domain.ties
    if arrays and not (compiled and work > _MOST_IN_ARRAYS * len(domain.maps)):
        return ARRAYS
    return LIMBS if compiled and work >= _LOADING else None
