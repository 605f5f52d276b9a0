"""TeX tokens to a balanced tree: groups, brackets, arguments and scripts; the first of the reader's three stages."""

from __future__ import annotations

from dataclasses import replace

from symdiff.errors import ExpressionError
from symdiff.notation import limits
from symdiff.notation.latex import commands
from symdiff.notation.latex.broken_brackets import mended
from symdiff.notation.latex.nodes import Fence, Leaf, Macro, Node, Row, Scripted, Table
from symdiff.notation.latex.tokens import Token, fail, tokens_of, word_kind

MAX_DEPTH = min(limits.MAX_DEPTH, 40)  # every level costs some ten frames of Python's stack further on
_BEFORE_OPERAND = frozenset("+-*/=<>,;|:")
_CLOSERS = {"(": ")", "[": "]", "lbrace": "rbrace", "lbrack": "rbrack", "langle": "rangle", "lvert": "rvert",
            "lVert": "rVert", "lfloor": "rfloor", "lceil": "rceil"}  # fmt: skip
_END = Token("end", "", 0)


def tree_of(text: str) -> Row:
    """The balanced tree of a formula. Raises :class:`ExpressionError` where it is not balanced."""
    builder = _Builder(text)
    items = builder.row(frozenset())
    return Row(tuple(items), 0)


def operand_expected(items: list[Node]) -> bool:
    """Whether an operand must come next: at the start, and after operators, relations, functions and binders."""
    if not items:
        return True
    last = items[-1]
    if isinstance(last, Scripted):
        last = last.base
        if isinstance(last, Leaf) and last.kind == "command":
            return last.text in commands.BINDERS or last.text in commands.FUNCTIONS
        return False
    if not isinstance(last, Leaf):
        return False
    if last.kind == "op":
        return last.text in _BEFORE_OPERAND or last.text in ("quad", "newline")
    return last.kind == "command" and (
        last.text in commands.RELATIONS or last.text in commands.MULTIPLICATIONS or last.text in commands.BINDERS
        or last.text in commands.FUNCTIONS or last.text in ("pm", "mp") or last.text in commands.CONNECTIVES
    )  # fmt: skip


def braced(table: Table) -> Table:
    r"""``\left\{ \begin{array} ... \right.``: a system where the rows are equations, else values with their conditions."""
    firsts = [next((cell for cell in cells if cell.items), None) for cells in table.rows]
    equations = [
        any(_is_relation(n) for n in first.items)
        or (len(cells) > 1 and bool(cells[1].items) and _is_relation(cells[1].items[0]))
        for first, cells in zip(firsts, table.rows, strict=True)
        if first is not None
    ]
    return Table("aligned" if equations and equations[0] else "cases", table.rows, table.at, table.gap)


def _is_relation(node: Node) -> bool:
    return isinstance(node, Leaf) and node.kind in ("op", "command") and node.text in commands.RELATIONS


