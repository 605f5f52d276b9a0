"""How often each step is taken by the walks of n steps to one site: the whole solutions of a linear system."""

from __future__ import annotations

from dataclasses import dataclass

from symdiff.evidence.counting.lattice import hermite_basis
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
