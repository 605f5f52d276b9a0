"""Modified equations of difference schemes against the literature, and what stands beside a stated master equation.

Sources: R. F. Warming and B. J. Hyett, J. Comput. Phys. 14 (1974) 159 (the method; its tables from memory); every expected value
was worked out again by hand from the dispersion relation.
"""

from __future__ import annotations

import pytest
import sympy as sp

import symdiff as sd
from symdiff.errors import ModelError, NotYetError, SymdiffError

h, tau, c, D0, g = sp.symbols("h tau c D0 g", positive=True)
NU = "(c*tau/h)"
SECOND = "(u(x + h, {0}) - 2*u(x, {0}) + u(x - h, {0}))"


def _scheme(equation: str, **more: object) -> sd.JumpModel:
    names = dict.fromkeys(("h", "tau", "c", "D0", "g"), "positive")
    return sd.JumpModel(parameters=names, coordinates=["x"], density="u", model={"master_equation": equation}, **more)


def _same(found: sp.Expr, expected: sp.Expr) -> bool:
    known = {s.name: s for s in (h, tau, c, D0, g)}
    return bool(sp.cancel(found.xreplace({s: known[s.name] for s in found.free_symbols}) - expected) == 0)


n = c * tau / h
SCHEMES = {
    "Crank-Nicolson": (f"u(x, t + tau) - u(x, t) = D0*tau/(2*h**2)*({SECOND.format('t')} + {SECOND.format('t + tau')})", 6,
        {"D": D0, "a_4": D0 * h**2 / 12, "a_6": D0 * h**4 / 360 + D0**3 * tau**2 / 12}),
    "BDF2": (f"3*u(x, t + tau) - 4*u(x, t) + u(x, t - tau) = 2*tau*D0/h**2*{SECOND.format('t + tau')}", 6,
        {"D": D0, "a_4": D0 * h**2 / 12, "a_6": D0 * h**4 / 360 + D0**3 * tau**2 / 3}),
    "Du Fort-Frankel": ("u(x, t + tau) - u(x, t - tau) = 2*tau*D0/h**2*(u(x + h, t) - u(x, t + tau) - u(x, t - tau) + u(x - h, t))", 4,
        {"D": D0, "a_4": D0 * h**2 / 12 - D0**3 * tau**2 / h**2}),
    "leapfrog": ("u(x, t + tau) - u(x, t - tau) = -c*tau/h*(u(x + h, t) - u(x - h, t))", 3,
        {"v": c, "D": 0, "a_3": -c * h**2 / 6 * (1 - n**2)}),
    "implicit upwind": ("u(x, t + tau) - u(x, t) = -c*tau/h*(u(x, t + tau) - u(x - h, t + tau))", 2,
        {"v": c, "D": c * h / 2 * (1 + n)}),
    "Beam-Warming": (f"u(x, t + tau) = u(x, t) - {NU}/2*(3*u(x, t) - 4*u(x - h, t) + u(x - 2*h, t)) "
                     f"+ {NU}**2/2*(u(x, t) - 2*u(x - h, t) + u(x - 2*h, t))", 3,
        {"v": c, "D": 0, "a_3": c * h**2 / 6 * (1 - n) * (2 - n)}),
    "box": (f"u(x + h, t + tau) + u(x, t + tau) - u(x + h, t) - u(x, t) + {NU}*(u(x + h, t + tau) - u(x, t + tau) + u(x + h, t) - u(x, t)) = 0", 3,
        {"v": c, "D": 0, "a_3": c * h**2 / 12 * (1 - n**2)}),
    "Crandall": (f"u(x + h, t + tau) + 10*u(x, t + tau) + u(x - h, t + tau) - u(x + h, t) - 10*u(x, t) - u(x - h, t) "
                 f"= 6*D0*tau/h**2*({SECOND.format('t + tau')} + {SECOND.format('t')})", 4,
        {"D": D0, "a_4": 0}),
}  # fmt: skip


