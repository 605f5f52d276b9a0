"""Results worked by hand or taken from the literature, against what is derived.

Sources: Codling, Plank and Benhamou (2008), J. R. Soc. Interface 5, for biased and persistent walks; Gardiner, Handbook
of Stochastic Methods, for Kramers-Moyal forms; Metzler and Klafter (2000), Phys. Rep. 339, for heavy tails; the others
follow in a line or two from cumulants of one step and are worked in the comments.
"""

from __future__ import annotations

import pytest
import sympy as sp

import symdiff as sd
from symdiff.continuum.derive import derive_regime
from symdiff.continuum.regimes import LONG_WAVE
from symdiff.errors import DerivationError
from symdiff.model.jump_model import JumpModel
from walks import line, stored

x = sp.Symbol("x", real=True)
t = sp.Symbol("t", real=True)
h, tau, ell, kT = (sp.Symbol(n, positive=True) for n in ("h", "tau", "ell", "kT"))
p, w, r = (sp.Symbol(n, nonnegative=True) for n in "pwr")
P = sp.Function("P")(x, t)
D, V, b = (sp.Function(n) for n in "DVb")


def same(found: sp.Expr, expected: sp.Expr) -> bool:
    return sp.expand(sp.cancel(sp.together(sp.expand(found - expected)))) == 0


def long_wave(model: JumpModel, order: int | None = None):
    return derive_regime(model, LONG_WAVE, order)


def in_plain_form(expression: sp.Expr) -> sp.Expr:
    return sp.expand(expression.doit())


def test_simple_walk_to_sixth_order() -> None:
    """log cos(k ell) = -k^2/2 - k^4/12 - k^6/45: cumulants, not raw moments."""
    limit = long_wave(line({"h": "1/2", "-h": "1/2"}), 6)
    assert same(limit.coefficient("D"), h**2 / (2 * tau))
    assert same(limit.coefficient("a_4"), -(h**4) / (12 * tau))
    assert same(limit.coefficient("a_6"), h**6 / (45 * tau))


def test_fixed_bias_keeps_the_variance_of_one_step() -> None:
    model = sd.load("biased_walk")
    limit = long_wave(model, 3)
    assert same(limit.coefficient("v"), (2 * p - 1) * ell / tau)
    assert same(limit.coefficient("D"), 2 * p * (1 - p) * ell**2 / tau)
    assert same(limit.coefficient("a_3"), -4 * p * (1 - p) * (1 - 2 * p) * ell**3 / (3 * tau))
    assert not same(limit.coefficient("D"), ell**2 / (2 * tau))


def test_weak_bias_keeps_the_raw_second_moment() -> None:
    limit = sd.derive(sd.load("biased_walk"))
    assert limit.regime.name == "diffusive"
    assert same(limit.coefficient("D"), ell**2 / (2 * tau))
    assert same(limit.coefficient("v"), (2 * p - 1) * ell / tau)


def test_continuous_time_keeps_the_raw_second_moment() -> None:
    limit = long_wave(stored("biased-rates"))
    a, c = sp.Symbol("a", positive=True), sp.Symbol("b", positive=True)
    assert same(limit.coefficient("D"), (a + c) * h**2 / 2)
    assert same(limit.coefficient("v"), (a - c) * h)


def test_lazy_walk_of_unequal_steps() -> None:
    """One step: 2h with p, -h with q: mean (2p - q)h, second moment (4p + q)h^2, variance less the square of the mean."""
    p_, q = sp.Symbol("p", positive=True), sp.Symbol("q", positive=True)
    limit = long_wave(stored("lazy-asymmetric"))
    assert same(limit.coefficient("v"), (2 * p_ - q) * h / tau)
    assert same(limit.coefficient("D"), ((4 * p_ + q) - (2 * p_ - q) ** 2) * h**2 / (2 * tau))


def test_persistent_walk_at_fixed_p_and_its_reduction() -> None:
    model = sd.load("persistent_walk")
    limit = long_wave(model)
    assert same(limit.coefficient("D"), ell**2 / (2 * tau) * p / (1 - p))
    half = limit.coefficient("D").subs(p, sp.Rational(1, 2))
    assert same(half, ell**2 / (2 * tau))
    assert [share for _, share in limit.local_equilibrium] == [sp.Rational(1, 2)] * 2


