"""Conditions at walls from the microscopic rules: known constants, half cells, regimes, refusals, negative controls."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import mpmath
import numpy as np
import pytest
import sympy as sp

from symdiff.continuum import wall_long_jumps, wall_states
from symdiff.continuum.derive import derive_all, derive_regime
from symdiff.continuum.limit import BoundaryCondition
from symdiff.continuum.regimes import LONG_WAVE
from symdiff.errors import InternalFaultError, ModelError
from symdiff.model.loading import load_file, load_text

MODELS = Path(__file__).parent.parent / "data" / "models"
HEAD = """
[parameters]
D0 = "positive"
h = "positive"
P1 = "positive"
kap = "positive"
b = "real"
s = "positive"
L = "positive"
tau = "positive"
[model]
coordinates = ["x"]
density = "u"
{more}
"""
HOPS = """
[[jumps]]
displacement = "h"
rate = "D0/h**2 + b/(2*h)"
[[jumps]]
displacement = "-h"
rate = "D0/h**2 - b/(2*h)"
[scaling]
h = 1
"""
EVEN = HOPS.replace(" + b/(2*h)", "").replace(" - b/(2*h)", "")


def wall(domain: str, kind: str, more: str = "") -> str:
    return f'[[boundaries]]\ndomain = "{domain}"\nkind = "{kind}"\n{more}\n'


def condition(text: str, regime: int = 0) -> BoundaryCondition:
    return derive_all(load_text(text))[regime].boundary_conditions[0]


def lattice(
    domain: str, kind: str, more: str = "", *, origin: str = "", hops: str = EVEN, regime: int = 0
) -> BoundaryCondition:
    head = HEAD.format(more=f'origin = ["{origin}"]' if origin else "")
    return condition(head + wall(domain, kind, more) + hops, regime)


def steps(law: str, domain: str, kind: str, more: str = "") -> BoundaryCondition:
    return condition(
        HEAD.format(more='time_step = "tau"') + wall(domain, kind, more) + f'[[jumps]]\nprobability = "1"\n{law}\n'
    )


def test_partial_walls_of_the_textbook() -> None:
    """Erban and Chapman (2007) and Singer et al. (2008): P1 D, P1 sqrt(D/pi), and twice that with a crossing test."""
    kappa = {}
    for name in ("bc-robin-lattice-prob", "bc-robin-em"):
        limit = derive_all(load_file(MODELS / f"{name}.toml"))[0]
        kappa[name] = dict(limit.boundary_conditions[0].coefficients)["kappa"]
        assert limit.boundary_conditions[0].kind == "robin"
    text = (MODELS / "bc-robin-em.toml").read_text().replace('crossing = "end"', 'crossing = "bridge"')
    kappa["bridge"] = dict(derive_all(load_text(text))[0].boundary_conditions[0].coefficients)["kappa"]
    values = {"D0": sp.Rational(7, 10), "P1": sp.Rational(6, 5)}
    numbers = {n: float(k.xreplace({s: values[s.name] for s in k.free_symbols})) for n, k in kappa.items()}
    assert numbers["bc-robin-lattice-prob"] == pytest.approx(0.84)
    assert numbers["bc-robin-em"] == pytest.approx(0.56644184632957776993, rel=1e-14)
    assert numbers["bridge"] == pytest.approx(1.1328836926591555399, rel=1e-14)


@pytest.mark.parametrize(
    ("domain", "kind", "more", "origin", "place"),
    [
        ("x >= 0", "absorbing", "", "", "-h"),
        ("x > 0", "absorbing", "", "", "0"),
        ("x > 0", "absorbing", "", "h/2", "-h/2"),
        ("x >= 0", "reflecting", "", "", "-h/2"),
        ("x > 0", "reflecting", "", "", "h/2"),
        ("x > 0", "reflecting", "", "h/2", "0"),
        ("x >= 0", "reflecting", 'rejected = "mirror"', "", "0"),
        ("x > 0", "reflecting", 'rejected = "mirror"', "h/2", "0"),
        ("x <= 0", "absorbing", "", "", "h"),
        ("x <= L", "reflecting", "", "", "L + h/2"),
    ],
)  # fmt: skip
def test_where_the_effective_wall_stands(domain: str, kind: str, more: str, origin: str, place: str) -> None:
    """An absorbing wall is the first site outside; a refused jump reflects half-way to it, a mirrored one in the wall."""
    found = lattice(domain, kind, more, origin=origin)
    shown = dict(found.coefficients)["wall"]
    assert (
        sp.expand(shown - sp.sympify(place, locals={s.name: s for s in shown.free_symbols})) == 0 or str(shown) == place
    )


def test_kappa_on_the_lattice_at_fixed_absorption() -> None:
    """First site on the wall: D q/h; half a step inside: 2 q D/(h (2 - q)); mirrored on the wall: q D/(h (2 - q))."""
    for origin, more, wanted in (("", "", "1/3"), ("h/2", "", "2/5"), ("", 'rejected = "mirror"', "1/5")):
        found = lattice("x >= 0", "partial", f'probability = "1/3"\n{more}', origin=origin, regime=1)
        ratio = sp.cancel(dict(found.coefficients)["kappa"])
        d, h = sorted(ratio.free_symbols, key=str)
        assert sp.cancel(ratio * h / d) == sp.Rational(wanted)


def test_absorption_of_order_one_is_an_absorbing_wall_in_the_limit() -> None:
    found = lattice("x >= 0", "partial", 'probability = "1/3"')
    assert (found.kind, str(dict(found.coefficients)["extrapolation_length"])) == ("absorbing", "3*h")


def test_absorption_at_a_rate() -> None:
    found = lattice("x >= 0", "partial", 'rate = "kap/h"')
    assert str(dict(found.coefficients)["kappa"]) == "kap"


def test_a_weak_bias_enters_the_flux() -> None:
    found = lattice("x >= 0", "reflecting", hops=HOPS)
    assert str(found.lhs) == "D0*Derivative(u(x, t), x) - b*u(x, t)"


def test_a_bias_of_order_one_is_said_to_be_open() -> None:
    limit = derive_regime(load_text(HEAD.format(more="") + wall("x >= 0", "reflecting") + HOPS), LONG_WAVE)
    assert not limit.boundary_conditions
    assert any("as thin as the lattice" in a for a in limit.assumptions)


@pytest.mark.parametrize(
    ("law", "length"),
    [
        ('distribution = "normal"\nmean = "0"\nvariance = "s**2"', 0.58259715793901067021),  # -zeta(1/2)/sqrt(2 pi)
        ('distribution = "laplace"\nscale = "s"', 1.0),  # exponential overshoot
        ('distribution = "uniform"\nlow = "-s"\nhigh = "s"', 0.29795219),  # Comtet and Majumdar (2005)
    ],
)
def test_milne_lengths_of_symmetric_steps(law: str, length: float) -> None:
    found = dict(steps(law, "x > 0", "absorbing").coefficients)["extrapolation_length"]
    assert float(found.xreplace({s: sp.Integer(1) for s in found.free_symbols})) == pytest.approx(length, rel=1e-8)


def test_a_crossing_test_leaves_no_shift() -> None:
    law = 'distribution = "normal"\nmean = "0"\nvariance = "s**2"'
    found = steps(law, "x > 0", "absorbing", 'crossing = "bridge"')
    assert dict(found.coefficients)["extrapolation_length"] == 0


def test_milne_length_against_a_discretised_half_line() -> None:
    """u = K u on a half-line with uniform steps, midpoint rule, linear far away: independent of Spitzer's formula."""
    import numpy as np

    found = []
    for cells in (10, 20):
        size, n = 24 * cells, 1.0 / cells
        x = (np.arange(size) + 0.5) * n
        kernel = np.where(np.abs(x[:, None] - x[None, :]) < 1 - 1e-9, 0.5 * n, 0.0)
        kernel += np.where(np.abs(np.abs(x[:, None] - x[None, :]) - 1) < 1e-9, 0.25 * n, 0.0)
        inner = size - cells
        beyond = kernel[:inner, inner:]
        # unknowns: u on the inner cells; outside u = a + x with a = the wanted length
        matrix = np.eye(inner + 1)[:, : inner + 1]
        matrix[:inner, :inner] -= kernel[:inner, :inner]
        matrix[:inner, inner] = -beyond.sum(axis=1)
        right = np.zeros(inner + 1)
        right[:inner] = beyond @ x[inner:]
        matrix[inner, :] = 0
        matrix[inner, inner - 1], matrix[inner, inner] = 1, -1
        right[inner] = x[inner - 1]
        found.append(np.linalg.solve(matrix, right)[inner])
    assert (4 * found[1] - found[0]) / 3 == pytest.approx(0.2979521902795923, abs=2e-4)


