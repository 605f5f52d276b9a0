r"""Spellings that the whole formula decides: ``\Delta^2 f``, and ``[A - \partial_x B] W`` in a probability current."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from symdiff.notation.latex.declared import Names
from symdiff.notation.latex.evidence import FIELD_LIKE, is_operator, rows_of_values
from symdiff.notation.latex.facts import CORE_FIELDS
from symdiff.notation.latex.nodes import (
    Deriv,
    Fence,
    Leaf,
    Nabla,
    Node,
    Row,
    Scripted,
    base_of,
    is_command,
    is_op,
    unwrapped,
    with_rows,
)
from symdiff.notation.latex.shapes import Shaper
from symdiff.notation.latex.signs import COORDINATE_LETTERS, Sign, call_at, sign_at, sign_of, split_at_commas
from symdiff.notation.latex.statements import Statement
from symdiff.notation.latex.subscripts import index_letters

_INDICES = frozenset("ijklmnN")
_SPREADING = frozenset({"D", "B", "b", "K", "M", "m", "a", "alpha", "beta", "sigma", "g", "kappa", "Q", "T", "Dcal"})
_BRACKETS = ("(", "[", "{")
_INCREMENT = re.compile(r"[dD]elta|[\u0394\u2206\u03b4]")
_BRACKET_AND_SIGN = re.compile(r"[\])}](?:\\[,;:! ]|[\s~])*\\?[A-Za-z\u0370-\u03ff]")  # to settle nothing costs nothing


def settled(statements: Sequence[Statement], names: Names, shaper: Shaper) -> tuple[Statement, ...]:
    """The statements with powers of ``\\Delta`` and brackets of a current in the sense that the formula as a whole gives them.

    Raises :class:`ExpressionError` where several senses remain.
    """
    if _INCREMENT.search(shaper.text):
        rows = [row for s in statements for side in s.sides for row in rows_of_values(side)]
        if "Delta" not in names.all and any(_is_delta(n) for row in rows for n in row.items):
            reader = _Deltas(rows, names, shaper)
            statements = [replace(s, sides=tuple(_changed(side, reader.row) for side in s.sides)) for s in statements]
        if not {"Delta", "delta"} & names.all:
            for row in rows:
                _refuse_differences(row, rows, shaper)
    statements = _with_operators(statements, shaper)
    for statement in statements:
        _refuse_operators(statement, shaper)
    if not _BRACKET_AND_SIGN.search(shaper.text):
        return tuple(statements)
    return tuple(_with_currents(s, names, shaper) for s in statements)


def _changed(row: Row, change: object) -> Row:
    """``change`` made in a row after it was made in all rows of values inside it."""
    assert callable(change)

    def inside(inner: Row) -> Row:
        return _changed(inner, change)

    items = tuple(replace(n, base=with_rows(n.base, inside)) if isinstance(n, Scripted) and not isinstance(n.base, Leaf)
                  else n if isinstance(n, Scripted) else with_rows(n, inside) for n in row.items)  # fmt: skip
    result: Row = change(replace(row, items=items))
    return result


# --- powers of Delta ---------------------------------------------------------------------------------------------------


def _is_delta(node: Node) -> bool:
    return is_command(unwrapped(base_of(node)), "Delta")


def _exponent(node: Node) -> int:
    """1 for ``\\Delta``, n for ``\\Delta^n``, 0 for everything else."""
    if not _is_delta(node):
        return 0
    if not isinstance(node, Scripted):
        return 1
    only = unwrapped(node.sup) if node.sup is not None and node.sub is None and not node.primes else None
    return int(only.text) if isinstance(only, Leaf) and only.kind == "number" and only.text in ("2", "3", "4") else 0


class _Deltas:
    def __init__(self, rows: Sequence[Row], names: Names, shaper: Shaper) -> None:
        self.shaper = shaper
        self.declared = {*names.context.fields, *(name for name, _ in names.context.functions)}
        self.parameters = {*names.context.parameters, *names.context.indices}
        self.moving = any(_moves(n) for row in rows for n in row.items)
        self.moved = {name for row in rows for name in _moved(row)}
        self.is_step = any(self.alone(row) for row in rows)
        self.acts = any(self.acting(row) for row in rows)

    def run(self, items: Sequence[Node], at: int) -> tuple[int, int]:
        """The power of the signs ``\\Delta`` that stand side by side at a place, and the place behind them."""
        total = 0
        while at < len(items) and _exponent(items[at]) and (not total or items[at].gap < 2):
            total += _exponent(items[at])
            at += 1
        return total, at

    def operand(self, items: Sequence[Node], at: int) -> Sign | None:
        """The sign at a place, where it can be a density rather than a coordinate or a declared parameter."""
        sign = sign_of(items[at]) if at < len(items) else None
        if sign is None or sign.name in COORDINATE_LETTERS or sign.name in self.parameters:
            return None
        low = [s.name for s in map(sign_of, sign.sub.items) if s is not None] if sign.sub is not None else []
        if low and set("".join(low)) <= COORDINATE_LETTERS:  # a step squared before u_xx
            return None
        return sign if sign.name in FIELD_LIKE or sign.name in self.declared else None

    def alone(self, row: Row) -> bool:
        """Whether ``\\Delta`` stands as a length of its own in a row."""
        at = 0
        while at < len(row.items):
            total, after = self.run(row.items, at)
            if total:
                following = row.items[after] if after < len(row.items) else None
                held = following is not None and (
                    sign_of(following) is not None or call_at(row.items, after) is not None
                )
                if not held or (
                    total > 1 and self.operand(row.items, after) is None and not isinstance(following, Fence)
                ):
                    return True
            at = max(after, at + 1)
        return False

    def acting(self, row: Row) -> bool:
        """Whether a single ``\\Delta`` stands in front of a density or a bracket."""
        return any(
            self.run(row.items, i) == (1, i + 1)
            and (self.operand(row.items, i + 1) is not None or call_at(row.items, i + 1) is not None)
            for i in range(len(row.items))
        )

    def row(self, row: Row) -> Row:
        """The row with every Laplacian in it a node of its own."""
        found: list[Node] = []
        at = 0
        while at < len(row.items):
            node = row.items[at]
            total, after = self.run(row.items, at)
            if total == 1 and self.moving and not self.is_step and self.holds_density(row.items, after):
                self.shaper.note("\\Delta in front of a bracket is read as the Laplacian of it")
                found.append(Nabla("lap", None, None, node.at, node.gap))
            elif total > 1:
                found += self.power(row.items, at, after, total)
            else:
                found += row.items[at:after] or [node]
            at = max(after, at + 1)
        return replace(row, items=tuple(found))

    def holds_density(self, items: Sequence[Node], at: int) -> bool:
        """Whether a bracket stands at a place that holds what can be a density, not only coordinates and times."""
        call = call_at(items, at)
        if call is None or len(split_at_commas(call.body)) > 1:
            return False
        signs = (sign_of(n) for row in rows_of_values(call.body) for n in row.items)
        return any(s is not None and s.name in self.moved for s in signs)

    def power(self, items: Sequence[Node], at: int, after: int, total: int) -> list[Node]:
        """``\\Delta^n`` as written, or as the Laplacian repeated."""
        node, sign, whole = items[at], self.operand(items, after), list(items[at:after])
        bracket = after < len(items) and isinstance(items[after], Fence) and self.acts
        if sign is None and not bracket:
            return whole
        spelled = "\\Delta" * total if after > at + 1 else f"\\Delta^{total}"
        spelled += f" {sign.name}" if sign is not None else " in front of a bracket"
        if self.is_step:
            self.shaper.note(f"{spelled} is read as a product with a power of the step \\Delta")
            return whole
        if sign is not None and _on_a_lattice(sign, items, after):
            raise self.shaper.error(node, f"{spelled} may be a second difference, forward or central, or a step squared",
                                    "write the difference out, or declare Delta a parameter in the context")  # fmt: skip
        if not (self.moving or self.acts or after > at + 1):
            raise self.shaper.error(node, f"{spelled} may be the Laplacian twice, a second difference or a step squared",
                                    "write \\nabla^4, the difference itself, or declare Delta a parameter in the context")  # fmt: skip
        if after == at + 1:
            self.shaper.note(
                f"{spelled} is read as the Laplacian applied {_TIMES[total]}, not as a step or a difference"
            )
        power = Row((Leaf("number", str(total), node.at),), node.at)
        return [Nabla("lap", power, None, node.at, node.gap)]


_TIMES = {2: "twice", 3: "three times", 4: "four times"}


def _moves(node: Node) -> bool:
    """A derivative by the time, in any spelling."""
    if isinstance(node, Deriv):
        return any(unwrapped(v) == Leaf("letter", "t") for v, _ in node.variables)
    sign = sign_of(node)
    if sign is None:
        return False
    low = [s.name for s in map(sign_of, sign.sub.items) if s is not None] if sign.sub is not None else []
    return bool(sign.dots) or (set(low) == {"t"} and sign.name in FIELD_LIKE)


def _moved(row: Row) -> Iterator[str]:
    """The names that a derivative is written directly at."""
    for at, node in enumerate(row.items):
        reach = (
            node.operand.items[:1]
            if isinstance(node, Deriv) and node.operand is not None
            else row.items[at + 1 : at + 2]
        )
        sign = sign_of(reach[0]) if isinstance(node, Deriv) and reach else sign_of(node) if _moves(node) else None
        if sign is not None:
            yield sign.name


def _on_a_lattice(sign: Sign, items: Sequence[Node], at: int) -> bool:
    """``P_n``, ``P(n, t)``: a density that is indexed by sites."""
    if sign.sub is not None and index_letters(sign.sub):
        return True
    call = call_at(items, at + 1)
    first = split_at_commas(call.body)[0] if call is not None else None
    return first is not None and bool(set(index_letters(first)) & _INDICES)


def _refuse_differences(row: Row, rows: Sequence[Row], shaper: Shaper) -> None:
    r"""``\delta_x^2 u_j``, ``\Delta_h^2 f``, ``\Delta P_n`` beside ``P_n``: differences, which nobody else would read as products."""
    for at, node in enumerate(row.items[:-1]):
        following = sign_of(row.items[at + 1])
        if following is None or following.name not in FIELD_LIKE or not is_command(base_of(node), "Delta", "delta"):
            continue
        if isinstance(node, Scripted):
            low = [s.name for s in map(sign_of, node.sub.items) if s is not None] if node.sub is not None else []
            squared = node.sup is not None and unwrapped(node.sup) == Leaf("number", "2")
            known = any(n == node and (i + 1 == len(r.items) or sign_of(r.items[i + 1]) is None)
                        for r in rows for i, n in enumerate(r.items))  # fmt: skip
            if len(low) == 1 and (low[0] in COORDINATE_LETTERS or low[0] == "h") and squared and not known:
                raise shaper.error(node, "a difference operator is not read", "write the difference out, as in u_{j+1} - 2u_j + u_{j-1}")  # fmt: skip
        elif (
            is_command(node, "Delta")
            and following.name in CORE_FIELDS
            and following.sub is not None
            and index_letters(following.sub)
            and any(_moves(n) for r in rows for n in r.items)
        ):
            raise shaper.error(node, f"\\Delta in front of a density on sites, {following.name}, may be the lattice Laplacian or an "
                               "increment", "write the difference out, as in P_{n+1} - 2P_n + P_{n-1}")  # fmt: skip


MOST_OPERATORS = 4  # definitions that are put in, and places of each
_OPERATORS = frozenset({"L", "Lcal", "Lscr", "Lhat", "Lbb", "Hcal", "Hhat", "Kcal", "Acal", "Gcal"})


def _operator_of(statement: Statement) -> Node | None:
    r"""The sign of ``L_{FP} = -\partial_x D_1 + \partial_x^2 D_2``: an operator, whose derivatives act on what is not written."""
    if len(statement.sides) != 2 or len(statement.sides[0].items) != 1:
        return None
    sign = sign_of(statement.sides[0].items[0])
    if sign is None or sign.name not in _OPERATORS or sign.dots or sign.primes:
        return None
    terms = list(_split(statement.sides[1].items))
    differentiate = all(
        any(isinstance(n, Nabla) or (isinstance(n, Deriv) and n.operand is None) for n in t) for t in terms
    )
    return statement.sides[0].items[0] if differentiate else None


def _with_operators(statements: Sequence[Statement], shaper: Shaper) -> Sequence[Statement]:
    r"""``\partial_t P = \mathcal L P, \mathcal L = ...``: the operator in brackets where its sign stands in front of a density."""
    for _ in range(MOST_OPERATORS):
        found = next((f for s in statements if (f := _usable(s, statements)) is not None), None)
        if found is None:
            return statements
        own, node = found
        put = _put(node, own.sides[1])
        statements = [
            replace(s, sides=tuple(_changed(side, put) for side in s.sides)) for s in statements if s is not own
        ]
        shaper.note("the operator is put in where its sign stands")
    return statements


def _usable(own: Statement, statements: Sequence[Statement]) -> tuple[Statement, Node] | None:
    """An operator's definition whose sign stands elsewhere in front of something, and not too often."""
    node = _operator_of(own)
    if node is None:
        return None
    rows = [row for s in statements if s is not own for side in s.sides for row in rows_of_values(side)]
    places = [(row, at) for row in rows for at, n in enumerate(row.items) if n == node]
    ends = any(at + 1 == len(row.items) or is_op(row.items[at + 1], "+", "-") for row, at in places)
    return None if ends or not 0 < len(places) <= MOST_OPERATORS else (own, node)


