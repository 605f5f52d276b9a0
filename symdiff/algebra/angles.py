r"""Trigonometric identities that an expansion in powers does not see: products of cosines, and roots of opposite signs.

\cos a \cos b against \frac12[\cos(a + b) + \cos(a - b)], and \cos(t\sqrt{x}) against \cosh(t\sqrt{-x}).
"""

from __future__ import annotations

import math

import sympy as sp

MOST_CALLS = 40


def in_unit_powers(difference: sp.Expr) -> list[sp.Expr] | None:
    """What must vanish for an expression in sines and cosines to be nought; None where there are not two of them, or too many.

    With z = e^(i b) for every term b of the angles, a cosine is (z^n + z^-n)/2, and the coefficients of all powers of z are returned.
    """
    calls = sorted(difference.atoms(sp.cos, sp.sin), key=str)
    if not 2 <= len(calls) <= MOST_CALLS:
        return None
    angles = {c: sp.expand(c.args[0]).as_coefficients_dict() for c in calls}
    shares: dict[sp.Expr, int] = {}
    for parts in angles.values():
        for term, q in parts.items():
            if not q.is_Rational:
                return None
            shares[term] = math.lcm(shares.get(term, 1), int(q.q))
    units = {term: sp.Dummy(positive=True) for term in shares}
    change: dict[sp.Basic, sp.Expr] = {}
    for call, parts in angles.items():
        wave = sp.Mul(*(units[term] ** (q * shares[term]) for term, q in parts.items()))
        change[call] = (wave + 1 / wave) / 2 if isinstance(call, sp.cos) else (wave - 1 / wave) / (2 * sp.I)
    opened = sp.expand(difference.xreplace(change))
    found: dict[sp.Expr, sp.Expr] = {}
    for term in sp.Add.make_args(opened):
        rest, power = term.as_independent(*units.values(), as_Add=False)
        found[power] = found.get(power, sp.S.Zero) + rest
    return [c for c in found.values() if c != 0]


def with_one_root(difference: sp.Expr) -> list[sp.Expr]:
    r"""The expression with sqrt(-x) as i sqrt(x) and as -i sqrt(x), one of which it is; empty where no such two roots stand in it."""
    roots = sorted(
        {p.base for p in difference.atoms(sp.Pow) if p.exp.is_Rational and p.exp.q == 2 and p.base.is_Add}, key=str
    )
    pair = next(((a, b) for i, a in enumerate(roots) for b in roots[i + 1 :] if sp.expand(a + b) == 0), None)
    if pair is None:
        return []
    kept, other = pair
    root = sp.sqrt(kept)
    powers = [p for p in difference.atoms(sp.Pow) if p.base == other and p.exp.is_Rational and p.exp.q == 2]
    return [difference.xreplace({p: (sign * sp.I * root) ** p.exp.p for p in powers}) for sign in (1, -1)]
