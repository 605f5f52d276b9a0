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
from symdiff.notation.latex.plain_tex import COMMENT, alive, without_comments

MAX_TEX_BYTES = 2 * 1024 * 1024
MAX_EQUATIONS = 2000
MAX_SHOWN = 200  # characters of a display that is not closed
OF_THE_TEXT = "text"  # named as a model: the next master equation of the text
ALIGNED = (
    "align",
    "flalign",
    "alignat",
    "xalignat",
    "xxalignat",
    "eqnarray",
    "gather",
    "multline",
    "IEEEeqnarray",
    "empheq",
    "dgroup",
)
_DISPLAYS = (
    "equation|align|flalign|alignat|xalignat|xxalignat|eqnarray|gather|multline|displaymath|dmath|dgroup|darray|IEEEeqnarray|empheq|"
    "numcases|subnumcases"
)
_BEGIN = re.compile(
    rf"(?P<display>\\\[)|(?P<dollars>\$\$)|\\begin\s*\{{(?P<name>{_DISPLAYS})(?P<star>\*?)\}}"
    r"|\\begin\s*\{(?P<verbatim>verbatim\*?|Verbatim\*?|lstlisting|minted|comment|filecontents\*?)\}"
    r"|(?P<link>\\(?:url|href|path|nolinkurl)\s*\{[^{}\n\r]*\})"
    r"|\\(?:verb\*?|lstinline|mintinline\s*\{[^{}]*\})(?P<inline>[^A-Za-z\s*])|(?P<line>\\[\\%])|(?P<comment>%[^\n\r]*)"
)
_PARAGRAPH = re.compile(r"(?:\r\n|\r|\n)[ \t]*(?:\r\n|\r|\n)")
_NEWLINE = re.compile(r"\r\n|\r|\n")
_DIRECTIVE = re.compile(
    r"%+\s*symdiff\s*:\s*(?:model\s*=\s*(?P<model>\S+)|(?P<skip>skip)|symbols\s*:?\s*(?P<symbols>\S.*?=\s*\S.*?))\s*$"
)
_SAID = re.compile(r"\\?(?P<name>[A-Za-z][A-Za-z0-9_^{}\\]*)\s*=\s*\\?(?P<meaning>[A-Za-z]\w*)")
_LAYOUT = re.compile(
    r"\\(?:label|tag\*?|vspace\*?|hspace\*?)\s*\{[^{}]*\}|\\(?:nonumber|notag|displaystyle)(?![A-Za-z])"
)


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
    start: int = 0  # offset of the environment
    fault: str = ""  # why it is no equation: an environment that is not closed


def equations_of(text: str, where: str = "") -> tuple[TexEquation, ...]:
    """All displayed equations in order, those that do not end with their fault; raises :class:`UsageError` where the file is too large."""
    if len(text) > MAX_TEX_BYTES:
        raise UsageError(
            f"the text is longer than {MAX_TEX_BYTES} characters", where=where, instead="check it chapter by chapter"
        )
    found: list[TexEquation] = []
    text = alive(text)
    breaks = [m.start() for m in _NEWLINE.finditer(text)]
    plain = without_comments(text)
    macros, own = macros_of(plain), _own_displays(plain)
    begins = _BEGIN if not own else re.compile(f"{_BEGIN.pattern}|(?P<own>{'|'.join(map(re.escape, own))})(?![A-Za-z])")
    at, model, named_at, skip, body_at = 0, "", -1, False, text.find("\\begin{document}")
    said: dict[str, str] = {}
    while True:
        match = begins.search(text, at)
        if match is None:
            return tuple(found)
        at = match.end()
        if match.group("line") or match.group("link"):  # a line break, whose second backslash begins nothing
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
        display = _display(match, own)
        inside = text if match.group("verbatim") else plain
        ends = [(e.start(), e.end(), c) for c in display.closings if (e := c.search(inside, at)) is not None]
        line = bisect_left(breaks, match.start()) + 1
        within = _begins_within(begins, inside, match, min(ends)[0] if ends else len(text))
        if not ends or within is not None:
            fault = f"'{match.group(0)}' is not closed: close it with {display.usual}"
            paragraph = _PARAGRAPH.search(inside, at)
            upto = min(within or len(text), paragraph.start() if paragraph else len(text))
            upto = len(text) if match.group("verbatim") else upto
            latex = _LINES.sub(" ", inside[at:upto]).strip()[:MAX_SHOWN]
            found.append(TexEquation(latex, line, bisect_left(breaks, upto) + 1, upto, model, (), named_at, match.start(), fault))  # fmt: skip
            at = upto
            continue
        end, behind, closing = min(ends, key=lambda e: e[:2])
        body, at = inside[at:end], behind
        if match.group("verbatim"):
            continue
        if skip:
            skip = False
            continue
        latex = _LINES.sub(" ", expanded(display.cleaned(body, closing), macros, match.start()))
        if latex and not _closes_more(latex):
            last = bisect_left(breaks, at) + 1
            found.append(TexEquation(latex, line, last, at, model, tuple(said.items()), named_at, match.start()))
        if len(found) > MAX_EQUATIONS:
            raise UsageError(f"more than {MAX_EQUATIONS} equations", where=where, instead="check it chapter by chapter")


