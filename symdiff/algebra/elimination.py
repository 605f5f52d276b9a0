"""Fast internal states eliminated from a graded matrix operator (Rayleigh-Schrodinger, Chapman-Enskog).

For K = K_0 + K_1 + ..., graded from its lowest power on, with a switching matrix K_0 that differentiates nothing, find
Q = r + Q_1 + ... and K' = L + K'_1 + K'_2 + ... with

    K Q = Q K',   m Q = 1,

so that P = Q u solves the full system whenever u = m P solves the reduced one. Here K_0 r = r L, l K_0 = L l with the
principal eigenvalue L (0 where walkers are conserved), m sums the states of a density, l r = 1, m r = 1; all but m may depend
on place. Order by order, with d_n the part of grade n of (K - K_0) Q - Q (K' - L) as far as it is known,

    K'_n = l (d_n - [Q_n, L]),    Q_n = (1 - r m) S (r K'_n - d_n + [Q_n, L]),    S the group inverse of K_0 - L.

The commutator [Q_n, L] acts with fewer derivatives than Q_n, so that it is found in a few rounds. Each pair of factors is
multiplied once, and its parts are kept under the grade where they count. The last Q_n enters no K'_n: where nobody asks for
the local equilibrium beyond its leading part, it is left out.
"""

from __future__ import annotations

from dataclasses import dataclass

from symdiff.algebra.graded import INFINITE, GradedSeries, Power
from symdiff.algebra.null_space import Dense, SpectralSplit, normal, split_slow
from symdiff.algebra.operators import Matrix, OperatorAlgebra, lowest_power, part

LONG = 100  # terms of one grade beyond what is kept: each further grade has several times as many
LONG_LAYER = 5000  # terms of a local equilibrium that only what is discarded needs


@dataclass(frozen=True)
class Extent:
    """How far an elimination goes.

    A layer of K' of more than ``LONG`` terms at the grade ``named`` or beyond is the last one, and so is one whose next needs
    more than ``LONG_LAYER`` terms of the local equilibrium; with ``bare`` the last layer of the local equilibrium of a single
    density is not worked out.
    """

    named: Power = INFINITE
    bare: bool = False


WHOLE = Extent()


@dataclass(frozen=True)
class Reduction:
    """The reduced operator on the slow densities, and the local equilibrium that they carry."""

    reduced: Matrix  # m x m
    local_equilibrium: Matrix  # s x m
    split: SpectralSplit


def eliminate(
    operator: Matrix, algebra: OperatorAlgebra, split: SpectralSplit | None = None, base: Power | None = None,
    extent: Extent = WHOLE,
) -> Reduction:  # fmt: skip
    """Eliminate the part of lowest grade (or of grade ``base``), which is free of derivatives and split by ``split``."""
    base = lowest_power(operator) if base is None else base
    if split is None:
        split = split_slow(part(operator, base, algebra.ring), algebra.ring)
    size, slow = len(operator), len(split.left)
    solver = _Layer(algebra, split)
    rest = [[GradedSeries({g: c for g, c in x.terms.items() if g != base}) for x in row] for row in operator]
    layers: dict[Power, Matrix] = {0: _constant(split.right)}
    driving: dict[Power, Matrix] = {}  # (K - K_0) Q - Q (K' - L), by grade
    found: dict[Power, Matrix] = {}
    _distribute(algebra.matmul(rest, layers[0]), driving, algebra)
    grades, known_to, equilibrium_to = _grades(rest, base, algebra), algebra.order, algebra.order - base
    step = min(grades, default=0)
    bare = extent.bare and slow == 1 and not solver.varies
    for n in grades:
        grade = n + base
        push = driving.get(grade)
        if push is None:
            continue
        push = _lowest_terms(push, algebra)
        rate, layer = (solver.rate(push), None) if bare else solver.solve(push)
        if _lost(rate, algebra):
            known_to, equilibrium_to = grade, n
            break
        rate = _lowest_terms(rate, algebra)
        if _any(rate):
            found[grade] = rate
        long = grade >= extent.named and _length(rate) > LONG
        if bare and (long or n == grades[-1]):
            known_to, equilibrium_to = grade + step, n
            break
        layer = solver.layer(push, rate) if layer is None else layer
        if _lost(layer, algebra):
            known_to, equilibrium_to = grade + step, n
            break
        long = long or (grade + step >= extent.named and _length(layer) > LONG_LAYER)
        layer = [[x.shifted(-base) for x in row] for row in _lowest_terms(layer, algebra)]
        if long:
            layers[n], known_to, equilibrium_to = layer, grade + step, n + step
            break
        products = []
        if _any(rate):
            products += [_negative(algebra.matmul(known, rate)) for known in layers.values()]
        if _any(layer):
            layers[n] = layer
            products += [algebra.matmul(rest, layer)]
            products += [_negative(algebra.matmul(layer, known)) for known in found.values()]
        if any(_lost(p, algebra) for p in products):
            known_to, equilibrium_to = grade + step, n + step
            break
        for product in products:
            _distribute(product, driving, algebra)
    if split.eigenvalue:
        found[base] = [[x.shifted(base) for x in row] for row in solver.growth]
    known_to, equilibrium_to = min(known_to, algebra.order), min(equilibrium_to, algebra.order - base)
    return Reduction(_joined(found, slow, slow, known_to), _joined(layers, size, slow, equilibrium_to), split)


