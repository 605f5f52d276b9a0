"""Equations in a position vector, written out along the axes; averages of numbers of walkers taken for their densities."""

from __future__ import annotations

import re
from collections.abc import Sequence

import sympy as sp
from sympy.core.function import AppliedUndef

from symdiff.errors import NotYetError

AXES = ("x", "y", "z")
_POSITION = re.compile(r"(?:[rxnmR]|ell)(?:bold|vec)")
_UNIT = re.compile(r"([xyz])(?:bold|vec)?hat|(?:e|u|n|i|delta)(?:bold|hat|boldhat|vec)_([xyz123])")
_NUMBERED = re.compile(r"(?:e|u|n|delta)(?:bold|hat|boldhat|vec)")


def along_axes(equations: Sequence[sp.Basic]) -> tuple[tuple[sp.Basic, ...], tuple[str, ...]]:
    """``P(r + a xhat, t)`` as P(x + a, y, t) and ``<n_i>`` as n_i, with what was assumed for it.

    Raises :class:`NotYetError` for a vector that is no sum of unit vectors.
    """
    notes: list[str] = []
    found = tuple(_summed_directions(e) for e in equations)
    units = {s: _axis(s.name) for e in found for s in e.free_symbols if _axis(s.name) is not None}
    positions = {s for e in found for s in e.free_symbols if _POSITION.fullmatch(s.name)}
    if units and positions:
        dimension = 1 + max(a for a in units.values() if a is not None)
        found = tuple(_written_out(e, positions, units, dimension) for e in found)
        notes.append(f"the position has the coordinates {', '.join(AXES[:dimension])}")
    elif positions and any(s.name.rstrip("'").endswith(("bold", "vec")) for e in found for s in _integrated(e)):
        raise NotYetError("integrals over a position vector are not read into a model",
                          instead="state the law of the jumps in a model file: distribution = \"isotropic\" with the law of its length")  # fmt: skip
    elif positions and any(_is_moved(e, positions) for e in found):
        raise NotYetError("displacements of a position vector are read as sums of unit vectors \\hat{x}, \\mathbf{e}_x only",
                          instead="write the terms out, as in P(x+a, y, t) + P(x-a, y, t) + ...")  # fmt: skip
    averaged = {
        c: c.args[0]
        for e in found
        for c in e.atoms(AppliedUndef)
        if c.func.__name__ == "Mean" and c.args[0].atoms(AppliedUndef)
    }
    if averaged:
        names = sorted({n.func.__name__ for c in averaged for n in c.args[0].atoms(AppliedUndef)})
        found = tuple(e.xreplace(averaged) for e in found)
        notes.append(f"the average of {', '.join(names)} is taken for a density")
        if any(not isinstance(c.args[0], AppliedUndef) for c in averaged):
            notes.append("averages of products are taken for products of averages (mean field)")
    return found, tuple(notes)


def _integrated(e: sp.Basic) -> list[sp.Symbol]:
    return [limit[0] for total in e.atoms(sp.Integral) for limit in total.limits]


def _axis(name: str) -> int | None:
    match = _UNIT.fullmatch(name)
    if match is None:
        return None
    label = match.group(1) or match.group(2)
    return "xyz".index(label) if label in "xyz" else int(label) - 1


def _summed_directions(e: sp.Basic) -> sp.Basic:
    """Sums over the unit vectors e_1 ... e_d as their terms."""
    change: dict[sp.Basic, sp.Expr] = {}
    for total in e.atoms(sp.Sum):
        calls = [
            c for c in total.function.atoms(AppliedUndef) if _NUMBERED.fullmatch(c.func.__name__) and len(c.args) == 1
        ]
        if len(total.limits) != 1 or not calls:
            continue
        index, low, high = total.limits[0]
        if not (low == 1 and high.is_Integer and 1 <= high <= 3):
            continue
        terms = [
            total.function.xreplace({c: sp.Symbol(f"ebold_{AXES[n]}") for c in calls}).xreplace(
                {index: sp.Integer(n + 1)}
            )
            for n in range(int(high))
        ]
        change[total] = sp.Add(*terms)
    return e.xreplace(change) if change else e


def _is_moved(e: sp.Basic, positions: set[sp.Symbol]) -> bool:
    """Whether a density stands at a displaced vector."""
    return any(a != p and p in a.free_symbols for c in e.atoms(AppliedUndef) for a in c.args for p in positions)


def _written_out(
    e: sp.Basic, positions: set[sp.Symbol], units: dict[sp.Symbol, int | None], dimension: int
) -> sp.Basic:
    change: dict[sp.Basic, sp.Basic] = {}
    for call in e.atoms(AppliedUndef):
        arguments: list[sp.Expr] = []
        for argument in call.args:
            place = argument.free_symbols & positions
            arguments += [argument] if not place else _components(argument, place, units, dimension)
        if tuple(arguments) != call.args:
            change[call] = call.func(*arguments)
    return e.xreplace(change)


def _components(
    argument: sp.Expr, place: set[sp.Symbol], units: dict[sp.Symbol, int | None], dimension: int
) -> list[sp.Expr]:
    opened = sp.expand(argument)
    rest = opened - sp.Add(*place)
    parts = [sp.diff(rest, next((u for u, a in units.items() if a == n), sp.Dummy())) for n in range(dimension)]
    left = sp.expand(rest - sp.Add(*(u * parts[a] for u, a in units.items() if a is not None and rest.has(u))))
    if len(place) != 1 or left != 0 or any(p.free_symbols & {*units, *place} for p in parts):
        raise NotYetError(f"the displacement {rest} is no sum of unit vectors", instead="write the coordinates out")
    return [sp.Symbol(AXES[n]) + parts[n] for n in range(dimension)]
