"""Claims that are equations with a gain at fixed places (resetting): the local terms as elsewhere, the gains place by place."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction

import sympy as sp
from sympy.core.function import AppliedUndef

from symdiff.algebra.equality import Answer, Comparison
from symdiff.continuum.limit import ContinuumLimit
from symdiff.continuum.resetting import without_gain
from symdiff.dossier.comparing import Arena
from symdiff.dossier.quantities import MissingQuantityError, Quantities
from symdiff.dossier.resolving import Resolver
from symdiff.model.definitions import expand_definitions
from symdiff.model.jump_model import JumpModel
from symdiff.verification.claim import Claim, Relation
from symdiff.verification.verdict import PROVED, REFUTED, SILENT, UNDECIDED, RegimeVerdict

Local = Callable[[Claim, Relation, Arena, dict[str, str]], RegimeVerdict]


@dataclass(frozen=True)
class Gain:
    """weight(x) times the walkers at x, summed over x, times the derivative of delta of this ``order`` at ``place``."""

    place: tuple[sp.Expr, ...]
    order: tuple[int, ...]
    weight: sp.Expr


def judge_with_gain(
    claim: Claim, relation: Relation, arena: Arena, roles: dict[str, str], local: Local
) -> RegimeVerdict:
    """The local terms by ``local``, then what the claim gives back at the places of the destinations."""
    limit, model = arena.limit, arena.model
    assert limit is not None
    gap = sp.expand((relation.left - relation.right).doit(deep=False))
    head = gap.coeff(
        sp.Derivative(sp.Function(limit.equations[0].density)(*model.coordinate_symbols, model.time), model.time)
    )
    gained = sp.Add(*(a for a in sp.Add.make_args(gap) if a.has(sp.DiracDelta)))
    rest = replace(relation, left=sp.expand(gap - gained), right=sp.Integer(0))
    verdict = local(claim, rest, replace(arena, limit=without_gain(limit)), roles)
    if verdict.verdict != PROVED:
        return verdict
    if head == 0 or head.has(*model.coordinate_symbols):
        return RegimeVerdict(
            "", UNDECIDED, (), "the claim has no derivative in time with a constant in front: its gain is not compared"
        )
    resolver = Resolver(model, Quantities(model, limit), dict(claim.statement.symbols))
    try:
        claimed = _gains(sp.expand(-gained / head), limit, model, resolver)
    except MissingQuantityError as missing:
        return RegimeVerdict("", SILENT if missing.known else UNDECIDED, (), missing.what)
    return _compared(claimed, derived_gains(limit, model), limit, arena, verdict)


def derived_gains(limit: ContinuumLimit, model: JumpModel) -> list[Gain]:
    """The gains of a limit's one equation."""
    zero = (0,) * model.dimension
    found = []
    for s in limit.resets:
        weight = expand_definitions(s.weight, model.functions)
        found += [Gain(s.place, order, weight * c) for order, c in ((zero, sp.Integer(1)), *s.kernel)]
    return found


def _compared(
    claimed: list[Gain], derived: list[Gain], limit: ContinuumLimit, arena: Arena, local: RegimeVerdict
) -> RegimeVerdict:
    kept = None if arena.exact else Fraction(limit.kept_power)
    ours, theirs = _by_place(derived, arena), _by_place(claimed, arena)
    if ours is None or theirs is None:
        return RegimeVerdict(
            "", UNDECIDED, local.derived, "the places at which walkers begin anew could not be told apart"
        )
    pairs: list[tuple[Gain, sp.Expr, sp.Expr]] = [(g, g.weight, sp.Integer(0)) for g in ours]
    for gain in theirs:
        answers = [_same_place(gain, g, arena) for g in ours]
        if Answer.UNDECIDED in answers:
            return RegimeVerdict(
                "", UNDECIDED, local.derived, "the places at which walkers begin anew could not be told apart"
            )
        if Answer.PROVED in answers:
            n = answers.index(Answer.PROVED)
            pairs[n] = (pairs[n][0], pairs[n][1], gain.weight)
        else:
            pairs.append((gain, sp.Integer(0), gain.weight))
    for gain, derived_weight, claimed_weight in pairs:
        answer: Comparison = arena.equal(derived_weight, claimed_weight, kept)
        where = ", ".join(map(str, gain.place))
        if answer.answer is Answer.UNDECIDED:
            return RegimeVerdict("", UNDECIDED, local.derived, f"the gain at {where} could not be compared")
        if answer.answer is Answer.REFUTED:
            return RegimeVerdict("", REFUTED, local.derived, f"the gain at {where} differs", answer.witness, answer.left, answer.right,
                                 correct=limit.equations[0].rhs)  # fmt: skip
    return replace(local, why="the local terms and the gain agree")


def _same_place(one: Gain, two: Gain, arena: Arena) -> Answer:
    if one.order != two.order:
        return Answer.REFUTED
    answers = [arena.equal(a, b).answer for a, b in zip(one.place, two.place, strict=True)]
    if Answer.REFUTED in answers:
        return Answer.REFUTED
    return Answer.UNDECIDED if Answer.UNDECIDED in answers else Answer.PROVED