class _Layer:
    """One grade solved for K'_n and Q_n."""

    def __init__(self, algebra: OperatorAlgebra, split: SpectralSplit) -> None:
        self.algebra = algebra
        self.left, self.right, self.measure = (_constant(x) for x in (split.left, split.right, split.measure))
        self.inverse = _constant(split.group_inverse)
        size, slow = len(split.right), len(split.left)
        self.varies = bool(split.eigenvalue) and algebra.ring.varies(split.eigenvalue)
        self.growth = _diagonal(split.eigenvalue, slow)
        self.growth_inside = _diagonal(split.eigenvalue, size)

    def solve(self, driving: Matrix) -> tuple[Matrix, Matrix]:
        """(K'_n, Q_n) for the known part d_n; Q_n still carries the grade of d_n."""
        algebra = self.algebra
        rate = self.rate(driving)
        layer = change = self.layer(driving, rate)
        while self.varies:  # linear in d_n: what the commutator of the last change adds is all that is left
            change = _lowest_terms(change, algebra)
            commutator = algebra.add(algebra.matmul(change, self.growth),
                                     _negative(algebra.matmul(self.growth_inside, change)))  # fmt: skip
            if not _any(commutator):
                break
            moved = _lowest_terms(_negative(commutator), algebra)
            more = self.rate(moved)
            change = self.layer(moved, more)
            rate, layer = algebra.add(rate, more), algebra.add(layer, change)
        return rate, layer

    def rate(self, driving: Matrix) -> Matrix:
        """K'_n; with an eigenvalue that depends on place as far as Q_n does not matter."""
        return self.algebra.matmul(self.left, driving)

    def layer(self, driving: Matrix, rate: Matrix) -> Matrix:
        """Q_n beside a known K'_n."""
        algebra = self.algebra
        gap = algebra.add(algebra.matmul(self.right, rate), _negative(driving))
        if self.varies:
            gap = _lowest_terms(gap, algebra)
        layer = algebra.matmul(self.inverse, gap)
        excess = algebra.matmul(self.measure, layer)
        return algebra.add(layer, _negative(algebra.matmul(self.right, excess)))


def _length(matrix: Matrix) -> int:
    """How many terms a matrix has."""
    return sum(len(c) for row in matrix for x in row for c in x.terms.values())


def _lost(matrix: Matrix, algebra: OperatorAlgebra) -> bool:
    """Whether a product of a function of place and a nonlocal operator was met, which has no operator of its own."""
    return any(x.order < algebra.order for row in matrix for x in row)


def _distribute(product: Matrix, store: dict[Power, Matrix], algebra: OperatorAlgebra) -> None:
    for grade in {g for row in product for x in row for g in x.terms}:
        piece = [[GradedSeries({grade: x.terms[grade]} if grade in x.terms else {}) for x in row] for row in product]
        store[grade] = algebra.add(store[grade], piece) if grade in store else piece


def _grades(rest: Matrix, base: Power, algebra: OperatorAlgebra) -> list[Power]:
    """Every grade above zero, relative to the base, at which something can happen: sums of the grades that occur."""
    steps = {g - base for row in rest for x in row for g in x.terms}
    last = algebra.order - base
    reached: set[Power] = set()
    frontier: set[Power] = {0}
    while frontier:
        frontier = {a + b for a in frontier for b in steps if a + b < last} - reached
        reached |= frontier
    return sorted(reached)


def _lowest_terms(matrix: Matrix, algebra: OperatorAlgebra) -> Matrix:
    """Every coefficient over one denominator, which keeps the next products small."""
    return [[x.mapped(lambda c: normal(c, algebra.ring)) for x in row] for row in matrix]


def _any(matrix: Matrix) -> bool:
    return any(x.terms for row in matrix for x in row)


def _joined(parts: dict[Power, Matrix], rows: int, columns: int, order: Power) -> Matrix:
    total = [[GradedSeries({}) for _ in range(columns)] for _ in range(rows)]
    for matrix in parts.values():
        total = [[x + y for x, y in zip(p, q, strict=True)] for p, q in zip(total, matrix, strict=True)]
    return [[GradedSeries(x.terms, order) for x in row] for row in total]


def _negative(matrix: Matrix) -> Matrix:
    return [[-x for x in row] for row in matrix]


def _constant(dense: Dense) -> Matrix:
    return [[GradedSeries({0: x} if x else {}) for x in row] for row in dense]


def _diagonal(value: object, size: int) -> Matrix:
    return [[GradedSeries({0: value} if value and i == j else {}) for j in range(size)] for i in range(size)]
