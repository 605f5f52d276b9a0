"""A density cut at its break points: on each side, in u = abs(r), the intervals on which it is one smooth expression."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass

import sympy as sp
from sympy.core.relational import Relational

from symdiff.errors import ModelError, NotYetError

LENGTH = sp.Symbol("u.0", positive=True)


@dataclass(frozen=True)
class Piece:
    """The density on ``low`` < u < ``high`` of the side +1 or -1, r = side * u."""

    side: int
    low: sp.Expr
    high: sp.Expr
    body: sp.Expr


def density_pieces(body: sp.Expr, variable: sp.Symbol) -> tuple[Piece, ...]:
    """The pieces where a density does not vanish; raises :class:`NotYetError` for break points that cannot be ordered."""
    found = []
    for side in (1, -1):
        along = body.subs(variable, side * LENGTH)
        points = _break_points(along)
        ends = [sp.Integer(0), *points, sp.oo]
        for n, (low, high) in enumerate(itertools.pairwise(ends)):
            here = _resolved(along, {p: i < n for i, p in enumerate(points)})
            if here != 0:
                found.append(Piece(side, low, high, here))
    return tuple(found)


def _kinks(e: sp.Expr) -> set[sp.Expr]:
    """The expressions whose sign changes at the break points."""
    found = set()
    for part in sp.preorder_traversal(e):
        if isinstance(part, (sp.Heaviside, sp.Abs, sp.sign)):
            found.add(part.args[0])
        elif isinstance(part, (sp.Max, sp.Min)):
            found |= {a - b for i, a in enumerate(part.args) for b in part.args[:i]}
        elif isinstance(part, Relational):
            found.add(part.lhs - part.rhs)
    return {k for k in found if k.has(LENGTH)}


def _line(kink: sp.Expr) -> tuple[sp.Expr, sp.Expr]:
    """(m, b) of m (u - b); squares such as u^2 - a^2 have the same sign as u - a."""
    poly = sp.Poly(sp.expand(kink), LENGTH)
    if poly.degree() == 1:
        slope, rest = poly.all_coeffs()
        return slope, sp.cancel(-rest / slope)
    if poly.degree() == 2 and poly.all_coeffs()[1] == 0:
        slope, _, rest = poly.all_coeffs()
        square = sp.cancel(-rest / slope)
        if square.is_nonnegative:
            return slope, sp.sqrt(square)
        if square.is_negative:
            return slope, sp.Integer(-1)
    raise NotYetError(f"the break point of the density where {kink} vanishes is not handled yet",
                      instead="write the condition as Abs(r) < a")  # fmt: skip


def _break_points(e: sp.Expr) -> list[sp.Expr]:
    """The positive break points in order."""
    found: list[sp.Expr] = []
    for kink in _kinks(e):
        _, point = _line(kink)
        if point.is_positive is None:
            raise ModelError(f"whether the break point {point} of the density is positive is not known",
                             instead="declare its parameters as positive")  # fmt: skip
        if point.is_positive and point not in found:
            found.append(point)
    ordered: list[sp.Expr] = []
    for point in found:
        place = 0
        for other in ordered:
            above = sp.expand(point - other).is_positive
            if above is None:
                raise NotYetError(
                    f"which of the break points {point} and {other} of the density is larger is not known"
                )
            place += above
        ordered.insert(place, point)
    return ordered


def _resolved(e: sp.Expr, passed: dict[sp.Expr, bool]) -> sp.Expr:
    """The density on one interval: every sign is that which holds there."""

    def sign(kink: sp.Expr) -> int:
        slope, point = _line(kink)
        beyond = passed.get(point, True)  # a point at or below zero lies behind
        up = slope.is_positive
        if up is None:
            raise ModelError(f"the sign of {slope} is not known", instead="declare its parameters as positive")
        return 1 if beyond == up else -1

    def walk(part: sp.Basic) -> sp.Basic:
        if not part.has(LENGTH) or not part.args:
            return part
        if isinstance(part, Relational):
            return _truth(part, sign)
        if isinstance(part, sp.Piecewise):
            for value, condition in part.args:
                if condition is sp.true or walk(condition) is sp.true:
                    return walk(value)
            return sp.Integer(0)
        args = [walk(a) for a in part.args]
        if isinstance(part, sp.Heaviside):
            return sp.Integer(1 if sign(part.args[0]) > 0 else 0)
        if isinstance(part, sp.Abs):
            return sign(part.args[0]) * args[0]
        if isinstance(part, sp.sign):
            return sp.Integer(sign(part.args[0]))
        if isinstance(part, (sp.Max, sp.Min)):
            best = part.args[0]
            for other in part.args[1:]:
                larger = _difference_sign(other - best, sign) > 0
                best = other if larger == isinstance(part, sp.Max) else best
            return walk(best)
        return part.func(*args)

    return walk(e)


def _difference_sign(kink: sp.Expr, sign: Callable[[sp.Expr], int]) -> int:
    if kink.has(LENGTH):
        return sign(kink)
    if kink.is_positive is None:
        raise ModelError(f"the sign of {kink} is not known", instead="declare its parameters")
    return 1 if kink.is_positive else -1


def _truth(relation: Relational, sign: Callable[[sp.Expr], int]) -> sp.Basic:
    above = sign(relation.lhs - relation.rhs) > 0
    if isinstance(relation, (sp.StrictGreaterThan, sp.GreaterThan)):
        return sp.true if above else sp.false
    if isinstance(relation, (sp.StrictLessThan, sp.LessThan)):
        return sp.false if above else sp.true
    return sp.true if isinstance(relation, sp.Unequality) else sp.false
