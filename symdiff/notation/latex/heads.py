"""A sign to its value: symbol, field with its elided arguments, applied function, derivative by dots, primes or letters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import sympy as sp
from sympy.core.function import AppliedUndef

from symdiff.notation.latex import commands, specials
from symdiff.notation.latex.algebra import Value, Vector, multiply, power
from symdiff.notation.latex.calls import verdict
from symdiff.notation.latex.facts import CORE_FIELDS
from symdiff.notation.latex.nodes import Fence, Leaf, Macro, Nabla, Node, Row, Scripted, is_op
from symdiff.notation.latex.operators import applied_to, at_arguments, differentiated, nabla_operator, side_of
from symdiff.notation.latex.signs import (
    COORDINATE_LETTERS,
    VARIABLE_LETTERS,
    Sign,
    call_at,
    sign_of,
    split_at_commas,
    written,
)
from symdiff.notation.latex.state import State, symbol
from symdiff.notation.latex.subscripts import Parts, derivative_run, is_ellipsis, is_shifted, parts_of
from symdiff.notation.latex.views import plain_name

_HATS = frozenset({"Lhat", "Hhat", "That", "Mhat", "Khat", "Qhat"})


def sign_value(state: State, items: Sequence[Node], at: int, sign: Sign) -> tuple[Value, int]:
    """The value of ``sign``, whose bracket, if it has one, stands at ``items[at]``; and the place behind what was used."""
    parts = state.facts.parts(parts_of(sign, state.facts.view))
    if sign.style == "word" and not sign.name.replace("-", "").isalnum():
        raise state.error(
            sign.at, f"'{sign.name[:30]}' is no name of a quantity", "leave units and remarks out of the formula"
        )
    if sign.style == "word" and sign.name == "mod" and sign.name not in state.facts.names.all:
        raise state.error(sign.at, "a remainder is not read", commands.REFUSED_MATHEMATICS["bmod"])
    if parts.unread == "subscript" and sign.name in (
        "I",
        "K",
    ):  # I_{|n|}(z), a Bessel function: any order is an expression
        bessel = specials.special_value(state, items, at, sign, parts)
        if bessel is not None:
            return bessel
    if parts.unread:
        raise state.error(
            sign.at, f"the {parts.unread} of {sign.name} is not read", "use letters, digits or a word in \\mathrm{...}"
        )
    if parts.name in state.facts.laplacians:
        return _laplacian(state, items, at, sign)
    special = specials.special_value(state, items, at, sign, parts)
    if special is not None:
        return special
    return _general(state, items, at, sign, parts)


def _laplacian(state: State, items: Sequence[Node], at: int, sign: Sign) -> tuple[Value, int]:
    value, after = sign_value(state, items, at, replace(sign, name=sign.name[6:]))
    node = Nabla("lap", None, None, sign.at)
    found = applied_to(state, nabla_operator(state, node), [value], node)
    return multiply(found), after


def _general(state: State, items: Sequence[Node], at: int, sign: Sign, parts: Parts) -> tuple[Value, int]:
    name = resolved(state, sign, parts)
    spelled = written_name(sign, parts)
    fence = call_at(items, at)
    arguments = _arguments(state, items, at, parts, spelled, fence)
    if name in ("Lcal", "Fcal", "Lscr", "Fscr") and fence is not None and fence.left in ("{", "["):
        raise state.error(
            sign.at, "a transform is not read in this form", "write its result as \\tilde{\\psi}(s) or \\hat{P}(k)"
        )
    if _is_vector(state, sign):
        return _vector(state, sign, parts, name, arguments, at)
    arguments, sides = _without_sides(state, parts, arguments)
    base = _applied(state, sign, parts, name, arguments, spelled)
    after = at
    value: sp.Expr = _differentiated(state, sign, parts, base)
    for by, place, side in sides:
        value = state.limit(sign.at, value, by, place, side)
    exponent = parts.power
    if arguments is not None:
        after = at + 1
        node = items[at]
        if isinstance(node, Scripted):
            value, exponent = _behind_bracket(state, node, sign, parts, value)
    if exponent is not None:
        value = state.guarded(sign.at, lambda: power(value, state.value(exponent)))
    return value, after


def resolved(state: State, sign: Sign, parts: Parts) -> str:
    """The name under which a sign enters the result: the declared one where it is meant."""
    if sign.style == "name" and sign.name in state.facts.names.all and parts.name == sign.name:
        return sign.name
    declared, guess = state.guarded(sign.at, lambda: state.facts.names.resolve(parts.name))
    if declared is None:
        return parts.name
    if guess:
        state.warn(f"{parts.name} is taken to be the declared name {declared}; an alias says so for sure")
    return str(declared)


def written_name(sign: Sign, parts: Parts) -> str:
    """The LaTeX under which a sign enters the symbol table: without arguments, derivatives and powers."""
    below, above = not (parts.indices or parts.derivative), parts.power is None and "^" in parts.name
    if (sign.sub is None or below) and (sign.sup is None or above):
        return written(sign)
    labels = [row for row in split_at_commas(sign.sub) if row not in parts.indices] if sign.sub is not None else []
    low = sign.sub if below else None
    if not below and not parts.derivative and labels and "_" in parts.name:  # \lambda_{n,\alpha} with the index n
        low = Row(tuple(n for row in labels for n in row.items), sign.at)
    return written(replace(sign, sub=low, sup=sign.sup if above else None))


# --- arguments -------------------------------------------------------------------------------------------------------


def _arguments(
    state: State, items: Sequence[Node], at: int, parts: Parts, spelled: str, fence: Fence | None
) -> tuple[sp.Expr, ...] | None:
    """The values in the bracket where it holds arguments; None where it is a factor, or there is none."""
    if fence is None or fence.left == "{":
        return None
    if not fence.body.items:
        raise state.error(fence, "an empty bracket", "write the arguments, or leave it out")
    if all(is_ellipsis(n) or is_op(n, ",") for n in fence.body.items):
        raise state.error(fence, "dots stand for the arguments", "write the arguments")
    given = split_at_commas(fence.body)
    if fence.left == "[":
        if len(given) > 1:
            raise state.error(fence, "square brackets with a comma inside", "write arguments in round brackets")
        return None
    following = Row(tuple(items[at + 1 :]))
    bracket = items[at]
    behind = isinstance(bracket, Scripted) and bracket.sup is not None
    found = verdict(parts.name, spelled, fence.body, state.facts, following=following, powers=(parts.power is not None, behind),
                    in_exponent=state.in_exponent > 0)  # fmt: skip
    if found.refused:
        raise state.error(fence, found.refused, "declare it a function in the context, or write \\cdot for a product")
    at_origin = not found.applied and _is_origin(fence.body)
    if not found.applied and not at_origin and not (state.averaged and _is_time(state, parts.name, fence.body)):
        state.warn(found.warning)
        return None
    guess = (
        f"{spelled} is taken at the origin"
        if at_origin
        else f"{parts.name} in an average is taken at the time in brackets"
    )
    state.warn(found.warning if found.applied else guess)
    if any(not part.items for part in given):
        raise state.error(fence, "an argument is missing between commas", "write every argument")
    values: list[sp.Expr] = []
    for part in given:
        value = state.value(_without_variable(state, part))
        if isinstance(value, Vector):
            state.warn("a position vector as an argument is read as the coordinates")
            values.extend(value.components)
        elif isinstance(value, sp.Expr):
            values.append(value)
        else:
            raise state.error(part, "an operator stands as an argument", "write its result")
    return tuple(values)


def _is_origin(body: Row) -> bool:
    r"""``P_N(\mathbf 0)``: nothing is multiplied by the zero vector."""
    node = body.items[0] if len(body.items) == 1 else None
    inner = node.args[0] if isinstance(node, Macro) and len(node.args) == 1 else None
    return (
        isinstance(inner, Row)
        and len(inner.items) == 1
        and isinstance(inner.items[0], Leaf)
        and inner.items[0].text == "0"
    )


SECOND_TIMES = ("s", "u", "tau")


def _is_time(state: State, name: str, body: Row) -> bool:
    r"""``\langle x^2(N\Delta t)\rangle``: brackets behind a place in an average that hold steps and times alone."""
    if name not in (*(state.facts.coordinates or COORDINATE_LETTERS), "r", "R", "X"):
        return False
    if len(body.items) == 1 and isinstance(body.items[0], Leaf) and body.items[0].text == "0":
        return True  # x(0) in an average is the place at the start
    found = []
    for node in body.items:
        if is_op(node, "+", "*") or (isinstance(node, Leaf) and node.kind == "number"):
            continue
        sign = sign_of(node)
        if sign is None or sign.sup is not None:
            return False
        found.append(sign.name)
    if found in ([letter] for letter in SECOND_TIMES) and found[0] not in state.facts.names.context.parameters:
        return True  # <x(t) x(s)>: nobody brackets a single letter to multiply by it
    times = {state.facts.time, "n", "N", "tau", "T", "Delta"}
    return bool(found) and set(found) <= times and bool(set(found) & {state.facts.time, "n", "N"})


def _without_variable(state: State, part: Row) -> Row:
    """``u(x=0, t)``: the value alone."""
    named = len(part.items) > 2 and is_op(part.items[1], "=")
    variables = {*(state.facts.coordinates or COORDINATE_LETTERS), state.facts.time}
    if named and plain_name(Row(part.items[:1]), state.facts.merged) in variables:
        return Row(part.items[2:], part.at)
    return part


def _without_sides(
    state: State, parts: Parts, arguments: tuple[sp.Expr, ...] | None
) -> tuple[tuple[sp.Expr, ...] | None, list[tuple[sp.Expr, sp.Expr, str]]]:
    """``u(0^+, t)`` is the limit of u(x, t) from above: the arguments with the variable put in, and what it tends to."""
    if arguments is None or not any(side_of(a) for a in arguments):
        return arguments, []
    role = state.facts.roles.get(parts.name)
    names = (role.template if role is not None else None) or (*(state.facts.coordinates or ("x",)), state.facts.time)
    plain, sides = [], []
    for n, argument in enumerate(arguments):
        found = side_of(argument)
        if found is not None and n < len(names):
            by = state.variable(names[n])
            sides.append((by, *found))
            argument = by
        plain.append(argument)
    return tuple(plain), sides


def _applied(
    state: State, sign: Sign, parts: Parts, name: str, arguments: tuple[sp.Expr, ...] | None, spelled: str
) -> sp.Expr:
    indices = tuple(state.expression(row) for row in parts.indices)
    role = state.facts.roles.get(parts.name)
    kind = "field" if role is not None and role.kind == "field" else "function"
    if arguments is not None:
        hidden = tuple(state.variable(v) for v in role.hidden) if role is not None else ()
        if role is not None and not hidden and _lacks_time(state, parts.name, role.template, arguments):
            state.warn(f"the time that {name} has elsewhere is added where it is left out")
            hidden = (state.variable(state.facts.time),)
        return state.applied(name, (*indices, *arguments, *hidden), kind, spelled)
    template = role.template if role is not None else None
    if role is not None and role.kind == "trajectory" and not state.averaged:
        state.warn(f"{name} outside of an average is read as a symbol, inside as {name}({state.facts.time})")
        template = None
    if role is not None:
        state.warn(role.guess)
    if sign.name == "E" and sign.style in ("word", "name") and template is None and "E" not in state.facts.names.all:
        state.warn("an upright E is read as a factor; an average is written \\mathbb{E}[x] or \\langle x \\rangle")
    looks = sign.style in ("cal", "scr") or sign.name in _HATS
    if (looks and template is None and not indices) or (sign.name == "Delta" and sign.sub is not None):
        state.warn(f"{name} is read as a factor, not as an operator")
    if (
        name.startswith("Delta ")
        and not indices
        and (state.facts.is_field(name[6:]) or name[6:] in state.facts.names.context.fields)
    ):
        state.warn(f"{name} is read as one symbol, an increment")
    if template is not None:
        return state.applied(name, (*indices, *(state.variable(v) for v in template)), kind, spelled)
    if indices:
        return state.applied(name, indices, kind, spelled)
    if _looks_differentiated(state, sign):
        state.warn(f"{name} is read as a name; declare {sign.name} a field if its subscript is a derivative")
    if sign.primes and role is None:
        return state.symbol(name + "'" * sign.primes, spelled + "'" * sign.primes)
    return state.symbol(name, spelled)


def _lacks_time(state: State, name: str, template: tuple[str, ...] | None, arguments: tuple[sp.Expr, ...]) -> bool:
    """``P(m - 1, p)`` beside ``P(m, p; t)``: places, one of them displaced, one argument short, and no time among them."""
    if template is None or len(arguments) + 1 != len(template) or template[-1] != state.facts.time:
        return False
    given = state.facts.arguments.get(name, ())
    timed = any(plain_name(args[-1], state.facts.merged) == state.facts.time for args in given)
    short = [args for args in given if len(args) == len(arguments)]
    displaced = any(is_shifted(part) for args in short for part in args)
    places = {state.variable(v) for v in template[:-1]}
    free = set().union(*(a.free_symbols for a in arguments))
    return timed and displaced and bool(free & places) and state.variable(state.facts.time) not in free


def _looks_differentiated(state: State, sign: Sign) -> bool:
    """``S_t`` of a letter that is commonly a field, taken for a name because nothing else says that S is one."""
    if sign.sub is None or sign.name not in CORE_FIELDS:
        return False
    run = derivative_run(sign.sub, state.facts.view.letters)
    return any(letter == state.facts.time for letter, _ in run) and not state.averaged


# --- derivatives at the sign itself ----------------------------------------------------------------------------------


def _differentiated(state: State, sign: Sign, parts: Parts, base: sp.Expr) -> sp.Expr:
    value = base
    if sign.primes and isinstance(base, AppliedUndef):
        value = _by_primes(state, sign, base, len(parts.indices))
    if sign.dots:
        value = differentiated(state, sign.at, value, symbol(state.facts.time), sp.Integer(sign.dots))
    for letter, count in parts.derivative:
        value = _by_letter(state, sign, parts, value, letter, count)
    return value


def _by_letter(state: State, sign: Sign, parts: Parts, value: sp.Expr, letter: str, count: int) -> sp.Expr:
    by = state.variable(letter)
    role = state.facts.roles.get(parts.name)
    template = role.template if role is not None else None
    if isinstance(value, AppliedUndef) and template and letter in template and by.is_Symbol:
        place = len(value.args) - len(template) + template.index(letter)
        if place < 0 and template[-1] == state.facts.time:  # the time is left out: u_x(0)
            place += 1
        if 0 <= place < len(value.args) and value.args[place] != by:
            return at_arguments(value, place, by, sp.Integer(count))
    return differentiated(state, sign.at, value, by, sp.Integer(count))


def _by_primes(state: State, sign: Sign, base: sp.Expr, indices: int) -> sp.Expr:
    order = sp.Integer(sign.primes)
    if len(base.args) == indices + 1:  # f'(x), and P_n'(t), whose index is none to differentiate by
        return at_arguments(base, indices, _dummy(state, base.args[indices]), order)
    spatial = [a for a in base.args if a.is_Symbol and a.name in state.facts.coordinates]
    if len(spatial) != 1:
        raise state.error(
            sign.at, f"a prime at {sign.name}, which has several arguments", "write \\partial_x or \\frac{d}{dx}"
        )
    return sp.Derivative(base, (spatial[0], order))


def _dummy(state: State, argument: sp.Expr) -> sp.Expr:
    """The variable to differentiate by where the argument is no plain one: a coordinate in it, or the argument itself."""
    if argument.is_Symbol or isinstance(argument, AppliedUndef):
        return argument
    names = sorted(s.name for s in argument.free_symbols if s.name in (*state.facts.coordinates, *VARIABLE_LETTERS))
    return symbol(names[0]) if names else symbol("x")


def _behind_bracket(
    state: State, node: Scripted, sign: Sign, parts: Parts, value: sp.Expr
) -> tuple[sp.Expr, Row | None]:
    """``P(x,t)^2``: the script behind the arguments."""
    if node.sub is not None:
        raise state.error(node, "a subscript behind the arguments", "write it at the symbol, before its arguments")
    if node.primes:
        raise state.error(node, "a prime behind the arguments", f"write {sign.name}'(...)")
    if node.sup is not None and parts.power is not None:
        raise state.error(node, "a power before and behind the arguments", "write one of them")
    return value, node.sup if node.sup is not None else parts.power


# --- vectors ---------------------------------------------------------------------------------------------------------


def _is_vector(state: State, sign: Sign) -> bool:
    return state.facts.vectors and sign.style in ("bold", "vec") and not sign.dots


def _vector(
    state: State, sign: Sign, parts: Parts, name: str, arguments: tuple[sp.Expr, ...] | None, at: int
) -> tuple[Value, int]:
    """The components ``J_x, J_y`` of a bold symbol: fields where it is differentiated, plain symbols otherwise."""
    if sign.primes:
        raise state.error(sign.at, "a primed vector in an equation with nabla", "write its components, or use an angle")
    suffix = commands.FONTS.get(sign.style, sign.style)
    plain = name[: -len(suffix)] if name.endswith(suffix) else name.replace(suffix, "", 1)
    coordinates = state.facts.space or ("x",)
    if plain in ("r", "x") and arguments is None and parts.name not in state.facts.roles:
        return Vector(tuple(state.symbol(c) for c in coordinates)), at
    names = [
        plain if len(coordinates) == 1 and f"{plain}_{c}" not in state.facts.names.all else f"{plain}_{c}"
        for c in coordinates
    ]
    role = state.facts.roles.get(parts.name)
    declared = [n in state.facts.names.context.parameters for n in names]
    indices = tuple(state.expression(row) for row in parts.indices)
    if arguments is not None:
        values = [state.applied(n, (*indices, *arguments), "field") for n in names]
    elif (role is not None and role.kind in ("field", "function")) and not any(declared):
        template = role.template or (*coordinates, state.facts.time)
        values = [state.applied(n, (*indices, *(state.variable(v) for v in template)), "field") for n in names]
    else:
        if not all(declared):
            state.warn(f"the components of {plain} are read as constants {', '.join(names)}")
        values = [state.applied(n, indices) if indices else state.symbol(n) for n in names]
    value: Value = values[0] if len(values) == 1 else Vector(tuple(values))
    if parts.power is not None:
        exponent = state.value(parts.power)
        value = state.guarded(sign.at, lambda: power(value, exponent))
    return value, at + (arguments is not None)
