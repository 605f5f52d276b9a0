"""Scaling exponents: the power of t with which the square of a typical width, or an average, grows at late times."""

from __future__ import annotations

import sympy as sp

from symdiff.continuum.limit import ContinuumLimit
from symdiff.continuum.observables.result import Found
from symdiff.continuum.waiting_decay import of_those_alive
from symdiff.errors import DerivationError, NotYetError
from symdiff.model.jump_model import JumpModel, ObservableStatement


def exponent_of(model: JumpModel, limit: ContinuumLimit, statement: ObservableStatement) -> Found:
    """The power of t of the average that is asked for; without one, and where it is infinite, of a typical width."""
    from symdiff.continuum.levy_walks import is_levy_walk  # loaded when used: start-up time

    if statement.of is not None and model.clock == "waiting" and is_levy_walk(model):
        from symdiff.continuum.observables.levy import levy_exponent  # loaded when used: start-up time

        return levy_exponent(model, statement.of)
    if "flux" in dict(limit.coefficients) or (limit.equation is not None and not limit.equation.is_linear):
        return _self_similar(model, limit)
    return scaling_exponent(limit)


def _self_similar(model: JumpModel, limit: ContinuumLimit) -> Found:
    """d_t u = c div(u^m grad u) spreads a fixed number of agents like t^(1/(d m + 2)) (Barenblatt's solution)."""
    named, x = dict(limit.coefficients), model.coordinate_symbols
    density = sp.Function(limit.density)(*x, model.time)
    spread = [v for n, v in named.items() if n.startswith("D")]
    even = [v for n, v in named.items() if n == "D" or (n.startswith("D_") and n[2:] in {2 * str(c) for c in x})]
    rest = [
        v
        for n, v in named.items()
        if n not in ("D",) and v not in even and n.split("_")[0] in ("D", "flux", "source", "v", "a")
    ]
    u = sp.Dummy("u", positive=True)
    power, *others = {sp.cancel(v.xreplace({density: u})) for v in even} or {sp.Integer(0)}
    exponent = sp.cancel(u * sp.diff(power, u) / power) if power != 0 else sp.nan
    if (
        others
        or not spread
        or any(v != 0 for v in rest)
        or exponent.free_symbols
        or exponent is sp.nan
        or power.has(*x)
    ):
        raise NotYetError("the width of a crowd follows one power where the equation is d_t u = c div(u^m grad u)")
    return Found(2 / (2 + len(x) * exponent), ("late times: a fixed number of agents from a small region",))


def _is_logarithmic(coefficient: sp.Expr, t: sp.Symbol) -> bool:
    """Whether a coefficient depends on time by logarithms only."""
    return not coefficient.xreplace({e: sp.Dummy(positive=True) for e in coefficient.atoms(sp.log)}).has(t)


def scaling_exponent(limit: ContinuumLimit) -> Found:
    """The power of t with which the square of a typical width grows at late times, in the frame of the drift."""
    equation = limit.equation
    if equation is None:
        raise NotYetError("the regime has no equation of its own")
    equation = of_those_alive(equation) or equation
    at_time = [t for t in equation.right if t.coefficient.has(equation.time)]
    if at_time and all(sum(t.space) == 2 and _is_logarithmic(t.coefficient, equation.time) for t in at_time):
        return Found(sp.Integer(1), ("beside the power there is a logarithm of t",))
    if at_time:
        raise NotYetError("the width of a walk whose coefficients depend on time follows no single power in general")
    if not equation.is_homogeneous:
        raise NotYetError("the width of a walk whose coefficients depend on place follows no single power in general")
    fractional = [t.fractional for t in equation.right if t.fractional is not None]
    times = [t.time for t in equation.left]
    waits = [t.caputo for t in equation.left if t.caputo is not None]
    if len(equation.left) == 1 and waits and any(sum(t.space) == 2 for t in equation.right):
        return Found(waits[0])
    if len(equation.left) == 1 and waits and fractional:
        return Found(waits[0] / fractional[0])
    if len(equation.left) == 1 and waits and equation.right and all(sum(t.space) == 1 for t in equation.right):
        return Found(2 * waits[0], ("the walkers' clocks differ, and with them how far the drift has carried them",))
    if waits:
        raise NotYetError("the width of this fractional equation is not handled yet")
    if fractional and times == [1]:
        return Found(1 / fractional[0])
    if not fractional and (times == [1] or 1 in times) and any(sum(t.space) == 2 for t in equation.right):
        late = ("late times: t is long against the relaxation time",) if max(times) > 1 else ()
        return Found(sp.Integer(1), late)
    raise DerivationError("nothing spreads in this regime: the equation has no diffusive term")
