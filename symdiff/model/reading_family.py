"""Families of jumps by an index, as stated: ranges with symbolic or infinite ends, split into sums over positive integers."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import sympy as sp
from sympy.core.function import AppliedUndef

from symdiff.errors import SymdiffError
from symdiff.model import fields as f
from symdiff.model.family import Box, certainly_positive, index_symbols, total_weight
from symdiff.model.fields import Place
from symdiff.model.jump_model import Jump
from symdiff.model.step_law import StepLaw
from symdiff.model.summation import factored
from symdiff.notation.expression import Scope, parse_condition

Range = tuple[sp.Expr, sp.Expr]
Assignment = tuple[dict[sp.Symbol, sp.Expr], list[Range]]  # index -> what it is in a piece, the ranges of that piece
MAX_INDICES = 3
MAX_MEMBERS = 20_000  # of a range between two numbers


def index_ranges(value: Any, scope: Scope, place: Place) -> dict[str, Range]:
    """The ends of every index of an entry, as expressions."""
    found = {}
    for name, ends in f.table(value, place).items():
        here = place.at(name)
        if not isinstance(ends, (list, tuple)) or len(ends) != 2:
            raise here.fail("a range has two ends", f'write index = {{{name} = ["-3", "3"]}}')
        low, high = (f.expression(e, scope, here.at(i)) for i, e in enumerate(ends))
        for end in (low, high):
            if end.is_Number and not end.is_Integer and end not in (sp.oo, -sp.oo):
                raise here.fail(f"the end {end} is no integer", "an index runs over integers")
            if end not in (sp.oo, -sp.oo) and not end.is_integer:
                raise here.fail(f"whether the end {end} is an integer is not known",
                                "declare its parameters so, as in N = \"positive integer\"")  # fmt: skip
        if low is sp.oo or high is -sp.oo or (high - low).is_negative:
            raise here.fail(f"the range from {low} to {high} is empty")
        if (high - low).is_Integer and high - low >= MAX_MEMBERS:
            raise here.fail(f"the range from {low} to {high} has more than {MAX_MEMBERS} members",
                            "write its end with a parameter that is a positive integer, or as oo")  # fmt: skip
        found[name] = (low, high)
    return found


def is_short(ranges: Mapping[str, Range], most: int) -> bool:
    """Whether all ends are integers and the members few enough to be listed; they are then jumps of their own."""
    if not all(low.is_Integer and high.is_Integer for low, high in ranges.values()):
        return False
    count = 1
    for low, high in ranges.values():
        count *= int(high - low) + 1
    return count <= most


def index_conditions(text: str, ranges: Mapping[str, Range], scope: Scope, place: Place) -> list[sp.Basic]:
    """The comparisons of ``where``, in integer symbols of the indices' names."""
    symbols = {name: sp.Symbol(name, integer=True) for name in ranges}
    condition = place.guard(lambda: parse_condition(text, scope.with_symbols(symbols)))
    return list(condition.args) if isinstance(condition, sp.And) else [condition]


def family_jumps(
    displacement: tuple[sp.Expr, ...], intensity: sp.Expr, ranges: Mapping[str, Range], conditions: list[sp.Basic],
    template: Jump, box: Box, coordinates: tuple[sp.Symbol, ...], place: Place,
) -> list[Jump]:  # fmt: skip
    """The jumps of a family whose indices stand in ``displacement`` and ``intensity`` as integer symbols of their names.

    Raises where a sum over the index diverges, is not known, or where its range leaves its sign open.
    """
    if len(ranges) > MAX_INDICES:
        raise place.at("index").fail(
            f"more than {MAX_INDICES} indices with symbolic or infinite ranges", "state the law of the step"
        )
    found: list[Jump] = []
    for change, parts in _pieces(ranges, conditions, box, place):
        moved = tuple(sp.expand(r.subs(change)) for r in displacement)
        found += _piece_jumps(moved, intensity.subs(change), parts, template, box, coordinates, place)
    return found


def _pieces(ranges: Mapping[str, Range], conditions: list[sp.Basic], box: Box, place: Place) -> list[Assignment]:
    """Every combination of signs: each index is zero, a positive integer, or minus a positive integer."""
    names = list(ranges)
    choices = []
    for name in names:
        own = [c for c in conditions if c.free_symbols & {sp.Symbol(name, integer=True)}]
        for c in own:
            if any(s in c.free_symbols for s in (sp.Symbol(n, integer=True) for n in names if n != name)):
                raise place.at("where").fail(f"'{c}' compares two indices", "give each index its own condition")
        choices.append(_parts(name, ranges[name], own, box, place))
    found = []
    for combination in itertools.product(*choices):
        change: dict[sp.Symbol, sp.Expr] = {}
        parts: list[Range] = []
        free = iter(index_symbols(len(names)))
        for name, (sign, part) in zip(names, combination, strict=True):
            symbol = sp.Symbol(name, integer=True)
            if sign == 0:
                change[symbol] = sp.Integer(0)
            else:
                change[symbol] = sign * next(free)
                parts.append(part)
        found.append((change, parts))
    return found


