"""What a pasted master equation consists of: flows of densities, laws of jumps, motion."""

from __future__ import annotations

from dataclasses import dataclass, field

import sympy as sp

from symdiff.dossier.pasted_laws import Law


@dataclass(frozen=True)
class Flow:
    """weight * d^orders of the density ``source`` at the place x + ``shift``; the weight is stated at the place x."""

    source: str
    shift: tuple[sp.Expr, ...]
    weight: sp.Expr
    orders: tuple[int, ...]


@dataclass(frozen=True)
class Balance:
    """One equation: ``density`` advanced in time (by ``step``, or None for a derivative) = the sum of ``flows``."""

    density: str
    places: tuple[sp.Symbol, ...]
    step: sp.Expr | None
    flows: tuple[Flow, ...]
    crowded: bool = field(default=False, compare=False)  # products of densities stood there, and cancelled
    laws: tuple[Law, ...] = ()  # jumps drawn from a law
    motion: tuple[tuple[sp.Expr, ...], sp.Expr] | None = None  # velocity and diffusivity in conservative form
    resets: tuple[tuple[sp.Expr, tuple[sp.Expr, ...]], ...] = ()  # rates (or probabilities) of jumps to a fixed place
    sources: tuple[sp.Expr, ...] = ()  # walkers that arrive from outside, by place
