"""Sources in pasted equations: walkers that arrive from outside, beside those that are put back."""

from __future__ import annotations

import pytest

import symdiff as sd
from symdiff.dossier.latex_model import model_from_latex

WALK = r"\dot C_n = \Gamma(C_{n+1}+C_{n-1}-2C_n)"


@pytest.mark.parametrize(
    ("text", "right"),
    [
        (rf"{WALK} + s_n - kC_n", "C_t = a^2\\Gamma C_{xx} - kC + s(x)"),
        (r"\partial_t C = D\partial_x^2C + s - kC", "C_t = D C_{xx} - kC + s"),
        (r"\partial_t C = D\partial_x^2 C - kC + J\delta(x-x_0)", "C_t = D C_{xx} - kC + S(x)"),
        (rf"{WALK} + J\delta_{{n,0}}", "C_t = a^2\\Gamma C_{xx} + S(x)"),
    ],
)
def test_sources_arrive_from_outside(text: str, right: str) -> None:
    model = model_from_latex(text).model
    assert sd.check(model, right).verdict == "proved"
    assert sd.check(model, right + " + 2k C").verdict == "refuted" or "k" not in [p.name for p in model.parameters]


def test_a_delta_is_named_and_what_is_put_back_stays_so() -> None:
    found = model_from_latex(rf"{WALK} + J\delta_{{n,0}}")
    assert "S is the source: J at n = 0 and nothing elsewhere" in found.assumed
    assert model_from_latex(rf"{WALK} - rC_n + r\delta_{{n,0}}").model.jumps[-1].destination is not None


def test_a_bond_has_one_rate_both_ways() -> None:
    found = model_from_latex(r"\dot P_i = g_{i,i+1}(P_{i+1}-P_i)+g_{i,i-1}(P_{i-1}-P_i)")
    assert [str(j.intensity) for j in found.model.jumps] == ["g_plus(i - 1)", "g_plus(i)"]
    assert any("the same both ways" in a for a in found.assumed)


@pytest.mark.parametrize(
    ("text", "rate"),
    [
        (r"\dot P_n = \Gamma t(P_{n+1}+P_{n-1}-2P_n)", "Gamma*t"),  # t was a constant t1
        (r"\dot P_n = \Gamma(1+\epsilon\cos(\omega t))[P_{n+1}+P_{n-1}-2P_n]", "Gamma*(epsilon*cos(omega*t) + 1)"),
        (r"\dot P_n = g(t)(P_{n+1}+P_{n-1}-2P_n)", "g(t)"),
    ],
)
def test_rates_that_depend_on_time_keep_their_time(text: str, rate: str) -> None:
    model = sd.model_from_latex(text).model
    assert [str(j.intensity) for j in model.jumps] == [rate, rate]
    assert "t1" not in [p.name for p in model.parameters]


def test_sources_that_depend_on_time_keep_their_time() -> None:
    (reaction,) = sd.model_from_latex(rf"{WALK} + s\cos(\omega t)").model.crowd.reactions
    assert str(reaction.intensity) == "s*cos(omega*t)"
