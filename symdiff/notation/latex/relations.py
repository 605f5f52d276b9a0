r"""Relations to SymPy: ``=`` and inequalities unevaluated; ``\propto``, ``\approx``, ``\to``, ``\ll`` as formal functions."""

from __future__ import annotations

import re

import sympy as sp

from symdiff.notation.latex import commands
from symdiff.notation.latex.algebra import Operator, Value, Vector
from symdiff.notation.latex.nodes import Leaf, Node, Row
from symdiff.notation.latex.operators import side_of
from symdiff.notation.latex.state import State, function

_INEQUALITIES = {
    "<": sp.StrictLessThan,
    ">": sp.StrictGreaterThan,
    "<=": sp.LessThan,
    ">=": sp.GreaterThan,
    "!=": sp.Unequality,
}
_UNIT = re.compile(r"([xyz])(?:bold|vec)?hat|(?:e|u|n|i)(?:bold|hat|boldhat|vec)_([xyz])")
_BOLD = re.compile(r"(\w+?)(?:bold|vec)")
_FORMAL = {"propto": "Propto", "approx": "Approx", "to": "Tends", "ll": "MuchLess", "gg": "MuchGreater",
           "<~": "AtMostAbout", ">~": "AtLeastAbout"}  # fmt: skip


def relation(state: State, node: Node, sign: str, left: Value, right: Value) -> tuple[sp.Basic, ...]:
    """The equations that ``left sign right`` stands for: one, or one for each component of a vector."""
    if isinstance(left, Operator) or isinstance(right, Operator):
        raise state.error(node, "an operator without its operand stands in an equation", "write what it acts on")
    if isinstance(left, Vector) or isinstance(right, Vector):
        return _by_components(state, node, sign, left, right)
    if sign == "=":
        return _along_unit_vectors(state, left, right) or (sp.Equality(left, right, evaluate=False),)
    if sign in _INEQUALITIES:
        return (_INEQUALITIES[sign](left, right, evaluate=False),)
    if sign == "sim":
        state.warn("\\sim is read as 'proportional to'")
        return (function("Propto")(left, right),)
    if sign == "to" and (side := side_of(right)) is not None:
        state.warn(f"from which side {side[0]} is reached is left out")
        right = side[0]
    return (function(_FORMAL[sign])(left, right),)


def _by_components(state: State, node: Node, sign: str, left: Value, right: Value) -> tuple[sp.Basic, ...]:
    if sign != "=":
        raise state.error(node, "vectors stand in a relation that is no equation", "write it for each component")
    count = (
        len(left.components) if isinstance(left, Vector) else len(right.components) if isinstance(right, Vector) else 0
    )
    sides = []
    for value in (left, right):
        if isinstance(value, Vector):
            sides.append(value.components)
        elif isinstance(value, sp.Expr) and value.is_zero:
            sides.append((sp.S.Zero,) * count)
        else:
            raise state.error(node, "a vector equals a number", "write the equation for each component")
    if len(sides[0]) != len(sides[1]):
        raise state.error(node, "vectors of different length are equated", "write the equation for each component")
    return tuple(sp.Equality(a, b, evaluate=False) for a, b in zip(*sides, strict=True))


def _along_unit_vectors(state: State, left: sp.Expr, right: sp.Expr) -> tuple[sp.Basic, ...]:
    r"""``\mathbf{v} = a \hat{x} + b \hat{y}`` by its components; nothing for other equations."""
    units = {s: m.group(1) or m.group(2) for s in right.free_symbols if (m := _UNIT.fullmatch(s.name))}
    named = _BOLD.fullmatch(left.name) if left.is_Symbol else None
    if not units or named is None:
        return ()
    opened = sp.expand(right)
    parts = {axis: sp.Add(*(sp.diff(opened, s) for s, a in units.items() if a == axis)) for axis in units.values()}
    if sp.expand(opened - sp.Add(*(s * sp.diff(opened, s) for s in units))) != 0 or any(
        p.free_symbols & set(units) for p in parts.values()
    ):
        return ()
    axes = state.facts.coordinates or tuple("xyz"[: 1 + max("xyz".index(a) for a in parts)])
    names = {a: named.group(1) if len(axes) == 1 else f"{named.group(1)}_{a}" for a in axes}
    if not set(parts) <= set(names):
        return ()
    state.warn(f"the components of {named.group(1)} are read as {', '.join(names.values())}")
    for name in (left.name, *(s.name for s in units)):
        state.table.pop((name, "symbol"), None)
    return tuple(sp.Equality(state.symbol(n), parts.get(a, sp.S.Zero), evaluate=False) for a, n in names.items())


def _split_at(row: Row, words: tuple[str, ...]) -> list[Row]:
    """The parts of a condition between connecting words; one of them is never empty."""
    parts: list[list[Node]] = [[]]
    for node in row.items:
        if isinstance(node, Leaf) and node.kind in ("prose", "word", "command", "op") and node.text.strip() in words:
            parts.append([])
        else:
            parts[-1].append(node)
    return [Row(tuple(p), p[0].at) for p in parts] if all(parts) else [row]


def condition_of(state: State, row: Row) -> sp.Basic:
    """A comparison such as ``x < 0``, ``0 \\le x < L`` or ``i \\ne j``, or several with 'and' and 'or' between them; a chain is a conjunction."""
    for words, joined in ((("or", "lor", "vee"), sp.Or), (("and", "land", "wedge"), sp.And)):
        parts = _split_at(row, words)
        if len(parts) > 1:
            return joined(*(condition_of(state, part) for part in parts))
    sides: list[list[Node]] = [[]]
    signs: list[tuple[str, Node]] = []
    for node in row.items:
        sign = commands.RELATIONS.get(node.text) if isinstance(node, Leaf) and node.kind in ("op", "command") else None
        if sign is None:
            sides[-1].append(node)
        else:
            signs.append((sign, node))
            sides.append([])
    if not signs or any(not side for side in sides) or any(s not in _INEQUALITIES and s != "=" for s, _ in signs):
        if any(s in ("ll", "gg", "to", "<~", ">~") for s, _ in signs):
            raise state.error(row, "cases that hold far away from each other only are no function",
                              "write each case as a formula of its own, with its range behind a comma")  # fmt: skip
        raise state.error(row, "a condition that is no comparison", "write for example x < 0 or i \\ne j")
    values = [state.expression(Row(tuple(side), side[0].at)) for side in sides]
    found = [
        relation(state, node, sign, a, b)[0] for (sign, node), a, b in zip(signs, values, values[1:], strict=False)
    ]
    return found[0] if len(found) == 1 else sp.And(*found)
