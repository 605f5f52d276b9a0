"""One pass over the whole text: how every sign is used, before it is decided what it is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from symdiff.notation.latex import commands
from symdiff.notation.latex.nodes import (
    Binder,
    Deriv,
    Fence,
    Leaf,
    Macro,
    Nabla,
    Node,
    Row,
    Scripted,
    base_of,
    children,
    is_command,
    is_fraction,
    is_op,
)
from symdiff.notation.latex.signs import (
    COORDINATE_LETTERS,
    Sign,
    call_at,
    joins,
    label,
    sign_at,
    sign_of,
    split_at_commas,
)
from symdiff.notation.latex.statements import Statement
from symdiff.notation.latex.subscripts import bold_site


@dataclass(frozen=True, slots=True)
class Diff:
    """One derivative that a sign stands under; ``nabla`` stands for every coordinate."""

    variable: str
    partial: bool


@dataclass(slots=True)
class Use:
    """One occurrence of a sign: with which bracket behind it, under which derivatives, inside of an average or not."""

    sign: Sign
    call: Row | None = None
    bracket: str = ""
    diffs: tuple[Diff, ...] = ()
    direct: bool = False
    averaged: bool = False
    alone: bool = False  # one side of a relation is this sign, with its bracket
    left: bool = False  # and that side is the first
    statement: int = 0
    exponent: bool = False
    argument: bool = False
    operator: bool = False  # behind a derivative of an operator in brackets, as A in [-\partial_x A + \partial_x^2 B] P


@dataclass
class Evidence:
    """Everything that the pass found."""

    uses: list[Use] = field(default_factory=list)
    bound: set[str] = field(default_factory=set)
    summed: set[str] = field(default_factory=set)
    integrated: set[str] = field(default_factory=set)
    unprimed: set[str] = field(default_factory=set)  # variables of integrals that are written without a prime
    variables: dict[str, bool] = field(default_factory=dict)  # derivative variable -> partial
    groups: list[list[Use]] = field(default_factory=list)  # signs in one bracket under a derivative
    choices: list[list[Use]] = field(
        default_factory=list
    )  # signs behind one derivative without brackets, the likely one first
    stray: set[str] = field(default_factory=set)  # letters right behind a d that is neither differential nor derivative
    steps: set[str] = field(default_factory=set)  # letters in brackets such as (E^{-1} - 1)
    nabla: bool = False
    laplacian: bool = False
    stochastic: int | None = None  # the place of a differential such as dX_t that stands alone
    merged: frozenset[str] = frozenset()


def evidence_of(statements: Sequence[Statement], declared: frozenset[str]) -> Evidence:
    """The evidence of all statements of one formula."""
    found = Evidence(merged=_merged(statements, declared))
    for number, statement in enumerate(statements):
        first = statement.sides[0].items
        if (
            len(first) > 1
            and (first[0] == Leaf("word", "d") or (first[0] == Leaf("letter", "d") and first[1].gap == 0))
            and sign_of(first[1])
            and "d" not in declared
        ):
            rest = [pair for side in statement.sides[1:] for pair in zip(side.items, side.items[1:], strict=False)]
            if any(a in (Leaf("letter", "d"), Leaf("word", "d")) and sign_of(b) is not None for a, b in rest):
                found.stochastic = first[0].at
        for side in statement.sides:
            walk = _Walk(found)
            start = len(found.uses)
            walk.row(side)
            for use in found.uses[start:]:
                use.statement = number
            if statement.relations:
                walk.mark_alone(side, start, left=side is statement.sides[0])
    return found


def _merged(statements: Sequence[Statement], declared: frozenset[str]) -> frozenset[str]:
    r"""Which of ``\Delta`` and ``\delta`` make one symbol with the letter behind them; ``\delta`` not where it also stands alone."""
    rows = [row for statement in statements for side in statement.sides for row in rows_within(side)]
    merged = {"Delta", "delta"} - declared
    if "delta" in merged and _of_fluctuations(rows, [side for statement in statements for side in statement.sides]):
        merged.add("delta*")
    elif "delta" in merged and any(_stands_alone(row, "delta") for row in rows):
        merged.discard("delta")
    certain = any(_is_advanced(part) for row in rows for part in split_at_commas(row))
    alone = any(_stands_alone(row, "d") for row in rows)
    if "d" not in declared and (certain or (any(_has_differential(row) for row in rows) and not alone)):
        merged.add("d")
    return frozenset(merged)


def _is_advanced(row: Row) -> bool:
    r"""``t + dt``, ``x - dx``, ``t + \mathrm{d}t``: a letter and its own differential."""
    items = row.items
    if len(items) != 4 or not is_op(items[1], "+", "-") or items[2] not in (Leaf("letter", "d"), Leaf("word", "d")):
        return False
    first, last = sign_of(items[0]), sign_of(items[3])
    close = items[3].gap == 0 or items[2] == Leaf("word", "d")
    return (
        first is not None and last is not None and close and first.name == last.name and first.is_bare and last.is_bare
    )


def _has_differential(row: Row) -> bool:
    """``dx`` outside of a derivative or an integral: a step, not d times x. (``dt`` alone may be d times t, as in 2dDt.)"""
    pairs = zip(row.items, row.items[1:], strict=False)
    return any(
        a == Leaf("letter", "d") and b.gap == 0 and (sign := sign_of(b)) is not None and sign.name in ("x", "y", "z")
        for a, b in pairs
    )


def _of_fluctuations(rows: Sequence[Row], sides: Sequence[Row]) -> bool:
    r"""``<\delta n(x) \delta n(x')>``, ``\rho = \rho_0 + \delta\rho``: delta is a deviation, nowhere a quantity by itself."""
    meant = False
    for row in rows:
        for at in _places_of_delta(row):
            node = row.items[at]
            following = sign_of(row.items[at + 1]) if at + 1 < len(row.items) else None
            if isinstance(node, Scripted) or (following is None and call_at(row.items, at + 1) is None):
                return False
            if following is None:
                continue  # Dirac's
            if following.name not in FIELD_LIKE:
                return False
            meant = meant or _is_second_term(sides, row, at, following) or _in_second_moment(rows, row, following)
    return meant


def _places_of_delta(row: Row) -> list[int]:
    return [i for i, n in enumerate(row.items) if is_command(n.base if isinstance(n, Scripted) else n, "delta")]


def _in_second_moment(rows: Sequence[Row], row: Row, of: Sign) -> bool:
    r"""``<\delta n \delta m>``, ``<(\delta n)^2>``; in ``<\delta n>`` delta may be a rate."""
    means = [n.body for r in rows for n in r.items if isinstance(n, Fence) and n.left == "<"]
    inside = [m for m in means if any(r is row for r in rows_within(m))]
    several = any(sum(len(_places_of_delta(r)) for r in rows_within(m)) > 1 or m is not row for m in inside)
    return several or (bool(inside) and of.sup is not None)


def _is_second_term(sides: Sequence[Row], row: Row, at: int, of: Sign) -> bool:
    r"""``\rho = \rho_0 + \delta\rho``; in ``\dot u = u_0 + \delta u`` delta is a rate."""
    two = len(row.items) == 4 and at in (0, 2) and is_op(row.items[1 if at else 2], "+")
    before = sign_of(row.items[0 if at else 3]) if two else None
    alone = [sign_of(side.items[0]) for side in sides if len(side.items) == 1]
    whole = any(s is not None and s.is_bare and s.name == of.name for s in alone)
    return (
        whole
        and before is not None
        and (before.name == f"{of.name}bar" or (before.name == of.name and not before.is_bare))
    )


def _stands_alone(row: Row, letter: str) -> bool:
    for i, node in enumerate(row.items):
        base = node.base if isinstance(node, Scripted) else node
        if not (is_command(base, letter) or base == Leaf("letter", letter)):
            continue
        if isinstance(node, Scripted):
            if node.sub is None:
                return True
            continue
        following = sign_of(row.items[i + 1]) if i + 1 < len(row.items) else None
        called = call_at(row.items, i + 1) is not None
        if not called and (following is None or not joins(letter, following)):
            return True
    return False


def rows_within(row: Row) -> Iterator[Row]:
    """Every row inside ``row``, itself first."""
    yield row
    for node in row.items:
        for child in children(node):
            yield from rows_within(child)


def rows_of_values(row: Row) -> Iterator[Row]:
    """Every row inside ``row`` that holds a value: not the subscripts."""
    yield row
    for node in row.items:
        if isinstance(node, Scripted):
            inner = [Row((node.base,)), node.sup] if not isinstance(node.base, Leaf) else [node.sup]
            parts = [part for part in inner if part is not None]
        else:
            parts = list(children(node))
        for child in parts:
            yield from rows_of_values(child)


def variable_name(row: Row) -> str:
    """The name of a derivative or binder variable, without primes; empty where it is no single sign."""
    if len(row.items) == 1:
        node = row.items[0]
        if isinstance(node, Fence) and node.left == "|":
            return variable_name(node.body)
        sign = sign_of(node)
    else:
        found = sign_at(row.items, 0, frozenset({"Delta", "delta"})) if row.items else None
        sign = found[0] if found is not None and found[1] == len(row.items) else None
    if sign is None:
        return ""
    low = label(sign.sub) if sign.sub is not None else ""
    return f"{sign.name}_{low}" if low else sign.name


@dataclass(frozen=True, slots=True)
class _Place:
    diffs: tuple[Diff, ...] = ()
    averaged: bool = False
    exponent: bool = False
    argument: bool = False
    direct: bool = False
    operator: bool = False


def _step_operator(row: Row) -> set[str]:
    """E where the row is ``E^{-1} - 1``, ``1 - E`` or ``E_1 E_2^{-1} - 1``: van Kampen's operator, in a letter that may mean other
    things; epsilon only with an index below."""
    minus = [i for i, n in enumerate(row.items) if is_op(n, "-")]
    parts = (row.items[: minus[0]], row.items[minus[0] + 1 :]) if len(minus) == 1 else ((), ())
    if (Leaf("number", "1"),) not in parts:
        return set()
    signs = [sign_of(n) for part in parts if part != (Leaf("number", "1"),) for n in part]
    meant = [s for s in signs if s is not None and (s.name in STEPS or (s.name in ("epsilon", "varepsilon") and s.sub))]
    return {s.name for s in meant} if len(meant) == len(signs) else set()


def _is_side(row: Row) -> bool:
    """``-``, ``0^-``, ``x = L^+``: where the jump of a quantity begins or ends."""
    last = row.items[-1] if row.items else None
    if isinstance(last, Scripted) and last.sup is not None:
        last = last.sup.items[-1] if last.sup.items else None
    return last is not None and is_op(last, "+", "-")


STEPS = frozenset({"E", "Ecal", "Ebold", "Ehat"})


class _Walk:
    def __init__(self, found: Evidence) -> None:
        self.found = found

    def mark_alone(self, side: Row, start: int, *, left: bool) -> None:
        found = sign_at(side.items, 0, self.found.merged) if side.items else None
        if found is None:
            return
        rest = len(side.items) - found[1]
        if rest == 0 or (rest == 1 and isinstance(side.items[-1], Fence) and side.items[-1].left == "("):
            for use in self.found.uses[start:]:
                if use.sign.at == found[0].at and use.sign.name == found[0].name:
                    use.alone, use.left = True, left

    def row(self, row: Row, place: _Place | None = None) -> None:
        place = place or _Place()
        items = row.items
        self.found.steps.update(_step_operator(row))
        acting: tuple[Diff, ...] = ()
        under: list[Use] = []
        nested = False  # another derivative stands behind a sign under the first
        at = 0
        while at < len(items):
            node = items[at]
            if (
                is_op(node, "+", "-", ",", ";", "|", "*")
                or is_command(node, *commands.MULTIPLICATIONS)
                or _is_relation(node)
                or (is_op(node, "/") and acting and isinstance(base_of(items[at - 1]), Fence))
            ):
                self.settle(under, nested)
                acting, under, nested = (), [], False
                at += 1
                continue
            if isinstance(node, Scripted) and is_op(node.base, "at") and node.sub is not None:
                self.taken_at(node.sub, self.found.uses[-1:] if at and sign_of(items[at - 1]) is not None else [])
                self.row(node.sub)
                at += 1
                continue
            nested = nested or (bool(under) and isinstance(node, (Deriv, Nabla)))
            found = sign_at(items, at, self.found.merged)
            if node == Leaf("letter", "d") and at + 1 < len(items) and items[at + 1].gap == 0:
                following = sign_of(items[at + 1])
                self.found.stray.update(
                    {following.name} if following is not None and found is not None and found[1] == at + 1 else ()
                )
            if found is not None:
                start = at
                use, at = self.sign(found[0], items, found[1], place, acting)
                if acting:
                    under.append(use)
                elif place.direct and start == 0 and at == len(items):
                    use.direct = use.call is None or _looks_called(use.call, self.found.merged)
                continue
            opens = isinstance(node, Fence) and at + 1 < len(items) and is_operator(node.body)
            inside = replace(place, operator=True) if opens else place
            if acting and isinstance(node, Macro):
                more = at + 1 < len(items) and not is_op(items[at + 1], "+", "-", ",", ";", "|")
                under += self.differentiated_inside(node, inside, acting, more=more)
            else:
                acting += self.node(node, inside, acting)
            at += 1
        self.settle(under, nested)

    def differentiated_inside(self, node: Macro, place: _Place, acting: tuple[Diff, ...], *, more: bool) -> list[Use]:
        r"""The signs of ``\partial_x \frac{F}{\gamma} P`` that the derivative may be meant for: those above the bar, or of ``1/u`` alone."""
        found: list[list[Use]] = []
        whole = not more and is_fraction(node) and len(node.args[0].items) == 1  # u/w, whose w would stand in front
        for child in children(node):
            start = len(self.found.uses)
            self.row(child, _Place(place.diffs + acting, place.averaged, place.exponent, False, whole, place.operator))
            found.append([u for u in self.found.uses[start:] if not u.argument and u.exponent == place.exponent])
        if whole:
            return []
        if is_fraction(node):
            return found[0]
        return [use for uses in found for use in uses]

    def settle(self, under: list[Use], nested: bool) -> None:
        """Of the signs behind an operator such as ``\\partial_x``, the one it is surely meant for."""
        bare = [use for use in under if use.call is None and not use.sign.name.startswith("Delta ")]
        if any(_depends_as_written(use, self.found.merged) for use in under):
            bare = []  # \partial_x v P(x,t): what depends on the variable says so
        if bare and not (nested and all(use.sign.name not in FIELD_LIKE for use in bare)):
            field_like = [use for use in bare if use.sign.name in FIELD_LIKE]
            if len(field_like) > 1:
                self.found.choices.append(field_like)
            else:
                (field_like or bare)[0 if field_like else -1].direct = True
        for use in under:
            if use.call is not None:
                use.direct = _looks_called(use.call, self.found.merged)

    def sign(
        self, sign: Sign, items: Sequence[Node], at: int, place: _Place, acting: tuple[Diff, ...]
    ) -> tuple[Use, int]:
        fence = call_at(items, at)
        use = Use(sign, fence.body if fence else None, fence.left if fence else "", place.diffs + acting,
                  averaged=place.averaged, exponent=place.exponent, argument=place.argument, operator=place.operator)  # fmt: skip
        self.found.uses.append(use)
        if sign.sub is not None and bold_site(sign.sub):
            self.row(sign.sub)
        if sign.sup is not None and _is_expression(sign.sup):
            self.row(sign.sup, _Place(exponent=sign.name == "e" or place.exponent))
        if fence is None:
            return use, at
        node = items[at]
        if isinstance(node, Scripted) and node.sup is not None:
            self.row(node.sup)
        average = sign.name in commands.STATISTICS or sign.name == "Ebb"
        average = (average and (sign.name != "E" or fence.left == "[")) or sign.name in ("Ecal", "Ebold")
        inside = _Place(place.diffs + acting, place.averaged or average,
                        place.exponent, fence.left == "(" and not average)  # fmt: skip
        for part in split_at_commas(fence.body):
            self.row(part, inside)
        return use, at + 1

    def node(self, node: Node, place: _Place, acting: tuple[Diff, ...]) -> tuple[Diff, ...]:
        """Walks into a node; gives the derivatives with which it acts on what follows it."""
        diffs = place.diffs + acting
        if isinstance(node, Deriv):
            own = self.derivative(node)
            if node.operand is None:
                return own
            start = len(self.found.uses)
            self.row(node.operand, _Place(diffs + own, place.averaged, False, False, True))
            self.found.groups.append(self.found.uses[start:])
            return ()
        if isinstance(node, Nabla):
            if node.power is not None:
                self.row(node.power)
            if node.variable is not None and variable_name(node.variable):
                self.found.variables[variable_name(node.variable)] = True
                return (Diff(variable_name(node.variable), True),)
            self.found.nabla = True
            return (Diff("nabla", True),)
        if is_command(node, "Delta") and "Delta" in self.found.merged:
            self.found.laplacian = True
            return (Diff("nabla", True),)
        if isinstance(node, Binder):
            self.binder(node, diffs, place)
            return ()
        if isinstance(node, Scripted):
            return self.scripted(node, place, diffs)
        if isinstance(node, Fence):
            averaged = place.averaged or node.left == "<"
            start = len(self.found.uses)
            self.row(
                node.body, _Place(diffs, averaged, place.exponent, False, bool(acting) and not averaged, place.operator)
            )
            if acting:
                self.found.groups.append(self.found.uses[start:])
            return self.operators_inside(node.body)
        bar = isinstance(node, Macro) and node.name in ("overline", "bar")  # of more than a letter: an average
        for child in children(node):
            self.row(child, _Place(diffs, place.averaged or bar, place.exponent, False, bool(acting)))
        return ()

    def scripted(self, node: Scripted, place: _Place, diffs: tuple[Diff, ...]) -> tuple[Diff, ...]:
        if node.sup is not None:
            self.row(node.sup, _Place(exponent=place.exponent or is_command(node.base, "exp")))
        if isinstance(node.base, Fence) and node.sub is not None and node.base.left in "([{":
            signs = [] if _is_side(node.sub) else map(sign_of, node.sub.items)
            letters = [sign.name for sign in signs if sign is not None]
            diffs += tuple(Diff(letter, True) for letter in letters)
            start = len(self.found.uses)
            self.row(node.base.body, _Place(diffs, place.averaged, False, False, True))
            self.found.groups.append(self.found.uses[start:])
            return ()
        if isinstance(node.base, Fence) and node.base.left == "." and node.sub is not None:
            self.row(node.sub)
            start = len(self.found.uses)
            self.row(node.base.body, place)
            self.taken_at(node.sub, self.found.uses[start:])
            return ()
        return self.node(node.base, place, ())

    def taken_at(self, sub: Row, uses: list[Use]) -> None:
        """``P|_{x=0}``: what is taken at a point depends on the variable, if it is a single sign without arguments."""
        names = [
            sign.name for part in split_at_commas(sub) if part.items and (sign := sign_of(part.items[0])) is not None
        ]
        self.depends(uses, names)

    def depends(self, uses: list[Use], names: list[str]) -> None:
        """A single sign without arguments that is taken at a point, or in a limit, depends on what has a value there."""
        if len(uses) == 1 and uses[0].call is None and names:
            uses[0].diffs += tuple(Diff(name, True) for name in names)
            uses[0].direct = True
            self.found.variables.update(dict.fromkeys(names, True))

    def derivative(self, node: Deriv) -> tuple[Diff, ...]:
        names = [variable_name(variable) for variable, _ in node.variables]
        for name in names:
            self.found.variables[name] = self.found.variables.get(name, False) or node.partial
        for _, count in node.variables:
            if count is not None:
                self.row(count)
        return tuple(Diff(name, node.partial) for name in names if name)

    def binder(self, node: Binder, diffs: tuple[Diff, ...], place: _Place) -> None:
        names = [variable_name(variable) for variable in node.variables]
        if node.condition is not None:
            names += [s.name for row in rows_within(node.condition) for s in map(sign_of, row.items) if s is not None][
                :2
            ]
        if node.kind != "lim":
            self.found.bound.update(name for name in names if name)
            (self.found.integrated if node.kind == "int" else self.found.summed).update(name for name in names if name)
        if node.kind == "int":
            bare = [v.items[0] for v in node.variables if len(v.items) == 1 and isinstance(v.items[0], Leaf)]
            self.found.unprimed.update(sign.name for leaf in bare if (sign := sign_of(leaf)) is not None)
        for part in (node.lower, node.upper):
            if part is not None:
                self.row(part)
        start = len(self.found.uses)
        self.row(node.body, _Place(diffs, place.averaged, place.exponent, False, place.direct))
        if node.kind == "lim" and len(self.found.uses) == start + 1 and set(names) <= COORDINATE_LETTERS:
            self.depends(self.found.uses[start:], names)

    def operators_inside(self, body: Row) -> tuple[Diff, ...]:
        """The derivatives of an operator in brackets, such as ``(\\partial_t + v\\partial_x)``."""
        found: list[Diff] = []
        items = body.items
        for i, node in enumerate(items):
            ends = i + 1 == len(items) or is_op(items[i + 1], "+", "-")
            if ends and isinstance(node, Deriv) and node.operand is None:
                found += [Diff(variable_name(v), node.partial) for v, _ in node.variables]
            elif ends and isinstance(node, Nabla):
                found.append(Diff("nabla", True))
        return tuple(found)


FIELD_LIKE = frozenset(
    ["P", "p", "u", "U", "c", "C", "n", "N", "rho", "varrho", "f", "F", "w", "W", "q", "Q", "phi", "varphi", "psi", "Psi", "Phi",
     "h", "R", "L", "J", "j", "T", "G", "g", "S", "theta", "eta", "pi", "A", "B", "X", "Y", "V", "I", "H", "E", "z", "y", "s", "Pi", "chi"]
)  # fmt: skip


def _depends_as_written(use: Use, merged: frozenset[str]) -> bool:
    """``P(x, t)`` behind ``\\partial_x``, or x itself in an operator in brackets."""
    variables = {d.variable for d in use.diffs}
    if use.call is None:
        return use.operator and use.sign.is_bare and use.sign.name in variables
    found = [sign_at(part.items, 0, merged) for part in split_at_commas(use.call) if part.items]
    names = {f[0].name for f in found if f is not None and f[0].is_bare}
    return bool(names & variables) and _looks_called(use.call, merged)


def is_operator(body: Row) -> bool:
    """``-\\partial_x A + D\\partial_x^2``: every term differentiates, and one to the second order or what stands behind the bracket."""
    terms: list[list[Node]] = [[]]
    for node in body.items:
        if is_op(node, "+", "-"):
            terms.append([])
        else:
            terms[-1].append(node)
    terms = [term for term in terms if term]
    signs = [[n for n in term if isinstance(n, Deriv) and n.operand is None] for term in terms]
    second = any(len(found) > 1 or any(order is not None for d in found for _, order in d.variables) for found in signs)
    closed = any(term[-1] in found for term, found in zip(terms, signs, strict=True))
    return len(terms) > 1 and all(signs) and (second or closed)


def _looks_called(call: Row, merged: frozenset[str]) -> bool:
    """Arguments rather than a factor: several of them, or a single sign."""
    if len(split_at_commas(call)) > 1:
        return True
    found = sign_at(call.items, 0, merged) if call.items else None
    return found is not None and found[1] == len(call.items)


def _is_expression(row: Row) -> bool:
    return not (
        len(row.items) == 1
        and (is_op(row.items[0], "+", "-", "*") or is_command(row.items[0], "ast", "star", "dagger"))
    )


def _is_relation(node: Node) -> bool:
    return isinstance(node, Leaf) and node.kind in ("op", "command") and node.text in commands.RELATIONS
