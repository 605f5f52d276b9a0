"""The master equation of a model with continuous internal states, for P(x, u, t), written out for display.

``AngularLaplacian`` is the Laplacian on the directions, ``AngularDerivative`` the derivative by the angle in the plane, and
``Renewed_u`` the law in which u is drawn afresh.
"""

from __future__ import annotations

from collections.abc import Callable

import sympy as sp

from symdiff.continuum.master import arrival, gain_by_reset, gradient, moving, with_reactions
from symdiff.equations.evolution_equation import MasterEquation, StateEquation
from symdiff.model.jump_model import JumpModel


def internal_master_equation(model: JumpModel) -> MasterEquation:
    """One equation per state: jumps, motion in space, and the internal state's own motion and renewal."""
    x, t = model.coordinate_symbols, model.time
    inside = tuple(s for v in model.internals for s in v.symbols)
    equations = []

    def density(name: str, fresh: tuple[str, ...]) -> Callable[..., sp.Expr]:
        function = sp.Function(name)

        def at(*places: sp.Expr) -> sp.Expr:
            value = function(*places[:-1], *inside, places[-1])
            return sp.Function(f"Renewed_{'_'.join(fresh)}")(value) if fresh else value

        return at

    names, everything = model.state_names, tuple(v.name for v in model.internals)
    discrete = model.clock == "discrete"
    for i, name in enumerate(names):
        here = sp.Function(name)(*x, *inside, t)
        before = density(name, everything if discrete else ())(*x, t)
        terms, leaving = [], sp.Integer(0)
        for target, source, jump in model.transitions():
            fresh = everything if discrete else jump.redraw
            if target == i:
                walkers = density(names[source], fresh)
                if jump.destination is None:
                    terms.append(arrival(model, jump, walkers))
                else:
                    terms.append(gain_by_reset(model, jump.destination, jump.intensity, walkers, total=False))
            if source == i:
                leaving += jump.intensity
        if discrete:
            assert model.time_step is not None
            lhs = sp.Function(name)(*x, *inside, t + model.time_step)
            stay = sp.Integer(0) if model.lossy else sp.expand(1 - leaving)
            terms.append(stay * before)
        else:
            lhs = sp.Derivative(here, t)
            terms += [-leaving * here, moving(model, i, here), *_own(model, here)]
        equations.append(StateEquation(name, lhs, sp.Add(*terms)))
    equations = with_reactions(model, equations, inside)
    return MasterEquation(tuple(equations), (equations[0].lhs, equations[0].rhs) if len(equations) == 1 else None)


def _own(model: JumpModel, here: sp.Expr) -> list[sp.Expr]:
    terms = []
    for v in model.internals:
        if v.domain == "direction":
            terms.append(v.diffusivity * sp.Function("AngularLaplacian")(here))
            terms += [-d * sp.Function("AngularDerivative")(here) for d in v.drift]
        else:
            terms += [gradient(v.diffusivity, here, s, s) for s in v.symbols]
            terms += [-gradient(d, here, s) for s, d in zip(v.symbols, v.drift, strict=False)]
        if v.rate is not None:
            terms.append(sp.Function(f"Renewed_{v.name}")(v.rate * here) - v.rate * here)
    return terms
