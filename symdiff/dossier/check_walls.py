"""Claims that are conditions at a wall or an interface: linear in the density, its slope and the flux there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import sympy as sp
from sympy.core.function import AppliedUndef

from symdiff.algebra.equality import Answer, Comparison
from symdiff.continuum.limit import BoundaryCondition
from symdiff.dossier.claimed_terms import Key, Terms
from symdiff.dossier.comparing import Arena
from symdiff.dossier.mending import mended
from symdiff.dossier.quantities import MissingQuantityError
from symdiff.dossier.resolving import Resolver
from symdiff.dossier.typography import in_words
from symdiff.errors import SymdiffError
from symdiff.model.jump_model import JumpModel
from symdiff.notation.expression import parse_chain
from symdiff.verification.claim import Relation
from symdiff.verification.verdict import PROVED, REFUTED, SILENT, UNDECIDED, RegimeVerdict

NONE = "the claim has no derivative in time, and this regime no condition at a wall that it could be"
Places = dict[sp.Symbol, sp.Expr]


class Spot(NamedTuple):
    """The density (``order`` 0), its slope (1), its growth in time (2) or the flux (-1) at a wall, on one ``side`` of it ("" where there is one)."""

    side: str
    order: int


Form = dict[Spot, sp.Expr]


@dataclass(frozen=True)
class WallClaim:
    """Coefficients of what stands at one place of one axis; their sum is claimed to vanish."""

    axis: sp.Symbol
    place: sp.Expr | None
    form: Form


def wall_claim(relation: Relation, places: Places, model: JumpModel) -> WallClaim | None:
    """The condition that a relation states at one place; None where it states none.

    ``places`` are the coordinates that the claim fixes beside the relation: ``u_x = 0 at x = 0``.
    """
    if relation.kind != "=":
        return None
    found: dict[sp.Basic, tuple[sp.Symbol, sp.Expr, Spot]] = {}
    gap = _taken_inside(relation.left - relation.right)
    walk = sp.preorder_traversal(gap)
    for part in walk:
        value = _spot(part, places, model)
        if value is not None:
            found[part] = value
            walk.skip()
    where = {(axis, place) for axis, place, _ in found.values()}
    if len(where) != 1:
        return None
    ((axis, place),) = where
    for part in gap.atoms(sp.Symbol, AppliedUndef) - set(found):  # J beside values at a wall is the flux there
        if _order(part, axis, model) == -1:
            found[part] = (axis, place, Spot("", -1))
    for part in gap.atoms(sp.Derivative) - set(found):  # G P_x = K(P(0^+) - P(0^-)): the slope there
        if _order(part, axis, model) == 1 and any(spot.side for _, _, spot in found.values()):
            found[part] = (axis, place, Spot("", 1))
    marks = {part: sp.Dummy() for part in found}
    marked = gap.xreplace(marks)
    top, bottom = sp.fraction(sp.together(marked))
    if bottom.has(*marks.values()):  # P(0^+)/P(0^-) = D_1/D_2, the ratio across an interface
        marked = top
    marked = sp.expand(marked).subs(axis, place)
    form: Form = {}
    for part, mark in marks.items():
        factor = sp.diff(marked, mark)
        if factor.has(*marks.values()):
            return None
        spot = found[part][2]
        form[spot] = form.get(spot, sp.Integer(0)) + factor
    rest = sp.expand(marked.xreplace({mark: sp.Integer(0) for mark in marks.values()}))
    return WallClaim(axis, place, form) if rest == 0 else None


def _taken_inside(expression: sp.Expr) -> sp.Expr:
    """The value of a sum at a point as the sum of the values."""
    change: dict[sp.Basic, sp.Expr] = {}
    for taken in expression.atoms(sp.Subs, sp.Limit):
        inner, by, place = taken.args[:3]
        if isinstance(taken, sp.Subs) and (len(by) != 1 or len(place) != 1):
            continue
        (axis,), (at,) = (by, place) if isinstance(taken, sp.Subs) else ((by,), (place,))
        parts = [p for p in inner.atoms(sp.Derivative) if p.expr.is_Function] + list(inner.atoms(AppliedUndef))
        if inner in parts or not isinstance(inner, (sp.Add, sp.Mul)):
            continue
        marks = {p: sp.Dummy() for p in parts}
        plain = (
            inner.xreplace({p: marks[p] for p in parts if isinstance(p, sp.Derivative)}).xreplace(marks).subs(axis, at)
        )
        side = (str(taken.args[3]),) if isinstance(taken, sp.Limit) else ()
        change[taken] = plain.xreplace({mark: taken.func(p, axis, at, *side) for p, mark in marks.items()})
    return expression.xreplace(change) if change else expression


def _spot(part: sp.Basic, places: Places, model: JumpModel) -> tuple[sp.Symbol, sp.Expr, Spot] | None:
    """Which value at a fixed place a part of the claim is."""
    if isinstance(part, (sp.Subs, sp.Limit)):
        inner, axis, place = part.args[:3]
        if isinstance(part, sp.Subs):
            (axis,), (place,) = part.args[1], part.args[2]
        order = _order(inner, axis, model)
        side = str(part.args[3]) if isinstance(part, sp.Limit) else ""
        return None if order is None or axis not in model.coordinate_symbols else (axis, place, Spot(side, order))
    if isinstance(part, AppliedUndef) and _is_value(part, model):
        fixed = [(x, a) for x, a in zip(model.coordinate_symbols, part.args, strict=False) if not a.has(*model.coordinate_symbols)]  # fmt: skip
        if len(fixed) == 1:
            return (*fixed[0], Spot("", -1 if _is_flux(part, model) else 0))
    if isinstance(part, sp.Derivative) and tuple(part.variable_count) == (
        (model.time, 1),
    ):  # u_t(0, t) at a sticky wall
        held = _spot(part.expr, places, model)
        return (*held[:2], held[2]._replace(order=2)) if held is not None and held[2].order == 0 else None
    if len(places) == 1:
        ((axis, place),) = places.items()
        order = _order(part, axis, model)
        return None if order is None else (axis, place, Spot("", order))
    return None


def _order(part: sp.Basic, axis: sp.Basic, model: JumpModel) -> int | None:
    """0 for the density, 1 for its slope along ``axis``, 2 for its growth in time, -1 for the flux; None for anything else."""
    if isinstance(part, sp.Derivative):
        slope = part.expr
        plain = isinstance(slope, AppliedUndef) and _is_value(slope, model) and not _is_flux(slope, model)
        by = tuple(part.variable_count)
        return 1 if plain and by == ((axis, 1),) else 2 if plain and by == ((model.time, 1),) else None
    if isinstance(part, AppliedUndef) and _is_value(part, model):
        return -1 if _is_flux(part, model) else 0
    flux = isinstance(part, sp.Symbol) and part.name == "J" and "J" not in {p.name for p in model.parameters}
    return -1 if flux else None


def _is_value(call: AppliedUndef, model: JumpModel) -> bool:
    """The density or the flux, of all coordinates and perhaps of the time."""
    arity = len(call.args) - len(model.coordinate_symbols)
    timed = arity == 0 or (arity == 1 and call.args[-1] == model.time)
    return timed and (call.func.__name__ == model.density or _is_flux(call, model))


def _is_flux(call: AppliedUndef, model: JumpModel) -> bool:
    declared = {d.name for d in model.functions} | set(model.states) | {model.density}
    return call.func.__name__ in ("J", "j") and call.func.__name__ not in declared


def judge_terms_at_wall(claimed: Terms, arena: Arena, resolver: Resolver) -> RegimeVerdict:
    """``a u + b u_x = 0`` without a place: it must be the condition at one of the walls."""
    coordinates = arena.model.coordinate_symbols
    plain = Key(0, (0,) * len(coordinates))
    axes = {k.space.index(1) for k in claimed if sum(k.space) == 1}
    slope = plain._replace(space=tuple(int(n in axes) for n in range(len(coordinates))))
    if len(axes) > 1 or not set(claimed) <= {plain, slope}:
        return RegimeVerdict("", SILENT, (), NONE)
    form = {Spot("", 1 if k == slope else 0): v for k, v in claimed.items()}
    return judge_at_wall(WallClaim(coordinates[min(axes, default=0)], None, form), arena, resolver)


def judge_at_wall(claim: WallClaim, arena: Arena, resolver: Resolver) -> RegimeVerdict:
    """Compare a condition with those at the wall: it must follow from them."""
    assert arena.limit is not None
    walls = _walls(claim.axis, arena)
    if not walls:
        return RegimeVerdict("", SILENT, (), NONE)
    if claim.place is not None:
        walls = {p: found for p, found in walls.items() if _is_near(p, claim.place, arena.model)}
        if not walls:
            return RegimeVerdict("", UNDECIDED, (), f"the model has no wall at {claim.axis} = {claim.place}")
    try:
        verdicts = [_at_one(claim, place, found, arena, resolver) for place, found in walls.items()]
    except MissingQuantityError as missing:
        return RegimeVerdict("", SILENT if missing.known else UNDECIDED, (), missing.what)
    for wanted in (PROVED, UNDECIDED, SILENT, REFUTED):
        verdict = next((v for v in verdicts if v.verdict == wanted), None)
        if verdict is not None:
            return verdict
    raise AssertionError(verdicts)


def _walls(axis: sp.Symbol, arena: Arena) -> dict[sp.Expr, list[BoundaryCondition]]:
    """The conditions of a regime by the place of their wall along one axis."""
    assert arena.limit is not None
    found: dict[sp.Expr, list[BoundaryCondition]] = {}
    for condition in arena.limit.boundary_conditions:
        try:
            (left, right), _ = parse_chain(condition.at, arena.model.scope)
        except (SymdiffError, ValueError):
            continue
        if left == axis and condition.kind in ("absorbing", "reflecting", "robin", "interface", "sticky"):
            found.setdefault(right, []).append(condition)
    return found


def _is_near(wall: sp.Expr, place: sp.Expr, model: JumpModel) -> bool:
    """Whether two places are the same up to one step of the walk, which the equation does not resolve."""
    gap = sp.expand(wall - place)
    lengths = {r for j in model.jumps for r in j.displacement if r != 0}
    return gap == 0 or any((ratio := sp.cancel(gap / r)).is_Rational and abs(ratio) <= 1 for r in lengths)


def _beside(value: sp.Expr, axis: sp.Symbol, place: sp.Expr, side: str) -> sp.Expr:
    """A coefficient at a place, on one side of it where it jumps there."""
    step = sp.Dummy(positive=True) * {"+": 1, "-": -1}.get(side, 0)
    change = {}
    for pieces in value.atoms(sp.Piecewise):
        here = [(e, c.xreplace({axis: place + step})) for e, c in pieces.args]
        holds = next((e for e, c in here if c not in (False, sp.false)), None)
        if holds is not None and all(c in (True, False, sp.true, sp.false) for _, c in here):
            change[pieces] = holds
    return value.xreplace(change).subs(axis, place)


def _at_one(
    claim: WallClaim, place: sp.Expr, conditions: list[BoundaryCondition], arena: Arena, resolver: Resolver
) -> RegimeVerdict:
    two_sided = any(c.kind == "interface" for c in conditions)
    rows = [_row(c, claim.axis, place, arena) for c in conditions]
    if any(row is None for row in rows):
        return RegimeVerdict("", SILENT, (), NONE)
    reduced = _reduced([row for row in rows if row is not None])
    if not two_sided and {"+", "-"} <= {spot.side for spot in claim.form}:
        return RegimeVerdict(
            "", UNDECIDED, (), f"at {claim.axis} = {place} there is a wall, and nothing on its other side"
        )
    claimed: Form = {}
    for spot, factor in claim.form.items():
        spot = spot if two_sided else spot._replace(side="")
        for part, weight in _without_flux(spot, two_sided, claim.axis, place, arena).items():
            value = _beside(resolver.resolve(factor), claim.axis, place, spot.side)
            claimed[part] = claimed.get(part, sp.Integer(0)) + value * weight
    if two_sided and Spot("", 0) in claimed:
        return RegimeVerdict(
            "", UNDECIDED, (), f"the density has two values at {claim.axis} = {place}: write 0^+ or 0^-"
        )
    shown = "; ".join(f"at {c.at}: {in_words(c.lhs)} = {in_words(c.rhs)}" for c in conditions)
    right: Form = {}
    for pivot, row in reduced.items():
        for spot, value in row.items():
            right[spot] = right.get(spot, sp.Integer(0)) + claimed.get(pivot, sp.Integer(0)) * value
    for spot in sorted({*claimed, *right}):
        pair = claimed.get(spot, sp.Integer(0)), sp.together(right.get(spot, sp.Integer(0)))
        answer = arena.equal(*pair)
        if answer.answer is Answer.UNDECIDED:
            return RegimeVerdict("", UNDECIDED, (), "the condition at the wall could not be compared")
        if answer.answer is Answer.REFUTED:
            return _refuted(answer, spot, claimed, pair, reduced, arena, shown)
    return RegimeVerdict(
        "", PROVED, (), f"it follows from the condition {shown}" if two_sided else f"it is the condition {shown}"
    )


def _refuted(
    answer: Comparison, spot: Spot, claimed: Form, pair: tuple[sp.Expr, sp.Expr], reduced: dict[Spot, Form], arena: Arena, shown: str
) -> RegimeVerdict:  # fmt: skip
    why = f"the condition at the wall differs: {shown}"
    head = next((p for p in reduced if claimed.get(p, sp.Integer(0)) != 0 and spot in reduced[p]), None)
    if head is None:
        return RegimeVerdict("", REFUTED, (), why, answer.witness, answer.left, answer.right)
    theirs, ours = (sp.cancel(-side / claimed[head]) for side in pair)  # u_x = theirs u
    if (head, spot) == (Spot("-", 0), Spot("+", 0)) and theirs != 0 and ours != 0:
        theirs, ours = 1 / theirs, 1 / ours  # the value on the right over that on the left
    found = arena.equal(ours, theirs)
    verdict = RegimeVerdict("", REFUTED, (), why, found.witness, found.left, found.right)
    return mended(verdict, theirs, ours, arena)


def _row(condition: BoundaryCondition, axis: sp.Symbol, place: sp.Expr, arena: Arena) -> Form | None:
    claim = wall_claim(Relation("=", condition.lhs, condition.rhs), {axis: place}, arena.model)
    return None if claim is None else claim.form


def _without_flux(spot: Spot, two_sided: bool, axis: sp.Symbol, place: sp.Expr, arena: Arena) -> Form:
    """A spot in values and slopes: J = v P - D d_x P; at an interface the flux and its slope are the same on both sides."""
    assert arena.limit is not None
    side = spot.side or ("-" if two_sided and spot.order else "")
    if spot.order >= 0:
        return {Spot(side, spot.order): sp.Integer(1)}
    named = dict(arena.limit.flux_form)
    one = len(arena.model.coordinates) == 1
    v, d = (named.get(name) for name in (("v", "D") if one else (f"v_{axis}", f"D_{axis}{axis}")))
    if v is None or d is None:
        raise MissingQuantityError("the equation of this regime has no flux of the form v P - D d_x P", True)
    return {Spot(side, 0): v.subs(axis, place), Spot(side, 1): -d.subs(axis, place)}


def _reduced(rows: list[Form]) -> dict[Spot, Form]:
    """The conditions solved for one spot each (slopes first): reduced rows with a one at that spot."""
    solved: dict[Spot, Form] = {}
    for row in rows:
        for pivot, other in solved.items():
            row = _minus(row, other, row.get(pivot, sp.Integer(0)))
        left = [s for s in sorted(row, key=lambda s: (s.order, s.side), reverse=True) if row[s] != 0]
        if not left:
            continue
        head = left[0]
        row = {s: sp.cancel(v / row[head]) for s, v in row.items()}
        solved = {p: _minus(other, row, other.get(head, sp.Integer(0))) for p, other in solved.items()}
        solved[head] = row
    return solved


def _minus(row: Form, other: Form, factor: sp.Expr) -> Form:
    if factor == 0:
        return row
    zero = sp.Integer(0)
    found = {s: sp.cancel(row.get(s, zero) - factor * other.get(s, zero)) for s in {*row, *other}}
    return {s: v for s, v in found.items() if v != 0}