def _put(node: Node, body: Row) -> Callable[[Row], Row]:
    return lambda row: replace(row, items=tuple(Fence("[", "]", body) if n == node else n for n in row.items))


def _refuse_operators(statement: Statement, shaper: Shaper) -> None:
    """An operator without anything that it acts on."""
    node = _operator_of(statement)
    sign = None if node is None else sign_of(node)
    if sign is not None:
        raise shaper.error(statement.sides[1], f"{sign.name} is an operator, which is not read without what it acts on",
                           "write the equation, \\partial_t P = -\\partial_x(A P) + \\partial_x^2(B P)")  # fmt: skip


# --- currents ----------------------------------------------------------------------------------------------------------


def _with_currents(statement: Statement, names: Names, shaper: Shaper) -> Statement:
    """``S = [A - \\partial_x B] W`` as ``A W - \\partial_x (B W)``, where the equation has no other slope of W."""
    parameters = {*names.context.parameters, *names.context.indices}

    def change(row: Row) -> Row:
        for at, node in enumerate(row.items[:-1]):
            if not isinstance(node, Fence) or node.left not in _BRACKETS or not node.body.items:
                continue
            found = sign_at(row.items, at + 1, frozenset())
            if found is None or found[0].name not in FIELD_LIKE or found[0].name in parameters:
                continue
            end = found[1] + (call_at(row.items, found[1]) is not None)
            stepped = _stepped(node, found[0], row.items[at + 1 : end])
            if stepped is not None:
                shaper.note(
                    f"step operators inside of brackets are taken to act on {found[0].name} behind them as well"
                )
                return change(replace(row, items=(*row.items[:at], stepped, *row.items[end:])))
            opened = _opened(node, found[0], row.items[at + 1 : end])
            if opened is None or any(_has_slope(side, found[0]) for side in statement.sides):
                if _is_mixed(node) and not is_operator(node.body):
                    shaper.note(
                        "a derivative inside of brackets is taken to end with them, not to act on what stands behind them"
                    )
                continue
            shaper.note(f"a derivative inside of brackets is taken to act on {found[0].name} behind them as well, as in a probability "
                        f"current; write (\\partial_x B) {found[0].name} for a product")  # fmt: skip
            return change(replace(row, items=(*row.items[:at], opened, *row.items[end:])))
        return row

    return replace(statement, sides=tuple(_changed(side, change) for side in statement.sides))


