r"""Index notation: ``\partial_i (D_{ij} \partial_j P)``, ``J_i = A_i P - \partial_j (B_{ij} P)``, written out along the axes.

Only a letter by which something is differentiated (or that stands at a Kronecker delta on both sides of ``D_{ij} =``) counts as
such an index: a site number is none.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import takewhile

from symdiff.errors import ExpressionError
from symdiff.notation.latex.nodes import (
    Binder,
    Deriv,
    Fence,
    Leaf,
    Node,
    Row,
    Scripted,
    children,
    is_command,
    is_op,
    unwrapped,
    with_rows,
)
from symdiff.notation.latex.shapes import Shaper

LETTERS = frozenset({"i", "j", "k", "l", "m", "alpha", "beta", "mu", "nu"})
AXES = ("x", "y", "z")
_POSITIONS = frozenset({"x", "r"})
MOST_TERMS = 400  # of one statement, written out
MOST_NODES = 8_000


@dataclass(frozen=True)
class _Axes:
    """The axes of a formula, and the letters that stand for one of them."""

    names: tuple[str, ...]
    letters: frozenset[str]
    spent: list[int]  # the size of everything that was written out so far


def along_axes(
    sides: tuple[Row, ...], axes: tuple[str, ...], dimension: int | None, shaper: Shaper
) -> list[tuple[Row, ...]]:
    """The sides with repeated indices summed over the axes, once for each value of an index that stands on every side alone.

    Raises :class:`ExpressionError` where an index stands on one side only, or where there would be too many terms.
    """
    letters = _tensor_letters(sides) - set(axes) - shaper.declared
    if not letters:
        letters = _of_a_tensor(sides) if axes or dimension else frozenset()
        if not letters:
            return [sides]
    alone = {le for side in sides for node in _walk(side) for le in _below(node) if le in ("i", "j", "k", "l")}
    letters = frozenset(le for side in sides for le in _companions(side, letters)) | alone - set(axes) - shaper.declared
    shaper.indexed = True
    count = dimension or len(axes) or _stated_number(sides, letters)
    if not count:
        shaper.note("the number of dimensions is not stated: two, with the coordinates x and y, are assumed for the indices "
                    + ", ".join(sorted(letters)))  # fmt: skip
    names = axes or AXES[: min(count or 2, len(AXES))]
    meant = _Axes(names, letters, [0])
    summed = [_summed(side, meant) for side in sides]
    free = sorted({le for side in summed for le in _indices(side, letters)})
    if len(names) ** len(free) * max(len(s.items) for s in summed) > MOST_TERMS:
        raise shaper.error(sides[0], "index notation with too many terms", "write out the components")
    found = [tuple(summed)]
    for letter in free:
        if any(side.items and not _is_zero(side) and letter not in _indices(side, letters) for side in summed):
            raise shaper.error(sides[0], f"the index {letter} stands on one side only", "write out the components")
        found = [tuple(_put(side, letter, name, meant) for side in each) for each in found for name in names]
    return [tuple(_deltas(side) for side in each) for each in found]


def _is_zero(side: Row) -> bool:
    return len(side.items) == 1 and side.items[0] == Leaf("number", "0")


# --- which letters ---------------------------------------------------------------------------------------------------


def _letter(node: Node) -> str:
    node = unwrapped(node)
    return node.text if isinstance(node, Leaf) and node.kind in ("letter", "command") and node.text in LETTERS else ""


def _component(node: Node) -> str:
    """The index of ``x_i``."""
    if isinstance(node, Scripted) and node.sup is None and not node.primes and node.sub is not None:
        base = unwrapped(node.base)
        if isinstance(base, Leaf) and base.text in _POSITIONS and len(node.sub.items) == 1:
            return _letter(node.sub.items[0])
    return ""


def _walk(row: Row) -> Iterable[Node]:
    """Every node in and below a row, parents first; not the variables of derivatives."""
    pending: list[Node] = list(row.items)
    while pending:
        node = pending.pop()
        yield node
        if isinstance(node, Deriv):
            pending += [] if node.operand is None else node.operand.items
        else:
            pending += [n for inner in children(node) for n in inner.items]


def _variables(node: Node) -> list[tuple[str, int]]:
    """The indices of a derivative, each as often as it is differentiated."""
    if not isinstance(node, Deriv) or not node.partial:
        return []
    found = []
    for variable, order in node.variables:
        if len(variable.items) == 1 and (letter := _letter(variable.items[0]) or _component(variable.items[0])):
            power = unwrapped(order) if order is not None else None
            found.append((letter, int(power.text) if isinstance(power, Leaf) and power.text.isdigit() else 1))
    return found


def _tensor_letters(sides: tuple[Row, ...]) -> frozenset[str]:
    r"""Letters by which something is differentiated that also stand below a sign, in ``\partial x_i``, or twice: i, not the k of d/dk."""
    found: set[str] = set()
    by = [letter for side in sides for letter in _differentiated_by(side)]
    for side in sides:
        for node in _walk(side):
            found |= set(_below(node)) & set(by)
            if isinstance(node, Deriv):
                found |= {_component(v.items[0]) for v, _ in node.variables if len(v.items) == 1} - {""}
    return frozenset(found | {le for le in by if le in ("i", "j") and by.count(le) > 1})


def _differentiated_by(side: Row) -> list[str]:
    return [letter for node in _walk(side) for letter, count in _variables(node) for _ in range(min(count, 2))]


def _of_a_tensor(sides: tuple[Row, ...]) -> frozenset[str]:
    r"""The letters of ``D_{ij} = ... \delta_{ij}``."""
    if len(sides) != 2 or len(sides[0].items) != 1:
        return frozenset()
    below = _below(sides[0].items[0])
    deltas = [_below(n) for n in _walk(sides[1]) if isinstance(n, Scripted) and is_command(unwrapped(n.base), "delta")]
    return frozenset(below) if len(set(below)) == 2 and any(set(d) == set(below) for d in deltas) else frozenset()


def _below(node: Node) -> list[str]:
    """The index letters below a sign, where nothing but index letters and axes stands there."""
    if not isinstance(node, Scripted) or node.sub is None:
        return []
    labels = [n for n in node.sub.items if not is_op(n, ",")]
    plain = all(_letter(n) or (isinstance(n, Leaf) and n.text in AXES) for n in labels)
    return [_letter(n) for n in labels if _letter(n)] if plain else []


def _companions(side: Row, letters: frozenset[str]) -> frozenset[str]:
    """The letters themselves, and those that stand below a sign beside one of them."""
    beside = {le for node in _walk(side) if set(found := _below(node)) & letters for le in found}
    return letters | beside


def _stated_number(sides: tuple[Row, ...], letters: frozenset[str]) -> int:
    r"""The end of ``\sum_{i=1}^{3}``, where it is a number."""
    ends = {int(end.text) for side in sides for n in _walk(side)
            if isinstance(n, Binder) and n.upper is not None and _bound(n) and set(_bound(n)) <= letters
            and isinstance(end := unwrapped(n.upper), Leaf) and end.text.isdigit()}  # fmt: skip
    return ends.pop() if len(ends) == 1 and ends <= {1, 2, 3} else 0


def _bound(node: Binder) -> list[str]:
    """The letters over which a sum runs."""
    items = [n for v in node.variables for n in v.items]
    if not items and node.condition is not None:  # i, j = 1
        items = list(takewhile(lambda n: not is_op(n, "="), node.condition.items))
    letters = [_letter(n) for n in items if not is_op(n, ",")]
    return letters if letters and all(letters) else []


def _indices(row: Row, letters: frozenset[str]) -> list[str]:
    """Every place of an index, with repetitions."""
    found: list[str] = []
    for node in _walk(row):
        for letter, count in _variables(node):
            found += [letter] * count
        found += _below(node)
    return [le for le in found if le in letters]


# --- writing out -----------------------------------------------------------------------------------------------------


def _summed(row: Row, axes: _Axes) -> Row:
    """The row with the repeated indices of each of its terms summed over, innermost brackets first."""
    items: list[Node] = []
    for term in _terms(row):
        for sign, body in _parts(term, axes):
            items += [*([Leaf("op", sign, row.at)] if sign == "-" or items else []), *body.items]
    return Row(tuple(items), row.at, row.gap)


def _parts(term: list[Node], axes: _Axes) -> list[tuple[str, Row]]:
    """The terms that one term with indices stands for, each with its sign; a sum sign over indices goes with them."""
    sign = "-" if is_op(term[0], "-") else "+"
    nodes = term[1:] if is_op(term[0], "+", "-") else term
    front = [_opened(node, axes) for node in nodes[:-1]]
    parts = [(sign, Row((*front, *(_opened(node, axes) for node in nodes[-1:])), term[0].at))]
    last = nodes[-1] if nodes else None
    if isinstance(last, Binder) and last.kind == "sum" and _bound(last) and set(_bound(last)) <= axes.letters:
        body = _summed(last.body, axes)
        if not set(_bound(last)) & set(_indices(body, axes.letters)):
            parts = [("-" if (sign == "-") != is_op(t[0], "-") else "+", Row((*front, *t[is_op(t[0], "+", "-") :]), last.at))
                     for t in _terms(body)]  # fmt: skip
    for letter in sorted(axes.letters):
        axes.spent[0] += sum(1 for _, part in parts for _ in _walk(part))
        if axes.spent[0] > MOST_NODES:
            raise ExpressionError("index notation with too many terms", instead="write out the components")
        parts = [(s, _put(part, letter, name, axes) if name else part) for s, part in parts
                 for name in (axes.names if _is_repeated(part, letter, axes) else ("",))]  # fmt: skip
    return parts


def _is_repeated(part: Row, letter: str, axes: _Axes) -> bool:
    return letter in _differentiated_by(part) and _indices(part, axes.letters).count(letter) >= 2


def _terms(row: Row) -> list[list[Node]]:
    """The terms of a sum with their signs."""
    found: list[list[Node]] = [[]]
    for node in row.items:
        if is_op(node, "+", "-") and found[-1] and not is_op(found[-1][-1], "/"):
            found.append([])
        found[-1].append(node)
    return [term for term in found if term]


def _opened(node: Node, axes: _Axes) -> Node:
    """The node with what it holds written out."""
    if isinstance(node, Scripted):
        return replace(node, base=_opened(node.base, axes))
    if isinstance(node, Fence):
        return replace(node, body=_summed(node.body, axes))
    if isinstance(node, Deriv):
        return replace(node, operand=None if node.operand is None else _summed(node.operand, axes))
    return with_rows(node, lambda row: _summed(row, axes))


def _put(row: Row, letter: str, name: str, axes: _Axes) -> Row:
    """The row with an axis in the place of an index; in one dimension the index goes."""
    label = Leaf("letter" if len(name) == 1 else "word", name, row.at)
    single = len(axes.names) == 1

    def changed(node: Node) -> Node:
        if _component(node) == letter:
            return label
        if isinstance(node, Scripted) and node.sub is not None and letter in _below(node):
            kept = tuple(
                label if _letter(n) == letter else n for n in node.sub.items if not (single and _letter(n) == letter)
            )
            if single and not is_command(unwrapped(node.base), "delta"):
                kept = tuple(n for n in kept if not is_op(n, ","))
                return (
                    node.base
                    if not kept and node.sup is None
                    else replace(node, sub=Row(kept, node.at) if kept else None)
                )
            return replace(node, sub=Row(tuple(label if _letter(n) == letter else n for n in node.sub.items), node.at))
        if isinstance(node, Deriv):
            variables = tuple((Row((label,), node.at) if v.items and (_letter(v.items[0]) or _component(v.items[0])) == letter
                               else v, order) for v, order in node.variables)  # fmt: skip
            return replace(node, variables=variables, operand=None if node.operand is None else inner(node.operand))
        if isinstance(node, Scripted):
            node = replace(node, base=changed(node.base))
        return with_rows(node, inner)

    def inner(found: Row) -> Row:
        return Row(tuple(changed(n) for n in found.items), found.at, found.gap)

    return inner(row)


def _deltas(row: Row) -> Row:
    """Kronecker deltas between axes as 1 or 0."""

    def changed(node: Node) -> Node:
        if isinstance(node, Scripted) and is_command(unwrapped(node.base), "delta") and node.sub is not None:
            names = [n.text for n in node.sub.items if isinstance(n, Leaf) and not is_op(n, ",")]
            if len(names) == 2 and all(n not in LETTERS for n in names):
                return Leaf("number", "1" if names[0] == names[1] else "0", node.at, 2)
        return with_rows(node, inner)

    def inner(found: Row) -> Row:
        return Row(tuple(changed(n) for n in found.items), found.at, found.gap)

    return inner(row)
