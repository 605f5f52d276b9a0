"""Stationary points of a macroscopic equation dx/dt = v(x) in closed form, with the moments that linear equations settle there.

The rates are combined like rows of a matrix whose columns are the products of coordinates; an equation that is linear in one of them
is solved for it and put into the others, a product equation for each of its factors. So no more is found than can be
written down: a system beyond that has no points here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import prod
from typing import Any

import sympy as sp
from sympy.polys.domains import QQ, ZZ
from sympy.polys.matrices import DomainMatrix
from sympy.polys.matrices.exceptions import DMNonInvertibleMatrixError
from sympy.polys.polyerrors import CoercionFailed

from symdiff.algebra.quotients import factored
from symdiff.algebra.surds import Surd
from symdiff.continuum.limit import Coefficients

LARGEST = 3  # coordinates
MOST_PARAMETERS = 6  # of several coordinates
MOST_TERMS = 40  # of one rate, beyond which nothing readable comes out
Point = dict[sp.Symbol, sp.Expr]

AT_A_ROOT = 2  # of S, delta, K and C are worked out where the coordinates of a point are square roots


@dataclass(frozen=True)
class StationaryPoint:
    """The coordinates, then S, delta, K and C at a point, by name; it is a stable one where the ``conditions`` hold."""

    values: Coefficients
    conditions: tuple[sp.Expr, ...]


def stationary_points(
    x: tuple[sp.Symbol, ...], drift: tuple[sp.Expr, ...], equations: tuple[Coefficients, ...]
) -> tuple[tuple[StationaryPoint, ...], str]:
    """The points that are stable for some values of the parameters, and why others may be missing ("" where none can be).

    ``equations`` are the rates of change of moments, each set linear in its own unknowns once those before it are known.
    """
    parameters = set().union(*(v.free_symbols for v in drift)) - set(x)
    reason = _too_large(x, drift, len(parameters))
    if reason:
        return (), reason
    found: dict[tuple[sp.Expr, ...], StationaryPoint] = {}
    missing: list[str] = []
    for point in _roots(list(drift), list(x), {}, missing):
        place = tuple(_tidy(point[c]) for c in x)
        if place in found or any(v.is_negative or v.is_real is False for v in place):
            continue
        conditions = _stability(x, drift, place)
        if conditions is None:
            continue
        roots = {
            p.base for v in place for p in v.atoms(sp.Pow) if p.exp == sp.Rational(1, 2) and not p.base.is_nonnegative
        }
        positive = tuple(sp.Ge(v, 0) for v in (*roots, *(v for v in place if v.is_nonnegative is None)))
        coordinates = tuple((c.name, v) for c, v in zip(x, place, strict=True))
        moments = _moments(dict(zip(x, place, strict=True)), equations[: _kinds(x, drift, len(parameters))])
        if moments is None:
            missing.append("the noise at a point has no stationary covariance of closed form")
            continue
        found[place] = StationaryPoint((*coordinates, *moments), (*positive, *conditions))
    if not found and not missing:
        missing.append("no point is stable, for any values of the parameters")
    return tuple(found.values()), "; ".join(dict.fromkeys(missing))


def points_at_rest(x: tuple[sp.Symbol, ...], drift: tuple[sp.Expr, ...]) -> tuple[tuple[Point, ...], str]:
    """Every point where the drift vanishes and no coordinate is negative, stable or not, and why others may be missing."""
    parameters = set().union(*(v.free_symbols for v in drift)) - set(x)
    reason = _too_large(x, drift, len(parameters))
    if reason:
        return (), reason
    found: dict[tuple[sp.Expr, ...], Point] = {}
    missing: list[str] = []
    for point in _roots(list(drift), list(x), {}, missing):
        place = tuple(_tidy(point[c]) for c in x)
        if not any(v.is_negative or v.is_real is False for v in place):
            found[place] = dict(zip(x, place, strict=True))
    return tuple(found.values()), "; ".join(dict.fromkeys(missing))


def _too_large(x: tuple[sp.Symbol, ...], drift: tuple[sp.Expr, ...], parameters: int) -> str:
    if len(x) > LARGEST:
        return f"points are looked for with up to {LARGEST} coordinates"
    if len(x) > 1 and parameters > MOST_PARAMETERS:
        return f"with several coordinates, points are looked for with up to {MOST_PARAMETERS} parameters; set some by --set"
    if not all(v.is_polynomial(*x) for v in drift):
        return "dx/dt is no polynomial, whose points are looked for"
    if any(len(sp.Add.make_args(v)) > MOST_TERMS for v in drift):
        return f"dx/dt has more than {MOST_TERMS} terms"
    return ""


def _kinds(x: tuple[sp.Symbol, ...], drift: tuple[sp.Expr, ...], parameters: int) -> int:
    """How many of S, delta, K and C are worked out: what stays readable, and is quick."""
    if len(x) == 1:
        return 4
    if len(x) == 2:
        return 4 if parameters <= 4 else 2
    linear = all(sp.Poly(v, *x).total_degree() <= 1 for v in drift)
    return 2 if parameters <= (5 if linear else 2) else 0


def _roots(equations: list[sp.Expr], unknown: list[sp.Symbol], known: Point, missing: list[str]) -> Iterator[Point]:
    """Solutions of polynomial equations, by elimination of one coordinate after the other; why some are ``missing`` is added there."""
    if not unknown:
        yield known
        return
    rows = [r for r in _reduced([sp.numer(sp.together(e)) for e in equations], unknown) if r != 0]
    if not rows:
        missing.append("points are not isolated, since a number is conserved or does not matter")
        return
    if any(not r.has(*unknown) for r in rows):
        return
    for row in sorted(rows, key=lambda r: len(sp.Add.make_args(r))):
        factors = [f for f, _ in sp.factor_list(row)[1] if f.has(*unknown)]
        solved = [_solved(f, unknown) for f in factors]
        if solved and all(s is not None for s in solved):
            for s in solved:
                assert s is not None
                symbol, values = s
                for value in values:
                    rest = [sp.expand(e.xreplace({symbol: value})) for e in equations]
                    later = [u for u in unknown if u != symbol]
                    for point in _roots(rest, later, known, missing):
                        yield {**point, symbol: value.xreplace(point)}
            return
    missing.append("the equations of further points have no solution in square roots that is found by elimination")


def _solved(factor: sp.Expr, unknown: list[sp.Symbol]) -> tuple[sp.Symbol, list[sp.Expr]] | None:
    """A coordinate and its values where the factor vanishes: linear with a known slope, or quadratic and alone."""
    present = [u for u in unknown if factor.has(u)]
    for u in present:
        if sp.degree(factor, u) == 1 and not factor.coeff(u).has(*present):
            slope, constant = sp.Poly(factor, u).all_coeffs()
            if not sp.expand(slope).has(*present):
                return u, [sp.cancel(-constant / slope)]
    if len(present) == 1 and sp.degree(factor, present[0]) == 2 and len(unknown) == 1:
        a, b, c = sp.Poly(factor, present[0]).all_coeffs()
        root = sp.sqrt(sp.factor(b**2 - 4 * a * c))
        return present[0], [(-b + root) / (2 * a), (-b - root) / (2 * a)]
    return None


def _reduced(equations: list[sp.Expr], unknown: list[sp.Symbol]) -> list[sp.Expr]:
    """The row echelon form, the products of highest degree first."""
    polynomials = [sp.Poly(e, *unknown) for e in equations if e != 0]
    if len(polynomials) < 2 or any(len(p.free_symbols_in_domain) > 12 for p in polynomials):
        return [p.as_expr() for p in polynomials]
    columns = sorted({m for p in polynomials for m in p.monoms()}, key=lambda m: (-sum(m), m))
    symbols = sorted(set().union(*(p.free_symbols_in_domain for p in polynomials)), key=str)
    field = QQ.frac_field(*symbols) if symbols else QQ
    try:
        matrix = DomainMatrix([[field.from_sympy(p.coeff_monomial(m)) for m in columns] for p in polynomials],
                              (len(polynomials), len(columns)), field)  # fmt: skip
    except ValueError:
        return [p.as_expr() for p in polynomials]
    rows, _ = matrix.rref()
    products = [sp.Mul(*(u**n for u, n in zip(unknown, m, strict=True))) for m in columns]
    return [sp.numer(sp.together(sp.Add(*(field.to_sympy(c) * m for c, m in zip(row, products, strict=True)))))
            for row in rows.to_list()]  # fmt: skip


def _stability(
    x: tuple[sp.Symbol, ...], drift: tuple[sp.Expr, ...], place: tuple[sp.Expr, ...]
) -> tuple[sp.Expr, ...] | None:
    """Routh and Hurwitz's conditions that are not certain; None where one of them fails for all values."""
    at = dict(zip(x, place, strict=True))
    matrix = sp.Matrix(len(x), len(x), lambda i, j: sp.diff(drift[i], x[j]).xreplace(at))
    coefficients = _characteristic(matrix)
    wanted = [*coefficients]
    if len(x) == 3:
        wanted[1] = coefficients[0] * coefficients[1] - coefficients[2]
    conditions = []
    for value in map(_tidy, wanted):
        if value.is_nonpositive:
            return None
        if not value.is_positive:
            conditions.append(sp.Gt(value, 0))
    return tuple(conditions)


