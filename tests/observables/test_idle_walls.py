"""Averages beside walls that are never met: against the chain of sites with its wall, and refused where a wall does act."""

from __future__ import annotations

import numpy as np
import pytest
import sympy as sp
from scipy.linalg import expm

import symdiff as sd
from symdiff.continuum.observables import moments
from symdiff.continuum.observables.idle_walls import without_idle_walls
from symdiff.errors import NotYetError
from symdiff.model.jump_model import ObservableStatement

SITES = 61


def births_and_deaths(down: str, pairs: str | None = None, domain: str = "n >= 0") -> sd.JumpModel:
    jumps = [{"displacement": "1", "rate": "3"}, {"displacement": "-1", "rate": down}]
    jumps += [] if pairs is None else [{"displacement": "-2", "rate": pairs}]
    return sd.JumpModel(coordinates=["n"], jumps=jumps, boundaries=[{"domain": domain, "kind": "reflecting"}],
                        initial={"position": "4"})  # fmt: skip


def mean_on_the_sites(rate: str, time: float) -> float:
    """By the matrix of n = 0, ..., 60, in which no jump leads outside."""
    generator = np.zeros((SITES, SITES))
    down = sp.lambdify(sp.Symbol("n"), sp.Rational(rate) * sp.Symbol("n"))
    for n in range(SITES):
        for target, value in ((n + 1, 3.0), (n - 1, float(down(n)))):
            if 0 <= target < SITES:
                generator[target, n] += value
                generator[n, n] -= value
    return float(np.arange(SITES) @ expm(generator * time)[:, 4])


def test_mean_beside_an_idle_wall_vs_the_chain_of_sites() -> None:
    model = births_and_deaths("n/2")
    found = moments.lattice(model, ObservableStatement("", "moment", model.coordinate_symbols[0])).value
    for time in (0.3, 2.0):
        exact = mean_on_the_sites("1/2", time)
        value = float(found.xreplace({model.time: sp.Float(time)}))
        assert abs(value - exact) < 1e-9
        assert abs(value - mean_on_the_sites("501/1000", time)) > 1e-6  # control: a rate off by 2e-3 is seen


@pytest.mark.parametrize(
    ("model", "idle"),
    [
        (births_and_deaths("n/2"), True),
        (births_and_deaths("2"), False),
        (births_and_deaths("n/2", domain="n > 0"), False),  # the first site is 1, from which deaths do lead out
        (births_and_deaths("n", "n*(n - 1)/8"), True),
        (births_and_deaths("n", "n/8"), False),  # a pair cannot leave one alone
        (births_and_deaths("n*(n - 5)", domain="n >= 5"), True),
    ],
)
def test_walls_that_are_never_met_vs_their_rates_at_the_last_sites(model: sd.JumpModel, idle: bool) -> None:
    assert (not without_idle_walls(model).boundaries) is idle


def test_noise_that_vanishes_at_the_wall_with_and_without_a_drift_inwards() -> None:
    """D P vanishes at the wall beside D = x; beside sqrt(x), where P goes as 1/D, it does not: d<x>/dt is more than <v>."""
    for drift, noise, idle in (("b - x", "x", True), ("-b - x", "x", False), ("b", "sqrt(x)", False)):
        model = sd.JumpModel(parameters={"b": "positive"}, model={"coordinates": ["x"]},
                             states=[{"velocity": drift, "diffusivity": noise}], boundaries=[{"domain": "x >= 0", "kind": "reflecting"}])  # fmt: skip
        assert (not without_idle_walls(model).boundaries) is idle


def test_averages_beside_a_wall_that_acts_are_refused() -> None:
    model = births_and_deaths("2")
    with pytest.raises(NotYetError, match="between walls"):
        moments.lattice(model, ObservableStatement("", "moment", model.coordinate_symbols[0]))
