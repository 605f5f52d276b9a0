"""How wide formulas and texts print, roughly, in characters: for line breaks and column widths."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from symdiff.notation.display.latex import to_latex
from symdiff.notation.display.nodes import Node
from symdiff.report.document import BREAK, Code, Line, Link, Math

_FRACTION = re.compile(r"\\frac\{([^{}]*(?:\{[^{}]*\}[^{}]*)*)\}\{([^{}]*(?:\{[^{}]*\}[^{}]*)*)\}")


@lru_cache(maxsize=4096)
def printed_length(node: Node) -> int:
    """The width of a formula; who breaks it into lines asks again and again."""
    return latex_length(to_latex(node))


def latex_length(formula: str) -> int:
    """The width of a formula in LaTeX: a fraction counts its wider half, commands count one, exponents half.

    >>> latex_length(r"\\frac{a}{1 + b}")
    4
    """
    text = formula.replace(r"\qquad", "xxxx")
    text = re.sub(r"\\(left|right|mathrm|,|operatorname|text|displaystyle)", "", text)
    before = ""
    while before != text:
        before = text
        text = _FRACTION.sub(lambda m: max(m.group(1), m.group(2), key=lambda part: len(_bare(part))), text)
    return len(_bare(text))


def _bare(text: str) -> str:
    text = re.sub(r"\\[a-zA-Z]+", "x", text)
    text = re.sub(r"([=+<>]|(?<=[^{(]) -)", r"xx", text)
    return re.sub(r"[{}^_ \\]", "", text)


def _written(part: str | Code | Link) -> str:
    return part if isinstance(part, str) else part.text


def line_length(line: Line) -> int:
    """The width of a line of text and formulas; a displayed formula in a cell is wider than its signs."""
    if BREAK in line:
        at = line.index(BREAK)
        return max(line_length(line[:at]), line_length(line[at + 1 :]))
    return sum(int(1.2 * printed_length(p.node)) if isinstance(p, Math) else len(_written(p)) for p in line)


def longest_word(line: Line) -> int:
    """The width of what cannot be broken."""
    widths = [
        int(1.4 * printed_length(p.node)) if isinstance(p, Math) else max(map(len, _written(p).split()), default=0)
        for p in line
    ]
    return max(widths, default=0)


def column_shares(cells: Sequence[tuple[Line, ...]], width: int) -> list[float]:
    """Widths of columns that do not fit side by side: short ones as they are, the rest of the line for the long ones."""
    columns = range(len(cells[0]))
    natural = [max(line_length(row[n]) for row in cells) + 2 for n in columns]
    least = [min(max(longest_word(row[n]) for row in cells) + 2, width // 3) for n in columns]
    while sum(least) > width:
        least[least.index(max(least))] -= 1
    open_, room = set(columns), float(width)
    while short := {n for n in open_ if natural[n] <= room / len(open_)}:
        room -= sum(natural[n] for n in short)
        open_ -= short
    if not open_ or room < sum(least[n] for n in open_):  # no room is left for what cannot be broken
        spare = [max(n - m, 0) for n, m in zip(natural, least, strict=True)]
        return [m + (width - sum(least)) * s / max(sum(spare), 1) for m, s in zip(least, spare, strict=True)]
    spare = [max(natural[n] - least[n], 0) if n in open_ else 0 for n in columns]
    room -= sum(least[n] for n in open_)
    return [least[n] + room * spare[n] / max(sum(spare), 1) if n in open_ else float(natural[n]) for n in columns]
