"""Walls that no walker ever meets: rates that vanish at the last site, or noise that vanishes at the wall itself.

``n >= 0`` beside deaths at the rate g n, or x >= 0 beside the diffusivity s^2 x/2 and a drift that leads inwards: averages are
those of the model without the wall. At the wall the current vanishes, and so does D P f' where D does.
"""

from __future__ import annotations

import sympy as sp

from symdiff.continuum.observables.backward import Backward, of_model
from symdiff.continuum.observables.lattice_walk import multiples
from symdiff.continuum.observables.walls import Wall, intervals
from symdiff.errors import SymdiffError
from symdiff.model.jump_model import JumpModel, make_model


def without_idle_walls(model: JumpModel) -> JumpModel:
    """The model without its boundaries, where no walker ever meets any of them; else the model itself."""
    if not model.boundaries:
        return model
    try:
        generator, found = of_model(model), intervals(model)
        walls = [
            (i.axis, wall, below) for i in found for wall, below in ((i.low, True), (i.high, False)) if wall is not None
        ]
        idle = not any(i.periodic for i in found) and all(_is_idle(model, generator, *w) for w in walls)
    except SymdiffError:
        return model
    if not idle:
        return model
    return make_model({name: getattr(model, name) for name in JumpModel.__dataclass_fields__} | {"boundaries": ()})


def _is_idle(model: JumpModel, generator: Backward, axis: int, wall: Wall, below: bool) -> bool:
    return _is_never_crossed(model, generator, axis, wall, below) and _is_never_reached(generator, axis, wall, below)


def _is_never_reached(generator: Backward, axis: int, wall: Wall, below: bool) -> bool:
    """By motion: at the wall no noise across it, and no drift out.

    The noise is a polynomial, so that it vanishes there as x or faster: beside sqrt(x) the density goes as 1/D, and D P stays.
    """
    x = generator.coordinates[axis]
    across = [c for c in generator.local if c.order[axis]]
    for term in across:
        if not term.coefficient.is_polynomial(x):
            return False
        there = sp.expand(term.coefficient.xreplace({x: wall.place}))
        inward = there if below else -there
        if wall.boundary.kind != "reflecting" or not (there == 0 or (sum(term.order) == 1 and inward.is_nonnegative)):
            return False
    return True


def _is_never_crossed(model: JumpModel, generator: Backward, axis: int, wall: Wall, below: bool) -> bool:
    """By jumps: those that would end outside have no rate from the sites from which they would."""
    if any(m.law is not None for m in generator.moves):
        return False
    x = generator.coordinates[axis]
    spacing, lengths = multiples([m.step[axis] for m in generator.moves], x)
    origin = model.origin[axis] if model.origin else sp.S.Zero
    inward = 1 if below else -1
    if not spacing.is_positive or not sp.cancel((wall.place - origin) / spacing).is_Integer:
        return False
    first = wall.place + inward * spacing if wall.strict else wall.place
    return all(
        sp.expand(move.rate.xreplace({x: first + inward * spacing * n})) == 0
        for move, length in zip(generator.moves, lengths, strict=True)
        for n in range(-inward * length)
    )
