"""The tier of solved densities: motion inside states, three dimensions, scaled coordinates, crowds on rings."""

from __future__ import annotations

import numpy as np
import pytest
import sympy as sp

import symdiff as sd
from symdiff.dossier.gallery import load
from symdiff.equations.evolution_equation import EvolutionEquation, Term
from symdiff.errors import UsageError
from symdiff.evidence.propagation.crowd_ring import CrowdRing
from symdiff.evidence.propagation.periodic import Box
from symdiff.evidence.propagation.wave_walk import WaveWalk
from symdiff.evidence.solution.family import EquationFamily


def outcome(name: str, equation: str = "") -> list[tuple[str, bool | None]]:
    return [(t.regime, t.passed) for t in sd.verify(load(name), tier="pde", equation=equation).tiers if t.applies]


@pytest.mark.parametrize(
    ("name", "regimes", "wrong"),
    [
        # shares b/(a + b) of the time in one: J. Karger (1985), exchanged here; the other axes right in the second
        ("two_diffusivities", ["long-wave", "coupled"], r"P_t = \frac{D_1 a + D_2 b}{a + b} P_{xx}"),
        ("cubic_lattice", ["long-wave"], r"P_t = \frac{\ell^2}{6\tau}(P_{xx} + P_{yy} + 1.00001 P_{zz})"),
        # B. Gnedenko and A. Kolmogorov (1954): of a tail A/|r|^(1 + a); R. Metzler and J. Klafter (2000)
        (
            "levy_flight",
            ["long-wave"],
            r"P_t = -\frac{1.00001 \pi A}{\tau \Gamma(\alpha + 1)\sin(\pi\alpha/2)} (-\Delta)^{\alpha/2} P",
        ),
        ("subdiffusion", ["long-wave"], r"\partial_t^\alpha P = \frac{1.01 \ell^2}{2 t_0^\alpha} P_{xx}"),
        # velocities v_0 in all directions of the plane, turned and tumbled: D = v_0^2/(2 (D_r + lambda (1 - alpha)))
        (
            "run_and_tumble_in_the_plane",
            ["long-wave"],
            r"P_t = \frac{v_0^2}{2(D_r + \lambda - \alpha\lambda)}(P_{xx} + 1.00001 P_{yy})",
        ),
    ],
)
def test_walkers(name: str, regimes: list[str], wrong: str) -> None:
    assert outcome(name) == [(regime, True) for regime in regimes]
    assert False in {passed for _, passed in outcome(name, wrong)}


def test_a_crowd_with_growth() -> None:
    right = r"u_t = D_0 u_{xx} + \lambda u (1 - u)"  # R. A. Fisher (1937)
    assert outcome("fisher_equation", right) == [("stated", True), ("long-wave", True)]
    assert ("stated", False) in outcome("fisher_equation", r"u_t = D_0 u_{xx} + 0.999999\lambda u (1 - u)")


def test_a_crowd_in_the_plane_is_seen_in_every_direction() -> None:
    assert ("stated", False) in outcome("exclusion_in_the_plane", r"u_t = D_0 u_{xx} + 1.0001 D_0 u_{yy}")


def test_undetermined_coefficients_of_crowds() -> None:
    with pytest.raises(UsageError, match="'K0' is undetermined"):
        sd.verify(load("porous_medium"), tier="exact", equation="Derivative(u(x, t), t) = K0*Derivative(u(x, t), x, 2)")


def test_variants_are_solved_apart() -> None:
    """u_t = D u_xx + r u with D and r in turn doubled: e^((r - D k^2) t)."""
    x, t, d, r = *sp.symbols("x t", real=True), *sp.symbols("D r", positive=True)
    zero, time = (0,), 0.7
    right = (Term(d, "u", (2,)), Term(r * sp.Function("u")(x, t), "", zero))
    equation = EvolutionEquation("u", (x,), t, (Term(sp.Integer(1), "u", zero, 1),), right)
    family = EquationFamily([equation], {d: 0.3, r: 0.2}, 2 * np.pi, 16, np.array([[1, 1], [2, 1], [1, 2]]))
    start = np.cos(family.local[x])[None]
    (found,) = family.evolve(start, time, 1e-12)
    expected = [np.exp((-0.3 + 0.2) * time), np.exp((-0.6 + 0.2) * time), np.exp((-0.3 + 0.4) * time)]
    assert np.allclose(found, np.outer(expected, start[0]), atol=1e-10)


def test_waits_of_an_exponential_law_are_rates() -> None:
    """e^(-G (1 - cos kh) t) with G jumps a time, half of them to each side, from the inverted transform."""
    model = sd.JumpModel(coordinates=["x"], waiting_time={"distribution": "exponential", "mean": "1/2"}, jumps=[
        {"displacements": [["1"], ["-1"]], "probability": "1/2"}])  # fmt: skip
    box = Box((0.0,), (40.0,), (9,))
    start = 1 + 0.5 * np.cos(2 * np.pi * box.places()[0] / 40)
    early, late = WaveWalk(model, {}).between(start[None], box, 7.0)
    factor = np.exp(-2 * (1 - np.cos(2 * np.pi / 40)) * 7.0)
    assert np.allclose(early[0] - 1, factor * (start - 1), atol=1e-9)
    assert np.allclose(late[0] - 1, factor**2 * (start - 1), atol=1e-9)


def test_rings_along_an_oblique_direction() -> None:
    """Along x + 2y of the square lattice the four jumps lead 1, -1, 2 and -2 sites further: a wave falls with its symbol."""
    model = sd.JumpModel(coordinates=["x", "y"], density="u", occupancy=1, jumps=[
        {"displacements": [["1", "0"], ["-1", "0"], ["0", "1"], ["0", "-1"]], "rate": "1 - u(x + r_x, y + r_y)"}])  # fmt: skip
    ring = CrowdRing(model, {}, 12, along=(1.0, 2.0))
    k = 2 * np.pi / 12
    wave = 0.5 + 0.1 * np.cos(k * np.arange(12))
    change = ring.rate_of_change(wave[None])[0]
    assert np.allclose(change, (2 * np.cos(k) + 2 * np.cos(2 * k) - 4) * (wave - 0.5))
    assert not np.allclose(change, (2 * np.cos(k) - 2) * (wave - 0.5))


@pytest.mark.parametrize("drift", ["v", "-v*x"])
def test_plain_diffusion_has_no_lattice_to_differ_from(drift: str) -> None:
    """The tier divided by a jump of length zero: a fault for the simplest stochastic differential equation."""
    model = sd.JumpModel(parameters={"D": "positive", "v": "positive"}, coordinates=["x"],
                         states=[{"velocity": drift, "diffusivity": "D"}])  # fmt: skip
    with pytest.raises(UsageError, match="without jumps"):
        sd.verify(model, tier="pde", seed=1)
    assert sd.verify(model, tier="exact", seed=1).passed


@pytest.mark.parametrize("name", ["ornstein_uhlenbeck_velocity", "gamma_steps"])
def test_right_equations_whose_differences_are_rounding_alone(name: str) -> None:
    """Wave by wave both sides are the same on any grid, which showed no rounding: phases of 1e-15 were taken for a wrong coefficient."""
    assert sd.verify(sd.load(name), tier="pde", seed=1).passed
