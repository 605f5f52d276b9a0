"""``symdiff report``: derivation, claims, counts, cross-check and figures as one file."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

from symdiff.cli.output import Outcome
from symdiff.dossier import gallery
from symdiff.dossier.settings import settings_of


def run(reference: str, options: Namespace) -> Outcome:
    """Write the report of one model."""
    from symdiff.report.formats import check_output  # what needs numpy is loaded once the input is known to be good

    path = Path(options.output)
    check_output(path)
    model = gallery.load(reference)
    settings = settings_of(model, options.set)
    from symdiff.dossier.dossier import make_dossier
    from symdiff.report.write import write_report

    dossier = make_dossier(model, settings, seed=options.seed, budget=options.budget)
    write_report(dossier, path, options.style)
    status = dossier.status
    if options.json:
        document = {"written": path.name, "claims": len(dossier.verdicts), "passed": dossier.passed}
        return Outcome(status, document=document)
    return Outcome(status, text=f"{path.name} written")
