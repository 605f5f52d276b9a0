"""Text to TeX tokens: the mathematics delimiters taken off, spaces turned into gaps, whatever is no formula refused."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass, replace

from symdiff.errors import ExpressionError
from symdiff.notation import limits
from symdiff.notation.latex import commands

MAX_CHARACTERS = 4_000
MAX_TOKENS = 1_500
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_COMMAND = re.compile(r"\\([A-Za-z]+)\*?|\\(.)", re.DOTALL)
_PLAIN_WORD = re.compile(r"\s*\{([^{}\\$]*)\}")
_UPRIGHT_DIFFERENTIAL = re.compile(r"\\mathrm\s*\{\s*d\s*([a-zA-Z])\s*\}")
_WRAPPERS = (("$$", "$$"), ("$", "$"), ("\\[", "\\]"), ("\\(", "\\)"))
_OPERATORS = frozenset("+-*/=<>,;:!|.()[]")


@dataclass(frozen=True, slots=True)
class Token:
    """One TeX token; ``kind`` is letter, digit, op, command, word, prose, or a single character of TeX's own."""

    kind: str
    text: str
    at: int
    gap: int = 0


def fail(text: str, at: int, message: str, instead: str = "") -> ExpressionError:
    """An error that names the column."""
    shown = text if len(text) <= 80 else text[:77] + "..."
    shown = _CONTROL.sub("?", shown)
    return ExpressionError(
        _CONTROL.sub("?", message), where=f"column {min(at, len(text)) + 1} of '{shown}'", instead=instead
    )


def tokens_of(text: str) -> tuple[Token, ...]:
    """The tokens of a formula. Raises :class:`ExpressionError` for what is too long, no TeX, or refused by name."""
    check_characters(text)
    start, end = _formula_span(text)
    found: list[Token] = []
    at, gap = start, 0
    while at < end:
        character = text[at]
        if character.isspace() or character == "~" or character in commands.UNICODE_SPACES:
            at, gap = at + 1, max(gap, 1)
            continue
        if character == "%" and "\\begin{" in text:
            at = (text.find("\n", at) + 1) or end
            continue
        upright = _UPRIGHT_DIFFERENTIAL.match(text, at, end)
        if upright:
            found += [Token("word", "d", at, gap), Token("letter", upright.group(1), upright.start(1))]
            at, gap = upright.end(), 0
            continue
        if text.startswith("...", at, end):
            found.append(Token("command", "dots", at, gap))
            at, gap = at + 3, 0
            continue
        token, following = _token(text, at, end, gap)
        if token is None:
            gap = 2 if _is_space(text, at) else gap
        else:
            found.append(token)
            gap = 0
        at = following
    if len(found) > MAX_TOKENS:
        raise ExpressionError(f"the formula has more than {MAX_TOKENS} parts", instead="split it into several")
    return _with_norms(found)


def _with_norms(tokens: list[Token]) -> tuple[Token, ...]:
    r"""``\| ... \|`` as an opening and a closing bracket, by turns, where no ``\left`` or ``\right`` says which it is."""
    opening, found = True, []
    for before, token in zip([None, *tokens], tokens, strict=False):
        sized = before is not None and before.text in ("left", "right")
        if token.text == "Vert" and token.kind == "command" and not sized:
            token, opening = replace(token, text="lVert" if opening else "rVert"), not opening
        found.append(token)
    return tuple(found)


_UNIT = re.compile(
    r"(?<![\d}_^.])\d[\d.]{0,30}(?:(?:\s*\\times\s*10)?\^(?:\{[-+]?\d+\}|\d))?(?P<space>(?:\\[,;:> ]|~|\s){0,6})(?:\\mu|µ|μ)?(?:\\,|~|\s){0,6}"
    r"(?:\\(?:mathrm|text|textrm|operatorname|mathsf)\s*\{|\{\\rm\s)\s*(?:\\mu\s*|µ|μ|/)*(?P<unit>[A-Za-z]+)(?P<next>.)"
)
_SHORT_UNITS = frozenset(["m", "s", "K", "J"])
_LONG_UNITS = frozenset(
    [
        "cm",
        "mm",
        "nm",
        "km",
        "um",
        "pm",
        "ms",
        "ns",
        "ps",
        "fs",
        "kg",
        "mg",
        "Hz",
        "kHz",
        "MHz",
        "Pa",
        "mol",
        "eV",
        "meV",
        "day",
        "days",
        "hours",
        "metres",
        "seconds",
    ]
)


