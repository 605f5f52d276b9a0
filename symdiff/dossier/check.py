"""Verdicts on the claims of a model: each is read, compared in every regime, and the answers are combined."""

from __future__ import annotations

from dataclasses import dataclass, replace

import sympy as sp

from symdiff.continuum.cases import narrowed
from symdiff.continuum.isotropic import in_space
from symdiff.continuum.regimes import LONG_WAVE
from symdiff.dossier.check_counts import judge_count
from symdiff.dossier.check_fronts import front_speeds
from symdiff.dossier.check_in_regime import one_relation
from symdiff.dossier.check_linear_noise import average_claim
from symdiff.dossier.check_master import judge_master
from symdiff.dossier.check_orders import without_order
from symdiff.dossier.check_shares import judge_shares
from symdiff.dossier.check_sides import (
    names_a_spread,
    names_of,
    speaks_of_the_law,
    speaks_of_waves,
)
from symdiff.dossier.check_states import balances_states, judge_exactly, judge_states, speaks_of_states
from symdiff.dossier.check_uniform import uniform_states
from symdiff.dossier.claim_backward import in_the_start
from symdiff.dossier.claim_conditions import with_functions, within_ranges, without_conditions
from symdiff.dossier.claim_customs import by_custom
from symdiff.dossier.claim_definitions import (
    critical_value,
    fixed_parameters,
    only_fixes,
    ordered_parameters,
    unchained,
    with_definitions,
)
from symdiff.dossier.claim_exit_transforms import judged_as_transforms
from symdiff.dossier.claim_generating import about_generating_function, judge_generating, speaks_of_it
from symdiff.dossier.claim_kinds import is_master
from symdiff.dossier.claim_late import NO_LIMIT, in_the_end
from symdiff.dossier.claim_letters import with_own_density
from symdiff.dossier.claim_observables import judged_in_their_senses, may_be_first_passage, speaks_of_leaving
from symdiff.dossier.claim_radial import from_radial
from symdiff.dossier.claim_senses import by_conditions, in_full, senses_of_spread, unknown_names
from symdiff.dossier.claim_spectra import senses_of_spectrum
from symdiff.dossier.claim_speeds import (
    any_dimension,
    in_dimensions,
    open_where_a_speed_is_meant,
    other_roles,
    speed_meant,
    with_speed,
)
from symdiff.dossier.claim_spellings import by_entries, in_own_signs, with_the_size_apart
from symdiff.dossier.claim_two_times import open_in_the_stationary_state, senses_of_two_times
from symdiff.dossier.claim_velocities import with_velocities
from symdiff.dossier.claimed_transforms import (
    in_waves,
    senses_of_omega,
    senses_of_waves,
    told_as_average,
)
from symdiff.dossier.comparing import Arena
from symdiff.dossier.derivation import Derivation, derive_model
from symdiff.dossier.frames import IN_NUMBERS, IN_SCALED, frame_of, read_in_frame
from symdiff.dossier.kept_orders import silent_beyond
from symdiff.dossier.resolving import is_stationary_law
from symdiff.dossier.resolving_averages import STATIONARY
from symdiff.dossier.settings import Settings
from symdiff.errors import SymdiffError, UsageError
from symdiff.model.jump_model import ClaimStatement, JumpModel
from symdiff.notation.storable import Storable
from symdiff.verification.claim import Claim, read_claim
from symdiff.verification.roles import role_of
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

NOT_COMPARED = "its equation gives the leading part only, and the exact value could not be compared"
NO_LAW = "its equation holds for small steps and short runs, and the stationary law of the model as it is is not known in closed form"
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
    from symdiff.dossier.claim_stochastic import is_langevin, stochastic_claim  # loaded when used: start-up time

    if is_langevin(statement) and (found := stochastic_claim(statement, model)) is not None:
        return found
    try:
        return read_in_frame(statement, model)
    except SymdiffError as error:
        return stochastic_claim(statement, model) or _of_the_claim(error)


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


