"""Nothing that stands beside a pasted equation is left out in silence: it is put in, noted, or refused."""

from __future__ import annotations

import pytest

import symdiff as sd
from symdiff.errors import SymdiffError

WALK = r"\dot P_n = \alpha P_{n-1} - \alpha P_n"


@pytest.mark.parametrize(
    "text",
    [
        rf"{WALK}, A_i \xrightarrow{{\gamma}} A_{{i+2}}",
        r"\ce{A ->[k] B}, P = 3",
        rf"{WALK}, \tilde P(k,s) = \frac{{1-\tilde\psi(s)}}{{s[1-\tilde\psi(s)\cos(ka)]}}",
        r"P_{tt}+2\lambda P_t = v^2P_{xx} + \kappa P, P(x,t+\tau) = \frac12P(x+b,t)+\frac12P(x-b,t)",
        r"\dot P_{i,j} = g(P_{i+1,j}+P_{i-1,j}+P_{i,j+1}+P_{i,j-1}-4P_{i,j}), \partial_t P(x,t) = D\partial_x^2P(x,t)",
        r"\dot\rho_i = J_{i-1,i}-J_{i,i-1}, J_{i,i+1} = p\rho_i-q\rho_{i+1}",
        r"\frac{dP(n,t)}{dt} = (\mathbb{E}^{-1}-1)\,k\,P(n,t)-(\mathbb E-1)g nP(n,t)",
    ],
)
def test_two_models_and_wrong_signs_are_refused(text: str) -> None:
    with pytest.raises(SymdiffError):
        sd.model_from_latex(text)


def test_constants_beside_arrows_are_put_in() -> None:
    model = sd.model_from_latex(r"A_i \xrightarrow{\gamma} A_{i\pm1}, \gamma = D/h^2").model
    assert sd.check(model, "A_t = D A_{xx}").verdict == "proved"
    assert sd.check(model, "A_t = 2 D A_{xx}").verdict == "refuted"


def test_laws_that_are_not_used_are_named() -> None:
    text = r"\hat P(k,s) = \frac{1-\hat\psi(s)}{s}\frac{1}{1-\hat\psi(s)\hat\lambda(k)}, \phi(t) = e^{-t}"
    assert "phi(t) = exp(-t) is not part of the model" in sd.model_from_latex(text).assumed


def test_a_model_file_that_a_person_would_keep() -> None:
    found = sd.model_from_latex(r"\partial_t P = D P_{xx} - \kappa P")
    lines = found.toml().splitlines()
    assert 'diffusivity = "D"' in lines
    assert 'rule = "P -> 0"' in lines
    assert not any(line.startswith(("jumps", "velocity", "consumes")) for line in lines)
    assert sd.loads(found.toml()) == found.model
    assert 'displacements = ["-a", "a"]' in sd.model_from_latex(r"\dot P_n = g(P_{n+1}+P_{n-1}-2P_n)").toml()


def test_a_missing_backslash_is_named() -> None:
    found = sd.model_from_latex(r"\dot P_n = 2lambda(P_{n+1}+P_{n-1}-2P_n)")
    assert any("lambda without a backslash" in w for w in found.reading.warnings)
    assert not sd.read_latex(r"D_\text{lambda} = 2\lambda").warnings
