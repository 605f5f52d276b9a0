r"""Claims about the distance, coefficients at a place, observables of place and time, by hand: T = (R^2 - r^2)/(2 d D), f_rr + (d - 1) f_r/r."""

from __future__ import annotations

import pytest
import sympy as sp

import symdiff as sd
from symdiff.dossier.late_growth import late_growth

pytestmark = pytest.mark.slow  # as a whole: the run without extras leaves it out

BALL = """[parameters]
D0 = "positive"
R = "positive"
[model]
coordinates = ["x", "y", "z"]
[[states]]
diffusivity = "D0"
[[boundaries]]
domain = "x**2 + y**2 + z**2 < R**2"
kind = "absorbing"
[[observables]]
name = "T"
kind = "mean_exit_time"
"""
SPACE = '[parameters]\nD0 = "positive"\n[model]\ncoordinates = ["x", "y", "z"]\n[[states]]\ndiffusivity = "D0"\n'
PLANE = """[parameters]
h = "positive"
g = "positive"
k = "positive"
[model]
coordinates = ["x", "y"]
density = "u"
[[jumps]]
displacements = [["h", "0"], ["-h", "0"], ["0", "h"], ["0", "-h"]]
rate = "g/h**2"
[[reactions]]
rule = "u -> 0"
rate = "k"
"""


@pytest.mark.parametrize(("model", "latex", "verdict"), [
    (SPACE, r"P_t = \frac{D_0}{r^2}\partial_r(r^2 \partial_r P)", "proved"),
    (SPACE, r"\frac{\partial P}{\partial t} = D_0\left(\frac{\partial^2 P}{\partial r^2} + \frac{2}{r}\frac{\partial P}{\partial r}\right)", "proved"),
    (SPACE, r"\frac{\partial (rP)}{\partial t} = D_0\frac{\partial^2 (rP)}{\partial r^2}", "proved"),
    (SPACE, r"P_t = \frac{D_0}{r}\partial_r(r \partial_r P)", "refuted"),  # the plane's
    (SPACE, r"P_t = \frac{2 D_0}{r^2}\partial_r(r^2 \partial_r P)", "refuted"),
    (PLANE, r"u_t = \frac{g}{r}(r u_r)_r - k u", "proved"),
    (PLANE, r"u_t = g u_{rr} - k u", "refuted"),
    (PLANE, r"u_t = g u_{rrr}", "undecided"),
    (BALL, r"\frac{D_0}{r^2}\frac{d}{dr}\left(r^2\frac{dT}{dr}\right) = -1", "proved"),  # was a fault
    (BALL, r"\frac{D_0}{r}\frac{d}{dr}\left(r\frac{dT}{dr}\right) = -1", "refuted"),
    (BALL, r"D_0 \nabla^2 T = -1", "proved"), (BALL, r"D_0 \nabla^2 T = -2", "refuted"),
    (BALL, r"D_0 \Delta T = -1", "proved"), (BALL, r"D_0 \Delta T = -2", "refuted"),
    (BALL, "T(R) = 0", "proved"),  # was refuted
    (BALL, r"T(0) = \frac{R^2}{6 D_0}", "proved"), (BALL, r"T(0) = \frac{R^2}{2 D_0}", "refuted"),
    (BALL, r"T(R/2) = \frac{R^2}{8 D_0}", "proved"), (BALL, r"T(R/2) = \frac{R^2}{6 D_0}", "refuted"),
    (BALL, "T(a) = 0", "undecided"),
    (BALL, r"\langle T\rangle = \frac{R^2}{15 D_0}", "undecided"),  # over all starts: was refuted
    (BALL, r"\langle T\rangle = \frac{R^2 - r^2}{6 D_0}", "proved"), (BALL, r"\langle T\rangle = \frac{R^2 - r^2}{2 D_0}", "refuted"),
])  # fmt: skip
def test_verdicts_on_radial_claims_vs_by_hand(model: str, latex: str, verdict: str) -> None:
    assert sd.check(sd.loads(model), latex).verdict == verdict


LINE = """[parameters]
h = "positive"
g = "positive"
L = "positive"
[model]
coordinates = ["x"]
[[jumps]]
displacements = ["h", "-h"]
rate = "g*(1 + x/L)/h**2"
[scaling]
h = 1
"""
CROWD = """[parameters]
h = "positive"
g = "positive"
alpha = "real"
[model]
coordinates = ["x"]
density = "C"
occupancy = 1
[[jumps]]
displacement = "h"
rate = "g/h**2*(1 - C(x + h))*(1 - alpha*C(x - h))"
[[jumps]]
displacement = "-h"
rate = "g/h**2*(1 - C(x - h))*(1 - alpha*C(x + h))"
[scaling]
h = 1
"""


@pytest.mark.parametrize(("model", "latex", "verdict"), [
    (LINE, "D(L) = 2 g h^2", "refuted"), (LINE, "D(L) = 2 g", "proved"),  # was refuted: read as D(x)
    (LINE, "D(0) = g", "proved"), (LINE, "D(L) = g (1 + x/L)", "proved"),
    (CROWD, r"D(1/2) = g\left(1 - \frac{5\alpha}{4}\right)", "proved"), (CROWD, "D(1/2) = g", "refuted"),
    (CROWD, r"C(x, t) \to 1/2", "undecided"),  # where it starts is not said: was refuted
    (CROWD, r"D(\alpha) = g(1 - 4\alpha C + 3\alpha C^2)", "proved"),
    ("biased_walk", "D(1) = 0", "undecided"),  # at p = 1, of which the claim does not speak
    ("biased_walk", r"D(p) = 2p(1 - p)\ell^2/\tau", "proved"),
])  # fmt: skip
def test_coefficients_at_a_place_or_a_density_vs_by_hand(model: str, latex: str, verdict: str) -> None:
    assert sd.check(sd.load(model) if model == "biased_walk" else sd.loads(model), latex).verdict == verdict


