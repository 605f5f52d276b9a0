r"""Signs of textbooks over models of their own, right and wrong, against verdicts known beforehand.

Redner's F(0, t), Feller's q_z, Gardiner's p(x, t|x_0, 0) and <X(t) X(s)>_s, velocities at two times, Skellam's radius, the Laplace variable u of
Metzler and Klafter, von Neumann's factor G, thresholds, fixed points in brackets, conditions such as lam < mu, currents J(rho).
"""

from __future__ import annotations

import pytest

import symdiff as sd
from symdiff.dossier.check import check_model
from symdiff.dossier.derivation import derive_model
from symdiff.model.jump_model import ClaimStatement

MODELS = {
    "half line": r"""
[parameters]
D0 = {assume="positive", latex='\mathcal{D}'}
x0 = "positive"
[model]
coordinates = ["x"]
density = "c"
[[states]]
diffusivity = "D0"
[[boundaries]]
domain = "x > 0"
kind = "absorbing"
[initial]
position = ["x0"]
[[observables]]
name = "S"
kind = "survival_probability"
[[observables]]
name = "F"
kind = "first_passage_density"
""",
    "ruin": r"""
[parameters]
p = "0 < p < 1"
N = "positive integer"
[model]
coordinates = ["z"]
time_step = "1"
[[jumps]]
displacement = "1"
probability = "p"
[[jumps]]
displacement = "-1"
probability = "1 - p"
[[boundaries]]
domain = "0 < z < N"
kind = "absorbing"
[[observables]]
name = "Q"
kind = "splitting_probability"
target = "z <= 0"
[[observables]]
name = "M"
kind = "mean_exit_time"
""",
    "gardiner ou": r"""
[parameters]
k = "positive"
D = "positive"
x0 = "real"
[model]
coordinates = ["x"]
density = "p"
[[states]]
velocity = "-k*x"
diffusivity = "D/2"
[initial]
position = ["x0"]
""",
    "langevin": r"""
[parameters]
gam = {assume="positive", latex='\gamma'}
m = "positive"
T = "positive"
kB = {assume="positive", latex='k_B'}
[model]
coordinates = ["x"]
[[internal]]
name = "v"
domain = "line"
drift = "-gam*v"
diffusivity = "gam*kB*T/m"
[[states]]
velocity = "v"
""",
    "skellam": r"""
[parameters]
a2 = {assume="positive", latex='a^2'}
r = "positive"
[model]
coordinates = ["x", "y"]
density = "N"
[[states]]
diffusivity = "a2/4"
[[reactions]]
rule = "N -> 2 N"
rate = "r"
""",
    "montroll tail": r"""
[parameters]
al = {assume="0 < al < 1", latex='\alpha'}
tau = {assume="positive", latex='\tau'}
s2 = {assume="positive", latex='\sigma^2'}
[model]
coordinates = ["x"]
density = "W"
[waiting_time]
laplace_transform = "1 - (s*tau)**al + O(s**(2*al))"
[[jumps]]
distribution = "moments"
mean = "0"
variance = "s2"
probability = "1"
""",
    "crank nicolson": r"""
[parameters]
al = {assume="positive", latex='\alpha'}
h = "positive"
dt = {assume="positive", latex="\\Delta t"}
[model]
coordinates = ["x"]
density = "u"
master_equation = "u(x, t + dt) - u(x, t) = al*dt/(2*h**2)*(u(x + h, t + dt) - 2*u(x, t + dt) + u(x - h, t + dt) + u(x + h, t) - 2*u(x, t) + u(x - h, t))"
""",
    "rods": r"""
[parameters]
p = "positive"
h = "positive"
[model]
coordinates = ["x"]
density = "rho"
rod_length = "3"
[[jumps]]
displacement = "h"
rate = "p"
""",
    "turing": r"""
[parameters]
A = "positive"
B = "positive"
DX = {assume="positive", latex='D_X'}
DY = {assume="positive", latex='D_Y'}
[model]
coordinates = ["x"]
density = {X = ["X"], Y = ["Y"]}
[[states]]
name = "X"
diffusivity = "DX"
[[states]]
name = "Y"
diffusivity = "DY"
[[reactions]]
rule = "0 -> X"
rate = "A"
[[reactions]]
rule = "X -> Y"
rate = "B"
[[reactions]]
rule = "2 X + Y -> 3 X"
rate = "1"
[[reactions]]
rule = "X -> 0"
rate = "1"
""",
    "lotka": r"""
[parameters]
W = {assume="positive", latex='\Omega'}
a = "positive"
b = "positive"
c = "positive"
[model]
coordinates = ["X","Y"]
system_size = "W"
scaled = ["x","y"]
[[reactions]]
rule = "X -> 2 X"
rate = "a"
[[reactions]]
rule = "X + Y -> 2 Y"
rate = "b/W"
[[reactions]]
rule = "Y -> 0"
rate = "c"
""",
    "birth death immigration": r"""
[parameters]
lam = {assume="positive", latex='\lambda'}
mu = {assume="positive", latex='\mu'}
nu = {assume="positive", latex='\nu'}
[model]
coordinates = ["n"]
[[jumps]]
displacement = "1"
rate = "lam*n + nu"
[[jumps]]
displacement = "-1"
rate = "mu*n"
""",
    "kiss": r"""
[parameters]
D = "positive"
al = {assume="positive", latex='\alpha'}
L = "positive"
[model]
coordinates = ["x"]
density = "n"
[[states]]
diffusivity = "D"
[[reactions]]
rule = "n -> 2 n"
rate = "al"
[[boundaries]]
domain = "0 < x < L"
kind = "absorbing"
[[observables]]
name = "lam"
kind = "decay_rate"
""",
    "tasep": r"""
[parameters]
k = "positive"
[model]
coordinates = ["i"]
density = "rho"
occupancy = 1
[[jumps]]
displacement = "1"
rate = "k*(1 - rho(i + 1))"
""",
    "codling": r"""
[parameters]
d = {assume="positive", latex='\delta'}
tau = "positive"
l = "nonnegative"
r = "nonnegative"
[model]
coordinates = ["x"]
density = "p"
time_step = "tau"
constraints = ["l + r <= 1"]
[[jumps]]
displacement = "d"
probability = "r"
[[jumps]]
displacement = "-d"
probability = "l"
[scaling]
name = "diffusive"
d = 1
tau = 2
"r - l" = 1
""",
    "runner 2d": r"""
[parameters]
s = "positive"
lam = {assume="positive", latex='\lambda_0'}
psi = {assume="-1 < psi < 1", latex='\psi_d'}
[model]
coordinates = ["x","y"]
density = "p"
[[internal]]
name = "u"
domain = "direction"
rate = "lam"
mean_cosine = "psi"
[[states]]
velocity = ["s*u_x", "s*u_y"]
""",
}

