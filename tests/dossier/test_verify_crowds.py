"""The exact tier for crowds: the mean-field lattice against derived and against wrong equations."""

from __future__ import annotations

import mpmath
import pytest
import sympy as sp

import symdiff as sd
from symdiff.errors import NotYetError
from symdiff.evidence.propagation.mean_field import MeanField
from symdiff.evidence.propagation.step_rule import step_rule
from symdiff.model.step_law import StepLaw

pytestmark = pytest.mark.slow  # as a whole: the run without extras leaves it out


def exclusion(rate: str = "g/h**2*(1 - u(x + r))", **more: object) -> sd.JumpModel:
    return sd.JumpModel(
        parameters={"h": "positive", "g": "positive"}, model={"coordinates": ["x"], "density": "u"},
        jumps=[{"displacements": ["h", "-h"], "rate": rate}], scaling={"h": 1}, **more,
    )  # fmt: skip


def test_derived_equations_pass_and_every_wrong_coefficient_is_seen() -> None:
    result = sd.verify(exclusion("g/h**2*(1 - u(x + r))*(1 - u(x - r)/2)"), tier="exact").tier("exact")
    assert result.passed is True
    assert result.predicted == 2
    assert result.measured == pytest.approx(2)
    assert result.detail("residual_order") == pytest.approx(4)
    assert result.smallest_detectable_error < 1e-20
    assert result.negative_control.rejected


EQUATIONS = [  # simple exclusion: the nonlinear parts cancel, d_t u = g u_xx (worked by hand)
    ("u_t = g u_{xx}", True),
    ("u_t = 2 g u_{xx}", False),
    (r"u_t = -g u_{xx}", False),
    (r"u_t = g \partial_x ((1 - u) u_x)", False),
    (r"u_t = g u_{xx} + \frac{g}{1000} u^2", False),
    (r"u_t = \frac{1000001}{1000000} g u_{xx}", False),
]


@pytest.mark.parametrize(("equation", "right"), EQUATIONS)
def test_equations_of_the_user(equation: str, right: bool) -> None:
    assert sd.verify(exclusion(), tier="exact", equation=equation).passed is right


def test_where_gain_and_loss_cancel_no_change_is_no_fault_and_a_change_is_one() -> None:
    """Hops at a rate in proportion to the number where they end: what comes equals what goes, and only rounding is left."""
    model = exclusion("g/h**2*u(x + r)")
    right = sd.verify(model, tier="exact").tier("exact")
    assert right.passed is True
    assert right.negative_control is not None
    assert right.negative_control.rejected  # of a curvature that the equation does not have
    assert sd.verify(model, tier="exact", equation="u_t = g u_{xx}").passed is False
    assert sd.verify(model, tier="exact", equation=r"u_t = \frac{g}{1000000} u_{xx}").passed is False


STEPS = [  # exclusion, whose bias of order h gives the velocity g (worked by hand)
    (r"u_t = -g ((1 - u) u)_x + \frac{h^2}{4 \tau} u_{xx} + r u (1 - u)", True),
    (r"u_t = -\frac{1000001}{1000000} g ((1 - u) u)_x + \frac{h^2}{4 \tau} u_{xx} + r u (1 - u)", False),
    (r"u_t = -g ((1 - u) u)_x + \frac{h^2}{4 \tau} u_{xx} + r u", False),
]


def stepping(**more: object) -> sd.JumpModel:
    """Weakly biased exclusion with growth after the jumps of every step."""
    return sd.JumpModel(
        parameters={"h": "positive", "tau": "positive", "g": "positive", "r": "positive"},
        model={"coordinates": ["x"], "density": "u", "time_step": "tau"},
        jumps=[{"displacement": "h", "probability": "(1 + 2*g*tau/h)*(1 - u(x + h))/4"},
               {"displacement": "-h", "probability": "(1 - 2*g*tau/h)*(1 - u(x - h))/4"}],
        reactions=[{"consumes": ["u"], "produces": ["u", "u"], "probability": "r*tau*(1 - u(x))"}],
        scaling={"h": 1, "tau": 2}, **more,
    )  # fmt: skip


