"""Claims that are PDEs for the density, compared coefficient by coefficient."""

from __future__ import annotations

import re
from dataclasses import replace
from fractions import Fraction

import sympy as sp

from symdiff.algebra.equality import Answer, Comparison
from symdiff.continuum.limit import ContinuumLimit, backward_field
from symdiff.dossier.check_flux import flux_calls, flux_named, judge_flux, with_flux
from symdiff.dossier.check_mixed import has_mixed, judge_mixed
from symdiff.dossier.check_nonlinear import STEADY, judge_nonlinear, judge_with_constants
from symdiff.dossier.check_walls import judge_terms_at_wall
from symdiff.dossier.claim_kinds import density_calls, lone_states
from symdiff.dossier.claimed_terms import Key, NotLinearError, Terms, claimed_terms, derived_terms, with_places
from symdiff.dossier.comparing import Arena, in_model_form
from symdiff.dossier.kept_orders import smaller_than_kept
from symdiff.dossier.mending import mended
from symdiff.dossier.mending_equations import with_slip
from symdiff.dossier.quantities import MissingQuantityError, Quantities, densities_of, state_alone, to_order
from symdiff.dossier.resolving import Resolver
from symdiff.errors import SymdiffError
from symdiff.model.jump_model import JumpModel
from symdiff.notation.display.build import Typography, build
from symdiff.notation.display.text import to_text
from symdiff.verification.claim import Claim, Relation
from symdiff.verification.verdict import CONDITIONAL, PROVED, REFUTED, SILENT, UNDECIDED, RegimeVerdict

HIGHEST = 12
LETTERS_OF_LAWS = {
    "P",
    "p",
    "rho",
    "C",
    "c",
    "n",
    "N",
    "W",
    "Pi",
}  # whoever writes these means the density, not an average of it
TIMES = {"T", "tau", "MFPT"}
OF_TIMES = "the mean time until the walker has left obeys L T = -1, L the backward operator; the claim has 0 in the place of -1"
BACKWARD = "holds as the backward equation, for averages as functions of the start"
_LAPLACIAN = re.compile(r"\\(nabla|Delta|triangle|laplacian)\b|\bLaplacian\(")


def judge_pde(claim: Claim, relation: Relation, arena: Arena, roles: dict[str, str]) -> RegimeVerdict:
    """Compare a claimed PDE with the derived one in one regime; constants that it leaves open may be matched."""
    densities = densities_of(arena.limit)
    lone = lone_states(relation, arena.model, densities) if densities else []
    if lone:
        return RegimeVerdict("", UNDECIDED, (), state_alone(lone[0], densities))
    names = {c.func.__name__ for c in density_calls(relation, arena.model)} - {"J", "j"} - densities
    names -= {n for n in names if n.startswith("J_")}
    if len(names) > 1:
        return RegimeVerdict(
            "", UNDECIDED, (), f"it speaks of several densities, {', '.join(sorted(names))}; the model has no such"
        )
    verdict = _judge_pde(claim, relation, arena, roles)
    if verdict.verdict == PROVED and verdict.why == STEADY and names & TIMES and arena.model.boundaries:
        return replace(verdict, verdict=REFUTED, why=OF_TIMES, left="-1", right="0", reservation="")
    if verdict.verdict == PROVED or arena.limit is None or not arena.limit.equations:
        return verdict
    if verdict.verdict == REFUTED and not names & LETTERS_OF_LAWS and _is_backward(relation, arena, claim):
        return replace(verdict, verdict=CONDITIONAL, why=f"{BACKWARD}; for the density {verdict.why}")
    resolver = Resolver(arena.model, Quantities(arena.model, arena.limit), dict(claim.statement.symbols))
    limit = _raised(arena.limit, relation, arena.model)
    arena = replace(arena, limit=limit)
    return judge_with_constants(relation, limit, arena, resolver) or with_slip(verdict, relation, arena, resolver)


def _raised(limit: ContinuumLimit, relation: Relation, model: JumpModel) -> ContinuumLimit:
    """The long-wave limit to the order of the highest derivative that the claim writes."""
    calls = set(density_calls(relation, model))
    derivatives = [d for side in (relation.left, relation.right) for d in side.atoms(sp.Derivative)]
    order = max(
        (sum(int(n) for v, n in d.variable_count if v != model.time) for d in derivatives if d.expr in calls), default=0
    )
    if limit.regime.origin == "long-wave" and 2 < order <= HIGHEST and order > limit.kept_power:
        return to_order(model, limit.regime, order)
    return limit


