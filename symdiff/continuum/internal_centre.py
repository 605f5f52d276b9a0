"""A continuous internal state between reflecting walls, measured from its middle in units of the radius."""

from __future__ import annotations

from dataclasses import replace

import sympy as sp

from symdiff.errors import DerivationError, NotYetError
from symdiff.model.jump_model import JumpModel, make_model
from symdiff.model.motion import InternalVariable


def centred(model: JumpModel) -> JumpModel:
    """A variable between walls measured from their middle in units of the radius, in all motions and jumps."""
    change = {s: c + v.radius * s for v in model.internals if v.domain == "ball" and v.radius is not None
              for s, c in zip(v.symbols, v.centre, strict=True)}  # fmt: skip
    if not change:
        return model
    if len(model.internals) > 1 or len(model.state_names) > 1:
        raise NotYetError(
            "an internal state between walls beside other internal states is not handled yet", where="internal"
        )
    variable = model.internals[0]
    if (
        variable.rate is not None
        or any(d != 0 for d in variable.drift)
        or variable.diffusivity.free_symbols & {*variable.symbols, *model.coordinate_symbols}
    ):
        raise NotYetError(
            "between walls an internal state diffuses, with a constant diffusivity, the same at every place; more is not handled yet",
            where="internal",
        )
    if variable.diffusivity == 0:
        raise DerivationError(f"'{variable.name}' never changes: it needs a diffusivity", where="internal")

    def swap(value: sp.Expr) -> sp.Expr:
        moved = value.xreplace(change)
        return moved if len(variable.symbols) == 1 else _in_squared_distance(moved, variable)

    jumps = tuple(
        replace(j, displacement=tuple(map(swap, j.displacement)), intensity=swap(j.intensity)) for j in model.jumps
    )
    fields = {name: getattr(model, name) for name in JumpModel.__dataclass_fields__}
    reactions = tuple(replace(r, intensity=swap(r.intensity)) for r in model.crowd.reactions)
    return make_model(fields | {"motions": tuple(m.changed(swap) for m in model.motions), "jumps": jumps,
                                "crowd": replace(model.crowd, reactions=reactions)})  # fmt: skip


def _in_squared_distance(value: sp.Expr, variable: InternalVariable) -> sp.Expr:
    """A function of the distance from the middle, with the first component standing for the distance squared."""
    first, *others = variable.symbols
    if not value.free_symbols & set(variable.symbols):
        return value
    for s in others:
        if sp.expand(first * sp.diff(value, s) - s * sp.diff(value, first)) != 0:
            raise NotYetError(
                f"{value} depends on the angle inside the ball; only profiles of the distance are handled yet",
                where="internal",
            )
    line = sp.Poly(sp.expand(value.xreplace({s: sp.Integer(0) for s in others})), first)
    if any(n % 2 for (n,) in line.monoms()):
        raise NotYetError(
            f"{value} is no polynomial of the squared distance; this is not handled yet", where="internal"
        )
    return sp.Add(*(c * first ** (n // 2) for (n,), c in line.terms()))
