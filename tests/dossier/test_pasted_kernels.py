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
