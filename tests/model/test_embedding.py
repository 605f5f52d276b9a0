"""Grids placed by a function: the unknown slope against the textbook's Stratonovich form, known grids against Ito's rule.

Source of the first: a lattice of spacing h g(x) with equal rates has u_t = D0 d_x(g d_x(g u)). By hand for the others: a walk
in q = n h with v and D gives x = f(q) the drift v f' + D f'' and the diffusion D f'^2.
"""

from __future__ import annotations

from pathlib import Path

import pytest
import sympy as sp

import symdiff as sd
from symdiff.continuum.derive import derive_regime
from symdiff.errors import ModelError, NotYetError

DATA = Path(__file__).parents[1] / "data" / "models"
x = sp.Symbol("x", real=True)
D0, L = sp.Symbol("D0", positive=True), sp.Symbol("L", positive=True)


def grid(embedding: str, rate: str = "D0/h**2", **more: object) -> sd.JumpModel:
    jumps = [{"displacement": "1", "rate": rate}, {"displacement": "-1", "rate": "D0/h**2"}]
    return sd.JumpModel(parameters={"D0": "positive", "h": "positive", "L": "positive"}, coordinates=["n"], density="u",
                        embedding={"x": embedding}, jumps=jumps, scaling={"h": 1}, **more)  # fmt: skip


@pytest.mark.slow
def test_unknown_grid_has_the_stratonovich_form() -> None:
    limit = sd.derive(sd.load(str(DATA / "pd-stretched-grid.toml")))
    g, u = sp.Function("g")(x), sp.Function("u")(x, sp.Symbol("t", real=True))
    form = D0 * sp.diff(g * sp.diff(g * u, x), x)
    assert sp.expand(limit.equation.rhs.doit() - form) == 0
    assert sp.expand(limit.equation.rhs.doit() - D0 * sp.diff(g**2 * u, x, 2)) != 0
    assert any("slope of the grid" in a for a in limit.assumptions)
    with pytest.raises(NotYetError, match="higher orders"):
        sd.derive_all(sd.load(str(DATA / "pd-stretched-grid.toml")), order=5)


@pytest.mark.parametrize(
    ("embedding", "rate", "v", "D"),
    [
        ("L*exp(n*h)", "D0/h**2", D0 * x, D0 * x**2),
        ("L*exp(n*h) - L", "D0/h**2", D0 * (x + L), D0 * (x + L) ** 2),
        ("L*(n*h)**3", "D0/h**2", 6 * D0 * L ** sp.Rational(2, 3) * sp.cbrt(x), None),
        ("2*n*h", "D0/h**2 + L/h", 2 * L, 4 * D0),
        ("L*exp(n*h)", "D0/h**2 + n", D0 * x + x * sp.log(x / L), D0 * x**2),
    ],
)
def test_known_grids_against_itos_rule(embedding: str, rate: str, v: sp.Expr, D: sp.Expr | None) -> None:
    limit = sd.derive(grid(embedding, rate))
    point = {x: sp.Rational(7, 5), L: sp.Rational(3, 4), D0: sp.Rational(2, 3)}
    assert abs(sp.N((limit.coefficient("v") - v).subs(point))) < 1e-12
    if D is not None:
        assert sp.expand(limit.coefficient("D") - D) == 0


@pytest.mark.parametrize("embedding", ["L + h", "t*h", "n*h + exp(n*h)", "(n*h)**2"])
def test_grids_that_are_no_grid_are_refused(embedding: str) -> None:
    with pytest.raises((ModelError, NotYetError), match=r"place of a site|does not depend"):
        grid(embedding)


def growing(embedding: dict[str, str], **more: object) -> sd.JumpModel:
    sites = ["n", "m"][: len(embedding)]
    steps = [["1"], ["-1"]] if len(sites) == 1 else [["1", "0"], ["-1", "0"], ["0", "1"], ["0", "-1"]]
    jumps = {
        "displacements": steps,
        "probability" if "time_step" in more else "rate": "1/4" if "time_step" in more else "D0/h**2",
    }
    return sd.JumpModel(parameters={"D0": "positive", "h": "positive", "tau": "positive", "s": "real"}, coordinates=sites, density="u",
                        embedding=embedding, jumps=[jumps], **more)  # fmt: skip


def spread(limit: sd.ContinuumLimit, end: float, values: dict[str, float]) -> float:
    """<x^2> at a time, from d<x^2>/dt = 2 <x v> + 2 D with v = a x, by steps of Runge and Kutta."""
    t = sp.Symbol("t", real=True)

    def number(e: sp.Expr, time: float) -> float:
        return float(e.subs({z: values[z.name] for z in e.free_symbols if z.name in values}).subs(t, time))

    pull, D = sp.cancel(limit.coefficient("v") / x), limit.coefficient("D")
    total, steps = 0.0, 200
    for i in range(steps):
        dt, now = end / steps, i * end / steps
        slope = 2 * number(pull, now) * total + 2 * number(D, now)
        middle = total + dt / 2 * slope
        total += dt * (2 * number(pull, now + dt / 2) * middle + 2 * number(D, now + dt / 2))
    return total


