"""Claims about a stationary law: its name without a place, the constant that normalises it, and what it needs in order to exist."""

from __future__ import annotations

from dataclasses import dataclass, replace

import sympy as sp
from sympy.core.function import AppliedUndef

from symdiff.algebra.equality import Answer, compare
from symdiff.continuum.observables.result import Found
from symdiff.dossier.comparing import Arena
from symdiff.dossier.resolving import is_stationary_law
from symdiff.errors import SymdiffError
from symdiff.model.jump_model import JumpModel
from symdiff.notation.expression import Scope, parse_chain
from symdiff.verification.claim import Relation
from symdiff.verification.verdict import PROVED, REFUTED, RegimeVerdict

NORMALISING = "the constant that normalises the law"


@dataclass(frozen=True)
class StationaryClaim:
    """The relation with its place written out and without a normalising factor; ``constants`` are the factors' names."""

    relation: Relation
    constants: tuple[str, ...] = ()


def stationary_claim(relation: Relation, model: JumpModel, stated: dict[str, str]) -> StationaryClaim:
    """``P_st = e^{-V}/Z``: P_st(x) proportional to e^{-V}; the same relation where it speaks of no stationary law."""
    left, right = (_with_place(side, model, stated) for side in (relation.left, relation.right))
    relation = Relation(relation.kind, left, right)
    heads = [
        isinstance(side, AppliedUndef) and is_stationary_law(side.func.__name__, model, stated)
        for side in (left, right)
    ]
    if heads.count(True) != 1 or relation.kind not in ("=", "propto"):
        return StationaryClaim(relation)
    value = right if heads[0] else left
    constant, shape = sp.powsimp(value).as_independent(*model.coordinate_symbols, as_Add=False)
    known = {p.symbol for p in model.parameters} | {model.time}
    unknown = sorted(s.name for s in constant.free_symbols - known if s.name not in stated)
    alone = [
        n for n in unknown if (constant.as_independent(sp.Symbol(n), as_Add=False)[1]).as_base_exp()[0] == sp.Symbol(n)
    ]
    if len(unknown) == 1 and alone and sp.Symbol(unknown[0]) not in shape.free_symbols:
        return StationaryClaim(_proportional(relation, heads[0], shape), (unknown[0],))
    if not unknown and constant.has(sp.Integral) and _is_own_integral(constant, shape, model):
        return StationaryClaim(_proportional(relation, heads[0], shape))
    return StationaryClaim(relation)


def _proportional(relation: Relation, law_on_the_left: bool, shape: sp.Expr) -> Relation:
    return Relation("propto", relation.left, shape) if law_on_the_left else Relation("propto", shape, relation.right)


def _with_place(side: sp.Expr, model: JumpModel, stated: dict[str, str]) -> sp.Expr:
    """``P_st`` as P_st(x)."""
    change = {
        s: sp.Function(s.name)(*model.coordinate_symbols)
        for s in side.free_symbols
        if is_stationary_law(s.name, model, stated) and s.name not in {p.name for p in model.parameters}
    }
    return side.xreplace(change) if change else side


def _is_own_integral(constant: sp.Expr, shape: sp.Expr, model: JumpModel) -> bool:
    """Whether ``constant`` is c/integral of c shape over the whole line, so that the claimed law is normalised."""
    integrals = [b for b in (f.as_base_exp() for f in sp.Mul.make_args(constant)) if isinstance(b[0], sp.Integral)]
    if len(integrals) != 1 or integrals[0][1] != -1 or model.dimension != 1 or model.boundaries:
        return False
    integral = integrals[0][0]
    if len(integral.limits) != 1 or tuple(integral.limits[0][1:]) not in ((), (-sp.oo, sp.oo)):
        return False
    x = model.coordinate_symbols[0]
    inner = integral.function.xreplace({integral.limits[0][0]: x})
    return compare(inner, sp.expand(constant * integral) * shape, (x,), None).answer is Answer.PROVED


def where_it_exists(law: Found, arena: Arena, left: sp.Expr, right: sp.Expr) -> tuple[Arena, sp.Expr, sp.Expr]:
    """The arena with numbers for which the law is positive, and both sides with the signs that its conditions settle."""
    signs = _signs_of(law.assumptions, arena.model)
    back = {b: a for a, b in signs.items()}
    sides = [side.xreplace(signs).xreplace(back) for side in (left, right)]
    if law.span is not None and _equal_between(*law.span, sides[0], sides[1]):
        sides[1] = sides[0]
    return replace(arena, positive=(law.value,)), sides[0], sides[1]


def _equal_between(x: sp.Symbol, low: sp.Expr, high: sp.Expr, left: sp.Expr, right: sp.Expr) -> bool:
    """Whether two sides agree since x - low and high - x are positive: (x(1 - x))^a is x^a (1 - x)^a between 0 and 1."""
    if low is -sp.oo and high is sp.oo:
        return False
    y = sp.Symbol("_y", positive=True)
    inside = low + y if high is sp.oo else high - y if low is -sp.oo else low + (high - low) / (1 + y)
    one, other = (side.xreplace({x: inside}).replace(_is_general_power, _split) for side in (left, right))
    return compare(one, other, (), None).answer is Answer.PROVED


def _is_general_power(e: sp.Basic) -> bool:
    return isinstance(e, sp.Pow) and not e.exp.is_Integer and not e.base.is_Atom


def _split(power: sp.Pow) -> sp.Expr:
    return sp.expand_power_base(sp.factor(power.base) ** power.exp)


def with_conditions(verdict: RegimeVerdict, law: Found, *, on_lattice: bool) -> RegimeVerdict:
    """The verdict with what the law needs in order to exist at all."""
    needs = [
        a for a in law.assumptions if " > " in a or " < " in a or "finite" in a or (on_lattice and "converges" in a)
    ]
    if not needs or verdict.verdict not in (PROVED, REFUTED):
        return verdict
    text = f"there is a stationary law only if {' and '.join(needs)}"
    return replace(
        verdict, why=f"{verdict.why}; {text}", reservation="; ".join(filter(None, (verdict.reservation, text)))
    )


def _signs_of(conditions: tuple[str, ...], model: JumpModel) -> dict[sp.Symbol, sp.Symbol]:
    """Parameters whose sign the conditions settle, each with a symbol of that sign: ``-F/D > 0`` makes F negative."""
    found: dict[sp.Symbol, sp.Symbol] = {}
    scope = Scope({p.name: p.symbol for p in model.parameters})
    for text in conditions:
        try:
            (first, second), (sign,) = parse_chain(text, scope)
        except (SymdiffError, ValueError):
            continue  # a condition in words
        gap = sp.factor(first - second if sign == ">" else second - first)
        number = sp.Mul(*(f for f in sp.Mul.make_args(gap) if f.is_number))
        open_ones = [f for f in sp.Mul.make_args(gap) if not f.is_positive and not f.is_number]
        base, power = open_ones[0].as_base_exp() if len(open_ones) == 1 else (sp.S.Zero, sp.S.One)
        if base.is_Symbol and power.is_odd and (number.is_positive or number.is_negative):
            found[base] = sp.Dummy(base.name, positive=number.is_positive or None, negative=number.is_negative or None)
    return found