def _characteristic(matrix: sp.Matrix) -> list[sp.Expr]:
    """The coefficients of det(z - M) below the leading one, by Faddeev and Le Verrier; SymPy's own way sorts factors by size,
    which fails for roots beside parameters."""
    found: list[sp.Expr] = []
    power = sp.eye(matrix.rows)
    for k in range(1, matrix.rows + 1):
        power = (matrix * power).applyfunc(sp.expand)
        found.append(sp.expand(-power.trace() / k))
        power = power + found[-1] * sp.eye(matrix.rows)
    return found


def _moments(at: Point, equations: tuple[Coefficients, ...]) -> Coefficients | None:
    """The moments' values, each set of equations solved after those before it; None where one has no solution."""
    try:
        return _rational_moments(at, equations)
    except (ValueError, CoercionFailed):  # a point with roots
        pass
    if found_by_surds := _moments_of_one_root(at, equations if len(at) == 1 else equations[:AT_A_ROOT]):
        return found_by_surds
    found: list[tuple[str, sp.Expr]] = []
    known: Point = dict(at)
    for group in equations:
        if len(group) > 1:
            return None
        (name, rate), unknown = group[0], sp.Symbol(group[0][0], real=True)
        rate = sp.expand(rate.xreplace(known))
        slope = sp.diff(rate, unknown)
        if slope == 0:
            return None
        known[unknown] = _tidy(-rate.xreplace({unknown: sp.Integer(0)}) / slope)
        found.append((name, known[unknown]))
    return tuple(found)


