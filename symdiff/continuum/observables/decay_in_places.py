"""The slowest rate between two walls where drift and diffusion depend on place, in numbers: D u'' + v u' - k u = -lambda u.

The backward equation at Chebyshev's points, with u = 0 at a wall that absorbs, u_n = 0 at one that reflects, D u_n = kappa u at one that
absorbs in part; the least eigenvalue by inverse iteration, on two grids that agree. Between two reflecting walls w = u' obeys
(D w' + v w)' = -lambda w with w = 0 at both, which leaves the stationary mode out.
Source: L. N. Trefethen, Spectral Methods in MATLAB (2000), chs. 6 and 9.
"""

from __future__ import annotations

import mpmath
import sympy as sp

from symdiff.continuum.limit import ContinuumLimit
from symdiff.continuum.observables.exit_modes import kappa_at
from symdiff.continuum.observables.result import Found
from symdiff.continuum.observables.walls import Interval, Wall
from symdiff.errors import NotYetError

DIGITS = 40
GRIDS = (24, 36, 54, 72)
AGREED, FEWEST = 17, 8  # digits that two grids share
ROUNDS = 200  # of inverse iteration
NUMBERS = NotYetError(
    "the slowest rate between these walls is the least eigenvalue of an equation whose coefficients depend on place",
    instead="put numbers in with --set",
)


def slowest_in_places(
    limit: ContinuumLimit | None, interval: Interval, x: sp.Symbol, v: sp.Expr, spread: sp.Expr, death: sp.Expr
) -> Found:
    """The least rate in 16 digits; raises :class:`NotYetError` where symbols are left, or where the diffusion vanishes."""
    low, high = interval.low, interval.high
    assert low is not None
    assert high is not None
    ends = (low.place, high.place)
    kappas = (_kappa(low, limit), _kappa(high, limit))
    free = {s for e in (v, spread, death, *ends, *(k for k in kappas if k is not None)) for s in e.free_symbols} - {x}
    if free or sp.Tuple(v, spread, death).atoms(sp.core.function.AppliedUndef):
        raise NUMBERS
    second, first, none = spread, v, -death
    if kappas == (0, 0) and death == 0:
        first, none, kappas = v + sp.diff(spread, x), sp.diff(v, x), (None, None)
    with mpmath.workdps(DIGITS):
        before, shared = None, 0
        for size in GRIDS:
            value = _least(size, x, ends, (second, first, none), kappas)
            shared = 0 if before is None else _shared_digits(value, before)
            if shared >= AGREED:
                break
            before = value
        if shared >= FEWEST:
            digits = min(shared, 17) - 1
            return Found(sp.Float(mpmath.nstr(value, 25), digits), (f"the slowest rate is given to {digits} digits",))
    raise NotYetError("the slowest rate did not settle on the grids that are tried: the coefficients are steep or have kinks between the walls")  # fmt: skip


def _shared_digits(one: mpmath.mpf, other: mpmath.mpf) -> int:
    return AGREED if one == other else int(-mpmath.log10(abs(one - other) / abs(one)))


def _kappa(wall: Wall, limit: ContinuumLimit | None) -> sp.Expr | None:
    """kappa in D u_n = kappa u; None where u vanishes."""
    kind = wall.boundary.kind
    if kind == "absorbing":
        return None
    if kind == "reflecting":
        return sp.S.Zero
    if limit is None:
        raise NotYetError("a wall that absorbs in part beside coefficients that depend on place")
    return kappa_at(wall, limit)


def _least(
    size: int,
    x: sp.Symbol,
    ends: tuple[sp.Expr, sp.Expr],
    coefficients: tuple[sp.Expr, sp.Expr, sp.Expr],
    kappas: tuple[sp.Expr | None, sp.Expr | None],
) -> mpmath.mpf:
    a, b = (mpmath.mpf(sp.N(e, DIGITS)) for e in ends)
    points = [mpmath.cos(mpmath.pi * j / size) for j in range(size + 1)]  # from the upper wall to the lower one
    slope, curve = _differentiation(points)
    slope, curve = slope * (2 / (b - a)), curve * (2 / (b - a)) ** 2
    places = [(a + b) / 2 + (b - a) / 2 * p for p in points]
    second, first, none = ([_at(e, x, y) for y in places] for e in coefficients)
    if any(d <= 0 for d in second):
        raise NotYetError(
            "the diffusion vanishes at a wall or between the walls: the slowest rate is not handled there"
        )
    matrix = mpmath.matrix(size + 1, size + 1)
    for i in range(size + 1):
        for j in range(size + 1):
            matrix[i, j] = -(second[i] * curve[i, j] + first[i] * slope[i, j]) - (none[i] if i == j else 0)
    for row, kappa, sign in ((0, kappas[1], 1), (size, kappas[0], -1)):
        strength = None if kappa is None else mpmath.mpf(sp.N(kappa, DIGITS)) / second[row]
        for j in range(size + 1):
            at_wall = mpmath.mpf(int(j == row))
            matrix[row, j] = at_wall if strength is None else sign * slope[row, j] + strength * at_wall
    return _inverse_iteration(matrix, size)


def _at(e: sp.Expr, x: sp.Symbol, y: mpmath.mpf) -> mpmath.mpf:
    number = sp.N(e.xreplace({x: sp.Float(y, DIGITS)}), DIGITS)
    if not number.is_Float and not number.is_Rational:
        raise NotYetError("a coefficient has no real value at a place between the walls")
    return mpmath.mpf(number)


def _differentiation(points: list[mpmath.mpf]) -> tuple[mpmath.matrix, mpmath.matrix]:
    """Chebyshev's matrices of the first and second derivative; their diagonals by the sums of the rows."""
    n = len(points)
    weight = [(2 if i in (0, n - 1) else 1) * (-1) ** i for i in range(n)]
    slope, curve = mpmath.matrix(n, n), mpmath.matrix(n, n)
    for i in range(n):
        others = [j for j in range(n) if j != i]
        for j in others:
            slope[i, j] = mpmath.mpf(weight[i]) / weight[j] / (points[i] - points[j])
        slope[i, i] = -mpmath.fsum(slope[i, j] for j in others)
        for j in others:
            curve[i, j] = 2 * slope[i, j] * (slope[i, i] - 1 / (points[i] - points[j]))
        curve[i, i] = -mpmath.fsum(curve[i, j] for j in others)
    return slope, curve


def _inverse_iteration(matrix: mpmath.matrix, size: int) -> mpmath.mpf:
    """The least lambda of matrix u = lambda u inside, with the conditions of the first and the last row."""
    factors, order = mpmath.mp.LU_decomp(matrix)
    u = mpmath.matrix(
        [mpmath.mpf(0), *(mpmath.mpf(1) + mpmath.mpf(j) / (3 * size) for j in range(1, size)), mpmath.mpf(0)]
    )
    before = mpmath.mpf(0)
    for _ in range(ROUNDS):
        u[0] = u[size] = mpmath.mpf(0)  # the right-hand side of the conditions
        moved = mpmath.mp.U_solve(factors, mpmath.mp.L_solve(factors, u, order))
        top = max((moved[j] for j in range(1, size)), key=abs)
        at = next(j for j in range(1, size) if moved[j] == top)
        value = u[at] / top
        u = moved / top
        if abs(value - before) <= abs(value) * mpmath.mpf(10) ** -(AGREED + 5):
            return value
        before = value
    raise NotYetError("the slowest rate did not settle: two rates lie close together, or they are complex")
