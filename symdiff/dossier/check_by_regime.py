"""One claim in every regime of a model, and on the lattice where that is what it speaks of."""

from __future__ import annotations

from dataclasses import replace

import sympy as sp

from symdiff.continuum.cases import narrowed
from symdiff.continuum.regimes import LONG_WAVE
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
from symdiff.dossier.claim_definitions import (
    unchained,
)
from symdiff.dossier.claim_generating import judge_generating, speaks_of_it
from symdiff.dossier.claim_kinds import is_master
from symdiff.dossier.comparing import Arena
from symdiff.dossier.derivation import Derivation
from symdiff.dossier.frames import IN_NUMBERS, IN_SCALED, frame_of
from symdiff.dossier.kept_orders import silent_beyond
from symdiff.dossier.resolving import is_stationary_law
from symdiff.dossier.resolving_averages import STATIONARY
from symdiff.dossier.settings import Settings
from symdiff.model.jump_model import JumpModel
from symdiff.verification.claim import Claim, read_claim
from symdiff.verification.verdict import (
    CONDITIONAL,
    PROVED,
    REFUTED,
    SILENT,
    UNDECIDED,
    RegimeVerdict,
    together,
)

NOT_COMPARED = "its equation gives the leading part only, and the exact value could not be compared"
NO_LAW = "its equation holds for small steps and short runs, and the stationary law of the model as it is is not known in closed form"
LEADING_PART = "its equation gives the leading part only; the claim is exact for the model itself"


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


def by_regime(
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
