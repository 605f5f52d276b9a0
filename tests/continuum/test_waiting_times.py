"""Walks that wait: results against the renewal theory, hostile laws, and the second route's negative controls."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import mpmath
import pytest
import sympy as sp

import symdiff as sd
from symdiff.algebra.differential_ring import DifferentialRing
from symdiff.algebra.graded import GradedSeries
from symdiff.algebra.operators import OperatorAlgebra
from symdiff.continuum.derive import derive_all, derive_regime
from symdiff.continuum.limit import ContinuumLimit
from symdiff.continuum.regimes import LONG_WAVE
from symdiff.continuum.waiting_series import LaplaceVariable, solve_for_time
from symdiff.errors import DerivationError, InternalFaultError, ModelError, NotYetError
from symdiff.model.loading import load_file, load_text, to_toml

MODELS = Path(__file__).parent.parent / "data" / "models"
HEAD = """
[parameters]
T = "positive"
s2 = "positive"
m = "real"
b = "positive"
al = "0 < al < 1"
[model]
coordinates = ["x"]
[waiting_time]
{wait}
[[jumps]]
distribution = "normal"
mean = "{mean}"
variance = "s2"
probability = "1"
"""


def limit_of(wait: str, mean: str = "0") -> ContinuumLimit:
    return derive_regime(load_text(HEAD.format(wait=wait, mean=mean)), LONG_WAVE)


def number(value: sp.Expr, **values: str) -> float:
    return float(value.xreplace({s: sp.Rational(values[s.name]) for s in value.free_symbols}))


def model_limit(name: str) -> ContinuumLimit:
    return derive_regime(load_file(MODELS / f"{name}.toml"), LONG_WAVE)


@pytest.mark.parametrize(
    ("wait", "mean", "variance"),
    [
        ('distribution = "fixed"\nvalue = "T"', "T", "0"),
        ('distribution = "exponential"\nmean = "T"', "T", "T**2"),
        ('distribution = "gamma"\nshape = "3"\nscale = "T"', "3*T", "3*T**2"),
        ('distribution = "uniform"\nlow = "0"\nhigh = "T"', "T/2", "T**2/12"),
        ('distribution = "moments"\nmean = "T"\nvariance = "b"', "T", "b"),
        ('distribution = "lomax"\nindex = "7/2"\nscale = "T"', "2*T/5", "28*T**2/75"),
        ('distribution = "pareto"\nindex = "5/2"\nscale = "T"', "5*T/3", "20*T**2/9"),
        ('density = "t*exp(-t/T)/T**2"', "2*T", "2*T**2"),
        ('laplace_transform = "1/(1 + s*T)**2"', "2*T", "2*T**2"),
        ('laplace_transform = "1 - s*T + b*s**2 + O(s**3)"', "T", "2*b - T**2"),
        ('laplace_transform = "1/cosh(sqrt(2*s)*T)"', "T**2", "2*T**4/3"),
    ],
)  # fmt: skip
def test_biased_diffusion_has_the_variance_of_steps_and_of_waits(wait: str, mean: str, variance: str) -> None:
    """v = m/<T>, D = (s2 + v^2 var T)/(2 <T>): renewal-reward central limit theorem (Feller, vol. 2, ch. XI)."""
    names = {n: sp.Symbol(n, positive=True) for n in ("T", "s2", "b")} | {"m": sp.Symbol("m", real=True)}
    first, spread = sp.sympify(mean, locals=names), sp.sympify(variance, locals=names)
    limit = limit_of(wait, "m")
    v = names["m"] / first
    assert sp.simplify(limit.coefficient("v") - v) == 0
    assert sp.simplify(limit.coefficient("D") - (names["s2"] + v**2 * spread) / (2 * first)) == 0
    assert limit.confirmation.observed_power is None or limit.confirmation.observed_power > 2.4


def test_steps_of_unequal_duration_against_renewal_reward() -> None:
    """v = (pa - qb)/(pT1 + qT2), D = pq (a T2 + b T1)^2/(2 (pT1 + qT2)^3)."""
    limit = model_limit("rw1d-unequal-times")
    p, a, b, one, two = Fraction(3, 5), Fraction(7, 5), Fraction(9, 10), Fraction(13, 10), Fraction(1, 2)
    values = {"p": "3/5", "a": "7/5", "b": "9/10", "T1": "13/10", "T2": "1/2"}
    q, mean = 1 - p, p * one + (1 - p) * two
    assert number(limit.coefficient("v"), **values) == pytest.approx(float((p * a - q * b) / mean))
    assert number(limit.coefficient("D"), **values) == pytest.approx(
        float(p * q * (a * two + b * one) ** 2 / (2 * mean**3))
    )


@pytest.mark.parametrize(
    ("wait", "strength"),
    [
        ('distribution = "mittag_leffler"\nindex = "al"\nscale = "T"', "T**al"),
        ('distribution = "pareto"\nindex = "al"\nscale = "T"', "gamma(1 - al)*T**al"),
        ('distribution = "lomax"\nindex = "al"\nscale = "T"', "gamma(1 - al)*T**al"),
        ('distribution = "tail"\nindex = "al"\namplitude = "b"', "b*gamma(1 - al)/al"),
        ('distribution = "levy"\nindex = "al"\nscale = "T"\nskewness = "1"', "T**al/cos(pi*al/2)"),
        ('laplace_transform = "1 - b*s**al + O(s)"', "b"),
        ('laplace_transform = "1/(1 + (s*T)**al)"', "T**al"),
        ('laplace_transform = "exp(-b*s**al)"', "b"),
    ],
)  # fmt: skip
def test_waits_without_a_mean_give_the_caputo_equation(wait: str, strength: str) -> None:
    """1 - psi ~ B s^al: D_t^al P = (s2/2B) P_xx (Metzler and Klafter 2000)."""
    limit = limit_of(wait)
    names = {n: sp.Symbol(n, positive=True) for n in ("T", "s2", "b", "al")}
    wanted = names["s2"] / (2 * sp.sympify(strength, locals=names))
    found = limit.coefficient("K").xreplace(
        {s: sp.Symbol(s.name, positive=True) for s in limit.coefficient("K").free_symbols}
    )
    for al in ("1/5", "4/7"):
        values = {
            names["al"]: sp.Rational(al),
            names["T"]: sp.Rational(4, 5),
            names["s2"]: sp.Rational(13, 10),
            names["b"]: sp.Rational(3, 7),
        }
        assert float(found.xreplace(values)) == pytest.approx(float(wanted.xreplace(values)), rel=1e-12)
    assert limit.coefficient("waiting_index").name == "al"
    assert limit.coefficient("stability_index") == 2
    assert str(limit.equations[0].lhs) == "CaputoDerivative(P(x, t), t, al)"


@pytest.mark.parametrize(
    ("wait", "drift", "power"),
    [
        ('distribution = "pareto"\nindex = "1 + al"\nscale = "T"', "0", "2*al + 2"),
        ('laplace_transform = "1 - T*s + b*s**(1 + al) + O(s**2)"', "0", "2*al + 2"),
        ('laplace_transform = "1 - T*s + O(s**(1 + al))"', "0", "2*al + 2"),
        ('laplace_transform = "1 - T*s + T**2*s**2 - b*s**(2 + al) + O(s**3)"', "0", "Min(5, 2*al + 4)"),
        ('laplace_transform = "1 - T*s + T**2*s**2 - b*s**(2 + al) + O(s**3)"', "m", "al + 2"),
        ('distribution = "lomax"\nindex = "2"\nscale = "T"', "0", "4"),
    ],
)  # fmt: skip
def test_an_index_above_one_is_felt_at_its_own_power(wait: str, drift: str, power: str) -> None:
    """1 - psi = <T> s + b s^index: d_t ~ k^2 (with a drift ~ k), so that the index enters at k^(2 index) (k^index)."""
    found = limit_of(wait, drift).remainder_power
    assert sp.expand(found.xreplace({x: sp.Symbol("al") for x in found.free_symbols}) - sp.sympify(power)) == 0


def test_at_index_one_a_logarithm_slows_diffusion_down() -> None:
    limit = limit_of('distribution = "pareto"\nindex = "1"\nscale = "T"')
    t, scale, s2 = (
        sp.Symbol("t", real=True),
        *sorted(limit.coefficient("D").free_symbols - {sp.Symbol("t", real=True)}, key=str),
    )
    assert sp.simplify(limit.coefficient("D") - s2 / (2 * scale * sp.log(t / scale))) == 0


def test_an_operator_that_depends_on_place_is_raised_to_powers() -> None:
    """Gamma waits of shape 3: 1/psi = (1 + sT)^3, so d/dt = ((1 + A)^(1/3) - 1)/T, D at order 2 is h^2/(6 T)."""
    limit = model_limit("gamma-waits-in-potential")
    h, t0 = sorted(limit.coefficient("D").free_symbols, key=str)
    assert sp.simplify(limit.coefficient("D") - h**2 / (6 * t0)) == 0


def test_states_share_out_the_longest_waits() -> None:
    """A and B alternate or repeat (from B to A with 1/3): the walker comes to A in one jump of four."""
    limit = model_limit("two-states-heavy-wait")
    shown = {s.name: s for s in limit.coefficient("K").free_symbols}
    values = {shown["alpha"]: sp.Rational(1, 2), shown["a"]: sp.Rational(1), shown["ell"]: sp.Rational(1)}
    assert float(limit.coefficient("K").xreplace(values)) == pytest.approx(7 / float(mpmath.gamma(0.5)))


@pytest.mark.parametrize(
    "name", ["subdiffusion", "gamma-waits-biased", "two-states-heavy-wait", "lw-superdiffusive", "rw1d-unequal-times"]
)
def test_waits_survive_being_written_as_toml(name: str) -> None:
    model = load_file(MODELS / f"{name}.toml")
    assert load_text(to_toml(model)) == model


@pytest.mark.parametrize(
    ("wait", "error", "message"),
    [
        ('distribution = "normal"\nmean = "T"\nvariance = "b"', ModelError, "no law of a waiting time"),
        ('distribution = "exponential"\nmean = "-T"', ModelError, "not positive"),
        ('distribution = "uniform"\nlow = "-1"\nhigh = "1"', ModelError, "negative"),
        ('laplace_transform = "2/(1 + s*T)"', ModelError, "total probability 1"),
        ('laplace_transform = "1 + s*T"', ModelError, "no law of a positive time"),
        ('density = "exp(-t/T)"', ModelError, "total probability 1"),
        ('distribution = "levy"\nindex = "al"\nscale = "T"', ModelError, "one-sided"),
        ('distribution = "tail"\nindex = "al"\namplitude = "b"\nmean = "T"', ModelError, "has no mean"),
        ('distribution = "moments"\nmean = "T"', ModelError, "variance"),
        ('distribution = "moments"\nmean = "2"\nsecond_moment = "3"', ModelError, "is negative"),
        ('distribution = "mittag_leffler"\nindex = "b"\nscale = "T"', ModelError, "at most 1"),
        ('distribution = "exponential"\nmean = "T*x"', NotYetError, "depend on place"),
        ('distribution = "exponential"\nmean = "T"\nshape = "2"', ModelError, "unknown key"),
        ('distribution = "exponential"\nmean = "T"\nfirst = "equilibirum"', ModelError, "no preparation"),
        ('distribution = "pareto"\nindex = "al"\nscale = "T"\nfirst = "equilibrium"', DerivationError, "no equilibrium"),
    ],
)  # fmt: skip
def test_what_is_no_wait_is_refused(wait: str, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        limit_of(wait)


def test_moments_that_an_order_needs_are_asked_for() -> None:
    model = load_text(HEAD.format(wait='distribution = "moments"\nmean = "T"\nvariance = "b"', mean="m"))
    with pytest.raises(DerivationError, match="does not have the moments"):
        derive_all(model, 4)


def test_probabilities_after_a_wait_sum_to_one() -> None:
    text = (MODELS / "subdiffusion.toml").read_text().replace('probability = "1/2"', 'probability = "1/3"', 1)
    with pytest.raises(ModelError, match="sum to 5/6"):
        load_text(text)


@pytest.mark.parametrize("factor", [2, -1, Fraction(101, 100)])
def test_the_second_route_refuses_a_wrong_coefficient(factor: Fraction) -> None:
    from symdiff.continuum.confirmation_probe import OperatorTerm, Result
    from symdiff.continuum.waiting_confirmation import confirm_waiting

    model = load_file(MODELS / "gamma-waits-biased.toml")
    limit = derive_regime(model, LONG_WAVE)
    right = [OperatorTerm(t.coefficient, t.space) for t in limit.equations[0].right]
    wrong = [
        OperatorTerm(t.coefficient * sp.Rational(factor) if sum(t.space) == 2 else t.coefficient, t.space)
        for t in right
    ]
    confirm_waiting(model, LONG_WAVE, Result([[right]], None, None, sp.Integer(3), sp.Integer(0), True))
    with pytest.raises(InternalFaultError):
        confirm_waiting(model, LONG_WAVE, Result([[wrong]], None, None, sp.Integer(3), sp.Integer(0), True))


def test_waits_of_index_close_to_a_half_agree_where_two_terms_beyond_the_equation_cancel() -> None:
    """Beside a symbol of order k^2, s^(1 - al) and s^al are of orders eps^1.98 and eps^2: their sum changes its sign on the way."""
    text = """
