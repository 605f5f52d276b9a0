r"""A pasted paragraph: its displayed equations, and the formulas between its words that say something of them, as one formula.

``Let $p$ be ... \[ P(x,t+\tau) = p P(x-a,t) + q P(x+a,t) \] with $q = 1 - p$``; the author's own commands at its start are put in.
"""

from __future__ import annotations

import re

from symdiff.notation.latex.macros import at_the_start, expanded

MAX_PARAGRAPH = 16_000
_COMMENT = re.compile(r"(?<!\\)%[^\n\r]*")
_DISPLAYS = "equation|align|flalign|alignat|eqnarray|gather|multline|displaymath|dmath|math"
_PIECE = re.compile(
    rf"\$\$(?P<dollars>.+?)\$\$|\\\[(?P<display>.+?)\\\]|\\begin\s*\{{(?P<name>{_DISPLAYS})(?P<star>\*?)\}}(?P<body>.*?)\\end\s*\{{(?P=name)(?P=star)\}}"
    r"|\$(?P<inline>[^$]+)\$|\\\((?P<round>.+?)\\\)",
    re.DOTALL,
)
_TEXT = re.compile(
    r"\\(?:emph|textit|textbf|textsl|underline|footnote|eqref|ref|autoref|cref|cite[pt]?|label|section\*?|paragraph\*?)\s*(?:\[[^][{}]*\])?\{[^{}$]*\}"
    r"|\\(?:noindent|par|item|quad|qquad|smallskip|medskip|bigskip|ldots|dots|nonumber)(?![A-Za-z])|\\[ ,%&#_/]|[~{}]\s*(?=$)"
)
_RELATION = re.compile(
    r"[=<>]|\\(?:leq?|geq?|leqslant|geqslant|neq?|to|rightarrow|in|propto|sim|simeq|approx|ll|gg|equiv)(?![A-Za-z])"
)
_BREAK = re.compile(r"[\n\r][ \t\r\n]*(?!(?:abla|eq?|u|ot|otin|i|eg|ewline|onumber|otag|um)(?![A-Za-z]))")
_TAIL = re.compile(r"(?:[\s.,;:]|\\(?:[,;:! ]|quad(?![A-Za-z])|qquad(?![A-Za-z])|label\s*\{[^{}]*\}))+$")
LEFT_OUT = "the words around the formulas are left out"


def formulas_in(text: str) -> tuple[str, tuple[str, ...]]:
    r"""The formulas of a paragraph as one formula, with a note on what is left out; a formula by itself is given back as it is.

    >>> formulas_in(r"The walker obeys $$P_{n+1}(m) = q P_n(m-1) + p P_n(m+1),$$ where $p + q = 1$ and $m$ is the site.")[0]
    'P_{n+1}(m) = q P_n(m-1) + p P_n(m+1) ,\\quad p + q = 1'
    """
    if not isinstance(text, str) or len(text) > MAX_PARAGRAPH:
        return text, ()
    macros, start = at_the_start(text)
    if macros:
        text = expanded(text[start:], macros, start)
    if "$" not in text and "\\[" not in text and "\\(" not in text and "\\begin" not in text:
        return text, ()
    plain = _COMMENT.sub("", text)
    pieces = list(_PIECE.finditer(plain))
    words = _TEXT.sub(" ", _PIECE.sub(" ", plain))
    prose = bool(re.search(r"[A-Za-z]", words))
    if not pieces or (len(pieces) == 1 and not prose) or re.search(r"[\\^_=&$#{}]", words):
        return text, ()
    shown = [p for p in pieces if p.group("inline") is None and p.group("round") is None]
    kept = [p for p in pieces if p in shown or _RELATION.search(p.group())]
    if not kept:
        return text, ()
    found = [formula for p in kept if (formula := _formula(p))]
    return " ,\\quad ".join(found), (LEFT_OUT,) if prose else ()


def _formula(piece: re.Match[str]) -> str:
    """The formula in its delimiters, without the sentence's punctuation; an environment of several lines stays one."""
    body = next(piece.group(g) for g in ("dollars", "display", "body", "inline", "round") if piece.group(g) is not None)
    body = _TAIL.sub("", _BREAK.sub(" ", body).strip(" "))
    if not body or piece.group("name") in (None, "equation", "displaymath", "math", "dmath"):
        return body
    return f"\\begin{{{piece.group('name')}}}{body}\\end{{{piece.group('name')}}}"