class _Builder:
    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = mended(tokens_of(text))
        self.at = 0
        self.depth = 0
        self.in_rows = False  # directly within an alignment
        self.over_rows = False  # within a bracket of an alignment, which may go over several of its rows
        self.later_bars = _later_bars(self.tokens)

    # --- tokens -------------------------------------------------------------------------------------------------

    def peek(self, ahead: int = 0) -> Token:
        place = self.at + ahead
        return self.tokens[place] if place < len(self.tokens) else _END

    def take(self) -> Token:
        token = self.peek()
        self.at += 1
        return token

    def error(self, message: str, instead: str = "", token: Token | None = None) -> ExpressionError:
        where = token if token is not None else self.peek()
        return fail(self.text, len(self.text) if where is _END else where.at, message, instead)

    def deeper(self) -> None:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise self.error(f"the formula is nested deeper than {MAX_DEPTH}", "split it into several")

    # --- rows ---------------------------------------------------------------------------------------------------

    def row(self, ends: frozenset[str], *, bar: bool = False) -> list[Node]:
        self.deeper()
        items: list[Node] = []
        while self.peek() is not _END:
            token = self.peek()
            if token.text in ends and token.kind not in ("word", "prose"):
                break
            if self.over_rows and token.kind in ("&", "newline"):
                self.take()
            elif token.kind == "op" and token.text == "|":
                if bar and not operand_expected(items):
                    break
                items.append(self.bar(items))
            elif token.kind == "command" and token.text in commands.OLD_STYLES:
                items.append(self.old_style(ends))
            elif token.kind == "command" and token.text in ("over", "choose"):
                items = [self.over(items, ends, bar=bar)]
            else:
                node = self.item(token)
                if node is not None:
                    items.append(_enclosed(items, node))
        self.depth -= 1
        return items

    def item(self, token: Token) -> Node | None:
        if token.kind == "command" and token.text in commands.DROPPED_WITH_ARGUMENT:
            self.take()
            self.argument(token)
            return None
        if token.kind == "command" and token.text in commands.SIZES:
            self.take()
            return None
        if token.kind in ("^", "_"):
            return self.scripts(Row((), token.at, token.gap))
        return self.scripts(self.nucleus())

    def bar(self, items: list[Node]) -> Node:
        token = self.peek()
        expected = operand_expected(items)
        if not expected and self.peek(1).kind == "_":
            self.take()
            return self.scripts(Leaf("op", "at", token.at, token.gap))
        if expected or self.later_bars[self.at] % 2 == 1:
            self.take()
            inside = self.row(frozenset(), bar=True)
            if self.peek().text != "|":
                raise self.error("'|' is opened but not closed", "balance the bars", token)
            self.take()
            return self.scripts(Fence("|", "|", Row(tuple(inside), token.at), token.at, token.gap))
        self.take()
        return Leaf("op", "|", token.at, token.gap)

    def over(self, above: list[Node], ends: frozenset[str], *, bar: bool) -> Macro:
        r"""``{a \over b}``, ``{n \choose k}``: all that stands before and behind it in its braces."""
        token = self.take()
        below = self.row(ends, bar=bar)
        if not above or not below:
            raise self.error(f"\\{token.text} lacks what stands above or below it", "write \\frac{...}{...}", token)
        if any(_is_relation(n) or (isinstance(n, Leaf) and n.text in ("over", "quad", ",")) for n in (*above, *below)):
            raise self.error(f"\\{token.text} takes all of the formula above or below its bar",
                             "put braces around it, {a \\over b}, or write \\frac{a}{b} or \\binom{n}{k}", token)  # fmt: skip
        parts = (Row(tuple(above), above[0].at), Row(tuple(below), token.at))
        name = "frac" if token.text == "over" else "binom"
        return Macro(name, parts, None, above[0].at, above[0].gap)

    def old_style(self, ends: frozenset[str]) -> Node:
        token = self.take()
        rest = self.row(ends)
        style = commands.OLD_STYLES[token.text]
        if style != "word":
            return Macro(style, (Row(tuple(rest), token.at),), None, token.at, token.gap)
        if not all(isinstance(n, Leaf) and n.kind in ("letter", "number", "word") for n in rest):
            raise self.error(f"\\{token.text} holds more than a word", "write \\mathrm{...} around the word", token)
        return Leaf("word", "".join(n.text for n in rest if isinstance(n, Leaf)), token.at, token.gap)

    # --- nuclei -------------------------------------------------------------------------------------------------

    def nucleus(self) -> Node:
        token = self.peek()
        if token.kind in ("letter", "word", "prose"):
            self.take()
            return Leaf(token.kind, token.text, token.at, token.gap)
        if token.kind == "digit" or (token.text == "." and self.peek(1).kind == "digit" and self.peek(1).gap == 0):
            return self.number()
        if token.kind == "{":
            return self.group()
        if token.kind == "newline":
            self.take()
            return Leaf("op", "newline", token.at, token.gap)
        if token.kind == "command":
            return self.command(token)
        if token.kind == "op" and token.text in "([":
            return self.fence(token)
        if token.kind == "op" and token.text not in ")]":
            self.take()
            return Leaf("op", token.text, token.at, token.gap)
        raise self.unexpected(token)

    def unexpected(self, token: Token) -> ExpressionError:
        if token is _END:
            return self.error("the formula ends where something must follow", "complete it")
        if token.kind == "&":
            return self.error("'&' outside of an environment", "leave it out, or use \\begin{aligned}")
        if token.kind == "'":
            return self.error("a prime stands alone", "write it behind a letter")
        return self.error(f"'{token.text}' closes nothing that is open", "balance the brackets")

    def number(self) -> Leaf:
        first = self.take()
        digits = first.text
        while self.peek().gap == 0 and (
            self.peek().kind == "digit"
            or (
                self.peek().text == "." and "." not in digits and self.peek(1).kind == "digit" and self.peek(1).gap == 0
            )
        ):
            digits += self.take().text
        return Leaf("number", digits, first.at, first.gap)

    def group(self) -> Row:
        opened = self.take()
        items = self.row(frozenset("}"))
        if self.peek().kind != "}":
            raise self.error(
                "'{' is opened but not closed", "balance the braces", opened if self.peek() is _END else None
            )
        self.take()
        return Row(tuple(items), opened.at, opened.gap)

    def fence(self, opened: Token) -> Fence:
        closer = _CLOSERS[opened.text]
        self.take()
        before = self.over_rows
        self.over_rows = before or self.in_rows
        items = self.row(frozenset((closer,)))
        self.over_rows = before
        if self.peek().text != closer:
            found = self.peek()
            if found is _END:
                raise self.error(f"'{_shown(opened)}' is opened but not closed", "balance the brackets", opened)
            raise self.error(
                f"'{_shown(found)}' does not close '{_shown(opened)}'", "balance the brackets; intervals are not read"
            )
        self.take()
        left = commands.DELIMITERS[opened.text]
        return Fence(left, left, Row(tuple(items), opened.at), opened.at, opened.gap)

    def command(self, token: Token) -> Node:
        name = token.text
        if name in _CLOSERS:
            return self.fence(token)
        if name == "left":
            return self.left()
        if name == "begin":
            return self.environment()
        if name in commands.CLOSING or name in ("right", "end"):
            raise self.error(f"'\\{name}' closes nothing that is open", "balance the brackets")
        self.take()
        if name not in commands.ARGUMENTS:
            return Leaf("command", name, token.at, token.gap)
        option = self.option(token) if name in ("sqrt", "pdv", "dv") else None
        count = commands.ARGUMENTS[name]
        if name == "order" and self.peek().kind != "{":
            raise self.error("\\order needs an argument in braces", "write \\mathcal{O}(...)")
        args = [self.argument(token) for _ in range(count)]
        while name in ("pdv", "dv") and self.peek().kind == "{" and len(args) < 4:
            args.append(self.argument(token))
        if name in commands.WORDS:
            return self.word(token, args[0])
        return Macro(name, tuple(args), option, token.at, token.gap)

    def word(self, token: Token, content: Row) -> Node:
        if len(content.items) == 1:
            return content.items[0]
        if all(isinstance(n, Leaf) and n.kind in ("letter", "number") for n in content.items):
            text = "".join(
                (" " if n.gap and i else "") + n.text for i, n in enumerate(content.items) if isinstance(n, Leaf)
            )
            return Leaf(word_kind(text), text, token.at, token.gap)
        raise self.error(f"\\{token.text} holds more than a word", "write the symbols outside of it", token)

    def option(self, token: Token) -> Row | None:
        if self.peek().text != "[" or self.peek().kind != "op":
            return None
        fence = self.fence(self.peek())
        return fence.body

    def argument(self, token: Token) -> Row:
        found = self.peek()
        if token.kind in ("_", "^") and found.kind == "command" and found.text == "left":
            raise self.error("a script begins with \\left", f"write it with braces: {token.kind}{{...}}", found)
        if (
            found is _END
            or found.kind in ("}", "&", "newline", "^", "_")
            or found.text in commands.CLOSING | {"right", "end"}
        ):
            raise self.error(f"\\{token.text} lacks an argument", f"write it with braces: \\{token.text}{{...}}", found)
        if found.kind == "{":
            return self.group()
        return self.single()

    def single(self) -> Row:
        """One token as TeX takes it without braces: one digit, one letter, or a command with its own arguments."""
        token = self.peek()
        if token.kind == "digit":
            self.take()
            return Row((Leaf("number", token.text, token.at, token.gap),), token.at)
        self.deeper()
        node = self.nucleus()
        self.depth -= 1
        return Row((node,), token.at)

    # --- brackets with \left, environments ----------------------------------------------------------------------

    def left(self) -> Fence | Table:
        opened = self.take()
        left = self.delimiter(opened)
        before = self.over_rows
        self.over_rows = before or self.in_rows
        items = self.row(frozenset(("right",)))
        self.over_rows = before
        if self.peek().text != "right":
            raise self.error("\\left is opened but not closed", "every \\left needs its \\right", opened)
        closing = self.take()
        right = self.delimiter(closing)
        if {left, right} == {"{", "."} and len(items) == 1 and isinstance(items[0], Table):
            return braced(items[0])
        if left != right and not (left == "." and right == "|"):
            raise self.error(
                "\\left and \\right have different brackets", "balance them; intervals are not read", closing
            )
        return Fence(left, right, Row(tuple(items), opened.at), opened.at, opened.gap)

    def delimiter(self, opened: Token) -> str:
        token = self.take()
        if token.text not in commands.DELIMITERS or token.kind not in ("op", "command"):
            raise self.error(
                f"\\{opened.text} is followed by no bracket", "write for example \\left( ... \\right)", opened
            )
        return commands.DELIMITERS[token.text]

    def environment(self) -> Table:
        opened = self.take()
        name = self.environment_name(opened)
        plain = name.rstrip("*")
        if plain not in commands.LINEAR_ENVIRONMENTS | commands.MATRICES:
            raise self.error(f"the environment '{name[:30]}' is not read", "write the components as equations", opened)
        if plain == "array" or (plain.startswith("align") and plain.endswith("at")):
            self.argument(opened)
        rows: list[tuple[Row, ...]] = []
        cells: list[Row] = []
        ends = frozenset(("&", "\\\\", "end"))
        before = self.in_rows, self.over_rows
        self.in_rows, self.over_rows = plain in commands.LINEAR_ENVIRONMENTS, False
        while True:
            start = self.peek()
            cells.append(Row(tuple(self.row(ends)), start.at))
            found = self.take()
            if found is _END:
                raise self.error(f"\\begin{{{name}}} is not closed", f"write \\end{{{name}}}", opened)
            if found.kind != "&":
                rows.append(tuple(cells))
                cells = []
            if found.text == "end":
                break
        self.in_rows, self.over_rows = before
        if self.environment_name(found) != name:
            raise self.error(f"\\begin{{{name}}} is closed by another \\end", "balance the environments", found)
        return Table(plain, tuple(row for row in rows if any(cell.items for cell in row)), opened.at, opened.gap)

    def environment_name(self, opened: Token) -> str:
        if self.take().kind != "{":
            raise self.error(
                f"\\{opened.text} names no environment", "write \\begin{aligned} ... \\end{aligned}", opened
            )
        name = ""
        while self.peek().kind == "letter" or self.peek().text == "*":
            name += self.take().text
        if self.take().kind != "}":
            raise self.error(
                f"\\{opened.text} names no environment", "write \\begin{aligned} ... \\end{aligned}", opened
            )
        return name

    # --- scripts ------------------------------------------------------------------------------------------------

    def scripts(self, base: Node) -> Node:
        sub: Row | None = None
        sup: Row | None = None
        primes = 0
        while True:
            token = self.peek()
            if token.kind == "'":
                self.take()
                primes += 1
            elif token.kind == "_" and sub is None:
                sub = self.argument(self.take_script(token))
            elif token.kind == "^" and sup is None:
                sup = self.argument(self.take_script(token))
                if sup.items and all(_is_prime(n) for n in sup.items):
                    primes, sup = primes + len(sup.items), None
            elif token.kind in ("^", "_"):
                raise self.error(f"a second '{token.kind}' at the same symbol", "use braces to say which is meant")
            else:
                break
        if sub is None and sup is None and not primes:
            return base
        return Scripted(base, sub, sup, primes, base.at, base.gap)

    def take_script(self, token: Token) -> Token:
        self.take()
        if self.peek() is _END or self.peek().kind in ("}", "&", "newline"):
            raise self.error(f"nothing follows '{token.kind}'", "complete the script", token)
        return token


