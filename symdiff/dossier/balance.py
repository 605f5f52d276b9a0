"""A master equation as it was read, taken apart: which density is moved where, with which weight.

``d/dt u`` or ``u(t + tau)`` on one side, a sum of weights times displaced densities on the other. Nothing is assumed of
probabilities here; that the balance closes is looked at by whoever makes a model of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import sympy as sp
from sympy.core.function import AppliedUndef

from symdiff.dossier.balance_types import Balance, Flow
from symdiff.dossier.pasted_crowds import Crowd, crowd_of
from symdiff.dossier.pasted_definitions import defined
from symdiff.dossier.pasted_drift import opened, resets_of
from symdiff.dossier.pasted_laws import is_over_jumps, laws_of
from symdiff.dossier.pasted_levels import forward
from symdiff.dossier.pasted_refusals import ADVICE, no_master_equation, refuse
from symdiff.errors import ModelError, NotYetError, SymdiffError

MOST_TERMS = 60


class Nonlinear(NotYetError):
    """Products of densities stand in the equation."""


def crowd_in(equations: Sequence[sp.Basic]) -> Crowd:
    """The rules of agents that see each other, where products of densities stand in the equations.

    Raises as :func:`symdiff.dossier.pasted_crowds.crowd_of`, and :class:`NotYetError` for integrals beside such products.
    """
    relations, names, places, time = _relations(equations)
    rates: dict[str, sp.Expr] = {}
    steps: set[sp.Expr | None] = set()
    for e in relations:
        heads = _head_atoms(e, names, time)
        if len(heads) != 1:
            raise ModelError("the density at the later time does not stand alone", instead=ADVICE)
        name, rate, step = _rate(e, heads[0], places, time)
        if name in rates:
            raise ModelError(
                f"the density '{name}' has more than one equation", instead="paste one equation per density"
            )
        if rate.atoms(sp.Integral, sp.Sum):
            raise NotYetError(
                "integrals beside products of densities are not read into a model",
                instead="state the rules in a model file",
            )
        if rate.atoms(sp.Derivative):
            raise NotYetError(
                "derivatives beside products of densities, or beside sources, are not read into a model",
                instead="write the jumps on a lattice, or state [[states]] with [[reactions]] in a model file",
            )
        rates[name] = rate
        steps.add(step)
    if len(steps) > 1 or set(rates) != set(names):
        raise ModelError(
            "the equations of all densities are needed, with one time step",
            instead="paste the equations of all densities",
        )
    return crowd_of(rates, places, time, steps.pop())


def _rate(
    e: sp.Equality, head: sp.Expr, places: tuple[sp.Symbol, ...], time: sp.Symbol
) -> tuple[str, sp.Expr, sp.Expr | None]:
    """The density that is advanced, what it gains by itself (in one step), with products as written, and the step."""
    side, other = (e.lhs, e.rhs) if e.lhs.has(head) else (e.rhs, e.lhs)
    mark = sp.Dummy()
    opened = sp.expand(side.xreplace({head: mark}))
    own = sp.diff(opened, mark)
    if own == 0 or own.has(mark) or own.atoms(AppliedUndef) or other.has(head):
        raise ModelError("the density at the later time does not stand alone", instead=ADVICE)
    rate = sp.Add(
        *(t / own for t in sp.Add.make_args(other)),
        *(-t / own for t in sp.Add.make_args(sp.expand(opened - own * mark))),
    )
    if isinstance(head, sp.Derivative):
        return head.expr.func.__name__, rate, None
    step = sp.expand(next(a for a in head.args if a.has(time)) - time)
    return head.func.__name__, rate - head.func(*places, time), step


def _relations(
    equations: Sequence[sp.Basic],
) -> tuple[list[sp.Equality], list[str], tuple[sp.Symbol, ...], sp.Symbol]:
    """The equations between densities, the names of these, their places and time."""
    relations = [forward(sums_written_out(e)) for e in equations if isinstance(e, sp.Equality) and e.lhs != e.rhs]
    refuse(relations)
    names, places, time = _densities(relations)
    if not places:
        raise ModelError(
            "nothing moves in space: the equation is one of states or of a place alone",
            instead="write the place too, as in P_A(x, t) with displaced densities, or count individuals: P_n(t); "
            "a Langevin equation is a model with [[states]] velocity and diffusivity",
        )
    left = _index_left(relations, names)
    return defined([_plain_rates(e, names, places, left) for e in relations], names), names, places, time


def balances_of(equations: Sequence[sp.Basic]) -> tuple[Balance, ...]:
    """The balances among the equations of a reading; raises :class:`ModelError` where none is one."""
    relations, names, places, time = _relations(equations)
    found: dict[str, Balance] = {}
    failures: list[SymdiffError] = []
    advanced: list[tuple[sp.Expr, SymdiffError]] = []
    heads: set[sp.Expr] = set()
    for e in relations:
        own = _head_atoms(e, names, time)
        if len(own) != 1:
            if any(time in d.variables for d in e.atoms(sp.Derivative)):
                raise ModelError(f"{e.lhs} = ... is no master equation of first order in time", instead=ADVICE)
            continue
        try:
            balance = _balance(e, names, places, time)
        except SymdiffError as error:  # another member of the same chain of equations may say it better
            failures.append(error)
            advanced.append((own[0], error))
            continue
        heads.add(own[0])
        if found.setdefault(balance.density, balance) != balance:
            raise ModelError(
                f"the density '{balance.density}' has more than one equation",
                instead="paste one equation per density; a sum over both signs of \\pm is written \\sum_{\\pm}",
            )
    missing = sorted(set(names) - set(found))
    if missing and failures:
        raise failures[0]
    unread = [refusal for head, refusal in advanced if head not in heads]  # no members of a chain that was read
    if unread:
        raise unread[0]
    if missing:
        raise ModelError(
            f"the density '{missing[0]}' occurs, but its own equation is missing",
            instead="paste the equations of all states",
        )
    if len({b.step for b in found.values()}) > 1:
        raise ModelError("the equations advance time by different steps", instead="use one time step")
    return tuple(found.values())


def _plain_rates(e: sp.Equality, names: Sequence[str], places: Sequence[sp.Symbol], left: int) -> sp.Equality:
    """Rates under two site numbers, W(n, n - 1), as functions of the one that is left; rates under numbers alone, w(1), as symbols."""
    change: dict[sp.Basic, sp.Expr] = {}
    for call in _calls(e):
        name = call.func.__name__
        if name in names:
            continue
        if all(a.is_Integer for a in call.args):
            change[call] = sp.Symbol(f"{name}_{','.join(map(str, call.args))}")
        elif (
            len(call.args) == 2 and len(places) == 1 and _is_a_step(d := sp.expand(call.args[0] - call.args[1]), places)
        ):
            up = d > 0 if d.is_Integer else not d.could_extract_minus_sign()
            number = abs(d) if d.is_Integer else abs(d.as_coeff_Mul()[0])
            size = "" if number == 1 else str(number)
            ahead = up if left == 1 else not up
            change[call] = sp.Function(f"{name}_{'plus' if ahead else 'minus'}{size}")(call.args[left])
    return sp.Equality(e.lhs.xreplace(change), e.rhs.xreplace(change), evaluate=False) if change else e


def _is_a_step(d: sp.Expr, places: Sequence[sp.Symbol]) -> bool:
    """A number of sites, or a multiple of one length, which no place stands in."""
    number, length = d.as_coeff_Mul()
    return d != 0 and (
        (d.is_Integer is True) or (bool(length.is_Symbol) and bool(number.is_Integer) and length not in places)
    )


def _index_left(relations: Sequence[sp.Equality], names: Sequence[str]) -> int:
    """Which site number of a rate W(n, m) is that of the site left: the one where the density beside it stands."""
    votes = [0, 0]
    for side in (side for e in relations for side in e.args):
        for term in sp.Add.make_args(sp.expand(side)):
            factors = [f for f in sp.Mul.make_args(term) if isinstance(f, AppliedUndef)]
            places = {f.args[0] for f in factors if f.func.__name__ in names}
            for rate in (f for f in factors if f.func.__name__ not in names and len(f.args) == 2):
                votes[0] += rate.args[0] in places and rate.args[1] not in places
                votes[1] += rate.args[1] in places and rate.args[0] not in places
    return 0 if votes[0] > votes[1] else 1


def sums_written_out(e: sp.Equality) -> sp.Equality:
    """Sums over a few numbers, and over the sites at a given distance on a line, as their terms."""
    while sums := [
        s
        for s in e.atoms(sp.Sum, AppliedUndef)
        if _is_sum(s) and not is_over_jumps(s) and not any(_is_sum(a) for a in s.args[0].atoms(sp.Sum, AppliedUndef))
    ]:
        total = min(sums, key=str)
        if isinstance(total, sp.Sum):
            terms = _terms(total)
        else:
            around = e.xreplace({total: sp.Integer(0)}).free_symbols
            terms = _at_a_distance(total.args[0], total.args[1], around)
        e = sp.Equality(*(side.xreplace({total: sp.Add(*terms)}) for side in e.args), evaluate=False)
    return e


def _is_sum(e: sp.Basic) -> bool:
    return isinstance(e, sp.Sum) or (isinstance(e, AppliedUndef) and e.func.__name__ == "Sum" and len(e.args) == 2)


def _terms(total: sp.Sum) -> list[sp.Expr]:
    terms = [total.function]
    for variable, low, high in total.limits:
        if not (low.is_Integer and high.is_Integer and len(terms) * (high - low + 1) <= MOST_TERMS):
            raise NotYetError("sums without end, or to an end without a number, are not turned into a model yet",
                              instead="state the law of the steps in a model file ([[jumps]] with index = {j = [...]})")  # fmt: skip
        terms = [t.xreplace({variable: sp.Integer(j)}) for t in terms for j in range(int(low), int(high) + 1)]
    return terms


def _at_a_distance(body: sp.Expr, condition: sp.Basic, around: set[sp.Symbol]) -> list[sp.Expr]:
    """The terms of the two sites j with abs(j - i) = m, where i stands elsewhere in the equation and j does not."""
    if isinstance(condition, AppliedUndef) and condition.func.__name__ == "Neighbours":
        raise NotYetError("which sites are neighbours is not said", instead="write the terms out, as P_{i+1,j} + P_{i-1,j} + ..., "
                          "or name the lattice in a model file: lattice = \"square\"")  # fmt: skip
    if isinstance(condition, sp.Equality) and isinstance(condition.lhs, sp.Abs) and condition.rhs.is_positive:
        gap, distance = condition.lhs.args[0], condition.rhs
        own, other = gap.free_symbols - around, gap.free_symbols & around
        if len(own) == len(other) == 1 and distance.is_Integer:
            (j,), (i,) = own, other
            if gap in (i - j, j - i):
                return [body.xreplace({j: i + d}) for d in (distance, -distance)]
    raise NotYetError("a sum under this condition is not turned into a model yet", instead="write the terms out")


def _calls(e: sp.Basic) -> list[AppliedUndef]:
    return sorted(e.atoms(AppliedUndef), key=str)


def _densities(relations: Sequence[sp.Equality]) -> tuple[list[str], tuple[sp.Symbol, ...], sp.Symbol]:
    """The names of the densities, their places, and the symbol of time."""
    for e in relations:
        for d in sorted(e.atoms(sp.Derivative), key=str):
            variables = [v for v, _ in d.variable_count]
            if (
                isinstance(d.expr, AppliedUndef)
                and len(variables) == 1
                and variables[0].name == "t"
                and d.derivative_count == 1
            ):
                places = tuple(a for a in d.expr.args if a != variables[0])
                if all(p.is_Symbol for p in places):
                    return _heads(relations, places, variables[0]), places, variables[0]
    for e in relations:
        found = _advanced(e)
        if found is not None:
            call, time = found
            base = next(iter(call.args[call.args.index(a)] for a in call.args if a.has(time)))
            places = tuple(a for a in call.args if a is not base)
            if places and all(p.is_Symbol for p in places):
                return _heads(relations, places, time), places, time
    raise no_master_equation(relations)


def _advanced(e: sp.Equality) -> tuple[AppliedUndef, sp.Symbol] | None:
    """A call that is ahead of all others in exactly one argument, and the symbol of that argument.

    ``P(i, j, n + 1) = ... P(i, j + 1, n)`` has two such calls: the time is ``t``, or what the left side is ahead in.
    """
    calls = _calls(e)
    bound = {limit[0] for total in e.atoms(sp.Sum, sp.Integral) for limit in total.limits}
    found: list[tuple[AppliedUndef, sp.Symbol]] = []
    for call in calls:
        others = [c for c in calls if c.func == call.func and c != call]
        others = others or [c for c in calls if c != call]  # A is fed by B alone, as between two sublattices
        for slot, argument in enumerate(call.args):
            symbols = sorted(argument.free_symbols, key=str)
            for time in symbols:
                ahead = sp.expand(argument - time)
                if ahead == 0 or ahead.has(time) or not others or ahead.could_extract_minus_sign():
                    continue
                if all(len(c.args) == len(call.args) and c.args[slot] == time for c in others) and _looks_like_time(
                    time, [call, *others], slot, bound
                ):
                    found.append((call, time))
    return min(found, key=lambda f: (f[1].name != "t", not e.lhs.has(f[0])), default=None)


def _looks_like_time(time: sp.Symbol, calls: Sequence[AppliedUndef], slot: int, bound: set[sp.Symbol]) -> bool:
    """'t', or an argument that every other term shares while they differ in a place, or stand under a sum over places."""
    places = {tuple(a for n, a in enumerate(c.args) if n != slot) for c in calls}
    return time.name == "t" or len(places) > 1 or any(b.free_symbols & bound for p in places for b in p)


def _heads(relations: Sequence[sp.Equality], places: tuple[sp.Symbol, ...], time: sp.Symbol) -> list[str]:
    """Every field that is advanced in one of the equations, in that order; others with the same arguments count as densities too."""
    found: list[str] = []
    for e in relations:
        for call in _calls(e):
            name = call.func.__name__
            if len(call.args) == len(places) + 1 and any(a.has(time) for a in call.args) and name not in found:
                found.append(name)
    return found


def _head_atoms(e: sp.Equality, names: Sequence[str], time: sp.Symbol) -> list[sp.Expr]:
    found: list[sp.Expr] = []
    for d in sorted(e.atoms(sp.Derivative), key=str):
        if isinstance(d.expr, AppliedUndef) and d.expr.func.__name__ in names and dict(d.variable_count).get(time) == 1:
            found.append(d)
    for call in _calls(e):
        if call.func.__name__ in names and any(a.has(time) and a != time for a in call.args):
            found.append(call)
    return found


def _balance(e: sp.Equality, names: Sequence[str], places: tuple[sp.Symbol, ...], time: sp.Symbol) -> Balance:
    (head,) = _head_atoms(e, names, time)
    written = e.lhs - e.rhs
    held: dict[sp.Basic, sp.Expr] = {i: sp.Dummy() for i in written.atoms(sp.Integral, sp.Sum)}
    back = {dummy: i for i, dummy in held.items()}
    laws, gap = laws_of(sp.expand(written.xreplace(held)).xreplace(back), names, places, time)
    gap = opened(gap, names)
    marks, atoms = _marked(gap, names, time)
    marked = sp.expand(gap.xreplace(marks))
    dummies = {marks[a] for a in atoms}
    own = sp.diff(marked, marks[head]) if head in marks else sp.S.Zero
    if own == 0 or own.free_symbols & dummies:
        raise ModelError("the density at the later time does not stand alone", instead=ADVICE)
    flows = []
    rest = marked
    for atom in atoms:
        weight = sp.diff(marked, marks[atom])
        if weight.free_symbols & dummies:
            raise Nonlinear("the equation is not linear in the densities")
        rest = rest - weight * marks[atom]
        if atom != head and weight != 0:
            flows.append(_flow(atom, sp.expand(-weight / own) if own in (1, -1) else -weight / own, places, time))
    sources = sp.Add.make_args(-sp.expand(rest) / own)
    moving = any(isinstance(a, sp.Derivative) and a != head for a in atoms)
    if not moving and any(
        s != 0 and not s.has(*places, sp.DiracDelta, sp.KroneckerDelta) and not _calls(s) for s in sources
    ):
        raise Nonlinear("walkers arrive from outside")  # reactions say it
    lasting = isinstance(head, sp.Derivative)
    resets, arriving = resets_of(-sp.expand(rest) / own, places, len(names), lasting)
    step = None
    call = head
    if isinstance(head, sp.Derivative):
        call = head.expr
    else:
        step = sp.expand(next(a for a in head.args if a.has(time)) - time)
    if any(a != p for a, p in zip([a for a in call.args if not a.has(time)], places, strict=True)):
        raise ModelError(f"{call} is advanced at a displaced place", instead=ADVICE)
    laws = tuple(replace(law, weight=sp.expand(-law.weight / own)) for law in laws)
    crowded = _multiplied(written.xreplace(marks), dummies)
    return Balance(call.func.__name__, places, step, tuple(flows), crowded, laws, resets=resets, sources=arriving)


def _multiplied(gap: sp.Expr, densities: set[sp.Dummy]) -> bool:
    """Whether densities are multiplied by each other as written."""
    return any(sum(bool(f.free_symbols & densities) for f in m.args) > 1 for m in gap.atoms(sp.Mul)) or any(
        bool(p.base.free_symbols & densities) for p in gap.atoms(sp.Pow)
    )


def _marked(gap: sp.Expr, names: Sequence[str], time: sp.Symbol) -> tuple[dict[sp.Basic, sp.Dummy], list[sp.Expr]]:
    """A dummy for every density and every derivative of one; derivatives first, so that they are replaced whole."""
    atoms: list[sp.Expr] = [
        d
        for d in sorted(gap.atoms(sp.Derivative), key=str)
        if isinstance(d.expr, AppliedUndef) and d.expr.func.__name__ in names
    ]
    others = [d for d in gap.atoms(sp.Derivative) if d not in atoms and d.atoms(AppliedUndef) and any(
        c.func.__name__ in names for c in d.atoms(AppliedUndef))]  # fmt: skip
    if others:
        raise NotYetError(f"{others[0]} is the derivative of a product; it is not read into a model yet",
                          instead="write the derivative out")  # fmt: skip
    held = {d: sp.Dummy() for d in atoms}
    opened = gap.xreplace(held)
    calls = [c for c in _calls(opened) if c.func.__name__ in names]
    return {**held, **{c: sp.Dummy() for c in calls}}, [*atoms, *calls]


def _flow(atom: sp.Expr, weight: sp.Expr, places: tuple[sp.Symbol, ...], time: sp.Symbol) -> Flow:
    call = atom.expr if isinstance(atom, sp.Derivative) else atom
    orders = [0] * len(places)
    if isinstance(atom, sp.Derivative):
        for variable, count in atom.variable_count:
            if variable not in places:
                raise ModelError(f"{atom} stands on the right", instead=ADVICE)
            if not sp.sympify(count).is_Integer:
                raise NotYetError(f"{atom} is a derivative of an order without a number", instead="write its order")
            orders[places.index(variable)] += int(count)
    if not any(a == time for a in call.args):
        raise NotYetError(f"{call} is read at another time than the rest: equations of more than two levels are no jump model",
                          instead="state it as [model] latex_master_equation")  # fmt: skip
    rest = list(call.args)
    rest.remove(time)
    if len(rest) != len(places):
        raise ModelError(
            f"{call} has other arguments than the density elsewhere", instead="write all of its arguments everywhere"
        )
    shift = tuple(sp.expand(a - p) for a, p in zip(rest, places, strict=True))
    if any(s.free_symbols & set(places) for s in shift):
        raise NotYetError(
            f"the place of {call} is no constant displacement",
            instead="state the model in a file: displacements may depend on place",
        )
    return Flow(call.func.__name__, shift, weight, tuple(orders))
