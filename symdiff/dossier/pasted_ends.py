r"""Rows of a pasted master equation at the ends of its lattice: ``\dot P_0 = k(P_1 - P_0)`` beside the equation of P_n.

With w_r(n) the coefficient of P_(n + r) in the row of site n, a jump by d leaves n at the rate w_(-d)(n + d). Where sites end at c the
gains from beyond fall away; what leads outside is lost too (absorbing), or is not made (reflecting). A row that is one of these is
that wall, at c or beyond it; any other row is named as left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sympy as sp
from sympy.core.function import AppliedUndef

from symdiff.dossier.pasted_names import plain_name

KINDS = ("reflecting", "absorbing")


@dataclass(frozen=True)
class End:
    """The last site, whether walkers are at or above it, and the kind of its wall."""

    site: sp.Expr
    above: bool
    kind: str
    open: bool = False  # the place itself is outside
    said: str = "row of site"
    strength: sp.Expr = sp.S.Zero  # of a partial wall: its rate, or in steps its probability


@dataclass(frozen=True)
class Ends:
    """The equations without rows at ends, the walls that these are, and notes on the others."""

    equations: tuple[sp.Basic, ...]
    walls: tuple[End, ...] = ()
    notes: tuple[str, ...] = ()


def without_ends(equations: Sequence[sp.Basic]) -> Ends:
    """Rows of single sites, beside one equation for all sites of one density on a line, taken apart.

    >>> n, t, k, P = sp.Symbol("n"), sp.Symbol("t"), sp.Symbol("k"), sp.Function("P")
    >>> bulk = sp.Eq(P(n, t).diff(t), k * (P(n - 1, t) + P(n + 1, t) - 2 * P(n, t)))
    >>> row = sp.Eq(sp.Derivative(P(0, t), t), k * (P(1, t) - P(0, t)))
    >>> without_ends([bulk, row]).walls
    (End(site=0, above=True, kind='reflecting', open=False, said='row of site', strength=0),)
    """
    rows = [(e, head) for e in equations if (head := _head(e)) is not None]
    counts = {
        e: len({c.args[0] for c in e.rhs.atoms(AppliedUndef) if c.func == h.func})
        for e, h in rows
        if h.args[0].is_Symbol
    }
    most = max(counts.values(), default=0)  # P_N has neighbours on one side only
    bulk = [(e, h) for e, h in rows if counts.get(e) == most > 1]
    if len(bulk) != 1 or len(bulk[0][1].args) != 2:
        return Ends(tuple(equations))
    equation, head = bulk[0]
    n = head.args[0]
    ends = [
        (e, h)
        for e, h in rows
        if e is not equation
        and h.func == head.func
        and len(h.args) == 2
        and not h.args[0].has(n)
        and not _is_inside(e, h)
    ]
    if not ends:
        return Ends(tuple(equations))
    weights = _weights(equation.rhs, head, n)
    walls, notes, gone = [], [], set()
    for row, own in ends:
        found = None if weights is None else _wall(row, own.args[0], weights, n, equation)
        gone.add(row)
        if found is None:
            notes.append(f"the row of {head.func.__name__}({own.args[0]}) is not part of the model: it is no absorbing or reflecting end, "
                         "and the equation is taken to hold everywhere")  # fmt: skip
        else:
            walls.append(found)
    ranges = {
        e for e in equations if walls and not isinstance(e, sp.Equality) and n in e.free_symbols
    }  # 1 <= n <= N - 1
    return Ends(tuple(e for e in equations if e not in gone | ranges), tuple(walls), tuple(notes))


def _is_inside(row: sp.Equality, head: AppliedUndef) -> bool:
    """A row with neighbours on both sides: that of no end, but of a second model."""
    gaps = {sp.expand(c.args[0] - head.args[0]) for c in row.rhs.atoms(AppliedUndef) if c.func == head.func}
    return (
        head.args[0].is_Symbol and any(g.is_number and g > 0 for g in gaps) and any(g.is_number and g < 0 for g in gaps)
    )


def _head(e: sp.Basic) -> AppliedUndef | None:
    """What advances in time: P(n, t) of d_t P(n, t), or of P(n, t + tau)."""
    if not isinstance(e, sp.Equality):
        return None
    left = e.lhs
    if isinstance(left, sp.Derivative) and isinstance(left.expr, AppliedUndef) and len(left.variables) == 1:
        return left.expr if left.expr.args and left.variables[0] == left.expr.args[-1] else None
    if isinstance(left, AppliedUndef) and len(left.args) == 2 and not left.args[1].is_Symbol:
        times = {c.args[1] for c in e.rhs.atoms(AppliedUndef) if c.func == left.func and len(c.args) == 2}
        return left.func(left.args[0], times.pop()) if len(times) == 1 else None
    return None


def _weights(rhs: sp.Expr, head: AppliedUndef, n: sp.Symbol) -> dict[int, sp.Expr] | None:
    """w_r(n) by r; None where the right-hand side is not linear in the density at whole numbers of sites."""
    marks = {c: sp.Dummy() for c in rhs.atoms(AppliedUndef) if c.func == head.func}
    plain = rhs.xreplace(marks)
    if any(c.has(*marks.values()) for c in plain.atoms(AppliedUndef, sp.Sum, sp.Integral)):
        return None
    marked = sp.expand(plain)
    found: dict[int, sp.Expr] = {}
    for call, mark in marks.items():
        shift, weight = sp.expand(call.args[0] - n), sp.diff(marked, mark)
        if not shift.is_Integer or call.args[1:] != head.args[1:] or weight.has(*marks.values()):
            return None
        found[int(shift)] = weight
    rest = sp.expand(marked - sp.Add(*(found[int(sp.expand(c.args[0] - n))] * m for c, m in marks.items())))
    return found if rest == 0 else None


def _wall(row: sp.Equality, site: sp.Expr, weights: dict[int, sp.Expr], n: sp.Symbol, bulk: sp.Equality) -> End | None:
    density = _head(bulk)
    assert density is not None
    for above in (True, False):
        for kind in KINDS:
            inside = {r: w for r, w in weights.items() if (r >= 0 if above else r <= 0)}
            expected = sp.Add(
                *(w.xreplace({n: site}) * density.func(site + r, *density.args[1:]) for r, w in inside.items())
            )
            if kind == "reflecting":
                outward = [-r for r in weights if (-r < 0 if above else -r > 0)]
                kept = sp.Add(*(weights[-d].xreplace({n: site + d}) for d in outward))
                expected += kept * density.func(site, *density.args[1:])
            if (gap := sp.expand(expected - row.rhs)) == 0:
                return End(site, above, kind)
            lost = sp.expand(gap / density.func(site, *density.args[1:]))
            own = lost.free_symbols - set().union(*(w.free_symbols for w in weights.values()))
            if kind == "reflecting" and own and _is_a_loss(lost):
                strength = lost if isinstance(bulk.lhs, sp.Derivative) else sp.cancel(lost / kept)
                return End(site, above, "partial", strength=strength)
    return None


def _is_a_loss(lost: sp.Expr) -> bool:
    """Terms with a plus sign alone: nothing is gained."""
    plain = not lost.atoms(AppliedUndef, sp.Derivative)
    return plain and not any(t.could_extract_minus_sign() for t in sp.Add.make_args(lost))


def with_walls(document: dict[str, object], walls: Sequence[End], spacing: str) -> list[str]:
    """The walls put into a document of one coordinate; what is assumed of their places.

    ``spacing`` is the name of the lattice's spacing, empty where the coordinate counts sites.
    """
    (axis,) = document["model"]["coordinates"]  # type: ignore[index]
    notes, entries = [], []
    symbols = {s for w in walls for s in (*w.site.free_symbols, *w.strength.free_symbols)}
    names = {s: sp.Symbol(plain_name(s.name, set())) for s in symbols}
    for wall in walls:
        site, strength = wall.site.xreplace(names), wall.strength.xreplace(names)
        place = str(site if not spacing else site * sp.Symbol(spacing))
        for symbol in sorted(site.free_symbols, key=str):
            document["parameters"].setdefault(symbol.name, "positive integer" if spacing else "positive")  # type: ignore[attr-defined]
        if wall.kind == "periodic":
            entries.append({"domain": f"0 <= {axis} < {place}", "kind": "periodic"})
            notes.append(f"the sites lie on a ring of length {place}")
            continue
        sign = (">" if wall.above else "<") + ("" if wall.open else "=")
        entry = {"domain": f"{axis} {sign} {place}", "kind": wall.kind}
        if wall.kind == "partial":
            entry["probability" if "time_step" in document["model"] else "rate"] = str(strength)  # type: ignore[operator]
            for symbol in sorted(strength.free_symbols, key=str):
                document["parameters"].setdefault(symbol.name, "positive")  # type: ignore[attr-defined]
        entries.append(entry)
        kind = (
            "an absorbing"
            if wall.kind == "absorbing"
            else f"a {wall.kind}{'ly absorbing' if wall.kind == 'partial' else ''}"
        )
        notes.append(f"the {wall.said} {wall.site} is that of {kind} end: walkers are at {axis} {sign} {place}")
    document["boundaries"] = entries
    return notes
