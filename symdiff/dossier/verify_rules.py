"""Wrong rules for the negative control of the simulation: one probability, rate or length off by a stated share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import sympy as sp

from symdiff.errors import NotYetError
from symdiff.model.jump_model import Jump, JumpModel, make_model
from symdiff.model.step_law import LAWS, StepLaw

PARTS = {"mean": "mean", "variance": "variance", "scale": "scale", "low": "low", "high": "high", "shape": "shape", "index": "index",
         "amplitude": "amplitude", "dof": "dof"}  # fmt: skip


@dataclass(frozen=True)
class Wrong:
    """A model with one rule multiplied by ``factor``; ``slope`` is the model with the same rule off by one in a thousand."""

    name: str
    factor: float
    model: JumpModel
    slope: JumpModel
    step: float


def wrong_rules(model: JumpModel, values: Mapping[sp.Symbol, float], delta: float) -> tuple[Wrong, ...]:
    """Every rule off by +delta and by -delta. What cannot vary (a probability of one, a zero) is left out."""
    found = []
    for index, jump in enumerate(model.jumps):
        if jump.intensity != 0 and not (model.clock == "discrete" and jump.intensity == 1):
            word = "probability" if model.clock == "discrete" else "rate"
            name = f"{word} of {jump.label or f'jump {index + 1}'}"
            found += [_wrong(name, s * delta, lambda f, i=index: _scaled(model, i, f)) for s in (1, -1)]
        if jump.law is not None:
            for argument, value in jump.law.arguments:
                if value != 0 and argument in PARTS:
                    name = f"{argument} of the law of {jump.label or f'jump {index + 1}'}"
                    found += [
                        _wrong(name, s * delta, lambda f, i=index, a=argument: _with_argument(model, i, a, f))
                        for s in (1, -1)
                    ]
    return tuple(found)


def _wrong(name: str, change: float, build: Any) -> Wrong:
    step = 1e-3 if change > 0 else -1e-3
    return Wrong(name, 1 + change, build(_exact(change)), build(_exact(step)), step)


def _exact(change: float) -> sp.Rational:
    return 1 + sp.Rational(round(change * 10**6), 10**6)


def _scaled(model: JumpModel, index: int, factor: sp.Rational) -> JumpModel:
    """One intensity times a factor; in discrete time all other ways to leave, and to stay, share what remains."""
    weight = model.jumps[index].intensity

    def change(n: int, jump: Jump) -> Jump:
        if n == index:
            return replace(jump, intensity=weight * factor)
        together = jump.source is None or model.jumps[index].source is None or jump.source == model.jumps[index].source
        if model.clock != "discrete" or not together:
            return jump
        return replace(jump, intensity=jump.intensity * (1 - weight * factor) / (1 - weight))

    return _with_jumps(model, tuple(change(n, j) for n, j in enumerate(model.jumps)))


def _with_argument(model: JumpModel, index: int, argument: str, factor: sp.Rational) -> JumpModel:
    jumps = list(model.jumps)
    law = jumps[index].law
    assert law is not None
    arguments = tuple((n, v * factor if n == argument else v) for n, v in law.arguments)
    jumps[index] = replace(jumps[index], law=replace(law, arguments=arguments))
    return _with_jumps(model, tuple(jumps))


def _with_jumps(model: JumpModel, jumps: tuple[Jump, ...]) -> JumpModel:
    fields: dict[str, Any] = {name: getattr(model, name) for name in JumpModel.__dataclass_fields__}
    return make_model({**fields, "jumps": jumps})


def stand_in(model: JumpModel) -> tuple[JumpModel, str]:
    """The model with one concrete law for each that is known only through mean and variance, and a note that says so.

    Raises :class:`NotYetError` where more moments are prescribed.
    """
    if not any(j.law is not None and j.law.distribution == "moments" for j in model.jumps):
        return model, ""
    jumps = []
    for jump in model.jumps:
        if jump.law is not None and jump.law.distribution == "moments":
            a = dict(jump.law.arguments)
            if "third_cumulant" in a or "fourth_cumulant" in a:
                raise NotYetError("a law known through four moments has no stand-in that could be simulated")
            mean = a.get("mean", sp.Integer(0))
            variance = a["variance"] if "variance" in a else a["second_moment"] - mean**2
            normal = StepLaw("normal", (("mean", mean), ("variance", variance)), jump.law.index_range)
            jump = replace(jump, law=normal)
        jumps.append(jump)
    return _with_jumps(model, tuple(jumps)), "laws known through their moments are simulated as normal laws"


assert set(PARTS) <= {n for law in LAWS.values() for n in (*law.required, *law.optional)}
