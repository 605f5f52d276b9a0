"""A walk on lattice sites: jumps as integer vectors in units of one spacing per coordinate."""

from __future__ import annotations

from dataclasses import dataclass
from math import gcd, lcm

import sympy as sp

from symdiff.continuum.observables.backward import Backward
from symdiff.continuum.observables.result import OffLatticeError
from symdiff.errors import DerivationError, NotYetError

Vector = tuple[int, ...]


@dataclass(frozen=True)
class Hop:
    """A jump by ``move`` sites from state ``source`` to ``target`` at ``rate``, which may depend on the site left."""

    target: int
    source: int
    move: Vector
    rate: sp.Expr


@dataclass(frozen=True)
class LatticeWalk:
    """Hops between the sites origin + spacing * integers."""

    spacings: tuple[sp.Expr, ...]
    hops: tuple[Hop, ...]
    size: int  # number of internal states
    losses: tuple[tuple[int, sp.Expr], ...] = ()  # (state, rate of death less that of birth)

    def single_state(self) -> list[tuple[Vector, sp.Expr]]:
        """(move, rate) without the internal state."""
        return [(h.move, h.rate) for h in self.hops]


def lattice_walk(generator: Backward, *, dying: bool = False) -> LatticeWalk:
    """The jumps on their lattice; raises where they lie on none. ``dying``: walkers may die or multiply beside them."""
    if generator.losses and not dying:
        raise NotYetError("this quantity of walkers that die or multiply is not handled on the lattice yet")
    if len(generator.losses) < len(generator.local):
        raise OffLatticeError("walkers that move or diffuse between jumps are on no lattice")
    if any(
        m.law is not None and m.law.distribution in ("family", "binomial", "poisson", "geometric")
        for m in generator.moves
    ):
        raise NotYetError("families of jumps and laws of numbers are not handled on the lattice here")
    if any(m.law is not None for m in generator.moves):
        raise OffLatticeError("the steps have a continuous law: the walk lives on no lattice")
    columns = [[m.step[i] for m in generator.moves] for i in range(len(generator.coordinates))]
    spacings, whole = [], []
    for axis, column in zip(generator.coordinates, columns, strict=True):
        spacing, integers = multiples(column, axis)
        spacings.append(spacing)
        whole.append(integers)
    hops = [
        Hop(m.target, m.source, tuple(column[n] for column in whole), m.rate) for n, m in enumerate(generator.moves)
    ]
    kept = [h for h in hops if any(h.move) or h.target != h.source]
    losses = tuple((c.source, -c.coefficient) for c in generator.losses)
    return LatticeWalk(tuple(spacings), tuple(kept), len(generator.states), losses)


def multiples(lengths: list[sp.Expr], axis: sp.Symbol) -> tuple[sp.Expr, list[int]]:
    """The spacing of which all lengths are whole multiples, and these; raises :class:`DerivationError` where there is none."""
    parts = [r.as_coeff_Mul() for r in lengths if r != 0]
    if not parts:
        return sp.Integer(1), [0] * len(lengths)
    unit = parts[0][1]
    if any(other != unit or not c.is_Rational for c, other in parts) or unit.has(axis):
        raise DerivationError(f"the displacements along {axis} are not multiples of one spacing: the walk lives on no lattice",
                              instead="state them as multiples of one length, such as h and -2*h")  # fmt: skip
    scale = lcm(*(int(c.q) for c, _ in parts))
    common = gcd(*(int(c * scale) for c, _ in parts))
    spacing = sp.Rational(common, scale) * unit
    return spacing, [int(r / spacing) if r != 0 else 0 for r in lengths]
