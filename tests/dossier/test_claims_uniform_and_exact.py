"""Claims about a uniform density that reacts, and what is shown as right where the lattice's value is known; worked out by hand."""

from __future__ import annotations

from functools import cache

import pytest
import sympy as sp

import symdiff as sd
from symdiff.dossier.check import check_model
from symdiff.dossier.derivation import Derivation, derive_model
from symdiff.model.jump_model import ClaimStatement, JumpModel
from symdiff.verification.verdict import Verdict

MODELS = {
    "annihilation": """
[parameters]
k = "positive"
D0 = "positive"
[model]
coordinates = ["x"]
[[states]]
name = "A"
diffusivity = "D0"
[[reactions]]
rule = "2 A -> "
rate = "k"
""",
    "growth": """
[parameters]
h = "positive"
g = "positive"
b = "positive"
d = "positive"
[model]
coordinates = ["x"]
density = "u"
[[jumps]]
displacements = ["h", "-h"]
rate = "g"
[[reactions]]
rule = "u -> 2 u"
rate = "b"
[[reactions]]
rule = "2 u -> u"
rate = "d"
""",
    "telegraph": r"""
[parameters]
v = "positive"
lam = {assume = "positive", latex = '\lambda'}
[model]
coordinates = ["x"]
[[states]]
name = "R"
velocity = "v"
[[states]]
name = "L"
velocity = "-v"
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
""",
    "diffusion": """
[parameters]
D0 = "positive"
[model]
coordinates = ["x"]
[[states]]
diffusivity = "D0"
""",
    "triangular": """
[parameters]
a = "positive"
w = "positive"
[model]
coordinates = ["x", "y"]
lattice = "triangular"
spacing = "a"
rate = "w"
""",
    "ruin": """
[parameters]
N = "positive integer"
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
domain = "0 < n < N"
kind = "absorbing"
[[observables]]
name = "u"
kind = "splitting_probability"
target = "n >= N"
""",
}


@cache
def derived(name: str) -> tuple[JumpModel, Derivation]:
    model = sd.loads(f'title = "{name}"\n{MODELS[name]}')
    return model, derive_model(model)


def judged(name: str, latex: str) -> Verdict:
    model, derivation = derived(name)
    return check_model(model, (ClaimStatement("claim", latex=latex),), derivation=derivation).verdicts[0]


@pytest.mark.parametrize(
    ("name", "latex", "verdict"),
    [
        ("annihilation", r"A(t) = \frac{A_0}{1+2kA_0t}", "proved"),  # dA/dt = -2 k A^2; it was "dimensionally wrong"
        ("annihilation", r"A(t) = \frac{A(0)}{1+2kA(0)t}", "proved"),
        ("annihilation", r"A(t) = \frac{A_0}{1+kA_0t}", "refuted"),
        ("annihilation", r"A(t) = \frac{2A_0}{1+4kA_0t}", "refuted"),  # solves, and begins at 2 A_0
        ("annihilation", r"A(t) = \frac{c}{1+2kct}", "undecided"),
        ("growth", r"u(t) = \frac{u_0e^{bt}}{1+\frac{d}{b}u_0(e^{bt}-1)}", "proved"),
        ("growth", r"u(t) = \frac{u_0e^{bt}}{1+u_0(e^{bt}-1)}", "refuted"),
        ("growth", r"u^* = b/d", "proved"),
        ("growth", r"u_\infty = \frac bd", "proved"),
    ],
)
def test_a_uniform_density_that_reacts(name: str, latex: str, verdict: str) -> None:
    assert judged(name, latex).verdict == verdict


def test_a_wrong_uniform_state_is_shown_the_right_one() -> None:
    found = judged("growth", r"u^* = d/b")
    assert found.verdict == "refuted"
    assert found.witness is not None
    assert str(found.witness.correct) == "b/d"


def test_the_chance_of_ruin_is_shown_as_it_is_on_the_sites() -> None:
    """Feller (1968), ch. XIV.2: 1 - ((q/p)^N - (q/p)^n)/((q/p)^N - 1) is the chance to end at N; at p = 1/3, n = 1, N = 2 it is 1/3."""
    found = judged("ruin", r"u(n) = \frac{n}{N}")
    assert found.verdict == "refuted"
    assert found.witness is not None
    assert found.witness.correct is not None
    values = {"N": sp.Integer(2), "p": sp.Rational(1, 3), "n": sp.S.One}
    shown = found.witness.correct.subs({s: values[s.name] for s in found.witness.correct.free_symbols})
    assert sp.nsimplify(shown) == sp.Rational(1, 3)  # e^(...) of the equation gives 0.25 there


