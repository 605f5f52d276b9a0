"""The terms of an evolution equation, linear or not, at one place and in numbers, for densities that are smooth functions."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import sympy as sp
from sympy.core.function import AppliedUndef

from symdiff.equations.evolution_equation import EvolutionEquation, Term
from symdiff.errors import NotYetError
from symdiff.notation.evaluation import evaluate, mp_arithmetic

Number = Any
Place = tuple[Number, ...]
Field = Callable[[Place, tuple[int, ...]], Number]


class RightSide:
    """The terms on the right of d_t u = ..., every derivative of a product carried out once.

    ``timed`` names the functions whose argument t counts; densities are given at one moment. Raises :class:`NotYetError` where
    the left-hand side is not the plain time derivative, and for fractional terms.
    """

    def __init__(
        self, equation: EvolutionEquation, terms: Sequence[Term] | None = None, timed: Collection[str] = ()
    ) -> None:
        self.coordinates, self.time, self.timed = equation.coordinates, equation.time, frozenset(timed)
        (left, *others) = equation.left
        if others or left.coefficient != 1 or left.time != 1 or any(left.space) or left.caputo is not None:
            raise NotYetError("equations of crowds with another left-hand side than d_t u are not cross-checked yet")
        chosen = equation.right if terms is None else terms
        if any(t.fractional is not None or t.caputo is not None or t.memory is not None for t in chosen):
            raise NotYetError("fractional equations of crowds are not cross-checked yet")
        self.terms = [t.expression(self.coordinates, self.time).doit() for t in chosen]

    def at(self, place: Place, values: Mapping[sp.Symbol, Number], fields: Mapping[str, Field]) -> list[Number]:
        """Every term at one place; ``fields`` are the densities and the functions of place."""
        local = {**values, **dict(zip(self.coordinates, place, strict=True))}

        def call(e: AppliedUndef, orders: tuple[int, ...]) -> Number:
            name = e.func.__name__
            arguments = [a for a in e.args if a != self.time or name in self.timed]
            here = tuple(evaluate(a, local, mp_arithmetic(), call) for a in arguments)
            return fields[name](here, orders[: len(arguments)])

        return [evaluate(t, local, mp_arithmetic(), call) for t in self.terms]
