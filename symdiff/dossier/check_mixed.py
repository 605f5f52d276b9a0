"""Claimed equations with mixed derivatives, u_t - b u_xxt = D u_xx: compared by the growth rate of their waves, order by order."""

from __future__ import annotations

from dataclasses import replace

import sympy as sp
from sympy.polys.domains import EX, QQ
from sympy.polys.rings import PolyElement, PolyRing, ring

from symdiff.algebra.equality import Answer
from symdiff.dossier.claimed_terms import Key, Terms, derived_terms
from symdiff.dossier.comparing import Arena
from symdiff.dossier.quantities import MissingQuantityError, to_order
from symdiff.errors import SymdiffError
from symdiff.verification.verdict import PROVED, REFUTED, SILENT, UNDECIDED, RegimeVerdict

HIGHEST = 8  # derivative to which the two growth rates are compared
Rate = dict[tuple[int, ...], sp.Expr]  # s = sum of a_n d^n along the coordinates


def has_mixed(terms: Terms) -> bool:
    """Whether a derivative in time and in space stands in an equation of first order in time, and nothing fractional."""
    plain = all(k.fractional is None and k.caputo is None and k.memory is None for k in terms)
    return plain and max(k.time for k in terms) == 1 and any(k.time and any(k.space) for k in terms)


def judge_mixed(claimed: Terms, derived: Terms, arena: Arena) -> RegimeVerdict | None:
    """The verdict on sum (b_n d^n) d_t P = sum (a_n d^n) P by s(d) = sum a_n d^n / sum b_n d^n; None where the derived equation is no such one.

    The orders compared are those of which the claim speaks: as many as fix its coefficients, and no more than its highest terms have.
    """
    if has_mixed(derived) or any(k.time > 1 or k.caputo is not None or k.fractional is not None for k in derived):
        return None
    limit, model = arena.limit, arena.model
    assert limit is not None
    if limit.regime.origin != "long-wave":
        return RegimeVerdict(
            "", SILENT, (), "derivatives in space and time are of an order that this regime does not keep"
        )
    depends = {*model.coordinate_symbols, model.time}
    if any(v.free_symbols & depends for v in (*claimed.values(), *derived.values())):
        return RegimeVerdict("", UNDECIDED, (), "mixed derivatives are compared where the coefficients are constant")
    order = _meant_order(claimed, derived, model.dimension)
    if order > HIGHEST:
        return RegimeVerdict("", UNDECIDED, (), f"its derivatives are compared up to order {HIGHEST}")
    pure = Key(1, (0,) * model.dimension)
    try:
        further = to_order(model, limit.regime, order) if order > limit.kept_power else limit
        terms = derived_terms(further, model)
    except (SymdiffError, MissingQuantityError) as reason:
        return RegimeVerdict("", UNDECIDED, (), f"derivatives of order {order} are not derived here ({reason})")
    ours = {k.space: -v / terms[pure] for k, v in terms.items() if not k.time}
    theirs = growth_rate(claimed, model.dimension, order)
    free = len(claimed) - 1  # coefficients, which the lowest orders fix one by one
    order = next((n for n in range(2, order) if sum(1 for m in {*ours, *theirs} if sum(m) <= n) >= free), order)
    return _compared(ours, theirs, order, replace(arena, limit=further))


def _meant_order(claimed: Terms, derived: Terms, dimension: int) -> int:
    """The highest derivative that the claim speaks of: in the frame of its drift, A(d) w + R(d) = 0 with w of the order of d^2.

    A term b u_xt + b v u_xx = b d_x (u_t + v u_x) is one of third order.
    """
    over, head, rest = _polynomials(claimed, dimension)
    first = head.coeff(1)
    drift = over.from_dict({n: c for n, c in rest.items() if sum(n) == 1}) * (over.domain.one / first)
    spread = min((sum(k.space) for k in derived if not k.time and sum(k.space) > 1), default=2)
    return max(_degree(head) + spread, _degree(rest - head * drift))


def _degree(p: PolyElement) -> int:
    return max((sum(n) for n, _ in p.items()), default=0)


def _polynomials(terms: Terms, dimension: int) -> tuple[PolyRing, PolyElement, PolyElement]:
    """What stands at d_t, and without it, as polynomials in the derivatives."""
    domain = QQ.frac_field(*symbols) if (symbols := _plain_symbols(terms)) else EX
    over: PolyRing = ring([f"d{i}" for i in range(dimension)], domain)[0]
    head, rest = (
        over.from_dict({k.space: domain.from_sympy(v) for k, v in terms.items() if k.time == time}) for time in (1, 0)
    )
    return over, head, rest


def growth_rate(terms: Terms, dimension: int, order: int) -> Rate:
    """The coefficients of s = -(sum of the terms without d_t)/(sum of those with it) as a power series in the derivatives."""
    over, head, rest = _polynomials(terms, dimension)

    def cut(p: PolyElement) -> PolyElement:
        return over.from_dict({n: c for n, c in p.items() if sum(n) <= order})

    scale = -over.domain.one / head.coeff(1)
    remainder = (head - head.coeff(1)) * scale
    total, part = over.zero, cut(rest) * scale
    for _ in range(order + 1):
        total, part = total + part, cut(part * remainder)
        if not part:
            break
    return {n: over.domain.to_sympy(c) for n, c in total.items()}


def _plain_symbols(terms: Terms) -> list[sp.Symbol]:
    """The symbols of coefficients that are all rational in them; empty for others."""
    symbols = sorted({s for v in terms.values() for s in v.free_symbols}, key=str)
    return symbols if symbols and all(v.is_rational_function(*symbols) for v in terms.values()) else []


def _compared(ours: Rate, theirs: Rate, order: int, arena: Arena) -> RegimeVerdict:
    zero = sp.S.Zero
    names = [c.name for c in arena.model.coordinate_symbols]
    for n in sorted({*ours, *theirs}, key=lambda n: (sum(n), n)):
        if sum(n) > order:
            continue
        left, right = ours.get(n, zero), theirs.get(n, zero)
        answer = arena.equal(left, right)
        spoken = "d_" + "".join(c * m for c, m in zip(names, n, strict=True))
        if answer.answer is Answer.UNDECIDED:
            return RegimeVerdict("", UNDECIDED, (), f"the coefficient of {spoken} could not be compared")
        if answer.answer is Answer.REFUTED:
            why = f"solved for d_t, the equation has {spoken} with the coefficient {sp.factor(right)}, the derived one with {left}"
            return RegimeVerdict("", REFUTED, (), why, answer.witness, answer.left, answer.right)
    why = f"solved for d_t it agrees with the derived equation up to derivatives of order {order}; beyond them the two differ"
    return RegimeVerdict("", PROVED, (), why, reservation=why)