@pytest.mark.parametrize(
    ("name", "latex", "verdict"),
    [
        # the speed is the file's v: what depends on time is the velocity
        ("telegraph", r"\langle v(t)v(0)\rangle = v^2e^{-2\lambda t}", "proved"),
        ("telegraph", r"\langle v(t)v(0)\rangle = v^2e^{-\lambda t}", "refuted"),
        ("telegraph", r"\langle v(t)v(t')\rangle = v^2e^{-2\lambda|t-t'|}", "proved"),
        ("telegraph", r"\langle v(t)v(t')\rangle = v^2e^{-\lambda|t-t'|}", "refuted"),
        ("telegraph", r"D = \int_0^\infty\langle v(t)v(0)\rangle dt", "proved"),
        ("telegraph", r"\langle v(t)v(0)\rangle = 2D\delta(t)", "refuted"),
        # white noise: what stands before delta is the slope of <x^2> at t = 0
        ("diffusion", r"\langle v(t)v(0)\rangle = 2D\delta(t)", "proved"),
        ("diffusion", r"\langle v(t)v(0)\rangle = D\delta(t)", "refuted"),
        ("diffusion", r"\langle v(t)v(t')\rangle = 2D_0\delta(t-t')", "proved"),
        ("diffusion", r"\langle v(t)v(t')\rangle = 4D_0\delta(t-t')", "refuted"),
    ],
)
def test_velocities_at_two_times(name: str, latex: str, verdict: str) -> None:
    assert judged(name, latex).verdict == verdict


def test_a_group_set_to_a_number_fixes_a_parameter() -> None:
    found = judged("telegraph", r"\mathrm{Pe} = \frac{vL}{D} = 10")
    assert found.verdict == "undecided"
    assert "fixes a parameter" in found.why
    assert judged("telegraph", r"D = \frac{v^2}{\lambda}").verdict == "refuted"


@pytest.mark.parametrize(
    ("name", "latex", "verdict"),
    [
        # 2 cos(A) cos(B) = cos(A + B) + cos(A - B)
        ("triangular", r"s(\mathbf k) = 2w\left[\cos k_xa+2\cos\frac{k_xa}{2}\cos\frac{\sqrt3k_ya}{2}-3\right]", "proved"),
        ("triangular", r"s(\mathbf k) = 2w\left[\cos k_xa+2\cos\frac{k_xa}{2}\cos\frac{k_ya}{2}-3\right]", "refuted"),
        ("triangular", r"\mathbf D = \frac{3wa^2}{2}\mathbf I", "proved"),
        ("triangular", r"\mathbf D = 3wa^2\mathbf I", "refuted"),
        # sqrt(v^2 k^2 - lam^2) is i sqrt(lam^2 - v^2 k^2) or its negative, and both sides are even in it
        ("telegraph", r"P(k,t) = e^{-\lambda t}\left[\cos(\sqrt{v^2k^2-\lambda^2}t)"
                      r"+\frac{\lambda}{\sqrt{v^2k^2-\lambda^2}}\sin(\sqrt{v^2k^2-\lambda^2}t)\right]", "proved"),
        ("telegraph", r"P(k,t) = e^{-\lambda t}\left[\cos(\sqrt{v^2k^2-\lambda^2}t)"
                      r"-\frac{\lambda}{\sqrt{v^2k^2-\lambda^2}}\sin(\sqrt{v^2k^2-\lambda^2}t)\right]", "refuted"),
    ],
)  # fmt: skip
def test_angles_roots_and_tensors(name: str, latex: str, verdict: str) -> None:
    assert judged(name, latex).verdict == verdict


def test_the_width_after_a_number_of_steps() -> None:
    model = sd.load("biased_walk")
    assert sd.check(model, r"\sigma_N^2 = 4Np(1-p)\ell^2").verdict == "proved"
    assert sd.check(model, r"\sigma_N^2 = 2Np(1-p)\ell^2").verdict == "refuted"