def judge(claim: Claim, model: JumpModel, derivation: Derivation | None, settings: Settings) -> Verdict:
    """The verdict on one claim; raises :class:`UsageError` where it speaks of what the model does not have."""
    found = _judged_in_its_senses(claim, model, derivation, settings)
    if derivation is not None and (found.verdict == UNDECIDED or speaks_of_leaving(claim, model)):
        observed = judged_in_their_senses(claim, model, derivation, settings, judge)
        found = found if observed is None else observed
        if (
            found.verdict == UNDECIDED
            and (transformed := judged_as_transforms(claim, model, settings, judge)) is not None
        ):
            found = transformed
    if derivation is not None and found.verdict == REFUTED and may_be_first_passage(claim, model):
        observed = judged_in_their_senses(claim, model, derivation, settings, judge)
        found = observed if observed is not None and observed.verdict in (PROVED, CONDITIONAL) else found
    if found.verdict in (UNDECIDED, REFUTED) and (why := only_fixes(claim, model)):
        return replace(found, verdict=UNDECIDED, regimes=(), why=why)
    if found.verdict == UNDECIDED and (narrower := ordered_parameters(claim, model)) is not None:
        rest, wider = narrower
        again = _judged_in_its_senses(rest, wider, derive_model(wider, settings), settings)
        if again.verdict in (PROVED, REFUTED):
            found = again
    if found.verdict == UNDECIDED and derivation is not None and (given := _at_given_values(claim, model)) is not None:
        rest, put_in = given  # T = n(N - n) at p = 1/2, where the general expression is 0/0
        again = _judged_in_its_senses(rest, put_in, derive_model(put_in, settings), settings)
        if again.verdict in (PROVED, REFUTED):
            found = again
    if found.verdict == UNDECIDED and NO_LIMIT in found.why and (late := in_the_end(claim, model)) is not None:
        again = _judged_in_its_senses(late, model, derivation, settings)
        if again.verdict in (PROVED, CONDITIONAL, REFUTED):
            found = again
    if found.verdict == REFUTED and (d := any_dimension(claim, model)) is not None:
        for number in (2, 3):  # in one dimension it is the usual slip: <r^2> = 2 D t for 2 d D t
            there = model.substitute({d: sp.Integer(number)})
            again = _judged_in_its_senses(
                in_dimensions(claim, d, number), there, derive_model(there, settings), settings
            )
            if again.verdict == PROVED:
                return replace(again, verdict=CONDITIONAL, why=f"holds for {d} = {number}; {again.why}")
    if found.verdict == REFUTED and (apart := with_the_size_apart(claim, model)) is not None:
        again = _judged_in_its_senses(apart, model, derivation, settings)
        if again.verdict == PROVED:
            return replace(again, verdict=CONDITIONAL, why=f"{SIZE_APART}; {again.why}")
    if speed := speed_meant(claim, model, found):
        named = with_speed(claim, model, speed)
        as_speed = _judged_in_its_senses(named, model, derivation, settings) if named is not None else found
        held = named is not None and as_speed.verdict in (PROVED, CONDITIONAL, REFUTED)
        return as_speed if held else open_where_a_speed_is_meant(found, speed)
    return found


SIZE_APART = "holds where one over the system size stands in front of the term, as (1/2V) d_xx (B P)"


def _at_given_values(claim: Claim, model: JumpModel) -> tuple[Claim, JumpModel] | None:
    """The claim and the model with the values that the claim states put in from the start; None where it states none."""
    statement = claim.statement
    if (
        not statement.given
        or statement.count
        or not {n for n, _ in statement.given} <= {p.name for p in model.parameters}
    ):
        return None
    values = {p.symbol: value for p in model.parameters for name, value in statement.given if name == p.name}
    relations = tuple(replace(r, left=r.left.xreplace(values), right=r.right.xreplace(values)) for r in claim.relations)
    return replace(claim, statement=replace(statement, given=()), relations=relations), model.substitute(
        dict(statement.given)
    )


