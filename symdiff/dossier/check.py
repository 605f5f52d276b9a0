"""Verdicts on the claims of a model: each is read, compared in every regime, and the answers are combined."""

from __future__ import annotations

from dataclasses import dataclass, replace

import sympy as sp
from sympy.core.function import AppliedUndef

from symdiff.continuum.cases import narrowed
from symdiff.continuum.isotropic import in_space
from symdiff.continuum.observables.moments import ALIVE, share_alive
from symdiff.continuum.regimes import LONG_WAVE
from symdiff.dossier.check_counts import judge_count
from symdiff.dossier.check_equations import judge_pde
from symdiff.dossier.check_far import judge_far
from symdiff.dossier.check_fronts import front_named, judge_front
from symdiff.dossier.check_macroscopic import macroscopic_claim
from symdiff.dossier.check_master import judge_master
from symdiff.dossier.check_moments import judge_moments
from symdiff.dossier.check_nonlinear import frozen
from symdiff.dossier.check_orders import without_order
from symdiff.dossier.check_relations import LATE
from symdiff.dossier.check_sides import (
    at_late_times_on_lattice,
    at_whole_steps,
    is_bare_place,
    is_coefficient,
    names_of,
    out_of_place,
    sides_compared,
    speaks_of_the_law,
    speaks_of_waves,
)
from symdiff.dossier.check_states import judge_exactly, judge_states, speaks_of_states
from symdiff.dossier.check_walls import judge_at_wall, wall_claim
from symdiff.dossier.check_widths import typical_width
from symdiff.dossier.claim_conditions import with_functions, without_conditions
from symdiff.dossier.claim_definitions import fixed_parameters, unchained, with_definitions
from symdiff.dossier.claim_kinds import beside_a_number, is_master, is_pde
from symdiff.dossier.claim_limits import where_small
from symdiff.dossier.claim_radial import from_radial
from symdiff.dossier.claim_senses import by_conditions, in_full, senses_of_spread
from symdiff.dossier.claim_two_times import open_in_the_stationary_state, senses_of_two_times
from symdiff.dossier.claimed_forms import judge_shares, special_claim
from symdiff.dossier.claimed_stationary import NORMALISING, stationary_claim, where_it_exists, with_conditions
from symdiff.dossier.claimed_transforms import (
    ONE_BRANCH,
    dispersion_relation,
    judge_late_power,
    late_waiting_power,
    senses_of_omega,
    senses_of_waves,
    speaks_of_laplace,
)
from symdiff.dossier.comparing import Arena
from symdiff.dossier.derivation import Derivation, derive_model
from symdiff.dossier.frames import IN_NUMBERS, IN_SCALED, frame_of, read_in_frame
from symdiff.dossier.quantities import MissingQuantityError, Quantities, hint_for
from symdiff.dossier.resolving import Resolver
from symdiff.dossier.settings import Settings
from symdiff.dossier.values_at import at_stated_start
from symdiff.errors import SymdiffError, UsageError
from symdiff.model.dimensions import Dimensions, dimensions_of
from symdiff.model.jump_model import ClaimStatement, JumpModel
from symdiff.notation.storable import Storable
from symdiff.verification.claim import Claim, Relation
from symdiff.verification.roles import KNOWN_ROLES, role_of
from symdiff.verification.verdict import (
    CONDITIONAL,
    CONSISTENT,
    PROVED,
    REFUTED,
    SILENT,
    UNDECIDED,
    RegimeVerdict,
    Verdict,
    combine,
    together,
)

AVERAGES = {"Mean", "Mean_st", "Mean_eq", "Mean_s", "Mean_ss"}
FROM_ORIGIN = "places are measured from the origin, not from the start"
ABOUT_NOBODY = "of small densities, about the empty state"
NOT_COMPARED = "its equation gives the leading part only, and the exact value could not be compared"
LEADING_PART = "its equation gives the leading part only; the claim is exact for the model itself"


@dataclass(frozen=True)
class CheckReport(Storable):
    """The verdicts on all claims of one model."""

    model: JumpModel
    derivation: Derivation | None
    verdicts: tuple[Verdict, ...]


