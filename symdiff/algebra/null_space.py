"""Null vectors and the group inverse of a switching matrix over a differential ring, exactly.

M_ij is the rate from state j to state i; the states are grouped (a state and the moments of its continuous internal
variables), the first of each group carries the walkers. M is split at its principal eigenvalue L (0 where walkers are
conserved): right vectors r (the local equilibria), left vectors l, normalised to l r = 1, the rows m that sum the states of
each conserved density (m r = 1), and the group inverse S of M - L, with (M - L) S = S (M - L) = 1 - r l, l S = 0 = S r.
S exists where L is a semisimple eigenvalue.
"""

from __future__ import annotations

from dataclasses import dataclass
from operator import add

import sympy as sp
from sympy.polys.rings import PolyElement

from symdiff.algebra.differential_ring import DifferentialRing
from symdiff.algebra.factoring import primitive_part
from symdiff.errors import DerivationError, NotYetError

Dense = list[list[PolyElement]]
Classes = tuple[tuple[int, ...], ...]


@dataclass(frozen=True)
class SpectralSplit:
    """A switching matrix of size s with m slow densities: ``right`` s x m, ``left`` and ``measure`` m x s, the group inverse.

    ``basins``: the states that each density sums; ``split_transients``: those that lead into several closed classes.
    """

    right: Dense
    left: Dense
    measure: Dense
    group_inverse: Dense
    eigenvalue: PolyElement
    basins: Classes
    closed: Classes
    split_transients: tuple[int, ...] = ()


def split_slow(
    matrix: Dense, ring: DifferentialRing, groups: Classes | None = None, *, births: bool = False
) -> SpectralSplit:
    """The spectral split of ``matrix`` at its principal eigenvalue; ``births``: walkers may multiply, so that a class that loses
    some to others may still grow.

    Raises :class:`DerivationError` where no slow density exists, :class:`NotYetError` where the eigenvalue has no closed form.
    """
    groups = groups or tuple((i,) for i in range(len(matrix)))
    ring.likely_poles = _pairwise_eigenvalues(matrix)
    structure = _Structure(matrix, ring, groups)
    eigenvalue = ring.zero
    if not structure.conserving:
        if structure.needs_root:
            return _two_state_split(matrix, ring)
        eigenvalue = _principal(matrix, ring, structure)
    elif births and len(structure.components) > 1:
        eigenvalue = structure.growth()
    if eigenvalue or not structure.conserving:
        matrix = [[x - eigenvalue if i == j else x for j, x in enumerate(row)] for i, row in enumerate(matrix)]
        matrix = [[ring.tidy(x) for x in row] for row in matrix]
    blocks = _blocks(matrix)
    right = _null_vectors_by_block(matrix, blocks, ring)
    left = _null_vectors_by_block([list(c) for c in zip(*matrix, strict=True)], blocks, ring)
    closed, basins, torn = structure.basins(eigenvalue)
    if len(right) != len(closed) or len(left) != len(closed):
        raise _not_semisimple()
    measure = [
        [ring.one if any(j == groups[s][0] for s in basin) else ring.zero for j in range(len(matrix))]
        for basin in basins
    ]
    right = _normalised(right, measure, ring)
    left = _normalised(left, right, ring)
    if torn and len(closed) > 1:
        measure = left
        if any(ring.varies(x) for row in left for x in row):
            raise NotYetError("a transient state leads into several closed classes with chances that depend on place")
    return SpectralSplit([list(c) for c in zip(*right, strict=True)], left, measure,
                         _group_inverse(matrix, right, left, ring), eigenvalue, basins, closed, torn)  # fmt: skip


def _pairwise_eigenvalues(matrix: Dense) -> list[PolyElement]:
    """M_ii - M_ij and M_ii + M_ij: where states are alike, the eigenvalues hold such factors, and so do the minors of M."""
    found: dict[PolyElement, None] = {}
    for i, row in enumerate(matrix):
        for j, x in enumerate(row):
            for pole in (row[i] - x, row[i] + x) if i != j and x else ():
                if len(pole) > 1:
                    found[primitive_part(pole if pole.LC > 0 else -pole)] = None
    return list(found)


def _not_semisimple() -> DerivationError:
    return DerivationError("the switching has a transient chain that never settles (its slowest eigenvalue is not a simple one)",
                           instead="check for states that lead into each other without return")  # fmt: skip


