"""The exact tier for continuous internal states whose motion depends on place: right fluxes pass, their near misses fail."""

from __future__ import annotations

import pytest

import symdiff as sd
from symdiff.dossier.claimed_equation import read_equation
from symdiff.dossier.settings import Settings
from symdiff.dossier.verify_crowd import crowd_verdict
from symdiff.dossier.verify_jets import JetTest
from symdiff.dossier.verify_numbers import base_values, eps_path
from symdiff.errors import UsageError

FRICTION = """
title = "friction and temperature that depend on place"
[functions]
g = ["x"]
T = ["x"]
V = ["x"]
[model]
coordinates = ["x"]
[[internal]]
name = "y"
domain = "line"
diffusivity = "g(x)*T(x)"
drift = "-g(x)*y - Derivative(V(x), x)"
[[states]]
velocity = "y"
"""
SPEED = """
title = "speed that depends on place"
[parameters]
w = "positive"
c = "-1 < c < 1"
[functions]
g = ["x"]
[model]
coordinates = ["x", "y"]
[[internal]]
name = "u"
domain = "direction"
rate = "w"
mean_cosine = "c"
[[states]]
velocity = ["g(x)*u_x", "g(x)*u_y"]
"""
STEPS = """
title = "steps along a direction that is drawn anew, of a length that depends on place"
[parameters]
tau = "positive"
[functions]
g = ["x"]
[model]
coordinates = ["x", "y"]
time_step = "tau"
[[internal]]
name = "u"
domain = "direction"
[[jumps]]
displacement = ["g(x)*u_x", "g(x)*u_y"]
probability = "1"
"""
TRAP = """
title = "active particle in a trap"
[parameters]
k = "positive"
v0 = "positive"
w = "positive"
[model]
coordinates = ["x"]
[[internal]]
name = "y"
domain = "line"
diffusivity = "w"
drift = "-w*y"
[[states]]
velocity = "v0*y - k*x"
"""
# J = -(1/g) (V' P + (T P)'): the overdamped limit of Kramers' equation, see tests/continuum/test_internal_states_in_places.py
EQUATIONS = {
    r"P_t = ((V'(x) P + (T(x) P)_x)/g(x))_x": True,
    r"P_t = ((V'(x) P + T(x) P_x)/g(x))_x": False,
    r"P_t = (V'(x) P/g(x))_x + (T(x) P/g(x))_{xx}": False,
    r"P_t = (((1 + 10^{-9}) V'(x) P + (T(x) P)_x)/g(x))_x": False,
    r"P_t = ((V'(x) P + (1 - 10^{-9}) (T(x) P)_x)/g(x))_x": False,
}


def test_overdamped_equations_against_the_walkers_with_velocities() -> None:
    model = sd.loads(FRICTION)
    limit = sd.derive(model)
    test = JetTest(model, limit, eps_path(model, limit.regime, base_values(model, Settings())), "P")
    for text, passed in EQUATIONS.items():
        equation = read_equation(text, model)
        assert crowd_verdict(test, [equation], True).passed is passed, text
    found = crowd_verdict(test, limit.equations, False)
    assert found.passed is True
    assert found.smallest_detectable_error is not None
    assert found.smallest_detectable_error < 1e-12


@pytest.mark.parametrize(
    "text", [SPEED, TRAP, pytest.param(STEPS, marks=pytest.mark.exhaustive)], ids=["speed", "trap", "steps"]
)
def test_derived_equations_of_internal_states_in_places(text: str) -> None:
    (row,) = sd.verify(sd.loads(text), tier="exact").tiers
    assert row.passed is True
    assert row.negative_control is not None
    assert row.negative_control.rejected
    assert row.smallest_detectable_error is not None
    assert row.smallest_detectable_error < 1e-9


def test_what_is_not_followed_in_places_says_so() -> None:
    space = SPEED.replace('"y"]', '"y", "z"]').replace('"g(x)*u_y"]', '"g(x)*u_y", "g(x)*u_z"]')
    with pytest.raises(UsageError, match="directions in space"):
        sd.verify(sd.loads(space), tier="exact")