def test_steps_of_time_and_every_wrong_coefficient() -> None:
    """The logarithm of one step of the mean field, from the sites alone, against the derived equation and its next terms."""
    result = sd.verify(stepping(), tier="exact")
    stated, long_wave = result.tiers
    assert stated.passed is True
    assert stated.measured == pytest.approx(2)
    assert stated.detail("residual_order") >= 3
    assert stated.negative_control.rejected
    assert stated.smallest_detectable_error < 1e-20
    assert not long_wave.applies
    assert "growth of order one per step" in long_wave.why


@pytest.mark.parametrize(("equation", "right"), STEPS)
def test_equations_of_the_user_in_steps_of_time(equation: str, right: bool) -> None:
    assert sd.verify(stepping(), tier="exact", equation=equation).passed is right


def test_reactions_of_two_agents_at_their_places() -> None:
    model = sd.JumpModel(
        parameters={"h": "positive", "g": "positive", "k": "positive", "b": "positive"},
        model={"coordinates": ["x"], "density": "u"},
        jumps=[{"displacements": ["h", "-h"], "rate": "g/h**2"}],
        reactions=[{"rule": "2 u -> u", "rate": "k"}, {"rule": "u -> 2 u", "rate": "b"}], scaling={"h": 1},
    )  # fmt: skip
    assert sd.verify(model, tier="exact").passed is True
    assert sd.verify(model, tier="exact", equation="u_t = g u_{xx} - k u^2 + b u").passed is True
    assert sd.verify(model, tier="exact", equation="u_t = g u_{xx} - 2 k u^2 + b u").passed is False


def test_what_is_not_understood_is_refused() -> None:
    model = sd.JumpModel(
        parameters={"h": "positive", "g": "positive"}, model={"coordinates": ["x"], "density": "u"},
        jumps=[{"distribution": "cauchy", "scale": "h", "rate": "g/h*(1 - u(x)/2)"}], scaling={"h": 1},
    )  # fmt: skip
    with pytest.raises(NotYetError, match="heavy tails"):
        MeanField(model, {}, {})


KERNELS = {  # by hand: two laws add their drifts and half their second moments; growth in steps is r u(1 - u)
    "two laws in continuous time": (
        {}, "rate", r"u_t = -D u_x + \frac{3D}{2} u_{xx} + r u(1 - u)",
        r"u_t = -D u_x + \frac{3D}{2} u_{xx} + r u(1 - u) + \frac{r}{10^6} u^2"),
    "one law and a time step": (
        {"time_step": "b**2/D"}, "probability", "u_t = D u_{xx} + r u(1 - u)", "u_t = D u_{xx} + r u(1 - u/2)"),
}  # fmt: skip


@pytest.mark.parametrize("case", KERNELS)
def test_growth_that_saturates_beside_continuous_steps(case: str) -> None:
    clock, intensity, right, wrong = KERNELS[case]
    laplace = {"distribution": "laplace", "scale": "b", intensity: "1" if clock else "D/b**2"}
    normal = {"distribution": "normal", "mean": "b**2", "variance": "b**2", intensity: "D/b**2"}
    amount = "r*b**2/D" if clock else "r"
    model = sd.JumpModel(
        parameters={"b": "positive", "D": "positive", "r": "positive"},
        model={"coordinates": ["x"], "density": "u", **clock},
        jumps=[laplace] if clock else [laplace, normal],
        reactions=[{"consumes": ["u"], "produces": ["u", "u"], intensity: amount},
                   {"consumes": ["u", "u"], "produces": ["u"], intensity: amount}],
        scaling={"b": 1},
    )  # fmt: skip
    found = sd.verify(model, tier="exact", equation=right)
    assert [r.passed for r in found.tiers if r.regime == "stated"] == [True]
    if not clock:  # one is enough
        assert sd.verify(model, tier="exact", equation=wrong).passed is False


def test_a_law_as_a_few_steps_against_its_moments() -> None:
    law = StepLaw("gamma", (("shape", sp.Integer(2)), ("scale", sp.Rational(1, 3))))
    with mpmath.workdps(50):
        rule = step_rule(law, lambda e: mpmath.mpf(e.p) / e.q)
        for n in range(12):
            exact = mpmath.factorial(n + 1) / mpmath.mpf(3) ** n
            assert abs(mpmath.fsum(w * x**n for x, w in rule) / exact - 1) < mpmath.mpf(10) ** -45
