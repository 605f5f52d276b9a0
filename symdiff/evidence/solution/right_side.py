"""The terms of an evolution equation, linear or not, at one place and in numbers, for densities that are smooth functions."""

from __future__ import annotations

import contextlib
import itertools
import math
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import mpmath
import sympy as sp
from sympy.core.function import AppliedUndef

from symdiff.equations.evolution_equation import EvolutionEquation, Term
from symdiff.errors import NotYetError
from symdiff.evidence.taylor import Series, composed, series_arithmetic, variable
from symdiff.notation.evaluation import Arithmetic, evaluate, mp_arithmetic

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
        self.terms = tuple(chosen)
        self.flat: dict[Term, sp.Expr] = {}

    def expressions(self) -> list[sp.Expr]:
        """Every term with its derivatives carried out."""
        return [self._flat(t) for t in self.terms]

    def _flat(self, term: Term) -> sp.Expr:
        if term not in self.flat:
            self.flat[term] = term.expression(self.coordinates, self.time).doit()
        return self.flat[term]

    def at(self, place: Place, values: Mapping[sp.Symbol, Number], fields: Mapping[str, Field]) -> list[Number]:
        """Every term at one place; ``fields`` are the densities and the functions of place."""
        return [self._term(t, place, values, fields) for t in self.terms]

    def _term(
        self, term: Term, place: Place, values: Mapping[sp.Symbol, Number], fields: Mapping[str, Field]
    ) -> Number:
        if term.density and not term.time:
            with contextlib.suppress(TypeError):  # a function without a rule for series
                return self._by_series(term, place, values, fields)
        return self._symbolic(term, place, values, fields)

    def _symbolic(
        self, term: Term, place: Place, values: Mapping[sp.Symbol, Number], fields: Mapping[str, Field]
    ) -> Number:
        local = {**values, **dict(zip(self.coordinates, place, strict=True))}
        return evaluate(self._flat(term), local, mp_arithmetic(), self._call(local, fields, mp_arithmetic()))

    def _call(self, local: Mapping[sp.Symbol, Any], fields: Mapping[str, Field], arithmetic: Arithmetic) -> Any:
        def call(e: AppliedUndef, orders: tuple[int, ...]) -> Any:
            name = e.func.__name__
            arguments = [a for a in e.args if a != self.time or name in self.timed]
            here = [evaluate(a, local, arithmetic, call) for a in arguments]
            return composed(here, fields[name], orders[: len(arguments)])

        return call

    def _by_series(
        self, term: Term, place: Place, values: Mapping[sp.Symbol, Number], fields: Mapping[str, Field]
    ) -> Number:
        """a d^m u, or d^m (a u) by Leibniz's rule with the Taylor series of a at the place."""
        arithmetic, density = series_arithmetic(), fields[term.density]
        inner = term.space if term.inside else (0,) * len(place)
        local = {
            **values,
            **{x: variable(v, i, inner) for i, (x, v) in enumerate(zip(self.coordinates, place, strict=True))},
        }
        found = evaluate(term.coefficient, local, arithmetic, self._call(local, fields, arithmetic))
        if not isinstance(found, Series):
            return found * density(place, term.space)
        total = mpmath.mpf(0)
        for orders in itertools.product(*(range(n + 1) for n in inner)):
            share = math.prod(math.comb(n, m) for n, m in zip(inner, orders, strict=True))
            rest = tuple(n - m for n, m in zip(term.space, orders, strict=True))
            total += share * found.derivative(orders) * density(place, rest)
        return total
