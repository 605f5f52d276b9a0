"""``symdiff count``: exact walk counts and probabilities."""

from __future__ import annotations

import re
from argparse import Namespace

import sympy as sp

from symdiff.cli.output import Outcome
from symdiff.dossier import gallery
from symdiff.dossier.counts import CountRequest, WalkCount, count_document, count_model
from symdiff.dossier.settings import settings_of
from symdiff.dossier.typography import text, typography_of
from symdiff.errors import UsageError
from symdiff.evidence.counting import abridged
from symdiff.model.jump_model import JumpModel
from symdiff.notation.display.build import Typography

KIND_FLAGS = {"first_return": "first-return", "first_passage": "first-passage", "self_avoiding": "self-avoiding",
              "non_reversing": "non-reversing"}  # fmt: skip
MAX_STEPS = 10**9
SHOWN = 60


def run(reference: str, options: Namespace) -> Outcome:
    """Count walks of one model."""
    model = gallery.load(reference)
    kinds = [kind for flag, kind in KIND_FLAGS.items() if getattr(options, flag)]
    if len(kinds) > 1:
        raise UsageError(f"--{kinds[0]} and --{kinds[1]} exclude each other", where="count",
                         instead="one of the two")  # fmt: skip
    if options.recurrence:
        return _recurrence(model, options, kinds)
    request = CountRequest(
        n=0 if options.any_length else _number_of_steps(options.steps),
        kind=kinds[0] if kinds else "law",
        to=_site(options.to, "--to", model),
        start=_site(options.start, "--from", model),
        any_end=options.any_end,
        all_lengths=options.sequence,
        any_length=options.any_length,
    )
    found = count_model(model, request, settings_of(model, options.set))
    if options.json:
        return Outcome(0, document=count_document(found))
    return Outcome(0, text="\n".join(_lines(model, found)))


def _recurrence(model: JumpModel, options: Namespace, kinds: list[str]) -> Outcome:
    """``--recurrence``, with ``-n`` the n-th number too."""
    from symdiff.dossier.recurrences import recurrence_document, recurrence_lines, recurrence_model

    other = [*kinds, *(k for k in ("any_length", "sequence") if getattr(options, k))]
    if other:
        raise UsageError(f"--recurrence and --{other[0].replace('_', '-')} exclude each other", where="count",
                         instead="--recurrence with --to, --from, --any-end and -n only")  # fmt: skip
    n = None if options.steps is None else _number_of_steps(options.steps)
    to, start = _site(options.to, "--to", model), _site(options.start, "--from", model)
    if options.any_end and to is not None:
        raise UsageError("--any-end and --to exclude each other", where="count", instead="one of the two")
    found = recurrence_model(model, to, start, n, settings_of(model, options.set), any_end=options.any_end)
    if options.json:
        return Outcome(0, document=recurrence_document(found))
    title = model.title or "Jump model"
    return Outcome(0, text="\n".join([title, "=" * len(title), "", *recurrence_lines(found)]))


def _number_of_steps(text: str | None) -> int:
    if text is None:
        raise UsageError("the number of steps is missing", where="count", instead="write -n 3")
    if not re.fullmatch(r"\d{1,12}", text) or int(text) > MAX_STEPS:
        raise UsageError(
            f"'{text[:40]}' is no number of steps: a whole number from 0 to {MAX_STEPS} is expected",
            where="-n",
            instead="write -n 3",
        )
    return int(text)


def _site(text: str | None, where: str, model: JumpModel) -> tuple[int | str, ...] | None:
    """``1,2`` or ``0:right``."""
    if text is None:
        return None
    place, colon, state = text.partition(":")
    entries = place.replace("(", "").replace(")", "").split(",")
    if not all(re.fullmatch(r"\s*-?\d{1,12}\s*", e) for e in entries):
        raise UsageError(f"'{text[:60]}' is no site: lattice sites have whole coordinates", where=where,
                         instead=f"write {','.join(['0'] * model.dimension)}")  # fmt: skip
    return (*(int(e) for e in entries), *([state.strip()] if colon else []))


def _lines(model: JumpModel, found: WalkCount) -> list[str]:
    title = model.title or "Jump model"
    style = typography_of(model)
    what = "walks" if found.kind == "law" else f"{found.kind} walks"
    to_one_site = found.kind == "self-avoiding" and len(found.rows) == 1 and found.rows[0].walks == found.total
    whole = (
        f"to {_shown(found.rows[0].site)} {abridged(found.total)}" if to_one_site else f"in all {abridged(found.total)}"
    )
    lines = [
        title,
        "=" * len(title),
        "",
        f"{what} of {found.n} steps from {_shown(found.start)}; {whole}",
    ]
    if any(s != 1 for s in found.spacings):
        lines.append("sites in units of " + ", ".join(dict.fromkeys(str(s) for s in found.spacings)))
    if found.sequence:
        lines.append("for 0.." + str(found.n) + " steps: " + ", ".join(abridged(v) for v in found.sequence))
    if found.sequence_weights:
        lines.append("their weights: " + ", ".join(_formula(w, style) for w in found.sequence_weights))
    if found.total_weight is not None:
        lines.append(f"their weight: {_formula(found.total_weight, style)}")
    for row in found.rows[:SHOWN]:
        chance = "" if row.probability is None else f"   probability {abridged(row.probability)}"
        if row.formula is not None:
            chance = f"   probability {_formula(row.formula, style)}"
        if row.weight is not None:
            chance = f"   weight {_formula(row.weight, style)}"
        why = f"   ({row.why})" if row.why else ""
        lines.append(f"  {_shown(row.site):16} {abridged(row.walks):>20}{chance}{why}")
    if len(found.rows) > SHOWN:
        lines.append(f"  ... and {len(found.rows) - SHOWN} further sites (--json lists all)")
    if found.note and found.kind == "law":
        lines.append(f"no probabilities: {found.note}")
    lines.append(f"method: {found.method}")
    if found.checked_by:
        lines.append(f"checked by: {found.checked_by}")
    return lines


def _shown(site: tuple[int | str, ...]) -> str:
    names = [str(c) for c in site if isinstance(c, str)]
    return f"({', '.join(str(c) for c in site if not isinstance(c, str))})" + (f":{names[0]}" if names else "")


def _formula(value: sp.Expr, style: Typography) -> str:
    shown = str(value) if sp.count_ops(value) > 200 else text(value, style)
    return (
        shown if len(shown) <= 600 else f"{shown[:300]} ... {shown[-40:]} ({len(shown)} characters, --json shows all)"
    )
