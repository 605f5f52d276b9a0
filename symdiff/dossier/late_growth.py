"""How a function of time grows or decays at late times: its leading power of t."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from types import MappingProxyType

import sympy as sp

from symdiff.dossier.late_times import Positive
from symdiff.model.jump_model import JumpModel
from symdiff.model.ranges import certain_range, parameter_intervals
from symdiff.notation.expression import parse_condition


def surely_positive(model: JumpModel, e: sp.Expr) -> bool | None:
    """Whether an expression is positive for all allowed parameters; None where that is not certain."""
    span = certain_range(e, parameter_intervals(model.parameters))
    if span.low is not None and (span.low > 0 or (span.low == 0 and span.low_open)):
        return True
    if e.is_positive is None and e.is_finite is not False:
        for gap in _positive_gaps(model):
            larger = next((s for s in sorted(gap.free_symbols, key=str) if sp.diff(gap, s) == 1), None)
            if larger is not None and e.has(larger):
                excess = sp.Dummy("excess", positive=True)
                if sp.factor(e.xreplace({larger: larger - gap + excess})).is_positive:
                    return True
    sign: bool | None = e.is_positive
    return sign


def _positive_gaps(model: JumpModel) -> list[sp.Expr]:
    """b - a for every constraint a < b of the model and its parameters."""
    found = []
    for text in (*model.constraints, *(c for p in model.parameters for c in p.constraints)):
        condition = parse_condition(text, model.scope)
        if isinstance(condition, (sp.StrictLessThan, sp.StrictGreaterThan)):
            found.append(sp.expand(condition.gts - condition.lts))
    return found


def late_growth(
    expression: sp.Expr, time: sp.Symbol, positive: Positive = lambda e: e.is_positive
) -> tuple[sp.Expr, sp.Expr] | None:
    """(power, coefficient) of the leading term c t**power for t -> oo of a sum of powers of t times exponentials.

    The power is oo or -oo where it grows or decays exponentially. None where that is not known: other functions of time, powers
    whose order depends on parameters.

    >>> t, a = sp.symbols("t a", positive=True)
    >>> late_growth(3*t + 2*sp.exp(-a*t)*t**2 - 1/t, t)
    (1, 3)
    """
    expression, marks = _by_slowest_modes(expression, time)
    waves = {w: w.rewrite(sp.exp) for w in expression.atoms(sp.cosh, sp.sinh, sp.tanh, sp.coth) if w.has(time)}
    expression, hidden = _without_parameters(expression.xreplace(waves), time)
    numerator, denominator = sp.fraction(sp.together(sp.powsimp(sp.expand(expression), deep=True)))
    above, below = (_leading(sp.expand(e), time, positive, hidden) for e in (numerator, denominator))
    if above is None or below is None:
        return None
    if below[2] == 0:
        return None
    rate = _order(above[0] - below[0], positive) if above[2] != 0 else 0
    if rate is None:
        return None
    power = sp.expand(above[1] - below[1]) if rate == 0 else rate * sp.oo
    coefficient = sp.cancel(above[2] / below[2])
    whole = coefficient.xreplace(dict.fromkeys(marks, sp.S.One))
    return None if whole == 0 and coefficient != 0 else (power, whole)  # leading parts that cancel leave the next modes


def growth_with_logarithm(
    expression: sp.Expr, time: sp.Symbol, positive: Positive = lambda e: e.is_positive
) -> tuple[sp.Expr, sp.Expr, sp.Expr] | None:
    """(power, power of the logarithm, coefficient) of the leading c t**power log(t)**m for t -> oo; None where it is not known.

    >>> t, a = sp.symbols("t a", positive=True)
    >>> growth_with_logarithm(3*t*sp.log(t/a) - t, t)
    (1, 1, 3)
    """
    large = sp.Dummy("L", positive=True)
    found = []
    for part in sp.fraction(sp.together(sp.expand_log(expression, force=True))):
        own = sp.expand(part.xreplace({sp.log(time): large}))
        if own.has(sp.log(time)) or any(log.has(time) for log in own.atoms(sp.log)):
            return None
        logs = [p for p in own.atoms(sp.Pow) if p.base == large and not p.exp.is_Integer]
        if logs:  # one root of a logarithm in front
            rest, root = own.as_independent(large, as_Add=False)
            grown = (
                [] if root.as_base_exp()[0] != large else [(late_growth(rest, time, positive), root.as_base_exp()[1])]
            )
        else:
            grown = [(late_growth(c, time, positive), sp.Integer(n)) for (n,), c in sp.Poly(own, large).terms()]
        known = [(*g, n) for g, n in grown if g is not None]
        if len(known) < len(grown) or not known or not all(p.is_Rational for p, _, _ in known):
            return None
        found.append(max(known, key=lambda g: (g[0], g[2])))
    (power, c, logs_above), (below, d, logs_below) = found
    return None if d == 0 else (power - below, logs_above - logs_below, sp.cancel(c / d))


def _without_parameters(expression: sp.Expr, time: sp.Symbol) -> tuple[sp.Expr, dict[sp.Basic, sp.Expr]]:
    """The function of time with a mark for each part free of it (moments over states carry large roots), and what the marks hide."""
    marks: dict[sp.Basic, sp.Dummy] = {}

    def hide(part: sp.Expr) -> sp.Expr:
        if part.is_number or (part.is_Symbol and part in marks.values()):
            return part
        if not part.has(time):
            mark = sp.Dummy("c", positive=True) if part.is_positive else sp.Dummy("c", real=part.is_real)
            return marks.setdefault(part, mark)
        if part.is_Add or part.is_Mul:
            still, moving = part.as_independent(time, as_Add=part.is_Add)
            return part.func(hide(still), *(hide(a) for a in part.func.make_args(moving)))
        if isinstance(part, sp.exp) or part.is_Pow:
            return part.func(*(hide(a) for a in part.args))
        return part

    if expression.count_ops() < LARGE:
        return expression, {}
    found = hide(expression)
    return found, {mark: part for part, mark in marks.items()}


LARGE = (
    300  # operations; smaller functions are worked out with their parameters in sight, which finds more cancellations
)


def _by_slowest_modes(expression: sp.Expr, time: sp.Symbol) -> tuple[sp.Expr, list[sp.Dummy]]:
    """Sums over decaying modes as their slowest one, times a mark of its own that keeps it from cancelling against others."""
    change: dict[sp.Basic, sp.Expr] = {}
    marks: list[sp.Dummy] = []
    for modes in sorted(expression.atoms(sp.Sum), key=str):
        slowest, found = slowest_modes(modes, time)
        if found:
            marks.append(sp.Dummy("mode", positive=True))
            change[modes] = slowest * marks[-1]
    return expression.xreplace(change), marks


def limit_where_confined(value: sp.Expr, time: sp.Symbol, positive: Positive) -> tuple[sp.Expr, sp.Expr] | None:
    """The limit for t -> oo of a function with e^(a t) and e^(b t) if a < b, and b - a; None where no one order gives a limit.

    >>> a, b = sp.symbols("a b", positive=True)
    >>> limit_where_confined(1 / (b - a) + sp.exp((a - b) * sp.Symbol("t")), sp.Symbol("t"), lambda e: e.is_positive)
    (-1/(a - b), -a + b)
    """
    rates = {sp.diff(e.exp, time) for e in value.atoms(sp.exp) if e.has(time)} | {sp.S.Zero}
    if any(r.has(time) for r in rates):
        return None
    found: dict[sp.Expr, tuple[sp.Expr, dict[sp.Symbol, sp.Expr]]] = {}
    for low, high in itertools.permutations(sorted(rates, key=str), 2):
        gap = sp.expand(high - low)
        larger = next((s for s in sorted(gap.free_symbols, key=str) if sp.diff(gap, s) == 1), None)
        if larger is None or positive(gap) or positive(-gap):
            continue
        excess = sp.Dummy("excess", positive=True)
        ordered = {larger: sp.expand(larger - gap + excess)}
        grown = late_growth(value.xreplace(ordered), time, positive)
        if grown is not None and grown[0] == 0:
            found[gap] = sp.cancel(grown[1].xreplace({excess: gap})), ordered
    weakest = [g for g in found if all(positive(sp.expand(g.xreplace(o))) for h, (_, o) in found.items() if h != g)]
    if len(weakest) != 1:
        return None
    return found[weakest[0]][0], weakest[0]


def _of_vanishing(part: sp.Expr, time: sp.Symbol, positive: Positive) -> tuple[sp.Expr, sp.Expr] | None:
    """(power, coefficient) of e^u or erf(u) where u -> 0 for t -> oo: 1 and 2 u/sqrt(pi)."""
    if not isinstance(part, (sp.exp, sp.erf)):
        return None
    inside = _leading(part.args[0], time, positive)
    if inside is None or inside[0] != 0 or inside[2] == 0 or _order(inside[1], positive) != -1:
        return None
    return (sp.S.Zero, sp.S.One) if isinstance(part, sp.exp) else (inside[1], 2 * inside[2] / sp.sqrt(sp.pi))


def _swings(angle: sp.Expr, time: sp.Symbol) -> bool:
    """Whether an angle is real and linear in t."""
    return bool(angle.is_real) and not sp.diff(angle, time).has(time)


def _leading(
    expression: sp.Expr, time: sp.Symbol, positive: Positive, hidden: Mapping[sp.Basic, sp.Expr] = MappingProxyType({})
) -> tuple[sp.Expr, sp.Expr, sp.Expr] | None:
    """(rate, power, coefficient) of the leading term c t**power e^(rate t) of a sum; ``hidden``: what marks in it stand for."""
    found: dict[tuple[sp.Expr, sp.Expr], sp.Expr] = {}
    rough = set()  # where only the leading part of a term was taken
    swinging = set()  # where a term keeps its sign no longer than a period: it has to be left behind by another
    if expression == 0:
        return sp.S.Zero, sp.S.Zero, sp.S.Zero
    for term in sp.Add.make_args(sp.expand(sp.powsimp(expression, deep=True))):
        factor, rest = term.as_independent(time)
        rate, power, whole, swings = sp.Integer(0), sp.Integer(0), True, False
        for part in sp.Mul.make_args(rest):
            base, exponent = part.as_base_exp()
            if base == time and not exponent.has(time):
                power += exponent
            elif base.is_Pow and base.base == time and base.exp.is_Rational and exponent.is_Rational:  # sqrt(t^3)
                power += base.exp * exponent
            elif isinstance(part, sp.exp) and not (slope := sp.diff(part.args[0], time)).has(time):
                rate += slope
                factor *= sp.exp(sp.expand(part.args[0] - slope * time))
            elif isinstance(part, (sp.cos, sp.sin)) and _swings(part.args[0], time):
                swings = True
            elif part != 1:
                settled = _of_vanishing(part, time, positive)
                if settled is None:
                    return None
                power, factor, whole = power + settled[0], factor * settled[1], False
        key = (sp.factor(rate.xreplace(hidden)), sp.expand(power.xreplace(hidden)))
        if swings:
            swinging.add(key)
        if not whole:
            rough.add(key)
        found[key] = found.get(key, sp.Integer(0)) + factor
    while found:
        best = next((key for key in found if all(_leads(key, other, positive) for other in found)), None)
        unclear = (
            [best] if best is not None else list(found)
        )  # coefficients with roots are costly: that of the leader will do
        values = {key: sp.cancel(found[key].xreplace(hidden)) for key in unclear}
        gone = [key for key, value in values.items() if value == 0 and key not in swinging]
        if rough.intersection(gone):
            return None  # leading parts that cancel leave what was not taken
        if not gone:
            return None if best is None or best in swinging else (*best, values[best])
        for key in gone:
            del found[key]
    return sp.Integer(0), sp.Integer(0), sp.Integer(0)


def _leads(key: tuple[sp.Expr, sp.Expr], other: tuple[sp.Expr, sp.Expr], positive: Positive) -> bool:
    """Whether t**power e^(rate t) is surely not left behind by another."""
    order = _order(key[0] - other[0], positive)
    order = _order(key[1] - other[1], positive) if order == 0 else order
    return order is not None and order >= 0


def _order(gap: sp.Expr, positive: Positive) -> int | None:
    gap = sp.factor(gap)
    if gap == 0:
        return 0
    if positive(gap) or _surely_right_of_zero(gap, positive):
        return 1
    return -1 if positive(-gap) or _surely_right_of_zero(-gap, positive) else None


def _surely_right_of_zero(rate: sp.Expr, positive: Positive) -> bool:
    """Whether u + v sqrt(w) has a positive real part, whatever the sign of w: u > 0 and u^2 > v^2 w (Routh and Hurwitz)."""
    roots = [p for p in rate.atoms(sp.Pow) if p.exp == sp.S.Half and p.base.free_symbols]
    if len(roots) != 1:
        return False
    mark = sp.Dummy("root")
    linear = sp.expand(rate.xreplace({roots[0]: mark}))
    slope = sp.diff(linear, mark)
    if slope.has(mark):
        return False
    rest = linear - slope * mark
    return bool(positive(sp.factor(rest)) and positive(sp.factor(rest**2 - slope**2 * roots[0].base)))


def slowest_modes(value: sp.Expr, t: sp.Symbol) -> tuple[sp.Expr, bool]:
    """Sums over modes c_n e^(-a_n t), n to infinity, by the first of them, where a_n grows with n; and whether any was."""
    change = {}
    for total in value.atoms(sp.Sum):
        if len(total.limits) != 1:
            continue
        n, low, high = total.limits[0]
        exponents = [e.exp for e in total.function.atoms(sp.exp) if e.exp.has(t)]
        if high != sp.oo or len(exponents) != 1 or not low.is_Integer:
            continue
        mark = sp.Dummy(nonnegative=True)
        rate = sp.expand((-exponents[0] / t).xreplace({n: mark + low}))
        others = total.function.xreplace({sp.exp(exponents[0]): sp.S.One})
        if rate.has(t) or others.has(t) or not rate.is_polynomial(mark):
            continue
        if all(c.is_positive for (k,), c in sp.Poly(rate, mark).terms() if k) and rate.has(mark):
            change[total] = total.function.xreplace({n: low})
    return value.xreplace(change), bool(change)
