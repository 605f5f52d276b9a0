"""A master equation pasted as LaTeX: shown back as it was read, confirmed where a person sits at the terminal."""

from __future__ import annotations

import sys
from argparse import Namespace
from dataclasses import replace
from typing import Any

import sympy as sp
from sympy.core.function import AppliedUndef

from symdiff.cli.output import ask
from symdiff.dossier.latex_model import ModelReading, model_from_latex
from symdiff.errors import SymdiffError, UsageError
from symdiff.notation.display.build import Typography, build
from symdiff.notation.display.latex import to_latex
from symdiff.notation.display.text import to_text
from symdiff.notation.latex import Reading, ReadingContext, context_from_json
from symdiff.notation.latex.name_latex import shown_latex


def style_of(reading: Reading) -> Typography:
    """How a reading is printed: fields with their arguments, names as they were written."""
    fields = tuple(s.name for s in reading.symbols if s.kind == "field")
    given = {s.name: s.latex for s in reading.symbols}
    parts = [part for e in reading.equations for part in sp.preorder_traversal(e)]
    names = {part.name if part.is_Symbol else part.func.__name__ for part in parts
             if part.is_Symbol or isinstance(part, AppliedUndef)}  # fmt: skip
    written = {name: latex for name in sorted(names) if (latex := shown_latex(name, given.get(name, "")))}
    return Typography(latex=written, densities=fields, show_arguments=True)


def reading_lines(reading: Reading) -> list[str]:
    """A reading with its symbol table and warnings, as lines of text."""
    style = style_of(reading)
    lines = ["I read this as", *(f"  {to_text(build(e, style))}" for e in reading.equations), "with"]
    for s in reading.symbols:
        arguments = f" of {', '.join(s.arguments)}" if s.arguments else ""
        lines.append(f"  {s.name}: {s.kind}{arguments}")
    return [*lines, *(f"warning: {w}" for w in reading.warnings)]


KINDS = {"field": "fields", "density": "fields", "parameter": "parameters", "symbol": "parameters", "index": "indices",
         "coordinate": "coordinates"}  # fmt: skip
QUESTION = "Is this what you mean? [Y/n, or the kind of a symbol, such as k: parameter] "


def pasted_model(options: Namespace) -> ModelReading:
    """The model of ``--latex``; at a terminal the reading is confirmed or corrected first.

    Raises :class:`UsageError` where it is declined.
    """
    context = context_from_json(options.context)
    found = model_from_latex(options.latex, context)
    while not options.json:
        lines = [*reading_lines(found.reading), *(f"assumed: {a}" for a in found.assumed)]
        sys.stderr.write("\n".join(lines) + "\n\n")
        answer = _answer(QUESTION) if sys.stdin.isatty() and sys.stderr.isatty() else "y"
        if answer.lower() in ("", "y", "yes"):
            break
        if answer.lower() in ("n", "no"):
            raise UsageError("the reading was declined", where="--latex",
                             instead='state the kinds of symbols with --context \'{"fields": ["P"], "params": ["k"]}\'')  # fmt: skip
        try:
            corrected = _corrected(context, answer)
            found = model_from_latex(options.latex, corrected)
            context = corrected
        except SymdiffError as error:
            sys.stderr.write(f"{error.message}" + (f" ({error.instead})" if error.instead else "") + "\n\n")
    return found


def _corrected(context: ReadingContext, answer: str) -> ReadingContext:
    """The context with what an answer such as ``k: parameter, m: index`` says."""
    for part in answer.split(","):
        name, colon, kind = (text.strip() for text in part.partition(":"))
        if not colon or kind not in (*KINDS, "time"):
            raise UsageError(
                f"'{part.strip()[:60]}' is no answer", instead=f"y, n, or NAME: {' | '.join((*KINDS, 'time'))}"
            )
        if kind == "time":
            context = replace(context, time=name)
            continue
        lists: dict[str, Any] = {
            key: tuple(n for n in getattr(context, key) if n != name) for key in set(KINDS.values())
        }
        context = replace(context, **(lists | {KINDS[kind]: (*lists[KINDS[kind]], name)}))
    return context


def _answer(question: str) -> str:
    found = ask(question)
    return "n" if found is None else found


def reading_document(found: ModelReading) -> dict[str, Any]:
    """How the formula was read, for JSON documents."""
    style = style_of(found.reading)
    return {
        "equations": [{"sympy": str(e), "latex": to_latex(build(e, style))} for e in found.reading.equations],
        "symbols": [{"name": s.name, "kind": s.kind, "arguments": list(s.arguments)} for s in found.reading.symbols],
        "warnings": list(found.reading.warnings),
        "assumed": list(found.assumed),
    }
