"""Long displayed formulas in lines: broken before a plus or minus that stands outside all brackets, or, where a term alone is
wider than the line, inside its brackets and its numerator, N/D as (1/D)(N), and last between its brackets: (A) times (B)."""

from __future__ import annotations

from symdiff.notation.display.nodes import LARGE, LARGE_SIGNS, Call, Fenced, Fraction, Node, Number, Partial, Row, Sign
from symdiff.report.width import printed_length

RELATIONS = ("=", "≤", "≥", "<", ">", "≠")


def lines_of(node: Node, width: int) -> list[tuple[Node | None, Node]]:
    """The lines of a formula as (left-hand side with its relation, the rest); continued lines have no left-hand side.

    One line where the formula fits, or where it has no place to break.
    """
    if printed_length(node) <= width:
        return [(None, node)]
    node = node if isinstance(node, Row) else Row((node,))
    at = next((i for i, item in enumerate(node.items) if isinstance(item, Sign) and item.text in RELATIONS), None)
    if (
        at is not None and printed_length(Row(node.items[:at])) > width // 2
    ):  # a long left-hand side has lines of its own
        above = _filled(_flat(Row(node.items[:at])), width, 0)
        below = _filled(_flat(Row(node.items[at + 1 :])), width - 4, 0)
        below = [Row((node.items[at], *below[0].items)), *below[1:]]
        return [(None, line) for line in (*above, *below)]
    left = None if at is None else Row(node.items[: at + 1])
    rest = _flat(Row(node.items[at + 1 :]) if at is not None else node)
    found = _filled(rest, width, 0 if left is None else printed_length(left))
    return [(left if n == 0 else None, line) for n, line in enumerate(found)]


def _flat(rest: Row) -> Row:
    while len(rest.items) == 1 and isinstance(rest.items[0], Row):
        rest = rest.items[0]
    return rest


def _filled(rest: Row, width: int, start: int) -> list[Row]:
    """Lines of at most ``width`` characters where there are places to break; ``start`` of them are taken on each line."""
    found: list[list[Node]] = []
    used = start
    parts = [(n > 0, part) for term in _pieces(rest) for n, part in enumerate(_taken_apart(term, width - start))]
    for n, (goes_on, piece) in enumerate(parts):
        size = sum(printed_length(p) + (2 if isinstance(p, Sign) else 0) for p in piece)
        begins = not goes_on and n + 1 < len(parts) and parts[n + 1][0]  # a term of several lines has its first one
        if not found or (found[-1] and (used + size > width or begins)):
            found.append([])
            used = start
        found[-1] += piece
        used += size
    return [Row(tuple(line)) for line in found]


def _taken_apart(piece: list[Node], width: int) -> list[list[Node]]:
    """A term that is too wide: between its brackets where that does, else with its brackets and numerators opened."""
    if sum(map(printed_length, piece)) <= width:
        return [piece]
    found: list[list[Node]] = []
    for chunk in _factors(piece, width):
        wide = sum(map(printed_length, chunk)) > width
        for part in _pieces(_opened(Row(tuple(chunk)), width)) if wide else [chunk]:
            found += _factors(part, width)
    return found


def _factors(piece: list[Node], width: int) -> list[list[Node]]:
    """A term that is wider than the line, in front of its brackets: what stands on another line begins with a times sign."""
    if sum(map(printed_length, piece)) <= width or any(isinstance(p, Sign) and p.text in LARGE_SIGNS for p in piece):
        return [piece]
    items = [
        inner for item in piece for inner in (item.items if isinstance(item, Row) and not _is_sum(item) else (item,))
    ]
    chunks: list[list[Node]] = [[]]
    for n, item in enumerate(items):
        before = items[n - 1] if n else None
        bracket = isinstance(item, (Fenced, Call)) and before is not None and not isinstance(before, Sign)
        if bracket and sum(map(printed_length, [*chunks[-1], item])) > width - 2:
            chunks.append([Sign("×")])
        chunks[-1].append(item)
    return chunks


def _opened(row: Row, width: int) -> Row:
    """The row with the brackets and numerators of terms that are wider than the line taken apart."""
    items: list[Node] = []
    for piece in _pieces(row):
        wide = sum(map(printed_length, piece)) > width
        for item in piece:
            items += _parts(item, width) if wide else [item]
    return Row(tuple(items))


def _parts(node: Node, width: int) -> tuple[Node, ...]:
    if printed_length(node) <= width // 2:
        return (node,)
    if isinstance(node, Row):
        return _opened(node, width).items
    if isinstance(node, Fenced) and node.fences in LARGE and _is_sum(node.inside):
        left, right = LARGE[node.fences]
        return (left, *_opened(_row(node.inside), width).items, right)
    if isinstance(node, Fenced) and node.fences in LARGE and isinstance(node.inside, (Row, Fraction)):
        left, right = LARGE[node.fences]
        return (left, *_parts(node.inside, width), right)
    if isinstance(node, Fraction) and printed_length(node.bottom) <= 0.9 * width:
        above = node.top.items if isinstance(node.top, Row) and not _is_sum(node.top) else (node.top,)
        short = [item for item in above if not (_is_sum(item) or isinstance(item, (Fenced, Fraction, Sign)))]
        long_ = [Fenced("()", item) if _is_sum(item) else item for item in above if item not in short]
        return (Fraction(Row(tuple(short)) if short else Number("1"), node.bottom), *_parts(Row(tuple(long_)), width))
    if isinstance(node, Partial) and not node.on_top:
        return (node._replace(operand=Row(())), *_parts(node.operand, width))
    return (node,)


def _row(node: Node) -> Row:
    return node if isinstance(node, Row) else Row((node,))


def _is_sum(node: Node) -> bool:
    return isinstance(node, Row) and len(_pieces(node)) > 1


MOST_ON_PAPER = 900
"""Characters of a line that can be shrunk to the width of a page; TeX itself has no length beyond some 3,000 of them."""
MOST_LINES = 40
"""Lines of one formula that anybody reads."""


def too_wide_for_paper(node: Node, width: int) -> str:
    """What a page says instead of a formula that no shrinking makes readable, or nothing."""
    if printed_length(node) <= MOST_ON_PAPER:
        return ""
    lines = lines_of(node, width)
    widest = max(printed_length(rest) for _, rest in lines)
    if widest > MOST_ON_PAPER:
        return f"An expression with a line of about {widest} characters, too wide for a page: the .html report and --json show it."
    if len(lines) > MOST_LINES:
        return f"An expression of {len(lines)} lines, too long for a page: the .html report and --json show it."
    return ""


def _pieces(row: Row) -> list[list[Node]]:
    """The terms of a sum, each with the sign before it."""
    pieces: list[list[Node]] = [[]]
    for item in row.items:
        if isinstance(item, Sign) and item.text in "+−" and pieces[-1]:
            pieces.append([])
        pieces[-1].append(item)
    return pieces