@pytest.mark.slow
def test_the_constant_of_uniform_steps_is_its_integral() -> None:
    from symdiff.continuum.wall_integrals import milne_length
    from symdiff.continuum.wall_rules import UNIFORM_MILNE

    with mpmath.workdps(12):
        assert milne_length(lambda k: mpmath.sin(k) / k, mpmath.mpf(1) / 3, 2 * mpmath.pi) == pytest.approx(
            float(UNIFORM_MILNE), rel=1e-9
        )


FLIGHTS = """
[[internal]]
name = "e"
domain = "direction"
rate = "kap"
[[states]]
velocity = [{velocity}]
"""


@pytest.mark.parametrize(("axes", "length"), [("xy", 0.5 + 1 / 3.141592653589793), ("xyz", 0.71044608959876307)])
def test_flights_of_one_speed_against_milnes_constants(axes: str, length: float) -> None:
    """Chandrasekhar, Radiative Transfer, for three dimensions (0.7104...); in the plane 1/2 + 1/pi mean free paths."""
    head = HEAD.format(more="").replace('["x"]', str(list(axes)).replace("'", '"'))
    text = FLIGHTS.format(velocity=", ".join(f'"s*e_{c}"' for c in axes))
    found = condition(head + wall("x > 0", "absorbing") + text)
    shown = dict(found.coefficients)["extrapolation_length"]
    values = {"s": sp.Integer(3), "kap": sp.Integer(2)}
    assert float(shown.xreplace({q: values[q.name] for q in shown.free_symbols})) == pytest.approx(
        1.5 * length, rel=1e-14
    )
    limit = derive_all(
        load_text(head + wall("x > 0", "absorbing") + text.replace('rate = "kap"', 'diffusivity = "kap"'))
    )[0]
    assert not limit.boundary_conditions


def test_the_second_route_refuses_a_wrong_length_of_flights(monkeypatch: pytest.MonkeyPatch) -> None:
    from symdiff.continuum import wall_rules

    monkeypatch.setitem(wall_rules.FLIGHT_MILNE, 2, sp.Rational(4, 5))
    text = HEAD.format(more="").replace('["x"]', '["x", "y"]') + wall("x > 0", "absorbing")
    with pytest.raises(InternalFaultError):
        condition(text + FLIGHTS.format(velocity='"s*e_x", "s*e_y"'))


