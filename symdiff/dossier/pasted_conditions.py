r"""What stands beside a pasted master equation: ``p + q = 1``, ``0 < \mu < 2``, ``\varphi(-r) = \varphi(r)``, ``\sum_k w_k = 1``, ``\sigma = \pm 1``.

Such statements say something of the symbols in the equation; each is put in, or becomes an assumption of the model, or is listed as left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

import sympy as sp
from sympy.core.function import AppliedUndef

_SIGNED = re.compile(r"(?P<base>.+?)(?P<mark>[_^])(?P<minus>-?)(?P<letter>[A-Za-z]+)")
_COMPARISONS = (sp.StrictLessThan, sp.LessThan, sp.StrictGreaterThan, sp.GreaterThan)


@dataclass(frozen=True)
class Beside:
    """The equations with what was put in; comparisons of parameters, for these alone and for several; normalised laws; notes."""

    equations: tuple[sp.Basic, ...]
    ranges: dict[str, tuple[sp.Basic, ...]] = field(default_factory=dict)
    constraints: tuple[sp.Basic, ...] = ()
    normalised: frozenset[str] = frozenset()
    notes: tuple[str, ...] = ()
    spacing: str = ""  # of the lattice, where x = n a says it


def beside(equations: Sequence[sp.Basic], order: Sequence[str]) -> Beside:
    """The statements beside a master equation, taken apart; ``order`` are the names as they stand in the text.

    >>> p, q, z = sp.symbols("p q z")
    >>> beside([sp.Eq(z, p + q * z, evaluate=False), sp.Eq(p + q, 1, evaluate=False)], ["p", "q"]).equations
    (Eq(z, p + q*z), Eq(q, 1 - p))
    """
    found = _without_small_terms(Beside(with_numbered_states(_both_signs(equations))))
    moving = _moving(found.equations)
    for statement in sorted(found.equations, key=_rewrites):  # what changes the others comes last
        if isinstance(statement, sp.Equality):
            found = _of_equation(found, statement, order, moving)
        elif isinstance(statement, _COMPARISONS):
            found = _of_comparison(found, statement, moving)
        else:
            found = _left_out(found, statement)
    return found


def _moving(equations: Iterable[sp.Basic]) -> set[sp.Symbol]:
    """Symbols that are no parameters: arguments of functions, variables of sums and integrals."""
    arguments = {a for e in equations for c in e.atoms(AppliedUndef) for a in c.args}
    bound = {limit[0] for e in equations for total in e.atoms(sp.Sum, sp.Integral) for limit in total.limits}
    return {a for a in arguments if a.is_Symbol} | bound


def _left_out(found: Beside, statement: sp.Basic) -> Beside:
    kept = tuple(e for e in found.equations if e is not statement)
    note = f"{statement} is not part of the model: the equation is taken to hold everywhere"
    return replace(found, equations=kept, notes=(*found.notes, note))


def _of_comparison(found: Beside, statement: sp.Basic, moving: set[sp.Symbol]) -> Beside:
    if statement.atoms(AppliedUndef) or statement.free_symbols & moving or not statement.free_symbols:
        return _left_out(found, statement)
    kept = tuple(e for e in found.equations if e is not statement)
    names = sorted(s.name for s in statement.free_symbols)
    plain = all(a.is_Symbol or a.is_number for a in statement.args)
    if plain and len(names) == 1:
        ranges = found.ranges | {names[0]: (*found.ranges.get(names[0], ()), statement)}
        return replace(found, equations=kept, ranges=ranges)
    return replace(found, equations=kept, constraints=(*found.constraints, statement))


def range_text(name: str, comparisons: Sequence[sp.Basic], old: sp.Symbol) -> str:
    """``0 < mu < 2``: comparisons of one symbol with numbers as the assumption of a parameter ``name``."""
    low, high = "", ""
    for c in comparisons:
        small, sign, large = (c.lts, "<" if isinstance(c, (sp.StrictLessThan, sp.StrictGreaterThan)) else "<=", c.gts)
        if small == old:
            high = f" {sign} {large}"
        else:
            low = f"{small} {sign} "
    return f"{low}{name}{high}"


# --- equations -------------------------------------------------------------------------------------------------------


def _of_equation(found: Beside, e: sp.Equality, order: Sequence[str], moving: set[sp.Symbol]) -> Beside:
    calls = e.atoms(AppliedUndef)
    others = [o for o in found.equations if o is not e]
    if isinstance(e.lhs, AppliedUndef) and e.lhs.func in {c.func for c in calls - {e.lhs}} and _is_mirror(e):
        return _mirrored(found, e, others)
    if _numbers_sites(e, others, moving):
        spacing = e.rhs / next(s for s in e.rhs.free_symbols if s in moving)
        note = f"the sites lie at {e.lhs} = {e.rhs}"
        return replace(found, equations=tuple(others), spacing=str(spacing), notes=(*found.notes, note))
    if e.lhs.is_Symbol or isinstance(e.lhs, AppliedUndef):
        return found
    if (ratio := _ratio(e, others)) is not None:
        return replace(found, equations=tuple(ratio if o is e else o for o in found.equations))
    for total, one in (e.args, e.args[::-1]):
        if one == 1 and isinstance(total, (sp.Integral, sp.Sum)) and isinstance(total.function, AppliedUndef):
            name = total.function.func.__name__
            return replace(found, equations=tuple(others), normalised=found.normalised | {name})
    if e.atoms(sp.Derivative, sp.Integral, sp.Sum) or any(not _is_plain(c, moving) for c in calls):
        return found
    return _solved(found, e, order, calls)


def _ratio(e: sp.Equality, others: Sequence[sp.Basic]) -> sp.Equality | None:
    """``a/b = e^{f}``, as detailed balance says it: a = b e^f."""
    over, under = sp.fraction(e.lhs)
    used = {s for o in others for s in o.free_symbols}
    plain = over.is_Symbol and over in used and bool(under.free_symbols) and not e.lhs.atoms(AppliedUndef)
    if not plain or e.rhs.has(over) or under.has(over) or e.rhs.atoms(AppliedUndef, sp.Derivative):
        return None
    return sp.Equality(over, under * e.rhs, evaluate=False)


def _numbers_sites(e: sp.Equality, others: Sequence[sp.Basic], moving: set[sp.Symbol]) -> bool:
    """``x = n a``, ``x_j = j \\Delta x``: how places follow from the numbers of sites."""
    place = e.lhs.func.__name__ if isinstance(e.lhs, AppliedUndef) else getattr(e.lhs, "name", "")
    numbers = e.rhs.free_symbols & moving
    spacing = e.rhs / next(iter(numbers)) if len(numbers) == 1 else sp.S.Zero
    used = {s.name for o in others for s in o.free_symbols}
    if isinstance(e.lhs, AppliedUndef):
        used |= {c.func.__name__ for o in others for c in _standing(o)}  # the rates r_n of van Kampen
    return place.partition("_")[0] in ("x", "r") and place not in used and bool(spacing.is_Symbol)


def numbered_places(equations: Sequence[sp.Basic]) -> tuple[sp.Basic, ...]:
    """``P(x_j, t)`` as P(j, t): a place that is only named by the number of its site is that site."""
    inside = {a for e in equations for c in e.atoms(AppliedUndef) for a in c.args if isinstance(a, AppliedUndef)}
    time = sp.Symbol("t")
    heads = {a.func for a in inside if a.func.__name__ in ("x", "r", "X") and len(a.args) == 1}
    heads -= {a.func for a in inside if a.has(time)}  # a trajectory x(t) is no site
    change: dict[sp.Basic, sp.Expr] = {}
    for e in equations:
        for call in e.atoms(AppliedUndef):
            put = {a: a.args[0] for a in call.args if isinstance(a, AppliedUndef) and a.func in heads}
            if put and call.func.__name__ not in ("Mean", "Var", "Cov"):
                change[call] = call.func(*(put.get(a, a) for a in call.args))
    return tuple(_replaced(e, change) for e in equations) if change else tuple(equations)


def _replaced(e: sp.Basic, change: dict[sp.Basic, sp.Expr]) -> sp.Basic:
    if isinstance(e, sp.Equality):
        return sp.Equality(*(side.xreplace(change) for side in e.args), evaluate=False)
    return e.xreplace(change)


def _standing(e: sp.Basic) -> set[AppliedUndef]:
    """The calls of an equation that are not arguments of other calls: P(x_j, t), and no x_j."""
    if isinstance(e, AppliedUndef):
        return {e}
    return {c for a in e.args for c in _standing(a)}


def _is_plain(call: AppliedUndef, moving: set[sp.Symbol]) -> bool:
    """``a(n)``: a function of places as they stand."""
    return all(a in moving for a in call.args)


def _rewrites(e: sp.Basic) -> bool:
    return isinstance(e, sp.Equality) and isinstance(e.lhs, AppliedUndef) and _is_mirror(e)


def _is_mirror(e: sp.Equality) -> bool:
    left, right = e.args
    return (
        len(left.args) == 1
        and isinstance(right, AppliedUndef)
        and left.func == right.func
        and left.args[0] == -right.args[0]
    )


def _mirrored(found: Beside, e: sp.Equality, others: Sequence[sp.Basic]) -> Beside:
    """A law that is the same on both sides: a function of the length of the step."""
    law = e.lhs.func
    change = {
        c: law(sp.Abs(c.args[0])) for o in others for c in o.atoms(AppliedUndef) if c.func == law and len(c.args) == 1
    }
    return replace(
        found, equations=tuple(o.xreplace(change) for o in others), notes=(*found.notes, f"{law.__name__} is symmetric")
    )


def _solved(found: Beside, e: sp.Equality, order: Sequence[str], calls: set[AppliedUndef]) -> Beside:
    """``p + q = 1`` as q = 1 - p: the last of the symbols that stand linearly, by the others."""
    known = {o.lhs: o.rhs for o in found.equations if o is not e and isinstance(o, sp.Equality) and o.lhs.is_Symbol}
    gap = sp.sympify(e.lhs - e.rhs).xreplace(known)
    used = {x for o in found.equations if o is not e for x in (o.free_symbols | o.atoms(AppliedUndef))}
    heads = {c.func for c in calls}
    unknown: list[sp.Expr] = sorted(
        (
            x
            for x in gap.free_symbols | calls
            if x in used
            or (isinstance(x, AppliedUndef) and x.func in {u.func for u in used if isinstance(u, AppliedUndef)})
        ),
        key=lambda x: (
            order.index(n) if (n := x.func.__name__ if isinstance(x, AppliedUndef) else x.name) in order else -1
        ),
    )
    unknown = [x for x in unknown if not (x.is_Symbol and any(x in c.args for c in calls))]
    marks = {c: sp.Dummy() for c in calls}
    for x in reversed(unknown):
        slope = sp.diff(gap.xreplace(marks), marks.get(x, x))
        if slope.is_number and slope != 0 and len(heads) == len(calls):
            rest = sp.expand(gap.xreplace(marks) - slope * marks.get(x, x)).xreplace({m: c for c, m in marks.items()})
            stated = sp.Equality(x, sp.expand(-rest / slope), evaluate=False)
            return replace(found, equations=tuple(stated if o is e else o for o in found.equations))
    return found


def _without_small_terms(found: Beside) -> Beside:
    r"""``... + O(\Delta t^2)``, ``+ o(h)``: left out, with a note."""
    small: dict[sp.Basic, sp.Expr] = {}
    for e in found.equations:
        for side in e.args if isinstance(e, sp.Equality) else ():
            terms = sp.Add.make_args(side)
            small |= {t: sp.S.Zero for t in terms if len(terms) > 1 and _is_small(t)}
    if not small:
        return found
    kept = tuple(
        e.func(*(side.xreplace(small) for side in e.args), evaluate=False) if isinstance(e, sp.Equality) else e
        for e in found.equations
    )
    return replace(found, equations=kept, notes=tuple(f"{t} is left out" for t in sorted(small, key=str)))


def _is_small(e: sp.Basic) -> bool:
    return isinstance(e, sp.Order) or (isinstance(e, AppliedUndef) and e.func.__name__ in ("O", "o"))


# --- states ----------------------------------------------------------------------------------------------------------


def _both_signs(equations: Sequence[sp.Basic]) -> tuple[sp.Basic, ...]:
    r"""``P_\sigma`` with ``\sigma = \pm 1`` as the two states P_+ and P_-."""
    found = tuple(equations)
    for letter in sorted({e.lhs for e in found if isinstance(e, sp.Equality) and e.lhs.is_Symbol}, key=str):
        both = [e for e in found if isinstance(e, sp.Equality) and e.lhs == letter and e.rhs in (1, -1)]
        if {e.rhs for e in both} == {sp.S.One, sp.S.NegativeOne}:
            kept = [e for e in found if e not in both]
            found = tuple(dict.fromkeys(_of_sign(e, letter, sign) for e in kept for sign in (1, -1)))
    return found


def _of_sign(e: sp.Basic, letter: sp.Symbol, sign: int) -> sp.Basic:
    """The equation for one sign: the letter in names, among the arguments and elsewhere."""
    change: dict[sp.Basic, sp.Basic] = {}
    for call in e.atoms(AppliedUndef):
        name = _named(call.func.__name__, letter.name, sign)
        arguments = [a.xreplace({letter: sp.Integer(sign)}) for a in call.args]
        state = next((n for n, a in enumerate(call.args) if a in (letter, -letter)), None)
        if state is not None:
            name = f"{name}_{'+' if arguments.pop(state) == 1 else '-'}"
        change[call] = sp.Function(name)(*arguments)
    held = {call: sp.Dummy() for call in change}
    back = {held[call]: value for call, value in change.items()}
    symbols = {
        s: sp.Symbol(name)
        for s in e.xreplace(held).free_symbols
        if (name := _named(s.name, letter.name, sign)) != s.name
    }
    opened = [side.xreplace(held).xreplace({letter: sp.Integer(sign)} | symbols).xreplace(back) for side in e.args]
    return e.func(*opened, evaluate=False)


def _named(name: str, letter: str, sign: int) -> str:
    match = _SIGNED.fullmatch(name)
    if match is None or match.group("letter") != letter:
        return name
    own = sign if not match.group("minus") else -sign
    return f"{match.group('base')}{match.group('mark')}{'+' if own > 0 else '-'}"


def with_numbered_states(equations: Sequence[sp.Basic]) -> tuple[sp.Basic, ...]:
    """``P(n, 0, t)`` beside ``P(n, 1, t)`` as P_0(n, t) and P_1(n, t): what is a number wherever the function stands names it."""
    calls = {c for e in equations for c in e.atoms(AppliedUndef)}
    change: dict[sp.Basic, sp.Basic] = {}
    for function in {c.func for c in calls}:
        own = [c for c in calls if c.func == function]
        if len({len(c.args) for c in own}) != 1 or len(own[0].args) < 2:
            continue
        slots = [i for i in range(len(own[0].args)) if all(c.args[i].is_Integer for c in own)]
        others = [a for c in own for i, a in enumerate(c.args) if i not in slots and a.free_symbols - {sp.Symbol("t")}]
        if len(slots) == 1 and others:
            for c in own:
                name = f"{function.__name__}_{c.args[slots[0]]}"
                change[c] = sp.Function(name)(*(a for i, a in enumerate(c.args) if i not in slots))
    if not change:
        return tuple(equations)
    return tuple(e.func(*(side.xreplace(change) for side in e.args), evaluate=False) if isinstance(e, sp.Equality) else e.xreplace(change)
                 for e in equations)  # fmt: skip
