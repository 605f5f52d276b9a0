"""The folded Miller recurrence of the plane by whole rows: the sites of one level that stand for their orbits, in one long integer.

In a level of the form u the factors and the divisor of the recurrence are the same for all sites, so that a row of sites is
multiplied, shifted, added and divided at once. Sites next to a row that stand for no orbit themselves have their
representatives on lower levels, and are put at both its ends from there.
"""

from __future__ import annotations

import itertools
import math
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from symdiff.evidence.counting.chart import relative_steps
from symdiff.evidence.counting.decimal_text import about
from symdiff.evidence.counting.folded_domain import Domain
from symdiff.evidence.counting.folded_law import FoldedCounts, powers_from, roots_of_unity
from symdiff.evidence.counting.lattice import combine, dot, plus
from symdiff.evidence.counting.long_integers import fast_integer
from symdiff.evidence.counting.miller import exact_quotient, recurrence_factor
from symdiff.evidence.counting.size import largest_count_bits, require_bytes
from symdiff.evidence.counting.steps import StepSet, Vector

_MOST_CELLS = 10**10
_ORDER = 61
_CHARACTERS = ((1, 7), (3, 20), (11, 2), (25, 48))  # pairs of roots of unity: the powers of one of them


@dataclass(frozen=True)
class Rows:
    """The representatives of n steps: anchor + i up + j along, first[i] <= j <= last[i]; level i = u/``unit`` above the anchor.

    Rows that hold no site have last < first. ``low`` and ``high``: the ends of a row with the sites beside it that are asked for.
    """

    anchor: Vector
    up: Vector
    along: Vector
    unit: int
    first: Any
    last: Any
    low: Any
    high: Any
    moves: tuple[tuple[int, int, int], ...]
    """(i, j, weight) of every step but the pivot, less the pivot."""

    @cached_property
    def number(self) -> int:
        """How many representatives there are."""
        return int((self.last - self.first + 1).clip(0).sum())

    def sites(self, i: Any, j: Any) -> Any:
        """The displacements of places, as rows of an array."""
        import numpy as np

        return np.array(self.anchor) + np.multiply.outer(i, self.up) + np.multiply.outer(j, self.along)

    def place(self, sites: Any) -> tuple[Any, Any]:
        """(i, j) of displacements of the lattice."""
        (a, b), (c, d) = self.up, self.along
        x, y = (sites - self.anchor).T
        determinant = a * d - b * c
        return (x * d - y * c) // determinant, (y * a - x * b) // determinant


