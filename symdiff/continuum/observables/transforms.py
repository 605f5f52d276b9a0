"""The law of a walker from a point in k and t, and in k and s: all modes of its states, with their weights.

With the generator M(k) of e^(ikx) (in discrete time the step) and the shares p of the states at the start, in their order,
P(k, t) = 1.e^(M t).p, in discrete time 1.M^n.p, and P(k, s) = 1.(s - M)^(-1).p. One growth rate s(k) says all where there is one state.
"""

from __future__ import annotations

import sympy as sp

from symdiff.continuum.limit import ContinuumLimit
from symdiff.continuum.observables.backward import of_limit, of_model, state_law
from symdiff.continuum.observables.dispersion import as_waves, forward_symbol, wave_vector
from symdiff.errors import NotYetError
from symdiff.model.jump_model import JumpModel

MOST_STATES = 6


def modes(model: JumpModel, limit: ContinuumLimit | None) -> tuple[sp.Matrix, sp.Matrix, sp.Expr | None] | None:
    """M(k), the shares at the start and the time step; None where a single growth rate says all.

    Raises :class:`NotYetError` where the states cannot be followed.
    """
    if limit is None and len(model.state_names) < 2:
        return None
    generator = of_model(model) if limit is None else of_limit(model, limit)
    if generator is None:
        raise NotYetError("the equation is of higher order in time, and its system of states is not known")
    if len(generator.states) < 2:
        return None
    if not generator.homogeneous or generator.internal or len(generator.states) > MOST_STATES:
        raise NotYetError("the transform of the law with these states has no closed form here")
    matrix = forward_symbol(generator, [sp.I * k for k in wave_vector(model)]).applyfunc(as_waves)
    return matrix, sp.Matrix(state_law(model, generator)), generator.step


def law_in_time(model: JumpModel, limit: ContinuumLimit | None) -> sp.Expr | None:
    """P(k, t) of walkers with two states; None where a single growth rate says all."""
    found = modes(model, limit)
    if found is None:
        return None
    matrix, shares, step = found
    if matrix.shape[0] > 2:
        raise NotYetError(
            "the transform of the law is handled for two states", instead="claim P(k, s), which is rational"
        )
    half = sp.expand(matrix.trace() / 2)
    root = sp.sqrt(_tidy(half**2 - sp.expand(matrix.det())))
    rest = sp.expand((sp.ones(1, 2) * (matrix - half * sp.eye(2)) * shares)[0, 0])
    total, t = sp.expand(sum(shares)), model.time
    if step is None:
        return sp.exp(half * t) * (total * sp.cosh(root * t) + rest * sp.sinh(root * t) / root)
    ahead, back, n = half + root, half - root, t / step
    return (total * (ahead**n + back**n) + rest * (ahead**n - back**n) / root) / 2


def law_in_laplace(model: JumpModel, limit: ContinuumLimit | None, s: sp.Symbol) -> sp.Expr | None:
    """P(k, s) of walkers with states in continuous time; None where a single growth rate says all."""
    found = modes(model, limit)
    if found is None:
        return None
    matrix, shares, step = found
    if step is not None:
        raise NotYetError("a walk in discrete time has no Laplace transform here")
    size = matrix.shape[0]
    total = (s * sp.eye(size) - matrix).adjugate(method="berkowitz") * shares
    below = (s * sp.eye(size) - matrix).det(method="berkowitz")
    return sp.expand(sum(total)) / sp.expand(below)


def _tidy(square: sp.Expr) -> sp.Expr:
    return square if square.has(sp.cos, sp.sin, sp.exp) else sp.factor(square)
