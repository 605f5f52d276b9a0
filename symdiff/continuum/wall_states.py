"""Milne's problem of walkers with internal states at an absorbing wall, where linear profiles solve it exactly.

In the layer sum_r W_r u(n - r) = (out) u(n) with the vector u of the states (W_r: rates of jumps r sites inwards, from column to
row), or V u' = G u for walkers that move at the velocities V and switch by G. Without drift u = r (A + n) + s with G r = 0,
sum r = 1, G s = sum_r r W_r r (or V r), sum s = 0, plus layers that decay. What would enter from outside vanishes:
sum_(r >= n) W_r u(n - r) = 0 for n = 1, 2, ... (u_i = 0 for V_i > 0). Where the linear profile alone meets all of these no layer
is there, and the density vanishes at n = -A: v/(2 alpha) outside for runs at the speed v that reverse at the rate alpha.
"""

from __future__ import annotations

from typing import Any

import sympy as sp

from symdiff.continuum.observables.walls import Wall
from symdiff.continuum.wall_rules import Rule, first_site
from symdiff.errors import NotYetError
from symdiff.model.jump_model import JumpModel

LAYER = "the states next to the wall form a layer of their own, which is not solved: where exactly the wall stands is not derived"


def absorbing_states(model: JumpModel, wall: Wall, axis: int, inward: int) -> Rule:
    """The absorbing wall with its place; raises :class:`NotYetError` where linear profiles do not solve the layer."""
    if (
        any(j.law is not None or j.region is not None or j.destination is not None for j in model.jumps)
        or model.internals
    ):
        raise NotYetError(LAYER)
    varying = {*model.coordinate_symbols, model.time}
    amounts = [e for j in model.jumps for e in (j.intensity, *j.displacement)] + [
        v for m in model.motions for v in m.velocity
    ]
    if model.clock not in ("continuous", "discrete") or any(
        e.free_symbols & varying or e.atoms(sp.core.function.AppliedUndef) for e in amounts
    ):
        raise NotYetError(LAYER)
    if any(m.velocity[axis] != 0 for m in model.motions):
        return Rule("absorbing", length=_of_runs(model, axis, inward))
    if model.motions:
        raise NotYetError(LAYER)
    spacing, blocks = sites_of(model, axis, inward)
    first, notes = first_site(model, wall, spacing, axis, inward)
    return Rule(
        "absorbing",
        length=sp.factor(spacing - first + spacing * _of_jumps(blocks, len(model.state_names))),
        notes=notes,
    )


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
    switching = _generator(total, size)
    law = _balanced(switching, size)
    pushed = sum((r * w * law for r, w in blocks.items()), sp.zeros(size, 1))
    bent = _response(switching, pushed, size)
    conditions = []
    for n in range(1, max(blocks) + 1):
        level, slope = sp.zeros(size, 1), sp.zeros(size, 1)
        for r, w in blocks.items():
            if r >= n:
                level += w * law
                slope += w * (law * (n - r) + bent)
        conditions += list(zip(level, slope, strict=True))
    return _offset(conditions)


def _of_runs(model: JumpModel, axis: int, inward: int) -> sp.Expr:
    """A: the density vanishes a length A outside the wall."""
    size = len(model.state_names)
    if any(any(c != 0 for c in j.displacement) for j in model.jumps) or any(m.diffusivity for m in model.motions):
        raise NotYetError(LAYER)
    motions = [model.motion_of(j) for j in range(size)]
    velocity = [sp.Integer(0) if m is None else m.velocity[axis] * inward for m in motions]
    if not all(v.is_positive or v.is_negative for v in velocity):
        raise NotYetError(LAYER)
    total = sp.zeros(size, size)
    for i, j, jump in model.transitions():
        total[i, j] += jump.intensity
    switching = _generator(total, size)
    law = _balanced(switching, size)
    bent = _response(switching, sp.Matrix([v * p for v, p in zip(velocity, law, strict=True)]), size)
    return _offset([(law[i], bent[i]) for i, v in enumerate(velocity) if v.is_positive])


def _generator(total: sp.Matrix, size: int) -> sp.Matrix:
    return (total - sp.diag(*(sum(total[:, j]) for j in range(size)))).applyfunc(sp.cancel)


def _balanced(switching: sp.Matrix, size: int) -> sp.Matrix:
    """The law of the states far from the wall."""
    null = switching.nullspace(simplify=sp.cancel)
    if len(null) != 1:
        raise NotYetError(LAYER)
    total = sum(null[0])
    return (null[0] / total).applyfunc(sp.cancel)


def _response(switching: sp.Matrix, pushed: sp.Matrix, size: int) -> sp.Matrix:
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
