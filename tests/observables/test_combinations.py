"""Observables of models that combine two features, against results worked out by hand."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest
import sympy as sp

from symdiff.continuum.derive import derive_all
from symdiff.continuum.observables.catalogue import observable
from symdiff.errors import NotYetError
from symdiff.model.jump_model import JumpModel, ObservableStatement
from symdiff.model.loading import load_text

RUNS = """
[parameters]
v = "positive"
a = "positive"
r = "positive"
[model]
coordinates = ["x"]
states = ["R", "M"]
[[states]]
name = "R"
velocity = "v"
[[states]]
name = "M"
velocity = "-v"
[[jumps]]
from = "R"
to = "M"
displacement = "0"
rate = "a"
[[jumps]]
from = "M"
to = "R"
displacement = "0"
rate = "a"
[[reactions]]
rule = "R -> 2 R"
rate = "r"
[[reactions]]
rule = "M -> 2 M"
rate = "r"
"""
PERSISTENT = """
[parameters]
p = "0 < p < 1"
[model]
coordinates = ["x"]
time_step = "1"
states = ["R", "M"]
[[jumps]]
from = "R"
displacement = "1"
probability = "p"
[[jumps]]
from = "R"
to = "M"
displacement = "-1"
probability = "1 - p"
[[jumps]]
from = "M"
displacement = "-1"
probability = "{stay}"
[[jumps]]
from = "M"
to = "R"
displacement = "1"
probability = "{turn}"
"""
CROWD = """
[parameters]
h = "positive"
D = "positive"
[model]
coordinates = {axes}
density = "u"
[[jumps]]
displacements = {steps}
rate = "{rate}"
"""
SLOW = """
[parameters]
a = "positive"
h = "positive"
L = "positive"
[model]
coordinates = ["x"]
[waiting_time]
distribution = "pareto"
index = "1"
scale = "a"
[[jumps]]
displacements = ["h", "-h"]
probability = "1/2"
"""


def values(model: JumpModel, kind: str) -> dict[str, sp.Expr]:
    """The value of each regime, and that of the lattice."""
    found = observable(model, derive_all(model), ObservableStatement("q", kind))
    return dict(found.equation) | ({} if found.lattice is None else {"lattice": found.lattice})


@pytest.mark.parametrize(("a", "r"), [("1", "1/3"), ("2", "1"), ("1", "3/2")])
def test_fronts_of_walkers_that_persist_and_multiply_against_the_least_speed(a: str, r: str) -> None:
    """A profile e^(-qx) grows at s = r - a + sqrt(a^2 + v^2 q^2); c is the least s/q, v itself where r > a."""
    model = load_text(RUNS)
    at = {"a": sp.Rational(a), "r": sp.Rational(r), "v": sp.Integer(3)}
    value = values(model, "front_speed")["telegraph"]
    number = mpmath.mpf(sp.N(value.xreplace({s: at[s.name] for s in value.free_symbols}), 20))
    rate, growth = (mpmath.mpf(at[n].p) / at[n].q for n in "ar")
    speeds = [
        (growth - rate + mpmath.sqrt(rate**2 + 9 * q**2)) / q
        for q in (mpmath.mpf(10) ** (mpmath.mpf(n) / 200) for n in range(-400, 1200))
    ]
    assert min(speeds) >= number > min(speeds) * (1 - 1e-4)


def test_persistent_walkers_return_where_nothing_drifts() -> None:
    even = load_text(PERSISTENT.format(stay="p", turn="1 - p"))
    assert values(even, "return_probability") == {"lattice": 1}
    with pytest.raises(NotYetError, match="internal states"):
        values(load_text(PERSISTENT.format(stay="p/2", turn="1 - p/2")), "return_probability")


@pytest.mark.parametrize(
    ("axes", "steps", "rate", "exponent"),
    [
        ('["x"]', '["h", "-h"]', "D*u(x)", sp.Rational(2, 3)),  # Barenblatt: width t^(1/(d m + 2))
        ('["x"]', '["h", "-h"]', "D*u(x)**3", sp.Rational(2, 5)),
        ('["x", "y"]', '[["h", "0"], ["-h", "0"], ["0", "h"], ["0", "-h"]]', "D*u(x, y)**2", sp.Rational(1, 3)),
    ],
)
def test_widths_of_the_porous_medium_equation(axes: str, steps: str, rate: str, exponent: sp.Expr) -> None:
    model = load_text(CROWD.format(axes=axes, steps=steps, rate=rate))
    assert values(model, "scaling_exponent") == {"long-wave": exponent}
    with pytest.raises(NotYetError, match="one power"):
        values(load_text(CROWD.format(axes=axes, steps=steps, rate=f"{rate} + 1")), "scaling_exponent")


def test_a_logarithm_of_time_in_the_equation_is_no_rate_of_exits() -> None:
    """The mean exit time was an expression in t; the density from a point has the width h^2 t/(a log(t/a))."""
    value = values(load_text(SLOW), "propagator")["long-wave"]
    model = load_text(SLOW)
    h, a, t, x = model.parameter("h").symbol, model.parameter("a").symbol, model.time, model.coordinate_symbols[0]
    width = h**2 * t / (a * sp.log(t / a))
    at = {h: sp.Rational(3, 2), a: sp.Rational(1, 3), t: 40, x: sp.Rational(5, 2)}
    assert abs(sp.N((value - sp.exp(-(x**2) / (2 * width)) / sp.sqrt(2 * sp.pi * width)).xreplace(at), 30)) < 1e-25
    walled = load_text(SLOW + '[[boundaries]]\ndomain = "0 < x < L"\nkind = "absorbing"\n')
    assert values(walled, "mean_exit_time") == {"lattice": sp.oo}
    with pytest.raises(NotYetError):
        values(walled, "survival_probability")


FLIGHTS = """
[parameters]
c = "positive"
L = "positive"
[model]
coordinates = ["x"]
[[jumps]]
distribution = "levy"
index = "{index}"
scale = "c"
skewness = "0"
rate = "1"
[[boundaries]]
domain = "0 < x < L"
kind = "absorbing"
[[observables]]
name = "s"
kind = "splitting_probability"
target = "x >= L"
"""


def sites_of_flights(count: int) -> tuple[float, float]:
    """Steps of j sites with weight 1/j^2, from three tenths of an interval of length 1: K T, and the chance to leave above."""
    n = np.arange(1, count)
    away = np.abs(n[:, None] - n[None, :])
    rates = np.where(away > 0, 1 / np.maximum(away, 1) ** 2.0, 0)
    generator = rates - 2 * np.pi**2 / 6 * np.eye(count - 1)
    tail = np.array([np.pi**2 / 6 - np.sum(1 / np.arange(1, count - m) ** 2.0) for m in n])
    start = 3 * count // 10 - 1
    # 2 sum (1 - cos kj)/j^2 = pi |k| in sites: K = pi per site
    return np.pi / count * np.linalg.solve(generator, -np.ones(count - 1))[start], np.linalg.solve(generator, -tail)[
        start
    ]


def test_exits_of_levy_flights_against_long_jumps_between_sites() -> None:
    model = load_text(FLIGHTS.format(index="1"))
    limits = derive_all(model)
    at = {"c": sp.Integer(1), "L": sp.Integer(1), "x": sp.Rational(3, 10)}
    coarse, fine = sites_of_flights(200), sites_of_flights(400)
    for n, statement in enumerate((ObservableStatement("T", "mean_exit_time"), model.observables[0])):
        (_, value), *_ = observable(model, limits, statement).equation
        value = value.xreplace({s: at[s.name] for s in value.free_symbols if s.name in at})
        for integral in value.atoms(sp.Integral):  # a root at the end of its range: SymPy takes ten seconds
            (s, low, high), body = integral.limits[0], integral.function
            area = mpmath.quad(sp.lambdify(s, body, "mpmath"), [low, mpmath.mpf(high.p) / high.q])
            value = value.xreplace({integral: sp.Float(area)})
        number = float(value)
        assert abs(number - (2 * fine[n] - coarse[n])) < 2e-3  # what the sites leave falls like one over their number
    (_, value), *_ = observable(load_text(FLIGHTS.format(index="3/2")), derive_all(load_text(FLIGHTS.format(index="3/2"))),
                                ObservableStatement("T", "mean_exit_time")).equation  # fmt: skip
    assert sp.sstr(value) == "4*(x*(L - x))**(3/4)/(3*sqrt(pi)*c**(3/2))"
    with pytest.raises(NotYetError, match="functions of time"):
        observable(model, limits, ObservableStatement("S", "survival_probability"))
