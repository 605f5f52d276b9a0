"""Observables, waits, populations and corrected claims at the test vectors of the collection, through the JSON of derive."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import sympy as sp

import symdiff as sd
from symdiff.dossier.derivation import derive_model
from symdiff.dossier.derive_document import derive_document
from symdiff.model.jump_model import JumpModel

DATA = Path(__file__).parents[1] / "data"
VECTORS: dict[str, Any] = json.loads((DATA / "remaining_vectors.json").read_text())


def document(model: JumpModel) -> dict[str, Any]:
    """What ``symdiff derive --json --regime`` prints, of the regime that the collection means."""
    regime = "long-wave" if model.population is None else "large-system"
    return json.loads(json.dumps(derive_document(derive_model(model, regime=regime))))


def quantity(found: dict[str, Any], name: str) -> str:
    """A coefficient of the first limit, or an observable on one level ("T.lattice", "T.equation")."""
    name, _, level = name.partition(".")
    if not level:
        return found["limits"][0]["coefficients"][name]["sympy"]
    shown = found["observables"][name][level]
    if level == "equation" and "long-wave" in shown:
        shown = shown["long-wave"]
    return shown["sympy"]


SLOW = ("rw1d-unequal-times", "nx-velocity-resampling-tensor", "pv-rt-persistence-general", "bd-brusselator-lna")


@pytest.mark.parametrize("name", [pytest.param(n, marks=[pytest.mark.slow] * (n in SLOW)) for n in sorted(VECTORS)])
def test_derived_quantities_vs_textbook_test_vectors(name: str) -> None:
    entry = VECTORS[name]
    found = document(sd.load(str(DATA / "models" / f"{entry['model']}.toml")))
    assert entry["vectors"]
    for vector in entry["vectors"]:
        names = {n: sp.Symbol(n) for n in (*found["symbols"]["parameters"], *found["symbols"]["coordinates"], "t")}
        names |= {n: sp.Symbol(n) for n in vector["params"]}
        value = sp.sympify(quantity(found, vector["quantity"]), locals=names)
        value = sp.sympify(vector["is"], locals={**names, "q": value}).subs(
            {names[k]: sp.Rational(v) for k, v in vector["params"].items()}
        )
        expected = float(vector["value"])
        assert float(sp.N(value, 30)) == pytest.approx(expected, rel=1e-12, abs=1e-14)
        assert float(sp.N(value, 30)) * 2 + 1 != pytest.approx(expected, rel=1e-6)  # negative control
