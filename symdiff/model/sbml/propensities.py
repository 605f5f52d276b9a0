"""Kinetic laws as rates of jumps: split by sign, and divided by the numbers of sets that the reaction consumes.

A law that is the rate K(n) of one way of a reaction, with sums of terms of one sign, becomes rate * n (n - 1) ... over the
consumed individuals: powers n^k of a species of which k react count the sets of k, as laws of mass action mean them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NoReturn

import sympy as sp

MAX_TERMS = 200
MAX_POWER = 10

Fail = Callable[[str, str], NoReturn]


@dataclass(frozen=True)
class Way:
    """One way of a reaction: what it consumes and produces, the rate per set, and whether powers were read as sets."""

    consumed: Mapping[sp.Symbol, int]
    produced: Mapping[sp.Symbol, int]
    rate: sp.Expr
    sets: bool


def ways(
    law: sp.Expr, consumed: Mapping[sp.Symbol, int], produced: Mapping[sp.Symbol, int], reversible: bool, fail: Fail
) -> list[Way]:
    """Both ways of a reaction whose rate is ``law`` (in numbers of individuals); ``fail`` raises at its place."""
    total = sp.Add(*_signed(law, fail))
    if total.is_zero:
        fail("the kinetic law is zero: the reaction never happens", "remove it")
    forward: list[sp.Expr] = []
    backward: list[sp.Expr] = []
    for term in sp.Add.make_args(total):
        (forward if term.is_nonnegative or _run(term) else backward).append(term)
    if backward and not reversible:
        fail(
            "the reaction is irreversible, and its kinetic law may be negative",
            'write reversible="true", or correct the law',
        )
    found = []
    for terms, sign, lost, gained in ((forward, 1, consumed, produced), (backward, -1, produced, consumed)):
        if terms:
            rates = [_per_set(sign * t, lost, fail) for t in terms]
            found.append(Way(lost, gained, sp.Add(*(r for r, _ in rates)), any(s for _, s in rates)))
    return found


def _signed(value: sp.Expr, fail: Fail) -> list[sp.Expr]:
    """Terms of one sign each, whose sum is ``value``."""
    if value.is_nonnegative or value.is_nonpositive or _run(value):
        return [value]
    if value.is_Add:
        found = [t for part in value.args for t in _signed(part, fail)]
    elif value.is_Mul:
        kept = sp.Mul(*(f for run in _runs(value) for f in run))
        found = [sp.Integer(1)]
        for factor in sp.Mul.make_args(value / kept):
            found = [a * b for a in found for b in _signed(factor, fail)]
            _bounded(found, fail)
        found = [kept * t for t in found]
    elif value.is_Pow and value.exp.is_Integer and 0 < value.exp <= MAX_POWER:
        found = [sp.Integer(1)]
        for _ in range(int(value.exp)):
            found = [a * b for a in found for b in _signed(value.base, fail)]
            _bounded(found, fail)
    else:
        fail(
            f"the sign of {value} in the kinetic law is not known",
            "a rate is never negative: write it as sums and quotients of positive terms",
        )
    _bounded(found, fail)
    return found


def _bounded(terms: list[sp.Expr], fail: Fail) -> None:
    if len(terms) > MAX_TERMS:
        fail(f"the kinetic law has more than {MAX_TERMS} terms", "split the reaction")


def _runs(value: sp.Expr) -> list[list[sp.Expr]]:
    """The factors n, n - 1, ..., n - j (j > 0) of a product: numbers of ordered sets, never negative."""
    factors = set(sp.Mul.make_args(value))
    found = []
    for n in sorted((f for f in factors if f.is_Symbol), key=str):
        run = [n]
        while n - len(run) in factors:
            run.append(n - len(run))
        if len(run) > 1:
            found.append(run)
    return found


def _run(value: sp.Expr) -> bool:
    """Whether a product is positive beside its runs."""
    runs = _runs(value)
    if not runs:
        return False
    rest = value / sp.Mul(*(f for run in runs for f in run))
    return bool(rest.is_nonnegative)


def _per_set(term: sp.Expr, lost: Mapping[sp.Symbol, int], fail: Fail) -> tuple[sp.Expr, bool]:
    """The term over n (n - 1) ... of what is lost, and whether a power stood for such a product."""
    sets = False
    for n, many in lost.items():
        run = next((r for r in _runs(term) if r[0] == n and len(r) >= many), None)
        if run is not None:
            term = term / sp.Mul(*run[:many])
            continue
        rest = _over(term, n, many)
        if rest is None:
            fail(f"the kinetic law does not vanish where fewer than {many} of '{n}' are left, and the reaction consumes {many}",
                 "a law such as k*A^2 for 2 A -> B does")  # fmt: skip
        sets = sets or many > 1
        term = rest
    return term, sets


def _over(term: sp.Expr, n: sp.Symbol, many: int) -> sp.Expr | None:
    """``term / n**many`` where every part of the term has that factor; else None."""
    if term.is_Add:
        parts = [_over(part, n, many) for part in term.args]
        return None if None in parts else sp.Add(*parts)
    for factor in sp.Mul.make_args(term):
        base, exponent = factor.as_base_exp()
        if base == n and ((exponent - many).is_nonnegative or (many == 1 and exponent.is_positive)):
            return term / n**many
        if factor.is_Add and term != factor:
            inner = _over(factor, n, many)
            if inner is not None:
                return term / factor * inner
    if many == 1 and term.subs(n, 0).is_zero:
        return term / n
    return None
