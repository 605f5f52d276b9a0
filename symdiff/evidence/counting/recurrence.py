"""Certified recurrences for the number of walks of n steps to a site: guessed from exact terms, then proved."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache
from typing import Any

from symdiff.errors import InternalFaultError, NotYetError, UsageError
from symdiff.evidence.counting.certificate_check import certificate_holds
from symdiff.evidence.counting.guessing import Coefficients, evaluate, guess
from symdiff.evidence.counting.lattice import coordinates, hermite_basis, plus
from symdiff.evidence.counting.long_integers import fast_integer
from symdiff.evidence.counting.modular_matrix import solve_rational
from symdiff.evidence.counting.places import position
from symdiff.evidence.counting.reach import in_hull
from symdiff.evidence.counting.reflections import Targets
from symdiff.evidence.counting.reflections import targets as images_of
from symdiff.evidence.counting.sequence_sweep import sequence_numerators
from symdiff.evidence.counting.steps import StepSet, Vector
from symdiff.evidence.counting.symmetry import Map, apply, monomial_symmetries, symmetries
from symdiff.evidence.counting.telescoping import Ansatz, Term
from symdiff.evidence.counting.terrain import WalledSteps
from symdiff.evidence.counting.walled import end_place, layers, start_place

_TERMS = (40, 80, 160)
_MOST_UNKNOWNS = {40: 24, 80: 60, 160: 130}
_LARGEST_SYSTEM = 2_500
_MOST_SWEEPS = {1: 400, 2: 60, 3: 6}  # images that are not symmetric to each other, by dimension
_BLOCK = 2048
_FIRST_TERMS = 12  # compared place by place where there are walls


@dataclass(frozen=True)
class Recurrence:
    """sum_j c_j(n) a(n+j) = 0 for all n >= 0, where a(n) counts the walks of n steps to ``site``; proved.

    ``coefficients[j]``: c_j by powers of n, integers; a(n) are numerators over ``steps.denominator``^n. ``initial``: a(0), a(1), ...
    as far as the recurrence does not give them. ``maps``, ``scale``, ``certificate``: the proof; see ``certificate_check``.
    ``targets``: (t, f) with a(n) = sum f N_n(t), N_n the free walks: of one target where there are no walls, else its images.
    ``basis``: where it is not empty, ``steps`` and ``targets`` are in multiples of these vectors.
    """

    steps: StepSet
    site: Vector | None
    targets: Targets
    coefficients: Coefficients
    initial: tuple[int, ...]
    maps: tuple[Map, ...]
    scale: int
    certificate: tuple[Term, ...]
    basis: tuple[Vector, ...] = ()

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
        return certificate_holds(
            weights, dict(self.targets), self.maps, self.coefficients, self.scale, self.certificate
        )

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


def recurrence(
    steps: StepSet | WalledSteps, site: object = None, start: object = None, *, any_end: bool = False
) -> Recurrence:
    """A proved recurrence for the walks from a start to a site, None: the origin; between walls to any end with ``any_end``.

    Walls that mirror the steps (see ``reflections``) are handled. Raises :class:`UsageError` where all counts but finitely many
    are zero, :class:`NotYetError` where no recurrence of the sizes tried fits, or none of them has a proof of the form tried.
    """
    if isinstance(steps, WalledSteps):
        return _between_walls(steps, site, start, any_end)
    asked = plus(position(site, steps.dimension), position(start, steps.dimension, "the start"), -1)
    if any_end:
        raise UsageError("the number of walks to any end is the n-th power of the sum of the weights",
                         where="--recurrence", instead="--any-end without --recurrence")  # fmt: skip
    return recurrence_of(steps, ((asked, Fraction(1)),), asked)


def recurrence_of(steps: StepSet, targets: Targets, site: Vector | None) -> Recurrence:
    """A proved recurrence for a(n) = sum f N_n(t) over ``targets`` (t, f), N_n the number of free walks of n steps."""
    if not in_hull(steps.steps, 1, (0,) * steps.dimension):
        raise UsageError("no closed walks exist, so only finitely many numbers of steps lead to a site",
                         instead="--sequence, or --any-length for their sum")  # fmt: skip
    returning = _returning(steps) if not any(any(t) for t, _ in targets) else steps
    basis = hermite_basis(returning.steps)
    reached = [(there, f) for t, f in targets if (there := coordinates(basis, t)) is not None]
    if not reached:
        raise UsageError(
            f"no walk leads to {site}: it is off the lattice of the steps", instead="a site that can be reached"
        )
    if not basis:
        raise UsageError("only rests lead back to the start: their number is the weight of resting to the power n",
                         instead="-n without --recurrence")  # fmt: skip
    if len(basis) > 3:
        raise NotYetError(f"recurrences are proved on lattices of up to three dimensions, not yet of {len(basis)}",
                          where="--recurrence", instead="--sequence lists the numbers themselves")  # fmt: skip
    if all(sum(row) == 1 == max(row) and not min(row) < 0 for row in basis) and len(basis) == steps.dimension:
        return replace(_recurrence(returning, targets), site=site)
    places = [coordinates(basis, s) for s in returning.steps]
    inner = StepSet(tuple(p for p in places if p is not None), returning.weights)
    return replace(_recurrence(inner, tuple(reached)), site=site, basis=basis)


def _between_walls(walk: WalledSteps, site: object, start: object, any_end: bool) -> Recurrence:
    """The walks between walls as free walks to the images of their end; the first numbers are compared place by place."""
    first = start_place(walk, start)
    last = None if any_end else end_place(walk, site)
    if last is not None and not walk.terrain.inside(*last):
        raise UsageError(f"the end {last[0]} lies outside the domain: no walk leads there", instead="an end inside")
    steps, images = images_of(walk, first, last)
    found = recurrence_of(steps, images, None if last is None else last[0])
    for value, layer in zip(found.terms(), layers(walk, _FIRST_TERMS, {first: 1}), strict=False):
        if value != (sum(layer.values()) if last is None else layer.get(last, 0)):
            raise InternalFaultError("the images in the walls disagree with the walks between them")
    return found


def _returning(steps: StepSet) -> StepSet:
    """The steps that occur in closed walks: those whose reverse is a combination of steps with weights >= 0."""
    zero = (0,) * steps.dimension
    cone = (*steps.steps, zero)
    kept = [i for i, s in enumerate(steps.steps) if in_hull(cone, 10**6, tuple(-x for x in s))]
    if len(kept) == len(steps.steps):
        return steps
    return StepSet(tuple(steps.steps[i] for i in kept), tuple(steps.weights[i] for i in kept))


@lru_cache(maxsize=64)
def _recurrence(steps: StepSet, targets: Targets) -> Recurrence:
    for terms in _TERMS:
        values = _values(steps, targets, terms)
        if not any(values):
            raise UsageError(f"no walk of up to {terms} steps leads there", instead="a site that can be reached")
        found = guess(values, _MOST_UNKNOWNS[terms])
        proved = None if found is None else _prove(steps, targets, found, values)
        if proved is not None:
            return proved
    raise NotYetError("no recurrence of the sizes tried has a proof", where="--recurrence",
                      instead="--sequence lists the numbers themselves")  # fmt: skip


def _values(steps: StepSet, targets: Targets, terms: int) -> list[int]:
    """a(0), ..., a(terms), numerators; images that a symmetry of the steps maps into each other are counted once."""
    maps = symmetries(steps)
    firsts = [min(apply(g, t) for g in maps) for t, _ in targets]
    if len(set(firsts)) > _MOST_SWEEPS.get(steps.dimension, 1):
        raise NotYetError(f"the search would count the walks to {len(set(firsts))} different images in the walls",
                          where="--recurrence", instead="a start nearer to the walls, or --sequence")  # fmt: skip
    known: dict[Vector, list[int]] = {}
    total = [Fraction(0)] * (terms + 1)
    for first, (_, f) in zip(firsts, targets, strict=True):
        if first not in known:
            known[first] = sequence_numerators(steps, terms, first, 0, 0, False, 4 * 10**9)[0]
        total = [a + f * v for a, v in zip(total, known[first], strict=True)]
    if any(v.denominator != 1 for v in total):
        raise InternalFaultError("images in walls whose numbers of walks are no integers")
    return [int(v) for v in total]


def _prove(steps: StepSet, targets: Targets, coefficients: Coefficients, values: Sequence[int]) -> Recurrence | None:
    """The recurrence with its certificate; None where the ansatz holds none."""
    maps = monomial_symmetries(steps)
    for slack in (0, 1):
        ansatz = Ansatz(steps, targets, maps, coefficients, slack)
        if ansatz.size > _LARGEST_SYSTEM:
            return None
        solution = solve_rational(ansatz.system, lambda q, a=ansatz: a.fits(q))  # type: ignore[misc]
        if solution is None:
            continue
        scale, certificate = ansatz.certificate(solution)
        initial = _initial(coefficients, values)
        found = Recurrence(steps, None, targets, coefficients, initial, maps, scale, certificate)
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


def _divided(total: Any, divisor: int) -> Any:
    quotient = total // divisor
    if quotient * divisor != total:
        raise InternalFaultError("a division of a proved recurrence leaves a remainder")
    return quotient
