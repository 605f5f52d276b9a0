"""Fokker-Planck equations that were pasted: products under derivatives opened, drift and diffusivity in conservative form; sources.

With D P_xx + c P_x + b P, and D and c functions of place: v = 2 D' - c, and b - (D'' - v') is what is left over, a rate of growth or loss.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import sympy as sp
from sympy.core.function import AppliedUndef

from symdiff.dossier.balance_types import Balance, Flow
from symdiff.errors import NotYetError


def opened(gap: sp.Expr, names: Sequence[str]) -> sp.Expr:
    """Derivatives of products with a density by the product rule, the inner ones first.

    >>> x, t = sp.symbols("x t")
    >>> P, V = sp.Function("P")(x, t), sp.Function("V")(x)
    >>> opened(sp.Derivative(V * P, x), ["P"])
    P(x, t)*Derivative(V(x), x) + V(x)*Derivative(P(x, t), x)
    """
    if not isinstance(gap, sp.Expr) or not gap.has(sp.Derivative):
        return gap
    if isinstance(gap, sp.Derivative):
        inside = opened(gap.expr, names)
        densities = [c for c in inside.atoms(AppliedUndef) if c.func.__name__ in names]
        if not densities or isinstance(inside, AppliedUndef):
            return gap
        return sp.expand(sp.diff(inside, *gap.variable_count))
    if isinstance(gap, (sp.Integral, sp.Sum)):
        return gap
    return gap.func(*(opened(a, names) if isinstance(a, sp.Expr) else a for a in gap.args))


def with_motion(balance: Balance) -> Balance:
    """The balance with its derivatives as a velocity and a diffusivity; itself where it has none, or others than of one isotropic motion."""
    moved = [f for f in balance.flows if any(f.orders)]
    places = balance.places
    if not moved or balance.step is not None or any(f.source != balance.density or any(f.shift) for f in moved):
        return balance
    size = len(places)
    first, second = [sp.S.Zero] * size, [sp.S.Zero] * size
    for f in moved:
        axis = next(n for n, order in enumerate(f.orders) if order)
        if f.orders[axis] != sum(f.orders) or sum(f.orders) > 2:
            return balance
        (first if sum(f.orders) == 1 else second)[axis] += f.weight
    diffusivity = sp.expand(second[0])
    if any(sp.expand(s - diffusivity) != 0 for s in second):
        return balance
    velocity = tuple(sp.expand(2 * sp.diff(diffusivity, x) - c) for x, c in zip(places, first, strict=True))
    owed = sp.Add(*(sp.diff(diffusivity, x, 2) - sp.diff(v, x) for x, v in zip(places, velocity, strict=True)))
    still = tuple(sp.S.Zero for _ in places)
    flows = [f for f in balance.flows if not any(f.orders)]
    left = -sp.expand(owed)
    kept: list[Flow] = []
    for f in flows:
        if f.source == balance.density and all(s == 0 for s in f.shift):
            left += f.weight
        else:
            kept.append(f)
    if (left := sp.expand(left)) != 0:
        kept.append(Flow(balance.density, still, left, tuple(0 for _ in places)))
    return replace(balance, flows=tuple(kept), motion=(velocity, diffusivity))


def resets_of(
    sources: sp.Expr, places: Sequence[sp.Symbol], densities: int, lasting: bool
) -> tuple[tuple[tuple[sp.Expr, tuple[sp.Expr, ...]], ...], tuple[sp.Expr, ...]]:
    r"""``r \delta(x - x_0)``, ``r \delta_{n,0}``: walkers that are put back to a place, at a rate or with a probability; and, where time
    is continuous (``lasting``), those that arrive from outside, s(x).

    Raises :class:`NotYetError` for any other term without a density.
    """
    found, arriving = [], []
    for term in sp.Add.make_args(sp.expand(sources)) if sources != 0 else ():
        deltas = [f for f in sp.Mul.make_args(term) if isinstance(f, (sp.DiracDelta, sp.KroneckerDelta))]
        rate = term / sp.Mul(*deltas)
        where: dict[sp.Symbol, sp.Expr] = {}
        for delta in deltas:
            gap = delta.args[0] if isinstance(delta, sp.DiracDelta) else delta.args[0] - delta.args[1]
            place = next((p for p in places if sp.diff(gap, p) in (1, -1)), None)
            if place is not None and (
                len(delta.args) == 1 or isinstance(delta, sp.KroneckerDelta)
            ):  # no derivative of delta
                where[place] = sp.expand(place - gap / sp.diff(gap, place))
        fixed = (
            set(where) == set(places) and len(deltas) == len(places) and not any(w.has(*places) for w in where.values())
        )
        if lasting and not deltas and not term.has(sp.Integral, sp.Sum, sp.Derivative, sp.Symbol("t")):
            arriving.append(term)
            continue
        if not fixed or densities > 1 or rate.has(*places) or rate.atoms(AppliedUndef):
            raise NotYetError(
                f"the term {term} holds no density (a source): it is not read into a model",
                instead="state walkers that arrive in a model file: [[reactions]] with consumes = [], or a jump with destination",
            )
        found.append((rate, tuple(where[p] for p in places)))
    return tuple(found), tuple(arriving)
