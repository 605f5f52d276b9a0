"""Shapes that need no knowledge of symbols: derivatives, nabla, sums, integrals and limits become nodes of their own."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import replace

from symdiff.errors import ExpressionError
from symdiff.notation.latex import commands
from symdiff.notation.latex.derivatives import (
    by_position,
    derivative_at,
    fractional_laplacian,
    holds_arguments,
    is_called,
    is_differential,
    is_letter_d,
    nabla_at,
)
from symdiff.notation.latex.differentials import is_variable, transition, variable_of, with_increments, without_powers
from symdiff.notation.latex.neighbours import neighbours_in
from symdiff.notation.latex.nodes import (
    Binder,
    Deriv,
    Fence,
    Leaf,
    Macro,
    Node,
    Row,
    Scripted,
    Table,
    base_of,
    is_command,
    is_op,
    unwrapped,
    with_rows,
)
from symdiff.notation.latex.progressions import progression
from symdiff.notation.latex.tokens import fail
from symdiff.notation.latex.tree import MAX_DEPTH

MAX_BINDERS = 12
_TERM_ENDS = frozenset({"+", "-", "=", "<", ">", ",", ";", ":", "quad", "newline"})


def with_sign(row: Row, sign: str, reverse: bool) -> Row:
    r"""One term of ``\sum_{\pm} f_{\pm}``: the upper or the lower sign wherever both stand."""
    other = "-" if sign == "+" else "+"
    own = {"pm": sign, "mp": other} if not reverse else {"pm": other, "mp": sign}

    def changed(node: Node) -> Node:
        if is_command(node, "pm", "mp"):
            return Leaf("op", own[node.text], node.at, node.gap)  # type: ignore[union-attr]
        if isinstance(node, Scripted) and is_command(unwrapped(node.base), "pm", "mp"):
            return node
        if isinstance(node, Scripted):
            node = replace(node, base=changed(node.base))
        return with_rows(node, inner)

    def inner(found: Row) -> Row:
        return Row(tuple(changed(n) for n in found.items), found.at, found.gap)

    return inner(row)


class Shaper:
    """Rewrites the tree of one ``text``; ``notes`` collects what was left out or assumed on the way."""

    def __init__(self, text: str, declared: frozenset[str] = frozenset()) -> None:
        self.text = text
        self.declared = declared
        self.notes: list[str] = []
        self.indexed = False  # whether index notation has been written out
        self.depth = 0
        self.binders = 0

    def error(self, node: Node, message: str, instead: str = "") -> ExpressionError:
        """An error at the place of a node."""
        return fail(self.text, node.at, message, instead)

    def note(self, message: str) -> None:
        """Keep an assumption, once."""
        if message not in self.notes:
            self.notes.append(message)

    # --- rows ---------------------------------------------------------------------------------------------------

    def row(self, row: Row) -> Row:
        """The row with every shape in it recognised, and braces that only group taken off."""
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise self.error(row, f"the formula is nested deeper than {MAX_DEPTH}", "split it into several")
        items = self.flat(row.items)
        found: list[Node] = []
        at = 0
        while at < len(items):
            node, at = self.one(items, at)
            found.extend(node)
        self.depth -= 1
        return Row(tuple(found), row.at, row.gap)

    def optional(self, row: Row | None) -> Row | None:
        """The row shaped, where there is one."""
        return None if row is None else self.row(row)

    def flat(self, items: Sequence[Node]) -> list[Node]:
        """Braces without scripts and commands that only decorate, replaced by what they hold."""
        found: list[Node] = []
        for node in items:
            inner: Row | None = None
            if isinstance(node, Row):
                inner = node
            elif isinstance(node, Macro) and node.name in commands.TRANSPARENT:
                inner = node.args[0]
            elif isinstance(node, Macro) and node.name in ("overset", "underset", "stackrel"):
                inner = node.args[1]
                self.note("what stands above or below a sign is left out")
            elif _is_brace(node):
                inner = (node.base if isinstance(node, Scripted) else node).args[0]  # type: ignore[union-attr]
                self.note("the remark at a brace is left out")
            if inner is None:
                found.append(node)
            else:
                opened = self.flat(inner.items)
                if opened:
                    opened[0] = replace(opened[0], gap=max(opened[0].gap, node.gap))
                found.extend(opened)
        return found

    def one(self, items: list[Node], at: int) -> tuple[list[Node], int]:
        """The shape that starts at ``items[at]``, and the place behind it."""
        node = items[at]
        binder = _binder_head(node)
        if binder is not None:
            return self.binder(items, at, *binder)
        shaped = derivative_at(self, items, at) or nabla_at(self, items, at)
        if shaped is not None:
            derivative, after = shaped
            if after < len(items) and holds_arguments(derivative, items[after]):
                derivative, after = self.with_arguments(derivative, items[after]), after + 1
            return by_position(self, derivative, items, after)
        if isinstance(node, Scripted) and node.base == Row(()):
            if at + 1 < len(items) and isinstance(items[at + 1], Scripted) and is_letter_d(base_of(items[at + 1])):
                return [], at + 1
            raise self.error(node, "a script stands before its symbol", "write it behind the symbol")
        if at and isinstance(node, Fence) and (conditional := transition(items[at - 1], node)) is not None:
            self.note("a rate w(a \\to b) is read as w(b | a): from a to b")
            return self.node(conditional), at + 1
        return self.node(node), at + 1

    def with_arguments(self, derivative: Node, arguments: Node) -> Node:
        """The derivative of ``operand(arguments)``."""
        if not isinstance(derivative, Deriv) or derivative.operand is None:
            return derivative
        head = derivative.operand.items[:-1] if is_called(derivative.operand) else derivative.operand.items
        return replace(derivative, operand=Row((*head, *self.node(arguments)), derivative.at))

    def node(self, node: Node) -> list[Node]:
        """The same node with the rows inside it shaped."""
        if isinstance(node, Fence):
            return [replace(node, body=self.row(node.body))]
        if isinstance(node, Macro):
            return self.macro(node)
        if isinstance(node, Scripted):
            return self.scripted(node)
        if isinstance(node, Table):
            return [replace(node, rows=tuple(tuple(self.row(cell) for cell in row) for row in node.rows))]
        return [node]

    def macro(self, node: Macro) -> list[Node]:
        """A command with its arguments shaped; a few are spellings of brackets."""
        args = tuple(self.row(arg) for arg in node.args)
        if node.name in ("expval", "ev"):
            return [Fence("<", "<", args[0], node.at, node.gap)]
        if node.name == "abs":
            return [Fence("|", "|", args[0], node.at, node.gap)]
        if node.name == "order":
            return [Leaf("letter", "O", node.at, node.gap), Fence("(", "(", args[0], node.at)]
        return [replace(node, args=args, option=self.optional(node.option))]

    def scripted(self, node: Scripted) -> list[Node]:
        """A node with scripts: a fractional Laplacian, or the same node with its parts shaped."""
        fractional = fractional_laplacian(self, node)
        if fractional is not None:
            return [fractional]
        base = unwrapped(node.base)
        if isinstance(base, Row):
            inner = self.row(base)
            if any(is_op(n, "+", "-", "=", ",") for n in inner.items):
                raise self.error(
                    node, "a script at a group in braces, which TeX does not print", "write (...)^2 with brackets"
                )
            base = Fence("group", "group", inner, node.at, node.gap)
        else:
            shaped = self.node(base)
            if len(shaped) != 1:
                raise self.error(node, "a script at something that takes none", "put it into brackets")
            base = shaped[0]
        taken = node.sub is not None and node.sup is None and any(is_op(n, "=") for n in node.sub.items)
        if isinstance(base, Fence) and base.left in ("(", "[") and taken:  # (\\partial_x P)_{x=0}
            base = Fence(".", "|", base.body, base.at, base.gap)
        if isinstance(base, Scripted):  # {x_N}^2
            if (base.sub and node.sub) or (base.sup and node.sup):
                base = Fence("group", "group", Row((base,), node.at), node.at, node.gap)
            else:
                return [Scripted(base.base, base.sub or self.optional(node.sub), base.sup or self.optional(node.sup),
                                 base.primes + node.primes, node.at, node.gap)]  # fmt: skip
        return [Scripted(base, self.optional(node.sub), self.optional(node.sup), node.primes, node.at, node.gap)]

    # --- sums, integrals, limits --------------------------------------------------------------------------------

    def binder(self, items: list[Node], at: int, kind: str, sub: Row | None, sup: Row | None) -> tuple[list[Node], int]:
        """The sum, product, integral or limit that starts at a place, and the place behind it."""
        node = items[at]
        end = term_end(items, at + 1)
        if kind == "int":
            end = self.integrand_end(items, at + 1, end)
        if end == at + 1 and kind != "int":
            raise self.error(node, f"nothing follows the {_SPOKEN[kind]}", "write what it acts on behind it")
        if kind != "int" and (sub is None or not sub.items):
            raise self.error(node, f"the {_SPOKEN[kind]} names no variable", _EXAMPLES[kind])
        self.binders += 1
        if self.binders > MAX_BINDERS:
            raise self.error(
                node, f"more than {MAX_BINDERS} sums and integrals inside of each other", "split the formula"
            )
        found = self.bound(items, at, end, kind, sub, sup)
        self.binders -= 1
        return found

    def integrand_end(self, items: list[Node], start: int, end: int) -> int:
        r"""The end of ``\int f + g \,dx``: the first term with a differential, where the first of all has none."""
        while end < len(items) and (is_op(items[end], "+", "-")) and not self.has_differential(items[start:end]):
            end = term_end(items, end + 1)
        return end if self.has_differential(items[start:end]) else term_end(items, start)

    def has_differential(self, body: list[Node]) -> bool:
        """Whether ``d x`` stands in a term, or above the bar of one of its fractions."""
        tops = [n.args[0].items for n in body if isinstance(n, Macro) and n.name in commands.FRACTIONS]
        rows = [body, *(self.flat(top) for top in tops)]
        return any(
            is_differential(base_of(a)) and is_variable(base_of(b)) for row in rows for a, b in itertools.pairwise(row)
        )

    def bound(
        self, items: list[Node], at: int, end: int, kind: str, sub: Row | None, sup: Row | None
    ) -> tuple[list[Node], int]:
        """The same, once it is known that it names its variable."""
        node = items[at]
        if kind == "int" or sub is None:
            return self.integral(items, at, end, sub, sup)
        if kind == "sum" and sup is None and len(sub.items) == 1 and is_command(sub.items[0], "pm", "mp"):
            both = [
                with_sign(Row(tuple(items[at + 1 : end]), node.at), s, is_command(sub.items[0], "mp")) for s in "+-"
            ]
            parts = [Fence("(", "(", self.row(row), node.at) for row in both]
            return [
                Fence("(", "(", Row((parts[0], Leaf("op", "+", node.at), parts[1]), node.at), node.at, node.gap)
            ], end
        body = self.row(Row(tuple(items[at + 1 : end]), node.at))
        if kind == "lim":
            return [self.limit(node, sub, body)], end
        return [self.summed(node, kind, self.row(sub), self.optional(sup), body)], end

    def summed(self, node: Node, kind: str, sub: Row, upper: Row | None, body: Row) -> Binder:
        """A sum or a product with its range."""
        relation = next((i for i, n in enumerate(sub.items) if _is_relation(n)), None)
        if kind == "sum" and upper is None and neighbours_in(sub):
            return Binder(kind, (), None, None, body, sub, node.at, node.gap)
        if kind in ("sum", "prod") and (steps := progression(sub, upper)) is not None:
            if isinstance(steps, str):
                raise self.error(
                    node, steps, "write \\sum_{n=2,4,6,\\dots}^{\\infty}, or \\sum_{j=0}^{m} with 2j + 1 for n"
                )
            first = Row((Leaf("number", str(steps[1]), sub.at),), sub.at)
            return Binder(
                kind, (Row((steps[0],), sub.at),), first, Row((_OO,)), body, None, node.at, node.gap, steps[2]
            )
        if relation is None:
            if upper is not None:
                raise self.error(node, "an upper end without a lower one", _EXAMPLES[kind])
            return Binder(kind, _variables(self, sub), None, None, body, None, node.at, node.gap)
        sign = sub.items[relation]
        variable, rest = Row(sub.items[:relation], sub.at), Row(sub.items[relation + 1 :], sub.at)
        if (
            is_op(sign, "=")
            and len(variable.items) == 1
            and not isinstance(variable.items[0], Fence)
            and not any(is_command(n, "pm", "mp") or is_op(n, ",") for n in rest.items)
        ):
            if upper is None:
                raise self.error(node, f"the {_SPOKEN[kind]} has a lower end only", _EXAMPLES[kind])
            return Binder(kind, (variable,), rest, upper, body, None, node.at, node.gap)
        comma = next((i for i, n in enumerate(rest.items) if is_op(n, ",", ";")), None)
        if is_op(sign, "=") and len(variable.items) == 1 and upper is not None and comma is not None:
            first, others = Row(rest.items[:comma], sub.at), Row(rest.items[comma + 1 :], sub.at)
            return Binder(kind, (variable,), first, upper, body, others, node.at, node.gap)
        if is_command(sign, "ge", "geq", "geqslant") and len(variable.items) == 1 and upper is None and rest.items:
            return Binder(kind, (variable,), rest, Row((_OO,)), body, None, node.at, node.gap)
        if is_command(sign, "in") and len(variable.items) == 1 and _is_all_integers(rest):
            return Binder(kind, (variable,), None, None, body, None, node.at, node.gap)
        return Binder(kind, (), None, upper, body, sub, node.at, node.gap)

    def limit(self, node: Node, sub: Row, body: Row) -> Binder:
        """A limit with its variables and its end."""
        sub = self.one_arrow(sub)
        arrow = next((i for i, n in enumerate(sub.items) if is_command(n, "to", "rightarrow", "longrightarrow")), None)
        if arrow is None or arrow == 0 or arrow == len(sub.items) - 1:
            raise self.error(node, "the limit does not say where its variable goes", _EXAMPLES["lim"])
        target = Row(sub.items[arrow + 1 :], sub.at)
        return Binder(
            "lim",
            _variables(self, Row(sub.items[:arrow], sub.at)),
            self.row(target),
            None,
            body,
            None,
            node.at,
            node.gap,
        )

    def one_arrow(self, sub: Row) -> Row:
        r"""``a\to 0, \tau\to 0`` as ``a, \tau\to 0``, where all go to the same end."""
        parts = _variables(self, sub) if any(is_op(n, ",") for n in sub.items) else ()
        split = [
            next((i for i, n in enumerate(p.items) if is_command(n, "to", "rightarrow", "longrightarrow")), None)
            for p in parts
        ]
        if len(parts) < 2 or any(i is None for i in split):
            return sub
        ends = {p.items[i:] for p, i in zip(parts, split, strict=True)}
        if len(ends) > 1:
            raise self.error(sub, "a joint limit with different ends", "write one limit after the other")
        names = [n for p, i in zip(parts, split, strict=True) for n in (*p.items[:i], Leaf("op", ",", p.at))]
        return Row((*names[:-1], *ends.pop()), sub.at)

    def integral(
        self, items: list[Node], at: int, end: int, lower: Row | None, upper: Row | None
    ) -> tuple[list[Node], int]:
        """An integral with its variables, and the place behind its differential."""
        node = items[at]
        count = {"iint": 2, "iiint": 3}.get(getattr(base_of(node), "text", ""), 1)
        if count > 1 and (lower or upper):
            raise self.error(
                node, "a multiple integral with a region", "write one integral for each variable, with its limits"
            )
        if upper is None and lower is not None:
            lower, upper = self.domain(node, lower)
        elif lower is None and upper is not None:
            self.note("an integral without its lower end is read up to a constant")
        body = with_increments(without_powers(self, items[at + 1 : end]))
        places = self.differentials(body, count)
        variables: tuple[Row, ...]
        if len(places) < count:
            body, variables = self.differentials_in_fraction(node, body, count)
            rest: list[Node] = []
        else:
            variables = tuple(variable_of(body[p + 1]) for p in places)
            last = max(places) + 2
            leading = min(places) == 0
            rest = [] if leading else body[last:]
            inside = body if leading else body[:last]
            body = [n for i, n in enumerate(inside) if all(i not in (p, p + 1) for p in places)]
        shaped = self.row(Row(tuple(body), node.at))
        binder = Binder("int", variables, self.optional(lower), self.optional(upper), shaped, None, node.at, node.gap)
        return [binder], end - len(rest)

    def domain(self, node: Node, lower: Row) -> tuple[Row | None, Row | None]:
        r"""The ends of ``\int_{\mathbb{R}}``; none, with a note, of an integral over a set such as ``\int_V``, ``\int_\Omega``."""
        if _is_all_reals(lower):
            return _INFINITE
        base = unwrapped(base_of(lower.items[0])) if len(lower.items) == 1 else None
        letter = isinstance(base, Leaf) and base.kind == "letter" and base.text.isupper()
        if letter or is_command(base or lower, "Omega") or (isinstance(base, Macro) and base.name in commands.FONTS):
            self.note("the set over which an integral runs is left out of the reading")
            return None, None
        raise self.error(node, "the integral has one end only", "write both: \\int_0^t")

    def differentials(self, body: list[Node], count: int) -> list[int]:
        """Where ``d x`` stands: those that belong to this integral, not to one inside it."""
        found: list[int] = []
        depth = 0
        for i, node in enumerate(body):
            if _binder_head(node) is not None and _binder_head(node)[0] == "int":  # type: ignore[index]
                if found and min(found) != 0:
                    break
                depth += 1
            if (
                i + 1 < len(body)
                and is_differential(node)
                and is_variable(body[i + 1])
                and (not found or i > found[-1] + 1)
            ):
                if depth:
                    depth -= 1
                else:
                    found.append(i)
        if found and found[0] == 0:
            lead = 1
            while lead < count and lead < len(found) and found[lead] == 2 * lead:
                lead += 1
            return found[:lead] if lead == count else []
        if len(found) > count:
            self.note("several differentials in one integral: the last is taken as its variable")
        return found[-count:]

    def differentials_in_fraction(self, node: Node, body: list[Node], count: int) -> tuple[list[Node], tuple[Row, ...]]:
        r"""``\int \frac{dk}{2\pi} f``: the differentials stand in the numerator of a fraction."""
        for i, part in enumerate(body):
            if isinstance(part, Macro) and part.name in commands.FRACTIONS:
                top = without_powers(self, self.flat(part.args[0].items))
                places = self.differentials(top, count)
                if places and len(places) == count:
                    taken = {q for p in places for q in (p, p + 1)}
                    rest = tuple(n for q, n in enumerate(top) if q not in taken) or (Leaf("number", "1", part.at),)
                    cut = replace(part, args=(Row(rest, part.at), part.args[1]))
                    return [*body[:i], cut, *body[i + 1 :]], tuple(Row((top[p + 1],), part.at) for p in places)
        raise self.error(node, "the integral has no differential", "write for example \\int_0^t f(s)\\,ds")


_SPOKEN = {"sum": "sum", "prod": "product", "int": "integral", "lim": "limit"}
_EXAMPLES = {"sum": "write for example \\sum_{j=1}^{m} a_j", "prod": "write for example \\prod_{j=1}^{m} a_j",
             "lim": "write for example \\lim_{\\tau\\to 0} f"}  # fmt: skip
_OO = Leaf("command", "infty")
_INFINITE = (Row((Leaf("op", "-"), _OO)), Row((_OO,)))


def term_end(items: Sequence[Node], start: int) -> int:
    """The place behind the product that starts at ``start``: the next sign, relation or comma of this row."""
    for i in range(start, len(items)):
        node = items[i]
        ends = is_op(node, *_TERM_ENDS) or is_command(node, "pm", "mp") or _is_relation(node) or (
            isinstance(node, Leaf) and (node.kind == "prose" or (node.kind == "command" and node.text in commands.CONNECTIVES)))  # fmt: skip
        if ends and not (i == start and (is_op(node, "+", "-") or is_command(node, "pm", "mp"))):
            return i
    return len(items)


def _binder_head(node: Node) -> tuple[str, Row | None, Row | None] | None:
    base = base_of(node)
    if not (isinstance(base, Leaf) and base.kind == "command" and base.text in commands.BINDERS):
        return None
    if isinstance(node, Scripted):
        return commands.BINDERS[base.text], node.sub, node.sup
    return commands.BINDERS[base.text], None, None


def _is_brace(node: Node) -> bool:
    base = base_of(node)
    return isinstance(base, Macro) and base.name in ("underbrace", "overbrace")


def _is_relation(node: Node) -> bool:
    return isinstance(node, Leaf) and node.kind in ("op", "command") and node.text in commands.RELATIONS


def _is_all_integers(row: Row) -> bool:
    return _is_all_of(row, "Z")


def _is_all_reals(row: Row) -> bool:
    return _is_all_of(row, "R")


def _is_all_of(row: Row, letter: str) -> bool:
    r"""``\mathbb{R}``, ``\mathbb{R}^d``."""
    only = row.items[0] if len(row.items) == 1 else None
    base = only.base if isinstance(only, Scripted) and only.sub is None and not only.primes else only
    return base == Macro("mathbb", (Row((Leaf("letter", letter),)),))


def _variables(shaper: Shaper, row: Row) -> tuple[Row, ...]:
    """The rows between the commas of ``row``."""
    parts: list[list[Node]] = [[]]
    for node in row.items:
        if is_op(node, ","):
            parts.append([])
        else:
            parts[-1].append(node)
    if any(not part for part in parts):
        raise shaper.error(row, "a variable is missing", "write for example \\sum_{i,j}")
    return tuple(Row(tuple(part), row.at) for part in parts)
