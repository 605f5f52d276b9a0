"""The folded Miller recurrence level by level in NumPy arrays of Python's integers: nothing has to be compiled or loaded."""

from __future__ import annotations

import itertools
import math
from functools import cached_property
from typing import Any

from symdiff.errors import InternalFaultError
from symdiff.evidence.counting.chart import relative_steps
from symdiff.evidence.counting.decimal_text import about
from symdiff.evidence.counting.folded_domain import Domain, bounding_box
from symdiff.evidence.counting.folded_law import FoldedCounts, check_exponents, check_roots, powers_from
from symdiff.evidence.counting.lattice import dot, plus
from symdiff.evidence.counting.size import largest_count_bits, require_bytes
from symdiff.evidence.counting.steps import StepSet, Vector

_MOST_CELLS = 2**31 - 2


class ArrayCounts(FoldedCounts):
    """``held[i]`` is the count of the i-th representative: an array of Python's integers."""

    held_in = "whole levels"

    def __init__(self, domain: Domain, start: Vector, sites: Any, index: Any, box: Any, held: Any, bits: int) -> None:
        super().__init__(domain, start, sites, index, box)
        self.held, self.bits = held, bits

    def number(self, i: int) -> int:
        return int(self.held[i])

    @cached_property
    def sums(self) -> tuple[int, tuple[int, ...]]:
        import numpy as np

        pattern, fixed = self._stabilizers()
        images = len(self.domain.maps) // fixed
        total = sum(k * int(self.held[pattern == i].sum()) for i, k in enumerate(images.tolist()))
        found = []
        for (prime, _), monomials in zip(check_roots(), self._orbit_monomials(), strict=True):
            inverses = np.array([pow(int(k), -1, prime) for k in fixed], np.int64)
            weights = monomials % prime * inverses[pattern] % prime
            found.append(int(np.dot(weights.astype(object), self.held)) % prime)
        return total, tuple(found)

    def _stabilizers(self) -> tuple[Any, Any]:
        """For each site the number of its pattern, the walls on which it lies, and for each pattern how many maps fix its sites."""
        import numpy as np

        codes = np.zeros(len(self.sites), np.int64)
        for k, (wall, _) in enumerate(self.domain.walls):
            codes += (self.sites @ np.array(wall) == 0).astype(np.int64) << k
        _, firsts, pattern = np.unique(codes, return_index=True, return_inverse=True)
        fixed = [
            sum(bool((np.array(g) @ self.sites[i] == self.sites[i]).all()) for g in self.domain.maps) for i in firsts
        ]
        return pattern.reshape(-1), np.array(fixed, np.int64)

    def _orbit_monomials(self) -> list[Any]:
        """The sum over all maps g of z^(g x) for every site, at both points; below 2^31 times the number of maps."""
        import numpy as np

        order, exponents = check_exponents(len(self.start))
        tables = [np.array(powers_from(root, 0, order - 1, prime), np.int64) for prime, root in check_roots()]
        found = [np.zeros(len(self.sites), np.int64) for _ in tables]
        for g in self.domain.maps:
            places = self.sites @ (np.array(exponents) @ np.array(g)) & (order - 1)
            for value, table in zip(found, tables, strict=True):
                value += table[places]
        return found


def array_counts(steps: StepSet, n: int, start: Vector, domain: Domain, max_bytes: int) -> ArrayCounts | None:
    """All counts of n steps; None where there are too many cells, or different sites of one orbit both stand for it.

    Raises :class:`ResourceError` before the work begins where tables and counts may need more than ``max_bytes``.
    """
    import numpy as np

    if domain.ties:
        return None
    lows, sizes = bounding_box(domain, n, steps)
    cells = math.prod(int(s) for s in sizes)
    if cells > _MOST_CELLS:
        return None
    require_bytes(f"the endpoint law of {about(n)} steps", 4 * cells, max_bytes)
    sites, levels = _representatives(steps, n, domain, lows, sizes)
    each = 60 + largest_count_bits(steps, n) // 7 + 4 * len(steps.steps) + 16 * len(start)
    require_bytes(f"the endpoint law of {about(n)} steps", 4 * cells + len(sites) * each, max_bytes)
    index = np.full(cells + 1, -1, np.int32)  # one more, for what lies outside
    index[np.ravel_multi_index(tuple((sites - lows).T), tuple(sizes))] = np.arange(len(sites), dtype=np.int32)
    pivot = steps.steps[domain.pivot]
    others = [i for i in range(len(steps.steps)) if i != domain.pivot]
    moves = [plus(steps.steps[i], pivot, -1) for i in others]
    below = [_numbers_below(sites, move, domain, lows, sizes, index) for move in moves]
    climbs = [(row, steps.numerators[i], dot(domain.form, m)) for row, i, m in zip(below, others, moves, strict=True)]
    values, bits = _climbed(levels, climbs, steps.numerators[domain.pivot], n)
    return ArrayCounts(domain, start, sites, index[:-1], (lows, sizes), values, bits)


