"""The search for the proof of a recurrence: Laurent polynomials whose divergence is what the recurrence says (see ``certificate_check``)."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from fractions import Fraction
from operator import add, mul

from symdiff.evidence.counting.guessing import Coefficients
from symdiff.evidence.counting.lattice import coordinates, dot, hermite_basis, plus
from symdiff.evidence.counting.modular_matrix import System
from symdiff.evidence.counting.steps import StepSet, Vector
from symdiff.evidence.counting.symmetry import Map, Matrix, apply, dual, polytope_points, power

Term = tuple[Vector, int, tuple[int, ...]]
"""(m, power of n, q_m): one term of the certificate."""


class Ansatz:
    """The linear system for the certificate: vectors q_m on orbits of lattice points, polynomials in n.

    ``targets``: (t, f_t) with a(n) = sum f_t [x^t] P^n.
    """

    def __init__(
        self, steps: StepSet, targets: Sequence[tuple[Vector, Fraction]], maps: tuple[Map, ...],
        coefficients: Coefficients, slack: int,
    ) -> None:  # fmt: skip
        self.steps, self.maps, self.coefficients = steps, maps, coefficients
        self.powers = max(len(c) for c in coefficients) - 1 + slack  # powers of n in Q: 0 .. powers - 1
        self.powers = max(self.powers, 1)
        order = len(coefficients) - 1 + slack
        start = self._start(targets)
        corners = [plus(o, s, order) for o in start for s in steps.steps] + sorted(start)
        self.common = math.lcm(1, *(f.denominator for f in start.values()))
        self.left = self._left_side({x: int(f * self.common) for x, f in start.items()})
        points = self._on_cosets(_hull_points(corners, tuple(g for g, _ in maps)), list(start))
        self.unknowns = self._orbit_vectors(points)
        self.images = [self._image(field) for field in self.unknowns]
        keys = {x for image in self.images for x in image} | {x for x, _ in self.left}
        self.rows = {x: i for i, x in enumerate(sorted(keys))}
        self.kept = self._without_curls(set(points))
        self.size = len(self.kept)

    def _without_curls(self, points: set[Vector]) -> list[int]:
        """The unknown numbers (u powers + k) that are sought; in the plane, without symmetries, fewer: others can be made zero.

        For every monomial R the field (P theta_2 R + (n + 1) R theta_2 P, - P theta_1 R - (n + 1) R theta_1 P) contributes nothing. Its
        first part has its highest term at R times the highest step v, a polynomial of first degree in n where v_2 is not zero; so, from
        the highest point down, the first parts of certificates are made free of n wherever such fields are inside.
        """
        numbers = [(u, k) for u in range(len(self.unknowns)) for k in range(self.powers)]
        top = max(self.steps.steps, key=lambda s: (s[-1], s))
        if len(self.maps) > 1 or self.steps.dimension != 2 or not top[1]:
            return [u * self.powers + k for u, k in numbers]
        inside = {p for p in points if all(plus(plus(p, top, -1), s) in points for s in self.steps.steps)}
        free = [any(q[0] and m in inside for m, q in field.items()) for field in self.unknowns]
        return [u * self.powers + k for u, k in numbers if not (k and free[u])]

    def _numbers(self, solution: Sequence[Fraction]) -> list[Fraction]:
        """The solution with the numbers that were not sought."""
        found = [Fraction(0)] * (len(self.unknowns) * self.powers)
        for place, value in zip(self.kept, solution, strict=True):
            found[place] = value
        return found

    def _start(self, targets: Sequence[tuple[Vector, Fraction]]) -> dict[Vector, Fraction]:
        """S: the sum of the images of sum f_t x^(-t)."""
        found: dict[Vector, Fraction] = {}
        for g, scales in self.maps:
            for t, f in targets:
                back = tuple(-x for x in t)
                key = apply(g, back)
                found[key] = found.get(key, Fraction(0)) + f * power(scales, back)
        return {x: f for x, f in found.items() if f}

    def _left_side(self, start: dict[Vector, int]) -> dict[tuple[Vector, int], int]:
        """Coefficients of sum_j c_j(n) P^(j+1) S, by exponent (one of each orbit) and power of n."""
        weights = list(zip(self.steps.steps, self.steps.numerators, strict=True))
        levels = start
        found: dict[tuple[Vector, int], int] = {}
        for c in self.coefficients:
            product: dict[Vector, int] = {}
            for x, value in levels.items():
                for s, w in weights:
                    key = tuple(map(add, x, s))
                    product[key] = product.get(key, 0) + value * w
            levels = product
            for x, value in levels.items():
                if any(c) and self._first(x):
                    for k, number in enumerate(c):
                        if number:
                            found[x, k] = found.get((x, k), 0) + number * value
        return {key: value for key, value in found.items() if value}

    def _first(self, x: Vector) -> bool:
        """Whether a point is the smallest of its orbit; one equation of each orbit is enough."""
        return len(self.maps) == 1 or all(apply(g, x) >= x for g, _ in self.maps)

    def _on_cosets(self, points: list[Vector], start: list[Vector]) -> list[Vector]:
        """The points from which one step leads to an exponent of the left side's classes."""
        first = self.steps.steps[0]
        basis = hermite_basis(plus(s, first, -1) for s in self.steps.steps)
        if len(basis) < self.steps.dimension:
            return points
        powers = [j for j, c in enumerate(self.coefficients) if any(c)]
        classes = {_residue(basis, plus(o, first, j)) for o in start for j in powers}
        return [p for p in points if _residue(basis, p) in classes]

    def _orbit_vectors(self, points: list[Vector]) -> list[dict[Vector, Vector]]:
        """The invariant fields: sums over the group of k^m (g m, g^-T e_i), those that vanish or repeat left out."""
        duals = [(g, scales, [[_plain(x) for x in row] for row in dual(g)]) for g, scales in self.maps]
        dimension = self.steps.dimension
        found = []
        for m in points:
            if not self._first(m):
                continue
            factors = [(apply(g, m), _plain(power(scales, m)), d) for g, scales, d in duals]
            seen = set()
            for i in range(dimension):
                field: dict[Vector, tuple[Fraction | int, ...]] = {}
                for there, factor, d in factors:
                    column = tuple([factor * row[i] for row in d])
                    field[there] = tuple(map(add, field[there], column)) if there in field else column
                field = {x: q for x, q in field.items() if any(q)}
                whole = math.lcm(1, *(a.denominator for q in field.values() for a in q))
                integers = {x: tuple(int(a * whole) for a in q) for x, q in field.items()}
                key = tuple(sorted(integers.items()))
                if integers and key not in seen:
                    seen.add(key)
                    found.append(integers)
        return found

    def _image(self, field: Mapping[Vector, Vector]) -> dict[Vector, tuple[int, int]]:
        """What a field contributes to an exponent, at its own power of n and at the next; one exponent of each orbit."""
        found: dict[Vector, tuple[int, int]] = {}
        weights = list(zip(self.steps.steps, self.steps.numerators, strict=True))
        for m, q in field.items():
            here = sum(map(mul, q, m))
            for s, w in weights:
                x = tuple(map(add, m, s))
                if self._first(x):
                    a, b = found.get(x, (0, 0))
                    found[x] = (a + w * here, b + w * sum(map(mul, q, s)))
        return {x: v for x, v in found.items() if any(v)}

    def system(self) -> System:
        """The equations and the right side: an equation for each exponent and power of n."""
        import numpy as np

        levels = max(self.powers + 1, max((k for _, k in self.left), default=0) + 1)
        found = [
            (self.rows[x] * levels + number % self.powers + shift, column, value)
            for column, number in enumerate(self.kept)
            for x, parts in self.images[number // self.powers].items()
            for shift, value in enumerate(parts)
            if value
        ]
        found += [(self.rows[x] * levels + k, self.size, value) for (x, k), value in self.left.items()]
        rows, columns, values = zip(*found, strict=True)
        kind = np.int64 if all(abs(v) < 2**62 for v in values) else object
        return System(
            np.array(rows), np.array(columns), np.array(values, kind), (len(self.rows) * levels, self.size + 1)
        )

    def fits(self, solution: Sequence[Fraction]) -> bool:
        """Whether a solution satisfies every equation, exactly."""
        solution = self._numbers(solution)
        scale = math.lcm(*(q.denominator for q in solution))
        rest = {key: value * scale for key, value in self.left.items()}
        for u, image in enumerate(self.images):
            for k in range(self.powers):
                q = int(solution[u * self.powers + k] * scale)
                if q:
                    for x, (own, further) in image.items():
                        rest[x, k] = rest.get((x, k), 0) - q * own
                        rest[x, k + 1] = rest.get((x, k + 1), 0) - q * further
        return not any(rest.values())

    def certificate(self, solution: Sequence[Fraction]) -> tuple[int, tuple[Term, ...]]:
        """Integers: the common denominator, and the vectors times it."""
        solution = self._numbers(solution)
        scale = math.lcm(*(q.denominator for q in solution)) * self.common
        total: dict[tuple[Vector, int], list[int]] = {}
        for u, field in enumerate(self.unknowns):
            for k in range(self.powers):
                q = solution[u * self.powers + k]
                if q:
                    share = q.numerator * (scale // (q.denominator * self.common))
                    for m, vector in field.items():
                        entry = total.setdefault((m, k), [0] * self.steps.dimension)
                        for i, x in enumerate(vector):
                            entry[i] += share * x
        common = math.gcd(scale, *(x for q in total.values() for x in q))
        terms = ((m, k, tuple(x // common for x in q)) for (m, k), q in sorted(total.items()) if any(q))
        return scale // common, tuple(terms)


def _plain(value: Fraction) -> Fraction | int:
    """The same number, an integer where it is one: integers are faster."""
    return int(value) if value.denominator == 1 else value


def _residue(basis: Sequence[Vector], vector: Vector) -> Vector:
    """The representative of a vector modulo a lattice of full rank, in Hermite normal form."""
    for row in basis:
        column = next(i for i, entry in enumerate(row) if entry)
        vector = plus(vector, row, -(vector[column] // row[column]))
    return vector


def _hull_points(corners: Sequence[Vector], maps: Sequence[Matrix]) -> list[Vector]:
    """The lattice points of the hull; in a subspace, of the bounding box as far as it lies in the hull."""
    basis = hermite_basis(plus(c, corners[0], -1) for c in corners)
    if not basis:
        return [corners[0]]
    if len(basis) == len(corners[0]):
        return polytope_points(corners, maps)
    inner = [coordinates(basis, plus(c, corners[0], -1)) for c in corners]
    found = polytope_points([c for c in inner if c is not None])
    return [plus(corners[0], tuple(dot(p, column) for column in zip(*basis, strict=True))) for p in found]
