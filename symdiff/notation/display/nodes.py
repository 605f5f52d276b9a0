"""Nodes of a formula as it is laid out; every printer writes the same tree."""

from __future__ import annotations

from typing import NamedTuple


class Name(NamedTuple):
    """An identifier: its LaTeX, and its plain Unicode spelling."""

    latex: str
    text: str


class Number(NamedTuple):
    """A non-negative integer or a decimal."""

    digits: str


class Sign(NamedTuple):
    """An operator or relation: + - = <= and so on, by its plain Unicode character."""

    text: str


class Row(NamedTuple):
    """Things side by side; factors are set apart by a thin space where that helps."""

    items: tuple[Node, ...]


class Fraction(NamedTuple):
    """A numerator over a denominator."""

    top: Node
    bottom: Node


class Power(NamedTuple):
    """A base with an exponent."""

    base: Node
    exponent: Node


class Index(NamedTuple):
    """A base with a subscript that is an expression of its own."""

    base: Node
    order: Node


class Root(NamedTuple):
    """A square root."""

    inside: Node


class Fenced(NamedTuple):
    """Something in brackets: "()", "[]", "||", "<>"."""

    fences: str
    inside: Node


class Call(NamedTuple):
    """A function with its arguments."""

    function: Node
    arguments: tuple[Node, ...]


class Big(NamedTuple):
    """A sum, a product, an integral or a limit: ``kind`` "sum", "prod", "int" or "lim"; an integral may lack an end, a limit has
    one, to which its variable goes."""

    kind: str
    variable: Node
    low: Node | None
    high: Node | None
    body: Node


class Partial(NamedTuple):
    """A partial derivative operator: total order, and (variable, times) pairs, with the operand on top or after it; a symbolic order
    is a node."""

    order: int | Node
    variables: tuple[tuple[Node, int | Node], ...]
    operand: Node
    on_top: bool


class Fractional(NamedTuple):
    """A derivative of fractional order along a variable; ``kind`` is "C" (Caputo), "RL" (Riemann-Liouville) or "W" (Weyl), "" unsaid."""

    kind: str
    variable: Node
    order: Node


class Cases(NamedTuple):
    """Values by case: (value, condition) pairs, the last condition may be a word."""

    rows: tuple[tuple[Node, Node], ...]


LARGE = {"()": (Sign("⟮"), Sign("⟯")), "[]": (Sign("⟦"), Sign("⟧"))}
"""Large brackets that stand alone, where a line is broken between them."""
LARGE_SIGNS = {"⟮": "(", "⟯": ")", "⟦": "[", "⟧": "]"}

SEPARATOR = Name(r",\qquad ", ",  ")
"""Between formulas that share one line."""

Node = Name | Number | Sign | Row | Fraction | Power | Index | Root | Fenced | Call | Big | Partial | Fractional | Cases