def check_units(text: str, declared: frozenset[str]) -> None:
    r"""Refuse ``20\,\mu\mathrm{m}^2/\mathrm{s}``: letters of units would be read as quantities."""
    for found in _UNIT.finditer(text) if "\\" in text else ():
        unit = found.group("unit")
        # an upright letter that closes its braces right behind a number may be a symbol: 2\mathrm{s}
        close = not found.group("space") and "\\mu" not in found.group() and found.group("next") == "}"
        if unit not in declared and (unit in _LONG_UNITS or (unit in _SHORT_UNITS and not close)):
            raise fail(text, found.start("unit"), f"the unit {unit} stands behind a number", commands.UNITS)


def check_characters(text: str) -> None:
    """Refuse what is too long, and control characters: TOML makes them out of LaTeX in double quotes."""
    if not isinstance(text, str):
        raise ExpressionError(f"LaTeX is a string, not {type(text).__name__}")
    if len(text) > MAX_CHARACTERS:
        limits.check_length(text)
        raise ExpressionError(
            f"the formula has {len(text)} characters; at most {MAX_CHARACTERS} are read",
            instead="split it into several",
        )
    # \begin{ cannot survive an escape, so a text that has it was not damaged by one
    layout = "\n\r\t" if "\\begin{" in text else ""
    for found in _CONTROL.finditer(text):
        if found.group() not in layout:
            raise fail(
                text, found.start(), f"a control character (code {ord(found.group())})",
                "in TOML, put LaTeX in single quotes: '\\tau'; in double quotes \\t, \\n, \\f, \\b, \\r are escapes. "
                "A formula of several lines stands in \\begin{align} ... \\end{align}",
            )  # fmt: skip


def _formula_span(text: str) -> tuple[int, int]:
    start, end = _trimmed(text, 0, len(text))
    for left, right in _WRAPPERS:
        if text.startswith(left, start):
            if end - start < len(left) + len(right) or not text.endswith(right, start, end):
                raise fail(text, start, f"'{left}' is opened but not closed", f"one formula between {left} and {right}")
            start, end = _trimmed(text, start + len(left), end - len(right))
            break
    if start >= end:
        raise fail(text, start, "there is no formula", "write for example 'D = \\frac{a^2}{2\\tau}'")
    return start, end


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    while start < end and text[start].isspace():
        start += 1
    while end > start and (text[end - 1].isspace() or (text[end - 1] in ".,;" and not _escaped(text, end - 1))):
        if text.endswith("...", start, end) and not text.endswith("....", start, end):
            break  # omitted terms
        end -= 1
    return start, end


def _escaped(text: str, at: int) -> bool:
    count = 0
    while at - count - 1 >= 0 and text[at - count - 1] == "\\":
        count += 1
    return count % 2 == 1 or text.endswith(("\\left", "\\right"), 0, at)


def _is_space(text: str, at: int) -> bool:
    found = _COMMAND.match(text, at)
    return bool(found) and (found.group(1) or found.group(2)) in commands.THIN_SPACES  # type: ignore[union-attr]


