"""Claims about the speed of a front on the lattice, which has no closed form in symbols: the least of growth(s)/s over s > 0.

growth(s) is convex, so that at given values a claimed speed is told apart from the least one by rigorous enclosures: it is
too large where growth(s)/s lies below it at some s, and too small where the tangent of growth(s) - s*speed stays above zero.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Mapping
from fractions import Fraction

import mpmath
import sympy as sp
from sympy.core.function import AppliedUndef

from symdiff.algebra.enclosure import INTERVAL_DIGITS, interval
from symdiff.continuum.observables.fronts import lattice_growth, least_speed
from symdiff.dossier.comparing import Arena
from symdiff.dossier.quantities import MissingQuantityError
from symdiff.dossier.resolving import Resolver
from symdiff.dossier.rounding import FEWEST, TO_THE_DECIMALS, decimals_of
from symdiff.errors import SymdiffError
from symdiff.model.jump_model import JumpModel
from symdiff.verification.claim import Relation
from symdiff.verification.roles import role_of
from symdiff.verification.verdict import CONDITIONAL, CONSISTENT, PROVED, REFUTED, UNDECIDED, RegimeVerdict

ATTEMPTS = 8
HALVINGS = 120
FARTHEST = 10**4  # beyond it exp(s) is out of range
NUMBERS = "the lattice's speed is min over s > 0 of ({})/s"


def front_speeds(names: Iterable[str], model: JumpModel, stated: Mapping[str, str]) -> set[str]:
    """The names that mean the speed of a front: observables, and where agents multiply the customary ones, such as c."""
    fronts = {o.name for o in model.observables if o.kind == "front_speed"}
    if not model.crowd.reactions:
        return fronts
    own = {p.name for p in model.parameters} | {f.name for f in model.functions} | {o.name for o in model.observables}
    own |= {*model.density_names, *model.coordinates}
    return fronts | {n for n in names if n not in own and role_of(n, dict(stated)) == "speed"}


def front_named(relation: Relation, arena: Arena, stated: Mapping[str, str]) -> str:
    """The front's speed that stands alone on one side of a claim about the lattice; empty where there is none."""
    written = {_name(a) for e in (relation.left, relation.right) for a in (*e.free_symbols, *e.atoms(AppliedUndef))}
    fronts = front_speeds(written, arena.model, stated)
    if arena.limit is not None or relation.kind in ("propto", "!="):
        return ""
    sides = (relation.left, relation.right)
    used = [_name(a) for side in sides for a in (*side.free_symbols, *side.atoms(AppliedUndef)) if _name(a) in fronts]
    return used[0] if len(used) == 1 and any(_name(side) == used[0] for side in sides) else ""


def _name(e: sp.Basic) -> str:
    return e.name if isinstance(e, sp.Symbol) else e.func.__name__ if isinstance(e, AppliedUndef) else ""


def judge_front(
    relation: Relation, name: str, arena: Arena, resolver: Resolver, change: Mapping[sp.Symbol, sp.Expr]
) -> RegimeVerdict:
    """The claimed speed against the least one, at values that satisfy the assumptions; numbers alone prove nothing."""
    flipped = _name(relation.left) != name
    side = relation.left if flipped else relation.right
    kind = relation.kind if not flipped else relation.kind.translate(str.maketrans("<>", "><"))
    try:
        growth, s = lattice_growth(arena.model)
        claimed = resolver.resolve(_spread_put_in(side, growth, s, arena.model, resolver)).xreplace(dict(change))
    except MissingQuantityError as missing:
        return RegimeVerdict("", UNDECIDED, (), missing.what)
    except SymdiffError as error:
        return RegimeVerdict("", UNDECIDED, (), error.message)
    growth = growth.xreplace(dict(change))
    shown = ((f"{name} s (least over s > 0)", growth),)
    if claimed.has(s) or claimed.atoms(AppliedUndef):
        return RegimeVerdict("", UNDECIDED, shown, NUMBERS.format(growth))
    numbers = not (growth.free_symbols - {s}) and claimed.is_number
    if numbers and kind in ("=", "approx") and _agrees_as_written(growth, s, claimed, kind):
        return RegimeVerdict("", PROVED, shown, TO_THE_DECIMALS, reservation=TO_THE_DECIMALS)
    generator, found = random.Random(7), []
    for _ in range(ATTEMPTS):
        point = _point(growth, claimed, s, arena, generator)
        order = above(growth.xreplace(point), s, claimed.xreplace(point))
        if order is not None:
            found.append(order)
        if order is not None and (kind in ("=", "approx") or (order > 0) == (kind in (">=", ">"))) and kind != "approx":
            values = tuple(sorted((str(k), str(v)) for k, v in point.items()))
            speed = least_speed(growth.xreplace(point), s)
            why = f"{NUMBERS.format(growth)}, which is {'smaller' if order > 0 else 'larger'} than claimed"
            return RegimeVerdict("", REFUTED, shown, why, values, *_in_order(speed, claimed.xreplace(point), flipped))
    if found and kind not in ("=", "approx"):
        return RegimeVerdict("", CONSISTENT, shown, f"holds at {len(found)} sets of values; {NUMBERS.format(growth)}")
    if found and kind == "approx":
        why = f"close where the steps are small against the front; {NUMBERS.format(growth)}"
        return RegimeVerdict("", CONDITIONAL, shown, why)
    return RegimeVerdict("", UNDECIDED, shown, NUMBERS.format(growth))


