"""Letters with a meaning of their own where nobody declared them: i, pi, e, delta, Gamma, O, I_n, averages, step operators."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import replace

import sympy as sp
from sympy.core.function import AppliedUndef

from symdiff.errors import ExpressionError
from symdiff.notation import limits
from symdiff.notation.latex import commands
from symdiff.notation.latex.algebra import Operator, Value, power
from symdiff.notation.latex.calls import at_a_place
from symdiff.notation.latex.nodes import Fence, Leaf, Macro, Node, Row, Scripted, is_op
from symdiff.notation.latex.operators import step_operator
from symdiff.notation.latex.signs import Sign, call_at, label, sign_of, split_at_commas, written
from symdiff.notation.latex.state import State, function
from symdiff.notation.latex.subscripts import Parts
from symdiff.notation.latex.views import plain_name

Found = tuple[Value, int]


def special_value(state: State, items: Sequence[Node], at: int, sign: Sign, parts: Parts) -> Found | None:
    """The value and the place behind it where ``sign`` has a conventional meaning here; None otherwise."""
    if sign.name == "P" and sign.is_bare and _is_event(state, items, at):
        return _event(state, items, at, sign, parts)
    if state.facts.names.resolve(parts.name)[0] is not None or state.facts.is_field(parts.name) or sign.dots:
        return None
    signed = _sign_above(sign) and (sign.name == "Ebb" or sign.name in state.facts.steps)  # E^- of van Kampen
    if "^" in parts.name and not signed:
        return None
    handler = _HANDLERS.get(sign.name)
    return handler(state, items, at, sign, parts) if handler is not None else None


def _bracket(items: Sequence[Node], at: int, *kinds: str) -> Fence | None:
    fence = call_at(items, at)
    return fence if fence is not None and fence.left in kinds and fence.body.items else None


def _powered(state: State, items: Sequence[Node], at: int, sign: Sign, value: sp.Expr) -> Found:
    """The value with the power written before or behind its bracket."""
    node = items[at]
    exponent = sign.sup
    if isinstance(node, Scripted):
        if node.sub is not None or node.primes or (node.sup is not None and exponent is not None):
            raise state.error(node, "a script behind a bracket that is not read here", "write the power in brackets")
        exponent = node.sup if node.sup is not None else exponent
    if exponent is not None:
        value = state.guarded(sign.at, lambda: power(value, state.value(exponent)))
    return value, at + 1


def _raised(state: State, sign: Sign, value: sp.Expr) -> sp.Expr:
    if sign.sup is None:
        return value
    exponent = state.value(sign.sup)
    raised: sp.Expr = state.guarded(sign.at, lambda: power(value, exponent))
    return raised


def _imaginary(state: State, items: Sequence[Node], at: int, sign: Sign, parts: Parts) -> Found | None:
    if sign.sub is not None or sign.primes or "i" in state.bound or "i" in state.facts.view.indices:
        return None
    if not state.in_exponent and sign.style != "word" and (not state.facts.imaginary or len(items) == 1):
        return None
    if not state.in_exponent and sign.style != "word":
        state.warn("i is read as the imaginary unit")
    elif not state.facts.imaginary and sign.style != "word":
        state.warn("i is read as the imaginary unit in the exponent, though it is an index elsewhere")
    return _raised(state, sign, sp.I), at


def _pi(state: State, items: Sequence[Node], at: int, sign: Sign, parts: Parts) -> Found | None:
    if sign.sub is not None or sign.primes or parts.name != "pi" or "pi" in state.facts.called:
        return None
    return _raised(state, sign, sp.pi), at


def _exponential(state: State, items: Sequence[Node], at: int, sign: Sign, parts: Parts) -> Found | None:
    if sign.sub is not None or sign.primes or parts.power is None:
        if parts.name != "e" or not sign.is_bare:
            return None
        if state.facts.exponential:
            state.warn("e without an exponent is read as Euler's number")
            return sp.E, at
        state.warn("e without an exponent is read as a symbol")
        return None
    if len(parts.power.items) == 1 and getattr(parts.power.items[0], "kind", "") == "number":
        state.warn("e with a number above it is read as the exponential function")
    state.in_exponent += 1
    argument = state.value(parts.power)
    state.in_exponent -= 1
    if not isinstance(argument, sp.Expr):
        raise state.error(sign.at, "an operator or a vector stands in an exponent", "write out what it does")
    return state.guarded(sign.at, lambda: exponential(argument)), at


def exponential(argument: sp.Expr) -> sp.Expr:
    """exp, refused for numbers that nobody means."""
    if argument.is_Rational and abs(argument) > 10**6:
        raise ExpressionError("exp of a number beyond 10**6", instead="write the exponent with a symbol")
    return sp.exp(argument)


def _shallow(argument: sp.Expr) -> bool:
    """Whether SymPy may look into the argument of a function: it seeks the imaginary part, over minutes for x**1000."""
    return all(not p.exp.is_Integer or abs(p.exp) <= 32 for p in argument.atoms(sp.Pow))


def _delta(state: State, items: Sequence[Node], at: int, sign: Sign, parts: Parts) -> Found | None:
    if sign.sub is not None and sign.sup is None and not sign.primes:
        rows = split_at_commas(sign.sub)
        if len(rows) == 1 and len(rows[0].items) == 2 and all(sign_of(n) is not None for n in rows[0].items):
            rows = tuple(Row((n,), n.at) for n in rows[0].items)
        if len(rows) == 2 and all(row.items for row in rows):
            return sp.KroneckerDelta(*(state.expression(row) for row in rows)), at
        return None
    fence = _bracket(items, at, "(")
    if fence is None or sign.sub is not None or parts.power is not None:
        return None
    if len(split_at_commas(fence.body)) > 1:
        raise state.error(fence, "a delta function of several arguments", "write a product: \\delta(x)\\delta(y)")
    argument = state.value(fence.body)
    if not isinstance(argument, sp.Expr):
        raise state.error(fence, "a delta function of a vector", "write a product: \\delta(x)\\delta(y)")
    if not argument.free_symbols - {state.symbol(n) for n in state.facts.names.context.parameters}:
        return None
    if "delta" not in state.facts.merged and not sign.primes:  # \delta stands alone as well: a length
        if argument.free_symbols & {state.symbol(n) for n in (*state.facts.coordinates, state.facts.time)}:
            raise state.error(fence, "\\delta is a length here, and stands in front of a bracket like a delta function",
                              "name the length by another letter, or write \\delta\\cdot(...) for a product")  # fmt: skip
        state.warn("\\delta in front of a bracket is read as a factor, since it stands alone as well")
        return None
    state.table.pop(("delta", "symbol"), None)
    if sign.primes:
        return sp.DiracDelta(argument, sign.primes, evaluate=_shallow(argument)), at + 1
    return _powered(state, items, at, sign, sp.DiracDelta(argument, evaluate=_shallow(argument)))


def _gamma(state: State, items: Sequence[Node], at: int, sign: Sign, parts: Parts) -> Found | None:
    fence = _bracket(items, at, "(")
    if (
        fence is None
        or sign.sub is not None
        or sign.primes
        or "Gamma" in state.facts.bare
        or "Gamma" in state.facts.called  # of x somewhere: a rate that depends on the place
        or len(split_at_commas(fence.body)) > 1
    ):
        return None
    argument = state.expression(fence.body)
    if (
        argument.atoms(sp.Function)
        or argument.has(state.symbol(state.facts.time))
        or at_a_place(fence.body, state.facts)
    ):
        return None
    if not argument.is_number:
        state.warn("\\Gamma(...) is read as the gamma function; declare Gamma a parameter if it is a rate")
    value = state.guarded(fence, lambda: sp.gamma(limits.small_argument(argument, "gamma")))
    return _powered(state, items, at, sign, value)


def _zeta(state: State, items: Sequence[Node], at: int, sign: Sign, parts: Parts) -> Found | None:
    fence = _bracket(items, at, "(")
    if fence is None or sign.sub is not None or sign.primes or "zeta" in state.facts.bare:
        return None
    argument = state.expression(fence.body)
    if not argument.is_number:
        state.warn("\\zeta(...) is read as Riemann's zeta function")
    value = state.guarded(fence, lambda: sp.zeta(limits.small_argument(argument, "zeta")))
    return _powered(state, items, at, sign, value)


def _heaviside(state: State, items: Sequence[Node], at: int, sign: Sign, parts: Parts) -> Found | None:
    fence = _bracket(items, at, "(")
    if fence is None or not sign.is_bare or "Theta" in state.facts.bare or len(split_at_commas(fence.body)) > 1:
        return None
    state.warn("\\Theta(...) is read as the unit step")
    argument = state.expression(fence.body)
    return _powered(state, items, at, sign, sp.Heaviside(argument, evaluate=_shallow(argument)))


def _order(state: State, items: Sequence[Node], at: int, sign: Sign, parts: Parts) -> Found | None:
    fence = _bracket(items, at, "(", "[", "{")
    if fence is None or sign.sub is not None or sign.sup is not None or sign.primes:
        return None
    arguments = tuple(state.expression(row) for row in split_at_commas(fence.body))
    return function("o" if sign.name == "o" else "O")(*arguments), at + 1


def _bessel(state: State, items: Sequence[Node], at: int, sign: Sign, parts: Parts) -> Found | None:
    fence = _bracket(items, at, "(")
    if (
        fence is None
        or sign.sub is None
        or sign.primes
        or len(split_at_commas(fence.body)) > 1
        or len(split_at_commas(sign.sub)) > 1
    ):
        return None
    if not _is_order(sign.sub.items) or is_op(sign.sub.items[-1], "+", "-"):
        return None
    if sign.name == "J":
        plain = len(fence.body.items) == 1 and sign_of(fence.body.items[0]) is not None  # J_0(t): a current
        if (
            plain
            or len(sign.sub.items) != 1
            or getattr(sign.sub.items[0], "kind", "") != "number"
            or is_op(fence.body.items[0], "-")
        ):
            return None
        state.warn("J_...(...) is read as the Bessel function; declare it a function if it is a current")
    if sign.name == "K":  # K_alpha (-Delta)^(alpha/2) has a coefficient in front
        if is_op(fence.body.items[0], "+", "-") or not all(_is_common_order(n) for n in sign.sub.items):
            return None
        state.warn("K_...(...) is read as the modified Bessel function; declare it a parameter if it is a coefficient")
    order, argument = state.expression(sign.sub), state.expression(fence.body)
    bell = state.facts.exponential or "exp" in state.text  # e^{-t} I_n(t)
    if sign.name == "I" and argument == state.symbol(state.facts.time) and not bell:
        return None  # I_i(t) beside S_i(t): a number of infected
    function = {"I": sp.besseli, "K": sp.besselk, "J": sp.besselj}[sign.name]
    return _powered(state, items, at, sign, function(order, argument, evaluate=_shallow(argument)))


def _is_common_order(node: Node) -> bool:
    """Whether a part of a subscript stands in orders of K as they are written: 0, 1/2, n, d/2 - 1."""
    text = getattr(node, "text", "")
    return (
        isinstance(node, Fence | Macro)
        or getattr(node, "kind", "") == "number"
        or text in ("n", "m", "d", "+", "-", "/")
    )


def _is_order(items: Sequence[Node]) -> bool:
    """Whether a subscript may be the order of a Bessel function: n, |n-m|, x/h; two letters together are a label or two indices."""
    kinds = [getattr(n, "kind", "") for n in items]
    parts = all(
        isinstance(n, Fence) or kind in ("number", "letter") or getattr(n, "text", "") in ("+", "-", "/") or
        (isinstance(n, Macro) and n.name in commands.FRACTIONS) for n, kind in zip(items, kinds, strict=True)
    )  # fmt: skip
    return parts and not any(a == b == "letter" for a, b in itertools.pairwise(kinds))


def _average(state: State, items: Sequence[Node], at: int, sign: Sign, parts: Parts) -> Found | None:
    """``\\mathbb{E}[x]``, ``E[x]``; ``\\mathbb{E}`` alone, and E in ``(E^{-1} - 1)``, is van Kampen's step operator."""
    if sign.name in state.facts.steps and _bracket(items, at, "(", "[", "{") is None and not _steps_index(state, sign):
        state.warn(f"{written(sign)} is read as a number: as a step operator it would name its index, as E_n does")
    if sign.name in state.facts.steps and _bracket(items, at, "(", "[", "{") is None and _steps_index(state, sign):
        state.warn(f"{sign.name[0]} is read as the step operator; declare it a parameter if it is a number")
        return _step(state, at, sign)
    if sign.name in ("Ecal", "Ebold"):
        fence = _bracket(items, at, "[")
        if fence is None or not sign.is_bare or sign.name in state.facts.bare:
            following = sign_of(items[at]) if at < len(items) else None
            if (
                sign.name == "Ebold"
                and sign.is_bare
                and following is not None
                and following.name in ("X", "x", "S", "R", "n", "N")
            ):
                raise state.error(sign.at, "an average without brackets is not read", "write \\mathbb{E}[x] or \\langle x \\rangle")  # fmt: skip
            return None
        state.warn("E in front of a bracket is read as an average")
    elif sign.name == "Ebb":
        fence = _bracket(items, at, "(", "[", "{")
        if fence is None or _sign_above(sign) or (sign.sup is not None and state.facts.view.indices):
            return _step(state, at, sign)
    else:
        fence = _bracket(items, at, "[", "(")
        if fence is None or not sign.is_bare or "E" in state.facts.bare or (fence.left == "(" and not _averages(state)):
            return None
        state.warn("E in front of a bracket is read as an average")
    assert fence is not None
    if len(split_at_commas(fence.body)) > 1:
        raise state.error(fence, "a conditional average is not read", "write the average of one expression")
    return _powered(state, items, at, sign, average(state, fence.body))


