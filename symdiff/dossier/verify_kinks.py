"""Where rates have kinks or jumps in place: what must keep its sign for one branch to hold."""

from __future__ import annotations

import sympy as sp

from symdiff.errors import NotYetError
from symdiff.model.jump_model import JumpModel


def kinks_of(model: JumpModel) -> tuple[sp.Expr, ...]:
    """Expressions of place whose signs say which branch of Min, Max, Abs, sign, Heaviside or Piecewise holds.

    Raises :class:`NotYetError` for steps without end (floor).
    """
    found: list[sp.Expr] = []
    shown = [e for j in model.jumps for e in (j.intensity, *j.displacement)]
    shown += [e for m in model.motions for e in (*m.velocity, *(d for row in m.diffusivity for d in row))]
    shown += [r.intensity for r in model.crowd.reactions]
    for atom in {a for e in shown for a in e.atoms(sp.Function, sp.Min, sp.Max, sp.Piecewise)}:
        if not atom.free_symbols & set(model.coordinate_symbols):
            continue
        if isinstance(atom, sp.floor):
            raise NotYetError("rates with steps at every whole number are not cross-checked yet", where=str(atom))
        if isinstance(atom, (sp.Min, sp.Max)):
            first, *others = atom.args
            found += [e - first for e in others]
        elif isinstance(atom, (sp.Abs, sp.sign, sp.Heaviside)):
            found.append(atom.args[0])
        elif isinstance(atom, sp.Piecewise):
            found += [
                r.lhs - r.rhs for _, condition in atom.args for r in condition.atoms(sp.core.relational.Relational)
            ]
    return tuple(dict.fromkeys(sorted(found, key=sp.default_sort_key)))
