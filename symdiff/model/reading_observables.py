"""``[initial]`` and ``[[observables]]`` of a document: how the walk is prepared, and what is asked of it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import sympy as sp

from symdiff.errors import NotYetError
from symdiff.model import fields as f
from symdiff.model.boundary import Region
from symdiff.model.fields import Place
from symdiff.model.jump_model import ObservableStatement, Preparation
from symdiff.model.keys import OBSERVABLE_KINDS, check_key
from symdiff.notation.expression import Scope, parse_chain
from symdiff.notation.names import RESERVED, did_you_mean

NEEDS_OF = ("moment", "stationary_moment")
PATH = ("a function of the whole path of a walker, and the density at one time does not know it",
        "the kinds of first passage and return are handled: mean_exit_time, survival_probability, return_probability")  # fmt: skip
TAGGED = ("a quantity of one tagged agent, which has memory of its neighbours; densities do not know it",
          "ask for the density, or leave the interactions out")  # fmt: skip
JOINT = ("a quantity of the fluctuations of a crowd, and mean-field equations hold means only",
         "state the model as a population of few numbers, or ask for the dispersion relation")  # fmt: skip
BEYOND: dict[str, tuple[str, str]] = {
    **dict.fromkeys(("maximum", "minimum", "range", "distinct_sites", "occupation_time", "local_time", "arcsine", "cover_time",
                     "time_averaged_msd", "hitting_number"), PATH),
    **dict.fromkeys(("tracer_diffusion", "self_diffusion", "tagged_msd", "tracer_variance"), TAGGED),
    **dict.fromkeys(("current", "current_fluctuations", "mobility", "noise_strength", "structure_factor", "correlation"), JOINT),
    "rate_function": ("a limit of large deviations, which the moments up to a fixed order do not hold",
                      "--order N gives further cumulants; rare events of populations are given by large-system"),
}  # fmt: skip


def read_preparation(
    value: Any, scope: Scope, coordinates: tuple[str, ...], states: tuple[str, ...], place: Place
) -> Preparation:
    """Where the walk starts and in which states."""
    entry = f.table(value, place)
    for key in entry:
        check_key("initial", key, str(place.at(key)))
    inner = Scope({k: v for k, v in scope.symbols.items() if k not in coordinates}, scope.functions)
    position = tuple(sp.Integer(0) for _ in coordinates)
    if "position" in entry:
        if entry["position"] in (list(coordinates), *coordinates[: len(coordinates) == 1]):
            raise place.at("position").fail(
                "the walk starts at one place, and a coordinate is none",
                "leave it out: then first-passage quantities are functions of the coordinates",
            )
        position = f.vector(entry["position"], inner, place.at("position"), len(coordinates))
    stated = "position" in entry
    if "states" not in entry:
        return Preparation(position, None, stated)
    shares = f.table(entry["states"], place.at("states"))
    found = []
    for name, share in shares.items():
        if name not in states:
            raise place.at("states", name).fail(f"'{name}' is no state", did_you_mean(name, states))
        found.append((name, f.real_expression(share, inner, place.at("states", name))))
    total = sp.expand(sum(share for _, share in found))
    if total != 1 and total.is_number:
        raise place.at("states").fail(f"the shares of the states sum to {total}, not to 1")
    return Preparation(position, tuple(found), stated)


def _shares(result: Mapping[str, Any]) -> dict[sp.Symbol, sp.Expr]:
    """The scaled names of a population, as numbers over the system's size."""
    population = result.get("population")
    if population is None:
        return {}
    numbers = (sp.Symbol(n, real=True) for n in result["coordinates"])
    return {
        sp.Symbol(x, real=True): n / population.system_size for x, n in zip(population.scaled, numbers, strict=True)
    }


