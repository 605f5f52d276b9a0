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
_BOLD = re.compile(r"(?:bold|hat|vec)+$")
MOST = 24  # vectors to neighbours
_NUMBERED = re.compile(r"(?:e|u|n|delta)(?:bold|hat|boldhat|vec)")


def along_axes(equations: Sequence[sp.Basic]) -> tuple[tuple[sp.Basic, ...], tuple[str, ...]]:
    """``P(r + a xhat, t)`` as P(x + a, y, t) and ``<n_i>`` as n_i, with what was assumed for it.

    Raises :class:`NotYetError` for a vector that is no sum of unit vectors.
    """
    notes: list[str] = []
    equations = _numbered_vectors(equations)
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


def _numbered_vectors(equations: Sequence[sp.Basic]) -> tuple[sp.Basic, ...]:
    r"""``\sum_{k=1}^6 P(r - a e_k, t)`` beside ``e_k = (\cos k\pi/3, \sin k\pi/3)`` as its terms in the coordinates."""
    named = {
        _BOLD.sub("", c.func.__name__)
        for e in equations
        for c in e.atoms(AppliedUndef)
        if _BOLD.search(c.func.__name__)
    }
    given: dict[str, dict[str, sp.Equality]] = {}
    for e in equations:
        if (
            isinstance(e, sp.Equality)
            and isinstance(e.lhs, AppliedUndef)
            and len(e.lhs.args) == 1
            and e.lhs.args[0].is_Symbol
        ):
            base, _, axis = e.lhs.func.__name__.rpartition("_")
            if base in named and axis in AXES and not e.rhs.atoms(AppliedUndef):
                given.setdefault(base, {})[axis] = e
    if not given:
        return tuple(equations)
    used = {e for rows in given.values() for e in rows.values()}
    kept = [e for e in equations if e not in used]
    opened = [e.xreplace({t: _vector_terms(t, given) for t in e.atoms(sp.Sum)}) for e in kept]
    return tuple(opened) if opened == kept else _in_coordinates(opened, max(len(rows) for rows in given.values()))


def _vector_terms(total: sp.Sum, given: dict[str, dict[str, sp.Equality]]) -> sp.Expr:
    """The terms of a sum over numbered vectors; the sum itself where it is over something else."""
    if len(total.limits) != 1 or len(total.limits[0]) != 3:
        return total
    index, low, high = total.limits[0]
    calls = [
        c for c in total.function.atoms(AppliedUndef) if c.args == (index,) and _BOLD.sub("", c.func.__name__) in given
    ]
    if len(calls) != 1 or not (low.is_Integer and high.is_Integer and 0 <= high - low < MOST):
        return total
    (vector,), rows = calls, given[_BOLD.sub("", calls[0].func.__name__)]
    terms = []
    for number in range(int(low), int(high) + 1):
        change: dict[sp.Basic, sp.Expr] = {}
        for c in total.function.atoms(AppliedUndef):
            moved = [a for a in c.args if any(_POSITION.fullmatch(s.name) for s in a.free_symbols)]
            if len(moved) != 1:
                continue
            (place,) = (s for s in moved[0].free_symbols if _POSITION.fullmatch(s.name))
            length = sp.expand(moved[0] - place).coeff(vector)
            if sp.expand(moved[0] - place - length * vector) != 0:
                return total
            parts = [
                sp.Symbol(x) + length * rows[x].rhs.xreplace({rows[x].lhs.args[0]: sp.Integer(number)})
                for x in AXES
                if x in rows
            ]
            change[c] = c.func(*(p for a in c.args for p in (parts if a is moved[0] else (a,))))
        terms.append(total.function.xreplace(change))
    return sp.Add(*terms)


def _in_coordinates(equations: Sequence[sp.Basic], size: int) -> tuple[sp.Basic, ...]:
    """What is left of the position vector, as its coordinates."""
    change = {
        c: c.func(
            *(
                p
                for a in c.args
                for p in ([sp.Symbol(x) for x in AXES[:size]] if a.is_Symbol and _POSITION.fullmatch(a.name) else (a,))
            )
        )
        for e in equations
        for c in e.atoms(AppliedUndef)
    }
    return tuple(e.xreplace({c: v for c, v in change.items() if c != v}) for e in equations)


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