def test_growing_grid_against_the_sites_it_carries() -> None:
    """By hand: x = n h e^(st) has <x^2> = e^(2st) <n^2> h^2, with <n^2> h^2 = 2 D0 t, or t h^2/(2 tau) in steps."""
    values = {"D0": 0.7, "s": 0.4, "h": 1.0, "tau": 0.05}
    end = 2.0
    right = sp.exp(0.8 * end) * 2 * 0.7 * end
    limit = sd.derive(growing({"x": "n*h*exp(s*t)"}))
    assert spread(limit, end, values) == pytest.approx(float(right), rel=1e-4)
    steps = sd.derive(growing({"x": "n*h*exp(s*t)"}, time_step="tau"), order=4)
    assert spread(steps, end, values) == pytest.approx(float(sp.exp(0.8 * end) * end / 0.1), rel=1e-4)
    still = sd.derive(growing({"x": "n*h"}))  # negative control
    assert spread(still, end, values) < 0.5 * right


def test_death_and_birth_of_single_walkers_on_a_growing_grid() -> None:
    """Per site and per unit of x alike: the walk of those that live, and the source by hand."""
    plain = sd.derive(growing({"x": "n*h*exp(s*t)"}))
    grown = sd.derive(
        growing(
            {"x": "n*h*exp(s*t)"},
            reactions=[{"rule": "u -> 3 u", "rate": "D0*x**2"}, {"rule": "u -> 0", "rate": "s**2"}],
        )
    )
    s = sp.Symbol("s", real=True)
    assert all(grown.coefficient(role) == plain.coefficient(role) for role in ("v", "D"))
    assert sp.expand(grown.coefficient("a_0") - 2 * D0 * x**2 + s**2) == 0
    assert grown.confirmation is not None


@pytest.mark.parametrize(("reaction", "reason"), [
    ({"rule": "2 u -> 0", "rate": "s"}, "single agents"), ({"rule": "u -> 2 u", "rate": "1 - u(x)"}, "single agents"),
    ({"consumes": ["u"], "produces": [{"state": "u", "displacement": ["1"]}], "rate": "D0"}, "single agents"),
    ({"rule": "0 -> u", "rate": "D0"}, "single agents")])  # fmt: skip
def test_reactions_that_know_the_number_on_a_site_are_refused_on_grids(reaction: dict, reason: str) -> None:
    with pytest.raises(NotYetError, match=reason):
        growing({"x": "n*h*exp(s*t)"}, reactions=[reaction])


def test_a_place_is_not_named_like_its_site() -> None:
    with pytest.raises(ModelError, match="number of a site"):
        sd.JumpModel(parameters={"h": "positive"}, coordinates=["x"], embedding={"x": "n*h"},
                     jumps=[{"displacements": [["1"], ["-1"]], "rate": "1"}])  # fmt: skip


@pytest.mark.slow
def test_unknown_growth_against_a_known_one() -> None:
    t, symbols = sp.Symbol("t", real=True), {"f": ["q", "t"]}
    models = (
        growing({"x": "(1 + t)*sinh(n*h)"}, scaling={"h": 1}),
        growing({"x": "f(n*h, t)"}, scaling={"h": 1}, functions=symbols),
    )
    known, open_ = (derive_regime(m, m.regimes[0]) for m in models)
    put = {"g": (1 + t) * sp.cosh(sp.asinh(x / (1 + t))), "w": x / (1 + t)}
    for role in ("v", "D"):
        value = open_.coefficient(role)
        for name, body in put.items():
            value = value.subs(sp.Function(name)(x, t), body)
        point = {x: sp.Rational(7, 5), t: sp.Rational(1, 3), D0: 2}
        assert abs(sp.N((value.doit() - known.coefficient(role)).subs(point))) < 1e-12
    assert any("velocity of the grid" in a for a in open_.assumptions)


def test_growing_rectangle_grows_along_each_axis() -> None:
    model = growing({"x": "n*h*exp(s*t)", "y": "m*h*(1 + t)"})
    right = r"u_t = D_0 e^{2 s t} u_{xx} + D_0 (1 + t)^2 u_{yy} - s \partial_x(x u) - \frac{1}{1 + t} \partial_y(y u)"
    assert sd.check(model, right).verdict == "proved"
    assert sd.check(model, right.replace("(1 + t)^2", "(1 + t)")).verdict == "refuted"
    found = sd.verify(model, tier="exact")
    assert found.passed is True
    assert all(r.negative_control.rejected for r in found.tiers if r.applies)
