"""The range of an expression where its parameters obey linear conditions too, such as ``p + q <= 1``."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from fractions import Fraction

import sympy as sp

from symdiff.model.parameter import REAL_LINE, Interval
from symdiff.model.ranges import Intervals, certain_range, sign_of_factors

MOST_VARIABLES, MOST_CONDITIONS = 4, 12  # faces are counted one by one
Vector = tuple[Fraction, ...]


def range_under(expression: sp.Expr, intervals: Intervals, conditions: Sequence[sp.Basic]) -> Interval:
    """As :func:`certain_range`, narrowed by linear conditions: the sign of each linear or quadratic factor is exact over them.

    The least value of such a polynomial over a polyhedron is found on the faces of it (of its cone, where it is
    unbounded), at vertices and where the slope along a face vanishes. Conditions that are not linear are left out.

    >>> p, q = sp.symbols("p q", real=True)
    >>> unit = Interval(Fraction(0), Fraction(1), False, False)
    >>> range_under(1 - p - q + (p - q) ** 2, {p: unit, q: unit}, [p + q <= 1]).low
    Fraction(0, 1)
    """
    span = certain_range(expression, intervals)
    linear = _linear(conditions)
    symbols = expression.free_symbols
    if not linear or sp.count_ops(expression) > 200 or not expression.is_rational_function(*symbols):
        return span
    return span.intersect(sign_of_factors(expression, intervals, lambda factor: _sign(factor, intervals, linear)))


def _linear(conditions: Sequence[sp.Basic]) -> list[tuple[sp.Expr, bool]]:
    """What is at least zero (True: exactly zero) by the conditions that are linear with rational coefficients."""
    found: list[tuple[sp.Expr, bool]] = []
    for c in conditions:
        if isinstance(c, sp.And):
            found += _linear(c.args)
        elif isinstance(c, (sp.Le, sp.Lt, sp.Ge, sp.Gt, sp.Eq)):
            gap = sp.expand(c.lhs - c.rhs if isinstance(c, (sp.Ge, sp.Gt)) else c.rhs - c.lhs)
            if gap.free_symbols and _coefficients(gap, list(gap.free_symbols), 1) is not None:
                found.append((gap, isinstance(c, sp.Eq)))
    return found


def _coefficients(e: sp.Expr, symbols: list[sp.Symbol], degree: int) -> dict[tuple[int, ...], Fraction] | None:
    """The rational coefficients of a polynomial up to a degree; None where it is no such polynomial."""
    if not symbols or not e.is_polynomial(*symbols):
        return None
    poly = sp.Poly(e, *symbols)
    if poly.total_degree() > degree or not all(c.is_Rational for c in poly.coeffs()):
        return None
    return {powers: Fraction(int(c.p), int(c.q)) for powers, c in poly.terms()}


def _sign(factor: sp.Expr, box: Intervals, conditions: list[tuple[sp.Expr, bool]]) -> Interval:
    """The sign of one factor over the polyhedron of all conditions that its symbols take part in."""
    symbols = set(factor.free_symbols)
    while more := {s for c, _ in conditions if c.free_symbols & symbols for s in c.free_symbols} - symbols:
        symbols |= more
    variables = sorted(symbols, key=str)
    form = _coefficients(factor, variables, 2)
    used = [(c, exact) for c, exact in conditions if c.free_symbols & symbols]
    if form is None or not used or len(variables) > MOST_VARIABLES:
        return REAL_LINE
    at_least, exactly = _faces(variables, box, used)
    bounded = all(box.get(s, REAL_LINE).low is not None or box.get(s, REAL_LINE).high is not None for s in variables)
    if not bounded or len(at_least) > MOST_CONDITIONS:
        return REAL_LINE
    degree = max(map(sum, form))
    values = list(_critical_values(_matrix(form, degree), degree, at_least, exactly))
    if not values:
        return REAL_LINE
    low, high = min(values), max(values)
    if low >= 0:
        return Interval(Fraction(0), None, low > 0)
    return Interval(None, Fraction(0), True, high < 0) if high <= 0 else REAL_LINE


def _faces(
    variables: list[sp.Symbol], box: Intervals, used: list[tuple[sp.Expr, bool]]
) -> tuple[list[Vector], list[Vector]]:
    """The linear forms in (w, variables) that are at least zero, and those that vanish; w makes them homogeneous."""
    size = len(variables)
    unit = [tuple(Fraction(int(i == n)) for i in range(size)) for n in range(size)]
    at_least: list[Vector] = [(Fraction(1), *(Fraction(0),) * size)]
    exactly: list[Vector] = []
    for n, s in enumerate(variables):
        span = box.get(s, REAL_LINE)
        at_least += [] if span.low is None else [(-span.low, *unit[n])]
        at_least += [] if span.high is None else [(span.high, *(-c for c in unit[n]))]
    for gap, exact in used:
        form = _coefficients(gap, variables, 1) or {}
        powers = [(0,) * size, *(tuple(map(int, u)) for u in unit)]
        (exactly if exact else at_least).append(tuple(form.get(p, Fraction(0)) for p in powers))
    return at_least, exactly


def _matrix(form: dict[tuple[int, ...], Fraction], degree: int) -> list[list[Fraction]]:
    """The symmetric matrix of a quadratic form in (w, variables); of degree one the coefficients, in the first row."""
    size = len(next(iter(form))) + 1
    matrix = [[Fraction(0)] * size for _ in range(size)]
    for powers, value in form.items():
        at = [n + 1 for n, p in enumerate(powers) for _ in range(p)]
        if degree < 2:
            matrix[0][at[0] if at else 0] += value
            continue
        i, j = [0] * (2 - len(at)) + at
        matrix[i][j] += value / 2
        matrix[j][i] += value / 2
    return matrix


def _critical_values(
    matrix: list[list[Fraction]], degree: int, at_least: list[Vector], exactly: list[Vector]
) -> Iterator[Fraction]:
    """The values where the form may be least or largest on the slice of the cone on which all that is at least zero sums to one."""
    size = len(matrix)
    slice_ = tuple(sum(column, Fraction(0)) for column in zip(*at_least, strict=True))
    for count in range(size):
        for active in itertools.combinations(at_least, count):
            rows = [(*row, Fraction(0)) for row in (*active, *exactly)] + [(*slice_, Fraction(1))]
            point = _stationary(matrix, degree, rows)
            if point is None or any(_dot(row, point) < 0 for row in at_least):
                continue
            yield _dot(matrix[0], point) if degree < 2 else _dot([_dot(row, point) for row in matrix], point)


def _stationary(matrix: list[list[Fraction]], degree: int, rows: list[Vector]) -> Vector | None:
    """The one point of a flat where the form is stationary; None where there is none, or a whole line of them.

    A line of them meets a smaller face, with the same value there.
    """
    solved = _solve(rows, len(matrix))
    if solved is None:
        return None
    start, along = solved
    if not along:
        return start
    if degree < 2:
        return None
    steep = [[_dot([_dot(row, u) for row in matrix], v) for u in along] for v in along]
    slope = [-_dot([_dot(row, start) for row in matrix], v) for v in along]
    inner = _solve([(*row, s) for row, s in zip(steep, slope, strict=True)], len(along))
    if inner is None or inner[1]:
        return None
    return tuple(
        s + sum((y * v[n] for y, v in zip(inner[0], along, strict=True)), Fraction(0)) for n, s in enumerate(start)
    )


def _solve(rows: Sequence[Sequence[Fraction]], size: int) -> tuple[Vector, list[Vector]] | None:
    """A solution of linear equations (last entry: the right side) with the directions that are free; None without one."""
    table: list[list[Fraction]] = [list(r) for r in rows]
    pivots: list[int] = []
    for column in range(size):
        at = next((n for n in range(len(pivots), len(table)) if table[n][column] != 0), None)
        if at is None:
            continue
        here = len(pivots)
        table[here], table[at] = table[at], table[here]
        table[here] = [v / table[here][column] for v in table[here]]
        for n, row in enumerate(table):
            if n != here and row[column] != 0:
                table[n] = [a - row[column] * b for a, b in zip(row, table[here], strict=True)]
        pivots.append(column)
    if any(row[-1] != 0 for row in table[len(pivots) :]):
        return None
    start = [Fraction(0)] * size
    for n, column in enumerate(pivots):
        start[column] = table[n][-1]
    along: list[Vector] = []
    for free in (c for c in range(size) if c not in pivots):
        direction = [Fraction(0)] * size
        direction[free] = Fraction(1)
        for n, column in enumerate(pivots):
            direction[column] = -table[n][free]
        along.append(tuple(direction))
    return tuple(start), along


def _dot(a: Sequence[Fraction], b: Sequence[Fraction]) -> Fraction:
    return sum((x * y for x, y in zip(a, b, strict=True)), Fraction(0))
