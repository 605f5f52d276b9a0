"""Averages of walkers without drift between two reflecting walls: the modes of their density, integrated one by one."""

from __future__ import annotations

import sympy as sp

from symdiff.continuum.limit import ContinuumLimit
from symdiff.continuum.observables.passage import constant_motion
from symdiff.continuum.observables.result import Found
from symdiff.continuum.observables.walls import intervals
from symdiff.errors import NotYetError
from symdiff.model.jump_model import JumpModel

NOT_YET = "moments between walls are handled for polynomials, without drift, between two reflecting walls"


def of_equation(model: JumpModel, limit: ContinuumLimit, function: sp.Expr, *, central: bool = False) -> Found:
    r"""E[f(x - x_0)] for 0 < x < L, (1/L) int f + (2/L) sum_k cos(k pi x_0/L) e^(-D (k pi/L)^2 t) int f cos(k pi x/L).

    Raises :class:`NotYetError` elsewhere. Source: H. S. Carslaw and J. C. Jaeger, Conduction of Heat in Solids (1959), ch. III.
    """
    r = model.coordinate_symbols[0]
    if model.dimension != 1 or not function.is_polynomial(r):
        raise NotYetError(NOT_YET)
    (interval,) = intervals(model)
    low, high = interval.low, interval.high
    if low is None or high is None or {low.boundary.kind, high.boundary.kind} != {"reflecting"}:
        raise NotYetError(NOT_YET)
    v, spread = constant_motion(model, limit, interval)
    if v != 0:
        raise NotYetError(NOT_YET)
    length, start = sp.expand(high.place - low.place), model.preparation.position[0] - low.place

    def average(of: sp.Expr) -> sp.Expr:
        return _average(sp.Poly(sp.expand(of.xreplace({r: r - start})), r), length, start, spread, model.time)

    value = average(function)
    return Found(average(function**2) - value**2 if central else value)


def _average(of: sp.Poly, length: sp.Expr, start: sp.Expr, spread: sp.Expr, t: sp.Symbol) -> sp.Expr:
    """The average of a polynomial of the distance from the lower wall."""
    k, sign = sp.Symbol("_k", integer=True, positive=True), sp.Dummy("(-1)^k")
    wave = sp.pi * k / length
    cosines, sines = [sp.S.Zero], [(1 - sign) / wave]  # of y^m over the interval, where sin(wave length) = 0
    for m in range(1, of.degree() + 1):
        cosines.append(sp.expand(-m / wave * sines[m - 1]))
        sines.append(sp.expand(-(length**m) * sign / wave + m / wave * cosines[m - 1]))
    coefficients = of.all_coeffs()[::-1]
    weight = sp.expand(sp.Add(*(c * cosines[m] for m, c in enumerate(coefficients))))
    settled = sp.expand(sp.Add(*(c * length**m / (m + 1) for m, c in enumerate(coefficients))))
    mode = 2 / length * sp.cos(wave * start) * sp.exp(-spread * wave**2 * t)
    if weight == 0:
        return settled
    if sp.expand(weight.xreplace({sign: sp.S.One})) == 0:  # the even ones vanish
        odd = sp.factor(weight.xreplace({sign: sp.S.NegativeOne})) * mode
        return settled + sp.Sum(odd.xreplace({k: 2 * k - 1}), (k, 1, sp.oo))
    return settled + sp.Sum(sp.factor(weight).xreplace({sign: (-1) ** k}) * mode, (k, 1, sp.oo))
