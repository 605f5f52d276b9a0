"""A plain document (from TOML or Python) to the fields of a :class:`JumpModel`; every error has its place."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import sympy as sp

from symdiff.errors import NotYetError
from symdiff.model import fields as f
from symdiff.model.fields import Place
from symdiff.model.jump_model import (
    ClaimStatement,
    FunctionDeclaration,
    ScalingRegime,
)
from symdiff.model.keys import BUILT, LATER, check_key
from symdiff.model.lattice import sublattices
from symdiff.model.occupancy import check_occupancy
from symdiff.model.population_rates import check_taken
from symdiff.model.reading_boundaries import boundary_conditions, read_boundaries, read_origin
from symdiff.model.reading_jumps import read_jumps
from symdiff.model.reading_names import (
    check_name,
    declared_once,
    read_definitions,
    read_functions,
    read_parameters,
    read_values,
)
from symdiff.model.reading_observables import read_observables, read_preparation
from symdiff.model.reading_reactions import read_crowd, read_population
from symdiff.model.reading_states import internal_names, state_names
from symdiff.model.reading_time import TIME, refuse_time_elsewhere, require_places_and_times
from symdiff.notation.expression import Scope
from symdiff.notation.names import did_you_mean

MAX_LEVELS = 60  # the largest power of a scaling, in units of the common measure of all powers
MAX_SPECIES = 8  # coordinates that count individuals
MAX_DIMENSION = 8  # of space: derivations grow fast with it
NamedSums = tuple[tuple[str, tuple[str, ...]], ...]
VERDICTS = ("proved", "conditional", "refuted", "consistent", "undecided")


def read_document(document: Mapping[str, Any], place: Place | None = None) -> dict[str, Any]:
    """The fields of a model, validated; raises :class:`ModelError` or :class:`NotYetError` with the place."""
    place = place or Place()
    document = _folded(document)
    for key in document:
        check_key("file", key, str(place.at(key)))
    head = f.table(document.get("model", {}), place.at("model"))
    for key in head:
        check_key("model", key, str(place.at("model", key)))
    if "model" not in document:
        raise place.fail("there is no [model]", 'write [model] with coordinates = ["x"], then [[jumps]]')
    slopes: tuple[FunctionDeclaration, ...] = ()
    if "embedding" in head:
        from symdiff.model.reading_embedding import without_embedding  # loaded when used: start-up time

        document, slopes = without_embedding(document, place)
        head = document["model"]
    space: sp.Expr | None = None
    if "dimension" in head:
        from symdiff.model.reading_dimension import without_dimension  # loaded when used: start-up time

        document, space = without_dimension(document, place)
        head = document["model"]
    coordinates = _coordinates(head, place, MAX_SPECIES if "system_size" in head else MAX_DIMENSION)
    parameters = read_parameters(document.get("parameters", {}), place.at("parameters"))
    if "master_equation" in head or "latex_master_equation" in head:
        from symdiff.model.reading_balances import with_balances  # loaded when used: start-up time

        document = with_balances(document, coordinates, parameters, place)
        head = document["model"]
    states = state_names(document, _listed_states(head, place), place)
    density, densities = _density(head, coordinates, states, place)
    components = internal_names(document, coordinates, place)
    inner = tuple(n for names in components for n in names)
    for name in inner:
        check_name(name, place.at("internal"))
    names = (*(name for name, _ in densities), *states) or (density,)
    taken = declared_once(parameters, coordinates, names, place)
    for clash in sorted(set(inner) & taken):
        raise place.at("internal").fail(f"'{clash}' is declared twice", "choose another name")
    taken |= set(inner)
    places = {c: sp.Symbol(c, real=True) for c in (*coordinates, *inner)}
    scope = Scope({p.name: p.symbol for p in parameters} | places)
    functions, scope = read_functions(document.get("functions", {}), scope, coordinates, taken, place.at("functions"))
    crowded = Scope(
        {**scope.symbols, "t": TIME},
        {**scope.functions, **_density_functions(densities, states or (density,), coordinates)},
    )
    more, rate_scope, texts = read_definitions(
        document.get("definitions", {}), crowded, coordinates, taken, place.at("definitions")
    )
    functions = tuple(next((s for s in slopes if s.name == d.name), d) for d in functions) + more
    timed = Scope(rate_scope.symbols, {n: b for n, b in rate_scope.functions.items() if n not in names})
    scope = Scope({n: v for n, v in timed.symbols.items() if n != "t"}, timed.functions)
    values = read_values(document, parameters, functions, scope, place)
    constraints = f.texts(head.get("constraints", []), place.at("model", "constraints"))
    result: dict[str, Any] = {
        "title": f.text(document.get("title", ""), place.at("title"), one_line=False),
        "topic": f.text(document.get("topic", ""), place.at("topic"), one_line=False),
        "source": f.text(document.get("source", ""), place.at("source"), one_line=False),
        "source_status": f.text(document.get("source_status", ""), place.at("source_status")),
        "notes": f.text(document.get("notes", ""), place.at("notes"), one_line=False),
        "parameters": parameters, "functions": functions, "definitions": texts, "values": values,
        "coordinates": coordinates, "density": density, "densities": densities, "states": states, "constraints": constraints, "scope": scope,
        "internal_names": components,
    }  # fmt: skip
    known = {**result, "rate_scope": rate_scope, "timed_scope": timed}
    if "site_rate" in head or "site_rate" in str(document.get("jumps", "")):
        from symdiff.model.reading_site_rates import with_site_rates  # loaded when used: start-up time

        document, head = with_site_rates(document, head, known, place)
    result |= read_jumps(document, head, known, place)
    del result["internal_names"]
    result["crowd"] = read_crowd(document, head, {**known, **result}, place)
    check_occupancy(result["jumps"], result["crowd"], result, place)
    result["population"] = read_population(head, result, place)
    result["origin"] = read_origin(head, result, place)
    result["boundaries"] = read_boundaries(document, result, place)
    result["conditions"] += boundary_conditions(result["boundaries"], result, place)
    if result["population"] is not None:
        check_taken(result["jumps"], coordinates, result["boundaries"], place)
    refuse_time_elsewhere(result, place)
    require_places_and_times(result, place)
    result["regimes"] = _regimes(document, scope.with_symbols({n: sp.Symbol(n) for n in names}), coordinates, place)
    result["claims"] = _claims(document.get("claims", []), scope, place.at("claims"))
    result["preparation"] = read_preparation(
        document.get("initial", {}), scope, coordinates, states, place.at("initial")
    )
    asked = {**result, "internal_names": components}
    result["observables"] = read_observables(document.get("observables", []), scope, asked, place.at("observables"))
    result["space_dimension"] = space
    if space is not None:
        _check_uniform(result, place.at("model", "dimension"))
    return result


def _check_uniform(result: Mapping[str, Any], place: Place) -> None:
    """Nothing depends on place in a space whose coordinates have no names, and agents do not see each other."""
    from symdiff.model.reading_dimension import check_reactions  # loaded when used: start-up time

    check_reactions(result["crowd"].reactions, result["space_dimension"])
    (x,) = (sp.Symbol(c, real=True) for c in result["coordinates"])
    shown = [e for j in result["jumps"] for e in (j.intensity, *j.displacement)]
    shown += [e for m in result["motions"] for e in (*m.velocity, *(d for row in m.diffusivity for d in row))]
    if any(e.has(x) for e in shown):
        raise place.fail("rates or displacements depend on place: the walk is not isotropic", "state the coordinates")


def _folded(document: Mapping[str, Any]) -> dict[str, Any]:
    """Keys of [model] may be given flat from Python; they are folded into one table."""
    result = dict(document)
    flat = {k: result.pop(k) for k in list(result) if k in BUILT["model"] and k not in BUILT["file"] and k not in LATER["file"]}  # fmt: skip
    if isinstance(result.get("states"), (list, tuple)) and all(isinstance(s, str) for s in result["states"]):
        flat["states"] = result.pop("states")
    if flat:
        model = result.get("model", {})
        result["model"] = {**flat, **model} if isinstance(model, Mapping) else model
    return result


def _density_functions(
    densities: NamedSums, states: tuple[str, ...], coordinates: tuple[str, ...]
) -> dict[str, tuple[int, Any]]:
    """The densities as functions of the coordinates, for rates; a named sum of states is their sum."""
    found: dict[str, tuple[int, Any]] = {s: (len(coordinates), sp.Function(s)) for s in states}

    def total(members: tuple[str, ...]) -> Any:
        return lambda *place: sp.Add(*(sp.Function(m)(*place) for m in members))

    return found | {name: (len(coordinates), total(members)) for name, members in densities if name not in states}


def _coordinates(head: Mapping[str, Any], place: Place, most: int) -> tuple[str, ...]:
    here = place.at("model", "coordinates")
    if "coordinates" not in head:
        if "system_size" in head:
            raise here.fail(
                "the model has no coordinates",
                'the numbers of a population are its coordinates: write coordinates = ["A", "B"]',
            )
        raise here.fail("the model has no coordinates", 'write coordinates = ["x"]')
    names = f.texts(head["coordinates"], here)
    if not names:
        raise here.fail("a space of zero dimension", 'name at least one coordinate, as in ["x"]')
    if len(names) > most:
        raise NotYetError(f"{len(names)} dimensions; symdiff handles 1 to {most} so far", where=str(here))
    for i, name in enumerate(names):
        check_name(name, here.at(i))
        if name == "t":
            raise here.at(i).fail("'t' is time", "name the coordinate x")
        if name in names[:i]:
            raise here.at(i).fail(f"'{name}' stands twice")
    return names


def _listed_states(head: Mapping[str, Any], place: Place) -> tuple[str, ...]:
    states = f.texts(head.get("states", []), place.at("model", "states")) or sublattices(head)
    if "states" in head and not states:
        raise place.at("model", "states").fail(
            "the list of states is empty", "leave 'states' out for a walker without any"
        )
    if len(states) > 30:
        raise place.at("model", "states").fail(f"{len(states)} states; at most 30 are handled")
    return states


def _density(
    head: Mapping[str, Any], coordinates: tuple[str, ...], states: tuple[str, ...], place: Place
) -> tuple[str, NamedSums]:
    """The density's name, and the named sums of states."""
    here = place.at("model", "density")
    densities = _named_sums(head["density"], states, here) if isinstance(head.get("density"), Mapping) else ()
    density = (densities[0][0] if len(densities) == 1 else "P") if densities else f.text(head.get("density", "P"), here)
    check_name(density, here)
    for i, state in enumerate(states):
        check_name(state, place.at("model", "states", i))
        if state in states[:i]:
            raise place.at("model", "states", i).fail(f"the state '{state}' stands twice")
    if ({density, *(name for name, _ in densities)} | set(states)) & set(coordinates):
        taken = sorted(({density, *(name for name, _ in densities)} | set(states)) & set(coordinates))[0]
        free = next(name for name in ("p", "f", "rho", "W") if name not in coordinates)
        unnamed = "density" not in head and taken == density
        raise here.fail(f"a density and a coordinate are both called '{taken}'" + (", as the density is where the model does not name it" if unnamed else ""),
                        f'write density = "{free}" in [model], or give the coordinate another name')  # fmt: skip
    return density, densities


