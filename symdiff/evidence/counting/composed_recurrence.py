"""Proved recurrences for walks with states that depend on place through one plain walk (hcp: the triangular lattice).

Where the generating function is the constant term of a fraction that contains x only through the symbol p(x) of a plain walk with a
proved recurrence, and through v + 1/v of one further coordinate, v is summed in closed form: a square root. What remains is a
function of z and p, and the recurrence of the constant terms of p^m takes the place of the derivatives in x; see ``composed_check``.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from symdiff.errors import NotYetError, UsageError
from symdiff.evidence.counting.composed_check import composed_certificate_holds
from symdiff.evidence.counting.guessing import Coefficients, evaluate
from symdiff.evidence.counting.laurent import Laurent, added, moved, product, theta
from symdiff.evidence.counting.modular_matrix import System, solve_rational
from symdiff.evidence.counting.recurrence import Recurrence, recurrence_of
from symdiff.evidence.counting.steps import StepSet, Vector

_MOST_ENTRIES = 4_000_000
_WIDER = (0, 1, 2)  # by how many poles the certificate is tried further


@dataclass(frozen=True, eq=False)
class Composition:
    """u = U(z, p), d = A(z, p) - B(z, p) (v + 1/v), p the sum of ``plain``; v of ``axis`` (None: no v); ``root``: (w, q)."""

    plain: StepSet
    axis: int | None
    upper: Laurent
    lower: tuple[Laurent, Laurent]
    root: tuple[Laurent, Laurent]


@dataclass(frozen=True, eq=False)
class ComposedProof:
    """number Q L (w q^-e) = sum_j p^j k_j(theta_p) (C q^(-e-K)), k_j of ``inner``, Q the product of theta - m over ``removed``."""

    composition: Composition
    inner: Recurrence
    below: int
    removed: tuple[int, ...]
    pole: int
    number: int
    certificate: Laurent

    def holds(
        self,
        arcs: Sequence[Sequence[tuple[int, Vector, int]]],
        start: int,
        ends: Sequence[int],
        displacement: Vector,
        coefficients: Coefficients,
        column: Sequence[Laurent],
        determinant: Laurent,
        fraction: tuple[Laurent, Laurent],
    ) -> bool:
        """Whether the independent checker accepts the proof."""
        form, inner = self.composition, self.inner
        plain = (inner.maps, inner.coefficients, inner.scale, inner.certificate)
        return composed_certificate_holds(
            arcs, start, ends, displacement, coefficients, column, determinant, fraction,
            dict(zip(form.plain.steps, form.plain.numerators, strict=True)), form.axis, form.upper, form.lower, form.root,
            plain, self.below, self.removed, self.pole, self.number, self.certificate,
        )  # fmt: skip

    def numbers(self) -> list[int]:
        """Those of the certificate and of that of the plain walk."""
        return [*self.certificate.values(), *(x for _, _, q in self.inner.certificate for x in q)]


def composed_proof(
    fraction: tuple[Laurent, Laurent], coefficients: Coefficients, values: Sequence[int]
) -> ComposedProof | None:
    """The proof of a guessed recurrence; None where the fraction is not of this form, or the ansatz holds none."""
    for form in _compositions(*fraction):
        inner = _inner(form.plain)
        if inner is None:
            continue
        order = len(coefficients) - 1
        left_over: dict[int, int] = {}
        for j, c in enumerate(coefficients):
            for m in range(j):
                left_over[order - j + m] = left_over.get(order - j + m, 0) + evaluate(c, m - j) * values[m]
        removed = tuple(sorted(m for m, value in left_over.items() if value))
        for wider in _WIDER:
            found = _Ansatz(form, inner, coefficients, removed, wider).proof()
            if found is not None:
                return found
    return None


def composed_values(fraction: tuple[Laurent, Laurent], first: Sequence[int], terms: int) -> list[int] | None:
    """a(0), ..., a(terms) from the closed plain walks, in agreement with the first ones, which are given; None where there is no such form."""
    for form in _compositions(*fraction):
        inner = _inner(form.plain)
        if inner is None or form.root[1][0, 0] != 1:
            continue
        series = _series(form, terms)
        if series is None:
            continue
        closed = list(itertools.islice(inner.terms(), 1 + max((max(p, default=0) for p in series), default=0)))
        found = [sum(value * closed[m] for m, value in p.items()) for p in series]
        for sign in (1, -1):
            if [sign * v for v in found[: len(first)]] == list(first):
                return [sign * v for v in found]
    return None


def _series(form: Composition, terms: int) -> list[dict[int, int]] | None:
    """w q^-e by powers of z, each a polynomial in p: 2 q theta g = -2 e theta(q) g for g = q^-e, q one at z = 0."""
    (w, q), halves = form.root, 1 if form.axis is not None else 2
    powers: list[dict[int, int]] = [{0: 1}]
    for n in range(1, terms + 1):
        total: dict[int, int] = {}
        for (i, m), value in q.items():
            if 0 < i <= n:
                for k, other in powers[n - i].items():
                    total[k + m] = total.get(k + m, 0) - value * (2 * (n - i) + halves * i) * other
        if any(v % (2 * n) for v in total.values()):
            return None  # the root has no integer coefficients
        powers.append({k: v // (2 * n) for k, v in total.items() if v})
    found: list[dict[int, int]] = [{} for _ in powers]
    for (i, m), value in w.items():
        for n in range(i, terms + 1):
            for k, other in powers[n - i].items():
                found[n][k + m] = found[n].get(k + m, 0) + value * other
    return found


def _inner(plain: StepSet) -> Recurrence | None:
    """The proved recurrence of the closed plain walks, in the coordinates as they are; None where there is none."""
    zero = (0,) * plain.dimension
    try:
        found = recurrence_of(plain, ((zero, Fraction(1)),), zero)
    except (NotYetError, UsageError):
        return None
    return None if found.basis or found.steps != plain else found


# --- the form of the fraction --------------------------------------------------------------------------------------


def _compositions(above: Laurent, below: Laurent) -> Iterator[Composition]:
    """The ways in which u and d contain one plain walk and at most one further coordinate."""
    dimension = len(next(iter(below))) - 1
    for axis in (None, *range(dimension)) if dimension > 1 else (None,):
        parts = [_by_powers(p, axis) for p in (above, below)]
        if any(v for _, v in parts[0]) or any(abs(v) > 1 for _, v in parts[1]):
            continue
        if any(parts[1].get((k, -v)) != p for (k, v), p in parts[1].items()):
            continue
        symbol = _symbol([*parts[0].values(), *parts[1].values()])
        if symbol is None:
            continue
        upper = _in_powers({k: p for (k, _), p in parts[0].items()}, symbol)
        first = _in_powers({k: p for (k, v), p in parts[1].items() if not v}, symbol)
        second = _in_powers({k: added({}, p, -1) for (k, v), p in parts[1].items() if v == 1}, symbol)
        if upper is None or first is None or second is None or (axis is not None) != bool(second):
            continue
        root = _root(upper, first, second)
        if {x for x in root[1] if not x[0]} == {(0, 0)} == {x for x in first if not x[0]}:
            plain = StepSet(tuple(symbol), tuple(symbol.values()))
            yield Composition(plain, axis, upper, (first, second), root)


def _by_powers(polynomial: Laurent, axis: int | None) -> dict[tuple[int, int], Laurent]:
    """The coefficients of z^k v^m: polynomials in the other coordinates."""
    found: dict[tuple[int, int], Laurent] = {}
    for (k, *x), value in polynomial.items():
        power = 0 if axis is None else x.pop(axis)
        found.setdefault((k, power), {})[tuple(x)] = value
    return found


def _symbol(parts: Sequence[Laurent]) -> Laurent | None:
    """The shortest polynomial among them but for a number and a factor; None where its weights are of both signs."""
    shortest = min((p for p in parts if any(any(x) for x in p)), key=len, default=None)
    if shortest is None:
        return None
    found = {x: value for x, value in shortest.items() if any(x)}
    common = math.gcd(*found.values()) * (1 if max(found.values()) > 0 else -1)
    found = {x: value // common for x, value in sorted(found.items())}
    return found if min(found.values()) > 0 and max(found) > (0,) * len(next(iter(found))) else None


def _in_powers(parts: Mapping[int, Laurent], symbol: Laurent) -> Laurent | None:
    """sum_k z^k parts[k] as a polynomial in z and p; None where it is none."""
    top = max(symbol)
    found: Laurent = {}
    powers: list[Laurent] = [{(0,) * len(top): 1}]
    for k, part in parts.items():
        rest = dict(part)
        while rest:
            corner = max(rest)
            m = next((x // t for x, t in zip(corner, top, strict=True) if t), 0)
            if m < 0 or any(x != m * t for x, t in zip(corner, top, strict=True)) or rest[corner] % symbol[top] ** m:
                return None
            while len(powers) <= m:
                powers.append(product(powers[-1], symbol))
            number = rest[corner] // symbol[top] ** m
            found[k, m] = number
            rest = added(rest, powers[m], -number)
    return found


def _root(upper: Laurent, first: Laurent, second: Laurent) -> tuple[Laurent, Laurent]:
    """(w, q) with f = w / q, without v; else U^2 q = w^2 (A^2 - 4 B^2), q without square factors where w stays a polynomial."""
    if not second:
        return upper, first
    from sympy import ZZ, Poly, symbols

    square = added(product(first, first), product(second, second), -4)
    names = symbols("z p")
    number, factors = Poly(square, *names, domain=ZZ).sqf_list()
    once, twice = Poly(number, *names, domain=ZZ), Poly(1, *names, domain=ZZ)
    for factor, many in factors:
        once, twice = once * factor ** (many % 2), twice * factor ** (many // 2)
    quotient, rest = Poly(upper, *names, domain=ZZ).div(twice)
    if not rest.is_zero:
        return upper, square
    w, q = ({tuple(map(int, x)): int(v) for x, v in p.as_dict().items()} for p in (quotient, once))
    return w, q


# --- the linear system ---------------------------------------------------------------------------------------------


class _Ansatz:
    """The linear system for C on a box of powers of z and p."""

    def __init__(
        self, form: Composition, inner: Recurrence, coefficients: Coefficients, removed: tuple[int, ...], wider: int
    ) -> None:
        self.form, self.inner, self.removed = form, inner, removed
        self.w, self.q = form.root
        self.halves = 2 if form.axis is None else 1
        poles = max(map(len, coefficients)) - 1 + len(removed)
        self.pole = max(poles - inner.degree, 0) + wider
        self.below = _below(inner)
        left = product(self._left(coefficients), self._power(self.pole + inner.degree - poles))
        self.number = 2**inner.degree
        self.left = {x: v * self.number for x, v in left.items()}
        self.scale = 2**poles
        high = [max((x[i] for x in self.left), default=0) for i in (0, 1)]
        columns = {p: self._column(p) for p in range(-self.below, high[1] + 1)}
        self.points = [(k, p) for p in columns for k in range(high[0] + 1)]
        self.images = [moved(columns[p], (k, 0)) for k, p in self.points]

    def _power(self, n: int) -> Laurent:
        found: Laurent = {(0, 0): 1}
        for _ in range(n):
            found = product(found, self.q)
        return found

    def _slope(self, a: Laurent, halves: int, i: int) -> Laurent:
        """2 theta_i (a q^(-halves/2)) q^(halves/2 + 1)."""
        twice = added({}, product(theta(a, i), self.q), 2)
        return added(twice, product(a, theta(self.q, i)), -halves)

    def _left(self, coefficients: Coefficients) -> Laurent:
        """The numerator of 2^poles Q L (w q^-e) over q^(e + poles), by the derivatives of w q^-e."""
        order, degree = len(coefficients) - 1, max(map(len, coefficients)) - 1
        found: Laurent = {}
        derivative = self.w
        for k in range(degree + 1):
            share: Laurent = {}
            for j, c in enumerate(coefficients):
                number = sum(c[m] * math.comb(m, k) * (-j) ** (m - k) for m in range(k, len(c)))
                share = added(share, {(order - j, 0): number * 2 ** (degree - k)}) if number else share
            found = added(found, product(product(derivative, share), self._power(degree - k)))
            derivative = self._slope(derivative, self.halves + 2 * k, 0)
        for i, m in enumerate(self.removed, degree):
            found = added(self._slope(found, self.halves + 2 * i, 0), product(found, self.q), -2 * m)
        return found

    def _column(self, p: int) -> Laurent:
        """The image of p^p, times 2^degree."""
        degree = self.inner.degree
        found: Laurent = {}
        slope: Laurent = {(0, p): 1}
        for i in range(degree + 1):
            share: Laurent = {
                (0, j): c[i] * 2 ** (degree - i) for j, c in enumerate(self.inner.coefficients) if i < len(c)
            }
            found = added(found, product(product(slope, share), self._power(degree - i)))
            slope = self._slope(slope, self.halves + 2 * (self.pole + i), 1)
        return found

    def proof(self) -> ComposedProof | None:
        """The proof, in integers; None where the system has no solution, or is too large."""
        import numpy as np

        keys = sorted(set(self.left).union(*self.images))
        rows = {x: i for i, x in enumerate(keys)}
        shape = (len(keys), len(self.points) + 1)
        if math.prod(shape) > _MOST_ENTRIES:
            return None
        entries = [(rows[x], c, v) for c, image in enumerate([*self.images, self.left]) for x, v in image.items()]
        if not entries:
            return None
        places, columns, values = zip(*entries, strict=True)
        kind = np.int64 if all(abs(v) < 2**62 for v in values) else object
        system = System(np.array(places), np.array(columns), np.array(values, kind), shape)
        solution = solve_rational(system, self._fits)
        if solution is None:
            return None
        found = [v / self.scale for v in solution]  # the operators of both sides are doubled
        number = math.lcm(*(v.denominator for v in found))
        certificate: Laurent = {x: int(v * number) for x, v in zip(self.points, found, strict=True) if v}
        return ComposedProof(self.form, self.inner, self.below, self.removed, self.pole, number, certificate)

    def _fits(self, solution: Sequence[Fraction]) -> bool:
        scale = math.lcm(*(v.denominator for v in solution))
        rest = added({}, self.left, -scale)
        for value, image in zip(solution, self.images, strict=True):
            if value:
                rest = added(rest, image, int(value * scale))
        return not rest


def _below(inner: Recurrence) -> int:
    """How far below zero the recurrence holds with zeros there."""
    for m in range(-1, -inner.order - 1, -1):
        if sum(evaluate(c, m) * inner.nth(m + j) for j, c in enumerate(inner.coefficients) if m + j >= 0):
            return -m - 1
    return inner.order
