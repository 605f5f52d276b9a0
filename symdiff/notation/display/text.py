"""Display trees to one line of Unicode."""

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
from symdiff.notation.symbol_latex import JOINT

_SUPERSCRIPTS = str.maketrans("0123456789−+()", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺⁽⁾")
_SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
_RAISED = str.maketrans("CRLW", "ᶜᴿᴸᵂ")
_FENCES = {"()": "()", "[]": "[]", "||": "||", "<>": "⟨⟩"}


def to_text(node: Node) -> str:
    """One line of text for a terminal."""
    if isinstance(node, Name):
        return node.text
    if isinstance(node, Number):
        return node.digits
    if isinstance(node, Sign):
        return node.text
    if isinstance(node, Row):
        return _row(node)
    if isinstance(node, Fraction):
        return f"{_grouped(node.top, top=True)}/{_grouped(node.bottom)}"
    if isinstance(node, Power):
        return _power(node)
    if isinstance(node, Index):
        index = to_text(node.order)
        if index.isdigit():
            return to_text(node.base) + index.translate(_SUBSCRIPTS)
        return f"{to_text(node.base)}_{index if isinstance(node.order, (Name, Number)) else f'({index})'}"
    if isinstance(node, Root):
        inside = to_text(node.inside)
        return f"√{inside}" if isinstance(node.inside, (Name, Number)) else f"√({inside})"
    if isinstance(node, Fenced):
        fences = _FENCES[node.fences]
        return f"{fences[0]}{to_text(node.inside)}{fences[1]}"
    if isinstance(node, Call):
        return f"{to_text(node.function)}({', '.join(to_text(a) for a in node.arguments)})"
    if isinstance(node, Big):
        return _big(node)
    if isinstance(node, Fractional):
        return _power(Power(Name("", node.kind.translate(_RAISED) + f"D_{to_text(node.variable)}"), node.order))
    if isinstance(node, Cases):
        return "{" + "; ".join(f"{to_text(value)}, {to_text(condition)}" for value, condition in node.rows) + "}"
    return _partial(node)


def _row(node: Row) -> str:
    parts: list[str] = []
    for item in node.items:
        shown = to_text(item)
        if isinstance(item, Sign):
            tight = item.text in "!,/·" or not parts
            parts.append(shown + (" " if item.text == "," else "") if tight else f" {shown} ")
            continue
        if parts and not parts[-1].endswith((" ", "−", "+", "(", "/")):
            parts.append(_glue(parts[-1], item))
        parts.append(shown)
    return "".join(parts)


def _glue(before: str, item: Node) -> str:
    if "/" in before or "]" in before or ("_" in before and isinstance(item, (Name, Number, Power))):
        return " "
    if isinstance(item, (Partial, Big, Call, Fractional)) or (
        before.endswith(tuple("0123456789")) and isinstance(item, Number)
    ):
        return " "
    if _begins_with_word(item):
        return " "
    return "" if isinstance(item, Fenced) or before[-1] in "0123456789)⁰¹²³⁴⁵⁶⁷⁸⁹" or len(before) == 1 else " "


def _begins_with_word(node: Node) -> bool:
    """Whether it would run together with a letter or a number before it: c bound, 2 rate."""
    while isinstance(node, Power) or (isinstance(node, Row) and node.items):
        node = node.base if isinstance(node, Power) else node.items[0]
    return isinstance(node, Name) and node.text[:2].isascii() and node.text[:2].isalpha() and len(node.text) > 1


def _grouped(node: Node, *, top: bool = False) -> str:
    shown = to_text(node)
    if not top and JOINT in shown and isinstance(node, (Name, Row)):
        return f"({shown})"
    if isinstance(node, (Name, Number, Call, Power, Fenced, Root)):
        return shown
    if isinstance(node, Row) and (
        len(node.items) == 1 or (top and not any(isinstance(i, Sign) and i.text != "·" for i in node.items))
    ):
        return shown
    return f"({shown})"


def _power(node: Power) -> str:
    base, exponent = to_text(node.base), to_text(node.exponent)
    if isinstance(node.base, Power):
        base = f"({base})"
    plain = exponent.removeprefix("(").removesuffix(")")
    if exponent in ("+", "−") or plain.lstrip("−").isdigit():
        return base + exponent.translate(_SUPERSCRIPTS)
    return f"{base}^{exponent}" if isinstance(node.exponent, (Name, Number)) else f"{base}^({exponent})"


def _big(node: Big) -> str:
    variable, body = to_text(node.variable), to_text(node.body)
    if node.low is None:
        limits = "" if node.high is None else f"^({to_text(node.high)})"
    elif node.kind == "lim":
        return f"lim_({variable}→{to_text(node.low)}) {body}"
    else:
        limits = f"_({variable}={to_text(node.low)})" + ("" if node.high is None else f"^({to_text(node.high)})")
    symbol = {"sum": "Σ", "prod": "Π", "int": "∫"}[node.kind]
    return f"{symbol}{limits} {body}{'' if node.kind != 'int' else f' d{variable}'}"


def _times(order: int | Node) -> str:
    """The order of a derivative as an exponent; empty for the first."""
    if isinstance(order, int):
        return str(order).translate(_SUPERSCRIPTS) if order > 1 else ""
    return "^" + (to_text(order) if isinstance(order, Name) else f"({to_text(order)})")


def _partial(node: Partial) -> str:
    order = _times(node.order)
    bottom = "".join("∂" + to_text(v) + _times(n) for v, n in node.variables)
    operand = to_text(node.operand)
    return f"∂{order}{operand}/{bottom}" if node.on_top else f"∂{order}/{bottom} {operand}"
