"""Derived exit times, splitting probabilities, escape rates and solutions against two tools by other hands.

``kramers`` (first-passage and escape results, MIT) integrates potentials by its own quadrature; ``py-pde`` solves equations by finite
volumes. Neither is a dependency: without them these tests are skipped. Each model is stated in jumps, each referee is told the drift and
the diffusion worked out by hand from those jumps, and each comparison has a wrong model that must differ.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import sympy as sp
from sympy.core.function import AppliedUndef

import symdiff as sd
from symdiff.dossier.derivation import derive_model
from symdiff.notation.expression import Scope, parse_expression

BIASED = """
[parameters]
h = "positive"
tau = "positive"
L = "positive"
p = "0 < p < 1"
[model]
coordinates = ["x"]
time_step = "tau"
[[jumps]]
displacement = "h"
probability = "p"
[[jumps]]
displacement = "-h"
probability = "1 - p"
[[boundaries]]
domain = "0 < x < L"
kind = "absorbing"
[[observables]]
name = "T"
kind = "mean_exit_time"
[[observables]]
name = "s"
kind = "splitting_probability"
target = "x >= L"
[[observables]]
name = "up"
kind = "mean_exit_time"
target = "x >= L"
[[observables]]
name = "rate"
kind = "decay_rate"
"""
WELL = """
[parameters]
h = "positive"
B = "positive"
a = "positive"
L = "positive"
[functions]
V = ["x"]
[model]
coordinates = ["x"]
[[jumps]]
displacements = ["h", "-h"]
rate = "a*exp(-B*(V(x + r) - V(x))/2)"
[[boundaries]]
domain = "-L < x < L"
kind = "absorbing"
[[observables]]
name = "T"
kind = "mean_exit_time"
[[observables]]
name = "s"
kind = "splitting_probability"
target = "x >= L"
"""
BALL = """
[parameters]
D = "positive"
R = "positive"
[model]
coordinates = ["x", "y"]
[[states]]
diffusivity = "D"
[[boundaries]]
domain = "x**2 + y**2 < R**2"
kind = "absorbing"
[[observables]]
name = "T"
kind = "mean_exit_time"
"""


CROWD = """
[model]
coordinates = ["x"]
density = "u"
[parameters]
a = "positive"
g = "positive"
b = "positive"
[[jumps]]
displacements = ["a", "-a"]
rate = "g*(1 - u(x+r))"
[[jumps]]
displacement = "a"
rate = "b*(1 - u(x+r))"
[scaling]
name = "diffusive"
a = 1
g = -2
b = -1
"""


RESET = """
[parameters]
D = "positive"
r = "positive"
x0 = "positive"
[model]
coordinates = ["x"]
[[states]]
diffusivity = "D"
[[jumps]]
destination = ["x0"]
rate = "r"
[[boundaries]]
domain = "x > 0"
kind = "absorbing"
[initial]
position = ["x0"]
[[observables]]
name = "T"
kind = "mean_exit_time"
"""
RUNS = """
[parameters]
v = "positive"
a = "positive"
L = "positive"
[model]
coordinates = ["x"]
states = ["right", "left"]
[[states]]
name = "right"
velocity = "v"
[[states]]
name = "left"
velocity = "-v"
[[jumps]]
from = "right"
to = "left"
displacement = "0"
rate = "a"
[[jumps]]
from = "left"
to = "right"
displacement = "0"
rate = "a"
[[boundaries]]
domain = "-L < x < L"
kind = "absorbing"
[initial]
states = {right = "1", left = "0"}
[[observables]]
name = "T"
kind = "mean_exit_time"
"""
TILTED = """
[parameters]
D0 = "positive"
A = "positive"
F = "positive"
L = "positive"
[model]
coordinates = ["x"]
[[states]]
velocity = "F + A*sin(2*pi*x/L)"
diffusivity = "D0"
[[observables]]
name = "v"
kind = "effective_drift"
period = "L"
[[observables]]
name = "D"
kind = "effective_diffusion"
period = "L"
"""


def from_equation(text: str, name: str, values: dict[str, str], potential: str = "0") -> float:
    """The observable of that name from the equation of the last regime, as a number; V is the potential, a formula in y."""
    derivation = derive_model(sd.loads(text))
    value = next(o for o in derivation.observables if o.name == name).equation[-1][1]
    y = sp.Symbol("y", real=True)
    body = parse_expression(potential, Scope({"y": y}))
    value = value.replace(lambda e: isinstance(e, AppliedUndef), lambda e: body.xreplace({y: e.args[0]}))
    value = value.subs({s: sp.Rational(values[s.name]) for s in value.free_symbols if s.name in values})
    return float(by_quadrature(value, {}))


def by_quadrature(value: sp.Expr, known: dict[sp.Symbol, Any]) -> Any:
    """An expression whose integrals stand in each other's limits, by 400 Gauss-Legendre points each."""
    nodes, weights = np.polynomial.legendre.leggauss(400)
    outermost: dict[sp.Symbol, Any] = {}

    def put_aside(integral: sp.Integral) -> sp.Symbol:
        variable, low, high = integral.limits[0]
        low, width = (np.asarray(by_quadrature(e, known))[..., None] for e in (low, high - low))
        inside = {s: np.asarray(v)[..., None] for s, v in known.items()} | {variable: low + width * (nodes + 1) / 2}
        aside = sp.Dummy()
        outermost[aside] = (by_quadrature(integral.function, inside) * weights * width / 2).sum(axis=-1)
        return aside

    def without_integrals(e: sp.Expr) -> sp.Expr:
        if isinstance(e, sp.Integral):
            return put_aside(e)
        return e.func(*map(without_integrals, e.args)) if e.args else e

    plain = without_integrals(value)
    numbers = known | outermost
    return sp.lambdify(list(numbers), plain, "numpy")(*numbers.values())