def _begins_within(begins: re.Pattern[str], text: str, opening: re.Match[str], end: int) -> int | None:
    """Where another display begins before this one ends: this one is not closed."""
    if opening.group("verbatim"):
        return None
    for match in begins.finditer(text, opening.end(), end):
        if match.group("display") or (match.group("name") and not match.group("name").startswith("d")):
            return match.start()
    return None


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


def _closes_more(latex: str) -> bool:
    """Whether more braces close than open: half of an environment, in the definition of another, is no equation."""
    level = 0
    for brace in re.findall(r"(?<!\\)[{}]", latex):
        level += 1 if brace == "{" else -1
        if level < 0:
            return True
    return False


@dataclass(frozen=True)
class _Display:
    """A kind of display: what closes it, and what the author's own command for it says before and behind its contents."""

    kind: str
    closings: tuple[re.Pattern[str], ...]
    usual: str
    before: str = ""
    behind: tuple[str, ...] = ()  # for each of the closings
    arguments: int = 0

    def cleaned(self, body: str, closing: re.Pattern[str]) -> str:
        """The contents as the reader knows them."""
        at = 0
        for _ in range(self.arguments):
            group = group_at(body, at)
            at = group[1] if group is not None else at
        behind = dict(zip(self.closings, self.behind, strict=False)).get(closing, "")
        return _cleaned(f"{self.before}{body[at:]}{behind}", self.kind)


def _end_of(name: str) -> re.Pattern[str]:
    return re.compile(rf"\\end\s*\{{\s*{re.escape(name)}\s*\}}")


def _display(match: re.Match[str], own: dict[str, _Display]) -> _Display:
    """What begins here, without a star, and what may close it."""
    if match.group("display"):
        return _Display("", (re.compile(r"\\\]"),), "\\]")
    if match.group("dollars"):
        return _Display("", (re.compile(r"\$\$"),), "$$")
    if "own" in match.re.groupindex and match.group("own"):
        return own[match.group("own")]
    name = match.group("verbatim") or match.group("name")
    full = f"{name}{match.group('star') or ''}"
    return _Display(name, (_end_of(full),), f"\\end{{{full}}}")


_KINDS = "equation|align|flalign|eqnarray|gather|multline|displaymath"
_OPENING = re.compile(rf"\\begin\s*\{{(?P<kind>{_KINDS})(?P<star>\*?)\}}|(?P<bracket>\\\[)|(?P<dollars>\$\$)")
_ENDING = re.compile(rf"\\end\s*\{{(?P<kind>{_KINDS})\*?\}}|(?P<bracket>\\\])|(?P<dollars>\$\$)")
_ENVIRONMENT = re.compile(
    r"\\(?:(?:re)?newenvironment|(?:New|Renew|Provide|Declare)DocumentEnvironment)\*?\s*\{\s*(?P<name>[A-Za-z]+\*?)\s*\}"
    r"\s*(?:\[(?P<count>\d)\])?(?:\[[^\]]{0,200}\])?(?:\{(?P<spec>[mo\s]{0,20})\}(?=\s*\{))?\s*(?=\{)"
)


def _opened(code: str) -> tuple[re.Match[str], str] | None:
    """The display that a piece of code leaves open, and what stands in it already."""
    openings = list(_OPENING.finditer(code))
    opening = openings[-1] if openings else None
    if opening is None or _ENDING.search(code, opening.end()):
        return None
    return opening, code[opening.end() :]


def _closed(code: str) -> tuple[re.Match[str], str] | None:
    """The display that a piece of code closes, and what stands in it before."""
    ending = _ENDING.search(code)
    if ending is None or _OPENING.search(code[: ending.start()]):
        return None
    return ending, code[: ending.start()]