def read_observables(
    value: Any, scope: Scope, result: Mapping[str, Any], place: Place
) -> tuple[ObservableStatement, ...]:
    """Every observable that the file asks for; none has a name that means something else in claims."""
    coordinates = result["coordinates"]
    found: list[ObservableStatement] = []
    for i, entry in enumerate(f.tables(value, place)):
        here = place.at(i)
        kind = f.text(entry.get("kind", ""), here.at("kind"))
        if kind not in OBSERVABLE_KINDS:
            if kind in BEYOND:
                reason, instead = BEYOND[kind]
                raise NotYetError(f"'{kind}' is {reason}", where=str(here.at("kind")), instead=instead)
            raise here.at("kind").fail(f"unknown kind '{kind}'", did_you_mean(kind, OBSERVABLE_KINDS))
        for key in entry:
            check_key("observables", key, str(here.at(key)))
        for key, kinds in USED_BY.items():
            if key in entry and kind not in kinds:
                raise here.at(key).fail(f"'{key}' says nothing for a {kind}", "leave it out")
        name = f.text(entry.get("name", kind), here.at("name"))
        if "name" in entry:
            _check_free(name, kind, result, here.at("name"))
        if any(o.name == name for o in found):
            raise here.at("name").fail(f"two observables are named '{name}'")
        of = None
        if kind == "front_speed" and "of" in entry:  # the density whose front is meant
            of = sp.Symbol(f.text(entry["of"], here.at("of")))
        elif "of" in entry:
            shares = _shares(result)
            of = f.expression(entry["of"], scope.with_symbols({x.name: x for x in shares}), here.at("of")).xreplace(
                shares
            )
        if kind in NEEDS_OF and of is None:
            raise here.fail("an average of what?", 'write of = "x**2"')
        target = _region(entry["target"], scope, coordinates, here.at("target")) if "target" in entry else None
        period = None
        if "period" in entry:
            inner = Scope({k: v for k, v in scope.symbols.items() if k not in coordinates}, scope.functions)
            period = f.real_expression(entry["period"], inner, here.at("period"))
            if period.is_positive is False:
                raise here.at("period").fail(f"a period of {period}", "a period is a positive length")
        found.append(ObservableStatement(name, kind, of, target, period))
    return tuple(found)


def _check_free(name: str, kind: str, result: Mapping[str, Any], place: Place) -> None:
    """Refuse the name of a parameter, a place, a state, a function or a reserved one: a claim could not tell the two apart."""
    meanings = {
        **dict.fromkeys(("t",), "time"),
        **dict.fromkeys((n for names in result["internal_names"] for n in names), "an internal state"),
        **dict.fromkeys((d.name for d in result["functions"]), "a function"),
        **dict.fromkeys((*(n for n, _ in result["densities"]), *result["states"]), "a density or state"),
        **dict.fromkeys(result["coordinates"], "a coordinate"),
        **{p.name: "a parameter" for p in result["parameters"]},
    }
    if kind not in LAWS:
        meanings.setdefault(result["density"], "the density")
    if name in RESERVED:
        meanings[name] = "a known function, constant or keyword"
    if name not in meanings:
        return
    free = next(n for n in (USUAL.get(kind, kind), kind) if n not in meanings)
    raise place.fail(
        f"the observable '{name}' has the name of {meanings[name]}, and claims would mean that one",
        f'give it a name of its own, as in name = "{free}"',
    )


USUAL = {
    "mean_exit_time": "T", "splitting_probability": "q", "survival_probability": "S", "first_passage_density": "F",
    "return_probability": "R", "effective_drift": "v_eff", "effective_diffusion": "D_eff", "decay_rate": "lambda_1",
    "front_speed": "c", "stationary_density": "P_st",
}  # fmt: skip
LAWS = ("propagator", "stationary_density")  # these are the density
_EXITS = ("splitting_probability", "mean_exit_time", "first_passage_density", "survival_probability")
USED_BY = {
    "of": (
        *NEEDS_OF,
        "moment",
        "variance",
        "stationary_moment",
        "scaling_exponent",
        "front_speed",
        "stability_threshold",
    ),
    "target": _EXITS,
    "period": ("effective_drift", "effective_diffusion"),
}


def _region(value: Any, scope: Scope, coordinates: tuple[str, ...], place: Place) -> Region:
    """The places that count as a target: a comparison in the coordinates."""
    text = f.text(value, place)
    members, signs = place.guard(partial(parse_chain, text, scope))
    if not signs or any(sign == "!=" for sign in signs):
        raise place.fail(f"'{text}' is no region", 'write for example "x >= L" or "x = 0"')
    if not any(s.name in coordinates for m in members for s in m.free_symbols):
        raise place.fail(f"'{text}' says nothing about place", f'write for example "{coordinates[0]} >= 0"')
    return Region(members, signs)
