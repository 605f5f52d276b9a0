"""Claims in the forms in which texts write them, and their altered copies: fractional time, chains, walls, averages, decimals."""

from __future__ import annotations

import pytest

import symdiff as sd
from symdiff.dossier.check import check_model
from symdiff.dossier.gallery import load
from symdiff.model.jump_model import ClaimStatement

FORMS = [  # (entry, claim, verdict)
    ("subdiffusion", r"\frac{\partial P}{\partial t} = {}_0D_t^{1-\alpha} \frac{\ell^2}{2t_0^\alpha} \frac{\partial^2 P}{\partial x^2}", "proved"),
    ("subdiffusion", r"\frac{\partial P}{\partial t} = {}_0D_t^{\alpha} \frac{\ell^2}{2t_0^\alpha} \frac{\partial^2 P}{\partial x^2}", "refuted"),
    ("subdiffusion", r"\partial_t P = \frac{\ell^2}{2t_0^\alpha} \partial_x^2 P", "refuted"),
    ("stable_steps", r"P_t = -K(-\Delta)^{\alpha} P", "refuted"),
    ("departure_rates", r"u_t = D u_{xx} + 2 D_x u_x + D_{xx} u = \partial_{xx}(D u)", "proved"),
    ("departure_rates", r"u_t = \partial_{xx}(D u) = \partial_x(D u_x)", "refuted"),
    ("departure_rates", r"u_t = \partial_{xx}(D u) + \frac{h^2}{12}\partial_{xxxx}(D u) + O(h^4)", "proved"),
    ("departure_rates", r"u_t = \partial_{xx}(D u) + \frac{h^2}{24}\partial_{xxxx}(D u) + O(h^4)", "refuted"),
    ("departure_rates", r"f_t = D(x) f_{xx}", "conditional"),
    ("partly_absorbing_wall", r"u_x = P_1 u", "proved"),
    ("partly_absorbing_wall", r"u_x = 2 P_1 u", "refuted"),
    ("isomerisation", r"\langle n\rangle = \frac{N k_2}{k_1+k_2}", "proved"),
    ("isomerisation", r"\langle n\rangle = \frac{N k_1}{k_1+k_2}", "refuted"),
    ("goldstein_kac_process", r"\langle x^2\rangle=\frac{c^2}{\lambda}\left(t-\frac{1-e^{-2\lambda t}}{2\lambda}\right)", "proved"),
    ("goldstein_kac_process", r"\langle x^2\rangle=\frac{c^2}{\lambda}\left(t-\frac{1-e^{-\lambda t}}{\lambda}\right)", "refuted"),
    ("rigid_flights_in_space", r"a_4 = -\frac{\ell^4}{180\tau}", "proved"),
    ("rigid_flights_in_space", r"a_4 = 0", "refuted"),
    ("rigid_flights_in_space", r"s(k) = -D k^2", "proved"),  # k is the length of the wave vector
    ("rigid_flights_in_space", r"s(k) = -2 D k^2", "refuted"),
    ("rigid_flights_in_space", r"\hat u(k, t) = e^{-2 D k^2 t}", "refuted"),
    ("ehrenfest_urn", r"D = \frac{N\lambda}{2}", "conditional"),
    ("persistent_walk_at_fixed_p", r"D=\frac{\ell^2}{4\tau}\frac{1+p-s}{1-p+s}", "undecided"),
    ("two_diffusivities", r"D \approx \frac{2(bD_1+aD_2)}{a+b}", "refuted"),
    ("two_diffusivities", r"D \approx D_1", "undecided"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "claim", "verdict"), FORMS, ids=lambda t: t[:60])
def test_customary_forms(name: str, claim: str, verdict: str) -> None:
    assert sd.check(load(name), claim).verdict == verdict


def test_decimals_are_read_as_rounded_where_the_result_is_irrational() -> None:
    """-zeta(1/2)/sqrt(2 pi) = 0.582597... (Chang and Peres 1997)."""
    model = load("absorbing_wall_for_gaussian_steps")
    for text, verdict in (("0.5826", "proved"), ("0.5827", "refuted"), ("0.5825", "refuted")):
        claim = ClaimStatement("c", expression=f"extrapolation_length = {text}*sig")
        assert {v.id: v.verdict for v in check_model(model, (claim,)).verdicts}["c"] == verdict