def test_small_steps_in_a_scaling_have_the_same_length() -> None:
    """0.5826 sigma with sigma = sqrt(2 D tau), tau = O(eps^2): the integral is measured in standard deviations."""
    law = (
        '[[jumps]]\nprobability = "1"\ndistribution = "normal"\nmean = "0"\nvariance = "2*D0*tau"\n[scaling]\ntau = 2\n'
    )
    found = condition(HEAD.format(more='time_step = "tau"') + wall("x > 0", "absorbing") + law)
    shown = dict(found.coefficients)["extrapolation_length"]
    values = {"D0": sp.Integer(2), "tau": sp.Rational(1, 4)}
    assert float(shown.xreplace({q: values[q.name] for q in shown.free_symbols})) == pytest.approx(
        0.58259715793901067021, rel=1e-14
    )


def test_a_disk_reflects_across_its_normal() -> None:
    text = (HEAD.format(more="").replace('["x"]', '["x", "y"]') + wall("x**2 + y**2 < L**2", "reflecting")
            + "".join(f'[[jumps]]\ndisplacement = {d}\nrate = "D0/h**2"\n' for d in ('["h", "0"]', '["-h", "0"]', '["0", "h"]', '["0", "-h"]')))  # fmt: skip
    found = condition(text)
    assert str(found.lhs) == "-2*D0*x*Derivative(u(x, y, t), x) - 2*D0*y*Derivative(u(x, y, t), y)"


@pytest.mark.parametrize(
    ("walls", "message"),
    [
        (wall("x >= 0", "absorbing") + wall("x <= -1", "reflecting"), "nothing lies between"),
        (wall("x > 0", "absorbing") + wall("x < 0", "reflecting"), "nothing lies between"),
        (wall("x >= 0", "absorbing") + wall("x >= 0", "reflecting"), "two boundaries stand"),
        (wall("x**2 + 1 > 0", "absorbing"), "bounds nothing"),
        (wall("x > 0", "reflecting", 'rejected = "mirror"'), "mirror image"),
    ],
)
def test_walls_that_contradict_are_refused(walls: str, message: str) -> None:
    with pytest.raises(ModelError, match=message):
        derive_all(load_text(HEAD.format(more="") + walls + EVEN))


@pytest.mark.parametrize("factor", [2, sp.Rational(101, 100)])
def test_the_second_route_refuses_a_wrong_length(factor: sp.Expr) -> None:
    from symdiff.continuum.observables.walls import intervals
    from symdiff.continuum.regimes import prepare
    from symdiff.continuum.wall_confirmation import confirm_chain, confirm_law
    from symdiff.continuum.wall_rules import chain_of, chain_rule, hops, law_rule

    model = load_text(HEAD.format(more="") + wall("x >= 0", "absorbing") + EVEN)
    prepared, side = prepare(LONG_WAVE, model), intervals(model)[0].low
    assert side is not None
    chain = chain_of(model, prepared, hops(model, 0, 1), side, 0, 1)
    rule = chain_rule(side, chain)
    confirm_chain(model, prepared, side, 0, 1, chain.spacing, rule, None, sp.Integer(1))
    assert rule.length is not None
    wrong = replace(rule, length=rule.length * factor)
    with pytest.raises(InternalFaultError):
        confirm_chain(model, prepared, side, 0, 1, chain.spacing, wrong, None, sp.Integer(1))
    law = 'distribution = "normal"\nmean = "0"\nvariance = "s**2"'
    model = load_text(
        HEAD.format(more='time_step = "tau"') + wall("x > 0", "absorbing") + f'[[jumps]]\nprobability = "1"\n{law}\n'
    )
    moves, side = hops(model, 0, 1), intervals(model)[0].low
    assert side is not None
    good = law_rule(model, prepare(LONG_WAVE, model), moves, side)
    confirm_law(model, prepare(LONG_WAVE, model), good, moves, side.boundary)
    assert good.length is not None
    wrong = replace(good, length=good.length * factor)
    with pytest.raises(InternalFaultError):
        confirm_law(model, prepare(LONG_WAVE, model), wrong, moves, side.boundary)


SIDES = """
[parameters]
h = "positive"
p = "positive"
q = "positive"
T = "positive"
k = "0 < k < 1"
al = "0 < al < 1"
[model]
coordinates = ["x"]
{model}
[[boundaries]]
domain = "x > 0"
{kind}
"""
EXCLUSION = """density = "u"
occupancy = 1
[[jumps]]
displacement = "h"
rate = "p*(1 - u(x + h))"
[[jumps]]
displacement = "-h"
rate = "{down}*(1 - u(x - h))"
"""
TURNING = """states = ["a", "b"]
density = "u"
[[states]]
name = "a"
velocity = "p"
[[states]]
name = "b"
velocity = "-p"
[[jumps]]
from = "a"
to = "b"
displacement = "0"
rate = "q"
[[jumps]]
from = "b"
to = "a"
displacement = "0"
rate = "q"
"""
WAITING = """density = "u"
[waiting_time]
distribution = "mittag_leffler"
index = "al"
scale = "T"
[[jumps]]
displacements = ["h", "-h"]
probability = "1/2"
"""
WIDENING = 'time_step = "T"\n[[jumps]]\ndistribution = "laplace"\nscale = "1 + x"\nprobability = "1"\n'
REFLECTING, ABSORBING = 'kind = "reflecting"', 'kind = "absorbing"'


