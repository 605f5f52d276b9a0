"""The exact tier on Taylor polynomials: states that are eliminated, steps whose law depends on place; an error of 1e-12 is seen."""

from __future__ import annotations

import pytest

import symdiff as sd

pytestmark = pytest.mark.slow  # as a whole: the run without extras leaves it out

TINY = r"1.000000000001 "


@pytest.mark.exhaustive
def test_steps_of_a_variance_that_depends_on_place() -> None:
    """By hand: half the variance over the time step, read where the step begins."""
    model = sd.JumpModel(
        parameters={"s": "positive", "tau": "positive"}, functions={"g": ["x"]}, model={"coordinates": ["x"], "time_step": "tau"},
        jumps=[{"distribution": "normal", "mean": "0", "variance": "s**2*g(x)", "probability": "1"}], scaling={"s": 1, "tau": 2},
    )  # fmt: skip
    right = r"P_t = \frac{s^2}{2\tau} (g(x) P)_{xx}"
    found = sd.verify(model, tier="exact", equation=right)
    assert found.passed is True
    assert max(r.smallest_detectable_error or 0 for r in found.tiers) < 1e-15
    assert sd.verify(model, tier="exact", equation=right.replace(r"\frac", TINY + r"\frac")).passed is False
    stratonovich = r"P_t = \frac{s^2}{2\tau} (g(x) P_x + \frac12 g'(x) P)_x"
    assert sd.verify(model, tier="exact", equation=stratonovich).passed is False


def test_states_that_are_eliminated_where_they_turn_at_a_rate_that_depends_on_place() -> None:
    model = sd.load("derivations/turning_rate_that_varies.toml")
    right = sd.derive(model).equation
    wrong = f"{right.lhs} = {right.rhs} + {TINY}*({right.rhs}) - ({right.rhs})"
    assert sd.verify(model, tier="exact", equation=wrong).passed is False
