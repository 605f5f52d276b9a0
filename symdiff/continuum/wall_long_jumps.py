"""Walls next to jumps over several sites: the layer solved by the roots of the symbol.

Sites are counted into the domain from the last one outside, 0; w_r is the rate of jumps by r sites inwards. Next to an absorbing
wall sum_r w_r (u(n - r) - u(n)) = 0 for n > 0 and u = 0 outside. Without drift u = a + b n + sum_i c_i z_i^n with the roots
0 < |z_i| < 1 of sum_r w_r (z^-r - 1) = 0. As many sites outside are looked at as the longest jump inwards has, L: u vanishes there,
L conditions for L - 1 roots, and with Q(x) = prod_i (x - 1/z_i) the sum of them over Q's coefficients leaves a/b = Q'(1)/Q(1):

    u vanishes at n = sum_i z_i/(1 - z_i).

Of a symmetric walk z/(1 - z) = (sqrt((y + 2)/(y - 2)) - 1)/2 with y = z + 1/z. A symmetric walk whose jumps outside are not made
keeps a constant density exactly, and its wall is half a spacing outside its first site.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import gcd, lcm

import mpmath
import sympy as sp

from symdiff.continuum.leading import leading
from symdiff.continuum.observables.walls import Wall
from symdiff.continuum.regimes import PreparedRegime
from symdiff.continuum.wall_rules import Hop, Rule, first_site
from symdiff.errors import NotYetError
from symdiff.model.jump_model import JumpModel

DIGITS = 30
GIVEN = "where the wall stands is a sum over roots of the symbol of the jumps, given to 16 digits"
NO_WALL = "where exactly the wall stands is not derived for jumps beyond the neighbour"


@dataclass(frozen=True)
class LongChain:
    """The spacing of the sites, the rates by number of sites inwards, the first site's distance from the wall."""

    spacing: sp.Expr
    rates: Mapping[int, sp.Expr]
    first: sp.Expr
    notes: tuple[str, ...]

    @property
    def symmetric(self) -> bool:
        """Whether jumps both ways are alike."""
        return all(sp.expand(w - self.rates.get(-r, 0)) == 0 for r, w in self.rates.items())


def long_chain(
    model: JumpModel, prepared: PreparedRegime, moves: list[Hop], wall: Wall, axis: int, inward: int
) -> LongChain:
    """The jumps as multiples of one spacing; raises :class:`NotYetError` where they are none, or have a drift of their own order."""
    lengths = [m.length for m in moves]
    ratios = [sp.cancel(length / lengths[0]) for length in lengths]
    if not all(r.is_Rational for r in ratios):
        raise NotYetError("jumps whose lengths are no multiples of one spacing, next to a wall, are not handled yet")
    shared = lcm(*(int(r.q) for r in ratios))
    unit = sp.Rational(gcd(*(int(r * shared) for r in ratios)), shared)
    spacing = sp.expand(unit * lengths[0])
    if spacing.is_negative:
        spacing = -spacing
    if not spacing.is_positive:
        raise NotYetError(f"whether the displacement {lengths[0]} leads to the wall depends on its sign")
    found: dict[int, sp.Expr] = {}
    powers = [leading(model, prepared, m.rate) for m in moves]
    lowest = min(p for p, _ in powers)
    for move, (power, rate) in zip(moves, powers, strict=True):
        r = int(sp.cancel(move.length / spacing))
        if power == lowest:
            found[r] = found.get(r, sp.Integer(0)) + rate
    if sp.expand(sp.Add(*(r * w for r, w in found.items()))) != 0:
        raise NotYetError(
            "a drift of the order of the jump rate makes a layer next to the wall that is as thin as the lattice"
        )
    first, notes = first_site(model, wall, spacing, axis, inward)
    return LongChain(spacing, found, first, notes)


def long_rule(wall: Wall, chain: LongChain) -> Rule:
    """The place of an absorbing wall."""
    h, delta = chain.spacing, chain.first
    sites, notes = vanishing(chain)
    if sites is None:
        return Rule("absorbing", notes=(*chain.notes, NO_WALL))
    return Rule("absorbing", length=sp.expand(h - delta - sites * h), notes=(*chain.notes, *notes))


def vanishing(chain: LongChain) -> tuple[sp.Expr | None, tuple[str, ...]]:
    """sum_i z_i/(1 - z_i): in closed form for jumps inwards by at most two sites, else as a number where the rates are numbers."""
    inwards, outwards = max(chain.rates), -min(chain.rates)
    if inwards == 1:
        return sp.Integer(0), ()
    if inwards == 2 and chain.symmetric:
        near, far = chain.rates.get(1, sp.Integer(0)), chain.rates[2]
        return (sp.sqrt(sp.factor(near / (near + 4 * far))) - 1) / 2, ()
    z = sp.Symbol("z_")
    symbol = sp.Poly(
        sp.expand(sum((w * (z ** (inwards - r) - z**inwards) for r, w in chain.rates.items()), sp.Integer(0))), z
    )
    rest = symbol.quo(sp.Poly((z - 1) ** 2, z))
    if inwards == 2 and outwards == 1:
        root = sp.cancel(-rest.coeff_monomial(1) / rest.coeff_monomial(z))
        return sp.cancel(root / (1 - root)), ()
    scale = sp.Add(*chain.rates.values())
    coefficients = [sp.cancel(c / scale) for c in rest.all_coeffs()]
    if not all(c.is_Rational for c in coefficients):
        return None, ()
    with mpmath.workdps(DIGITS):
        roots = mpmath.polyroots([mpmath.mpf(int(c.p)) / int(c.q) for c in coefficients], maxsteps=200, extraprec=200)
        inside = [x for x in roots if abs(x) < 1]
        if len(inside) != inwards - 1:
            return None, ()
        total = mpmath.re(mpmath.fsum(x / (1 - x) for x in inside))
        return sp.Float(mpmath.nstr(total, 16), 16), (GIVEN,)
