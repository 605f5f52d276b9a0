"""First-passage laws of subdiffusion: D_t^a P = K P_xx (Caputo) beside absorbing walls.

In Laplace space time enters as s^a alone, so that each exponential e^(-m t) of the ordinary problem becomes the Mittag-Leffler
function E_a(-m t^a) = int_0^oo e^(-ut) m u^(a-1) sin(pi a)/(pi (u^2a + 2 m u^a cos(pi a) + m^2)) du,
and e^(-y sqrt(s/K)) becomes e^(-y s^(a/2)/sqrt(K)), a Wright function of z = y/(sqrt(K) t^(a/2)):
1 - S = sum_n (-z)^n/(n! Gamma(1 - n a/2)), where 1/Gamma(1 - u) = Gamma(u) sin(pi u)/pi.
"""

from __future__ import annotations

from collections.abc import Callable

import sympy as sp

from symdiff.continuum.limit import ContinuumLimit
from symdiff.continuum.observables.result import Found
from symdiff.continuum.observables.walls import Interval, counted_sides
from symdiff.errors import NotYetError
from symdiff.model.jump_model import JumpModel, ObservableStatement

Slab = Callable[[sp.Expr, Callable[[sp.Expr], sp.Expr], tuple[bool, bool]], sp.Expr]


def waiting_index(limit: ContinuumLimit) -> sp.Expr | None:
    """The order of the Caputo derivative, where it is the only derivative in time; None of ordinary equations."""
    equation = limit.equation
    if equation is None or len(equation.left) != 1:
        return None
    return equation.left[0].caputo


def of_equation(
    model: JumpModel, limit: ContinuumLimit, statement: ObservableStatement, interval: Interval, start: sp.Expr,
    index: sp.Expr, slab: Slab,
) -> Found:  # fmt: skip
    """The survival probability or the first-passage density; ``slab`` is the sum over modes between two walls."""
    spread = _spread(model, limit, interval)
    t = model.time
    note = "times are long against the waits; Mittag-Leffler and Wright functions are written out"
    if interval.low is None or interval.high is None:
        wall = interval.low or interval.high
        assert wall is not None
        if wall.boundary.kind != "absorbing":
            raise NotYetError("time-dependent exits are handled at absorbing walls so far")
        y = start - wall.place if interval.low is not None else wall.place - start
        return Found(_half_space(y, spread, t, index, statement.kind), (note,))
    low, high = counted_sides(model, interval, statement.target)

    def decay(rate: sp.Expr) -> sp.Expr:
        return _relaxation(rate, t, index, statement.kind)

    return Found(slab(spread, decay, (low, high)), (note,))


def _spread(model: JumpModel, limit: ContinuumLimit, interval: Interval) -> sp.Expr:
    """K along the coordinate of the walls, where nothing else moves the walkers there."""
    equation = limit.equation
    assert equation is not None
    unit = tuple(2 * int(i == interval.axis) for i in range(model.dimension))
    across = [t for t in equation.right if t.space[interval.axis] or t.fractional is not None]
    if any(t.fractional is not None or t.space != unit or t.coefficient.has(*model.coordinate_symbols) for t in across):
        raise NotYetError("exits in time beside waits without a mean are handled for unbiased steps with a second moment and "
                          "constant rates so far", where="observables")  # fmt: skip
    return sp.factor(sp.Add(*(t.coefficient for t in across)))


def _half_space(y: sp.Expr, spread: sp.Expr, t: sp.Symbol, a: sp.Expr, kind: str) -> sp.Expr:
    n = sp.Symbol("_n", integer=True, positive=True)
    z = y / sp.sqrt(spread)
    term = (-1) ** (n + 1) * z**n * sp.gamma(n * a / 2) * sp.sin(sp.pi * n * a / 2) / (sp.pi * sp.factorial(n))
    if kind == "first_passage_density":
        return sp.Sum(term * n * a / 2 * t ** (-n * a / 2 - 1), (n, 1, sp.oo))
    return sp.Sum(term * t ** (-n * a / 2), (n, 1, sp.oo))


def _relaxation(rate: sp.Expr, t: sp.Symbol, a: sp.Expr, kind: str) -> sp.Expr:
    """E_a(-m t^a), or minus its derivative in time, as a mixture of exponentials."""
    u = sp.Symbol("_u", positive=True)
    weight = (
        rate
        * u ** (a - 1)
        * sp.sin(sp.pi * a)
        / (sp.pi * (u ** (2 * a) + 2 * rate * u**a * sp.cos(sp.pi * a) + rate**2))
    )
    inside = weight * sp.exp(-u * t) * (u if kind == "first_passage_density" else 1)
    return sp.Integral(inside, (u, 0, sp.oo))
