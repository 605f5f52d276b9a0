"""Averages where the rates depend on time: the mean is the integral of the drift, the covariance that of 2D.

For independent increments both hold whatever the rates do in time, exactly on the lattice in continuous time, and for an equation
with the drift v(t) and the diffusivity D(t) that it keeps. Where the drift along an axis is a(t) x + b(t), as on a grid that grows,
d<x>/dt = a <x> + b and dC_ij/dt = (a_i + a_j) C_ij + 2 D_ij, solved with the factors e^(int a dt).
"""

from __future__ import annotations

import sympy as sp
from sympy.core.function import AppliedUndef

from symdiff.continuum.coefficients import coefficient_name
from symdiff.continuum.limit import ContinuumLimit
from symdiff.continuum.observables.result import Found
from symdiff.errors import NotYetError
from symdiff.model.crowd import INDEPENDENT
from symdiff.model.definitions import expand_definitions
from symdiff.model.jump_model import JumpModel, ObservableStatement
from symdiff.model.occupancy import is_crowd

KINDS = ("moment", "variance")
Matrix = list[list[sp.Expr]]
ONLY = (
    "of the observables of rates that depend on time, moments up to the second are handled, where nothing depends on place but a drift "
    "along an axis that is linear in its coordinate"
)


def lattice(model: JumpModel, statement: ObservableStatement) -> Found:
    """The exact moment of the microscopic model in continuous time."""
    if (
        statement.kind not in KINDS
        or model.crowd != INDEPENDENT
        or len(model.state_names) > 1
        or model.time_step is not None
    ):
        raise NotYetError(ONLY + "; exactly for one state in continuous time")
    d = model.dimension
    rate, spread = [sp.Integer(0)] * d, [[sp.Integer(0)] * d for _ in range(d)]
    for jump in model.jumps:
        w, r = _put(model, jump.intensity), [_put(model, e) for e in jump.displacement]
        means, seconds = r, [[a * b for b in r] for a in r]
        if jump.law is not None:
            if jump.law.lengths > 1:
                raise NotYetError(ONLY)
            (row,) = jump.directions
            mean, square = jump.law.raw_moment(1), jump.law.raw_moment(2)
            means = [a + mean * e for a, e in zip(r, row, strict=True)]
            seconds = [
                [a * b + mean * (a * f + b * e) + square * e * f for b, f in zip(r, row, strict=True)]
                for a, e in zip(r, row, strict=True)
            ]
        rate = [a + w * b for a, b in zip(rate, means, strict=True)]
        spread = [[a + w * b for a, b in zip(p, q, strict=True)] for p, q in zip(spread, seconds, strict=True)]
    motion = model.motion_of(0)
    if motion is not None:
        rate = [a + expand_definitions(v, model.functions) for a, v in zip(rate, motion.velocity, strict=True)]
        for i, entries in enumerate(motion.diffusivity):
            spread[i] = [a + 2 * _put(model, e) for a, e in zip(spread[i], entries, strict=True)]
    return _of(model, statement, rate, spread)


def of_equation(model: JumpModel, limit: ContinuumLimit, statement: ObservableStatement) -> Found:
    """The moment from the drift and the diffusivity of a limit's equation."""
    equation = limit.equation
    if (
        statement.kind not in KINDS
        or is_crowd(model)
        or equation is None
        or len(equation.left) != 1
        or equation.left[0].time != 1
    ):
        raise NotYetError(ONLY)
    if any(
        not t.density or (t.coefficient.has(*model.coordinate_symbols) and sum(t.space) != 1) for t in equation.right
    ):
        raise NotYetError(ONLY)
    named, x = dict(limit.coefficients), model.coordinate_symbols
    unit = [tuple(int(i == j) for j in range(len(x))) for i in range(len(x))]

    def value(*axes: int) -> sp.Expr:
        alpha = tuple(sum(unit[a][j] for a in axes) for j in range(len(x)))
        return named.get(coefficient_name(x, alpha), sp.Integer(0))

    rate = [value(i) for i in range(len(x))]
    return _of(model, statement, rate, [[2 * value(i, j) for j in range(len(x))] for i in range(len(x))])


def _put(model: JumpModel, value: sp.Expr) -> sp.Expr:
    found = expand_definitions(value, model.functions)
    if found.has(*model.coordinate_symbols):
        raise NotYetError(ONLY)
    return found


