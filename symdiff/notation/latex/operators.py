"""Derivatives and their relatives as operators, and what they do to the values behind them."""

from __future__ import annotations

from collections.abc import Sequence

import sympy as sp
from sympy.core.function import AppliedUndef

from symdiff.notation.latex.algebra import DOT, Dot, Operator, Value, Vector, add, check_size, compose, multiply
from symdiff.notation.latex.nodes import Deriv, Fence, Nabla, Node, Row
from symdiff.notation.latex.state import State, function, symbol

_INDEX_NOTATION = frozenset("ij")


def depends(value: Value | Dot, moves: Sequence[sp.Expr]) -> bool:
    """Whether a value depends on any of the variables."""
    if isinstance(value, Vector):
        return any(depends(part, moves) for part in value.components)
    if isinstance(value, sp.Expr):
        return any((m in value.free_symbols) if m.is_Symbol else value.has(m) for m in moves)
    return isinstance(value, Operator)


def applied_to(state: State, operator: Operator, values: Sequence[Value | Dot], node: Node) -> list[Value | Dot]:
    """The operator on the factors behind it: constants at the end are factors of the result.

    Raises :class:`ExpressionError` where nothing behind it depends on its variable.
    """
    if not values:
        return [operator]
    last = max((i for i, v in enumerate(values) if depends(v, operator.moves)), default=-1)
    if last < 0:
        if len(values) == 1 and isinstance(values[0], sp.Expr):
            last = 0
        else:
            raise state.error(node, f"{operator.spoken} acts on nothing that depends on its variable",
                              "declare what is a function in the context, or write its argument")  # fmt: skip
    moving = sum(depends(v, operator.moves) for v in values[: last + 1])
    if moving > 1:
        state.warn(f"{operator.spoken} is taken to act on everything behind it; use brackets to say otherwise")
    inner = state.guarded(node, lambda: multiply(values[: last + 1]))
    if isinstance(inner, Operator):
        return [state.guarded(node, lambda: compose(operator, inner))]
    rest = [v for v in values[last + 1 :] if not isinstance(v, Dot)]
    state.guarded(node, lambda: check_size(operator, inner))
    return [state.guarded(node, lambda: operator.apply(inner)), *rest]


# --- derivatives by one variable -------------------------------------------------------------------------------------


def derivative_operator(state: State, node: Deriv) -> Operator:
    """The operator that a derivative sign stands for."""
    steps = [_step(state, node, variable, count) for variable, count in node.variables]
    if len(steps) == 1:
        return steps[0]

    def apply(operand: Value) -> Value:
        for step in steps:
            operand = step.apply(operand)
        return operand

    return Operator(apply, tuple(dict.fromkeys(m for s in steps for m in s.moves)), steps[0].spoken)


def _step(state: State, node: Deriv, variable: Row, count: Row | None) -> Operator:
    riesz = len(variable.items) == 1 and isinstance(variable.items[0], Fence)
    inner = variable.items[0].body if riesz else variable  # type: ignore[union-attr]
    by = state.value(inner)
    if not isinstance(by, sp.Expr) or not (by.is_Symbol or isinstance(by, AppliedUndef)):
        raise state.error(
            node, "this is no variable to differentiate by", "write \\partial_x or \\frac{\\partial P}{\\partial x}"
        )
    name = by.name if by.is_Symbol else by.func.__name__
    if name in _INDEX_NOTATION and name not in state.facts.names.all:
        raise state.error(
            node, f"a derivative by the index {name}", "write out the components, as in \\partial_x and \\partial_y"
        )
    order = sp.S.One if count is None else state.expression(count)
    spoken = f"the derivative by {name}"
    if riesz:
        state.warn(f"the derivative by |{name}| is read as minus the fractional Laplacian")
        return Operator(
            lambda f: _mapped(state, node, f, lambda e: -function("FracLaplacian")(e, order / 2)), (by,), spoken
        )

    def differentiate(operand: Value, count: sp.Expr) -> Value:
        return _mapped(state, node, operand, lambda e: differentiated(state, node, e, by, count))

    single = (sp.S.One, differentiate) if order == 1 else None
    return Operator(lambda f: differentiate(f, order), (by,), spoken, 1, single)


