r"""A ``.tex`` file without what TeX passes over: comments, verbatim text, dead conditionals; offsets stay what they are."""

from __future__ import annotations

import re

COMMENT = re.compile(
    r"(?P<kept>\\verb\*?(?P<bar>[^A-Za-z\s*])[^\n\r]*?(?P=bar)|\\(?:url|href|path|nolinkurl)\s*\{[^{}\n\r]*\}|\\[^\r\n])|%[^\n\r]*"
)
_VERBATIM = re.compile(r"\\begin\s*\{(?P<name>verbatim\*?|Verbatim\*?|lstlisting|minted|comment|filecontents\*?)\}")
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


def alive(text: str) -> str:
    r"""The text with what TeX would pass over blanked out, so that offsets stay: ``\iffalse ... \fi``, and all behind ``\end{document}``."""
    plain = without_comments(text)
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


def without_comments(text: str) -> str:
    """The text with comments, and verbatim environments, blanked out, so that offsets stay."""
    text = COMMENT.sub(lambda m: m.group("kept") or " " * len(m.group()), text)
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