def check_model(
    model: JumpModel,
    claims: tuple[ClaimStatement, ...] = (),
    settings: Settings | None = None,
    derivation: Derivation | None = None,
) -> CheckReport:
    """Judge the claims of the file and further ones.

    A claim that is written wrongly is undecided, with its error, and the others are judged; where no claim can be judged the
    first error is raised. Raises :class:`UsageError` where there is nothing to check.
    """
    statements = (*model.claims, *claims)
    if not statements:
        raise UsageError("there is nothing to check: the model has no claims", where=model.title or "model",
                         instead="add [[claims]] to the file, or --claim 'D = \\frac{\\ell^2}{2\\tau}'")  # fmt: skip
    read = [_read(s, model) for s in statements]
    if derivation is None and any(isinstance(c, Claim) and not c.statement.count for c in read):
        derivation = derive_model(model, settings)
    verdicts = [
        c if isinstance(c, SymdiffError) else judge_or_error(c, model, derivation, settings or Settings()) for c in read
    ]
    errors = [v for v in verdicts if isinstance(v, SymdiffError)]
    if len(errors) == len(verdicts):
        raise errors[0]
    return CheckReport(model, derivation, tuple(
        _unjudged(s, v) if isinstance(v, SymdiffError) else v for s, v in zip(statements, verdicts, strict=True)))  # fmt: skip


def _read(statement: ClaimStatement, model: JumpModel) -> Claim | SymdiffError:
    try:
        return read_in_frame(statement, model)
    except SymdiffError as error:
        return _of_the_claim(error)


def judge_or_error(
    claim: Claim, model: JumpModel, derivation: Derivation | None, settings: Settings
) -> Verdict | SymdiffError:
    """The verdict on one claim, or what is wrong with the way it is written."""
    try:
        return judge(claim, model, derivation, settings)
    except SymdiffError as error:
        return _of_the_claim(error)


def _of_the_claim(error: SymdiffError) -> SymdiffError:
    """The error, unless it is a fault of symdiff or the end of the user's time."""
    if error.status != 2:
        raise error
    return error


def _unjudged(statement: ClaimStatement, error: SymdiffError) -> Verdict:
    return Verdict(statement.id, statement.latex or statement.expression, UNDECIDED, (), (), (), (), error.message, statement.expect,
                   statement.regime, statement.source, (error.where, error.message, error.instead))  # fmt: skip


def judge(
    claim: Claim, model: JumpModel, derivation: Derivation | None, settings: Settings, *, as_it_stands: bool = False
) -> Verdict:
    """The verdict on one claim; raises :class:`UsageError` where it speaks of what the model does not have.

    ``as_it_stands``: x(0) in an average is the start, not a place of the stationary state.
    """
    parts = by_conditions(claim)
    if len(parts) > 1:
        return _worst(claim, [judge(part, model, derivation, settings) for part in parts])
    claim, fixed = fixed_parameters(claim, model)
    if fixed:
        model = model.substitute(fixed)
        derivation = derive_model(model, settings)
    if not as_it_stands and (senses := senses_of_two_times(claim, model)):
        return _best([judge(c, m, derivation, settings, as_it_stands=True) for c, m in senses])
    if not as_it_stands and open_in_the_stationary_state(claim, model):
        found_as_start = judge(claim, model, derivation, settings, as_it_stands=True)
        if found_as_start.verdict == REFUTED:
            return replace(found_as_start, verdict=UNDECIDED, why=PERHAPS_STATIONARY)
        return found_as_start
    claim = without_conditions(with_definitions(with_functions(claim, model), model), model)
    claim, model = in_full(from_radial(claim, model), model)
    found: list[Verdict] = []
    readings = (*senses_of_omega(claim, model), *senses_of_spread(claim, model), *senses_of_waves(claim, model))
    for sense, note in readings:
        noted = replace(sense, warnings=(*claim.warnings, note) if note else claim.warnings)
        found.append(_judged(noted, model, derivation, settings))
        if found[-1].verdict == PROVED:
            return found[-1]
    if found:  # proved in no sense: that in which it holds somewhere, else that in which the slip is a usual one
        if some := [v for v in found if v.verdict == CONDITIONAL]:
            return some[0]
        return next((v for v in found if v.verdict == REFUTED and v.witness is not None and v.witness.mend), found[0])
    return _judged(claim, model, derivation, settings)


