r"""The LaTeX that a model file gives to a symbol, as in ``latex = 'k_{\mathrm{on}}'``: checked, because reports set it as it
stands, and spelled in Unicode for everything that is not TeX."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from symdiff.errors import ExpressionError
from symdiff.notation.latex.commands import GREEK
from symdiff.notation.names import UNICODE

LONGEST = 60
LOW_DIGITS = "₀₁₂₃₄₅₆₇₈₉"
_DIGITS = str.maketrans(LOW_DIGITS, "0123456789")
JOINT = "\u2009"
"""Between the signs of one quantity, such as k_B T."""
_TOKEN = re.compile(r"\\[A-Za-z]+|\\[,;:! ]|[A-Za-z0-9_^{}'+*/,.()-]| ")
_SIGNS = {
    "ell": "ℓ", "hbar": "ħ", "infty": "∞", "partial": "∂", "nabla": "∇", "perp": "⊥", "parallel": "∥", "pm": "±", "mp": "∓",
    "prime": "′", "dagger": "†", "star": "⋆", "ast": "∗", "circ": "∘", "to": "→", "rightarrow": "→", "leftarrow": "←",
    "uparrow": "↑", "downarrow": "↓", "varepsilon": "ε", "vartheta": "ϑ", "varphi": "φ", "varrho": "ϱ", "varsigma": "ς",
    "varpi": "ϖ", "varkappa": "ϰ", "phi": "ϕ", "ldots": "…", "cdot": "·", "times": "×",
}  # fmt: skip
_ACCENTS = {"hat": "\u0302", "widehat": "\u0302", "tilde": "\u0303", "widetilde": "\u0303", "bar": "\u0304", "overline": "\u0304",
            "vec": "\u20d7", "dot": "\u0307", "ddot": "\u0308", "check": "\u030c", "breve": "\u0306"}  # fmt: skip
_UPRIGHT = frozenset(["mathrm", "mathsf", "mathtt", "mathit", "text", "textrm", "operatorname"])
_ALPHABETS = {
    "mathcal": "SCRIPT",
    "mathbb": "DOUBLE-STRUCK",
    "mathbf": "BOLD",
    "boldsymbol": "BOLD",
    "mathfrak": "FRAKTUR",
}
_SPACES = frozenset([" ", r"\,", r"\;", r"\:", r"\!", "\\ "])


class _Unspelled(Exception):
    """The LaTeX is fine, and plain text has no spelling for it."""


@lru_cache(maxsize=1024)
def symbol_text(latex: str) -> str:
    r"""The Unicode spelling of a symbol's LaTeX, with ``_`` and ``^`` for its scripts; empty where there is none.

    Raises :class:`ExpressionError` for what is no symbol: other commands, unbalanced braces, two scripts of one kind.

    >>> [symbol_text(s) for s in (r"\sigma_{\mathrm{eff}}", r"\hat D", r"\Delta t", r"\mathcal{D}^{(1)}")]
    ['σ_eff', 'D̂', 'Δt', '𝒟^(1)']
    """
    return _Reader(latex).whole()


def one_symbol(text: str) -> tuple[str, str, str]:
    """Base, subscript and superscript of the spelling of one symbol.

    >>> one_symbol("D_x^(1)"), one_symbol("v₀")
    (('D', 'x', '(1)'), ('v', '0', ''))
    """
    rest, _, high = text.partition("^")
    base, _, low = rest.partition("_")
    stem = base.rstrip(LOW_DIGITS)
    if not low and stem and stem != base:
        base, low = stem, base[len(stem) :].translate(_DIGITS)
    return base, low, high


class _Reader:
    def __init__(self, latex: str) -> None:
        self.latex = latex
        if not latex.strip() or len(latex) > LONGEST:
            raise self._fail(f"a symbol has 1 to {LONGEST} characters of LaTeX")
        self.tokens: list[str] = []
        at = 0
        while at < len(latex):
            found = _TOKEN.match(latex, at)
            if found is None:
                double = latex.startswith("\\\\", at)
                hint = "in single quotes one backslash is enough, as in '\\kappa'" if double else ""
                raise self._fail(f"'{latex[at : at + 1 + double]}' does not belong into a symbol", hint)
            self.tokens.append(found.group())
            at = found.end()
        self.at = 0

    def whole(self) -> str:
        parts = []
        spelled = True
        while self.at < len(self.tokens):
            try:
                parts.append(self._symbol())
            except _Unspelled:
                spelled = False
        parts = [p for p in parts if p]
        return (JOINT if any("_" in p or "^" in p for p in parts) else "").join(parts) if spelled else ""

    def _fail(self, message: str, instead: str = "") -> ExpressionError:
        shown = "".join(c if c.isprintable() else "?" for c in self.latex[:LONGEST])
        return ExpressionError(
            message, where=f"the LaTeX '{shown}'", instead=instead or r"write a symbol, such as 'k_{\mathrm{on}}'"
        )

    def _next(self) -> str:
        while self.at < len(self.tokens) and self.tokens[self.at] in _SPACES:
            self.at += 1
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def _symbol(self) -> str:
        """An atom with its scripts, each kind once."""
        if not self._next():
            return ""
        base, scripts, spelled = "", {"_": "", "^": ""}, True
        try:
            base = self._atom()
        except _Unspelled:
            spelled = False
        while self._next() in ("_", "^", "'"):
            kind = self.tokens[self.at]
            self.at += 1
            primed = kind == "'"
            kind = "^" if primed else kind
            if scripts[kind]:
                raise self._fail("two superscripts on one symbol" if kind == "^" else "two subscripts on one symbol")
            try:
                scripts[kind] = "′" if primed else self._atom(script=True)
            except _Unspelled:
                scripts[kind], spelled = "?", False
            while primed and self._next() == "'":
                scripts[kind] += "′"
                self.at += 1
        if not spelled or any(c in s for s in scripts.values() for c in "_^"):
            raise _Unspelled
        primes = scripts["^"] if scripts["^"].strip("′") == "" else ""
        raised = "" if primes or not scripts["^"] else "^" + scripts["^"]
        return base + (f"_{scripts['_']}" if scripts["_"] else "") + raised + primes

    def _atom(self, script: bool = False) -> str:
        token = self._next()
        self.at += 1
        if token in ("_", "^", "'", "}", ""):
            raise self._fail("a script without its symbol" if token in ("_", "^", "'") else "something is missing here")
        if token == "{":
            return self._group(script)
        if not token.startswith("\\"):
            return token
        name = token[1:]
        if name in GREEK or name in _SIGNS:
            return _SIGNS.get(name) or UNICODE[name]
        if name in _ACCENTS or name in _UPRIGHT or name in _ALPHABETS:
            return _styled(name, self._atom())
        raise self._fail(f"\\{name} does not belong into a symbol")

    def _group(self, script: bool) -> str:
        parts = []
        spelled = True
        while self._next() != "}":
            if not self._next():
                raise self._fail("an opened brace is not closed")
            try:
                parts.append(self._symbol())
            except _Unspelled:
                spelled = False
        self.at += 1
        if not spelled:
            raise _Unspelled
        if not parts:
            raise self._fail("empty braces")
        return "".join(parts)


def _styled(name: str, inside: str) -> str:
    if name in _UPRIGHT:
        return inside
    if len(inside) != 1:
        raise _Unspelled
    if name in _ACCENTS:
        return inside + _ACCENTS[name]
    size = "CAPITAL" if inside.isupper() else "SMALL"
    for prefix in ("MATHEMATICAL ", "", "BLACK-LETTER "):
        kind = _ALPHABETS[name] + " " if prefix != "BLACK-LETTER " else ""
        try:
            return unicodedata.lookup(f"{prefix}{kind}{size} {unicodedata.name(inside).rpartition(' ')[2]}")
        except KeyError:
            continue
    raise _Unspelled