@pytest.mark.parametrize(
    ("model", "kind", "balance"),
    [
        (EXCLUSION.format(down="q"), REFLECTING, "h**2*(p + q)/2*slope - h*(p - q)*u*(1 - u)"),  # the flux of ASEP
        (EXCLUSION.format(down="p"), ABSORBING, "u"),
        (TURNING, REFLECTING, "p**2/(2*q)*slope"),
        (TURNING, ABSORBING, "u"),
        (
            WAITING,
            'kind = "partial"\nprobability = "k"',
            "h**2/(2*T**al)*(slope - k/((1 - k)*h)*u)",
        ),  # sites h, 2h, ...
        (WAITING, ABSORBING, "u"),
    ],
)
def test_walls_of_crowds_states_and_endless_waits_at_leading_order(model: str, kind: str, balance: str) -> None:
    limit = derive_regime(load_text(SIDES.format(model=model, kind=kind)), LONG_WAVE)
    (condition,) = limit.boundary_conditions
    names = {s: sp.Symbol(s) for s in ("h", "p", "q", "T", "k", "al", "slope", "u")}
    value = (condition.lhs - condition.rhs).replace(sp.Derivative, lambda *_: names["slope"])
    value = value.replace(lambda e: e.is_Function and e.func.__name__ == "u", lambda e: names["u"])
    value = value.xreplace({s: names[s.name] for s in value.free_symbols})
    wanted = sp.sympify(balance, locals=names)
    assert sp.simplify(value - wanted) == 0
    assert sp.simplify(value - 2 * wanted) != 0  # negative control


@pytest.mark.parametrize(
    ("model", "kind", "reason"),
    [
        (EXCLUSION.format(down="q"), ABSORBING, "that drift"),
        (TURNING, 'kind = "partial"\nrate = "k"', "depends on the layer next to it"),
    ],
)
def test_walls_whose_layer_is_not_solved_say_so(model: str, kind: str, reason: str) -> None:
    limit = derive_regime(load_text(SIDES.format(model=model, kind=kind)), LONG_WAVE)
    assert not limit.boundary_conditions
    assert any("is not derived" in a and reason in a for a in limit.assumptions)


def test_steps_whose_law_depends_on_the_place_are_read_at_the_wall() -> None:
    """Laplace steps of scale 1 + x have the Milne length b = 1 at x = 0; elsewhere the rule would give 1 + x."""
    (found,) = derive_regime(load_text(SIDES.format(model=WIDENING, kind=ABSORBING)), LONG_WAVE).boundary_conditions
    assert dict(found.coefficients) == {"extrapolation_length": 1, "wall": -1}


def test_weak_absorption_at_a_rate_beside_jumps_over_two_sites() -> None:
    """Two sites lead outside, so kappa = 2 k; a chain of 200 sites has the slowest rate of kappa = 2 k, not of k."""
    text = """
[parameters]
h = "positive"
D0 = "positive"
k = "positive"
[model]
coordinates = ["x"]
origin = ["h/2"]
[[jumps]]
displacements = ["h", "-h"]
rate = "D0/h**2"
[[jumps]]
displacements = ["2*h", "-2*h"]
rate = "D0/(2*h**2)"
[[boundaries]]
domain = "x > 0"
kind = "partial"
rate = "k/h"
[scaling]
h = 1
"""
    model = load_text(text)
    (found,) = derive_regime(model, model.regimes[0]).boundary_conditions
    assert dict(found.coefficients)["kappa"] == 2 * sp.Symbol("k", positive=True)
    slowest = []
    for size in (50, 100):
        h, rates = 2 / size, np.zeros((size, size))
        for r, w in ((1, 1.0), (2, 0.5)):
            rates += np.diag(np.full(size - r, w / h**2), r) + np.diag(np.full(size - r, w / h**2), -r)
        leaving = np.where(np.arange(size) < 2, 0.3 / h, 0)
        slowest.append(min(-np.linalg.eigvals(rates - np.diag(rates.sum(axis=1) + leaving)).real))
    limit = 2 * slowest[1] - slowest[0]
    wave = math.sqrt(limit / 3)  # D = 1 + 4/2
    assert 3 * wave * math.tan(2 * wave) == pytest.approx(
        2 * 0.3, rel=1e-3
    )  # D w tan(w L) = kappa beside a reflecting wall
    assert 3 * wave * math.tan(2 * wave) != pytest.approx(0.3, rel=0.1)


def test_partial_wall_of_euler_steps_whose_noise_and_drift_depend_on_place() -> None:
    """Weak absorption takes P1 sqrt(tau) of the outward flux sqrt(D/(pi tau)) u: (D u)_x - A u = P1 sqrt(D/pi) u (Singer, Schuss, Holcman)."""
    text = """
[parameters]
tau = "positive"
P1 = "positive"
[functions]
D = ["x"]
A = ["x"]
[model]
coordinates = ["x"]
time_step = "tau"
[[jumps]]
distribution = "normal"
mean = "A(x)*tau"
variance = "2*D(x)*tau"
[[boundaries]]
domain = "x > 0"
kind = "partial"
probability = "P1*sqrt(tau)"
rejected = "mirror"
[scaling]
tau = 2
"""
    model = load_text(text)
    (found,) = derive_regime(model, model.regimes[0]).boundary_conditions
    x, chance = sp.Symbol("x", real=True), sp.Symbol("P1", positive=True)
    kappa = dict(found.coefficients)["kappa"]
    assert sp.expand(kappa**2 - chance**2 * sp.Function("D")(x) / sp.pi) == 0
    assert sp.expand(kappa**2 - 4 * chance**2 * sp.Function("D")(x) / sp.pi) != 0
    density = sp.Function("P")(x, sp.Symbol("t", real=True))
    spread, drift = sp.Function("D")(x), sp.Function("A")(x)
    assert sp.expand(found.lhs - sp.diff(spread * density, x) + drift * density).doit() == 0


