"""One relation of a claim in one regime: both sides by the names of the model and its observables, and their comparison."""

from __future__ import annotations

from dataclasses import replace

import sympy as sp
from sympy.core.function import AppliedUndef

from symdiff.algebra.equality import Answer
from symdiff.continuum.observables.moments import ALIVE, share_alive
from symdiff.dossier.check_equations import judge_pde
from symdiff.dossier.check_far import judge_far
from symdiff.dossier.check_flux import is_carried
from symdiff.dossier.check_fronts import front_named, judge_front
from symdiff.dossier.check_linear_noise import average_claim
from symdiff.dossier.check_macroscopic import macroscopic_claim
from symdiff.dossier.check_moments import judge_moments
from symdiff.dossier.check_nonlinear import frozen
from symdiff.dossier.check_orders import without_order
from symdiff.dossier.check_relations import LATE
from symdiff.dossier.check_rest import near_rest
from symdiff.dossier.check_sides import (
    at_late_times_on_lattice,
    at_whole_steps,
    is_bare_place,
    is_coefficient,
    names_of,
    out_of_place,
    potential_in,
    sides_compared,
)
from symdiff.dossier.check_walls import judge_at_wall, wall_claim
from symdiff.dossier.check_widths import typical_width
from symdiff.dossier.claim_backward import is_of_the_start, judge_of_the_start
from symdiff.dossier.claim_exit_equations import judge_exit_equation
from symdiff.dossier.claim_kinds import beside_a_number, is_pde
from symdiff.dossier.claim_limits import where_small
from symdiff.dossier.claimed_forms import special_claim
from symdiff.dossier.claimed_stationary import NORMALISING, stationary_claim, where_it_exists, with_conditions
from symdiff.dossier.claimed_transforms import (
    ONE_BRANCH,
    dispersion_relation,
    judge_late_power,
    late_waiting_power,
    speaks_of_laplace,
)
from symdiff.dossier.comparing import Arena
from symdiff.dossier.quantities import MissingQuantityError, Quantities, hint_for
from symdiff.dossier.resolving import Resolver
from symdiff.dossier.settings import Settings
from symdiff.dossier.values_at import FIRST_PASSAGE, at_stated_start
from symdiff.errors import SymdiffError, UsageError
from symdiff.model.dimensions import Dimensions, dimensions_of
from symdiff.model.jump_model import ClaimStatement, JumpModel
from symdiff.notation.expression import Scope, parse_expression
from symdiff.verification.claim import Claim, Relation
from symdiff.verification.roles import KNOWN_ROLES, role_of
from symdiff.verification.verdict import (
    CONDITIONAL,
    PROVED,
    REFUTED,
    SILENT,
    UNDECIDED,
    RegimeVerdict,
)

AVERAGES = {"Mean", "Mean_st", "Mean_eq", "Mean_s", "Mean_ss"}
SOMEBODY = "for numbers above zero; the law at zero has a form of its own"
FROM_ORIGIN = "places are measured from the origin, not from the start"
ABOUT_NOBODY = "of small densities, about the empty state"


def one_relation(
    claim: Claim, relation: Relation, arena: Arena, settings: Settings, roles: dict[str, str]
) -> RegimeVerdict:
    """A relation in one regime; one that is dimensionally wrong is refuted for that, and says so first."""
    verdict = _compared(claim, relation, arena, settings, roles)
    if verdict.verdict in (REFUTED, UNDECIDED) and (other := dispersion_relation(relation, arena.model)) is not None:
        again = _compared(claim, other, arena, settings, {})
        if again.verdict == PROVED:
            return replace(again, reservation=ONE_BRANCH)
    if arena.model.crowd.reactions and verdict.verdict != PROVED and "growth_rate" in _roles_of(claim, relation):
        again = _compared(claim, relation, replace(arena, empty=True), settings, {})
        if again.verdict == PROVED:
            return replace(again, reservation=ABOUT_NOBODY)
    numbers = claim.statement.given or settings.values  # put in, they have lost their dimensions
    open_ = verdict.verdict == UNDECIDED and not numbers
    found = arena.limit is not None and arena.limit.regime.origin == "found"
    small = verdict.verdict == PROVED and found and not numbers  # to leading order, whatever smaller terms it has
    if not (verdict.verdict == REFUTED or open_ or small) or relation.kind == "propto":
        return verdict
    dimensions = _dimensions(arena)
    wrong = "" if dimensions is None else dimensions.difference(relation.left, relation.right, roles)
    number = beside_a_number(relation, set(roles) - set(dict(claim.statement.symbols)), arena.model) if wrong else ""
    if number:
        return RegimeVerdict("", UNDECIDED, why=f"'{number}' stands beside a number, so it is not the "
                       f"{roles[number].replace('_', ' ')} of this model: say what it is, as in symbols or as a parameter")  # fmt: skip
    if not wrong:
        return verdict
    why = (
        f"{wrong}; so it cannot hold in all units, and a model has none of its own"
        if open_ or small
        else f"{wrong}; {verdict.why}"
    )
    return replace(verdict, verdict=REFUTED, why=why)


