r"""Kernels of two places: Kramers-Moyal coefficients a_1 = w m, a_2 = w (m^2 + s2) (van Kampen, ch. VIII; Risken, ch. 4)."""

from __future__ import annotations

import pytest

import symdiff as sd
from symdiff.errors import SymdiffError


@pytest.mark.parametrize(
    "text",
    [
        r"\partial_t P(x,t) = \int dx' [W(x|x')P(x',t) - W(x'|x)P(x,t)]",
        r"\partial_t P(x,t) = \int dr [W(x-r;r)P(x-r,t) - W(x;r)P(x,t)]",
        r"\partial_t P(x,t) = \int [W(x'\to x)P(x',t) - W(x\to x')P(x,t)]dx'",
    ],
)
def test_the_general_jump_process(text: str) -> None:
    limit = sd.derive(sd.model_from_latex(text).model)
    assert [str(limit.coefficient(n)) for n in ("v", "D")] == ["m(x)*w(x)", "(m(x)**2 + s2(x))*w(x)/2"]


@pytest.mark.parametrize(
    "text",
    [
        r"\partial_t P(x,t) = \int dx' [W(x|x')P(x',t) - W(x|x')P(x,t)]",
        r"\partial_t P(x,t) = \int [w(x,r)P(x-r,t)-w(x,r)P(x,t)]dr",
    ],
)
def test_a_loss_of_other_jumps_is_named(text: str) -> None:
    with pytest.raises(SymdiffError, match="is not that of the gain"):
        sd.model_from_latex(text)


def test_neighbours_that_a_hypercubic_lattice_does_not_have() -> None:
    with pytest.raises(SymdiffError, match="12 neighbours"):
        sd.model_from_latex(
            r"\partial_t P(\mathbf{r},t) = \frac{\Gamma}{12}\sum_{\boldsymbol\delta}[P(\mathbf r+\boldsymbol\delta,t)-P(\mathbf r,t)]"
        )


def test_states_of_a_sign_and_its_reverse() -> None:
    model = sd.model_from_latex(
        r"P_{n+1}^{\sigma}(x) = p P_n^{\sigma}(x-\sigma b)+(1-p)P_n^{-\sigma}(x-\sigma b), \sigma=\pm"
    ).model
    assert sd.check(model, r"D = \frac{b^2 p}{2(1-p)\tau}").verdict == "proved"  # Taylor, Goldstein
    assert sd.check(model, r"D = \frac{b^2 (1-p)}{2p\tau}").verdict == "refuted"


def test_numbered_unit_vectors_and_changes_in_a_step() -> None:
    text = r"P(\mathbf r,t+\tau) = \frac16\sum_{k=1}^6 P(\mathbf r-b\,\mathbf e_k,t), \mathbf e_k=(\cos\frac{\pi k}{3},\sin\frac{\pi k}{3})"
    model = sd.model_from_latex(text).model
    assert sd.check(model, r"P_t = \frac{b^2}{4\tau}(P_{xx}+P_{yy})").verdict == "proved"  # the triangular lattice
    assert sd.check(model, r"P_t = \frac{b^2}{6\tau}(P_{xx}+P_{yy})").verdict == "refuted"
    change = sd.model_from_latex(r"\frac{\Delta P_i}{\Delta t}=k(P_{i-1}-2P_i+P_{i+1})").model
    assert (str(change.time_step), str(change.jumps[0].intensity)) == ("dt", "dt*k")


def test_symbols_keep_their_spelling() -> None:
    model = sd.model_from_latex(r"p(x,t+\delta t)=\frac12p(x-\delta x,t)+\frac12p(x+\delta x,t)").model
    assert {p.name: p.latex for p in model.parameters} == {"delta_t": r"\delta t", "delta_x": r"\delta x"}
