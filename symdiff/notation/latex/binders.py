"""Sums, products, integrals and limits to SymPy's unevaluated forms."""

from __future__ import annotations

import sympy as sp

from symdiff.notation.latex.algebra import Value, Vector
from symdiff.notation.latex.evidence import variable_name
from symdiff.notation.latex.neighbours import neighbours_in
from symdiff.notation.latex.nodes import Binder, Fence, Leaf, Row, Scripted, is_command, is_op
from symdiff.notation.latex.relations import condition_of
from symdiff.notation.latex.signs import label, sign_at, split_at_commas
from symdiff.notation.latex.state import State, function

MAX_TERMS = 1_000


def binder_value(state: State, node: Binder) -> sp.Expr:
    """The value of a sum, product, integral or limit. Raises :class:`ExpressionError` for a range that cannot be read."""
    if node.kind == "lim":
        return _limit(state, node)
    if node.condition is not None and node.upper is None:
        return _conditional(state, node)
    if node.condition is not None and not node.variables:
        raise state.error(node, "this range is not read", "write \\sum_{j=1}^{m}")
    names = [_bound_name(state, node, row) for row in node.variables]
    ends = _ends(state, node)
    state.bound.extend(names)
    symbols = [state.symbol(name) for name in names]
    body = _body(state, node)
    for _ in names:
        state.bound.pop()
    if node.kind == "int":
        if ends is None and node.upper is not None:  # \\int^x: SymPy's form of a primitive taken at x
            end = state.expression(node.upper)
            return sp.Integral(body, *((s, end) for s in symbols))
        if ends is None:
            return sp.Integral(body, *((s,) for s in symbols))
        return sp.Integral(body, *((s, *ends) for s in symbols))
    low, high = ends if ends is not None else (-sp.oo, sp.oo)
    if low.is_Integer and high.is_Integer and abs(high - low) > MAX_TERMS:  # SymPy's printers add up sums of numbers
        raise state.error(node, f"a range of more than {MAX_TERMS} terms", "write its end with a symbol")
    if node.step != 1:  # n = 1, 3, 5, ...: the number of the term is summed over
        state.warn(f"the range is {names[0]} = {low}, {low + node.step}, {low + 2 * node.step}, ...")
        body, low = body.xreplace({symbols[0]: low + node.step * symbols[0]}), sp.S.Zero
    ranges = [(s, low, high) for s in symbols]
    if node.condition is not None:
        left_out = _left_out(state, node, names[0])
        if low.is_number and high.is_number and not bool(low <= left_out <= high):
            raise state.error(node, f"{left_out} is not in the range", "leave the condition out")
        parts = ((low, left_out - 1), (left_out + 1, high))
        make, join = (sp.Sum, sp.Add) if node.kind == "sum" else (sp.Product, sp.Mul)
        return join(*(make(body, (symbols[0], *part)) for part in parts))
    return sp.Sum(body, *ranges) if node.kind == "sum" else sp.Product(body, *ranges)


def _body(state: State, node: Binder) -> sp.Expr:
    if not node.body.items:
        return sp.S.One
    value: Value = state.value(node.body)
    if isinstance(value, Vector):
        raise state.error(node, "a vector stands under a sum or an integral", "write the equation for each component")
    if not isinstance(value, sp.Expr):
        raise state.error(
            node, "an operator stands under a sum or an integral without its operand", "write what it acts on"
        )
    return value


def _bound_name(state: State, node: Binder, row: Row) -> str:
    name = variable_name(row)
    found = sign_at(row.items, 0, state.facts.merged | {"Delta", "delta"}) if row.items else None
    numbered = found is not None and found[0].sub is not None and (node.kind != "int" or not label(found[0].sub))
    if not name or found is None or found[1] != len(row.items) or found[0].sup is not None or numbered:
        raise state.error(
            node, "the variable of a sum or an integral is no single letter", "write for example \\sum_{j=1}^{m}"
        )
    declared, _ = state.facts.names.resolve(name)
    return (declared or name) + "'" * found[0].primes


def _ends(state: State, node: Binder) -> tuple[sp.Expr, sp.Expr] | None:
    if node.lower is None or node.upper is None:
        return None
    return state.expression(node.lower), state.expression(node.upper)


