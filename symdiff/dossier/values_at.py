"""What a claim means by a value in brackets: T(L), S(0, t), D(1/2) are values there, D(p) and f(t) say what they depend on."""

from __future__ import annotations

from collections.abc import Callable

import sympy as sp
from sympy.core.function import AppliedUndef

from symdiff.dossier.quantities import MissingQuantityError
from symdiff.model.jump_model import JumpModel


def observed_at(value: sp.Expr, call: AppliedUndef, model: JumpModel) -> sp.Expr:
    """T(L), S(0, t), S(x, 0): an observable at a place or an instant; S(0) alone may be either where it depends on both."""
    places, time = model.coordinate_symbols, model.time
    if len(call.args) == len(places) + 1:
        first, last = call.args[0], call.args[-1]
        if first == time or not (last == time or set(call.args[:-1]) == set(places)):
            raise MissingQuantityError(f"nothing is known of '{call}'", False)
        return value.xreplace(dict(zip((*places, time), call.args, strict=True)))
    if not value.has(time):
        return value.xreplace(dict(zip(places, call.args, strict=True)))
    if value.has(*places) or len(places) > 1:
        raise MissingQuantityError(
            f"whether '{call}' is at a place or at a time is not said: write {call.func}(x, t)", False
        )
    return value.xreplace({time: call.args[0]})


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
