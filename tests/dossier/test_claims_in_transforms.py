r"""Claims in Fourier and Laplace space, of waits, of stationary averages: verdicts worked out by hand, planted slips refuted."""

from __future__ import annotations

import pytest

import symdiff as sd
from symdiff.dossier.check import check_model
from symdiff.dossier.derivation import derive_model
from symdiff.model.jump_model import ClaimStatement

MODELS = {
    "ctrw": r"""
[parameters]
a = "positive"
theta = {assume="positive", latex='\theta'}
[model]
coordinates = ["x"]
[waiting_time]
distribution = "gamma"
shape = "2"
scale = "theta"
[[jumps]]
displacements = [["a"],["-a"]]
probability = "1/2"
""",
    "sub": r"""
[parameters]
a = "positive"
t0 = {assume="positive", latex='t_0'}
alpha = {assume="0 < alpha < 1", latex='\alpha'}
[model]
coordinates = ["x"]
[waiting_time]
distribution = "mittag_leffler"
index = "alpha"
scale = "t0"
[[jumps]]
displacements = [["a"],["-a"]]
probability = "1/2"
""",
    "sym": r"""
[parameters]
a = "positive"
G = {assume="positive", latex='\Gamma'}
[model]
coordinates = ["x"]
[[jumps]]
displacements = [["a"],["-a"]]
rate = "G"
""",
    "rt": r"""
[parameters]
v = "positive"
lam = {assume="positive", latex='\lambda'}
[model]
coordinates = ["x"]
[[states]]
name = "R"
velocity = "v"
[[states]]
name = "L"
velocity = "-v"
[[jumps]]
displacement = "0"
from = "R"
to = "L"
rate = "lam"
[[jumps]]
displacement = "0"
from = "L"
to = "R"
rate = "lam"
""",
    "ou": r"""
[parameters]
kappa = {assume="positive", latex='\kappa'}
D = "positive"
x0 = {assume="real", latex='x_0'}
[model]
coordinates = ["x"]
[[states]]
velocity = "-kappa*x"
diffusivity = "D"
[initial]
position = ["x0"]
""",
    "exit": r"""
[parameters]
D = "positive"
v = "real"
L = "positive"
[model]
coordinates = ["x"]
[[states]]
velocity = "v"
diffusivity = "D"
[[boundaries]]
domain = "0 < x < L"
kind = "absorbing"
[[observables]]
name = "T"
kind = "mean_exit_time"
""",
    "expwait": r"""
[parameters]
sigma = {assume="positive", latex='\sigma'}
tau = {assume="positive", latex='\tau'}
[model]
coordinates = ["x"]
[waiting_time]
distribution = "exponential"
mean = "tau"
[[jumps]]
distribution = "normal"
mean = "0"
variance = "sigma**2"
probability = "1"
""",
}
CLAIMS = {
    "ctrw": [
        (r"D=\frac{a^2}{4\theta}", "proved"),
        (r"D=\frac{a^2}{2\theta}", "refuted"),
        (r"\tilde\psi(s)=\frac{1}{(1+s\theta)^2}", "proved"),
        (r"\tilde\psi(s)=\frac{1}{1+s\theta}", "refuted"),
        (r"\hat\lambda(k)=\cos ka", "proved"),
        (r"\hat{\tilde P}(k,s)=\frac{1-\tilde\psi(s)}{s}\frac{1}{1-\hat\lambda(k)\tilde\psi(s)}", "proved"),
        (r"\hat{\tilde P}(k,s)=\frac{1-\tilde\psi(s)}{s}\frac{1}{1-\hat\lambda(k)}", "refuted"),
        (r"\tilde P(k,s)=\frac{\theta(2+s\theta)}{(1+s\theta)^2-\cos ka}", "proved"),
        (r"\langle t\rangle=2\theta", "proved"),
    ],
    "sub": [
        (r"\tilde\psi(s)=\frac{1}{1+(st_0)^\alpha}", "proved"),
        (r"\psi(t)\sim t^{-1-\alpha}", "proved"),
        (r"\psi(t)\sim t^{-\alpha}", "refuted"),
        # Montroll and Weiss inverted: exact for these waits, where the equation knows small k alone
        (r"\hat P(k,t) = E_\alpha(-(t/t_0)^\alpha(1-\cos ka))", "proved"),
        (r"\hat P(k,t) = E_\alpha(-(t/t_0)^\alpha k^2a^2/2)", "proved"),
        (r"\hat P(k,t) = E_\alpha(-(t/t_0)^\alpha(1+\cos ka))", "refuted"),
        (r"\hat P(k,t) = E_\alpha(-2(t/t_0)^\alpha(1-\cos ka))", "refuted"),
    ],
    "sym": [
        (r"\omega(k)=-2\Gamma(1-\cos ka)", "proved"),
        (r"\omega(k)=-4\Gamma\sin^2(ka/2)", "proved"),
        (r"\omega(k)\approx-\Gamma a^2k^2", "proved"),
        (r"\omega(k)=-\Gamma(1-\cos ka)", "refuted"),
        (r"\omega(k)=-2i\Gamma(1-\cos ka)", "proved"),
        (r"\omega(k)=2\Gamma(1+\cos ka)", "refuted"),
    ],
    "rt": [
        (r"\omega_\pm=-\lambda\pm\sqrt{\lambda^2-v^2k^2}", "proved"),
        (r"\omega_\pm=-\lambda\pm\sqrt{\lambda^2+v^2k^2}", "refuted"),
        # nobody waits here: k and s are no place and time, so that no dimension is wrong
        (r"P(k,s)=\frac{1-\tilde\psi(s)}{s}\frac{1}{1-\tilde\psi(s)\hat\lambda(k)}", "undecided"),
    ],
    "ou": [
        (r"\langle x^2\rangle_{st}=\frac{D}{\kappa}", "proved"),
        (r"\langle x^2\rangle_{st}=\frac{2D}{\kappa}", "refuted"),
        (r"P_{st}(x)=\sqrt{\frac{\kappa}{2\pi D}}e^{-\kappa x^2/2D}", "proved"),
        (r"P_{st}(x)=\sqrt{\frac{\kappa}{\pi D}}e^{-\kappa x^2/D}", "refuted"),
    ],
    "exit": [
        (r"D\,T''+v\,T'=-1,\quad T(0)=T(L)=0", "proved"),
    ],
    "expwait": [
        (r"P(k,t)=\exp\left[\frac{t}{\tau}\left(e^{-\sigma^2k^2/2}-1\right)\right]", "proved"),
        (r"P(k,t)=\exp\left[-\frac{\sigma^2k^2t}{\tau}\right]", "refuted"),
        (r"\psi(t)=\frac1\tau e^{-t/\tau}", "proved"),
    ],
}


@pytest.mark.parametrize("name", MODELS)
def test_claims_in_transforms_vs_verdicts_by_hand(name: str) -> None:
    model = sd.loads(f'title = "{name}"\n{MODELS[name]}')
    derivation = derive_model(model)
    claims = tuple(ClaimStatement(str(n), latex=latex) for n, (latex, _) in enumerate(CLAIMS[name]))
    found = [v.verdict for v in check_model(model, claims, derivation=derivation).verdicts]
    assert found == [verdict for _, verdict in CLAIMS[name]]
