"""``symdiff check notes.tex``: every displayed equation with its verdict, and an annotated copy."""

from __future__ import annotations

import sys
from argparse import Namespace
from pathlib import Path
from typing import Any

from symdiff.cli.output import Outcome
from symdiff.dossier import gallery
from symdiff.dossier.check_tex import TexVerdict, check_tex, tex_status
from symdiff.errors import SymdiffError, UsageError
from symdiff.model.jump_model import JumpModel
from symdiff.model.toml_text import read_bytes
from symdiff.notation.latex.scan import TexEquation
from symdiff.report.tex_text import escape_tex


def run_tex(reference: str, options: Namespace) -> Outcome:
    """Judge the equations of a file."""
    path = Path(reference)
    if options.claim or options.set:
        raise UsageError("--claim and --set belong to the check of one model", where=path.name)
    out = None if options.output is None else Path(options.output)
    if out is not None and ((out.exists() and out.samefile(path)) or not out.parent.is_dir() or out.is_dir()):
        raise UsageError(
            "the annotated copy cannot go there", where="-o", instead="name another file, in a folder that exists"
        )
    try:
        text = read_bytes(path).decode("utf-8")
    except UnicodeDecodeError:
        raise UsageError("this is not UTF-8 text", where=path.name, instead="save it as UTF-8") from None
    model = None if options.model is None else gallery.load(options.model)
    ask = _ask if sys.stdin.isatty() and sys.stderr.isatty() and not options.json else None
    verdicts = check_tex(text, path.name, _load_for(path), ask, model)
    if not verdicts:
        raise UsageError("there is nothing to check: the file has no displayed equation", where=path.name,
                         instead="equations in \\[ \\], $$ $$ or an environment such as align are looked at")  # fmt: skip
    if out is not None:
        out.write_text(annotated(text, verdicts), encoding="utf-8")
    if options.json:
        return Outcome(
            tex_status(verdicts), document={"file": path.name, "equations": [_document(v) for v in verdicts]}
        )
    return Outcome(tex_status(verdicts), text="\n".join(_table(verdicts, path.name)))


def _load_for(path: Path) -> Any:
    def load(name: str) -> JumpModel:
        if "/" in name or "\\" in name:  # a text from elsewhere opens no file outside of its own folder
            raise UsageError(
                f"'{name[:60]}' is neither a gallery name nor a file beside the text",
                instead="% symdiff: model = walk.toml",
            )
        return gallery.load(str(path.parent / name) if name.endswith(".toml") else name)

    return load


def _ask(equation: TexEquation) -> JumpModel | None:
    """Which model an equation belongs to, asked at the terminal; an empty answer leaves it out."""
    while True:
        sys.stderr.write(
            f"line {equation.first_line}: {' '.join(equation.latex.split())[:100]}\n  which model (gallery name or file; empty: none)? "
        )
        sys.stderr.flush()
        answer = sys.stdin.readline().strip()
        if not answer:
            return None
        try:
            return gallery.load(answer)
        except SymdiffError as error:
            sys.stderr.write(f"  {error}\n")


def _table(verdicts: tuple[TexVerdict, ...], name: str) -> list[str]:
    lines = [name, "=" * len(name)]
    for v in verdicts:
        lines += [
            "",
            f"line {v.equation.first_line:<5} {v.outcome.upper():12} {' '.join(v.equation.latex.split())[:90]}",
        ]
        if v.model:
            lines.append(f"  model      {v.model}")
        lines.append(f"  because    {v.why}")
        lines += [f"  {word:10} {value}" for word, value in _mending(v)]
    return lines


def _mending(v: TexVerdict) -> list[tuple[str, str]]:
    witness = None if v.verdict is None or v.verdict.verdict != "refuted" else v.verdict.witness
    if witness is None or witness.correct is None:
        return []
    found = [("right is", str(witness.correct))]
    return [*found, ("slip", witness.mend)] if witness.mend else found


def _document(v: TexVerdict) -> dict[str, Any]:
    witness = None if v.verdict is None else v.verdict.witness
    return {
        "line": v.equation.first_line,
        "latex": v.equation.latex,
        "verdict": v.outcome,
        "model": v.model or None,
        "why": v.why,
        "regimes": []
        if v.verdict is None
        else [{"name": r.name, "verdict": r.verdict} for r in v.verdict.regimes if r.verdict != "silent"],
        "warnings": [] if v.verdict is None else list(v.verdict.warnings),
        "correct": None if witness is None or witness.correct is None else str(witness.correct),
        "mend": None if witness is None else witness.mend or None,
    }


def annotated(text: str, verdicts: tuple[TexVerdict, ...]) -> str:
    r"""The text with a note behind every displayed equation; ``\symdiffnote`` may be redefined by the author."""
    pieces, at = [], 0
    for v in verdicts:
        note = f"{v.outcome}: {v.why}" + "".join(f"; {word} {value}" for word, value in _mending(v))
        pieces += [text[at : v.equation.end], f"\\symdiffnote{{{escape_tex(note)}}}"]
        at = v.equation.end
    whole = "".join([*pieces, text[at:]])
    definition = "\\providecommand{\\symdiffnote}[1]{\\begin{quote}\\footnotesize\\textsf{symdiff: #1}\\end{quote}}\n"
    start = whole.find("\\begin{document}")
    return whole[:start] + definition + whole[start:] if start >= 0 else definition + whole