class _Structure:
    """Which states lead to which, and where walkers are lost."""

    def __init__(self, matrix: Dense, ring: DifferentialRing, groups: Classes) -> None:
        self.matrix, self.ring, self.groups = matrix, ring, groups
        n = len(groups)
        heads = [g[0] for g in groups]
        self.reach = [
            [i == j or any(not ring.is_zero(matrix[heads[i]][c]) for c in groups[j]) for j in range(n)]
            for i in range(n)
        ]
        for k in range(n):
            for i in range(n):
                if self.reach[i][k]:
                    self.reach[i] = [a or b for a, b in zip(self.reach[i], self.reach[k], strict=True)]
        self.loss = [normal(_total([matrix[h][c] for h in heads], ring), ring) for c in range(len(matrix))]
        self.components = sorted(
            {tuple(i for i in range(n) if self.reach[i][j] and self.reach[j][i]) for j in range(n)}
        )
        self.final = [c for c in self.components if not any(self.reach[i][c[0]] for i in range(n) if i not in c)]
        self.lossless = [c for c in self.final if all(not self.loss[i] for s in c for i in groups[s])]
        self.longest: tuple[int, ...] | None = None  # the class that outlives all others, where that is known

    @property
    def conserving(self) -> bool:
        """Whether some class of states loses nobody."""
        return bool(self.lossless)

    def pace(self, component: tuple[int, ...]) -> PolyElement | None:
        """The rate at which a class grows by itself, what leaves it being lost; None where it has no closed form here."""
        if any(len(self.groups[s]) > 1 for s in component):
            return None
        heads = [self.groups[s][0] for s in component]
        columns = [normal(_total([self.matrix[i][j] for i in heads], self.ring), self.ring) for j in heads]
        rows = [normal(_total([self.matrix[i][j] for j in heads], self.ring), self.ring) for i in heads]
        same = next((x for x in (columns, rows) if all(self.ring.is_zero(y - x[0]) for y in x)), None)
        return None if same is None else same[0]

    def growth(self) -> PolyElement:
        """Zero where classes that lose nobody outlive the others; where walkers multiply, the rate of a class that outgrows them."""
        others = [self.pace(c) for c in self.components if c not in self.lossless]
        if all(x is not None and self.ring.to_expression(x).is_negative for x in others):
            return self.ring.zero
        fastest = self.outlives()
        if fastest is None:
            raise _which_lasts([self.ring.to_expression(x) for x in others if x is not None])
        return fastest

    def outlives(self) -> PolyElement | None:
        """The rate of the class that grows faster, or dies more slowly, than every other; None where that is not known."""
        paces = [self.pace(c) for c in self.components]
        for component, own in zip(self.components, paces, strict=True):
            if own is not None and all(
                c == component or (x is not None and self.ring.to_expression(normal(own - x, self.ring)).is_positive)
                for c, x in zip(self.components, paces, strict=True)
            ):
                self.longest = component
                return own
        return None

    @property
    def needs_root(self) -> bool:
        """Two states that lead to each other and lose walkers at different rates, without equal gains."""
        if len(self.matrix) != 2 or len(self.groups) != 2 or len(self.components) > 1:
            return False
        (a, b), (c, d) = self.matrix
        return not self.ring.is_zero(a + c - b - d) and not self.ring.is_zero(a + b - c - d)

    def basins(self, eigenvalue: PolyElement) -> tuple[Classes, Classes, tuple[int, ...]]:
        """The closed classes, the states that each density sums, and the transient states that lead into several."""
        closed = self.lossless if not eigenvalue else self.final
        if self.longest is not None:
            closed = [self.longest]
        if len(closed) == 1:
            return tuple(closed), (tuple(range(len(self.groups))),), ()
        inside = {s for c in closed for s in c}
        basins, torn = [list(c) for c in closed], []
        for s in range(len(self.groups)):
            if s not in inside:
                targets = [a for a, c in enumerate(closed) if self.reach[c[0]][s]]
                if len(targets) > 1:
                    torn.append(s)
                elif targets:
                    basins[targets[0]].append(s)
        return tuple(closed), tuple(tuple(sorted(b)) for b in basins), tuple(torn)


