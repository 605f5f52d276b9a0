"""``symdiff check notes.tex``: every displayed equation with its verdict, and an annotated copy."""

from __future__ import annotations

import re
import sys
from argparse import Namespace
from collections.abc import Callable
from pathlib import Path
from typing import Any

import sympy as sp

from symdiff.cli.models import load
from symdiff.cli.output import Outcome, ask
from symdiff.dossier.check_tex import MODEL, OUTCOMES, TexVerdict, check_tex, tex_status
from symdiff.dossier.typography import latex, text, typography_of
from symdiff.errors import SymdiffError, UsageError
from symdiff.model.jump_model import JumpModel
from symdiff.model.toml_text import read_bytes
from symdiff.notation.display.build import Typography
from symdiff.notation.display.latex import to_latex
from symdiff.notation.latex.scan import MAX_TEX_BYTES, TexEquation
from symdiff.notation.latex.surroundings import other_files
from symdiff.report.document import Math
from symdiff.report.prose import in_text, prose
from symdiff.report.tex_text import escape_tex
from symdiff.report.whole_file import write_whole
from symdiff.verification.verdict import PROVED, REFUTED


def run_tex(reference: str, options: Namespace) -> Outcome:
    """Judge the equations of a file."""
    path = Path(reference)
    if options.claim or options.set:
        raise UsageError("--claim and --set belong to the check of one model", where=path.name)
    content = read_bytes(path, 2 * MAX_TEX_BYTES, "a .tex file")
    out = None if options.output is None else Path(options.output)
    if out is not None and ((out.exists() and out.samefile(path)) or not out.parent.is_dir() or out.is_dir()):
        raise UsageError(
            "the annotated copy cannot go there", where="-o", instead="name another file, in a folder that exists"
        )
    source, encoding = decoded(content, path.name)
    model = None if options.model is None else load(options.model, options)
    asker = _Asker(options) if sys.stdin.isatty() and sys.stderr.isatty() and not options.json else None
    verdicts = check_tex(source, path.name, _load_for(path, options), asker, model)
    if not verdicts:
        raise UsageError("there is nothing to check: the file has no displayed equation", where=path.name,
                         instead="equations in \\[ \\], $$ $$ or an environment such as align are looked at")  # fmt: skip
    if out is not None:
        write_whole(out, annotated(source, verdicts).encode(encoding, errors="replace"))
    others = other_files(source)
    if options.json:
        document = {"file": path.name, "equations": [_document(v) for v in verdicts],
                    "not_read": [{"line": line, "file": name} for line, name in others]}  # fmt: skip
        return Outcome(tex_status(verdicts), document=document)
    return Outcome(
        tex_status(verdicts), text="\n".join([*_table(verdicts, path.name), "", *_summary(verdicts, others)])
    )


_MARKS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
_DECLARED = re.compile(rb"\\(?:usepackage\s*\[|inputencoding\s*\{)\s*(latin1|latin9|ansinew|cp1252|applemac|ascii)\b")
_ENCODINGS = {b"latin1": "latin-1", b"latin9": "iso8859-15", b"ansinew": "cp1252", b"cp1252": "cp1252", b"applemac": "mac_roman",
              b"ascii": "ascii"}  # fmt: skip


def decoded(content: bytes, name: str) -> tuple[str, str]:
    r"""A file's text and its encoding: UTF-8, UTF-16 with its mark, or the one that \usepackage[...]{inputenc} names."""
    encoding = next((encoding for mark, encoding in _MARKS if content.startswith(mark)), "utf-8")
    try:
        return content.decode(encoding), encoding
    except UnicodeDecodeError:
        declared = _DECLARED.search(content)
        if declared is None:
            raise UsageError("this is not UTF-8 text, and no inputenc says what it is", where=name,
                             instead="save it as UTF-8, or write \\usepackage[latin1]{inputenc}") from None  # fmt: skip
    try:
        return content.decode(_ENCODINGS[declared.group(1)]), _ENCODINGS[declared.group(1)]
    except UnicodeDecodeError:
        raise UsageError(
            f"this is not {declared.group(1).decode()} text", where=name, instead="save it as UTF-8"
        ) from None


def _load_for(path: Path, options: Namespace) -> Any:
    def load_beside(name: str) -> JumpModel:
        if "/" in name or "\\" in name:  # a text from elsewhere opens no file outside of its own folder
            raise UsageError(
                f"'{name[:60]}' is neither a gallery name nor a file beside the text",
                instead="% symdiff: model = walk.toml",
            )
        return load(str(path.parent / name) if name.endswith(".toml") else name, options)

    return load_beside


class _Asker:
    """Asks at the terminal which model an equation belongs to, and remembers the answer."""

    def __init__(self, options: Namespace) -> None:
        self.options = options
        self.name = ""  # what was answered last
        self.model: JumpModel | None = None
        self.closed = False
        self.loaded: dict[str, JumpModel] = {}

    def __call__(self, equation: TexEquation) -> JumpModel | None:
        """The model; an empty answer is the one before, or none where there is none before."""
        if self.closed:
            return None
        usual = f"empty: {self.name}; -: none" if self.name else "empty: none"
        sys.stderr.write(f"line {equation.first_line}: {_one_line(equation.latex)[:100]}\n")
        while True:
            answer = ask(f"  which model (gallery name or file; {usual}; q: no more questions)? ")
            if answer in (None, "q"):
                self.closed = True
                return None
            if answer == "-":
                return None
            if not answer:
                return self.model
            try:
                if answer not in self.loaded:
                    self.loaded[answer] = load(answer, self.options)
                self.model, self.name = self.loaded[answer], answer
                return self.model
            except SymdiffError as error:
                sys.stderr.write(f"  {error}\n")