def _own_displays(text: str) -> dict[str, _Display]:
    r"""The author's own names of displays, such as ``\be`` and ``\ee``: what begins one, its kind, and what closes it."""
    begins: dict[str, tuple[str, str, str]] = {}
    ends: dict[str, list[tuple[str, str]]] = {}
    for macro in macros_of(text):
        opened, closed = _opened(macro.body), _closed(macro.body)
        if opened is not None and not opened[0]["dollars"]:
            kind = opened[0]["kind"] or ""
            begins[f"\\{macro.name}"] = (kind, f"\\end{{{kind}{opened[0]['star']}}}" if kind else "\\]", opened[1])
        elif closed is not None and not closed[0]["dollars"]:
            ends.setdefault(closed[0]["kind"] or "", []).append((macro.name, closed[1]))
    found = {}
    for name, (kind, usual, before) in begins.items():
        mine = ends.get(kind, [])
        closings = [re.compile(rf"\\{re.escape(n)}(?![A-Za-z])") for n, _ in mine]
        closings.append(_end_of(usual[5:-1]) if kind else re.compile(r"\\\]"))
        found[name] = _Display(kind, tuple(closings), usual, before, tuple(b for _, b in mine))
    for match in _ENVIRONMENT.finditer(text):
        group = group_at(text, match.end())
        last = group_at(text, group[1]) if group is not None else None
        opened = _opened(group[0]) if group is not None else None
        if opened is None or group is None:
            continue
        name = match.group("name")
        closed = _closed(last[0]) if last is not None else None
        count = int(match.group("count") or 0) + (match.group("spec") or "").count("m")
        found[f"\\begin{{{name}}}"] = _Display(
            opened[0]["kind"] or "",
            (_end_of(name),),
            f"\\end{{{name}}}",
            opened[1],
            (closed[1] if closed else "",),
            count,
        )
    return found


_GROUPED = re.compile(
    r"(?P<between>\\end\s*\{dmath\*?\}\s*\\begin\s*\{dmath\*?\}(?:\[[^\]]*\])?)|\\(?:begin|end)\s*\{dmath\*?\}(?:\[[^\]]*\])?"
)
_INTERTEXT = re.compile(r"(?:\\\\\s*)?\\(?:short)?intertext\s*\{(?:[^{}]|\{[^{}]*\})*\}")


def _cleaned(body: str, environment: str) -> str:
    """Without comments and labels; rows of an alignment as the reader knows them."""
    body = COMMENT.sub(lambda m: m.group("kept") or "", body)
    body = _LAYOUT.sub(" ", body).strip()
    if environment in ("numcases", "subnumcases") and (head := group_at(body, 0)) is not None:
        return f"{head[0]} \\begin{{cases}}{body[head[1] :]}\\end{{cases}}"
    if environment in ALIGNED and body:
        body = _INTERTEXT.sub(r"\\\\ ", body)
        if environment == "multline":
            return re.sub(r"\\\\(\[[^\]]*\])?", " ", body)
        if environment == "IEEEeqnarray":
            body, environment = re.sub(r"^(?:\[[^\]]*\])?\{[^{}]*\}", "", body), "eqnarray"
        if environment == "empheq":
            body = re.sub(r"^(?:\[[^\]]*\])?\s*\{[A-Za-z]+\*?\}", "", body)
        if environment == "dgroup":
            body = _GROUPED.sub(lambda m: r" \\ " if m.group("between") else " ", body)
        if environment.endswith("alignat"):
            body = re.sub(r"^\{\d+\}", "", body)
        if environment == "eqnarray":
            body = re.sub(r"&\s*(=|\\approx|\\sim|\\propto|\\le|\\ge|<|>)\s*&", r"&\1", body)
        return f"\\begin{{aligned}}{body}\\end{{aligned}}" if "\\\\" in body or "&" in body else body
    return body


_ROW = re.compile(r"\\\\(?:\[[^\]]*\])?|\\(?:begin|end)\s*\{[^{}]*\}|(?<!\\)[{}]")
_RELATION = r"(?:[=<>]|\\(?:approx|sim|simeq|propto|leq?|geq?|equiv|to)\b)"
_LEAD = r"(?:[&\s]|\{\s*\}|\\left\s*\.|\\q?quad\b|\\[,;:!])*"
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
