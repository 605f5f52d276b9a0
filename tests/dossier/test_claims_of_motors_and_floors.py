"""Claims over motors, layers above a floor, and opinions that herd, right and wrong, against verdicts worked out by hand.

Derrida's velocity and diffusion constant of a cycle of three states, the barometric law of sites and its averages, and Kirman's
beta law (Q. J. Econ. 108 (1993) 137, from memory).
"""

from __future__ import annotations

import pytest

import symdiff as sd
from symdiff.dossier.check import check_model
from symdiff.dossier.derivation import derive_model
from symdiff.model.jump_model import ClaimStatement

pytestmark = pytest.mark.slow  # as a whole: the run without extras leaves it out

MODELS = {
    "cycle of three states": """
[parameters]
d = "positive"
a = "positive"
b = "positive"
c = "positive"
[model]
coordinates = ["x"]
states = ["K", "L", "M"]
[[jumps]]
from = "K"
to = "L"
displacement = "0"
rate = "a"
[[jumps]]
from = "L"
to = "M"
displacement = "0"
rate = "b"
[[jumps]]
from = "M"
to = "K"
displacement = "d"
rate = "c"
""",
    "barometric": """
[parameters]
h = "positive"
a = "positive"
b = "positive"
[model]
coordinates = ["z"]
constraints = ["a < b"]
[[jumps]]
displacement = "h"
rate = "a"
[[jumps]]
displacement = "-h"
rate = "b"
[[boundaries]]
domain = "z >= 0"
kind = "reflecting"
""",
    "herding": """
[parameters]
N = "positive integer"
e = "positive"
d = "positive"
[model]
coordinates = ["n"]
system_size = "N"
scaled = ["x"]
[[jumps]]
displacement = "1"
rate = "(N - n)*(e + d*n/N)"
[[jumps]]
displacement = "-1"
rate = "n*(e + d*(N - n)/N)"
[scaling]
name = "herding"
N = -1
e = 1
""",
    "telegraph in a trap": """
[parameters]
v = "positive"
lam = {assume = "positive", latex = '\\lambda'}
F = "positive"
[model]
coordinates = ["x"]
[[states]]
name = "plus"
velocity = "v - F*x"
[[states]]
name = "minus"
velocity = "-v - F*x"
[[jumps]]
from = "plus"
to = "minus"
displacement = "0"
rate = "lam"
[[jumps]]
from = "minus"
to = "plus"
displacement = "0"
rate = "lam"
""",
    "coloured noise in a trap": """
[parameters]
k = "positive"
tau = "positive"
Da = {assume = "positive", latex = "D_a"}
[model]
coordinates = ["x"]
[[internal]]
name = "y"
domain = "line"
drift = "-y/tau"
diffusivity = "Da/tau**2"
[[states]]
velocity = "-k*x + y"
""",
    "invasion": """
[parameters]
h = "positive"
n = "positive"
b = "positive"
c = "positive"
d = "positive"
K = "positive"
[model]
coordinates = ["x"]
states = ["u", "w"]
[[jumps]]
displacements = ["h", "-h"]
rate = "n/2"
[[reactions]]
rule = "u -> 2 u"
rate = "b*(1 - u(x)/K)"
[[reactions]]
rule = "u + w -> 2 w"
rate = "c"
[[reactions]]
rule = "w -> 0"
rate = "d"
[[observables]]
name = "s"
kind = "front_speed"
of = "w"
""",
}

CLAIMS = {
    "cycle of three states": [
        (r"\frac{2D}{v d} = \frac{a^2b^2+b^2c^2+c^2a^2}{(ab+bc+ca)^2}", "proved"),
        (r"\langle x^2\rangle-\langle x\rangle^2 \sim d^2\frac{1/a^2+1/b^2+1/c^2}{(1/a+1/b+1/c)^3} t", "conditional"),
        (r"\langle x^2\rangle-\langle x\rangle^2 \sim d^2\frac{1/a^2+1/b^2+1/c^2}{(1/a+1/b+1/c)^3} t^2", "refuted"),
    ],
    "barometric": [
        (r"\langle z\rangle_{st} = \frac{a h}{b-a}", "proved"),
        (r"\langle z\rangle_{st} = \frac{b h}{b-a}", "conditional"),  # to leading order, where the bias vanishes with h
        (r"\langle z\rangle_{st} = \frac{a h}{2(b-a)}", "refuted"),
        (r"\langle z^2\rangle_{st} = \frac{a(a+b) h^2}{(b-a)^2}", "proved"),
        (r"\mathrm{Var}_{st}(z) = \frac{ab h^2}{(b-a)^2}", "proved"),
    ],
    "herding": [
        (r"\dot{\langle x\rangle} = e(1-2\langle x\rangle)", "proved"),
        (r"\dot{\langle x\rangle} = e(1-\langle x\rangle)", "refuted"),
        (r"P_{st}(x) \propto [x(1-x)]^{eN/d-1}", "conditional"),  # where e = O(1/N): else the noise does not vanish at 0 and 1
        (r"P_{st}(x) \propto [x(1-x)]^{2eN/d-1}", "refuted"),
    ],
    "telegraph in a trap": [
        (r"P_{st}(x) \propto \left(1-\frac{F^2x^2}{v^2}\right)^{\lambda/F-1}", "proved"),
        (r"P_{st}(x) \propto \left(1-\frac{F^2x^2}{v^2}\right)^{2\lambda/F-1}", "refuted"),
    ],
    "coloured noise in a trap": [
        (r"P_{st}(x) \propto \exp\left(-\frac{k(1+k\tau)x^2}{2D_a}\right)", "proved"),
        (r"P_{st}(x) \propto \exp\left(-\frac{kx^2}{2D_a}\right)", "conditional"),  # white noise
        (r"P_{st}(x) \propto \exp\left(-\frac{kx^2}{D_a}\right)", "refuted"),
    ],
    "invasion": [
        (r"D_w = n h^2/2", "proved"),
        (r"s = 2\sqrt{D_w (cK-d)}", "proved"),
        (r"s = \sqrt{D_w (cK-d)}", "refuted"),
    ],
}  # fmt: skip