NOTED = {"slip": "usual slip:", "witness": "numbers"}  # what a line of the table is called within a note
LONGEST_NUMBERS = 60  # characters of both sides at the witness


def _table(verdicts: tuple[TexVerdict, ...], name: str) -> list[str]:
    name = printable(name)
    lines = [name, "=" * len(name)]
    for v in verdicts:
        lines += ["", f"line {v.equation.first_line:<5} {v.outcome.upper():12} {_one_line(v.equation.latex)[:90]}"]
        if v.model:
            lines.append(f"  model      {v.model}")
        lines.append(f"  because    {printable(_in_words(v.why, v.subject))}")
        lines += [f"  {word:10} {printable(value)}" for word, value in _mending(v)]
    return lines


def _summary(verdicts: tuple[TexVerdict, ...], others: tuple[tuple[int, str], ...]) -> list[str]:
    """How many equations came out how, and what was not looked at."""
    counts = []
    for outcome in dict.fromkeys((REFUTED, *OUTCOMES)):
        lines = [str(v.equation.first_line) for v in verdicts if v.outcome == outcome]
        if lines:
            where = f" (line {', '.join(lines)})" if outcome not in (PROVED, MODEL) else ""
            counts.append(f"{len(lines)} {outcome}{where}")
    found = [f"{len(verdicts)} displayed equation{'s' if len(verdicts) != 1 else ''}: {'; '.join(counts)}"]
    if others:
        named = ", ".join(printable(f"{name[:60]} (line {line})") for line, name in others)
        found.append(f"not read: {named}; other files are never opened: check each by itself")
    return found


def printable(text_: str) -> str:
    """A line for the terminal: what would move its cursor or turn its letters around is shown as a mark."""
    return "".join(c if c.isprintable() else "\ufffd" for c in text_)


def _in_words(why: str, model: JumpModel | None) -> str:
    """A reason with its mathematics as the terminal prints it; pieces of the author's LaTeX stay as they are."""
    return why if model is None or "\\" in why else in_text(why, typography_of(model))


def _in_tex(why: str, model: JumpModel | None) -> str:
    """A reason with its mathematics typeset."""
    if model is None or "\\" in why:
        return escape_tex(why)
    parts = prose(why, typography_of(model))
    return "".join(f"${to_latex(p.node)}$" if isinstance(p, Math) else escape_tex(str(p)) for p in parts)


def _one_line(latex_: str) -> str:
    return printable(" ".join(re.sub(r"\\(?:begin|end)\{aligned\}|&", "", latex_).split()))


def _mending(v: TexVerdict, show: Callable[[sp.Expr, Typography], str] = text) -> list[tuple[str, str]]:
    """What is right where an equation is wrong, printed by ``show``, the slip that explains it, and numbers that show it."""
    wrong = v.verdict is not None and (v.verdict.verdict == "refuted" or v.verdict.in_found_limits_alone)
    witness = v.verdict.witness if wrong and v.verdict is not None else None
    if witness is None or v.subject is None:
        return []
    numbers = []
    if witness.left and witness.right and len(witness.left) + len(witness.right) <= LONGEST_NUMBERS:
        at = ", ".join(f"{name} = {value}" for name, value in witness.witness)
        said = f"{f'at {at}: ' if at else ''}{witness.left} against {witness.right}"
        numbers = [("witness", in_text(said, typography_of(v.subject)))]
    if witness.correct is None:
        return numbers
    named = next((sp.Symbol(n) for n, value in witness.derived if value == witness.correct and n.isalnum()), None)
    style = typography_of(v.subject)
    shown = show(witness.correct, style) if named is None else f"{show(named, style)} = {show(witness.correct, style)}"
    return [("right is", shown), *([("slip", witness.mend)] if witness.mend else []), *numbers]


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


def annotated(source: str, verdicts: tuple[TexVerdict, ...]) -> str:
    r"""The text with a note behind every displayed equation; ``\symdiffnote`` may be redefined by the author."""
    pieces, at = [], 0
    for v in verdicts:
        note = f"\\textbf{{{v.outcome}}}: {_in_tex(v.why, v.subject)}"
        for word, value in _mending(v, latex):
            shown = rf"$\displaystyle {value}$" if word == "right is" else escape_tex(value)
            note += f"; {NOTED.get(word, word)} {shown}"
        note = note.replace(r"\textquotedbl{}", r"\symbol{34}")  # which every font encoding of the author's has
        pieces += [source[at : v.equation.end], f"\\symdiffnote{{{note}}}"]
        at = v.equation.end
    whole = "".join([*pieces, source[at:]])
    definition = (
        "\\providecommand{\\symdiffnote}[1]{\\begin{quote}\\footnotesize\\sloppy\\textsf{symdiff: #1}\\end{quote}}\n"
    )
    definition = definition if "\r" not in source else definition.replace("\n", "\r\n" if "\r\n" in source else "\r")
    body = re.search(r"(?m)^[^%\r\n]*?(?=\\begin\{document\})", whole)
    start = body.end() if body else int(whole.startswith("\ufeff"))
    return whole[:start] + definition + whole[start:]
