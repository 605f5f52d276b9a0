"""What is defined beside a pasted master equation, ``v = ...`` or ``b(n) = ...``, put in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sympy as sp
from sympy.core.function import AppliedUndef

from symdiff.errors import ModelError


def defined(relations: Sequence[sp.Equality], names: Sequence[str]) -> list[sp.Equality]:
    """The relations between densities, with what the others say of their symbols (``v = ...``) put in.

    Raises :class:`ModelError` for a relation without densities that says nothing of them: it is a claim, not part of the model.
    """
    stated = [e for e in relations if not any(c.func.__name__ in names for c in e.atoms(AppliedUndef))]
    kept = [e for e in relations if e not in stated]
    for _ in range(len(stated)):
        used = set().union(*(e.free_symbols for e in kept)) | {c.func for e in kept for c in e.atoms(AppliedUndef)}
        moving = {a for e in kept for c in e.atoms(AppliedUndef) for a in c.args if a.is_Symbol}
        e = next((e for e in stated if e.lhs not in moving and _says(e, used)), None)
        if e is None:
            break
        stated.remove(e)
        kept = [sp.Equality(*(_put_in(side, e) for side in k.args), evaluate=False) for k in kept]
        stated = [sp.Equality(o.lhs, _put_in(o.rhs, e), evaluate=False) for o in stated]
    if stated:
        raise ModelError(f"{stated[0].lhs} = {stated[0].rhs} is no part of the master equation",
                         instead="paste the master equation alone, and the rest as claims")  # fmt: skip
    return kept


def _says(e: sp.Equality, used: set[Any]) -> bool:
    """Whether ``v = ...`` or ``b(n) = ...`` defines something that is used."""
    if e.lhs.is_Symbol:
        return e.lhs in used and e.lhs not in e.rhs.free_symbols
    plain = isinstance(e.lhs, AppliedUndef) and all(a.is_Symbol for a in e.lhs.args)
    return plain and len(set(e.lhs.args)) == len(e.lhs.args) and e.lhs.func in used and not e.rhs.has(e.lhs.func)


def _put_in(side: sp.Expr, e: sp.Equality) -> sp.Expr:
    """A side with what ``e`` defines, everywhere."""
    if e.lhs.is_Symbol:
        return side.xreplace({e.lhs: e.rhs})
    calls = [c for c in side.atoms(AppliedUndef) if c.func == e.lhs.func and len(c.args) == len(e.lhs.args)]
    return side.xreplace({c: e.rhs.xreplace(dict(zip(e.lhs.args, c.args, strict=True))) for c in calls})
