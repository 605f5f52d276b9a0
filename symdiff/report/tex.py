"""A document as LaTeX that pdflatex compiles with packages of a small TeX Live."""

from __future__ import annotations

from symdiff.notation.display.latex import to_latex
from symdiff.report.document import Block, Display, Document, Figure, Heading, Items, Line, Math, Paragraph, Table
from symdiff.report.tex_text import escape_tex
from symdiff.report.tikz import colour_definitions, figure_tikz

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
\setlength{\emergencystretch}{3em}
\setlength{\parindent}{0pt}
\setlength{\parskip}{0.5em}
"""


def write_tex(document: Document) -> str:
    """The whole document."""
    body = "\n\n".join(_block(b) for b in document.blocks)
    title = escape_tex(document.title)
    return (
        f"{PREAMBLE}{colour_definitions()}\n\\title{{{title}}}\n\\author{{}}\n\\date{{}}\n\\begin{{document}}\n\\maketitle\n\n"
        f"{body}\n\n\\end{{document}}\n"
    )


def _line(line: Line) -> str:
    return "".join(f"${to_latex(part.node)}$" if isinstance(part, Math) else escape_tex(part) for part in line)


def _block(block: Block) -> str:
    if isinstance(block, Heading):
        command = "section*" if block.level == 1 else "subsection*"
        return rf"\{command}{{{escape_tex(block.text)}}}"
    if isinstance(block, Paragraph):
        return _line(block.line)
    if isinstance(block, Display):
        return _display(block)
    if isinstance(block, Items):
        entries = "\n".join(rf"\item {_line(line)}" for line in block.lines)
        return f"\\begin{{itemize}}\\setlength{{\\itemsep}}{{0pt}}\n{entries}\n\\end{{itemize}}" if entries else ""
    if isinstance(block, Table):
        return _table(block)
    return _figure(block)


def _display(block: Display) -> str:
    formula = broken(to_latex(block.node))
    head = (
        rf"\textbf{{Step {block.number}. {escape_tex(block.title)}.}} {escape_tex(block.reason)}"
        if block.number
        else ""
    )
    return f"{head}\n{formula}" if head else formula


def broken(formula: str, width: int = 110) -> str:
    """A displayed formula, broken before a top-level plus or minus where it would run over the line."""
    if _printed_length(formula) <= width:
        return f"\\[\n{formula}\n\\]"
    lines, current, length = [], "", 0
    for piece in _pieces(formula):
        size = _printed_length(piece)
        if current and length + size > width:
            lines.append(current)
            current, length = "", 8
        current += piece
        length += size
    lines.append(current)
    body = " \\\\\n".join(
        [
            lines[0].replace(" = ", " ={}& ", 1) if " = " in lines[0] else "& " + lines[0],
            *(f"&\\quad {x}" for x in lines[1:]),
        ]
    )
    return f"\\begin{{align*}}\n{body}\n\\end{{align*}}"


def _printed_length(formula: str) -> int:
    """About how many characters wide a formula prints: a fraction counts its wider half, commands count one."""
    import re

    text = re.sub(r"\\(left|right|mathrm|,|quad|operatorname)", "", formula)
    text = re.sub(r"\\frac\{([^{}]*(?:\{[^{}]*\}[^{}]*)*)\}\{([^{}]*(?:\{[^{}]*\}[^{}]*)*)\}",
                  lambda m: max(m.group(1), m.group(2), key=len), text)  # fmt: skip
    text = re.sub(r"\\[a-zA-Z]+", "x", text)
    return len(re.sub(r"[{}^_ ]", "", text))


def _pieces(formula: str) -> list[str]:
    """The formula cut before every plus and minus that stands outside all brackets."""
    pieces, start, level, i = [], 0, 0, 0
    while i < len(formula):
        if formula.startswith((r"\left", r"\begin"), i):
            level += 1
        elif formula.startswith((r"\right", r"\end"), i) and not formula.startswith(r"\rightarrow", i):
            level -= 1
        elif formula[i] in "{([" and not _delimiter(formula, i):
            level += 1
        elif formula[i] in "})]" and not _delimiter(formula, i):
            level -= 1
        elif formula.startswith((" + ", " - "), i) and level == 0:
            pieces.append(formula[start : i + 1])
            start = i + 1
        i += 1
    return [*pieces, formula[start:]]


def _delimiter(formula: str, i: int) -> bool:
    """Whether the bracket at i belongs to a \\left or \\right, which has been counted."""
    before = formula[:i]
    return before.endswith((r"\left", r"\right", "\\"))


def _table(block: Table) -> str:
    columns = len(block.header)
    width = f"p{{{0.92 / columns:.3f}\\linewidth}}"
    rows = [" & ".join(rf"\textbf{{{_line(cell)}}}" for cell in block.header) + r" \\ \midrule\endhead"]
    rows += [" & ".join(_line(cell) for cell in row) + r" \\" for row in block.rows]
    body = "\n".join(rows)
    caption = f"\n{escape_tex(block.caption)}" if block.caption else ""
    cells = f">{{\\raggedright\\arraybackslash}}{width}" * columns
    return f"\\begin{{longtable}}{{{cells}}}\n\\toprule\n{body}\n\\bottomrule\n\\end{{longtable}}{caption}"


def _figure(block: Figure) -> str:
    return f"\\begin{{center}}\n{figure_tikz(block)}\n\n\\small {escape_tex(block.caption)}\n\\end{{center}}"
