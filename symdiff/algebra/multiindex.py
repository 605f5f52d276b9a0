"""Multi-indices: tuples of non-negative integers that count derivatives per coordinate."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from math import factorial, prod

MultiIndex = tuple[int, ...]


@lru_cache(maxsize=256)
def of_degree(dimension: int, degree: int) -> tuple[MultiIndex, ...]:
    """All multi-indices of one total degree, the first coordinate's powers descending.

    >>> of_degree(2, 2)
    ((2, 0), (1, 1), (0, 2))
    """
    if dimension == 1:
        return ((degree,),)
    return tuple((first, *rest) for first in range(degree, -1, -1) for rest in of_degree(dimension - 1, degree - first))


def up_to_degree(dimension: int, degree: int) -> Iterator[MultiIndex]:
    """All multi-indices of total degree 0 to ``degree``."""
    for total in range(degree + 1):
        yield from of_degree(dimension, total)


def index_factorial(alpha: MultiIndex) -> int:
    """alpha! = product of the factorials of its entries."""
    return prod(factorial(a) for a in alpha)


def plus(alpha: MultiIndex, beta: MultiIndex) -> MultiIndex:
    """The entrywise sum."""
    return tuple(a + b for a, b in zip(alpha, beta, strict=True))


def unit(dimension: int, position: int) -> MultiIndex:
    """One derivative in one coordinate."""
    return tuple(int(i == position) for i in range(dimension))
