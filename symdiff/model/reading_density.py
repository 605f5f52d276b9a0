"""Step laws by a density in r, and rates per length of r, as stated: read, put to the test at numbers, normalised."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import sympy as sp
from sympy.core.function import AppliedUndef

from symdiff.errors import NotYetError
from symdiff.model import fields as f
from symdiff.model.checking_laws import check_density
from symdiff.model.density_law import NAME, factors_of, total_of
from symdiff.model.fields import Place
from symdiff.model.ranges import enclosure, parameter_intervals
from symdiff.model.step_law import StepLaw

Direction = tuple[sp.Expr, ...]


def law_by_density(
    key: str, entry: Mapping[str, Any], known: Mapping[str, Any], dimension: int, place: Place
) -> tuple[StepLaw, Direction, sp.Expr]:
    """(law, direction, rate) of ``density`` (rate 1) or ``rate_density`` in ``r``, or ``r_x``, ... of a step vector.

    A rate density is divided by its integral where this is finite, and what depends on place goes into the rate. Raises
    with the place where the density is negative, not normalised, or not summable.
    """
    here = place.at(key)
    along = "direction" in entry or dimension == 1
    if key == "rate_density":
        for other in ("probability", "rate", "weight"):
            if other in entry:
                raise place.at(other).fail(
                    f"'{other}' stands beside a rate density, which says it itself", f"leave '{other}' out"
                )
    shape, factor, lengths = _shape(entry[key], known, dimension, along, here)
    if "direction" in entry and factor.has(*(sp.Symbol(f"step.{n}", real=True) for n in range(lengths))):
        raise NotYetError("a rate density along a direction whose rate is read at the step's other end is not handled yet", where=str(here),
                          instead="let the rate depend on the site that is left, or leave 'direction' out")  # fmt: skip
    if key == NAME and factor != 1:
        raise NotYetError(f"a density of steps that depends on place is not handled yet: {factor}", where=str(here),
                          instead='scale a fixed law by its direction, as in direction = ["b(x)"]')  # fmt: skip
    box = tuple(parameter_intervals(known["parameters"]).items())
    law = StepLaw(NAME, ((NAME, shape),), lengths=lengths, box=box)
    radial = None if lengths == 1 else _radial(law, known)
    tested = law if radial is None else radial
    here.guard(lambda: check_density(tested, normalised=key == NAME))
    total = sp.Integer(1) if key == NAME else here.guard(lambda: total_of(tested))
    if total is not None and total != 1:
        tested = StepLaw(NAME, ((NAME, dict(tested.arguments)[NAME] / total),), lengths=tested.lengths, box=box)
        factor *= total
    tails = here.guard(lambda: tested.singular)
    if tails:
        tested = replace(tested, index_range=enclosure(tails[0].exponent, dict(box)))
    if radial is not None:
        tested = StepLaw("isotropic", (), tested.index_range, dimension, box, tested)
    if lengths > 1:
        return tested, (), factor
    return (
        tested,
        f.vector(entry.get("direction", ["1"]), known["rate_scope"], place.at("direction"), dimension),
        factor,
    )


def _shape(
    text: Any, known: Mapping[str, Any], dimension: int, along: bool, here: Place
) -> tuple[sp.Expr, sp.Expr, int]:
    """(what depends on the step alone, what depends on place, number of lengths)."""
    lengths = 1 if along else dimension
    steps = [sp.Symbol(f"step.{n}", real=True) for n in range(lengths)]
    size = sp.sqrt(sp.Add(*(s**2 for s in steps)))
    names = (
        {"r": steps[0]}
        if along
        else {"r": size} | {f"r_{c}": s for c, s in zip(known["coordinates"], steps, strict=True)}
    )
    scope = known["rate_scope"]
    taken = sorted(set(names) & set(scope.symbols))
    if taken:
        raise here.fail(f"'{taken[0]}' is declared in the file, and stands for the step here", "declare another name")
    body = f.real_expression(text, scope.with_symbols(names), here)
    places = {sp.Symbol(c, real=True) for c in known["coordinates"]}
    shape, factor = sp.Integer(1), sp.Integer(1)
    for part in sp.Mul.make_args(body):
        if not (part.free_symbols & places or part.atoms(AppliedUndef)):
            shape *= part
        elif part.atoms(sp.Abs, sp.Piecewise, sp.exp) and part.free_symbols & set(steps):
            raise NotYetError(f"a density whose dependence on the step changes with place, {part}, is not handled yet", where=str(here),
                              instead="write it as a product of a function of r and functions of place such as D(x + r/2)")  # fmt: skip
        else:
            factor *= part
    if not shape.free_symbols & set(steps):
        raise here.fail(f"the density {shape} does not depend on the step, and its integral diverges", "write it in r")
    return shape, factor, lengths


def _radial(law: StepLaw, known: Mapping[str, Any]) -> StepLaw | None:
    """The law of the length, on both sides alike, where the density of a vector depends on the length alone; None for a
    product of densities of each component."""
    try:
        factors_of(law)
    except NotYetError:
        d, r = law.lengths, sp.Symbol("step.0", real=True)
        square = sp.Add(*(s**2 for s in law.variables))
        mark = sp.Symbol("square.0", positive=True)
        body = dict(law.arguments)[NAME].subs(square, mark)
        if body.free_symbols & set(law.variables):
            raise
        sphere = sp.pi ** sp.Rational(d, 2) / sp.gamma(sp.Rational(d, 2))  # half the surface of the unit sphere
        return StepLaw(NAME, ((NAME, sphere * sp.Abs(r) ** (d - 1) * body.subs(mark, sp.Abs(r) ** 2)),), box=law.box)
    return None
