"""Reports to files: the format follows the suffix, and a file appears whole or not at all."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from symdiff.dossier.dossier import Dossier
from symdiff.report.build import build_document
from symdiff.report.document import Document, References
from symdiff.report.formats import check_output
from symdiff.report.html import write_html
from symdiff.report.markdown import write_markdown
from symdiff.report.notebook import write_notebook
from symdiff.report.pdf import write_pdf
from symdiff.report.tex import write_tex
from symdiff.report.typst import write_typst
from symdiff.report.whole_file import write_whole


def write_bibtex(document: Document) -> str:
    """The BibTeX entries of a report alone."""
    return "\n".join(b.bibtex for b in document.blocks if isinstance(b, References))


WRITERS: dict[str, Callable[[Document], str]] = {
    ".html": write_html,
    ".tex": write_tex,
    ".md": write_markdown,
    ".typ": write_typst,
    ".ipynb": write_notebook,
    ".bib": write_bibtex,
}


def render(dossier: Dossier, suffix: str, kind: str = "full") -> str:
    """The report as text in the format of a suffix (all but .pdf)."""
    return WRITERS[suffix.lower()](build_document(dossier, kind))


def write_report(dossier: Dossier, path: Path, kind: str = "full") -> None:
    """Write the report; on any failure nothing is left behind, and an older file stays as it was."""
    check_output(path)
    write_document(build_document(dossier, kind), path)


def write_document(document: Document, path: Path) -> None:
    """Write a document in the format of the suffix."""
    suffix = path.suffix.lower()
    write_whole(path, write_pdf(document) if suffix == ".pdf" else WRITERS[suffix](document).encode())