[model]
coordinates = ["x"]
[waiting_time]
distribution = "tail"
index = "201/400"
amplitude = "1"
[[jumps]]
distribution = "laplace"
scale = "387/250"
probability = "1"
"""
    limit = derive_regime(load_text(text), LONG_WAVE)
    assert limit.remainder_power == sp.Rational(800, 201)
    assert limit.confirmation.observed_power == pytest.approx(800 / 201, abs=0.05)


@pytest.mark.parametrize("factor", ["2", "11/10", "1/2"])
def test_the_second_route_refuses_a_wrong_fractional_constant(factor: str) -> None:
    from symdiff.continuum.confirmation_probe import OperatorTerm
    from symdiff.continuum.waiting_fractional_confirmation import confirm_fractional

    model = load_file(MODELS / "pareto-waits.toml")
    limit = derive_regime(model, LONG_WAVE)
    strength = model.waiting.tail.coefficient  # type: ignore[union-attr]
    terms = [
        OperatorTerm(t.coefficient * sp.Rational(factor), t.space, power=Fraction(2)) for t in limit.equations[0].right
    ]
    with pytest.raises(InternalFaultError):
        confirm_fractional(model, LONG_WAVE, limit.coefficient("waiting_index"), strength, False, terms, Fraction(2),
                           limit.remainder_power, True)  # fmt: skip


@pytest.mark.parametrize(("wait", "left", "power"), [
    ('distribution = "mittag_leffler"\nindex = "al"\nscale = "T"', "T**al", None),  # (1 - psi)/psi = (T s)^al to all digits
    ('distribution = "lomax"\nindex = "al"\nscale = "T"', "T**al*gamma(1 - al)", 2.0),
    ('distribution = "pareto"\nindex = "1"\nscale = "T"', "T*log(t/T)", 1.0),  # was a fault
])  # fmt: skip
def test_heavy_waits_beside_steps_that_depend_on_place(wait: str, left: str, power: float | None) -> None:
    """B s^al P = ((b x) P)_x with (1 - psi)/psi = B s^al + ...; B by hand (for index 1 with the logarithm of the time)."""
    limit = limit_of(wait, "-b*x")
    names = {p.name: p for p in limit.coefficient("v").free_symbols}
    wanted = -names["b"] * names["x"] / sp.sympify(left, locals=names)
    assert sp.simplify(limit.coefficient("v") - wanted) == 0
    seen = limit.confirmation.observed_power
    assert seen is None if power is None else seen == pytest.approx(power, abs=0.2)


@pytest.mark.parametrize("wait", ["mittag_leffler", "lomax"])
def test_the_second_route_refuses_a_wrong_constant_beside_steps_that_depend_on_place(wait: str) -> None:
    from symdiff.continuum.confirmation_probe import OperatorTerm
    from symdiff.continuum.waiting_fractional_confirmation import confirm_fractional

    text = HEAD.format(wait=f'distribution = "{wait}"\nindex = "al"\nscale = "T"', mean="-b*x")
    model = load_text(text)
    limit = derive_regime(model, LONG_WAVE)
    strength = model.waiting.tail.coefficient * sp.Rational(1001, 1000)  # type: ignore[union-attr]
    terms = [OperatorTerm(t.coefficient, t.space, power=Fraction(1)) for t in limit.equations[0].right]
    with pytest.raises(InternalFaultError):
        confirm_fractional(model, LONG_WAVE, limit.coefficient("waiting_index"), strength, False, terms, Fraction(1),
                           limit.remainder_power, False)  # fmt: skip


TURNS = """
[parameters]
v0 = "positive"
T1 = "positive"
T2 = "positive"
ell = "nonnegative"
alpha = "-1 < alpha < 1"
[model]
coordinates = ["x", "y"]
[waiting_time]
distribution = "moments"
mean = "T1"
second_moment = "T2"
[[internal]]
name = "u"
domain = "direction"
mean_cosine = "alpha"
{internal}
[[states]]
velocity = ["v0*u_x", "v0*u_y"]
[[jumps]]
displacement = ["ell*u_x", "ell*u_y"]
probability = "1"
"""


def test_persistent_turns_after_runs_of_any_law() -> None:
    """D = <L^2>/(4 T1) + alpha <L>^2/(2 T1 (1 - alpha)) for runs and hops L = v0 t + ell (Codling et al. 2008 for steps)."""
    found = derive_regime(load_text(TURNS.format(internal="")), LONG_WAVE)
    given = {"v0": "2", "T1": "3/2", "T2": "4", "ell": "1/3", "alpha": "2/5"}
    square, mean = 4 * 4.0 + 2 * 2 * 1.5 / 3 + 1 / 9, 2 * 1.5 + 1 / 3
    wanted = square / (4 * 1.5) + 0.4 * mean**2 / (2 * 1.5 * 0.6)
    assert number(found.coefficient("D_xx"), **given) == pytest.approx(wanted, rel=1e-13)
    assert found.coefficient("D_xx") == found.coefficient("D_yy")
    assert found.coefficient("D_xy") == 0


def test_the_second_route_refuses_a_wrong_constant_of_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    from symdiff.continuum.waiting_confirmation import WaitingProbe

    exact = WaitingProbe.one_turn
    monkeypatch.setattr(WaitingProbe, "one_turn", lambda self, wave, s: exact(self, [q * 1.01 for q in wave], s))
    with pytest.raises(InternalFaultError):
        derive_regime(load_text(TURNS.format(internal="")), LONG_WAVE)


@pytest.mark.parametrize(
    ("internal", "message"),
    [('rate = "1/T1"', "at every jump, not at a rate"), ('diffusivity = "1/T1"', "moves while the walker waits")],
)
def test_internal_states_beside_waits_are_refused_with_a_reason(internal: str, message: str) -> None:
    with pytest.raises((NotYetError, DerivationError), match=message):
        derive_regime(load_text(TURNS.format(internal=internal)), LONG_WAVE)


DYING = HEAD.format(wait='distribution = "mittag_leffler"\nindex = "al"\nscale = "T"', mean="0").replace(
    'coordinates = ["x"]', 'coordinates = ["x"]\ndensity = "u"'
) + '[[reactions]]\nconsumes = ["u"]\nrate = "b"\n'  # fmt: skip


def test_subdiffusion_with_decay_keeps_the_memory_of_those_alive() -> None:
    # Henry, Langlands and Wearne (2006); Sokolov, Schmidt and Sagues (2006)
    model = load_text(
        DYING.replace('al = "0 < al < 1"', 'alpha = "0 < alpha < 1"').replace('index = "al"', 'index = "alpha"')
    )
    verdicts = {}
    for claim in (
        r"u_t = \frac{s_2}{2 T^{\alpha}} e^{-bt} D_t^{1-\alpha} [e^{bt} u_{xx}] - b u",
        r"e^{-bt} D_t^{\alpha} [e^{bt} u] = \frac{s_2}{2 T^{\alpha}} u_{xx}",
        r"u_t = \frac{s_2}{2 T^{\alpha}} D_t^{1-\alpha} u_{xx} - b u",
        r"D_t^{\alpha} u = \frac{s_2}{2 T^{\alpha}} u_{xx} - b u",
    ):
        verdicts[claim] = sd.check(model, claim).verdict
    assert list(verdicts.values()) == ["proved", "proved", "refuted", "refuted"]


def test_death_while_waiting_vs_the_exact_walk_in_laplace_space() -> None:
    """u(k, s) = (1 - psi(s + b))/((s + b)(1 - psi(s + b) phi(k))), whose long waves are those of the tempered equation."""
    limit = derive_regime(load_text(DYING), LONG_WAVE)
    values = {"T": 0.8, "al": 0.6, "s2": 1.7, "b": 0.3}
    s, ratio = 0.05, []
    shifted = s + values["b"]
    strength = float(limit.coefficient("K").subs({p: values[p.name] for p in limit.coefficient("K").free_symbols}))
    for k in (0.01, 0.005):
        wait = 1 / (1 + (shifted * values["T"]) ** values["al"])
        exact = (1 - wait) / shifted / (1 - wait * mpmath.exp(-values["s2"] * k**2 / 2))
        derived = 1 / (s + values["b"] + strength * k**2 * shifted ** (1 - values["al"]))
        wrong = 1 / (s + values["b"] + strength * k**2 * s ** (1 - values["al"]))
        ratio.append((abs(exact / derived - 1), abs(exact / wrong - 1)))
    assert ratio[0][0] / ratio[1][0] > 12  # beyond the equation terms of fourth order
    assert ratio[0][1] / ratio[1][1] < 5  # the negative control differs at second order


@pytest.mark.parametrize("more", ['rate = "b*x**2"', 'produces = ["u", "u"]\nrate = "b"', 'rate = "b*u(x)"'])
def test_other_reactions_of_walkers_that_wait_are_refused(more: str) -> None:
    with pytest.raises(NotYetError):
        derive_regime(load_text(DYING.replace('rate = "b"\n', more + "\n")), LONG_WAVE)


@pytest.mark.slow
def test_a_logarithm_beside_the_remainder_is_no_disagreement_and_hides_no_error(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Waits whose variance just diverges: the difference falls like eps**4 log(1/eps), near 1e-5 as eps**3.92."""
    from dataclasses import replace

    from symdiff.continuum import waiting

    wait = 'distribution = "pareto"\nindex = "2"\nscale = "T"'
    found = limit_of(wait)
    assert found.coefficient("D") == sp.sympify(
        "s2/(4*T)", locals={n: sp.Symbol(n, positive=True) for n in ("s2", "T")}
    )
    genuine = waiting.confirm_waiting

    def planted(model, regime, result):  # type: ignore[no-untyped-def]
        first, *others = result.operator[0][0]
        wrong = replace(first, coefficient=first.coefficient * sp.Rational(1000001, 1000000))
        return genuine(model, regime, replace(result, operator=[[[wrong, *others]]]))

    monkeypatch.setattr(waiting, "confirm_waiting", planted)
    with pytest.raises(InternalFaultError, match="disagree"):
        limit_of(wait)


