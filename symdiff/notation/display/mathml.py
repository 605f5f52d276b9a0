"""Display trees to presentation MathML (MathML Core), which browsers show without any script."""

from __future__ import annotations

from html import escape

from symdiff.notation.display.latex import is_tall
from symdiff.notation.display.nodes import (
    LARGE_SIGNS,
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

_FENCES = {"()": "()", "[]": "[]", "||": "||", "<>": "⟨⟩"}
_TIGHT = ' lspace="0" rspace="0"'
_LEANING = frozenset("FHJKNPTUVWXY")
"""Capitals that lean into a superscript: not every browser corrects for the slope of the font."""
_UPRIGHT = [
    "\\operatorname",
    "\\mathrm",
    "\\text",
    "\\mathtt",
    "\\ln",
    "\\sin",
    "\\cos",
    "\\tan",
    "\\exp",
    "\\min",
    "\\max",
    "\\sinh",
    "\\cosh",
    "\\tanh",
]


def to_mathml(node: Node, *, block: bool = False) -> str:
    """A complete ``<math>`` element."""
    display = ' display="block"' if block else ""
    return f'<math xmlns="http://www.w3.org/1998/Math/MathML"{display}>{_inner(node)}</math>'


def inner_mathml(node: Node, *, continued: bool = False) -> str:
    """The markup inside a ``<math>`` element; a ``continued`` line begins with a sign between two terms."""
    shown = _inner(node)
    return shown.replace('form="prefix"', 'form="infix"', 1) if continued and _begins_with_sign(node) else shown


def _begins_with_sign(node: Node) -> bool:
    return isinstance(node, Row) and bool(node.items) and isinstance(node.items[0], Sign) and node.items[0].text in "−+"


def _inner(node: Node) -> str:
    if isinstance(node, Name):
        return _name(node)
    if isinstance(node, Number):
        return f"<mn>{escape(node.digits)}</mn>"
    if isinstance(node, Sign):
        return _sign(node)
    if isinstance(node, Row):
        return _row(node)
    if isinstance(node, Fraction):
        return f"<mfrac>{_group(node.top)}{_group(node.bottom)}</mfrac>"
    if isinstance(node, Power):
        if (
            isinstance(node.base, Name)
            and one_symbol(node.base.text)[1]
            and "_" not in one_symbol(node.base.text)[1]
            and not set(node.base.text) & set("^′" + JOINT)
        ):
            base, low, _ = one_symbol(node.base.text)  # both scripts above each other
            return f"<msubsup><mi>{escape(base)}</mi>{_script(low)}{_group(node.exponent)}</msubsup>"
        base = _group(node.base)
        if isinstance(node.base, Name) and node.base.text in _LEANING:
            base = f'<mrow>{base}<mspace width="0.1em"></mspace></mrow>'
        return f"<msup>{base}{_group(node.exponent)}</msup>"
    if isinstance(node, Index):
        return f"<msub>{_group(node.base)}{_group(node.order)}</msub>"
    if isinstance(node, Root):
        return f"<msqrt>{_inner(node.inside)}</msqrt>"
    if isinstance(node, Fenced):
        left, right = tuple(_FENCES[node.fences])
        return _bracketed(left, _inner(node.inside), right, tall=is_tall(node.inside))
    if isinstance(node, Call):
        arguments = "<mo>,</mo>".join(_inner(a) for a in node.arguments)
        inside = _bracketed("(", arguments, ")", tall=any(map(is_tall, node.arguments)))
        return f"<mrow>{_inner(node.function)}<mo>&#x2061;</mo>{inside}</mrow>"
    if isinstance(node, Big):
        return _big(node)
    if isinstance(node, Fractional):
        scripts = f"{_group(node.variable)}{_group(node.order)}"
        if not node.kind:
            return f"<msubsup><mi>D</mi>{scripts}</msubsup>"
        scripts += "<mprescripts></mprescripts><mrow></mrow>"
        return f'<mmultiscripts><mi>D</mi>{scripts}<mi mathvariant="normal">{node.kind}</mi></mmultiscripts>'
    if isinstance(node, Cases):
        rows = "".join(f"<mtr><mtd>{_inner(v)}</mtd><mtd>{_inner(c)}</mtd></mtr>" for v, c in node.rows)
        return f"<mrow><mo>{{</mo><mtable>{rows}</mtable></mrow>"
    return _partial(node)


def _sign(node: Sign, form: str = "") -> str:
    if node.text in LARGE_SIGNS:
        return f'<mo minsize="1.8em" maxsize="1.8em">{LARGE_SIGNS[node.text]}</mo>'
    return f"<mo{form}{_TIGHT if node.text == '/' else ''}>{escape(node.text)}</mo>"


def _bracketed(left: str, inside: str, right: str, *, tall: bool) -> str:
    """Brackets that grow only where they must: browsers set a space beside those that may."""
    fixed = "" if tall else ' stretchy="false"'
    return f"<mrow><mo{fixed}>{left}</mo>{inside}<mo{fixed}>{right}</mo></mrow>"


def _script(text: str) -> str:
    """A subscript: letters of coordinates one by one, a word upright."""
    if len(text) > 1 and set(text) <= set("xyztXYZ"):
        return f"<mrow>{''.join(f'<mi>{letter}</mi>' for letter in text)}</mrow>"
    return f"<mi>{escape(text)}</mi>"


def _low(text: str) -> str:
    """A subscript: a word, or signs with subscripts of their own."""
    signs = scripts_of(text)
    if not any(low for _, low, _ in signs):
        return _script(text.replace("_", ","))
    parts = []
    for base, low, high in signs:
        shown = f"<msub>{_script(base)}{_script(low)}</msub>" if low else _script(base)
        parts.append(f"<msup>{shown}<mn>{high}</mn></msup>" if high else shown)
    return f"<mrow>{''.join(parts)}</mrow>"


def _name(node: Name) -> str:
    if node == SEPARATOR:
        return '<mo separator="true">,</mo><mspace width="2em"></mspace>'
    several = node.text.split(JOINT)
    if len(several) > 1:
        return f"<mrow>{'<mo>&#x2062;</mo>'.join(_name(Name('', text)) for text in several)}</mrow>"
    text, primes = node.text.rstrip("′"), len(node.text) - len(node.text.rstrip("′"))
    base, low, high = one_symbol(text)
    shown = f"<mi>{escape(base)}</mi>"
    if len(base) == 2 and base[0] == "Δ" and base[1].isalpha():
        shown = f'<mrow><mi mathvariant="normal">Δ</mi><mi>{escape(base[1])}</mi></mrow>'
    if low:
        shown = f"<msub>{shown}{_low(low)}</msub>"
    if high:
        shown = f"<msup>{shown}<mi>{escape(high)}</mi></msup>"
    if primes:
        shown = f"<msup>{shown}<mo>{'′' * primes}</mo></msup>"
    return shown


def _row(node: Row) -> str:
    parts: list[str] = []
    before: Node | None = None
    for item in node.items:
        if isinstance(item, Sign):
            opens = before is None or (isinstance(before, Sign) and before.text in "⟮⟦")
            parts.append(_sign(item, ' form="prefix"' if opens and item.text in "−+" else ""))
        else:
            if before is not None and not isinstance(before, Sign):
                parts.append(
                    '<mspace width="0.17em"></mspace>' if _set_apart(item) or _upright(before) else "<mo>&#x2062;</mo>"
                )
            parts.append(_inner(item))
        before = item
    return f"<mrow>{''.join(parts)}</mrow>"


def _set_apart(node: Node) -> bool:
    """Whether a thin space stands before a factor: operators, and names in upright words."""
    if isinstance(node, Call):
        node = node.function
    return isinstance(node, (Partial, Big, Fractional)) or (
        isinstance(node, Name) and len(node.text.partition("_")[0]) > 1
    )


def _upright(node: Node) -> bool:
    """Whether a factor is a name in upright words, which would run into the next one."""
    return isinstance(node, Name) and JOINT not in node.text and len(one_symbol(node.text.rstrip("′"))[0]) > 1


def _group(node: Node) -> str:
    shown = _inner(node)
    single = isinstance(node, (Number, Fraction, Power, Root, Fenced, Row, Call, Name))
    return shown if single else f"<mrow>{shown}</mrow>"


def _big(node: Big) -> str:
    empty = "<mrow></mrow>"
    low, high = (empty if end is None else _group(end) for end in (node.low, node.high))
    if node.kind == "lim":
        goes = f"<mrow>{_inner(node.variable)}<mo>→</mo>{low}</mrow>"
        return f"<mrow><munder><mo>lim</mo>{goes}</munder>{_inner(node.body)}</mrow>"
    if node.kind != "int":
        symbol = {"sum": "∑", "prod": "∏"}[node.kind]
        first = f"<mrow>{_inner(node.variable)}<mo>=</mo>{low}</mrow>"
        return f"<mrow><munderover><mo>{symbol}</mo>{first}{high}</munderover>{_inner(node.body)}</mrow>"
    ends = "<mo>∫</mo>" if low == high == empty else f"<msubsup><mo>∫</mo>{low}{high}</msubsup>"
    return (
        f"<mrow>{ends}{_inner(node.body)}"
        f'<mspace width="0.17em"></mspace><mi mathvariant="normal">d</mi>{_inner(node.variable)}</mrow>'
    )


def _partial(node: Partial) -> str:
    def raised(base: str, times: int | Node) -> str:
        if times == 1:
            return base
        return f"<msup>{base}{f'<mn>{times}</mn>' if isinstance(times, int) else _group(times)}</msup>"

    top = raised("<mo>∂</mo>", node.order)
    bottom = "".join(f"<mo>∂</mo>{raised(_inner(v), n)}" for v, n in node.variables)
    operand = _inner(node.operand)
    if node.on_top:
        return f"<mfrac><mrow>{top}{operand}</mrow><mrow>{bottom}</mrow></mfrac>"
    return f"<mrow><mfrac><mrow>{top}</mrow><mrow>{bottom}</mrow></mfrac>{operand}</mrow>"
