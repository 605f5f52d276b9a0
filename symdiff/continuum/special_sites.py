"""Jumps that are open at some sites only, written as rates that depend on the site: for display."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import sympy as sp

from symdiff.model.jump_model import Jump, JumpModel, make_model
from symdiff.model.regions import axis_of, holds, in_order, sign_at_place, sign_between, thresholds

Cells = tuple[sp.Symbol, list[sp.Expr], list[Callable[[sp.Expr], int]]]


def as_piecewise(model: JumpModel) -> JumpModel:
    """The same rules with the conditions on sites written into the rates."""
    cells, found = _cells(model), []
    rows: dict[Jump, list[Jump]] = {}
    for jump in model.jumps:
        rows.setdefault(replace(jump, intensity=sp.Integer(0), region=None, label=""), []).append(jump)
    for template, jumps in rows.items():
        if all(j.region is None for j in jumps):
            found += jumps
        else:
            found.append(replace(template, intensity=_by_cells(cells, jumps)))
    return make_model({name: getattr(model, name) for name in JumpModel.__dataclass_fields__} | {"jumps": tuple(found)})


def leaving(model: JumpModel, state: str) -> sp.Expr:
    """The rate of all jumps from x together."""
    return _by_cells(_cells(model), [j for j in model.jumps if j.source in (None, state)])


def complement(value: sp.Expr) -> sp.Expr:
    """1 - value, case by case."""
    if not isinstance(value, sp.Piecewise):
        return sp.expand(1 - value)
    return sp.Piecewise(*((sp.expand(1 - v), c) for v, c in value.args))


def _cells(model: JumpModel) -> Cells:
    regions = [j.region for j in model.jumps if j.region is not None]
    x = axis_of(regions, model.coordinates)
    places = in_order(thresholds(regions, x))
    signs = [sign_between(x, places, 0)]
    for n, place in enumerate(places):
        signs += [sign_at_place(x, place), sign_between(x, places, n + 1)]
    return x, places, signs


def _by_cells(cells: Cells, jumps: list[Jump]) -> sp.Expr:
    """The total rate of some jumps: beyond, at and between the places."""
    x, places, signs = cells
    values = [sp.expand(sp.Add(*(j.intensity for j in jumps if holds(j.region, x, sign)))) for sign in signs]
    if len(set(values)) == 1:
        return values[0]
    if len(set(values[::2])) == 1:
        single = [(v, sp.Eq(x, p)) for v, p in zip(values[1::2], places, strict=True) if v != values[0]]
        return sp.Piecewise(*single, (values[0], True))
    pieces: list[tuple[sp.Expr, sp.Basic]] = []
    for n, place in enumerate(places):
        before, here, after = values[2 * n : 2 * n + 3]
        if here == before != after:
            pieces.append((before, x <= place))
        elif here != before:
            pieces += [(before, x < place), *([(here, sp.Eq(x, place))] if here != after else [])]
    return sp.Piecewise(*pieces, (values[-1], True))