def test_persistent_walk_where_reversals_are_rare() -> None:
    limit = sd.derive(sd.load("persistent_walk"), "telegraph")
    assert same(limit.coefficient("damping_rate"), 2 * (1 - p) / tau)
    assert same(limit.coefficient("c2"), ell**2 / tau**2)
    assert same(limit.coefficient("relaxation_time"), tau / (2 * (1 - p)))
    wave = sp.Derivative(P, (t, 2)) + 2 * (1 - p) / tau * sp.Derivative(P, t)
    assert same(limit.equation.lhs, wave)
    assert same(limit.equation.rhs, ell**2 / tau**2 * sp.Derivative(P, (x, 2)))


def test_persistent_walk_with_pauses() -> None:
    limit = long_wave(stored("pv-dt-lazy-persistent"))
    assert same(limit.coefficient("D"), ell**2 * (1 - r) / (2 * tau) * p / (1 - p))


def test_brick_wall_and_honeycomb() -> None:
    brick = long_wave(stored("lat-brick"))
    assert same(brick.coefficient("D_xx"), ell**2 / (3 * tau))
    assert same(brick.coefficient("D_yy"), ell**2 / (9 * tau))
    gA, gB = sp.Symbol("gA", positive=True), sp.Symbol("gB", positive=True)
    honeycomb = long_wave(stored("lat-honeycomb-unequal"))
    assert same(honeycomb.coefficient("D_xx"), 3 * ell**2 * gA * gB / (2 * (gA + gB)))
    assert same(honeycomb.coefficient("D_xy"), sp.Integer(0))


def test_biased_square_walk_has_an_off_diagonal_diffusivity() -> None:
    names = {"ell": "positive", "tau": "positive", "a": "probability", "b": "probability", "c": "probability"}
    model = JumpModel(
        parameters=names, coordinates=["x", "y"], time_step="tau", constraints=["a + b + c <= 1"],
        jumps=[{"displacement": ["ell", "0"], "probability": "a"}, {"displacement": ["-ell", "0"], "probability": "b"},
               {"displacement": ["0", "ell"], "probability": "c"}, {"displacement": ["0", "-ell"], "probability": "1 - a - b - c"}],
    )  # fmt: skip
    a, b_, c = (sp.Symbol(n, nonnegative=True) for n in "abc")
    limit = long_wave(model)
    vx, vy = (a - b_), (2 * c + a + b_ - 1)
    assert same(limit.coefficient("D_xx"), ell**2 / (2 * tau) * (a + b_ - vx**2))
    assert same(limit.coefficient("D_xy"), -(ell**2) / (2 * tau) * vx * vy)
    assert same(limit.coefficient("D_yy"), ell**2 / (2 * tau) * (1 - a - b_ - vy**2))


@pytest.mark.parametrize(("rate", "expected"), [
    ("D(x)/h**2", sp.Derivative(D(x) * P, (x, 2))),
    ("D(x + r/2)/h**2", sp.Derivative(D(x) * sp.Derivative(P, x), x)),
    ("D(x + r)/h**2", D(x) * sp.Derivative(P, (x, 2)) - P * sp.Derivative(D(x), (x, 2))),
    ("sqrt(D(x)*D(x + r))/h**2", sp.Derivative(D(x) * sp.Derivative(P, x), x)),
])  # fmt: skip
def test_where_the_rate_is_read(rate: str, expected: sp.Expr) -> None:
    model = JumpModel(parameters={"h": "positive"}, functions={"D": ["x"]}, coordinates=["x"],
                      jumps=[{"displacements": ["h", "-h"], "rate": rate}], scaling={"h": 1})  # fmt: skip
    limit = sd.derive(model)
    assert in_plain_form(limit.equation.rhs - expected) == 0
    flux = dict(limit.flux_form)
    rebuilt = -sp.diff(flux["v"] * P - flux["D"] * sp.diff(P, x), x)
    assert in_plain_form(limit.equation.rhs - rebuilt) == 0


def test_ito_and_fick_are_told_apart() -> None:
    ito = JumpModel(parameters={"h": "positive"}, functions={"D": ["x"]}, coordinates=["x"], scaling={"h": 1},
                    jumps=[{"displacements": ["h", "-h"], "rate": "D(x)/h**2"}])  # fmt: skip
    fick = sp.Derivative(D(x) * sp.Derivative(P, x), x)
    assert in_plain_form(sd.derive(ito).equation.rhs - fick) != 0


