"""Numbers and expressions put in for parameters and free functions, exactly (``--set p=1/3``)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import sympy as sp

from symdiff.errors import UsageError
from symdiff.model.boundary import Boundary, Region
from symdiff.model.crowd import Crowd, Participant
from symdiff.model.jump_model import FunctionDeclaration, Jump, JumpModel, ObservableStatement, make_model
from symdiff.model.parameter import Parameter
from symdiff.notation.expression import Scope, parse_expression
from symdiff.notation.names import did_you_mean


def read_settings(model: JumpModel, settings: list[str]) -> dict[str, sp.Expr]:
    """``name=value`` strings to exact values by name.

    Raises :class:`UsageError` for an unknown name, a value that contradicts the assumptions, or a repeated name.
    """
    known = {p.name: p for p in model.parameters}
    free = {d.name: d for d in model.functions if d.body is None}
    found: dict[str, sp.Expr] = {}
    for setting in settings:
        name, equals, text = setting.partition("=")
        name = name.strip()
        if not equals or not text.strip():
            raise UsageError(f"'{setting}' sets nothing", where="--set", instead="write --set p=1/3")
        if name not in known and name not in free:
            raise UsageError(f"'{name}' is no parameter of the model", where=f"--set {setting}",
                             instead=did_you_mean(name, [*known, *free]))  # fmt: skip
        if name in found:
            raise UsageError(f"'{name}' is set twice", where=f"--set {setting}", instead="set it once")
        symbols: dict[str, sp.Expr] = {p.name: p.symbol for p in model.parameters}
        if name in free:
            symbols |= {a: sp.Symbol(a, real=True) for a in free[name].arguments}
        value = parse_expression(text.strip(), Scope(symbols))
        if name in known:
            _check_setting(known[name], value, setting)
        found[name] = value
    return found


def _check_setting(parameter: Parameter, value: sp.Expr, setting: str) -> None:
    if parameter.symbol in value.free_symbols:
        raise UsageError(f"'{parameter.name}' is set to itself", where=f"--set {setting}", instead="set it to a number")
    if value.is_real is False or value.has(sp.oo, -sp.oo):
        raise UsageError(f"{value} is no real number", where=f"--set {setting}")
    if parameter.allows(value) is False:
        raise UsageError(f"{parameter.name} = {value} contradicts '{parameter.assume}'", where=f"--set {setting}",
                         instead="choose a value that the model file allows")  # fmt: skip


def substituted(model: JumpModel, change: Mapping[str, sp.Expr]) -> JumpModel:
    """The model with parameters (and free functions) replaced in its jumps, time step, preparation and observables.

    Scalings and claims keep their symbols: a scaling is a statement about symbols, and a claim is judged with the
    values put in afterwards.
    """
    symbols = {p.symbol: change[p.name] for p in model.parameters if p.name in change}

    def swap(value: sp.Expr) -> sp.Expr:
        found = value.xreplace(symbols) if symbols else value
        if found is not value and found.has(sp.zoo, sp.nan):
            shown = ", ".join(f"{name} = {given}" for name, given in change.items())
            raise UsageError(f"{value} has no finite value at {shown}", where="--set", instead="choose another value")
        return found

    functions = tuple(_function(d, change, swap) for d in model.functions)
    jumps = tuple(
        listed for j in model.jumps
        for listed in _listed(replace(j, displacement=tuple(map(swap, j.displacement)), intensity=swap(j.intensity),
                                      direction=tuple(map(swap, j.direction)), law=j.law.substitute(swap) if j.law else None,
                                      waiting=j.waiting.substitute(swap) if j.waiting else None,
                                      region=_region(j.region, swap),
                                      destination=None if j.destination is None else tuple(map(swap, j.destination))))
    )  # fmt: skip
    start = model.preparation
    states = None if start.states is None else tuple((n, swap(v)) for n, v in start.states)
    fields: dict[str, Any] = {name: getattr(model, name) for name in JumpModel.__dataclass_fields__}
    fields |= {
        "functions": functions, "jumps": jumps,
        "motions": tuple(m.changed(swap) for m in model.motions),
        "internals": tuple(v.changed(swap) for v in model.internals),
        "time_step": None if model.time_step is None else swap(model.time_step),
        "boundaries": tuple(_boundary(b, swap) for b in model.boundaries),
        "origin": tuple(map(swap, model.origin)),
        "scheme": None if model.scheme is None else model.scheme.changed(swap),
        "lattice": None if model.lattice is None else model.lattice.substitute(swap),
        "crowd": _crowd(model.crowd, swap),
        "space_dimension": None if model.space_dimension is None else swap(model.space_dimension),
        "waiting": model.waiting.substitute(swap) if model.waiting else None,
        "state_waits": tuple((name, law.substitute(swap)) for name, law in model.state_waits),
        "preparation": replace(start, position=tuple(map(swap, start.position)), states=states),
        "observables": tuple(_observable(o, swap) for o in model.observables),
        "conditions": tuple(c for c in (sp.Basic.xreplace(c, symbols) for c in model.conditions) if c is not sp.true),
    }  # fmt: skip
    return make_model(fields)


def _crowd(crowd: Crowd, swap: Callable[[sp.Expr], sp.Expr]) -> Crowd:
    def agent(p: Participant) -> Participant:
        return replace(p, displacement=tuple(map(swap, p.displacement)))

    def optional(value: sp.Expr | None) -> sp.Expr | None:
        return None if value is None else swap(value)

    reactions = tuple(
        replace(
            r,
            consumes=tuple(map(agent, r.consumes)),
            produces=tuple(map(agent, r.produces)),
            intensity=swap(r.intensity),
        )
        for r in crowd.reactions
    )
    return Crowd(reactions, optional(crowd.occupancy), optional(crowd.site_rate), optional(crowd.rod_length))


def _boundary(boundary: Boundary, swap: Callable[[sp.Expr], sp.Expr]) -> Boundary:
    probability = None if boundary.probability is None else swap(boundary.probability)
    rate = None if boundary.rate is None else swap(boundary.rate)
    members = tuple(map(swap, boundary.members))
    if 0 in (probability, rate):  # a wall that takes nobody reflects
        return replace(boundary, members=members, kind="reflecting", probability=None, rate=None)
    return replace(boundary, members=members, probability=probability, rate=rate)


def _observable(statement: ObservableStatement, swap: Callable[[sp.Expr], sp.Expr]) -> ObservableStatement:
    target = statement.target
    return replace(
        statement,
        of=None if statement.of is None else swap(statement.of),
        target=None if target is None else replace(target, members=tuple(map(swap, target.members))),
        period=None if statement.period is None else swap(statement.period),
    )


def _listed(jump: Jump) -> list[Jump]:
    """A family whose ends have become integers, member by member; any other jump as it is."""
    from symdiff.model.family import is_listable, members  # loaded when used: start-up time

    if jump.law is None or jump.law.distribution != "family" or not is_listable(dict(jump.law.arguments)):
        return [jump]
    found = []
    for weight, lengths, index in members(dict(jump.law.arguments)):
        moved = tuple(sp.Add(d, *(s * row[i] for s, row in zip(lengths, jump.directions, strict=True)))
                      for i, d in enumerate(jump.displacement))  # fmt: skip
        found.append(
            replace(jump, displacement=moved, intensity=jump.intensity.xreplace(index) * weight, law=None, direction=())
        )
    return found


def _function(
    declared: FunctionDeclaration, change: Mapping[str, sp.Expr], swap: Callable[[sp.Expr], sp.Expr]
) -> FunctionDeclaration:
    if declared.body is None and declared.name in change:
        return replace(declared, body=change[declared.name])
    return declared if declared.body is None else replace(declared, body=swap(declared.body))


def _region(region: Region | None, swap: Callable[[sp.Expr], sp.Expr]) -> Region | None:
    return None if region is None else replace(region, members=tuple(map(swap, region.members)))