def _climbed(levels: Any, climbs: list[tuple[Any, int, int]], pivot: int, n: int) -> tuple[Any, int]:
    """The counts level by level, and how many bits they have; every division must leave no remainder."""
    import numpy as np

    size = len(levels)
    values = np.zeros(size + 1, object)  # the last one is zero: what is not there
    values[0] = pivot**n
    ends = [*np.flatnonzero(np.diff(levels)).tolist(), size - 1]
    bits, divide = 0, np.frompyfunc(divmod, 2, 2)
    for low, high in itertools.pairwise(ends):
        part = slice(low + 1, high + 1)
        level = int(levels[high])
        total = sum(values[below[part]] * (w * ((n + 1) * climb - level)) for below, w, climb in climbs)
        counts, rest = divide(total, level * pivot)
        if rest.any():
            raise InternalFaultError(
                "a division of the Miller recurrence leaves a remainder, so its counts cannot be right"
            )
        values[part] = counts
        bits += len(counts) * int(max(counts)).bit_length()
    return values[:-1], bits


def _representatives(steps: StepSet, n: int, domain: Domain, lows: Any, sizes: Any) -> tuple[Any, Any]:
    """The sites that stand for their orbits, and their levels, in order of level: rows of the box, cut by all sides."""
    import numpy as np

    last = steps.dimension - 1
    anchor = np.array([n * x for x in steps.steps[domain.pivot]], np.int64)
    outer = np.indices(tuple(sizes[:last])).reshape(last, -1).T + lows[:last]
    low = np.full(len(outer), lows[last])
    high = low + sizes[last] - 1
    sides = [(w, 0) for w, _ in domain.walls] + [(normal, n * least) for normal, least in domain.facets]
    for normal, least in sides:
        bound, c = least - outer @ np.array(normal[:last]), normal[last]
        if c > 0:
            low = np.maximum(low, -(-bound // c))
        elif c < 0:
            high = np.minimum(high, bound // c)
        else:
            high = np.where(bound > 0, low - 1, high)
    basis, _ = relative_steps(steps)
    rest, first = outer - anchor[:last], np.full(len(outer), anchor[last])
    for a in range(last):  # the basis is triangular
        quotient, remainder = np.divmod(rest[:, a], basis[a][a])
        high = np.where(remainder, low - 1, high)
        rest = rest - quotient[:, None] * np.array(basis[a][:last])
        first += quotient * basis[a][last]
    pitch = basis[last][last]
    low = low + (first - low) % pitch
    number = np.maximum((high - low) // pitch + 1, 0)
    row = np.repeat(np.arange(len(outer)), number)
    inner = low[row] + pitch * (np.arange(len(row)) - (np.cumsum(number) - number)[row])
    sites = np.concatenate([outer[row], inner[:, None]], axis=1)
    levels = (sites - anchor) @ np.array(domain.form)
    kept = (levels > 0) | (sites == anchor).all(axis=1)  # at level zero there is the pivot alone
    sites, levels = sites[kept], levels[kept]
    order = np.argsort(levels, kind="stable")
    return sites[order], levels[order]


def _numbers_below(sites: Any, move: Vector, domain: Domain, lows: Any, sizes: Any, index: Any) -> Any:
    """For every site the number of the representative of site - move, where it comes before; else -1."""
    import numpy as np

    there = sites - np.array(move)
    todo = np.arange(len(there))
    while todo.size:
        folded, moved = there[todo], np.zeros(len(todo), bool)
        for wall, g in domain.walls:
            outside = np.flatnonzero(folded @ np.array(wall) < 0)
            folded[outside] = folded[outside] @ np.array(g).T
            moved[outside] = True
        there[todo] = folded
        todo = todo[moved]
    places = there - lows
    inside = ((places >= 0) & (places < sizes)).all(axis=1)
    places[~inside] = 0
    found = index[np.where(inside, np.ravel_multi_index(tuple(places.T), tuple(sizes)), -1)]
    return np.where(found < np.arange(len(sites)), found, -1)
