r"""The displayed equations of a whole ``.tex`` file, with their lines; nothing is executed and no other file is read.

``\[ \]``, ``$$ $$`` and the environments of amsmath; comments and verbatim text are passed over. ``% symdiff: model = NAME``
on a line of its own says which model the equations after it belong to (``model = text``: the next master equation of the text;
``% symdiff: skip`` leaves the next one out), and ``% symdiff: symbols v = c`` what the author's symbols are called there.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from dataclasses import dataclass

from symdiff.errors import UsageError
from symdiff.notation.latex.macros import expanded, group_at, macros_of

MAX_TEX_BYTES = 2 * 1024 * 1024
MAX_EQUATIONS = 2000
OF_THE_TEXT = "text"  # named as a model: the next master equation of the text
ALIGNED = ("align", "flalign", "alignat", "eqnarray", "gather", "multline", "IEEEeqnarray", "empheq")
_BEGIN = re.compile(
    r"(?P<display>\\\[)|(?P<dollars>\$\$)|\\begin\s*\{(?P<name>equation|align|flalign|alignat|eqnarray|gather|multline|displaymath|dmath|IEEEeqnarray|empheq)(?P<star>\*?)\}"
    r"|\\begin\s*\{(?P<verbatim>verbatim\*?|Verbatim\*?|lstlisting|minted|comment|filecontents\*?)\}"
    r"|\\(?:verb\*?|lstinline|mintinline\s*\{[^{}]*\})(?P<inline>[^A-Za-z\s*])|(?P<line>\\\\)|(?P<comment>(?<!\\)%[^\n\r]*)"
)
_VERBATIM = re.compile(r"\\begin\s*\{(?P<name>verbatim\*?|Verbatim\*?|lstlisting|minted|comment|filecontents\*?)\}")
_NEWLINE = re.compile(r"\r\n|\r|\n")
_DIRECTIVE = re.compile(
    r"%+\s*symdiff\s*:\s*(?:model\s*=\s*(?P<model>\S+)|(?P<skip>skip)|symbols\s*:?\s*(?P<symbols>\S.*?=\s*\S.*?))\s*$"
)
_SAID = re.compile(r"\\?(?P<name>[A-Za-z][A-Za-z0-9_^{}\\]*)\s*=\s*\\?(?P<meaning>[A-Za-z]\w*)")
_LAYOUT = re.compile(
    r"\\(?:label|tag\*?|vspace\*?|hspace\*?)\s*\{[^{}]*\}|\\(?:nonumber|notag|displaystyle)(?![A-Za-z])"
)
_SPACING = re.compile(r"x\s*=\s*[ijkmn]\s*(?:\\[,;! ]|\\cdot)?\s*(?P<name>\\Delta\s*x|\\ell|[a-hl](?![a-z]))")


_LINES = re.compile(r"[ \t]*[\n\r\t]+[ \t]*")  # a file breaks lines where it likes


@dataclass(frozen=True)
class TexEquation:
    """One displayed equation: its text without labels, its lines (from 1), where it ends, and the model named for it."""

    latex: str
    first_line: int
    last_line: int
    end: int  # offset behind the environment
    model: str = ""
    symbols: tuple[tuple[str, str], ...] = ()  # what the author's symbols are: names of the model, or roles
    named_at: int = -1  # the line of the comment that names the model


def equations_of(text: str, where: str = "") -> tuple[TexEquation, ...]:
    """All displayed equations in order; raises :class:`UsageError` where an environment does not end or the file is too large."""
    if len(text) > MAX_TEX_BYTES:
        raise UsageError(
            f"the text is longer than {MAX_TEX_BYTES} characters", where=where, instead="check it chapter by chapter"
        )
    found: list[TexEquation] = []
    text = _alive(text)
    breaks = [m.start() for m in _NEWLINE.finditer(text)]
    plain = _without_comments(text)
    macros, own = macros_of(plain), _own_displays(plain)
    begins = _BEGIN if not own else re.compile(f"{_BEGIN.pattern}|(?P<own>{'|'.join(map(re.escape, own))})(?![A-Za-z])")
    at, model, named_at, skip, body_at = 0, "", -1, False, text.find("\\begin{document}")
    said: dict[str, str] = {}
    while True:
        match = begins.search(text, at)
        if match is None:
            return tuple(found)
        at = match.end()
        if match.group("line"):  # a line break, whose second backslash begins nothing
            continue
        if match.group("inline"):
            ends = "}" if match.group("inline") == "{" else match.group("inline")
            at = max(text.find(ends, at), at - 1) + 1
            continue
        if match.group("comment"):
            comment = match.group("comment").strip()
            directive = _DIRECTIVE.match(comment)
            if directive is None and re.match(r"%+\s*symdiff\s*:", comment):
                raise UsageError(f"'{comment[:60]}' says nothing that is known", where=where,
                                 instead="% symdiff: model = NAME, % symdiff: skip, or % symdiff: symbols v = c, D_0 = D")  # fmt: skip
            if directive:
                if directive.group("model"):
                    model, said = directive.group("model"), {}
                    named_at = bisect_left(breaks, match.start()) + 1
                    model = "" if model == OF_THE_TEXT else model
                said = said | _said(directive.group("symbols") or "", where)
                skip = skip or bool(directive.group("skip"))
            continue
        if match.start() < body_at and not match.group("verbatim"):  # in a definition of the preamble
            continue
        name, closings = _named(match, own)
        end, closing = min(((e, c) for c in closings if (e := _next(text, c, at)) >= 0), default=(-1, closings[0]))
        line = bisect_left(breaks, match.start()) + 1
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
        latex = _LINES.sub(" ", expanded(_cleaned(body, name), macros, match.start()))
        if latex and not _closes_more(latex):
            found.append(
                TexEquation(latex, line, bisect_left(breaks, at) + 1, at, model, tuple(said.items()), named_at)
            )
        if len(found) > MAX_EQUATIONS:
            raise UsageError(f"more than {MAX_EQUATIONS} equations", where=where, instead="check it chapter by chapter")


def _said(text: str, where: str) -> dict[str, str]:
    r"""``v = c, \\alpha = damping_rate`` as a table. Raises :class:`UsageError` where a part is none of this form."""
    found = {}
    for part in text.split(",") if text else ():
        match = _SAID.fullmatch(part.strip())
        if match is None:
            raise UsageError(
                f"'{part.strip()[:60]}' does not say what a symbol is",
                where=where,
                instead="% symdiff: symbols v = c, D_0 = D",
            )
        found[re.sub(r"[{}\\]", "", match.group("name"))] = match.group("meaning")
    return found


_CONDITIONALS = [
    "cat",
    "num",
    "dim",
    "odd",
    "vmode",
    "hmode",
    "mmode",
    "inner",
    "void",
    "hbox",
    "vbox",
    "x",
    "eof",
    "true",
    "false",
    "case",
    "defined",
    "csname",
]
_BRANCH = re.compile(r"(?P<new>\\newif\s*)?\\(?P<name>if[A-Za-z@]*|else|fi)(?![A-Za-z@])")


def _alive(text: str) -> str:
    r"""The text with what TeX would pass over blanked out, so that offsets stay: ``\iffalse ... \fi``, and all behind ``\end{document}``."""
    plain = _without_comments(text)
    own = {m.group("name") for m in _BRANCH.finditer(plain) if m.group("new")}
    known = {"if", *(f"if{c}" for c in _CONDITIONALS)} | own
    dead: list[tuple[int, int]] = []
    open_ones: list[
        tuple[str, int]
    ] = []  # the conditional, and where its dead branch begins (-1 where it has none yet)
    for branch in _BRANCH.finditer(plain):
        name = branch.group("name")
        if branch.group("new"):
            continue
        if name in known:
            # \if0 compares two characters, of which the second is another
            zero = name == "if" and re.match(r"\s*0\s*[^0\s]", plain[branch.end() : branch.end() + 9])
            never = name == "iffalse" or bool(zero)
            open_ones.append(("iffalse" if never else name, branch.start() if never else -1))
        elif name == "else" and open_ones:
            kind, start = open_ones[-1]
            if kind == "iffalse":
                dead.append((start, branch.end()))
                open_ones[-1] = (kind, -1)
            elif kind == "iftrue":
                open_ones[-1] = (kind, branch.start())
        elif name == "fi" and open_ones:
            _, start = open_ones.pop()
            if start >= 0:
                dead.append((start, branch.end()))
    last = re.search(r"\\end\s*\{document\}", plain)
    if last is not None:
        dead.append((last.start(), len(text)))
    pieces, at = [], 0
    for start, end in sorted(dead):
        if end > at:
            first = max(start, at)
            pieces += [text[at:first], re.sub(r"[^\r\n]", " ", text[first:end])]
            at = end
    return "".join([*pieces, text[at:]])


def _without_comments(text: str) -> str:
    """The text with comments, and verbatim environments, blanked out, so that offsets stay."""
    text = re.sub(r"(?<!\\)%[^\n\r]*", lambda m: " " * len(m.group(0)), text)
    pieces, at = [], 0
    endless: set[str] = set()  # environments that do not end, so that nobody looks for their ends again
    for match in _VERBATIM.finditer(text):
        name = match.group("name")
        if match.start() < at or name in endless:
            continue
        end = re.compile(rf"\\end\s*\{{{re.escape(name)}\}}").search(text, match.end())
        if end is None:
            endless.add(name)
            continue
        pieces += [text[at : match.start()], " " * (end.end() - match.start())]
        at = end.end()
    return "".join([*pieces, text[at:]])


def _closes_more(latex: str) -> bool:
    """Whether more braces close than open: half of an environment, in the definition of another, is no equation."""
    level = 0
    for brace in re.findall(r"(?<!\\)[{}]", latex):
        level += 1 if brace == "{" else -1
        if level < 0:
            return True
    return False


def _named(match: re.Match[str], own: dict[str, tuple[str, tuple[str, ...]]]) -> tuple[str, tuple[str, ...]]:
    """The kind of a display, without a star, and what may close it."""
    if match.group("display"):
        return "", ("\\]",)
    if match.group("dollars"):
        return "", ("$$",)
    if "own" in match.re.groupindex and match.group("own"):
        return own[match.group("own")]
    name = match.group("verbatim") or match.group("name")
    return name, (f"\\end{{{name}{match.group('star') or ''}}}",)


def _next(text: str, closing: str, at: int) -> int:
    """The next place of what closes a display; a command ends where its letters end."""
    if not closing[-1:].isalpha():
        return text.find(closing, at)
    found = re.compile(re.escape(closing) + "(?![A-Za-z])").search(text, at)
    return found.start() if found else -1


_OPENING = re.compile(
    r"\s*(?:\\begin\s*\{(equation|align|flalign|eqnarray|gather|multline|displaymath)\*?\}|(\\\[)|(\$\$))\s*"
)
_ENDING = re.compile(
    r"\s*(?:\\end\s*\{(equation|align|flalign|eqnarray|gather|multline|displaymath)\*?\}|(\\\])|(\$\$))\s*"
)
_ENVIRONMENT = re.compile(r"\\(?:re)?newenvironment\*?\s*\{(?P<name>[A-Za-z]+\*?)\}\s*(?=\{)")


def _own_displays(text: str) -> dict[str, tuple[str, tuple[str, ...]]]:
    r"""The author's own names of displays, such as ``\be`` and ``\ee``: what begins one, its kind, and what closes it."""
    begins: dict[str, str] = {}
    ends: dict[str, list[str]] = {}
    for macro in macros_of(text):
        opening, ending = _OPENING.fullmatch(macro.body), _ENDING.fullmatch(macro.body)
        if opening is not None and opening.group(0).strip() != "$$":
            begins[f"\\{macro.name}"] = opening[1] or ""
        elif ending is not None and ending.group(0).strip() != "$$":
            ends.setdefault(ending[1] or "", []).append(f"\\{macro.name}")
    found = {}
    for name, kind in begins.items():
        usual = f"\\end{{{kind}}}" if kind else "\\]"
        found[name] = (kind, (*ends.get(kind, ()), usual))
    for match in _ENVIRONMENT.finditer(text):
        group = group_at(text, match.end())
        opening = _OPENING.fullmatch(group[0]) if group is not None else None
        if opening is not None:
            name = match.group("name")
            found[f"\\begin{{{name}}}"] = (opening[1] or "", (f"\\end{{{name}}}",))
    return found


