r"""Claims about populations near where their macroscopic equation stands still, against values worked out by hand.

Dimerisation (0 -> n at k V, 2 n -> 0 at g n(n - 1)/V): phi' = k - 2 g phi^2, noise B = k + 4 g phi^2 = 6 g phi^2, slope -4 g phi, so that
S = B/(2 * 4 g phi) = 3 phi/4. Lotka and Volterra: det = lambda^2 + a c at (c/b, a/b). SIS: S = B/(2 (b - g)) = g/b. Birth and death at
constant rates: the Poisson law. Two-stage expression of a gene: van Kampen, Thattai and van Oudenaarden (2001), from memory.
"""

from __future__ import annotations

import pytest

import symdiff as sd

pytestmark = pytest.mark.slow  # as a whole: the run without extras leaves it out

MODELS = {
    "immigration": """[parameters]
k = "positive"
g = "positive"
V = "positive"
[model]
coordinates = ["n"]
system_size = "V"
scaled = ["x"]
[[reactions]]
rule = "0 -> n"
rate = "k*V"
[[reactions]]
rule = "n -> 0"
rate = "g"
""",
    "dimers": """[parameters]
k = "positive"
g = "positive"
V = "positive"
[model]
coordinates = ["n"]
system_size = "V"
scaled = ["phi"]
[[reactions]]
rule = "0 -> n"
rate = "k*V"
[[reactions]]
rule = "2 n -> 0"
rate = "g/V"
""",
    "predators": """[parameters]
a = "positive"
b = "positive"
c = "positive"
N = "positive"
[model]
coordinates = ["X", "Y"]
system_size = "N"
scaled = ["x", "y"]
[[reactions]]
rule = "X -> 2 X"
rate = "a"
[[reactions]]
rule = "X + Y -> 2 Y"
rate = "b/N"
[[reactions]]
rule = "Y -> 0"
rate = "c"
""",
    "infection": """[parameters]
beta = "positive"
gam = {assume = "positive", latex = '\\gamma'}
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
""",
    "gene": """[parameters]
k_m = "positive"
g_m = "positive"
k_p = "positive"
g_p = "positive"
V = "positive"
[model]
coordinates = ["m", "p"]
system_size = "V"
scaled = ["mu", "pi"]
[[reactions]]
rule = "0 -> m"
rate = "k_m*V"
[[reactions]]
rule = "m -> 0"
rate = "g_m"
[[reactions]]
rule = "m -> m + p"
rate = "k_p"
[[reactions]]
rule = "p -> 0"
rate = "g_p"
""",
    "families": """[parameters]
m = "positive integer"
lam = "positive"
mu = "positive"
[model]
coordinates = ["n"]
[initial]
position = ["m"]
[[reactions]]
rule = "n -> 2 n"
rate = "lam"
[[reactions]]
rule = "n -> 0"
rate = "mu"
""",
    "splitting": """[parameters]
lam = "positive"
[model]
coordinates = ["n"]
[initial]
position = ["1"]
[[reactions]]
rule = "n -> 2 n"
rate = "lam"
""",
}
MODELS |= {
    "drift": """[parameters]
N = "positive integer"
[model]
coordinates = ["n"]
system_size = "N"
scaled = ["x"]
[[jumps]]
displacement = "1"
rate = "n*(N - n)/N"
[[jumps]]
displacement = "-1"
rate = "n*(N - n)/N"
"""
}
CLAIMS = {
    "drift": [  # Moran: times of order N count, where e^{-t/N} is no longer 1
        (r"\langle x\rangle = x_0", "proved"),
        (r"\langle x\rangle = x_0 e^{-t/N}", "refuted"),
        (r"\langle x(1-x)\rangle = x_0(1-x_0)e^{-2t/N}", "proved"),
        (r"\langle x(1-x)\rangle = x_0(1-x_0)e^{-t/N}", "refuted"),
        (r"\mathrm{Var}(x) = \frac{2 t}{N} x_0(1-x_0)", "refuted"),
    ],
    "immigration": [
        (r"P_n = \frac{(kV/g)^n}{n!} e^{-kV/g}", "proved"),
        (r"P_n = \frac{(k/g)^n}{n!} e^{-k/g}", "refuted"),
        (r"g(n+1) P_{n+1} = k V P_n", "proved"),
        (r"g n P_{n+1} = k V P_n", "refuted"),
        (r"\frac{P_{n+1}}{P_n} = \frac{kV}{g(n+1)}", "proved"),
        (r"P_0 = e^{-kV/g}", "proved"),
        (r"P_0 = e^{-k/g}", "refuted"),
        (r"\langle x\rangle = x_0 e^{-gt} + \frac{k}{g}(1-e^{-gt})", "proved"),
        (r"\mathrm{Var}(x) = \frac{1}{V}(x_0 e^{-gt} + \frac{k}{g})(1-e^{-gt})", "proved"),
        (r"\mathrm{Var}(x) = \frac{1}{V}(x_0 e^{-gt} + \frac{k}{g})(1-e^{-2gt})", "refuted"),
        (r"\langle x\rangle = \frac{n_0}{V} e^{-gt} + \frac{k}{g}(1-e^{-gt})", "proved"),
        (r"\langle x\rangle = n_0 e^{-gt} + \frac{k}{g}(1-e^{-gt})", "refuted"),
    ],
    "families": [
        (r"P_0(t) = \left(\frac{\mu(e^{(\lambda-\mu)t}-1)}{\lambda e^{(\lambda-\mu)t}-\mu}\right)^m", "proved"),
        (r"P_0(t) = \left(\frac{\lambda(e^{(\lambda-\mu)t}-1)}{\lambda e^{(\lambda-\mu)t}-\mu}\right)^m", "refuted"),
    ],
    "splitting": [
        (r"P_n(t) = e^{-\lambda t}(1-e^{-\lambda t})^{n-1}", "proved"),  # Yule
        (r"P_n(t) = e^{-\lambda t}(1-e^{-\lambda t})^n", "refuted"),
    ],
    "dimers": [
        (r"\phi^* = \sqrt{k/(2g)}", "proved"),
        (r"A(\phi) = k - 2g\phi^2", "proved"),
        (r"A(\phi) = k - g\phi^2", "refuted"),
        (r"B(\phi) = (k + 4g\phi^2)/V", "proved"),  # twice the diffusion
        (r"B(\phi) = (k + 4g\phi^2)/(2V)", "refuted"),
        (r"\alpha_1(\phi) = k - 2g\phi^2, \quad \alpha_2(\phi) = (k + 4g\phi^2)/V", "proved"),
        (r"V_{\delta x}(\phi) = (k + 2g\phi^2)/V", "refuted"),
        (r"\phi^* = \sqrt{k/g}", "refuted"),
        (r"\lambda = -4 g \phi^*", "proved"),
        (r"\lambda = -2 g \phi^*", "refuted"),
        (r"\lambda = -\sqrt{8 k g}", "proved"),
        (r"\langle n\rangle = V\sqrt{k/(2g)}", "proved"),
        (r"\phi(t) = \sqrt{k/(2g)}\tanh(\sqrt{2kg}\,t)", "proved"),
        (r"\phi(t) = \sqrt{k/(2g)}\tanh(\sqrt{kg}\,t)", "refuted"),
        (r"\langle n\rangle = V\sqrt{k/g}", "refuted"),
        (r"\langle n\rangle = 0", "refuted"),  # immigration never ends
        (r"\mathrm{Var}(n)/\langle n\rangle = 3/4", "proved"),
        (r"\mathrm{Var}(n) \approx V\sqrt{k/(2g)}", "refuted"),
        (r"\langle n^2\rangle = \langle n\rangle^2 + \frac34\langle n\rangle", "proved"),
        (r"\langle n^2\rangle = \langle n\rangle^2 + \langle n\rangle", "refuted"),  # alike to order V^2, not in the noise
        (r"\langle n^2\rangle = V^2 \frac{k}{2g}", "undecided"),
        (r"\sigma/\langle n\rangle = \sqrt3/(2\sqrt{\langle n\rangle})", "proved"),
        (r"\sigma/\langle n\rangle = 1/\sqrt{\langle n\rangle}", "refuted"),
    ],
    "predators": [
        (r"x^* = c/b, \quad y^* = a/b", "proved"),
        (r"x^* = c/b", "proved"),
        (r"x^* = a/b", "refuted"),
        (r"x^* = 0, \quad y^* = a/b", "refuted"),  # each of another point
        (r"\lambda = \pm i\sqrt{a c}", "proved"),
        (r"\lambda_{1,2} = \pm \sqrt{a c}", "refuted"),
        (r"\lambda^2 + a c = 0", "proved"),
        (r"\lambda^2 - a c = 0", "refuted"),
        (r"\omega = \sqrt{a c}", "proved"),
        (r"\omega^2 = a b", "refuted"),
    ],
    "infection": [
        (r"\mathrm{Var}(I) = N\gamma/\beta", "proved"),
        (r"i(t) = \frac{1-\gamma/\beta}{1 + C e^{-(\beta-\gamma)t}}", "proved"),
        (r"i(t) = \frac{c i_0}{i_0 + (c - i_0)e^{-(\beta-\gamma)t}}, \quad c = 1-\gamma/\beta", "proved"),
        (r"i(t) = \frac{c i_0}{i_0 + (c - i_0)e^{-\beta t}}, \quad c = 1-\gamma/\beta", "refuted"),
        (r"\mathrm{Var}(I) = N\gamma/(2\beta)", "refuted"),
        (r"\langle I \rangle = N(1 - \gamma/\beta)", "proved"),
        (r"\langle I \rangle = 0", "undecided"),  # in the end, when nobody is infected any more
        (r"\langle I \rangle = 1", "refuted"),
    ],
    "gene": [
        (r"\eta_p^2 = \frac{1}{\langle p\rangle} + \frac{1}{\langle m\rangle}\frac{g_p}{g_m+g_p}", "proved"),
        (r"\eta_p^2 = \frac{1}{\langle p\rangle} + \frac{g_p}{g_m+g_p}", "refuted"),
        (r"\mu^* = k_m/g_m", "proved"),
        (r"\mu(t) = \frac{k_m}{g_m}(1-e^{-g_m t})", "proved"),
        (r"\pi(t) = \frac{k_p}{g_p}(1-e^{-g_p t})", "undecided"),
        (r"\pi^* = k_p/g_p", "refuted"),
    ],
}  # fmt: skip
# Kirman's ants, or the noisy voter model: detailed balance gives Polya's law of urns, and in the limit a symmetric beta law.
MODELS["voters"] = """[parameters]
N = "positive integer"
a = "positive"
h = "positive"
[model]
coordinates = ["n"]
system_size = "N"
scaled = ["x"]
[[jumps]]
displacement = "1"
rate = "(N - n)*(a + h*n)"
[[jumps]]
displacement = "-1"
rate = "n*(a + h*(N - n))"
[[observables]]
name = "p"
kind = "stationary_density"
"""
CLAIMS["voters"] = [
    (r"v = a(1-2x)", "proved"),  # with an observable in the file it was held against the number's drift too
    (r"v(n) = a(N-2n)", "proved"),
    (r"v(n) = a(1-2n)", "refuted"),
    (r"P_{st}(n) = \binom{N}{n}\frac{\Gamma(2a/h)\Gamma(n+a/h)\Gamma(N-n+a/h)}{\Gamma(a/h)^2\Gamma(N+2a/h)}", "proved"),
    (r"P_{st}(n) = \binom{N}{n}\frac{\Gamma(2a/h)\Gamma(n+a/h)\Gamma(N-n+a/h)}{\Gamma(a/h)\Gamma(N+2a/h)}", "refuted"),
    (r"p_{st}(x) \propto [x(1-x)]^{a/h-1}", "proved"),
    (r"p_{st}(x) \propto [x(1-x)]^{a/h}", "refuted"),
    (r"p_{st}(x) = \frac{\Gamma(2a/h)}{\Gamma(a/h)^2}[x(1-x)]^{a/h-1}", "proved"),
    (r"p_{st}(x) = \frac{\Gamma(2a/h)}{\Gamma(a/h)}[x(1-x)]^{a/h-1}", "refuted"),
]  # fmt: skip

