"""A document as LaTeX that pdflatex compiles with packages of a small TeX Live."""

from __future__ import annotations

import re

from symdiff.notation.display.latex import to_latex
from symdiff.notation.display.nodes import Node
from symdiff.report.breaking import lines_of, too_wide_for_paper
from symdiff.report.document import (
    BREAK,
    Block,
    Code,
    Display,
    Document,
    Figure,
    Heading,
    Inline,
    Items,
    Line,
    Link,
    Math,
    Paragraph,
    References,
    Table,
)
from symdiff.report.tex_text import escape_tex
from symdiff.report.tikz import colour_definitions, figure_tikz
from symdiff.report.width import column_shares, line_length, printed_length

WIDTH = 76  # characters on a line of the page
NARROWER = 68  # the same for a formula of many lines, which is not shrunk
IN_A_LINE = 14  # printed length of a formula that no line break may divide
LONG_WORD = 30  # letters of a word that may be divided behind its signs
ON_ONE_PAGE = (
    12  # lines of a formula that is kept together, and shrunk where it is too wide; longer ones break over pages
)
FITS = 18  # characters that fit in the narrowest column
STRUT = r"\rule[-2.4ex]{0pt}{6.6ex}"  # the room that a fraction takes above and below its line
QUAD = r"\quad "

PREAMBLE = r"""\documentclass[11pt,a4paper]{article}
\usepackage[T1]{fontenc}
\usepackage[utf8]{inputenc}
\usepackage{lmodern}
\usepackage{textcomp}
\usepackage{amsmath,amssymb}
\usepackage[margin=25mm]{geometry}
\usepackage{longtable,booktabs,array}
\usepackage{xcolor}
\usepackage{tikz}
\usepackage{microtype}
\allowdisplaybreaks
\newsavebox{\fitbox}
\newcommand{\fit}[1]{\sbox{\fitbox}{$\displaystyle #1$}%
  \ifdim\wd\fitbox>\dimexpr\linewidth-0.5em\relax\resizebox{\dimexpr\linewidth-0.5em\relax}{!}{\usebox{\fitbox}}\else\usebox{\fitbox}\fi}
\makeatletter
\newcommand{\room}{\par\penalty-100\begingroup\dimen@ii\pagegoal\advance\dimen@ii-\pagetotal
  \ifdim 7\baselineskip>\dimen@ii\ifdim\dimen@ii>0pt\vfil\fi\break\fi\endgroup} % no heading at the foot of a page
\makeatother
\tolerance=3000
\setlength{\emergencystretch}{4em}
\setlength{\parindent}{0pt}
\setlength{\parskip}{0.5em}
"""


_PARTS = re.compile(r"\\[A-Za-z]+|\\.|.", re.DOTALL)


def write_tex(document: Document) -> str:
    """The whole document."""
    body = "\n\n".join(_block(b) for b in document.blocks)
    title = escape_tex(document.title)
    linked = any(isinstance(b, Heading) and b.anchor for b in document.blocks)
    links = "\\usepackage[hidelinks]{hyperref}\n" if linked else ""
    return (
        f"{PREAMBLE}{links}{colour_definitions()}\n\\begin{{document}}\n{{\\LARGE\\bfseries\\raggedright {title}\\par}}\n\\bigskip\n\n"
        f"{body}\n\n\\end{{document}}\n"
    )


def _line(line: Line, *, displayed: bool = False) -> str:
    def shown(part: Inline) -> str:
        if isinstance(part, Math):
            return _math(part.node, displayed)
        if isinstance(part, Code):
            return rf"\texttt{{{escape_tex(part.text).replace('--', '-{}-')}}}"
        if isinstance(part, Link):
            return rf"\hyperref[{part.target}]{{{escape_tex(part.text)}}}, p.~\pageref{{{part.target}}}"
        return r"\newline " if part == BREAK else _divisible(escape_tex(part))

    alone = all(isinstance(part, Math) or not part.strip() for part in line if not isinstance(part, (Code, Link)))
    displayed = displayed and alone
    return "".join(map(shown, line))


def _divisible(text: str) -> str:
    """Words that no line can hold, with places to break behind their signs."""
    return re.sub(
        rf"\S{{{LONG_WORD},}}", lambda word: re.sub(r"(\\_|[/.,;?=-])(?=\w)", r"\1\\allowbreak{}", word[0]), text
    )


def _math(node: Node, displayed: bool) -> str:
    """A formula in a line; in a cell of a table it is set large, and never wider than the cell."""
    if not displayed:
        return f"${{{to_latex(node)}}}$" if printed_length(node) <= IN_A_LINE else f"${to_latex(node)}$"
    latex = to_latex(node)
    if printed_length(node) > FITS and _breaks(latex):
        return rf"$\displaystyle {latex}$"
    return rf"\fit{{{latex}}}" if printed_length(node) > FITS else rf"$\displaystyle {latex}$"


def _breaks(latex: str) -> bool:
    """Whether TeX breaks a formula by itself into pieces that fit a cell: at signs that stand in no group or bracket."""
    depth, pieces = 0, [0]
    for part in _PARTS.findall(latex):
        depth += (part in ("{", r"\left")) - (part in ("}", r"\right"))
        if depth == 0 and part in ("+", "-", "="):
            pieces.append(0)
        pieces[-1] += part.strip() not in ("", "{", "}", "^", "_", r"\left", r"\right", r"\,")
    return len(pieces) > 2 and max(pieces) <= 28