def _spread_put_in(side: sp.Expr, growth: sp.Expr, s: sp.Symbol, model: JumpModel, resolver: Resolver) -> sp.Expr:
    """D and v of a claim are those of the few agents ahead of the front: growth(s) = growth(0) + v s + D s^2 + ..."""
    own = {p.symbol for p in model.parameters} | {sp.Symbol(f.name) for f in model.functions}
    roles = {a: role_of(a.name, dict(resolver.stated)) for a in side.free_symbols - own}
    first, second = (sp.diff(growth, s, n).subs(s, 0) / n for n in (1, 2))
    values = {"v": first, "D": second}
    return side.xreplace({a: values[role] for a, role in roles.items() if role in values})


def _in_order(speed: mpmath.mpf, claimed: sp.Expr, flipped: bool) -> tuple[str, str]:
    both = (mpmath.nstr(speed, 15), str(sp.N(claimed, 15)))
    return both[::-1] if flipped else both


def _point(
    growth: sp.Expr, claimed: sp.Expr, s: sp.Symbol, arena: Arena, generator: random.Random
) -> dict[sp.Symbol, sp.Rational]:
    drawn: Mapping[sp.Symbol, Fraction] = arena.draw()(generator)
    free = (growth.free_symbols | claimed.free_symbols) - {s}
    return {k: sp.Rational(v.numerator, v.denominator) for k, v in drawn.items() if k in free}


def _agrees_as_written(growth: sp.Expr, s: sp.Symbol, claimed: sp.Expr, kind: str) -> bool:
    """A decimal for the least speed, to half a unit of its last place, or for an approximation to a hundredth."""
    if kind == "approx":
        half = abs(claimed) / 100
    else:
        decimals = decimals_of(claimed) if claimed.is_Rational else None
        if decimals is None or decimals < FEWEST:
            return False
        half = sp.Rational(1, 2 * 10**decimals)
    return above(growth, s, claimed + half) == 1 and above(growth, s, claimed - half) == -1


def above(growth: sp.Expr, s: sp.Symbol, speed: sp.Expr) -> int | None:
    """1 where ``speed`` certainly exceeds the least of growth(s)/s, -1 where it is certainly smaller, else None.

    The sign of the least of h(s) = growth(s) - s*speed decides; h is convex and lies above its tangents.
    """
    gap = growth - s * speed
    slope = sp.diff(gap, s)

    def at(e: sp.Expr, place: Fraction) -> mpmath.iv.mpf:
        return interval(e.xreplace({s: sp.Rational(place.numerator, place.denominator)}))

    try:
        if not at(gap, Fraction(0)) > 0:
            return None
        if at(slope, Fraction(0)) >= 0:
            return -1
        far = Fraction(1)
        while not (at(slope, far) > 0):
            far *= 2
            if far > FARTHEST:
                return None
        best = _bisected(sp.lambdify(s, slope, "mpmath"), far)
        if at(gap, best) < 0:
            return 1
        span = mpmath.iv.mpf([0, int(far)]) - at(s, best)
        return -1 if at(gap, best) + at(slope, best) * span > 0 and at(gap, far) > 0 else None
    except (NotImplementedError, ValueError, ZeroDivisionError, TypeError, OverflowError):
        return None


def _bisected(slope: Callable[[mpmath.mpf], mpmath.mpf], far: Fraction) -> Fraction:
    """Where an increasing function changes sign between 0 and ``far``."""
    low, high = Fraction(0), far
    with mpmath.workdps(INTERVAL_DIGITS):
        for _ in range(HALVINGS):
            middle = (low + high) / 2
            if slope(mpmath.mpf(middle.numerator) / middle.denominator) < 0:
                low = middle
            else:
                high = middle
    return high
