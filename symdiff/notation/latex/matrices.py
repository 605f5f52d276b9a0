r"""Matrices and columns, written out: ``\partial_t \begin{pmatrix} P_+ \\ P_- \end{pmatrix} = ...`` as one equation for each row."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TypeAlias

from symdiff.notation.latex.commands import MATRICES
from symdiff.notation.latex.nodes import (
    Fence,
    Leaf,
    Macro,
    Nabla,
    Node,
    Row,
    Scripted,
    Table,
    base_of,
    is_op,
    unwrapped,
    with_rows,
)
from symdiff.notation.latex.shapes import Shaper

Entries: TypeAlias = tuple[tuple[tuple[Node, ...], ...], ...]  # rows of entries; an entry without nodes is zero
MAX_SIZE = 6
MOST_TERMS = 64
AXES = ("x", "y", "z")
_ADVICE = "write the components as equations"
_BOLD = ("mathbf", "boldsymbol", "bm", "vec", "mathsf", "mathbb", "mathcal", "underline")


def has_matrix(row: Row) -> bool:
    """Whether a matrix stands anywhere in the row."""
    return any(_holds_matrix(node) for node in row.items)


def is_bold(node: Node) -> bool:
    """Whether a symbol is written as a vector or a matrix, bold or with an arrow, with or without a subscript."""
    base = base_of(node)
    return isinstance(base, Macro) and base.name in _BOLD


def rows_of_matrices(sides: Sequence[Row], axes: Sequence[str], shaper: Shaper) -> list[tuple[Row, ...]]:
    """The sides of each row of an equation between columns (or matrices).

    A bold symbol that equals a matrix has its entries along ``axes``: ``D_xx``, ``D_xy``. Raises :class:`ExpressionError` for
    sizes that do not fit, for symbols that stand for matrices inside of products, and for determinants.
    """
    values = [_side(side, shaper) for side in sides]
    sizes = {_size(v) for v in values if isinstance(v, tuple) and v}
    if len(sizes) != 1:
        raise shaper.error(sides[0], "matrices of different size are equated", _ADVICE)
    (size,) = sizes
    entries = [v if isinstance(v, tuple) else ((v.items,),) if size == (1, 1) else _named(v, size, axes, shaper)
               for v in values]  # fmt: skip
    found = []
    for i in range(size[0]):
        for k in range(size[1]):
            cells = [e[i][k] if e else () for e in entries]
            found.append(tuple(Row(c or (_ZERO,), s.at) for c, s in zip(cells, sides, strict=True)))
    return found


_ZERO = Leaf("number", "0")


def _holds_matrix(node: Node) -> bool:
    base = base_of(node)
    if isinstance(base, Table) and base.name in MATRICES:
        return True
    found = False

    def look(row: Row) -> Row:
        nonlocal found
        found = found or has_matrix(row)
        return row

    with_rows(node, look)
    return found


def _matrix(node: Node, shaper: Shaper) -> Entries | None:
    """The entries of a matrix, with or without brackets around it."""
    inner = unwrapped(node)
    if isinstance(inner, Fence) and len(inner.body.items) == 1 and inner.left in ("(", "[", "{"):
        inner = unwrapped(inner.body.items[0])
    if isinstance(inner, Scripted) and isinstance(_matrix(inner.base, shaper), tuple):
        raise shaper.error(node, "a power, an index or a transposition of a matrix", _ADVICE)
    if not isinstance(inner, Table) or inner.name not in MATRICES:
        return None
    width = max(len(row) for row in inner.rows) if inner.rows else 0
    if not width or width > MAX_SIZE or len(inner.rows) > MAX_SIZE or any(len(row) != width for row in inner.rows):
        raise shaper.error(node, "a matrix with rows of different length, or of more than six rows", _ADVICE)
    if any(not cell.items for row in inner.rows for cell in row):
        raise shaper.error(node, "a matrix with an empty entry", "write 0")
    return tuple(tuple(() if _is_zero(cell) else cell.items for cell in row) for row in inner.rows)


def _is_zero(row: Row) -> bool:
    return len(row.items) == 1 and row.items[0] == _ZERO


def _size(entries: Entries) -> tuple[int, int]:
    return len(entries), len(entries[0])


def _side(side: Row, shaper: Shaper) -> Entries | Row:
    """The entries of one side; no entries where it is zero, the side itself where no matrix stands in it."""
    if _is_zero(side):
        return ()
    if not has_matrix(side):
        return side
    terms = [_term(sign, items, shaper) for sign, items in _terms(side)]
    if len({_size(t) for t in terms}) != 1:
        raise shaper.error(side, "matrices of different size are added", _ADVICE)
    rows, columns = _size(terms[0])
    return tuple(tuple(_sum(t[i][k] for t in terms if t[i][k]) for k in range(columns)) for i in range(rows))


def _sum(parts: Iterable[tuple[Node, ...]]) -> tuple[Node, ...]:
    found: list[Node] = []
    for part in parts:
        if found and not is_op(part[0], "+", "-"):
            found.append(Leaf("op", "+", part[0].at))
        found += part
    return tuple(found)


def _terms(row: Row) -> list[tuple[Leaf | None, list[Node]]]:
    """The terms of a sum, each with the sign before it."""
    found: list[tuple[Leaf | None, list[Node]]] = [(None, [])]
    for node in row.items:
        if is_op(node, "+", "-") and isinstance(node, Leaf):
            if found[-1][1] or found[-1][0] is not None:
                found.append((node, []))
            else:
                found[-1] = (node, [])
        else:
            found[-1][1].append(node)
    return found


def _term(sign: Leaf | None, items: Sequence[Node], shaper: Shaper) -> Entries:
    """One term, ``factors M_1 M_2 ... v``: its entries, each led by a sign."""
    places = [n for n, node in enumerate(items) if _matrix(node, shaper) is not None]
    if not places:
        raise shaper.error(items[0] if items else Leaf("op", "+"), "a term without a matrix beside one with", _ADVICE)
    for n, node in enumerate(items):
        bold = isinstance(base_of(node), Macro) and base_of(node).name in _BOLD  # type: ignore[union-attr]
        if n not in places and (_holds_matrix(node) or bold or isinstance(node, Nabla)):
            raise shaper.error(node, "a matrix inside of brackets, or a symbol that stands for one", _ADVICE)
    found = [m for m in (_matrix(node, shaper) for node in items) if m is not None]
    terms = math.prod(_size(m)[0] for m in found[1:])  # of each entry of the product
    if terms > MOST_TERMS:
        raise shaper.error(items[places[0]], "a product of matrices with too many terms", "write it in simpler steps")
    product = found[0]
    for last, place, following in zip(places, places[1:], found[1:], strict=False):
        if _size(product)[1] != _size(following)[0]:
            raise shaper.error(items[place], "matrices whose sizes do not fit are multiplied", _ADVICE)
        product = _product(product, tuple(items[last + 1 : place]), following)
    front, behind = tuple(items[: places[0]]), tuple(items[places[-1] + 1 :])
    lead = () if sign is None else (sign,)
    return tuple(tuple((*lead, *front, *_factor(cell), *behind) if cell else () for cell in row) for row in product)


def _product(first: Entries, between: tuple[Node, ...], second: Entries) -> Entries:
    """The product; what stands ``between`` the matrices, such as a derivative, stays between their entries."""

    def cell(i: int, k: int) -> tuple[Node, ...]:
        pairs = [(first[i][j], second[j][k]) for j in range(len(second)) if first[i][j] and second[j][k]]
        return _sum((*_factor(a), *between, *_factor(b)) for a, b in pairs)

    return tuple(tuple(cell(i, k) for k in range(len(second[0]))) for i in range(len(first)))


def _factor(cell: tuple[Node, ...]) -> tuple[Node, ...]:
    """An entry as a factor: in square brackets, which are never those of arguments, where it is a sum."""
    number = isinstance(cell[0], Leaf) and cell[0].kind == "number"
    if not number and not any(is_op(n, "+", "-", "/") for n in cell):
        return (replace(cell[0], gap=max(cell[0].gap, 1)), *cell[1:])
    return (Fence("[", "[", Row(cell, cell[0].at), cell[0].at, 1),)


def _named(side: Row, size: tuple[int, int], axes: Sequence[str], shaper: Shaper) -> Entries:
    """The entries of a symbol that equals a matrix: ``v_x, v_y``, ``D_xx, D_xy, ...``."""
    if len(side.items) != 1:
        raise shaper.error(side, "a matrix is equated to something that is none", _ADVICE)
    node = side.items[0]
    base = base_of(node)
    if isinstance(node, Scripted) and (node.sup is not None or node.primes):
        raise shaper.error(node, "a matrix is equated to something that is none", _ADVICE)
    letter = unwrapped(base.args[0]) if isinstance(base, Macro) and base.name in _BOLD else base
    count = size[0]
    used = tuple(axes) if axes else AXES[:count]
    if not isinstance(letter, Leaf) or size[1] not in (1, count) or count != len(used):
        raise shaper.error(node, "a matrix is equated to something that is none", _ADVICE)
    shaper.note(f"the entries of {letter.text} are read along {', '.join(used)}")

    def entry(*names: str) -> tuple[Node, ...]:
        below = tuple(Leaf("letter" if len(n) == 1 else "word", n, node.at) for n in names)
        own = (*node.sub.items, Leaf("op", ",", node.at)) if isinstance(node, Scripted) and node.sub is not None else ()
        return (Scripted(letter, Row((*own, *below), node.at), None, 0, node.at),)

    if size[1] == 1:
        return tuple((entry(a),) for a in used)
    return tuple(tuple(entry(a, b) for b in used) for a in used)
