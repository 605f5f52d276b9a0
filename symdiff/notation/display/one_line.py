"""Fractions in one line: in exponents, arguments and fractions a stacked one would be too small to read."""

from __future__ import annotations

from symdiff.notation.display.nodes import Call, Fenced, Fraction, Name, Node, Number, Power, Root, Row, Sign


def in_one_line(exponent: Node) -> Node:
    """Plain fractions in an exponent with a slash, which stacked ones would make too small to read."""
    if isinstance(exponent, Row):
        return Row(tuple(in_one_line(item) if isinstance(item, Fraction) else item for item in exponent.items))
    if not isinstance(exponent, Fraction):
        return exponent
    top, bottom = (part.items[0] if isinstance(part, Row) and len(part.items) == 1 else part for part in exponent)
    if not (_is_flat(top) and _is_flat(bottom)):
        return exponent
    whole = bottom if isinstance(bottom, (Name, Number, Power, Root)) or _is_flat_root(bottom) else Fenced("()", bottom)
    return Row((top, Sign("/"), whole))


def _is_flat_root(node: Node) -> bool:
    """A root in a row of its own."""
    return isinstance(node, Row) and len(node.items) == 1 and isinstance(node.items[0], Root)


def within_fraction(node: Node) -> Node:
    """Arguments of functions within a fraction in one line: sin(pi x/L)."""
    if isinstance(node, Row):
        return Row(tuple(within_fraction(item) for item in node.items))
    if isinstance(node, Call):
        return Call(node.function, tuple(in_one_line(a) for a in node.arguments))
    if isinstance(node, Power):
        return Power(within_fraction(node.base), node.exponent)
    return node


def _is_flat(node: Node) -> bool:
    """Products of names, numbers, roots of these and lengths between bars, and their powers."""
    if isinstance(node, Row):
        return all(_is_flat(item) for item in node.items)
    if isinstance(node, Root):
        return _is_flat(node.inside)
    if isinstance(node, Fenced):
        inside = node.inside.items if isinstance(node.inside, Row) else (node.inside,)
        return node.fences == "||" and all(isinstance(i, Sign) or _is_flat(i) for i in inside)
    if isinstance(node, Power):
        return _is_flat(node.base) and isinstance(node.exponent, (Name, Number))
    return isinstance(node, (Name, Number))