@pytest.fixture
def kramers() -> Any:
    return pytest.importorskip("kramers", reason="the package 'kramers' is not installed (pip install kramers)")


@pytest.mark.parametrize(("name", "field"), [("T", "mean_time"), ("s", "p_right"), ("up", "mean_time_right")])
def test_exits_of_a_biased_walk_against_the_handbook(kramers: Any, name: str, field: str) -> None:
    from kramers.formulas import drift_diffusion_interval

    ours = from_equation(BIASED, name, {"h": "1/2", "tau": "7/10", "p": "9/20", "x": "1", "L": "4"})
    drift, diffusion = -0.1 * 0.5 / 0.7, 0.5**2 / (2 * 0.7)  # (2p - 1) h/tau, h^2/(2 tau)
    assert ours == pytest.approx(getattr(drift_diffusion_interval(1.0, 4.0, drift, diffusion), field), rel=1e-10)
    twice = getattr(drift_diffusion_interval(1.0, 4.0, drift, 2 * diffusion), field)  # D without its 1/2
    assert ours != pytest.approx(twice, rel=1e-2)


def test_decay_rate_of_a_biased_walk_against_an_eigenvalue_by_quadrature(kramers: Any) -> None:
    ours = from_equation(BIASED, "rate", {"h": "1/2", "tau": "7/10", "p": "9/20", "L": "4"})

    def theirs(drift: float) -> float:
        between = {"domain": (0.0, 4.0), "left": "absorbing", "right": "absorbing"}
        solver = kramers.FirstPassage1D(drift=lambda x: drift + 0.0 * x, D=0.5**2 / (2 * 0.7), **between)
        return float(solver.decay_rate().value)

    assert ours == pytest.approx(theirs(-0.1 * 0.5 / 0.7), rel=1e-8)
    assert ours != pytest.approx(theirs(-0.2 * 0.5 / 0.7), rel=1e-2)


def test_exits_in_a_potential_against_quadrature(kramers: Any) -> None:
    from kramers.formulas import mean_first_passage_time, splitting_probability

    values = {"h": "1/10", "B": "6/5", "a": "70", "L": "3", "x": "1/2"}  # D = a h^2 = 7/10
    tilted = "cos(2*y)/2 + y/5"
    time, chance = (from_equation(WELL, name, values, tilted) for name in ("T", "s"))

    def energy(y: np.ndarray) -> np.ndarray:
        return 1.2 * (np.cos(2 * y) / 2 + y / 5)

    assert time == pytest.approx(mean_first_passage_time(energy, 0.5, -3, 3, D=0.7, left="absorbing"), rel=1e-8)
    assert chance == pytest.approx(splitting_probability(energy, 0.5, -3, 3, D=0.7), rel=1e-8)

    def mirrored(y: np.ndarray) -> np.ndarray:
        return energy(-y)  # the force with the wrong sign

    assert time != pytest.approx(mean_first_passage_time(mirrored, 0.5, -3, 3, D=0.7, left="absorbing"), rel=1e-2)
    assert chance != pytest.approx(splitting_probability(mirrored, 0.5, -3, 3, D=0.7), rel=1e-2)


