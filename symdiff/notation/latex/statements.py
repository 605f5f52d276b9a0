r"""One displayed formula to its statements: lines and commas taken apart, ``\pm`` written out, sides split at relations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from symdiff.notation.latex import commands
from symdiff.notation.latex.matrices import has_matrix, is_bold, rows_of_matrices
from symdiff.notation.latex.nodes import (
    Deriv,
    Fence,
    Leaf,
    Macro,
    Nabla,
    Node,
    Row,
    Scripted,
    Table,
    base_of,
    is_command,
    is_op,
)
from symdiff.notation.latex.shapes import Shaper
from symdiff.notation.latex.signs import is_name_like, sign_of, split_at_commas
from symdiff.notation.latex.subscripts import is_ellipsis
from symdiff.notation.latex.tensors import along_axes

_BOTH_SIGNS = ("pm", "mp", "±", "∓")
_CASES = frozenset({"cases", "dcases", "rcases"})


@dataclass(frozen=True, slots=True)
class Statement:
    """A chain of sides with the relations between them; an expression has one side and no relation."""

    sides: tuple[Row, ...]
    relations: tuple[str, ...]
    at: int


def statements_of(
    row: Row, shaper: Shaper, axes: tuple[str, ...] = (), dimension: int | None = None
) -> tuple[Statement, ...]:
    """Every statement of a formula, each once for the upper and once for the lower signs of ``\\pm``; matrices and index notation
    are written out along the ``axes`` (or in the ``dimension``) that are declared.

    Raises :class:`ExpressionError` where a side is missing or a comma cannot be understood.
    """
    found: list[Statement] = []
    for line in _lines(row, shaper):
        segments = [part for part in _segments(line, shaper) if part]
        for part in _without_ranges(segments, shaper):
            signs = _signed(part, shaper) if any(sign in shaper.text for sign in _BOTH_SIGNS) else [tuple(part)]
            for s in signs:
                for point in _by_places(_statement(Row(tuple(s), part[0].at), shaper)):
                    for whole in _by_rows(with_columns(point), axes, shaper):
                        sides = along_axes(whole.sides, axes, dimension, shaper)
                        found += [replace(whole, sides=each) for each in sides]
    if not found:
        raise shaper.error(row, "there is no formula", "write for example 'D = \\frac{a^2}{2\\tau}'")
    return tuple(dict.fromkeys(found))


def _by_places(statement: Statement) -> list[Statement]:
    """``(x^*, y^*) = (c/b, a/b)`` as one statement for each place; any other statement as it is."""
    columns = []
    for side in statement.sides:
        only = side.items[0] if len(side.items) == 1 else None
        parts = split_at_commas(only.body) if isinstance(only, Fence) and only.left == "(" else ()
        if len(parts) < 2 or any(not p.items for p in parts):
            return [statement]
        columns.append(parts)
    if set(statement.relations) != {"="} or len({len(c) for c in columns}) != 1:
        return [statement]
    return [Statement(tuple(sides), statement.relations, statement.at) for sides in zip(*columns, strict=True)]


def with_columns(statement: Statement) -> Statement:
    r"""``\mathbf n = (\cos\theta, \sin\theta)``: the components in brackets as a column."""
    first = statement.sides[0]
    if not any(len(side.items) == 1 and is_bold(side.items[0]) for side in statement.sides):
        return statement
    columns = tuple(first if side is first and is_bold(side.items[0]) else _column(side) for side in statement.sides)
    return replace(statement, sides=columns) if columns != statement.sides else statement


def _column(side: Row) -> Row:
    """The side itself; the components of a vector in brackets as a column, with what stands before them."""
    last = side.items[-1]
    parts = split_at_commas(last.body) if isinstance(last, Fence) and last.left == "(" else ()
    barred = isinstance(last, Fence) and any(is_op(n, "|", ";") or is_command(n, "mid") for n in last.body.items)
    if len(parts) not in (2, 3) or barred or any(not p.items for p in parts):
        return side
    called = len(side.items) > 1 and not any(is_command(n, "cos", "sin") for p in parts for n in map(base_of, p.items))
    if called or any(is_bold(n) for n in side.items[:-1]):  # a function of several variables
        return side
    return replace(side, items=(*side.items[:-1], Table("pmatrix", tuple((p,) for p in parts), last.at, last.gap)))


def _by_rows(statement: Statement, axes: tuple[str, ...], shaper: Shaper) -> list[Statement]:
    """The statement itself; an equation between matrices as one statement for each entry."""
    if not any(has_matrix(side) for side in statement.sides):
        return [statement]
    if set(statement.relations) != {"="}:
        raise shaper.error(
            statement.sides[0], "a matrix stands in something that is no equation", "write the components as equations"
        )
    rows = rows_of_matrices(statement.sides, axes, shaper)
    return [Statement(sides, statement.relations, statement.at) for sides in rows]


# --- lines -----------------------------------------------------------------------------------------------------------


def _lines(row: Row, shaper: Shaper) -> list[list[Node]]:
    lines: list[list[Node]] = [[]]
    for at, node in enumerate(row.items):
        if (
            isinstance(node, Table)
            and node.name not in commands.MATRICES
            and (node.name not in _CASES or (_stands_by_itself(row.items, at) and _is_system(node)))
        ):
            for cells in node.rows:
                _append_line(lines, cells, shaper)
            lines.append([])
        elif is_op(node, "newline"):
            lines.append([])
        else:
            lines[-1].append(node)
    return [stripped for line in lines if (stripped := _stripped(line))]


def _stands_by_itself(items: Sequence[Node], at: int) -> bool:
    """Whether nothing but spaces, commas and text stands beside ``items[at]``."""
    beside = (*items[max(at - 1, 0) : at], *items[at + 1 : at + 2])
    return all(
        is_op(n, "quad", "newline", ",", ";", ".") or (isinstance(n, Leaf) and n.kind == "prose") for n in beside
    )


def _is_system(node: Table) -> bool:
    """Whether the rows behind a brace are equations, which may go on in the next row, not values with their conditions."""
    firsts = [[list(cell.items) for cell in cells if cell.items] for cells in node.rows]
    stated = [
        bool(cells)
        and (any(_relation(n) is not None for n in cells[0]) or (len(cells) > 1 and _relation(cells[1][0]) is not None))
        for cells in firsts
    ]
    continued = [bool(cells) and (line := _stripped(cells[0])) != [] and is_op(line[0], "+", "-") for cells in firsts]
    return bool(stated) and stated[0] and all(a or b for a, b in zip(stated, continued, strict=True))


def _append_line(lines: list[list[Node]], cells: Sequence[Row], shaper: Shaper) -> None:
    content = [list(cell.items) for cell in cells]
    if any(isinstance(n, Table) and n.name not in _CASES | commands.MATRICES for cell in content for n in cell):
        for cell in content:
            lines += _lines(Row(tuple(cell)), shaper)
        return
    joined = _stripped([node for cell in _in_columns(content) for node in cell])
    continued = bool(joined) and (
        _relation(joined[0]) is not None
        or (is_op(joined[0], "+", "-", "/") and not any(_relation(n) is not None for n in joined))
        or is_command(joined[0], "cdot", "times")
    )
    previous = next((line for line in reversed(lines) if line), None)
    if continued and previous is not None:
        previous[:] = [*_stripped(previous), *joined]
    else:
        lines.append(joined)


def _in_columns(content: Sequence[list[Node]]) -> list[list[Node]]:
    r"""``v &= a & D &= b``: a cell that begins another equation of the row is parted from what stands before it."""
    found: list[list[Node]] = []
    for at, cell in enumerate(content):
        follows = content[at + 1] if at + 1 < len(content) else []
        stated = any(_relation(n) is not None for n in cell) or bool(follows and _relation(follows[0]) is not None)
        before = any(_relation(n) is not None for earlier in found for n in earlier)
        if at > 1 and cell and _relation(cell[0]) is None and stated and before:
            found.append([Leaf("op", ",", cell[0].at, cell[0].gap)])
        found.append(cell)
    return found


def _stripped(line: list[Node]) -> list[Node]:
    start, end = 0, len(line)
    while start < end and is_op(line[start], "quad", ",", ";"):
        start += 1
    while end > start and is_op(line[end - 1], "quad", ",", ";", "."):
        end -= 1
    return line[start:end]


# --- segments --------------------------------------------------------------------------------------------------------


def _segments(line: list[Node], shaper: Shaper) -> list[list[Node]]:
    parts: list[list[Node]] = [[]]
    for i, node in enumerate(line):
        if is_op(node, ",", ";") or (is_op(node, "quad") and _starts_new(line, i)) or _ends_a_sentence(line, i):
            parts.append([])
        elif is_op(node, "quad"):
            continue
        elif isinstance(node, Leaf) and node.kind == "command" and node.text in commands.CONNECTIVES:
            parts.append([])
        elif isinstance(node, Leaf) and node.kind == "prose" and (not is_name_like(node.text) or _qualifies(line, i)):
            if not all(word.strip(",.;:").lower() in commands.CONNECTING_WORDS for word in node.text.split()):
                shaper.note(f"the text '{node.text[:40]}' is left out")
            parts.append([_REMARK])
        elif _is_remark(node, i, line):
            shaper.note("a remark in brackets is left out")
        elif i and i + 1 == len(line) and _is_range(node, spaced=is_op(line[i - 1], "quad")):
            shaper.note("the list of values in brackets behind the formula is left out")
        elif i and _is_condition(node) and (i + 1 == len(line) or is_op(line[i + 1], ",", ";", "quad")):
            parts += [list(part.items) for part in split_at_commas(node.body)]  # type: ignore[union-attr]
            parts.append([])
        else:
            parts[-1].append(node)
    return [found for part in parts if (found := _without_mark(_stripped(part), shaper))]


def _ends_a_sentence(line: list[Node], at: int) -> bool:
    """A full stop before a wide space or words."""
    after = line[at + 1] if at + 1 < len(line) else None
    words = isinstance(after, Leaf) and after.kind == "prose"
    return is_op(line[at], ".") and after is not None and (words or is_op(after, "quad"))


_REMARK = Leaf("prose", "")  # stands first in what follows prose


def _without_mark(part: list[Node], shaper: Shaper) -> list[Node]:
    """What follows prose; without a relation in it, it belongs to the prose: "where mu is the mobility"."""
    if not part or part[0] is not _REMARK:
        return part
    if len(part) > 1 and not _has_relation(part):
        shaper.note("a remark behind the formula is left out")
        return []
    return _stripped(part[1:])


def _is_remark(node: Node, at: int, line: list[Node]) -> bool:
    """Brackets that hold nothing but text."""
    return at > 0 and isinstance(node, Fence) and bool(node.body.items) and all(
        isinstance(n, Leaf) and n.kind == "prose" and not is_name_like(n.text) for n in node.body.items)  # fmt: skip


def _qualifies(line: list[Node], at: int) -> bool:
    r"""``D = a^2/2\tau \text{ fixed}``: a word that says how what stands before it is meant, and no quantity."""
    node, before = line[at], line[at - 1] if at else None
    alone = at + 1 == len(line) or is_op(line[at + 1], ",", ";", "quad")
    meant = isinstance(node, Leaf) and node.text.lower() in commands.QUALIFIERS
    return (
        meant and alone and before is not None and _relation(before) is None and not is_op(before, "+", "-", "*", "/")
    )


def _is_condition(node: Node) -> bool:
    """Brackets behind a formula that hold a condition: ``... = \\infty \\ (\\alpha < 2)``."""
    return isinstance(node, Fence) and node.left == "(" and node.gap > 0 and all(
        _has_relation(part.items) for part in split_at_commas(node.body))  # fmt: skip


def _is_range(node: Node, *, spaced: bool) -> bool:
    r"""``(n = 1, 2, \dots)`` behind a formula."""
    if not isinstance(node, Fence) or node.left != "(" or not (node.gap or spaced):
        return False
    items = node.body.items
    listed = all(_is_listed(n) or is_op(n, ",") or is_command(n, "pm") for n in items[2:])
    return len(items) > 4 and is_op(items[1], "=") and listed and any(is_ellipsis(n) for n in items[2:])


def _starts_new(line: list[Node], at: int) -> bool:
    """A wide space separates where relations stand on both of its sides, or a remark in brackets follows."""
    before, after = line[:at], line[at + 1 :]
    has_before = any(_relation(n) is not None for n in before)
    has_after = any(_relation(n) is not None for n in after)
    remark = (
        len(after) == 1 and isinstance(after[0], Fence) and any(_relation(n) is not None for n in after[0].body.items)
    )
    return has_before and (has_after or remark)


def _without_ranges(segments: list[list[Node]], shaper: Shaper) -> list[list[Node]]:
    """Leaves out ``n = 1, 2, \\dots`` and memberships, with a note; refuses a comma that separates nothing."""
    segments = _shared_limits(segments)
    kept: list[list[Node]] = []
    at = 0
    while at < len(segments):
        part = _without_remark_brackets(segments[at]) if at else segments[at]
        listed = at + 1
        while listed < len(segments) and all(_is_listed(n) for n in segments[listed]):
            listed += 1
        if 0 < at + 1 < listed < len(segments) and _ends_a_list(segments[listed - 1], segments[listed]):
            listed += 1  # 1, 2, \dots, N - 1
        if _has_relation(part) and listed > at + 1:
            if not any(is_ellipsis(n) for seg in segments[at + 1 : listed] for n in seg) and listed == at + 2:
                raise shaper.error(segments[at + 1][0], "a comma and a number behind an equation",
                                   "write a decimal point; or each equation by itself")  # fmt: skip
            shaper.note("the list of values behind a comma is left out")
            at = listed
            if kept:
                continue
            raise shaper.error(part[0], "a list of values is no equation", "write the equation itself")
        if any(is_command(n, "in", "notin") for n in part):
            shaper.note("a membership (\\in) is left out")
        else:
            kept.append(part)
        at += 1
    relations = [_has_relation(part) for part in kept]
    if any(relations) and not all(relations):
        odd = kept[relations.index(False)]
        raise shaper.error(
            odd[0], "a comma separates an equation from something that is none", "write the equations one by one"
        )
    return kept


def _shared_limits(segments: list[list[Node]]) -> list[list[Node]]:
    r"""``D = ..., \ell, \tau \to 0``: each of the symbols before an arrow goes to what stands behind it; so with ``\alpha, \beta > 1/2``."""
    found = [list(part) for part in segments]
    for at in range(len(found) - 2, -1, -1):
        part, after = found[at], found[at + 1]
        shared = ("to", "rightarrow", "longrightarrow", "le", "leq", "ge", "geq", "ll", "gg", "lt", "gt")
        arrow = len(after) > 2 and (is_command(after[1], *shared) or is_op(after[1], "<", ">"))
        if arrow and len(part) == 1 and sign_of(part[0]) is not None:
            found[at] = [*part, *after[1:]]
    return found


def _without_remark_brackets(part: list[Node]) -> list[Node]:
    if (
        len(part) == 1
        and isinstance(part[0], Fence)
        and part[0].left == "("
        and _has_relation(list(part[0].body.items))
    ):
        return list(part[0].body.items)
    return part


def _is_listed(node: Node) -> bool:
    number = isinstance(node, Leaf) and node.kind == "number"
    return number or is_op(node, "-") or is_command(node, "pm") or is_ellipsis(node)


def _ends_a_list(before: list[Node], last: list[Node]) -> bool:
    r"""What stands behind ``\dots,``: the last value of a list, such as N - 1."""
    return len(before) == 1 and is_ellipsis(before[0]) and not _has_relation(last) and len(last) <= 3


def _has_relation(part: Sequence[Node]) -> bool:
    return any(_relation(n) is not None for n in part)


# --- signs and sides -------------------------------------------------------------------------------------------------


def _signed(part: list[Node], shaper: Shaper) -> list[tuple[Node, ...]]:
    row = Row(tuple(part))
    first, second = _with_roots(row)
    if first != second:
        shaper.note("of two labels with a comma, the first is read with the upper signs, the second with the lower")
    upper, lower = _with_signs(first, "+", "-"), _with_signs(second, "-", "+")
    return [upper.items] if upper == lower else [upper.items, lower.items]


def _with_roots(row: Row) -> tuple[Row, Row]:
    r"""``s_{1,2} = a \pm b`` with the first number for the upper sign and the second for the lower; other rows as they are."""
    only = row.items[0]
    equated = len(row.items) > 2 and _relation(row.items[1]) is not None and sign_of(only) is not None
    if not equated or not isinstance(only, Scripted) or only.sub is None or only.sup is not None:
        return row, row
    names = [part.items for part in split_at_commas(only.sub)]
    written = [n[0].text if len(n) == 1 and isinstance(n[0], Leaf) else "" for n in names]
    if (*written,) not in _PAIRS:
        return row, row
    first, second = (replace(row, items=(replace(only, sub=Row(n, only.at)), *row.items[1:])) for n in names)
    return first, second


_PAIRS: frozenset[tuple[str, ...]] = frozenset({("1", "2"), ("+", "-"), ("R", "L"), ("r", "l")})


def _with_signs(row: Row, plus: str, minus: str) -> Row:
    return Row(tuple(_sign_inside(node, plus, minus) for node in row.items), row.at, row.gap)


def _sign_inside(node: Node, plus: str, minus: str) -> Node:
    def rows(row: Row | None) -> Row | None:
        return None if row is None else _with_signs(row, plus, minus)

    if isinstance(node, Leaf):
        if is_command(node, "pm"):
            return Leaf("op", plus, node.at, node.gap)
        return Leaf("op", minus, node.at, node.gap) if is_command(node, "mp") else node
    if isinstance(node, Row):
        return _with_signs(node, plus, minus)
    if isinstance(node, Fence):
        return replace(node, body=_with_signs(node.body, plus, minus))
    if isinstance(node, Macro):
        return replace(node, args=tuple(_with_signs(arg, plus, minus) for arg in node.args), option=rows(node.option))
    if isinstance(node, Scripted):
        return replace(node, base=_sign_inside(node.base, plus, minus), sub=rows(node.sub), sup=rows(node.sup))
    if isinstance(node, Table):
        return replace(node, rows=tuple(tuple(_with_signs(c, plus, minus) for c in row) for row in node.rows))
    if isinstance(node, Deriv):
        return replace(node, operand=rows(node.operand))
    if isinstance(node, Nabla):
        return replace(node, power=rows(node.power))
    # the condition of a sum over signs keeps its sign
    return replace(node, lower=rows(node.lower), upper=rows(node.upper), body=_with_signs(node.body, plus, minus))


def _relation(node: Node) -> str | None:
    if isinstance(node, Leaf) and node.kind in ("op", "command"):
        return commands.RELATIONS.get(node.text)
    return None


def _statement(row: Row, shaper: Shaper) -> Statement:
    sides: list[list[Node]] = [[]]
    relations: list[str] = []
    for node in row.items:
        relation = _relation(node)
        if is_op(node, ":"):
            continue
        if relation is None:
            sides[-1].append(node)
            continue
        if relation == "mapsto":
            raise shaper.error(node, "\\mapsto is not read", "write f(x) = ...")
        if not sides[-1] and not (relations and relations[-1] in "<>" and relation == "="):
            raise shaper.error(
                node,
                f"nothing stands left of '{_written(node)}'",
                "write both sides; an average is \\langle x \\rangle",
            )
        if not sides[-1]:
            relations[-1] += "="
            continue
        relations.append(relation)
        sides.append([])
    if not sides[-1]:
        raise shaper.error(row.items[-1], "the formula ends with a relation", "write its right-hand side")
    for side in sides[1:]:
        if len(side) == 1 and is_op(side[0], "+", "-") and len(sides) == 2 and len(sides[0]) == 1:
            side.append(Leaf("number", "1", side[0].at))  # \sigma = \pm
    return Statement(tuple(Row(tuple(s), s[0].at) for s in sides), tuple(relations), row.at)


def _written(node: Node) -> str:
    if isinstance(node, Leaf):
        return f"\\{node.text}" if node.kind == "command" else node.text
    return "?"