def _parts(name: str, span: Range, conditions: list[sp.Basic], box: Box, place: Place) -> list[tuple[int, Range]]:
    """The range of one index as zero and ranges of positive integers, each with its sign."""
    here, (low, high) = place.at("index", name), span
    holes: list[int] = []
    for c in conditions:
        low, high = _narrowed(name, c, low, high, holes, place)
    one = sp.Integer(1)
    sides = {"low": _sign(low, box), "high": _sign(high, box)}
    if None in sides.values():
        end = low if sides["low"] is None else high
        raise here.fail(
            f"whether the end {end} is positive is not known", "declare its parameters as positive integers"
        )
    found: list[tuple[int, Range]] = []
    if sides["low"] == -1:
        found += [
            (-1, r) for r in _without(one if sides["high"] >= 0 else -high, -low, [-n for n in holes if n < 0], here)
        ]
    if sides["low"] <= 0 <= sides["high"] and 0 not in holes:
        found.append((0, (sp.Integer(0), sp.Integer(0))))
    if sides["high"] == 1:
        found += [(1, r) for r in _without(one if sides["low"] <= 0 else low, high, [n for n in holes if n > 0], here)]
    return found


def _sign(end: sp.Expr, box: Box) -> Any:
    if end.is_zero:
        return 0
    if end is sp.oo or certainly_positive(box, end):
        return 1
    return -1 if end is -sp.oo or certainly_positive(box, -end) else None


def _without(low: sp.Expr, high: sp.Expr, holes: list[int], place: Place) -> list[Range]:
    """A range of positive integers without some of them."""
    found, start = [], low
    for hole in sorted(set(holes)):
        if not start.is_Integer:
            raise place.fail(
                "single members cannot be left out of a range that starts at a symbol", "start it at an integer"
            )
        if hole < start or (high.is_Integer and hole > high):
            continue
        if hole > start:
            found.append((start, sp.Integer(hole - 1)))
        start = sp.Integer(hole + 1)
    if not (high - start).is_negative:
        found.append((start, high))
    return found


def _narrowed(name: str, c: sp.Basic, low: sp.Expr, high: sp.Expr, holes: list[int], place: Place) -> Range:
    """The range under one comparison of its index with an integer."""
    symbol = sp.Symbol(name, integer=True)
    left, right = c.args
    flipped = right == symbol
    bound = left if flipped else right
    wanted = {sp.StrictLessThan: "<", sp.LessThan: "<=", sp.StrictGreaterThan: ">", sp.GreaterThan: ">=",
              sp.Unequality: "!=", sp.Equality: "="}.get(type(c))  # fmt: skip
    if (left if not flipped else right) != symbol or not bound.is_Integer or wanted is None:
        raise place.at("where").fail(
            f"'{c}' is no comparison of the index {name} with an integer", f'write where = "{name} != 0", say'
        )
    if flipped:
        wanted = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}.get(wanted, wanted)
    if wanted == "!=":
        holes.append(int(bound))
        return low, high
    edge = bound + {"<": -1, ">": 1}.get(wanted, 0)
    if wanted in ("<", "<=", "="):
        high = sp.Min(high, edge)
    if wanted in (">", ">=", "="):
        low = sp.Max(low, edge)
    if low.has(sp.Max) or high.has(sp.Min):
        raise place.at("where").fail(f"where '{c}' cuts the symbolic range is not known", "give the range itself")
    return low, high


