"""The compiled part of the folded Miller recurrence: counts as 32-bit limbs, one site of each orbit (needs numba).

All integers but those of ``summed`` are signed 64-bit; the caller has made sure that sums of products of limbs and factors fit.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np

from symdiff.evidence.counting.montgomery_kernel import HALF, MASK, plus, times

_MASK = (1 << 32) - 1


@numba.njit(nogil=True, cache=True)
def fold(x: Any, image: Any, forms: Any, maps: Any, all_forms: Any, all_maps: Any, ties: bool) -> None:
    """Replace x by the representative of its orbit: the smallest value of the level form, then (ties) the first in order."""
    dimension = x.size
    again = True
    tight = False
    while again:
        again, tight = False, False
        for k in range(forms.shape[0]):
            value = 0
            for a in range(dimension):
                value += forms[k, a] * x[a]
            if value < 0:
                for a in range(dimension):
                    image[a] = 0
                    for b in range(dimension):
                        image[a] += maps[k, a, b] * x[b]
                x[:] = image
                again = True
                break
            tight = tight or value == 0
    if ties and tight:
        best = x.copy()
        for k in range(all_forms.shape[0]):
            value = 0
            for a in range(dimension):
                value += all_forms[k, a] * x[a]
            if value != 0:
                continue
            for a in range(dimension):
                image[a] = 0
                for b in range(dimension):
                    image[a] += all_maps[k, a, b] * x[b]
            for a in range(dimension):
                if image[a] != best[a]:
                    if image[a] < best[a]:
                        best[:] = image
                    break
        x[:] = best


@numba.njit(nogil=True, cache=True)
def position_in(x: Any, lows: Any, sizes: Any) -> int:
    """The number of a site in the box; -1 outside."""
    number = 0
    for a in range(x.size):
        place = x[a] - lows[a]
        if place < 0 or place >= sizes[a]:
            return -1
        number = number * sizes[a] + place
    return number


@numba.njit(nogil=True, cache=True)
def representatives(
    lows: Any, sizes: Any, basis: Any, anchor: Any, form: Any, floor: int, normals: Any, leasts: Any, forms: Any, maps: Any,
    all_forms: Any, all_maps: Any, ties: bool, found: Any, levels: Any,
) -> int:  # fmt: skip
    """List the sites of the box on anchor + lattice that stand for their orbits, with their levels; how many.

    They fulfil normals.x >= leasts, the walls of the region of the representatives among them.
    """
    dimension = lows.size
    x, rest, image, other = lows.copy(), lows.copy(), lows.copy(), lows.copy()
    number, rows, last = 0, 1, dimension - 1
    for a in range(last):
        rows *= sizes[a]
    pitch = basis[last, last]
    for _ in range(rows):
        low, high = lows[last], lows[last] + sizes[last] - 1
        for k in range(leasts.size):
            bound = leasts[k]
            for a in range(last):
                bound -= normals[k, a] * x[a]
            c = normals[k, last]
            if c > 0:
                low = max(low, -(-bound // c))
            elif c < 0:
                high = min(high, -bound // -c)
            elif bound > 0:
                high = low - 1
        first = anchor[last]
        for a in range(last):
            rest[a] = x[a] - anchor[a]
        for a in range(last):  # the basis is triangular
            quotient = rest[a] // basis[a, a]
            if rest[a] != quotient * basis[a, a]:
                high = low - 1
                break
            for b in range(a, last):
                rest[b] -= quotient * basis[a, b]
            first += quotient * basis[a, last]
        for place in range(low + (first - low) % pitch, high + 1, pitch):
            x[last] = place
            if ties:
                other[:] = x
                fold(other, image, forms, maps, all_forms, all_maps, ties)
                inside = True
                for a in range(dimension):
                    inside = inside and other[a] == x[a]
                if not inside:
                    continue
            level, pivot = -floor, True
            for a in range(dimension):
                level += form[a] * x[a]
                pivot = pivot and x[a] == anchor[a]
            if level > 0 or pivot:  # at level zero there is the pivot alone
                if number < found.shape[0]:
                    found[number, :] = x
                    levels[number] = level
                number += 1
        for a in range(last - 1, -1, -1):
            x[a] += 1
            if x[a] < lows[a] + sizes[a]:
                break
            x[a] = lows[a]
    return number


@numba.njit(nogil=True, cache=True)
def climb(
    sites: Any, levels: Any, index: Any, lows: Any, sizes: Any, moves: Any, climbs: Any, weights: Any, pivot: int, n: int,
    forms: Any, maps: Any, all_forms: Any, all_maps: Any, ties: bool, offsets: Any, pool: Any, begin_at: int, end_at: int,
) -> int:  # fmt: skip
    """Fill ``pool`` with the counts of sites begin_at .. end_at - 1, in order of level; -1, or a site without a whole count."""
    dimension, steps = sites.shape[1], moves.shape[0]
    x, image = sites[0].copy(), sites[0].copy()
    rows, factors = climbs.copy(), climbs.copy()
    work = np.zeros(64, np.int64)
    for i in range(begin_at, end_at):
        used, longest = 0, 0
        for k in range(steps):
            for a in range(dimension):
                x[a] = sites[i, a] - moves[k, a]
            fold(x, image, forms, maps, all_forms, all_maps, ties)
            cell = position_in(x, lows, sizes)
            j = index[cell] if cell >= 0 else -1
            if j >= 0 and j < i and offsets[j + 1] > offsets[j]:
                factors[used] = weights[k] * ((n + 1) * climbs[k] - levels[i])
                rows[used] = j
                used += 1
                longest = max(longest, offsets[j + 1] - offsets[j])
        begin = offsets[i]
        offsets[i + 1] = begin
        if used == 0:
            continue
        if work.size < longest + 4:
            work = np.zeros(2 * longest + 4, np.int64)
        work[: longest + 3] = 0
        for k in range(used):
            row = pool[offsets[rows[k]] : offsets[rows[k] + 1]]
            factor = factors[k]
            for m in range(row.size):
                work[m] += factor * row[m]
        length = _divide(work, longest + 2, levels[i] * pivot)
        if length < 0:
            return i
        for m in range(length):
            pool[begin + m] = work[m]
        offsets[i + 1] = begin + length
    return -1


@numba.njit(nogil=True, cache=True)
def _divide(work: Any, size: int, divisor: int) -> int:
    """Replace the signed limbs of a number by the limbs of number / divisor; its length, or -1 where it is not whole."""
    twos = 0
    while divisor & 1 == 0:
        divisor >>= 1
        twos += 1
    inverse = divisor
    for _ in range(5):
        inverse = inverse * (2 - divisor * inverse) & _MASK
    carry = 0
    for m in range(size):
        value = work[m] + carry
        work[m] = value & _MASK
        carry = value >> 32
    if carry != 0 or work[0] & ((1 << twos) - 1) != 0:
        return -1
    borrow, length = 0, 0
    for m in range(size):
        above = work[m + 1] if m + 1 < size else 0
        value = ((work[m] >> twos) | (above << (32 - twos))) & _MASK
        value -= borrow
        borrow = 0
        if value < 0:
            value += 1 << 32
            borrow = 1
        quotient = value * inverse & _MASK
        borrow += quotient * divisor >> 32
        work[m] = quotient
        if quotient:
            length = m + 1
    return length if borrow == 0 else -1


@numba.njit(nogil=True, cache=True)
def summed(
    sites: Any, offsets: Any, pool: Any, all_maps: Any, lows: Any, tables: Any, inverses: Any, p: Any, q: Any, low: Any, high: Any,
    total: Any,
) -> None:  # fmt: skip
    """sum of count z^site modulo a prime and of all counts, limb by limb: low[m] + 2^32 high[m] and total[m], not carried.

    ``tables[a, x - lows[a]]``: powers of the point, ``inverses[k]`` = 1/k, times 2^32 both. Every orbit enters with each of its
    different images.
    """
    dimension, order = sites.shape[1], all_maps.shape[0]
    one = np.uint32(1)
    for i in range(sites.shape[0]):
        begin, end = offsets[i], offsets[i + 1]
        if begin == end:
            continue
        monomials, fixed = np.uint32(0), 0
        for g in range(order):
            same, value = True, np.uint32(0)
            for a in range(dimension):
                image = 0
                for b in range(dimension):
                    image += all_maps[g, a, b] * sites[i, b]
                same = same and image == sites[i, a]
                power = tables[a, image - lows[a]]
                value = times(value, power, p, q) if a else power
            monomials = plus(monomials, value, p)
            fixed += same
        weight = np.uint64(
            times(times(monomials, inverses[fixed], p, q), one, p, q)
        )  # every image has come so many times
        images = np.uint64(order // fixed)
        limbs = pool[begin:end]
        for m in range(limbs.size):
            limb = np.uint64(limbs[m])
            x = weight * limb
            low[m] += x & MASK
            high[m] += x >> HALF
            total[m] += images * limb
