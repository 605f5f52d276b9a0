"""Reports to files: the format follows the suffix, and a file appears whole or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path

from symdiff.dossier.dossier import Dossier
from symdiff.errors import NotYetError, UsageError
from symdiff.notation.names import did_you_mean
from symdiff.report.build import build_document
from symdiff.report.document import Document
from symdiff.report.html import write_html
from symdiff.report.markdown import write_markdown
from symdiff.report.tex import write_tex

WRITERS: dict[str, Callable[[Document], str]] = {".html": write_html, ".tex": write_tex, ".md": write_markdown}
LATER = {".pdf": "write .tex and compile it, or print the .html", ".ipynb": "write .md or .html"}


def check_output(path: Path) -> None:
    """Refuse a path that cannot become a report, before any work is done."""
    suffix = path.suffix.lower()
    if suffix in LATER:
        raise NotYetError(f"reports as {suffix} are not written yet", where="-o", instead=LATER[suffix])
    if suffix not in WRITERS:
        hint = did_you_mean(suffix, WRITERS)
        raise UsageError(f"'{path.name}' has no suffix of a report", where="-o", instead=f"{hint} (.html, .tex, .md)")
    if path.is_dir():
        raise UsageError(f"'{path.name}' is a folder", where="-o", instead="name a file in it")
    if not path.parent.is_dir():
        raise UsageError("the folder of the report does not exist", where="-o", instead="create it first")
    if not os.access(path.parent, os.W_OK):
        raise UsageError("the folder of the report cannot be written to", where="-o", instead="choose another folder")


def render(dossier: Dossier, suffix: str) -> str:
    """The report as text in the format of a suffix: .html, .tex or .md."""
    return WRITERS[suffix.lower()](build_document(dossier))


def write_report(dossier: Dossier, path: Path) -> None:
    """Write the report; on any failure nothing is left behind, and an older file stays as it was."""
    check_output(path)
    text = render(dossier, path.suffix)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.stem}-", suffix=path.suffix)
    temporary = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            stream.write(text)
        temporary.chmod(0o666 & ~_umask())
        temporary.replace(path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise UsageError(
            f"the report cannot be written ({error.strerror})", where="-o", instead="check the disk and the folder"
        ) from None
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def _umask() -> int:
    current = os.umask(0)
    os.umask(current)
    return current
