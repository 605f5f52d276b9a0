"""Fast internal states eliminated from a graded matrix operator (Rayleigh-Schrodinger, Chapman-Enskog).

For K = K_0 + K_1 + ..., graded from its lowest power on, with a switching matrix K_0 that differentiates nothing, find
Q = r + Q_1 + ... and K' = K'_1 + K'_2 + ... with

    K Q = Q K',   l Q = 1,

so that P = Q u solves the full system whenever u solves the reduced one. Order by order, with the group inverse S:

    K'_n = l [(K - K_0) Q]_n,      Q_n = S ( [Q K']_n - [(K - K_0) Q]_n ).

Each pair of factors is multiplied once, and its parts are kept under the grade where they count.
"""

from __future__ import annotations

from dataclasses import dataclass

from sympy.polys.rings import PolyElement

from symdiff.algebra.graded import GradedSeries, Power
from symdiff.algebra.null_space import SpectralSplit, split_zero
from symdiff.algebra.operators import Matrix, OperatorAlgebra, lowest_power, part
from symdiff.errors import NotYetError


@dataclass(frozen=True)
class Reduction:
    """The reduced operator on the slow densities, and the local equilibrium that they carry."""

    reduced: Matrix  # m x m
    local_equilibrium: Matrix  # s x m
    split: SpectralSplit


def eliminate(operator: Matrix, algebra: OperatorAlgebra) -> Reduction:
    """One elimination of the part of lowest grade, which must be free of derivatives."""
    ring, base = algebra.ring, lowest_power(operator)
    split = split_zero(part(operator, base, ring), ring)
    if any(ring.varies(x) for row in split.left for x in row):
        raise NotYetError("the conserved combination of states depends on place; this is not handled yet")
    size, slow = len(operator), len(split.left)
    left, inverse = _constant(split.left), _constant(split.group_inverse)
    rest = [[GradedSeries({g: c for g, c in x.terms.items() if g != base}) for x in row] for row in operator]
    layers: dict[Power, Matrix] = {0: _constant(split.right)}
    driving: dict[Power, Matrix] = {}  # (K - K_0) Q, by grade
    carried: dict[Power, Matrix] = {}  # Q K', by grade
    found: dict[Power, Matrix] = {}
    _distribute(algebra.matmul(rest, layers[0]), driving, algebra)
    for n in _grades(rest, base, algebra):
        grade = n + base
        push = driving.get(grade) or _zeros(size, slow)
        found[grade] = algebra.matmul(left, push)
        for layer in layers.values():
            _distribute(algebra.matmul(layer, found[grade]), carried, algebra)
        pull = carried.get(grade) or _zeros(size, slow)
        gap = algebra.add(pull, algebra.scale(push, -ring.one))
        layer = [[x.shifted(-base) for x in row] for row in algebra.matmul(inverse, gap)]
        if any(x.terms for row in layer for x in row):
            layers[n] = layer
            _distribute(algebra.matmul(rest, layer), driving, algebra)
            for known in found.values():
                _distribute(algebra.matmul(layer, known), carried, algebra)
    return Reduction(
        _joined(found, slow, slow, algebra.order), _joined(layers, size, slow, algebra.order - base), split
    )


def _distribute(product: Matrix, store: dict[Power, Matrix], algebra: OperatorAlgebra) -> None:
    grades = {g for row in product for x in row for g in x.terms}
    for grade in grades:
        piece = [[GradedSeries({grade: x.terms[grade]} if grade in x.terms else {}) for x in row] for row in product]
        store[grade] = algebra.add(store[grade], piece) if grade in store else piece


def _grades(rest: Matrix, base: Power, algebra: OperatorAlgebra) -> list[Power]:
    """Every grade, relative to the base, at which something can happen: sums of the grades that occur."""
    steps = {g - base for row in rest for x in row for g in x.terms}
    last = algebra.order - base
    reached: set[Power] = set()
    frontier: set[Power] = {0}
    while frontier:
        frontier = {a + b for a in frontier for b in steps if a + b < last} - reached
        reached |= frontier
    return sorted(reached)


def _joined(parts: dict[Power, Matrix], rows: int, columns: int, order: Power) -> Matrix:
    total = _zeros(rows, columns)
    for matrix in parts.values():
        total = [[x + y for x, y in zip(p, q, strict=True)] for p, q in zip(total, matrix, strict=True)]
    return [[GradedSeries(x.terms, order) for x in row] for row in total]


def _zeros(rows: int, columns: int) -> Matrix:
    return [[GradedSeries({}) for _ in range(columns)] for _ in range(rows)]


def _constant(dense: list[list[PolyElement]]) -> Matrix:
    return [[GradedSeries({0: x} if x else {}) for x in row] for row in dense]
