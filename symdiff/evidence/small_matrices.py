"""Exponentials of many small matrices at once, in extended precision."""

from __future__ import annotations

from typing import Any

import numpy as np

EXTENDED = bool(np.finfo(np.longdouble).eps < 1e-18)  # elsewhere step after step: its rounding errors are measured
SMALL = 0.5  # norm of an exponent whose series is summed
TERMS = 18  # of that series: 0.5^19/19! is below 1e-22


def exponentials(exponents: Any) -> Any:
    """e^A for every matrix A of a stack, shape (..., n, n), by scaling, the exponential series and squaring.

    In ``clongdouble``: s squarings multiply relative rounding errors by 2^s, which the longer mantissa absorbs. Where the
    result is no number (it overflows) neither is what comes back.
    """
    exponents = np.asarray(exponents, dtype=np.clongdouble)
    if exponents.shape[-1] == 1:
        return np.exp(exponents)
    shape = exponents.shape
    stack = exponents.reshape(-1, *shape[-2:])
    norms = np.max(np.sum(np.abs(stack), axis=-2), axis=-1)
    found = np.full_like(stack, np.nan)
    halvings = np.full(len(stack), -1)
    finite = np.isfinite(norms)
    halvings[finite] = np.ceil(np.log2(np.maximum(norms[finite] / SMALL, 1))).astype(int)
    for count in np.unique(halvings[finite]):  # every matrix by its own: long waves among short ones keep their digits
        found[halvings == count] = _squared(stack[halvings == count], int(count))
    return found.reshape(shape)


def _squared(exponents: Any, halvings: int) -> Any:
    small = exponents / np.longdouble(2) ** halvings
    total = term = np.broadcast_to(np.eye(exponents.shape[-1], dtype=np.clongdouble), exponents.shape)
    for n in range(1, TERMS + 1):
        term = term @ small / np.longdouble(n)
        total = total + term
    for _ in range(halvings):
        total = total @ total
    return total