DORMANT = """
[parameters]
h = "positive"
D_r = "positive"
a = "positive"
[model]
coordinates = ["x"]
states = ["A", "D"]
[[jumps]]
from = "A"
displacements = ["h", "-h"]
rate = "D_r"
[[jumps]]
from = "A"
to = "D"
displacement = "0"
rate = "a"
[[jumps]]
from = "D"
to = "A"
displacement = "0"
rate = "a"
"""  # by hand: half of the walkers are awake, so that the diffusivity is D_r h^2/2


@pytest.mark.parametrize(
    ("claim", "state", "verdict"),
    [
        (r"D = \frac{D_r h^2}{2}", "S", "proved"),  # D is the coefficient, not the parameter D_r
        (r"D = D_r h^2", "S", "refuted"),
        (r"D = \frac{D_r h^2}{2}", "D", "undecided"),  # the state's density, of which nothing is derived
        (r"\partial_t A = D_r h^2 \partial_x^2 A - a A + a S", "S", "proved"),  # true of the states, not of the sum
        (r"\partial_t A = 2 D_r h^2 \partial_x^2 A - a A + a S", "S", "refuted"),
        (r"A(x, t) = \frac{1}{2} P(x, t)", "S", "proved"),  # in local equilibrium
        (r"A(x, t) = \frac{1}{3} P(x, t)", "S", "refuted"),
        (r"Pe = \frac{v L}{D}", "S", "undecided"),
    ],
)
def test_names_that_begin_alike_or_are_states_are_not_taken_for_one_another(
    claim: str, state: str, verdict: str
) -> None:
    model = sd.loads(DORMANT.replace('"D"', f'"{state}"'))
    assert sd.check(model, claim).verdict == verdict


UNEQUAL = """
[parameters]
v = "positive"
w = "positive"
a = "positive"
b = "positive"
[model]
coordinates = ["x"]
density = "P"
[[states]]
name = "fast"
velocity = "v"
[[states]]
name = "slow"
velocity = "-w"
[[jumps]]
from = "fast"
to = "slow"
rate = "a"
[[jumps]]
from = "slow"
to = "fast"
rate = "b"
"""
NAMED = {"P_1": "fast", "P_2": "slow"}
EXCHANGED = {"P_1": "slow", "P_2": "fast"}
MATCHED = [  # (claim, what its symbols are said to be, verdict)
    (r"\partial_t P_1 = -v\partial_x P_1 - aP_1 + bP_2", {}, "conditional"),
    (r"\partial_t P_1 = w\partial_x P_1 + aP_2 - bP_1", {}, "conditional"),
    (r"\partial_t P_1 = -v\partial_x P_1 - aP_1 + bP_2", NAMED, "proved"),
    (r"\partial_t P_1 = -v\partial_x P_1 - aP_1 + bP_2", EXCHANGED, "refuted"),
    (r"\partial_t P_1 = -v\partial_x P_1 + aP_1 - bP_2", {}, "refuted"),
    (r"\partial_t p_f = -v\partial_x p_f - ap_f + bp_s", {}, "proved"),
    (r"\partial_t p_s = -v\partial_x p_s - ap_s + bp_f", {}, "refuted"),
]


@pytest.mark.parametrize(("latex", "symbols", "verdict"), MATCHED, ids=range(len(MATCHED)))
def test_densities_that_do_not_name_their_state(latex: str, symbols: dict[str, str], verdict: str) -> None:
    """Where the verdict depends on which state P_1 is, it says so; ``symbols`` settles it."""
    claim = ClaimStatement("c", latex=latex, symbols=tuple(symbols.items()))
    (found,) = check_model(sd.loads(UNEQUAL), (claim,)).verdicts
    assert found.verdict == verdict
    assert verdict != "conditional" or "is the state fast" in found.why


