"""Claims as lecturers paste them on models of their own, half of them wrong in a usual way, against verdicts worked out by hand.

Definitions beside the claim, fluxes under several letters, sums of densities, averages from the origin, exact laws of walks that wait.
"""

from __future__ import annotations

import re

import pytest

import symdiff as sd
from symdiff.dossier.check import check_model
from symdiff.dossier.derivation import derive_model
from symdiff.model.jump_model import ClaimStatement
from symdiff.verification.verdict import RegimeVerdict, combine

MODELS = {
    "slide": r"""
[parameters]
kf = {assume="positive", latex='k_f'}
kb = {assume="positive", latex='k_b'}
d = "positive"
[model]
coordinates = ["x"]
density = "c"
[[jumps]]
displacement = "d"
rate = "kf"
[[jumps]]
displacement = "-d"
rate = "kb"
""",
    "rt3d": r"""
[parameters]
v0 = "positive"
lam = {assume="positive", latex='\lambda'}
al = {assume="-1 < al < 1", latex='\alpha'}
[model]
coordinates = ["x","y","z"]
[[states]]
velocity = ["v0*u_x","v0*u_y","v0*u_z"]
[[internal]]
name = "u"
domain = "direction"
rate = "lam"
mean_cosine = "al"
""",
    "honey": r"""
[parameters]
b = "positive"
tau = "positive"
[model]
coordinates = ["x","y"]
lattice = "honeycomb"
spacing = "b"
time_step = "tau"
""",
    "laplace": r"""
[parameters]
g = {assume="positive", latex='\gamma'}
b = "positive"
[model]
coordinates = ["x"]
density = "n"
[[jumps]]
distribution = "laplace"
scale = "b"
rate = "g"
""",
    "gamma waits": r"""
[parameters]
th = {assume="positive", latex='\theta'}
a = "positive"
[model]
coordinates = ["x"]
[waiting_time]
distribution = "gamma"
shape = "2"
scale = "th"
[[jumps]]
displacements = [["a"],["-a"]]
probability = "1/2"
""",
    "q(u)": r"""
[parameters]
h = "positive"
D0 = {assume="positive", latex='D_0'}
[model]
coordinates = ["x"]
density = "u"
[[jumps]]
displacements = [["h"],["-h"]]
rate = "D0/h**2*(1 - u(x + r))**2"
[scaling]
h = 1
""",
    "well": r"""
[parameters]
h = "positive"
D0 = {assume="positive", latex='D_0'}
kT = {assume="positive", latex='k_BT'}
[functions]
V = ["x"]
[model]
coordinates = ["x"]
[[jumps]]
displacements = [["h"],["-h"]]
rate = "D0/h**2*exp(-(V(x + r) - V(x))/(2*kT))"
[scaling]
h = 1
""",
    "stopgo": r"""
[parameters]
h = "positive"
D0 = {assume="positive", latex='D_0'}
kon = {assume="positive", latex='k_{\mathrm{on}}'}
koff = {assume="positive", latex='k_{\mathrm{off}}'}
[model]
coordinates = ["x"]
states = ["m","s"]
[[jumps]]
from = "m"
to = "m"
displacements = [["h"],["-h"]]
rate = "D0/h**2"
[[jumps]]
from = "m"
to = "s"
rate = "koff"
[[jumps]]
from = "s"
to = "m"
rate = "kon"
[scaling]
h = 1
""",
    "reset drift": r"""
[parameters]
u = "real"
D0 = {assume="positive", latex='D_0'}
r0 = {assume="positive", latex='r'}
x0 = {assume="real", latex='x_0'}
[model]
coordinates = ["x"]
[[states]]
velocity = "u"
diffusivity = "D0"
[[jumps]]
destination = ["x0"]
rate = "r0"
[initial]
position = ["x0"]
[[observables]]
name = "P_st"
kind = "stationary_density"
""",
    "logistic copy number": r"""
[parameters]
lam = {assume="positive", latex='\lambda'}
mu = {assume="positive", latex='\mu'}
g = {assume="positive", latex='\gamma'}
V = "positive"
[model]
coordinates = ["n"]
system_size = "V"
scaled = ["c"]
[[jumps]]
displacement = "1"
rate = "lam*n"
[[jumps]]
displacement = "-1"
rate = "mu*n + g*n*(n-1)/V"
""",
    "slab": r"""
[parameters]
h = "positive"
D0 = {assume="positive", latex='D_0'}
L = "positive"
[model]
coordinates = ["x"]
density = "c"
[[jumps]]
displacements = [["h"],["-h"]]
rate = "D0/h**2"
[[boundaries]]
domain = "x >= 0"
kind = "reflecting"
[[boundaries]]
domain = "x < L"
kind = "absorbing"
[scaling]
h = 1
[[observables]]
name = "T"
kind = "mean_exit_time"
[[observables]]
name = "lambda_1"
kind = "decay_rate"
""",
    "chemo": r"""
[parameters]
h = "positive"
D0 = {assume="positive", latex='D_0'}
chi = {assume="real", latex='\chi'}
[functions]
s = ["x"]
[model]
coordinates = ["x"]
density = "n"
[[jumps]]
displacements = [["h"],["-h"]]
rate = "(D0 + chi/2*(s(x + r) - s(x)))/h**2"
[scaling]
h = 1
""",
    "fcc bond": r"""
[parameters]
a = "positive"
G = {assume="positive", latex='\Gamma'}
[model]
coordinates = ["x","y","z"]
density = "c"
lattice = "fcc"
lattice_constant = "a"
rate = "G"
""",
    "upwind": r"""
[parameters]
dx = {assume="positive", latex='\Delta x'}
dt = {assume="positive", latex='\Delta t'}
nu = {assume="probability", latex='\nu'}
[model]
coordinates = ["x"]
density = "u"
time_step = "dt"
[[jumps]]
displacement = "dx"
probability = "nu"
""",
    "multiplicative length": r"""
[parameters]
h = "positive"
tau = "positive"
[functions]
b = ["x"]
[model]
coordinates = ["x"]
time_step = "tau"
[[jumps]]
displacement = "h*b(x)"
probability = "1/2"
[[jumps]]
displacement = "-h*b(x)"
probability = "1/2"
[scaling]
h = 1
tau = 2
""",
    "biased subdiffusion": r"""
[parameters]
al = {assume="0 < al < 1", latex='\alpha'}
t0 = {assume="positive", latex='\tau_0'}
a = "positive"
p = "probability"
[model]
coordinates = ["x"]
[waiting_time]
distribution = "mittag_leffler"
index = "al"
scale = "t0"
[[jumps]]
displacement = "a"
probability = "p"
[[jumps]]
displacement = "-a"
probability = "1-p"
""",
    "epidemic": r"""
[parameters]
h = "positive"
D0 = {assume="positive", latex='D'}
bt = {assume="positive", latex='\beta'}
mu = {assume="positive", latex='\mu'}
[model]
coordinates = ["x"]
states = ["S","I"]
[[jumps]]
displacements = [["h"],["-h"]]
rate = "D0/h**2"
[[reactions]]
rule = "S + I -> 2 I"
rate = "bt"
[[reactions]]
rule = "I -> 0"
rate = "mu"
[scaling]
h = 1
""",
}

