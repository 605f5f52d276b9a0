"""Equations that a derivation prints, pasted as claims, hold; changed in one place they fail.

The expected equations are by hand: Fourier waves of the walk, s(k) = 2 g (cos kh - 1), for the equation with a mixed derivative (the
Benjamin-Bona-Mahony form of the heat equation), the flux of two sublattices in the plane from its diffusivities.
"""

from __future__ import annotations

import pytest

from symdiff.dossier.check import check_model
from symdiff.model.jump_model import ClaimStatement
from symdiff.model.loading import load_text

WALK = """
[parameters]
h = "positive"
g = "positive"
f = "real"
[model]
coordinates = ["x"]
[[jumps]]
displacements = [["h"], ["-h"]]
rate = "g"
"""
ONE_WAY = """
[parameters]
h = "positive"
g = "positive"
[model]
coordinates = ["x"]
[[jumps]]
displacement = ["h"]
rate = "g"
"""
LAYERS = """
[parameters]
h = "positive"
g = "positive"
k = "positive"
[model]
coordinates = ["x", "y"]
states = ["A", "B"]
[[jumps]]
from = "A"
to = "A"
displacements = [["h", "0"], ["-h", "0"]]
rate = "g"
[[jumps]]
from = "B"
to = "B"
displacements = [["h", "0"], ["-h", "0"]]
rate = "g"
[[jumps]]
displacements = [["0", "h"], ["0", "-h"]]
from = "A"
to = "B"
rate = "k"
[[jumps]]
displacements = [["0", "h"], ["0", "-h"]]
from = "B"
to = "A"
rate = "2*k"
"""
URN = """
[parameters]
N = "positive"
k = "positive"
[model]
coordinates = ["n"]
system_size = "N"
scaled = ["x"]
[[jumps]]
displacement = ["1"]
rate = "k*(N - n)"
[[jumps]]
displacement = ["-1"]
rate = "k*n"
"""
# the noisy voter: births (N - n)(k + n), deaths n(k + N - n); in x = n/N a beta law, on the lattice beta-binomial (Kirman 1993)
VOTER = """
[parameters]
N = "positive integer"
k = "positive"
[model]
coordinates = ["n"]
system_size = "N"
scaled = ["x"]
[[jumps]]
displacement = "1"
rate = "(N - n)*(k + n)"
[[jumps]]
displacement = "-1"
rate = "n*(k + N - n)"
[[observables]]
name = "p"
kind = "stationary_density"
"""
SKEWED = """
[parameters]
a = "1 < a < 2"
c = "positive"
tau = "positive"
b = "-1 <= b <= 1"
[model]
coordinates = ["x"]
time_step = "tau"
[[jumps]]
distribution = "levy"
index = "a"
scale = "c"
skewness = "b"
probability = "1"
"""
_STABLE = r"P_t = -\frac{c^a}{\tau}(-\Delta)^{a/2}P SIGN \frac{b c^a\tan(\pi a/2)}{\tau}\frac{\partial(-\Delta)^{a/2-1/2}P}{\partial x}"
# jumps over a bond at the rate at its middle: Fick's form, whose tensor has D(x, y) twice on its diagonal
BONDS = """
[parameters]
h = "positive"
[functions]
D = ["x", "y"]
[model]
coordinates = ["x", "y"]
[[jumps]]
displacements = [["h", "0"], ["-h", "0"], ["0", "h"], ["0", "-h"]]
rate = "D(x + r_x/2, y + r_y/2)/h**2"
"""
CLAIMS = [
    (BONDS, r"D_{xx} = D(x, y)", "proved"),
    (BONDS, r"D_{xx} = D(x, y)/2", "refuted"),
    # log E e^{ikX} = -c^a |k|^a (1 - i b sgn k tan(pi a/2)) (Zolotarev), and -d_x is -ik in front of |k|^(a - 1)
    (SKEWED, _STABLE.replace("SIGN", "-"), "proved"),
    (SKEWED, _STABLE.replace("SIGN", "+"), "refuted"),
    (VOTER, r"p(x) \propto [x(1-x)]^{k-1}", "conditional"),
    (VOTER, r"p(x) \propto [x(1-x)]^{2k-1}", "refuted"),
    (VOTER, r"p = \frac{\Gamma(2k)}{\Gamma(k)^2} x^{k-1}(1-x)^{k-1}", "conditional"),
    (VOTER, r"p = 2\frac{\Gamma(2k)}{\Gamma(k)^2} x^{k-1}(1-x)^{k-1}", "refuted"),
    (VOTER, r"p = \binom{N}{n}\frac{\Gamma(2k)\Gamma(n+k)\Gamma(N-n+k)}{\Gamma(k)^2\Gamma(N+2k)}", "proved"),
    # u_t - b u_xxt = D u_xx has s = -D k^2/(1 + b k^2) = -D k^2 + D b k^4; the walk -g h^2 k^2 + g h^4 k^4/12
    (WALK, r"\partial_t P - \frac{h^2}{12} \partial_x^2 \partial_t P = g h^2 \partial_x^2 P", "proved"),
    (WALK, r"\partial_t P + \frac{h^2}{12} \partial_x^2 \partial_t P = g h^2 \partial_x^2 P", "refuted"),
    (WALK, r"\partial_t P - \frac{h^2}{6} \partial_x^2 \partial_t P = g h^2 \partial_x^2 P", "refuted"),
    # s = g(e^(-d h) - 1) = -g h d + g h^2 d^2/2 - g h^3 d^3/6: (1 + b d) s = -g h d + a d^2 with b = h/3, a = g h^2/6
    (ONE_WAY, r"P_t + g h P_x + \frac{h}{3} P_{xt} = \frac{g h^2}{6} P_{xx}", "proved"),
    (ONE_WAY, r"P_t + g h P_x + \frac{h}{3} P_{xt} = \frac{g h^2}{2} P_{xx}", "refuted"),
    (ONE_WAY, r"P_t + g h P_x + \frac{h}{2} P_{xt} = 0", "proved"),  # its one free coefficient is fixed at d^2
    # an equation in letters of its own is no balance at sites
    (WALK, r"\frac{\partial P(\xi, \theta)}{\partial \theta} = \frac{\partial^2 P(\xi, \theta)}{\partial \xi^2}", "undecided"),
    (LAYERS, r"J_x = -g h^2 \partial_x P", "proved"),
    (LAYERS, r"J_y = -\frac{4}{3} k h^2 \partial_y P", "proved"),
    (LAYERS, r"J_y = -\frac{3}{2} k h^2 \partial_y P", "refuted"),
    # rates k(N - n) + k n = k N: D = k N/2 for n, k/(2 N) for x = n/N
    (URN, r"D = \frac{k}{2 N}", "proved"),
    (URN, r"D = \frac{k N}{2}", "conditional"),
    (URN, r"D = k N", "refuted"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "latex", "expected"), CLAIMS)
