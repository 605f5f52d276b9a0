"""``embedding = {x = "f(n*h, t)"}``: a walk over the sites n of a stretched or growing grid, read as a walk over their places x.

From the site at x a jump of m sites ends at f((n + m) h, t). For a known f the displacement is f((n + m) h, t) - x at the n where
f(n h, t) = x, exactly. For an unknown one it is the Taylor series in h, sum of (m h)^j/j! (g d_x)^(j-1) g, with the slope
g(x, t) = d_q f at the place x = f(q, t). A grid that moves carries its walkers along: in continuous time at the velocity d_t f of the
site that is at x, in discrete time by f(n h, t + tau) - f(n h, t) in every step, also where the walker stays on its site.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import sympy as sp
from sympy.core.function import AppliedUndef

from symdiff.errors import NotYetError
from symdiff.model import fields as f
from symdiff.model.fields import Place
from symdiff.model.jump_model import FunctionDeclaration
from symdiff.model.parameter import parse_parameter
from symdiff.model.reading_reactions import listed_reactions, sides_of
from symdiff.notation.expression import Scope

ORDERS = {False: 4, True: 2}  # results to this order of an unknown f at rest, and of one that moves
MORE = 3  # powers of the spacing beyond the order: two discarded orders, and their remainder
_INVERSE = {sp.exp: sp.log, sp.log: sp.exp, sp.sinh: sp.asinh, sp.asinh: sp.sinh, sp.tan: sp.atan, sp.atan: sp.tan}
_OTHER_SPACE = (
    "lattice",
    "origin",
    "master_equation",
    "latex_master_equation",
    "system_size",
    "dimension",
    "occupancy",
    "rod_length",
    "site_rate",
)
_OTHER_PARTS = ("internal", "boundaries", "initial", "waiting_time")
TIME = sp.Symbol("t", real=True)


@dataclass(frozen=True)
class _Axis:
    """One coordinate: the place's name, the site's symbol, the displacement of m sites, the site at a place (None: unknown f)."""

    name: str
    site: sp.Symbol
    move: Callable[[sp.Expr], sp.Expr]
    back: sp.Expr | None
    velocity: sp.Expr
    functions: tuple[FunctionDeclaration, ...] = ()


def without_embedding(
    document: Mapping[str, Any], place: Place
) -> tuple[dict[str, Any], tuple[FunctionDeclaration, ...]]:
    """The same model over places, and the slope of an unknown f; raises :class:`ModelError` or :class:`NotYetError`."""
    head = dict(document["model"])
    here = place.at("model", "embedding")
    stated = f.table(head.pop("embedding"), here)
    sites = f.texts(head.get("coordinates", []), place.at("model", "coordinates"))
    for key in _OTHER_SPACE:
        if key in head:
            raise NotYetError(f"'{key}' beside a grid that is placed by a function is not handled yet", where=str(here))
    for key in _OTHER_PARTS:
        if key in document:
            raise NotYetError(f"{key} on a grid that is placed by a function are not handled yet", where=str(here))
    _refuse_crowds(document, place)
    unknown = f.table(document.get("functions", {}), place.at("functions"))
    scope = _scope(document, [sp.Symbol(n, real=True) for n in sites], unknown, place)
    step = f.expression(head["time_step"], scope, place.at("model", "time_step")) if "time_step" in head else None
    axes = _axes(stated, sites, scope, step, unknown, here)
    scope = scope.with_symbols(
        {name: sp.Symbol(name, real=True) for name in stated}
    )  # rates may name the place or the site
    called = {
        c.func.__name__
        for text in stated.values()
        for c in f.expression(text, scope, here).atoms(AppliedUndef)
        if c.args != (TIME,)
    }
    kept = {k: v for k, v in unknown.items() if k not in called}
    kept |= {d.name: list(d.arguments) for axis in axes for d in axis.functions}
    head["coordinates"] = [axis.name for axis in axes]
    jumps = [_moved(entry, scope, axes, place.at("jumps", i))
             for i, entry in enumerate(f.tables(document.get("jumps", []), place.at("jumps")))]  # fmt: skip
    definitions = {
        k: v for k, v in f.table(document.get("definitions", {}), place.at("definitions")).items() if "(" not in k
    }
    found = {**document, "model": head, "functions": kept, "definitions": definitions, "jumps": jumps}
    if any(axis.velocity != 0 for axis in axes):
        _carried(found, axes, scope, step, here)
    return found, tuple(d for axis in axes for d in axis.functions)


def _refuse_crowds(document: Mapping[str, Any], place: Place) -> None:
    """Reactions of single agents at their own place are the same per site and per unit of x; those of several are not."""
    names = {document["model"].get("density", "P"), *document["model"].get("states", ())}
    for i, way in listed_reactions(document, place):
        here = place.at("reactions", i)
        consumed, produced = sides_of(way, here)
        rate = str(way.get("rate", ""))
        if (
            len(consumed) != 1
            or any(shift is not None for _, shift in (*consumed, *produced))
            or any(f"{n}(" in rate for n in names)
        ):
            raise NotYetError("on a grid that is placed by a function reactions of single agents at their own place are handled: in others "
                              "the number of agents on a site stands, which is not their density per unit of length", where=str(here),
                              instead=f'rule = "{document["model"].get("density", "P")} -> 0" at a rate that names no density')  # fmt: skip
        if "probability" in way:
            raise NotYetError(
                "reactions on a grid that is placed by a function are handled in continuous time", where=str(here)
            )


def _axes(
    stated: Mapping[str, Any],
    sites: tuple[str, ...],
    scope: Scope,
    step: sp.Expr | None,
    unknown: Mapping[str, Any],
    here: Place,
) -> list[_Axis]:
    """One axis per coordinate, in the order of the sites; the place along it is a function of its own site number only."""
    if len(stated) != len(sites):
        raise here.fail(
            f"{len(stated)} place(s) for {len(sites)} coordinate(s)",
            f'write one per coordinate, as in {{x = "f({(sites or ("n",))[0]}*h)"}}',
        )
    found: dict[str, _Axis] = {}
    taken = {*unknown, *scope.symbols, *stated}
    for name, text in stated.items():
        if name in sites:
            raise here.at(name).fail(f"'{name}' is the number of a site here, and cannot be its place too",
                                     f'name the sites otherwise: coordinates = ["n"] beside embedding = {{{name} = "n*h"}}')  # fmt: skip
        value = f.expression(text, scope, here.at(name))
        own = [n for n in sites if value.has(sp.Symbol(n, real=True))]
        if not own:
            raise here.at(name).fail(
                f"the place does not depend on the site {', '.join(sites)}",
                f'write {name} = "f({(sites or ("n",))[0]}*h)"',
            )
        if len(own) > 1 or own[0] in found:
            raise NotYetError(
                "places are handled where each coordinate depends on its own number of sites only",
                where=str(here.at(name)),
            )
        found[own[0]] = _axis(name, value, sp.Symbol(own[0], real=True), step, taken, here.at(name))
        taken |= {d.name for d in found[own[0]].functions}
    return [found[n] for n in sites]


def _axis(name: str, value: sp.Expr, n: sp.Symbol, step: sp.Expr | None, taken: set[str], here: Place) -> _Axis:
    x, moves = sp.Symbol(name, real=True), value.has(TIME)
    if any(c.has(n) for c in value.atoms(AppliedUndef)):
        if moves and step is not None:
            raise NotYetError("an unknown grid that moves in time is handled in continuous time", where=str(here),
                              instead="write the function of the grid out, as a definition")  # fmt: skip
        arguments = (name, "t") if moves else (name,)
        names = [
            next(g for g in choice if g not in taken)
            for choice in (("g", "slope", "grid_slope"), ("w", "grid_velocity"))
        ]
        symbols = [sp.Symbol(a, real=True) for a in arguments]
        functions = [FunctionDeclaration(g, arguments, None, ORDERS[moves]) for g in names[: 1 + moves]]
        velocity = sp.Function(names[1])(*symbols) if moves else sp.Integer(0)
        return _Axis(
            name, n, _series(value, n, sp.Function(names[0])(*symbols), x, here), None, velocity, tuple(functions)
        )
    back = _inverse(value, n, x, here)
    later = value if step is None else value.xreplace({TIME: TIME + step})

    def move(m: sp.Expr) -> sp.Expr:
        ends = (sp.expand(e, power_exp=True) for e in (later.xreplace({n: n + m}), value))
        return sp.expand(sp.expand(next(ends) - next(ends)).xreplace({n: back}))

    velocity = sp.expand(sp.diff(value, TIME).xreplace({n: back}))
    if velocity.has(sp.Subs):
        raise NotYetError(f"the velocity of the place {value} is no expression of known functions", where=str(here),
                          instead="let unknown functions of time depend on t itself, as in L(t)")  # fmt: skip
    return _Axis(name, n, move, back, velocity)


def _carried(found: dict[str, Any], axes: list[_Axis], scope: Scope, step: sp.Expr | None, here: Place) -> None:
    """The motion of the grid: the velocity of every state, or a jump by no sites for those who stay in a step."""
    head = found["model"]
    if step is not None:
        if "states" in head or "states" in found or any("weight" in j or "from" in j for j in found["jumps"]):
            raise NotYetError(
                "states and weights on a grid that moves in discrete time are not handled yet", where=str(here)
            )
        if head.get("survival") != "lossy":
            chances = [
                f.expression(j.get("probability", "0"), scope, here) * len(j.get("displacements", [0]))
                for j in found["jumps"]
            ]
            rest = sp.expand(1 - sp.Add(*chances))
            if rest != 0:
                found["jumps"] = [
                    *found["jumps"],
                    {"displacement": [str(a.move(sp.Integer(0))) for a in axes], "probability": str(rest)},
                ]
        return
    velocity = [str(a.velocity) for a in axes]
    if "states" in found:
        raise NotYetError("motion inside states on a grid that moves in time is not handled yet", where=str(here),
                          instead="name the states in [model] states")  # fmt: skip
    names = head.get("states")
    found["states"] = [{"name": n, "velocity": velocity} for n in names] if names else [{"velocity": velocity}]


def _scope(document: Mapping[str, Any], sites: list[sp.Symbol], unknown: Mapping[str, Any], place: Place) -> Scope:
    """Names by which places and displacements are read; definitions with arguments are macros."""
    symbols = {}
    for name, entry in f.table(document.get("parameters", {}), place.at("parameters")).items():
        assume = entry.get("assume", "real") if isinstance(entry, Mapping) else entry
        symbols[name] = place.at("parameters", name).guard(partial(parse_parameter, name, f.text(assume, place))).symbol
    counts = {k: len(f.texts(v, place.at("functions", k))) for k, v in unknown.items()}
    scope = Scope(
        {**symbols, **{n.name: n for n in sites}, "t": TIME}, {k: (n, sp.Function(k)) for k, n in counts.items()}
    )
    for head, body in f.table(document.get("definitions", {}), place.at("definitions")).items():
        called, bracket, rest = head.partition("(")
        formal = [a.strip() for a in rest.rstrip(") ").split(",")] if bracket else []
        own = [sp.Symbol(f"{called}.{a}", real=True) for a in formal]
        value = f.expression(
            body, scope.with_symbols(dict(zip(formal, own, strict=True))), place.at("definitions", head)
        )

        def macro(*given: sp.Expr, own: list[sp.Symbol] = own, value: sp.Expr = value) -> sp.Expr:
            return value.xreplace(dict(zip(own, given, strict=True)))

        if bracket:
            scope = Scope(scope.symbols, {**scope.functions, called.strip(): (len(formal), macro)})
        else:
            scope = scope.with_symbols({called.strip(): value})
    return scope


def _series(value: sp.Expr, n: sp.Symbol, g: sp.Expr, x: sp.Symbol, place: Place) -> Any:
    """The displacement of m sites for x = f(n h) or f(n h, t)."""
    if (
        not isinstance(value, AppliedUndef)
        or value.args[1:] not in ((), (TIME,))
        or sp.expand(value.args[0] - n * sp.diff(value.args[0], n)) != 0
        or value.args[0].has(TIME)
    ):
        raise NotYetError(
            "an unknown function in the place of a site is handled as f(n*h) or f(n*h, t) so far", where=str(place)
        )
    spacing = sp.diff(value.args[0], n)
    terms = [g]
    for _ in range(ORDERS[value.has(TIME)] + MORE - 1):
        terms.append(sp.expand(g * sp.diff(terms[-1], x)))
    return lambda m: sp.Add(*((m * spacing) ** (j + 1) / sp.factorial(j + 1) * term for j, term in enumerate(terms)))


def _inverse(value: sp.Expr, n: sp.Symbol, x: sp.Expr, place: Place) -> sp.Expr:
    """The n at which value = x, where n stands in it once."""
    while value != n:
        if value.is_Add or value.is_Mul:
            rest, body = value.as_independent(n, as_Add=value.is_Add)
            if body == value or (body.is_Add and value.is_Add) or (body.is_Mul and value.is_Mul):
                break
            x = x - rest if value.is_Add else x / rest
        elif value.is_Pow and not value.exp.has(n) and not value.exp.is_even:
            body, x = value.base, x ** (1 / value.exp)
        elif value.is_Pow and not value.base.has(n):
            body, x = value.exp, sp.log(x) / sp.log(value.base)
        elif value.func in _INVERSE:
            body, x = value.args[0], _INVERSE[value.func](x)
        else:
            break
        value = body
    else:
        return x
    raise NotYetError("the place of a site has no inverse in closed form here", where=str(place),
                      instead='declare f as an unknown function, f = ["q"] in [functions]')  # fmt: skip


def _moved(entry: Mapping[str, Any], scope: Scope, axes: list[_Axis], place: Place) -> dict[str, Any]:
    """One jump in terms of places."""
    for key in ("index", "where", "destination", "distribution", "characteristic_function", "laplace_transform", "density",
                "direction", "rate_density", "waiting_time"):  # fmt: skip
        if key in entry:
            raise NotYetError(
                f"'{key}' on a grid that is placed by a function is not handled yet", where=str(place.at(key))
            )
    found = dict(entry)
    listed = entry.get("displacements", [entry.get("displacement")])
    steps = [_displacement(step, scope, axes, place.at("displacement")) for step in listed]
    found.pop("displacements", None)
    found.pop("displacement", None)
    found |= {"displacement": steps[0]} if len(steps) == 1 else {"displacements": steps}
    for key in ("rate", "probability", "weight"):
        if key in entry and isinstance(entry[key], str):
            value = f.expression(entry[key], scope, place.at(key))
            sites = [a for a in axes if a.site in value.free_symbols]
            if any(a.back is None for a in sites):
                raise NotYetError("rates that depend on the site of an unknown grid are not handled yet", where=str(place.at(key)),
                                  instead="write the function of the grid out, as a definition")  # fmt: skip
            if sites or value.has(*(sp.Symbol(a.name, real=True) for a in axes)):
                found[key] = str(value.xreplace({a.site: a.back for a in sites}))
    return found


def _displacement(step: Any, scope: Scope, axes: list[_Axis], place: Place) -> list[str]:
    entries = list(step) if isinstance(step, (list, tuple)) else [step]
    if len(entries) != len(axes):
        raise place.fail(
            f"{len(entries)} entries, but the model has {len(axes)} coordinate(s)",
            "give one number of sites per coordinate",
        )
    found = []
    for one, axis in zip(entries, axes, strict=True):
        sites = f.expression(one, scope, place)
        if not sites.is_Integer:
            raise place.fail(f"a jump by {sites} sites", "give the displacement as a whole number of sites")
        found.append(str(axis.move(sites)))
    return found
