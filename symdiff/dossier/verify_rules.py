"""Wrong rules for the negative control of the simulation: one probability, rate or length off by a stated share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import sympy as sp

from symdiff.errors import NotYetError
from symdiff.model.jump_model import Jump, JumpModel, make_model
from symdiff.model.motion import Motion
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
    """Every rule off by +delta and by -delta, alone and together with those that move the opposite way.

    A jump and its opposite together change the spread, and all jumps together the clock, which each alone shows only beside a
    drift. What cannot vary (a probability of one, a zero) is left out.
    """
    found = []
    word = "rate" if model.clock == "continuous" else "probability"
    for group in _groups(model):
        if not any(_is_certain(model, group, n) for n in group):
            name = f"{word} of {' and '.join(_label(model, n) for n in group)}"
            if len(group) > 2:
                name = f"{word} of all jumps"
            found += [_wrong(name, s * delta, lambda f, g=group: _scaled(model, g, f)) for s in (1, -1)]
    for index, jump in enumerate(model.jumps):
        for argument, value in jump.law.arguments if jump.law is not None else ():
            if value != 0 and argument in PARTS:
                name = f"{argument} of the law of {_label(model, index)}"
                found += [
                    _wrong(name, s * delta, lambda f, i=index, a=argument: _with_argument(model, i, a, f))
                    for s in (1, -1)
                ]
    for name, motions in _wrong_motions(model):
        found += [_wrong(name, s * delta, lambda f, m=motions: _with_motions(model, m(f))) for s in (1, -1)]
    for argument, value in model.waiting.arguments if model.waiting is not None else ():
        if value != 0 and argument in PARTS:
            name = f"{argument} of the waits"
            found += [_wrong(name, s * delta, lambda f, a=argument: _with_wait(model, a, f)) for s in (1, -1)]
    return tuple(found)


def _label(model: JumpModel, index: int) -> str:
    return model.jumps[index].label or f"jump {index + 1}"


def _groups(model: JumpModel) -> list[tuple[int, ...]]:
    """Single jumps, pairs of opposite ones, and all that move."""
    live = [n for n, j in enumerate(model.jumps) if j.intensity != 0]
    pairs = [
        (a, b)
        for a in live
        for b in live
        if a < b
        and model.jumps[a].destination is None
        and model.jumps[b].destination is None
        and model.jumps[a].source == model.jumps[b].source
        and all(
            sp.expand(r + q) == 0 for r, q in zip(model.jumps[a].displacement, model.jumps[b].displacement, strict=True)
        )
    ]
    moving = tuple(n for n in live if (j := model.jumps[n]).law is not None or j.destination or any(j.displacement))
    return list(dict.fromkeys([*((n,) for n in live), *pairs, *([moving] if moving else [])]))


def _together(a: Jump, b: Jump) -> bool:
    return a.source is None or b.source is None or a.source == b.source


def _share(model: JumpModel, group: tuple[int, ...], index: int) -> sp.Expr:
    """The total probability of those jumps of a group that compete with one jump."""
    rivals = (model.jumps[n] for n in group)
    return sp.expand(sp.Add(*(j.intensity for j in rivals if _together(j, model.jumps[index]))))


def _is_certain(model: JumpModel, group: tuple[int, ...], index: int) -> bool:
    return model.clock != "continuous" and _share(model, group, index) == 1


def _wrong(name: str, change: float, build: Any) -> Wrong:
    step = 1e-3 if change > 0 else -1e-3
    return Wrong(name, 1 + change, build(_exact(change)), build(_exact(step)), step)


def _exact(change: float) -> sp.Rational:
    return 1 + sp.Rational(round(change * 10**6), 10**6)


OPEN = ("moments", "tail")  # laws that are known in part


def _scaled(model: JumpModel, group: tuple[int, ...], factor: sp.Rational) -> JumpModel:
    """Some intensities times a factor; in discrete time all other ways to leave, and to stay, share what remains."""

    def change(n: int, jump: Jump) -> Jump:
        if n in group:
            return replace(jump, intensity=jump.intensity * factor)
        share = _share(model, group, n)
        if model.clock == "continuous" or share == 0:
            return jump
        return replace(jump, intensity=jump.intensity * (1 - share * factor) / (1 - share))

    return _with_jumps(model, tuple(change(n, j) for n, j in enumerate(model.jumps)))


def _with_argument(model: JumpModel, index: int, argument: str, factor: sp.Rational) -> JumpModel:
    jumps = list(model.jumps)
    law = jumps[index].law
    assert law is not None
    arguments = tuple((n, v * factor if n == argument else v) for n, v in law.arguments)
    jumps[index] = replace(jumps[index], law=replace(law, arguments=arguments))
    return _with_jumps(model, tuple(jumps))


def _with_wait(model: JumpModel, argument: str, factor: sp.Rational) -> JumpModel:
    law = model.waiting
    assert law is not None
    arguments = tuple((n, v * factor if n == argument else v) for n, v in law.arguments)
    fields: dict[str, Any] = {name: getattr(model, name) for name in JumpModel.__dataclass_fields__}
    return make_model({**fields, "waiting": replace(law, arguments=arguments)})


Motions = Callable[[sp.Rational], tuple[Motion, ...]]


def _wrong_motions(model: JumpModel) -> list[tuple[str, Motions]]:
    """Velocities and diffusivities times a factor: of every state, and of all together, which opposite velocities show alone."""
    found: list[tuple[str, Motions]] = []
    for part in ("velocity", "diffusivity"):
        live = [n for n, m in enumerate(model.motions) if any(sp.flatten(getattr(m, part)))]
        groups = [(n,) for n in live] + ([tuple(live)] if len(live) > 1 else [])
        for group in groups:
            if len(group) > 1:
                whose = "of all states"
            else:
                whose = f"of state {model.motions[group[0]].state}" if model.states else "of the walkers"
            found.append((f"{part} {whose}", lambda f, p=part, g=group: _scaled_motions(model, p, g, f)))  # type: ignore[misc]
    return found


def _scaled_motions(model: JumpModel, part: str, group: tuple[int, ...], factor: sp.Rational) -> tuple[Motion, ...]:
    def change(motion: Motion) -> Motion:
        if part == "velocity":
            return replace(motion, velocity=tuple(v * factor for v in motion.velocity))
        return replace(motion, diffusivity=tuple(tuple(d * factor for d in row) for row in motion.diffusivity))

    return tuple(change(m) if n in group else m for n, m in enumerate(model.motions))


def _with_motions(model: JumpModel, motions: tuple[Motion, ...]) -> JumpModel:
    fields: dict[str, Any] = {name: getattr(model, name) for name in JumpModel.__dataclass_fields__}
    return make_model({**fields, "motions": motions})


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


def assumed_laws(model: JumpModel) -> tuple[str, ...]:
    """What the exact lattice law takes for laws that the model leaves open in part, in words."""
    found = []
    steps = [j.law for j in model.jumps if j.law is not None]
    waits = [w for w in (model.waiting, *(w for _, w in model.state_waits), *(j.waiting for j in model.jumps)) if w]
    if any(w.distribution in OPEN or any(e.has(sp.Function("O")) for _, e in w.arguments) for w in steps):
        found.append("steps known in part have one transform that agrees with what is known, and further moments")
    if any(w.distribution in OPEN or w.remainder is not None for w in waits):
        found.append("waits known in part have one transform that agrees with what is known, and further moments")
    for v in model.internals:
        if not v.uniform:
            law = "a wrapped Cauchy law" if model.dimension == 2 else "a Henyey-Greenstein law"
            found.append(f"turns of {v.name}, known through their mean, follow {law}")
        if v.law is not None and v.law.distribution in OPEN:
            found.append(f"{v.name}, known through moments when it is renewed, follows a normal law")
    return tuple(found)


assert set(PARTS) <= {n for law in LAWS.values() for n in (*law.required, *law.optional)}
