"""One walker in several dimensions that is put back at a constant rate: stationary law, and mean time to a sphere.

With D the diffusion tensor, v the drift, nu = d/2 - 1, rho^2 = (x - x0).D^-1.(x - x0) and kappa^2 = r + v.D^-1.v/4, the law of walkers
that are put back to x0 at the rate r is r e^(v.D^-1.(x - x0)/2) (kappa/rho)^nu K_nu(kappa rho)/((2 pi)^(d/2) sqrt(det D)).
Without drift E[e^(-r T)] of the first passage to a sphere is a sum of rho^(-nu) I_nu and rho^(-nu) K_nu, 1 on it.
Source: M. R. Evans, S. N. Majumdar, J. Phys. A 47 (2014) 285001, from memory; checked against integrals over time and solutions on grids.
"""

from __future__ import annotations

from dataclasses import replace

import sympy as sp

from symdiff.continuum.observables.backward import Backward
from symdiff.continuum.observables.result import Found
from symdiff.continuum.observables.round_domain import constant_parts
from symdiff.continuum.observables.shells import Shell, shell_of
from symdiff.errors import DerivationError, NotYetError
from symdiff.model.jump_model import JumpModel, ObservableStatement, make_model


def solved(model: JumpModel, generator: Backward, statement: ObservableStatement) -> Found:
    """The stationary density, or the mean exit time through spheres that all absorb and count; raises for anything else."""
    if len(generator.states) > 1 or any(r.rate.has(*generator.coordinates) for r in generator.resets):
        raise NotYetError(
            "laws of walkers that are put back are handled for constant rates and without internal states so far",
            instead="averages are: ask for a moment",
        )
    if not generator.resets:
        raise DerivationError("resetting does not happen on the time scale of this regime")
    if generator.moves:
        raise NotYetError("laws of walkers that are put back have no closed form on a lattice of several dimensions",
                          instead="the equation of a regime has one")  # fmt: skip
    if statement.kind == "stationary_density":
        return _stationary(model, generator)
    if statement.kind == "mean_exit_time":
        return _first_passage(model, generator, statement)
    raise NotYetError(f"the observable '{statement.kind}' of walkers that are put back is not handled yet",
                      instead="handled: moment, variance, stationary_moment, stationary_density, propagator, mean_exit_time")  # fmt: skip


def _stationary(model: JumpModel, generator: Backward) -> Found:
    if model.boundaries:
        raise NotYetError("stationary laws between walls with resetting are not handled yet")
    x = list(model.coordinate_symbols)
    drift, spread = constant_parts(replace(generator, resets=()), x)
    size = sp.factor(spread.det())
    if size == 0:
        raise NotYetError("resetting of walkers that do not diffuse along every axis is not handled yet")
    inverse, value = spread.inv().applyfunc(sp.factor), sp.Integer(0)
    rate = sp.Add(*(r.rate for r in generator.resets))
    kappa = sp.sqrt(sp.factor(rate + (drift.T * inverse * drift)[0] / 4))
    for reset in generator.resets:
        away = sp.Matrix(x) - sp.Matrix(reset.place)
        rho = sp.sqrt(sp.factor((away.T * inverse * away)[0]))
        push = sp.exp((drift.T * inverse * away)[0] / 2)
        value += reset.rate * push * _falling(len(x), kappa, rho)
    half = sp.Rational(len(x), 2)
    return Found(value / ((2 * sp.pi) ** half * sp.sqrt(size)))


def _falling(dimension: int, kappa: sp.Expr, rho: sp.Expr) -> sp.Expr:
    """(kappa/rho)^nu K_nu(kappa rho), nu = d/2 - 1."""
    if dimension == 3:
        return sp.sqrt(sp.pi / 2) * sp.exp(-kappa * rho) / rho
    order = sp.Rational(dimension, 2) - 1
    return (kappa / rho) ** order * sp.besselk(order, kappa * rho)


def _growing(dimension: int, kappa: sp.Expr, rho: sp.Expr) -> sp.Expr:
    """(kappa/rho)^nu I_nu(kappa rho), and its finite value at the centre."""
    order = sp.Rational(dimension, 2) - 1
    if rho == 0:
        return (kappa**2 / 2) ** order / sp.gamma(order + 1)
    if dimension == 3:
        return sp.sqrt(2 / sp.pi) * sp.sinh(kappa * rho) / rho
    return (kappa / rho) ** order * sp.besseli(order, kappa * rho)


def _first_passage(model: JumpModel, generator: Backward, statement: ObservableStatement) -> Found:
    """T = (1 - A(start))/(r E[A(place)]), A = E[e^(-r T)] of the walk without resetting."""
    moving, rate = replace(generator, resets=()), sp.Add(*(r.rate for r in generator.resets))
    fields = {name: getattr(model, name) for name in JumpModel.__dataclass_fields__}

    def alive(place: tuple[sp.Expr, ...] | None) -> tuple[sp.Expr, sp.Expr]:
        preparation = replace(model.preparation, position=place or (), stated=place is not None)
        shell = shell_of(make_model(fields | {"preparation": preparation}), moving, statement.target)
        if not shell.every or "reflecting" in shell.kinds:
            raise NotYetError("first passage with resetting is handled to spheres that all absorb and count so far")
        return _alive(shell, sp.sqrt(rate / shell.strength))

    part, whole = alive(model.preparation.position if model.preparation.stated else None)
    back = sp.Add(*(r.rate * alive(tuple(r.place))[0] for r in generator.resets))
    places = " and ".join(sp.sstr(tuple(r.place)) for r in generator.resets)
    return Found((whole - part) / back, (f"{places} lies inside",))


def _alive(shell: Shell, kappa: sp.Expr) -> tuple[sp.Expr, sp.Expr]:
    """Numerator and denominator of the combination of the two radial functions that is 1 at each wall."""
    d, rho = shell.dimension, sp.sqrt(shell.start)
    low = None if shell.inner is None else sp.sqrt(shell.inner)
    high = None if shell.outer is None else sp.sqrt(shell.outer)
    if high is None:
        return _falling(d, kappa, rho), _falling(d, kappa, low)
    if low is None:
        return _growing(d, kappa, rho), _growing(d, kappa, high)
    k, i = [_falling(d, kappa, at) for at in (rho, low, high)], [_growing(d, kappa, at) for at in (rho, low, high)]
    return k[0] * (i[2] - i[1]) - i[0] * (k[2] - k[1]), k[1] * i[2] - k[2] * i[1]