class RowCounts(FoldedCounts):
    """``held[i]`` are the counts of row i, ``width`` bits to each, the first one lowest."""

    held_in = "whole rows"
    compared = f"generating function of all counts, at {len(_CHARACTERS)} pairs of {_ORDER}st roots of unity modulo each of two primes near 2^31"

    def __init__(self, domain: Domain, start: Vector, rows: Rows, held: list[Any], width: int) -> None:
        self.domain, self.start, self.rows, self.held, self.width = domain, start, rows, held, width
        self.bits = rows.number * width

    @cached_property
    def sites(self) -> Any:
        return self.rows.sites(*_places(self.rows))

    def count_at(self, displacement: Vector) -> int:
        basis = (self.rows.up, self.rows.along)
        if not _in_lattice(basis, plus(displacement, self.rows.anchor, -1)):
            return 0
        i, j = (x.tolist() for x in _represented(self.rows, self.domain, _array([displacement])))
        return self._at(i[0], j[0])

    def number(self, i: int) -> int:
        return self._at(*(int(x[i]) for x in _places(self.rows)))

    def _at(self, i: int, j: int) -> int:
        if not 0 <= i < len(self.held) or not self.rows.first[i] <= j <= self.rows.last[i]:
            return 0
        shift = (j - int(self.rows.first[i])) * self.width
        return int((self.held[i] >> shift) & ((1 << self.width) - 1))

    def orbits(self) -> Iterator[tuple[set[Vector], int]]:
        """The displacements of every orbit, and their count."""
        sizes = (self.rows.last - self.rows.first + 1).tolist()
        numbers = itertools.chain.from_iterable(
            _digits(row, self.width, size) for row, size in zip(self.held, sizes, strict=True) if size > 0
        )
        for x, y, count in zip(*self.sites.T.tolist(), numbers, strict=True):
            if count:
                yield {(a * x + b * y, c * x + d * y) for (a, b), (c, d) in self.domain.maps}, count

    @cached_property
    def sums(self) -> tuple[int, tuple[int, ...]]:
        """The total, and the generating function at the pairs of roots of unity, modulo the first prime and then the second.

        Only places modulo the order of the roots matter, so that whole rows are added up first. Every site then enters with
        all images; one on a wall has fewer, as many times each, and is taken back by so much.
        """
        import numpy as np

        maps, classes = self.domain.maps, self._classes()
        residues = [[[x % p for x in line] for line in classes] for p, _ in roots_of_unity(_ORDER)]
        total = len(maps) * sum(map(sum, classes))
        sites, counts, fixed = self._on_walls()
        back = [len(maps) // f - len(maps) for f in fixed]
        total += sum(k * c for k, c in zip(back, counts, strict=True))
        i, j = np.indices((_ORDER, _ORDER)).reshape(2, -1)
        places = self.rows.sites(i, j)
        values = []
        for (p, root), lines in zip(roots_of_unity(_ORDER), residues, strict=True):
            powers = np.array(powers_from(root, 0, _ORDER - 1, p), np.int64)
            inner = np.array(lines, np.int64).reshape(-1)
            outer = np.array([c * (pow(f, -1, p) - 1) % p for c, f in zip(counts, fixed, strict=True)], np.int64)
            for character in _CHARACTERS:
                images = [np.array(character) @ np.array(g) for g in maps]
                value = sum(int((powers[places @ g % _ORDER] * inner % p).sum()) for g in images)
                value += sum(int((powers[sites @ g % _ORDER] * outer % p).sum()) for g in images)
                values.append(value % p)
        return total, tuple(values)

    def _classes(self) -> list[list[int]]:
        """The sums of the counts of all representatives anchor + i up + j along with the same i and j modulo the order of the roots."""
        sums: list[Any] = [0] * _ORDER
        for i, (row, first) in enumerate(zip(self.held, self.rows.first.tolist(), strict=True)):
            if row:
                sums[i % _ORDER] += row << first % _ORDER * self.width
        longest = int((self.rows.last - self.rows.first).max()) + 1 + _ORDER
        found = []
        for row in sums:
            digits = _digits(row, self.width, longest)
            found.append([sum(digits[k::_ORDER]) for k in range(_ORDER)])
        return found

    def _on_walls(self) -> tuple[Any, list[int], list[int]]:
        """The representatives that some map fixes (all on walls), their counts, and how many maps fix each of them."""
        import numpy as np

        i, j = _places(self.rows)
        sites = self.rows.sites(i, j)
        chosen = np.flatnonzero(
            (sites @ np.array([wall for wall, _ in self.domain.walls]).reshape(-1, 2).T == 0).any(axis=1)
        )
        sites = sites[chosen]
        images = np.einsum("gab,xb->gxa", np.array(self.domain.maps), sites)
        fixed = (images == sites).all(axis=2).sum(axis=0)
        return (
            sites,
            [self._at(*place) for place in zip(i[chosen].tolist(), j[chosen].tolist(), strict=True)],
            fixed.tolist(),
        )

    def agrees(self, steps: StepSet, n: int) -> bool:
        """Whether the generating function is (sum_s w_s z^s)^n at every pair of roots of unity."""
        expected = []
        for p, root in roots_of_unity(_ORDER):
            powers = powers_from(root, 0, _ORDER - 1, p)
            for character in _CHARACTERS:
                one = sum(w * powers[dot(character, s) % _ORDER] for s, w in zip(steps.steps, steps.numerators, strict=True))  # fmt: skip
                expected.append(pow(one, n, p))
        return self.sums[1] == tuple(expected)


def _digits(row: Any, width: int, size: int) -> list[int]:
    """The counts that one long integer holds; ``width`` is a multiple of 8."""
    data, step = int(row).to_bytes(size * width // 8, "little"), width // 8
    return [int.from_bytes(data[k : k + step], "little") for k in range(0, len(data), step)]


def row_counts(steps: StepSet, n: int, start: Vector, domain: Domain, max_bytes: int) -> RowCounts | None:
    """All counts of n steps in the plane; None where different sites of one orbit both stand for it.

    Raises :class:`ResourceError` before the work begins where the counts may need more than ``max_bytes``.
    """
    if domain.ties or not domain.facets or steps.dimension != 2:
        return None
    box = math.prod(n * (max(axis) - min(axis)) + 1 for axis in zip(*steps.steps, strict=True))
    if box > _MOST_CELLS:  # not even the ends of the rows are worked out
        need = box // len(domain.maps) * largest_count_bits(steps, n) // 8
        require_bytes(f"the endpoint law of {about(n)} steps", need, max_bytes)
    rows = _rows(steps, n, domain)
    pivot = steps.numerators[domain.pivot]
    bits = (sum(steps.numerators) ** n * pivot * len(rows.first)).bit_length()
    width = -(-bits // 8) * 8
    require_bytes(f"the endpoint law of {about(n)} steps", rows.number * (width // 8 + 100), max_bytes)
    held = _climbed(rows, n, pivot, width, _halos(rows, domain))
    return RowCounts(domain, start, rows, held, width)


def _climbed(rows: Rows, n: int, pivot: int, bits: int, halos: list[list[tuple[int, int]]]) -> list[Any]:
    """The counts of every row, ``bits`` to each; every division must leave no remainder."""
    integer = fast_integer()
    one = integer(1)
    mask = (one << bits) - 1
    recent: deque[tuple[Any, int]] = deque(maxlen=max(i for i, _, _ in rows.moves))
    """Rows with the sites beside them, and where they begin."""
    held: list[Any] = []
    first, last, low = (x.tolist() for x in (rows.first, rows.last, rows.low))
    for i, beside in enumerate(halos):
        size = max(last[i] - first[i] + 1, 0)
        row = integer(pivot) ** n if i == 0 else integer(0)
        if i and size:
            for climb, along, weight in rows.moves:
                if climb > len(recent) or not recent[-climb][0]:
                    continue
                below, begin = recent[-climb]
                shift = (begin + along - first[i]) * bits
                row += (below << shift if shift > 0 else below >> -shift) * (weight * recurrence_factor(n, climb, i))
            row = exact_quotient(row & ((one << size * bits) - 1), i * pivot)
        held.append(row)
        whole, left, right = row, integer(0), integer(0)
        if beside:
            values = [(held[k] >> j * bits) & mask if k >= 0 else 0 for k, j in beside]
            below_first = max(first[i] - low[i], 0) if size else 0
            for value in reversed(values[:below_first]):
                left = (left << bits) + value
            for value in reversed(values[below_first:]):
                right = (right << bits) + value
            whole = left + (row << below_first * bits) + (right << (below_first + size) * bits)
        recent.append((whole, low[i]))
    return held


def _halos(rows: Rows, domain: Domain) -> list[list[tuple[int, int]]]:
    """For the sites beside every row, from low to high: row and place of their representatives, (-1, 0) where there is none."""
    import numpy as np

    places = [
        (i, j)
        for i, (low, high, first, last) in enumerate(
            zip(*(x.tolist() for x in (rows.low, rows.high, rows.first, rows.last)), strict=True)
        )
        for j in (range(low, high + 1) if last < first else [*range(low, first), *range(last + 1, high + 1)])
    ]
    found: list[list[tuple[int, int]]] = [[] for _ in rows.first]
    if not places:
        return found
    i, j = np.array(places).T
    above, along = _represented(rows, domain, rows.sites(i, j))
    known = (above >= 0) & (above < i)
    above = np.where(known, above, 0)
    begin = rows.first[above]
    known &= (begin <= along) & (along <= rows.last[above])
    for row, k, place in zip(i.tolist(), np.where(known, above, -1).tolist(), (along - begin).tolist(), strict=True):
        found[row].append((k, place))
    return found


def _represented(rows: Rows, domain: Domain, sites: Any) -> tuple[Any, Any]:
    """(i, j) of the sites that stand for the orbits of some sites: the images with the smallest value of the form."""
    import numpy as np

    images = np.einsum("gab,xb->gxa", np.array(domain.maps), sites)
    best = (images @ np.array(domain.form)).argmin(axis=0)
    return rows.place(images[best, np.arange(len(sites))])


def _places(rows: Rows) -> tuple[Any, Any]:
    """(i, j) of all representatives, row by row."""
    import numpy as np

    number = (rows.last - rows.first + 1).clip(0)
    i = np.repeat(np.arange(len(number)), number)
    return i, rows.first[i] + np.arange(len(i)) - (np.cumsum(number) - number)[i]


def _rows(steps: StepSet, n: int, domain: Domain) -> Rows:
    import numpy as np

    basis, _ = relative_steps(steps)
    pivot = steps.steps[domain.pivot]
    unit, up, along = _coordinates(domain.form, basis)
    anchor = tuple(n * x for x in pivot)
    others = [s for k, s in enumerate(steps.steps) if k != domain.pivot]
    climbs = [dot(domain.form, plus(s, pivot, -1)) // unit for s in others]
    (a, b), (c, d) = up, along
    beside = [(a * y - b * x) // (a * d - b * c) for x, y in (plus(s, pivot, -1) for s in others)]
    weights = [w for k, w in enumerate(steps.numerators) if k != domain.pivot]
    i = np.arange(n * max(climbs) + 1)
    outer, inner = [(normal, n * least) for normal, least in domain.facets], [(wall, 0) for wall, _ in domain.walls]
    bounds = [_cut(i, sides, anchor, up, along) for sides in (outer, outer + inner)]
    (least, most), (first, last) = bounds
    filled = np.flatnonzero(last >= first)
    height = int(filled[-1]) + 1
    low, high = first[:height].copy(), last[:height].copy()
    empty = high < low
    low[empty], high[empty] = 2**40, -(2**40)
    for climb, j in zip(climbs, beside, strict=True):
        targets = filled[filled >= climb]
        low[targets - climb] = np.minimum(low[targets - climb], first[targets] - j)
        high[targets - climb] = np.maximum(high[targets - climb], last[targets] - j)
    low, high = np.maximum(low, least[:height]), np.minimum(high, most[:height])
    return Rows(anchor, up, along, unit, first[:height], last[:height], low, high,
                tuple(zip(climbs, beside, weights, strict=True)))  # fmt: skip


def _coordinates(form: Vector, basis: tuple[Vector, ...]) -> tuple[int, Vector, Vector]:
    """The least positive value of a form on a lattice, a vector that has it, and one along which the form is zero: a basis."""
    a, b = (dot(form, v) for v in basis)
    unit = math.gcd(a, b)
    x = pow(a // unit, -1, abs(b // unit)) if b and abs(b // unit) > 1 else (1 if not b else 0)
    if not b:
        x = a // unit  # +-1
    y = (unit - a * x) // b if b else 0
    return unit, combine((x, y), basis, 2), combine((b // unit, -a // unit), basis, 2)


def _cut(i: Any, sides: list[tuple[Vector, int]], anchor: Vector, up: Vector, along: Vector) -> tuple[Any, Any]:
    """The least and largest j with normal.(anchor + i up + j along) >= bound for every side."""
    import numpy as np

    low, high = np.full(len(i), -(2**40)), np.full(len(i), 2**40)
    for normal, bound in sides:
        rest, slope = bound - dot(normal, anchor) - i * dot(normal, up), dot(normal, along)
        if slope > 0:
            low = np.maximum(low, -(-rest // slope))
        elif slope < 0:
            high = np.minimum(high, rest // slope)
        else:
            high = np.where(rest > 0, low - 1, high)
    return low, high


def _in_lattice(basis: tuple[Vector, Vector], vector: Vector) -> bool:
    (a, b), (c, d) = basis
    determinant, (x, y) = a * d - b * c, vector
    return not (x * d - y * c) % determinant and not (y * a - x * b) % determinant


def _array(values: Any) -> Any:
    import numpy as np

    return np.array(values, np.int64)
