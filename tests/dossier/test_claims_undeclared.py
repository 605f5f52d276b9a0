"""Claims about quantities that the file does not declare: exit times, splitting, survival, extinction, decay, return; jumps at interfaces.

Expected verdicts by hand: Redner, A Guide to First-Passage Processes, chs. 2-3; Gardiner, Handbook, sec. 5.5; Feller I, ch. XIV.
"""

from __future__ import annotations

import pytest

import symdiff as sd
from symdiff.dossier.check import check_model
from symdiff.dossier.derivation import derive_model
from symdiff.model.jump_model import ClaimStatement

SITES = """
[parameters]
k = "positive"
N = "positive integer"
[model]
coordinates = ["n"]
[[jumps]]
displacements = ["1", "-1"]
rate = "k"
[[boundaries]]
domain = "0 < n < N"
kind = "absorbing"
"""
DRIFT = """
[parameters]
v = "real"
D = "positive"
L = "positive"
[model]
coordinates = ["x"]
density = "c"
[[states]]
velocity = "v"
diffusivity = "D"
[[boundaries]]
domain = "0 < x < L"
kind = "absorbing"
"""
HALF = """
[parameters]
D = "positive"
x0 = "positive"
[model]
coordinates = ["x"]
density = "c"
[[states]]
diffusivity = "D"
[[boundaries]]
domain = "x > 0"
kind = "absorbing"
[initial]
position = ["x0"]
"""
STEPS = """
[parameters]
p = "0 < p < 1"
tau = "positive"
[model]
coordinates = ["n"]
time_step = "tau"
[[jumps]]
displacement = "1"
probability = "p"
[[jumps]]
displacement = "-1"
probability = "1 - p"
[[boundaries]]
domain = "n > 0"
kind = "absorbing"
"""
BIRTHS = r"""
[parameters]
b = {assume = "positive", latex = '\beta'}
d = {assume = "positive", latex = '\delta'}
n0 = "positive integer"
[model]
coordinates = ["n"]
[[jumps]]
displacement = "1"
rate = "b*n"
[[jumps]]
displacement = "-1"
rate = "d*n"
[initial]
position = ["n0"]
"""
DYING = r"""
[parameters]
lam = "positive"
mu = "positive"
[model]
coordinates = ["n"]
constraints = ["lam < mu"]
[[jumps]]
displacement = "1"
rate = "lam*n"
[[jumps]]
displacement = "-1"
rate = "mu*n"
[[boundaries]]
domain = "n > 0"
kind = "absorbing"
"""
WIDER = """
[parameters]
K = "positive"
b = "positive"
[model]
coordinates = ["x"]
[[states]]
diffusivity = "K*(1 + x)"
evaluation = "1"
[[boundaries]]
domain = "0 < x < b"
kind = "absorbing"
"""
UPPER = """
[parameters]
K = "positive"
b = "positive"
[model]
coordinates = ["x"]
[[states]]
diffusivity = "K"
[[boundaries]]
domain = "x < b"
kind = "absorbing"
"""
MEDIA = """
[parameters]
h = "positive"
D1 = "positive"
D2 = "positive"
[model]
coordinates = ["x"]
density = "u"
[[jumps]]
displacements = ["h", "-h"]
rate = "D1/h**2"
where = "x < 0"
[[jumps]]
displacements = ["h", "-h"]
rate = "D2/h**2"
where = "x >= 0"
[scaling]
h = 1
"""
GAME = """
[parameters]
N = "positive integer"
p = "0 < p < 1"
[model]
coordinates = ["k"]
time_step = "1"
[[jumps]]
displacement = "1"
probability = "p"
[[jumps]]
displacement = "-1"
probability = "1 - p"
[[boundaries]]
domain = "0 < k < N"
kind = "absorbing"
"""
TRAP = r"""
[parameters]
k = "positive"
z = {assume = "positive", latex = '\zeta'}
T = "positive"
[model]
coordinates = ["x"]
[[states]]
velocity = "-k*x/z"
diffusivity = "T/z"
"""
CUBIC = """
[parameters]
a = "positive"
tau = "positive"
[model]
coordinates = ["x", "y", "z"]
lattice = "cubic"
spacing = "a"
time_step = "tau"
"""
WALK = r"""
[parameters]
h = "positive"
al = {assume = "positive", latex = '\alpha'}
be = {assume = "positive", latex = '\beta'}
[model]
coordinates = ["x"]
[[jumps]]
displacement = "h"
rate = "al"
[[jumps]]
displacement = "-h"
rate = "be"
"""
CLAIMS = [
    (WALK, r"\kappa_4 = 0", "conditional", ""),  # was proved: the lattice has (alpha + beta) h^4 t
    (WALK, r"\kappa_3 = (\alpha-\beta)h^3t", "proved", ""),
    (WALK, r"\langle e^{ikx}\rangle = e^{-t(\alpha(1-e^{ikh}) + \beta(1-e^{-ikh}))}", "proved", ""),
    (WALK, r"\langle e^{ikx}\rangle = e^{-t(\alpha(1-e^{-ikh}) + \beta(1-e^{ikh}))}", "refuted", ""),
    (WALK, r"\frac{dP_n}{dt} = \alpha P_{n+1} + \beta P_{n-1} - (\alpha+\beta)P_n", "refuted", "directions are exchanged"),
    (WALK, r"\langle x^2\rangle = (\alpha+\beta)h^2t", "refuted", "second moment"),
    (WALK, r"D = \frac{(\alpha-\beta)h^2}{2}", "refuted", "sign of the term"),
    (SITES, r"T_n = \frac{n(N-n)}{2k}", "proved", ""),
    (SITES, r"\langle T_n\rangle = \frac{n(N-n)}{k}", "refuted", "factor 2"),
    (SITES, r"\tau(n) = \frac{n(N-n)}{2k}", "proved", ""),
    (SITES, r"P_N(n) = n/N", "proved", ""),  # was refuted, as a law that starts on the wall
    (SITES, r"P_N(n) = 1 - n/N", "refuted", "opposite"),
    (SITES, r"\Pi_0(n) = 1 - n/N", "proved", ""),
    (SITES, r"k[T(n+1) + T(n-1) - 2T(n)] = 1", "refuted", "sign"),
    (SITES, r"\lambda_1 = 2k(1-\cos(\pi/N))", "proved", ""),
    (SITES, r"T_0 + q = 3", "undecided", ""),
    (DRIFT, r"D T'' + v T' = -1", "proved", ""),
    (DRIFT, r"D T'' - v T' + 1 = 0,\ T(0)=T(L)=0", "refuted", "sign"),
    (DRIFT, r"D T'' + v T' + 1 = 0,\ T(0)=T(L)=0", "proved", ""),  # T(L) = 0 was put in as a definition of T
    (DRIFT, r"D \pi_L'' - v \pi_L' = 0", "refuted", "sign"),
    (DRIFT, r"\frac{\partial S}{\partial t} = D\frac{\partial^2S}{\partial x^2} - v\frac{\partial S}{\partial x}", "refuted", "sign"),
    (DRIFT, r"\epsilon_L(x) = \frac{1-e^{-vx/D}}{1-e^{-vL/D}}", "proved", ""),
    (HALF, r"S(t) = \mathrm{erf}\left(\frac{x_0}{\sqrt{4Dt}}\right)", "proved", ""),
    (HALF, r"S(t) = \mathrm{erf}\left(\frac{x_0}{\sqrt{2Dt}}\right)", "refuted", ""),
    (HALF, r"S(t) \simeq \frac{x_0}{\sqrt{\pi Dt}}", "conditional", ""),
    (HALF, r"S(t) \simeq \frac{2x_0}{\sqrt{\pi Dt}}", "refuted", "factor 2"),
    (HALF, r"F(t) = \frac{x_0}{\sqrt{4\pi Dt^3}}e^{-x_0^2/4Dt}", "proved", ""),
    (HALF, r"\langle T\rangle = \infty", "proved", ""),
    (HALF, r"\tilde F(s) = e^{-x_0\sqrt{s/D}}", "proved", ""),
    (HALF, r"\tilde F(s) = e^{-x_0\sqrt{s/2D}}", "refuted", "D should be D/2"),
    (HALF, r"\tilde S(s) = \frac{1 - \tilde F(s)}{s}", "proved", ""),
    (
        DRIFT,
        r"\tilde F_L(x,s) = e^{v(L-x)/2D}\frac{\sinh(\beta x)}{\sinh(\beta L)},\ \beta = \frac{\sqrt{v^2+4Ds}}{2D}",
        "proved",
        "",
    ),
    (STEPS, r"\tilde F(n,z) = \left(\frac{1-\sqrt{1-4pqz^2}}{2pz}\right)^n", "proved", ""),  # Feller I, ch. XIV.4
    (STEPS, r"\tilde F(n,s) = \left(\frac{1-\sqrt{1-4pqz^2}}{2qz}\right)^n", "refuted", "p and 1 - p exchanged"),
    (STEPS, r"\tilde F(s) = \lambda_-(s)^n,\ \lambda_-(s) = \frac{e^{s\tau}-\sqrt{e^{2s\tau}-4pq}}{2p}", "proved", ""),
    (STEPS, r"\langle z^N\rangle = \lambda_+(z)^n", "refuted", "sign"),
    (BIRTHS, r"P_{ext} = \min\left(1,(\delta/\beta)^{n_0}\right)", "proved", ""),
    (BIRTHS, r"P_{ext} = (\beta/\delta)^{n_0}", "refuted", ""),
    (BIRTHS, r"P_0(\infty) = \min(1,\delta/\beta)^{n_0}", "proved", ""),
    (DYING, r"T_1 = \frac{1}{\lambda}\ln\frac{\mu}{\mu-\lambda}", "proved", ""),  # Karlin and Taylor, ch. 4, as a sum
    (DYING, r"T_2 = \frac{1}{\lambda}\ln\frac{\mu}{\mu-\lambda}", "refuted", ""),
    (DYING, r"\tau_{ext}(1) = \sum_{k=1}^\infty \frac{\lambda^{k-1}}{k\mu^k}", "proved", ""),
    (WIDER, r"\pi_b(x) = \frac{\ln(1+x)}{\ln(1+b)}", "proved", ""),  # was a fault: |1 + y| under an integral
    (WIDER, r"T(x) = \frac{1}{K}\left(\frac{b\ln(1+x)}{\ln(1+b)} - x\right)", "proved", ""),  # K ((1 + x) T')' = -1
    (WIDER, r"T(x) = \frac{1}{K}\left(\frac{b\ln(1+x)}{\ln(1+b)} + x\right)", "refuted", "sign"),
    (UPPER, r"F(x,t) = \frac{b-x}{\sqrt{4\pi Kt^3}}e^{-(b-x)^2/4Kt}", "proved", ""),  # was held against the density
    (UPPER, r"F(x,t) = \frac{b-x}{\sqrt{4\pi Kt^3}}e^{-(b-x)^2/2Kt}", "refuted", ""),
    (MEDIA, r"[Du]=0,\ [D u_x]=0", "proved", ""),  # were read without their brackets, and the second refuted
    (MEDIA, r"[[D u_x]]_{x=0} = 0", "proved", ""),
    (MEDIA, r"[u]=0", "refuted", ""),
    (GAME, r"q_k = \frac{(q/p)^k - (q/p)^N}{1-(q/p)^N},\ q = 1-p", "proved", ""),
    (GAME, r"P_{\mathrm{win}}(k) = \frac{1-(p/q)^k}{1-(p/q)^N}", "refuted", "exchanged"),
    (TRAP, r"\tau_{rel} = \zeta/k", "proved", ""),
    (TRAP, r"\tau_{rel} = \zeta/(2k)", "refuted", "factor 2"),
    (CUBIC, r"R = 0.3405", "proved", ""),
    (CUBIC, r"R = 1 - \frac{1}{1.5163860591}", "proved", ""),
    (CUBIC, r"R = 0.2822", "refuted", ""),
]  # fmt: skip


MODELS = list(dict.fromkeys(c[0] for c in CLAIMS))


@pytest.mark.parametrize(
    "model",
    MODELS,
    ids=[
        "walk",
        "sites",
        "drift",
        "half",
        "steps",
        "births",
        "dying",
        "wider",
        "upper",
        "media",
        "game",
        "trap",
        "cubic",
    ],
)
def test_verdicts(model: str) -> None:
    wanted = [c[1:] for c in CLAIMS if c[0] == model]
    walk = sd.loads(model)
    statements = tuple(ClaimStatement(str(n), latex=latex) for n, (latex, _, _) in enumerate(wanted))
    found = check_model(walk, statements, derivation=derive_model(walk)).verdicts
    assert [(v.statement, v.verdict) for v in found] == [(latex, verdict) for latex, verdict, _ in wanted]
    slips = [v.witness.mend if v.witness else "" for v in found]
    assert all(slip in told for (_, _, slip), told in zip(wanted, slips, strict=True)), slips