_INTERTEXT = re.compile(r"(?:\\\\\s*)?\\(?:short)?intertext\s*\{(?:[^{}]|\{[^{}]*\})*\}")


def _cleaned(body: str, environment: str) -> str:
    """Without comments and labels; rows of an alignment as the reader knows them."""
    body = re.sub(r"(?<!\\)%[^\n\r]*", "", body)
    body = _LAYOUT.sub(" ", body).strip()
    if environment in ALIGNED and body:
        body = _INTERTEXT.sub(r"\\\\ ", body)
        if environment == "multline":
            return re.sub(r"\\\\(\[[^\]]*\])?", " ", body)
        if environment == "IEEEeqnarray":
            body, environment = re.sub(r"^(?:\[[^\]]*\])?\{[^{}]*\}", "", body), "eqnarray"
        if environment == "empheq":
            body = re.sub(r"^(?:\[[^\]]*\])?\s*\{[A-Za-z]+\*?\}", "", body)
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
    rows, start, level, body = [], 0, 0, whole[1]
    for token in _ROW.finditer(body):
        mark = token.group()
        if mark.startswith("\\\\"):
            if level == 0:
                rows.append(body[start : token.start()])
                start = token.end()
        else:
            level += 1 if mark == "{" or mark.startswith("\\begin") else -1
    rows.append(body[start:])
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


_INLINE = re.compile(r"(?<![\\$])\$(?P<dollars>[^$\n]{3,200})\$(?!\$)|\\\((?P<round>.{3,200}?)\\\)")
_DEFINITION = re.compile(r"\s*\\?[A-Za-z]+(?:_(?:[A-Za-z0-9]|\{[A-Za-z0-9+\-]{1,12}\}))?\s*=[^=<>]+")
MAX_DEFINITIONS = 200


def definitions_of(text: str) -> tuple[tuple[int, str], ...]:
    r"""The formulas between the words that say what a symbol is, ``$q = 1 - p$``, with the place where each ends."""
    plain = _without_comments(_alive(text[:MAX_TEX_BYTES]))
    macros = macros_of(plain)
    found = []
    for match in _INLINE.finditer(plain):
        latex = match.group("dollars") or match.group("round")
        if _DEFINITION.fullmatch(latex):
            found.append((match.end(), expanded(latex.strip(), macros, match.start())))
    return tuple(found[:MAX_DEFINITIONS])
