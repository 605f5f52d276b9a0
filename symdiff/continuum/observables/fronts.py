"""Speeds of fronts: the slowest speed at which the linearised growth spreads, on the lattice and in the limit.

c = min over s > 0 of growth(s)/s, where a profile e^(s(ct - x)) grows at growth(s) = sum of w (e^(s r) - 1) + reaction; for
drift and diffusion v + 2 sqrt(D R'(0)). Source: van Saarloos, Phys. Rep. 386 (2003) 29.
"""

from __future__ import annotations

import mpmath
import sympy as sp
from sympy.core.function import AppliedUndef

from symdiff.continuum.limit import ContinuumLimit
from symdiff.continuum.observables.invasion import speed_of_several
from symdiff.continuum.observables.pushed_fronts import PULLED, Medium, front
from symdiff.continuum.observables.result import Found, OffLatticeError
from symdiff.errors import DerivationError, NotYetError
from symdiff.model.definitions import expand_definitions
from symdiff.model.jump_model import JumpModel, ObservableStatement
from symdiff.model.ranges import parameter_intervals

DIGITS = 30


def lattice(model: JumpModel, statement: ObservableStatement) -> Found:
    """The minimum, for numbers; in symbols it is the root of a transcendental equation."""
    growth, s = lattice_growth(model)
    names = sorted(str(a) for a in growth.free_symbols - {s})
    if names:
        raise NotYetError(f"the front's speed on the lattice is min over s > 0 of ({growth})/s, which has no closed form in symbols",
                          instead=f"give numbers: --set {names[0]}=...")  # fmt: skip
    return Found(least_speed(growth, s), (PULLED,))


def lattice_growth(model: JumpModel) -> tuple[sp.Expr, sp.Symbol]:
    """growth(s) of a small profile e^(-s x), and s."""
    if model.states:
        raise OffLatticeError("fronts on the lattice are handled for one kind of agent so far")
    if model.dimension != 1 or model.boundaries or not model.rests or model.clock == "waiting":
        raise NotYetError("fronts on the lattice are handled for one kind of agent in one dimension so far")
    s = sp.Symbol("_s", positive=True)
    names = {*model.state_names, *model.density_names}
    total = sp.Integer(0)
    for jump in model.jumps:
        rate = _at_low_density(expand_definitions(jump.intensity, model.functions), names)
        if (
            jump.law is not None
            or rate.has(*model.coordinate_symbols)
            or jump.displacement[0].has(*model.coordinate_symbols)
        ):
            raise NotYetError("fronts on the lattice are handled for plain jumps at constant rates so far")
        total += rate * (sp.exp(s * jump.displacement[0]) - 1)
    gain = sp.Integer(0)
    for reaction in model.crowd.reactions:
        if not reaction.consumes:
            raise DerivationError("agents appear from nothing: there is no empty state ahead of a front")
        if len(reaction.consumes) == 1:
            change = sp.Add(*(sp.exp(s * p.displacement[0]) for p in reaction.produces)) - 1
            gain += _at_low_density(expand_definitions(reaction.intensity, model.functions), names) * change
    _refuse_pushed(model, names)
    if gain == 0:
        raise DerivationError(
            "nothing grows: there is no front", instead="state [[reactions]], such as u -> u + u at a rate"
        )
    if model.clock == "continuous":
        return sp.expand(total + gain), s
    return sp.log((1 + total) * (1 + gain)) / model.time_step, s


def _refuse_pushed(model: JumpModel, names: set[str]) -> None:
    """Where agents at low density help each other to grow or to move, the linear speed is a lower bound only."""
    u = sp.Dummy("u", positive=True)

    def uniform(value: sp.Expr) -> sp.Expr:
        value = expand_definitions(value, model.functions)
        return value.xreplace({c: u for c in value.atoms(AppliedUndef) if c.func.__name__ in names})

    per_head = sp.Add(*(uniform(r.intensity) * u ** (len(r.consumes) - 1) * (len(r.produces) - len(r.consumes))
                        for r in model.crowd.reactions))  # fmt: skip
    rates = [uniform(j.intensity) for j in model.jumps]
    if any(sp.diff(e, u).xreplace({u: sp.Integer(0)}).is_positive for e in (per_head, *rates)):
        raise NotYetError("the front may be pushed: density helps agents to grow or to move, and the least speed of the linear growth is a "
                          "lower bound only", instead="ask for the front of the equation, or for a simulation")  # fmt: skip