def _stepped(fence: Fence, field: Sign, operand: Sequence[Node]) -> Fence | None:
    r"""``[(\mathbb E^{-1} - 1) b_n + (\mathbb E - 1) d_n] P_n`` with the field put into each term; None without a step operator inside."""
    if any(
        (s := sign_of(n)) is not None and s.name == field.name for row in rows_of_values(fence.body) for n in row.items
    ):
        return None
    terms = list(_split(fence.body.items))
    if not any(_is_step_bracket(n) for t in terms for n in t[:-1]):
        return None
    items = tuple(n for term in terms for n in (*term, *operand))
    return replace(fence, body=replace(fence.body, items=items))


_STEPS = frozenset({"E", "Ebb", "Ecal", "Escr", "Ebold", "Ehat"})


def _is_step_bracket(node: Node) -> bool:
    """``(E^{-1} - 1)``, ``(E_S E_I^{-1} - 1)``: van Kampen's operator less one."""
    if not isinstance(node, Fence) or node.left not in _BRACKETS:
        return False
    terms = [[n for n in t if not is_op(n, "+", "-")] for t in _split(node.body.items)]
    ones = [t for t in terms if t == [Leaf("number", "1")] or (len(t) == 1 and unwrapped(t[0]) == Leaf("number", "1"))]
    others = [t for t in terms if t not in ones]
    signs = [sign_of(n) for t in others for n in t]
    return len(ones) == len(others) == 1 and all(s is not None and s.name in _STEPS for s in signs)


