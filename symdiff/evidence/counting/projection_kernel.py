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


@numba.njit(nogil=True, cache=True)
def _forward(a: Any, roots: Any, p: Any, q: Any) -> None:
    """The transform in place, to bit-reversed order. roots[h + j]: the j-th power of a root of unity of order 2 h, times 2^32."""
    h = a.size // 2
    while h > 2:
        w = roots[h : 2 * h]
        for begin in range(0, a.size, 2 * h):
            low, high = a[begin : begin + h], a[begin + h : begin + 2 * h]
            for j in range(h):
                u, v = low[j], high[j]
                low[j] = plus(u, v, p)
                high[j] = times(minus(u, v, p), w[j], p, q)
        h //= 2
    i = roots[3]
    for begin in range(0, a.size, 4):  # the last two layers at once
        c = a[begin : begin + 4]
        b0, b1 = plus(c[0], c[2], p), plus(c[1], c[3], p)
        b2, b3 = minus(c[0], c[2], p), times(minus(c[1], c[3], p), i, p, q)
        c[0], c[1], c[2], c[3] = plus(b0, b1, p), minus(b0, b1, p), plus(b2, b3, p), minus(b2, b3, p)


@numba.njit(nogil=True, cache=True)
def _backward(a: Any, roots: Any, p: Any, q: Any) -> None:
    """The inverse of ``_forward`` times the length; the roots are the inverse ones."""
    i = roots[3]
    for begin in range(0, a.size, 4):  # the first two layers at once
        c = a[begin : begin + 4]
        b0, b1, b2 = plus(c[0], c[1], p), minus(c[0], c[1], p), plus(c[2], c[3], p)
        b3 = times(minus(c[2], c[3], p), i, p, q)
        c[0], c[1], c[2], c[3] = plus(b0, b2, p), plus(b1, b3, p), minus(b0, b2, p), minus(b1, b3, p)
    h = 4
    while h < a.size:
        w = roots[h : 2 * h]
        for begin in range(0, a.size, 2 * h):
            low, high = a[begin : begin + h], a[begin + h : begin + 2 * h]
            for j in range(h):
                u, v = low[j], times(high[j], w[j], p, q)
                low[j] = plus(u, v, p)
                high[j] = minus(u, v, p)
        h *= 2


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
    half = order // 2
    w, value = np.uint32((np.uint64(root) << _HALF) % np.uint64(p)), one
    for j in range(half):
        roots[half + j] = value
        value = times(value, w, p, q)
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
    _forward(head, roots, p, q)
    if small:
        _forward(tail, roots, p, q)
    return head, tail


@numba.njit(nogil=True, cache=True)
def _joined(head: Any, tail: Any, inverse: Any, roots: Any, p: Any, q: Any) -> Any:
    """The polynomial of length (big + small) / 2 in X = x^2 with these transforms modulo X^(big/2) - 1 and X^(small/2) - c."""
    _backward(head, inverse, p, q)
    small, big = tail.size, 2 * head.size
    if not small:
        return head
    _backward(tail, inverse, p, q)
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
    for k in range(half):
        b0, b1 = b[2 * k], b[2 * k + 1]
        v[k] = times(times(b0, b1, p, q), scale, p, q)
        c0, c1 = times(a[2 * k], b1, p, q), times(a[2 * k + 1], b0, p, q)
        u[k] = times(minus(c0, c1, p) if odd else plus(c0, c1, p), halved, p, q)
    if odd:
        reversed_roots = inverse[half : 2 * half].copy()
        _reverse(reversed_roots)
        for k in range(half):
            u[k] = times(times(u[k], reversed_roots[k], p, q), first, p, q)
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
        _forward(factor, roots, p, q)
        for _ in range(2):
            _forward(error, roots, p, q)
            for i in range(size):
                error[i] = times(times(error[i], factor[i], p, q), scale, p, q)
            _backward(error, inverse, p, q)
            error[:known] = np.uint32(0)
        for i in range(known, size):
            g[i] = minus(np.uint32(0), error[i], p)
        known = size
    return g[: series.size].copy()


@numba.njit(nogil=True, cache=True)
def _reverse(a: Any) -> None:
    """Bit-reversed order."""
    j = 0
    for i in range(1, a.size):
        bit = a.size >> 1
        while j & bit:
            j ^= bit
            bit >>= 1
        j |= bit
        if i < j:
            a[i], a[j] = a[j], a[i]


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
