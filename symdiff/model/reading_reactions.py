"""The ``[[reactions]]`` of a document, and the keys of [model] that speak of crowds and populations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sympy as sp
from sympy.core.function import AppliedUndef

from symdiff.errors import NotYetError
from symdiff.model import fields as f
from symdiff.model.crowd import Crowd, Participant, Population, Reaction
from symdiff.model.fields import Place
from symdiff.model.jump_model import Jump
from symdiff.model.keys import check_key
from symdiff.model.reaction_rule import MAX_AGENTS, Agents, has_places, one_way, read_rule
from symdiff.notation.expression import Scope
from symdiff.notation.names import did_you_mean, is_identifier

MAX_REACTIONS = 500


def read_crowd(document: Mapping[str, Any], head: Mapping[str, Any], known: Mapping[str, Any], place: Place) -> Crowd:
    """Reactions between agents in space, occupancy, site rate and rod length.

    Raises :class:`symdiff.errors.ModelError` with the place of what is wrong.
    """
    scope: Scope = known["rate_scope"]
    parameters = Scope({p.name: p.symbol for p in known["parameters"]})
    occupancy = _size(head, "occupancy", parameters, place)
    rod_length = _size(head, "rod_length", parameters, place)
    site_rate = None
    if "site_rate" in head:
        here = place.at("model", "site_rate")
        site_rate = f.real_expression(head["site_rate"], scope, here)
        if known["states"]:
            raise NotYetError("a site rate for several species is not handled yet", where=str(here))
        coordinates = tuple(sp.Symbol(c, real=True) for c in known["coordinates"])
        if any(c.args != coordinates for c in _density_calls(site_rate, known)):
            raise here.fail("a site rate depends on the number of agents on the site itself",
                            f"write it with {known['density']}({', '.join(known['coordinates'])})")  # fmt: skip
    for key, value in (("occupancy", occupancy), ("rod_length", rod_length)):
        if value is not None and site_rate is not None:
            raise place.at("model", key).fail(f"'{key}' stands beside 'site_rate'", "give one of them")
    if occupancy is not None and rod_length is not None:
        raise place.at("model", "occupancy").fail(
            "'occupancy' stands beside 'rod_length'", "rods exclude each other: leave occupancy out"
        )
    reactions = tuple(
        _reaction(entry, i, known, place.at("reactions", i))
        for i, entry in listed_reactions(document, place)
        if not is_population_rule(entry, known, place.at("reactions", i))
    )
    return Crowd(reactions, occupancy, site_rate, rod_length)


def read_population(head: Mapping[str, Any], known: Mapping[str, Any], place: Place) -> Population | None:
    """``system_size`` and ``scaled``."""
    if "system_size" not in head:
        if "scaled" in head:
            raise place.at("model", "scaled").fail("'scaled' without 'system_size'", 'write system_size = "V"')
        return None
    here = place.at("model", "system_size")
    size = f.expression(head["system_size"], Scope({p.name: p.symbol for p in known["parameters"]}), here)
    if not size.is_Symbol:
        raise here.fail("the system size is one parameter", 'write system_size = "V" and declare V as positive')
    if not size.is_positive:
        raise here.fail(f"the system size {size} may be zero or negative", f'declare {size} = "positive"')
    coordinates = known["coordinates"]
    scaled = f.texts(head.get("scaled", []), place.at("model", "scaled"))
    if not scaled:
        scaled = ("x",) if len(coordinates) == 1 else tuple(f"x{i + 1}" for i in range(len(coordinates)))
    if len(scaled) != len(coordinates) or len(set(scaled)) != len(scaled):
        raise place.at("model", "scaled").fail(f"{len(scaled)} scaled names for {len(coordinates)} coordinate(s)",
                                               "give one name for each coordinate over the system size")  # fmt: skip
    taken = {p.name for p in known["parameters"]} | {d.name for d in known["functions"]} | {known["density"], "t"}
    for i, name in enumerate(scaled):
        if name in taken or name in coordinates or not is_identifier(name):
            raise place.at("model", "scaled").fail(f"'{name}' cannot name {coordinates[i]}/{size}: it is declared already",
                                                   "choose another name, as in scaled = [\"y\"]")  # fmt: skip
    return Population(size, scaled)


def population_jumps(document: Mapping[str, Any], known: Mapping[str, Any], place: Place) -> tuple[Jump, ...]:
    """Reactions between individuals that the coordinates count, as jumps: the propensity is the rate times n(n - 1)..."""
    found = []
    for i, entry in listed_reactions(document, place):
        here = place.at("reactions", i)
        if not is_population_rule(entry, known, here):
            continue
        consumed, produced = sides_of(entry, here)
        if has_places([*consumed, *produced]):
            raise here.fail("individuals that a coordinate counts have no place", "leave the displacement out")
        names = list(known["coordinates"])
        intensity = _intensity(entry, known["scope"], known, here)
        change = [0] * len(names)
        for name, _ in produced:
            change[names.index(name)] += 1
        for name, _ in consumed:
            change[names.index(name)] -= 1
        for name in names:
            count = sum(1 for n, _ in consumed if n == name)
            symbol = sp.Symbol(name, real=True)
            intensity *= sp.Mul(*(symbol - k for k in range(count)))
        if not any(change):
            raise here.fail("the reaction changes nothing", "leave it out")
        found.append(Jump(tuple(map(sp.Integer, change)), intensity, label=f"[[reactions]] {i + 1}"))
    return tuple(found)


def is_population_rule(entry: Mapping[str, Any], known: Mapping[str, Any], place: Place) -> bool:
    """Whether the agents of a reaction are counted by the coordinates, and have no place."""
    consumed, produced = sides_of(entry, place)
    names = {name for name, _ in (*consumed, *produced)}
    if not names:
        raise place.fail("a reaction without any agents", 'write rule = "A + B -> 2 B"')
    counted = names & set(known["coordinates"])
    if not counted:
        return False
    stray = sorted(names - counted)
    if stray:
        raise place.fail(f"'{stray[0]}' is no coordinate, but {', '.join(sorted(counted))} counts individuals",
                         did_you_mean(stray[0], known["coordinates"]))  # fmt: skip
    return True


def listed_reactions(document: Mapping[str, Any], place: Place) -> list[tuple[int, dict[str, Any]]]:
    """Every reaction one way, with the number of its entry in the file."""
    entries = f.tables(document.get("reactions", []), place.at("reactions"))
    if len(entries) > MAX_REACTIONS:
        raise place.at("reactions").fail(f"{len(entries)} reactions; at most {MAX_REACTIONS}")
    for i, entry in enumerate(entries):
        for key in entry:
            check_key("reactions", key, str(place.at("reactions", i, key)))
    return [(i, way) for i, entry in enumerate(entries) for way in one_way(entry, place.at("reactions", i))]


def sides_of(entry: Mapping[str, Any], place: Place) -> tuple[Agents, Agents]:
    """Who is consumed and who is produced."""
    if "rule" in entry:
        if "consumes" in entry or "produces" in entry:
            raise place.at("rule").fail("'rule' stands beside 'consumes' or 'produces'", "give one of them")
        return read_rule(f.text(entry["rule"], place.at("rule")), place.at("rule"))
    if "consumes" not in entry and "produces" not in entry:
        raise place.fail("a reaction needs a rule", 'write rule = "A + B -> 2 B", or consumes and produces')
    return _agents(entry.get("consumes", []), place.at("consumes")), _agents(
        entry.get("produces", []), place.at("produces")
    )


def _agents(value: Any, place: Place) -> Agents:
    entries = [value] if isinstance(value, (str, Mapping)) else value
    if not isinstance(entries, (list, tuple)):
        raise place.fail("a list of agents is expected", 'write ["A", {state = "B", displacement = ["h"]}]')
    found: Agents = []
    for i, entry in enumerate(entries):
        here = place.at(i)
        if isinstance(entry, str):
            found.append((f.text(entry, here), None))
            continue
        table = f.table(entry, here)
        for key in table:
            check_key("participants", key, str(here.at(key)))
        if "state" not in table:
            raise here.fail("an agent without its name", 'write {state = "A", displacement = ["h"]}')
        found.append((f.text(table["state"], here.at("state")), table.get("displacement")))
    if len(found) > MAX_AGENTS:
        raise place.fail(f"{len(found)} agents on one side; at most {MAX_AGENTS}")
    return found


def _reaction(entry: Mapping[str, Any], number: int, known: Mapping[str, Any], place: Place) -> Reaction:
    consumed, produced = sides_of(entry, place)
    intensity = _intensity(entry, known["rate_scope"], known, place)
    consumes = tuple(_participant(n, d, known, place) for n, d in consumed)
    produces = tuple(_participant(n, d, known, place) for n, d in produced)
    if sorted(map(str, consumes)) == sorted(map(str, produces)):
        raise place.fail("the reaction changes nothing", "leave it out")
    return Reaction(consumes, produces, intensity, f"[[reactions]] {number + 1}")


def _participant(name: str, displacement: Any, known: Mapping[str, Any], place: Place) -> Participant:
    states = known["states"] or (known["density"],)
    if name not in states:
        sums = [n for n, members in known["densities"] if n == name and len(members) > 1]
        hint = f"name one of the states of {name}" if sums else did_you_mean(name, states)
        raise place.fail(f"'{name}' is no state of the model: nothing of that name can be consumed or produced", hint)
    dimension = len(known["coordinates"])
    if displacement is None:
        return Participant(name, tuple(sp.Integer(0) for _ in range(dimension)))
    scope: Scope = known["scope"]
    inner = Scope({k: v for k, v in scope.symbols.items() if k not in known["coordinates"]})
    return Participant(name, f.vector(displacement, inner, place, dimension))


def _intensity(entry: Mapping[str, Any], scope: Scope, known: Mapping[str, Any], place: Place) -> sp.Expr:
    discrete = known["time_step"] is not None
    wanted, other = ("probability", "rate") if discrete else ("rate", "probability")
    if other in entry:
        hint = "write a probability per step" if discrete else 'write a rate, or time_step = "tau" under [model]'
        raise place.at(other).fail(f"a {other} in {'discrete' if discrete else 'continuous'} time", hint)
    if wanted not in entry:
        raise place.fail(f"a reaction without its {wanted}", f'write {wanted} = "k"')
    value = f.real_expression(entry[wanted], scope, place.at(wanted))
    if value.is_negative:
        raise place.at(wanted).fail(f"the {wanted} {value} is negative", "check its sign")
    if discrete and value.is_number and value > 1:
        raise place.at(wanted).fail(f"the probability {value} is above one")
    return value


def _size(head: Mapping[str, Any], key: str, scope: Scope, place: Place) -> sp.Expr | None:
    if key not in head:
        return None
    here = place.at("model", key)
    value = f.real_expression(head[key], scope, here)
    if value.is_number and not (value.is_Integer and value > 0):
        raise here.fail(f"{key} = {value} is no positive whole number", f"write {key} = 1")
    if not value.is_number and not value.is_positive:
        raise here.fail(f"{key} = {value} may be zero or negative", f'declare {value} = "positive integer"')
    return value


def _density_calls(value: sp.Expr, known: Mapping[str, Any]) -> set[AppliedUndef]:
    names = {*known["states"], known["density"]}
    return {c for c in value.atoms(AppliedUndef) if c.func.__name__ in names}
