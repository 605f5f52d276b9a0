"""The stationary law of walkers that move with one of two velocities (dichotomous noise), exactly.

Without current v_+ p_+ + v_- p_- = 0, so that the flux q = v_+ p_+ obeys q' = -(w_+/v_+ + w_-/v_-) q with the rates w of leaving
the two states, and P = p_+ + p_- = q (1/v_+ - 1/v_-). That is the zero-current density e^psi/D, psi' = v/D, of

    D = -v_+ v_-/(v_+ - v_-),  v = (w_+ v_- + w_- v_+)/(v_+ - v_-).

Walkers are caught between the place where v_- vanishes and that where v_+ does, if both velocities lead there.
Source: Horsthemke and Lefever, Noise-Induced Transitions (1984), from memory; checked against averages of moments.
"""

from __future__ import annotations

from dataclasses import dataclass

import sympy as sp

from symdiff.continuum.observables.backward import Backward
from symdiff.errors import NotYetError


@dataclass(frozen=True)
class TwoVelocities:
    """The drift and diffusivity with the same stationary law, between two places that may be infinite."""

    drift: sp.Expr
    diffusivity: sp.Expr
    low: sp.Expr
    high: sp.Expr


def two_velocities(generator: Backward) -> TwoVelocities | None:
    """The law's ingredients where a walker has one of two velocities on a line and does nothing else; None for other processes.

    Raises :class:`NotYetError` where the velocities do not hold the walkers between two places.
    """
    if len(generator.states) != 2 or len(generator.coordinates) != 1 or generator.resets or generator.step is not None:
        return None
    (x,) = generator.coordinates
    rates, velocities = [sp.S.Zero, sp.S.Zero], [sp.S.Zero, sp.S.Zero]
    for move in generator.moves:
        if move.law is not None or any(r != 0 for r in move.step):
            return None
        if move.target != move.source:
            rates[move.source] += move.rate
    for term in generator.local:
        if term.order != (1,) or term.target != term.source:
            return None
        velocities[term.source] += term.coefficient
    if 0 in velocities or 0 in rates or any(not v.is_polynomial(x) for v in velocities):
        return None
    upwards, low, high = _held_between(velocities, x)
    downwards = 1 - upwards
    up, down = velocities[upwards], velocities[downwards]
    gap = sp.factor(up - down)
    return TwoVelocities(
        sp.factor((rates[upwards] * down + rates[downwards] * up) / gap), sp.factor(-up * down / gap), low, high
    )


def _held_between(velocities: list[sp.Expr], x: sp.Symbol) -> tuple[int, sp.Expr, sp.Expr]:
    """Which state moves up, and between which places: there it moves up and the other down, each to where it comes to rest."""
    if all(not v.has(x) for v in velocities):
        signs = [1 if v.is_positive else -1 if v.is_negative else 0 for v in velocities]
        if sorted(signs) == [-1, 1]:
            return signs.index(1), -sp.oo, sp.oo
    found = []
    for upwards in (0, 1):
        up, down = velocities[upwards], velocities[1 - upwards]
        for high in _rests(up, x):
            for low in _rests(down, x):
                middle = (low + high) / 2
                inside = (
                    sp.factor(up.xreplace({x: middle})),
                    sp.factor(-down.xreplace({x: middle})),
                    sp.factor(high - low),
                )
                if all(e.is_positive for e in inside) and sp.degree(up, x) == sp.degree(down, x) == 1:
                    found.append((upwards, low, high))
    if len(found) != 1:
        raise NotYetError("the two velocities do not tell between which places walkers stay: handled are velocities linear in place, "
                          "each with one place of rest, and constant ones of opposite signs")  # fmt: skip
    return found[0]


def _rests(velocity: sp.Expr, x: sp.Symbol) -> list[sp.Expr]:
    """Where a velocity vanishes and leads back to."""
    if sp.degree(velocity, x) != 1:
        return []
    slope, constant = sp.Poly(velocity, x).all_coeffs()
    return [sp.factor(-constant / slope)] if slope.is_negative else []
