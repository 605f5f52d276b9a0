"""The exact tier in one regime: which of its ways treats the model, on the derived equations or on the user's."""

from __future__ import annotations

from dataclasses import replace

from symdiff.continuum.derive import derive_regime
from symdiff.continuum.limit import ContinuumLimit
from symdiff.dossier.verify_claim import Claim, claim_of, time_order
from symdiff.dossier.verify_crowd import crowd_tier
from symdiff.dossier.verify_exact import homogeneous_tier
from symdiff.dossier.verify_local import local_tier, may_be_local
from symdiff.dossier.verify_numbers import BaseValues, eps_path
from symdiff.dossier.verify_scope import check_scope
from symdiff.dossier.verify_walls import has_walls, media_of, walls_tier
from symdiff.equations.evolution_equation import EvolutionEquation
from symdiff.errors import NotYetError
from symdiff.evidence.propagation.linear_crowd import is_linear_crowd
from symdiff.evidence.propagation.rules import is_homogeneous
from symdiff.model.jump_model import JumpModel
from symdiff.model.occupancy import is_crowd
from symdiff.verification.tier import TierResult, not_applicable, noted

HIGHEST = 12  # derivative to which a user's expansion is tested


def by_growth(
    model: JumpModel, limit: ContinuumLimit, base: BaseValues, users: EvolutionEquation | None
) -> list[TierResult]:
    """The exact tier on the derived equations of one regime, or on the user's; conditions at walls have a row of their own."""
    if not has_walls(model):
        return [_of_equations(model, limit, base, users)]
    path = eps_path(model, limit.regime, base)
    try:
        media = media_of(model, limit, path)
    except NotYetError as reason:
        return [not_applicable("exact", reason.message, limit.regime.name)]
    found = [
        noted(_of_equations(walk, own, base, users), where) for where, walk, own in media if users is None or not where
    ]
    if users is None:
        return [*found, walls_tier(model, limit, path)]
    several = "an equation of one's own for several media is not cross-checked yet"
    return found or [not_applicable("exact", several, limit.regime.name)]


def _of_equations(
    model: JumpModel, limit: ContinuumLimit, base: BaseValues, users: EvolutionEquation | None
) -> TierResult:
    """The exact tier away from walls."""
    if model.resets:
        from symdiff.dossier.verify_resetting import resetting_tier

        return resetting_tier(model, limit, eps_path(model, limit.regime, base), users)
    if is_nonlinear(model, limit) or _at_one_moment(model):
        laws = any(j.law is not None for j in model.jumps)
        if laws and (found := _of_linear_crowd(model, limit, base, users)) is not None:
            return found
        try:
            check_scope(model, "mean field")
            return crowd_tier(model, limit, eps_path(model, limit.regime, base), users)
        except NotYetError as reason:
            alone = None if laws else _of_linear_crowd(model, limit, base, users)
            alone = alone or _of_several_densities(model, limit, base, users)
            return alone or not_applicable("exact", reason.message, limit.regime.name)
    if model.population is not None and limit.regime.origin != "long-wave":
        return _of_population(model, limit, base, users)
    return walkers_tier(model, limit, base, users)


def is_nonlinear(model: JumpModel, limit: ContinuumLimit) -> bool:
    return len(limit.equations) > 1 or bool(model.crowd.reactions) or is_crowd(model)


def _at_one_moment(model: JumpModel) -> bool:
    """Whether the rates of one moment say how the density of every state changes, as a mean field does: no state is eliminated."""
    return model.depends_on_time and model.time_step is None and len(model.state_names) == 1


def _of_linear_crowd(
    model: JumpModel, limit: ContinuumLimit, base: BaseValues, users: EvolutionEquation | None
) -> TierResult | None:
    """Growth rates of waves, where agents never meet and the equations are linear; None where they are not."""
    equations = limit.equations if users is None else (users,)
    if not is_linear_crowd(model) or not all(t.density for e in equations for t in (*e.left, *e.right)):
        return None
    try:
        check_scope(model, "linear crowd")
        claim = claim_of(limit) if users is None else users_claim(model, users, limit)
        if claim.equation is None and not claim.system:
            return None
        return homogeneous_tier(model, claim, eps_path(model, limit.regime, base))
    except NotYetError:
        return None


