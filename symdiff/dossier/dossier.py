"""Everything that is known of one model, gathered once for a report."""

from __future__ import annotations

from dataclasses import dataclass

from symdiff.continuum.observables.moments import counts_individuals
from symdiff.dossier.check import CheckReport, check_model
from symdiff.dossier.check_document import status as claims_status
from symdiff.dossier.counts import CountRequest, WalkCount, count_model
from symdiff.dossier.derivation import Derivation, derive_model
from symdiff.dossier.derive_document import provenance
from symdiff.dossier.picture import Picture, picture_of
from symdiff.dossier.picture_dispersion import Dispersion, dispersion_of
from symdiff.dossier.settings import Settings
from symdiff.dossier.verification import verify_model
from symdiff.errors import NotYetError, ResourceError, UsageError
from symdiff.model.jump_model import JumpModel
from symdiff.verification.tier import Evidence
from symdiff.verification.verdict import Verdict

COUNTED_STEPS = 3


@dataclass(frozen=True)
class Dossier:
    """A model with its derivation, verdicts, counts, evidence, and the picture of law against equation."""

    model: JumpModel
    derivation: Derivation
    verdicts: tuple[Verdict, ...]
    counts: WalkCount | None
    evidence: Evidence | None
    why_no_evidence: str
    picture: Picture | None
    why_no_picture: str
    dispersion: Dispersion | None
    provenance: tuple[tuple[str, str], ...]

    @property
    def passed(self) -> bool | None:
        """Whether the cross-check passed; None where it is inconclusive or did not run."""
        return None if self.evidence is None else self.evidence.passed

    @property
    def status(self) -> int:
        """1 where a claim is refuted against expectation or a tier failed, else 0: an open question is no failed report."""
        report = CheckReport(self.model, self.derivation, self.verdicts)
        return 1 if self.passed is False or claims_status(report) == 1 else 0


def make_dossier(
    model: JumpModel, settings: Settings | None = None, *, seed: int | None = None, budget: float | None = None,
    measured: bool = True,
) -> Dossier:  # fmt: skip
    """Derive, check, count and verify a model; what does not apply is left out, with the reason.

    Without ``measured`` nothing is counted and cross-checked; without a ``budget`` (seconds of simulation) the parts of the
    cross-check that take long are listed as not run.
    """
    settings = settings or Settings()
    derivation = derive_model(model, settings)
    verdicts: tuple[Verdict, ...] = ()
    if model.claims:
        verdicts = check_model(model, (), settings, derivation).verdicts
    evidence, why = _evidence(model, settings, seed, budget) if measured else (None, "not asked for")
    picture, why_no_picture = picture_of(model, derivation, settings)
    lines = [(name, value) for name, value in provenance(model).items()]
    lines += [(f"set {name}", str(value)) for name, value in settings.values]
    return Dossier(
        model,
        derivation,
        verdicts,
        _counts(model, settings) if measured else None,
        evidence,
        why,
        picture,
        why_no_picture,
        dispersion_of(model, derivation, settings),
        tuple(lines),
    )


def _evidence(
    model: JumpModel, settings: Settings, seed: int | None, budget: float | None
) -> tuple[Evidence | None, str]:
    """The cross-check, or None and the reason why it did not run."""
    try:
        return verify_model(model, settings, seed=seed, budget=budget, short=budget is None), ""
    except (NotYetError, UsageError) as error:
        return None, error.message


def _counts(model: JumpModel, settings: Settings) -> WalkCount | None:
    """The endpoint law of a few steps, where the model has a lattice."""
    if model.population is not None or counts_individuals(
        model
    ):  # numbers of individuals change at propensities: their jumps are no walks to count
        return None
    start = (0,) * model.dimension
    try:
        state = (model.states[0],) if model.states else ()
        return count_model(model, CountRequest(COUNTED_STEPS, start=(*start, *state)), settings)
    except (UsageError, NotYetError, ResourceError):
        return None