def _judged_in_its_senses(
    claim: Claim, model: JumpModel, derivation: Derivation | None, settings: Settings, *, as_it_stands: bool = False
) -> Verdict:
    """The verdict in the sense in which the claim holds, where it may be read in several.

    ``as_it_stands``: x(0) in an average is the start, not a place of the stationary state.
    """
    claim = claim if claim.statement.count else by_custom(with_own_density(claim, model), model)
    claim = in_the_start(by_entries(claim, model), model)
    claim = about_generating_function(claim, model) or claim
    if speaks_of_it(claim):
        return _judged(claim, model, derivation, settings)
    parts = by_conditions(claim)
    if len(parts) > 1:
        return _worst(claim, [judge(part, model, derivation, settings) for part in parts])
    claim, fixed = fixed_parameters(claim, model)
    if not fixed:
        claim, fixed = critical_value(claim, model)
    if fixed:
        model = model.substitute(fixed)
        derivation = derive_model(model, settings)
    if spectra := list(senses_of_spectrum(claim, model)):
        return _in_a_convention([(_judged_in_its_senses(c, m, derivation, settings), note) for c, m, note in spectra])
    claim, model = in_own_signs(with_velocities(claim, model), model)
    if not as_it_stands and (senses := senses_of_two_times(claim, model)):
        return _best([_judged_in_its_senses(c, m, derivation, settings, as_it_stands=True) for c, m in senses])
    if not as_it_stands and open_in_the_stationary_state(claim, model):
        found_as_start = _judged_in_its_senses(claim, model, derivation, settings, as_it_stands=True)
        if found_as_start.verdict == REFUTED:
            return replace(found_as_start, verdict=UNDECIDED, why=PERHAPS_STATIONARY)
        return found_as_start
    claim, fixed = fixed_parameters(with_definitions(with_functions(claim, model), model), model)
    if fixed:  # p = q = 1/2: only what the claim says of q says what p is
        model = model.substitute(fixed)
        derivation = derive_model(model, settings)
    stated = any(r.kind not in ("<", ">", "<=", ">=") for r in claim.relations)  # a range by itself is the claim
    if derivation is not None and stated and (ranges := within_ranges(claim, model)):
        model = narrowed(model, ranges)
        derivation = derive_model(model, settings)
    claim = without_conditions(claim, model)
    claim, model = in_full(from_radial(claim, model), model)
    if (wave := in_waves(claim, model)) is not None:
        found_of_wave = _judged(wave[0], model, derivation, settings)
        return told_as_average(found_of_wave) if wave[1] else found_of_wave
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
        slips = [v for v in found if v.verdict == REFUTED and v.witness is not None and v.witness.mend]
        open_ = [v for v in found if v.verdict == UNDECIDED]
        return slips[0] if slips else open_[0] if open_ else found[0]
    return _judged(claim, model, derivation, settings)


PERHAPS_STATIONARY = "it fails for a start that is fixed; this average in the stationary state is not handled yet"


def _in_a_convention(senses: list[tuple[Verdict, str]]) -> Verdict:
    """The verdict in the first convention; where the claim holds in a later one only, it is conditional."""
    first = senses[0][0]
    held = next(((v, note) for v, note in senses[1:] if v.verdict == PROVED and first.verdict == REFUTED), None)
    return first if held is None else replace(held[0], verdict=CONDITIONAL, why=f"{held[1]}; {held[0].why}")


def _best(senses: list[Verdict]) -> Verdict:
    """The verdict in the sense in which the claim holds, else one that is open: it may hold in that; else in the first."""
    rank = (PROVED, CONDITIONAL, CONSISTENT, UNDECIDED)
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
            of_letters = not _defines_a_coefficient(claim, defined)
            if again.verdict == PROVED or (again.verdict == REFUTED and (verdict == UNDECIDED or of_letters)):
                return again
    if verdict == UNDECIDED and (drift := _drift_by_letter(claim, model)):  # u, as in population biology
        stated = replace(statement, symbols=(*statement.symbols, (drift, "v")))
        again = _judged(replace(claim, statement=stated, warnings=(*claim.warnings, f"{drift} is read as the drift v")),
                        model, derivation, settings)  # fmt: skip
        if again.verdict in (PROVED, CONDITIONAL):
            return again
    if verdict == UNDECIDED and not statement.count and (other := _in_other_roles(claim, model, derivation, settings)):
        return other
    read = claim.equations if model.space_dimension is None else tuple(map(in_space, claim.equations))
    return Verdict(statement.id, statement.latex or statement.expression, verdict, read, claim.warnings,
                   tuple(sorted(roles.items())), tuple(regimes), why, statement.expect, statement.regime, statement.source)  # fmt: skip


def _defines_a_coefficient(claim: Claim, defined: Claim) -> bool:
    """Whether what a claim says of D or v went as a definition: it is a statement about these first."""
    gone = [r for r in claim.relations if r.left.is_Symbol and r not in defined.relations]
    return any((role_of(r.left.name, {}) or "").partition("_")[0] in ("D", "v") for r in gone)


