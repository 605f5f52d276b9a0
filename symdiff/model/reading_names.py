"""The names of a document: parameters, functions, definitions and their values."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import partial
from typing import Any

import sympy as sp

from symdiff.model import fields as f
from symdiff.model.fields import Place
from symdiff.model.jump_model import (
    FunctionDeclaration,
)
from symdiff.model.keys import check_key
from symdiff.model.parameter import Parameter, parse_parameter
from symdiff.model.sizes import MOST_TERMS, written_size
from symdiff.notation.expression import Scope
from symdiff.notation.names import RESERVED, SUGGESTED_SPELLING, did_you_mean, is_identifier

MAX_ENTRIES = 500


def check_name(name: str, place: Place) -> None:
    """Refuse a name that is a known function, constant or keyword, or no identifier."""
    if name in RESERVED:
        better = SUGGESTED_SPELLING.get(name, name + "1")
        raise place.fail(f"'{name}' is the name of a known function, constant or keyword", f"say '{better}'")
    if not is_identifier(name):
        raise place.fail(f"'{name[:60]}' is no name", "use a letter, then letters, digits and underscores, 40 at most")


def read_parameters(value: Any, place: Place) -> tuple[Parameter, ...]:
    """The table ``[parameters]``."""
    entries = f.table(value, place)
    if len(entries) > MAX_ENTRIES:
        raise place.fail(f"{len(entries)} parameters; at most {MAX_ENTRIES}")
    found = []
    for name, entry in entries.items():
        here = place.at(name)
        check_name(name, here)
        latex = ""
        if isinstance(entry, Mapping):
            for key in entry:
                check_key("parameters", key, str(here.at(key)))
            latex = f.text(entry.get("latex", ""), here.at("latex"))
            entry = entry.get("assume", "real")
        assume = f.text(entry, here)
        others = tuple(n for n in entries if n != name and is_identifier(n) and n not in RESERVED)
        found.append(here.guard(partial(parse_parameter, name, assume, latex=latex, others=others)))
    return tuple(found)


def declared_once(
    parameters: tuple[Parameter, ...], coordinates: tuple[str, ...], densities: tuple[str, ...], place: Place
) -> set[str]:
    """All names of parameters, coordinates and densities; one that is declared twice is refused."""
    names = {p.name for p in parameters}
    for clash in sorted(names & set(coordinates)):
        raise place.at("parameters", clash).fail(f"'{clash}' is declared as a parameter and as a coordinate")
    if "t" in names:
        raise place.at("parameters", "t").fail("'t' is time", "name the parameter t0, say")
    for clash in sorted(names & set(densities)):
        raise place.at("parameters", clash).fail(f"'{clash}' is declared as a parameter and as a density or state")
    return names | set(coordinates) | set(densities)


def read_functions(
    value: Any, scope: Scope, coordinates: tuple[str, ...], taken: set[str], place: Place
) -> tuple[tuple[FunctionDeclaration, ...], Scope]:
    """The table ``[functions]``, and the scope with these functions in it."""
    found, builders = [], dict(scope.functions)
    for name, arguments in f.table(value, place).items():
        here = place.at(name)
        check_name(name, here)
        if name in taken:
            raise here.fail(f"'{name}' is declared twice", "give one of the two another name")
        names = f.texts(arguments, here)
        for argument in names:
            if argument not in (*coordinates, "t"):
                raise here.fail(f"'{argument}' is no coordinate: functions are declared of place and time",
                                f"{did_you_mean(argument, coordinates)}; a function of a density is written out, as in [definitions] "
                                f'"{name}({argument})" = "1 - {argument}**2"')  # fmt: skip
        if not names or len(set(names)) != len(names):
            raise here.fail(
                f"the arguments of '{name}' are missing or repeated", f'write {name} = ["{coordinates[0]}"]'
            )
        found.append(FunctionDeclaration(name, names))
        builders[name] = (len(names), sp.Function(name))
    return tuple(found), Scope(scope.symbols, builders)


_DEFINED = re.compile(r"^\s*(\w+)\s*(?:\(([\w\s,]*)\))?\s*$")


def read_definitions(
    value: Any, scope: Scope, coordinates: tuple[str, ...], taken: set[str], place: Place
) -> tuple[tuple[FunctionDeclaration, ...], Scope, tuple[tuple[str, str], ...]]:
    """Definitions in any order; functions of coordinates stay smooth functions, all others are expanded at once."""
    entries = f.table(value, place)
    pending = {}
    for head, body in entries.items():
        match = _DEFINED.match(head)
        if not match:
            raise place.at(head).fail(f"'{head[:60]}' is no definition", 'write name or "name(x)" in front of the =')
        name = match.group(1)
        check_name(name, place.at(head))
        if name in taken or name in scope.functions or name in pending:
            raise place.at(head).fail(f"'{name}' is declared twice", "give one of the two another name")
        arguments = tuple(a.strip() for a in match.group(2).split(",")) if match.group(2) is not None else None
        pending[name] = (head, arguments, body)
    functions: list[FunctionDeclaration] = []
    while pending:
        ready = [n for n, (_, _, body) in pending.items() if not _mentions(str(body), set(pending))]
        if not ready:
            first = next(iter(pending.values()))[0]
            raise place.at(first).fail("these definitions refer to each other in a circle", "break the circle")
        for name in ready:
            head, arguments, body = pending.pop(name)
            scope, function = _define(name, arguments, body, scope, coordinates, place.at(head))
            functions += [function] if function else []
    return tuple(functions), scope, tuple((k, str(v)) for k, v in entries.items())


def _mentions(body: str, names: set[str]) -> bool:
    return bool(set(re.findall(r"[^\W\d]\w*", body)) & names)


def _bounded(value: sp.Expr, place: Place) -> sp.Expr:
    """Definitions that double from line to line would fill the memory."""
    if written_size(value) > MOST_TERMS:
        raise place.fail(
            f"written out, this has more than {MOST_TERMS} terms", "define less in terms of other definitions"
        )
    return value


def _define(
    name: str, arguments: tuple[str, ...] | None, body: Any, scope: Scope, coordinates: tuple[str, ...], place: Place
) -> tuple[Scope, FunctionDeclaration | None]:
    if arguments is None:
        return scope.with_symbols({name: _bounded(f.expression(body, scope, place), place)}), None
    for i, argument in enumerate(arguments):
        check_name(argument, place)
        if argument in arguments[:i]:
            raise place.fail(f"the argument '{argument}' stands twice")
    coordinates = (*coordinates, "t")
    formal = {a: scope.symbols[a] if a in coordinates else sp.Symbol(f"{name}.{a}") for a in arguments}
    value = _bounded(f.expression(body, scope.with_symbols(formal), place), place)
    if set(arguments) <= set(coordinates):
        function = sp.Function(name)
        stray = sorted(str(s) for s in value.free_symbols if s.name in coordinates and s.name not in arguments)
        if stray:
            raise place.fail(f"{', '.join(stray)} stands in the body but not among the arguments of {name}")
        return (Scope(scope.symbols, {**scope.functions, name: (len(arguments), function)}),
                FunctionDeclaration(name, arguments, value))  # fmt: skip
    symbols = [formal[a] for a in arguments]

    def macro(*given: sp.Expr) -> sp.Expr:
        return value.xreplace(dict(zip(symbols, given, strict=True)))

    return Scope(scope.symbols, {**scope.functions, name: (len(arguments), macro)}), None


def read_values(
    document: Mapping[str, Any], parameters: tuple[Parameter, ...], functions: tuple[FunctionDeclaration, ...],
    scope: Scope, place: Place,
) -> tuple[tuple[str, sp.Expr], ...]:  # fmt: skip
    """The numbers of ``[values]`` and of ``value`` in ``[parameters]``, each allowed by its assumption."""
    found: dict[str, sp.Expr] = {}
    known = {p.name: p for p in parameters}
    free = {d.name: d for d in functions if d.body is None}
    sources = [
        (place.at("values", n), n, v) for n, v in f.table(document.get("values", {}), place.at("values")).items()
    ]
    for name, entry in document.get("parameters", {}).items():
        if isinstance(entry, Mapping) and "value" in entry:
            sources.append((place.at("parameters", name, "value"), name, entry["value"]))
    for here, name, value in sources:
        if name in free:
            inner = Scope(
                {**{p.name: p.symbol for p in parameters}, **{a: sp.Symbol(a, real=True) for a in free[name].arguments}}
            )
            found[name] = f.real_expression(value, inner, here)
            continue
        if name not in known:
            raise here.fail(f"'{name}' is no parameter or free function", did_you_mean(name, [*known, *free]))
        found[name] = f.number(value, Scope({}), here)
        if not known[name].allows(found[name]):
            raise here.fail(
                f"{name} = {found[name]} contradicts '{known[name].assume}'", "change the value or the assumption"
            )
    return tuple(found.items())
