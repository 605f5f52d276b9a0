"""Levy walks: body, ballistic regime, averages against the literature and against sums over flights; negative controls.

Zumofen and Klafter (1993), Phys. Rev. E 47, 851, and Froemberg and Barkai (2013), Phys. Rev. E 88, 024101, for the averages.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import mpmath
import pytest
import sympy as sp

from symdiff.continuum.confirmation_probe import OperatorTerm
from symdiff.continuum.derive import derive_all, derive_regime
from symdiff.continuum.levy_confirmation import confirm_levy_walk, confirm_logarithmic
from symdiff.continuum.observables.catalogue import observable
from symdiff.continuum.observables.levy import levy_average
from symdiff.continuum.regimes import LONG_WAVE
from symdiff.errors import DerivationError, InternalFaultError, NotYetError
from symdiff.model.jump_model import JumpModel, ObservableStatement
from symdiff.model.loading import load_file, load_text

pytestmark = pytest.mark.slow  # as a whole: the run without extras leaves it out

MODELS = Path(__file__).parent.parent / "data" / "models"
TEXT = (MODELS / "lw-superdiffusive.toml").read_text()
x, t = sp.Symbol("x", real=True), sp.Symbol("t", real=True)


def ordinary(index: str = "1 < g < 2") -> JumpModel:
    text = TEXT.replace('first = "equilibrium"', "").replace("1 < g < 2", index)
    return load_text(text if index.startswith("1") else text.replace('mean = "tm"\n', ""))


def average(model: JumpModel, kind: str = "moment", of: sp.Expr = x**2) -> sp.Expr:
    return observable(model, derive_all(model), ObservableStatement("m", kind, of)).equation[0][1]


def numbers(value: sp.Expr, **given: str) -> float:
    return float(sp.N(value.xreplace({s: sp.Rational(given[s.name]) for s in value.free_symbols}), 30))


VALUES = {"v0": "2", "A": "3/2", "g": "8/5", "tm": "5/4", "t": "1"}


def test_mean_squared_displacement_vs_the_textbook() -> None:
    """2 v^2 A t^(3-g)/(g tm (2-g)(3-g)), in equilibrium over (g - 1); (1 - g) v^2 t^2 without a mean."""
    g, tm, A, v = 1.6, 1.25, 1.5, 2.0
    wanted = 2 * v**2 * A / (g * tm * (2 - g) * (3 - g))
    assert numbers(average(ordinary()), **VALUES) == pytest.approx(wanted, rel=1e-14)
    assert numbers(average(load_text(TEXT)), **VALUES) == pytest.approx(wanted / (g - 1), rel=1e-14)
    assert numbers(average(ordinary("0 < g < 1")), **{**VALUES, "g": "3/10"}) == pytest.approx(0.7 * v**2, rel=1e-14)
    assert str(average(load_text(TEXT), "scaling_exponent")) == "3 - g"


def test_body_of_the_density_vs_its_constant() -> None:
    """K = - A Gamma(-g) cos(pi g/2) v^g/tm (Zumofen and Klafter), whatever the first flight."""
    limit = derive_regime(load_text(TEXT), LONG_WAVE)
    g = mpmath.mpf("1.6")
    wanted = -mpmath.mpf("1.5") * mpmath.gamma(-g) * mpmath.cos(mpmath.pi * g / 2) * 2**g / mpmath.mpf("1.25")
    assert numbers(limit.coefficient("K"), **VALUES) == pytest.approx(float(wanted), rel=1e-13)
    assert dict(limit.coefficients)["stability_index"] == load_text(TEXT).parameter("g").symbol
    assert derive_regime(ordinary(), LONG_WAVE).equations == limit.equations


def test_unequal_flights_have_a_drift_and_are_skewed() -> None:
    text = TEXT.replace('velocity = ["-v0"]', 'velocity = ["-3*v0"]').replace('first = "equilibrium"', "")
    limit = derive_regime(load_text(text), LONG_WAVE)
    assert str(limit.coefficient("v")) == "-v0"
    assert "skewness" not in dict(limit.coefficients)
    skewed = text.replace('to = "right"\nprobability = "1/2"', 'to = "right"\nprobability = "3/4"').replace(
        'to = "left"\nprobability = "1/2"', 'to = "left"\nprobability = "1/4"')  # fmt: skip
    found = derive_regime(load_text(skewed), LONG_WAVE)  # V = 0; shares 3/4 at v0, 1/4 at - 3 v0
    beta = (0.75 - 0.25 * 3**1.6) / (0.75 + 0.25 * 3**1.6)
    assert numbers(found.coefficient("skewness"), **VALUES) == pytest.approx(beta, rel=1e-13)


@pytest.mark.slow
@pytest.mark.exhaustive
def test_flights_in_every_direction_vs_the_average_of_their_cosine() -> None:
    """K of one dimension times E[|cos|^g] = Gamma((g + 1)/2)/(sqrt(pi) Gamma(g/2 + 1)) in the plane; turns do not count."""
    text = TEXT[: TEXT.index("[[states]]")].replace('["x"]', '["x", "y"]').replace('first = "equilibrium"', "")
    text += ('[[internal]]\nname = "u"\ndomain = "direction"\nmean_cosine = "1/3"\n[[states]]\nvelocity = ["v0*u_x", "v0*u_y"]\n'
             '[[jumps]]\ndisplacement = ["0", "0"]\nprobability = "1"\n')  # fmt: skip
    plane = load_text(text)
    found, line = derive_regime(plane, LONG_WAVE), derive_regime(ordinary(), LONG_WAVE)
    share = mpmath.quad(lambda q: mpmath.cos(q) ** mpmath.mpf("1.6"), [0, mpmath.pi / 2]) * 2 / mpmath.pi
    assert numbers(found.coefficient("K"), **VALUES) == pytest.approx(
        numbers(line.coefficient("K"), **VALUES) * float(share), rel=1e-12
    )
    said = load_text(text + 'redraw = ["u"]\n')  # which every jump does anyway
    assert derive_regime(said, LONG_WAVE).equation == found.equation
    whole = levy_average(ordinary(), x**2, "moment").value
    assert levy_average(plane, x**2 + sp.Symbol("y", real=True) ** 2, "moment").value == whole
    assert numbers(levy_average(plane, x**2, "moment").value, **VALUES) == pytest.approx(numbers(whole, **VALUES) / 2)


RESTING = """
[parameters]
h = "positive"
p = "1/2 < p < 1"
a = "positive"
[model]
coordinates = ["x"]
[waiting_time]
distribution = "%s"
index = "%s"
scale = "a"
[[jumps]]
displacement = "h"
probability = "p"
[[jumps]]
displacement = "-h"
probability = "1 - p"
"""


def root_of(psi: Callable[[Any], Any], k: Any, guess: Any) -> Any:
    """s with psi(s) (p e^(-ikh) + (1 - p) e^(ikh)) = 1 at h = a = 1, p = 3/4, by mpmath alone."""
    phase = mpmath.exp(mpmath.mpc(0, -k)) * 3 / 4 + mpmath.exp(mpmath.mpc(0, k)) / 4
    return mpmath.findroot(lambda s: psi(s) * phase - 1, guess, tol=1e-40)


@pytest.mark.parametrize(
    ("law", "index", "psi"),
    [("pareto", "3/2", lambda s: mpmath.expint(sp.Rational(5, 2), s) * 3 / 2), ("pareto", "2", lambda s: 2 * mpmath.expint(3, s)),
     ("lomax", "2", lambda s: 2 * mpmath.exp(s) * mpmath.expint(3, s)), ("lomax", "5/4", lambda s: mpmath.exp(s) * mpmath.expint(9 / mpmath.mpf(4), s) * 5 / 4)],
)  # fmt: skip
def test_rests_between_biased_jumps_vs_the_root_of_montroll_and_weiss(law: str, index: str, psi: Any) -> None:
    limit = derive_regime(load_text(RESTING % (law, index)), LONG_WAVE)
    at = {"h": 1, "a": 1, "p": sp.Rational(3, 4)}
    named = {
        n: v.xreplace({s: sp.S(at[s.name]) for s in v.free_symbols if s.name in at}) for n, v in limit.coefficients
    }
    v, g = mpmath.mpf(sp.N(named["v"], 40)), mpmath.mpf(sp.Rational(index).p) / sp.Rational(index).q
    left = []
    with mpmath.workdps(60):
        for k in (mpmath.mpf(10) ** -8, mpmath.mpf(10) ** -11):
            drift = mpmath.mpc(0, -v * k)
            spread = root_of(psi, k, drift * (1 + mpmath.mpf(10) ** -4)) - drift
            if g == 2:  # D = C log(t/T): per mode 2 C k^2 log(1/k), and terms of k^2
                strength = mpmath.mpf(sp.N(named["D"].subs({t: 2 * sp.E if law == "pareto" else sp.E}), 40))
                left.append(spread / k**2 + 2 * strength * mpmath.log(1 / k))
            else:
                K, lean = mpmath.mpf(sp.N(named["K"], 40)), mpmath.tan(mpmath.pi * g / 2)
                wanted = -K * k**g * (1 + mpmath.mpc(0, 1) * int(named["skewness"]) * lean)
                left.append(abs(spread / wanted - 1))
    assert abs(left[1] - left[0]) < 1e-3 if g == 2 else left[1] < 2e-2 and left[1] < left[0] / 5
    assert limit.confirmation.observed_power == pytest.approx(float(min(2, 2 * g - 1)), abs=0.03)


def test_a_drift_of_unknown_sign_keeps_its_sign_and_no_drift_leaves_the_diffusion() -> None:
    text = RESTING % ("pareto", "3/2")
    open_sign = derive_regime(load_text(text.replace("1/2 < p < 1", "probability")), LONG_WAVE)
    assert str(dict(open_sign.coefficients)["skewness"]) == "-sign(2*p - 1)"
    even = derive_regime(load_text(text.replace('"p"', '"1/2"').replace("1 - p", "1/2")), LONG_WAVE)
    assert str(even.coefficient("D")) == "h**2/(6*a)"
    there = (
        text.replace("1/2 < p < 1", "probability")
        .replace('"p"', '"1/2 + p*tanh(x)/2"')
        .replace("1 - p", "1/2 - p*tanh(x)/2")
    )
    with pytest.raises(NotYetError, match="depend on place or time, with a drift and waits without a second moment"):
        derive_regime(load_text(there), LONG_WAVE)


@pytest.mark.parametrize("factor", [sp.Rational(101, 100), -1])
def test_second_route_vs_a_wrong_constant(factor: sp.Expr) -> None:
    model = load_text(TEXT)
    g = model.parameter("g").symbol
    strength = derive_regime(model, LONG_WAVE).coefficient("K")
    with pytest.raises(InternalFaultError):
        confirm_levy_walk(model, LONG_WAVE, (OperatorTerm(-factor * strength, (0,), 0, g),), sp.Min(2, 2 * g - 1))
    biased = load_text(RESTING % ("pareto", "2"))
    v, h, a, p = sp.Symbol("v"), *(biased.parameter(n).symbol for n in "hap")
    v = (2 * p - 1) * h / (2 * a)
    with pytest.raises(InternalFaultError):
        confirm_logarithmic(biased, LONG_WAVE, v, factor * v**2 * a / 2)
    confirm_logarithmic(biased, LONG_WAVE, v, v**2 * a / 2)


def test_averages_vs_a_sum_over_flights() -> None:
    """E[x^2] at one time from the renewal equation solved on a grid, Pareto flights of index 3/2: 2 % at t = 400 tm."""
    import numpy as np

    g, a, v, dt, steps = 1.5, 1.0, 1.0, 0.05, 24000
    time = dt * np.arange(steps + 1)
    survival = np.minimum(1.0, (np.maximum(time, a) / a) ** -g)
    density = -np.diff(survival)
    waves = []
    for k in (0.0, 2e-5):
        # P(k, t) = Psi cos(k v t) + int psi(u) cos(k v u) P(t - u) du, by fast convolution of the generating functions
        stay, turn = survival * np.cos(k * v * time), density * np.cos(k * v * (time[1:] - dt / 2))
        size = 2 ** (int(np.log2(2 * steps)) + 1)
        decay = np.exp(-12.0 * np.arange(steps + 1) / steps)
        top = np.fft.rfft(stay * decay, size)
        bottom = 1 - np.fft.rfft(np.concatenate(([0.0], turn)) * decay, size)
        waves.append((np.fft.irfft(top / bottom, size)[: steps + 1] / decay)[-1])
    found = 2 * (waves[0] - waves[1]) / (2e-5) ** 2
    model = load_text(TEXT.replace('first = "equilibrium"', "").replace("tail", "pareto").replace('amplitude = "A"', 'scale = "A"')
                      .replace('mean = "tm"\n', ""))  # fmt: skip
    wanted = numbers(average(model), v0="1", A="1", g="3/2", t=str(time[-1]))
    assert found == pytest.approx(wanted, rel=0.1)
    assert found != pytest.approx(2 * wanted, rel=0.3)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (('velocity = ["v0"]', 'velocity = ["v0"]\ndiffusivity = "tm"'), "diffuse on their way"),
        (('to = "right"\n', 'to = "right"\ndisplacement = "A"\n'), "also jump"),
    ],
)  # fmt: skip
def test_what_is_refused_vs_its_reason(change: tuple[str, str], message: str) -> None:
    model = load_text(TEXT.replace(*change))
    with pytest.raises(NotYetError, match=message):
        derive_all(model)


def test_no_equation_without_a_mean_flight() -> None:
    (limit,) = derive_all(ordinary("0 < g < 1"))
    assert not limit.equations
    assert limit.closure.kind == "none"
    assert "no mean" in limit.closure.why


def test_a_moment_that_is_not_stated_is_not_zero() -> None:
    """A tail of index above two with its mean alone: the second moment exists, and is not known."""
    text = TEXT.replace("1 < g < 2", "2 < g < 3")
    with pytest.raises(DerivationError, match="moments that this order needs"):
        derive_regime(load_text(text), LONG_WAVE)
    assert load_file(MODELS / "lw-superdiffusive.toml").first_wait == "equilibrium"


FLYING = """
[parameters]
v = "positive"
T = "positive"
a = "positive"
al = "0 < al < 1"
[model]
coordinates = ["x"]
states = ["R", "L", "W"]
[[states]]
name = "R"
velocity = "v"
waiting_time = {%s}
[[states]]
name = "L"
velocity = "-v"
waiting_time = {%s}
[[states]]
name = "W"
waiting_time = {distribution = "pareto", index = "%s", scale = "a"}
[[jumps]]
from = "R"
to = "W"
displacement = "0"
probability = "1"
[[jumps]]
from = "L"
to = "W"
displacement = "0"
probability = "1"
[[jumps]]
from = "W"
to = "R"
displacement = "0"
probability = "1/2"
[[jumps]]
from = "W"
to = "L"
displacement = "0"
probability = "1/2"
"""
SHORT, LONG = 'distribution = "exponential", mean = "T"', 'distribution = "pareto", index = "3/2", scale = "T"'


@pytest.mark.parametrize(
    ("flight", "rest", "name", "value"),
    [
        # E[r^2] = 2 v^2 T^2 per rest; B = a^al Gamma(1 - al), or the mean 3 a of rests of index 3/2
        (SHORT, "al", "K", "v**2*T**2/(a**al*gamma(1 - al))"),
        (SHORT, "3/2", "D", "v**2*T**2/(T + 3*a)"),
        # flights of index 3/2: B_f (v k)^(3/2) cos(3 pi/4)/B, B_f = T^(3/2) Gamma(-1/2), B = a^(1/2) Gamma(1/2)
        (LONG, "1/2", "K", "sqrt(2)*T**Rational(3, 2)*v**Rational(3, 2)/sqrt(a)"),
        # rests of index 6/5 count by their mean 6 a alone: psi = 1 - 3 T s + 2 sqrt(pi) (T s)^(3/2) of the flights
        (LONG, "6/5", "K", "sqrt(2*pi)*T**Rational(3, 2)*v**Rational(3, 2)/(3*T + 6*a)"),
    ],
)
def test_flights_between_long_rests_vs_the_renewal_of_their_lengths(
    flight: str, rest: str, name: str, value: str
) -> None:
    model = load_text(FLYING % (flight, flight, rest))
    found = derive_regime(model, LONG_WAVE).coefficient(name)
    expected = sp.sympify(value, locals={p.name: p.symbol for p in model.parameters})
    at = {p.symbol: sp.Rational(n + 2, 7) for n, p in enumerate(model.parameters)}
    assert abs(sp.N((found - expected).xreplace(at), 30)) < 1e-25


def test_flights_to_one_side_between_rests_without_a_mean_and_what_stays_open() -> None:
    drifting = load_text((FLYING % (SHORT, SHORT, "al")).replace('velocity = "-v"', 'velocity = "v"'))
    assert sp.sstr(derive_regime(drifting, LONG_WAVE).coefficient("v")) == "T*v/(a**al*gamma(1 - al))"
    with pytest.raises(NotYetError, match="drift by flights"):
        derive_regime(load_text((FLYING % (LONG, LONG, "1/2")).replace('velocity = "-v"', 'velocity = "v"')), LONG_WAVE)


def test_rests_of_heavier_tails_than_the_flights_leave_a_term_of_their_own() -> None:
    limit = derive_regime(load_text(FLYING % (LONG, LONG, "6/5")), LONG_WAVE)
    assert limit.remainder_power == sp.Rational(9, 5)  # beside s stands s^(6/5), s ~ k^(3/2)
