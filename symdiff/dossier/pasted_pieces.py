r"""Rates in pieces, ``\begin{cases} D_1/h^2 & x < 0 \\ D_2/h^2 & \text{otherwise}\end{cases}``: compared and written out site by site.

The places at which some condition changes cut the line into points and the intervals between them; in each of these cells a
weight in pieces is a plain expression. Parameters are positive here, as in the model that is written.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Sequence
from dataclasses import dataclass

import sympy as sp
from sympy.core.relational import Relational

from symdiff.errors import NotYetError

MOST_PLACES = 8
_SAMPLES = 12
_ADVICE = 'state the jumps in a model file, each with the sites it starts from: where = "x < 0"'


@dataclass(frozen=True)
class Cell:
    """A point ``low = high``, or the open interval from ``low`` to ``high``."""

    low: sp.Expr
    high: sp.Expr

    @property
    def point(self) -> bool:
        """Whether it is a single place."""
        return bool(self.low == self.high)

    def text(self, x: sp.Expr) -> str:
        """The cell as a condition on ``x``."""
        if self.point:
            return f"{x} = {self.low}"
        ends = [f"{self.low} < "] if self.low != -sp.oo else []
        return "".join(ends) + str(x) + (f" < {self.high}" if self.high != sp.oo else "")


def in_pieces(e: sp.Expr, place: sp.Symbol) -> bool:
    """Whether an expression has conditions on the place."""
    return any(c.has(place) for p in e.atoms(sp.Piecewise) for _, c in p.args)


def _conditions(e: sp.Expr, place: sp.Symbol) -> dict[sp.Basic, tuple[sp.Expr, sp.Expr]]:
    """Every comparison with the place: where it changes, and the slope of its left side minus its right."""
    found = {}
    for r in (r for p in e.atoms(sp.Piecewise) for _, c in p.args for r in c.atoms(Relational) if r.has(place)):
        gap = sp.expand(r.lhs - r.rhs)
        slope = sp.diff(gap, place)
        if not slope.is_number or slope == 0:
            raise NotYetError(f"the condition {r} does not compare the coordinate with a place", instead=_ADVICE)
        found[r] = sp.expand(place - gap / slope), slope
    return found


def orders(places: Sequence[sp.Expr]) -> list[tuple[sp.Expr, ...]]:
    """The orders from left to right in which places stand for positive parameters."""
    draw = random.Random(1)
    symbols = sorted({s for p in places for s in p.free_symbols}, key=str)
    found = set()
    for _ in range(_SAMPLES if symbols else 1):
        at = {s: sp.Rational(draw.randint(1, 10**6), 10**5) for s in symbols}
        found.add(tuple(sorted(places, key=lambda p: p.xreplace(at))))
    return sorted(found, key=str)


def cells_of(
    e: sp.Expr, place: sp.Symbol, order: Sequence[sp.Expr], sites: tuple[sp.Expr, sp.Expr] | None = None
) -> list[tuple[Cell, sp.Expr]]:
    """What an expression is in every cell, from left to right; cells without a site are left out.

    ``sites``: one site and the distance of the next, where all sites are known to lie on one lattice.
    """
    known = _conditions(e, place)
    ends = [-sp.oo, *(p for p in order for _ in (0, 1)), sp.oo]
    found = []
    for number, (low, high) in enumerate(itertools.pairwise(ends)):
        # places 0, 1, ... of the order are the cells 1, 3, ...; the intervals between them have even numbers
        cell = Cell(low, high)
        if sites is not None and _is_empty(cell, *sites):
            continue
        truth = {r: _holds(r, slope * (number - 2 * order.index(at) - 1)) for r, (at, slope) in known.items()}
        found.append((cell, sp.expand(e.xreplace(truth))))
    return found


def _holds(r: sp.Basic, sign: sp.Expr) -> sp.Basic:
    return r.func(sp.sign(sign), sp.Integer(0))


def _is_empty(cell: Cell, origin: sp.Expr, spacing: sp.Expr) -> bool:
    low, high = (sp.cancel((e - origin) / spacing) if e.is_infinite is not True else e for e in (cell.low, cell.high))
    if cell.point:
        return bool(low.is_number and not low.is_Integer)
    return bool(low.is_Rational and high.is_Rational and sp.floor(low) + 1 >= high)


def places_in(expressions: Sequence[sp.Expr], place: sp.Symbol) -> list[sp.Expr]:
    """Where the conditions of some expressions change.

    Raises :class:`NotYetError` for conditions that are not linear in the place, and for very many.
    """
    found = list(dict.fromkeys(at for e in expressions for at, _ in _conditions(e, place).values()))
    if len(found) > MOST_PLACES:
        raise NotYetError(f"conditions that change at {len(found)} places are not read into a model", instead=_ADVICE)
    return found


def site_lattice(
    expressions: Sequence[sp.Expr], place: sp.Symbol, shifts: Sequence[sp.Expr]
) -> tuple[sp.Expr, sp.Expr] | None:
    """One site and the distance of the next: where all jumps are multiples of one length; a single place is a site, else 0 is."""
    steps = [s for s in shifts if s != 0]
    if not steps:
        return None
    ratios = [sp.cancel(s / steps[0]) for s in steps]
    if not all(r.is_Rational for r in ratios):
        return None
    unit = sp.Rational(sp.gcd_list([r.p for r in ratios]), sp.ilcm(*(r.q for r in ratios), 1))
    spacing = sp.expand(steps[0] * unit)
    spacing = -spacing if spacing.could_extract_minus_sign() else spacing
    single = [at for e in expressions for r, (at, _) in _conditions(e, place).items() if isinstance(r, (sp.Eq, sp.Ne))]
    offsets = [at for at in single if not sp.cancel(at / spacing).is_Integer]
    origin = min(offsets, key=lambda at: (at.could_extract_minus_sign(), str(at)), default=sp.S.Zero)
    if any(not sp.cancel((at - origin) / spacing).is_Integer for at in single):
        return None
    return origin, spacing


def written_out(weight: sp.Expr, place: sp.Symbol) -> list[tuple[tuple[Cell, ...], sp.Expr]]:
    """A weight in pieces as plain weights, each with the cells where it holds (neighbouring ones, or all but one point).

    Raises :class:`NotYetError` where the order of the places depends on the parameters.
    """
    (order, *others) = orders(places_in([weight], place))
    if others:
        raise NotYetError(f"which of the places {', '.join(map(str, order))} comes first depends on the parameters", instead=_ADVICE)  # fmt: skip
    runs: list[tuple[list[Cell], sp.Expr]] = []
    for cell, value in cells_of(weight, place, order):
        if runs and sp.expand(runs[-1][1] - value) == 0:
            runs[-1][0].append(cell)
        else:
            runs.append(([cell], value))
    if len(runs) == 3 and runs[1][0][0].point and len(runs[1][0]) == 1 and sp.expand(runs[0][1] - runs[2][1]) == 0:
        runs = [([*runs[0][0], *runs[2][0]], runs[0][1]), runs[1]]
    return [(tuple(cells), value) for cells, value in runs if value != 0]


def condition(cells: Sequence[Cell], x: sp.Expr) -> str:
    """The cells of one piece as the text of ``where``: ``x <= 0``, ``0 < x < L``, ``x != h``."""
    holes = [a.high for a, b in itertools.pairwise(cells) if not a.point and not b.point]
    if holes:
        return f"{x} != {holes[0]}"
    first, last = cells[0], cells[-1]
    if first.point and first == last:
        return f"{x} = {first.low}"
    if last.high == sp.oo:
        return f"{x} {'>=' if first.point else '>'} {first.low}"
    low = "" if first.low == -sp.oo else f"{first.low} {'<=' if first.point else '<'} "
    return f"{low}{x} {'<=' if last.point else '<'} {last.high}"
