r"""The spellings of derivatives: ``\frac{\partial^2 P}{\partial x^2}``, ``\partial_{xx}``, ``dV/dx``, ``\pdv``, nabla."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from symdiff.notation.latex import commands
from symdiff.notation.latex.nodes import (
    Deriv,
    Fence,
    Leaf,
    Macro,
    Nabla,
    Node,
    Row,
    Scripted,
    base_of,
    is_command,
    is_op,
    unwrapped,
)
from symdiff.notation.latex.signs import sign_of, split_at_commas

if TYPE_CHECKING:
    from symdiff.notation.latex.shapes import Shaper

_Variables = tuple[tuple[Row, Row | None], ...]
_SPOKEN = ("div", "grad", "curl", "rot")  # as words: \\operatorname{div}
BOLD = ("mathbf", "boldsymbol", "bm", "vec")


def is_differential(node: Node) -> bool:
    """Whether ``node`` is the d of a differential, upright or not."""
    return isinstance(node, Leaf) and (
        (node.kind in ("letter", "word") and node.text == "d") or (node.kind == "command" and node.text == "dd")
    )


def derivative_at(shaper: Shaper, items: Sequence[Node], at: int) -> tuple[Node, int] | None:
    """The derivative that starts at ``items[at]``, and the place behind it; None where there is none."""
    node = items[at]
    if isinstance(node, Macro) and node.name in ("pdv", "dv"):
        return _physics(shaper, node), at + 1
    if isinstance(node, Macro) and node.name in commands.DOTS_OVER and sign_of(node) is None:
        return _dots(shaper, node), at + 1
    if isinstance(node, Macro) and node.name in commands.FRACTIONS:
        found = _fraction(shaper, node)
        return (found, at + 1) if found is not None else None
    if isinstance(node, Scripted) and node.sub is not None and is_command(unwrapped(node.base), "partial"):
        return _subscripted(shaper, node), at + 1
    if isinstance(node, Scripted) and _is_total(shaper, items, at):
        return replace(_subscripted(shaper, node), partial=False), at + 1
    if (
        isinstance(node, Scripted)
        and node.sub is not None
        and node.sup is not None
        and _is_fractional_operator(items, at)
    ):
        if not _says_its_sense(items, at):
            shaper.note("a fractional derivative: whether Caputo or Riemann-Liouville is not said")
        if _is_place(node.sub):
            shaper.note(
                f"D_{_text(node.sub)}^{_text(node.sup)} is read as a fractional derivative by {_text(node.sub)}, not as a power of a coefficient"
            )
        by = (
            shaper.row(node.sub)
            if unwrapped(node.sub) == Leaf("letter", "t") or _is_place(node.sub)
            else Row((Leaf("letter", "t", node.at),), node.at)
        )
        return Deriv(True, ((by, shaper.row(node.sup)),), None, node.at, node.gap), at + 1
    if isinstance(node, Scripted) and node.sub is not None and node.sup is not None and is_letter_d(node.base):
        below = unwrapped(node.sub)
        if isinstance(below, Fence) and below.left == "|":  # Riesz: D^\alpha_{|x|}
            return Deriv(
                True, ((shaper.row(Row((below,), node.at)), shaper.row(node.sup)),), None, node.at, node.gap
            ), at + 1
    return _inline(shaper, items, at)


def _is_total(shaper: Shaper, items: Sequence[Node], at: int) -> bool:
    r"""``\mathrm{d}_t P``, and ``d_t P`` with a note: the derivative by the time, in front of what it acts on."""
    node = items[at]
    if not isinstance(node, Scripted) or node.sub is None:
        return False
    below, base = unwrapped(node.sub), unwrapped(node.base)
    if below not in (Leaf("letter", "t"), Leaf("letter", "x")) or node.primes or "d_t" in shaper.declared:
        return False
    after = base_of(items[at + 1]) if at + 1 < len(items) else None
    if after is None or (isinstance(after, Leaf) and after.kind in ("op", "number")) or not is_differential(base):
        return False
    if isinstance(after, Leaf) and after.kind == "command" and after.text in commands.RELATIONS:
        return False
    if base == Leaf("letter", "d"):
        if below != Leaf("letter", "t"):
            return False
        shaper.note("d_t is read as the derivative by t")
    return True


def holds_arguments(derivative: Node, following: Node) -> bool:
    r"""``\frac{\partial p}{\partial t}(x,t)``: the arguments of the operand stand behind the derivative."""
    if not isinstance(derivative, Deriv) or derivative.operand is None:
        return False
    if is_called(derivative.operand):
        return isinstance(following, Fence) and following.left == "(" and _replaces(derivative, following)
    if len(derivative.operand.items) != 1:
        return False
    if not isinstance(following, Fence) or following.left != "(" or sign_of(derivative.operand.items[0]) is None:
        return False
    several = any(is_op(n, ",") for n in following.body.items)
    number = len(following.body.items) == 1 and getattr(following.body.items[0], "kind", "") == "number"
    if number and len(derivative.variables) == 1:  # nobody multiplies by (0)
        return True
    return several or (len(derivative.variables) == 1 and following.body == derivative.variables[0][0])


def is_called(operand: Row) -> bool:
    """``P(x,t)``: a sign with its arguments."""
    if not operand.items:
        return False
    first, last = operand.items[0], operand.items[-1]
    return len(operand.items) == 2 and sign_of(first) is not None and isinstance(last, Fence) and last.left == "("


def _replaces(derivative: Deriv, following: Fence) -> bool:
    r"""``\frac{\partial P(x,t)}{\partial x}(0,t)``: as many arguments as the operand has, one of them another."""
    assert derivative.operand is not None
    inner = derivative.operand.items[-1]
    assert isinstance(inner, Fence)
    before, after = split_at_commas(inner.body), split_at_commas(following.body)
    number = len(after) == 1 and len(after[0].items) == 1 and getattr(after[0].items[0], "kind", "") == "number"
    return len(before) == len(after) and (len(after) > 1 or number)


def _mark(node: Node) -> tuple[str, Row | None] | None:
    """``d`` or ``partial`` with its order, when ``node`` is the sign that starts a derivative."""
    order: Row | None = None
    if isinstance(node, Scripted):
        if node.sub is not None or node.primes:
            return None
        order = node.sup
    base = unwrapped(base_of(node))
    if is_command(base, "partial"):
        return "partial", order
    return ("d", order) if is_differential(base) else None


def _fraction(shaper: Shaper, node: Macro) -> Deriv | None:
    top, bottom = shaper.flat(node.args[0].items), shaper.flat(node.args[1].items)
    mark = _mark(top[0]) if top else None
    if mark is None or not bottom or _is_quotient_of_names(shaper, top, bottom):
        if (
            bottom
            and top
            and all(_starts_with_delta(part) for part in (top, bottom))
            and "delta" not in shaper.declared
        ):
            raise shaper.error(
                node, "a functional derivative is not read", "write its result, or declare delta a parameter"
            )
        return None
    variables = _denominator(shaper, bottom, mark[0])
    if variables is None:
        return None
    _check_order(shaper, node, mark[1], variables)
    operand = shaper.row(Row(tuple(top[1:]), node.at)) if len(top) > 1 else None
    return Deriv(mark[0] == "partial", variables, operand, node.at, node.gap)


def _is_quotient_of_names(shaper: Shaper, top: list[Node], bottom: list[Node]) -> bool:
    """``dx/dt``, ``dx^2/dt`` where both ``dx`` and ``dt`` are declared names."""
    return all(_spelled(part) in shaper.declared for part in (top, bottom))


def _spelled(part: Sequence[Node]) -> str:
    """dx of ``dx`` and ``dx^2``; "" of anything else."""
    plain = [part[0], _without_power(part[1])] if len(part) == 2 else []
    return "".join(n.text for n in plain if isinstance(n, Leaf)) if all(isinstance(n, Leaf) for n in plain) else ""


def _without_power(node: Node) -> Node:
    """x of x^2."""
    if (
        isinstance(node, Scripted)
        and node.sub is None
        and not node.primes
        and not is_differential(unwrapped(node.base))
    ):
        return unwrapped(node.base)
    return node


def _starts_with_delta(part: list[Node]) -> bool:
    if len(part) < 2 or not is_command(part[0], "delta"):
        return False
    second = unwrapped(part[1])
    second = second.base if isinstance(second, Scripted) else second
    return not (isinstance(second, Leaf) and second.kind == "letter" and second.text in "xyztr")


def _denominator(shaper: Shaper, items: Sequence[Node], kind: str) -> _Variables | None:
    variables: list[tuple[Row, Row | None]] = []
    at = 0
    while at < len(items):
        mark = _mark(items[at])
        if mark is None or mark != (kind, None) or at + 1 >= len(items):
            return None
        variable = _variable(shaper, items[at + 1])
        if variable is None:
            return None
        variables.append(variable)
        at += 2
    return tuple(variables) or None


def _variable(shaper: Shaper, node: Node) -> tuple[Row, Row | None] | None:
    order: Row | None = None
    if isinstance(node, Scripted) and node.sup is not None:
        order = shaper.row(node.sup)
        bare = Scripted(node.base, node.sub, None, node.primes, node.at, node.gap)
        node = bare if node.sub is not None or node.primes else node.base
    node = unwrapped(node)
    inner = node.base if isinstance(node, Scripted) else node
    letter = isinstance(inner, Leaf) and (
        inner.kind in ("letter", "name") or (inner.kind == "command" and inner.text in commands.LETTERLIKE)
    )
    if letter or (isinstance(inner, Fence) and inner.left == "|") or isinstance(inner, Macro):
        return Row((node,), node.at), order
    return None


def _check_order(shaper: Shaper, node: Node, order: Row | None, variables: _Variables) -> None:
    """The order above must be that below: ``\\frac{\\partial^2 P}{\\partial x}`` is a slip."""
    counts = [count for _, count in variables]
    stated = _integer(order)
    below = [_integer(count) for count in counts]
    if stated is None or any(number is None for number in below):
        if len(variables) == 1 and order is not None and counts[0] is not None and shaper.row(order) == counts[0]:
            return
        raise shaper.error(
            node, "the orders above and below the derivative differ", "\\frac{\\partial^2 P}{\\partial x^2}"
        )
    if stated != sum(number for number in below if number is not None):
        raise shaper.error(
            node, "the orders above and below the derivative differ", "\\frac{\\partial^2 P}{\\partial x^2}"
        )


def _integer(row: Row | None) -> int | None:
    if row is None:
        return 1
    only = unwrapped(row)
    return int(only.text) if isinstance(only, Leaf) and only.kind == "number" and only.text.isdigit() else None


def _physics(shaper: Shaper, node: Macro) -> Deriv:
    order = shaper.row(node.option) if node.option is not None else None
    operand = shaper.row(node.args[0]) if len(node.args) > 1 else None
    rows = node.args[1:] if len(node.args) > 1 else node.args
    variables = tuple((shaper.row(row), order if len(rows) == 1 else None) for row in rows)
    return Deriv(node.name == "pdv", variables, operand, node.at, node.gap)


def _dots(shaper: Shaper, node: Macro) -> Deriv:
    r"""``\dot{\langle x \rangle}``: the rate of change of what is no single letter."""
    number = commands.DOTS_OVER[node.name]
    order = Row((Leaf("number", str(number), node.at),), node.at) if number > 1 else None
    return Deriv(
        False, ((Row((Leaf("letter", "t", node.at),), node.at), order),), shaper.row(node.args[0]), node.at, node.gap
    )


def _subscripted(shaper: Shaper, node: Scripted) -> Deriv:
    letters = [n for n in shaper.row(node.sub).items if not is_op(n, ",")] if node.sub is not None else []
    order = shaper.optional(node.sup)
    if not letters:
        raise shaper.error(node, "a derivative without a variable", "write \\partial_x")
    if len(letters) == 1:
        return Deriv(True, ((Row((letters[0],), node.at), order),), None, node.at, node.gap)
    if order is not None and _integer(order) != len(letters):
        raise shaper.error(
            node, "the order and the variables of the derivative differ", "write \\partial_{xx} or \\partial_x^2"
        )
    return Deriv(True, tuple((Row((letter,), node.at), None) for letter in letters), None, node.at, node.gap)


def _is_fractional_operator(items: Sequence[Node], at: int) -> bool:
    r"""``D_t^{\alpha} P``, ``{}_0D_t^{1-\alpha} P``, ``D_{0+}^{\alpha} P``, ``D_*^{\alpha} P``: no number above."""
    node = items[at]
    if not isinstance(node, Scripted) or not is_letter_d(node.base) or node.sub is None or node.sup is None:
        return False
    prefixed = _prefix(items, at) is not None
    timed = unwrapped(node.sub) == Leaf("letter", "t")
    from_zero = _text(node.sub) in ("0+", "0+t", "0t", "*", "0,t", "*t")
    greek = any(isinstance(n, Leaf) and n.text in commands.GREEK for n in _leaves(node.sup)) or _is_broken(node.sup)
    if at + 1 >= len(items):
        return from_zero and greek
    return (timed and (prefixed or greek)) or (from_zero and greek) or (greek and _is_place(node.sub))


def _is_broken(above: Row) -> bool:
    r"""``1/2``, ``\frac12``, ``0.5``: an order between whole numbers."""
    leaves = _leaves(above)
    return any(
        is_op(n, "/") or (isinstance(n, Macro) and n.name in commands.FRACTIONS) or "." in getattr(n, "text", "")
        for n in leaves
    )


def _is_place(below: Row) -> bool:
    r"""``D_x^{\alpha} P``: no coefficient has a power in Greek letters."""
    return unwrapped(below) in (Leaf("letter", "x"), Leaf("letter", "y"), Leaf("letter", "z"))


def is_letter_d(node: Node) -> bool:
    """The D of a fractional derivative, plain or calligraphic."""
    node = unwrapped(node)
    if isinstance(node, Macro) and node.name in commands.FONTS and len(node.args) == 1:
        node = unwrapped(node.args[0])
    return node in (Leaf("letter", "D"), Leaf("word", "D"))


def _prefix(items: Sequence[Node], at: int) -> Scripted | None:
    """The scripts before an operator, as in ``{}_0^C D``."""
    before = items[at - 1] if at else None
    return before if isinstance(before, Scripted) and base_of(before) == Row(()) else None


def _says_its_sense(items: Sequence[Node], at: int) -> bool:
    """Whether C, RL or a star says in which sense a fractional derivative is meant."""
    prefix, node = _prefix(items, at), items[at]
    rows = [] if prefix is None else [r for r in (prefix.sub, prefix.sup) if r is not None]
    stars = isinstance(node, Scripted) and node.sub is not None and _text(node.sub).startswith("*")
    return stars or any(_text(r).strip() in ("C", "RL") for r in rows)


def _text(row: Row) -> str:
    """Letters and signs of a row in one word."""
    found = []
    for node in _leaves(row):
        if isinstance(node, Scripted):
            found.append(_text(Row((node.base,))) + (_text(node.sup) if node.sup is not None else ""))
        elif isinstance(node, Macro):
            found += [_text(a) for a in node.args]
        elif isinstance(node, Leaf):
            found.append({"ast": "*", "star": "*"}.get(node.text, node.text))
    return "".join(found)


def _leaves(row: Row) -> list[Node]:
    found: list[Node] = []
    for node in row.items:
        found += _leaves(node) if isinstance(node, Row) else [node]
    return found


def _inline(shaper: Shaper, items: Sequence[Node], at: int) -> tuple[Node, int] | None:
    r"""``dV/dx``, ``\partial^2 P/\partial t^2``, ``d/dt``."""
    mark = _mark(items[at])
    if mark is None:
        return None
    slash = _slash(items, at + 1)
    if slash is None:
        return None
    variables: list[tuple[Row, Row | None]] = []
    end = slash + 1
    while end + 1 < len(items) and _mark(items[end]) == (mark[0], None):
        variable = _variable(shaper, items[end + 1])
        if variable is None:
            break
        variables.append(variable)
        end += 2
    if not variables or _is_quotient_of_names(shaper, list(items[at:slash]), list(items[slash + 1 : end])):
        return None
    _check_order(shaper, items[at], mark[1], tuple(variables))
    operand = shaper.row(Row(tuple(items[at + 1 : slash]), items[at].at)) if slash > at + 1 else None
    return Deriv(mark[0] == "partial", tuple(variables), operand, items[at].at, items[at].gap), end


def _slash(items: Sequence[Node], start: int) -> int | None:
    """The slash that follows at most a symbol with its arguments."""
    for i in range(start, min(start + 4, len(items))):
        if is_op(items[i], "/"):
            return i if i + 2 < len(items) and _mark(items[i + 1]) is not None else None
        if is_op(items[i], "+", "-", "=", ",") or (isinstance(items[i], Macro) and items[i].name in commands.FRACTIONS):  # type: ignore[union-attr]
            return None
    return None


# --- nabla ---------------------------------------------------------------------------------------------------------


def _is_nabla(node: Node) -> bool:
    node = unwrapped(node)
    if isinstance(node, Macro) and (node.name in commands.FONTS or node.name == "vec"):
        return is_command(unwrapped(node.args[0]), "nabla")
    return is_command(node, "nabla", "grad")


def nabla_at(shaper: Shaper, items: Sequence[Node], at: int) -> tuple[Node, int] | None:
    """The gradient, divergence or Laplacian at ``items[at]``, and the place behind it; None where there is none."""
    node = items[at]
    if is_command(node, "laplacian"):
        return Nabla("lap", None, None, node.at, node.gap), at + 1
    if (
        isinstance(node, Leaf)
        and node.kind in ("word", "prose")
        and node.text in _SPOKEN
        and node.text not in shaper.declared
    ):
        if node.text in ("curl", "rot"):
            raise shaper.error(node, "a curl is not read", "write the components")
        dotted = at + 1 < len(items) and is_command(items[at + 1], "cdot", "bullet")
        return Nabla(node.text, None, None, node.at, node.gap), at + 1 + dotted
    base = node.base if isinstance(node, Scripted) else node
    if not _is_nabla(base):
        return None
    following = items[at + 1] if at + 1 < len(items) else None
    power = node.sup if isinstance(node, Scripted) else None
    if isinstance(node, Scripted) and node.sub is not None:
        shaper.note("the subscript of nabla is left out")
    if following is not None and is_command(following, "cdot", "bullet"):
        if power is not None:
            raise shaper.error(node, "a power of nabla before a dot", "write \\nabla\\cdot or \\nabla^2")
        return Nabla("div", None, None, node.at, node.gap), at + 2
    if following is not None and is_command(following, "times"):
        raise shaper.error(node, "a curl is not read", "write the components")
    if power is None:
        return Nabla("grad", None, None, node.at, node.gap), at + 1
    exponent = _integer(power)
    if exponent is None and any(isinstance(n, Leaf) and n.text in commands.GREEK for n in _leaves(power)):
        shaper.note(f"nabla with the power {_text(power)} is read as -(-\\Delta)^{{{_text(power)}/2}}")
        place = Fence("|", "|", Row((Leaf("letter", "x", node.at),), node.at), node.at)
        return Deriv(True, ((Row((place,), node.at), shaper.row(power)),), None, node.at, node.gap), at + 1
    if exponent not in (2, 4, 6):
        raise shaper.error(node, "this power of nabla is not read", "write \\nabla^2 or (-\\Delta)^{\\alpha/2}")
    return Nabla("lap", Row((Leaf("number", str(exponent // 2)),)), None, node.at, node.gap), at + 1


def by_position(shaper: Shaper, node: Node, items: Sequence[Node], after: int) -> tuple[list[Node], int]:
    r"""``\frac{\partial P}{\partial\mathbf r}``, ``\partial_{\mathbf r}\cdot``: nabla; any other derivative as it is, and the place behind it.

    Raises :class:`ExpressionError` for the divergence by another vector, such as a velocity.
    """
    name = _bold_letter(node.variables[0][0]) if isinstance(node, Deriv) and len(node.variables) == 1 else ""
    if not isinstance(node, Deriv) or not name:
        return [node], after
    dotted = node.operand is None and after < len(items) and is_command(items[after], "cdot", "bullet")
    order = _integer(node.variables[0][1])
    if name not in ("r", "x") or order not in (1, 2, 4):
        if dotted:
            raise shaper.error(
                node, f"a divergence by the vector {name}", "write the components, \\partial_{v_x}(...) + ..."
            )
        return [node], after
    shaper.note(f"the derivative by the vector {name} is read as nabla")
    if order != 1:
        found = Nabla("lap", Row((Leaf("number", str(order // 2)),)), None, node.at, node.gap)
    elif dotted:
        return [Nabla("div", None, None, node.at, node.gap)], after + 1
    else:
        found = Nabla("grad", None, None, node.at, node.gap)
    if node.operand is None:
        return [found], after
    return [Fence("[", "[", Row((found, *node.operand.items), node.at), node.at, max(node.gap, 1))], after


def _bold_letter(row: Row) -> str:
    """r of ``\\mathbf{r}`` or ``\\vec r``; empty for a plain letter."""
    node = unwrapped(row)
    if not isinstance(node, Macro) or node.name not in BOLD:
        return ""
    inner = unwrapped(node.args[0])
    return inner.text if isinstance(inner, Leaf) else ""


def fractional_laplacian(shaper: Shaper, node: Scripted) -> Nabla | None:
    r"""``(-\Delta)^{\alpha/2}``, ``(-\nabla^2)^{s}``, ``(-\partial_x^2)^{s}``; None where ``node`` is something else."""
    base = node.base
    if not isinstance(base, Fence) or node.sup is None or node.sub is not None or len(base.body.items) != 2:
        return None
    sign, inner = base.body.items
    if not is_op(sign, "-"):
        return None
    squared = isinstance(inner, Scripted) and inner.sup is not None and unwrapped(inner.sup) == Leaf("number", "2")
    if is_command(inner, "Delta", "laplacian") or (
        squared
        and isinstance(inner, Scripted)
        and (_is_nabla(inner.base) or (inner.sub is not None and is_command(inner.base, "partial")))
    ):
        variable = inner.sub if isinstance(inner, Scripted) and is_command(inner.base, "partial") else None
        return Nabla("frac", shaper.row(node.sup), variable, node.at, node.gap)
    return None
