r"""Sums and integrals over jumps, and what they have together; totals by hand (geometric, zeta, Poisson, binomial), moments from them."""

from __future__ import annotations

import pytest

import symdiff as sd
from symdiff.dossier.latex_model import model_from_latex
from symdiff.errors import ModelError


@pytest.mark.parametrize(
    ("text", "name", "value"),
    [
        (r"P_n(t+1)=A\sum_{k=1}^{\infty}q^k[P_{n-k}(t)+P_{n+k}(t)]", "D", r"\frac{a^2(1+q)}{2\tau(1-q)^2}"),  # A = (1 - q)/(2 q)
        (r"P(x,t+\tau)=(1-q)\sum_{j=0}^{\infty}q^jP(x-bj,t)", "v", r"\frac{bq}{\tau(1-q)}"),
        (r"P_n(t+1)=\sum_{k=0}^\infty e^{-\mu}\frac{\mu^k}{k!}P_{n-k}(t)", "D", r"\frac{a^2\mu}{2\tau}"),  # also for mu > 1
        (r"P_n(t+1)=\sum_{k=0}^N\binom{N}{k}p^k(1-p)^{N-k}P_{n-k}(t)", "D", r"\frac{a^2Np(1-p)}{2\tau}"),
    ],
)  # fmt: skip
def test_the_totals_are_those_of_the_sums(text: str, name: str, value: str) -> None:
    model = model_from_latex(text).model
    assert sd.check(model, f"{name} = {value}", regime="long-wave").verdict == "proved"
    assert sd.check(model, f"{name} = 2{value}", regime="long-wave").verdict == "refuted"


@pytest.mark.parametrize(
    ("text", "total"),
    [
        (r"P(x,t+\tau)=\sum_{j=1}^{m}\frac{1}{2m}P(x-\ell j,t)", "they sum to 1/2"),
        (r"P_n(t+1)=\sum_{k=1}^\infty q^kP_{n-k}(t)", "they sum to -q/(q - 1)"),
        (r"P_n(t+1)=\sum_{k=1}^\infty e^{-\mu}\frac{\mu^k}{k!}P_{n-k}(t)", "they sum to 1 - exp(-mu)"),
        (r"P(x,t+\tau)=\frac1b\int_{-b}^bP(x-r,t)dr", "they sum to 2"),
        (r"\dot P_n=\sum_{k=1}^\infty\frac{g}{k^4}P_{n-k}+\sum_{k=1}^\infty\frac{g}{k^4}P_{n+k}-gP_n", "gained at the rate pi**4*g/45"),
    ],
)  # fmt: skip
def test_totals_that_are_not_the_loss_are_named(text: str, total: str) -> None:
    with pytest.raises(ModelError, match="probability is not conserved") as caught:
        model_from_latex(text)
    assert total in caught.value.message


def test_several_laws_with_one_loss_are_jumps_of_one_walker() -> None:
    sums = model_from_latex(r"P(x,t+\tau)=\sum_{j=1}^{m}\frac{p}{m}P(x-bj,t)+\sum_{j=1}^{m}\frac{1-p}{m}P(x+bj,t)")
    assert 'probability = "p/m"' in sums.toml()
    assert "p is a probability" in sums.assumed
    both = model_from_latex(
        r"\partial_tP=\int_0^\infty\frac gb e^{-r/b}P(x-r,t)dr+\int_0^\infty\frac kc e^{-r/c}P(x+r,t)dr-(g+k)P"
    )
    assert 'rate = "g"' in both.toml()
    assert 'rate = "k"' in both.toml()
