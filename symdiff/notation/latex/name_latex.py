r"""The LaTeX of a name that the reader made up, such as ``rbold'``, ``xhat``, ``Delta x``: what was typed for it."""

from __future__ import annotations

from symdiff.errors import ExpressionError
from symdiff.notation.latex.commands import ACCENTS, FONTS, LETTERLIKE
from symdiff.notation.symbol_latex import symbol_text

_COMMANDS = {suffix: command for command, suffix in reversed([*ACCENTS.items(), *FONTS.items()])}
_SUFFIXES = sorted(_COMMANDS, key=len, reverse=True)


def name_latex(name: str) -> str:
    r"""``\mathbf{r}'`` for ``rbold'``; empty for a name that is no such spelling.

    >>> [name_latex(n) for n in ("rbold'", "psitilde", "Delta x", "p_+", "...")]
    ["\\mathbf{r}'", '\\tilde{\\psi}', '\\Delta x', '', '\\ldots']
    """
    if name == "...":
        return r"\ldots"
    plain = name.rstrip("'")
    head, _, low = plain.partition("_")
    prefix, _, letter = head.rpartition(" ")
    base = _base(letter)
    if not base or (prefix and prefix not in LETTERLIKE):
        return ""
    front = f"\\{prefix} " if prefix else ""
    if low and not _base(low) and not low.isdigit():
        return ""
    below = f"_{{{_base(low) or low}}}" if low else ""
    return f"{front}{base}{below}{name[len(plain) :]}"


def _base(word: str) -> str:
    if len(word) == 1 and word.isalpha():
        return word
    if word in LETTERLIKE:
        return f"\\{word}"
    for suffix in _SUFFIXES:
        if word.endswith(suffix) and (inner := _base(word[: -len(suffix)])):
            return f"\\{_COMMANDS[suffix]}{{{inner}}}"
    return ""


def shown_latex(name: str, written: str) -> str:
    """The LaTeX under which a name of a reading is shown: as it was written, else as the reader's names are spelled."""
    own = name_latex(name)
    for latex in (own, written) if written == name and len(name) > 1 else (written, own):
        try:
            if latex and symbol_text(latex) is not None:
                return latex
        except ExpressionError:  # a command that reports cannot set
            continue
    return ""
