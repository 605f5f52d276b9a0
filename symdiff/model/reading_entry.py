"""One entry of ``[[jumps]]`` to its jumps: place, index, displacement, intensity."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from typing import Any

import sympy as sp

from symdiff.errors import ModelError, NotYetError
from symdiff.model import fields as f
from symdiff.model.boundary import Region
from symdiff.model.fields import Place
from symdiff.model.jump_model import Jump
from symdiff.model.ordered import with_decided_order
from symdiff.model.parameter import Interval
from symdiff.model.ranges import parameter_intervals
from symdiff.model.reading_family import Range, family_jumps, index_conditions, index_ranges, is_short
from symdiff.model.reading_laws import read_law
from symdiff.model.regions import SIGNS, axis_of, holds, in_order, sign_at_place, sign_between, thresholds
from symdiff.model.step_law import StepLaw
from symdiff.notation.expression import Scope, parse_chain, parse_condition
from symdiff.notation.names import did_you_mean

MAX_JUMPS = 2_000
INTENSITIES = ("probability", "rate", "weight", "rate_density")


def read_entry(entry: Mapping[str, Any], label: str, clock: str, known: Mapping[str, Any], place: Place) -> list[Jump]:
    """The jumps that one entry states: one, several, or a family over an index."""
    scope, states, dimension = known["rate_scope"], known["states"], len(known["coordinates"])
    source, target = _state(entry, "from", states, place), _state(entry, "to", states, place)
    if "destination" in entry:
        return [_reset(entry, label, clock, source, target, known, place)]
    if "displacements" in entry and "displacement" not in entry and isinstance(entry.get("index"), Mapping):
        return [jump for one in _list_of_families(entry, place) for jump in read_entry(one, label, clock, known, place)]
    entry = _mean_as_displacement(entry, known, place)
    law, direction = read_law(entry, known, dimension, place)
    redraw = f.texts(entry["redraw"], place.at("redraw")) if "redraw" in entry else ()
    region, entry = _region(entry, known, place)
    template = Jump((), sp.Integer(0), source, target, law, direction, redraw, label, region=region)
    key = next((k for k in INTENSITIES if k in entry), "weight")
    family = _family(entry, known["scope"], law is not None, place)
    if family is not None and not is_short(family, MAX_JUMPS):
        if law is not None:
            raise place.at("index").fail("an infinite family of jumps beside a law", "state one of them")
        return _infinite_family(entry, key, family, template, known, place)
    found = []
    for index, displacement in _displacements(entry, family, known["timed_scope"], dimension, place, law is not None):
        inner = scope.with_symbols(index).with_symbols(_own_displacement(known, displacement, law, direction))
        if key == "rate_density":
            intensity = _density_rate(entry, known, dimension, place)
        else:
            intensity = with_decided_order(f.real_expression(entry.get(key, "1"), inner, place.at(key)))
        idle = source is None and target is None and not law and not redraw and all(d == 0 for d in displacement)
        if idle and clock == "continuous":
            if family:
                continue  # the member of a family that rests
            raise place.fail("a jump by zero that changes nothing", "leave it out: in continuous time it does nothing")
        found.append(replace(template, displacement=displacement, intensity=intensity))
    return found


def _list_of_families(entry: Mapping[str, Any], place: Place) -> list[Mapping[str, Any]]:
    """Several displacements beside an index: each is a family of its own."""
    rest = {k: v for k, v in entry.items() if k != "displacements"}
    return [rest | {"displacement": v} for v in _listed(entry, place)]


def _listed(entry: Mapping[str, Any], place: Place) -> list[Any]:
    listed = entry["displacements"]
    if not isinstance(listed, (list, tuple)) or not listed:
        raise place.at("displacements").fail("a list of displacements is expected", 'write [["h", "0"], ["-h", "0"]]')
    return list(listed)


def _mean_as_displacement(entry: Mapping[str, Any], known: Mapping[str, Any], place: Place) -> Mapping[str, Any]:
    """A mean that depends on place, m(x) + s, as a displacement beside a law of mean zero: the same steps."""
    mean = entry.get("mean")
    plain = isinstance(mean, str) and not {"second_moment", "displacements", "index"} & set(entry)
    if not plain or entry.get("distribution") not in ("normal", "moments"):
        return entry
    value = f.real_expression(mean, known["scope"], place.at("mean"))
    places = {sp.Symbol(c, real=True) for c in known["coordinates"]}
    if not (value.free_symbols & places or value.atoms(sp.core.function.AppliedUndef)):
        return entry
    dimension = len(known["coordinates"])
    direction = [entry["direction"]] if isinstance(entry.get("direction"), str) else entry.get("direction", ["1"])
    shown = entry.get("displacement", ["0"] * dimension)
    shown = [shown] if not isinstance(shown, (list, tuple)) else shown
    moved = [f"({d}) + ({mean})*({e})" for d, e in zip(shown, direction, strict=True)]
    return {**entry, "mean": "0", "displacement": moved}


WITH_DESTINATION = ("destination", "from", "to", "probability", "rate", "weight")


def _reset(
    entry: Mapping[str, Any], label: str, clock: str, source: str | None, target: str | None, known: Mapping[str, Any], place: Place
) -> Jump:  # fmt: skip
    """A jump to a fixed place; its intensity may depend on the site that is left."""
    for key in entry:
        if key not in WITH_DESTINATION:
            why = (
                "is not handled yet"
                if key in ("where", "index", "redraw", "waiting_time")
                else "says where the jump ends a second time"
            )
            error = NotYetError if why == "is not handled yet" else ModelError
            raise error(f"'{key}' beside 'destination' {why}", where=str(place.at(key)),
                        instead="handled: a destination with a rate, probability or weight, 'from' and 'to'")  # fmt: skip
    if clock == "waiting":
        raise NotYetError("resetting beside waiting times is not handled yet", where=str(place.at("destination")),
                          instead="give exponential waits as rates")  # fmt: skip
    here = place.at("destination")
    end = f.vector(entry["destination"], known["scope"], here, len(known["coordinates"]))
    inner = {p.symbol for p in known["parameters"]}
    if any(e.free_symbols - inner or e.atoms(sp.core.function.AppliedUndef) for e in end):
        raise here.fail("a destination is one fixed place, and this one depends on where the walker is",
                        "write a number or parameters, as in [\"x0\"]; for a jump by an amount that depends on place write its "
                        "displacement")  # fmt: skip
    key = next((k for k in INTENSITIES if k in entry), "weight")
    intensity = f.real_expression(entry.get(key, "1"), known["rate_scope"], place.at(key))
    return Jump((), intensity, source, target, label=label, destination=end)


def _region(
    entry: Mapping[str, Any], known: Mapping[str, Any], place: Place
) -> tuple[Region | None, Mapping[str, Any]]:
    """The sites that ``where`` names, and the entry without it; a condition on indices stays."""
    if "where" not in entry:
        return None, entry
    here = place.at("where")
    text = f.text(entry["where"], here)
    indices = entry["index"] if isinstance(entry.get("index"), Mapping) else {}
    scope = known["scope"].with_symbols({n: sp.Symbol(n, integer=True) for n in indices})
    members, signs = here.guard(lambda: parse_chain(text, scope))
    named = {s.name for m in members for s in m.free_symbols}
    if not named & set(known["coordinates"]):
        if not indices:
            raise here.fail(f"'{text}' says nothing about the site that is left", 'write where = "x < 0", say')
        return None, entry
    if named & set(indices):
        raise NotYetError(f"'{text}' compares a coordinate with an index, which is not handled yet", where=str(here),
                          instead="list these jumps one by one")  # fmt: skip
    if not signs or any(s not in SIGNS for s in signs):
        raise here.fail(f"'{text}' is no condition on the site that is left", 'write where = "x != 0", say')
    region = Region(members, tuple(signs))
    here.guard(lambda: _check_places(region, known["coordinates"], here))
    return region, {k: v for k, v in entry.items() if k != "where"}


def _density_rate(entry: Mapping[str, Any], known: Mapping[str, Any], dimension: int, place: Place) -> sp.Expr:
    """The rate of all jumps together that a rate density states, with its dependence on place."""
    from symdiff.model.reading_density import law_by_density  # loaded when used: start-up time

    return law_by_density("rate_density", entry, known, dimension, place)[2]


def _check_places(region: Region, coordinates: tuple[str, ...], place: Place) -> None:
    """Refuse conditions that are not handled, and those that nothing fulfils."""
    x = axis_of([region], coordinates)
    ends = in_order(thresholds([region], x))
    signs = [sign_between(x, ends, n) for n in range(len(ends) + 1)] + [sign_at_place(x, p) for p in ends]
    if not any(holds(region, x, sign) for sign in signs):
        raise place.fail(f"no place satisfies '{region.as_text()}'", "exchange the two ends, or leave the jump out")


def _family(entry: Mapping[str, Any], scope: Scope, has_law: bool, place: Place) -> dict[str, Range] | None:
    """The ranges of the entry's indices; beside a law, ``index`` may be the law's own argument."""
    family = entry.get("index")
    if family is None or (has_law and not isinstance(family, Mapping)):
        return None
    return index_ranges(family, scope, place.at("index"))


def _infinite_family(
    entry: Mapping[str, Any], key: str, family: dict[str, Range], template: Jump, known: Mapping[str, Any], place: Place
) -> list[Jump]:
    """A family with symbolic or infinite ends, summed exactly."""
    scope, dimension = known["scope"], len(known["coordinates"])
    if "displacement" not in entry:
        raise place.fail("a family of jumps without displacement", 'write displacement = ["j*h"]')
    inner = scope.with_symbols({n: sp.Symbol(n, integer=True) for n in family})
    displacement = f.vector(entry["displacement"], inner, place.at("displacement"), dimension)
    if any(r.has(*known_symbols(known)) for r in displacement):
        raise NotYetError("infinite families of jumps whose length depends on place are not handled yet",
                          where=str(place.at("displacement")))  # fmt: skip
    deeper = inner.with_symbols(_own_displacement(known, displacement, None, ()))
    intensity = f.real_expression(entry.get(key, "1"), deeper, place.at(key))
    conditions = index_conditions(entry["where"], family, scope, place.at("where")) if "where" in entry else []
    box = (*parameter_intervals(known["parameters"]).items(), *_comparisons(known))
    found = family_jumps(displacement, intensity, family, conditions, template, box, known_symbols(known), place)
    if key == "rate" and template.source is None and template.target is None:
        return [j for j in found if j.law is not None or any(r != 0 for r in j.displacement)]  # who rests does nothing
    return found


def _comparisons(known: Mapping[str, Any]) -> list[tuple[sp.Expr, Interval]]:
    """What the comparisons between parameters that a model states make positive."""
    texts = [*known["constraints"], *(c for p in known["parameters"] for c in p.constraints)]
    stated = (part for text in texts for part in _parts(parse_condition(text, known["scope"])))
    return [
        (c.gts - c.lts, Interval(low=Fraction(0)))
        for c in stated
        if isinstance(c, sp.StrictLessThan | sp.StrictGreaterThan)
    ]


def _parts(condition: sp.Basic) -> tuple[sp.Basic, ...]:
    return condition.args if isinstance(condition, sp.And) else (condition,)


def known_symbols(known: Mapping[str, Any]) -> tuple[sp.Symbol, ...]:
    """The coordinates as symbols."""
    return tuple(sp.Symbol(c, real=True) for c in known["coordinates"])


def _state(entry: Mapping[str, Any], key: str, states: tuple[str, ...], place: Place) -> str | None:
    if key not in entry:
        return None
    name = f.text(entry[key], place.at(key))
    if name not in states:
        hint = did_you_mean(name, states) if states else 'declare states = ["right", "left"] under [model]'
        raise place.at(key).fail(f"'{name}' is no state of the model", hint)
    return name


def _displacements(
    entry: Mapping[str, Any], family: dict[str, Range] | None, scope: Scope, dimension: int, place: Place, has_law: bool
) -> list[tuple[dict[str, sp.Expr], tuple[sp.Expr, ...]]]:
    """Every displacement of the entry with the values of its index."""
    zero = tuple(sp.Integer(0) for _ in range(dimension))
    if "displacements" in entry:
        if "displacement" in entry or "index" in entry:
            raise place.at("displacements").fail(
                "'displacements' stands beside 'displacement' or 'index'", "give one of them"
            )
        here = place.at("displacements")
        return [({}, f.vector(v, scope, here.at(i), dimension)) for i, v in enumerate(_listed(entry, place))]
    if "displacement" not in entry:
        if has_law:
            return [({}, zero)]
        if "to" in entry or "redraw" in entry:  # it only switches
            return [({}, zero)]
        raise place.fail("a jump without displacement", 'write displacement = ["h"]')
    found: list[tuple[dict[str, sp.Expr], tuple[sp.Expr, ...]]] = []
    for index in _members(entry, family or {}, scope, place):
        inner = scope.with_symbols(index)
        found.append((index, f.vector(entry["displacement"], inner, place.at("displacement"), dimension)))
    if not found:
        raise place.at("where").fail("no index of the family satisfies this condition", "widen the range")
    return found


def _members(
    entry: Mapping[str, Any], family: dict[str, Range], scope: Scope, place: Place
) -> list[dict[str, sp.Expr]]:
    """Every value of the indices of a family whose ends are integers and for which ``where`` holds."""
    combinations: list[dict[str, sp.Expr]] = [{}]
    for name, (low, high) in family.items():
        combinations = [{**c, name: sp.Integer(j)} for c in combinations for j in range(int(low), int(high) + 1)]
    if "where" not in entry:
        return combinations
    conditions = index_conditions(entry["where"], family, scope, place.at("where"))
    kept = []
    for c in combinations:
        values = {sp.Symbol(n, integer=True): v for n, v in c.items()}
        decided = [condition.subs(values) for condition in conditions]
        open_ = [d for d in decided if d not in (sp.true, sp.false)]
        if open_:
            raise NotYetError(f"the condition {open_[0]} is no matter of the index alone; conditions on the site that is left "
                              "are not handled yet", where=str(place.at("where")))  # fmt: skip
        if all(d == sp.true for d in decided):
            kept.append(c)
    return kept


def _own_displacement(
    known: Mapping[str, Any], displacement: tuple[sp.Expr, ...], law: StepLaw | None, direction: tuple[sp.Expr, ...]
) -> dict[str, sp.Expr]:
    """What ``r`` (``r_x``, ...) means in this jump, where the file does not declare these names itself."""
    coordinates, scope = known["coordinates"], known["scope"]
    entries = displacement
    if law is not None:
        rows = Jump(displacement, sp.Integer(0), law=law, direction=direction).directions
        entries = tuple(d + sp.Add(*(s * row[i] for s, row in zip(law.variables, rows, strict=True)))
                        for i, d in enumerate(displacement))  # fmt: skip
    names = {f"r_{c}": d for c, d in zip(coordinates, entries, strict=True)}
    if len(coordinates) == 1:
        names["r"] = entries[0]
    return {n: d for n, d in names.items() if n not in scope.symbols}
