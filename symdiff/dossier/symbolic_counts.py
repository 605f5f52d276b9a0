"""Probabilities of endpoints as formulas, where the probabilities of a step are symbols: nothing is multiplied out.

Every distinct probability of a step is one generator of a polynomial ring; the law is dynamic programming over that ring, and
the expressions of the model are put in at the end: 3 p^2 (1 - p), not 3 p^2 - 3 p^3.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import comb
from typing import Any

import sympy as sp

from symdiff.dossier.lattice_steps import SymbolicSteps
from symdiff.evidence.counting.places import full_site
from symdiff.evidence.counting.walled import start_place

MAX_TERMS = 30_000
Site = tuple[int | str, ...]


def symbolic_law(symbolic: SymbolicSteps, n: int, start: Site) -> dict[Site, sp.Expr] | None:
    """The probability of every endpoint of n steps as a formula; None where the formulas would be too long."""
    walk = symbolic.walk
    expressions = list(dict.fromkeys([*symbolic.weights, *(r for r in symbolic.rests if r != 0)]))
    symbols = [e for e in expressions if not e.is_Rational]
    if comb(n + len(symbols), len(symbols)) * _places(symbolic, n) > MAX_TERMS:
        return None
    ring, *generators = sp.ring([f"w{i}" for i in range(len(symbols))], sp.QQ)
    by_expression = dict(zip(symbols, generators, strict=True))

    def element(e: sp.Expr) -> Any:
        return by_expression[e] if e in by_expression else ring(sp.QQ(int(e.p), int(e.q)))

    weights = [element(e) for e in symbolic.weights]
    rests = [element(e) if e != 0 else None for e in symbolic.rests]
    layer = {start_place(walk, start): ring(1)}
    for _ in range(n):
        following: dict[Any, Any] = {}
        for place, value in layer.items():
            for i, t in enumerate(walk.machine.transitions):
                if walk.states[place[1]] == t.source:
                    for there, share in walk.landing(place, t):
                        part = value * weights[i] * sp.QQ(share.numerator, share.denominator)
                        following[there] = following.get(there, ring(0)) + part
            rest = rests[place[1]]
            if rest is not None:
                following[place] = following.get(place, ring(0)) + value * rest
        layer = {place: value for place, value in following.items() if value}
    return {full_site(*place, walk.states): _expression(value, symbols) for place, value in sorted(layer.items())}


def _expression(value: Any, symbols: Sequence[sp.Expr]) -> sp.Expr:
    terms = []
    for powers, c in value.terms():
        factors = [e**k for e, k in zip(symbols, powers, strict=True) if k]
        terms.append(sp.Mul(sp.Rational(int(c.numerator), int(c.denominator)), *factors))
    return sp.Add(*terms)


def _places(symbolic: SymbolicSteps, n: int) -> int:
    size = len(symbolic.walk.states)
    for axis in zip(*(t.step for t in symbolic.walk.machine.transitions), strict=True):
        size *= n * (max(0, *axis) - min(0, *axis)) + 1
    return size
