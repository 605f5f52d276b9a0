"""Walks that are put back to a fixed place: equation, gain, observables, claims, counts, cross-check, refusals.

References are brute force (matrices over a stretch of sites), results worked by hand, and Evans, Majumdar and Schehr, J. Phys. A 53
(2020) 193001.
"""

from __future__ import annotations

from typing import Any

import mpmath
import numpy as np
import pytest
import sympy as sp

import symdiff as sd
from symdiff.continuum import resetting
from symdiff.continuum.derive import derive_all, derive_regime
from symdiff.continuum.limit import ContinuumLimit
from symdiff.continuum.observables.catalogue import observable
from symdiff.continuum.regimes import LONG_WAVE
from symdiff.dossier.counts import CountRequest, count_model
from symdiff.errors import DerivationError, InternalFaultError, NotYetError, SymdiffError
from symdiff.model.jump_model import JumpModel, ObservableStatement
from symdiff.model.loading import load_text, to_toml

PARAMETERS = {"h": "positive", "D": "positive", "r": "positive", "v": "real", "x0": "positive", "tau": "positive",
              "rho": "probability", "p": "probability"}  # fmt: skip
BACK = {"destination": ["x0"], "rate": "r"}
SCALING = [{"name": "lattice", "h": 1}]


def walk(*more: dict[str, Any], **keys: Any) -> JumpModel:
    """Diffusion with drift on a lattice in continuous time."""
    hops = [{"displacement": "h", "rate": "D/h**2 + v/(2*h)"}, {"displacement": "-h", "rate": "D/h**2 - v/(2*h)"}]
    return JumpModel(parameters=PARAMETERS, coordinates=["x"], jumps=[*hops, *(more or (BACK,))],
                     **({"regimes": SCALING} | keys))  # fmt: skip


def stepping(**keys: Any) -> JumpModel:
    """A biased walk in discrete time, put back with the chance rho at every step."""
    hops = [
        {"displacement": "h", "probability": "p*(1 - rho)"},
        {"displacement": "-h", "probability": "(1 - p)*(1 - rho)"},
    ]
    return JumpModel(parameters=PARAMETERS, coordinates=["x"], time_step="tau",
                     jumps=[*hops, {"destination": ["x0"], "probability": "rho"}], **keys)  # fmt: skip


def asked(model: JumpModel, kind: str, of: str | None = None, limit: ContinuumLimit | None = None, **more: Any) -> Any:
    """An observable's lattice form and that of one limit."""
    expression = None if of is None else sp.sympify(of, locals={"x": sp.Symbol("x", real=True)})
    limits = () if limit is None else (limit,)
    found = observable(model, limits, ObservableStatement("o", kind, expression, **more))
    return found.lattice, dict(found.equation).get(limit.regime.name) if limit is not None else None


def number(value: sp.Expr, **values: Any) -> float:
    return float(sp.N(value.subs({s: values[s.name] for s in value.free_symbols}), 30))


def verdicts(model: JumpModel, *claims: str) -> list[str]:
    return [sd.check(model, c).verdict for c in claims]


def test_the_equation_has_the_loss_and_the_gain_at_the_place() -> None:
    limit = derive_regime(walk(), walk().regimes[0])
    x, t = sp.Symbol("x", real=True), sp.Symbol("t", real=True)
    p = sp.Function("P")(x, t)
    D, r, v, x0 = (walk().parameter(n).symbol for n in ("D", "r", "v", "x0"))
    expected = D * sp.Derivative(p, (x, 2)) - v * sp.Derivative(p, x) - r * p + r * sp.DiracDelta(x - x0)
    assert sp.expand(limit.equation.rhs - expected) == 0
    assert limit.growth_rate is None
    assert dict(limit.coefficients)["source"] == r * sp.DiracDelta(x - x0)
    f = sp.Function("f")
    assert limit.backward[1].coeff(f(x0, t)) == r
    assert sd.from_json(limit.to_json()) == limit


