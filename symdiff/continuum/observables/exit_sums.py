"""Exits of a walk between neighbouring sites whose rates depend on place: nested sums, exact for any rates.

With up(n) and down(n) the backward equation is a first-order recurrence for differences d(n) = T(n+1) - T(n):
up(n) d(n) = down(n) d(n-1) - 1. The products gamma(n) of down/up telescope where detailed balance holds; they are
written as gamma(n) = c(n)/up(n), c(n) a product of down(j)/up(j-1), which is then a Boltzmann factor.
Source: van Kampen, Stochastic Processes in Physics and Chemistry, ch. XII.2.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import sympy as sp

from symdiff.algebra.telescoping import closed_sums, reduced, telescoped_product
from symdiff.continuum.limit import ContinuumLimit
from symdiff.continuum.observables.backward import Backward
from symdiff.continuum.observables.exit_modes import ONE, OVER_TARGET, ZERO, Exit, Grid, OtherRouteError, Solved, grid
from symdiff.continuum.observables.lattice_walk import lattice_walk
from symdiff.continuum.observables.stationary import vanishing_places
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

    def quotients(self, n: sp.Symbol, first: sp.Expr) -> sp.Expr:
        """prod of down(j)/up(j) over j = first + 1 .. n."""
        j = sp.Dummy("j", integer=True)
        return telescoped_product(self.at(self.down / self.up, j), j, first + 1, n)


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
        return _beyond_one_wall(walk, interval, wanted)
    low, high = interval.low, interval.high
    assert low is not None
    assert high is not None
    kinds = (low.boundary.kind, high.boundary.kind)
    if "partial" in kinds or any(
        w.boundary.rejected == "mirror" and w.boundary.kind == "reflecting" for w in (low, high)
    ):
        raise NotYetError("partial or mirroring walls and rates that depend on place are not handled together yet")
    n = sp.expand((walk.axis - walk.sites.start) / walk.sites.spacing)
    value, ratios = closed_sums(_times(walk, kinds, n, wanted))
    return [value], (*walk.sites.notes, *(f"{q} is not 1" for q in ratios if (q - 1).is_zero is None))


def _times(walk: BirthDeath, kinds: tuple[str, str], n: sp.Expr, wanted: Exit) -> sp.Expr:
    i, m, count = sp.Symbol("_i", integer=True), sp.Symbol("_m", integer=True), walk.sites.count
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
        k = sp.Symbol("_k", integer=True)
        upward = sp.Sum(_resistance(walk, k, ZERO), (k, 0, m - 1)) / whole
        source *= upward if wanted.high else 1 - upward
    inner = _resistance(walk, i, ZERO) * sp.Sum(source, (m, 1, i))
    joint = chance * sp.Sum(inner, (i, 0, count - 1)) - sp.Sum(inner, (i, 0, n - 1))
    return joint if wanted.every else joint / (chance if wanted.high else 1 - chance)


def _beyond_one_wall(walk: BirthDeath, interval: Interval, wanted: Exit) -> Solved:
    """Extinction: one wall absorbs, and sites end where the rate away from it vanishes, or never; n counts from the wall.

    T(n) = sum_(i=1)^n sum_(m>=i) S(m)/(S(i) down(m)), S(m) the product of up(k)/down(k) over k = 1 .. m - 1; the chance of
    ever reaching the wall is 1 - sum_(i<n) rho(i)/sum_i rho(i), rho(i) the product of down(k)/up(k) over k = 1 .. i.
    Source: Karlin and Taylor, A First Course in Stochastic Processes, ch. 4.
    """
    wall = interval.low or interval.high
    assert wall is not None
    if wall.boundary.kind != "absorbing":
        raise NotYetError("one wall and rates that depend on place are handled where it absorbs")
    if interval.low is None:  # count downwards from the wall above
        walk = replace(walk, up=walk.down, down=walk.up, sites=replace(walk.sites, spacing=-walk.sites.spacing))
    n = sp.expand((walk.axis - walk.sites.start) / walk.sites.spacing)
    i, m, k = (sp.Symbol(name, integer=True) for name in ("_i", "_m", "_k"))
    up, down = walk.at(walk.up, k), walk.at(walk.down, k)
    notes = walk.sites.notes
    places = vanishing_places(walk.up, walk.axis, below_zero=True)
    beyond = {r: sp.expand((r - walk.sites.start) / walk.sites.spacing) for r in places}
    tops = [r for r, far in beyond.items() if far.is_positive]
    if len(tops) > 1:
        raise NotYetError(f"the rate away from the wall vanishes at several places: {', '.join(map(str, tops))}")
    last = beyond[tops[0]] if tops else sp.oo
    if tops and not last.is_integer:
        notes = (*notes, f"{tops[0]} is a site: no walker comes beyond it")
    if tops and sp.factor(walk.at(walk.down, last)) == 0:
        return _beside_a_trap(walk, last, n, wanted, notes)
    ratio = reduced(down / up)
    if wanted.kind == "splitting_probability":
        if tops:
            return [ONE], notes
        if not ratio.has(k):
            return [sp.Min(ONE, ratio) ** n], notes
        rho = telescoped_product(ratio, k, ONE, i)
        chance = sp.Sum(rho, (i, 0, n - 1)) / sp.Sum(rho, (i, 0, sp.oo))
        return [1 - chance], (*notes, "the sum over all sites converges; else the wall is reached for certain")
    if not wanted.every and not tops and not (ratio - 1).is_nonnegative:
        if ratio.has(k) or not (1 - ratio).is_positive:
            raise NotYetError("the mean time of those walkers that reach the wall, where some escape for ever, is not handled yet",
                              instead="leave the target out: then the mean is over all walkers")  # fmt: skip
        up, down, notes = up * ratio, down / ratio, (*notes, OVER_TARGET)  # the walk of those that come
    finite = True if tops else _converges(sp.cancel(up / down.xreplace({k: k + 1})), k)
    if finite is False:
        return [sp.oo], (*notes, "walkers escape for ever, or come back after times without a mean")
    share = telescoped_product(up / down, k, ONE, m - 1)
    before = telescoped_product(up / down, k, ONE, i - 1)
    value = sp.Sum(walk.unit / before * sp.Sum(share / down.xreplace({k: m}), (m, i, last)), (i, 1, n))
    return [value], notes if finite else (
        *notes,
        "no walker escapes for ever, and the sum converges; else the mean time is infinite",
    )


def _beside_a_trap(walk: BirthDeath, last: sp.Expr, n: sp.Expr, wanted: Exit, notes: tuple[str, ...]) -> Solved:
    """Where no jump leaves the last site either (fixation: nobody of the other kind is left), walkers end there as at a wall."""
    trap = sp.expand(walk.sites.start + walk.sites.spacing * last)
    notes = (*notes, f"no jump leaves {trap}: what comes there stays for ever")
    if wanted.kind == "mean_exit_time":
        if wanted.every and not wanted.named:
            return [sp.oo], notes
        notes = (*notes, OVER_TARGET)
    between = replace(walk, sites=replace(walk.sites, count=last))
    value, ratios = closed_sums(_times(between, ("absorbing", "absorbing"), n, replace(wanted, low=True, high=False, every=False)))  # fmt: skip
    return [value], (*notes, *(f"{q} is not 1" for q in ratios if (q - 1).is_zero is None))


def _converges(ratio: sp.Expr, k: sp.Symbol) -> bool | None:
    """Whether a series of positive terms with this rational ratio converges (Raabe); None where the parameters decide it."""
    top, bottom = sp.fraction(sp.together(ratio))
    if not (top.is_polynomial(k) and bottom.is_polynomial(k)):
        return None
    above, below = sp.Poly(top, k), sp.Poly(bottom, k)
    if above.degree() != below.degree():
        return bool(above.degree() < below.degree())
    limit = sp.cancel(above.LC() / below.LC())
    if sp.expand(limit - 1) != 0:
        return True if (1 - limit).is_positive else False if (limit - 1).is_positive else None
    fall = (
        sp.cancel((below - above).coeff_monomial(k ** (above.degree() - 1)) / below.LC())
        if above.degree()
        else sp.Integer(0)
    )
    return True if (fall - 1).is_positive else False if (1 - fall).is_nonnegative else None


def _resistance(walk: BirthDeath, i: sp.Symbol, first: sp.Expr) -> sp.Expr:
    """gamma(i), up to a factor that cancels: the resistance of the bond from i to i + 1."""
    if _closed_below(walk, first):
        return walk.quotients(i, first)
    return sp.powsimp(walk.weight(i, first) / walk.at(walk.up, i), combine="exp")


def _mass(walk: BirthDeath, m: sp.Symbol, first: sp.Expr) -> sp.Expr:
    """unit/(up gamma): the Boltzmann weight of a site, times the time step."""
    if _closed_below(walk, first):
        return walk.unit / (walk.at(walk.up, m) * walk.quotients(m, first))
    return walk.unit / walk.weight(m, first)


def _closed_below(walk: BirthDeath, first: sp.Expr) -> bool:
    """Whether nothing leaves the first site (an allele that is lost): its rate cancels, but must not be divided by."""
    return bool(sp.cancel(walk.at(walk.up, first)) == 0)
