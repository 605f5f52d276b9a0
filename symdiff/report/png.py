"""A drawing as pixels, by Typst (the ``pdf`` extra)."""

from __future__ import annotations

import tempfile
from pathlib import Path

from symdiff.errors import UsageError


def svg_png(drawing: str) -> bytes:
    """The SVG text as a PNG image; raises :class:`UsageError` where Typst is not installed."""
    try:
        import typst
    except ImportError:
        raise UsageError("a .png needs Typst, which is not installed", where="-o",
                         instead="pip install 'symdiff-continuum[pdf]', or write .svg") from None  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:  # the only folder that Typst may read
        (Path(folder) / "figure.svg").write_text(drawing, encoding="utf-8")
        source = Path(folder) / "figure.typ"
        source.write_text(
            '#set page(width: auto, height: auto, margin: 4pt)\n#image("figure.svg", width: 465pt)\n', encoding="utf-8"
        )
        found = typst.compile(source, root=Path(folder), format="png", ppi=144.0)
    if not isinstance(found, bytes):
        raise UsageError("the figure has more than one page", where="-o", instead="write .svg")
    return found
