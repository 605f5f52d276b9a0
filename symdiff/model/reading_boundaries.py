"""The ``[[boundaries]]`` of a document, and the site where walkers start counting (``[model] origin``)."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import sympy as sp

from symdiff.errors import NotYetError
from symdiff.model import fields as f
from symdiff.model.boundary import BOUNDARY_KINDS, CROSSINGS, REJECTED, Boundary, Inequality
from symdiff.model.definitions import expand_definitions
from symdiff.model.fields import Place
from symdiff.model.jump_model import Jump
from symdiff.model.keys import check_key
from symdiff.model.probabilities import range_condition
from symdiff.model.ranges import parameter_intervals
from symdiff.notation.expression import Scope, parse_chain
from symdiff.notation.names import did_you_mean

MAX_BOUNDARIES = 50


def read_boundaries(document: Mapping[str, Any], known: Mapping[str, Any], place: Place) -> tuple[Boundary, ...]:
    """Every boundary, validated against the jumps and the clock that are read already.

    Raises :class:`symdiff.errors.ModelError` with the place of what is wrong.
    """
    here = place.at("boundaries")
    entries = f.tables(document.get("boundaries", []), here)
    if len(entries) > MAX_BOUNDARIES:
        raise here.fail(f"{len(entries)} boundaries; at most {MAX_BOUNDARIES}")
    return tuple(_boundary(entry, known, here.at(i)) for i, entry in enumerate(entries))


def read_origin(head: Mapping[str, Any], known: Mapping[str, Any], place: Place) -> tuple[sp.Expr, ...]:
    """The place of the first site: a vector without coordinates; () where it is zero."""
    coordinates = known["coordinates"]
    if "origin" not in head:
        return ()
    scope: Scope = known["scope"]
    inner = Scope({k: v for k, v in scope.symbols.items() if k not in coordinates}, scope.functions)
    found = f.vector(head["origin"], inner, place.at("model", "origin"), len(coordinates))
    return found if any(found) else ()


def _boundary(entry: Mapping[str, Any], known: Mapping[str, Any], place: Place) -> Boundary:
    for key in entry:
        check_key("boundaries", key, str(place.at(key)))
    if "domain" not in entry:
        raise place.fail("a boundary without a domain", 'write domain = "x >= 0"')
    if "kind" not in entry:
        raise place.fail("a boundary without a kind", f"write kind = one of {', '.join(BOUNDARY_KINDS)}")
    kind = _choice(entry, "kind", BOUNDARY_KINDS, place)
    text = f.text(entry["domain"], place.at("domain"))
    members, signs = _domain(text, known, place.at("domain"))
    domain = Boundary(members, signs, kind).domain
    if kind == "periodic":
        _check_periodic(text, domain, known, place.at("domain"))
    for key, kinds in (("probability", ("partial",)), ("rate", ("partial",)), ("rejected", ("reflecting", "partial"))):
        if key in entry and kind not in kinds:
            raise place.at(key).fail(f"'{key}' says nothing for a boundary that is {kind}", "leave it out")
    if "crossing" in entry and kind == "periodic":
        raise place.at("crossing").fail("a periodic boundary is never hit", "leave 'crossing' out")
    rejected, crossing = _choice(entry, "rejected", REJECTED, place), _choice(entry, "crossing", CROSSINGS, place)
    if crossing == "bridge":
        _check_normal(known["jumps"], place.at("crossing"))
    if rejected == "mirror":
        _check_planes(domain, known, place.at("rejected"))
    probability, rate = _strength(entry, kind, known, place)
    for value, key in ((probability, "probability"), (rate, "rate")):
        if value is not None and {s.name for s in value.free_symbols} & set(known["coordinates"]):
            raise NotYetError("an absorption that depends on place is not handled yet", where=str(place.at(key)),
                              instead="take its value at the wall")  # fmt: skip
    if 0 in (probability, rate):  # a wall that takes nobody reflects
        kind, probability, rate = "reflecting", None, None
    return Boundary(members, signs, kind, probability, rate, rejected, crossing)


def _choice(entry: Mapping[str, Any], key: str, allowed: tuple[str, ...], place: Place) -> str:
    value = f.text(entry.get(key, allowed[0]), place.at(key))
    if value not in allowed:
        raise place.at(key).fail(f"unknown {key} '{value}'", did_you_mean(value, allowed))
    return value


def _domain(text: str, known: Mapping[str, Any], place: Place) -> tuple[tuple[sp.Expr, ...], tuple[str, ...]]:
    """The members and the signs of the chain of comparisons."""
    members, signs = place.guard(partial(parse_chain, text, known["scope"]))
    if not signs:
        raise place.fail(f"'{text}' is no comparison", 'write for example "x >= 0" or "0 < x < L"')
    for left, sign, right in zip(members, signs, members[1:], strict=False):
        if sign not in ("<", "<=", ">", ">="):
            raise place.fail(f"'{sign}' bounds no domain", "use <, <=, > or >=; single sites are jumps with 'where'")
        gap = right - left
        if gap.has(sp.oo, -sp.oo, sp.zoo, sp.nan) or gap.is_real is False:
            raise place.fail(f"'{text}' compares with a number that is not finite and real", "leave that side out")
        if not any(symbol.name in known["coordinates"] for symbol in gap.free_symbols):
            raise place.fail(f"'{left} {sign} {right}' says nothing about place",
                             f"compare with a coordinate, as in {known['coordinates'][0]} >= 0")  # fmt: skip
        if gap.atoms(sp.core.function.AppliedUndef):
            raise NotYetError("walls whose place is an unknown function are not handled yet", where=str(place))
    return members, signs


def _check_periodic(text: str, domain: tuple[Inequality, ...], known: Mapping[str, Any], place: Place) -> None:
    """A period is a half-open range of one coordinate."""
    symbols = {s for side in domain for s in side.gap.free_symbols if s.name in known["coordinates"]}
    fits = len(domain) == 2 and len(symbols) == 1 and domain[0].strict != domain[1].strict
    if fits:
        x = next(iter(symbols))
        slopes = [side.gap.diff(x) for side in domain]
        fits = sorted(slopes) == [-1, 1] if all(s.is_Integer for s in slopes) else False
    if not fits:
        raise place.fail(f"'{text}' is no period", f'write domain = "0 <= {known["coordinates"][0]} < L"')


def _check_normal(jumps: tuple[Jump, ...], place: Place) -> None:
    if any(j.law is None or j.law.distribution != "normal" for j in jumps):
        raise place.fail(
            "only normal steps have a bridge between their ends", 'leave it out, or write crossing = "end"'
        )


def _check_planes(domain: tuple[Inequality, ...], known: Mapping[str, Any], place: Place) -> None:
    coordinates = known["coordinates"]
    for side in domain:
        symbols = [s for s in side.gap.free_symbols if s.name in coordinates]
        if any(side.gap.diff(a).free_symbols & set(symbols) for a in symbols):
            raise place.fail(f"the wall of '{side.as_text()}' is curved, and a mirror image in it is not defined",
                             'write rejected = "stay"')  # fmt: skip


def _strength(
    entry: Mapping[str, Any], kind: str, known: Mapping[str, Any], place: Place
) -> tuple[sp.Expr | None, sp.Expr | None]:
    """The probability or the rate of a partial boundary, which takes exactly one of them."""
    if kind != "partial":
        return None, None
    if ("probability" in entry) == ("rate" in entry):
        raise place.fail("a partial boundary takes either a probability or a rate",
                         'write probability = "P1*h", or in continuous time rate = "kappa/h"')  # fmt: skip
    if "rate" in entry:
        if known["clock"] != "continuous":
            raise place.at("rate").fail("a rate, but time is not continuous", "write a probability")
        return None, f.real_expression(entry["rate"], known["scope"], place.at("rate"))
    return f.real_expression(entry["probability"], known["scope"], place.at("probability")), None


def boundary_conditions(
    boundaries: tuple[Boundary, ...], known: Mapping[str, Any], place: Place
) -> tuple[sp.Basic, ...]:
    """What must hold for the probabilities and rates of the boundaries to be valid; raises where nothing makes them so."""
    box = parameter_intervals(known["parameters"])
    found = []
    for i, boundary in enumerate(boundaries):
        for key, value in (("probability", boundary.probability), ("rate", boundary.rate)):
            if value is not None:
                here = place.at("boundaries", i, key)
                expanded = expand_definitions(value, known["functions"])
                condition = range_condition(expanded, box, here, upper=key == "probability", what=key)
                found += [] if condition is None else [condition]
    return tuple(found)
