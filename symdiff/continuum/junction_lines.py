"""Motion along special sites: what a line of sites carries along itself beyond the media on both sides.

With P_n the density per site at the n-th listed site over the density u beside the line, w_n and t_n the drift and the diffusivity of
its jumps along another coordinate y, the sites of the line exchange with the bulk what is left of

    d/dt (storage u) + d_y (W u) - d_yy (E u),    E = h sum_n P_n t_n - (the same of the media continued to the line),

and W alike: of walkers that the line holds, E is the storage times their diffusivity; a fast lane has E without storage.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction

import sympy as sp

from symdiff.continuum.junction_chain import opened_at, pace_of
from symdiff.continuum.leading import leading
from symdiff.continuum.regimes import PreparedRegime
from symdiff.errors import NotYetError
from symdiff.model.jump_model import Jump, JumpModel

Excess = Callable[[Sequence[sp.Expr]], sp.Expr]
"""The mass of the listed sites per density beside them, each weighted, beyond that of the bulk."""


@dataclass(frozen=True)
class Line:
    """What a line adds to the balance of its sites: an expression beside the current, and its coefficients."""

    balance: sp.Expr
    named: tuple[tuple[str, sp.Expr], ...]


def line_of(
    model: JumpModel, prepared: PreparedRegime, axis: int, places: list[sp.Expr], lattice: tuple[sp.Expr, sp.Expr],
    offsets: Sequence[Fraction], excess: Excess, weigh: Callable[[sp.Expr], tuple[Fraction, sp.Expr]], flux_weight: Fraction,
    density: sp.Expr,
) -> Line:  # fmt: skip
    """The terms that count beside the current; raises :class:`NotYetError` where they outweigh it or jumps are oblique."""
    balance, named = sp.Integer(0), list[tuple[str, sp.Expr]]()
    gradient = Fraction(0) if prepared.is_long_wave else Fraction(prepared.grading.derivative)
    for n, name in enumerate(model.coordinates):
        if n == axis:
            continue
        for order, role, sign in ((1, "line_drift", 1), (2, "line_diffusivity", -1)):
            rows = [[_moment(j, n, order) * j.intensity * pace / order for j in opened]
                    for opened, pace in _at_sites(model, axis, places, lattice, offsets)]  # fmt: skip
            row = [leading(model, prepared, sp.Add(*entries))[1] for entries in rows]
            power, value = weigh(sp.factor(sp.cancel(excess(row))))
            if value == 0 or power + order * gradient > flux_weight:
                continue
            if any(j.displacement[axis] != 0 and _moment(j, n, 2) != 0 for j in model.jumps):
                raise NotYetError(f"special sites hold walkers that also move along {name} as they leave: their flux there is not handled yet",
                                  instead="give jumps along the special sites and across them separately")  # fmt: skip
            if power + order * gradient < flux_weight:
                raise NotYetError(f"in this regime the sites carry more along {name} than comes to them: they are no condition beside the "
                                  "equation but a line of its own", instead="weigh their rates by a power of the spacing less")  # fmt: skip
            if order == 1 and model.time_step is not None:
                raise NotYetError(
                    f"special sites with a drift of their own along {name}, in discrete time, are not handled yet"
                )
            y = model.coordinate_symbols[n]
            balance += sign * (
                sp.Derivative(value * density, (y, order))
                if value.has(y)
                else value * sp.Derivative(density, (y, order))
            )
            named.append((role if model.dimension == 2 else f"{role}_{name}", value))
    return Line(balance, tuple(named))


def _at_sites(
    model: JumpModel, axis: int, places: list[sp.Expr], lattice: tuple[sp.Expr, sp.Expr], offsets: Sequence[Fraction]
) -> list[tuple[list[Jump], sp.Expr]]:
    """The jumps that are open at every listed site, and how often one is made."""
    found = []
    for number in offsets:
        opened = opened_at(model, axis, places, lattice, number)
        found.append((opened, pace_of(model, opened)))
    return found


def _moment(jump: Jump, n: int, order: int) -> sp.Expr:
    """E[r^order] along a coordinate."""
    r = jump.displacement[n]
    if jump.law is None:
        return r**order
    if jump.law.lengths > 1:
        raise NotYetError("special sites of walkers whose steps have a law of several lengths are not handled yet")
    (row,) = jump.directions
    if row[n] == 0:
        return r**order
    mean = jump.law.raw_moment(1) * row[n]
    return r + mean if order == 1 else r**2 + 2 * r * mean + jump.law.raw_moment(2) * row[n] ** 2
