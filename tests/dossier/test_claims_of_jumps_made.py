"""Claims about the number of jumps and about rates between places, each with a wrong value beside the right one."""

from __future__ import annotations

import pytest

import symdiff as sd

ERLANG = sd.JumpModel(
    parameters={"ell": "positive", "theta": "positive", "q": "probability"},
    coordinates=["x"],
    waiting_time={"distribution": "gamma", "shape": "2", "scale": "theta"},
    jumps=[{"displacement": "ell", "probability": "q"}, {"displacement": "-ell", "probability": "1 - q"}],
)
RATES = sd.JumpModel(
    parameters={"a": "positive", "w_p": "positive", "w_m": "positive"},
    coordinates=["x"],
    jumps=[{"displacement": "a", "rate": "w_p"}, {"displacement": "-a", "rate": "w_m"}],
)
POTENTIAL = sd.JumpModel(
    parameters={"h": "positive", "g": "positive", "T": "positive"},
    functions={"V": ["x"]},
    coordinates=["x"],
    jumps=[{"displacements": ["h", "-h"], "rate": "g*exp(-(V(x+r)-V(x))/(2*T))"}],
)
CLAIMS = [  # renewal theory: D. R. Cox, Renewal Theory (1962), ch. 4: of Erlang waits of shape 2 the mean is exact
    (ERLANG, r"\langle N(t)\rangle = \frac{t}{2\theta}-\frac14+\frac14e^{-2t/\theta}", "proved", ""),
    (ERLANG, r"\langle N(t)\rangle \approx \frac{t}{2\theta}", "proved", ""),
    (ERLANG, r"\langle N(t)\rangle = \frac{t}{\theta}", "refuted", "factor 2"),
    (ERLANG, r"\mathrm{Var}(N(t)) \approx \frac{t}{2\theta}", "refuted", "factor 2"),  # t/4 theta: sub-Poissonian
    (RATES, r"\langle N(t)\rangle = (w_p+w_m)t", "proved", ""),
    (RATES, r"\langle N(t)\rangle = (w_p-w_m)t", "refuted", "sign"),
    (RATES, r"\frac{W(x\to x+a)}{W(x+a\to x)} = \frac{w_p}{w_m}", "proved", ""),
    (RATES, r"\frac{W(x\to x+a)}{W(x+a\to x)} = \frac{w_m}{w_p}", "refuted", "exchanged"),
    (RATES, r"W(x\to x+2a) = w_p", "undecided", ""),
    (POTENTIAL, r"\frac{W(x\to x+h)}{W(x+h\to x)} = e^{-[V(x+h)-V(x)]/T}", "proved", ""),
    (POTENTIAL, r"\frac{W(x\to x+h)}{W(x+h\to x)} = e^{-[V(x+h)-V(x)]/2T}", "refuted", "difference of energy"),
]


@pytest.mark.parametrize(
    ("model", "claim", "verdict", "slip"), CLAIMS, ids=lambda c: c[:40] if isinstance(c, str) else ""
)
def test_numbers_of_jumps_and_rates_between_places(model: sd.JumpModel, claim: str, verdict: str, slip: str) -> None:
    found = sd.check(model, claim)
    assert found.verdict == verdict
    assert not slip or (found.witness is not None and slip in found.witness.mend)


def test_a_proportionality_says_that_the_equality_would_be_wrong() -> None:
    assert "1/2 times what is right" in sd.check(RATES, r"\mathrm{Var}(x) \sim \frac{a^2(w_p+w_m)}{2}t").why
    assert "as an equality" not in sd.check(RATES, r"\mathrm{Var}(x) \sim a^2(w_p+w_m)t").why
    assert "as an equality" not in sd.check(RATES, r"\mathrm{Var}(x) \propto t").why
