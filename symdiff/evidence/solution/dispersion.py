"""Growth rates of plane waves under an evolution equation with constant coefficients, from its terms alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import mpmath
import sympy as sp
from sympy.core.function import AppliedUndef

from symdiff.equations.evolution_equation import EvolutionEquation, Term, fractional_parts
from symdiff.errors import NotYetError
from symdiff.notation.evaluation import evaluate, mp_arithmetic

Number = Any
Values = Mapping[sp.Symbol, Number]
Calls = Callable[[AppliedUndef, tuple[int, ...]], Number]  # functions of place, at one place


class NumericTerms:
    """Terms of an equation with numbers for coefficients, ready for many wave vectors."""

    def __init__(self, terms: Iterable[Term], values: Values, calls: Calls | None = None) -> None:
        numbers = mp_arithmetic()
        self.terms = [
            (evaluate(t.coefficient, values, numbers, calls), t.space, t.time if t.caputo is None else 1,
             None if t.fractional is None else _powers(t.fractional, values))
            for t in terms
        ]  # fmt: skip

    def values(self, wave: tuple[Number, ...]) -> list[tuple[Number, int]]:
        """For every term (coefficient (ik)^n abs(k)^(2s), order in time) on e^(ik.x)."""
        found = []
        for coefficient, space, time, fractional in self.terms:
            value = coefficient
            for k, n in zip(wave, space, strict=True):
                if n:
                    value = value * k**n
            if fractional is not None:
                half, logs = fractional
                square = mpmath.fsum(k * k for k in wave)
                value = value * square**half * (mpmath.log(square) / 2) ** logs
            turn = sum(space) % 4
            signed = -value if turn > 1 else value
            found.append((mpmath.j * signed if turn % 2 else mpmath.mpc(signed), time))
        return found


def _powers(fractional: sp.Expr, values: Values) -> tuple[Number, int]:
    """(s, n) of abs(k)**(2s) log(abs(k))**n."""
    exponent, logs = fractional_parts(2 * fractional)
    return evaluate(exponent / 2, values, mp_arithmetic()), logs


def broken_order(equation: EvolutionEquation) -> sp.Expr | None:
    """The order of a Caputo derivative that stands alone in time: the equation is then a polynomial in s**order.

    None for whole orders; raises :class:`NotYetError` where both occur, or a memory stands in front of a term.
    """
    terms = [t for t in (*equation.left, *equation.right) if t.coefficient != 0]
    orders = {t.caputo for t in terms if t.caputo is not None}
    if any(t.memory is not None for t in terms) or len(orders) > 1 or (orders and any(t.time for t in terms)):
        raise NotYetError(
            "equations with a memory, or with several derivatives of broken order in time, are not cross-checked yet"
        )
    return orders.pop() if orders else None


def signed_terms(
    equation: EvolutionEquation, values: Values, waves: Iterable[tuple[Number, ...]]
) -> list[list[tuple[Number, int]]]:
    """The terms of F = left - right on e^(st + ik.x), one list per wave vector: (factor of s^m, m), left ones first."""
    left, right = NumericTerms(equation.left, values), NumericTerms(equation.right, values)
    return [[*left.values(k), *((-value, time) for value, time in right.values(k))] for k in waves]


def polynomial(terms: Iterable[tuple[Number, int]]) -> list[Number]:
    """c_0, ..., c_n of F(s, k) = sum_m c_m s^m; F = 0 gives the growth rates."""
    parts = list(terms)
    coefficients = [mpmath.mpc(0)] * (max((time for _, time in parts), default=0) + 1)
    for value, time in parts:
        coefficients[time] += value
    return coefficients


def monic(coefficients: Sequence[Number], count: int) -> list[Number]:
    """a_1, ..., a_n of the monic polynomial whose roots are the ``count`` slowest roots of F.

    Raises ArithmeticError where F has fewer roots than that.
    """
    degree = len(coefficients) - 1
    while degree > 0 and coefficients[degree] == 0:
        degree -= 1
    if degree < count:
        raise ArithmeticError(f"the equation has {degree} branch(es) at this wave vector, {count} are needed")
    if degree == count:
        return [coefficients[degree - j] / coefficients[degree] for j in range(1, count + 1)]
    roots = mpmath.polyroots(list(reversed(coefficients[: degree + 1])), maxsteps=400, extraprec=2 * mpmath.mp.prec)
    product = [mpmath.mpc(1)]
    for root in sorted(roots, key=abs)[:count]:
        product = [a - root * b for a, b in zip([*product, mpmath.mpc(0)], [mpmath.mpc(0), *product], strict=True)]
    return product[1:]


def system_matrix(
    equations: Sequence[EvolutionEquation], values: Values, wave: tuple[Number, ...]
) -> list[list[Number]]:
    """L(k) of d_t P_i = sum_j L_ij P_j, one equation per state in order; the left side must be the plain d_t P_i."""
    names = [e.density for e in equations]
    matrix = [[mpmath.mpc(0)] * len(names) for _ in names]
    for i, equation in enumerate(equations):
        numeric = NumericTerms(equation.right, values)
        for term, (value, _) in zip(equation.right, numeric.values(wave), strict=True):
            matrix[i][names.index(term.density)] += value
    return matrix
