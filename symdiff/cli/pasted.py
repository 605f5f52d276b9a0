"""A master equation pasted as LaTeX: shown back as it was read, confirmed where a person sits at the terminal."""

from __future__ import annotations

import sys
from argparse import Namespace
from typing import Any

from symdiff.dossier.latex_model import ModelReading, model_from_latex
from symdiff.errors import UsageError
from symdiff.notation.display.build import Typography, build
from symdiff.notation.display.latex import to_latex
from symdiff.notation.display.text import to_text
from symdiff.notation.latex import Reading, context_from_json


def style_of(reading: Reading) -> Typography:
    """How a reading is printed: fields with their arguments."""
    fields = tuple(s.name for s in reading.symbols if s.kind == "field")
    return Typography(densities=fields, show_arguments=True)


def reading_lines(reading: Reading) -> list[str]:
    """A reading with its symbol table and warnings, as lines of text."""
    style = style_of(reading)
    lines = ["I read this as", *(f"  {to_text(build(e, style))}" for e in reading.equations), "with"]
    for s in reading.symbols:
        arguments = f" of {', '.join(s.arguments)}" if s.arguments else ""
        lines.append(f"  {s.name}: {s.kind}{arguments}")
    return [*lines, *(f"warning: {w}" for w in reading.warnings)]


def pasted_model(options: Namespace) -> ModelReading:
    """The model of ``--latex``; at a terminal the reading is confirmed first. Raises :class:`UsageError` where it is declined."""
    found = model_from_latex(options.latex, context_from_json(options.context))
    lines = [*reading_lines(found.reading), *(f"assumed: {a}" for a in found.assumed)]
    if not options.json:
        sys.stderr.write("\n".join(lines) + "\n\n")
        if sys.stdin.isatty() and sys.stderr.isatty() and not _yes("Is this what you mean? [Y/n] "):
            raise UsageError("the reading was declined", where="--latex",
                             instead='state the kinds of symbols with --context \'{"fields": ["P"], "params": ["k"]}\'')  # fmt: skip
    return found


def _yes(question: str) -> bool:
    sys.stderr.write(question)
    sys.stderr.flush()
    return sys.stdin.readline().strip().lower() in ("", "y", "yes")


def reading_document(found: ModelReading) -> dict[str, Any]:
    """How the formula was read, for JSON documents."""
    style = style_of(found.reading)
    return {
        "equations": [{"sympy": str(e), "latex": to_latex(build(e, style))} for e in found.reading.equations],
        "symbols": [{"name": s.name, "kind": s.kind, "arguments": list(s.arguments)} for s in found.reading.symbols],
        "warnings": list(found.reading.warnings),
        "assumed": list(found.assumed),
    }