def _named_sums(value: Mapping[str, Any], states: tuple[str, ...], place: Place) -> NamedSums:
    """Names of sums of states; every state belongs to exactly one of them."""
    found: list[tuple[str, tuple[str, ...]]] = []
    seen: set[str] = set()
    for name, members in value.items():
        check_name(name, place.at(name))
        listed = f.texts(members, place.at(name))
        if not listed:
            raise place.at(name).fail(f"the density '{name}' is a sum of no states", 'write u = ["right", "left"]')
        for state in listed:
            if state not in states:
                raise place.at(name).fail(f"'{state}' is no state of the model", did_you_mean(state, states))
            if state in seen:
                raise place.at(name).fail(f"the state '{state}' is counted twice", "list every state in one density")
            seen.add(state)
        if name in states and listed != (name,):
            raise place.at(name).fail(f"'{name}' is also the name of a state", "give the sum another name")
        found.append((name, listed))
    missing = [s for s in states if s not in seen]
    if missing or not found:
        raise place.fail(f"the state '{missing[0]}' belongs to no density" if missing else "no density is named",
                         "list every state in one of the densities")  # fmt: skip
    return tuple(found)


def _regimes(
    document: Mapping[str, Any], scope: Scope, coordinates: tuple[str, ...], place: Place
) -> tuple[ScalingRegime, ...]:
    found = []
    if "scaling" in document:
        found.append(_regime(f.table(document["scaling"], place.at("scaling")), "stated", scope, place.at("scaling")))
    for i, entry in enumerate(f.tables(document.get("regimes", []), place.at("regimes"))):
        here = place.at("regimes", i)
        if "name" not in entry:
            raise here.fail("a regime without a name", 'write name = "diffusive"')
        found.append(_regime(entry, "", scope, here))
    names = [r.name for r in found]
    for i, name in enumerate(names):
        if name in names[:i]:
            raise place.at("regimes").fail(f"two regimes are named '{name}'")
        if name in ("long-wave", "large-system"):
            raise place.at("regimes").fail(
                f"'{name}' is the name of the regime that is always tried", "choose another name"
            )
    return tuple(found)


