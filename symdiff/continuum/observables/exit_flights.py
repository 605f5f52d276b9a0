"""Exits of symmetric Levy flights from an interval, d_t P = - K (-Laplacian)^(a/2) P with absorption everywhere outside.

    T(x) = [(x - x0)(x1 - x)]^(a/2) / (K Gamma(1 + a)),    chance to leave beyond x1: I_u(a/2, a/2), u = (x - x0)/(x1 - x0)

(Getoor 1961; Blumenthal, Getoor and Ray 1961), I the regularised incomplete beta function; a = 2 gives those of diffusion.
"""

from __future__ import annotations

import sympy as sp

from symdiff.continuum.limit import ContinuumLimit
from symdiff.continuum.observables.result import Found
from symdiff.continuum.observables.walls import counted_sides, exit_interval
from symdiff.errors import NotYetError
from symdiff.model.jump_model import JumpModel, ObservableStatement


def flies(limit: ContinuumLimit) -> bool:
    """Whether a limit's equation is fractional in space."""
    return limit.equation is not None and any(t.fractional is not None for t in limit.equation.right)


def exit_of_flights(model: JumpModel, limit: ContinuumLimit, statement: ObservableStatement) -> Found:
    """The mean exit time, or the chance to leave across one end; raises for other walls, laws and quantities."""
    equation = limit.equation
    assert equation is not None
    plain = len(equation.right) == 1 and not any(equation.right[0].space) and len(equation.left) == 1
    if not plain or equation.left[0].time != 1 or model.dimension > 1 or model.clock == "waiting" or model.states:
        raise NotYetError(
            "exits of Levy flights are handled for symmetric steps of one walker without states, drift or waits, in one dimension"
        )
    interval = exit_interval(model, statement.target)
    low, high = interval.low, interval.high
    if low is None or high is None or any(w.boundary.kind != "absorbing" for w in (low, high)):
        raise NotYetError("exits of Levy flights are handled between two absorbing walls")
    assert equation.right[0].fractional is not None
    a, strength = 2 * equation.right[0].fractional, -equation.right[0].coefficient
    x = model.coordinate_symbols[0]
    note = ("long jumps end beyond the walls, not on them",)
    if statement.kind == "mean_exit_time":
        down, up = counted_sides(model, interval, statement.target)
        if not (down and up):
            raise NotYetError("conditional exit times of Levy flights are not handled yet")
        return Found(((x - low.place) * (high.place - x)) ** (a / 2) / (strength * sp.gamma(1 + a)), note)
    down, up = counted_sides(model, interval, statement.target)
    if down == up:
        raise NotYetError("both ends count, or none", instead='write target = "x >= L"')
    s = sp.Symbol("_s", positive=True)
    length = sp.expand(high.place - low.place)
    share = sp.expand(x - low.place) / length if up else sp.expand(high.place - x) / length
    weight = sp.gamma(a) / sp.gamma(a / 2) ** 2
    return Found(weight * sp.Integral((s * (1 - s)) ** (a / 2 - 1), (s, 0, share)), note)
