r"""Differentials of vectors, ``d^2\mathbf{r}``, and rates ``w(n \to n+1)``: shapes that end as simpler ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

from symdiff.notation.latex import commands
from symdiff.notation.latex.derivatives import BOLD, is_differential
from symdiff.notation.latex.nodes import (
    Fence,
    Leaf,
    Macro,
    Node,
    Row,
    Scripted,
    base_of,
    children,
    is_command,
    is_op,
    unwrapped,
)
from symdiff.notation.latex.signs import sign_of

if TYPE_CHECKING:
    from symdiff.notation.latex.shapes import Shaper

_RATES = frozenset({"w", "W", "k", "T", "R", "r", "q", "c", "Gamma", "gamma", "Omega", "omega", "p", "P"})


def transition(before: Node, node: Fence) -> Fence | None:
    r"""``w(n \to n+1)`` as ``w(n+1 | n)``; None for other brackets, such as ``P(t\to\infty)``."""
    sign = sign_of(before)
    place = [i for i, n in enumerate(node.body.items) if is_command(n, "to", "rightarrow")]
    if sign is None or sign.name not in _RATES or node.left != "(" or node.gap or len(place) != 1:
        return None
    start, end = node.body.items[: place[0]], node.body.items[place[0] + 1 :]
    first = sign_of(start[0]) if start else None
    limit = any(is_command(n, "infty") for n in end) or (first is not None and first.name == "t")
    number = len(end) == 1 and isinstance(end[0], Leaf) and end[0].kind == "number"
    if first is None or not end or limit or (number and sign.name in ("p", "P")):
        return None
    if any(is_op(n, ",", ";", "|") or (isinstance(n, Leaf) and n.text in commands.RELATIONS) for n in (*start, *end)):
        return None
    return replace(node, body=Row((*end, Leaf("op", "|", node.at), *start), node.body.at))


def without_powers(shaper: Shaper, body: list[Node]) -> list[Node]:
    r"""``d^2 \mathbf{r}`` as ``d\mathbf{r}``: an integral over a vector is kept as one over the sign that stands for it.

    Raises :class:`ExpressionError` where the letter is bold nowhere, and so may also be a number.
    """
    found = list(body)
    for i, (node, following) in enumerate(pairwise(body)):
        power = isinstance(node, Scripted) and node.sup is not None and node.sub is None and not node.primes
        if not power or not is_differential(base_of(node)) or not is_variable(following):
            continue
        letter = base_of(following)
        bold = letter if isinstance(letter, Macro) and letter.name in BOLD else _bold_form(body, letter)
        if bold is None:
            raise shaper.error(node, "an integral over a volume, in a letter that is no vector",
                             "write the variable bold, \\int d^3\\mathbf{r}, or one integral for each coordinate")  # fmt: skip
        shaper.note("an integral over a vector is kept as one over the sign that stands for it")
        found[i] = replace(base_of(node), at=node.at, gap=node.gap)
        found[i + 1] = replace(following, base=bold) if isinstance(following, Scripted) else bold
    return found


def _bold_form(items: Sequence[Node], letter: Node) -> Macro | None:
    """The bold form in which a letter stands somewhere in a row, or in what it holds."""
    for node in items:
        if isinstance(node, Macro) and node.name in BOLD and unwrapped(node.args[0]) == letter:
            return node
        for inner in children(node):
            found = _bold_form(inner.items, letter)
            if found is not None:
                return found
    return None


def with_increments(body: list[Node]) -> list[Node]:
    r"""``d\Delta x`` as ``d(\Delta x)``: an integral over an increment."""
    found: list[Node] = []
    at = 0
    while at < len(body):
        node = body[at]
        found.append(node)
        pair = body[at + 1 : at + 3]
        if is_differential(node) and len(pair) == 2 and is_command(pair[0], "Delta", "delta") and _is_letter(pair[1]):
            found.append(Fence("(", ")", Row(tuple(pair), pair[0].at), pair[0].at, pair[0].gap))
            at += 2
        at += 1
    return found


def _is_letter(node: Node) -> bool:
    return isinstance(node, Leaf) and node.kind == "letter" and node.text != "d" and node.gap < 2


def variable_of(node: Node) -> Row:
    """The variable behind a d, out of its brackets where it is an increment."""
    return node.body if isinstance(node, Fence) else Row((node,), node.at)


def is_variable(node: Node) -> bool:
    if isinstance(node, Fence):
        items = node.body.items
        return node.left == "(" and len(items) == 2 and is_command(items[0], "Delta", "delta") and _is_letter(items[1])
    if isinstance(node, Scripted):
        return node.sup is None and is_variable(node.base)
    if isinstance(node, Macro):
        return node.name in commands.FONTS or node.name in commands.ACCENTS
    return isinstance(node, Leaf) and (
        node.kind == "letter" or (node.kind == "command" and node.text in commands.LETTERLIKE)
    )