CLAIMS = {
    "half line": [
        (r"F(0,t) = \frac{x_0}{\sqrt{4\pi \mathcal{D}t^3}}\,e^{-x_0^2/4\mathcal{D}t}", "proved"),
        (r"F(t) = \frac{x_0}{\sqrt{2\pi \mathcal{D}t^3}}\,e^{-x_0^2/2\mathcal{D}t}", "refuted"),
    ],
    "ruin": [
        (r"Q_z = \frac{(q/p)^N - (q/p)^z}{(q/p)^N - 1},\qquad q=1-p", "proved"),
        (r"Q_z = 1-\frac{z}{N},\qquad p=q=\tfrac12", "proved"),
        (r"M_z = p M_{z+1} + q M_{z-1},\quad q=1-p", "refuted"),
    ],
    "gardiner ou": [
        (r"\langle X(t)X(s)\rangle_s = \frac{D}{2k}e^{-k|t-s|}", "proved"),
        (r"\langle X(t)X(s)\rangle_s = \frac{D}{k}e^{-k|t-s|}", "refuted"),
        (
            r"p(x,t|x_0,0) = \sqrt{\frac{k}{\pi D(1-e^{-2kt})}}\exp\left[-\frac{k(x-x_0e^{-kt})^2}{D(1-e^{-2kt})}\right]",
            "proved",
        ),
        (
            r"p(x,t|x_0,0) = \sqrt{\frac{k}{\pi D(1-e^{-2kt})}}\exp\left[-\frac{k(x-x_0e^{-kt})^2}{D(1-e^{-kt})}\right]",
            "refuted",
        ),
    ],
    "langevin": [
        (r"D = \int_0^\infty \langle v(t)v(0)\rangle\,dt", "proved"),
        (r"\langle v(t)v(0)\rangle = \frac{k_BT}{m}e^{-\gamma t}", "proved"),
        (r"\langle v(t)v(0)\rangle = \frac{k_BT}{m}e^{-2\gamma t}", "refuted"),
        (r"D = \int_0^\infty \langle v(t)v(0)\rangle\,dt", "proved"),
        (r"D = 2\int_0^\infty \langle v(t)v(0)\rangle\,dt", "refuted"),
        (r"\langle v^2\rangle = \frac{k_BT}{m}", "proved"),
    ],
    "skellam": [
        (r"N(\rho,t) = \frac{N_0}{\pi a^2t}\exp\left(rt-\frac{\rho^2}{a^2t}\right)", "proved"),
        (r"N(\rho,t) = \frac{N_0}{4\pi a^2t}\exp\left(rt-\frac{\rho^2}{4a^2t}\right)", "refuted"),
        (r"\langle\rho^2\rangle = a^2t", "proved"),
    ],
    "montroll tail": [
        (r"W(k,u) = \frac{1/u}{1+K_\alpha u^{-\alpha}k^2}", "proved"),
        (r"W(k,u) = \frac{1}{1+K_\alpha u^{-\alpha}k^2}", "refuted"),
        (r"\psi(u)\sim 1-(u\tau)^\alpha", "proved"),
    ],
    "crank nicolson": [
        (r"G = \frac{1-2r\sin^2(kh/2)}{1+2r\sin^2(kh/2)},\qquad r=\frac{\alpha\Delta t}{h^2}", "proved"),
        (r"G = \frac{1-4r\sin^2(kh/2)}{1+4r\sin^2(kh/2)},\qquad r=\frac{\alpha\Delta t}{h^2}", "refuted"),
        (r"\langle x^2\rangle = 0", "refuted"),  # it was proved: the lattice had no jumps
    ],
    "rods": [
        (r"J = \frac{p\,h\,\rho(1-3\rho)}{1-2\rho}", "proved"),
        (r"J = p\,h\,\rho(1-3\rho)", "refuted"),
    ],
    "turing": [
        (r"(X_0,Y_0) = (A,\,B/A)", "proved"),
        (r"(X_0,Y_0) = (A,\,A/B)", "refuted"),
    ],
    "lotka": [
        (r"(x^*,y^*) = (c/b,a/b)", "proved"),
        (r"(x^*,y^*) = (a/b,c/b)", "refuted"),
    ],
    "birth death immigration": [
        (r"\langle n\rangle_s = \frac{\nu}{\mu-\lambda},\quad \lambda<\mu", "proved"),
        (
            r"P_n^s = \frac{\Gamma(n+\nu/\lambda)}{n!\,\Gamma(\nu/\lambda)}\left(\frac\lambda\mu\right)^n\left(1-\frac\lambda\mu\right)^{\nu/\lambda}",
            "proved",
        ),
        (r"\langle n\rangle_s = \frac{\nu}{\lambda-\mu},\quad \lambda<\mu", "refuted"),
    ],
    "kiss": [
        (r"\lambda_1 = \frac{D\pi^2}{L^2}-\alpha", "proved"),
        (r"L_c = \pi\sqrt{D/\alpha}", "proved"),
        (r"L_c = 2\pi\sqrt{D/\alpha}", "refuted"),
    ],
    "tasep": [
        (
            r"\frac{\partial\rho}{\partial t}+k\frac{\partial}{\partial x}\left[\rho(1-\rho)\right]=\frac k2\frac{\partial^2\rho}{\partial x^2}",
            "proved",
        ),
        (r"j=k\varrho(1-\varrho)", "proved"),
        (r"j=k\varrho^2", "refuted"),
    ],
    "codling": [
        (r"E(X_t)=ut", "proved"),
    ],
    "runner 2d": [
        (
            r"\langle\|x(t)\|^2\rangle = \frac{2s^2}{\lambda}\left\{t-\frac1\lambda\left(1-e^{-\lambda t}\right)\right\},\qquad \lambda = \lambda_0(1-\psi_d)",
            "proved",
        ),
        (
            r"\langle\|x(t)\|^2\rangle = \frac{2s^2}{\lambda}\left\{t-\frac1\lambda\left(1-e^{-\lambda t}\right)\right\},\qquad \lambda = \lambda_0\psi_d",
            "refuted",
        ),
    ],
}
GALLERY = {
    "continuous_time_diffusion": [
        (r"P(x,t|x',t') = \frac{1}{\sqrt{4\pi D(t-t')}}e^{-(x-x')^2/4D(t-t')}", "proved"),  # D(t - t') is a product
        (r"P(x,t|x',t') = \frac{1}{\sqrt{4\pi D(t-t')}}e^{-(x-x')^2/2D(t-t')}", "refuted"),
    ],
    "heat_scheme_implicit": [
        (r"\langle x^2\rangle = 2Dt", "proved"),
        (r"\langle x^2\rangle = 0", "refuted"),
        (r"G = \frac{1}{1+4r\sin^2(k\Delta x/2)},\quad r = D\Delta t/(\Delta x)^2", "proved"),
    ],
    "bursty_gene": [
        (r"\frac{\langle\delta n^2\rangle}{\langle n\rangle} = 1+b", "proved"),
        (r"\eta^2 = \frac{\sigma_n^2}{\langle n\rangle^2} = \frac{1+b}{\langle n\rangle}", "proved"),
    ],
    "ehrenfest_urn": [
        (r"\langle n\rangle_t = \frac N2+\left(n_0-\frac N2\right)e^{-2\lambda t}", "proved"),
        (r"\langle n\rangle_t = \frac N2+\left(n_0-\frac N2\right)e^{-\lambda t}", "refuted"),
    ],
    "fractional_fokker_planck": [
        (r"P_{st}(x) \propto e^{-2\beta V(x)}", "proved"),
        (r"P_{st}(x) \propto e^{-\beta V(x)}", "refuted"),
    ],
    "levy_walk": [
        (
            r"\langle x^2(t)\rangle \propto \begin{cases} t^2 & 0<\gamma<1\\ t^{3-\gamma} & 1<\gamma<2\end{cases}",
            "proved",
        ),
    ],
}


SLOWER = {"ruin", "bursty_gene", "gardiner ou", "levy_walk", "ehrenfest_urn"}  # more than a second each


@pytest.mark.parametrize(
    "name",
    [pytest.param(n, marks=pytest.mark.exhaustive) if n in SLOWER else n for n in (*CLAIMS, *GALLERY)],
)
def test_verdicts(name: str) -> None:
    model = sd.loads(MODELS[name]) if name in MODELS else sd.load(name)
    wanted = CLAIMS.get(name) or GALLERY[name]
    statements = tuple(ClaimStatement(str(n), latex=latex) for n, (latex, _) in enumerate(wanted))
    found = check_model(model, statements, derivation=derive_model(model)).verdicts
    assert [(v.statement, v.verdict) for v in found[-len(wanted) :]] == wanted
