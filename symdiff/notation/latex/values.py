"""The values that go into and come out of the LaTeX reader."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import sympy as sp

from symdiff.errors import UsageError
from symdiff.notation.storable import Shown

_CONTEXT_KEYS = ("fields", "functions", "params", "parameters", "aliases", "coordinates", "time", "dim", "indices")
_MAX_NAMES = 200


@dataclass(frozen=True)
class ReadingContext:
    r"""What the caller knows of the names in a formula; all optional, and a declared name always wins.

    ``fields`` are densities, ``functions`` pairs of a name and its argument names (a mapping will do), ``parameters``
    plain symbols, ``aliases`` pairs of a LaTeX form and the declared name it stands for, such as ``(r"\Delta x", "dx")``.

    Raises :class:`UsageError` where a value has the wrong form.
    """

    fields: tuple[str, ...] = ()
    functions: tuple[tuple[str, tuple[str, ...]], ...] = ()
    parameters: tuple[str, ...] = ()
    aliases: tuple[tuple[str, str], ...] = ()
    coordinates: tuple[str, ...] = ()
    time: str = "t"
    dim: int | None = None
    indices: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for key in ("fields", "parameters", "coordinates", "indices"):
            object.__setattr__(self, key, _names(getattr(self, key), key))
        functions = self.functions.items() if isinstance(self.functions, Mapping) else self.functions
        aliases = self.aliases.items() if isinstance(self.aliases, Mapping) else self.aliases
        object.__setattr__(
            self, "functions", tuple((_name(n, "functions"), _names(a, "functions")) for n, a in functions)
        )
        object.__setattr__(self, "aliases", tuple((_latex(form), _name(n, "aliases")) for form, n in aliases))
        _name(self.time, "time")
        if self.dim is not None and (
            isinstance(self.dim, bool) or not isinstance(self.dim, int) or not 1 <= self.dim <= 20
        ):
            raise UsageError(f"dim is {self.dim!r}", instead="a whole number from 1 on")
        if self.dim is not None and self.dim > 3 and not self.coordinates:
            raise UsageError(f"dim is {self.dim}, but no coordinates are named", instead="name the coordinates")


@dataclass(frozen=True)
class ReadSymbol:
    """One row of the symbol table: what a name was read as (``kind``), and with which arguments."""

    name: str
    kind: str
    arguments: tuple[str, ...] = ()
    latex: str = ""


@dataclass(frozen=True)
class Reading(Shown):
    """What a formula was read as: its equations, the symbols in them, and a warning for every guess that was made."""

    latex: str
    equations: tuple[sp.Basic, ...]
    symbols: tuple[ReadSymbol, ...]
    warnings: tuple[str, ...]


def context_from_json(value: str | Mapping[str, Any] | None) -> ReadingContext:
    """The context stated by ``--context``: ``{"fields": ["P"], "params": ["k"], "dim": 1}``, as text or as a mapping.

    Raises :class:`UsageError` for anything but JSON, for unknown keys and for values of the wrong form.
    """
    if isinstance(value, str):
        value = _parsed(value)
    if value is None:
        return ReadingContext()
    if not isinstance(value, Mapping):
        raise UsageError("the context is not a JSON object", instead='write {"fields": ["P"], "params": ["k"]}')
    unknown = [str(key) for key in value if key not in _CONTEXT_KEYS]
    if unknown:
        raise UsageError(
            f"unknown key '{unknown[0][:40]}' in the context", instead=f"known: {', '.join(_CONTEXT_KEYS)}"
        )
    known = dict(value)
    parameters = (*_names(known.pop("params", ()), "params"), *_names(known.pop("parameters", ()), "parameters"))
    for key in ("functions", "aliases"):
        if key in known:
            known[key] = _pairs(known[key], key)
    return ReadingContext(parameters=tuple(dict.fromkeys(parameters)), **known)


def _parsed(text: str) -> Any:
    if len(text) > 100_000:
        raise UsageError("the context is longer than 100,000 characters")
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"the context is not JSON: {error}", instead='{"fields": ["P"], "params": ["k"]}') from None


def _pairs(value: Any, key: str) -> tuple[tuple[Any, Any], ...]:
    items = value.items() if isinstance(value, Mapping) else value
    if isinstance(items, str) or not isinstance(items, Iterable):
        raise UsageError(f"'{key}' in the context is neither an object nor a list of pairs")
    pairs = [tuple(pair) if isinstance(pair, (list, tuple)) else () for pair in items]
    if any(len(pair) != 2 for pair in pairs):
        raise UsageError(f"'{key}' in the context is neither an object nor a list of pairs")
    return tuple((first, second) for first, second in pairs)


def _names(value: Any, key: str) -> tuple[str, ...]:
    if isinstance(value, str) or not isinstance(value, Iterable):
        raise UsageError(f"'{key}' in the context is not a list of names", instead=f'{key} = ["a", "b"]')
    found = tuple(_name(item, key) for item in value)
    if len(found) > _MAX_NAMES:
        raise UsageError(f"more than {_MAX_NAMES} names in '{key}'")
    return found


def _name(value: Any, key: str) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= 60 or not value.isprintable():
        raise UsageError(
            f"'{str(value)[:40]}' in '{key}' of the context is no name", instead="a short printable string"
        )
    return value


def _latex(value: Any) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= 200:
        raise UsageError("an alias is no short LaTeX text", instead=r"write for example {'\\Delta x': 'dx'}")
    return value
