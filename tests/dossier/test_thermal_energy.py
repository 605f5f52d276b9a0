"""The parameter ``kT`` against k_B T as books print it: in claims and in print."""

from __future__ import annotations

from typing import Any

import pytest

import symdiff as sd
from symdiff.dossier.typography import latex, text, typography_of
from symdiff.notation.expression import parse_expression


def walk(**parameters: Any) -> sd.JumpModel:
    """Sites in a potential, with rates read half-way in energy."""
    rate = "D/a**2*exp((V(x) - V(x + r))/(2*kT))"
    return sd.JumpModel(parameters={"a": "positive", "D": "positive", "kT": "positive"} | parameters, functions={"V": ["x"]},
                        coordinates=["x"], scaling={"a": 1}, jumps=[{"displacements": ["a", "-a"], "rate": rate}])  # fmt: skip


@pytest.mark.parametrize(
    ("claim", "verdict"),
    [
        (r"v = -\frac{D}{k_B T} V'(x)", "proved"),
        (r"v = -\frac{D}{k_{\mathrm{B}} T} V'(x)", "proved"),
        (r"v = -\frac{D}{kT} V'(x)", "proved"),
        (r"v = -\frac{D}{2 k_B T} V'(x)", "refuted"),
        (r"v = -\frac{D}{(k_B T)^2} V'(x)", "refuted"),
    ],
)
def test_claims_with_boltzmanns_constant(claim: str, verdict: str) -> None:
    assert sd.check(walk(), claim).verdict == verdict


def test_a_declared_temperature_is_its_own() -> None:
    """k_B T is then a product with the parameter T, of which no kT is known."""
    assert sd.check(walk(T="positive"), r"v = -\frac{D}{k_B T} V'(x)").verdict == "undecided"


def test_the_square_of_the_thermal_energy_in_print() -> None:
    model = walk()
    square = parse_expression("a/kT**2", model.scope)
    assert latex(square, typography_of(model)) == r"\frac{a}{(k_{\mathrm{B}} T)^{2}}"
    assert text(square, typography_of(model)).replace("\u2009", " ") == "a/(k_B T)²"
