r"""Sums over the neighbours of a site, ``\sum_{j \in N(i)} (P_j - P_i)``, written out on the line, the square or the cubic lattice.

Which lattice that is, the equation does not say: a stated number of dimensions does, or the weights, of which the 1/4 of a square
lattice sum to one in two dimensions only.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import sympy as sp
from sympy.core.function import AppliedUndef

from symdiff.errors import NotYetError

LETTERS = ("i", "j", "k", "l", "m", "n")
_UNITS = ("ehat", "ebold", "eboldhat", "evec", "uhat", "nhat", "uboldhat")
_COORDINATION = sp.Symbol("z")  # the number of neighbours
_BONDS = re.compile(r"(?:a|b|d|e|r|s|u|R|delta|ell|rho)(?:bold|vec|hat|boldhat|vechat)")


@dataclass(frozen=True)
class Around:
    """A sum over the neighbours of ``site``: ``body`` holds the density at ``neighbour``; ``count`` is a stated 2 d, or None."""

    total: sp.Expr
    site: sp.Symbol
    neighbour: sp.Symbol
    body: sp.Expr
    count: sp.Expr | None = None
    spacing: str = ""


def sums_over_neighbours(equations: Sequence[sp.Basic]) -> tuple[Around, ...]:
    """Every sum over neighbours. Raises :class:`NotYetError` for one whose terms cannot be told apart."""
    found = []
    for e in equations:
        for total in sorted(e.atoms(sp.Sum, AppliedUndef), key=str):
            around = _of_a_set(total, e) or _of_bonds(total) or _of_unit_vectors(total) or _of_vectors(total)
            if around is not None:
                found.append(around)
    return tuple(found)


def _of_a_set(total: sp.Expr, e: sp.Basic) -> Around | None:
    """``\\sum_{j\\in N(i)}``, ``\\sum_{\\langle ij\\rangle}``."""
    if not (isinstance(total, AppliedUndef) and total.func.__name__ == "Sum" and len(total.args) == 2):
        return None
    condition = total.args[1]
    if not (isinstance(condition, AppliedUndef) and condition.func.__name__ == "Neighbours"):
        return None
    neighbour = condition.args[0]
    sites = set(condition.args[1:]) or {
        a for c in e.xreplace({total: sp.S.Zero}).atoms(AppliedUndef) for a in c.args[:1]
    }
    if len(sites) != 1:
        raise NotYetError("it is not said whose neighbours are summed over", instead="write \\sum_{j\\in N(i)}")
    return Around(total, sites.pop(), neighbour, total.args[0])


def _of_vectors(total: sp.Expr) -> Around | None:
    """``\\sum_{\\delta} P(r + \\delta)``: over the vectors to the neighbours."""
    if not isinstance(total, sp.Sum) or len(total.limits) != 1:
        return None
    vector, *ends = total.limits[0]
    if not vector.name.endswith(("bold", "vec", "hat")) or ends not in ([], [-sp.oo, sp.oo]):
        return None
    return _at_the_end_of(vector, total)


def _at_the_end_of(bond: sp.Expr, total: sp.Sum) -> Around | None:
    """The sum over the sites r + bond, r - bond or r + a bond."""
    moved = {a for c in total.function.atoms(AppliedUndef) for a in c.args if a.has(bond)}
    place = moved.pop() if len(moved) == 1 else sp.S.Zero
    sites = [s for s in place.free_symbols - bond.free_symbols if s.name.endswith(("bold", "vec"))]
    if len(sites) != 1:
        return None
    length = sp.expand((place - sites[0]) / bond)
    if (
        length.has(bond)
        or length.has(sites[0])
        or not (length in (1, -1) or (length * sp.sign(length.as_coeff_Mul()[0])).is_Symbol)
    ):
        return None
    neighbour = sp.Symbol("neighbour")
    spacing = "" if length in (1, -1) else str(length).lstrip("-")
    return Around(total, sites[0], neighbour, total.function.xreplace({place: neighbour}), spacing=spacing)


def _of_bonds(total: sp.Expr) -> Around | None:
    r"""``\frac{1}{z} \sum_{i=1}^{z} P(r - a_i)``: over the z vectors to the neighbours."""
    if not isinstance(total, sp.Sum) or len(total.limits) != 1:
        return None
    index, low, high = total.limits[0] if len(total.limits[0]) == 3 else (*total.limits[0], sp.S.Zero, sp.S.Zero)
    bonds = {c for c in total.function.atoms(AppliedUndef) if _BONDS.fullmatch(c.func.__name__) and c.args == (index,)}
    counted = high in (_COORDINATION, 2 * sp.Symbol("d"))
    return _at_the_end_of(bonds.pop(), total) if low == 1 and counted and len(bonds) == 1 else None


def _of_unit_vectors(total: sp.Expr) -> Around | None:
    """``\\sum_{i=1}^{d} [P(r + a e_i) + P(r - a e_i)]``."""
    if (
        not isinstance(total, sp.Sum)
        or len(total.limits) != 1
        or total.limits[0][1] != 1
        or total.limits[0][2].is_Integer
    ):
        return None
    index, _, dimension = total.limits[0]
    units = {c for c in total.function.atoms(AppliedUndef) if c.func.__name__ in _UNITS and c.args == (index,)}
    if len(units) != 1 or not dimension.is_Symbol:
        return None
    (unit,) = units
    ahead = {a for c in total.function.atoms(AppliedUndef) for a in c.args if a.has(unit)}
    site = next((s for a in ahead for s in a.free_symbols if s.name.endswith(("bold", "vec"))), None)
    if site is None or {sp.expand(a - site) for a in ahead} != {-sp.expand(a - site) for a in ahead} or len(ahead) != 2:
        raise NotYetError(
            "this sum over unit vectors is not the one over all neighbours", instead="write both, +a e_i and -a e_i"
        )
    length = sp.expand(next(iter(ahead)) - site) / unit
    neighbour = sp.Symbol("neighbour")
    twice = total.function.xreplace(dict.fromkeys(ahead, neighbour))
    spacing = "" if length in (1, -1) else str(length).lstrip("-")
    return Around(total, site, neighbour, sp.expand(twice / 2), 2 * dimension, spacing)


def written_out(equations: Sequence[sp.Basic], sums: Sequence[Around], dimension: int) -> tuple[sp.Basic, ...]:
    """The equations with the 2 ``dimension`` neighbours of the line, the square or the cubic lattice."""
    site = sums[0].site
    used = {s.name for e in equations for s in e.free_symbols} - {site.name}
    letters = [site.name] if site.name in LETTERS else []
    letters += [n for n in LETTERS if n not in used and n not in letters]
    places = tuple(sp.Symbol(n) for n in letters[:dimension])
    if len(places) < dimension or any(s.site != site for s in sums):
        raise NotYetError(
            "sums over the neighbours of several sites are not read into a model", instead="write the terms out"
        )
    held: dict[sp.Basic, sp.Expr] = {s.total: sp.Dummy() for s in sums}
    terms = {held[s.total]: _terms(s, places) for s in sums}
    found = []
    for e in equations:
        sides = [_in_places(side.xreplace(held), {site: places}).xreplace(terms) for side in e.args]
        found.append(e.func(*sides, evaluate=False) if isinstance(e, sp.Equality) else e)
    return tuple(found)


def _terms(around: Around, places: Sequence[sp.Symbol]) -> sp.Expr:
    size = len(places)
    steps = [[sign if n == axis else 0 for n in range(size)] for axis in range(size) for sign in (1, -1)]
    there = [[p + d for p, d in zip(places, step, strict=True)] for step in steps]
    return sp.Add(*(_in_places(around.body, {around.site: places, around.neighbour: each}) for each in there))


def _in_places(e: sp.Basic, sites: Mapping[sp.Symbol, Sequence[sp.Expr]]) -> sp.Basic:
    """Functions of a site as functions of its numbers."""
    change = {}
    for call in e.atoms(AppliedUndef):
        numbered = [a for a in call.args if a in sites]
        if len(numbered) > 1:
            raise NotYetError(f"{call} depends on a pair of sites", instead="write the terms out")
        if numbered:
            change[call] = call.func(*(b for a in call.args for b in sites.get(a, (a,))))
    held = {call: sp.Dummy() for call in change}
    opened = e.xreplace(held)
    if opened.free_symbols & set(sites):
        raise NotYetError("the number of a site stands outside of the densities", instead="write the terms out")
    return opened.xreplace({dummy: change[call] for call, dummy in held.items()})


def _divides(equations: Sequence[sp.Basic], dimension: sp.Symbol) -> bool:
    """Whether d stands as 1/(2 d) in front of a sum over neighbours, and in no other way."""
    found = {p for e in equations for p in e.atoms(sp.Pow) if p.base == dimension}
    halved = all(
        m.as_coeff_Mul()[0] * 2 in (1, -1) for e in equations for m in e.atoms(sp.Mul) if 1 / dimension in m.args
    )
    held = [e.xreplace({1 / dimension: sp.Dummy()}) for e in equations]
    return found == {1 / dimension} and halved and not any(dimension in e.free_symbols for e in held)


def with_dimension(equations: Sequence[sp.Basic], sums: Sequence[Around], dimension: int) -> tuple[sp.Basic, ...]:
    """The equations with the number of neighbours, 2 d or z, put in; sums over neighbours written out."""
    change: dict[sp.Basic, sp.Expr] = {_COORDINATION: sp.Integer(2 * dimension)}
    for around in sums:
        if around.count is not None:
            change[around.count / 2] = sp.Integer(dimension)
    if _divides(equations, sp.Symbol("d")):
        change.setdefault(sp.Symbol("d"), sp.Integer(dimension))
    opened = written_out(equations, sums, dimension)
    return tuple(
        e.func(*(side.xreplace(change) for side in e.args), evaluate=False) if isinstance(e, sp.Equality) else e
        for e in opened
    )