def test_next_order_of_departure_and_midpoint_rates() -> None:
    """(D u)_xxxx/12 for departure rates; ((D u_x)_xxx + (D u_xxx)_x)/24 for midpoint rates."""
    for rate, expected in (
        ("D(x)/h**2", h**2 * sp.Derivative(D(x) * P, (x, 4)) / 12),
        (
            "D(x + r/2)/h**2",
            h**2
            * (sp.Derivative(D(x) * sp.Derivative(P, x), (x, 3)) + sp.Derivative(D(x) * sp.Derivative(P, (x, 3)), x))
            / 24,
        ),
    ):
        model = JumpModel(parameters={"h": "positive"}, functions={"D": ["x"]}, coordinates=["x"], scaling={"h": 1},
                          jumps=[{"displacements": ["h", "-h"], "rate": rate}])  # fmt: skip
        (discarded,) = sd.derive(model).discarded
        found = sp.Add(*(term.expression((x,), t) for term in discarded.terms))
        assert in_plain_form(found - expected) == 0


def test_order_one_bias_in_discrete_time() -> None:
    """-(tau/2) d_x(v d_x(v u)) with v = ell b/tau, beside ell^2/(2 tau) u_xx and -(v u)_x."""
    limit = long_wave(stored("order-one-bias"))
    v = ell * b(x) / tau
    expected = -sp.diff(v * P, x) + ell**2 / (2 * tau) * sp.diff(P, x, 2) - tau / 2 * sp.diff(v * sp.diff(v * P, x), x)
    assert in_plain_form(limit.equation.rhs - expected) == 0
    assert in_plain_form(limit.equation.rhs - expected - tau / 2 * sp.diff(v * sp.diff(v * P, x), x)) != 0


def test_glauber_rates_give_the_smoluchowski_equation() -> None:
    G, beta = sp.Symbol("G", positive=True), sp.Symbol("beta", positive=True)
    limit = sd.derive(stored("glauber"))
    expected = G / 2 * sp.diff(sp.diff(P, x) + beta * sp.diff(V(x), x) * P, x)
    assert in_plain_form(limit.equation.rhs - expected) == 0


def test_normalised_weights_give_twice_the_logarithmic_gradient() -> None:
    """w(x +- h) in proportion: u_t = D (u_x - 2 (log w)_x u)_x with D = h^2/(2 tau)."""
    limit = sd.derive(stored("normalised-weights"))
    W = sp.Function("w")(x)
    expected = h**2 / (2 * tau) * sp.diff(sp.diff(P, x) - 2 * sp.diff(W, x) / W * P, x)
    assert sp.simplify(in_plain_form(limit.equation.rhs - expected)) == 0


def test_position_dependent_step_length() -> None:
    G = sp.Symbol("G", positive=True)
    limit = sd.derive(stored("pd-var-steplength"))
    assert same(limit.coefficient("D"), G * sp.Function("a")(x) ** 2)


@pytest.mark.slow
def test_fast_switching_with_place_dependent_rates() -> None:
    """The effective diffusivity stands inside both derivatives: mean of the two with the local shares."""
    lam, mu, a = sp.Function("lam"), sp.Function("mu"), sp.Symbol("a", positive=True)
    limit = sd.derive(stored("fast-switching"))
    assert same(limit.coefficient("D"), a * mu(x) / (lam(x) + mu(x)))
    assert same(limit.coefficient("v"), sp.Integer(0))


def test_gamma_steps_of_random_sign() -> None:
    n, scale = sp.Symbol("n", positive=True), sp.Symbol("b", positive=True)
    limit = long_wave(stored("cj-gamma-steps"))
    assert same(limit.coefficient("v"), (2 * p - 1) * n * scale / tau)
    assert same(limit.coefficient("D"), (n * (n + 1) * scale**2 - (2 * p - 1) ** 2 * n**2 * scale**2) / (2 * tau))