def _roles_of(claim: Claim, relation: Relation) -> set[str | None]:
    """The customary meanings of the names of a relation."""
    stated = dict(claim.statement.symbols)
    return {role_of(n, stated) for n in names_of(replace(claim, relations=(relation,)))}


def _dimensions(arena: Arena) -> Dimensions | None:
    """The dimensions of a model as the equation of a limit is written."""
    if arena.limit is None:
        return dimensions_of(arena.model)
    index = dict(arena.limit.coefficients).get("waiting_index", sp.Integer(1))
    return dimensions_of(arena.model, [c.name for c in arena.limit.coordinates], index)


def _with_values(relation: Relation, change: dict[sp.Symbol, sp.Expr]) -> Relation:
    """A relation with the values that were put into the limit."""
    return (
        replace(relation, left=relation.left.xreplace(change), right=relation.right.xreplace(change))
        if change
        else relation
    )


def _compared(
    claim: Claim, relation: Relation, arena: Arena, settings: Settings, roles: dict[str, str]
) -> RegimeVerdict:
    """The sides compared; an average that names the start may measure places from the origin or from the start."""
    if arena.large_system:  # shares of a population are no displacements
        return _measured(claim, relation, arena, settings, roles, from_origin=True)
    verdict = _measured(claim, relation, arena, settings, roles, from_origin=False)
    start = {s for a in arena.model.preparation.position for s in a.free_symbols}
    written = relation.left.free_symbols | relation.right.free_symbols
    averages = names_of(replace(claim, relations=(relation,))) & AVERAGES
    late = claim.late or relation.left.has(sp.Limit) or relation.right.has(sp.Limit)
    settled = bool(averages - {"Mean"} or (averages and late)) and any(a != 0 for a in arena.model.preparation.position)
    unsaid = verdict.verdict in (UNDECIDED, CONDITIONAL) and relation.kind in ("approx", "propto") and verdict.derived
    elsewhere = _begins_at_a_number(relation, arena.model)
    if not (verdict.verdict == REFUTED or unsaid) or not averages or not (settled or start & written or elsewhere):
        return verdict
    again = _measured(claim, relation, arena, settings, roles, from_origin=True)
    if settled and not start & written and again.verdict == REFUTED:
        return again  # the stationary state knows no start: a slip shows in places from the origin
    if again.verdict == REFUTED and (elsewhere or _begins_elsewhere(relation, arena.model, start)):
        return again
    return replace(again, reservation=FROM_ORIGIN) if again.verdict == PROVED else verdict


def _needed(resolver: Resolver) -> list[sp.Expr]:
    """What observables that were used need to be positive, as ``S0*beta - gamma > 0: else nothing grows ahead``."""
    found = []
    for o in resolver.quantities.observables:
        values = [v for v in (o.lattice, *(e for _, e in o.equation)) if v is not None]
        own = {s.name: s for v in values for s in v.free_symbols}
        for note in o.assumptions if o.name in resolver.used else ():
            left, mark, _ = note.partition(" > 0: ")
            try:
                found += [parse_expression(left, Scope({**resolver.model.scope.symbols, **own}))] if mark else []
            except SymdiffError:
                continue
    return found


