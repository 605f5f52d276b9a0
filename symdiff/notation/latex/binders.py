"""Sums, products, integrals and limits to SymPy's unevaluated forms."""

from __future__ import annotations

import sympy as sp

from symdiff.notation.latex.algebra import Value, Vector
from symdiff.notation.latex.evidence import variable_name
from symdiff.notation.latex.nodes import Binder, Leaf, Row, Scripted, is_command, is_op
from symdiff.notation.latex.relations import condition_of
from symdiff.notation.latex.signs import sign_at, split_at_commas
from symdiff.notation.latex.state import State, function

MAX_TERMS = 1_000


def binder_value(state: State, node: Binder) -> sp.Expr:
    """The value of a sum, product, integral or limit. Raises :class:`ExpressionError` for a range that cannot be read."""
    if node.kind == "lim":
        return _limit(state, node)
    if node.condition is not None:
        return _conditional(state, node)
    names = [_bound_name(state, node, row) for row in node.variables]
    ends = _ends(state, node)
    state.bound.extend(names)
    symbols = [state.symbol(name) for name in names]
    body = _body(state, node)
    for _ in names:
        state.bound.pop()
    if node.kind == "int":
        if ends is None:
            return sp.Integral(body, *((s,) for s in symbols))
        return sp.Integral(body, *((s, *ends) for s in symbols))
    low, high = ends if ends is not None else (-sp.oo, sp.oo)
    if low.is_Integer and high.is_Integer and abs(high - low) > MAX_TERMS:  # SymPy's printers add up sums of numbers
        raise state.error(node, f"a range of more than {MAX_TERMS} terms", "write its end with a symbol")
    ranges = [(s, low, high) for s in symbols]
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
    found = sign_at(row.items, 0, state.facts.merged) if row.items else None
    if not name or found is None or found[1] != len(row.items) or found[0].sup is not None or found[0].sub is not None:
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
        return sp.Limit(body, variables[0], end, direction)
    if end != 0:
        raise state.error(node, "a joint limit to something else than zero", "write one limit after the other")
    return function("Limit")(body, *variables)


def _conditional(state: State, node: Binder) -> sp.Expr:
    """A sum under a condition: over both signs it is written out, otherwise it is kept as a formal ``Sum(f, condition)``."""
    condition = node.condition
    assert condition is not None
    if node.kind != "sum" or node.upper is not None:
        raise state.error(node, "this range is not read", "write \\sum_{j=1}^{m}, or two ends at the integral")
    place = next((i for i, n in enumerate(condition.items) if is_op(n, "=") or is_command(n, "in")), None)
    values = _listed(state, Row(condition.items[place + 1 :], condition.at)) if place is not None else None
    name = variable_name(Row(condition.items[:place], condition.at)) if place is not None else ""
    if values is not None and name:
        state.bound.append(name)
        body = _body(state, node)
        state.bound.pop()
        return sp.Add(*(body.xreplace({state.symbol(name): value}) for value in values))
    if any(is_op(n, "=") or is_command(n, "in") for n in condition.items):
        raise state.error(node, "this range is not read", "write \\sum_{j=1}^{m}")
    relation = condition_of(state, condition)
    state.warn("a sum under a condition is kept in the form Sum(f, condition)")
    return function("Sum")(_body(state, node), relation)


def _listed(state: State, row: Row) -> list[sp.Expr] | None:
    """``\\pm 1`` or ``+, -`` or ``1, 2`` as values."""
    items = row.items
    if items and is_command(items[0], "pm", "mp"):
        value = state.expression(Row(items[1:], row.at)) if len(items) > 1 else sp.S.One
        return [value, -value]
    parts = split_at_commas(row)
    if len(parts) < 2 or any(not p.items for p in parts):
        return None
    return [state.expression(part) for part in parts]
