"""A document as a Jupyter notebook (format 4.5): the sections as Markdown cells, and the model as a cell to go on from."""

from __future__ import annotations

import json
from typing import Any

from symdiff.report.document import Block, Document, Heading
from symdiff.report.markdown import blocks_markdown, escape_markdown


def write_notebook(document: Document) -> str:
    """The notebook as JSON."""
    sections: list[list[Block]] = [[]]
    for block in document.blocks:
        if isinstance(block, Heading) and block.level == 1:
            sections.append([])
        sections[-1].append(block)
    cells = [_markdown(f"# {escape_markdown(document.title)}")]
    cells += [_markdown(blocks_markdown(s)) for s in sections if s]
    if document.model_text:
        cells.append(
            _code(f"import symdiff as sd\n\nmodel = sd.loads({_quoted(document.model_text)})\nsd.derive(model)")
        )
    for number, cell in enumerate(cells):
        cell["id"] = f"cell-{number}"
    kernel = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
    content = {"cells": cells, "metadata": kernel, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def _markdown(text: str) -> dict[str, Any]:
    return {"cell_type": "markdown", "metadata": {}, "source": text.splitlines(keepends=True)}


def _code(text: str) -> dict[str, Any]:
    source = text.splitlines(keepends=True)
    return {"cell_type": "code", "execution_count": None, "metadata": {}, "outputs": [], "source": source}


def _quoted(text: str) -> str:
    """A Python literal of the text, over several lines where nothing in it could end the literal or turn the direction of writing."""
    if "'''" in text or not text.endswith("\n") or not text.replace("\n", "").replace("\t", "").isprintable():
        return repr(text)
    return f"r'''\n{text}'''"