def _token(text: str, at: int, end: int, gap: int) -> tuple[Token | None, int]:
    character = text[at]
    if character in commands.UNICODE:
        spelled = commands.UNICODE[character]
        return (Token("command", spelled[1:], at, gap) if spelled[0] == "\\" else _simple(spelled, at, gap)), at + 1
    if character == "\\":
        return _command(text, at, end, gap)
    if character.isascii() and (character.isalnum() or character in _OPERATORS or character in "{}^_&'"):
        return _simple(character, at, gap), at + 1
    if character in '$#@%"`?':
        instead = {"%": "\\% is no part of a formula, and comments are read inside environments only",
                   "$": "one formula at a time, $ only around all of it"}  # fmt: skip
        raise fail(text, at, f"'{character}' is not allowed in a formula", instead.get(character, "leave it out"))
    raise fail(text, at, f"'{character}' (U+{ord(character):04X}) is not read", "write it as a LaTeX command")


def _simple(character: str, at: int, gap: int) -> Token:
    if character.isalpha():
        return Token("letter", character, at, gap)
    if character.isdigit():
        return Token("digit", character, at, gap)
    return Token("op" if character in _OPERATORS else character, character, at, gap)


def _command(text: str, at: int, end: int, gap: int) -> tuple[Token | None, int]:
    found = _COMMAND.match(text, at, end)
    if not found:
        raise fail(text, at, "the formula ends with a backslash", "leave it out")
    name, symbol = found.group(1), found.group(2)
    after = found.end()
    if symbol is not None:
        return _symbol(text, at, symbol, after, gap)
    if name in commands.REFUSED:
        raise fail(
            text, at, f"\\{name} is refused: a formula has no need of TeX programming", "write the formula itself"
        )
    if name in commands.REFUSED_MATHEMATICS:
        raise fail(text, at, f"\\{name} is not read", commands.REFUSED_MATHEMATICS[name] or "write it in another way")
    if name in commands.NO_SPACES or name in commands.THIN_SPACES:
        return None, after
    if name in commands.WIDE_SPACES:
        return Token("op", "quad", at, gap), after
    if name in commands.WORDS or name in commands.PROSE:
        word = _PLAIN_WORD.match(text, after, end)
        if word:
            text_inside = word.group(1).strip()
            return Token(
                "prose" if name in commands.PROSE else word_kind(text_inside), text_inside, at, gap
            ), word.end()
        if name in commands.PROSE:
            raise fail(text, at, f"\\{name} with commands inside is not read", "put the formula outside of the text")
    if not _known(name):
        near = difflib.get_close_matches(name, [*commands.PLAIN, *commands.ARGUMENTS], n=1)
        raise fail(
            text, at, f"the command \\{name} is not known", f"did you mean \\{near[0]}?" if near else "leave it out"
        )
    return Token("command", name, at, gap), after


def word_kind(text: str) -> str:
    """Upright letters are a name, unless they are several words or one that joins formulas, such as ``where``."""
    joining = len(text) > 1 and text.lower() in commands.CONNECTING_WORDS
    return "prose" if joining or len(text.split()) > 1 else "word"


def _symbol(text: str, at: int, symbol: str, after: int, gap: int) -> tuple[Token | None, int]:
    if symbol == "\\":
        spacing = re.compile(r"\s*\[\s*-?[\d.]+\s*(?:pt|em|ex|mm|cm)\s*\]").match(text, after)
        return Token("newline", "\\\\", at, gap), spacing.end() if spacing else after
    if symbol in commands.THIN_SPACES or symbol in commands.NO_SPACES:
        return None, after
    if symbol in "{}":
        return Token("command", "lbrace" if symbol == "{" else "rbrace", at, gap), after
    if symbol == "|":
        return Token("command", "Vert", at, gap), after
    if symbol in "()[]":
        raise fail(
            text, at, f"'\\{symbol}' inside a formula", "one formula at a time, \\( ... \\) only around all of it"
        )
    raise fail(text, at, f"'\\{symbol}' is not read", "leave it out")


def _known(name: str) -> bool:
    return (
        name in commands.PLAIN or name in commands.ARGUMENTS or name in commands.DELIMITERS or name in commands.SIZES
        or name in commands.DROPPED_WITH_ARGUMENT or name in commands.OLD_STYLES or name in commands.WORDS
        or name in ("left", "right", "begin", "end", "over", "choose")
    )  # fmt: skip