def _averages(state: State) -> bool:
    """Whether E(...) is an average: always of one thing, and somewhere of more than a variable in small letters."""
    given = state.facts.arguments.get("E", ())
    names = [plain_name(args[0], state.facts.merged) for args in given if len(args) == 1]
    return len(names) == len(given) and any(not name or name[:1].isupper() for name in names)


def average(state: State, body: Row) -> sp.Expr:
    """``Mean`` of what stands in the brackets."""
    state.averaged += 1
    value = state.expression(body)
    state.averaged -= 1
    within = body.items[0] if len(body.items) == 1 else None
    doubled = not isinstance(within, Macro)  # <\overline{\delta^2}>: an average over walkers of one over time
    if isinstance(value, AppliedUndef) and value.func.__name__ == "Mean" and within is not None and doubled:
        return _cumulant(state, body, value)
    return function("Mean")(value)


def _cumulant(state: State, body: Row, inner: sp.Expr) -> sp.Expr:
    """Van Kampen's double brackets: the mean of x, the variance for x^2, the cumulant for x^n; joint ones are refused."""
    (of,) = inner.args
    if of.is_Symbol or isinstance(of, AppliedUndef):
        return inner
    if isinstance(of, sp.Pow) and of.exp == 2 and (of.base.is_Symbol or isinstance(of.base, AppliedUndef)):
        state.warn(f"double angle brackets are read as the second cumulant, the variance of {of.base}")
        return function("Var")(of.base)
    if (
        isinstance(of, sp.Pow)
        and of.exp.is_Integer
        and of.exp > 2
        and (of.base.is_Symbol or isinstance(of.base, AppliedUndef))
    ):
        state.warn(f"double angle brackets are read as the cumulant of order {of.exp} of {of.base}")
        return function("Mean_c")(of)
    raise state.error(body, "double angle brackets around this are not read", "write the cumulant by averages, or \\mathrm{Var}(x)")  # fmt: skip


