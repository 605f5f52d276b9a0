"""Claims that are nonlinear equations, or one of several coupled ones, compared as expressions in the densities' derivatives."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from fractions import Fraction

import sympy as sp
from sympy.core.function import AppliedUndef

from symdiff.algebra.equality import Answer
from symdiff.continuum.limit import ContinuumLimit
from symdiff.dossier.comparing import Arena
from symdiff.dossier.constants import matching_constants, spoken
from symdiff.dossier.quantities import MissingQuantityError
from symdiff.dossier.resolving import Resolver
from symdiff.model.jump_model import JumpModel
from symdiff.verification.claim import Relation
from symdiff.verification.verdict import CONDITIONAL, PROVED, REFUTED, SILENT, UNDECIDED, RegimeVerdict


def judge_nonlinear(
    relation: Relation, limit: ContinuumLimit, arena: Arena, resolver: Resolver, roles: dict[str, str]
) -> RegimeVerdict:
    """``d_t u = F`` against the equation of u: both sides with all derivatives written out, at one instant of time."""
    model = arena.model
    densities = {e.density: sp.Function(e.density)(*model.coordinate_symbols, model.time) for e in limit.equations}
    together = _in_one_equation(relation, limit, densities, model)
    timed = any(
        model.time in d.variables for side in (relation.left, relation.right) for d in side.atoms(sp.Derivative)
    )
    try:
        if limit.equation is not None and not timed:
            gap = resolved_in(relation.left - relation.right, densities, resolver)
            roles.update(resolver.roles)
            return _steady(gap, densities, limit, arena, resolver)
        if together is not None:
            gap = resolved_in(together, densities, resolver)
            roles.update(resolver.roles)
            return _of_several(gap, densities, limit, arena, resolver)
        name, claimed = solved_for_time(relation, densities, model)
        claimed = resolved_in(claimed, densities, resolver)
    except MissingQuantityError as missing:
        return RegimeVerdict("", SILENT if missing.known else UNDECIDED, (), missing.what)
    roles.update(resolver.roles)
    equation = next(e for e in limit.equations if e.density == name)
    if any(t.time != 1 for t in equation.left) or len(equation.left) != 1 or equation.left[0].coefficient != 1:
        return RegimeVerdict("", SILENT, (), "the equation of this regime is not of first order in time")
    derived, claimed = (at_one_instant(e, densities, model) for e in (equation.rhs, claimed))
    answer = arena.equal(derived, claimed, _kept(limit, arena))
    used = resolver.derived
    if answer.answer is Answer.PROVED:
        agree = RegimeVerdict("", PROVED, used, f"the equations of {name} agree, all derivatives written out")
        return _further_terms(claimed, derived, name, densities, limit, arena, used) or agree
    if answer.answer is Answer.UNDECIDED:
        return RegimeVerdict("", UNDECIDED, used, f"the equations of {name} could be neither identified nor told apart")
    return RegimeVerdict("", REFUTED, used, f"the right-hand sides of d_t {name} differ", answer.witness, answer.left, answer.right,
                         correct=equation.rhs)  # fmt: skip


STEADY = "the claim is the equation without its derivative in time, that of a steady density"


def _steady(
    gap: sp.Expr, densities: dict[str, AppliedUndef], limit: ContinuumLimit, arena: Arena, resolver: Resolver
) -> RegimeVerdict:
    """``D u'' + r u (1 - u) = 0`` against the right-hand side of d_t u, up to a constant factor, told by the highest derivative."""
    assert limit.equation is not None
    ours, theirs = (at_one_instant(e, densities, arena.model) for e in (limit.equation.rhs, gap))
    bend = max(
        (d for d in ours.atoms(sp.Derivative) if theirs.has(d)), key=lambda d: (len(d.variables), str(d)), default=None
    )
    if bend is None or len(bend.variables) < 2:
        return RegimeVerdict(
            "",
            SILENT,
            (),
            "the claim has no derivative in time, and none in space that the equation of this regime has",
        )
    mark = sp.Dummy()
    first, second = (sp.diff(sp.expand(e).xreplace({bend: mark}), mark).xreplace({mark: bend}) for e in (ours, theirs))
    claimed = theirs * first / second
    answer = arena.equal(ours, claimed, _kept(limit, arena))
    used = resolver.derived
    if answer.answer is Answer.PROVED:
        return RegimeVerdict("", PROVED, used, STEADY, reservation=STEADY)
    if answer.answer is Answer.UNDECIDED:
        return RegimeVerdict(
            "", UNDECIDED, used, "the equations of a steady density could be neither identified nor told apart"
        )
    return RegimeVerdict("", REFUTED, used, "the equations of a steady density differ", answer.witness, answer.left, answer.right,
                         correct=limit.equation.rhs)  # fmt: skip


def _further_terms(
    claimed: sp.Expr, derived: sp.Expr, name: str, densities: dict[str, AppliedUndef], limit: ContinuumLimit, arena: Arena,
    used: tuple[tuple[str, sp.Expr], ...],
) -> RegimeVerdict | None:  # fmt: skip
    """The verdict on terms of a claim that the regime does not keep, against the first ones that it discards; None where they agree.

    Only terms with derivatives that the kept equation does not have are told apart from corrections of its coefficients.
    """
    beyond = claimed.atoms(sp.Derivative) - derived.atoms(sp.Derivative)
    first = next((d for d in limit.discarded if d.density in ("", name)), None)
    if not beyond or first is None:
        return None
    equation = next(e for e in limit.equations if e.density == name)
    rest = at_one_instant(replace(equation, right=first.terms).rhs, densities, arena.model)
    if not beyond <= rest.atoms(sp.Derivative):
        return None
    theirs, ours = (
        sp.Add(*(t for t in sp.Add.make_args(sp.expand(e)) if t.has(*beyond) and not t.atoms(sp.Derivative) - beyond))
        for e in (claimed, rest)
    )
    answer = arena.equal(ours, theirs)
    if answer.answer is not Answer.REFUTED:
        return None
    why = "they agree to the order that the regime keeps, and differ in the terms beyond it"
    whole = replace(equation, right=(*equation.right, *first.terms)).rhs
    return RegimeVerdict("", REFUTED, used, why, answer.witness, answer.left, answer.right, correct=whole)


def _in_one_equation(
    relation: Relation, limit: ContinuumLimit, densities: dict[str, AppliedUndef], model: JumpModel
) -> sp.Expr | None:
    """``d_t (S + I) = F`` with the derived right-hand sides put in for the time derivatives, so that it has to vanish.

    None where the claim does not advance several densities.
    """
    gap = relation.left - relation.right
    sums = [d for d in gap.atoms(sp.Derivative) if d.expr.is_Add and d.expr.has(*densities.values())]
    gap = gap.xreplace({d: d.doit() for d in sums})
    change = {}
    for e in limit.equations:
        head = sp.Derivative(densities[e.density], model.time)
        if gap.has(head):
            if [t.time for t in e.left] != [1] or e.left[0].coefficient != 1:
                return None
            change[head] = e.rhs
    if len(change) < 2:
        return None
    result = gap.xreplace(change)
    return None if any(model.time in (v for v, _ in d.variable_count) for d in result.atoms(sp.Derivative)) else result


def _of_several(
    gap: sp.Expr, densities: dict[str, AppliedUndef], limit: ContinuumLimit, arena: Arena, resolver: Resolver
) -> RegimeVerdict:
    """The verdict on an equation that advances a sum of densities, from what is left of it."""
    answer = arena.equal(at_one_instant(gap, densities, arena.model), sp.Integer(0), _kept(limit, arena))
    names = " and ".join(densities)
    if answer.answer is Answer.PROVED:
        return RegimeVerdict("", PROVED, resolver.derived, f"it follows from the equations of {names}")
    if answer.answer is Answer.UNDECIDED:
        return RegimeVerdict("", UNDECIDED, resolver.derived, "it could be neither derived nor told apart")
    why = f"with the equations of {names} put in, the sides differ by {gap}"
    return RegimeVerdict("", REFUTED, resolver.derived, why, answer.witness, answer.left, answer.right)


def judge_with_constants(
    relation: Relation, limit: ContinuumLimit, arena: Arena, resolver: Resolver
) -> RegimeVerdict | None:
    """The verdict where the claim leaves constants open (undeclared symbols, or D where the derived D depends on place).

    None where it leaves none open, or where no constants make it the derived equation.
    """
    model = arena.model
    unknown = _open_constants(relation, model, resolver)
    if not unknown or any(t.time != 1 for e in limit.equations for t in e.left):
        return None
    densities = {e.density: sp.Function(e.density)(*model.coordinate_symbols, model.time) for e in limit.equations}
    try:
        name, claimed = solved_for_time(relation, densities, model)
        claimed = resolved_in(claimed, densities, resolver, unknown)
    except MissingQuantityError:
        return None
    equation = next(e for e in limit.equations if e.density == name)
    derived, claimed = (at_one_instant(e, densities, model) for e in (equation.rhs, claimed))
    found = matching_constants(claimed - derived, unknown, model)
    if found is None or arena.equal(derived, claimed.xreplace(found), _kept(limit, arena)).answer is not Answer.PROVED:
        return None
    return RegimeVerdict("", CONDITIONAL, tuple((str(s), v) for s, v in found.items()), spoken(found))


def _open_constants(relation: Relation, model: JumpModel, resolver: Resolver) -> set[sp.Symbol]:
    """Undeclared symbols without a role here, or with one whose value is no constant."""
    own = {p.symbol for p in model.parameters} | {*model.coordinate_symbols, model.time}
    found = set()
    for symbol in (relation.left.free_symbols | relation.right.free_symbols) - own:
        try:
            value = resolver.symbol(symbol.name)
        except MissingQuantityError:
            found.add(symbol)
            continue
        if value.atoms(AppliedUndef) or value.has(*model.coordinate_symbols):
            found.add(symbol)
    return found


def _kept(limit: ContinuumLimit, arena: Arena) -> Fraction | None:
    return None if arena.exact else Fraction(limit.kept_power)


def solved_for_time(relation: Relation, densities: dict[str, AppliedUndef], model: JumpModel) -> tuple[str, sp.Expr]:
    """The density that is advanced, and everything else on the right-hand side."""
    gap = relation.left - relation.right
    heads = [
        d
        for d in gap.atoms(sp.Derivative)
        if d.expr in densities.values() and tuple(d.variable_count) == ((model.time, 1),)
    ]
    known = {*model.coordinate_symbols, model.time}
    strange = {v for d in gap.atoms(sp.Derivative) if d.expr in densities.values() for v in d.variables} - known
    if strange:
        names = ", ".join(sorted(map(str, strange)))
        raise MissingQuantityError(f"a derivative along {names}, which is no coordinate of the model", False)
    if len(heads) != 1:
        raise MissingQuantityError("the claim advances no single density of this regime in time", True)
    (head,), mark = heads, sp.Dummy()
    marked = sp.expand(gap.xreplace({head: mark}))
    own = sp.diff(marked, mark)
    if own == 0 or own.has(mark, *densities.values()):
        raise MissingQuantityError("the time derivative does not stand alone", False)
    rest = -(marked - own * mark) / own
    if any(model.time in (v for v, _ in d.variable_count) for d in rest.atoms(sp.Derivative)):
        raise MissingQuantityError("the claim has more than one time derivative", True)
    return head.expr.func.__name__, rest


def resolved_in(
    expression: sp.Expr, densities: dict[str, AppliedUndef], resolver: Resolver, kept: Collection[sp.Symbol] = ()
) -> sp.Expr:
    """Roles and parameters put in; the densities themselves are left as they are."""
    held = {call: sp.Dummy() for call in densities.values()}
    back = {mark: call for call, mark in held.items()}
    roles = [c for c in expression.atoms(AppliedUndef) if set(c.args) & set(densities.values()) and c not in held]
    written = expression.xreplace({c: resolver.symbol(c.func.__name__) for c in roles}).doit(
        deep=True
    )  # D(u) before its chain rule
    derivatives = {d: sp.Dummy() for d in written.atoms(sp.Derivative) if d.expr in densities.values()}
    marked = written.xreplace(derivatives).xreplace(held)
    resolved = resolver.resolve(marked, {*derivatives.values(), *held.values(), *kept})
    return resolved.xreplace(back).xreplace({mark: d for d, mark in derivatives.items()})


def frozen(expression: sp.Expr, limit: ContinuumLimit | None, model: JumpModel) -> sp.Expr:
    """An expression in the densities of a limit at one instant of time."""
    if limit is None:
        return expression
    calls = {e.density: sp.Function(e.density)(*model.coordinate_symbols, model.time) for e in limit.equations}
    return at_one_instant(expression, calls, model) if expression.has(*calls.values()) else expression


def at_one_instant(expression: sp.Expr, densities: dict[str, AppliedUndef], model: JumpModel) -> sp.Expr:
    """All derivatives written out, with the densities as functions of place alone."""
    places = {call: sp.Function(name)(*model.coordinate_symbols) for name, call in densities.items()}
    return expression.subs(places).doit(deep=True)
