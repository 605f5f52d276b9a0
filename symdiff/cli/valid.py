"""``symdiff valid``: which regime applies at the user's numbers, and how large the next discarded term is."""

from __future__ import annotations

from argparse import Namespace
from typing import Any

import sympy as sp

from symdiff.cli.models import load
from symdiff.cli.output import Outcome
from symdiff.dossier.derivation import derive_model
from symdiff.dossier.settings import Settings, settings_of
from symdiff.dossier.typography import latex, text, typography_of
from symdiff.dossier.validity import TOLERANCE, Group, Validity, validity
from symdiff.errors import SymdiffError, UsageError
from symdiff.notation.display.build import Typography
from symdiff.notation.expression import Scope, parse_expression


def run(reference: str, options: Namespace) -> Outcome:
    """Judge every regime; the exit status is 0 where one applies, 3 where none does."""
    model = load(reference, options)
    settings = settings_of(model, options.set)
    numbers = []
    for name, given in (("--length", options.length), ("--time", options.time)):
        try:
            numbers.append(parse_expression(given, Scope({})))
        except SymdiffError as error:
            raise error.located(name) from None
    functions = {f.name for f in model.functions}
    early = Settings(tuple(item for item in settings.values if item[0] in functions))
    length, time = numbers
    found = validity(derive_model(model, early), settings, length, time, _place(options.at))
    style = typography_of(model)
    return Outcome(0 if found.regime else 3, text="\n".join(_lines(found, style)), document=_document(found, style))


def _place(given: list[str]) -> dict[str, sp.Expr]:
    """``x=1/2`` strings as numbers by coordinate."""
    found: dict[str, sp.Expr] = {}
    for setting in given:
        name, equals, value = setting.partition("=")
        if not equals or name.strip() in found:
            why = "names no place" if not equals else "names a coordinate twice"
            raise UsageError(f"'{setting}' {why}", where="--at", instead="write --at x=1/2, once for every coordinate")
        try:
            found[name.strip()] = parse_expression(value.strip(), Scope({}))
        except SymdiffError as error:
            raise error.located(f"--at {setting}") from None
    return found


def _lines(found: Validity, style: Typography) -> list[str]:
    head = f"on a length {found.length} and over a time {found.time}"
    lines = [f"{head} the regime {found.regime} applies" if found.regime else f"{head} {_none(found)}"]
    for r in found.regimes:
        lines.append(
            f"  {r.regime}: {'applies' if r.applies else 'open' if r.applies is None else 'does not apply'}: {r.why}"
        )
        if r.leading is not None and r.relative is not None and r.effect is not None:
            shown = "" if r.leading.expression is None else f" = {text(r.leading.expression, style)}"
            lines.append(
                f"    next terms: {r.relative:.3g} of the last kept ones; they change the density by {r.effect:.3g}"
            )
            lines.append(f"    decided by {r.leading.name}{shown} = {r.leading.value:.3g}")
        lines += [f"    {g.name} = {g.value:.3g}" for g in r.groups]
    return lines


def _none(found: Validity) -> str:
    return "no regime is known to apply" if any(r.applies is None for r in found.regimes) else "no regime applies"


def _document(found: Validity, style: Typography) -> dict[str, Any]:
    def writer(value: sp.Expr) -> dict[str, str]:
        return {"sympy": str(value), "latex": latex(value, style)}

    def number(value: float | None) -> str | None:
        return None if value is None else f"{value:.6g}"

    def group(g: Group) -> dict[str, Any]:
        return {
            "name": g.name,
            "expression": None if g.expression is None else writer(g.expression),
            "value": number(g.value),
        }

    return {
        "length": str(found.length),
        "time": str(found.time),
        "tolerance": str(TOLERANCE),
        "regime": found.regime,
        "regimes": [
            {
                "name": r.regime,
                "applies": r.applies,
                "relative": number(r.relative),
                "effect": number(r.effect),
                "next_term": None if r.leading is None else group(r.leading),
                "groups": [group(g) for g in r.groups],
                "why": r.why,
            }
            for r in found.regimes
        ],
    }
