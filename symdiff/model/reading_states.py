"""``[[states]]`` and ``[[internal]]`` of a document: motion inside states, and continuous internal states."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import sympy as sp

from symdiff.errors import NotYetError
from symdiff.model import fields as f
from symdiff.model.fields import Place
from symdiff.model.keys import check_key
from symdiff.model.motion import InternalVariable, Motion
from symdiff.model.step_law import StepLaw
from symdiff.notation.expression import Scope, parse_chain
from symdiff.notation.names import did_you_mean

MAX_STATES = 30
ReadLaw = Callable[[Mapping[str, Any], Place], "StepLaw | None"]


def state_names(document: Mapping[str, Any], listed: tuple[str, ...], place: Place) -> tuple[str, ...]:
    """All states: those of ``[model] states``, else the names in ``[[states]]``; () where the one state has no name."""
    here = place.at("states")
    entries = f.tables(document.get("states", []), here)
    if "states" in document and not entries:
        raise here.fail("the list of states is empty", "leave it out for a walker that rests between its jumps")
    names: list[str] = []
    for i, entry in enumerate(entries):
        if "name" not in entry:
            if len(entries) > 1 or listed:
                raise here.at(i).fail("a state without a name beside others", 'write name = "right"')
            return ()
        name = f.text(entry["name"], here.at(i, "name"))
        if name in names:
            raise here.at(i, "name").fail(f"the state '{name}' stands twice")
        if listed and name not in listed:
            raise here.at(i, "name").fail(f"'{name}' is not among the states of [model]", did_you_mean(name, listed))
        names.append(name)
    if len(names) > MAX_STATES:
        raise here.fail(f"{len(names)} states; at most {MAX_STATES} are handled")
    return listed or tuple(names)


def read_motions(document: Mapping[str, Any], known: Mapping[str, Any], place: Place) -> tuple[Motion, ...]:
    """The motion inside every state that has one; raises :class:`symdiff.errors.ModelError` with the place."""
    here = place.at("states")
    found = []
    for i, entry in enumerate(f.tables(document.get("states", []), here)):
        for key in entry:
            check_key("states", key, str(here.at(i, key)))
        motion = _motion(entry, known, here.at(i))
        if not motion.is_rest:
            found.append(motion)
    if found and known["time_step"] is not None:
        raise here.fail("states move in continuous time only, and the model has a time step",
                        "drop time_step and write rates, or write the motion as jumps")  # fmt: skip
    return tuple(found)


def _motion(entry: Mapping[str, Any], known: Mapping[str, Any], place: Place) -> Motion:
    scope, dimension = known["timed_scope"], len(known["coordinates"])
    zero = tuple(sp.Integer(0) for _ in range(dimension))
    velocity = f.vector(entry["velocity"], scope, place.at("velocity"), dimension) if "velocity" in entry else zero
    tensor = _tensor(entry["diffusivity"], scope, place.at("diffusivity"), dimension) if "diffusivity" in entry else ()
    evaluation = sp.Integer(0)
    if "evaluation" in entry:
        here = place.at("evaluation")
        evaluation = f.real_expression(entry["evaluation"], scope, here)
        if (evaluation.is_number and not 0 <= evaluation <= 1) or evaluation.free_symbols & {
            sp.Symbol(c, real=True) for c in (*known["coordinates"], "t")
        }:
            raise here.fail(
                f"evaluation = {evaluation} is no number between 0 and 1",
                'write "0" (Ito), "1/2" (Stratonovich) or "1" (isothermal)',
            )
        if not tensor:
            raise here.fail("evaluation without a diffusivity", "it says where the diffusivity is read")
        mixed = any(tensor[i][j] != 0 for i in range(dimension) for j in range(dimension) if i != j)
        if mixed and evaluation not in (0, 1):
            raise here.fail(
                "between Ito and isothermal the equation depends on the noise amplitudes, not on the tensor D alone",
                'use evaluation = "0" or "1", and write the drift that is meant into the velocity',
            )
    return Motion(None if "name" not in entry else str(entry["name"]), velocity, tensor, evaluation)


def _tensor(value: Any, scope: Scope, place: Place, dimension: int) -> tuple[tuple[sp.Expr, ...], ...]:
    """D_ij from a scalar (isotropic), a list (diagonal) or a matrix."""
    zero = sp.Integer(0)
    if not isinstance(value, (list, tuple)):
        single = f.real_expression(value, scope, place)
        _not_negative(single, place)
        return tuple(tuple(single if i == j else zero for j in range(dimension)) for i in range(dimension))
    if len(value) != dimension:
        raise place.fail(f"{len(value)} entries, but the model has {dimension} coordinate(s)",
                         "give one diffusivity, one per coordinate, or a matrix")  # fmt: skip
    if not any(isinstance(row, (list, tuple)) for row in value):
        diagonal = f.vector(value, scope, place, dimension)
        for i, entry in enumerate(diagonal):
            _not_negative(entry, place.at(i))
        return tuple(tuple(diagonal[i] if i == j else zero for j in range(dimension)) for i in range(dimension))
    rows = tuple(f.vector(row, scope, place.at(i), dimension) for i, row in enumerate(value))
    for i in range(dimension):
        _not_negative(rows[i][i], place.at(i, i))
        for j in range(i):
            if sp.expand(rows[i][j] - rows[j][i]) != 0:
                raise place.at(i, j).fail(
                    f"the tensor is not symmetric: {rows[i][j]} against {rows[j][i]}", "write D_ij = D_ji"
                )
    return rows


def _not_negative(value: sp.Expr, place: Place) -> None:
    if value.is_negative:
        raise place.fail(f"the diffusivity {value} is negative", "declare its parameters as positive")


# --- continuous internal states -----------------------------------------------------------------------------------


def internal_names(
    document: Mapping[str, Any], coordinates: tuple[str, ...], place: Place
) -> tuple[tuple[str, ...], ...]:
    """The components' names of every continuous internal state: u_x, u_y of a direction u; y; (y, z)."""
    here = place.at("internal")
    found = []
    for i, entry in enumerate(f.tables(document.get("internal", []), here)):
        for key in ("name", "domain"):
            if key not in entry:
                raise here.at(i).fail(f"an internal state without a {key}", 'write name = "u" and domain = "direction"')
        if entry["domain"] == "direction":
            if len(coordinates) == 1:
                raise here.at(i, "domain").fail(
                    "on a line there are two directions only", 'write two [[states]], "right" and "left"'
                )
            name = f.text(entry["name"], here.at(i, "name"))
            found.append(tuple(f"{name}_{c}" for c in coordinates))
        else:
            names = f.texts(entry["name"], here.at(i, "name"))
            if not names or len(set(names)) != len(names):
                raise here.at(i, "name").fail("the names of the components are missing or repeated", 'write ["y", "z"]')
            found.append(names)
    flat = [n for names in found for n in names]
    for name in flat:
        if flat.count(name) > 1:
            raise here.fail(f"the internal state '{name}' is declared twice", "give one of the two another name")
    return tuple(found)


