"""Milne's problem of walkers with internal states: by linear profiles where these solve it exactly, else by the modes of the layer.

In the layer sum_r W_r u(n - r) = (out) u(n) with the vector u of the states (W_r: rates of jumps r sites inwards, from column to
row), or V u' = G u for walkers that move at the velocities V and switch by G. Without drift u = r (A + n) + s with G r = 0,
sum r = 1, G s = sum_r r W_r r (or V r), sum s = 0, plus layers that decay. What would enter from outside vanishes:
sum_(r >= n) W_r u(n - r) = 0 for n = 1, 2, ... (u_i = 0 for V_i > 0). Where the linear profile alone meets all of these no layer
is there, and the density vanishes at n = -A: v/(2 alpha) outside for runs at the speed v that reverse at the rate alpha.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import sympy as sp

from symdiff.continuum.leading import leading
from symdiff.continuum.observables.walls import Wall
from symdiff.continuum.regimes import PreparedRegime
from symdiff.continuum.wall_layer import Layer, is_even, solve_layer
from symdiff.continuum.wall_long_jumps import LongChain
from symdiff.continuum.wall_rules import Rule, first_site, landing
from symdiff.continuum.wall_runs import runs_in_layer
from symdiff.errors import NotYetError
from symdiff.model.boundary import Boundary
from symdiff.model.jump_model import JumpModel

Blocks = dict[int, sp.Matrix]
SKEWED = (
    "the jumps to both sides are not alike, so that third derivatives count as much as the shift of the wall: where exactly it "
    "stands is not derived"
)
RUNS = (
    "what becomes of walkers that run against a wall and are not absorbed (they wait there, or turn) is not handled yet: "
    "only the balance of the flux is known"
)

LAYER = "the states next to the wall form a layer of their own, which is not solved: where exactly the wall stands is not derived"


def rule_of_states(model: JumpModel, prepared: PreparedRegime, wall: Wall, axis: int, inward: int) -> Rule:
    """The wall with its place, or with its share of what reaches it; raises :class:`NotYetError` where the layer is not solved."""
    varying = {*model.coordinate_symbols, model.time}
    amounts = [e for j in model.jumps for e in (j.intensity, *j.displacement)] + [
        v for m in model.motions for v in m.velocity
    ]
    if (
        any(j.law is not None or j.region is not None or j.destination is not None for j in model.jumps)
        or model.internals
    ):
        raise NotYetError(LAYER)
    if model.clock not in ("continuous", "discrete") or any(
        e.free_symbols & varying or e.atoms(sp.core.function.AppliedUndef) for e in amounts
    ):
        raise NotYetError(LAYER)
    boundary = wall.boundary
    if any(m.velocity[axis] != 0 for m in model.motions):
        if boundary.kind != "absorbing":
            raise NotYetError(RUNS)
        length, notes = _of_runs(model, prepared, axis, inward)
        return Rule("absorbing", length=length, notes=notes)
    if model.motions:
        raise NotYetError(LAYER)
    if boundary.rate is not None:
        raise NotYetError("absorption at a rate next to walkers with internal states is not handled yet",
                          instead="state the probability with which a jump outside absorbs")  # fmt: skip
    spacing, blocks = sites_of(model, axis, inward)
    blocks = leading_part(model, prepared, blocks)
    first, notes = first_site(model, wall, spacing, axis, inward)
    mirror = None
    if boundary.kind != "absorbing" and boundary.rejected == "mirror":
        mirror = landing(sp.expand(first / spacing))
    return _of_sites(model, prepared, boundary, blocks, spacing, first, mirror, notes)


def rule_of_chain(model: JumpModel, prepared: PreparedRegime, wall: Wall, chain: LongChain) -> Rule:
    """A reflecting or partial wall of walkers without states whose jumps reach over several sites; ``chain`` holds rates."""
    boundary = wall.boundary
    if boundary.rate is not None:
        raise NotYetError("absorption at a rate next to jumps beyond the neighbouring site is not handled yet",
                          instead="state the probability with which a jump outside absorbs")  # fmt: skip
    mirror = landing(sp.expand(chain.first / chain.spacing)) if boundary.rejected == "mirror" else None
    blocks = {r: sp.Matrix([[w]]) for r, w in chain.rates.items()}
    try:
        rule = _of_sites(model, prepared, boundary, blocks, chain.spacing, chain.first, mirror, chain.notes)
    except NotYetError as error:
        if boundary.kind == "partial":
            raise
        return Rule(
            "reflecting", notes=(*chain.notes, f"where exactly the wall stands is not derived: {error.message}")
        )
    if rule.flux is not None and model.time_step is not None:
        rule = replace(rule, flux=rule.flux * model.time_step)  # the chain's rates are per unit of time already
    return rule


def _of_sites(
    model: JumpModel, prepared: PreparedRegime, boundary: Boundary, blocks: Blocks, spacing: sp.Expr, first: sp.Expr,
    mirror: int | None, notes: tuple[str, ...],
) -> Rule:  # fmt: skip
    """The rule of a wall beside sites; ``blocks`` are rates or, in discrete time, probabilities per step."""
    if boundary.kind == "absorbing":
        more: tuple[str, ...] = ()
        try:
            offset = _of_jumps(blocks, len(model.state_names))
        except NotYetError:
            found = solve_layer(Layer(blocks, sp.Integer(0)), sloped=True)
            assert found.offset is not None
            offset, more = found.offset, found.notes
        return Rule("absorbing", length=_length(spacing, first, offset), notes=(*notes, *more))
    chance = sp.Integer(0) if boundary.probability is None else boundary.probability
    power, share = leading(model, prepared, chance)
    if boundary.kind == "reflecting" or power > 0:
        found = solve_layer(Layer(blocks, sp.Integer(1), mirror), sloped=False)
        assert found.excess is not None
        assert found.outflow is not None
        place = sp.expand(first - spacing / 2 - found.excess * spacing)
        per_time = 1 if model.time_step is None else 1 / model.time_step
        if boundary.kind == "reflecting":
            if not is_even(Layer(blocks, sp.Integer(1))):
                return Rule("reflecting", notes=(*notes, SKEWED))
            return Rule("reflecting", wall=place, notes=(*notes, *found.notes))
        return Rule("partial", flux=chance * found.outflow * spacing * per_time, notes=(*notes, *found.notes))
    found = solve_layer(Layer(blocks, 1 - share, mirror), sloped=True)
    assert found.offset is not None
    return Rule("partial", length=_length(spacing, first, found.offset), notes=(*notes, *found.notes))


def _length(spacing: sp.Expr, first: sp.Expr, offset: sp.Expr) -> sp.Expr:
    """How far outside the wall the density vanishes; roots are kept apart from the rest."""
    length = spacing - first + spacing * offset
    rooted = any(p.exp.is_Rational and not p.exp.is_Integer for p in length.atoms(sp.Pow))
    return spacing * sp.Add(offset, sp.cancel((spacing - first) / spacing)) if rooted else sp.factor(length)


def leading_part(model: JumpModel, prepared: PreparedRegime, blocks: Blocks) -> Blocks:
    """What counts in the layer: in a stated regime the rates of the lowest power of eps."""
    if prepared.is_long_wave:
        return blocks
    powers = {(r, k): leading(model, prepared, e) for r, w in blocks.items() for k, e in enumerate(w) if e != 0}
    lowest = min((p for p, value in powers.values() if value != 0), default=0)
    kept = {}
    for r, w in blocks.items():
        entries = [powers.get((r, k), (lowest, sp.Integer(0))) for k in range(len(w))]
        kept[r] = sp.Matrix(w.rows, w.cols, [v if p == lowest else sp.Integer(0) for p, v in entries])
    return {r: w for r, w in kept.items() if r == 0 or any(e != 0 for e in w)}


def sites_of(model: JumpModel, axis: int, inward: int) -> tuple[sp.Expr, dict[int, sp.Matrix]]:
    """The spacing along the axis, and the rates by number of sites inwards, from column to row."""
    lengths = [j.displacement[axis] * inward for j in model.jumps]
    nonzero = [x for x in lengths if x != 0]
    ratios = [sp.cancel(x / nonzero[0]) for x in nonzero]
    if not nonzero or not all(q.is_Integer for q in ratios):
        raise NotYetError(LAYER)
    spacing = nonzero[0] if nonzero[0].is_positive else -nonzero[0]
    if not spacing.is_positive:
        raise NotYetError(LAYER)
    size = len(model.state_names)
    blocks: dict[int, sp.Matrix] = {}
    for i, j, jump in model.transitions():
        r = int(sp.cancel(jump.displacement[axis] * inward / spacing))
        blocks.setdefault(r, sp.zeros(size, size))[i, j] += jump.intensity
    return spacing, blocks


def _of_jumps(blocks: dict[int, sp.Matrix], size: int) -> sp.Expr:
    """A: the density vanishes A sites outside of the last site outside."""
    total = sum(blocks.values(), sp.zeros(size, size))
    switching = generator(total, size)
    law = balanced(switching, size)
    pushed = sum((r * w * law for r, w in blocks.items()), sp.zeros(size, 1))
    bent = response(switching, pushed, size)
    conditions = []
    for n in range(1, max(blocks) + 1):
        level, slope = sp.zeros(size, 1), sp.zeros(size, 1)
        for r, w in blocks.items():
            if r >= n:
                level += w * law
                slope += w * (law * (n - r) + bent)
        conditions += list(zip(level, slope, strict=True))
    return _offset(conditions)


def _of_runs(model: JumpModel, prepared: PreparedRegime, axis: int, inward: int) -> tuple[sp.Expr, tuple[str, ...]]:
    """A: the density vanishes a length A outside the wall; states at rest are in balance with the others."""
    size = len(model.state_names)
    if any(any(c != 0 for c in j.displacement) for j in model.jumps) or any(m.diffusivity for m in model.motions):
        raise NotYetError(LAYER)
    motions = [model.motion_of(j) for j in range(size)]
    velocity = [sp.Integer(0) if m is None else m.velocity[axis] * inward for m in motions]
    if not all(v.is_positive or v.is_negative or v.is_zero for v in velocity):
        raise NotYetError(LAYER)
    total = sp.zeros(size, size)
    for i, j, jump in model.transitions():
        total[i, j] += jump.intensity
    switching = generator(leading_part(model, prepared, {0: total})[0], size)
    if not prepared.is_long_wave:
        velocity = [leading(model, prepared, v)[1] for v in velocity]
    law = balanced(switching, size)
    bent = response(switching, sp.Matrix([v * p for v, p in zip(velocity, law, strict=True)]), size)
    try:
        return _offset([(law[i], bent[i]) for i, v in enumerate(velocity) if v.is_positive]), ()
    except NotYetError:
        return runs_in_layer(switching, velocity, law, bent)


def generator(total: sp.Matrix, size: int) -> sp.Matrix:
    """The rates with what leaves every state on the diagonal."""
    return (total - sp.diag(*(sum(total[:, j]) for j in range(size)))).applyfunc(sp.cancel)


def balanced(switching: sp.Matrix, size: int) -> sp.Matrix:
    """The law of the states far from the wall."""
    null = switching.nullspace(simplify=sp.cancel)
    if len(null) != 1:
        raise NotYetError(LAYER)
    law = (null[0] / sum(null[0])).applyfunc(sp.cancel)
    if any(p == 0 for p in law):
        raise NotYetError(
            "a state that nobody returns to next to a wall is not handled yet", instead="leave the state out"
        )
    return law


def response(switching: sp.Matrix, pushed: sp.Matrix, size: int) -> sp.Matrix:
    """s with G s = pushed and sum s = 0; raises where the mean of what is pushed, the drift, does not vanish."""
    if sp.cancel(sum(pushed)) != 0:
        raise NotYetError(
            "an absorbing wall of walkers with internal states that drift: the layer next to it is not handled yet"
        )
    rows = switching[: size - 1, :].col_join(sp.ones(1, size))
    return rows.LUsolve(sp.Matrix([*pushed[: size - 1], 0])).applyfunc(sp.cancel)


def _offset(conditions: list[tuple[Any, Any]]) -> sp.Expr:
    """A of level * A + slope = 0, the same for every condition."""
    wanted = [(a, b) for a, b in conditions if sp.cancel(a) != 0 or sp.cancel(b) != 0]
    if not wanted or any(sp.cancel(a) == 0 for a, _ in wanted):
        raise NotYetError(LAYER)
    found = sp.factor(sp.cancel(-wanted[0][1] / wanted[0][0]))
    if any(sp.cancel(a * found + b) != 0 for a, b in wanted):
        raise NotYetError(LAYER)
    return found
