"""A document as one self-contained HTML file: MathML, inline SVG, no script, no external resource."""

from __future__ import annotations

import re
from collections.abc import Sequence

from symdiff.notation.display.mathml import inner_mathml, to_mathml
from symdiff.notation.display.nodes import Row
from symdiff.report.breaking import lines_of
from symdiff.report.document import (
    BREAK,
    Block,
    Code,
    Display,
    Document,
    Figure,
    Heading,
    Items,
    Line,
    Link,
    Paragraph,
    References,
    Table,
    escape_html,
)
from symdiff.report.svg import figure_svg
from symdiff.report.width import printed_length

WIDTH = 74  # characters on a line of the page
INLINE = 30  # a formula inside a line that a phone cannot show
NARROW = (  # a row of a table becomes a list of its named cells
    "@media(max-width:40rem){thead{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}table,tbody,tr,td{display:block}"
    "tr{border-bottom:1px solid var(--rule);padding:.5rem 0}td{border:0;padding:.1rem 0;overflow-x:auto}"
    "td:not(:empty)::before{content:attr(data-label) ': ';color:var(--faint);font-size:.88rem}caption{display:block}"
    "table{display:flex;flex-direction:column}caption{order:1}}"
)
PRINT = (  # nothing scrolls on paper: wide formulas are set smaller, and what belongs together stays on one page
    "@media print{body{max-width:none;margin:0;padding:0;font-size:10.5pt}.display,.scroll,.wide{overflow:visible;background:none}"
    ".long math{font-size:.72em}h2,h3,h4,.step{break-after:avoid}figure,tr,.display:not(.long){break-inside:avoid}"
    "details:not([open]){display:none}}"
)
CUE = (
    "background:linear-gradient(90deg,var(--paper) 40%,transparent) 0/2.4rem 100% no-repeat local,"
    "linear-gradient(270deg,var(--paper) 40%,transparent) calc(100% + 1px) 0/2.4rem 100% no-repeat local,"
    "linear-gradient(90deg,var(--rule),transparent) 0/.7rem 100% no-repeat scroll,"
    "linear-gradient(270deg,var(--rule),transparent) 100%/.7rem 100% no-repeat scroll"
)
"""A shadow at the side where a formula goes on: phones show no bar to scroll with. Two covers move along with the formula."""
STYLE = (
    """
:root{color-scheme:light dark;--ink:#1a1a1a;--paper:#fff;--faint:#666;--rule:#d4d4d4;--soft:#f5f6f8}
@media(prefers-color-scheme:dark){:root{--ink:#e8e8e8;--paper:#16181c;--faint:#a3a3a3;--rule:#3a3d44;--soft:#1f2228}}
body{font:16px/1.55 Georgia,'Times New Roman',serif;color:var(--ink);background:var(--paper);max-width:52rem;margin:2.5rem auto;padding:0 1.2rem}
h1{font-size:1.9rem;line-height:1.2;margin:0 0 .6rem}h2{font-size:1.3rem;margin:2.4rem 0 .6rem;border-bottom:1px solid var(--rule);padding-bottom:.2rem}
h3{font-size:1.05rem;margin:1.6rem 0 .3rem}h4{font-size:.95rem;margin:1.2rem 0 .3rem}p{margin:.5rem 0}math{font-family:'Latin Modern Math','STIX Two Math','Cambria Math',math;font-size:1.06em}
.display{overflow-x:auto;overflow-y:hidden;padding:.35rem 0;margin:.3rem 0;CUE}.step{margin:1.1rem 0 0}.reason{color:var(--faint)}
td math{math-style:normal}caption{caption-side:bottom;text-align:left;color:var(--faint);padding:.5rem 0;font-size:.92rem}
body{overflow-wrap:break-word}pre{white-space:pre-wrap;overflow-wrap:anywhere;font-size:.85rem}
.wide{display:inline-block;max-width:100%;overflow-x:auto;overflow-y:hidden;vertical-align:bottom;CUE}td .wide{max-width:19rem}
a{color:inherit;text-decoration-color:var(--faint);text-underline-offset:.15em}
ul{padding-left:1.3rem;margin:.4rem 0}li{margin:.15rem 0}
.scroll{overflow-x:auto}table{border-collapse:collapse;margin:.8rem 0;font-size:.95rem;width:100%}
th,td{text-align:left;vertical-align:top;padding:.35rem .7rem .35rem 0;border-bottom:1px solid var(--rule)}th{font-weight:600}
figure{margin:1.2rem 0}figure svg{width:100%;height:auto;border:1px solid var(--rule)}figcaption{color:var(--faint);font-size:.92rem}
NARROW
.left-side{text-align:right;padding-right:0}.right-side{text-align:left;padding-left:.15em}.whole,mtd{white-space:nowrap}
code{background:var(--soft);padding:.05rem .25rem;white-space:nowrap}
PRINT
""".replace("NARROW", NARROW)
    .replace("CUE", CUE)
    .replace("PRINT", PRINT)
)
CLOSING = re.compile(r"[.,;:!?)\]]+")
POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"


