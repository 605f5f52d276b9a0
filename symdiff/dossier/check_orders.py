"""Equations that hold up to O(...): ``s = -ikv - Dk^2 + O(k^3)``, ``<x^2> = 2Dt + O(1)``."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial

import sympy as sp
from sympy.core.function import AppliedUndef

from symdiff.algebra.equality import Answer
from symdiff.dossier.check_relations import from_comparison
from symdiff.dossier.comparing import Arena
from symdiff.dossier.late_growth import late_growth, surely_positive
from symdiff.dossier.mending import mended
from symdiff.verification.claim import Relation
from symdiff.verification.verdict import PROVED, REFUTED, UNDECIDED, RegimeVerdict

HIGHEST = 8  # powers that are compared


@dataclass(frozen=True)
class Beyond:
    """Terms of order ``variable**power`` do not count; without a variable, those that stay bounded."""

    variable: sp.Symbol | None
    power: sp.Expr


def without_order(relation: Relation) -> tuple[Relation, Beyond | None]:
    """The relation without its only O(x^n), and what that leaves out; (relation, None) where it is of another kind."""
    sides = (relation.left, relation.right)
    calls = {c for s in sides for c in s.atoms(AppliedUndef) if c.func.__name__ in ("O", "o")}
    orders = {o for s in sides for o in s.atoms(sp.Order)}
    found = [c.args[0] for c in calls] + [o.expr for o in orders]
    if len(found) != 1 or any(c.func.__name__ == "o" or len(c.args) != 1 for c in calls):
        return relation, None
    base, power = found[0].as_base_exp()
    if base.is_Symbol and power.is_number:
        order = Beyond(base, power)
    elif found[0] == 1:
        order = Beyond(None, sp.Integer(0))
    else:
        return relation, None
    change = dict.fromkeys((*calls, *orders), sp.Integer(0))
    return Relation(relation.kind, *(s.xreplace(change) for s in sides)), order


def to_order(
    arena: Arena, order: Beyond, left: sp.Expr, right: sp.Expr, derived: tuple[tuple[str, sp.Expr], ...], late: bool
) -> RegimeVerdict:
    """Both sides compared power by power below the order; at late times, by what their difference grows as."""
    time = arena.model.time
    if left.has(sp.oo, sp.nan, sp.zoo) or right.has(sp.oo, sp.nan, sp.zoo):
        return RegimeVerdict(
            "", REFUTED, derived, "one side is infinite: the moment does not exist", (), str(left), str(right)
        )
    if order.variable is None or (order.variable == time and (late or order.power < 2)):
        return _bounded(arena, order.power, left, right, derived)
    verdict = _power_by_power(arena, order, left, right, derived)
    bare = left == 0 or right == 0  # a term of lower power beside O(t^n) would be swallowed by it for t -> oo
    if verdict.verdict == REFUTED and order.variable == time and bare:
        late_too = _bounded(arena, order.power, left, right, derived)
        if late_too.verdict == PROVED:
            both = f"true for t -> oo, false for t -> 0 ({verdict.why}): say which is meant, as in 't \\to \\infty'"
            return RegimeVerdict("", UNDECIDED, derived, both)
    return verdict


def _power_by_power(
    arena: Arena, order: Beyond, left: sp.Expr, right: sp.Expr, derived: tuple[tuple[str, sp.Expr], ...]
) -> RegimeVerdict:
    """Both sides as power series about zero, compared below the order."""
    assert order.variable is not None
    own = {s.name: s for s in left.free_symbols | right.free_symbols}
    x = own.get(order.variable.name, order.variable)
    if not order.power.is_Integer or not 1 <= order.power <= HIGHEST:
        return RegimeVerdict("", UNDECIDED, derived, f"terms up to O({order.variable}**{order.power}) are not compared")
    for n in range(int(order.power)):
        ours, theirs = (sp.diff(side, x, n).subs(x, 0) / sp.factorial(n) for side in (left, right))
        if any(e.has(sp.nan, sp.zoo, sp.oo, sp.Subs) for e in (ours, theirs)):
            return RegimeVerdict("", UNDECIDED, derived, f"a side is no power series in {x}")
        answer = arena.equal(ours, theirs)
        if answer.answer is not Answer.PROVED:
            verdict = from_comparison(answer, derived, ours, theirs)
            verdict = mended(verdict, theirs, ours, arena) if verdict.verdict == REFUTED else verdict
            return (
                replace(verdict, why=f"the coefficient of {x}**{n} differs") if verdict.verdict == REFUTED else verdict
            )
    return RegimeVerdict("", PROVED, derived, f"both sides agree up to terms of order {x}**{order.power}")


def _bounded(
    arena: Arena, power: sp.Expr, left: sp.Expr, right: sp.Expr, derived: tuple[tuple[str, sp.Expr], ...]
) -> RegimeVerdict:
    positive = partial(surely_positive, arena.model)
    grown = late_growth(sp.expand(left - right), arena.model.time, positive)
    if grown is None:
        return RegimeVerdict("", UNDECIDED, derived, "how the two sides differ for t -> oo is not known in closed form")
    found, coefficient = grown
    if coefficient == 0 or found == -sp.oo or sp.expand(power - found).is_nonnegative or positive(power - found):
        return RegimeVerdict("", PROVED, derived, "the difference stays within the stated order for t -> oo")
    if found == sp.oo or positive(found - power):
        verdict = from_comparison(arena.equal(left, right), derived, left, right)
        return RegimeVerdict("", REFUTED, derived, f"the two sides differ by a term that grows as t**({found}) for t -> oo", verdict.witness,
                             verdict.left, verdict.right)  # fmt: skip
    return RegimeVerdict("", UNDECIDED, derived, "how the two sides differ for t -> oo depends on parameters")