def _regime(entry: dict[str, Any], default: str, scope: Scope, place: Place) -> ScalingRegime:
    name = f.text(entry.get("name", default), place.at("name"))
    if not re.fullmatch(r"[\w][\w .+*/()=<>-]{0,60}", name):
        raise place.at("name").fail(f"'{name[:40]}' is no name for a regime", "use letters, digits, spaces and hyphens")
    inner = scope.with_symbols({"t": sp.Symbol("t", real=True)})
    powers = []
    for key, value in entry.items():
        if key == "name":
            continue
        here = place.at(key)
        small = f.expression(key, inner, here)
        if small.is_number:
            raise here.fail(
                f"'{key}' is a number and cannot be small", "scale a parameter or an expression of parameters"
            )
        if small.atoms(sp.core.function.AppliedUndef):
            called = sorted(map(str, small.atoms(sp.core.function.AppliedUndef)))[0]
            raise NotYetError("powers of functions are not handled yet", where=str(here),
                              instead=f"put a parameter A in front, A*{called} wherever it stands, and scale that: A = {value}")  # fmt: skip
        powers.append((small, f.rational(value, here)))
    if not powers:
        raise place.fail("a scaling without powers", "write for example ell = 1 and tau = 2")
    _check_levels([value for _, value in powers], place)
    return ScalingRegime(name, "stated", tuple(powers))


