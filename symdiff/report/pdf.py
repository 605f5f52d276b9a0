"""A document as PDF: by Typst (the ``pdf`` extra), or by latexmk where a TeX system is installed."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from symdiff.errors import InternalFaultError, UsageError
from symdiff.report.document import Document
from symdiff.report.tex import write_tex
from symdiff.report.typst import write_typst

SECONDS = 120


def write_pdf(document: Document) -> bytes:
    """The PDF; raises :class:`UsageError` where neither Typst nor latexmk is installed."""
    try:
        import typst
    except ImportError:
        return _by_latexmk(document)
    with tempfile.TemporaryDirectory() as folder:  # the only folder that Typst may read
        source = Path(folder) / "report.typ"
        source.write_text(write_typst(document), encoding="utf-8")
        try:
            found = typst.compile(source, root=Path(folder), ignore_system_fonts=True)
        except RuntimeError as error:
            raise InternalFaultError(f"Typst does not compile the report: {str(error)[:300]}") from None
    return bytes(found)


def _by_latexmk(document: Document) -> bytes:
    if shutil.which("latexmk") is None:
        raise UsageError(
            "a .pdf needs Typst or latexmk, and neither is installed",
            where="-o",
            instead="pip install 'symdiff-continuum[pdf]', or write .tex or .html",
        )
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "report.tex").write_text(write_tex(document), encoding="utf-8")
        command = ["latexmk", "-norc", "-pdf", "-interaction=nonstopmode", "-halt-on-error"]
        command += ["-pdflatex=pdflatex -no-shell-escape %O %S", "report.tex"]
        fixed = {"openin_any": "p", "openout_any": "p", "SOURCE_DATE_EPOCH": "0", "FORCE_SOURCE_DATE": "1"}
        done = subprocess.run(
            command, cwd=folder, capture_output=True, check=False, timeout=SECONDS, env={**os.environ, **fixed}
        )
        target = Path(folder) / "report.pdf"
        if done.returncode or not target.exists():
            raise InternalFaultError(
                f"pdflatex does not compile the report: {done.stdout.decode(errors='replace')[-300:]}"
            )
        return target.read_bytes()