def _in_other_roles(
    claim: Claim, model: JumpModel, derivation: Derivation | None, settings: Settings
) -> Verdict | None:
    """The verdict where a letter without a meaning here has another one: that in which the claim holds, or the only likely one."""
    found: list[tuple[Verdict, bool]] = []
    for name, role, likely in other_roles(claim, model):
        stated = replace(claim.statement, symbols=(*claim.statement.symbols, (name, role)))
        note = f"{name} is read as the {ROLE_WORDS[role]}"
        found.append(
            (
                _judged(
                    replace(claim, statement=stated, warnings=(*claim.warnings, note)), model, derivation, settings
                ),
                likely,
            )
        )
        if found[-1][0].verdict in (PROVED, CONDITIONAL):
            return found[-1][0]
    return next((v for v, likely in found if likely and v.verdict == REFUTED), None)


ROLE_WORDS = {
    "D": "diffusivity",
    "extrapolation_length": "extrapolation length",
    "wave_speed": "speed of waves of the density",
    "agent_speed": "mean velocity of an agent",
}


def _drift_by_letter(claim: Claim, model: JumpModel) -> str:
    """The one letter in common use for a velocity of which nothing is known; empty where there is none."""
    found = unknown_names(claim, model) & {"u", "U", "V"} - {model.density, *model.states}
    return found.pop() if len(found) == 1 and "v" not in names_of(claim) else ""


def _check_regime(statement: ClaimStatement, derivation: Derivation) -> None:
    names = [limit.regime.name for limit in derivation.limits]
    if statement.regime and statement.regime not in names:
        raise UsageError(f"the claim speaks of the regime '{statement.regime}', which the model does not have",
                         where=f"claim '{statement.id}'", instead=f"regimes: {', '.join(names)}")  # fmt: skip


def _in_numbers(
    found: list[RegimeVerdict], claim: Claim, model: JumpModel, derivation: Derivation, settings: Settings
) -> list[RegimeVerdict]:
    """The verdicts, with that of the number n itself where a claim fails for n/V and holds for n: D = lambda N/2 beside lambda/(2N)."""
    for i, limit in enumerate(derivation.limits):
        if limit.regime is not LONG_WAVE or found[i].verdict != SILENT:
            continue
        arena = Arena(narrowed(model, limit.ranges), limit, derivation.observables)
        own = _all_of_them(limit.regime.name, _each_relation(read_claim(claim.statement, model), arena, settings, {}))
        if own.verdict == PROVED:
            found[i] = replace(own, case=limit.case, reservation="for the number itself, not for the scaled coordinate")
    return found


