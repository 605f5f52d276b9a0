"""Display trees to the mathematics of Typst; names are written in Unicode, words as strings."""

from __future__ import annotations

from unicodedata import combining

from symdiff.notation.display.nodes import (
    SEPARATOR,
    Big,
    Call,
    Cases,
    Fenced,
    Fraction,
    Fractional,
    Index,
    Name,
    Node,
    Number,
    Partial,
    Power,
    Root,
    Row,
    Sign,
)
from symdiff.notation.names import scripts_of
from symdiff.notation.symbol_latex import JOINT, one_symbol

_SIGNS = {"−": "-", "/": "slash", ",": "comma", "|": "bar.v", "!": "excl", "*": "dot", "·": "dot.op",
          "⟮": "stretch(paren.l, size: #180%)", "⟯": "stretch(paren.r, size: #180%)",
          "⟦": "stretch(bracket.l, size: #180%)", "⟧": "stretch(bracket.r, size: #180%)"}  # fmt: skip
_FENCES = {"()": ("(", ")"), "[]": ("[", "]"), "||": ("|", "|"), "<>": ("⟨", "⟩")}


def to_typst(node: Node) -> str:
    """Typst between dollars."""
    if node == SEPARATOR:
        return "comma quad quad"
    if isinstance(node, Name):
        return _name(node.text)
    if isinstance(node, Number):
        return node.digits if node.digits.replace(".", "").isdigit() else typst_string(node.digits)
    if isinstance(node, Sign):
        return _SIGNS.get(
            node.text, node.text if len(node.text) == 1 and not node.text.isalnum() else typst_string(node.text)
        )
    if isinstance(node, Row):
        return _row(node)
    if isinstance(node, Fraction):
        return f"frac({to_typst(node.top)}, {to_typst(node.bottom)})"
    if isinstance(node, Power):
        return f"attach({to_typst(node.base)}, t: {to_typst(node.exponent)})"
    if isinstance(node, Index):
        return f"attach({to_typst(node.base)}, b: {to_typst(node.order)})"
    if isinstance(node, Root):
        return f"sqrt({to_typst(node.inside)})"
    if isinstance(node, Fenced):
        left, right = _FENCES[node.fences]
        return f"lr({typst_delimiter(left)} {to_typst(node.inside)} {typst_delimiter(right)})"
    if isinstance(node, Call):
        inside = " comma ".join(to_typst(a) for a in node.arguments)
        name = to_typst(node.function)
        gap = "" if name.endswith('"') else " "  # a space behind a word would be set
        return f"{name}{gap}lr({typst_delimiter('(')} {inside} {typst_delimiter(')')})"
    if isinstance(node, Big):
        return _big(node)
    if isinstance(node, Fractional):
        low, high = to_typst(node.variable), to_typst(node.order)
        kind = f', tl: upright("{node.kind}")' if node.kind else ""
        return f"attach(D, b: {low}, t: {high}{kind})"
    if isinstance(node, Cases):
        return (
            f"cases({', '.join(f'{to_typst(value)} & quad {to_typst(condition)}' for value, condition in node.rows)})"
        )
    return _partial(node)


def typst_delimiter(sign: str) -> str:
    """A bracket that grows, without counting as one in the source."""
    return {
        "(": "paren.l",
        ")": "paren.r",
        "[": "bracket.l",
        "]": "bracket.r",
        "|": "bar.v",
        "⟨": "⟨",
        "⟩": "⟩",
    }[sign]


def typst_string(text: str) -> str:
    r"""A string literal: nothing in it is code.

    >>> print(typst_string('#read("x") \\'))
    "#read(\"x\") \\"
    """
    quoted = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{quoted}"'


def _name(text: str) -> str:
    if JOINT in text:
        return " ".join(_name(part) for part in text.split(JOINT))
    bare = text.rstrip("′")
    base, low, high = one_symbol(bare)
    shown = _word(base.rstrip("′")) + "'" * (text.count("′") - high.count("′"))
    scripts = "".join(
        f", {place}: {script}" for place, script in (("b", low and _low(low)), ("t", high and _word(high))) if script
    )
    return f"attach({shown}{scripts})" if scripts else shown


def _low(text: str) -> str:
    """A subscript: a word, or signs with subscripts of their own."""
    signs = scripts_of(text)
    if not any(low for _, low, _ in signs):
        return _word(text.replace("_", ","))
    parts = []
    for base, low, high in signs:
        scripts = "".join(f", {place}: {_word(s)}" for place, s in (("b", low), ("t", high)) if s)
        parts.append(f"attach({_word(base)}{scripts})" if scripts else _word(base))
    return " ".join(parts)


def _word(text: str) -> str:
    if len(text) == 1 and text.isalnum():
        return text
    if set(text) <= set("xyzt"):
        return " ".join(text)
    if len(text) == 2 and text[0] == "Δ" and text[1].isalpha():
        return f"Δ {text[1]}"
    if len(text) == 2 and combining(text[1]):
        return f'accent({_word(text[0])}, "{text[1]}")'
    return {"∂": "∂", "∞": "∞", "": '""'}.get(text) or typst_string(text)


def _row(node: Row) -> str:
    parts: list[str] = []
    before: Node | None = None
    for item in node.items:
        if (before is not None and isinstance(item, (Partial, Big, Fractional)) and not isinstance(before, Sign)) or (
            isinstance(before, (Number, Fenced)) and _is_word(item)
        ):
            parts.append("thin")
        parts.append(to_typst(item))
        before = item
    return " ".join(parts)


def _is_word(node: Node) -> bool:
    """Whether a name of several letters stands here, alone or raised."""
    while isinstance(node, (Power, Call)):
        node = node.base if isinstance(node, Power) else node.function
    node = node.inside if isinstance(node, Fenced) else node
    return isinstance(node, Name) and node.latex.startswith(r"\mathrm")


def _big(node: Big) -> str:
    variable, body = to_typst(node.variable), to_typst(node.body)
    low, high = ("" if end is None else to_typst(end) for end in (node.low, node.high))
    if node.kind == "lim":
        return f"lim_({variable} → {low}) {body}"
    above = f"^({high})" if high else ""
    if node.kind != "int":
        name = {"sum": "sum", "prod": "product"}[node.kind]
        return f"{name}_({variable} = {low}){above} {body}"
    below = f"_({low})" if low else ""
    return f"integral{below}{above} {body} thin upright(d) {variable}"


def _partial(node: Partial) -> str:
    def raised(base: str, times: int | Node) -> str:
        shown = str(times) if isinstance(times, int) else to_typst(times)
        return base if times == 1 else f"attach({base}, t: {shown})"

    order = raised("∂", node.order)
    bottom = " ".join(f"∂ {raised(to_typst(v), n)}" for v, n in node.variables)
    operand = to_typst(node.operand)
    return f"frac({order} {operand}, {bottom})" if node.on_top else f"frac({order}, {bottom}) {operand}"
