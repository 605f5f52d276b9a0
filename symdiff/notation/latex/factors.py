"""One factor of a product: brackets, averages, derivatives, numbers, cases, values at a point."""

from __future__ import annotations

from collections.abc import Sequence

import sympy as sp

from symdiff.notation.latex import commands
from symdiff.notation.latex.algebra import Operator, Value, power
from symdiff.notation.latex.binders import binder_value
from symdiff.notation.latex.functions import absolute, function_name, function_value, macro_value
from symdiff.notation.latex.heads import sign_value
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
    Table,
    base_of,
    is_command,
    is_op,
    unwrapped,
)
from symdiff.notation.latex.operators import (
    SIDE,
    depends,
    derivative_operator,
    differentiated,
    nabla_operator,
    side_of,
)
from symdiff.notation.latex.relations import condition_of
from symdiff.notation.latex.signs import label, sign_at, sign_of, split_at_commas
from symdiff.notation.latex.specials import average
from symdiff.notation.latex.state import State, function, symbol
from symdiff.notation.latex.subscripts import derivative_run, index_letters, is_shifted

_ROUND = ("(", "[", "{", "group")


def factor(state: State, items: Sequence[Node], at: int) -> tuple[Value, int]:
    """The factor at ``items[at]`` and the place behind it."""
    node = items[at]
    if function_name(node):
        return function_value(state, items, at)
    found = sign_at(items, at, state.facts.merged)
    if found is not None:
        if _spelled_function(items, at):
            raise state.error(
                node,
                f"'{_spelled_function(items, at)}' in plain letters is a product",
                f"write \\{_spelled_function(items, at)}",
            )
        return sign_value(state, items, found[1], found[0])
    if isinstance(node, Deriv):
        return _derivative(state, node), at + 1
    if isinstance(node, Nabla):
        return nabla_operator(state, node), at + 1
    if isinstance(node, Binder):
        return binder_value(state, node), at + 1
    if isinstance(node, Macro):
        return macro_value(state, node), at + 1
    if isinstance(node, Fence):
        return _fence(state, node), at + 1
    if isinstance(node, Scripted):
        return _scripted(state, node), at + 1
    if isinstance(node, Table):
        return _cases(state, node), at + 1
    if not isinstance(node, Leaf):
        raise state.error(node, "something is missing here", "write what the script belongs to")
    return _leaf(state, node), at + 1


_SPELLED = ("sinh", "cosh", "tanh", "sqrt", "sin", "cos", "tan", "exp", "log", "ln", "erf")


def _spelled_function(items: Sequence[Node], at: int) -> str:
    """``exp(`` typed in plain letters, which TeX takes as a product of letters."""
    word = ""
    for node in items[at : at + 5]:
        if not (isinstance(node, Leaf) and node.kind == "letter" and (not word or node.gap == 0)):
            break
        word += node.text
    if word in _SPELLED and isinstance(base_of(items[at + len(word)]) if at + len(word) < len(items) else None, Fence):
        return word
    return ""


def _derivative(state: State, node: Deriv) -> Value:
    operator = derivative_operator(state, node)
    if node.operand is None:
        return operator
    inner = state.value(node.operand)
    if isinstance(inner, Operator):
        raise state.error(node, "the derivative of an operator", "write what it acts on")
    if not depends(inner, operator.moves) and not isinstance(inner, sp.Expr):
        raise state.error(node, "the derivative of something constant", "declare what is a field in the context")
    return state.guarded(node, lambda: operator.apply(inner))


def _leaf(state: State, node: Leaf) -> Value:
    if node.kind == "number":
        return number(state, node)
    if node.kind == "command":
        if node.text == "infty":
            return sp.oo
        if node.text == "partial":
            raise state.error(
                node, "\\partial without a variable", "write \\partial_x P or \\frac{\\partial P}{\\partial x}"
            )
        if node.text in commands.ELLIPSES:
            raise state.error(
                node,
                "dots behind a number or inside of a product",
                "write \\approx and the digits, or a sum a + \\dots",
            )
        raise state.error(node, f"\\{node.text} stands where a value is expected", "check the formula around it")
    if node.kind == "prose":
        raise state.error(
            node,
            f"the text '{node.text[:30]}' stands inside of a formula",
            "write it outside, or use \\mathrm for a name",
        )
    raise state.error(node, f"'{node.text}' stands where a value is expected", "check the formula around it")


def number(state: State, node: Leaf) -> sp.Rational:
    """A number, exactly."""
    if len(node.text) > 300:
        raise state.error(node, "a number of more than 300 digits", "write it with a symbol")
    whole, _, part = node.text.partition(".")
    return sp.Rational(int(whole + part), 10 ** len(part))


