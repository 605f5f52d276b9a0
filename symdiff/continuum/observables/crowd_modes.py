"""Modes of a crowd about a uniform state: the mean-field rules, or an equation in the densities, linearised.

Every density becomes U + a e^(st + ikx) with a small amplitude a; U is the uniform density, u0 unless the reactions fix it.
"""

from __future__ import annotations

import sympy as sp
from sympy.core.function import AppliedUndef

from symdiff.continuum.crowd_master import crowd_master_equation
from symdiff.continuum.limit import ContinuumLimit
from symdiff.continuum.observables.stability import uniform_state
from symdiff.errors import DerivationError, NotYetError
from symdiff.model.definitions import expand_definitions
from symdiff.model.jump_model import JumpModel

Waves = list[sp.Symbol]


def lattice_matrix(model: JumpModel, waves: Waves, *, empty: bool = False) -> tuple[sp.Matrix, tuple[str, ...]]:
    """The rates (in discrete time the factors per step) of plane waves on the lattice, with notes on the uniform state."""
    if model.motions or model.crowd.rod_length is not None or model.crowd.site_rate is not None:
        raise NotYetError(
            "modes of crowds on the lattice are handled for jumps whose rates are given by densities at sites"
        )
    names, x = model.state_names, model.coordinate_symbols
    sides = [expand_definitions(e.rhs, model.functions) for e in crowd_master_equation(model).equations]
    if any(s.has(sp.Integral) for s in sides):
        raise NotYetError("modes of crowds whose steps have a law are not handled on the lattice yet")
    amplitudes = [sp.Dummy(n) for n in names]
    uniform = [sp.Symbol(f"{n}.", positive=True) for n in names]
    change: dict[sp.Expr, sp.Expr] = {}
    for call in {c for s in sides for c in s.atoms(AppliedUndef)}:
        if call.func.__name__ not in names:
            raise NotYetError(f"modes where a rate holds the function {call.func.__name__} are not handled yet")
        i = names.index(call.func.__name__)
        shift = sp.expand(sp.Add(*(k * (a - c) for k, a, c in zip(waves, call.args, x, strict=False))))
        change[call] = uniform[i] + amplitudes[i] * sp.exp(sp.I * shift)
    put = [s.xreplace(change) for s in sides]
    if any(s.has(*x) for s in put):
        raise DerivationError("the rates depend on place: there are no plane waves on the lattice")
    still = dict.fromkeys(amplitudes, sp.Integer(0))
    sources = [
        sp.expand(s.xreplace(still)) - (u if model.clock == "discrete" else 0)
        for s, u in zip(put, uniform, strict=True)
    ]
    state, notes = uniform_state(model, list(names), sources, empty=empty)
    matrix = sp.Matrix(
        len(names), len(names), lambda i, j: sp.expand(sp.diff(put[i], amplitudes[j]).xreplace(still).xreplace(state))
    )
    return matrix, (*notes, "the mean-field rules linearised about the uniform state")


def of_equation(
    model: JumpModel, limit: ContinuumLimit, waves: Waves, *, empty: bool = False
) -> tuple[sp.Matrix, tuple[str, ...]]:
    """The same from the equations of a limit, with the terms that they keep."""
    x, t, names = model.coordinate_symbols, model.time, [e.density for e in limit.equations]
    if not names or any(len(e.left) != 1 or e.left[0].time != 1 for e in limit.equations):
        raise NotYetError("the regime has no equation of first order in time")
    place = sp.exp(sp.I * sp.Add(*(k * c for k, c in zip(waves, x, strict=True))))
    amplitudes = [sp.Dummy(n) for n in names]
    uniform = [sp.Symbol(f"{n}.", positive=True) for n in names]
    change = {sp.Function(n)(*x, t): u + a * place for n, u, a in zip(names, uniform, amplitudes, strict=True)}
    still = dict.fromkeys(amplitudes, sp.Integer(0))
    put = [e.rhs.xreplace(change) for e in limit.equations]
    if any(s.atoms(AppliedUndef) for s in put):
        raise NotYetError("modes where a coefficient holds an unknown function are not handled yet")
    put = [_carried_out(s) for s in put]
    flat = [sp.expand(s.xreplace(still)) for s in put]
    if any(s.has(*x, t) for s in flat):
        raise DerivationError("the coefficients depend on place or time: there are no plane waves")
    state, notes = uniform_state(model, names, flat, empty=empty)
    rows = [[sp.expand(sp.diff(s, a).xreplace(still).xreplace(state) / place) for a in amplitudes] for s in put]
    if any(v.has(*x) for row in rows for v in row):
        raise DerivationError("the coefficients depend on place: there are no plane waves")
    return sp.Matrix(rows), (*notes, "linearised about the uniform state")


def _carried_out(value: sp.Expr) -> sp.Expr:
    """Every derivative of what is written out in the coordinates, from the innermost on."""
    if not value.has(sp.Derivative):
        return value
    if isinstance(value, sp.Derivative):
        return sp.diff(_carried_out(value.expr), *value.variable_count)
    return value.func(*(_carried_out(a) for a in value.args))