def _begins_elsewhere(relation: Relation, model: JumpModel, start: set[sp.Basic]) -> bool:
    """Whether what is claimed of an average is a function of the start at time zero, and so of places from the origin."""
    claimed = [
        s.xreplace({model.time: sp.S.Zero}) for s in (relation.left, relation.right) if not s.atoms(AppliedUndef)
    ]
    return any(side != 0 and side.free_symbols & start for side in claimed)


def _begins_at_a_number(relation: Relation, model: JumpModel) -> bool:
    """Whether the start is given in numbers, and what is claimed of an average is not zero at time zero: <S> = e^(mu t) from S = 1."""
    start = model.preparation.position
    if not all(a.is_number for a in start) or not any(a != 0 for a in start):
        return False
    claimed = [
        s.xreplace({model.time: sp.S.Zero}) for s in (relation.left, relation.right) if not s.atoms(AppliedUndef)
    ]
    return any(side != 0 for side in claimed) and (relation.left.has(model.time) or relation.right.has(model.time))


def _of_the_start(relation: Relation, model: JumpModel) -> Relation:
    """``T(x_0) = ...``: an observable at a start by a name of the claim's own is one at the model's coordinates."""
    names = {o.name for o in model.observables}
    declared = {p.symbol for p in model.parameters} | {*model.coordinate_symbols, model.time}
    calls = [
        c for side in (relation.left, relation.right) for c in side.atoms(AppliedUndef) if c.func.__name__ in names
    ]
    places = {c.args[:-1] if c.args[-1:] == (model.time,) else c.args for c in calls}
    starts = {args for args in places if len(args) == model.dimension and all(a.is_Symbol for a in args)}
    spoken = {s.name for s in relation.left.free_symbols | relation.right.free_symbols}
    if not starts and (calls or names & spoken):
        starts = _starts_by_name(relation, model)
    if len(starts) != 1 or set(start := starts.pop()) & declared or len(set(start)) < len(start):
        return relation
    change = dict(zip(start, model.coordinate_symbols, strict=True))
    return replace(relation, left=relation.left.xreplace(change), right=relation.right.xreplace(change))


def _averages_starts(claim: Claim, model: JumpModel, left: sp.Expr, right: sp.Expr) -> bool:
    """Whether the mean of an observable that depends on the start is set beside what does not: <T> = R^2/8D."""
    names = {o.name for o in model.observables}
    means = [c.args[0] for e in claim.equations for c in e.atoms(AppliedUndef) if c.func.__name__ == "Mean"]
    means += [s for e in claim.equations for s in e.free_symbols if s.name.endswith("bar")]
    places = model.coordinate_symbols
    return any(str(m) in names for m in means) and left.has(*places) != right.has(*places)


EVEN_STARTS = "averaged over starts spread evenly between the walls"


def _over_even_starts(arena: Arena, left: sp.Expr, right: sp.Expr) -> RegimeVerdict | None:
    """That an average holds for starts spread evenly between two fixed walls; None where it is not known to."""
    model = arena.model
    gaps = [side.gap for b in model.boundaries for side in b.domain]
    if model.dimension != 1 or len(gaps) != 2:
        return None
    (x,) = model.coordinate_symbols
    ends = [sp.expand(x - g / sp.diff(g, x)) for g in gaps if sp.diff(g, x) != 0]
    sides = [left, right]
    for n, side in enumerate(sides):
        if side.has(x):
            if not side.is_polynomial(x) or len(ends) != 2 or any(e.has(x) for e in ends):
                return None
            area = sp.integrate(sp.expand(side), (x, ends[0], ends[1]))
            sides[n] = sp.cancel(area / (ends[1] - ends[0]))
    if arena.equal(*sides).answer is not Answer.PROVED:
        return None
    return RegimeVerdict("", PROVED, (), EVEN_STARTS, reservation=EVEN_STARTS)