def _mapped(state: State, node: Node, value: Value, change: object) -> Value:
    assert callable(change)
    state.act(node)
    if isinstance(value, Vector):
        return Vector(tuple(change(part) for part in value.components))
    result: Value = change(value)
    return result


def differentiated(state: State, node: Node | int, value: sp.Expr, by: sp.Expr, order: sp.Expr = sp.S.One) -> sp.Expr:
    """The derivative, unevaluated; of fractional order as ``FracDeriv``; of a value at a point as ``Subs``.

    Raises :class:`ExpressionError` where the value does not depend on the variable.
    """
    if order.is_Integer:
        if not 1 <= order <= 20:
            raise state.error(
                node,
                f"a derivative of order {int(order) if abs(order) < 10**6 else '...'}",
                "orders from 1 to 20 are read",
            )
    elif not _counts(state, order):
        return function("FracDeriv")(value, by, order)
    if not depends(value, (by,)):
        return _at_point(state, node, value, by, order)
    return sp.Derivative(value, (by, order))


def _counts(state: State, order: sp.Expr) -> bool:
    """Whether a symbolic order is a whole number, like the n of a Kramers-Moyal sum, rather than a fractional one."""
    names = {s.name for s in order.free_symbols}
    return bool(names) and all(
        name in state.bound or name in "jklmnN" or name in state.facts.view.indices for name in names
    )


def _at_point(state: State, node: Node | int, value: sp.Expr, by: sp.Expr, order: sp.Expr) -> sp.Expr:
    """``\\partial_x P(0,t)`` means the derivative of P(x,t), then x = 0."""
    if isinstance(value, sp.Limit) and value.args[1] == by:
        inner, _, place, side = value.args
        return sp.Limit(sp.Derivative(inner, (by, order)), by, place, str(side))
    if isinstance(value, AppliedUndef) and by.is_Symbol and len(value.args) == 1 and value.args[0].is_number:
        return at_arguments(value, 0, by, order)
    if isinstance(value, AppliedUndef) and by.is_Symbol:
        role = state.facts.roles.get(value.func.__name__)
        template = role.template if role is not None else None
        if template and by.name in template:
            place = len(value.args) - len(template) + template.index(by.name)
            if place < 0 and template[-1] == state.facts.time:  # the time is left out
                place += 1
            if place >= 0:
                return at_arguments(value, place, by, order)
    raise state.error(
        node, f"the derivative by {by} of something that does not depend on it",
        "declare what is a field or a function in the context, or write its arguments",
    )  # fmt: skip


def at_arguments(value: sp.Expr, place: int, by: sp.Expr, order: sp.Expr = sp.S.One) -> sp.Expr:
    """The derivative of ``value`` by its argument number ``place``, taken at the argument that stands there."""
    argument = value.args[place]
    if argument == by or (argument.is_Function and not argument.is_number and isinstance(argument, AppliedUndef)):
        return sp.Derivative(value, (argument, order))
    plain = value.func(*value.args[:place], by, *value.args[place + 1 :])
    return sp.Subs(sp.Derivative(plain, (by, order)), by, argument)


SIDE = "OneSided"  # (0, 1) for 0^+, inside of the reader only


def side_of(value: object) -> tuple[sp.Expr, str] | None:
    """The place and the side of ``0^+`` or ``a^-``; None for other values."""
    if isinstance(value, AppliedUndef) and value.func.__name__ == SIDE:
        return value.args[0], "+" if value.args[1] == 1 else "-"
    if isinstance(value, sp.Symbol) and value.name[-2:] in ("^+", "^-"):
        return symbol(value.name[:-2]), value.name[-1]
    return None


# --- nabla -----------------------------------------------------------------------------------------------------------


