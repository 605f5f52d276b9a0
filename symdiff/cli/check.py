"""``symdiff check``: a verdict for each claim."""

from __future__ import annotations

from argparse import Namespace

from symdiff.cli.output import Outcome
from symdiff.dossier import gallery
from symdiff.dossier.check import check_model
from symdiff.dossier.check_document import check_document, status
from symdiff.dossier.settings import settings_of
from symdiff.dossier.typography import text, typography_of
from symdiff.model.jump_model import ClaimStatement
from symdiff.notation.display.build import Typography
from symdiff.verification.verdict import Verdict


def run(reference: str, options: Namespace) -> Outcome:
    """Judge the claims of one model."""
    model = gallery.load(reference)
    further = tuple(
        ClaimStatement(f"claim-{n}", latex=text_) for n, text_ in enumerate(options.claim, start=len(model.claims) + 1)
    )
    report = check_model(model, further, settings_of(model, options.set))
    if options.json:
        return Outcome(status(report), document=check_document(report))
    style = typography_of(model)
    lines = [model.title or reference, "=" * len(model.title or reference)]
    for verdict in report.verdicts:
        lines += ["", *_lines(verdict, style)]
    return Outcome(status(report), text="\n".join(lines))


def _lines(v: Verdict, style: Typography) -> list[str]:
    expected = "" if not v.expect else ("  (as expected)" if v.as_expected else f"  (expected: {v.expect})")
    lines = [f"{v.verdict.upper():12} {v.id}{expected}"]
    lines += [f"  read as    {text(e, style)}" for e in v.equations]
    lines += [f"  warning    {w}" for w in v.warnings]
    if v.roles:
        lines.append("  with       " + ", ".join(f"{name} = {role}" for name, role in v.roles))
    lines.append(f"  because    {v.why}")
    for r in v.regimes:
        if r.derived and r.verdict != "silent":
            derived = ", ".join(f"{role} = {text(value, style)}" for role, value in r.derived)
            lines.append(f"  {r.name}: {r.verdict}, derived {derived}")
    witness = v.witness
    if witness is not None and witness.correct is not None and v.verdict == "refuted":
        lines.append(
            f"  right is   {text(witness.correct, style)}"
            + ("" if witness.ratio is None else f"; the claim is {text(witness.ratio, style)} times that")
        )
        if witness.mend:
            lines.append(f"  slip       {witness.mend}")
    if witness is not None:
        at = ", ".join(f"{name} = {value}" for name, value in witness.witness)
        lines.append(
            f"  witness    {'at ' + at + ': ' if at else ''}{witness.left} against {witness.right} ({witness.name})"
        )
    return lines
