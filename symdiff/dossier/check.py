"""Verdicts on the claims of a model: each is read, compared in every regime, and the answers are combined."""

from __future__ import annotations

from dataclasses import dataclass, replace

import sympy as sp

from symdiff.continuum.cases import narrowed
from symdiff.continuum.isotropic import in_space
from symdiff.dossier.check_by_regime import by_regime
from symdiff.dossier.check_counts import judge_count
from symdiff.dossier.check_sides import (
    names_of,
)
from symdiff.dossier.claim_backward import in_the_start
from symdiff.dossier.claim_conditions import with_functions, within_ranges, without_conditions
from symdiff.dossier.claim_customs import by_custom
from symdiff.dossier.claim_definitions import (
    critical_value,
    fixed_parameters,
    only_fixes,
    ordered_parameters,
    with_definitions,
)
from symdiff.dossier.claim_exit_transforms import judged_as_transforms
from symdiff.dossier.claim_generating import about_generating_function, speaks_of_it
from symdiff.dossier.claim_jumps_made import of_jumps_made
from symdiff.dossier.claim_late import NO_LIMIT, in_the_end
from symdiff.dossier.claim_letters import with_own_density
from symdiff.dossier.claim_observables import judged_in_their_senses, may_be_first_passage, speaks_of_leaving
from symdiff.dossier.claim_radial import from_radial
from symdiff.dossier.claim_senses import by_conditions, in_full, senses_of_spread, unknown_names
from symdiff.dossier.claim_sites import changed
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
from symdiff.dossier.derivation import Derivation, derive_model
from symdiff.dossier.found_limits import told_where_found
from symdiff.dossier.frames import read_in_frame
from symdiff.dossier.settings import Settings
from symdiff.errors import SymdiffError, UsageError
from symdiff.model.jump_model import ClaimStatement, JumpModel
from symdiff.notation.storable import Storable
from symdiff.verification.claim import Claim
from symdiff.verification.roles import role_of
from symdiff.verification.verdict import (
    CONDITIONAL,
    CONSISTENT,
    PROVED,
    REFUTED,
    UNDECIDED,
    Verdict,
    combine,
)


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
    if not claim.statement.count and (counted := of_jumps_made(claim, model)) is not None:
        return _judged_in_its_senses(*counted, derive_model(counted[1], settings), settings)
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
        before = {p.name: p.symbol for p in model.parameters}
        model = narrowed(model, ranges)
        claim = changed(claim, {before[p.name]: p.symbol for p in model.parameters})  # positive now, say
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
        regimes = told_where_found(by_regime(claim, model, derivation, settings, roles), derivation)
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