def _of_several_densities(
    model: JumpModel, limit: ContinuumLimit, base: BaseValues, users: EvolutionEquation | None
) -> TierResult | None:
    """Growth rates of waves in several densities of walkers that never meet, whose states may be eliminated; None elsewhere."""
    linear = all(e.is_linear for e in limit.equations) and not model.crowd.reactions and not is_crowd(model)
    if users is not None or not linear or not is_homogeneous(model):
        return None
    claim = replace(claim_of(limit), system=limit.equations, branches=len(limit.equations))
    try:
        check_scope(model, "exact")
        return homogeneous_tier(model, claim, eps_path(model, limit.regime, base))
    except NotYetError:
        return None


def walkers_tier(
    model: JumpModel, limit: ContinuumLimit, base: BaseValues, users: EvolutionEquation | None = None
) -> TierResult:
    """The exact tier for walkers that do not see each other: on the derived equation of one regime, or on the user's."""
    if may_be_local(model) and not is_homogeneous(model):
        try:
            return local_tier(model, _of_high_order(model, users, limit), eps_path(model, limit.regime, base), users)
        except NotYetError as reason:  # the densities of both, solved on a grid, may still be compared
            if model.internals:
                return not_applicable("exact", reason.message, limit.regime.name)
    claim = claim_of(limit) if users is None else users_claim(model, users, limit)
    return exact_tier(model, claim, base, limit.closure.why)


def _of_population(
    model: JumpModel, limit: ContinuumLimit, base: BaseValues, users: EvolutionEquation | None = None
) -> TierResult:
    from symdiff.dossier.verify_population import population_tier

    try:
        check_scope(model, "population")
        return population_tier(model, limit, eps_path(model, limit.regime, base), users)
    except NotYetError as reason:
        return not_applicable("exact", reason.message, limit.regime.name)


def exact_tier(model: JumpModel, claim: Claim, base: BaseValues, closure: str = "") -> TierResult:
    """The exact tier in one regime; what it cannot treat is listed with the reason."""
    if claim.equation is None and not claim.system:
        return not_applicable("exact", f"no equation to test: {closure}", claim.regime.name)
    if claim.equation is not None and claim.equation.coordinates != model.coordinate_symbols:
        return not_applicable("exact", "an equation in scaled coordinates is not cross-checked yet", claim.regime.name)
    try:
        check_scope(model, "exact")
        path = eps_path(model, claim.regime, base)
        if is_homogeneous(model):
            return homogeneous_tier(model, claim, path)
        from symdiff.dossier.verify_place_tier import place_tier  # loads scipy

        return place_tier(model, claim, path)
    except NotYetError as reason:
        return not_applicable("exact", reason.message, claim.regime.name)


def users_claim(model: JumpModel, equation: EvolutionEquation, limit: ContinuumLimit) -> Claim:
    """The user's equation as a claim in one regime."""
    claim = claim_of(_of_high_order(model, equation, limit))
    system = (
        claim.system if time_order(equation) > 1 else ()
    )  # whose times scale the solution of an equation of second order
    return replace(claim, equation=equation, system=system, users=True)


def _of_high_order(model: JumpModel, equation: EvolutionEquation | None, limit: ContinuumLimit) -> ContinuumLimit:
    """The limit, to the order that the derivatives of the user's equation ask for."""
    if equation is None:
        return limit
    order = max(sum(t.space) for t in (*equation.left, *equation.right))
    if limit.regime.origin == "long-wave" and 2 < order <= HIGHEST and order > limit.kept_power:
        return derive_regime(model, limit.regime, order)
    return limit
