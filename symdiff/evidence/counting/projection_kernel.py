"""The compiled part of power projection: [z^n] U(z) F(z)^k for k = 0..n modulo one prime p < 2^31 (needs numba).

[z^n] U/(1 - y F) is found by halving n: P/Q = P(z) Q(-z) / (Q(z) Q(-z)), whose denominator is even in z, so that only every
second coefficient of the new numerator matters. Both variables are packed into one, x = z, y = x^(2 (n + 1)), and products are
discrete Fourier transforms modulo p, with Montgomery's products. Source: Y. Kinoshita, B. Li, FOCS 2024 (arXiv:2404.05177).
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np

_MASK = np.uint64(0xFFFFFFFF)
_HALF = np.uint64(32)


@numba.njit(nogil=True, cache=True, inline="always")
def _times(a: Any, b: Any, p: Any, q: Any) -> Any:
    """a b 2^-32 mod p; q = -1/p mod 2^32."""
    x = np.uint64(a) * np.uint64(b)
    m = ((x & _MASK) * q) & _MASK
    t = (x + m * p) >> _HALF
    return np.uint32(min(t, t - p))


@numba.njit(nogil=True, cache=True)
def _forward(a: Any, roots: Any, p: Any, q: Any) -> None:
    """The transform in place, to bit-reversed order. roots[h + j]: the j-th power of a root of unity of order 2 h, times 2^32."""
    h = a.size // 2
    small = np.uint32(p)
    while h:
        for begin in range(0, a.size, 2 * h):
            low, high, w = a[begin : begin + h], a[begin + h : begin + 2 * h], roots[h : 2 * h]
            for j in range(h):
                u, v = low[j], high[j]
                s = np.uint32(u + v)
                low[j] = min(s, np.uint32(s - small))
                d = np.uint32(u - v)
                high[j] = _times(min(d, np.uint32(d + small)), w[j], p, q)
        h //= 2


@numba.njit(nogil=True, cache=True)
def _backward(a: Any, roots: Any, p: Any, q: Any) -> None:
    """The inverse of ``_forward`` times the length; the roots are the inverse ones."""
    h = 1
    small = np.uint32(p)
    while h < a.size:
        for begin in range(0, a.size, 2 * h):
            low, high, w = a[begin : begin + h], a[begin + h : begin + 2 * h], roots[h : 2 * h]
            for j in range(h):
                u, v = low[j], _times(high[j], w[j], p, q)
                s = np.uint32(u + v)
                low[j] = min(s, np.uint32(s - small))
                d = np.uint32(u - v)
                high[j] = min(d, np.uint32(d + small))
        h *= 2


@numba.njit(nogil=True, cache=True)
def _power(base: Any, exponent: int, p: Any) -> Any:
    value = np.uint64(1)
    while exponent:
        if exponent & 1:
            value = value * base % p
        base = base * base % p
        exponent >>= 1
    return value


@numba.njit(nogil=True, cache=True)
def _tables(size: int, root: Any, p: Any, q: Any) -> Any:
    """roots[h + j] = (root of order 2 h)^j 2^32 mod p for all powers of two h < size; ``root`` has the order ``size``."""
    roots = np.zeros(size, np.uint32)
    shift = (np.uint64(1) << _HALF) % p
    h = size // 2
    while h:
        w, value = root * shift % p, np.uint32(shift)
        for j in range(h):
            roots[h + j] = value
            value = _times(value, w, p, q)
        root = root * root % p
        h //= 2
    return roots


@numba.njit(nogil=True, cache=True)
def project(first: Any, weights: Any, p: Any, q: Any, generator: Any) -> Any:
    """[z^n] U F^k for k = 0..n, F = sum first[i] z^i with first[0] = 0, U = sum weights[i] z^i, n = their length less one.

    ``generator`` generates the units modulo p, of which 2^17 divides the number.
    """
    n = first.size - 1
    rows, left = 1, n
    top = weights.copy().reshape(1, n + 1)
    bottom = np.empty((1, n + 1), np.uint32)
    for i in range(n + 1):
        bottom[0, i] = p - first[i] if first[i] else 0
    size = 0
    roots, inverse = np.zeros(0, np.uint32), np.zeros(0, np.uint32)
    reversed_roots = np.zeros(0, np.uint32)
    while left:
        stride = left + 1
        length = 2
        while length < 4 * rows * stride:
            length *= 2
        if length != size:
            size = length
            root = _power(generator, (int(p) - 1) // size, p)
            roots, inverse = _tables(size, root, p, q), _tables(size, _power(root, int(p) - 2, p), p, q)
            reversed_roots = inverse[size // 2 :].copy()
            _reverse(reversed_roots)
        a, b = np.zeros(size, np.uint32), np.zeros(size, np.uint32)
        b[0] = 1
        for j in range(rows):
            a[2 * stride * j : 2 * stride * j + stride] = top[j]
            b[2 * stride * (j + 1) : 2 * stride * (j + 1) + stride] = bottom[j]
        _forward(a, roots, p, q)
        _forward(b, roots, p, q)
        half = size // 2
        u, v = np.empty(half, np.uint32), np.empty(half, np.uint32)
        shift = (np.uint64(1) << _HALF) % p
        scale = _power(np.uint64(half), int(p) - 2, p) * shift % p * shift % p
        scale_half = scale * ((p + np.uint64(1)) >> np.uint64(1)) % p
        small = np.uint32(p)
        odd = left & 1
        for k in range(half):
            b0, b1 = b[2 * k], b[2 * k + 1]
            v[k] = _times(_times(b0, b1, p, q), scale, p, q)
            c0, c1 = _times(a[2 * k], b1, p, q), _times(a[2 * k + 1], b0, p, q)
            if odd:
                d = np.uint32(c0 - c1)
                d = min(d, np.uint32(d + small))
                u[k] = _times(_times(d, reversed_roots[k], p, q), scale_half, p, q)
            else:
                s = np.uint32(c0 + c1)
                u[k] = _times(min(s, np.uint32(s - small)), scale_half, p, q)
        _backward(u, inverse[:half], p, q)
        _backward(v, inverse[:half], p, q)
        left //= 2
        rows *= 2
        top, bottom = np.empty((rows, left + 1), np.uint32), np.empty((rows, left + 1), np.uint32)
        for j in range(rows):
            top[j] = u[stride * j : stride * j + left + 1]
        for j in range(1, rows):
            bottom[j - 1] = v[stride * j : stride * j + left + 1]
        for i in range(left + 1):  # the highest row may have run over into the lowest, which is 1
            place = stride * rows + i
            if place < half:
                bottom[rows - 1, i] = v[place]
            else:
                value = np.uint64(v[place - half])
                if place == half:
                    value = value + p - np.uint64(1)
                bottom[rows - 1, i] = value % p
    found = np.zeros(n + 1, np.uint32)
    for k in range(min(rows, n + 1)):
        found[k] = top[k, 0]
    return found


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
def remainders(limbs: Any, p: Any) -> Any:
    """Numbers in rows of 32-bit limbs, lowest first, modulo p."""
    found = np.empty(limbs.shape[0], np.uint32)
    for i in range(limbs.shape[0]):
        value = np.uint64(0)
        for j in range(limbs.shape[1] - 1, -1, -1):
            value = ((value << _HALF) | np.uint64(limbs[i, j])) % p
        found[i] = value
    return found
