"""Several derivations judged together: which simulations still speak against their rules when there were many to choose from.

Every simulation alone rejects a correct derivation with probability ALPHA; over many that adds up. The e-Benjamini-Hochberg rule
holds the expected share of false alarms among all that it rejects, however the simulations depend on each other.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from symdiff.verification.tier import Evidence

SHARE = 1e-6  # expected share of false alarms among all derivations that are rejected together


@dataclass(frozen=True)
class Together:
    """``simulated`` derivations had a simulation; ``failed`` are those that it rejected alone, ``rejected`` those that stand together."""

    simulated: int
    failed: tuple[str, ...]
    rejected: tuple[str, ...]
    false_alarm_probability: float

    @property
    def document(self) -> dict[str, Any]:
        """For JSON."""
        return {"simulated": self.simulated, "failed": list(self.failed), "rejected": list(self.rejected),
                "false_share": SHARE, "false_alarm_probability": self.false_alarm_probability}  # fmt: skip

    @property
    def text(self) -> str:
        """In words."""
        names = ", ".join(self.rejected) or "none"
        return (
            f"together   {self.simulated} simulations, rejected by e-BH: {names} (at most {SHARE:g} of the rejected are false alarms)\n"
            f"           any correct derivation among them fails with probability {self.false_alarm_probability:.2g} at most"
        )


def judge_together(results: Sequence[Evidence]) -> Together | None:
    """The simulations among several results; None where there are fewer than two."""
    from symdiff.verification.sequential import e_benjamini_hochberg  # loads scipy.stats

    tiers = [(e.title, t) for e in results for t in e.tiers if t.tier == "simulation" and t.applies]
    if len(tiers) < 2:
        return None
    logs = [float(t.detail("log_evidence")) for _, t in tiers]
    chosen = e_benjamini_hochberg(logs, SHARE)
    each = [float(t.detail("false_alarm_probability")) for _, t in tiers]
    failed = tuple(title for title, t in tiers if t.passed is False)
    return Together(len(tiers), failed, tuple(tiers[n][0] for n in chosen), min(1.0, math.fsum(each)))