PERHAPS_STATIONARY = "it fails for a start that is fixed; this average in the stationary state is not handled yet"


def _best(senses: list[Verdict]) -> Verdict:
    """The verdict in the sense in which the claim holds, else in the first."""
    rank = (PROVED, CONDITIONAL, CONSISTENT)
    return next((v for kind in rank for v in senses if v.verdict == kind), senses[0])


def _worst(claim: Claim, parts: list[Verdict]) -> Verdict:
    """One verdict of statements that hold under conditions of their own: that of the one which fails, else which is open."""
    rank = (REFUTED, UNDECIDED, CONDITIONAL, CONSISTENT, PROVED)
    worst = min(parts, key=lambda v: rank.index(v.verdict))
    return replace(worst, equations=claim.equations)


def _judged(claim: Claim, model: JumpModel, derivation: Derivation | None, settings: Settings) -> Verdict:
    statement = claim.statement
    roles: dict[str, str] = {}
    if statement.count:
        regimes = [judge_count(claim, model, settings)]
    else:
        assert derivation is not None
        _check_regime(statement, derivation)
        regimes = _by_regime(claim, model, derivation, settings, roles)
    verdict, why = combine(regimes, statement.regime)
    if verdict in (REFUTED, UNDECIDED) and not statement.count:
        defined = with_definitions(claim, model, customary=True)
        if defined is not claim:  # a customary letter that the claim itself gives another meaning: c = 2 p - 1
            again = judge(defined, model, derivation, settings)
            if again.verdict == PROVED or (verdict == UNDECIDED and again.verdict == REFUTED):
                return again
    read = claim.equations if model.space_dimension is None else tuple(map(in_space, claim.equations))
    return Verdict(statement.id, statement.latex or statement.expression, verdict, read, claim.warnings,
                   tuple(sorted(roles.items())), tuple(regimes), why, statement.expect, statement.regime, statement.source)  # fmt: skip


def _check_regime(statement: ClaimStatement, derivation: Derivation) -> None:
    names = [limit.regime.name for limit in derivation.limits]
    if statement.regime and statement.regime not in names:
        raise UsageError(f"the claim speaks of the regime '{statement.regime}', which the model does not have",
                         where=f"claim '{statement.id}'", instead=f"regimes: {', '.join(names)}")  # fmt: skip


