"""The cross-check of one model: which tiers apply, what each found, and whether all of them passed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache, partial
from typing import TYPE_CHECKING

from symdiff.continuum.cases import narrowed
from symdiff.continuum.derive import derive_all
from symdiff.continuum.isotropic import on_axis
from symdiff.continuum.limit import ContinuumLimit
from symdiff.dossier.claimed_equation import check_well_posed, read_equations
from symdiff.dossier.settings import Settings, apply_to_model
from symdiff.dossier.verify_claim import claim_of, time_order
from symdiff.dossier.verify_deaths import WrongDeathsError, dies_while_waiting, without_deaths
from symdiff.dossier.verify_growth import by_growth, exact_tier
from symdiff.dossier.verify_numbers import BaseValues, base_values, base_within, eps_path
from symdiff.dossier.verify_scope import check_scope
from symdiff.dossier.verify_solution import by_solution
from symdiff.equations.evolution_equation import EvolutionEquation
from symdiff.errors import NothingToCheckError, NotYetError, UsageError
from symdiff.evidence.propagation.rules import is_homogeneous
from symdiff.model.jump_model import JumpModel, ScalingRegime
from symdiff.model.occupancy import is_crowd
from symdiff.verification.tier import NOT_RUN, Evidence, TierResult, not_applicable, noted

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from symdiff.dossier.results_store import ResultsStore
    from symdiff.dossier.verify_simulation import Progress

__all__ = ["Evidence", "verify_model"]

TIERS = ("exact", "pde", "simulation", "closure")
REDRAWN = 3  # times that numbers are drawn anew where a check could not have seen an error
MOST_CHUNKS = 10**6
Judge = Callable[[JumpModel, ContinuumLimit, BaseValues, EvolutionEquation | None], list[TierResult]]


def verify_model(
    model: JumpModel, settings: Settings | None = None, *, seed: int | None = None, budget: float | None = None,
    tier: str | None = None, equation: str = "", chunks: int | None = None, executor: Executor | None = None,
    store: ResultsStore | None = None, progress: Progress | None = None, short: bool = False,
) -> Evidence:  # fmt: skip
    """Cross-check the derivation (or the user's ``equation``) against the microscopic model.

    ``tier`` asks for one tier only. The simulation's length follows from ``budget`` (seconds) and the rules, never from the
    clock, so that ``seed`` fixes every number. Raises :class:`UsageError` where no tier applies or the equation is no claim
    about this model, and what the derivation raises. ``chunks`` asks for exactly so many chunks of walkers, as a result
    states them; ``executor`` works them out. With ``short`` what is known to take long is listed as not run. What ``store``
    holds is not worked out again; ``progress`` is told how many chunks there are, and of how many.
    """
    if tier is not None and tier not in TIERS:
        raise UsageError(f"there is no tier '{tier}'", where="tier", instead=f"one of {', '.join(TIERS)}")
    if chunks is not None and (
        isinstance(chunks, bool) or not isinstance(chunks, int) or not 0 < chunks <= MOST_CHUNKS
    ):
        raise UsageError(
            f"{chunks!r} is no number of chunks", where="chunks", instead=f"a whole number up to {MOST_CHUNKS}"
        )
    settings = settings or Settings()
    prepared = apply_to_model(model, settings)
    if prepared.space_dimension is not None:
        model, prepared = on_axis(model), on_axis(prepared)  # walkers and equation on one axis
    base = base_values(prepared, settings)
    limits = cache(lambda: derive_all(prepared))
    solved = partial(by_solution, alone=tier is not None, short=short)
    work = {
        "exact": lambda: _that_could_see(
            lambda at: _regimes(prepared, at, equation, by_growth, "exact", limits(), short=short),
            base,
            lambda attempt: base_values(prepared, settings, attempt, simple=True),
            REDRAWN if _has_tails(prepared) else 0,
        ),
        "pde": lambda: _regimes(prepared, base, equation, solved, "pde", limits()),
        "closure": lambda: _closures(prepared, base, equation, alone=tier is not None, short=short),
    }
    keeper = None
    if store is not None or executor is not None:
        from symdiff.dossier.verify_chunks import Keeper

        keeper = Keeper(model, settings, store, executor)
    results: list[TierResult] = []
    for name in TIERS if tier is None else (tier,):
        if name == "simulation":
            from symdiff.dossier.verify_simulation import simulation_tier  # loads scipy.stats

            run = None if keeper is None else keeper.chunks
            results.append(simulation_tier(prepared, base, seed, budget, chunks, run, progress, short=short))
        elif keeper is None:
            results += work[name]()
        else:
            results += keeper.tiers(name, {"equation": equation, "alone": tier is not None}, work[name])
    if not any(r.applies for r in results):
        reasons = "; ".join(dict.fromkeys(f"{r.tier}: {r.why}" for r in results))
        raise NothingToCheckError(f"there is nothing to check ({reasons})", where="verify")
    return Evidence(model.title, tuple(results), equation)


def _has_tails(model: JumpModel) -> bool:
    """Whether powers of eps depend on the numbers that are drawn: where two are close, no refinement tells them apart."""
    return model.clock == "waiting" or any(j.law is not None and j.law.singular for j in model.jumps)


def _that_could_see(
    results: Callable[[BaseValues], list[TierResult]],
    base: BaseValues,
    again: Callable[[int], BaseValues],
    attempts: int,
) -> list[TierResult]:
    """The results; where numbers were drawn at which a wrong claim would not have been seen, those at numbers drawn anew.

    No verdict is passed over: what fails at any numbers is returned.
    """
    found = results(base)
    for attempt in range(1, attempts + 1 if base.drawn else 1):
        if any(r.passed is False for r in found) or all(r.passed is not None for r in found if r.applies):
            break
        note = "the numbers are drawn anew: at those before, the check could not have seen an error"
        found = [noted(r, note) if r.applies else r for r in results(again(attempt))]
    return found


def _regimes(
    model: JumpModel, base: BaseValues, equation: str, judge: Judge, tier: str, limits: tuple[ContinuumLimit, ...], *,
    short: bool = False,
) -> list[TierResult]:  # fmt: skip
    """One tier in every regime, or on the user's equation; in a ``short`` check of a model that takes long, in the first one."""
    if dies_while_waiting(model):
        judge = partial(_of_survivors, judge=judge, tier=tier)
    if equation:
        return _users_equation(model, base, equation, limits, judge, tier)
    found: list[TierResult] = []
    for limit in limits:
        case = narrowed(model, limit.ranges)
        if short and any(r.applies for r in found) and not _is_quick(model):
            found.append(not_applicable(tier, NOT_RUN.format(""), limit.regime.name))
            continue
        if _is_logarithmic(case, limit):
            why = "the equation holds up to a logarithm only, whose power of eps is not compared"
            results = [not_applicable(tier, why, limit.regime.name)]
        else:
            results = judge(case, limit, base_within(base, case) if limit.ranges else base, None)
        found += [noted(result, limit.case) for result in results]
    return found


def _of_survivors(
    model: JumpModel, limit: ContinuumLimit, base: BaseValues, users: EvolutionEquation | None, judge: Judge, tier: str
) -> list[TierResult]:
    """The verdict on walkers that die while they wait, from the density of those that would not."""
    try:
        walk, own, equation = without_deaths(model, limit, users)
    except WrongDeathsError as reason:
        return [TierResult(tier, True, str(reason), limit.regime.name, passed=False)]
    except NotYetError as reason:
        return [not_applicable(tier, reason.message, limit.regime.name)]
    note = "for the walkers that would not die, P = e^(-kt) q"
    return [noted(r, note) if r.applies else r for r in judge(walk, own, base, equation)]


def _is_quick(model: JumpModel) -> bool:
    """Whether plane waves of the walk are sums of a few exponentials, which cost little in every regime."""
    plain = model.clock in ("discrete", "continuous") and not model.internals and not model.boundaries
    crowd = bool(model.crowd.reactions) or is_crowd(model) or model.population is not None
    return plain and not crowd and is_homogeneous(model) and all(j.law is None for j in model.jumps)


def _is_logarithmic(model: JumpModel, limit: ContinuumLimit) -> bool:
    """Whether what was left out is smaller by a logarithm only: k^2 log k beside k^2, waits whose mean diverges like log t."""
    terms = [t for e in limit.equations for t in e.right]
    slow = model.clock == "waiting" and any(model.time in t.coefficient.free_symbols for t in terms)
    return slow or any(t.logarithms for t in terms)


def _closures(
    model: JumpModel, base: BaseValues, equation: str, *, alone: bool, short: bool = False
) -> list[TierResult]:
    """How good the mean field of a crowd is; nothing is listed for walkers, who need none, unless this tier is asked for."""
    if not (model.crowd.reactions or is_crowd(model)) or equation:
        return [not_applicable("closure", "independent walkers need no closure")] if alone else []
    if short:
        return [not_applicable("closure", NOT_RUN.format(""))]
    from symdiff.dossier.verify_closure import closure_tier  # loads scipy

    limits = [x for x in derive_all(model) if x.equations]
    found = []
    for limit in limits if alone else limits[:1]:
        try:
            found.append(closure_tier(model, limit, eps_path(model, limit.regime, base), alone=alone))
        except NotYetError as reason:
            found.append(not_applicable("closure", reason.message, limit.regime.name))
    return found


def _users_equation(
    model: JumpModel, base: BaseValues, text: str, limits: tuple[ContinuumLimit, ...], judge: Judge, tier: str
) -> list[TierResult]:
    """The user's equations, each on its own where agents see each other, else as the system of the internal states."""
    equations = read_equations(text, model)
    for e in equations:
        if e.is_linear and not _is_coupled(e):
            check_well_posed(e, model, base)
    if not any(map(_is_coupled, equations)) and len(equations) == 1:
        return _users_single(model, base, equations[0], limits, judge, tier)
    if model.crowd.reactions or is_crowd(model):
        return [
            noted(r, f"equation of {e.density}")
            for e in equations
            for r in _users_single(model, base, e, limits, judge, tier)
        ]
    return _users_system(model, base, equations, limits, tier)


def _is_coupled(equation: EvolutionEquation) -> bool:
    return any(t.density not in ("", equation.density) for t in (*equation.left, *equation.right))


def _users_system(
    model: JumpModel, base: BaseValues, equations: tuple[EvolutionEquation, ...], limits: tuple[ContinuumLimit, ...], tier: str
) -> list[TierResult]:  # fmt: skip
    """One equation for each internal state of walkers, in the regimes whose derived equations are of the states too."""
    order = [e.density for e in equations]
    if sorted(order) != sorted(model.state_names) or any(time_order(e) != 1 for e in equations):
        raise UsageError(f"the equations are of {', '.join(order)}", where="--equation",
                         instead=f"give one of first order in time for each of {', '.join(model.state_names)}, or one for their sum")  # fmt: skip
    system = tuple(equations[order.index(n)] for n in model.state_names)
    found: list[TierResult] = []
    for limit in (x for x in limits if x.system):
        claim = replace(claim_of(limit), equation=None, system=system, branches=len(system), discarded=(), users=True)
        if tier == "exact":
            found.append(exact_tier(model, claim, base))
            continue
        from symdiff.dossier.verify_place_tier import place_tier  # loads scipy

        try:
            check_scope(model, "pde")
            found.append(place_tier(model, claim, eps_path(model, claim.regime, base), "pde"))
        except NotYetError as reason:
            found.append(not_applicable("pde", reason.message, claim.regime.name))
    if not found:
        why = "in no regime are the states' own densities derived: they follow their sum"
        return [not_applicable(tier, why)]
    if any(r.passed for r in found):
        return [r if r.passed or not r.applies else _aside(r, tier, "it holds in another regime") for r in found]
    return found


def _users_single(
    model: JumpModel, base: BaseValues, equation: EvolutionEquation, limits: tuple[ContinuumLimit, ...], judge: Judge, tier: str
) -> list[TierResult]:  # fmt: skip
    """The user's equation holds if it does in one of the regimes that decide: the stated ones and long-wave.

    Only regimes whose own equation is of the same order in time decide, where there are any. A regime that does not decide,
    or in which the equation fails while it holds in another, is listed as one that does not apply. An equation that holds in a limit
    that the file does not state may be right as it is meant: it is neither confirmed nor rejected, and the limit is named.
    """
    order = time_order(equation)
    if model.population is not None:  # in n or in n/V
        limits = tuple(x for x in limits if x.equation is None or x.equation.coordinates == equation.coordinates)
    own = [x for x in limits if x.equation is not None and time_order(x.equation) == order] or list(limits)
    deciding = [x for x in own if x.regime.origin != "found"] or own
    results = [r for x in deciding for r in judge(model, x, base, equation)]
    if not any(r.passed for r in results):
        others = [x for x in limits if x not in deciding]
        found = [r for x in others for r in judge(model, x, base, equation)]
        if holds := [x.regime for x in others for r in found if r.passed and r.regime == x.regime.name]:
            results = [_undecided(r, holds[0]) for r in results]
        return results + [_aside(r, tier, "this regime does not decide") for r in found]
    return [r if r.passed or not r.applies else _aside(r, tier, "it holds in another regime") for r in results]


def _undecided(result: TierResult, limit: ScalingRegime) -> TierResult:
    """A rejection in a regime that may not be the one that is meant."""
    if not result.applies or result.passed:
        return result
    keys = ", ".join(f'"{key}" = {power}' for key, power in limit.powers)
    why = f"it does not hold with all parameters fixed ({result.why}), but in the limit '{limit.name}', which the file does not state: "
    return replace(result, passed=None, why=f"{why}write [scaling] {keys} for a verdict")


def _aside(result: TierResult, tier: str, reason: str) -> TierResult:
    """A result that does not count, with what was found and why it does not count."""
    found = {True: "the equation holds here", False: "the equation does not hold here", None: "inconclusive here"}
    why = f"{found[result.passed]} ({result.why}); {reason}" if result.applies else result.why
    return not_applicable(tier, why, result.regime)
