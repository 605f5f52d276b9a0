"""Walks of n steps on a free lattice: the whole law of the endpoint, and one site; each answer checked."""

from __future__ import annotations

from collections import deque

from symdiff.errors import InternalFaultError
from symdiff.evidence.counting.chart import Chart, choose_chart, most_sites
from symdiff.evidence.counting.checks import checked_law, evaluated, power_checks
from symdiff.evidence.counting.decimal_text import about
from symdiff.evidence.counting.dynamic_programming import layers, updates
from symdiff.evidence.counting.folded_law import FOLDED
from symdiff.evidence.counting.folded_ways import folded_counts
from symdiff.evidence.counting.fourier import level_coefficient
from symdiff.evidence.counting.lattice import plus
from symdiff.evidence.counting.law import EndpointLaw, SiteCount, weight_of
from symdiff.evidence.counting.long_integers import fast_integer
from symdiff.evidence.counting.miller import EXACT_DIVISIONS, packed_levels, single_counts
from symdiff.evidence.counting.modular import PRIME, monomial, point_for
from symdiff.evidence.counting.packed_counts import packed_law, packing_of
from symdiff.evidence.counting.packing import unpack_level
from symdiff.evidence.counting.places import position, step_number
from symdiff.evidence.counting.polynomial_power import LINE_METHOD as LINE_POWER
from symdiff.evidence.counting.polynomial_power import METHOD as POWER
from symdiff.evidence.counting.polynomial_power import LineCounts, power_counts
from symdiff.evidence.counting.product_law import METHOD as PRODUCT_LAW
from symdiff.evidence.counting.product_law import product_counts
from symdiff.evidence.counting.reach import NO_COMBINATION, obstruction
from symdiff.evidence.counting.size import (
    CHEAP_UPDATES,
    DEFAULT_MAX_BYTES,
    largest_count_bits,
    require_bytes,
    require_feasible,
    require_law,
    require_number,
)
from symdiff.evidence.counting.steps import Site, StepSet, Vector, Weight, one_state, plain_steps

PACKED = "Miller recurrence, whole levels"
SINGLE = "Miller recurrence, site by site"
GEOMETRY = "geometry of the steps"
# Packed slots are so much cheaper than single sites that a box may be this much emptier.
_EMPTINESS = 20


def endpoint_law(
    steps: StepSet, n: int, start: object = None, *, check: bool = True, max_bytes: int = DEFAULT_MAX_BYTES
) -> EndpointLaw:
    """Where the walks of n steps end: the number of walks from ``start`` (default: the origin) to every site.

    The coefficients of (sum_s w_s z^s)^n, exactly, by the multi-dimensional Miller recurrence (small laws with python-flint
    by one power of a polynomial), for any finite step list in any dimension. Sites are in lattice units, zero counts are absent. With ``check`` the law is compared as
    ``checked_by`` says. Raises :class:`UsageError` for bad input, :class:`ResourceError` before the work begins where
    the law may need more than ``max_bytes``, :class:`InternalFaultError` if a check fails. Source: see ``miller``.
    """
    plain_steps(steps, "state_endpoint_law for internal states, walled_law between walls")
    n = step_number(n)
    origin = position(start, steps.dimension, "the start")
    product = product_counts(steps, n, origin, max_bytes)
    if product is not None:
        law = EndpointLaw(n, origin, (), product, steps.denominator**n, steps.weighted, PRODUCT_LAW)
        return checked_law(law, steps) if check else law
    small = power_counts(steps, n, origin, max_bytes)
    if small is not None:
        done = power_checks(small, steps) if check else ()
        method = LINE_POWER if isinstance(small, LineCounts) else POWER
        return EndpointLaw(n, origin, (), small, steps.denominator**n, steps.weighted, method, done)
    if steps.dimension > 3:
        require_feasible(steps, n, sites=most_sites(steps, n))
    folded = folded_counts(steps, n, origin, max_bytes)
    if folded is not None:
        method = FOLDED.format(len(folded.domain.maps), folded.held_in)
        law = EndpointLaw(n, origin, (), folded, steps.denominator**n, steps.weighted, method, (EXACT_DIVISIONS,))
        return checked_law(law, steps) if check else law
    chart = useful_chart(steps, n)
    if chart is None:
        require_law(steps, n, most_sites(steps, n), max_bytes)
    else:
        slot_bytes = largest_count_bits(steps, n) // 8 + 1
        require_bytes(f"the endpoint law of {about(n)} steps", chart.box(n) * slot_bytes + 4 * n * 10**3, max_bytes)
    law = EndpointLaw(
        n=n,
        start=origin,
        states=(),
        numerators=_single_law(steps, n, origin) if chart is None else packed_law(steps, n, origin, chart),
        denominator=steps.denominator**n,
        weighted=steps.weighted,
        method=SINGLE if chart is None else PACKED,
        checked_by=(EXACT_DIVISIONS,),
    )
    return checked_law(law, steps) if check else law


def count_to(
    steps: StepSet,
    n: int,
    site: object,
    start: object = None,
    *,
    check: bool = True,
    max_bytes: int = DEFAULT_MAX_BYTES,
) -> Weight:
    """The number of walks of n steps from ``start`` to ``site``; see :func:`site_count`."""
    return site_count(steps, n, site, start, check=check, max_bytes=max_bytes).count