def _step(state: State, at: int, sign: Sign) -> Found:
    index = _steps_index(state, sign)
    if not index:
        raise state.error(sign.at, "it is not said on which index the step operator acts", "write \\mathbb{E}_n")
    if _sign_above(sign):
        steps: sp.Expr = sp.Integer(_sign_above(sign))
    else:
        steps = sp.S.One if sign.sup is None else state.expression(sign.sup)
    operator: Operator = step_operator(state, sign.at, index, steps)
    return operator, at


def _sign_above(sign: Sign) -> int:
    """1 of ``E^{+}``, -1 of ``E^{-}``, 0 of everything else."""
    above = sign.sup.items if sign.sup is not None else ()
    return 0 if len(above) != 1 else 1 if is_op(above[0], "+") else -1 if is_op(above[0], "-") else 0


def _steps_index(state: State, sign: Sign) -> str:
    """The index on which a step operator acts; empty where it is not said."""
    indices = sorted(state.facts.view.indices)
    if sign.sub is not None:
        low, known = label(sign.sub), {v for r in state.facts.roles.values() for v in r.template or ()} | set(indices)
        numbered = sorted(v for v in known if low and low not in known and v.endswith(f"_{low}"))
        if len(numbered) == 1:  # E_1 of P(n_1, n_2, t)
            return numbered[0]
        named = sign_of(sign.sub.items[0]) if len(sign.sub.items) == 1 else None
        return "" if named is None else low or ""
    if len(indices) == 1:
        return indices[0]
    alone = {v for r in state.facts.roles.values() for v in r.template or ()} - {state.facts.time}
    if len(alone) == 1 and not state.facts.coordinates:
        return alone.pop()  # N of P(N,t)
    in_templates = "n" in {v for r in state.facts.roles.values() for v in r.template or ()}
    return "n" if "n" in state.facts.coordinates or in_templates else ""


