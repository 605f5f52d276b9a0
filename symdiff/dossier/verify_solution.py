"""The PDE tier in one regime: the equation solved in space and time, against densities on the lattice."""

from __future__ import annotations

from symdiff.continuum.limit import ContinuumLimit
from symdiff.dossier.verify_claim import claim_of
from symdiff.dossier.verify_growth import is_nonlinear, users_claim
from symdiff.dossier.verify_local import is_local
from symdiff.dossier.verify_numbers import BaseValues, eps_path
from symdiff.dossier.verify_scope import check_scope
from symdiff.equations.evolution_equation import EvolutionEquation
from symdiff.errors import NotYetError
from symdiff.evidence.propagation.rules import is_homogeneous
from symdiff.model.jump_model import JumpModel
from symdiff.verification.tier import NOT_RUN, TierResult, not_applicable


def by_solution(
    model: JumpModel, limit: ContinuumLimit, base: BaseValues, users: EvolutionEquation | None, alone: bool,
    short: bool = False,
) -> list[TierResult]:  # fmt: skip
    """The PDE tier: the equation solved in space and time, by Fourier series, against densities on the lattice."""
    return [_solved(model, limit, base, users, alone, short)]


def _solved(
    model: JumpModel, limit: ContinuumLimit, base: BaseValues, users: EvolutionEquation | None, alone: bool, short: bool
) -> TierResult:
    name = limit.regime.name
    if model.resets:
        return not_applicable("pde", "equations with a gain at one place are not solved yet", name)
    if users is None and any(t.logarithms for e in limit.equations for t in e.right):
        return not_applicable(
            "pde",
            "the equation holds up to the logarithm of eps only, in which no power is compared",
            limit.regime.name,
        )
    if is_nonlinear(model, limit):
        return _profiles(model, limit, base, users, short=short)
    if model.population is not None and limit.regime.origin == "long-wave":
        return not_applicable("pde", "populations are solved in the limit of a large system", name)
    if model.population is not None:
        return _scaled(model, limit, base, users, short=short)
    claim = claim_of(limit) if users is None else users_claim(model, users, limit)
    if claim.equation is None and not claim.system:
        return not_applicable("pde", f"no equation to solve: {limit.closure.why}", name)
    if claim.equation is not None and claim.equation.coordinates != model.coordinate_symbols:
        return not_applicable("pde", "an equation in scaled coordinates is not cross-checked yet", name)
    if model.internals and not is_homogeneous(model):
        why = "continuous internal states beside rates that depend on place have no lattice law to start from yet"
        return not_applicable("pde", why, name)
    if not is_homogeneous(model) and not is_local(model) and not alone and not model.depends_on_time:
        return not_applicable("pde", "the exact tier has compared the solved densities already", name)
    try:
        check_scope(model, "pde")
        if short:
            return not_applicable("pde", NOT_RUN.format(""), name)
        from symdiff.dossier.verify_place_tier import place_tier  # loads scipy

        return place_tier(model, claim, eps_path(model, claim.regime, base), "pde")
    except NotYetError as reason:
        return not_applicable("pde", reason.message, name)


def _scaled(
    model: JumpModel, limit: ContinuumLimit, base: BaseValues, users: EvolutionEquation | None, *, short: bool
) -> TierResult:
    """The PDE tier of populations in the limit of a large system."""
    from symdiff.dossier.verify_scaled import scaled_claims, scaled_walk

    try:
        check_scope(model, "numbers")
        claims, walk = scaled_claims(limit, users), scaled_walk(model)
        if short:
            return not_applicable("pde", NOT_RUN.format(""), limit.regime.name)
        from symdiff.dossier.verify_place_tier import place_tier  # loads scipy

        path = eps_path(model, limit.regime, base)
        found = [place_tier(walk, claim, path, "pde") for claim in claims]
        return next((r for r in found if r.passed), found[-1])
    except NotYetError as reason:
        return not_applicable("pde", reason.message, limit.regime.name)


def _profiles(
    model: JumpModel, limit: ContinuumLimit, base: BaseValues, users: EvolutionEquation | None, *, short: bool
) -> TierResult:
    """The PDE tier of crowds."""
    try:
        check_scope(model, "profiles")
    except NotYetError as reason:
        return not_applicable("pde", reason.message, limit.regime.name)
    if short:
        return not_applicable("pde", NOT_RUN.format(""), limit.regime.name)
    from symdiff.dossier.verify_profiles import profile_tier  # loads scipy

    return profile_tier(model, limit, eps_path(model, limit.regime, base), users)