def _fence(state: State, node: Fence) -> Value:
    if node.left == "<":
        return _mean(state, node)
    if node.left == "|":
        inside = state.value(node.body)
        return state.guarded(node, lambda: absolute(state, inside))
    if node.left == "||":
        return function("Norm")(state.expression(node.body))
    if node.left in ("floor", "ceil"):
        return (sp.floor if node.left == "floor" else sp.ceiling)(state.expression(node.body))
    if node.left == ".":
        raise state.error(node, "\\left. without a value at its bar", "write \\left. ... \\right|_{x=0}")
    if any(is_op(n, ",") for n in node.body.items):
        raise state.error(
            node,
            "brackets with a comma are neither arguments nor a factor",
            "declare the function before them in the context",
        )
    if is_op(node.body.items[0] if node.body.items else node, "+"):
        state.warn("brackets that begin with a plus are read as a factor")
    if node.left == "group":
        state.warn("braces around several symbols are read as brackets")
    return state.value(node.body)


def _mean(state: State, node: Fence) -> sp.Expr:
    if any(is_op(n, ",", "|") for n in node.body.items):
        raise state.error(
            node, "an average with a comma or a bar inside is not read", "write the average of one expression"
        )
    bars = [i for i, n in enumerate(node.body.items) if isinstance(base_of(n), Fence) and base_of(n).left == "|"]  # type: ignore[union-attr]
    items = node.body.items
    if any(
        0 < i < len(items) - 1 and sign_of(items[i - 1]) and sign_of(items[i + 1]) and len(items) == 3 for i in bars
    ):
        raise state.error(
            node, "a matrix element <a|...|b> is not read", "write it as a function of both, as in P(x, t)"
        )
    return average(state, node.body)


def _scripted(state: State, node: Scripted) -> Value:
    base = unwrapped(node.base)
    if isinstance(base, Fence) and base.left == ".":
        return evaluated(state, node, state.value(base.body))
    if isinstance(base, Fence) and base.left == "<" and node.sub is not None:
        return _labelled_mean(state, node, base)
    if (
        isinstance(base, Fence)
        and base.left == "["
        and node.sub is not None
        and node.sup is not None
        and not node.primes
    ):
        jump = _jump(state, node, base)
        if jump is not None:
            return jump
    if isinstance(base, Fence) and base.left in _ROUND and (node.sub is not None or node.primes):
        return _bracket_derivative(state, node, base)
    if node.sub is not None or node.primes:
        raise state.error(
            node, "a subscript or prime at something that takes none", "write brackets, or a derivative as \\partial_x"
        )
    if isinstance(base, Fence) and base.left == "<" and node.sup is not None and _is_level(node.sup):
        state.warn("the superscript of an average is read as a power, not as a time level")
    value, _ = factor(state, (base,), 0)
    assert node.sup is not None
    place = isinstance(value, sp.Rational) or (isinstance(base, Fence) and base.left in _ROUND)
    if place and len(node.sup.items) == 1 and is_op(node.sup.items[0], "+", "-"):
        return function(SIDE)(value, 1 if is_op(node.sup.items[0], "+") else -1)
    exponent = _exponent(state, node.sup)
    return state.guarded(node, lambda: power(value, exponent))


def _is_level(row: Row) -> bool:
    """``n`` or ``n+1``, as it also stands for a step number."""
    letters = index_letters(row)
    return len(letters) == 1 and letters[0] in "jklmnN" and (len(row.items) == 1 or is_shifted(row))


def _exponent(state: State, row: Row) -> Value:
    if len(row.items) == 1 and is_op(row.items[0], "+", "-", "*"):
        raise state.error(row, "a sign as a superscript of something that is no symbol", "say which value is meant")
    return state.value(row)


def _labelled_mean(state: State, node: Scripted, base: Fence) -> Value:
    text = label(node.sub) if node.sub is not None else None
    if text is None or node.primes:
        raise state.error(node, "a script at an average that is not read", "write it without the script")
    state.warn(f"the average with the label {text} is kept as a function Mean_{text}")
    inner, kept = _mean(state, base), function(f"Mean_{text}")
    (of,) = inner.args
    value = kept(of) if inner.func.__name__ == "Mean" else kept(of**2) - kept(of) ** 2
    if node.sup is None:
        return value
    exponent = state.value(node.sup)
    return state.guarded(node, lambda: power(value, exponent))


def _jump(state: State, node: Scripted, base: Fence) -> sp.Expr | None:
    """``[D u_x]_-^+``, ``[u]_{0^-}^{0^+}``: the difference of the values on both sides; None where the scripts say something else."""
    ends = [_end(state, row) for row in (node.sub, node.sup)]
    if any(end is None for end in ends):
        return None
    value = state.expression(base.body)
    sides = [end for end in ends if end is not None]
    by = sides[0][0]
    if not depends(value, (by,)):
        raise state.error(
            node, f"what stands in the brackets does not depend on {by}", "declare what is a field in the context"
        )
    state.warn("the brackets are read as a jump, with what is no field the same on both sides")
    return state.limit(node, value, *sides[1]) - state.limit(node, value, *sides[0])