def _by_regime(
    claim: Claim, model: JumpModel, derivation: Derivation, settings: Settings, roles: dict[str, str]
) -> list[RegimeVerdict]:
    frame = frame_of(claim, model)
    claim = unchained(claim, frame)
    if shares := judge_shares(claim, model, derivation):
        return shares
    if speaks_of_states(claim, model, derivation):
        return judge_states(claim, model, derivation, roles)
    if claim.relations and all(is_master(r, frame) for r in claim.relations):
        return [judge_master(claim, model, derivation)]
    lattice = Arena(model, None, derivation.observables)
    if claim.statement.level == "lattice":
        return [_one_regime(claim, lattice, settings, roles, "lattice")]
    if any(without_order(r)[1] is not None for r in claim.relations) and speaks_of_the_law(claim, model):
        exact = _one_regime(claim, lattice, settings, roles, "lattice")  # an equation knows the leading part only
        if exact.verdict in (PROVED, REFUTED) and not claim.statement.regime:
            return [exact]
    stated = claim.statement.regime
    if not stated and speaks_of_waves(claim, model):
        exact = _one_regime(claim, lattice, settings, roles, "lattice")
        if exact.verdict == PROVED:
            return [
                *(RegimeVerdict(x.regime.name, SILENT, (), LEADING_PART, case=x.case) for x in derivation.limits),
                exact,
            ]
    limits = [x for x in derivation.limits if stated in ("", x.regime.name)]
    found: list[RegimeVerdict] = []
    compared: dict[str, list[RegimeVerdict]] = {}
    for x in limits:
        if (
            model.population is not None
            and not derivation.observables
            and (x.regime is LONG_WAVE) == (frame is not model)
        ):
            why = IN_NUMBERS if frame is not model else IN_SCALED
            found.append(RegimeVerdict(x.regime.name, SILENT, (), why))
            continue
        parts = _each_relation(claim, Arena(narrowed(frame, x.ranges), x, derivation.observables), settings, roles)
        verdict = replace(_all_of_them(x.regime.name, parts), case=x.case)
        compared[verdict.title] = parts
        found.append(verdict)
    found = [
        replace(_all_of_them(r.name, _worst_first(compared, r.title)), case=r.case) if r.verdict == REFUTED else r
        for r in found
    ]
    if not stated and not claim.statement.level and all(r.verdict == SILENT for r in found):
        exact = _one_regime(claim, lattice, settings, roles, "lattice")  # what only the lattice knows
        found += [exact] if derivation.observables or exact.verdict in (PROVED, REFUTED) else []
    if stated or claim.statement.level:
        return found
    silent = all(r.verdict == SILENT for r in found)
    if len(model.states) > 1 and (silent or _where_switching_is_rare(found, derivation)):
        exactly = judge_exactly(claim, model, derivation, roles)
        found += [exactly] if exactly is not None and (silent or exactly.verdict == PROVED) else []
    averages = {"Mean", "Var"} if all(r.verdict == PROVED and not r.reservation for r in found) else set()
    told = {o.name for o in model.observables} | averages
    if any(r.verdict == PROVED for r in found) and names_of(claim) & told and not claim.late:
        exact = _one_regime(claim, lattice, settings, roles, "lattice")
        return [*found, exact] if exact.verdict == REFUTED else found
    if any(r.verdict == REFUTED for r in found) and speaks_of_the_law(claim, model):
        exact = _one_regime(claim, lattice, settings, roles, "lattice")
        if exact.verdict == PROVED:
            open_or_false = (REFUTED, UNDECIDED)
            found = [replace(r, verdict=SILENT, why=LEADING_PART) if r.verdict in open_or_false else r for r in found]
            found.append(exact)
        elif exact.verdict == UNDECIDED and exact.derived:
            found = [replace(r, verdict=UNDECIDED, why=NOT_COMPARED) if r.verdict == REFUTED else r for r in found]
        elif exact.verdict == REFUTED and exact.mend and all(r.verdict == REFUTED for r in found):
            found.append(exact)  # the slip shows in the exact value, of which the equation knows the leading part
    return found


def _where_switching_is_rare(found: list[RegimeVerdict], derivation: Derivation) -> bool:
    """Whether regimes that were found prove the claim and no other speaks of it: it may be exact."""
    origins = {x.regime.name: x.regime.origin for x in derivation.limits}
    return all(r.verdict == SILENT or (r.verdict == PROVED and origins.get(r.name) == "found") for r in found)


def _one_regime(claim: Claim, arena: Arena, settings: Settings, roles: dict[str, str], name: str) -> RegimeVerdict:
    return _all_of_them(name, _each_relation(claim, arena, settings, roles))


def _each_relation(claim: Claim, arena: Arena, settings: Settings, roles: dict[str, str]) -> list[RegimeVerdict]:
    return [_one_relation(claim, relation, arena, settings, roles) for relation in claim.relations]


def _all_of_them(name: str, parts: list[RegimeVerdict]) -> RegimeVerdict:
    silent = [p for p in parts if p.verdict == SILENT]
    return RegimeVerdict(name, SILENT, (), silent[0].why) if silent else together(name, parts)


def _worst_first(compared: dict[str, list[RegimeVerdict]], name: str) -> list[RegimeVerdict]:
    """The relations of a claim in one regime, those first that fail in most regimes: of them the refutation speaks."""
    fails = [sum(p.verdict == REFUTED for p in column) for column in zip(*compared.values(), strict=True)]
    order = sorted(range(len(fails)), key=lambda n: -fails[n])
    return [compared[name][n] for n in order]


