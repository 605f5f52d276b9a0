"""Walks with jumps to fixed sites (resetting): exact laws, and the renewal formula that checks them.

W_(n+1)(x) = sum of w_v W_n(x - v) + sum over the destinations d = x of w_d times the total of W_n. Renewal: a walk is one without
resetting since its last jump to d, W_n(x) = S_n(x - start) + sum_(k<n) sum_d M^(n-1-k) w_d S_k(x - d), with S_k the walks of k
steps without resetting and M the sum of all weights.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

from symdiff.errors import InternalFaultError, ResourceError

Site = tuple[int, ...]
Number = int | Fraction
Law = dict[Site, Number]

MOST_ADDITIONS = 20_000_000


def resetting_law(steps: Mapping[Site, Number], places: Sequence[tuple[Site, Number]], n: int, start: Site) -> Law:
    """Site -> number (or weight) of the walks of ``n`` steps; raises :class:`ResourceError` for too many additions.

    Checked against the renewal formula at every site.
    """
    _require_size(steps, n, len(start))
    law: Law = {start: 1}
    for _ in range(n):
        law = _advanced(law, steps, places)
    if _renewed(steps, places, n, start) != law:
        raise InternalFaultError("the law of the walk and its renewal formula disagree")
    return law


def _advanced(law: Law, steps: Mapping[Site, Number], places: Sequence[tuple[Site, Number]]) -> Law:
    found: Law = {}
    for site, number in law.items():
        for vector, weight in steps.items():
            end = tuple(a + b for a, b in zip(site, vector, strict=True))
            found[end] = found.get(end, 0) + number * weight
    total = sum(law.values())
    for place, weight in places:
        found[place] = found.get(place, 0) + total * weight
    return found


def _renewed(steps: Mapping[Site, Number], places: Sequence[tuple[Site, Number]], n: int, start: Site) -> Law:
    everything = sum(steps.values()) + sum(w for _, w in places)
    moved: Law = {(0,) * len(start): 1}
    found: Law = {}
    for k in range(n + 1):
        beginnings = (
            [(start, Fraction(1))] if k == n else [(p, w * Fraction(everything) ** (n - 1 - k)) for p, w in places]
        )
        for place, weight in beginnings:
            for vector, number in moved.items():
                end = tuple(a + b for a, b in zip(place, vector, strict=True))
                found[end] = found.get(end, 0) + number * weight
        if k < n:
            moved = _advanced(moved, steps, ())
    return found


def _require_size(steps: Mapping[Site, Number], n: int, dimension: int) -> None:
    reach = max((abs(x) for v in steps for x in v), default=0)
    additions = 2 * (2 * reach * n + 1) ** dimension * n * max(len(steps), 1) // (dimension + 1)
    if additions > MOST_ADDITIONS:
        raise ResourceError(f"walks of {n} steps with resetting take about {additions:.0e} additions, more than {MOST_ADDITIONS:.0e}",
                            where="-n", instead="ask for fewer steps")  # fmt: skip
