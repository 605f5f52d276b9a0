"""The cross-check of one model: which tiers apply, what each found, and whether all of them passed."""

from __future__ import annotations

from symdiff.continuum.derive import derive_all
from symdiff.continuum.limit import ContinuumLimit
from symdiff.dossier.settings import Settings, apply_to_model
from symdiff.dossier.verify_claim import Claim, claim_of
from symdiff.dossier.verify_exact import homogeneous_tier
from symdiff.dossier.verify_numbers import BaseValues, base_values, eps_path
from symdiff.dossier.verify_scope import check_scope
from symdiff.errors import NotYetError, UsageError
from symdiff.evidence.propagation.rules import is_homogeneous
from symdiff.model.jump_model import JumpModel
from symdiff.verification.tier import Evidence, TierResult, not_applicable

__all__ = ["Evidence", "verify_model"]

TIERS = ("exact", "pde", "simulation")
_NO_PDE_TIER = "the equations are solved by the exact tier itself; a second solver is not built yet"


def verify_model(
    model: JumpModel, settings: Settings | None = None, *, seed: int | None = None, budget: float | None = None,
    tier: str | None = None, equation: str = "",
) -> Evidence:  # fmt: skip
    """Cross-check the derivation (or the user's ``equation``) against the microscopic model.

    ``tier`` asks for one tier only. The simulation's length follows from ``budget`` (seconds) and the rules, never from the
    clock, so that ``seed`` fixes every number. Raises :class:`UsageError` where no tier applies or the equation is no claim
    about this model, and what the derivation raises.
    """
    if tier is not None and tier not in TIERS:
        raise UsageError(f"there is no tier '{tier}'", where="tier", instead=f"one of {', '.join(TIERS)}")
    settings = settings or Settings()
    prepared = apply_to_model(model, settings)
    base = base_values(prepared, settings)
    results: list[TierResult] = []
    for name in TIERS if tier is None else (tier,):
        if name == "exact":
            results += _exact(prepared, base)
        elif name == "pde":
            results.append(not_applicable("pde", _NO_PDE_TIER))
        else:
            from symdiff.dossier.verify_simulation import simulation_tier  # loads scipy.stats

            results.append(simulation_tier(prepared, base, seed, budget))
    if not any(r.applies for r in results):
        reasons = "; ".join(dict.fromkeys(f"{r.tier}: {r.why}" for r in results))
        raise UsageError(f"there is nothing to check ({reasons})", where="verify")
    return Evidence(model.title, tuple(results), equation)


def _exact(model: JumpModel, base: BaseValues) -> list[TierResult]:
    return [_exact_tier(model, claim_of(limit), base, limit) for limit in derive_all(model)]


def _exact_tier(model: JumpModel, claim: Claim, base: BaseValues, limit: ContinuumLimit) -> TierResult:
    """The exact tier in one regime; what it cannot treat is listed with the reason."""
    if claim.equation is None and not claim.system:
        return not_applicable("exact", f"no equation to test: {limit.closure.why}", claim.regime.name)
    try:
        check_scope(model, "exact")
        path = eps_path(model, claim.regime, base)
        if is_homogeneous(model):
            return homogeneous_tier(model, claim, path)
        from symdiff.dossier.verify_place_tier import place_tier  # loads scipy

        return place_tier(model, claim, path)
    except NotYetError as reason:
        return not_applicable("exact", reason.message, claim.regime.name)
