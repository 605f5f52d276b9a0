"""Claims about the law between walls, as a function of its start, and by its transforms, right and wrong, beside several densities.

Carslaw and Jaeger (1959) ch. XIV for walls, Gardiner (2009) ch. 3 for the backward equation, Goldstein (1951) for the transform of the
telegraph process, van Kampen (2007) ch. VI.6 for generating functions, Gardiner (2009) sec. 1.5 for spectra, and by hand for two species on a lattice with one place per site.
"""

from __future__ import annotations

import cmath
from fractions import Fraction

import pytest

from symdiff.dossier.check import check_model
from symdiff.dossier.derivation import derive_model
from symdiff.model.jump_model import ClaimStatement
from symdiff.model.loading import load_text

BOX = r"""
[parameters]
h = "positive"
D = "positive"
L = "positive"
x0 = "positive"
[model]
coordinates = ["x"]
[[jumps]]
displacements = [["h"], ["-h"]]
rate = "D/h**2"
[[boundaries]]
domain = "0 < x < L"
kind = "absorbing"
[initial]
position = ["x0"]
[[observables]]
name = "S"
kind = "survival_probability"
[scaling]
h = 1
"""
BIASED = r"""
[parameters]
a = "positive"
p = "probability"
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
PLACES = r"""
[parameters]
h = "positive"
[functions]
D = ["x"]
[model]
coordinates = ["x"]
[[jumps]]
displacements = [["h"], ["-h"]]
rate = "D(x)/h**2"
[scaling]
h = 1
"""
RUNS = r"""
[parameters]
v0 = "positive"
lam = "positive"
[model]
coordinates = ["x"]
[[states]]
name = "R"
velocity = "v0"
[[states]]
name = "L"
velocity = "-v0"
[[jumps]]
from = "R"
to = "L"
displacement = "0"
rate = "lam"
[[jumps]]
from = "L"
to = "R"
displacement = "0"
rate = "lam"
"""
SPECIES = r"""
[parameters]
h = "positive"
gA = "positive"
gB = "positive"
[model]
coordinates = ["x"]
states = ["A", "B"]
occupancy = 1
[[jumps]]
from = "A"
displacements = [["h"], ["-h"]]
rate = "gA*(1 - A(x + r) - B(x + r))"
[[jumps]]
from = "B"
displacements = [["h"], ["-h"]]
rate = "gB*(1 - A(x + r) - B(x + r))"
"""
HOPS = r"""
[parameters]
a = "positive"
G = "positive"
[model]
coordinates = ["x"]
[[jumps]]
displacements = [["a"], ["-a"]]
rate = "G"
"""
NUMBERS = r"""
[parameters]
k = "positive"
g = "positive"
[model]
coordinates = ["n"]
[[jumps]]
displacement = "1"
rate = "k"
[[jumps]]
displacement = "-1"
rate = "g*n"
"""
PERSISTENT = r"""
[parameters]
l = "positive"
tau = "positive"
p = "probability"
[model]
coordinates = ["x"]
states = ["R", "L"]
time_step = "tau"
[[jumps]]
from = "R"
to = "R"
displacement = "l"
probability = "p"
[[jumps]]
from = "R"
to = "L"
displacement = "-l"
probability = "1 - p"
[[jumps]]
from = "L"
to = "L"
displacement = "-l"
probability = "p"
[[jumps]]
from = "L"
to = "R"
displacement = "l"
probability = "1 - p"
"""
CLAIMS = {
    "persistent": (PERSISTENT, [  # the determinant of one step, z^2 - 2 p z cos(k l) + 2 p - 1 = 0, at any of its times
        (r"P_{n+1}(m) = p[P_n(m+1) + P_n(m-1)] + (1 - 2p)P_{n-1}(m)", "proved"),
        (r"P_{n+1}(m) = p[P_n(m+1) + P_n(m-1)] - (1 - 2p)P_{n-1}(m)", "refuted"),
        (r"P(x,t+\tau) + (2p - 1)P(x,t-\tau) = p[P(x+l,t) + P(x-l,t)]", "proved"),
    ]),
    "box": (BOX, [
        (r"P(x,t) = \frac{2}{L}\sum_{n=1}^\infty \sin\frac{n\pi x_0}{L}\sin\frac{n\pi x}{L} e^{-n^2\pi^2 D t/L^2}", "proved"),
        (r"P(x,t) = \frac{1}{L}\sum_{n=1}^\infty \sin\frac{n\pi x_0}{L}\sin\frac{n\pi x}{L} e^{-n^2\pi^2 D t/L^2}", "refuted"),
        (r"P(x,t)=\sum_{n=-\infty}^{\infty}\frac{e^{-(x-x_0+2nL)^2/4Dt} - e^{-(x+x_0+2nL)^2/4Dt}}{\sqrt{4\pi D t}}", "proved"),
        (r"S(t|x_0) = \frac{4}{\pi}\sum_{n=0}^\infty \frac{1}{2n+1}\sin\frac{(2n+1)\pi x_0}{L} e^{-(2n+1)^2\pi^2 Dt/L^2}", "proved"),
        (r"\partial_t P(x,t|x_0) = D\,\partial_{x_0}^2 P(x,t|x_0)", "proved"),
        (r"\partial_t P(x,t|x_0) = 2D\,\partial_{x_0}^2 P(x,t|x_0)", "refuted"),
    ]),
    "biased": (BIASED, [
        (r"\partial_t P(x,t|x_0) = v\,\partial_{x_0}P + D\,\partial_{x_0}^2 P", "proved"),
        (r"\partial_t P(x,t|x_0) = -v\,\partial_{x_0}P + D\,\partial_{x_0}^2 P", "refuted"),
        (r"-\partial_{t_0} P(x,t|x_0,t_0) = v\,\partial_{x_0}P(x,t|x_0,t_0) + D\,\partial_{x_0}^2 P(x,t|x_0,t_0)", "proved"),
        (r"\partial_{t_0} P(x,t|x_0,t_0) = v\,\partial_{x_0}P(x,t|x_0,t_0) + D\,\partial_{x_0}^2 P(x,t|x_0,t_0)", "refuted"),
    ]),
    "places": (PLACES, [
        (r"\frac{\partial P(x,t|x_0)}{\partial t} = D(x_0)\frac{\partial^2P(x,t|x_0)}{\partial x_0^2}", "proved"),
        (r"\frac{\partial P(x,t|x_0)}{\partial t} = \frac{\partial^2}{\partial x_0^2}[D(x_0)P(x,t|x_0)]", "refuted"),
    ]),
    "runs": (RUNS, [
        (r"\tilde P(k,s) = \frac{s + 2\lambda}{s(s + 2\lambda) + v_0^2k^2}", "proved"),
        (r"\tilde P(k,s) = \frac{s + \lambda}{s(s + \lambda) + v_0^2k^2}", "refuted"),  # held in the telegraph regime
        (r"P(k,t) = e^{-\lambda t}[\cosh\Omega t + \frac{\lambda}{\Omega}\sinh\Omega t], \Omega = \sqrt{\lambda^2 - v_0^2k^2}", "proved"),
        (r"S_v(\omega) = \frac{4\lambda v_0^2}{\omega^2 + 4\lambda^2}", "proved"),
        (r"S_v(\omega) = \frac{4\lambda v_0^2}{\omega^2 + 4\lambda^3}", "refuted"),
        (r"P(k,t) = e^{-\lambda t}\cosh\Omega t, \Omega = \sqrt{\lambda^2 - v_0^2k^2}", "refuted"),
    ]),
    "species": (SPECIES, [
        (r"D_{AA} = g_A h^2(1 - B)", "proved"),
        (r"D_{AB} = -g_A h^2 A", "refuted"),
        (r"D_{21} = g_B h^2 B", "proved"),
        (r"J_A = -g_A h^2[(1 - B)\partial_x A + A\,\partial_x B]", "proved"),
        (r"J_A = -g_A h^2[(1 - B)\partial_x A - A\,\partial_x B]", "refuted"),
        (r"\dot A_i = g_A[(A_{i-1} + A_{i+1})(1 - A_i - B_i) - A_i(2 - A_{i+1} - B_{i+1} - A_{i-1} - B_{i-1})]", "proved"),
        (r"\dot A_i = g_A[(A_{i-1} + A_{i+1})(1 - A_i - B_i) - A_i(2 - A_{i+1} - A_{i-1})]", "refuted"),
    ]),
    "hops": (HOPS, [  # exact on the lattice, with the coefficient of the equation in it
        (r"\langle x^4\rangle = 12D^2t^2 + 2a^2Dt", "proved"),
        (r"\langle x^4\rangle = 12D^2t^2 + 24a_4 t", "proved"),
        (r"\langle x^4\rangle = 12D^2t^2 + a^2Dt", "refuted"),
        (r"\langle x^4\rangle = 12D^2t^2", "conditional"),  # of the equation
        (r"\sum_n z^n P_n(t) = e^{Gt(z + 1/z - 2)}", "proved"),
        (r"\sum_n z^n P_n(t) = e^{Gt(z + 1/z - 1)}", "refuted"),
        (r"\sum_{n=-\infty}^\infty P_n(t) = 1", "proved"),
    ]),
    "numbers": (NUMBERS, [
        (r"\sigma^2_{ss} = k/g", "proved"),
        (r"\sigma_{ss}^2 = k/(2g)", "refuted"),
        (r"\partial_t G(z,t) = (z - 1)(k G - g\,\partial_z G)", "proved"),
        (r"\partial_t G(z,t) = (z - 1)(k G + g\,\partial_z G)", "refuted"),
        (r"G(z) = \sum_n z^n P_n^{ss} = \exp[\frac{k}{g}(z - 1)]", "proved"),
        (r"G(z) = \sum_n z^n P_n^{ss} = \exp[\frac{g}{k}(z - 1)]", "refuted"),
        (r"G(z,t) = [1 + (z - 1)e^{-gt}]^{n_0}\exp[\frac{k}{g}(z - 1)(1 - e^{-gt})]", "proved"),
        (r"G(z,t) = [1 - (z - 1)e^{-gt}]^{n_0}\exp[\frac{k}{g}(z - 1)(1 - e^{-gt})]", "refuted"),
        (r"\langle n(n - 1)\rangle = \partial_z^2 G|_{z=1}", "proved"),
        (r"S(\omega) = \frac{2k}{g^2 + \omega^2}", "proved"),
        (r"S(\omega) = \frac{4k}{g^2 + \omega^2}", "conditional"),  # of positive frequencies alone
        (r"S(\omega) = \frac{k}{g^2 + \omega^2}", "refuted"),
        (r"S_n(\omega) \propto \frac{1}{4g^2 + \omega^2}", "refuted"),
        (r"\int_{-\infty}^\infty\langle\delta n(t)\delta n(0)\rangle e^{-i\omega t}dt = \frac{4k}{\omega^2 + g^2}", "refuted"),
        (r"\langle\delta n(t)\delta n(0)\rangle = \frac{k}{g}e^{-g|t|}", "proved"),
        (r"\langle\delta n(t)\delta n(0)\rangle = \frac{k}{g}e^{-2g|t|}", "refuted"),
        (r"\sum_n n P_n(t) = \frac{k}{g}(1 - e^{-2gt})", "refuted"),
    ]),
}  # fmt: skip


@pytest.mark.parametrize("name", CLAIMS)
def test_verdicts(name: str) -> None:
    text, claims = CLAIMS[name]
    model = load_text(text)
    statements = tuple(ClaimStatement(f"c{n}", latex=latex) for n, (latex, _) in enumerate(claims))
    report = check_model(model, statements, None, derive_model(model, None))
    assert [(v.statement, v.verdict) for v in report.verdicts] == claims


def test_the_average_of_a_wave_after_n_steps() -> None:
    """<e^(ikx)> = p e^(ika) + q e^(-ika) of one step, by hand; its conjugate was told as what is right."""
    walk = load_text(BIASED)
    right, wrong = (
        r"\langle e^{ikx_n}\rangle = (p e^{ika} + q e^{-ika})^n",
        r"\langle e^{ikx}\rangle = (p e^{-ika} + q e^{ika})^n",
    )
    found = check_model(walk, (ClaimStatement("r", latex=right), ClaimStatement("w", latex=wrong))).verdicts
    assert [v.verdict for v in found] == ["proved", "refuted"]
    told = next(r for r in found[1].regimes if r.name == "lattice")
    assert told.derived[0][0] == "<e^(ikx)>"
    at = {name: float(Fraction(value)) for name, value in told.witness}
    wave = cmath.exp(1j * at["k"] * at["a"])
    by_hand = (at["p"] * wave + (1 - at["p"]) / wave) ** (at["t"] / at["tau"])
    derived, claimed = (complex(side.replace("*I", "j").replace(" ", "")) for side in (told.left, told.right))
    assert abs(derived - by_hand) < 1e-12 < abs(derived - claimed)
    assert abs(claimed - by_hand.conjugate()) < 1e-12
