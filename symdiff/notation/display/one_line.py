"""Fractions in one line: in exponents, arguments and fractions a stacked one would be too small to read."""

from __future__ import annotations

import re

from symdiff.notation.display.nodes import Call, Fenced, Fraction, Index, Name, Node, Number, Power, Root, Row, Sign
from symdiff.notation.display.text import to_text

_TOKEN = re.compile(r"\w+|[^\w\s]")
MOST_SIGNS = 40  # of a quotient with a slash: what is longer is read better with its fraction line


def _signs(node: Node) -> int:
    """How many names, numbers and signs stand in a formula, roughly."""
    return len(_TOKEN.findall(to_text(node)))


def in_one_line(node: Node) -> Node:
    """Plain fractions with a slash, which stacked ones would make too small to read; factors behind one come before its slash."""
    node = _inside(node)
    if isinstance(node, Row):
        items: list[Node] = []
        for piece in _pieces(node.items):
            items += _slashed(piece)
        return items[0] if len(items) == 1 else Row(tuple(items))
    return _slash(node) or node if isinstance(node, Fraction) else node


def _inside(node: Node) -> Node:
    """The same within brackets and quotients: 6 (1 - y/H) U y/H."""
    if isinstance(node, Row):
        items = [
            part
            for item in node.items
            for part in (item.items if isinstance(item, Row) and _is_product(item) else (item,))
        ]
        return Row(tuple(_inside(item) for item in items))
    if isinstance(node, Fenced):
        return Fenced(node.fences, in_one_line(node.inside))
    if isinstance(node, Fraction) and _signs(node) <= MOST_SIGNS:
        return Fraction(in_one_line(node.top), in_one_line(node.bottom))
    if isinstance(node, Call):
        return Call(node.function, tuple(in_one_line(a) for a in node.arguments))
    return Power(_inside(node.base), node.exponent) if isinstance(node, Power) else node


def _is_product(node: Row) -> bool:
    """Factors side by side, with a sign at most before them."""
    return not any(isinstance(i, Sign) and i.text != "·" for i in node.items[1:])


def _pieces(items: tuple[Node, ...]) -> list[list[Node]]:
    """What stands between signs: products."""
    pieces: list[list[Node]] = [[]]
    for item in items:
        if isinstance(item, Sign) and item.text != "·":
            pieces += [[item], []]
        else:
            pieces[-1].append(item)
    return [piece for piece in pieces if piece]


def _slashed(piece: list[Node]) -> list[Node]:
    """A product with one fraction: (1/h^2) D(x) is D(x)/h^2."""
    fractions = [item for item in piece if isinstance(item, Fraction)]
    if len(fractions) != 1:
        return piece
    fraction = fractions[0]
    top = [item for item in piece if item is not fraction]
    if top:
        before = [] if fraction.top in (Number("1"), Row((Number("1"),))) else [_unwrapped(fraction.top)]
        fraction = Fraction(Row((*(_in_product(b) for b in before), *top)), fraction.bottom)
    flat = _slash(fraction)
    return piece if flat is None else [flat]


def _slash(fraction: Fraction) -> Node | None:
    """a/b in one line, or nothing where one of the two is too tall for it."""
    top, bottom = _unwrapped(fraction.top), _unwrapped(fraction.bottom)
    if not (_is_flat(top) and _is_flat(bottom)) or _signs(top) + _signs(bottom) > MOST_SIGNS:
        return None
    whole = bottom if isinstance(bottom, (Name, Number, Power, Root, Call, Fenced)) else Fenced("()", bottom)
    return Row((_in_product(top), Sign("/"), whole))


def _unwrapped(part: Node) -> Node:
    return part.items[0] if isinstance(part, Row) and len(part.items) == 1 else part


def _in_product(node: Node) -> Node:
    """A sum in brackets, unless its only sign is the first."""
    if isinstance(node, Row) and any(isinstance(i, Sign) and i.text in "+−" for i in node.items[1:]):
        return Fenced("()", node)
    return node


def within_fraction(node: Node) -> Node:
    """Quotients within a fraction in one line: sin(pi x/L), 1 + a/b."""
    if isinstance(node, Row):
        if len(node.items) == 1 or _signs(node) > MOST_SIGNS:
            return Row(tuple(i if isinstance(i, (Fenced, Fraction)) else within_fraction(i) for i in node.items))
        return in_one_line(node)
    if isinstance(node, (Fenced, Fraction)):
        return in_one_line(node) if _signs(node) <= MOST_SIGNS else node
    if isinstance(node, Call):
        return Call(node.function, tuple(in_one_line(a) for a in node.arguments))
    if isinstance(node, Power):
        return Power(within_fraction(node.base), node.exponent)
    return node


def _is_flat(node: Node) -> bool:
    """What is no taller than a line: names, numbers, sums, products, powers, roots and functions of these."""
    if isinstance(node, Row):
        return all(_is_flat(item) for item in node.items)
    if isinstance(node, (Root, Fenced)):
        return _is_flat(node.inside)
    if isinstance(node, Power):
        return _is_flat(node.base) and _is_flat(node.exponent)
    if isinstance(node, Call):
        return all(_is_flat(a) for a in node.arguments)
    return isinstance(node, (Name, Number, Sign, Index))
