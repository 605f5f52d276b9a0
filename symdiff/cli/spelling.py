"""Mathematics for terminals whose encoding has no Greek: tau, d/dx, ^2 in place of the signs."""

from __future__ import annotations

import codecs
import unicodedata

HANDLER = "symdiff.spelled"
_SIGNS = {"∂": "d", "−": "-", "ℓ": "ell", "√": "sqrt", "⟨": "<", "⟩": ">", "≤": "<=", "≥": ">=", "≠": "!=", "≈": "~", "∼": "~", "∝": "prop. to",
          "∞": "oo", "→": "->", "×": "x", "·": "*", "≪": "<<", "≫": ">>", "′": "'", "–": "-", "—": "-", "‘": "'", "’": "'", "“": '"', "”": '"', "…": "...",
          "∫": "int", "Σ": "sum", "Π": "prod", "█": "#", "░": "."}  # fmt: skip


def register() -> None:
    """Make the error handler known to streams."""
    codecs.register_error(HANDLER, _spelled)


def _spelled(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    shown = spelled(
        error.object[: error.start][-1:], error.object[error.start : error.end], error.object[error.end :][:1]
    )
    return shown, error.end


def spelled(before: str, run: str, after: str) -> str:
    """Signs in ASCII; a word is set apart from the letters and numbers that it would run together with.

    >>> spelled("2", "τ²", " ")
    '2 tau^2'
    """
    parts: list[str] = [before]
    level = ""
    for sign in run:
        way = unicodedata.decomposition(sign).partition(" ")[0]
        if way in ("<super>", "<sub>"):
            mark = "^" if way == "<super>" else "_"
            parts.append((mark if level != mark else "") + _plain(unicodedata.normalize("NFKD", sign)))
            level = mark
            continue
        level = ""
        word = _word(sign)
        apart = len(word) > 1 and word[0].isalpha() and parts[-1][-1:].isalnum() and parts[-1] != "d"
        parts.append((" " if apart else "") + word)
    last = parts[-1].strip()
    return "".join(parts[1:]) + (" " if len(last) > 1 and last[-1].isalpha() and after.isalnum() else "")


def _word(sign: str) -> str:
    if sign in _SIGNS:
        return _SIGNS[sign]
    name = unicodedata.name(sign, "")
    if name.startswith("GREEK "):
        word = name.split()[-1].lower().replace("lamda", "lambda")
        return word.capitalize() if "CAPITAL" in name else word
    return _plain(unicodedata.normalize("NFKD", sign))


def _plain(text: str) -> str:
    kept = "".join(_SIGNS.get(c, c) for c in text if not unicodedata.combining(c))
    return kept.encode("ascii", "backslashreplace").decode()
