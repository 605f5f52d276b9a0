"""The chain of sites around places with rules of their own, and the linear map from its left bulk to its right one.

Between neighbouring sites the current is J_(n+1/2) = r_n P_n - l_(n+1) P_(n+1); next to the special sites the density is
stationary at leading order, so that (P, J) is carried from one bulk to the other by one linear map. With u_+- and J_+- the
density and the current extrapolated to the place of the junction,

    u_+ = ratio u_- - resistance J_-,     J_+ = kept J_- - loss u_-,

and the special sites hold ``storage`` u_- more than the densities on both sides account for. Where nothing returns across a
bond, each side ends at a wall of its own with u = length J, J towards the wall.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from math import floor

import sympy as sp

from symdiff.continuum.leading import leading
from symdiff.continuum.regimes import PreparedRegime
from symdiff.errors import ModelError, NotYetError
from symdiff.model.jump_model import Jump, JumpModel
from symdiff.model.regions import holds, place_of, sign_at_place, thresholds

MAX_SITES = 40
DRIFT = "a drift of the order of the jump rate makes a layer next to the special sites that is as thin as the lattice"


@dataclass(frozen=True)
class Chain:
    """The listed sites, numbered from ``first``, the outermost two on either side of the bulk.

    ``up``, ``down`` and ``loss`` are the rates to the right, to the left and of death at every site, at leading order;
    ``phase``: of the sites beside the ``centre``, in spacings. Other ``places`` with rules of their own are far away.
    """

    axis: int
    spacing: sp.Expr
    centre: sp.Expr
    places: tuple[sp.Expr, ...]
    first: int
    up: tuple[sp.Expr, ...]
    down: tuple[sp.Expr, ...]
    loss: tuple[sp.Expr, ...]
    phase: Fraction
    notes: tuple[str, ...] = ()
    deaths: tuple[Jump, ...] = ()  # jumps into states that are never left

    def place(self, index: int) -> sp.Expr:
        """The distance of a listed site from the centre, in spacings."""
        return self.first + index + sp.Rational(self.phase.numerator, self.phase.denominator)

    def mirrored(self) -> Chain:
        """The same chain seen from the right."""
        first = -(self.first + len(self.up) - 1 + self.phase)
        whole = floor(first)
        return replace(
            self, first=whole, phase=first - whole, up=self.down[::-1], down=self.up[::-1], loss=self.loss[::-1]
        )

    @property
    def is_plain(self) -> bool:
        """Whether two different media meet without sites or bonds of a third kind."""
        g, k = self.up[0], self.up[-1]
        return g != k and all(r in (g, k) for r in (*self.up, *self.down)) and not any(self.loss)

    def breaks(self) -> list[int]:
        """The bonds (n, n + 1) that are closed in one direction or in both."""
        return [n for n in range(len(self.up) - 1) if self.up[n] == 0 or self.down[n + 1] == 0]


@dataclass(frozen=True)
class Contact:
    """u_+ = ratio u_- - resistance J_-, J_+ = kept J_- - loss u_-; the special sites hold storage u_- in excess."""

    ratio: sp.Expr
    resistance: sp.Expr
    kept: sp.Expr
    loss: sp.Expr
    storage: sp.Expr


@dataclass(frozen=True)
class End:
    """A wall of one side: alpha u = beta J, J towards the wall, extrapolated to the centre."""

    alpha: sp.Expr
    beta: sp.Expr


def moved(chain: Chain, found: Contact) -> tuple[Contact, sp.Expr]:
    """Two plain media: the place at which they meet without storage, or else without resistance, and how far off it is."""
    left, right = (1 / (rate * chain.spacing**2) for rate in (chain.up[0], chain.up[-1]))
    if found.ratio != 1:
        shift = sp.cancel(found.storage / (1 - found.ratio))
    else:
        shift = sp.cancel(found.resistance / (left - right))
    resistance = sp.factor(sp.cancel(found.resistance + shift * (right - found.ratio * left)))
    storage = sp.factor(sp.cancel(found.storage - shift * (1 - found.ratio)))
    return replace(found, resistance=resistance, storage=storage), shift


# --- the sites --------------------------------------------------------------------------------------------------------


def chain_around(
    model: JumpModel, prepared: PreparedRegime, axis: int, places: list[sp.Expr], deaths: tuple[Jump, ...] = ()
) -> Chain:
    """The chain around some places; raises :class:`NotYetError` where it is no chain of neighbours."""
    spacing, centre, reach, phase, notes = sites_at(model, axis, places)
    low, high = -2, reach + 3
    up, down, loss = rates_at(
        model, prepared, axis, places, (spacing, centre), [n + phase for n in range(low, high + 1)], deaths
    )
    if up[0] != down[0] or up[-1] != down[-1]:
        raise NotYetError(DRIFT)
    if up[0] == 0 or up[-1] == 0:
        raise NotYetError("the rates of the jumps vanish at the special sites, to leading order")
    if loss[0] != 0 or loss[-1] != 0:
        raise NotYetError("special sites in a medium where walkers die are not handled yet")
    return Chain(axis, spacing, centre, tuple(places), low, tuple(up), tuple(down), tuple(loss), phase, notes, deaths)


def sites_at(
    model: JumpModel, axis: int, places: list[sp.Expr]
) -> tuple[sp.Expr, sp.Expr, int, Fraction, tuple[str, ...]]:
    """(spacing, the lowest place, how many spacings the others reach, phase of the sites, notes)."""
    x = model.coordinate_symbols[axis]
    moving = [j for j in model.jumps if j.law is not None or j.displacement[axis] != 0]
    lengths = {_size(j, axis) for j in moving}
    if len(lengths) != 1:
        raise NotYetError("special sites next to jumps beyond the neighbouring site are not handled yet")
    spacing = lengths.pop()
    origin = model.origin[axis] if model.origin else sp.Integer(0)
    relative = [_number(sp.expand((p - places[0]) / spacing)) for p in places]
    centre = places[relative.index(min(relative))]
    start, notes = sp.expand((origin - centre) / spacing), tuple[str, ...]()
    if not start.is_Rational:
        start, notes = sp.Integer(0), (f"{x} = {centre} is a site",)
    reach = int(max(relative) - min(relative))
    if reach + 5 > MAX_SITES:
        raise NotYetError(f"special sites more than {MAX_SITES} spacings apart are not handled yet")
    return spacing, centre, reach, _number(start) % 1, notes


def rates_at(
    model: JumpModel,
    prepared: PreparedRegime,
    axis: int,
    places: list[sp.Expr],
    lattice: tuple[sp.Expr, sp.Expr],
    offsets: list[Fraction],
    deaths: tuple[Jump, ...],
) -> tuple[list[sp.Expr], list[sp.Expr], list[sp.Expr]]:
    """The rates up, down and of death at sites so many spacings from the centre; ``lattice`` is (spacing, centre).

    Raises :class:`ModelError` where a rule of a near place holds at no site.
    """
    x, (spacing, centre) = model.coordinate_symbols[axis], lattice
    never = [
        j for j in (*model.jumps, *deaths) if j.region is not None and set(thresholds([j.region], x)) <= set(places)
    ]
    rows: tuple[list[sp.Expr], list[sp.Expr], list[sp.Expr]] = ([], [], [])
    for number in offsets:
        offset = sp.Rational(number.numerator, number.denominator)
        signs = _signs_at(x, centre + offset * spacing, spacing, places)
        opened = opened_at(model, axis, places, lattice, number)
        never = [j for j in never if not holds(j.region, x, signs)]
        pace = pace_of(model, opened)
        for row, length in zip(rows, (spacing, -spacing), strict=False):
            out = sp.Add(*(j.intensity for j in opened if j.displacement[axis] == length))
            row.append(_leading(model, prepared, out * pace, centre))
        dying = sp.Add(*(j.intensity for j in deaths if holds(j.region, x, signs)))
        if model.lossy:
            dying = 1 - sp.Add(*(j.intensity for j in opened))
        rows[2].append(_leading(model, prepared, dying * pace, centre))
    if never and never[0].region is not None:
        phase = sp.Rational(offsets[0].numerator, offsets[0].denominator) % 1
        raise ModelError(f"no site satisfies '{never[0].region.as_text()}'", where=never[0].label,
                         instead=f"sites are {sp.sstr(sp.expand(centre + phase * spacing))} "
                         f"and others whole multiples of {spacing} away ([model] origin)")  # fmt: skip
    return rows


def opened_at(
    model: JumpModel, axis: int, places: list[sp.Expr], lattice: tuple[sp.Expr, sp.Expr], number: Fraction
) -> list[Jump]:
    """The jumps that are open at a site so many spacings from the centre."""
    x, (spacing, centre) = model.coordinate_symbols[axis], lattice
    signs = _signs_at(x, centre + sp.Rational(number.numerator, number.denominator) * spacing, spacing, places)
    return [j for j in model.jumps if holds(j.region, x, signs)]


def _signs_at(x: sp.Symbol, site: sp.Expr, spacing: sp.Expr, near: list[sp.Expr]) -> Callable[[sp.Expr], int]:
    """Signs of linear gaps at one site; the other places, which are far from it, are on the side that their order says."""

    def sign_at(gap: sp.Expr) -> int:
        if place_of(gap, x) in near:
            return int(sp.sign(sp.expand(gap.xreplace({x: site}) / spacing)))
        return sign_at_place(x, near[0])(gap)

    return sign_at


def _size(jump: Jump, axis: int) -> sp.Expr:
    if jump.law is not None:
        raise NotYetError("special sites of walkers whose steps have a law are not handled yet")
    r = jump.displacement[axis]
    if r.is_positive or r.is_negative:
        return r if r.is_positive else -r
    raise NotYetError(f"which way the displacement {r} leads depends on its sign")


def _number(value: sp.Expr) -> Fraction:
    if not value.is_Rational:
        raise NotYetError(f"the special sites lie {value} spacings apart, which is no number")
    return Fraction(int(value.p), int(value.q))


def pace_of(model: JumpModel, opened: list[Jump]) -> sp.Expr:
    """How often a walker at a site chooses among the jumps that are open there: its rates are this times the intensities."""
    if model.clock != "waiting":
        return sp.Integer(1) if model.time_step is None else 1 / model.time_step
    if not opened:
        return sp.Integer(0)
    laws = [(j, model.wait_before(0, j)) for j in opened]
    if any(law.mean_is_infinite for _, law in laws):
        raise NotYetError("special sites of walkers whose waits have no mean are not handled yet")
    return 1 / sp.Add(*(j.intensity * law.moment(1) for j, law in laws))


def _leading(model: JumpModel, prepared: PreparedRegime, value: sp.Expr, centre: sp.Expr) -> sp.Expr:
    """At leading order; a coordinate that is written out stands for the place of the special sites."""
    if not value.atoms(sp.core.function.AppliedUndef):
        value = value.xreplace({c: centre for c in value.free_symbols if c.name in model.coordinates})
    return leading(model, prepared, value)[1]


# --- from one side to the other ---------------------------------------------------------------------------------------


def contact(chain: Chain) -> Contact:
    """The map across a chain all of whose bonds are open in both directions."""
    h, k = chain.spacing, chain.up[-1]
    steps = _carried(chain, len(chain.up) - 1)
    (value, pull), (lost, flow) = steps[-1][0], steps[-1][1]
    last = chain.place(len(chain.up) - 1)
    ratio = sp.factor(sp.cancel(value / h + last * lost / (k * h)))
    resistance = sp.factor(sp.cancel(-(pull / h + last * flow / (k * h))))
    left, right = sp.Rational(1, 2) - chain.place(0), sp.Rational(1, 2) + last
    storage = sp.factor(sp.cancel(sp.Add(*(p[0] for p, _ in steps)) - h * (left + ratio * right)))
    return Contact(ratio, resistance, sp.factor(sp.cancel(flow)), sp.factor(sp.cancel(-lost)), storage)


def weighted_excess(chain: Chain, weights: Sequence[sp.Expr]) -> sp.Expr:
    """Like the storage of :func:`contact`, with a weight for every listed site; the media have those of the outermost ones."""
    steps = _carried(chain, len(chain.up) - 1)
    left, right = sp.Rational(1, 2) - chain.place(0), sp.Rational(1, 2) + chain.place(len(chain.up) - 1)
    bulk = chain.spacing * (left * weights[0] + contact(chain).ratio * right * weights[-1])
    return sp.factor(sp.cancel(sp.Add(*(w * p[0] for w, (p, _) in zip(weights, steps, strict=True))) - bulk))


Linear = tuple[sp.Expr, sp.Expr]


def _carried(chain: Chain, last: int) -> list[tuple[Linear, Linear]]:
    """(P_n, J_(n+1/2) without the bond's own rates) of every site up to ``last``, as (of u_-, of J_-)."""
    h, g = chain.spacing, chain.up[0]
    density: Linear = (h, -chain.place(0) / g)  # u_- + y u', u' = - J/(g h^2)
    current: Linear = (sp.Integer(0), sp.Integer(1))
    found = [(density, current)]
    for n in range(last):
        back, lost = chain.down[n + 1], chain.loss[n + 1]
        density = (
            sp.cancel((chain.up[n] * density[0] - current[0]) / back),
            sp.cancel((chain.up[n] * density[1] - current[1]) / back),
        )
        current = (sp.cancel(current[0] - lost * density[0]), sp.cancel(current[1] - lost * density[1]))
        found.append((density, current))
    return found


def ends(chain: Chain) -> tuple[End, End]:
    """The walls at which the two sides end where some bond is closed; raises for bonds that are open one way into a side."""
    return _left_end(chain), _left_end(chain.mirrored())


def _left_end(chain: Chain) -> End:
    n = chain.breaks()[0]
    if chain.down[n + 1] != 0:
        raise NotYetError("a bond that is open in one direction only is not handled yet",
                          instead="open it both ways, close it, or let walkers stay at the site behind it")  # fmt: skip
    density, current = _carried(chain, n)[-1]
    alpha, beta = (sp.factor(sp.cancel(chain.up[n] * density[i] - current[i])) for i in (0, 1))
    return End(alpha, -beta)  # nothing comes back: J_(n+1/2) = up_n P_n
