"""Sentences of symdiff's own, with the mathematics in them set as mathematics: ``2*p - 1 = O(eps)``, ``e^(-r d_x)``.

Nothing is parsed or evaluated: what is written is set, sign by sign. Only runs of names that the model declares, numbers
and operators count as mathematics. Text of the user's is never read in this way.
"""

from __future__ import annotations

import re

from symdiff.notation.display.build import Typography
from symdiff.notation.display.nodes import Fenced, Name, Node, Number, Power, Root, Row, Sign
from symdiff.notation.display.text import to_text
from symdiff.report.document import Code, Inline, Line, Math

_TOKEN = re.compile(r"\s*(\*\*|->|<=|>=|[A-Za-z]\w*|\d+(?:\.\d+)?(?:e[-+]\d+)?|[-+*/^=<>()!,|])")
_WORDS = {"sum": Name("\\sum", "Σ"), "log": Name("\\ln", "ln"), "exp": Name("\\exp", "exp"), "O": Name("O", "O"), "e": Name("e", "e"),
          "K": Name("K", "K"), "eps": Name("\\varepsilon", "ε"), "pi": Name("\\pi", "π"), "psi": Name("\\psi", "ψ"), "phi": Name("\\varphi", "φ"), "oo": Name("\\infty", "∞"),
          "n": Name("n", "n"), "r": Name("r", "r"), "k": Name("k", "k"), "tau": Name("\\tau", "τ"), "s": Name("s", "s"), "J": Name("J", "J"), "u": Name("u", "u"), "det": Name("\\det", "det"), "t": Name("t", "t"), "Abs": Name("", ""),
          "abs": Name("", ""), "sqrt": Name("", ""), "Min": Name("\\min", "min"), "Max": Name("\\max", "max"), "Laplacian": Name("\\Delta", "Δ")}  # fmt: skip
_SIGNS = {"-": "−", "<=": "≤", ">=": "≥", "->": "→", "*": ""}
_ARTICLES = ("a", "A", "I")
_COMMAND = re.compile(
    r"((?<![\w-])(?:symdiff (?:verify|derive|check|count|solve|sweep)\b|--[a-z][a-z-]*(?: [A-Z\d][A-Z\d.]*\b)?))"
)
_QUOTED = re.compile(r"(?<!\w)'([^']+)'(?!\w)")
_NEGATIVE = re.compile(r"(?<![\w)\]-])-(?=\d)")
_OPERATORS = ("+", "-", "*", "/", "(", ")", "^", "**", "=")
_OPERATORS_BETWEEN = ("+", "-", "*", "/", "^", "=")


def prose(text: str, style: Typography) -> Line:
    """A sentence as text and formulas.

    >>> prose("K is of order eps**2", Typography())[-1].node
    Power(base=Name(latex='\\\\varepsilon', text='ε'), exponent=Number(digits='2'))
    """
    parts: list[Inline] = []
    at = done = 0
    while at < len(text):
        if at and (text[at - 1].isalnum() or text[at - 1] in "_'-"):
            at += 1
            continue
        tokens, end = _run(text, at, style.names)
        node = _set(tokens, style) if _worth(tokens, text, at, end, style) else None
        if node is None:
            at += 1
            continue
        parts += [text[done:at], Math(node)]
        at = done = end
    parts.append(text[done:])
    return tuple(p for p in parts if p)


def in_text(text: str, style: Typography) -> str:
    """A sentence as one line of text, its mathematics as the terminal prints formulas.

    >>> in_text("eps -> 0 with tau = O(eps**2)", Typography(names=frozenset({"tau"})))
    'ε → 0 with τ = O(ε²)'
    """
    return "".join(to_text(part.node) if isinstance(part, Math) else str(part) for part in prose(text, style))


def say(text: str, style: Typography) -> Line:
    """A sentence of symdiff's own with a capital and a full stop, its quotes, dashes and minus signs as printers set them."""
    parts: list[Inline] = []
    for n, piece in enumerate(_COMMAND.split(text)):
        parts += [Code(piece)] if n % 2 else [_printed(p) if isinstance(p, str) else p for p in prose(piece, style)]
    line = tuple(parts)
    if line and isinstance(line[0], str):
        line = (line[0][0].upper() + line[0][1:], *line[1:])
    if line and not (isinstance(line[-1], str) and line[-1].rstrip().endswith((".", "?", "!"))):
        line = (*line, ".")
    return line


def _printed(text: str) -> str:
    for name in ("Kramers-Moyal", "Montroll-Weiss"):
        text = text.replace(name, name.replace("-", "–"))
    text = _QUOTED.sub("‘\\1’", text).replace("...", "…").replace(" - ", " − ")
    return _NEGATIVE.sub("−", text)


def _run(text: str, at: int, names: frozenset[str]) -> tuple[list[str], int]:
    """The longest balanced run of mathematical signs from ``at``, without an operator at its end."""
    tokens: list[str] = []
    inside = (
        text[max(at - 9, 0) : at].rstrip().endswith(_OPERATORS_BETWEEN)
    )  # of a formula whose beginning nobody knows
    best: tuple[int, int] = (0, at)
    level, here = 0, at
    while match := _TOKEN.match(text, here):
        token = match.group(1)
        if not tokens and (match.start(1) != at or not (token[0].isalnum() or token in "(-")):
            break
        word = token[0].isalpha()
        letter = not inside and len(token) == 1 and token not in _ARTICLES and bool(tokens) and _expects(tokens[-1])
        if word and not letter and not _means_something(token, names):
            break
        level += {"(": 1, ")": -1}.get(token, 0)
        if level < 0 or (token == "," and level == 0) or (token == ">" and at and text[at - 1] == "<"):
            break
        tokens.append(token)
        here = match.end()
        if level == 0 and (word or token[0].isdigit() or token in ")!"):
            best = (len(tokens), here)
    return tokens[: best[0]], best[1]


