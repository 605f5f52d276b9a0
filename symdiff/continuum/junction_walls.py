"""Walls at the ends of a walk with special sites: each belongs to the medium that it bounds."""

from __future__ import annotations

from dataclasses import replace

import sympy as sp

from symdiff.continuum.limit import BoundaryCondition, ContinuumLimit
from symdiff.continuum.walls import check_enclosure, with_conditions
from symdiff.errors import NotYetError
from symdiff.model.boundary import Boundary
from symdiff.model.jump_model import JumpModel, make_model


def outer_walls(
    model: JumpModel, x: sp.Symbol, media: list[JumpModel], limits: list[ContinuumLimit]
) -> tuple[list[BoundaryCondition], list[str]]:
    """The conditions at the walls; raises where a wall bounds several media, or none that is known."""
    check_enclosure(model)
    first: list[Boundary] = []
    last: list[Boundary] = []
    for boundary in model.boundaries:
        for side in boundary.domain:
            slope = sp.diff(side.gap, x)
            if (
                boundary.kind == "periodic"
                or (slope == 0 and any(m is not limits[0] for m in limits))
                or not slope.is_number
            ):
                raise NotYetError("this boundary beside jumps with 'where' is not handled yet", where="boundaries",
                                  instead=f"walls across {x}, beyond the special sites")  # fmt: skip
            one = replace(boundary, members=(sp.Integer(0), side.gap), signs=("<" if side.strict else "<=",))
            (last if slope < 0 else first).append(one)
    found: list[BoundaryCondition] = []
    notes = ["the special sites lie between the walls, far from them against the jumps"]
    for medium, limit, walls in ((media[0], limits[0], first), (media[-1], limits[-1], last)):
        if walls:
            fields = {name: getattr(medium, name) for name in JumpModel.__dataclass_fields__}
            bounded = with_conditions(make_model(fields | {"boundaries": tuple(walls)}), replace(limit, assumptions=()))
            found += bounded.boundary_conditions
            notes += bounded.assumptions
    return found, notes
