"""The JSON document of ``symdiff check``, and how a reading is shown."""

from __future__ import annotations

from typing import Any

import sympy as sp

from symdiff.dossier.check import CheckReport
from symdiff.dossier.typography import latex, typography_of
from symdiff.verification.verdict import RegimeVerdict, Verdict


def check_document(report: CheckReport) -> dict[str, Any]:
    """The document of the contract."""
    style = typography_of(report.model)

    def both(expression: sp.Basic) -> dict[str, str]:
        return {"sympy": str(expression), "latex": latex(expression, style)}

    def regime(r: RegimeVerdict) -> dict[str, Any]:
        entry: dict[str, Any] = {
            "name": r.name,
            "verdict": r.verdict,
            "derived": {role: both(value) for role, value in r.derived},
        }
        if r.why:
            entry["why"] = r.why
        if r.correct is not None:
            entry |= {
                "correct": both(r.correct),
                "ratio": None if r.ratio is None else both(r.ratio),
                "mend": r.mend or None,
            }
        return entry

    def claim(v: Verdict) -> dict[str, Any]:
        witness = v.witness
        wrong = {} if v.error is None else {"error": _error(v)}
        return wrong | {
            "id": v.id,
            "statement": v.statement,
            "verdict": v.verdict,
            "expect": v.expect or None,
            "reading": {"equations": [both(e) for e in v.equations], "warnings": list(v.warnings), "roles": dict(v.roles)},
            "regimes": [regime(r) for r in v.regimes if r.verdict != "silent"],
            "why": v.why,
            "witness": None if witness is None else {
                "regime": witness.name, "values": dict(witness.witness), "left": witness.left, "right": witness.right},
        }  # fmt: skip

    wrong = next((v for v in report.verdicts if v.error is not None), None)
    first = {} if wrong is None else {"error": {"status": 2} | _error(wrong)}
    return first | {"title": report.model.title, "claims": [claim(v) for v in report.verdicts]}


def _error(v: Verdict) -> dict[str, Any]:
    return dict(zip(("where", "message", "instead"), v.error or (), strict=False))


def status(report: CheckReport) -> int:
    """0 all as they should be; 1 a refutation or a difference from what is expected; 2 a claim is written wrongly; 3 undecided or
    conditional.

    What the file expects is said of the formula at all values: where values were put in, a verdict that differs from it
    counts by itself.
    """
    at_values = report.derivation is not None and bool(report.derivation.settings.values)
    return max((_one(v, at_values) for v in report.verdicts), key=lambda s: (2, 1, 3, 0)[::-1].index(s), default=0)


def _one(v: Verdict, at_values: bool) -> int:
    if v.error is not None:
        return 2
    if v.expect and (v.as_expected or not at_values):
        return 0 if v.as_expected else 1
    if v.verdict in ("proved", "consistent"):
        return 0
    if v.verdict == "refuted":
        return 1
    return 3
