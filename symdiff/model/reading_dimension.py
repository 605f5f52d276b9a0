"""``dimension = "d"``: an isotropic walk in a space of any number of dimensions, read as its projection on one axis.

By isotropy the symbol of the walk depends on the length of the wave vector alone, to the order that the projection is stated: a
lattice step goes along this axis with probability 1/d, a step of length r in a uniform direction has <x^2> = <r^2>/d, and a direction u
that turns has <u_1(0) u_1(t)> = e^(-a t)/d with a = rate (1 - mean cosine) + (d - 1) diffusivity. So d^2/dx^2 stands for the
Laplacian; beyond the second order more of the walk would count than its projection is given.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sympy as sp
from sympy.core.function import AppliedUndef

from symdiff.errors import NotYetError, SymdiffError
from symdiff.model import fields as f
from symdiff.model.crowd import Reaction
from symdiff.model.fields import Place
from symdiff.model.parameter import parse_parameter
from symdiff.notation.expression import Scope
from symdiff.notation.names import RESERVED, is_identifier

AXIS = "x"
FILE = ("title", "topic", "source", "source_status", "notes", "parameters", "values", "model", "jumps", "scaling", "regimes", "claims",
        "initial", "observables", "states", "internal", "reactions")  # fmt: skip
HEAD = (
    "dimension",
    "coordinates",
    "density",
    "states",
    "time_step",
    "constraints",
    "lattice",
    "spacing",
    "rate",
    "total_rate",
)
JUMP = ("distribution", "length", "probability", "rate", "from", "to", "redraw", "displacement")
AHEAD, BACK = "along", "against"  # the two directions of the projection of a walk in discrete time


def without_dimension(document: Mapping[str, Any], place: Place) -> tuple[dict[str, Any], sp.Expr]:
    """The projection on one axis, and the number of dimensions; raises for what is not isotropic or not handled."""
    head = dict(document["model"])
    here = place.at("model", "dimension")
    scope = _scope(document)
    d = f.real_expression(head.pop("dimension"), scope, here)
    if d.is_positive is not True or d.is_integer is False:
        raise here.fail(
            f"the number of dimensions {d} is not known to be a positive integer", 'declare d = "positive integer"'
        )
    if "coordinates" in head:  # the projection itself, as a model is written
        stated = [
            *f.tables(document.get("jumps", []), place.at("jumps")),
            *f.tables(document.get("internal", []), place.at("internal")),
        ]
        whole = any(
            "isotropic" in (t.get("distribution"), t.get("domain")) or t.get("domain") == "direction" for t in stated
        )
        if head["coordinates"] != [AXIS] or "lattice" in head or whole:
            raise here.fail("a number of dimensions beside names of coordinates", "leave one of the two out")
        return {**document, "model": head}, d
    for key in document:
        if key not in FILE:
            raise NotYetError(f"'{key}' in a space of {d} dimensions is not handled yet", where=str(place.at(key)),
                              instead="state the coordinates, as in coordinates = ['x', 'y']")  # fmt: skip
    for key in head:
        if key not in HEAD:
            raise NotYetError(
                f"'{key}' in a space of {d} dimensions is not handled yet", where=str(place.at("model", key))
            )
    if "position" in f.table(document.get("initial", {}), place.at("initial")):
        raise NotYetError(f"a start at a place in {d} dimensions is not handled yet", where=str(place.at("initial", "position")),
                          instead="the walk starts at the origin")  # fmt: skip
    found = {**document, "model": {**head, "coordinates": [AXIS]}}
    jumps = [*_lattice(found["model"], d, place.at("model"))]
    turning = _turning(document, d, place.at("internal"))
    scope = scope if turning is None else scope.with_symbols({turning["name"]: sp.Symbol(turning["name"], real=True)})
    listed = f.tables(document.get("jumps", []), place.at("jumps"))
    if turning is not None and "time_step" in head:
        _persistent(found, turning, listed, scope, d, place)
        return found, d
    for i, entry in enumerate(listed):
        jumps.append(_jump(entry, turning, scope, d, place.at("jumps", i)))
    states = f.tables(document.get("states", []), place.at("states"))
    for i, entry in enumerate(states):
        _check_motion(entry, turning, scope, d, place.at("states", i))
    found["jumps"] = jumps
    if turning is not None:
        found["internal"] = [_on_axis(turning, scope, d, place.at("internal", 0))]
    return {k: v for k, v in found.items() if k != "jumps" or jumps}, d


def check_reactions(reactions: tuple[Reaction, ...], d: sp.Expr) -> None:
    """Single agents die or multiply where they stand: a displacement would single out the axis, and so would sites that are named."""
    for reaction in reactions:
        alone = len(reaction.consumes) == 1 and not reaction.intensity.atoms(AppliedUndef)
        if not alone or any(r != 0 for agent in (*reaction.consumes, *reaction.produces) for r in agent.displacement):
            raise NotYetError(f"in {d} dimensions reactions of single agents where they stand are handled so far", where=reaction.label,
                              instead="state the coordinates, as in coordinates = ['x', 'y']")  # fmt: skip


def _scope(document: Mapping[str, Any]) -> Scope:
    """The parameters of the document; what is wrong with them is said where they are read."""
    symbols = {}
    entries = document.get("parameters", {})
    for name, entry in entries.items() if isinstance(entries, Mapping) else ():
        assume = entry.get("assume", "real") if isinstance(entry, Mapping) else entry
        if is_identifier(name) and name not in RESERVED and isinstance(assume, str):
            try:
                symbols[name] = parse_parameter(name, assume, others=tuple(n for n in entries if n != name)).symbol
            except SymdiffError:
                continue
    return Scope(symbols)


def _lattice(head: dict[str, Any], d: sp.Expr, place: Place) -> list[dict[str, Any]]:
    """The steps of a hypercubic lattice along the axis."""
    if "lattice" not in head:
        return []
    name = f.text(head.pop("lattice"), place.at("lattice"))
    if name != "hypercubic":
        raise place.at("lattice").fail(
            f"the lattice '{name}' is none in {d} dimensions", 'write lattice = "hypercubic"'
        )
    if "spacing" not in head:
        raise place.fail("a lattice without spacing", 'write spacing = "h"')
    h = head.pop("spacing")
    entry: dict[str, Any] = {"displacements": [[str(h)], [f"-({h})"]]}
    rate, total = head.pop("rate", None), head.pop("total_rate", None)
    if "time_step" in head:
        if rate is not None or total is not None:
            raise place.fail("a rate beside a time step", "in discrete time all neighbours are equally likely")
        return [entry | {"probability": f"1/(2*({d}))"}]
    if (rate is None) == (total is None):
        raise place.fail(
            "the jumps of the lattice need a rate",
            f"write rate (of each jump), or total_rate; walks are not counted in {d} dimensions",
        )
    if isinstance(rate if total is None else total, Mapping):
        raise place.at("rate").fail("one rate for all jumps is expected", 'write rate = "g"')
    return [entry | {"rate": str(rate) if total is None else f"({total})/(2*({d}))"}]


def _turning(document: Mapping[str, Any], d: sp.Expr, place: Place) -> dict[str, Any] | None:
    """The one internal state, a direction."""
    entries = f.tables(document.get("internal", []), place)
    if not entries:
        return None
    entry = entries[0]
    if len(entries) > 1 or entry.get("domain") != "direction" or "name" not in entry:
        raise NotYetError(f"in {d} dimensions one direction is handled as internal state", where=str(place),
                          instead='write name = "u" and domain = "direction"')  # fmt: skip
    for key in entry:
        if key not in ("name", "domain", "diffusivity", "rate", "mean_cosine"):
            raise place.at(0, key).fail(f"'{key}' has no meaning for a direction in {d} dimensions", "leave it out")
    f.text(entry["name"], place.at(0, "name"))
    return entry


def _on_axis(turning: Mapping[str, Any], scope: Scope, d: sp.Expr, place: Place) -> dict[str, Any]:
    """The component of a turning direction along the axis: a number of mean 0 and variance 1/d whose correlation decays as it should."""
    name = turning["name"]
    cosine = f.real_expression(turning.get("mean_cosine", "0"), scope, place.at("mean_cosine"))
    if cosine.is_number and abs(cosine) > 1:
        raise place.at("mean_cosine").fail(
            f"mean_cosine = {cosine} lies outside [-1, 1]", "it is the average of a cosine"
        )
    entry: dict[str, Any] = {
        "name": name,
        "domain": "line",
        "distribution": "moments",
        "mean": "0",
        "second_moment": str(1 / d),
    }
    if "rate" in turning:
        rate = f.real_expression(turning["rate"], scope, place.at("rate"))
        entry["rate"] = str(rate * (1 - cosine))
    if "diffusivity" in turning:
        spread = f.real_expression(turning["diffusivity"], scope, place.at("diffusivity"))
        if spread.is_negative:
            raise place.at("diffusivity").fail(f"the diffusivity {spread} is negative", "check its sign")
        entry |= {"drift": f"-({spread})*({d - 1})*{name}", "diffusivity": f"({spread})*({d - 1})/({d})"}
    return entry


def _along(value: Any, turning: Mapping[str, Any] | None, scope: Scope, d: sp.Expr, place: Place) -> sp.Expr:
    """The factor in front of the direction."""
    if isinstance(value, (list, tuple)):
        if len(value) != 1:
            raise place.fail(
                f"{len(value)} components, where a vector in {d} dimensions is expected",
                'write it with the direction, as in "v*u"',
            )
        value = value[0]
    found = f.real_expression(value, scope, place)
    if found == 0:
        return sp.Integer(0)
    if turning is None:
        raise place.fail(f"the vector {found} has no direction: the walk is not isotropic",
                         "write it along a direction u of [[internal]], as in \"v*u\", or give steps by distribution = \"isotropic\"")  # fmt: skip
    u = sp.Symbol(turning["name"], real=True)
    factor = sp.expand(found).coeff(u)
    if sp.expand(found - factor * u) != 0 or factor.has(u):
        raise place.fail(
            f"the vector {found} is no multiple of the direction {u}: the walk is not isotropic", f'write it as "v*{u}"'
        )
    return factor


def _jump(
    entry: Mapping[str, Any], turning: Mapping[str, Any] | None, scope: Scope, d: sp.Expr, place: Place
) -> dict[str, Any]:
    for key in entry:
        if key not in JUMP:
            raise NotYetError(f"'{key}' of a jump in {d} dimensions is not handled yet", where=str(place.at(key)),
                              instead="handled: steps by distribution = \"isotropic\", and switching")  # fmt: skip
    if "redraw" in entry and turning is not None and "mean_cosine" in turning:
        raise NotYetError(f"a direction that a jump turns by a mean cosine is not handled in {d} dimensions", where=str(place.at("redraw")),
                          instead="give the rate of the turns in [[internal]]")  # fmt: skip
    plain = {k: v for k, v in entry.items() if k not in ("distribution", "length", "displacement")}
    if "displacement" in entry:
        _along(entry["displacement"], turning, scope, d, place.at("displacement"))
    if "distribution" not in entry:
        if "displacement" not in entry and "to" not in entry and "redraw" not in entry:
            raise place.fail("a jump without displacement", 'write distribution = "isotropic" and length = "ell"')
        kept = {"displacement": entry["displacement"]} if "displacement" in entry else {}
        return plain | kept
    if "displacement" in entry or f.text(entry["distribution"], place.at("distribution")) != "isotropic":
        raise place.at("distribution").fail(f"the law '{entry['distribution']}' has no direction in {d} dimensions",
                                            'write distribution = "isotropic" with a length')  # fmt: skip
    if "length" not in entry:
        raise place.fail("isotropic steps without a length", 'write length = "ell"')
    return plain | {
        "distribution": "moments",
        "mean": "0",
        "second_moment": str(_square(entry["length"], scope, place.at("length")) / d),
    }


def _square(length: Any, scope: Scope, place: Place) -> sp.Expr:
    """<r^2> of the length of a step."""
    if not isinstance(length, Mapping):
        return f.real_expression(length, scope, place) ** 2
    from symdiff.model.reading_laws import read_law  # this module is read by it in turn

    law, _ = read_law(length, {"scope": scope, "coordinates": (AXIS,), "parameters": (), "functions": ()}, 1, place)
    if law is None:
        raise place.fail("a law without a distribution", 'write length = {distribution = "exponential", mean = "a"}')
    found = law.raw_moment(2)
    if found.has(sp.oo, sp.zoo, sp.nan):
        raise NotYetError("steps without a second moment are not handled in a symbolic number of dimensions", where=str(place),
                          instead="state the coordinates")  # fmt: skip
    return found


def _check_motion(
    entry: Mapping[str, Any], turning: Mapping[str, Any] | None, scope: Scope, d: sp.Expr, place: Place
) -> None:
    """A velocity along the direction, and one number for the diffusivity."""
    for key in entry:
        if key not in ("name", "velocity", "diffusivity"):
            raise NotYetError(f"'{key}' of a state in {d} dimensions is not handled yet", where=str(place.at(key)))
    if "velocity" in entry:
        _along(entry["velocity"], turning, scope, d, place.at("velocity"))
    if isinstance(entry.get("diffusivity"), (list, tuple)):
        raise place.at("diffusivity").fail("a tensor is not isotropic", 'give one number, as in diffusivity = "D"')


def _persistent(
    found: dict[str, Any],
    turning: Mapping[str, Any],
    listed: list[dict[str, Any]],
    scope: Scope,
    d: sp.Expr,
    place: Place,
) -> None:
    """In discrete time: two directions on the axis, of length 1/sqrt(d), that are kept with the chance (1 + mean cosine)/2."""
    here = place.at("internal", 0)
    if "states" in found or "states" in found["model"]:
        raise NotYetError(
            f"states beside a direction in discrete time are not handled in {d} dimensions", where=str(here)
        )
    if "rate" in turning or "diffusivity" in turning:
        raise here.fail(
            "in discrete time a direction is renewed before every step and does nothing else",
            "give its mean_cosine alone",
        )
    cosine = f.real_expression(turning.get("mean_cosine", "0"), scope, here.at("mean_cosine"))
    shares = {
        (AHEAD, AHEAD): (1 + cosine) / 2,
        (BACK, BACK): (1 + cosine) / 2,
        (AHEAD, BACK): (1 - cosine) / 2,
        (BACK, AHEAD): (1 - cosine) / 2,
    }
    jumps, moving = [], sp.Integer(0)
    for i, entry in enumerate(listed):
        at = place.at("jumps", i)
        if set(entry) != {"displacement", "probability"}:
            raise NotYetError(
                f"beside a direction in discrete time jumps of {d} dimensions have a displacement and a probability",
                where=str(at),
            )
        factor = _along(entry["displacement"], turning, scope, d, at.at("displacement"))
        chance = f.real_expression(entry["probability"], scope, at.at("probability"))
        moving += chance
        for (source, target), share in shares.items():
            sign = 1 if target == AHEAD else -1
            jumps.append(
                {
                    "from": source,
                    "to": target,
                    "displacement": str(sign * factor / sp.sqrt(d)),
                    "probability": str(chance * share),
                }
            )
    idle = sp.expand(1 - moving)
    if idle != 0:
        jumps += [
            {"from": a, "to": b, "displacement": "0", "probability": str(idle * share)}
            for (a, b), share in shares.items()
            if a != b
        ]
    found["jumps"] = jumps
    found["model"]["states"] = [AHEAD, BACK]
    del found["internal"]