def _by_regime(
    claim: Claim, model: JumpModel, derivation: Derivation, settings: Settings, roles: dict[str, str]
) -> list[RegimeVerdict]:
    if speaks_of_it(claim):
        return [judge_generating(claim, model)]
    frame = frame_of(claim, model)
    claim = unchained(claim, frame)
    if shares := judge_shares(claim, model, derivation) or uniform_states(claim, model, derivation):
        return shares
    if speaks_of_states(claim, model, derivation):
        return judge_states(claim, model, derivation, roles)
    if claim.relations and all(is_master(r, frame) for r in claim.relations):
        if balances_states(claim, model, derivation):
            return judge_states(claim, model, derivation, roles)
        return [judge_master(claim, model, derivation)]
    lattice = Arena(model, None, derivation.observables)
    long_waves = next((x for x in derivation.limits if x.regime.origin == "long-wave"), None)
    with_coefficients = replace(lattice, borrowed=long_waves)  # <x^4> = 12 D^2 t^2 names D
    if claim.statement.level == "lattice":
        return [_one_regime(claim, with_coefficients, settings, roles, "lattice")]
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
            and not (derivation.observables and _of_averages(claim, model, derivation))
            and (x.regime is LONG_WAVE) == (frame is not model)
        ):
            why = IN_NUMBERS if frame is not model else IN_SCALED
            found.append(RegimeVerdict(x.regime.name, SILENT, (), why))
            continue
        parts = _each_relation(claim, Arena(narrowed(frame, x.ranges), x, derivation.observables), settings, roles)
        verdict = replace(_all_of_them(x.regime.name, parts), case=x.case)
        compared[verdict.title] = parts
        found.append(verdict)
    if frame is not model and not stated and any(r.verdict == REFUTED for r in found):
        found = _in_numbers(found, claim, model, derivation, settings)
    found = [
        replace(_all_of_them(r.name, _worst_first(compared, r.title)), case=r.case) if r.verdict == REFUTED else r
        for r in found
    ]
    if not stated and not claim.statement.level and all(r.verdict == SILENT for r in found):
        exact = _one_regime(claim, lattice, settings, roles, "lattice")  # what only the lattice knows
        found += [exact] if derivation.observables or exact.verdict in (PROVED, REFUTED) else []
    if stated or claim.statement.level:
        return found
    found = silent_beyond(found, compared)
    found = _by_noise(found, claim, model, derivation)
    silent = all(r.verdict == SILENT for r in found)
    if len(model.states) > 1 and (silent or _where_switching_is_rare(found, derivation)):
        exactly = judge_exactly(claim, model, derivation, roles)
        found += [exactly] if exactly is not None and (silent or exactly.verdict == PROVED) else []
    spreads = {n for n, role in claim.statement.symbols if role in ("variance", "standard_deviation")}
    own = {p.name for p in model.parameters} | set(dict(claim.statement.symbols))
    spreads |= {
        n for n in names_of(claim) - own if names_a_spread(n, model)
    }  # kappa_4 = 0 of an equation to second order
    labelled = {f"{head}_{label}" for head in ("Mean", "Var") for label in STATIONARY}
    averages = (
        {"Mean", "Var", *labelled, *spreads} if all(r.verdict == PROVED and not r.reservation for r in found) else set()
    )
    fronts = front_speeds(names_of(claim), model, dict(claim.statement.symbols))
    told = ({o.name for o in model.observables} - fronts) | averages
    if all(x.regime is LONG_WAVE for x in limits):  # no stated limit of small steps, in which the speeds agree
        told |= fronts
    if all(
        j.law is None and not any(j.displacement) for j in model.jumps
    ):  # of walkers that move the exact law is a density too
        told |= {n for n in names_of(claim) if is_stationary_law(n, model, dict(claim.statement.symbols))}
    if any(r.verdict == PROVED for r in found) and names_of(claim) & told and not claim.late:
        exact = _one_regime(claim, with_coefficients, settings, roles, "lattice")
        if exact.verdict != PROVED or all(r.verdict != REFUTED for r in found):
            loosely = all(r.kind == "approx" for r in claim.relations)
            return (
                [*found, exact] if exact.verdict == REFUTED or (exact.verdict == CONDITIONAL and not loosely) else found
            )
    open_alone = {r.verdict for r in found} - {SILENT} == {UNDECIDED}
    if open_alone and all(r.kind == "approx" for r in claim.relations) and speaks_of_the_law(claim, model):
        exact = _one_regime(claim, lattice, settings, roles, "lattice")  # of sites, where the density is one of places
        if exact.verdict in (PROVED, REFUTED):
            return [*(replace(r, verdict=SILENT) for r in found), exact]
    observed = bool(names_of(claim) & {o.name for o in model.observables}) and all(r.verdict != PROVED for r in found)
    if any(r.verdict == REFUTED or (observed and r.verdict == UNDECIDED) for r in found) and speaks_of_the_law(
        claim, model
    ):
        exact = _one_regime(claim, with_coefficients, settings, roles, "lattice")
        if exact.verdict == UNDECIDED:  # what holds of the equation's own D is not open for that
            exact = _one_regime(claim, lattice, settings, roles, "lattice")
        if exact.verdict == PROVED:
            open_or_false = (REFUTED, UNDECIDED)
            found = [replace(r, verdict=SILENT, why=LEADING_PART) if r.verdict in open_or_false else r for r in found]
            found.append(exact)
        elif exact.verdict == UNDECIDED and exact.derived and _law_at_late_times(claim, found):
            pass  # powers of the time are those of long waves
        elif exact.verdict == UNDECIDED and exact.derived:
            found = [replace(r, verdict=UNDECIDED, why=NOT_COMPARED) if r.verdict == REFUTED else r for r in found]
        elif exact.verdict != REFUTED and _knows_no_jumps(claim, model, derivation, found):
            found = [replace(r, verdict=UNDECIDED, why=NO_LAW) if r.verdict == REFUTED else r for r in found]
        elif (
            exact.verdict == REFUTED
            and all(r.verdict == REFUTED for r in found)
            and (exact.mend or _shows(exact, found))
        ):
            # the slip shows in the exact value, of which the equation knows the leading part
            found = [*(replace(r, mend="") if r.correct == 0 and exact.correct != 0 else r for r in found), exact]
    return found