def _one_relation(
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
    if not (verdict.verdict == REFUTED or open_) or relation.kind == "propto":
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
        if open_
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
    verdict = _measured(claim, relation, arena, settings, roles, from_origin=False)
    start = {s for a in arena.model.preparation.position for s in a.free_symbols}
    written = relation.left.free_symbols | relation.right.free_symbols
    averages = names_of(replace(claim, relations=(relation,))) & AVERAGES
    settled = bool(averages - {"Mean"} or (averages and claim.late)) and any(
        a != 0 for a in arena.model.preparation.position
    )
    if verdict.verdict != REFUTED or not averages or not (settled or start & written):
        return verdict
    again = _measured(claim, relation, arena, settings, roles, from_origin=True)
    if settled and not start & written and again.verdict == REFUTED:
        return again  # the stationary state knows no start: a slip shows in places from the origin
    return replace(again, reservation=FROM_ORIGIN) if again.verdict == PROVED else verdict


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
    means = [c for e in claim.equations for c in e.atoms(AppliedUndef) if c.func.__name__ == "Mean"]
    places = model.coordinate_symbols
    return any(str(m.args[0]) in names for m in means) and left.has(*places) != right.has(*places)


def _starts_by_name(relation: Relation, model: JumpModel) -> set[tuple[sp.Basic, ...]]:
    """``f(t) = x_0 e^{-x_0^2/4Dt}...``: the start as x_0, where the claim has no coordinates of its own and the file no start."""
    used = relation.left.free_symbols | relation.right.free_symbols
    start = tuple(sp.Symbol(f"{c}_0") for c in model.coordinates)
    if model.preparation.stated or used & set(model.coordinate_symbols) or not set(start) <= used:
        return set()
    return {start}


def _measured(
    claim: Claim, relation: Relation, arena: Arena, settings: Settings, roles: dict[str, str], *, from_origin: bool
) -> RegimeVerdict:
    resolver = Resolver(arena.model, Quantities(arena.model, arena.limit, arena.observables, empty=arena.empty),
                        dict(claim.statement.symbols), claim.statement.of)  # fmt: skip
    resolver.from_origin = from_origin
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
    rate = macroscopic_claim(numeric, arena)
    if rate is not None:
        return rate
    if is_pde(relation, arena.model):
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
    vague = out_of_place(relation, arena.model, resolver.stated)
    if vague and not (vague == "s" and resolver.laplace):
        return RegimeVerdict(
            "", UNDECIDED, (), f"nothing is known of '{vague}': {hint_for(vague, arena.model, KNOWN_ROLES)}"
        )
    change = settings.symbols(arena.model) | _given(claim.statement, arena.model) | dict(claim.at)
    front = front_named(relation, arena)
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
    if arena.limit is None and arena.model.density in resolver.used:
        arena = replace(arena, at_sites=True)
        if relation.kind in ("approx", "propto"):
            left, right = (
                at_late_times_on_lattice(e, resolver.used[arena.model.density], arena.model, resolver.place)
                for e in (left, right)
            )
    if resolver.stationary is not None:
        roles.update(dict.fromkeys(speaks.constants, NORMALISING))
        arena, left, right = where_it_exists(resolver.stationary, arena, left, right)
    verdict = sides_compared(claim, relation, arena, resolver, (left, right), named_right, order)
    if verdict.verdict == REFUTED and _averages_starts(claim, arena.model, left, right):
        return RegimeVerdict(
            "", UNDECIDED, verdict.derived, "whether the average is also one over starts, and which, is not said"
        )
    if claim.small and verdict.verdict == REFUTED and relation.kind in ("=", "approx"):
        verdict = where_small(verdict, claim.small, arena, left, right)
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


def _given(statement: ClaimStatement, model: JumpModel) -> dict[sp.Symbol, sp.Expr]:
    table = {p.name: p.symbol for p in model.parameters}
    for name, _ in statement.given:
        if name not in table:
            raise UsageError(f"'{name}' is no parameter of the model", where=f"claim '{statement.id}', given")
    return {table[name]: value for name, value in statement.given}
