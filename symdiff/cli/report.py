"""``symdiff report``: derivation, claims, counts, cross-check and figures as one file."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

from symdiff.cli.output import Outcome
from symdiff.dossier import gallery
from symdiff.dossier.dossier import make_dossier
from symdiff.dossier.settings import settings_of
from symdiff.report.write import check_output, write_report


def run(reference: str, options: Namespace) -> Outcome:
    """Write the report of one model."""
    path = Path(options.output)
    check_output(path)
    model = gallery.load(reference)
    dossier = make_dossier(model, settings_of(model, options.set), seed=options.seed, budget=options.budget)
    write_report(dossier, path)
    status = dossier.status
    if options.json:
        return Outcome(
            status, document={"written": path.name, "claims": len(dossier.verdicts), "passed": dossier.passed}
        )
    return Outcome(status, text=f"{path.name} written")