def far(rates: dict[int, str], domain: str = "x > 0", kind: str = "absorbing", more: str = "") -> BoundaryCondition:
    """The wall of jumps by r sites at the rate given, at spacing h."""
    hops = "".join(f'[[jumps]]\ndisplacement = "{r}*h"\nrate = "{w}"\n' for r, w in rates.items())
    return condition(HEAD.format(more="") + wall(domain, kind, more) + hops)


def solved(rates: dict[int, float], sites: int = 80) -> float:
    """Where the stationary density of sites 1, 2, ... vanishes, from sites alone: an absorbing wall, no current from afar."""
    reach = max(-r for r in rates)
    matrix, right = np.zeros((sites + reach, sites + reach)), np.zeros(sites + reach)
    for n in range(sites):
        for r, w in rates.items():
            matrix[n, n] -= w
            if n - r >= 0:
                matrix[n, n - r] += w
    for n in range(sites, sites + reach - 1):
        matrix[n, n - 1 : n + 2] = 1, -2, 1
    matrix[-1, -1] = right[-1] = 1
    u = np.linalg.solve(matrix, right)
    return float(41 - u[40] / (u[41] - u[40]))


@pytest.mark.parametrize(
    ("rates", "place"),
    [
        ({1: "1", -1: "1", 2: "1", -2: "1"}, "h*(sqrt(5)/10 - 1/2)"),
        ({1: "s", -1: "s", 2: "D0", -2: "D0"}, "h*(sqrt(s/(s + 4*D0)) - 1)/2"),
        ({2: "1", -1: "2"}, "-h/3"),
        ({-2: "1", 1: "2"}, "0"),
        ({2: "1", 1: "1", -1: "1", -2: "1/2", -3: "1/3"}, ""),
        ({1: "1", -1: "1", 3: "1/2", -3: "1/2"}, ""),
    ],
)
def test_absorbing_wall_of_jumps_over_several_sites_vs_the_solved_sites(rates: dict[int, str], place: str) -> None:
    found = dict(far(rates).coefficients)["wall"]
    point = {"h": 1, "s": sp.Rational(7, 3), "D0": sp.Rational(2, 5)}
    at = {s: sp.S(point[s.name]) for s in found.free_symbols}
    numbers = {r: float(sp.S(w).subs({"s": point["s"], "D0": point["D0"]})) for r, w in rates.items()}
    assert float(found.xreplace(at)) == pytest.approx(solved(numbers), abs=1e-9)
    assert not place or float(sp.S(place).subs(point)) == pytest.approx(float(found.xreplace(at)), abs=1e-14)
    assert abs(float(found.xreplace(at)) - solved(numbers | {2: 2 * numbers.get(2, 1.0)})) > 1e-3  # another walk


def test_walls_of_long_jumps_above_and_reflecting_and_what_is_left_open() -> None:
    above = far({2: "2*s", 1: "s", -1: "s", -2: "2*s"}, "x < L")
    assert (
        sp.simplify(
            dict(above.coefficients)["wall"] - sp.Symbol("L", positive=True) - sp.Symbol("h", positive=True) / 3
        )
        == 0
    )
    even = far({1: "1", -1: "1", 2: "1", -2: "1"}, "x >= 0", "reflecting")
    assert str(dict(even.coefficients)["wall"]) == "-h/2"
    mirrored = far({1: "1", -1: "1", 2: "1", -2: "1"}, "x >= 0", "reflecting", 'rejected = "mirror"')
    assert dict(mirrored.coefficients)["wall"] == 0
    for rates, kind in (({1: "s", -1: "s", 3: "1", -3: "1"}, "absorbing"), ({2: "1", -1: "2"}, "reflecting")):
        assert "wall" not in dict(far(rates, "x >= 0", kind).coefficients)


def test_second_route_vs_a_wrong_place_of_long_jumps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wall_long_jumps, "vanishing", lambda chain: (sp.Rational(-27, 100), ()))
    with pytest.raises(InternalFaultError):
        far({1: "1", -1: "1", 2: "1", -2: "1"})


def runs(
    states: str, jumps: str, names: str = "v w a b p g h tau", head: str = "", domain: str = "x > 0"
) -> BoundaryCondition:
    parameters = "\n".join(f'{n} = "{"0 < p < 1" if n == "p" else "positive"}"' for n in names.split())
    return condition(
        f'[parameters]\n{parameters}\n[model]\ncoordinates = ["x"]\n{head}\n{states}\n{jumps}\n'
        + wall(domain, "absorbing")
    )


def moving(**velocities: str) -> str:
    return "".join(f'[[states]]\nname = "{n}"\nvelocity = "{v}"\n' for n, v in velocities.items())


