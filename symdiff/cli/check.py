"""``symdiff check``: a verdict for each claim."""

from __future__ import annotations

import os
import re
from argparse import Namespace
from collections.abc import Sequence

from symdiff.cli.models import load
from symdiff.cli.output import Outcome, report_error
from symdiff.dossier.check import check_model
from symdiff.dossier.check_document import check_document, status
from symdiff.dossier.settings import settings_of
from symdiff.dossier.typography import text, typography_of
from symdiff.errors import UsageError
from symdiff.model.jump_model import ClaimStatement
from symdiff.notation.display.build import Typography
from symdiff.notation.names import unicode_name
from symdiff.report.prose import in_text
from symdiff.verification.verdict import Verdict

MANY = 12  # models, from which on further processes pay
RAISED = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


def processes(references: Sequence[str | None], options: Namespace) -> int:
    """How many processes judge these models: what ``--jobs`` says; of many models as many as there are processors."""
    if "-" in references or len(references) < 2:
        return 1
    by_number = (os.cpu_count() or 1) if len(references) >= MANY else 1
    return min(len(references), options.jobs or by_number)


def run(reference: str, options: Namespace) -> Outcome:
    """Judge the claims of one model, or the equations of a ``.tex`` file."""
    if reference.endswith(".tex"):
        from symdiff.cli.check_tex import run_tex  # loaded when used: start-up time

        return run_tex(reference, options)
    if options.model or options.output:
        raise UsageError(
            "--model and -o belong to the check of a .tex file",
            where="symdiff check",
            instead="symdiff check notes.tex --model biased_walk -o checked.tex",
        )
    model = load(reference, options)
    further = tuple(
        ClaimStatement(f"claim-{n}", latex=text_) for n, text_ in enumerate(options.claim, start=len(model.claims) + 1)
    )
    report = check_model(model, further, settings_of(model, options.set))
    if options.json:
        return Outcome(status(report), document=check_document(report))
    for verdict in report.verdicts:
        if verdict.error is not None:
            where, message, instead = verdict.error
            report_error(UsageError(message, where=where, instead=instead))
    style = typography_of(model)
    lines = [model.title or reference, "=" * len(model.title or reference)]
    for verdict in report.verdicts:
        lines += ["", *verdict_lines(verdict, style, bool(options.set))]
    return Outcome(status(report), text="\n".join(lines))


def role_text(role: str) -> str:
    """A quantity by its name; averages ``<x**2>`` as they are printed."""
    average = role.removeprefix("stationary ")
    if not average.startswith("<"):
        return unicode_name(role)
    raised = re.sub(r"\*\*(\d+)", lambda m: m[1].translate(RAISED), average).replace("**", "^").replace("*", " ")
    sizes = re.sub(r"Abs[(]([^()]*)[)]", r"|\1|", raised)
    return role[: len(role) - len(average)] + sizes.replace("<", "⟨").replace(">", "⟩")


def _number(side: str, style: Typography) -> str:
    """One side at the witness: a number, or an expression where it has none."""
    return "∞" if side == "oo" else in_text(side, style)


def _elsewhere_lines(v: Verdict, style: Typography) -> list[str]:
    """What is right where a claim fails that holds in some regimes only, and the slip where these are no stated ones."""
    other = v.elsewhere
    if other is None or other.correct is None:
        return []
    named = next((f"{role_text(n)} = " for n, value in other.derived if value == other.correct), "")
    ratio = "" if other.ratio is None else f"; the claim is {text(other.ratio, style)} times that"
    word = "right is" if v.in_found_limits_alone else "elsewhere"
    lines = [f"  {word:10} {named}{text(other.correct, style)} ({other.name}){ratio}"]
    if other.mend and v.in_found_limits_alone:
        lines.append(f"  slip       {in_text(other.mend, style)}")
    return lines


def verdict_lines(v: Verdict, style: Typography, at_values: bool = False) -> list[str]:
    """A verdict in words: the reading, the reason, what was derived, the witness."""
    elsewhere = "  (expected at all values: " if at_values else "  (expected: "
    expected = "" if not v.expect else ("  (as expected)" if v.as_expected else f"{elsewhere}{v.expect})")
    if v.error is not None:
        where, message, instead = v.error
        return [
            f"{'ERROR':12} {v.id}",
            f"  where      {where}",
            f"  because    {message}",
            *([f"  instead    {instead}"] if instead else []),
        ]
    lines = [f"{v.verdict.upper():12} {v.id}{expected}"]
    lines += [f"  read as    {text(e, style)}" for e in v.equations]
    lines += [f"  warning    {in_text(w, style)}" for w in v.warnings]
    meant = [f"{name} = {role}" for name, role in v.roles if name != role]
    if meant:
        lines.append("  with       " + ", ".join(meant))
    lines.append(f"  because    {in_text(v.why, style)}")
    for r in v.regimes:
        if r.derived and r.verdict != "silent":
            derived = ", ".join(f"{role_text(role)} = {text(value, style)}" for role, value in r.derived)
            lines.append(f"  {r.title}: {r.verdict}, derived {derived}")
    witness = v.witness
    if witness is not None and witness.correct is not None and v.verdict == "refuted":
        named = next((f"{role_text(n)} = " for n, value in witness.derived if value == witness.correct), "")
        where = in_text(f" in the limit in which {witness.found_where}", style) if witness.found_where else ""
        lines.append(
            f"  right is   {named}{text(witness.correct, style)}{where}"
            + ("" if witness.ratio is None else f"; the claim is {text(witness.ratio, style)} times that")
        )
        if witness.mend:
            lines.append(f"  slip       {in_text(witness.mend, style)}")
    lines += _elsewhere_lines(v, style)
    if witness is not None:
        at = ", ".join(in_text(f"{name} = {value}", style) for name, value in witness.witness)
        lines.append(
            f"  witness    {'at ' + at + ': ' if at else ''}{_number(witness.left, style)} against {_number(witness.right, style)} ({witness.name})"
        )
    return lines
