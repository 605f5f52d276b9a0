"""The compiled part of the folded Miller recurrence: counts as 32-bit limbs, one site of each orbit (needs numba).

All integers are signed 64-bit; the caller has made sure that sums of products of limbs and factors fit.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np

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
    lows: Any, sizes: Any, basis: Any, anchor: Any, form: Any, floor: int, forms: Any, maps: Any, all_forms: Any,
    all_maps: Any, ties: bool, found: Any, levels: Any,
) -> int:  # fmt: skip
    """List the sites of the box on anchor + lattice that stand for their orbits, with their levels; how many."""
    dimension = lows.size
    x, rest, image, other = lows.copy(), lows.copy(), lows.copy(), lows.copy()
    number = 0
    cells = 1
    for size in sizes:
        cells *= size
    for _ in range(cells):
        inside = True
        for k in range(forms.shape[0]):
            value = 0
            for a in range(dimension):
                value += forms[k, a] * x[a]
            if value < 0:
                inside = False
                break
        if inside:
            for a in range(dimension):
                rest[a] = x[a] - anchor[a]
            for a in range(dimension):  # the basis is triangular
                quotient = rest[a] // basis[a, a]
                if rest[a] != quotient * basis[a, a]:
                    inside = False
                    break
                for b in range(a, dimension):
                    rest[b] -= quotient * basis[a, b]
        if inside and ties:
            other[:] = x
            fold(other, image, forms, maps, all_forms, all_maps, ties)
            for a in range(dimension):
                inside = inside and other[a] == x[a]
        if inside:
            level, first = -floor, True
            for a in range(dimension):
                level += form[a] * x[a]
                first = first and x[a] == anchor[a]
            if level > 0 or first:  # at level zero there is the pivot alone
                if number < found.shape[0]:
                    found[number, :] = x
                    levels[number] = level
                number += 1
        for a in range(dimension - 1, -1, -1):
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
def summed(sites: Any, offsets: Any, pool: Any, all_maps: Any, lows: Any, tables: Any, prime: int, total: Any) -> int:
    """The sum of all counts into limbs (not carried), and the generating function at one point modulo a prime < 2^31.

    ``tables[a, x - lows[a]]``: powers of the point. Every orbit enters with each of its different images.
    """
    dimension, order = sites.shape[1], all_maps.shape[0]
    image = sites[0].copy()
    limbs = np.zeros(1, np.int64)
    result = 0
    radix = (1 << 32) % prime
    for i in range(sites.shape[0]):
        begin, end = offsets[i], offsets[i + 1]
        if begin == end:
            continue
        monomials, fixed = 0, 0
        for g in range(order):
            same, value = True, 1
            for a in range(dimension):
                image[a] = 0
                for b in range(dimension):
                    image[a] += all_maps[g, a, b] * sites[i, b]
                same = same and image[a] == sites[i, a]
                value = value * tables[a, image[a] - lows[a]] % prime
            monomials += value
            fixed += same
        count = 0
        for m in range(end - begin - 1, -1, -1):
            limbs[0] = pool[begin + m]
            count = (count * radix + limbs[0]) % prime
            total[m] += order // fixed * limbs[0]
        if fixed > 1:  # every image has come so many times
            monomials = monomials % prime * _inverse(fixed, prime)
        result = (result + monomials % prime * count) % prime
    return result


@numba.njit(nogil=True, cache=True)
def _inverse(value: int, prime: int) -> int:
    """value^(prime - 2) mod prime."""
    result, base, exponent = 1, value % prime, prime - 2
    while exponent:
        if exponent & 1:
            result = result * base % prime
        base = base * base % prime
        exponent >>= 1
    return result