CLAIMS = {  # claim, verdict, words of the slip that was planted
    "slide": [
        (r"\partial_t c = -(k_f-k_b) d\,\partial_x c + \tfrac{1}{2}(k_f+k_b)d^2\,\partial_x^2 c", "proved", ""),
        (r"\partial_t c = -(k_f-k_b) d\,\partial_x c + (k_f+k_b)d^2\,\partial_x^2 c", "refuted", "factor 2"),
        (r"\langle x\rangle = d(k_b-k_f)t", "refuted", "sign"),
        (r"\mathrm{Var}(x) = (k_f+k_b)d^2 t", "proved", ""),
        (r"\langle x^2\rangle = (k_f+k_b)d^2t", "refuted", ""),
        (r"\langle x^2\rangle = (k_f+k_b)d^2t + (k_f-k_b)^2d^2t^2", "proved", ""),
        (r"\dot{c}_n = k_f c_{n-1} + k_b c_{n+1} - (k_f+k_b)c_n", "proved", ""),
        (r"\dot{c}_n = k_f c_{n+1} + k_b c_{n-1} - (k_f+k_b)c_n", "refuted", ""),
        (r"\frac{D}{v} = \frac d2\,\frac{k_f+k_b}{k_f-k_b}", "proved", ""),
        (r"\langle (x-\langle x\rangle)^3\rangle = (k_f-k_b)d^3 t", "proved", ""),
        (r"S(x,t) = v\,c - D\,\partial_x c", "proved", ""),
        (r"S(x,t) = v\,c + D\,\partial_x c", "refuted", "sign"),
        (r"S = (k_f-k_b)\,d\,c - \frac{(k_f+k_b)d^2}{2}\frac{\partial c}{\partial x}", "proved", ""),
        (r"S = (k_f-k_b)\,d\,c - (k_f+k_b)d^2\frac{\partial c}{\partial x}", "refuted", "factor 2"),
        (r"\partial_t c + \partial_x S = 0", "proved", ""),
    ],
    "rt3d": [
        (r"D = \frac{v_0^2}{3\lambda(1-\alpha)}", "proved", ""),
        (r"D = \frac{v_0^2}{\lambda(1-\alpha)}", "refuted", "dimension"),
        (r"D = \frac{v_0^2\tau}{3(1-\alpha)},\quad \tau = 1/\lambda", "proved", ""),
        (r"D = \frac{v_0^2}{2\lambda(1-\alpha)}", "refuted", ""),
        (r"\langle r^2\rangle \simeq \frac{2v_0^2}{\lambda(1-\alpha)}\,t", "proved", ""),
        (
            r"\langle\mathbf r^2\rangle = \frac{2 v_0^2}{\lambda^2(1-\alpha)^2}\left[\lambda(1-\alpha)t-1+e^{-\lambda(1-\alpha)t}\right]",
            "proved",
            "",
        ),
        (
            r"\langle\mathbf r^2\rangle = \frac{v_0^2}{\lambda^2(1-\alpha)^2}\left[\lambda(1-\alpha)t-1+e^{-\lambda(1-\alpha)t}\right]",
            "refuted",
            "factor 2",
        ),
        (r"D = \frac{v_0^2}{3\lambda(1+\alpha)}", "refuted", "sign"),
    ],
    "honey": [
        (r"D=\frac{b^2}{4\tau}", "proved", ""),
        (r"D=\frac{3b^2}{4\tau}", "refuted", "lattice constant|direction"),
        (r"\langle r_N^2\rangle = N b^2", "proved", ""),
        (
            r"\partial_t P = \frac{b^2}{4\tau}\left(\frac{\partial^2P}{\partial x^2}+\frac{\partial^2P}{\partial y^2}\right)",
            "proved",
            "",
        ),
        (r"\partial_t P = \frac{b^2}{2\tau}\Delta P", "refuted", "dimension|factor 2"),
        (r"P(r,t)=\frac{1}{4\pi Dt}e^{-r^2/4Dt}", "proved", ""),
        (r"P(r,t)=\frac{1}{\sqrt{4\pi Dt}}e^{-r^2/4Dt}", "refuted", ""),
        (r"\langle r^2\rangle = 4Dt", "proved", ""),
        (r"\langle r^2\rangle = 6Dt", "refuted", ""),
    ],
    "laplace": [
        (r"D=\gamma b^2", "proved", ""),
        (r"D=\tfrac12\gamma b^2", "refuted", "factor 2"),
        (r"\partial_t n = \gamma b^2 n_{xx} + \gamma b^4 n_{xxxx}", "proved", ""),
        (r"\langle x^2\rangle = 2\gamma b^2 t", "proved", ""),
        (r"\langle x^4\rangle = 12\gamma^2b^4t^2+24\gamma b^4t", "proved", ""),
        (r"\hat n(k,t) = \exp\left(-\gamma t\,\frac{k^2b^2}{1+k^2b^2}\right)", "proved", ""),
    ],
    "gamma waits": [
        (r"D = \frac{a^2}{4\theta}", "proved", ""),
        (r"D = \frac{a^2}{2\theta}", "refuted", "factor 2"),
        (
            r"\langle x^2(t)\rangle = \frac{a^2}{2\theta}\left[t - \frac{\theta}{2}\left(1-e^{-2t/\theta}\right)\right]",
            "proved",
            "",
        ),
        (
            r"\langle x^2(t)\rangle = \frac{a^2}{2\theta}\left[t + \frac{\theta}{2}\left(1-e^{-2t/\theta}\right)\right]",
            "refuted",
            "",
        ),
        (r"\langle x^2\rangle\simeq \frac{a^2}{2\theta}t,\quad t\to\infty", "proved", ""),
        (r"\langle x^2\rangle\simeq \frac{a^2}{\theta}t,\quad t\to\infty", "refuted", "factor 2"),
    ],
    "q(u)": [
        (r"\partial_t u = D_0\,\partial_x\left[(1-u^2)\,\partial_xu\right]", "proved", ""),
        (r"\partial_t u = D_0\,\partial_x\left[(1-u)^2\,\partial_xu\right]", "refuted", ""),
        (r"u_t = D_0\left[(1-u^2)u_{xx} - 2u u_x^2\right]", "proved", ""),
        (r"\mathcal{D}(u) = D_0(1-u^2)", "proved", ""),
        (r"D(u) = D_0\left[q(u)-u\,q'(u)\right],\quad q(u) = (1-u)^2", "proved", ""),
        (r"D(u) = D_0\left[q(u)+u\,q'(u)\right],\quad q(u) = (1-u)^2", "refuted", "sign"),
        (r"J = -D_0 (1-u)(1+u)\,\frac{\partial u}{\partial x}", "proved", ""),
    ],
    "well": [
        (r"\partial_t P = D_0\,\partial_x\left[\frac{V'(x)}{k_BT}P+\partial_xP\right]", "proved", ""),
        (r"\partial_t P = D_0\,\partial_x\left[\frac{V'(x)}{2k_BT}P+\partial_xP\right]", "refuted", "factor 2"),
        (r"P_{eq}(x) \propto e^{-V(x)/k_BT}", "proved", ""),
        (r"P_{eq}(x) \propto e^{V(x)/k_BT}", "refuted", ""),
        (r"P_{\rm st}(x) = \mathcal{N}\exp\left(-\frac{V(x)}{2k_BT}\right)", "refuted", ""),
        (r"J = -D_0\left(P'+\frac{V'P}{k_BT}\right)", "proved", ""),
        (r"v(x) = -D_0V'(x)/k_BT", "proved", ""),
        (r"v = D_0V'/k_BT", "refuted", "sign"),
        (r"\partial_t P = D_0\,\partial_x\left[e^{-V/k_BT}\,\partial_x\left(e^{V/k_BT}P\right)\right]", "proved", ""),
        (r"S=-D_0e^{-\beta V}\,\partial_x\left(e^{\beta V}P\right),\qquad \beta=1/k_BT", "proved", ""),
        (r"S=-D_0e^{\beta V}\,\partial_x\left(e^{-\beta V}P\right),\qquad \beta=1/k_BT", "refuted", ""),
        (r"\gamma v = -V'(x),\quad \gamma = k_BT/D", "proved", ""),
    ],
    "stopgo": [
        (r"D_{\rm eff}=\frac{k_{\rm on}}{k_{\rm on}+k_{\rm off}}D_0", "proved", ""),
        (r"D_{\rm eff}=\frac{k_{\rm off}}{k_{\rm on}+k_{\rm off}}D_0", "refuted", ""),
        (r"\partial_t m = D_0 m_{xx} - k_{\rm off}m + k_{\rm on}s", "proved", ""),
        (r"\partial_t m = D_0 m_{xx} + k_{\rm off}m - k_{\rm on}s", "refuted", ""),
        (r"\partial_t s = k_{\rm off}m - k_{\rm on}s", "proved", ""),
        (r"\frac{\partial (m+s)}{\partial t} = D_0\frac{\partial^2m}{\partial x^2}", "proved", ""),
        (r"\frac{\partial (m+s)}{\partial t} = D_0\frac{\partial^2s}{\partial x^2}", "refuted", ""),
    ],
    "reset drift": [
        (r"\partial_tP = -u P_x + D_0P_{xx} - rP", "refuted", ""),
        (r"\partial_tP = u P_x + D_0P_{xx} - rP + r\,\delta(x-x_0)", "refuted", "sign"),
        (
            r"P_{st}(x)=\frac{r}{\sqrt{u^2+4D_0r}}\exp\left(\frac{u(x-x_0)}{2D_0}-\frac{\sqrt{u^2+4D_0r}}{2D_0}|x-x_0|\right)",
            "proved",
            "",
        ),
        (r"P_{st}(x)=\frac{1}{2}\sqrt{\frac{r}{D_0}}\exp\left(-\sqrt{r/D_0}\,|x-x_0|\right)", "refuted", ""),
        (r"\langle x\rangle_{st} = x_0+u/r", "proved", ""),
        (r"\mathrm{Var}_{st}(x) = \frac{2D_0}{r}+\frac{u^2}{r^2}", "proved", ""),
    ],
    "logistic copy number": [
        (r"\dot c = (\lambda-\mu)c-\gamma c^2", "proved", ""),
        (r"\dot c = (\lambda-\mu)c-2\gamma c^2", "refuted", ""),
        (r"\frac{dc}{dt} = (\mu-\lambda)c-\gamma c^2", "refuted", ""),
        (r"D(c)=\frac{1}{2V}\left[(\lambda+\mu)c+\gamma c^2\right]", "proved", ""),
        (r"D(c)=\frac{1}{V}\left[(\lambda+\mu)c+\gamma c^2\right]", "refuted", "factor 2"),
        (r"D(c)=\frac{1}{2V}\left[(\lambda-\mu)c-\gamma c^2\right]", "refuted", ""),
        (
            r"\frac{dP_n}{dt} = \lambda(n-1)P_{n-1}+\left[\mu(n+1)+\frac{\gamma}{V}(n+1)n\right]P_{n+1}-\left[(\lambda+\mu)n+\frac\gamma Vn(n-1)\right]P_n",
            "proved",
            "",
        ),
        (
            r"\frac{dP_n}{dt} = \lambda(n-1)P_{n-1}+\left[\mu(n+1)+\frac{\gamma}{V}n^2\right]P_{n+1}-\left[(\lambda+\mu)n+\frac\gamma Vn(n-1)\right]P_n",
            "refuted",
            "",
        ),
        (r"\dot P_n = (E^{-1}-1)\lambda nP_n + (E-1)\left[\mu n+\gamma n(n-1)/V\right]P_n", "proved", ""),
    ],
    "slab": [
        (r"T(x_0)=\frac{L^2-x_0^2}{2D_0}", "conditional", ""),
        (r"T(x_0)=\frac{(L-x_0)^2}{2D_0}", "refuted", ""),
        (r"T(x)=\frac{L^2-x^2}{D_0}", "refuted", "factor 2"),
        (r"D_0\frac{d^2T}{dx^2}=-1", "proved", ""),
        (r"D_0\,T''(x) = 1", "refuted", "sign"),
        (r"\lambda_1 = \frac{\pi^2D_0}{4L^2}", "conditional", ""),
        (r"\lambda_1 = \frac{\pi^2D_0}{L^2}", "refuted", ""),
        (r"\left.\frac{\partial c}{\partial x}\right|_{x=0}=0,\quad c(L,t)=0", "proved", ""),
        (r"c(0,t)=0", "refuted", ""),
    ],
    "chemo": [
        (r"n_t = D_0n_{xx}-\chi(n s_x)_x", "proved", ""),
        (r"n_t = \nabla\cdot(D_0\nabla n-\chi n\nabla s)", "proved", ""),
        (r"n_t = D_0n_{xx}+\chi(n s_x)_x", "refuted", "sign"),
        (r"n_t=D_0n_{xx}-\chi s_xn_x", "refuted", ""),
        (r"n_t=D_0n_{xx}-\frac{\chi}{2}(ns_x)_x", "refuted", "factor 2"),
        (r"J=\chi n\frac{\partial s}{\partial x}-D_0\frac{\partial n}{\partial x}", "proved", ""),
        (r"v = \chi s'(x)", "proved", ""),
        (r"\text{so that}\quad n_t + (\chi s_x n)_x = D_0 n_{xx}", "proved", ""),
        (
            r"\frac{\partial n}{\partial t} = D_0\frac{\partial^2n}{\partial x^2} - \chi\frac{\partial n}{\partial x}\frac{\partial s}{\partial x} - \chi n\frac{\partial^2 s}{\partial x^2}",
            "proved",
            "",
        ),
        (r"\partial_tn=-\nabla\cdot\mathbf J,\quad \mathbf J=-D_0\nabla n+\chi n\nabla s", "proved", ""),
    ],
    "fcc bond": [
        (r"D=\Gamma a^2", "proved", ""),
        (r"D=2\Gamma a^2", "refuted", "lattice constant"),
        (r"D=\frac{\Gamma a^2}{12}", "refuted", "total|direction"),
        (r"\langle r^2\rangle = 6\Gamma a^2t", "proved", ""),
        (r"\langle x^2\rangle = 2\Gamma a^2t", "proved", ""),
        (r"\mathbf j=-\Gamma a^2\nabla c", "proved", ""),
        (r"D = \tfrac16 z\,\Gamma\, d^2,\quad z=12,\quad d = a/\sqrt2", "proved", ""),
    ],
    "upwind": [
        (r"D_{\rm num}=\frac{\Delta x^2}{2\Delta t}\nu(1-\nu)", "proved", ""),
        (r"D_{\rm num}=\frac{a\,\Delta x}{2}(1-\nu),\quad a = \nu\frac{\Delta x}{\Delta t}", "proved", ""),
        (r"u_j^{n+1} = u_j^n-\nu(u_j^n-u_{j-1}^n)", "proved", ""),
        (r"u_j^{n+1} = u_j^n-\nu(u_{j+1}^n-u_j^n)", "refuted", ""),
        (r"u_t + a u_x = \frac{a\Delta x}{2}(1+\nu)u_{xx},\quad a = \nu\frac{\Delta x}{\Delta t}", "refuted", "sign"),
    ],
    "multiplicative length": [
        (r"\partial_tP=\frac{h^2}{2\tau}\,\partial_x^2\left[b(x)^2P\right]", "proved", ""),
        (r"\partial_tP=\frac{h^2}{2\tau}\,\partial_x\left[b\,\partial_x(bP)\right]", "refuted", "Stratonovich"),
        (r"\partial_tP=\frac{h^2}{2\tau}\,\partial_x\left[b^2\,\partial_xP\right]", "refuted", "isothermal"),
        (r"D(x)=\frac{h^2b^2(x)}{2\tau}", "proved", ""),
        (r"D^{(2)}(x)=\frac{h^2b(x)^2}{2\tau}", "proved", ""),
        (r"P_t = \tfrac12\left(\sigma^2(x)P\right)_{xx},\quad \sigma(x)=\frac{h\,b(x)}{\sqrt\tau}", "proved", ""),
        (r"\partial_tP=\frac{h^2}{2\tau}\left[b^2P''+4bb'P'+2\left(b'^2+bb''\right)P\right]", "proved", ""),
    ],
    "biased subdiffusion": [
        (r"\langle x\rangle = \frac{(2p-1)a}{\Gamma(1+\alpha)}\left(\frac{t}{\tau_0}\right)^\alpha", "proved", ""),
        (r"\langle x\rangle = \frac{(2p-1)a}{\Gamma(\alpha)}\left(\frac{t}{\tau_0}\right)^\alpha", "refuted", ""),
        (r"\langle x\rangle = \frac{(1-2p)a}{\Gamma(1+\alpha)}\left(\frac{t}{\tau_0}\right)^\alpha", "refuted", "sign"),
        (r"\langle x\rangle\sim t^{\alpha}", "proved", ""),
        (r"\langle x\rangle\propto t", "refuted", ""),
        (r"\mathrm{Var}(x)\sim t^{2\alpha}", "conditional", ""),
    ],
    "epidemic": [
        (r"\frac{\partial S}{\partial t} = D\frac{\partial^2S}{\partial x^2}-\beta SI", "proved", ""),
        (r"\frac{\partial I}{\partial t} = D\frac{\partial^2I}{\partial x^2}+\beta SI-\mu I", "proved", ""),
        (r"\frac{\partial I}{\partial t} = D\frac{\partial^2I}{\partial x^2}-\beta SI-\mu I", "refuted", "sign"),
        (r"\begin{aligned}S_t&=D S_{xx}-\beta SI,\\ I_t&=DI_{xx}+\beta SI-\mu I\end{aligned}", "proved", ""),
        (r"\begin{aligned}S_t&=D S_{xx}-\beta SI,\\ I_t&=DI_{xx}+\beta SI\end{aligned}", "refuted", ""),
        (r"\partial_t(S+I)=D\,\partial_x^2(S+I)-\mu I", "proved", ""),
        (r"\partial_t(S+I)=D\,\partial_x^2(S+I)+\mu I", "refuted", ""),
    ],
}


