r"""Pasted births on neighbouring sites; by hand: lambda (1 - rho)(rho_(i-1) + rho_(i+1))/2 = lambda (1 - rho)(rho + a^2 rho_xx/2)."""

from __future__ import annotations

import pytest

import symdiff as sd
from symdiff.dossier.latex_model import model_from_latex
from symdiff.errors import ModelError, NotYetError
from symdiff.notation.latex import read_latex

CONTACT = r"\dot\rho_i = \frac{\lambda}{2}(\rho_{i-1} + \rho_{i+1})(1-\rho_i) - \mu\rho_i"


def test_a_birth_beside_is_a_reaction_with_a_displacement() -> None:
    reading = model_from_latex(CONTACT)
    assert any(a.startswith("agents of rho put one of rho at the distance a") for a in reading.assumed)
    right = r"\rho_t = (\lambda-\mu)\rho - \lambda\rho^2 + \frac{\lambda a^2}{2}(1-\rho)\rho_{xx}"
    assert sd.check(reading.model, right).verdict == "proved"
    assert sd.check(reading.model, right.replace("(1-\\rho)", "")).verdict == "refuted"


@pytest.mark.parametrize(
    "text",
    [
        r"\dot\rho_i = p\rho_{i-1}(1-\rho_i) + q\rho_{i+1}(1-\rho_i) - p\rho_i(1-\rho_{i+1})",  # the loss by q is missing
        r"\dot\rho_i = p\rho_{i-1}(1-\rho_i) + q\rho_{i+1}(1-\rho_i)",
    ],
)
def test_a_forgotten_loss_is_no_birth(text: str) -> None:
    with pytest.raises(ModelError, match="do not match"):
        model_from_latex(text)


@pytest.mark.parametrize("gain", [r"\lambda\mathcal{R}[P] - \lambda P", r"D_r\Delta_u P"])
def test_an_operator_is_no_constant(gain: str) -> None:
    with pytest.raises(NotYetError, match="is an operator"):
        model_from_latex(rf"\partial_t P = {gain} - v\partial_x P")


def test_the_place_is_not_the_step_that_is_integrated_over() -> None:
    (found,) = read_latex(r"\partial_t P = \int_0^\infty k\phi(r)P(n-r,t)dr + \gamma P(n+1,t) - (\gamma+k)P").equations
    assert "Derivative(P(n, t), t)" in str(found)
