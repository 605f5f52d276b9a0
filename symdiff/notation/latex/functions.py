r"""Known functions: ``\exp``, ``\sin`` and their like, with and without brackets, and the macros that are functions."""

from __future__ import annotations

from collections.abc import Sequence

import sympy as sp

from symdiff.errors import ExpressionError
from symdiff.notation import limits
from symdiff.notation.latex import commands
from symdiff.notation.latex.algebra import Value, Vector, dot, inverse, multiply, power
from symdiff.notation.latex.nodes import Fence, Leaf, Macro, Node, Row, Scripted, unwrapped
from symdiff.notation.latex.signs import call_at, sign_at, split_at_commas
from symdiff.notation.latex.specials import exponential
from symdiff.notation.latex.state import State
from symdiff.notation.latex.subscripts import parts_of

_INVERSES = {"sin": "asin", "cos": "acos", "tan": "atan", "sinh": "asinh", "cosh": "acosh", "tanh": "atanh"}
_MOST_COMPARED = 8


def function_name(node: Node) -> str:
    """The SymPy name of the function that ``node`` names, or an empty string."""
    base = unwrapped(node.base) if isinstance(node, Scripted) else unwrapped(node)
    if isinstance(base, Leaf) and base.kind in ("command", "word"):
        return commands.FUNCTIONS.get(base.text, "")
    return ""


def function_value(state: State, items: Sequence[Node], at: int) -> tuple[Value, int]:
    """The function at ``items[at]`` applied to what follows, and the place behind its argument."""
    node = items[at]
    name = function_name(node)
    sub = node.sub if isinstance(node, Scripted) else None
    exponent = node.sup if isinstance(node, Scripted) else None
    if isinstance(node, Scripted) and node.primes:
        raise state.error(node, "a prime at a known function", "write out its derivative")
    if sub is not None and name != "log":
        raise state.error(node, f"a subscript at {name}", "write the function without it")
    if exponent is not None and name in _INVERSES and len(exponent.items) == 2 and state.expression(exponent) == -1:
        state.warn(f"\\{name}^{{-1}} is read as the inverse function")
        name, exponent = _INVERSES[name], None
    values, after, outer = _argument(state, items, at + 1, node, name)
    result = state.guarded(node, lambda: applied(state, name, values, node))
    if sub is not None:
        base = state.expression(sub)
        if base in (0, 1):
            raise state.error(node, "a logarithm to the base 0 or 1", "check the base")
        result = result / sp.log(base)
    for script in (exponent, outer):
        if script is not None:
            result = _raised(state, node, result, script)
    return result, after


def _raised(state: State, node: Node, value: sp.Expr, script: Row) -> sp.Expr:
    exponent = state.value(script)
    raised: sp.Expr = state.guarded(node, lambda: power(value, exponent))
    return raised


def _argument(
    state: State, items: Sequence[Node], at: int, node: Node, name: str
) -> tuple[list[sp.Expr], int, Row | None]:
    if at >= len(items):
        raise state.error(node, f"{name} has no argument", "write it in brackets")
    following = items[at]
    inner = following.base if isinstance(following, Scripted) else following
    if isinstance(inner, Fence) and inner.left in ("(", "[", "{", "|", "<", "floor", "ceil"):
        if name == "exp":
            state.in_exponent += 1
        try:
            if inner.left not in ("(", "[", "{"):
                return [state.expression(Row((following,), following.at))], at + 1, None
            parts = split_at_commas(inner.body)
            values = [state.expression(part) if part.items else _missing(state, inner) for part in parts]
        finally:
            if name == "exp":
                state.in_exponent -= 1
        if isinstance(following, Scripted) and (following.sub is not None or following.primes):
            raise state.error(following, "a script behind the argument of a function", "write brackets around it")
        return values, at + 1, following.sup if isinstance(following, Scripted) else None
    if function_name(following):
        value, end = function_value(state, items, at)
        return [value if isinstance(value, sp.Expr) else _missing(state, node)], end, None
    end = _run_end(state, items, at)
    if end == at:
        raise state.error(node, f"{name} has no argument that can be read", "write it in brackets")
    if name == "exp":
        state.in_exponent += 1
    value = state.expression(Row(tuple(items[at:end]), items[at].at))
    if name == "exp":
        state.in_exponent -= 1
    return [value], end, None


def _missing(state: State, node: Node) -> sp.Expr:
    raise state.error(node, "an argument is missing", "write every argument")


def _run_end(state: State, items: Sequence[Node], at: int) -> int:
    """Where the argument of a function without brackets ends: after numbers and symbols, before anything larger."""
    end = at
    symbols = 0
    merged = state.facts.merged
    while end < len(items):
        node = items[end]
        if end > at and node.gap >= 2:
            break
        if isinstance(node, Leaf) and node.kind == "number" and end == at:
            end += 1
            continue
        if isinstance(node, (Macro, Scripted, Fence)) and sign_at(items, end, merged) is None:
            end += 1 if end == at else 0
            break
        found = sign_at(items, end, merged)
        if found is None or function_name(node):
            break
        name = state.facts.parts(parts_of(found[0], state.facts.view)).name
        called = call_at(items, found[1]) is not None
        if symbols and (called or state.facts.is_field(name)):
            break
        end = found[1] + (1 if called and name in state.facts.called else 0)
        symbols += 1
        if called:
            break
    if symbols > 1:
        state.warn("the argument of a function without brackets is taken to be the whole product behind it")
    if end < len(items) and isinstance(items[end], Leaf) and items[end].text == "/":  # type: ignore[union-attr]
        state.warn("the argument of a function without brackets is taken to end before the slash")
    return end


