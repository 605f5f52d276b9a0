"""Short formulas on one line."""

from __future__ import annotations

from collections.abc import Iterable

from symdiff.notation.display.nodes import SEPARATOR, Node, Row
from symdiff.report.document import Block, Display
from symdiff.report.width import printed_length

SHORT = 34  # printed length of a formula that shares its line with others


def joined(nodes: Iterable[Node]) -> list[Block]:
    """Displayed formulas, short ones side by side."""
    lines: list[list[Node]] = []
    used = 0
    for node in nodes:
        size = printed_length(node)
        if lines and size <= SHORT and used + size <= 1.9 * SHORT:
            lines[-1] += [SEPARATOR, node]
            used += size + 4
        else:
            lines.append([node])
            used = size if size <= SHORT else 10**6
    return [Display(line[0] if len(line) == 1 else Row(tuple(line))) for line in lines]