def _is_mixed(fence: Fence) -> bool:
    """Whether a term with an open derivative, followed by something, stands beside others."""
    terms = list(_split(fence.body.items))
    return len(terms) > 1 and any(
        isinstance(n, Deriv) and n.operand is None and i + 1 < len(t) for t in terms for i, n in enumerate(t)
    )


def _opened(fence: Fence, field: Sign, operand: Sequence[Node]) -> Fence | None:
    """The bracket with the field put into each term; None unless a term ``\\partial_x B`` stands beside one without derivative."""
    terms = list(_split(fence.body.items))
    if any((s := sign_of(n)) is not None and s.name == field.name for n in fence.body.items):
        return None
    places = [next((i for i, n in enumerate(t) if isinstance(n, (Deriv, Nabla))), None) for t in terms]
    if all(p is None for p in places) or all(p is not None for p in places):
        return None
    found: list[Node] = []
    for term, place in zip(terms, places, strict=True):
        if place is None:
            found += [*term, *operand]
            continue
        derivative = term[place]
        if (
            isinstance(derivative, Nabla)
            or not isinstance(derivative, Deriv)
            or derivative.operand is not None
            or _moves(derivative)
        ):
            return None
        behind = term[place + 1 :]
        sign = sign_of(behind[0]) if behind else None
        if sign is None or sign.name not in _SPREADING or len(behind) > 1 + (call_at(behind, 1) is not None):
            return None
        body = Row((*behind, *operand), derivative.at)
        found += [*term[: place + 1], Fence("(", ")", body, derivative.at)]
    return replace(fence, body=replace(fence.body, items=tuple(found)))