def test_a_rate_that_depends_on_place_gives_an_integral_over_all_walkers() -> None:
    model = walk({"destination": ["x0"], "rate": "k(x)"}, functions={"k": ["x"]})
    limit = derive_regime(model, LONG_WAVE)
    (gain,) = (t.coefficient for t in limit.equation.right if not t.density)
    assert gain.atoms(sp.Integral)
    assert verdicts(model, r"P_t = D P_{xx} - v P_x - k(x) P + \delta(x-x_0)\int_{-\infty}^\infty k(y) P(y,t) dy",
                    r"P_t = D P_{xx} - v P_x - k(x) P + \delta(x-x_0)\int_{-\infty}^\infty 2 k(y) P(y,t) dy",
                    r"P_t = D P_{xx} - v P_x - k(x) P + k(x) \delta(x-x_0)") == ["proved", "refuted", "undecided"]  # fmt: skip


@pytest.mark.parametrize(
    ("claim", "verdict"),
    [
        (r"P_t = D P_{xx} - v P_x - r P + r \delta(x - x_0)", "proved"),
        (r"P_t = D P_{xx} - v P_x - r P + r \delta(x_0 - x)", "proved"),
        (r"P_t = D P_{xx} - v P_x - r P + r \delta(x-x_0)\int_{-\infty}^{\infty} P(y,t) dy", "proved"),
        (r"P_t = D P_{xx} - v P_x - r P", "refuted"),
        (r"P_t = D P_{xx} - v P_x + r \delta(x - x_0)", "refuted"),
        (r"P_t = D P_{xx} - v P_x - r P + r \delta(x)", "refuted"),
        (r"P_t = D P_{xx} - v P_x - r P + 2 r \delta(x - x_0)", "refuted"),
        (r"P_t = \frac{D}{2} P_{xx} - v P_x - r P + r \delta(x - x_0)", "refuted"),
        (r"P_t = D P_{xx} - v P_x - r P + r \partial_x \delta(x - x_0)", "refuted"),
    ],
)
def test_claims_about_the_equation(claim: str, verdict: str) -> None:
    assert verdicts(walk(), claim) == [verdict]


def test_claims_in_the_found_regime_of_rare_resets() -> None:
    """Resets are rare and drift leads: diffusion is of the next order, and a claim that writes it still holds."""
    model = JumpModel(
        parameters=PARAMETERS, coordinates=["x"], states=[{"diffusivity": "D", "velocity": "v"}], jumps=[BACK]
    )
    assert [limit.regime.name for limit in sd.derive_all(model)] == ["long-wave", "hyperbolic", "diffusive"]
    for claim, verdict in (
        (r"P_t = D P_{xx} - v P_x - r P + r \delta(x - x_0)", "proved"),
        (r"P_t = - v P_x - r P + r \delta(x - x_0)", "conditional"),
        (r"P_t = 2 D P_{xx} - v P_x - r P + r \delta(x - x_0)", "refuted"),
        (r"P_t = D P_{xx} - v P_x - r P + 2 r \delta(x - x_0)", "refuted"),
    ):
        assert verdicts(model, claim) == [verdict], claim


def test_in_discrete_time_the_gain_has_derivatives_that_make_the_moments_exact() -> None:
    """Second moment of the law after many steps, by hand: (1 - rho) sigma^2/rho about x0 for p = 1/2."""
    model = stepping().substitute({"p": sp.Rational(1, 2)})
    limit = derive_regime(model, LONG_WAVE)
    kernel = dict(limit.resets[0].kernel)
    rho, h = model.parameter("rho").symbol, model.parameter("h").symbol
    loss = -sp.log(1 - rho)
    by_hand = h**2 / 2 * (-1 + loss * (1 - rho) / rho) / loss
    assert abs(number(kernel[(2,)] - by_hand, rho=0.3, h=1.7)) < 1e-15
    total = loss * 2 * number(kernel[(2,)], rho=0.3, h=1.7) + 1.7**2  # d_t <x^2> = 0 in the stationary law
    assert abs(number(total / loss, rho=0.3) - 0.7 * 1.7**2 / 0.3) < 1e-12
    assert abs(number(asked(model, "stationary_moment", "x**2")[0], rho=0.3, h=1.7, x0=0) - 0.7 * 1.7**2 / 0.3) < 1e-12


