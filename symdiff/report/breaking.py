"""Long displayed formulas in lines: broken before a plus or minus that stands outside all brackets."""

from __future__ import annotations

from symdiff.notation.display.nodes import Node, Row, Sign
from symdiff.report.width import printed_length

RELATIONS = ("=", "≤", "≥", "<", ">", "≠")


def lines_of(node: Node, width: int) -> list[tuple[Node | None, Node]]:
    """The lines of a formula as (left-hand side with its relation, the rest); continued lines have no left-hand side.

    One line where the formula fits, or where it has no place to break.
    """
    if printed_length(node) <= width or not isinstance(node, Row):
        return [(None, node)]
    at = next((i for i, item in enumerate(node.items) if isinstance(item, Sign) and item.text in RELATIONS), None)
    left = None if at is None else Row(node.items[: at + 1])
    rest = Row(node.items[at + 1 :]) if at is not None else node
    while len(rest.items) == 1 and isinstance(rest.items[0], Row):
        rest = rest.items[0]
    pieces = _pieces(rest)
    found: list[list[Node]] = []
    used = 0 if left is None else printed_length(left)
    start = used
    for piece in pieces:
        size = sum(printed_length(p) + (2 if isinstance(p, Sign) else 0) for p in piece)
        if not found or (used + size > width and found[-1]):
            found.append([])
            used = start
        found[-1] += piece
        used += size
    return [(left if n == 0 else None, Row(tuple(line))) for n, line in enumerate(found)]


MOST_ON_PAPER = 900
"""Characters of a line that can be shrunk to the width of a page; TeX itself has no length beyond some 3,000 of them."""


def too_wide_for_paper(node: Node, width: int) -> str:
    """What a page says instead of a formula that no shrinking makes readable, or nothing."""
    if printed_length(node) <= MOST_ON_PAPER:
        return ""
    widest = max(printed_length(rest) for _, rest in lines_of(node, width))
    if widest <= MOST_ON_PAPER:
        return ""
    return f"An expression with a line of about {widest} characters, too wide for a page: the .html report and --json show it."


def _pieces(row: Row) -> list[list[Node]]:
    """The terms of a sum, each with the sign before it."""
    pieces: list[list[Node]] = [[]]
    for item in row.items:
        if isinstance(item, Sign) and item.text in "+−" and pieces[-1]:
            pieces.append([])
        pieces[-1].append(item)
    return pieces
