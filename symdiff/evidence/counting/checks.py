"""Second opinions on counts, each by another method than the one that made them; a mismatch is a fault of symdiff."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache, partial

from symdiff.errors import InternalFaultError
from symdiff.evidence.counting.chart import Chart
from symdiff.evidence.counting.dynamic_programming import dynamic_programming_law, updates
from symdiff.evidence.counting.folded_law import FoldedCounts
from symdiff.evidence.counting.fourier import advance, site_sequence
from symdiff.evidence.counting.held_counts import HeldCounts
from symdiff.evidence.counting.law import EndpointLaw
from symdiff.evidence.counting.long_integers import fast_integer
from symdiff.evidence.counting.modular import PRIME, SAFE_PRIME, monomial, point_for, truncated_power
from symdiff.evidence.counting.packed_counts import PackedCounts, packed_law
from symdiff.evidence.counting.polynomial_power import METHOD as POWER
from symdiff.evidence.counting.polynomial_power import LineCounts, Numbering, PowerCounts, power_of
from symdiff.evidence.counting.product_law import ProductCounts, product_counts
from symdiff.evidence.counting.size import CHEAP_UPDATES
from symdiff.evidence.counting.steps import Site, StepSet, Vector, WalkSteps

_CHEAP_MOMENT_SITES = 20_000
_EVERY_LEVEL = "generating function of every level, at one point modulo a prime near 2^62"
_ONE_POINT = "generating function of all counts, at one point modulo 2^64 - 2^32 + 1"
_EVERY_SITE = "dynamic programming, every site"
_FEW = 4
_READ_AT_ONCE = 300  # numbers of a power up to which all are read, and compared, with the first one
_READ = 30  # sites that are read one by one after few steps
_POWER_CHECKS = (
    "total = (sum of weights)^n, modulo 2^b - 1, b bits to a count",
    "generating function of all counts, at one point modulo a prime near 2^62",
    "sites when they are read: generating function of all of them, at a second point modulo 2^64 - 2^32 + 1",
)
_LINE_CHECKS = ("total = (sum of weights)^n", *_POWER_CHECKS[1:])
_SAME_LEVELS = f"the same levels at {_FEW} steps, when they are read: dynamic programming, every site"
_SAME_FORM = f"the same form at {_FEW} steps: dynamic programming, every site"


def checked_law(law: EndpointLaw, steps: WalkSteps) -> EndpointLaw:
    """The law, with what it was compared against; raises :class:`InternalFaultError` on a mismatch.

    Always: the total, exactly, and the generating function sum_x N(x) z^x = z^start (sum_s w_s z^s)^n at one point z
    modulo 2^64 - 2^32 + 1, which every count enters. Where cheap: means and covariances, exactly (plain steps only),
    and dynamic programming, site by site.
    """
    if isinstance(law.numerators, PowerCounts) and isinstance(steps, StepSet):
        return replace(law, checked_by=power_checks(law.numerators, steps))
    done = list(law.checked_by)
    _require(law.numerator_total == total_numerator(steps, law.n, _state(law)), law, "the total")
    done.append(
        "total = (sum of weights)^n" if isinstance(steps, StepSet) else "total = that of the walk on the states alone"
    )
    if isinstance(law.numerators, PackedCounts) and isinstance(steps, StepSet):
        _require(_levels_agree(law.numerators, steps), law, "the generating function of its levels")
        done.append(_EVERY_LEVEL)
        if updates(steps, law.n) > CHEAP_UPDATES:
            law.numerators.reading = partial(_read_levels, steps)
            return replace(law, checked_by=(*done, _SAME_LEVELS))
    if isinstance(law.numerators, FoldedCounts) and isinstance(steps, StepSet):
        _require(law.numerators.agrees(steps, law.n), law, "the generating function")
        return replace(law, checked_by=(*done, law.numerators.compared))
    point = point_for(law.n, law.dimension)
    if isinstance(law.numerators, ProductCounts) and isinstance(steps, StepSet):
        own = {"": law.numerators.evaluated(point)}
        _require(own == generating_function(steps, law, point), law, "the generating function")
        _require(_product_agrees(steps), law, "the same form after few steps")
        done += [_ONE_POINT, _SAME_FORM]
        return replace(law, checked_by=tuple(done))
    _require(
        evaluated(law.numerators, law.states, point) == generating_function(steps, law, point),
        law,
        "the generating function",
    )
    done.append(_ONE_POINT)
    if isinstance(steps, StepSet) and len(law.numerators) <= _CHEAP_MOMENT_SITES:
        _require(_moments_agree(law, steps), law, "mean and covariances")
        done.append("mean and covariances = n times those of one step")
    if updates(steps, law.n) <= CHEAP_UPDATES:
        twin = dynamic_programming_law(steps, law.n, law.start)
        _require(dict(law.numerators) == dict(twin.numerators), law, "dynamic programming")
        done.append(_EVERY_SITE)
    return replace(law, checked_by=tuple(done))


def power_checks(counts: PowerCounts, steps: StepSet) -> tuple[str, ...]:
    """What the law that one power of a long integer holds was compared against; cheap, and so always made.

    Sites are compared when they are read, since a law is often asked for its total, or for few of its sites.
    """
    if counts.total != sum(steps.numerators) ** counts.n:
        raise _fault(counts.n, POWER, "the total")
    if not counts.agrees():
        raise _fault(counts.n, POWER, "the generating function")
    counts.reading = partial(_read_power, steps)
    return _LINE_CHECKS if isinstance(counts, LineCounts) else _POWER_CHECKS


def checked_sequence(
    steps: WalkSteps, displacement: Vector, numerators: Sequence[int], start: int = 0, end: int = 0
) -> list[str]:
    """What the numerators of the counts of 0..n steps were compared against, where cheap; raises on a mismatch."""
    n = len(numerators) - 1
    expected = site_sequence(steps, n, displacement, start, end)
    if expected is None:
        return []
    if any((value - other) % PRIME for value, other in zip(numerators, expected, strict=True)):
        raise InternalFaultError(f"the counts of 0..{n} steps disagree with their discrete Fourier sums")
    return ["discrete Fourier sums of every term modulo 2^64 - 2^32 + 1"]


def total_numerator(steps: WalkSteps, n: int, state: int = 0) -> int:
    """The numerator of the number of all walks of n steps, from one state: only states and weights are kept."""
    integer = fast_integer()
    if isinstance(steps, StepSet):
        return int(integer(sum(steps.numerators)) ** n)
    size = range(len(steps.states))
    matrix = [[integer(0) for _ in size] for _ in size]
    for i, arcs in enumerate(steps.arcs):
        for target, _, weight in arcs:
            matrix[i][target] += weight
    remaining = [integer(1) for _ in size]
    while n:  # the total is row ``state`` of matrix^n times ones, by squaring
        if n % 2:
            remaining = [sum(m * r for m, r in zip(row, remaining, strict=True)) for row in matrix]
        n //= 2
        if n:
            matrix = [[sum(matrix[i][k] * matrix[k][j] for k in size) for j in size] for i in size]
    return int(remaining[state])


def generating_function(steps: WalkSteps, law: EndpointLaw, point: Sequence[int]) -> dict[str, int]:
    """z^start (sum_s w_s z^s)^n mod p at a point, for every state where a walk may end.

    Nothing of the law is used but its n and its start.
    """
    place = monomial(law.start[: law.dimension], point)
    if isinstance(steps, StepSet):
        one = sum(w * monomial(s, point) for s, w in zip(steps.steps, steps.numerators, strict=True))
        value = place * pow(one, law.n, PRIME) % PRIME
        return {"": value} if value else {}
    arcs = [[(target, weight * monomial(step, point) % PRIME) for target, step, weight in out] for out in steps.arcs]
    vector = [place if i == _state(law) else 0 for i in range(len(steps.states))]
    for _ in range(law.n):
        vector = advance(vector, arcs)
    return {name: value for name, value in zip(steps.states, vector, strict=True) if value}


def evaluated(counts: Mapping[Site, int], states: Sequence[str], point: Sequence[int]) -> dict[str, int]:
    """sum of count z^site mod p, for every state ("" where there are none)."""
    tables = [{c: pow(z, int(c), PRIME) for c in {site[axis] for site in counts}} for axis, z in enumerate(point)]
    sums: dict[str, int] = {}
    for site, count in counts.items():
        value = count % PRIME
        for axis, table in enumerate(tables):
            value = value * table[site[axis]] % PRIME
        state = str(site[-1]) if states else ""
        sums[state] = sums.get(state, 0) + value
    return {state: value % PRIME for state, value in sums.items() if value % PRIME}


def _levels_agree(counts: PackedCounts, steps: StepSet) -> bool:
    """sum of count t^slot of every level: the coefficients of (sum_s w_s t^slot_s z^level_s)^n, t = 2^b, modulo a prime."""
    found = counts.level_values(SAFE_PRIME)
    one = [0] * (max(counts.chart.levels) + 1)
    t = pow(2, counts.packing.slot_bits, SAFE_PRIME)
    for level, place, w in zip(counts.chart.levels, counts.chart.places, steps.numerators, strict=True):
        one[level] = (one[level] + w * pow(t, counts.packing.slot(place), SAFE_PRIME)) % SAFE_PRIME
    expected = truncated_power(one, counts.n, len(found))
    return found == expected + [0] * (len(found) - len(expected))


@lru_cache(maxsize=256)
def _read_rightly(steps: StepSet, chart: Chart) -> bool:
    """Whether sites are read from levels rightly after few steps; found out once for each step set."""
    return _both_ways(packed_law(steps, _FEW, (0,) * steps.dimension, chart), steps, _FEW)


@lru_cache(maxsize=256)
def _product_agrees(steps: StepSet) -> bool:
    """Products of binomial coefficients against dynamic programming, every site after few steps."""
    few = product_counts(steps, _FEW, (0,) * steps.dimension, 10**6, least=_FEW)
    return few is not None and dict(few.pairs()) == dict(dynamic_programming_law(steps, _FEW).numerators)


def _read_power(steps: StepSet, counts: PowerCounts, sites: Mapping[Site, int] | None) -> None:
    """All sites as they are read, at a second point; before single ones of a long law, all of a law of few steps."""
    if sites is None and counts.numbering.size(counts.n) <= _READ_AT_ONCE:
        _ = counts.unpacked
    elif sites is None:
        if not _numbers_right(steps, counts.numbering, type(counts)):
            raise _fault(counts.n, POWER, f"dynamic programming at {_FEW} steps")
    else:
        point = point_for(counts.n, steps.dimension)
        one = sum(w * monomial(s, point) for s, w in zip(steps.steps, steps.numerators, strict=True))
        expected = monomial(counts.start, point) * pow(one, counts.n, PRIME) % PRIME
        if evaluated(sites, (), point).get("", 0) != expected:
            raise _fault(counts.n, POWER, "the generating function of its sites as they are read")


def _read_levels(steps: StepSet, counts: PackedCounts, _: Mapping[Site, int] | None) -> None:
    if not _read_rightly(steps, counts.chart):
        raise _fault(counts.n, "levels", f"dynamic programming at {_FEW} steps")


@lru_cache(maxsize=256)
def _numbers_right(steps: StepSet, numbering: Numbering, kind: type[PowerCounts]) -> bool:
    """Whether sites are read from their numbers rightly after few steps; found out once for each step set."""
    return _both_ways(power_of(steps, _FEW, numbering, kind), steps, _FEW)


def _both_ways(found: HeldCounts, steps: StepSet, few: int) -> bool:
    """Whether a law is that of dynamic programming: every site as it is listed, and some as they are read one by one."""
    expected = dict(dynamic_programming_law(steps, few).numerators)
    some = itertools.islice(expected.items(), 0, None, len(expected) // _READ + 1)
    return dict(found.pairs()) == expected and all(found.count_at(s) == count for s, count in some)  # type: ignore[arg-type]


def _moments_agree(law: EndpointLaw, steps: StepSet) -> bool:
    """E r_i = n m_i and E r_i r_j = n (n-1) m_i m_j + n m_ij, multiplied out to integers."""
    n, total = law.n, sum(steps.numerators)
    rows = [
        (tuple(int(x) - int(o) for x, o in zip(site, law.start, strict=True)), count)
        for site, count in law.numerators.items()
    ]
    first = [sum(w * s[i] for s, w in zip(steps.steps, steps.numerators, strict=True)) for i in range(law.dimension)]
    for i in range(law.dimension):
        if sum(r[i] * count for r, count in rows) * total != n * first[i] * law.numerator_total:
            return False
        for j in range(i + 1):
            second = sum(w * s[i] * s[j] for s, w in zip(steps.steps, steps.numerators, strict=True))
            expected = (n * (n - 1) * first[i] * first[j] + n * second * total) * law.numerator_total
            if sum(r[i] * r[j] * count for r, count in rows) * total**2 != expected:
                return False
    return True


def _state(law: EndpointLaw) -> int:
    return law.states.index(str(law.start[-1])) if law.states else 0


def _require(agrees: bool, law: EndpointLaw, what: str) -> None:
    if not agrees:
        raise _fault(law.n, law.method, what)


def _fault(n: int, method: str, what: str) -> InternalFaultError:
    return InternalFaultError(f"the endpoint law of {n} steps (by {method}) disagrees with {what}")
