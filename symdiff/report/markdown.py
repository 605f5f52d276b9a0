"""A document as Markdown with TeX mathematics between dollars; figures are embedded as SVG images."""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence

from symdiff.notation.display.latex import to_latex
from symdiff.report.document import (
    BREAK,
    Block,
    Code,
    Display,
    Document,
    Heading,
    Items,
    Line,
    Math,
    Paragraph,
    References,
    Table,
    plain,
)
from symdiff.report.svg import figure_svg

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#+!|$~&])")


def write_markdown(document: Document) -> str:
    """The whole document."""
    return f"# {escape_markdown(document.title)}\n\n{blocks_markdown(document.blocks)}\n"


def blocks_markdown(blocks: Sequence[Block]) -> str:
    """Blocks as Markdown."""
    return "\n\n".join(_block(b, n) for n, b in enumerate(blocks))


def escape_markdown(text: str) -> str:
    r"""Text in which nothing is markup, HTML or mathematics.

    >>> escape_markdown("<b>*x*</b> $y$")
    '\\<b\\>\\*x\\*\\</b\\> \\$y\\$'
    """
    return _SPECIAL.sub(r"\\\1", " ".join(plain(text).split()))


def _line(line: Line) -> str:
    parts = []
    for part in line:
        if isinstance(part, Math):
            parts.append(f"${to_latex(part.node)}$")
        elif isinstance(part, Code):
            parts.append(f"`{plain(part.text).replace('`', '')}`")
        elif part == BREAK:
            parts.append("<br>")
        else:
            lead, trail = part[: len(part) - len(part.lstrip())], part[len(part.rstrip()) :]
            parts.append((" " if lead else "") + escape_markdown(part) + (" " if trail and part.strip() else ""))
    return "".join(parts)


def _block(block: Block, number: int) -> str:
    if isinstance(block, Heading):
        return f"{'#' * (block.level + 1)} {_line(block.shown)}"
    if isinstance(block, Paragraph):
        return _line(block.line)
    if isinstance(block, Display):
        formula = f"$$\n{to_latex(block.node)}\n$$"
        if not block.number:
            return formula
        return f"**Step {block.number}. {escape_markdown(block.title)}.** {_line(block.reason)}\n\n{formula}"
    if isinstance(block, Items):
        return "\n".join(f"- {_line(line)}" for line in block.lines)
    if isinstance(block, References):
        items = "\n".join(f"{n}. {escape_markdown(text)}" for n, (_, text) in enumerate(block.entries, 1))
        return f"{items}\n\n```bibtex\n{block.bibtex.rstrip()}\n```".lstrip()
    if isinstance(block, Table):
        rows = [block.header, *block.rows]
        lines = [
            "| "
            + " | ".join(_line(cell).replace("|", r"\vert ") if _has_math(cell) else _line(cell) for cell in row)
            + " |"
            for row in rows
        ]
        lines.insert(1, "|" + " --- |" * len(block.header))
        caption = f"\n\n{_line(block.caption)}" if block.caption else ""
        return "\n".join(lines) + caption
    picture = base64.b64encode(figure_svg(block, f"figure-{number}").encode()).decode()
    return f"![{escape_markdown(block.description)}](data:image/svg+xml;base64,{picture})\n\n{_line(block.caption)}"


def _has_math(cell: Line) -> bool:
    return any(isinstance(part, Math) for part in cell)
