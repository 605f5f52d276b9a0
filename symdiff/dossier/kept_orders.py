"""Up to which power of eps a regime knows a coefficient, and claims of quantities that lie wholly beyond it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

import sympy as sp
from sympy.core.function import AppliedUndef

from symdiff.dossier.comparing import Arena
from symdiff.verification.claim import Relation
from symdiff.verification.verdict import PROVED, REFUTED, SILENT, RegimeVerdict

HEADS = ("v", "D", "bias_rate", "cross_rate", "c2")


def beyond_the_kept(arena: Arena, relation: Relation, roles: dict[str, str], left: sp.Expr, right: sp.Expr) -> str:
    """For 'role = expression' where the regime keeps nothing of the role and the expression is smaller than all it keeps: that sentence."""
    for head, derived, claimed in ((relation.left, left, right), (relation.right, right, left)):
        name = head.name if head.is_Symbol else head.func.__name__ if isinstance(head, AppliedUndef) else ""
        if name in roles and derived == 0 and claimed != 0:
            return smaller_than_kept(arena, roles[name], claimed, last_power(arena, roles[name]))
    return ""


def smaller_than_kept(arena: Arena, what: str, claimed: sp.Expr, last: Fraction | None) -> str:
    """The sentence that ``claimed`` lies beyond eps**last, up to which the regime keeps nothing; empty where it does not."""
    power = None if last is None or arena.exact else arena.power(claimed)
    if power is None or last is None or power <= last:
        return ""
    return f"{what} is kept to order eps**({last}) here, and what is claimed is of order eps**({power})"


def last_power(arena: Arena, role: str) -> Fraction | None:
    """The highest power of eps that the regime keeps of a coefficient of its linear equation; None where it is not known.

    In P_tt + damping P_t + bias P_x = c2 P_xx, kept to eps^K in all, v = bias/damping is kept to K - [d_x] - [damping].
    """
    limit, model = arena.limit, arena.model
    if limit is None or arena.exact or limit.equation is None or not limit.equation.is_linear:
        return None
    head = next((h for h in HEADS if role == h or role.startswith(f"{h}_")), "")
    highest = max((int(t.time) for t in limit.equation.left if t.caputo is None), default=0)
    terms = (*limit.equation.left, *limit.equation.right)
    fractional = any(t.caputo is not None or t.fractional is not None or t.memory is not None for t in terms)
    if not head or fractional or highest not in (1, 2) or (highest == 1 and head not in ("v", "D")):
        return None
    powers = limit.regime.powers
    unit = next((-p for s, p in powers if s in model.coordinate_symbols), Fraction(0))
    clock = next((-p for s, p in powers if s == model.time), Fraction(0))
    kept = Fraction(limit.kept_power) + (highest - 1) * clock - (2 if head in ("D", "c2") else 1) * unit
    if head == "cross_rate":
        return kept - clock
    if highest == 1 or head in ("bias_rate", "c2"):
        return kept
    damping = arena.power(dict(limit.coefficients).get("damping_rate", sp.S.Zero))
    return None if damping is None else kept - damping


def silent_beyond(found: Sequence[RegimeVerdict], parts: dict[str, list[RegimeVerdict]]) -> list[RegimeVerdict]:
    """The verdicts of the regimes, those silent in which the claim fails only in what they do not keep, where others prove it."""
    if not any(r.verdict == PROVED for r in found):
        return list(found)
    return [
        replace(r, verdict=SILENT, why=r.beyond, witness=(), left="", right="", correct=None, ratio=None, mend="")
        if r.verdict == REFUTED and r.beyond and all(p.beyond for p in parts[r.title] if p.verdict != PROVED)
        else r
        for r in found
    ]