def _piece_jumps(
    displacement: tuple[sp.Expr, ...], intensity: sp.Expr, ranges: list[Range], template: Jump, box: Box,
    coordinates: tuple[sp.Symbol, ...], place: Place,
) -> list[Jump]:  # fmt: skip
    """One jump per additive part of the intensity that weighs the index in its own way."""
    indices = index_symbols(len(ranges))
    if not ranges:
        return [_plain(template, displacement, intensity)] if intensity != 0 else []
    base, values, directions = _geometry(displacement, indices, place)
    weights: dict[sp.Expr, list[sp.Expr]] = {}
    mixed = _split(intensity, indices, coordinates)[1].has(*indices)
    for part in sp.Add.make_args(sp.expand(intensity)) if mixed else (intensity,):
        weight, rest = _split(part, indices, coordinates)
        weights.setdefault(rest, []).append(weight)
    found = []
    for rest, shares in _weighed_apart(weights, indices):
        for j, value in zip(indices, values, strict=True):
            if rest.has(j) and value != j:
                raise place.fail("a rate that depends on place and on an index that is not the step itself is not handled",
                                 "use the index as the step, as in displacement = \"j*h\"")  # fmt: skip
        weight = sp.Add(*shares)
        total = _guarded(weight, ranges, box, place)
        arguments = {"weight": weight / total}
        for n, (value, (low, high)) in enumerate(zip(values, ranges, strict=True)):
            arguments |= {f"value.{n}": value, f"low.{n}": low, f"high.{n}": high}
        law = StepLaw("family", tuple(arguments.items()), lengths=len(ranges), box=box)
        flat = tuple(e for row in directions for e in row)
        found.append(replace(template, displacement=base, intensity=total * rest, law=law, direction=flat))
    return found


def _weighed_apart(
    weights: dict[sp.Expr, list[sp.Expr]], indices: tuple[sp.Symbol, ...]
) -> list[tuple[sp.Expr, list[sp.Expr]]]:
    """(what depends on place, weights) of each law; of several indices every product of weights is a law of its own."""
    if len(indices) == 1:
        return list(weights.items())
    return [
        (rest, [part])
        for rest, shares in weights.items()
        for part in sp.Add.make_args(sp.expand(sp.powdenest(sp.Add(*shares)), power_base=False))
        if part != 0
    ]


def _plain(template: Jump, displacement: tuple[sp.Expr, ...], intensity: sp.Expr) -> Jump:
    return replace(template, displacement=displacement, intensity=intensity, law=None, direction=())


def _guarded(weight: sp.Expr, ranges: list[Range], box: Box, place: Place) -> sp.Expr:
    try:
        return _oriented(factored(total_weight(weight, ranges, box)))
    except SymdiffError as error:
        raise error.located(str(place.at("index"))) from None


def _oriented(value: sp.Expr) -> sp.Expr:
    """The same product with 1 - r in place of -(r - 1), so that its sign can be seen."""
    turned = sp.Integer(1)
    for factor in sp.Mul.make_args(value):
        base, exponent = factor.as_base_exp()
        if base.is_Add and base.could_extract_minus_sign() and exponent.is_Integer:
            turned *= sp.Integer(-1) ** int(exponent) * (-base) ** exponent
        elif base.is_Add and len(base.args) == 2 and exponent.is_Integer and -1 in base.args:
            turned *= sp.Integer(-1) ** int(exponent) * (1 - (base + 1)) ** exponent
        else:
            turned *= factor
    return turned


def _geometry(
    displacement: tuple[sp.Expr, ...], indices: tuple[sp.Symbol, ...], place: Place
) -> tuple[tuple[sp.Expr, ...], list[sp.Expr], list[list[sp.Expr]]]:
    """displacement = base + sum over the indices of value(j) * direction."""
    base = [sp.Integer(0)] * len(displacement)
    values: list[sp.Expr | None] = [None] * len(indices)
    directions = [[sp.Integer(0)] * len(displacement) for _ in indices]
    for i, entry in enumerate(displacement):
        for term in sp.Add.make_args(entry):
            used = [n for n, j in enumerate(indices) if term.has(j)]
            if not used:
                base[i] += term
                continue
            fixed, value = term.as_independent(indices[used[0]], as_Add=False)
            if len(used) > 1 or values[used[0]] not in (None, value):
                raise place.at("displacement").fail(f"the displacement {entry} is no sum of steps along fixed directions",
                                                    'write for example displacement = ["i*h", "j*h"]')  # fmt: skip
            values[used[0]] = value
            directions[used[0]][i] += fixed
    # an index that moves nothing still weighs: its step has no length
    return tuple(base), [j if v is None else v for j, v in zip(indices, values, strict=True)], directions


def _split(
    part: sp.Expr, indices: tuple[sp.Symbol, ...], coordinates: tuple[sp.Symbol, ...]
) -> tuple[sp.Expr, sp.Expr]:
    """A product as (what weighs the index, what depends on place)."""
    weight, rest = sp.Integer(1), sp.Integer(1)
    for factor in sp.Mul.make_args(part):
        if factor.has(*coordinates) or factor.atoms(AppliedUndef):
            rest *= factor
        else:
            weight *= factor
    return weight, rest
