"""A document as Markdown with TeX mathematics between dollars; figures are embedded as SVG images."""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence

from symdiff.notation.display.latex import to_latex
from symdiff.notation.display.nodes import Node
from symdiff.report.document import (
    BREAK,
    Block,
    Code,
    Display,
    Document,
    Heading,
    Items,
    Line,
    Link,
    Math,
    Paragraph,
    References,
    Table,
    plain,
)
from symdiff.report.svg import figure_svg

_SPECIAL = re.compile(
    r"([\\`*_{}\[\]<>#+!|$~&]|:(?=//)|(?<=\bwww)\.|^[-=]|(?<=^\d)[.)](?=\s|$)|(?<=^\d\d)[.)](?=\s|$))", re.IGNORECASE
)
"""Signs that begin markup anywhere, and those that do at the beginning of a line or in an address."""
_PUNCTUATION = {
    r"\,": r"\thinspace ",
    r"\;": r"\thickspace ",
    r"\!": r"\negthinspace ",
    r"\{": r"\lbrace ",
    r"\}": r"\rbrace ",
}
VERTICAL, BAR = r"\vert ", r"\|"
_BACKSLASHED = re.compile(r"\\[,;!{}]")


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


def _formula(node: Node) -> str:
    """LaTeX without a backslash before punctuation, which some readers of Markdown take for an escape of their own."""
    return _BACKSLASHED.sub(lambda m: _PUNCTUATION[m.group()], to_latex(node))


def _line(line: Line, *, in_table: bool = False) -> str:
    """A line; in a table no bar ends the cell, in formulas and code either."""
    parts = []
    for part in line:
        if isinstance(part, Math):
            formula = _formula(part.node)
            parts.append(f"${formula.replace('|', VERTICAL) if in_table else formula}$")
        elif isinstance(part, Code):
            typed = plain(part.text).replace("`", "")
            parts.append(f"`{typed.replace('|', BAR) if in_table else typed}`")
        elif isinstance(part, Link):
            parts.append(f"[{escape_markdown(part.text)}](#{part.target})")
        elif part == BREAK:
            parts.append("<br>")
        else:
            lead, trail = part[: len(part) - len(part.lstrip())], part[len(part.rstrip()) :]
            parts.append((" " if lead else "") + escape_markdown(part) + (" " if trail and part.strip() else ""))
    return "".join(parts)


def _block(block: Block, number: int) -> str:
    if isinstance(block, Heading):
        anchor = f'<a id="{block.anchor}"></a>\n\n' if block.anchor else ""
        return f"{anchor}{'#' * (block.level + 1)} {_line(block.shown)}"
    if isinstance(block, Paragraph):
        return _line(block.line)
    if isinstance(block, Display):
        formula = f"$$\n{_formula(block.node)}\n$$"
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
        lines = ["| " + " | ".join(_line(cell, in_table=True) for cell in row) + " |" for row in rows]
        lines.insert(1, "|" + " --- |" * len(block.header))
        caption = f"\n\n{_line(block.caption)}" if block.caption else ""
        return "\n".join(lines) + caption
    picture = base64.b64encode(figure_svg(block, f"figure-{number}").encode()).decode()
    return f"![{escape_markdown(block.description)}](data:image/svg+xml;base64,{picture})\n\n{_line(block.caption)}"
