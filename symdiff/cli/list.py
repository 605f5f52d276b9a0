"""``symdiff list``: the gallery, one line each."""

from __future__ import annotations

from argparse import Namespace

from symdiff.cli.output import Outcome
from symdiff.dossier.gallery import entries


def run(reference: str | None, options: Namespace) -> Outcome:
    """List the gallery, or the entries of a topic or with certain words."""
    del reference
    found = entries(options.topic, options.search)
    if options.json:
        return Outcome(0, document={"entries": [vars(e) for e in found]})
    if not found:
        return Outcome(0, text="no entry holds these words")
    width = max((len(e.name) for e in found), default=0)
    return Outcome(0, text="\n".join(f"{e.name:{width}}  {e.title} ({e.claims} claims)" for e in found))