def test_lax_wendroff_modified_equation() -> None:
    c, dx, dt = (sp.Symbol(n, positive=True) for n in ("c", "dx", "dt"))
    limit = long_wave(stored("lax-wendroff-modified"), 3)
    assert same(limit.coefficient("D"), sp.Integer(0))
    assert same(limit.coefficient("a_3"), -c * dx**2 / 6 * (1 - (c * dt / dx) ** 2))


def test_step_law_known_by_its_moments_only() -> None:
    sigma = sp.Symbol("sigma", positive=True)
    model = stored("chapter-clt")
    assert same(long_wave(model).coefficient("D"), sigma**2 / (2 * tau))
    with pytest.raises(DerivationError, match="moments"):
        long_wave(model, 3)


def test_heavy_tail_constant() -> None:
    """1 - phi(k) = A pi/(sin(pi a/2) Gamma(1+a)) |k|^a for a density A |r|^(-1-a) far out."""
    alpha, A = sp.Symbol("alpha", positive=True), sp.Symbol("A", positive=True)
    limit = long_wave(stored("chapter-levy"))
    expected = A * sp.pi / (tau * sp.sin(sp.pi * alpha / 2) * sp.gamma(1 + alpha))
    at = {alpha: sp.Rational(3, 2), A: sp.Rational(2, 7), tau: sp.Rational(3, 5)}
    assert sp.simplify((limit.coefficient("K") - expected).subs(at)) == 0
    assert limit.moments_exist_below == alpha
    assert limit.coefficient("stability_index") == alpha


def test_stable_law_is_exact_and_cauchy_is_its_case() -> None:
    model = JumpModel(parameters={"alpha": "0 < alpha <= 2", "c": "positive", "tau": "positive"}, coordinates=["x"], time_step="tau",
                      jumps=[{"distribution": "levy", "index": "alpha", "scale": "c", "probability": "1"}])  # fmt: skip
    alpha, c = sp.Symbol("alpha", positive=True), sp.Symbol("c", positive=True)
    limit = long_wave(model)
    assert limit.coefficient("K") == c**alpha / tau
    assert limit.confirmation.observed_power is None
    cauchy = JumpModel(parameters={"c": "positive", "tau": "positive"}, coordinates=["x"], time_step="tau",
                       jumps=[{"distribution": "cauchy", "scale": "c", "probability": "1"}])  # fmt: skip
    assert long_wave(cauchy).coefficient("K") == c / tau


def test_potential_named_and_written_out() -> None:
    """A named potential is smooth: D = G a^2; the same written out as -F x keeps G a^2 cosh(beta F a/2). Both are right."""
    names = {"G": "positive", "a": "positive", "beta": "positive", "F": "positive"}
    G, a, beta, F = (sp.Symbol(n, positive=True) for n in ("G", "a", "beta", "F"))
    jumps = [{"displacements": ["a", "-a"], "rate": "G*exp(-beta*(V(x + r) - V(x))/2)"}]
    named = long_wave(JumpModel(parameters=names, functions={"V": ["x"]}, coordinates=["x"], jumps=jumps))
    assert same(named.coefficient("D"), G * a**2)
    assert same(named.coefficient("v"), -G * a**2 * beta * sp.Derivative(V(x), x))
    written = [{"displacements": ["a", "-a"], "rate": "G*exp(beta*F*r/2)"}]
    explicit = long_wave(JumpModel(parameters=names, coordinates=["x"], jumps=written))
    assert sp.simplify((explicit.coefficient("D") - G * a**2 * sp.cosh(beta * F * a / 2)).rewrite(sp.exp)) == 0


def test_diverging_drift_is_named() -> None:
    model = line(
        {"h": "p", "-h": "1 - p"},
        parameters={"h": "positive", "tau": "positive", "p": "probability"},
        scaling={"h": 1, "tau": 2},
    )
    with pytest.raises(DerivationError, match=r"the drift v .* diverges"):
        sd.derive(model)


def test_jumps_that_are_not_small_are_named() -> None:
    with pytest.raises(DerivationError, match="no expansion in gradients"):
        sd.derive(line({"h": "1/2", "-h": "1/2"}, scaling={"tau": 1}))


def test_weights_alone_have_no_evolution() -> None:
    with pytest.raises(DerivationError, match="no evolution"):
        sd.derive(JumpModel(coordinates=["x"], jumps=[{"displacements": ["1", "-1"]}]))