def test_what_a_derivation_prints_against_the_walk(text: str, latex: str, expected: str) -> None:
    (verdict,) = check_model(load_text(text), claims=(ClaimStatement("c", latex=latex),)).verdicts
    assert verdict.verdict == expected, verdict.why


def test_an_equation_without_its_drift_is_said_to_be_that_of_the_moving_frame() -> None:
    claim = ClaimStatement("c", latex=r"P_t = \frac{g h^2}{2} P_{xx}")
    (verdict,) = check_model(load_text(ONE_WAY), claims=(claim,)).verdicts
    assert verdict.verdict == "refuted"
    assert verdict.witness is not None
    assert "frame" in verdict.witness.mend


def test_the_backward_equation_has_another_letter_than_the_parameters() -> None:
    claims = [ClaimStatement("c", latex=rf"w_t = {a} g h^2 w_{{xx}}") for a in ("", "2")]
    right, wrong = check_model(load_text(WALK), claims=tuple(claims)).verdicts
    assert (right.verdict, wrong.verdict) == ("proved", "refuted")


BIASED = """
[parameters]
h = "positive"
tau = "positive"
p = "probability"
[model]
coordinates = ["x"]
time_step = "tau"
[[jumps]]
displacement = ["h"]
probability = "p"
[[jumps]]
displacement = ["-h"]
probability = "1 - p"
[scaling]
h = 1
tau = 2
"2*p - 1" = 1
"""


@pytest.mark.parametrize(("factor", "expected"), [("", "proved"), ("2", "refuted")])
def test_a_range_beside_a_claim_keeps_the_scaling(factor: str, expected: str) -> None:
    """A probability that is positive is another symbol, also in what the file says of its size."""
    claim = ClaimStatement("c", latex=rf"v = {factor}(2p-1)h/\tau, \quad 0<p<1")
    (verdict,) = check_model(load_text(BIASED), claims=(claim,)).verdicts
    assert verdict.verdict == expected, verdict.why
