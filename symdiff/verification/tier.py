"""The verdict of one tier of the cross-check, as a frozen value."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from symdiff.notation.storable import Shown, Storable


@dataclass(frozen=True)
class NegativeControl:
    """The same test on deliberately wrong claims; ``rejected`` is whether every one of them failed, as it must.

    ``claims`` are the wrong claims in words, ``missed`` those that were not told from the right one.
    """

    claims: tuple[str, ...]
    missed: tuple[str, ...] = ()

    @property
    def rejected(self) -> bool:
        """Whether there were wrong claims and all of them failed."""
        return bool(self.claims) and not self.missed


@dataclass(frozen=True)
class TierResult(Shown):
    """What one tier found in one regime.

    ``quantity`` names what was compared; ``predicted``, ``measured`` and ``uncertainty`` are numbers (None: no such number);
    ``passed`` is True, False or None (inconclusive). ``smallest_detectable_error`` is the relative error of a coefficient
    (of a rule, in the simulation) above which this very run would have failed. ``details`` is what else is worth knowing.
    """

    tier: str
    applies: bool
    why: str
    regime: str = ""
    quantity: str = ""
    predicted: float | None = None
    measured: float | None = None
    uncertainty: float | None = None
    passed: bool | None = None
    smallest_detectable_error: float | None = None
    negative_control: NegativeControl | None = None
    details: tuple[tuple[str, Any], ...] = field(default_factory=tuple)

    def detail(self, name: str) -> Any:
        """One of ``details`` by its name; raises KeyError."""
        return dict(self.details)[name]


def frozen(**details: Any) -> tuple[tuple[str, Any], ...]:
    """``details`` of a result; lists become tuples, also inside."""
    return tuple((name, _frozen(value)) for name, value in details.items())


def _frozen(value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        return tuple(_frozen(v) for v in value)
    if isinstance(value, dict):
        return {k: _frozen(v) for k, v in value.items()}
    return value


NOT_RUN = "not run here, to keep the report short{}: symdiff verify runs it, and so does --budget"


def not_applicable(tier: str, why: str, regime: str = "", details: tuple[tuple[str, Any], ...] = ()) -> TierResult:
    """The entry of a tier that does not apply, with the reason."""
    return TierResult(tier, False, why, regime, details=details)


def overall(results: Iterable[TierResult]) -> bool | None:
    """False if a tier that applies failed, True if all that apply passed (and some did), else None."""
    verdicts = [r.passed for r in results if r.applies]
    if False in verdicts:
        return False
    return True if verdicts and None not in verdicts else None


@dataclass(frozen=True)
class Evidence(Storable):
    """The results of all tiers for one model; ``equation`` is the user's, where one was put to the test."""

    title: str
    tiers: tuple[TierResult, ...]
    equation: str = ""

    @property
    def passed(self) -> bool | None:
        """False if a tier that applies failed, True if all that apply passed, else None (inconclusive)."""
        return overall(self.tiers)

    def tier(self, name: str, regime: str = "") -> TierResult:
        """The result of one tier (in one regime, where given); raises KeyError."""
        for result in self.tiers:
            if result.tier == name and regime in ("", result.regime):
                return result
        raise KeyError((name, regime))


def noted(result: TierResult, where: str) -> TierResult:
    """The result with ``where`` (a case, a medium, an equation) before its reason."""
    return replace(result, why=f"{where}: {result.why}") if where else result
