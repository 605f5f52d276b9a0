"""A second look at what was read: signs of a misreading that only the whole result shows."""

from __future__ import annotations

from collections.abc import Iterable

import sympy as sp
from sympy.core.function import AppliedUndef

from symdiff.notation.latex.state import State

_FORMAL = frozenset({"Mean", "Var", "Cov", "Propto", "Approx", "Tends", "MuchLess", "MuchGreater", "O", "o", "Sum", "Limit", "FracDeriv",
                     "FracLaplacian", "AtMostAbout", "AtLeastAbout"})  # fmt: skip


def doubts(equations: Iterable[sp.Basic], state: State) -> list[str]:
    """Warnings for names used in two ways, differing numbers of arguments, stray differentials, and single letters e, d."""
    symbols: set[str] = set()
    arities: dict[str, set[int]] = {}
    for equation in equations:
        for part in sp.preorder_traversal(equation):
            if isinstance(part, sp.Symbol):
                symbols.add(part.name)
            elif isinstance(part, AppliedUndef):
                arities.setdefault(part.func.__name__, set()).add(len(part.args))
    found = []
    for name in sorted(set(arities) - _FORMAL):
        if name in symbols and name not in state.bound:
            found.append(f"{name} appears both as a symbol and as a function")
        if len(arities[name]) > 1:
            found.append(f"{name} appears with different numbers of arguments")
    for name in sorted(symbols):
        if len(name) == 2 and name[0] == "d" and "d" in state.facts.merged and name not in state.facts.names.all:
            found.append(f"{name} is read as one symbol")
    stray = sorted(name for name in symbols if f"d{name}" in state.text.replace(" ", "") and _stray_differential(name, state))
    if "d" in symbols and stray:
        found.append(f"d{stray[0]} is read as d times {stray[0]}; declare d{stray[0]} if it is one symbol")
    return found


def _stray_differential(name: str, state: State) -> bool:
    return name == state.facts.time or name in state.facts.coordinates or name in ("x", "y", "z", "t", "r")
