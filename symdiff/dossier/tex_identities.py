r"""Equations of a text that are true or false whatever the model: Taylor expansions of displaced densities.

``P(x \pm a, t) = P \pm a P_x + (a^2/2) P_xx + O(a^3)`` states coefficients 1/n!; nothing of a model stands in it.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise, product
from math import factorial, prod

import sympy as sp
from sympy.core.function import AppliedUndef

from symdiff.notation.latex import Reading
from symdiff.verification.verdict import CONDITIONAL, PROVED, REFUTED

MOST_ORDERS, MOST_CALLS = 8, 12
DOTS = "..."
Powers = tuple[int, ...]  # how often each coordinate is differentiated


def expansion(reading: Reading | None) -> tuple[str, str] | None:
    """The outcome of a text's Taylor expansions, and why; None where an equation is none."""
    if reading is None or not reading.equations:
        return None
    found = [_of_equation(e) for e in reading.equations]
    told = [f for f in found if f is not None]
    if len(told) < len(found):
        return None
    rank = (REFUTED, CONDITIONAL, PROVED)
    return min(told, key=lambda f: rank.index(f[0]))


def broken_chain(reading: Reading | None) -> str:
    """How the members of ``dP/dt = A = B`` differ where one parameter alone stands before a density; empty where they may be equal.

    A difference such as (p + q - 1) P may be nothing, by what the words say of p and q.
    """
    equations = reading.equations if reading is not None else ()
    for first, e in pairwise(equations):
        if not (isinstance(first, sp.Equality) and isinstance(e, sp.Equality) and e.lhs == first.rhs):
            continue
        gap = sp.expand(e.lhs - e.rhs)
        calls = gap.atoms(AppliedUndef)
        if len({c.args[-1] for c in calls if c.args}) != 1 or gap.has(
            sp.Derivative
        ):  # the law itself, from one time to the next
            continue
        parts = [gap.coeff(c) for c in calls]
        plain = calls and sp.expand(gap - sp.Add(*(k * c for k, c in zip(parts, calls, strict=True)))) == 0
        if plain and any(k != 0 and not k.is_Add and not k.atoms(AppliedUndef) for k in parts):
            return f"the members of the chain differ by {gap}"
    return ""


def _of_equation(e: sp.Basic) -> tuple[str, str] | None:
    if len(e.args) != 2 or not (isinstance(e, sp.Equality) or getattr(e.func, "__name__", "") in ("Approx", "approx")):
        return None
    for displaced, plain in (e.args, e.args[::-1]):
        if not displaced.has(sp.Derivative) and plain.has(sp.Derivative) and not plain.has(sp.Integral, sp.Sum):
            return _compared(displaced, plain, not isinstance(e, sp.Equality))
    return None


def _compared(displaced: sp.Expr, plain: sp.Expr, roughly: bool) -> tuple[str, str] | None:
    """The coefficients that are written beside those of the series."""
    calls = displaced.atoms(AppliedUndef)
    places = {d.expr for d in plain.atoms(sp.Derivative)}
    if len(places) != 1 or len(calls) > MOST_CALLS:
        return None
    (place,) = places
    if not isinstance(place, AppliedUndef) or not all(a.is_Symbol for a in place.args):
        return None
    shifts = {c: tuple(sp.expand(a - b) for a, b in zip(c.args, place.args, strict=False)) for c in calls}
    alike = all(c.func == place.func and len(c.args) == len(place.args) for c in calls)
    if not alike or any(s.has(*place.args) for some in shifts.values() for s in some):
        return None
    moved = {n for some in shifts.values() for n, s in enumerate(some) if s != 0}
    written, rest = _terms(plain, place)
    known = displaced.free_symbols - set(place.args)
    used = set().union(*(c.free_symbols for c in written.values()))
    if not moved or not used <= known or any(n not in moved for p in written for n, k in enumerate(p) if k):
        return None
    order = max(map(sum, written))
    if order > MOST_ORDERS or any(not _is_remainder(r) for r in rest):
        return None
    return _told(_series(displaced, shifts, order + 2), written, rest, place, roughly)


def _told(series: dict[Powers, sp.Expr], written: dict[Powers, sp.Expr], rest: list[sp.Expr], place: AppliedUndef, roughly: bool) -> tuple[str, str]:  # fmt: skip
    for powers, coefficient in sorted(series.items(), key=lambda item: (sum(item[0]), item[0])):
        claimed = written.get(powers)
        due = any(all(p <= q for p, q in zip(powers, other, strict=True)) for other in written)
        if (claimed is not None or due) and sp.expand(coefficient - (claimed or 0)) != 0:
            return (
                REFUTED,
                f"a Taylor expansion, of no model: the coefficient of {_name(powers, place)} is {coefficient}, not {claimed or 0}",
            )
    left = min((sum(p) for p, c in series.items() if p not in written and c != 0), default=None)
    alone = len([n for n in zip(*written, strict=True) if any(n)]) == 1
    for remainder in rest:
        base, power = remainder.args[0].as_base_exp() if remainder.args else (sp.S.One, sp.S.One)
        if alone and left is not None and base.is_Symbol and power.is_Integer and power > left:
            return REFUTED, f"a Taylor expansion, of no model: the first term left out is of order {left}, not {power}"
    if rest or roughly:
        return PROVED, "a Taylor expansion, of no model: its coefficients are right"
    return (
        CONDITIONAL,
        f"a Taylor expansion, of no model: right up to the derivatives of order {max(map(sum, written))}",
    )


def _terms(plain: sp.Expr, place: AppliedUndef) -> tuple[dict[Powers, sp.Expr], list[sp.Expr]]:
    """The coefficient of each derivative, and the terms without the density."""
    written: dict[Powers, sp.Expr] = {}
    rest: list[sp.Expr] = []
    for term in sp.Add.make_args(sp.expand(plain)):
        heads = [f for f in sp.Mul.make_args(term) if f == place or isinstance(f, sp.Derivative)]
        if len(heads) != 1:
            rest.append(term)
            continue
        counts = dict(heads[0].variable_count) if isinstance(heads[0], sp.Derivative) else {}
        powers = tuple(
            int(counts.get(a, 0)) if sp.sympify(counts.get(a, 0)).is_Integer else MOST_ORDERS + 1 for a in place.args
        )
        written[powers] = written.get(powers, sp.S.Zero) + term / heads[0]
    return written, rest


def _is_remainder(term: sp.Expr) -> bool:
    name = getattr(term.func, "__name__", "")
    return name in ("O", "Order", "o") or term == sp.Symbol(DOTS)


def _series(displaced: sp.Expr, shifts: dict[AppliedUndef, tuple[sp.Expr, ...]], order: int) -> dict[Powers, sp.Expr]:
    """The coefficients of Taylor's series of a sum of displaced densities."""
    found: dict[Powers, sp.Expr] = {}
    flat = sp.expand(displaced)
    for call, steps in shifts.items():
        weight = flat.coeff(call)
        for powers in _orders(len(steps), order):
            factor = sp.Mul(*(s**k for s, k in zip(steps, powers, strict=True)))
            found[powers] = sp.expand(found.get(powers, 0) + weight * factor / prod(map(factorial, powers)))
    return found


def _orders(count: int, order: int) -> Iterator[Powers]:
    return (p for p in product(range(order + 1), repeat=count) if sum(p) <= order)


def _name(powers: Powers, place: AppliedUndef) -> str:
    letters = "".join(str(a) * k for a, k in zip(place.args, powers, strict=True))
    return f"d_{letters} {place.func.__name__}" if letters else place.func.__name__
