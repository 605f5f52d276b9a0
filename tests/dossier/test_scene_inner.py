"""The law of the animation of walkers with a continuous internal state against the variances that textbooks give."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from symdiff.dossier.derivation import derive_model
from symdiff.dossier.gallery import load
from symdiff.dossier.picture import picture_numbers
from symdiff.dossier.scene import scene_document
from symdiff.dossier.scene_inner import InnerRules
from symdiff.dossier.settings import apply_to_model, settings_of
from symdiff.dossier.verify_numbers import base_values
from symdiff.errors import NotYetError, UsageError
from symdiff.model.loading import load_text


def _memory(speed2: float, rate: float, t: np.ndarray) -> np.ndarray:
    """The variance for a velocity with the correlation speed2 e^(-rate t) (Taylor 1921)."""
    return 2 * speed2 / rate * (t - (1 - np.exp(-rate * t)) / rate)


def _turning(speed2: float, rate: float, w: float, t: np.ndarray) -> np.ndarray:
    """The same with the correlation speed2 e^(-rate t) cos(w t)."""
    z = rate + 1j * w
    return np.real(2 * speed2 / z * (t - (1 - np.exp(-z * t)) / z))


def _rigid(v0: float, rho: float, n: np.ndarray) -> np.ndarray:
    """n steps of one length with the mean cosine rho (Kareiva and Shigesada 1983)."""
    return v0**2 / 2 * (n * (1 + rho) / (1 - rho) - 2 * rho * (1 - rho**n) / (1 - rho) ** 2)


CASES: dict[str, tuple[str, Callable[..., np.ndarray]]] = {
    "run_and_tumble_in_the_plane": ("v0=3 lam=2 alpha=-1/4 Dr=1", lambda t: _memory(4.5, 3.5, t)),
    "run_and_tumble_in_space": ("v0=3 lam=2 alpha=1/2 Dr=1/2", lambda t: _memory(3.0, 2.0, t)),
    "active_brownian_particle_in_space": ("v0=2 Dr=1 Dt=1/3", lambda t: _memory(4 / 3, 2.0, t) + 2 * t / 3),
    "chiral_active_particle": ("v0=2 Dr=1/2 Dt=1/3 w=3", lambda t: _turning(2.0, 0.5, 3.0, t) + 2 * t / 3),
    "ornstein_uhlenbeck_velocity": ("tv=2 s2=3", lambda t: _memory(3.0, 0.5, t)),
    "velocity_drawn_anew": ("lam=2 s2=3", lambda t: _memory(3.0, 2.0, t)),
    "rigid_correlated_walk": ("v0=2 rho=1/2", lambda t: _rigid(2.0, 0.5, t)),
}


def _rules(name: str, values: str) -> InnerRules:
    model = load(name)
    limit = derive_model(model).limits[0]
    settings = settings_of(model, values.split())
    model = apply_to_model(model, settings)
    return InnerRules(model, picture_numbers(model, limit, base_values(model, settings, simple=True)))


def _variances(rules: InnerRules, times: np.ndarray) -> np.ndarray:
    """-d^2/dk^2 log E[e^(-ikx)], from one small wave."""
    k = 1e-3
    law = rules.law(np.array([k]), times)
    assert law is not None
    return np.array([-2 * np.log(abs(x[0])) / k**2 for x in law])


@pytest.mark.parametrize("name", CASES)
def test_the_variance_of_the_drawn_law_is_that_of_the_textbook(name: str) -> None:
    values, expected = CASES[name]
    rules = _rules(name, values)
    times = np.arange(1, 6) * (rules.step or 0.4)
    found = _variances(rules, times)
    assert found == pytest.approx(expected(times), rel=1e-4)
    assert found != pytest.approx(expected(1.01 * times), rel=5e-3)  # the control: time runs one per cent faster


@pytest.mark.parametrize(
    ("name", "values", "spread"),
    [
        ("dispersion_in_a_channel", "U=3 H=2 D0=1", 1 + 36 / 210),  # D0 + U^2 H^2/(210 D0), Taylor and Aris
        ("dispersion_in_linear_shear", "W=3 H=2 D0=1", 1 + 36 / 120),  # D0 + W^2 H^2/(120 D0)
    ],
)
def test_the_drawn_law_of_a_shear_flow_disperses_at_late_times_as_taylor_says(
    name: str, values: str, spread: float
) -> None:
    times = np.arange(1, 13) * 1.0
    late = np.diff(_variances(_rules(name, values), times))[-1] / 2
    assert late == pytest.approx(spread, rel=1e-3)
    assert spread > 1.1  # the control: molecular diffusion alone is far from it


def test_the_scene_holds_what_the_page_draws_from() -> None:
    model = load("chiral_active_particle")
    settings = settings_of(model, ["v0=2", "Dr=1/2", "Dt=1/3", "w=3"])
    document = scene_document(model, derive_model(model), settings)
    inner = document["inner"]
    assert document["kind"] == "inner"
    assert (inner["kind"], inner["drift"], inner["diffusivity"]) == ("angle", (3.0,), 0.5)
    assert inner["velocities"] == [(0.0, 2.0, 0.0)]
    assert 3.0 * inner["fine"] <= 0.6  # radians in one step of the page


MODEL = """
[parameters]
v = "positive"
[model]
coordinates = ["x", "y"]
[[states]]
velocity = [{velocity}]
[[internal]]
name = "u"
domain = "direction"
{motion}
"""


SPREAD = ']\ndiffusivity = [["1 + u_x", "0"], ["0", "1"]'


@pytest.mark.parametrize(
    ("velocity", "motion", "why"),
    [
        ('"v*u_x", "v*u_y"', 'rate = "1 + u_x/2"', "depend on the internal state"),
        ('"v*u_x**2", "v*u_y"', 'rate = "1"', "linear in a direction"),
        (f'"v*u_x", "v*u_y"{SPREAD}', 'rate = "1"', "depend on the internal state"),
    ],
)
def test_internal_states_that_are_not_animated_are_refused_with_the_reason(
    velocity: str, motion: str, why: str
) -> None:
    model = load_text(MODEL.format(velocity=velocity, motion=motion))
    with pytest.raises(NotYetError, match=why):
        InnerRules(model, {p.symbol: 1.0 for p in model.parameters}).document()


@pytest.mark.parametrize(
    ("name", "value"), [("runs_of_any_law", "T1=2"), ("correlated_walk_with_turning_angles", "m1=2")]
)
def test_means_and_second_moments_of_no_law_are_refused(name: str, value: str) -> None:
    model = load(name)
    with pytest.raises(UsageError):
        scene_document(model, derive_model(model), settings_of(model, [value]))
