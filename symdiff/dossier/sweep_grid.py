"""The grid of a sweep: exact values for some parameters, from ``p=0.1:0.9:9`` or ``p=1/3,1/2``."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import sympy as sp

from symdiff.errors import ResourceError, UsageError
from symdiff.model.jump_model import JumpModel
from symdiff.model.substitution import read_settings

MOST = 100_000  # points of one sweep

Axis = tuple[str, tuple[sp.Expr, ...]]
Point = tuple[tuple[str, sp.Expr], ...]


def read_axes(model: JumpModel, texts: Sequence[str]) -> tuple[Axis, ...]:
    """``name=first:last:number`` (equally spaced, both ends included) or ``name=value,value``; values are exact.

    Raises :class:`UsageError` for what is neither, for names that are no parameters, and for values that the model forbids.
    """
    if not texts:
        raise UsageError("no parameter is named to go over", where="--over", instead="write --over p=0.1:0.9:9")
    axes = tuple(_axis(model, text) for text in texts)
    names = [name for name, _ in axes]
    if len(set(names)) < len(names):
        raise UsageError("a parameter is named twice", where="--over", instead="name it once")
    number = 1
    for _, values in axes:
        number *= len(values)
    if number > MOST:
        raise ResourceError(f"the grid has {number} points; at most {MOST} are allowed", where="--over")
    return axes


def _axis(model: JumpModel, text: str) -> Axis:
    name, equals, right = (part.strip() for part in text.partition("="))
    where = f"--over {text}"
    if name not in {p.name for p in model.parameters}:
        read_settings(model, [f"{name}=1"])  # says what is wrong with the name
        raise UsageError(f"'{name}' is no parameter of the model", where=where)
    if not equals or not right:
        raise UsageError(f"'{text}' names no values", where=where, instead="write p=0.1:0.9:9 or p=1/3,1/2")
    parts = [part.strip() for part in right.split(":")]
    if len(parts) == 1:
        values = tuple(_number(model, name, part, where) for part in right.split(","))
    elif len(parts) == 3:
        values = _spaced(model, name, parts, where)
    else:
        raise UsageError(f"'{right}' is no range", where=where, instead="write first:last:number, as 0.1:0.9:9")
    for value in values:
        read_settings(model, [f"{name}={value}"])  # raises where the assumptions forbid it
    return name, values


def _spaced(model: JumpModel, name: str, parts: list[str], where: str) -> tuple[sp.Expr, ...]:
    if not parts[2].isdecimal() or not 0 < int(parts[2]) <= MOST:
        raise UsageError(
            f"'{parts[2]}' is no number of points", where=where, instead=f"a whole number from 1 to {MOST}"
        )
    count = int(parts[2])
    first, last = (_number(model, name, part, where) for part in parts[:2])
    if count == 1 and first != last:
        raise UsageError("one point cannot have two ends", where=where, instead=f"{name}={parts[0]}")
    return tuple(first + (last - first) * sp.Rational(k, max(count - 1, 1)) for k in range(count))


def _number(model: JumpModel, name: str, text: str, where: str) -> sp.Expr:
    value = read_settings(model, [f"{name}={text}"])[name]
    if value.free_symbols or value.is_real is False:
        raise UsageError(f"'{text}' is no number", where=where, instead="grids are made of numbers, as 1/3 or 0.25")
    return value


def points_of(axes: Sequence[Axis]) -> tuple[Point, ...]:
    """Every combination; the last parameter varies fastest."""
    names = [name for name, _ in axes]
    return tuple(tuple(zip(names, values, strict=True)) for values in itertools.product(*(v for _, v in axes)))