HALF_SPACE = """
[parameters]
F = "real"
D = "positive"
h = "positive"
[model]
coordinates = ["x"]
density = "P"
[[jumps]]
displacement = "h"
rate = "D/h**2 + F/(2*h)"
[[jumps]]
displacement = "-h"
rate = "D/h**2 - F/(2*h)"
[[boundaries]]
domain = "x >= 0"
kind = "reflecting"
[scaling]
h = 1
"""
POTENTIAL = """
[parameters]
D = "positive"
h = "positive"
b = "positive"
[functions]
V = ["x"]
[model]
coordinates = ["x"]
density = "P"
[[jumps]]
displacement = "h"
rate = "D/h**2*exp(-b*(V(x+h)-V(x))/2)"
[[jumps]]
displacement = "-h"
rate = "D/h**2*exp(-b*(V(x-h)-V(x))/2)"
[scaling]
h = 1
"""
STATIONARY = [  # (model, claim, verdict, what the reason says)
    (HALF_SPACE, r"P_{st}(x) = \frac{|F|}{D} e^{-|F|x/D}", "proved", "only if -F/D > 0"),
    (HALF_SPACE, r"P_{st} = \frac{F}{D} e^{Fx/D}", "refuted", "only if -F/D > 0"),
    (HALF_SPACE, r"P_{st} \propto e^{Fx/(2D)}", "refuted", ""),
    (HALF_SPACE, r"P_{st}(x) = \mathcal{N} e^{Fx/D}", "proved", ""),
    (HALF_SPACE, r"P_{st}(x) = \frac1Z e^{-Fx/D}", "refuted", ""),
    (POTENTIAL, r"P_{eq}(x) = \frac{e^{-bV(x)}}{\int_{-\infty}^{\infty} e^{-bV(y)}\,dy}", "proved", "is finite"),
    (POTENTIAL, r"P_{st}(x) = \frac{1}{Z} e^{-bV(x)}, \quad Z = \int_{-\infty}^{\infty} e^{-bV(x)}\,dx", "proved", "is finite"),
    (POTENTIAL, r"P_{eq}(x) = \frac{e^{-2bV(x)}}{\int_{-\infty}^{\infty} e^{-2bV(y)}\,dy}", "refuted", ""),
    (POTENTIAL, r"P_{eq}(x) = \frac{e^{-bV(x)}}{\int_{-\infty}^{\infty} e^{-2bV(y)}\,dy}", "undecided", ""),
]  # fmt: skip


@pytest.mark.parametrize(("text", "latex", "verdict", "reason"), STATIONARY, ids=range(len(STATIONARY)))
def test_stationary_laws_are_judged_where_they_exist(text: str, latex: str, verdict: str, reason: str) -> None:
    (found,) = check_model(sd.loads(text), (ClaimStatement("c", latex=latex),)).verdicts
    assert found.verdict == verdict
    assert reason in found.why


