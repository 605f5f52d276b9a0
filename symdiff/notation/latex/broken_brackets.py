r"""Brackets of ``\left`` that authors break over the rows of an alignment: ``\left[ a \right. \\ & \left. + b \right]`` is one bracket.

TeX wants every ``\left`` closed within its cell, so an empty delimiter ends the first piece and begins the next.
"""

from __future__ import annotations

import itertools

from symdiff.notation.latex import commands
from symdiff.notation.latex.tokens import Token

_EMPTY = "."
_Pair = tuple[int, int]  # where \left and its \right stand


def mended(tokens: tuple[Token, ...]) -> tuple[Token, ...]:
    r"""The tokens without the ``\right.`` and ``\left.`` between the pieces of one bracket; others stay as they are."""
    dropped: set[int] = set()
    chain: list[_Pair] = []
    for depth in _pairs(tokens).values():
        chain = []
        for pair in depth:
            if chain and not (_row_between(tokens, chain[-1][1], pair[0]) and _shown(tokens, pair[0]) == _EMPTY):
                chain = []
            if not chain and _shown(tokens, pair[0]) == _EMPTY:
                continue
            chain.append(pair)
            if _shown(tokens, pair[1]) == _EMPTY:
                continue
            if len(chain) > 1 and _shown(tokens, chain[0][0]) == _shown(tokens, pair[1]):
                for first, second in itertools.pairwise(chain):
                    dropped |= {first[1], first[1] + 1, second[0], second[0] + 1}
            chain = []
    return tuple(t for n, t in enumerate(tokens) if n not in dropped)


def _pairs(tokens: tuple[Token, ...]) -> dict[int, list[_Pair]]:
    r"""Every ``\left`` with its ``\right``, in order, by how deep it stands in others."""
    found: dict[int, list[_Pair]] = {}
    opened: list[int] = []
    for n, token in enumerate(tokens):
        if token.kind == "command" and token.text == "left":
            opened.append(n)
        elif token.kind == "command" and token.text == "right" and opened:
            found.setdefault(len(opened), []).append((opened.pop(), n))
    return found


def _shown(tokens: tuple[Token, ...], at: int) -> str:
    """The kind of bracket behind a ``\\left`` or ``\\right``; both halves of a pair have one name."""
    text = tokens[at + 1].text if at + 1 < len(tokens) else ""
    return commands.DELIMITERS.get(text, text)


def _row_between(tokens: tuple[Token, ...], first: int, second: int) -> bool:
    """Whether a new row or cell begins between two places, and nothing is opened or closed there."""
    between = tokens[first + 2 : second]
    return any(t.kind in ("newline", "&") for t in between) and not any(
        t.kind == "command" and t.text in ("begin", "end") for t in between
    )
