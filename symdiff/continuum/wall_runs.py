"""Absorbing walls of walkers that move at velocities: the layer in which they switch, exactly or in numbers."""

from __future__ import annotations

import mpmath
import sympy as sp

from symdiff.continuum.wall_layer import GIVEN, Mode, null_vector, solve_exactly
from symdiff.continuum.wall_numbers import (
    DIGITS,
    OPEN,
    matrix_at,
    null_in_numbers,
    rational,
    roots_of,
    shown_number,
    solve_in_numbers,
)
from symdiff.errors import NotYetError


def runs_in_layer(
    switching: sp.Matrix, velocity: list[sp.Expr], law: sp.Matrix, bent: sp.Matrix
) -> tuple[sp.Expr, tuple[str, ...]]:
    """(A, notes): nobody enters at an absorbing wall; exactly with one mode, else in numbers."""
    moving = [i for i, v in enumerate(velocity) if v != 0]
    resting = [i for i, v in enumerate(velocity) if v == 0]
    flow = switching.extract(moving, moving)
    if resting:
        among = switching.extract(resting, resting)
        if sp.cancel(among.det()) == 0:
            raise NotYetError(OPEN)
        flow = flow - switching.extract(moving, resting) * among.LUsolve(switching.extract(resting, moving))
    flow = sp.Matrix([[sp.cancel(flow[i, j] / velocity[a]) for j in range(len(moving))] for i, a in enumerate(moving)])
    entering = [k for k, a in enumerate(moving) if velocity[a].is_positive]
    z = sp.Dummy("lambda")
    rest = sp.Poly(sp.numer(sp.together((flow - z * sp.eye(len(moving))).det(method="berkowitz"))), z)
    rest = sp.Poly([sp.cancel(c) for c in rest.quo(sp.Poly(z**2, z)).all_coeffs()], z)
    wanted = len(entering) - 1
    here = [(law[moving[k]], bent[moving[k]]) for k in entering]
    try:
        modes = [Mode(x, null_vector(flow - x * sp.eye(len(moving)))) for x in _decaying(rest, z)]
        if len(modes) != wanted:
            raise NotYetError(OPEN)
        rows = [[a, *(m.vector[k] for m in modes), b] for k, (a, b) in zip(entering, here, strict=True)]
        return sp.factor(solve_exactly(rows)[0]), ()
    except NotYetError:
        return _runs_in_numbers(flow, velocity, moving, entering, law, bent)


def _decaying(rest: sp.Poly, z: sp.Symbol) -> list[sp.Expr]:
    """The rate of the one mode, if it decays; raises :class:`NotYetError` where there are more, or its sign is open."""
    if rest.degree() == 0:
        return []
    if rest.degree() > 1:
        raise NotYetError(OPEN)
    root = sp.factor(-rest.coeff_monomial(1) / rest.coeff_monomial(z))
    if root.is_negative:
        return [root]
    if root.is_positive:
        return []
    raise NotYetError(OPEN)


def _runs_in_numbers(
    flow: sp.Matrix, velocity: list[sp.Expr], moving: list[int], entering: list[int], law: sp.Matrix, bent: sp.Matrix
) -> tuple[sp.Expr, tuple[str, ...]]:
    """Lengths in units of one of the flow's entries, where all of them are rational multiples of it."""
    scale = next(e for e in flow if e != 0)
    plain = flow.applyfunc(lambda e: sp.cancel(e / scale))
    here = [(law[moving[k]], sp.cancel(bent[moving[k]] * scale)) for k in entering]
    if not all(e.is_Rational for e in plain) or not all(a.is_Rational and b.is_Rational for a, b in here):
        raise NotYetError(OPEN)
    towards = 1 if scale.is_positive else -1 if scale.is_negative else 0
    if not towards:
        raise NotYetError(OPEN)
    z = sp.Symbol("z")
    symbol = plain - z * sp.eye(len(moving))
    rest = sp.Poly(symbol.det(method="berkowitz"), z).quo(sp.Poly(z**2, z))
    with mpmath.workdps(DIGITS):
        roots = [x for x in roots_of(rest) if mpmath.re(x) * towards < 0]
        if len(roots) != len(entering) - 1:
            raise NotYetError(OPEN)
        modes = [Mode(x, null_in_numbers(matrix_at(symbol, x))) for x in roots]
        rows = [
            [rational(a), *(m.vector[k] for m in modes), rational(b)] for k, (a, b) in zip(entering, here, strict=True)
        ]
        return shown_number(solve_in_numbers(rows)[0]) / scale, (GIVEN,)