def _check_levels(powers: list[Fraction], place: Place) -> None:
    """Refuse powers so far apart, or so finely divided, that the expansion would pass through thousands of orders."""
    common = math.lcm(*(p.denominator for p in powers))
    whole = [int(p * common) for p in powers]
    if max(map(abs, whole)) > MAX_LEVELS * (math.gcd(*whole) or 1):
        raise place.fail(f"the powers of eps are more than {MAX_LEVELS} times their common measure",
                         "use small whole numbers or simple fractions, such as ell = 1 and tau = 2")  # fmt: skip


def _claims(value: Any, scope: Scope, place: Place) -> tuple[ClaimStatement, ...]:
    found: list[ClaimStatement] = []
    for i, entry in enumerate(f.tables(value, place)):
        here = place.at(i)
        for key in entry:
            check_key("claims", key, str(here.at(key)))
        if ("latex" in entry) == ("expression" in entry):
            raise here.fail("a claim is given by 'latex' or by 'expression', one of the two", "write latex = 'D = ...'")
        expect = f.text(entry.get("expect", ""), here.at("expect"))
        if expect and expect not in VERDICTS:
            raise here.at("expect").fail(f"'{expect}' is no verdict", did_you_mean(expect, VERDICTS))
        identifier = f.text(entry.get("id", f"claim-{i + 1}"), here.at("id"))
        if any(c.id == identifier for c in found):
            raise here.at("id").fail(f"two claims have the id '{identifier}'")
        count = f.table(entry.get("count", {}), here.at("count"))
        for key in count:
            check_key("count", key, str(here.at("count", key)))
        level = f.text(entry.get("level", ""), here.at("level"))
        if level not in ("", "lattice", "equation"):
            raise here.at("level").fail(f"'{level}' is no level", 'write "lattice" or "equation"')
        given = f.table(entry.get("given", {}), here.at("given"))
        symbols = f.table(entry.get("symbols", {}), here.at("symbols"))
        found.append(ClaimStatement(
            identifier, f.text(entry.get("latex", ""), here.at("latex")),
            f.text(entry.get("expression", ""), here.at("expression")), f.text(entry.get("regime", ""), here.at("regime")),
            f.text(entry.get("source", ""), here.at("source"), one_line=False), expect,
            f.text(entry.get("notes", ""), here.at("notes"), one_line=False),
            tuple((k, f.text(v, here.at("symbols", k))) for k, v in symbols.items()),
            tuple((k, f.expression(v, scope, here.at("given", k))) for k, v in given.items()),
            f.text(entry.get("of", ""), here.at("of")), level, tuple(count.items())))  # fmt: skip
    return tuple(found)
