"""Waits, crowds, populations, walls, grids and observables: model files of one's own against the answers of the literature.

The answers: renewal theory and Montroll-Weiss (Feller, vol. 2; Metzler and Klafter 2000), Levy walks (Zaburdaev, Denisov and
Klafter 2015), Wald's identity; exclusion and zero range processes in mean field or local equilibrium (Spohn; Painter and
Hillen for volume filling; Shigesada, Kawasaki and Teramoto for cross-diffusion); birth and death, Moran and Wright-Fisher
processes (van Kampen; Gardiner; Kimura); half-space problems; Pearson's stationary laws. As the field states them, or worked in a
line from these; none was looked up by number.
"""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
import sympy as sp

from symdiff.continuum.derive import derive_all
from symdiff.continuum.observables.catalogue import observable
from symdiff.dossier.check import check_model
from symdiff.errors import DerivationError
from symdiff.model.jump_model import ClaimStatement
from symdiff.model.loading import load_text
from symdiff.notation.display.build import Typography, build
from symdiff.notation.display.latex import to_latex
from symdiff.notation.display.text import to_text

pytestmark = pytest.mark.slow  # as a whole: the run without extras leaves it out

PARTS = re.split(r"^=== (\S+)\n", (Path(__file__).parents[1] / "data" / "second_half.txt").read_text(), flags=re.M)[1:]
MODELS = dict(zip(PARTS[::2], PARTS[1::2], strict=True))
QUICK = {"w-spacetime", "w-ml-biased", "p-moran-fix", "p-ehren-relax", "o-gambler", "o-feller", "o-invgamma", "o-wright", "fl2",
         "o-exit-gamma", "c-rods-asym", "c-rods-scaled", "o-ret-wait", "o-quartic"}  # fmt: skip
SLOW = [pytest.param(n, marks=[] if n in QUICK else pytest.mark.slow) for n in sorted(MODELS)]


def twice(claim: ClaimStatement) -> ClaimStatement:
    """The same claim with the right side doubled and one added."""
    left, _, right = claim.expression.partition("=")
    return replace(claim, id=f"{claim.id}-doubled", expression=f"{left}= 1 + 2*({right})", expect="")


@pytest.mark.parametrize("name", SLOW)
def test_derived_against_the_literature(name: str) -> None:
    model = load_text(MODELS[name], name)
    claims = model.claims
    wrong = twice(claims[0]) if claims[0].expect != "refuted" and "oo" not in claims[0].expression else None
    found = {v.id: v.verdict for v in check_model(model, (*claims, *([wrong] if wrong else []))).verdicts}
    assert {c.id: found[c.id] for c in claims} == {c.id: c.expect or "proved" for c in claims}
    if wrong:
        assert found[wrong.id] not in ("proved", "conditional", "consistent")


def test_there_are_sixty_of_them() -> None:
    assert len(MODELS) >= 60


def test_a_number_before_a_power_of_a_number_is_set_apart() -> None:
    """16 times 2^(2/3) beside 162^(2/3), which reads as another number."""
    n = sp.Symbol("n")
    value = build(16 * sp.Integer(2) ** sp.Rational(2, 3) * n, Typography())
    assert to_text(value) == "16·2^(2/3) n"
    assert to_latex(value) == r"16 \cdot 2^{2 / 3} n"
    product = build(sp.Product(n + 1, (n, 1, 3)) ** 2, Typography())
    assert to_text(product) == "(Π_(n=1)^(3) (n + 1))²"


@pytest.mark.parametrize("name", ["o-wright", "o-invgamma"])
def test_a_weight_without_a_finite_integral_is_no_law(name: str) -> None:
    """Without mutation (u = w = 0) alleles are lost; without a source the Pearson diffusion gathers at zero."""
    text = MODELS[name].replace("w*(1-x) - u*x", "0").replace("a - b*x", "b*x")
    model = load_text(text, name)
    limits = derive_all(model)
    with pytest.raises(DerivationError, match=r"diverges|no stationary"):
        observable(model, limits, model.observables[0])
