"""Typed access to a plain document (from TOML or Python), with the place of every value in the errors."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import sympy as sp

from symdiff.errors import ModelError, SymdiffError
from symdiff.model.toml_text import KeyPath, describe
from symdiff.notation.expression import Scope, check_text, parse_expression

MAX_TITLE = 2_000


@dataclass(frozen=True)
class Place:
    """Where a value stands: the file's name, its key lines, and the path of keys."""

    name: str = ""
    lines: Mapping[KeyPath, int] = field(default_factory=dict)
    path: KeyPath = ()

    def at(self, *keys: str | int) -> Place:
        """The place of something inside."""
        return Place(self.name, self.lines, (*self.path, *keys))

    def __str__(self) -> str:
        return describe(self.path, self.lines, self.name)

    def fail(self, message: str, instead: str = "") -> ModelError:
        """An error at this place, to be raised."""
        return ModelError(message, where=str(self), instead=instead)

    def guard(self, action: Callable[[], Any]) -> Any:
        """Run ``action``; a symdiff error from it gets this place."""
        try:
            return action()
        except SymdiffError as error:
            raise error.located(str(self)) from None


def table(value: Any, place: Place) -> dict[str, Any]:
    """A table with string keys."""
    if not isinstance(value, Mapping) or not all(isinstance(k, str) for k in value):
        raise place.fail(f"a table is expected here, not {_kind(value)}")
    return dict(value)


def tables(value: Any, place: Place) -> list[dict[str, Any]]:
    """An array of tables."""
    if isinstance(value, Mapping):
        raise place.fail("one table stands where several may", f"write [[{place.path[-1]}]] with double brackets")
    if not isinstance(value, (list, tuple)):
        raise place.fail(f"tables are expected here, not {_kind(value)}", f"write [[{place.path[-1]}]]")
    return [table(v, place.at(i)) for i, v in enumerate(value)]


def text(value: Any, place: Place, *, one_line: bool = True) -> str:
    """A string, by default without control characters."""
    if not isinstance(value, str):
        raise place.fail(f"a string is expected here, not {_kind(value)}", "put it in quotes")
    if one_line:
        place.guard(lambda: check_text(value))
    if len(value) > MAX_TITLE and not one_line:
        raise place.fail(f"{len(value)} characters; at most {MAX_TITLE} are kept", "shorten it")
    return value


def texts(value: Any, place: Place) -> tuple[str, ...]:
    """A list of strings; a plain string counts as a list of one."""
    if isinstance(value, str):
        return (text(value, place),)
    if not isinstance(value, (list, tuple)):
        raise place.fail(f"a list of strings is expected here, not {_kind(value)}")
    return tuple(text(v, place.at(i)) for i, v in enumerate(value))


def expression(value: Any, scope: Scope, place: Place) -> sp.Expr:
    """An expression: a string, a bare number, or (from Python) a SymPy expression, which is printed and read."""
    return place.guard(lambda: parse_expression(_expression_text(value, place), scope))


def real_expression(value: Any, scope: Scope, place: Place) -> sp.Expr:
    """An expression that is a finite real number for real parameters, as far as can be seen."""
    result = expression(value, scope, place)
    if result.has(sp.I) or (result.is_real is False and not result.has(sp.oo)):
        raise place.fail(
            f"'{result}' is not real for real parameters", "check roots and logarithms of negative numbers"
        )
    if result.has(sp.oo, -sp.oo):
        raise place.fail(f"'{result}' is infinite", "only ranges of Sum and Integral take oo")
    return result


def vector(value: Any, scope: Scope, place: Place, dimension: int) -> tuple[sp.Expr, ...]:
    """One expression per coordinate; a plain string or number in one dimension."""
    entries = list(value) if isinstance(value, (list, tuple)) else [value]
    if len(entries) != dimension:
        example = ", ".join(['"0"'] * dimension)
        raise place.fail(
            f"{len(entries)} entr{'y' if len(entries) == 1 else 'ies'}, but the model has {dimension} coordinate(s)",
            f"give one expression per coordinate, as in [{example}]",
        )
    return tuple(real_expression(v, scope, place.at(i) if len(entries) > 1 else place) for i, v in enumerate(entries))


def number(value: Any, scope: Scope, place: Place) -> sp.Expr:
    """An exact number, possibly with roots: an expression without symbols."""
    result = real_expression(value, scope, place)
    if not result.is_number:
        names = ", ".join(sorted(str(s) for s in result.free_symbols))
        raise place.fail(f"a number is expected, but {names} stands in it", 'write for example 3/10 or "1/3"')
    return result


def rational(value: Any, place: Place) -> Fraction:
    """An exact rational number."""
    result = number(value, Scope({}), place)
    if not result.is_Rational:
        raise place.fail(f"a rational number is expected, not {result}", 'write for example 2 or "1/2"')
    return Fraction(int(result.p), int(result.q))


def _expression_text(value: Any, place: Place) -> str:
    if isinstance(value, bool):
        raise place.fail("true or false stands where an expression is expected")
    if isinstance(value, (str, int)):
        return str(value) if isinstance(value, str) or value.bit_length() <= 20_000 else value  # type: ignore[return-value]
    if isinstance(value, Fraction):
        return f"{value.numerator}/{value.denominator}"
    if isinstance(value, float):
        if value != value or value in (float("inf"), float("-inf")):
            raise place.fail(f"{value} is no number")
        return str(Fraction(repr(value)))
    if isinstance(value, sp.Expr):
        return str(sp.sstr(value))
    raise place.fail(f"an expression is expected here, not {_kind(value)}", 'write a string, as in "1/2"')


def _kind(value: Any) -> str:
    if isinstance(value, bool):
        return "true/false"
    names = {str: "a string", int: "a number", float: "a number", Fraction: "a number", list: "a list", tuple: "a list"}
    if isinstance(value, Mapping):
        return "a table"
    return names.get(type(value), f"a {type(value).__name__}")
