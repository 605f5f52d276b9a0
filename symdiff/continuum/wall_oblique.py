"""Jumps that lead to a wall at an angle: what they carry along it, and when the condition of the bulk is not affected.

Next to a wall the jumps that are refused are missing, and with them their motion along the wall. A row of walkers at uniform
density P then carries, per unit length of the wall, the current

    J_b = -P * sum over outward jumps of rate * r_a * r_b        (refused: they stay),
    J_b = 0                                                      (mirrored: r_b is kept),

a the axis across the wall, b along it. The balance of the sites at the wall gives ``D_aa d_a P + (2 D_ab + J_b/P) d_b P = 0``,
which is the flux of the bulk, ``D_aa d_a P + D_ab d_b P = 0``, only where J_b/P = -D_ab.
"""

from __future__ import annotations

import sympy as sp

from symdiff.continuum.leading import leading
from symdiff.continuum.regimes import PreparedRegime
from symdiff.errors import NotYetError
from symdiff.model.jump_model import Jump, JumpModel

ONE_SIDED = ("exponential", "gamma", "fixed")
NO_PLACE = "jumps reach the wall at an angle, which changes their motion along it: where exactly the wall stands is not derived"


def check_along(model: JumpModel, prepared: PreparedRegime, axis: int, inward: int, rejected: str) -> None:
    """Raises :class:`NotYetError` where the walkers at a reflecting or partial wall drift along it beside the bulk's flux."""
    for other in range(model.dimension):
        if other == axis:
            continue
        carried = sp.expand(sp.Add(*(_carried(j, axis, other, inward, rejected) for j in model.jumps)))
        if carried == 0:
            continue
        across = sp.Add(*(j.intensity * _second(j, axis, axis) for j in model.jumps))
        power, value = leading(model, prepared, carried)
        if value != 0 and power <= leading(model, prepared, across)[0]:
            raise NotYetError(
                f"the jumps that reach this wall at an angle carry walkers along it ({model.coordinates[other]}), which the "
                "flux of the bulk does not contain",
                instead="make the jumps symmetric about the wall, or (refused jumps) each as likely as its reverse",
            )


def keeps_its_place(model: JumpModel, axis: int, rejected: str) -> bool:
    """Whether the place found for one axis alone holds: no jump is at an angle, or each is mirrored into another as likely."""
    oblique: dict[tuple[sp.Expr, ...], sp.Expr] = {}
    for jump in model.jumps:
        if any(_second(jump, axis, other) != 0 for other in range(model.dimension) if other != axis):
            if jump.law is not None or rejected != "mirror":
                return False
            oblique[jump.displacement] = oblique.get(jump.displacement, sp.Integer(0)) + jump.intensity
    images = {tuple(-c if n == axis else c for n, c in enumerate(r)): rate for r, rate in oblique.items()}
    return all(sp.expand(rate - images.get(r, sp.Integer(0))) == 0 for r, rate in oblique.items())


def _carried(jump: Jump, axis: int, other: int, inward: int, rejected: str) -> sp.Expr:
    """The jump's share of 2 (J_b/P + D_ab): of D_ab where mirrored, its sign after that of the jump where refused."""
    product = jump.intensity * _second(jump, axis, other)
    if product == 0 or rejected == "mirror":
        return product
    if jump.law is None:
        across = jump.displacement[axis] * inward
    elif jump.law.distribution in ONE_SIDED and jump.law.lengths == 1 and jump.law.inner is None:
        across = jump.direction[axis] * inward
    else:
        return sp.Integer(0)  # symmetric at leading order: other laws are refused at walls
    if across.is_positive:
        return product
    if across.is_negative:
        return -product
    raise NotYetError(f"whether the displacement {across} leads to the wall depends on its sign")


def _second(jump: Jump, a: int, b: int) -> sp.Expr:
    """E[r_a r_b]; for a law of one random length, of its random part."""
    if jump.law is None:
        return sp.expand(jump.displacement[a] * jump.displacement[b])
    law = jump.law
    if law.lengths == 1 and law.inner is None:
        return sp.expand(jump.direction[a] * jump.direction[b] * law.raw_moment(2))
    if law.distribution != "normal":
        return sp.Integer(0)  # isotropic: other laws of several lengths are refused at walls
    rows, arguments, several = jump.directions, dict(law.arguments), range(law.lengths)
    return sp.expand(sum((rows[i][a] * rows[j][b] * arguments[f"covariance.{min(i, j)}.{max(i, j)}"] for i in several for j in several),
                         sp.Integer(0)))  # fmt: skip