def _is_backward(relation: Relation, arena: Arena, claim: Claim) -> bool:
    """Whether a claim about another field than the density is the backward equation of this regime."""
    limit, model = arena.limit, arena.model
    calls = set(density_calls(relation, model))
    if (
        limit is None
        or limit.backward is None
        or len(calls) != 1
        or next(iter(calls)).func.__name__ in {model.density, *model.states}
    ):
        return False
    own = {backward_field(model): calls.pop()}
    left, right = (side.subs(own) for side in limit.backward)
    resolver = Resolver(model, Quantities(model, limit), dict(claim.statement.symbols))
    try:
        claimed = normalised(claimed_terms(relation, model, resolver))
        derived = normalised(claimed_terms(Relation("=", left, right), model, resolver))
    except (MissingQuantityError, ValueError):
        return False
    zero = sp.Integer(0)
    return all(
        arena.equal(claimed.get(k, zero), derived.get(k, zero)).answer is Answer.PROVED for k in {**claimed, **derived}
    )


def _judge_pde(claim: Claim, relation: Relation, arena: Arena, roles: dict[str, str]) -> RegimeVerdict:
    limit = arena.limit
    if limit is None or not limit.equations:
        return RegimeVerdict("", SILENT, (), "no equation closes in this regime")
    if arena.model.space_dimension is not None and not _LAPLACIAN.search(
        claim.statement.latex or claim.statement.expression
    ):
        return RegimeVerdict(
            "", UNDECIDED, (), "without names of coordinates the equation is one with the Laplacian: write \\nabla^2 P"
        )
    if limit.resets and limit.equation is not None:
        from symdiff.dossier.check_resetting import judge_with_gain  # loaded when used: start-up time

        return judge_with_gain(claim, relation, arena, roles, _judge_pde)
    resolver = Resolver(arena.model, Quantities(arena.model, limit), dict(claim.statement.symbols))
    relation = with_places(flux_named(relation, limit, arena.model), resolver)
    fluxes = flux_calls(relation, limit, arena.model)
    try:
        if fluxes and not _has_time_derivative(relation, arena.model):
            return judge_flux(relation, fluxes, arena, resolver, roles)
        relation = with_flux(relation, fluxes, limit, arena.model)
    except MissingQuantityError as missing:
        return RegimeVerdict("", SILENT if missing.known else UNDECIDED, (), missing.what)
    if limit.equation is None or not limit.equation.is_linear:
        return judge_nonlinear(relation, limit, arena, resolver, roles)
    try:
        claimed = claimed_terms(relation, arena.model, resolver)
    except NotLinearError:
        return judge_nonlinear(relation, limit, arena, resolver, roles)
    except MissingQuantityError as missing:
        return RegimeVerdict("", SILENT if missing.known else UNDECIDED, (), missing.what)
    roles.update(resolver.roles)
    claimed, bare_memory = _as_caputo(claimed)
    order = max((sum(k.space) for k in claimed), default=0)
    if limit.regime.origin == "long-wave" and 2 < order <= HIGHEST and order > limit.kept_power:
        limit = to_order(arena.model, limit.regime, order)
    try:
        derived = derived_terms(limit, arena.model)
    except MissingQuantityError as missing:
        return RegimeVerdict("", UNDECIDED, (), missing.what)
    arena = replace(arena, limit=limit)
    claimed = {k: v for k, v in _aligned(claimed, derived, arena).items() if v != 0}
    if not claimed:
        return RegimeVerdict("", PROVED, (), "an identity")
    if _time_order(claimed) == 0 and all(sum(k.space) < 2 and k.fractional is None for k in claimed):
        return judge_terms_at_wall(claimed, arena, resolver)
    if _time_order(claimed) == 0:
        return _judge_steady(claimed, derived, arena, resolver)
    highest = max(k.time for k in claimed)
    if not any((k.time or k.caputo is not None) and not any(k.space) and k.fractional is None for k in claimed):
        return RegimeVerdict("", UNDECIDED, (), "no time derivative of the density stands by itself in the equation")
    other = _other_order(claimed, derived, arena, resolver)
    if other is not None:
        return other
    if has_mixed(claimed) and (mixed := judge_mixed(claimed, derived, arena)) is not None:
        return replace(mixed, derived=resolver.derived)
    verdict = compare_terms(normalised(claimed), normalised(derived), arena, resolver, highest)
    if bare_memory is not None and verdict.verdict == PROVED:
        return replace(verdict, verdict=CONDITIONAL, why=WITHOUT_START, reservation=WITHOUT_START)
    if verdict.verdict == REFUTED and _goes_further(claimed, derived) and not arena.exact:
        further = _with_further_orders(limit, arena)
        if further is not None:
            terms = derived_terms(further, arena.model)
            return compare_terms(
                normalised(claimed), normalised(terms), replace(arena, limit=further), resolver, highest
            )
    return verdict