def _expects(token: str) -> bool:
    """Whether a single letter after this sign is a quantity, also where nobody declared it."""
    return token in _OPERATORS or _derivative(token)


def _means_something(token: str, names: frozenset[str]) -> bool:
    """Names of the model, coefficients such as D_xx and a_4, derivatives such as C_x and d_x."""
    head, _, index = token.partition("_")
    numbered = head in _WORDS and index.isdigit()  # psi_1
    return (
        token in names
        or token in _WORDS
        or _derivative(token)
        or numbered
        or bool(index and (head in names or head in "avD"))
    )


def _derivative(token: str) -> bool:
    return re.fullmatch(r"[dD]_[a-z]+", token) is not None


def _worth(tokens: list[str], text: str, at: int, end: int, style: Typography) -> bool:
    """Whether a run is mathematics: something is done in it, or it is a name of more than one sign."""
    if not tokens or (end < len(text) and (text[end] == "_" or text[end].isalnum() or re.match(r"['-]\w", text[end:]))):
        return False
    words = [t for t in tokens if t[0].isalpha()]
    if tokens == ["s"] and re.search(r"\d $", text[:at]):  # seconds
        return False
    if len(tokens) == 1 and re.fullmatch(r"\d+(\.\d+)?e-\d+", tokens[0]):  # 1e-6
        return True
    if len(tokens) == 1 and tokens[0] in (
        "be",
        "is",
        "as",
        "at",
        "in",
        "of",
        "or",
        "on",
        "to",
        "by",
        "no",
        "so",
        "it",
        "if",
    ):
        return False  # whatever letter a file gives that name
    if len(tokens) == 1 and tokens[0] in _ARTICLES:  # no article stands before a comma
        return bool(re.match(r"\s*(?:[,:;.)]|$)", text[end:]))
    if len(tokens) == 2 and tokens[0].isdigit() and text[at:end] == "".join(tokens) and len(tokens[1]) > 1:
        return True  # 2bet: a number and a name of the model that nothing separates
    if len(tokens) == 1 and re.fullmatch("[a-z]{2,}", tokens[0]) and to_text(style.name(tokens[0])) == tokens[0]:
        return False  # a state may be called "up" or "in": alone it is a word
    if len(tokens) == 1:
        return bool(words) and tokens[0] not in (
            "O",
            "e",
            "n",
            "sum",
            "log",
            "exp",
            "sqrt",
            "Abs",
            "abs",
            "Min",
            "Max",
            "Laplacian",
        )
    if not words:
        return any(t in ("^", "**") or "e-" in t for t in tokens)
    spelled = tokens[1] in ("Abs", "abs", "sqrt") or _derivative(tokens[1])
    return not (tokens[0] in _ARTICLES and tokens[1][0].isalnum() and not spelled) and any(
        not t[0].isalnum() or _derivative(t) for t in tokens
    )


class _Setter:
    def __init__(self, tokens: list[str], style: Typography) -> None:
        self.tokens, self.style, self.at = tokens, style, 0

    def row(self) -> Node:
        """Signs up to the end, or to the closing bracket."""
        items: list[Node] = []
        while self.at < len(self.tokens) and self.tokens[self.at] != ")":
            token = self.tokens[self.at]
            if token in ("^", "**") and items:
                self.at += 1
                base, exponent = items.pop(), self.exponent()
                items.append(base if exponent == Number("1") else Power(base, exponent))
            elif token == "*":
                self.at += 1
            elif token == "-" and (not items or isinstance(items[-1], Sign)):
                self.at += 1
                items.append(Row((Sign("−"), self.one())))
            else:
                items.append(self.one())
        return items[0] if len(items) == 1 else Row(tuple(items))

    def one(self) -> Node:
        token = self.tokens[self.at]
        self.at += 1
        if token in ("sqrt", "Abs", "abs") and self.tokens[self.at : self.at + 1] == ["("]:
            inside = self.bracket()
            return Root(inside) if token == "sqrt" else Fenced("||", inside)
        if token == "(":
            self.at -= 1
            return Fenced("()", self.bracket())
        if token[0].isdigit():
            return _number(token)
        if _derivative(token):
            d = Name("\\partial", "∂") if token[0] == "d" else Name("D", "D")
            return Name(f"{d.latex}_{{{token[2:]}}}", f"{d.text}_{token[2:]}")
        if token[0].isalpha():
            return _WORDS[token] if token in _WORDS and token not in self.style.latex else self.style.name(token)
        return Sign(_SIGNS.get(token, token))

    def bracket(self) -> Node:
        self.at += 1
        inside = self.row()
        self.at += 1
        return inside

    def exponent(self) -> Node:
        token = self.tokens[self.at] if self.at < len(self.tokens) else ""
        if token == "(":
            return self.bracket()
        if token == "-":
            self.at += 1
            return Row((Sign("−"), self.one()))
        return self.one()


def _number(token: str) -> Node:
    """A number as it is printed: 1e-6 as a power of ten."""
    digits, _, exponent = token.partition("e")
    if not exponent:
        return Number(token)
    shown: Node = Number(exponent.lstrip("+-").lstrip("0") or "0")
    power = Power(Number("10"), Row((Sign("−"), shown)) if exponent.startswith("-") else shown)
    return power if digits in ("1", "1.0") else Row((Number(digits), Sign("×"), power))


def _set(tokens: list[str], style: Typography) -> Node | None:
    setter = _Setter(tokens, style)
    try:
        node = setter.row()
    except IndexError:
        return None
    return node if setter.at == len(tokens) else None