def read_internals(
    document: Mapping[str, Any], known: Mapping[str, Any], place: Place, read_law: ReadLaw
) -> tuple[InternalVariable, ...]:
    """Every continuous internal state; raises :class:`symdiff.errors.ModelError` with the place."""
    here = place.at("internal")
    found = []
    for i, entry in enumerate(f.tables(document.get("internal", []), here)):
        for key in entry:
            check_key("internal", key, str(here.at(i, key)), also=LAW_KEYS)
        found.append(_internal(entry, known["internal_names"][i], known, here.at(i), read_law))
    return tuple(found)


LAW_KEYS = ("value", "mean", "variance", "scale", "low", "high", "shape", "dof", "index", "skewness", "amplitude",
            "second_moment", "third_cumulant", "fourth_cumulant", "density", "characteristic_function")  # fmt: skip


def _internal(
    entry: Mapping[str, Any], components: tuple[str, ...], known: Mapping[str, Any], place: Place, read_law: ReadLaw
) -> InternalVariable:
    scope: Scope = known["scope"]
    text = f.text(entry["domain"], place.at("domain"))
    discrete = known["time_step"] is not None
    values: dict[str, Any] = {"domain": text if text in ("direction", "line") else "ball", "domain_text": text}
    if values["domain"] == "ball":
        values["centre"], values["radius"] = _ball(text, components, scope, place.at("domain"))
    name = entry["name"] if isinstance(entry["name"], str) else components[0]
    for key in ("diffusivity", "rate", "mean_cosine", "mean_sine"):
        if key in entry:
            values[key] = f.real_expression(entry[key], scope, place.at(key))
    if "diffusivity" in values:
        _not_negative(values["diffusivity"], place.at("diffusivity"))
    if "rate" in values and values["rate"].is_negative:
        raise place.at("rate").fail(f"the rate {values['rate']} is negative", "declare its parameters as positive")
    if "drift" in entry:
        size = 1 if values["domain"] == "direction" else len(components)
        values["drift"] = _drift(entry["drift"], scope, place.at("drift"), size)
    if discrete and ({"diffusivity", "drift", "rate"} & set(entry)):
        raise place.fail("in discrete time an internal state is renewed before every step and does nothing else",
                         "leave out 'diffusivity', 'drift' and 'rate', or drop time_step")  # fmt: skip
    _check_direction(entry, values, known, place)
    values["law"] = read_law(entry, place) if "distribution" in entry else None
    if values["law"] is not None and values["domain"] == "direction":
        raise place.at("distribution").fail("a direction is renewed by a turn", "give its mean_cosine")
    if values["law"] is None and values["domain"] != "direction" and ("rate" in values or discrete):
        raise place.fail(
            f"'{name}' is renewed, but by which law?", 'write distribution = "normal", mean = "0", variance = "s2"'
        )
    if values["law"] is not None and len(components) > 1:
        raise NotYetError("a list of numbers renewed together is not handled yet", where=str(place),
                          instead="write one [[internal]] for each")  # fmt: skip
    return InternalVariable(name, components, **values)


