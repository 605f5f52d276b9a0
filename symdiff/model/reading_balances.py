"""Master equations of several densities, one for each, as jumps between states: read before everything else of a model.

With w_ij(x, r) the rate at which j at x jumps by r and becomes i,

    d_t u_i(x) = sum_(j,r) w_ij(x - r, r) u_j(x - r) - (what is lost) u_i(x),

every term c(x) u_j(x + s) with another density or place is a jump from j to i by -s at the rate c(x - s) of the site that is
left. What u_i loses beyond all jumps out of it dies, what it loses less than that is born: the mean equations are the same.
In discrete time u_i(x, t + tau) stands on the left; what is missing from one dies.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sympy as sp
from sympy.core.function import AppliedUndef

from symdiff.errors import NotYetError
from symdiff.model import fields as f
from symdiff.model.fields import Place
from symdiff.model.parameter import Parameter
from symdiff.model.scheme import KEYS, NO_PLACE, equation_of_latex, equation_of_text
from symdiff.notation.expression import Scope
from symdiff.notation.names import KNOWN_FUNCTIONS, SPECIAL_FORMS

TIME = sp.Symbol("t", real=True)
WITHOUT = "state the jumps with their states, and rates or reactions where agents meet"


@dataclass(frozen=True)
class Gain:
    """``coefficient`` times the density of ``state`` at x + ``shift``, t + ``later``; ``slope`` where it is its d_t."""

    coefficient: sp.Expr
    state: str
    shift: tuple[sp.Expr, ...]
    later: sp.Expr
    slope: bool


def with_balances(
    document: Mapping[str, Any], coordinates: tuple[str, ...], parameters: tuple[Parameter, ...], place: Place
) -> Mapping[str, Any]:
    """The document with jumps in place of a list of master equations; as it is where there is none, or one without states."""
    head = document["model"]
    keys = [k for k in KEYS if k in head]
    if len(keys) != 1:
        return document
    here = place.at("model", keys[0])
    texts = f.texts(head[keys[0]], here)
    listed = f.texts(head.get("states", []), place.at("model", "states"))
    if len(texts) < 2 and not listed:
        return document
    for key in (*NO_PLACE, "jumps"):
        if key in head or (key == "jumps" and document.get("jumps")):
            raise place.at(*(("model", key) if key in head else (key,))).fail(f"'{key}' stands beside a master equation, which says everything itself", "leave it out")  # fmt: skip
    scope = _scope(document, coordinates, parameters)
    latex = keys[0].startswith("latex")
    names = listed or _called(texts, scope, here, latex)
    found: dict[str, tuple[Gain, list[Gain]]] = {}
    for n, text in enumerate(texts):
        at = here.at(n)
        read = equation_of_latex if latex else equation_of_text
        lhs, rhs = read(text, names, coordinates, scope, parameters, at)
        lead, rest = _solved(lhs - rhs, names, coordinates, at)
        if lead.state in found:
            raise at.fail(f"two equations for {lead.state}", "write one equation for each density")
        found[lead.state] = lead, rest
    missing = [n for n in names if n not in found]
    if missing:
        raise here.fail(f"there is no equation for {missing[0]}", "write one equation for each density")
    return _document(document, keys[0], names, found, coordinates, here)


def _scope(document: Mapping[str, Any], coordinates: tuple[str, ...], parameters: tuple[Parameter, ...]) -> Scope:
    """Every declared name as it stands; definitions are put in when the jumps are read."""
    symbols = {p.name: p.symbol for p in parameters} | {c: sp.Symbol(c, real=True) for c in coordinates} | {"t": TIME}
    functions: dict[str, tuple[int, Any]] = {}
    for name, arguments in dict(document.get("functions", {})).items():
        functions[name] = (len(arguments), sp.Function(name))
    for name in dict(document.get("definitions", {})):
        stem, _, arguments = name.partition("(")
        if arguments:
            functions[stem.strip()] = (arguments.count(",") + 1, sp.Function(stem.strip()))
        else:
            symbols[stem.strip()] = sp.Symbol(stem.strip())
    return Scope(symbols, functions)


def _called(texts: tuple[str, ...], scope: Scope, place: Place, latex: bool) -> tuple[str, ...]:
    """The densities by the calls that nothing declares, in the order in which they occur."""
    if latex:
        raise place.fail("which names are densities is not said", 'list them, as states = ["u", "v"]')
    known = {*KNOWN_FUNCTIONS, *SPECIAL_FORMS, *scope.functions}
    calls = (m.group(1) for text in texts for m in re.finditer(r"([^\W\d]\w*)\s*\(", text))
    return tuple(dict.fromkeys(c for c in calls if c not in known))


def _solved(
    equation: sp.Expr, names: tuple[str, ...], coordinates: tuple[str, ...], place: Place
) -> tuple[Gain, list[Gain]]:
    """The one term that tells the next time, and all others with the coefficients that they have on the other side."""
    terms = [_gain(part, names, coordinates, place) for part in sp.Add.make_args(sp.expand(equation)) if part != 0]
    leads = [g for g in terms if g.slope or g.later != 0]
    x = {sp.Symbol(c, real=True) for c in coordinates}
    if len(leads) != 1 or any(s != 0 for s in leads[0].shift) or leads[0].coefficient.free_symbols & x:
        raise NotYetError("an equation of several densities says how one of them changes, and the right-hand side holds all of them at the "
                          "time t", where=str(place), instead=WITHOUT)  # fmt: skip
    (lead,) = leads
    total: dict[tuple[str, tuple[sp.Expr, ...]], sp.Expr] = {}  # 1 and -p of (1 - p) u(x - h, t) together again
    for g in terms:
        if g is not lead:
            where = g.state, g.shift
            total[where] = total.get(where, sp.Integer(0)) - g.coefficient / lead.coefficient
    return lead, [Gain(sp.factor(sp.expand(c)), *where, sp.Integer(0), False) for where, c in total.items()]


def _gain(part: sp.Expr, names: tuple[str, ...], coordinates: tuple[str, ...], place: Place) -> Gain:
    calls = [c for c in part.atoms(AppliedUndef) if c.func.__name__ in names]
    if len(calls) != 1:
        what = "holds no density" if not calls else "is a product of densities"
        raise NotYetError(f"the term {part} {what}; master equations of several densities are linear in them",
                          where=str(place), instead=WITHOUT)  # fmt: skip
    (call,) = calls
    slopes = [d for d in part.atoms(sp.Derivative) if d.has(call)]
    if any(d.expr != call or d.variables != (TIME,) for d in slopes):
        raise NotYetError(f"the term {part} has derivatives in space", where=str(place),
                          instead="state velocity and diffusivity of the states, and jumps between them")  # fmt: skip
    coefficient = sp.expand(part / (slopes[0] if slopes else call))
    x = tuple(sp.Symbol(c, real=True) for c in coordinates)
    moved = [sp.expand(a - c) for a, c in zip(call.args, (*x, TIME), strict=True)]
    if coefficient.has(call, TIME) or any(s.has(*x, TIME) for s in moved):
        raise place.fail(f"the term {part} is not a rate times a density at a shifted place")
    return Gain(coefficient, call.func.__name__, tuple(moved[:-1]), moved[-1], bool(slopes))


def _document(
    document: Mapping[str, Any], key: str, names: tuple[str, ...], found: Mapping[str, tuple[Gain, list[Gain]]],
    coordinates: tuple[str, ...], place: Place,
) -> dict[str, Any]:  # fmt: skip
    """Jumps, deaths and births in the words of a model file."""
    steps = {lead.later for lead, _ in found.values()}
    if len(steps) > 1 or len({lead.slope for lead, _ in found.values()}) > 1:
        raise place.fail("the equations do not share one time step", "write all of them in discrete or in continuous time")  # fmt: skip
    (step,) = steps
    x = [sp.Symbol(c, real=True) for c in coordinates]
    jumps: list[dict[str, Any]] = []
    left = dict.fromkeys(names, sp.Integer(0))  # what the jumps take from each
    own = dict.fromkeys(names, sp.Integer(0))
    rate = "rate" if step == 0 else "probability"
    for target, (_, gains) in found.items():
        for gain in gains:
            if gain.state == target and all(s == 0 for s in gain.shift):
                own[target] += gain.coefficient
                continue
            at = gain.coefficient.xreplace({c: c - s for c, s in zip(x, gain.shift, strict=True)})
            left[gain.state] += at
            jumps.append({"from": gain.state, "to": target, "displacement": [str(-s) for s in gain.shift], rate: str(at)})  # fmt: skip
    head = {k: v for k, v in document["model"].items() if k != key} | {"states": list(names)}
    result = dict(document)
    missing = {n: sp.expand((0 if step == 0 else 1) - own[n] - left[n]) for n in names}
    if step != 0:
        head["time_step"] = str(step)
        if any(missing.values()):
            head["survival"] = "lossy"
            jumps += [{"from": n, "displacement": ["0"] * len(x), rate: str(p)} for n, p in own.items() if p != 0]
    else:
        result["reactions"] = [*document.get("reactions", []), *(r for n in names for r in _own_changes(n, missing[n]))]
    return result | {"model": head, "jumps": jumps}


def _own_changes(name: str, loss: sp.Expr) -> list[dict[str, Any]]:
    """Deaths and births, term by term."""
    terms = sp.Add.make_args(loss)
    deaths = sp.Add(*(t for t in terms if not t.could_extract_minus_sign()))
    births = sp.Add(*(-t for t in terms if t.could_extract_minus_sign()))
    return [{"consumes": [name], "produces": produced, "rate": str(r)}
            for r, produced in ((deaths, []), (births, [name, name])) if r != 0]  # fmt: skip