def _end(state: State, row: Row | None) -> tuple[sp.Expr, sp.Expr, str] | None:
    """The variable, the place and the side of ``+``, ``0^-`` or ``x = 0^+``."""
    names = state.facts.coordinates
    if row is None or not row.items:
        return None
    if len(row.items) == 1 and is_op(row.items[0], "+", "-") and len(names) <= 1:
        by = symbol(names[0] if names else "x")
        state.warn(f"the jump is taken to be at {by} = 0")
        return by, sp.S.Zero, "+" if is_op(row.items[0], "+") else "-"
    place = next((i for i, n in enumerate(row.items) if is_op(n, "=")), None)
    if place is None and len(names) > 1:
        return None
    at = state.expression(row if place is None else Row(row.items[place + 1 :], row.at))
    by = symbol(names[0] if names else "x") if place is None else state.expression(Row(row.items[:place], row.at))
    side = side_of(at)
    return None if side is None else (by, *side)


def _bracket_derivative(state: State, node: Scripted, base: Fence) -> Value:
    """``(D P)_{xx}``, ``(D P_x)'``."""
    value = state.expression(base.body)
    run = derivative_run(node.sub, state.facts.view.letters) if node.sub is not None else ()
    if node.sub is not None and not run:
        raise state.error(
            node, "a subscript at brackets that is no derivative", "write a derivative as \\partial_x(...)"
        )
    for letter, count in run:
        value = differentiated(state, node, value, state.variable(letter), sp.Integer(count))
    if node.primes:
        coordinates = state.facts.coordinates
        if len(coordinates) != 1:
            raise state.error(node, "a prime at brackets", "write \\partial_x(...)")
        value = differentiated(state, node, value, symbol(coordinates[0]), sp.Integer(node.primes))
    if node.sup is None:
        return value
    exponent = _exponent(state, node.sup)
    result = value
    return state.guarded(node, lambda: power(result, exponent))


def bar_variables(state: State, node: Scripted) -> tuple[sp.Expr, ...]:
    """The variables that an evaluation bar fixes."""
    found = []
    for part in split_at_commas(node.sub) if node.sub is not None else ():
        place = next((i for i, n in enumerate(part.items) if is_op(n, "=") or is_command(n, "to")), 0)
        if place:
            found.append(state.expression(Row(part.items[:place], part.at)))
        elif len(state.facts.coordinates) == 1:
            found.append(symbol(state.facts.coordinates[0]))
    return tuple(found)


def evaluated(state: State, node: Scripted, value: Value) -> sp.Expr:
    """``... |_{x=0}``: the value at a point."""
    if node.sub is None or node.sup is not None or node.primes:
        raise state.error(node, "an evaluation bar with two ends", "write the difference of the two values")
    if not isinstance(value, sp.Expr):
        raise state.error(node, "a vector or an operator is taken at a point", "write the components")
    result: sp.Expr = value
    for part in split_at_commas(node.sub):
        place = next((i for i, n in enumerate(part.items) if is_op(n, "=") or is_command(n, "to")), None)
        by, at = _fixed(state, node, part, place)
        if not isinstance(by, sp.Expr) or not by.is_Symbol or not depends(result, (by,)):
            raise state.error(
                node, "the value at the bar does not depend on that variable", "declare what is a field in the context"
            )
        side = side_of(at)
        result = sp.Subs(result, by, at) if side is None else state.limit(node, result, by, *side)
    return result


def _fixed(state: State, node: Scripted, part: Row, place: int | None) -> tuple[Value, sp.Expr]:
    """The variable and its value below a bar: ``x = 0``; a bare ``0^+`` is the only coordinate's."""
    names = state.facts.coordinates
    if place is None and len(names) == 1:
        at = state.expression(part)
        if side_of(at) or at.is_number:
            state.warn(f"the value below a bar is read as that of {names[0]}")
            return symbol(names[0]), at
    if place is None or place == 0 or place + 1 == len(part.items):
        raise state.error(node, "the bar does not say where the value is taken", "write |_{x=0}")
    return state.value(Row(part.items[:place], part.at)), state.expression(Row(part.items[place + 1 :], part.at))


def _cases(state: State, node: Table) -> sp.Expr:
    branches = []
    for cells in node.rows:
        parts = [Row(tuple(n for n in cell.items if not is_op(n, "quad", ",", ".")), cell.at) for cell in cells]
        parts = [
            Row(tuple(n for n in p.items if not (isinstance(n, Leaf) and n.kind == "prose" and _is_if(n.text))), p.at)
            for p in parts
        ]
        if len(parts) != 2 or not parts[0].items:
            raise state.error(node, "a case without its condition", "write value & condition \\\\")
        otherwise = not parts[1].items or all(isinstance(n, Leaf) and n.kind == "prose" for n in parts[1].items)
        branches.append((state.expression(parts[0]), sp.true if otherwise else condition_of(state, parts[1])))
    if not branches:
        raise state.error(node, "cases without a case", "write value & condition \\\\")
    plain = len(branches) <= 4 and all(
        c is sp.true or (c.is_Relational and all(a.is_Atom for a in c.args)) for _, c in branches
    )
    return sp.Piecewise(*branches) if plain else sp.Piecewise(*branches, evaluate=False)


def _is_if(text: str) -> bool:
    return text.lower().strip(" ,.") in ("if", "for", "when", "where", "in", "at")
