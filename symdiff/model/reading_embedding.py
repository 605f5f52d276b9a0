"""``embedding = {x = "f(n*h)"}``: a walk over the sites n of a stretched grid, read as a walk over their places x.

From the site at x a jump of m sites ends at f((n + m) h). For a known f the displacement is f((n + m) h) - x at the n where
f(n h) = x, exactly. For an unknown one it is the Taylor series in h, sum of (m h)^j/j! (g d_x)^(j-1) g, with the slope
g(x) = f'(q) at the place x = f(q).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sympy as sp
from sympy.core.function import AppliedUndef

from symdiff.errors import NotYetError
from symdiff.model import fields as f
from symdiff.model.fields import Place
from symdiff.model.jump_model import FunctionDeclaration
from symdiff.notation.expression import Scope

POWERS = 7  # displacements of an unknown f are written to this power of the spacing
ORDERS = 4  # and are good for results to this order
_INVERSE = {sp.exp: sp.log, sp.log: sp.exp, sp.sinh: sp.asinh, sp.asinh: sp.sinh, sp.tan: sp.atan, sp.atan: sp.tan}


def without_embedding(
    document: Mapping[str, Any], place: Place
) -> tuple[dict[str, Any], tuple[FunctionDeclaration, ...]]:
    """The same model over places, and the slope of an unknown f; raises :class:`ModelError` or :class:`NotYetError`."""
    head = dict(document["model"])
    here = place.at("model", "embedding")
    stated = f.table(head.pop("embedding"), here)
    site = f.texts(head.get("coordinates", []), place.at("model", "coordinates"))
    if len(stated) != 1 or len(site) != 1:
        raise NotYetError(
            "grids are handled in one dimension so far", where=str(here), instead='write embedding = {x = "f(n*h)"}'
        )
    (name, text), n = next(iter(stated.items())), sp.Symbol(site[0], real=True)
    for key in ("lattice", "origin", "master_equation", "latex_master_equation", "system_size"):
        if key in head:
            raise NotYetError(f"'{key}' beside a grid that is placed by a function is not handled yet", where=str(here))
    for key in ("reactions", "internal", "boundaries", "initial", "waiting_time"):
        if key in document:
            raise NotYetError(f"{key} on a grid that is placed by a function are not handled yet", where=str(here))
    unknown = f.table(document.get("functions", {}), place.at("functions"))
    scope = _scope(document, n, unknown, place)
    value = f.expression(text, scope, here.at(name))
    if sp.Symbol("t") in value.free_symbols:
        raise NotYetError("grids that move in time are not handled yet", where=str(here.at(name)),
                          instead="a grid at rest: the place of site n without t")  # fmt: skip
    if n not in value.free_symbols:
        raise here.at(name).fail(
            f"the place does not depend on the site {n}", f'write embedding = {{{name} = "f({n}*h)"}}'
        )
    calls = value.atoms(AppliedUndef)
    x = sp.Symbol(name, real=True)
    kept = {k: v for k, v in unknown.items() if k not in {c.func.__name__ for c in calls}}
    slopes: tuple[FunctionDeclaration, ...] = ()
    if calls:
        slope = next(g for g in ("g", "slope", "grid_slope") if g not in unknown and g not in scope.symbols)
        kept[slope] = [name]
        slopes = (FunctionDeclaration(slope, (name,), None, ORDERS),)
        move = _series(value, n, sp.Function(slope)(x), x, here.at(name))
        back = None
    else:
        back = _inverse(value, n, x, here.at(name))
        move = lambda m: sp.expand(sp.expand(value.xreplace({n: n + m}), power_exp=True).xreplace({n: back})) - x  # noqa: E731
    head["coordinates"] = [name]
    jumps = [_moved(entry, scope, n, move, back, place.at("jumps", i))
             for i, entry in enumerate(f.tables(document.get("jumps", []), place.at("jumps")))]  # fmt: skip
    definitions = {
        k: v for k, v in f.table(document.get("definitions", {}), place.at("definitions")).items() if "(" not in k
    }
    return {**document, "model": head, "functions": kept, "definitions": definitions, "jumps": jumps}, slopes


def _scope(document: Mapping[str, Any], n: sp.Symbol, unknown: Mapping[str, Any], place: Place) -> Scope:
    """Names by which places and displacements are read; definitions with arguments are macros."""
    symbols = {k: sp.Symbol(k, positive=True) for k in f.table(document.get("parameters", {}), place.at("parameters"))}
    scope = Scope({**symbols, n.name: n, "t": sp.Symbol("t")}, {k: (1, sp.Function(k)) for k in unknown})
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
    """The displacement of m sites for x = f(n h)."""
    if (
        not isinstance(value, AppliedUndef)
        or len(value.args) != 1
        or sp.expand(value.args[0] - n * sp.diff(value.args[0], n)) != 0
    ):
        raise NotYetError("an unknown function in the place of a site is handled as f(n*h) so far", where=str(place))
    spacing = sp.diff(value.args[0], n)
    terms = [g]
    for _ in range(POWERS - 1):
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


def _moved(
    entry: Mapping[str, Any], scope: Scope, n: sp.Symbol, move: Any, back: sp.Expr | None, place: Place
) -> dict[str, Any]:
    """One jump in terms of places."""
    for key in (
        "index",
        "where",
        "destination",
        "distribution",
        "characteristic_function",
        "direction",
        "rate_density",
        "waiting_time",
    ):
        if key in entry:
            raise NotYetError(
                f"'{key}' on a grid that is placed by a function is not handled yet", where=str(place.at(key))
            )
    found = dict(entry)
    listed = entry.get("displacements", [entry.get("displacement")])
    steps = []
    for step in listed:
        one = step[0] if isinstance(step, (list, tuple)) and step else step
        sites = f.expression(one, scope, place.at("displacement"))
        if not sites.is_Integer:
            raise place.at("displacement").fail(
                f"a jump by {sites} sites", "give the displacement as a whole number of sites"
            )
        steps.append([str(move(sites))] if sites != 0 else ["0"])
    found.pop("displacements", None)
    found.pop("displacement", None)
    found |= {"displacement": steps[0]} if len(steps) == 1 else {"displacements": steps}
    for key in ("rate", "probability", "weight"):
        if key in entry and isinstance(entry[key], str):
            value = f.expression(entry[key], scope, place.at(key))
            if n in value.free_symbols and back is None:
                raise NotYetError("rates that depend on the site of an unknown grid are not handled yet", where=str(place.at(key)),
                                  instead="write the function of the grid out, as a definition")  # fmt: skip
            if n in value.free_symbols and back is not None:
                found[key] = str(value.xreplace({n: back}))
    return found
