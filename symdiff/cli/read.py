"""``symdiff read``: how a formula is read."""

from __future__ import annotations

from argparse import Namespace
from typing import Any

import sympy as sp

from symdiff.cli.output import Outcome
from symdiff.cli.pasted import reading_lines, style_of
from symdiff.notation.display.build import build
from symdiff.notation.display.latex import to_latex
from symdiff.notation.latex import context_from_json, read_latex
from symdiff.notation.latex.second_reader import second_opinion


def run(reference: str | None, options: Namespace) -> Outcome:
    """Read one formula and show what was understood."""
    reading = read_latex(options.latex, context_from_json(options.context))
    style = style_of(reading)
    opinion = second_opinion(reading) if options.second_reader else None
    if options.json:
        document: dict[str, Any] = {
            "equations": [
                {"sympy": str(e), "latex": to_latex(build(e, style)), "srepr": sp.srepr(e)} for e in reading.equations
            ],
            "symbols": [{"name": s.name, "kind": s.kind, "arguments": list(s.arguments)} for s in reading.symbols],
            "warnings": list(reading.warnings),
        }
        if opinion is not None:
            document["second_reader"] = {"agreement": opinion.agreement, "why": opinion.why}
            if opinion.agreement is False:
                document["warnings"].append(opinion.why)
        return Outcome(0, document=document)
    lines = reading_lines(reading)
    if opinion is not None:
        lines.append(f"{'warning: ' if opinion.agreement is False else ''}{opinion.why}")
    return Outcome(0, text="\n".join(lines))
