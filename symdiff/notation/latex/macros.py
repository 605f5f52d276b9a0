r"""The author's own commands in a ``.tex`` file, put in for what they stand for: \newcommand, \def, \DeclareMathOperator.

Definitions are taken as text; nothing is executed, and what would grow without end is left as it stands.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import partial

MAX_DEPTH = 12
MAX_LENGTH = 8_000  # characters of one formula with its commands put in
MAX_MACROS = 1_000  # of one text, the first
_NEW = re.compile(
    r"\\let\s*\\(?P<let>[A-Za-z]+)\s*=?\s*(?P<same>\\[A-Za-z]+)"
    r"|\\(?:New|Renew|Provide|Declare)(?:Expandable)?DocumentCommand\s*\{?\s*\\(?P<document>[A-Za-z]+)\s*\}?\s*\{(?P<spec>(?:[^{}]|\{[^{}]*\}){0,200})\}\s*(?=\{)"
    r"|\\(?:(?:re|provide)?newcommand|DeclareRobustCommand)\*?\s*\{?\s*\\(?P<new>[A-Za-z]+)\s*\}?\s*(?:\[(?P<count>\d)\])?\s*(?:\[(?P<default>[^\]]{0,200})\])?\s*(?=\{)"
    r"|\\providecommand\*?\s*\{?\s*\\(?P<provided>[A-Za-z]+)\s*\}?\s*(?:\[(?P<pcount>\d)\])?\s*(?=\{)"
    r"|\\def\s*\\(?P<plain>[A-Za-z]+)\s*(?P<parameters>(?:#\d)*)\s*(?=\{)"
    r"|\\DeclareMathOperator(?P<star>\*?)\s*\{?\s*\\(?P<operator>[A-Za-z]+)\s*\}?\s*(?=\{)"
    r"|\\DeclarePairedDelimiter\s*\{?\s*\\(?P<delimiter>[A-Za-z]+)\s*\}?\s*\{(?P<left>[^{}]*)\}\s*\{(?P<right>[^{}]*)\}"
)
_NAMED = ("new", "provided", "plain", "operator", "delimiter", "document", "let")
_ARGUMENTS = re.compile(r"(?P<optional>o|O\{(?P<default>[^{}]*)\})?(?P<plain>m{0,9})")
_COMMAND = re.compile(r"\\([A-Za-z]+)\s*")
_WRAPPED = re.compile(r"\\ensuremath\s*(?=\{)|\\xspace(?![A-Za-z])|\\mathop\s*\{\s*\}\s*(?:\\!)?")


@dataclass(frozen=True)
class Macro:
    """A command with ``count`` arguments, the first of which may have a ``default``; defined at ``offset`` of the text."""

    name: str
    count: int
    body: str
    offset: int
    default: str | None = None
    paired: bool = False  # delimiters, which a star stretches


def macros_of(text: str) -> tuple[Macro, ...]:
    """All definitions in a text, in order; ``text`` has no comments."""
    found: list[Macro] = []
    redefined: set[str] | None = None
    for match in _NEW.finditer(text):
        if len(found) >= MAX_MACROS:
            break
        if match.group("let"):
            if redefined is None:
                redefined = {m.group(g) for m in _NEW.finditer(text) for g in _NAMED if m.group(g) and g != "let"}
            found += _same_as(match, found, redefined)
            continue
        name = next(match.group(g) for g in _NAMED if match.group(g))
        if match.group("delimiter"):
            body = f"{match.group('left')} #1 {match.group('right')}"
            found.append(Macro(name, 1, body, match.start(), paired=True))
            continue
        group = group_at(text, match.end())
        if group is None:
            continue
        body = group[0]
        if match.group("operator"):
            found.append(Macro(name, 0, f"\\operatorname{{{body}}}", match.start()))
            continue
        if match.group("document"):
            arguments = _ARGUMENTS.fullmatch(match.group("spec").replace(" ", ""))
            if arguments is not None:
                optional = None if arguments["optional"] is None else arguments["default"] or ""
                count = len(arguments["plain"]) + (optional is not None)
                found.append(Macro(name, count, body, match.start(), optional))
            continue
        count = int(match.group("count") or match.group("pcount") or (match.group("parameters") or "").count("#"))
        found.append(Macro(name, count, body, match.start(), match.group("default")))
    return tuple(found)


def _same_as(match: re.Match[str], known: list[Macro], redefined: set[str]) -> list[Macro]:
    r"""``\let\eps\varepsilon``: what the other command stands for here; none where that is TeX's own and defined anew elsewhere."""
    name, other = match.group("let"), match.group("same")[1:]
    before = next((m for m in reversed(known) if m.name == other), None)
    if before is not None:
        return [replace(before, name=name, offset=match.start())]
    return [] if other in redefined else [Macro(name, 0, f"\\{other}", match.start())]


