"""A report before it is written: blocks of text, mathematics, tables and figures, the same for every format."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

from symdiff.notation.display.nodes import Node
from symdiff.notation.display.text import to_text


@dataclass(frozen=True)
class Math:
    """A formula inside a line."""

    node: Node


@dataclass(frozen=True)
class Code:
    """A command or an option, as it is typed."""

    text: str


@dataclass(frozen=True)
class Link:
    """Words that lead to the heading whose ``anchor`` is ``target``: letters, digits and hyphens; on paper with its page."""

    text: str
    target: str


BREAK = "\n"
"""A line break inside a cell."""

Inline = str | Math | Code | Link
Line = tuple[Inline, ...]


@dataclass(frozen=True)
class Heading:
    """A heading of level 1 (a section) or 2; of level 0 for the chapters of a book; ``line`` is the text with its mathematics.

    A :class:`Link` leads to its ``anchor``.
    """

    level: int
    text: str
    line: Line = ()
    anchor: str = ""

    @property
    def shown(self) -> Line:
        """What is printed."""
        return self.line or (self.text,)


@dataclass(frozen=True)
class Paragraph:
    """Running text."""

    line: Line


@dataclass(frozen=True)
class Display:
    """A displayed equation, with the reason for it where it is a step of a derivation."""

    node: Node
    title: str = ""
    reason: Line = ()
    number: int = 0


@dataclass(frozen=True)
class Items:
    """A list of short lines."""

    lines: tuple[Line, ...]


@dataclass(frozen=True)
class References:
    """A numbered bibliography: the key of each source and its text; ``bibtex`` is the same for a reference manager."""

    entries: tuple[tuple[str, str], ...]
    bibtex: str


@dataclass(frozen=True)
class Table:
    """A table with a header row."""

    header: tuple[Line, ...]
    rows: tuple[tuple[Line, ...], ...]
    caption: Line = ()


@dataclass(frozen=True)
class Series:
    """Points of a plot: as a curve or as marks; ``colour`` is a number, and an empty label leaves it out of the legend."""

    label: str
    xs: tuple[float, ...]
    ys: tuple[float, ...]
    style: str  # "line", "dashes" or "marks"
    colour: int = 0


@dataclass(frozen=True)
class Figure:
    """A plot of series over one axis pair, with a caption and a description for those who cannot see it."""

    series: tuple[Series, ...]
    x_label: str
    y_label: str
    caption: Line
    description: str
    from_zero: bool = True  # whether the vertical axis shows zero


Block = Heading | Paragraph | Display | Items | References | Table | Figure


@dataclass(frozen=True)
class Document:
    """A report: its title and its blocks, in order; ``model_text`` is the model as TOML, to go on from."""

    title: str
    blocks: tuple[Block, ...]
    model_text: str = ""


def line_text(line: Line) -> str:
    """A line as plain text, its formulas as the terminal prints them."""
    return "".join(
        to_text(part.node) if isinstance(part, Math) else part if isinstance(part, str) else part.text for part in line
    )


NO_BREAK = "\u00a0"
"""A space at which no line is broken."""


def plain(text: str) -> str:
    """Text without characters that control something: a terminal, the direction of writing, a parser."""
    return "".join(c if c.isprintable() or c == NO_BREAK else " " for c in text)


def escape_html(text: str) -> str:
    """Text for HTML and SVG, inside elements and quoted attributes."""
    return escape(plain(text), quote=True)