def test_escape_from_a_well_against_the_rate_of_kramers(kramers: Any) -> None:
    """The rate is too high by what the handbook found with its own eigenvalues: 5.8 % at a barrier of 10 kT, 2.7 % at 20 kT."""
    from kramers.formulas import kramers_rate_overdamped
    from kramers.handbook.k0001_kramers_overdamped import VALIDITY_MAP

    known = dict(zip(VALIDITY_MAP["barrier_kT"], VALIDITY_MAP["cosine well"], strict=True))
    for barrier in (10, 20):
        values = {"h": "1/10", "B": str(barrier), "a": "100", "L": str(sp.Rational(2 * np.pi)), "x": "0"}
        time = from_equation(WELL, "T", values, "(1 - cos(y))/2")
        rate = 2 * kramers_rate_overdamped(barrier / 2, barrier / 2, barrier, 1.0)  # over either of two barriers
        assert rate * time - 1 == pytest.approx(known[barrier], abs=5e-4)
        assert rate / 2 * time < 0.6  # one barrier only


def test_exits_from_a_disc_against_the_handbook(kramers: Any) -> None:
    from kramers.formulas import ball_exit_time

    values = {"D": "7/10", "R": "3", "x": "1", "y": "1/2"}
    theirs = ball_exit_time(1.25**0.5, 3.0, 0.7, 2).mean
    assert from_equation(BALL, "T", values) == pytest.approx(theirs, rel=1e-12)
    assert from_equation(BALL, "T", values) != pytest.approx(ball_exit_time(1.25**0.5, 3.0, 0.7, 1).mean, rel=1e-2)


def test_passage_with_resetting_against_the_handbook(kramers: Any) -> None:
    from kramers.formulas import resetting_mean_time

    ours = from_equation(RESET, "T", {"D": "7/10", "r": "3/5", "x0": "2"})
    assert ours == pytest.approx(resetting_mean_time(2.0, 0.6, 0.7), rel=1e-12)
    assert ours != pytest.approx(resetting_mean_time(2.0, 0.6, 1.4), rel=1e-2)


def test_exit_of_a_run_and_tumble_walker_against_the_handbook(kramers: Any) -> None:
    """The handbook's tumbles keep the direction half of the time: its rate alpha is twice that of reversals. Its wall at 0 turns walkers
    back, as the mirror image of a walker between -L and L does.
    """
    from kramers.formulas import run_and_tumble_exit_time

    ours = from_equation(RUNS, "T", {"v": "3/2", "a": "4/5", "L": "2", "x": "0"})
    assert ours == pytest.approx(run_and_tumble_exit_time(2.0, 1.5, 2 * 0.8), rel=1e-12)
    assert ours != pytest.approx(run_and_tumble_exit_time(2.0, 1.5, 0.8), rel=1e-2)


@pytest.mark.parametrize(("name", "theirs"), [("v", "tilted_periodic_velocity"), ("D", "tilted_periodic_diffusion")])
def test_drift_and_spread_in_a_tilted_washboard_against_the_handbook(kramers: Any, name: str, theirs: str) -> None:
    import kramers.formulas as formulas

    ours = from_equation(TILTED, name, {"D0": "7/10", "A": "6/5", "F": "1/2", "L": "2"})

    def potential(x: np.ndarray) -> np.ndarray:
        return 1.2 * 2 / (2 * np.pi) * np.cos(2 * np.pi * x / 2)  # - V' = A sin(2 pi x/L)

    assert ours == pytest.approx(getattr(formulas, theirs)(potential, 0.5, 2.0, 0.7, kT=0.7), rel=1e-7)
    assert ours != pytest.approx(getattr(formulas, theirs)(potential, 0.6, 2.0, 0.7, kT=0.7), rel=1e-2)


@pytest.mark.slow  # py-pde takes half a minute
def test_solution_of_a_crowd_with_drift_against_finite_volumes() -> None:
    pde = pytest.importorskip("pde", reason="py-pde is not installed (pip install py-pde)")
    model = sd.loads(CROWD)
    values = {"a": "1/10", "g": "50", "b": "20"}  # the drift of a is b a = 2, its diffusion is not of leading order
    solved = sd.solve(model, ["3/4"], values=values, initial={"u": "exp(-x**2)/2"}, window=("-5", "7")).times[0]
    names: dict[str, Any] = {}
    exec(compile(sd.export(model, "py-pde"), "exported", "exec"), names)

    def finite_volumes(drift: float) -> np.ndarray:
        grid = pde.CartesianGrid([[-8, 10]], 450, periodic=True)
        start = pde.ScalarField.from_expression(grid, "exp(-x**2)/2")
        equation = names["equation"](a=0.1, g=50.0, b=drift)
        end = equation.solve(start, t_range=0.75, dt=5e-4, tracker=None, backend="numpy")
        return np.interp(solved.places, grid.axes_coords[0], end.data)

    top = max(solved.solution)
    assert np.abs(finite_volumes(20.0) - solved.solution).max() < 2e-3 * top
    assert np.abs(finite_volumes(22.0) - solved.solution).max() > 2e-2 * top  # ten per cent more drift