def _principal(matrix: Dense, ring: DifferentialRing, structure: _Structure) -> PolyElement:
    """The eigenvalue of largest real part, in closed form: equal losses, equal gains, or two states."""
    size = len(matrix)
    heads = [g[0] for g in structure.groups]
    losses = [structure.loss[h] for h in heads]
    others = [structure.loss[c] for c in range(size) if c not in heads]
    if all(ring.is_zero(x - losses[0]) for x in losses) and not any(others):
        return losses[0]
    if len(structure.components) > 1:
        slowest = structure.outlives()
        if slowest is None:
            raise _which_lasts([])
        return slowest
    gains = [normal(_total(row, ring), ring) for row in matrix]
    if all(ring.is_zero(x - gains[0]) for x in gains):
        return gains[0]
    raise NotYetError(
        f"killing that differs between {size} states: the principal eigenvalue is a root of a polynomial of degree {size}, which "
        "is not handled yet beyond two states", instead="scale the killing rates as small against the switching, with times as long: [scaling] k1 = 2, k2 = 2, x = -1, t = -2")  # fmt: skip


def _two_state_split(matrix: Dense, ring: DifferentialRing) -> SpectralSplit:
    """L = (a + d + w)/2 with w^2 = (a - d)^2 + 4 b c, b c > 0; with e = L - a: r ~ (b, e), l ~ (c, e), S = -(1 - r l)/w.

    1/e = (e + a - d)/(b c), 1/w = w/w^2 and 1/(b + e) = (b + e - w)/(b (b + d - a - c)) keep roots out of denominators.
    """
    (a, b), (c, d) = matrix
    half, inverse = ring.ring.domain(1) / 2, ring.inverse
    discriminant = normal((a - d) ** 2 + b * c * 4, ring)
    w = ring.root(discriminant, 2)
    sign = ring.to_expression(w)
    if sign.is_negative:
        w = -w
    elif not sign.is_nonnegative and not any(ring.atoms[i].kind == "root" for i in ring.used(w)):
        raise NotYetError(f"the sign of {sign} decides which of two states lasts longer; it is not known")
    e = ring.tidy((d - a + w) * half)
    per_sum = ring.tidy((b + e - w) * inverse(ring.tidy(b * (b + d - a - c))))
    per_ew = ring.tidy((e + a - d) * w * inverse(ring.tidy(b * c)) * inverse(discriminant))
    right = [[normal(b * per_sum, ring)], [normal(e * per_sum, ring)]]
    left = [[normal(c * (b + e) * per_ew, ring), normal(e * (b + e) * per_ew, ring)]]
    per_w = w * inverse(discriminant)
    group = [[normal((right[i][0] * left[0][j] - (1 if i == j else 0)) * per_w, ring) for j in (0, 1)] for i in (0, 1)]
    return SpectralSplit(
        right, left, [[ring.one, ring.one]], group, ring.tidy((a + d + w) * half), ((0, 1),), ((0, 1),)
    )


def _which_lasts(paces: list[sp.Expr]) -> NotYetError:
    what = f" (the sign of {', '.join(map(str, paces))})" if paces else ""
    return NotYetError(
        "walkers die or multiply at different rates in states that do not all lead to each other; which class lasts longest depends on "
        f"the parameters{what}", instead="scale the rates of killing and of births as small, set them to numbers, or state one model per class")  # fmt: skip


# --- linear algebra -----------------------------------------------------------------------------------------------


def _blocks(matrix: Dense) -> list[list[int]]:
    """Indices that are connected by entries, in either direction."""
    size = len(matrix)
    label = list(range(size))
    for i in range(size):
        for j in range(size):
            if matrix[i][j] and label[i] != label[j]:
                old, new = label[j], label[i]
                label = [new if x == old else x for x in label]
    return [[i for i in range(size) if label[i] == x] for x in dict.fromkeys(label)]


def _null_vectors_by_block(matrix: Dense, blocks: list[list[int]], ring: DifferentialRing) -> Dense:
    found = []
    for block in blocks:
        for vector in null_vectors([[matrix[i][j] for j in block] for i in block], ring):
            whole = [ring.zero] * len(matrix)
            for i, x in zip(block, vector, strict=True):
                whole[i] = x
            found.append(whole)
    return found