# Birth and death with immigration (Kendall): negative binomial where lam < mu; extinction of one family, (mu/lam)^n where mu < lam.
MODELS["immigrants"] = """[parameters]
lam = "positive"
mu = "positive"
nu = "positive"
[model]
coordinates = ["n"]
[[jumps]]
displacement = "1"
rate = "lam*n + nu"
[[jumps]]
displacement = "-1"
rate = "mu*n"
[[observables]]
name = "p"
kind = "stationary_density"
"""
CLAIMS["immigrants"] = [
    (r"\langle n\rangle_{st} = \frac{\nu}{\mu-\lambda}", "proved"),
    (r"\langle n\rangle_{st} = \frac{\nu}{\mu+\lambda}", "refuted"),
    (r"\mathrm{Var}(n)_{st} = \frac{\nu\mu}{(\mu-\lambda)^2}", "proved"),
    (r"\mathrm{Var}(n)_{st} = \frac{\nu\mu}{\mu-\lambda}", "refuted"),
    (r"\langle n(t)\rangle = n_0 e^{-(\mu-\lambda)t} + \frac{\nu}{\mu-\lambda}(1-e^{-(\mu-\lambda)t})", "proved"),
    (r"\langle n(t)\rangle = n_0 e^{-(\mu-\lambda)t} + \frac{\nu}{\mu}(1-e^{-(\mu-\lambda)t})", "refuted"),
]  # fmt: skip
MODELS["families"] = """[parameters]
lam = "positive"
mu = "positive"
n_0 = "positive integer"
[model]
coordinates = ["n"]
[[jumps]]
displacement = "1"
rate = "lam*n"
[[jumps]]
displacement = "-1"
rate = "mu*n"
[[observables]]
name = "h"
kind = "splitting_probability"
target = "n <= 0"
"""
CLAIMS["families"] = [
    (r"h(n) = (\mu/\lambda)^n", "conditional"),  # min(1, mu/lam)^n
    (r"h(n) = (\lambda/\mu)^n", "refuted"),
    (r"\mathrm{Var}(n(t)) = n_0\frac{\lambda+\mu}{\lambda-\mu}e^{(\lambda-\mu)t}(e^{(\lambda-\mu)t}-1)", "proved"),  # n_0 is in no rate
    (r"\mathrm{Var}(n(t)) = n_0\frac{\lambda-\mu}{\lambda+\mu}e^{(\lambda-\mu)t}(e^{(\lambda-\mu)t}-1)", "refuted"),
]  # fmt: skip

