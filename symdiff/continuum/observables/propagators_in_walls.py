"""The density from a point beside one wall and between two, of drift and diffusion: images beside one wall, modes between two.

Sources: H. S. Carslaw and J. C. Jaeger, Conduction of Heat in Solids (1959), ch. XIV; S. Redner, A Guide to First-Passage Processes (2001), ch. 2-3.
"""

from __future__ import annotations

import sympy as sp

from symdiff.continuum.limit import ContinuumLimit
from symdiff.continuum.observables.exit_modes import kappa_at
from symdiff.continuum.observables.passage import constant_motion
from symdiff.continuum.observables.result import Found
from symdiff.continuum.observables.walls import Interval, Wall, intervals
from symdiff.errors import NotYetError
from symdiff.model.jump_model import JumpModel

HALF = sp.Rational(1, 2)


def of_equation(model: JumpModel, limit: ContinuumLimit) -> Found:
    """The density of drift and diffusion with the conditions at the walls of one dimension; raises where it has no closed form."""
    if model.dimension != 1:
        raise NotYetError("propagators between walls are handled in one dimension")
    (interval,) = intervals(model)
    v, spread = constant_motion(model, limit, interval)
    x, start, t = model.coordinate_symbols[0], model.preparation.position[0], model.time
    if interval.periodic or (interval.low is not None and interval.high is not None):
        return Found(_between(interval, x, start, v, spread, t))
    wall = interval.low or interval.high
    assert wall is not None
    sign = 1 if interval.low is not None else -1  # distances from the wall, into the domain
    return Found(_beside(limit, wall, sign * (x - wall.place), sign * (start - wall.place), sign * v, spread, t))


def _beside(
    limit: ContinuumLimit, wall: Wall, y: sp.Expr, start: sp.Expr, v: sp.Expr, spread: sp.Expr, t: sp.Symbol
) -> sp.Expr:
    """One wall, at y = 0: the walker and its image."""
    kind, width = wall.boundary.kind, 4 * spread * t

    def around(place: sp.Expr) -> sp.Expr:
        return sp.exp(-((y - place) ** 2) / width) / sp.sqrt(sp.pi * width)

    carried = sp.exp(v * (y - start) / (2 * spread) - v**2 * t / (4 * spread))
    if kind == "absorbing":
        return carried * (around(start) - around(-start))
    if kind == "reflecting":  # a drift piles the walkers up: Smoluchowski (1916)
        piled = v / (2 * spread) * sp.exp(v * y / spread) * sp.erfc((y + start + v * t) / sp.sqrt(width))
        return carried * (around(start) + around(-start)) - piled
    if kind != "partial":
        raise NotYetError("the density beside this wall has no closed form here")
    pull = kappa_at(wall, limit) + v / 2  # carried takes half of the drift out of D u_y - v u = kappa u
    left = sp.exp(pull * (y + start) / spread + pull**2 * t / spread)
    lost = pull / spread * left * sp.erfc((y + start) / sp.sqrt(width) + pull * sp.sqrt(t / spread))
    return carried * (around(start) + around(-start) - lost)


def _between(interval: Interval, x: sp.Symbol, start: sp.Expr, v: sp.Expr, spread: sp.Expr, t: sp.Symbol) -> sp.Expr:
    """Two walls: the sum over the modes."""
    assert interval.low is not None
    assert interval.high is not None
    length = sp.expand(interval.high.place - interval.low.place)
    y, y0 = x - interval.low.place, start - interval.low.place
    k = sp.Symbol("_k", integer=True, positive=True)
    if interval.periodic:
        wave = 2 * sp.pi * k / length
        body = sp.cos(wave * (x - start - v * t)) * sp.exp(-spread * wave**2 * t)
        return 1 / length + sp.Sum(2 / length * body, (k, 1, sp.oo))
    kinds = (interval.low.boundary.kind, interval.high.boundary.kind)
    wave = sp.pi * k / length
    if kinds == ("absorbing", "absorbing"):
        body = sp.sin(wave * y0) * sp.sin(wave * y) * sp.exp(-(spread * wave**2) * t)
        carried = sp.exp(v * (y - y0) / (2 * spread) - v**2 * t / (4 * spread))
        return carried * sp.Sum(2 / length * body, (k, 1, sp.oo))
    if v != 0:
        raise NotYetError("the density between these walls beside a drift has no closed form here")
    if kinds == ("reflecting", "reflecting"):
        body = sp.cos(wave * y0) * sp.cos(wave * y) * sp.exp(-spread * wave**2 * t)
        return 1 / length + sp.Sum(2 / length * body, (k, 1, sp.oo))
    if set(kinds) == {"absorbing", "reflecting"}:
        wave = sp.pi * (2 * k - 1) / (2 * length)
        function = sp.sin if kinds[0] == "absorbing" else sp.cos
        body = function(wave * y0) * function(wave * y) * sp.exp(-spread * wave**2 * t)
        return sp.Sum(2 / length * body, (k, 1, sp.oo))
    raise NotYetError("the density between these walls has no closed form here")
