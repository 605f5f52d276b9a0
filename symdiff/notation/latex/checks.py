"""A second look at what was read: signs of a misreading that only the whole result shows."""

from __future__ import annotations

from collections.abc import Collection, Iterable

import sympy as sp
from sympy.core.function import AppliedUndef

from symdiff.notation.latex.signs import COORDINATE_LETTERS
from symdiff.notation.latex.state import State

_FORMAL = frozenset({"Mean", "Var", "Cov", "Propto", "Approx", "Tends", "MuchLess", "MuchGreater", "O", "o", "Sum", "Limit", "FracDeriv",
                     "FracLaplacian", "AtMostAbout", "AtLeastAbout"})  # fmt: skip


def doubts(parts: Collection[sp.Basic], state: State) -> list[str]:
    """Warnings for names used in two ways, differing numbers of arguments, stray differentials, and single letters e, d;
    ``parts`` are the equations with everything in them."""
    symbols: set[str] = set()
    arities: dict[str, set[int]] = {}
    for part in parts:
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
    for name in sorted(state.facts.stray & symbols):
        if "d" in symbols - state.facts.names.all and _is_variable(name, state):
            found.append(f"d{name} is read as d times {name}; declare d{name} if it is one symbol")
    found += _constant_bodies(parts)
    return found


def loose_variables(equation: sp.Basic) -> list[str]:
    """Variables of sums and integrals that the equation also has outside of them, other than at their ends."""
    if not equation.has(sp.Sum, sp.Integral):
        return []
    parts = equation.atoms(sp.Sum, sp.Integral)
    limits = [limit for part in parts for limit in part.limits]
    ends = {s for limit in limits for end in limit[1:] for s in end.free_symbols}
    rest = equation.xreplace({part: sp.Dummy() for part in parts})
    return sorted({limit[0].name for limit in limits} & {s.name for s in rest.free_symbols - ends})


def _is_variable(name: str, state: State) -> bool:
    return name == state.facts.time or name in state.facts.coordinates or name in COORDINATE_LETTERS


def _constant_bodies(parts: Iterable[sp.Basic]) -> list[str]:
    """Sums and integrals over something that does not depend on their variable."""
    found: set[str] = set()
    for part in parts:
        if isinstance(part, (sp.Sum, sp.Integral)):
            for limit in part.limits:
                if limit[0] not in part.function.free_symbols and part.function.free_symbols:
                    found.add(f"what is summed or integrated over {limit[0]} does not depend on it")
    return sorted(found)