def _judge_steady(claimed: Terms, derived: Terms, arena: Arena, resolver: Resolver) -> RegimeVerdict:
    """``D u'' = k u``: the terms in space alone, up to a common factor."""
    timed = {k: v for k, v in derived.items() if k.time or k.caputo is not None}
    pivot = max((k for k in claimed if derived.get(k, 0) != 0), key=lambda k: (sum(k.space), k.space), default=None)
    if pivot is None or sum(pivot.space) < max(sum(k.space) for k in claimed):
        return RegimeVerdict("", SILENT, (), "the claim has derivatives that the equation of this regime does not have")
    factor = derived[pivot] / claimed[pivot]
    scaled = {k: factor * v for k, v in claimed.items()} | timed
    verdict = compare_terms(
        normalised(scaled), normalised(derived), arena, resolver, max((k.time for k in timed), default=1)
    )
    return replace(verdict, why=STEADY, reservation=STEADY) if verdict.verdict == PROVED else verdict


WITHOUT_START = (
    "in the sense of Riemann and Liouville it holds away from the start only: D_t^a P - P(x, 0) t^(-a)/gamma(1 - a) is the "
    "Caputo derivative"
)


def _as_caputo(claimed: Terms) -> tuple[Terms, Key | None]:
    """A Riemann-Liouville derivative of the density itself, alone in time, as that of Caputo; and which term it was."""
    heads = [
        k for k in claimed if k.memory is not None and k.memory[1] == 0 and not any(k.space) and k.fractional is None
    ]
    others = [k for k in claimed if k.time or k.caputo is not None or (k.memory is not None and k not in heads)]
    if len(heads) != 1 or others or heads[0].memory is None:
        return claimed, None
    (head,) = heads
    order = head.memory[0]  # type: ignore[index]
    return {(k._replace(memory=None, caputo=order) if k == head else k): v for k, v in claimed.items()}, head


FURTHER = 2  # powers of eps beyond the leading equation, for claims that write corrections


def _goes_further(claimed: Terms, derived: Terms) -> bool:
    """Whether the claim has higher derivatives in space than the leading equation of a stated regime."""
    return max(sum(k.space) for k in claimed) > max(sum(k.space) for k in derived)


def _with_further_orders(limit: ContinuumLimit, arena: Arena) -> ContinuumLimit | None:
    try:
        further = to_order(arena.model, limit.regime, FURTHER)
    except SymdiffError:
        return None
    if further.resets:  # the gains are compared place by place, the local terms here
        from symdiff.continuum.resetting import without_gain  # loaded when used: start-up time

        further = without_gain(further)
    linear = further.equation is not None and further.equation.is_linear
    return further if linear else None


def _aligned(claimed: Terms, derived: Terms, arena: Arena) -> Terms:
    """The claimed terms under the derived keys, where orders that are expressions agree (mu/2 with alpha/2)."""

    def same(one: Key, two: Key) -> bool:
        pairs = [(one.fractional, two.fractional), (one.caputo, two.caputo),
                 *zip(one.memory or (None,) * 2, two.memory or (None,) * 2, strict=True)]  # fmt: skip
        return (
            one[:2] == two[:2]
            and one.inside == two.inside
            and all(
                x is y is None or (x is not None and y is not None and arena.equal(x, y).answer is Answer.PROVED)
                for x, y in pairs
            )
        )

    found: Terms = {}
    for key, value in claimed.items():
        own = key if key in derived else next((d for d in derived if same(key, d)), key)
        found[own] = found.get(own, sp.Integer(0)) + value
    return found


def _time_order(terms: Terms) -> sp.Expr:
    """The order of the highest time derivative."""
    fractional = [k.caputo for k in terms if k.caputo is not None]
    return fractional[0] if fractional else sp.Integer(max(k.time for k in terms))


def _other_order(claimed: Terms, derived: Terms, arena: Arena, resolver: Resolver) -> RegimeVerdict | None:
    """The verdict where the two equations are of different order in time: silent for whole orders, else refuted or open."""
    ours, theirs = _time_order(derived), _time_order(claimed)
    if ours == theirs:
        return None
    if theirs == 0 or (ours.is_Integer and theirs.is_Integer):
        return RegimeVerdict("", SILENT, (), f"the equation of this regime is not of order {theirs} in time")
    answer = arena.equal(ours, theirs)
    used = resolver.derived
    if answer.answer is not Answer.REFUTED:
        return RegimeVerdict("", UNDECIDED, used, "the orders of the time derivatives could not be compared")
    why = f"the time derivative is of order {ours}, not {theirs}"
    return RegimeVerdict("", REFUTED, used, why, answer.witness, answer.left, answer.right)


def _has_time_derivative(relation: Relation, model: JumpModel) -> bool:
    derivatives = relation.left.atoms(sp.Derivative) | relation.right.atoms(sp.Derivative)
    return any(model.time in (v for v, _ in d.variable_count) for d in derivatives)