def _limit(state: State, node: Binder) -> sp.Expr:
    target = node.lower
    direction = "+"
    if target is not None and target.items:
        last = target.items[-1]
        side = (
            last.sup.items[0]
            if isinstance(last, Scripted) and last.sup is not None and len(last.sup.items) == 1
            else None
        )
        if isinstance(last, Scripted) and isinstance(side, Leaf) and is_op(side, "+", "-"):
            direction = side.text
            target = Row((*target.items[:-1], last.base), target.at)
    variables = [state.expression(row) for row in node.variables]
    if any(not v.is_Symbol for v in variables) or target is None:
        raise state.error(node, "a limit in something that is no single symbol", "write \\lim_{\\tau\\to 0}")
    end = state.expression(target)
    body = _body(state, node)
    if len(variables) == 1:
        return state.limit(node, body, variables[0], end, direction)
    if end != 0:
        raise state.error(node, "a joint limit to something else than zero", "write one limit after the other")
    return function("Limit")(body, *variables)


def _left_out(state: State, node: Binder, name: str) -> sp.Expr:
    """The one value that a range leaves out, as in ``\\sum_{m=-2, m \\ne 0}^{2}``."""
    items = node.condition.items if node.condition is not None else ()
    sign = next((i for i, n in enumerate(items) if is_command(n, "ne", "neq")), None)
    if sign is not None and variable_name(Row(items[:sign])) == name and node.kind in ("sum", "prod"):
        value = state.expression(Row(items[sign + 1 :], items[sign].at))
        if value.is_Integer:
            return value
    raise state.error(
        node, "this range is not read", "write \\sum_{j=1}^{m}; one number may be left out: \\sum_{j=-m, j \\ne 0}^{m}"
    )


def _conditional(state: State, node: Binder) -> sp.Expr:
    """A sum under a condition: over both signs it is written out, otherwise it is kept as a formal ``Sum(f, condition)``."""
    condition = node.condition
    assert condition is not None
    if node.kind != "sum":
        raise state.error(node, "this range is not read", "write \\prod_{j=1}^{m}, or two ends at the integral")
    names = neighbours_in(condition)
    if names:
        state.bound.append(names[0])
        body = _body(state, node)
        state.bound.pop()
        state.warn(
            f"a sum over neighbours {names[0]} is kept in the form Sum(f, Neighbours); which sites these are is not said"
        )
        return function("Sum")(body, function("Neighbours")(*(state.symbol(n) for n in names)))
    place = next((i for i, n in enumerate(condition.items) if is_op(n, "=") or is_command(n, "in")), None)
    values = _listed(state, Row(condition.items[place + 1 :], condition.at)) if place is not None else None
    name = variable_name(Row(condition.items[:place], condition.at)) if place is not None else ""
    if values is not None and name:
        state.bound.append(name)
        body = _body(state, node)
        state.bound.pop()
        return sp.Add(*(body.xreplace({state.symbol(name): value}) for value in values))
    distance = (
        place is not None and place == 1 and isinstance(condition.items[0], Fence) and condition.items[0].left == "|"
    )
    if any(is_op(n, "=") or is_command(n, "in") for n in condition.items) and not distance:
        raise state.error(node, "this range is not read", "write \\sum_{j=1}^{m}")
    relation = condition_of(state, condition)
    state.warn("a sum under a condition is kept in the form Sum(f, condition)")
    return function("Sum")(_body(state, node), relation)


def _listed(state: State, row: Row) -> list[sp.Expr] | None:
    """``\\pm 1``, ``i \\pm 1``, ``+, -`` or ``1, 2`` as values."""
    items = row.items
    place = next((i for i, n in enumerate(items) if is_command(n, "pm", "mp")), None)
    if place is not None:
        middle = state.expression(Row(items[:place], row.at)) if place else sp.S.Zero
        value = state.expression(Row(items[place + 1 :], row.at)) if len(items) > place + 1 else sp.S.One
        return [middle + value, middle - value]
    parts = split_at_commas(row)
    if len(parts) < 2 or any(not p.items for p in parts):
        return None
    return [state.expression(part) for part in parts]
