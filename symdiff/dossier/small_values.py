"""Two sides compared at small times and for long waves: by their first coefficients in a power of t, or of the wave vector."""

from __future__ import annotations

import sympy as sp

from symdiff.algebra.equality import Answer
from symdiff.dossier.check_relations import from_comparison
from symdiff.dossier.comparing import Arena
from symdiff.dossier.mending import mended
from symdiff.verification.verdict import PROVED, REFUTED, SILENT, UNDECIDED, RegimeVerdict

HIGHEST = 6  # power of t up to which a leading term is sought
EARLY = "both sides agree to leading order for t -> 0"
LONG_WAVES = "both sides agree up to k^2, which is as far as the equation goes"


def compared_early(
    arena: Arena, kind: str, left: sp.Expr, right: sp.Expr, derived: tuple[tuple[str, sp.Expr], ...]
) -> RegimeVerdict:
    """Both sides by their leading powers of t for t -> 0; with ``propto`` the powers alone."""
    if arena.limit is not None:
        return RegimeVerdict("", SILENT, derived, "an equation to leading order says nothing of small times")
    ours, theirs = (_leading(side, arena.model.time, arena) for side in (left, right))
    if ours is None or theirs is None:
        return RegimeVerdict("", UNDECIDED, derived, "how the two sides behave for t -> 0 is not known in closed form")
    (power, value), (other, claimed) = ours, theirs
    if power != other:
        why = f"for t -> 0 the left-hand side goes as t**{power}, the right-hand side as t**{other}"
        return RegimeVerdict("", REFUTED, derived, why, (), str(left), str(right))
    if kind == "propto":
        return RegimeVerdict("", PROVED, derived, EARLY, reservation=EARLY)
    verdict = from_comparison(arena.equal(value, claimed), derived, value, claimed)
    if verdict.verdict == REFUTED:
        return mended(verdict, claimed, value, arena)
    return verdict if verdict.verdict == UNDECIDED else RegimeVerdict("", PROVED, derived, EARLY, reservation=EARLY)


def _leading(value: sp.Expr, variable: sp.Symbol, arena: Arena) -> tuple[int, sp.Expr] | None:
    """(n, c) of the leading term c t**n of a function that is smooth at t = 0; None where it is not, or vanishes to a high order."""
    if value.atoms(sp.Pow) and any(
        p.exp.has(variable) or not p.exp.is_Integer for p in value.atoms(sp.Pow) if p.base.has(variable)
    ):
        return None
    term = value
    for n in range(HIGHEST + 1):
        there = term.subs(variable, 0)
        if there.has(sp.nan, sp.zoo, sp.oo):
            return None
        if arena.equal(there, sp.Integer(0)).answer is not Answer.PROVED:
            return n, sp.factor(there / sp.factorial(n))
        term = sp.diff(term, variable)
    return None


def told_apart_by_waves(arena: Arena, left: sp.Expr, right: sp.Expr) -> bool | None:
    """Whether two functions of the wave vector differ in their terms up to its second power; None where that is open."""
    names = ("k", *(f"k_{c}" for c in arena.model.coordinates))
    waves = {s for s in left.free_symbols | right.free_symbols if s.name in names}
    scale = sp.Symbol("s_", positive=True)
    gap = (left - right).xreplace({s: scale * s for s in waves})
    for _ in range(3 if waves else 0):
        there = gap.subs(scale, 0)
        answer = None if there.has(sp.nan, sp.zoo, sp.oo) else arena.equal(there, sp.Integer(0)).answer
        if answer is not Answer.PROVED:
            return True if answer is Answer.REFUTED else None
        gap = sp.diff(gap, scale)
    return False if waves else None


def same_long_waves(arena: Arena, left: sp.Expr, right: sp.Expr) -> bool:
    """Whether two functions of the wave vector have the same terms up to its second power."""
    return told_apart_by_waves(arena, left, right) is False
