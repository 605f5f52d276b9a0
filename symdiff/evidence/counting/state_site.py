"""One end of a walk with internal states, without the whole law: two steps as one, or a power of the matrix of one step.

A walk that alternates between two kinds of sites (honeycomb, diamond) is a plain walk every second step. Any other is the
matrix A(x) of Laurent polynomials, whose n-th power is cut in two halves: only the one coefficient of their product is formed.
After very many steps sums over the bands of the matrix take its place (kagome, see ``bands``), or a certified recurrence (hcp, persistent walks).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from symdiff.errors import InternalFaultError, NotYetError, UsageError
from symdiff.evidence.counting.bands import CHECKS, METHOD, closed_by_bands
from symdiff.evidence.counting.checks import total_numerator
from symdiff.evidence.counting.decimal_text import about
from symdiff.evidence.counting.dynamic_programming import dynamic_programming_law, updates
from symdiff.evidence.counting.lattice import plus
from symdiff.evidence.counting.law import SiteCount, weight_of
from symdiff.evidence.counting.modular import PRIME, point_for
from symdiff.evidence.counting.places import full_site, position, state_position, step_number
from symdiff.evidence.counting.power_series import low_product
from symdiff.evidence.counting.reach import OFF_LATTICE, PARITY, TOO_FAR
from symdiff.evidence.counting.sequences import CERTIFIED, NEAR, PAIRS, RECURRENCE
from symdiff.evidence.counting.single_site import best_site_count
from symdiff.evidence.counting.size import CHEAP_UPDATES, DEFAULT_MAX_BYTES, require_bytes, require_number
from symdiff.evidence.counting.state_recurrence import proved
from symdiff.evidence.counting.steps import StateSteps, Vector, Weight
from symdiff.evidence.counting.two_steps import two_steps

POWER = "power of the matrix of one step, cut in two halves"
CHECK = "the halves at one point modulo 2^64 - 2^32 + 1"
_LONG = 5 * 10**7  # bytes of the powers from which on the search for a recurrence takes less time


def state_site_count(
    steps: StateSteps, n: int, start: object, end: object, *, max_bytes: int = DEFAULT_MAX_BYTES
) -> SiteCount:
    """The number of walks of n steps with internal states to one site, in one state or (where the end names none) in any.

    Raises as :func:`symdiff.evidence.counting.endpoint.site_count` does; an impossible site is answered 0, with the reason.
    """
    n = step_number(n)
    origin, first = state_position(start, steps.states, steps.dimension, "the start")
    entries = tuple(end) if isinstance(end, Sequence) and not isinstance(end, str) else (end,)
    if any(isinstance(e, str) for e in entries):
        there, last = state_position(end, steps.states, steps.dimension, "the end")
        ends, site = [last], full_site(there, last, steps.states)
    else:
        there, ends = position(end, steps.dimension, "the end"), list(range(len(steps.states)))
        site = there
    require_number(steps, n)
    displacement = plus(there, origin, -1)
    found = _alternating(steps, n, first, ends, displacement, max_bytes)
    if found is None:
        numerator, method, done = _by_recurrence(steps, n, first, ends, displacement) or _by_power(
            steps, n, first, ends, displacement, max_bytes
        )
        found = SiteCount(n, (), (), weight_of(numerator, steps, n), 1, method, done, None if numerator else
                          "no walk of so many steps ends there")  # fmt: skip
    if updates(steps, n) <= CHEAP_UPDATES:
        twin = dynamic_programming_law(steps, n, full_site(origin, first, steps.states))
        expected = sum(twin.walks(full_site(there, e, steps.states)) for e in ends)
        if expected != found.count:
            raise InternalFaultError(f"the count of {n} steps disagrees with dynamic programming")
        found = replace(found, checked_by=(*found.checked_by, "dynamic programming, this site"))
    total = weight_of(total_numerator(steps, n, first), steps, n)
    return replace(found, n=n, start=full_site(origin, first, steps.states), site=site, total=total)


def _alternating(
    steps: StateSteps, n: int, first: int, ends: Sequence[int], displacement: Vector, max_bytes: int
) -> SiteCount | None:
    """By the plain walk of every second step; None where the walk does not alternate."""
    try:
        pairs = two_steps(steps, steps.states[first])
    except NotYetError:
        return None
    if n % 2 == 0:
        if first not in ends:
            return SiteCount(n, (), (), weight_of(0, steps, n), 1, "the states alternate", (), PARITY)
        found = best_site_count(pairs, n // 2, displacement, max_bytes=max_bytes)
        return replace(found, method=PAIRS.format(found.method))
    lasts = [(step, w) for target, step, w in steps.arcs[first] if target in ends]
    parts = [best_site_count(pairs, n // 2, plus(displacement, step, -1), max_bytes=max_bytes) for step, _ in lasts]
    count: Weight = 0
    for part, (_, w) in zip(parts, lasts, strict=True):
        count += part.count * (weight_of(w, steps, 1))
    reasons = {part.why for part in parts}
    why = None if count else TOO_FAR if TOO_FAR in reasons else OFF_LATTICE if OFF_LATTICE in reasons else PARITY
    best = max(parts, key=lambda part: part.count, default=None)
    if best is None:
        return SiteCount(n, (), (), weight_of(0, steps, n), 1, "the states alternate", (), why)
    return replace(best, count=count, method=PAIRS.format(best.method), why=why)


def _by_recurrence(
    steps: StateSteps, n: int, first: int, ends: Sequence[int], displacement: Vector
) -> tuple[int, str, tuple[str, ...]] | None:
    """By a certified recurrence; None where it would not pay, or there is none."""
    if _bytes_of_power(steps, n) < _LONG or sum(map(abs, displacement)) > NEAR:
        return None
    if list(ends) == [first] and not any(displacement):
        closed = closed_by_bands(steps, n, first)
        if closed is not None:
            return closed, METHOD, CHECKS
    try:
        found = proved(steps, first, tuple(ends), displacement)
    except (NotYetError, UsageError):
        return None
    return found.nth(n), RECURRENCE.format(found.order), (CERTIFIED,)


# --- powers of the matrix ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Layout:
    """Laurent polynomials of up to ``reach`` steps in one variable: x^r at slot sum_i place_i (r_i - m low_i) / pitch_i."""

    lows: Vector
    pitches: Vector
    spans: Vector
    reach: int

    @property
    def radices(self) -> list[int]:
        return [self.reach * span + 1 for span in self.spans]

    def slot(self, step: Vector) -> int:
        """The slot of one step."""
        value = 0
        for x, low, pitch, radix in zip(step, self.lows, self.pitches, self.radices, strict=True):
            value = value * radix + (x - low) // pitch
        return value

    def digits(self, slot: int) -> list[int]:
        found = []
        for radix in reversed(self.radices):
            slot, digit = divmod(slot, radix)
            found.append(digit)
        return found[::-1]


def _layout(steps: StateSteps, reach: int) -> _Layout:
    axes = list(zip(*(t.step for t in steps.transitions), strict=True))
    lows = tuple(min(axis) for axis in axes)
    pitches = tuple(math.gcd(*(x - low for x in axis)) or 1 for axis, low in zip(axes, lows, strict=True))
    spans = tuple((max(axis) - min(axis)) // pitch for axis, pitch in zip(axes, pitches, strict=True))
    return _Layout(lows, pitches, spans, reach)


def _by_power(
    steps: StateSteps, n: int, first: int, ends: Sequence[int], displacement: Vector, max_bytes: int
) -> tuple[int, str, tuple[str, ...]]:
    """The numerator, the method, and what it was compared with."""
    layout = _layout(steps, n - n // 2)
    target = []
    for x, low, pitch, span in zip(displacement, layout.lows, layout.pitches, layout.spans, strict=True):
        digit, off = divmod(x - n * low, pitch)
        if off or not 0 <= digit <= n * span:
            return 0, POWER, ()
        target.append(digit)
    states, half = len(steps.states), n // 2
    require_bytes(f"the count of {about(n)} steps", 2 * _bytes_of_power(steps, n), max_bytes)
    make = _polynomials()
    matrix = _one_step(steps, layout, make)
    power = _power(matrix, half, make)
    _check_power(matrix, power, half)
    row = power[first]
    if n % 2:
        row = [_sum([row[k] * matrix[k][j] for k in range(states)]) for j in range(states)]
    columns = [_sum([power[k][e] for e in ends]) for k in range(states)]
    numerator = sum(_coefficient(row[k], columns[k], layout, target) for k in range(states))
    return numerator, POWER, (CHECK,)


def _bytes_of_power(steps: StateSteps, n: int) -> int:
    """About the bytes of the power of half of the steps."""
    weight = max(sum(w for _, _, w in arcs) for arcs in steps.arcs)
    slots = math.prod(_layout(steps, n - n // 2).radices)
    return len(steps.states) ** 2 * slots * ((n - n // 2) * weight.bit_length() // 8 + 16)


def _one_step(steps: StateSteps, layout: _Layout, make: Callable[[list[int]], Any]) -> list[list[Any]]:
    states = len(steps.states)
    cells: list[list[dict[int, int]]] = [[{} for _ in range(states)] for _ in range(states)]
    for source, arcs in enumerate(steps.arcs):
        for to, step, w in arcs:
            slot = layout.slot(step)
            cells[source][to][slot] = cells[source][to].get(slot, 0) + w
    return [[make([cell.get(i, 0) for i in range(max(cell, default=-1) + 1)]) for cell in line] for line in cells]


def _power(matrix: list[list[Any]], n: int, make: Callable[[list[int]], Any]) -> list[list[Any]]:
    size = range(len(matrix))
    found = [[make([1] if i == j else []) for j in size] for i in size]

    def times(a: list[list[Any]], b: list[list[Any]]) -> list[list[Any]]:
        return [[_sum([a[i][k] * b[k][j] for k in size]) for j in size] for i in size]

    for digit in f"{n:b}":
        found = times(found, found)
        if digit == "1":
            found = times(found, matrix)
    return found


def _check_power(matrix: list[list[Any]], power: list[list[Any]], n: int) -> None:
    """Every coefficient of the power enters its value at one point modulo a prime."""
    (point,) = point_for(n, 1)
    rows = [[_value(p, point) for p in line] for line in matrix]
    size = range(len(rows))
    expected = [[int(i == j) for j in size] for i in size]
    for digit in f"{n:b}":
        expected = [[sum(expected[i][k] * expected[k][j] for k in size) % PRIME for j in size] for i in size]
        if digit == "1":
            expected = [[sum(expected[i][k] * rows[k][j] for k in size) % PRIME for j in size] for i in size]
    if [[_value(p, point) for p in line] for line in power] != expected:
        raise InternalFaultError(f"the power of {n} steps disagrees with its value modulo a prime")


def _value(polynomial: Any, point: int) -> int:
    value = 0
    for coefficient in reversed(polynomial.coeffs()):
        value = (value * point + int(coefficient)) % PRIME
    return value


def _sum(terms: Sequence[Any]) -> Any:
    value = terms[0]
    for term in terms[1:]:
        value = value + term
    return value


def _coefficient(left: Any, right: Any, layout: _Layout, target: Sequence[int]) -> int:
    """One coefficient of a product."""
    a, b = [list(map(int, p.coeffs())) for p in (left, right)]
    radices, value = layout.radices, 0
    for slot, x in enumerate(a):
        if x:
            other = 0
            for t, d, radix in zip(target, layout.digits(slot), radices, strict=True):
                if not 0 <= t - d < radix:
                    break
                other = other * radix + t - d
            else:
                if other < len(b):
                    value += x * b[other]
    return value


class _Polynomial:
    """What is needed of a polynomial where python-flint is not installed."""

    def __init__(self, values: list[int]) -> None:
        self.values = values

    def __add__(self, other: _Polynomial) -> _Polynomial:
        longer, shorter = sorted((self.values, other.values), key=len, reverse=True)
        return _Polynomial([x + (shorter[i] if i < len(shorter) else 0) for i, x in enumerate(longer)])

    def __mul__(self, other: _Polynomial) -> _Polynomial:
        if not (self.values and other.values):
            return _Polynomial([])
        return _Polynomial(low_product(self.values, other.values, len(self.values) + len(other.values) - 1))

    def coeffs(self) -> list[int]:
        return self.values


def _polynomials() -> Callable[[list[int]], Any]:
    try:
        from flint import fmpz_poly
    except ImportError:
        return _Polynomial
    return fmpz_poly  # type: ignore[no-any-return]
