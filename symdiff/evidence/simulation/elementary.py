"""Logarithm, exponential and circular functions by the four operations only, in one order: the same bits in NumPy and compiled.

Processors, libraries and compilers differ in the last bit of log, exp, sin; walkers must not. Every function takes an array, or
one number where it is compiled (``laws_kernel``); relative errors are a few units of 2^-53 (absolute ones where a result is near 0).
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

LN2 = math.log(2)
LN2_HIGH = 0.693147180369123816490  # its leading bits, so that multiples are exact; Cody and Waite (1980)
LN2_LOW = 1.90821492927058770002e-10
ROOT = math.sqrt(0.5)
MANTISSA = np.int64(0x000FFFFFFFFFFFFF)
ONE = np.int64(0x3FF0000000000000)
TINY = 2.0**-54


def uniform(draw: Any) -> Any:
    """A number strictly between 0 and 1 from 64 random bits."""
    return (np.float64(draw >> np.uint64(12)) + 0.5) * 2.0**-52


def log(x: Any) -> Any:
    """log x of a normal number x > 0: 2 artanh((m - 1)/(m + 1)) for its mantissa, shifted to sqrt(1/2) <= m < sqrt(2)."""
    bits = np.float64(x).view(np.int64)
    m = np.int64((bits & MANTISSA) | ONE).view(np.float64) * ROOT
    power = np.float64((bits >> np.int64(52)) - np.int64(1023)) + 0.5
    s = (m - 1.0) / (m + 1.0)
    z = s * s
    p = 1 / 21.0
    p = p * z + 1 / 19.0
    p = p * z + 1 / 17.0
    p = p * z + 1 / 15.0
    p = p * z + 1 / 13.0
    p = p * z + 1 / 11.0
    p = p * z + 1 / 9.0
    p = p * z + 1 / 7.0
    p = p * z + 1 / 5.0
    p = p * z + 1 / 3.0
    return power * LN2 + 2.0 * (s + s * z * p)


def exp(x: Any) -> Any:
    """e^x for abs(x) < 700 (what is beyond counts as 700): a power of two times a polynomial."""
    x = np.minimum(np.maximum(x, -700.0), 700.0)
    n = np.floor(x * (1 / LN2) + 0.5)
    r = (x - n * LN2_HIGH) - n * LN2_LOW
    p = 1 / 6227020800.0
    p = p * r + 1 / 479001600.0
    p = p * r + 1 / 39916800.0
    p = p * r + 1 / 3628800.0
    p = p * r + 1 / 362880.0
    p = p * r + 1 / 40320.0
    p = p * r + 1 / 5040.0
    p = p * r + 1 / 720.0
    p = p * r + 1 / 120.0
    p = p * r + 1 / 24.0
    p = p * r + 1 / 6.0
    p = p * r + 0.5
    p = p * r + 1.0
    p = p * r + 1.0
    return p * np.int64((np.int64(n) + np.int64(1023)) << np.int64(52)).view(np.float64)


def circle(turns: Any) -> Any:
    """(cos pi t, sin pi t) for abs(t) <= 1: of a quarter of the angle, doubled twice."""
    a = turns * (math.pi / 4)
    z = a * a
    s = -1 / 1307674368000.0
    s = s * z + 1 / 6227020800.0
    s = s * z - 1 / 39916800.0
    s = s * z + 1 / 362880.0
    s = s * z - 1 / 5040.0
    s = s * z + 1 / 120.0
    s = s * z - 1 / 6.0
    sine = a + a * z * s
    c = -1 / 87178291200.0
    c = c * z + 1 / 479001600.0
    c = c * z - 1 / 3628800.0
    c = c * z + 1 / 40320.0
    c = c * z - 1 / 720.0
    c = c * z + 1 / 24.0
    c = c * z - 0.5
    cosine = 1.0 + z * c
    twice, half = 2.0 * sine * cosine, (cosine - sine) * (cosine + sine)
    return (half - twice) * (half + twice), 2.0 * twice * half
