"""Sites for which a condition on one coordinate holds, such as x < 0, x = 0 or x != h."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cmp_to_key

import sympy as sp

from symdiff.errors import NotYetError
from symdiff.model.boundary import Region

SIGNS = ("<", "<=", ">", ">=", "=", "==", "!=")


def comparisons(region: Region) -> list[tuple[sp.Expr, str]]:
    """(left - right, sign) of every comparison of the chain."""
    pairs = zip(region.members, region.signs, region.members[1:], strict=False)
    return [(sp.expand(a - b), sign) for a, sign, b in pairs]


def place_of(gap: sp.Expr, x: sp.Symbol) -> sp.Expr:
    """Where a gap that is linear in the coordinate vanishes."""
    return sp.expand(-gap.coeff(x, 0) / gap.coeff(x, 1))


def thresholds(regions: Iterable[Region], x: sp.Symbol) -> list[sp.Expr]:
    """The places along ``x`` where some region begins or ends; raises for conditions that are not linear in it."""
    found: list[sp.Expr] = []
    for region in regions:
        for gap, _ in comparisons(region):
            if not gap.is_polynomial(x) or sp.degree(gap, x) != 1 or not gap.coeff(x, 1).is_number:
                raise NotYetError(
                    f"the sites of '{region.as_text()}' are not handled yet",
                    instead="compare one coordinate with a place",
                )
            place = place_of(gap, x)
            if place not in found:
                found.append(place)
    return found


def holds(region: Region | None, x: sp.Symbol, sign_at: Callable[[sp.Expr], int]) -> bool:
    """Whether a site belongs to a region; ``sign_at`` gives the sign of a linear expression in x there."""
    if region is None:
        return True
    for gap, sign in comparisons(region):
        value = sign_at(gap)
        true = {"<": value < 0, "<=": value <= 0, ">": value > 0, ">=": value >= 0, "=": value == 0, "==": value == 0,
                "!=": value != 0}[sign]  # fmt: skip
        if not true:
            return False
    return True


def sign_at_place(x: sp.Symbol, place: sp.Expr) -> Callable[[sp.Expr], int]:
    """Signs at one place, where the assumptions settle them."""

    def sign_at(gap: sp.Expr) -> int:
        value = sp.expand(gap.xreplace({x: place}))
        if value.is_zero:
            return 0
        if value.is_positive or value.is_negative:
            return 1 if value.is_positive else -1
        raise NotYetError(
            f"whether {place} lies on one side of the other places with rules of their own depends on {value}"
        )

    return sign_at


def sign_between(x: sp.Symbol, places: list[sp.Expr], number: int) -> Callable[[sp.Expr], int]:
    """Signs between the places ``number - 1`` and ``number`` of an ordered list; 0 is far to the left."""

    def sign_at(gap: sp.Expr) -> int:
        side = 1 if places.index(place_of(gap, x)) < number else -1
        return side if gap.coeff(x, 1) > 0 else -side

    return sign_at


def in_order(places: list[sp.Expr]) -> list[sp.Expr]:
    """The places from left to right; raises where the assumptions do not settle the order."""

    def below(a: sp.Expr, b: sp.Expr) -> int:
        gap = sp.expand(a - b)
        if gap.is_zero or not (gap.is_positive or gap.is_negative):
            raise NotYetError(f"which of {a} and {b} comes first depends on {gap}")
        return 1 if gap.is_positive else -1

    return sorted(places, key=cmp_to_key(below))


def axis_of(regions: Iterable[Region], coordinates: tuple[str, ...]) -> sp.Symbol:
    """The one coordinate that the conditions compare."""
    found = {s for r in regions for m in r.members for s in m.free_symbols if s.name in coordinates}
    if len(found) != 1:
        raise NotYetError("conditions on sites along several coordinates are not handled yet", where="jumps")
    return found.pop()