def _by_place(gains: list[Gain], arena: Arena) -> list[Gain] | None:
    """Gains at one place added up; None where two places could not be told apart."""
    found: list[Gain] = []
    for gain in gains:
        answers = [_same_place(gain, g, arena) for g in found]
        if Answer.UNDECIDED in answers:
            return None
        if Answer.PROVED in answers:
            n = answers.index(Answer.PROVED)
            found[n] = replace(found[n], weight=found[n].weight + gain.weight)
        else:
            found.append(gain)
    return found


def _gains(expression: sp.Expr, limit: ContinuumLimit, model: JumpModel, resolver: Resolver) -> list[Gain]:
    """The claimed gains; raises :class:`MissingQuantityError` for what has another form."""
    return [_gain(a, limit, model, resolver) for a in sp.Add.make_args(expression) if a != 0]


def _gain(term: sp.Expr, limit: ContinuumLimit, model: JumpModel, resolver: Resolver) -> Gain:
    x = model.coordinate_symbols
    place: list[sp.Expr | None] = [None] * len(x)
    order = [0] * len(x)
    rest: list[sp.Expr] = []
    factors = list(sp.Mul.make_args(term))
    while factors:
        factor = factors.pop(0)
        if isinstance(factor, sp.Derivative) and factor.expr.has(sp.DiracDelta):
            for v, n in factor.variable_count:
                if v not in x:
                    raise MissingQuantityError(f"a derivative of the delta function along {v}", False)
                order[x.index(v)] += int(n)
            factors += list(sp.Mul.make_args(factor.expr))
            continue
        if not isinstance(factor, sp.DiracDelta):
            rest.append(factor)
            continue
        axis, where, scale = _at(factor.args[0], x)
        if place[axis] is not None:
            raise MissingQuantityError("a product of delta functions of one coordinate", False)
        place[axis] = where
        more = int(factor.args[1]) if len(factor.args) > 1 else 0
        order[axis] += more
        rest.append(scale ** (-more) / sp.Abs(scale))
    if any(p is None for p in place):
        raise MissingQuantityError("the delta function does not fix every coordinate", False)
    fixed = tuple(resolver.resolve(p) for p in place if p is not None)
    return Gain(fixed, tuple(order), _weight(sp.Mul(*rest), fixed, any(order), limit, model, resolver))


def _at(argument: sp.Expr, x: tuple[sp.Symbol, ...]) -> tuple[int, sp.Expr, sp.Expr]:
    """(axis, place, slope) of an argument that is linear in one coordinate."""
    involved = [c for c in x if argument.has(c)]
    if len(involved) == 1:
        slope = sp.diff(argument, involved[0])
        if slope.is_number:
            return x.index(involved[0]), sp.expand(involved[0] - argument / slope), slope
    raise MissingQuantityError(f"the argument {argument} of the delta function is no difference of places", False)


def _weight(
    factor: sp.Expr, place: tuple[sp.Expr, ...], moved: bool, limit: ContinuumLimit, model: JumpModel, resolver: Resolver
) -> sp.Expr:  # fmt: skip
    """What is summed over the walkers: the constants in front times the integrand over the density."""
    x, weight = model.coordinate_symbols, sp.Integer(1)
    sums = [f for f in sp.Mul.make_args(factor) if isinstance(f, sp.Integral)]
    outside = factor / sp.Mul(*sums)
    if outside.has(*x):
        if moved:
            raise MissingQuantityError("a derivative of the delta function times a function of place", False)
        outside = outside.xreplace(dict(zip(x, place, strict=True)))
    if not sums:
        if outside.atoms(AppliedUndef) & {sp.Function(limit.equations[0].density)(*place, model.time)}:
            raise MissingQuantityError(
                "the gain is in proportion to the density at the place itself, which no jump to it gives", False
            )
        if not all(s.is_total for s in limit.resets):
            raise MissingQuantityError(
                "the gain is no constant here: write it as an integral over the walkers that are put back", False
            )
        return resolver.resolve(outside)
    if len(sums) > 1:
        raise MissingQuantityError("a product of integrals", False)
    body, names = sums[0].function, [limits[0] for limits in sums[0].limits]
    whole = all(len(one) == 3 and tuple(one[1:]) == (-sp.oo, sp.oo) for one in sums[0].limits)
    calls = [c for c in body.atoms(AppliedUndef) if c.func.__name__ == limit.equations[0].density]
    if len(calls) != 1 or not whole or list(calls[0].args[:-1]) != names or calls[0].args[-1] != model.time:
        raise MissingQuantityError("the gain is an integral over the density in all places, in another form", False)
    mark = sp.Dummy()
    inside = sp.expand(body.xreplace({calls[0]: mark}))
    weight = sp.diff(inside, mark)
    if sp.expand(inside - weight * mark) != 0 or weight.has(mark):
        raise MissingQuantityError("the gain is not linear in the density", False)
    return resolver.resolve(outside * weight.xreplace(dict(zip(names, x, strict=True))))
