r"""Fluxes beside a balance; walkers of two directions by hand: R + L = rho, J = v (R - L) (Goldstein 1951, Kac 1974)."""

from __future__ import annotations

import pytest

import symdiff as sd
from symdiff.dossier.latex_model import model_from_latex
from symdiff.errors import ModelError


@pytest.mark.parametrize(
    ("text", "claims"),
    [
        (r"\rho_t = -J_x, J_t = -v^2\rho_x - \alpha J", [r"D = v^2/\alpha"]),
        (r"\tau\partial_tJ + J = -D_0\partial_x\rho, \partial_t\rho = -\partial_xJ", [r"D = D_0"]),
        (
            r"\rho_t = -J_x, J_t = -v^2\rho_x - \alpha J + \beta\rho",
            [r"V = \beta/\alpha", r"D = v^2/\alpha - \beta^2/\alpha^3"],
        ),
        (r"P_{tt} + 2\lambda P_t = c^2 P_{xx}", [r"D = c^2/(2\lambda)"]),
        (r"\partial_t\rho = -\partial_x J, J = -D_0\partial_x\rho + u\rho", ["V = u", "D = D_0"]),
        (r"\dot\rho_n = J_{n-1/2}-J_{n+1/2}, J_{n+1/2} = \Gamma(\rho_n-\rho_{n+1})", [r"D = a^2\Gamma"]),
        (
            r"\dot P_n = J_n - J_{n+1}, J_n = \alpha P_{n-1}-\beta P_n",
            [r"V = a(\alpha-\beta)", r"D = a^2(\alpha+\beta)/2"],
        ),
    ],
)
def test_fluxes_that_are_given_or_relax(text: str, claims: list[str]) -> None:
    model = model_from_latex(text).model
    for claim in claims:
        name, _, value = claim.partition(" = ")
        name = (
            {"V": "v"}.get(name, name)
            if "v" not in [p.name for p in model.parameters]
            else {"V": r"v_{\mathrm{eff}}"}.get(name, name)
        )
        assert sd.check(model, f"{name} = {value}").verdict == "proved"
        assert sd.check(model, f"{name} = 2({value})").verdict == "refuted"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (r"\rho_t = -J_x, J_t = v^2\rho_x - \alpha J", "square of the speed"),
        (r"\rho_t = -J_x, J_t = -v^2\rho_x + \alpha J", "damped"),
    ],
)
def test_pairs_with_a_wrong_sign_are_named(text: str, said: str) -> None:
    with pytest.raises(ModelError, match=said):
        model_from_latex(text)


def test_what_stands_beside_several_densities_is_named() -> None:
    states = r"\partial_t p_+ = -v\partial_xp_+ - \lambda(p_+-p_-), \partial_tp_-=v\partial_xp_-+\lambda(p_+-p_-)"
    found = model_from_latex(rf"{states}, p_+(0,t)=p_-(0,t)")
    assert [a for a in found.assumed if "not part" in a] == ["p_+(0, t) = p_-(0, t) is not part of the model"]