def _block(block: Block) -> str:
    if isinstance(block, Heading):
        if block.level == 0:
            anchor = _anchor(block) if block.anchor else ""
            return rf"\clearpage{anchor}{{\LARGE\bfseries\raggedright {escape_tex(block.text)}\par}}\bigskip"
        command = "section*" if block.level == 1 else "subsection*"
        return rf"\room\{command}{{{_line(block.shown)}}}"
    if isinstance(block, Paragraph):
        return _line(block.line)
    if isinstance(block, Display):
        return _display(block)
    if isinstance(block, Items):
        entries = "\n".join(rf"\item {_line(line)}" for line in block.lines)
        return f"\\begin{{itemize}}\\setlength{{\\itemsep}}{{0pt}}\n{entries}\n\\end{{itemize}}" if entries else ""
    if isinstance(block, References):
        return _references(block)
    if isinstance(block, Table):
        return _table(block)
    return _figure(block)


def _anchor(block: Heading) -> str:
    """Where links lead to, and an entry of the outline that viewers show."""
    return rf"\phantomsection\label{{{block.anchor}}}\pdfbookmark[0]{{{escape_tex(block.text)}}}{{{block.anchor}}}"


def _references(block: References) -> str:
    """A bibliography, and its BibTeX entries as comments to copy."""
    items = "\n".join(rf"\bibitem{{{key}}} {escape_tex(text)}" for key, text in block.entries)
    listed = f"\\begin{{thebibliography}}{{{len(block.entries)}}}\n{items}\n\\end{{thebibliography}}\n" if items else ""
    comments = "\n".join(f"% {line}".rstrip() for line in block.bibtex.splitlines())
    return f"{{\\renewcommand{{\\section}}[2]{{}}%\n{listed}}}\n% BibTeX of what was used:\n{comments}"


def _display(block: Display) -> str:
    formula = broken(block.node)
    if not block.number:
        return formula
    head = rf"\textbf{{Step {block.number}. {escape_tex(block.title)}.}} {_line(block.reason)}".rstrip()
    return f"{head}\n{formula}"


def broken(node: Node, width: int = WIDTH) -> str:
    """A displayed formula in as many lines as it needs; one that cannot be broken is shrunk to the line."""
    instead = too_wide_for_paper(node, width)
    if instead:
        return f"\\begin{{quote}}{escape_tex(instead)}\\end{{quote}}"
    lines = lines_of(node, width)
    if len(lines) > ON_ONE_PAGE:
        return f"\\begin{{align*}}\n{_aligned(lines_of(node, NARROWER))}\n\\end{{align*}}"
    return f"\\[\n\\fit{{{_in_lines(lines)}}}\n\\]"


def _in_lines(lines: list[tuple[Node | None, Node]]) -> str:
    if len(lines) == 1:
        left, rest = lines[0]
        return f"{to_latex(left)} {to_latex(rest)}" if left else to_latex(rest)
    return f"\\begin{{aligned}}\n{_aligned(lines)}\n\\end{{aligned}}"


def _aligned(lines: list[tuple[Node | None, Node]]) -> str:
    return " \\\\\n".join(
        f"{to_latex(left) + ' {}' if left else ''}&{QUAD if n and left is None else ''} {to_latex(rest)}"
        for n, (left, rest) in enumerate(lines)
    )


def _table(block: Table) -> str:
    rows = [" & ".join(rf"\textbf{{{_line(cell)}}}" for cell in block.header) + r" \\ \midrule\endhead"]
    rows += [
        (STRUT if _tall(row) else "") + " & ".join(_line(cell, displayed=True) for cell in row) + r" \\"
        for row in block.rows
    ]
    body = "\n".join(rows)
    caption = f"\n{{\\small {_line(block.caption)}\\par}}" if block.caption else ""
    return (
        f"{{\\renewcommand{{\\arraystretch}}{{1.3}}\\normallineskip=0.8ex\\normallineskiplimit=0.6ex\n\\begin{{longtable}}[l]{{@{{}}{_columns(block)}@{{}}}}\n\\toprule\n{body}\n"
        f"\\bottomrule\n\\end{{longtable}}}}{caption}"
    )


def _tall(row: tuple[Line, ...]) -> bool:
    """Whether a row holds fractions, which need room above and below."""
    return any(isinstance(p, Math) and r"\frac" in to_latex(p.node) for cell in row for p in cell)


def _columns(block: Table) -> str:
    """Natural widths where these fit; else paragraphs, as wide as their content asks for."""
    cells = [block.header, *block.rows]
    natural = [max(line_length(row[n]) for row in cells) + 2 for n in range(len(block.header))]
    if sum(natural) <= WIDTH and not any(BREAK in cell for row in cells for cell in row):
        return "l" * len(natural)
    share = column_shares(cells, WIDTH)
    total = max(sum(share), WIDTH)
    gaps = 2 * (len(natural) - 1)
    return "".join(
        rf">{{\raggedright\arraybackslash}}p{{\dimexpr {0.999 * w / total:.4f}\linewidth-{gaps * w / total:.3f}\tabcolsep\relax}}"
        for w in share
    )


def _figure(block: Figure) -> str:
    return f"\\begin{{center}}\n{figure_tikz(block)}\n\n{{\\small {_line(block.caption)}\\par}}\n\\end{{center}}"