@pytest.mark.parametrize("name", SCHEMES)
def test_modified_equation_against_the_literature(name: str) -> None:
    equation, order, expected = SCHEMES[name]
    limit = sd.derive(_scheme(equation), order=order)
    assert all(_same(limit.coefficient(key), sp.sympify(value)) for key, value in expected.items())
    wrong = {key: 2 * value + 1 for key, value in expected.items()}
    assert not any(_same(limit.coefficient(key), sp.sympify(value)) for key, value in wrong.items())


WAVE = "(u(x, t + tau) - 2*u(x, t) + u(x, t - tau))/tau**2 = c**2/h**2*" + SECOND.format("t")
FRANKEL = SCHEMES["Du Fort-Frankel"][0]


def test_wave_scheme_against_its_dispersion_relation() -> None:
    limit = sd.derive(_scheme(WAVE), order=4)  # sin^2(omega tau/2)/tau^2 = c^2 sin^2(k h/2)/h^2
    assert _same(limit.coefficient("c2"), c**2)
    assert _same(limit.coefficient("damping_rate"), sp.Integer(0))
    k = sp.Symbol("k", positive=True)
    exact = 2 / tau * sp.asin(c * tau / h * sp.sin(k * h / 2))
    square = sp.series(exact**2, k, 0, 6).removeO()  # omega^2 = c^2 k^2 - a_4 k^4
    shown = next(t for t in limit.equation.right if t.space == (4,))
    assert _same(shown.coefficient, sp.expand(-square.coeff(k, 4)))


def test_du_fort_frankel_at_a_fixed_ratio_of_the_steps_is_a_telegraph() -> None:
    model = _scheme(FRANKEL, scaling={"name": "hyperbolic", "h": 1, "tau": 1})
    limit = sd.derive(model)
    assert _same(limit.coefficient("c2"), h**2 / tau**2)
    assert _same(limit.coefficient("damping_rate"), h**2 / (D0 * tau**2))
    for factor, verdict in (("", "proved"), ("2 ", "refuted")):
        claim = rf"u_{{tt}} + \frac{{h^2}}{{D_0 \tau^2}} u_t = \frac{{{factor}h^2}}{{\tau^2}} u_{{xx}}"
        assert sd.check(model, claim, regime="hyperbolic").verdict == verdict


def test_damped_wave_scheme_has_its_regimes() -> None:
    equation = WAVE.replace(" = ", " + g*(u(x, t + tau) - u(x, t - tau))/(2*tau) = ")
    assert _same(sd.derive(_scheme(equation)).coefficient("D"), c**2 / g)  # one slow branch: long waves
    fine = sd.derive(_scheme(equation, scaling={"name": "fine", "h": 1, "tau": 1}))
    assert _same(fine.coefficient("damping_rate"), g)


@pytest.mark.parametrize(
    "key", ["occupancy", "rod_length", "origin", "spacing", "rate", "site_rate", "lattice_constant", "scaled"]
)
def test_nothing_beside_a_master_equation_is_ignored(key: str) -> None:
    head = {"master_equation": WAVE, key: ["h/2"] if key in ("origin", "scaled") else "2"}
    with pytest.raises(SymdiffError, match=f"'{key}' stands beside a master equation"):
        sd.JumpModel(
            parameters={"h": "positive", "tau": "positive", "c": "positive"}, coordinates=["x"], density="u", model=head
        )


NAMES = dict.fromkeys(("h", "a", "b", "k"), "positive") | {"tau": "positive", "p": "probability"}
PERSISTENT = [
    "u(x, t + tau) = p*u(x - h, t) + (1 - p)*v(x - h, t)",
    "v(x, t + tau) = p*v(x + h, t) + (1 - p)*u(x + h, t)",
]


def several(equations, **more):
    return sd.JumpModel(parameters=NAMES, coordinates=["x"], master_equation=equations, **more)