def normalised(terms: Terms) -> Terms:
    """Divided by the coefficient of the highest time derivative."""
    pure = [k for k in terms if not any(k.space) and k.fractional is None and k.memory is None]
    leading = max(pure, key=lambda k: (k.caputo is not None, k.time))
    head = terms[leading]
    return {key: value / head if head != 1 else value for key, value in terms.items()}


def _of_another_order(
    verdict: RegimeVerdict, differs: list[tuple[Key, sp.Expr, sp.Expr, Comparison]], arena: Arena
) -> RegimeVerdict:
    """The refutation of a term with the right coefficient at a derivative of another order, (-Laplacian)^a for (-Laplacian)^(a/2)."""
    added = [(k, theirs) for k, ours, theirs, _ in differs if ours == 0]
    lacking = [(k, ours) for k, ours, theirs, _ in differs if theirs == 0]
    if len(differs) != 2 or len(added) != 1 or len(lacking) != 1:
        return verdict
    (key, theirs), (right, ours) = added[0], lacking[0]
    if arena.equal(ours, theirs).answer is not Answer.PROVED:
        return verdict
    wrong, should = (k.spoken(arena.model) for k in (key, right))
    return replace(
        verdict,
        correct=in_model_form(ours, arena.model) or ours,
        mend=f"the order of the derivative: this stands at {should}, not at {wrong}",
    )


def compare_terms(claimed: Terms, derived: Terms, arena: Arena, resolver: Resolver, highest: int) -> RegimeVerdict:
    """Two equations, coefficient by coefficient; a slip is named where it is the only difference."""
    used = resolver.derived
    keys = sorted(set(claimed) | set(derived), key=lambda k: (-k.time, sum(k.space), str(k)))
    differs: list[tuple[Key, sp.Expr, sp.Expr, Comparison]] = []
    beyond: list[str] = []  # for each of them: that the regime keeps nothing of this size
    for key in keys:
        ours, theirs = -derived.get(key, sp.Integer(0)), -claimed.get(key, sp.Integer(0))  # on the right-hand side
        least = _least_power(key, arena, highest)
        answer = arena.equal(ours, theirs, least)
        if answer.answer is Answer.REFUTED:
            differs.append((key, ours, theirs, answer))
            beyond.append("" if ours != 0 else smaller_than_kept(arena, key.spoken(arena.model), theirs, least))
        if answer.answer is Answer.UNDECIDED and not differs:
            return RegimeVerdict(
                "", UNDECIDED, used, f"the coefficient of {key.spoken(arena.model)} could not be compared"
            )
        if len(differs) > 1 and not all(beyond):
            break
    if not differs:
        return RegimeVerdict("", PROVED, used, "the equations agree term by term")
    key, ours, theirs, answer = differs[0]
    ours, theirs = (in_model_form(e, arena.model) or e for e in (ours, theirs))
    why = (
        f"the coefficient of {key.spoken(arena.model)} differs: "
        f"derived {_said(ours)}, claimed {_said(theirs)} (on the right-hand side)"
    )
    verdict = RegimeVerdict("", REFUTED, used, why, answer.witness, answer.left, answer.right)
    verdict = replace(verdict, beyond=f"the coefficient of {beyond[0]}" if all(beyond) else "")
    if len(differs) > 1:
        return _of_another_order(replace(verdict, correct=ours), differs, arena)
    verdict = mended(verdict, theirs, ours, arena)
    moves = theirs == 0 and key == Key(0, key.space) and sum(key.space) == 1
    return (
        replace(verdict, mend=WITHOUT_DRIFT)
        if moves and not any(v.has(*variables_of(arena)) for v in derived.values())
        else verdict
    )


WITHOUT_DRIFT = (
    "the drift is missing: so the density moves in the frame that moves with the mean velocity, x - v t in place of x"
)


def variables_of(arena: Arena) -> tuple[sp.Symbol, ...]:
    """The coordinates and the time of the model."""
    return (*arena.model.coordinate_symbols, arena.model.time)


def _said(e: sp.Expr) -> str:
    """An expression in a sentence; derivatives as people write them."""
    return to_text(build(e, Typography())) if e.has(sp.Derivative) else str(e)


def _least_power(key: Key, arena: Arena, highest: int) -> Fraction | None:
    """From which power of eps on a difference in this coefficient lies beyond what the regime keeps."""
    limit = arena.limit
    if limit is None or arena.exact:
        return None
    unit = next((-v for k, v in limit.regime.powers if k in arena.model.coordinate_symbols), Fraction(0))
    clock = next((-v for k, v in limit.regime.powers if k == arena.model.time), Fraction(0))
    total = limit.kept_power + (highest - 1) * clock
    return total - key.time * clock - sum(key.space) * unit