def _normalised(vectors: Dense, against: Dense, ring: DifferentialRing) -> Dense:
    """Combinations v_a of ``vectors`` with against_b . v_a = 1 for a = b, else 0."""
    pairing = [[_dot(row, vector, ring) for vector in vectors] for row in against]
    inverse = invert(pairing, ring)
    if inverse is None:
        raise _not_semisimple()
    return [[normal(_total([inverse[b][a] * vectors[b][i] for b in range(len(vectors))], ring), ring)
             for i in range(len(vectors[0]))] for a in range(len(against))]  # fmt: skip


def _group_inverse(matrix: Dense, right: Dense, left: Dense, ring: DifferentialRing) -> Dense:
    """M - r l is invertible, and its inverse acts as S on the complement and as -1 on the null space.

    It may fall into blocks where M itself does not (where r l cancels what links them); r l is added back everywhere.
    """
    size = len(matrix)
    projector = [[_total([r[i] * l_row[j] for r, l_row in zip(right, left, strict=True)], ring) for j in range(size)]
                 for i in range(size)]  # fmt: skip
    shifted = [[ring.tidy(matrix[i][j] - projector[i][j]) for j in range(size)] for i in range(size)]
    group = [list(row) for row in projector]
    for block in _blocks(shifted):
        resolved = invert([[shifted[i][j] for j in block] for i in block], ring)
        if resolved is None:
            raise _not_semisimple()
        for i, row in zip(block, resolved, strict=True):
            for j, x in zip(block, row, strict=True):
                group[i][j] = normal(x + projector[i][j], ring)
    return group


def null_vectors(matrix: Dense, ring: DifferentialRing) -> Dense:
    """A basis of the right null space, by Gauss elimination with normal forms."""
    rows = [list(row) for row in matrix]
    size = len(rows[0])
    pivots: list[int] = []
    r = 0
    for column in range(size):
        pivot = next((i for i in range(r, len(rows)) if not ring.is_zero(rows[i][column])), None)
        if pivot is None:
            continue
        rows[r], rows[pivot] = rows[pivot], rows[r]
        inverse = ring.inverse(rows[r][column])
        rows[r] = [normal(x * inverse, ring) for x in rows[r]]
        for i in range(len(rows)):
            if i != r and rows[i][column]:
                factor = rows[i][column]
                rows[i] = [normal(x - factor * y, ring) for x, y in zip(rows[i], rows[r], strict=True)]
        pivots.append(column)
        r += 1
        if r == len(rows):
            break
    basis = []
    for free in (c for c in range(size) if c not in pivots):
        vector = [ring.zero] * size
        vector[free] = ring.one
        for i, column in enumerate(pivots):
            vector[column] = normal(-rows[i][free], ring)
        basis.append(vector)
    return basis


def invert(matrix: Dense, ring: DifferentialRing) -> Dense | None:
    """The inverse, or None for a singular matrix."""
    size = len(matrix)
    rows = [[*row, *(ring.one if i == j else ring.zero for j in range(size))] for i, row in enumerate(matrix)]
    for column in range(size):
        pivot = next((i for i in range(column, size) if not ring.is_zero(rows[i][column])), None)
        if pivot is None:
            return None
        rows[column], rows[pivot] = rows[pivot], rows[column]
        inverse = ring.inverse(rows[column][column])
        rows[column] = [normal(x * inverse, ring) if x else x for x in rows[column]]
        for i in range(size):
            if i != column and rows[i][column]:
                factor = rows[i][column]
                rows[i] = [normal(x - factor * y, ring) if y else x for x, y in zip(rows[i], rows[column], strict=True)]
    return [row[size:] for row in rows]


def normal(element: PolyElement, ring: DifferentialRing) -> PolyElement:
    """An equal element in lowest terms."""
    numerator, denominator = ring.fraction(element)
    if not denominator:
        return numerator
    powers = [denominator.get(i, 0) for i in range(ring.ring.ngens)]
    return numerator.new({tuple(map(add, m, powers)): c for m, c in numerator.items()})


def _dot(a: list[PolyElement], b: list[PolyElement], ring: DifferentialRing) -> PolyElement:
    return normal(_total([x * y for x, y in zip(a, b, strict=True)], ring), ring)


def _total(parts: list[PolyElement], ring: DifferentialRing) -> PolyElement:
    result = ring.zero
    for x in parts:
        result = result + x
    return result