def site_count(
    steps: StepSet,
    n: int,
    site: object,
    start: object = None,
    *,
    check: bool = True,
    max_bytes: int = DEFAULT_MAX_BYTES,
) -> SiteCount:
    """The number of walks of n steps from ``start`` to one site, without the whole law.

    The recurrence climbs only to the level of the site, from the end that is nearer to it, and keeps only the few
    levels that it needs; in one dimension that is constant memory. An impossible site is answered 0, with the reason.
    Raises :class:`UsageError`, :class:`ResourceError`, :class:`InternalFaultError` as :func:`endpoint_law` does.
    """
    n = step_number(n)
    origin, there = position(start, steps.dimension, "the start"), position(site, steps.dimension)
    displacement = plus(there, origin, -1)
    require_number(steps, n)
    why = obstruction(steps, n, displacement)
    if why is None:
        numerator, method, done = numerator_of(steps, n, displacement, check, max_bytes)
        why = None if numerator else NO_COMBINATION
    else:
        numerator, method, done = 0, GEOMETRY, _dictionary_check(steps, n, displacement, 0) if check else ()
    total = weight_of(sum(steps.numerators) ** n, steps, n)
    return SiteCount(n, origin, there, weight_of(numerator, steps, n), total, method, done, why)


def why_unreachable(steps: StepSet, n: int, site: object, start: object = None) -> str | None:
    """The reason why no walk of n steps ends at a site, None where one does.

    One of ``"off the lattice of the steps"``, ``"too far"``, ``"parity"`` (the number of steps is wrong, modulo the
    period of the walk), ``"no combination of the steps"`` (a gap, as 1 in one step of {0, 2, 3}).
    """
    return site_count(steps, n, site, start, check=False).why


def useful_chart(steps: StepSet, n: int, displacement: Vector | None = None) -> Chart | None:
    """A chart whose box is not much emptier than the sites that n steps can reach."""
    chart = choose_chart(steps, None if displacement is None else (n, displacement))
    return chart if chart is not None and chart.box(n) <= _EMPTINESS * most_sites(steps, n) else None


def _single_law(steps: StepSet, n: int, origin: Vector) -> dict[Site, int]:
    return {plus(origin, site): value for site, value in single_counts(steps, n).items()}


def numerator_of(
    steps: StepSet, n: int, displacement: Vector, check: bool, max_bytes: int
) -> tuple[int, str, tuple[str, ...]]:
    """The numerator of one count, its method, and what it was compared against."""
    chart = useful_chart(steps, n, displacement)
    if chart is None:
        law = endpoint_law(steps, n, check=check, max_bytes=max_bytes)
        return law.numerators.get(displacement, 0), law.method, law.checked_by
    level, counts = level_counts(steps, n, displacement, chart, max_bytes)
    if level is None:
        return 0, GEOMETRY, _dictionary_check(steps, n, displacement, 0) if check else ()
    numerator = counts.get(displacement, 0)
    done = [EXACT_DIVISIONS]
    if check:
        done += _level_checks(steps, n, chart, level, counts)
        done += _dictionary_check(steps, n, displacement, numerator)
    return numerator, PACKED, tuple(done)


def level_counts(
    steps: StepSet, n: int, displacement: Vector, chart: Chart, max_bytes: int
) -> tuple[int | None, dict[Site, int]]:
    """The level of a displacement, and all counts of that level; None where no walk of n steps has that level."""
    found = chart.locate(displacement, n)
    if found is None or not 0 <= found[0] <= n * max(chart.levels):
        return None, {}
    level, _ = found
    places = chart.box(n) // (n * max(chart.levels) + 1)
    slot_bytes = largest_count_bits(steps, n) // 8 + 1
    require_bytes(f"the count of {about(n)} steps", (max(chart.levels) + 4) * places * slot_bytes, max_bytes)
    require_feasible(steps, n, level * places * slot_bytes * len(steps.steps))
    packing = packing_of(chart, steps, n)
    weights = [fast_integer()(w) for w in steps.numerators]
    value, offset = deque(packed_levels(chart, packing, n, weights, last=level), maxlen=1).pop()
    value = int(value)
    counts: dict[Site, int] = {}
    base = plus(tuple(n * x for x in chart.pivot_step), chart.along, level)
    for sites, values in unpack_level(packing, base, value, offset):
        counts.update(zip(sites, values, strict=True))
    return level, counts


def _level_checks(steps: StepSet, n: int, chart: Chart, level: int, counts: dict[Site, int]) -> list[str]:
    """The generating function of a whole level at one point, against a discrete Fourier sum; where that is cheap."""
    point = point_for(n, steps.dimension)
    weights = [w * monomial(s, point) % PRIME for s, w in zip(steps.steps, steps.numerators, strict=True)]
    expected = level_coefficient(chart.levels, weights, n, level)
    if expected is None:
        return []
    if evaluated(counts, (), point).get("", 0) != expected:
        raise InternalFaultError(
            f"the counts of {n} steps disagree with the discrete Fourier sum of their generating function"
        )
    return ["discrete Fourier sum of the generating function of all counts of the same level, modulo 2^64 - 2^32 + 1"]


def _dictionary_check(steps: StepSet, n: int, displacement: Vector, numerator: int) -> tuple[str, ...]:
    """One count against dynamic programming, where that is cheap."""
    if updates(steps, n) > CHEAP_UPDATES:
        return ()
    origin = (0,) * steps.dimension
    layer = deque(layers(one_state(steps), n, {(origin, 0): 1}), maxlen=1).pop()
    if layer.get((displacement, 0), 0) != numerator:
        raise InternalFaultError(f"the count of {n} steps disagrees with dynamic programming")
    return ("dynamic programming, this site",)
