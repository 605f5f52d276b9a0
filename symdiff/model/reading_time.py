"""Where time may stand in a model: in rates, probabilities, displacements and motion; elsewhere it is refused."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import sympy as sp

from symdiff.errors import NotYetError
from symdiff.model.fields import Place

TIME = sp.Symbol("t", real=True)


def refuse_time_elsewhere(known: Mapping[str, Any], place: Place) -> None:
    """Raise where something that must stay the same depends on time, through a definition, say."""
    for where, expressions in _fixed(known):
        for value in expressions:
            if isinstance(value, sp.Basic) and value.has(TIME):
                raise NotYetError(f"{where} depends on time: {value}", where=str(place),
                                  instead="rates, probabilities, displacements, velocities and diffusivities may")  # fmt: skip


def _fixed(known: Mapping[str, Any]) -> Iterator[tuple[str, Iterable[Any]]]:
    yield "the time step", (known["time_step"],)
    for jump in known["jumps"]:
        yield f"the direction of {jump.label}", jump.direction
        if jump.law is not None:
            yield f"the law of {jump.label}", (v for _, v in jump.law.arguments)
        if jump.waiting is not None:
            yield f"the waiting time of {jump.label}", (v for _, v in jump.waiting.arguments)
    for law in (known["waiting"], *(w for _, w in known["state_waits"])):
        yield "a waiting time", (v for _, v in law.arguments) if law is not None else ()
    for variable in known["internals"]:
        yield (
            f"the internal state {variable.name}",
            (variable.diffusivity, *variable.drift, variable.rate, variable.mean_cosine, variable.mean_sine),
        )
    crowd = known["crowd"]
    yield "what fits on a site", (crowd.occupancy, crowd.site_rate, crowd.rod_length)
    for wall in known["boundaries"]:
        yield "a wall", (wall.probability, wall.rate, *wall.members)