def test_a_regime_of_times_shorter_than_a_wait_is_refused() -> None:
    """t = O(eps) against waits of order one: the series in (wait x d_t) has no small term and never ended."""
    model = sd.JumpModel(parameters={"a": "positive", "T": "positive", "U": "positive"}, coordinates=["x"],
                      jumps=[{"displacement": "a", "probability": "1/2", "waiting_time": {"distribution": "fixed", "value": "T"}},
                             {"displacement": "-a", "probability": "1/2", "waiting_time": {"distribution": "fixed", "value": "U"}}],
                      scaling={"x": -2, "t": 1})  # fmt: skip
    with pytest.raises(DerivationError, match="no longer than a wait"):
        derive_all(model)


@pytest.mark.parametrize("lowest", [1, 2])
def test_series_root_vs_the_quadratic_formula(lowest: int) -> None:
    ring = DifferentialRing((sp.Symbol("x", real=True),), 12)
    algebra, variable = OperatorAlgebra(ring, 14, True), LaplaceVariable(ring, 2 * lowest)
    s, d = variable.symbol, ring.ring.gens[0]
    relation = GradedSeries({2 * lowest: s - d**2, 4 * lowest: 3 * s**2}, 14)  # s = (sqrt(1 + 12 d^2) - 1)/6
    root = solve_for_time(relation, variable, algebra)
    assert root.order == 14
    found = {m[0]: sp.Rational(str(c)) for value in root.terms.values() for m, c in value.terms()}
    z = sp.Symbol("z")
    exact = sp.series((sp.sqrt(1 + 12 * z) - 1) / 6, z, 0, 8).removeO()
    assert found == {2 * n: exact.coeff(z, n) for n in range(1, 8) if 2 * n * lowest < 14}


