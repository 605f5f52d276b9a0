"""Solutions beside exact laws for walkers that move inside states, carry a continuous internal state, or die."""

from __future__ import annotations

import numpy as np
import pytest

import symdiff as sd
from symdiff.dossier.solve import solve_model
from symdiff.errors import NotYetError
from symdiff.evidence.propagation.inner_law import InnerLaw

VELOCITY = """
title = "a velocity with friction and noise"
[parameters]
b = "positive"
s = "positive"
[values]
b = 2
s = 3
[model]
coordinates = ["x"]
[[internal]]
name = "y"
domain = "line"
diffusivity = "s"
drift = "-b*y"
[[states]]
velocity = "y"
"""


def test_the_law_of_a_velocity_with_friction_vs_its_gaussian() -> None:
    """Exact for the stationary start: variance 2 s/b^2 (t - (1 - e^(-bt))/b) (Uhlenbeck and Ornstein)."""
    solution = solve_model(sd.loads(VELOCITY), ["8"])
    (found,) = solution.times
    variance = 2 * 3 / 4 * (8 - (1 - np.exp(-16)) / 2) + solution.width**2
    x = np.array(found.places)
    assert np.allclose(found.law, np.exp(-(x**2) / 2 / variance) / np.sqrt(2 * np.pi * variance), atol=1e-9)
    assert found.difference > 0.005  # of the equation, which is right at late times only


@pytest.mark.parametrize(
    ("name", "time"),
    [
        ("two_velocities", "60"),
        ("goldstein_kac_process", "20"),
        ("run_and_tumble_in_the_plane", "60"),
        ("death_at_every_step", "60*tau"),
    ],
)
def test_laws_of_walkers_in_states_vs_their_equations_at_late_times(name: str, time: str) -> None:
    (found,) = solve_model(sd.load(f"derivations/{name}.toml"), [time]).times
    assert found.difference < 0.01
    mass = np.trapezoid(found.law, found.places)
    assert 0 < mass < 1 + 1e-6
    assert mass == pytest.approx(np.trapezoid(found.solution, found.places), rel=1e-6)


def test_waves_too_short_for_the_functions_of_the_state_are_refused() -> None:
    model = sd.loads(VELOCITY)
    law = InnerLaw(model, {p.symbol: v for p, v in zip(model.parameters, (2.0, 3.0), strict=True)})
    variance = 2 * 3 / 4 * (4 - (1 - np.exp(-8)) / 2)
    assert law.at(1.0, 4.0) == pytest.approx(np.exp(-variance / 2), rel=1e-7)
    with pytest.raises(NotYetError, match="internal state"):
        law.at(8.0, 4.0)