QUICK = (
    "laplace",
    "gamma waits",
    "well",
    "stopgo",
    "reset drift",
    "slab",
    "epidemic",
    "q(u)",
)  # the rest of them not in CI


@pytest.mark.parametrize("name", [n if n in QUICK else pytest.param(n, marks=pytest.mark.exhaustive) for n in MODELS])
def test_verdicts_on_pasted_claims_vs_those_worked_out_by_hand(name: str) -> None:
    model = sd.loads(f'title = "{name}"\n{MODELS[name]}')
    derivation = derive_model(model)
    wrong = []
    for latex, verdict, slip in CLAIMS[name]:
        found = check_model(model, (ClaimStatement("claim", latex=latex),), derivation=derivation).verdicts[0]
        mend = found.witness.mend if found.witness is not None else ""
        if found.verdict != verdict or not re.search(slip, mend, re.IGNORECASE):
            wrong.append((latex, found.verdict, mend))
    assert not wrong


@pytest.mark.parametrize(
    "spelling", ["MSD", "MSD(t)", r"\mathrm{MSD}(t)", r"\text{MSD}", "RMSD^2", r"\operatorname{RMS}(t)^2", "x_{RMS}^2"]
)
def test_msd_without_a_font_is_one_quantity(spelling: str) -> None:
    """A step of length d at the rates kf and kb: <x^2> = 2 D t + v^2 t^2."""
    model = sd.loads(MODELS["slide"])
    assert sd.check(model, rf"{spelling} = (k_f + k_b) d^2 t + (k_f - k_b)^2 d^2 t^2").verdict == "proved"
    assert sd.check(model, rf"{spelling} = 2 (k_f + k_b) d^2 t + (k_f - k_b)^2 d^2 t^2").verdict == "refuted"


