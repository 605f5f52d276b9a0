"""Exits of a walk between neighbouring sites whose rates depend on place: nested sums, exact for any rates.

With up(n) and down(n) the backward equation is a first-order recurrence for differences d(n) = T(n+1) - T(n):
up(n) d(n) = down(n) d(n-1) - 1. The products gamma(n) of down/up telescope where detailed balance holds; they are
written as gamma(n) = c(n)/up(n), c(n) a product of down(j)/up(j-1), which is then a Boltzmann factor.
Source: van Kampen, Stochastic Processes in Physics and Chemistry, ch. XII.2.
"""

from __future__ import annotations

from dataclasses import dataclass

import sympy as sp

from symdiff.algebra.telescoping import telescoped_product
from symdiff.continuum.limit import ContinuumLimit
from symdiff.continuum.observables.backward import Backward
from symdiff.continuum.observables.exit_modes import ONE, ZERO, Exit, Grid, OtherRouteError, Solved, grid
from symdiff.continuum.observables.lattice_walk import lattice_walk
from symdiff.continuum.observables.walls import Interval
from symdiff.errors import NotYetError
from symdiff.model.jump_model import JumpModel


@dataclass(frozen=True)
class BirthDeath:
    """Rates up and down as expressions in the coordinate, and the sites as start + spacing * n."""

    axis: sp.Symbol
    up: sp.Expr
    down: sp.Expr
    sites: Grid
    unit: sp.Expr

    def at(self, rate: sp.Expr, n: sp.Expr) -> sp.Expr:
        """A rate at site n."""
        return rate.xreplace({self.axis: self.sites.start + self.sites.spacing * n})

    def weight(self, n: sp.Symbol, first: sp.Expr) -> sp.Expr:
        """prod of down(j)/up(j-1) over j = first + 1 .. n: the inverse Boltzmann weight of site n, relative to ``first``."""
        j = sp.Dummy("j", integer=True)
        ratio = self.at(self.down, j) / self.at(self.up, j - 1)
        return telescoped_product(ratio, j, first + 1, n)


def birth_death(model: JumpModel, generator: Backward, interval: Interval) -> BirthDeath:
    """The nearest-neighbour walk along one coordinate; raises where jumps are longer or states occur."""
    walk = lattice_walk(generator)
    if walk.size > 1:
        raise NotYetError("rates that depend on place are handled without internal states so far")
    axis = interval.axis
    up, down = ZERO, ZERO
    for hop in walk.hops:
        if abs(hop.move[axis]) > 1:
            raise NotYetError("rates that depend on place are handled for jumps to neighbours so far",
                              instead="give numbers for the size")  # fmt: skip
        up, down = up + (hop.rate if hop.move[axis] == 1 else 0), down + (hop.rate if hop.move[axis] == -1 else 0)
    if up == 0 or down == 0:
        raise NotYetError("a walk that never turns back")
    unit = generator.step if generator.step is not None else ONE
    return BirthDeath(model.coordinate_symbols[axis], up, down, grid(model, walk.spacings[axis], interval), unit)


def solve(
    model: JumpModel, generator: Backward, limit: ContinuumLimit | None, interval: Interval, wanted: Exit
) -> Solved:
    """Values as nested sums over the sites between the walls."""
    if generator.local or len(generator.states) > 1:
        raise OtherRouteError("sums over sites need jumps")
    walk = birth_death(model, generator, interval)
    if walk.sites.count is None:
        raise NotYetError("one wall and rates that depend on place: no sum over finitely many sites")
    low, high = interval.low, interval.high
    assert low is not None
    assert high is not None
    kinds = (low.boundary.kind, high.boundary.kind)
    if "partial" in kinds or any(
        w.boundary.rejected == "mirror" and w.boundary.kind == "reflecting" for w in (low, high)
    ):
        raise NotYetError("partial or mirroring walls and rates that depend on place are not handled together yet")
    n = sp.expand((walk.axis - walk.sites.start) / walk.sites.spacing)
    value = _times(walk, kinds, n, wanted)
    return [value], walk.sites.notes


def _times(walk: BirthDeath, kinds: tuple[str, str], n: sp.Expr, wanted: Exit) -> sp.Expr:
    i, m, count = sp.Symbol("i", integer=True), sp.Symbol("m", integer=True), walk.sites.count
    assert count is not None
    if kinds == ("reflecting", "absorbing"):
        if wanted.kind == "splitting_probability":
            return ONE
        return sp.Sum(_resistance(walk, i, ONE) * sp.Sum(_mass(walk, m, ONE), (m, 1, i)), (i, n, count - 1))
    if kinds == ("absorbing", "reflecting"):
        if wanted.kind == "splitting_probability":
            return ONE
        return sp.Sum(_resistance(walk, i, ZERO) * sp.Sum(_mass(walk, m, ZERO), (m, i + 1, count - 1)), (i, 0, n - 1))
    if kinds != ("absorbing", "absorbing"):
        raise NotYetError("these walls are not handled with rates that depend on place")
    whole = sp.Sum(_resistance(walk, i, ZERO), (i, 0, count - 1))
    part = sp.Sum(_resistance(walk, i, ZERO), (i, 0, n - 1))
    chance = part / whole
    if wanted.kind == "splitting_probability":
        return ONE if wanted.every else chance if wanted.high else 1 - chance
    source = _mass(walk, m, ZERO)
    if not wanted.every:
        k = sp.Symbol("k", integer=True)
        upward = sp.Sum(_resistance(walk, k, ZERO), (k, 0, m - 1)) / whole
        source *= upward if wanted.high else 1 - upward
    inner = _resistance(walk, i, ZERO) * sp.Sum(source, (m, 1, i))
    joint = chance * sp.Sum(inner, (i, 0, count - 1)) - sp.Sum(inner, (i, 0, n - 1))
    return joint if wanted.every else joint / (chance if wanted.high else 1 - chance)


def _resistance(walk: BirthDeath, i: sp.Symbol, first: sp.Expr) -> sp.Expr:
    """gamma(i), up to a factor that cancels: the resistance of the bond from i to i + 1."""
    return sp.powsimp(walk.weight(i, first) / walk.at(walk.up, i), combine="exp")


def _mass(walk: BirthDeath, m: sp.Symbol, first: sp.Expr) -> sp.Expr:
    """unit/(up gamma): the Boltzmann weight of a site, times the time step."""
    return walk.unit / walk.weight(m, first)