BIASED = """
[parameters]
p = "probability"
q = "probability"
ell = "positive"
tau = "positive"
[model]
coordinates = ["x"]
time_step = "tau"
constraints = ["p + q <= 1"]
[[jumps]]
displacement = "ell"
probability = "p"
[[jumps]]
displacement = "-ell"
probability = "q"
[[jumps]]
displacement = "0"
probability = "1-p-q"
"""
RATES = """
[parameters]
h = "positive"
[functions]
r = ["x"]
l = ["x"]
[model]
coordinates = ["x"]
density = "P"
[[jumps]]
displacement = "h"
rate = "r(x)"
[[jumps]]
displacement = "-h"
rate = "l(x)"
"""
GROWING = """
[parameters]
nu = {assume = "positive", latex = '\\nu'}
la = {assume = "positive", latex = '\\lambda'}
mu = {assume = "positive", latex = '\\mu'}
[model]
coordinates = ["n"]
density = "P"
constraints = ["la < mu"]
[[jumps]]
displacement = "1"
rate = "nu + la*n"
[[jumps]]
displacement = "-1"
rate = "mu*n"
"""
REORIENTING = """
[parameters]
v0 = {assume = "positive", latex = 'v_0'}
al = {assume = "positive", latex = '\\alpha'}
[model]
coordinates = ["x"]
density = "P"
[[states]]
name = "right"
velocity = "v0"
[[states]]
name = "left"
velocity = "-v0"
[[jumps]]
from = "right"
to = "left"
rate = "al/2"
[[jumps]]
from = "left"
to = "right"
rate = "al/2"
"""
ISOTROPIC = """
[parameters]
lam = {assume = "positive", latex = '\\lambda'}
sig = {assume = "positive", latex = '\\sigma'}
[model]
coordinates = ["x", "y", "z"]
density = "n"
[[jumps]]
distribution = "normal"
mean = ["0", "0", "0"]
covariance = [["sig**2", "0", "0"], ["0", "sig**2", "0"], ["0", "0", "sig**2"]]
rate = "lam"
"""
OF_TEXTS = [  # (model, claim, verdict): the notation of Hughes, Gardiner, Risken and van Kampen
    (BIASED, r"P_{n+1}(j) = pP_n(j-1)+qP_n(j+1)+(1-p-q)P_n(j)", "proved"),
    (BIASED, r"P_{n+1}(j) = qP_n(j-1)+pP_n(j+1)+(1-p-q)P_n(j)", "refuted"),
    (BIASED, r"\langle\langle x^2\rangle\rangle = 2Dt", "proved"),
    (BIASED, r"\langle x^2\rangle = 2Dt", "refuted"),
    (BIASED, r"D = \frac{\ell^2}{2\tau}\left[1-s-c^2\right], \quad c = p-q, \quad s = 1-p-q", "proved"),
    (BIASED, r"D = \frac{\ell^2}{2\tau}\left[1-s-c^2\right], \quad c = p+q, \quad s = 1-p-q", "refuted"),
    (RATES, r"\partial_tP=-\partial_x(vP)+\partial_x^2(DP)", "proved"),
    (RATES, r"\partial_tP=-\partial_x(vP)+\partial_x(D\partial_xP)", "refuted"),
    (RATES, r"J=\left[v-\partial_xD\right]P", "proved"),
    (RATES, r"J=vP-D\partial_xP", "refuted"),
    (RATES, r"D^{(2)}(x)=\frac{h^2}{2}[r(x)+l(x)]", "proved"),
    (GROWING, r"\langle n\rangle_{st}=\frac{\nu}{\mu-\lambda}", "proved"),
    (GROWING, r"\langle n\rangle_{st}=\frac{\nu}{\mu+\lambda}", "refuted"),
    (GROWING, r"P_{st}(n)\propto\frac{\Gamma(n+\nu/\lambda)}{n!}\left(\frac\lambda\mu\right)^n", "proved"),
    (GROWING, r"P_{st}(n)\propto\frac{1}{n!}\left(\frac{\nu}{\mu}\right)^n", "refuted"),
    (REORIENTING, r"\langle x^2\rangle\simeq v_0^2t^2\ (t\to0)", "proved"),
    (REORIENTING, r"\langle x^2\rangle\simeq 2v_0^2t^2,\ t\ll 1/\alpha", "refuted"),
    (REORIENTING, r"\langle x^2\rangle\sim t\ (t\to0)", "refuted"),
    (ISOTROPIC, r"s(\mathbf k)=\lambda\left(e^{-\sigma^2k^2/2}-1\right)", "proved"),
    (ISOTROPIC, r"s(\mathbf k)=\lambda\left(e^{-\sigma^2k^2}-1\right)", "refuted"),
    (ISOTROPIC, r"\langle x^4\rangle = 3\lambda^2\sigma^4t^2 + 3\lambda\sigma^4 t", "proved"),
    (ISOTROPIC, r"\langle x^4\rangle = 3\lambda^2\sigma^4t^2", "conditional"),  # the equation knows the leading part only
]  # fmt: skip


@pytest.mark.parametrize(("text", "latex", "verdict"), OF_TEXTS, ids=range(len(OF_TEXTS)))
def test_notations_of_the_textbooks(text: str, latex: str, verdict: str) -> None:
    (found,) = check_model(sd.loads(text), (ClaimStatement("c", latex=latex),)).verdicts
    assert found.verdict == verdict
