r"""Quantities that a claim names in words, ``\text{Fano factor} = ...``, ``\mathrm{Kurt}(x)``, by the signs that claims are judged in."""

from __future__ import annotations

import re

_PHRASES = {
    r"(?:fano\s+factor|index\s+of\s+dispersion)": r"\mathrm{Fano}",
    r"excess\s+kurtosis": r"\mathrm{excesskurtosis}",
    r"kurtosis": r"\mathrm{kurtosis}",
    r"skewness": r"\mathrm{skewness}",
    r"coefficient\s+of\s+variation": r"\mathrm{CV}",
    r"mean\s+squared?\s+displacement": r"\mathrm{MSD}",
    r"(?:effective\s+)?diffusi(?:on\s+(?:coefficient|constant)|vity)": r"D_{\mathrm{eff}}",
    r"(?:mean\s+|drift\s+)velocity": r"v_{\mathrm{drift}}",
}
_BOX = r"\\(?:text|textrm|textit|mathrm|mbox|operatorname|rm)\s*\{\s*(?:the\s+)?"
_HEADS = [(re.compile(rf"^\s*{_BOX}{phrase}\s*\}}\s*(?=[=<>]|\\(?:approx|simeq|sim|propto|to|le|ge)\b)", re.I), sign)
          for phrase, sign in _PHRASES.items()]  # fmt: skip
_CALLED = {
    re.compile(rf"{_BOX}(?i:kurt|kurtosis)\s*\}}\s*(?:\(\s*\w\s*\)|\[\s*\w\s*\])"): r"\\mathrm{kurtosis} ",
    re.compile(rf"{_BOX}(?i:skew|skewness)\s*\}}\s*(?:\(\s*\w\s*\)|\[\s*\w\s*\])"): r"\\mathrm{skewness} ",
}
_TIMED = re.compile(
    r"(\\rangle)\s*(?:\\left\s*)?\(\s*[tNn]\s*(?:\\right\s*)?\)"
)  # <m>(t), of which no factor t is meant


def with_words(latex: str) -> str:
    """The claim with such words by their signs; another text comes back as it is.

    >>> with_words(r"\\text{Fano factor} = 1")
    '\\\\mathrm{Fano} = 1'
    """
    for words, sign in _HEADS:
        if (found := words.match(latex)) is not None:
            return f"{sign} {latex[found.end() :]}"
    for words, sign in _CALLED.items():
        latex = words.sub(sign, latex)
    return _TIMED.sub(r"\1 ", latex)