def applied(state: State, name: str, values: list[sp.Expr], node: Node) -> sp.Expr:
    """The SymPy function of that name, through the guards."""
    if name in ("Max", "Min"):
        if not 1 < len(values) <= _MOST_COMPARED:
            raise state.error(node, f"{name} takes 2 to {_MOST_COMPARED} values", "separate them by commas")
        return getattr(sp, name)(*values, evaluate=all(v.is_number for v in values))
    if name == "binomial" and len(values) == 2:
        return sp.binomial(*(limits.small_argument(v, "binomial") for v in values))
    if len(values) != 1:
        raise state.error(node, f"{name} takes one argument, {len(values)} are given", "check the commas")
    value = values[0]
    if name == "exp":
        return exponential(value)
    if name == "log" and value.is_zero:
        raise state.error(node, "the logarithm of zero", "check the argument")
    if name in ("re", "im"):
        return getattr(sp, name)(value, evaluate=False)
    return getattr(sp, name)(value)


def macro_value(state: State, node: Macro) -> Value:
    """The value of a fraction, a root or a binomial."""
    if node.name in commands.FRACTIONS:
        top = state.value(node.args[0])
        bottom = state.value(node.args[1])
        _check_material(state, node)
        return state.guarded(node, lambda: multiply([inverse(bottom), top]))
    if node.name == "sqrt":
        inside = state.expression(node.args[0])
        root = sp.Integer(2) if node.option is None else state.expression(node.option)
        return state.guarded(node, lambda: power(inside, inverse(root)))
    if node.name in commands.BINOMIALS:
        n, k = (state.expression(arg) for arg in node.args)
        return state.guarded(
            node, lambda: sp.binomial(limits.small_argument(n, "binomial"), limits.small_argument(k, "binomial"))
        )
    if node.name == "overline" or node.name == "bar":
        from symdiff.notation.latex.specials import average

        state.warn("a long bar is read as an average")
        return average(state, node.args[0])
    if (node.name in commands.FONTS or node.name == "vec") and _is_zero(node.args[0]):
        return state.value(node.args[0])  # the vector zero
    raise state.error(
        node, f"\\{node.name} of this is not read", "write it with a single letter inside, or in another way"
    )


def _check_material(state: State, node: Macro) -> None:
    """``\\frac{D u}{D t}``: D over D t is a product here; a material derivative is meant."""
    top, bottom = node.args[0].items, node.args[1].items
    letter = top[0] if top and top[0] in (Leaf("letter", "D"), Leaf("word", "D")) else None
    if (
        len(bottom) == 2
        and letter is not None
        and bottom[0] == letter
        and bottom[1] == Leaf("letter", state.facts.time)
    ):
        raise state.error(node, "a material derivative is not read", "write \\partial_t u + \\mathbf{v}\\cdot\\nabla u")


def absolute(state: State, value: Value) -> sp.Expr:
    """The absolute value; of a vector its length."""
    if isinstance(value, Vector):
        return sp.Pow(dot(value, value), sp.Rational(1, 2))
    if not isinstance(value, sp.Expr):
        raise ExpressionError("the absolute value of an operator", instead="write what the operator acts on")
    return sp.Abs(value, evaluate=bool(value.is_number))


def factorial(state: State, value: Value, node: Node) -> sp.Expr:
    """The factorial through the guards."""
    if not isinstance(value, sp.Expr):
        raise state.error(node, "the factorial of a vector or an operator", "check the formula")
    expression = value
    return state.guarded(node, lambda: sp.factorial(limits.small_argument(expression, "factorial")))


def double_factorial(state: State, value: Value, node: Node) -> sp.Expr:
    """``(2n - 1)!! = (2n)!/(2^n n!)``, ``(2n)!! = 2^n n!``, and of numbers; where it is not seen whether it is even, it is refused."""
    if not isinstance(value, sp.Expr):
        raise state.error(node, "the double factorial of a vector or an operator", "check the formula")
    if value.is_Integer and value >= -1:
        number = limits.small_argument(value, "double factorial")
        return state.guarded(node, lambda: sp.factorial2(number))
    constant, rest = sp.expand(value).as_coeff_Add()
    half = rest / 2
    whole = all(c.is_Integer for c in (t.as_coeff_Mul()[0] for t in sp.Add.make_args(half)))
    if not (constant.is_Integer and whole and rest.free_symbols):
        raise state.error(
            node,
            "whether the argument of a double factorial is even is not seen",
            "write (2n-1)!! or (2n)!!, or a product",
        )
    if constant % 2 == 0:
        n = half + constant / 2
        return sp.Integer(2) ** n * sp.factorial(n)
    n = half + (constant + 1) / 2
    return sp.factorial(2 * n) / (sp.Integer(2) ** n * sp.factorial(n))


def _is_zero(row: Row) -> bool:
    return [n.text for n in row.items if isinstance(n, Leaf)] == ["0"]