def _split(items: Sequence[Node]) -> Iterator[list[Node]]:
    """The terms of a sum, each with its sign in front."""
    term: list[Node] = []
    for node in items:
        if is_op(node, "+", "-") and term:
            yield term
            term = []
        term.append(node)
    yield term


def _has_slope(side: Row, field: Sign) -> bool:
    """Whether a derivative by a coordinate is written directly at this field."""

    def is_field(node: Node) -> bool:
        sign = sign_of(node)
        return sign is not None and sign.name == field.name and sign.at != field.at

    for row in rows_of_values(side):
        for at, node in enumerate(row.items):
            sign = sign_of(node)
            low = (
                [s.name for s in map(sign_of, sign.sub.items) if s is not None]
                if sign is not None and sign.sub is not None
                else []
            )
            if sign is not None and sign.name == field.name and low and set("".join(low)) <= COORDINATE_LETTERS - {"t"}:
                return True
            if not isinstance(node, (Deriv, Nabla)) or _moves(node):
                continue
            inner = getattr(node, "operand", None)
            reach = [*(inner.items if inner is not None else ()), *_term(row.items, at + 1)]
            held = [n for n in reach if isinstance(n, Fence)]
            if any(is_field(n) for n in reach if not held) or any(is_field(n) for f in held for n in f.body.items):
                return True
    return False


def _term(items: Sequence[Node], start: int) -> Sequence[Node]:
    """What stands behind a derivative up to the next sign."""
    end = next((i for i in range(start, len(items)) if is_op(items[i], "+", "-", "=")), len(items))
    return items[start:end]