@pytest.mark.parametrize(
    ("equations", "more", "jumps", "reactions"),
    [(PERSISTENT, {"time_step": "tau"}, [("u", "u", "h", "p"), ("v", "u", "h", "1 - p"), ("v", "v", "-h", "p"), ("u", "v", "-h", "1 - p")], []),
     (["Derivative(u(x, t), t) = f(x - h)*u(x - h, t) - f(x)*u(x, t) - k*u(x, t) + b*v(x, t)", "Derivative(v(x, t), t) = k*u(x, t) - b*v(x, t) - a*v(x, t)"],
      {"functions": {"f": ["x"]}}, [("u", "u", "h", "f(x)"), ("v", "u", "0", "b"), ("u", "v", "0", "k")], [("v", [], "a")]),
     (["(u(x, t + tau) - u(x, t))/tau = a*(u(x - h, t) - u(x, t)) + b*v(x, t) - k*u(x, t)", "(v(x, t + tau) - v(x, t))/tau = k*u(x, t) - b*v(x, t)"],
      {"time_step": "tau"}, [("u", "u", "h", "a*tau"), ("v", "u", "0", "b*tau"), ("u", "v", "0", "k*tau")], [])],
)  # fmt: skip
def test_master_equations_of_several_densities_vs_their_jumps(equations, more, jumps, reactions):
    functions = {k: v for k, v in more.items() if k == "functions"}
    key = "probability" if "time_step" in more else "rate"
    stated = sd.JumpModel(parameters=NAMES, coordinates=["x"], states=["u", "v"], **more,
                          jumps=[{"from": i, "to": j, "displacement": r, key: w} for i, j, r, w in jumps],
                          reactions=[{"consumes": [s], "produces": made, "rate": w} for s, made, w in reactions])  # fmt: skip
    read = several(equations, **functions)

    def of(model):
        return sorted(str((j.source, j.target, j.displacement, sp.factor(j.intensity))) for j in model.jumps)

    assert of(read) == of(stated)
    assert [(r.consumes, r.produces, r.intensity) for r in read.crowd.reactions] == [
        (r.consumes, r.produces, r.intensity) for r in stated.crowd.reactions
    ]
    assert read.time_step == stated.time_step


@pytest.mark.parametrize(
    ("equations", "why"),
    [([PERSISTENT[0], PERSISTENT[0]], "two equations for u"), (PERSISTENT[:1] * 2, "two equations"),
     ([PERSISTENT[0], PERSISTENT[1].replace("u(x + h, t)", "u(x + h, t)*v(x, t)")], "product of densities"),
     ([PERSISTENT[0], PERSISTENT[1].replace("u(x + h, t)", "u(x + h, t + tau)")], "holds all of them at the time t"),
     ([PERSISTENT[0], PERSISTENT[1].replace("t + tau", "t + 2*tau")], "share one time step"),
     ([PERSISTENT[0], "v(x, t + tau) = Derivative(u(x, t), x)"], "derivatives in space"), ([PERSISTENT[0], "v(x, t + tau) = v(t, x)"], "shifted place")],
)  # fmt: skip
def test_master_equations_of_several_densities_are_refused_with_the_reason(equations, why):
    with pytest.raises((ModelError, NotYetError), match=why):
        several(equations)


def test_decay_that_is_slow_beside_the_time_step_is_kept_and_one_that_is_not_is_refused() -> None:
    """By hand: log(1 - g tau)/tau = -g - g^2 tau/2 - ...; a share g of all that dies in every step leaves no slow equation."""
    steps = f"u(x, t + tau) = u(x, t) + D0*tau/h**2*{SECOND.format('t')} - {{}}*u(x, t)"
    scaling = {"name": "stated", "h": 1, "tau": 2}
    limit = sd.derive(_scheme(steps.format("g*tau"), scaling=scaling))
    assert _same(limit.coefficient("a_0"), -g)
    assert _same(limit.coefficient("D"), D0)
    assert any(_same(t.coefficient, -(g**2) * tau / 2) for t in limit.discarded[0].terms)
    with pytest.raises(SymdiffError, match="does not stay"):
        sd.derive(_scheme(steps.format("g"), scaling=scaling))