LOGS = """
[parameters]
a = "positive"
T = "positive"
p = "0 < p < 1"
[model]
coordinates = ["x"]
[waiting_time]
laplace_transform = "%s"
[[jumps]]
displacement = "a"
probability = "p"
[[jumps]]
displacement = "-a"
probability = "1 - p"
"""


@pytest.mark.parametrize(
    ("transform", "p", "name", "expected"),
    [
        # E[e^(-st)] of a uniform mean of exponential waits; (1/psi - 1) = Ts/2 - (Ts)^2/12: D = a^2/T, a_4 = a^4/(4 T)
        ("log(1 + T*s)/(T*s)", "1/2", "a_4", "a**4/(4*T)"),
        ("(1 - exp(-T*s))/(T*s)", "1/2", "a_4", "-a**4/(12*T)"),  # uniform on (0, T)
        ("1 + T*s*log(T*s) + O(s)", "1/2", "D", "a**2/(2*T*log(t/T))"),  # as Pareto waits of index 1 and scale T
        ("1/(1 + T*s*log(1 + 1/(T*s)))", "1/2", "D", "a**2/(2*T*log(t/T))"),
        # as Pareto waits of index 2, of which A/2 = T^2 stands beside s^2 log(1/s): D = v^2 T^2 log(t/T)/(2 T)
        ("1 - T*s - T**2*s**2*log(s) + O(s**2)", "p", "D", "(2*p - 1)**2*a**2*log(t/T)/(2*T)"),
    ],
)
def test_logarithms_in_transforms_of_waits(transform: str, p: str, name: str, expected: str) -> None:
    model = load_text((LOGS % transform).replace('"p"', f'"{p}"').replace("1 - p", f"1 - ({p})"))
    limit = derive_regime(model, LONG_WAVE)
    value = limit.discarded[0].terms[0].coefficient if name == "a_4" else limit.coefficient(name)
    names = {q.name: q.symbol for q in model.parameters} | {"t": model.time}
    assert sp.cancel(sp.expand_log(value - sp.sympify(expected, locals=names))) == 0


