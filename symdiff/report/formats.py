"""The formats of reports, by suffix, and what can be said of an output path before any work is done."""

from __future__ import annotations

import os
from pathlib import Path

from symdiff.errors import UsageError
from symdiff.notation.names import did_you_mean

SUFFIXES = (".html", ".pdf", ".tex", ".md", ".ipynb", ".typ", ".bib")


def check_output(path: Path, suffixes: tuple[str, ...] = SUFFIXES) -> None:
    """Refuse a path that cannot become a report (or a file with one of ``suffixes``).

    Raises :class:`UsageError` with what to write instead.
    """
    suffix = path.suffix.lower()
    if "\0" in str(path):
        raise UsageError("the name of the report holds a null character", where="-o", instead="choose another name")
    if suffix not in suffixes:
        hint = did_you_mean(suffix, suffixes)
        raise UsageError(
            f"'{path.name}' has no suffix that can be written",
            where="-o",
            instead=hint if hint.startswith("known") else f"{hint} ({', '.join(suffixes)})",
        )
    if path.is_dir():
        raise UsageError(f"'{path.name}' is a folder", where="-o", instead="name a file in it")
    if not path.parent.is_dir():
        raise UsageError("the folder of the report does not exist", where="-o", instead="create it first")
    if not os.access(path.parent, os.W_OK):
        raise UsageError("the folder of the report cannot be written to", where="-o", instead="choose another folder")