def at_the_start(text: str) -> tuple[tuple[Macro, ...], int]:
    """The definitions with which a text begins, and where they end."""
    end = 0
    while True:
        match = _NEW.match(text, len(text) - len(text[end:].lstrip()))
        if match is None:
            return macros_of(text[:end]), end
        if match.group("delimiter") or match.group("let"):
            end = match.end()
            continue
        group = group_at(text, match.end())
        if group is None:
            return macros_of(text[:end]), end
        end = group[1]


def expanded(formula: str, macros: tuple[Macro, ...], offset: int) -> str:
    """The formula with the commands defined before ``offset`` put in."""
    known = {m.name: m for m in macros if m.offset < offset}
    for _ in range(MAX_DEPTH):
        longer = _once(formula, known)
        if len(longer) > MAX_LENGTH:
            return formula
        if longer == formula:
            break
        formula = longer
    return _WRAPPED.sub(" ", formula)


def _once(formula: str, known: dict[str, Macro]) -> str:
    pieces: list[str] = []
    at = length = 0
    for match in _COMMAND.finditer(formula):
        macro = known.get(match.group(1))
        if match.start() < at or macro is None:
            continue
        end = match.end() if macro.count or macro.default is not None else match.start() + 1 + len(match.group(1))
        arguments: list[str] = []
        if macro.paired and formula[end : end + 1] == "*":
            end += 1
        if macro.default is not None:
            optional = re.match(r"\[([^\]]*)\]\s*", formula[end:])
            arguments.append(optional.group(1) if optional else macro.default)
            end += optional.end() if optional else 0
        while len(arguments) < macro.count:
            group = group_at(formula, end)
            if group is None:
                break
            arguments.append(group[0])
            end = group[1]
        if len(arguments) < macro.count:
            continue
        body = re.sub(r"#(\d)", partial(_argument, arguments), macro.body)
        tail = " " if re.search(r"\\[A-Za-z]+$", body) else ""
        pieces += [formula[at : match.start()], body + tail]
        length += match.start() - at + len(body) + len(tail)
        at = end
        if length > MAX_LENGTH:
            break
    return "".join([*pieces, formula[at:]])


def _argument(arguments: list[str], match: re.Match[str]) -> str:
    number = int(match.group(1))
    return arguments[number - 1] if 1 <= number <= len(arguments) else ""


def group_at(text: str, at: int) -> tuple[str, int] | None:
    """The braces, the command or the character at a place, without its braces, and where it ends; None at the end."""
    while at < len(text) and text[at].isspace():
        at += 1
    if at >= len(text) or text[at] == "}":
        return None
    if text[at] == "\\":
        match = re.compile(r"\\(?:[A-Za-z]+|.)", re.DOTALL).match(text, at)
        return None if match is None else (match.group(0), match.end())
    if text[at] != "{":
        return text[at], at + 1
    level = 0
    for i in range(at, len(text)):
        if text[i] in "{}" and text[i - 1 : i] != "\\":
            level += 1 if text[i] == "{" else -1
            if level == 0:
                return text[at + 1 : i], i + 1
    return None