def _at_low_density(value: sp.Expr, names: set[str]) -> sp.Expr:
    return value.xreplace({c: sp.Integer(0) for c in value.atoms(AppliedUndef) if c.func.__name__ in names})


def least_speed(growth: sp.Expr, s: sp.Symbol) -> sp.Expr:
    """The minimum of growth(s)/s to 30 digits, bracketed first."""
    if not growth.subs(s, 0).is_positive:
        raise DerivationError("the empty state is stable: nothing invades it")
    speed = sp.lambdify(s, growth / s, "mpmath")
    slope = sp.lambdify(s, sp.diff(growth / s, s), "mpmath")
    with mpmath.workdps(DIGITS + 15):
        low, high = mpmath.mpf(1), mpmath.mpf(1)
        for _ in range(200):
            if slope(low) < 0:
                break
            low /= 2
        for _ in range(200):
            if slope(high) > 0:
                break
            high *= mpmath.mpf(5) / 4
        if not (slope(low) < 0 < slope(high)):
            raise NotYetError("the least speed of the front could not be bracketed")
        best = mpmath.findroot(slope, (low, high), solver="anderson")
        return sp.Float(speed(best), DIGITS)


def of_equation(model: JumpModel, limit: ContinuumLimit, statement: ObservableStatement) -> Found:
    """v + 2 sqrt(D R'(0)) with D, f and R of d_t u = d_x(D(u) d_x u - f(u)) + R(u), or what a pushed front has instead."""
    if model.boundaries:
        raise NotYetError("fronts are handled without walls so far")
    if limit.coupled:
        return speed_of_several(model, limit, statement)
    named = dict(limit.coefficients) if model.dimension == 1 else _along_one_axis(model, limit)
    if "c2" in named:
        return _telegraph(named)
    if "D" not in named:
        raise NotYetError("the regime has no equation of one density with diffusion")
    places, t = model.coordinate_symbols, model.time
    u, density = sp.Symbol(limit.density, nonnegative=True), sp.Function(limit.density)(*places, t)
    spread, flux, source = (named.get(n, sp.Integer(0)).xreplace({density: u}) for n in ("D", "flux", "source"))
    if "source" not in named:
        source = named.get("a_0", sp.Integer(0)) * u
        flux = named.get("v", sp.Integer(0)) * u
    if any(e.has(*places, t) or e.atoms(AppliedUndef) for e in (spread, flux, source)):
        raise NotYetError("fronts are handled for coefficients of one density that do not depend on place")
    if sp.expand(source.xreplace({u: sp.Integer(0)})) != 0:
        raise DerivationError("the empty state is no solution: there is no front into it")
    return front(Medium(u, spread, flux, source, parameter_intervals(model.parameters)))


def _along_one_axis(model: JumpModel, limit: ContinuumLimit) -> dict[str, sp.Expr]:
    """The coefficients along an axis of an isotropic equation without drift: a plane front moves as in one dimension."""
    named, axes = dict(limit.coefficients), model.coordinates
    spread = [named.get(f"D_{c}{c}") for c in axes]
    mixed = [v for n, v in named.items() if n.startswith(("v_", "flux_", "D_")) and v not in spread]
    if spread[0] is None or len(set(spread)) != 1 or any(v != 0 for v in mixed):
        raise NotYetError("fronts in several dimensions are handled for isotropic diffusion without drift so far")
    return {"D": spread[0]} | {n: named[n] for n in ("a_0", "source") if n in named}


def _telegraph(named: dict[str, sp.Expr]) -> Found:
    """The least s(q)/q of s^2 + d s = c^2 q^2 + a_0: c sqrt(a_0/(d^2/4 + a_0)), and c where nothing is damped."""
    if any(sp.expand(named.get(n, sp.Integer(0))) != 0 for n in ("cross_rate", "bias_rate")):
        raise NotYetError("fronts of a telegrapher's equation are handled without bias")
    damping, growth, square = named["damping_rate"], named.get("a_0", sp.Integer(0)), named["c2"]
    if growth.is_nonpositive:
        raise DerivationError(
            "nothing grows: there is no front", instead="state [[reactions]], such as u -> u + u at a rate"
        )
    speed = sp.sqrt(square)
    slower = speed * sp.sqrt(sp.factor(growth / (damping**2 / 4 + growth)))
    value = slower if damping.is_positive else sp.Piecewise((slower, damping > 0), (speed, True))
    return Found(value, (PULLED, f"{growth} > 0"))
