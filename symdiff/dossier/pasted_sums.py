r"""Sums over all sites in a pasted master equation, brought to sums over distances: ``\sum_{m \ne n} w(|n-m|) (P_m - P_n)``.

Kronecker deltas, as in a kernel W_{nm} = r (delta_{m,n+1} + delta_{m,n-1}), are contracted.
"""

from __future__ import annotations

import sympy as sp
from sympy.core.function import AppliedUndef

_DISTANCE = "distance"


def over_distances(e: sp.Basic) -> sp.Basic:
    """The equation with its sums over all sites, or all others, as sums over the distance; other equations as they stand.

    >>> from sympy.abc import n, m, t
    >>> P, K = sp.Function("P"), sp.KroneckerDelta
    >>> over_distances(sp.Eq(P(n, t), sp.Sum(K(m, n + 1) * P(m, t), (m, -sp.oo, sp.oo))))
    Eq(P(n, t), P(n + 1, t))
    """
    if not isinstance(e, sp.Equality):
        return e
    change: dict[sp.Basic, sp.Expr] = {}
    for total in e.atoms(sp.Sum, sp.Integral, AppliedUndef):
        found = _contracted(total) if isinstance(total, (sp.Sum, sp.Integral)) else None
        if found is None and not isinstance(total, sp.Integral):
            found = _shifted(total, e)
        if found is not None:
            change[total] = found
    return sp.Equality(*(side.xreplace(change) for side in e.args), evaluate=False) if change else e


def _contracted(total: sp.Sum | sp.Integral) -> sp.Expr | None:
    """The sum (or integral) over all m of deltas in m; None where a term has none."""
    sort = sp.DiracDelta if isinstance(total, sp.Integral) else sp.KroneckerDelta
    if len(total.limits) != 1 or total.limits[0][1:] not in ((-sp.oo, sp.oo), ()) or not total.has(sort):
        return None
    variable = total.limits[0][0]
    found = []
    for term in sp.Add.make_args(sp.expand(total.function)):
        deltas = [f for f in sp.Mul.make_args(term) if isinstance(f, sort) and f.has(variable)]
        if not deltas or (sort is sp.DiracDelta and len(deltas[0].args) > 1):
            return None
        gap = sp.expand(deltas[0].args[0] - (deltas[0].args[1] if sort is sp.KroneckerDelta else 0))
        slope = sp.diff(gap, variable)
        if slope not in (1, -1):
            return None
        where = sp.expand(variable - gap / slope)
        found.append((term / deltas[0]).xreplace({variable: where}))
    return sp.Add(
        *(f.xreplace({c: c.func(*(sp.expand(a) for a in c.args)) for c in f.atoms(AppliedUndef)}) for f in found)
    )


def _shifted(total: sp.Expr, e: sp.Equality) -> sp.Expr | None:
    """A sum over sites m with densities at m and at n, as one over m - n; None where it is something else."""
    others = isinstance(total, AppliedUndef) and total.func.__name__ == "Sum" and len(total.args) == 2
    if others and isinstance(total.args[1], sp.Unequality):
        body, (one, two) = total.args[0], total.args[1].args
        outside = e.xreplace({total: sp.Integer(0)}).free_symbols
        free = [s for s in (one, two) if s.is_Symbol and s not in outside]
        rest = [s for s in (one, two) if s not in free]
        if len(free) != 1 or len(rest) != 1:
            return None
        variable, site = free[0], rest[0]
    elif isinstance(total, sp.Sum) and len(total.limits) == 1 and total.limits[0][1:] == (-sp.oo, sp.oo):
        body, variable, others = total.function, total.limits[0][0], False
        outside = {a for c in e.xreplace({total: sp.Integer(0)}).atoms(AppliedUndef) for a in c.args}
        at_it = [c for c in body.atoms(AppliedUndef) if variable in c.args and len(c.args) > 1]
        sites = [
            s
            for s in outside
            if s.is_Symbol and s.name != "t" and any(_difference(c, variable, s) for c in body.atoms(sp.Basic))
        ]
        if not at_it or len(sites) != 1:
            return None
        site = sites[0]
    else:
        return None
    step = sp.Symbol(_DISTANCE)
    if site != 0:
        body = body.xreplace({variable: site + step})
        calls = {c: c.func(*(sp.expand(a) for a in c.args)) for c in body.atoms(AppliedUndef)}
        lengths = {a: sp.Abs(sp.expand(a.args[0])) for a in body.atoms(sp.Abs)}
        body = body.xreplace(calls).xreplace(lengths)
    else:
        body = body.xreplace({variable: step})
    if not others:
        return sp.Sum(body, (step, -sp.oo, sp.oo))
    if not body.has(1 / step, sp.Abs, sp.Pow) and sp.expand(body.xreplace({step: sp.Integer(0)})) == 0:
        return sp.Sum(body, (step, -sp.oo, sp.oo))  # the site itself adds nothing
    both = (body.xreplace({step: sign * step}) for sign in (1, -1))
    positive = sp.Symbol(_DISTANCE, positive=True)
    return sp.Add(*(sp.Sum(b.xreplace({step: positive}).xreplace({positive: step}), (step, 1, sp.oo)) for b in both))


def _difference(e: sp.Basic, one: sp.Symbol, two: sp.Symbol) -> bool:
    """``m - n`` or ``n - m``: the argument of a kernel that is the same everywhere."""
    return e in (one - two, two - one)
