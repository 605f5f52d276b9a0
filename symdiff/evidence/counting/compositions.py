"""How often each step is taken by the walks of n steps to one site: the whole solutions of a linear system."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from symdiff.evidence.counting.lattice import hermite_basis, plus
from symdiff.evidence.counting.steps import Vector


@dataclass(frozen=True)
class Compositions:
    """All k = base + sum_i j_i kernel_i with k >= 0: the numbers of each step in walks of n steps to one site.

    Every k stands for n! / prod k_s! walks. ``kernel`` is empty where there is one k at most.
    """

    base: Vector
    kernel: tuple[Vector, ...]

    def range(self) -> tuple[int, int]:
        """The first and the last j of k = base + j kernel_1 >= 0; the last is smaller where there is none."""
        return _range(self.base, self.kernel[0]) if self.kernel else (0, 0 if min(self.base) >= 0 else -1)

    def runs(self) -> Iterator[tuple[Vector, Vector, int]]:
        """All k, as (first, direction, number): first, first + direction, ..., so many. A number of 0 marks a dead end.

        Kernel vectors are in echelon form: the first entry of each is left alone by those after it, so that it bounds j.
        """
        yield from _runs(self.base, self.kernel, sum(self.base))


def _runs(base: Vector, kernel: tuple[Vector, ...], total: int) -> Iterator[tuple[Vector, Vector, int]]:
    if len(kernel) <= 1:
        low, high = Compositions(base, kernel).range()
        direction = kernel[0] if kernel else (0,) * len(base)
        yield plus(base, direction, low), direction, max(0, high - low + 1)
        return
    direction = kernel[0]
    pivot = next(i for i, u in enumerate(direction) if u)
    for j in range(-(base[pivot] // direction[pivot]), (total - base[pivot]) // direction[pivot] + 1):
        yield from _runs(plus(base, direction, j), kernel[1:], total)


def compositions(steps: tuple[Vector, ...], n: int, displacement: Vector) -> Compositions | None:
    """The solutions of sum_s k_s = n, sum_s k_s s = displacement; None where there is no whole solution, of either sign."""
    size, dimension = len(steps), len(displacement)
    rows = [(1, *s, *(int(i == j) for j in range(size))) for i, s in enumerate(steps)]
    rest = [n, *displacement, *[0] * size]
    kernel = []
    for row in hermite_basis(rows):
        column = next(i for i, entry in enumerate(row) if entry)
        if column > dimension:
            kernel.append(row[dimension + 1 :])
            continue
        quotient, remainder = divmod(rest[column], row[column])
        if remainder:
            return None
        rest = [a - quotient * b for a, b in zip(rest, row, strict=True)]
    if any(rest[: dimension + 1]):
        return None
    return Compositions(tuple(-x for x in rest[dimension + 1 :]), tuple(kernel))


def _range(base: Vector, direction: Vector) -> tuple[int, int]:
    """The j with base + j direction >= 0; steps sum to n, so that the direction has entries of both signs."""
    low = max(-(k // u) for k, u in zip(base, direction, strict=True) if u > 0)
    high = min(k // -u for k, u in zip(base, direction, strict=True) if u < 0)
    if any(k < 0 for k, u in zip(base, direction, strict=True) if not u):
        return 0, -1
    return low, high