def turn(source: str, target: str, rate: str, displacement: str = "0", key: str = "rate") -> str:
    return f'[[jumps]]\nfrom = "{source}"\nto = "{target}"\ndisplacement = "{displacement}"\n{key} = "{rate}"\n'


TURNS = turn("R", "L", "a") + turn("L", "R", "a")


@pytest.mark.parametrize(
    ("found", "place"),
    [
        # J = v P_-(0) = D P', D = v^2/(2 a) (Milne's problem in one dimension): v/(2 a) outside
        (lambda: runs(moving(R="v", L="-v"), TURNS), "-v/(2*a)"),
        # without drift v b = w a: J = w P_-(0), D = v w/(a + b) with b = w a/v
        (lambda: runs(moving(R="v", L="-w"), turn("R", "L", "a") + turn("L", "R", "w*a/v")), "-v/(a + a*w/v)"),
        # hops at the rate g: as if v = g h, counted from the last site outside
        (lambda: runs("", TURNS + turn("R", "R", "g", "h") + turn("L", "L", "g", "-h"), head='states = ["R", "L"]'), "-g*h/(2*a)"),
        # P_R(n) = A + B n, P_L(n) = A + B/(1 - p) + B n, P_R(1) = 0: the sum vanishes at n = 1 - 1/(2 (1 - p))
        (lambda: runs("", "".join(turn(s, t, q, d, "probability") for s, t, q, d in (("R", "R", "p", "h"), ("R", "L", "1 - p", "-h"),
                      ("L", "L", "p", "-h"), ("L", "R", "1 - p", "h"))), head='states = ["R", "L"]\ntime_step = "tau"'), "h*(1 - 1/(2*(1 - p)))"),
    ],
)  # fmt: skip
def test_absorbing_wall_of_walkers_with_states_vs_milne_by_hand(found: Any, place: str) -> None:
    named = {s: sp.Symbol(s) for s in ["v", "w", "a", "b", "p", "g", "h"]}
    wanted = sp.sympify(place, locals=named)
    value = dict(found().coefficients)["wall"]
    plain = value.xreplace({s: named[s.name] for s in value.free_symbols})
    assert sp.simplify(plain - wanted) == 0
    assert sp.simplify(plain - 2 * wanted) != 0


Hop = tuple[str, str, int, str]  # from, to, sites inwards, rate
PAIR: list[Hop] = [("r", "r", 1, "a"), ("l", "l", -1, "a"), ("r", "l", 0, "b"), ("l", "r", 0, "b")]
PAUSE: list[Hop] = [
    ("r", "r", 1, "a"),
    ("l", "l", -1, "a"),
    ("r", "s", 0, "b"),
    ("l", "s", 0, "b"),
    ("s", "r", 0, "b"),
    ("s", "l", 0, "b"),
]
UNLIKE: list[Hop] = [
    ("A", "A", 1, "1"),
    ("A", "A", -1, "1"),
    ("B", "B", 2, "3"),
    ("B", "B", -2, "3"),
    ("A", "B", 0, "1"),
    ("B", "A", 0, "2"),
]
REACH: list[Hop] = [("", "", r, w) for r, w in ((1, "1"), (-1, "1"), (3, "1/2"), (-3, "1/2"))]
NEXT: list[Hop] = [("", "", r, w) for r, w in ((1, "a"), (-1, "a"), (2, "b"), (-2, "b"))]
SKEW: list[Hop] = [("", "", 2, "1"), ("", "", -1, "2")]


def near_the_wall(jumps: list[Hop], rates: dict[str, float], kept: float, mirror: bool, sites: int = 240) -> np.ndarray:
    """Stationary densities of sites 0, h, 2h, ... fed from afar; jumps outside are kept with a chance, in place or mirrored."""
    names = sorted({j[0] for j in jumps})
    size = len(names)
    matrix, right = np.zeros((sites * size, sites * size)), np.zeros(sites * size)
    right[-3 * size :] = -1
    for source, target, r, rate in jumps:
        j, i, w = names.index(source), names.index(target), float(sp.S(rate).subs(rates))
        for n in range(sites):
            here = n * size + j
            matrix[here, here] -= w
            if n + r >= 0:
                if n + r < sites:
                    matrix[(n + r) * size + i, here] += w
            else:
                matrix[-(n + r) * size + i if mirror else here, here] += kept * w
    return np.linalg.solve(matrix, right).reshape(sites, size).sum(axis=1)


@pytest.mark.parametrize(
    ("jumps", "more"),
    [
        (PAIR, 'probability = "p"'),
        (PAIR, 'probability = "p"\nrejected = "mirror"'),
        (PAUSE, 'probability = "p"'),
        (UNLIKE, 'probability = "3/10"\nrejected = "mirror"'),
        (UNLIKE, ""),
        (REACH, 'probability = "3/10"'),
        (NEXT, 'probability = "p"'),
        (SKEW, 'probability = "p"\nrejected = "mirror"'),
    ],
)
def test_layers_of_states_and_long_jumps_vs_the_sites_next_to_the_wall(jumps: list[Hop], more: str) -> None:
    """Extrapolation lengths with nobody, some or all absorbed outside, against the densities of the sites themselves."""
    names = sorted({j[0] for j in jumps} - {""})
    listed = "".join(
        (turn(f, t, w, f"{r}*h") if f else f'[[jumps]]\ndisplacement = "{r}*h"\nrate = "{w}"\n') for f, t, r, w in jumps
    )
    head = (
        '[parameters]\nh = "positive"\na = "positive"\nb = "positive"\np = "0 < p < 1"\n[model]\ncoordinates = ["x"]\n'
    )
    head += f"states = {names}\n".replace("'", '"') if names else ""
    found = condition(head + listed + wall("x >= 0", "partial" if more else "absorbing", more))
    length = dict(found.coefficients)["extrapolation_length"]
    rates = {"a": 1.4, "b": 0.3, "h": 1.0, "p": 0.3}
    value = float(length.subs({s: rates[s.name] for s in length.free_symbols}))
    for chance, agrees in ((0.7 if more else 0.0, True), (0.5, False)):  # negative control: another absorption
        u = near_the_wall(jumps, rates, chance, "mirror" in more)
        solved = u[120] / ((u[130] - u[110]) / 20) - 120
        assert (abs(value - solved) < 1e-7 * (1 + abs(value))) == agrees


