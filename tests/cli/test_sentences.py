"""What the terminal prints in sentences against the mathematics it stands for: no SymPy text is left in them."""

from __future__ import annotations

import re

import pytest
import sympy as sp

from symdiff.cli.derive import show
from symdiff.cli.main import main
from symdiff.dossier.derivation import derive_model
from symdiff.dossier.gallery import load
from symdiff.dossier.typography import in_words
from symdiff.model.dimensions import dimensions_of
from symdiff.notation.display.build import Typography
from symdiff.report.prose import in_text

CODE = re.compile(r"\*|sqrt\(|\beps\b|\btau\b|\bell\b|<=|>=|Product\(")
STYLE = Typography(names=frozenset({"tau", "P1", "dt"}))


@pytest.mark.parametrize("name", ["biased_walk", "wall_with_bridge", "ehrenfest_urn", "levy_walk", "barrier_model"])
def test_a_derivation_prints_no_code(name: str) -> None:
    lines = show(derive_model(load(name)), steps=True)
    assert not [line for line in lines if CODE.search(line)]
    assert CODE.search("assumes: eps -> 0 with tau = O(eps**2)")  # the control: what was printed before


@pytest.mark.parametrize(
    ("said", "printed"),
    [
        ("valid where -P1*sqrt(dt) >= -1", "valid where −P₁ √Δt ≥ −1"),
        ("the number of dimensions: <r^2> = 2 d D t", "the number of dimensions: <r²> = 2 d D t"),
        ("u = x**2/10 + 3*x", "u = x²/10 + 3x"),
    ],
)
def test_a_sentence_is_printed_with_its_mathematics(said: str, printed: str) -> None:
    assert in_text(said, STYLE) == printed


def test_products_over_an_index_are_printed_as_such() -> None:
    j, n = sp.symbols("j n", integer=True, positive=True)
    assert in_words(sp.Product(j, (j, 1, n)) / 2) == "1/2 Π_(j=1)^(n) j"


def test_a_claim_about_a_wall_that_is_off_by_two_is_not_called_dimensionally_wrong(
    capsys: pytest.CaptureFixture[str],
) -> None:
    found = dimensions_of(load("wall_of_gaussian_steps"))
    assert found is not None
    assert found.of(sp.Symbol("P1", positive=True)) == "1/sqrt(time)"
    assert main(["check", "wall_of_gaussian_steps", "--claim", r"\kappa = D_0 P_1"]) == 1
    printed = capsys.readouterr().out
    assert printed.count("dimensionally wrong") == 1  # this one is, the gallery's factor 2 is not
