"""Sums as people group them: one coefficient, factored, in front of each product of derivatives."""

from __future__ import annotations

import sympy as sp
from sympy.core.function import AppliedUndef

from symdiff.notation.display.term_order import calls_in, negative, printed

MOST_TERMS = 200  # of a sum that is grouped
MOST_FACTORED = 24  # terms of one coefficient that is tried to be a product
MOST_NAMES = 8  # symbols and densities in it


def grouped(e: sp.Expr) -> sp.Expr:
    """A right-hand side of several densities with one term for each product of derivatives, its coefficient a product where it is one.

    The value is the same; what is too long to be worth it is left as it is.

    >>> a, u = sp.Symbol("a"), sp.Function("u")(sp.Symbol("x"))
    >>> grouped(a*u.diff() - a*u*u.diff())
    a*(1 - u(x))*Derivative(u(x), x)
    """
    terms = [t for term in sp.Add.make_args(e) for t in sp.Add.make_args(_spread(term))]
    if len(terms) > MOST_TERMS:
        return e
    groups: dict[sp.Expr, list[sp.Expr]] = {}
    for term in terms:
        operand, coefficient = _split(term)
        groups.setdefault(operand, []).append(coefficient)
    found: list[sp.Expr] = []
    for operand, parts in groups.items():
        factors = _factors(sp.Add(*parts))
        if operand == 1 and len(factors) == 1 and factors[0].is_Add:
            found += parts
        else:
            found.append(sp.Mul(*factors, operand))
    return sp.Add(*found)


def _spread(term: sp.Expr) -> sp.Expr:
    """c (a u_x + b u_xx) as two terms."""
    sums = [f for f in sp.Mul.make_args(term) if f.is_Add and f.has(sp.Derivative)]
    return sp.expand_mul(term, deep=False) if len(sums) == 1 else term


def _split(term: sp.Expr) -> tuple[sp.Expr, sp.Expr]:
    """The derivatives of a term, those of products grouped inside, and what stands before them."""
    operands, others = [], []
    for factor in sp.Mul.make_args(term):
        base = factor.base if factor.is_Pow else factor
        if not isinstance(base, sp.Derivative) or not calls_in(base):
            others.append(factor)
        elif factor is base and not isinstance(base.expr, AppliedUndef):
            operands.append(sp.Derivative(grouped(base.expr), *base.variable_count))
        else:
            operands.append(factor)
    return sp.Mul(*operands), sp.Mul(*others)


def _factors(total: sp.Expr) -> tuple[sp.Expr, ...]:
    """A coefficient as a product, where it is one."""
    calls = calls_in(total)
    names = calls | total.free_symbols - {a for call in calls for a in call.args}
    short = len(sp.Add.make_args(total)) <= MOST_FACTORED and len(names) <= MOST_NAMES
    if not total.has(sp.Add) or not short or not all(p.exp.is_Integer for p in total.atoms(sp.Pow)):
        return (total,)
    factored = sp.factor(total)
    if not factored.is_Mul:
        return (total,)
    return tuple(part for factor in sp.Mul.make_args(factored) for part in _forward(factor))


def _forward(factor: sp.Expr) -> tuple[sp.Expr, ...]:
    """(u - 1) as -(1 - u): what does not depend on a density first, and positive."""
    base, exponent = factor.as_base_exp()
    if not base.is_Add or not exponent.is_Integer:
        return (factor,)
    first = [t for t in base.args if not calls_in(t)] or sorted(base.args, key=printed)
    if sum(map(negative, first)) * 2 <= len(first):
        return (factor,)
    return sp.Integer(-1) ** exponent, sp.Pow(sp.Add(*(-t for t in base.args)), exponent)