def test_msd_is_a_product_where_the_file_declares_its_letters() -> None:
    symbols = {"M": "positive", "S": "positive", "D": "positive"}
    model = sd.JumpModel(parameters=symbols, coordinates=["x"], states=[{"diffusivity": "M*S*D"}])
    assert sd.check(model, r"K = MSD").verdict != "refuted"
    assert not any("MSD" in w for w in sd.check(model, r"\langle x^2 \rangle = 2 MSD t").warnings)
    assert sd.check(model, r"\langle x^2 \rangle = 2 MSD t").verdict == "proved"
    assert sd.check(model, r"\langle x^2 \rangle = MSD t").verdict == "refuted"


def test_a_claim_that_fails_in_one_regime_and_is_open_in_another_says_both() -> None:
    fails = RegimeVerdict("long-wave", "refuted", why="the two sides differ")
    open_ = RegimeVerdict("diffusive", "undecided", why="no closed form")
    agrees = RegimeVerdict("diffusive", "consistent", why="to three digits")
    assert combine([fails, open_], "") == ("undecided", "fails in long-wave; open in diffusive: no closed form")
    assert combine([fails, agrees], "")[1] == "fails in long-wave; numbers agree in diffusive: to three digits"
    assert combine([fails, fails], "")[0] == "refuted"
    assert combine([open_], "") == ("undecided", "no closed form")


@pytest.mark.parametrize(
    ("claim", "expected"),
    [
        (r"P(\mathbf 0,t) = \frac{1}{4\pi D t}", "proved"),
        (r"P(\vec 0,t) = \frac{1}{2\pi D t}", "refuted"),
        (r"\rho(\mathbf r,t) = \frac{1}{4\pi D t} e^{-r^2/4Dt}", "proved"),
        (r"P(0,0,t) = e^{-4gt} I_0(2gt)^2", "proved"),  # exact: two independent axes
        (r"P(0,0,t) = e^{-2gt} I_0(2gt)^2", "refuted"),
    ],
)
def test_the_density_by_a_letter_that_the_file_does_not_use(claim: str, expected: str) -> None:
    moves = [["a", "0"], ["-a", "0"], ["0", "a"], ["0", "-a"]]
    model = sd.JumpModel(parameters={"a": "positive", "g": "positive"}, coordinates=["x", "y"], density="C",
                         jumps=[{"displacements": moves, "rate": "g"}])  # fmt: skip
    assert sd.check(model, claim).verdict == expected