def _enclosed(items: list[Node], node: Node) -> Node:
    r"""The sum in braces of ``\exp{-x + a}`` in brackets: braces only group, and the function would take its first term."""
    last = items[-1] if items else None
    last = last.base if isinstance(last, Scripted) else last
    called = isinstance(last, Leaf) and last.kind == "command" and last.text in commands.FUNCTIONS
    if not called or not isinstance(node, Row) or not any(_is_sign(n) for n in node.items):
        return node
    return Fence("(", "(", replace(node, gap=0), node.at, node.gap)


def _is_sign(node: Node) -> bool:
    return isinstance(node, Leaf) and (node.text in ("+", "-") if node.kind == "op" else node.text in ("pm", "mp"))


def _is_prime(node: Node) -> bool:
    return isinstance(node, Leaf) and node.kind == "command" and node.text == "prime"


def _shown(token: Token) -> str:
    return f"\\{token.text}" if token.kind == "command" else token.text


def _later_bars(tokens: tuple[Token, ...]) -> list[int]:
    """For each ``|``: how many more of them follow in the same bracket; two bars enclose, one bar separates."""
    counts = [0] * len(tokens)
    levels: list[list[int]] = [[]]

    def close() -> None:
        places = levels.pop()
        for rank, place in enumerate(places):
            counts[place] = len(places) - 1 - rank

    for i, token in enumerate(tokens):
        if token.kind == "op" and token.text == "|" and not (i and tokens[i - 1].text in ("left", "right")):
            levels[-1].append(i)
        elif token.text in _CLOSERS or token.kind == "{" or token.text in ("left", "begin"):
            levels.append([])
        elif (token.text in commands.CLOSING or token.kind == "}" or token.text in ("right", "end")) and len(
            levels
        ) > 1:
            close()
    while levels:
        close()
    return counts
