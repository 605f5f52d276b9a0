"""``symdiff report``: derivation, claims, counts, cross-check and figures as one file; several models as one book."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

from symdiff.cli.models import load
from symdiff.cli.output import Outcome
from symdiff.dossier import gallery
from symdiff.dossier.settings import settings_of
from symdiff.errors import UsageError


def run(reference: str | None, options: Namespace) -> Outcome:
    """Write the report of one model, or the book of several."""
    from symdiff.report.formats import check_output  # what needs numpy is loaded once the input is known to be good

    path = Path(options.output)
    check_output(path)
    if options.gallery or options.topic:
        if options.file or not options.gallery:
            raise UsageError("--gallery takes no file, and --topic belongs to --gallery", where="symdiff report")
        return _book([e.name for e in gallery.entries(options.topic)], path, options, "The gallery of derivations")
    if reference is None:
        return _book(options.file, path, options, "Derivations")
    model = load(reference, options)
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


def _book(names: list[str], path: Path, options: Namespace, title: str) -> Outcome:
    """A chapter for each model; the cross-check of each belongs to its own report."""
    if options.style != "full" or options.set:
        raise UsageError("--style and --set belong to the report of one model", where="symdiff report")
    models = [load(name, options) for name in names]
    from symdiff.dossier.dossier import make_dossier
    from symdiff.report.book import build_book
    from symdiff.report.write import write_document

    dossiers = [make_dossier(model, measured=False) for model in models]
    write_document(build_book(dossiers, title), path)
    status = max(d.status for d in dossiers)
    claims = sum(len(d.verdicts) for d in dossiers)
    if options.json:
        return Outcome(status, document={"written": path.name, "models": len(dossiers), "claims": claims})
    return Outcome(status, text=f"{path.name} written: {len(dossiers)} models, {claims} claims")
