"""Sphinx: pages in MyST, executed at build, mathematics as MathML, nothing fetched from elsewhere."""

from __future__ import annotations

import html
import re
import sys
from pathlib import Path
from typing import Any

from docutils import nodes
from latex2mathml.converter import convert
from sphinx.application import Sphinx

sys.path.insert(0, str(Path(__file__).parent))

from gallery_pages import write_gallery_pages

import symdiff

project, author, release = "symdiff", "The symdiff authors", symdiff.__version__
copyright = "the symdiff authors, BSD-3-Clause"
extensions = ["myst_nb", "sphinx.ext.autodoc"]
html_theme = "furo"
html_title = "symdiff"
html_math_renderer = "mathml"
exclude_patterns = ["_build", "jupyter_execute", "gallery/README.md"]
myst_enable_extensions = ["dollarmath", "amsmath"]
myst_heading_anchors = 3
nb_execution_mode = "force"
nb_execution_raise_on_error = True
nb_execution_timeout = 120
autodoc_typehints = "description"
autodoc_member_order = "bysource"
suppress_warnings = ["myst.xref_missing"]


def _inline(self: Any, node: nodes.math) -> None:
    self.body.append(_mathml(node.astext(), "inline"))
    raise nodes.SkipNode


def _block(self: Any, node: nodes.math_block) -> None:
    self.body.append(f'<div class="math">{_mathml(node.astext(), "block")}</div>')
    raise nodes.SkipNode


# the converter writes these as named widths and letters, which browsers set as no space and as no brackets
_SIGNS = {"thinspace": r"\\,", "thickspace": r"\\;", "negthinspace": r"\\!", "lbrace": r"\\{", "rbrace": r"\\}"}


def _mathml(latex: str, display: str) -> str:
    for word, sign in _SIGNS.items():
        latex = re.sub(rf"\\{word}(?![A-Za-z]) ?", sign, latex)
    return convert(latex, display=display) if latex.strip() else f"<code>{html.escape(latex)}</code>"


def setup(app: Sphinx) -> None:
    """Register the MathML writer and the generator of the gallery's pages."""
    app.add_html_math_renderer("mathml", (_inline, None), (_block, None))
    app.connect("builder-inited", lambda app: write_gallery_pages(Path(app.srcdir) / "gallery"))
