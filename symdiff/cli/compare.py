"""``symdiff compare A B``: do two models share a limit, in which regimes, and at which order do they part."""

from __future__ import annotations

from argparse import Namespace
from typing import Any

from symdiff.cli.models import load
from symdiff.cli.output import Outcome
from symdiff.dossier.derivation import Derivation, derive_model
from symdiff.dossier.settings import Settings
from symdiff.dossier.shared_limits import Difference, ModelComparison, compare_models
from symdiff.dossier.typography import latex, text, typography_of
from symdiff.errors import UsageError
from symdiff.model.substitution import read_settings
from symdiff.notation.display.build import Typography

STATUS = {True: 0, False: 1, None: 3}


def run(reference: str | None, options: Namespace) -> Outcome:
    """Compare two models; the exit status is 0 where they share a limit, 1 where they do not, 3 where that is open."""
    del reference
    references = [options.first, options.second]
    models = [load(r, options) for r in references]
    settings = []
    for model in models:
        names = {p.name for p in model.parameters} | {f.name for f in model.functions}
        own = [s for s in options.set if s.partition("=")[0].strip() in names]
        settings.append(Settings(tuple(read_settings(model, own).items())))

    def derived(order: int | None) -> tuple[Derivation, Derivation]:
        one, two = (derive_model(m, s, order=order) for m, s in zip(models, settings, strict=True))
        return one, two

    for setting in options.set:
        if not any(
            setting.partition("=")[0].strip() in {p.name for p in m.parameters} | {f.name for f in m.functions}
            for m in models
        ):
            raise UsageError(f"'{setting.partition('=')[0].strip()}' is no parameter of either model", where="--set")
    lowest = options.order if options.order is not None and options.order < 2 else None  # below the limit itself
    found = compare_models(*derived(lowest), options.order, None if lowest is not None else derived)
    further = options.order is None and any(p.parts_at is None and p.known is not None for p in found.pairs)
    style = typography_of(models[0])
    return Outcome(
        STATUS[found.shared],
        text="\n".join(
            [*_lines(found, references, style), *(["  --order N compares further terms"] if further else [])]
        ),
        document=_document(found, style),
    )


def _lines(found: ModelComparison, references: list[str], style: Typography) -> list[str]:
    head = {True: "share a limit", False: "share no limit", None: "may share a limit: that is open"}[found.shared]
    lines = [f"{references[0]} and {references[1]} {head}"]
    renamed = [f"{b} for {a}" for b, a in found.symbols if a != b]
    if renamed:
        lines.append(f"  the second writes {', '.join(renamed)}")
    for p in found.pairs:
        spoken = {"same": "the same equation", "same-if": "the same equation if", "different": "different equations"}
        name = p.first if p.first == p.second else f"{p.first} / {p.second}"
        lines.append(f"  {name}: {spoken.get(p.verdict, 'open')}")
        lines += [f"      {c.term}: {text(c.first, style)} = {text(c.second, style)}" for c in p.conditions]
        lines += [f"      that is, {s} = {text(v, style)}" for s, v in p.solved]
        lines.append(f"    {p.why}")
        lines += [f"      {d.term}: {text(d.first, style)} against {text(d.second, style)}" for d in p.differences]
    return lines


def _document(found: ModelComparison, style: Typography) -> dict[str, Any]:
    def writer(value: Any) -> dict[str, str]:
        return {"sympy": str(value), "latex": latex(value, style)}

    def differences(items: tuple[Difference, ...]) -> list[dict[str, Any]]:
        return [{"term": d.term, "first": writer(d.first), "second": writer(d.second)} for d in items]

    return {
        "shared": found.shared,
        "symbols": dict(found.symbols),
        "regimes": [
            {
                "first": p.first,
                "second": p.second,
                "verdict": p.verdict,
                "conditions": differences(p.conditions),
                "solved": {name: writer(value) for name, value in p.solved},
                "parts_at": None if p.parts_at is None else str(p.parts_at),
                "known_below": None if p.known is None else str(p.known),
                "differences": differences(p.differences),
                "why": p.why,
            }
            for p in found.pairs
        ],
    }
