"""Signs: a letter with its accents, subscript, superscript and primes, and the plain-text name it gets."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from symdiff.notation.latex import commands
from symdiff.notation.latex.nodes import Fence, Leaf, Macro, Node, Row, Scripted, is_command, is_op, unwrapped

_LABEL_COMMANDS = {"infty": "oo", "max": "max", "min": "min", "ast": "*", "star": "*", "dagger": "dagger", "circ": "o",
                   "parallel": "parallel", "perp": "perp", "bullet": ".", "times": "times", "det": "det", "in": "in",
                   "uparrow": "up", "downarrow": "down", "rightarrow": "->", "leftarrow": "<-", "to": "->",
                   "prime": "'", "pm": "+-", "mp": "-+", "ell": "ell"}  # fmt: skip
_ENDS_IN_COMMAND = re.compile(r"\\[A-Za-z]+$")
VARIABLE_LETTERS = frozenset("xyzrtnmkijlsXYZNq")
COORDINATE_LETTERS = frozenset("xyzrt")
FUNCTION_LETTERS = frozenset(
    ["f", "F", "g", "G", "h", "H", "phi", "Phi", "psi", "Psi", "W", "w", "V", "U", "S", "T", "R", "Q", "varphi"]
)
_LAWS = frozenset(["lambda", "p", "P", "K", "k", "rho"])  # of jumps


def is_increment(plain: str) -> bool:
    r"""Whether brackets hold an increment alone, ``(\Delta t)``: they keep its two letters together."""
    return plain.startswith(("Delta ", "delta "))


def is_law_of(name: str, increment: str, time: str) -> bool:
    r"""Whether a letter in front of ``(\Delta x)`` is that of a function: of a law of jumps, where the increment is one of place."""
    return name in FUNCTION_LETTERS or (name in _LAWS and increment[6:] != time)


@dataclass(frozen=True, slots=True)
class Sign:
    """One symbol as written; ``name`` is its base without subscript, such as ``P``, ``alpha``, ``Ptilde``, ``Delta x``."""

    name: str
    sub: Row | None = None
    sup: Row | None = None
    primes: int = 0
    dots: int = 0
    style: str = ""  # font or "name" where the caller declared it
    at: int = 0
    gap: int = 0
    latex: str = ""  # the base as written

    @property
    def is_bare(self) -> bool:
        """Whether nothing is attached to the letter."""
        return self.sub is None and self.sup is None and not self.primes and not self.dots


def sign_of(node: Node) -> Sign | None:
    """The sign that ``node`` is, or None."""
    node = unwrapped(node)
    if isinstance(node, Leaf):
        name = _leaf_name(node)
        style = node.kind if node.kind in ("word", "name") else ""
        return Sign(name, style=style, at=node.at, gap=node.gap, latex=unparsed(node)) if name else None
    if isinstance(node, Macro):
        return _accented(node)
    if isinstance(node, Scripted):
        inner = sign_of(node.base)
        if inner is None or (inner.sub is not None and node.sub is not None) or inner.sup is not None:
            return None
        return Sign(inner.name, inner.sub or node.sub, node.sup, inner.primes + node.primes, inner.dots, inner.style,
                    node.at, node.gap, inner.latex)  # fmt: skip
    return None


def _leaf_name(node: Leaf) -> str:
    if node.kind in ("letter", "name"):
        return node.text
    if node.kind == "word" or (node.kind == "prose" and is_name_like(node.text)):
        return "" if node.text in commands.FUNCTIONS else node.text.replace(" ", "")
    return node.text if node.kind == "command" and (node.text in commands.LETTERLIKE or node.text == "Pr") else ""


def is_name_like(text: str) -> bool:
    """Whether text in a formula is the name of a quantity rather than prose."""
    return text.isascii() and text.isalnum() and text[:1].isalpha() and text.lower() not in commands.CONNECTING_WORDS


def _accented(node: Macro) -> Sign | None:
    if node.name not in commands.ACCENTS and node.name not in commands.FONTS and node.name not in commands.DOTS_OVER:
        return None
    content = node.args[0]
    if len(content.items) == 2 and is_command(content.items[0], "Delta", "delta"):
        second = sign_of(content.items[1])
        prefix = content.items[0].text  # type: ignore[union-attr]
        inner = (
            replace(second, name=f"{prefix} {second.name}", latex=f"\\{prefix} {second.latex}")
            if second is not None
            else None
        )
    else:
        inner = sign_of(content)
    if inner is None or inner.sup is not None:
        return None
    if node.name in commands.DOTS_OVER:
        return replace(inner, dots=inner.dots + commands.DOTS_OVER[node.name], at=node.at, gap=node.gap)
    written = f"\\{node.name}{{{inner.latex}}}"
    suffix = commands.ACCENTS.get(node.name) or commands.FONTS[node.name]
    style = commands.FONTS.get(node.name) or ("vec" if node.name == "vec" else inner.style)
    return replace(inner, name=inner.name + suffix, style=style, at=node.at, gap=node.gap, latex=written)


def sign_at(items: Sequence[Node], at: int, merged: frozenset[str]) -> tuple[Sign, int] | None:
    r"""The sign at ``items[at]`` and the place behind it; ``merged`` says which of Delta, delta and d join the next letter."""
    node = items[at]
    if isinstance(node, Leaf) and _is_prefix(node, merged) and at + 1 < len(items):
        close = items[at + 1].gap < (1 if node.text == "d" else 2)
        following = sign_of(items[at + 1]) if close else None
        if following is not None and joins(node.text, following, f"{node.text}*" in merged):
            space = "" if node.text == "d" else " "
            name, latex = f"{node.text}{space}{following.name}", f"{unparsed(node)}{space}{following.latex}"
            return replace(following, name=name, at=node.at, gap=node.gap, latex=latex), at + 2
    found = sign_of(node)
    return (found, at + 1) if found is not None else None


def _is_prefix(node: Leaf, merged: frozenset[str]) -> bool:
    return node.text in merged and node.kind in (("letter", "word") if node.text == "d" else ("command",))


def joins(prefix: str, following: Sign, anything: bool = False) -> bool:
    r"""Whether ``\Delta`` (of anything) or ``\delta`` (of a coordinate or time, or where it is of ``anything``) makes one symbol with what
    follows."""
    if following.name in ("Delta", "delta") or following.dots:
        return False
    return prefix == "Delta" or anything or following.name in COORDINATE_LETTERS


def label(row: Row) -> str | None:
    """The plain text of a subscript or superscript that is a label, or None where it is none."""
    found = [_label_part(node) for node in row.items]
    if any(part is None for part in found):
        return None
    return "".join(part for part in found if part)


def _label_part(node: Node) -> str | None:
    if isinstance(node, Row):
        return label(node)
    if isinstance(node, Leaf):
        if node.kind == "command":
            return node.text if node.text in commands.LETTERLIKE else _LABEL_COMMANDS.get(node.text)
        if node.kind == "op" and node.text in ("=", "<", ">", "|", "newline", "quad", "!"):
            return None
        return node.text.replace(" ", "")
    if isinstance(node, Fence) and node.left in "([":
        inner = label(node.body)
        return None if inner is None else f"({inner})"
    sign = sign_of(node)
    if sign is None:
        return None
    low = "" if sign.sub is None else label(sign.sub)
    high = "" if sign.sup is None else label(sign.sup)
    if low is None or high is None:
        return None
    return sign.name + (f"_{low}" if low else "") + (f"^{high}" if high else "") + "'" * sign.primes


def unparsed(node: Node) -> str:
    """Short LaTeX of a leaf, or of the labels in a script; other nodes are left out."""
    if isinstance(node, Leaf):
        if node.kind == "command":
            return f"\\{node.text}"
        return f"\\mathrm{{{node.text}}}" if node.kind in ("word", "prose") and len(node.text) > 1 else node.text
    if isinstance(node, Row):
        text = ""
        for part in map(unparsed, node.items):
            text += (" " if _ENDS_IN_COMMAND.search(text) and part[:1].isalpha() else "") + part
        return text
    if isinstance(node, Fence) and node.left in "([":
        return f"({unparsed(node.body)})" if node.left == "(" else f"[{unparsed(node.body)}]"
    sign = sign_of(node)
    return "" if sign is None else written(sign)


def written(sign: Sign, *, scripts: bool = True) -> str:
    """The LaTeX of a sign: its base, and its subscript and superscript where these are part of its name."""
    text = sign.latex or sign.name
    if scripts and sign.sub is not None:
        low = unparsed(sign.sub)
        text += f"_{low}" if len(low) == 1 else f"_{{{low}}}"
    if scripts and sign.sup is not None:
        high = unparsed(sign.sup)
        text += f"^{high}" if len(high) == 1 else f"^{{{high}}}"
    return text


def split_at_commas(row: Row) -> tuple[Row, ...]:
    """The parts of ``row`` between its commas, semicolons and single bars."""
    parts: list[list[Node]] = [[]]
    for node in row.items:
        if is_op(node, ",", ";", "|") or is_command(node, "mid"):
            parts.append([])
        else:
            parts[-1].append(node)
    return tuple(Row(tuple(part), part[0].at if part else row.at) for part in parts)


def call_at(items: Sequence[Node], at: int) -> Fence | None:
    """The bracket directly behind a sign, which may be its arguments or a factor; with its scripts taken off."""
    if at >= len(items) or items[at].gap > 2:
        return None
    node = items[at]
    if isinstance(node, Scripted):
        node = node.base
    return node if isinstance(node, Fence) and node.left in ("(", "[", "{") else None
