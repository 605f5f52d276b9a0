r"""The displayed equations of a whole ``.tex`` file, with their lines; nothing is executed and no other file is read.

``\[ \]``, ``$$ $$`` and the environments of amsmath; comments and verbatim text are passed over. ``% symdiff: model = NAME``
on a line of its own says which model the equations after it belong to (``% symdiff: skip`` leaves the next one out).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from symdiff.errors import UsageError
from symdiff.notation.latex.macros import expanded, macros_of

MAX_TEX_BYTES = 2 * 1024 * 1024
MAX_EQUATIONS = 2000
ALIGNED = ("align", "flalign", "alignat", "eqnarray", "gather", "multline")
_BEGIN = re.compile(
    r"(?P<display>\\\[)|(?P<dollars>\$\$)|\\begin\s*\{(?P<name>equation|align|flalign|alignat|eqnarray|gather|multline|displaymath)(?P<star>\*?)\}"
    r"|\\begin\s*\{(?P<verbatim>verbatim\*?|Verbatim\*?|lstlisting|minted|comment|filecontents\*?)\}"
    r"|\\verb\*?(?P<inline>[^A-Za-z\s*])|(?P<line>\\\\)|(?P<comment>(?<!\\)%[^\n\r]*)"
)
_NEWLINE = re.compile(r"\r\n|\r|\n")
_DIRECTIVE = re.compile(r"%+\s*symdiff\s*:\s*(?:model\s*=\s*(?P<model>\S+)|(?P<skip>skip))\s*$")
_LAYOUT = re.compile(
    r"\\(?:label|tag\*?|vspace\*?|hspace\*?)\s*\{[^{}]*\}|\\(?:nonumber|notag|displaystyle)(?![A-Za-z])"
)
_SPACING = re.compile(r"x\s*=\s*[ijkmn]\s*(?:\\[,;! ]|\\cdot)?\s*(?P<name>\\Delta\s*x|\\ell|[a-hl](?![a-z]))")


@dataclass(frozen=True)
class TexEquation:
    """One displayed equation: its text without labels, its lines (from 1), where it ends, and the model named for it."""

    latex: str
    first_line: int
    last_line: int
    end: int  # offset behind the environment
    model: str = ""


def equations_of(text: str, where: str = "") -> tuple[TexEquation, ...]:
    """All displayed equations in order; raises :class:`UsageError` where an environment does not end or the file is too large."""
    if len(text) > MAX_TEX_BYTES:
        raise UsageError(
            f"the text is longer than {MAX_TEX_BYTES} characters", where=where, instead="check it chapter by chapter"
        )
    found: list[TexEquation] = []
    macros = macros_of(_without_comments(text))
    at, model, skip = 0, "", False
    while True:
        match = _BEGIN.search(text, at)
        if match is None:
            return tuple(found)
        at = match.end()
        if match.group("line"):  # a line break, whose second backslash begins nothing
            continue
        if match.group("inline"):
            at = max(text.find(match.group("inline"), at), at - 1) + 1
            continue
        if match.group("comment"):
            directive = _DIRECTIVE.match(match.group("comment").strip())
            if directive:
                model, skip = directive.group("model") or model, skip or bool(directive.group("skip"))
            continue
        closing = _closing(match)
        end = text.find(closing, at)
        line = _line(text, match.start())
        if end < 0:
            raise UsageError(
                f"'{match.group(0)}' in line {line} is not closed", where=where, instead=f"close it with {closing}"
            )
        body, at = text[at:end], end + len(closing)
        if match.group("verbatim"):
            continue
        if skip:
            skip = False
            continue
        latex = expanded(_cleaned(body, match.group("name") or ""), macros, match.start())
        if latex and _is_balanced(latex):
            found.append(TexEquation(latex, line, _line(text, at), at, model))
        if len(found) > MAX_EQUATIONS:
            raise UsageError(f"more than {MAX_EQUATIONS} equations", where=where, instead="check it chapter by chapter")


def _line(text: str, at: int) -> int:
    """The number of a line, from 1, whatever ends it."""
    return sum(1 for _ in _NEWLINE.finditer(text, 0, at)) + 1


def _without_comments(text: str) -> str:
    """The text with comments, and verbatim environments, blanked out, so that offsets stay."""
    text = re.sub(r"(?<!\\)%[^\n\r]*", lambda m: " " * len(m.group(0)), text)
    return re.sub(r"\\begin\{verbatim\}.*?\\end\{verbatim\}", lambda m: " " * len(m.group(0)), text, flags=re.DOTALL)


def _is_balanced(latex: str) -> bool:
    """Whether braces close: half of an environment, in the definition of another, is no equation."""
    level = 0
    for brace in re.findall(r"(?<!\\)[{}]", latex):
        level += 1 if brace == "{" else -1
        if level < 0:
            return False
    return level == 0


def _closing(match: re.Match[str]) -> str:
    if match.group("display"):
        return "\\]"
    if match.group("dollars"):
        return "$$"
    name = match.group("verbatim") or match.group("name") + match.group("star")
    return f"\\end{{{name}}}"


def _cleaned(body: str, environment: str) -> str:
    """Without comments and labels; rows of an alignment as the reader knows them."""
    body = re.sub(r"(?<!\\)%[^\n\r]*", "", body)
    body = _LAYOUT.sub(" ", body).strip()
    if environment in ALIGNED and body:
        if environment == "multline":
            return re.sub(r"\\\\(\[[^\]]*\])?", " ", body)
        if environment == "alignat":
            body = re.sub(r"^\{\d+\}", "", body)
        if environment == "eqnarray":
            body = re.sub(r"&\s*(=|\\approx|\\sim|\\propto|\\le|\\ge|<|>)\s*&", r"&\1", body)
        return f"\\begin{{aligned}}{body}\\end{{aligned}}" if "\\\\" in body or "&" in body else body
    return body


_ROW = re.compile(r"\\\\(?:\[[^\]]*\])?|\\(?:begin|end)\s*\{[^{}]*\}|(?<!\\)[{}]")
_RELATION = r"(?:[=<>]|\\(?:approx|sim|simeq|propto|leq?|geq?|equiv|to)\b)"
_LEAD = r"(?:[&\s]|\\q?quad\b|\\[,;:!])*"
_CONTINUES = re.compile(rf"{_LEAD}(?:{_RELATION}|(?:[+\-]|\\(?:times|cdot)\b)(?!.*{_RELATION}))", re.DOTALL)


def rows_of(latex: str) -> tuple[str, ...]:
    """The statements of an alignment, one a row; a row that begins with a relation or a sign belongs to the one before it."""
    whole = re.fullmatch(r"\\begin\{aligned\}(.*)\\end\{aligned\}", latex, re.DOTALL)
    if whole is None:
        return (latex,)
    rows, start, level = [], 0, 0
    for token in _ROW.finditer(whole[1]):
        mark = token.group()
        if mark.startswith("\\\\"):
            if level == 0:
                rows.append(whole[1][start : token.start()])
                start = token.end()
        else:
            level += 1 if mark == "{" or mark.startswith("\\begin") else -1
    rows.append(whole[1][start:])
    found: list[str] = []
    for row in rows:
        if found and _CONTINUES.match(row):
            found[-1] += row
        elif row.strip():
            found.append(row)
    return tuple(f"\\begin{{aligned}}{row.strip()}\\end{{aligned}}" for row in found)


def lattice_spacing(text: str) -> str:
    r"""The spacing that a text names in ``x = n a`` or ``x = j\Delta x``, as LaTeX; empty where it names none."""
    match = _SPACING.search(text)
    return match.group("name") if match else ""
