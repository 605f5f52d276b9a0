"""Claims in letters that the file does not use, and quantities by the names that books give them; each with a wrong one beside it.

Expected values: Goldstein (1951) and Kac (1974) for walkers that turn back, van Kampen (2007) ch. IV and VI for the Poisson walk and
cumulants, Lovely and Dahlquist (1975) for turning cosines, Gardiner (2009) for the Ornstein-Uhlenbeck process, sums by hand.
"""

from __future__ import annotations

import pytest

import symdiff as sd

POISSON = """
[parameters]
a = "positive"
nu = "positive"
[model]
coordinates = ["x"]
[[jumps]]
displacement = ["a"]
rate = "nu"
"""
LAZY = """
[parameters]
h = "positive"
T = "positive"
q = "probability"
[model]
coordinates = ["x"]
density = "w"
time_step = "T"
[[jumps]]
displacements = [["h"], ["-h"]]
probability = "q/2"
"""
KAC = """
[parameters]
c = "positive"
f_1 = "positive"
f_2 = "positive"
[model]
coordinates = ["x"]
[[states]]
name = "R"
velocity = "c"
[[states]]
name = "L"
velocity = "-c"
[[jumps]]
from = "R"
to = "L"
displacement = "0"
rate = "f_1"
[[jumps]]
from = "L"
to = "R"
displacement = "0"
rate = "f_2"
"""
SHUTTLE = """
[parameters]
k = "positive"
c = "positive"
lam = "positive"
[model]
coordinates = ["x"]
[[states]]
name = "a"
velocity = "c - k*x"
[[states]]
name = "b"
velocity = "-c - k*x"
[[jumps]]
from = "a"
to = "b"
displacement = "0"
rate = "lam"
[[jumps]]
from = "b"
to = "a"
displacement = "0"
rate = "lam"
"""
COLUMN = """
[parameters]
D = "positive"
g = "positive"
L = "positive"
[model]
coordinates = ["z"]
density = "n"
[[states]]
velocity = "-g"
diffusivity = "D"
[[boundaries]]
domain = "0 < z < L"
kind = "reflecting"
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
displacement = ["1"]
rate = "beta*I*(N - I)/N"
[[jumps]]
displacement = ["-1"]
rate = "gam*I"
"""
SWIMMER = """
[parameters]
U = "positive"
D_r = "positive"
[model]
coordinates = ["x", "y"]
[[states]]
velocity = ["U*u_x", "U*u_y"]
[[internal]]
name = "u"
domain = "direction"
diffusivity = "D_r"
"""
WAITS = """
[parameters]
a = "positive"
b = "positive"
al = "0 < al < 1"
[waiting_time]
distribution = "gamma"
shape = "2"
scale = "b"
[model]
coordinates = ["x"]
[[jumps]]
displacements = [["a"], ["-a"]]
probability = "1/2"
"""
CUSTOMS = [
    (POISSON, r"C_t - \nu a C_x = \frac{\nu a^2}{2}C_{xx}", "refuted"),  # the sign of the drift
    (POISSON, r"u_t = \nu a u_x + \frac{\nu a^2}{2}u_{xx}", "conditional"),  # of averages as functions of the start
    (POISSON, r"\langle n\rangle = \nu t", "proved"),
    (POISSON, r"\langle n\rangle = \nu t/2", "refuted"),
    (POISSON, r"\langle\langle x^3\rangle\rangle = \nu a^3 t", "proved"),
    (POISSON, r"\langle\langle x^3\rangle\rangle = \nu a^2 t", "refuted"),
    (POISSON, r"\text{Fano factor} = 1", "proved"),
    (POISSON, r"\text{Fano factor} = 2", "refuted"),
    (POISSON, r"\text{skewness} = \frac{1}{\sqrt{\nu t}}", "proved"),
    (POISSON, r"\langle\dot x\rangle = \nu a", "proved"),
    (POISSON, r"\langle\dot x\rangle = 2\nu a", "refuted"),
    (POISSON, r"\lambda(k) = \nu(e^{-ika} - 1)", "proved"),
    (POISSON, r"\lambda(k) = 2\nu(e^{-ika} - 1)", "refuted"),
    (POISSON, r"\rho_j(t) = \frac{(\nu t)^j}{j!}e^{-\nu t}", "proved"),
    (POISSON, r"\rho_j(t) = \frac{(\nu t)^j}{j!}e^{-2\nu t}", "refuted"),
    (POISSON, r"P(x,t) \approx \frac{1}{\sqrt{2\pi\nu a^2t}}e^{-(x - \nu at)^2/(2\nu a^2t)}", "proved"),
    (POISSON, r"P(x,t) \approx \frac{1}{\sqrt{4\pi\nu a^2t}}e^{-(x - \nu at)^2/(4\nu a^2t)}", "refuted"),
    (LAZY, r"P(0,t) \simeq \frac{1}{\sqrt{2\pi qN}}", "proved"),
    (LAZY, r"P(0,t) \simeq \frac{1}{\sqrt{\pi qN}}", "refuted"),
    (LAZY, r"\text{kurtosis} = 3 + \frac{1-3q}{qN}", "proved"),
    (LAZY, r"\text{kurtosis} = 3 - \frac{1-3q}{qN}", "refuted"),
    (KAC, r"\tau_c = \frac{1}{f_1+f_2}", "proved"),
    (KAC, r"\tau_c = \frac{2}{f_1+f_2}", "refuted"),
    (SHUTTLE, r"\langle x^2\rangle_{st} = \frac{c^2}{k(k+2\lambda)}", "proved"),
    (SHUTTLE, r"\langle x^2\rangle_{st} = \frac{c^2}{2k\lambda}", "conditional"),  # where runs are short
    (COLUMN, r"\rho_{eq}(z) = \rho_0e^{-gz/D}", "proved"),
    (COLUMN, r"\rho_{eq}(z) = \rho_0e^{-2gz/D}", "refuted"),
    (COLUMN, r"c(z) = c_0e^{-z/\lambda}, \lambda = D/g", "proved"),
    (COLUMN, r"c(z) = c_0e^{-z/\lambda}, \lambda = g/D", "refuted"),
    (SIS, r"\frac{dI}{dt} = \frac{\beta I(N-I)}{N} - \gamma I", "proved"),
    (SIS, r"\frac{dI}{dt} = \beta I(1-I) - \gamma I", "refuted"),
    (SIS, r"I^* = N(1 - \gamma/\beta)", "proved"),
    (SIS, r"I^* = N(1 + \gamma/\beta)", "refuted"),
    (SWIMMER, r"\langle\hat{\mathbf n}(t)\cdot\hat{\mathbf n}(0)\rangle = e^{-D_r|t|}", "proved"),
    (SWIMMER, r"\langle\hat{\mathbf n}(t)\cdot\hat{\mathbf n}(0)\rangle = e^{-2D_rt}", "refuted"),
    (SWIMMER, r"\ell_p = U/D_r", "proved"),
    (WAITS, r"D = \frac{\langle\Delta x^2\rangle}{2\langle\tau\rangle}, \langle\tau\rangle = 2b, \langle\Delta x^2\rangle = a^2", "proved"),
    (WAITS, r"D = \frac{\langle\Delta x^2\rangle}{\langle\tau\rangle}, \langle\tau\rangle = 2b, \langle\Delta x^2\rangle = a^2", "refuted"),
]  # fmt: skip


@pytest.fixture(scope="module")
def models() -> dict[str, sd.JumpModel]:
    return {text: sd.loads(text) for text in {text for text, _, _ in CUSTOMS}}


@pytest.mark.parametrize(("text", "claim", "verdict"), CUSTOMS, ids=lambda v: v[:50])
def test_what_books_write(models: dict[str, sd.JumpModel], text: str, claim: str, verdict: str) -> None:
    assert sd.check(models[text], claim).verdict == verdict
