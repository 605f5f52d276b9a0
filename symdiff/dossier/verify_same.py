"""Whether two equations are the same once all functions of place are put in: by their values on random densities, 30 digits."""

from __future__ import annotations

import itertools
import math
import random
from typing import Any

import mpmath
import sympy as sp
from sympy.core.function import AppliedUndef

from symdiff.dossier.verify_crowd import Written, draw_smooth
from symdiff.dossier.verify_numbers import generator_for
from symdiff.dossier.verify_open import place_name
from symdiff.equations.evolution_equation import EvolutionEquation, Term
from symdiff.errors import NotYetError
from symdiff.evidence.propagation.mean_field import Field, Place
from symdiff.evidence.taylor import Series, composed, series_arithmetic, variable
from symdiff.model.jump_model import JumpModel
from symdiff.notation.evaluation import Arithmetic, evaluate, mp_arithmetic

Number = Any
COMPARED = 8  # places
DIGITS = 30


def same_when_closed(
    model: JumpModel, shown: EvolutionEquation, own: EvolutionEquation, values: dict[sp.Symbol, Number]
) -> bool:
    """Whether ``shown`` is ``own``, whose functions of place are open, up to a common factor.

    Derivatives of the density are numbers of their own, drawn anew at every place, so that no two terms can cancel.
    """
    generator = generator_for(model, "open functions")
    with mpmath.workdps(DIGITS + 10):
        fields: dict[str, Field] = {place_name(c): _coordinate for c in model.coordinates}
        for f in model.functions:
            drawn = draw_smooth(generator, len(f.arguments))
            fields[f.name] = drawn if f.body is None else Written(f.arguments, f.body, values, fields, mpmath.mpf(1))
        for _ in range(COMPARED):
            place = tuple(mpmath.mpf(generator.randint(1, 999)) / 1000 for _ in model.coordinates)
            density = _Drawn(generator)
            (a, top_a, most_a), (b, top_b, most_b) = (
                _residual(e, place, values, fields, density) for e in (shown, own)
            )
            scale = abs(most_a * top_b) + abs(most_b * top_a)
            if not abs(a * top_b - b * top_a) <= mpmath.mpf(10) ** -DIGITS * scale:
                return False
    return True


class _Drawn:
    """A number for every derivative of the density."""

    def __init__(self, generator: random.Random) -> None:
        self.generator, self.known = generator, dict[Any, Number]()

    def __call__(self, key: Any) -> Number:
        if key not in self.known:
            self.known[key] = mpmath.mpf(self.generator.randint(100, 999)) / 500 * self.generator.choice((-1, 1))
        return self.known[key]


def _residual(
    equation: EvolutionEquation,
    place: Place,
    values: dict[sp.Symbol, Number],
    fields: dict[str, Field],
    density: _Drawn,
) -> tuple[Number, Number, Number]:
    """left - right, the coefficient of the highest derivative in time, and the sum of the sizes of all terms."""
    signed = [*((1, t) for t in equation.left), *((-1, t) for t in equation.right)]
    top = max(t.time for _, t in signed)
    total, leading, most = mpmath.mpf(0), mpmath.mpf(0), mpmath.mpf(0)
    for sign, term in signed:
        parts = _parts(term, equation, place, values, fields)
        for orders, part in parts.items():
            key = (term.density, term.time, term.caputo, term.memory, term.fractional, orders)
            total += sign * part * density(key)
            most += abs(part * density(key))
            if term.time == top and not any(orders) and term.fractional is None:
                leading += sign * part
    return total, leading or mpmath.mpf(1), most


def _parts(
    term: Term, equation: EvolutionEquation, place: Place, values: dict[sp.Symbol, Number], fields: dict[str, Field]
) -> dict[tuple[int, ...], Number]:
    """What stands in front of every derivative of the density, by Leibniz's rule."""
    if not term.density:
        raise NotYetError("equations that are not linear are not compared with open functions of place")
    inner = term.space if term.inside else (0,) * len(place)
    slopes = _slopes(term.coefficient, inner, equation, place, values, fields)
    if term.inside and term.fractional is not None and any(any(n) and s != 0 for n, s in slopes.items()):
        raise NotYetError("a fractional derivative of a product is not compared with open functions of place")
    parts = {}
    for orders, slope in slopes.items():
        share = math.prod(math.comb(n, m) for n, m in zip(inner, orders, strict=True))
        parts[tuple(n - m for n, m in zip(term.space, orders, strict=True))] = share * slope
    return parts


def _slopes(
    coefficient: sp.Expr, inner: tuple[int, ...], equation: EvolutionEquation, place: Place, values: dict[sp.Symbol, Number],
    fields: dict[str, Field],
) -> dict[tuple[int, ...], Number]:  # fmt: skip
    """All partial derivatives up to ``inner``: by Taylor series, or written out where a function has no rule for these."""
    coordinates = equation.coordinates
    wanted = list(itertools.product(*(range(n + 1) for n in inner)))

    def value(expression: sp.Expr, local: dict[sp.Symbol, Any], arithmetic: Arithmetic) -> Any:
        def call(e: AppliedUndef, orders: tuple[int, ...]) -> Any:
            arguments = [a for a in e.args if a != equation.time]
            here = [evaluate(a, local, arithmetic, call) for a in arguments]
            return composed(here, fields[e.func.__name__], orders[: len(arguments)])

        return evaluate(expression, local, arithmetic, call)

    try:
        series = {x: variable(v, i, inner) for i, (x, v) in enumerate(zip(coordinates, place, strict=True))}
        found = value(coefficient, {**values, **series}, series_arithmetic())
    except TypeError:
        here = {**values, **dict(zip(coordinates, place, strict=True))}
        return {n: value(_derivative(coefficient, coordinates, n), here, mp_arithmetic()) for n in wanted}
    if not isinstance(found, Series):
        return {n: mpmath.mpf(0) if any(n) else found for n in wanted}
    return {n: found.derivative(n) for n in wanted}


def _derivative(expression: sp.Expr, coordinates: tuple[sp.Symbol, ...], orders: tuple[int, ...]) -> sp.Expr:
    pairs = [(x, n) for x, n in zip(coordinates, orders, strict=True) if n]
    return sp.diff(expression, *pairs) if pairs else expression


def _coordinate(place: Place, orders: tuple[int, ...]) -> Number:
    """The function x -> x."""
    return place[0] if orders[0] == 0 else mpmath.mpf(orders[0] == 1)
