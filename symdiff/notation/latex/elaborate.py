"""Rows of the tree to values: sums, products, slashes, brackets; the third stage."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import sympy as sp

from symdiff.notation.latex import commands
from symdiff.notation.latex.algebra import DOT, Dot, Operator, Value, add, compose, inverse, multiply, negated
from symdiff.notation.latex.calls import verdict
from symdiff.notation.latex.factors import bar_variables, evaluated, factor
from symdiff.notation.latex.functions import double_factorial, factorial, function_name
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
    is_fraction,
    is_op,
    unwrapped,
)
from symdiff.notation.latex.operators import applied_to, depends, derivative_operator, nabla_operator, scalar_or_dot
from symdiff.notation.latex.signs import Sign, call_at, label, sign_at
from symdiff.notation.latex.state import State
from symdiff.notation.latex.subscripts import is_ellipsis, parts_of
from symdiff.notation.latex.tree import MAX_DEPTH

Factor = Value | Dot


def row_value(state: State, row: Row) -> Value:
    """The value of a row: its terms added. Raises :class:`ExpressionError` with the place of what cannot be read."""
    terms = _terms(state, row)
    values = [_opened(state, sign, items) if _one_is_closed(terms) and _acts_on_constants(state, items) else _signed(state, sign, items)
              for sign, items in terms]  # fmt: skip
    if any(isinstance(v, Operator) for v in values):
        values = [_opened(state, sign, items) if isinstance(v, sp.Expr) and _open_at(items) is not None else v
                  for v, (sign, items) in zip(values, terms, strict=True)]  # fmt: skip
    return state.guarded(row, lambda: add(values))


def _one_is_closed(terms: Sequence[tuple[int, list[Node]]]) -> bool:
    """Whether a term such as ``D\\partial_x^2`` ends in its derivative: the whole is an operator."""
    return any(
        items and isinstance(items[-1], (Deriv, Nabla)) and getattr(items[-1], "operand", None) is None
        for _, items in terms
    )


def _acts_on_constants(state: State, items: Sequence[Node]) -> bool:
    """``\\partial_x v`` with a plain symbol v: of itself zero, so that it is part of an operator where others stand beside it."""
    place = _open_at(items)
    return place is not None and isinstance(items[place], Deriv) and _is_sign(state, items, place + 1) and _is_plain(state, items, place + 1)  # fmt: skip


def _is_plain(state: State, items: Sequence[Node], at: int) -> bool:
    found = sign_at(items, at, state.facts.merged)
    return found is not None and state.facts.roles.get(state.facts.parts(parts_of(found[0], state.facts.view)).name) is None  # fmt: skip


def _open_at(items: Sequence[Node]) -> int | None:
    """The place of a derivative sign in a product that has factors behind it."""
    return next(
        (i for i, n in enumerate(items[:-1]) if isinstance(n, (Deriv, Nabla)) and getattr(n, "operand", None) is None),
        None,
    )


def _field_follows(state: State, items: Sequence[Node], at: int) -> bool:
    found = sign_at(items, at, state.facts.merged) if at < len(items) else None
    return found is not None and state.facts.is_field(state.facts.parts(parts_of(found[0], state.facts.view)).name)


def _opened(state: State, sign: int, items: Sequence[Node]) -> Operator:
    """A term ``\\partial_x A`` of an operator in brackets: it multiplies by A, then differentiates."""
    place = _open_at(items)
    assert place is not None
    state.warn(
        "inside of an operator in brackets, a derivative acts on the factors behind it and on what the bracket acts on"
    )
    front = [sp.Integer(sign), *factor_list(state, items[:place])]
    operator = _open_operator(state, items[place])
    while isinstance(items[place + 1], Deriv) and place + 2 < len(items):
        operator = compose(operator, _open_operator(state, items[place + 1]))
        place += 1
    behind = factor_list(state, items[place + 1 :])

    def apply(operand: Value) -> Value:
        return multiply([*front, operator.apply(multiply([*behind, operand]))])

    return Operator(apply, operator.moves, operator.spoken)


def _open_operator(state: State, node: Node) -> Operator:
    return derivative_operator(state, node) if isinstance(node, Deriv) else nabla_operator(state, node)  # type: ignore[arg-type]


def _bracket_operator(state: State, node: Node) -> Operator | None:
    """``[-\\partial_x A(x) + \\partial_x^2 B(x)]`` in front of a field: an operator, not a sum of derivatives of coefficients."""
    if not isinstance(node, Fence) or node.left not in ("(", "[", "{"):
        return None
    terms = _terms(state, node.body) if node.body.items else []
    places = [(_open_at(items), items) for _, items in terms]
    second = any(place is not None and _is_second_order(items, place) for place, items in places)
    known = [place is not None and (_is_coefficient(state, items, place + 1) or (second and _is_sign(state, items, place + 1)))
             for place, items in places]  # fmt: skip
    if len(terms) < 2 or not all(known):
        mixed = any(known) or (len(terms) > 1 and any(place is not None for place, _ in places))
        if mixed and not _one_is_closed(terms):
            state.warn(
                "a derivative inside of brackets is taken to end with them, not to act on what stands behind them"
            )
        return None
    opened = add([_opened(state, sign, items) for sign, items in terms])
    return opened if isinstance(opened, Operator) else None


def _is_second_order(items: Sequence[Node], at: int) -> bool:
    r"""``\partial_x^2 B`` or ``\partial_x\partial_y B``: beside a first derivative, the operator of Fokker and Planck."""
    node = items[at]
    by = node.variables if isinstance(node, Deriv) else ()
    return isinstance(items[at + 1], Deriv) or len(by) > 1 or any(order is not None for _, order in by)


def _is_sign(state: State, items: Sequence[Node], at: int) -> bool:
    at += isinstance(items[at], Deriv) and at + 1 < len(items)
    found = sign_at(items, at, state.facts.merged)
    if found is None:
        return False
    rest = items[found[1] :]
    return not rest or (len(rest) == 1 and isinstance(rest[0], Fence) and rest[0].left == "(")


def _is_coefficient(state: State, items: Sequence[Node], at: int) -> bool:
    """A sign that is no field of the time, as A(x) in ``\\partial_x A(x)``."""
    found = sign_at(items, at, state.facts.merged)
    if found is None or found[0].dots:
        return False
    role = state.facts.roles.get(state.facts.parts(parts_of(found[0], state.facts.view)).name)
    return role is None or role.template is None or state.facts.time not in role.template


def _terms(state: State, row: Row) -> list[tuple[int, list[Node]]]:
    if not row.items:
        raise state.error(row, "something is missing here", "write what stands in the brackets")
    terms: list[tuple[int, list[Node]]] = [(1, [])]
    operand = True  # whether a sign here belongs to what follows
    for node in row.items:
        if is_op(node, "+", "-"):
            sign = -1 if is_op(node, "-") else 1
            if not operand:
                terms.append((sign, []))
                operand = True
            elif terms[-1][1]:
                terms[-1][1].append(node)
            else:
                terms[-1] = (terms[-1][0] * sign, [])
            continue
        _check_separator(state, node)
        terms[-1][1].append(node)
        operand = is_op(node, "/", "*") or is_command(node, *commands.MULTIPLICATIONS)
    if not terms[-1][1]:
        raise state.error(row.items[-1], "nothing follows the sign", "complete the sum")
    return terms


def _check_separator(state: State, node: Node) -> None:
    if is_op(node, ",", ";"):
        raise state.error(node, "a comma stands where a value is expected", "write the equations one by one")
    if is_op(node, "|") or is_command(node, "mid"):
        raise state.error(node, "a single bar stands in a value", "write |x| for an absolute value")
    if isinstance(node, Leaf) and (node.kind in ("op", "command")) and node.text in commands.RELATIONS:
        raise state.error(node, "a relation stands inside of brackets", "write it as an equation of its own")


def _signed(state: State, sign: int, items: list[Node]) -> Value:
    if len(items) == 1 and is_ellipsis(items[0]):
        state.ellipses += 1
        return state.symbol("...")
    factors = factor_list(state, items)
    value = state.guarded(items[0], lambda: scalar_or_dot(factors))
    return negated(value) if sign < 0 else value


# --- products --------------------------------------------------------------------------------------------------------


def factor_list(state: State, items: Sequence[Node]) -> list[Factor]:
    """The factors of a product; an operator in it is applied to everything behind it."""
    factors: list[Factor] = []
    _check_increment(state, items)
    at = 0
    joined = True  # an explicit sign stands before the next factor, or it is the first
    while at < len(items):
        node = items[at]
        if is_op(node, "*") or is_command(node, *commands.MULTIPLICATIONS):
            _check_operands(state, node, factors, at + 1 < len(items))
            _check_convolution(state, items, at)
            factors.append(DOT)
            at, joined = at + 1, True
            continue
        if is_op(node, "/") or is_command(node, *commands.DIVISIONS):
            _check_operands(state, node, factors, at + 1 < len(items))
            at = _divide(state, items, at, factors)
            joined = False
            continue
        if is_op(node, "-", "+"):
            factors.append(sp.S.NegativeOne if is_op(node, "-") else sp.S.One)
            at += 1
            continue
        if is_op(node, "!") or _is_evaluation_bar(node):
            at = _postfix(state, items, at, factors)
            continue
        if (
            not joined
            and _is_number(node)
            and not is_fraction(items[at - 1])
            and (_is_number(items[at - 1]) or (node.gap < 2 and not isinstance(node, Scripted)))
        ):
            raise state.error(node, "a number stands behind a factor", "write \\cdot between them, braces around the whole exponent, "
                              "or the relation that is missing")  # fmt: skip
        opened = _bracket_operator(state, node) if _field_follows(state, items, at + 1) else None
        value, after = (opened, at + 1) if opened is not None else factor(state, items, at)
        at, joined = after, False
        if isinstance(value, Operator):
            state.nested += 1
            if state.nested > MAX_DEPTH:
                raise state.error(
                    node, f"more than {MAX_DEPTH} operators one after the other", "write the equation in simpler steps"
                )
            end = _operand_end(items, after)
            divided = next((i for i in range(after + 1, end) if is_op(items[i], "/")), end)
            if isinstance(
                base_of(items[after]) if after < end else None, Fence
            ):  # \\partial_x(D P)/g: g divides the derivative
                end = divided if divided == after + 1 else end
            rest = factor_list(state, items[after:end]) if after < end else []
            if after == end < len(items):
                raise state.error(
                    node, "an operator is followed by a multiplication sign", "write what it acts on right behind it"
                )
            factors += applied_to(state, value, rest, node)
            while end < len(items) and _is_evaluation_bar(items[end]):
                end = _postfix(state, items, end, factors)
            state.nested -= 1
            if end < len(items) and is_op(items[end], "/"):
                at, joined = end, False
                continue
            if end < len(items):
                behind = (
                    [DOT, *factor_list(state, items[end + 1 :])]
                    if _is_times(items[end])
                    else factor_list(state, items[end:])
                )
                factors += behind
            return factors
        factors.append(value)
    return factors


def _is_times(node: Node) -> bool:
    return is_op(node, "*") or is_command(node, *commands.MULTIPLICATIONS)


def _operand_end(items: Sequence[Node], start: int) -> int:
    r"""A multiplication sign or an evaluation bar ends what an operator acts on: ``\nabla P\cdot\nabla Q``."""
    for i in range(start, len(items)):
        if is_op(items[i], "*") or is_command(items[i], *commands.MULTIPLICATIONS) or _is_evaluation_bar(items[i]):
            return i
    return len(items)


def _check_increment(state: State, items: Sequence[Node]) -> None:
    """``\\Delta\\langle n\\rangle``: an increment, or the Laplacian, of an average."""
    for node, following in pairwise(items):
        base = base_of(following)
        if is_command(node, "Delta") and isinstance(base, Fence) and base.left == "<" and "Delta" in state.facts.merged:
            raise state.error(node, "\\Delta in front of an average", "write \\nabla^2, or the difference itself")


def _check_operands(state: State, node: Node, factors: list[Factor], more: bool) -> None:
    if not factors or factors[-1] is DOT or not more:
        raise state.error(node, "a multiplication or division lacks an operand", "complete the product")


_KERNELS = frozenset(["J", "K", "k", "w", "W", "G", "g", "phi", "psi", "varphi", "h", "omega"])


def _check_convolution(state: State, items: Sequence[Node], at: int) -> None:
    """``J * u``: a star between a kernel and a density is no product; between others it is read as one, with a warning."""
    if not (is_op(items[at], "*") or is_command(items[at], "ast")):
        return
    kernel, density = sign_at(items, at - 1, state.facts.merged), sign_at(items, at + 1, state.facts.merged)
    if kernel is None or density is None:
        return
    known = state.facts.names.resolve(kernel[0].name)[0] is not None
    if kernel[0].name in _KERNELS and not known and _field_follows(state, items, at + 1):
        raise state.error(items[at], "a convolution is not read",
                          "write \\int J(x-y) u(y,t) \\, dy; a product is written with \\cdot")  # fmt: skip
    state.warn("a star between two symbols is read as a product")


def _is_number(node: Node) -> bool:
    base = unwrapped(base_of(node))
    return isinstance(base, Leaf) and base.kind == "number"


def _is_evaluation_bar(node: Node) -> bool:
    return isinstance(node, Scripted) and is_op(node.base, "at")


def _postfix(state: State, items: Sequence[Node], at: int, factors: list[Factor]) -> int:
    node = items[at]
    if not factors or isinstance(factors[-1], Dot):
        raise state.error(node, "nothing stands before this sign", "write what it belongs to")
    if is_op(node, "!"):
        if at + 1 < len(items) and is_op(items[at + 1], "!"):
            factors[-1] = double_factorial(state, factors[-1], node)
            return at + 2
        factors[-1] = factorial(state, factors[-1], node)
        return at + 1
    assert isinstance(node, Scripted)
    moves = bar_variables(state, node)
    split = next((i for i, f in enumerate(factors) if depends(f, moves)), 0)
    inner = state.guarded(node, lambda: scalar_or_dot(factors[split:]))
    factors[split:] = [evaluated(state, node, inner)]
    return at + 1


def _divide(state: State, items: Sequence[Node], at: int, factors: list[Factor]) -> int:
    """``a/bc``: what stands behind a slash. A product of a number and letters belongs to it as a whole, as in ``x^2/4Dt``."""
    end = _denominator_end(state, items, at + 1, factors)
    for _ in range(2):  # n! and n!!
        end += end < len(items) and is_op(items[end], "!")
    values = factor_list(state, items[at + 1 : end])
    bottom = state.guarded(items[at], lambda: scalar_or_dot(values))
    factors.append(state.guarded(items[at + 1], lambda: inverse(bottom)))
    return end


def _denominator_end(state: State, items: Sequence[Node], start: int, factors: list[Factor]) -> int:
    at = start
    while at < len(items) and is_op(items[at], "-", "+"):
        at += 1
    if at >= len(items):
        raise state.error(items[start - 1], "nothing follows the slash", "write the denominator")
    first = items[at]
    if _is_number(first):
        only_numbers = all(isinstance(f, Dot) or (isinstance(f, sp.Expr) and f.is_number) for f in factors)
        following = items[at + 1] if at + 1 < len(items) else None
        if only_numbers and following is not None and following.gap:
            return at + 1  # 1/2 P: a half of P
        end = at + 1 if following is not None and is_op(following, "!") else _symbols_end(state, items, at + 1)
        if only_numbers and end > at + 1:
            state.warn("what stands right behind '/' and a number is taken into the denominator")
        if not only_numbers:
            end = _with_brackets(state, items, at + 1, end)
        return _with_doubt(state, items, end)
    found = sign_at(items, at, state.facts.merged)
    if found is None:
        if function_name(first):
            return _function_end(state, items, at)
        return at + 1
    end = found[1]
    if _is_call(state, items, end, found[0]):
        return end + 1
    if _is_boltzmann(items, at, end):
        return end + 1
    longer = _symbols_end(state, items, end)
    if longer > end:
        state.warn("everything that stands right behind a slash is taken into the denominator; write \\frac to be sure")
    return _with_doubt(state, items, longer)


def _with_brackets(state: State, items: Sequence[Node], start: int, end: int) -> int:
    """``x^2/4D(t - s)``, ``v^2/2D(x)``: a bracket right behind the letters of such a product belongs to it, be it a factor or holds arguments."""
    while end < len(items) and items[end].gap == 0:
        found = sign_at(items, end, state.facts.merged)
        if found is not None and not found[0].dots and _is_call(state, items, found[1], found[0]):
            end = found[1] + 1
        elif isinstance(items[end], Fence) and end > start:
            end += 1
        else:
            break
        state.warn("everything that stands right behind a slash is taken into the denominator; write \\frac to be sure")
        end = _symbols_end(state, items, end)
    return end


def _with_doubt(state: State, items: Sequence[Node], end: int) -> int:
    if (
        end < len(items)
        and not is_op(items[end], "/", "*", "!")
        and not is_command(items[end], *commands.MULTIPLICATIONS)
    ):
        fence = isinstance(base_of(items[end]), Fence)
        known = sign_at(items, end, state.facts.merged) is not None
        if fence or (known and items[end].gap >= 2):
            state.warn("what follows a denominator without brackets is taken as a factor; write \\frac to be sure")
    return end


def _symbols_end(state: State, items: Sequence[Node], at: int) -> int:
    """The end of the plain symbols from ``at`` on: no fields, no brackets, no wide spaces."""
    while at < len(items) and items[at].gap < 2:
        found = sign_at(items, at, state.facts.merged)
        if found is None or found[0].dots:
            break
        parts = state.facts.parts(parts_of(found[0], state.facts.view))
        if state.facts.is_field(parts.name) or _is_call(state, items, found[1], found[0]):
            break
        at = found[1]
    return at


def _is_call(state: State, items: Sequence[Node], at: int, sign: Sign) -> bool:
    """Whether the bracket at ``items[at]`` holds arguments of ``sign``."""
    fence = call_at(items, at)
    if fence is None or fence.left != "(" or not fence.body.items:
        return False
    parts = state.facts.parts(parts_of(sign, state.facts.view))
    if sign.name in ("Gamma", "I", "zeta", "delta") and state.facts.names.resolve(parts.name)[0] is None:
        return parts.name not in state.facts.bare
    return verdict(parts.name, parts.name, fence.body, state.facts, powers=(parts.power is not None, False)).applied


def _is_boltzmann(items: Sequence[Node], at: int, end: int) -> bool:
    node = items[at]
    return (
        isinstance(node, Scripted) and node.sub is not None and unwrapped(node.base) == Leaf("letter", "k")
        and label(node.sub) == "B" and end < len(items) and base_of(items[end]) == Leaf("letter", "T")
    )  # fmt: skip


def _function_end(state: State, items: Sequence[Node], at: int) -> int:
    value_end = at + 2 if at + 1 < len(items) else at + 1
    if value_end < len(items):
        state.warn("what follows a denominator without brackets is taken as a factor; write \\frac to be sure")
    return value_end