def test_reflecting_walls_of_states_hold_those_who_press_on_them() -> None:
    """Those who run against the wall wait there: one wall each side of N sites, slowest mode -D (pi/width)^2."""
    text = '[parameters]\nh = "positive"\na = "positive"\nb = "positive"\n[model]\ncoordinates = ["x"]\nstates = ["l", "r"]\n'
    listed = "".join(turn(f, t, w, f"{r}*h") for f, t, r, w in PAIR)
    found = dict(condition(text + listed + wall("x >= 0", "reflecting")).coefficients)["wall"]
    names = {s.name: s for s in found.free_symbols}
    assert sp.simplify(found + names["h"] / 2 + names["a"] * names["h"] / (2 * names["b"])) == 0
    a, b = 1.4, 0.3
    estimates = []
    for sites in (100, 200):
        matrix = np.zeros((2 * sites, 2 * sites))
        for n in range(sites):
            for j, r in ((0, -1), (1, 1)):
                if 0 <= n + r < sites:
                    matrix[2 * (n + r) + j, 2 * n + j] += a
                    matrix[2 * n + j, 2 * n + j] -= a
                matrix[2 * n + 1 - j, 2 * n + j] += b
                matrix[2 * n + j, 2 * n + j] -= b
        slowest = np.sort(np.linalg.eigvals(matrix).real)[-2]
        estimates.append((sites - 1 - np.pi * np.sqrt((a / 2 + a * a / (2 * b)) / -slowest)) / 2)
    assert 2 * estimates[1] - estimates[0] == pytest.approx(-0.5 - a / (2 * b), abs=0.02)


@pytest.mark.parametrize(
    ("rules", "kind", "place"),
    [
        (EXCLUSION.format(down="p"), ABSORBING, "0"),  # lone walkers on h, 2h, ...: absorbed at 0
        (EXCLUSION.format(down="p"), REFLECTING, "h/2"),
        (EXCLUSION.format(down="p"), 'kind = "partial"\nrate = "k"', "h - h*p/k"),  # p (u_2 - u_1) = k u_1
        (EXCLUSION.format(down="p").replace("occupancy = 1", "").replace("1 - u", "1 + k*u"), ABSORBING, "0"),
    ],
)
def test_where_walls_of_crowds_stand(rules: str, kind: str, place: str) -> None:
    """Next to absorbing walls a crowd is dilute, next to reflecting ones a uniform crowd of this rule stays uniform."""
    text = SIDES.format(model=rules, kind=kind)
    found = dict(derive_regime(load_text(text), LONG_WAVE).boundary_conditions[0].coefficients)
    value = found["wall"] if "wall" in found else -found["extrapolation_length"]
    names = {s.name: s for s in value.free_symbols}
    assert sp.simplify(value - sp.sympify(place, locals=names)) == 0


