"""``symdiff export``: the derived equation as a program for another tool."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

from symdiff.cli.models import load
from symdiff.cli.output import Outcome
from symdiff.dossier.derivation import derive_model
from symdiff.dossier.settings import settings_of
from symdiff.report.export import check_target, export
from symdiff.report.whole_file import write_whole


def run(reference: str, options: Namespace) -> Outcome:
    """Print the program, or write it to a file."""
    check_target(options.to)
    model = load(reference, options)
    limit = derive_model(model, settings_of(model, options.set), order=options.order, regime=options.regime).limits[0]
    text = export(model, limit, options.to)
    document = {"target": options.to, "regime": limit.regime.name, "text": text}
    if options.output is None:
        return Outcome(0, text=text.rstrip("\n"), document=document)
    write_whole(Path(options.output), text.encode())
    return Outcome(0, text=f"written: {options.output}", document=document | {"output": options.output})
