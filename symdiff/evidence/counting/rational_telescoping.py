"""The search for the proof of a recurrence as an identity of rational functions (see ``rational_check``).

The constant term in x of u/d is the generating function, L the operator of the guessed recurrence, E what it leaves; sought are an
operator Q, as simple as possible, and polynomials C_i and w_i with Q (L (u/d) - E) = sum_i theta_i (C_i / d^K + w_i log d). Source: P. Lairez, Mathematics of Computation 85 (2016), 1719.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from symdiff.evidence.counting.guessing import Coefficients, evaluate
from symdiff.evidence.counting.lattice import hermite_basis, plus
from symdiff.evidence.counting.laurent import Laurent, added, moved, product, theta
from symdiff.evidence.counting.modular import descending_primes
from symdiff.evidence.counting.modular_matrix import System, echelon, rationals
from symdiff.evidence.counting.sparse_elimination import Elimination, p_adic_solutions
from symdiff.evidence.counting.steps import Vector

MOST_POWER = (6, 6, 12)  # the largest power of z in Q that is tried, by its order
_PRIMES_TRIED = 2
_MOST_DIGITS = 400  # of a number in powers of the prime
MOST_ENTRIES = 25_000_000
Operator = tuple[tuple[int, int, int], ...]
"""(p, k, number): the sum of number z^p (z d/dz)^k."""


def entries_expected(below: Laurent, coefficients: Coefficients, order: int) -> int:
    """About the number of entries of the system, at the least: the monomials of d^K grow like the power of its dimension."""
    pole = max(max(map(len, coefficients)) - 1 + order, 1)
    axes = len(next(iter(below))) - 1
    points: int = pole ** (axes + 1) * len(below) // 2
    return axes * points**2


class RationalAnsatz:
    """The linear system for Q of order ``order`` and for C_i, w_i: C_i on the monomials of u d^(K-1) and d^K, times powers of z."""

    def __init__(
        self, above: Laurent, below: Laurent, coefficients: Coefficients, initial: Sequence[int], order: int
    ) -> None:
        self.above, self.below, self.coefficients = above, below, coefficients
        self.degree = max(map(len, coefficients)) - 1
        self.order = order
        self.pole = max(self.degree + order, 1)
        self.axes = len(next(iter(below))) - 1
        self.zero = (0,) * self.axes
        self.powers = [{(0, *self.zero): 1}]
        for _ in range(self.pole + 1):
            self.powers.append(product(self.powers[-1], below))
        self.sides = self._sides(self._left_side(initial))
        self.lattice = hermite_basis(below)
        self.classes = {self._class(x) for x in self.sides[0]}
        self.points = self._points()
        self.slopes = [product(theta(below, i + 1), self.powers[self.pole]) for i in range(self.axes)]
        self.logarithms = self._logarithms()
        self.width = len(self.points) * self.axes
        self.size = self.width + len(self.logarithms)
        self.operators = [(p, k) for k in range(order + 1) for p in range(MOST_POWER[order] + 1) if self._same_class(p)]
        keys = {plus(p, q) for p in self.points for q in below}
        keys |= {plus(p, x) for p, i in self.logarithms for x in self.slopes[i]}
        keys |= {plus(x, (p, *self.zero)) for p, k in self.operators for x in self.sides[k]}
        self.rows = {x: i for i, x in enumerate(sorted(keys))}

    @property
    def feasible(self) -> bool:
        """Whether the system is of a size that is solved in seconds."""
        return len(self.rows) * (self.size + len(self.operators)) <= MOST_ENTRIES

    def _left_side(self, initial: Sequence[int]) -> Laurent:
        """The numerator of L (u/d) - E over d^(degree + 1)."""
        derivatives, numerator = [], self.above
        slope = theta(self.below, 0)
        for k in range(self.degree + 1):
            derivatives.append(product(numerator, self.powers[self.degree - k]))
            numerator = added(product(theta(numerator, 0), self.below), product(numerator, slope), -k - 1)
        order = len(self.coefficients) - 1
        left: Laurent = {}
        moved_on = [shifted(c, -j) for j, c in enumerate(self.coefficients)]
        for k, derivative in enumerate(derivatives):
            share = {(order - j, *self.zero): c[k] for j, c in enumerate(moved_on) if k < len(c) and c[k]}
            left = added(left, product(derivative, share))
        rest: Laurent = {}
        for j, c in enumerate(self.coefficients):
            for m in range(j):
                rest = added(rest, {(order - j + m, *self.zero): evaluate(c, m - j) * initial[m]})
        return added(left, product(self.powers[self.degree + 1], rest), -1)

    def _sides(self, left: Laurent) -> list[Laurent]:
        """The numerators of (z d/dz)^k (L (u/d) - E) over d^(K+1)."""
        found, slope = [], theta(self.below, 0)
        for k in range(self.order + 1):
            found.append(product(left, self.powers[self.pole - self.degree - k]))
            left = added(product(theta(left, 0), self.below), product(left, slope), -(self.degree + 1 + k))
        return found

    def _class(self, vector: Vector) -> Vector:
        """The representative of a vector modulo the lattice of the exponents of d."""
        for row in self.lattice:
            column = next(i for i, entry in enumerate(row) if entry)
            vector = plus(vector, row, -(vector[column] // row[column]))
        return vector

    def _same_class(self, power: int) -> bool:
        return self._class((power, *self.zero)) == self._class((0, *self.zero))

    def _points(self) -> list[Vector]:
        """The exponents of the C_i: those of u d^(K-1) and of d^K with everything between in z, further by the order of L."""
        wide = {plus(p, q) for p in self.powers[self.pole - 1] for q in {*self.above, *self.below}}
        ranges: dict[Vector, tuple[int, int]] = {}
        for k, *x in wide:
            low, high = ranges.get(tuple(x), (k, k))
            ranges[tuple(x)] = (min(low, k), max(high, k))
        further = len(self.coefficients) - 1 + MOST_POWER[self.order]
        points = [(k, *x) for x, (low, high) in ranges.items() for k in range(low, high + further + 1)]
        return sorted(p for p in points if self._class(p) in self.classes)

    def _logarithms(self) -> list[tuple[Vector, int]]:
        """The monomials without x_i of the w_i, each with i."""
        places = {x[1:] for x in self.above} | {x[1:] for x in self.below} | {self.zero}
        points = [(k, *x) for x in sorted(places) for k in range(len(self.coefficients) + MOST_POWER[self.order])]
        return [(p, i) for i in range(self.axes) for p in points if not p[i + 1] and self._class(p) in self.classes]

    def system(self) -> System:
        """The columns of all C_i, of all w_i, then those of Q with the sign changed."""
        import numpy as np

        found = [
            (self.rows[plus(p, q)], u * self.axes + i, entry)
            for u, p in enumerate(self.points)
            for q, value in self.below.items()
            for i in range(self.axes)
            if (entry := value * (p[i + 1] - self.pole * q[i + 1]))
        ]
        found += [
            (self.rows[plus(p, x)], self.width + u, value)
            for u, (p, i) in enumerate(self.logarithms)
            for x, value in self.slopes[i].items()
        ]
        found += [
            (self.rows[plus(x, (j, *self.zero))], self.size + u, -value)
            for u, (j, k) in enumerate(self.operators)
            for x, value in self.sides[k].items()
        ]
        rows, columns, values = zip(*found, strict=True)
        kind = np.int64 if all(abs(v) < 2**62 for v in values) else object
        shape = (len(self.rows), self.size + len(self.operators))
        return System(np.array(rows), np.array(columns), np.array(values, kind), shape)

    def solution(self) -> RationalProof | None:
        """The proof, in integers; None where the ansatz holds none.

        Modulo a prime the first operator is found that C_i and w_i and the operators before it make up; then their numbers, in
        powers of the prime.
        """
        if not self.sides[0]:  # nothing is left to be explained
            return RationalProof(self.pole, ((*self.operators[0], 1),), ({},) * self.axes, ({},) * self.axes)
        system = self.system()
        for prime in itertools.islice(descending_primes(31), _PRIMES_TRIED):
            free, kept = self._dependent(system, prime)
            if free is None:
                return None
            solved, width = self._to_solve(system, free, kept), self.size + len(kept)
            numbers, modulus = [0] * width, 1
            digits = p_adic_solutions(solved.rows, solved.columns, solved.values, solved.shape, prime)
            for many, digit in enumerate(itertools.islice(digits, _MOST_DIGITS), 1):
                numbers = [x + modulus * d for x, d in zip(numbers, digit.tolist(), strict=True)]
                modulus *= prime
                if many & (many - 1) and many % 8:
                    continue
                found = self._lifted(numbers, modulus, [*range(self.size), *kept], free)
                if found is not None:
                    return found
        return None

    def _dependent(self, system: System, prime: int) -> tuple[int | None, list[int]]:
        """The first column of Q that those before it make up modulo a prime (None: none), and the columns of Q it needs."""
        matrix = system.modulo(prime)
        rest = Elimination(matrix[:, : self.size].copy(), prime).remainders(matrix[:, self.size :])
        pivots = echelon(rest, prime)
        free = next((c for c in range(len(self.operators)) if c not in set(pivots)), None)
        return (None, []) if free is None else (self.size + free, [self.size + c for c in pivots if c < free])

    def _to_solve(self, system: System, free: int, kept: Sequence[int]) -> System:
        """The columns of C_i and w_i, those of Q that are kept, and as right side the free one with the sign changed."""
        import numpy as np

        place = {c: self.size + i for i, c in enumerate(kept)} | {free: self.size + len(kept)}
        new = np.array([place.get(c, c if c < self.size else -1) for c in range(system.shape[1])])
        columns = new[system.columns]
        used = columns >= 0
        values = np.where(system.columns == free, -system.values, system.values)
        shape = (system.shape[0], self.size + len(kept) + 1)
        return System(system.rows[used], columns[used], values[used], shape)

    def _lifted(
        self, remainders: Sequence[int], modulus: int, places: Sequence[int], free: int
    ) -> RationalProof | None:
        numbers: dict[int, Fraction] = {free: Fraction(1)}
        values = rationals(remainders, modulus)
        if values is None:
            return None
        numbers |= {column: value for value, column in zip(values, places, strict=True) if value}
        scale = math.lcm(*(v.denominator for v in numbers.values()))
        parts: list[Laurent] = [{} for _ in range(self.axes)]
        slopes: list[Laurent] = [{} for _ in range(self.axes)]
        operator = []
        for c, value in sorted(numbers.items()):
            number = int(value * scale)
            if c < self.width:
                parts[c % self.axes][self.points[c // self.axes]] = number
            elif c < self.size:
                p, i = self.logarithms[c - self.width]
                slopes[i][p] = number
            else:
                operator.append((*self.operators[c - self.size], number))
        found = RationalProof(self.pole, tuple(operator), tuple(parts), tuple(slopes))
        return found if self._fits(found) else None

    def _fits(self, proof: RationalProof) -> bool:
        rest: Laurent = {}
        for j, k, number in proof.operator:
            rest = added(rest, moved(self.sides[k], (j, *self.zero), number))
        for i, (part, logarithm) in enumerate(zip(proof.parts, proof.logarithms, strict=True), 1):
            rest = added(rest, product(theta(part, i), self.below), -1)
            rest = added(rest, product(part, theta(self.below, i)), self.pole)
            rest = added(rest, product(logarithm, self.slopes[i - 1]), -1)
        return not rest


@dataclass(frozen=True)
class RationalProof:
    """Q (L (u/d) - E) = sum_i theta_i (C_i / d^K + w_i log d), w_i without x_i; see ``rational_check``."""

    pole: int
    operator: Operator
    parts: tuple[Laurent, ...]
    logarithms: tuple[Laurent, ...]

    def numbers(self) -> list[int]:
        """All numbers of the certificate."""
        found = [v for p in (*self.parts, *self.logarithms) for v in p.values()]
        return found + [number for _, _, number in self.operator]


def shifted(coefficients: Sequence[int], shift: int) -> list[int]:
    """The coefficients of c(x + shift)."""
    result: list[int] = []
    for c in reversed(coefficients):
        following = [0] * (len(result) + 1)
        for i, value in enumerate(result):
            following[i] += value * shift
            following[i + 1] += value
        following[0] += c
        result = following
    return result
