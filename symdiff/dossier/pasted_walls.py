r"""Conditions beside a pasted equation: ``P_0 = 0``, ``P(x + L, t) = P(x, t)``, ``\partial_x P|_{x=0} = 0``, ``P(x, 0) = \delta(x)``.

A density that vanishes at a place is absorbed there, a slope that vanishes where nothing drifts is a reflecting wall, a density that
repeats itself lives on a ring, a delta at time zero is the start. Every other condition is named as left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sympy as sp
from sympy.core.function import AppliedUndef

from symdiff.dossier.pasted_drift import opened
from symdiff.dossier.pasted_ends import End

_T = sp.Symbol("t")
_SAID = "condition at"
_ORDER = (sp.StrictLessThan, sp.LessThan, sp.StrictGreaterThan, sp.GreaterThan)


@dataclass(frozen=True)
class Conditions:
    """The equations without conditions, the walls that these are, the start of the walker, and notes."""

    equations: tuple[sp.Basic, ...]
    walls: tuple[End, ...] = ()
    start: tuple[sp.Expr, ...] = ()
    notes: tuple[str, ...] = ()


def without_conditions(equations: Sequence[sp.Basic]) -> Conditions:
    """Conditions on the density beside the one equation that advances it, taken apart; beside a drift a slope of zero is no wall.

    >>> x, t, P = sp.Symbol("x"), sp.Symbol("t"), sp.Function("P")
    >>> bulk = sp.Eq(P(x, t).diff(t), P(x, t).diff(x, 2))
    >>> without_conditions([bulk, sp.Eq(P(0, t), 0)]).walls
    (End(site=0, above=True, kind='absorbing', open=True, said='condition at', strength=0),)
    """
    densities = _densities(equations)
    if len(densities) > 1:
        return _all_left_out(equations, densities)
    density = densities.pop() if densities else None
    if density is None:
        return Conditions(tuple(equations))
    places = tuple(a for a in density.args if a != _T)
    named = [_with_places_named(e, density) for e in equations]
    stated = [e for e in named if _is_condition(e, density)]
    if not stated:
        return Conditions(tuple(equations))
    kept = [e for e, n in zip(equations, named, strict=True) if n not in stated]
    stated = _chained(stated)
    drifts = any(_drifts(e, density) for e in kept if isinstance(e, sp.Equality) and e.has(density.func))
    ranges = [e for e in kept if isinstance(e, _ORDER) and len(places) == 1 and places[0] in e.args]
    walls: list[End] = []
    notes: list[str] = []
    start: tuple[sp.Expr, ...] = ()
    for e in stated:
        begun = _start(e, density, places)
        found = _wall(e, density, places[0], drifts) if len(places) == 1 else None
        if begun:
            start = begun
            notes.append(f"the walker starts at {', '.join(f'{p} = {b}' for p, b in zip(places, begun, strict=True))}")
        elif found is not None:
            walls.append(found)
        elif not _is_normalised(e, density) and sp.expand(e.lhs - e.rhs) != 0:
            differ = f": its sides differ by {sp.expand(e.lhs - e.rhs)}" if e.lhs in {k.rhs for k in kept if isinstance(k, sp.Equality)} else ""  # fmt: skip
            notes.append(f"{e.lhs} = {e.rhs} is not part of the model{differ}")
    if walls:
        walls = _turned(walls, ranges, places[0])
        kept = [e for e in kept if e not in ranges]
    return Conditions(tuple(kept), tuple(walls), start, tuple(notes))


def _all_left_out(equations: Sequence[sp.Basic], densities: set[AppliedUndef]) -> Conditions:
    """Beside several densities conditions are not read; each is named."""
    heads = [d for d in densities if len({o.func for o in densities}) == len(densities)]
    left = [e for e in equations if any(_is_condition(e, d) for d in heads) and not any(_advances(e, d) for d in heads)]
    notes = tuple(f"{e.lhs} = {e.rhs} is not part of the model" for e in left if sp.expand(e.lhs - e.rhs) != 0)
    return Conditions(tuple(e for e in equations if e not in left), notes=notes)


def _densities(equations: Sequence[sp.Basic]) -> set[AppliedUndef]:
    """The densities that the equations advance in time, as P(x, t)."""
    found: set[AppliedUndef] = set()
    for e in equations:
        if not isinstance(e, sp.Equality):
            continue
        heads = {d.expr for d in e.atoms(sp.Derivative) if d.variables == (_T,) and isinstance(d.expr, AppliedUndef)}
        for c in e.atoms(AppliedUndef):
            if c.args and c.args[-1] != _T and c.args[-1].has(_T) and c.func.__name__ not in ("Mean", "Var"):
                heads.add(c.func(*c.args[:-1], _T))
        found |= {h for h in heads if len(h.args) > 1 and h.args[-1] == _T and all(a.is_Symbol for a in h.args)}
    return found


def _with_places_named(e: sp.Basic, density: AppliedUndef) -> sp.Basic:
    """``P_N``, a symbol beside the density P_n, as P(N, t)."""
    prefix = f"{density.func.__name__}_"
    change = {s: density.func(sp.Symbol(s.name.removeprefix(prefix)), _T)
              for s in e.free_symbols if s.name.startswith(prefix) and len(density.args) == 2}  # fmt: skip
    if not change or not isinstance(e, sp.Equality) or density in e.atoms(AppliedUndef):
        return e
    return sp.Equality(*(side.xreplace(change) for side in e.args), evaluate=False)


def _is_condition(e: sp.Basic, density: AppliedUndef) -> bool:
    """An equation of the density that says nothing of how it changes."""
    if not isinstance(e, sp.Equality):
        return False
    calls = [c for c in e.atoms(AppliedUndef) if c.func == density.func]
    return bool(calls) and not _advances(e, density) and not any(isinstance(a, AppliedUndef) and a.func.__name__ == "Mean" for a in e.atoms(AppliedUndef))  # fmt: skip


def _advances(e: sp.Equality, density: AppliedUndef) -> bool:
    calls = [c for c in e.atoms(AppliedUndef) if c.func == density.func]
    return any(_T in d.variables for d in e.atoms(sp.Derivative)) or any(
        c.args[-1] != _T and c.args[-1].has(_T) for c in calls
    )


def _chained(stated: Sequence[sp.Equality]) -> list[sp.Equality]:
    """``A = B = 0`` as A = 0 and B = 0."""
    zero = {e.lhs for e in stated if e.rhs == 0}
    found = [sp.Equality(e.lhs, sp.S.Zero if e.rhs in zero else e.rhs, evaluate=False) for e in stated]
    return list(dict.fromkeys(found))


def _start(e: sp.Equality, density: AppliedUndef, places: Sequence[sp.Symbol]) -> tuple[sp.Expr, ...]:
    """Where the walker is at the start: P(x, 0) = delta(x - x_0), P_n(0) = delta_{n,0}; () where this is something else."""
    head = e.lhs
    if not isinstance(head, AppliedUndef) or head.args[:-1] != tuple(places) or head.args[-1].has(_T):
        return ()
    deltas = [f for f in sp.Mul.make_args(e.rhs) if isinstance(f, (sp.DiracDelta, sp.KroneckerDelta))]
    found: dict[sp.Symbol, sp.Expr] = {}
    for delta in deltas:
        gap = delta.args[0] if isinstance(delta, sp.DiracDelta) else delta.args[0] - delta.args[1]
        place = next((p for p in places if sp.diff(gap, p) in (1, -1)), None)
        if place is None:
            return ()
        found[place] = sp.expand(place - gap / sp.diff(gap, place))
    whole = sp.Mul(*deltas) == e.rhs and set(found) == set(places)
    return tuple(found[p] for p in places) if whole else ()


def _is_normalised(e: sp.Equality, density: AppliedUndef) -> bool:
    """``\\int P dx = 1``, ``\\sum_n P_n = 1``."""
    return any(one == 1 and isinstance(total, (sp.Integral, sp.Sum)) and total.function == density
               for total, one in (e.args, e.args[::-1]))  # fmt: skip


def _wall(e: sp.Equality, density: AppliedUndef, place: sp.Symbol, drifts: bool) -> End | None:
    """The wall that a condition is; that walkers are above it is looked at later."""
    left, right = e.args
    if isinstance(left, sp.Subs) and right == 0 and len(left.point) == 1:
        slope = left.expr.xreplace({left.variables[0]: place})
        at = left.point[0]
        return (
            End(at, True, "reflecting")
            if slope == sp.Derivative(density, place) and not drifts and _fixed(at, place)
            else None
        )
    if not isinstance(left, AppliedUndef) or left.func != density.func or left.args[-1] != _T:
        return None
    if right == 0:
        return End(left.args[0], True, "absorbing", open=True) if _fixed(left.args[0], place) else None
    if not isinstance(right, AppliedUndef) or right.func != density.func or right.args[-1] != _T:
        return None
    here, there = left.args[0], right.args[0]
    period = sp.expand(here - there)
    if here.has(place) and there.has(place) and not period.has(place) and period != 0:
        return End(period if not period.could_extract_minus_sign() else -period, True, "periodic")
    if abs(period) == 1 and _fixed(here, place) and not drifts:  # P_0 = P_1
        low = here if period == -1 else there
        return End(low, True, "beside")
    return None


def _drifts(e: sp.Equality, density: AppliedUndef) -> bool:
    """Whether something carries walkers to one side, or may do so: unequal jumps, a first derivative, rates that depend on place."""
    gap = opened(sp.expand(e.lhs - e.rhs), [density.func.__name__])
    atoms: list[sp.Expr] = sorted((d for d in gap.atoms(sp.Derivative) if d.expr.has(density.func)), key=str)
    marks: dict[sp.Basic, sp.Dummy] = {d: sp.Dummy() for d in atoms}
    marks |= {c: sp.Dummy() for c in gap.xreplace(marks).atoms(AppliedUndef) if c.func == density.func}
    marked, carried = sp.expand(gap.xreplace(marks)), sp.S.Zero
    for atom, mark in marks.items():
        weight = sp.diff(marked, mark)
        if weight.has(*density.args, *marks.values()) or weight.atoms(AppliedUndef):
            return True
        if isinstance(atom, sp.Derivative):
            carried += weight if atom.derivative_count == 1 and atom.variables[0] != _T else sp.S.Zero
        else:
            carried += weight * sum(
                (a - p for a, p in zip(atom.args, density.args, strict=False) if p != _T), sp.S.Zero
            )
    return bool(sp.expand(carried) != 0) or bool(marked.atoms(sp.Integral, sp.Sum))


def _fixed(at: sp.Expr, place: sp.Symbol) -> bool:
    return not at.has(place, _T) and not at.atoms(AppliedUndef)


def _turned(walls: Sequence[End], ranges: Sequence[sp.Basic], place: sp.Symbol) -> list[End]:
    """The walls with the side on which walkers are: as the ranges say, of two walls between them, else above a number, below a symbol."""
    sites = [w.site for w in walls if w.kind != "periodic"]
    found = []
    for w in walls:
        above = not w.site.free_symbols
        others = [s for s in sites if s != w.site]
        if len(others) == 1:
            gap = sp.expand(others[0] - w.site)
            above = bool(gap > 0) if gap.is_number else not gap.could_extract_minus_sign()
        for e in ranges:
            if isinstance(e, _ORDER) and place in e.args and not sites[1:]:
                above = e.gts == place
        if w.kind == "beside":  # of P_0 = P_1 one is a site and the other stands for what is beyond the wall
            found.append(End(w.site + 1 if above else w.site, above, "reflecting", said=_SAID))
        else:
            found.append(End(w.site, above, w.kind, w.open, _SAID))
    return found
