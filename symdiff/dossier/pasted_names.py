"""Names of a pasted formula as a model file may declare them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from typing import Any

import sympy as sp
from sympy.core.function import AppliedUndef

from symdiff.errors import NotYetError
from symdiff.notation.display.build import Typography, build
from symdiff.notation.display.latex import to_latex
from symdiff.notation.names import RESERVED, SUGGESTED_SPELLING, is_identifier, latex_name

LONGEST = 30  # characters, of 40 that a model file allows


def plain_name(name: str, taken: Set[str]) -> str:
    """A name that a model file may declare, other than those taken."""
    plain = name.replace("+", "plus").replace("-", "minus").replace("'", "_prime")
    letters = "".join(c if c.isascii() and (c.isalnum() or c == "_") else "_" for c in plain).strip("_")[:LONGEST]
    found = SUGGESTED_SPELLING.get(plain, letters if letters[:1].isalpha() else f"q{letters}")
    number = 0
    while found in RESERVED or found in taken or found == "t" or not is_identifier(found):
        number += 1
        found = f"{letters if letters[:1].isalpha() else 'q' + letters}{number}"
    return found


def own(e: sp.Expr, names: Mapping[sp.Basic, str]) -> sp.Expr:
    """An expression in the names of the model: symbols and the heads of functions."""
    calls = {
        c: sp.Function(names[c.func])(*(sp.Symbol(names.get(a, "t")) for a in c.args)) for c in e.atoms(AppliedUndef)
    }
    return e.xreplace(calls).xreplace({s: sp.Symbol(n) for s, n in names.items() if isinstance(s, sp.Symbol)})


def declare(
    variables: Sequence[sp.Symbol], used: Sequence[sp.Expr], moving: Set[sp.Symbol]
) -> tuple[dict[sp.Basic, str], dict[str, Any]]:
    """Names of all that stands in expressions of the ``variables``, with the parameters and functions to declare; other
    ``moving`` symbols are states, not parameters.

    Raises :class:`NotYetError` for functions of anything but the variables and time.
    """
    time = sp.Symbol("t")
    names: dict[sp.Basic, str] = {}
    free = {s for e in used for s in e.free_symbols} - {time} - set(moving)
    for symbol in [*variables, *sorted(free - set(variables), key=lambda s: s.name)]:
        names[symbol] = plain_name(symbol.name, set(names.values()))
    document: dict[str, Any] = {"parameters": {n: "positive" for s, n in names.items() if s not in variables}}
    functions: dict[str, list[str]] = {}
    for call in sorted({c for e in used for c in e.atoms(AppliedUndef)}, key=str):
        if any(a not in variables and a != time for a in call.args):
            raise NotYetError(
                f"{call} is no function of the variables", instead="write it as a function of place and time"
            )
        names.setdefault(call.func, plain_name(call.func.__name__, set(names.values())))
        functions[names[call.func]] = [names.get(a, "t") for a in call.args]
    return names, document | ({"functions": functions} if functions else {})


def spelling(name: str) -> str:
    r"""The LaTeX of a symbol of a reading: ``Delta t`` as \\Delta t, ``mu^-`` as \\mu^-."""
    change, _, rest = name.partition(" ")
    if change in ("Delta", "delta") and rest:
        return rf"\{change} {rest}"
    base, mark, above = name.partition("^")
    if mark and above in ("+", "-") and base and "_" not in base:
        return f"{to_latex(build(sp.Symbol(base), Typography()))}^{above}"
    return to_latex(build(sp.Symbol(name), Typography()))


def spelled(parameters: dict[str, Any], names: Mapping[sp.Basic, str]) -> dict[str, Any]:
    """Parameters with the LaTeX of the symbols that they were in the text, where their own names would be set otherwise."""
    shown = {n: spelling(s.name) for s, n in names.items() if isinstance(s, sp.Symbol)}
    return {n: said if n not in shown or shown[n] == latex_name(n) else {"assume": said, "latex": shown[n]}
            for n, said in parameters.items()}  # fmt: skip
