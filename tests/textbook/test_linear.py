"""Linear jump models at the numeric test vectors of the reference collection of textbook results, through the JSON of derive.

Topics: walks in one dimension, lattices, continuous jumps, schemes, rates that depend on place, potentials, next orders.
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
VECTORS: dict[str, Any] = json.loads((DATA / "linear_vectors.json").read_text())
ORDERS = {"rw1d-dt-fourth": 6, "ftcs-modified": 4, "btcs-modified": 4, "lax-wendroff-modified": 3}
FOURTH = ("a_xxxx", "a_xxyy", "a_4")


def document(name: str, order: int | None) -> dict[str, Any]:
    """What ``symdiff derive --json`` prints."""
    model = sd.load(str(DATA / "models" / "textbook" / f"{name}.toml"))
    return json.loads(json.dumps(derive_document(derive_model(model, order=order))))


def parsed(text: str, found: dict[str, Any]) -> sp.Expr:
    """An expression of the document, with its names made symbols and functions as the document says."""
    symbols = found["symbols"]
    names: dict[str, Any] = {n: sp.Symbol(n) for n in (*symbols["parameters"], *symbols["coordinates"], "t", "k")}
    names |= {n: sp.Function(n) for n in (*symbols["functions"], *symbols["densities"])}
    names.setdefault("f", sp.Function("f"))
    return sp.sympify(text, locals=names)


def order_of(name: str, entry: dict[str, Any]) -> int | None:
    roles = " ".join(c["is"] for c in entry.get("coefficients", []))
    if name in ORDERS:
        return ORDERS[name]
    if any(r in roles for r in FOURTH):
        return 4
    return 3 if "a_3" in roles or "cubic" in roles else None


def numbers(params: dict[str, str]) -> dict[sp.Symbol, sp.Rational]:
    return {sp.Symbol(k): sp.Rational(v) for k, v in params.items()}


def role_value(role: str, found: dict[str, Any], params: dict[str, str]) -> float:
    """A coefficient by its key in the JSON, or what the collection compares in its place."""
    limit = (
        next(m for m in found["limits"] if role in m["coefficients"]) if role in _roles(found) else found["limits"][-1]
    )
    values = {key: parsed(c["sympy"], found) for key, c in limit["coefficients"].items()}
    if role == "cubic":
        k = sp.Symbol("k", positive=True)
        value = sp.expand(parsed(limit["growth_rate"]["sympy"], found).subs(sp.Symbol("k"), k)).coeff(k, 3)
    elif role in ("D2", "a3"):  # the coefficient of h^2, from the discarded terms
        u = sp.Function("u")(sp.Symbol("x"), sp.Symbol("t"))
        terms = sp.expand(parsed(found["limits"][0]["discarded"][0]["terms"]["sympy"], found))
        value = terms.coeff(sp.Derivative(u, (sp.Symbol("x"), 2 if role == "D2" else 3))) / sp.Symbol("h") ** 2
    elif role in values:
        value = values[role]
    else:
        value = sp.sympify(role, locals={**values, "h": sp.Symbol("h")})
        for symbol in list(value.free_symbols):
            value = value.subs(symbol, values.get(symbol.name, 0 if symbol.name.startswith("a_") else symbol))
    return float(sp.N(value.subs(numbers(params)), 30))


def _roles(found: dict[str, Any]) -> set[str]:
    return {key for limit in found["limits"] for key in limit["coefficients"]}


def equation_value(expression: sp.Expr, vector: dict[str, Any], found: dict[str, Any]) -> float:
    """A right-hand side at given functions, place and parameters."""
    names = {c: sp.Symbol(c) for c in found["symbols"]["coordinates"]}
    place = [*names.values(), sp.Symbol("t")]
    for name, text in vector["functions"].items():
        body = sp.sympify(text, locals=names)
        expression = expression.replace(
            sp.Function(name), lambda *a, b=body: b.subs(dict(zip(place, a, strict=False)), simultaneous=True)
        )
    value = expression.doit().subs(numbers({**vector["params"], **vector["at"]}))
    return float(sp.N(value, 30))


@pytest.mark.parametrize("name", sorted(n for n in VECTORS if "coefficients" in VECTORS[n]))
def test_derived_coefficients_vs_textbook_test_vectors(name: str) -> None:
    entry = VECTORS[name]
    found = document(name, order_of(name, entry))
    for vector in entry["coefficients"]:
        got = role_value(vector["is"], found, vector["params"])
        assert got == pytest.approx(float(vector["value"]), rel=1e-12, abs=1e-14)


@pytest.mark.parametrize("name", sorted(n for n in VECTORS if "pde" in VECTORS[n]))
def test_derived_equations_vs_textbook_test_vectors(name: str) -> None:
    entry = VECTORS[name]
    found = document(name, 1 if name == "pd-fixed-bias-varying" else None)
    limit = found["limits"][0]
    for vector in entry["pde"]:
        if vector["field"] == "f":
            shown = limit["backward"]["rhs"]
        elif "power" in entry:
            shown = next(d for d in limit["discarded"] if d["power"] == entry["power"])["terms"]
        else:
            shown = limit["equations"][0]["rhs"]
        expression = parsed(shown["sympy"], found)
        if "power" in entry:
            expression = expression.subs(sp.Symbol("h"), 1)
        got = equation_value(expression, vector, found)
        assert got == pytest.approx(float(vector["value"]), rel=1e-9)
