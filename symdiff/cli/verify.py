"""``symdiff verify``: the numerical cross-check of a derivation against the microscopic model."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

from symdiff.cli.output import Outcome
from symdiff.dossier import gallery
from symdiff.dossier.settings import settings_of
from symdiff.dossier.verification import verify_model
from symdiff.dossier.verify_document import status, verify_document
from symdiff.errors import UsageError
from symdiff.model.jump_model import JumpModel
from symdiff.verification.tier import Evidence, TierResult

_WORDS = {True: "PASSED", False: "FAILED", None: "INCONCLUSIVE"}


def run(reference: str, options: Namespace) -> Outcome:
    """Cross-check one model."""
    model = gallery.load(reference)
    if options.data:
        return _of_data(model, reference, options)
    evidence = verify_model(model, settings_of(model, options.set), seed=options.seed, budget=options.budget,
                            tier=options.tier, equation=options.equation or "", chunks=options.chunks)  # fmt: skip
    if options.json:
        return Outcome(status(evidence), document=verify_document(evidence))
    title = model.title or reference
    return Outcome(status(evidence), text="\n".join([title, "=" * len(title), *_text(evidence)]))


def _of_data(model: JumpModel, reference: str, options: Namespace) -> Outcome:
    """Trajectories against the model and its equation."""
    if options.tier or options.seed is not None or options.budget is not None or options.chunks is not None:
        raise UsageError(
            "data are tested as they are: no tier, seed or budget applies", where="--data", instead="leave them out"
        )
    from symdiff.dossier.verify_data import verify_data  # loads numpy and scipy

    evidence = verify_data(model, Path(options.data), settings_of(model, options.set), options.equation or "")
    if options.json:
        return Outcome(status(evidence), document=verify_document(evidence))
    lines = _text(evidence)
    rows = dict(evidence.tiers[-1].details).get("kramers_moyal", ())
    shown = [f"  {r['name'] if r['place'] is None else r['name'] + '(' + format(r['place'], '.4g') + ')':10} "
             f"{r['value']:.6g}   [{r['low']:.6g}, {r['high']:.6g}]" for r in rows]  # fmt: skip
    title = model.title or reference
    found = ["", "Kramers-Moyal coefficients of the data, with 99 % confidence", *shown]
    return Outcome(status(evidence), text="\n".join([title, "=" * len(title), *lines[:-2], *found, *lines[-2:]]))


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