def write_html(document: Document) -> str:
    """The whole page."""
    blocks = blocks_html(document.blocks)
    title = escape_html(document.title)
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{title}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n<h1>{title}</h1>\n{blocks}\n</main>\n</body>\n</html>\n"
    )


def blocks_html(blocks: Sequence[Block]) -> str:
    """Blocks as an HTML fragment, everything escaped; the sections of a book lie one level below its chapters."""
    top = min((b.level for b in blocks if isinstance(b, Heading)), default=1)
    return "\n".join(_block(b, n, min(top, 1)) for n, b in enumerate(blocks))


def _line(line: Line) -> str:
    """Text and formulas; no line is broken between a formula and the bracket before it or the punctuation after it."""
    parts: list[str] = []
    at = 0
    while at < len(line):
        p = line[at]
        at += 1
        if isinstance(p, Code):
            parts.append(f"<code>{escape_html(p.text)}</code>")
        elif isinstance(p, Link):
            parts.append(f'<a href="#{escape_html(p.target)}">{escape_html(p.text)}</a>')
        elif isinstance(p, str):
            parts.append("<br/>" if p == BREAK else escape_html(p))
        else:
            before, after = "", ""
            if parts and at > 1 and isinstance(line[at - 2], str) and parts[-1].endswith("("):
                before, parts[-1] = "(", parts[-1][:-1]
            if at < len(line) and isinstance(follows := line[at], str) and (found := CLOSING.match(follows)):
                after = found.group()
                line = (*line[:at], follows[len(after) :], *line[at + 1 :])
            shown = f"{before}{to_mathml(p.node)}{after}"
            kind = "wide" if printed_length(p.node) > INLINE else "whole" if before or after else ""
            parts.append(f'<span class="{kind}">{shown}</span>' if kind else shown)
    return "".join(parts)


def _display(block: Display) -> str:
    lines = lines_of(block.node, WIDTH)
    if len(lines) == 1:
        left, rest = lines[0]
        shown = to_mathml(rest if left is None else Row((left, rest)), block=True)
    else:
        rows = "".join(
            f'<mtr><mtd class="left-side">{inner_mathml(left) if left else ""}</mtd>'
            f'<mtd class="right-side">{inner_mathml(rest, continued=n > 0)}</mtd></mtr>'
            for n, (left, rest) in enumerate(lines)
        )
        shown = (
            '<math xmlns="http://www.w3.org/1998/Math/MathML" display="block">'
            f'<mtable displaystyle="true">{rows}</mtable></math>'
        )
    long = max(printed_length(rest) + (printed_length(left) if left else 0) for left, rest in lines) > WIDTH
    return f'<div class="display{" long" if long else ""}">{shown}</div>'


def _block(block: Block, number: int, top: int = 1) -> str:
    if isinstance(block, Heading):
        tag = f"h{block.level - top + 2}"
        anchor = f' id="{escape_html(block.anchor)}"' if block.anchor else ""
        return f"<{tag}{anchor}>{_line(block.shown)}</{tag}>"
    if isinstance(block, Paragraph):
        return f"<p>{_line(block.line)}</p>"
    if isinstance(block, Display):
        head = ""
        if block.number:
            head = (
                f'<p class="step"><strong>Step {block.number}. {escape_html(block.title)}.</strong> '
                f'<span class="reason">{_line(block.reason)}</span></p>'
            )
        return head + _display(block)
    if isinstance(block, Items):
        return "<ul>" + "".join(f"<li>{_line(line)}</li>" for line in block.lines) + "</ul>"
    if isinstance(block, References):
        items = "".join(f'<li id="ref-{escape_html(key)}">{escape_html(text)}</li>' for key, text in block.entries)
        lines = "\n".join(escape_html(line) for line in block.bibtex.splitlines())
        return f"<ol>{items}</ol><details><summary>BibTeX</summary><pre>{lines}</pre></details>"
    if isinstance(block, Table):
        return _table(block)
    return _figure(block, f"figure-{number}")


def _table(block: Table) -> str:
    head = "".join(f'<th scope="col">{_line(cell)}</th>' for cell in block.header)
    names = [escape_html("".join(p for p in cell if isinstance(p, str))) for cell in block.header]
    rows = "".join(
        "<tr>" + "".join(f'<td data-label="{n}">{_line(c)}</td>' for n, c in zip(names, row, strict=True)) + "</tr>"
        for row in block.rows
    )
    caption = f"<caption>{_line(block.caption)}</caption>" if block.caption else ""
    label = "" if caption else f' aria-label="{", ".join(filter(None, names))}"'  # a screen reader lists tables by name
    return (
        f'<div class="scroll"><table{label}>{caption}<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>'
    )


def _figure(block: Figure, identifier: str) -> str:
    return f"<figure>{figure_svg(block, identifier)}<figcaption>{_line(block.caption)}</figcaption></figure>"