def _check_direction(
    entry: Mapping[str, Any], values: Mapping[str, Any], known: Mapping[str, Any], place: Place
) -> None:
    dimension = len(known["coordinates"])
    for key in ("mean_cosine", "mean_sine"):
        if key in values and values["domain"] != "direction":
            raise place.at(key).fail(f"'{key}' belongs to a direction", 'write domain = "direction"')
        if key in values and values[key].is_number and abs(values[key]) > 1:
            raise place.at(key).fail(
                f"{key} = {values[key]} lies outside [-1, 1]", "it is the average of a cosine or sine"
            )
    if dimension == 3 and "mean_sine" in values:
        raise place.at("mean_sine").fail("in space a random turn has no sense of rotation", "leave mean_sine out")
    if dimension == 3 and values["domain"] == "direction" and "drift" in entry:
        raise place.at("drift").fail("the angular velocity of a direction is a number in the plane only",
                                     "leave 'drift' out")  # fmt: skip


def _drift(value: Any, scope: Scope, place: Place, size: int) -> tuple[sp.Expr, ...]:
    entries = list(value) if isinstance(value, (list, tuple)) else [value]
    if len(entries) != size:
        raise place.fail(f"{len(entries)} entries, but the internal state has {size}", "give one per component")
    return tuple(f.real_expression(v, scope, place.at(i) if len(entries) > 1 else place) for i, v in enumerate(entries))


def _ball(text: str, components: tuple[str, ...], scope: Scope, place: Place) -> tuple[tuple[sp.Expr, ...], sp.Expr]:
    """Centre and radius of 0 < y < H or y**2 + z**2 < R**2."""
    members, signs = place.guard(lambda: parse_chain(text, scope))
    symbols = tuple(sp.Symbol(n, real=True) for n in components)
    if any(s in (">", ">=") for s in signs):
        members, signs = members[::-1], [{">": "<", ">=": "<="}.get(s, s) for s in reversed(signs)]
    if any(s not in ("<", "<=") for s in signs):
        raise place.fail(f"'{text}' is no domain", 'write "direction", "line", or for example "0 < y < H"')
    if len(symbols) == 1 and len(members) == 3 and members[1] == symbols[0]:
        low, high = members[0], members[2]
        if (high - low).is_nonpositive:
            raise place.fail(f"the interval from {low} to {high} is empty", "exchange its ends")
        return ((low + high) / 2,), (high - low) / 2
    if len(members) == 2:
        squares = sp.expand(members[0])
        if squares == sp.Add(*(s**2 for s in symbols)) and not members[1].free_symbols & set(symbols):
            return tuple(sp.Integer(0) for _ in symbols), sp.sqrt(members[1])
    raise NotYetError(
        f"the domain '{text}' of an internal state is not handled yet",
        where=str(place),
        instead='handled: "direction", "line", an interval "0 < y < H", a disc or ball "y**2 + z**2 < R**2"',
    )