def _rational_moments(at: Point, equations: tuple[Coefficients, ...]) -> Coefficients | None:
    """As ``_moments``, in the field of the quotients of the parameters.

    Raises
    ------
    ValueError
        where the point has roots.
    """
    unknown = [sp.Symbol(name, real=True) for group in equations for name, _ in group]
    variables = [*at, *unknown]
    expressions = [*at.values(), *(rate for group in equations for _, rate in group)]
    parameters = sorted(set().union(*(e.free_symbols for e in expressions)) - set(variables), key=str)
    field = ZZ.frac_field(*parameters) if parameters else QQ
    ring = field.poly_ring(*variables).ring
    known = [field.from_sympy(v) for v in at.values()]
    found: list[tuple[str, sp.Expr]] = []
    divisors: list[Any] = []
    for group in equations:
        width = len(group)
        rows = [_linear_form(ring.from_expr(rate), known, width, field) for _, rate in group]
        matrix = DomainMatrix([row[:width] for row in rows], (width, width), field)
        right = DomainMatrix([[-row[width]] for row in rows], (width, 1), field)
        try:
            values = [row[0] for row in matrix.lu_solve(right).to_list()]
        except DMNonInvertibleMatrixError:
            return None
        known += values
        found += [(name, factored(value, field, divisors)) for (name, _), value in zip(group, values, strict=True)]
    return tuple(found)


def _root_of(values: list[sp.Expr]) -> sp.Expr | None:
    """The one square root, or product of square roots, by which all values are rational; None where they need several."""
    root = sp.S.One
    for value in values:
        for term in sp.Add.make_args(sp.expand(value)):
            part = _irrational(term)
            if root == 1:
                root = part
            if part != 1 and _irrational(part / root) != 1:
                return None
    halves = all(f.exp.is_Rational and f.exp.q == 2 for f in sp.Mul.make_args(root) if root != 1)
    return root if root != 1 and halves else None


def _irrational(term: sp.Expr) -> sp.Expr:
    """The factors of a term that are no whole powers."""
    return sp.Mul(*(f for f in sp.Mul.make_args(term) if f.is_Pow and not f.exp.is_Integer))


