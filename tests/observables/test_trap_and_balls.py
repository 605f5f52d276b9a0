"""Exits beside one wall in a trap and from balls as functions of time: their own equations, the solved grid, and mean exit times."""

from __future__ import annotations

import mpmath
import numpy
import pytest
import sympy as sp

from symdiff.continuum.observables import catalogue
from symdiff.errors import NotYetError
from symdiff.model.jump_model import JumpModel, ObservableStatement


def value(model: JumpModel, kind: str) -> sp.Expr:
    return catalogue.on_level(model, None, ObservableStatement(kind, kind)).value


def trap(wall: str, drift: str = "-k*(x - c)", spread: str = "D") -> JumpModel:
    return JumpModel(parameters={"k": "positive", "D": "positive", "c": "real"}, coordinates=["x"],
                     states=[{"velocity": drift, "diffusivity": spread}], boundaries=[{"domain": wall, "kind": "absorbing"}])  # fmt: skip


@pytest.mark.parametrize("wall", ["x > c", "x < c"])
def test_survival_in_a_trap_solves_its_backward_equation(wall: str) -> None:
    model = trap(wall)
    x, t = model.coordinate_symbols[0], model.time
    s, f = value(model, "survival_probability"), value(model, "first_passage_density")
    k, d, c = (next(p.symbol for p in model.parameters if p.name == n) for n in "kDc")
    at = {k: sp.Rational(3, 2), d: sp.Rational(2, 5), c: sp.Rational(1, 3), t: sp.Rational(4, 7),
          x: sp.Rational(4, 5) if wall == "x > c" else sp.Rational(-4, 5)}  # fmt: skip
    numbers = [e.subs(at).evalf(25) for e in (sp.diff(s, t), -k * (x - c) * sp.diff(s, x) + d * sp.diff(s, x, 2), f)]
    assert abs(numbers[0] - numbers[1]) < 1e-20
    assert abs(numbers[0] + numbers[2]) < 1e-20
    assert abs(sp.limit(s.subs({k: 1, d: 1, c: 0, x: 1 if wall == "x > c" else -1}), t, 0) - 1) < 1e-12
    assert value(model, "decay_rate") == k


@pytest.mark.parametrize(("wall", "shift"), [("-3/4", 0), ("1/2", 0), ("1/4", 1)])
def test_slowest_rate_in_a_trap_vs_the_ground_state_on_a_grid(wall: str, shift: int) -> None:
    """-D u'' + (k^2 y^2/(4 D) - k/2) u = lambda u with u = 0 at the wall, k = 2, D = 1/2; two grids, extrapolated."""
    found = float(value(trap(f"x > {wall}", f"-2*(x - {shift})", "1/2"), "decay_rate"))
    first = float(sp.Rational(wall)) - shift

    def ground(size: int) -> float:
        step = 6 / size
        y = first + step * numpy.arange(1, size)
        line = numpy.full(size - 2, -0.5 / step**2)
        return float(
            numpy.linalg.eigvalsh(numpy.diag(1 / step**2 + 2 * y**2 - 1) + numpy.diag(line, 1) + numpy.diag(line, -1))[
                0
            ]
        )

    exact = (4 * ground(240) - ground(120)) / 3
    assert abs(found - exact) < 3e-5 * exact
    assert found < 1.01 * exact < 1.02 * found  # negative control: a part in a hundred is seen


def test_slowest_rate_where_the_order_is_a_whole_number() -> None:
    """D_2(z) vanishes at z = 1: a wall one width above the centre."""
    assert abs(value(trap("x > 1", "-2*x", "2"), "decay_rate") - 4) < 1e-14


def test_a_wall_off_the_centre_needs_numbers_and_a_drift_away_is_no_trap() -> None:
    with pytest.raises(NotYetError, match="parabolic cylinder"):
        value(trap("x > 0"), "decay_rate")
    with pytest.raises(NotYetError, match="depend on place"):
        value(trap("x > c", "k*(x - c)"), "decay_rate")
    with pytest.raises(NotYetError, match="centre of the trap"):
        value(trap("x > 0"), "survival_probability")


@pytest.mark.parametrize(
    ("walls", "start"), [(["< 9"], ("1", "0", "0")), (["< 9"], ("0", "0", "0")), (["< 9", "> 1"], ("2", "0", "0"))]
)
def test_survival_in_balls_and_shells_integrates_to_the_mean_exit_time(
    walls: list[str], start: tuple[str, ...]
) -> None:
    model = JumpModel(parameters={}, coordinates=["x", "y", "z"], states=[{"diffusivity": "1/2"}], initial={"position": list(start)},
                      boundaries=[{"domain": f"x**2 + y**2 + z**2 {w}", "kind": "absorbing"} for w in walls])  # fmt: skip
    modes, flux = value(model, "survival_probability"), value(model, "first_passage_density")
    (k,) = modes.variables
    term = sp.lambdify(k, sp.integrate(modes.function, (model.time, 0, sp.oo)), "mpmath")
    total = mpmath.nsum(lambda n: term(2 * n - 1) + term(2 * n), [1, mpmath.inf])
    assert abs(total - mpmath.mpf(sp.N(value(model, "mean_exit_time"), 30))) < 1e-9
    assert sp.simplify((sp.diff(modes.function, model.time) + flux.function.subs(flux.variables[0], k)).subs(k, 3)) == 0
