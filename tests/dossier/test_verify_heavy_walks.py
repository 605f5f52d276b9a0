"""The exact tier for walks that wait beside heavy tails: flights, rests without a mean, steps without a variance."""

from __future__ import annotations

import pytest

import symdiff as sd
from symdiff.dossier.gallery import load
from symdiff.dossier.verification import verify_model

pytestmark = pytest.mark.slow  # as a whole: the run without extras leaves it out

FLIGHTS = """
title = "flights to both sides between rests"
[parameters]
v = "positive"
a = "positive"
t0 = "positive"
al = "0 < al < 1"
g = "1 < g < 2"
[values]
al = 0.7
g = 1.6
[model]
coordinates = ["x"]
[[states]]
name = "rest"
waiting_time = {distribution = "lomax", index = "al", scale = "t0"}
[[states]]
name = "right"
velocity = "v"
waiting_time = {distribution = "lomax", index = "g", scale = "a"}
[[states]]
name = "left"
velocity = "-v"
waiting_time = {distribution = "lomax", index = "g", scale = "a"}
[[jumps]]
from = "rest"
to = "right"
probability = "1/2"
[[jumps]]
from = "rest"
to = "left"
probability = "1/2"
[[jumps]]
from = "right"
to = "rest"
probability = "1"
[[jumps]]
from = "left"
to = "rest"
probability = "1"
"""
SKEWED = """
title = "flights of unequal speed and tails"
[parameters]
v = "positive"
w = "positive"
a = "positive"
b = "positive"
T = "positive"
[model]
coordinates = ["x"]
[[states]]
name = "right"
velocity = "v"
waiting_time = {distribution = "tail", index = "3/2", amplitude = "a", mean = "T"}
[[states]]
name = "left"
velocity = "-w"
waiting_time = {distribution = "tail", index = "3/2", amplitude = "b", mean = "2*T"}
[[jumps]]
from = "right"
to = "left"
probability = "1"
[[jumps]]
from = "left"
to = "right"
probability = "1"
"""
STEPS = """
title = "steps without a variance between waits without a mean"
[parameters]
c = "positive"
t0 = "positive"
mu = "1 < mu < 2"
al = "0 < al < 1"
[model]
coordinates = ["x"]
[waiting_time]
distribution = "mittag_leffler"
index = "al"
scale = "t0"
[[jumps]]
distribution = "levy"
index = "mu"
scale = "c"
probability = "1"
"""
WALK = "Derivative(P(x, t), t) = -{}*pi*A*v0**g/(2*tm*g*gamma(g)*sin(pi*g/2))*FracLaplacian(P(x, t), {})"


@pytest.mark.parametrize(
    "text", [FLIGHTS, STEPS, pytest.param(SKEWED, marks=pytest.mark.slow)], ids=["rests", "steps", "drift"]
)
def test_heavy_walks_against_their_relation_at_real_waves(text: str) -> None:
    (row,) = verify_model(sd.loads(text), tier="exact").tiers
    assert row.passed is True
    assert row.smallest_detectable_error is not None
    assert row.smallest_detectable_error < 1e-9  # 1e-7 is asked of heavy tails
    assert row.negative_control is not None
    assert row.negative_control.rejected


@pytest.mark.parametrize(
    ("factor", "power", "passed"),
    [("1", "g/2", True), ("(1 + 1e-8)", "g/2", False), ("1", "g/2 + 1/2000", False)],
)
def test_equations_of_ones_own_for_levy_walks(factor: str, power: str, passed: bool) -> None:
    (row,) = verify_model(load("levy_walk"), tier="exact", equation=WALK.format(factor, power)).tiers
    assert row.passed is passed


WAITS = {
    "gamma": ('distribution = "gamma"\nshape = "2"\nscale = "1"', "1/2"),
    "pareto": ('distribution = "pareto"\nindex = "5/2"\nscale = "1"', "3/5"),
    "fixed": ('distribution = "fixed"\nvalue = "1"', "1"),
}
JUMPS = {
    "symmetric": 'distribution = "levy"\nindex = "3/2"\nscale = "1"',
    "one-sided": 'distribution = "pareto"\nindex = "3/2"\nscale = "1"',
    "with a variance": 'distribution = "pareto"\nindex = "5/2"\nscale = "1"',
}


def _jumps(wait: str, jump: str) -> str:
    return (
        f'[model]\ncoordinates = ["x"]\n[waiting_time]\n{WAITS[wait][0]}\n[[jumps]]\n{JUMPS[jump]}\nprobability = "1"\n'
    )


@pytest.mark.parametrize("jump", JUMPS)
@pytest.mark.parametrize("wait", WAITS)
def test_jumps_of_heavy_tails_between_waits_pass_and_could_have_failed(wait: str, jump: str) -> None:
    (result,) = verify_model(sd.loads(_jumps(wait, jump)), tier="exact").tiers
    assert result.passed
    assert result.negative_control is not None
    assert result.negative_control.claims
    assert not result.negative_control.missed


@pytest.mark.parametrize(("factor", "passed"), [("1", True), ("(1 + 1/10**7)", False), ("2", False)])
@pytest.mark.parametrize("wait", WAITS)
def test_equations_of_ones_own_for_symmetric_jumps_over_the_mean_wait(wait: str, factor: str, passed: bool) -> None:
    """K = 1/(mean wait)."""
    equation = f"Derivative(P(x, t), t) = -{factor}*{WAITS[wait][1]}*FracLaplacian(P(x, t), 3/4)"
    assert verify_model(sd.loads(_jumps(wait, "symmetric")), tier="exact", equation=equation).passed is passed
