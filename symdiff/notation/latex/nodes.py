"""The balanced tree of a formula: what TeX groups, before anything is known of its meaning.

``at`` is the place in the text, ``gap`` the space before a node (0 none, 1 blank, 2 a spacing command); neither takes
part in comparisons.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import TypeAlias

Node: TypeAlias = "Leaf | Row | Fence | Macro | Scripted | Table | Deriv | Nabla | Binder"


@dataclass(frozen=True, slots=True)
class Leaf:
    """A letter, number, command (without its backslash), operator, word, or declared name."""

    kind: str
    text: str
    at: int = field(default=0, compare=False)
    gap: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Row:
    """What stands side by side."""

    items: tuple[Node, ...]
    at: int = field(default=0, compare=False)
    gap: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Fence:
    """A bracket; ``left`` is one of ``( [ { < | . floor ceil``."""

    left: str
    right: str
    body: Row
    at: int = field(default=0, compare=False)
    gap: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Macro:
    """A command with its arguments, such as a fraction, a root or an accent."""

    name: str
    args: tuple[Row, ...]
    option: Row | None = None
    at: int = field(default=0, compare=False)
    gap: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Scripted:
    """A node with a subscript, a superscript and primes."""

    base: Node
    sub: Row | None = None
    sup: Row | None = None
    primes: int = 0
    at: int = field(default=0, compare=False)
    gap: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Table:
    """The rows and cells of an environment."""

    name: str
    rows: tuple[tuple[Row, ...], ...]
    at: int = field(default=0, compare=False)
    gap: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Deriv:
    """A derivative by ``variables`` (each with its order); without ``operand`` it acts on what follows it."""

    partial: bool
    variables: tuple[tuple[Row, Row | None], ...]
    operand: Row | None
    at: int = field(default=0, compare=False)
    gap: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Nabla:
    """``grad``, ``div`` or a power ``lap`` of the Laplacian, acting on what follows it."""

    kind: str
    power: Row | None = None
    variable: Row | None = None  # the coordinate, where it is named
    at: int = field(default=0, compare=False)
    gap: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Binder:
    """A sum, product, integral or limit over its ``body``; ``step`` is 2 where only every second number counts."""

    kind: str
    variables: tuple[Row, ...]
    lower: Row | None
    upper: Row | None
    body: Row
    condition: Row | None = None
    at: int = field(default=0, compare=False)
    gap: int = field(default=0, compare=False)
    step: int = 1


def is_op(node: Node, *texts: str) -> bool:
    """Whether ``node`` is one of these operator characters."""
    return isinstance(node, Leaf) and node.kind == "op" and node.text in texts


def is_command(node: Node, *names: str) -> bool:
    """Whether ``node`` is one of these commands without arguments."""
    return isinstance(node, Leaf) and node.kind == "command" and node.text in names


def is_fraction(node: Node) -> bool:
    """Whether ``node`` is a fraction with a bar, behind which a number can only be a factor."""
    return isinstance(node, Macro) and node.name in ("frac", "tfrac", "dfrac", "cfrac")


def base_of(node: Node) -> Node:
    """The node without its scripts."""
    return node.base if isinstance(node, Scripted) else node


def unwrapped(node: Node) -> Node:
    """The node itself, or what a group of exactly one node holds."""
    while isinstance(node, Row) and len(node.items) == 1:
        node = node.items[0]
    return node


def children(node: Node) -> Iterator[Row]:
    """The rows directly inside a node."""
    parts: list[Row | None] = []
    if isinstance(node, Row):
        parts = [node]
    elif isinstance(node, Fence):
        parts = [node.body]
    elif isinstance(node, Macro):
        parts = [*node.args, node.option]
    elif isinstance(node, Scripted):
        parts = [Row((node.base,)), node.sub, node.sup] if not isinstance(node.base, Leaf) else [node.sub, node.sup]
    elif isinstance(node, Table):
        parts = [cell for cells in node.rows for cell in cells]
    elif isinstance(node, Deriv):
        parts = [node.operand, *(part for pair in node.variables for part in pair)]
    elif isinstance(node, Nabla):
        parts = [node.power]
    elif isinstance(node, Binder):
        parts = [*node.variables, node.lower, node.upper, node.body, node.condition]
    return (part for part in parts if part is not None)


def with_rows(node: Node, change: Callable[[Row], Row]) -> Node:
    """The node with ``change`` made in every row that it holds directly."""

    def optional(row: Row | None) -> Row | None:
        return None if row is None else change(row)

    if isinstance(node, Row):
        return change(node)
    if isinstance(node, Fence):
        return replace(node, body=change(node.body))
    if isinstance(node, Macro):
        return replace(node, args=tuple(change(a) for a in node.args), option=optional(node.option))
    if isinstance(node, Scripted):
        return replace(node, base=with_rows(node.base, change), sub=optional(node.sub), sup=optional(node.sup))
    if isinstance(node, Table):
        return replace(node, rows=tuple(tuple(change(cell) for cell in row) for row in node.rows))
    if isinstance(node, Deriv):
        variables = tuple((change(v), optional(c)) for v, c in node.variables)
        return replace(node, variables=variables, operand=optional(node.operand))
    if isinstance(node, Nabla):
        return replace(node, power=optional(node.power))
    if isinstance(node, Binder):
        return replace(node, variables=tuple(change(v) for v in node.variables), lower=optional(node.lower),
                       upper=optional(node.upper), body=change(node.body), condition=optional(node.condition))  # fmt: skip
    return node