def _statistic(state: State, items: Sequence[Node], at: int, sign: Sign, parts: Parts) -> Found | None:
    if sign.style not in ("word", "name", "bb"):
        return None
    fence = _bracket(items, at, "(", "[", "{")
    known = commands.STATISTICS.get(sign.name, "")
    if fence is None:
        if known == "Var" and at < len(items) and sign.is_bare and _is_one_name(items[at]):
            state.averaged += 1
            value = state.expression(Row((items[at],)))
            state.averaged -= 1
            return function(known)(value), at + 1
        if known in ("Var", "Cov") and at < len(items) and sign_of(items[at]) is not None and sign.is_bare:
            raise state.error(
                sign.at, f"\\{sign.name} without brackets is not read", f"write \\mathrm{{{sign.name}}}(x)"
            )
        return None
    if not known:
        return _event(state, items, at, sign, parts)
    if known == "Mean":
        return _powered(state, items, at, sign, average(state, fence.body))
    if parts.name != sign.name:
        return None
    state.averaged += 1
    values = tuple(state.expression(row) for row in split_at_commas(fence.body))
    state.averaged -= 1
    node = items[at]
    late = label(node.sub) if isinstance(node, Scripted) and node.sub is not None and not node.primes else None
    if late:  # Var(n)_{st}, as <n>_{st}
        state.warn(f"the average with the label {late} is kept as a function {known}_{late}")
        value = function(f"{known}_{late}")(*values)
        assert isinstance(node, Scripted)
        raised = node.sup
        return (value if raised is None else state.guarded(sign.at, lambda: power(value, state.value(raised)))), at + 1
    return _powered(state, items, at, sign, function(known)(*values))


