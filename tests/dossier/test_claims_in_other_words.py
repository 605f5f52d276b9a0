"""Claims with conditions beside them, at interfaces, of crowds and of walks in steps, as books word them; each with a wrong one.

Expected values: Feller (1968) ch. XIV for ruin, Redner (2001) ch. 2 for exits, Gardiner (2009) for noise that depends on place and for
growth in proportion, Schuetz (2001) for exclusion, Montroll and Weiss (1965) for walks in steps, sums by hand.
"""

from __future__ import annotations

import pytest

import symdiff as sd
from symdiff.verification.verdict import Verdict

RUIN = """
[parameters]
p = "0 < p < 1"
[model]
coordinates = ["n"]
time_step = "1"
[[jumps]]
displacement = "1"
probability = "p"
[[jumps]]
displacement = "-1"
probability = "1 - p"
[[boundaries]]
domain = "n > 0"
kind = "absorbing"
[[observables]]
name = "Q"
kind = "splitting_probability"
target = "n <= 0"
"""
STEPS = """
[parameters]
p = "0 < p < 1"
a = "positive"
tau = "positive"
[model]
coordinates = ["x"]
time_step = "tau"
[[jumps]]
displacement = "a"
probability = "p"
[[jumps]]
displacement = "-a"
probability = "1 - p"
"""
WAITS = """
[parameters]
p = "0 < p < 1"
lam = "positive"
ell = "positive"
[waiting_time]
distribution = "exponential"
mean = "1/lam"
[model]
coordinates = ["x"]
[[jumps]]
displacement = "ell"
probability = "p"
[[jumps]]
displacement = "-ell"
probability = "1 - p"
"""
MEMBRANE = """
[parameters]
h = "positive"
G = "positive"
K = "positive"
[model]
coordinates = ["x"]
origin = ["h/2"]
[[jumps]]
displacement = "h"
rate = "G/h**2"
where = "x != -h/2"
[[jumps]]
displacement = "-h"
rate = "G/h**2"
where = "x != h/2"
[[jumps]]
displacement = "h"
rate = "K/h"
where = "x = -h/2"
[[jumps]]
displacement = "-h"
rate = "K/h"
where = "x = h/2"
[scaling]
h = 1
"""
CROWD = """
[parameters]
p = "positive"
q = "positive"
a = "positive"
[model]
coordinates = ["x"]
density = "rho"
occupancy = 1
[[jumps]]
displacement = "a"
rate = "p*(1 - rho(x + a))"
[[jumps]]
displacement = "-a"
rate = "q*(1 - rho(x - a))"
"""
NOISE = """
[functions]
D = ["x"]
[model]
coordinates = ["x"]
density = "n"
[[states]]
diffusivity = "D(x)"
evaluation = "1/2"
"""
SHELF = """
[parameters]
D = "positive"
L = "positive"
[model]
coordinates = ["x"]
[[states]]
diffusivity = "D"
[[boundaries]]
domain = "x > 0"
kind = "reflecting"
[[boundaries]]
domain = "x < L"
kind = "absorbing"
"""
SPEEDS = """
[parameters]
gam = "positive"
m = "positive"
kT = "positive"
[model]
coordinates = ["v"]
density = "W"
[[states]]
velocity = "-gam*v/m"
diffusivity = "gam*kT/m**2"
"""
STOCK = """
[parameters]
mu = "real"
sig = "positive"
[model]
coordinates = ["S"]
density = "p"
[[states]]
velocity = "mu*S"
diffusivity = "sig**2*S**2/2"
[initial]
position = ["1"]
"""
MUTANTS = """
[parameters]
N = "positive"
u = "positive"
v_m = "positive"
[model]
coordinates = ["n"]
system_size = "N"
scaled = ["x"]
[[jumps]]
displacement = "1"
rate = "n*(N - n)/N + v_m*(N - n)"
[[jumps]]
displacement = "-1"
rate = "n*(N - n)/N + u*n"
"""
SIS = """
[parameters]
beta = "positive"
gam = "positive"
N = "positive"
[model]
coordinates = ["I"]
system_size = "N"
scaled = ["i"]
[[jumps]]
displacement = "1"
rate = "beta*I*(N - I)/N"
[[jumps]]
displacement = "-1"
rate = "gam*I"
"""
LINE = """
[parameters]
U = "positive"
lam = "positive"
[model]
coordinates = ["x"]
[[states]]
name = "r"
velocity = "U"
[[states]]
name = "l"
velocity = "-U"
[[jumps]]
from = "r"
to = "l"
displacement = "0"
rate = "lam"
[[jumps]]
from = "l"
to = "r"
displacement = "0"
rate = "lam"
"""
WORDS = [
    (RUIN, r"Q_n = (q/p)^n, q = 1-p, p > q", "proved"),
    (RUIN, r"Q_n = (p/q)^n, q = 1-p, p > q", "refuted"),
    (RUIN, r"Q = \min(1, (q/p)^i), q = 1-p", "proved"),
    (RUIN, r"T_n = \frac{n}{q-p}, q = 1-p, p < q", "proved"),
    (RUIN, r"T_n = \frac{n}{p-q}, q = 1-p, p < q", "refuted"),
    (STEPS, r"W_N(m) = \binom{N}{(N+m)/2}p^{(N+m)/2}q^{(N-m)/2}, q = 1-p", "proved"),
    (STEPS, r"W_N(m) = \binom{N}{(N+m)/2}q^{(N+m)/2}p^{(N-m)/2}, q = 1-p", "refuted"),
    (STEPS, r"\phi_N(k) = (pe^{ika}+qe^{-ika})^N, q = 1-p", "proved"),
    (STEPS, r"G_N(z) = (pz+q/z)^N", "proved"),
    (STEPS, r"G_N(z) = (qz+p/z)^N", "refuted"),
    (STEPS, r"\langle x\rangle(t) = (2p-1)at/\tau", "proved"),  # no factor t
    (WAITS, r"\frac{dP_n}{dt} = \lambda[pP_{n-1}+qP_{n+1}-P_n], q = 1-p", "proved"),
    (WAITS, r"\frac{dP_n}{dt} = \lambda[qP_{n-1}+pP_{n+1}-P_n], q = 1-p", "refuted"),
    (MEMBRANE, r"GP_x = K[P]", "conditional"),  # in the limit of small steps
    (MEMBRANE, r"GP_x = 2K[P]", "refuted"),
    (MEMBRANE, r"J = K(P_- - P_+)", "conditional"),
    (MEMBRANE, r"J = K(P^+ - P^-)", "refuted"),
    (CROWD, r"J = (p-q)\rho(1-\rho)", "proved"),
    (CROWD, r"J = 2(p-q)\rho(1-\rho)", "refuted"),
    (CROWD, r"c = a(p-q)(1-2\rho)", "proved"),
    (CROWD, r"c = a(p-q)(1-\rho)", "refuted"),
    (CROWD, r"v = a(p-q)(1-\rho)", "proved"),
    (NOISE, r"\langle\dot x\rangle = \frac12\langle D'(x)\rangle", "proved"),
    (NOISE, r"\langle\dot x\rangle = \langle D'(x)\rangle", "refuted"),
    (SHELF, r"\overline{T} = \frac{L^2}{3D}", "proved"),
    (SHELF, r"DT'' = -1", "proved"),
    (SHELF, r"DT'' = 0", "refuted"),
    (SHELF, r"S(t) \simeq \frac4\pi\cos\left(\frac{\pi x_0}{2L}\right)e^{-\pi^2Dt/4L^2}", "conditional"),
    (SHELF, r"S(t) \simeq \frac2\pi\cos\left(\frac{\pi x_0}{2L}\right)e^{-\pi^2Dt/4L^2}", "refuted"),
    (SPEEDS, r"\partial_tW = \frac{\gamma}{m}\partial_v(vW) + \frac{\gamma k_BT}{m^2}\partial_v^2W", "proved"),
    (SPEEDS, r"\partial_tW = \frac{\gamma}{m}\partial_v(vW) + \frac{2\gamma k_BT}{m^2}\partial_v^2W", "refuted"),
    (SPEEDS, r"\langle v\rangle = v_0e^{-\gamma t/m}", "proved"),
    (STOCK, r"\langle S\rangle = e^{\mu t}", "proved"),
    (STOCK, r"\langle S\rangle = e^{(\mu + \sigma^2/2)t}", "refuted"),
    (MUTANTS, r"\dot x = v_m(1-x) - ux", "proved"),  # v_m is declared, and no function of m
    (MUTANTS, r"\dot x = v_m(1-x) + ux", "refuted"),
    (LINE, r"D^* = \frac{U^2}{2\lambda}", "proved"),
    (LINE, r"D = \frac{v^2}{2\lambda}", "proved"),  # v is the speed, as the drift is 0
    (LINE, r"D = \frac{v^2}{\lambda}", "refuted"),
]  # fmt: skip


@pytest.fixture(scope="module")
def models() -> dict[str, sd.JumpModel]:
    return {text: sd.loads(text) for text in {text for text, _, _ in WORDS} | {SIS}}


@pytest.mark.parametrize(("text", "claim", "verdict"), WORDS, ids=lambda v: v[:40])
def test_other_words(models: dict[str, sd.JumpModel], text: str, claim: str, verdict: str) -> None:
    assert sd.check(models[text], claim).verdict == verdict


def _witness(verdict: Verdict) -> tuple[str, str]:
    found = verdict.witness
    assert found is not None
    return found.mend, str(found.correct)


def test_what_is_right_and_why(models: dict[str, sd.JumpModel]) -> None:
    """A variance is no chance, an average is shown as it is written, and what is right to leading order has its size."""
    slip, right = _witness(sd.check(models[SIS], r"\sigma_i^2 = \frac1N\left(1-\frac\gamma\beta\right)"))
    assert slip == ""
    assert right == "gam/(N*beta)"
    found = sd.check(models[STOCK], r"\langle S\rangle = e^{2\mu t}").witness
    assert found is not None
    assert dict(found.derived).keys() == {"<S>"}
