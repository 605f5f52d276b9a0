"""The compiled part of power projection: [z^n] U(z) F(z)^k for k = 0..n modulo one prime p < 2^31 (needs numba).

[z^n] U/(1 - y F) is found by halving n: P/Q = P(z) Q(-z) / (Q(z) Q(-z)), whose denominator is even in z, so that only every
second coefficient of the new numerator matters. Q = 1 + y B. Both variables are packed into one, x = z, y = x^(2 (n + 1)).
Products are taken modulo (x^big - 1)(x^small - c), c a root of unity with c^(big/small) = -1, so that lengths between powers of two
cost what they should; by discrete Fourier transforms modulo p, with Montgomery's products (q = 1/p modulo 2^32 everywhere).
Source: Y. Kinoshita, B. Li, FOCS 2024 (arXiv:2404.05177).
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np

from symdiff.evidence.counting.montgomery_kernel import minus, plus, times

_MASK = np.uint64(0xFFFFFFFF)
_HALF = np.uint64(32)
_LEAST = 16  # the shortest transform
_LEAST_TILED = 512


@numba.njit(nogil=True, cache=True)
def _tile(size: int) -> int:
    """The number k = tile b + i of the bit-reversed order stands at place i size/tile + b: the last layers then run along b, not over a few numbers."""
    return 32 if size >= _LEAST_TILED else 2


@numba.njit(nogil=True, cache=True)
def _forward(a: Any, roots: Any, p: Any, q: Any, tile: int) -> Any:
    """The transform, to bit-reversed order in tiles. roots[h + j]: the j-th power of a root of unity of order 2 h, times 2^32."""
    h = a.size // 2
    while h >= tile:
        w = roots[h : 2 * h]
        for begin in range(0, a.size, 2 * h):
            low, high = a[begin : begin + h], a[begin + h : begin + 2 * h]
            for j in range(h):
                u, v = low[j], high[j]
                low[j] = plus(u, v, p)
                high[j] = times(minus(u, v, p), w[j], p, q)
        h //= 2
    rows = _turned(a, a.size // tile, tile)
    while h:
        for begin in range(0, tile, 2 * h):
            for j in range(begin, begin + h):
                low, high, factor = rows[j], rows[j + h], roots[h + j - begin]
                for i in range(low.size):
                    u, v = low[i], high[i]
                    low[i] = plus(u, v, p)
                    high[i] = times(minus(u, v, p), factor, p, q)
        h //= 2
    return rows.reshape(a.size)


@numba.njit(nogil=True, cache=True)
def _backward(a: Any, roots: Any, p: Any, q: Any, tile: int) -> Any:
    """The inverse of ``_forward`` times the length; the roots are the inverse ones."""
    rows, h = a.reshape(tile, a.size // tile), 1
    while h < tile:
        for begin in range(0, tile, 2 * h):
            for j in range(begin, begin + h):
                low, high, factor = rows[j], rows[j + h], roots[h + j - begin]
                for i in range(low.size):
                    u, v = low[i], times(high[i], factor, p, q)
                    low[i] = plus(u, v, p)
                    high[i] = minus(u, v, p)
        h *= 2
    a = _turned(a, tile, a.size // tile).reshape(a.size)
    while h < a.size:
        w = roots[h : 2 * h]
        for begin in range(0, a.size, 2 * h):
            low, high = a[begin : begin + h], a[begin + h : begin + 2 * h]
            for j in range(h):
                u, v = low[j], times(high[j], w[j], p, q)
                low[j] = plus(u, v, p)
                high[j] = minus(u, v, p)
        h *= 2
    return a


@numba.njit(nogil=True, cache=True)
def _turned(a: Any, rows: int, columns: int) -> Any:
    """The transpose of a matrix whose rows stand one after the other."""
    found = np.empty((columns, rows), np.uint32)
    for first in range(0, rows, 32):
        for j in range(columns):
            for i in range(first, min(first + 32, rows)):
                found[j, i] = a[i * columns + j]
    return found


@numba.njit(nogil=True, cache=True)
def _power(base: Any, exponent: int, p: Any) -> Any:
    wide, square, value = np.uint64(p), np.uint64(base), np.uint64(1)
    while exponent:
        if exponent & 1:
            value = value * square % wide
        square = square * square % wide
        exponent >>= 1
    return np.uint32(value)


@numba.njit(nogil=True, cache=True)
def _tables(order: int, root: Any, p: Any, q: Any) -> Any:
    """roots[h + j] = (root of order 2 h)^j 2^32 mod p for all powers of two h < order; ``root`` has the order ``order``."""
    roots = np.zeros(order, np.uint32)
    one = np.uint32((np.uint64(1) << _HALF) % np.uint64(p))
    half, known = order // 2, 1
    w = np.uint32((np.uint64(root) << _HALF) % np.uint64(p))
    roots[half] = one
    while known < half:  # w is the power number ``known``
        low, high = roots[half : half + known], roots[half + known : half + 2 * known]
        for j in range(known):
            high[j] = times(low[j], w, p, q)
        w, known = times(w, w, p, q), 2 * known
    for h in range(half - 1, 0, -1):
        roots[h] = roots[2 * h]
    return roots


@numba.njit(nogil=True, cache=True)
def _lengths(needed: int) -> Any:
    """(big, small), powers of two (small also 0): the shortest big + small >= needed, small <= big / 2."""
    big = _LEAST
    while big < needed:
        big *= 2
    if big == _LEAST or big // 2 + big // 4 < needed:
        return big, 0
    small = big // 4
    while small // 2 >= _LEAST and big // 2 + small // 2 >= needed:
        small //= 2
    return (big // 2, small) if small >= _LEAST else (big, 0)


@numba.njit(nogil=True, cache=True)
def _spread(rows: Any, big: int, small: int, roots: Any, p: Any, q: Any) -> Any:
    """The transforms of the packed polynomial modulo x^big - 1 and modulo x^small - c."""
    width = rows.shape[1]
    whole = np.zeros(big + small, np.uint32)
    for j in range(rows.shape[0]):
        whole[2 * width * j : 2 * width * j + width] = rows[j]
    head, tail = whole[:big].copy(), np.zeros(small, np.uint32)
    for i in range(small):
        head[i] = plus(head[i], whole[big + i], p)
        tail[i] = minus(whole[i], whole[big + i], p)
    for j in range(small, big, small) if small else range(0):
        c, part = roots[big + j], whole[j : j + small]
        for i in range(small):
            tail[i] = plus(tail[i], times(part[i], c, p, q), p)
    for i in range(small):  # in x / theta, theta^small = c, the modulus is x^small - 1
        tail[i] = times(tail[i], roots[big + i], p, q)
    head = _forward(head, roots, p, q, _tile(big))
    return head, _forward(tail, roots, p, q, _tile(small)) if small else tail


@numba.njit(nogil=True, cache=True)
def _joined(head: Any, tail: Any, inverse: Any, roots: Any, p: Any, q: Any) -> Any:
    """The polynomial of length (big + small) / 2 in X = x^2 with these transforms modulo X^(big/2) - 1 and X^(small/2) - c."""
    head = _backward(head, inverse, p, q, _tile(2 * head.size) // 2)
    small, big = tail.size, 2 * head.size
    if not small:
        return head
    tail = _backward(tail, inverse, p, q, _tile(2 * small) // 2)
    whole = np.empty(head.size + small, np.uint32)
    whole[: head.size] = head
    half = np.uint32((np.uint64(p) + np.uint64(1)) // np.uint64(2))
    half = np.uint32((np.uint64(half) << _HALF) % np.uint64(p))
    excess = np.empty(small, np.uint32)
    for i in range(small):
        excess[i] = minus(head[i], times(tail[i], inverse[big + 2 * i], p, q), p)
    for j in range(small, head.size, small):
        c, part = roots[big + 2 * j], head[j : j + small]
        for i in range(small):
            excess[i] = plus(excess[i], times(part[i], c, p, q), p)
    for i in range(small):
        top = times(excess[i], half, p, q)
        whole[head.size + i] = top
        whole[i] = minus(head[i], top, p)
    return whole


@numba.njit(nogil=True, cache=True)
def _pairs(a: Any, b: Any, odd: int, first: Any, inverse: Any, p: Any, q: Any) -> Any:
    """Values in X = x^2 of the even (or odd, over x) part of A(x) B(-x), and of B(x) B(-x), over the length; 1/x = ``first`` w^-k."""
    half = a.size // 2
    u, v = np.empty(half, np.uint32), np.empty(half, np.uint32)
    if not half:
        return u, v
    wide = np.uint64(p)
    shift = (np.uint64(1) << _HALF) % wide
    scale = np.uint32(np.uint64(_power(np.uint32(half), int(p) - 2, p)) * shift % wide * shift % wide)
    halved = np.uint32(np.uint64(scale) * ((wide + np.uint64(1)) >> np.uint64(1)) % wide)
    tile = _tile(a.size)
    length = a.size // tile
    reversed_roots = np.empty(0, np.uint32)
    if odd:
        reversed_roots = _turned(_reversed_powers(inverse, half, p, q), length, tile // 2).reshape(half)
    for row in range(tile // 2):
        a0, a1 = a[2 * row * length : (2 * row + 1) * length], a[(2 * row + 1) * length : (2 * row + 2) * length]
        b0, b1 = b[2 * row * length : (2 * row + 1) * length], b[(2 * row + 1) * length : (2 * row + 2) * length]
        top, bottom = u[row * length : (row + 1) * length], v[row * length : (row + 1) * length]
        for k in range(length):
            bottom[k] = times(times(b0[k], b1[k], p, q), scale, p, q)
        if odd:
            w = reversed_roots[row * length : (row + 1) * length]
            for k in range(length):
                c = minus(times(a0[k], b1[k], p, q), times(a1[k], b0[k], p, q), p)
                top[k] = times(times(times(c, halved, p, q), w[k], p, q), first, p, q)
        else:
            for k in range(length):
                c = plus(times(a0[k], b1[k], p, q), times(a1[k], b0[k], p, q), p)
                top[k] = times(c, halved, p, q)
    return u, v


@numba.njit(nogil=True, cache=True)
def _halved(top: Any, bottom: Any, roots: Any, inverse: Any, p: Any, q: Any) -> Any:
    """P and B of the next level; row j of P belongs to y^j, of B to y^(j + 1), Q = 1 + y B."""
    rows, stride = top.shape
    left = stride - 1
    big, small = _lengths((4 * rows - 2) * stride)
    a, a_tail = _spread(top, big, small, roots, p, q)
    b, b_tail = _spread(bottom, big, small, roots, p, q)
    odd = left & 1
    one = inverse[1]
    u, v = _pairs(a, b, odd, one, inverse, p, q)
    u_tail, v_tail = _pairs(a_tail, b_tail, odd, inverse[big + 1] if small else one, inverse, p, q)
    u, v = _joined(u, u_tail, inverse, roots, p, q), _joined(v, v_tail, inverse, roots, p, q)
    width = left // 2 + 1
    above, below = np.zeros((2 * rows, width), np.uint32), np.zeros((2 * rows, width), np.uint32)
    for j in range(1, 2 * rows):
        above[j] = u[stride * (j - 1) : stride * (j - 1) + width]
        below[j] = v[stride * (j - 1) : stride * (j - 1) + width]
    for j in range(rows):
        for i in range(width):
            above[j, i] = plus(above[j, i], top[j, 2 * i + odd], p)
            even = bottom[j, 2 * i]
            below[j, i] = plus(below[j, i], plus(even, even, p), p)
    return above, below


@numba.njit(nogil=True, cache=True)
def project(first: Any, weights: Any, p: Any, q: Any, generator: Any, order: int) -> Any:
    """[z^n] U F^k for k = 0..n, F = sum first[i] z^i with first[0] = 0, U = sum weights[i] z^i, n = their length less one.

    ``generator`` generates the units modulo p; ``order``, a power of two not below 32 and the lengths of all levels, divides p - 1.
    """
    roots, inverse = _both_tables(p, q, generator, order)
    return _projected(first, weights, roots, inverse, p, q)


@numba.njit(nogil=True, cache=True)
def project_returns(returns: Any, factor: Any, shift: Any, p: Any, q: Any, generator: Any, order: int) -> Any:
    """[z^n] U F^k for k = 0..n, F = 1 - 1/R, U = shift (1 - F)/(1 - factor z), R = sum returns[i] z^i with returns[0] = 1."""
    roots, inverse = _both_tables(p, q, generator, order)
    reciprocal = _reciprocal(returns, roots, inverse, p, q)
    first, weights = np.zeros(returns.size, np.uint32), np.empty(returns.size, np.uint32)
    value, wide = np.uint64(0), np.uint64(p)
    for i in range(returns.size):
        if i:
            first[i] = minus(np.uint32(0), reciprocal[i], p)
        value = (value * np.uint64(factor) + np.uint64(shift) * np.uint64(reciprocal[i])) % wide
        weights[i] = np.uint32(value)
    return _projected(first, weights, roots, inverse, p, q)


@numba.njit(nogil=True, cache=True)
def _both_tables(p: Any, q: Any, generator: Any, order: int) -> Any:
    root = _power(generator, (int(p) - 1) // order, p)
    return _tables(order, root, p, q), _tables(order, _power(root, int(p) - 2, p), p, q)


@numba.njit(nogil=True, cache=True)
def _projected(first: Any, weights: Any, roots: Any, inverse: Any, p: Any, q: Any) -> Any:
    n = first.size - 1
    top, bottom = weights.copy().reshape(1, n + 1), np.empty((1, n + 1), np.uint32)
    for i in range(n + 1):
        bottom[0, i] = minus(np.uint32(0), first[i], p)
    while top.shape[1] > 1:
        top, bottom = _halved(top, bottom, roots, inverse, p, q)
    found = np.zeros(n + 1, np.uint32)
    for k in range(min(top.shape[0], n + 1)):
        found[k] = top[k, 0]
    return found


@numba.njit(nogil=True, cache=True)
def _reciprocal(series: Any, roots: Any, inverse: Any, p: Any, q: Any) -> Any:
    """1 over a series that begins with one, by Newton's iteration g <- g + g (1 - series g), modulo x^(2 length) - 1 each time.

    The first half of series g is known to be 1, 0, 0, ..., so that what the cyclic products wrap around does not matter.
    """
    length = _LEAST // 2
    while length < series.size:
        length *= 2
    padded, g = np.zeros(length, np.uint32), np.zeros(length, np.uint32)
    padded[: series.size] = series
    g[0], known, wide = np.uint32(1), 1, np.uint64(p)
    while known < _LEAST // 2:  # term by term
        total = np.uint64(0)
        for i in range(1, known + 1):
            total = (total + np.uint64(padded[i]) * np.uint64(g[known - i])) % wide
        g[known] = minus(np.uint32(0), np.uint32(total), p)
        known += 1
    shift = (np.uint64(1) << _HALF) % wide
    while known < length:
        size = 2 * known
        scale = np.uint32(np.uint64(_power(np.uint32(size), int(p) - 2, p)) * shift % wide * shift % wide)
        factor, error = np.zeros(size, np.uint32), padded[:size].copy()
        factor[:known] = g[:known]
        factor = _forward(factor, roots, p, q, _tile(size))
        for _ in range(2):
            error = _forward(error, roots, p, q, _tile(size))
            for i in range(size):
                error[i] = times(times(error[i], factor[i], p, q), scale, p, q)
            error = _backward(error, inverse, p, q, _tile(size))
            error[:known] = np.uint32(0)
        for i in range(known, size):
            g[i] = minus(np.uint32(0), error[i], p)
        known = size
    return g[: series.size].copy()


@numba.njit(nogil=True, cache=True)
def _reversed_powers(roots: Any, half: int, p: Any, q: Any) -> Any:
    """The powers 0, ..., half - 1 of the root of order 2 half, times 2^32, in bit-reversed order."""
    found, known = np.empty(half, np.uint32), 1
    found[0] = roots[half]
    while known < half:
        low, high, factor = found[:known], found[known : 2 * known], roots[half + half // (2 * known)]
        for j in range(known):
            high[j] = times(low[j], factor, p, q)
        known *= 2
    return found


@numba.njit(nogil=True, cache=True)
def remainders(limbs: Any, power: Any, p: Any, q: Any) -> Any:
    """Numbers modulo p; limbs[j] are the 32-bit limbs of weight 2^(32 j), ``power`` = 2^(32 (limbs + 1)) mod p."""
    found = np.zeros(limbs.shape[1], np.uint32)
    for j in range(limbs.shape[0]):
        row = limbs[j]
        for i in range(found.size):  # from below, over 2^32 each time
            x = np.uint64(found[i]) + np.uint64(row[i])
            m = ((x & _MASK) * np.uint64(q)) & _MASK
            t = np.uint32(np.uint32(x >> _HALF) - np.uint32((m * np.uint64(p)) >> _HALF))
            s = np.uint32(t + p)
            found[i] = s if s < t else t
    for i in range(found.size):
        found[i] = times(found[i], power, p, q)
    return found
