"""Solved densities of populations, of walks whose waits belong to states, and of equations of second order in time."""

from __future__ import annotations

import cmath
import math

import pytest

import symdiff as sd
from symdiff.evidence.propagation.renewal import RenewalWalk

RUNS = """
title = "Runs of gamma-distributed lengths"
[parameters]
v0 = "positive"
th = "positive"
[model]
coordinates = ["x"]
[[states]]
name = "R"
velocity = ["v0"]
waiting_time = {distribution = "gamma", shape = 2, scale = "th"}
[[states]]
name = "L"
velocity = ["-v0"]
waiting_time = {distribution = "gamma", shape = 2, scale = "th"}
[[jumps]]
from = "R"
to = "L"
displacement = ["0"]
probability = 1
[[jumps]]
from = "L"
to = "R"
displacement = ["0"]
probability = 1
"""
NOISE = r"P_t = -((k-\mu x)P)_x + \frac{{{}}}{{2V}}((k+\mu x)P)_{{xx}}"


@pytest.mark.parametrize(("factor", "right"), [("1", True), ("1.00001", False)])
def test_a_population_in_the_limit_of_a_large_system(factor: str, right: bool) -> None:
    """Immigration and death: N. G. van Kampen, Stochastic Processes in Physics and Chemistry, ch. X."""
    model = sd.load("derivations/immigration_and_death.toml")
    assert sd.verify(model, tier="pde", equation=NOISE.format(factor)).passed is right


def test_the_drift_of_the_order_of_the_noise_may_stand_in_the_equation_or_not() -> None:
    model = sd.load("derivations/dimerisation.toml")
    equation = r"P_t = (2kx^2P)_x - (\frac{{{}kx}}{{V}} P)_x + \frac{{2k}}{{V}}(x^2P)_{{xx}}"
    assert sd.verify(model, tier="pde", equation=equation.format(2)).passed is True
    assert sd.verify(model, tier="pde", equation=equation.format(4)).passed is False


@pytest.mark.parametrize(("share", "right"), [("1/2", True), ("5001/10000", False)])
def test_waits_that_belong_to_states(share: str, right: bool) -> None:
    """Runs of mean 2 th and variance 2 th^2: D = v0^2 var/(2 mean) = v0^2 th/2 (D. R. Cox, Renewal Theory, 1962)."""
    equation = f"Derivative(P(x, t), t) = {share}*v0**2*th*Derivative(P(x, t), x, x)"
    assert sd.verify(sd.loads(RUNS), tier="pde", equation=equation).passed is right


def test_the_law_of_runs_of_exponential_lengths_is_that_of_the_telegraph_process() -> None:
    """E[e^(-ikx)] = e^(-lt) (cosh wt + (l - ikv)/w sinh wt) from the state R, w^2 = l^2 - k^2 v^2 (M. Kac, 1974)."""
    text = RUNS.replace('distribution = "gamma", shape = 2, scale = "th"', 'distribution = "exponential", mean = "th"')
    model = sd.loads(text)
    walk = RenewalWalk(model, {model.parameters[0].symbol: 1.3, model.parameters[1].symbol: 0.5})
    rate, k, t, v = 2.0, 0.7, 1.5, 1.3
    w = cmath.sqrt(rate**2 - (k * v) ** 2)
    exact = math.exp(-rate * t) * (cmath.cosh(w * t) + (rate - 1j * k * v) / w * cmath.sinh(w * t))
    found, _ = walk.from_states([(k,)], t)
    assert found[0, 0] == pytest.approx(exact, rel=1e-10)
    assert found[0, 1] == pytest.approx(exact.conjugate(), rel=1e-10)


@pytest.mark.parametrize(("damping", "right"), [("2", True), ("2.00001", False)])
def test_an_equation_of_second_order_in_time(damping: str, right: bool) -> None:
    """The telegrapher's equation of M. Kac, Rocky Mountain J. Math. 4 (1974) 497, from the density and its rate of change."""
    model = sd.load("derivations/goldstein_kac_process.toml")
    equation = rf"u_{{tt}} + {damping}\lambda u_t = c^2 u_{{xx}}"
    assert sd.verify(model, tier="pde", equation=equation).passed is right