def _is_one_name(node: Node) -> bool:
    """A letter with or without an index, and no power: of what Var x is taken."""
    bare = not isinstance(node, Scripted) or (node.sup is None and not node.primes)
    return bare and sign_of(node) is not None


def _upright(state: State, items: Sequence[Node], at: int, sign: Sign, parts: Parts) -> Found | None:
    return (
        _statistic(state, items, at, sign, parts)
        if sign.style == "word" and "E" not in state.facts.steps
        else _average(state, items, at, sign, parts)
    )


def _accented_step(state: State, items: Sequence[Node], at: int, sign: Sign, parts: Parts) -> Found | None:
    """``(\\hat{E}^{-1} - 1)``, ``(\\epsilon_n^{-1} - 1)``: step operators where their index is one of the formula's."""
    index = _steps_index(state, sign) if sign.name in state.facts.steps else ""
    known = {v for r in state.facts.roles.values() for v in r.template or ()} | set(state.facts.view.indices)
    if not index or index not in known:
        return None
    state.warn(
        f"{written(replace(sign, sub=None, sup=None))} is read as the step operator; declare it a parameter if it is a number"
    )
    return _step(state, at, sign)


def _event(state: State, items: Sequence[Node], at: int, sign: Sign, parts: Parts) -> Found | None:
    fence = _bracket(items, at, "(", "[", "{")
    inside = () if fence is None else fence.body.items
    cuts = [n for n, node in enumerate(inside) if is_op(node, "=")]
    time = _when(state, inside[: cuts[0]]) if len(cuts) == 1 else None
    if time is None or cuts[0] + 1 == len(inside):
        raise state.error(
            sign.at, "the probability of this event is not read", "write P(X(t) = x), or the density P(x,t)"
        )
    place = state.expression(Row(tuple(inside[cuts[0] + 1 :]), inside[cuts[0] + 1].at))
    fields = state.facts.names.context.fields
    name = fields[0] if fields else "P"
    state.warn(f"the probability of a place is read as {name}({place}, {time})")
    return _powered(state, items, at, sign, state.applied(name, (place, time), "field"))


