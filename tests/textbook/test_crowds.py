"""Equations of crowds and of chemotaxis, at the numeric test vectors of the reference collection of textbook results."""

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
VECTORS: dict[str, Any] = json.loads((DATA / "crowd_vectors.json").read_text())


def document(name: str, order: int | None = None) -> dict[str, Any]:
    """What ``symdiff derive --json`` prints."""
    return json.loads(
        json.dumps(derive_document(derive_model(sd.load(str(DATA / "models" / f"{name}.toml")), order=order)))
    )


def parsed(text: str, found: dict[str, Any]) -> sp.Expr:
    """An expression of the document, with its names made symbols and functions as the document says."""
    symbols = found["symbols"]
    names: dict[str, Any] = {n: sp.Symbol(n) for n in (*symbols["parameters"], *symbols["coordinates"], "t")}
    names |= {n: sp.Function(n) for n in (*symbols["functions"], *symbols["densities"])}
    return sp.sympify(text, locals=names)


def value_of(expression: sp.Expr, vector: dict[str, Any], found: dict[str, Any]) -> float:
    """A right-hand side at given functions, place and parameters."""
    t = sp.Symbol("t")
    place = [sp.Symbol(c) for c in found["symbols"]["coordinates"]]
    change = {}
    for name, text in vector["functions"].items():
        body = sp.sympify(text)
        change |= {
            call: body for call in expression.atoms(sp.Function(name)(*place, t).func) if call.func.__name__ == name
        }
    expression = expression.subs(change).doit()
    numbers = {sp.Symbol(k): sp.Rational(v) for k, v in (*vector["at"].items(), *vector["params"].items())}
    return float(sp.N(expression.subs(numbers), 30))


@pytest.mark.parametrize("name", sorted(VECTORS))
def test_derived_equations_vs_textbook_test_vectors(name: str) -> None:
    found = document(name)
    equations = {e["density"]: parsed(e["rhs"]["sympy"], found) for e in found["limits"][0]["equations"]}
    assert VECTORS[name]["pde"]
    for vector in VECTORS[name]["pde"]:
        assert value_of(equations[vector["field"]], vector, found) == pytest.approx(float(vector["value"]), rel=1e-12)
