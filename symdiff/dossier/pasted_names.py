"""Names of a pasted formula as a model file may declare them."""

from __future__ import annotations

from collections.abc import Mapping, Set

import sympy as sp
from sympy.core.function import AppliedUndef

from symdiff.notation.names import RESERVED, SUGGESTED_SPELLING, is_identifier


def plain_name(name: str, taken: Set[str]) -> str:
    """A name that a model file may declare, other than those taken."""
    plain = name.replace("+", "plus").replace("-", "minus").replace("'", "_prime")
    found = (
        SUGGESTED_SPELLING.get(plain, "".join(c if c.isalnum() or c == "_" else "_" for c in plain)).strip("_") or "q"
    )
    while found in RESERVED or found in taken or found == "t" or not is_identifier(found):
        found += "1"
    return found


def own(e: sp.Expr, names: Mapping[sp.Basic, str]) -> sp.Expr:
    """An expression in the names of the model: symbols and the heads of functions."""
    calls = {
        c: sp.Function(names[c.func])(*(sp.Symbol(names.get(a, "t")) for a in c.args)) for c in e.atoms(AppliedUndef)
    }
    return e.xreplace(calls).xreplace({s: sp.Symbol(n) for s, n in names.items() if isinstance(s, sp.Symbol)})
