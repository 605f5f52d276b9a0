"""The mean-field master equation of a crowd, written out for display."""

from __future__ import annotations

from functools import lru_cache

import sympy as sp
from sympy.core.function import AppliedUndef

from symdiff.continuum.crowd_rules import Activity, jump_activities, reaction_activities
from symdiff.equations.evolution_equation import MasterEquation, StateEquation
from symdiff.model.jump_model import JumpModel
from symdiff.model.places import read_at
from symdiff.model.step_law import StepLaw


@lru_cache(maxsize=2)  # shown, and put into numbers by the second route
def crowd_master_equation(model: JumpModel) -> MasterEquation:
    """One equation per state: every gain and loss at x, each activity read at the place where its event happens.

    In discrete time the reactions follow the jumps: they are written with the densities after the jumps, u_moved.
    """
    names, t = model.state_names, model.time
    jumps, reactions = jump_activities(model), reaction_activities(model)
    discrete = model.clock == "discrete"
    change = {name: sp.Add(*_terms(name, jumps, model)) for name in names}
    more = {name: sp.Add(*_terms(name, reactions, model)) for name in names}
    equations = []
    for name in names:
        here = sp.Function(name)(*model.coordinate_symbols, t)
        if not discrete:
            rhs = change[name] + more[name] + sp.Add(*_motion(name, model))
            equations.append(StateEquation(name, sp.Derivative(here, t), rhs))
            continue
        assert model.time_step is not None
        later = sp.Function(name)(*model.coordinate_symbols, t + model.time_step)
        if not reactions:
            equations.append(StateEquation(name, later, here + change[name]))
            continue
        moved = {n: here_of(n, model) + change[n] for n in names}
        equations.append(StateEquation(name, later, moved[name] + _after_jumps(more[name], moved, model)))
    found = tuple(equations)
    return MasterEquation(found, (found[0].lhs, found[0].rhs) if len(found) == 1 else None)


def law_names(model: JumpModel) -> dict[StepLaw, str]:
    """How the densities of the step laws are called: phi, of several laws phi1, phi2, ..."""
    laws = list(dict.fromkeys(j.law for j in model.jumps if j.law is not None))
    return {law: "phi" if len(laws) == 1 else f"phi{n + 1}" for n, law in enumerate(laws)}


def _motion(name: str, model: JumpModel) -> list[sp.Expr]:
    """- d_b(v_b u) + d_b(d_c(D_bc u) - a (d_c D_bc) u), the motion inside a state."""
    motion = model.motion_of(model.state_names.index(name))
    if motion is None:
        return []
    x, here = model.coordinate_symbols, here_of(name, model)
    found = [-sp.Derivative(v * here, c) for v, c in zip(motion.velocity, x, strict=True) if v != 0]
    for b, row in enumerate(motion.diffusivity):
        for c, entry in enumerate(row):
            if entry == 0:
                continue
            inner = sp.Derivative(entry * here, x[c]) if entry.has(*x) else entry * sp.Derivative(here, x[c])
            if motion.evaluation != 0 and entry.has(*x):
                inner = inner - motion.evaluation * sp.Derivative(entry, x[c]) * here
            found.append(sp.Derivative(inner, x[b]))
    return found


def here_of(name: str, model: JumpModel) -> sp.Expr:
    """The density of a state at x and t."""
    return sp.Function(name)(*model.coordinate_symbols, model.time)


def _terms(name: str, activities: list[Activity], model: JumpModel) -> list[sp.Expr]:
    """Gains and losses of one state; of agents that come from x - d the activity there."""
    x = model.coordinate_symbols
    found = []
    for activity in activities:
        timed = _with_time(activity.rate, model)
        for state, displacement, sign in activity.gains:
            if state != name:
                continue
            if activity.law is not None and sign > 0:
                r = sp.Symbol("r", real=True)
                back = {c: c - d - r * e for c, d, e in zip(x, displacement, activity.direction, strict=True)}
                phi = sp.Function(law_names(model)[activity.law])(r)
                found.append(sp.Integral(phi * read_at(timed, back), (r, -sp.oo, sp.oo)))
            else:
                back = {c: c - d for c, d in zip(x, displacement, strict=True)}
                found.append(sign * read_at(timed, back))
    return found


def _with_time(value: sp.Expr, model: JumpModel) -> sp.Expr:
    names = set(model.state_names)
    calls = {c: c.func(*c.args, model.time) for c in value.atoms(AppliedUndef) if c.func.__name__ in names}
    return value.xreplace(calls)


def _after_jumps(value: sp.Expr, moved: dict[str, sp.Expr], model: JumpModel) -> sp.Expr:
    """Every density replaced by the one after the jumps, at its place."""
    x = model.coordinate_symbols
    change = {}
    for call in value.atoms(AppliedUndef):
        if call.func.__name__ in moved:
            place = dict(zip(x, call.args[: len(x)], strict=True))
            change[call] = moved[call.func.__name__].xreplace(place)
    return value.xreplace(change)
