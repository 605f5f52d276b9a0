"""Arithmetic modulo one prime p < 2^31 in 32-bit words (needs numba): Montgomery's products, which the compiler can vectorise.

Source: P. L. Montgomery, Mathematics of Computation 44 (1985), 519.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np

MASK = np.uint64(0xFFFFFFFF)
HALF = np.uint64(32)


@numba.njit(nogil=True, cache=True, inline="always")
def plus(a: Any, b: Any, p: Any) -> Any:
    s = np.uint32(a + b)
    d = np.uint32(s - p)
    return d if d < s else s


@numba.njit(nogil=True, cache=True, inline="always")
def minus(a: Any, b: Any, p: Any) -> Any:
    d = np.uint32(a - b)
    s = np.uint32(d + p)
    return s if s < d else d


@numba.njit(nogil=True, cache=True, inline="always")
def times(a: Any, b: Any, p: Any, q: Any) -> Any:
    """a b 2^-32 mod p, for a b < 2^32 p; q = 1/p mod 2^32."""
    x = np.uint64(a) * np.uint64(b)
    m = ((x & MASK) * np.uint64(q)) & MASK
    t = np.uint32(np.uint32(x >> HALF) - np.uint32((m * np.uint64(p)) >> HALF))
    s = np.uint32(t + p)
    return s if s < t else t
