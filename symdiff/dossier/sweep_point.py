"""One task of a sweep: a part of what is known at one point, from text to text, so that it can run in any process."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

import mpmath
import sympy as sp

from symdiff.dossier.check import check_model
from symdiff.dossier.derivation import derive_model
from symdiff.dossier.settings import Settings
from symdiff.dossier.versions import versions
from symdiff.errors import NothingToCheckError, NotYetError, SymdiffError
from symdiff.model.jump_model import JumpModel
from symdiff.model.loading import load_text
from symdiff.model.substitution import read_settings
from symdiff.notation.evaluation import evaluate, mp_arithmetic
from symdiff.notation.expression import Scope, parse_expression
from symdiff.verification.tier import TierResult

DERIVATION = "derivation"
DIGITS = 15
_ALONE = threading.Lock()  # the working precision and SymPy's caches belong to the whole process


def run_task(text: str) -> str:
    """The result of one task, as JSON text; deliberate errors are results too, with their exit status."""
    task = json.loads(text)
    with _ALONE:
        found: dict[str, Any]
        try:
            found = _run(task)
        except SymdiffError as error:
            found = {"status": error.status, "message": str(error)}
        except Exception as error:
            found = {"status": 4, "message": f"a fault of symdiff itself: {type(error).__name__}: {str(error)[:300]}"}
        return json.dumps({"result": found, "versions": versions()})


def _run(task: dict[str, Any]) -> dict[str, Any]:
    model = load_text(task["model"])
    settings = Settings(tuple(read_settings(model, [f"{k}={v}" for k, v in task["values"].items()]).items()))
    if task["tier"] == DERIVATION:
        return _derived(model, settings, task["numbers"])
    return _verified(model, settings, task)


def _derived(model: JumpModel, settings: Settings, numbers: dict[str, str]) -> dict[str, Any]:
    """Coefficients of every regime, as formulas and as decimal numbers, and the verdicts on the claims."""
    derivation = derive_model(model, settings)
    symbols = {p.symbol: parse_expression(numbers[p.name], Scope({})) for p in model.parameters if p.name in numbers}
    coefficients: list[list[Any]] = []
    seen: dict[str, int] = {}
    for limit in derivation.limits:
        name = limit.regime.name
        seen[name] = seen.get(name, 0) + 1  # the cases of one regime are told apart by their number
        label = name if seen[name] == 1 else f"{name} ({seen[name]})"
        shown = [(role, value) for role, value in limit.coefficients]
        shown += [(".".join(filter(None, (c.density, c.role, c.of))), c.value) for c in limit.coupled]
        coefficients += [[label, role, str(value), decimal(value, symbols)] for role, value in shown]
    found: dict[str, Any] = {"status": 0, "message": "", "coefficients": coefficients, "claims": []}
    if model.claims:
        report = check_model(model, (), settings, derivation)
        found["claims"] = [[v.id, v.verdict] for v in report.verdicts]
        wrong = [
            v.id
            for v in report.verdicts
            if (v.verdict, v.expect == "refuted") in (("refuted", False), ("proved", True))
        ]
        if wrong:  # "conditional" or "proved" may differ from what the file expects of the formula at special values
            found |= {"status": 1, "message": f"against expectation: {', '.join(wrong)}"}
    return found


def decimal(value: sp.Expr, symbols: Mapping[sp.Symbol, sp.Expr] = MappingProxyType({})) -> str | None:
    """A real number of 15 digits, or None where the value depends on more than the parameters."""
    try:
        with mpmath.workdps(2 * DIGITS + 10):
            number = evaluate(value.xreplace(dict(symbols)), {}, mp_arithmetic())
            if not mpmath.isfinite(number) or mpmath.im(number) != 0:
                return None
            return str(mpmath.nstr(mpmath.re(number), DIGITS))
    except (KeyError, NotYetError, ArithmeticError, ValueError, TypeError):
        return None


def _verified(model: JumpModel, settings: Settings, task: dict[str, Any]) -> dict[str, Any]:
    """One tier of the cross-check."""
    from symdiff.dossier.verification import verify_model
    from symdiff.dossier.verify_document import status, verify_document

    try:
        evidence = verify_model(model, settings, seed=task["seed"], tier=task["tier"], **task["options"])
    except NothingToCheckError as reason:
        return {"status": 0, "message": "", "applies": False, "passed": None, "tiers": [], "why": reason.message}
    tiers = [{k: t[k] for k in ("regime", "applies", "why", "predicted", "measured", "uncertainty", "passed",
                                "smallest_detectable_error")} for t in verify_document(evidence)["tiers"]]  # fmt: skip
    reasons = [t["why"] for t in tiers if t["applies"] and t["passed"] is not True]
    return {
        "status": status(evidence),
        "message": "; ".join(reasons),
        "applies": True,
        "passed": evidence.passed,
        "tiers": tiers,
        "measures": _measures(evidence.tiers),
    }


def _measures(tiers: Sequence[TierResult]) -> dict[str, float]:
    """What the closure of the first regime was found to be, as numbers."""
    found = next((dict(t.details) | {"measured": t.measured} for t in tiers if t.tier == "closure" and t.applies), {})
    names = {"error": "measured", "error_at_these_values": "error_at_these_values", "D_chain": "diffusivity_of_chain_extrapolated",
             "D_mean_field": "diffusivity_of_mean_field_extrapolated"}  # fmt: skip
    measures = {name: found[key] for name, key in names.items() if found.get(key) is not None}
    for name, key in (("mixing_chain", "mixing_of_chain"), ("mixing_mean_field", "mixing_of_mean_field")):
        if found.get(key):
            measures[name] = found[key][-1]
    return measures
