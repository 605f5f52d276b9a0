"""Claims that are stochastic differential equations, against drift and diffusivity; Gardiner (2009) sec. 4.3.5 for the two senses of noise."""

from __future__ import annotations

import pytest

import symdiff as sd

TRAP = """
[parameters]
k = "positive"
D0 = "positive"
[model]
coordinates = ["x"]
[[states]]
velocity = "-k*x"
diffusivity = "D0"
"""
STOCK = """
[parameters]
mu = "real"
sig = "positive"
[model]
coordinates = ["S"]
density = "p"
[[states]]
velocity = "mu*S"
diffusivity = "sig**2*S**2/2"
"""
CLAIMS = [
    (TRAP, r"dx = -kx\,dt + \sqrt{2D_0}\,dW", "proved"),
    (TRAP, r"dx = -kx\,dt + \sqrt{D_0}\,dW", "refuted"),
    (TRAP, r"\dot x = -kx + \sqrt{2D_0}\,\xi(t)", "proved"),
    (TRAP, r"\dot x = kx + \sqrt{2D_0}\,\xi(t)", "refuted"),
    (STOCK, r"dS = \mu S\,dt + \sigma S\,dW", "proved"),
    (STOCK, r"dS = \mu S\,dt + \sigma S\circ dW", "refuted"),
    (STOCK, r"dS = (\mu - \sigma^2/2)S\,dt + \sigma S\circ dW", "proved"),
]


@pytest.mark.parametrize(("text", "claim", "verdict"), CLAIMS, ids=lambda v: v[:40])
def test_stochastic_equations(text: str, claim: str, verdict: str) -> None:
    assert sd.check(sd.loads(text), claim).verdict == verdict
