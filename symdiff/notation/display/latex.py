"""Display trees to LaTeX."""

from __future__ import annotations

from symdiff.notation.display.nodes import (
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

_SIGNS = {
    "−": "-",
    "≤": r"\le",
    "≥": r"\ge",
    "≠": r"\ne",
    "≈": r"\approx",
    "∝": r"\propto",
    "∼": r"\sim",
    "→": r"\to",
    "×": r"\times",
    "·": r"\cdot",
    "≪": r"\ll",
    "≫": r"\gg",
    "or": r"\text{ or }",
    "and": r"\text{ and }",
    "⟮": r"\Bigl(",
    "⟯": r"\Bigr)",
    "⟦": r"\Bigl[",
    "⟧": r"\Bigr]",
}
_FENCES = {"()": (r"\left(", r"\right)"), "[]": (r"\left[", r"\right]"), "||": (r"\left|", r"\right|"),
           "<>": (r"\left\langle ", r"\right\rangle ")}  # fmt: skip
_FLAT = {"()": ("(", ")"), "[]": ("[", "]"), "||": ("|", "|"), "<>": (r"\langle ", r"\rangle ")}


def to_latex(node: Node) -> str:
    """LaTeX for math mode; needs amsmath."""
    if isinstance(node, Name):
        return node.latex
    if isinstance(node, Number):
        return node.digits
    if isinstance(node, Sign):
        return _SIGNS.get(node.text, node.text)
    if isinstance(node, Row):
        return _row(node)
    if isinstance(node, Fraction):
        return rf"\frac{{{to_latex(node.top)}}}{{{to_latex(node.bottom)}}}"
    if isinstance(node, Power):
        base = to_latex(node.base)
        if isinstance(node.base, (Power, Root)):
            base = f"{{{base}}}"
        return f"{base}^{{{to_latex(node.exponent)}}}"
    if isinstance(node, Index):
        return f"{to_latex(node.base)}_{{{to_latex(node.order)}}}"
    if isinstance(node, Root):
        return rf"\sqrt{{{to_latex(node.inside)}}}"
    if isinstance(node, Fenced):
        inside = to_latex(node.inside)
        left, right = (_FENCES if is_tall(node.inside) else _FLAT)[node.fences]
        return f"{left}{inside}{right}"
    if isinstance(node, Call):
        arguments = ", ".join(to_latex(a) for a in node.arguments)
        tall = any(is_tall(a) for a in node.arguments)
        return (
            f"{to_latex(node.function)}\\left({arguments}\\right)"
            if tall
            else f"{to_latex(node.function)}({arguments})"
        )
    if isinstance(node, Big):
        return _big(node)
    if isinstance(node, Fractional):
        kind = rf"{{}}^{{\mathrm{{{node.kind}}}}}" if node.kind else ""
        return rf"{kind}D_{{{to_latex(node.variable)}}}^{{{to_latex(node.order)}}}"
    if isinstance(node, Cases):
        rows = r" \\ ".join(f"{to_latex(value)} & {to_latex(condition)}" for value, condition in node.rows)
        return rf"\begin{{cases}} {rows} \end{{cases}}"
    return _partial(node)


def _row(node: Row) -> str:
    parts: list[str] = []
    for item in node.items:
        shown = to_latex(item)
        if isinstance(item, Sign):
            between = " " if parts and item.text not in "!," else ""
            unary = item.text in "−+" and not parts
            parts.append(shown + (" " if unary and shown.endswith(tuple("abcdefghijklmnopqrstuvwxyz")) else "") if unary
                         else f"{between}{shown}{'' if item.text == '!' else ' '}")  # fmt: skip
            continue
        if parts and not parts[-1].endswith((" ", "-", "+", "(")):
            glue = r" \, " if _wide(item) or (parts[-1].endswith("}") and is_tall(item)) else " "
            parts.append(glue)
        parts.append(shown)
    return "".join(parts)


def _wide(node: Node) -> bool:
    if isinstance(node, Call):
        node = node.function
    return isinstance(node, (Partial, Big, Fractional)) or (
        isinstance(node, Name) and node.latex.startswith("\\mathrm")
    )


def is_tall(node: Node) -> bool:
    """Whether brackets around it have to grow."""
    if isinstance(node, (Fraction, Big, Partial, Cases)):
        return True
    if isinstance(node, Row):
        return any(is_tall(i) for i in node.items)
    if isinstance(node, Power):
        return is_tall(node.base)
    if isinstance(node, (Fenced, Root)):
        return is_tall(node.inside)
    if isinstance(node, Call):
        return any(is_tall(a) for a in node.arguments)
    return False


def _big(node: Big) -> str:
    body, variable = to_latex(node.body), to_latex(node.variable)
    low = "" if node.low is None else to_latex(node.low)
    if node.kind == "lim":
        return rf"\lim_{{{variable} \to {low}}} {body}"
    above = "" if node.high is None else rf"^{{{to_latex(node.high)}}}"
    if node.kind != "int":
        return rf"\{node.kind}_{{{variable}={low}}}{above} {body}"
    below = f"_{{{low}}}" if low else ""
    return rf"\int{below}{above} {body} \, \mathrm{{d}}{variable}"


def _times(order: int | Node) -> str:
    """The order of a derivative as an exponent; empty for the first."""
    if isinstance(order, int):
        return f"^{{{order}}}" if order > 1 else ""
    return f"^{{{to_latex(order)}}}"


def _partial(node: Partial) -> str:
    order = _times(node.order)
    bottom = " \\, ".join(rf"\partial {to_latex(v)}{_times(n)}" for v, n in node.variables)
    operand = to_latex(node.operand)
    if node.on_top:
        return rf"\frac{{\partial{order} {operand}}}{{{bottom}}}"
    return rf"\frac{{\partial{order}}}{{{bottom}}} {operand}"