def _law_at_late_times(claim: Claim, found: list[RegimeVerdict]) -> bool:
    """Whether a claim of proportion, or of what is close, is refuted in long waves, whose equation is right at late times."""
    return all(r.kind in ("propto", "approx") for r in claim.relations) and any(
        r.verdict == REFUTED and r.name == LONG_WAVE.name for r in found
    )


SHORT = 40  # operations of an exact value that is shown as what is right


def _shows(exact: RegimeVerdict, found: list[RegimeVerdict]) -> bool:
    """Whether the exact value is shown as what is right: where no regime knows the slip, and it is short."""
    known = any(r.mend and r.correct != 0 for r in found)  # an equation that lacks the term says nothing of its size
    return exact.correct is not None and sp.count_ops(exact.correct) <= SHORT and not known


def _of_averages(claim: Claim, model: JumpModel, derivation: Derivation) -> bool:
    """Whether a claim is about an observable or an average, which numbers and shares both have."""
    names = names_of(claim) - {p.name for p in model.parameters}
    told = {o.name for o in derivation.observables} | set(dict(claim.statement.symbols))
    averages = {n for n in names if n.partition("_")[0] in ("Mean", "Var", "Cov", "sigma")}
    return bool(claim.statement.of or names & told or averages)


def _by_noise(
    found: list[RegimeVerdict], claim: Claim, model: JumpModel, derivation: Derivation
) -> list[RegimeVerdict]:
    """The verdicts, with that of linear noise on averages of numbers that are not known exactly, or hold to leading order only."""
    limit = next((x for x in derivation.limits if x.system_size is not None), None)
    if limit is None or not claim.relations or any(r.verdict in (PROVED, CONDITIONAL) for r in found):
        return found
    parts = [average_claim(claim, r, Arena(model, limit, derivation.observables)) for r in claim.relations]
    if any(p is None for p in parts):
        return found
    noise = together(limit.regime.name, [p for p in parts if p is not None])
    exact = [r for r in found if r.verdict == REFUTED]
    if exact and noise.verdict != PROVED:
        return found
    kept = [r for r in found if r.verdict != UNDECIDED and r.name != noise.name]
    return [noise, *kept]


def _knows_no_jumps(claim: Claim, model: JumpModel, derivation: Derivation, found: list[RegimeVerdict]) -> bool:
    """Whether a stationary law is refuted only by equations that take steps of a law, or runs, not said to be small, for diffusion."""
    stated = dict(claim.statement.symbols)
    law = any(is_stationary_law(n, model, stated) for n in names_of(claim) - {p.name for p in model.parameters})
    origins = {x.regime.name: x.regime.origin for x in derivation.limits}
    small = any(r.verdict == REFUTED and origins.get(r.name) == "stated" for r in found)
    return (
        law
        and not small
        and (any(j.law is not None for j in model.jumps) or len(model.states) > 1 or bool(model.internals))
    )


def _where_switching_is_rare(found: list[RegimeVerdict], derivation: Derivation) -> bool:
    """Whether regimes that were found prove the claim and no other speaks of it: it may be exact."""
    origins = {x.regime.name: x.regime.origin for x in derivation.limits}
    return all(r.verdict == SILENT or (r.verdict == PROVED and origins.get(r.name) == "found") for r in found)


def _one_regime(claim: Claim, arena: Arena, settings: Settings, roles: dict[str, str], name: str) -> RegimeVerdict:
    return _all_of_them(name, _each_relation(claim, arena, settings, roles))


def _each_relation(claim: Claim, arena: Arena, settings: Settings, roles: dict[str, str]) -> list[RegimeVerdict]:
    return [one_relation(claim, relation, arena, settings, roles) for relation in claim.relations]


def _all_of_them(name: str, parts: list[RegimeVerdict]) -> RegimeVerdict:
    silent = [p for p in parts if p.verdict == SILENT]
    return RegimeVerdict(name, SILENT, (), silent[0].why) if silent else together(name, parts)


def _worst_first(compared: dict[str, list[RegimeVerdict]], name: str) -> list[RegimeVerdict]:
    """The relations of a claim in one regime, those first that fail in most regimes: of them the refutation speaks."""
    fails = [sum(p.verdict == REFUTED for p in column) for column in zip(*compared.values(), strict=True)]
    order = sorted(range(len(fails)), key=lambda n: -fails[n])
    return [compared[name][n] for n in order]
