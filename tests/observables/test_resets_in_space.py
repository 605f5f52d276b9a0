"""Walkers of several dimensions that are put back: the stationary law vs the integral over ages, times vs their backward equation."""

from __future__ import annotations

from collections.abc import Callable

import mpmath
import pytest
import sympy as sp

from symdiff.api import check
from symdiff.continuum.observables import catalogue
from symdiff.model.boundary import Region
from symdiff.model.jump_model import JumpModel, ObservableStatement
from symdiff.notation.latex import read_latex

AXES = ["x", "y", "z"]


def walker(dimension: int, **more: object) -> JumpModel:
    rest = ["0"] * (dimension - 1)
    return JumpModel(coordinates=AXES[:dimension], jumps=[{"destination": ["3/2", *rest], "rate": "3/4"}],
                     **{"states": [{"diffusivity": "1/2"}], **more})  # fmt: skip


@pytest.mark.parametrize("dimension", [2, 3])
def test_stationary_law_vs_the_gaussian_integrated_over_ages(dimension: int) -> None:
    """r int e^(-rt) N(x; x0 + v t, 2 D t) dt, with a drift and another diffusivity along the first axis."""
    spread, drift, place = [2, *[0.5] * (dimension - 1)], [0.7, *[0.0] * (dimension - 1)], [0.3, -0.4, 0.9][:dimension]
    names = [[("2" if i == j == 0 else "1/2") if i == j else "0" for j in range(dimension)] for i in range(dimension)]
    model = walker(dimension, states=[{"velocity": ["7/10", *["0"] * (dimension - 1)], "diffusivity": names}])
    law = catalogue.on_level(model, None, ObservableStatement("p", "stationary_density")).value
    found = mpmath.mpf(
        law.subs(dict(zip(model.coordinate_symbols, map(sp.Rational, map(str, place)), strict=True))).evalf(20)
    )

    def of_age(t: mpmath.mpf) -> mpmath.mpf:
        value = 0.75 * mpmath.exp(-0.75 * t)
        for x, d, v, home in zip(place, spread, drift, [1.5, 0, 0][:dimension], strict=True):
            value *= mpmath.exp(-((x - home - v * t) ** 2) / (4 * d * t)) / mpmath.sqrt(4 * mpmath.pi * d * t)
        return value

    expected = mpmath.quad(of_age, [0, 0.5, 2, 8, 60])
    assert abs(found - expected) < 1e-8
    assert abs(found - 1.001 * expected) > 1e-6  # a law that is off by a thousandth is seen


SHELLS = {
    "outside": ["x**2 + y**2 > 1/4"],
    "inside": ["x**2 + y**2 < 4"],
    "between": ["x**2 + y**2 > 1/4", "x**2 + y**2 < 4"],
}


@pytest.mark.parametrize("dimension", [2, 3])
@pytest.mark.parametrize("where", SHELLS)
def test_mean_time_to_spheres_solves_its_backward_equation(where: str, dimension: int) -> None:
    """D (T'' + (d - 1) T'/rho) - r T + r T(x0) = -1 with T = 0 on the spheres."""
    walls = [w.replace("+ y**2", "+ y**2 + z**2") if dimension == 3 else w for w in SHELLS[where]]
    model = walker(dimension, boundaries=[{"domain": w, "kind": "absorbing"} for w in walls])
    value = catalogue.on_level(model, None, ObservableStatement("T", "mean_exit_time")).value
    x = model.coordinate_symbols
    time = sp.lambdify(x[0], value.xreplace(dict.fromkeys(x[1:], sp.Integer(0))), "mpmath")

    def residual(u: Callable[[mpmath.mpf], mpmath.mpf]) -> mpmath.mpf:
        rho, home = mpmath.mpf("1.1"), mpmath.mpf("1.5")
        there = mpmath.diff(u, rho, 2) + (dimension - 1) * mpmath.diff(u, rho) / rho
        return there / 2 - 0.75 * (u(rho) - u(home)) + 1

    assert abs(residual(time)) < 1e-7
    assert abs(residual(lambda rho: time(rho) * (1 + rho / 1000))) > 1e-4
    edges = {"outside": [0.5], "inside": [2], "between": [0.5, 2]}[where]
    assert max(abs(time(mpmath.mpf(edge))) for edge in edges) < 1e-12


def test_a_curved_target_without_a_boundary_is_the_wall_itself() -> None:
    model = JumpModel(
        parameters={"D": "positive", "R": "positive"}, coordinates=["x", "y"], states=[{"diffusivity": "D"}]
    )
    x, y = model.coordinate_symbols
    d, size = (p.symbol for p in model.parameters)
    target = Region((x**2 + y**2, size**2), (">=",))
    value = catalogue.on_level(model, None, ObservableStatement("T", "mean_exit_time", target=target)).value
    assert sp.expand(value - (size**2 - x**2 - y**2) / (4 * d)) == 0
    outside = Region((x**2 + y**2, size**2), ("<=",))
    chance = catalogue.on_level(model, None, ObservableStatement("h", "splitting_probability", target=outside)).value
    assert chance == 1  # the plane is recurrent


def test_bessel_functions_of_the_second_kind_are_read_and_coefficients_k_alpha_are_not() -> None:
    assert read_latex(r"f = K_0(z) + K_{1/2}(z)").equations[0].rhs.atoms(sp.besselk)
    assert not read_latex(r"\partial_t P = -K_\alpha (-\Delta)^{\alpha/2} P").equations[0].rhs.atoms(sp.besselk)


@pytest.mark.parametrize(("factor", "verdict"), [("2", "proved"), ("", "refuted")])
def test_claims_about_the_law_of_a_walker_put_back_in_the_plane(factor: str, verdict: str) -> None:
    """In the diffusive regime too, where the two sides are functions of r x^2/D, which no series in eps expands."""
    model = JumpModel(parameters={"D": "positive", "lam": "positive"}, coordinates=["x", "y"], states=[{"diffusivity": "D"}],
                      jumps=[{"destination": ["0", "0"], "rate": "lam"}], observables=[{"name": "p", "kind": "stationary_density"}])  # fmt: skip
    claim = rf"p_{{st}}(x, y) = \frac{{\lambda}}{{{factor} \pi D}} K_0\left(\sqrt{{\lambda (x^2 + y^2)/D}}\right)"
    found = check(model, claim)
    assert found.verdict == verdict
    assert {r.verdict for r in found.regimes} == {verdict}