@pytest.mark.parametrize("name", list(CLAIMS))
def test_verdicts_against_hand_worked_ones(name: str) -> None:
    model, wanted = sd.loads(MODELS[name]), CLAIMS[name]
    statements = tuple(ClaimStatement(str(n), latex=latex) for n, (latex, _) in enumerate(wanted))
    found = check_model(model, statements, derivation=derive_model(model)).verdicts
    assert [(v.statement, v.verdict) for v in found] == wanted


def test_a_ratio_is_a_number_whatever_identities_it_took() -> None:
    """K = G a^alpha Gamma(1 - alpha) cos(pi alpha/2) of a Levy flight, from int (1 - cos r) r^(-1-alpha) dr, with a wrong sign."""
    model = sd.loads("""
[parameters]
alpha = "1 < alpha < 2"
a = "positive"
G = {assume = "positive", latex = '\\Gamma_0'}
[model]
coordinates = ["x"]
[[jumps]]
rate_density = "G*alpha*a**alpha/(2*Abs(r)**(1 + alpha))"
""")
    right, wrong = check_model(model, tuple(
        ClaimStatement(sign, latex=rf"K = {sign}\Gamma_0 a^\alpha\,\Gamma(1-\alpha)\cos(\pi\alpha/2)") for sign in ("", "-")
    )).verdicts  # fmt: skip
    assert (right.verdict, wrong.verdict) == ("proved", "refuted")
    assert wrong.witness is not None
    assert (wrong.witness.ratio, wrong.witness.mend) == (-1, "the sign")


def test_a_stationary_claim_is_set_against_the_stationary_value() -> None:
    """Birth at k, death at g n: the mean is k/g at late times, and what is right of a claim without time has none."""
    model = sd.loads("""
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
""")
    (verdict,) = check_model(model, (ClaimStatement("mean", latex=r"\langle n\rangle = 2k/g"),)).verdicts
    k, g = (p.symbol for p in model.parameters)
    assert verdict.verdict == "refuted"
    assert verdict.witness is not None
    assert verdict.witness.correct == k / g
    assert verdict.witness.ratio == 2


def test_a_claim_about_site_rates_is_not_dimensionally_wrong() -> None:
    """w of g(n) = w n/(1 + n) is a rate; the naive mean field is wrong for another reason, and [w]^2 for that one."""
    model = sd.loads("""
[parameters]
h = "positive"
w = "positive"
[model]
coordinates = ["x"]
density = "rho"
[[jumps]]
displacements = ["h", "-h"]
site_rate = "w*rho(x)/(1 + rho(x))"
""")
    texts = (r"\rho_t = wh^2\left[\frac{\rho}{2+\rho}\right]_{xx}", r"\rho_t = wh^2\partial_x^2\frac{\rho}{1+\rho}",
             r"\rho_t = w^2h^2\partial_x^2\frac{\rho}{2+\rho}")  # fmt: skip
    found = check_model(model, tuple(ClaimStatement(str(n), latex=t) for n, t in enumerate(texts))).verdicts
    assert [v.verdict for v in found] == ["proved", "refuted", "refuted"]
    assert ["dimensionally" in v.why for v in found] == [False, False, True]


STEADY = {
    '{rule = "u -> 0", rate = "k"}': [
        (r"D u'' = k u", "proved"),
        (r"\frac{d^2u}{dx^2} = \frac{u}{\ell^2},\quad \ell = \sqrt{D/k}", "proved"),
        (r"D u'' = 2 k u", "refuted"),
    ],
    '{rule = "u -> 2 u", rate = "k"}, {rule = "2 u -> u", rate = "1"}': [
        (r"D u'' + k u - u^2 = 0", "proved"),
        (r"D u'' + k u - 2u^2 = 0", "refuted"),
        (r"D u'' - k u + u^2 = 0", "refuted"),
    ],
}


@pytest.mark.parametrize("reactions", list(STEADY))
def test_equations_of_a_steady_density_vs_the_equation_without_its_growth(reactions: str) -> None:
    model = sd.loads(f"""
reactions = [{reactions}]
[parameters]
h = "positive"
D = "positive"
k = "positive"
[model]
coordinates = ["x"]
density = "u"
[[jumps]]
displacements = ["h", "-h"]
rate = "D/h**2"
""")
    wanted = STEADY[reactions]
    statements = tuple(ClaimStatement(str(n), latex=latex) for n, (latex, _) in enumerate(wanted))
    found = check_model(model, statements).verdicts
    assert [(v.statement, v.verdict) for v in found] == wanted