def nabla_operator(state: State, node: Nabla) -> Operator:
    """Gradient, divergence, a power of the Laplacian, or the fractional Laplacian, in the coordinates of the formula."""
    names = state.facts.space or ("x",)
    moves = tuple(symbol(name) for name in names)
    if node.kind == "frac":
        exponent = state.expression(node.power) if node.power is not None else sp.S.One
        return Operator(
            lambda f: _mapped(state, node, f, lambda e: function("FracLaplacian")(e, exponent)), moves, "the Laplacian"
        )
    if node.kind == "grad":
        return Operator(lambda f: _gradient(state, node, f, moves), moves, "nabla")
    if node.kind == "div":
        return Operator(lambda f: _divergence(state, node, f, moves), moves, "the divergence")
    times = int(state.expression(node.power)) if node.power is not None else 1

    def apply(operand: Value) -> Value:
        for _ in range(times):
            operand = _mapped(state, node, operand, lambda e: _laplacian(state, node, e, moves))
        return operand

    return Operator(apply, moves, "the Laplacian")


def _laplacian(state: State, node: Node, value: sp.Expr, moves: tuple[sp.Symbol, ...]) -> sp.Expr:
    if not depends(value, moves):
        raise state.error(node, "the Laplacian of something constant", "declare what is a field in the context")
    if isinstance(value, sp.Add) and all(isinstance(t, sp.Derivative) for t in value.args):
        return sp.Add(*(_laplacian(state, node, t, moves) for t in value.args))  # the Laplacian of a Laplacian
    return sp.Add(*(sp.Derivative(value, (m, 2)) for m in moves if m in value.free_symbols))


def _gradient(state: State, node: Node, value: Value, moves: tuple[sp.Symbol, ...]) -> Value:
    state.act(node)
    if not isinstance(value, sp.Expr):
        raise state.error(node, "the gradient of a vector", "write the components")
    if not depends(value, moves):
        raise state.error(node, "the gradient of something constant", "declare what is a field in the context")
    parts = tuple(sp.Derivative(value, m) if m in value.free_symbols else sp.S.Zero for m in moves)
    return parts[0] if len(parts) == 1 else Vector(parts)


def _divergence(state: State, node: Node, value: Value, moves: tuple[sp.Symbol, ...]) -> Value:
    state.act(node)
    if isinstance(value, Vector):
        terms = [
            sp.Derivative(p, m) if m in p.free_symbols else _lost(state, node, p)
            for p, m in zip(value.components, moves, strict=True)
        ]
        return add(terms)
    if len(moves) == 1 and isinstance(value, sp.Expr) and depends(value, moves):
        return sp.Derivative(value, moves[0])
    raise state.error(
        node,
        "the divergence of something that is no vector field",
        "write \\nabla\\cdot\\mathbf{J} or \\nabla\\cdot(D\\nabla P)",
    )


def _lost(state: State, node: Node, part: sp.Expr) -> sp.Expr:
    if part.is_zero:
        return sp.S.Zero
    raise state.error(node, "the divergence of something constant", "declare what is a field in the context")


def step_operator(state: State, node: Node | int, index: str, steps: sp.Expr) -> Operator:
    """Van Kampen's E: replaces n by n + 1 in everything behind it."""
    n = state.symbol(index)

    def apply(operand: Value) -> Value:
        state.act(node)
        if not isinstance(operand, sp.Expr):
            raise state.error(node, "a step operator in front of a vector", "write out the shifted terms")
        if n not in operand.free_symbols:  # unchanged, E - 1 would drop it in silence
            raise state.error(
                node,
                f"the step operator acts on nothing that depends on {index}",
                f"write the argument, as in P({index}, t)",
            )
        return operand.xreplace({n: n + steps})

    return Operator(apply, (n,), "the step operator")


def scalar_or_dot(values: Sequence[Value | Dot]) -> Value:
    """The product of a whole term."""
    return multiply([v for i, v in enumerate(values) if not (v is DOT and i in (0, len(values) - 1))])
