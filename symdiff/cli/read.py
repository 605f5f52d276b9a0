"""``symdiff read``: how a formula is read."""

from __future__ import annotations

from argparse import Namespace
from typing import Any

import sympy as sp

from symdiff.cli.output import Outcome
from symdiff.notation.display.build import Typography, build
from symdiff.notation.display.latex import to_latex
from symdiff.notation.display.text import to_text
from symdiff.notation.latex import context_from_json, read_latex


def run(reference: str | None, options: Namespace) -> Outcome:
    """Read one formula and show what was understood."""
    reading = read_latex(options.latex, context_from_json(options.context))
    fields = tuple(s.name for s in reading.symbols if s.kind == "field")
    style = Typography(densities=fields, show_arguments=True)
    if options.json:
        document: dict[str, Any] = {
            "equations": [
                {"sympy": str(e), "latex": to_latex(build(e, style)), "srepr": sp.srepr(e)} for e in reading.equations
            ],
            "symbols": [{"name": s.name, "kind": s.kind, "arguments": list(s.arguments)} for s in reading.symbols],
            "warnings": list(reading.warnings),
        }
        return Outcome(0, document=document)
    lines = ["I read this as"]
    lines += [f"  {to_text(build(e, style))}" for e in reading.equations]
    lines.append("with")
    for s in reading.symbols:
        arguments = f" of {', '.join(s.arguments)}" if s.arguments else ""
        lines.append(f"  {s.name}: {s.kind}{arguments}")
    lines += [f"warning: {w}" for w in reading.warnings]
    return Outcome(0, text="\n".join(lines))