def _starts_by_name(relation: Relation, model: JumpModel) -> set[tuple[sp.Basic, ...]]:
    """``f(t) = x_0 e^{-x_0^2/4Dt}...``: the start as x_0, where the claim has no coordinates of its own and the file no start."""
    used = relation.left.free_symbols | relation.right.free_symbols
    start = tuple(sp.Symbol(f"{c}_0") for c in model.coordinates)
    if model.preparation.stated or used & set(model.coordinate_symbols):
        return set()
    if set(start) <= used:
        return {start}
    declared = {p.symbol for p in model.parameters} | {model.time}
    names = {o.name for o in model.observables}
    of_starts = {o.name for o in model.observables if o.kind in FIRST_PASSAGE} & {s.name for s in used}
    strange = {s for s in used - declared if s.name not in names} if of_starts else set()
    if model.dimension == 1 and len(strange) == 1 and str(next(iter(strange))) in STARTS:  # R = ((q/p)^i - ...)
        return {(strange.pop(),)}
    return set()


STARTS = ("i", "j", "k", "m", "n", "z", "y", "x", "a")


def _measured(
    claim: Claim, relation: Relation, arena: Arena, settings: Settings, roles: dict[str, str], *, from_origin: bool
) -> RegimeVerdict:
    resolver = Resolver(arena.model, Quantities(arena.model, arena.limit, arena.observables, empty=arena.empty, borrowed=arena.borrowed),
                        dict(claim.statement.symbols), claim.statement.of)  # fmt: skip
    resolver.from_origin, resolver.late = from_origin, claim.late
    resolver.spoken = frozenset(
        str(a.func) if isinstance(a, AppliedUndef) else str(a)
        for side in (relation.left, relation.right)
        for a in side.atoms(sp.Symbol, AppliedUndef)
    )
    try:
        relation = at_stated_start(_of_the_start(relation, arena.model), arena.model)
    except MissingQuantityError as missing:
        return RegimeVerdict("", UNDECIDED, (), missing.what)
    numeric = relation if arena.limit is None else _with_values(relation, settings.symbols(arena.model))
    if arena.limit is not None and (arena.limit.boundary_conditions or arena.model.boundaries):
        at_wall = wall_claim(numeric, dict(claim.at), arena.model)
        if at_wall is not None:
            return judge_at_wall(at_wall, arena, resolver)
    if claim.far:
        return judge_far(relation, arena, resolver)
    moments = judge_moments(numeric, arena, resolver)
    if moments is not None and (moments.verdict == PROVED or not arena.model.preparation.stated):
        return moments
    rate = (
        macroscopic_claim(claim, numeric, arena)
        or near_rest(claim, numeric, arena)
        or average_claim(claim, numeric, arena)
    )
    if rate is not None:
        return rate
    if is_of_the_start(relation):
        return judge_of_the_start(claim, numeric, arena, roles)
    if (of_exits := judge_exit_equation(claim, numeric, arena, roles)) is not None:
        return of_exits
    if is_pde(relation, arena.model) or is_carried(relation, arena.limit, arena.model):
        if claim.at:
            return RegimeVerdict("", UNDECIDED, (), "an equation at one place or one instant is not compared")
        return judge_pde(claim, numeric, arena, roles)
    speaks = stationary_claim(relation, arena.model, resolver.stated)
    relation = speaks.relation
    resolver.up_to_factor = relation.kind == "propto"
    resolver.of_density = is_coefficient(relation, arena.model, resolver.stated)
    relation, order = without_order(relation)
    special = special_claim(relation, arena, resolver)
    if special is not None:
        return special
    power = late_waiting_power(relation, arena.model)
    if power is not None:
        return judge_late_power(relation, power, arena, resolver)
    resolver.laplace = speaks_of_laplace(relation, arena.model)
    vague = out_of_place(relation, arena.model, resolver.stated) or potential_in(relation, arena.model, resolver)
    if vague and not (vague == "s" and resolver.laplace):
        return RegimeVerdict(
            "", UNDECIDED, (), f"nothing is known of '{vague}': {hint_for(vague, arena.model, KNOWN_ROLES)}"
        )
    change = settings.symbols(arena.model) | _given(claim.statement, arena.model) | dict(claim.at)
    front = front_named(relation, arena, resolver.stated)
    if front:
        return judge_front(relation, front, arena, resolver, change)
    try:
        left, right = resolver.resolve(relation.left), resolver.resolve(relation.right)
    except MissingQuantityError as missing:
        return RegimeVerdict("", SILENT if missing.known else UNDECIDED, (), missing.what)
    if resolver.is_live(relation.left) and left == relation.left:
        return RegimeVerdict("", UNDECIDED, (), "values of a density that obeys a nonlinear equation are not compared")
    roles.update(resolver.roles)
    named_right = right != relation.right and relation.right.is_Symbol and not relation.left.is_Symbol
    if change:
        left, right = left.xreplace(change), right.xreplace(change)
    if relation.kind == "propto" and is_bare_place(relation, arena.model):
        return typical_width(relation, arena, resolver)
    left, right = (frozen(e, arena.limit, arena.model) for e in (left, right))
    if arena.limit is None and arena.model.time_step is not None:
        left, right = (at_whole_steps(e, arena.model) for e in (left, right))
    somebody = False
    if arena.limit is None and arena.model.density in resolver.used:
        arena = replace(arena, at_sites=True)
        sides = [_of_somebody(e, arena.model) for e in (left, right)]
        somebody, (left, right) = sides != [left, right], sides
        if relation.kind in ("approx", "propto"):
            left, right = (
                at_late_times_on_lattice(e, resolver.used[arena.model.density], arena.model, resolver.place)
                for e in (left, right)
            )
    if resolver.stationary is not None:
        roles.update(dict.fromkeys(speaks.constants, NORMALISING))
        arena, left, right = where_it_exists(resolver.stationary, arena, left, right)
    arena = replace(arena, positive=(*arena.positive, *resolver.needs, *_needed(resolver)))
    verdict = sides_compared(claim, relation, arena, resolver, (left, right), named_right, order)
    if verdict.verdict == REFUTED and _averages_starts(claim, arena.model, left, right):
        if (spread := _over_even_starts(arena, left, right)) is not None:
            return replace(spread, derived=verdict.derived)
        return RegimeVerdict(
            "", UNDECIDED, verdict.derived, "whether the average is also one over starts, and which, is not said"
        )
    if claim.small and verdict.verdict in (REFUTED, UNDECIDED) and relation.kind in ("=", "approx"):
        verdict = where_small(verdict, claim.small, arena, left, right)
    if somebody and verdict.verdict == PROVED:
        verdict = replace(verdict, reservation="; ".join(filter(None, (verdict.reservation, SOMEBODY))))
    if resolver.needs and verdict.verdict in (PROVED, REFUTED):
        text = f"there is a stationary state only if {' and '.join(f'{gap} > 0' for gap in resolver.needs)}"
        verdict = replace(
            verdict, why=f"{verdict.why}; {text}", reservation="; ".join(filter(None, (verdict.reservation, text)))
        )
    if resolver.leading_part and verdict.verdict == PROVED:
        verdict = replace(verdict, reservation="; ".join(filter(None, (verdict.reservation, LATE))))
    if resolver.stationary is not None:
        verdict = with_conditions(verdict, resolver.stationary, on_lattice=arena.limit is None)
    if (
        resolver.averaged
        and verdict.verdict in (PROVED, REFUTED)
        and share_alive(arena.model, arena.limit) not in (None, 1)
    ):
        verdict = replace(
            verdict, why=f"{verdict.why}; {ALIVE}", reservation="; ".join(filter(None, (verdict.reservation, ALIVE)))
        )
    return verdict


def _of_somebody(side: sp.Expr, model: JumpModel) -> sp.Expr:
    """A law of numbers that has a form of its own at zero, elsewhere."""
    nobody = [sp.Eq(n, 0) for n in model.coordinate_symbols]
    return side.replace(lambda e: isinstance(e, sp.Piecewise) and len(e.args) == 2 and e.args[0].cond in nobody,
                        lambda e: e.args[1].expr)  # fmt: skip


def _given(statement: ClaimStatement, model: JumpModel) -> dict[sp.Symbol, sp.Expr]:
    table = {p.name: p.symbol for p in model.parameters}
    for name, _ in statement.given:
        if name not in table:
            raise UsageError(f"'{name}' is no parameter of the model", where=f"claim '{statement.id}', given")
    return {table[name]: value for name, value in statement.given}