def test_states_with_a_layer_or_a_drift_keep_their_wall_open_and_a_wrong_place_is_caught(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    three = "".join(turn(s, t, "a") for s in "RSL" for t in "RSL" if s != t)
    layered = runs(moving(R="v", S="2*v", L="-3*v"), three)
    assert layered.kind == "absorbing"
    # discrete ordinates (Chandrasekhar): sum of the speeds inwards less 1/rate of the decaying mode, 3 - 9/7 in v/(3 a)
    assert str(dict(layered.coefficients)["wall"]) == "-4*v/(7*a)"
    wrong = sp.Symbol("v", positive=True) / sp.Symbol("a", positive=True)
    monkeypatch.setattr(wall_states, "_of_runs", lambda *_: (wrong, ()))
    with pytest.raises(InternalFaultError):
        runs(moving(R="v", L="-v"), TURNS)


SPACE = """
[parameters]
s = "positive"
tau = "positive"
q = "positive"
[model]
coordinates = [{names}]
time_step = "tau"
[[jumps]]
{law}
[scaling]
s = 1
tau = 2
"""
TILTED = 'distribution = "normal"\nmean = ["0", "0"]\ncovariance = [["s**2", "s**2/2"], ["s**2/2", "4*s**2"]]'
FLIGHT = 'distribution = "isotropic"\nlength = {distribution = "exponential", mean = "s"}'
RIGID = 'distribution = "isotropic"\nlength = "s"'


@pytest.mark.parametrize(
    ("law", "dimension", "domain", "length"),
    [
        (TILTED, 2, "x > 0", -mpmath.zeta(0.5) / mpmath.sqrt(2 * mpmath.pi)),  # 0.5826: the component across is normal
        (TILTED, 2, "y < 0", -2 * mpmath.zeta(0.5) / mpmath.sqrt(2 * mpmath.pi)),
        (FLIGHT, 2, "x > 0", 0.5 + 1 / mpmath.pi),
        (FLIGHT, 3, "z > 0", 0.7104460896),  # Hopf's constant of Milne's problem
        (RIGID, 3, "x > 0", 0.2979521903),  # uniform on (-s, s) along every axis (Archimedes)
    ],
)
def test_steps_of_several_dimensions_at_an_absorbing_wall(law: str, dimension: int, domain: str, length: float) -> None:
    """Only the component across the wall matters where nothing depends on the place along it."""
    names = ", ".join(f'"{c}"' for c in "xyz"[:dimension])
    found = dict(condition(SPACE.format(names=names, law=law) + wall(domain, "absorbing")).coefficients)[
        "extrapolation_length"
    ]
    assert abs(float(found.subs(sp.Symbol("s", positive=True), 1)) - length) < 1e-9


def test_weak_absorption_of_flights_in_space() -> None:
    """q E[max(-r, 0)]/tau, with E[max(-u, 0)] = 1/4 of a direction in space: the flux onto one side of a surface."""
    text = SPACE.format(names='"x", "y", "z"', law=FLIGHT) + wall("x > 0", "partial", 'probability = "q*s"')
    s, q, tau = sp.symbols("s q tau", positive=True)
    assert sp.simplify(dict(condition(text).coefficients)["kappa"] - q * s**2 / (4 * tau)) == 0


def test_tilted_steps_that_a_wall_mirrors_or_refuses() -> None:
    """Refused steps keep detailed balance with the uniform law, so nothing flows across; mirrored ones carry walkers along."""
    text = SPACE.format(names='"x", "y"', law=TILTED)
    refused = condition(text + wall("x > 0", "reflecting"))
    assert refused.kind == "reflecting"
    limit = derive_all(load_text(text + wall("x > 0", "reflecting", 'rejected = "mirror"')))[0]
    assert not limit.boundary_conditions
    assert any("along it" in note for note in limit.assumptions)


@pytest.mark.parametrize(
    ("domain", "length"), [("x > 1/3", "1/3"), ("x < 17/3", "1/3"), ("x > 1/5", "1/5"), ("1/3 < x < 5/3", "1/3")]
)
def test_a_wall_anywhere_between_two_sites(domain: str, length: str) -> None:
    """The density vanishes on the first site outside."""
    model = load_text(
        f'[model]\ncoordinates = ["x"]\n[[jumps]]\ndisplacements = ["1", "-1"]\nrate = "1"\n{wall(domain, "absorbing")}'
    )
    assert dict(derive_regime(model, LONG_WAVE).boundary_conditions[0].coefficients)[
        "extrapolation_length"
    ] == sp.Rational(length)


@pytest.mark.parametrize(
    ("domain", "steps"), [("1/3 < x < 2/3", '"1", "-1"'), ("0 < x < 1", '"2", "-3"'), ("0 < x < 2", '"2", "-2"')]
)
def test_walls_with_no_site_between_them(domain: str, steps: str) -> None:
    model = load_text(
        f'[model]\ncoordinates = ["x"]\n[[jumps]]\ndisplacements = [{steps}]\nrate = "1"\n{wall(domain, "absorbing")}'
    )
    with pytest.raises(ModelError, match="no site lies between"):
        derive_all(model)


@pytest.mark.parametrize(("domain", "side"), [("x > 0", 1), ("x < L", -1)])
def test_the_place_of_a_wall_is_one_fraction_beside_radicals(domain: str, side: int) -> None:
    """Jumps over one and two sites: the wall lies (1 - sqrt(p/(p + 4 q))) h/2 beyond the first site outside, by hand."""
    text = f"""
[parameters]
h = "positive"
L = "positive"
p = "positive"
q = "positive"
[model]
coordinates = ["x"]
[[jumps]]
displacements = ["h", "-h"]
rate = "p"
[[jumps]]
displacements = ["2*h", "-2*h"]
rate = "q"
[[boundaries]]
domain = "{domain}"
kind = "absorbing"
[scaling]
h = 1
"""
    model = load_text(text)
    (found,) = derive_regime(model, model.regimes[0]).boundary_conditions
    h, L, p, q = sp.symbols("h L p q", positive=True)
    away = dict(found.coefficients)["wall"] - (0 if side > 0 else L)
    assert not away.is_Add
    ratio = (-side * away / h).xreplace({p: sp.Integer(5), q: sp.Integer(1)})
    assert abs(float(ratio) - (1 - (5 / 9) ** 0.5) / 2) < 1e-15


DRIFTING = """
[parameters]
h = "positive"
D = "positive"
V = "positive"
kap = "positive"
[model]
coordinates = ["x"]
[[jumps]]
displacement = ["h"]
rate = "D/h**2 + V/(2*h)"
[[jumps]]
displacement = ["-h"]
rate = "D/h**2 - V/(2*h)"
[[boundaries]]
domain = "x > 0"
kind = "partial"
probability = "kap*h/D"
[scaling]
h = 1
"""


def test_extrapolation_length_beside_a_drift_vs_the_condition_itself() -> None:
    """D u_x - V u = kappa u at x = 0: u/u_x = D/(kappa + V), by hand; without the drift it would be D/kappa."""
    found = condition(DRIFTING, 0)
    named = {n: str(v) for n, v in found.coefficients}
    assert (named["kappa"], named["extrapolation_length"]) == ("kap", "D/(V + kap)")
