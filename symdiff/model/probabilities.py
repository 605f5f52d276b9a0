"""Probabilities lie in [0, 1] and sum to at most one: checked, refused, or kept with the condition that is needed."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import sympy as sp
from sympy.core.function import AppliedUndef

from symdiff.model.definitions import expand_definitions
from symdiff.model.fields import Place
from symdiff.model.jump_model import Jump
from symdiff.model.ranges import Intervals, enclosure, parameter_intervals
from symdiff.model.regions import axis_of, holds, in_order, sign_at_place, sign_between, thresholds
from symdiff.model.step_law import StepLaw
from symdiff.notation.expression import parse_condition


def validity_conditions(jumps: list[Jump], clock: str, known: Mapping[str, Any], place: Place) -> tuple[sp.Basic, ...]:
    """The conditions on place and parameters under which the intensities are those of a process.

    Raises :class:`ModelError` where no allowed value makes a probability, a rate or a sum valid.
    """
    box = parameter_intervals(known["parameters"])
    functions, places = known["functions"], {sp.Symbol(c, real=True) for c in known["coordinates"]}
    settled = [parse_condition(text, known["scope"]) for text in known["constraints"]]
    found: list[sp.Basic] = []
    seen: set[tuple[sp.Expr, StepLaw | None]] = (
        set()
    )  # jumps to several places, or from several states, at one probability
    for jump in jumps:
        value = expand_definitions(jump.intensity, functions)
        if (value, jump.law) in seen:
            continue
        seen.add((value, jump.law))
        if jump.law is not None and jump.intensity.free_symbols & set(jump.law.variables):
            if value.atoms(AppliedUndef) or value.free_symbols & places:
                continue  # functions of place near the site that is left: valid as far as the functions are
            lengths = {s: sp.Symbol("r" if n == 0 else f"r.{n}", real=True) for n, s in enumerate(jump.law.variables)}
            value = value.xreplace(lengths)  # the random length itself
        here = _jump_place(jump, clock, place)
        if value.has(sp.nan, sp.zoo):
            raise here.fail(
                "the intensity is 0/0: all weights, or a denominator, vanish", "write weights that are positive"
            )
        condition = range_condition(
            value,
            box,
            here,
            upper=clock in ("discrete", "waiting"),
            what={"discrete": "probability", "waiting": "probability", "continuous": "rate"}.get(clock, "weight"),
        )
        found += [] if condition is None else [condition]
    if clock == "discrete":
        for state in known["states"] or (known["density"],):
            for together in open_together([j for j in jumps if j.source in (None, state)], known["coordinates"]):
                total = sp.expand(sp.Add(*(expand_definitions(j.intensity, functions) for j in together)))
                condition = _sum_at_most_one(total, box, state, known, place)
                found += [] if condition is None else [condition]
    kept: list[sp.Basic] = []
    for condition in dict.fromkeys(found):
        if condition is not sp.true and not any(condition == c or _follows(condition, c) for c in (*settled, *kept)):
            kept.append(condition)
    return tuple(kept)


def open_together(jumps: list[Jump], coordinates: tuple[str, ...]) -> list[list[Jump]]:
    """The jumps that are open at one site together: at the places with rules of their own, between and beyond them."""
    regions = [j.region for j in jumps if j.region is not None]
    if not regions:
        return [jumps]
    x = axis_of(regions, coordinates)
    places = in_order(thresholds(regions, x))
    signs = [sign_between(x, places, n) for n in range(len(places) + 1)] + [sign_at_place(x, p) for p in places]
    return [[j for j in jumps if holds(j.region, x, sign)] for sign in signs]


def _jump_place(jump: Jump, clock: str, place: Place) -> Place:
    key = {"discrete": "probability", "waiting": "probability", "continuous": "rate"}.get(clock, "weight")
    if not jump.label.startswith("[["):
        return place.at("model", "lattice")
    table, number = jump.label.split()
    return place.at(table.strip("[]"), int(number) - 1, key)


def range_condition(value: sp.Expr, box: Intervals, place: Place, *, upper: bool, what: str) -> sp.Basic | None:
    """None if 0 <= value (<= 1) always holds, the condition if it holds for some values; raises if for none."""
    span = enclosure(value, box)
    if span.high is not None and (span.high < 0 or (span.high == 0 and span.high_open)):
        raise place.fail(f"the {what} {value} is negative for every allowed value", "check its sign")
    if upper and span.low is not None and (span.low > 1 or (span.low == 1 and span.low_open)):
        raise place.fail(
            f"the probability {value} is above one for every allowed value", "probabilities of one step lie in [0, 1]"
        )
    low_holds = span.low is not None and span.low >= 0
    high_holds = not upper or (span.high is not None and span.high <= 1)
    if (low_holds and high_holds) or _free_functions(value):
        return None
    if not low_holds and upper and not high_holds:
        return _two_sided(value)
    return _one_sided(value, sp.Integer(0)) if not low_holds else _one_sided(-value, sp.Integer(-1))


def _free_functions(value: sp.Expr) -> bool:
    """Rates of unknown functions, such as D(x + r/2): that they are valid is what the user says of the function.

    A simple offset, as in 1/2 + eps(x), is worth stating; see :func:`_two_sided`.
    """
    calls = value.atoms(sp.core.function.AppliedUndef)
    return bool(calls) and _positive_part(sp.expand(value - sp.Rational(1, 2))) is None


def _two_sided(value: sp.Expr) -> sp.Basic:
    """0 <= value <= 1, as ``Abs(...) <= ...`` where that is the same."""
    offset = sp.expand(value - sp.Rational(1, 2))
    size = _positive_part(offset)
    if size is not None:
        core, factor = size
        return sp.LessThan(sp.Abs(core), sp.Rational(1, 2) / factor)
    return sp.And(sp.GreaterThan(value, 0), sp.LessThan(value, 1))


def _positive_part(offset: sp.Expr) -> tuple[sp.Expr, sp.Expr] | None:
    """``offset`` = +-factor*core with a positive factor that holds all parameters of known sign."""
    if not offset.is_Mul and not offset.is_Symbol and not offset.is_Function:
        return None
    factor, core = sp.Integer(1), sp.Integer(1)
    for part in sp.Mul.make_args(offset):
        if part.is_positive:
            factor *= part
        elif part.is_negative:
            factor *= -part
        else:
            core *= part
    return (core, factor) if core != 1 else None


def _one_sided(value: sp.Expr, bound: sp.Expr) -> sp.Basic:
    return sp.GreaterThan(value, bound)


def _sum_at_most_one(
    total: sp.Expr, box: Intervals, state: str, known: Mapping[str, Any], place: Place
) -> sp.Basic | None:
    here = place.at("jumps")
    if not total.is_Rational and not total.is_polynomial():
        total = sp.cancel(total)
    span = enclosure(total, box)
    of = f" out of the state '{state}'" if known["states"] else ""
    if span.low is not None and (span.low > 1 or (span.low == 1 and span.low_open)):
        raise here.fail(f"the probabilities{of} sum to {total}, which is above one for every allowed value",
                        "what is missing to one is the probability to stay")  # fmt: skip
    if span.high is not None and span.high <= Fraction(1):
        return None
    return sp.LessThan(total, 1)


def _follows(condition: sp.Basic, given: sp.Basic) -> bool:
    """Whether a stated constraint is the condition itself, up to arrangement."""

    def gap(relation: sp.Basic) -> sp.Expr | None:
        if isinstance(relation, (sp.LessThan, sp.StrictLessThan)):
            return sp.expand(relation.rhs - relation.lhs)
        if isinstance(relation, (sp.GreaterThan, sp.StrictGreaterThan)):
            return sp.expand(relation.lhs - relation.rhs)
        return None

    wanted, have = gap(condition), gap(given)
    if wanted is None or have is None:
        return False
    ratio = sp.cancel(wanted / have) if have != 0 else sp.Integer(0)
    return bool(ratio.is_positive)
