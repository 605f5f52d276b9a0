"""Certified recurrences for the number of walks of n steps to a site: guessed from exact terms, then proved."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache
from typing import Any

from symdiff.errors import InternalFaultError, NotYetError, UsageError
from symdiff.evidence.counting.certificate_check import certificate_holds
from symdiff.evidence.counting.guessing import Coefficients, evaluate, guess
from symdiff.evidence.counting.lattice import combine, coordinates, dot, hermite_basis, plus
from symdiff.evidence.counting.long_integers import fast_integer
from symdiff.evidence.counting.modular_matrix import solve_rational
from symdiff.evidence.counting.places import position
from symdiff.evidence.counting.reach import in_hull
from symdiff.evidence.counting.sequence_sweep import sequence_numerators
from symdiff.evidence.counting.steps import StepSet, Vector
from symdiff.evidence.counting.symmetry import Matrix, apply, dual, polytope_points, symmetries

_TERMS = (40, 80, 160)
_MOST_UNKNOWNS = {40: 24, 80: 60, 160: 130}
_LARGEST_SYSTEM = 2_500
_BLOCK = 2048
Term = tuple[Vector, int, tuple[int, ...]]
"""(m, power of n, q_m): one term of the certificate."""


@dataclass(frozen=True)
class Recurrence:
    """sum_j c_j(n) a(n+j) = 0 for all n >= 0, where a(n) counts the walks of n steps to ``site``; proved.

    ``coefficients[j]``: c_j by powers of n, integers; a(n) are numerators over ``denominator``^n. ``initial``: a(0), a(1), ...
    as far as the recurrence does not give them. ``maps``, ``scale``, ``certificate``: the proof; see ``certificate_check``.
    ``basis``: where it is not empty, ``steps`` and ``site`` are in multiples of these vectors.
    """

    steps: StepSet
    site: Vector
    coefficients: Coefficients
    initial: tuple[int, ...]
    maps: tuple[Matrix, ...]
    scale: int
    certificate: tuple[Term, ...]
    basis: tuple[Vector, ...] = ()

    @property
    def place(self) -> Vector:
        """The site in the coordinates that were asked for."""
        return combine(self.site, self.basis, len(self.basis[0])) if self.basis else self.site

    @property
    def order(self) -> int:
        return len(self.coefficients) - 1

    @property
    def degree(self) -> int:
        """The largest degree of a coefficient in n."""
        return max(len(c) for c in self.coefficients) - 1

    @property
    def stride(self) -> int:
        """The recurrence connects only terms whose numbers differ by multiples of this."""
        return math.gcd(*(self.order - j for j, c in enumerate(self.coefficients) if any(c))) or 1

    def holds(self) -> bool:
        """Whether the independent checker accepts the proof, by one expansion."""
        weights = dict(zip(self.steps.steps, self.steps.numerators, strict=True))
        return certificate_holds(weights, self.site, self.maps, self.coefficients, self.scale, self.certificate)

    def proof_size(self) -> tuple[int, int]:
        """The number of terms of the certificate, and of decimal digits in it (about)."""
        digits = sum(len(str(abs(x))) for _, _, q in self.certificate for x in q)
        return len(self.certificate), digits

    def terms(self, fast: bool = True) -> Iterator[int]:
        """a(0), a(1), ...: numerators."""
        integer = fast_integer() if fast else int
        window = [integer(v) for v in self.initial]
        yield from map(int, self.initial)
        for n in itertools.count(len(self.initial) - self.order):
            window = window[-self.order :] if self.order else []
            total = integer(0)
            for j, c in enumerate(self.coefficients[:-1]):
                if any(c):
                    total -= evaluate(c, n) * window[j]
            window.append(_divided(total, evaluate(self.coefficients[-1], n)))
            yield int(window[-1])

    def nth(self, n: int) -> int:
        """a(n), a numerator; only the terms of the same class modulo the stride are computed, and few are kept."""
        if n < len(self.initial):
            return self.initial[n]
        integer = fast_integer()
        g, order = self.stride, self.order
        known = {m: integer(v) for m, v in enumerate(self.initial) if (n - m) % g == 0}
        active = [(j, c) for j, c in enumerate(self.coefficients[:-1]) if any(c)]
        last = self.coefficients[-1]
        first = len(self.initial) + (n - len(self.initial)) % g
        if integer is not int and order % g == 0 and (n - first) // g > 4 * _BLOCK:
            first = self._leap(known, first, n)
        for target in range(first, n + 1, g):
            m = target - order
            total = integer(0)
            for j, c in active:
                total -= known[m + j] * evaluate(c, m)
            known[target] = _divided(total, evaluate(last, m))
            known.pop(target - order, None)
        return int(known[n])

    def _leap(self, known: dict[int, Any], first: int, n: int) -> int:
        """Advance the known terms by blocks of steps, each one product of matrices and one exact division; the next target.

        Binary splitting within a block: long numbers meet long numbers, which is much cheaper than many short factors.
        """
        from flint import fmpz_mat

        g, order = self.stride, self.order
        size = order // g
        inner, last = self.coefficients[:-1:g], self.coefficients[-1]

        def product(low: int, high: int) -> tuple[Any, Any]:
            if high - low == 1:
                m = first + low * g - order
                lead = evaluate(last, m)
                rows = [[lead * int(j == i + 1) for j in range(size)] for i in range(size - 1)]
                return fmpz_mat([*rows, [-evaluate(c, m) for c in inner]]), fast_integer()(lead)
            middle = (low + high) // 2
            (left, a), (right, b) = product(low, middle), product(middle, high)
            return right * left, a * b

        vector = [known[first - order + i * g] for i in range(size)]
        done = 0
        while (n - first) // g - done > _BLOCK:
            matrix, lead = product(done, done + _BLOCK)
            whole = matrix * fmpz_mat([[x] for x in vector])
            vector = [_divided(whole[i, 0], lead) for i in range(size)]
            done += _BLOCK
        known.clear()
        known.update({first + (done + i) * g - order: x for i, x in enumerate(vector)})
        return first + done * g


def recurrence(steps: StepSet, site: object = None) -> Recurrence:
    """A proved recurrence for the walks from the origin to a site, None: the origin.

    Raises :class:`UsageError` where all counts but finitely many are zero, :class:`NotYetError` where no recurrence of the
    sizes tried fits, or none of them has a proof of the form tried.
    """
    asked = position(site, steps.dimension)
    if not in_hull(steps.steps, 1, (0,) * steps.dimension):
        raise UsageError("no closed walks exist, so only finitely many numbers of steps lead to a site",
                         instead="--sequence, or --any-length for their sum")  # fmt: skip
    returning = _returning(steps)
    if returning != steps and any(asked):
        raise NotYetError("recurrences to other sites are not handled where some steps can never be taken back",
                          where="--recurrence", instead="--sequence lists the numbers themselves")  # fmt: skip
    basis = hermite_basis(returning.steps)
    there = coordinates(basis, asked)
    if there is None:
        raise UsageError(
            f"no walk leads to {asked}: it is off the lattice of the steps", instead="a site that can be reached"
        )
    if not basis:
        raise UsageError("only rests lead back to the start: their number is the weight of resting to the power n",
                         instead="-n without --recurrence")  # fmt: skip
    if len(basis) > 3:
        raise NotYetError(f"recurrences are proved on lattices of up to three dimensions, not yet of {len(basis)}",
                          where="--recurrence", instead="--sequence lists the numbers themselves")  # fmt: skip
    if all(sum(row) == 1 == max(row) and not min(row) < 0 for row in basis) and len(basis) == steps.dimension:
        return _recurrence(returning, asked)
    places = [coordinates(basis, s) for s in returning.steps]
    inner = StepSet(tuple(p for p in places if p is not None), returning.weights)
    return replace(_recurrence(inner, there), basis=basis)


def _returning(steps: StepSet) -> StepSet:
    """The steps that occur in closed walks: those whose reverse is a combination of steps with weights >= 0."""
    zero = (0,) * steps.dimension
    cone = (*steps.steps, zero)
    kept = [i for i, s in enumerate(steps.steps) if in_hull(cone, 10**6, tuple(-x for x in s))]
    if len(kept) == len(steps.steps):
        return steps
    return StepSet(tuple(steps.steps[i] for i in kept), tuple(steps.weights[i] for i in kept))


@lru_cache(maxsize=64)
def _recurrence(steps: StepSet, site: Vector) -> Recurrence:
    for terms in _TERMS:
        values, _, _ = sequence_numerators(steps, terms, site, 0, 0, False, 4 * 10**9)
        if not any(values):
            raise UsageError(f"no walk of up to {terms} steps leads to {site}", instead="a site that can be reached")
        found = guess(values, _MOST_UNKNOWNS[terms])
        proved = None if found is None else _prove(steps, site, found, values)
        if proved is not None:
            return proved
    raise NotYetError(f"no recurrence for the walks to {site} of the sizes tried has a proof", where="--recurrence",
                      instead="--sequence lists the numbers themselves")  # fmt: skip


def _prove(steps: StepSet, site: Vector, coefficients: Coefficients, values: Sequence[int]) -> Recurrence | None:
    """The recurrence with its certificate; None where the ansatz holds none."""
    maps = symmetries(steps)
    for slack in (0, 1):
        ansatz = _Ansatz(steps, site, maps, coefficients, slack)
        if ansatz.size > _LARGEST_SYSTEM:
            return None
        solution = solve_rational(ansatz.system, lambda q, a=ansatz: a.fits(q))  # type: ignore[misc]
        if solution is None:
            continue
        scale, certificate = ansatz.certificate(solution)
        found = Recurrence(steps, site, coefficients, _initial(coefficients, values), maps, scale, certificate)
        if not found.holds():
            raise InternalFaultError("the proof of a recurrence does not stand its check")
        return found
    return None


def _initial(coefficients: Coefficients, values: Sequence[int]) -> tuple[int, ...]:
    """The terms that the recurrence does not give: the first ones, and all up to the last zero of the leading coefficient."""
    order = len(coefficients) - 1
    needed = order + max(_integer_zeros(coefficients[-1]), default=-1) + 1
    if needed > len(values):
        raise NotYetError(
            f"the leading coefficient of the recurrence vanishes at n = {needed - order - 1}", where="--recurrence"
        )
    return tuple(values[:needed])


def _integer_zeros(polynomial: Sequence[int]) -> list[int]:
    """The non-negative integer zeros, from the rational factors."""
    from sympy import Dummy, Poly

    roots = Poly(list(reversed(polynomial)), Dummy("n")).ground_roots()
    return [int(r) for r in roots if r.is_Integer and r >= 0]


class _Ansatz:
    """The linear system for the certificate: vectors q_m on orbits of lattice points, polynomials in n."""

    def __init__(
        self, steps: StepSet, site: Vector, maps: tuple[Matrix, ...], coefficients: Coefficients, slack: int
    ) -> None:
        self.steps, self.maps, self.coefficients = steps, maps, coefficients
        self.powers = max(len(c) for c in coefficients) - 1 + slack  # powers of n in Q: 0 .. powers - 1
        self.powers = max(self.powers, 1)
        order = len(coefficients) - 1 + slack
        origins = {tuple(-x for x in apply(g, site)) for g in maps}
        corners = [plus(o, s, order) for o in origins for s in steps.steps] + sorted(origins)
        self.left = self._left_side(site)
        points = self._on_cosets(_hull_points(corners, maps), site)
        self.unknowns = self._orbit_vectors(points)
        self.images = [self._image(field) for field in self.unknowns]
        keys = {x for image in self.images for x in image} | {x for x, _ in self.left}
        self.rows = {x: i for i, x in enumerate(sorted(keys))}
        self.size = len(self.unknowns) * self.powers

    def _left_side(self, site: Vector) -> dict[tuple[Vector, int], int]:
        """Coefficients of sum_j c_j(n) P^(j+1) S, by exponent (one of each orbit) and power of n."""
        weights = list(zip(self.steps.steps, self.steps.numerators, strict=True))
        power: dict[Vector, int] = {}
        for g in self.maps:
            key = tuple(-x for x in apply(g, site))
            power[key] = power.get(key, 0) + 1
        found: dict[tuple[Vector, int], int] = {}
        for c in self.coefficients:
            product: dict[Vector, int] = {}
            for x, value in power.items():
                for s, w in weights:
                    key = plus(x, s)
                    product[key] = product.get(key, 0) + value * w
            power = product
            for x, value in power.items():
                if any(c) and self._first(x):
                    for k, number in enumerate(c):
                        if number:
                            found[x, k] = found.get((x, k), 0) + number * value
        return {key: value for key, value in found.items() if value}

    def _first(self, x: Vector) -> bool:
        """Whether a point is the smallest of its orbit; one equation of each orbit is enough."""
        return all(apply(g, x) >= x for g in self.maps)

    def _on_cosets(self, points: list[Vector], site: Vector) -> list[Vector]:
        """The points from which one step leads to an exponent of the left side's classes."""
        basis = hermite_basis(plus(s, self.steps.steps[0], -1) for s in self.steps.steps)
        if len(basis) < self.steps.dimension:
            return points
        classes = [
            plus(tuple(-x for x in site), self.steps.steps[0], j) for j, c in enumerate(self.coefficients) if any(c)
        ]
        return [p for p in points if any(coordinates(basis, plus(p, c, -1)) is not None for c in classes)]

    def _orbit_vectors(self, points: list[Vector]) -> list[dict[Vector, tuple[Fraction, ...]]]:
        """The invariant fields: sums over the group of (g m, g^-T e_i), those that vanish or repeat left out."""
        duals = [(g, dual(g)) for g in self.maps]
        dimension = self.steps.dimension
        found = []
        for m in points:
            if not self._first(m):
                continue
            seen = set()
            for i in range(dimension):
                field: dict[Vector, tuple[Fraction, ...]] = {}
                for g, d in duals:
                    there = apply(g, m)
                    column = tuple(row[i] for row in d)
                    field[there] = tuple(
                        a + b for a, b in zip(field.get(there, (Fraction(0),) * dimension), column, strict=True)
                    )
                field = {x: q for x, q in field.items() if any(q)}
                key = tuple(sorted(field.items()))
                if field and key not in seen:
                    seen.add(key)
                    found.append(field)
        return found

    def _image(self, field: Mapping[Vector, tuple[Fraction, ...]]) -> dict[Vector, tuple[int, int]]:
        """What a field contributes to an exponent, at its own power of n and at the next; one exponent of each orbit."""
        found: dict[Vector, tuple[int, int]] = {}
        for m, q in field.items():
            here = sum(a * b for a, b in zip(q, m, strict=True))
            for s, w in zip(self.steps.steps, self.steps.numerators, strict=True):
                x = plus(m, s)
                if self._first(x):
                    a, b = found.get(x, (0, 0))
                    found[x] = (a + int(w * here), b + int(w * sum(u * v for u, v in zip(q, s, strict=True))))
        return {x: v for x, v in found.items() if any(v)}

    def system(self, prime: int) -> Any:
        import numpy as np

        levels = max(self.powers + 1, max((k for _, k in self.left), default=0) + 1)
        matrix = np.zeros((len(self.rows) * levels, self.size + 1), np.int64)
        for u, image in enumerate(self.images):
            for x, (own, further) in image.items():
                row = self.rows[x] * levels
                for k in range(self.powers):
                    matrix[row + k, u * self.powers + k] = own % prime
                    matrix[row + k + 1, u * self.powers + k] = further % prime
        for (x, k), value in self.left.items():
            matrix[self.rows[x] * levels + k, self.size] = value % prime
        return matrix

    def fits(self, solution: Sequence[Fraction]) -> bool:
        """Whether a solution satisfies every equation, exactly."""
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
        total: dict[tuple[Vector, int], list[Fraction]] = {}
        for u, field in enumerate(self.unknowns):
            for k in range(self.powers):
                share = solution[u * self.powers + k]
                if share:
                    for m, q in field.items():
                        entry = total.setdefault((m, k), [Fraction(0)] * self.steps.dimension)
                        for i, x in enumerate(q):
                            entry[i] += share * x
        scale = math.lcm(1, *(x.denominator for q in total.values() for x in q))
        return scale, tuple((m, k, tuple(int(x * scale) for x in q)) for (m, k), q in sorted(total.items()) if any(q))


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


def _divided(total: Any, divisor: int) -> Any:
    quotient = total // divisor
    if quotient * divisor != total:
        raise InternalFaultError("a division of a proved recurrence leaves a remainder")
    return quotient