WALL = """[parameters]
D0 = "positive"
[model]
coordinates = ["x"]
[[states]]
diffusivity = "D0"
[[boundaries]]
domain = "x >= 0"
kind = "absorbing"
[[observables]]
name = "S"
kind = "survival_probability"
[[observables]]
name = "f"
kind = "first_passage_density"
"""
TRAP = """[parameters]
k = "positive"
D0 = "positive"
x0 = "real"
[model]
coordinates = ["x"]
[[states]]
velocity = "-k*x"
diffusivity = "D0"
[initial]
position = ["x0"]
"""


@pytest.mark.parametrize(("model", "latex", "verdict"), [  # S = erf(x/sqrt(4 D t)) ~ x/sqrt(pi D t), f = -S_t (Redner 2001)
    (WALL, r"f(t) = \frac{x}{\sqrt{4\pi D_0 t^3}} e^{-x^2/4D_0t}", "proved"),  # was refuted: read as the density at x = t
    (WALL, r"f(t) = \frac{x}{\sqrt{2\pi D_0 t^3}} e^{-x^2/4D_0t}", "refuted"),
    (WALL, r"f(t) = \frac{x_0}{\sqrt{4\pi D_0 t^3}} e^{-x_0^2/4D_0t}", "proved"),
    (WALL, r"S(x_0, t) = \operatorname{erf}\left(\frac{x_0}{\sqrt{4D_0t}}\right)", "proved"),
    (WALL, r"f(t) = -\frac{dS}{dt}", "proved"), (WALL, "S(0, t) = 0", "proved"), (WALL, "S(0) = 1", "undecided"),
    (WALL, r"f \propto t^{-3/2} \quad t\to\infty", "proved"), (WALL, r"f \propto t^{-1/2} \quad t\to\infty", "refuted"),
    (WALL, r"S(t) \simeq \frac{x}{\sqrt{\pi D_0 t}} \quad t\to\infty", "proved"),
    (WALL, r"S(t) \simeq \frac{2x}{\sqrt{\pi D_0 t}} \quad t\to\infty", "refuted"),
    (WALL, r"S(t) \to 0 \ (t\to\infty)", "proved"), (WALL, r"S(t) \to 1 \ (t\to\infty)", "refuted"),
    (TRAP, r"\langle x\rangle \to 0 \quad (t\to\infty)", "proved"),  # in places, not in lengths from the start
    (TRAP, r"\langle x^2\rangle \to D_0/k,\ t\to\infty", "proved"), (TRAP, r"\langle x^2\rangle \to 2D_0/k,\ t\to\infty", "refuted"),
    (TRAP, r"\langle x^2\rangle \to 0,\ t\to\infty", "refuted"),
])  # fmt: skip
def test_observables_of_place_and_time_vs_by_hand(model: str, latex: str, verdict: str) -> None:
    assert sd.check(sd.loads(model), latex).verdict == verdict


STRIP = """[parameters]
D0 = "positive"
v = "real"
L = "positive"
[model]
coordinates = ["x"]
[[states]]
diffusivity = "D0"
velocity = "v"
[[boundaries]]
domain = "0 < x < L"
kind = "absorbing"
[[observables]]
name = "T"
kind = "mean_exit_time"
"""


@pytest.mark.parametrize(("latex", "verdict"), [
    (r"T = \frac{x(L - x)}{2D_0} \quad v\to 0", "consistent"),  # was refuted, at a finite v
    (r"T = \frac{x(L - x)}{D_0} \quad v\to 0", "refuted"), (r"T = \frac{x(L - x)}{2D_0}", "refuted"),
    (r"T = \frac{L - x}{v},\ D_0\to 0", "undecided"),  # for v > 0
    (r"T = \frac{x}{2v},\ D_0\to 0", "refuted"),
    (r"T - \frac{x(L - x)}{2D_0} = 0,\ v\to 0", "consistent"), (r"T = 0,\ v\to 0", "refuted"),
])  # fmt: skip
def test_limits_of_a_parameter_vs_by_hand(latex: str, verdict: str) -> None:
    found = sd.check(sd.loads(STRIP), latex)
    assert {r.verdict for r in found.regimes if r.name == "long-wave"} == {verdict}


def test_leading_parts_that_cancel_are_not_known() -> None:
    t, c = sp.symbols("t c", positive=True)
    assert late_growth(sp.exp(-c / t), t) == (0, 1)
    assert late_growth(sp.erf(c / sp.sqrt(t)), t) == (-sp.Rational(1, 2), 2 * c / sp.sqrt(sp.pi))
    assert late_growth(1 - sp.exp(-c / t), t) is None  # c/t, of which the leading part of e^(-c/t) knows nothing
    assert late_growth(3 * t + sp.exp(-c * t) * sp.cos(c * t), t) == (1, 3)
    assert late_growth(3 + sp.cos(c * t), t) is None
    assert late_growth(t * sp.cos(c * t), t) is None
    b = sp.Symbol("b", positive=True)
    assert late_growth(2 * sp.exp(-c * t) / (c - b) - sp.exp(-b * t) / (2 * b) + 3 / (c + b), t) == (0, 3 / (b + c))
    assert late_growth(sp.exp(-c * t) - 2 * sp.exp(-b * t), t) is None  # which of them decays later is not known
