"""Walls as frozen values: where walkers may be, and what becomes of a jump that would end outside."""

from __future__ import annotations

from dataclasses import dataclass

import sympy as sp

BOUNDARY_KINDS = ("absorbing", "reflecting", "partial", "periodic")
REJECTED = ("stay", "mirror")
CROSSINGS = ("end", "bridge")


@dataclass(frozen=True)
class Inequality:
    """``gap >= 0``, or ``gap > 0`` where ``strict``: one side of a wall, in the model's coordinates."""

    gap: sp.Expr
    strict: bool

    def as_text(self) -> str:
        """The inequality in the notation of the model file."""
        return f"{sp.sstr(self.gap)} {'>' if self.strict else '>='} 0"


@dataclass(frozen=True)
class Boundary:
    """One entry of ``[[boundaries]]``: ``members`` and ``signs`` are its domain as stated, such as 0 < x < L.

    All inequalities of a domain hold where walkers may be; several boundaries intersect. ``kind``: "absorbing" (a jump
    that ends outside is the last), "reflecting" (it is not made, or ends at the mirror image: ``rejected``), "partial" (it
    absorbs with ``probability``, else as reflecting; or absorption at ``rate`` from each site with a jump that leads
    outside), "periodic" (the two ends are one site). ``crossing`` says whether a normal step may also hit the wall
    between its ends ("bridge").
    """

    members: tuple[sp.Expr, ...]
    signs: tuple[str, ...]
    kind: str
    probability: sp.Expr | None = None
    rate: sp.Expr | None = None
    rejected: str = "stay"
    crossing: str = "end"

    @property
    def domain(self) -> tuple[Inequality, ...]:
        """The inequalities, each as a gap that is positive inside: 0 < x < L is x > 0 and L - x > 0."""
        pairs = zip(self.members, self.signs, self.members[1:], strict=False)
        return tuple(Inequality(b - a if sign[0] == "<" else a - b, len(sign) == 1) for a, sign, b in pairs)

    def as_text(self) -> str:
        """The domain in the notation of the model file."""
        shown = [sp.sstr(self.members[0])]
        for sign, member in zip(self.signs, self.members[1:], strict=True):
            shown += [sign, sp.sstr(member)]
        return " ".join(shown)


@dataclass(frozen=True)
class Region:
    """Places that satisfy a chain of comparisons, such as x >= L or x = 0."""

    members: tuple[sp.Expr, ...]
    signs: tuple[str, ...]

    def as_text(self) -> str:
        """The region in the notation of the model file."""
        shown = [sp.sstr(self.members[0])]
        for sign, member in zip(self.signs, self.members[1:], strict=True):
            shown += [sign, sp.sstr(member)]
        return " ".join(shown)
