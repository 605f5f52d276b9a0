"""The generators of a differential ring, and what is raised when the ring must be made anew."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import sympy as sp
from sympy.polys.rings import PolyElement

from symdiff.algebra.multiindex import MultiIndex


class CapacityError(Exception):
    """The ring's spare generators are used up."""


class ExponentialUnitError(Exception):
    """exp(m/degree) is needed after exp(m) was registered: start again with the finer unit."""

    def __init__(self, unit_term: PolyElement, degree: int) -> None:
        super().__init__()
        self.unit_term, self.degree = unit_term, degree


@dataclass(eq=False)
class Atom:
    """One generator: its kind, the SymPy expression it stands for, and what its derivative needs."""

    kind: str
    index: int
    expression: sp.Expr
    varies: bool = False
    base: PolyElement | None = None  # of an inverse, a root or an exponential: what it is taken of
    degree: int = 1  # of a root: which one; of an exponential: its argument is base/degree
    jet: tuple[str, MultiIndex, tuple[int, ...]] | None = None  # name, derivatives, coordinates it depends on
    slope: Callable[[], PolyElement] | None = None  # of another function f(g): f'(g)
    derivatives: dict[int, PolyElement] = field(default_factory=dict)


@dataclass(frozen=True)
class Implicit:
    """A function f that is known by its slope f'(g), an expression in the symbols of its ``value`` and its ``argument``."""

    value: sp.Symbol
    argument: sp.Symbol
    slope: sp.Expr
