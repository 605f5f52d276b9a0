"""``symdiff verify``: the numerical cross-check of a derivation against the microscopic model."""

from __future__ import annotations

from argparse import Namespace

from symdiff.cli.output import Outcome
from symdiff.dossier import gallery
from symdiff.dossier.settings import settings_of
from symdiff.dossier.verification import verify_model
from symdiff.dossier.verify_document import status, verify_document
from symdiff.verification.tier import Evidence, TierResult

_WORDS = {True: "PASSED", False: "FAILED", None: "INCONCLUSIVE"}


def run(reference: str, options: Namespace) -> Outcome:
    """Cross-check one model."""
    model = gallery.load(reference)
    evidence = verify_model(model, settings_of(model, options.set), seed=options.seed, budget=options.budget,
                            tier=options.tier, equation=options.equation or "")  # fmt: skip
    if options.json:
        return Outcome(status(evidence), document=verify_document(evidence))
    title = model.title or reference
    return Outcome(status(evidence), text="\n".join([title, "=" * len(title), *_text(evidence)]))


def _text(evidence: Evidence) -> list[str]:
    lines = [f"equation   {evidence.equation}"] if evidence.equation else []
    for result in evidence.tiers:
        lines += ["", *_tier(result)]
    return [*lines, "", f"cross-check: {_WORDS[evidence.passed].lower()}"]


def _tier(r: TierResult) -> list[str]:
    name = f"{r.tier} tier" + (f", regime '{r.regime}'" if r.regime else "")
    if not r.applies:
        return [f"DOES NOT APPLY  {name}", f"  because    {r.why}"]
    lines = [f"{_WORDS[r.passed]:14}  {name}", f"  because    {r.why}", f"  compared   {r.quantity}"]
    shown = (("predicted", r.predicted), ("measured", r.measured), ("uncertainty", r.uncertainty),
             ("resolves", r.smallest_detectable_error))  # fmt: skip
    lines += [f"  {label:10} {value:.4g}" for label, value in shown if value is not None]
    if r.negative_control is not None:
        control = r.negative_control
        outcome = (
            "all rejected" if control.rejected else f"NOT rejected: {'; '.join(control.missed) or 'there is none'}"
        )
        lines.append(f"  control    {len(control.claims)} wrong claims, {outcome}")
    values = dict(r.details).get("values")
    if values:
        lines.append("  with       " + ", ".join(f"{k} = {v}" for k, v in values.items()))
    return lines
