"""Closed walks after very many steps from the bands of the matrix of one step (kagome, pyrochlore): flat, plain, and roots of plain walks.

Where det(1 - z M(x)) is a product of factors 1 - l z (a flat band), 1 - z p(x), and (1 - s z)^2 - z^2 q(x) (the bands s +- q^(1/2)), with numbers
l, s and sums p, q of plain steps, the trace of M^n has the constant term

    sum l^n + sum p_n + 2 sum_k binomial(n, 2k) s^(n-2k) q_k,    p_n and q_k the closed plain walks of so many steps;

if some symmetry of the lattice takes every state into the start, each has its share of it. p_n and q_k obey proved recurrences.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Any

from symdiff.errors import InternalFaultError, NotYetError, UsageError
from symdiff.evidence.counting.dynamic_programming import layers
from symdiff.evidence.counting.laurent import Laurent, added, factors, resolvent
from symdiff.evidence.counting.long_integers import fast_integer
from symdiff.evidence.counting.recurrence import Recurrence, recurrence_of
from symdiff.evidence.counting.recurrence_terms import advanced
from symdiff.evidence.counting.steps import StateSteps, StepSet, Vector
from symdiff.evidence.counting.symmetry import apply, symmetries

METHOD = "bands of the matrix of one step: sums of closed plain walks, by a certified recurrence"
CHECKS = ("its proof, by one expansion", "the first numbers, walk by walk")
_MOST_STATES = 6  # the determinant of more takes seconds where it has no structure
_FIRST = 6  # numbers compared walk by walk


@dataclass(frozen=True)
class Band:
    """A factor of the determinant: ``number`` l (flat), ``plain`` p (``number`` None), or both, s and q; ``many`` times."""

    many: int
    number: int | None
    plain: Recurrence | None

    def closed(self, n: int) -> Any:
        """The constant term of the n-th powers of the bands of one such factor."""
        if self.plain is None:
            assert self.number is not None
            return fast_integer()(self.number) ** n
        if self.number is None:
            return self.plain.nth(n)
        return 2 * binomial_sum(self.plain, n, self.number)


def closed_by_bands(steps: StateSteps, n: int, state: int) -> int | None:
    """The numerator of the closed walks of n steps from a state; None where the bands are not of this form, or python-flint is missing."""
    if fast_integer() is int:
        return None
    found = bands(steps, state)
    if found is None:
        return None
    total, size = sum(band.many * band.closed(n) for band in found), len(steps.states)
    if total % size:
        raise InternalFaultError("the closed walks of equivalent states do not share the trace")
    return int(total // size)


@lru_cache(maxsize=16)
def bands(steps: StateSteps, state: int) -> tuple[Band, ...] | None:
    """The bands, where all states are equivalent; None where they are not of this form."""
    if not 1 < len(steps.states) <= _MOST_STATES or steps.dimension > 3:
        return None
    column, determinant = resolvent(steps, [state])
    found, plains = [], []
    for factor, many in factors(determinant):
        band = _band(factor)
        if band is None:
            return None
        number, plain = band
        if plain is not None:
            plains.append(plain)
        found.append((many, number, plain))
    if not plains:
        return None
    diagonal = [column[i] if i == state else resolvent(steps, [i])[0][i] for i in range(len(steps.states))]
    if not _equivalent(diagonal, determinant, state, plains[0]):
        return None
    try:
        result = tuple(
            Band(many, number, plain if plain is None else _recurrence(plain)) for many, number, plain in found
        )
    except (NotYetError, UsageError):
        return None
    if any(band.number and band.plain and len(band.plain.initial) != band.plain.order for band in result):
        return None  # a leading coefficient that vanishes somewhere
    _compare_first(steps, state, result)
    return result


def _recurrence(plain: StepSet) -> Recurrence:
    zero = (0,) * plain.dimension
    return recurrence_of(plain, ((zero, Fraction(1)),), zero)


def _band(factor: Laurent) -> tuple[int | None, StepSet | None] | None:
    """(l, none), (none, p) or (s, q); None where the factor is another."""
    parts: dict[int, Laurent] = {}
    for (k, *x), value in factor.items():
        parts.setdefault(k, {})[tuple(x)] = value
    zero = (0,) * (len(next(iter(factor))) - 1)
    first = parts.get(1, {})
    if max(parts) == 1:
        plain = _plain(added({}, first, -1))
        return (-first[zero], None) if set(first) == {zero} else None if plain is None else (None, plain)
    s = -first.get(zero, 0)
    if max(parts) != 2 or set(first) - {zero} or s % 2:
        return None
    plain = _plain(added({zero: (s // 2) ** 2} if s else {}, parts[2], -1))
    return None if plain is None else (s // 2, plain)


def _plain(weights: Mapping[Vector, int]) -> StepSet | None:
    """As steps; None where a weight is negative or nothing moves."""
    if not any(any(x) for x in weights) or min(weights.values()) < 0:
        return None
    return StepSet(tuple(weights), tuple(weights.values()))


def _equivalent(diagonal: Sequence[Laurent], determinant: Laurent, state: int, plain: StepSet) -> bool:
    """Whether the closed walks of all states are as many: a map of the lattice takes one generating function into the other."""
    maps = [g for g in symmetries(plain) if _image(g, determinant) == determinant]
    return all(any(_image(g, other) == diagonal[state] for g in maps) for other in diagonal)


def _image(matrix: Any, polynomial: Laurent) -> Laurent:
    return {(x[0], *apply(matrix, x[1:])): value for x, value in polynomial.items()}


def _compare_first(steps: StateSteps, state: int, found: Sequence[Band]) -> None:
    """The first numbers walk by walk."""
    origin = ((0,) * steps.dimension, state)
    for n, layer in enumerate(layers(steps, _FIRST, {origin: 1})):
        if sum(band.many * band.closed(n) for band in found) != len(steps.states) * layer.get(origin, 0):
            raise InternalFaultError("the sum over the bands disagrees with the closed walks")


def binomial_sum(plain: Recurrence, n: int, s: int) -> Any:
    """sum_k binomial(n, 2k) s^(n-2k) q_k, q_k of a recurrence, by binary splitting: the next term and the sum are a matrix times both."""
    if not s:
        return 0 if n % 2 else plain.nth(n // 2)
    from flint import fmpz_poly

    *inner, last = [fmpz_poly(list(c)) for c in plain.coefficients]
    k, zero, size = fmpz_poly([0, 1]), fmpz_poly([]), plain.order
    ratio, under = (n - 2 * k) * (n - 2 * k - 1), (2 * k + 1) * (2 * k + 2) * s**2
    lead = under * last
    matrix = [[zero] * (size + 1) for _ in range(size + 1)]
    for i in range(size - 1):
        matrix[i][i + 1] = ratio * last
    matrix[size - 1][:size] = [-ratio * c for c in inner]
    matrix[size][0] = matrix[size][size] = lead
    integer = fast_integer()
    vector = [*(integer(s) ** n * v for v in plain.initial), integer(0)]
    return advanced(matrix, lead, vector, n // 2 + 1)[size]