MODELS["epidemic in space"] = """[parameters]
D = "positive"
h = "positive"
beta = "positive"
gam = "positive"
[model]
coordinates = ["x"]
states = ["S", "I"]
[[jumps]]
from = "I"
displacements = [["h"], ["-h"]]
rate = "D/h**2"
[[reactions]]
rule = "S + I -> 2 I"
rate = "beta"
[[reactions]]
rule = "I -> 0"
rate = "gam"
[scaling]
name = "lat"
h = 1
[[observables]]
name = "c"
kind = "front_speed"
of = "I"
"""
CLAIMS["epidemic in space"] = [  # the front of Fisher's equation with the growth of a few among S_0
    (r"c = 2\sqrt{D(\beta S_0-\gamma)}", "proved"),
    (r"c = \sqrt{D(\beta S_0-\gamma)}", "refuted"),
]
MODELS["schnakenberg"] = """[parameters]
a = "positive"
b = "positive"
h = "positive"
d = "positive"
[model]
coordinates = ["x"]
states = ["u", "v"]
[[jumps]]
from = "v"
displacements = [["h"], ["-h"]]
rate = "d/h**2"
[[reactions]]
rule = "0 -> u"
rate = "a"
[[reactions]]
rule = "u -> 0"
rate = "1"
[[reactions]]
rule = "2 u + v -> 3 u"
rate = "1"
[[reactions]]
rule = "0 -> v"
rate = "b"
[scaling]
name = "lat"
h = 1
"""
CLAIMS["schnakenberg"] = [  # Murray, Mathematical Biology II: u = a + b, v = b/(a + b)^2
    (r"u^* = a + b", "proved"),
    (r"v_{ss} = \frac{b}{(a+b)^2}", "proved"),
    (r"v^* = \frac{b}{a+b}", "refuted"),
    (r"(u_0, v_0) = \left(a+b, \frac{b}{(a+b)^2}\right)", "proved"),
]


@pytest.mark.parametrize("name", MODELS)
def test_verdicts_vs_values_by_hand(name: str) -> None:
    text = MODELS[name] + "".join(
        f"[[claims]]\nid = 'c{n}'\nlatex = '''{latex}'''\n" for n, (latex, _) in enumerate(CLAIMS[name])
    )
    found = sd.check_all(sd.loads(text)).verdicts
    assert [(latex, v.verdict) for (latex, _), v in zip(CLAIMS[name], found, strict=True)] == CLAIMS[name]


def test_two_signs_give_an_unknown_name_two_values_and_define_nothing() -> None:
    text = MODELS["predators"] + "[[claims]]\nid = 'c'\nlatex = '''\\chi = \\pm a'''\n"
    assert sd.check_all(sd.loads(text)).verdicts[0].verdict == "undecided"
