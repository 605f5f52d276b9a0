"""Where time may stand in a model: in rates, probabilities, displacements and motion; elsewhere it is refused."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import sympy as sp
from sympy.core.function import AppliedUndef

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


def require_places_and_times(known: Mapping[str, Any], place: Place) -> None:
    """Raise where a function of time is called at a place, or a function of place at a time alone: ``V(x - c*t)`` is right."""
    places = {sp.Symbol(c, real=True) for c in known["coordinates"]}
    timed = {f.name: [a == TIME.name for a in f.arguments] for f in known["functions"] if f.body is None}
    read = [(jump.label, e) for jump in known["jumps"] for e in (jump.intensity, *jump.displacement)]
    read += [
        ("[[states]]", e) for m in known["motions"] for e in (*m.velocity, *(x for row in m.diffusivity for x in row))
    ]
    for label, value in read:
        for call in value.atoms(AppliedUndef):
            for argument, is_time in zip(call.args, timed.get(call.func.__name__, ()), strict=False):
                if is_time and argument.free_symbols & places:
                    raise place.fail(f"{label}: {call} reads a function of time at a place", "write it at t")
                if not is_time and argument.has(TIME) and not argument.free_symbols & places:
                    raise place.fail(f"{label}: {call} reads a function of place at a time", "write it at the place")


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
