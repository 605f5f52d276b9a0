"""A document as Typst source; all text stands in string literals, where nothing is code."""

from __future__ import annotations

import re

from symdiff.notation.display.nodes import Node
from symdiff.notation.display.typst import to_typst, typst_string
from symdiff.report.breaking import lines_of, too_wide_for_paper
from symdiff.report.document import (
    BREAK,
    Block,
    Code,
    Display,
    Document,
    Heading,
    Inline,
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
from symdiff.report.width import column_shares, line_length, printed_length

WIDTH = 82  # characters on a line of the page
NARROWER = (72, 62)  # for formulas that come out wider than was counted: they are broken again before they are shrunk
IN_A_LINE, IN_A_CELL = 24, 14  # printed length of a formula that no line break may divide
LONG_WORD = 30  # letters of a word that may be divided behind its signs
SHORT = 45  # printed length of a formula that certainly fits on the line
CONTINUED = 'quad "" '  # something stands before the sign with which a line goes on, so that it joins two terms
ON_ONE_PAGE = 12  # rows of a table that is kept together
PREAMBLE = """#set page(paper: "a4", margin: 25mm, numbering: "1")
#set text(size: 10.5pt, font: "Libertinus Serif", lang: "en")
#set par(justify: true)
#set heading(numbering: none)
#show heading: set block(above: 1.6em, below: 0.8em)
#show table: set par(justify: false)
#set table.cell(breakable: false)
#show math.equation.where(block: true): set block(breakable: true)
#let fit(..bodies) = layout(size => {
  for body in bodies.pos() { if measure(body).width <= size.width { return body } }
  let body = bodies.pos().last()
  scale(size.width / measure(body).width * 100%, origin: left, reflow: true, body)
})
"""
CHAPTERS = """#show heading.where(level: 1): set text(size: 17pt, hyphenate: false)
#show heading.where(level: 2): set text(size: 14.7pt)
#show heading.where(level: 3): set text(size: 12.6pt)
"""
TITLE = "#block(below: 1.6em)[#par(justify: false)[#text(size: 17pt, weight: 700, hyphenate: false)"


def write_typst(document: Document) -> str:
    """The whole source."""
    title = _text(document.title)
    top = min((1, *(b.level for b in document.blocks if isinstance(b, Heading))))
    head = (
        f"#set document(title: {typst_string(plain(document.title))}, date: none)\n{PREAMBLE}{'' if top else CHAPTERS}"
    )
    following = (*document.blocks[1:], None)
    body = "\n\n".join(
        _block(b, n, after, top) for n, (b, after) in enumerate(zip(document.blocks, following, strict=True))
    )
    return f"{head}{TITLE}[{title}]]]\n\n{body}\n"


def _text(text: str) -> str:
    return f"#{typst_string(_divisible(plain(text)))};"


def _divisible(text: str) -> str:
    """Words that no line can hold, with places to break."""
    return re.sub(rf"\S{{{LONG_WORD},}}", lambda word: re.sub(r"(?<=[/_.,;&?=-])(?=\w)", "\u200b", word[0]), text)


def _line(line: Line, *, displayed: bool = False) -> str:
    alone = all(isinstance(part, Math) or not part.strip() for part in line if not isinstance(part, (Code, Link)))

    def formula(part: Math) -> str:
        inside = to_typst(part.node)
        if displayed and alone:
            inside = f"display({inside})"
        inside = f"${inside}$"
        if "frac(" in inside:  # a line of text is as high as its letters, whatever fractions stand in it
            inside = f'#text(top-edge: "bounds", bottom-edge: "bounds")[{inside}]'
        return f"#box[{inside}]" if printed_length(part.node) <= (IN_A_CELL if displayed else IN_A_LINE) else inside

    def shown(part: Inline) -> str:
        if isinstance(part, Math):
            return formula(part)
        if isinstance(part, Code):
            return f"#raw({typst_string(plain(part.text))});"
        if isinstance(part, Link):
            page = f"#text(fill: luma(40%))[, p. #context counter(page).at(<{part.target}>).first()]"
            return f"#link(<{part.target}>)[{_text(part.text)}]{page}"
        return "#linebreak();" if part == BREAK else _text(part)

    return "".join(map(shown, line))


def _block(block: Block, number: int, after: Block | None, top: int = 1) -> str:
    if isinstance(block, Heading) and block.level == 0:
        anchor = f" <{block.anchor}>" if block.anchor else ""
        return f"#pagebreak(weak: true)\n#heading(level: 1)[{_text(block.text)}]{anchor}"
    if isinstance(block, Heading):
        return f"#heading(level: {block.level - top + 1})[{_line(block.shown)}]"
    if isinstance(block, Paragraph):
        line = _line(block.line)
        return f"#block(sticky: true)[{line}]" if isinstance(after, (Display, Items, Table)) else line
    if isinstance(block, Display):
        head = f"*Step {block.number}. {_text(block.title)}.* {_line(block.reason)}" if block.number else ""
        return f"{f'#block(sticky: true)[{head}]' if head else ''}\n{_display(block)}"
    if isinstance(block, Items):
        return "#list(" + ", ".join(f"[{_line(line)}]" for line in block.lines) + ")"
    if isinstance(block, References):
        items = ", ".join(f"[{_text(text)}]" for _, text in block.entries)
        return f'#enum(numbering: "[1]", {items})'
    if isinstance(block, Table):
        return _table(block)
    picture = typst_string(figure_svg(block, f"figure-{number}"))
    drawn = f'#image(bytes({picture}), format: "svg", width: 82%)'
    return f"#block(breakable: false, width: 100%)[#align(center)[{drawn}]\n#align(center)[#text(size: 0.9em)[{_line(block.caption)}]]]"


def _display(block: Display) -> str:
    instead = too_wide_for_paper(block.node, WIDTH)
    if instead:
        return _line((instead,))
    if printed_length(block.node) <= SHORT:
        return f"$ {to_typst(block.node)} $"
    if len(lines_of(block.node, WIDTH)) > ON_ONE_PAGE:  # goes on over the page, and stands as it is
        return f"$ {_broken(block.node, NARROWER[0])} $"
    tries = dict.fromkeys(_broken(block.node, width) for width in (WIDTH, *NARROWER))
    return "#fit" + "".join(f"[$ {formula} $]" for formula in tries)


def _broken(node: Node, width: int) -> str:
    """A formula in its lines, aligned where they go on."""
    lines = lines_of(node, width)
    if len(lines) == 1:
        return to_typst(node)
    shown = []
    for n, (left, rest) in enumerate(lines):
        head = f"{to_typst(left)} & " if left else f"& {CONTINUED}" if n else "& "
        shown.append(head + to_typst(rest))
    return " \\\n".join(shown)


def _cell(cell: Line, *, natural: bool) -> str:
    """A cell; formulas that stand alone in a column of a given width are never wider than it."""
    formulas = [part for part in cell if isinstance(part, Math)]
    if (
        natural
        or not formulas
        or any(not isinstance(part, Math) and (isinstance(part, (Code, Link)) or part.strip()) for part in cell)
    ):
        return _line(cell, displayed=True)
    return "".join(
        f"#fit{'[#h(1em)' if n else '['}{_line((part,), displayed=True)}]" for n, part in enumerate(formulas)
    )


def _table(block: Table) -> str:
    cells = [block.header, *block.rows]
    natural = [max(line_length(row[n]) for row in cells) + 2 for n in range(len(block.header))]
    fits = sum(natural) <= WIDTH
    columns = ", ".join(
        ["auto"] * len(natural) if fits else [f"{share:.0f}fr" for share in column_shares(cells, WIDTH)]
    )
    header = ", ".join(f"[*{_line(cell)}*]" for cell in block.header)
    rows = ",\n".join(", ".join(f"[{_cell(cell, natural=fits)}]" for cell in row) for row in block.rows)
    caption = f"\n#text(size: 0.9em)[{_line(block.caption)}]" if block.caption else ""
    across = "top" if any(line_length(cell) > WIDTH for row in block.rows for cell in row) else "horizon"
    rule = "table.hline(stroke: 0.6pt)"
    whole = (
        f"#table(columns: ({columns},), align: left + {across}, stroke: none, inset: (x: 0.5em, y: 0.42em), {rule},\ntable.header({header}), "
        f"{rule},\n{rows},\n{rule})" + caption
    )
    together = fits and len(block.rows) <= ON_ONE_PAGE
    return f"#block(breakable: false)[{whole}]" if together else whole