def _moments_of_one_root(at: Point, equations: tuple[Coefficients, ...]) -> Coefficients | None:
    """As ``_moments`` at a point with one square root, in the field that it extends; None at other points."""
    root = _root_of(list(at.values()))
    if root is None:
        return None
    q, unknown = sp.Dummy("q"), [sp.Symbol(name, real=True) for group in equations for name, _ in group]
    variables = [*at, *unknown]
    rates = [rate for group in equations for _, rate in group]
    places = [sp.Add(*(q * (term / root) if _irrational(term) != 1 else term for term in sp.Add.make_args(sp.expand(v))))
              for v in at.values()]  # fmt: skip
    parameters = sorted(set().union(*(e.free_symbols for e in (*places, root**2, *rates))) - {q, *variables}, key=str)
    field = ZZ.frac_field(*parameters) if parameters else QQ
    ring, above = field.poly_ring(*variables).ring, field.poly_ring(q).ring
    try:
        square = field.from_sympy(root**2)
        elements = iter([ring.from_expr(rate) for rate in rates])
        parts = [above.from_expr(v) for v in places]
    except (ValueError, CoercionFailed):
        return None
    if any(p.degree() > 1 for p in parts):
        return None
    known = [Surd(p.get((0,), field.zero), p.get((1,), field.zero), square) for p in parts]
    found: list[tuple[str, sp.Expr]] = []
    divisors: list[Any] = []
    for group in equations:
        rows = [_surds_of(next(elements), known, len(group), field, square) for _ in group]
        values = _solved_by_surds(rows)
        if values is None:
            return None
        known += values
        for (name, _), value in zip(group, values, strict=True):
            plain, with_root = (factored(part, field, divisors) for part in (value.a, value.b))
            found.append((name, plain + with_root * root))
    return tuple(found)


def _surds_of(rate: Any, known: list[Surd], width: int, field: Any, square: Any) -> list[Surd]:
    """The factors of the ``width`` unknowns after the known ones, then the constant with its sign turned."""
    sums = [Surd(field.zero, field.zero, square) for _ in range(width + 1)]
    for exponents, factor in rate.terms():
        term = Surd(factor, field.zero, square)
        for number, e in zip(known, exponents, strict=False):
            for _ in range(e):
                term = term * number
        ahead = exponents[len(known) :]
        place = ahead.index(1) if any(ahead) else width
        sums[place] = sums[place] + term
    sums[width] = Surd(field.zero, field.zero, square) - sums[width]
    return sums


def _solved_by_surds(rows: list[list[Surd]]) -> list[Surd] | None:
    """Gauss's elimination; None where there is no single solution."""
    rows, size = [list(row) for row in rows], len(rows)
    for n in range(size):
        pivot = next((m for m in range(n, size) if rows[m][n]), None)
        if pivot is None:
            return None
        rows[n], rows[pivot] = rows[pivot], rows[n]
        rows[n] = [entry / rows[n][n] if entry else entry for entry in rows[n]]
        for m in range(size):
            if m != n and rows[m][n]:
                factor = rows[m][n]
                rows[m] = [a - factor * b if b else a for a, b in zip(rows[m], rows[n], strict=True)]
    return [row[size] for row in rows]


def _linear_form(rate: Any, known: list[Any], width: int, field: Any) -> list[Any]:
    """The factors of the ``width`` variables after the ``known`` ones, then the constant."""
    places: list[list[tuple[Any, tuple[int, ...]]]] = [[] for _ in range(width + 1)]
    for exponents, factor in rate.terms():
        ahead = exponents[len(known) :]
        places[ahead.index(1) if any(ahead) else width].append((factor, exponents[: len(known)]))
    return [_summed(terms, known, field) for terms in places]


def _summed(terms: list[tuple[Any, tuple[int, ...]]], known: list[Any], field: Any) -> Any:
    """The sum of factors times powers of the known quotients, over one denominator that is cancelled once."""
    if field is QQ or not terms:
        return sum(
            (factor * prod(n**e for n, e in zip(known, powers, strict=True) if e) for factor, powers in terms),
            field.zero,
        )
    highest = [max(powers[k] for _, powers in terms) for k in range(len(known))]
    below = field.field.ring.one
    for factor in {f.denom for f, _ in terms}:
        below *= factor
    above = field.field.ring.zero
    for factor, powers in terms:
        term = factor.numer * below.exquo(factor.denom)
        for number, e, most in zip(known, powers, highest, strict=True):
            if e:  # a moment that is zero has no power 0 in these rings
                term *= number.numer**e
            if most > e:
                term *= number.denom ** (most - e)
        above += term
    for number, most in zip(known, highest, strict=True):
        if most:
            below *= number.denom**most
    return field.field.new(above, below)


def _tidy(value: sp.Expr) -> sp.Expr:
    return (
        sp.factor(value)
        if value.is_rational_function() and not value.atoms(sp.Pow) - _whole(value)
        else sp.factor(sp.radsimp(value))
    )


def _whole(value: sp.Expr) -> set[sp.Expr]:
    return {p for p in value.atoms(sp.Pow) if p.exp.is_Integer}
