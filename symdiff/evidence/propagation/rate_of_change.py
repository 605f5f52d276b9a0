"""The exact rate of change of a smooth density at one place, in many digits, from the rules of independent walkers alone.

d_t P(x) = sum_r [w_r(x - r) P(x - r) - w_r(x) P(x)]: no grid and no expansion. In continuous time, for walkers of one state.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import mpmath
import sympy as sp
from sympy.core.function import AppliedUndef

from symdiff.errors import NotYetError
from symdiff.model.definitions import expand_definitions
from symdiff.model.jump_model import JumpModel
from symdiff.notation.evaluation import evaluate, mp_arithmetic

Number = Any
Place = tuple[Number, ...]
Field = Callable[[Place, tuple[int, ...]], Number]


class RateOfChange:
    """``functions`` are those of place that the model leaves open.

    Raises :class:`NotYetError` for discrete time, internal states, steps of random length and lengths that depend on place.
    """

    def __init__(self, model: JumpModel, values: Mapping[sp.Symbol, Number], functions: Mapping[str, Field]) -> None:
        if model.clock != "continuous":
            raise NotYetError("populations that change in time steps are not cross-checked in this tier yet")
        if not model.rests:
            raise NotYetError("populations whose numbers also drift are not cross-checked yet")
        if len(model.state_names) > 1 or any(j.law is not None for j in model.jumps):
            raise NotYetError(
                "rates of change with internal states or steps of random length are not cross-checked yet"
            )
        self.values, self.functions, self.coordinates = values, functions, model.coordinate_symbols
        self.rules = [
            (expand_definitions(j.intensity, model.functions), self._vector(j.displacement)) for j in model.jumps
        ]

    def _vector(self, displacement: tuple[sp.Expr, ...]) -> Place:
        if any(r.free_symbols & set(self.coordinates) for r in displacement):
            raise NotYetError("rates of change with displacements that depend on place are not cross-checked yet")
        return tuple(evaluate(r, self.values, mp_arithmetic()) for r in displacement)

    def at(self, place: Place, density: Field) -> Number:
        """d_t P at one place, in the model's own coordinates."""
        zero, total = (0,) * len(place), mpmath.mpf(0)
        here = density(place, zero)
        for rate, step in self.rules:
            source = tuple(x - r for x, r in zip(place, step, strict=True))
            total += self._rate(rate, source) * density(source, zero) - self._rate(rate, place) * here
        return total

    def _rate(self, rate: sp.Expr, place: Place) -> Number:
        local = {**self.values, **dict(zip(self.coordinates, place, strict=True))}

        def call(e: AppliedUndef, orders: tuple[int, ...]) -> Number:
            return self.functions[e.func.__name__](
                tuple(evaluate(a, local, mp_arithmetic(), call) for a in e.args), orders
            )

        return evaluate(rate, local, mp_arithmetic(), call)
