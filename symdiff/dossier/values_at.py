"""What a claim means by a value in brackets: T(L), S(0, t), D(1/2) are values there, D(p) and f(t) say what they depend on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import sympy as sp
from sympy.core.function import AppliedUndef

from symdiff.dossier.quantities import MissingQuantityError
from symdiff.model.jump_model import JumpModel
from symdiff.verification.claim import Relation


def observed_at(value: sp.Expr, call: AppliedUndef, model: JumpModel) -> sp.Expr:
    """T(L), S(0, t), S(x, 0): an observable at a place or an instant; S(0) alone may be either where it depends on both."""
    places, time = starts_of(value, call, model), model.time
    if len(call.args) == len(places) + 1:
        first, last = call.args[0], call.args[-1]
        if first == time or not (last == time or set(call.args[:-1]) in (set(places), set(model.coordinate_symbols))):
            raise MissingQuantityError(f"nothing is known of '{call}'", False)
        return value.xreplace(dict(zip((*places, time), call.args, strict=True)))
    if not value.has(time):
        return value.xreplace(dict(zip(places, call.args, strict=True)))
    if value.has(*places) or len(places) > 1:
        raise MissingQuantityError(
            f"whether '{call}' is at a place or at a time is not said: write {call.func}(x, t)", False
        )
    return value.xreplace({time: call.args[0]})


def starts_of(value: sp.Expr, call: AppliedUndef, model: JumpModel) -> tuple[sp.Expr, ...]:
    """What the place in T(L) stands for: the coordinates, or the start where the file states one by names of its own."""
    places, start = model.coordinate_symbols, model.preparation.position
    spoken = tuple(call.args[: len(places)])
    kinds = {o.kind for o in model.observables if o.name == call.func.__name__}
    first_passage = kinds and kinds <= FIRST_PASSAGE
    if not first_passage or not model.preparation.stated or spoken == (model.time,) or spoken == tuple(start):
        return places
    if named_start(model):
        return tuple(start)
    raise MissingQuantityError(ONE_START.format(call), False)


FIRST_PASSAGE = frozenset(["mean_exit_time", "splitting_probability", "survival_probability", "first_passage_density"])
ONE_START = "the file states the start, so that '{}' is known for that one only: leave [initial] out for any start"


def named_start(model: JumpModel) -> tuple[sp.Symbol, ...]:
    """The start where the file states one by names of its own, one for each coordinate."""
    start = model.preparation.position
    own = model.preparation.stated and all(s.is_Symbol for s in start) and len(set(start)) == len(start)
    return tuple(s for s in start if isinstance(s, sp.Symbol)) if own else ()


def at_stated_start(relation: Relation, model: JumpModel) -> Relation:
    """``T = x(L - x)/2D`` of a model whose file calls the start x_0: x is the start.

    Raises :class:`MissingQuantityError` where the file has the walker start at one place, and the claim speaks of any.
    """
    names = {o.name for o in model.observables if o.kind in FIRST_PASSAGE}
    sides = (relation.left, relation.right)
    calls = [c for side in sides for c in side.atoms(AppliedUndef) if c.func.__name__ in names]
    spoken = {s.name for side in sides for s in side.free_symbols} & names
    places = model.coordinate_symbols
    if model.preparation.stated and (own := named_start(model)):  # S(t|x_0), which the reader takes for S(t, x_0)
        usual = {
            c: c.func(*own, model.time)
            for c in calls
            if len(c.args) == len(own) + 1 and set(c.args) == {*own, model.time}
        }
        relation = replace(relation, left=relation.left.xreplace(usual), right=relation.right.xreplace(usual))
        sides = (relation.left, relation.right)
    if not model.preparation.stated or not (calls or spoken) or not any(side.has(*places) for side in sides):
        return relation
    start = named_start(model)
    if not start:
        raise MissingQuantityError(ONE_START.format(calls[0] if calls else min(spoken)), False)
    if any(side.has(*start) for side in sides):
        return relation
    change = dict(zip(places, start, strict=True))
    return replace(relation, left=relation.left.xreplace(change), right=relation.right.xreplace(change))


def largest(value: sp.Expr, x: sp.Symbol, name: str) -> sp.Expr:
    """The largest value along x of what is a parabola that opens downwards; raises :class:`MissingQuantityError` for others."""
    if value.is_polynomial(x):
        poly = sp.Poly(value, x)
        second = sp.factor(poly.coeff_monomial(x**2))
        if poly.degree() == 2 and second.is_negative:
            return sp.factor(poly.coeff_monomial(1) - poly.coeff_monomial(x) ** 2 / (4 * second))
    raise MissingQuantityError(f"where {name} is largest is not known in closed form here", True)


def over_places(
    integral: sp.Integral, model: JumpModel, observed: Callable[[str], str | None], value: Callable[[str], sp.Expr]
) -> sp.Expr | None:
    """The integral of an observable over starts, ``\\int_0^L T(x) dx``, where it is a polynomial of the one coordinate; else None."""
    if model.dimension > 1 or len(integral.limits) != 1 or len(integral.limits[0]) != 3:
        return None
    (x,), (variable, low, high) = model.coordinate_symbols, integral.limits[0]
    calls = [c for c in integral.function.atoms(AppliedUndef) if observed(c.func.__name__) == c.func.__name__]
    if variable != x or not calls or any(c.args != (x,) for c in calls) or low.has(x, sp.oo) or high.has(x, sp.oo):
        return None
    inside = sp.expand(integral.function.xreplace({c: value(c.func.__name__) for c in calls}))
    if not inside.is_polynomial(x) or inside.atoms(AppliedUndef):
        return None
    terms = sp.Poly(inside, x).terms()
    return sp.factor(sp.Add(*(c * (high ** (n + 1) - low ** (n + 1)) / (n + 1) for (n,), c in terms)))


def coefficient_at(
    value: sp.Expr, call: AppliedUndef, model: JumpModel, live: set[AppliedUndef], spoken: frozenset[str]
) -> sp.Expr:
    """The coefficient there; itself where it depends on no place, as in D(p): what it depends on is said, not put in."""
    varying = sorted(value.atoms(AppliedUndef) & live, key=str) or [c for c in model.coordinate_symbols if value.has(c)]
    named = {str(v.func) if isinstance(v, AppliedUndef) else str(v) for v in varying} & spoken
    if all(a.is_Symbol for a in call.args) and (not varying or (named and value.has(*call.args))):
        return value  # D(alpha) = 1 - alpha C
    if varying and len(varying) < len(call.args) == model.dimension:
        varying = list(model.coordinate_symbols)
    if not varying or len(varying) != len(call.args):
        raise MissingQuantityError(f"nothing is known of '{call}'", False)  # D(1) of D = 4p(1 - p) means p = 1
    there = value.xreplace(dict(zip(varying, call.args, strict=True)))
    if there.atoms(AppliedUndef) & live:
        raise MissingQuantityError(f"nothing is known of '{call}'", False)
    return there


def at_distance(value: sp.Expr, call: AppliedUndef, model: JumpModel, own: Callable[[sp.Symbol], bool]) -> sp.Expr:
    """T(R), T(0) in several dimensions: the value at that distance from the origin, where it depends on nothing else."""
    first, *others = model.coordinate_symbols
    if not value.has(first, *others):
        return value
    if value.has(model.time):
        raise MissingQuantityError(f"whether '{call}' is at a distance or at a time is not said", False)
    (at,) = call.args
    distance = sp.Dummy("r", positive=True)
    radial = sp.expand(value.xreplace({first: sp.sqrt(distance**2 - sp.Add(*(c**2 for c in others)))}))
    if radial.has(*others) or not all(own(s) for s in at.free_symbols) or at.has(*others, first):
        raise MissingQuantityError(f"nothing is known of '{call}'", False)
    return radial.xreplace({distance: at})