def test_a_wrong_gain_is_caught_by_the_second_route(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = resetting._kernel
    monkeypatch.setattr(
        resetting, "_kernel", lambda m, x: tuple((s, c * sp.Rational(101, 100)) for s, c in honest(m, x))
    )
    with pytest.raises(InternalFaultError, match="gain"):
        derive_regime(stepping(), LONG_WAVE)
    monkeypatch.undo()
    honest_source = resetting._source
    monkeypatch.setattr(resetting, "_source", lambda m, j, w, *a: honest_source(m, j, w / 2, *a))
    with pytest.raises(InternalFaultError, match="not what comes back"):
        derive_regime(walk(), LONG_WAVE)


def test_textbook_vectors_of_moments() -> None:
    """Entries re-variance (start at x0, no drift) and re-resetting-drift (to the origin) of the textbook list."""
    still = walk(initial={"position": ["x0"]}).substitute({"v": sp.Integer(0)})
    limit = derive_regime(still, LONG_WAVE)
    for value in asked(still, "variance", "x", limit):
        assert (
            abs(
                number(value, D=sp.Rational(7, 10), r=sp.Rational(1, 2), t=sp.Rational(13, 10), x0=1, h=1)
                - 1.3382718250691550659
            )
            < 1e-14
        )
    origin = walk({"destination": ["0"], "rate": "r"})
    values = {"D": 0.7, "r": 0.5, "v": 0.9, "h": 0.3}
    mean, square = (
        number(asked(origin, "stationary_moment", f, derive_regime(origin, LONG_WAVE))[1], **values)
        for f in ("x", "x**2")
    )
    assert mean == pytest.approx(1.8)
    assert square - mean**2 == pytest.approx(6.04)


def chain(up: float, down: float, rate: float, size: int, origin: int) -> Any:
    """The rates (or chances) [to, from] of a walk on 0..size-1 that is put back to ``origin``; walkers leave at both ends."""
    matrix = np.diag([down] * (size - 1), 1) + np.diag([up] * (size - 1), -1) - (up + down + rate) * np.eye(size)
    matrix[origin] += rate
    return matrix


def test_stationary_laws_and_first_passage_against_matrices() -> None:
    up, down, rate, origin = 1.3, 0.8, 0.4, 150
    matrix = chain(up, down, rate, 301, origin)
    law = np.linalg.solve(matrix - np.ones((301, 301)), -np.ones(301))  # M p = 0 with the sum 1
    model = walk({"destination": ["0"], "rate": "r"})
    values = {"D": (up + down) / 2, "v": up - down, "h": 1, "r": rate}
    found = asked(model, "stationary_density")[0]
    for n in (-3, 0, 4):
        assert number(found, x=n, **values) == pytest.approx(law[origin + n], rel=1e-9)
    times = np.linalg.solve(chain(up, down, rate, 7, 4).T, -np.ones(7))  # sites 1..7 between 0 and 8, put back to 5
    inside = walk({"destination": ["5*h"], "rate": "r"}, boundaries=[{"domain": "0 < x < 8*h", "kind": "absorbing"}])
    exit_time = asked(inside, "mean_exit_time")[0]
    assert [number(exit_time, x=n, **values) for n in (1, 5, 7)] == pytest.approx(
        [times[0], times[4], times[6]], rel=1e-9
    )


def test_the_mean_first_passage_of_a_diffusion_is_the_known_one() -> None:
    model = walk(boundaries=[{"domain": "x > 0", "kind": "absorbing"}], initial={"position": ["x0"]}).substitute(
        {"v": sp.Integer(0)}
    )
    limit = derive_regime(model, model.regimes[0])
    lattice, equation = asked(model, "mean_exit_time", limit=limit)
    values = {"D": sp.Rational(7, 10), "r": sp.Rational(1, 2), "x0": 2, "h": sp.Rational(1, 1000)}
    known = (mpmath.exp(mpmath.sqrt(mpmath.mpf(5) / 7) * 2) - 1) * 2
    assert number(equation, **values) == pytest.approx(float(known), rel=1e-12)
    assert number(lattice, **values) == pytest.approx(float(known), rel=1e-5)


def test_laplace_law_and_propagator_add_up() -> None:
    model = walk()
    limit = derive_regime(model, LONG_WAVE)
    density = asked(model, "stationary_density", limit=limit)[1]
    x, r, D = sp.Symbol("x", real=True), *(model.parameter(n).symbol for n in "rD")
    at_rest = density.subs(model.parameter("v").symbol, 0)
    assert (
        sp.expand(at_rest - sp.sqrt(r / D) / 2 * sp.exp(-sp.sqrt(r / D) * sp.Abs(x - model.parameter("x0").symbol)))
        == 0
    )
    law = asked(model, "propagator", limit=limit)[1]
    values = {"D": 0.7, "r": 0.5, "v": 0.9, "x0": 0.4, "t": 40}
    point = law.subs({s: values[s.name] for s in law.free_symbols if s.name in values}).subs(x, 1)
    integral = point.atoms(sp.Integral).pop()
    integrand = sp.lambdify(integral.variables[0], integral.function, "mpmath")
    late = float(mpmath.quad(integrand, [1e-9, 0.1, 1, 5, 40])) * 0.5
    assert late == pytest.approx(number(density, x=1, **values), rel=1e-4)


def test_states_that_relax_keep_a_gain_and_faster_ones_only_the_system() -> None:
    text = """
[parameters]
v = "positive"
alpha = "positive"
r = "positive"
[model]
coordinates = ["x"]
[[states]]
name = "right"
velocity = "v"
[[states]]
name = "left"
velocity = "-v"
[[jumps]]
from = "right"
to = "left"
rate = "alpha"
[[jumps]]
from = "left"
to = "right"
rate = "alpha"
[[jumps]]
destination = ["0"]
rate = "r"
[[regimes]]
name = "rare"
v = -1
alpha = -2
[[regimes]]
name = "telegraph"
x = 0
v = 0
"""
    model = load_text(text)
    rare, telegraph, long_wave = derive_all(model)
    assert verdicts(model, r"P_t = \frac{v^2}{2\alpha} P_{xx} - r P + r \delta(x)") == [
        "conditional"
    ]  # in the regime rare
    assert rare.equation is not None
    assert telegraph.equation is None
    assert len(telegraph.resets) == 2
    assert long_wave.equation is None
    assert "relax" in long_wave.closure.why
    exact, from_system = asked(model, "stationary_moment", "x**2", telegraph)
    assert sp.cancel(exact - from_system) == 0  # by hand: 2 v^2/(r (r + 2 alpha))
    assert number(exact, v=2, r=3, alpha=5) == pytest.approx(2 * 4 / (3 * 13))


def test_counts_with_jumps_to_a_site() -> None:
    """Two steps from 0 with hops by one and a jump to 2: nine walks; probabilities by hand at p = 1/3, rho = 1/4."""
    settings = {"x0": 2, "h": 1, "p": sp.Rational(1, 3), "rho": sp.Rational(1, 4)}
    model = stepping().substitute({n: sp.sympify(v) for n, v in settings.items()})
    found = count_model(model, CountRequest(2))
    assert found.to_dict() == {(-2,): 1, (0,): 2, (1,): 1, (2,): 4, (3,): 1}
    assert found.total == 9
    assert found.probability((2,)) == sp.Rational(5, 16)  # 1/16 by two hops, 1/4 by the last jump
    with pytest.raises(NotYetError, match="first visits"):
        count_model(model, CountRequest(2, kind="first-return"))
    with pytest.raises(SymdiffError, match="is no site"):
        count_model(stepping(), CountRequest(2))


@pytest.mark.parametrize("model", [walk(), stepping()], ids=["continuous", "discrete"])
def test_the_cross_check_passes_and_its_controls_fail(model: JumpModel) -> None:
    evidence = sd.verify(model, seed=1)
    assert evidence.passed
    applied = [t for t in evidence.tiers if t.applies]
    assert {t.tier for t in applied} == {"exact", "simulation"}
    assert all(t.negative_control.rejected for t in applied)


def test_the_file_form_keeps_destinations() -> None:
    model = walk()
    assert load_text(to_toml(model)) == model
    assert model.substitute({"x0": sp.Integer(3)}).resets[0].destination == (3,)


@pytest.mark.parametrize(
    ("jump", "error", "match"),
    [
        ({"destination": ["x0"], "displacement": "h", "rate": "r"}, SymdiffError, "second time"),
        ({"destination": ["x + h"], "rate": "r"}, SymdiffError, "one fixed place"),
        ({"destination": ["x0", "0"], "rate": "r"}, SymdiffError, "2 entries"),
        ({"destination": ["x0"], "rate": "r", "where": "x < 0"}, NotYetError, "where"),
        ({"destination": ["x0"], "rate": "r", "distribution": "normal"}, SymdiffError, "second time"),
        ({"destination": ["x0"], "rate": "-r"}, SymdiffError, "negative"),
        ({"destination": ["x0"]}, SymdiffError, "neither probability nor rate"),
    ],
)
def test_statements_that_make_no_sense_are_refused(jump: dict[str, Any], error: type, match: str) -> None:
    with pytest.raises(error, match=match):
        walk(jump)


def test_resetting_of_order_one_that_depends_on_place_asks_for_a_scaling() -> None:
    model = JumpModel(parameters={"h": "positive", "tau": "positive"}, functions={"q": ["x"]}, coordinates=["x"], time_step="tau",
                      jumps=[{"displacements": [["h"], ["-h"]], "probability": "(1 - q(x))/2"}, {"destination": ["0"], "probability": "q(x)"}])  # fmt: skip
    with pytest.raises(DerivationError, match="order one"):
        derive_regime(model, LONG_WAVE)


PLANE = """[parameters]
v0 = "positive"
w = "positive"
r = "positive"
[model]
coordinates = ["x", "y"]
[[internal]]
name = "u"
domain = "direction"
diffusivity = "w"
[[states]]
velocity = ["v0*u_x", "v0*u_y"]
[[jumps]]
destination = ["0", "0"]
rate = "RATE"
[scaling]
x = -1
y = -1
t = -2
r = 2
[[observables]]
name = "M"
kind = "stationary_moment"
of = "x**2"
"""


def test_an_active_particle_that_is_reset() -> None:
    """<x^2> = int r e^(-r t) (v0/w)^2 (w t - 1 + e^(-w t)) dt = v0^2/(r (r + w)), from the mean square of a free particle."""
    model = load_text(PLANE.replace("RATE", "r"), "m.toml")
    limit = derive_regime(model, model.regimes[0])
    v0, w, r = (model.parameter(n).symbol for n in ("v0", "w", "r"))
    assert limit.coefficient("D_xx") == v0**2 / (2 * w)
    assert [s.weight for s in limit.resets] == [r]
    exact = observable(model, (), model.observables[0]).lattice
    assert sp.cancel(exact - v0**2 / (r * (r + w))) == 0
    kept = observable(model, (limit,), model.observables[0]).equation[0][1]
    # the equation's v0^2/(r w) is off by r/w, two powers of eps, and so is its remainder
    assert sp.cancel(kept / exact - 1 - r / w) == 0
    assert limit.remainder_power == 4
    with pytest.raises(DerivationError, match="never leave"):  # of an exit nobody has said where it is
        asked(model, "mean_exit_time", limit=limit)


def test_who_is_put_back_by_his_direction_changes_the_equation_one_power_earlier() -> None:
    model = load_text(PLANE.replace("RATE", "r*(1 + u_x)"), "m.toml")
    assert derive_regime(model, model.regimes[0]).remainder_power == 3


def test_relaxing_into_one_state_vs_an_unchanged_one() -> None:
    """Put back into the right-moving state the mean place is x0 + v/(r + 2 g) (one power of eps); kept as he is, x0."""
    states = [{"name": "right", "velocity": "v"}, {"name": "left", "velocity": "-v"}]
    turns = [{"from": a, "to": b, "rate": "D"} for a, b in (("right", "left"), ("left", "right"))]
    scaling = [{"name": "slow", "x": -1, "t": -2, "r": 2}]
    for more, power in (({}, 4), ({"to": "right"}, 3)):
        model = JumpModel(
            parameters=PARAMETERS, coordinates=["x"], states=states, jumps=[*turns, BACK | more], regimes=scaling
        )
        assert derive_regime(model, model.regimes[0]).remainder_power == power
