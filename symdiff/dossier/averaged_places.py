r"""What an average in a claim is taken of, in the model's coordinates: ``x``, ``X(t)``, ``x_N``, ``|\mathbf r(t) - \mathbf r(0)|``.

Moments of walkers are those of the displacement; x(0) is the start. A claim says either how far walkers are from the start or where they
are: the caller chooses (``from_origin``). The displacement r(t) - r(0) is the same in both.
"""

from __future__ import annotations

import sympy as sp
from sympy.core.function import AppliedUndef

from symdiff.continuum.observables.moments import counts_individuals
from symdiff.dossier.quantities import MissingQuantityError
from symdiff.model.jump_model import JumpModel

STYLES = tuple(f"{r}{style}" for r in ("r", "R") for style in ("", "bold", "vec"))  # the place as one letter


def start_of(coordinate: sp.Symbol) -> sp.Symbol:
    """The mark of x(0)."""
    return sp.Symbol(f"{coordinate.name} at time 0", real=True)


def places_in(inside: sp.Expr, model: JumpModel) -> sp.Expr:
    """The same in coordinates, with the marks of :func:`start_of` for places at time 0.

    Raises :class:`MissingQuantityError` for places at other times, for starts that are no part of a displacement in several
    dimensions, and for names of which nothing is known.
    """
    x = model.coordinate_symbols
    declared = {p.name for p in model.parameters}
    inside = _vectors_away(inside, model, declared)
    names = {c.name: c for c in x} | {c.name.upper(): c for c in x}
    names |= {f"{c.name}_{n}": c for c in x for n in ("N", "n", "t")} | {
        f"{c.name.upper()}_{n}": c for c in x for n in ("N", "n", "t")
    }
    names |= {f"Delta {c.name}": c for c in x}
    change: dict[sp.Basic, sp.Expr] = {
        sp.Symbol(f"{r}{label}"): sp.Symbol("r")
        for r in STYLES for label in ("", "_N", "_n", "_t")
        if f"{r}{label}" not in {"r", *declared}
    }  # fmt: skip
    starts = {c: start_of(names[c.func.__name__]) for c in inside.atoms(AppliedUndef) if _at_zero(c, names)}
    _at_one_time(
        [c for c in inside.atoms(AppliedUndef) if c.func.__name__ in (*names, *STYLES) and c not in starts], model
    )
    for call in sorted(inside.atoms(AppliedUndef), key=str):
        if call in starts:
            change[call] = starts[call]
        elif call.func.__name__ in names:
            change[call] = names[call.func.__name__]
        elif (position := sp.Symbol(call.func.__name__)) in change or position.name == "r":
            change[call] = sp.Symbol("r")
    for symbol in sorted(inside.free_symbols, key=str):
        if symbol.name in names and symbol.name not in declared:
            change[symbol] = names[symbol.name]
    length = sp.Symbol("r") if "r" not in declared else None
    result = inside.xreplace(change)
    if length is not None and result.has(length):
        result = sp.expand(result.subs(length, sp.sqrt(sp.Add(*(c**2 for c in x)))))
    _no_lone_start(result, model)
    known = {p.symbol for p in model.parameters} | {model.time}
    marks = {start_of(c) for c in x}
    stray = sorted(str(s) for s in result.free_symbols - set(x) - marks - (known if result.has(*x) else set()))
    if stray:
        raise MissingQuantityError(f"the average of {', '.join(stray)} is not handled yet", False)
    return result


def from_start(places: sp.Expr, model: JumpModel, *, from_origin: bool) -> sp.Expr:
    """``places`` by the displacement: x as start and displacement where the claim counts from the origin, x(0) as the start."""
    start = dict(zip(model.coordinate_symbols, model.preparation.position, strict=True))
    counted = counts_individuals(model)  # their averages are of the numbers themselves
    here = from_origin or counted
    at_zero = {start_of(c): a if here else sp.S.Zero for c, a in start.items()}
    if from_origin and not counted:
        places = places.xreplace({c: c + a for c, a in start.items()})
    return sp.expand(places.xreplace(at_zero)) if places.has(*at_zero) else places


def without_start(places: sp.Expr) -> sp.Expr:
    """The same where no place at time 0 occurs; raises :class:`MissingQuantityError` elsewhere."""
    if marks := [s for s in places.free_symbols if s.name.endswith(" at time 0")]:
        raise MissingQuantityError(f"an average of {marks[0].name.partition(' ')[0]}(0) is not handled here", False)
    return places


def _at_zero(call: AppliedUndef, names: dict[str, sp.Symbol]) -> bool:
    return call.func.__name__ in names and not call.func.__name__.startswith("Delta ") and call.args == (0,)


def _vectors_away(inside: sp.Expr, model: JumpModel, declared: set[str]) -> sp.Expr:
    r"""``|\mathbf r(t) - \mathbf r(0)|`` as the length of the displacement, its components those of x(t) - x(0)."""
    calls = inside.atoms(AppliedUndef)
    for name in STYLES:
        own = [c for c in calls if c.func.__name__ == name and len(c.args) == 1]
        first = [c for c in own if c.args == (0,)]
        later = [c for c in own if c not in first]
        if not first or len(later) != 1 or name in declared or model.dimension == 1:
            continue
        way = sp.Dummy("way", nonnegative=True)
        moved = inside.xreplace({later[0]: first[0] + way})
        if moved.has(first[0]):
            continue
        _at_one_time(later, model)
        square = sp.Add(*((c - start_of(c)) ** 2 for c in model.coordinate_symbols))
        return sp.expand(moved.xreplace({way: sp.sqrt(square)}))
    return inside


def _no_lone_start(places: sp.Expr, model: JumpModel) -> None:
    """In several dimensions x(0) stands in displacements alone, of walks that are the same everywhere: else a stationary
    state may be meant."""
    marks = {start_of(c): c for c in model.coordinate_symbols}
    used = [m for m in marks if places.has(m)]
    if not used or model.dimension == 1:
        return
    moved = sp.expand(places.xreplace({marks[m]: marks[m] + m for m in used}))
    if moved.has(*used) or depends_on_place(model):
        name = marks[used[0]].name
        raise MissingQuantityError(f"an average of {name}(0), at another time than t, is not handled yet", False)


def depends_on_place(model: JumpModel) -> bool:
    """Whether a rate, a step or a motion inside a state depends on place, or walls stand in the way."""
    parts: list[sp.Expr] = [j.intensity for j in model.jumps]
    parts += [r for j in model.jumps for r in j.displacement]
    parts += [e for m in model.motions for e in (*m.velocity, *(d for row in m.diffusivity for d in row))]
    return bool(model.boundaries) or any(e.has(*model.coordinate_symbols) for e in parts)


def _at_one_time(places: list[AppliedUndef], model: JumpModel) -> None:
    """Refuses ``<x(t) x(s)>``: places at other times than t, or n or N steps."""
    step = model.time_step
    known: set[sp.Expr] = {model.time, sp.Symbol("n"), sp.Symbol("N")}
    known |= set() if step is None else {step * sp.Symbol(n) for n in ("n", "N")}
    other = next((c for c in sorted(places, key=str) if len(c.args) != 1 or c.args[0] not in known), None)
    if other is not None:
        raise MissingQuantityError(f"an average of {other}, at another time than t, is not handled yet", False)