@pytest.mark.parametrize(
    ("transform", "why"),
    [
        ("1 - T*s*log(T*s) + O(s)", "must grow with s"),
        ("1 - 1/log(1/(T*s)) + O(s)", "total probability"),
        ("1 - T*s*log(T*s)**2 + O(s)", "other than one"),
        ("1 + T*s*log(log(1/s)) + O(s)", "logarithms of logarithms"),
    ],
)
def test_transforms_with_logarithms_that_are_no_laws_or_not_handled(transform: str, why: str) -> None:
    with pytest.raises((ModelError, NotYetError), match=why):
        load_text(LOGS % transform)


@pytest.mark.parametrize("wait", ['distribution = "mittag_leffler"', 'distribution = "pareto"'])
def test_weak_bias_beside_waits_without_a_mean_has_drift_and_spread_together(wait: str) -> None:
    """D_t^al P = [-(2p - 1) h P_x + h^2 P_xx/2]/B (Metzler, Barkai and Klafter, Phys. Rev. Lett. 82 (1999) 3563, from memory)."""
    text = f"""
[parameters]
h = "positive"
p = "0 < p < 1"
al = "0 < al < 1"
T = "positive"
[model]
coordinates = ["x"]
[waiting_time]
{wait}
index = "al"
scale = "T"
[[jumps]]
displacement = "h"
probability = "p"
[[jumps]]
displacement = "-h"
probability = "1 - p"
[scaling]
name = "weak"
h = 1
"2*p - 1" = 1
"""
    model = load_text(text)
    weak, long_wave = derive_all(model)
    h, p, al, T = (model.parameter(n).symbol for n in ("h", "p", "al", "T"))
    strength = T**al * (1 if "mittag" in wait else sp.gamma(1 - al))
    assert sp.expand_func(sp.factor(weak.coefficient("v") * strength - (2 * p - 1) * h)) == 0
    assert sp.expand_func(sp.factor(weak.coefficient("K") * strength - h**2 / 2)) == 0
    assert [n for n, _ in long_wave.coefficients if n == "K"] == (
        ["K"] if "mittag" in wait else []
    )  # a drift alone, to leading order
    found = derive_all(load_text(text[: text.index("[scaling]")]))
    assert [limit.regime.name for limit in found] == ["long-wave", "fractional"]
    assert found[-1].coefficient("K") == weak.coefficient("K")
    for key in ("T = 2", "t = -2"):
        with pytest.raises(DerivationError, match="follows from that of the jumps"):
            derive_all(load_text(f"{text}{key}\n"))
