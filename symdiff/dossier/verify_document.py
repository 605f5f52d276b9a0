"""The JSON document of ``symdiff verify``."""

from __future__ import annotations

import math
from typing import Any

from symdiff.verification.tier import Evidence, TierResult


def verify_document(evidence: Evidence) -> dict[str, Any]:
    """The document of the contract; numbers that are not finite are null."""
    document = {"title": evidence.title, "passed": evidence.passed, "tiers": [_tier(r) for r in evidence.tiers]}
    return document | ({"equation": evidence.equation} if evidence.equation else {})


def status(evidence: Evidence) -> int:
    """0 passed, 1 failed, 3 inconclusive."""
    return {True: 0, False: 1, None: 3}[evidence.passed]


def _tier(r: TierResult) -> dict[str, Any]:
    control = r.negative_control
    found = {
        "tier": r.tier, "applies": r.applies, "why": r.why, "regime": r.regime, "quantity": r.quantity, "predicted": r.predicted,
        "measured": r.measured, "uncertainty": r.uncertainty, "passed": r.passed,
        "smallest_detectable_error": r.smallest_detectable_error,
        "negative_control": None if control is None else {
            "rejected": control.rejected, "claims": list(control.claims), "missed": list(control.missed)},
        "details": dict(r.details),
    }  # fmt: skip
    return {name: _plain(value) for name, value in found.items()}


def _plain(value: Any) -> Any:
    """Only what JSON knows."""
    if isinstance(value, dict):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(v) for v in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value