def _is_event(state: State, items: Sequence[Node], at: int) -> bool:
    """P(X(t) = x), P{N_t = n}: brackets with one equation in them, of a place at a time."""
    fence = _bracket(items, at, "(", "[", "{")
    inside = () if fence is None else fence.body.items
    cuts = [n for n, node in enumerate(inside) if is_op(node, "=")]
    return len(cuts) == 1 and not any(is_op(n, ",") for n in inside) and _when(state, inside[: cuts[0]]) is not None


def _when(state: State, nodes: Sequence[Node]) -> sp.Expr | None:
    """The time of a place: X_t, X(t), X_N; None for what is no place."""
    if len(nodes) == 2 and isinstance(nodes[1], Fence) and nodes[1].left == "(" and isinstance(nodes[0], Leaf):
        return state.expression(nodes[1].body)
    if len(nodes) == 1 and isinstance(node := nodes[0], Scripted) and node.sub is not None and node.sup is None:
        return state.expression(node.sub) if isinstance(node.base, Leaf) else None
    return None


_HANDLERS = {
    "i": _imaginary, "imath": _imaginary, "pi": _pi, "e": _exponential, "delta": _delta, "Gamma": _gamma, "zeta": _zeta, "Theta": _heaviside,
    "O": _order, "Ocal": _order, "o": _order, "I": _bessel, "K": _bessel, "J": _bessel, "Ebb": _average, "E": _upright, "Ehat": _accented_step,
    "epsilon": _accented_step, "varepsilon": _accented_step, "Ecal": _average, "Ebold": _average, "Var": _statistic,
    "var": _statistic, "Cov": _statistic, "cov": _statistic, "Pbb": _event, "Prob": _event, "Pr": _event,
}  # fmt: skip
