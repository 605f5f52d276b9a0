"""Walkers with internal states at the test vectors of the reference collection of textbook results, through derive's JSON.

Topics: persistent walks and velocity jumps; switching between internal states, discrete and continuous.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import sympy as sp

import symdiff as sd
from symdiff.dossier.derivation import derive_model
from symdiff.dossier.derive_document import derive_document

DATA = Path(__file__).parents[1] / "data"
VECTORS: dict[str, Any] = json.loads((DATA / "states_vectors.json").read_text())


def limit_of(name: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """The document and its limit: the stated regime, or long-wave."""
    entry = VECTORS[name]
    model = sd.load(str(DATA / "models" / "states" / f"{name}.toml"))
    found = json.loads(json.dumps(derive_document(derive_model(model, order=entry.get("order")))))
    wanted = entry.get("regime", "stated" if "pde" in entry else "long-wave")
    return found, next(m for m in found["limits"] if m["regime"]["name"] == wanted)


def parsed(text: str, found: dict[str, Any]) -> sp.Expr:
    """An expression of the document, with its names made symbols and functions as the document says."""
    symbols = found["symbols"]
    names: dict[str, Any] = {n: sp.Symbol(n) for n in (*symbols["parameters"], *symbols["coordinates"], "t")}
    names |= {n: sp.Function(n) for n in (*symbols["functions"], *symbols["densities"])}
    return sp.sympify(text, locals=names)


def numbers(params: dict[str, str]) -> dict[sp.Symbol, sp.Rational]:
    return {sp.Symbol(k): sp.Rational(v) for k, v in params.items()}


@pytest.mark.parametrize("name", sorted(n for n in VECTORS if "coefficients" in VECTORS[n]))
def test_derived_coefficients_vs_textbook_test_vectors(name: str) -> None:
    found, limit = limit_of(name)
    for vector in VECTORS[name]["coefficients"]:
        shown = limit["coefficients"].get(vector["is"])
        value = sp.Integer(0) if shown is None else parsed(shown["sympy"], found).subs(numbers(vector["params"]))
        expected = float(vector["value"])
        assert float(sp.N(value, 30)) == pytest.approx(expected, rel=1e-12, abs=1e-14)
        assert float(sp.N(value, 30)) * 2 + 1 != pytest.approx(expected, rel=1e-6)  # negative control


@pytest.mark.parametrize("name", sorted(n for n in VECTORS if "pde" in VECTORS[n]))
def test_derived_equations_vs_textbook_test_vectors(name: str) -> None:
    found, limit = limit_of(name)
    x = sp.Symbol("x")
    for vector in VECTORS[name]["pde"]:
        expression = parsed(limit["equations"][0]["rhs"]["sympy"], found)
        for function, text in vector["functions"].items():
            body = sp.sympify(text, locals={"x": x})
            expression = expression.replace(sp.Function(function), lambda *a, b=body: b.subs(x, a[0]))
        value = expression.doit().subs(numbers({**vector["params"], **vector["at"]}))
        assert float(sp.N(value, 30)) == pytest.approx(float(vector["value"]), rel=1e-9)