def _of(model: JumpModel, statement: ObservableStatement, rate: list[sp.Expr], spread: Matrix) -> Found:
    """E[f] or Var[f] of a polynomial of second degree (for a variance of first degree) from the two integrals."""
    x, t = model.coordinate_symbols, model.time
    function = statement.of if statement.of is not None else x[0]
    most = 1 if statement.kind == "variance" else 2
    if not function.is_polynomial(*x) or sp.Poly(function, *x).total_degree() > most:
        raise NotYetError(ONLY)
    grown, pushed = _linear(model, rate)
    mean = [g * _integral(b / g, t) for g, b in zip(grown, pushed, strict=True)]
    square = [
        [grown[i] * grown[j] * _integral(e / (grown[i] * grown[j]), t) for j, e in enumerate(row)]
        for i, row in enumerate(spread)
    ]
    if statement.kind == "variance":
        slopes = [sp.diff(function, c) for c in x]
        total = sum((a * b * square[i][j] for i, a in enumerate(slopes) for j, b in enumerate(slopes)), sp.Integer(0))
        return Found(sp.expand(total))
    total = sp.Integer(0)
    for powers, c in sp.Poly(function, *x).terms():
        axes = [i for i, n in enumerate(powers) for _ in range(n)]
        part = sp.Mul(*(mean[i] for i in axes))
        total += c * (part + (square[axes[0]][axes[1]] if len(axes) == 2 else 0))
    return Found(total, ("lengths are measured from the start of the walk, at t = 0",))


def _linear(model: JumpModel, rate: list[sp.Expr]) -> tuple[list[sp.Expr], list[sp.Expr]]:
    """e^(int a dt) and b of the drift a(t) x + b(t) along each axis; raises where it is another function of place."""
    x, t = model.coordinate_symbols, model.time
    grown, pushed = [], []
    for c, value in zip(x, rate, strict=True):
        slope = sp.cancel(sp.diff(value, c))
        rest = sp.cancel(value - slope * c) if slope != 0 else value
        if slope.has(*x) or rest.has(*x) or (slope != 0 and any(p != 0 for p in model.preparation.position)):
            raise NotYetError(ONLY)
        grown.append(sp.exp(_logarithmic_derivative(slope, t) or _integral(slope, t)))
        pushed.append(rest)
    return grown, pushed


def _logarithmic_derivative(value: sp.Expr, t: sp.Symbol) -> sp.Expr | None:
    """n log(f(t)/f(0)), where the value is n f'/f with an open function f or a positive polynomial; else None."""
    later = sp.Dummy("t", positive=True)
    known = [
        *value.atoms(AppliedUndef),
        *(f for f, _ in sp.factor_list(sp.denom(sp.together(value)))[1] if f.is_polynomial(t)),
    ]
    for f in known:
        ratio = sp.cancel(value * f / sp.diff(f, t)) if f.has(t) else t
        start = f.xreplace({t: sp.Integer(0)})
        if not ratio.has(t) and (isinstance(f, AppliedUndef) or f.xreplace({t: later}).is_positive):
            return ratio * sp.log(f / start)
    return None


def _integral(value: sp.Expr, t: sp.Symbol) -> sp.Expr:
    """The integral from 0 to t: powers, exponentials and waves written out, anything else as it stands."""
    total = sp.Integer(0)
    for term in sp.Add.make_args(sp.expand(sp.cancel(value) if value.is_rational_function(t) else value)):
        factor, rest = term.as_independent(t, as_Add=False)
        total += factor * _one(rest, t)
    return total


def _one(rest: sp.Expr, t: sp.Symbol) -> sp.Expr:
    if rest == 1:
        return t
    base, exponent = rest.as_base_exp()
    if base == t and exponent.is_Integer and exponent > 0:
        return t ** (exponent + 1) / (exponent + 1)
    if isinstance(rest, (sp.exp, sp.sin, sp.cos)):
        slope = sp.diff(rest.args[0], t)
        if not slope.has(t) and slope.is_nonzero is not False and not (slope.is_nonzero is None and slope.is_number):
            before = {sp.exp: sp.exp, sp.sin: lambda a: -sp.cos(a), sp.cos: sp.sin}[rest.func](rest.args[0])
            return (before - before.xreplace({t: sp.Integer(0)})) / slope
    inner = sp.Symbol("_time", real=True)
    return sp.Integral(rest.xreplace({t: inner}), (inner, 0, t))
